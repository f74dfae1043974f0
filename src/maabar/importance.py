"""Exact weights: draws of parameters weighed by what the reports make of them.

In: draws on a scale on which the prior is the standard normal law, and the log likelihood of what they predict. Out:
their weights. Slow, and for few parameters: the check of the ensemble smoother, and of its members at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maabar import errors

Floats = NDArray[np.float64]
Simulate = Callable[[Floats], Floats]
LogLikelihood = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Weighted:
    """Weighted draws of the posterior, exact but for the luck of the draws.

    z, predicted  (d, k) and (d, n)
    weights       (d), their sum is 1
    effective     number of equally weighted draws that would be worth as much
    log_evidence  log of the mean likelihood under the prior
    """

    z: Floats
    predicted: Floats
    weights: Floats
    effective: float
    log_evidence: float


def sample(
    simulate: Simulate,
    start: Floats,
    log_likelihood: LogLikelihood,
    *,
    rng: np.random.Generator,
    draws: int = 10_000,
    wider: float = 1.5,
    from_prior: float = 0.1,
) -> Weighted:
    """The exact posterior by self-normalised importance sampling: slow, for few parameters.

    start           (m, k) members of the smoother's posterior, whose normal law guides the draws
    log_likelihood  (d, n) predicted -> (d)
    wider           factor of the spread of that law
    from_prior      share of the draws from the prior, so that no weight exceeds the likelihood / from_prior

    Draws without finite predictions weigh nothing. Source of the mixture: T. Hesterberg (1995), Technometrics 37,
    doi:10.1080/00401706.1995.10484303. Raises errors.ConvergenceError if no draw has any likelihood.
    """
    count = round(draws * from_prior)
    mean, root = normal_of(start)
    root = root * wider
    z = rng.standard_normal((draws, start.shape[1]))
    z[count:] = mean + z[count:] @ root.T
    predicted = np.asarray(simulate(z.copy()), dtype=np.float64)
    weight = _prior_over(z, mean, root, from_prior)
    finite = np.isfinite(predicted).all(axis=1)
    weight[finite] += log_likelihood(predicted[finite])
    weight[~finite] = -np.inf
    if not np.isfinite(weight).any():
        raise errors.ConvergenceError(
            f"none of {draws} draws of parameters explains the reports at all; try more draws or wider errors"
        )
    shares, largest = _normalised(weight)
    return Weighted(z, predicted, shares, float(1 / (shares**2).sum()), largest - float(np.log(draws)))


def _normalised(log_weights: Floats) -> tuple[Floats, float]:
    """Weights with sum 1, and the log of their sum before."""
    largest = float(log_weights.max())
    weights = np.exp(log_weights - largest)
    return weights / weights.sum(), largest + float(np.log(weights.sum()))


def normal_of(z: Floats) -> tuple[Floats, Floats]:
    """Mean (k) of the members, and the lower triangular root (k, k) of their covariance."""
    if len(z) <= z.shape[1] + 1:
        raise ValueError(f"{len(z)} members have no normal law of {z.shape[1]} parameters")
    spread = z - z.mean(axis=0)
    return z.mean(axis=0), np.asarray(np.linalg.cholesky(spread.T @ spread / (len(z) - 1)))


def _log_density(z: Floats, mean: Floats, root: Floats) -> Floats:
    """Log density (m) of the normal law with this mean and lower triangular root of its covariance."""
    from scipy import linalg

    unit = linalg.solve_triangular(root, (z - mean).T, lower=True)
    return np.asarray(-((unit**2).sum(axis=0) + len(root) * np.log(2 * np.pi)) / 2 - np.log(np.diag(root)).sum())


def _prior_over(z: Floats, mean: Floats, root: Floats, from_prior: float) -> Floats:
    """Log of prior over guide (m), the guide being the prior with this share and else a normal law."""
    prior = _log_density(z, np.zeros(len(mean)), np.eye(len(mean)))
    normal = _log_density(z, mean, root)
    return np.asarray(prior - np.logaddexp(np.log(from_prior) + prior, np.log1p(-from_prior) + normal))


def weights(z: Floats, log_likelihood: Floats) -> Floats:
    """Weights (m) that turn members, taken as draws of their own normal law, into draws of the posterior.

    A hundredth of that law is the prior, so that a member far out, where a normal law has none, cannot outweigh all.
    """
    return _normalised(log_likelihood + _prior_over(z, *normal_of(z), 0.01))[0]
