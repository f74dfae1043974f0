"""What planners ask of a forecast: who arrives where and when, which camp overflows, who is left, who dies, the price.

In: the Dataset of a forecast, its scenario and its origin. Out: a `Planner`, tables of the days after the origin with
the quantiles 0.1, 0.5 and 0.9 over members. The numbers are those of the run, not rounded; what leaves the analyst's
desk passes the gate first.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maabar import facts, observe, quantities, world

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
LEVELS = (quantities.LOW, 0.5, quantities.HIGH)
WITHIN = (3, 7, 14, 30)  # days in which a camp may overflow
WEEK = 7
CAUSES = ("", ":strike", ":mine", ":crossing", ":execution")


@dataclasses.dataclass(frozen=True)
class Daily:
    """One quantity at one place on the days after the origin: quantiles p10, p50 and p90, each (h)."""

    quantity: str
    place: str
    name: str
    unit: str
    p10: tuple[float, ...]
    p50: tuple[float, ...]
    p90: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class Room:
    """A camp or host town with a capacity: how probable it is that people are more than it within so many days.

    within  days -> probability; days beyond the forecast are left out
    """

    place: str
    name: str
    capacity: float
    present: float
    within: dict[int, float]


@dataclasses.dataclass(frozen=True)
class Planner:
    """The planner's numbers of one forecast; prints itself, and `to_dict` is for machines.

    days     the days that are forecast
    daily    arrivals at each place, people inside, deaths by cause and price, day by day
    totals   the same flows summed over all days, as (quantity, place) rows with one value each
    rooms    camps and host towns with a capacity, the most endangered first
    """

    title: str
    origin: dt.date
    events: str
    members: int
    currency: str
    days: tuple[dt.date, ...]
    daily: tuple[Daily, ...]
    totals: tuple[Daily, ...]
    rooms: tuple[Room, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, texts and lists."""
        found = dataclasses.asdict(self)
        return found | {"origin": self.origin.isoformat(), "days": [day.isoformat() for day in self.days]}

    def __str__(self) -> str:
        """The forecast in words, then in tables."""
        head = f"{self.title}: {len(self.days)} days from the evening of {observe.date_words(self.origin)}"
        lines = [f"{head}, {self.members} members, events {self.events}", *(f"note: {one}" for one in self.notes), ""]
        lines += _aligned(self._sums())
        if self.rooms:
            lines += ["", *_aligned(self._overflow())]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The same, for notebooks."""
        return f"<pre>{html.escape(str(self))}</pre>"

    def _sums(self) -> list[tuple[str, ...]]:
        """Totals over all days, and levels on days 7, 14, 30 and the last."""
        table: list[tuple[str, ...]] = [("quantity", "place", "when", "p10", "p50", "p90")]
        span = f"all {len(self.days)} days"
        table += [(one.quantity, one.name, span, *_three(one, 0)) for one in self.totals if one.p90[0] > 0]
        ends = sorted({min(days, len(self.days)) for days in (*WITHIN[1:], len(self.days))})
        for one in self.daily:
            if quantities.quantity(one.quantity).kind == "stock" and max(one.p90) > 0:
                table += [
                    (one.quantity, one.name, self.days[end - 1].isoformat(), *_three(one, end - 1)) for end in ends
                ]
        return table

    def _overflow(self) -> list[tuple[str, ...]]:
        """The table of camps with a capacity."""
        known = [days for days in WITHIN if days <= len(self.days)] or [len(self.days)]
        table = [("more people than room", "capacity", "now", *(f"within {days} d" for days in known))]
        for room in self.rooms:
            chances = (f"{room.within[days]:.0%}" for days in known)
            table.append((room.name, observe.rounded(room.capacity), observe.rounded(room.present), *chances))
        return table


def _three(one: Daily, at: int) -> tuple[str, str, str]:
    return observe.rounded(one.p10[at]), observe.rounded(one.p50[at]), observe.rounded(one.p90[at])


def _aligned(table: list[tuple[str, ...]]) -> list[str]:
    """A table as lines, its first two columns to the left and the others to the right."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    left = 2 if table[0][0] == "quantity" else 1
    return [
        "  "
        + "  ".join(
            f"{cell:<{width}}" if column < left else f"{cell:>{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


def of(dataset: xr.Dataset, scenario: facts.Scenario, about: dict[str, Any], capacity: Floats | None = None) -> Planner:
    """The planner's numbers of a forecast.

    about     what its manifest says of it (origin, days, events, notes)
    capacity  (t, p) of each place [person], infinite where there is none; None: as the scenario says
    """
    origin = dt.date.fromisoformat(about["origin"])
    first = (origin - scenario.start).days + 1
    loaded = dataset.drop_vars(("departures", "fighters_lost"), errors="ignore").load()
    days = tuple(origin + dt.timedelta(days=day + 1) for day in range(loaded.sizes["day"] - first))
    asked = _asked(loaded, scenario)
    series = {key: quantities.series(loaded, *key).values[:, first:] for key in asked}
    flows = [key for key in asked if quantities.quantity(key[0]).kind == "flow"]
    return Planner(
        title=scenario.title,
        origin=origin,
        events=about["events"],
        members=loaded.sizes["member"],
        currency=scenario.currency,
        days=days,
        daily=tuple(_daily(key, asked[key], series[key], scenario) for key in asked),
        totals=tuple(_daily(key, asked[key], series[key].sum(axis=1, keepdims=True), scenario) for key in flows),
        rooms=tuple(
            rooms(loaded, scenario, first, world.compile(scenario).forcing.capacity if capacity is None else capacity)
        ),
        notes=tuple(about.get("notes", ())),
    )


def _asked(loaded: xr.Dataset, scenario: facts.Scenario) -> dict[tuple[str, str], str]:
    """The series of a planner: (quantity, place) -> name of the place."""
    settling = [place for place in scenario.places if place.kind in quantities.SETTLING]
    zones = {zone.id: zone.name for zone in scenario.zones if "inside" in loaded}
    asked = {("inside", zone): name for zone, name in zones.items()}
    asked |= {("arrivals", "*"): "everywhere"} | {("arrivals", place.id): place.name for place in settling}
    asked |= {("present", place.id): place.name for place in settling}
    asked |= {(f"killed{cause}", "*"): "everywhere" for cause in CAUSES}
    return asked | ({("price", zone): name for zone, name in zones.items()} if "price" in loaded else {})


def _daily(key: tuple[str, str], name: str, values: Floats, scenario: facts.Scenario) -> Daily:
    """Quantiles of a series (m, h); those of a price while nobody is inside are 0."""
    row = quantities.quantity(key[0])
    known = np.isfinite(values).any(axis=0)
    found = np.zeros((len(LEVELS), values.shape[1]))
    if known.any():
        found[:, known] = np.nanquantile(values[:, known], LEVELS, axis=0)
    unit = scenario.currency if row.unit == "currency" else row.unit
    low, middle, high = (tuple(float(value) for value in level) for level in found)
    return Daily(key[0], key[1], name, unit, low, middle, high)


def rooms(loaded: xr.Dataset, scenario: facts.Scenario, first: int, capacity: Floats) -> list[Room]:
    """Places with a capacity, by the probability that they overflow within the longest time asked for."""
    found = []
    for at, place in enumerate(scenario.places):
        limit = capacity[first:, at]
        if place.kind not in quantities.SETTLING or not np.isfinite(limit[0]):
            continue
        present = loaded["present"].isel(place=at).transpose("member", "day").values
        over = present[:, first:] > limit
        within = {
            days: float(over[:, :days].any(axis=1).mean()) for days in (*WITHIN, len(limit)) if days <= len(limit)
        }
        found.append(Room(place.id, place.name, float(limit[0]), float(np.median(present[:, first - 1])), within))
    return sorted(found, key=lambda room: -max(room.within.values()))
