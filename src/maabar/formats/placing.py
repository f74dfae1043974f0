"""Which place of a scenario a row of an export is about.

In: a P-code, a point or a name, and the distance within which a point stands for a place. Out: a `Spot`: the place, how
it was found and how far it is; or the reason why there is none. A P-code goes first, then the point, and a name only
where there is no point: names repeat, and points of one town differ by a few kilometres between those who draw them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from maabar import facts

EARTH_KM = 6371.0088  # mean radius (IUGG)
NO_POINT = "no coordinates, no P-code and no name of a place of the scenario"


@dataclass(frozen=True)
class Spot:
    """A place, or why there is none.

    km     from the point of the row; None where it was not found by distance
    near   the nearest place in words, for a row that is too far from all: `old-town, 35 km`
    """

    place: facts.Place | None
    km: float | None = None
    reason: str = ""
    near: str = ""


def kilometres(lat: float, lon: float, lats: np.ndarray, lons: np.ndarray) -> np.ndarray:
    """Great-circle distances from a point to points [degree], in km (haversine on a sphere)."""
    phi, other = math.radians(lat), np.radians(lats)
    half = np.sin((other - phi) / 2) ** 2
    half = half + math.cos(phi) * np.cos(other) * np.sin((np.radians(lons) - math.radians(lon)) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))))


class Atlas:
    """The places of a scenario, to be found."""

    def __init__(self, places: Iterable[facts.Place], within: float) -> None:
        self.places = tuple(places)
        self.within = within
        self.lats = np.array([place.lat for place in self.places])
        self.lons = np.array([place.lon for place in self.places])
        self.codes = _index((place.pcode.casefold(), place) for place in self.places)
        names = ((text, place) for place in self.places for text in {place.id, place.name, place.name_ar})
        self.names = _index((_plain(text), place) for text, place in names)

    def spot(self, codes: Iterable[str], point: tuple[float, float] | None, name: str) -> Spot:
        """The place of a row: by P-code, else by its point, else, where it has no point, by its name."""
        for code in filter(None, codes):
            found = self.codes.get(code.casefold(), ())
            if len(found) == 1:
                return Spot(found[0])
        if point is not None:
            return self.nearest(*point)
        found = self.names.get(_plain(name), ()) if name else ()
        if len(found) == 1:
            return Spot(found[0])
        return Spot(None, reason=NO_POINT if not found else "several places of this name, and no coordinates")

    def nearest(self, lat: float, lon: float) -> Spot:
        """The nearest place, if it is within the distance; of equals the first in places.csv."""
        far = kilometres(lat, lon, self.lats, self.lons)
        at = int(np.argmin(far))
        place, km = self.places[at], float(far[at])
        if km <= self.within:
            return Spot(place, km)
        return Spot(None, reason=f"no place within {self.within:g} km", near=f"{place.id}, {km:,.0f} km")

    def others(self, lat: float, lon: float, place: facts.Place) -> tuple[facts.Place, ...]:
        """The homes of the zone of a home that are within the distance of a point too."""
        far = kilometres(lat, lon, self.lats, self.lons)
        return tuple(
            other
            for other, km in zip(self.places, far, strict=True)
            if km <= self.within and other.zone == place.zone and other.id != place.id and place.zone
        )


def _index(pairs: Iterable[tuple[str, facts.Place]]) -> dict[str, tuple[facts.Place, ...]]:
    found: dict[str, tuple[facts.Place, ...]] = {}
    for key, place in pairs:
        if key and place not in found.get(key, ()):
            found[key] = (*found.get(key, ()), place)
    return found


def _plain(name: str) -> str:
    """A name without case, spaces and punctuation, and without the marks of Arabic vowels."""
    return re.sub(r"[\W_\u064b-\u0652\u0640]+", "", name.casefold())
