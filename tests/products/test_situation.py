"""The situation report: its numbers are those of the view, its pages few, marked, and in the reader's direction."""

import datetime as dt
import io
import json
import pathlib
import re
import shutil
import sys

import numpy as np
import pypdf
import pytest
from playwright import sync_api

import maabar
import synthetic
from maabar import errors, observe, planner, release, scenario, situation, spoken, texts
from maabar.formats import pdfout
from maabar.report import sheet

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FACTS = synthetic.siege()
RUN = synthetic.dataset(FACTS, 40)
TODAY = FACTS.end + dt.timedelta(days=400)
EVENING = FACTS.start + dt.timedelta(days=60)
AUDIENCES = ("public", "partner", "internal")


def view(audience: str = "partner", members: int = 40) -> release.View:
    return synthetic.view(FACTS, RUN.isel(member=slice(members)), audience, today=TODAY)


def of(audience: str = "partner", language: str = "en", on: dt.date | None = EVENING) -> situation.Situation:
    return situation.of(view(audience), language, on)


def section(told: situation.Situation, key: str) -> situation.Section:
    return next(one for one in told.sections if one.key == key)


def plain(text: str) -> str:
    return text.replace("\u2066", "").replace("\u2069", "")


@pytest.fixture(scope="module")
def forecast(tmp_path_factory: pytest.TempPathFactory) -> "maabar.Run":
    folder = tmp_path_factory.mktemp("situation")
    scenario.template(folder / "town")
    return maabar.load(folder / "town").forecast(dt.date(2030, 5, 15), 30, members=60, seed=2, out=folder / "run")


# Numbers


@pytest.mark.parametrize("audience", AUDIENCES)
def test_key_figures_are_the_quantiles_of_the_view(audience: str) -> None:
    seen, told = view(audience), of(audience)
    inside = seen.series("inside", "*")[:, 60]
    assert told.cards[0].label == "people under siege"
    assert told.cards[0].median == seen.printed(float(np.median(inside)), "person")
    low, high = (seen.printed(float(np.quantile(inside, level)), "person") for level in (0.1, 0.9))
    assert told.cards[0].interval == f"{low} to {high}".replace(f"<{seen.least}", f"below {seen.least}")
    assert any("price" in card.label for card in told.cards) is (audience != "public")


@pytest.mark.parametrize("audience", AUDIENCES)
def test_arrivals_stand_by_day_and_place_and_add_up_to_the_sums_of_members(audience: str) -> None:
    seen = view(audience)
    table = section(of(audience), "arrivals").tables[0]
    assert table.title == "The next 14 days"
    assert [row[0] for row in table.rows] == [
        *(texts.of("en").date(EVENING + dt.timedelta(days=day), is_short=True) for day in range(1, 15)), "all days",
    ]  # fmt: skip
    everywhere = seen.series("arrivals", "*")[:, 61:75]
    for row, members in zip(table.rows, [*everywhere.T, everywhere.sum(axis=1)], strict=True):
        assert row[-1].startswith(seen.printed(float(np.median(members)), "person").replace("<", "below "))


def test_needs_are_sphere_minimums_of_the_people_told() -> None:
    seen = view()
    table = section(of(), "needs").tables[0]
    people = sum(seen.series("present", place)[:, 74] for place in spoken.settling(seen))
    median = seen.rounded(float(np.median(people)), "person")
    assert median is not None
    found = dict(zip(table.head, table.rows[-1], strict=True))
    need = situation.minimums()
    assert need["water"].needed(1000) == 15.0
    assert need["shelter"].needed(1000) == 3500.0
    assert (need["toilets"].needed(21), need["toilets_first"].needed(51), need["taps"].needed(251)) == (2, 2, 2)
    for head, needed in (("Toilets", median / 20), ("Taps", median / 250), ("Toilets, first phase", median / 50)):
        assert found[head].startswith(f"{observe.rounded(float(np.ceil(needed)))} (")
    assert found["Covered living space, m²"].startswith(f"{observe.rounded(3.5 * median)} (")
    assert found["Water, m³ a day"].startswith(f"{observe.rounded(0.015 * median)} (")
    assert found["people, 14 May"].startswith(f"{median:,.0f}")
    assert "Sphere Handbook 2018" in table.note
    assert all("Sphere Handbook 2018" in one.source and one.standard for one in need.values())


def test_what_changed_is_the_middle_of_paired_differences() -> None:
    seen = view()
    row = section(of(), "changes").tables[0].rows[0]
    inside = seen.series("inside", "*")
    change = float(np.median(inside[:, 60] - inside[:, 53]))
    assert row[0] == "People under siege"
    assert row[3] == f"{'+' if change > 0 else '−'}{seen.printed(abs(change), 'person')}"


def test_the_first_fortnight_has_no_week_to_compare_with() -> None:
    assert section(of(on=FACTS.start + dt.timedelta(days=3)), "changes").tables == ()


def test_on_the_last_day_the_table_is_of_the_days_before() -> None:
    told = of(on=None)
    assert "14 days up to" in section(told, "arrivals").tables[0].title
    assert section(told, "arrivals").words == ("No place that this audience sees has a known capacity.",)


def test_a_forecast_tells_how_probable_it_is_that_a_camp_overflows(forecast: "maabar.Run") -> None:
    told = situation.of(forecast.view("partner"))
    assert "Forecast from what was reported by 15 May 2030" in told.subtitle[1]
    rooms = section(told, "arrivals").tables[1]
    assert rooms.title == "Probability that people are more than the capacity"
    expected = {room.name: room for room in forecast.planner().rooms}
    for row in rooms.rows:
        for days, cell in zip(planner.WITHIN, row[3:], strict=True):
            chance = expected[row[0]].within[days]
            told_chance = 0.005 if cell == "below 1 %" else 0.995 if cell == "above 99 %" else float(cell[:-1]) / 100
            assert abs(chance - told_chance) <= 0.03  # counts are told in steps of five
    assert "learned from reports" in " ".join(section(told, "unknown").words)


@pytest.mark.parametrize("audience", AUDIENCES)
def test_page_pdf_and_dictionary_say_the_same_numbers(audience: str) -> None:
    told = of(audience)
    page = sheet.render(told)
    paper = " ".join("".join(page.extract_text() for page in pdfout_of(told).pages).split())
    said = json.dumps(told.to_dict(), ensure_ascii=False)
    for card in told.cards:
        for number in re.findall(r"\d[\d,]*", f"{card.median} {card.interval}"):
            assert number in page
            assert number in paper
            assert number in said
    for row in section(told, "arrivals").tables[0].rows:
        assert row[-1].split(" ")[0] in paper


# Pages


def pdfout_of(told: situation.Situation) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdfout.content(told)))


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("audience", AUDIENCES)
def test_raqqa_is_told_on_two_to_four_pages_with_a_marking_on_each(audience: str, language: str) -> None:
    facts = scenario.load("raqqa-2017")
    seen = synthetic.view(facts, synthetic.dataset(facts, 12), audience, today=facts.end + dt.timedelta(days=400))
    told = situation.of(seen, language, dt.date(2017, 6, 30))
    pages = pdfout_of(told).pages
    assert 2 <= len(pages) <= 4
    for page in pages:
        words = page.extract_text()
        assert {"public": "Public:", "partner": "PARTNER:", "internal": "INTERNAL:"}[
            audience
        ] in words or language == "ar"
    assert sheet.render(told).count(told.marking.replace("<", "&lt;")) == 2
    assert {len(one) > 0 for one in pdfout.pages(told)} == {True}


def test_arabic_pages_run_from_right_to_left_with_arabic_names_and_months() -> None:
    told = of("partner", "ar")
    page = sheet.render(told)
    assert '<html lang="ar" dir="rtl">' in page
    assert "المخيم الشمالي" in page
    assert "أيار" in plain(" ".join(told.subtitle) + " ".join(row[0] for row in told.sections[1].tables[0].rows))
    english = sheet.render(of())
    for word in re.findall(r"<h2[^>]*>([^<]+)<", english):
        assert f">{word}<" not in page
    assert {plain(cell) for one in of().cards for cell in (one.median,)} == {
        plain(cell) for one in told.cards for cell in (one.median,)
    }


def test_both_fonts_are_in_the_arabic_paper_and_all_of_its_letters() -> None:
    reader = pdfout_of(of("partner", "ar"))
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }
    assert any("NotoNaskhArabic" in name for name in fonts)
    assert any("Libertinus" in name for name in fonts)


def test_hostile_words_stay_words() -> None:
    import dataclasses

    hostile = '<script>alert(1)</script> #import "x" $x$ *b* [a] @y'
    facts = dataclasses.replace(FACTS, title=hostile, limits=(hostile,))
    told = situation.of(synthetic.view(facts, RUN, "internal", today=TODAY), "en", EVENING)
    assert "<script>" not in sheet.render(told)
    text = " ".join("".join(page.extract_text() for page in pdfout_of(told).pages).split())
    assert "#import" in text
    assert "*b*" in text


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [380, 1280])
def test_the_page_fits_its_screen_and_asks_for_nothing(tmp_path: pathlib.Path, language: str, width: int) -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    path = sheet.write(view(), of("partner", language), tmp_path / "situation.html")
    said: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: said.append(request.url))
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width + 1
        assert page.locator("svg circle").count() > 3
        browser.close()
    assert said == [path.as_uri()]


# Doors and refusals


def test_files_are_named_for_audience_and_language_and_noted(forecast: "maabar.Run", tmp_path: pathlib.Path) -> None:
    made = forecast.situation(tmp_path, audience="partner", lang="ar", pdf=True)
    assert [path.name for path in made] == ["situation-partner-ar.html", "situation-partner-ar.pdf"]
    assert made[1].read_bytes().startswith(b"%PDF")
    assert forecast.situation(tmp_path)[0].name == "situation.html"
    noted = [entry["file"] for entry in release.releases(forecast.path)]
    assert {str(path) for path in made} <= set(noted)


def test_the_same_run_gives_the_same_paper() -> None:
    assert pdfout.content(of()) == pdfout.content(of())


def test_a_day_that_the_run_has_not_is_refused() -> None:
    with pytest.raises(errors.RunError) as caught:
        of(on=dt.date(2040, 1, 1))
    assert str(caught.value) == (
        f"--on: found 2040-01-01, expected a day of the run, {FACTS.start} to {FACTS.end}; choose one of these"
    )


def test_without_typst_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(errors.RunError, match=r"pip install 'maabar\[pdf\]'"):
        pdfout.content(of())


def test_without_the_font_the_cure_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setattr(pdfout, "FONTS", tmp_path)
    with pytest.raises(errors.RunError, match="expected the font that comes with maabar; install maabar again"):
        pdfout.content(of())


def test_a_run_of_few_members_says_what_its_range_is() -> None:
    told = situation.of(view(members=4), "en", EVENING)
    assert told.cards_note == "Large: the middle of 4 runs. Small: lowest to highest of 4 runs."


def test_an_open_conflict_has_a_situation_too() -> None:
    facts = synthetic.open_network()
    told = situation.of(synthetic.view(facts, synthetic.dataset(facts, 12), "partner", today=TODAY))
    assert "people under siege" not in [card.label for card in told.cards]
    assert sheet.render(told)
    assert 2 <= len(pdfout_of(told).pages) <= 4
