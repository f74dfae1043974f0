"""What is asked of an import, and what became of each row of the export.

`Ask` holds the scenario and the wishes of the user. An `Entry` follows one row from the export to the rows it became
part of, or to the reason why it was left out; the `Ledger` of all entries is written beside the result, so that every
number can be traced back to its rows and every row to its numbers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from maabar import facts, units
from maabar.formats import placing, quirks, sheets

MOST_IDS = 30  # in a note; all are in import-rows.csv
OUTSIDE = "outside the days that are imported"
ROW_COLUMNS = ("file", "line", "id", "from", "until", "where", "lat", "lon", "geo_precision", "time_precision", "place",
               "km", "became", "reason")  # fmt: skip
Rows = list[dict[str, object]]


@dataclass(frozen=True)
class Ask:
    """An import as it is wished.

    atlas         the places, with the distance within which a point stands for one
    first, last   days that are imported, both included
    homes         zone: what happens where a zone has several homes within the distance is of the zone; single: of the
                  nearest
    country       ISO 3166 code (or name) of the country that people flee from and that the scenario covers; '' for none
    place         id of the one place that the whole file is about; '' if its rows say
    date          of counts in a file without a column of days
    reported_on   when the file was published; None: by the rule of its source
    """

    scenario: facts.Scenario
    atlas: placing.Atlas
    first: dt.date
    last: dt.date
    log: quirks.Log
    homes: str = "zone"
    country: str = ""
    place: facts.Place | None = None
    date: dt.date | None = None
    reported_on: dt.date | None = None

    def includes(self, *days: dt.date) -> bool:
        """Whether all days are imported."""
        return all(self.first <= day <= self.last for day in days)

    def is_country(self, *names: str) -> bool:
        """Whether one of these is the country that the scenario covers."""
        return bool(self.country) and self.country.casefold() in {name.casefold() for name in names if name}


@dataclass
class Entry:
    """One row of the export, and what became of it.

    became  ids of reports, and `kind target day` for events
    """

    record: sheets.Record
    id: str = ""
    where: str = ""
    point: tuple[float, float] | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    geo: str = ""
    time: str = ""
    place: str = ""
    km: float | None = None
    near: str = ""
    became: list[str] = field(default_factory=list)
    reason: str = ""

    def left(self, reason: str) -> None:
        """Leave the row out."""
        self.reason = self.reason or reason

    def put(self, spot: placing.Spot) -> None:
        """Note where the row was placed, or why it was not."""
        self.place, self.km, self.near = spot.place.id if spot.place else "", spot.km, spot.near
        if spot.reason:
            self.left(spot.reason)

    def row(self) -> dict[str, object]:
        """The entry as a row of import-rows.csv."""
        lat, lon = self.point or ("", "")
        km = "" if self.km is None else f"{self.km:.1f}"
        became = "; ".join(dict.fromkeys(self.became))
        where = (self.record.row.file, self.record.row.line, self.id, self.first or "", self.last or "", self.where)
        return dict(
            zip(ROW_COLUMNS, (*where, lat, lon, self.geo, self.time, self.place, km, became, self.reason), strict=True)
        )

    def note(self) -> quirks.Note:
        """A row that was left out, in words."""
        at = f" at {self.where!r}" if self.where else ""
        near = f" ({self.near})" if self.near else ""
        found = f"{self.id or 'a row'}{at}{near}"
        return quirks.Note(self.record.row.file, self.record.row.line, found, f"left out: {self.reason}")


@dataclass
class Made:
    """Rows for the tables of a scenario; `entries` in the order of the export."""

    entries: Sequence[Entry] = ()
    events: Rows = field(default_factory=list)
    reports: Rows = field(default_factory=list)


def report(ask: Ask, entries: Iterable[Entry], **values: Any) -> dict[str, object]:
    """A row of evidence.csv, with the usual order of columns; its id is put to the entries it was made of."""
    usual: Mapping[str, object] = {
        "id": "", "reported_on": "", "from": "", "until": "", "place": "", "quantity": "", "form": "", "low": "",
        "best": "", "high": "", "unit": "person", "source": "", "credibility": "", "group": "", "note": "",
    }  # fmt: skip
    many = list(entries)
    for entry in many:
        entry.became.append(str(values["id"]))
    until = values["until"]
    values["reported_on"] = max(ask.reported_on or values["reported_on"], until)
    plain = {name: units.plain(value) if isinstance(value, float) else value for name, value in values.items()}
    return {**usual, **plain, "geo_precision": levels(entry.geo for entry in many),
            "time_precision": levels(entry.time for entry in many)}  # fmt: skip


def levels(found: Iterable[str]) -> str:
    """The precisions of several rows: `1`, or `1 2`."""
    return " ".join(sorted(set(filter(None, found))))


def told(entries: Sequence[Entry], what: str) -> str:
    """The rows that a number was made of: `3 ACLED events: A1, A2, A3`."""
    ids = [entry.id or f"line {entry.record.row.line}" for entry in entries]
    rest = f" and {len(ids) - MOST_IDS} more, in import-rows.csv" if len(ids) > MOST_IDS else ""
    return f"{len(ids)} {what}{'' if len(ids) == 1 else 's'}: {', '.join(ids[:MOST_IDS])}{rest}"
