"""Forecasts that need no model, each a distribution: what any forecast must beat.

In: what was known by the origin. Out: DRAWS samples for each day asked for, at even quantiles, so that nothing is
drawn at random and the CRPS is that of the whole distribution. The middle is given by a rule; the spread is the rule's
own past errors: the rule is applied to each earlier count, and its errors at the counts after it are taken with both
signs (after E. Cramer et al. 2022, doi:10.1073/pnas.2113561119, whose baseline for epidemics is this one).

    last value   as many as were counted last
    drift        the last count, and the slope of the last counts on from it
    last shares  the shares of the last counts, of a total that is given

Errors of pairs of counts about as far apart as the count and the day asked for (within a factor REACH) are used; where
these are fewer than LEAST, the nearest LEAST. Each is scaled by the square root of the ratio, as errors of a random
walk grow. With fewer than LEAST errors of its own, a series takes those of others of its quantity too; with fewer than
FEWEST in all the baseline cannot be made, and is NaN. The caller sees to it that nothing here was reported after the
origin, daily series filled in between counts included: a value between two counts knows the later one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maabar import verify

Floats = NDArray[np.float64]
Days = NDArray[np.int64]
DRAWS = 100
LEAST, FEWEST = 10, 3
REACH = 1.5
LAST = 4  # counts behind the slope of a drift
MOST = 2000  # errors used for one day, evenly chosen from more
HIGHEST = {"log1p": np.inf, "logit": 1.0}
QUANTILES = (np.arange(DRAWS) + 0.5) / DRAWS


@dataclasses.dataclass(frozen=True)
class Series:
    """Counts of one quantity at one place that were known by the origin: days ascending (k), values (k)."""

    days: Days
    values: Floats

    def __post_init__(self) -> None:
        """Raises ValueError for days that do not ascend."""
        if len(self.days) != len(self.values) or (np.diff(self.days) <= 0).any():
            raise ValueError("a series needs one value a day, and its days in order")


def last_value(known: Series, targets: Days, *, scale: str = "log1p", others: Sequence[Series] = ()) -> Floats:
    """The last value, with the spread of past changes: (DRAWS, h).

    targets  (h)  days after the last count
    scale         name in `verify.SCALES`, on which errors are added
    others        series of the same quantity, whose errors are used where there are too few
    """
    return _forecast(known, targets, scale, others, 0)


def drift(
    known: Series, targets: Days, *, scale: str = "log1p", others: Sequence[Series] = (), last: int = LAST
) -> Floats:
    """The last value and a straight line on from it, never below 0 and a share never above 1: (DRAWS, h).

    The slope is that of least squares through the `last` latest counts, of fewer while there are fewer; NaN for a
    single count. Other arguments are as of `last_value`.
    """
    if last < 2:
        raise ValueError(f"a slope needs two counts, not {last}")
    return _forecast(known, targets, scale, others, last)


def last_shares(known: Days, shares: Floats, targets: Days, totals: Floats) -> Floats:
    """Given totals, split in the last known shares: people at each place (DRAWS, h, p).

    known, shares    (k), (k, p)  days ascending, and the share of each place, which sum to 1
    targets, totals  (h)          days asked for and the given totals [person]

    A past change of all shares together is added to the last, those below 0 are set to 0, and their sum to 1. Samples
    of each place are in order, so that those of one index do not sum to the total.
    """
    before, after, lags = _pairs(known, 0)
    changes = shares[after] - shares[before]
    found = np.full((DRAWS, len(targets), shares.shape[1]), np.nan)
    for at, wanted in enumerate(_wanted(known, targets)):
        chosen = _near(lags, wanted)
        if len(chosen) >= FEWEST:
            error = changes[chosen] * np.sqrt(wanted / lags[chosen])[:, None]
            split = np.maximum(shares[-1] + np.concatenate([error, -error]), 0.0)
            split /= split.sum(axis=1, keepdims=True)
            found[:, at] = totals[at] * np.quantile(split, QUANTILES, axis=0)
    return found


def _forecast(known: Series, targets: Days, scale: str, others: Sequence[Series], last: int) -> Floats:
    """The rule of a slope through `last` counts (0: no slope), with the spread of its past errors: (DRAWS, h)."""
    forward, back = verify.SCALES[scale]
    found = np.full((DRAWS, len(targets)), np.nan)
    if len(known.days) < (2 if last else 1):
        return found
    lags, errors = _errors(known, scale, last)
    if len(lags) < LEAST:
        more = [(lags, errors), *(_errors(other, scale, last) for other in others)]
        lags, errors = (np.concatenate(parts) for parts in zip(*more, strict=True))
    slope = _slopes(known, last)[-1]
    for at, wanted in enumerate(_wanted(known.days, targets)):
        chosen = _near(lags, wanted)
        if len(chosen) >= FEWEST:
            error = errors[chosen] * np.sqrt(wanted / lags[chosen])
            middle = forward(_moved(known.values[-1:], slope, wanted, scale))
            found[:, at] = back(middle + np.quantile(np.concatenate([error, -error]), QUANTILES))
    return found


def _wanted(known: Days, targets: Days) -> Days:
    """Days from the last count to those asked for (h); raises ValueError if one is not after it."""
    wanted = np.asarray(targets) - known[-1]
    if (wanted <= 0).any():
        raise ValueError("a day asked for is not after the last count")
    return wanted


def _slopes(known: Series, last: int) -> Floats:
    """The slope known at each count (k) [1/day]; 0 at the first, and everywhere if last is 0."""
    found = np.zeros(len(known.days))
    for at in range(1, len(known.days) if last else 0):
        recent = slice(max(0, at + 1 - last), at + 1)
        days = known.days[recent] - known.days[recent].mean()
        found[at] = (days @ known.values[recent]) / (days @ days)
    return found


def _moved(values: Floats, slopes: Floats, days: Days, scale: str) -> Floats:
    """Values after some days of a slope, within the bounds of their scale."""
    return np.clip(values + slopes * days, 0.0, HIGHEST[scale])


def _pairs(days: Days, first: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Days]:
    """Positions of an earlier count, from the position `first` on, and of a later one, and the days between: (q)."""
    before, after = np.triu_indices(len(days), 1)
    used = before >= first
    before, after = before[used], after[used]
    return before, after, days[after] - days[before]


def _errors(known: Series, scale: str, last: int) -> tuple[Days, Floats]:
    """Days between pairs of counts, and the error of the rule on the scale: (q), (q)."""
    forward = verify.SCALES[scale][0]
    before, after, lags = _pairs(known.days, 1 if last else 0)
    told = _moved(known.values[before], _slopes(known, last)[before], lags, scale)
    return lags, forward(known.values[after]) - forward(told)


def _near(lags: Days, wanted: int) -> NDArray[np.intp]:
    """Positions of lags within a factor REACH of the one wanted; of the LEAST nearest where these are fewer."""
    far = np.abs(np.log(lags / wanted))
    chosen = np.flatnonzero(far <= np.log(REACH))
    if len(chosen) < LEAST:
        return np.argsort(far, kind="stable")[:LEAST]
    return np.asarray(chosen[:: 1 + len(chosen) // MOST])
