"""Cells: what a column may hold, and the value of a text in it.

In: a `Column` and a text. Out: a value of the right type, or `errors.Unreadable` with what is allowed and the cure.
Tables and settings are read by the same rules, so that a number or a date is written alike in both.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Literal

from maabar import errors, units

Kind = Literal["text", "id", "number", "whole", "date", "choice", "flag"]
YES, NO = ("yes", "true", "1", "y"), ("no", "false", "0", "n", "")
ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)


@dataclass(frozen=True)
class Column:
    """What a column may hold.

    kind      text | id (small letters, digits, hyphens) | number | whole | date | choice | flag (yes or no)
    required  the column must be there and no cell of it may be blank
    lower, upper, above  bounds of numbers; `above` is exclusive
    default   the value of a blank cell (text, id and choice: '' when not given)
    what      the thing in words, with its article, for messages: `a distance`
    cure      what to do about a bad cell, where the reader knows nothing better
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    lower: float | None = None
    upper: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    default: Any = None
    what: str = ""
    cure: str = ""

    @property
    def blank(self) -> Any:
        """The value of a blank cell."""
        return "" if self.default is None and self.kind in ("text", "id", "choice") else self.default

    @property
    def neutral(self) -> Any:
        """A value of the right type that stands in for a faulty cell."""
        stand_in = {"number": 0.0, "whole": 0, "date": dt.date.min, "flag": False}
        return self.default if self.default is not None else stand_in.get(self.kind, "")

    @property
    def expected(self) -> str:
        """The phrase of the messages: `a distance above 0`."""
        phrase = self.what or {"whole": "a whole number", "number": "a number", "id": "an id", "text": "a text"}.get(
            self.kind, ""
        )
        if self.kind == "choice":
            return errors.listed(self.choices)
        if self.kind == "flag":
            return "yes or no"
        if self.kind == "date":
            return f"{phrase or 'a date'} like 2017-06-06"
        return phrase + _bounds(self.lower, self.upper, self.above)


def _bounds(lower: float | None, upper: float | None, above: float | None) -> str:
    """The bounds of a number in words, with a leading space."""
    if above is not None:
        return f" above {units.plain(above)}" + (f" and up to {units.plain(upper)}" if upper is not None else "")
    if lower is not None and upper is not None:
        return f" from {units.plain(lower)} to {units.plain(upper)}"
    if lower is not None:
        return f", {units.plain(lower)} or more"
    return f" up to {units.plain(upper)}" if upper is not None else ""


def convert(column: Column, cell: str) -> Any:
    """The value of a cell that is not blank. Raises errors.Unreadable."""
    cell = cell.strip()
    match column.kind:
        case "number" | "whole":
            return number(column, cell)
        case "date":
            return units.parse_date(cell, column.expected)
        case "choice":
            return _choice(column, cell)
        case "flag":
            if cell.casefold() in YES + NO:
                return cell.casefold() in YES
            raise errors.Unreadable(errors.quote(cell), column.expected, column.cure or "write yes or no")
        case "id":
            return identifier(cell, column.expected)
    return cell


def number(column: Column, cell: str) -> float | int:
    """A number within the bounds of its column; an int for `whole`. Raises errors.Unreadable."""
    value = units.parse_number(cell, column.expected)
    outside = (
        (column.lower is not None and value < column.lower)
        or (column.upper is not None and value > column.upper)
        or (column.above is not None and value <= column.above)
    )
    if outside:
        raise errors.Unreadable(errors.quote(cell), column.expected, column.cure or "write a value that is allowed")
    if column.kind == "number":
        return value
    if not value.is_integer():
        raise errors.Unreadable(errors.quote(cell), column.expected, "write a whole number")
    return int(value)


def slug(text: str) -> str:
    """The text as an id: ain-issa for `Ain Issa`; '' if it has no Latin letter or digit."""
    return "-".join(re.findall(r"[a-z0-9]+", text[:80].casefold(), re.ASCII))


def identifier(cell: str, expected: str = "an id") -> str:
    """An id of small letters, digits and single hyphens. Raises errors.Unreadable with a way to write it."""
    if ID.fullmatch(cell):
        return cell
    way = slug(cell)
    cure = f"write {way}" if way else "write the name in Latin letters; other scripts belong in the name columns"
    raise errors.Unreadable(errors.quote(cell), f"{expected} of small letters, digits and hyphens", cure)


def _choice(column: Column, cell: str) -> str:
    """One of the choices, whatever its case."""
    for choice in column.choices:
        if cell.casefold() == choice.casefold():
            return choice
    cure = errors.suggestion(cell, column.choices, column.cure or "write one of them")
    raise errors.Unreadable(errors.quote(cell), column.expected, cure)
