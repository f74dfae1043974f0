"""The pages of a report on a posterior and a forecast: what was learned, what is ahead, how far it is to be trusted.

In: a released view, beside whose run stand the account of a calibration, the planner's numbers of a forecast, the table
of skill of hindcasts; each may be missing. Out: rows of printed text and a chart of intervals.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from maabar import account, figures, forecast, observe, phrases, planner, quantities, release, texts

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


def ahead(view: release.View, words: texts.Texts) -> Ahead | None:
    """The page of a forecast."""
    told = view.beside.planner
    if told is None:
        return None
    names = _names(view, words)
    spans = [days for days in planner.WITHIN if days <= len(told.days)] or [len(told.days)]
    rooms = [
        (names[room.place], words.isolated(observe.rounded(room.capacity)),
         words.isolated(view.printed(room.present, "person")), [words.chance(room.within[days]) for days in spans])
        for room in told.rooms
    ]  # fmt: skip
    horizon = forecast.horizons()[view.facts.departures]
    within = [words("situation.within", days=days) for days in spans]
    events = words("report.ahead_given" if told.events == forecast.GIVEN else "report.ahead_drawn")
    numbers = _numbers(view, told, words)
    notes = tuple(map(words.doubt, told.notes))
    return Ahead(words.day(told.origin), len(told.days), events, notes, numbers, within, rooms, horizon)


def _names(view: release.View, words: texts.Texts) -> dict[str, str]:
    """Places, zones and everywhere by id, in the language."""
    return phrases.names(view.facts, words) | {"*": words("common.everywhere")}


def _numbers(view: release.View, told: planner.Planner, words: texts.Texts) -> list[tuple[str, str, str]]:
    """Arrivals and deaths over all days, and people inside on the last."""
    found, names = [], _names(view, words)
    for one in told.totals:
        if one.quantity in ("arrivals", *CAUSES) and one.p90[0] >= 0.5:
            label = words("figure.at", label=_label(one.quantity, words), place=names[one.place])
            found.append((label, *_printed(view, one, 0, words)))
    for one in told.daily:
        if one.quantity == "inside" and max(one.p90) >= 0.5:
            last = words.day(told.days[-1])
            label = words("report.inside_on", label=_label("inside", words), place=names[one.place], date=last)
            found.append((label, *_printed(view, one, -1, words)))
    return found


def _label(quantity_name: str, words: texts.Texts) -> str:
    row = quantities.quantity(quantity_name)
    return words.name(row.label, row.label_ar)


def _printed(view: release.View, one: planner.Daily, at: int, words: texts.Texts) -> tuple[str, str]:
    low, middle, high = (words.isolated(view.printed(values[at], one.unit)) for values in (one.p10, one.p50, one.p90))
    return middle, words.spread(low, high)


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


def learned(view: release.View, words: texts.Texts) -> Learned | None:
    """The page of a calibration."""
    told = view.beside.account
    if told is None:
        return None
    before, after = (words.isolated(f"{misfit**0.5:.1f}") for misfit in (told.misfits[0], told.misfits[-1]))
    return Learned(
        until=told.until, numbers=told.numbers, members=told.members, fit=(before, after),
        warnings=tuple(map(words.doubt, told.warnings)),
        parameters=[_row(one, words) for one in told.parameters if one.is_identified],
        untold=[one.name for one in told.parameters if not one.is_identified],
        sources=[_row(one, words) for one in (*told.biases, *told.registers)],
        pulls=list(told.pulls),
        effective=f"{told.effective:.0f}",
    )  # fmt: skip


def _row(one: account.Learned, words: texts.Texts) -> tuple[str, str, str, str]:
    prior, posterior = (phrases.three(ends, words) for ends in (one.prior, one.posterior))
    return one.name, prior, posterior, words.share(max(one.learned, 0))


def chart(view: release.View, words: texts.Texts) -> dict[str, Any] | None:
    """Prior and posterior of what was learned, as plain data for the page; None if nothing was."""
    told = view.beside.account
    shown = [] if told is None else [one for one in told.parameters if one.is_identified]
    if not shown:
        return None
    figure = figures.learned([(one.name, one.prior, one.posterior) for one in shown], words).to_plotly_json()
    return {"data": figure["data"], "layout": figure["layout"]}
