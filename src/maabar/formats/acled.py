"""Events of ACLED: which civilians were killed, and which kind of violence it was.

In: the records of a data export, old or new. Out: `ledger.Made`. acledkinds.csv says what each type becomes. ACLED
counts all deaths of an event, fighters too: civilians are those of events that target them (`civilian_targeting`; in
exports before 2023 violence against civilians, and events with civilians as a side), and no more than all of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from maabar import errors, units
from maabar.formats import importtables, ledger, rowreading, sheets, violence

WHAT = "ACLED event"
LAG = 7  # day; the data are published every week
LOWEST_GEO = 3  # only the region is known
MONTH = 3  # time_precision: only the month is known
CIVILIANS = frozenset({"7", "7.0", "civilians"})
EPOCH = dt.date(1970, 1, 1)


def read(table: sheets.Table, ask: ledger.Ask, source: str) -> ledger.Made:
    """What an export becomes."""
    entries, incidents = [], []
    days = rowreading.days(table.records, "date", ask.log)
    for record, day in zip(table.records, days, strict=True):
        entry = ledger.Entry(record, id=record["id"], where=record["where"], first=day, last=day)
        entries.append(entry)
        incident = _incident(entry, day, ask)
        if incident is not None:
            incidents.append(incident)
    _once(entries)
    kept = violence.admitted((one for one in incidents if not one.entry.reason), ask)
    known = [day for day in days if day is not None]
    covered = (min(known), max(known)) if known else (ask.first, ask.last)
    return ledger.Made(
        entries,
        violence.events(kept, ask, source, WHAT),
        violence.deaths(kept, ask, source, WHAT, covered, LAG),
    )


def _once(entries: Sequence[ledger.Entry]) -> None:
    """Leave out the second row of an event."""
    seen: set[str] = set()
    for entry in entries:
        if entry.id and entry.id in seen:
            entry.left("the same event again")
        seen.add(entry.id)


def _incident(entry: ledger.Entry, day: dt.date | None, ask: ledger.Ask) -> violence.Incident | None:
    """The event at its place; None and a reason, or a fault."""
    record, log = entry.record, ask.log
    geo, time = (rowreading.level(record, name, 3, log) for name in ("geo", "time"))
    entry.geo, entry.time = str(geo or ""), str(time or "")
    if geo is not None and geo >= LOWEST_GEO:
        entry.left(f"only its region is known (geo_precision {geo})")
        return None
    entry.point = rowreading.point(record, log)
    spot = ask.atlas.spot((), entry.point, record["where"])
    entry.put(spot)
    if spot.place is None:
        return None
    kind, dead = _kind(record, ask), rowreading.persons(record, "dead", log)
    if day is None:
        entry.left("no date")
    if kind is None or day is None:
        return None
    targeted = _targets_civilians(record, kind)
    high = dead or 0.0
    low = high if targeted else 0.0
    return violence.Incident(
        entry, spot.place, day, day, kind.kind or ("conflict" if targeted else ""), kind.cause, low,
        high if targeted else None, high, is_dated=time is None or time < MONTH, reported=_updated(record),
    )  # fmt: skip


def _kind(record: sheets.Record, ask: ledger.Ask) -> importtables.AcledKind | None:
    """What the type of an event becomes; None and a fault for a type that is not known."""
    kinds = importtables.acled_kinds()
    type_, subtype = (importtables.folded(record[name]) for name in ("type", "subtype"))
    found = kinds.get((type_, subtype)) or kinds.get((type_, ""))
    if found is None:
        names = list(dict.fromkeys(one.type for one in kinds.values()))
        cure = errors.suggestion(record["type"], names, "export the table anew")
        shown = errors.quote(record["type"]) if record["type"] else "a blank cell"
        ask.log.fault(record.row, record.head.heading("type"), shown, "a type of event of ACLED", cure)
    return found


def _targets_civilians(record: sheets.Record, kind: importtables.AcledKind) -> bool:
    """Whether civilians were the target."""
    if "targeting" in record.head:
        return bool(record["targeting"])
    sides = {record["inter1"].casefold(), record["inter2"].casefold()}
    return kind.type == "Violence against civilians" or bool(sides & CIVILIANS)


def _updated(record: sheets.Record) -> dt.date | None:
    """The day of a row's last change, in seconds since 1970 or as a date."""
    text = units.western(record["updated"])
    if text.isdecimal() and 8 <= len(text) <= 10:
        return EPOCH + dt.timedelta(seconds=int(text))
    try:
        return units.parse_date(text[:10])
    except errors.Unreadable:
        return None
