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
    names = _Names(tuple(reports), tuple(parameters))
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
    _refuse(found, observed, names)
    return _judged(found, observed, names)
