"""A released view as a forecast hub takes it: the long table of the hubverse, with its 23 quantiles.

In: a released view. Out: DATE-maabar-NAME.csv with the columns reference_date, target, horizon, location,
target_end_date, output_type, output_type_id and value, beside a dictionary. The reference date is the last day that
was known: the origin of a forecast, or else the day before the run. Horizons are whole weeks after it; flows are summed
over the week, stocks are those of its last evening. A hub takes no empty value: 0 stands for a masked one, and the
dictionary says so. Format: hubverse.io, model output.
"""

from __future__ import annotations

import datetime as dt
import pathlib
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from maabar import quantities, release
from maabar.formats import csvout, tidy

LEVELS = (0.01, 0.025, *(round(0.05 * at, 2) for at in range(1, 20)), 0.975, 0.99)
WEEK = 7
TARGETS = {"flow": "wk inc", "stock": "wk end", "cumulative": "wk cum"}
KEYS = ("target", "horizon", "location", "target_end_date")
COLUMNS = {
    "reference_date": ("the last day that was known", ""),
    "target": ("wk inc: during the week; wk end: on its last evening; wk cum: since the first day of the run", ""),
    "horizon": ("weeks after the reference date, from 1", ""),
    "location": ("id or P-code of the place or zone; * is everywhere", ""),
    "target_end_date": ("last day of the week", ""),
    "output_type": ("quantile", ""),
    "output_type_id": ("level of the quantile over members", ""),
    "value": ("its value, in the unit of the quantity; 0 where masked", ""),
}


def write(view: release.View, folder: pathlib.Path, *, command: str = "") -> list[pathlib.Path]:
    """Write the table and its dictionary into a folder; returns the files."""
    import pandas

    name = f"{reference_date(view)}-maabar-{re.sub('[^A-Za-z0-9]+', '_', tidy.stem(view))}"
    found = list(rows(view))
    table = pandas.DataFrame(
        {
            "reference_date": reference_date(view).isoformat(),
            **{name: np.repeat([row[at] for row in found], len(LEVELS)) for at, name in enumerate(KEYS)},
            "output_type": "quantile",
            "output_type_id": np.tile(LEVELS, len(found)),
            "value": np.concatenate([values for *_, values in found]) if found else np.zeros(0),
        },
        columns=list(COLUMNS),
    )
    content = table.to_csv(index=False, lineterminator="\n", float_format="%.12g").encode()
    made = [release.publish(view, folder / f"{name}.csv", content, "hub", command)]
    mask = f"0 stands for 0 to {view.least - 1} people" if view.least else "nothing is masked"
    few = view.dataset.sizes["member"] < quantities.FEW
    more = [("mask", mask), *([("members", "fewer than ten: the outer quantiles mean little")] if few else [])]
    dictionary = folder / f"{name}-dictionary.csv"
    return [*made, csvout.dictionary(view, dictionary, COLUMNS, "hub", command, more)]


def reference_date(view: release.View) -> dt.date:
    """The last day that was known."""
    said = view.about.get("forecast", {}).get("origin")
    return dt.date.fromisoformat(said) if said else view.facts.start - dt.timedelta(days=1)


def rows(view: release.View) -> Iterator[tuple[str, int, str, dt.date, NDArray[np.float64]]]:
    """Target, horizon, location, last day and quantiles of each released quantity, week by week; ways are left out."""
    origin = reference_date(view)
    first = (origin - view.facts.start).days + 1
    routes = set(view.dataset["route"].values.tolist()) if "route" in view.dataset.dims else set()
    for name, place in view.cells():
        row = quantities.quantity(name)
        if place in routes:
            continue
        members = view.series(name, place)[:, first:]
        weeks = members.shape[1] // WEEK
        if not weeks or not np.nan_to_num(members).any():
            continue
        days = members[:, : WEEK * weeks].reshape(len(members), weeks, WEEK)
        found = days.sum(axis=2) if row.kind == "flow" else days[:, :, -1]
        known = np.flatnonzero(np.isfinite(found).any(axis=0))
        exact = np.nanquantile(found[:, known], LEVELS, axis=0)
        for week, values in zip(known.tolist(), np.nan_to_num(view.told(exact, row.unit)).T, strict=True):
            ends = origin + dt.timedelta(days=WEEK * (week + 1))
            yield f"{TARGETS[row.kind]} {name}", week + 1, place, ends, values
