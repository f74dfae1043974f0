"""Events of UCDP's Georeferenced Event Dataset (GED), final or candidate: which civilians were killed.

In: the records of a table of events. Out: `ledger.Made`. Civilians are those of `deaths_civilians`; the low and high
numbers of all deaths move their bounds, and those of `deaths_unknown` may be civilians too:

    low  = max(0, civilians − (best − low of all))        high = civilians + unknown + (high of all − best)

State-based and non-state violence (types 1 and 2) is fighting; one-sided violence (3) is conflict.
"""

from __future__ import annotations

import datetime as dt

from maabar import errors, units
from maabar.formats import ledger, quirks, rowreading, sheets, violence

WHAT = "UCDP event"
KINDS = {"1": "fighting", "2": "fighting", "3": "conflict"}
ONE_SIDED = "3"
LOWEST_GEO = 3  # from here on only a district, a province or a country is known
MONTH = 4  # date_prec: from here on only the month is known
PUBLISHED = (6, 30)  # month and day of the next year by which a year is published


def read(table: sheets.Table, ask: ledger.Ask, source: str) -> ledger.Made:
    """What a table of events becomes."""
    entries, incidents = [], []
    first, last = (rowreading.days(table.records, name, ask.log) for name in ("first", "last"))
    for record, begins, ends in zip(table.records, first, last, strict=True):
        entry = ledger.Entry(record, id=record["id"], where=record["where"], first=begins, last=ends)
        entries.append(entry)
        incident = _incident(entry, ask)
        if incident is not None:
            incidents.append(incident)
    kept = violence.admitted(incidents, ask)
    covered = (min(filter(None, first), default=ask.first), max(filter(None, last), default=ask.last))
    return ledger.Made(
        entries,
        violence.events(kept, ask, source, WHAT),
        violence.deaths(kept, ask, source, WHAT, covered, 0),
    )


def _incident(entry: ledger.Entry, ask: ledger.Ask) -> violence.Incident | None:
    """The event at its place; None and a reason, or a fault."""
    record, log = entry.record, ask.log
    geo, time = rowreading.level(record, "geo", 7, log), rowreading.level(record, "time", 5, log)
    entry.geo, entry.time = str(geo or ""), str(time or "")
    if geo is not None and geo >= LOWEST_GEO:
        entry.left(f"only an area is known (where_prec {geo})")
        return None
    entry.point = rowreading.point(record, log)
    spot = ask.atlas.spot((), entry.point, record["where"])
    entry.put(spot)
    if spot.place is None:
        return None
    if entry.first is None or entry.last is None:
        entry.left("no date")
        return None
    if entry.last < entry.first:
        found, expected = errors.quote(record["last"]), f"a date from {entry.first} on"
        log.fault(record.row, record.head.heading("last"), found, expected, "exchange the dates")
        return None
    kind = units.western(record["type"]).removesuffix(".0")
    if kind not in KINDS:
        found = errors.quote(record["type"]) if record["type"] else "a blank cell"
        log.fault(record.row, record.head.heading("type"), found, "1, 2 or 3", "export the table anew")
        return None
    numbers = _civilians(record, kind, log)
    if numbers is None:
        return None
    low, best, high = numbers
    published = dt.date(entry.last.year + 1, *PUBLISHED)
    return violence.Incident(
        entry,
        spot.place,
        entry.first,
        entry.last,
        KINDS[kind],
        "",
        low,
        best,
        high,
        time is None or time < MONTH,
        published,
    )


def _civilians(record: sheets.Record, kind: str, log: quirks.Log) -> tuple[float, float | None, float] | None:
    """Civilians killed: low, best and high; None and a fault if all deaths are out of order."""
    low, best, high = (rowreading.persons(record, name, log) or 0.0 for name in ("low", "best", "high"))
    if not low <= best <= high:
        found = f"low {units.plain(low)}, best {units.plain(best)}, high {units.plain(high)}"
        log.fault(record.row, record.head.heading("best"), found, "them in this order", "export the table anew")
        return None
    if "civilians" not in record.head:
        return (low, best, high) if kind == ONE_SIDED else (0.0, None, high)
    civilians, unknown = (rowreading.persons(record, name, log) or 0.0 for name in ("civilians", "unknown"))
    return max(0.0, civilians - (best - low)), civilians, civilians + unknown + (high - best)
