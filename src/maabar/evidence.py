"""Reports and their sources: who said what, when, about which days and place, and in which form.

In: `evidence.csv` and `sources.csv`. Out: frozen `Report`s and `Source`s, and faults with line and column.
Only the source's letter (A–F) enters a likelihood; the digit (1–6) is kept for people, because 1 means "confirmed by
others" and using both would count twice. Nothing is deleted: a correction is a new row that names what it corrects.
Units are brought to one spelling (persons → person, % → percent); values are kept as reported.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from maabar import cells, errors, tables, units

Form = Literal["exact", "range", "at_least", "at_most", "about", "rank", "trend", "word", "denial"]
FORMS: tuple[Form, ...] = ("exact", "range", "at_least", "at_most", "about", "rank", "trend", "word", "denial")
CAUSES = ("strike", "mine", "crossing", "execution")
EVERYWHERE = "*"

_PEOPLE, _FLOW, _MONEY, _SHARE = ("person",), ("person", "person/day"), ("currency",), ("share", "percent")
UNITS: dict[str, tuple[str, ...]] = {
    "inside": _PEOPLE,
    "present": _PEOPLE,
    "arrivals": _FLOW,
    "departures": _FLOW,
    "displaced_total": _PEOPLE,
    "killed": _FLOW,
    "held": _PEOPLE,
    "intercepted": _FLOW,
    "price": _MONEY,
    "shelter_cost": _MONEY,
    "share_to": _SHARE,
    "fighters": _PEOPLE,
    "controlled_share": _SHARE,
    "turned_away": _FLOW,
    "unsheltered": _PEOPLE,
    "guides": _PEOPLE,
    "mines": ("mine",),
    "policy": (),
}
QUANTITY_NAMES = tuple(UNITS)
_QUANTITIES = QUANTITY_NAMES + tuple(f"killed:{cause}" for cause in CAUSES)
_SPELLINGS = {"persons": "person", "people": "person", "persons/day": "person/day", "people/day": "person/day"}
_SPELLINGS |= {"%": "percent", "per cent": "percent", "shares": "share"}

# The numbers a form needs: one of each group.
_NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "exact": (("best",),),
    "about": (("best",),),
    "range": (("low",), ("high",)),
    "at_least": (("low", "best"),),
    "at_most": (("high", "best"),),
}


@dataclass(frozen=True)
class Source:
    """Who reports: a pseudonym where it is a person.

    reliability  A (completely reliable) to E (unreliable), F (cannot be judged)
    interest     the party whose side it takes, '' if none is known
    """

    id: str
    name: str
    kind: str
    reliability: str
    interest: str
    url: str
    line: int = 0
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """One claim.

    begins, ends  the days it is about, both included
    place         id of a place or zone, `*` for the whole scenario, ids joined by > (most first) for a rank
    quantity      a name of `QUANTITY_NAMES`, or killed:strike and the like
    low, best, high  in `unit`; a trend has best −1, 0 or 1
    group         reports of one group copy one another; '' stands alone
    """

    id: str
    reported_on: dt.date
    begins: dt.date
    ends: dt.date
    place: str
    quantity: str
    form: str
    low: float | None
    best: float | None
    high: float | None
    unit: str
    source: str
    credibility: int | None
    group: str
    note: str
    word: str = ""
    corrects: str = ""
    line: int = 0
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def measure(self) -> str:
        """The quantity without a cause: killed for killed:mine."""
        return self.quantity.partition(":")[0]

    @property
    def cause(self) -> str:
        """The cause of death that is meant, '' for all."""
        return self.quantity.partition(":")[2]

    @property
    def places(self) -> tuple[str, ...]:
        """The places named, most first in a rank."""
        return tuple(part.strip() for part in self.place.split(">"))


SOURCE_COLUMNS = (
    cells.Column("id", "id", required=True),
    cells.Column("name", required=True, what="a name or pseudonym"),
    cells.Column("kind", what="a kind such as agency, press, witness"),
    cells.Column(
        "reliability", "choice", required=True, choices=("A", "B", "C", "D", "E", "F"), cure="F: cannot be judged"
    ),
    cells.Column("interest"),
    cells.Column("url"),
)
REPORT_COLUMNS = (
    cells.Column("id", "id", required=True),
    cells.Column("reported_on", "date", required=True, cure="write the day it was published"),
    cells.Column("from", "date"),
    cells.Column("until", "date"),
    cells.Column("place", required=True, what="a place, a zone or *", cure="write * for the whole scenario"),
    cells.Column("quantity", "choice", required=True, choices=_QUANTITIES, cure="choose what a run records"),
    cells.Column("form", "choice", required=True, choices=FORMS, cure="say how the value was given"),
    cells.Column("low", "number"),
    cells.Column("best", "number"),
    cells.Column("high", "number"),
    cells.Column("unit"),
    cells.Column("source", required=True, what="an id of sources.csv", cure="say who reports"),
    cells.Column("credibility", "whole", lower=1, upper=6, what="a digit", cure="write 6 if it cannot be judged"),
    cells.Column("group"),
    cells.Column("note"),
    cells.Column("word"),
    cells.Column("corrects"),
)


def read_sources(path: Path, faults: list[errors.Fault]) -> tuple[Source, ...]:
    """The sources of a scenario; faults are appended."""
    sources = []
    for row in tables.read(path, SOURCE_COLUMNS, faults, key=("id",)):
        if row["url"] and not row["url"].startswith(("https://", "http://")):
            faults.append(
                row.fault(
                    "url",
                    errors.quote(row["url"]),
                    "an address that begins with https://",
                    "write it in full or leave it blank",
                )
            )
        sources.append(Source(**row.values, line=row.line, extra=row.extra))
    return tuple(sources)


def read_reports(path: Path, faults: list[errors.Fault], currency: str) -> tuple[Report, ...]:
    """The reports of a scenario; faults within a row are appended, references are left to `checks`.

    currency  of the scenario: money is reported in it, nothing is converted silently
    """
    reports = []
    for row in tables.read(path, REPORT_COLUMNS, faults, key=("id",)):
        if row.faulty:
            continue
        before = len(faults)
        for check in (_check_days, _check_numbers, _check_form):
            check(row, faults)
        unit = _unit(row, faults, currency)
        if len(faults) == before:
            reports.append(_report(row, unit))
    return tuple(reports)


def _report(row: tables.Row, unit: str) -> Report:
    values = {name: value for name, value in row.values.items() if name not in ("from", "until", "unit")}
    begins = row["from"] or row["reported_on"]
    return Report(**values, begins=begins, ends=row["until"] or begins, unit=unit, line=row.line, extra=row.extra)


def _check_days(row: tables.Row, faults: list[errors.Fault]) -> None:
    """A report is about days before it was made, and its days are in order."""
    begins, ends = row["from"] or row["reported_on"], row["until"]
    if begins > row["reported_on"]:
        limit = f"a date from {begins} on"
        faults.append(
            row.fault(
                "reported_on", f"'{row['reported_on']}'", limit, "a report cannot come before the days it is about"
            )
        )
    if ends is not None and ends < begins:
        faults.append(row.fault("until", f"'{ends}'", f"a date from {begins} on", "exchange the dates"))


def _check_numbers(row: tables.Row, faults: list[errors.Fault]) -> None:
    """Values are not negative (but for trends) and in order."""
    given = [(name, row[name]) for name in ("low", "best", "high") if row[name] is not None]
    for name, value in given:
        if row["form"] == "trend" and value not in (-1, 0, 1):
            faults.append(
                row.fault(
                    name, f"'{units.plain(value)}'", "-1, 0 or 1 in a trend", "write 1 for rising, -1 for falling"
                )
            )
        elif row["form"] != "trend" and value < 0:
            faults.append(
                row.fault(name, f"'{units.plain(value)}'", "a number of 0 or more", "write the value as reported")
            )
    for (first, lesser), (second, greater) in itertools.pairwise(given):
        if lesser > greater:
            limit = f"{units.plain(lesser)} or more, as {first} is {units.plain(lesser)}"
            faults.append(row.fault(second, f"'{units.plain(greater)}'", limit, "put low, best and high in order"))


def _check_form(row: tables.Row, faults: list[errors.Fault]) -> None:
    """Each form has the values it needs."""
    form = row["form"]
    for group in _NEEDS.get(form, ()):
        if all(row[name] is None for name in group):
            wanted = errors.listed(group)
            faults.append(
                row.fault(
                    group[0], "a blank cell", f"a number, as the form is {form}", f"fill {wanted}, or change the form"
                )
            )
    if form == "trend" and row["best"] is None:
        faults.append(
            row.fault("best", "a blank cell", "-1, 0 or 1, as the form is trend", "write 1 for rising, -1 for falling")
        )
    if form == "word" and not row["word"]:
        faults.append(
            row.fault(
                "word", "a blank cell", "a word, as the form is word", "write the reported word, such as hundreds"
            )
        )
    if form == "rank" and ">" not in row["place"]:
        faults.append(
            row.fault(
                "place",
                errors.quote(row["place"]),
                "two or more places, as the form is rank",
                "join them by >, most first",
            )
        )
    if form != "rank" and ">" in row["place"]:
        faults.append(
            row.fault(
                "place", errors.quote(row["place"]), f"one place, as the form is {form}", "change the form to rank"
            )
        )


def _unit(row: tables.Row, faults: list[errors.Fault], currency: str) -> str:
    """The unit in maabar's spelling; a fault if the quantity is not measured in it."""
    measure, form = row["quantity"].partition(":")[0], row["form"]
    unit = _SPELLINGS.get(row["unit"].casefold(), row["unit"])
    allowed = _allowed(measure, form, currency)
    folded = {name.casefold(): name for name in allowed}
    if allowed and unit.casefold() not in folded:
        found = errors.quote(row["unit"]) if row["unit"] else "a blank cell"
        cure = "convert the value and say so in the note" if row["unit"] else "write the unit of the value"
        faults.append(row.fault("unit", found, f"{errors.listed(allowed)}, as the quantity is {measure}", cure))
        return str(unit)
    unit = folded.get(unit.casefold(), unit)
    most = {"share": 1.0, "percent": 100.0}.get(unit)
    for name in ("low", "best", "high"):
        if most is not None and row[name] is not None and row[name] > most:
            limit = f"{unit} from 0 to {units.plain(most)}"
            faults.append(
                row.fault(name, f"'{units.plain(row[name])}'", limit, "check the unit: share is of 1, percent of 100")
            )
    return str(unit)


def _allowed(measure: str, form: str, currency: str) -> tuple[str, ...]:
    """The units a quantity may be reported in; () leaves it free."""
    if form in ("denial", "rank"):
        return ()
    if form in ("trend", "word"):
        return ({"trend": "direction", "word": "word"}[form],)
    if UNITS[measure] == _MONEY:
        return (currency, f"{currency}/person") if currency else ()
    return UNITS[measure]
