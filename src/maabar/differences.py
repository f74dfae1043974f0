"""What a change does: outcomes of whole runs, and differences between two runs member by member.

In: Datasets of runs that share their seed. Out: a table of outcomes (member, outcome) and, for a pair of runs, the
difference of each outcome with its intervals. Member k of two runs draws common random numbers, so the difference
within a member is due to the change far more than to chance; the spread over members is then the spread of the effect.
Only members that both runs have are used. The 80 % and 95 % intervals are quantiles of the paired differences, or the
lowest and highest of fewer than ten of them; `mean_error` is the standard error of their mean.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr

from maabar import errors, quantities, texts

BASELINE = "baseline"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One number of a whole run.

    unit     person, person-day, person-night or currency
    better   lower or higher: in which direction fewer people are harmed; '' where that depends
    measure  from a Dataset to one number for each member
    """

    name: str
    unit: str
    better: str
    measure: Callable[[xr.Dataset], xr.DataArray]

    @property
    def label(self) -> str:
        """What it is called, in English; other languages have it in their catalogue."""
        return texts.of("en")(f"outcome.{self.name}")


def _total(quantity: str) -> Callable[[xr.Dataset], xr.DataArray]:
    """The sum of a quantity over all days: people for a flow, person-days for a stock."""
    return lambda dataset: quantities.series(dataset, quantity).sum("day")


def _final(quantity: str) -> Callable[[xr.Dataset], xr.DataArray]:
    """The quantity on the last evening."""
    return lambda dataset: quantities.series(dataset, quantity).isel(day=-1)


def _peak_unsheltered(dataset: xr.Dataset) -> xr.DataArray:
    """The most people without shelter on one evening."""
    return quantities.series(dataset, "unsheltered").max("day")


def _arrivals_camps(dataset: xr.Dataset) -> xr.DataArray:
    """Arrivals at camps over the run, passing included."""
    camps = np.flatnonzero(dataset["place_kind"].values == "camp")
    return dataset["arrivals"].isel(place=camps).sum(("place", "day"))


def _mean_price(dataset: xr.Dataset) -> xr.DataArray:
    """The price of passage, averaged over the zones and days with people inside; 0 without a market."""
    return quantities.series(dataset, "price").mean("day").fillna(0.0)


def _uncaught(dataset: xr.Dataset) -> xr.DataArray:
    """Departures from homes to anywhere but the next district, less those caught.

    Who is killed on the way is among them, and who leaves twice counts twice: not the number of people who got out.
    """
    return (quantities.series(dataset, "departures") - quantities.series(dataset, "intercepted")).sum("day")


OUTCOMES = (
    Outcome("killed", "person", "lower", _total("killed")),
    Outcome("killed_strike", "person", "lower", _total("killed:strike")),
    Outcome("killed_mine", "person", "lower", _total("killed:mine")),
    Outcome("killed_crossing", "person", "lower", _total("killed:crossing")),
    Outcome("killed_execution", "person", "lower", _total("killed:execution")),
    Outcome("displaced", "person", "", _final("displaced_total")),
    Outcome("inside_end", "person", "", _final("inside")),
    Outcome("trapped_days", "person-day", "lower", _total("trapped")),
    Outcome("turned_away", "person", "lower", _total("turned_away")),
    Outcome("peak_unsheltered", "person", "lower", _peak_unsheltered),
    Outcome("unsheltered_nights", "person-night", "lower", _total("unsheltered")),
    Outcome("arrivals_camps", "person", "", _arrivals_camps),
    Outcome("mean_price", "currency", "lower", _mean_price),
    Outcome("paid", "currency", "lower", _total("paid")),
    Outcome("departures_uncaught", "person", "", _uncaught),
)
BY_NAME = {outcome.name: outcome for outcome in OUTCOMES}


def outcomes(dataset: xr.Dataset) -> xr.Dataset:
    """All outcomes of a run: `value` (member, outcome) float, with the attributes of the run."""
    columns = [outcome.measure(dataset).values.astype(float) for outcome in OUTCOMES]
    coords = {"member": dataset["member"].values, "outcome": list(BY_NAME)}
    return xr.Dataset({"value": (("member", "outcome"), np.stack(columns, axis=1))}, coords, dict(dataset.attrs))


def whatifs(tables: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Outcomes of several variants in one table: `value` (variant, member, outcome); NaN for members one has not."""
    named = [table.drop_attrs().expand_dims(variant=[name]) for name, table in tables.items()]
    return xr.concat(named, "variant", join="outer")


@dataclasses.dataclass(frozen=True)
class Difference:
    """The effect of a change on one outcome: other less base, over the members of both.

    low80, high80    the middle 80 % of the paired differences; low95, high95 the middle 95 %; with fewer than ten
                     members, both are the lowest and the highest
    mean_error       standard error of the mean difference; 0 for a single member
    share_lower      share of members in which the outcome fell
    share_higher     share of members in which it rose
    base             median of the outcome in the base run
    """

    outcome: str
    label: str
    unit: str
    members: int
    base: float
    mean: float
    median: float
    low80: float
    high80: float
    low95: float
    high95: float
    mean_error: float
    share_lower: float
    share_higher: float


def paired(base: xr.Dataset, other: xr.Dataset) -> list[Difference]:
    """The difference of every outcome, paired by member; both as `outcomes` gives them.

    Empty if no member is in both. Raises errors.RunError if the runs say that their seeds differ: then member k of one
    has nothing in common with member k of the other.
    """
    seeds = [table.attrs["seed"] for table in (base, other) if "seed" in table.attrs]
    if len(set(seeds)) > 1:
        raise errors.RunError(
            f"the runs have the seeds {seeds[0]} and {seeds[1]}, so their members cannot be paired; "
            "run both with the same --seed"
        )
    known_base, known_other = base["value"].dropna("member"), other["value"].dropna("member")
    before, after = xr.align(known_base, known_other, join="inner")
    if before.sizes["member"] == 0:
        return []
    return [
        _difference(BY_NAME[str(name)], before.sel(outcome=name).values, after.sel(outcome=name).values)
        for name in before["outcome"].values
        if str(name) in BY_NAME
    ]


def _difference(outcome: Outcome, before: np.ndarray, after: np.ndarray) -> Difference:
    change = after - before
    levels = (0.0, 0.0, 0.5, 1.0, 1.0) if change.size < quantities.FEW else (0.025, 0.1, 0.5, 0.9, 0.975)
    low95, low80, median, high80, high95 = np.quantile(change, levels).tolist()
    error = float(change.std(ddof=1) / np.sqrt(change.size)) if change.size > 1 else 0.0
    return Difference(
        outcome=outcome.name,
        label=outcome.label,
        unit=outcome.unit,
        members=int(change.size),
        base=float(np.median(before)),
        mean=float(change.mean()),
        median=median,
        low80=low80,
        high80=high80,
        low95=low95,
        high95=high95,
        mean_error=error,
        share_lower=float((change < 0).mean()),
        share_higher=float((change > 0).mean()),
    )
