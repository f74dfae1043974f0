"""The doors of open conflicts: import, score and export, on the command line and in Python."""

import csv
import json
import pathlib
import re
import shutil
from typing import Any

import pytest
import typer.testing

import maabar
import open_country
from maabar import api, cli, errors, score, scorecard
from maabar.formats import fleein, fleeout, quirks


@pytest.fixture(scope="session")
def land(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return open_country.write(tmp_path_factory.mktemp("open scenarios") / "land")


@pytest.fixture(scope="session")
def made(land: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> "maabar.Run":
    """A finished run of twelve members of the small open country."""
    return maabar.run(land, members=12, seed=3, out=tmp_path_factory.mktemp("open runs") / "base")


def invoke(*words: object) -> Any:
    return typer.testing.CliRunner().invoke(cli.app, [str(word) for word in words])


@pytest.mark.parametrize("command", ["import", "score", "export"])
def test_help_teaches_each_command_by_an_example(command: str) -> None:
    done = invoke(command, "--help")
    assert done.exit_code == 0
    assert f"Examples:\n    maabar {command} " in done.stdout
    assert "--json" in done.stdout


def test_the_help_of_export_says_what_each_column_is() -> None:
    told = invoke("export", "--help").stdout
    columns = ["Day, Date", "CAMP sim", "CAMP data", "CAMP error", *fleeout.TOTALS]
    formats = ["csv", "xlsx", "geojson", "hapi", "hub", "netcdf", "gpkg", "flee", "all"]
    assert re.findall(r"^    (\S.*?)  +\S.*$", told, re.MULTILINE) == [*formats, *columns]


def test_score_prints_what_python_gives(made: "maabar.Run") -> None:
    done = invoke("score", made.path)
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{made.score()}\n", "")


def test_score_answers_machines_with_one_object(made: "maabar.Run") -> None:
    done = invoke("score", made.path, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    expected = json.loads(json.dumps(made.score().to_dict()))
    assert said == {"status": "done", "folder": str(made.path), **expected}
    assert set(said["naive"]) == {"equal", "capacity", "day30", "last"}
    assert set(said["per_place"]) == {"lake", "hill"}
    assert all(0 <= said[key] <= 2 for key in ("ard", "ard_rescaled", "ard_rescaled_observed_dates", "coverage_80"))


def test_score_is_also_written_to_a_file(made: "maabar.Run", tmp_path: pathlib.Path) -> None:
    path = tmp_path / "score.json"
    done = invoke("score", made.path, "--out", path)
    assert done.stdout == f"{made.score()}\n\nscore: {path}\n"
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(invoke("score", made.path, "--json").stdout)


def test_score_into_a_folder_that_is_not_there_is_refused(made: "maabar.Run", tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "nowhere"
    done = invoke("score", made.path, "--out", folder / "score.json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"{folder}: No such file or directory; choose another folder with --out\n"


def test_score_of_a_run_without_reports_is_refused(tmp_path: pathlib.Path) -> None:
    bare = open_country.write(tmp_path / "bare", counts=())
    (bare / "evidence.csv").unlink()
    run = maabar.run(bare, members=1, out=tmp_path / "run")
    done = invoke("score", run.path, "--json")
    message = (
        f"{bare}: found no report that can be laid beside a run, expected at least one; "
        "add counts to evidence.csv, such as people present at a camp in the form exact"
    )
    assert (done.exit_code, done.stderr) == (2, f"{message}\n")
    assert json.loads(done.stdout) == {"status": "error", "exit_code": 2, "message": message, "faults": []}


def test_score_of_a_scenario_edited_since_the_run_is_refused(land: pathlib.Path, tmp_path: pathlib.Path) -> None:
    copy = pathlib.Path(shutil.copytree(land, tmp_path / "land"))
    run = maabar.run(copy, members=1, out=tmp_path / "run")
    with (copy / "evidence.csv").open("a", encoding="utf-8") as file:
        file.write("x,2012-02-01,2012-02-01,2012-02-01,wood,present,exact,0,person,registration,2\n")
    done = invoke("score", run.path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"{run.path}: the scenario {copy} has changed since this run; run it again into another folder\n"
    )


def test_a_run_scores_itself_as_its_dataset_and_scenario_do(made: "maabar.Run") -> None:
    assert made.score() == score.of(made.dataset, made.scenario)
    assert isinstance(made.score(), scorecard.Score)


def test_given_people_are_all_in_camps_or_on_the_way(made: "maabar.Run") -> None:
    table = fleeout.table(made.view("internal"))
    at = table[0].index("total refugees (simulation)")
    assert [int(row[at]) for row in table[1:]] == [200 + 90 * min(day, 30) for day in range(open_country.DAYS)]


def test_export_writes_beside_the_run_and_names_who_is_left_out(made: "maabar.Run") -> None:
    done = invoke("export", made.path, "--format", "flee", "--audience", "internal")
    path = made.path / "flee" / "out.csv"
    assert (done.exit_code, done.stdout) == (0, f"{path}\nwithout counts, so not in it: Wood\n")
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == fleeout.table(made.view("internal"))


def test_export_writes_one_member_where_it_is_told(made: "maabar.Run", tmp_path: pathlib.Path) -> None:
    words = ("--format", "flee", "--audience", "internal", "--member", 4)
    done = invoke("export", made.path, *words, "--out", tmp_path / "four", "--json")
    path = tmp_path / "four" / "out.csv"
    assert json.loads(done.stdout) == {
        "status": "done",
        "folder": str(made.path),
        "format": "flee",
        "audience": "internal",
        "files": [str(path)],
        "left_out": ["Wood"],
    }
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == fleeout.table(made.view("internal"), member=4)


TO_FLEE = ("--format", "flee", "--audience", "internal")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--format", "fle"],
            "--format: found 'fle', expected csv, xlsx, geojson, hapi, hub, netcdf, gpkg, flee or all; "
            "did you mean 'flee'?\n",
        ),
        (
            ["--format", "flee"],
            "--audience: found 'public', expected internal, as Flee's layout has no place for masked counts or a "
            "marking; add --audience internal, or choose another --format\n",
        ),
        (
            ["--audience", "press"],
            "--audience: found 'press', expected public, partner or internal; choose one of these\n",
        ),
        (["--member", "2"], "--member: found with --format csv, expected with flee; leave it out\n"),
        (["--format", "xlsx", "--hxl"], "--hxl: found with --format xlsx, expected with csv or hapi; leave it out\n"),
        ([*TO_FLEE, "--member", "12"], "--member: found '12', expected a whole number from 0 to 11\n"),
        ([*TO_FLEE, "--member", "all"], "--member: found 'all', expected a whole number from 0 to 11\n"),
    ],
)
def test_an_export_that_cannot_be_made_is_refused(made: "maabar.Run", words: list[str], message: str) -> None:
    done = invoke("export", made.path, *words)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", message)


def test_an_export_into_a_file_is_refused(made: "maabar.Run", tmp_path: pathlib.Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("dear")
    with pytest.raises(errors.RunError) as caught:
        made.export(out=taken)
    assert str(caught.value) == (
        f"{taken}: this is a file, or lies below a file, and not a folder; choose another folder with --out"
    )


Note = quirks.Note
NOTES = [
    Note("closures.csv", 3, "'Lusenda', a place", "only the route to it is closed"),
    Note("closures.csv", 5, "'bordr'", "not carried: an unknown type"),
    Note("closures.csv", 9, "'gate'", "not carried: an unknown type"),
    *(Note("conflicts.csv", None, f"a column 'x{at}'", f"left out ({at})") for at in range(20)),
]
CONVERTED = fleein.Notes(
    notes=tuple(NOTES), name="land", places=6, routes=5, camps=3, days=40, people=2700, at_start=200, counts=4
)


@pytest.fixture
def importer(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """An importer that writes the small open country; the calls it got."""
    calls: list[tuple[Any, ...]] = []

    def convert(folder: Any, destination: Any, *, source_data: Any, capacities: str) -> fleein.Notes:
        calls.append((folder, destination, source_data, capacities))
        open_country.write(pathlib.Path(destination))
        return CONVERTED

    monkeypatch.setattr(fleein, "convert", convert)
    return calls


def test_import_tells_what_was_read_differently_in_groups(
    importer: list[tuple[Any, ...]], tmp_path: pathlib.Path
) -> None:
    out = tmp_path / "my land"
    done = invoke("import", "flee", "instance", out)
    assert (done.exit_code, done.stderr) == (0, "")
    assert importer == [(pathlib.Path("instance"), out, None, "listed")]
    assert done.stdout.splitlines() == [
        f"{out}: 6 places (3 camps), 5 routes, 40 days from 2012-01-01",
        "2,700 people set out, 200 are in camps on the first day; 4 counts of camps",
        "  closures.csv:3: 'Lusenda', a place: only the route to it is closed",
        "  closures.csv:5: 'bordr': not carried: an unknown type (and 1 more like it)",
        *(f"  conflicts.csv: a column 'x{at}': left out ({at})" for at in range(18)),
        f"  and 2 more in {out / 'import-notes.csv'}",
        "",
        "Now run it and score it:",
        f"  maabar run '{out}' --out 'runs/my land'",
        "  maabar score 'runs/my land'",
    ]


def test_import_answers_machines_with_every_note(importer: list[tuple[Any, ...]], tmp_path: pathlib.Path) -> None:
    out = tmp_path / "land"
    done = invoke("import", "flee", "i", out, "--source-data", "s", "--capacities", "none", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert importer == [(pathlib.Path("i"), out, pathlib.Path("s"), "none")]
    said = json.loads(done.stdout)
    assert {key: value for key, value in said.items() if key != "notes"} == {
        "status": "done", "folder": str(out), "name": "land", "places": 6, "routes": 5, "camps": 3, "days": 40,
        "people": 2700, "at_start": 200, "counts": 4,
    }  # fmt: skip
    assert len(said["notes"]) == len(NOTES)
    assert said["notes"][0] == {
        "file": "closures.csv",
        "line": 3,
        "found": "'Lusenda', a place",
        "done": "only the route to it is closed",
    }


def test_import_in_python_gives_the_scenario_and_the_notes(
    importer: list[tuple[Any, ...]], tmp_path: pathlib.Path
) -> None:
    made, notes = api.import_flee("instance", tmp_path / "land", capacities="none")
    assert (len(made.places), notes) == (6, CONVERTED)
    assert importer == [(pathlib.Path("instance"), tmp_path / "land", None, "none")]


def test_an_unknown_format_is_refused_before_anything_is_read(
    importer: list[tuple[Any, ...]], tmp_path: pathlib.Path
) -> None:
    done = invoke("import", "flea", "instance", tmp_path / "land")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "FORMAT: found 'flea', expected flee, acled, ucdp, unhcr, dtm or idmc; did you mean 'flee'?\n"
    assert importer == []
