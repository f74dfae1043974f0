"""A released view for maps: GeoJSON, and a GeoPackage that also holds every day.

In: a released view. Out: NAME.geojson, one point for each place with its arrivals, its fullest evening and its last
one, or NAME.gpkg with the same points as the layer `places`, the daily table of `tidy` as `series`, and what the file
is as `about`. For the team alone there is a layer `ways` with the use of each. Places that stand together lie at their
centre, to some ten kilometres. Coordinates are WGS84 (EPSG:4326).
"""

from __future__ import annotations

import json
import math
import pathlib
import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maabar import errors, quantities, release
from maabar.formats import csvout, tidy

CURE = "needs geopandas and pyogrio; install them with: pip install 'maabar[gis]'"
# Name of a column -> quantity, what is taken of its days, meaning
NUMBERS = {
    "arrivals": ("arrivals", "total", "people who arrived over the whole run"),
    "present_most": ("present", "most", "most people present on one evening"),
    "present_end": ("present", "end", "people present on the last evening"),
    "unsheltered_most": ("unsheltered", "most", "most people without shelter on one evening"),
    "inside_end": ("inside", "end", "people inside the siege on the last evening"),
}
ENDS = ("low", "median", "high")
COLUMNS = {
    "marking": ("who may have this feature", "#meta+marking"),
    "place": ("id or P-code of the place, zone or way", "#loc+code"),
    **{name: tidy.COLUMNS[name] for name in tidy.PLACE},
    **{f"{name}_{end}": (f"{meaning}: {end} of the members, as low_high says; empty where masked", "")
       for name, (_, _, meaning) in NUMBERS.items() for end in ENDS},
    **{f"people_{end}": (f"ways only: people who set out on it over the whole run: {end}", "") for end in ENDS},
    "low_high": tidy.COLUMNS["low_high"],
    "masked_below": tidy.COLUMNS["masked_below"],
}  # fmt: skip
SLAB = 10  # members read at a time
Feature = tuple[list[tuple[float, float]], dict[str, Any]]


def write_geojson(view: release.View, folder: pathlib.Path, *, command: str = "") -> list[pathlib.Path]:
    """Write NAME.geojson and its dictionary into a folder; returns the files."""
    name = tidy.stem(view)
    features = [
        {"type": "Feature", "geometry": _geometry(points), "properties": properties}
        for points, properties in places(view) + ways(view)
    ]
    whole = {"type": "FeatureCollection", "name": name, "about": dict(tidy.about(view)), "features": features}
    text = json.dumps(whole, ensure_ascii=False, allow_nan=False, indent=1)
    made = [release.publish(view, folder / f"{name}.geojson", text.encode(), "geojson", command)]
    return [*made, csvout.dictionary(view, folder / f"{name}-geojson-dictionary.csv", COLUMNS, "geojson", command)]


def write_gpkg(view: release.View, folder: pathlib.Path, *, command: str = "") -> list[pathlib.Path]:
    """Write NAME.gpkg into a folder; returns the file. Raises errors.RunError without the libraries it needs."""
    check()
    import geopandas
    import pandas
    import pyogrio
    from shapely import geometry

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    dictionary = [("column", name, meaning) for name, (meaning, _) in (COLUMNS | tidy.COLUMNS).items()]
    about = [("file", what, how) for what, how in tidy.about(view)]
    layers: dict[str, Any] = {}
    for name, features in (("places", places(view)), ("ways", ways(view))):
        if features:
            shapes = [geometry.shape(_geometry(points)) for points, _ in features]
            rows = pandas.DataFrame([properties for _, properties in features])
            layers[name] = geopandas.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4326")
    layers["series"] = tidy.table(view, with_ways=False)
    layers["about"] = pandas.DataFrame(about + dictionary, columns=["about", "name", "meaning"])
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "whole.gpkg"
        for name, layer in layers.items():
            pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", append=path.exists())
        content = path.read_bytes()
    return [release.publish(view, folder / f"{tidy.stem(view)}.gpkg", content, "gpkg", command)]


def check() -> None:
    """Raise errors.RunError if a GeoPackage cannot be written here."""
    try:
        import geopandas  # noqa: F401
        import pyogrio  # noqa: F401
    except ImportError as missing:
        raise errors.RunError(f"--format gpkg: {CURE}") from missing


def places(view: release.View) -> list[Feature]:
    """A point and its properties for each released place."""
    known, cells = tidy.described(view), set(view.cells())
    found: list[Feature] = []
    for place in view.facts.places:
        row: dict[str, Any] = {"marking": view.audience.mark, "place": place.id, **known[place.id]}
        masked = False
        for column, (quantity_name, taken, _) in NUMBERS.items():
            at = place.zone if quantity_name == "inside" and place.zone and view.least else place.id
            numbers = _three(view, quantity_name, at, taken) if (quantity_name, at) in cells else [None] * 3
            masked |= None in numbers and (quantity_name, at) in cells
            row |= {f"{column}_{end}": number for end, number in zip(ENDS, numbers, strict=True)}
        row |= {"low_high": tidy.interval(view.dataset.sizes["member"])}
        found.append(([(place.lon, place.lat)], row | {"masked_below": view.least if masked else None}))
    return found


def ways(view: release.View) -> list[Feature]:
    """A line and its properties for each way, for the team alone."""
    if not view.is_internal:
        return []
    links = view.dataset["departures"].transpose("member", "day", "route")
    slabs = range(0, links.sizes["member"], SLAB)
    totals = np.concatenate(
        [links.isel(member=slice(first, first + SLAB)).values.sum(axis=1, dtype=float) for first in slabs]
    )
    where = {place.id: (place.lon, place.lat) for place in view.facts.places}
    found = []
    for at, way in enumerate(links["route"].values.tolist()):
        ends = [where[str(links[f"route_{end}"].values[at])] for end in ("from", "to")]
        numbers = dict(zip((f"people_{end}" for end in ENDS), _quantiles(view, totals[:, at]), strict=True))
        found.append((ends, {"marking": view.audience.mark, "place": str(way), "place_kind": "way", **numbers}))
    return found


def _three(view: release.View, quantity_name: str, place: str, taken: str) -> list[float | None]:
    """Low, median and high over members of what is taken of the days of a quantity."""
    members = view.series(quantity_name, place)
    how = {"total": members.sum(axis=1), "most": members.max(axis=1), "end": members[:, -1]}
    return _quantiles(view, how[taken])


def _quantiles(view: release.View, members: NDArray[np.float64]) -> list[float | None]:
    low, _, median, _, high = np.quantile(members, quantities.levels(len(members))).tolist()
    told = view.told(np.array([low, median, high]), "person").tolist()
    return [number if math.isfinite(number) else None for number in told]


def _geometry(points: list[tuple[float, float]]) -> dict[str, Any]:
    """A point, or a straight line between two."""
    if len(points) == 1:
        return {"type": "Point", "coordinates": list(points[0])}
    return {"type": "LineString", "coordinates": [list(point) for point in points]}
