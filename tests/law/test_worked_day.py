"""The day worked by hand in docs/model.md: the compiled law, the arithmetic and the page agree."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from maabar import ensemble, scenario, world

FOLDER = Path(__file__).parent / "worked-day"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "model.md"
PLACES = ["town", "gate", "camp"]
CAUSES = ["strike", "mine", "crossing", "execution"]
FATES = ["killed", "withdrawn", "surrendered"]


def first_day() -> dict[str, float]:
    """What the first day records, by the arithmetic of the page and nothing of the package."""
    alive = 10_000 * math.exp(-0.001)
    danger = 1.0 + 0.4 * 0.5
    guard = math.exp(-0.02)
    lost = 200 * (1 - guard)
    guides = 10 * math.exp(-0.01 * guard)
    reconsidering = alive * (1 - math.exp(-0.1))

    reach = math.exp(-0.2 - 0.1)
    stay = math.exp(4 - 1 - 2 * danger)
    alone_weight = math.exp(-0.1 - 4 * (1 - 0.98 * 0.99) - 4 * 0.98 * 0.99 * (1 - math.exp(-0.5))) * reach
    guided_weight = math.exp(-0.1 - 4 * (1 - 0.99 * 0.99) - 4 * 0.99 * 0.99 * (1 - math.exp(-0.1)) - 0.2) * reach
    guided_weight *= NormalDist().cdf(0.0)
    total = stay + alone_weight + guided_weight
    alone = reconsidering * alone_weight / total
    requests = reconsidering * guided_weight / total
    admitted = min(4 * guides, requests)

    caught_alone = alone * (1 - math.exp(-0.5 * guard))
    caught_guided = admitted * (1 - math.exp(-0.1 * guard))
    caught = caught_alone + caught_guided
    mine = (alone - caught_alone) * 0.02 + (admitted - caught_guided) * 0.01
    crossing = (alone - caught_alone) * 0.98 * 0.01 + (admitted - caught_guided) * 0.99 * 0.01
    through = alone + admitted - caught - mine - crossing
    town = alive - alone - admitted + 0.79 * caught

    leaving = (alone_weight + guided_weight) / total
    wanted = 2 * math.exp(-0.1) * reach
    wanted /= wanted + stay
    return {
        "present: town": town,
        "present: gate": 0.0,
        "present: camp": through,
        "unsheltered: camp": 0.5 * through,
        "arrivals: gate": through,
        "arrivals: camp": through,
        "departures: town>gate": alone + admitted,
        "departures: gate>camp": through,
        "inside": town,
        "trapped": town * (wanted - leaving) / (1 - leaving),
        "turned_away": requests - admitted,
        "price": 100_000.0,
        "guides": guides,
        "travelling": 0.0,
        "held": 0.2 * caught,
        "displaced_total": through,
        "killed: strike": 10_000 - alive,
        "killed: mine": mine,
        "killed: crossing": crossing,
        "killed: execution": 0.01 * caught,
        "intercepted": caught,
        "fighters": 200 * guard,
        "fighters_lost: killed": 0.5 * lost,
        "fighters_lost: withdrawn": 0.3 * lost,
        "fighters_lost: surrendered": 0.2 * lost,
        "paid": 100_000 * admitted,
    }


def price_of_the_second_day() -> float:
    """Yesterday's requests against this morning's places, as at the end of the page."""
    first = first_day()
    requests = first["turned_away"] + first["paid"] / 100_000
    places = 4 * first["guides"] * math.exp(-0.01 * math.exp(-0.04))
    return 100_000 * math.exp(0.1 * min(1.0, requests / places - 1))


def recorded(result: Mapping[str, Any], day: int) -> dict[str, float]:
    """What the engine recorded on one day, under the names of the page."""
    at = {name: np.asarray(values)[0, day] for name, values in result.items() if np.ndim(values) >= 2}
    links = [(0, "town>gate"), (2, "gate>camp")]
    return {
        **{f"present: {place}": at["present"][p] for p, place in enumerate(PLACES)},
        "unsheltered: camp": at["unsheltered"][2],
        "arrivals: gate": at["arrivals"][1],
        "arrivals: camp": at["arrivals"][2],
        **{f"departures: {name}": at["departures"][link] for link, name in links},
        **{name: at[name][0] for name in ("inside", "trapped", "turned_away", "price", "guides")},
        **{name: at[name] for name in ("travelling", "held", "displaced_total", "intercepted", "paid")},
        **{f"killed: {cause}": at["killed"][k] for k, cause in enumerate(CAUSES)},
        "fighters": at["fighters"][0],
        **{f"fighters_lost: {fate}": at["fighters_lost"][k] for k, fate in enumerate(FATES)},
    }


def page_table() -> dict[str, str]:
    """The rows of the table 'recorded' in docs/model.md, as text."""
    section = PAGE.read_text(encoding="utf-8").split("| recorded | value |\n|---|---|\n")[1]
    return dict(re.findall(r"^\| (.+?) \| ([\d,.]+) \|$", section, re.MULTILINE))


@pytest.fixture(scope="module")
def result() -> Mapping[str, Any]:
    compiled = world.compile(scenario.load(FOLDER))
    return ensemble.simulate(compiled, members=1, seed=1, expected=True, sample_parameters=False)


def test_the_page_shows_the_numbers_of_its_own_arithmetic() -> None:
    shown = page_table()
    computed = first_day()
    assert list(shown) == list(computed)
    for name, text in shown.items():
        decimals = len(text.partition(".")[2])
        assert text == f"{computed[name]:,.{decimals}f}", name


def test_the_first_day_is_the_one_worked_by_hand(result: Mapping[str, Any]) -> None:
    assert recorded(result, day=0) == pytest.approx(first_day(), rel=1e-12, abs=1e-12)


def test_the_second_mornings_price_is_the_one_worked_by_hand(result: Mapping[str, Any]) -> None:
    assert recorded(result, day=1)["price"] == pytest.approx(price_of_the_second_day(), rel=1e-12)
    assert f"= {price_of_the_second_day():,.0f}\n" in PAGE.read_text(encoding="utf-8")


def test_nobody_is_created_or_lost_on_the_day_worked_by_hand() -> None:
    day = first_day()
    kinds = ("present", "held", "travelling", "killed")
    assert sum(value for name, value in day.items() if name.startswith(kinds)) == pytest.approx(10_000, rel=1e-14)
