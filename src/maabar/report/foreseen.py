"""The pages of a report on a posterior and a forecast: what was learned, what is ahead, how far it is to be trusted.

In: the account of a calibration, the planner's numbers of a forecast, the table of skill of hindcasts; each may be
missing. Out: rows of printed text and a chart of intervals. What the public does not see elsewhere it does not see:
parameters of guides and of the market are left out, and so are reports on routes, waypoints and single districts.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from maabar import account, figures, forecast, observe, planner, quantities, skillcard
from maabar.report import panels

if TYPE_CHECKING:
    from maabar import scenario

PRIVATE = ("guide", "price", "passage", "interception", "executed", "mine_factor", "crossing_factor", "money")
CAUSES = ("killed", "killed:strike", "killed:mine", "killed:crossing", "killed:execution")


@dataclasses.dataclass(frozen=True)
class Beside:
    """What stands beside a run: what it was learned from, what it forecasts, how well such forecasts did."""

    account: account.Account | None = None
    planner: planner.Planner | None = None
    skill: skillcard.Skill | None = None


@dataclasses.dataclass(frozen=True)
class Ahead:
    """A forecast in printed rows: (label, median, spread) and (place, capacity, now, chances)."""

    origin: str
    days: int
    events: str
    notes: tuple[str, ...]
    numbers: list[tuple[str, str, str]]
    within: list[str]
    rooms: list[tuple[str, str, str, list[str]]]
    horizon: int


def ahead(told: planner.Planner | None, facts: scenario.Scenario) -> Ahead | None:
    """The page of a forecast."""
    if told is None:
        return None
    spans = [days for days in planner.WITHIN if days <= len(told.days)] or [len(told.days)]
    rooms = [
        (room.name, observe.rounded(room.capacity), observe.printed(room.present, "person"),
         [_chance(room.within[days]) for days in spans])
        for room in told.rooms
    ]  # fmt: skip
    horizon = forecast.horizons()[facts.departures]
    within = [f"within {days} days" for days in spans]
    events = "given" if told.events == forecast.GIVEN else "drawn for each run"
    return Ahead(
        observe.date_words(told.origin), len(told.days), events, told.notes, _numbers(told), within, rooms, horizon
    )


def _chance(probability: float) -> str:
    """A probability that is never written as certain: below 1 %, 12 %, above 99 %."""
    return "below 1 %" if probability < 0.01 else "above 99 %" if probability > 0.99 else f"{probability:.0%}"


def _numbers(told: planner.Planner) -> list[tuple[str, str, str]]:
    """Arrivals and deaths over all days, and people inside on the last."""
    found = []
    for one in told.totals:
        if one.quantity in ("arrivals", *CAUSES) and one.p90[0] >= 0.5:
            label = f"{quantities.quantity(one.quantity).label}, {one.name}"
            found.append((label, *_printed(one, 0)))
    for one in told.daily:
        if one.quantity == "inside" and max(one.p90) >= 0.5:
            label = f"{quantities.quantity('inside').label}, {one.name}, on {observe.date_words(told.days[-1])}"
            found.append((label, *_printed(one, -1)))
    return found


def _printed(one: planner.Daily, at: int) -> tuple[str, str]:
    low, middle, high = (observe.printed(values[at], one.unit) for values in (one.p10, one.p50, one.p90))
    return middle, f"{low} to {high}"


@dataclasses.dataclass(frozen=True)
class Learned:
    """A calibration in printed rows: (name, prior, posterior, share learned)."""

    until: str
    numbers: int
    members: int
    fit: tuple[str, str]
    warnings: tuple[str, ...]
    parameters: list[tuple[str, str, str, str]]
    untold: list[str]
    sources: list[tuple[str, str, str, str]]
    pulls: list[account.Pull]
    effective: str


def learned(told: account.Account | None, facts: scenario.Scenario) -> Learned | None:
    """The page of a calibration."""
    if told is None:
        return None
    shown = [one for one in told.parameters if not any(word in one.name for word in PRIVATE)]
    before, after = (f"{misfit**0.5:.1f}" for misfit in (told.misfits[0], told.misfits[-1]))
    return Learned(
        until=told.until, numbers=told.numbers, members=told.members, fit=(before, after), warnings=told.warnings,
        parameters=[_row(one) for one in shown if one.is_identified],
        untold=[one.name for one in shown if not one.is_identified],
        sources=[_row(one) for one in (*told.biases, *told.registers) if not any(w in one.name for w in PRIVATE)],
        pulls=[one for one in told.pulls if panels.public_place(facts, one.quantity, one.place) is not None],
        effective=f"{told.effective:.0f}",
    )  # fmt: skip


def skill(told: skillcard.Skill | None) -> str:
    """The table of skill in words, without what the public does not see; '' if there is none."""
    if told is None:
        return ""
    rows = tuple(row for row in told.rows if row.quantity not in panels.HIDDEN)
    return str(dataclasses.replace(told, rows=rows))


def _row(one: account.Learned) -> tuple[str, str, str, str]:
    prior, posterior = (f"{middle:.3g} ({low:.3g} to {high:.3g})" for low, middle, high in (one.prior, one.posterior))
    return one.name, prior, posterior, f"{max(one.learned, 0):.0%}"


def chart(told: account.Account | None) -> dict[str, Any] | None:
    """Prior and posterior of what was learned, as plain data for the page; None if nothing was."""
    if told is None:
        return None
    shown = [one for one in told.parameters if one.is_identified and not any(word in one.name for word in PRIVATE)]
    if not shown:
        return None
    figure = figures.learned([(one.name, one.prior, one.posterior) for one in shown]).to_plotly_json()
    return {"data": figure["data"], "layout": figure["layout"]}
