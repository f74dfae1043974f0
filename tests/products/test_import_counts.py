"""What UNHCR, DTM and IDMC become: counts at camps and refuges, arrivals, movements of the whole scenario."""
# ruff: noqa: E501 - a row and a message are one line

import pathlib

import pytest

from exports import bring, day
from maabar import errors

SITES = "Site name,Latitude,Longitude,Survey date,Individuals\n"
GIDD = "ISO3,Name,Year,Conflict Stock Displacement,Conflict Stock Displacement (Raw),Conflict Internal Displacements,\
Conflict Internal Displacements (Raw)\n"
IDU = "id,iso3,role,displacement_type,figure,displacement_start_date,displacement_end_date,event_id,created_at,\
locations_name,locations_accuracy,latitude,longitude\n"
FINDER = "Year,Country of origin,Country of origin (ISO),Country of asylum,Country of asylum (ISO),\
Refugees under UNHCR's mandate,Asylum-seekers,IDPs of concern to UNHCR,Other people in need of international protection\n"


@pytest.fixture
def long_land(tmp_path: pathlib.Path) -> pathlib.Path:
    """my-town for two whole years, with border-city as the country Farland (FAR) and hill-town as HIL."""
    import exports

    root = exports.town(tmp_path)
    settings = root / "scenario.toml"
    text = settings.read_text(encoding="utf-8").replace("days = 120", "days = 700")
    settings.write_text(text, encoding="utf-8")
    places = root / "places.csv"
    text = places.read_text(encoding="utf-8").replace(
        "20000,30000,,,Border,invented", "20000,30000,,FAR,Border,invented"
    )
    places.write_text(text, encoding="utf-8")
    return tmp_path


def test_counts_of_locations_are_present_at_camps_and_refuges(tmp_path: pathlib.Path) -> None:
    content = (
        "geomaster_id,geomaster_name,admin_level,centroid_lat,centroid_lon,date,population_groups_concat,individuals,households\n"
        "1,North Camp,Camp,0.421,0.179,2030-04-01,Refugees,1200,300\n"
        "1,North Camp,Camp,0.421,0.179,2030-04-01,Asylum-seekers,250,60\n"
        "1,North Camp,Camp,0.421,0.179,2030-05-01,Refugees,2000,500\n"
        "2,Old Town,City,0.1,0.1,2030-04-01,Refugees,9,2\n"
        "3,Neverland,Country,0.43,0.18,2030-04-01,Refugees,90000,\n"
        "4,Hill Town,City,0.48,0.42,2030-04-01,Refugees,,\n"
    )
    made = bring(tmp_path, "unhcr", content)
    assert made.reports == [
        ("2030-04-01", "2030-04-01", "north-camp", "present", "exact", "", "1450", ""),
        ("2030-05-01", "2030-05-01", "north-camp", "present", "exact", "", "2000", ""),
    ]
    assert [note.done for note in made.notes.notes] == [
        "left out: old-town is a home: more people are there than those counted",
        "left out: no coordinates, no P-code and no name of a place of the scenario",
        "left out: no number of people",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_export_of_one_location_is_read_with_the_place_that_is_named(tmp_path: pathlib.Path, encoding: str) -> None:
    content = "sep=;\r\nPopulation over time\r\ndata_date;individuals\r\n2030-04-01;1,450\r\n2030-04-08;2130\r\n"
    made = bring(tmp_path, "unhcr", content.encode(encoding), place="north-camp")
    assert [row[2:] for row in made.reports] == [
        ("north-camp", "present", "exact", "", "1450", ""),
        ("north-camp", "present", "exact", "", "2130", ""),
    ]


def test_a_file_without_a_place_needs_one(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.RunError) as caught:
        bring(tmp_path, "unhcr", "date,individuals\n2030-04-01,5\n")
    assert str(caught.value) == (
        "--place: found nothing, expected the place that the file is about, as its rows name none; "
        "add --place and an id of places.csv"
    )


def test_countries_of_asylum_are_found_by_code_or_name_and_people_of_others_left_out(long_land: pathlib.Path) -> None:
    content = (
        "Refugee Data Finder,,,,\nhttps://example.org,,,,\n" + FINDER + "2030,Neverland,NVL,Farland,FAR,1000,200,0,-\n"
        "2030,Otherland,OTH,Farland,FAR,77,0,0,0\n"
        "2030,Neverland,NVL,Hill Town,XYZ,40,-,0,5\n"
        "2030,Neverland,NVL,Nowhere,NOW,40,0,0,0\n"
        '2030,Neverland,NVL,Neverland,NVL,0,0,"23,000",0\n'
        "2040,Neverland,NVL,Farland,FAR,1,0,0,0\n"
    )
    made = bring(long_land, "unhcr", content, country="NVL")
    assert made.reports == [
        ("2030-12-31", "2030-12-31", "border-city", "present", "exact", "", "1200", ""),
        ("2030-12-31", "2030-12-31", "hill-town", "present", "exact", "", "45", ""),
        ("2030-12-31", "2030-12-31", "*", "displaced_total", "about", "", "23000", ""),
    ]
    rows = made.table("evidence.csv")
    assert {row["reported_on"] for row in rows} == {"2031-06-30"}
    assert rows[2]["group"] == "displaced-nvl-2030-12-31"
    assert [note.done for note in made.notes.notes if note.done.startswith("left")] == [
        "left out: people of another country",
        "left out: no coordinates, no P-code and no name of a place of the scenario",
        "left out: outside the days that are imported",
    ]


def test_people_of_several_countries_need_the_one_that_is_meant(tmp_path: pathlib.Path) -> None:
    content = FINDER + "2030,A,AAA,B,BBB,1,1,1,1\n2030,C,CCC,B,BBB,1,1,1,1\n"
    with pytest.raises(errors.RunError) as caught:
        bring(tmp_path, "unhcr", content)
    assert str(caught.value) == (
        "--country: found nothing, expected the country that people flee from, as the file counts people of 2 countries; "
        "add --country and its ISO 3166 code"
    )


@pytest.mark.parametrize(
    "content",
    [
        '"Extracted from the UNHCR Population Statistics Reference Database, United Nations High Commissioner for Refugees."\n'
        'Date extracted: 2031-08-19 16:35 +02:00\n\n"Persons of concern"\n\n'
        "Year,Country / territory of asylum/residence,Origin,Refugees (incl. refugee-like situations),"
        "Asylum-seekers (pending cases),Internally displaced persons (IDPs),Total Population\n"
        "2030,border-city,Neverland,1000,200,,1200\n2030,Hill Town,Neverland,*,,,*\n",
        "Year,Country / territory of asylum/residence,Origin,Population type,Value\n"
        "2030,Border City,Neverland,Refugees (incl. refugee-like situations),1000\n"
        "2030,Border City,Neverland,Asylum-seekers,200\n2030,Border City,Neverland,Stateless,7\n",
        "year,coo_name,coo_iso,coa_name,coa_iso,refugees,asylum_seekers,idps,oip\n2030,Neverland,NVL,F,far,1000,200,0,0\n",
        "Country,ISO3,Country of Origin,ISO3 of Origin,Population type,Source,Date,Individuals\n"
        "#country+name+asylum,#country+code+asylum,#country+name+origin,#country+code+origin,#indicator+name,#meta,#date,"
        "#affected+ind\nFarland,FAR,Neverland,NVL,Refugees,X,2030-12-31,1000\n"
        "Farland,FAR,Neverland,NVL,Asylum-seekers,X,2030-12-31,200\n",
    ],
    ids=["popstats", "popstats by type", "api", "situations"],
)
def test_older_and_other_tables_of_countries_say_the_same(long_land: pathlib.Path, content: str) -> None:
    made = bring(long_land, "unhcr", content)
    assert made.reports == [("2030-12-31", "2030-12-31", "border-city", "present", "exact", "", "1200", "")]


def test_sites_at_one_place_are_added_by_month_and_the_last_count_of_each_holds(tmp_path: pathlib.Path) -> None:
    rows = ("A,0.421,0.181,2030-04-02,100", "B,0.418,0.177,2030-04-05,50", "A,0.421,0.181,2030-04-20,130",
            "A,0.421,0.181,2030-05-03,140", "B,0.418,0.177,2030-05-04,60")  # fmt: skip
    made = bring(tmp_path, "dtm", SITES + "\n".join(rows) + "\n")
    assert made.reports == [
        ("2030-04-05", "2030-04-20", "north-camp", "present", "about", "", "180", ""),
        ("2030-05-03", "2030-05-04", "north-camp", "present", "about", "", "200", ""),
    ]
    assert made.said == [f"{tmp_path.name}/export.csv:2: line 2 at 'A': left out: counted again on 2030-04-20"]


def test_sites_of_one_round_are_added(tmp_path: pathlib.Path) -> None:
    content = (
        SITES.replace("Individuals", "Individuals,Round")
        + "A,0.421,0.181,2030-04-28,100,7\nB,0.418,0.177,2030-05-02,50,7\nA,0.421,0.181,2030-05-30,10,8\n"
    )
    made = bring(tmp_path, "dtm", content)
    assert [row[:2] + row[6:7] for row in made.reports] == [
        ("2030-04-28", "2030-05-02", "150"),
        ("2030-05-30", "2030-05-30", "10"),
    ]


def test_a_master_list_with_a_preamble_tags_and_no_days_takes_the_day_that_is_given(tmp_path: pathlib.Path) -> None:
    content = [
        ["DTM Round 3"],
        [
            "Place id",
            "Location name in English",
            "Location name in Arabic",
            "Latitude",
            "Longitude",
            "Families",
            "Individuals",
        ],
        ["#loc+id", "#loc+name+en", "#loc+name+ar", "#geo+lat", "#geo+lon", "#affected+hh+idps", "#affected+ind+idps"],
        ["N-1", "North Camp A", "المخيم", 0.421, 0.181, 310, 1620],
        ["N-2", "Hill school", "مدرسة", 0.481, 0.419, 55, None],
    ]
    made = bring(tmp_path, "dtm", content, date=day("2030-04-15"))
    assert made.reports == [("2030-04-15", "2030-04-15", "north-camp", "present", "about", "", "1620", "")]
    assert made.notes.notes[0].done == "left out: households, and no number of people"
    with pytest.raises(errors.RunError) as caught:
        bring(tmp_path, "dtm", content)
    assert str(caught.value) == (
        "--date: found nothing, expected the day of the counts, as the file has no column of days; "
        "add --date and the day that its title or page gives"
    )


def test_areas_are_placed_by_their_code_alone(long_land: pathlib.Path) -> None:
    head = (
        "operation,admin0Name,admin0Pcode,admin1Name,admin1Pcode,admin2Name,admin2Pcode,numPresentIdpInd,reportingDate,"
    )
    content = (
        head + "roundNumber\n"
        "Crisis,Neverland,NVL,,,,,50000,2030-06-30,5\n"
        "Crisis,Neverland,NVL,North,NVL01,Border City,FAR,800,2030-06-30T00:00:00,5\n"
        "Crisis,Neverland,NVL,North,NVL01,Tal,NVL0102,300,2030-06-30,5\n"
    )
    made = bring(long_land, "dtm", content, country="nvl")
    assert made.reports == [
        ("2030-06-30", "2030-06-30", "border-city", "present", "about", "", "800", ""),
        ("2030-06-30", "2030-06-30", "*", "displaced_total", "about", "", "50000", ""),
    ]
    assert (
        made.table("evidence.csv")[1]["note"] == "1 DTM row: line 2; people still displaced on that day, not movements"
    )
    assert made.notes.notes[0].done == "left out: no place, or several, with the P-code NVL0102"


def test_movements_become_arrivals_and_departures_by_day(tmp_path: pathlib.Path) -> None:
    content = (
        "Date of movement,Location name,Latitude,Longitude,Type of movement,Number of households,Number of individuals\n"
        "2030-04-01,North Camp,0.42,0.18,Arrival,20,100\n"
        "2030-04-01,North Camp annex,0.425,0.18,Arrival,4,20\n"
        "2030-04-01,North Camp,0.42,0.18,Departure,2,9\n"
        "2030-04-01,Old Town,0.1,0.1,Arrival,2,9\n"
    )
    made = bring(tmp_path, "dtm", content)
    assert made.reports == [
        ("2030-04-01", "2030-04-01", "north-camp", "arrivals", "about", "", "120", ""),
        ("2030-04-01", "2030-04-01", "north-camp", "departures", "about", "", "9", ""),
    ]
    assert made.notes.notes[0].done == "left out: old-town is a home: who comes there is no arrival of those who flee"


def test_flow_monitoring_counts_arrivals_at_waypoints_too_by_a_source_of_its_own(tmp_path: pathlib.Path) -> None:
    content = "FMP name;Survey date;Total individuals;Latitude;Longitude\nOrchard gate;03/04/2030;45;0,161;0,149\n\
Orchard gate;13/04/2030;50;0,161;0,149\n"
    made = bring(tmp_path, "dtm", content)
    assert [row[:4] + row[6:7] for row in made.reports] == [
        ("2030-04-03", "2030-04-03", "orchard", "arrivals", "45"),
        ("2030-04-13", "2030-04-13", "orchard", "arrivals", "50"),
    ]
    assert [(row["id"], row["reliability"]) for row in made.table("sources.csv")] == [("dtm-flow", "C")]


def update(number: int, **changes: str) -> str:
    usual = {
        "id": str(number), "iso3": "NVL", "role": "Recommended figure", "displacement_type": "Conflict", "figure": "900",
        "displacement_start_date": "2030-05-02", "displacement_end_date": "2030-05-04", "event_id": str(number),
        "created_at": "2030-05-08T09:00:00Z", "locations_name": '"Zahrat al-Wadi, Neverland"',
        "locations_accuracy": "Point", "latitude": "0.1", "longitude": "0.1",
    }  # fmt: skip
    return ",".join((usual | changes).values()) + "\n"


def test_updates_are_added_by_month_and_told_once(tmp_path: pathlib.Path) -> None:
    content = (
        IDU + update(1) + update(2, displacement_start_date="2030-05-20", displacement_end_date="2030-05-25", figure="100")
        + update(3, event_id="1", role="Triangulation") + update(4, role="Triangulation", figure="7")
        + update(5, event_id="4", role="Triangulation", figure="8", created_at="2030-05-30")
        + update(6, displacement_type="Disaster") + update(7, locations_accuracy="State/Region/Province")
        + update(8, latitude="-2", longitude="1") + update(9, displacement_start_date="2030-04-01", figure="70")
    )  # fmt: skip
    made = bring(tmp_path, "idmc", content)
    assert made.reports == [
        ("2030-04-01", "2030-05-04", "*", "displaced_total", "about", "", "70", ""),
        ("2030-05-01", "2030-05-25", "*", "displaced_total", "about", "", "1008", ""),
    ]
    assert [note.done for note in made.notes.notes] == [
        "left out: a figure to compare with: another of this event is recommended",
        "left out: an earlier figure of this event",
        "left out: displacement by disasters is not modelled",
        "left out: only an area is known (State/Region/Province)",
        "left out: no place within 10 km",
    ]
    assert made.table("evidence.csv")[1]["reported_on"] == "2030-05-30"


def test_where_the_scenario_covers_the_country_all_its_updates_count(tmp_path: pathlib.Path) -> None:
    content = IDU + update(1) + update(2, latitude="-2") + update(3, iso3="OTH", latitude="-2")
    made = bring(tmp_path, "idmc", content, country="NVL")
    assert [row[6] for row in made.reports] == ["1800"]


def test_countries_by_year_give_movements_and_who_is_still_displaced(long_land: pathlib.Path) -> None:
    content = (
        GIDD
        + "NVL,Neverland,2030,24000,23512,9000,8870\nOTH,Otherland,2030,1,1,1,1\nNVL,Neverland,2031,,30,5,4\nNVL,Neverland,2032,1,1,1,1\n"
    )
    made = bring(long_land, "idmc", content, country="NVL")
    assert made.reports == [
        ("2030-12-31", "2030-12-31", "*", "displaced_total", "about", "", "23512", ""),
        ("2031-01-01", "2031-12-31", "*", "displaced_total", "about", "", "4", ""),
        ("2031-12-31", "2031-12-31", "*", "displaced_total", "about", "", "30", ""),
    ]
    row = made.table("evidence.csv")[0]
    assert (row["group"], row["reported_on"]) == ("displaced-nvl-2030-12-31", "2031-05-31")
    assert [note.done for note in made.notes.notes] == [
        "left out: another country",
        "left out: outside the days that are imported",
    ]


def test_a_stock_of_displaced_people_is_never_laid_beside_movements(long_land: pathlib.Path) -> None:
    from maabar import reading, scenario
    from maabar.formats import importing

    content = GIDD + "NVL,Neverland,2030,24000,23512,9000,8870\n"
    import exports

    path = exports.put(long_land, content)
    wishes = importing.Wishes(country="NVL", append=True)
    importing.convert("idmc", path, long_land / "my-town", None, wishes)
    facts = scenario.load(long_land / "my-town")
    report = next(report for report in facts.reports if report.source == "idmc")
    assert reading.claims(report, facts) == "counts people verified as still displaced, not movements"


def test_figures_with_their_places_are_read_and_stocks_and_several_points_left_out(tmp_path: pathlib.Path) -> None:
    content = (
        "ID,ISO3,Country / Territory,Figure cause,Year,Figure category,Figure unit,Reported figures,Total figures,Start date,"
        "End date,Locations name,Locations coordinates,Locations accuracy\n"
        '1,NVL,Neverland,Conflict,2030,Internal Displacements,People,500,500,2030-04-01,2030-04-09,Town,"0.1, 0.1",Point\n'
        '2,NVL,Neverland,Conflict,2030,IDPs,People,500,500,2030-04-01,2030-04-09,Town,"0.1, 0.1",Point\n'
        '3,NVL,Neverland,Conflict,2030,Internal Displacements,People,5,5,2030-04-01,2030-04-09,T,"0.1, 0.1; 0.2, 0.1",Point\n'
    )
    made = bring(tmp_path, "idmc", content)
    assert made.reports == [("2030-04-01", "2030-04-09", "*", "displaced_total", "about", "", "500", "")]
    assert [note.done for note in made.notes.notes] == [
        "left out: a stock of one place, and no movement; the table of countries by year has that of the country",
        "left out: several points in one figure",
    ]


def test_figures_of_countries_need_the_country(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.RunError) as caught:
        bring(tmp_path, "idmc", GIDD + "NVL,Neverland,2030,1,1,1,1\n")
    assert str(caught.value) == (
        "--country: found nothing, expected the country that the scenario covers, as the file has figures of whole countries; "
        "add --country and its ISO 3166 code"
    )
