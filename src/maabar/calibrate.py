"""Learning from reports: an ensemble of parameters that they leave possible, and how far it is to be trusted.

In: a function that predicts what reports would have said, draws of the prior, the reports' numbers and their errors.
Out: a `Posterior`. Nothing here knows a scenario or the engine. Parameters are on a scale on which the prior is the
standard normal law, and numbers on one on which errors are about normal (logarithms of counts, logits of shares).

The ensemble smoother with multiple data assimilation learns the same numbers in a few steps, their error variances
multiplied by the number of steps: for a linear model and normal errors this is exact, and for others it follows the
bends. Errors, heavy tails, bounds and localisation are in `smoother`. It is an approximation: a posterior with several
distant peaks, or one that bends sharply within its own spread, is beyond it; `importance` is the slow check.

Source: A. A. Emerick and A. C. Reynolds (2013), Ensemble smoother with multiple data assimilation, Computers &
Geosciences 55, doi:10.1016/j.cageo.2012.03.011.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maabar import errors, smoother

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Simulate = Callable[[Floats], Floats]
LogLikelihood = Callable[[Floats], Floats]
Progress = Callable[[int, int], None]
Observed = smoother.Observed

FEWEST = 20  # members that the smoother works with
FAILED = 0.25  # share of failed members at one step that ends the calibration
COLLAPSED = 0.01  # of the prior spread: less is no learning but a breakdown
LOST = 0.1  # share of the spread that chance may eat, numbers known exactly per member
HOPELESS = 3.0  # times a plausible misfit that end the calibration
PRIOR_TAIL = 0.01  # probability outside which a number conflicts with the prior
NAMED = 5  # names in a warning before the rest are counted


@dataclass(frozen=True)
class Step:
    """The ensemble before one step of learning; the last is the posterior.

    misfit       of the median member: squared distance from the numbers in standard errors, per number; about 1 is
                 right. Bounds count only when they are missed.
    spread       mean over parameters of the spread, in spreads of the prior
    information  learned in this step [numbers known exactly]; 0 for the posterior
    failed       members without finite predictions, which went on as copies of others
    readings     weights of the ways to resolve contradictions among the reports
    """

    misfit: float
    spread: float
    information: float
    failed: int
    readings: tuple[float, ...]


@dataclass(frozen=True)
class Posterior:
    """What the reports leave possible: m members, k parameters, n numbers.

    z                    (m, k) parameters
    predicted            (m, n) numbers predicted from them
    steps                one before each step of learning, and the posterior
    spread_ratio         (k) spread over that of the prior: 1 is nothing learned
    worth                (n) probability that the number is that of a report worth something
    prior_data_conflict  (n) the number is outside 99 % of what the prior and its errors make possible
    collapsed            (k) the spread has broken down to below 1 % of the prior's
    weights              (m) that make the members exact, if a log likelihood was given; else None
    effective            effective number of members with these weights; else None
    ok                   misfit plausible, nothing collapsed, enough members for what was learned
    warnings             in plain words
    """

    z: Floats
    predicted: Floats
    steps: tuple[Step, ...]
    spread_ratio: Floats
    worth: Floats
    prior_data_conflict: Booleans
    collapsed: Booleans
    weights: Floats | None
    effective: float | None
    ok: bool
    warnings: tuple[str, ...]


def smooth(
    simulate: Simulate,
    start: Floats,
    observed: Observed,
    *,
    rng: np.random.Generator,
    steps: int = 4,
    localise: Booleans | None = None,
    log_likelihood: LogLikelihood | None = None,
    on_progress: Progress | None = None,
    reports: Sequence[str] = (),
    parameters: Sequence[str] = (),
) -> Posterior:
    """The posterior ensemble, after steps + 1 calls of `simulate`.

    simulate        (m, k) parameters -> (m, n) predicted numbers, NaN or infinite for a member that failed. Member j
                    should have the same luck in every call; what luck remains belongs into `own_sd`, for it is
                    otherwise learned from as if it were none.
    start           (m, k) draws of the standard normal prior
    localise        (k) parameters whose correlations are tapered where chance could give them; None: all
    log_likelihood  (m, n) predicted -> (m): the exact one, for weights at the end
    on_progress     called with (calls of simulate done, calls in all)
    reports, parameters  n and k names for messages

    Step: judge the tails (`smoother.tails`), learn the values with `steps` times their error variance
    (`smoother.update`). In the last half of the steps, when the values have been heard, learn the bounds
    (`smoother.bounded`), whose errors are members' variables like parameters. Where the reports can be read in several
    ways, each member keeps to one throughout. Raises errors.ConvergenceError if members fail, the spread collapses
    everywhere or the misfit stays implausible; ValueError for arrays that do not fit.
    """
    _check(start, observed, steps)
    learner = _Learner(simulate, start, observed, localise, rng)
    taken = []
    for step in range(steps):
        predicted = learner.predict(step, steps, on_progress)
        if step == 0:
            conflict = conflicts(observed, predicted)
        taken.append(learner.learn(predicted, steps, bounds=2 * step >= steps - 1))
    predicted = learner.predict(steps, steps, on_progress)
    worth, last = learner.account(predicted, 0.0)
    weights = None if log_likelihood is None else _weights(learner.z, log_likelihood(predicted))
    found = Posterior(
        z=learner.z, predicted=predicted, steps=(*taken, last), spread_ratio=learner.spread_ratio(), worth=worth,
        prior_data_conflict=conflict, collapsed=learner.spread_ratio() < COLLAPSED, weights=weights,
        effective=None if weights is None else float(1 / (weights**2).sum()), ok=True, warnings=(),
    )  # fmt: skip
    _refuse(found, observed, reports)
    return _judged(found, observed, reports, parameters)


class _Learner:
    """The members while they learn.

    z     (m, k) parameters
    luck  (m, b) standard normal errors of the bounds
    lot   (m) between 0 and 1: the reading of the reports to which a member keeps
    """

    def __init__(
        self, simulate: Simulate, start: Floats, observed: Observed, localise: Booleans | None, rng: np.random.Generator
    ) -> None:
        self.simulate, self.observed, self.rng = simulate, observed, rng
        members, self.parameters = start.shape
        self.value: Booleans = np.asarray(observed.kind == "value")
        self.sign = np.where(observed.kind[~self.value] == "lower", 1.0, -1.0)
        self.z, self.prior_sd = start.copy(), start.std(axis=0, ddof=1)
        self.luck = rng.standard_normal((members, len(self.sign)))
        self.lot = (rng.permutation(members) + 0.5) / members
        marked = np.ones(self.parameters, bool) if localise is None else np.asarray(localise, bool)
        if marked.shape != (self.parameters,):
            raise ValueError(f"localise has shape {marked.shape} for {self.parameters} parameters")
        self.tapered = np.append(marked, np.zeros(2 * len(self.sign), bool))
        self.failed = 0
        self.loadings = observed.loadings()
        self.alone = (self.loadings[self.value] > 0).any(axis=0) & ~(self.loadings[~self.value] > 0).any(axis=0)
        column = np.arange(members)[:, None] + np.zeros(self.loadings.shape[1], int)
        self.lots = (rng.permuted(column, axis=0) + 0.5) / members

    def predict(self, step: int, steps: int, on_progress: Progress | None) -> Floats:
        """The members' numbers (m, n); members that failed go on as copies of others, drawn by lot."""
        predicted = np.asarray(self.simulate(self.z.copy()), dtype=np.float64)
        if on_progress is not None:
            on_progress(step + 1, steps + 1)
        if predicted.shape != (len(self.z), len(self.observed)):
            raise ValueError(f"simulate gave {predicted.shape}, not {(len(self.z), len(self.observed))}")
        lost: Booleans = np.asarray(~np.isfinite(predicted).all(axis=1))
        self.failed = int(lost.sum())
        if self.failed > FAILED * len(lost):
            raise errors.ConvergenceError(
                f"calibration stopped at step {step + 1} of {steps + 1}: {self.failed} of {len(lost)} members gave no "
                "finite prediction; run the scenario with draws of the prior to see why, or narrow the prior"
            )
        if self.failed:
            chosen = self.rng.choice(np.flatnonzero(~lost), self.failed)
            for array in (self.z, self.luck, predicted):
                array[lost] = array[chosen]
        return predicted

    def learn(self, predicted: Floats, steps: int, *, bounds: bool) -> Step:
        """One step of learning; gives the account of the members before it."""
        readings = smoother.tails(self.observed, predicted)
        side, moved, information = self.sides(readings), np.empty_like(self.z), 0.0
        luck = self.luck.copy()
        for number, reading in enumerate(readings):
            state, learned = self.learned(predicted, reading, steps, bounds=bounds)
            moved[side == number] = state[side == number, : self.parameters]
            luck[side == number] = state[side == number, self.parameters :]
            information += learned * reading.weight
        _, step = self.account(predicted, information, readings)
        self.z, self.luck = moved, luck
        return step

    def learned(self, predicted: Floats, reading: smoother.Tails, steps: int, *, bounds: bool) -> tuple[Floats, float]:
        """Parameters and luck (m, k + b) after a step under one reading, and what was learned.

        The errors of values and bounds may be shared. Given the luck u of the bounds, whose errors are L·u with LLᵀ
        their covariance, the values expect Wᵀu besides, W = L⁻¹C(bounds, values), and their covariance falls by WᵀW.
        """
        from scipy import linalg

        value, observed = self.value, self.observed
        noise = observed.covariance(np.where(self.alone, 1.0, reading.factor))
        held = (self.lots < reading.worthless) & self.alone
        used = held.any(axis=0)
        wide = (self.loadings * np.sqrt(reading.wide - 1))[np.ix_(value, used)]
        root = np.linalg.cholesky(noise[np.ix_(~value, ~value)])
        expected = linalg.solve_triangular(root, noise[np.ix_(~value, value)], lower=True)
        left = noise[np.ix_(value, value)] - expected.T @ expected
        state, learned = np.column_stack([self.z, self.luck, predicted[:, ~value]]), 0.0
        if value.any():
            state, learned = smoother.update(
                state, predicted[:, value] + self.luck @ expected, observed.value[value], left,
                inflation=float(steps), tapered=self.tapered, rng=self.rng, wide=wide, held=held[:, used],
            )  # fmt: skip
        count = self.z.shape[1] + len(self.sign)
        state, numbers = state[:, :count], state[:, count:]
        if bounds and len(self.sign):
            numbers = numbers + state[:, self.parameters :] @ root.T
            state = smoother.bounded(
                state, numbers, observed.value[~value], self.sign, tapered=self.tapered[:count], rng=self.rng
            )
        return state, learned

    def sides(self, readings: Sequence[smoother.Tails]) -> NDArray[np.int64]:
        """(m) the reading to which each member keeps."""
        shares = np.cumsum([reading.weight for reading in readings])
        return np.asarray(np.minimum(np.searchsorted(shares, self.lot), len(readings) - 1), dtype=np.int64)

    def account(
        self, predicted: Floats, information: float, readings: Sequence[smoother.Tails] = ()
    ) -> tuple[Floats, Step]:
        """The worth of each number (n), and what is to be said of the members as they are."""
        readings = readings or smoother.tails(self.observed, predicted)
        side = self.sides(readings)
        missed = np.empty(len(self.z))
        for number, reading in enumerate(readings):
            missed[side == number] = misfit(self.observed, predicted[side == number], reading.factor)
        worth = np.sum([reading.weight * reading.worth for reading in readings], axis=0)
        weights = tuple(reading.weight for reading in readings)
        spread = float(self.spread_ratio().mean())
        return worth, Step(float(np.median(missed)), spread, information, self.failed, weights)

    def spread_ratio(self) -> Floats:
        """(k) spread of the parameters over that of the prior."""
        return np.asarray(self.z.std(axis=0, ddof=1) / self.prior_sd)


def misfit(observed: Observed, predicted: Floats, factor: Floats | None = None) -> Floats:
    """Squared distance (m) of each member's numbers from those reported, in standard errors, per number.

    Values with all their shared errors, rᵀC⁻¹r; bounds one by one, and only where they are missed.
    """
    noise, value = observed.covariance(factor), observed.kind == "value"
    residual = observed.value - predicted
    squared = np.einsum(
        "mv,mv->m", residual[:, value], np.linalg.solve(noise[np.ix_(value, value)], residual[:, value].T).T
    )
    missed = np.where(observed.kind == "lower", residual, -residual)[:, ~value].clip(min=0.0)
    return np.asarray((squared + (missed**2 / np.diag(noise)[~value]).sum(axis=1)) / len(observed))


def conflicts(observed: Observed, predicted: Floats) -> Booleans:
    """(n) whether a number lies outside 99 % of what the members (m, n) and its narrow errors make possible.

    A bound conflicts if at most 1 % of them are beyond it.
    """
    from scipy import special

    sd = np.sqrt(np.diag(observed.covariance()))
    below = special.ndtr((observed.value - predicted) / sd).mean(axis=0)
    beside = np.abs(below - 0.5) > 0.5 - PRIOR_TAIL / 2
    lower, upper = below > 1 - PRIOR_TAIL, below < PRIOR_TAIL
    return np.asarray(np.select([observed.kind == "lower", observed.kind == "upper"], [lower, upper], beside))


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


def importance(
    simulate: Simulate,
    start: Floats,
    log_likelihood: LogLikelihood,
    *,
    rng: np.random.Generator,
    draws: int = 10_000,
    wider: float = 1.5,
    from_prior: float = 0.1,
) -> Weighted:
    """The exact posterior by self-normalised importance sampling: slow, for few parameters, to check the smoother.

    start           (m, k) members of the smoother's posterior, whose normal law guides the draws
    log_likelihood  (d, n) predicted -> (d)
    wider           factor of the spread of that law
    from_prior      share of the draws from the prior, so that no weight exceeds the likelihood / from_prior

    Draws without finite predictions weigh nothing. Source of the mixture: T. Hesterberg (1995), Technometrics 37,
    doi:10.1080/00401706.1995.10484303. Raises errors.ConvergenceError if no draw has any likelihood.
    """
    count = round(draws * from_prior)
    mean, root = _normal_of(start)
    root = root * wider
    z = rng.standard_normal((draws, start.shape[1]))
    z[count:] = mean + z[count:] @ root.T
    predicted = np.asarray(simulate(z.copy()), dtype=np.float64)
    guide = np.logaddexp(
        np.log(from_prior) + _log_density(z, np.zeros(z.shape[1]), np.eye(z.shape[1])),
        np.log1p(-from_prior) + _log_density(z, mean, root),
    )
    weight = _log_density(z, np.zeros(z.shape[1]), np.eye(z.shape[1])) - guide
    finite = np.isfinite(predicted).all(axis=1)
    weight[finite] += log_likelihood(predicted[finite])
    weight[~finite] = -np.inf
    if not np.isfinite(weight).any():
        raise errors.ConvergenceError(
            f"none of {draws} draws of parameters explains the reports at all; try more draws or wider errors"
        )
    weights, largest = _normalised(weight)
    return Weighted(z, predicted, weights, float(1 / (weights**2).sum()), largest - float(np.log(draws)))


def _normalised(log_weights: Floats) -> tuple[Floats, float]:
    """Weights with sum 1, and the log of their sum before."""
    largest = float(log_weights.max())
    weights = np.exp(log_weights - largest)
    return weights / weights.sum(), largest + float(np.log(weights.sum()))


def _normal_of(z: Floats) -> tuple[Floats, Floats]:
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


def _weights(z: Floats, log_likelihood: Floats) -> Floats:
    """Weights (m) that turn members, taken as draws of their own normal law, into draws of the exact posterior."""
    mean, root = _normal_of(z)
    prior = _log_density(z, np.zeros(len(mean)), np.eye(len(mean)))
    return _normalised(prior + log_likelihood - _log_density(z, mean, root))[0]


def _check(start: Floats, observed: Observed, steps: int) -> None:
    """ValueError for what a program should not hand over."""
    if start.ndim != 2 or len(start) < FEWEST or not np.isfinite(start).all():
        raise ValueError(f"start must be finite draws (m, k) of at least {FEWEST} members, not {start.shape}")
    if steps < 1 or not len(observed):
        raise ValueError(f"nothing to learn: {steps} steps, {len(observed)} numbers")


def _named(names: Sequence[str], chosen: NDArray[np.intp], noun: str) -> str:
    """`a, b, c and 4 more`; without names they are counted from 1, as in `report 3`."""
    words = [names[one] if len(names) else f"{noun} {one + 1}" for one in chosen[:NAMED]]
    more = f" and {len(chosen) - NAMED} more" if len(chosen) > NAMED else ""
    return ", ".join(words) + more


def _plausible(observed: Observed) -> float:
    """The largest misfit that is plausible: five standard deviations of a mean of squares above its mean of 1."""
    return 1 + 5 * float(np.sqrt(2 / len(observed)))


def _refuse(found: Posterior, observed: Observed, reports: Sequence[str]) -> None:
    """ConvergenceError where the members are no posterior."""
    last = found.steps[-1]
    if found.collapsed.all():
        raise errors.ConvergenceError(
            f"calibration broke down: the spread of all {len(found.collapsed)} parameters fell below 1 % of the "
            "prior's; try more members, or wider errors of the reports"
        )
    if last.misfit > HOPELESS * _plausible(observed):
        off = np.abs(observed.value - np.median(found.predicted, axis=0)) / np.sqrt(np.diag(observed.covariance()))
        furthest = np.argsort(-off, kind="stable")[:3]
        raise errors.ConvergenceError(
            f"calibration did not settle: after {len(found.steps) - 1} steps the reports are {last.misfit**0.5:.1f} "
            f"standard errors from the members, about 1 is right; furthest off: {_named(reports, furthest, 'report')}; "
            "try more steps, a wider prior, or look at these reports"
        )


def _judged(found: Posterior, observed: Observed, reports: Sequence[str], parameters: Sequence[str]) -> Posterior:
    """The posterior with its warnings; those in `doubts` make it not ok."""
    last, members = found.steps[-1], len(found.z)
    learned = sum(step.information for step in found.steps)
    doubts, notes = [], []
    if last.misfit > _plausible(observed):
        doubts.append(
            f"the reports are {last.misfit**0.5:.1f} standard errors from the members, about 1 is right: "
            "the model cannot follow them, or their errors are too narrow"
        )
    if found.collapsed.any():
        which = _named(parameters, np.flatnonzero(found.collapsed), "parameter")
        doubts.append(f"less than 1 % of the prior spread is left of {which}: more members are needed")
    if learned > LOST * members:
        doubts.append(
            f"the reports carry as much as {learned:.0f} exact numbers, too much for {members} members: intervals are "
            f"too narrow; use at least {int(np.ceil(learned / LOST / 100)) * 100}"
        )
    worthless = np.flatnonzero(found.worth < 0.5)
    if len(worthless):
        which = _named(reports, worthless, "report")
        notes.append(f"{len(worthless)} of {len(observed)} numbers are held worthless, contradicted by others: {which}")
    if len(last.readings) > 1:
        shares = " and ".join(f"{share:.0%}" for share in last.readings)
        notes.append(
            f"reports contradict each other and can be read in {len(last.readings)} ways: {shares} of the members"
        )
    if found.prior_data_conflict.any():
        outside = np.flatnonzero(found.prior_data_conflict)
        notes.append(
            f"{len(outside)} of {len(observed)} numbers lie outside 99 % of what the prior makes possible: "
            f"{_named(reports, outside, 'report')}"
        )
    failed = sum(step.failed for step in found.steps)
    if failed:
        notes.append(f"{failed} of {members * len(found.steps)} simulations failed and went on as copies of others")
    if found.effective is not None and found.effective < LOST * members:
        notes.append(
            f"exact weights leave {found.effective:.0f} effective members of {members}: do not use the weights"
        )
    return dataclasses.replace(found, ok=not doubts, warnings=(*doubts, *notes))
