"""From reports to inputs of members: the prior is that of any run, reports pull, anchors keep people."""

import dataclasses
import datetime as dt
import pathlib

import numpy as np
import pytest

import flee_instance
from maabar import ensemble, evidence, likelihood, posterior, scenario, world


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> scenario.Scenario:
    """A small imported conflict: two camps, ten days, 700 people to share between them."""
    root = flee_instance.instance(tmp_path_factory.mktemp("posterior"))
    return scenario.load(flee_instance.imported(root, capacities="none")[1])


def counted(facts: scenario.Scenario, east: int, west: int) -> scenario.Scenario:
    """The conflict with one count of each camp on its last day."""
    last = facts.start + dt.timedelta(days=facts.days - 1)

    def one(place: str, people: int) -> evidence.Report:
        return dataclasses.replace(
            facts.reports[0], id=f"{place}-{people}", place=place, begins=last, ends=last, reported_on=last,
            form="exact", best=float(people), low=None, high=None,
        )  # fmt: skip

    return dataclasses.replace(facts, reports=(one("east-camp", east), one("west-camp", west)))


def drawn_as_usual(compiled: world.World, members: int, seed: int, anchor: ensemble.Anchor | None) -> ensemble.Learned:
    """Members of the priors that start from an anchor."""
    drawn = ensemble.prior_inputs(compiled, ensemble.settings(compiled), range(members), seed, sample=True)
    return ensemble.Learned(drawn, anchor)


def test_a_posterior_of_no_reports_is_the_prior_of_any_run(facts: scenario.Scenario) -> None:
    compiled = world.compile(facts)
    of = posterior.space(compiled, likelihood.of(facts))
    plain = ensemble.simulate(compiled, 12, seed=3)
    drawn = ensemble.simulate(compiled, 12, seed=3, learned=ensemble.Learned(of.inputs(posterior.prior(of, 12, 3))))
    assert np.allclose(plain["parameters"], drawn["parameters"], rtol=1e-9)
    assert (plain["present"] == drawn["present"]).mean() > 0.99


def test_there_is_a_name_for_every_number_that_is_learned(facts: scenario.Scenario) -> None:
    of = posterior.space(world.compile(facts), likelihood.of(facts))
    assert len(of.names) == len(set(of.names)) == posterior.prior(of, 2, 1).shape[1]
    assert "pull:east-camp:0" in of.names


@pytest.mark.slow
def test_counts_draw_the_posterior_to_the_camp_that_filled(facts: scenario.Scenario) -> None:
    shares = []
    for east, west in ((240, 40), (40, 240)):
        told = counted(facts, east, west)
        learned = posterior.learn(told, members=100, seed=2)
        inputs = posterior.extended(learned, world.compile(told))
        found = ensemble.simulate(world.compile(told), 100, seed=2, learned=ensemble.Learned(inputs))["present"][:, -1]
        camps = [[place.id for place in told.places].index(name) for name in ("east-camp", "west-camp")]
        shares.append(float((found[:, camps[0]] / found[:, camps].sum(axis=1)).mean()))
    assert shares[0] > 0.6
    assert shares[1] < 0.4


@pytest.mark.slow
def test_the_same_seed_gives_the_same_posterior_on_one_and_two_threads(facts: scenario.Scenario) -> None:
    one, two = (posterior.learn(facts, members=60, seed=5, workers=workers) for workers in (1, 2))
    assert np.array_equal(one.learned.z, two.learned.z)


def test_an_anchor_shares_people_out_as_counted_and_keeps_their_number(facts: scenario.Scenario) -> None:
    compiled = world.compile(facts)
    ids = list(compiled.place_ids)
    counts = np.full((5, len(ids)), np.nan)
    counts[:, ids.index("east-camp")], counts[:, ids.index("west-camp")] = 300.0, 100.0
    plain = ensemble.simulate(compiled, 5, seed=4)
    anchored = ensemble.simulate(
        compiled, 5, seed=4, learned=drawn_as_usual(compiled, 5, 4, ensemble.Anchor(8, counts))
    )
    assert anchored["conserved"].all()
    assert np.array_equal(plain["present"][:, :8], anchored["present"][:, :8])
    everybody = anchored["present"].sum(axis=2) + anchored["travelling"]
    assert np.array_equal(everybody, plain["present"].sum(axis=2) + plain["travelling"])
    before = plain["present"][:, 7][:, [ids.index("east-camp"), ids.index("west-camp")]].sum(axis=1)
    came = anchored["arrivals"][:, 8, ids.index("west-camp")]
    assert (np.abs(anchored["present"][:, 8, ids.index("west-camp")] - before / 4 - came) <= 1).all()


def test_a_run_in_two_parts_is_the_run_in_one(facts: scenario.Scenario, tmp_path: pathlib.Path) -> None:
    compiled = world.compile(facts)
    nothing = ensemble.Anchor(5, np.full((4, len(compiled.place_ids)), np.nan))
    whole, parts = (
        ensemble.simulate(compiled, 4, seed=6, learned=drawn_as_usual(compiled, 4, 6, anchor))
        for anchor in (None, nothing)
    )
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)
