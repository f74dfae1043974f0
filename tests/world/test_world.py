"""Events become arrays: who paints over whom, how strikes are shared, what a variant changes."""

import dataclasses
import datetime as dt
import pathlib

import numpy as np
import pytest

import worlds
from maabar import errors, painting, scenario, world


def compiled(*events: worlds.Row, tmp_path: pathlib.Path, days: int = 6) -> world.World:
    """Two besieged homes of 300 and 100 people, a landing, a camp; a bridge and a guided road."""
    tiny = worlds.World(
        "two homes",
        days=days,
        places=[worlds.home("a", 300), worlds.home("b", 100), worlds.waypoint("w"), worlds.camp("k", capacity=50)],
        routes=[
            worlds.route("a", "w", 7, guided=True, one_way=True),
            worlds.route("b", "w", 7, guided=True),
            worlds.route("w", "k", 20, "road"),
        ],
        events=events,
    )
    return world.compile(scenario.load(worlds.write(tiny, tmp_path / "two-homes")))


def test_every_row_is_a_link_each_way_unless_it_is_one_way(tmp_path: pathlib.Path) -> None:
    found = compiled(tmp_path=tmp_path)
    assert found.link_ids == ("a>w", "b>w", "w>b", "w>k", "k>w")
    assert found.network.guided.tolist() == [True, True, False, False, False]
    assert found.network.guided_links.tolist() == [2.0]


def test_strikes_on_a_zone_are_shared_among_its_besieged_homes_by_people(tmp_path: pathlib.Path) -> None:
    events = (worlds.event(0, "strikes", "t", 8.0), worlds.event(3, "holder", "a", "other"))
    strikes = compiled(*events, tmp_path=tmp_path).forcing.strikes
    assert strikes[2].tolist() == [6.0, 2.0, 0.0, 0.0]
    assert strikes[3].tolist() == [0.0, 8.0, 0.0, 0.0]


def test_strikes_on_a_home_come_on_top_of_those_on_its_zone(tmp_path: pathlib.Path) -> None:
    events = (worlds.event(0, "strikes", "t", 8.0), worlds.event(0, "strikes", "b", 1.0))
    assert compiled(*events, tmp_path=tmp_path).forcing.strikes[0].tolist() == [6.0, 3.0, 0.0, 0.0]


def test_a_truce_takes_its_share_of_strikes_and_fighting_and_then_they_are_back(tmp_path: pathlib.Path) -> None:
    events = (
        worlds.event(0, "strikes", "b", 4.0),
        worlds.event(0, "fighting", "t", 0.8),
        worlds.event(2, "truce", "t", 0.75, until=3),
    )
    force = compiled(*events, tmp_path=tmp_path).forcing
    assert force.strikes[:, 1].tolist() == [4.0, 4.0, 1.0, 1.0, 4.0, 4.0]
    assert force.fighting[:, 0].tolist() == pytest.approx([0.8, 0.8, 0.2, 0.2, 0.8, 0.8])


def test_a_later_event_paints_over_an_earlier_one_for_its_days_only(tmp_path: pathlib.Path) -> None:
    events = (worlds.event(2, "capacity", "k", 5, until=3), worlds.event(1, "capacity", "k", 70))
    assert compiled(*events, tmp_path=tmp_path).forcing.capacity[:, 3].tolist() == [50, 70, 5, 5, 70, 70]


def test_links_keep_one_row_for_days_on_which_nothing_changes(tmp_path: pathlib.Path) -> None:
    events = (worlds.event(2, "route", "b>w", "closed", until=3), worlds.event(4, "mines", "w>k", 9.0))
    force = compiled(*events, tmp_path=tmp_path).forcing
    assert force.epoch.tolist() == [0, 0, 1, 1, 2, 2]
    assert force.link_open[1].tolist() == [True, False, False, True, True]
    assert force.mines[2].tolist() == [0, 0, 0, 9, 9]
    assert force.network_changed.tolist() == [True, False, True, False, True, False]


def test_a_corridor_leads_out_and_not_back(tmp_path: pathlib.Path) -> None:
    force = compiled(worlds.event(0, "corridor", "b>w", 30), tmp_path=tmp_path).forcing
    assert force.corridor[0].tolist() == [0, 30, 0, 0, 0]


def test_a_share_of_crossings_given_for_a_zone_holds_for_its_guided_links(tmp_path: pathlib.Path) -> None:
    force = compiled(worlds.event(0, "crossing", "t", 0.25), tmp_path=tmp_path).forcing
    assert force.usable[0].tolist() == [0.25, 0.25, 1, 1, 1]


def test_fighters_of_a_zone_are_split_by_people_into_whole_numbers(tmp_path: pathlib.Path) -> None:
    force = compiled(worlds.event(1, "fighters", "t", 101), tmp_path=tmp_path).forcing
    assert force.fighters_set[1, :2].tolist() == [76, 25]
    assert np.isnan(force.fighters_set[0]).all()


def test_fighters_of_a_zone_go_to_the_homes_it_still_holds(tmp_path: pathlib.Path) -> None:
    events = (worlds.event(2, "holder", "a", "other"), worlds.event(4, "fighters", "t", 100))
    assert compiled(*events, tmp_path=tmp_path).forcing.fighters_set[4, 1] == 100


def test_counts_are_recorded_in_64_bits_where_32_might_not_hold_them(tmp_path: pathlib.Path) -> None:
    small = compiled(tmp_path=tmp_path)
    assert small.count_type == np.int32
    crowd = small.network._replace(residents=small.network.residents * 1e6)
    assert dataclasses.replace(small, network=crowd).count_type == np.int64


def test_an_unknown_variant_is_refused_with_those_there_are() -> None:
    with pytest.raises(errors.InputError) as caught:
        world.compile(scenario.load("raqqa-2017"), "no-such")
    assert str(caught.value) == (
        "--variant: found 'no-such', expected a what-if of raqqa-2017: bridges-kept, mines-cleared, corridor, "
        "no-shelter-cost, ain-issa-doubled, august-truce or cash-grants; leave it out for the scenario as it was"
    )


def test_a_misspelt_variant_is_met_with_the_right_one() -> None:
    with pytest.raises(errors.InputError) as caught:
        world.compile(scenario.load("raqqa-2017"), "bridge")
    assert str(caught.value) == (
        "--variant: found 'bridge', expected a what-if of raqqa-2017: bridges-kept, mines-cleared, corridor, "
        "no-shelter-cost, ain-issa-doubled, august-truce or cash-grants; did you mean 'bridges-kept'?"
    )


def test_a_variant_of_a_scenario_without_any_is_refused() -> None:
    facts = dataclasses.replace(scenario.load("raqqa-2017"), variants=())
    with pytest.raises(errors.InputError) as caught:
        world.compile(facts, "bridge")
    assert str(caught.value) == (
        "--variant: found 'bridge', expected none, as raqqa-2017 has no what-ifs; "
        "leave it out for the scenario as it was"
    )


@pytest.mark.parametrize("name", [v.name for v in scenario.load("raqqa-2017").variants])
def test_a_variant_changes_no_day_before_its_first_event(name: str) -> None:
    facts = scenario.load("raqqa-2017")
    variant = facts.variant(name)
    assert variant is not None
    first = min((event.begins for event in variant.events), default=facts.start)
    days = (first - facts.start).days
    base, other = world.compile(facts), world.compile(facts, name)
    for field in painting.Forcing._fields:
        before, after = getattr(base.forcing, field), getattr(other.forcing, field)
        if len(before) == facts.days:
            assert np.array_equal(before[:days], after[:days], equal_nan=before.dtype.kind == "f"), field
    rows = base.forcing.epoch[:days]
    assert np.array_equal(base.forcing.link_open[rows], other.forcing.link_open[rows])
    assert other.overrides or first > dt.date(2016, 11, 1)


def test_largest_remainders_keep_the_sum() -> None:
    assert painting.largest_remainder(np.array([1.5, 1.5, 2.0])).tolist() == [2, 1, 2]
    assert painting.largest_remainder(np.array([0.4, 0.3, 0.3])).tolist() == [1, 0, 0]
