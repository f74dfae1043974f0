"""A released view as a workbook: what it is, the numbers, and a dictionary of the columns.

In: a released view. Out: NAME.xlsx with the sheets `read me`, `data`, `places`, `quantities` and `dictionary`. The
numbers are those of `csvout`, without quartiles and without single ways, which are too many for a sheet; what is known
of a place or a quantity stands once, in its sheet. Nothing in it is a formula; the same run gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import pathlib
from typing import Any

from maabar import release
from maabar.formats import tidy

EPOCH = dt.datetime(2000, 1, 1)  # a workbook must say when it was made; the same for all, so that bytes are
DATA = ("quantity", "place", "place_name", "date", "low", "median", "high", "masked_below")
PLACES = ("place", *tidy.PLACE)
QUANTITIES = ("quantity", "quantity_name", "quantity_name_ar", "kind", "unit", "low_high")
WIDTHS = {"quantity_name": 28, "quantity_name_ar": 24, "place_name": 28, "place_name_ar": 24, "low_high": 28}


def write(view: release.View, folder: pathlib.Path, *, command: str = "") -> list[pathlib.Path]:
    """Write the workbook into a folder; returns the file. command: what was typed, for the release log."""
    path = folder / f"{tidy.stem(view)}.xlsx"
    return [release.publish(view, path, content(view), "xlsx", command)]


def content(view: release.View) -> bytes:
    """The bytes of the workbook."""
    import xlsxwriter

    table = tidy.table(view, with_ways=False)
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, options) as book:
        book.set_properties({"title": view.facts.title, "comments": view.marking, "created": EPOCH})
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = _sheet(book, view, "read me")
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 110)
        for line, (what, how) in enumerate(tidy.about(view)):
            sheet.write_string(line, 0, what, bold)
            sheet.write_string(line, 1, how)
        _rows(_sheet(book, view, "data"), table[list(DATA)], bold, day)
        _rows(_sheet(book, view, "places"), table[list(PLACES)].drop_duplicates(), bold, day)
        _rows(_sheet(book, view, "quantities"), table[list(QUANTITIES)].drop_duplicates(), bold, day)
        sheet = _sheet(book, view, "dictionary")
        sheet.set_column(0, 0, 18)
        sheet.set_column(1, 1, 100)
        for line, (column, (meaning, tag)) in enumerate(({"column": ("meaning", "HXL")} | tidy.COLUMNS).items()):
            for at, text in enumerate((column, meaning, tag)):
                sheet.write_string(line, at, text, bold if line == 0 else None)
    return packed.getvalue()


def _sheet(book: Any, view: release.View, name: str) -> Any:
    """A sheet that prints the marking on every page."""
    sheet = book.add_worksheet(name)
    sheet.set_header(f"&C&8{view.marking}")
    sheet.set_landscape()
    return sheet


def _rows(sheet: Any, table: Any, bold: Any, day: Any) -> None:
    """The rows, under a header that stays in sight and filters."""
    columns = list(table.columns)
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column, bold)
        sheet.set_column(at, at, WIDTHS.get(column, 12))
        values = table[column].tolist()
        if column == "date":
            for line, text in enumerate(values, 1):
                sheet.write_datetime(line, at, dt.datetime.fromisoformat(text), day)
        elif table[column].dtype.kind == "f":
            for line, number in enumerate(values, 1):
                if math.isfinite(number):
                    sheet.write_number(line, at, number)
        else:
            for line, text in enumerate(values, 1):
                if text:
                    sheet.write_string(line, at, text)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(table), len(columns) - 1)
