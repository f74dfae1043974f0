"""Which way things move, with common random numbers: each what-if is run on the members of the world it changes.

Where the law makes a thing certain it must hold in every member; where it makes it likely, the mean paired difference
must lie five standard errors on the right side of zero.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import worlds
from maabar import ensemble, scenario, world

MEMBERS = 400
Records = dict[str, Any]
Change = Callable[[worlds.World], worlds.World]
POOR, RICH = (("poor", 1.0, 20000.0),), (("rich", 1.0, 200000.0),)

SIEGE = worlds.World(
    "a siege",
    days=20,
    places=[
        worlds.home("a", 600),
        worlds.home("b", 400),
        worlds.waypoint("w"),
        worlds.camp("k", capacity=200, shelter_cost=20000, dwell_days=10),
        worlds.refuge("r"),
    ],
    routes=[
        worlds.route("a", "w", 7, guided=True, mines=40),
        worlds.route("b", "w", 1, "boat", guided=True, crossing=20),
        worlds.route("a", "b", 3.5),
        worlds.route("w", "k", 21),
        worlds.route("w", "r", 70, "road"),
        worlds.route("k", "r", 60, "road"),
    ],
    events=[
        worlds.event(0, "fighters", "a", 60),
        worlds.event(0, "fighters", "b", 40),
        worlds.event(0, "exit_ban", "t", 0.9),
        worlds.event(2, "strikes", "t", 2),
        worlds.event(2, "fighting", "t", 0.5),
    ],
    cohorts=worlds.RICH_AND_POOR,
    parameters={
        "reconsider": 0.3,
        "home_pull": -0.5,
        "danger_push": 0.3,
        "guides_per_1000": 3.0,
        "passages_per_guide": 2.5,
    },
)


def with_events(*events: worlds.Row) -> Change:
    return lambda tiny: dataclasses.replace(tiny, events=[*tiny.events, *events])


def with_parameters(**values: float) -> Change:
    return lambda tiny: dataclasses.replace(tiny, parameters={**tiny.parameters, **values})


def run(tiny: worlds.World, folder: pathlib.Path, *, expected: bool = False) -> Records:
    compiled = world.compile(scenario.load(worlds.write(tiny, folder)))
    members = 1 if expected else MEMBERS
    return ensemble.simulate(compiled, members=members, seed=5, expected=expected, sample_parameters=False)


# What is compared: one number for each member.
def exits(records: Records) -> Any:
    """People outside the two homes at the end, alive and free; nobody is between the two at midnight."""
    return records["present"][:, -1, 2:].sum(axis=1) + records["travelling"][:, -1]


def deaths(*causes: int) -> Callable[[Records], Any]:
    return lambda records: records["killed"][:, :, causes].sum(axis=(1, 2))


def total(name: str) -> Callable[[Records], Any]:
    return lambda records: records[name].astype(float).reshape(len(records[name]), -1).sum(axis=1)


def departures(records: Records) -> Any:
    """Departures out of the two homes towards the waypoint."""
    return records["departures"][:, :, [0, 2]].sum(axis=(1, 2))


def at_place(name: str, place: int) -> Callable[[Records], Any]:
    return lambda records: records[name][:, :, place].sum(axis=1)


def at_the_end(name: str) -> Callable[[Records], Any]:
    return lambda records: records[name][:, -1].reshape(len(records[name]), -1).sum(axis=1).astype(float)


def sigmas(before: Any, after: Any) -> float:
    """Mean paired difference over its standard error."""
    change = np.asarray(after, dtype=float) - before
    error = change.std(ddof=1) / np.sqrt(len(change))
    if error == 0:
        return float(np.copysign(np.inf, change.mean())) if change.mean() else 0.0
    return float(change.mean() / error)


ev, set_to = worlds.event, with_parameters
DIRECTIONS: list[tuple[str, Change, Callable[[Records], Any], int]] = [
    ("losing a crossing raises the price", with_events(ev(4, "crossing", "b>w", 0.1)), total("price"), +1),
    ("losing a crossing raises the trapped", with_events(ev(4, "crossing", "b>w", 0.1)), total("trapped"), +1),
    ("losing a crossing turns more away", with_events(ev(4, "crossing", "b>w", 0.1)), total("turned_away"), +1),
    ("more strikes raise departures", with_events(ev(2, "strikes", "t", 4)), departures, +1),
    ("more strikes raise deaths", with_events(ev(2, "strikes", "t", 4)), deaths(0), +1),
    ("a truce lowers departures", with_events(ev(5, "truce", "t", 1.0)), departures, -1),
    ("a truce saves fighters", with_events(ev(5, "truce", "t", 1.0)), at_the_end("fighters"), +1),
    ("fiercer fighting leaves fewer fighters", set_to(fighter_attrition=0.2), at_the_end("fighters"), -1),
    ("fewer fighters raise exits", set_to(fighter_attrition=0.2), exits, +1),
    ("fewer fighters lower interceptions", set_to(fighter_attrition=0.5), total("intercepted"), -1),
    ("a lifted ban raises exits", with_events(ev(4, "exit_ban", "t", 0.0)), exits, +1),
    ("a keener guard lowers exits", set_to(interception=1.4), exits, -1),
    ("longer arrests raise the held", set_to(held_days=60.0), total("held"), +1),
    ("a longer memory of strikes raises departures", set_to(memory_days=2.0), departures, +1),
    ("a higher price lowers exits", set_to(price_start=200000.0), exits, -1),
    ("a cash grant for passage raises guided exits", set_to(passage_grant=20000.0), total("paid"), +1),
    ("more guides lower the price", set_to(guides_per_1000=12.0), total("price"), -1),
    ("a harder hunt for guides raises the price", set_to(guide_capture=0.5), total("price"), +1),
    ("a corridor raises exits", with_events(ev(6, "corridor", "a>w", 20)), exits, +1),
    ("a corridor lowers deaths by mines per exit", with_events(ev(6, "corridor", "a>w", 20)), deaths(1), -1),
    ("a wider corridor turns fewer away", with_events(ev(6, "corridor", "a>w", 20)), total("trapped"), -1),
    ("free shelter leaves fewer without it", with_events(ev(0, "shelter_cost", "k", 0)), total("unsheltered"), -1),
    ("shorter days of travel fill the waypoint", set_to(travel_hours=1.0), at_place("present", 2), +1),
    ("conflict at a refuge lowers its arrivals", with_events(ev(0, "conflict", "r", 1.0)), at_place("arrivals", 4), -1),
    ("emptying a home raises departures", with_events(ev(5, "place", "a", "closed")), departures, +1),
    ("a home lost by the besieger raises exits", with_events(ev(5, "holder", "a", "other")), exits, +1),
]  # fmt: skip


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Records:
    return run(SIEGE, tmp_path_factory.mktemp("siege"))


@pytest.mark.parametrize(
    ("change", "measure", "sign"), [row[1:] for row in DIRECTIONS], ids=[row[0] for row in DIRECTIONS]
)
def test_direction(change: Change, measure: Any, sign: int, siege: Records, tmp_path: pathlib.Path) -> None:
    assert sign * sigmas(measure(siege), measure(run(change(SIEGE), tmp_path))) > 5


def test_cleared_mines_lower_the_deaths_per_exit(siege: Records, tmp_path: pathlib.Path) -> None:
    cleared = run(with_events(ev(0, "mines", "a>w", 5))(SIEGE), tmp_path)

    def rate(records: Records) -> Any:
        return deaths(1)(records) / departures(records)

    assert sigmas(rate(siege), rate(cleared)) < -5
    assert rate(cleared).mean() < 0.3 * rate(siege).mean()


def test_a_dearer_passage_lowers_the_exits_of_the_poor_more_than_of_the_rich(tmp_path: pathlib.Path) -> None:
    left = {}
    for name, cohorts in (("poor", POOR), ("rich", RICH)):
        many = {"guides_per_1000": 50.0, "passages_per_guide": 50.0, "price_response": 0.0, "interception": 5.0}
        tiny = set_to(**many, price_start=15000.0)(dataclasses.replace(SIEGE, cohorts=cohorts))
        cheap = exits(run(tiny, tmp_path / f"{name}-cheap"))
        dear = exits(run(set_to(price_start=60000.0)(tiny), tmp_path / f"{name}-dear"))
        assert sigmas(cheap, dear) < -5
        left[name] = dear.sum() / cheap.sum()
    assert left["poor"] < 0.8 * left["rich"]


@pytest.mark.parametrize("expected", [False, True], ids=["random", "expected"])
def test_more_capacity_never_lowers_the_arrivals_at_a_camp(expected: bool, tmp_path: pathlib.Path) -> None:
    came = []
    for room in (20, 50, 100, 200, 400, 1000, ""):
        change = with_events(ev(0, "capacity", "k", room))
        came.append(at_place("arrivals", 3)(run(change(SIEGE), tmp_path / f"room{room}", expected=expected)).mean())
    assert came == sorted(came)
    assert came[-1] > 1.1 * came[0]


@pytest.mark.parametrize("way", ["a>w", "b>w", "w>k", "w>r", "k>r"])
def test_closing_a_route_never_raises_the_exits_where_no_place_fills(way: str, tmp_path: pathlib.Path) -> None:
    """Where a camp can fill, closing a road to it may keep room there and so draw more people out."""
    roomy = with_events(ev(0, "capacity", "k", ""))(set_to(known_people=0.0)(SIEGE))
    closed = with_events(ev(0, "route", way, "closed"))(roomy)
    assert sigmas(exits(run(roomy, tmp_path / "open")), exits(run(closed, tmp_path / "closed"))) < 2
    before, after = (run(tiny, tmp_path / f"{n}", expected=True) for n, tiny in enumerate((roomy, closed)))
    assert exits(after)[0] <= exits(before)[0] + 1e-9


def test_closing_both_ways_out_ends_all_exits(tmp_path: pathlib.Path) -> None:
    shut = with_events(ev(0, "route", "a>w", "closed"), ev(0, "route", "b>w", "closed"))(SIEGE)
    assert not exits(run(shut, tmp_path)).any()


def test_what_has_not_happened_yet_changes_nothing(siege: Records, tmp_path: pathlib.Path) -> None:
    later = run(with_events(ev(12, "crossing", "b>w", 0.0), ev(12, "strikes", "a", 30))(SIEGE), tmp_path)
    for name in siege:
        if name not in ("parameters", "conserved"):
            assert np.array_equal(siege[name][:, :12], later[name][:, :12]), name
            assert not np.array_equal(siege["price"][:, 12:], later["price"][:, 12:])


def test_common_random_numbers_sharpen_a_difference(siege: Records, tmp_path: pathlib.Path) -> None:
    changed = run(with_events(ev(10, "crossing", "b>w", 0.5))(SIEGE), tmp_path)
    before, after = exits(siege), exits(changed)
    assert np.var(after - before) < 0.3 * (np.var(before) + np.var(after))


def test_home_is_full_again_sooner_when_people_return_faster(tmp_path: pathlib.Path) -> None:
    slow = run(worlds.RETURNS, tmp_path / "slow")
    fast = run(set_to(return_rate=2.0)(worlds.RETURNS), tmp_path / "fast")
    homes = at_place("present", 0)(fast) + at_place("present", 2)(fast)
    assert sigmas(at_place("present", 0)(slow) + at_place("present", 2)(slow), homes) > 5
