"""IDMC's figures: provisional updates (IDU), figures with their places and countries by year (GIDD).

In: the records of an export. Out: `ledger.Made`: movements by conflict and violence, as `displaced_total` of the
whole scenario (`*`), which is what a run records. Updates are added by calendar month of their last day; those near a
place of the scenario are read, and, where the scenario covers the country (--country), all of it. Of an event that is
told several times only the recommended figures are read, or, where there are none, the latest.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from maabar import cells, errors, evidence
from maabar.formats import headcounts, importtables, ledger, placing, rowreading, sheets, violence

WHAT = "IDMC figure"
PUBLISHED = (5, 31)  # month and day of the next year by which a year is published
COARSE = re.compile(r"adm(?:in)?\s*[01]\b|country\b|state|region|province", re.IGNORECASE)


class Figure(NamedTuple):
    """People who moved, from their first to their last day, and when that was published."""

    entry: ledger.Entry
    persons: float
    first: dt.date
    last: dt.date
    published: dt.date


def read(table: sheets.Table, ask: ledger.Ask, source: str) -> ledger.Made:
    """What an export becomes."""
    if table.variant.name == "countries by year":
        return _countries(table, ask, source)
    entries = [ledger.Entry(record, id=record["id"], where=record["where"]) for record in table.records]
    names = ("first", "last", "date", "created")
    first, last, date, created = (_days_of(table, name, ask) for name in names)
    for at, entry in enumerate(entries):
        entry.first, entry.last = first[at] or date[at] or last[at], last[at] or date[at] or first[at]
    _once(entries, created)
    figures = []
    for entry, day in zip(entries, created, strict=True):
        persons = _persons(entry, ask)
        if persons is None or entry.first is None or entry.last is None:
            continue
        if ask.includes(entry.first, entry.last):
            figures.append(Figure(entry, persons, entry.first, entry.last, day or entry.last))
        else:
            entry.left(ledger.OUTSIDE)
    known = max((entry.last for entry in entries if entry.last), default=ask.last)
    return ledger.Made(entries, reports=_movements(figures, ask, source, known))


def _days_of(table: sheets.Table, name: str, ask: ledger.Ask) -> list[dt.date | None]:
    if name not in table.head:
        return [None] * len(table.records)
    return rowreading.days(table.records, name, ask.log)


def _once(entries: list[ledger.Entry], created: list[dt.date | None]) -> None:
    """Leave out what tells an event again: figures to compare with; all but the latest where none is recommended."""
    recommended = {entry.record["event"] for entry in entries if _is_recommended(entry)}
    latest: dict[str, dt.date] = {}
    for entry, day in zip(entries, created, strict=True):
        event = entry.record["event"]
        latest[event] = max(day or dt.date.min, latest.get(event, dt.date.min))
    for entry, day in zip(entries, created, strict=True):
        event = entry.record["event"]
        if not event or not entry.record["role"] or _is_recommended(entry):
            continue
        if event in recommended:
            entry.left("a figure to compare with: another of this event is recommended")
        elif (day or dt.date.min) < latest[event]:
            entry.left("an earlier figure of this event")


def _is_recommended(entry: ledger.Entry) -> bool:
    return entry.record["role"].casefold().startswith("recommended")


def _persons(entry: ledger.Entry, ask: ledger.Ask) -> float | None:
    """The people of a figure that is read; None and its reason, or a fault."""
    record = entry.record
    kind, category = record["type"].casefold(), importtables.folded(record["category"])
    if kind and not kind.startswith("conflict"):
        entry.left("displacement by disasters is not modelled")
    elif category and "displacement" not in category:
        entry.left("a stock of one place, and no movement; the table of countries by year has that of the country")
    elif entry.first is None or entry.last is None:
        entry.left("no date")
    elif not ask.is_country(record["country"]):
        entry.put(_spot(entry, ask))
    if entry.reason:
        return None
    persons = rowreading.persons(record, "figure", ask.log)
    if persons is None:
        entry.left("no number of people")
    elif entry.first is not None and entry.last is not None and entry.last < entry.first:
        entry.first, entry.last = entry.last, entry.first
    return persons


def _spot(entry: ledger.Entry, ask: ledger.Ask) -> placing.Spot:
    """The place near a figure."""
    record = entry.record
    entry.geo = record["accuracy"]
    if COARSE.search(record["accuracy"]):
        return placing.Spot(None, reason=f"only an area is known ({errors.printable(record['accuracy'])[:40]})")
    if "point" not in record.head:
        entry.point = rowreading.point(record, ask.log)
    elif match := re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*", record["point"]):
        entry.point = (float(match[1]), float(match[2]))
    elif record["point"]:
        return placing.Spot(None, reason="several points in one figure")
    return ask.atlas.spot((), entry.point, entry.where.partition(",")[0])


def _movements(figures: list[Figure], ask: ledger.Ask, source: str, known: dt.date) -> ledger.Rows:
    """Rows of evidence.csv: figures of up to a month added by month, longer ones by themselves.

    known  last day that the export tells of: no period goes beyond it
    """
    months: dict[tuple[int, int], list[Figure]] = {}
    rows: ledger.Rows = []
    for one in figures:
        if (one.last - one.first).days >= violence.LONGEST_DAYS:
            name = f"{source}-{one.last}-{cells.slug(one.entry.id) or one.entry.record.row.line}"
            rows.append(_movement(name, [one], (one.first, one.last), ask, source))
        else:
            months.setdefault((one.last.year, one.last.month), []).append(one)
    for (year, month), many in sorted(months.items()):
        begins = max(ask.first, dt.date(year, month, 1))
        ends = min(ask.last, known, violence.last_of_month(year, month))
        rows.append(_movement(f"{source}-{year}-{month:02}", many, (begins, ends), ask, source))
    return rows


def _movement(
    name: str, figures: list[Figure], days: tuple[dt.date, dt.date], ask: ledger.Ask, source: str
) -> dict[str, object]:
    """One row: the movements of a period."""
    entries = [one.entry for one in figures]
    return ledger.report(
        ask, entries, id=name, reported_on=max(one.published for one in figures), **{"from": days[0]}, until=days[1],
        place=evidence.EVERYWHERE, quantity="displaced_total", form="about", best=sum(one.persons for one in figures),
        source=source, note=ledger.told(entries, WHAT),
    )  # fmt: skip


def _countries(table: sheets.Table, ask: ledger.Ask, source: str) -> ledger.Made:
    """Movements of a year, and those still displaced at its end, in the country that the scenario covers."""
    if not ask.country:
        raise errors.RunError(
            "--country: found nothing, expected the country that the scenario covers, as the file has figures of whole "
            "countries; add --country and its ISO 3166 code"
        )
    entries = []
    reports: ledger.Rows = []
    for record in table.records:
        entry = ledger.Entry(record, id=f"line {record.row.line}", where=record["country"])
        entries.append(entry)
        if not ask.is_country(record["country"]):
            entry.left("another country")
            continue
        year = rowreading.year(record, "year", ask.log)
        if year is None:
            continue
        begins, ends, published = dt.date(year, 1, 1), dt.date(year, 12, 31), dt.date(year + 1, *PUBLISHED)
        entry.first, entry.last = begins, ends
        for field, name, first in (("flow", "movements", begins), ("stock", "displaced", ends)):
            persons = rowreading.persons(record, field, ask.log)
            made = persons is not None and headcounts.country(
                ask, [entry], (first, ends), persons, source=source, name=name, published=published,
                still=field == "stock", what=WHAT,
            )  # fmt: skip
            reports += [made] if made else []
        if not entry.became:
            entry.left("no number of people")
        else:
            entry.reason = ""
    return ledger.Made(entries, reports=reports)
