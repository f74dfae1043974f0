"""What ACLED and UCDP become: events by place, day and kind, deaths by month, and what is left out with its reason."""
# ruff: noqa: E501 - a row and a message are one line

import pathlib

import pytest

import exports
from exports import bring, clashes, day, strikes
from maabar.formats import importtables

BATTLE = {"event_type": "Battles", "sub_event_type": "Armed clash", "civilian_targeting": ""}
ATTACK = {"event_type": "Violence against civilians", "sub_event_type": "Attack"}
MINE = {"sub_event_type": "Remote explosive/landmine/IED"}
AT_CAMP = {"latitude": "0.42", "longitude": "0.18"}
OLD = ("EVENT_ID_CNTY", "EVENT_DATE", "EVENT_TYPE", "INTER1", "INTER2", "LOCATION", "LATITUDE", "LONGITUDE", "GEO_PRECISION",
       "TIME_PRECISION", "FATALITIES")  # fmt: skip


def old(kind: str, inter2: str, dead: str) -> dict[str, str]:
    return dict(
        zip(OLD, ("XTS9", "04-March-2030", kind, "1", inter2, "The town", "0.1", "0.1", "1", "1", dead), strict=True)
    )


def test_strikes_of_a_day_are_counted_and_their_deaths_told_by_month(tmp_path: pathlib.Path) -> None:
    made = bring(tmp_path, "acled", strikes({}, {}, {"event_date": "2030-03-20", "fatalities": "0"}))
    assert made.events == [("2030-03-04", "strikes", "town", "2"), ("2030-03-20", "strikes", "town", "1")]
    assert made.reports == [
        ("2030-03-04", "2030-03-20", "*", "killed", "about", "", "14", ""),
        ("2030-03-04", "2030-03-20", "*", "killed:strike", "about", "", "14", ""),
    ]
    assert [row["group"] for row in made.table("evidence.csv")] == ["acled-killed-2030-03"] * 2


def test_two_battles_are_felt_more_than_one_and_less_than_twice(tmp_path: pathlib.Path) -> None:
    made = bring(tmp_path, "acled", strikes(BATTLE, BATTLE, {**BATTLE, "event_date": "2030-03-05"}))
    assert made.events == [("2030-03-04", "fighting", "town", "0.75"), ("2030-03-05", "fighting", "town", "0.5")]


def test_deaths_that_are_not_told_to_be_of_civilians_are_no_more_than_an_upper_end(tmp_path: pathlib.Path) -> None:
    made = bring(tmp_path, "acled", strikes({"fatalities": "3"}, {**BATTLE, "fatalities": "20"}))
    assert made.reports == [
        ("2030-03-04", "2030-03-04", "*", "killed", "range", "3", "", "23"),
        ("2030-03-04", "2030-03-04", "*", "killed:strike", "about", "", "3", ""),
    ]


def test_mines_are_no_strikes_and_their_deaths_are_those_of_mines(tmp_path: pathlib.Path) -> None:
    made = bring(tmp_path, "acled", strikes(MINE))
    assert made.events == [("2030-03-04", "conflict", "old-town", "0.5")]
    assert [row[3] for row in made.reports] == ["killed", "killed:mine"]


def test_violence_at_a_camp_is_conflict_there(tmp_path: pathlib.Path) -> None:
    made = bring(tmp_path, "acled", strikes(AT_CAMP, {**BATTLE, **AT_CAMP}, {**ATTACK, **AT_CAMP}))
    assert made.events == [("2030-03-04", "conflict", "north-camp", "0.875")]


def test_what_happens_where_a_zone_has_several_homes_is_of_the_zone_unless_single_homes_are_wished(
    tmp_path: pathlib.Path,
) -> None:
    assert bring(tmp_path, "acled", strikes({})).events[0][2] == "town"
    assert bring(tmp_path, "acled", strikes({}), homes="single").events[0][2] == "old-town"
    # Within 400 m of the point there is one home only.
    assert bring(tmp_path, "acled", strikes({"longitude": "0.1"}), within=0.4).events[0][2] == "old-town"


def test_strikes_where_nobody_lives_are_conflict(tmp_path: pathlib.Path) -> None:
    root = exports.town(tmp_path)
    text = (root / "places.csv").read_text(encoding="utf-8").replace("0.118,18000", "0.118,0")
    (root / "places.csv").write_text(text, encoding="utf-8")
    made = bring(tmp_path, "acled", strikes({"latitude": "0.102", "longitude": "0.118"}), homes="single")
    assert made.events == [("2030-03-04", "conflict", "east-quarter", "0.5")]


def test_in_an_open_conflict_all_violence_is_conflict(tmp_path: pathlib.Path) -> None:
    import open_country

    open_country.write(tmp_path / "my-town")
    made = bring(
        tmp_path,
        "acled",
        strikes({"event_date": "2012-01-05", "latitude": "10.0", "longitude": "20.01"}, columns=exports.ACLED),
    )
    assert made.events == [("2012-01-05", "conflict", "old-town", "0.5")]


def test_coarse_far_late_and_harmless_rows_are_left_out_with_their_reason(tmp_path: pathlib.Path) -> None:
    content = strikes(
        {"geo_precision": "3"},
        {"latitude": "0.9", "longitude": "1.2"},
        {"event_date": "2031-01-01"},
        {"event_type": "Protests", "sub_event_type": "Peaceful protest", "civilian_targeting": "", "fatalities": "0"},
        {"latitude": "", "location": "Nowhere"},
        {"event_id_cnty": "XTS1"},
        {"event_date": ""},
    )
    made = bring(tmp_path, "acled", content)
    assert made.events == []
    assert made.notes.used == 0
    file = f"{tmp_path.name}/export.csv"
    assert made.said == [
        f"{file}:2: XTS1 at 'Zahrat al-Wadi': left out: only its region is known (geo_precision 3)",
        f"{file}:3: XTS2 at 'Zahrat al-Wadi' (hill-town, 99 km): left out: no place within 10 km",
        f"{file}:4: XTS3 at 'Zahrat al-Wadi': left out: outside the days that are imported",
        f"{file}:5: XTS4 at 'Zahrat al-Wadi': left out: no violence of armed groups, and nobody was killed",
        f"{file}:6: XTS5 at 'Nowhere': left out: no coordinates, no P-code and no name of a place of the scenario",
        f"{file}:7: XTS1 at 'Zahrat al-Wadi': left out: the same event again",
        f"{file}:8: XTS7 at 'Zahrat al-Wadi': left out: no date",
    ]
    assert [row["reason"] != "" for row in made.table("import-rows.csv")] == [True] * 7


def test_a_row_without_coordinates_is_placed_by_a_name_in_either_script(tmp_path: pathlib.Path) -> None:
    made = bring(
        tmp_path,
        "acled",
        strikes({"latitude": "", "location": "الـمخيم الشماليّ"}, {"longitude": "", "location": "NORTH camp"}),
    )
    assert [row["place"] for row in made.table("import-rows.csv")] == ["north-camp", "north-camp"]


def test_a_date_that_is_known_to_the_month_is_no_event_and_its_deaths_count(tmp_path: pathlib.Path) -> None:
    made = bring(tmp_path, "acled", strikes({"time_precision": "3"}))
    assert (made.events, len(made.reports)) == ([], 2)
    assert made.table("evidence.csv")[0]["time_precision"] == "3"


def test_the_days_that_are_wished_bound_events_and_periods(tmp_path: pathlib.Path) -> None:
    content = strikes({"event_date": "2030-03-04"}, {"event_date": "2030-03-10"}, {"event_date": "2030-03-25"})
    made = bring(tmp_path, "acled", content, first=day("2030-03-08"), last=day("2030-03-20"))
    assert [row[0] for row in made.events] == ["2030-03-10"]
    assert made.reports[0][:2] == ("2030-03-08", "2030-03-20")


def test_a_report_is_published_when_its_last_row_was_changed_or_a_week_later(tmp_path: pathlib.Path) -> None:
    stamped = bring(tmp_path, "acled", strikes({"timestamp": "1910000000"}, {"timestamp": "1900000000"}))
    assert {row["reported_on"] for row in stamped.table("evidence.csv")} == {"2030-07-11"}
    assert {row["reported_on"] for row in bring(tmp_path, "acled", strikes({})).table("evidence.csv")} == {"2030-03-11"}
    told = bring(tmp_path, "acled", strikes({}), reported_on=day("2030-06-01"))
    assert {row["reported_on"] for row in told.table("evidence.csv")} == {"2030-06-01"}


def test_every_row_of_an_export_can_be_traced_to_what_it_became(tmp_path: pathlib.Path) -> None:
    made = bring(tmp_path, "acled", strikes(*[{}] * 40))
    rows = made.table("import-rows.csv")
    assert {row["became"] for row in rows} == {
        "strikes town 2030-03-04; acled-killed-2030-03; acled-killed-strike-2030-03"
    }
    note = made.table("events.csv")[0]["note"]
    assert note.startswith("40 ACLED events: XTS1, XTS2, ")
    assert note.endswith(", XTS30 and 10 more, in import-rows.csv")
    assert (made.notes.rows, made.notes.used) == (40, 40)


@pytest.mark.parametrize(
    ("kind", "inter2", "event", "report"),
    [
        ("Battle-No change of territory", "2", ("fighting", "town", "0.5"), ("killed", "range", "0", "", "6")),
        ("Remote violence", "7", ("strikes", "town", "1"), ("killed", "about", "", "6", "")),
        ("Violence against civilians", "7", ("conflict", "old-town", "0.5"), ("killed", "about", "", "6", "")),
    ],
)
def test_exports_in_capitals_from_before_2019_are_read(
    tmp_path: pathlib.Path, kind: str, inter2: str, event: tuple[str, ...], report: tuple[str, ...]
) -> None:
    made = bring(tmp_path, "acled", exports.text(OLD, old(kind, inter2, "6")))
    assert made.events == [("2030-03-04", *event)]
    assert made.reports[0][3:] == report


def test_exports_with_the_columns_of_2019_to_2023_are_read(tmp_path: pathlib.Path) -> None:
    columns = ("data_id", "iso", "event_id_no_cnty", *exports.ACLED[:4], "inter1", *exports.ACLED[5:], "iso3")
    made = bring(tmp_path, "acled", strikes({"inter1": "7", "iso3": "NVL"}, {"inter1": "1"}, columns=columns))
    assert made.reports[0][3:] == ("killed", "range", "7", "", "14")


def test_every_type_that_is_known_has_a_rationale() -> None:
    assert all(one.rationale for one in importtables.acled_kinds().values())
    assert {one.kind for one in importtables.acled_kinds().values()} == {"", "strikes", "fighting", "conflict"}


def test_civilians_of_ucdp_lie_between_the_bounds_of_all_deaths(tmp_path: pathlib.Path) -> None:
    made = bring(tmp_path, "ucdp", clashes({}))
    assert made.events == [("2030-03-06", "fighting", "town", "0.5")]
    # low 2 − (10 − 9), best 2, high 2 + 1 + (14 − 10)
    assert made.reports == [("2030-03-06", "2030-03-06", "*", "killed", "range", "1", "2", "7")]
    assert made.table("evidence.csv")[0]["reported_on"] == "2031-06-30"


def test_an_event_of_several_days_is_shared_among_them(tmp_path: pathlib.Path) -> None:
    made = bring(tmp_path, "ucdp", clashes({"date_end": "2030-03-07", "type_of_violence": "2"}))
    value = f"{1 - 0.5**0.5:.4g}"
    assert made.events == [("2030-03-06", "fighting", "town", value), ("2030-03-07", "fighting", "town", value)]


def test_one_sided_violence_is_conflict(tmp_path: pathlib.Path) -> None:
    assert bring(tmp_path, "ucdp", clashes({"type_of_violence": "3"})).events[0][1:3] == ("conflict", "old-town")


def test_areas_and_long_spans_of_ucdp_are_left_out_and_months_count_for_deaths_only(tmp_path: pathlib.Path) -> None:
    content = clashes(
        *({"where_prec": str(level)} for level in range(3, 8)),
        {"where_prec": "2", "date_prec": "4", "date_start": "2030-04-01", "date_end": "2030-04-30"},
        {"date_prec": "5", "date_start": "2030-03-01", "date_end": "2030-06-01"},
    )
    made = bring(tmp_path, "ucdp", content)
    assert made.events == []
    assert [row[:2] for row in made.reports] == [("2030-04-01", "2030-04-30")]
    assert [note.done for note in made.notes.notes] == [
        *(f"left out: only an area is known (where_prec {level})" for level in range(3, 8)),
        "left out: its days are known to more than 31 days only",
    ]


def test_early_versions_of_ged_with_est_in_their_headings_are_read(tmp_path: pathlib.Path) -> None:
    names = {"best": "best_est", "low": "low_est", "high": "high_est", "type_of_violence": "type_of_vi"}
    columns = [name for name in exports.UCDP if not name.startswith(("deaths", "relid", "date_prec"))]
    content = clashes(
        {}, {"type_of_violence": "3", "date_start": "2030-04-06", "date_end": "2030-04-06"}, columns=columns
    )
    head, _, body = content.partition("\n")
    made = bring(tmp_path, "ucdp", ",".join(names.get(name, name) for name in head.split(",")) + "\n" + body)
    assert [row[3:] for row in made.reports] == [
        ("killed", "range", "0", "", "14"),
        ("killed", "range", "9", "10", "14"),
    ]


def test_events_that_the_scenario_has_already_are_named(tmp_path: pathlib.Path) -> None:
    made = bring(tmp_path, "acled", strikes({}, {"event_date": "2030-05-02"}))
    done = "the imported row holds on its day, as the later one; strikes of a zone and of its homes add up"
    assert made.said == [
        f"my-town/events.csv:4: strikes at town, of which the import has 1 days too: {done}",
        f"my-town/events.csv:5: strikes at town, of which the import has 1 days too: {done}",
    ]
