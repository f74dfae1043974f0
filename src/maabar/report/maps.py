"""The map of a report: places as circles whose area is the people present, for every day.

In: a released view. Out: plain numbers for the page's script (kilometres, people), nothing with a scale or a colour.
What the audience may not see is not in the view: homes of one zone and district are put together, waypoints are counted
as on the way, boats, footpaths and guided routes are not drawn but for the team itself. Masked counts are written as
-1. Of homes inside a zone the map also says how many people are besieged: those at homes that count as `inside` that
day.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maabar import quantities, release, scenario

KM_PER_DEGREE = 111.32
FAR = 2.0  # times the distance within which three places in four lie: farther ones stand at the edge
KIND_WORDS = {"home": "homes", "camp": "camp", "refuge": "host place"}


@dataclasses.dataclass(frozen=True)
class Spot:
    """A circle of the map: one camp or host place, or all homes of one zone and district together."""

    name: str
    name_ar: str
    kind: str
    lat: float
    lon: float
    places: tuple[str, ...]


def spots(facts: scenario.Scenario) -> list[Spot]:
    """The circles of the map, homes first."""
    groups: dict[tuple[str, str], list[scenario.Place]] = defaultdict(list)
    for place in facts.places:
        if place.kind == "home":
            groups[(place.zone, place.admin2) if place.zone else ("", place.id)].append(place)
    homes = [_together(facts, zone, members, groups) for (zone, _), members in groups.items()]
    return homes + [
        Spot(place.name, place.name_ar, place.kind, place.lat, place.lon, (place.id,))
        for place in facts.places
        if place.kind in quantities.SETTLING
    ]


def _together(
    facts: scenario.Scenario,
    zone_id: str,
    members: list[scenario.Place],
    groups: dict[tuple[str, str], list[scenario.Place]],
) -> Spot:
    """The homes of a zone and district as one circle at their centre of population."""
    weights = np.array([place.population for place in members], dtype=float) + 1.0
    lat = float(np.average([place.lat for place in members], weights=weights))
    lon = float(np.average([place.lon for place in members], weights=weights))
    ids = tuple(place.id for place in members)
    zone = next((zone for zone in facts.zones if zone.id == zone_id), None)
    if zone is None:
        return Spot(members[0].name, members[0].name_ar, "home", lat, lon, ids)
    is_split = sum(other == zone_id for other, _ in groups) > 1
    district = f", {members[0].admin2}" if is_split and members[0].admin2 else ""
    return Spot(zone.name + district, zone.name_ar, "home", lat, lon, ids)


def data(view: release.View) -> dict[str, Any]:
    """All that the page's script draws: circles with people by day, roads and rivers, and who is on no circle.

    `open` is the day on which the map opens: that with most people on the way, or the middle of the run.
    """
    facts, days = view.facts, view.dataset.sizes["day"]
    circles = spots(facts)
    project = _Projection(circles)
    besiegeable = {place.id for place in facts.places if place.kind == "home" and place.zone}
    shown = [
        {
            "name": spot.name,
            "ar": spot.name_ar,
            "kind": spot.kind,
            "word": KIND_WORDS[spot.kind],
            "xy": project.point(spot.lat, spot.lon),
            "n": _medians(view, _present(view, spot.places)),
            "besieged": _besieged(view, spot.places) if set(spot.places) & besiegeable else [],
        }
        for spot in circles
    ]
    moving = np.median(_on_the_way(view), axis=0)
    return {
        "open": int(moving.argmax()) if moving.any() else days // 2,
        "start": facts.start.isoformat(),
        "days": days,
        "least": view.least,
        "spots": shown,
        "others": _others(view),
        "roads": _roads(facts, circles, project),
        "rivers": [
            {"name": line.name, "ar": line.name_ar, "xy": [project.point(*point) for point in line.points]}
            for line in facts.rivers
        ],
        "frames": project.frames(bool(facts.zones)),
    }


def _present(
    view: release.View, places: tuple[str, ...], where: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """People present at several places together, on the days (day, place) given: (member, day)."""
    at = np.flatnonzero(np.isin(view.dataset["place"].values.astype(str), places))
    present = view.dataset["present"].isel(place=at)
    values = present.transpose("member", "day", "place").values.astype(float)
    there: NDArray[np.float64] = (values if where is None else values * where[:, at]).sum(axis=2)
    return there


def _besieged(view: release.View, places: tuple[str, ...]) -> list[int]:
    """Medians of the people at those of the places that count as inside, day by day; 0 once none does."""
    at = np.flatnonzero(np.isin(view.dataset["place"].values.astype(str), places))
    any_left = np.any(view.besieged[:, at], axis=1)
    counts = _medians(view, _present(view, places, view.besieged))
    return [count if any_left[day] else 0 for day, count in enumerate(counts)]


def _on_the_way(view: release.View) -> NDArray[np.float64]:
    """People on the way, those at waypoints included: (member, day)."""
    waypoints = tuple(place.id for place in view.facts.places if place.kind == "waypoint")
    there: NDArray[np.float64] = quantities.series(view.dataset, "travelling").values + _present(view, waypoints)
    return there


def _medians(view: release.View, values: NDArray[np.float64]) -> list[int]:
    """Medians over members, to three digits; masked counts are written as -1."""
    return [
        -1 if view.is_masked(count, "person") else int(float(f"{view.rounded(count, 'person'):.3g}"))
        for count in np.median(values, axis=0).tolist()
    ]


def _others(view: release.View) -> list[dict[str, Any]]:
    """People who stand on no circle: on the way (waypoints included), held, killed so far."""
    rows = {
        "On the way": _on_the_way(view),
        "Held": quantities.series(view.dataset, "held").values,
        "Killed so far": quantities.series(view.dataset, "killed").values.cumsum(axis=1),
    }
    return [
        {"name": name, "ar": "", "kind": "", "n": _medians(view, values), "besieged": []}
        for name, values in rows.items()
        if values.any()
    ]


def _roads(facts: scenario.Scenario, circles: list[Spot], project: _Projection) -> list[list[float]]:
    """Straight lines [x1, y1, x2, y2] for plain roads; homes that are drawn together are joined where they stand."""
    where = {place.id: (place.lat, place.lon) for place in facts.places}
    where |= {place: (spot.lat, spot.lon) for spot in circles for place in spot.places}
    ends = {
        tuple(sorted((where[route.start], where[route.end])))
        for route in facts.routes
        if route.mode == "road" and not route.guided and where[route.start] != where[route.end]
    }
    return [[*project.point(*start), *project.point(*end)] for start, end in sorted(ends)]


class _Projection:
    """Degrees to kilometres east and south of the centre of the homes (or of all circles)."""

    def __init__(self, circles: list[Spot]) -> None:
        centre = [spot for spot in circles if spot.kind == "home"] or circles
        self.lat = sum(spot.lat for spot in centre) / len(centre)
        self.lon = sum(spot.lon for spot in centre) / len(centre)
        self.east = KM_PER_DEGREE * math.cos(math.radians(self.lat))
        self.points = [self.point(spot.lat, spot.lon) for spot in circles]

    def point(self, lat: float, lon: float) -> list[float]:
        """[x, y] in kilometres, to 100 m."""
        return [round((lon - self.lon) * self.east, 1), round((self.lat - lat) * KM_PER_DEGREE, 1)]

    def frames(self, is_siege: bool) -> list[dict[str, Any]]:
        """What the map may show: the whole region and, for a siege, the nearer half of the places.

        Each is [left, top, right, bottom] in km. A place more than `FAR` times as far as three in four of them is left
        outside; the page shows it at the edge.
        """
        distances = sorted(math.hypot(*point) for point in self.points)
        limit = FAR * distances[math.ceil(0.75 * (len(distances) - 1))]
        near = 1.1 * distances[(len(distances) - 1) // 2]
        frames = [{"name": "Whole region", "box": self._box(limit)}]
        return [*frames, {"name": "Near the siege", "box": self._box(near)}] if is_siege and near > 0 else frames

    def _box(self, limit: float) -> list[float]:
        inside = [point for point in self.points if math.hypot(*point) <= max(limit, 1.0)] or self.points
        xs, ys = [point[0] for point in inside], [point[1] for point in inside]
        margin = max(3.0, 0.08 * max(max(xs) - min(xs), max(ys) - min(ys)))
        return [min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin]
