"""How the war may go on after a day: what is known stops there, and each member meets a course of its own.

In: a scenario and the last day that is known (the origin). Out: the scenario as it was known then, and for every member
a world whose later events are drawn. A forecast that was made with the events of the file would know the future.

    known        events that began by the origin; those still going on then go on, because nobody knew their end
    fronts       in each zone homes fall at a rate λ ~ Gamma(w·falls + 1/2, w·days) (for w = 1 Jeffreys' posterior of a
                 Poisson rate; w is `fall_weight`), with the falls and days since fighting reached the zone, at most
                 `fall_window_days`; while it has not reached it, over all days so far and at most that window
    order        a race: a home is the next to fall with odds `quiet_weight` + its fighting at the origin
    fighting     before its fall a home has the fighting that earlier falls had, for as long as it lasted there
    after a fall the home is closed if that was so for most homes of its zone that have fallen
    strikes      each level goes on as a log random walk without drift: `strike_walk_sd` every `strike_walk_days`

Events of a variant are plans: they hold whatever their day. Numbers are rows of `outlook.csv`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import itertools
import math
import statistics
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maabar import cells, errors, facts, rng, tables, world

Floats = NDArray[np.float64]
Event = facts.Event


@functools.cache
def numbers() -> Mapping[str, float]:
    """The numbers behind an outlook, by name."""
    texts = tuple(cells.Column(name) for name in ("unit", "source", "note"))
    columns = (cells.Column("name", required=True), cells.Column("value", "number", required=True), *texts)
    faults: list[errors.Fault] = []
    rows = tables.read(Path(__file__).parent / "outlook.csv", columns, faults, key=("name",), at_least_one=True)
    if faults:
        raise errors.InputError(faults)
    return {row["name"]: row["value"] for row in rows}


def known(scenario: facts.Scenario, origin: dt.date) -> facts.Scenario:
    """The scenario with the events and reports that were known on the evening of a day."""
    events = tuple(
        dataclasses.replace(event, ends=None) if event.ends is not None and event.ends > origin else event
        for event in scenario.events
        if event.begins <= origin
    )
    reports = tuple(report for report in scenario.reports if report.reported_on <= origin)
    return dataclasses.replace(scenario, events=events, reports=reports)


@dataclasses.dataclass(frozen=True)
class Front:
    """What is known of the war in one zone at the origin.

    homes        the homes that have not fallen, and the odds (h) of being the next
    falls, days  seen since fighting reached the zone
    closes       whether a home that falls is closed
    """

    zone: str
    homes: tuple[str, ...]
    odds: tuple[float, ...]
    falls: int
    days: int
    closes: bool


@dataclasses.dataclass(frozen=True)
class Outlook:
    """Worlds that agree until the origin and then differ by member.

    scenario   as known at the origin, until the last day that is forecast
    fronts     of each zone that has not fallen
    strikes    (zone or home, strikes a day at the origin)
    fighting   intensity before a fall, for `lead` days
    """

    scenario: facts.Scenario
    variant: str | None
    origin: dt.date
    seed: int
    fronts: tuple[Front, ...]
    strikes: tuple[tuple[str, float], ...]
    fighting: float
    lead: int

    def world(self, compiled: world.World, member: int) -> world.World:
        """The world of one member; `compiled` has the network, which is the same for all."""
        events = self.scenario.events + self.events(member)
        drawn = world.compile(dataclasses.replace(self.scenario, events=events), self.variant)
        return dataclasses.replace(compiled, forcing=drawn.forcing)

    def events(self, member: int) -> tuple[Event, ...]:
        """The events that a member meets after the origin."""
        days = self.falls(member)
        closes = {home for front in self.fronts if front.closes for home in front.homes}
        falls = [event for home, day in days.items() for event in self._fall(home, day, closes=home in closes)]
        return (*falls, *self._strike_levels(member, days))

    def falls(self, member: int) -> dict[str, dt.date]:
        """The homes that fall within the run of a member, and when."""
        found = {}
        for front in self.fronts:
            day = 0.0
            for home, wait in zip(*self._race(front, member), strict=True):
                day += wait
                if day > (self.scenario.end - self.origin).days:
                    break
                found[home] = self.origin + dt.timedelta(days=max(1, math.ceil(day)))
        return found

    def _race(self, front: Front, member: int) -> tuple[list[str], Floats]:
        """Homes in the order in which they fall, and the days between falls."""
        from scipy import special

        entities = np.array([zlib.crc32(home.encode()) for home in front.homes], dtype=np.uint64)
        zone = np.array([zlib.crc32(front.zone.encode())], dtype=np.uint64)
        pace, order = rng.uniforms(self.seed, member, rng.PACE, zone, 1), rng.ORDER
        luck = rng.uniforms(self.seed, member, order, entities, 2)
        weight = numbers()["fall_weight"]
        rate = float(special.gammaincinv(weight * front.falls + 0.5, pace[0, 0])) / (weight * front.days)
        first = np.argsort(-np.log1p(-luck[0]) / np.array(front.odds), kind="stable")
        waits = -np.log1p(-luck[1]) / max(rate, 1e-12)
        return [front.homes[at] for at in first], waits

    def _fall(self, home: str, day: dt.date, *, closes: bool) -> list[Event]:
        """A home is fought for, and falls."""
        begins = max(self.origin + dt.timedelta(days=1), day - dt.timedelta(days=self.lead))
        eve = day - dt.timedelta(days=1)
        fought = [_event(begins, eve, "fighting", home, self.fighting)] if begins <= eve else []
        ended = [_event(day, None, "holder", home, "other"), _event(day, None, "fighting", home, 0.0)]
        return fought + ended + ([_event(day, None, "place", home, "closed")] if closes else [])

    def _strike_levels(self, member: int, falls: Mapping[str, dt.date]) -> list[Event]:
        """The strikes of each zone and home, period by period; none on a home that has fallen."""
        every, sd = round(numbers()["strike_walk_days"]), numbers()["strike_walk_sd"]
        periods = -(-(self.scenario.end - self.origin).days // every)
        entities = np.array([zlib.crc32(target.encode()) for target, _ in self.strikes], dtype=np.uint64)
        luck = np.clip(rng.uniforms(self.seed, member, rng.STRIKE_LEVEL, entities, periods), 1e-9, 1 - 1e-9)
        found = []
        for at, (target, level) in enumerate(self.strikes):
            walk = itertools.accumulate(sd * statistics.NormalDist().inv_cdf(u) for u in luck[:, at])
            for period, moved in enumerate(walk):
                begins = self.origin + dt.timedelta(days=1 + period * every)
                if begins < falls.get(target, dt.date.max):
                    found.append(_event(begins, None, "strikes", target, level * math.exp(moved)))
            if target in falls:
                found.append(_event(falls[target], None, "strikes", target, 0.0))
        return found


def _event(begins: dt.date, ends: dt.date | None, kind: str, target: str, value: float | str) -> Event:
    return Event(begins, ends, kind, target, value, "", "drawn: after the origin of the forecast")


def of(scenario: facts.Scenario, origin: dt.date, seed: int, variant: str | None = None) -> Outlook:
    """The outlook from a day, of a scenario that ends on the last day that is forecast."""
    then = known(scenario, origin)
    compiled = world.compile(then, variant)
    at = (origin - scenario.start).days
    besieged, fighting = compiled.forcing.besieged[: at + 1], compiled.forcing.fighting[: at + 1]
    falls = {
        p: int(np.argmin(besieged[:, p])) for p in range(besieged.shape[1]) if besieged[0, p] and not besieged[-1, p]
    }
    fought = [_fought(fighting[:day, p]) for p, day in falls.items()]
    return Outlook(
        scenario=then,
        variant=variant,
        origin=origin,
        seed=seed,
        fronts=tuple(_fronts(compiled, besieged, fighting, falls)),
        strikes=_strikes(then, origin),
        fighting=statistics.fmean(level for _, level in fought) if fought else numbers()["fall_fighting"],
        lead=round(statistics.median(days for days, _ in fought)) if fought else round(numbers()["fall_lead_days"]),
    )


def _fought(fighting: Floats) -> tuple[int, float]:
    """Days and mean intensity of the fighting at a home on the days (t) before it fell, as long as it was on end."""
    level = fighting[-1] if len(fighting) else 0.0
    before = np.flatnonzero(fighting < level / 2)
    days = len(fighting) - 1 - int(before[-1]) if len(before) else len(fighting)
    return days, float(fighting[len(fighting) - days :].mean()) if days else 0.0


def _fronts(compiled: world.World, besieged: NDArray[np.bool_], fighting: Floats, falls: dict[int, int]) -> list[Front]:
    """What is known of each zone that has homes left."""
    net, window, found = compiled.network, round(numbers()["fall_window_days"]), []
    today = len(besieged) - 1
    for z, zone in enumerate(compiled.zone_ids):
        homes = [int(p) for p in net.homes if net.zone[p] == z]
        left = [p for p in homes if besieged[-1, p]]
        if not left:
            continue
        hard = (fighting[:, homes] >= numbers()["front_fighting"]).any(axis=1)
        fallen = [p for p in homes if p in falls]
        reached = [falls[p] for p in fallen] + ([int(np.argmax(hard))] if hard.any() else [])
        begin = max(min(reached, default=0), today + 1 - window)
        seen = sum(begin <= falls[p] for p in fallen)
        closed = sum(not compiled.forcing.is_open[falls[p], p] for p in fallen)
        odds = tuple(numbers()["quiet_weight"] + float(fighting[-1, p]) for p in left)
        names = tuple(compiled.place_ids[p] for p in left)
        days = max(today + 1 - begin, round(numbers()["fall_least_days"]))
        found.append(Front(zone, names, odds, seen, days, closed * 2 > len(fallen)))
    return found


def _strikes(then: facts.Scenario, origin: dt.date) -> tuple[tuple[str, float], ...]:
    """The level of strikes at each zone and home on the origin, where there are any."""
    levels: dict[str, float] = {}
    for event in sorted(then.events, key=lambda event: (event.begins, event.kind, event.line)):
        if event.kind == "strikes":
            on = event.begins <= origin and (event.ends is None or event.ends >= origin)
            levels[event.target] = float(event.value or 0.0) if on else levels.get(event.target, 0.0)
    return tuple((target, level) for target, level in levels.items() if level > 0.0)
