"""Every quirk of real Flee files: what is read, what is named, and what it changes."""
# ruff: noqa: E501 - a note is one line

import pathlib
import random

import hypothesis
import pytest
from hypothesis import strategies

import flee_instance
from flee_instance import (
    CLOSED,
    CORRECTED,
    DAYS,
    EAST,
    FIGHTS,
    FILES,
    LAYOUT,
    PERIOD,
    PLACES,
    ROUTES,
    WEST,
    add,
    drop,
    edit,
    everywhere,
    put,
    recode,
    ren,
    steps,
)  # fmt: skip
from maabar import scenario

QUIRKS: dict[str, flee_instance.Step] = {
    "a byte order mark": recode("utf-8-sig"),
    "line ends of Windows": everywhere("\n", "\r\n"),
    "line ends of old Macs": everywhere("\n", "\r"),
    "UTF-16": recode("utf-16", PLACES),
    "Latin-1": steps(edit(PLACES, "Homeland,10.5", "Pays d'élan,10.5"), recode("latin-1", PLACES)),
    "blank rows and rows of commas": steps(
        edit(PLACES, "Bren,North", "\n,,,,\n  \nBren,North"), add(EAST, "", "  ", ",")
    ),
    "comment rows": steps(
        edit(PLACES, "Bren,North", "# the hub\nBren,North"),
        edit(FIGHTS, "3,1", "# a truce?\n3,1"),
        edit(ROUTES, "Bren,Corr", "#Aral,Corr,1\nBren,Corr"),
        edit(EAST, "2030-01-08", "#2030-01-07,5\n2030-01-08"),
        edit(LAYOUT, "West", "# old\nWest"),
        edit(CORRECTED, "East", "# why\nEast"),
    ),
    "headers without #": steps(
        edit(PLACES, "#name", "name"),
        edit(ROUTES, "#name1", "name1"),
        edit(CLOSED, "#closure", "closure"),
        edit(FIGHTS, "#Day", "Day"),
        edit(EAST, "2029", "Date,Count\n2029"),
        edit(CORRECTED, "East", "camp,date\nEast"),
        edit(PERIOD, "Start", "#Start"),
    ),
    "no header at all": steps(
        edit(PLACES, FILES[PLACES].split("\n")[0] + "\n", ""),
        edit(ROUTES, FILES[ROUTES].split("\n")[0] + "\n", ""),
        edit(CLOSED, FILES[CLOSED].split("\n")[0] + "\n", ""),
    ),
    "stray commas at the end": steps(
        edit(PLACES, "conflict_zone,0,5000", "conflict_zone,0,5000,,"),
        edit(FIGHTS, "#Day,Aral,Bren,Corr", "#Day,Aral,Bren,Corr,"),
        edit(EAST, ",160", ",160,"),
        edit(LAYOUT, "west.csv", "west.csv,,"),
    ),
    "spaces around everything": steps(
        edit(PLACES, "Bren,North,Homeland", " Bren , North , Homeland "),
        edit(ROUTES, "Bren,Corr,50", " Bren, Corr , 50 "),
        edit(FIGHTS, "Aral,Bren,Corr", " Aral, Bren, Corr "),
        edit(EAST, ",160", ", 160 "),
        edit(LAYOUT, "West_Camp,west.csv", " West_Camp , west.csv "),
    ),
    "quotes around everything": steps(
        edit(PLACES, "Bren,North", '"Bren","North"'), edit(EAST, "2030-01-05,160", '"2030-01-05","160"')
    ),
    "semicolons": everywhere(",", ";"),
    "tabs": everywhere(",", "\t"),
    "types in capitals": steps(
        edit(PLACES, "camp,,2000", "CAMP,,2000"),
        edit(PLACES, "conflict_zone,4", "Conflict_Zone,4"),
        edit(PLACES, "town", "Town"),
    ),
    "IDP camps and markers": steps(
        edit(PLACES, "camp,,2000", "idpcamp,,2000"), edit(PLACES, "forwarding_hub", "marker")
    ),
    "an unknown type": edit(PLACES, "town", "twon"),
    "a blank type": edit(PLACES, "20.5,town", "20.5,"),
    "a name written differently": steps(
        edit(ROUTES, "Dell,East_Camp", "dell,East Camp"), edit(LAYOUT, "East_Camp", "east-camp")
    ),
    "thousands between quotes": steps(
        edit(PLACES, "5000", '"5,000"'), edit(PLACES, "2000\nDell", '"2,000"\nDell'), edit(EAST, ",160", ',"160"')
    ),
    "thousands spread over cells": put(EAST, "2029-12-22,22,849\n2030-01-05,950\n2030-01-20,1,022,849\n"),
    "thousands between quotes in counts": put(EAST, '2029-12-22,"22,849"\n2030-01-05,950\n2030-01-20,"1,022,849"\n'),
    "thousands of a population spread over cells": edit(PLACES, "conflict_zone,0,5000", "conflict_zone,0,5,000"),
    "thousands of a distance spread over cells": edit(ROUTES, "Bren,Corr,50,", "Bren,Corr,1,050,0"),
    "more columns of counts": put(EAST, "2029-12-22,20,7,3\n2030-01-05,160,8,1\n2030-01-08,80,9\n2030-01-20,920\n"),
    "decimal commas": steps(edit(PLACES, "10.5,20.5", '"10,5","20,5"'), edit(FIGHTS, "3,1,0", '3,"0,5",0')),
    "exchanged coordinates": edit(PLACES, "11.0,21.0", "121.0,11.0"),
    "coordinates off the Earth": edit(PLACES, "11.0,21.0", "1100,2100"),
    "blank coordinates": edit(PLACES, "11.0,21.0", ","),
    "unsorted dates": put(EAST, "2030-01-20,920\n2029-12-22,20\n2030-01-08,80\n2030-01-05,160\n"),
    "rows of one date": add(EAST, "2030-01-05,160", "2030-01-20,990"),
    "counts without a number": add(EAST, "2030-01-06,", "2030-01-07,n/a", "Source: registration"),
    "a count below 0": edit(WEST, ",50", ",-50"),
    "a count of half a person": edit(WEST, ",50", ",50.4"),
    "dates of the other order": put(WEST, "01/01/2030,0\n25/01/2030,50\n06/01/2030,20\n"),
    "dates with words and clocks": put(WEST, "1 Jan 2030,0\n2030-01-06 00:00:00,50\n"),
    "dates with slashes": put(WEST, "2030/01/01,0\n2030/1/6,50\n"),
    "dates without zeros": put(WEST, "2030-1-1,0\n2030-1-6,50\n"),
    "a period side by side": put(PERIOD, "StartDate,Length\n2030-01-01,10\n"),
    "the old name of the period": ren(PERIOD, "input_csv/conflict_period.csv"),
    "file names in capitals": ren(PLACES, "input_csv/Locations.csv"),
    "two places of one name": add(PLACES, "Bren,East,Homeland,1,2,town,,7"),
    "a place twice": add(PLACES, "Bren,North,Homeland,10.5,20.5,town,,3000"),
    "a route twice": add(ROUTES, "Aral,Bren,40,0", "Corr,Bren,45,"),
    "a route to itself": add(ROUTES, "Bren,Bren,5,"),
    "a place without routes": add(
        PLACES, "Elm,North,Homeland,1,2,town,,7", "Fir,North,Homeland,1,2,conflict_zone,2,70"
    ),
    "places from where no camp can be reached": steps(
        add(PLACES, "Elm,North,Homeland,1,2,town,,7", "Fir,North,Homeland,1,2,conflict_zone,2,70"),
        add(ROUTES, "Elm,Fir,5,"),
    ),
    "a camp without routes": edit(ROUTES, "Corr,West_Camp,70,\n", ""),
    "a camp without counts": edit(LAYOUT, "West_Camp,west.csv\n", ""),
    "a camp with an empty file": put(WEST, ""),
    "a camp without a file": edit(LAYOUT, "West_Camp,west.csv", "West_Camp"),
    "a camp of the layout that is no place": edit(LAYOUT, "West_Camp", "Wset_Camp"),
    "a camp of the layout twice": add(LAYOUT, "East_Camp,west.csv"),
    "a town with counts": add(LAYOUT, "Bren,west.csv"),
    "a place with conflict and counts": add(LAYOUT, "Aral,west.csv"),
    "a layout without the total": edit(LAYOUT, "total,refugees.csv\n", ""),
    "a total that is not there": drop("source_data/refugees.csv"),
    "a total in a later row": put(LAYOUT, "East_Camp,east.csv\nTotal,refugees.csv\nWest_Camp,west.csv\n"),
    "several files of a camp": edit(LAYOUT, "east.csv", "east.csv,west.csv"),
    "a layout of another name": ren(LAYOUT, "source_data/data_layout_refugee.csv"),
    "a file of counts without its ending": edit(LAYOUT, "east.csv", "East"),
    "no closures": drop(CLOSED),
    "no corrections": drop(CORRECTED),
    "no conflicts": drop(FIGHTS),
    "types of closures in capitals": edit(CLOSED, "country", "Country"),
    "an unknown type of closure": add(CLOSED, "contry,Homeland,Neverland,0,3", "flood,Aral,,0,3"),
    "closures of strangers": add(
        CLOSED,
        "country,Homeland,Neverlnd,0,3",
        "location,Arral,,0,3",
        "link,Aral,,0,3",
        "camp,Nowhere,,0,3",
        "country,Homeland",
    ),
    "countries in other letters": edit(CLOSED, "Homeland,Neverland", "homeland,neverland"),
    "closures after the end": add(CLOSED, "location,Aral,,10,12", "location,Aral,,8,400"),
    "closures that never reopen": add(
        CLOSED, "location,Aral,,2,-1", "location,Bren,,2,", "location,Corr,,5,2", "location,Dell,,4,0"
    ),
    "closures that never begin": add(CLOSED, "location,Aral,,-1,5", "location,Aral,,5,5"),
    "closures without a comma": add(CLOSED, "location,Aral,2,4"),
    "closures of dates": add(CLOSED, "location,Aral,,2030-01-03,05/14/2030"),
    "the second name of a location": add(
        CLOSED,
        "location,Aral,Bren,2,5",
        "location,Aral,East_Camp,2,6",
        "location,Aral,Homeland,2,7",
        "location,Aral,North,8,9",
    ),
    "closures of links": add(CLOSED, "links,Corr,Bren,2,5", "link,Aral,Corr,2,5"),
    "closed camps": add(CLOSED, "camp,East_Camp,,0,5", "idpcamp,West_Camp,,7,-1", "camp,Bren,,0,4"),
    "redirection to name2": edit(ROUTES, "Bren,Dell,60,", "Bren,Dell,60,2"),
    "redirection to name1": edit(ROUTES, "Bren,Dell,60,", "Bren,Dell,60,1"),
    "redirection to two": steps(
        edit(ROUTES, "Bren,Dell,60,", "Bren,Dell,60,2"), edit(ROUTES, "Bren,Corr,50,", "Bren,Corr,50,2")
    ),
    "redirection that ends": steps(
        edit(ROUTES, "Bren,Dell,60,", "Bren,Dell,60,2"),
        add(CLOSED, "remove_forced_redirection,Bren,Dell,4,0", "remove_forced_redirection,Dell,Bren,4,0"),
    ),
    "redirection that pauses": steps(
        edit(ROUTES, "Bren,Dell,60,", "Bren,Dell,60,2"), add(CLOSED, "remove_forced_redirection,Bren,Dell,4,7")
    ),
    "redirection of another kind": edit(ROUTES, "Bren,Dell,60,", "Bren,Dell,60,3"),
    "conflict at no place": edit(FIGHTS, "Bren", "Brenn"),
    "conflict in two columns": edit(FIGHTS, "Bren", "Aral"),
    "too few days of conflict": put(FIGHTS, "#Day,Aral,Corr\n0,1,0\n1,1,0.25\n"),
    "too many days of conflict": add(FIGHTS, "10,1,0,1", "11,1,0,1"),
    "days of conflict from 1": put(FIGHTS, "#Day,Aral,Corr\n" + "".join(f"{d + 1},1,{int(d >= 4)}\n" for d in DAYS)),
    "days of conflict unsorted and with gaps": put(FIGHTS, "#Day,Aral,Corr\n4,1,1\n0,1,0\n9,1,1\n"),
    "days of conflict twice": put(FIGHTS, "#Day,Aral,Corr\n0,0,0\n0,1,0\n4,1,1\n9,1,1\n"),
    "dates of conflict": put(
        FIGHTS, "#Day,Aral,Corr\n2029-12-30,0.5,0\n2030-01-01,1,0\n2030-01-05,1,1\n2030-01-10,1,1\n"
    ),
    "days of conflict in words": put(FIGHTS, "#Day,Aral,Corr\n" + "".join(f"d{d},1,{int(d >= 4)}\n" for d in DAYS)),
    "intensities beyond 1": edit(FIGHTS, "4,1,0,1", "4,2,0,1"),
    "blank intensities and more cells than names": steps(
        edit(FIGHTS, "4,1,0,1", "4,1,,1"), edit(FIGHTS, "5,1,0,1", "5,1,0,1,1")
    ),
    "a zone without a day of conflict": edit(FIGHTS, ",1\n", ",0\n", everywhere=True),
    "a zone without a column of conflict": put(FIGHTS, "#Day,Bren\n" + "".join(f"{d},1\n" for d in DAYS)),
    "a home without people": edit(PLACES, "conflict_zone,4,2000", "conflict_zone,4,"),
    "a population below 0": edit(PLACES, "5000", "-5000"),
    "a camp without limit": edit(PLACES, "camp,,2000", "camp,,-1"),
    "a population of nothing": edit(PLACES, ",3000", ",NA"),
    "a date of conflict without a table": steps(
        drop(FIGHTS),
        edit(PLACES, "conflict_zone,4", "conflict_zone,2030-01-05"),
        edit(PLACES, "conflict_zone,0", "conflict_zone,"),
    ),
    "more columns of places and routes": steps(
        edit(PLACES, "conflict_date,population", "conflict_date,population,gdp,conflict_intensity"),
        edit(PLACES, "0,5000", "0,5000,7.5,0.5"),
        edit(ROUTES, "forced_redirection", "forced_redirection,max_move_speed"),
        edit(ROUTES, "40,", "40,,200"),
    ),
    "floods": steps(
        put(FIGHTS, "#Day,Aral\n0,0\n"),
        edit(PLACES, "conflict_zone,0", "flood_zone,0"),
        edit(PLACES, "conflict_zone,4", "flood_zone,4"),
        put("input_csv/flood_level.csv", "#Day,Aral\n0,1\n"),
    ),
    "corrections of strangers": add(
        CORRECTED,
        "Esat_Camp,2030-01-05,normalize",
        "Bren,2030-01-05,normalize",
        "East_Camp,2030-01-06,normalize",
        "West_Camp,2030-01-01,normalize",
        "West_Camp,2030-01-06,normalize",
    ),
    "several corrections": add(CORRECTED, "East_Camp,2030-01-20"),
    "names without Latin letters": everywhere("Bren", "برن"),
    "ids that would be equal": steps(
        everywhere("Dell", "Bren_"),
    ),
}
SEEN = {
    "places.csv": slice(0, 7),
    "routes.csv": slice(0, 4),
    "events.csv": slice(0, 5),
    "evidence.csv": slice(1, 4),
}
BOOK = pathlib.Path(__file__).with_name("flee_quirks.txt")


def expected() -> dict[str, list[str]]:
    """The lines under each heading of flee_quirks.txt."""
    found: dict[str, list[str]] = {}
    for part in BOOK.read_text(encoding="utf-8").split("## ")[1:]:
        heading, *lines = part.strip("\n").split("\n")
        found[heading] = lines
    return found


def differences(before: flee_instance.Meaning, after: flee_instance.Meaning) -> list[str]:
    """Rows that are gone and rows that are new, by table."""
    lines = []
    for table, seen in SEEN.items():
        lines += [f"- {table}: {','.join(row[seen])}" for row in before[table] if row not in after[table]]
        lines += [f"+ {table}: {','.join(row[seen])}" for row in after[table] if row not in before[table]]
    return lines


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    return flee_instance.instance(tmp_path)


def test_a_clean_instance_needs_no_note(root: pathlib.Path) -> None:
    assert flee_instance.imported(root)[0].notes == ()


@pytest.mark.parametrize("case", QUIRKS)
def test_a_quirk_is_read_or_named(case: str, root: pathlib.Path) -> None:
    plain = flee_instance.meaning(flee_instance.imported(root)[1])
    QUIRKS[case](root)
    made, out = flee_instance.imported(root)
    said = [*map(str, made.notes), *differences(plain, flee_instance.meaning(out))]
    assert said == expected()[case]


def test_every_quirk_of_the_book_is_tried() -> None:
    assert list(expected()) == list(QUIRKS)


def test_the_notes_lie_in_the_scenario_too(root: pathlib.Path) -> None:
    QUIRKS["closures of strangers"](root)
    made, out = flee_instance.imported(root)
    rows = [
        (row["file"], row["line"], row["found"], row["done"]) for row in flee_instance.table(out, "import-notes.csv")
    ]
    assert rows == [(note.file, str(note.line or ""), note.found, note.done) for note in made.notes]
    assert len(rows) == 7


def test_settings_are_named_and_misspelt_ones_with_what_was_meant(root: pathlib.Path) -> None:
    (root / "simsetting.yml").write_text(
        "# ours\nmove_rules:\n  max_move_speed: 200.0\n  awarenes_level: 1\n  'softening': 5 # km\n"
        "spawn_rules:\n  conflict_spawn_decay: [1.0, 0.5]\n  list:\n    - 1\n"
    )
    (root / "input_csv" / "run.yml").write_text("hasten: 10\n")
    assert [str(note) for note in flee_instance.imported(root)[0].notes] == [
        "made-up/simsetting.yml: settings max_move_speed, softening, conflict_spawn_decay: not carried: the law of the model is maabar's own",
        "made-up/simsetting.yml:4: the setting 'awarenes_level', none of Flee's: Flee ignores it, too; did you mean 'awareness_level'?",
        "made-up/simsetting.yml:8: the setting 'list', none of Flee's: Flee ignores it, too",
        "input_csv/run.yml: settings hasten: not carried: the law of the model is maabar's own",
    ]


def test_tables_that_nobody_reads_are_named(root: pathlib.Path) -> None:
    drop(CLOSED)(root)
    for name in (
        "input_csv/closure.csv",
        "input_csv/demographics_age.csv",
        "input_csv/mine.txt",
        "location_changes.csv",
    ):
        (root / name).write_text("x\n")
    assert [str(note) for note in flee_instance.imported(root)[0].notes] == [
        "input_csv/closures.csv: no such file: nothing is closed",
        "input_csv/closure.csv: no table of Flee: not read; did you mean 'closures.csv'?",
        "input_csv/demographics_age.csv: a table of Flee: not carried: people are not told apart by attributes",
        "made-up/location_changes.csv: a table of Flee: not carried: places keep their type",
    ]


def test_of_two_periods_the_newer_name_holds(root: pathlib.Path) -> None:
    (root / "input_csv/conflict_period.csv").write_text("StartDate,2000-01-01\nLength,5\n")
    made, _out = flee_instance.imported(root)
    assert made.days == 10
    assert [str(note) for note in made.notes] == [
        "input_csv/conflict_period.csv: the old name of sim_period.csv: not read: sim_period.csv is there"
    ]


def test_a_start_that_can_only_be_one_day_is_read(root: pathlib.Path) -> None:
    edit(PERIOD, "2030-01-01", "13/01/2030")(root)
    made, out = flee_instance.imported(root)
    assert [str(note) for note in made.notes] == ["input_csv/sim_period.csv:1: '13/01/2030': read as day/month/year"]
    assert flee_instance.table(out, "inflow.csv")[0]["date"] == "2030-01-13"


BITS = (
    "", "#", ",", ",,,,", '"', "\n", "-1", "0", "1e400", "NaN", "9" * 30, "2030-01-05", "31/12/2030", "\ufeff", "é",
    "\r", "camp", "conflict_zone", "location", "remove_forced_redirection", "Aral", "East_Camp", "2", "٣", "100000",
    "total", "east.csv", ";", "\t", " ", "\0", "\x0b", "\u2028", "0.5", "~", "1_000", "²", "９",
)  # fmt: skip


@hypothesis.settings(max_examples=60)
@hypothesis.given(
    strategies.lists(
        strategies.tuples(strategies.sampled_from(sorted(FILES)), strategies.sampled_from(BITS), strategies.randoms()),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_the_damage_an_instance_is_refused_or_becomes_a_sound_scenario(
    tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[str, str, random.Random]]
) -> None:
    root = flee_instance.instance(tmp_path_factory.mktemp("damaged"))
    for file, bit, chance in damages:
        content = (root / file).read_bytes()
        at = chance.randrange(len(content) + 1)
        (root / file).write_bytes(content[:at] + bit.encode() + content[at + chance.choice((0, 1, 4)) :])
    faults = flee_instance.faults_of(root)
    assert not any("\n" in fault for fault in faults)
    if not faults:
        scenario.load(root.parent / "out")
