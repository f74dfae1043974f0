"""Where chance vanishes the result is known exactly; and nobody is ever created, lost or counted below zero."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

import random_worlds
import worlds
from maabar import ensemble, scenario, world

STILL = {"shock_sd": 0.0, "reconsider_scatter": 0.0, "home_pull": -5.0}
NEVER, ALWAYS = 0.0, 1e9
MEMBERS = 20
BOTH_MODES = pytest.mark.parametrize("expected", [False, True], ids=["random", "expected"])
EACH_WORLD = pytest.mark.parametrize("tiny", worlds.WORLDS, ids=lambda tiny: tiny.name)


def town(*events: worlds.Row, days: int = 5, **camp: object) -> worlds.World:
    """60 people in one besieged home, a guided road of 2 hours to a waypoint, one of 4 hours to a camp."""
    return worlds.World(
        "a town",
        days=days,
        places=[worlds.home("a", 60), worlds.waypoint("w"), worlds.camp("k", **camp), worlds.refuge("r")],
        routes=[
            worlds.route("a", "w", 7, guided=True),
            worlds.route("w", "k", 14),
            worlds.route("k", "r", 14),
        ],
        events=[worlds.event(0, "fighters", "a", 30), worlds.event(0, "exit_ban", "t", 1.0), *events],
        parameters=STILL,
    )


def simulate(tiny: worlds.World, folder: pathlib.Path, *, expected: bool = False, **values: float) -> dict[str, Any]:
    """Records by name, (member, day, ...)."""
    compiled = world.compile(scenario.load(worlds.write(tiny, folder)))
    members = 1 if expected else MEMBERS
    return ensemble.simulate(
        compiled, members=members, seed=3, expected=expected, sample_parameters=False, parameters=values
    )


@BOTH_MODES
def test_nobody_leaves_when_nobody_reconsiders(tmp_path: pathlib.Path, expected: bool) -> None:
    records = simulate(town(), tmp_path, expected=expected, reconsider=NEVER)
    assert (records["present"][..., 0] == 60).all()
    assert (records["inside"][..., 0] == 60).all()
    for name in ("departures", "arrivals", "travelling", "held", "intercepted", "killed", "paid", "turned_away"):
        assert not records[name].any(), name


@BOTH_MODES
def test_everybody_goes_at_once_when_all_reconsider_and_nothing_holds_them(
    tmp_path: pathlib.Path, expected: bool
) -> None:
    tiny = town(worlds.event(0, "place", "a", "closed"))
    free = {"interception": NEVER, "guides_per_1000": 50.0, "passages_per_guide": ALWAYS, "travel_hours": 24.0}
    records = simulate(tiny, tmp_path, expected=expected, evacuation=ALWAYS, **free)
    assert records["departures"][:, 0, 0] == pytest.approx(60)
    assert records["present"][:, 0, 2:].sum(axis=1) == pytest.approx(60)
    assert not records["departures"][:, 1:].any() or records["departures"][:, 1:].max() < 1e-9


@BOTH_MODES
def test_a_strike_without_force_kills_nobody_and_one_without_limit_kills_all(
    tmp_path: pathlib.Path, expected: bool
) -> None:
    tiny = town(worlds.event(2, "strikes", "a", 1))
    harmless = simulate(tiny, tmp_path / "harmless", expected=expected, reconsider=NEVER, deaths_per_strike=NEVER)
    assert not harmless["killed"].any()
    deadly = simulate(tiny, tmp_path / "deadly", expected=expected, reconsider=NEVER, deaths_per_strike=ALWAYS)
    assert (deadly["killed"][:, :, 0] == [0, 0, 60, 0, 0]).all()
    assert (deadly["present"][:, :, 0] == [60, 60, 0, 0, 0]).all()


@BOTH_MODES
def test_a_full_truce_stops_all_strikes(tmp_path: pathlib.Path, expected: bool) -> None:
    tiny = town(worlds.event(0, "strikes", "a", 40), worlds.event(0, "truce", "t", 1.0))
    assert not simulate(tiny, tmp_path, expected=expected)["killed"][..., 0].any()


@BOTH_MODES
def test_a_perfect_guard_lets_nobody_out(tmp_path: pathlib.Path, expected: bool) -> None:
    shares = {"guides_per_1000": NEVER, "risk_aversion": NEVER, "held_share": 1.0, "executed_share": NEVER}
    records = simulate(town(), tmp_path, expected=expected, interception=ALWAYS, held_days=ALWAYS, **shares)
    assert (records["intercepted"] == records["departures"][:, :, 0]).all()
    assert records["intercepted"].any()
    assert not records["arrivals"].any()
    assert records["held"] == pytest.approx(np.cumsum(records["intercepted"], axis=1))


@BOTH_MODES
def test_a_guard_without_a_ban_stops_nobody(tmp_path: pathlib.Path, expected: bool) -> None:
    tiny = town(worlds.event(0, "exit_ban", "t", 0.0))
    assert not simulate(tiny, tmp_path, expected=expected, interception=ALWAYS)["intercepted"].any()


@BOTH_MODES
def test_everybody_caught_is_executed_when_that_is_the_only_fate(tmp_path: pathlib.Path, expected: bool) -> None:
    records = simulate(town(), tmp_path, expected=expected, executed_share=1.0, held_share=NEVER)
    assert records["intercepted"].any()
    assert (records["killed"][..., 3] == records["intercepted"]).all()
    assert not records["held"].any()


def test_people_held_for_no_time_at_all_are_home_the_next_morning(tmp_path: pathlib.Path) -> None:
    tiny = town(worlds.event(1, "exit_ban", "t", 0.0))
    caught = {"interception": ALWAYS, "risk_aversion": NEVER, "held_share": 1.0, "executed_share": NEVER}
    records = simulate(tiny, tmp_path, held_days=1e-9, guide_exposure=1.0, **caught)
    assert (records["held"][:, 0] == records["intercepted"][:, 0]).all()
    assert records["held"][:, 0].any()
    assert not records["held"][:, 1:].any()


def test_everybody_held_is_free_on_the_day_the_besieger_loses_the_place(tmp_path: pathlib.Path) -> None:
    tiny = town(worlds.event(3, "holder", "a", "other"))
    records = simulate(tiny, tmp_path, held_days=ALWAYS, held_share=1.0, executed_share=NEVER, interception=5.0)
    assert (records["held"][:, 2] > 0).all()
    assert not records["held"][:, 3:].any()


@BOTH_MODES
def test_a_certain_mine_kills_all_who_set_out(tmp_path: pathlib.Path, expected: bool) -> None:
    tiny = town(worlds.event(0, "mines", "a>w", 1000))
    certain = {"risk_aversion": NEVER, "interception": NEVER, "guide_mine_share": 1.0}
    records = simulate(tiny, tmp_path, expected=expected, **certain)
    assert records["departures"].any()
    assert (records["killed"][..., 1] == records["departures"][..., 0]).all()
    assert not records["arrivals"].any()


@BOTH_MODES
def test_at_a_waypoint_all_stay_the_night_or_all_walk_on(tmp_path: pathlib.Path, expected: bool) -> None:
    stay = simulate(town(), tmp_path / "stay", expected=expected, travel_hours=0.0)
    walk = simulate(town(), tmp_path / "walk", expected=expected, travel_hours=24.0)
    assert (stay["present"][..., 1] == stay["arrivals"][..., 1]).all()
    assert stay["arrivals"][..., 1].any()
    assert not walk["present"][..., 1].any()
    assert (walk["arrivals"][..., 1] == walk["arrivals"][..., 2]).all()


@BOTH_MODES
def test_a_camp_without_room_shelters_nobody_and_one_without_limit_or_cost_shelters_all(
    tmp_path: pathlib.Path, expected: bool
) -> None:
    full = simulate(town(capacity=0), tmp_path / "full", expected=expected)
    assert full["present"][..., 2].any()
    assert (full["unsheltered"][..., 2] == full["present"][..., 2]).all()
    empty = simulate(town(), tmp_path / "empty", expected=expected)
    assert not empty["unsheltered"].any()


def test_everybody_moves_on_from_a_place_where_nobody_dwells(tmp_path: pathlib.Path) -> None:
    records = simulate(town(dwell_days=1e-9), tmp_path, pull_refuge=0.0)
    assert records["arrivals"][..., 2].any()
    assert not records["present"][..., 2].any()
    assert (records["departures"][..., 4] == records["arrivals"][..., 2]).all()


@BOTH_MODES
def test_without_fighting_no_fighter_is_lost_and_under_endless_fire_all_are(
    tmp_path: pathlib.Path, expected: bool
) -> None:
    calm = simulate(town(), tmp_path / "calm", expected=expected, fighter_attrition=1.0)
    assert (calm["fighters"][..., 0] == 30).all()
    fire = town(worlds.event(1, "fighting", "a", 1.0))
    values = {"fighter_attrition": ALWAYS, "fighter_withdrawal": NEVER, "fighter_surrender": NEVER}
    lost = simulate(fire, tmp_path / "fire", expected=expected, **values)
    assert (lost["fighters"][..., 0] == [30, 0, 0, 0, 0]).all()
    assert (lost["fighters_lost"][..., 0] == [0, 30, 0, 0, 0]).all()


@BOTH_MODES
def test_fighters_set_on_a_later_day_are_not_there_before(tmp_path: pathlib.Path, expected: bool) -> None:
    tiny = town()
    late = [worlds.event(3, "fighters", "a", 20), worlds.event(0, "exit_ban", "t", 1.0)]
    found = simulate(dataclasses.replace(tiny, events=late), tmp_path, expected=expected)
    assert (found["fighters"][..., 0] == [0, 0, 0, 20, 20]).all()


@BOTH_MODES
def test_fighters_are_not_set_where_the_besieger_holds_nothing(tmp_path: pathlib.Path, expected: bool) -> None:
    lost = town(worlds.event(1, "holder", "a", "other"), worlds.event(3, "fighters", "a", 7))
    found = simulate(lost, tmp_path, expected=expected)
    assert (found["fighters"][..., 0] == [30, 0, 0, 0, 0]).all()


@BOTH_MODES
def test_a_hunt_without_end_leaves_no_guide_and_no_passage(tmp_path: pathlib.Path, expected: bool) -> None:
    values = {"guides_per_1000": 50.0, "guide_capture": ALWAYS, "guide_entry": NEVER}
    records = simulate(town(), tmp_path, expected=expected, **values)
    assert not records["guides"].any()
    assert not records["paid"].any()


@BOTH_MODES
def test_a_crossing_of_which_nothing_is_left_admits_nobody(tmp_path: pathlib.Path, expected: bool) -> None:
    tiny = town(worlds.event(0, "crossing", "a>w", 0.0))
    records = simulate(tiny, tmp_path, expected=expected, guides_per_1000=50.0)
    assert not records["paid"].any()
    assert records["turned_away"].any()
    assert (np.diff(records["price"][..., 0], axis=1) >= 0).all()


def test_a_price_that_does_not_respond_never_moves(tmp_path: pathlib.Path) -> None:
    assert (simulate(town(), tmp_path, price_response=0.0)["price"] == 30000).all()


@BOTH_MODES
def test_a_corridor_without_places_is_as_good_as_none(tmp_path: pathlib.Path, expected: bool) -> None:
    none = simulate(town(), tmp_path / "none", expected=expected)
    shut = simulate(town(worlds.event(0, "corridor", "a>w", 0)), tmp_path / "shut", expected=expected)
    for name in none:
        assert np.array_equal(none[name], shut[name]), name


@BOTH_MODES
def test_all_who_can_go_home_do_when_nothing_delays_them(tmp_path: pathlib.Path, expected: bool) -> None:
    tiny = town(worlds.event(3, "holder", "a", "other"), days=6)
    values = {
        "travel_hours": 24.0,
        "return_rate": ALWAYS,
        "interception": NEVER,
        "home_pull": 700.0,
        "siege_push": 710.0,
    }
    records = simulate(tiny, tmp_path, expected=expected, **values)
    assert (records["present"][:, 2, 2:] > 0).any()
    assert not records["present"][:, 3, 2:].any()
    assert records["travelling"][:, 3] == pytest.approx(records["present"][:, 2, 2:].sum(axis=1))
    assert records["present"][:, 4, 0] == pytest.approx(60)


@BOTH_MODES
def test_nobody_is_lost_among_a_hundred_million(tmp_path: pathlib.Path, expected: bool) -> None:
    tiny = town(days=30)
    many = dataclasses.replace(tiny, places=[worlds.home("a", 100_000_000), *tiny.places[1:]])
    compiled = world.compile(scenario.load(worlds.write(many, tmp_path)))
    found = ensemble.simulate(compiled, 2, 3, expected=expected, sample_parameters=False)
    assert found["conserved"].all()
    assert (found["displaced_total"] >= 0).all()


def test_a_parameter_that_is_no_number_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match=r"^parameter reconsider: nan is not a number$"):
        simulate(town(), tmp_path, reconsider=float("nan"))


@BOTH_MODES
def test_an_empty_home_stays_empty(tmp_path: pathlib.Path, expected: bool) -> None:
    records = simulate(town(), tmp_path, expected=expected, population_factor=0.0)
    for name in ("present", "departures", "arrivals", "killed", "trapped", "turned_away", "travelling"):
        assert not records[name].any(), name


def people(records: dict[str, Any]) -> Any:
    """Everybody alive or dead, (member, day)."""
    alive = records["present"].sum(axis=2) + records["travelling"] + records["held"]
    return alive + records["killed"].sum(axis=2).cumsum(axis=1)


def check_records(records: dict[str, Any], start: float, inflow: Any) -> None:
    """What holds in every world, every day, every member."""
    slack = 1e-9 * (1 + start + inflow[-1])
    assert np.abs(people(records) - start - inflow).max() <= slack
    assert records["conserved"].all()
    for name, values in records.items():
        if name != "parameters":
            assert np.isfinite(values).all(), name
            assert values.min(initial=0) >= -slack, name
    before = np.roll(records["present"], 1, axis=1)
    assert (records["unsheltered"][:, 1:] <= (before + records["arrivals"])[:, 1:] + slack).all()
    assert (records["killed"][..., 3] <= records["intercepted"] + slack).all()
    assert (records["intercepted"] <= records["departures"].sum(axis=2) + slack).all()
    assert (np.diff(records["displaced_total"], axis=1) >= -slack).all()
    if "inside" in records:
        assert (records["inside"].sum(axis=2) <= records["present"].sum(axis=2) + slack).all()
        assert (records["price"] > 0).all()


def starting(facts: scenario.Scenario, factor: float) -> float:
    """People at home at the start, by the rule of docs/model.md."""
    if facts.departures == "given":
        return 0.0
    return float(sum(round(place.population * factor) for place in facts.places))


def arriving(facts: scenario.Scenario) -> Any:
    """Inflow so far, (day,)."""
    days = np.zeros(facts.days)
    for when, persons, _ in facts.inflow:
        days[(when - facts.start).days] += persons
    return np.cumsum(days)


def check_world(tiny: worlds.World, folder: pathlib.Path, *, members: int) -> None:
    facts = scenario.load(worlds.write(tiny, folder))
    compiled = world.compile(facts)
    factor = tiny.parameters.get("population_factor", 1.0)
    for expected in (False, True):
        records = ensemble.simulate(compiled, members=members, seed=11, expected=expected, sample_parameters=False)
        check_records(records, starting(facts, factor), arriving(facts))


@EACH_WORLD
def test_nobody_is_created_or_lost_in_a_tiny_world(tiny: worlds.World, tmp_path: pathlib.Path) -> None:
    check_world(tiny, tmp_path, members=50)


@st.composite
def any_world(draw: st.DrawFn) -> worlds.World:
    return random_worlds.random_world(lambda options: draw(st.sampled_from(list(options))))


@hypothesis.settings(max_examples=60, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(tiny=any_world())
def test_nobody_is_created_or_lost_in_any_world(tiny: worlds.World, tmp_path_factory: pytest.TempPathFactory) -> None:
    check_world(tiny, tmp_path_factory.mktemp("any"), members=4)


@hypothesis.settings(max_examples=25, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(tiny=any_world(), seed=st.integers(0, 2**31))
def test_nobody_is_created_or_lost_when_parameters_are_drawn_from_their_priors(
    tiny: worlds.World, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    free = dataclasses.replace(tiny, parameters={}, pinned=False)
    facts = scenario.load(worlds.write(free, tmp_path_factory.mktemp("priors")))
    compiled = world.compile(facts)
    names = list(facts.parameters())
    for expected in (False, True):
        records = ensemble.simulate(compiled, members=3, seed=seed, expected=expected)
        factors = records["parameters"][:, names.index("population_factor")]
        for member, factor in enumerate(factors):
            one = {name: values[member : member + 1] for name, values in records.items()}
            check_records(one, starting(facts, factor), arriving(facts))
