"""New rows for the tables of a scenario: laid under those that are there, checked together, and written without loss.

In: a scenario folder and rows of sources, reports and events. Out: the texts of the tables with the rows appended.
What is there stays, in its order: a source that is known is not repeated, a report that is there word for word is
passed over, and one that has changed becomes a new row that says which it corrects. An event that is there is passed
over; one with another value is appended, and as the later row it holds.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from maabar import errors, files, scenario, storage

ORDER = (
    "sources.csv",
    "evidence.csv",
    "events.csv",
)  # each refers only to those before it, so that all between is sound
EVENT_KEY = ("from", "until", "kind", "target", "value", "source")
Rows = Sequence[Mapping[str, object]]


@dataclass
class Table:
    """A table as it is, to be extended: its rows as cells, the header among them."""

    rows: list[list[str]] = field(default_factory=list)
    has_mark: bool = False
    line_end: str = "\n"

    @property
    def header(self) -> list[str]:
        """The names of its columns, in small letters."""
        return next(([cell.strip().casefold() for cell in row] for row in self.rows if any(row)), [])

    def records(self) -> list[dict[str, str]]:
        """Its rows by name of column."""
        names = self.header
        body = [row for row in self.rows if any(row)][1:]
        return [dict(zip(names, [cell.strip() for cell in row], strict=False)) for row in body]

    def extend(self, added: Rows) -> None:
        """Append rows; columns that are new are added to the header."""
        if not added:
            return
        names = list(dict.fromkeys(name for row in added for name in row))
        if not self.header:
            self.rows = [names]
        new = [name for name in names if name not in self.header]
        at = next(place for place, row in enumerate(self.rows) if any(row))
        width = len(self.rows[at])
        self.rows[at] = [*self.rows[at], *new]
        columns = [*self.header[:width], *new]
        self.rows += [[str(row.get(name, "")) for name in columns] for row in added]

    def text(self) -> str:
        """The table as it is written."""
        stream = io.StringIO()
        csv.writer(stream, lineterminator=self.line_end).writerows(self.rows)
        return ("\ufeff" if self.has_mark else "") + stream.getvalue()


def read(path: Path) -> Table:
    """A table of a scenario that has no fault; an empty one if there is no such file."""
    if not path.is_file():
        return Table()
    text = files.text(path, []) or ""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    return Table(rows, path.read_bytes().startswith(b"\xef\xbb\xbf"), "\r\n" if "\r\n" in text else "\n")


def extended(root: Path, added: Mapping[str, Rows]) -> dict[str, str]:
    """The texts of the tables with what is new appended; tables to which nothing is added are not among them."""
    choose = {"sources.csv": _new_sources, "evidence.csv": _new_reports, "events.csv": _new_events}
    texts = {}
    for name in ORDER:
        table = read(root / name)
        new = choose[name](table.records(), added.get(name, ()))
        if new:
            table.extend(new)
            texts[name] = table.text()
    return texts


def _new_sources(there: Sequence[Mapping[str, str]], added: Rows) -> Rows:
    known = {row.get("id") for row in there}
    return [row for row in added if row["id"] not in known]


def _new_events(there: Sequence[Mapping[str, str]], added: Rows) -> Rows:
    known = {tuple(row.get(name, "") for name in EVENT_KEY) for row in there}
    return [row for row in added if tuple(str(row.get(name, "")) for name in EVENT_KEY) not in known]


def _new_reports(there: Sequence[Mapping[str, str]], added: Rows) -> Rows:
    """Reports that are not there yet; one that has changed gets an id of its own and corrects its last version."""
    known = {row.get("id", ""): row for row in there}
    found: list[dict[str, object]] = []
    for row in added:
        name, number, before = str(row["id"]), 1, ""
        while name in known:
            before, number = name, number + 1
            name = f"{row['id']}-v{number}"
        if before and all(known[before].get(key, "") == str(value) for key, value in row.items() if key != "id"):
            continue
        found.append({**row, "id": name, "corrects": before} if before else dict(row))
    return found


def check(root: Path, texts: Mapping[str, str]) -> None:
    """Raise errors.InputError if the scenario would have faults with these tables; nothing of it is touched."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / root.name
        copy.mkdir()
        for name in scenario.REQUIRED + scenario.OPTIONAL:
            if name in texts:
                (copy / name).write_bytes(texts[name].encode())
            elif (root / name).is_file():
                shutil.copyfile(root / name, copy / name)
        scenario.load(copy)


def write(root: Path, texts: Mapping[str, str]) -> None:
    """Put the tables into a scenario, each in one step; if the system refuses one, those before it are put back.

    Raises errors.RunError.
    """
    before = {name: (root / name).read_bytes() if (root / name).is_file() else None for name in texts}
    done: list[str] = []
    try:
        for name in filter(texts.__contains__, ORDER):
            storage.write(root / name, texts[name].encode())
            done.append(name)
    except OSError as fault:
        for name in reversed(done):
            content = before[name]
            if content is None:
                (root / name).unlink()
            else:
                storage.write(root / name, content)
        raise errors.RunError(storage.explained(fault, root)) from fault
