"""A run in the layout of Flee's `out.csv`, so that scripts made for it read a run of maabar.

In: a released view of a run. Out: a table with one row a day and the columns

    Day, Date                        day of the run, counted from 0, and its date
    NAME sim                         people at the place on the evening of the day: member mean, or one member [person]
    NAME data                        counted people, linear between counts [person]
    NAME error                       |sim/data − 1|, 0 where nobody was counted
    Total error                      Σ|sim − data| / Σ data, 0 where nobody was counted
    refugees in camps (UNHCR)        Σ data
    total refugees (simulation)      everybody who has fled, at any place or on the way
    raw UNHCR refugee count          Σ data again: maabar knows no other total
    refugees in camps (simulation)   Σ sim
    refugee_debt                     by how much Σ data is below its highest so far

with three columns for each camp or refuge that has counts, in the order of places.csv. NAME is what the place was
called in Flee (column flee_name of places.csv), or else its name with _ for spaces and commas, at which Flee's scripts
break a name. Flee knows no camp without counts, so there is none here; `left_out` names them. People are whole, errors
have four digits. The results are read once, a few members at a time.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import pathlib
import re

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from maabar import counts, errors, quantities, release, scenario

Whole = NDArray[np.int64]
FILE = "out.csv"
TOTALS = (
    "Total error",
    "refugees in camps (UNHCR)",
    "total refugees (simulation)",
    "raw UNHCR refugee count",
    "refugees in camps (simulation)",
    "refugee_debt",
)
DIGITS = 4
SLAB = 10  # members


def write(
    view: release.View, folder: pathlib.Path, *, member: int | None = None, command: str = ""
) -> list[pathlib.Path]:
    """Write `out.csv` into a folder, which is made if need be; returns it.

    member   the number of one member; None: the mean over members, rounded to whole people
    command  what was typed, for the release log

    The layout has no place for a mask or a marking, so it is for the team alone. Raises errors.RunError for another
    audience, for a member that the run has not, and if no camp or refuge has counts.
    """
    if not view.is_internal:
        raise errors.RunError(
            f"--audience: found '{view.audience.name}', expected internal, as Flee's layout has no place for masked "
            "counts or a marking; add --audience internal, or choose another --format"
        )
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table(view, member=member))
    return [release.publish(view, folder / FILE, text.getvalue().encode(), "flee", command)]


def left_out(facts: scenario.Scenario) -> list[str]:
    """The camps and refuges without counts, by name: Flee's layout has no place for them."""
    counted = counts.of(facts).ids
    return [place.name for place in facts.places if place.kind in quantities.SETTLING and place.id not in counted]


def table(view: release.View, *, member: int | None = None) -> list[list[str]]:
    """Header and rows, as texts. Raises errors.RunError as `write` does."""
    facts = view.facts
    counted = counts.of(facts)
    if not counted.places:
        raise errors.RunError(
            f"{facts.path}: found no camp or refuge with counts, expected at least one, as Flee's layout sets every "
            "number beside a count; add reports of people present to evidence.csv, or use summary.csv of the run"
        )
    chosen = _chosen(view, member)
    present = _mean(chosen["present"].transpose("member", "day", "place"))
    simulated = np.rint(present[:, [place in counted.ids for place in chosen["place"].values]]).astype(np.int64)
    data = np.rint(counted.daily).astype(np.int64)
    header = ["Day", "Date"]
    for place in counted.places:
        name = place.extra.get("flee_name") or re.sub(r"[\s,]+", "_", place.name)
        header += [f"{name} sim", f"{name} data", f"{name} error"]
    totals = _totals(simulated, data, _fled(present, chosen, facts))
    rows = [header + list(TOTALS)]
    for day, (sim, count, total) in enumerate(zip(simulated.tolist(), data.tolist(), totals, strict=True)):
        row = [str(day), (facts.start + dt.timedelta(days=day)).isoformat()]
        for people, expected in zip(sim, count, strict=True):
            row += [str(people), str(expected), str(_off(abs(people - expected), expected))]
        rows.append(row + total)
    return rows


def _chosen(view: release.View, member: int | None) -> xr.Dataset:
    """The members that are asked for, one or all."""
    dataset = view.dataset
    members = dataset.sizes["member"]
    if member is None:
        return dataset
    if isinstance(member, bool) or not isinstance(member, int | np.integer) or not 0 <= member < members:
        found = errors.quote(str(member))
        raise errors.RunError(f"--member: found {found}, expected a whole number from 0 to {members - 1}")
    return dataset.isel(member=[member])


def _mean(values: xr.DataArray) -> NDArray[np.float64]:
    """The mean over members, the first axis, read from disk a few members at a time."""
    members = values.sizes["member"]
    total = np.zeros(values.shape[1:])
    for first in range(0, members, SLAB):
        total += values.isel(member=slice(first, first + SLAB)).values.sum(axis=0, dtype=np.float64)
    return total / members


def _fled(present: NDArray[np.float64], dataset: xr.Dataset, facts: scenario.Scenario) -> Whole:
    """People anywhere but in homes of their own, and on the way: (t). Where departures are given nobody is at home."""
    away = [facts.departures == "given" or kind != "home" for kind in dataset["place_kind"].values]
    on_the_way = _mean(dataset["travelling"].transpose("member", "day"))
    everybody: Whole = np.rint(present[:, away].sum(axis=1) + on_the_way).astype(np.int64)
    return everybody


def _totals(simulated: Whole, data: Whole, fled: Whole) -> list[list[str]]:
    """The columns `TOTALS` of each day."""
    off = np.abs(simulated - data).sum(axis=1).tolist()
    counted, settled = data.sum(axis=1), simulated.sum(axis=1).tolist()
    debt = (np.maximum.accumulate(counted) - counted).tolist()
    return [
        [str(_off(wrong, total)), *map(str, (total, people, total, inside, owed))]
        for wrong, total, people, inside, owed in zip(off, counted.tolist(), fled.tolist(), settled, debt, strict=True)
    ]


def _off(wrong: int, total: int) -> float:
    """A relative error to four digits, 0 where nobody was counted."""
    return round(wrong / total, DIGITS) if total else 0.0
