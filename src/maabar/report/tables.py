"""The tables of a report: places, evidence beside the run, sources, parameters, assumptions, how the run was made.

In: a released view. Out: rows of printed text, masked as its audience needs; only for the team itself a table of ways.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from maabar import figures, observe, phrases, quantities, release, texts
from maabar.report import panels

if TYPE_CHECKING:
    from maabar import evidence


@dataclasses.dataclass(frozen=True)
class PlaceRow:
    """A camp or host place: arrivals over the run, people present at its fullest and at the end.

    names  in the language of the page, and in the other
    """

    names: tuple[str, str]
    kind: str
    capacity: str
    arrivals: str
    arrivals_spread: str
    peak: str
    end: str


def places(view: release.View, words: texts.Texts) -> list[PlaceRow]:
    """Camps and host places that anybody reached, the busiest first."""
    by_id = {place.id: place for place in view.facts.places}
    rows = []
    for place in (by_id[name] for name in panels.busiest(view)):
        total = quantities.series(view.dataset, "arrivals", place.id).sum("day")
        median, low, high = (people(view, words, number) for number in quantities.interval(total))
        present = np.median(quantities.series(view.dataset, "present", place.id).values, axis=0)
        rows.append(
            PlaceRow(
                names=words.names(place.name, place.name_ar),
                kind=words(f"report.place_{place.kind}"),
                capacity="" if place.capacity is None else words.isolated(f"{place.capacity:,.0f}"),
                arrivals=median,
                arrivals_spread=words.spread(low, high),
                peak=people(view, words, float(present.max())),
                end=people(view, words, float(present[-1])),
            )
        )
    return rows


def people(view: release.View, words: texts.Texts, number: float) -> str:
    """A count of people as the audience gets it, in the language."""
    return words.isolated(view.printed(number, "person"))


def ways(view: release.View, words: texts.Texts) -> list[tuple[str, str, str]]:
    """Every way by its use, the most used first: name, people who set out on it, their spread. For the team alone."""
    if not view.is_internal:
        return []
    links = view.dataset["departures"].sum("day").transpose("route", "member").values
    ids = view.dataset["route"].values.astype(str)
    rows = []
    for at in np.argsort(-np.median(links, axis=1), kind="stable").tolist():
        low, _, median, _, high = np.quantile(links[at], quantities.levels(links.shape[1]))
        if high > 0:
            spread = words.spread(people(view, words, low), people(view, words, high))
            rows.append((str(ids[at]), people(view, words, median), spread))
    return rows


@dataclasses.dataclass(frozen=True)
class EvidenceRow:
    """A report in words beside what the run says of the same place and days, both in the unit of the report.

    id       of the published figure, or of the report where it has none
    about    the evidence word of the quantity
    verdict  as `observe.verdict` gives it; `result` says the same to readers
    """

    id: str
    about: str
    date: str
    place: str
    quantity: str
    value: str
    publisher: str
    grade: str
    letter: str
    run: str
    verdict: str
    result: str
    note: str

    @property
    def is_compared(self) -> bool:
        """Whether the report has a number that the run can meet."""
        return bool(self.run) and not self.note


@dataclasses.dataclass(frozen=True)
class Evidence:
    """All reports that the audience may see, and how the run does against those with a number.

    tally   (letter, reports compared, reports that the run's 80 % interval meets)
    hidden  reports on what it does not see, left out
    """

    rows: list[EvidenceRow]
    tally: list[tuple[str, int, int]]
    compared: int
    met: int
    hidden: int


def evidence_beside(view: release.View, reports: list[observe.Comparable], words: texts.Texts) -> Evidence:
    """Every report of the view in the order of its days, with the run's 80 % interval and whether they meet."""
    names = phrases.names(view.facts, words)
    rows = [
        _evidence_row(view, report, names, words) for report in sorted(reports, key=lambda one: (one.ends, one.begins))
    ]
    with_number = [row for row in rows if row.is_compared]
    compared = Counter(row.letter for row in with_number)
    met = Counter(row.letter for row in with_number if row.verdict == "agrees")
    tally = [(letter, compared[letter], met[letter]) for letter in figures.GRADES if compared[letter]]
    return Evidence(rows, tally, compared.total(), met.total(), view.hidden)


def hint(beside: Evidence, quantity_name: str, words: texts.Texts) -> str:
    """How many published figures of a quantity the run meets, '' when it meets them all or nobody published any."""
    verdicts = Counter(row.verdict for row in beside.rows if row.is_compared and row.about == quantity_name)
    if verdicts["agrees"] == verdicts.total():
        return ""
    missed = {way: verdicts[f"run is {way}"] for way in ("higher", "lower") if verdicts[f"run is {way}"]}
    which = "both" if len(missed) > 1 else next(iter(missed))
    return words(f"report.hint_{which}", met=verdicts["agrees"], all=verdicts.total(), **missed)


_VERDICTS = {"agrees": "agrees", "run is lower": "lower", "run is higher": "higher"}


def _evidence_row(
    view: release.View, report: observe.Comparable, names: dict[str, str], words: texts.Texts
) -> EvidenceRow:
    """One report in words; a rank or a trend says in how many runs it holds."""
    row = quantities.quantity(report.quantity)
    run, verdict, result = "", "", ""
    if not report.reason:
        _, low, high = quantities.interval(observe.observed(view.dataset, report))
        verdict = observe.verdict(report, low, high)
        result = words(f"report.verdict_{_VERDICTS[verdict]}")
        ends = (words.isolated(f"{end:.1%}") for end in (low, high))
        run = words.spread(*ends) if row.unit == "1" else _range(view, low, high, report, words)
    elif (share := observe.agreement(view.dataset, report)) is not None:
        verdict = "holds"
        result = words("report.holds", share=words.share(share))
    grade = report.letter + ("" if report.report.credibility is None else str(report.report.credibility))
    return EvidenceRow(
        id=report.report.extra.get("fact_id") or report.report.id,
        about=report.quantity,
        date=phrases.period_words(report, words),
        place=", ".join(names.get(place, words("common.everywhere")) for place in report.report.places),
        quantity=words.name(row.label, row.label_ar),
        value=phrases.value_words(report, words, names),
        publisher=report.publisher,
        grade=words.isolated(grade),
        letter=report.letter,
        run=run,
        verdict=verdict,
        result=result,
        note=report.reason,
    )


def _range(view: release.View, low: float, high: float, report: observe.Comparable, words: texts.Texts) -> str:
    """The run's interval in words, in the report's unit; one number where both ends print alike."""
    unit, days = quantities.quantity(report.quantity).unit, observe.rate_days(report.report)
    first, last = (words.isolated(_end(view, end, unit, days)) for end in (low, high))
    value = first if first == last else words.spread(first, last)
    return phrases.with_unit(value, report.report, words)


def _end(view: release.View, total: float, unit: str, days: int) -> str:
    """A total of several days as printed for one of them; masked where the total is."""
    if view.is_masked(total, unit):
        return f"<{observe.rounded(view.least / days)}"
    return view.printed(total, unit) if days == 1 or total < 0.5 else observe.rounded(total / days)


def sources(view: release.View) -> list[tuple[evidence.Source, int, str]]:
    """Each source with its number of reports and its address, '' unless it is on the web; by letter and name."""
    counts = Counter(report.source for report in view.facts.reports)
    return [
        (source, counts[source.id], source.url if source.url.startswith(("https://", "http://")) else "")
        for source in sorted(view.facts.sources, key=lambda one: (one.reliability, one.name))
    ]


@dataclasses.dataclass(frozen=True)
class ParameterRow:
    """A parameter of the law: its value, what is believed about it, what the members drew."""

    name: str
    unit: str
    value: str
    prior: str
    drawn: str
    source: str
    note: str
    is_assumed: bool


def parameters(view: release.View, words: texts.Texts) -> list[ParameterRow]:
    """The recorded parameters with the scenario's overrides and the middle 80 % of what the members drew."""
    recorded = view.dataset.get("parameters")
    known = set() if recorded is None else set(recorded["parameter"].values.astype(str).tolist())
    rows = []
    for name, parameter in view.facts.parameters().items():
        if recorded is not None and name not in known:
            continue
        drawn = ""
        if recorded is not None:
            _, low, high = quantities.interval(recorded.sel(parameter=name))
            ends = (words.isolated(f"{end:.3g}") for end in (low, high))
            drawn = "" if low == high else words.spread(*ends)
        prior = parameter.prior.family + (f" {parameter.prior.sd:g}" if parameter.prior.sd else "")
        prior = words.isolated(prior)
        if parameter.drift:
            prior = words("report.prior_drift", prior=prior, drift=words.isolated(f"{parameter.drift:g}"))
        is_assumed = parameter.source.strip().lower().startswith("assumption")
        value = f"{parameter.default:,.4g}" if abs(parameter.default) < 1e4 else f"{parameter.default:,.0f}"
        rows.append(
            ParameterRow(
                name, parameter.unit, words.isolated(value), prior, drawn, parameter.source, parameter.note, is_assumed
            )
        )
    return rows


def record(view: release.View, words: texts.Texts) -> list[tuple[str, str]]:
    """How the run was made, so that it can be made again: no paths, no names of machines."""
    facts, manifest = view.facts, view.about
    about = manifest["scenario"]
    mode, conserved = str(manifest.get("mode")), str(manifest.get("conserved"))
    rows: dict[str, Any] = {
        "audience": words(f"report.version_{view.audience.name}"),
        "scenario": facts.name,
        "digest": about.get("digest") or facts.digest,
        "variant": manifest.get("variant"),
        "members": manifest.get("members"),
        "seed": manifest.get("seed"),
        "draws": words(f"report.draws_{mode}") if mode in ("random", "expected") else "",
        "started": manifest.get("started"),
        "finished": manifest.get("finished"),
        "conserved": words(f"report.conserved_{conserved}") if conserved in ("True", "False") else "",
    }
    found = [(words(f"report.record_{name}"), str(value)) for name, value in rows.items() if value not in (None, "")]
    versions = {"maabar": manifest.get("version")} | manifest["versions"]
    return found + [(name, str(value)) for name, value in versions.items() if value not in (None, "")]
