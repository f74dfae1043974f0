"""How the war goes on after an origin: nothing later is known, and what is drawn has the law that is stated."""

import dataclasses
import datetime as dt
import pathlib

import numpy as np
import pytest

from maabar import facts, outlook, scenario, world

ORIGIN = dt.date(2030, 5, 25)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> facts.Scenario:
    """Three districts, of which one fell five days before the origin; the next falls after it."""
    folder = tmp_path_factory.mktemp("outlook") / "town"
    scenario.template(folder)
    return scenario.load(folder)


def worlds(ahead: outlook.Outlook, members: int) -> list[world.World]:
    compiled = world.compile(ahead.scenario)
    return [ahead.world(compiled, member) for member in range(members)]


def test_nothing_that_began_or_was_reported_after_the_origin_is_known(town: facts.Scenario) -> None:
    known = outlook.known(town, ORIGIN)
    assert {event.target for event in known.events if event.kind == "holder"} == {"mill-quarter"}
    assert all(event.begins <= ORIGIN for event in known.events)
    assert max(report.reported_on for report in known.reports) <= ORIGIN
    assert len(known.events) < len(town.events)


def test_what_was_still_going_on_goes_on_because_nobody_knew_its_end(town: facts.Scenario) -> None:
    truce = outlook.known(town, dt.date(2030, 4, 16)).events
    assert [event.ends for event in truce if event.kind == "truce"] == [None]
    ended = outlook.known(town, dt.date(2030, 4, 18)).events
    assert [event.ends for event in ended if event.kind == "truce"] == [dt.date(2030, 4, 17)]


def test_worlds_agree_until_the_origin_and_then_differ(town: facts.Scenario) -> None:
    ahead = outlook.of(town, ORIGIN, seed=1)
    first, *others = worlds(ahead, 40)
    at = (ORIGIN - town.start).days + 1
    for other in others:
        for name in first.forcing._fields:
            one, two = getattr(first.forcing, name), getattr(other.forcing, name)
            if len(one) == town.days:
                assert np.array_equal(one[:at], two[:at], equal_nan=True), name
    assert len({other.forcing.besieged[:, :3].sum() for other in others}) > 10
    assert len({float(other.forcing.strikes[-1].sum()) for other in others}) > 10


def test_a_member_meets_the_same_course_whatever_else_is_drawn(town: facts.Scenario) -> None:
    one, other = outlook.of(town, ORIGIN, seed=1), outlook.of(town, ORIGIN, seed=2)
    assert one.events(7) == outlook.of(town, ORIGIN, seed=1).events(7)
    assert one.events(7) != one.events(8)
    assert one.events(7) != other.events(7)


def test_later_events_of_the_file_change_nothing(town: facts.Scenario) -> None:
    later = tuple(event for event in town.events if event.begins > ORIGIN)
    assert later
    without = dataclasses.replace(town, events=tuple(event for event in town.events if event.begins <= ORIGIN))
    assert outlook.of(town, ORIGIN, 3).events(5) == outlook.of(without, ORIGIN, 3).events(5)


def test_falls_come_at_the_rate_that_was_seen(town: facts.Scenario) -> None:
    """The wait for the first fall is exponential given the rate, and the rate Gamma: 1 − (b / (b + t))^a."""
    ahead = outlook.of(dataclasses.replace(town, days=2000), ORIGIN, seed=4)
    (front,) = ahead.fronts
    weight = outlook.numbers()["fall_weight"]
    shape, days = weight * front.falls + 0.5, weight * front.days
    assert front.falls == 1
    members = 2000
    waits = np.array(
        [min((day - ORIGIN).days for day in ahead.falls(m).values()) for m in range(members) if ahead.falls(m)]
    )
    for horizon in (5, 15, 40, 120):
        chance = 1 - (days / (days + horizon)) ** shape
        seen = (waits <= horizon).sum() / members
        assert abs(seen - chance) < 5 * np.sqrt(chance * (1 - chance) / members), horizon
    wrong = 1 - (days / (days + 15)) ** (2 * shape)
    assert abs((waits <= 15).sum() / members - wrong) > 5 * np.sqrt(wrong * (1 - wrong) / members)


def test_homes_under_fighting_fall_first_more_often(town: facts.Scenario) -> None:
    quiet = dataclasses.replace(town.events[0], kind="fighting", target="east-quarter", value=0.0, begins=ORIGIN)
    loud = dataclasses.replace(town, events=(*town.events, quiet), days=2000)
    ahead = outlook.of(loud, ORIGIN, seed=5)
    (front,) = ahead.fronts
    odds = dict(zip(front.homes, front.odds, strict=True))
    first = [min(falls, key=falls.__getitem__) for member in range(1000) if (falls := ahead.falls(member))]
    share = np.mean([home == "east-quarter" for home in first])
    expected = odds["east-quarter"] / sum(odds.values())
    assert expected < 0.3
    assert abs(share - expected) < 5 * np.sqrt(expected * (1 - expected) / len(first)) + 0.01


def test_a_home_that_falls_was_fought_for_and_is_no_longer_struck(town: facts.Scenario) -> None:
    struck = dataclasses.replace(
        town.events[2], kind="strikes", target="east-quarter", value=3.0, begins=ORIGIN, ends=None
    )
    ahead = outlook.of(dataclasses.replace(town, events=(*town.events, struck), days=400), ORIGIN, seed=6)
    member = next(m for m in range(50) if "east-quarter" in ahead.falls(m))
    forcing = ahead.world(world.compile(ahead.scenario), member).forcing
    p = [place.id for place in town.places].index("east-quarter")
    day = (ahead.falls(member)["east-quarter"] - town.start).days
    assert forcing.besieged[day - 1, p]
    assert not forcing.besieged[day:, p].any()
    assert forcing.fighting[day - 1, p] > 0.0
    assert not forcing.fighting[day:, p].any()
    assert not forcing.strikes[day:, p].any()


def test_plans_of_a_variant_hold_after_the_origin(town: facts.Scenario) -> None:
    ahead = outlook.of(town, dt.date(2030, 4, 20), seed=1, variant="corridor")
    compiled = world.compile(ahead.scenario, "corridor")
    assert ahead.world(compiled, 3).forcing.corridor.max() > 0
    assert outlook.of(town, dt.date(2030, 4, 20), seed=1).world(compiled, 3).forcing.corridor.max() == 0


def test_strikes_walk_without_drift(town: facts.Scenario) -> None:
    ahead = outlook.of(town, ORIGIN, seed=8)
    (target, level), every = ahead.strikes[0], round(outlook.numbers()["strike_walk_days"])
    day = ORIGIN + dt.timedelta(days=1 + every)
    steps = [
        np.log(float(event.value or 0) / level)
        for member in range(1000)
        for event in ahead.events(member)
        if (event.kind, event.target, event.begins) == ("strikes", target, day)
    ]
    sd = outlook.numbers()["strike_walk_sd"] * np.sqrt(2)
    assert abs(np.mean(steps)) < 5 * sd / np.sqrt(len(steps))
    assert abs(np.std(steps) / sd - 1) < 5 / np.sqrt(2 * len(steps))


def test_every_number_of_an_outlook_has_a_source() -> None:
    path = pathlib.Path(outlook.__file__).with_name("outlook.csv")
    assert len(path.read_text(encoding="utf-8").splitlines()) == len(outlook.numbers()) + 1
