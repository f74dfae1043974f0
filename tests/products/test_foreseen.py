"""The pages of a report on what was learned and what is ahead."""

import dataclasses
import datetime as dt
import html
import pathlib
import re
import shutil

import pytest
from playwright import sync_api

import maabar
from maabar import coarsen, errors, planner, release, report, scenario, situation, skillcard, texts
from maabar.report import foreseen

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ORIGIN = dt.date(2030, 5, 15)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> "maabar.Run":
    """A forecast of the town that `maabar new` writes, with its report."""
    folder = tmp_path_factory.mktemp("foreseen")
    scenario.template(folder / "town")
    run = maabar.load(folder / "town").forecast(ORIGIN, 20, members=60, seed=2, out=folder / "run")
    run.report()
    return run


@pytest.fixture(scope="module")
def text(made: "maabar.Run") -> str:
    return (made.path / "report.html").read_text(encoding="utf-8")


def test_the_page_says_when_knowledge_ends_and_how_far_it_was_tested(text: str) -> None:
    assert "Forecast from what was known on 15 May 2030" in text
    assert "<h2>The next 20 days</h2>" in text
    assert "was tested to 60 days ahead" in text
    assert "is drawn anew for each run" in text


def test_the_planners_numbers_stand_on_the_page(made: "maabar.Run", text: str) -> None:
    ahead = foreseen.ahead(made.view("public"), texts.of("en"))
    assert ahead is not None
    assert len(ahead.numbers) > 5
    for label, median, spread in ahead.numbers:
        assert re.search(rf"<bdi>{re.escape(label)}</bdi></th><td>{re.escape(median.replace('<', '&lt;'))}</td>", text)
        assert spread.replace("<", "&lt;") in text
    assert ahead.rooms == []  # a district has no capacity


def test_partners_see_how_probable_it_is_that_a_camp_overflows(made: "maabar.Run", tmp_path: pathlib.Path) -> None:
    ahead = foreseen.ahead(made.view("partner"), texts.of("en"))
    assert ahead is not None
    assert ahead.rooms
    text = made.report(tmp_path / "report.html", audience="partner").read_text(encoding="utf-8")
    for place, *_ in ahead.rooms:
        assert f"<bdi>{place}</bdi>" in text


def test_what_the_reader_must_know_first_is_said_in_arabic_on_page_and_paper(made: "maabar.Run") -> None:
    """The forecast is beyond the tested horizon, and learned by few members: nobody who reads Arabic may miss it."""
    assert made.calibration is not None
    view = made.view("partner")
    beyond = texts.of("en")("doubt.horizon", days=60)
    about = view.about | {"forecast": view.about["forecast"] | {"notes": [beyond, *view.about["forecast"]["notes"]]}}
    view = dataclasses.replace(view, about=about)
    english, arabic = texts.of("en"), texts.of("ar")
    warnings = made.calibration.account.warnings
    assert warnings
    page = html.unescape(report.render(view, "ar"))
    for said in (*warnings, *made.planner().notes):
        assert arabic.doubt(said) in page
        assert said not in page
    for words in (english, arabic):
        (unknown,) = [one for one in situation.of(view, words.language).sections if one.key == "unknown"]
        assert {words.doubt(said) for said in (beyond, *made.planner().notes)} <= set(unknown.words)


def test_no_chance_is_written_as_certain() -> None:
    assert texts.of("en").chance(0.0) == "below 1 %"
    assert texts.of("en").chance(1.0) == "above 99 %"
    assert texts.of("en").chance(0.124) == "12%"


def test_what_was_learned_is_told_without_what_would_help_a_besieger(made: "maabar.Run", text: str) -> None:
    assert made.calibration is not None
    told = made.calibration.account
    page = foreseen.learned(made.view("public"), texts.of("en"))
    assert page is not None
    assert "<h2>What was learned from the reports</h2>" in text
    shown = {row[0] for row in page.parameters} | set(page.untold)
    assert shown
    assert not any(word in name for name in shown for word in coarsen.PRIVATE)
    assert {one.name for one in told.parameters} - shown == {
        one.name for one in told.parameters if any(word in one.name for word in coarsen.PRIVATE)
    }


def test_without_a_hindcast_the_page_says_that_nothing_was_tested_here(text: str) -> None:
    assert "Not tested here." in text
    assert "maabar report RUN --hindcast DIR" in text


def test_a_hindcast_gives_the_page_its_table_of_skill(made: "maabar.Run", tmp_path: pathlib.Path) -> None:
    rows = tuple(
        skillcard.Row(name, label, "person", (1, 7), 12, 4, 900.0, 1.0, {"80": 0.75}, (1,) * 10, None, {})
        for name, label in (("inside", "People under siege"), ("departures", "People setting out"))
    )
    beside = release.Beside(skill=skillcard.Skill("town", rows, {}))
    for audience, shown in (("public", False), ("internal", True)):
        view = release.view(made.dataset, made.scenario, made.manifest, audience, home=tmp_path, beside=beside)
        told = report.render(view)
        assert "People under siege" in told.partition('id="skill"')[2]
        assert ("People setting out" in told.partition('id="skill"')[2]) is shown


def test_a_folder_without_a_hindcast_is_refused(made: "maabar.Run", tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.RunError, match=r"hindcast\.json: cannot be read|cannot be read"):
        made.report(tmp_path / "report.html", hindcast=tmp_path / "nothing")


def test_a_plain_run_has_none_of_these_pages(tmp_path: pathlib.Path) -> None:
    scenario.template(tmp_path / "town")
    run = maabar.load(tmp_path / "town").run(members=12, out=tmp_path / "run")
    page = run.report().read_text(encoding="utf-8")
    for words in ("The next", "What was learned", "How such forecasts did", "known until here"):
        assert words not in page


def test_the_page_renders_with_its_new_charts_and_complains_of_nothing(made: "maabar.Run") -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    complaints: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for width in (380, 1280):
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda fault: complaints.append(str(fault)))
            page.goto((made.path / "report.html").as_uri())
            page.wait_for_selector("html[data-drawn=yes]", timeout=60_000)
            page.locator("#learned .chart").scroll_into_view_if_needed()
            page.wait_for_selector("#learned .chart svg.main-svg", timeout=30_000)
            assert page.evaluate("document.documentElement.scrollWidth") <= width + 1
            assert page.locator("#ahead table").count() == 1
        browser.close()
    assert complaints == []


def test_the_line_where_knowledge_ends_is_on_the_fans(made: "maabar.Run") -> None:
    from maabar import figures

    figure = figures.fan(made.view("internal"), "inside", "town")
    assert [shape.x0 for shape in figure.layout.shapes] == [ORIGIN.isoformat()]
    assert any(note.text == "known until here" for note in figure.layout.annotations)
    assert planner.WITHIN[0] == 3
