"""Every fault of the files, places, routes and events of a scenario, with its whole message."""
# ruff: noqa: E501 - a message is one line

import os
import pathlib
import sys

import damage
import pytest
import test_faults_of_evidence
import test_faults_of_settings
from damage import E, L, P, R, S, T, add, drop, edit, folder, loop, pipe, put, recode, ren, steps, stretch

from maabar import errors, scenario, tables

CASES: dict[str, tuple[damage.Step, list[str]]] = {
    "a missing table": (
        drop(P),
        ["town/places.csv: found no such file, expected a table in UTF-8; add the file, or check its name"],
    ),
    "a missing settings file": (
        drop(T),
        ["town/scenario.toml: found no such file, expected settings in TOML; add the file, or check its name"],
    ),
    "a misspelt file": (
        ren(E, "event.csv"),
        ["town/event.csv: found an unknown file, expected 'events.csv'; rename it to events.csv"],
    ),
    "a folder in place of a file": (
        folder(R),
        ["town/routes.csv: found a folder, expected a table in UTF-8; put a plain file here"],
    ),
    "a loop of links": (
        loop(R),
        ["town/routes.csv: found a loop of links, expected a table in UTF-8; replace the link by the file itself"],
    ),
    "a named pipe": (
        pipe(E),
        ["town/events.csv: found something that is not a file, expected a table in UTF-8; put a plain file here"],
    ),
    "an empty file": (
        put(P, ""),
        ["town/places.csv: found an empty file, expected a table in UTF-8; fill it, or delete it if it is not needed"],
    ),
    "a file of blanks": (
        put(E, "\ufeff \r\n"),
        ["town/events.csv: found an empty file, expected a table in UTF-8; fill it, or delete it if it is not needed"],
    ),
    "a NUL byte": (
        edit(P, "Old Town", "Old\x00Town"),
        [
            "town/places.csv:2: found a NUL byte, expected a table in UTF-8; the file is damaged or no text: copy it anew or save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')"
        ],
    ),
    "a Latin-1 file": (
        put(S, 'id,name,kind,reliability,interest,url\ns-1,"Préfecture",press,B,,\n'.encode("latin-1")),
        [
            "town/sources.csv:2: found the byte 0xe9, expected a table in UTF-8; save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')"
        ],
    ),
    "UTF-16": (
        recode(S, "utf-16"),
        ["town/sources.csv: found UTF-16, expected a table in UTF-8; save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')"],
    ),
    "a huge file": (
        stretch(L, 64 * 2**20 + 1),
        [
            "town/lines.csv: found more than 64 MB, expected a table in UTF-8; split the file or drop rows that are not needed"
        ],
    ),
    "semicolons between cells": (
        edit(R, ",", ";", everywhere=True),
        [
            "town/routes.csv:1: found a header with semicolons, expected commas between cells; save the table with commas"
        ],
    ),
    "a missing column": (
        edit(R, "from,to,km", "from,to,len"),
        [
            "town/routes.csv:1: column 'km': found no such column among from, to, len, mode, one_way, mines_per_1000, crossing_per_1000, guided or source, expected it in the header; add the column"
        ],
    ),
    "a misspelt required column": (
        edit(P, "kind,", "kinds,"),
        ["town/places.csv:1: column 'kinds': found an unknown header, expected 'kind'; did you mean 'kind'?"],
    ),
    "a misspelt optional column": (
        edit(P, "population,", "populaton,"),
        [
            "town/places.csv:1: column 'populaton': found an unknown header, expected 'population'; did you mean 'population'?"
        ],
    ),
    "a header that stands twice": (
        edit(P, "admin2,source", "source,source"),
        [
            "town/places.csv:1: column 'source': found the same header twice, expected each column once; rename or delete one of them"
        ],
    ),
    "a row with too many cells": (
        edit(P, "18000,,,,,Wadi,invented", "18000,,,,,Wadi,invented,more"),
        [
            "town/places.csv:3: found 15 cells, expected 14 as in the header; put a text that holds a comma between quotes"
        ],
    ),
    "an unclosed quote": (
        edit(E, "the ferry is sunk", '"the ferry is sunk'),
        [
            "town/events.csv:7: found a row that cannot be read (unexpected end of data), expected cells between commas; close every quote, and double the quotes inside a quoted cell"
        ],
    ),
    "cells under a blank header": (
        edit(R, "guided,source", "guided,"),
        [
            "town/routes.csv:2: found 'invented' under no header, expected a header over it; name the column or empty the cell",
            "town/routes.csv:3: found 'invented' under no header, expected a header over it; name the column or empty the cell",
            "town/routes.csv:4: found 'invented' under no header, expected a header over it; name the column or empty the cell",
            "town/routes.csv:5: found 'invented' under no header, expected a header over it; name the column or empty the cell",
            "town/routes.csv:6: found 'invented' under no header, expected a header over it; name the column or empty the cell",
            "town/routes.csv:7: found 'invented' under no header, expected a header over it; name the column or empty the cell",
            "town/routes.csv:8: found 'invented' under no header, expected a header over it; name the column or empty the cell",
            "town/routes.csv:9: found 'invented' under no header, expected a header over it; name the column or empty the cell",
        ],
    ),
    "a table without rows": (
        put(R, "from,to,km\n"),
        ["town/routes.csv: found a header and no rows, expected at least one row; add a row under the header"],
    ),
    "a blank id": (
        edit(P, "orchard,The", "  ,The"),
        [
            "town/places.csv:5: column 'id': found a blank cell, expected an id; write a short name such as ain-issa",
            "town/routes.csv:4: column 'to': found 'orchard', expected a place of places.csv; add it to places.csv, or correct the id",
            "town/routes.csv:5: column 'to': found 'orchard', expected a place of places.csv; add it to places.csv, or correct the id",
            "town/routes.csv:7: column 'from': found 'orchard', expected a place of places.csv; add it to places.csv, or correct the id",
        ],
    ),
    "an illegal id": (
        edit(P, "hill-town,Hill", "Hill Town,Hill"),
        [
            "town/places.csv:8: column 'id': found 'Hill Town', expected an id of small letters, digits and hyphens; write hill-town"
        ],
    ),
    "an id in Arabic": (
        edit(P, "hill-town,Hill", "التل,Hill"),
        [
            "town/places.csv:8: column 'id': found 'التل', expected an id of small letters, digits and hyphens; write the name in Latin letters; other scripts belong in the name columns",
            "town/routes.csv:8: column 'to': found 'hill-town', expected a place of places.csv; did you mean 'old-town'?",
        ],
    ),
    "an id that stands twice": (
        edit(P, "hill-town,Hill", "north-camp,Hill"),
        [
            "town/places.csv:8: column 'id': found 'north-camp' again, first in line 7, expected each once; delete one of the rows or rename it",
            "town/routes.csv:8: column 'to': found 'hill-town', expected a place of places.csv; did you mean 'old-town'?",
        ],
    ),
    "an unknown kind of place": (
        edit(P, "camp,,0.420", "kamp,,0.420"),
        [
            "town/places.csv:7: column 'kind': found 'kamp', expected home, waypoint, camp or refuge; did you mean 'camp'?"
        ],
    ),
    "a latitude beyond the pole": (
        edit(P, "0.420,0.180", "91,0.180"),
        [
            "town/places.csv:7: column 'lat': found '91', expected a latitude from -90 to 90; write WGS84 degrees; are lat and lon exchanged?"
        ],
    ),
    "a longitude beyond the date line": (
        edit(P, "0.420,0.180", "0.420,181"),
        [
            "town/places.csv:7: column 'lon': found '181', expected a longitude from -180 to 180; write WGS84 degrees; are lat and lon exchanged?"
        ],
    ),
    "a thousands mark": (
        edit(P, "18000", '"18,000"'),
        [
            "town/places.csv:3: column 'population': found '18,000', expected a number of people from 0 to 1000000000; write 18000"
        ],
    ),
    "half a person": (
        edit(P, "18000", "18000.5"),
        [
            "town/places.csv:3: column 'population': found '18000.5', expected a number of people from 0 to 1000000000; write a whole number"
        ],
    ),
    "negative population": (
        edit(P, "18000", "-5"),
        [
            "town/places.csv:3: column 'population': found '-5', expected a number of people from 0 to 1000000000; write people at the start"
        ],
    ),
    "a word for a number": (
        edit(P, "18000", "many"),
        [
            "town/places.csv:3: column 'population': found 'many', expected a number of people from 0 to 1000000000; write it in digits, with a decimal point if needed"
        ],
    ),
    "negative capacity": (
        edit(P, "8000,5000", "-1,5000"),
        [
            "town/places.csv:7: column 'capacity': found '-1', expected a capacity in people, 0 or more; leave it blank for no limit"
        ],
    ),
    "not a number": (
        edit(P, "8000,5000", "8000,nan"),
        [
            "town/places.csv:7: column 'shelter_cost': found 'nan', expected a cost, 0 or more; write it in digits, with a decimal point if needed"
        ],
    ),
    "a number too large for a computer": (
        edit(P, "8000,5000", "1e400,5000"),
        [
            "town/places.csv:7: column 'capacity': found '1e400', expected a capacity in people, 0 or more; write a number below 1e308"
        ],
    ),
    "a stay of no time": (
        edit(P, "5000,60", "5000,0"),
        [
            "town/places.csv:7: column 'dwell_days': found '0', expected a mean stay in days above 0; leave it blank if nobody moves on"
        ],
    ),
    "unknown zone": (
        edit(P, "home,town,0.102", "home,towm,0.102"),
        [
            "town/places.csv:3: column 'zone': found 'towm', expected a zone of scenario.toml, or a blank cell; did you mean 'town'?"
        ],
    ),
    "a zone at a camp": (
        edit(P, "camp,,0.420", "camp,town,0.420"),
        ["town/places.csv:7: column 'zone': found 'town', expected a blank cell at a camp; zones are of homes only"],
    ),
    "a capacity at a home": (
        edit(P, "9000,,", "9000,50,"),
        [
            "town/places.csv:4: column 'capacity': found '50', expected a blank cell at a home; only camps and refuges shelter people"
        ],
    ),
    "people of a waypoint": (
        edit(P, "0.160,0.150,", "0.160,0.150,300"),
        [
            "town/places.csv:5: column 'population': found '300', expected a blank cell at a waypoint; people at the start are in homes, camps and refuges only"
        ],
    ),
    "a place without a route": (
        add(P, "far-away,Far away,,refuge,,1,1,,,,,,"),
        [
            "town/places.csv:10: column 'id': found 'far-away', which no route reaches, expected a place on a route; add a route in routes.csv"
        ],
    ),
    "nobody at home": (
        steps(edit(P, "12000", "0"), edit(P, "18000", "0"), edit(P, "9000", "0")),
        [
            "town/places.csv: column 'population': found no home with people, expected at least one; write the people at the start"
        ],
    ),
    "nowhere to go": (
        steps(
            edit(P, "camp,,0.420,0.180,,8000,5000,60", "waypoint,,0.420,0.180,,,,"),
            edit(P, "refuge,,0.480,0.420,,,20000", "waypoint,,0.480,0.420,,,"),
            edit(P, "refuge,,-0.400,0.050,,20000,30000", "waypoint,,-0.400,0.050,,,"),
            edit(E, "2030-05-01,,capacity,north-camp,12000,s-agency,the camp is enlarged", ""),
        ),
        [
            "town/places.csv: column 'kind': found no camp and no refuge, expected at least one; add where people can settle"
        ],
    ),
    "a negative distance": (
        edit(R, ",30,road", ",-3,road"),
        [
            "town/routes.csv:7: column 'km': found '-3', expected a distance above 0 and up to 20000; write the road distance in kilometres"
        ],
    ),
    "a blank distance": (
        edit(R, ",30,road", ",,road"),
        [
            "town/routes.csv:7: column 'km': found a blank cell, expected a distance above 0 and up to 20000; write the road distance in kilometres"
        ],
    ),
    "an unknown mode": (
        edit(R, ",30,road", ",30,rode"),
        ["town/routes.csv:7: column 'mode': found 'rode', expected road, foot or boat; did you mean 'road'?"],
    ),
    "neither yes nor no": (
        edit(R, "foot,no,4", "foot,maybe,4"),
        ["town/routes.csv:4: column 'one_way': found 'maybe', expected yes or no; write yes or no"],
    ),
    "more deaths than people": (
        edit(R, "foot,no,4", "foot,no,1001"),
        [
            "town/routes.csv:4: column 'mines_per_1000': found '1001', expected deaths per 1,000 from 0 to 1000; write deaths per 1,000 people on the way"
        ],
    ),
    "a percent sign": (
        edit(R, "boat,no,,5", "boat,no,,5%"),
        [
            "town/routes.csv:6: column 'crossing_per_1000': found '5%', expected deaths per 1,000 from 0 to 1000; write 5 without the sign, or 0.05 where a share is asked for"
        ],
    ),
    "unknown place in route": (
        edit(R, "far-bank,border-city", "far-bank,border-cty"),
        [
            "town/routes.csv:9: column 'to': found 'border-cty', expected a place of places.csv; did you mean 'border-city'?"
        ],
    ),
    "a route to itself": (
        edit(R, "far-bank,border-city", "far-bank,far-bank"),
        [
            "town/routes.csv:9: column 'to': found 'far-bank', expected another place than in 'from'; delete the row or correct one end"
        ],
    ),
    "a route given twice": (
        add(R, "hill-town,north-camp,28,road,no,,,,"),
        [
            "town/routes.csv:10: column 'to': found 'hill-town>north-camp' by road again, first in line 8, expected each direction and mode once; delete one of the rows, or set one_way on both"
        ],
    ),
    "guides outside a zone": (
        edit(R, "orchard,north-camp,30,road,no,1,,no", "orchard,north-camp,30,road,no,1,,yes"),
        [
            "town/routes.csv:7: column 'guided': found 'yes', expected a blank cell, as the route does not begin at a home of a zone; exchange from and to, or leave guided blank"
        ],
    ),
    "a home without a way out": (
        steps(add(P, "farm,Farm,,home,town,0.1,0.1,10,,,,,"), add(R, "old-town,farm,3,foot,yes,,,,")),
        [
            "town/places.csv:10: column 'id': found 'farm', from where no camp or refuge can be reached, expected a way from every home to a camp or refuge; add the missing route in routes.csv, or check one_way"
        ],
    ),
    "an impossible date": (
        edit(E, "2030-04-10,,route", "2030-02-30,,route"),
        [
            "town/events.csv:7: column 'from': found '2030-02-30', expected a date like 2017-06-06; February 2030 has 28 days"
        ],
    ),
    "a date with the day first": (
        edit(E, "2030-04-10,,route", "10/04/2030,,route"),
        [
            "town/events.csv:7: column 'from': found '10/04/2030', expected a date like 2017-06-06; write year-month-day: 2030-04-10 or 2030-10-04"
        ],
    ),
    "a thirteenth month": (
        edit(E, "2030-04-10,,route", "2030-13-10,,route"),
        [
            "town/events.csv:7: column 'from': found '2030-13-10', expected a date like 2017-06-06; there is no month 13; write year-month-day"
        ],
    ),
    "a date without zeros": (
        edit(E, "2030-04-10,,route", "2030-4-10,,route"),
        ["town/events.csv:7: column 'from': found '2030-4-10', expected a date like 2017-06-06; write 2030-04-10"],
    ),
    "until before from": (
        edit(E, "2030-04-17,truce", "2030-04-14,truce"),
        [
            "town/events.csv:10: column 'until': found '2030-04-14', expected a date from 2030-04-15 on; exchange the dates, or leave it blank for ever"
        ],
    ),
    "an event before the start": (
        edit(E, "2030-03-01,,exit_ban", "2029-03-01,,exit_ban"),
        [
            "town/events.csv:2: column 'from': found '2029-03-01', expected a date from 2030-03-01 to 2030-06-28; write 2030-03-01 if it holds at the start"
        ],
    ),
    "an event after the end": (
        edit(E, "2030-06-10,,holder", "2030-07-10,,holder"),
        [
            "town/events.csv:9: column 'from': found '2030-07-10', expected a date from 2030-03-01 to 2030-06-28; correct the date, or make the run longer"
        ],
    ),
    "an unknown kind of event": (
        edit(E, ",fighting,", ",figthing,"),
        [
            "town/events.csv:6: column 'kind': found 'figthing', expected strikes, conflict, fighting, holder, exit_ban, fighters, route, crossing, place, capacity, shelter_cost, mines, corridor or truce; did you mean 'fighting'?"
        ],
    ),
    "an unknown target": (
        edit(E, "holder,east-quarter", "holder,east-quartier"),
        [
            "town/events.csv:9: column 'target': found 'east-quartier', expected a home or zone, as the kind is holder; did you mean 'east-quarter'?"
        ],
    ),
    "a target of the wrong kind": (
        edit(E, "holder,east-quarter", "holder,orchard"),
        [
            "town/events.csv:9: column 'target': found 'orchard', a waypoint, expected a home or zone, as the kind is holder; correct the target or the kind"
        ],
    ),
    "a route named backward": (
        edit(E, "mill-quarter>far-bank", "far-bank>mill-quarter"),
        [
            "town/events.csv:7: column 'target': found 'far-bank>mill-quarter', expected a route, as the kind is route; write 'mill-quarter>far-bank', as in routes.csv"
        ],
    ),
    "a share above 1": (
        edit(E, "exit_ban,town,0.9", "exit_ban,town,90"),
        [
            "town/events.csv:2: column 'value': found '90', expected a strictness of the ban from 0 to 1, as the kind is exit_ban; write a share: 0.5 for half"
        ],
    ),
    "a decimal comma": (
        edit(E, "fighting,town,0.5", 'fighting,town,"0,5"'),
        [
            "town/events.csv:6: column 'value': found '0,5', expected an intensity of fighting from 0 to 1, as the kind is fighting; write 0.5"
        ],
    ),
    "a wrong word for a value": (
        edit(E, "far-bank,closed", "far-bank,close"),
        [
            "town/events.csv:7: column 'value': found 'close', expected open or closed, as the kind is route; did you mean 'closed'?"
        ],
    ),
    "a blank value": (
        edit(E, "strikes,town,2", "strikes,town,"),
        [
            "town/events.csv:4: column 'value': found a blank cell, expected strikes a day, 0 or more, as the kind is strikes; write a number that is not negative"
        ],
    ),
    "negative strikes": (
        edit(E, "strikes,town,2", "strikes,town,-2"),
        [
            "town/events.csv:4: column 'value': found '-2', expected strikes a day, 0 or more, as the kind is strikes; write a number that is not negative"
        ],
    ),
    "an end of fighters": (
        edit(E, "2030-03-01,,fighters", "2030-03-01,2030-04-01,fighters"),
        [
            "town/events.csv:3: column 'until': found '2030-04-01', expected a blank cell or 2030-03-01, as the kind is fighters; leave it blank: the number is set once and then follows the fighting"
        ],
    ),
    "strikes where nobody lives": (
        steps(edit(P, "9000", "0"), edit(E, "strikes,town,2", "strikes,mill-quarter,2")),
        [
            "town/events.csv:4: column 'target': found 'mill-quarter', where nobody lives, expected a home with people, as the kind is strikes; write its population"
        ],
    ),
    "a corridor that starts at a waypoint": (
        edit(E, "2030-05-01,,capacity,north-camp,12000", "2030-05-01,,corridor,orchard>north-camp,100"),
        [
            "town/events.csv:11: column 'target': found 'orchard>north-camp', which starts at a waypoint, expected a route that starts at a home, as the kind is corridor; name the route out of the home; clear the way behind it with mines events"
        ],
    ),
    "a waypoint that is closed": (
        edit(E, "2030-05-01,,capacity,north-camp,12000", "2030-05-01,,place,orchard,closed"),
        [
            "town/events.csv:11: column 'target': found 'orchard', a waypoint, expected a home, camp or refuge, as the kind is place; close the routes that lead to it"
        ],
    ),
    "fighters at a home of no zone": (
        steps(
            edit(P, "home,town,0.102", "home,,0.102"),
            edit(R, "foot,no,6,1,yes", "foot,no,6,1,no"),
            edit(E, "2030-06-10,,holder,east-quarter,other,s-press,", ""),
            edit(E, "fighters,town", "fighters,east-quarter"),
        ),
        [
            "town/events.csv:3: column 'target': found 'east-quarter', which is in no zone, expected a home of a zone, as the kind is fighters; write its zone"
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_damaged_file_is_described_with_its_cure(case: str, tmp_path: pathlib.Path) -> None:
    step, messages = CASES[case]
    root = damage.town(tmp_path)
    step(root)
    assert damage.faults_of(root).split("\n") == messages


def test_the_template_has_no_fault(tmp_path: pathlib.Path) -> None:
    assert damage.faults_of(damage.town(tmp_path)) == ""


def test_more_than_sixty_faults_are_told_apart() -> None:
    tables_of_cases = (CASES, test_faults_of_settings.CASES, test_faults_of_evidence.CASES)
    messages = {message for cases in tables_of_cases for _, told in cases.values() for message in told}
    assert len(messages) >= 120


def test_all_faults_of_all_files_are_told_at_once_in_order(tmp_path: pathlib.Path) -> None:
    root = damage.town(tmp_path)
    names = (
        "a longitude beyond the date line",
        "a negative distance",
        "an impossible date",
        "an unknown kind of event",
    )
    for name in names:
        CASES[name][0](root)
    edit(T, "days = 120", "days = 0")(root)
    edit(S, "agency,A", "agency,G")(root)
    with pytest.raises(errors.InputError) as caught:
        scenario.load(root)
    files = [f"{fault.file}:{fault.line}" for fault in caught.value.faults]
    assert files == [
        "town/scenario.toml:8",
        "town/places.csv:7",
        "town/routes.csv:7",
        "town/events.csv:6",
        "town/events.csv:7",
        "town/sources.csv:2",
    ]


def test_input_errors_end_with_exit_code_2(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.InputError) as caught:
        scenario.load(tmp_path)
    assert caught.value.exit_code == 2


def test_a_cell_of_a_megabyte_is_a_fault_of_its_line(tmp_path: pathlib.Path) -> None:
    root = damage.town(tmp_path)
    edit(P, "Old Town", "x" * 2**20)(root)
    assert damage.faults_of(root).startswith(
        "town/places.csv:2: found a row that cannot be read (field larger than field limit (131072)), "
        "expected cells between commas; close every quote, and double the quotes inside a quoted cell"
    )


def test_control_characters_of_a_cell_do_not_reach_the_terminal(tmp_path: pathlib.Path) -> None:
    root = damage.town(tmp_path)
    edit(P, "camp,,0.420", "\x1b[2J\u202ecamp,,0.420")(root)
    assert damage.faults_of(root) == (
        "town/places.csv:7: column 'kind': found '\\x1b[2J\\u202ecamp', expected home, waypoint, camp or refuge; "
        "did you mean 'camp'?"
    )


def test_a_file_with_endless_faults_is_cut_short(tmp_path: pathlib.Path) -> None:
    root = damage.town(tmp_path)
    add(E, "x,,x,x,x,,\n" * tables.MOST_FAULTS)(root)
    told = damage.faults_of(root).split("\n")
    assert len(told) == tables.MOST_FAULTS + 1
    assert (
        "town/events.csv: found 1000 more faults in this file, expected none; cure those above and check again" in told
    )


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: pathlib.Path) -> None:
    root = damage.town(tmp_path)
    (root / E).unlink()
    (root / E).symlink_to("/proc/self/mem")
    assert damage.faults_of(root) == (
        "town/events.csv: found a file that cannot be read (Input/output error), expected a table in UTF-8; "
        "copy it anew from its origin"
    )


def test_a_file_that_may_not_be_read_is_a_fault(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = damage.town(tmp_path)

    def refuse(path: pathlib.Path) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(path))

    real = os.stat
    monkeypatch.setattr(os, "stat", lambda path, **options: refuse(path) if path == root / E else real(path, **options))
    assert damage.faults_of(root) == (
        "town/events.csv: found a file that may not be read, expected a table in UTF-8; give yourself the right to read it"
    )


def test_looking_for_close_names_does_not_take_for_ever(tmp_path: pathlib.Path) -> None:
    root = damage.town(tmp_path)
    add(P, "\n".join(f"p{n},P,,waypoint,,0,0,,,,,," for n in range(2000)))(root)
    add(R, "\n".join(f"p{n},px{n},1,road,no,,,," for n in range(2000)))(root)
    told = damage.faults_of(root).split("\n")
    assert told[0] == "town/routes.csv:10: column 'to': found 'px0', expected a place of places.csv; did you mean 'p0'?"
    assert told[-1].endswith("expected a place of places.csv; add it to places.csv, or correct the id")
