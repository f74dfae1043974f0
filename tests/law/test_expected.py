"""Expected-value mode: equal to recursions written out by hand, to the mean of many members where the law is linear,
and close to it elsewhere, by a gap that is measured here and stated in the docs.
"""

from __future__ import annotations

import dataclasses
import math
import pathlib
from typing import Any

import numpy as np
import pytest

import worlds
from maabar import ensemble, scenario, world

Records = dict[str, Any]
NEVER = 0.0
QUIET = {"shock_sd": 0.0, "reconsider_scatter": 0.0}
EXACT = {"rel": 1e-12, "abs": 1e-12}
ev = worlds.event


def simulate(tiny: worlds.World, folder: pathlib.Path, *, members: int = 0, **values: float) -> Records:
    """Records without the member axis in expected-value mode (members 0), else of that many random members."""
    compiled = world.compile(scenario.load(worlds.write(tiny, folder)))
    records = ensemble.simulate(
        compiled,
        members=max(1, members),
        seed=17,
        expected=members == 0,
        sample_parameters=False,
        parameters=values,
    )
    return records if members else {name: array[0] for name, array in records.items()}


# ---------------------------------------------------------------- hand-worked recursions
def test_strikes_take_the_same_share_of_those_alive_each_day(tmp_path: pathlib.Path) -> None:
    tiny = dataclasses.replace(worlds.STRIKES, events=[ev(0, "strikes", "a", 6, until=5), ev(3, "strikes", "b", 2)])
    records = simulate(tiny, tmp_path, reconsider=NEVER, deaths_per_strike=1.5)
    alive_a, alive_b = 60.0, 40.0
    for t in range(tiny.days):
        before = alive_a + alive_b
        alive_a *= math.exp(-1.5 * 6 / 60) if t <= 5 else 1.0
        alive_b *= math.exp(-1.5 * 2 / 40) if t >= 3 else 1.0
        assert records["present"][t, :2] == pytest.approx([alive_a, alive_b], **EXACT)
        assert records["killed"][t, 0] == pytest.approx(before - alive_a - alive_b, **EXACT)


def test_fear_follows_strikes_and_fighting_as_an_exponential_average(tmp_path: pathlib.Path) -> None:
    """Seen in who stays: with the only way out of weight exp(-cost) the odds of leaving show the danger felt."""
    tiny = worlds.World(
        "fear",
        days=8,
        places=[worlds.home("a", 1000), worlds.camp("k")],
        routes=[worlds.route("a", "k", 7)],
        events=[ev(0, "strikes", "a", 3, until=2), ev(4, "fighting", "a", 0.5)],
        parameters={**QUIET, "memory_days": 4.0, "fighting_danger": 2.0, "danger_push": 0.7, "home_pull": 1.0},
    )
    records = simulate(tiny, tmp_path, known_people=NEVER, deaths_per_strike=1e-12, frailty=0.0)
    present, danger, keep = 1000.0, 3.0, 1 - math.exp(-1 / 4)
    for t in range(tiny.days):
        present *= math.exp(-1e-12 * 3 / 1000) if t <= 2 else 1.0
        danger += keep * ((3.0 if t <= 2 else 0.0) + (1.0 if t >= 4 else 0.0) - danger)
        stay, leave = math.exp(1.0 - 0.7 * danger), math.exp(-2 / 24)
        left = present * (1 - math.exp(-0.1)) * leave / (stay + leave)
        present -= left
        assert records["departures"][t, 0] == pytest.approx(left, rel=1e-11)
        assert records["present"][t, 0] == pytest.approx(present, rel=1e-11)


def test_held_people_are_let_go_at_a_constant_rate(tmp_path: pathlib.Path) -> None:
    records = simulate(worlds.FATES, tmp_path)
    held = 0.0
    for t in range(7):  # on day 7 the besieger loses b and those held there are free
        held = held * math.exp(-1 / 3.0) + 0.4 * records["intercepted"][t]
        assert records["held"][t] == pytest.approx(held, **EXACT)
    assert records["killed"][:, 3] == pytest.approx(0.15 * records["intercepted"], **EXACT)


def test_fighters_are_lost_and_move_district_by_district(tmp_path: pathlib.Path) -> None:
    records = simulate(worlds.BESIEGER, tmp_path)
    at_start, fighters = [30.0, 20.0, 10.0], [30.0, 20.0, 10.0]
    attrition, withdrawal, surrender, on_fall, leave = 0.15, 0.2, 0.1, 0.3, 0.4
    for t in range(worlds.BESIEGER.days):
        lost = np.zeros(3)
        if t == 6:
            fighters[2] = 25.0
        besieged = [0, 1, 2] if t < 3 else [0, 2]
        for p in range(3):
            if p not in besieged:
                gone, shares = fighters[p], (0.0, 1 - on_fall, on_fall)
            else:
                fighting = 1.0 if p == 0 and 4 <= t <= 7 else 0.5
                hazards = [fighting * rate for rate in (attrition, withdrawal, surrender)]
                gone = fighters[p] * (1 - math.exp(-sum(hazards)))
                shares = tuple(hazard / sum(hazards) for hazard in hazards)
            others = [q for q in besieged if q != p]
            fighters[p] -= gone
            lost += gone * np.array([shares[0], leave * shares[1], shares[2]])
            for q in others:
                fighters[q] += gone * shares[1] * (1 - leave) * at_start[q] / sum(at_start[o] for o in others)
        assert records["fighters"][t, :3] == pytest.approx(fighters, **EXACT)
        assert records["fighters_lost"][t] == pytest.approx(lost, **EXACT)


def test_guides_and_price_follow_the_demand_of_the_day_before(tmp_path: pathlib.Path) -> None:
    records = simulate(worlds.MARKET, tmp_path)
    guides, pool, price, start, requests = 4.0, 8.0, 30000.0, 30000.0, 0.0
    for t in range(worlds.MARKET.days):
        strength = records["fighters"][t, :2].sum() / 40
        left = guides * math.exp(-0.15 * 0.9 * strength)
        guides = left + (pool - left) * (1 - math.exp(-0.6 * max(0.0, math.log(price / start))))
        a, b = (0.7, 0.7) if t >= 10 else (1.0 if t < 4 else 0.4, 0.0 if t in (8, 9) else 1.0)
        places = guides * 1.4 * (a + b) / 2
        if t > 0:
            price = max(20000.0, price * math.exp(0.4 * min(0.8, max(-0.8, requests / places - 1))))
        assert records["guides"][t, 0] == pytest.approx(guides, **EXACT)
        assert records["price"][t, 0] == pytest.approx(price, **EXACT)
        admitted = records["paid"][t] / price
        requests = admitted + records["turned_away"][t, 0]
        assert admitted == pytest.approx(min(places, requests), **EXACT)


def test_the_price_moves_by_no_more_than_its_limit(tmp_path: pathlib.Path) -> None:
    tiny = dataclasses.replace(
        worlds.MARKET,
        events=[ev(2, "route", "a>w", "closed"), ev(2, "route", "b>w", "closed"), ev(6, "crossing", "t", 1)],
    )
    records = simulate(tiny, tmp_path, news_lag=1.0, price_response=0.1, price_floor=1.0)
    price = records["price"][:, 0]
    assert price[2] == pytest.approx(price[1] * math.exp(0.1 * 0.8), **EXACT)  # asked yesterday, no places today
    assert (price[3:] == price[2]).all()  # nobody asked, no places
    idle = simulate(worlds.TRAPPED, tmp_path / "idle", reconsider=NEVER)
    assert idle["price"][:, 0] == pytest.approx([max(5000.0, 20000 * math.exp(-0.2 * t)) for t in range(8)], **EXACT)


def test_travellers_arrive_after_the_hours_of_their_links(tmp_path: pathlib.Path) -> None:
    """100 people on day 0: 30 h to w, 26 h from there to v, 5 h from there to k."""
    tiny = worlds.World(
        "hours",
        days=6,
        places=[worlds.home("a", 100, zone=""), worlds.waypoint("w"), worlds.waypoint("v"), worlds.camp("k")],
        routes=[worlds.route("a", "w", 105), worlds.route("w", "v", 91), worlds.route("v", "k", 17.5)],
        zones=(),
        inflow=[(0, 100, "")],
        parameters=QUIET,
    )
    # At w at hour 30, which is hour 6 of the second day, and at v at hour 56, hour 8 of the third: at k at hour 61.
    records = simulate(tiny, tmp_path / "long days", travel_hours=9.0)
    assert records["arrivals"][:, 1] == pytest.approx([0, 100, 0, 0, 0, 0], **EXACT)
    assert records["arrivals"][:, 2] == pytest.approx([0, 0, 100, 0, 0, 0], **EXACT)
    assert records["arrivals"][:, 3] == pytest.approx([0, 0, 100, 0, 0, 0], **EXACT)
    # Hour 8 is too late: they stay the night at v, set out at hour 72 and are at k at hour 77.
    records = simulate(tiny, tmp_path / "middle days", travel_hours=8.0)
    assert records["arrivals"][:, 3] == pytest.approx([0, 0, 0, 100, 0, 0], **EXACT)
    assert records["travelling"] == pytest.approx([100, 100, 0, 0, 0, 0], **EXACT)
    assert records["present"][:, 2] == pytest.approx([0, 0, 100, 0, 0, 0], **EXACT)
    # Hour 6 is too late as well: on from w at hour 48, at v at 74 (hour 2), at k at 79.
    records = simulate(tiny, tmp_path / "short days", travel_hours=6.0)
    assert records["present"][:, 1] == pytest.approx([0, 100, 0, 0, 0, 0], **EXACT)
    assert records["arrivals"][:, 3] == pytest.approx([0, 0, 0, 100, 0, 0], **EXACT)


NOBODY_STAYS = {"known_people": NEVER, "home_pull": -math.inf, "siege_push": NEVER}


def test_the_same_share_of_people_all_alike_leaves_each_day_where_nobody_wishes_to_stay(tmp_path: pathlib.Path) -> None:
    records = simulate(worlds.NOISE, tmp_path, **NOBODY_STAYS, reconsider=0.08, frailty=0.0)
    shares = np.exp(-0.08 * np.arange(1, 16))
    assert records["present"][:, 0] == pytest.approx(60 * shares, **EXACT)


@pytest.mark.parametrize("frailty", [0.3, 1.0, 2.5])
def test_people_with_rates_of_their_own_leave_as_if_each_rate_were_drawn(
    frailty: float, tmp_path: pathlib.Path
) -> None:
    """Nobody in the model has a rate of their own: those left leave at the mean rate of those who would be left."""
    tiny = dataclasses.replace(worlds.NOISE, days=120)
    records = simulate(tiny, tmp_path, **NOBODY_STAYS, reconsider=0.02, frailty=frailty)
    days = np.arange(1, tiny.days + 1)
    drawn = np.random.default_rng(5).gamma(1 / frailty, frailty, size=200_000)
    expected = 60 * np.array([np.exp(-0.02 * drawn * day).mean() for day in days])
    assert records["present"][:, 0] == pytest.approx(expected, rel=0.015)
    assert expected[-1] > 1.1 * 60 * math.exp(-0.02 * tiny.days)


def test_readiness_is_of_one_home_and_cohort(tmp_path: pathlib.Path) -> None:
    """Only the rich get out; when the besieger is gone the poor, of whom nobody has left, are as ready as ever."""
    tiny = worlds.World(
        "two cohorts",
        days=30,
        places=[worlds.home("a", 1000), worlds.home("c", 1000), worlds.camp("k")],
        routes=[worlds.route("a", "k", 7, guided=True), worlds.route("c", "k", 7, guided=True)],
        events=[ev(0, "fighters", "t", 100), ev(0, "exit_ban", "t", 1), ev(20, "holder", "a", "other")],
        cohorts=[("poor", 0.5, 1.0), ("rich", 0.5, 1e9)],
        parameters={**QUIET, "guides_per_1000": 50.0, "price_response": 0.0, "news_lag": 0.0, "guide_exposure": 0.0},
    )
    caught_are_sent_back = {"interception": 1e6, "fighter_attrition": 0.0, "held_share": 0.0, "executed_share": 0.0}
    records = simulate(tiny, tmp_path, **NOBODY_STAYS, **caught_are_sent_back, reconsider=0.1)
    before, after = records["present"][19:21, 0]
    rich = before - 500
    assert 50 < rich < 250
    ready = (rich / 500) ** worlds.PLAIN["frailty"]
    assert after == pytest.approx(500 * math.exp(-0.1) + rich * math.exp(-0.1 * ready), rel=1e-9)


# ---------------------------------------------------------------- the mean of many members
LINEAR = {
    # Nothing here depends on how many people do the same: no room, no known people, no shared noise, no market.
    "strikes": (worlds.STRIKES, {**QUIET, "known_people": NEVER}),
    "fates": (worlds.FATES, {**QUIET, "known_people": NEVER, "guides_per_1000": NEVER, "news_lag": 9.0}),
    "hours": (worlds.HOURS, {**QUIET, "known_people": NEVER}),
    "given": (worlds.GIVEN, {"known_people": NEVER}),
}
LINEAR_RECORDS = ("present", "arrivals", "departures", "travelling", "held", "displaced_total", "killed", "intercepted")


@pytest.mark.parametrize("name", LINEAR)
def test_expected_values_are_the_mean_of_many_members_where_the_law_is_linear(
    name: str, tmp_path: pathlib.Path
) -> None:
    tiny, values = LINEAR[name]
    tiny = dataclasses.replace(tiny, events=[row for row in tiny.events if row["kind"] != "capacity"])
    certain = simulate(tiny, tmp_path / "certain", **values)
    members = simulate(tiny, tmp_path / "members", members=4000, **values)
    for record in LINEAR_RECORDS:
        drawn = members[record].reshape(4000, -1)
        error = drawn.std(axis=0) / math.sqrt(4000)
        rare = drawn.sum(axis=0) < 30  # too few events for a standard error of their own
        apart = np.abs(drawn.mean(axis=0) - certain[record].ravel())
        assert (apart <= 5 * error + 1e-9 + rare * 30 / 4000).all(), record


def gap(tiny: worlds.World, folder: pathlib.Path, size: int) -> float:
    """Largest difference of a place's people between the modes, as a share of all, in a world `size` times as large."""
    grown = dataclasses.replace(
        tiny,
        places=[row | {key: _times(row.get(key), size) for key in ("population", "capacity")} for row in tiny.places],
        events=[row | {"value": _scaled(row, size)} for row in tiny.events],
        inflow=[(day, persons * size, place) for day, persons, place in tiny.inflow],
    )
    certain = simulate(grown, folder / "certain")
    members = simulate(grown, folder / "members", members=1500)
    people = certain["present"][0].sum() + certain["travelling"][0] + sum(n for _, n, _ in grown.inflow[1:])
    return float(np.abs(members["present"].mean(axis=0) - certain["present"]).max() / people)


def _times(value: object, size: int) -> object:
    return value * size if isinstance(value, int | float) else ("" if value is None else value)


def _scaled(row: worlds.Row, size: int) -> object:
    """Numbers of people, fighters and strikes grow with the town; shares, costs and rates do not."""
    return (
        _times(row["value"], size) if row["kind"] in ("capacity", "corridor", "fighters", "strikes") else row["value"]
    )


# Largest gap allowed, as a share of all people; measured values are printed and stated in the docs.
TINY, LARGE, LARGE_WITH_NOISE = 0.05, 0.005, 0.12


@pytest.mark.parametrize("tiny", worlds.WORLDS, ids=lambda tiny: tiny.name)
def test_the_gap_of_expected_values_is_small_and_shrinks_with_the_number_of_people(
    tiny: worlds.World, tmp_path: pathlib.Path
) -> None:
    calm = dataclasses.replace(tiny, parameters={**tiny.parameters, **QUIET})
    small, large = gap(calm, tmp_path / "1", 1), gap(calm, tmp_path / "100", 100)
    noisy = gap(tiny, tmp_path / "noise", 100)
    print(f"{tiny.name}: {small:.2%} at tiny size, {large:.2%} at 100 times, {noisy:.2%} with shared noise")
    assert small < TINY
    assert large < LARGE
    assert noisy < LARGE_WITH_NOISE


def test_expected_values_do_not_depend_on_the_seed(tmp_path: pathlib.Path) -> None:
    compiled = world.compile(scenario.load(worlds.write(worlds.WHOLE, tmp_path)))
    runs = [
        ensemble.simulate(compiled, members=2, seed=seed, expected=True, sample_parameters=False) for seed in (1, 2)
    ]
    for name, values in runs[0].items():
        assert np.array_equal(values[0], values[1]), name
        assert np.array_equal(values, runs[1][name]), name
