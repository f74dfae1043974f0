"""The density of reports against closed forms, against sums over every case, and against numerical integrals."""

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from maabar import calibrate, density, mixture

Floats = NDArray[np.float64]


def observed(value: Any, **fields: Any) -> calibrate.Observed:
    """Reports of these values, each alone, with an error of 0.3 and no chance to be worthless."""
    n = len(value)
    filled: dict[str, Any] = {
        "kind": ["value"] * n, "own_sd": [0.3] * n, "group": [-1] * n, "group_sd": [0.0] * n, "outlier": [0.0] * n,
        "block": [-1] * n, "discrepancy_sd": [0.0] * n, "day": [0.0] * n,
    }  # fmt: skip
    arrays = {name: np.array(given) for name, given in (filled | fields).items()}
    return calibrate.Observed(value=np.array(value, dtype=float), **arrays)


def drawn(rng: np.random.Generator, n: int, *, outlier: float, discrepancy: float, bounds: int = 0) -> Any:
    """Reports that share errors of two groups and two blocks."""
    group = np.where(rng.random(n) < 0.6, rng.integers(0, 2, n), -1)
    kind = ["value"] * (n - bounds) + list(rng.choice(["lower", "upper"], bounds))
    return observed(
        rng.normal(0, 1, n), kind=kind, own_sd=rng.uniform(0.05, 0.4, n), group=group,
        group_sd=np.where(group >= 0, 0.3, 0.0), outlier=np.full(n, outlier), block=rng.integers(0, 2, n),
        discrepancy_sd=np.full(n, discrepancy), day=rng.uniform(0, 60, n),
    )  # fmt: skip


def by_every_case(reports: calibrate.Observed, predicted: Floats) -> Floats:
    """The same density as a sum over which errors are worthless; bounds by the normal distribution of the rest."""
    errors = mixture.Errors.of(reports)
    value, bound = (np.flatnonzero((reports.kind == "value") == is_value) for is_value in (True, False))
    sign = np.where(reports.kind[bound] == "lower", 1.0, -1.0)
    cases: list[list[float]] = [[] for _ in predicted]
    for state in itertools.product(*([0, 1] if odds > 0 else [0] for odds in errors.odds)):
        wide = np.array(state, dtype=bool)
        prior = np.log(np.where(wide, errors.odds, 1 - errors.odds)).sum()
        total = reports.covariance(np.where(wide, errors.wide, 1.0))
        gain = np.linalg.solve(total[np.ix_(value, value)], total[np.ix_(value, bound)]).T
        rest = total[np.ix_(bound, bound)] - gain @ total[np.ix_(value, bound)]
        for found, residual in zip(cases, reports.value - predicted, strict=True):
            log = prior
            if value.size:
                log += stats.multivariate_normal(cov=total[np.ix_(value, value)]).logpdf(residual[value])
            if bound.size:
                far = sign * (gain @ residual[value] - residual[bound])
                log += stats.multivariate_normal(cov=rest * np.outer(sign, sign)).logcdf(far)
            found.append(float(log))
    return np.array([special.logsumexp(found) for found in cases])


def test_a_report_alone_is_a_mixture_of_two_normal_laws() -> None:
    reports = observed([1.0], own_sd=[0.3], outlier=[0.1], discrepancy_sd=[0.4], block=[0])
    predicted = np.array([[1.0], [2.0], [9.0]])
    expected = 0.9 * stats.norm(1, 0.5).pdf(predicted) + 0.1 * stats.norm(1, np.sqrt(9.25)).pdf(predicted)
    assert density.log_density(reports, predicted) == pytest.approx(np.log(expected[:, 0]), abs=1e-9)


@pytest.mark.parametrize(("kind", "sign"), [("lower", 1), ("upper", -1)])
def test_a_bound_alone_is_a_mixture_of_two_probabilities(kind: str, sign: int) -> None:
    reports = observed([1.0], kind=[kind], own_sd=[0.3], outlier=[0.1], discrepancy_sd=[0.4], block=[0])
    predicted = np.array([[-9.0], [0.8], [1.0], [9.0]])
    far = sign * (predicted[:, 0] - 1)
    expected = 0.9 * stats.norm.cdf(far / 0.5) + 0.1 * stats.norm.cdf(far / np.sqrt(9.25))
    assert density.log_density(reports, predicted) == pytest.approx(np.log(expected), abs=1e-6)


def test_normal_errors_are_integrated_exactly() -> None:
    rng = np.random.default_rng(4)
    reports = drawn(rng, 12, outlier=0.0, discrepancy=0.3)
    predicted = reports.value + rng.normal(0, 1, (5, 12))
    exact = stats.multivariate_normal(cov=reports.covariance()).logpdf(reports.value - predicted)
    assert density.log_density(reports, predicted) == pytest.approx(exact, abs=1e-8)


@pytest.mark.parametrize(("outlier", "scale", "mean", "worst"), [(0.02, 0.3, 0.01, 0.1), (0.1, 1, 0.1, 1.0)])
def test_worthless_values_are_summed_over(outlier: float, scale: float, mean: float, worst: float) -> None:
    """Quiet reports, and reports that contradict each other by several sd."""
    rng, off = np.random.default_rng(5), []
    for discrepancy in (0.0, 0.2, 0.0, 0.2, 0.0, 0.2):
        reports = drawn(rng, 6, outlier=outlier, discrepancy=discrepancy)
        predicted = reports.value + rng.normal(0, scale, (6, 6))
        off.append(density.log_density(reports, predicted) - by_every_case(reports, predicted))
    assert np.abs(off).mean() < mean
    assert np.abs(off).max() < worst


def test_worthless_values_matter_to_the_sum() -> None:
    """The control of the test above: without the wide errors the density is off by many times its tolerance."""
    reports = drawn(np.random.default_rng(5), 6, outlier=0.1, discrepancy=0.2)
    predicted = reports.value + np.random.default_rng(6).normal(0, 1, (6, 6))
    narrow = stats.multivariate_normal(cov=reports.covariance()).logpdf(reports.value - predicted)
    assert np.abs(narrow - by_every_case(reports, predicted)).max() > 5


@pytest.mark.parametrize(("outlier", "tolerance"), [(0.0, 0.05), (0.05, 0.1)])
def test_bounds_that_share_errors_agree_with_the_integral(outlier: float, tolerance: float) -> None:
    rng = np.random.default_rng(7)
    for discrepancy in (0.0, 0.3):
        reports = drawn(rng, 4, outlier=outlier, discrepancy=discrepancy, bounds=3)
        predicted = reports.value + rng.normal(0, 0.4, (3, 4))
        off = density.log_density(reports, predicted) - by_every_case(reports, predicted)
        assert np.abs(off).max() < tolerance


def test_reports_that_share_nothing_multiply() -> None:
    reports = observed([1.0, 2.0], kind=["value", "lower"], outlier=[0.1, 0.1])
    alone = [observed([1.0], outlier=[0.1]), observed([2.0], kind=["lower"], outlier=[0.1])]
    predicted = np.array([[0.5, 2.5], [1.0, 0.0]])
    parts = [density.log_density(one, predicted[:, [n]]) for n, one in enumerate(alone)]
    assert density.log_density(reports, predicted) == pytest.approx(np.sum(parts, axis=0), abs=1e-9)


def test_the_order_of_reports_does_not_matter() -> None:
    rng = np.random.default_rng(8)
    reports = drawn(rng, 9, outlier=0.05, discrepancy=0.2, bounds=3)
    order = np.array([8, 3, 5, 0, 7, 1, 6, 2, 4])
    predicted = reports.value + rng.normal(0, 0.5, (4, 9))
    turned = density._taken(reports, order)
    assert density.log_density(turned, predicted[:, order]) == pytest.approx(
        density.log_density(reports, predicted), abs=1e-3
    )


def test_a_member_without_a_prediction_is_impossible() -> None:
    reports = observed([1.0, 2.0])
    found = density.log_density(reports, np.array([[1.0, 2.0], [np.nan, 2.0], [1.0, np.inf]]))
    assert np.isfinite(found).tolist() == [True, False, False]


def test_predictions_further_off_are_less_probable() -> None:
    rng = np.random.default_rng(9)
    reports = drawn(rng, 6, outlier=0.03, discrepancy=0.2)
    found = density.log_density(reports, reports.value + np.linspace(0, 4, 9)[:, None])
    assert (np.diff(found) < 0).all()
