"""Every format in which a run leaves maabar, and the one function that writes any of them.

In: a released view, the name of a format, a folder. Out: the files that were written. A format is a row of `FORMATS`;
its module is imported when it is asked for. `all` is every format that anybody may have.
"""

from __future__ import annotations

import importlib
import pathlib
from collections.abc import Callable
from typing import Any

from maabar import errors, release
from maabar.formats import geoout

Writer = Callable[..., list[pathlib.Path]]
# Format -> module and function that write it, the options it takes
FORMATS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "csv": ("csvout", "write", ("hxl",)),
    "xlsx": ("xlsxout", "write", ()),
    "geojson": ("geoout", "write_geojson", ()),
    "hapi": ("hapiout", "write", ("hxl",)),
    "hub": ("hubout", "write", ()),
    "netcdf": ("netcdfout", "write", ()),
    "gpkg": ("geoout", "write_gpkg", ()),
    "flee": ("fleeout", "write", ("member",)),
}
ALL = "all"


def check(name: str, options: dict[str, Any]) -> None:
    """Raise errors.RunError for a format that nobody here writes, or an option that it does not take."""
    known = [*FORMATS, ALL]
    if name not in known:
        cure = errors.suggestion(name, known, "choose one of these")
        raise errors.RunError(f"--format: found {errors.quote(name)}, expected {errors.listed(known)}; {cure}")
    for option, value in options.items():
        takers = [one for one in FORMATS if option in FORMATS[one][2]]
        if value not in (None, False) and not set(takers) & set(formats(name)):
            raise errors.RunError(
                f"--{option}: found with --format {name}, expected with {errors.listed(takers)}; leave it out"
            )


def formats(name: str) -> list[str]:
    """The formats that a name stands for."""
    return [one for one in FORMATS if one != "flee"] if name == ALL else [name]


def write(
    view: release.View, name: str, folder: pathlib.Path, *, command: str = "", **options: Any
) -> list[pathlib.Path]:
    """Write a view in a format into a folder; returns the files, the most important of a format first.

    options  those of the format, such as hxl or member
    Raises errors.RunError as `check` does, and as the format does.
    """
    check(name, options)
    if "gpkg" in formats(name):
        geoout.check()  # before anything is written
    made = []
    for one in formats(name):
        module, function, taken = FORMATS[one]
        writer: Writer = getattr(importlib.import_module(f"maabar.formats.{module}"), function)
        made += writer(view, folder, command=command, **{key: options[key] for key in taken if key in options})
    return made
