"""Every format in which a run leaves maabar, and the one function that writes any of them.

In: a released view, the name of a format, a folder. Out: the files that were written. A format is a row of `FORMATS`;
its module is imported when it is asked for.
"""

from __future__ import annotations

import importlib
import pathlib
from collections.abc import Callable
from typing import Any

from maabar import errors, release

Writer = Callable[..., list[pathlib.Path]]
# Format -> module and function that write it, the options it takes
FORMATS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "csv": ("csvout", "write", ("hxl",)),
    "xlsx": ("xlsxout", "write", ()),
    "geojson": ("geoout", "write_geojson", ()),
    "gpkg": ("geoout", "write_gpkg", ()),
    "hapi": ("hapiout", "write", ("hxl",)),
    "hub": ("hubout", "write", ()),
    "netcdf": ("netcdfout", "write", ()),
    "flee": ("fleeout", "write", ("member",)),
}


def check(name: str, options: dict[str, Any]) -> None:
    """Raise errors.RunError for a format that nobody here writes, or an option that it does not take."""
    if name not in FORMATS:
        cure = errors.suggestion(name, FORMATS, "choose one of these")
        raise errors.RunError(f"--format: found {errors.quote(name)}, expected {errors.listed(list(FORMATS))}; {cure}")
    for option, value in options.items():
        if value not in (None, False) and option not in FORMATS[name][2]:
            takers = [one for one, (_, _, taken) in FORMATS.items() if option in taken]
            raise errors.RunError(
                f"--{option}: found with --format {name}, expected with {errors.listed(takers)}; leave it out"
            )


def write(
    view: release.View, name: str, folder: pathlib.Path, *, command: str = "", **options: Any
) -> list[pathlib.Path]:
    """Write a view in a format into a folder; returns the files, the most important first.

    options  those of the format, such as hxl or member
    Raises errors.RunError as `check` does, and as the format does.
    """
    check(name, options)
    module, function, taken = FORMATS[name]
    writer: Writer = getattr(importlib.import_module(f"maabar.formats.{module}"), function)
    return writer(view, folder, command=command, **{key: options[key] for key in taken if key in options})
