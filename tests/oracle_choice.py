"""The slow simulator, step 6: what people want, what stands in the way, who is admitted, and who is trapped."""

from __future__ import annotations

import math
import statistics

from oracle_siege import Person, Siege, pick
from oracle_world import Day, Link

NORMAL = statistics.NormalDist()
Way = tuple[str, Link | None, float]


def cdf(x: float) -> float:
    """Φ(x), also at plus and minus infinity."""
    return NORMAL.cdf(x) if math.isfinite(x) else float(x > 0)


def log(x: float) -> float:
    """Natural logarithm, minus infinity at 0."""
    return math.log(x) if x > 0 else -math.inf


class Choices(Siege):
    """One run of the oracle with the choices of a day."""

    def pull_of(self, day: Day, d: int) -> float | None:
        """Attraction of a place where people may settle; None elsewhere."""
        if not self.o.is_settling(day, d):
            return None
        place, value, present, room = self.o.places[d], self.value, len(self.present[d]), day.capacity[d]
        pull = value[f"pull_{place.kind}"] + place.pull
        if room is not None and not math.isinf(room):
            pull += math.log(max(value["crowding_floor"], 1 - present / room if room > 0 else 0.0))
        savings = sum(share * s for share, s in zip(self.o.share, self.o.savings, strict=True))
        pull += value["known_people"] * math.log(1 + present / 1000)
        pull -= value["conflict_push"] * day.conflict[d] + value["money_aversion"] * day.shelter_cost[d] / savings
        return pull

    def look_around(self, day: Day) -> None:
        """What the day's choices share: the pull of places and, kept from here, the reach of links and the ways on."""
        self.pull = [self.pull_of(day, p) for p in range(len(self.o.places))]
        self.steps: dict[tuple[int, int], Link | None] = {}
        self.reach = [self.reach_of(day, link) for link in self.o.links]
        self.ways_on: dict[int, tuple[list[Link], list[float]]] = {}
        self.ways_beyond: dict[int, tuple[float, list[Link], list[float]]] = {}
        self.ways_out: dict[tuple[int, int], list[Way]] = {}

    def first_step(self, day: Day, p: int, d: int) -> Link | None:
        """The first link of the cheapest journey from p to d, of equal ones the first; None if there is none."""
        if (p, d) not in self.steps:
            far = day.journey[p][d] * (1 + 1e-9)
            ways = [k for k in self.o.out[p] if day.link_open[k.number] and not day.besieged[k.end]]
            on = [k for k in ways if day.cost[k.number] + day.journey[k.end][d] <= far < math.inf]
            self.steps[p, d] = on[0] if on else None
        return self.steps[p, d]

    def leads(self, day: Day, link: Link, d: int) -> bool:
        if d == link.start or not day.link_open[link.number]:
            return False
        if day.besieged[link.start]:
            return day.journey[link.end][d] < day.journey[link.start][d] * (1 - 1e-9)
        return self.first_step(day, link.start, d) is link

    def led_to(self, day: Day, link: Link) -> dict[int, float]:
        """Every place to settle that a link leads to, with its weight seen from the end of the link."""
        near = day.journey[link.end]
        weights = {d: pull for d, pull in enumerate(self.pull) if pull is not None and self.leads(day, link, d)}
        return {d: math.exp(pull - near[d]) for d, pull in weights.items()}

    def reach_of(self, day: Day, link: Link) -> float:
        return sum(self.led_to(day, link).values())

    def onward(self, day: Day, p: int) -> tuple[list[Link], list[float]]:
        """Links on from a place for those who choose afresh, with their weights."""
        if p not in self.ways_on:
            on = [k for k in self.o.out[p] if day.link_open[k.number] and not day.besieged[k.end]]
            self.ways_on[p] = on, [math.exp(-day.cost[k.number]) * self.reach[k.number] for k in on]
        return self.ways_on[p]

    def beyond(self, day: Day, link: Link) -> tuple[float, list[Link], list[float]]:
        """For those who came by a link: the weight of staying at its end, the links on from there and their weights."""
        if link.number not in self.ways_beyond:
            stop, on = 0.0, {}
            for d, weight in self.led_to(day, link).items():
                if d == link.end:
                    stop = weight
                else:
                    step = self.first_step(day, link.end, d)
                    on[step.number] = on.get(step.number, 0.0) + weight
            self.ways_beyond[link.number] = stop, [self.o.links[k] for k in on], list(on.values())
        return self.ways_beyond[link.number]

    def ways(self, t: int, day: Day, p: int, cohort: int, *, carefree: bool = False) -> list[Way]:
        """Every way a person at a home can take: its name, its link and its weight.

        carefree: as if there were no risk, no price and everybody could pay.
        """
        o, value, z = self.o, self.value, self.o.zone[p]
        ways: list[Way] = []
        if day.place_open[p] and not o.given:
            pull = value["home_pull"] - value["siege_push"] * day.besieged[p]
            ways.append(("stay", None, math.exp(pull - value["danger_push"] * self.danger[p])))
        for link in (k for k in o.out[p] if day.link_open[k.number]):
            walk = math.exp(-link.travel / value["patience_hours"])
            if day.besieged[link.end]:
                if day.besieged[p] and o.zone[link.end] == z and day.place_open[link.end]:
                    pull = value["neighbour_pull"] - value["danger_push"] * self.danger[link.end]
                    ways.append(("district", link, math.exp(pull) * walk))
                continue
            reach = self.reach[link.number]
            if day.corridor[link.number]:
                ways.append(("corridor", link, walk * reach))
            if carefree:
                ways.append(("alone", link, walk * reach))
                ways += [("guided", link, walk * reach)] * (link.guided and day.besieged[p])
                continue
            ways.append(("alone", link, walk * reach * self.deterrence(day, p, link, 1.0, 1.0)))
            if link.guided and day.besieged[p]:
                left = self.deterrence(day, p, link, value["guide_mine_share"], value["guide_exposure"])
                ways.append(("guided", link, walk * reach * left * self.affordable(t, z, cohort)))
        return ways

    def deterrence(self, day: Day, p: int, link: Link, mine_share: float, exposure: float) -> float:
        """exp(-risk_aversion · probability of being killed or caught), as people know it."""
        mine, crossing = self.o.risks(self.known, link, mine_share)
        caught = 0.0
        if day.besieged[p]:
            hazard = self.value["interception"] * self.known.ban[self.o.zone[p]] * self.known_guard[p] * exposure
            caught = (1 - mine) * (1 - crossing) * (1 - math.exp(-hazard))
        return math.exp(-self.value["risk_aversion"] * (1 - (1 - mine) * (1 - crossing) + caught))

    def affordable(self, t: int, z: int, cohort: int) -> float:
        """What price and savings leave of the wish to go with a guide."""
        value, price = self.value, self.known_price[z]
        savings, grant = self.purse(t, cohort), value["passage_grant"]
        can_pay = cdf((log(savings + grant) - math.log(price)) / value["savings_spread"])
        to_pay = max(0.0, price - grant)
        burden = to_pay / savings if savings > 0 else (math.inf if to_pay > 0 else 0.0)
        return math.exp(-value["money_aversion"] * burden) * can_pay

    def purse(self, t: int, cohort: int) -> float:
        return self.o.savings[cohort] * math.exp(-self.value["savings_decay"] * t)

    def choose(self, t: int, day: Day, thinking: list[list[Person]]) -> list[tuple[Person, int, Link, str]]:
        """Everyone who sets out today, with the place, link and way; places and corridors are given out by lot."""
        o, leaving = self.o, []
        asking: dict[int, list[tuple[Person, int, Link, str]]] = {z: [] for z in range(len(o.zones))}
        corridors: dict[int, list[tuple[Person, int, Link, str]]] = {}
        for p in o.homes:
            ways = [self.ways(t, day, p, c) for c in range(len(o.share))]
            self.ways_out |= {(p, c): options for c, options in enumerate(ways)}
            weights = [[weight for _, _, weight in options] for options in ways]
            for person in thinking[p]:
                choice = pick(weights[person.cohort], self.rng)
                way, link, _ = ways[person.cohort][choice] if choice >= 0 else ("stay", None, 0.0)
                if link is None:
                    continue
                move = (person, p, link, way)
                if way == "guided":
                    asking[o.zone[p]].append(move)
                elif way == "corridor":
                    corridors.setdefault(link.number, []).append(move)
                else:
                    leaving.append(move)
        for p in (q for q in range(len(o.kind)) if o.is_waypoint(day, q)):
            links, weights_on = self.onward(day, p)
            for person in self.present[p]:
                choice = pick(weights_on, self.rng)
                if choice >= 0:
                    leaving.append((person, p, links[choice], "onward"))
        for z, asked in asking.items():
            self.requests[z] = len(asked)
            leaving += self.admit(t, asked, self.places[z])
        for number, asked in corridors.items():
            leaving += self.admit(t, asked, self.whole(day.corridor[number] or 0.0))
        return leaving

    def admit(self, t: int, asked: list, places: int) -> list:
        """The first of a shuffled queue, as many as there are places; the rest are turned away."""
        queue = [asked[i] for i in self.rng.permutation(len(asked))]
        for _, p, _, _ in queue[places:]:
            if self.o.zone[p] >= 0:
                self.records["turned_away"][t, self.o.zone[p]] += 1
        return queue[:places]

    def trapped(self, t: int, day: Day) -> None:
        for p in (q for q in self.o.homes if day.besieged[q]):
            gap = []
            for cohort in range(len(self.o.share)):
                leaves = self.leaves(self.ways_out[p, cohort])
                carefree = self.leaves(self.ways(t, day, p, cohort, carefree=True))
                gap.append(max(0.0, (carefree - leaves) / (1 - leaves)) if leaves < 1 else 0.0)
            trapped = sum(self.chance(gap[person.cohort]) for person in self.present[p])
            self.records["trapped"][t, self.o.zone[p]] += trapped

    @staticmethod
    def leaves(ways: list[Way]) -> float:
        total = sum(weight for _, _, weight in ways)
        return sum(weight for way, _, weight in ways if way not in ("stay", "district")) / total if total else 0.0
