"""Every refusal of an import, in full: files that are no export, cells that cannot be read, wishes that cannot be met."""
# ruff: noqa: E501 - a message is one line

import gzip
import io
import pathlib
import zipfile
from typing import Any

import pytest

import exports
from exports import bring, clashes, day, faults, strikes
from maabar import errors

ACLED_COLUMNS = "the columns of ACLED events (event_id_cnty, event_date, event_type, latitude, longitude, fatalities)"
UCDP_COLUMNS = "the columns of UCDP GED events (id, date_start, date_end, latitude, longitude, type_of_violence, best, low, high, where_prec)"
IDMC_COLUMNS = (
    "the columns of IDMC internal displacement updates (id, figure, displacement_type, displacement_start_date, displacement_end_date) "
    "or IDMC figures with their places (id, total figures, figure category, iso3, year) "
    "or IDMC countries by year (iso3, year, conflict internal displacements (raw), conflict stock displacement (raw))"
)


def zipped(**parts: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name, content in parts.items():
            packed.writestr({"types": "[Content_Types].xml"}.get(name, name), content)
    return stream.getvalue()


FILES: dict[str, tuple[str, str | bytes, str]] = {
    "an empty file": ("acled", b"", ": found an empty file, expected a table (CSV or xlsx); export it anew"),
    "an old workbook": (
        "acled", b"\xd0\xcf\x11\xe0\xa1\xb1",
        ": found a workbook of the old kind (.xls), expected a table (CSV or xlsx); open it in a spreadsheet and save it as .xlsx or CSV",
    ),
    "a packed file": ("acled", gzip.compress(b"a,b"), ": found a packed file (.gz), expected a table (CSV or xlsx); unpack it, and import what is in it"),
    "a zip": ("ucdp", zipped(a="b"), ": found a packed file (.zip), expected a table (CSV or xlsx); unpack it, and import the table in it"),
    "a broken workbook": ("dtm", zipped(types="x"), ": found a workbook that cannot be read (ParseError), expected a table (CSV or xlsx); save it anew as .xlsx or CSV"),
    "JSON": ("unhcr", b' {"data": []}', ": found JSON, expected a table (CSV or xlsx); export it as CSV"),
    "a PDF": ("unhcr", b"%PDF-1.7", ": found a PDF, expected a table (CSV or xlsx); take the table behind it: CSV or xlsx"),
    "another table": ("acled", "a,b\n1,2\n", f":1: found the columns 'a', 'b', expected {ACLED_COLUMNS}; check the file, and the word before its name"),
    "a missing column": (
        "acled", "Our export\n\nEVENT_ID_CNTY,EVENT_DATE,EVENT_TYPE,LATITUDE,LONGITUDE\n",
        f":3: found the columns 'EVENT_ID_CNTY', 'EVENT_DATE', 'EVENT_TYPE', 'LATITUDE', 'LONGITUDE', expected {ACLED_COLUMNS}; "
        "'fatalities' is missing for ACLED events: export all columns",
    ),
    "several missing columns": (
        "ucdp", "id,date_start,date_end,latitude,longitude,best\n",
        f":1: found the columns 'id', 'date_start', 'date_end', 'latitude', 'longitude', 'best', expected {UCDP_COLUMNS}; "
        "'type_of_violence', 'low', 'high' and 'where_prec' are missing for UCDP GED events: export all columns",
    ),
    "sums by month": (
        "acled", "Country,Admin1,Admin2,Month,Year,Events,Fatalities\n",
        f":1: found ACLED sums by district and month, expected {ACLED_COLUMNS}; they name no day and no point; "
        "export the events themselves (Data Export Tool, all columns)",
    ),
    "sums by week": (
        "acled", "WEEK,REGION,COUNTRY,ADMIN1,EVENT_TYPE,EVENTS,FATALITIES\n",
        f":1: found ACLED sums by week, expected {ACLED_COLUMNS}; they name no day and no point; export the events themselves (Data Export Tool, all columns)",
    ),
    "deaths by year": (
        "ucdp", "conflict_id,year,bd_best,bd_low,bd_high\n",
        f":1: found UCDP deaths by conflict and year, expected {UCDP_COLUMNS}; they name no place; take the Georeferenced Event Dataset (GED)",
    ),
    "conflicts by year": (
        "ucdp", "conflict_id,location,year,intensity_level\n",
        f":1: found UCDP conflicts by year, expected {UCDP_COLUMNS}; they name no place; take the Georeferenced Event Dataset (GED)",
    ),
    "disasters": (
        "idmc", "ISO3,Year,Event Name,Disaster Internal Displacements,Hazard Category\n",
        f":1: found IDMC disasters, expected {IDMC_COLUMNS}; displacement by disasters is not modelled; take the table of conflict and violence",
    ),
    "an open quote": (
        "acled", strikes({}) + 'XTS2,"2030\n',
        ":3: found a row that cannot be read (unexpected end of data), expected cells between separators; close the quote, or save the table anew",
    ),
}  # fmt: skip
CELLS: dict[str, tuple[str, dict[str, str], str]] = {
    "an ambiguous date": ("acled", {"event_date": "04/05/2030"}, "column 'event_date': found '04/05/2030', expected a date like 2017-06-06; write year-month-day: 2030-04-05 or 2030-05-04"),
    "no date": ("acled", {"event_date": "soon"}, "column 'event_date': found 'soon', expected a date like 2017-06-06; write year-month-day"),
    "a latitude": ("acled", {"latitude": "104.2"}, "column 'latitude': found '104.2', expected a latitude from -90 to 90; are latitude and longitude exchanged?"),
    "a longitude": ("acled", {"longitude": "east"}, "column 'longitude': found 'east', expected a longitude from -180 to 180; write it in digits, with a decimal point if needed"),
    "deaths": ("acled", {"fatalities": "many"}, "column 'fatalities': found 'many', expected a number of people; write it in digits, with a decimal point if needed"),
    "negative deaths": ("acled", {"fatalities": "-1"}, "column 'fatalities': found '-1', expected a number of people from 0 to 1000000000; check the number"),
    "a precision": ("acled", {"geo_precision": "4"}, "column 'geo_precision': found '4', expected a whole number from 1 to 3; export the table anew"),
    "a type": ("acled", {"event_type": "Batles"}, "column 'event_type': found 'Batles', expected a type of event of ACLED; did you mean 'Battles'?"),
    "no type": ("acled", {"event_type": ""}, "column 'event_type': found a blank cell, expected a type of event of ACLED; export the table anew"),
    "a kind of violence": ("ucdp", {"type_of_violence": "4"}, "column 'type_of_violence': found '4', expected 1, 2 or 3; export the table anew"),
    "deaths out of order": ("ucdp", {"best": "20"}, "column 'best': found low 9, best 20, high 14, expected them in this order; export the table anew"),
    "days out of order": ("ucdp", {"date_end": "2030-03-01"}, "column 'date_end': found '2030-03-01', expected a date from 2030-03-06 on; exchange the dates"),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_export_is_refused_with_what_was_found_and_what_is_known(
    case: str, tmp_path: pathlib.Path
) -> None:
    source, content, message = FILES[case]
    assert faults(tmp_path, source, content) == [f"{tmp_path.name}/export.csv{message}"]


@pytest.mark.parametrize("case", CELLS)
def test_a_cell_that_cannot_be_read_is_named_with_its_line_and_column(case: str, tmp_path: pathlib.Path) -> None:
    source, change, message = CELLS[case]
    content = strikes({}, change) if source == "acled" else clashes({}, change)
    assert faults(tmp_path, source, content) == [f"{tmp_path.name}/export.csv:3: {message}"]


def test_all_faults_of_a_file_are_told_at_once(tmp_path: pathlib.Path) -> None:
    content = strikes({"fatalities": "x"}, {"event_date": "04/05/2030"}, {"latitude": "99"}, {"geo_precision": "9"})
    assert [fault.split(":")[1] for fault in faults(tmp_path, "acled", content)] == ["3", "2", "4", "5"]


def test_faults_beyond_a_thousand_are_counted(tmp_path: pathlib.Path) -> None:
    said = faults(tmp_path, "acled", strikes(*[{"event_date": "04/05/2030"}] * 1200))
    assert len(said) == 1001
    assert (
        said[-1]
        == f"{tmp_path.name}/export.csv: found 200 more faults in this file, expected none; cure those above first"
    )


def test_the_heading_of_the_file_is_named_and_not_that_of_the_codebook(tmp_path: pathlib.Path) -> None:
    content = strikes({"fatalities": "x"}).replace("fatalities", "FATALITIES", 1)
    assert faults(tmp_path, "acled", content)[0].startswith(
        f"{tmp_path.name}/export.csv:2: column 'FATALITIES': found 'x'"
    )


def test_a_year_that_is_none_is_named(tmp_path: pathlib.Path) -> None:
    content = "iso3,year,new_displacement,total_displacement\nNVL,'30,1,1\n"
    assert faults(tmp_path, "idmc", content, country="NVL") == [
        f"{tmp_path.name}/export.csv:2: column 'year': found ''30', expected a year from 1900 to 2199; write it in four digits, or delete the row"
    ]


def test_a_file_that_is_not_there_or_is_a_folder_is_named(tmp_path: pathlib.Path) -> None:
    from maabar.formats import importing

    root = exports.town(tmp_path)
    for path, found in (
        (tmp_path / "none.csv", "no such file, expected a table (CSV or xlsx); check its name"),
        (root, "a folder, expected a table (CSV or xlsx); name the file that you downloaded"),
    ):
        with pytest.raises(errors.InputError) as caught:
            importing.convert("acled", path, tmp_path / "out", root)
        assert str(caught.value) == f"{tmp_path.name}/{path.name}: found {found}"


WISHES: dict[str, tuple[dict[str, Any], str]] = {
    "no distance": ({"within": 0.0}, "--within: found 0, expected a distance above 0 and up to 500 km; 10 is about a town and its outskirts"),
    "no number": ({"within": float("nan")}, "--within: found nan, expected a distance above 0 and up to 500 km; 10 is about a town and its outskirts"),
    "other homes": ({"homes": "all"}, "--homes: found 'all', expected zone or single; write one of them"),
    "days elsewhere": (
        {"first": day("2031-01-01")},
        "--from and --until: found 2031-01-01 to 2030-06-28, expected days within 2030-03-01 to 2030-06-28, those of my-town; leave them out for all of its days",
    ),
    "an unknown place": ({"place": "north-cmp"}, "--place: found 'north-cmp', expected a place of my-town; did you mean 'north-camp'?"),
    "append beside into": ({"append": True}, "--append: found --into beside it, expected one of them; write the scenario in place of OUT"),
}  # fmt: skip


@pytest.mark.parametrize("case", WISHES)
def test_a_wish_that_cannot_be_met_is_refused(case: str, tmp_path: pathlib.Path) -> None:
    wishes, message = WISHES[case]
    with pytest.raises(errors.RunError) as caught:
        bring(tmp_path, "acled", strikes({}), **wishes)
    assert str(caught.value) == message
    assert not list(tmp_path.glob("out*"))


def test_without_into_the_folder_must_be_a_scenario(tmp_path: pathlib.Path) -> None:
    from maabar.formats import importing

    path = exports.put(tmp_path, strikes({}))
    for out, found in ((tmp_path / "new", "no such folder"), (tmp_path, "no scenario there")):
        with pytest.raises(errors.RunError) as caught:
            importing.convert("acled", path, out)
        assert str(caught.value) == (
            f"{out}: found {found}, expected a scenario, as its places are needed; name the scenario with --into, or write its folder in place of OUT"
        )


def test_the_faults_of_the_scenario_are_told_and_nothing_is_imported(tmp_path: pathlib.Path) -> None:
    root = exports.town(tmp_path)
    (root / "places.csv").write_text("id\n", encoding="utf-8")
    assert faults(tmp_path, "acled", strikes({}))[0].startswith(
        "my-town/places.csv:1: column 'name': found no such column"
    )
