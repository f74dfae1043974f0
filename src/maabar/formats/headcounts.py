"""Counts of people at sites become reports on the places of a scenario.

Present: one report for each place and count. Where several sites stand at one place their counts are added: those of
one round, or, where the export has no rounds, the last of each site in a calendar month. A place of one site keeps
each of its counts. Only camps and refuges are counted so: at a home and a waypoint those who are counted are not all
who are there.

Arrivals and departures: one report for each place and day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maabar import evidence, facts
from maabar.formats import ledger

SHELTERS = ("camp", "refuge")


@dataclass(frozen=True)
class Count:
    """People counted at one site of a place on one day.

    site    what is counted by itself: its id, or its name
    round   of the survey; '' if the export has none
    """

    entry: ledger.Entry
    place: facts.Place
    site: str
    date: dt.date
    persons: float
    round: str = ""


def present(counts: Iterable[Count], ask: ledger.Ask, source: str, what: str, form: str) -> ledger.Rows:
    """Rows of evidence.csv on who is present."""
    places: dict[str, list[Count]] = {}
    for one in _within(counts, ask):
        if one.place.kind not in SHELTERS:
            one.entry.left(f"{one.place.id} is a {one.place.kind}: more people are there than those counted")
        else:
            places.setdefault(one.place.id, []).append(one)
    return [
        _report(ask, many, "present", source, what, form)
        for _, found in sorted(places.items())
        for many in _occasions(found)
    ]


def _occasions(counts: Sequence[Count]) -> list[list[Count]]:
    """The counts of one place that are added, by round, month or day, in order of days."""
    several = len({one.site for one in counts}) > 1
    groups: dict[str, list[Count]] = {}
    for one in counts:
        key = one.round or (f"{one.date:%Y-%m}" if several else one.date.isoformat())
        groups.setdefault(key, []).append(one)
    found = [_latest(many) for many in groups.values()]
    return sorted(found, key=lambda many: max(one.date for one in many))


def _latest(counts: Sequence[Count]) -> list[Count]:
    """The last count of each site; rows of one site and day (such as those of refugees and of others) are all kept."""
    last: dict[str, dt.date] = {}
    for one in counts:
        last[one.site] = max(one.date, last.get(one.site, one.date))
    for one in counts:
        if one.date < last[one.site]:
            one.entry.left(f"counted again on {last[one.site]}")
    return [one for one in counts if one.date == last[one.site]]


def movements(
    counts: Iterable[Count], ask: ledger.Ask, quantity: str, source: str, what: str, form: str
) -> ledger.Rows:
    """Rows of evidence.csv on arrivals or departures."""
    days: dict[tuple[str, dt.date], list[Count]] = {}
    for one in _within(counts, ask):
        if quantity == "arrivals" and one.place.kind == "home":
            one.entry.left(f"{one.place.id} is a home: who comes there is no arrival of those who flee")
        else:
            days.setdefault((one.place.id, one.date), []).append(one)
    return [_report(ask, many, quantity, source, what, form) for _, many in sorted(days.items())]


def _within(counts: Iterable[Count], ask: ledger.Ask) -> Iterable[Count]:
    """The counts of days that are imported."""
    for one in counts:
        if ask.includes(one.date):
            yield one
        else:
            one.entry.left(ledger.OUTSIDE)


def _report(
    ask: ledger.Ask, counts: Sequence[Count], quantity: str, source: str, what: str, form: str
) -> dict[str, object]:
    """One row: the sum of counts."""
    begins, ends = min(one.date for one in counts), max(one.date for one in counts)
    place = counts[0].place.id
    entries = [one.entry for one in counts]
    return ledger.report(
        ask, entries, id=f"{source}-{quantity}-{place}-{ends}", reported_on=ends, **{"from": begins}, until=ends,
        place=place, quantity=quantity, form=form, best=sum(one.persons for one in counts), source=source,
        note=ledger.told(entries, what),
    )  # fmt: skip


def country(
    ask: ledger.Ask,
    entries: Sequence[ledger.Entry],
    days: tuple[dt.date, dt.date],
    persons: float,
    *,
    source: str,
    name: str,
    published: dt.date,
    still: bool,
    what: str,
) -> dict[str, object] | None:
    """A row of evidence.csv on all who were displaced in the country that the scenario covers; None outside its days.

    still  whether those are counted who were displaced at the end: a stock, which no run records, kept as background.
           The figures of IDMC, UNHCR and DTM on one day rest on the same counts, so they share a group.
    """
    if not ask.includes(*days):
        for entry in entries:
            entry.left(ledger.OUTSIDE)
        return None
    note = ledger.told(entries, what) + ("; people still displaced on that day, not movements" if still else "")
    return ledger.report(
        ask, entries, id=f"{source}-{name}-{days[1]}", reported_on=published, **{"from": days[0]}, until=days[1],
        place=evidence.EVERYWHERE, quantity="displaced_total", form="about", best=persons, source=source,
        group=f"displaced-{ask.country.casefold()}-{days[1]}" if still else "", note=note,
    )  # fmt: skip
