"""The command that forecasts from day after day of the past, as it is typed."""

import csv
import json
from pathlib import Path

import pytest
from typer import testing

from maabar import api, cli, errors, foresee, scenario, units

RUNNER = testing.CliRunner()


def typed(*words: str) -> testing.Result:
    return RUNNER.invoke(cli.app, ["forecast", *words])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            (),
            "--origin: not given; name the last day that is known, such as --origin 2017-06-30, or forecast from one "
            "day of the past after another with --every 14d",
        ),
        (
            ("--origin", "2017-06-30", "--from", "2017-05-01"),
            "--from: found '2017-05-01', expected it only with --every; add --every 14d, or leave it out",
        ),
        (
            ("--origin", "2017-06-30", "--until", "2017-05-01"),
            "--until: found '2017-05-01', expected it only with --every; add --every 14d, or leave it out",
        ),
        (
            ("--every", "14d", "--origin", "2017-06-30"),
            "--origin: found '2017-06-30', expected none beside --every, which goes from day to day of what was; "
            "leave one of the two out",
        ),
        (
            ("--every", "14d", "--variant", "corridor"),
            "--variant: found 'corridor', expected none beside --every, which goes from day to day of what was; "
            "leave one of the two out",
        ),
        (
            ("--every", "fortnight"),
            "--every: found 'fortnight', expected a number of days such as 14, 14d or 2w; write whole days or weeks",
        ),
        (
            ("--every", "0d"),
            "--every: found '0d', expected a number of days such as 14, 14d or 2w; write whole days or weeks",
        ),
        (
            ("--every", "14d", "--days", "200"),
            "--days: found 200, expected at most 60: further ahead nobody has tested how often intervals hold; ask "
            "for fewer days, or force it with --beyond",
        ),
        (("--every", "14d", "--days", "soon"), "--days: found 'soon', expected a whole number from 1 to 4000"),
        (
            ("--every", "14d", "--from", "2018-01-01"),
            "--from: found 2018-01-01, expected a day from 2016-11-02 to 2017-10-19, after the first and before the "
            "last day of raqqa-2017",
        ),
        (
            ("--every", "14d", "--until", "soon"),
            "--until: found 'soon', expected a date; write year-month-day",
        ),
    ],
)
def test_options_that_do_not_fit_are_refused(words: tuple[str, ...], message: str) -> None:
    done = typed("raqqa-2017", *words)
    assert done.exit_code == 2
    assert done.stderr.rstrip("\n") == message


def test_a_span_of_days_is_read_in_days_and_weeks() -> None:
    assert [units.parse_span(text, "--every") for text in (14, "14", "14d", "14 days", "2w", "1 week", "٧")] == [
        14, 14, 14, 14, 14, 7, 7,
    ]  # fmt: skip
    for text in ("", "d", "-3", "1.5d", "2m", True):
        with pytest.raises(errors.RunError):
            units.parse_span(text, "--every")


def test_the_same_command_has_the_same_folder_and_other_ones_have_others() -> None:
    asked = ("town", "14d", 30, None, None, None)
    assert foresee.hindcast_folder(*asked) == Path("hindcasts/town-every-14d-30d")
    other = foresee.hindcast_folder("town", "2w", 60, "2017-05-01", "2017-06-01", True)
    assert other == Path("hindcasts/town-every-2w-60d-from-2017-05-01-until-2017-06-01-given")


@pytest.mark.slow
def test_a_hindcast_is_made_kept_and_read_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    scenario.template(Path("town"))
    reports = [f"c{day},2030-03-{day:02},,,town,inside,about,,{39000 - 100 * day},,person,s-council,3,,,"
               for day in range(6, 31)]  # fmt: skip
    with Path("town/evidence.csv").open("a", encoding="utf-8") as stream:
        stream.write("\n".join(reports) + "\n")
    words = (
        "town",
        "--every",
        "2w",
        "--from",
        "2030-03-20",
        "--until",
        "2030-03-30",
        "--days",
        "20",
        "--members",
        "30",
    )
    done = typed(*words)
    assert done.exit_code == 0, done.stderr
    assert "hindcast: hindcasts/town-every-2w-20d" in done.stdout
    folder = Path(done.stdout.rpartition("hindcast: ")[2].splitlines()[0])
    assert {path.name for path in folder.iterdir()} == {
        "plan.json", "posteriors", "origins", "hindcast.json", "hindcast.csv", "hindcast.html",
    }  # fmt: skip
    again = json.loads(typed(*words, "--json").stdout)
    assert again["status"] == "done"
    assert again["origins"] == ["2030-03-20"]
    with (folder / "hindcast.csv").open(encoding="utf-8", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == len(again["results"])
    found = api.load("town").hindcast(14, 20, since="2030-03-20", until="2030-03-30", members=30, posterior=folder)
    assert found.to_dict()["results"] == again["results"]
