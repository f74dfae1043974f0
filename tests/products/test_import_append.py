"""Appending imported rows to a scenario: all or nothing, what is there stays, and what has changed corrects."""

import dataclasses
import errno
import pathlib
import typing

import pytest

import exports
from exports import strikes
from maabar import api, errors, scenario, storage
from maabar.formats import appending, importing

APPEND = importing.Wishes(append=True)


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    return exports.town(tmp_path)


def append(root: pathlib.Path, source: str, content: str, wishes: importing.Wishes = APPEND) -> importing.Notes:
    return importing.convert(source, exports.put(root.parent, content), root, None, wishes)


def contents(root: pathlib.Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()}


def test_without_append_a_scenario_gets_a_folder_and_keeps_its_tables(root: pathlib.Path) -> None:
    before = contents(root)
    for name in ("imported-acled", "imported-acled-2"):
        notes = append(root, "acled", strikes({}), importing.Wishes())
        assert (notes.folder, notes.appended) == (str(root / name), False)
        assert sorted(path.name for path in (root / name).iterdir()) == [
            "events.csv", "evidence.csv", "import-notes.csv", "import-rows.csv", "sources.csv",
        ]  # fmt: skip
    assert contents(root) == before
    scenario.load(root)


def test_appended_rows_stand_under_those_that_are_there(root: pathlib.Path) -> None:
    before = scenario.load(root)
    lines = (root / "evidence.csv").read_text(encoding="utf-8").splitlines()
    append(root, "acled", strikes({}))
    after = scenario.load(root)
    kept = [dataclasses.replace(event, extra={}) for event in after.events[: len(before.events)]]
    assert kept == list(before.events)
    assert [report.id for report in after.reports] == [
        *(report.id for report in before.reports),
        "acled-killed-2030-03",
        "acled-killed-strike-2030-03",
    ]
    assert after.sources[-1].id == "acled"
    assert after.reports[-1].extra["geo_precision"] == "1"
    new = (root / "evidence.csv").read_text(encoding="utf-8").splitlines()
    assert new[1 : len(lines)] == lines[1:]


def test_the_mark_line_ends_tags_and_columns_of_the_user_stay(root: pathlib.Path) -> None:
    path = root / "events.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    kept = [head.upper() + ",Mine", "#date,#date,#x,#x,#x,#x,#x,#x", *(f"{row},ملاحظة" for row in rows)]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*kept, ""]).encode())
    append(root, "acled", strikes({}))
    content = path.read_bytes()
    assert content.startswith(
        b"\xef\xbb\xbfFROM,UNTIL,KIND,TARGET,VALUE,SOURCE,NOTE,Mine,geo_precision,time_precision\r\n#date"
    )
    assert content.decode("utf-8-sig").splitlines()[2] == kept[2]
    assert content.count(b"\n") == content.count(b"\r\n")
    assert scenario.load(root).events[-1].kind == "strikes"


def test_the_same_export_again_adds_nothing(root: pathlib.Path) -> None:
    append(root, "acled", strikes({}))
    before = contents(root)
    append(root, "acled", strikes({}))
    assert contents(root) == before


def test_a_newer_export_corrects_reports_and_its_events_hold(root: pathlib.Path) -> None:
    append(root, "acled", strikes({}))
    append(root, "acled", strikes({}, {"fatalities": "5"}))
    append(root, "acled", strikes({}, {"fatalities": "6"}))
    facts = scenario.load(root)
    corrected = {report.id: report.corrects for report in facts.reports if report.quantity == "killed"}
    assert corrected == {
        "acled-killed-2030-03": "",
        "acled-killed-2030-03-v2": "acled-killed-2030-03",
        "acled-killed-2030-03-v3": "acled-killed-2030-03-v2",
    }
    assert [event.value for event in facts.events if event.source == "acled"] == [1.0, 2.0]
    from maabar import world

    assert world.compile(facts).forcing.strikes[3].sum() == pytest.approx(2.0)


def test_a_scenario_without_tables_of_evidence_gets_them(root: pathlib.Path) -> None:
    for name in ("evidence.csv", "sources.csv", "events.csv"):
        (root / name).unlink()
    append(root, "acled", strikes({}))
    assert len(scenario.load(root).reports) == 2


def test_a_full_disk_leaves_the_scenario_as_it_was(root: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, write = contents(root), storage.write

    def full(path: pathlib.Path, content: bytes) -> None:
        if path == root / "events.csv":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content)

    monkeypatch.setattr(storage, "write", full)
    with pytest.raises(errors.RunError) as caught:
        append(root, "acled", strikes({}))
    assert (
        str(caught.value) == f"{root}: the disk is full; free some space or choose a folder on another disk with --out"
    )
    assert contents(root) == before


def test_rows_that_would_not_pass_a_check_are_never_written(
    root: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: typing.Any) -> dict[str, str]:
        return {"events.csv": "from,kind,target\n2030-03-01,strikes,nowhere\n"}

    before = contents(root)
    monkeypatch.setattr(appending, "extended", wrong)
    with pytest.raises(errors.MaabarError) as caught:
        append(root, "acled", strikes({}))
    assert str(caught.value).startswith(
        "my-town: found rows that do not pass its check, expected none; please report it: my-town/"
    )
    assert contents(root) == before
    assert not list(root.glob("imported*"))


def test_a_scenario_with_rows_of_every_source_is_checked_run_and_scored(root: pathlib.Path) -> None:
    examples = pathlib.Path(__file__).resolve().parents[2] / "examples" / "imports"
    wishes: dict[str, dict[str, typing.Any]] = {
        "acled.csv": {}, "ucdp.csv": {}, "unhcr-camp.csv": {"place": "north-camp"},
        "dtm-sites.csv": {"date": exports.day("2030-05-02")}, "idmc.csv": {},
    }  # fmt: skip
    for name, wish in wishes.items():
        source = name.removesuffix(".csv").partition("-")[0]
        importing.convert(source, examples / name, root, None, importing.Wishes(append=True, **wish))
    loaded = api.load(root)
    assert loaded.problems == ()
    made = loaded.run(members=4, seed=1, out=root.parent / "run")
    assert made.manifest["conserved"]
    assert {report.source for report in loaded.reports} >= {"acled", "ucdp", "unhcr", "dtm", "idmc-updates"}
    assert made.score().to_dict()


def test_python_imports_rows_by_the_same_names(root: pathlib.Path) -> None:
    path = exports.put(root.parent, strikes({}))
    notes = api.import_rows("acled", path, root.parent / "rows", into=root, last="2030-03-10", within=5)
    assert (notes.events, notes.reports, notes.rows) == (1, 2, 1)
    with pytest.raises(errors.RunError) as caught:
        api.import_rows("acled", path, root.parent / "rows", into=root, first="10 March")
    assert str(caught.value) == "--from: found '10 March', expected a date; write year-month-day"
    with pytest.raises(errors.RunError) as caught:
        api.import_rows("aclde", path, root.parent / "rows", into=root)
    assert (
        str(caught.value)
        == "FORMAT: found 'aclde', expected flee, acled, ucdp, unhcr, dtm or idmc; did you mean 'acled'?"
    )
