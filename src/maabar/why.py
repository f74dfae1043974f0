"""Which reports hold a number up, who disagrees, and how the number moves without each source.

In: a run, what is asked (`QUANTITY[/PLACE[/DATE]]`) and, where the run is of a posterior, what that was learned from.
Out: a `Why`, which prints itself. How a number moves without a source is the linear answer of `influence`, or, for the
sources that move it most, that of learning again without them (`exact`). A stock is asked of one evening, a flow or a
cumulative count over all days until one; of a forecast, from the day after its origin on.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maabar import errors, evidence, facts, influence, observe, posterior, quantities, reading, texts, units

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
Again = Callable[[str], Floats]  # the number of members that learned without a source
AGREES = 1.0  # standard errors within which a report agrees with the posterior
MOST = 12  # reports and sources that are printed
LEAST_SHARE = 0.01  # of the median: smaller moves are not printed


@dataclasses.dataclass(frozen=True)
class Asked:
    """What is asked: a quantity at a place, on the evening of `day` or, for flows, from `first` to `day`."""

    quantity: str
    place: str
    first: int
    day: int
    date: dt.date

    @property
    def is_flow(self) -> bool:
        """Whether days are added up."""
        return quantities.quantity(self.quantity).kind != "stock"


@dataclasses.dataclass(frozen=True)
class Beside:
    """A report on the same quantity and place.

    grade   letter and digit, as B3
    off     how far the run's median is from it, in standard errors of the report; None without a posterior
    stance  agrees, says more, says less, or held worthless
    """

    report: str
    source: str
    publisher: str
    grade: str
    words: str
    off: float | None
    stance: str


@dataclasses.dataclass(frozen=True)
class Without:
    """The number without one source: median and 80 % interval, by the linear answer, and after learning again.

    reports  how many of its numbers were learned from
    """

    source: str
    publisher: str
    letter: str
    reports: int
    median: float
    low: float
    high: float
    exact: tuple[float, float, float] | None


@dataclasses.dataclass(frozen=True)
class Why:
    """A number, what it rests on, and what it would be without each source, the most influential first.

    least  for an audience that does not see smaller counts: NaN stands for these; 0: all are seen
    """

    asked: str
    label: str
    place: str
    when: str
    unit: str
    median: float
    low: float
    high: float
    members: int
    learned: int
    beside: tuple[Beside, ...]
    without: tuple[Without, ...]
    notes: tuple[str, ...]
    least: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, texts and lists; None for what is masked."""
        found: dict[str, Any] = _plain(dataclasses.asdict(self))
        return found

    def __str__(self) -> str:
        """The number in words, then who says what, then what it would be without each source."""
        spread = observe.between(self._printed(self.low), self._printed(self.high), self.members)
        lines = [f"{self.label}, {self.place}, {self.when}: {self._printed(self.median)} [{self.unit}] ({spread})"]
        lines += [f"note: {note}" for note in self.notes]
        if self.beside:
            count = "1 report" if len(self.beside) == 1 else f"{len(self.beside)} reports"
            lines += ["", f"{count} on the same quantity and place, the nearest in time first:"]
            lines += [f"  {one.stance:<14} {one.grade:<3} {one.words} ({one.publisher}, {one.report})"
                      for one in self.beside[:MOST]]  # fmt: skip
            lines += [f"  and {len(self.beside) - MOST} more"] if len(self.beside) > MOST else []
        told = [one for one in self.without if abs(one.median / max(self.median, 1e-9) - 1) >= LEAST_SHARE]
        if told:
            lines += ["", f"without one source, of {len(self.without)} that were learned from (linear answer):"]
            lines += [self._without(one) for one in told[:MOST]]
            rest = len(self.without) - min(len(told), MOST)
            lines += [f"  the other {rest} move it less"] if rest else []
        elif self.without:
            lines += ["", f"no single source of the {len(self.without)} moves it by more than {LEAST_SHARE:.0%}"]
        return "\n".join(lines)

    def _printed(self, number: float) -> str:
        """A number in words: shares with three decimals, everything else whole or rounded."""
        if np.isnan(number) and self.least:
            return f"<{self.least}"
        return f"{number:.3f}" if self.unit == "1" else observe.rounded(0.0 if abs(number) < 0.5 else number)

    def _without(self, one: Without) -> str:
        """One source in words."""
        numbers = "1 number" if one.reports == 1 else f"{one.reports} numbers"
        median, low, high = map(self._printed, (one.median, one.low, one.high))
        line = f"  {median} ({low} to {high}) without {one.publisher}"
        line += f" ({one.source}, {one.letter}, {numbers})"
        if one.exact is not None:
            median, low, high = map(self._printed, one.exact)
            line += f"; learned again: {median} ({low} to {high})"
        return line

    def _repr_html_(self) -> str:
        """The same, for notebooks."""
        return f"<pre>{html.escape(str(self))}</pre>"


def _plain(found: Any) -> Any:
    """The same with None for NaN."""
    if isinstance(found, dict):
        return {name: _plain(one) for name, one in found.items()}
    if isinstance(found, (list, tuple)):
        return [_plain(one) for one in found]
    return None if isinstance(found, float) and np.isnan(found) else found


def asked(text: str, dataset: xr.Dataset, origin: dt.date | None = None) -> Asked:
    """What `QUANTITY[/PLACE[/DATE]]` asks of a run.

    Raises errors.InputError for an unknown quantity or place, errors.RunError for a day that is not there.
    """
    parts = text.split("/")
    if len(parts) > 3:
        raise errors.RunError(
            f"found {errors.quote(text)}, expected QUANTITY, QUANTITY/PLACE or QUANTITY/PLACE/DATE; "
            "for example inside/*/2017-06-30"
        )
    name, place, when = (*parts, "", "")[:3]
    quantities.series(dataset, name, place or evidence.EVERYWHERE)
    last = dataset.sizes["day"] - 1
    day = last
    if when:
        try:
            day = quantities.day_of(dataset, units.parse_date(when, "a date of the run"))
        except errors.Unreadable as fault:
            raise errors.RunError(f"found {fault.found}, expected {fault.expected}; {fault.cure}") from fault
        if not 0 <= day <= last:
            days = f"{quantities.date_of(dataset, 0)} to {quantities.date_of(dataset, last)}"
            raise errors.RunError(f"found '{when}', expected a day of the run, {days}; choose one of these")
    first = 0 if origin is None else quantities.day_of(dataset, origin) + 1
    return Asked(name, place or evidence.EVERYWHERE, min(first, day), day, quantities.date_of(dataset, day))


def number(dataset: xr.Dataset, what: Asked) -> Floats:
    """The number that is asked, of each member: (m); NaN where there is none, such as a price without a siege."""
    kind = quantities.quantity(what.quantity).kind
    values = quantities.series(dataset, what.quantity, what.place)
    if kind == "stock":
        return np.asarray(values.values[:, what.day])
    if kind == "cumulative":
        before = values.values[:, what.first - 1] if what.first else 0.0
        return np.asarray(values.values[:, what.day] - before)
    return np.asarray(values.values[:, what.first : what.day + 1].sum(axis=1))


def of(
    dataset: xr.Dataset,
    scenario: facts.Scenario,
    text: str,
    learned: posterior.Posterior | None,
    *,
    origin: dt.date | None = None,
    exact: int = 0,
    again: Again | None = None,
    warning: str = "",
) -> Why:
    """Why a number of a run is what it is.

    learned  the posterior of the run; None: it was drawn from the priors
    exact    learn again without as many sources, those that move it most, by `again`
    warning  what is told of a calibration that is in doubt; '': its first warning

    Reports and sources that are not in the scenario are left out, so that an audience gets what its facts hold.
    """
    what = asked(text, dataset, origin)
    row, members = quantities.quantity(what.quantity), number(dataset, what)
    median, low, high = quantities.interval_of(members)
    notes = [] if learned is not None else ["drawn from the priors: no report has moved this number"]
    if learned is not None and not learned.learned.ok:
        notes.append(texts.of("en")("doubt.doubt", warning=warning or learned.learned.warnings[0]))
    # However far a linear answer reaches, people at one time are no more than all.
    counts_people = learned is not None and row.kind == "stock" and row.unit == "person"
    most = learned.space.compiled.everyone if learned is not None and counts_people else np.inf
    sources = [] if learned is None else _sources(members, learned, scenario, most)
    if again is not None:
        sources = [
            dataclasses.replace(one, exact=quantities.interval_of(again(one.source))) if at < exact else one
            for at, one in enumerate(sources)
        ]
    names = {place.id: place.name for place in scenario.places} | {zone.id: zone.name for zone in scenario.zones}
    when = observe.date_words(what.date)
    if what.is_flow:
        when = f"{observe.date_words(quantities.date_of(dataset, what.first))} to {when}"
    return Why(
        asked=text, label=row.label, place=names.get(what.place, "everywhere"), when=when,
        unit=scenario.currency if row.unit == "currency" else row.unit, median=median, low=low, high=high,
        members=len(members), learned=0 if learned is None else len(learned.told),
        beside=tuple(_beside(what, scenario, learned, dataset)), without=tuple(sources), notes=tuple(notes),
    )  # fmt: skip


def _sources(members: Floats, learned: posterior.Posterior, scenario: facts.Scenario, most: float) -> list[Without]:
    """The number without each source, the most influential first; numbers are moved on the scale log(1 + x)."""
    shown = {report.id for report in scenario.reports}
    found, rows = learned.learned, np.array([row.source if row.report in shown else "" for row in learned.told.rows])
    learning = influence.Learning(learned.told.observed, found.before, found.predicted)
    known = np.isfinite(members)
    whole, logs = learning.of(np.ones(len(rows), dtype=bool)), np.log1p(np.maximum(members[known], 0.0))
    told: list[Without] = []
    if not known.any():
        return told
    for source in (one for one in scenario.sources if one.id in rows):
        kept = rows != source.id
        shift, factor = influence.moved(logs, found.predicted[known], whole, learning.of(kept))
        there = np.expm1(np.clip(logs.mean() + shift + factor * (logs - logs.mean()), 0.0, np.log1p(most)))
        middle = quantities.interval_of(there)
        told.append(Without(source.id, source.name, source.reliability, int((~kept).sum()), *middle, None))
    median = float(np.median(members[known]))
    return sorted(told, key=lambda one: (-abs(np.log1p(one.median) - np.log1p(median)), one.source))


def _beside(
    what: Asked, scenario: facts.Scenario, learned: posterior.Posterior | None, dataset: xr.Dataset
) -> list[Beside]:
    """Reports on the quantity and place, the nearest in time first."""
    sources = {source.id: source for source in scenario.sources}
    if learned is None:
        return _compared(what, scenario, dataset, sources)
    observed, predicted = learned.told.observed, learned.learned.predicted
    sd = np.sqrt(np.diag(observed.covariance()))
    found, shown = [], {report.id: report for report in scenario.reports}
    for row, claim in enumerate(learned.told.claims):
        report = shown.get(claim.report.id)
        if report is None or report.quantity != what.quantity:
            continue
        if what.place not in (claim.places if report is claim.report else report.places):
            continue
        off = float((observed.value[row] - np.median(predicted[:, row])) / sd[row])
        stance = _stance(off, claim.kind, float(learned.learned.worth[row]))
        words = learned.told.rows[row].words if report is claim.report else _words(report, scenario)
        found.append((abs(claim.last - what.day), _row(report, sources, words, off, stance)))
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].report))]


def _words(report: evidence.Report, scenario: facts.Scenario) -> str:
    """What a report says."""
    told = reading.claims(report, scenario)
    best = observe.comparable(report, scenario).best
    return reading.words(told[0], scenario) if isinstance(told, list) else f"{report.form} {best or ''}"


def _stance(off: float, kind: str, worth: float) -> str:
    """What a report is to the posterior; a bound disagrees only if it is missed."""
    if worth < 0.5:
        return "held worthless"
    if (kind == "lower" and off < 0) or (kind == "upper" and off > 0) or abs(off) <= AGREES:
        return "agrees"
    return "says more" if off > 0 else "says less"


def _row(
    report: evidence.Report, sources: dict[str, evidence.Source], words: str, off: float | None, stance: str
) -> Beside:
    """A report as it is shown."""
    source = sources[report.source]
    grade = f"{source.reliability}{report.credibility or ''}"
    return Beside(report.id, source.id, source.name, grade, words, off, stance)


def _compared(
    what: Asked, scenario: facts.Scenario, dataset: xr.Dataset, sources: dict[str, evidence.Source]
) -> list[Beside]:
    """The same for a run from the priors, by whether its interval meets the report."""
    words = {"agrees": "agrees", "run is lower": "says more", "run is higher": "says less"}
    found = []
    for report in scenario.reports:
        one = observe.comparable(report, scenario)
        if one.reason or (report.quantity, report.place) != (what.quantity, what.place):
            continue
        _, low, high = quantities.interval(observe.observed(dataset, one))
        shown = _row(report, sources, _words(report, scenario), None, words[observe.verdict(one, low, high)])
        found.append((abs((report.ends - what.date).days), shown))
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].report))]
