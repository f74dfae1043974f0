"""Calibration on sieges of the second generator, and what a party's denial may move.

The study is benchmarks/second_sieges.py; here a few sieges that would show a broken method, and the generator itself.
"""

import dataclasses
import math

import numpy as np
import pytest

import assaults
import calibrated
from maabar import ensemble, evidence, likelihood, posterior, world

COUNT, MEMBERS = 10, 220  # five members for each parameter: with fewer intervals are too narrow


@pytest.fixture(scope="module")
def results() -> list[calibrated.Result]:
    return [calibrated.judged(9000 + number, MEMBERS) for number in range(COUNT)]


@pytest.fixture(scope="module")
def siege() -> assaults.Siege:
    return assaults.make(3)


def test_every_form_and_letter_is_there() -> None:
    made = [assaults.make(seed).facts for seed in range(4)]
    assert {report.form for facts in made for report in facts.reports} == set(evidence.FORMS)
    assert {source.reliability for source in made[0].sources} == set("ABCDEF")
    assert any(report.reported_on > assaults.day(made[0], assaults.ORIGIN) for report in made[0].reports)


def test_a_seed_is_a_siege_and_the_truths_part_at_the_origin(siege: assaults.Siege) -> None:
    assert assaults.make(3).facts == siege.facts
    assert assaults.make(4).facts != siege.facts
    same = slice(0, assaults.ORIGIN + 1)
    assert np.array_equal(siege.given["present"][:, same], siege.drawn["present"][:, same])
    assert not np.array_equal(siege.given["killed"], siege.drawn["killed"])


def test_errors_of_numbers_are_as_large_as_the_likelihood_states(siege: assaults.Siege) -> None:
    """Over many draws: half of them within 0.67 standard deviations, but for the few that are worthless."""
    told, rng = likelihood.of(siege.facts), np.random.default_rng(1)
    sd = np.sqrt(np.diag(told.observed.covariance()))
    near = np.array([np.abs(assaults.errors(told, rng)) < 0.6745 * sd for _ in range(2000)]).mean(axis=0)
    narrow = 1 - told.observed.outlier - np.where(told.observed.group >= 0, told.observed.outlier.max(), 0.0)
    chance = 5 * math.sqrt(0.25 / 2000)
    assert (near < 0.5 + chance).all()
    assert (near > 0.5 * narrow - chance).all()
    assert abs(near[told.observed.outlier < 0.02].mean() - 0.5) < chance
    doubled = np.array([np.abs(2 * assaults.errors(told, rng)) < 0.6745 * sd for _ in range(2000)]).mean(axis=0)
    assert (doubled < 0.5 - chance).all()


@pytest.mark.slow
def test_intervals_hold_as_often_as_they_say_and_half_of_the_spread_does_not(results: list[calibrated.Result]) -> None:
    """Leads and quantities of one siege depend on each other: the deviation is that of the shares of the sieges."""
    for events in calibrated.EVENTS:
        cases = calibrated.forecasts(results, events)
        assert np.nanmean(cases.covered()) > 0.9 - 5 * math.sqrt(0.09 / COUNT) / 3
        assert np.nanmean(cases.halved().covered()) < 0.72
    cases = calibrated.all_parameters(results)
    sd = math.sqrt(0.09 / len(cases.true))
    assert abs(np.nanmean(cases.covered()) - 0.9) < 5 * sd
    assert np.nanmean(cases.halved().covered()) < 0.9 - 5 * sd
    assert cases.flat() > 0.01
    assert cases.halved().flat() < 0.01


def weighed(siege: assaults.Siege, report: evidence.Report) -> tuple[posterior.Space, np.ndarray, np.ndarray]:
    """The prior's parameters (m, k) and the weights (m) that this report alone gives them."""
    facts = dataclasses.replace(siege.facts, reports=(report,))
    told = likelihood.of(facts)
    of = posterior.space(world.compile(posterior.learned_days(facts, told)), told)
    z = posterior.prior(of, 400, 5)
    run = posterior.series(of.compiled, told.claims, told.start, ensemble.Learned(of.inputs(z)), 5, 1)
    density = np.exp(told.log_density(told.predict(run)))
    return of, z, density / density.sum()


def test_the_denial_of_a_party_lifts_the_ban_slightly_and_no_motive(siege: assaults.Siege) -> None:
    """Weights by the exact density: a party that denies a ban makes people caught on the way a little more likely."""
    denial = next(one for one in siege.facts.reports if one.form == "denial" and one.quantity == "policy")
    of, z, weights = weighed(siege, denial)
    moved = dict(zip(of.names, weights @ z - z.mean(axis=0), strict=True))
    assert 0.0 < moved["interception"] < 0.1
    for motive in ("home_pull", "siege_push", "money_aversion", "risk_aversion", "known_people"):
        assert abs(moved[motive]) < 0.02, motive
    assert 1 / (weights**2).sum() > 0.98 * len(z)


def test_a_claim_about_motives_is_learned_from_by_nothing(siege: assaults.Siege) -> None:
    first = siege.facts.reports[0]
    motive = dataclasses.replace(
        first, id="motive", quantity="policy", form="word", word="for their protection", place="*", source="besieger"
    )
    told = likelihood.of(dataclasses.replace(siege.facts, reports=(first, motive)))
    assert [row.report for row in told.rows] == [first.id]
    assert dict(told.left_out).keys() == {"motive"}
