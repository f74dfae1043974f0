"""Events: what each kind may be aimed at and what value it takes.

In: rows of `events.csv` or inline tables of a variant. Out: `facts.Event`s, each with the means to blame its own cells,
so that `checks` can look at targets and days later. One table, `KINDS`, says everything about the kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maabar import cells, errors, facts, settings, tables

Blame = Callable[[str, str, str, str], None]  # column, found, expected, cure


@dataclass(frozen=True)
class Kind:
    """What an event of one kind may be aimed at, and its value.

    targets  of home, zone, place (any), shelter (camp or refuge), route
    value    the column that reads its value
    once     whether it sets something on its first day only, so that an end has no meaning
    """

    targets: tuple[str, ...]
    value: cells.Column
    once: bool = False


def _share(what: str) -> cells.Column:
    return cells.Column(
        "value", "number", required=True, lower=0, upper=1, what=what, cure="write a share: 0.5 for half"
    )


def _amount(what: str, *, required: bool = True, upper: float | None = None) -> cells.Column:
    cure = "write a number that is not negative" if upper is None else "write deaths per 1,000 people on the way"
    return cells.Column("value", "number", required=required, lower=0, upper=upper, what=what, cure=cure)


def _word(*choices: str) -> cells.Column:
    return cells.Column("value", "choice", required=True, choices=choices, cure=f"write {errors.listed(choices)}")


KINDS = {
    "strikes": Kind(("home", "zone"), _amount("strikes a day")),
    "conflict": Kind(("place",), _share("an intensity of conflict")),
    "fighting": Kind(("home", "zone"), _share("an intensity of fighting")),
    "holder": Kind(("home", "zone"), _word("besieger", "other")),
    "exit_ban": Kind(("zone",), _share("a strictness of the ban")),
    "fighters": Kind(("home", "zone"), _amount("a number of fighters"), once=True),
    "route": Kind(("route",), _word("open", "closed")),
    "crossing": Kind(("route", "zone"), _share("a usable share of crossings")),
    "place": Kind(("place",), _word("open", "closed")),
    "capacity": Kind(("shelter",), _amount("a capacity in people", required=False)),
    "shelter_cost": Kind(("shelter",), _amount("a cost")),
    "mines": Kind(("route",), _amount("deaths per 1,000 people", upper=1000)),
    "corridor": Kind(("route",), _amount("people a day")),
    "truce": Kind(("zone",), _share("a strength of the truce")),
}
COLUMNS = (
    cells.Column("from", "date", required=True, cure="write the first day it holds"),
    cells.Column("until", "date"),
    cells.Column("kind", "choice", required=True, choices=tuple(KINDS), cure="choose what changes"),
    cells.Column("target", required=True, what="a place, zone or route", cure="write its id"),
    cells.Column("value"),
    cells.Column("source"),
    cells.Column("note"),
)


@dataclass(frozen=True)
class Located:
    """An event and how to blame one of its cells."""

    event: facts.Event
    blame: Blame


def read(path: Path, faults: list[errors.Fault]) -> list[Located]:
    """The events of a table that can be understood; faults are appended for the others."""
    found = []
    for row in tables.read(path, COLUMNS, faults):
        if row.faulty:
            continue

        def blame(column: str, what: str, expected: str, cure: str, row: tables.Row = row) -> None:
            faults.append(row.fault(column, what, expected, cure))

        event = _event(row.values, row["value"], row.line, blame, row.extra)
        if event is not None:
            found.append(Located(event, blame))
    return found


def of_variant(section: settings.Section) -> Located | None:
    """An event of a variant, or None and faults."""
    before = len(section.faults)
    text = {name: section.text(name) for name in ("source", "note")}
    values: dict[str, Any] = text | {
        "from": section.date("from", required=True),
        "until": section.date("until"),
        "kind": section.choice(COLUMNS[2]),
        "target": section.text("target", required=True, cure="write the id of a place, zone or route"),
    }
    value = _spelled(section)
    section.close()
    if len(section.faults) > before:
        return None

    def blame(key: str, what: str, expected: str, cure: str) -> None:
        section.blame(key, what, expected, cure)

    event = _event(values, value, section.line() or 0, blame, {})
    return None if event is None else Located(event, blame)


def _spelled(section: settings.Section) -> str:
    """The value of an event of a variant as a cell of a table would hold it."""
    section.asked.add("value")
    value = section.values.get("value", "")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        section.blame("value", settings.describe(value), "a number or a word", 'write 0.5 or "open"')
        return ""
    return value if isinstance(value, str) else settings.spelled(value)


def _event(values: dict[str, Any], text: str, line: int, blame: Blame, extra: dict[str, str]) -> facts.Event | None:
    """The event, if its value suits its kind and its days are in order."""
    kind = KINDS[values["kind"]]
    fine = True
    value: float | str | None = None
    try:
        value = _value(kind.value, text)
    except errors.Unreadable as error:
        blame("value", error.found, f"{error.expected}, as the kind is {values['kind']}", error.cure)
        fine = False
    begins, ends = values["from"], values["until"]
    if ends is not None and ends < begins:
        blame("until", f"'{ends}'", f"a date from {begins} on", "exchange the dates, or leave it blank for ever")
        fine = False
    elif ends is not None and kind.once and ends > begins:
        cure = "leave it blank: the number is set once and then follows the fighting"
        blame("until", f"'{ends}'", f"a blank cell or {begins}, as the kind is {values['kind']}", cure)
        fine = False
    if not fine:
        return None
    return facts.Event(
        begins, ends, values["kind"], values["target"], value, values["source"], values["note"], line, extra
    )


def _value(column: cells.Column, text: str) -> float | str | None:
    """The value of an event. Raises errors.Unreadable."""
    if text.strip():
        value: float | str = cells.convert(column, text)
        return value
    if column.required:
        raise errors.Unreadable("a blank cell", column.expected, column.cure)
    return None
