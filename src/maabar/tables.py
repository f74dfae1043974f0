"""A reader of CSV tables that is driven by a table of columns and reports every fault with its line.

In: a path and the columns that are expected. Out: rows with values by name, the line they begin on and the extra
columns as text. Byte order marks, CRLF, blank lines, a HXL tag row under the header and Arabic text are all read.
A faulty cell becomes a neutral value and its row is marked, so that checks across files can leave it alone and one
mistake is reported once. An unknown column is kept as extra, unless it looks like a misspelt known one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maabar import cells, errors, files, units

MOST_FAULTS = 1000  # of one table; a file with more is the wrong file
Column = cells.Column


@dataclass(frozen=True)
class Row:
    """One row: values by column name, the line it begins on, extra columns as text, and whether it had a fault."""

    file: str
    line: int
    values: dict[str, Any]
    extra: dict[str, str] = field(default_factory=dict)
    faulty: bool = False

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def fault(self, column: str | None, found: str, expected: str, cure: str) -> errors.Fault:
        """A fault of this row."""
        return errors.Fault(self.file, self.line, column, found, expected, cure)


def _spelled(value: Any) -> str:
    """A value of a key as in a message."""
    return units.plain(value) if isinstance(value, float) else str(value)


def read(
    path: Path,
    columns: Sequence[Column],
    faults: list[errors.Fault],
    *,
    key: Sequence[str] = (),
    at_least_one: bool = False,
) -> list[Row]:
    """The rows of a table; faults are appended to the list that is given, and nothing is raised.

    key           columns that together may not repeat
    at_least_one  a table without rows is a fault
    A table without a usable header gives no rows.
    """
    content = files.text(path, faults)
    if content is None:
        return []
    reader = _Reader(files.shown(path), columns)
    rows = reader.rows(content, tuple(key))
    if at_least_one and not rows and not reader.faults:
        reader.blame(None, None, "a header and no rows", "at least one row", "add a row under the header")
    faults.extend(reader.faults[:MOST_FAULTS])
    if len(reader.faults) > MOST_FAULTS:
        found = f"{len(reader.faults) - MOST_FAULTS} more faults in this file"
        faults.append(errors.Fault(reader.file, None, None, found, "none", "cure those above and check again"))
    return rows


class _Reader:
    """What is known while one table is read: its columns, where each stands, and the faults so far."""

    def __init__(self, file: str, columns: Sequence[Column]) -> None:
        self.file = file
        self.columns = {column.name: column for column in columns}
        self.names: list[str] = []
        self.faults: list[errors.Fault] = []

    def blame(self, line: int | None, column: str | None, found: str, expected: str, cure: str) -> None:
        """Append a fault of this file."""
        self.faults.append(errors.Fault(self.file, line, column, found, expected, cure))

    def rows(self, content: str, key: tuple[str, ...]) -> list[Row]:
        """All rows under the header; none if the header cannot be used."""
        lines = self._lines(content)
        header = next(lines, None)
        if header is None or not self._header(*header):
            return []
        rows: list[Row] = []
        first_line: dict[tuple[Any, ...], int] = {}
        for count, (line, texts) in enumerate(lines):
            if count == 0 and all(cell.strip().startswith("#") for cell in texts if cell.strip()):
                continue  # HXL tags
            row = self._row(line, texts)
            rows.append(self._unrepeated(row, key, first_line) if key else row)
        return rows

    def _lines(self, content: str) -> Iterator[tuple[int, list[str]]]:
        """Line number and cells of each row that is not blank, until the end or an unreadable row."""
        reader = csv.reader(io.StringIO(content, newline=""), strict=True)
        while True:
            line = reader.line_num + 1
            try:
                texts = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cure = "close every quote, and double the quotes inside a quoted cell"
                self.blame(line, None, f"a row that cannot be read ({error})", "cells between commas", cure)
                return
            if any(cell.strip() for cell in texts):
                yield line, texts

    def _header(self, line: int, texts: list[str]) -> bool:
        """Read the header; False if rows under it would make no sense."""
        written = [cell.strip() for cell in texts]
        folded = [name.casefold() for name in written]
        self.names = [
            name if name in self.columns else original for name, original in zip(folded, written, strict=True)
        ]
        known = sum(name in self.columns for name in self.names)
        for separator, word in ((";", "semicolons"), ("\t", "tabs")):
            if known < 2 and written[0].count(separator) >= 1 and len(self.columns) > 1:
                self.blame(line, None, f"a header with {word}", "commas between cells", "save the table with commas")
                return False
        before = len(self.faults)
        self._repeated(line)
        self._missing(line)
        return len(self.faults) == before

    def _repeated(self, line: int) -> None:
        """A fault for each header that stands twice."""
        for position, name in enumerate(self.names):
            if name and name in self.names[:position]:
                self.blame(line, name, "the same header twice", "each column once", "rename or delete one of them")

    def _missing(self, line: int) -> None:
        """A fault for each required column that is absent and each absent column that looks misspelt."""
        strangers = [name for name in self.names if name and name not in self.columns]
        for column in self.columns.values():
            if column.name in self.names:
                continue
            close = errors.nearest(column.name, strangers, 0.6 if column.required else 0.85)
            if close is not None:
                self.blame(line, close, "an unknown header", f"'{column.name}'", f"did you mean '{column.name}'?")
            elif column.required:
                there = errors.listed([name for name in self.names if name])
                self.blame(
                    line,
                    column.name,
                    f"no such column among {errors.printable(there[:200])}",
                    "it in the header",
                    "add the column",
                )

    def _row(self, line: int, texts: list[str]) -> Row:
        """The values of one row; cells beyond the header and cells under a blank header must be blank."""
        before = len(self.faults)
        values: dict[str, Any] = {name: column.blank for name, column in self.columns.items()}
        extra: dict[str, str] = {}
        if any(cell.strip() for cell in texts[len(self.names) :]):
            found = f"{len(texts)} cells"
            self.blame(
                line, None, found, f"{len(self.names)} as in the header", "put a text that holds a comma between quotes"
            )
        padded = texts + [""] * (len(self.names) - len(texts))
        for name, cell in zip(self.names, padded, strict=False):
            if name in self.columns:
                values[name] = self._cell(line, self.columns[name], cell)
            elif name:
                extra[name] = cell.strip()
            elif cell.strip():
                self.blame(
                    line,
                    None,
                    f"{errors.quote(cell)} under no header",
                    "a header over it",
                    "name the column or empty the cell",
                )
        return Row(self.file, line, values, extra, len(self.faults) > before)

    def _cell(self, line: int, column: Column, cell: str) -> Any:
        """The value of one cell; a neutral one, and a fault, if it is not allowed."""
        if not cell.strip():
            if column.required:
                self.blame(line, column.name, "a blank cell", column.expected, column.cure or "fill it")
                return column.neutral
            return column.blank
        try:
            return cells.convert(column, cell)
        except errors.Unreadable as error:
            self.faults.append(error.at(self.file, line, column.name))
            return cell.strip() if column.kind in ("text", "id") else column.neutral

    def _unrepeated(self, row: Row, key: tuple[str, ...], first_line: dict[tuple[Any, ...], int]) -> Row:
        """The row, marked as faulty if an earlier one has the same key."""
        value = tuple(row[name] for name in key)
        if value not in first_line:
            first_line[value] = row.line
            return row
        if row.faulty:
            return row
        found = (
            " ".join(errors.quote(_spelled(part)) for part in value if part != "")
            + f" again, first in line {first_line[value]}"
        )
        self.blame(row.line, key[0], found, "each once", "delete one of the rows or rename it")
        return Row(row.file, row.line, row.values, row.extra, True)
