"""The pages of a report on a posterior and a forecast: what was learned, what is ahead, how far it is to be trusted.

In: a released view, beside whose run stand the account of a calibration, the planner's numbers of a forecast, the table
of skill of hindcasts; each may be missing. Out: rows of printed text and a chart of intervals.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from maabar import account, figures, forecast, observe, planner, quantities, release

CAUSES = ("killed", "killed:strike", "killed:mine", "killed:crossing", "killed:execution")


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


def ahead(view: release.View) -> Ahead | None:
    """The page of a forecast."""
    told = view.beside.planner
    if told is None:
        return None
    spans = [days for days in planner.WITHIN if days <= len(told.days)] or [len(told.days)]
    rooms = [
        (room.name, observe.rounded(room.capacity), view.printed(room.present, "person"),
         [_chance(room.within[days]) for days in spans])
        for room in told.rooms
    ]  # fmt: skip
    horizon = forecast.horizons()[view.facts.departures]
    within = [f"within {days} days" for days in spans]
    events = "given" if told.events == forecast.GIVEN else "drawn for each run"
    return Ahead(
        observe.date_words(told.origin),
        len(told.days),
        events,
        told.notes,
        _numbers(view, told),
        within,
        rooms,
        horizon,
    )


def _chance(probability: float) -> str:
    """A probability that is never written as certain: below 1 %, 12 %, above 99 %."""
    return "below 1 %" if probability < 0.01 else "above 99 %" if probability > 0.99 else f"{probability:.0%}"


def _numbers(view: release.View, told: planner.Planner) -> list[tuple[str, str, str]]:
    """Arrivals and deaths over all days, and people inside on the last."""
    found = []
    for one in told.totals:
        if one.quantity in ("arrivals", *CAUSES) and one.p90[0] >= 0.5:
            label = f"{quantities.quantity(one.quantity).label}, {one.name}"
            found.append((label, *_printed(view, one, 0)))
    for one in told.daily:
        if one.quantity == "inside" and max(one.p90) >= 0.5:
            label = f"{quantities.quantity('inside').label}, {one.name}, on {observe.date_words(told.days[-1])}"
            found.append((label, *_printed(view, one, -1)))
    return found


def _printed(view: release.View, one: planner.Daily, at: int) -> tuple[str, str]:
    low, middle, high = (view.printed(values[at], one.unit) for values in (one.p10, one.p50, one.p90))
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


def learned(view: release.View) -> Learned | None:
    """The page of a calibration."""
    told = view.beside.account
    if told is None:
        return None
    before, after = (f"{misfit**0.5:.1f}" for misfit in (told.misfits[0], told.misfits[-1]))
    return Learned(
        until=told.until, numbers=told.numbers, members=told.members, fit=(before, after), warnings=told.warnings,
        parameters=[_row(one) for one in told.parameters if one.is_identified],
        untold=[one.name for one in told.parameters if not one.is_identified],
        sources=[_row(one) for one in (*told.biases, *told.registers)],
        pulls=list(told.pulls),
        effective=f"{told.effective:.0f}",
    )  # fmt: skip


def _row(one: account.Learned) -> tuple[str, str, str, str]:
    prior, posterior = (f"{middle:.3g} ({low:.3g} to {high:.3g})" for low, middle, high in (one.prior, one.posterior))
    return one.name, prior, posterior, f"{max(one.learned, 0):.0%}"


def chart(view: release.View) -> dict[str, Any] | None:
    """Prior and posterior of what was learned, as plain data for the page; None if nothing was."""
    told = view.beside.account
    shown = [] if told is None else [one for one in told.parameters if one.is_identified]
    if not shown:
        return None
    figure = figures.learned([(one.name, one.prior, one.posterior) for one in shown]).to_plotly_json()
    return {"data": figure["data"], "layout": figure["layout"]}
