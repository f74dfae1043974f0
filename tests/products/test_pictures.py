"""Charts as files: the numbers of the report, every quantity, the marking, and clear refusals."""

import datetime as dt
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
import typer.testing

import maabar
import synthetic
from maabar import cli, errors, figures, pictures, quantities, release, scenario

FACTS = synthetic.siege()
RUN = synthetic.dataset(FACTS, 40)
TODAY = FACTS.end + dt.timedelta(days=400)
VIEWS = {name: synthetic.view(FACTS, RUN, name, today=TODAY) for name in ("public", "partner", "internal")}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> "maabar.Run":
    folder = tmp_path_factory.mktemp("pictures")
    scenario.template(folder / "town")
    return maabar.load(folder / "town").run(members=12, seed=1, what_ifs=False, out=folder / "run")


@pytest.mark.parametrize("reader", list(VIEWS))
def test_every_quantity_that_an_audience_sees_can_be_drawn(reader: str) -> None:
    view = VIEWS[reader]
    routes = set(view.dataset["route"].values.tolist()) if "route" in view.dataset.dims else set()
    seen = {name: place for name, place in view.cells() if place not in routes}
    assert len(seen) >= 10
    for name, place in seen.items():
        assert pictures.content(view, name, place, "png").startswith(PNG)


def test_the_lines_of_a_drawing_are_the_quantiles_of_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import axes

    drawn: list[tuple[Any, ...]] = []
    filled: list[tuple[Any, ...]] = []
    plot, fill = axes.Axes.plot, axes.Axes.fill_between
    monkeypatch.setattr(axes.Axes, "plot", lambda self, *a, **k: (drawn.append(a), plot(self, *a, **k))[1])
    monkeypatch.setattr(axes.Axes, "fill_between", lambda self, *a, **k: (filled.append(a), fill(self, *a, **k))[1])
    pictures.content(VIEWS["partner"], "inside", "*", "png")
    fan = figures.fan_of(VIEWS["partner"], "inside")
    low, low50, median, high50, high = fan.spread.values
    assert np.array_equal(drawn[0][1], median)
    assert np.array_equal(filled[0][1], low)
    assert np.array_equal(filled[0][2], high)
    assert np.array_equal(filled[1][1], low50)
    assert np.array_equal(filled[1][2], high50)


def test_reports_stand_on_the_picture_by_grade() -> None:
    facts = synthetic.reports(
        FACTS,
        {"quantity": "inside", "place": "town", "form": "range", "low": 9000, "high": 20000},
        {"quantity": "inside", "place": "town", "form": "at_least", "best": 8000},
    )
    with_reports = pictures.content(synthetic.view(facts, RUN, "internal", today=TODAY), "inside", "town", "svg")
    without = pictures.content(VIEWS["internal"], "inside", "town", "svg")
    colours = {colour.lower() for colour, _ in figures.GRADES.values()}
    found = set(re.findall(rb"#[0-9a-f]{6}", with_reports)) - set(re.findall(rb"#[0-9a-f]{6}", without))
    assert {one.decode() for one in found} & colours


@pytest.mark.parametrize("form", pictures.FORMS)
@pytest.mark.parametrize("reader", list(VIEWS))
def test_each_picture_is_what_it_says_with_the_marking_in_it(
    reader: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib import figure

    said: list[str] = []
    label = figure.Figure.supxlabel
    monkeypatch.setattr(
        figure.Figure, "supxlabel", lambda self, text, **more: (said.append(text), label(self, text, **more))[1]
    )
    view = VIEWS[reader]
    content = pictures.content(view, "inside", "*", form)
    if form == "html":
        text = content.decode()
        assert json.dumps(view.marking)[1:-1].replace("<", "\\u003c") in text or view.marking in text
        assert "https://cdn" not in text.partition("<body>")[2].partition("plotly.js v")[0]
        return
    assert view.marking in said[0]
    assert content.startswith(PNG if form == "png" else b"<?xml")
    if form == "svg":
        assert ET.fromstring(content).tag.endswith("svg")


def test_the_same_run_gives_the_same_picture() -> None:
    for form in pictures.FORMS[:2]:
        assert pictures.content(VIEWS["public"], "inside", "*", form) == pictures.content(
            VIEWS["public"], "inside", "*", form
        )


def test_a_quantity_that_the_audience_does_not_see_is_refused() -> None:
    for name in ("price", "guides", "fighters"):
        with pytest.raises(errors.RunError, match="which the audience public does not see"):
            pictures.content(VIEWS["public"], name)
    assert pictures.content(VIEWS["internal"], "price").startswith(PNG)


def test_unknown_words_are_refused_with_those_that_are_there() -> None:
    with pytest.raises(errors.InputError, match="did you mean 'inside'"):
        pictures.content(VIEWS["public"], "insid")
    with pytest.raises(errors.InputError, match="place"):
        pictures.content(VIEWS["public"], "present", "old-town")
    with pytest.raises(errors.RunError, match=r"expected a name in png, svg or html"):
        pictures.form_of(pathlib.Path("x.gif"))


def test_without_matplotlib_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(errors.RunError, match=r"pip install 'maabar\[plot\]'"):
        pictures.content(VIEWS["public"], "inside")
    assert pictures.content(VIEWS["public"], "inside", "*", "html").lower().startswith(b"<!doctype html>")


def test_the_command_and_python_write_and_note_it(made: "maabar.Run", tmp_path: pathlib.Path) -> None:
    run = typer.testing.CliRunner().invoke
    done = run(cli.app, ["plot", str(made.path), "inside"])
    path = made.path / "plots" / "inside.png"
    assert (done.exit_code, done.stdout) == (0, f"picture: {path}\n")
    assert path.read_bytes().startswith(PNG)
    out = tmp_path / "new" / "north.svg"
    done = run(
        cli.app, ["plot", str(made.path), "present/north-camp", "--audience", "partner", "--out", str(out), "--json"]
    )
    assert json.loads(done.stdout)["picture"] == str(out)
    assert made.picture("killed:mine", audience="internal").name == "killed-mine-internal.png"
    products = [(entry["product"], entry["audience"]) for entry in release.releases(made.path)]
    assert products[-3:] == [("plot", "public"), ("plot", "partner"), ("plot", "internal")]
    done = run(cli.app, ["plot", str(made.path), "price"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "does not see" in done.stderr


def test_all_quantities_have_a_variable_or_are_told_to_have_none() -> None:
    for name, row in quantities.QUANTITIES.items():
        if not row.variable:
            with pytest.raises(errors.InputError):
                pictures.content(VIEWS["internal"], name)
