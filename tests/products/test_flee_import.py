"""What a Flee instance means as a scenario: places, ways, conflict, counts, and who sets out when."""

import datetime as dt
import errno
import itertools
import math
import pathlib
import typing

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

import flee_instance
from flee_instance import CLOSED, CORRECTED, EAST, FIGHTS, LAYOUT, PLACES, ROUTES, WEST, add, drop, edit, put, table
from maabar import errors, facts, scenario, storage
from maabar.formats import fleecounts, fleefacts, fleein, quirks

CASES = pathlib.Path(__file__).resolve().parents[3] / "shared" / "cases"


class Case(typing.NamedTuple):
    """A real conflict: days, camps, counts within the run, people at the end, and errors of naive splits."""

    name: str
    days: int
    camps: int
    counts: int
    end: int
    equal: float
    capacity: float
    day30: float
    notes: tuple[str, ...]


LEAK = "input_csv/locations.csv: the capacity of {} camps is their highest count: kept; --capacities none leaves it out"
SEAL = (
    "input_csv/closures.csv:2: 'Lusenda', a place, as the second name: "
    "closes the route between the two, not all of 'Bujumbura'"
)
REAL = (
    Case("mali2012", 300, 7, 92, 89_993, 1.0751, 0.1682, 0.3763, (LEAK.format("6 of 7"),)),
    Case("burundi2015", 396, 5, 317, 205_447, 0.7491, 0.3373, 0.3415, (LEAK.format("5 of 5"), SEAL)),
    Case("ssudan2013", 604, 10, 594, 433_300, 0.7425, 0.4240, 0.7991, (LEAK.format("10 of 10"),)),
    Case(
        "tigray2020", 300, 4, 38, 84_535, 0.7171, 0.7061, 0.4395,
        (
            LEAK.format("1 of 4"),
            *(
                f"input_csv/closures.csv:{line}: no redirection from '{start}' to '{end}': nothing to remove"
                for line, (start, end) in enumerate(
                    itertools.product(("Shimelba", "Hitsats"), ("Mai_Aini", "Adi_Harush")), start=3
                )
            ),
        ),
    ),
)  # fmt: skip


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    return flee_instance.instance(tmp_path)


@pytest.fixture(params=REAL, ids=lambda case: case.name)
def real(request: pytest.FixtureRequest) -> Case:
    case: Case = request.param
    if not (CASES / case.name).is_dir():
        pytest.skip(f"{CASES / case.name} is not there: the real conflicts lie beside the checkout, not in it")
    return case


def inflow(out: pathlib.Path) -> list[int]:
    return [int(row["persons"]) for row in table(out, "inflow.csv")]


def observed(facts: scenario.Scenario) -> dict[str, np.ndarray]:
    """The counts of each camp, linear between the dates of its reports."""
    series: dict[str, dict[int, float]] = {}
    for report in facts.reports:
        assert report.best is not None
        series.setdefault(report.place, {})[(report.begins - facts.start).days] = report.best
    return {
        place: np.interp(np.arange(facts.days), sorted(days), [days[day] for day in sorted(days)])
        for place, days in series.items()
    }


def test_places_become_homes_camps_and_waypoints(root: pathlib.Path) -> None:
    facts = scenario.load(flee_instance.imported(root)[1])
    assert [(place.id, place.kind, place.population, place.capacity) for place in facts.places] == [
        ("aral", "home", 5000, None),
        ("bren", "waypoint", 0, None),
        ("corr", "home", 2000, None),
        ("dell", "waypoint", 0, None),
        ("east-camp", "camp", 60, 2000.0),
        ("west-camp", "camp", 0, None),
    ]
    assert facts.places[4].extra == {
        "country": "Neverland",
        "region": "Border",
        "flee_name": "East_Camp",
        "flee_type": "camp",
    }
    assert (facts.departures, facts.start, facts.days) == ("given", dt.date(2030, 1, 1), 10)
    assert (facts.name, facts.title) == ("out", "made-up")


def test_the_figures_of_an_import_say_what_came_out(root: pathlib.Path) -> None:
    made, out = flee_instance.imported(root)
    assert (made.name, made.places, made.routes, made.camps, made.days) == ("made-up", 6, 5, 2, 10)
    assert (made.people, made.at_start, made.counts) == (sum(inflow(out)), 60, 4)


def test_without_listed_capacities_camps_hold_everybody(root: pathlib.Path) -> None:
    out = flee_instance.imported(root, capacities="none")[1]
    assert {place.capacity for place in scenario.load(out).places} == {None}


def test_a_capacity_that_is_the_highest_count_is_named(root: pathlib.Path) -> None:
    edit(PLACES, "camp,,2000", "camp,,915")(root)
    assert [str(note) for note in flee_instance.imported(root)[0].notes] == [LEAK.format("1 of 1")]
    assert flee_instance.imported(root, capacities="none")[0].notes == ()


def test_the_folder_of_tables_itself_may_be_named(root: pathlib.Path) -> None:
    whole = flee_instance.meaning(flee_instance.imported(root)[1])
    out = root.parent / "other"
    assert fleein.convert(root / "input_csv", out).name == "made-up"
    assert flee_instance.meaning(out) == whole


@pytest.mark.parametrize("given", ["elsewhere", "elsewhere/source_data"])
def test_counts_may_lie_elsewhere(given: str, root: pathlib.Path) -> None:
    whole = flee_instance.meaning(flee_instance.imported(root)[1])
    (root.parent / "elsewhere").mkdir()
    (root / "source_data").rename(root.parent / "elsewhere" / "source_data")
    out = flee_instance.imported(root, source_data=root.parent / given)[1]
    assert flee_instance.meaning(out) == whole


def test_an_import_is_the_same_each_time(root: pathlib.Path) -> None:
    first = scenario.load(flee_instance.imported(root)[1]).digest
    assert scenario.load(flee_instance.imported(root)[1]).digest == first


def test_an_empty_folder_is_filled(root: pathlib.Path) -> None:
    (root.parent / "out").mkdir()
    fleein.convert(root, root.parent / "out")
    assert scenario.load(root.parent / "out").days == 10


def test_a_full_disk_leaves_nothing_behind(root: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: pathlib.Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storage, "write", refuse)
    with pytest.raises(errors.RunError, match="the disk is full"):
        fleein.convert(root, root.parent / "out")
    assert [path.name for path in root.parent.iterdir()] == ["made-up"]


def test_a_closure_holds_from_its_start_until_the_day_before_its_end(root: pathlib.Path) -> None:
    put(CLOSED, "link,Aral,Bren,2,5\n")(root)
    event = next(one for one in scenario.load(flee_instance.imported(root)[1]).events if one.kind == "route")
    assert (event.begins, event.ends, event.note) == (dt.date(2030, 1, 3), dt.date(2030, 1, 5), "closures.csv:1")


def test_closures_of_one_route_that_overlap_are_one(root: pathlib.Path) -> None:
    put(CLOSED, "link,Aral,Bren,2,5\nlocation,Aral,,4,6\nlink,Bren,Aral,8,9\n")(root)
    closed = [one for one in scenario.load(flee_instance.imported(root)[1]).events if one.kind == "route"]
    assert [(one.begins.day, one.ends and one.ends.day, one.note) for one in closed] == [
        (3, 6, "closures.csv:1; closures.csv:2"),
        (9, 9, "closures.csv:3"),
    ]


def test_a_redirection_pauses_while_the_way_it_leads_is_closed(root: pathlib.Path) -> None:
    edit(ROUTES, "Bren,Dell,60,", "Bren,Dell,60,2")(root)
    put(CLOSED, "link,Bren,Dell,3,6\n")(root)
    events = scenario.load(flee_instance.imported(root)[1]).events
    spans = {
        target: [(one.begins.day, one.ends and one.ends.day) for one in events if one.target == target]
        for target in ("bren>aral", "bren>corr", "bren>dell")
    }
    assert spans == {
        "bren>aral": [(1, 3), (7, None)],
        "bren>corr": [(1, 3), (7, None)],
        "bren>dell": [(4, 6)],
    }


def test_conflict_is_one_event_for_each_run_of_days_of_one_intensity(root: pathlib.Path) -> None:
    put(FIGHTS, "#Day,Aral,Corr\n0,0,1\n1,0.5,1\n2,0.5,0\n3,1,0\n4,0,0\n5,0,0\n6,0,0\n7,0,0\n8,0,0\n9,0,1\n")(root)
    events = scenario.load(flee_instance.imported(root)[1]).events
    assert [(one.target, one.begins.day, one.ends and one.ends.day, one.value) for one in events[2:]] == [
        ("aral", 2, 3, 0.5),
        ("aral", 4, 4, 1.0),
        ("corr", 1, 2, 1.0),
        ("corr", 10, None, 1.0),
    ]


def test_corrections_scale_what_was_counted_before_them_one_after_the_other(root: pathlib.Path) -> None:
    put(EAST, "2030-01-01,100\n2030-01-03,200\n2030-01-05,100\n2030-01-07,400\n")(root)
    put(CORRECTED, "East_Camp,2030-01-05,normalize\nEast_Camp,2030-01-07\n")(root)
    rows = table(flee_instance.imported(root)[1], "evidence.csv")
    assert [(row["best"], row["note"]) for row in rows if row["place"] == "east-camp"] == [
        ("200", "registered 100, corrected by 2"),
        ("400", "registered 200, corrected by 2"),
        ("400", "registered 100, corrected by 4"),
        ("400", ""),
    ]


def test_a_series_that_reaches_into_the_run_has_a_value_at_its_edge(root: pathlib.Path) -> None:
    put(EAST, "2029-12-22,20\n2030-01-05,160\n2030-01-08,80\n2030-01-20,920\n")(root)
    put(WEST, "2029-11-01,7\n2029-12-01,30\n")(root)
    drop(CORRECTED)(root)
    reports = [one for one in scenario.load(flee_instance.imported(root)[1]).reports if one.form == "about"]
    assert [(one.place, one.begins.day, one.best, one.note) for one in reports] == [
        ("east-camp", 1, 120.0, "interpolated between 2029-12-22 and 2030-01-05"),
        ("east-camp", 10, 220.0, "interpolated between 2030-01-08 and 2030-01-20"),
        ("west-camp", 1, 30.0, "as on 2029-12-01, the nearest count"),
    ]


def test_counts_all_after_the_run_hold_through_it(root: pathlib.Path) -> None:
    put(WEST, "2030-02-01,70\n2030-03-01,90\n")(root)
    reports = [one for one in scenario.load(flee_instance.imported(root)[1]).reports if one.place == "west-camp"]
    assert [(one.form, one.begins.day, one.best, one.note) for one in reports] == [
        ("about", 10, 70.0, "as on 2030-02-01, the nearest count")
    ]


def test_a_fall_is_a_debt_that_later_growth_pays_first(root: pathlib.Path) -> None:
    put(EAST, "".join(f"2030-01-{day:02},{count}\n" for day, count in enumerate((10, 30, 20, 25, 35, 35), start=1)))(
        root
    )
    put(LAYOUT, "total,refugees.csv\nEast_Camp,east.csv\n")(root)
    drop(CORRECTED)(root)
    assert inflow(flee_instance.imported(root)[1]) == [0, 20, 0, 0, 5, 0, 0, 0, 0, 0]


@hypothesis.given(strategies.lists(strategies.floats(0, 1e7), min_size=1, max_size=50))
def test_those_who_set_out_add_up_to_the_highest_total_so_far(total: list[float]) -> None:
    steps = fleecounts.inflow(np.array(total))
    assert steps[0] == 0
    assert min(steps) >= 0
    for day in range(len(total)):
        assert sum(steps[: day + 1]) == math.floor(max(total[: day + 1]) + 0.5) - math.floor(total[0] + 0.5)


def test_columns_of_ones_own_are_kept_with_the_places(root: pathlib.Path) -> None:
    edit(PLACES, "conflict_date,population", "conflict_date,population,GDP per head")(root)
    edit(PLACES, "0,5000", "0,5000,7.5")(root)
    assert scenario.load(flee_instance.imported(root)[1]).places[0].extra["flee_gdp_per_head"] == "7.5"


def test_a_camp_that_was_never_counted_is_no_part_of_the_total(root: pathlib.Path) -> None:
    add(PLACES, "South_Camp,Border,Neverland,1,2,camp,,500")(root)
    add(ROUTES, "Corr,South_Camp,10,")(root)
    add(LAYOUT, "North_Camp,west.csv")(root)
    made, out = flee_instance.imported(root)
    assert [str(note) for note in made.notes] == [
        "source_data/data_layout.csv: no counts of 'South_Camp': people may settle there; not scored",
        "source_data/data_layout.csv:4: 'North_Camp', no place of locations.csv: "
        "its counts are left out, of the total too; did you mean 'South_Camp'?",
    ]
    assert inflow(out) == [0, 15, 15, 15, 15, 10, 0, 0, 70, 70]


def test_a_real_conflict_becomes_a_sound_scenario(real: Case, tmp_path: pathlib.Path) -> None:
    made = fleein.convert(CASES / real.name, tmp_path / real.name)
    loaded = scenario.load(tmp_path / real.name)
    assert (made.days, made.camps, made.counts) == (real.days, real.camps, real.counts)
    assert [str(note) for note in made.notes] == list(real.notes)
    assert sum(report.form == "exact" for report in loaded.reports) == real.counts
    assert loaded.end == facts.last_day(loaded.start, real.days)


def test_evidence_and_inflow_of_a_real_conflict_tell_the_same_total(real: Case, tmp_path: pathlib.Path) -> None:
    fleein.convert(CASES / real.name, tmp_path / real.name)
    loaded = scenario.load(tmp_path / real.name)
    total = np.sum(list(observed(loaded).values()), axis=0)
    people = sum(place.population for place in loaded.places if place.kind == "camp")
    given = people + np.cumsum([one.persons for one in loaded.inflow])
    assert round(total[-1]) == pytest.approx(real.end, abs=2)
    assert given == pytest.approx(np.maximum.accumulate(total), abs=3)


def test_naive_splits_of_a_real_conflict_have_the_errors_that_were_measured(real: Case) -> None:
    imported = fleefacts.read(CASES / real.name, None, quirks.Log())
    assert imported is not None
    instance = imported.instance
    counted = np.array([one.daily(instance.start, instance.days) for one in imported.series])
    total = counted.sum(axis=0)
    people = {place.name: place.people for place in instance.places}
    capacity = np.array([people[one.camp] for one in imported.series], dtype=float)

    def error(shares: np.ndarray) -> float:
        """Mean over the days with anybody of Σ|share · D − d| / D."""
        days = total > 0
        off = np.abs(np.outer(shares, total) - counted).sum(axis=0)
        return float(np.mean(off[days] / total[days]))

    found = (
        error(np.full(len(counted), 1 / len(counted))),
        error(capacity / capacity.sum()),
        error(counted[:, 30] / total[30]),
    )
    assert found == pytest.approx((real.equal, real.capacity, real.day30), abs=0.0002)
