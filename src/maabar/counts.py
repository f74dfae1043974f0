"""Who was counted where: the daily counts of camps and refuges, and splits of their sum that need no model.

In: the evidence of a scenario. Out: `Counts`. A place has counts if the evidence has exact or about reports of people
present there for some day of the run. Between dates a count is linear, before the first and after the last it is held.
A report over several days holds on its first and its last; several of one place and day are averaged, exact ones
before about ones. What a later report corrects is left out.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maabar import quantities, scenario

Floats = NDArray[np.float64]
DAY30 = 30
SPLITS = ("equal", "capacity", "day30", "last")


class Count(NamedTuple):
    """One report of people present: first and last day of the run that it is about, and whether it is exact."""

    place: str
    first: int
    last: int
    people: float
    is_exact: bool


@dataclasses.dataclass(frozen=True)
class Counts:
    """The counted people of the places that have counts.

    places  camps and refuges, in the order of the scenario
    daily   (t, p) counted people on the evening of each day [person]
    known   (t, p) the last exact count of an earlier day, 0 before the first [person]
    exact   the exact counts, their days within the run
    """

    places: tuple[scenario.Place, ...]
    daily: Floats
    known: Floats
    exact: tuple[Count, ...]

    def later(self, after: int) -> Counts:
        """Without the days until day `after`: their counts are NaN, and their exact counts are gone."""
        daily = self.daily.copy()
        daily[: after + 1] = np.nan
        return dataclasses.replace(self, daily=daily, exact=tuple(count for count in self.exact if count.first > after))

    @property
    def ids(self) -> list[str]:
        """The places by id."""
        return [place.id for place in self.places]

    @property
    def dates(self) -> list[int]:
        """The days of an exact count, at any place."""
        return sorted({count.last for count in self.exact})


def of(facts: scenario.Scenario) -> Counts:
    """The counts of camps and refuges in the evidence of a scenario; none at all is no fault."""
    told = _told(facts)
    end = facts.days - 1
    within = [count for count in told if count.last >= 0 and count.first <= end]
    named = {count.place for count in within}
    places = tuple(place for place in facts.places if place.id in named)
    here = [[count for count in told if count.place == place.id] for place in places]
    return Counts(
        places=places,
        daily=_columns([_daily(counts, facts.days) for counts in here], facts.days),
        known=_columns([_known(counts, facts.days) for counts in here], facts.days),
        exact=tuple(
            count._replace(first=max(0, count.first), last=min(count.last, end)) for count in within if count.is_exact
        ),
    )


def _told(facts: scenario.Scenario) -> list[Count]:
    """Every exact or about report of people at a camp or refuge that no other corrects."""
    corrected = {report.corrects for report in facts.reports}
    settling = {place.id for place in facts.places if place.kind in quantities.SETTLING}
    return [
        Count(
            report.place,
            (report.begins - facts.start).days,
            (report.ends - facts.start).days,
            report.best,
            report.form == "exact",
        )
        for report in facts.reports
        if report.quantity == "present" and report.form in ("exact", "about") and report.best is not None
        if report.place in settling and report.id not in corrected
    ]


def _columns(series: list[Floats], days: int) -> Floats:
    """Series side by side: (t, p)."""
    return np.stack(series, axis=1) if series else np.zeros((days, 0))


def _dated(counts: list[Count]) -> dict[int, float]:
    """Mean count by day."""
    days: dict[int, list[float]] = {}
    for count in counts:
        for day in {count.first, count.last}:
            days.setdefault(day, []).append(count.people)
    return {day: float(np.mean(days[day])) for day in sorted(days)}


def _daily(counts: list[Count], days: int) -> Floats:
    """Counts of one place on every day: (t)."""
    about, exact = (_dated([count for count in counts if count.is_exact is sure]) for sure in (False, True))
    dated = dict(sorted((about | exact).items()))
    return np.interp(np.arange(days), list(dated), list(dated.values()))


def _known(counts: list[Count], days: int) -> Floats:
    """The last exact count of an earlier day, 0 before the first: (t)."""
    dated = _dated([count for count in counts if count.is_exact])
    values = np.array([0.0, *dated.values()])
    found: Floats = values[np.searchsorted(list(dated), np.arange(days), side="left")]
    return found


def misplaced(weights: Floats, daily: Floats) -> Floats:
    """Σ|w·D/W − d| / D of each day, for the sum D split by weights w (t, p): (t); NaN where D = 0, 1 where W = 0."""
    total, weight = daily.sum(axis=1), weights.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.abs(weights * (total / weight)[:, None] - daily).sum(axis=1) / total
    return np.where(total > 0, np.where(weight > 0, off, 1.0), np.nan)


def mean(values: Floats) -> float | None:
    """The mean of what is known (not NaN), None if nothing is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def naive(counted: Counts, after: int = -1) -> dict[str, float | None]:
    """The mean of `misplaced` for splits of the counted sum that need no model; None where one cannot be made.

    Over the days after day `after`, the origin of a forecast: then nothing that was counted later is used.

    equal     as many at each place
    capacity  in proportion to the listed capacities; a place that lists none has the mean of the others
    day30     in the shares of day 30, whether the day is before or after; none if the origin is before
    last      in the shares of each place's last exact count of an earlier day (of a forecast: by its origin), equal
              while nobody has been counted
    """
    daily, known = counted.daily, counted.known
    if 0 <= after < len(known) - 1:
        known = np.broadcast_to(known[after + 1], known.shape)
    has_day30 = len(daily) > DAY30 and daily[DAY30].sum() > 0 and not 0 <= after < DAY30
    splits = {
        "equal": np.ones(len(counted.places)),
        "capacity": _rooms(counted.places),
        "day30": daily[DAY30] if has_day30 else None,
        "last": np.where(known.sum(axis=1, keepdims=True) > 0, known, 1.0),
    }
    return {
        name: None if split is None else mean(misplaced(np.broadcast_to(split, daily.shape), daily)[after + 1 :])
        for name, split in splits.items()
    }


def _rooms(places: tuple[scenario.Place, ...]) -> Floats | None:
    """Listed capacities (p) [person], their mean where a place lists none; None if no place lists one above 0."""
    listed = np.array([np.nan if place.capacity is None else place.capacity for place in places], dtype=np.float64)
    known = listed[np.isfinite(listed)]
    return np.where(np.isfinite(listed), listed, known.mean()) if known.sum() > 0 else None
