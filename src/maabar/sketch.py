"""A still map as SVG: people at each released place as circles, rivers, names. For paper, without a script.

In: a view as it is told on an evening. Out: SVG text. Positions are those of the view, as coarse as its audience may
know them; no way is drawn. Circles have an area that grows with the median number of people present.
"""

from __future__ import annotations

import dataclasses
import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from maabar import quantities

if TYPE_CHECKING:
    from maabar import facts, spoken

    Spot = tuple[facts.Place, float, str]

WIDTH, HEIGHT, EDGE = 720.0, 360.0, 46.0
LARGEST = 34.0  # radius of the fullest place
NAMED = 12  # places that get a name
SHOWN = 0.98  # of the people present
COLOURS = {"besieged": "#b3402a", "home": "#8a8f98", "camp": "#0072b2", "refuge": "#3a9d8f"}
Box = tuple[float, float, float, float]
LEAST = 0.02  # degrees that a drawing spans at least
LETTER = 6.2  # width of a letter of 11 points, to keep names apart


@dataclasses.dataclass(frozen=True)
class Frame:
    """From degrees to points of a drawing, one scale for both axes.

    middle, centre  latitude and longitude of the middle [degree];  wide: length of a degree of longitude, of latitude 1
    scale           points a degree of latitude
    """

    middle: float
    centre: float
    wide: float
    scale: float
    width: float
    height: float

    @classmethod
    def around(cls, points: Sequence[tuple[float, float]], width: float, height: float) -> Frame:
        """The frame that holds all points (lat, lon) within its edge."""
        lats, lons = [lat for lat, _ in points], [lon for _, lon in points]
        middle, centre = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
        wide = math.cos(math.radians(middle)) or 1.0
        across, down = max((max(lons) - min(lons)) * wide, LEAST), max(max(lats) - min(lats), LEAST)
        return cls(middle, centre, wide, min((width - 2 * EDGE) / across, (height - 2 * EDGE) / down), width, height)

    def point(self, lat: float, lon: float) -> tuple[float, float]:
        """Where a place lies on the drawing, from its upper left corner."""
        x = self.width / 2 + (lon - self.centre) * self.wide * self.scale
        return x, self.height / 2 - (lat - self.middle) * self.scale

    def free(
        self, x: float, y: float, text: str, taken: Sequence[Box], tries: Sequence[int] = (0, -16, 16, -30, 30, -44, 44)
    ) -> Box | None:
        """A box for a name near a point, over no other and within the drawing; None if there is none.

        tries  how far below the point its middle may lie, the best first
        """
        width = len(text) * LETTER
        for down in tries:
            left = min(max(x - width / 2, 2.0), self.width - width - 2)
            box = (left, y - 8 + down, left + width, y + 8 + down)
            apart = all(box[2] < o[0] or box[0] > o[2] or box[3] < o[1] or box[1] > o[3] for o in taken)
            if apart and box[1] > 2 and box[3] < self.height - 22:
                return box
        return None


def drawn(told: spoken.Told) -> str:
    """The map."""
    spots = _spots(told)
    if not spots:
        return ""
    frame = Frame.around([(place.lat, place.lon) for place, _, _ in _core(spots)], WIDTH, HEIGHT)
    project = frame.point
    most = max(people for _, people, _ in spots) or 1.0
    rivers = [
        "<polyline points='{}' fill='none' stroke='#9ec9e2' stroke-width='3' stroke-linejoin='round'/>".format(
            " ".join("{:.1f},{:.1f}".format(*project(lat, lon)) for lat, lon in line.points)
        )
        for line in told.view.facts.rivers
    ]
    circles: list[str] = []
    names: list[str] = []
    taken: list[Box] = []
    within = [
        spot for spot in spots
        if all(0 < at < size for at, size in zip(project(spot[0].lat, spot[0].lon), (WIDTH, HEIGHT), strict=True))
    ]  # fmt: skip
    ordered = sorted(within, key=lambda spot: -spot[1])
    for place, people, kind in ordered:
        x, y = project(place.lat, place.lon)
        radius = max(2.5, LARGEST * math.sqrt(people / most))
        circles.append(
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius:.1f}' fill='{COLOURS[kind]}' fill-opacity='0.55' "
            f"stroke='{COLOURS[kind]}'/>"
        )
    first = [spot for spot in ordered if spot[2] != "home"] + [spot for spot in ordered if spot[2] == "home"]
    for place, people, _ in [spot for spot in first if spot[1] >= max(told.view.least, 1)][:NAMED]:
        x, y = project(place.lat, place.lon)
        name = told.words.name(place.name, place.name_ar)
        line = f"{name} {told.number(people)}"
        box = frame.free(x, y, line, taken)
        if box is not None:
            taken.append(box)
            names.append(
                f"<text x='{(box[0] + box[2]) / 2:.1f}' y='{box[3] - 3:.1f}' text-anchor='middle'>{html.escape(line)}"
                "</text>"
            )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH:.0f} {HEIGHT:.0f}' role='img' "
        f"aria-label='{html.escape(told.words('situation.map'), quote=True)}'>"
        f"<rect width='{WIDTH:.0f}' height='{HEIGHT:.0f}' fill='#f6f7f9'/>{''.join(rivers)}{''.join(circles)}"
        "<g font-family='Libertinus Serif, Noto Naskh Arabic, serif' font-size='12' fill='#16202c' stroke='#f6f7f9' "
        f"stroke-width='3' paint-order='stroke'>{''.join(names)}</g>{_legend(told, spots)}</svg>"
    )


def _spots(told: spoken.Told) -> list[Spot]:
    """Released places with the median of people present on the evening, and what their circle says."""
    view, found = told.view, []
    for at, place in enumerate(view.facts.places):
        if place.kind not in (*quantities.SETTLING, "home"):
            continue
        people = float(np.median(told.series("present", place.id)[:, told.at]))
        kind = "besieged" if place.kind == "home" and view.besieged[told.at, at] else place.kind
        found.append((place, people, kind))
    return found


def _core(spots: list[Spot]) -> list[Spot]:
    """The places that the drawing must show: those nearest to the middle of the people, with `SHOWN` of them."""
    weights = np.array([people for _, people, _ in spots]) + 1e-9
    points = np.array([(place.lat, place.lon) for place, _, _ in spots])
    middle = np.average(points, axis=0, weights=weights)
    order = np.argsort(np.hypot(*(points - middle).T), kind="stable")
    enough = int(np.searchsorted(weights[order].cumsum(), SHOWN * weights.sum())) + 1
    near = set(order[:enough].tolist())
    return [spot for at, spot in enumerate(spots) if at in near or spot[2] == "besieged"]


def _legend(told: spoken.Told, spots: list[Spot]) -> str:
    """What the colours mean, of the kinds that are there."""
    kinds = [kind for kind in COLOURS if any(kind == one for _, _, one in spots)]
    parts, x = [], 12.0
    for kind in kinds:
        word = told.words(f"situation.map_{kind}")
        parts.append(
            f"<circle cx='{x:.0f}' cy='{HEIGHT - 12:.0f}' r='5' fill='{COLOURS[kind]}' fill-opacity='0.55' "
            f"stroke='{COLOURS[kind]}'/><text x='{x + 10:.0f}' y='{HEIGHT - 8:.0f}' text-anchor='start' "
            f"direction='ltr'>{html.escape(word)}</text>"
        )
        x += 30 + len(word) * LETTER
    return (
        "<g font-family='Libertinus Serif, Noto Naskh Arabic, serif' font-size='11' fill='#16202c'>"
        f"{''.join(parts)}</g>"
    )
