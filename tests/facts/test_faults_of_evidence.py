"""Every fault of sources, evidence, inflow and map lines, with its whole message."""
# ruff: noqa: E501 - a message is one line

import datetime as dt
import pathlib

import damage
import pytest
from damage import I, L, S, T, V, add, drop, edit, put, steps

from maabar import errors, scenario

CASES: dict[str, tuple[damage.Step, list[str]]] = {
    "a source without a letter": (
        edit(S, "agency,A", "agency,"),
        [
            "town/sources.csv:2: column 'reliability': found a blank cell, expected A, B, C, D, E or F; F: cannot be judged"
        ],
    ),
    "a letter beyond F": (
        edit(S, "agency,A", "agency,G"),
        ["town/sources.csv:2: column 'reliability': found 'G', expected A, B, C, D, E or F; F: cannot be judged"],
    ),
    "an address without https": (
        edit(S, "https://example.org/press", "example.org/press"),
        [
            "town/sources.csv:5: column 'url': found 'example.org/press', expected an address that begins with https://; write it in full or leave it blank"
        ],
    ),
    "a source that stands twice": (
        edit(S, "s-press,A", "s-agency,A"),
        [
            "town/sources.csv:5: column 'id': found 's-agency' again, first in line 2, expected each once; delete one of the rows or rename it",
            "town/evidence.csv:6: column 'source': found 's-press', expected a source of sources.csv; add it to sources.csv, or correct the id",
            "town/evidence.csv:9: column 'source': found 's-press', expected a source of sources.csv; add it to sources.csv, or correct the id",
        ],
    ),
    "reports without sources": (
        drop(S),
        ["town/sources.csv: found no such file, expected a table in UTF-8; add the file, or check its name"],
    ),
    "a report of an unknown source": (
        edit(V, "s-agency,1", "s-agancy,1"),
        [
            "town/evidence.csv:3: column 'source': found 's-agancy', expected a source of sources.csv; did you mean 's-agency'?"
        ],
    ),
    "a report that stands twice": (
        edit(V, "e2,", "e1,"),
        [
            "town/evidence.csv:3: column 'id': found 'e1' again, first in line 2, expected each once; delete one of the rows or rename it"
        ],
    ),
    "unknown quantity": (
        edit(V, "price,trend", "prise,trend"),
        [
            "town/evidence.csv:7: column 'quantity': found 'prise', expected inside, present, arrivals, departures, displaced_total, killed, held, intercepted, price, shelter_cost, share_to, fighters, controlled_share, turned_away, unsheltered, guides, mines, policy, killed:strike, killed:mine, killed:crossing or killed:execution; did you mean 'price'?"
        ],
    ),
    "unknown form": (
        edit(V, "inside,about", "inside,abuot"),
        [
            "town/evidence.csv:2: column 'form': found 'abuot', expected exact, range, at_least, at_most, about, rank, trend, word or denial; did you mean 'about'?"
        ],
    ),
    "unknown report place": (
        edit(V, "north-camp,present", "north-kamp,present"),
        [
            "town/evidence.csv:3: column 'place': found 'north-kamp', expected a place or zone, or * for the whole scenario; did you mean 'north-camp'?"
        ],
    ),
    "a report before its days": (
        edit(V, "e2,2030-04-02", "e2,2030-03-02"),
        [
            "town/evidence.csv:3: column 'reported_on': found '2030-03-02', expected a date from 2030-04-01 on; a report cannot come before the days it is about"
        ],
    ),
    "until before from in report": (
        edit(V, "2030-05-01,2030-05-02", "2030-05-01,2030-04-02"),
        [
            "town/evidence.csv:4: column 'until': found '2030-04-02', expected a date from 2030-05-01 on; exchange the dates"
        ],
    ),
    "range without high": (
        edit(V, "300,,500", "300,,"),
        [
            "town/evidence.csv:4: column 'high': found a blank cell, expected a number, as the form is range; fill high, or change the form"
        ],
    ),
    "range upside down": (
        edit(V, "300,,500", "500,,300"),
        [
            "town/evidence.csv:4: column 'high': found '300', expected 500 or more, as low is 500; put low, best and high in order"
        ],
    ),
    "an exact value without a value": (
        edit(V, ",1450,", ",,"),
        [
            "town/evidence.csv:3: column 'best': found a blank cell, expected a number, as the form is exact; fill best, or change the form"
        ],
    ),
    "at least nothing": (
        edit(V, "at_least,60", "at_least,"),
        [
            "town/evidence.csv:5: column 'low': found a blank cell, expected a number, as the form is at_least; fill low or best, or change the form"
        ],
    ),
    "a trend of five": (
        edit(V, "trend,,1", "trend,,5"),
        [
            "town/evidence.csv:7: column 'best': found '5', expected -1, 0 or 1 in a trend; write 1 for rising, -1 for falling"
        ],
    ),
    "a negative count": (
        edit(V, ",1450,", ",-1450,"),
        [
            "town/evidence.csv:3: column 'best': found '-1450', expected a number of 0 or more; write the value as reported"
        ],
    ),
    "a word form without a word": (
        edit(V, ",dozens", ","),
        [
            "town/evidence.csv:10: column 'word': found a blank cell, expected a word, as the form is word; write the reported word, such as hundreds"
        ],
    ),
    "rank of one": (
        edit(V, "north-camp>border-city", "north-camp"),
        [
            "town/evidence.csv:9: column 'place': found 'north-camp', expected two or more places, as the form is rank; join them by >, most first"
        ],
    ),
    "two places without a rank": (
        edit(V, "north-camp,present", "north-camp>hill-town,present"),
        [
            "town/evidence.csv:3: column 'place': found 'north-camp>hill-town', expected one place, as the form is exact; change the form to rank"
        ],
    ),
    "a unit of another quantity": (
        edit(V, "1450,,person", "1450,,household"),
        [
            "town/evidence.csv:3: column 'unit': found 'household', expected person, as the quantity is present; convert the value and say so in the note"
        ],
    ),
    "a value without a unit": (
        edit(V, "1450,,person", "1450,,"),
        [
            "town/evidence.csv:3: column 'unit': found a blank cell, expected person, as the quantity is present; write the unit of the value"
        ],
    ),
    "money of another country": (
        edit(V, "XTS/person", "USD"),
        [
            "town/evidence.csv:8: column 'unit': found 'USD', expected XTS or XTS/person, as the quantity is price; convert the value and say so in the note"
        ],
    ),
    "a percentage above 100": (
        add(V, "e11,2030-05-20,,,town,controlled_share,exact,,120,,percent,s-press,3,,,"),
        [
            "town/evidence.csv:12: column 'best': found '120', expected percent from 0 to 100; check the unit: share is of 1, percent of 100"
        ],
    ),
    "a credibility of seven": (
        edit(V, "s-agency,1", "s-agency,7"),
        [
            "town/evidence.csv:3: column 'credibility': found '7', expected a digit from 1 to 6; write 6 if it cannot be judged"
        ],
    ),
    "a correction of nothing": (
        steps(
            edit(V, "note,word", "note,corrects"),
            edit(V, ",dozens", ",e99"),
            edit(V, "intercepted,word,,,,word", "intercepted,denial,,,,"),
        ),
        ["town/evidence.csv:10: column 'corrects': found 'e99', expected a report of this table; did you mean 'e9'?"],
    ),
    "a report that corrects itself": (
        steps(
            edit(V, "note,word", "note,corrects"),
            edit(V, ",dozens", ",e9"),
            edit(V, "intercepted,word,,,,word", "intercepted,denial,,,,"),
        ),
        [
            "town/evidence.csv:10: column 'corrects': found 'e9', expected another report; name the report that was wrong"
        ],
    ),
    "a range in one cell": (
        edit(V, "range,300,,500", "range,300-500,,500"),
        ["town/evidence.csv:4: column 'low': found '300-500', expected a number; write one number here, such as 300"],
    ),
    "a line of one point": (
        put(L, "line,order,lat,lon\nriver,1,0,0\n"),
        [
            "town/lines.csv:2: column 'line': found one point of 'river', expected two points or more; add the points it runs through"
        ],
    ),
    "two points with one number": (
        edit(L, "النهر,2", "النهر,1"),
        [
            "town/lines.csv:3: column 'line': found 'river' '1' again, first in line 2, expected each once; delete one of the rows or rename it"
        ],
    ),
    "inflow where simulated": (
        put(I, "date,persons\n2030-03-01,5\n"),
        [
            'town/inflow.csv: found a file, expected none, as departures are simulated; delete it, or write departures = "given" in scenario.toml'
        ],
    ),
    "given without inflow": (
        edit(T, '"simulated"', '"given"'),
        [
            'town/inflow.csv: found no such file, expected a table of departures, as they are given; add it, or write departures = "simulated" in scenario.toml'
        ],
    ),
    "every fault of inflow": (
        steps(
            edit(T, '"simulated"', '"given"'),
            put(
                I,
                "date,persons,place\n2030-03-01,5,\n2030-03-01,6,\n2031-03-01,5,\n2030-03-02,-1,\n2030-03-03,1.5,\n2030-03-04,,\n2030-03-05,3,north-camp\n2030-03-05,3,old-twon\n",
            ),
        ),
        [
            "town/inflow.csv:3: column 'date': found '2030-03-01' again, first in line 2, expected each once; delete one of the rows or rename it",
            "town/inflow.csv:4: column 'date': found '2031-03-01', expected a date from 2030-03-01 to 2030-06-28; correct the date, or change start and days",
            "town/inflow.csv:5: column 'persons': found '-1', expected a number of people from 0 to 1000000000; write 0 for a day without",
            "town/inflow.csv:6: column 'persons': found '1.5', expected a number of people from 0 to 1000000000; write a whole number",
            "town/inflow.csv:7: column 'persons': found a blank cell, expected a number of people from 0 to 1000000000; write 0 for a day without",
            "town/inflow.csv:8: column 'place': found 'north-camp', a camp, expected a home of places.csv, or a blank cell; name where they set out",
            "town/inflow.csv:9: column 'place': found 'old-twon', expected a home of places.csv, or a blank cell; did you mean 'old-town'?",
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_damaged_evidence_is_described_with_its_cure(case: str, tmp_path: pathlib.Path) -> None:
    step, messages = CASES[case]
    root = damage.town(tmp_path)
    step(root)
    assert damage.faults_of(root).split("\n") == messages


def test_a_report_of_a_past_war_cannot_be_published_in_the_future(tmp_path: pathlib.Path) -> None:
    """The town lies in the future, so that its reports may; moved to the past, one of them may not."""
    folder = tmp_path / "town"
    scenario.template(folder)
    for path in folder.glob("*.*"):
        path.write_text(path.read_text(encoding="utf-8").replace("2030-", "2017-"), encoding="utf-8")
    assert scenario.load(folder).start.year == 2017
    table = folder / "evidence.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("e2,2017-04-02", "e2,2188-04-02"), encoding="utf-8")
    with pytest.raises(errors.InputError) as caught:
        scenario.load(folder)
    assert str(caught.value) == (
        "town/evidence.csv:3: column 'reported_on': found '2188-04-02', expected a date up to today, "
        f"{dt.date.today()}; write the day on which it was published"
    )
