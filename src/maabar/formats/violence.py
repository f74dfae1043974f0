"""Events of violence become events and deaths of a scenario, by one rule for ACLED and UCDP.

Events, one row for each place, day and kind:

    strikes    number of events of that day; an event of k days counts 1/k on each
    fighting   1 − 0.5^n with the same number n: one event 0.5, two 0.75
    conflict   the same; for violence against civilians, for places that are no homes, and where departures are given

Deaths, one row for each calendar month and cause, for the whole scenario (`*`): a run records deaths for all places
together, and a month is what a date that is known to the week can bear. Those of all causes are one row; of these,
those by strikes and by mines are rows of their own, in the same group. The period ends where the export ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maabar import evidence, facts, units
from maabar.formats import ledger

LONGEST_DAYS = 31  # of an event whose deaths are told by month
LONGEST_EVENT = 7  # of an event that is felt on its days
HALF = 0.5  # what one event leaves of peace; assumption
CAUSES = ("", "strike", "mine")


@dataclass(frozen=True)
class Incident:
    """One event of violence at a place of the scenario.

    kind       strikes, fighting, conflict or '' (deaths only)
    cause      of deaths: strike, mine or ''
    low, best, high  civilians killed; best None where only bounds are known [person]
    is_dated   whether its days are known to a week, so that it may become an event
    reported   when it was published, if the export says so
    """

    entry: ledger.Entry
    place: facts.Place
    first: dt.date
    last: dt.date
    kind: str
    cause: str
    low: float
    best: float | None
    high: float
    is_dated: bool = True
    reported: dt.date | None = None


def admitted(incidents: Iterable[Incident], ask: ledger.Ask) -> list[Incident]:
    """The incidents within the days that are imported, told to a month; the others are left out with their reason."""
    found = []
    for one in incidents:
        if not ask.includes(one.first, one.last):
            one.entry.left(ledger.OUTSIDE)
        elif (one.last - one.first).days >= LONGEST_DAYS:
            one.entry.left(f"its days are known to more than {LONGEST_DAYS} days only")
        elif not one.kind and not one.high:
            one.entry.left("no violence of armed groups, and nobody was killed")
        else:
            found.append(one)
    return found


def events(incidents: Sequence[Incident], ask: ledger.Ask, source: str, what: str) -> ledger.Rows:
    """Rows of events.csv, by day, kind and target."""
    days: dict[tuple[dt.date, str, str], list[tuple[Incident, float]]] = {}
    for one in incidents:
        length = (one.last - one.first).days + 1
        if not one.kind or not one.is_dated or length > LONGEST_EVENT:
            continue
        kind, target = aimed(one, ask)
        for day in (one.first + dt.timedelta(days=at) for at in range(length)):
            days.setdefault((day, kind, target), []).append((one, 1 / length))
    rows: ledger.Rows = []
    for (day, kind, target), many in sorted(days.items()):
        entries = [one.entry for one, _ in many]
        number = sum(share for _, share in many)
        value = number if kind == "strikes" else 1 - HALF**number
        for entry in entries:
            entry.became.append(f"{kind} {target} {day}")
        rows.append(
            {
                "from": day, "until": day, "kind": kind, "target": target, "value": f"{value:.4g}", "source": source,
                "note": ledger.told(entries, what), "geo_precision": ledger.levels(entry.geo for entry in entries),
                "time_precision": ledger.levels(entry.time for entry in entries),
            }
        )  # fmt: skip
    return rows


def aimed(one: Incident, ask: ledger.Ask) -> tuple[str, str]:
    """The kind and target of an event.

    Strikes and fighting are of homes where departures are simulated. The point of a town stands for all of it: where a
    zone has other homes within the distance, what happened is of the zone, unless single homes are wished.
    """
    place, kind = one.place, one.kind
    if kind == "conflict" or place.kind != "home" or ask.scenario.departures == "given":
        return "conflict", place.id
    point = one.entry.point
    if ask.homes == "zone" and point is not None and ask.atlas.others(*point, place):
        return kind, place.zone
    if kind == "strikes" and not place.population:
        return "conflict", place.id
    return kind, place.id


def deaths(
    incidents: Sequence[Incident], ask: ledger.Ask, source: str, what: str, covered: tuple[dt.date, dt.date], lag: int
) -> ledger.Rows:
    """Rows of evidence.csv: civilians killed, by month of their last day and by cause.

    covered  first and last day of the export
    lag      days from the end of a period to its publication, where the export does not say
    """
    months: dict[tuple[int, int], list[Incident]] = {}
    for one in incidents:
        months.setdefault((one.last.year, one.last.month), []).append(one)
    rows: ledger.Rows = []
    for (year, month), many in sorted(months.items()):
        begins = max(dt.date(year, month, 1), ask.first, covered[0])
        ends = min(last_of_month(year, month), ask.last, covered[1])
        for cause in CAUSES:
            of_cause = [one for one in many if cause in ("", one.cause) and one.high]
            if not of_cause:
                continue
            published = [one.reported for one in of_cause if one.reported]
            name = f"{source}-killed{f'-{cause}' if cause else ''}-{year}-{month:02}"
            entries = [one.entry for one in of_cause]
            rows.append(
                ledger.report(
                    ask, entries, id=name, reported_on=max(published, default=ends + dt.timedelta(days=lag)),
                    **{"from": begins}, until=ends, place=evidence.EVERYWHERE,
                    quantity=f"killed:{cause}" if cause else "killed", **_numbers(of_cause), source=source,
                    group=f"{source}-killed-{year}-{month:02}", note=ledger.told(entries, what),
                )
            )  # fmt: skip
    return rows


def _numbers(incidents: Sequence[Incident]) -> dict[str, object]:
    """The form and the numbers of civilians killed: a range, or about a number where its ends are one."""
    low, high = sum(one.low for one in incidents), sum(one.high for one in incidents)
    best = None if any(one.best is None for one in incidents) else sum(one.best or 0.0 for one in incidents)
    if low == high:
        return {"form": "about", "best": units.plain(high)}
    return {"form": "range", "low": units.plain(low), "best": "" if best is None else units.plain(best),
            "high": units.plain(high)}  # fmt: skip


def last_of_month(year: int, month: int) -> dt.date:
    """The last day of a month."""
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
