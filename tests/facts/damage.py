"""Ways to damage the template scenario, one small step at a time, and what loading it then says.

A row of a table of cases is the step and the whole message; the folder is always called `town`.
"""

import os
import pathlib
from collections.abc import Callable

from maabar import errors, scenario

T, P, R, E = "scenario.toml", "places.csv", "routes.csv", "events.csv"
I, S, V, L = "inflow.csv", "sources.csv", "evidence.csv", "lines.csv"  # noqa: E741 - one letter a file
FILES = (T, P, R, E, S, V, L)
Step = Callable[[pathlib.Path], None]


def town(folder: pathlib.Path) -> pathlib.Path:
    """The template, in a folder called town."""
    scenario.template(folder / "town")
    return folder / "town"


def faults_of(root: pathlib.Path) -> str:
    """The message of loading a scenario; '' if it has no fault."""
    try:
        scenario.load(root)
    except errors.InputError as error:
        return str(error)
    return ""


def edit(file: str, old: str, new: str, *, everywhere: bool = False) -> Step:
    """Replace the first (or every) occurrence of a text, which must be there."""

    def step(root: pathlib.Path) -> None:
        text = (root / file).read_text(encoding="utf-8")
        assert old in text, f"{file} of the template does not hold {old!r}"
        (root / file).write_text(text.replace(old, new, -1 if everywhere else 1), encoding="utf-8")

    return step


def cut(file: str, first: str, after: str) -> Step:
    """Delete from one text up to another."""

    def step(root: pathlib.Path) -> None:
        text = (root / file).read_text(encoding="utf-8")
        (root / file).write_text(text[: text.index(first)] + text[text.index(after) :], encoding="utf-8")

    return step


def put(file: str, content: str | bytes) -> Step:
    """Write a whole file."""
    return lambda root: _write(root / file, content)


def _write(path: pathlib.Path, content: str | bytes) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def add(file: str, line: str) -> Step:
    """Append a line."""

    def step(root: pathlib.Path) -> None:
        with (root / file).open("a", encoding="utf-8") as opened:
            opened.write(line + "\n")

    return step


def recode(file: str, encoding: str) -> Step:
    """Save a file in another encoding."""
    return lambda root: _write(root / file, (root / file).read_text(encoding="utf-8").encode(encoding))


def stretch(file: str, size: int) -> Step:
    """Make a file as long as `size` bytes, with a hole."""
    return lambda root: os.truncate(root / file, size)


def drop(file: str) -> Step:
    """Delete a file."""
    return lambda root: (root / file).unlink()


def ren(file: str, name: str) -> Step:
    """Rename a file."""

    def step(root: pathlib.Path) -> None:
        (root / file).rename(root / name)

    return step


def folder(file: str) -> Step:
    """A folder in place of a file."""
    return steps(drop(file), lambda root: (root / file).mkdir())


def loop(file: str) -> Step:
    """A link to itself in place of a file."""
    return steps(drop(file), lambda root: (root / file).symlink_to(file))


def pipe(file: str) -> Step:
    """A named pipe in place of a file: opening it would hang."""
    return steps(drop(file), lambda root: os.mkfifo(root / file))


def steps(*several: Step) -> Step:
    """One after the other."""

    def step(root: pathlib.Path) -> None:
        for one in several:
            one(root)

    return step
