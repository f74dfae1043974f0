"""Random tiny worlds that a scenario folder may describe, however odd.

`random_world(pick)` builds one from nothing but `pick(options) -> option`, so that Hypothesis (which can shrink a
failing world) and a numpy generator can both make them: every world of the one can be a world of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import worlds

Pick = Callable[[Sequence[Any]], Any]
COHORTS = (
    (("all", 1.0, 40000.0),),
    (("poor", 0.5, 10000.0), ("rich", 0.5, 150000.0)),
)
PARAMETERS: dict[str, tuple[float, ...]] = {
    "reconsider": (0.05, 0.5, 2.0),
    "home_pull": (-5.0, 0.0, 3.0),
    "siege_push": (-1.0, 2.0),
    "shock_sd": (0.0, 0.6),
    "reconsider_scatter": (0.0, 0.5),
    "news_lag": (0.0, 1.0, 2.0, 5.0),
    "travel_hours": (1.0, 8.0, 24.0),
    "guides_per_1000": (0.0, 20.0, 50.0),
    "passages_per_guide": (0.5, 3.0),
    "guide_capture": (0.0, 0.3),
    "guide_entry": (0.0, 0.5),
    "guide_pool": (0.0, 3.0),
    "price_response": (0.05, 0.5),
    "held_share": (0.0, 0.4),
    "executed_share": (0.0, 0.2, 0.5),
    "held_days": (0.5, 4.0),
    "fighter_attrition": (0.0, 0.2),
    "fighter_withdrawal": (0.0, 0.3),
    "surrender_on_fall": (0.0, 0.5, 1.0),
    "leave_zone": (0.0, 0.4, 1.0),
    "interception": (0.0, 0.7, 20.0),
    "danger_push": (0.0, 0.05),
    "neighbour_pull": (-2.0, 2.0),
    "return_rate": (0.0, 0.3, 2.0),
    "evacuation": (0.1, 5.0),
    "known_people": (0.0, 2.0),
    "passage_grant": (0.0, 20000.0),
    "population_factor": (0.5, 1.0, 1.5),
    "memory_days": (2.0, 10.0),
}


def random_world(pick: Pick, days: Sequence[int] = (3, 6, 9)) -> worlds.World:
    """One valid world: all places joined in one piece, every event on a target it may have."""
    length = pick(days)
    places = _places(pick)
    routes = _routes(pick, places)
    given = pick((False, False, False, True))
    return worlds.World(
        "a random world",
        days=length,
        places=places,
        routes=routes,
        events=[_event(pick, length, places, routes) for _ in range(pick(range(9)))],
        cohorts=pick(COHORTS),
        zones=_zones(places),
        parameters={name: pick(values) for name, values in PARAMETERS.items()},
        inflow=[(day, pick((0, 1, 20)), "") for day in range(length)] if given else (),
    )


def _zones(places: list[worlds.Row]) -> list[str]:
    return sorted({str(place["zone"]) for place in places if place.get("zone")})


def _places(pick: Pick) -> list[worlds.Row]:
    homes = [worlds.home(f"h{n}", pick((2, 20, 50)), zone=pick(("t", "t", "u", ""))) for n in range(pick((1, 2, 3)))]
    waypoints = [worlds.waypoint(f"w{n}") for n in range(pick((0, 1, 2)))]
    refuges = [_settling(pick, worlds.refuge, f"r{n}") for n in range(pick((1, 2)))]
    camps = [_settling(pick, worlds.camp, f"k{n}") for n in range(pick((0, 1, 2)))]
    places = homes + waypoints + refuges + camps
    return [places.pop(pick(range(len(places)))) for _ in range(len(places))]


def _settling(pick: Pick, kind: Callable[..., worlds.Row], name: str) -> worlds.Row:
    return kind(
        name,
        capacity=pick(("", 0, 5, 40)),
        shelter_cost=pick((0, 20000)),
        dwell_days=pick(("", 1, 4)),
        pull=pick((0, -1.0, 1.5)),
    )


def _routes(pick: Pick, places: list[worlds.Row]) -> list[worlds.Row]:
    pairs = [(pick(range(n)), n) for n in range(1, len(places))]
    for _ in range(pick((0, 1, 2, 3))):
        first, second = pick(range(len(places))), pick(range(len(places)))
        if first != second and (first, second) not in pairs and (second, first) not in pairs:
            pairs.append((first, second))
    routes = []
    for first, second in pairs:
        start, end = (places[n] for n in (pick(((first, second), (second, first)))))
        routes.append(
            worlds.route(
                str(start["id"]),
                str(end["id"]),
                pick((0.7, 7.0, 45.5, 91.0)),
                pick(("foot", "road", "boat")),
                mines=pick((0, 50, 400)),
                crossing=pick((0, 100)),
                guided=bool(start.get("zone")) and end["kind"] != "home" and pick((False, True)),
            )
        )
    return routes


def _event(pick: Pick, days: int, places: list[worlds.Row], routes: list[worlds.Row]) -> worlds.Row:
    homes = [str(place["id"]) for place in places if place["kind"] == "home"]
    held, zones = [str(place["id"]) for place in places if place.get("zone")], _zones(places)
    settling = [str(place["id"]) for place in places if place["kind"] in ("camp", "refuge")]
    everywhere = [str(place["id"]) for place in places]
    ways = [f"{route['from']}>{route['to']}" for route in routes]
    targets = {
        "strikes": (homes, (1, 8)),
        "conflict": (everywhere, (0.3, 1.0)),
        "fighting": (homes, (0.2, 1.0)),
        "holder": (held, ("other", "other", "besieger")),
        "exit_ban": (zones, (0.5, 1.0)),
        "fighters": (held, (0, 5, 30)),
        "route": (ways, ("closed", "closed", "open")),
        "crossing": (ways, (0.0, 0.4)),
        "place": (homes + settling, ("closed", "closed", "open")),
        "capacity": (settling, ("", 0, 15)),
        "shelter_cost": (settling, (0, 50000)),
        "mines": (ways, (0, 200)),
        "corridor": ([way for way in ways if way.split(">")[0] in homes], (0, 2.5, 10)),
        "truce": (zones, (0.5, 1.0)),
    }
    kind = pick([kind for kind, (names, _) in targets.items() if names])
    target, value = (pick(options) for options in targets[kind])
    begins = 0 if kind == "fighters" else pick(range(1 if kind == "holder" else 0, days))
    return worlds.event(
        begins, kind, target, value, until=None if kind == "fighters" else pick((None, *range(begins, days)))
    )
