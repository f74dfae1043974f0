"""The slow simulator, steps 2 to 5: strikes, the besieger, the price of passage, and who thinks of leaving.

`Siege` holds the state of one run. oracle_choice.py adds step 6 and oracle.py the rest of the day; all three are
written from docs/model.md alone.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from oracle_world import Day, Fixed, Link


@dataclasses.dataclass(eq=False)
class Person:
    """One person: the cohort they belong to; the link they travel on, or the home they return to."""

    cohort: int
    link: Link | None = None
    bound_for: int = -1


def pick(weights: list[float], rng: np.random.Generator) -> int:
    """The index one person takes, with probability weight / sum; -1 if all weights are 0."""
    total = sum(weights)
    if total <= 0:
        return -1
    rest = rng.random() * total
    last = -1
    for index, weight in enumerate(weights):
        if weight > 0:
            last = index
            rest -= weight
            if rest < 0:
                break
    return last


class Siege:
    """One run of the oracle: who is where, what was recorded, and the first steps of a day."""

    def __init__(self, oracle: Fixed, rng: np.random.Generator) -> None:
        self.o, self.rng, self.value = oracle, rng, oracle.value
        o, places, zones = oracle, len(oracle.places), len(oracle.zones)
        self.present = [[Person(c) for c, n in enumerate(o.start[p]) for _ in range(n)] for p in range(places)]
        self.held: list[list[Person]] = [[] for _ in range(places)]
        self.due: dict[int, list[Person]] = {}
        self.fighters = list(o.fighters_at_start)
        self.price = [self.value["price_start"]] * zones
        people = [sum(len(self.present[p]) for p in o.homes if o.zone[p] == z) for z in range(zones)]
        self.guides = [round(self.value["guides_per_1000"] * n / 1000) for n in people]
        self.pool = [round(self.value["guide_pool"] * n) for n in self.guides]
        self.places = [0] * zones
        self.requests = [0] * zones
        self.shock = [0.0] * (zones + 1)
        self.guard = [float(n > 0) for n in self.fighters]
        self.was_besieged = [o.zone[p] >= 0 and o.kind[p] == "home" for p in range(places)]
        first = o.days[0]
        self.danger = [self.felt(first, p) for p in range(places)]
        self.past_guard: list[list[float]] = []
        self.past_price: list[list[float]] = []
        self.records: dict[str, np.ndarray] = self._empty(o.scenario.days, places, len(o.links), zones)
        self.displaced = 0

    def _empty(self, days: int, places: int, links: int, zones: int) -> dict[str, np.ndarray]:
        by_place = ("present", "unsheltered", "arrivals", "fighters")
        by_zone = ("inside", "trapped", "turned_away", "price", "guides")
        total = ("travelling", "held", "displaced_total", "intercepted", "paid")
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(by_place, (days, places))
        shapes |= dict.fromkeys(by_zone, (days, zones)) | dict.fromkeys(total, (days,))
        shapes |= {"departures": (days, links), "killed": (days, 4), "fighters_lost": (days, 3)}
        return {name: np.zeros(shape) for name, shape in shapes.items()}

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def whole(self, x: float) -> int:
        return int(x) + self.chance(x - int(x))

    def felt(self, day: Day, p: int) -> float:
        residents = self.o.residents[p]
        strikes = 1000 * day.strikes[p] / residents if residents else 0.0
        return strikes + self.value["fighting_danger"] * day.fighting[p]

    # ------------------------------------------------------------------ step 2
    def strikes(self, t: int, day: Day) -> None:
        keep = 1 - math.exp(-1 / self.value["memory_days"])
        for p in range(len(self.o.places)):
            if day.strikes[p] and self.o.residents[p]:
                dies = 1 - math.exp(-self.value["deaths_per_strike"] * day.strikes[p] / self.o.residents[p])
                alive = [person for person in self.present[p] if not self.chance(dies)]
                self.records["killed"][t, 0] += len(self.present[p]) - len(alive)
                self.present[p] = alive
            self.danger[p] += keep * (self.felt(day, p) - self.danger[p])

    # ------------------------------------------------------------------ step 3
    def besieger(self, t: int, day: Day) -> None:
        o, value = self.o, self.value
        for p, number in day.fighters.items():
            self.fighters[p] = round(number) if day.besieged[p] else 0
        for p in o.homes:
            hazards = [
                value[name] * day.fighting[p]
                for name in ("fighter_attrition", "fighter_withdrawal", "fighter_surrender")
            ]
            total = sum(hazards)
            fallen = self.was_besieged[p] and not day.besieged[p]
            staying, withdrawn = 0, 0
            for _ in range(self.fighters[p]):
                if fallen:
                    fate = 2 if self.chance(value["surrender_on_fall"]) else 1
                elif total and self.chance(1 - math.exp(-total)):
                    fate = pick(hazards, self.rng)
                else:
                    staying += 1
                    continue
                if fate == 1:
                    withdrawn += 1
                else:
                    self.records["fighters_lost"][t, fate] += 1
            self.fighters[p] = staying
            for _ in range(withdrawn):
                self.withdraw(t, day, p)
        self.guard = [
            self.fighters[p] / o.fighters_at_start[p] if day.besieged[p] and o.fighters_at_start[p] else 0.0
            for p in range(len(o.places))
        ]
        self.was_besieged = day.besieged
        for p in o.homes:
            free_today = 1 - math.exp(-1 / value["held_days"]) if day.besieged[p] else 1.0
            still = []
            for person in self.held[p]:
                (self.present[p] if self.chance(free_today) else still).append(person)
            self.held[p] = still

    def withdraw(self, t: int, day: Day, p: int) -> None:
        """One fighter leaves the zone, or goes to another besieged home of it."""
        others = [q for q in self.o.homes if q != p and day.besieged[q] and self.o.zone[q] == self.o.zone[p]]
        choice = -1
        if not self.chance(self.value["leave_zone"]):
            choice = pick([float(self.o.fighters_at_start[q]) for q in others], self.rng)
        if choice < 0:
            self.records["fighters_lost"][t, 1] += 1
        else:
            self.fighters[others[choice]] += 1

    # ------------------------------------------------------------------ step 4
    def market(self, t: int, day: Day) -> None:
        o, value = self.o, self.value
        for z in range(len(o.zones)):
            self.places[z] = 0
            homes = [p for p in o.homes if o.zone[p] == z]
            if not any(day.besieged[p] for p in homes):
                continue
            at_start = sum(o.fighters_at_start[p] for p in homes)
            strength = sum(self.fighters[p] for p in homes) / at_start if at_start else 0.0
            takes = 1 - math.exp(-value["guide_capture"] * day.ban[z] * strength)
            left = sum(not self.chance(takes) for _ in range(self.guides[z]))
            comes = 1 - math.exp(-value["guide_entry"] * max(0.0, math.log(self.price[z] / value["price_start"])))
            self.guides[z] = left + sum(self.chance(comes) for _ in range(self.pool[z] - left))
            guided = [link for link in o.links if link.guided and link.start in homes]
            usable = sum(
                day.usable[k.number] for k in guided if day.link_open[k.number] and day.besieged[k.start]
            ) / max(1, len(guided))
            self.places[z] = self.whole(self.guides[z] * value["passages_per_guide"] * usable)
            if t == 0 or (self.places[z] == 0 and self.requests[z] == 0):
                continue
            limit = value["price_limit"]
            excess = self.requests[z] / self.places[z] - 1 if self.places[z] else limit
            change = math.exp(value["price_response"] * min(limit, max(-limit, excess)))
            self.price[z] = max(value["price_floor"], self.price[z] * change)

    def know(self, t: int, day: Day) -> None:
        """What people know today: the day whose mines and ban they heard of, its guard and its price."""
        self.known = self.o.days[max(0, t - self.o.lag)]
        if t == 0 and self.o.lag > 0:
            guard = [float(n > 0) for n in self.o.fighters_at_start]
            self.known_guard, self.known_price = guard, [self.value["price_start"]] * len(self.o.zones)
        elif self.o.lag == 0:
            self.known_guard, self.known_price = list(self.guard), list(self.price)
        else:
            self.known_guard = self.past_guard[max(0, t - self.o.lag)]
            self.known_price = self.past_price[max(0, t - self.o.lag)]

    # ------------------------------------------------------------------ step 5
    def reconsider(self, t: int, day: Day) -> list[list[Person]]:
        """Who thinks of leaving today, by home."""
        o, value = self.o, self.value
        if t % 7 == 0:
            sd, mean = value["shock_sd"], -(value["shock_sd"] ** 2) / 2
            keep = math.exp(-1 / value["shock_weeks"])
            for z in range(len(self.shock)):
                step = sd * self.rng.standard_normal()
                old = self.shock[z]
                self.shock[z] = mean + (step if t == 0 else keep * (old - mean) + math.sqrt(1 - keep**2) * step)
        if o.given:
            self.inflow(day)
            return [list(self.present[p]) if p in o.homes else [] for p in range(len(o.places))]
        thinking: list[list[Person]] = [[] for _ in o.places]
        for p in o.homes:
            scatter = value["reconsider_scatter"]
            noise = math.exp(self.shock[o.zone[p]]) * (self.rng.gamma(1 / scatter, scatter) if scatter else 1.0)
            thinks = [1 - math.exp(-value["evacuation"] * noise)] * len(o.share)
            if day.place_open[p]:
                thinks = [1 - math.exp(-value["reconsider"] * noise * ready) for ready in self.readiness(p)]
            thinking[p] = [person for person in self.present[p] if self.chance(thinks[person.cohort])]
        return thinking

    def readiness(self, p: int) -> list[float]:
        """By cohort, the factor on the rate of those left at a home, from which the readier ones have gone."""
        found = []
        for cohort, share in enumerate(self.o.share):
            left = sum(person.cohort == cohort for person in self.present[p])
            before = self.o.residents[p] * self.value["population_factor"] * share
            found.append(min(1.0, left / before) ** self.value["frailty"] if before else 1.0)
        return found

    def inflow(self, day: Day) -> None:
        weights = [self.o.residents[p] * day.conflict[p] for p in range(len(self.o.places))]
        if not any(weights):
            weights = [float(n) for n in self.o.residents]
        for persons, where in day.inflow:
            for _ in range(persons):
                p = pick(weights, self.rng) if where is None else where
                self.present[p].append(Person(pick(self.o.share, self.rng)))
