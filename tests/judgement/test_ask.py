"""Which report to ask for: the formula, what chance must not do, and that the advice is right on average."""

import dataclasses
import datetime as dt
import json
import math
import pathlib

import numpy as np
import pytest
import typer.testing

import maabar
import sieges
from maabar import ask, cli, errors, likelihood, posterior, scenario

ORIGIN = dt.date(2030, 5, 15)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("ask") / "town"
    scenario.template(folder)
    return folder


@pytest.fixture(scope="module")
def advice(town: pathlib.Path) -> ask.Advice:
    return maabar.load(town).ask(ORIGIN, 14, members=120, seed=2)


def test_the_narrowing_is_that_of_two_normal_numbers() -> None:
    """y = x + noise with ρ² = 0.8, a report of x with an error as large as its spread: variance falls by 0.4."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal(50_000)
    y = x + 0.5 * rng.standard_normal(50_000)
    assert ask.narrowing(y, x, 1.0) == pytest.approx(1 - math.sqrt(1 - 0.8 / 2), abs=0.01)
    assert ask.narrowing(y, x, 0.0) == pytest.approx(1 - math.sqrt(0.2), abs=0.01)
    assert ask.narrowing(y, x, 100.0) < 1e-3


def test_what_has_nothing_to_do_with_the_target_brings_nothing() -> None:
    rng = np.random.default_rng(2)
    found = [ask.narrowing(rng.standard_normal(300), rng.standard_normal(300), 0.1) for _ in range(200)]
    assert np.mean(found) < 1e-3
    assert ask.narrowing(np.zeros(300), rng.standard_normal(300), 0.1) == 0.0
    assert ask.narrowing(rng.standard_normal(300), np.zeros(300), 0.1) == 0.0


def test_candidates_are_ranked_and_never_on_routes(advice: ask.Advice) -> None:
    brings = [one.narrows for one in advice.candidates]
    assert brings == sorted(brings, reverse=True)
    assert brings[0] > 0.01
    assert {one.place for one in advice.candidates} <= {"*", "town", "north-camp", "hill-town", "border-city"}
    assert all(one.narrows == pytest.approx(np.mean(list(one.by_target.values()))) for one in advice.candidates)


def test_a_better_source_brings_more(town: pathlib.Path, advice: ask.Advice) -> None:
    worse = maabar.load(town).ask(ORIGIN, 14, members=120, seed=2, grade="E")
    by_name = {(one.quantity, one.place): one.narrows for one in advice.candidates}
    pairs = [(by_name[one.quantity, one.place], one.narrows) for one in worse.candidates]
    assert all(better >= less for better, less in pairs)
    assert sum(better > less for better, less in pairs) > 3


def test_the_advice_prints_its_warning_and_the_best_first(advice: ask.Advice) -> None:
    text = str(advice)
    assert text.splitlines()[0] == "Zahrat al-Wadi: a fictional siege: after 15 May 2030, 14 days ahead, 120 members"
    assert text.splitlines()[-1] == f"note: {ask.SAFETY}"
    assert advice.candidates[0].words in text.splitlines()[2]


def test_the_command_prints_what_python_gives(town: pathlib.Path, advice: ask.Advice) -> None:
    invoke = typer.testing.CliRunner().invoke
    words = ["ask", str(town), "--until", "2030-05-15", "--days", "14", "--members", "120", "--seed", "2"]
    assert invoke(cli.app, words).stdout == f"{advice}\n"
    said = json.loads(invoke(cli.app, [*words, "--json"]).stdout)
    assert said["status"] == "done"
    assert said["candidates"][0]["narrows"] == advice.candidates[0].narrows
    told = invoke(cli.app, ["ask", "--help"])
    assert "Examples:\n    maabar ask " in told.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--grade", "b"], "--grade: found 'b', expected A, B, C, D, E or F; did you mean 'B'?"),
        (["--days", "3"], "--days: found 3, expected at least 7, the days of a sum"),
        (["--days", "x"], "--days: found 'x', expected a whole number"),
        (["--until", "May"], "--until: found 'May', expected a date; write year-month-day"),
    ],
)
def test_what_cannot_be_asked_is_refused(words: list[str], message: str, town: pathlib.Path) -> None:
    few = [] if "--until" in words else ["--until", "2030-05-15"]
    done = typer.testing.CliRunner().invoke(cli.app, ["ask", str(town), *few, "--members", "30", *words])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == message


@pytest.mark.slow
def test_what_is_ranked_first_really_narrows_more_than_what_is_ranked_last() -> None:
    """Truths of synthetic sieges are asked for the best and the worst candidate; the forecast is learned again."""
    made, kept = sieges.Sieges(), {"best": [], "worst": []}
    for number in range(4):
        one = made.siege(300 + number)
        told = maabar.Scenario(one.scenario).ask(one.origin, 14, members=150, seed=5, grade="A")
        candidates = [c for c in told.candidates if c.quantity in ("present", "arrivals", "inside", "killed")]
        for name, choice in (("best", candidates[0]), ("worst", candidates[-1])):
            kept[name].append(_left(one, choice, told.targets))
    assert np.mean(kept["best"]) < np.mean(kept["worst"])


def _left(one: sieges.Siege, choice: ask.Candidate, targets: tuple[str, ...]) -> float:
    """Mean over targets of log(spread with the report / spread without), the report saying the truth."""
    days = (choice.day - one.scenario.start).days
    stock = choice.quantity in ("present", "inside")
    values = ask._amount(ask.quantities.series(one.truth, choice.quantity, choice.place).values[:, days - 1 :],
                         "stock" if stock else "flow")  # fmt: skip
    last = choice.day if stock else choice.day + dt.timedelta(days=6)
    source = dataclasses.replace(one.scenario.sources[0], id="asked")
    report = dataclasses.replace(
        one.scenario.reports[0], id="asked", source="asked", quantity=choice.quantity, place=choice.place, form="exact",
        begins=choice.day, ends=last, reported_on=last, best=float(values[0]), low=None, high=None,
        unit="person", group="",
    )  # fmt: skip
    told = dataclasses.replace(
        one.scenario, reports=(*one.scenario.reports, report), sources=(*one.scenario.sources, source)
    )
    assert "asked" in [row.report for row in likelihood.of(told, until=last).rows]
    spreads = []
    for facts in (told, one.scenario):
        siege = dataclasses.replace(one, scenario=facts)
        learned = posterior.learn(facts, until=last, members=150, seed=5, workers=1)
        ahead = sieges.forecast_from(siege, learned, last, 14)
        aims = ask._targets(ahead, facts, (last - facts.start).days + 1)
        spreads.append(np.mean([math.log(aim.values.std()) for aim in aims if aim.words in targets]))
    return float(spreads[0] - spreads[1])


def test_a_grade_is_checked_before_anything_is_read() -> None:
    with pytest.raises(errors.RunError, match="--grade: found 'G'"):
        ask.of(None, None, ORIGIN, "G")  # type: ignore[arg-type]
