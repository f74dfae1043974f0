"""How probable reports are under each member of an ensemble, with all the errors that they share.

In: `Observed` and what each member predicts. Out: the logarithm of the probability density, one number a member. It is
what importance weights and logarithmic scores need; the smoother (`smoother`) works with the same errors by expected
precision instead. Report i of a member that predicts p said

    y[i] = p[i] + own[i] + group_sd[i]·shared[group i] + discrepancy[i]        for a value,

and a lower bound y is right if p plus the same errors is at least y. Own and shared errors are normal, or, with
probability `outlier`, those of a worthless report; the discrepancy is a Gaussian process.

Values come first, by the sum over states of `mixture`; then bounds, given the values in their best state. Bounds that
share errors have no closed form; their factors take turns to be replaced by normal ones with the same moments beside
all others (expectation propagation; for probabilities of this kind its error is small: Cunningham, Hennig and
Lacoste-Julien, 2011, arXiv:1111.6832). A report that shares nothing has its exact density.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from maabar import calibrate, mixture

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Moments = tuple[Floats, Floats, Floats]
SWEEPS = 8  # over bounds; more change nothing
LEAST = 1e-10  # of a precision or a variance
_LOG_2PI = float(np.log(2 * np.pi))


def log_density(observed: calibrate.Observed, predicted: Floats) -> Floats:
    """log p(reports | member): (m), from predicted (m, n). Members without a prediction have −inf."""
    known = np.isfinite(predicted).all(axis=1)
    residual = observed.value - predicted[known]
    total = np.full(len(predicted), -np.inf)
    total[known] = sum((_part(_taken(observed, rows), residual[:, rows]) for rows in _parts(observed)), np.zeros(1))
    return total


def _parts(observed: calibrate.Observed) -> list[Integers]:
    """The reports in sets that share no error and no discrepancy with each other."""
    from scipy.sparse import csgraph

    count, labels = csgraph.connected_components(observed.covariance() != 0, directed=False)
    return [np.flatnonzero(labels == label) for label in range(count)]


def _taken(observed: calibrate.Observed, rows: Integers) -> calibrate.Observed:
    """Some of the reports."""
    scalars = ("discrepancy_days", "worthless_sd")
    values = {field.name: getattr(observed, field.name) for field in fields(observed)}
    return calibrate.Observed(**{name: v if name in scalars else v[rows] for name, v in values.items()})


def _part(observed: calibrate.Observed, residual: Floats) -> Floats:
    """log density (m) of reports from their residuals (m, n)."""
    errors = mixture.Errors.of(observed)
    value, bound = (np.flatnonzero((observed.kind == "value") == is_value) for is_value in (True, False))
    log, wide = mixture.log_density(errors.at(value), residual[:, value])
    if not bound.size:
        return log
    bounds = _Bounds(observed, errors, value, bound, residual)
    factor = np.where(wide, errors.wide, 1.0)
    narrow = bounds.log_probability(factor)
    log = log + narrow
    # A shared error that no value carries has not been decided: it is narrow or wide with its prior probability.
    shared = np.arange(len(errors.odds)) >= len(observed)
    undecided = shared & (errors.odds > 0) & ~(errors.loadings[value] > 0).any(axis=0)
    for column in np.flatnonzero(undecided):
        widened = factor.copy()
        widened[:, column] = errors.wide[column]
        more = bounds.log_probability(widened) - narrow
        log = log + np.logaddexp(np.log1p(-errors.odds[column]), np.log(errors.odds[column]) + more)
    return log


class _Bounds:
    """Bounds (b) whose latent errors are normal, given values."""

    def __init__(
        self, observed: calibrate.Observed, errors: mixture.Errors, value: Integers, bound: Integers, residual: Floats
    ) -> None:
        self.errors, self.value, self.bound, self.residual = errors, value, bound, residual
        self.sign = np.where(observed.kind[bound] == "lower", 1.0, -1.0)
        self.own = observed.own_sd[bound] ** 2
        self.odds, self.worthless = observed.outlier[bound], observed.worthless_sd**2

    def log_probability(self, factor: Floats) -> Floats:
        """log of the probability (m) that all bounds are right, with variances multiplied by `factor` (m, c)."""
        both = self.errors.covariance(factor)
        across = both[:, self.bound][:, :, self.value]
        gain = np.linalg.solve(both[:, self.value][:, :, self.value], across.transpose(0, 2, 1))
        expected = np.einsum("mvb,mv->mb", gain, self.residual[:, self.value])
        covariance = both[:, self.bound][:, :, self.bound] - across @ gain
        # The own errors of bounds belong to their factors; what is left of a bound alone is nothing at all.
        diagonal = np.einsum("mbb->mb", covariance)
        diagonal -= self.own * factor[:, self.bound] - LEAST
        return self._propagated(covariance, self.residual[:, self.bound] - expected)

    def _propagated(self, prior: Floats, far: Floats) -> Floats:
        """Expectation propagation for latent errors with covariance `prior` (m, b, b) that must exceed `far` (m, b)."""
        precision, shift, covariance = np.zeros_like(far), np.zeros_like(far), prior.copy()
        for _ in range(SWEEPS):
            for b in range(far.shape[1]):
                mean, variance = _cavity(b, covariance, precision, shift)
                _, middle, spread = self._moments(b, mean, variance, far[:, b])
                found = np.maximum(1 / spread - 1 / variance, 0.0)
                change = found - precision[:, b]
                precision[:, b], shift[:, b] = found, middle * (1 / variance + found) - mean / variance
                column = covariance[:, :, b].copy()
                by = change / (1 + change * column[:, b])
                covariance -= by[:, None, None] * column[:, :, None] * column[:, None, :]
        log = np.einsum("mi,mij,mj->m", shift, covariance, shift) / 2
        log -= np.linalg.slogdet(np.eye(far.shape[1]) + prior * precision[:, None, :])[1] / 2
        for b in range(far.shape[1]):
            mean, variance = _cavity(b, covariance, precision, shift)
            wider = 1 + precision[:, b] * variance
            stand_in = (mean / variance + shift[:, b]) ** 2 * variance / wider - mean**2 / variance
            log += self._moments(b, mean, variance, far[:, b])[0] + (np.log(wider) - stand_in) / 2
        return np.asarray(log)

    def _moments(self, b: int, mean: Floats, variance: Floats, far: Floats) -> Moments:
        """Integral (log), mean and variance of N(u; mean, variance) · P(bound b is right | u)."""
        narrow = _beyond(mean, variance, far, self.own[b], self.sign[b])
        if self.odds[b] == 0:
            return narrow
        wide = _beyond(mean, variance, far, self.own[b] + self.worthless, self.sign[b])
        logs = np.stack([np.log1p(-self.odds[b]) + narrow[0], np.log(self.odds[b]) + wide[0]])
        log = np.logaddexp(*logs)
        weights = np.exp(logs - log)
        means, spreads = (np.stack([narrow[part], wide[part]]) for part in (1, 2))
        middle = (weights * means).sum(axis=0)
        return log, middle, (weights * (spreads + (means - middle) ** 2)).sum(axis=0)


def _cavity(b: int, covariance: Floats, precision: Floats, shift: Floats) -> tuple[Floats, Floats]:
    """Mean and variance (m) of one latent error from all but its own factor."""
    variance = covariance[:, b, b]
    mean = np.einsum("mi,mi->m", covariance[:, b], shift)
    without = np.maximum(1 / variance - precision[:, b], LEAST)
    return (mean / variance - shift[:, b]) / without, 1 / without


def _beyond(mean: Floats, variance: Floats, bound: Floats, own: float, sign: float) -> Moments:
    """Integral (log) and moments of N(u; mean, variance) · Φ(sign·(u − bound)/√own)."""
    from scipy import special

    total = np.sqrt(variance + own)
    far = sign * (mean - bound) / total
    log = special.log_ndtr(far)
    ratio = np.exp(-(far**2 + _LOG_2PI) / 2 - log)
    return log, mean + sign * variance * ratio / total, variance - variance**2 * ratio * (far + ratio) / total**2
