"""Verification of forecasts, case by case: proper scores, and whether a forecast means what it says.

In: samples of forecasts (m, n) and the numbers or ranges reported later, low and high (n); a number is a range with
low = high, and a bound is one with the other end infinite. Out: a score for each case (n). Members that are not finite
are left out; a case that no member says anything of, or of which nothing was reported, is NaN.

`crps` and `log_score` are losses, smaller is better, and proper: no forecaster gains by saying other than he thinks
(T. Gneiting and A. Raftery 2007, doi:10.1198/016214506000001437). `coverage`, `pit` and `flat` tell whether intervals
hold as much as they promise. What is drawn at random, such as the order of ties, takes its generator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maabar import quantities, score

Floats = NDArray[np.float64]
LEVELS = (0.5, 0.8, 0.95)
EDGE = 0.001  # shares are kept this far from 0 and 1, where their logit is infinite
NARROWEST = 0.05  # bandwidth of a kernel on the transformed scale: no report is held closer than 5 %
FLOOR = 1e-4  # density per unit of the transformed scale; so no case costs more than 9.2
BINS = 10
FLIPS = 2000
FEWEST_BLOCKS, FEWEST_VALUES = 8, 20


def _logit(shares: Floats) -> Floats:
    kept = np.clip(shares, EDGE, 1.0 - EDGE)
    return np.asarray(np.log(kept / (1.0 - kept)), dtype=np.float64)


def _log1p(numbers: Floats) -> Floats:
    return np.asarray(np.log1p(np.maximum(numbers, 0.0)), dtype=np.float64)


# By name, the scale on which errors are about as wide for small numbers as for large.
SCALES: dict[str, Callable[[Floats], Floats]] = {"log1p": _log1p, "logit": _logit}


def scale_of(quantity: str) -> str:
    """The scale of a quantity: logit for shares, log1p for people and money."""
    return "logit" if quantities.quantity(quantity).unit == "1" else "log1p"


def _groups(samples: Floats) -> Iterator[tuple[NDArray[np.intp], Floats]]:
    """Cases with the same number of finite members: their columns, and those members in order (k, c), k > 0."""
    ordered = np.sort(np.where(np.isfinite(samples), samples, np.nan), axis=0)
    known = np.isfinite(ordered).sum(axis=0)
    for count in np.unique(known[known > 0]):
        columns = np.flatnonzero(known == count)
        yield columns, ordered[:count, columns]


def crps(samples: Floats, low: Floats, high: Floats | None = None) -> Floats:
    """Continuous ranked probability score in the unit of the numbers: (n).

    samples    (m, n)  members of the forecast
    low, high  (n)     what was reported; high None: the numbers `low`

    `score.crps` at the number. Of a range it is the least over the numbers in it: the score is convex with its least
    at the median, so that is the score at the median moved into the range.
    """
    high = low if high is None else high
    found = np.full(len(low), np.nan)
    for columns, members in _groups(samples):
        number = np.clip(np.median(members, axis=0), low[columns], high[columns])
        found[columns] = score.crps(number, members.T)
    return found


def log_score(samples: Floats, low: Floats, high: Floats | None = None, *, scale: str = "log1p") -> Floats:
    """Logarithmic score: −log of the density of the forecast at what was reported, on the transformed scale: (n).

    samples, low, high  as of `crps`
    scale               name in `SCALES`

    The density is that of Gaussian kernels of bandwidth 1.06·min(sd, IQR/1.34)·m^(−1/5) (B. Silverman 1986), sd alone
    where the IQR is 0, and at least NARROWEST. For a range it is the mean density over it, P(range)/width; for a bound
    P alone, as if the width were 1. It counts as at least FLOOR.
    """
    high = low if high is None else high
    forward = SCALES[scale]
    found = np.full(len(low), np.nan)
    for columns, members in _groups(samples):
        ends = (np.where(np.isfinite(end), forward(end), end) for end in (low[columns], high[columns]))
        found[columns] = -np.log(np.maximum(_density(forward(members), *ends), FLOOR))
    return np.where(np.isnan(low) | np.isnan(high), np.nan, found)


def _density(members: Floats, low: Floats, high: Floats) -> Floats:
    """Mean density of kernels around members (k, c) between low and high (c): (c)."""
    from scipy import special

    deviation = members.std(axis=0)
    spread = (np.quantile(members, 0.75, axis=0) - np.quantile(members, 0.25, axis=0)) / 1.34
    narrower = np.where(spread > 0, np.minimum(deviation, spread), deviation)
    bandwidth = np.maximum(1.06 * narrower * len(members) ** -0.2, NARROWEST)
    bounded = np.isfinite(low) & np.isfinite(high)
    width = np.subtract(high, low, out=np.ones_like(low), where=bounded)
    inside = special.ndtr((high - members) / bandwidth) - special.ndtr((low - members) / bandwidth)
    is_number = width < 1e-3 * bandwidth
    middle = np.where(is_number, np.add(low, high, out=np.zeros_like(low), where=bounded) / 2, 0.0)
    at = np.exp(-0.5 * ((middle - members) / bandwidth) ** 2) / (bandwidth * np.sqrt(2 * np.pi))
    return np.asarray(
        np.where(is_number, at.mean(axis=0), inside.mean(axis=0) / np.where(is_number, 1.0, width)), dtype=np.float64
    )


def coverage(samples: Floats, low: Floats, high: Floats, levels: Sequence[float] = LEVELS) -> Floats:
    """Whether central intervals of the forecast touch what was reported, 1 or 0: (levels, n).

    Both ends are within. The intervals are those that are shown, quantiles interpolated between members: of few
    members they cover less than they say, by about 2/m. NaN for fewer than `quantities.FEW` members.
    """
    found = np.full((len(levels), len(low)), np.nan)
    for columns, members in _groups(samples):
        if len(members) >= quantities.FEW:
            for row, level in enumerate(levels):
                lower, upper = np.quantile(members, (0.5 - level / 2, 0.5 + level / 2), axis=0)
                found[row, columns] = (low[columns] <= upper) & (lower <= high[columns])
    return np.where(np.isnan(low) | np.isnan(high), np.nan, found)


def pit(samples: Floats, low: Floats, high: Floats, rng: np.random.Generator) -> Floats:
    """Probability integral transform: how high in the forecast lies what was reported, 0 to 1: (n).

    (b + v·(t + 1)) / (k + 1) for b of k members below the report, t within it (ties, or members in the range) and v
    uniform in [0, 1): exactly uniform if the report is one more draw of the forecast. A range that is wide against
    the forecast spreads the value, so that it says little, as it should.
    Source: A. P. Dawid (1984); C. Czado et al. (2009, doi:10.1111/j.1541-0420.2009.01191.x) for ties.
    """
    uniform = rng.random(len(low))
    found = np.full(len(low), np.nan)
    for columns, members in _groups(samples):
        below = (members < low[columns]).sum(axis=0)
        within = (members <= high[columns]).sum(axis=0) - below
        found[columns] = (below + uniform[columns] * (within + 1)) / (len(members) + 1)
    return np.where(np.isnan(low) | np.isnan(high), np.nan, found)


def flat(values: Floats, blocks: NDArray[Any], rng: np.random.Generator, flips: int = FLIPS) -> float | None:
    """The probability that PIT values as uneven as these come from an honest forecaster: small is bad.

    values  (n)  from `pit`; NaN are left out
    blocks  (n)  values of one block may depend on each other in any way; blocks are independent: use origins
    flips   draws behind it: no probability is below 2/(1 + flips)
    returns None with fewer than FEWEST_BLOCKS blocks or FEWEST_VALUES values, which cannot tell

    Two statistics, chi-square over ten bins and Kolmogorov's largest distance (on a grid of 0.01). Their law is found
    by turning the sign of what each block adds to the deviation from uniform, at random (a wild bootstrap with the
    null imposed: A. C. Cameron et al. 2008, doi:10.1162/rest.90.3.414); the smaller of the two p-values is doubled.
    Forecasts at successive origins whose leads overlap still depend on each other: then p is somewhat too small.
    """
    known = np.isfinite(values)
    names, block = np.unique(np.asarray(blocks)[known], return_inverse=True)
    if len(block) < FEWEST_VALUES or len(names) < FEWEST_BLOCKS:
        return None
    held = values[known][:, None]
    edges, grid = np.arange(BINS) / BINS, np.arange(1, 100) / 100
    in_bin = (held >= edges) & ((held < edges + 1 / BINS) | (edges == edges[-1]))
    uneven = np.zeros((len(names), BINS + len(grid)))
    np.add.at(uneven, block, np.concatenate([in_bin - 1 / BINS, (held <= grid) - grid], axis=1))
    turned = rng.choice((-1.0, 1.0), (flips, len(names))) @ uneven
    smallest = min(
        (1 + int((law >= found * (1 - 1e-12)).sum())) / (1 + flips)
        for found, law in zip(_statistics(uneven.sum(axis=0)), _statistics(turned), strict=True)
    )
    return min(1.0, 2 * smallest)


def _statistics(uneven: Floats) -> tuple[Any, Any]:
    """Sum of squares over bins, and largest distance on the grid."""
    return (uneven[..., :BINS] ** 2).sum(axis=-1), np.abs(uneven[..., BINS:]).max(axis=-1)
