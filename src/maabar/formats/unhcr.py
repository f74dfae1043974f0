"""UNHCR's counts: of locations and situations (operational data portal), and of countries (Refugee Data Finder).

In: the records of an export. Out: `ledger.Made`: `present` at camps and refuges, and for the country that the
scenario covers those displaced within it. Of tables by origin only people of that country are read.
"""

from __future__ import annotations

import datetime as dt

from maabar import errors, facts
from maabar.formats import headcounts, importtables, ledger, placing, rowreading, sheets

PUBLISHED = (6, 30)  # month and day of the next year by which a year is published
REFUGEES = ("refugee", "asylum", "otherpeopleinneed", "othersinneed")  # beginnings of folded population types
DISPLACED = ("idp", "internallydisplaced")
COUNTRY_LEVEL = ("0", "country")


def read(table: sheets.Table, ask: ledger.Ask, source: str) -> ledger.Made:
    """What an export becomes."""
    entries = [ledger.Entry(record, id=f"line {record.row.line}") for record in table.records]
    name = table.variant.name
    if name == "one location over time" and ask.place is None:
        raise errors.RunError(
            "--place: found nothing, expected the place that the file is about, as its rows name none; "
            "add --place and an id of places.csv"
        )
    if name in ("locations", "one location over time"):
        return _locations(entries, ask, source)
    if "origin" in table.head:
        _check_origin(table, ask)
    return _countries(entries, table, ask, source)


def _locations(entries: list[ledger.Entry], ask: ledger.Ask, source: str) -> ledger.Made:
    """Counts of locations, each on its day."""
    days = rowreading.days([entry.record for entry in entries], "date", ask.log)
    counts = []
    for entry, day in zip(entries, days, strict=True):
        record = entry.record
        entry.where, entry.first, entry.last = record["site"], day, day
        persons = rowreading.persons(record, "persons", ask.log)
        place = located(entry, ask, (record["code"],), is_area=record["level"].casefold() in COUNTRY_LEVEL)
        if place is None:
            continue
        if persons is None or day is None:
            entry.left("no number of people" if persons is None else "no date")
        else:
            site = record["key"] or record["site"]
            counts.append(headcounts.Count(entry, place, site, day, persons))
    return ledger.Made(entries, reports=headcounts.present(counts, ask, source, "UNHCR count", "exact"))


def located(
    entry: ledger.Entry, ask: ledger.Ask, codes: tuple[str, ...], *, is_area: bool = False
) -> facts.Place | None:
    """The place of a row; None and a reason. The point of an area stands for no place."""
    if ask.place is not None:
        spot = placing.Spot(ask.place)
    else:
        entry.point = None if is_area else rowreading.point(entry.record, ask.log)
        spot = ask.atlas.spot(codes, entry.point, entry.where)
    entry.put(spot)
    return spot.place


def _check_origin(table: sheets.Table, ask: ledger.Ask) -> None:
    """Raise errors.RunError if people of several countries are counted and none is named."""
    origins = {record["origin"] for record in table.records} - {""}
    if len(origins) > 1 and not ask.country:
        raise errors.RunError(
            f"--country: found nothing, expected the country that people flee from, as the file counts people of "
            f"{len(origins)} countries; add --country and its ISO 3166 code"
        )


def _countries(entries: list[ledger.Entry], table: sheets.Table, ask: ledger.Ask, source: str) -> ledger.Made:
    """Counts of countries of asylum, and of those displaced within the country of the scenario."""
    by_day = "date" in table.head
    days = rowreading.days(table.records, "date", ask.log) if by_day else [None] * len(entries)
    counts: list[headcounts.Count] = []
    within: dict[dt.date, list[tuple[ledger.Entry, float]]] = {}
    for entry, found in zip(entries, days, strict=True):
        record = entry.record
        year = None if by_day else rowreading.year(record, "year", ask.log)
        day = found if year is None else dt.date(year, 12, 31)
        entry.where, entry.first, entry.last = record["asylum"], day, day
        if day is None:
            entry.left("no date")
            continue
        if ask.country and not ask.is_country(record["origin code"], record["origin"]):
            entry.left("people of another country")
            continue
        if ask.is_country(record["asylum code"], record["asylum"]):
            if (persons := _displaced(record, ask)) is None:
                entry.left("no number of people displaced within the country")
            else:
                within.setdefault(day, []).append((entry, persons))
            continue
        persons = _refugees(record, ask)
        place = located(entry, ask, (record["asylum code"],))
        if place is not None and persons is not None:
            counts.append(headcounts.Count(entry, place, record["asylum"], day, persons))
        elif persons is None:
            entry.left("no number of refugees")
    reports = headcounts.present(counts, ask, source, "UNHCR count", "exact")
    for day, many in sorted(within.items()):
        made = headcounts.country(
            ask, [entry for entry, _ in many], (day, day), sum(persons for _, persons in many), source=source,
            name="displaced", published=day if by_day else _published(day), still=True, what="UNHCR count",
        )  # fmt: skip
        reports += [made] if made else []
    if not by_day:
        for row in reports:
            row["reported_on"] = ask.reported_on or _published(row["until"])  # type: ignore[arg-type]
    return ledger.Made(entries, reports=reports)


def _published(day: dt.date) -> dt.date:
    """When the counts of a year are published."""
    return dt.date(day.year + 1, *PUBLISHED)


def _refugees(record: sheets.Record, ask: ledger.Ask) -> float | None:
    """Refugees, asylum-seekers and others in need of protection."""
    if "persons" in record.head:
        group = importtables.folded(record["group"])
        if group and not group.startswith(REFUGEES):
            return None
        return rowreading.persons(record, "persons", ask.log)
    found = [rowreading.persons(record, name, ask.log) for name in ("refugees", "seekers", "protection")]
    known = [persons for persons in found if persons is not None]
    return sum(known) if known else None


def _displaced(record: sheets.Record, ask: ledger.Ask) -> float | None:
    """People displaced within the country."""
    if "persons" in record.head:
        is_displaced = importtables.folded(record["group"]).startswith(DISPLACED)
        return rowreading.persons(record, "persons", ask.log) if is_displaced else None
    return rowreading.persons(record, "displaced", ask.log)
