"""Flee's tables: rows that are neither blank nor comments, headers, and files whatever the case of their name.

In: CSV files of an instance. Out: `quirks.Row`s. Flee's rules hold first: a row whose first cell starts with # is a
comment, and columns have their place, not their name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from maabar import errors, files
from maabar.formats import quirks

WHAT = "a table of Flee (CSV)"


def rows(path: Path, log: quirks.Log, comments: list[quirks.Row] | None = None) -> list[quirks.Row] | None:
    """The rows of a table that are neither blank nor comments; None and a fault if the file cannot be read.

    comments  gets the rows whose first cell starts with #
    """
    log.files.append(files.shown(path))
    content = quirks.text(path, log, WHAT)
    if content is None:
        return None
    separator = quirks.separator(content)
    for mark, word in quirks.SEPARATORS:
        if mark == separator:
            log.note(quirks.whole(path), f"{word} between cells", "read as commas")
    found = []
    for row, last in quirks.records(files.shown(path), content, separator):
        if row[0].startswith("#"):
            if comments is not None:
                comments.append(row)
        elif last != row.line:
            cure = "close the quote, or delete it"
            log.fault(row, None, f"a quote that is not closed in line {row.line}", "cells between commas", cure)
        elif row.cells:
            found.append(row)
    return found


def is_header(row: quirks.Row, words: frozenset[str]) -> bool:
    """Whether the cells are names of columns: two or more known ones."""
    return sum(cell.casefold().strip("#[]() ") in words for cell in row.cells) >= 2


def beside(
    folder: Path, name: str, log: quirks.Log, *, otherwise: Callable[[str], bool] = lambda _: False
) -> Path | None:
    """The file of this name in a folder, whatever its case; None if there is none.

    otherwise  tells which other names will do
    """
    path = folder / name
    if files.exists(path):
        return path
    try:
        there = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return None
    for same in (lambda other: other.casefold() == name.casefold(), otherwise):
        close = [other for other in there if same(other)]
        if len(close) == 1:
            log.note(quirks.whole(folder / close[0]), f"the file name {errors.quote(close[0])}", f"read as {name}")
            return folder / close[0]
    return None
