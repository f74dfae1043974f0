"""Which next report would narrow the planner's intervals most.

In: a posterior, and its forecast some days ahead. Out: an `Advice`, candidates ranked by what they are expected to
bring. A candidate is one count of a quantity at a place on the day after the last that is known (for sums: of the week
after). With x what members would have made it say, s the error of such a report by its letter and measure, and y a
number that planners ask for, all on the transformed scale, the variance of y is expected to fall to

    v_y · (1 − ρ² · v_x / (v_x + s²))

for normal laws, whatever the report says. ρ² is shrunk by what chance gives in so many members, to
1 − (1 − ρ²)(m − 1)/(m − 2), and one below CHANCE standard errors of chance counts as none. What a report brings is the
mean over the targets of the share by which their intervals narrow, 1 − √(v_after / v_before). No route, crossing or
single person is ever asked for.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maabar import errors, evidence, facts, observe, quantities, reading, reliability

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
WEEK = 7
BUSIEST = 3  # camps and host towns whose arrivals are a target
CHANCE = 3.0  # standard errors, 1/√m each, below which a correlation counts as none
SHOWN = 10
LEAST = 0.005  # narrowing that is worth a line
SAFETY = "whoever counts may be endangered by it: ask only those who can do it safely, and never for names or routes"


@dataclasses.dataclass(frozen=True)
class Target:
    """A number that planners ask for, on the logarithmic scale (m)."""

    words: str
    values: Floats


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A report that could be asked for, and by which share it is expected to narrow each target's interval."""

    quantity: str
    place: str
    name: str
    day: dt.date
    words: str
    narrows: float
    by_target: dict[str, float]


@dataclasses.dataclass(frozen=True)
class Advice:
    """Candidates, the best first; prints itself."""

    title: str
    until: dt.date
    days: int
    grade: str
    members: int
    targets: tuple[str, ...]
    candidates: tuple[Candidate, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, texts and lists."""
        found = dataclasses.asdict(self) | {"until": self.until.isoformat(), "note": SAFETY}
        found["candidates"] = [one | {"day": one["day"].isoformat()} for one in found["candidates"]]
        return found

    def __str__(self) -> str:
        """The best in words, with what each narrows most."""
        lines = [
            f"{self.title}: after {observe.date_words(self.until)}, {self.days} days ahead, {self.members} members",
            f"one more report of grade {self.grade} narrows {len(self.targets)} intervals, on average by:",
        ]
        worth = [one for one in self.candidates if one.narrows >= LEAST]
        for one in worth[:SHOWN]:
            best = sorted(one.by_target.items(), key=lambda pair: -pair[1])[:2]
            most = ", ".join(f"{words} {share:.0%}" for words, share in best if share >= LEAST)
            lines.append(f"  {one.narrows:5.1%}  {one.words}  ({most})")
        lines += [] if worth else ["  none of those that could be asked for would narrow them by half a per cent"]
        rest = len(self.candidates) - len(worth[:SHOWN])
        lines += [f"  the other {rest} bring less"] if rest else []
        return "\n".join([*lines, f"note: {SAFETY}"])

    def _repr_html_(self) -> str:
        """The same, for notebooks."""
        return f"<pre>{html.escape(str(self))}</pre>"


def narrowing(target: Floats, seen: Floats, error: float) -> float:
    """By which share a report with this error is expected to narrow the interval of a target: 0..1."""
    members = len(target)
    if target.std() == 0 or seen.std() == 0:
        return 0.0
    correlation = float(np.corrcoef(target, seen)[0, 1])
    if abs(correlation) < CHANCE / math.sqrt(members):
        return 0.0
    squared = max(0.0, 1 - (1 - correlation**2) * (members - 1) / (members - 2))
    variance = float(seen.var())
    return 1 - math.sqrt(1 - squared * variance / (variance + error**2))


def of(run: xr.Dataset, scenario: facts.Scenario, until: dt.date, grade: str) -> Advice:
    """The advice from a forecast of members that learned from reports until a day.

    run       the forecast, at least a week long
    scenario  as the forecast knew it
    grade     letter of the source that would be asked

    Raises errors.RunError for an unknown grade.
    """
    letters = list(reliability.letters())
    if grade not in letters:
        cure = errors.suggestion(grade, letters, "write one letter")
        raise errors.RunError(f"--grade: found {errors.quote(grade)}, expected {errors.listed(letters)}; {cure}")
    first = (until - scenario.start).days + 1
    aims = _targets(run, scenario, first)
    found = []
    for quantity, place, name in _candidates(scenario):
        claim = _claim(scenario, quantity, place, until, run, first, grade)
        if claim is None:
            continue
        seen = _seen(run, claim)
        by_target = {aim.words: narrowing(aim.values, seen, math.hypot(claim.sd, claim.bias_sd)) for aim in aims}
        words = f"{claim.row.label}, {name}, {_when(claim, scenario)}"
        day = until + dt.timedelta(days=1)
        mean = float(np.mean(list(by_target.values()))) if by_target else 0.0
        found.append(Candidate(quantity, place, name, day, words, mean, by_target))
    return Advice(
        title=scenario.title, until=until, days=run.sizes["day"] - first, grade=grade, members=run.sizes["member"],
        targets=tuple(aim.words for aim in aims),
        candidates=tuple(sorted(found, key=lambda one: (-one.narrows, one.quantity, one.place))),
    )  # fmt: skip


def _targets(run: xr.Dataset, scenario: facts.Scenario, first: int) -> list[Target]:
    """Arrivals everywhere and at the busiest, people inside, deaths, and price; those that do not vary are left out."""

    def total(quantity: str, place: str) -> Floats:
        return np.asarray(np.log1p(quantities.series(run, quantity, place).values[:, first:].sum(axis=1)))

    settling = [place for place in scenario.places if place.kind in quantities.SETTLING]
    busiest = sorted(settling, key=lambda place: -float(np.median(total("arrivals", place.id))))[:BUSIEST]
    found = [Target("arrivals everywhere", total("arrivals", "*"))]
    found += [Target(f"arrivals at {place.name}", total("arrivals", place.id)) for place in busiest]
    found.append(Target("deaths", total("killed", "*")))
    if "inside" in run:
        inside = quantities.series(run, "inside", "*").values[:, first:]
        found += [
            Target(f"people inside after {days} days", np.log1p(inside[:, days - 1]))
            for days in sorted({WEEK, 2 * WEEK, inside.shape[1]})
            if days <= inside.shape[1]
        ]
    return [aim for aim in found if aim.values.std() > 0]


def _candidates(scenario: facts.Scenario) -> list[tuple[str, str, str]]:
    """What may be asked for: quantity, place, name of the place."""
    settling = [(place.id, place.name) for place in scenario.places if place.kind in quantities.SETTLING]
    zones = [(zone.id, zone.name) for zone in scenario.zones]
    found = [(quantity, *place) for quantity in ("present", "arrivals") for place in settling]
    found += [(quantity, *zone) for quantity in ("inside", "departures", "price", "fighters") for zone in zones]
    found += [
        (quantity, evidence.EVERYWHERE, "everywhere") for quantity in ("displaced_total", "killed", "killed:mine")
    ]
    return found


def _claim(
    scenario: facts.Scenario, quantity: str, place: str, until: dt.date, run: xr.Dataset, first: int, grade: str
) -> reading.Claim | None:
    """The claim that such a report would make, at the median; None if the run says 0 there."""
    is_stock = quantities.quantity(quantity).kind == "stock"
    days = (until + dt.timedelta(days=1), until + dt.timedelta(days=1 if is_stock else WEEK))
    values = np.nan_to_num(quantities.series(run, quantity, place).values[:, first - 1 :])
    number = _amount(values, quantities.quantity(quantity).kind)
    median = float(np.median(number))
    if median < 1.0:
        return None
    source = evidence.Source("asked", "asked", "", grade, "", "")
    unit = evidence.UNITS[quantity.partition(":")[0]][0]
    report = evidence.Report(
        id="asked", reported_on=days[1], begins=days[0], ends=days[1], place=place, quantity=quantity, form="exact",
        low=None, best=median, high=None, unit=scenario.currency if unit == "currency" else unit, source="asked",
        credibility=None, group="", note="",
    )  # fmt: skip
    longer = dataclasses.replace(scenario, sources=(*scenario.sources, source))
    claims = reading.claims(report, longer)
    return claims[0] if isinstance(claims, list) else None


def _amount(values: Floats, kind: str) -> Floats:
    """What a report about the first day, or for sums the first week, of values (m, t) would say; column 0 is before."""
    if kind == "stock":
        return np.asarray(values[:, 1])
    if kind == "cumulative":
        return np.asarray(values[:, min(WEEK, values.shape[1] - 1)] - values[:, 0])
    return np.asarray(values[:, 1 : WEEK + 1].sum(axis=1))


def _seen(run: xr.Dataset, claim: reading.Claim) -> Floats:
    """What members would have made the report say, on the transformed scale: (m)."""
    values = np.nan_to_num(quantities.series(run, claim.quantity, claim.places[0]).values)
    return reading.transformed(_amount(values[:, claim.first - 1 :], claim.row.kind), claim.row)


def _when(claim: reading.Claim, scenario: facts.Scenario) -> str:
    first, last = (observe.date_words(facts.last_day(scenario.start, day + 1)) for day in (claim.first, claim.last))
    return first if first == last else f"{first} to {last}"
