"""The one exception tree, and the faults it carries.

In: what was found, what is allowed, what to do. Out: messages that name file, line and column.
A reader never stops at the first fault: it appends `Fault`s to a list and raises one `InputError` with all of them.
Exit codes (DESIGN.md, STYLE.md): 1 our bug, 2 the user's files or disk, 3 no convergence, 130 cancelled.
Text from files is shown through `quote`, so that a control character or a megabyte in a cell cannot spoil a terminal.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONGEST_QUOTE = 60


@dataclass(frozen=True)
class Fault:
    """One thing wrong in an input: where, what was found, what is allowed, what to do.

    file    as shown to the user, e.g. raqqa/routes.csv
    line    counted from 1; None when the fault is of the whole file
    column  column of a table or, with `label` key, the key of a settings file; None when it is of the whole line
    found   a phrase, already quoted where it repeats the user's text
    """

    file: str
    line: int | None
    column: str | None
    found: str
    expected: str
    cure: str
    label: str = "column"

    def __str__(self) -> str:
        """`raqqa/routes.csv:14: column 'km': found '-3', expected a distance above 0; write the road distance`."""
        where = printable(self.file) + (f":{self.line}" if self.line is not None else "")
        part = f" {self.label} {quote(self.column)}:" if self.column is not None else ""
        return f"{where}:{part} found {self.found}, expected {self.expected}; {self.cure}"


class MaabarError(Exception):
    """Any error that maabar raises on purpose."""

    exit_code = 1


class InputError(MaabarError):
    """The user's files are wrong; carries all faults found, in the order of files and lines."""

    exit_code = 2

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class RunError(MaabarError):
    """A run could not be written or read: full disk, folder exists or cannot be written, damaged results."""

    exit_code = 2


class ConvergenceError(MaabarError):
    """Calibration did not settle."""

    exit_code = 3


class Cancelled(MaabarError):
    """The user pressed Ctrl-C; finished work is kept."""

    exit_code = 130


class Unreadable(MaabarError, ValueError):
    """A piece of text is not what it should be: a fault that does not know its file yet."""

    exit_code = 2

    def __init__(self, found: str, expected: str, cure: str) -> None:
        self.found, self.expected, self.cure = found, expected, cure
        super().__init__(f"found {found}, expected {expected}; {cure}")

    def at(self, file: str, line: int | None, column: str | None, label: str = "column") -> Fault:
        """The same as a fault with its place."""
        return Fault(file, line, column, self.found, self.expected, self.cure, label)


def printable(text: str) -> str:
    """The text with control, direction and broken characters escaped; Arabic and accents stay."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def quote(text: str) -> str:
    """The user's text between single quotes, escaped and at most 60 characters long."""
    clipped = text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"
    return f"'{printable(clipped)}'"


def listed(words: Sequence[str], most: int = 24) -> str:
    """`a, b or c`; beyond `most` words the rest are counted."""
    if len(words) > most:
        return ", ".join(words[:most]) + f" or one of {len(words) - most} more"
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "nothing"


def nearest(word: str, words: Iterable[str], likeness: float = 0.6) -> str | None:
    """The word that was probably meant, if one is close (difflib ratio of at least `likeness`, case ignored)."""
    folded = {candidate.casefold(): candidate for candidate in words}
    close = difflib.get_close_matches(word[:80].casefold(), folded, n=1, cutoff=likeness)
    return folded[close[0]] if close else None


def suggestion(word: str, words: Iterable[str], otherwise: str) -> str:
    """`did you mean 'x'?`, or the cure for when nothing is close."""
    close = nearest(word, words)
    return f"did you mean {quote(close)}?" if close is not None else otherwise
