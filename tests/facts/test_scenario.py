"""What a scenario knows once its folder has been read."""

import datetime as dt
import os
import pathlib

import damage
import pytest
from damage import E, I, P, R, T, V, add, edit, put

from maabar import errors, parameters, scenario


@pytest.fixture
def town(tmp_path: pathlib.Path) -> pathlib.Path:
    return damage.town(tmp_path)


def test_the_template_is_read_as_it_is_written(town: pathlib.Path) -> None:
    facts = scenario.load(town)
    assert (facts.name, facts.path, facts.currency, facts.departures) == ("town", town, "XTS", "simulated")
    assert (facts.start, facts.days, facts.end) == (dt.date(2030, 3, 1), 120, dt.date(2030, 6, 28))
    assert facts.zones == (scenario.Zone("town", "Zahrat al-Wadi", "زهرة الوادي", "the besieger"),)
    assert facts.cohorts[0] == scenario.Cohort("poor", 0.6, 15000.0)
    assert facts.places[0].name_ar == "المدينة القديمة"
    assert facts.places[0].population == 12000
    assert [place.capacity for place in facts.places if place.kind in ("camp", "refuge")] == [8000.0, None, 20000.0]
    assert facts.rivers == (scenario.Line("The river", "النهر", ((0.078, 0.02), (0.079, 0.104), (0.085, 0.3))),)
    assert len(facts.limits) == 2
    assert len(facts.events) == 10
    assert facts.inflow == ()


def test_every_file_of_the_template_is_described_in_its_readme(town: pathlib.Path) -> None:
    readme = (town / "README.md").read_text(encoding="utf-8")
    assert [name for name in (*scenario.REQUIRED, *scenario.OPTIONAL) if f"`{name}`" not in readme] == []


def test_reports_keep_their_form(town: pathlib.Path) -> None:
    reports = {report.id: report for report in scenario.load(town).reports}
    assert (reports["e1"].form, reports["e1"].best, reports["e1"].unit) == ("about", 38000.0, "person")
    assert (reports["e4"].measure, reports["e4"].cause, reports["e4"].group) == ("killed", "strike", "strikes")
    assert (reports["e3"].low, reports["e3"].best, reports["e3"].high) == (300.0, None, 500.0)
    assert reports["e8"].places == ("north-camp", "border-city")
    assert (reports["e9"].word, reports["e9"].place, reports["e9"].cause) == ("dozens", "*", "")
    assert [source.reliability for source in scenario.load(town).sources] == ["A", "C", "B", "B", "E"]


def test_a_report_without_days_is_about_the_day_it_was_made(town: pathlib.Path) -> None:
    edit(V, "2030-03-05,2030-03-01,2030-03-01", "2030-03-05,,")(town)
    report = scenario.load(town).reports[0]
    assert report.begins == report.ends == report.reported_on == dt.date(2030, 3, 5)


@pytest.mark.parametrize(
    ("written", "kept"),
    [("persons", "person"), ("People", "person"), ("person", "person"), ("PERSON", "person")],
)
def test_units_are_brought_to_one_spelling(written: str, kept: str, town: pathlib.Path) -> None:
    edit(V, "1450,,person", f"1450,,{written}")(town)
    assert scenario.load(town).reports[1].unit == kept


def test_percent_signs_are_a_unit(town: pathlib.Path) -> None:
    add(V, "e11,2030-05-20,,,town,controlled_share,exact,,55,,%,s-press,3,,,")(town)
    assert (scenario.load(town).reports[-1].unit, scenario.load(town).reports[-1].best) == ("percent", 55.0)


def test_a_correction_names_what_it_corrects(town: pathlib.Path) -> None:
    edit(V, "note,word", "note,corrects")(town)
    edit(V, "intercepted,word,,,,word,s-council,4,,,dozens", "intercepted,denial,,,,,s-council,4,,,e1")(town)
    assert scenario.load(town).reports[8].corrects == "e1"


def test_tags_marks_and_line_ends_of_spreadsheets_change_nothing(town: pathlib.Path) -> None:
    plain = scenario.load(town)
    for name in damage.FILES:
        text = (town / name).read_text(encoding="utf-8")
        if name.endswith(".csv"):
            header, rows = text.split("\n", 1)
            text = f"{header}\n" + ",".join(["#tag"] * (header.count(",") + 1)) + f"\n{rows}"
        (town / name).write_bytes(("" if name == T else "\ufeff").encode() + text.replace("\n", "\r\n").encode())
    tagged = scenario.load(town)
    assert [place.id for place in tagged.places] == [place.id for place in plain.places]
    assert [event.value for event in tagged.events] == [event.value for event in plain.events]
    assert tagged.places[0].line == plain.places[0].line + 1
    assert tagged.variants[0].title == plain.variants[0].title


def test_routes_of_one_mode_are_called_by_their_ends(town: pathlib.Path) -> None:
    assert [route.id for route in scenario.load(town).routes][:2] == ["old-town>east-quarter", "old-town>mill-quarter"]


def test_routes_of_several_modes_carry_the_mode_in_either_direction(town: pathlib.Path) -> None:
    add(R, "far-bank,mill-quarter,3,road,no,,,,bridge")(town)
    facts = scenario.load(town)
    ids = [route.id for route in facts.routes if "mill-quarter" in route.id]
    assert ids == ["old-town>mill-quarter", "mill-quarter>far-bank:boat", "far-bank>mill-quarter:road"]
    assert [route.id for route in scenario.matching(facts.routes, "mill-quarter>far-bank")] == [ids[1]]
    assert [route.id for route in scenario.matching(facts.routes, ids[1])] == [ids[1]]


def test_an_event_may_name_a_route_with_or_without_its_mode(town: pathlib.Path) -> None:
    add(R, "mill-quarter,far-bank,3,road,no,,,,bridge")(town)
    add(E, "2030-05-02,,route,mill-quarter>far-bank:road,closed,,")(town)
    facts = scenario.load(town)
    assert len(scenario.matching(facts.routes, "mill-quarter>far-bank")) == 2
    assert len(scenario.matching(facts.routes, facts.events[-1].target)) == 1


def test_two_one_way_rows_make_a_way_with_two_lengths(town: pathlib.Path) -> None:
    add(R, "hill-town,border-city,90,road,yes,,,,")(town)
    add(R, "border-city,hill-town,95,road,yes,,,,")(town)
    assert [route.id for route in scenario.load(town).routes][-2:] == ["hill-town>border-city", "border-city>hill-town"]


def test_values_of_events_are_numbers_words_or_nothing(town: pathlib.Path) -> None:
    add(E, "2030-05-02,,capacity,north-camp,,,")(town)
    values = [event.value for event in scenario.load(town).events]
    assert values == [0.9, 600.0, 2.0, 6.0, 0.5, "closed", "other", "other", 1.0, 12000.0, None]


def test_variants_hold_events_and_parameters(town: pathlib.Path) -> None:
    facts = scenario.load(town)
    assert [variant.name for variant in facts.variants] == ["ferry-kept", "corridor", "cash-grants"]
    event = facts.variants[1].events[0]
    assert (event.begins, event.ends) == (dt.date(2030, 5, 1), dt.date(2030, 5, 14))
    assert (event.kind, event.target, event.value) == ("corridor", "east-quarter>orchard", 400.0)
    assert facts.variants[2].parameters == {"passage_grant": 30000.0}
    assert facts.variant("corridor") == facts.variants[1]
    assert facts.variant("none") is None


def test_overrides_change_the_scenarios_parameters_and_not_the_table(town: pathlib.Path) -> None:
    changed = scenario.load(town).parameters()["deaths_per_strike"]
    assert (changed.default, changed.prior) == (1.2, parameters.Prior("lognormal", 0.4))
    assert parameters.table()["deaths_per_strike"].default != 1.2
    assert list(scenario.load(town).parameters()) == list(parameters.table())


def test_extra_columns_are_kept_with_places_routes_and_reports(town: pathlib.Path) -> None:
    for name in (P, R, V):
        edit(name, ",source", ",fact_id,source")(town)
    text = (town / V).read_text(encoding="utf-8")
    lines = text.split("\n")
    (town / V).write_text(
        "\n".join([lines[0].replace("fact_id,", ""), *lines[1:]]).replace("word\n", "word,fact_id\n", 1)
    )
    (town / V).write_text((town / V).read_text(encoding="utf-8").replace("the assault,\n", "the assault,,RQ1\n"))
    facts = scenario.load(town)
    assert facts.reports[0].extra == {"fact_id": "RQ1"}
    assert facts.places[0].extra == {"fact_id": "invented"}
    assert facts.routes[0].extra == {"fact_id": "invented"}


def test_given_departures_are_read_from_inflow(town: pathlib.Path) -> None:
    edit(T, '"simulated"', '"given"')(town)
    put(I, "date,persons,place\n2030-03-01,5,\n2030-03-02,7,old-town\n")(town)
    facts = scenario.load(town)
    assert facts.departures == "given"
    assert facts.inflow == (
        scenario.Inflow(dt.date(2030, 3, 1), 5, ""),
        scenario.Inflow(dt.date(2030, 3, 2), 7, "old-town"),
    )


@pytest.mark.parametrize("name", damage.FILES)
def test_the_digest_changes_with_any_file(name: str, town: pathlib.Path) -> None:
    before = scenario.load(town).digest
    assert scenario.load(town).digest == before
    (town / name).write_bytes((town / name).read_bytes() + b"\n")
    assert scenario.load(town).digest != before


def test_the_digest_does_not_depend_on_where_the_folder_lies(town: pathlib.Path) -> None:
    before = scenario.load(town).digest
    town.rename(town.with_name("elsewhere"))
    assert scenario.load(town.with_name("elsewhere")).digest == before


def test_every_shipped_scenario_can_be_loaded_by_name() -> None:
    for name in scenario.shipped():
        assert scenario.load(name).name == name


def test_a_scenario_may_be_named_by_its_settings_or_from_within(
    town: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scenario.folder(town / "scenario.toml") == town
    monkeypatch.chdir(town)
    assert scenario.folder(".") == town
    assert scenario.load(".").name == "town"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("no-such", "no-such: found no such folder, expected the folder of a scenario"),
        ("a\0b", r"a\x00b: found no such folder, expected the folder of a scenario"),
        ("", "'': found no such folder, expected the folder of a scenario"),
        ("x" * 5000, "x" * 255 + ": found no such folder, expected the folder of a scenario"),
    ],
)
def test_a_folder_that_is_not_there_is_said_so(given: str, message: str) -> None:
    with pytest.raises(errors.InputError) as caught:
        scenario.folder(given)
    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith("; check the path, or make a new one with maabar new")


def test_a_misspelt_shipped_name_is_recognised() -> None:
    with pytest.raises(errors.InputError) as caught:
        scenario.folder("raqa-2017")
    assert str(caught.value) == (
        "raqa-2017: found no such folder, expected the folder of a scenario or one of "
        f"{errors.listed(scenario.shipped())}; did you mean 'raqqa-2017'?"
    )


def test_an_empty_folder_lacks_the_required_files(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.InputError) as caught:
        scenario.load(tmp_path)
    assert [fault.file.rpartition("/")[2] for fault in caught.value.faults] == list(scenario.REQUIRED)


def test_the_template_is_not_written_over_anything(town: pathlib.Path) -> None:
    with pytest.raises(errors.RunError) as caught:
        scenario.template(town)
    assert str(caught.value) == f"{town}: found a folder that is not empty, expected a new one; choose another name"
    assert caught.value.exit_code == 2


def test_the_template_cannot_be_written_into_a_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "town").write_text("x")
    with pytest.raises(errors.RunError) as caught:
        scenario.template(tmp_path / "town")
    assert str(caught.value) == (
        f"{tmp_path / 'town'}: found a folder that cannot be written (File exists), expected one that can; "
        "choose another place"
    )


def test_the_template_lists_what_it_wrote(tmp_path: pathlib.Path) -> None:
    written = scenario.template(tmp_path / "new" / "town")
    assert sorted(path.name for path in written) == sorted(os.listdir(tmp_path / "new" / "town"))
