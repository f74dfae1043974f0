"""Exports of five publishers, made by hand with invented places, and what importing them gives.

The scenario is the template of `maabar new`: homes of the zone town near 0.1, 0.1, waypoints orchard and far-bank, north-camp
(0.42, 0.18), hill-town (0.48, 0.42) and border-city (-0.4, 0.05); 120 days from 2030-03-01.
"""
# ruff: noqa: E501 - a row and a message are one line

import csv
import datetime as dt
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from maabar import errors, scenario
from maabar.formats import importing

ACLED = ("event_id_cnty", "event_date", "event_type", "sub_event_type", "civilian_targeting", "location", "latitude",
         "longitude", "geo_precision", "time_precision", "fatalities", "timestamp")  # fmt: skip
STRIKE = {
    "event_id_cnty": "XTS1", "event_date": "2030-03-04", "event_type": "Explosions/Remote violence",
    "sub_event_type": "Air/drone strike", "civilian_targeting": "Civilian targeting", "location": "Zahrat al-Wadi",
    "latitude": "0.101", "longitude": "0.104", "geo_precision": "1", "time_precision": "1", "fatalities": "7",
    "timestamp": "",
}  # fmt: skip
UCDP = ("id", "relid", "type_of_violence", "where_prec", "where_coordinates", "latitude", "longitude", "date_prec",
        "date_start", "date_end", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown", "best", "high",
        "low")  # fmt: skip
CLASH = {
    "id": "9001", "relid": "NVL-2030-1-1-1", "type_of_violence": "1", "where_prec": "1", "where_coordinates": "The town",
    "latitude": "0.1", "longitude": "0.1", "date_prec": "1", "date_start": "2030-03-06 00:00:00.000",
    "date_end": "2030-03-06 00:00:00.000", "deaths_a": "4", "deaths_b": "3", "deaths_civilians": "2", "deaths_unknown": "1",
    "best": "10", "high": "14", "low": "9",
}  # fmt: skip
Cells = Mapping[str, str]


def text(columns: Sequence[str], *rows: Cells, mark: str = ",") -> str:
    """A table as CSV."""
    quoted = [
        [f'"{row.get(name, "")}"' if mark in row.get(name, "") else row.get(name, "") for name in columns]
        for row in rows
    ]
    return "".join(mark.join(cells) + "\n" for cells in [columns, *quoted])


def strikes(*changes: Cells, columns: Sequence[str] = ACLED) -> str:
    """An ACLED export: one strike for each set of changes to `STRIKE`."""
    return text(columns, *({**STRIKE, "event_id_cnty": f"XTS{at}", **one} for at, one in enumerate(changes, start=1)))


def clashes(*changes: Cells, columns: Sequence[str] = UCDP) -> str:
    """A UCDP export: one event for each set of changes to `CLASH`."""
    return text(columns, *({**CLASH, "id": f"{9000 + at}", **one} for at, one in enumerate(changes, start=1)))


def town(folder: pathlib.Path) -> pathlib.Path:
    """The scenario of the template, in a folder my-town."""
    root = folder / "my-town"
    scenario.template(root)
    return root


def put(folder: pathlib.Path, content: str | bytes | list[list[Any]], name: str = "") -> pathlib.Path:
    """An export as a file: text, bytes, or the rows of a workbook."""
    path = folder / (name or ("export.xlsx" if isinstance(content, list) else "export.csv"))
    if isinstance(content, list):
        import openpyxl

        book = openpyxl.Workbook()
        for row in content:
            book.active.append(row)
        book.save(path)
        return path
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


class Brought:
    """What an import gave: its notes, and its tables as rows."""

    def __init__(self, notes: importing.Notes) -> None:
        self.notes = notes
        self.folder = pathlib.Path(notes.folder)

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.folder / name).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    @property
    def events(self) -> list[tuple[str, ...]]:
        """Day, kind, target, value."""
        return [tuple(row[name] for name in ("from", "kind", "target", "value")) for row in self.table("events.csv")]

    @property
    def reports(self) -> list[tuple[str, ...]]:
        """First and last day, place, quantity, form, low, best, high."""
        names = ("from", "until", "place", "quantity", "form", "low", "best", "high")
        return [tuple(row[name] for name in names) for row in self.table("evidence.csv")]

    @property
    def said(self) -> list[str]:
        return [str(note) for note in self.notes.notes]


def bring(folder: pathlib.Path, source: str, content: str | bytes | list[list[Any]], **wishes: Any) -> Brought:
    """Import an export into a new folder beside my-town, which is made if it is not there; it survives a check."""
    root = folder / "my-town"
    if not root.exists():
        town(folder)
    path = put(folder, content, wishes.pop("name", ""))
    number = sum(entry.name.startswith("out") for entry in folder.iterdir())
    notes = importing.convert(source, path, folder / f"out{number}", root, importing.Wishes(**wishes))
    return Brought(notes)


def faults(folder: pathlib.Path, source: str, content: str | bytes | list[list[Any]], **wishes: Any) -> list[str]:
    """The messages of an import that is refused; nothing is written."""
    try:
        made = bring(folder, source, content, **wishes)
    except errors.InputError as error:
        assert not list(folder.glob("out*"))
        assert not [entry for entry in folder.iterdir() if "part" in entry.name]
        return [str(fault) for fault in error.faults]
    raise AssertionError(made.said)


def day(text_: str) -> dt.date:
    return dt.date.fromisoformat(text_)
