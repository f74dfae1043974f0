"""Forecasts that need no model, each a distribution: what any forecast must beat.

In: what was known by the origin. Out: DRAWS samples for each day asked for, at even quantiles, so that nothing is
drawn at random and the CRPS is that of the whole distribution. The middle is given by a rule; the spread is the rule's
own past errors: the rule is applied to each earlier count, and its errors at the counts after it are taken with both
signs (after E. Cramer et al. 2022, doi:10.1073/pnas.2113561119, whose baseline for epidemics is of this kind).

    last value   as many as were counted last
    drift        the last count, and the slope of the latest counts on from it
    last shares  the shares of the last counts, of a total that is given

Errors are of pairs of counts about as far apart as the last count and the day asked for (within a factor REACH), or of
the LEAST nearest to that where these are fewer. Each is scaled by the square root of the ratio, as errors of a random
walk grow. With fewer than LEAST errors of its own a series takes those of others of its quantity too; with fewer than
FEWEST in all the baseline cannot be made, and is NaN.

Two choices were made so that the baselines are as hard to beat as they can be, on the counts of four conflicts. Errors
are added as they are, in persons: on a logarithmic scale a camp that once filled from nothing would be expected to grow
ten-thousandfold, and anything beats that. And of many errors of a count the latest RECENT are used, so that a camp that
has become calm is forecast to stay so.

The caller sees to it that nothing here was reported after the origin. Daily series filled in between counts are no
exception: a value between two counts knows the later one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.int64]
DRAWS = 100
QUANTILES = (np.arange(DRAWS) + 0.5) / DRAWS
LEAST, FEWEST, RECENT, MOST = 10, 3, 50, 2000  # errors
REACH = 1.5
LATEST = 4  # counts behind the slope of a drift


@dataclasses.dataclass(frozen=True)
class Series:
    """Counts of one quantity at one place that were known by the origin: days in order (k), values (k)."""

    days: Days
    values: Floats

    def __post_init__(self) -> None:
        """Raises ValueError for days that are not in order."""
        if len(self.days) != len(self.values) or (np.diff(self.days) <= 0).any():
            raise ValueError("a series needs one value a day, and its days in order")


def last_value(known: Series, targets: Days, *, others: Sequence[Series] = (), highest: float = np.inf) -> Floats:
    """The last value, with the spread of past changes: (DRAWS, h).

    targets  (h)  days asked for, after the last count
    others        series of the same quantity, whose errors are used where there are too few
    highest       above which no value can be: 1 for a share; none is below 0
    """
    return _forecast(known, targets, others, highest, 0)


def drift(
    known: Series, targets: Days, *, others: Sequence[Series] = (), highest: float = np.inf, latest: int = LATEST
) -> Floats:
    """The last value and a straight line on from it: (DRAWS, h).

    The slope is that of least squares through the `latest` counts, of fewer while there are fewer; NaN for a single
    count. Other arguments are as of `last_value`.
    """
    if latest < 2:
        raise ValueError(f"a slope needs two counts, not {latest}")
    return _forecast(known, targets, others, highest, latest)


def last_shares(known: Days, shares: Floats, targets: Days, totals: Floats) -> Floats:
    """Given totals, split in the last known shares: people at each place (DRAWS, h, p).

    known, shares    (k), (k, p)  days in order, and the share of each place, which sum to 1
    targets, totals  (h)          days asked for, and the given totals of these places [person]

    A past change of all shares together is added to the last, those below 0 are set to 0, and their sum to 1. Samples
    of each place are in order, so that those of one index do not sum to the total.
    """
    before, after, lags = _pairs(known)
    found = np.full((DRAWS, len(targets), shares.shape[1]), np.nan)
    for at, wanted in enumerate(_wanted(known, targets)):
        chosen = _near(lags, wanted)
        if len(chosen) >= FEWEST:
            chosen = chosen[:: 1 + len(chosen) // MOST]
            change = shares[after[chosen]] - shares[before[chosen]]
            split = np.maximum(shares[-1] + _both_signs(change, lags[chosen], wanted), 0.0)
            split /= split.sum(axis=1, keepdims=True)
            found[:, at] = totals[at] * np.quantile(split, QUANTILES, axis=0)
    return found


def _forecast(known: Series, targets: Days, others: Sequence[Series], highest: float, latest: int) -> Floats:
    """The rule of a slope through the `latest` counts (0: no slope), with the spread of its past errors: (DRAWS, h)."""
    found = np.full((DRAWS, len(targets)), np.nan)
    if len(known.days) < (2 if latest else 1):
        return found
    slopes = _slopes(known, latest)
    lags, errors = _errors(known, slopes, highest, latest)
    if len(lags) < LEAST:
        more = [(lags, errors), *(_errors(other, _slopes(other, latest), highest, latest) for other in others)]
        lags, errors = (np.concatenate(parts) for parts in zip(*more, strict=True))
    for at, wanted in enumerate(_wanted(known.days, targets)):
        chosen = _near(lags, wanted)[-RECENT:]
        if len(chosen) >= FEWEST:
            spread = np.quantile(_both_signs(errors[chosen], lags[chosen], wanted), QUANTILES)
            middle = np.clip(known.values[-1] + slopes[-1] * wanted, 0.0, highest)
            found[:, at] = np.clip(middle + spread, 0.0, highest)
    return found


def _wanted(known: Days, targets: Days) -> Days:
    """Days from the last count to those asked for (h); raises ValueError if one is not after it."""
    wanted: Days = np.asarray(targets, dtype=np.int64) - known[-1]
    if (wanted <= 0).any():
        raise ValueError("a day asked for is not after the last count")
    return wanted


def _slopes(known: Series, latest: int) -> Floats:
    """The slope known at each count (k) [1/day]; 0 at the first, and everywhere if `latest` is 0."""
    found = np.zeros(len(known.days))
    for at in range(1, len(known.days) if latest else 0):
        recent = slice(max(0, at + 1 - latest), at + 1)
        days = known.days[recent] - known.days[recent].mean()
        found[at] = (days @ known.values[recent]) / (days @ days)
    return found


def _pairs(days: Days) -> tuple[NDArray[np.intp], NDArray[np.intp], Days]:
    """Positions of an earlier and of a later count, and the days between, in order of the later: (q)."""
    after, before = np.tril_indices(len(days), -1)
    return before, after, days[after] - days[before]


def _errors(known: Series, slopes: Floats, highest: float, latest: int) -> tuple[Days, Floats]:
    """Days between pairs of counts, and the error of the rule; no slope is known at the first count: (q), (q)."""
    before, after, lags = _pairs(known.days)
    told = np.clip(known.values[before] + slopes[before] * lags, 0.0, highest)
    usable = before >= (1 if latest else 0)
    return lags[usable], (known.values[after] - told)[usable]


def _near(lags: Days, wanted: int) -> NDArray[np.intp]:
    """Positions of lags within a factor REACH of the one wanted, or of the LEAST nearest where these are fewer."""
    far = np.abs(np.log(lags / wanted))
    chosen = np.flatnonzero(far <= np.log(REACH))
    return chosen if len(chosen) >= LEAST else np.argsort(far, kind="stable")[:LEAST]


def _both_signs(errors: Floats, lags: Days, wanted: int) -> Floats:
    """Errors (q, …), scaled to the lag that is wanted, and the same with the other sign: (2q, …)."""
    scaled = (errors.T * np.sqrt(wanted / lags)).T
    return np.concatenate([scaled, -scaled])
