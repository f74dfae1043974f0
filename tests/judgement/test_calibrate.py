"""The smoother against closed forms, quadrature, sums over all cases, a slow reading of its formula, and its own prior.

Thresholds are five standard errors of the Monte Carlo draws where a law is exact, and stated where it is approximate.
"""

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from maabar import calibrate, errors, importance, smoother

Floats = NDArray[np.float64]
GRID = np.linspace(-8, 8, 8001)
MANY = 4000


def numbers(
    value: Any, own: Any = 0.3, *, kind: Any = "value", group: Any = -1, group_sd: Any = 0.0, outlier: Any = 0.0,
    block: Any = -1, discrepancy_sd: Any = 0.0, day: Any = 0.0, **more: float,
) -> calibrate.Observed:  # fmt: skip
    """Numbers as reported; what is given once holds for all."""
    count = len(value)

    def full(one: Any, kind: type = float) -> Any:
        return np.broadcast_to(np.asarray(one, dtype=kind), (count,)).copy()

    return calibrate.Observed(
        value=full(value), kind=full(kind, str), own_sd=full(own), group=full(group, int), group_sd=full(group_sd),
        outlier=full(outlier), block=full(block, int), discrepancy_sd=full(discrepancy_sd), day=full(day), **more,
    )  # fmt: skip


def repeated(count: int) -> Callable[[Floats], Floats]:
    """A model of one parameter, which every number tells as it is."""
    return lambda z: np.repeat(z, count, axis=1)


def smoothed(
    observed: calibrate.Observed, simulate: Any = None, *, members: int = MANY, parameters: int = 1, **options: Any
) -> calibrate.Posterior:
    rng = np.random.default_rng(options.pop("seed", 1))
    start = rng.standard_normal((members, parameters))
    return calibrate.smooth(simulate or repeated(len(observed)), start, observed, rng=rng, **options)


def exact(log_likelihood: Floats) -> tuple[float, float]:
    """Mean and sd of the posterior on the grid, for a standard normal prior."""
    log_density = log_likelihood - GRID**2 / 2
    weight = np.exp(log_density - log_density.max())
    weight /= weight.sum()
    mean = float(weight @ GRID)
    return mean, float(np.sqrt(weight @ (GRID - mean) ** 2))


def mixture(value: float, own: float, outlier: float, worthless: float = 3.0) -> Floats:
    """Log likelihood on the grid of a value with heavy tails."""
    narrow = stats.norm.pdf(value, GRID, own)
    return np.log((1 - outlier) * narrow + outlier * stats.norm.pdf(value, GRID, np.hypot(own, worthless)))


# Linear models and normal errors: exact


@pytest.fixture(scope="module")
def linear() -> tuple[Floats, calibrate.Observed]:
    """Twelve numbers of five parameters; four share an error, and two blocks have a discrepancy of the model."""
    rng = np.random.default_rng(7)
    observed = numbers(
        2 * rng.normal(size=12), 0.5, group=np.where(np.arange(12) < 4, 3, -1), group_sd=0.7, block=np.arange(12) // 6,
        discrepancy_sd=0.4, day=10 * np.arange(12), discrepancy_days=20.0,
    )  # fmt: skip
    return rng.normal(size=(12, 5)), observed


def closed_form(slope: Floats, observed: calibrate.Observed, noise: Floats) -> tuple[Floats, Floats]:
    covariance = np.linalg.inv(np.eye(slope.shape[1]) + slope.T @ np.linalg.solve(noise, slope))
    return covariance @ slope.T @ np.linalg.solve(noise, observed.value), covariance


def by_hand(observed: calibrate.Observed) -> Floats:
    """The covariance of errors, number by number."""
    noise = np.zeros((12, 12))
    for one, other in itertools.product(range(12), repeat=2):
        noise[one, other] += 0.5**2 if one == other else 0.0
        noise[one, other] += 0.7**2 if one < 4 and other < 4 else 0.0
        same = observed.block[one] == observed.block[other]
        noise[one, other] += 0.4**2 * np.exp(-abs(one - other) * 10 / 20) if same else 0.0
    return noise


def off(found: calibrate.Posterior, mean: Floats, covariance: Floats) -> float:
    """The largest distance of mean and covariance from these, in standard errors of independent draws."""
    members, sd = len(found.z), np.sqrt(np.diag(covariance))
    of_mean = np.abs(found.z.mean(axis=0) - mean) / sd * np.sqrt(members)
    spread = np.abs(np.cov(found.z.T) - covariance) / np.sqrt((np.outer(sd**2, sd**2) + covariance**2) / members)
    return float(max(of_mean.max(), spread.max()))


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_a_linear_model_is_learned_exactly_in_any_number_of_steps(linear: Any, steps: int) -> None:
    slope, observed = linear
    found = smoothed(observed, lambda z: z @ slope.T, parameters=5, steps=steps)
    assert off(found, *closed_form(slope, observed, by_hand(observed))) < 5


def test_the_closed_form_without_shared_errors_is_far_from_what_is_learned(linear: Any) -> None:
    slope, observed = linear
    found = smoothed(observed, lambda z: z @ slope.T, parameters=5)
    assert off(found, *closed_form(slope, observed, np.diag(np.diag(by_hand(observed))))) > 10


def test_more_numbers_than_members_are_learned_as_well() -> None:
    rng = np.random.default_rng(3)
    slope = rng.normal(size=(600, 10))
    observed = numbers(slope @ rng.normal(size=10) + rng.normal(size=600), 1.0)
    found = smoothed(observed, lambda z: z @ slope.T, parameters=10, members=300)
    mean, covariance = closed_form(slope, observed, np.eye(600))
    sd = np.sqrt(np.diag(covariance))
    assert np.abs(found.z.mean(axis=0) - mean).max() < 5 * sd.max() / np.sqrt(300)
    assert found.z.std(axis=0) / sd == pytest.approx(1, abs=5 / np.sqrt(2 * 300))


def test_one_update_is_its_formula_worked_out_member_by_member() -> None:
    rng = np.random.default_rng(5)
    state, predicted = rng.normal(size=(40, 3)), rng.normal(size=(40, 6))
    predicted[:, :2] += state[:, :2]
    value, noise = rng.normal(size=6), np.diag(rng.uniform(0.5, 1, 6)) + 0.1
    wide, held = np.eye(6)[:, :2] * 3, rng.random((40, 2)) < 0.4
    luck = np.random.default_rng(9)
    drawn, worthless = luck.standard_normal((40, 6)), luck.standard_normal((40, 2)) * held
    found, information = smoother.update(
        state, predicted, value, noise, inflation=2.0, shock=drawn, wide=wide, held=worthless
    )
    shock = (drawn - drawn.mean(axis=0)) * np.sqrt(40 / 39) @ np.linalg.cholesky(noise).T
    both = np.cov(state.T, predicted.T)
    for member in range(40):
        own = noise + (wide * held[member]) @ wide.T
        error = np.sqrt(2) * (shock[member] + wide @ worthless[member])
        gain = both[:3, 3:] @ np.linalg.inv(both[3:, 3:] + 2 * own)
        assert found[member] == pytest.approx(state[member] + gain @ (value + error - predicted[member]), abs=0.02)
    sizes = np.linalg.eigvals(np.linalg.solve(noise, both[3:, 3:])).real
    assert information == pytest.approx((sizes / (sizes + 2)).sum())


def test_what_chance_takes_from_empty_columns_and_where_it_leads_them_is_given_back_to_all() -> None:
    rng = np.random.default_rng(2)
    before = rng.normal(size=(50, 5))
    before -= before.mean(axis=0)
    moved = np.hstack([before[:, :3], before[:, 3:] / 2 + [0.3, -0.3]])
    found = smoother.respread(moved, slice(3, 5), before[:, 3:])
    wider = 2 * np.sqrt(1 + 0.3**2 / before[:, 3:].var(axis=0).mean())
    assert found.mean(axis=0) == pytest.approx(moved.mean(axis=0))
    assert found.std(axis=0) == pytest.approx(wider * moved.std(axis=0))


# Bent models


@pytest.mark.parametrize(
    ("bend", "value", "own"), [(lambda z: np.exp(0.5 * z), 1.5, 0.3), (lambda z: z + 0.2 * z**3, 1.5, 0.3)]
)
def test_a_bent_model_is_learned_nearly_as_quadrature_has_it(bend: Any, value: float, own: float) -> None:
    """Within 0.3 posterior sd of the mean, and 20 % of the sd; one step is twice as far from the mean."""
    mean, sd = exact(-((bend(GRID) - value) ** 2) / (2 * own**2))
    observed = numbers([value], own)
    four, one = smoothed(observed, bend, steps=4), smoothed(observed, bend, steps=1)
    assert abs(four.z.mean() - mean) < 0.3 * sd
    assert four.z.std() == pytest.approx(sd, rel=0.2)
    assert abs(one.z.mean() - mean) > 2 * abs(four.z.mean() - mean)


def test_weights_turn_the_members_into_the_posterior_of_the_exact_likelihood() -> None:
    """The smoother hears 0.5 ± 0.3, the likelihood says 0.6 ± 0.25."""
    found = smoothed(numbers([0.5], 0.3), log_likelihood=lambda y: -((y[:, 0] - 0.6) ** 2) / (2 * 0.25**2))
    assert found.weights is not None
    assert found.effective is not None
    assert found.effective > 0.7 * MANY
    mean = found.weights @ found.z[:, 0]
    sd = 0.25 / np.sqrt(1 + 0.25**2)
    assert mean == pytest.approx(0.6 / (1 + 0.25**2), abs=5 * sd / np.sqrt(found.effective))
    spread = np.sqrt(found.weights @ (found.z[:, 0] - mean) ** 2)
    assert spread == pytest.approx(sd, rel=5 / np.sqrt(2 * found.effective))


def test_weights_that_leave_few_members_are_not_to_be_used() -> None:
    found = smoothed(numbers([0.5], 0.3), log_likelihood=lambda y: -((y[:, 0] - 2.0) ** 2) / (2 * 0.05**2))
    assert found.effective is not None
    assert found.warnings == (
        f"exact weights leave {found.effective:.0f} effective members of 4000: do not use the weights",
    )


# Bounds


@pytest.mark.parametrize(("bound", "own"), [(0.0, 0.05), (1.0, 0.2), (1.0, 1.0), (2.5, 0.3)])
@pytest.mark.parametrize("kind", ["lower", "upper"])
def test_a_bound_alone_gives_a_truncated_normal(bound: float, own: float, kind: str) -> None:
    """Five standard errors of the draws, and 2 % of an sd for what is not exact."""
    sign = 1 if kind == "lower" else -1
    mean, sd = exact(special.log_ndtr((GRID - bound) / own))
    found = smoothed(numbers([sign * bound], own, kind=kind))
    assert sign * found.z.mean() == pytest.approx(mean, abs=(5 / np.sqrt(MANY) + 0.02) * sd)
    assert found.z.std() == pytest.approx(sd, rel=5 / np.sqrt(2 * MANY) + 0.02)


@pytest.mark.parametrize(("bound", "value"), [(1.0, 0.5), (0.0, 1.0), (1.5, 0.0)])
def test_a_bound_beside_a_value_truncates_what_the_value_leaves(bound: float, value: float) -> None:
    """Approximate: within 0.2 posterior sd of the mean, and 10 % of the sd."""
    mean, sd = exact(special.log_ndtr((GRID - bound) / 0.3) - (GRID - value) ** 2 / (2 * 0.5**2))
    found = smoothed(numbers([value, bound], [0.5, 0.3], kind=["value", "lower"]))
    assert abs(found.z.mean() - mean) < 0.2 * sd
    assert found.z.std() == pytest.approx(sd, rel=0.1)


def test_members_beyond_a_bound_are_left_alone_and_the_others_end_beyond_it() -> None:
    rng = np.random.default_rng(4)
    state = rng.normal(size=(200, 3))
    moved = smoother.bounded(state, state[:, :2], np.array([0.5, -0.5]), np.array([1.0, -1.0]), rng=rng)
    within = (state[:, 0] >= 0.5) & (state[:, 1] <= -0.5)
    assert within.any()
    assert np.array_equal(moved[within], state[within])
    assert ((moved[:, 0] >= 0.5 - 1e-9) & (moved[:, 1] <= -0.5 + 1e-9)).mean() > 0.99


def test_a_bound_that_all_members_satisfy_teaches_nothing() -> None:
    found = smoothed(numbers([-9.0], 0.3, kind="lower"), seed=3)
    assert np.array_equal(found.z, np.random.default_rng(3).standard_normal((MANY, 1)))


# Copies, outliers, contradictions


def median_after(claims: int, *, group: int, kind: str = "value", claim: float = 4.0) -> float:
    """Median after two fair reports of about 0.3 and a false claim, told a number of times."""
    fair = numbers([0.2, 0.4], 0.4, outlier=0.1)
    told = numbers([claim] * claims, 0.4, kind=kind, group=group, group_sd=0.4, outlier=0.1)
    whole = {
        field.name: np.concatenate([getattr(fair, field.name), getattr(told, field.name)])
        for field in dataclasses.fields(fair)
        if np.ndim(getattr(fair, field.name))
    }
    return float(np.median(smoothed(calibrate.Observed(**whole)).z))


@pytest.mark.parametrize("kind", ["value", "lower"])
def test_ten_copies_of_a_false_claim_move_the_median_no_more_than_one_report(kind: str) -> None:
    """0.02 is five standard errors of the difference of two medians with the same luck."""
    alone, copied = median_after(1, group=-1, kind=kind), median_after(10, group=0, kind=kind)
    assert copied < alone + 0.02
    assert median_after(10, group=-1, kind=kind, claim=1.2) > median_after(10, group=0, kind=kind, claim=1.2) + 0.2


def test_ten_copies_say_what_one_report_with_their_shared_error_says() -> None:
    observed = numbers([1.0] * 10, 0.3, group=5, group_sd=0.6)
    variance = 0.3**2 / 10 + 0.6**2
    found = smoothed(observed)
    assert found.z.mean() == pytest.approx(1 / (1 + variance), abs=5 / np.sqrt(MANY) * 0.6)
    assert found.z.var() == pytest.approx(variance / (1 + variance), rel=5 * np.sqrt(2 / MANY))


@pytest.mark.parametrize(
    "values", [[0.5], [5.0], [0.5, 0.6, 0.4, 5.0], [-0.2, 0.1, 0.3, 0.2, 1.2], [1.0, 1.1, 0.9, -0.2], [-0.5, 0.5]]
)
def test_heavy_tails_give_the_posterior_of_the_mixture(values: list[float]) -> None:
    """Approximate: within 0.15 posterior sd of the mean, and 10 % of the sd."""
    mean, sd = exact(np.sum([mixture(value, 0.3, 0.1) for value in values], axis=0))
    found = smoothed(numbers(values, 0.3, outlier=0.1))
    assert abs(found.z.mean() - mean) < 0.15 * sd
    assert found.z.std() == pytest.approx(sd, rel=0.1)


def test_an_absurd_figure_moves_the_mean_only_without_tails() -> None:
    fair, absurd = [0.5, 0.6, 0.4], [0.5, 0.6, 0.4, 9.0]
    base = smoothed(numbers(fair, 0.3, outlier=0.1)).z.mean()
    assert smoothed(numbers(absurd, 0.3, outlier=0.1)).z.mean() == pytest.approx(base, abs=0.03)
    with pytest.raises(errors.ConvergenceError):
        smoothed(numbers(absurd, 0.3))


def test_of_two_sides_that_contradict_each_other_both_stay_possible() -> None:
    found = smoothed(numbers([-1.5, -1.5, 1.5, 1.4], 0.3, outlier=0.1), members=300)
    assert 0.3 < (found.z > 0).mean() < 0.7
    assert (np.abs(found.z) > 0.7).mean() > 0.9
    assert any(
        warning.startswith("reports contradict each other and can be read in 2 ways: ") for warning in found.warnings
    )


def worth_by_cases(values: Floats, own: Floats, outlier: float) -> Floats:
    """The worth of each value of a standard normal number, by a sum over all cases of who is worthless."""
    total, weight = np.zeros(len(values)), 0.0
    for case in itertools.product([False, True], repeat=len(values)):
        worthless = np.array(case)
        noise = np.diag(own**2 + 9.0 * worthless) + 1.0
        odds = np.where(worthless, outlier, 1 - outlier).prod() * stats.multivariate_normal.pdf(values, cov=noise)
        total, weight = total + odds * ~worthless, weight + odds
    return total / weight


@pytest.mark.parametrize(
    "values", [[0.0, 0.1, 0.2], [0.0, 0.1, 3.0], [0.3, 0.5, 1.4], [4.0, 4.2, -0.5], [6.0, 0.0, -6.0]]
)
def test_worth_is_that_of_a_sum_over_all_cases(values: list[float]) -> None:
    """Approximate: within 0.12."""
    draws = np.random.default_rng(2).standard_normal((MANY, 1))
    observed = numbers(values, [0.2, 0.3, 0.4], outlier=0.1)
    readings = smoother.tails(observed, np.repeat(draws, 3, axis=1))
    worth = np.sum([reading.weight * reading.worth for reading in readings], axis=0)
    assert worth == pytest.approx(worth_by_cases(observed.value, observed.own_sd, 0.1), abs=0.12)


# Localisation


def test_localisation_takes_away_what_chance_alone_gives() -> None:
    rng = np.random.default_rng(6)
    z, luck = rng.standard_normal((200, 20)), rng.standard_normal((200, 50))
    predicted = 0.7 * z[:, :1] + luck

    def spurious(marked: Floats) -> Floats:
        follows = smoother.believed(z, predicted, marked)
        return np.linalg.lstsq(z - z.mean(axis=0), follows - follows.mean(axis=0))[0]

    none, every = spurious(np.zeros(20, bool)), spurious(np.ones(20, bool))
    assert np.abs(every[1:]).mean() < 0.15 * np.abs(none[1:]).mean()
    assert every[0] == pytest.approx(none[0])
    half = spurious(np.arange(20) < 10)
    assert half[:10] == pytest.approx(every[:10])
    assert half[10:] == pytest.approx(none[10:])


def test_localisation_leaves_alone_what_the_parameters_explain_fully() -> None:
    rng = np.random.default_rng(6)
    z, slope = rng.standard_normal((100, 30)), rng.normal(size=(30, 50))
    assert smoother.believed(z, z @ slope, np.ones(30, bool)) == pytest.approx(z @ slope)


# Calibration on its own prior


def siege(z: Floats) -> Floats:
    """Weekly logarithms (m, 16, 4) of people inside, in two camps, and of a price; six parameters and 16 shocks."""
    drift = np.zeros(len(z))
    hazard = []
    for week in range(16):
        drift = 0.7 * drift + 0.5 * z[:, 6 + week]
        hazard.append(np.exp(-2.7 + 0.6 * z[:, 0] + 0.5 * drift))
    left = np.exp(-np.cumsum(hazard, axis=0)).T
    people = np.exp(11.5 + 0.4 * z[:, 1])[:, None]
    share = special.expit(0.8 * z[:, 2])[:, None]
    stay = special.expit(1.0 + z[:, 3])[:, None]
    price = 6.0 + 0.5 * z[:, 4:5] - 0.4 * (1 + 0.5 * z[:, 5:6]) * np.log(left + 0.2)
    gone = people * (1 - left)
    return np.stack(
        [np.log1p(people * left), np.log1p(gone * share * stay), np.log1p(gone * (1 - share)), price], axis=2
    )


KNOWN = 10  # weeks with reports; the others are forecast


def reported(
    truth: Floats, rng: np.random.Generator
) -> tuple[calibrate.Observed, NDArray[np.int64], NDArray[np.int64]]:
    """Thirty reports in every form: grades, copies, worthless ones, bounds on either side of a line, discrepancy."""
    week, what = np.divmod(rng.choice(KNOWN * 4, 30, replace=False), 4)
    observed = numbers(
        np.zeros(30), rng.choice([0.1, 0.25, 0.5], 30), group=rng.choice([-1, -1, -1, -1, 0, 1, 2], 30),
        group_sd=0.3, outlier=rng.choice([0.02, 0.05, 0.15], 30), block=what, discrepancy_sd=0.1, day=7.0 * week,
    )  # fmt: skip
    carried = observed.loadings()
    carriers = (carried > 0).sum(axis=0)
    worthless = rng.random(len(carriers)) < (carried > 0).T @ observed.outlier / carriers
    noise = observed.covariance(np.where(worthless, 1 + 9 * carriers / (carried**2).sum(axis=0), 1.0))
    said = truth[week, what] + np.linalg.cholesky(noise) @ rng.standard_normal(30)
    line, bound = siege(rng.standard_normal((1, 22)))[0][week, what], rng.random(30) < 0.3
    kind = np.where(bound, np.where(said >= line, "lower", "upper"), "value")
    return dataclasses.replace(observed, value=np.where(bound, line, said), kind=kind), week, what


def covered(draws: Floats, truth: Floats) -> Any:
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    return (low <= truth) & (truth <= high)


@pytest.fixture(scope="module")
def coverage() -> dict[str, float]:
    """Share of 100 truths from the prior in their 90 % intervals, and in intervals half as wide."""
    found: dict[str, list[Any]] = {name: [] for name in ("identified", "parameters", "forecast", "halved")}
    for seed in range(100):
        rng = np.random.default_rng(seed)
        true = rng.standard_normal((1, 22))
        truth = siege(true)[0]
        observed, week, what = reported(truth, rng)
        known = calibrate.smooth(
            lambda z, week=week, what=what: siege(z)[:, week, what], calibrate.draws(300, 22, rng), observed, rng=rng
        )
        hits, identified = covered(known.z, true[0]), known.spread_ratio < 0.8
        halved = known.z.mean(axis=0) + (known.z - known.z.mean(axis=0)) / 2
        found["identified"] += [*hits[identified]]
        found["parameters"] += [*hits]
        found["forecast"] += [*covered(siege(known.z)[:, KNOWN:], truth[KNOWN:]).ravel()]
        found["halved"] += [*covered(halved, true[0])[identified]]
    return {name: float(np.mean(hits)) for name, hits in found.items()}


@pytest.mark.parametrize("what", ["identified", "parameters", "forecast"])
def test_ninety_percent_intervals_hold_85_to_95_percent_of_truths(coverage: dict[str, float], what: str) -> None:
    assert 0.85 < coverage[what] < 0.95


def test_the_calibration_test_fails_for_intervals_half_as_wide(coverage: dict[str, float]) -> None:
    assert coverage["halved"] < 0.75


# The slow exact method


def test_importance_sampling_gives_the_closed_form_and_its_evidence(linear: Any) -> None:
    slope, observed = linear
    noise = by_hand(observed)
    mean, covariance = closed_form(slope, observed, noise)

    def log_likelihood(predicted: Floats) -> Floats:
        return np.asarray(stats.multivariate_normal.logpdf(predicted, observed.value, noise))

    def simulate(z: Floats) -> Floats:
        return z @ slope.T

    start = smoothed(observed, simulate, parameters=5, members=400).z
    found = importance.sample(simulate, start, log_likelihood, rng=np.random.default_rng(1), draws=20_000)
    sd = np.sqrt(np.diag(covariance))
    assert found.effective > 2000
    assert np.abs(found.weights @ found.z - mean).max() < (5 * sd / np.sqrt(found.effective)).max()
    evidence = stats.multivariate_normal.logpdf(observed.value, cov=noise + slope @ slope.T)
    assert found.log_evidence == pytest.approx(evidence, abs=5 / np.sqrt(found.effective))


def test_the_smoother_agrees_with_importance_sampling_on_a_small_siege() -> None:
    """Approximate: means within 0.35 posterior sd, sd within 25 %, for the six parameters with all shocks at zero."""
    rng = np.random.default_rng(3)
    week, what = np.array([1, 3, 5, 7, 9, 9, 9, 5]), np.array([0, 0, 1, 2, 1, 2, 3, 3])

    def simulate(z: Floats) -> Floats:
        return siege(np.hstack([z, np.zeros((len(z), 16))]))[:, week, what]

    truth = rng.standard_normal((1, 6))
    observed = numbers(simulate(truth)[0] + 0.3 * rng.standard_normal(8), 0.3)

    def log_likelihood(predicted: Floats) -> Floats:
        return np.asarray(-((predicted - observed.value) ** 2).sum(axis=1) / (2 * 0.3**2))

    found = smoothed(observed, simulate, parameters=6, members=1000)
    slow = importance.sample(simulate, found.z, log_likelihood, rng=rng, draws=40_000)
    mean = slow.weights @ slow.z
    sd = np.sqrt(slow.weights @ (slow.z - mean) ** 2)
    assert slow.effective > 1000
    assert np.abs(found.z.mean(axis=0) - mean).max() < (0.35 * sd).min()
    assert found.z.std(axis=0) / sd == pytest.approx(1, abs=0.25)


def test_draws_without_a_prediction_weigh_nothing_and_no_weight_at_all_is_no_convergence() -> None:
    start = np.random.default_rng(1).standard_normal((50, 1))

    def half(z: Floats) -> Floats:
        return np.where(z > 0, z, np.nan)

    found = importance.sample(
        half, start, lambda predicted: predicted[:, 0] * 0, rng=np.random.default_rng(1), draws=500
    )
    assert (found.weights[found.z[:, 0] <= 0] == 0).all()
    with pytest.raises(errors.ConvergenceError) as caught:
        importance.sample(
            half, start, lambda predicted: predicted[:, 0] - np.inf, rng=np.random.default_rng(1), draws=500
        )
    assert str(caught.value) == (
        "none of 500 draws of parameters explains the reports at all; try more draws or wider errors"
    )


# Accounts and refusals


def test_a_report_that_says_nothing_leaves_all_others_their_luck() -> None:
    """One more value, bound and copy, so wide that nothing is learned from them: the members stay where they are."""
    observed = numbers([0.5, 1.2, 0.1], 0.4, outlier=0.1, kind=["value", "value", "lower"])
    more = numbers(
        [0.5, 1.2, 0.1, 0.0, 0.0], [0.4, 0.4, 0.4, 1e5, 1e5], outlier=[0.1, 0.1, 0.1, 0.0, 0.0],
        kind=["value", "value", "lower", "value", "upper"],
    )  # fmt: skip
    one, other = (
        smoothed(told, members=100, reports=names)
        for told, names in ((observed, ["a", "b", "b"]), (more, ["a", "b", "b", "c", "d"]))
    )
    assert np.abs(one.z - other.z).max() < 0.05
    assert np.abs(one.z - smoothed(observed, members=100, reports=["e", "f", "g"]).z).max() > 0.3


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    rng = np.random.default_rng(8)
    observed, week, what = reported(siege(rng.standard_normal((1, 22)))[0], rng)

    def posterior(seed: int) -> bytes:
        found = smoothed(observed, lambda z: siege(z)[:, week, what], members=60, parameters=22, seed=seed)
        return found.z.tobytes() + found.predicted.tobytes() + found.worth.tobytes()

    assert posterior(1) == posterior(1) != posterior(2)


def test_the_steps_tell_how_the_misfit_falls_and_how_much_was_learned() -> None:
    observed = numbers([2.0, 2.1, 1.9], 0.3)
    calls: list[tuple[int, int]] = []
    found = smoothed(observed, on_progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    misfits = [step.misfit for step in found.steps]
    assert misfits == sorted(misfits, reverse=True)
    assert misfits[0] > 20 > 2 > misfits[-1]
    assert found.steps[-1].information == 0
    assert found.steps[0].information == pytest.approx(1 / (1 + 4 * 0.3**2 / 3), rel=0.05)
    assert found.steps[-1].spread == pytest.approx(found.spread_ratio[0])
    assert found.spread_ratio[0] == pytest.approx(np.sqrt(0.03 / 1.03), rel=0.1)
    assert found.ok
    assert found.warnings == ()


def test_a_number_beyond_the_prior_is_flagged_and_one_within_is_not() -> None:
    kinds = ["value", "value", "value", "lower", "lower", "upper", "upper"]
    observed = numbers([0.0, 4.0, -4.0, -4.0, 4.0, -4.0, 4.0], 0.3, kind=kinds, outlier=0.1)
    found = smoothed(observed)
    assert found.prior_data_conflict.tolist() == [False, True, True, False, True, True, False]
    assert (
        "4 of 7 numbers lie outside 99 % of what the prior makes possible: report 2, report 3, report 5, report 6"
        in found.warnings
    )


def test_worthless_reports_are_named() -> None:
    found = smoothed(numbers([0.1, 0.2, 0.1, 9.0], 0.2, outlier=0.1), reports=["a", "b", "c", "odd"])
    assert found.warnings == (
        "1 of 4 numbers are held worthless, contradicted by others: odd",
        "1 of 4 numbers lie outside 99 % of what the prior makes possible: odd",
    )
    assert found.ok


def test_members_that_fail_go_on_as_copies_of_others_and_are_counted() -> None:
    def fragile(z: Floats) -> Floats:
        return np.where(z > 1.5, np.nan, z)

    found = smoothed(numbers([0.0], 0.3), fragile, members=200)
    failed = sum(step.failed for step in found.steps)
    assert failed > 0
    assert np.isfinite(found.predicted).all()
    assert (found.z <= 1.5).all()
    assert found.warnings == (f"{failed} of 1000 simulations failed and went on as copies of others",)


def test_too_many_failures_end_the_calibration() -> None:
    with pytest.raises(errors.ConvergenceError) as caught:
        smoothed(numbers([0.0], 0.3), lambda z: np.where(np.arange(len(z)) % 2, np.inf, z.T).T, members=100)
    assert str(caught.value) == (
        "calibration stopped at step 1 of 5: 50 of 100 members gave no finite prediction; "
        "run the scenario with draws of the prior to see why, or narrow the prior"
    )
    assert caught.value.exit_code == 3


def test_reports_that_no_parameters_explain_end_the_calibration() -> None:
    with pytest.raises(errors.ConvergenceError) as caught:
        smoothed(numbers([-5.0, -5.0, 5.0], 0.1), members=400, reports=["low", "lower", "high"])
    assert str(caught.value) == (
        "calibration did not settle: after 4 steps the reports are 47.1 standard errors from the members, about 1 is "
        "right; furthest off: high, low, lower; try more steps, a wider prior, or look at these reports"
    )


def test_a_spread_that_vanishes_everywhere_ends_the_calibration() -> None:
    with pytest.raises(errors.ConvergenceError) as caught:
        smoothed(numbers([0.5], 1e-4))
    assert str(caught.value) == (
        "calibration broke down: the spread of all 1 parameters fell below 1 % of the prior's; "
        "try more members, or wider errors of the reports"
    )


def test_a_spread_that_vanishes_in_one_parameter_is_a_doubt() -> None:
    found = smoothed(numbers([0.5], 1e-4), lambda z: z[:, :1], parameters=2)
    assert found.collapsed.tolist() == [True, False]
    assert found.warnings == ("less than 1 % of the prior spread is left of parameter 1: more members are needed",)
    assert not found.ok


def test_a_misfit_that_is_doubtful_but_not_hopeless_is_said() -> None:
    found = smoothed(numbers([-1.5, 1.5, -1.5, 1.5], 0.55))
    assert found.warnings == (
        f"the reports are {found.steps[-1].misfit ** 0.5:.1f} standard errors from the members, about 1 is right: "
        "the model cannot follow them, or their errors are too narrow",
    )
    assert 1 + 5 * np.sqrt(2 / 4) < found.steps[-1].misfit < 3 * (1 + 5 * np.sqrt(2 / 4))
    assert not found.ok


def test_few_members_for_many_parameters_and_numbers_are_a_doubt() -> None:
    slope = np.random.default_rng(1).normal(size=(60, 30))
    observed = numbers(slope @ np.random.default_rng(2).normal(size=30), 0.3)
    found = smoothed(observed, lambda z: z @ slope.T, parameters=30, members=100)
    learned = sum(step.information for step in found.steps)
    assert found.warnings[:2] == (
        f"the reports carry as much as {learned:.0f} exact numbers, too much for 100 members: use at least 300",
        "100 members are few for 30 parameters, and intervals a little too narrow: use at least 200",
    )
    assert not found.ok


@pytest.mark.parametrize("seed", range(40))
def test_any_numbers_end_in_a_finite_posterior_or_in_a_refusal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, parameters = int(rng.integers(1, 20)), int(rng.integers(1, 12))
    observed = numbers(
        rng.normal(size=count) * 2,
        rng.choice([1e-3, 0.1, 1, 10], count),
        kind=rng.choice(smoother.KINDS[seed % 2 :], count),
        group=rng.integers(-1, 4, count),
        group_sd=rng.choice([0, 0.3, 5], count),
        outlier=rng.choice([0, 0.1, 0.9], count),
        block=rng.integers(-1, 3, count),
        discrepancy_sd=rng.choice([0, 0.2], count),
        day=rng.uniform(0, 99, count),
    )
    slope = rng.normal(size=(parameters, count)) * (rng.random((parameters, count)) < 0.4)

    def simulate(z: Floats) -> Floats:
        return np.where(rng.random((len(z), 1)) < 0.05, np.nan, 3 * np.tanh(z @ slope) + z @ slope)

    try:
        found = smoothed(observed, simulate, members=40, parameters=parameters, seed=seed)
    except errors.ConvergenceError:
        return
    assert np.isfinite(found.z).all()
    assert np.isfinite(found.predicted).all()
    assert ((found.worth >= 0) & (found.worth <= 1 + 1e-9)).all()


def test_draws_of_the_prior_have_its_mean_and_covariance_exactly() -> None:
    found = calibrate.draws(50, 10, np.random.default_rng(1))
    assert found.mean(axis=0) == pytest.approx(np.zeros(10), abs=1e-12)
    assert np.cov(found.T) == pytest.approx(np.eye(10), abs=1e-12)
    assert calibrate.draws(10, 10, np.random.default_rng(1)).shape == (10, 10)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"own_sd": np.array([0.3, 0.0])}, "own_sd"),
        ({"outlier": np.array([0.3, 1.0])}, "outlier"),
        ({"kind": np.array(["value", "rank"])}, "kind"),
        ({"value": np.array([0.0, np.nan])}, "value"),
        ({"day": np.zeros(3), "block": np.zeros(1, int)}, "block, day"),
        ({"worthless_sd": 0.0, "discrepancy_days": -1.0}, "discrepancy_days, worthless_sd"),
    ],
)
def test_numbers_that_cannot_be_meant_are_refused_by_name(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^Observed: wrong shape or impossible number in {named}$"):
        dataclasses.replace(numbers([0.0, 1.0]), **change)


def test_arrays_that_do_not_fit_are_refused() -> None:
    observed = numbers([0.0])
    with pytest.raises(ValueError, match=r"^start must be finite draws \(m, k\) of at least 20 members, not \(5, 1\)$"):
        smoothed(observed, members=5)
    with pytest.raises(ValueError, match=r"^nothing to learn: 0 steps, 1 numbers$"):
        smoothed(observed, steps=0)
    with pytest.raises(ValueError, match=r"^nothing to learn: 4 steps, 0 numbers$"):
        smoothed(numbers([]))
    with pytest.raises(ValueError, match=r"^simulate gave \(50, 2\), not \(50, 1\)$"):
        smoothed(observed, repeated(2), members=50)
    with pytest.raises(ValueError, match=r"^localise has shape \(2,\) for 1 parameters$"):
        smoothed(observed, localise=np.ones(2, bool))
    with pytest.raises(ValueError, match=r"^5 members have no normal law of 4 parameters$"):
        importance.sample(lambda z: z, np.zeros((5, 4)), lambda y: y[:, 0], rng=np.random.default_rng(1))
