"""The compiled engine against the simulator that moves one person at a time: the same law on every tiny world.

Each world of worlds.py shows one row of the table of a day. Both simulators read it from its folder; `comparison`
asks of every cell of every record whether mean, spread, distribution and correlations agree within five standard
deviations. Then one parameter of the engine is changed by a visible amount, and the same comparison must notice.
"""

from __future__ import annotations

import functools
import pathlib
import tempfile
from collections.abc import Mapping

import numpy as np
import pytest

import comparison
import flee_instance
import oracle
import random_worlds
import worlds
from maabar import ensemble, scenario, world

pytestmark = pytest.mark.slow

ORACLE_RUNS = 500
MEMBERS = 3000
BY_ZONE = ("inside", "trapped", "turned_away", "price", "guides")
IMPORTED = "an imported Flee instance"
RANDOM_WORLDS = [f"random world {seed}" for seed in range(10)]
EACH_WORLD = pytest.mark.parametrize("tiny", worlds.WORLDS, ids=lambda tiny: tiny.name)


def made(name: str) -> worlds.World:
    """The world of this name: one of worlds.py, or a random one by its number."""
    if name in RANDOM_WORLDS:
        rng = np.random.default_rng(RANDOM_WORLDS.index(name))
        return random_worlds.random_world(lambda options: options[int(rng.integers(len(options)))])
    return next(tiny for tiny in worlds.WORLDS if tiny.name == name)


@functools.cache
def read(name: str) -> scenario.Scenario:
    """A tiny world as read from its folder."""
    if name == IMPORTED:
        with tempfile.TemporaryDirectory() as folder:
            return scenario.load(flee_instance.imported(flee_instance.instance(pathlib.Path(folder)))[1])
    tiny = made(name)
    with tempfile.TemporaryDirectory() as folder:
        return scenario.load(worlds.write(tiny, pathlib.Path(folder) / "tiny"))


def defaults(facts: scenario.Scenario) -> dict[str, float]:
    return {name: parameter.default for name, parameter in facts.parameters().items()}


@functools.cache
def one_by_one(name: str) -> dict[str, np.ndarray]:
    """Runs of the oracle, name -> (run, day, ...)."""
    facts = read(name)
    slow = oracle.Oracle(facts, defaults(facts))
    runs = [slow.run(np.random.default_rng([2017, run])) for run in range(ORACLE_RUNS)]
    return {key: np.stack([run[key] for run in runs]) for key in runs[0] if slow.zones or key not in BY_ZONE}


def counted(name: str, values: Mapping[str, float] | None = None) -> dict[str, np.ndarray]:
    """Members of the engine, name -> (member, day, ...), places, links and zones in the order of the oracle."""
    facts = read(name)
    compiled = world.compile(facts)
    records = ensemble.simulate(compiled, members=MEMBERS, seed=7, sample_parameters=False, parameters=values)
    slow = oracle.Oracle(facts, defaults(facts))
    assert list(compiled.place_ids) == [place.id for place in facts.places]
    assert list(compiled.zone_ids) == slow.zones
    links = [list(compiled.link_ids).index(link.id) for link in slow.links]
    records["departures"] = records["departures"][..., links]
    return {key: records[key] for key in one_by_one(name) if slow.zones or key not in BY_ZONE}


@EACH_WORLD
def test_the_engine_has_the_law_of_people_moved_one_by_one(tiny: worlds.World) -> None:
    assert comparison.verdict(one_by_one(tiny.name), counted(tiny.name)) == "same law"


@pytest.mark.parametrize("name", RANDOM_WORLDS)
def test_the_engine_has_the_same_law_in_worlds_nobody_thought_of(name: str) -> None:
    assert comparison.verdict(one_by_one(name), counted(name)) == "same law"


def test_the_engine_has_the_same_law_in_an_imported_conflict_with_given_departures() -> None:
    assert one_by_one(IMPORTED)["present"][:, -1].sum(axis=1).min() > 0
    assert comparison.verdict(one_by_one(IMPORTED), counted(IMPORTED)) == "same law"
    assert comparison.verdict(one_by_one(IMPORTED), counted(IMPORTED, {"patience_hours": 9.0})) != "same law"


def test_nobody_is_lost_among_a_thousand_places_and_a_hundred_million_people(tmp_path: pathlib.Path) -> None:
    """Ten thousand routes, thirty days, departures given; the run's own check and a sum by hand agree."""
    rng = np.random.default_rng(3)
    kinds = ["home"] * 300 + ["waypoint"] * 500 + ["camp"] * 200
    places = [worlds.home(f"p{i}", 1000, zone="") if kind == "home" else worlds.waypoint(f"p{i}") if kind == "waypoint"
              else worlds.camp(f"p{i}", capacity=10**6) for i, kind in enumerate(rng.permutation(kinds))]  # fmt: skip
    ring = [(i, (i + step) % 1000) for step in range(1, 11) for i in range(1000)]
    routes = [worlds.route(f"p{a}", f"p{b}", float(rng.uniform(5, 120)), "road") for a, b in ring]
    inflow = [(day, 10**8 // 30, "") for day in range(30)]
    big = worlds.World("big", days=30, places=places, routes=routes, zones=(), inflow=inflow)
    records = ensemble.simulate(
        world.compile(scenario.load(worlds.write(big, tmp_path))), 1, 5, sample_parameters=False
    )
    assert records["conserved"].all()
    people = records["present"].sum(axis=(0, 2)) + records["travelling"][0]
    assert people.tolist() == [(day + 1) * (10**8 // 30) for day in range(30)]
    assert (records["departures"] > 0).any(axis=1).sum() > 3000


@EACH_WORLD
def test_a_parameter_changed_by_a_visible_amount_is_noticed(tiny: worlds.World) -> None:
    largest = comparison.differences(one_by_one(tiny.name), counted(tiny.name, tiny.control))[0]
    assert largest.sigmas > comparison.THRESHOLD


@EACH_WORLD
def test_the_oracle_itself_creates_and_loses_nobody(tiny: worlds.World) -> None:
    records, slow = one_by_one(tiny.name), oracle.Oracle(read(tiny.name), defaults(read(tiny.name)))
    people = records["present"].sum(axis=2) + records["travelling"] + records["held"]
    people += records["killed"].sum(axis=2).cumsum(axis=1)
    came = np.cumsum([sum(persons for persons, _ in day.inflow) for day in slow.days])
    assert np.array_equal(people, np.broadcast_to(sum(map(sum, slow.start)) + came, people.shape))


def test_two_samples_of_one_law_are_found_alike_and_two_near_laws_apart() -> None:
    rng = np.random.default_rng(4)

    def sample(runs: int, probability: float) -> dict[str, np.ndarray]:
        return {"count": rng.binomial(40, probability, size=(runs, 10, 30))}

    assert comparison.verdict(sample(ORACLE_RUNS, 0.3), sample(MEMBERS, 0.3)) == "same law"
    assert comparison.verdict(sample(ORACLE_RUNS, 0.3), sample(MEMBERS, 0.32)) != "same law"


def test_a_wider_law_with_the_same_mean_is_found_apart() -> None:
    rng = np.random.default_rng(5)
    narrow = {"count": rng.poisson(20.0, size=(ORACLE_RUNS, 3))}
    wide = {"count": rng.poisson(rng.gamma(20.0, 1.0, size=(MEMBERS, 3)))}
    assert comparison.differences(narrow, wide)[0].question in {"spread", "share up to 26"}
