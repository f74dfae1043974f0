"""The command import for exports: what it says to people and machines, and what it refuses."""
# ruff: noqa: E501 - a row and a message are one line

import json
import pathlib
from typing import Any

import pytest
import typer.testing

import exports
from exports import strikes
from maabar import cli

TERMS = (
    "ACLED's terms forbid passing its rows on, raw or lightly changed: keep this folder within your team, and cite ACLED with "
    "the day of your download."
)


@pytest.fixture
def file(tmp_path: pathlib.Path) -> pathlib.Path:
    exports.town(tmp_path)
    return exports.put(tmp_path, strikes({}, {}, {"geo_precision": "3"}, {"geo_precision": "3"}))


def invoke(*words: object) -> Any:
    return typer.testing.CliRunner().invoke(cli.app, ["import", *(str(word) for word in words)])


def test_people_are_told_what_was_made_what_was_left_out_and_on_which_terms(file: pathlib.Path) -> None:
    out = file.parent / "rows"
    done = invoke("acled", file, out, "--into", file.parent / "my-town")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "ACLED events: 1 event and 2 reports, from 2 of 4 rows",
        f"written to {out}",
        "  my-town/events.csv:4: strikes at town, of which the import has 1 days too: "
        "the imported row holds on its day, as the later one; strikes of a zone and of its homes add up",
        f"  {file.parent.name}/export.csv:4: XTS3 at 'Zahrat al-Wadi': left out: only its region is known (geo_precision 3) "
        "(and 1 more like it)",
        "",
        TERMS,
        "",
        "Look through the rows; then append them to the tables of your scenario, or let --append do it.",
    ]


def test_an_appended_import_says_so_and_how_to_check(file: pathlib.Path) -> None:
    root = file.parent / "my-town"
    done = invoke("acled", file, root, "--append", "--within", "5", "--from", "2030-03-01", "--until", "2030-03-31")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-2:] == ["Appended to my-town, which has no fault.", f"  maabar check {root}"]


def test_machines_are_told_the_same_as_one_object(file: pathlib.Path) -> None:
    out = file.parent / "rows"
    done = invoke("acled", file, out, "--into", file.parent / "my-town", "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, len(said.pop("notes"))) == (0, 3)
    assert said == {
        "status": "done", "source": "acled", "title": "ACLED events", "folder": str(out), "scenario": "my-town", "rows": 4,
        "used": 2, "events": 1, "reports": 2, "appended": False, "terms": TERMS.removesuffix("."),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("acled", "f", "o", "--capacities", "none"),
            "--capacities: found with acled, expected with flee only; leave it out",
        ),
        (
            ("flee", "f", "o", "--from", "2030-01-01"),
            "--from: found with flee, expected with acled, ucdp, unhcr, dtm and idmc only; leave it out",
        ),
        (
            ("flee", "f", "o", "--append"),
            "--append: found with flee, expected with acled, ucdp, unhcr, dtm and idmc only; leave it out",
        ),
        (
            ("ucdp", "f", "o", "--into", "raqqa-2017", "--until", "1/2/2017"),
            "--until: found '1/2/2017', expected a date; write year-month-day: 2017-01-02 or 2017-02-01",
        ),
    ],
)
def test_options_that_do_not_belong_together_are_refused(words: tuple[str, ...], message: str) -> None:
    done = invoke(*words)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"{message}\n")


def test_a_shipped_scenario_gives_its_places_by_name(tmp_path: pathlib.Path) -> None:
    change = {"event_date": "2017-06-20", "latitude": "35.95", "longitude": "39.01"}
    done = invoke("acled", exports.put(tmp_path, strikes(change)), tmp_path / "rows", "--into", "raqqa-2017", "--json")
    assert done.exit_code == 0
    assert (
        (tmp_path / "rows" / "events.csv")
        .read_text(encoding="utf-8")
        .splitlines()[1]
        .startswith("2017-06-20,2017-06-20,strikes,city,1,acled,")
    )
