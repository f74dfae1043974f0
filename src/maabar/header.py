"""scenario.toml: what a scenario is called, when it runs, who is in it, and its what-ifs.

In: the settings of a scenario. Out: a `Header` whose parts are complete where they had no fault. References to places
and routes are left to `checks`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maabar import cells, errors, events, facts, parameters, settings

LONGEST_RUN = 4000  # day
_DAYS = cells.Column(
    "days", "whole", required=True, lower=1, upper=LONGEST_RUN, what="a number of days", cure="write how long it runs"
)
_DEPARTURES = cells.Column("departures", "choice", choices=("simulated", "given"), default="simulated")
_SHARE = cells.Column(
    "share", "number", required=True, above=0, upper=1, what="a share", cure="write a share: 0.5 for half"
)
_SAVINGS = cells.Column(
    "savings", "number", required=True, above=0, what="savings of a person", cure="write a sum above 0 in the currency"
)
_TEXTS = ("title", "title_ar", "summary", "summary_ar")
# Where no cohorts are given money holds nobody back.
_EVERYBODY = (facts.Cohort("everybody", 1.0, 1e15),)


@dataclass(frozen=True)
class Header:
    """The contents of scenario.toml; start and days are None if they could not be read.

    zones_known  whether all zones could be read
    located  the events of each variant with the means to blame them
    blame    puts a fault at a key of the top of the file
    """

    title: str
    title_ar: str
    summary: str
    summary_ar: str
    start: dt.date | None
    days: int | None
    currency: str
    departures: facts.Departures
    besieger: str
    zones: tuple[facts.Zone, ...]
    zones_known: bool
    cohorts: tuple[facts.Cohort, ...]
    overrides: dict[str, parameters.Override]
    variants: tuple[facts.Variant, ...]
    located: list[events.Located]
    limits: tuple[str, ...]
    limits_ar: tuple[str, ...]
    blame: Callable[[str, str, str, str], None]


def read(path: Path, faults: list[errors.Fault]) -> Header | None:
    """The header, or None if the file is not TOML at all; faults are appended."""
    top = settings.read(path, faults)
    if top is None:
        return None
    text = {name: top.text(name, required=name == "title") for name in _TEXTS}
    start, days = top.date("start", required=True), top.number(_DAYS)
    currency = top.text("currency", required=True, cure='write its code, such as "SYP"')
    departures: facts.Departures = "given" if top.choice(_DEPARTURES) == "given" else "simulated"
    limits, limits_ar = top.texts("limits"), top.texts("limits_ar")
    if limits_ar and len(limits_ar) != len(limits):
        found, expected = f"{len(limits_ar)} sentences", f"{len(limits)}, as many as in limits"
        top.blame("limits_ar", found, expected, "write one for each of limits, in their order")
    named = [top.section("besieger"), top.section("parameters"), top.section("variants")]
    listed = {name: top.sections(name) for name in ("zones", "cohorts")}
    top.close()
    elsewhere = frozenset(top.asked)
    besieger = _besieger(named[0], elsewhere)
    zones = _zones(listed["zones"], besieger, elsewhere)
    zones_known = len(zones) == len({zone.id for zone in zones} - {""}) and bool(zones) == bool(top.values.get("zones"))
    cohorts = _cohorts(top, listed["cohorts"], departures, elsewhere)
    overrides = _overrides(named[1]) if named[1] else {}
    variants, located = _variants(named[2], overrides) if named[2] else ((), [])
    blame = _blamer(top)
    return Header(
        **text, start=start, days=days, currency=currency, departures=departures, besieger=besieger, zones=zones,
        zones_known=zones_known, cohorts=cohorts, overrides=overrides, variants=variants, located=located,
        limits=limits, limits_ar=limits_ar, blame=blame,
    )  # fmt: skip


def _blamer(section: settings.Section) -> Callable[[str, str, str, str], None]:
    def blame(key: str, found: str, expected: str, cure: str) -> None:
        section.blame(key, found, expected, cure)

    return blame


def _besieger(section: settings.Section | None, elsewhere: frozenset[str]) -> str:
    """The name of the besieger, '' if there is none."""
    if section is None:
        return ""
    name = section.text("name", required=True, cure="write who holds the place")
    section.close(elsewhere - {"name"})
    return name or "?"


def _identifier(section: settings.Section, key: str) -> str:
    """An id; a fault if it is absent or not one."""
    name = section.text(key, required=True, cure="write a short name such as raqqa")
    try:
        return cells.identifier(name) if name else ""
    except errors.Unreadable as error:
        section.blame(key, error.found, error.expected, error.cure)
    return name


def _zones(sections: list[settings.Section], besieger: str, elsewhere: frozenset[str]) -> tuple[facts.Zone, ...]:
    """The zones; each has an id of its own and a besieger."""
    zones: list[facts.Zone] = []
    for section in sections:
        name = _identifier(section, "id")
        if name and name in [zone.id for zone in zones]:
            section.blame("id", f"{errors.quote(name)} again", "each id once", "rename one of the zones")
        holder = section.text("besieger", default=besieger)
        zones.append(facts.Zone(name, section.text("name", default=name), section.text("name_ar"), holder))
        if not holder:
            section.blame(
                "besieger", "nothing", "the name of who holds the zone", "add it, or name in a table [besieger]"
            )
        section.close(elsewhere)
    return tuple(zones)


def _cohorts(
    top: settings.Section, sections: list[settings.Section], departures: str, elsewhere: frozenset[str]
) -> tuple[facts.Cohort, ...]:
    """The cohorts, whose shares are of everybody; one cohort of everybody where none are told apart."""
    before = len(top.faults)
    cohorts: list[facts.Cohort] = []
    for section in sections:
        name = section.text("name", required=True, cure="write a name such as poor")
        if name and name in [cohort.name for cohort in cohorts]:
            section.blame("name", f"{errors.quote(name)} again", "each name once", "rename one of the cohorts")
        share, savings = section.number(_SHARE), section.number(_SAVINGS)
        cohorts.append(facts.Cohort(name, share or 0.0, savings or 0.0))
        section.close(elsewhere)
    if len(top.faults) > before:
        return tuple(cohorts)
    if not sections and departures == "simulated":
        cure = "add [[cohorts]] with name, share and savings"
        top.blame("cohorts", "nothing", "at least one cohort, as departures are simulated", cure)
    total = math.fsum(cohort.share for cohort in cohorts)
    if sections and abs(total - 1) > 1e-6:
        top.blame("cohorts", f"shares that add up to {total:.6g}", "shares that add up to 1", "change the shares")
    return tuple(cohorts) or _EVERYBODY


def _known(section: settings.Section, name: str) -> parameters.Parameter | None:
    """The parameter of this name, or None and a fault."""
    table = parameters.table()
    if name not in table:
        cure = errors.suggestion(name, table, "see the names in parameters.csv")
        section.blame(name, "an unknown parameter", "a name of parameters.csv", cure)
    return table.get(name)


def _bounded(name: str, parameter: parameters.Parameter, key: str) -> cells.Column:
    """The column that reads a value of a parameter."""
    cure = f"{name} is in {parameter.unit}: {parameter.note}"
    return cells.Column(key, "number", lower=parameter.lower, upper=parameter.upper, what="a value", cure=cure)


def _overrides(section: settings.Section) -> dict[str, parameters.Override]:
    """What the scenario says about parameters; bounds may be narrowed, not widened."""
    found: dict[str, parameters.Override] = {}
    for name, value in section.named():
        parameter = _known(section, name)
        if parameter is None:
            continue
        before = len(section.faults)
        if isinstance(value, dict):
            override = _override(section, name, parameter)
        else:
            override = parameters.Override(section.number(_bounded(name, parameter, name)))
        if len(section.faults) > before:
            continue
        for field, problem in parameters.problems(parameters.overridden(parameter, override)):
            key = f"{name}.{field}" if isinstance(value, dict) else name
            section.faults.append(problem.at(section.file, section.line(name), key, "key"))
        if len(section.faults) == before:
            found[name] = override
    return found


def _override(section: settings.Section, name: str, parameter: parameters.Parameter) -> parameters.Override:
    """An override written as a table of default, lower, upper and prior."""
    inner = section.section(name)
    if inner is None:
        return parameters.Override()
    numbers = {key: inner.number(_bounded(name, parameter, key)) for key in ("default", "lower", "upper")}
    text = inner.text("prior")
    inner.close()
    if not text:
        return parameters.Override(**numbers)
    try:
        prior, drift = parameters.parse_prior(text)
    except errors.Unreadable as error:
        inner.blame("prior", error.found, error.expected, error.cure)
        return parameters.Override(**numbers)
    return parameters.Override(**numbers, prior=prior, drift=drift)


def _variants(
    section: settings.Section, overrides: dict[str, parameters.Override]
) -> tuple[tuple[facts.Variant, ...], list[events.Located]]:
    """The what-ifs, and their events with the means to blame them."""
    variants, located = [], []
    for name, value in section.named():
        if not isinstance(value, dict):
            cure = f"write [variants.{errors.printable(name)}] with title, rationale, events"
            section.blame(name, settings.describe(value), "a table", cure)
            continue
        inner = section.section(name)
        if inner is None:
            continue
        if not cells.ID.fullmatch(name):
            cure = "write for example bridges-kept"
            section.blame(name, errors.quote(name), "a name of small letters, digits and hyphens", cure)
        variant, its_events = _variant(inner, name, overrides)
        variants.append(variant)
        located.extend(its_events)
    return tuple(variants), located


def _variant(
    section: settings.Section, name: str, overrides: dict[str, parameters.Override]
) -> tuple[facts.Variant, list[events.Located]]:
    """One what-if; a fault if it changes nothing."""
    title = section.text("title", required=True, cure="say in a few words what is different")
    rationale = section.text("rationale", required=True, cure="say why it is worth asking")
    said = {"title_ar": section.text("title_ar"), "rationale_ar": section.text("rationale_ar")}
    before = len(section.faults)
    located = [one for one in map(events.of_variant, section.sections("events")) if one is not None]
    inner = section.section("parameters")
    changed = _changes(inner, overrides) if inner else {}
    section.close()
    if not located and not changed and len(section.faults) == before:
        section.blame(
            None, "a variant that changes nothing", "events or parameters", "add what is different, or delete it"
        )
    return facts.Variant(name, title, rationale, tuple(one.event for one in located), changed, **said), located


def _changes(section: settings.Section, overrides: dict[str, parameters.Override]) -> dict[str, float]:
    """Values of parameters in a what-if, within the bounds of the scenario."""
    changed: dict[str, float] = {}
    for name, _value in section.named():
        parameter = _known(section, name)
        if parameter is None:
            continue
        parameter = parameters.overridden(parameter, overrides.get(name, parameters.Override()))
        number: Any = section.number(_bounded(name, parameter, name))
        if number is not None:
            changed[name] = float(number)
    return changed
