"""IOM's Displacement Tracking Matrix: sites, areas, movements (emergency tracking), and flow monitoring.

In: the records of an export. Out: `ledger.Made`: `present` at camps and refuges (estimates of key informants: form
about), `arrivals` and `departures` by day. Areas are placed by their P-code alone: the middle of a district is no
place in it.
"""

from __future__ import annotations

import datetime as dt

from maabar import cells, errors, facts
from maabar.formats import headcounts, importtables, ledger, rowreading, sheets, unhcr

WHAT = "DTM row"
LEAVING = ("departure", "exit", "outflow", "outgoing")  # beginnings of folded types of movement


def read(table: sheets.Table, ask: ledger.Ask, source: str) -> ledger.Made:
    """What an export becomes."""
    entries = [ledger.Entry(record, id=f"line {record.row.line}") for record in table.records]
    days = _days(table, ask)
    if table.variant.name == "areas":
        return _areas(entries, days, ask, source)
    counts = []
    for entry, day in zip(entries, days, strict=True):
        record = entry.record
        entry.where, entry.first, entry.last = record["site"], day, day
        persons = rowreading.persons(record, "persons", ask.log)
        place = unhcr.located(entry, ask, (record["code"],))
        if persons is None:
            entry.left("households, and no number of people" if record["households"] else "no number of people")
        elif day is None:
            entry.left("no date")
        elif place is not None:
            site = record["key"] or record["code"] or record["site"]
            counts.append(headcounts.Count(entry, place, site, day, persons, record["round"]))
    return ledger.Made(entries, reports=_reports(table, counts, ask, source))


def _reports(table: sheets.Table, counts: list[headcounts.Count], ask: ledger.Ask, source: str) -> ledger.Rows:
    """The counts as reports: of who is present, or of who came and left."""
    if table.variant.name == "sites":
        return headcounts.present(counts, ask, source, WHAT, "about")
    leaving = [one for one in counts if importtables.folded(one.entry.record["direction"]).startswith(LEAVING)]
    arriving = [one for one in counts if one not in leaving]
    return [
        *headcounts.movements(arriving, ask, "arrivals", source, WHAT, "about"),
        *headcounts.movements(leaving, ask, "departures", source, WHAT, "about"),
    ]


def _days(table: sheets.Table, ask: ledger.Ask) -> list[dt.date | None]:
    """The day of each row; that of --date where the file has none. Raises errors.RunError if neither is there."""
    if "date" in table.head:
        return [day or ask.date for day in rowreading.days(table.records, "date", ask.log)]
    if ask.date is None:
        raise errors.RunError(
            "--date: found nothing, expected the day of the counts, as the file has no column of days; "
            "add --date and the day that its title or page gives"
        )
    return [ask.date] * len(table.records)


def _areas(entries: list[ledger.Entry], days: list[dt.date | None], ask: ledger.Ask, source: str) -> ledger.Made:
    """Counts of districts and provinces at the place that has their P-code, and of the country of the scenario."""
    counts = []
    country: dict[tuple[dt.date, str], list[tuple[ledger.Entry, float]]] = {}
    for entry, day in zip(entries, days, strict=True):
        record = entry.record
        code = record["admin2"] or record["admin1"] or record["admin0"]
        entry.where, entry.first, entry.last = record["where"] or code, day, day
        persons = rowreading.persons(record, "persons", ask.log)
        if persons is None or day is None:
            entry.left("no number of people" if persons is None else "no date")
        elif code == record["admin0"] and ask.is_country(code):
            name = "-".join(filter(None, ("displaced", cells.slug(record["key"]))))
            country.setdefault((day, name), []).append((entry, persons))
        elif (place := _by_code(entry, code, ask)) is not None:
            survey = " ".join(filter(None, (record["key"], record["round"])))
            counts.append(headcounts.Count(entry, place, code, day, persons, survey))
    reports = headcounts.present(counts, ask, source, WHAT, "about")
    for (day, name), many in sorted(country.items()):
        made = headcounts.country(
            ask, [entry for entry, _ in many], (day, day), sum(persons for _, persons in many), source=source,
            name=name, published=day, still=True, what=WHAT,
        )  # fmt: skip
        reports += [made] if made else []
    return ledger.Made(entries, reports=reports)


def _by_code(entry: ledger.Entry, code: str, ask: ledger.Ask) -> facts.Place | None:
    """The place of an area: the one that has its P-code."""
    spot = ask.atlas.spot((code,), None, "")
    entry.place = spot.place.id if spot.place else ""
    if spot.place is None:
        entry.left(f"no place, or several, with the P-code {code}")
    return spot.place
