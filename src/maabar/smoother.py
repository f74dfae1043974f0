"""The algebra of the ensemble smoother: errors of reports, heavy tails, one update, bounds.

In: numbers that reports gave and what each member predicts for them. Out: moved members. Everything is on a
transformed scale on which errors are roughly normal. The choices:

- Members move by the gain that their own covariances give (Kalman), in the subspace that they span: the predictions,
  whitened by the errors, are split into singular values, and 99.9 % of the information is kept.
- What chance alone could make predictions follow in so many members is tapered to nothing (adaptive localisation),
  and what it takes of the spread, as columns with nothing to learn show, is given back.
- Tails are heavy: every error is a mixture of a narrow normal and one that is wide enough to make a report worthless.
  Reports are weighed against each other, and each member then holds some for worthless, as often as is probable.
- A bound says nothing to members beyond it; the others are drawn anew beyond it, from the law that the members have.

Sources: Evensen (2004, doi:10.1007/s10236-004-0099-2) for the subspace; Emerick & Reynolds (2013,
doi:10.1016/j.cageo.2012.03.011) for repeated assimilation; Luo & Bhakta (2020, doi:10.1016/j.petrol.2019.106559) for
localisation by what chance gives; Evensen (2009, IEEE Control Systems 29:3) for the lost spread.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

_Judge = Callable[[Floats], tuple[Floats, Booleans]]

KINDS = ("value", "lower", "upper")
KEPT = 0.999  # share of the information that the subspace keeps
CHANCE = 2.0  # standard errors below which a sensitivity counts as chance
ROUNDS = 40  # of weighing reports against each other
SETTLED = 1e-3  # change of a probability that is no change
CONTESTED = 4  # errors held worthless that are given another hearing
TINY = 1e-12  # in place of no variance, before a division
BEHIND = 10.0  # logarithm of the evidence that a reading is behind, and is not looked into
NEGLIGIBLE = 0.01  # weight of a reading that is left out
SWEEPS = 5  # over bounds, until no member is beyond any


@dataclass(frozen=True)
class Observed:
    """Numbers that reports gave, on the transformed scale, and the errors they have; n numbers, arrays of shape (n).

    value           what was said
    kind            'value'; 'lower': the truth is at least this; 'upper': at most
    own_sd          sd of the report's own error, above 0
    group           reports of one group share one error; -1: none
    group_sd        sd of the shared error
    outlier         prior probability that the report is worthless; a group's shared error has the mean of its reports'
    block           numbers of one block (quantity and place) share one model discrepancy; -1: none
    discrepancy_sd  sd of the model discrepancy
    day             the number is about, for the discrepancy
    discrepancy_days  days in which the correlation of the discrepancy falls to 1/e
    worthless_sd    sd that an error of a worthless report has besides: 3 on a logarithmic scale is a factor of twenty

    Raises ValueError for arrays of other shapes and impossible numbers: they are made by a program.
    """

    value: Floats
    kind: NDArray[np.str_]
    own_sd: Floats
    group: Integers
    group_sd: Floats
    outlier: Floats
    block: Integers
    discrepancy_sd: Floats
    day: Floats
    discrepancy_days: float = 30.0
    worthless_sd: float = 3.0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        arrays = [field.name for field in fields(self) if field.name not in ("discrepancy_days", "worthless_sd")]
        faults = [name for name in arrays if np.shape(getattr(self, name)) != (np.size(self.value),)]
        numbers = [name for name in arrays if name not in faults and name != "kind"]
        faults += [name for name in numbers if not np.isfinite(getattr(self, name)).all()]
        if not faults:
            faults = [name for name, wrong in self._wrong().items() if np.any(wrong)]
        if faults:
            raise ValueError(f"Observed: wrong shape or impossible number in {', '.join(faults)}")

    def _wrong(self) -> dict[str, Booleans | bool]:
        """Where a number is out of its range, by field."""
        return {
            "kind": ~np.isin(self.kind, KINDS),
            "own_sd": self.own_sd <= 0,
            "group_sd": self.group_sd < 0,
            "outlier": (self.outlier < 0) | (self.outlier >= 1),
            "discrepancy_sd": self.discrepancy_sd < 0,
            "discrepancy_days": self.discrepancy_days <= 0,
            "worthless_sd": self.worthless_sd <= 0,
        }

    def __len__(self) -> int:
        """How many numbers."""
        return int(np.size(self.value))

    def shared(self) -> Floats:
        """(n, g) sd of the error that group g shares in number i."""
        groups = np.unique(self.group[self.group >= 0])
        return np.asarray((self.group[:, None] == groups) * self.group_sd[:, None])

    def loadings(self) -> Floats:
        """(n, c) sd of error c in number i: the n own errors, then those of groups."""
        return np.hstack([np.diag(self.own_sd), self.shared()])

    def discrepancy(self) -> Floats:
        """(n, n) covariance of the model discrepancy, a Gaussian process in time within each block."""
        apart = np.abs(np.subtract.outer(self.day, self.day)) / self.discrepancy_days
        same = (self.block[:, None] == self.block) & (self.block >= 0)
        return np.asarray(np.outer(self.discrepancy_sd, self.discrepancy_sd) * np.exp(-apart) * same)

    def covariance(self, factor: Floats | None = None) -> Floats:
        """(n, n) of all errors; `factor` (c) widens the variance of each (`tails`)."""
        return self.reported(factor) + self.discrepancy()

    def reported(self, factor: Floats | None = None) -> Floats:
        """(n, n) covariance of the errors of reports, without the discrepancy."""
        shared = self.shared()
        factor = np.ones(len(self) + shared.shape[1]) if factor is None else factor
        own = np.diag(self.own_sd**2 * factor[: len(self)])
        return np.asarray(own + (shared * factor[len(self) :]) @ shared.T)


@dataclass(frozen=True)
class Tails:
    """One reading of which reports are worthless.

    weight     probability of this reading among all that were found
    worthless  (c) probability that error c is that of a worthless report
    wide       (c) factor of its variance if it is
    worth      (n) probability that none of the errors of number i is
    """

    weight: float
    worthless: Floats
    wide: Floats
    worth: Floats

    @property
    def factor(self) -> Floats:
        """(c) of the variance of error c: one over its expected precision."""
        return _expected(self.worthless, self.wide)


def _expected(worthless: Floats, wide: Floats) -> Floats:
    """Factor of the variance of an error that is wide with this probability: one over its expected precision."""
    return np.asarray(1 / (1 - worthless + worthless / wide))


def tails(observed: Observed, predicted: Floats) -> tuple[Tails, ...]:
    """Which reports are worthless, given what the members predict and what all other reports say.

    predicted  (m, n)

    Error c is N(0, s²) with probability 1 − q and N(0, s²·w) with probability q; q is `outlier` and w = 1 +
    (worthless_sd / s)². The numbers that carry it are compared with what the members and the other reports lead to
    expect of them, once with the narrow and once with the wide error: P = q·wide / (q·wide + (1 − q)·narrow). Towards
    others its variance is then s² over its expected precision, 1 − P + P/w, and this is repeated until it settles.
    Values are weighed against values, then bounds against values; a group of bounds alone is judged by its furthest.
    The members' covariance is shrunk to its diagonal by as much as chance alone correlates them.

    Where reports contradict each other, it may settle in more than one way: one is right, or the other. Each error
    held worthless, at most CONTESTED of them, is trusted for once; where that settles elsewhere, it is a reading of its
    own, with a weight by its evidence, Π q or 1 − q times the normal density of the values.
    """
    weigher = _Weigher(observed, predicted)
    readings = weigher.readings() if observed.outlier.any() else [(1.0, weigher.prior)]
    return tuple(Tails(weight, found, weigher.wide, weigher.worth(found)) for weight, found in readings)


class _Weigher:
    """Weighs errors against each other; probabilities (c) are that an error is that of a worthless report."""

    def __init__(self, observed: Observed, predicted: Floats) -> None:
        self.observed, self.value = observed, np.asarray(observed.kind == "value")
        self.residual = observed.value - predicted.mean(axis=0)
        self.apart = shrunk(predicted) + observed.discrepancy()
        loadings = observed.loadings()
        self.carries, self.shared = loadings > 0, observed.shared()
        carriers = np.maximum(self.carries.sum(axis=0), 1)
        self.prior = np.where(self.carries, observed.outlier[:, None], 0.0).sum(axis=0) / carriers
        self.wide = 1 + observed.worthless_sd**2 / np.maximum((loadings**2).sum(axis=0) / carriers, TINY)

    def worth(self, worthless: Floats) -> Floats:
        """(n) probability that no error of a number is that of a worthless report."""
        return np.asarray(np.where(self.carries, 1 - worthless, 1.0).prod(axis=1))

    def readings(self) -> list[tuple[float, Floats]]:
        """Weights and probabilities (c) of the ways in which it settles, in an order that luck cannot turn."""
        found = [self.settled(self.by_values, self.prior)]
        held = np.flatnonzero((found[0] > 0.5) & self.carries[self.value].any(axis=0))
        least = self.evidence(found[0] > 0.5) - BEHIND
        for error in held[np.argsort(found[0][held], kind="stable")][:CONTESTED]:
            other = self.settled(self.by_values, found[0], trusted=int(error))
            if self.evidence(other > 0.5) < least:
                continue
            other = self.settled(self.by_values, other)
            if all(np.any((other > 0.5) != (known > 0.5)) for known in found):
                found.append(other)
        evidence = np.array([self.evidence(worthless > 0.5) for worthless in found])
        weights = np.exp(evidence - evidence.max())
        weights = np.where(weights < NEGLIGIBLE * weights.sum(), 0.0, weights)
        order = sorted(np.flatnonzero(weights), key=lambda number: tuple(found[number] > 0.5))
        if not self.value.all():
            for own in (False, True):
                judge = functools.partial(self.by_bounds, own=own)
                found = [self.settled(judge, worthless) for worthless in found]
        return [(float(weights[number] / weights.sum()), found[number]) for number in order]

    def settled(self, judge: _Judge, worthless: Floats, trusted: int | None = None) -> Floats:
        """Repeat a judgement, half a step at a time so that contradicting reports do not take turns."""
        from scipy import special

        for _ in range(ROUNDS):
            log_ratio, judged = judge(_expected(worthless, self.wide))
            with np.errstate(divide="ignore"):
                found = special.expit(np.log(self.prior) - np.log1p(-self.prior) + log_ratio)
            change = np.where(judged, found - worthless, 0.0) / 2
            if trusted is not None:
                change[trusted] = -worthless[trusted]
            worthless = worthless + change
            if np.abs(change).max() < SETTLED:
                break
        return worthless

    def total(self, factor: Floats) -> Floats:
        """(n, n) covariance of the numbers: members' and errors'."""
        return self.apart + self.observed.reported(factor)

    def evidence(self, worthless: Booleans) -> float:
        """Log of the probability that just these errors are worthless and of the values, up to a constant."""
        chosen = np.where(worthless, self.prior, 1 - self.prior)
        total = self.total(np.where(worthless, self.wide, 1.0))[np.ix_(self.value, self.value)]
        residual = self.residual[self.value]
        squares = residual @ np.linalg.solve(total, residual)
        return float(np.log(chosen).sum() - (np.linalg.slogdet(total)[1] + squares) / 2)

    def by_values(self, factor: Floats) -> tuple[Floats, Booleans]:
        """Log of wide / narrow density (c) of the values that carry each error, and the errors so judged.

        With P the precision of all values and l the loadings of error c, a = lᵀPl and b = lᵀP·residual; moving its
        factor by δ multiplies the density of its values given all others by (1 + δa)^(−1/2)·exp(δb²/(2(1 + δa))).
        """
        value, own, shared = self.value, self.observed.own_sd, self.shared[self.value]
        precision = _inverse(self.total(factor)[np.ix_(value, value)])
        alone, force = np.zeros(len(value)), np.zeros(len(value))
        alone[value], force[value] = np.diag(precision), precision @ self.residual[value]
        known = np.append(own**2 * alone, np.einsum("ng,ng->g", shared, precision @ shared))
        pull = np.append(own * force, shared.T @ force[value])
        wide, narrow = 1 + (self.wide - factor) * known, 1 + (1 - factor) * known
        ratio = ((self.wide - factor) / wide - (1 - factor) / narrow) * pull**2 - np.log(wide / narrow)
        return ratio / 2, known > 0

    def by_bounds(self, factor: Floats, *, own: bool) -> tuple[Floats, Booleans]:
        """The same for own errors, or those of groups, that only bounds carry: by the furthest bound, given all values.

        Of the own errors of k bounds of a group, the largest is expected at the quantile k/(k + 1), about which the
        furthest is moved, so that ten copies that fail together tell more against their group than one does.
        """
        from scipy import special

        value, bound = self.value, ~self.value
        total = self.total(factor)
        across = total[np.ix_(value, bound)]
        gain = np.linalg.solve(total[np.ix_(value, value)], across)
        beyond = self.residual[bound] - self.residual[value] @ gain
        beyond = np.where(self.observed.kind[bound] == "lower", -beyond, beyond)
        variance = np.diag(total)[bound] - np.einsum("vb,vb->b", across, gain)
        squares = self.observed.loadings()[bound] ** 2
        furthest = np.where(squares > 0, (beyond / np.sqrt(variance))[:, None], np.inf).argmin(axis=0)
        errors = np.arange(len(factor))
        carriers = np.maximum((squares > 0).sum(axis=0), 1)
        largest = self.observed.own_sd[bound][furthest] * special.ndtri(carriers / (carriers + 1))
        wide, narrow = (
            (beyond[furthest] - largest)
            / np.sqrt(np.maximum(variance[furthest] + (to - factor) * squares[furthest, errors], TINY))
            for to in (self.wide, 1.0)
        )
        alone = (squares > 0).any(axis=0) & ~self.carries[value].any(axis=0)
        judged = alone & ((errors < len(value)) == own)
        return np.asarray(special.log_ndtr(wide) - special.log_ndtr(narrow)), judged


def _inverse(covariance: Floats) -> Floats:
    """The inverse of a covariance, in half the time that a general matrix takes."""
    from scipy.linalg import lapack

    if not len(covariance):
        return covariance
    root, _ = lapack.dpotrf(covariance, lower=1)
    half, _ = lapack.dpotri(root, lower=1)
    half = np.tril(half)
    return np.asarray(half + half.T - np.diag(np.diag(half)))


def shrunk(predicted: Floats) -> Floats:
    """Covariance (n, n) of the members' numbers, correlations shrunk by as much as chance alone gives them.

    Numbers that are the same for every member, such as those of copies, are one number told several times: they neither
    weigh in that nor are they set apart by it.
    Source: Schäfer and Strimmer (2005, doi:10.2202/1544-6115.1175), with the variance (1 − r²)²/(m − 1) of a normal
    correlation.
    """
    predicted, copied = np.unique(predicted, axis=1, return_inverse=True)
    members, copied = len(predicted), copied.ravel()
    spread = predicted - predicted.mean(axis=0)
    sd = spread.std(axis=0)
    unit = spread / np.where(sd > 0, sd, 1.0)
    correlation = unit.T @ unit / members
    np.fill_diagonal(correlation, 0.0)
    squares = float((correlation**2).sum())
    by_chance = float(((1 - correlation**2) ** 2).sum() - len(sd)) / (members - 1)
    kept = 1 - min(by_chance / squares, 1.0) if squares > 0 else 0.0
    found = np.outer(sd, sd) * (kept * correlation + np.eye(len(sd))) * members / (members - 1)
    return np.asarray(found[np.ix_(copied, copied)])


def believed(z: Floats, predicted: Floats, marked: Booleans) -> Floats:
    """The predictions (m, n) without what chance alone makes them follow in the marked parameters.

    z       (m, k) parameters
    marked  (k)

    The predictions are regressed on the parameters. A coefficient of a marked parameter with |t| ≤ 2, t in standard
    errors, is taken for chance and removed, one with |t| ≥ 4 is kept, with a straight line between: in terms of partial
    correlations the threshold is 2/√m. Where the parameters explain a number fully, nothing is chance. Plain
    correlations, often tapered in its place, throw away sensitivities that many parameters share, and what they leave
    no longer fits the covariance of the predictions. With more than m/2 parameters the marked ones are regressed on
    alone, all others being part of what they leave; with more than m/2 of those nothing can be told and nothing is
    removed.
    """
    members = len(z)
    if 2 * z.shape[1] > members:
        z, marked = z[:, marked], marked[marked]
    parameters = z.shape[1]
    if 2 * parameters > members or not marked.any():
        return predicted
    centred = z - z.mean(axis=0)
    inverse = np.linalg.pinv(centred)
    slope = inverse @ predicted
    rest = predicted - predicted.mean(axis=0) - centred @ slope
    sd = rest.std(axis=0) * np.sqrt(members / (members - 1 - parameters))
    error = np.outer(np.linalg.norm(inverse, axis=1), sd)
    removed = np.clip(2 - np.abs(slope) / np.maximum(CHANCE * error, TINY), 0.0, 1.0) * marked[:, None]
    return np.asarray(predicted - centred @ (removed * slope))


def update(
    state: Floats,
    predicted: Floats,
    value: Floats,
    noise: Floats,
    *,
    inflation: float,
    shock: Floats,
    follows: Floats | None = None,
    wide: Floats | None = None,
    held: Floats | None = None,
) -> tuple[Floats, float]:
    """The members after they have learned `value`, and how much they learned [numbers known exactly].

    state      (m, q) what is learned
    predicted  (m, n) what each member expects of the values
    value      (n)
    noise      (n, n) covariance of their errors
    inflation  by which the noise is multiplied: 4 for each of four steps that together learn the values once
    shock      (m, n) standard normal numbers behind the perturbations
    follows    (m, n) the predictions from which covariances are taken (`believed`); None: as predicted
    wide       (n, e) sd that error e has besides in a worthless report
    held       (m, e) standard normal numbers behind errors that a member holds for those of a worthless report; else 0

    state += C(state, predicted)·(C(predicted) + inflation·noise)⁻¹·(value + perturbation − predicted), where the noise
    of each member has in it what it holds. Whitened by the noise, the predictions have singular values s; direction i
    carries s²/(s² + inflation) of a number known exactly, and the largest that together carry 99.9 % are kept.
    """
    from scipy import linalg

    members = len(state)
    root = linalg.cholesky(noise, lower=True)
    follows = predicted if follows is None else follows
    expected = linalg.solve_triangular(root, (follows - follows.mean(axis=0)).T, lower=True) / np.sqrt(members - 1)
    directions, size, luck = linalg.svd(expected, full_matrices=False)
    carried = size**2 / (size**2 + inflation)
    kept = int(np.searchsorted(np.cumsum(carried), KEPT * carried.sum())) + 1

    shock = (shock - shock.mean(axis=0)) * np.sqrt(inflation * members / (members - 1))
    innovation = linalg.solve_triangular(root, (value - predicted).T, lower=True) + shock.T
    if wide is None or held is None:
        wide, held = np.zeros((len(value), 0)), np.zeros((members, 0))
    wide = linalg.solve_triangular(root, wide, lower=True) * np.sqrt(inflation)
    innovation += wide @ held.T
    weights = _solved(innovation, wide, held != 0, directions[:, :kept], carried[:kept], inflation)

    spread = (state - state.mean(axis=0)) / np.sqrt(members - 1)
    gain = (spread.T @ luck[:kept].T) * size[:kept]
    return state + (gain @ (directions[:, :kept].T @ weights)).T, float(carried.sum())


def respread(state: Floats, empty: slice, before: Floats) -> Floats:
    """The state (m, q) widened about its mean by as much as chance narrowed it and moved it.

    empty   columns of draws that no prediction depends on
    before  (m, e) those columns before the update

    What they lost of their spread, chance took, and where their means went, chance led them; it does as much to every
    other column. Widened by both, the members are as far from the truth as from each other.
    """
    after = state[:, empty]
    moved = after.mean(axis=0) - before.mean(axis=0)
    left = np.sqrt(after.var(axis=0).sum() / (before.var(axis=0) + moved**2).sum())
    return np.asarray(state.mean(axis=0) + (state - state.mean(axis=0)) / left)


def _solved(
    innovation: Floats, wide: Floats, held: Booleans, directions: Floats, carried: Floats, inflation: float
) -> Floats:
    """(n, m) inverse of each member's covariance, on whitened numbers, times its innovation (n, m).

    Without what is held it is (1 − Σ carried·direction·directionᵀ) / inflation; what is held, w, is added by the
    identity of Woodbury: (A + wwᵀ)⁻¹x = A⁻¹x − A⁻¹w(1 + wᵀA⁻¹w)⁻¹wᵀA⁻¹x.
    """

    def inverse(columns: Floats) -> Floats:
        return (columns - (directions * carried) @ (directions.T @ columns)) / inflation

    weights, turned = inverse(innovation), inverse(wide)
    inner, pulls = wide.T @ turned, wide.T @ weights
    for member in np.flatnonzero(held.any(axis=1)):
        chosen = np.flatnonzero(held[member])
        small = inner[np.ix_(chosen, chosen)] + np.eye(len(chosen))
        weights[:, member] -= turned[:, chosen] @ np.linalg.solve(small, pulls[chosen, member])
    return weights


def bounded(state: Floats, numbers: Floats, bound: Floats, sign: Floats, *, rng: np.random.Generator) -> Floats:
    """The members after they have learned that `numbers` lie beyond their bounds.

    state    (m, q) what is learned
    numbers  (m, b) what each member has, errors included
    bound    (b)
    sign     (b) +1 where a number is at least its bound, −1 where it is at most

    A member beyond its bound stays. For the others the number is drawn from the members' normal law beyond the bound,
    and the state follows by regression: for a normal law this is the exact conditional law, and a second time changes
    nothing, so that bounds are learned in full at every step. Bounds take turns until all hold, at most SWEEPS times.
    """
    state = np.column_stack([state, numbers])
    first = state.shape[1] - numbers.shape[1]
    for _ in range(SWEEPS):
        if not np.any((numbers - bound) * sign < 0):
            break
        for column in range(len(bound)):
            state += _beyond(state, state[:, first + column], bound[column], sign[column], rng)
        numbers = state[:, first:]
    return np.asarray(state[:, :first])


def _beyond(state: Floats, number: Floats, bound: float, sign: float, rng: np.random.Generator) -> Floats:
    """How the state (m, q) moves when `number` (m) is found beyond one bound."""
    from scipy import special

    short = (number - bound) * sign < 0
    spread = number - number.mean()
    sd = spread.std(ddof=1)
    if not short.any() or sd == 0:
        return np.zeros_like(state)
    luck = np.log(1 - rng.random(len(number)))
    mean = number.mean()
    tail = special.log_ndtr((mean - bound) * sign / sd)
    drawn = mean - sign * sd * special.ndtri_exp(luck + tail)
    gain = (state - state.mean(axis=0)).T @ spread / (spread @ spread)
    return np.asarray(np.where(short, drawn - number, 0.0)[:, None] * gain)
