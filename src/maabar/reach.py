"""Who can get where on the network of a scenario, whatever is open.

In: places and routes without faults. Out: faults of places that nobody lives in, leaves or reaches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from maabar import errors, network


def people(net: network.Network, faults: list[errors.Fault], folder: str) -> None:
    """There is somebody to leave and somewhere to go."""
    file = f"{folder}/places.csv"
    if not any(place.kind == "home" and place.population for place in net.places):
        cure = (
            "write the people at the start"
            if any(place.kind == "home" for place in net.places)
            else "give one the kind home"
        )
        faults.append(errors.Fault(file, None, "population", "no home with people", "at least one", cure))
    if not any(place.kind in ("camp", "refuge") for place in net.places):
        cure = "add where people can settle"
        faults.append(errors.Fault(file, None, "kind", "no camp and no refuge", "at least one", cure))


def connections(net: network.Network, faults: list[errors.Fault], folder: str, *, given: bool) -> None:
    """Every place has a route, and from every home some camp or refuge can be reached.

    Where departures are given, a camp or refuge may lie apart: whoever is there at the start is counted there.
    """
    file = f"{folder}/places.csv"
    onward: dict[str, set[str]] = defaultdict(set)
    for route in net.routes:
        onward[route.start].add(route.end)
        if not route.one_way:
            onward[route.end].add(route.start)
    joined = set(onward).union(*onward.values())
    shelters = {place.id for place in net.places if place.kind in ("camp", "refuge")}
    arriving = _backward(onward, shelters)
    for place in net.places:
        if place.id not in joined and not (given and place.id in shelters):
            found = f"{errors.quote(place.id)}, which no route reaches"
            faults.append(
                errors.Fault(file, place.line, "id", found, "a place on a route", "add a route in routes.csv")
            )
        elif place.kind == "home" and place.id in joined and shelters and place.id not in arriving:
            found = f"{errors.quote(place.id)}, from where no camp or refuge can be reached"
            cure = "add the missing route in routes.csv, or check one_way"
            faults.append(
                errors.Fault(file, place.line, "id", found, "a way from every home to a camp or refuge", cure)
            )


def _backward(onward: Mapping[str, set[str]], goals: set[str]) -> set[str]:
    """All from where a goal can be reached."""
    back: dict[str, set[str]] = defaultdict(set)
    for start, ends in onward.items():
        for end in ends:
            back[end].add(start)
    seen, edge = set(goals), list(goals)
    while edge:
        fresh = back[edge.pop()] - seen
        seen |= fresh
        edge.extend(fresh)
    return seen
