"""The commands that learn and look ahead, as users type them."""

import datetime as dt
import json
import pathlib
from typing import Any

import numpy as np
import pytest
import typer.testing

import maabar
from maabar import calibrate, cli, errors, posterior, scenario, units

FEW = ["--members", "40", "--seed", "3"]


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("foresee") / "town"
    scenario.template(folder)
    return folder


@pytest.fixture(scope="session")
def kept(town: pathlib.Path) -> pathlib.Path:
    """A posterior of the reports until 15 May, made by the command."""
    folder = town.parent / "kept"
    done = invoke("calibrate", town, "--until", "2030-05-15", "--out", folder, *FEW)
    assert done.exit_code == 0, done.stderr
    return folder


def invoke(*words: object) -> Any:
    return typer.testing.CliRunner().invoke(cli.app, [str(word) for word in words])


@pytest.mark.parametrize("command", ["calibrate", "forecast"])
def test_help_teaches_each_command_by_an_example(command: str) -> None:
    done = invoke(command, "--help")
    assert done.exit_code == 0
    assert f"Examples:\n    maabar {command} " in done.stdout
    assert "--json" in done.stdout


def test_calibrate_answers_machines_with_one_object(town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = invoke("calibrate", town, "--out", tmp_path / "p", *FEW, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert said["status"] == "done"
    assert said["folder"] == str(tmp_path / "p")
    assert said["members"] == 40
    assert (tmp_path / "p" / "posterior.nc").is_file()


def test_the_command_and_python_learn_the_same(town: pathlib.Path, kept: pathlib.Path) -> None:
    loaded = maabar.load(town)
    made = loaded.calibrate(until="2030-05-15", members=40, seed=3)
    assert np.array_equal(made.posterior.learned.z, loaded.calibration(kept).posterior.learned.z)


def test_a_run_takes_members_and_seed_from_the_posterior(
    town: pathlib.Path, kept: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    done = invoke("run", town, "--posterior", kept, "--no-what-ifs", "--out", tmp_path / "run", "--json")
    assert done.exit_code == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["members"], said["seed"], said["conserved"]) == (40, 3, True)
    learned = maabar.load(town).calibration(kept).posterior
    values = maabar.open_run(tmp_path / "run").dataset["parameters"].values
    assert np.array_equal(values, learned.inputs.values)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--members", "41"], "--members: found 41, expected at most 40, the members of the posterior"),
        (["--seed", "4"], "--seed: found 4, expected 3, the seed of the posterior; leave it out"),
    ],
)
def test_what_a_posterior_has_not_is_refused(
    words: list[str], message: str, town: pathlib.Path, kept: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    done = invoke("run", town, "--posterior", kept, *words, "--out", tmp_path / "run")
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"{message}\n")
    assert not (tmp_path / "run").exists()


def test_a_run_of_a_posterior_is_not_resumed_with_another(
    town: pathlib.Path, kept: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    invoke("run", town, "--members", "40", "--seed", "3", "--no-what-ifs", "--out", tmp_path / "run")
    done = invoke("run", town, "--posterior", kept, "--no-what-ifs", "--out", tmp_path / "run")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"{tmp_path / 'run'}: holds another run (posterior 'None' there, '")


def test_forecast_prints_the_planners_numbers_and_where_it_lies(
    town: pathlib.Path, kept: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    out = tmp_path / "f"
    done = invoke("forecast", town, "--origin", "2030-05-15", "--days", "10", "--posterior", kept, "--out", out)
    assert done.exit_code == 0, done.stderr
    told = maabar.open_run(out).planner()
    assert done.stdout == f"{told}\n\nrun: {out}\nreport: {out / 'report.html'}\n"
    assert (out / "report.html").stat().st_size > 100_000
    assert "North Camp" in done.stdout
    assert "within 7 d" in done.stdout


def test_forecast_calibrates_first_unless_told_and_answers_machines(
    town: pathlib.Path, kept: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    words = ["forecast", town, "--origin", "2030-05-15", "--days", "10", "--json"]
    alone = json.loads(invoke(*words, *FEW, "--out", tmp_path / "a").stdout)
    told = json.loads(invoke(*words, "--posterior", kept, "--out", tmp_path / "b").stdout)
    assert alone["daily"] == told["daily"]
    assert alone["days"][0] == "2030-05-16"
    assert {room["place"] for room in told["rooms"]} == {"north-camp", "border-city"}


def test_forecasts_of_two_variants_are_paired(town: pathlib.Path, kept: pathlib.Path, tmp_path: pathlib.Path) -> None:
    words = ["forecast", town, "--origin", "2030-05-15", "--days", "10", "--posterior", kept]
    for out, more in (("base", []), ("grants", ["--variant", "cash-grants"])):
        assert invoke(*words, *more, "--out", tmp_path / out).exit_code == 0
    base, grants = (maabar.open_run(tmp_path / name) for name in ("base", "grants"))
    days = (dt.date(2030, 5, 15) - base.scenario.start).days
    assert np.array_equal(base.dataset["killed"].values[:, 0], grants.dataset["killed"].values[:, 0])
    assert days > 0
    done = invoke("compare", tmp_path / "base", tmp_path / "grants")
    assert done.exit_code == 0
    assert "what-if 'cash-grants'" in str(grants.planner())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--origin", "soon"], "--origin: found 'soon', expected a date; write year-month-day"),
        (["--origin", "2030-05-15", "--days", "x"], "--days: found 'x', expected a whole number from 1 to "),
        (["--origin", "2030-05-15", "--variant", "corridr"], "--variant: found 'corridr'"),
        (["--origin", "2030-05-15", "--posterior", "nowhere"], "nowhere/posterior.nc: no such posterior"),
    ],
)
def test_words_that_cannot_be_used_are_refused_before_anything_is_run(
    words: list[str], message: str, town: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    done = invoke("forecast", town, *words, "--out", tmp_path / "f")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith(message)
    assert not (tmp_path / "f").exists()


def test_a_scenario_without_reports_cannot_be_learned_from(town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    facts = scenario.load(town)
    bare = tmp_path / "bare"
    scenario.template(bare)
    header = (bare / "evidence.csv").read_text(encoding="utf-8").splitlines()[0]
    (bare / "evidence.csv").write_text(header + "\n", encoding="utf-8")
    done = invoke("calibrate", bare, "--out", tmp_path / "p")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"{bare}: found no report that a run can be laid beside, expected at least one; add counts to evidence.csv, "
        "such as people present at a camp, or learn until a later day\n"
    )
    assert facts.reports
    assert not (tmp_path / "p").exists()


def test_reports_that_cannot_be_followed_end_with_three(
    town: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrate, "HOPELESS", 0.0)
    done = invoke("calibrate", town, "--out", tmp_path / "p", *FEW)
    assert done.exit_code == 3
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    assert last.startswith("calibration did not settle: after 4 steps the reports are ")
    assert "try more steps, a wider prior, or look at these reports" in last
    assert not (tmp_path / "p").exists()


def test_ctrl_c_while_learning_leaves_nothing_half_done(
    town: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(posterior, "series", press)
    done = invoke("calibrate", town, "--out", tmp_path / "p", *FEW)
    assert done.exit_code == 130
    assert not (tmp_path / "p").exists()


def test_dates_are_read_from_text_or_taken_as_they_are() -> None:
    day = dt.date(2030, 5, 15)
    assert units.date_of("2030-05-15", "--until") == units.date_of(day, "--until") == day
    assert units.date_of(None, "--until") is None
    with pytest.raises(errors.RunError, match="--until: found 'May', expected a date"):
        units.date_of("May", "--until")
