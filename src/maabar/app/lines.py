"""A table as its lines, so that what is edited changes and nothing else does: comments, blank lines, odd quoting.

In: the text of a CSV file. Out: `Line`s, each with its exact text and its cells; and a text again in which only lines
with other cells are written anew.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterator, Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Line:
    """One record, or a comment or blank line (`cells` empty).

    number  of its first line in the file, counted from 1
    raw     its exact text, with the end of the line
    """

    number: int
    raw: str
    cells: tuple[str, ...]


def read(text: str) -> list[Line]:
    """All lines of a table. A quoted cell may run over several lines; one that never ends takes the rest as it is."""
    physical = text.splitlines(keepends=True)
    found, at = [], 0
    while at < len(physical):
        first = at
        if not physical[at].strip() or physical[at].lstrip("\ufeff").lstrip().startswith("#"):
            found.append(Line(first + 1, physical[at], ()))
            at += 1
            continue
        used = 0

        def feed(begin: int = at) -> Iterator[str]:
            nonlocal used
            for line in physical[begin:]:
                used += 1
                yield line

        try:
            cells = tuple(next(csv.reader(feed())))
        except (csv.Error, StopIteration):
            cells, used = (), 1
        at += max(used, 1)
        found.append(Line(first + 1, "".join(physical[first:at]), cells))
    return found


def header(lines: Sequence[Line]) -> Line | None:
    """The line with the names of the columns: the first that is neither blank nor a comment."""
    return next((line for line in lines if line.cells), None)


def edited(
    text: str, changed: Mapping[int, Sequence[str]], removed: Sequence[int] = (), added: Sequence[Sequence[str]] = ()
) -> str:
    """The text with other cells in some lines, by number, without others, and with new ones at its end."""
    end = "\r\n" if "\r\n" in text else "\n"
    parts = []
    for line in read(text):
        if line.number in removed:
            continue
        cells = changed.get(line.number)
        parts.append(line.raw if cells is None or tuple(cells) == line.cells else _written(cells, end))
    whole = "".join(parts)
    if added and whole and not whole.endswith(("\n", "\r")):
        whole += end
    return whole + "".join(_written(cells, end) for cells in added)


def _written(cells: Sequence[str], end: str) -> str:
    """One record; empty cells at its end stay."""
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerow(cells)
    return text.getvalue()
