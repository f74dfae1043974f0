"""What reports would have said, against numbers worked by hand."""

import datetime as dt

import numpy as np
import pytest
import xarray as xr

import synthetic
from maabar import errors, evidence, headlines, observe, quantities

START = dt.date(2017, 3, 30)
TOO_FEW = "in 2 runs, too few for an interval"
BEFORE, AFTER = dt.date(2020, 1, 1), dt.date(2040, 1, 1)  # of the template


@pytest.fixture
def run() -> xr.Dataset:
    """Two members, four days, two homes of one zone, a waypoint, a camp and a refuge."""
    present = np.zeros((2, 4, 5))
    present[0, :, 0] = [100, 80, 60, 0]
    present[0, :, 3] = [0, 10, 30, 80]
    present[1, :, 0] = [100, 90, 90, 40]
    arrivals = np.zeros((2, 4, 5))
    arrivals[:, :, 2] = 7
    arrivals[:, :, 3] = [[0, 10, 20, 50], [0, 5, 0, 45]]
    arrivals[:, :, 4] = [[0, 10, 0, 0], [0, 5, 0, 5]]
    departures = np.zeros((2, 4, 3))
    departures[:, :, 0], departures[:, :, 1], departures[:, :, 2] = 1, 2, 4
    killed = np.zeros((2, 4, 4))
    killed[:, :, 0], killed[:, :, 1] = [[1, 2, 3, 4], [0, 0, 0, 8]], 1
    return xr.Dataset(
        {
            "present": (("member", "day", "place"), present.astype(np.int32)),
            "arrivals": (("member", "day", "place"), arrivals.astype(np.int32)),
            "fighters": (("member", "day", "place"), (present / 10).astype(np.int32)),
            "departures": (("member", "day", "route"), departures.astype(np.int32)),
            "inside": (("member", "day", "zone"), present[:, :, :2].sum(2, keepdims=True).astype(np.int32)),
            "price": (("member", "day", "zone"), np.array([[10.0, 20, 30, 40], [20, 20, 20, 20]])[:, :, None]),
            "displaced_total": (("member", "day"), np.array([[0, 20, 40, 100], [0, 10, 10, 60]], dtype=np.int32)),
            "killed": (("member", "day", "cause"), killed.astype(np.int32)),
            "travelling": (("member", "day"), np.zeros((2, 4), dtype=np.int32)),
        },
        {
            "member": [0, 1],
            "day": np.datetime64(START, "ns") + np.arange(4).astype("timedelta64[D]"),
            "place": ["old", "new", "gate", "camp", "town"],
            "place_name": ("place", ["Old", "New", "Gate", "The Camp", "Town"]),
            "place_kind": ("place", ["home", "home", "waypoint", "camp", "refuge"]),
            "place_zone": ("place", ["z", "z", "", "", ""]),
            "zone": ["z"],
            "cause": ["strike", "mine", "crossing", "execution"],
            "route": ["old>new", "old>gate", "gate>camp"],
            "route_from": ("route", ["old", "old", "gate"]),
            "route_to": ("route", ["new", "gate", "camp"]),
        },
        {"currency": "SYP", "seed": 1},
    )


def values(run: xr.Dataset, quantity: str, place: str = "*") -> list[list[float]]:
    return observe.series(run, quantity, place).values.tolist()


def test_arrivals_everywhere_are_those_at_camps_and_refuges_only(run: xr.Dataset) -> None:
    assert values(run, "arrivals") == [[0, 20, 20, 50], [0, 10, 0, 50]]
    assert values(run, "arrivals", "gate") == [[7] * 4] * 2


def test_a_place_quantity_of_a_zone_is_the_sum_of_its_homes(run: xr.Dataset) -> None:
    assert values(run, "present", "z") == [[100, 80, 60, 0], [100, 90, 90, 40]]
    assert values(run, "fighters", "z")[0] == [10, 8, 6, 0]


def test_inside_at_a_home_is_who_is_present_there(run: xr.Dataset) -> None:
    assert values(run, "inside", "old") == values(run, "present", "old")
    assert values(run, "inside", "z") == values(run, "inside")


def test_deaths_are_those_of_the_cause_that_is_named_or_of_all(run: xr.Dataset) -> None:
    assert values(run, "killed:strike") == [[1, 2, 3, 4], [0, 0, 0, 8]]
    assert values(run, "killed") == [[2, 3, 4, 5], [1, 1, 1, 9]]


def test_departures_leave_the_zone_and_are_not_onward_journeys(run: xr.Dataset) -> None:
    assert values(run, "departures") == [[2] * 4] * 2
    assert values(run, "departures", "z") == [[2] * 4] * 2
    assert values(run, "departures", "gate") == [[4] * 4] * 2


def test_a_price_is_unknown_once_nobody_is_inside(run: xr.Dataset) -> None:
    price = observe.series(run, "price")
    assert price.values[0, :3].tolist() == [10, 20, 30]
    assert np.isnan(price.values[0, 3])
    assert price.values[1].tolist() == [20] * 4


def test_the_share_of_a_place_is_its_part_of_all_arrivals(run: xr.Dataset) -> None:
    assert observe.series(run, "share_to", "camp").values[0, 1:].tolist() == [0.5, 1, 1]


def test_an_unknown_quantity_is_a_fault_that_names_the_nearest(run: xr.Dataset) -> None:
    with pytest.raises(errors.InputError) as caught:
        observe.series(run, "arivals")
    assert str(caught.value).endswith("; did you mean 'arrivals'?")
    assert str(caught.value).startswith("request: the 'quantity': found 'arivals', expected inside, present,")


def test_an_unknown_place_is_a_fault_that_lists_the_places(run: xr.Dataset) -> None:
    with pytest.raises(errors.InputError) as caught:
        observe.series(run, "present", "camq")
    assert str(caught.value) == (
        "request: the 'place': found 'camq', expected *, old, new, gate, camp, town or z; did you mean 'camp'?"
    )


def test_an_input_of_the_scenario_is_not_a_series(run: xr.Dataset) -> None:
    with pytest.raises(errors.InputError, match="found 'shelter_cost', expected inside"):
        observe.series(run, "shelter_cost")


def test_every_word_of_the_evidence_has_a_row() -> None:
    assert set(evidence.QUANTITY_NAMES) <= set(observe.QUANTITIES)
    assert set(quantities.PARTS["killed"][1]) == set(evidence.CAUSES)


@pytest.mark.parametrize(
    ("kind", "first", "last", "expected"),
    [
        ("stock", 1, 2, [30.0, 10.0]),
        ("flow", 1, 2, [60.0, 20.0]),
        ("cumulative", 2, 3, [80.0, 50.0]),
        ("cumulative", 0, 3, [100.0, 60.0]),
        ("stock", 2, 99, [70.0, 35.0]),
    ],
)
def test_a_period_is_reduced_by_the_kind(
    run: xr.Dataset, kind: str, first: int, last: int, expected: list[float]
) -> None:
    total = run["displaced_total"]
    dates = (START + dt.timedelta(days=day) for day in (first, last))
    assert quantities.reduced(total, kind, *dates).values.tolist() == expected


def test_displaced_since_a_day_counts_from_that_morning(run: xr.Dataset) -> None:
    since = quantities.since(observe.series(run, "displaced_total"), dt.date(2017, 4, 1))
    assert since.values.tolist() == [[20, 80], [0, 50]]
    assert quantities.date_of(since, 0) == dt.date(2017, 4, 1)


def test_bins_follow_calendar_months_and_are_rates(run: xr.Dataset) -> None:
    deaths = observe.series(run, "killed")
    starts = quantities.bins(deaths, "month")
    assert starts.tolist() == [0, 2]
    assert quantities.rate(deaths, starts, 30.0).values.tolist() == [[75, 135], [30, 150]]


def test_the_spread_leaves_out_members_without_a_value(run: xr.Dataset) -> None:
    spread = quantities.spread(observe.series(run, "price"))
    assert spread.sel(quantile=0.5).values.tolist() == [15, 20, 25, 20]
    nobody = quantities.spread(observe.series(run, "price") * np.nan)
    assert np.isnan(nobody.values).all()


def test_headlines_are_five_with_their_intervals_in_words(run: xr.Dataset) -> None:
    found = headlines.of(run)
    assert [line.key for line in found] == ["inside", "displaced", "killed", "arrivals", "price"]
    assert [line.sentence for line in found] == [
        f"People still inside on 2 Apr 2017: 20 (between 0 and 40 {TOO_FEW}).",
        f"Displacement movements over the whole run: 80 (between 60 and 100 {TOO_FEW}).",
        f"Civilians killed, all causes over the whole run: 13 (between 12 and 14 {TOO_FEW}).",
        f"Arrivals at The Camp over the whole run, people passing through included: 65 (between 50 and 80 {TOO_FEW}).",
        f"Highest price of passage for one person in z, on 1 Apr 2017: 25 SYP (between 20 and 30 {TOO_FEW}).",
    ]
    assert found[1].interval == f"between 60 and 100 {TOO_FEW}"


def test_ten_members_are_enough_for_an_interval_and_nine_are_not(run: xr.Dataset) -> None:
    lines = [headlines.of(xr.concat([run] * many, "member"))[1] for many in (4, 5)]
    assert lines[0].interval == "between 60 and 100 in 8 runs, too few for an interval"
    assert lines[1].interval == "60 to 100"
    assert lines[1].sentence == (
        "Displacement movements over the whole run: 80 (eight runs in ten between 60 and 100)."
    )


def test_a_spread_of_few_members_is_their_lowest_and_highest(run: xr.Dataset) -> None:
    total = observe.series(run, "displaced_total").isel(day=-1)
    assert quantities.interval(total) == (80, 60, 100)
    assert quantities.spread(observe.series(run, "displaced_total")).values[:, -1].tolist() == [60, 70, 80, 90, 100]


def test_the_highest_price_names_its_zone(run: xr.Dataset) -> None:
    named = run.assign_coords(zone_name=("zone", ["The Old Town"]))
    assert headlines.of(named)[4].when == "for one person in The Old Town, on 1 Apr 2017"


def test_a_single_member_has_no_interval(run: xr.Dataset) -> None:
    line = headlines.of(run.isel(member=[1]))[1]
    assert (line.text, line.interval) == ("60", "")
    assert line.sentence == "Displacement movements over the whole run: 60 (a single run)."


def test_an_emptied_siege_says_when_it_was_down_to_half(run: xr.Dataset) -> None:
    line = headlines.of(run.isel(member=[0]))[0]
    assert line.sentence == "Half of the people under siege were out, or freed, by 2 Apr 2017 (a single run)."


def test_without_a_siege_the_first_and_last_headline_are_others(run: xr.Dataset) -> None:
    found = headlines.of(run.isel(zone=[]))
    assert [line.key for line in found] == ["settled", "displaced", "killed", "arrivals", "travelling"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.4, "0"),
        (3, "<10"),
        (10, "10"),
        (97.4, "97"),
        (1234, "1,230"),
        (22849, "22,800"),
        (1.67e6, "1.67 million"),
    ],
)
def test_people_are_printed_rounded_and_masked(number: float, text: str) -> None:
    assert observe.printed(number, "person") == text


def report(**row: object) -> observe.Comparable:
    facts = synthetic.reports(synthetic.siege(), row)
    return observe.comparable(facts.reports[0], facts)


def test_a_rate_is_brought_to_its_whole_period() -> None:
    facts = synthetic.siege()
    ends = synthetic.day(facts, 9)
    found = report(quantity="killed:mine", form="range", low=2.0, high=3.0, unit="person/day", ends=ends)
    assert (found.low, found.high, found.best, found.letter, found.reason) == (20, 30, None, "B", "")


def test_a_percentage_becomes_a_share() -> None:
    assert report(quantity="share_to", place="north-camp", best=14.0, unit="percent").best == pytest.approx(0.14)


@pytest.mark.parametrize(
    ("row", "bounds"),
    [
        ({"form": "at_least", "best": 5.0}, (5.0, None, None)),
        ({"form": "at_most", "high": 7.0}, (None, None, 7.0)),
        ({"form": "about", "best": 6.0}, (6.0, 6.0, 6.0)),
        ({"form": "range", "low": 2.0, "high": 3.0}, (2.0, None, 3.0)),
    ],
)
def test_the_form_sets_the_bounds(row: dict[str, object], bounds: tuple[float | None, ...]) -> None:
    found = report(**row)
    assert (found.low, found.best, found.high) == bounds


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"form": "word", "word": "dozens"}, "a word, not a number"),
        ({"form": "trend", "best": 1.0}, "a direction, not a number"),
        ({"quantity": "shelter_cost", "best": 1.0}, "an input of the scenario"),
        ({"quantity": "mines", "best": 300.0, "unit": "mine"}, "not recorded by a run"),
        ({"begins": BEFORE, "ends": BEFORE, "best": 1.0}, "before the first day of the run"),
        ({"begins": AFTER, "ends": AFTER, "best": 1.0}, "after the last day of the run"),
        ({"quantity": "killed", "begins": BEFORE, "best": 1.0}, "counts from before the first day of the run"),
        ({"quantity": "killed", "ends": AFTER, "best": 1.0}, "counts to after the last day of the run"),
        ({"best": 1.0}, ""),
    ],
)
def test_what_cannot_be_laid_beside_the_run_says_why(row: dict[str, object], reason: str) -> None:
    assert report(**row).reason == reason


def test_a_corrected_report_gives_way_to_its_correction() -> None:
    facts = synthetic.reports(synthetic.siege(), {"best": 1.0}, {"best": 2.0, "corrects": "r0"})
    assert [observe.comparable(one, facts).reason for one in facts.reports] == ["corrected by r1", ""]


def test_a_member_would_have_reported_the_difference_since_the_day_counted_from(run: xr.Dataset) -> None:
    facts = synthetic.siege()
    first, last = dt.date(2017, 4, 1), dt.date(2017, 4, 2)
    row = {"quantity": "displaced_total", "begins": first, "ends": last, "best": 1.0}
    beside = observe.comparable(synthetic.reports(facts, row).reports[0], synthetic.reports(facts))
    assert observe.observed(run, beside).values.tolist() == [80, 50]


@pytest.mark.parametrize(
    ("interval", "words"),
    [((5, 9), "run is lower"), ((21, 30), "run is higher"), ((5, 10), "agrees"), ((12, 13), "agrees")],
)
def test_the_verdict_compares_the_interval_with_the_range(interval: tuple[float, float], words: str) -> None:
    assert observe.verdict(report(form="range", low=10.0, high=20.0), *interval) == words


def test_a_rank_and_a_trend_hold_in_a_share_of_members(run: xr.Dataset) -> None:
    period = {"begins": START, "ends": START + dt.timedelta(days=3)}
    rank = report(quantity="arrivals", form="rank", place="camp>town", **period)
    assert observe.agreement(run, rank) == 1.0
    assert observe.agreement(run, report(quantity="arrivals", form="rank", place="town>camp", **period)) == 0.0
    rising = report(quantity="displaced_total", form="trend", best=1.0, **period)
    assert observe.agreement(run, rising) == 1.0
    assert observe.agreement(run, report(quantity="killed:mine", form="trend", best=1.0, **period)) == 0.0
