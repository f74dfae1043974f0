"""The fixed part of a tiny world for the slow simulator in oracle.py: links, what the events say day by day, journeys.

In: a scenario as read from its folder and one value for every parameter. Written from docs/model.md alone; no code is
shared with the engine.
"""

from __future__ import annotations

import dataclasses
import datetime
import math


@dataclasses.dataclass(frozen=True)
class Link:
    """One direction of a row of routes.csv."""

    number: int
    id: str
    route_id: str
    row: int
    start: int
    end: int
    hours: int
    travel: float
    mode: str
    guided: bool
    forward: bool


@dataclasses.dataclass
class Day:
    """What the events say about one day."""

    strikes: list[float]
    fighting: list[float]
    conflict: list[float]
    besieged: list[bool]
    place_open: list[bool]
    capacity: list[float | None]
    shelter_cost: list[float]
    ban: list[float]
    link_open: list[bool]
    usable: list[float]
    mines: list[float]
    crossing: list[float]
    corridor: list[float | None]
    fighters: dict[int, float]
    inflow: list[tuple[int, int | None]]
    free: list[bool] = dataclasses.field(default_factory=list)
    cost: list[float] = dataclasses.field(default_factory=list)
    journey: list[list[float]] = dataclasses.field(default_factory=list)
    journey_hours: list[list[int]] = dataclasses.field(default_factory=list)


class Fixed:
    """The world of one scenario and one set of parameter values, ready to be run again and again."""

    def __init__(self, scenario, values: dict[str, float]) -> None:
        self.scenario = scenario
        self.value = values
        self.places = scenario.places
        self.kind = [place.kind for place in scenario.places]
        self.at = {place.id: number for number, place in enumerate(scenario.places)}
        self.homes = [p for p, place in enumerate(self.places) if place.kind == "home"]
        self.zones = [zone.id for zone in scenario.zones]
        self.zone = [self.zones.index(place.zone) if place.zone else -1 for place in self.places]
        self.residents = [place.population if place.kind == "home" else 0 for place in self.places]
        self.links = self._links()
        self.out = [[link for link in self.links if link.start == p] for p in range(len(self.places))]
        self.share = [cohort.share for cohort in scenario.cohorts]
        self.savings = [cohort.savings for cohort in scenario.cohorts]
        self.lag = round(values["news_lag"])
        self.given = scenario.departures == "given"
        self.start = self._people_at_start()
        self.days = [self._day(t) for t in range(scenario.days)]
        for t, day in enumerate(self.days):
            self._journeys(day, self.days[max(0, t - self.lag)])
        self.fighters_at_start = self._fighters_at_start()

    def _links(self) -> list[Link]:
        links: list[Link] = []
        for row, route in enumerate(self.scenario.routes):
            travel = route.km / self.value[f"speed_{route.mode}"]
            hours, way = max(1, round(travel)), (travel, route.mode)
            start, end = self.at[route.start], self.at[route.end]
            links.append(Link(len(links), route.id, route.id, row, start, end, hours, *way, route.guided, True))
            if not route.one_way:
                suffix = route.id.removeprefix(f"{route.start}>{route.end}")
                back = f"{route.end}>{route.start}{suffix}"
                links.append(Link(len(links), back, route.id, row, end, start, hours, *way, False, False))
        return links

    def _people_at_start(self) -> list[list[int]]:
        """People at a place at the start, by cohort: shares rounded down, those left to the largest remainders."""
        start = []
        for place in self.places:
            at_home = 0 if self.given else round(place.population * self.value["population_factor"])
            total = at_home if place.kind == "home" else place.population
            parts = [total * share for share in self.share]
            counts = [math.floor(part) for part in parts]
            largest = sorted(range(len(parts)), key=lambda c: counts[c] - parts[c])
            for c in largest[: total - sum(counts)]:
                counts[c] += 1
            start.append(counts)
        return start

    # ------------------------------------------------------------------ step 1, the day's world
    def _in_force(self, t: int, *kinds: str):
        """Events of these kinds in force on day t, those that began earlier first, then by row."""
        today = self.scenario.start + datetime.timedelta(days=t)
        events = [e for e in self.scenario.events if e.kind in kinds]
        return sorted(
            (e for e in events if e.begins <= today and (e.ends is None or today <= e.ends)), key=lambda e: e.begins
        )

    def _latest(self, t: int, kind: str):
        """Of the events of one kind in force on day t, the last for each target; those of other targets add to it."""
        return {event.target: event for event in self._in_force(t, kind)}.values()

    def _homes_of(self, target: str) -> list[int]:
        return [p for p in self.homes if target in (self.places[p].id, self.places[p].zone)]

    def _links_of(self, target: str) -> list[Link]:
        """Links named by a route with or without its mode, or the guided links of a zone."""
        if target in self.zones:
            return [k for k in self.links if k.guided and self.zone[k.start] == self.zones.index(target)]
        return [k for k in self.links if target in (k.route_id, k.route_id.split(":")[0])]

    def _day(self, t: int) -> Day:
        count, links = len(self.places), self.scenario.routes
        day = Day(
            strikes=[0.0] * count,
            fighting=[0.0] * count,
            conflict=[0.0] * count,
            besieged=[self.zone[p] >= 0 and self.kind[p] == "home" for p in range(count)],
            place_open=[True] * count,
            capacity=[place.capacity for place in self.places],
            shelter_cost=[place.shelter_cost for place in self.places],
            ban=[0.0] * len(self.zones),
            link_open=[True] * len(self.links),
            usable=[1.0] * len(self.links),
            mines=[links[link.row].mines_per_1000 for link in self.links],
            crossing=[links[link.row].crossing_per_1000 for link in self.links],
            corridor=[None] * len(self.links),
            fighters={},
            inflow=[],
        )
        for event in self._in_force(t, "holder"):
            for p in self._homes_of(event.target):
                day.besieged[p] = event.value == "besieger"
        for event in self._in_force(t, "conflict"):
            day.conflict[self.at[event.target]] = event.value
        for event in self._in_force(t, "fighting"):
            for p in self._homes_of(event.target):
                day.fighting[p] = event.value
        self._strikes(t, day)
        for event in self._latest(t, "truce"):
            for p in self._homes_of(event.target):
                day.strikes[p] *= 1 - event.value
                day.fighting[p] *= 1 - event.value
        self._place_events(t, day)
        self._link_events(t, day)
        for when, persons, place in self.scenario.inflow:
            if (when - self.scenario.start).days == t:
                day.inflow.append((int(persons), self.at[place] if place else None))
        day.free = [
            self.kind[p] == "home"
            and not day.besieged[p]
            and day.place_open[p]
            and not day.fighting[p]
            and not day.conflict[p]
            for p in range(count)
        ]
        return day

    def _strikes(self, t: int, day: Day) -> None:
        for event in self._latest(t, "strikes"):
            if event.target in self.zones:
                targets = [p for p in self._homes_of(event.target) if day.besieged[p]]
                people = sum(self.residents[p] for p in targets)
                for p in targets:
                    day.strikes[p] += event.value * self.residents[p] / people
            else:
                day.strikes[self.at[event.target]] += event.value

    def _place_events(self, t: int, day: Day) -> None:
        for event in self._in_force(t, "place", "capacity", "shelter_cost"):
            p = self.at[event.target]
            if event.kind == "place":
                day.place_open[p] = event.value == "open"
            elif event.kind == "capacity":
                day.capacity[p] = event.value
            else:
                day.shelter_cost[p] = event.value
        for event in self._in_force(t, "exit_ban"):
            day.ban[self.zones.index(event.target)] = event.value
        today = self.scenario.start + datetime.timedelta(days=t)
        for event in self.scenario.events:
            if event.kind == "fighters" and event.begins == today:
                zone = event.target in self.zones
                targets = [p for p in self._homes_of(event.target) if day.besieged[p] or not zone]
                people = sum(self.residents[p] for p in targets)
                for p in targets:
                    day.fighters[p] = event.value * self.residents[p] / people if zone else event.value

    def _link_events(self, t: int, day: Day) -> None:
        for event in self._in_force(t, "route", "crossing", "mines", "corridor"):
            for link in self._links_of(event.target):
                if event.kind == "route":
                    day.link_open[link.number] = event.value == "open"
                elif event.kind == "crossing":
                    day.usable[link.number] = event.value
                elif event.kind == "mines":
                    day.mines[link.number] = event.value
                elif link.forward:
                    day.corridor[link.number] = event.value

    def _fighters_at_start(self) -> list[int]:
        """The first number an event sets at each place."""
        first = [0] * len(self.places)
        seen: set[int] = set()
        for day in self.days:
            for p, number in day.fighters.items():
                if p not in seen:
                    seen.add(p)
                    first[p] = round(number)
        return first

    def is_settling(self, day: Day, p: int) -> bool:
        """Whether people may settle: an open camp or refuge."""
        return self.kind[p] in ("camp", "refuge") and day.place_open[p]

    def is_waypoint(self, day: Day, p: int) -> bool:
        """Whether people only pass: a waypoint, or a closed camp or refuge."""
        return self.kind[p] != "home" and not self.is_settling(day, p)

    # ------------------------------------------------------------------ costs and journeys
    def risks(self, day: Day, link: Link, share: float = 1.0) -> tuple[float, float]:
        """Chances of dying by a mine and at the crossing on one link; share is what a guide leaves of the mines."""
        mine = min(1.0, self.value["mine_factor"] * day.mines[link.number] / 1000)
        crossing = min(1.0, self.value["crossing_factor"] * day.crossing[link.number] / 1000)
        return mine * share, crossing

    def _journeys(self, day: Day, known: Day) -> None:
        """Cheapest cost (and the hours of that way) between all places, never through a besieged home."""
        value, count = self.value, len(self.places)
        for link in self.links:
            mine, crossing = self.risks(known, link)
            risk = 1 - (1 - mine) * (1 - crossing)
            day.cost.append(link.travel / value["patience_hours"] + value["risk_aversion"] * risk)
        for origin in range(count):
            best, hours = [math.inf] * count, [0] * count
            best[origin] = 0.0
            for _ in range(count):
                for link in self.links:
                    passable = link.start == origin or not day.besieged[link.start]
                    through = best[link.start] + day.cost[link.number]
                    if day.link_open[link.number] and passable and through < best[link.end]:
                        best[link.end] = through
                        hours[link.end] = hours[link.start] + link.hours
            day.journey.append(best)
            day.journey_hours.append(hours)
