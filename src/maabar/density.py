"""How probable reports are under each member of an ensemble, with all the errors that they share.

In: `Observed` and what each member predicts. Out: the logarithm of the probability density, one number a member. It is
what importance weights and logarithmic scores need; the smoother (`smoother`) works with the same errors by expected
precision instead. Report i of a member that predicts p said

    y[i] = p[i] + own[i] + group_sd[i]·shared[group i] + discrepancy[i]        for a value,

and a lower bound y is right if p plus the same errors is at least y. Own and shared errors are normal, or, with
probability `outlier`, those of a worthless report; the discrepancy is a Gaussian process.

Reports that share nothing have a closed form. For the others the normal part is integrated by its algebra and each
error that is not normal, in turn, by the moments of its product with all others (expectation propagation: Minka, 2001;
Rasmussen & Williams, 2006, chapter 3.6). That is exact where all errors are normal, and where it is not, the tests
compare it with sums over all cases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maabar import calibrate

Floats = NDArray[np.float64]
SWEEPS = 6  # over all errors; more change the logarithm by less than a hundredth
LEAST = 1e-10  # of a precision
_LOG_2PI = float(np.log(2 * np.pi))

# Site: mean and variance (m) of an error from all others -> log of its integral, mean and variance with its own factor.
Site = Callable[[Floats, Floats], tuple[Floats, Floats, Floats]]


def log_density(observed: calibrate.Observed, predicted: Floats) -> Floats:
    """log p(reports | member): (m), from predicted (m, n). Members without a prediction have −inf."""
    total = np.zeros(len(predicted))
    known = np.isfinite(predicted).all(axis=1)
    for rows in _parts(observed):
        part = _Part.of(observed, rows)
        total[known] += part.log_density(observed.value[rows] - predicted[np.ix_(known, rows)])
    total[~known] = -np.inf
    return total


def _parts(observed: calibrate.Observed) -> list[NDArray[np.int64]]:
    """The reports in sets that share no error and no discrepancy with each other."""
    from scipy.sparse import csgraph

    linked = observed.covariance() != 0
    count, labels = csgraph.connected_components(linked, directed=False)
    return [np.flatnonzero(labels == label) for label in range(count)]


@dataclass(frozen=True)
class _Part:
    """Reports that share errors: latent errors u (n reports, then c shared), their covariance, and their factors.

    prior    (n + c, n + c) covariance of shared errors and discrepancy
    sites    one factor for each latent error, of which u[i] takes part in report i
    """

    prior: Floats
    sites: list[Callable[[Floats], Site]]

    @classmethod
    def of(cls, observed: calibrate.Observed, rows: NDArray[np.int64]) -> _Part:
        """The errors of some reports."""
        shared = observed.loadings()[rows, len(observed) :]
        shared = shared[:, (shared > 0).any(axis=0)]
        outlier = np.array([observed.outlier[rows][column > 0].mean() for column in shared.T])
        squares = np.array([(column[column > 0] ** 2).mean() for column in shared.T])
        wide = np.where(outlier > 0, 1 + observed.worthless_sd**2 / np.maximum(squares, LEAST), 1.0)
        both = np.vstack([shared, np.eye(len(wide))])
        prior = (both * wide) @ both.T
        prior[: len(rows), : len(rows)] += observed.discrepancy()[np.ix_(rows, rows)]
        sites = [_reported(observed, row) for row in rows]
        sites += [_narrowed(*pair) for pair in zip(outlier, wide, strict=True)]
        return cls(prior, sites)

    def log_density(self, residual: Floats) -> Floats:
        """(m) from residuals (m, n): expectation propagation, or the closed form of a report alone."""
        beside = np.zeros((len(residual), len(self.prior) - residual.shape[1]))
        sites = [site(column) for site, column in zip(self.sites, np.hstack([residual, beside]).T, strict=True)]
        if len(sites) == 1:
            return sites[0](np.zeros(len(residual)), np.full(len(residual), self.prior[0, 0]))[0]
        return _Propagation(self.prior, sites, len(residual)).log_integral()


class _Propagation:
    """Gaussian stand-ins exp(−τu²/2 + νu) for the factors of latent errors, for m members at once."""

    def __init__(self, prior: Floats, sites: list[Site], members: int) -> None:
        self.prior, self.sites = prior, sites
        self.precision = np.zeros((members, len(sites)))  # τ
        self.shift = np.zeros((members, len(sites)))  # ν
        self.covariance = np.broadcast_to(prior, (members, *prior.shape)).copy()

    def log_integral(self) -> Floats:
        """log ∫ N(u; 0, prior) Π factor(u): (m)."""
        for _ in range(SWEEPS):
            for at, site in enumerate(self.sites):
                self._refine(at, site)
        at_sites = sum(self._scale(at, site) for at, site in enumerate(self.sites))
        weighed = np.eye(len(self.sites)) + self.prior * self.precision[:, None, :]
        squares = np.einsum("mi,mij,mj->m", self.shift, self.covariance, self.shift)
        return np.asarray(at_sites - np.linalg.slogdet(weighed)[1] / 2 + squares / 2)

    def _cavity(self, at: int) -> tuple[Floats, Floats]:
        """Mean and variance of one error from all but its own factor."""
        variance = self.covariance[:, at, at]
        mean = np.einsum("mi,mi->m", self.covariance[:, at], self.shift)
        without = np.maximum(1 / variance - self.precision[:, at], LEAST)
        return (mean / variance - self.shift[:, at]) / without, 1 / without

    def _refine(self, at: int, site: Site) -> None:
        """Let one stand-in have the moments that its factor has beside all others."""
        mean, variance = self._cavity(at)
        _, middle, spread = site(mean, variance)
        precision = np.maximum(1 / spread - 1 / variance, 0.0)
        change = precision - self.precision[:, at]
        self.shift[:, at] = middle * (1 / variance + precision) - mean / variance
        self.precision[:, at] = precision
        column = self.covariance[:, :, at].copy()
        factor = change / (1 + change * column[:, at])
        self.covariance -= factor[:, None, None] * column[:, :, None] * column[:, None, :]

    def _scale(self, at: int, site: Site) -> Floats:
        """log of the factor's integral less that of its stand-in."""
        mean, variance = self._cavity(at)
        precision, shift = self.precision[:, at], self.shift[:, at]
        wide = 1 + precision * variance
        exponent = (mean / variance + shift) ** 2 * variance / wide - mean**2 / variance
        return site(mean, variance)[0] + np.log(wide) / 2 - exponent / 2


def _reported(observed: calibrate.Observed, row: int) -> Callable[[Floats], Site]:
    """The factor of one report, with its own error narrow or wide."""
    narrow, odds = observed.own_sd[row] ** 2, observed.outlier[row]
    variances = (narrow, narrow + observed.worthless_sd**2)
    sign = {"lower": 1.0, "upper": -1.0}.get(str(observed.kind[row]), 0.0)

    def of(residual: Floats) -> Site:
        def site(mean: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
            if sign:
                cases = [_beyond(mean, variance, residual, own, sign) for own in variances]
            else:
                cases = [_at(mean, variance, residual, own) for own in variances]
            return _mixed(cases, odds)

        return site

    return of


def _narrowed(outlier: float, wide: float) -> Callable[[Floats], Site]:
    """The factor that turns a shared error of variance `wide` into a mixture of 1 and `wide`."""

    def of(_: Floats) -> Site:
        def site(mean: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
            whole = np.zeros_like(mean), mean, variance
            if wide == 1 or outlier == 0:
                return whole
            # N(u; 0, 1) / N(u; 0, wide) is proportional to a normal density of this variance.
            log, middle, spread = _at(mean, variance, np.zeros_like(mean), wide / (wide - 1))
            scale = (np.log(wide) + _LOG_2PI + np.log(wide / (wide - 1))) / 2
            return _mixed([(log + scale, middle, spread), whole], outlier)

        return site

    return of


def _at(mean: Floats, variance: Floats, value: Floats, own: float) -> tuple[Floats, Floats, Floats]:
    """Integral and moments of N(u; mean, variance)·N(value; u, own)."""
    total = variance + own
    log = -((value - mean) ** 2 / total + np.log(total) + _LOG_2PI) / 2
    return log, mean + (value - mean) * variance / total, variance * own / total


def _beyond(mean: Floats, variance: Floats, bound: Floats, own: float, sign: float) -> tuple[Floats, Floats, Floats]:
    """Integral and moments of N(u; mean, variance)·Φ(sign·(u − bound)/√own)."""
    from scipy import special

    total = np.sqrt(variance + own)
    far = sign * (mean - bound) / total
    log = special.log_ndtr(far)
    ratio = np.exp(-(far**2 + _LOG_2PI) / 2 - log)
    middle = mean + sign * variance * ratio / total
    return log, middle, variance - variance**2 * ratio * (far + ratio) / total**2


def _mixed(cases: list[tuple[Floats, Floats, Floats]], odds: float) -> tuple[Floats, Floats, Floats]:
    """Integral and moments of (1 − odds)·first + odds·second."""
    if odds == 0:
        return cases[0]
    logs = np.stack([np.log1p(-odds) + cases[0][0], np.log(odds) + cases[1][0]])
    log = np.logaddexp(*logs)
    weights = np.exp(logs - log)
    means, spreads = (np.stack([case[part] for case in cases]) for part in (1, 2))
    middle = (weights * means).sum(axis=0)
    return log, middle, (weights * (spreads + (means - middle) ** 2)).sum(axis=0)
