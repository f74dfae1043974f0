"""How probable values are when every error may be that of a worthless report.

In: residuals of values, and the errors that they carry, each narrow or, with its prior probability, wide. Out: the
logarithm of the density, and which errors are wide where it is largest.

Errors are independent, but values share them and their discrepancy. For each choice of narrow and wide errors (a
*state*) the values are jointly normal; the density is the sum over all 2^c states. Nearly all of it lies near the
best state, which is found by turning over one error, or two at once, as long as that makes the state more probable,
once from all narrow and once from all wide. Around it, turning over error i multiplies the state's density by ρ[i],
and turning over i and j by ρ[i, j], both in closed form; then

    density ≈ density(state) · Π (1 + ρ[i]) · (1 + Σ (ρ[i, j] − ρ[i]·ρ[j]) / ((1 + ρ[i])·(1 + ρ[j])))

which is exact for up to two errors and for errors that do not meet. The tests compare it with the whole sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maabar import calibrate

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
GAIN = 1e-9  # of the logarithm; less is no gain
LEAST = 1e-3  # of the last factor of the density, which is a truncated series


@dataclass(frozen=True)
class Errors:
    """The errors that n numbers carry.

    loadings     (n, c) sd of error c in number i
    discrepancy  (n, n) covariance of the model discrepancy
    odds         (c) prior probability that an error is wide
    wide         (c) factor of its variance if it is
    """

    loadings: Floats
    discrepancy: Floats
    odds: Floats
    wide: Floats

    @classmethod
    def of(cls, observed: calibrate.Observed) -> Errors:
        """All errors of some reports; a group's shared error has the mean of its reports' probabilities and squares."""
        loadings = observed.loadings()
        carried = loadings > 0
        carriers = np.maximum(carried.sum(axis=0), 1)
        squares = (loadings**2).sum(axis=0) / carriers
        wide = 1 + observed.worthless_sd**2 / np.where(squares > 0, squares, np.inf)
        odds = (observed.outlier[:, None] * carried).sum(axis=0) / carriers
        return cls(loadings, observed.discrepancy(), np.where(squares > 0, odds, 0.0), wide)

    def at(self, rows: Integers) -> Errors:
        """The errors of some numbers; those that they do not carry are left in, with a loading of 0."""
        carried = (self.loadings[rows] > 0).any(axis=0)
        odds = np.where(carried, self.odds, 0.0)
        return Errors(self.loadings[rows], self.discrepancy[np.ix_(rows, rows)], odds, self.wide)

    def covariance(self, factor: Floats) -> Floats:
        """(m, n, n) of the numbers when variances are multiplied by `factor` (m, c)."""
        return np.asarray((self.loadings * factor[:, None, :]) @ self.loadings.T + self.discrepancy)


def log_density(errors: Errors, residual: Floats) -> tuple[Floats, Booleans]:
    """log of the density of residuals (m, n): (m), and whether each error is wide in the best state: (m, c)."""
    members, errors_count = len(residual), len(errors.odds)
    if not residual.shape[1]:
        return np.zeros(members), np.zeros((members, errors_count), dtype=bool)
    starts = [np.zeros(errors_count, dtype=bool)]
    starts += [errors.odds > 0] if (errors.odds > 0).any() else []
    found = [_climbed(errors, residual, np.tile(start, (members, 1))) for start in starts]
    best = np.array([state.log for state in found]).argmax(axis=0)
    totals = np.array([state.total() for state in found])
    states = np.array([state.wide for state in found])
    each = np.arange(members)
    return totals[best, each], states[best, each]


@dataclass
class _State:
    """States of m members: what is wide (m, c), log density (m), and logs of the factors of one turn and of two."""

    wide: Booleans
    log: Floats
    one: Floats
    two: Floats

    def total(self) -> Floats:
        """log of the density, the states around these included."""
        one, two = np.exp(self.one), np.exp(self.two)
        more = 1 + one
        beyond = (two - one[:, :, None] * one[:, None, :]) / (more[:, :, None] * more[:, None, :])
        np.einsum("mcc->mc", beyond)[...] = 0.0
        return np.asarray(self.log + np.log(more).sum(axis=1) + np.log(np.maximum(1 + beyond.sum((1, 2)) / 2, LEAST)))

    def better(self) -> tuple[Booleans, Booleans]:
        """Which members gain by a turn, and what they then turn over: (m), (m, c)."""
        members, count = self.one.shape
        first, second = np.divmod(self.two.reshape(members, -1).argmax(axis=1), count)
        each = np.arange(members)
        pair_gain, gain = self.two[each, first, second], self.one.max(axis=1)
        turned = np.zeros((members, count), dtype=bool)
        turned[each, np.where(gain >= pair_gain, self.one.argmax(axis=1), first)] = True
        turned[each[gain < pair_gain], second[gain < pair_gain]] = True
        return np.maximum(gain, pair_gain) > GAIN, turned


def _climbed(errors: Errors, residual: Floats, wide: Booleans) -> _State:
    """The states in which no turn of one or two errors gains anything; each turn gains, so that there is an end."""
    state = _state(errors, residual, wide)
    moving = np.arange(len(residual))
    while moving.size:
        part = _State(state.wide[moving], state.log[moving], state.one[moving], state.two[moving])
        gains, turned = part.better()
        moving = moving[gains]
        if moving.size:
            after = _state(errors, residual[moving], state.wide[moving] ^ turned[gains])
            state.wide[moving], state.log[moving] = after.wide, after.log
            state.one[moving], state.two[moving] = after.one, after.two
    return state


def _state(errors: Errors, residual: Floats, wide: Booleans) -> _State:
    """The density of states, and what turns would make of it.

    With P the precision of the values, A = LᵀPL and b = LᵀP·residual of the loadings L: a change of the factors of
    some errors by Δ (diagonal) multiplies the density by det(1 + ΔA)^(−1/2)·exp(bᵀ(Δ⁻¹ + A)⁻¹b/2).
    """
    covariance = errors.covariance(np.where(wide, errors.wide, 1.0))
    precision = np.linalg.inv(covariance)
    pulled = np.einsum("mij,mj->mi", precision, residual)
    known = errors.loadings.T @ precision @ errors.loadings
    pull = pulled @ errors.loadings
    with np.errstate(divide="ignore"):
        odds = np.log(errors.odds) - np.log1p(-errors.odds)
        prior = np.where(wide, np.log(errors.odds), np.log1p(-errors.odds)).sum(axis=1)
    size = residual.shape[1] * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1]
    log = prior - (size + np.einsum("mi,mi->m", residual, pulled)) / 2
    turn = np.where(wide, -odds, odds)
    one, two = _turns(np.where(wide, -1, 1) * (errors.wide - 1), known, pull)
    fixed = errors.odds == 0
    one, two = one + turn, two + turn[:, :, None] + turn[:, None, :]
    one[:, fixed], two[:, fixed], two[:, :, fixed] = -np.inf, -np.inf, -np.inf
    np.einsum("mcc->mc", two)[...] = -np.inf
    return _State(wide.copy(), log, one, two)


def _turns(change: Floats, known: Floats, pull: Floats) -> tuple[Floats, Floats]:
    """log of the factors by which one change (m, c) and two changes (m, c, c) of variances multiply a density."""
    alone = 1 + change * np.einsum("mcc->mc", known)
    one = (change * pull**2 / alone - np.log(alone)) / 2
    both = change[:, :, None] * change[:, None, :]
    determinant = alone[:, :, None] * alone[:, None, :] - both * known**2
    np.einsum("mcc->mc", determinant)[...] = 1.0
    half = (change * pull**2)[:, :, None] * alone[:, None, :]
    square = half + half.transpose(0, 2, 1) - 2 * both * known * pull[:, :, None] * pull[:, None, :]
    return one, (square / determinant - np.log(np.maximum(determinant, np.finfo(float).tiny))) / 2
