"""The page, opened in a browser as a reader would: it renders, moves, fits, prints, and asks for nothing."""

import dataclasses
import datetime as dt
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from playwright import sync_api

import synthetic
from maabar import errors, observe, parameters, release, report, scenario, texts
from maabar.report import maps, panels, tables

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
ENGLISH = texts.of("en")
HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclasses.dataclass
class Opened:
    """A page with everything it said and asked for."""

    page: sync_api.Page
    complaints: list[str]
    requests: list[str]


def write(
    path: Path,
    facts: scenario.Scenario,
    members: int = 20,
    *,
    with_whatifs: bool = True,
    run: xr.Dataset | None = None,
    audience: str = "public",
    lang: str = "en",
) -> Path:
    run = synthetic.dataset(facts, members) if run is None else run
    today = facts.end + dt.timedelta(days=365)
    return report.write(synthetic.view(facts, run, audience, with_whatifs=with_whatifs, today=today), path, lang=lang)


def visit(browser: sync_api.Browser, path: Path, width: int = 1280) -> Opened:
    page = browser.new_page(viewport={"width": width, "height": 900})
    opened = Opened(page, [], [])
    page.on("console", lambda message: opened.complaints.append(message.text))
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    page.on("request", lambda request: opened.requests.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-drawn=yes]", timeout=60_000)
    return opened


@pytest.fixture(scope="module")
def siege_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("page") / "report.html", synthetic.siege())


@pytest.fixture(scope="module")
def siege(browser: sync_api.Browser, siege_page: Path) -> Opened:
    return visit(browser, siege_page)


def test_the_page_renders_every_chart_and_complains_of_nothing(siege: Opened) -> None:
    charts = siege.page.locator(".chart")
    assert charts.count() > 10
    assert siege.page.locator(".chart .main-svg").count() >= charts.count()
    assert siege.complaints == []


def test_no_request_leaves_the_page(siege: Opened, siege_page: Path) -> None:
    assert [url for url in siege.requests if not url.startswith("data:")] == [siege_page.as_uri()]


def test_the_policy_of_the_page_forbids_requests(browser: sync_api.Browser, siege_page: Path) -> None:
    opened = visit(browser, siege_page)
    refused = opened.page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.name)")
    assert refused == "TypeError"
    assert "Content Security Policy" in " ".join(opened.complaints)
    opened.page.close()


@pytest.fixture(scope="module")
def arabic(browser: sync_api.Browser, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    page = write(tmp_path_factory.mktemp("arabic") / "report.html", synthetic.siege(), audience="partner", lang="ar")
    return visit(browser, page)


def test_the_arabic_page_runs_from_right_to_left_and_complains_of_nothing(arabic: Opened) -> None:
    page = arabic.page
    assert page.evaluate("[document.documentElement.lang, getComputedStyle(document.body).direction]") == ["ar", "rtl"]
    assert page.locator(".chart .main-svg").count() >= page.locator(".chart").count() > 10
    assert arabic.complaints == []
    assert len(arabic.requests) - sum(url.startswith("data:") for url in arabic.requests) == 1
    assert texts.of("ar")("audience.partner") in page.content()


def test_the_arabic_page_has_only_names_from_the_files_in_latin_letters(arabic: Opened) -> None:
    """What a reader sees with everything opened, less what a scenario and its reports say themselves."""
    arabic.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    facts = synthetic.siege()
    named = [one.name for one in (*facts.places, *facts.zones, *facts.rivers, *facts.sources)]
    said = [facts.name, facts.title, facts.summary, facts.currency, *facts.limits, *(one.url for one in facts.sources)]
    said += [text for one in facts.variants for text in (one.title, one.rationale)]
    said += [one.id for one in (*facts.places, *facts.routes, *facts.reports)]
    said += [text for one in facts.sources for text in (one.id, one.kind, one.interest)]
    said += [text for name, one in facts.parameters().items() for text in (name, one.unit, one.source, one.note)]
    known = set(re.findall("[a-z]+", " ".join([*named, *said]).casefold()))
    seen = set(re.findall(r"\b[a-z]{3,}\b", arabic.page.locator("body").inner_text().casefold()))
    assert len(seen) > 20
    assert seen - known <= {"maabar", "python", *parameters.FAMILIES}


def test_the_arabic_page_says_the_numbers_and_months_of_the_english_one(
    browser: sync_api.Browser, arabic: Opened, tmp_path: Path
) -> None:
    english = visit(browser, write(tmp_path / "report.html", synthetic.siege(), audience="partner"))
    cards = [
        re.findall(r"\d[\d,.]*", " ".join(one.page.locator(".cards li").all_inner_texts())) for one in (english, arabic)
    ]
    assert cards[0] == cards[1]
    assert len(cards[0]) > 10
    ticks = arabic.page.locator(".chart .xtick text").all_text_contents()
    assert any(month in tick for month in texts.of("ar").months() for tick in ticks)
    assert not any(month in tick for month in ENGLISH.months() for tick in ticks)
    english.page.close()


@pytest.mark.parametrize("width", [390, 820])
def test_the_arabic_page_fits_the_width(arabic: Opened, width: int) -> None:
    arabic.page.set_viewport_size({"width": width, "height": 844})
    arabic.page.wait_for_timeout(500)
    assert arabic.page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_a_scenario_says_in_arabic_stands_on_the_arabic_page_in_its_direction(
    browser: sync_api.Browser, tmp_path: Path
) -> None:
    facts = dataclasses.replace(
        synthetic.siege(), limits=("One thing.",), limits_ar=("أمر واحد.",), summary="A town.", summary_ar="بلدة."
    )
    facts = dataclasses.replace(
        facts, variants=tuple(dataclasses.replace(one, title_ar=f"افتراض {one.name}") for one in facts.variants)
    )
    page = visit(browser, write(tmp_path / "report.html", facts, lang="ar")).page
    whole = page.locator("body").inner_text()
    assert "One thing." not in whole
    assert "A town." not in whole
    assert facts.variants[0].title not in whole
    assert facts.variants[0].title_ar in whole
    for text in ("أمر واحد.", "بلدة."):
        assert page.get_by_text(text).first.evaluate("one => getComputedStyle(one).direction") == "rtl"
    page.close()


def radii(page: sync_api.Page) -> list[str]:
    return page.eval_on_selector_all("#map-canvas circle", "all => all.map(one => one.getAttribute('r'))")


def test_the_slider_moves_the_map_its_date_and_its_list(siege: Opened) -> None:
    before = radii(siege.page), siege.page.text_content("#date"), siege.page.text_content("#people")
    siege.page.locator("#day").fill("100")
    after = radii(siege.page), siege.page.text_content("#date"), siege.page.text_content("#people")
    assert after[1] == "9 Jun 2030"
    assert before[0] != after[0]
    assert before[2] != after[2]


def test_the_slider_and_the_play_button_work_from_the_keyboard(siege: Opened) -> None:
    page = siege.page
    page.locator("#day").fill("10")
    page.locator("#day").focus()
    page.keyboard.press("ArrowRight")
    assert page.text_content("#date") == "12 Mar 2030"
    assert page.get_attribute("#day", "aria-valuetext") == "12 Mar 2030"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    sync_api.expect(page.locator("#date")).not_to_have_text("12 Mar 2030")
    assert page.text_content("#play") == "Pause"
    page.keyboard.press("Enter")
    assert page.text_content("#play") == "Play"


def test_the_area_of_a_circle_is_the_number_of_people(siege: Opened, siege_page: Path) -> None:
    siege.page.locator("#day").fill("60")
    spots = page_data(siege_page)["map"]["spots"]
    found = siege.page.eval_on_selector_all(
        "#map-canvas circle[data-spot]", "all => all.map(c => [+c.dataset.spot, +c.getAttribute('r')])"
    )
    areas = [(spots[at]["n"][60], radius**2) for at, radius in found if radius > 4]
    ratios = [people / area for people, area in areas]
    assert len(ratios) >= 3
    assert max(ratios) / min(ratios) < 1.05


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_overflows_the_width(browser: sync_api.Browser, siege_page: Path, width: int) -> None:
    opened = visit(browser, siege_page, width)
    opened.page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width
    wide = opened.page.eval_on_selector_all(
        ".chart .main-svg, #map-canvas svg",
        "all => all.filter(one => one.getBoundingClientRect().right > innerWidth).length",
    )
    assert wide == 0
    assert opened.complaints == []
    opened.page.close()


def test_every_chart_fits_the_paper(browser: sync_api.Browser, siege_page: Path) -> None:
    opened = visit(browser, siege_page)
    opened.page.set_viewport_size({"width": 700, "height": 1000})
    opened.page.emulate_media(media="print")
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    opened.page.wait_for_timeout(500)
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 700
    widths = opened.page.eval_on_selector_all(
        ".chart .main-svg", "all => all.map(one => one.getBoundingClientRect().width)"
    )
    assert 250 < min(widths) <= max(widths) < 345
    assert not opened.page.locator("nav").is_visible()
    opened.page.close()


def test_every_drawn_axis_has_its_unit(siege: Opened) -> None:
    charts = siege.page.locator(".chart").count()
    assert siege.page.locator(".chart .xtitle").count() == charts
    assert siege.page.locator(".chart .annotation-text").count() >= charts


def test_a_chart_is_also_a_table_and_a_sentence(siege: Opened) -> None:
    fans = siege.page.locator("figure:has(details)")
    assert fans.count() > 8
    assert fans.locator("tbody").count() == fans.count()
    label = siege.page.locator("[data-chart='inside-all']").get_attribute("aria-label") or ""
    assert re.match(
        r"People under siege, people\. Highest median: [\d,]+ people on .+, eight runs in ten between", label
    )


def test_the_file_is_below_eight_megabytes_and_the_same_each_time(siege_page: Path) -> None:
    assert siege_page.stat().st_size < 8_000_000
    again = write(siege_page.with_name("again.html"), synthetic.siege())
    assert again.read_bytes() == siege_page.read_bytes()


def test_a_thousand_days_and_a_hundred_places_stay_below_eight_megabytes(tmp_path: Path) -> None:
    facts = dataclasses.replace(synthetic.open_network(places=100), days=1000)
    assert write(tmp_path / "report.html", facts, members=3).stat().st_size < 8_000_000


def page_data(path: Path) -> dict[str, Any]:
    """The data inside a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text(encoding="utf-8"))
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def without_plotly(path: Path) -> str:
    """The page up to its scripts."""
    return path.read_text(encoding="utf-8").split('id="data">')[0]


def test_the_page_holds_quantiles_and_no_member(siege_page: Path, tmp_path: Path) -> None:
    many = write(tmp_path / "report.html", synthetic.siege(), members=400)
    assert abs(many.stat().st_size - siege_page.stat().st_size) < 60_000


def test_waypoints_districts_and_routes_are_not_named_to_the_public(siege_page: Path) -> None:
    facts = synthetic.siege()
    guarded = [place for place in facts.places if place.kind == "waypoint" or (place.kind == "home" and place.zone)]
    assert len(guarded) >= 4
    page = siege_page.read_text(encoding="utf-8")
    text = without_plotly(siege_page) + json.dumps(page_data(siege_page), ensure_ascii=False)
    for place in guarded:
        assert place.name not in text
        assert place.name_ar not in text
    assert not [route.id for route in facts.routes if route.id in text or route.id.replace(">", "\\u003e") in page]
    assert "For the public" in text


def test_no_id_of_a_hidden_place_stands_in_the_file(tmp_path: Path) -> None:
    facts = scenario.load("raqqa-2017")
    hidden = [place.id for place in facts.places if place.kind == "waypoint" or (place.kind == "home" and place.zone)]
    assert any("mashlab" in source.url for source in facts.sources)
    path = write(tmp_path / "report.html", facts, members=3)
    text = without_plotly(path) + json.dumps(page_data(path))
    assert [place for place in hidden if re.search(rf"\b{re.escape(place)}\b", text)] == []


def test_the_run_record_tells_no_path_and_no_machine(siege_page: Path) -> None:
    text = without_plotly(siege_page)
    assert "secret-folder" not in text
    assert "a-machine" not in text
    assert synthetic.siege().digest in text


def test_counts_below_ten_are_masked_on_the_map_and_in_tables(tmp_path: Path) -> None:
    facts = synthetic.siege()
    run = synthetic.dataset(facts)
    run["present"] = run["present"] * 0 + 3
    run["killed"] = run["killed"] * 0
    run["killed"][:, 0, 0] = 4
    spots = maps.data(synthetic.view(facts, run, "public"), ENGLISH)["spots"]
    assert {count for spot in spots if spot["kind"] != "home" for count in spot["n"]} == {-1}
    page = write(tmp_path / "report.html", facts, run=run, with_whatifs=False)
    assert '<p class="number">&lt;10</p>' in page.read_text(encoding="utf-8")


def test_hostile_names_are_inert(browser: sync_api.Browser, tmp_path: Path) -> None:
    facts = synthetic.siege()
    places = tuple(dataclasses.replace(place, name=HOSTILE + place.id, name_ar=HOSTILE) for place in facts.places)
    sources = tuple(
        dataclasses.replace(source, name=HOSTILE, url="javascript:window.hacked=1", kind=HOSTILE, interest=HOSTILE)
        for source in facts.sources
    )
    variants = tuple(dataclasses.replace(one, title=HOSTILE + one.name, rationale=HOSTILE) for one in facts.variants)
    zones = tuple(dataclasses.replace(zone, name=HOSTILE, name_ar=HOSTILE) for zone in facts.zones)
    hostile = dataclasses.replace(
        facts, title=HOSTILE, title_ar=HOSTILE, summary=HOSTILE, summary_ar=HOSTILE, limits=(HOSTILE,),
        limits_ar=(HOSTILE,), places=places, sources=sources, variants=variants, zones=zones, currency=HOSTILE,
    )  # fmt: skip
    opened = visit(browser, write(tmp_path / "report.html", hostile))
    opened.page.wait_for_timeout(200)
    assert opened.page.evaluate("window.hacked") is None
    assert opened.page.locator("img").count() == 0
    assert opened.page.locator("a[href^=javascript]").count() == 0
    assert opened.page.text_content("h1") == HOSTILE
    assert opened.complaints == []
    assert len(opened.requests) - sum(url.startswith("data:") for url in opened.requests) == 1
    opened.page.close()


def test_arabic_names_stand_beside_the_english_ones(siege: Opened) -> None:
    arabic = siege.page.locator("#people [lang=ar]").first
    assert re.search("[\u0600-\u06ff]", arabic.text_content() or "")
    title = siege.page.locator(".title-also[lang=ar]")
    assert title.evaluate("one => getComputedStyle(one).direction") == "rtl"


def test_a_single_member_says_that_there_is_no_spread(browser: sync_api.Browser, tmp_path: Path) -> None:
    opened = visit(browser, write(tmp_path / "report.html", synthetic.siege(), members=1))
    assert "one simulated run: no spread can be given" in (opened.page.text_content("header") or "")
    assert opened.page.get_by_text("eight runs in ten:").count() == 0
    assert opened.complaints == []
    opened.page.close()


def test_an_open_network_has_a_page_without_siege_and_evidence(browser: sync_api.Browser, tmp_path: Path) -> None:
    facts = synthetic.open_network()
    opened = visit(browser, write(tmp_path / "report.html", facts, audience="partner"), width=360)
    headings = opened.page.locator("h2").all_text_contents()
    assert "Inside the siege" not in headings
    assert "The evidence" not in headings
    assert "What if" not in headings
    assert {"Where people are", "Displacement", "Where people arrive", "What the model does not know"} <= set(headings)
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 360
    assert opened.page.locator("#map-canvas circle").count() == len(facts.places)
    assert opened.complaints == []
    opened.page.close()
    opened = visit(browser, write(tmp_path / "public.html", facts), width=360)
    assert opened.page.locator("#map-canvas circle").count() == 2
    assert "fill the column admin2 of places.csv" in (opened.page.text_content("#numbers") or "")
    opened.page.close()


def test_a_run_where_nothing_happens_still_has_a_page(browser: sync_api.Browser, tmp_path: Path) -> None:
    facts = synthetic.siege()
    run = synthetic.dataset(facts, members=2)
    still = run.map(lambda values: values * 0 if values.dtype.kind in "if" and values.name != "parameters" else values)
    opened = visit(
        browser, write(tmp_path / "report.html", facts, run=still.assign_attrs(run.attrs), with_whatifs=False)
    )
    assert opened.complaints == []
    opened.page.close()


def beside(view: release.View) -> tables.Evidence:
    return tables.evidence_beside(view, [observe.comparable(one, view.facts) for one in view.facts.reports], ENGLISH)


def test_the_evidence_is_tallied_by_grade_against_the_interval() -> None:
    facts = synthetic.siege()
    run = synthetic.dataset(facts)
    middle = float(run["inside"].isel(day=5).sum("zone").median())
    near = {"begins": synthetic.day(facts, 5), "ends": synthetic.day(facts, 5)}
    facts = synthetic.reports(
        facts,
        near | {"best": middle},
        near | {"best": middle * 100},
        near | {"form": "word", "word": "many"},
        near | {"quantity": "departures", "best": 5.0},
    )
    found = beside(synthetic.view(facts, run, "public"))
    assert (found.tally, found.compared, found.met, found.hidden) == ([("B", 2, 1)], 2, 1, 1)
    assert sorted(row.verdict for row in found.rows) == ["", "agrees", "run is lower"]


def test_homes_of_a_zone_are_one_circle_at_their_centre_of_population() -> None:
    facts = synthetic.siege()
    homes = [place for place in facts.places if place.kind == "home"]
    (spot,) = [spot for spot in maps.spots(facts) if spot.kind == "home"]
    assert (spot.name, spot.places) == (facts.zones[0].name, tuple(place.id for place in homes))
    weights = [place.population + 1 for place in homes]
    assert spot.lat == pytest.approx(np.average([place.lat for place in homes], weights=weights))


def test_a_report_stands_on_the_chart_that_its_audience_sees() -> None:
    facts = synthetic.siege()
    run = synthetic.dataset(facts)
    home = next(place.id for place in facts.places if place.kind == "home")
    zone = facts.zones[0].id
    asked = [("present", home), ("price", home), ("killed", zone), ("present", "north-camp"), ("fighters", "*")]
    seen = {
        name: [panels.chart_of(synthetic.view(facts, run, name), *one) for one in asked]
        for name in ("public", "partner", "internal")
    }
    assert seen["partner"] == [home, "*", "*", "north-camp", "*"]
    assert seen["internal"] == seen["partner"]
    assert (seen["public"][1], seen["public"][2], seen["public"][4]) == (None, "*", None)


def test_a_daily_report_is_compared_with_a_daily_number_and_named_by_its_figure() -> None:
    facts = synthetic.siege()
    run = synthetic.dataset(facts)
    run["killed"] = run["killed"] * 0
    run["killed"][:, 0:10, 1] = 4
    run["killed"][:, 20, 1] = 5
    month = {"quantity": "killed:mine", "form": "range", "low": 2.0, "high": 3.0, "unit": "person/day"}
    facts = synthetic.reports(
        facts,
        month | {"ends": synthetic.day(facts, 19), "extra": {"fact_id": "RQ245"}},
        month | {"begins": synthetic.day(facts, 20), "ends": synthetic.day(facts, 24)},
        {"quantity": "price", "best": 9.0, "unit": "XTS"},
    )
    rows = {row.id: row for row in beside(synthetic.view(facts, run, "internal")).rows}
    assert (rows["RQ245"].value, rows["RQ245"].run, rows["RQ245"].verdict) == ("2–3 a day", "2 a day", "agrees")
    assert (rows["r1"].run, rows["r1"].verdict) == ("1 a day", "run is lower")
    masked = {row.id: row for row in beside(synthetic.view(facts, run, "public")).rows}
    assert (masked["r1"].run, masked["r1"].verdict) == ("<2 a day", "run is lower")
    assert "r2" not in masked
    assert rows["r2"].value == "9 XTS a person"
    assert re.fullmatch(r"[\d,]+ to [\d,]+ XTS a person", rows["r2"].run)


def test_the_card_of_movements_says_how_many_published_figures_are_missed(tmp_path: Path) -> None:
    facts = synthetic.siege()
    run = synthetic.dataset(facts)
    total = float(run["displaced_total"].isel(day=-1).median())
    whole = {"quantity": "displaced_total", "ends": facts.end}
    met = [whole | {"best": total}]
    missed = [*met, whole | {"best": total / 9}, whole | {"best": total * 9}, whole | {"best": total * 99}]
    hints = []
    for rows in (met, missed):
        told = synthetic.reports(facts, *rows)
        hints.append(tables.hint(beside(synthetic.view(told, run, "public")), "displaced_total", ENGLISH))
        page = without_plotly(write(tmp_path / "report.html", told, run=run))
        assert ('class="hint"' in page) == bool(hints[-1])
    assert hints == ["", "1 of 4 published figures met; the run is higher than 1 and lower than 2"]


def test_the_map_opens_on_the_day_with_most_people_on_the_way(browser: sync_api.Browser, tmp_path: Path) -> None:
    facts = synthetic.siege()
    run = synthetic.dataset(facts)
    run["travelling"] = run["travelling"] * 0
    run["present"] = run["present"] * (run["place_kind"] != "waypoint")
    assert maps.data(synthetic.view(facts, run, "public"), ENGLISH)["open"] == facts.days // 2
    run["travelling"][:, 70] = 900
    path = write(tmp_path / "report.html", facts, run=run, with_whatifs=False)
    assert '<output id="date" for="day">10 May 2030</output>' in path.read_text(encoding="utf-8")
    opened = visit(browser, path)
    assert (opened.page.input_value("#day"), opened.page.text_content("#date")) == ("70", "10 May 2030")
    opened.page.close()


def test_without_javascript_the_map_and_its_list_show_one_day(browser: sync_api.Browser, siege_page: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(siege_page.as_uri())
    assert page.locator("#map-canvas circle").count() > 3
    assert re.search(r"Hills \(district\).*\d", page.text_content("#people") or "", re.DOTALL)
    assert "stands still on one day" in (page.text_content("noscript") or "")
    context.close()


def test_homes_under_siege_and_homes_no_longer_besieged_are_told_apart(
    browser: sync_api.Browser, tmp_path: Path
) -> None:
    facts = synthetic.siege()
    homes = [place.id for place in facts.places if place.kind == "home"]
    day = {home: 40 + 20 * at for at, home in enumerate(homes)}
    template = facts.events[0]
    freed = tuple(
        dataclasses.replace(
            template, begins=synthetic.day(facts, at), ends=None, kind="holder", target=home, value="other"
        )
        for home, at in day.items()
    )
    facts = dataclasses.replace(facts, events=freed)
    run = synthetic.dataset(facts)
    (spot,) = [
        one for one in maps.data(synthetic.view(facts, run, "partner"), ENGLISH)["spots"] if one["kind"] == "home"
    ]
    last = max(day.values())
    assert spot["besieged"][:40] == spot["n"][:40]
    assert 0 < spot["besieged"][45] < spot["n"][45]
    assert set(spot["besieged"][last:]) == {0}
    opened = visit(browser, write(tmp_path / "report.html", facts, run=run, with_whatifs=False, audience="partner"))
    page = opened.page
    legend = page.text_content("#map .legend") or ""
    assert "homes under siege" in legend
    assert "homes no longer besieged" in legend
    colours = []
    for now in (10, 45, last):
        page.locator("#day").fill(str(now))
        radii = page.eval_on_selector_all("#map-canvas .besieged", "all => all.map(one => +one.getAttribute('r'))")
        colours.append((radii[0] > 0, page.locator("#map-canvas .home.empty").count() == 1))
    assert colours == [(True, True), (True, False), (False, False)]
    assert page.locator("#people .dot.besieged").count() == 0
    page.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_both_districts_of_a_zone_have_their_name_on_the_map(
    browser: sync_api.Browser, tmp_path: Path, width: int
) -> None:
    facts = scenario.load("raqqa-2017")
    path = write(tmp_path / "report.html", facts, members=2, with_whatifs=False, audience="partner")
    opened = visit(browser, path, width)
    names = opened.page.locator("#map-canvas text").all_text_contents()
    assert {"Countryside of Raqqa,Ar-Raqqa", "Countryside of Raqqa,Ath-Thawrah"} <= set(names)
    opened.page.close()


def test_the_what_ifs_chart_shelter_and_say_what_filled_open_and_grey_mean(siege: Opened) -> None:
    charts = siege.page.eval_on_selector_all("#what-ifs .chart", "all => all.map(one => one.dataset.chart)")
    assert "what-if-unsheltered_nights" in charts
    assert "what-if-departures_uncaught" not in charts
    words = siege.page.text_content("#what-ifs .lead") or ""
    assert "grey: neither better nor worse" in words
    assert "open: the thick bar includes zero" in words
    note = siege.page.locator("#what-ifs figcaption:has-text('Person-days trapped') p").text_content()
    assert note == "Trapped people are inside and would be gone if it were safe or affordable."


def test_fewer_than_ten_members_have_no_interval(tmp_path: Path) -> None:
    few = without_plotly(write(tmp_path / "few.html", synthetic.siege(), members=9))
    enough = without_plotly(write(tmp_path / "enough.html", synthetic.siege(), members=10))
    for words in ("eight runs in ten", "eight in ten", "eight-in-ten", "80 %", "nineteen"):
        assert words not in few
    assert re.search(r"between [\d,]+ and [\d,]+ in 9 runs, too few for an interval", few)
    assert "eight runs in ten" in enough
    assert "too few" not in enough


def test_the_shipped_scenario_says_first_where_its_run_misses_and_files_its_claims_rightly() -> None:
    facts = scenario.load("raqqa-2017")
    assert facts.limits[0].startswith(
        "The run misses: in June 2017 it has two to three times the displacement movements"
    )
    claims = {one.id: one for one in facts.reports}
    assert (claims["s3"].quantity, claims["s3"].word) == ("mines", "hundreds")
    assert (claims["s11"].begins.isoformat(), claims["s11"].ends.isoformat()) == ("2017-05-01", "2017-07-15")
    assert "dated from 1 May" in claims["s11"].note
    rationales = {one.name: one.rationale for one in facts.variants}
    assert "people also change roads" in rationales["mines-cleared"]
    assert "more people ask than there are places" in rationales["cash-grants"]


def test_a_what_if_that_moves_nothing_says_so(tmp_path: Path) -> None:
    facts = synthetic.siege()
    run = synthetic.dataset(facts, members=5)
    base = report.differences.outcomes(run)
    same = report.differences.whatifs({"baseline": base, facts.variants[0].name: base})
    view = release.view(run, facts, synthetic.manifest(facts, 5), "internal", home=tmp_path, what_ifs=same)
    path = report.write(view, tmp_path / "report.html")
    assert "<p>Nothing changes.</p>" in path.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_a_fault_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.RunError) as caught:
        write(tmp_path / "file" / "report.html", synthetic.siege(), members=2)
    assert str(caught.value) == (
        f"{tmp_path / 'file'}: this is a file, or lies below a file, and not a folder; choose another folder with --out"
    )
