"""Events painted over days: the arrays of a scenario that the compiled day reads.

Goes in: a checked scenario, then its events one by one in the order they are to be painted. Comes out: a `Network`
and a `Forcing`. Values of links change seldom, so they are kept per *epoch* (a run of days with the same values);
values of places are kept per day.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maabar import scenario

HOME, WAYPOINT, CAMP, REFUGE = 0, 1, 2, 3
KINDS = {"home": HOME, "waypoint": WAYPOINT, "camp": CAMP, "refuge": REFUGE}
MODES = {"road": 0, "foot": 1, "boat": 2}
Array = NDArray[Any]


class Network(NamedTuple):
    """Places p, directed links l, cohorts c, zones z; nothing here changes during a run."""

    kind: Array  # (p) int64, HOME … REFUGE
    zone: Array  # (p) int64, -1 for none
    residents: Array  # (p) people at home in places.csv [person]
    dwell: Array  # (p) mean stay [day], 0 where people do not move on
    first: Array  # (p + 1) int64, links out of p are out[first[p]:first[p + 1]]
    out: Array  # (l) int64
    into_first: Array  # (p + 1) int64, the same for links into p
    into: Array  # (l) int64
    tail: Array  # (l) int64
    head: Array  # (l) int64
    km: Array  # (l) [km]
    mode: Array  # (l) int64, road, foot, boat
    guided: Array  # (l) bool
    settling: Array  # (d) int64, camps and refuges
    homes: Array  # (h) int64
    guided_links: Array  # (z) number of the zone's guided links
    savings: Array  # (c) at the start [currency/person]
    mean_savings: float  # over cohorts by share [currency/person]


class Forcing(NamedTuple):
    """The world of each day t."""

    strikes: Array  # (t, p) [strike/day]
    fighting: Array  # (t, p) 0..1
    conflict: Array  # (t, p) 0..1
    attraction: Array  # (t, p) the place's own pull [1]
    besieged: Array  # (t, p) bool
    ban: Array  # (t, z) 0..1
    is_open: Array  # (t, p) bool
    capacity: Array  # (t, p) [person], infinite where there is none
    shelter_cost: Array  # (t, p) [currency/person]
    fighters_set: Array  # (t, p) [fighter], nan where nothing is set
    inflow: Array  # (t, p) persons whose home is given [person/day]
    inflow_any: Array  # (t) persons to be shared among homes [person/day]
    epoch: Array  # (t) int64, row of the arrays below
    link_open: Array  # (e, l) bool
    usable: Array  # (e, l) 0..1
    mines: Array  # (e, l) deaths per 1000
    crossing: Array  # (e, l) deaths per 1000
    corridor: Array  # (e, l) [person/day], 0 where there is none
    network_changed: Array  # (t) bool, besieged homes or open links differ from the day before


def largest_remainder(parts: Array) -> Array:
    """Whole numbers with the sum of `parts` (rounded) and each within 1 of its part (Hamilton's method)."""
    down = np.floor(parts)
    missing = round(float(parts.sum())) - int(down.sum())
    order = np.argsort(-(parts - down), kind="stable")
    down[order[:missing]] += 1.0
    return down


def _pairs(ends: list[int], places: int) -> tuple[Array, Array]:
    """Compressed lists: for each place, which links have it as their end."""
    order = np.argsort(np.array(ends, dtype=np.int64), kind="stable")
    first = np.searchsorted(np.array(ends, dtype=np.int64)[order], np.arange(places + 1))
    return first.astype(np.int64), order.astype(np.int64)


class Painter:
    """Events painted one by one over arrays that start as the tables say."""

    def __init__(self, facts: scenario.Scenario) -> None:
        """Lay out places, links and days."""
        self.facts = facts
        self.place = {place.id: i for i, place in enumerate(facts.places)}
        self.zone = {zone.id: i for i, zone in enumerate(facts.zones)}
        self.zone_of = np.array([self.zone.get(place.zone, -1) for place in facts.places], dtype=np.int64)
        self.kind = np.array([KINDS[place.kind] for place in facts.places], dtype=np.int64)
        self.residents = np.array([float(place.population) for place in facts.places])
        self._lay_links()
        self._lay_days()

    def _lay_links(self) -> None:
        self.link_ids: list[str] = []
        self.tail: list[int] = []
        self.head: list[int] = []
        self.row: list[scenario.Route] = []
        self.links_of: dict[str, list[int]] = {}
        for route in self.facts.routes:
            ends = [(route.start, route.end)] + ([] if route.one_way else [(route.end, route.start)])
            suffix = route.id[len(f"{route.start}>{route.end}") :]
            for start, end in ends:
                link = len(self.link_ids)
                self.link_ids.append(f"{start}>{end}{suffix}")
                self.tail.append(self.place[start])
                self.head.append(self.place[end])
                self.row.append(route)
                for name in {route.id, f"{route.start}>{route.end}"}:
                    self.links_of.setdefault(name, []).append(link)
        forward = [route.start == self.facts.places[tail].id for route, tail in zip(self.row, self.tail, strict=True)]
        homes = [self.kind[tail] == HOME and self.zone_of[tail] >= 0 for tail in self.tail]
        self.forward = np.array(forward, dtype=bool)
        self.guided = np.array([r.guided for r in self.row], dtype=bool) & self.forward & np.array(homes, dtype=bool)

    def _lay_days(self) -> None:
        days, places, zones, links = (
            self.facts.days,
            len(self.facts.places),
            len(self.facts.zones),
            len(self.link_ids),
        )
        self.zone_strikes = np.zeros((days, zones))
        self.strikes = np.zeros((days, places))
        self.fighting = np.zeros((days, places))
        self.conflict = np.zeros((days, places))
        self.besieged = np.repeat(((self.kind == HOME) & (self.zone_of >= 0))[None, :], days, axis=0)
        self.ban = np.zeros((days, zones))
        self.truce = np.zeros((days, zones))
        self.is_open = np.ones((days, places), dtype=bool)
        unlimited = [np.inf if place.capacity is None else place.capacity for place in self.facts.places]
        self.capacity = np.repeat(np.array(unlimited)[None, :], days, axis=0)
        self.shelter_cost = np.repeat(np.array([p.shelter_cost for p in self.facts.places])[None, :], days, axis=0)
        self.fighters_set = np.full((days, places), np.nan)
        self.zone_fighters = np.full((days, zones), np.nan)
        self.epoch = self._epochs()
        rows = int(self.epoch[-1]) + 1
        self.link_open = np.ones((rows, links), dtype=bool)
        self.usable = np.ones((rows, links))
        self.mines = np.repeat(np.array([route.mines_per_1000 for route in self.row])[None, :], rows, axis=0)
        self.crossing = np.repeat(np.array([route.crossing_per_1000 for route in self.row])[None, :], rows, axis=0)
        self.corridor = np.zeros((rows, links))

    def _epochs(self) -> Array:
        """Row of the link arrays for each day: a new one wherever an event on a link begins or has ended.

        Every event of every variant counts, so that variants share their rows with the scenario as it was.
        """
        events = list(self.facts.events) + [event for variant in self.facts.variants for event in variant.events]
        begins = np.zeros(self.facts.days, dtype=np.int64)
        for event in events:
            if event.kind in ("route", "crossing", "mines", "corridor"):
                days = self._days(event)
                for edge in (days.start, days.stop):
                    if 0 < edge < self.facts.days:
                        begins[edge] = 1
        return np.cumsum(begins)

    def _days(self, event: scenario.Event) -> slice:
        start = (event.begins - self.facts.start).days
        stop = self.facts.days if event.ends is None else (event.ends - self.facts.start).days + 1
        return slice(max(start, 0), max(min(stop, self.facts.days), 0))

    def _homes(self, target: str) -> Iterable[int]:
        """A place, or the homes of a zone."""
        if target in self.place:
            return [self.place[target]]
        return [int(p) for p in np.flatnonzero((self.kind == HOME) & (self.zone_of == self.zone[target]))]

    def paint(self, event: scenario.Event) -> None:
        """Write one event over its days."""
        days, value = self._days(event), event.value
        if days.start >= days.stop:
            return
        number = float(value) if isinstance(value, int | float) else 0.0
        if event.kind in ("route", "crossing", "mines", "corridor"):
            self._paint_links(event, slice(int(self.epoch[days.start]), int(self.epoch[days.stop - 1]) + 1), number)
        elif event.kind in ("exit_ban", "truce"):
            (self.ban if event.kind == "exit_ban" else self.truce)[days, self.zone[event.target]] = number
        elif event.kind == "strikes" and event.target in self.zone:
            self.zone_strikes[days, self.zone[event.target]] = number
        elif event.kind == "fighters":
            if event.target in self.zone:
                self.zone_fighters[days.start, self.zone[event.target]] = number
            else:
                self.fighters_set[days.start, self.place[event.target]] = number
        else:
            painted = {
                "strikes": (self.strikes, number),
                "conflict": (self.conflict, number),
                "fighting": (self.fighting, number),
                "holder": (self.besieged, value == "besieger"),
                "place": (self.is_open, value == "open"),
                "capacity": (self.capacity, np.inf if value is None else number),
                "shelter_cost": (self.shelter_cost, number),
            }
            array, new = painted[event.kind]
            array[days, list(self._homes(event.target))] = new

    def _paint_links(self, event: scenario.Event, rows: slice, number: float) -> None:
        if event.target in self.links_of:
            links = self.links_of[event.target]
        else:
            zone = self.zone[event.target]
            links = [int(link) for link in np.flatnonzero(self.guided) if self.zone_of[self.tail[link]] == zone]
        if event.kind == "corridor":
            links = [link for link in links if self.forward[link]]
        array = {"route": self.link_open, "crossing": self.usable, "mines": self.mines, "corridor": self.corridor}
        array[event.kind][rows, links] = event.value == "open" if event.kind == "route" else number

    def network(self) -> Network:
        """The arrays that do not change."""
        first, out = _pairs(self.tail, len(self.place))
        into_first, into = _pairs(self.head, len(self.place))
        tail, head = np.array(self.tail, dtype=np.int64), np.array(self.head, dtype=np.int64)
        zones = [int(np.sum(self.guided & (self.zone_of[tail] == z))) for z in range(len(self.zone))]
        savings = np.array([float(cohort.savings) for cohort in self.facts.cohorts])
        return Network(
            kind=self.kind,
            zone=self.zone_of,
            residents=self.residents,
            dwell=np.array([float(place.dwell_days or 0.0) for place in self.facts.places]),
            first=first,
            out=out,
            into_first=into_first,
            into=into,
            tail=tail,
            head=head,
            km=np.array([float(route.km) for route in self.row]),
            mode=np.array([MODES[route.mode] for route in self.row], dtype=np.int64),
            guided=self.guided,
            settling=np.flatnonzero(self.kind >= CAMP).astype(np.int64),
            homes=np.flatnonzero(self.kind == HOME).astype(np.int64),
            guided_links=np.array(zones, dtype=np.float64),
            savings=savings,
            mean_savings=float(np.dot(savings, [cohort.share for cohort in self.facts.cohorts])),
        )

    def forcing(self) -> Forcing:
        """The arrays of each day, after all events."""
        inflow, inflow_any = np.zeros_like(self.strikes), np.zeros(self.facts.days)
        for day, persons, place in self.facts.inflow:
            t = (day - self.facts.start).days
            if place:
                inflow[t, self.place[place]] += persons
            else:
                inflow_any[t] += persons
        calm = 1.0 - np.where(self.zone_of >= 0, self.truce[:, np.maximum(self.zone_of, 0)], 0.0) if self.zone else 1.0
        shifted = self.besieged[1:] != self.besieged[:-1]
        opened = (self.link_open[self.epoch[1:]] != self.link_open[self.epoch[:-1]]).any(axis=1)
        return Forcing(
            strikes=(self.strikes + self._shared_strikes()) * calm,
            fighting=self.fighting * calm,
            conflict=self.conflict,
            attraction=np.tile([float(place.pull) for place in self.facts.places], (self.facts.days, 1)),
            besieged=self.besieged,
            ban=self.ban,
            is_open=self.is_open,
            capacity=self.capacity,
            shelter_cost=self.shelter_cost,
            fighters_set=self._fighters(),
            inflow=inflow,
            inflow_any=inflow_any,
            epoch=self.epoch,
            link_open=self.link_open,
            usable=self.usable,
            mines=self.mines,
            crossing=self.crossing,
            corridor=self.corridor,
            network_changed=np.concatenate([[True], shifted.any(axis=1) | opened]),
        )

    def _fighters(self) -> Array:
        """Fighters set at each home (t, p): those of a zone shared among its besieged homes by people at the start.

        A number set for a home on the same day holds over its share of the zone's.
        """
        found = np.full_like(self.fighters_set, np.nan)
        for day, zone in np.argwhere(np.isfinite(self.zone_fighters)):
            homes = np.flatnonzero(self.besieged[day] & (self.zone_of == zone))
            people = self.residents[homes]
            shares = people / people.sum() if people.sum() > 0 else np.full(len(homes), 1.0 / max(1, len(homes)))
            found[day, homes] = largest_remainder(self.zone_fighters[day, zone] * shares)
        return np.where(np.isfinite(self.fighters_set), self.fighters_set, found)

    def _shared_strikes(self) -> Array:
        """Strikes aimed at a zone, shared among its besieged homes by people at the start (t, p)."""
        shared = np.zeros_like(self.strikes)
        for z in range(len(self.zone)):
            weight = np.where(self.besieged & (self.zone_of == z)[None, :], self.residents[None, :], 0.0)
            total = weight.sum(axis=1, keepdims=True)
            shared += np.divide(weight, total, out=np.zeros_like(weight), where=total > 0) * self.zone_strikes[:, [z]]
        return shared
