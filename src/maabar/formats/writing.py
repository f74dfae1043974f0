"""Folders and tables that imports write: all of it, or nothing.

In: texts by file name. Out: a folder that is put in place in one step, once what it holds has been checked.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from maabar import errors, files, storage


def new_folder(destination: Path) -> Path:
    """The destination, which is new or an empty folder. Raises errors.RunError."""
    target = Path(os.path.abspath(destination))
    shown = errors.printable(str(destination))
    if files.exists(target):
        if not target.is_dir():
            raise errors.RunError(f"{shown}: found a file, expected a new folder; choose another name")
        try:
            is_full = any(target.iterdir())
        except OSError as fault:
            raise errors.RunError(storage.explained(fault, target)) from fault
        if is_full:
            raise errors.RunError(f"{shown}: found a folder that is not empty, expected a new one; choose another name")
        return target.resolve()
    return target


def table(rows: Sequence[Mapping[str, object]], head: Iterable[str]) -> str:
    """A table as text; the columns of all rows, in the order in which they appear."""
    columns = list(dict.fromkeys([*head, *(name for row in rows for name in row)]))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def place(tables: Mapping[str, str], target: Path, check: Callable[[Path], object]) -> None:
    """Write the files into a folder beside the target, and put it in place once `check` finds no fault in it.

    Raises errors.RunError if the system refuses.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir()
        try:
            for name, content in tables.items():
                storage.write(part / name, content.encode())
            check(part)
            with contextlib.suppress(FileNotFoundError):
                target.rmdir()
            os.rename(part, target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as fault:
        raise errors.RunError(storage.explained(fault, target.parent)) from fault
    except errors.InputError as fault:
        found = f"{target.name}: found an import that does not load, expected a scenario; please report it: "
        raise errors.MaabarError(found + str(fault.faults[0])) from fault
