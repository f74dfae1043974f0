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

import collections
import dataclasses
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maabar import errors, importance, smoother, texts

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Simulate = importance.Simulate
LogLikelihood = importance.LogLikelihood
Progress = Callable[[int, int], None]
Observed = smoother.Observed

FEWEST = 20  # members that the smoother works with
FAILED = 0.25  # share of failed members at one step that ends the calibration
COLLAPSED = 0.01  # of the prior spread: less is no learning but a breakdown
LEARNED = 0.25  # numbers known exactly per member, beyond which chance takes too much of the spread
PER_PARAMETER = 5  # members per parameter that keep 90 % intervals honest
HOPELESS = 3.0  # times a plausible misfit that end the calibration
PRIOR_TAIL = 0.01  # probability outside which a number conflicts with the prior
EMPTY = 50  # columns with nothing to learn, which tell what chance takes
EFFECTIVE = 0.1  # share of the members below which exact weights say nothing
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
    before               (m, n) numbers predicted from the prior
    steps                one before each step of learning, and the posterior
    spread_ratio         (k) spread over that of the prior: 1 is nothing learned
    worth                (n) probability that the number is that of a report worth something
    prior_data_conflict  (n) the number is outside 99 % of what the prior and its errors make possible
    collapsed            (k) the spread has broken down to below 1 % of the prior's
    weights              (m) that correct the members for the exact likelihood, if that was given; else None. They take
                         the members for draws of a normal law, so that bent posteriors stay bent: see `importance`
    effective            effective number of members with these weights; else None
    ok                   misfit plausible, nothing collapsed, enough members for what was learned
    warnings             in plain words
    """

    z: Floats
    predicted: Floats
    before: Floats
    steps: tuple[Step, ...]
    spread_ratio: Floats
    worth: Floats
    prior_data_conflict: Booleans
    collapsed: Booleans
    weights: Floats | None
    effective: float | None
    ok: bool
    warnings: tuple[str, ...]


def draws(members: int, parameters: int, rng: np.random.Generator) -> Floats:
    """(m, k) draws of the standard normal prior, with its mean and covariance exactly if members allow.

    Chance correlations of parameters are thereby none, and fewer members do (Pham 2001, second-order exact sampling).
    """
    z = rng.standard_normal((members, parameters))
    if members <= 2 * parameters:
        return z
    mean, root = importance.normal_of(z)
    return np.asarray(np.linalg.solve(root, (z - mean).T).T)


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
    localise        (k) parameters that are localised: what predictions follow in them by chance is not learned from
                    (`smoother.believed`); None: all
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
    learner = _Learner(simulate, start, observed, localise, rng, reports)
    taken = []
    for step in range(steps):
        predicted = learner.predict(step, steps, on_progress)
        if step == 0:
            before, conflict = predicted, conflicts(observed, predicted)
        taken.append(learner.learn(predicted, steps, bounds=2 * step >= steps - 1))
    predicted = learner.predict(steps, steps, on_progress)
    worth, last = learner.account(predicted, 0.0)
    weights = None if log_likelihood is None else importance.weights(learner.z, log_likelihood(predicted))
    found = Posterior(
        z=learner.z, predicted=predicted, before=before, steps=(*taken, last), spread_ratio=learner.spread_ratio(),
        worth=worth, prior_data_conflict=conflict, collapsed=learner.spread_ratio() < COLLAPSED, weights=weights,
        effective=None if weights is None else float(1 / (weights**2).sum()), ok=True, warnings=(),
    )  # fmt: skip
    _refuse(found, observed, reports)
    return _judged(found, observed, reports, parameters, localised=int(learner.marked.sum()))


class _Learner:
    """The members while they learn.

    Every number has luck of its own, by the name of its report: one report more or less leaves that of all others as it
    was, so that two posteriors differ by what they learned from and not by chance.

    z      (m, k) parameters
    luck   (m, b) standard normal errors of the bounds
    empty  (m, EMPTY) draws with nothing to learn
    side   (m) between 0 and 1: the reading of the reports to which a member keeps
    doubt  (m, c) between 0 and 1: it holds an error for worthless that is so with a higher probability
    """

    def __init__(
        self, simulate: Simulate, start: Floats, observed: Observed, localise: Booleans | None,
        rng: np.random.Generator, reports: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.simulate, self.observed, self.rng = simulate, observed, rng
        members, self.parameters = start.shape
        self.value: Booleans = np.asarray(observed.kind == "value")
        self.sign = np.where(observed.kind[~self.value] == "lower", 1.0, -1.0)
        self.marked = np.ones(self.parameters, bool) if localise is None else np.asarray(localise, bool)
        if self.marked.shape != (self.parameters,):
            raise ValueError(f"localise has shape {self.marked.shape} for {self.parameters} parameters")
        self.loadings = observed.loadings()
        carried = self.loadings > 0
        self.drawn = carried[self.value].any(axis=0) & ~carried[~self.value].any(axis=0)
        self.z, self.prior_sd, self.failed = start.copy(), start.std(axis=0, ddof=1), 0
        self.seed, self.step = int(rng.integers(2**63)), 0
        self.empty = rng.standard_normal((members, EMPTY))
        numbers = _numbered(reports or [str(number) for number in range(len(observed))])
        first = [numbers[row] for row in carried[:, len(observed) :].argmax(axis=0)]
        self.names = np.array(numbers + [f"group of {name}" for name in first])
        self.luck = self.normals("bound", self.names[: len(observed)][~self.value])
        self.side = rng.permutation((np.arange(members) + 0.5) / members)
        self.doubt = _evenly(self.normals("doubt", self.names))

    def normals(self, purpose: str, names: Sequence[str] | NDArray[np.str_]) -> Floats:
        """(m, names) standard normal numbers that belong to a purpose, this step and each name alone."""
        found = np.empty((len(self.z), len(names)))
        for column, name in enumerate(names):
            key = [self.seed, self.step, zlib.crc32(f"{purpose}:{name}".encode())]
            found[:, column] = np.random.default_rng(key).standard_normal(len(self.z))
        return found

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
            for array in (self.z, self.luck, self.empty, predicted):
                array[lost] = array[chosen]
        return predicted

    def learn(self, predicted: Floats, steps: int, *, bounds: bool) -> Step:
        """One step of learning; gives the account of the members before it."""
        readings = smoother.tails(self.observed, predicted)
        self.step += 1
        states, learned = zip(
            *(self.learned(predicted, reading, steps, bounds=bounds) for reading in readings), strict=True
        )
        information = sum(reading.weight * each for reading, each in zip(readings, learned, strict=True))
        _, step = self.account(predicted, information, readings)
        state = np.stack(states)[self.sides(readings), np.arange(len(self.z))]
        last = self.parameters + len(self.sign)
        self.z, self.luck, self.empty = (
            np.ascontiguousarray(part) for part in np.split(state, [self.parameters, last], axis=1)
        )
        return step

    def learned(self, predicted: Floats, reading: smoother.Tails, steps: int, *, bounds: bool) -> tuple[Floats, float]:
        """Parameters, luck and empty columns after a step under one reading, and what was learned.

        Errors of values alone are wide for the members that hold them worthless; those that bounds have a part in have
        their expected precision. The errors of bounds are L·luck, LLᵀ their covariance; given the luck u, the values
        expect Wᵀu besides, W = L⁻¹C(bounds, values), and the covariance of their errors falls by WᵀW.
        """
        from scipy import linalg

        value, observed = self.value, self.observed
        noise = observed.covariance(np.where(self.drawn, 1.0, reading.factor))
        root = np.linalg.cholesky(noise[np.ix_(~value, ~value)])
        shared = linalg.solve_triangular(root, noise[np.ix_(~value, value)], lower=True)
        count = self.parameters + len(self.sign)
        follows = smoother.believed(self.z, predicted, self.marked)
        state, learned = np.hstack([self.z, self.luck, self.empty, follows[:, ~value]]), 0.0
        if value.any():
            held = (self.doubt < reading.worthless) & self.drawn
            some = held.any(axis=0)
            wide = self.loadings[value] * np.sqrt(reading.wide - 1)
            state, learned = smoother.update(
                state, predicted[:, value] + self.luck @ shared, observed.value[value],
                noise[np.ix_(value, value)] - shared.T @ shared, inflation=float(steps),
                shock=self.normals("error", self.names[: len(observed)][value]),
                follows=follows[:, value] + self.luck @ shared,
                wide=wide[:, some], held=held[:, some] * self.normals("worthless", self.names[some]),
            )  # fmt: skip
            state = smoother.respread(state, slice(count, count + EMPTY), self.empty)
        state, numbers = state[:, : count + EMPTY], state[:, count + EMPTY :]
        if bounds and len(self.sign):
            numbers = numbers + state[:, self.parameters : count] @ root.T
            luck = np.random.default_rng([self.seed, self.step])
            state = smoother.bounded(state, numbers, observed.value[~value], self.sign, rng=luck)
        return state, learned

    def sides(self, readings: Sequence[smoother.Tails]) -> NDArray[np.int64]:
        """(m) the reading to which each member keeps."""
        shares = np.cumsum([reading.weight for reading in readings])
        return np.minimum(np.searchsorted(shares, self.side), len(readings) - 1).astype(np.int64)

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


def _numbered(reports: Sequence[str]) -> list[str]:
    """A name for each number of reports that may give several: `report` and how often it was there before."""
    seen: collections.Counter[str] = collections.Counter()
    found = []
    for report in reports:
        found.append(f"{report}:{seen[report]}")
        seen[report] += 1
    return found


def _evenly(numbers: Floats) -> Floats:
    """(m, c) the ranks of numbers among the members, from 0.5/m to 1 − 0.5/m."""
    return np.asarray((numbers.argsort(axis=0).argsort(axis=0) + 0.5) / max(len(numbers), 1))


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


def _round_up(count: float) -> int:
    """The next hundred."""
    return int(np.ceil(count / 100)) * 100


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


def _judged(
    found: Posterior, observed: Observed, reports: Sequence[str], parameters: Sequence[str], *, localised: int
) -> Posterior:
    """The posterior with its warnings; those in `doubts` make it not ok."""
    last, members, words = found.steps[-1], len(found.z), texts.of("en")
    learned = sum(step.information for step in found.steps)
    doubts, notes = [], []
    if last.misfit > _plausible(observed):
        doubts.append(words("doubt.misfit", errors=f"{last.misfit**0.5:.1f}"))
    if found.collapsed.any():
        which = _named(parameters, np.flatnonzero(found.collapsed), "parameter")
        doubts.append(words("doubt.collapsed", names=which))
    if learned > LEARNED * members:
        needed = _round_up(learned / LEARNED)
        doubts.append(words("doubt.information", numbers=f"{learned:.0f}", members=members, needed=needed))
    if members < PER_PARAMETER * localised:
        needed = _round_up(PER_PARAMETER * localised)
        doubts.append(words("doubt.members", members=members, parameters=localised, needed=needed))
    worthless = np.flatnonzero(found.worth < 0.5)
    if len(worthless):
        which = _named(reports, worthless, "report")
        notes.append(words("doubt.worthless", count=len(worthless), all=len(observed), names=which))
    if len(last.readings) > 1:
        shares = " and ".join(f"{share:.0%}" for share in last.readings)
        notes.append(words("doubt.readings", count=len(last.readings), shares=shares))
    if found.prior_data_conflict.any():
        outside = np.flatnonzero(found.prior_data_conflict)
        which = _named(reports, outside, "report")
        notes.append(words("doubt.conflict", count=len(outside), all=len(observed), names=which))
    failed = sum(step.failed for step in found.steps)
    if failed:
        notes.append(words("doubt.failed", count=failed, all=members * len(found.steps)))
    if found.effective is not None and found.effective < EFFECTIVE * members:
        notes.append(words("doubt.effective", count=f"{found.effective:.0f}", members=members))
    return dataclasses.replace(found, ok=not doubts, warnings=(*doubts, *notes))
