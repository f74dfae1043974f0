"""A released view as netCDF by the CF conventions: quantiles by place or zone and day.

In: a released view. Out: NAME.nc, a netCDF-4 file that follows CF-1.11 where it fits: time as days since the first day,
places as time series with their names and coordinates, units that UDUNITS reads (people have the unit 1; `unit` says
person), `cell_methods` for flows. Masked numbers are missing values, and `masked_below` says what that means. The
marking is the attribute `marking` of the file and of each variable. Members are not in it: they are in results.nc,
which is the team's.
"""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maabar import __version__, quantities, release
from maabar.formats import tidy

CF = {"stock": "time: point", "flow": "time: sum", "cumulative": "time: point"}
AXES = {"place": "place", "zone": "zone", "route": "way"}


def write(view: release.View, folder: pathlib.Path, *, command: str = "") -> list[pathlib.Path]:
    """Write the file into a folder; returns it."""
    path = folder / f"{tidy.stem(view)}.nc"
    return [release.publish(view, path, content(view), "netcdf", command)]


def content(view: release.View) -> bytes:
    """The bytes of the file."""
    import xarray

    members = view.dataset.sizes["member"]
    levels = quantities.levels(members)
    by_name: dict[str, dict[str, NDArray[np.float64]]] = {}
    for row, place, values, _ in tidy.spreads(view, levels):
        by_name.setdefault(row.name, {})[place] = values
    variables: dict[str, Any] = {}
    axes = {axis: view.dataset[axis].values.tolist() for axis in AXES if axis in view.dataset.dims}
    for name, found in by_name.items():
        variables |= _variables(view, name, found, axes)
    coords: dict[str, Any] = {
        "time": ("time", view.dataset["day"].values, {"standard_name": "time", "axis": "T"}),
        "quantile": ("quantile", list(levels), {"long_name": "level of the quantile over members", "units": "1"}),
        **_places(view, {AXES[axis] for axis in axes}),
    }
    about: dict[str, Any] = {key.replace(" ", "_"): text for key, text in tidy.about(view)}
    about |= {
        "Conventions": "CF-1.11", "source": f"maabar {__version__}, ensemble simulation", "members": members,
        "low_high": tidy.interval(members), "currency": view.facts.currency,
    }  # fmt: skip
    whole = xarray.Dataset(variables, coords, about)
    coding: dict[str, dict[str, Any]] = {
        name: {"zlib": True, "complevel": 1, "_FillValue": np.nan} for name in variables
    }
    coding |= {"time": {"units": f"days since {view.facts.start} 00:00:00", "dtype": "int32", "_FillValue": None}}
    return bytes(whole.to_netcdf(engine="h5netcdf", encoding=coding))


def _variables(
    view: release.View, name: str, found: dict[str, NDArray[np.float64]], axes: dict[str, list[str]]
) -> dict[str, Any]:
    """The variables of one quantity: by place, zone or way, and the sum over all as NAME_total."""
    row = quantities.quantity(name)
    plain = name.replace(":", "_")
    attributes: dict[str, Any] = {
        "long_name": row.label, "long_name_ar": row.label_ar, "kind": row.kind, "cell_methods": CF[row.kind],
        "units": "1", "unit": tidy.unit_of(view, row), "marking": view.marking,
    }  # fmt: skip
    if view.least and row.unit == "person":
        attributes["masked_below"] = np.int32(view.least)
    made: dict[str, Any] = {}
    for axis, ids in axes.items():
        if set(found) & set(ids):
            none = np.full_like(next(iter(found.values())), np.nan)
            stacked = np.stack([found.get(one, none) for one in ids], axis=1)
            placed = {"coordinates": "lat lon"} if axis == "place" else {}
            made[plain] = (("quantile", AXES[axis], "time"), stacked.astype(np.float32), attributes | placed)
    if "*" in found:
        made[f"{plain}_total" if made else plain] = (("quantile", "time"), found["*"].astype(np.float32), attributes)
    return made


def _places(view: release.View, axes: set[str]) -> dict[str, Any]:
    """Ids, names and positions of places, zones and ways."""
    made: dict[str, Any] = {}
    if "place" in axes:
        places = view.facts.places
        made["place"] = ("place", _text([one.id for one in places]), {"cf_role": "timeseries_id"})
        made["place_name"] = ("place", _text([one.name for one in places]), {"long_name": "name"})
        made["place_name_ar"] = ("place", _text([one.name_ar for one in places]), {"long_name": "name in Arabic"})
        made["admin2_pcode"] = ("place", _text([one.admin2_pcode for one in places]), {"long_name": "P-code"})
        for axis, standard, unit in (("lat", "latitude", "degrees_north"), ("lon", "longitude", "degrees_east")):
            degrees = np.array([getattr(one, axis) for one in places], dtype=float)
            made[axis] = ("place", degrees, {"standard_name": standard, "units": unit})
    if "zone" in axes:
        made["zone"] = ("zone", _text([one.id for one in view.facts.zones]), {"long_name": "besieged zone"})
        made["zone_name"] = ("zone", _text([one.name for one in view.facts.zones]), {"long_name": "name"})
    if "way" in axes:
        made["way"] = ("way", _text(view.dataset["route"].values.tolist()), {"long_name": "directed link"})
    return made


def _text(words: list[str]) -> NDArray[np.object_]:
    return np.array(words, dtype=object)
