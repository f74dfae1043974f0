"""The tables of a report: places, evidence beside the run, sources, parameters, assumptions, how the run was made.

In: a released view. Out: rows of printed text, masked as its audience needs; only for the team itself a table of ways.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from maabar import figures, observe, quantities, release
from maabar.report import panels

if TYPE_CHECKING:
    from maabar import evidence


@dataclasses.dataclass(frozen=True)
class PlaceRow:
    """A camp or host place: arrivals over the run, people present at its fullest and at the end."""

    name: str
    name_ar: str
    kind: str
    capacity: str
    arrivals: str
    arrivals_spread: str
    peak: str
    end: str


def places(view: release.View) -> list[PlaceRow]:
    """Camps and host places that anybody reached, the busiest first."""
    by_id = {place.id: place for place in view.facts.places}
    rows = []
    for place in (by_id[name] for name in panels.busiest(view)):
        total = quantities.series(view.dataset, "arrivals", place.id).sum("day")
        median, low, high = (view.printed(number, "person") for number in quantities.interval(total))
        present = np.median(quantities.series(view.dataset, "present", place.id).values, axis=0)
        rows.append(
            PlaceRow(
                name=place.name,
                name_ar=place.name_ar,
                kind="camp" if place.kind == "camp" else "host place",
                capacity="" if place.capacity is None else f"{place.capacity:,.0f}",
                arrivals=median,
                arrivals_spread=f"{low} to {high}",
                peak=view.printed(float(present.max()), "person"),
                end=view.printed(float(present[-1]), "person"),
            )
        )
    return rows


def ways(view: release.View) -> list[tuple[str, str, str]]:
    """Every way by its use, the most used first: name, people who set out on it, their spread. For the team alone."""
    if not view.is_internal:
        return []
    links = view.dataset["departures"].sum("day").transpose("route", "member").values
    ids = view.dataset["route"].values.astype(str)
    rows = []
    for at in np.argsort(-np.median(links, axis=1), kind="stable").tolist():
        low, _, median, _, high = np.quantile(links[at], quantities.levels(links.shape[1]))
        if high > 0:
            spread = f"{view.printed(low, 'person')} to {view.printed(high, 'person')}"
            rows.append((str(ids[at]), view.printed(median, "person"), spread))
    return rows


@dataclasses.dataclass(frozen=True)
class EvidenceRow:
    """A report in words beside what the run says of the same place and days, both in the unit of the report.

    id     of the published figure, or of the report where it has none
    about  the evidence word of the quantity
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


def evidence_beside(view: release.View, reports: list[observe.Comparable]) -> Evidence:
    """Every report of the view in the order of its days, with the run's 80 % interval and whether they meet."""
    facts = view.facts
    names = {place.id: place.name for place in facts.places} | {zone.id: zone.name for zone in facts.zones}
    rows = [_evidence_row(view, report, names) for report in sorted(reports, key=lambda one: (one.ends, one.begins))]
    with_number = [row for row in rows if row.is_compared]
    compared = Counter(row.letter for row in with_number)
    met = Counter(row.letter for row in with_number if row.verdict == "agrees")
    tally = [(letter, compared[letter], met[letter]) for letter in figures.GRADES if compared[letter]]
    return Evidence(rows, tally, compared.total(), met.total(), view.hidden)


def hint(beside: Evidence, quantity_name: str) -> str:
    """How many published figures of a quantity the run meets, '' when it meets them all or nobody published any."""
    verdicts = Counter(row.verdict for row in beside.rows if row.is_compared and row.about == quantity_name)
    if verdicts["agrees"] == verdicts.total():
        return ""
    missed = [f"{way} than {number}" for way in ("higher", "lower") if (number := verdicts[f"run is {way}"])]
    return f"{verdicts['agrees']} of {verdicts.total()} published figures met; the run is {' and '.join(missed)}"


def _evidence_row(view: release.View, report: observe.Comparable, names: dict[str, str]) -> EvidenceRow:
    """One report in words; a rank or a trend says in how many runs it holds."""
    row = quantities.quantity(report.quantity)
    run, verdict = "", ""
    if not report.reason:
        _, low, high = quantities.interval(observe.observed(view.dataset, report))
        verdict = observe.verdict(report, low, high)
        run = f"{low:.1%} to {high:.1%}" if row.unit == "1" else _range(view, low, high, report)
    elif (share := observe.agreement(view.dataset, report)) is not None:
        run, verdict = "", f"holds in {share:.0%} of runs"
    value = figures.value_words(report)
    for place, name in names.items():
        if report.report.form == "rank":
            value = " before ".join(name if part == place else part for part in value.split(" before "))
    return EvidenceRow(
        id=report.report.extra.get("fact_id") or report.report.id,
        about=report.quantity,
        date=figures.period_words(report),
        place=", ".join(names.get(place, "everywhere") for place in report.report.places),
        quantity=row.label,
        value=value,
        publisher=report.publisher,
        grade=report.letter + ("" if report.report.credibility is None else str(report.report.credibility)),
        letter=report.letter,
        run=run,
        verdict=verdict,
        note=report.reason,
    )


def _range(view: release.View, low: float, high: float, report: observe.Comparable) -> str:
    """The run's interval in words, in the report's unit; one number where both ends print alike."""
    unit, days = quantities.quantity(report.quantity).unit, observe.rate_days(report.report)
    ends = _end(view, low, unit, days), _end(view, high, unit, days)
    return (ends[0] if ends[0] == ends[1] else " to ".join(ends)) + figures.unit_words(report.report)


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


def parameters(view: release.View) -> list[ParameterRow]:
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
            drawn = "" if low == high else f"{low:.3g} to {high:.3g}"
        prior = parameter.prior.family + (f" {parameter.prior.sd:g}" if parameter.prior.sd else "")
        if parameter.drift:
            prior += f"; drift {parameter.drift:g}"
        is_assumed = parameter.source.strip().lower().startswith("assumption")
        value = f"{parameter.default:,.4g}" if abs(parameter.default) < 1e4 else f"{parameter.default:,.0f}"
        rows.append(
            ParameterRow(name, parameter.unit, value, prior, drawn, parameter.source, parameter.note, is_assumed)
        )
    return rows


def record(view: release.View) -> list[tuple[str, str]]:
    """How the run was made, so that it can be made again: no paths, no names of machines."""
    facts, manifest = view.facts, view.about
    about = manifest["scenario"]
    mode = {"random": "random draws", "expected": "expected values, no random draws"}.get(str(manifest.get("mode")), "")
    conserved = {"True": "yes, every day in every member", "False": "NO: do not use this run"}
    rows: dict[str, Any] = {
        "Audience": view.audience.name,
        "Scenario": facts.name,
        "Scenario digest (sha256)": about.get("digest") or facts.digest,
        "Variant": manifest.get("variant"),
        "Members": manifest.get("members"),
        "Seed": manifest.get("seed"),
        "Draws": mode,
        "Started": manifest.get("started"),
        "Finished": manifest.get("finished"),
        "People conserved": conserved.get(str(manifest.get("conserved"))),
        "maabar": manifest.get("version"),
    }
    rows |= {name: value for name, value in manifest["versions"].items() if name != "maabar"}
    return [(name, str(value)) for name, value in rows.items() if value not in (None, "")]
