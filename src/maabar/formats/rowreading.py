"""Cells of an export as values: points, days, numbers, precisions.

In: `Record`s. Out: values, or None and a fault (a cell that cannot be read) or a reason (a cell that is blank, for the
list of rows that are left out). Days of one column are read together: only then is 13/02/2030 a witness that 04/05/2030
means the 4th of May. A day that could still be two is a fault.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from maabar import errors, units
from maabar.formats import quirks, sheets

SPREADSHEET_ORIGIN = dt.date(1899, 12, 30)
SERIALS = (18_264, 109_573)  # 1950 to 2199, as days of a spreadsheet
SERIAL_UNITS = ("days of a spreadsheet", "read as dates")
_CLOCK = re.compile(
    r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?(?: ?[AP]M)?$", re.ASCII | re.IGNORECASE
)
_SERIAL = re.compile(r"\d{5,6}(?:\.\d+)?", re.ASCII)


def days(records: Sequence[sheets.Record], field: str, log: quirks.Log) -> list[dt.date | None]:
    """The days of a column; None and a fault for what is none, None alone for a blank cell."""
    cells = [_day_text(record, field, log) for record in records]
    filled = [(record.row, cell) for record, cell in zip(records, cells, strict=True) if cell]
    heading = records[0].head.heading(field) if records else field
    found = iter(quirks.dates(filled, heading, log))
    return [next(found) if cell else None for cell in cells]


def _day_text(record: sheets.Record, field: str, log: quirks.Log) -> str:
    """A date without the time of day; a day of a spreadsheet as a date."""
    text = _CLOCK.sub("", units.western(record[field]))
    if _SERIAL.fullmatch(text) and SERIALS[0] <= float(text) <= SERIALS[1]:
        log.like(record.row, errors.quote(text), "a day of a spreadsheet, read as its date")
        return (SPREADSHEET_ORIGIN + dt.timedelta(days=int(float(text)))).isoformat()
    return text


def point(record: sheets.Record, log: quirks.Log) -> tuple[float, float] | None:
    """Latitude and longitude [degree]; None if either is blank, 0 and 0, or a fault."""
    if not record["lat"] or not record["lon"]:
        return None
    values = []
    for field, limit, what in (("lat", 90, "a latitude"), ("lon", 180, "a longitude")):
        expected = f"{what} from -{limit} to {limit}"
        value = quirks.number(record.row, record.head.heading(field), record[field], log, expected, comma=True)
        if value is None:
            return None
        if abs(value) > limit:
            cure = "are latitude and longitude exchanged?"
            log.fault(record.row, record.head.heading(field), errors.quote(record[field]), expected, cure)
            return None
        values.append(value)
    return None if values == [0.0, 0.0] else (values[0], values[1])


def persons(record: sheets.Record, field: str, log: quirks.Log) -> float | None:
    """A number of people from 0 to 1e9; None for a blank cell or a fault."""
    text = record[field]
    if not text or text == "*":
        return None
    expected = "a number of people"
    value = quirks.number(record.row, record.head.heading(field), text, log, expected)
    if value is not None and not 0 <= value <= 1e9:
        cure = "check the number"
        log.fault(record.row, record.head.heading(field), errors.quote(text), f"{expected} from 0 to 1000000000", cure)
        return None
    return value


def level(record: sheets.Record, field: str, highest: int, log: quirks.Log) -> int | None:
    """A precision from 1 (exact); None for a blank cell or a fault."""
    text = units.western(record[field]).removesuffix(".0")
    if not text:
        return None
    if text.isdecimal() and 1 <= int(text) <= highest:
        return int(text)
    expected = f"a whole number from 1 to {highest}"
    log.fault(record.row, record.head.heading(field), errors.quote(record[field]), expected, "export the table anew")
    return None


def year(record: sheets.Record, field: str, log: quirks.Log) -> int | None:
    """A year; None and a fault for anything else."""
    text = units.western(record[field]).removesuffix(".0")
    if text.isdecimal() and units.FIRST_YEAR <= int(text) <= units.LAST_YEAR:
        return int(text)
    expected = f"a year from {units.FIRST_YEAR} to {units.LAST_YEAR}"
    found = errors.quote(record[field]) if record[field] else "a blank cell"
    log.fault(record.row, record.head.heading(field), found, expected, "write it in four digits, or delete the row")
    return None
