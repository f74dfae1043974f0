"""A slow, obvious simulator that moves one person at a time, written from docs/model.md alone.

In: a scenario as read from its folder and one value for every parameter. Out: the records of one run, day by day, under
the names a run of the package uses. Nobody is counted in bulk here: every person, fighter and guide meets their own
uniform number, capacity is given out by shuffling those who asked, and no code is shared with the engine. It serves
only to be compared with.

    oracle = Oracle(scenario.load(folder), values)        values: one number for every parameter
    records = oracle.run(np.random.default_rng(1))        name -> (day, ...)

oracle_world.py holds what is fixed, oracle_siege.py steps 2 to 5 of a day, oracle_choice.py step 6, this file the rest.
"""

from __future__ import annotations

import math

import numpy as np

from oracle_choice import Choices, cdf, log
from oracle_siege import Person, pick
from oracle_world import Day, Fixed, Link


class Oracle(Fixed):
    """The world of one scenario and one set of parameter values, ready to be run again and again."""

    def run(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """One run: the records of every day, each with the day as its first axis."""
        return Run(self, rng).go()


class Run(Choices):
    """One run of the oracle: a whole day, from its world to its record."""

    def go(self) -> dict[str, np.ndarray]:
        for t, day in enumerate(self.o.days):
            self.strikes(t, day)
            self.look_around(day)
            self.besieger(t, day)
            self.market(t, day)
            self.know(t, day)
            leaving = self.choose(t, day, self.reconsider(t, day))
            for person, p, link, way in leaving:
                self.set_out(t, day, person, p, link, way, 24 * t)
            self.trapped(t, day)
            for hour in range(24 * t, 24 * t + 24):
                for person in self.due.pop(hour, []):
                    self.arrive(t, day, person, hour)
            self.settle(t, day)
            self.record(t, day)
        return self.records

    # ------------------------------------------------------------------ step 7
    def set_out(self, t: int, day: Day, person: Person, p: int, link: Link, way: str, hour: int) -> None:
        """One person leaves a place at an hour and meets their fate on the link."""
        self.present[p].remove(person)
        self.records["departures"][t, link.number] += 1
        if way == "guided":
            self.records["paid"][t] += self.price[self.o.zone[p]]
        self.meet(t, day, person, p, link, way, hour)

    def meet(self, t: int, day: Day, person: Person, p: int, link: Link, way: str, hour: int) -> None:
        value, guided = self.value, way == "guided"
        mine, crossing = self.o.risks(day, link, value["guide_mine_share"] if guided else 1.0)
        caught = 0.0
        if way in ("alone", "guided") and day.besieged[p]:
            exposure = value["guide_exposure"] if guided else 1.0
            caught = 1 - math.exp(-value["interception"] * day.ban[self.o.zone[p]] * self.guard[p] * exposure)
        if way == "corridor":
            mine = crossing = 0.0
        fates = [caught, (1 - caught) * mine, (1 - caught) * (1 - mine) * crossing]
        fate = pick([*fates, 1 - sum(fates)], self.rng)
        if fate == 0:
            self.caught(t, person, p)
        elif fate < 3:
            self.records["killed"][t, fate] += 1
        else:
            person.link = link
            self.due.setdefault(hour + link.hours, []).append(person)
            self.displaced += way in ("alone", "guided", "corridor", "moving")

    def caught(self, t: int, person: Person, p: int) -> None:
        executed, held = self.value["executed_share"], self.value["held_share"]
        self.records["intercepted"][t] += 1
        fate = pick([executed, held, 1 - executed - held], self.rng)
        if fate == 0:
            self.records["killed"][t, 3] += 1
        else:
            (self.held[p] if fate == 1 else self.present[p]).append(person)

    # ------------------------------------------------------------------ step 8
    def arrive(self, t: int, day: Day, person: Person, hour: int) -> None:
        o, came_by = self.o, person.link
        v = person.bound_for if came_by is None else came_by.end
        self.records["arrivals"][t, v] += 1
        if came_by is None or day.besieged[v]:
            self.stop(person, v)
            return
        stay, links, weights = self.beyond(day, came_by)
        if o.is_settling(day, v):
            goes = stay + sum(weights) > 0 and not self.chance(stay / (stay + sum(weights)))
        else:
            goes = o.kind[v] == "home" or hour % 24 < self.value["travel_hours"]
        if goes and sum(weights) == 0:
            links, weights = self.onward(day, v)
        choice = pick(weights, self.rng) if goes else -1
        if choice < 0:
            self.stop(person, v)
        else:
            self.records["departures"][t, links[choice].number] += 1
            self.meet(t, day, person, v, links[choice], "onward", hour)

    def stop(self, person: Person, p: int) -> None:
        person.link, person.bound_for = None, -1
        self.present[p].append(person)

    # ------------------------------------------------------------------ step 9
    def settle(self, t: int, day: Day) -> None:
        """Shelter, return and moving on, one camp or refuge after another."""
        o, value = self.o, self.value
        self.before = [len(people) for people in self.present]
        missing = self.missing()
        of_free = sum(n for h, n in enumerate(missing) if day.free[h])
        returns = 1 - math.exp(-value["return_rate"] * of_free / sum(missing)) if of_free else 0.0
        for p in (q for q in range(len(o.kind)) if o.is_settling(day, q)):
            people = list(self.present[p])
            cost, room = day.shelter_cost[p], day.capacity[p]
            able = [
                cdf((log(self.purse(t, c)) - math.log(cost)) / value["savings_spread"]) if cost > 0 else 1.0
                for c in range(len(o.share))
            ]
            sheltered = sum(self.chance(able[person.cohort]) for person in people)
            sheltered = sheltered if room is None else min(room, sheltered)
            self.records["unsheltered"][t, p] = len(people) - sheltered
            if people:
                self.move(t, day, p, people, (len(people) - sheltered) / len(people), returns)

    def move(self, t: int, day: Day, p: int, people: list[Person], share_unsheltered: float, returns: float) -> None:
        """Who of the people of a camp or refuge goes home, and who moves on; one cohort after another."""
        o, value = self.o, self.value
        dwell = o.places[p].dwell_days
        hazard = (1 + value["unsheltered_push"] * share_unsheltered) / dwell if dwell else 0.0
        moves = 1 - math.exp(-hazard)
        links, weights = self.onward(day, p)
        for cohort in range(len(o.share)):
            free = zip(self.missing(), day.journey[p], day.free, strict=True)
            home_weights = [n * math.exp(-journey) if is_free else 0.0 for n, journey, is_free in free]
            for person in (one for one in people if one.cohort == cohort):
                home = pick(home_weights, self.rng) if self.chance(returns) else -1
                if home >= 0:
                    self.present[p].remove(person)
                    person.link, person.bound_for = None, home
                    self.due.setdefault(24 * (t + 1) + min(336, max(1, day.journey_hours[p][home])), []).append(person)
                elif self.chance(moves):
                    choice = pick(weights, self.rng)
                    if choice >= 0:
                        self.set_out(t, day, person, p, links[choice], "moving", 24 * (t + 1))

    def missing(self) -> list[float]:
        """People of each home who are neither there (end of step 8) nor on their way back."""
        coming = [0] * len(self.o.places)
        for people in self.due.values():
            for person in people:
                if person.bound_for >= 0:
                    coming[person.bound_for] += 1
        return [
            float(max(0, sum(self.o.start[h]) - self.before[h] - coming[h])) if h in self.o.homes else 0.0
            for h in range(len(self.o.places))
        ]

    # ------------------------------------------------------------------ step 10
    def record(self, t: int, day: Day) -> None:
        o, records = self.o, self.records
        for p in range(len(o.places)):
            records["present"][t, p] = len(self.present[p])
            records["fighters"][t, p] = self.fighters[p]
            if day.besieged[p]:
                records["inside"][t, o.zone[p]] += len(self.present[p])
        records["price"][t], records["guides"][t] = self.price, self.guides
        records["travelling"][t] = sum(len(people) for people in self.due.values())
        records["held"][t] = sum(len(people) for people in self.held)
        records["displaced_total"][t] = self.displaced
        self.past_guard.append(list(self.guard))
        self.past_price.append(list(self.price))
