"""The facts of a scenario as frozen dataclasses.

Nothing is computed here but names and days. `scenario` reads them from a folder and re-exports them; `world` turns
them into arrays. Units stand with each field; axes and laws are in docs/model.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from maabar import evidence, parameters

PLACE_KINDS = ("home", "waypoint", "camp", "refuge")
MODES = ("road", "foot", "boat")
Departures = Literal["simulated", "given"]


@dataclass(frozen=True)
class Place:
    """A place.

    kind          home (people live there at the start) | waypoint | camp | refuge (host town, abroad)
    zone          id of the zone of a home, '' for none
    population    people at the start [person]; 0 at a waypoint
    capacity      sheltered people a camp or refuge can hold [person]; None: no limit
    shelter_cost  one-off cost of shelter [currency/person]
    dwell_days    mean stay before moving on [day]; None: nobody moves on
    pull          attraction on top of that of its kind [1]
    pcode         P-code of the place itself
    iso3          ISO 3166-1 code of three letters; admin1 and admin2, the first- and second-level units it lies in
    admin2_ar     what the second-level unit is called in Arabic
    """

    id: str
    name: str
    name_ar: str
    kind: str
    zone: str
    lat: float
    lon: float
    population: int
    capacity: float | None
    shelter_cost: float
    dwell_days: float | None
    pull: float
    pcode: str
    admin2: str
    source: str
    iso3: str = ""
    admin1: str = ""
    admin1_pcode: str = ""
    admin2_pcode: str = ""
    admin2_ar: str = ""
    line: int = 0
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """A way between two places, in both directions unless `one_way`.

    km                 distance on the ground [km]
    mines_per_1000     deaths by mines per 1,000 who use it [1/1000]
    crossing_per_1000  deaths at the crossing per 1,000 who use it [1/1000]
    guided             whether guides lead people along it, from `start` to `end`
    id                 start>end, or start>end:mode where rows of several modes join the two
    """

    start: str
    end: str
    km: float
    mode: str
    one_way: bool
    mines_per_1000: float
    crossing_per_1000: float
    guided: bool
    source: str
    id: str
    line: int = 0
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """Something that holds from a day until a day, both included (docs/model.md, step 1).

    ends   None: to the end of the run
    value  a number or a word, by kind; None: no limit (capacity only)
    line   in events.csv, or in scenario.toml for events of a variant
    """

    begins: dt.date
    ends: dt.date | None
    kind: str
    target: str
    value: float | str | None
    source: str
    note: str
    line: int = 0
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Zone:
    """Homes under one besieger and with one market of passage."""

    id: str
    name: str
    name_ar: str
    besieger: str


@dataclass(frozen=True)
class Cohort:
    """People alike in means: `share` of everybody [1], `savings` at the start [currency/person]."""

    name: str
    share: float
    savings: float


@dataclass(frozen=True)
class Variant:
    """A what-if: events after those of the scenario, and values of parameters."""

    name: str
    title: str
    rationale: str
    events: tuple[Event, ...]
    parameters: Mapping[str, float]
    title_ar: str = ""
    rationale_ar: str = ""


@dataclass(frozen=True)
class Line:
    """A line of the map, such as a river: points in order as (lat, lon) [degree]."""

    name: str
    name_ar: str
    points: tuple[tuple[float, float], ...]


class Inflow(NamedTuple):
    """People who set out on a day, where departures are given; place '' shares them by conflict."""

    date: dt.date
    persons: int
    place: str


@dataclass(frozen=True)
class Scenario:
    """All that is known of one place and time, as read from its folder.

    digest  sha256 over the names and contents of its files
    limits  what the model does not know here, in plain sentences; limits_ar, the same in Arabic, or nothing
    """

    path: Path
    name: str
    title: str
    title_ar: str
    summary: str
    start: dt.date
    days: int
    currency: str
    departures: Departures
    besieger: str
    zones: tuple[Zone, ...]
    cohorts: tuple[Cohort, ...]
    places: tuple[Place, ...]
    routes: tuple[Route, ...]
    events: tuple[Event, ...]
    inflow: tuple[Inflow, ...]
    reports: tuple[evidence.Report, ...]
    sources: tuple[evidence.Source, ...]
    variants: tuple[Variant, ...]
    overrides: Mapping[str, parameters.Override]
    rivers: tuple[Line, ...]
    limits: tuple[str, ...]
    digest: str = ""
    summary_ar: str = ""
    limits_ar: tuple[str, ...] = ()

    @property
    def end(self) -> dt.date:
        """The last day."""
        return last_day(self.start, self.days)

    def parameters(self) -> dict[str, parameters.Parameter]:
        """The package's parameters with this scenario's overrides, in the order of the table."""
        none = parameters.Override()
        return {
            name: parameters.overridden(parameter, self.overrides.get(name, none))
            for name, parameter in parameters.table().items()
        }

    def variant(self, name: str) -> Variant | None:
        """The variant of this name, if there is one."""
        return next((variant for variant in self.variants if variant.name == name), None)


def last_day(start: dt.date, days: int) -> dt.date:
    """The last day of a run of `days` days."""
    return start + dt.timedelta(days=max(days, 1) - 1)


def matching(routes: Iterable[Route], target: str) -> tuple[Route, ...]:
    """The routes an event means: by id, or all modes by `start>end`."""
    return tuple(route for route in routes if target in (route.id, f"{route.start}>{route.end}"))
