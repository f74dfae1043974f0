"""What a run would have made reports say: the same numbers as theirs, for each member, without error.

In: claims and a run, as a Dataset or as series (m, t) by (quantity, place). Out: numbers (m) on the transformed scale
(`reading.transformed`). A stock is the mean over the days of the report, a flow their sum, a cumulative count its
growth. A price while nobody is inside is the last one known, before there was one the first; a share of no arrivals is
that of half a person in one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maabar import errors, facts, quantities, reading

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
Key = tuple[str, str]
Series = Mapping[Key, Floats]
ALL_ARRIVALS = ("arrivals", "*")


def asks(claims: Iterable[reading.Claim]) -> tuple[Key, ...]:
    """The series that claims are laid beside: (quantity, place)."""
    found: dict[Key, None] = {}
    for claim in claims:
        if claim.row.across == "share":
            found |= dict.fromkeys([ALL_ARRIVALS, *(("arrivals", place) for place in claim.places)])
        else:
            found |= dict.fromkeys((claim.quantity, place) for place in claim.places)
    return tuple(found)


def series(run: xr.Dataset | Series, claims: tuple[reading.Claim, ...], start: dt.date) -> dict[Key, Floats]:
    """The series that claims are laid beside, each read once, from the scenario's first day `start` on.

    Raises errors.RunError if the run starts on another day or ends before the last day that a claim is about.
    """
    keys = asks(claims)
    found = {key: run[key] for key in keys} if isinstance(run, Mapping) and not hasattr(run, "sizes") else None
    if found is None:
        found = _read(run, keys, start)  # type: ignore[arg-type]
    days = min((values.shape[1] for values in found.values()), default=0)
    last = max((claim.last for claim in claims), default=-1)
    if last >= days:
        need, have = (facts.last_day(start, count) for count in (last + 1, days))
        raise errors.RunError(
            f"found a run that ends on {have}, expected one until {need}, the last day that a report is about; "
            "run it for longer, or learn from fewer reports with until"
        )
    return {key: filled(values) if key[0] == "price" else values for key, values in found.items()}


def _read(run: xr.Dataset, keys: tuple[Key, ...], start: dt.date) -> dict[Key, Floats]:
    """Series of a Dataset; every variable is loaded once."""
    if quantities.day_of(run, start):
        raise errors.RunError(
            f"found a run that starts on {quantities.date_of(run, 0)}, expected {start}, the first day of the "
            "scenario; run the scenario that the reports belong to"
        )
    names = {quantities.quantity(name).variable for name, _ in keys}
    names |= {"present"} if any(name == "inside" for name, _ in keys) else set()
    names |= {"inside"} & set(run.data_vars) if "price" in names else set()
    loaded = run.assign({name: run[name].compute() for name in sorted(names)})
    return {key: quantities.series(loaded, *key).values for key in keys}


def filled(prices: Floats) -> Floats:
    """Series (m, t) without gaps: the last known number, before there is one the first, 0 if there is none."""
    known = np.isfinite(prices)
    before = np.maximum.accumulate(np.where(known, np.arange(prices.shape[1]), -1), axis=1)
    first = known.argmax(axis=1)[:, None]
    every = np.take_along_axis(prices, np.where(before >= 0, before, first), axis=1)
    return np.where(known.any(axis=1, keepdims=True), every, 0.0)


def told(claim: reading.Claim, found: Series, registered: Floats | float = 1.0) -> Floats:
    """What each member would have made the claim say: (m). registered: share (m) of what happened that was counted."""

    def scaled(place: str, first: int, last: int) -> Floats:
        amount = _amount(claim, found, place, first, last)
        return reading.transformed(registered * amount, claim.row)

    if claim.aspect == "order":
        more, less = claim.places
        return scaled(more, claim.first, claim.last) - scaled(less, claim.first, claim.last)
    if claim.aspect == "change":
        third = (claim.last - claim.first + 1) // 3
        late = scaled(claim.places[0], claim.last - third + 1, claim.last)
        return late - scaled(claim.places[0], claim.first, claim.first + third - 1)
    return scaled(claim.places[0], claim.first, claim.last)


def _amount(claim: reading.Claim, found: Series, place: str, first: int, last: int) -> Floats:
    """What happened in a period, in the run's unit: (m)."""
    if claim.row.across == "share":
        there, everywhere = (found[key][:, first : last + 1].sum(axis=1) for key in (("arrivals", place), ALL_ARRIVALS))
        return np.asarray((there + 0.5) / (everywhere + 1))
    values = found[claim.quantity, place]
    if claim.row.kind == "cumulative":
        return np.asarray(values[:, last] - (values[:, first - 1] if first else 0.0))
    days = values[:, first : last + 1]
    return np.asarray(days.mean(axis=1) if claim.row.kind == "stock" else days.sum(axis=1))
