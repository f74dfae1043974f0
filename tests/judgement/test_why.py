"""What reports do to a number: exact where everything is linear, and said in words that a reader can check."""

import dataclasses
import datetime as dt
import json
import pathlib
from typing import Any

import numpy as np
import pytest
import typer.testing

import maabar
from maabar import account, calibrate, cli, errors, facts, influence, observe, posterior, ran, scenario, why

ORIGIN = dt.date(2030, 5, 15)
MEMBERS = 80


def observed(values: list[float], sds: list[float], kinds: list[str] | None = None) -> calibrate.Observed:
    """Reports that share nothing and are never worthless."""
    count = len(values)
    return calibrate.Observed(
        value=np.array(values), kind=np.array(kinds or ["value"] * count), own_sd=np.array(sds),
        group=np.full(count, -1), group_sd=np.zeros(count), outlier=np.zeros(count), block=np.full(count, -1),
        discrepancy_sd=np.zeros(count), day=np.zeros(count),
    )  # fmt: skip


def linear(members: int, seed: int) -> tuple[calibrate.Observed, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Two reports of one unknown x ~ N(0, 1), errors 0.5 and 1: before, and exact draws of the posterior after."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(members)
    precision = 1 + 1 / 0.25 + 1
    after = (1.0 / 0.25 - 1.0) / precision + rng.standard_normal(members) / np.sqrt(precision)
    reports = observed([1.0, -1.0], [0.5, 1.0])
    noise = 1e-3 * rng.standard_normal((2, members, 2))
    return reports, np.stack([x, x], axis=1) + noise[0], np.stack([after, after], axis=1) + noise[1]


def test_without_a_report_the_number_is_the_posterior_of_the_others() -> None:
    """Conjugate normal law: without the first report x is N(−1/2, 1/2), without the second N(0.8, 0.2)."""
    reports, before, after = linear(20_000, 1)
    learning = influence.Learning(reports, before, after)
    whole = learning.of(np.array([True, True]))
    assert whole.mean == pytest.approx([0.5, 0.5], abs=0.03)
    for kept, mean, variance in (([False, True], -0.5, 0.5), ([True, False], 0.8, 0.2)):
        without = learning.of(np.array(kept))
        shift, factor = influence.moved(after[:, 0], after, whole, without)
        assert after[:, 0].mean() + shift == pytest.approx(mean, abs=0.05)
        assert after[:, 0].std() * factor == pytest.approx(np.sqrt(variance), rel=0.05)


def test_a_report_that_is_left_out_with_nothing_changes_nothing() -> None:
    reports, before, after = linear(2000, 2)
    learning = influence.Learning(reports, before, after)
    whole = learning.of(np.array([True, True]))
    assert influence.moved(after[:, 0], after, whole, whole) == (0.0, 1.0)
    unrelated = np.random.default_rng(3).standard_normal(2000)
    shift, _ = influence.moved(unrelated, after, whole, learning.of(np.array([False, True])))
    assert abs(shift) < 0.1


def test_a_bound_that_is_far_from_being_missed_says_nothing_and_a_missed_one_much() -> None:
    rng = np.random.default_rng(4)
    before = rng.standard_normal((5000, 1))
    everything, nothing = np.array([True]), np.array([False])
    for bound, least, most in ((-6.0, 0.0, 0.01), (2.0, 1.0, 2.5)):
        learning = influence.Learning(observed([bound], [0.3], ["lower"]), before, before)
        shift = float((learning.of(everything).mean - learning.of(nothing).mean)[0])
        assert least <= shift <= most


def test_exact_draws_all_weigh_about_the_same_and_wrong_ones_do_not() -> None:
    reports, before, after = linear(2000, 5)

    def log_density(predicted: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.asarray(-0.5 * (((reports.value - predicted) / reports.own_sd) ** 2).sum(axis=1))

    good = influence.informed(reports, before, after, log_density(after))
    assert good.directions == 1
    assert good.effective > 0.9 * 2000
    narrow = after.mean(axis=0) + (after - after.mean(axis=0)) / 3
    off = narrow + 2.0
    bad = influence.informed(reports, before, off, log_density(off))
    assert bad.effective < 0.3 * 2000


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> facts.Scenario:
    folder = tmp_path_factory.mktemp("why") / "town"
    scenario.template(folder)
    return scenario.load(folder)


@pytest.fixture(scope="module")
def learned(town: facts.Scenario) -> posterior.Posterior:
    return posterior.learn(town, until=ORIGIN, members=MEMBERS, seed=2)


@pytest.fixture(scope="module")
def made(town: facts.Scenario, learned: posterior.Posterior) -> "maabar.Run":
    return maabar.Scenario(town).forecast(ORIGIN, 10, posterior=ran.Calibration(learned, None))


def test_the_number_is_that_of_the_run(made: "maabar.Run") -> None:
    told = made.why("inside/town/2030-05-20")
    values = made.dataset["inside"].values[:, (dt.date(2030, 5, 20) - made.scenario.start).days, 0]
    assert told.median == pytest.approx(np.median(values))
    assert (told.low, told.high) == pytest.approx(tuple(np.quantile(values, (0.1, 0.9))))
    assert str(told).startswith(
        f"People under siege, Zahrat al-Wadi, 20 May 2030: {observe.rounded(told.median)} [person]"
    )


def test_flows_of_a_forecast_are_summed_from_the_day_after_the_origin(made: "maabar.Run") -> None:
    first = (ORIGIN - made.scenario.start).days + 1
    told = made.why("killed:mine")
    deaths = made.dataset["killed"].sel(cause="mine").values[:, first:].sum(axis=1)
    assert told.median == pytest.approx(np.median(deaths))
    assert told.when == "16 May 2030 to 25 May 2030"


def test_reports_stand_beside_with_their_grades(made: "maabar.Run") -> None:
    told = made.why("present/north-camp/2030-05-20")
    assert {one.report for one in told.beside} == {"e2"}
    (one,) = told.beside
    assert one.grade == "A1"
    assert one.off is not None
    assert one.stance == ("agrees" if abs(one.off) <= 1 else "says more" if one.off > 0 else "says less")


def test_every_source_that_was_learned_from_is_weighed(made: "maabar.Run", learned: posterior.Posterior) -> None:
    told = made.why("inside")
    assert {one.source for one in told.without} == {row.source for row in learned.told.rows}
    moves = [abs(np.log1p(one.median) - np.log1p(told.median)) for one in told.without]
    assert moves == sorted(moves, reverse=True)
    assert all(one.exact is None for one in told.without)


def test_learning_again_agrees_in_direction_with_the_linear_answer(made: "maabar.Run") -> None:
    """Without the camp's own agency the camp holds another number, in the direction that was said."""
    told = made.why("present/north-camp/2030-05-20", exact=1)
    first = told.without[0]
    assert first.exact is not None
    assert all(one.exact is None for one in told.without[1:])
    assert abs(np.log(first.median / told.median)) > 0.1
    assert np.sign(np.log(first.exact[0] / told.median)) == np.sign(np.log(first.median / told.median))


def test_a_run_from_the_priors_says_that_nothing_moved_it(town: facts.Scenario) -> None:
    run = maabar.Scenario(town).run(members=12)
    told = run.why("inside/town/2030-03-05")
    assert told.notes == ("drawn from the priors: no report has moved this number",)
    assert told.without == ()
    assert [one.report for one in told.beside] == ["e1"]
    with pytest.raises(errors.RunError, match="drawn from the priors, so there is nothing to learn again"):
        run.why("inside", exact=1)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("a/b/c/d", "found 'a/b/c/d', expected QUANTITY, QUANTITY/PLACE or QUANTITY/PLACE/DATE; for example "
         "inside/*/2017-06-30"),
        ("inside/town/May", "found 'May', expected a date of the run; write year-month-day"),
        ("inside/town/2031-01-01", "found '2031-01-01', expected a day of the run, 2030-03-01 to 2030-05-25; choose "
         "one of these"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(asked: str, message: str, made: "maabar.Run") -> None:
    with pytest.raises(errors.RunError) as caught:
        made.why(asked)
    assert str(caught.value) == message


def test_unknown_words_are_met_with_the_known_ones(made: "maabar.Run") -> None:
    with pytest.raises(errors.InputError, match=r"found 'insid', expected .*; did you mean 'inside'\?"):
        made.why("insid")
    with pytest.raises(errors.InputError, match=r"found 'twn', expected .*; did you mean 'town'\?"):
        made.why("inside/twn")


def test_the_command_prints_what_python_gives(made: "maabar.Run") -> None:
    invoke = typer.testing.CliRunner().invoke
    done = invoke(cli.app, ["why", str(made.path), "inside/town/2030-05-20"])
    assert (done.exit_code, done.stdout) == (0, f"{made.why('inside/town/2030-05-20')}\n")
    said = json.loads(invoke(cli.app, ["why", str(made.path), "inside/town/2030-05-20", "--json"]).stdout)
    assert said["status"] == "done"
    assert said["median"] == made.why("inside/town/2030-05-20").median
    wrong = invoke(cli.app, ["why", str(made.path), "inside", "--exact", "-1"])
    assert (wrong.exit_code, wrong.stderr) == (2, "--exact: found '-1', expected a whole number from 0 to 100\n")


def test_the_account_tells_what_was_learned_and_what_was_not(learned: posterior.Posterior) -> None:
    told = account.of(learned)
    assert {one.name for one in told.parameters} == set(learned.space.uncertain)
    assert [one.learned for one in told.parameters] == sorted((one.learned for one in told.parameters), reverse=True)
    for one in told.parameters:
        assert one.is_identified == (one.learned >= account.IDENTIFIED)
        assert one.prior[0] < one.prior[1] < one.prior[2]
    assert sum(one.numbers for one in told.fits) == told.numbers == len(learned.told)
    text = str(told)
    for one in told.parameters:
        assert one.name in text
    assert "the evidence tells nothing of: " in text
    assert "published by 2030-05-15" in text
    assert 1 <= told.effective <= MEMBERS


def test_reports_that_contradict_each_other_are_told_as_a_pair(town: facts.Scenario) -> None:
    one, *others = town.reports
    other = dataclasses.replace(one, id="low", source="s-press", best=9000.0)
    told = account.of(
        posterior.learn(dataclasses.replace(town, reports=(one, other, *others)), until=ORIGIN, members=40)
    )
    (pull,) = [pull for pull in told.pulls if pull.quantity == "inside"]
    assert "38,000" in pull.more
    assert "9,000" in pull.less
    assert "(s-council" not in pull.more
    assert 9000 < pull.posterior < 38000 * 1.2
    alone = account.of(posterior.learn(town, until=ORIGIN, members=40))
    assert not [pull for pull in alone.pulls if pull.quantity == "inside"]


def test_the_account_is_kept_beside_the_posterior(town: facts.Scenario, tmp_path: pathlib.Path) -> None:
    made = maabar.Scenario(town).calibrate(until=ORIGIN, members=40, out=tmp_path / "kept")
    assert (tmp_path / "kept" / "calibration.txt").read_text(encoding="utf-8") == f"{made.account}\n"
    said = json.loads((tmp_path / "kept" / "calibration.json").read_text(encoding="utf-8"))
    assert said == json.loads(json.dumps(made.account.to_dict()))


def test_a_bound_disagrees_only_if_it_is_missed() -> None:
    assert why._stance(-3.0, "lower", 1.0) == "agrees"
    assert why._stance(3.0, "lower", 1.0) == "says more"
    assert why._stance(3.0, "upper", 1.0) == "agrees"
    assert why._stance(-3.0, "upper", 1.0) == "says less"
    assert why._stance(0.1, "value", 0.2) == "held worthless"


def test_no_more_people_are_told_than_there_are(made: "maabar.Run") -> None:
    """However far the linear answer reaches without the best source."""
    everybody = sum(place.population for place in made.scenario.places)
    told = made.why("inside/town/2030-05-25")
    assert told.without
    assert all(one.high <= everybody * (1 + 1e-9) for one in told.without)
