"""Every fault of a Flee folder, with its whole message."""
# ruff: noqa: E501 - a message is one line

import os
import pathlib

import pytest

import flee_instance
from flee_instance import (
    CLOSED,
    CORRECTED,
    EAST,
    FIGHTS,
    LAYOUT,
    PERIOD,
    PLACES,
    ROUTES,
    WEST,
    add,
    drop,
    edit,
    put,
    ren,
    steps,
)
from maabar import errors
from maabar.formats import fleein

CASES: dict[str, tuple[flee_instance.Step, list[str]]] = {
    "no period": (
        drop(PERIOD),
        [
            "input_csv/sim_period.csv: found no such file, expected a table of Flee (CSV); add the file, or check the folder",
        ],
    ),
    "a misspelt period": (
        ren(PERIOD, "input_csv/sim_periods.csv"),
        [
            "input_csv/sim_period.csv: found no such file, expected a table of Flee (CSV); rename 'sim_periods.csv' to sim_period.csv",
        ],
    ),
    "no places": (
        drop(PLACES),
        [
            "input_csv/locations.csv: found no such file, expected a table of Flee (CSV); add the file, or check the folder",
        ],
    ),
    "misspelt places": (
        ren(PLACES, "input_csv/location.csv"),
        [
            "input_csv/locations.csv: found no such file, expected a table of Flee (CSV); rename 'location.csv' to locations.csv",
        ],
    ),
    "no routes": (
        drop(ROUTES),
        [
            "input_csv/routes.csv: found no such file, expected a table of Flee (CSV); add the file, or check the folder",
        ],
    ),
    "no folder of counts": (
        drop("source_data"),
        [
            "made-up/source_data: found no such folder, expected the folder of the counts; name the folder of data_layout.csv with --source-data: the people who set out come from its counts",
        ],
    ),
    "no layout": (
        drop(LAYOUT),
        [
            "source_data/data_layout.csv: found no such file, expected a table of Flee (CSV); add the file, or check the folder",
        ],
    ),
    "a file of counts that is not there": (
        drop(EAST),
        [
            "source_data/data_layout.csv:2: column 'file': found 'east.csv', which is not there, expected a file of source_data; add the file, or delete its name from the row",
        ],
    ),
    "a misspelt file of counts": (
        edit(LAYOUT, "east.csv", "eats.csv"),
        [
            "source_data/data_layout.csv:2: column 'file': found 'eats.csv', which is not there, expected a file of source_data; did you mean 'east.csv'?",
        ],
    ),
    "a NUL byte": (
        edit(PLACES, "Bren,North", "Bren\0,North"),
        [
            "input_csv/locations.csv:3: found a NUL byte, expected a table of Flee (CSV); the file is damaged or no text: copy it anew or save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')",
        ],
    ),
    "an unclosed quote at the end": (
        add(EAST, '2030-02-01,"950'),
        [
            "source_data/east.csv:5: found a quote that is not closed in line 5, expected cells between commas; close the quote, or delete it",
        ],
    ),
    "an unclosed quote in the middle": (
        edit(ROUTES, "Bren,Corr", '"Bren,Corr'),
        [
            "input_csv/routes.csv:3: found a quote that is not closed in line 3, expected cells between commas; close the quote, or delete it",
        ],
    ),
    "no StartDate": (
        put(PERIOD, "Length,10\n"),
        [
            "input_csv/sim_period.csv: column 'StartDate': found nothing, expected a date like 2017-06-06; write StartDate and the first day",
        ],
    ),
    "no Length": (
        put(PERIOD, "StartDate,2030-01-01\nLength,\n"),
        [
            "input_csv/sim_period.csv:2: column 'Length': found nothing, expected a whole number of days from 1 to 4000; write Length and the number of days",
        ],
    ),
    "a Length in words": (
        edit(PERIOD, "10", "ten"),
        [
            "input_csv/sim_period.csv:2: column 'Length': found 'ten', expected a whole number of days from 1 to 4000; write it in digits, with a decimal point if needed",
        ],
    ),
    "a Length of 0": (
        edit(PERIOD, ",10", ",0"),
        [
            "input_csv/sim_period.csv:2: column 'Length': found '0', expected a whole number of days from 1 to 4000; write how many days it runs",
        ],
    ),
    "a Length of half a day": (
        edit(PERIOD, ",10", ",9.5"),
        [
            "input_csv/sim_period.csv:2: column 'Length': found '9.5', expected a whole number of days from 1 to 4000; write how many days it runs",
        ],
    ),
    "a run beyond the longest": (
        edit(PERIOD, ",10", ",5000"),
        [
            "input_csv/sim_period.csv:2: column 'Length': found '5000', expected a whole number of days from 1 to 4000; write how many days it runs",
        ],
    ),
    "a start that may be two days": (
        edit(PERIOD, "2030-01-01", "03/04/2030"),
        [
            "input_csv/sim_period.csv:1: column 'StartDate': found '03/04/2030', expected a date like 2017-06-06; write year-month-day: 2030-03-04 or 2030-04-03",
        ],
    ),
    "a start that does not exist": (
        edit(PERIOD, "2030-01-01", "2030-02-30"),
        [
            "input_csv/sim_period.csv:1: column 'StartDate': found '2030-02-30', expected a date like 2017-06-06; February 2030 has 28 days",
        ],
    ),
    "too few cells of a place": (
        add(PLACES, "Elm,North,Homeland"),
        [
            "input_csv/locations.csv:8: found 3 cells, expected name, region, country, latitude, longitude, type; complete the row, or delete it",
        ],
    ),
    "a place without a name": (
        add(PLACES, ",North,Homeland,1,2,town,,"),
        [
            "input_csv/locations.csv:8: column 'name': found a blank cell, expected the name of a place; write its name, or delete the row",
        ],
    ),
    "a latitude in words": (
        edit(PLACES, "10.5", "north"),
        [
            "input_csv/locations.csv:3: column 'latitude': found 'north', expected a latitude; write it in digits, with a decimal point if needed",
        ],
    ),
    "a population in words": (
        edit(PLACES, "5000", "many"),
        [
            "input_csv/locations.csv:2: column 'population': found 'many', expected a number of people; write it in digits, with a decimal point if needed",
        ],
    ),
    "a population of everybody": (
        edit(PLACES, "5000", "5000000000"),
        [
            "input_csv/locations.csv:2: column 'population': found '5000000000', expected a number of people up to 1000000000; check the number",
        ],
    ),
    "a conflict date in words": (
        edit(PLACES, "conflict_zone,4", "conflict_zone,later"),
        [
            "input_csv/locations.csv:4: column 'conflict_date': found 'later', expected a date like 2017-06-06; write year-month-day",
        ],
    ),
    "places without a row": (
        put(PLACES, "#name,region\n"),
        [
            "input_csv/locations.csv: found no place, expected a place in each row; add the places",
        ],
    ),
    "an empty table of places": (
        put(PLACES, ""),
        [
            "input_csv/locations.csv: found no place, expected a place in each row; add the places",
        ],
    ),
    "an unknown place in a route": (
        edit(ROUTES, "Bren,Corr", "Brem,Corr"),
        [
            "input_csv/routes.csv:3: column 'name1': found 'Brem', expected a place of locations.csv; did you mean 'Bren'?",
        ],
    ),
    "an unknown place like no other": (
        edit(ROUTES, "Bren,Corr", "Xylophone,Corr"),
        [
            "input_csv/routes.csv:3: column 'name1': found 'Xylophone', expected a place of locations.csv; add it to locations.csv, or correct the name",
        ],
    ),
    "a blank end of a route": (
        edit(ROUTES, "Bren,Corr", ",Corr"),
        [
            "input_csv/routes.csv:3: column 'name1': found a blank cell, expected a place of locations.csv; add it to locations.csv, or correct the name",
        ],
    ),
    "too few cells of a route": (
        edit(ROUTES, "Bren,Corr,50,", "Bren,Corr"),
        [
            "input_csv/routes.csv:3: found 2 cells, expected name1, name2, distance; complete the row, or delete it",
        ],
    ),
    "a distance of 0": (
        edit(ROUTES, ",50,", ",0,"),
        [
            "input_csv/routes.csv:3: column 'distance': found '0', expected a distance in km above 0 and up to 20000; write the road distance in kilometres",
        ],
    ),
    "a distance below 0": (
        edit(ROUTES, ",50,", ",-50,"),
        [
            "input_csv/routes.csv:3: column 'distance': found '-50', expected a distance in km above 0 and up to 20000; write the road distance in kilometres",
        ],
    ),
    "a blank distance": (
        edit(ROUTES, ",50,", ",,0"),
        [
            "input_csv/routes.csv:3: column 'distance': found a blank cell, expected a distance in km above 0 and up to 20000; write the road distance in kilometres",
        ],
    ),
    "a distance in words": (
        edit(ROUTES, ",50,", ",50 km,"),
        [
            "input_csv/routes.csv:3: column 'distance': found '50 km', expected a distance in km above 0 and up to 20000; write it in digits, with a decimal point if needed",
        ],
    ),
    "a distance around the Earth": (
        edit(ROUTES, ",50,", ",50000,"),
        [
            "input_csv/routes.csv:3: column 'distance': found '50000', expected a distance in km above 0 and up to 20000; write the road distance in kilometres",
        ],
    ),
    "routes without a row": (
        put(ROUTES, "#name1,name2\n"),
        [
            "input_csv/routes.csv: found no route, expected a route in each row; add the routes",
        ],
    ),
    "an intensity in words": (
        edit(FIGHTS, "0,1,0,0", "0,high,0,0"),
        [
            "input_csv/conflicts.csv:2: column 'Aral': found 'high', expected an intensity from 0 to 1; write it in digits, with a decimal point if needed",
        ],
    ),
    "conflicts without names": (
        put(FIGHTS, "0,1,0,0\n1,1,0,0\n"),
        [
            "input_csv/conflicts.csv: found no names of places, expected a header; write #Day and the names of the places over the columns",
        ],
    ),
    "a closure on a day in words": (
        edit(CLOSED, ",0,3", ",soon,3"),
        [
            "input_csv/closures.csv:2: column 'closure_start': found 'soon', expected a day counted from 0, or -1; write how many days after the start it is",
        ],
    ),
    "a layout without a row": (
        put(LAYOUT, "# nothing\n"),
        [
            "source_data/data_layout.csv: found no row, expected a camp and its file in each row; name the files of counts",
        ],
    ),
    "a layout of the total alone": (
        put(LAYOUT, "total,refugees.csv\n"),
        [
            "source_data/data_layout.csv: found no camp with counts, expected at least one; name a camp of locations.csv and its file in each row",
        ],
    ),
    "a layout of strangers": (
        put(LAYOUT, "total,refugees.csv\nNorth_Camp,east.csv\n"),
        [
            "source_data/data_layout.csv: found no camp with counts, expected at least one; name a camp of locations.csv and its file in each row",
        ],
    ),
    "a count in words": (
        edit(EAST, ",160", ",about 160"),
        [
            "source_data/east.csv:2: column 'count': found 'about 160', expected a number of people; write it in digits, with a decimal point if needed",
        ],
    ),
    "a count of everybody": (
        edit(EAST, ",160", ",16000000000"),
        [
            "source_data/east.csv:2: column 'count': found '16000000000', expected a number of people up to 1000000000; check the number",
        ],
    ),
    "a date of a count that does not exist": (
        edit(EAST, "2030-01-20", "2030-01-32"),
        [
            "source_data/east.csv:4: column 'date': found '2030-01-32', expected a date like 2017-06-06; January 2030 has 31 days",
        ],
    ),
    "dates of counts that may be two days": (
        put(WEST, "01/02/2030,0\n03/04/2030,50\n"),
        [
            "source_data/west.csv:1: column 'date': found '01/02/2030', expected a date like 2017-06-06; write year-month-day: 2030-01-02 or 2030-02-01",
            "source_data/west.csv:2: column 'date': found '03/04/2030', expected a date like 2017-06-06; write year-month-day: 2030-03-04 or 2030-04-03",
        ],
    ),
    "a row of counts without a date": (
        add(EAST, ",7"),
        [
            "source_data/east.csv:5: column 'date': found a blank cell, expected a date like 2017-06-06; write the date, or delete the row",
        ],
    ),
    "dates of both orders": (
        put(WEST, "25/01/2030,0\n01/26/2030,10\n02/03/2030,50\n"),
        [
            "source_data/west.csv:3: column 'date': found '02/03/2030', expected a date like 2017-06-06; write year-month-day: 2030-02-03 or 2030-03-02",
        ],
    ),
    "no conflict": (
        put(FIGHTS, "#Day,Aral,Corr\n0,0,0\n"),
        [
            "input_csv/locations.csv: found no place with a day of conflict, expected at least one, where people flee from; write the days of conflict in conflicts.csv",
        ],
    ),
    "no way to a camp": (
        edit(ROUTES, "Bren,Dell,60,\nDell,East_Camp,20,\nCorr,West_Camp,70,", "Bren,Dell,60,"),
        [
            "input_csv/locations.csv: found no way from a place with conflict to a camp, expected at least one; add the missing routes in routes.csv",
        ],
    ),
    "nobody at the places with conflict": (
        steps(edit(PLACES, "5000", ""), edit(PLACES, ",2000\nDell", ",\nDell")),
        [
            "input_csv/locations.csv: column 'population': found no people at the places with conflict, expected a population; write how many people live there",
        ],
    ),
    "counts of a place with conflict alone": (
        put(LAYOUT, "total,refugees.csv\nAral,east.csv\n"),
        [
            "source_data/data_layout.csv: found no camp with counts, expected at least one; name the counts of a camp in data_layout.csv",
        ],
    ),
    "a correction on a day in words": (
        put(CORRECTED, "East_Camp,last week 3,normalize\n"),
        [
            "input_csv/registration_corrections.csv:1: column 'date': found 'last week 3', expected a date like 2017-06-06; write year-month-day",
        ],
    ),
    "many faults of many files": (
        steps(
            edit(PERIOD, "10", "ten"),
            edit(PLACES, "10.5", "north"),
            edit(ROUTES, ",50,", ",0,"),
            edit(EAST, ",160", ",x"),
        ),
        [
            "input_csv/sim_period.csv:2: column 'Length': found 'ten', expected a whole number of days from 1 to 4000; write it in digits, with a decimal point if needed",
            "input_csv/locations.csv:3: column 'latitude': found 'north', expected a latitude; write it in digits, with a decimal point if needed",
            "input_csv/routes.csv:3: column 'distance': found '0', expected a distance in km above 0 and up to 20000; write the road distance in kilometres",
            "source_data/east.csv:2: column 'count': found 'x', expected a number of people; write it in digits, with a decimal point if needed",
        ],
    ),
}


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    return flee_instance.instance(tmp_path)


@pytest.mark.parametrize("case", CASES)
def test_a_faulty_instance_is_refused_with_every_fault_and_nothing_is_written(case: str, root: pathlib.Path) -> None:
    step, messages = CASES[case]
    step(root)
    assert flee_instance.faults_of(root) == messages


def test_a_folder_in_place_of_a_table_is_said_so(root: pathlib.Path) -> None:
    (root / CLOSED).unlink()
    (root / CLOSED).mkdir()
    assert flee_instance.faults_of(root) == [
        "input_csv/closures.csv: found a folder, expected a table of Flee (CSV); put a plain file here"
    ]


def test_a_named_pipe_does_not_hang(root: pathlib.Path) -> None:
    (root / ROUTES).unlink()
    os.mkfifo(root / ROUTES)
    assert flee_instance.faults_of(root) == [
        "input_csv/routes.csv: found something that is not a file, expected a table of Flee (CSV); put a plain file here"
    ]


def test_an_instance_without_a_camp_is_refused(root: pathlib.Path) -> None:
    steps(edit(PLACES, "camp,,2000", "town,,2000"), edit(PLACES, "camp,,0", "town,,0"))(root)
    put(LAYOUT, "total,refugees.csv\nAral,east.csv\n")(root)
    assert flee_instance.faults_of(root) == [
        "input_csv/locations.csv: column 'location_type': found no camp, expected at least one; give where people arrive the type camp"
    ]


def test_a_file_beyond_all_measure_is_refused(root: pathlib.Path) -> None:
    os.truncate(root / EAST, 64 * 2**20 + 1)
    assert flee_instance.faults_of(root) == [
        "source_data/east.csv: found more than 64 MB, expected a table of Flee (CSV); split the file or drop rows that are not needed"
    ]


def test_a_cell_without_end_is_refused(root: pathlib.Path) -> None:
    add(PLACES, "E" * 200_000 + ",North,Homeland,1,2,town,,")(root)
    assert flee_instance.faults_of(root) == [
        "input_csv/locations.csv:8: found a quote that is not closed in line 8, expected cells between commas; close the quote, or delete it"
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere", "nowhere: found no such folder, expected the folder of a Flee instance; check the path"),
        ("a-file", "a-file: found a file, expected the folder of a Flee instance; check the path"),
        (
            "empty",
            "empty: found a folder without input_csv, expected the folder of a Flee instance; name the folder that holds input_csv, or input_csv itself",
        ),
    ],
)
def test_a_folder_that_is_no_instance_is_said_so(name: str, message: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "a-file").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(errors.InputError) as caught:
        fleein.convert(tmp_path / name, tmp_path / "out")
    assert str(caught.value) == f"{tmp_path}/{message}"[-len(str(caught.value)) :]
    assert len(caught.value.faults) == 1


def test_a_folder_of_counts_that_is_not_there_is_said_so(root: pathlib.Path) -> None:
    with pytest.raises(errors.InputError) as caught:
        fleein.convert(root, root.parent / "out", source_data=root / "sources")
    assert str(caught.value) == (
        "made-up/sources: found no such folder, expected the folder of the counts; name the folder of data_layout.csv with --source-data: the people who set out come from its counts"
    )


def test_an_unknown_word_for_capacities_is_refused(root: pathlib.Path) -> None:
    with pytest.raises(errors.RunError) as caught:
        fleein.convert(root, root.parent / "out", capacities="some")
    assert str(caught.value) == "--capacities: found 'some', expected listed or none"


def test_a_folder_that_holds_anything_is_not_written_to(root: pathlib.Path) -> None:
    out = root.parent / "out"
    out.mkdir()
    (out / "mine.txt").write_text("x")
    with pytest.raises(errors.RunError) as caught:
        fleein.convert(root, out)
    assert str(caught.value) == f"{out}: found a folder that is not empty, expected a new one; choose another name"
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_a_file_is_not_overwritten(root: pathlib.Path) -> None:
    out = root.parent / "out"
    out.write_text("x")
    with pytest.raises(errors.RunError) as caught:
        fleein.convert(root, out)
    assert str(caught.value) == f"{out}: found a file, expected a new folder; choose another name"


def test_a_place_below_a_file_cannot_be_written(root: pathlib.Path) -> None:
    (root.parent / "file").write_text("x")
    with pytest.raises(errors.RunError, match="lies below a file"):
        fleein.convert(root, root.parent / "file" / "out")
