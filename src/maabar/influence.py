"""What single reports do to a posterior, and how far it is from the exact one, both seen in what reports say.

In: `Observed`, what members of the prior and of the posterior predict. Out: how predictions move without some of the
reports, and an effective number of members. Both work with the predictions alone, of which there are fewer than
members, and not with the hundreds of unknowns: given its predictions, a member of the posterior is one of the prior.

Without some reports: with P the covariance of the prior's predictions (`smoother.shrunk`) and R that of the errors, the
posterior of the predictions has mean p + P(P + R)⁻¹(y − p) and covariance P − P(P + R)⁻¹P; the same without rows and
columns of the reports that are left out tells what they did. This is exact for a linear model and normal errors. A
bound counts as the number that has the moments of the normal law beyond it (expectation propagation, one round). Errors
are as wide as the smoother holds them to be.

Effective number: importance weights q·p(y | d)·π(d) / ρ(d) of members d, π and ρ the normal laws of the predictions
before and after, in the directions in which the reports are worth something against the spread of the prior
(likelihood-informed subspace: T. Cui et al. 2014, doi:10.1088/0266-5611/30/11/114015). Members that were drawn from the
exact posterior of a linear model would all weigh the same, but for the laws being estimated from them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maabar import calibrate, smoother

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
WORTH = 0.1  # share of the variance that the reports take in a direction, from which on it is informed
MOST = 12  # members per direction: laws of more directions cannot be estimated
DEFENSIVE = 0.01  # share of the prior in the law of the posterior, so that no member outweighs all


@dataclass(frozen=True)
class Informed:
    """Importance weights in the informed directions.

    weights     (m), their sum is 1
    effective   number of equally weighted members that would be worth as much
    directions  in which the reports are worth something
    """

    weights: Floats
    effective: float
    directions: int


def informed(observed: calibrate.Observed, before: Floats, predicted: Floats, log_density: Floats) -> Informed:
    """Weights that correct members for the exact likelihood, in the directions that the reports inform.

    before, predicted  (m, n) of the prior and of the posterior;  log_density  (m) of the reports, of the posterior
    """
    noise = np.linalg.cholesky(observed.covariance(smoother.tails(observed, predicted)[0].factor))
    middle = before.mean(axis=0)
    whitened = np.linalg.solve(noise, (before - middle).T).T
    _, size, directions = np.linalg.svd(whitened / np.sqrt(len(before) - 1), full_matrices=False)
    count = int(min((size**2 / (1 + size**2) > WORTH).sum(), len(before) // MOST))
    chosen = directions[: max(count, 1)].T
    prior, posterior = (np.linalg.solve(noise, (some - middle).T).T @ chosen for some in (before, predicted))
    log_prior, log_posterior = (_log_normal(posterior, law) for law in (prior, posterior))
    guide = np.logaddexp(np.log(DEFENSIVE) + log_prior, np.log1p(-DEFENSIVE) + log_posterior)
    log_weights = log_density + log_prior - guide
    weights = np.exp(log_weights - log_weights.max())
    weights /= weights.sum()
    return Informed(weights, float(1 / (weights**2).sum()), max(count, 1))


def _log_normal(points: Floats, law: Floats) -> Floats:
    """Log density (m) of points (m, d) under the normal law with the moments of other points, up to a constant."""
    root = np.linalg.cholesky(np.cov(law, rowvar=False).reshape(law.shape[1], -1))
    unit = np.linalg.solve(root, (points - law.mean(axis=0)).T)
    return np.asarray(-(unit**2).sum(axis=0) / 2 - np.log(np.diag(root)).sum())


@dataclass(frozen=True)
class Linear:
    """The linear posterior of the predictions: mean (n) and covariance (n, n)."""

    mean: Floats
    covariance: Floats


class Learning:
    """What the reports, or some of them, make of the predictions of the prior."""

    def __init__(self, observed: calibrate.Observed, before: Floats, predicted: Floats) -> None:
        self.prior = before.mean(axis=0)
        self.spread = smoother.shrunk(before)
        self.noise = observed.covariance(smoother.tails(observed, predicted)[0].factor)
        self.value = observed.value.copy()
        self._stand_in(observed)

    def _stand_in(self, observed: calibrate.Observed) -> None:
        """Numbers and errors in place of bounds, with the moments that the bounds leave."""
        from scipy import special

        for row in np.flatnonzero(observed.kind != "value"):
            sign = 1.0 if observed.kind[row] == "lower" else -1.0
            spread, sd = self.spread[row, row], np.sqrt(self.spread[row, row] + self.noise[row, row])
            far = sign * (self.prior[row] - self.value[row]) / sd
            ratio = float(np.exp(-(far**2) / 2 - np.log(2 * np.pi) / 2 - special.log_ndtr(far)))
            taken = spread / sd**2 * ratio * (ratio + far)
            self.value[row] = self.prior[row] + sign * sd / max(ratio + far, 1e-9)
            other = self.noise[row, row]
            self.noise[row, row] = max(spread * (1 / max(taken, 1e-9) - 1), other)

    def of(self, kept: Booleans) -> Linear:
        """The posterior of all predictions from the reports that are kept (n)."""
        across = self.spread[:, kept]
        inner = (self.spread + self.noise)[np.ix_(kept, kept)]
        gain = np.linalg.solve(inner, across.T).T
        mean = self.prior + gain @ (self.value - self.prior)[kept]
        return Linear(mean, self.spread - gain @ across.T)


def moved(number: Floats, predicted: Floats, whole: Linear, without: Linear) -> tuple[float, float]:
    """How a number (m) of the posterior moves without some reports: change of its mean, factor of its deviation.

    The number is regressed on the predictions (m, n) in the directions in which these vary most, one for every ten
    members at most.
    """
    spread = predicted - predicted.mean(axis=0)
    sd = np.maximum(spread.std(axis=0), 1e-9)
    left, size, right = np.linalg.svd(spread / sd, full_matrices=False)
    count = int(min((np.cumsum(size**2) < 0.99 * (size**2).sum()).sum() + 1, len(number) // 10))
    slope = right[:count].T @ ((left[:, :count].T @ (number - number.mean())) / size[:count]) / sd
    shift = float(slope @ (without.mean - whole.mean))
    variance = float(number.var())
    change = float(slope @ (without.covariance - whole.covariance) @ slope)
    return shift, float(np.sqrt(max(variance + change, 1e-12) / max(variance, 1e-12)))
