"""Copies, an absurd figure and a denial among the reports on Raqqa by the end of June 2017: none breaks the fit.

The same members with the same luck learn from the reports as they are, and with one thing more. Copies are weighed by
the linear posterior, which is exact where the model is linear and has no luck of its own. And what was learned by then
meets what was reported from July to October about as often as it says.
"""

import dataclasses
import datetime as dt

import numpy as np
import pytest

from maabar import ensemble, evidence, facts, hindsight, influence, likelihood, posterior, scenario, world

UNTIL = dt.date(2017, 6, 30)
MEMBERS, SEED = 200, 3
ASKED = "rq034"  # of 30 June: 30,000 to 50,000 people are inside
MOTIVES = ("home_pull", "siege_push", "danger_push", "reconsider", "risk_aversion", "money_aversion")


@pytest.fixture(scope="module")
def raqqa() -> facts.Scenario:
    return scenario.load("raqqa-2017")


def beside(raqqa: facts.Scenario, *more: evidence.Report) -> facts.Scenario:
    """The scenario with these reports besides, and a source of rumours."""
    rumour = evidence.Source("rumour", "A rumour", "witness", "E", "", "")
    return dataclasses.replace(raqqa, reports=(*raqqa.reports, *more), sources=(*raqqa.sources, rumour))


def learned(raqqa: facts.Scenario, *more: evidence.Report) -> posterior.Posterior:
    """What the reports leave possible with these besides."""
    return posterior.learn(beside(raqqa, *more), until=UNTIL, members=MEMBERS, seed=SEED)


@pytest.fixture(scope="module")
def known(raqqa: facts.Scenario) -> posterior.Posterior:
    """What the reports as they are leave possible."""
    return learned(raqqa)


def inside(found: posterior.Posterior) -> float:
    """Median of the logarithm of people inside at the end of June."""
    row = [row.report for row in found.told.rows].index(ASKED)
    return float(np.median(found.learned.predicted[:, row]))


def medians(found: posterior.Posterior) -> dict[str, float]:
    """The parameters, in spreads of the prior from its middle."""
    return dict(zip(found.space.uncertain, np.median(found.learned.z, axis=0), strict=False))


def claimed(raqqa: facts.Scenario, name: str, source: str, people: float, group: str = "") -> evidence.Report:
    """A number of people inside at the end of June."""
    asked = next(report for report in raqqa.reports if report.id == ASKED)
    return dataclasses.replace(
        asked, id=name, source=source, form="about", low=None, best=people, high=None, group=group, note=""
    )


def linear_inside(raqqa: facts.Scenario, *more: evidence.Report) -> float:
    """Mean of the logarithm of people inside at the end of June by the linear posterior."""
    scenario = beside(raqqa, *more)
    told = likelihood.of(scenario, until=UNTIL)
    of = posterior.space(world.compile(posterior.learned_days(scenario, told)), told)
    z = posterior.prior(of, MEMBERS, SEED)
    found = posterior.series(of.compiled, told.claims, told.start, ensemble.Learned(of.inputs(z)), SEED, 2)
    before = told.predict(found, *told.observation(of.split(z)[3]))
    linear = influence.Learning(told.observed, before, before).of(np.ones(len(told), dtype=bool))
    return float(linear.mean[[row.report for row in told.rows].index(ASKED)])


@pytest.mark.slow
def test_ten_copies_of_a_false_claim_move_raqqa_less_than_one_independent_report(raqqa: facts.Scenario) -> None:
    """The claim is twice what is believed: further off, it would be held worthless."""
    source = next(one.id for one in raqqa.sources if one.reliability == "C" and not one.interest)
    before = linear_inside(raqqa)
    false = 2 * float(np.expm1(before))
    alone = linear_inside(raqqa, claimed(raqqa, "one", source, false))
    copies = linear_inside(raqqa, *(claimed(raqqa, f"copy{n}", source, false, "gossip") for n in range(10)))
    assert before < copies < alone


@pytest.mark.slow
def test_an_absurd_figure_does_not_break_the_fit_of_raqqa(raqqa: facts.Scenario, known: posterior.Posterior) -> None:
    found = learned(raqqa, claimed(raqqa, "absurd", "rumour", 5_000_000.0))
    assert abs(inside(found) - inside(known)) < 0.1
    assert found.learned.worth[[row.report for row in found.told.rows].index("absurd")] < 0.05


@pytest.mark.slow
def test_a_denial_of_the_ban_moves_no_motive_and_the_ban_up_if_at_all(
    raqqa: facts.Scenario, known: posterior.Posterior
) -> None:
    besieger = next(report for report in raqqa.reports if report.form == "denial")
    denial = dataclasses.replace(besieger, id="denial", quantity="policy", place="city", reported_on=UNTIL, ends=UNTIL)
    found = learned(raqqa, denial)
    assert "denial" in [row.report for row in found.told.rows]
    before, after = medians(known), medians(found)
    for name in MOTIVES:
        assert after[name] == pytest.approx(before[name], abs=0.3), name
    assert after["interception"] > before["interception"] - 0.15


@pytest.mark.slow
def test_reports_of_people_inside_and_movements_after_june_are_met_as_often_as_is_said(raqqa: facts.Scenario) -> None:
    """An interval that holds eight in ten: between 65 and 95 % of nineteen reports, one course of one siege."""
    found = hindsight.make(raqqa, 14, 112, since=UNTIL, until=UNTIL, beyond=True)
    met = [bool(one.within["80"]) for one in found.results if one.quantity in ("inside", "displaced_total")]
    assert len(met) == 19
    assert 0.65 <= sum(met) / len(met) <= 0.95
