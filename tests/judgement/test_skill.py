"""Scores against a reference and closed forms, baselines at their limits, and tables that can say that we lose."""

import dataclasses
import itertools
import json
import re
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.extra.numpy
import numpy as np
import pytest
import scoringrules
from hypothesis import strategies
from scipy import stats

from maabar import baselines, errors, skill, skillcard, verify

MEMBERS, CASES = 40, 25
NUMBERS = strategies.floats(0, 1e5)
SAMPLES = hypothesis.extra.numpy.arrays(float, (9, 3), elements=NUMBERS)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def people() -> tuple[Any, Any]:
    """Members and numbers of people, right-skewed."""
    draw = rng(7)
    return draw.lognormal(8, 0.5, (MEMBERS, CASES)), draw.lognormal(8, 0.5, CASES)


# Scores


def test_crps_is_that_of_the_reference_library(people: tuple[Any, Any]) -> None:
    samples, numbers = people
    assert verify.crps(samples, numbers) == pytest.approx(scoringrules.crps_ensemble(numbers, samples, m_axis=0))


def test_crps_of_many_members_is_the_closed_form_of_their_law() -> None:
    samples, numbers = stats.norm.ppf((np.arange(4000) + 0.5) / 4000, 50, 8), np.array([30.0, 50.0, 61.0])
    found = verify.crps(np.tile(samples[:, None], 3), numbers)
    assert found == pytest.approx(scoringrules.crps_normal(numbers, 50, 8), rel=2e-3)


@hypothesis.given(samples=SAMPLES, low=NUMBERS, width=NUMBERS)
def test_crps_of_a_range_is_the_least_over_its_numbers(samples: Any, low: float, width: float) -> None:
    found = verify.crps(samples, np.full(3, low), np.full(3, low + width))
    numbers = [*np.linspace(low, low + width, 30), *np.clip(samples.ravel(), low, low + width)]
    each = np.array([verify.crps(samples, np.full(3, number)) for number in numbers])
    assert (found <= each.min(axis=0) + 1e-6).all()
    assert found == pytest.approx(each.min(axis=0), rel=1e-6, abs=1e-6)


def test_a_bound_that_the_median_meets_costs_as_much_as_the_median() -> None:
    samples = np.array([[1.0, 1.0], [2.0, 2.0], [6.0, 6.0]])
    found = verify.crps(samples, np.array([-np.inf, 3.0]), np.array([5.0, np.inf]))
    assert found == pytest.approx(verify.crps(samples, np.array([2.0, 3.0])))


def test_members_without_a_number_are_left_out_of_every_score(people: tuple[Any, Any]) -> None:
    samples, numbers = people
    holed = np.concatenate([samples, np.full((3, CASES), np.nan), np.full((1, CASES), np.inf)])
    holed = rng().permuted(holed, axis=0)
    holed[:, 4] = np.nan
    known = np.arange(CASES) != 4
    for score in (verify.crps, verify.log_score):
        found = score(holed, numbers)
        assert found[known] == pytest.approx(score(samples, numbers)[known])
        assert np.isnan(found[4])
    assert (
        verify.coverage(holed, numbers, numbers)[:, known] == verify.coverage(samples, numbers, numbers)[:, known]
    ).all()
    assert np.isnan(verify.pit(holed, numbers, numbers, rng())).tolist() == (~known).tolist()


def test_a_case_of_which_nothing_was_reported_has_no_score(people: tuple[Any, Any]) -> None:
    samples, numbers = people
    numbers[3] = np.nan
    found = [verify.crps(samples, numbers), verify.log_score(samples, numbers)]
    found += [*verify.coverage(samples, numbers, numbers), verify.pit(samples, numbers, numbers, rng())]
    assert [np.flatnonzero(np.isnan(row)).tolist() for row in found] == [[3]] * 6


@pytest.mark.parametrize("scale", ["log1p", "logit"])
def test_the_logarithmic_score_is_that_of_the_reference_library(people: tuple[Any, Any], scale: str) -> None:
    samples, numbers = (part / (20_000 if scale == "logit" else 1) for part in people)
    members, truths = (verify.SCALES[scale](part) for part in (samples, numbers))
    narrower = np.minimum(members.std(axis=0), stats.iqr(members, axis=0) / 1.34)
    expected = scoringrules.logs_ensemble(truths, members, m_axis=0, bw=1.06 * narrower * MEMBERS**-0.2)
    assert verify.log_score(samples, numbers, scale=scale) == pytest.approx(np.minimum(expected, -np.log(verify.FLOOR)))


def test_the_logarithmic_score_of_a_range_is_that_of_its_mean_density(people: tuple[Any, Any]) -> None:
    samples, numbers = people
    found = verify.log_score(samples, 0.8 * numbers, 1.3 * numbers)
    logs = np.linspace(np.log1p(0.8 * numbers), np.log1p(1.3 * numbers), 401)
    density = np.exp([-verify.log_score(samples, np.expm1(row)) for row in logs])
    assert found == pytest.approx(-np.log(np.trapezoid(density, dx=1 / 400, axis=0)), abs=2e-3)


def test_a_range_that_closes_has_the_score_of_its_number(people: tuple[Any, Any]) -> None:
    samples, numbers = people
    for narrow in (1e-2, 1e-3, 1e-5, 1e-9):
        found = verify.log_score(samples, numbers * (1 - narrow), numbers * (1 + narrow))
        assert found == pytest.approx(verify.log_score(samples, numbers), abs=20 * narrow)


def test_a_bound_costs_what_its_probability_says() -> None:
    samples = np.repeat([[10.0], [1000.0]], 2, axis=1).repeat([1, 3], axis=0)
    found = verify.log_score(samples, np.array([-np.inf, 100.0]), np.array([100.0, np.inf]))
    assert found == pytest.approx([-np.log(1 / 4), -np.log(3 / 4)], abs=0.02)


def test_the_worst_logarithmic_score_is_the_floor_and_equal_members_have_a_finite_one() -> None:
    samples = np.full((12, 2), 100.0)
    found = verify.log_score(samples, np.array([100.0, 1e6]))
    assert found == pytest.approx([np.log(verify.NARROWEST * np.sqrt(2 * np.pi)), -np.log(verify.FLOOR)])


@pytest.mark.parametrize("score", [verify.crps, verify.log_score])
@pytest.mark.parametrize("wrong", [(0.5, 0.4), (-0.5, 0.4), (0.0, 0.1), (0.0, 1.5)])
def test_a_forecaster_gains_nothing_by_saying_other_than_he_thinks(score: Any, wrong: tuple[float, float]) -> None:
    numbers = rng(3).lognormal(8, 0.4, 3000)
    even = stats.norm.ppf((np.arange(200) + 0.5) / 200)[:, None]
    honest, other = (np.exp(8 + shift + sd * even).repeat(3000, axis=1) for shift, sd in [(0.0, 0.4), wrong])
    gain = score(other, numbers) - score(honest, numbers)
    assert gain.mean() > 5 * gain.std() / np.sqrt(3000)


# Whether a forecast means what it says


def test_coverage_counts_reports_within_the_interval_and_at_its_ends() -> None:
    samples = np.tile(np.arange(101.0)[:, None], 6)
    numbers = np.array([50.0, 25.0, 24.9, 10.0, 97.5, 97.6])
    assert verify.coverage(samples, numbers, numbers).astype(int).tolist() == [
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 1, 1, 1, 0],
    ]


def test_a_range_is_covered_where_the_interval_touches_it() -> None:
    samples = np.tile(np.arange(101.0)[:, None], 4)
    low, high = np.array([75.0, 76.0, -9.0, -np.inf]), np.array([99.0, 99.0, 200.0, 24.0])
    assert verify.coverage(samples, low, high, (0.5,)).tolist() == [[1, 0, 1, 0]]


def test_fewer_than_ten_members_have_no_coverage() -> None:
    samples = np.ones((10, 2))
    samples[0, 1] = np.nan
    found = verify.coverage(samples, np.ones(2), np.ones(2), (0.8,))
    assert found[0, 0] == 1
    assert np.isnan(found[0, 1])


def test_honest_intervals_cover_what_they_promise() -> None:
    draw = rng(5)
    samples, numbers = draw.normal(size=(400, 4000)), draw.normal(size=4000)
    found = verify.coverage(samples, numbers, numbers).mean(axis=1)
    assert (np.abs(found - verify.LEVELS) < 5 * 0.5 / np.sqrt(4000) + 2 / 400).all()
    assert verify.coverage(samples / 2, numbers, numbers).mean(axis=1)[1] < 0.6


def test_ranks_of_a_member_like_the_others_are_even_however_many_tie() -> None:
    draw = rng(2)
    drawn = draw.poisson(0.7, (20, 5000)).astype(float)
    found = verify.pit(drawn[1:], drawn[0], drawn[0], draw)
    assert ((found >= 0) & (found < 1)).all()
    assert stats.kstest(found, "uniform").pvalue > 1e-4
    blunt = (drawn[1:] <= drawn[0]).mean(axis=0)
    assert stats.kstest(blunt, "uniform").pvalue < 1e-9


def test_a_report_below_or_above_all_members_lies_at_the_end() -> None:
    samples = np.tile(np.arange(1.0, 100.0)[:, None], 3)
    numbers = np.array([0.0, 50.0, 1000.0])
    found = verify.pit(samples, numbers, numbers, rng())
    assert found == pytest.approx([0.005, 0.5, 0.995], abs=0.011)


def test_a_range_around_everything_says_nothing_about_the_forecast() -> None:
    found = verify.pit(np.ones((30, 2000)), np.zeros(2000), np.full(2000, 2.0), rng())
    assert stats.kstest(found, "uniform").pvalue > 1e-4


def in_blocks(draw: np.random.Generator, *, blocks: int, each: int, shared: float) -> tuple[Any, Any]:
    """PIT values that are uniform each, of which those of one block have this correlation."""
    common, own = draw.normal(size=(blocks, 1)), draw.normal(size=(blocks, each))
    values = stats.norm.cdf(np.sqrt(shared) * common + np.sqrt(1 - shared) * own)
    return values.ravel(), np.repeat(np.arange(blocks), each)


@pytest.mark.parametrize(("blocks", "each", "shared"), [(200, 1, 0.0), (12, 20, 0.6), (30, 10, 0.9)])
def test_honest_forecasts_are_called_uneven_as_seldom_as_promised(blocks: int, each: int, shared: float) -> None:
    draw = rng(11)
    p = [verify.flat(*in_blocks(draw, blocks=blocks, each=each, shared=shared), draw) for _ in range(80)]
    # 5 % of 80 are 4; five sigma above is 13.
    assert sum(one < 0.05 for one in p) <= 13


def test_the_test_of_evenness_needs_its_blocks() -> None:
    draw, called = rng(12), 0
    for _ in range(60):
        values, _ = in_blocks(draw, blocks=12, each=20, shared=0.6)
        called += verify.flat(values, np.arange(len(values)), draw) < 0.05
    assert called > 30


@pytest.mark.parametrize("wrong", ["narrow", "wide", "low", "narrow in blocks"])
def test_dishonest_forecasts_are_called_uneven(wrong: str) -> None:
    draw = rng(13)
    shared = 0.5 if wrong == "narrow in blocks" else 0.0
    values, blocks = in_blocks(draw, blocks=40, each=10, shared=shared)
    number = stats.norm.ppf(values)
    said = {"narrow": 2 * number, "wide": number / 2, "low": number + 0.5, "narrow in blocks": 2.5 * number}[wrong]
    assert verify.flat(stats.norm.cdf(said), blocks, draw) < 0.01
    assert verify.flat(values, blocks, draw) > 0.05


def test_too_few_origins_or_values_cannot_tell() -> None:
    values = np.linspace(0, 0.1, 70)
    assert verify.flat(values, np.arange(70) % 7, rng()) is None
    assert verify.flat(values[:19], np.arange(19), rng()) is None
    assert verify.flat(np.append(values[:19], [np.nan] * 50), np.arange(69), rng()) is None
    assert verify.flat(values, np.arange(70) % 8, rng()) < 0.02


@pytest.mark.parametrize(("quantity", "scale"), [("inside", "log1p"), ("price", "log1p"), ("share_to", "logit")])
def test_people_and_money_are_scored_on_logarithms_and_shares_on_logits(quantity: str, scale: str) -> None:
    assert verify.scale_of(quantity) == scale


# Forecasts without a model


def series(values: Any, step: int = 7) -> baselines.Series:
    return baselines.Series(step * np.arange(len(values)), np.asarray(values, dtype=float))


def after(known: baselines.Series, *leads: int) -> Any:
    return known.days[-1] + np.array(leads)


def test_a_series_that_never_changed_is_forecast_without_a_spread() -> None:
    known = series([500.0] * 6)
    for found in (baselines.last_value(known, after(known, 1, 30)), baselines.drift(known, after(known, 1, 30))):
        assert found.shape == (baselines.DRAWS, 2)
        assert found == pytest.approx(500)


def test_drift_carries_on_a_straight_line_and_the_last_value_does_not() -> None:
    known = series(100.0 + 70 * np.arange(8))
    assert baselines.drift(known, after(known, 10)) == pytest.approx(590 + 100)
    last = baselines.last_value(known, after(known, 10))
    assert last.mean() == pytest.approx(590)
    assert last.std() > 50


def test_no_forecast_falls_below_zero_and_no_share_above_one() -> None:
    falling = series([900.0, 700, 800, 300, 100])
    rising = series([0.1, 0.3, 0.5, 0.7, 0.9])
    for rule in (baselines.last_value, baselines.drift):
        assert rule(falling, after(falling, 60)).min() == 0
        assert rule(rising, after(rising, 60), highest=1.0).max() == 1
        assert rule(rising, after(rising, 60)).max() > 1


def test_a_slope_forgets_counts_before_the_latest() -> None:
    known = series([10.0, 5000.0, 800.0, 807.0, 814.0, 821.0])
    assert np.median(baselines.drift(known, after(known, 7))) == pytest.approx(828, rel=0.01)
    assert np.median(baselines.drift(known, after(known, 7), latest=6)) < 700


def test_the_middle_is_the_last_value_and_the_spread_that_of_past_changes_with_both_signs() -> None:
    known = series([100.0, 110, 99, 130, 125, 140])
    found = baselines.last_value(known, after(known, 7))[:, 0]
    pairs = sorted(itertools.combinations(range(6), 2), key=lambda pair: (pair[1] - pair[0], pair[1]))
    changes = [(known.values[j] - known.values[i]) / np.sqrt(j - i) for i, j in pairs[: baselines.LEAST]]
    assert found == pytest.approx(140 + np.quantile([*changes, *np.negative(changes)], baselines.QUANTILES))


def test_errors_at_the_lead_asked_for_are_used_and_not_those_of_other_leads() -> None:
    # Grows by 100 a week: four weeks are off by some four times as much as one, and not by twice.
    known = series(5000 + 100 * np.arange(30))
    week, month = baselines.last_value(known, after(known, 7, 28)).T
    assert week.std() == pytest.approx(100, rel=0.02)
    assert 340 < month.std() < 500
    assert month.mean() == pytest.approx(7900)


def test_errors_of_long_ago_are_forgotten() -> None:
    calm = np.tile([5000.0, 5010.0], 40)
    known, stormy = series(calm), series([*np.tile([0.0, 9000.0], 40), *calm])
    found = [baselines.last_value(one, after(one, 7)) for one in (known, stormy)]
    assert (found[0] == found[1]).all()
    assert 9 < found[0].std() < 11


def test_a_camp_that_filled_from_nothing_is_not_expected_to_do_so_tenthousandfold_again() -> None:
    known = series([0.0, 0.0, 0.0, 15_000, 20_000, 20_500])
    for rule in (baselines.last_value, baselines.drift):
        assert rule(known, after(known, 7, 28)).max() < 100_000


def test_longer_leads_are_less_certain() -> None:
    draw = rng(4)
    walks = [series(5000 + 100 * draw.normal(size=60).cumsum()) for _ in range(20)]
    for rule in (baselines.last_value, baselines.drift):
        spread = np.mean([rule(walk, after(walk, 7, 14, 28, 56)).std(axis=0) for walk in walks], axis=0)
        assert (np.diff(spread) > 0).all()


def test_a_random_walk_is_covered_as_often_as_promised() -> None:
    draw, members, truths = rng(6), [], []
    for _ in range(300):
        walk = 5000 + 100 * draw.normal(size=64).cumsum()
        members.append(baselines.last_value(series(walk[:60]), np.array([63 * 7]))[:, 0])
        truths.append(walk[63])
    found = verify.coverage(np.array(members).T, np.array(truths), np.array(truths), (0.8,))
    # A correct share of 0.8 has a standard error of 0.023; errors that overlap make the intervals a little short.
    assert 0.68 < found.mean() < 0.9


def test_a_series_too_short_to_know_its_errors_takes_those_of_others_or_has_no_forecast() -> None:
    short, other = series([200.0, 300.0]), series(1000.0 + 100 * rng(8).random(20))
    leads = after(short, 7, 30)
    assert np.isnan(baselines.last_value(short, leads)).all()
    found = baselines.last_value(short, leads, others=[other])
    assert found.mean(axis=0) == pytest.approx([300, 300])
    one = series([200.0])
    assert np.isfinite(baselines.last_value(one, after(one, 7), others=[other])).all()
    assert np.isnan(baselines.drift(one, after(one, 7), others=[other])).all()
    none = baselines.Series(np.zeros(0, dtype=int), np.zeros(0))
    assert np.isnan(baselines.last_value(none, np.array([3]), others=[other])).all()


def test_a_series_that_knows_its_errors_does_not_look_at_others() -> None:
    known, wild = series(np.linspace(90.0, 110, 8)), series([1.0, 1e6] * 9)
    leads = after(known, 7, 14)
    assert (baselines.last_value(known, leads, others=[wild]) == baselines.last_value(known, leads)).all()


SHARES = np.array([[0.5, 0.5, 0.0], [0.4, 0.5, 0.1], [0.3, 0.5, 0.2], [0.25, 0.5, 0.25], [0.2, 0.5, 0.3]])


def test_last_shares_split_the_given_total() -> None:
    totals = np.array([1000.0, 4000.0])
    found = baselines.last_shares(7 * np.arange(5), SHARES, np.array([35, 42]), totals)
    assert found.shape == (baselines.DRAWS, 2, 3)
    assert np.median(found[:, 0], axis=0) == pytest.approx([200, 500, 300], rel=0.1)
    assert found.mean(axis=0).sum(axis=1) == pytest.approx(totals)
    assert (found >= 0).all()
    assert found[:, 0, 1].std() < found[:, 0, 0].std()


def test_shares_that_never_change_are_forecast_exactly_whatever_the_total() -> None:
    found = baselines.last_shares(np.arange(6), np.tile([0.1, 0.9], (6, 1)), np.array([9]), np.array([500.0]))
    assert found[:, 0] == pytest.approx(np.tile([50.0, 450.0], (baselines.DRAWS, 1)))


def test_shares_of_a_single_day_have_no_forecast() -> None:
    found = baselines.last_shares(np.array([3]), SHARES[:1], np.array([9]), np.array([500.0]))
    assert np.isnan(found).all()


def test_calls_that_cannot_be_meant_are_refused() -> None:
    known = series([1.0, 2.0, 3.0, 4.0])
    with pytest.raises(ValueError, match=r"^a day asked for is not after the last count$"):
        baselines.last_value(known, after(known, 3, 0))
    with pytest.raises(ValueError, match=r"^a slope needs two counts, not 1$"):
        baselines.drift(known, after(known, 3), latest=1)
    with pytest.raises(ValueError, match=r"^a series needs one value a day, and its days in order$"):
        baselines.Series(np.array([3, 3]), np.ones(2))


# Tables


def cases(
    *, quantity: str = "present", origins: int = 12, leads: Any = (3, 10, 20, 40), sd: float = 0.3, off: float = 0.0
) -> skill.Cases:
    """A forecaster who is off by 0.3, and says `sd` and is `off` besides, beside an honest one off by 0.9."""
    draw, n = rng(21), origins * len(leads)
    truth = draw.lognormal(8, 1, n)
    even = stats.norm.ppf((np.arange(200) + 0.5) / 200)[:, None]
    good, vague = (np.log(truth) + spread * draw.normal(size=n) for spread in (0.3, 0.9))
    return skill.Cases(
        quantity=np.full(n, quantity),
        origin=np.repeat(14 * np.arange(origins), len(leads)),
        lead=np.tile(leads, origins),
        low=truth,
        high=truth.copy(),
        forecast=np.exp(good + off + sd * even),
        baselines={"last value": np.exp(vague + 0.9 * even)},
    )


def test_the_skill_is_that_worked_by_hand() -> None:
    made = skill.Cases(
        quantity=np.array(["present"] * 3),
        origin=np.array([0, 0, 14]),
        lead=np.array([3, 5, 6]),
        low=np.array([10.0, 20.0, 30.0]),
        high=np.array([10.0, 20.0, 30.0]),
        forecast=np.array([[12.0, 20.0, 33.0]]),
        baselines={"far": np.array([[20.0, 10.0, np.nan]]), "none": np.full((2, 3), np.nan)},
    )
    (row,) = skill.of(made, rng()).rows
    assert (row.crps, row.cases, row.origins, row.lead) == (pytest.approx(5 / 3), 3, 2, (1, 7))
    assert row.coverage == {"50": None, "80": None, "95": None}
    assert row.flat is None
    assert row.against == {"far": skillcard.Against(2, 1.0, 10.0, 0.9, None, None)}


def test_rows_are_by_quantity_and_lead_with_one_for_all_leads() -> None:
    made = skill.joined([cases(), cases(quantity="price", leads=(5,))])
    found = skill.of(made, rng(), currency="USD").rows
    bands = [*skill.BANDS[:4], (1, 60)]
    assert [(row.quantity, row.lead) for row in found] == [("present", band) for band in bands] + [("price", (1, 7))]
    assert [row.cases for row in found] == [12] * 4 + [48, 12]
    assert {row.unit for row in found} == {"person", "USD"}


def test_an_honest_forecast_beats_a_vague_one_and_is_beaten_where_they_change_places() -> None:
    made = cases(origins=40)
    row = skill.of(made, rng()).rows[-1]
    against = row.against["last value"]
    assert against.low is not None
    assert 0 < against.low < against.skill < against.high < 1
    assert row.better() == []
    changed = dataclasses.replace(made, forecast=made.baselines["last value"], baselines={"last value": made.forecast})
    row = skill.of(changed, rng()).rows[-1]
    assert row.against["last value"].high < 0
    assert row.better() == ["last value"]


def test_a_forecast_beside_itself_has_no_skill() -> None:
    made = cases()
    found = skill.of(dataclasses.replace(made, baselines={"itself": made.forecast}), rng()).rows[-1].against["itself"]
    assert (found.skill, found.low, found.high) == (0, 0, 0)


def test_an_overconfident_forecast_is_found_out_and_an_honest_one_is_not() -> None:
    honest, narrow = (skill.of(cases(origins=40, sd=sd), rng()).rows[-1] for sd in (0.3, 0.1))
    assert honest.coverage["80"] == pytest.approx(0.8, abs=0.13)
    assert narrow.coverage["80"] < 0.5
    assert honest.flat > 0.05
    assert narrow.flat < 0.01
    assert narrow.pit[0] + narrow.pit[-1] > 0.5 * narrow.cases
    assert narrow.log_score > honest.log_score
    assert narrow.crps > honest.crps


def test_intervals_of_skill_resample_origins_and_not_cases() -> None:
    made = cases(origins=10, leads=(3,))
    copied = skill.joined([made] * 5)
    once, often = (skill.of(one, rng()).rows[0].against["last value"] for one in (made, copied))
    assert once.skill == pytest.approx(often.skill)
    assert (once.low, once.high) == pytest.approx((often.low, often.high), abs=0.01)
    apart = dataclasses.replace(copied, origin=np.arange(len(copied.low)))
    split = skill.of(apart, rng()).rows[0].against["last value"]
    assert split.high - split.low < 0.6 * (often.high - often.low)


def test_seven_origins_have_no_interval_of_skill_and_eight_have_one() -> None:
    found = [skill.of(cases(origins=n), rng()).rows[0].against["last value"] for n in (7, 8)]
    assert [one.low is None for one in found] == [True, False]


def test_what_is_in_no_row_is_counted() -> None:
    made = cases(leads=(3, 0, 401))
    made.forecast[:, 0] = np.nan
    found = skill.of(made, rng())
    assert found.left_out == {"lead outside 1 to 400 days": 24, "nothing forecast or nothing reported": 1}
    assert [row.cases for row in found.rows] == [11]


def test_the_cases_of_origins_with_other_members_and_baselines_are_joined_without_loss() -> None:
    first, second = cases(origins=9), cases(origins=3)
    second = dataclasses.replace(second, forecast=second.forecast[::4], baselines={"drift": second.forecast})
    both = skill.joined([first, second])
    apart = [skill.scored(part, rng()) for part in (first, second)]
    found = skill.scored(both, rng())
    assert found.crps == pytest.approx(np.concatenate([part.crps for part in apart]))
    assert np.isnan(found.baselines["drift"]).tolist() == [True] * 36 + [False] * 12
    assert found.baselines["drift"][36:] == pytest.approx(apart[1].baselines["drift"])
    assert np.isnan(found.baselines["last value"]).tolist() == [False] * 36 + [True] * 12


def test_the_same_generator_gives_the_same_table() -> None:
    made = cases()
    assert skill.of(made, rng()) == skill.of(made, rng())
    assert skill.of(made, rng(1)) != skill.of(made, rng(2))


def test_arrays_that_do_not_fit_are_refused() -> None:
    made = cases(origins=1, leads=(3, 4))
    lengths = {"quantity": 2, "origin": 2, "lead": 2, "low": 2, "high": 2, "forecast": 2, "short": 1}
    with pytest.raises(ValueError, match=rf"^cases differ in length: {re.escape(str(lengths))}$"):
        dataclasses.replace(made, baselines={"short": np.ones((9, 1))})
    with pytest.raises(ValueError, match=r"^a case has low above high$"):
        dataclasses.replace(made, low=made.high + 1)


def test_an_unknown_quantity_is_refused_by_its_name() -> None:
    with pytest.raises(errors.InputError) as caught:
        skill.of(cases(quantity="pressent"), rng())
    assert str(caught.value).endswith("; did you mean 'present'?")


@pytest.fixture
def told() -> skillcard.Skill:
    """A table with a baseline that wins, one that cannot be made everywhere, and intervals that are too narrow."""
    against = skillcard.Against(20, 100.0, 200.0, 0.5, 0.413, 0.562)
    row = skillcard.Row(
        "present", "People present", "person", (1, 7), 20, 10, 104.2, 0.316,
        {"50": 0.3, "80": 0.55, "95": 0.7}, (5, 2, 1, 1, 1, 1, 1, 1, 2, 5), 0.004, {"last value": against},
    )  # fmt: skip
    later = dataclasses.replace(
        row, lead=(8, 14), cases=10, coverage={"50": 0.5, "80": 0.8, "95": None}, flat=None,
        against={
            "last value": skillcard.Against(10, 104.2, 90.0, -0.158, None, None),
            "drift": skillcard.Against(9, 104.2, 60.0, -0.737, None, None),
        },
    )  # fmt: skip
    return skillcard.Skill("Two camps", (row, later), {"lead outside 1 to 60 days": 2})


def test_the_table_says_first_where_something_simple_wins(told: skillcard.Skill) -> None:
    assert str(told).splitlines() == [
        "Two camps",
        "The forecast is closer than everything that needs no model in 1 of 2 rows.",
        "WARNING: drift and last value are closer for People present 8 to 14 days ahead.",
        "WARNING: intervals of People present 1 to 7 days ahead are too narrow.",
        "",
        "  forecasts of               lead  cases  origins  CRPS  log score  within 50 %  within 80 %  within 95 %"
        "  even (p)",
        "  People present [person]   1–7 d     20       10   104       0.32         30 %         55 %         70 %"
        "     <0.01",
        "  People present [person]  8–14 d     10       10   104       0.32         50 %         80 %            –"
        "         –",
        "",
        "  closer than (80 % interval)    lead          last value  drift",
        "  People present                1–7 d  +50 % (+41 to +56)      –",
        "  People present               8–14 d               -16 %  -74 %",
        "",
        "left out: 2 (lead outside 1 to 60 days)",
    ]


@pytest.mark.parametrize(
    ("pit", "words"),
    [
        ((0, 0, 1, 4, 5, 5, 4, 1, 0, 0), "are too wide"),
        ((3, 0, 0, 3, 4, 4, 3, 0, 0, 3), "have the wrong shape: too wide in their middle and too narrow at their ends"),
        ((1, 3, 5, 1, 0, 0, 1, 5, 3, 1), "have the wrong shape"),
        ((12, 3, 1, 1, 1, 1, 1, 0, 0, 0), "lie too high: 80 % of the reports are in their lowest three tenths"),
        ((0, 0, 0, 1, 1, 1, 1, 1, 3, 12), "lie too low: 80 % of the reports are in their highest three tenths"),
    ],
)
def test_uneven_intervals_are_told_in_words(told: skillcard.Skill, pit: Any, words: str) -> None:
    row = dataclasses.replace(told.rows[0], pit=pit)
    lines = str(dataclasses.replace(told, rows=(row,))).splitlines()
    assert lines[2] == f"WARNING: intervals of People present 1 to 7 days ahead {words}."


def test_a_table_without_baselines_or_without_cases_says_so(told: skillcard.Skill) -> None:
    bare = dataclasses.replace(told.rows[1], against={})
    assert str(dataclasses.replace(told, rows=(bare,))).splitlines()[:2] == [
        "Two camps",
        "Nothing that needs no model stands beside this forecast.",
    ]
    empty = skill.of(cases(leads=(401,)), rng(), title="Too far")
    assert str(empty).splitlines() == [
        "Too far",
        "No forecast could be scored.",
        "left out: 12 (lead outside 1 to 400 days)",
    ]


def test_a_table_is_kept_as_json_and_read_again(told: skillcard.Skill, tmp_path: Path) -> None:
    path = tmp_path / "skill.json"
    for made in (told, skill.of(cases(), rng(), title="مضايا")):
        made.write(path)
        assert skillcard.read(path) == made
        assert json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(made.to_dict(), allow_nan=False))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "x"}', '{"format": 1, "title": "", "rows": [{}]}'])
def test_a_damaged_table_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "skill.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(errors.RunError) as caught:
        skillcard.read(path)
    assert str(caught.value) == f"{path}: damaged, or no table of skill; make the forecasts again"


def test_a_table_that_is_missing_or_newer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "skill.json"
    with pytest.raises(errors.RunError) as caught:
        skillcard.read(path)
    assert str(caught.value) == f"{path}: cannot be read (No such file or directory); make the forecasts again"
    path.write_text('{"format": 2}', encoding="utf-8")
    with pytest.raises(errors.RunError) as caught:
        skillcard.read(path)
    assert str(caught.value) == f"{path}: written by a newer maabar; install that version to read it"


def test_names_in_a_notebook_cannot_become_markup(told: skillcard.Skill) -> None:
    assert "&lt;script&gt;" in dataclasses.replace(told, title="<script>")._repr_html_()
