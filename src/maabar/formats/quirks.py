"""Rows and cells of other programs' tables as they are found in the wild, with what was read differently named.

In: text files that people edited by hand and in spreadsheets. Out: rows of cells with their lines; dates, numbers and
names; `Note`s on what was read otherwise than written, and faults where nothing can be read. A quirk that stands in
many rows of one file becomes one note: whoever reads it is in a hurry.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from maabar import errors, files, units

NOTHING = frozenset({"na", "n/a", "nan", "none", "null", "-", "–", "—", "?", ".."})
SEPARATORS = ((";", "semicolons"), ("\t", "tabs"))
ENOUGH_NAMES = 200  # looking for a close name takes milliseconds; beyond so many another cure is needed
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[,'’ \u00a0\u202f٬]\d{3})+(?:\.\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d+[,٫]\d+", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", re.ASCII)
_CLOCK = re.compile(r"(?<=\d)[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$", re.ASCII)
_ISO = "ISO 8601"
_ORDERS = ("day/month/year", "month/day/year")
_WORDS = ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%Y %B %d", "%Y %b %d")


@dataclass(frozen=True)
class Note:
    """Something read otherwise than written, or not carried.

    line   counted from 1; None: of the whole file
    found  what stands there
    done   what became of it
    """

    file: str
    line: int | None
    found: str
    done: str

    def __str__(self) -> str:
        """`input_csv/closures.csv:4: 'Lusenda', a place: only the route to it is closed`."""
        where = errors.printable(self.file) + (f":{self.line}" if self.line is not None else "")
        return f"{where}: {self.found}: {self.done}"


@dataclass(frozen=True)
class Row:
    """One row: its cells without surrounding space and without blank cells at the end; line None: the whole file."""

    file: str
    line: int | None
    cells: tuple[str, ...] = ()

    def __getitem__(self, position: int) -> str:
        """The cell at a position, '' beyond the end."""
        return self.cells[position] if position < len(self.cells) else ""


@dataclass
class _Likes:
    """Quirks of one kind in one file: where the first stands, and how many there are."""

    row: Row
    example: str
    done: str
    count: int = 0


@dataclass
class Log:
    """What is said about an instance while it is read: faults, and notes on all that was read differently.

    files     as read, in this order
    searches  for close names so far
    """

    faults: list[errors.Fault] = field(default_factory=list)
    said: list[Note] = field(default_factory=list)
    likes: dict[tuple[str, str], _Likes] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    searches: int = 0

    def note(self, row: Row, found: str, done: str) -> None:
        """Name what stands in a row and what became of it."""
        self.said.append(Note(row.file, row.line, found, done))

    def like(self, row: Row, example: str, done: str) -> None:
        """Name a quirk of which the file may be full: there will be one note, at the first."""
        self.likes.setdefault((row.file, done), _Likes(row, example, done)).count += 1

    def fault(self, row: Row, column: str | None, found: str, expected: str, cure: str) -> None:
        """Something that cannot be read."""
        self.faults.append(errors.Fault(row.file, row.line, column, found, expected, cure))

    def unreadable(self, row: Row, column: str, error: errors.Unreadable) -> None:
        """A cell that cannot be read."""
        self.faults.append(error.at(row.file, row.line, column))

    def close(self, word: str, words: Iterable[str], otherwise: str) -> str:
        """A cure that suggests the name which was probably meant."""
        self.searches += 1
        return errors.suggestion(word, words, otherwise) if self.searches <= ENOUGH_NAMES else otherwise

    def notes(self) -> tuple[Note, ...]:
        """All notes, by file in the order of reading, and line."""
        gathered = [
            Note(
                one.row.file,
                one.row.line,
                one.example + (f" and {one.count - 1} more like it" if one.count > 1 else ""),
                one.done,
            )
            for one in self.likes.values()
        ]
        read = dict.fromkeys([*self.files, *(note.file for note in self.said + gathered)])
        order = {file: place for place, file in enumerate(read)}
        return tuple(sorted(self.said + gathered, key=lambda note: (order[note.file], note.line or 0)))


def whole(path: Path) -> Row:
    """A file as a whole, for notes and faults of no line."""
    return Row(files.shown(path), None)


def text(path: Path, log: Log, what: str, limit: int = files.LARGEST_FILE) -> str | None:
    """The text of a file in UTF-8, UTF-16 or a Western 8-bit encoding; '' if it is empty; None and a fault if none."""
    faults: list[errors.Fault] = []
    content = files.text(path, faults, what, limit)
    if content is not None:
        return content
    found = faults[0].found
    if found == "an empty file":
        return ""
    if found != "UTF-16" and not found.startswith("the byte 0x"):
        log.faults.extend(faults)
        return None
    raw = path.read_bytes()
    if found == "UTF-16":
        log.note(whole(path), "text in UTF-16", "read")
        return raw.decode("utf-16", errors="replace")
    log.note(whole(path), "text that is not UTF-8", "read as Windows-1252: check names with accents")
    return raw.decode("cp1252", errors="replace")


def separator(content: str) -> str:
    """The comma, unless no row holds one and most hold another separator."""
    lines = [line for line in content.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for mark, _word in SEPARATORS:
        if lines and 2 * sum(mark in line for line in lines) > len(lines):
            plain = [line for line in lines if mark in line]
            if all("," not in line or line.count(mark) > line.count(",") for line in plain):
                return mark
    return ","


def records(file: str, content: str, mark: str) -> Iterable[tuple[Row, int]]:
    """Rows with the line each begins and ends on; a quote open at the end of the file ends on the line after."""
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=mark)
    open_line = _open_line(content, mark)
    first = 1
    try:
        for texts in reader:
            cells = [cell.strip() for cell in texts]
            while cells and not cells[-1]:
                cells.pop()
            yield Row(file, first, tuple(cells)), reader.line_num + (first == open_line)
            first = reader.line_num + 1
    except csv.Error:  # a cell beyond csv's limit of 131,072 letters
        yield Row(file, first, ("a cell without end",)), first + 1


def _open_line(content: str, mark: str) -> int:
    """The number of the last line if it ends inside a quote, else 0."""
    if content.count('"') % 2 == 0:
        return 0
    lines = io.StringIO(content, newline="").readlines()
    try:
        list(csv.reader(lines[-1:], delimiter=mark, strict=True))
    except csv.Error as error:
        return len(lines) if "end of data" in str(error) else 0
    return 0


def folded(name: str) -> str:
    """A name without case, spaces, hyphens and underscores."""
    return re.sub(r"[\s_\-]+", "", name).casefold()


class Names:
    """Names of places or countries, found also where case, spaces, hyphens or underscores differ."""

    def __init__(self, names: Iterable[str]) -> None:
        self.exact = dict.fromkeys(names)
        self.folded: dict[str, list[str]] = {}
        for name in self.exact:
            self.folded.setdefault(folded(name), []).append(name)

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def find(self, name: str) -> str | None:
        """The name that is meant, or None if there is none or it could be several."""
        if name in self.exact:
            return name
        close = self.folded.get(folded(name), [])
        return close[0] if len(close) == 1 and name else None

    def read(self, row: Row, name: str, log: Log) -> str | None:
        """The name that is meant, with a note if it is written differently."""
        found = self.find(name)
        if found is not None and found != name:
            log.note(row, errors.quote(name), f"read as {errors.quote(found)}")
        return found


def number(row: Row, column: str, cell: str, log: Log, expected: str, *, comma: bool = False) -> float | None:
    """A number, or None and a fault; thousands marks and decimal commas are read and named.

    comma  a comma is a decimal comma even before three digits (coordinates)
    """
    plain = units.western(cell)
    try:
        if _COMMA.fullmatch(plain) and (comma or not _THOUSANDS.fullmatch(plain)):
            value = units.parse_number(plain.replace(",", ".").replace("٫", "."), expected)
            log.like(row, errors.quote(cell), "read with a decimal comma")
            return value
        if _THOUSANDS.fullmatch(plain):
            value = units.parse_number(re.sub(r"[^\d.+-]", "", plain), expected)
            log.like(row, errors.quote(cell), "read with a mark between thousands")
            return value
        return units.parse_number(cell, expected)
    except errors.Unreadable as error:
        log.unreadable(row, column, error)
        return None


def people(row: Row, column: str, cell: str, log: Log) -> int | None:
    """A whole number of people from 0 to 1e9; None for a blank cell, a word for nothing, or a fault."""
    if not cell:
        return None
    if cell.casefold() in NOTHING:
        log.like(row, errors.quote(cell), "read as a blank cell")
        return None
    value = number(row, column, cell, log, "a number of people")
    if value is None:
        return None
    if value > 1e9:
        log.fault(row, column, errors.quote(cell), "a number of people up to 1000000000", "check the number")
        return None
    if value != int(value):
        log.like(row, errors.quote(cell), "rounded to whole people")
    return rounded(value)


def rounded(value: float) -> int:
    """The nearest whole number, halves upwards."""
    return int((value + 0.5) // 1)


def joined(row: Row, position: int, width: int) -> tuple[Row, str]:
    """The row with a number put together that commas between thousands spread over cells beyond `width`; and how it
    was written, '' if it was not.
    """
    excess = len(row.cells) - width
    if excess <= 0:
        return row, ""
    written = ",".join(row.cells[position : position + excess + 1])
    if not _THOUSANDS.fullmatch(written):
        return row, ""
    cells = (*row.cells[:position], written.replace(",", ""), *row.cells[position + excess + 1 :])
    return Row(row.file, row.line, cells), written


def dates(pairs: Sequence[tuple[Row, str]], column: str, log: Log) -> list[dt.date | None]:
    """The dates of one file; None and a fault where a date is unreadable or could mean two days.

    Day/month/year is told from month/day/year by the dates of the file that can only be one of the two.
    """
    readings = [_readings(cell) for _row, cell in pairs]
    certain = {next(iter(reading)) for reading in readings if len(reading) == 1} & set(_ORDERS)
    order = certain.pop() if len(certain) == 1 else ""
    return [_date(row, cell, column, reading, order, log) for (row, cell), reading in zip(pairs, readings, strict=True)]


def date(row: Row, cell: str, column: str, log: Log) -> dt.date | None:
    """One date, or None and a fault."""
    return dates([(row, cell)], column, log)[0]


def _date(row: Row, cell: str, column: str, reading: dict[str, dt.date], order: str, log: Log) -> dt.date | None:
    """The day that is meant."""
    if _ISO in reading:
        return reading[_ISO]
    if order in reading or len(set(reading.values())) == 1:
        name = order if order in reading else next(iter(reading))
        log.like(row, errors.quote(cell), f"read as {name}")
        return reading[name]
    if not cell:
        log.fault(row, column, "a blank cell", "a date like 2017-06-06", "write the date, or delete the row")
        return None
    try:
        return units.parse_date(cell)
    except errors.Unreadable as error:
        log.unreadable(row, column, error)
        return None


def _readings(cell: str) -> dict[str, dt.date]:
    """The days a text may mean, by the order of its parts; empty if it is no date."""
    plain = _CLOCK.sub("", units.western(cell))
    found: dict[str, dt.date] = {}
    if match := _YEAR_FIRST.fullmatch(plain):
        _put(
            found,
            _ISO if plain == cell and "/" not in cell and "." not in cell else "year, month, day",
            *match.groups(),
        )
    elif match := _YEAR_LAST.fullmatch(plain):
        _put(found, _ORDERS[0], match[3], match[2], match[1])
        _put(found, _ORDERS[1], match[3], match[1], match[2])
    else:
        words = re.sub(r"[-/., ]+", " ", plain)
        for form in _WORDS:
            try:
                day = dt.datetime.strptime(words, form).date()
            except ValueError:
                continue
            if units.FIRST_YEAR <= day.year <= units.LAST_YEAR:
                found.setdefault("day, month, year", day)
    return found


def _put(found: dict[str, dt.date], order: str, year: str, month: str, day: str) -> None:
    """Add a reading if there is such a day."""
    if not units.FIRST_YEAR <= int(year) <= units.LAST_YEAR:
        return
    try:
        found[order] = dt.date(int(year), int(month), int(day))
    except ValueError:
        return
