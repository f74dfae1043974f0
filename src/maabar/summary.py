"""summary.csv: a run for spreadsheets, one row for each quantity, place and day, with its spread over the members.

In: results.nc. Out: a table with the columns quantity, unit, place, day, q10, q25, q50, q75, q90, mean. `place` is
a place, a zone, or * for the whole scenario; deaths are `killed:strike` and so on, the names of the evidence table.
What is 0 on every day in every member is left out, and so are single links: they are in results.nc. Read variable
by variable, a few days at a time.
"""

import csv
import datetime
import io
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maabar import results, storage

HEADER = ("quantity", "unit", "place", "day", "q10", "q25", "q50", "q75", "q90", "mean")
QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90)
LEFT_OUT = ("departures", "parameters")
SLAB_BYTES = 64 * 2**20


def write(path: pathlib.Path, results_path: pathlib.Path, plan: results.Layout) -> None:
    """Write summary.csv in one step."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(HEADER)
    first = datetime.date.fromisoformat(plan.start)
    days = [(first + datetime.timedelta(days=t)).isoformat() for t in range(plan.sizes["day"])]
    for quantity, unit, place, values in _series(results_path, plan):
        if not values.any():
            continue
        for day, row in zip(days, values.tolist(), strict=True):
            table.writerow((quantity, unit, place, day, *map(_shown, row)))
    storage.write(path, text.getvalue().encode())


def _shown(value: float) -> str:
    """A number with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _series(results_path: pathlib.Path, plan: results.Layout) -> Iterator[tuple[str, str, str, NDArray[Any]]]:
    """Quantity, unit, place and an array (day, statistic) for every series of a run, in the order of the file."""
    import h5netcdf

    with h5netcdf.File(results_path, "r") as file:
        for name, axes in plan.dims.items():
            if name in LEFT_OUT:
                continue
            unit = plan.described(name)["units"]
            spread = _spread(file[name])
            if len(axes) == 2:
                yield name, unit, "*", spread
                continue
            for number, label in enumerate(plan.coords[axes[2]][1]):
                by_place = axes[2] in ("place", "zone")
                yield (name if by_place else f"{name}:{label}"), unit, (label if by_place else "*"), spread[:, number]


def _spread(variable: Any) -> NDArray[Any]:
    """Quantiles and mean over members, a few days at a time: (day, …, statistic)."""
    members, days, *rest = variable.shape
    step = max(1, SLAB_BYTES // (8 * members * int(np.prod(rest, dtype=int)) or 1))
    parts = []
    for begin in range(0, days, step):
        slab = variable[:, begin : min(begin + step, days)]
        stacked = np.concatenate([np.quantile(slab, QUANTILES, axis=0), slab.mean(axis=0)[None]])
        parts.append(np.moveaxis(stacked, 0, -1))
    return np.concatenate(parts)
