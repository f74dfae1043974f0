"""Tables as they are downloaded: CSV of any separator and encoding, or a workbook, with their header found.

In: a file and its source. Out: a `Table` of `Record`s of the variant that fits best. Lines above the header (titles,
terms, `sep=;`), a row of HXL tags under it or in its place, byte order marks and NUL bytes are all passed over. The
file is read as a stream: a worldwide export of 300 MB needs no more memory than the columns that are used.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import functools
import io
import itertools
import os
import re
import stat
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from maabar import errors, files, units
from maabar.formats import importtables, quirks

WHAT = "a table (CSV or xlsx)"
DEEPEST_HEADER = 60  # rows in which a header is looked for
LARGEST_TEXT = 2**30  # byte
LARGEST_BOOK = 2**28  # byte, as stored; unpacked four times that
MOST_ROWS = 1_048_576  # of a sheet of a spreadsheet
PIECE = 2**20  # byte
WIDEST_CELL = 131_072  # letters; csv's own limit
ERRORS = frozenset({"#n/a", "#ref!", "#value!", "#name?", "#null!", "#div/0!"})
# What openpyxl raises for a damaged workbook.
DAMAGED = (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, KeyError, ValueError, TypeError, AttributeError,
           IndexError, EOFError, OSError, NotImplementedError, RuntimeError)  # fmt: skip
MARKS = (",", ";", "\t", "|")
CURE = "close the quote, or save the table anew"
HINT = re.compile(r"sep=[;,\t|]?", re.IGNORECASE)  # how some programs tell spreadsheets the mark between cells
MAGIC = (
    (b"\xd0\xcf\x11\xe0", "a workbook of the old kind (.xls)", "open it in a spreadsheet and save it as .xlsx or CSV"),
    (b"\x1f\x8b", "a packed file (.gz)", "unpack it, and import what is in it"),
    (b"%PDF", "a PDF", "take the table behind it: CSV or xlsx"),
    (b"{", "JSON", "export it as CSV"),
    (b"[", "JSON", "export it as CSV"),
)


class Head:
    """Where the fields of a variant stand in a table, and their headings as written."""

    def __init__(self, variant: importtables.Variant, at: dict[str, int], names: Sequence[str]) -> None:
        self.variant = variant
        self.position = {name: place for place, name in enumerate(at)}
        self.columns = tuple(at.values())
        self.names = tuple(names[place] for place in self.columns)

    def __contains__(self, field: str) -> bool:
        return field in self.position

    def heading(self, field: str) -> str:
        """The heading over a field, as written; as published where there is none."""
        if field in self.position:
            return self.names[self.position[field]]
        return next((one.headings[0] for one in self.variant.fields if one.name == field), field)


@dataclass(frozen=True)
class Record:
    """One row: the cells that are used, '' for a blank one or a word for nothing."""

    row: quirks.Row
    head: Head

    def __getitem__(self, field: str) -> str:
        place = self.head.position.get(field)
        text = "" if place is None else self.row[place]
        return "" if text.casefold() in quirks.NOTHING or text.casefold() in ERRORS else text


@dataclass(frozen=True)
class Table:
    """All rows under the header of one table."""

    variant: importtables.Variant
    head: Head
    records: tuple[Record, ...]


Line = tuple[int, list[str]]
Lines = Callable[[], Iterator[Line]]


class _Broken(Exception):
    """A table cannot be read on from a line; line None: at all."""

    def __init__(self, line: int | None, found: str) -> None:
        super().__init__(found)
        self.line = line


def read(path: Path, source: str, log: quirks.Log) -> Table | None:
    """The table of a file; None and faults if it is none of this source."""
    log.files.append(files.shown(path))
    start = _start(path, log)
    if start is None:
        return None
    is_book = start.startswith(b"PK")
    sheets = _book(path, log) if is_book else _texts(path, log)
    if log.faults:
        return None
    found = [(name, _header(lines, source)) for name, lines in sheets.items()]
    usable = [(name, header) for name, header in found if isinstance(header, _Header)]
    if not usable:
        _refuse(path, source, [guess for _, guess in found if isinstance(guess, _Guess)], log)
        return None
    name, header = max(usable, key=lambda one: len(one[1].head.columns))
    variant = header.head.variant
    if variant.refusal:
        row = quirks.Row(files.shown(path), header.line)
        log.fault(row, None, variant.title, _expected(source), variant.refusal)
        return None
    if is_book and len(sheets) > 1:
        log.note(quirks.whole(path), f"a workbook of {len(sheets)} sheets", f"only {errors.quote(name)} is read")
    return Table(variant, header.head, tuple(_records(path, sheets[name], header, log)))


def _start(path: Path, log: quirks.Log) -> bytes | None:
    """The first bytes of a file that may be a table; None and a fault otherwise."""
    try:
        about = os.stat(path)
        if not stat.S_ISREG(about.st_mode):
            found = "a folder" if stat.S_ISDIR(about.st_mode) else "something that is not a file"
            log.fault(quirks.whole(path), None, found, WHAT, "name the file that you downloaded")
            return None
        with open(path, "rb") as file:
            start = file.read(8)
    except (OSError, ValueError) as refusal:
        missing = isinstance(refusal, FileNotFoundError)
        found = "no such file" if missing else f"a file that cannot be read ({getattr(refusal, 'strerror', refusal)})"
        log.fault(quirks.whole(path), None, found, WHAT, "check its name" if missing else "give yourself the right to")
        return None
    for mark, found, cure in MAGIC:
        if start.lstrip().startswith(mark):
            log.fault(quirks.whole(path), None, found, WHAT, cure)
            return None
    largest = LARGEST_BOOK if start.startswith(b"PK") else LARGEST_TEXT
    if about.st_size > largest or not start.strip():
        found = f"more than {largest // 2**20} MB" if start.strip() else "an empty file"
        log.fault(quirks.whole(path), None, found, WHAT, "export fewer rows" if start.strip() else "export it anew")
        return None
    return start


def _texts(path: Path, log: quirks.Log) -> dict[str, Lines]:
    """A text, once for each mark that may stand between its cells: the header tells which one does."""
    encoding = _encoding(path)
    if encoding == "utf-16":
        log.note(quirks.whole(path), "text in UTF-16", "read")
    elif encoding == "cp1252":
        log.note(quirks.whole(path), "text that is not UTF-8", "read as Windows-1252: check names with accents")
    with open(path, encoding=encoding, errors="replace", newline="") as file:
        sample = file.read(PIECE)
    marks = [mark for mark in MARKS if mark in sample] or [","]
    return {mark: functools.partial(_text, path, encoding, mark) for mark in marks}


def _text(path: Path, encoding: str, mark: str) -> Iterator[Line]:
    """Line numbers and cells of the rows of a text. Raises _Broken."""
    with open(path, encoding=encoding, errors="replace", newline="") as file:
        reader = csv.reader((line.replace("\0", "") for line in file), delimiter=mark, strict=True)
        line = 1
        try:
            for cells in reader:
                texts = [cell.strip() for cell in cells]
                if any(texts) and not (line == 1 and HINT.fullmatch("".join(texts))):
                    yield line, texts
                line = reader.line_num + 1
        except csv.Error as fault:
            raise _Broken(line, f"a row that cannot be read ({fault})") from fault


def _encoding(path: Path) -> str:
    """UTF-8, UTF-16 by its byte order mark, or else the 8-bit encoding of Western spreadsheets."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open(path, "rb") as file:
        first = file.read(PIECE)
        if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        try:
            while first:
                decoder.decode(first)
                first = file.read(PIECE)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _book(path: Path, log: quirks.Log) -> dict[str, Lines]:
    """The sheets of a workbook, each to be read once or twice; none and a fault if it is damaged."""
    import openpyxl

    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
            is_book = "[Content_Types].xml" in packed.namelist()
        if not is_book or unpacked > 4 * LARGEST_BOOK:
            found = "a packed file (.zip)" if not is_book else "a workbook that unpacks to more than 1 GB"
            cure = "unpack it, and import the table in it" if not is_book else "save the sheet as CSV"
            log.fault(quirks.whole(path), None, found, WHAT, cure)
            return {}
        with warnings.catch_warnings(action="ignore"):  # of styles and extensions that it does not know
            book: Any = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
    except DAMAGED as refusal:
        cure = "save it anew as .xlsx or CSV"
        log.fault(quirks.whole(path), None, _damaged(refusal), WHAT, cure)
        return {}
    return {sheet.title: functools.partial(_sheet, sheet) for sheet in book.worksheets}


def _damaged(refusal: BaseException) -> str:
    return f"a workbook that cannot be read ({type(refusal).__name__})"


def _sheet(sheet: Any) -> Iterator[Line]:
    """Line numbers and cells of the rows of a sheet. Raises _Broken."""
    try:
        for line, values in enumerate(sheet.iter_rows(values_only=True, max_row=MOST_ROWS), start=1):
            cells = [_cell(value) for value in values]
            if any(cells):
                yield line, cells
    except DAMAGED as refusal:
        raise _Broken(None, _damaged(refusal)) from refusal


def _cell(value: Any) -> str:
    """A cell of a workbook as a text."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, float):
        return units.plain(value) if value.is_integer() else repr(value)
    return str(value).replace("\0", "").strip()[:WIDEST_CELL]


@dataclass(frozen=True)
class _Header:
    """A header that fits a variant; `below` is the last line that belongs to it."""

    line: int
    below: int
    head: Head


@dataclass(frozen=True)
class _Guess:
    """The row that looks most like a header of the source, and how many of its headings are known."""

    line: int | None = None
    names: tuple[str, ...] = ()
    known: int = 0
    broken: str = ""


def _header(lines: Lines, source: str) -> _Header | _Guess:
    """The first row that fits a variant, or the row that comes nearest to one."""
    variants = importtables.variants(source)
    known = {name for variant in variants for field in variant.fields for name in field.folded}
    try:
        first = list(itertools.islice(lines(), DEEPEST_HEADER + 1))
    except _Broken as fault:
        return _Guess(fault.line, broken=str(fault))
    guess = _Guess()
    for place, (line, cells) in enumerate(first):
        after = first[place + 1] if place + 1 < len(first) else (line, [])
        tags = after[1] if _is_tags(after[1]) else []
        fitting = [head for variant in variants if (head := _fit(variant, cells, tags)) is not None]
        if fitting:
            best = max(fitting, key=lambda head: len(head.columns))
            return _Header(line, after[0] if tags else line, best)
        count = len({importtables.folded(cell) for cell in cells} & known)
        if count > guess.known or guess.line is None:
            guess = _Guess(line, tuple(filter(None, cells)), count)
    return guess


def _is_tags(cells: Sequence[str]) -> bool:
    return any(cells) and all(cell.startswith("#") for cell in cells if cell)


def _fit(variant: importtables.Variant, cells: Sequence[str], tags: Sequence[str]) -> Head | None:
    """Where the fields of a variant stand, if none that it must have is missing."""
    places: dict[str, int] = {}
    for row in (cells, tags):
        for place, cell in enumerate(row):
            if cell:
                places.setdefault(importtables.folded(cell), place)
    at: dict[str, int] = {}
    for field in variant.fields:
        known = [places[name] for name in field.folded if name in places]
        if known:
            at[field.name] = known[0]
        elif field.must:
            return None
    width = max(len(cells), len(tags))
    names = [*cells, *[""] * (width - len(cells))]
    return Head(variant, at, [name or tag for name, tag in zip(names, [*tags, *[""] * width], strict=False)])


def _records(path: Path, lines: Lines, header: _Header, log: quirks.Log) -> Iterator[Record]:
    """The rows under a header, without a second header, such as that of the next page; a fault where they break off."""
    file, columns, names = files.shown(path), header.head.columns, header.head.names
    try:
        for line, cells in lines():
            used = tuple(cells[place] if place < len(cells) else "" for place in columns)
            if line > header.below and any(used) and used != names:
                yield Record(quirks.Row(file, line, used), header.head)
    except _Broken as fault:
        log.fault(quirks.Row(file, fault.line), None, str(fault), "cells between separators", CURE)


def _expected(source: str) -> str:
    """The layouts that can be read, in words."""
    usable = [variant for variant in importtables.variants(source) if not variant.refusal]
    return "the columns of " + " or ".join(f"{variant.title} ({variant.needed})" for variant in usable)


def _refuse(path: Path, source: str, guesses: Sequence[_Guess], log: quirks.Log) -> None:
    """A fault that names what was found, what is known, and which column is missing from what comes nearest."""
    guess = max(guesses, key=lambda one: (one.known, len(one.names)), default=_Guess())
    if guess.broken:
        log.fault(quirks.Row(files.shown(path), guess.line), None, guess.broken, "cells between separators", CURE)
        return
    there = {importtables.folded(name) for name in guess.names}
    lacks = {
        variant.title: [field.headings[0] for field in variant.fields if field.must and not there & {*field.folded}]
        for variant in importtables.variants(source)
        if not variant.refusal
    }
    title = min(lacks, key=lambda name: len(lacks[name]))
    shown = ", ".join(map(errors.quote, guess.names[:12])) + (", …" if len(guess.names) > 12 else "")
    verb = "is" if len(lacks[title]) == 1 else "are"
    missing = errors.listed([f"'{name}'" for name in lacks[title]]).replace(" or ", " and ")
    cure = f"{missing} {verb} missing for {title}: export all columns"
    if not guess.known:
        cure = "check the file, and the word before its name"
    found = f"the columns {shown}" if guess.names else "no header"
    log.fault(quirks.Row(files.shown(path), guess.line), None, found, _expected(source), cure)
