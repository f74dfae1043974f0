"""Scores against numbers worked by hand, against a slow reading of their definitions, and at their limits."""

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.extra.numpy
import numpy as np
import pytest
import xarray as xr
from hypothesis import strategies

import synthetic
from maabar import counts, errors, observe, scenario, score, scorecard
from maabar.formats import fleein

DAYS = 4
SCORE_KEYS = {"ard", "ard_rescaled", "ard_rescaled_observed_dates", "crps", "coverage_80", "naive", "per_place"}


def camps(*capacities: float | None, days: int = DAYS) -> scenario.Scenario:
    """An open country with one home and camps `a`, `b`, … of these capacities."""
    base = synthetic.open_network()
    home, camp = base.places[0], next(place for place in base.places if place.kind == "camp")
    made = [
        dataclasses.replace(camp, id=id, name=f"Camp {id.upper()}", capacity=capacity)
        for id, capacity in zip("abcdefgh", capacities, strict=False)
    ]
    return dataclasses.replace(base, title="Two camps", places=(home, *made), routes=(), days=days)


def count(place: str, day: int, people: float, **row: Any) -> dict[str, Any]:
    """A count of people present, exact unless told otherwise; `day` of the run."""
    date = synthetic.siege().start + dt.timedelta(days=day)
    return {"quantity": "present", "place": place, "begins": date, "ends": date, "best": people} | row


def run(facts: scenario.Scenario, mean: Any, spread: float = 0.0, members: int = 10) -> xr.Dataset:
    """Members that are `spread` below and above these means (t, p) by turns; nobody at the home."""
    means = np.asarray(mean, dtype=float)
    below_above = np.where(np.arange(members) % 2, spread, -spread)[:, None, None]
    present = np.concatenate([np.zeros((members, len(means), 1)), means + below_above], axis=2)
    coords = {
        "member": np.arange(members),
        "day": np.datetime64(facts.start, "ns") + np.arange(len(means)).astype("timedelta64[D]"),
        "place": [place.id for place in facts.places],
        "place_kind": ("place", [place.kind for place in facts.places]),
        "place_zone": ("place", [place.zone for place in facts.places]),
    }
    return xr.Dataset({"present": (("member", "day", "place"), present)}, coords)


@pytest.fixture(scope="module")
def worked() -> tuple[xr.Dataset, scenario.Scenario]:
    """Counts 100, 200, 300, 300 at a and 100 at b; ten members, five 10 below and five 10 above the means."""
    facts = synthetic.reports(
        camps(300.0, 100.0),
        count("a", 0, 100),
        count("a", 2, 300),
        count("b", 0, 100),
        count("b", 2, 100, form="about"),
    )
    return run(facts, [[100, 100], [75, 75], [200, 200], [200, 0]], spread=10), facts


def test_the_errors_are_those_worked_by_hand(worked: tuple[xr.Dataset, scenario.Scenario]) -> None:
    found = score.of(*worked)
    assert found.ard == pytest.approx((0 + 150 / 300 + 200 / 400 + 200 / 400) / 4)
    assert found.ard_rescaled == pytest.approx((0 + 100 / 300 + 200 / 400 + 200 / 400) / 4)
    assert found.ard_rescaled_observed_dates == pytest.approx((0 + 200 / 400) / 2)
    assert (found.days, found.observations, found.members) == (4, 3, 10)


def test_the_naive_splits_are_those_worked_by_hand(worked: tuple[xr.Dataset, scenario.Scenario]) -> None:
    found = score.of(*worked).naive
    assert found["equal"] == pytest.approx((0 + 100 / 300 + 200 / 400 + 200 / 400) / 4)
    assert found["capacity"] == pytest.approx((100 / 200 + 50 / 300 + 0 + 0) / 4)
    assert found["last"] == pytest.approx((0 + 100 / 300 + 200 / 400 + 0) / 4)
    assert found["day30"] is None


def test_members_are_judged_against_exact_counts_only(worked: tuple[xr.Dataset, scenario.Scenario]) -> None:
    found = score.of(*worked)
    assert found.crps == pytest.approx((5 + 95 + 5) / 3)
    assert found.coverage_80 == pytest.approx(2 / 3)
    a, b = found.per_place["a"], found.per_place["b"]
    assert (a.observations, a.bias, a.crps, a.coverage_80) == (2, -50, 50, 0.5)
    assert (b.observations, b.bias, b.crps, b.coverage_80) == (1, 0, 5, 1)


def test_the_parts_of_the_places_add_up_to_ard(worked: tuple[xr.Dataset, scenario.Scenario]) -> None:
    found = score.of(*worked)
    parts = [place.ard for place in found.per_place.values()]
    assert parts == pytest.approx([(125 / 300 + 0.25 + 0.25) / 4, (25 / 300 + 0.25 + 0.25) / 4])
    assert sum(parts) == pytest.approx(found.ard)


def test_a_count_at_the_edge_of_the_interval_is_within_it() -> None:
    facts = synthetic.reports(camps(None, None), count("a", 0, 110), count("b", 0, 89.9))
    found = score.of(run(facts, [[100, 100]] * DAYS, spread=10), facts)
    assert [found.per_place[id].coverage_80 for id in "ab"] == [1, 0]


def slow(daily: list[list[float]], simulated: list[list[float]]) -> tuple[float | None, float | None]:
    """ard and ard_rescaled as the definitions say, one number at a time."""
    plain, rescaled = [], []
    for d, s in zip(daily, simulated, strict=True):
        total, everybody = sum(d), sum(s)
        if total == 0:
            continue
        plain.append(sum(abs(one - other) for one, other in zip(s, d, strict=True)) / total)
        moved = [one * total / everybody for one in s] if everybody else None
        rescaled.append(sum(abs(one - other) for one, other in zip(moved, d, strict=True)) / total if moved else 1.0)
    return (sum(plain) / len(plain), sum(rescaled) / len(rescaled)) if plain else (None, None)


TABLES = hypothesis.extra.numpy.arrays(np.int64, (DAYS, 3), elements=strategies.integers(0, 50))


@hypothesis.given(daily=TABLES, simulated=TABLES)
def test_the_errors_are_those_of_a_slow_reading_of_their_definition(daily: Any, simulated: Any) -> None:
    rows = [count(id, day, int(daily[day, p])) for p, id in enumerate("abc") for day in range(DAYS)]
    facts = synthetic.reports(camps(None, None, None), *rows)
    found = score.of(run(facts, simulated), facts)
    ard, rescaled = slow(daily.tolist(), simulated.tolist())
    assert found.ard == pytest.approx(ard)
    assert found.ard_rescaled == pytest.approx(rescaled)
    assert found.naive["equal"] == pytest.approx(slow(daily.tolist(), [[1, 1, 1]] * DAYS)[1])
    known = [[1, 1, 1], *daily[:-1].tolist()]
    last = [row if sum(row) else [1, 1, 1] for row in known]
    assert found.naive["last"] == pytest.approx(slow(daily.tolist(), last)[1])


@pytest.mark.parametrize(
    ("mean", "ard", "rescaled"),
    [([[60, 40]] * DAYS, 0, 0), ([[0, 0]] * DAYS, 1, 1), ([[30, 20]] * DAYS, 0.5, 0), ([[600, 400]] * DAYS, 9, 0)],
)
def test_a_run_in_the_right_proportion_is_perfect_once_rescaled(mean: Any, ard: float, rescaled: float) -> None:
    facts = synthetic.reports(camps(None, None), count("a", 0, 60), count("b", 0, 40))
    found = score.of(run(facts, mean), facts)
    assert (found.ard, found.ard_rescaled) == pytest.approx((ard, rescaled))


def test_everybody_in_the_wrong_camp_scores_two() -> None:
    facts = synthetic.reports(camps(None, None), count("a", 0, 100), count("b", 0, 0))
    found = score.of(run(facts, [[0, 100]] * DAYS), facts)
    assert (found.ard, found.ard_rescaled) == (2, 2)
    assert str(found).splitlines()[0] == (
        "On an average day the run puts 100 of 100 people in another place than where they were counted."
    )


def test_days_on_which_nobody_was_counted_are_left_out() -> None:
    rows = [count(id, day, 10 * (day == 3)) for id in "ab" for day in (0, 2, 3)]
    facts = synthetic.reports(camps(None, None), *rows)
    found = score.of(run(facts, [[9, 0]] * 3 + [[10, 10]]), facts)
    assert (found.days, found.ard, found.ard_rescaled) == (1, 0, 0)


def test_where_nobody_was_ever_counted_there_is_no_error_and_a_reason() -> None:
    facts = synthetic.reports(camps(None, None), count("a", 0, 0), count("b", 0, 0))
    found = score.of(run(facts, [[5, 5]] * DAYS), facts)
    assert [found.ard, found.ard_rescaled, found.naive["equal"], found.naive["last"]] == [None] * 4
    assert found.reasons["ard_rescaled"] == "nobody was counted on any day"
    assert str(found).startswith("Nobody was counted on any day of this run, so it cannot be said how wrong it is.\n")


def test_counts_are_linear_between_their_dates_and_held_outside() -> None:
    facts = synthetic.reports(camps(None, None, days=7), count("a", 1, 10), count("a", 5, 30), count("b", 2, 4))
    daily = counts.of(facts).daily
    assert daily.T.tolist() == [[10, 10, 15, 20, 25, 30, 30], [4] * 7]


def test_an_exact_count_goes_before_an_estimate_of_its_day_and_two_of_a_kind_are_averaged() -> None:
    rows = count("a", 0, 10), count("a", 0, 20), count("a", 0, 99, form="about"), count("b", 0, 8, form="about")
    facts = synthetic.reports(camps(None, None), *rows, count("b", 0, 4, form="about"))
    assert counts.of(facts).daily[0].tolist() == [15, 6]


def test_a_count_that_was_corrected_is_left_out() -> None:
    facts = synthetic.reports(camps(None, None), count("a", 0, 10), count("a", 0, 40, corrects="r0"), count("b", 0, 5))
    counted = counts.of(facts)
    assert counted.daily[0].tolist() == [40, 5]
    assert [one.people for one in counted.exact] == [40, 5]


def test_a_count_before_the_run_holds_but_is_not_scored() -> None:
    rows = count("a", -4, 0), count("a", 4, 80), count("b", 0, 7)
    counted = counts.of(synthetic.reports(camps(None, None, days=6), *rows))
    assert counted.daily[:, 0].tolist() == [40, 50, 60, 70, 80, 80]
    assert [(one.place, one.first) for one in counted.exact] == [("a", 4), ("b", 0)]
    assert counts.of(synthetic.reports(camps(None, None), count("a", -4, 9), count("b", 9, 9))).places == ()


def test_a_count_over_several_days_is_laid_beside_their_mean() -> None:
    days = {"begins": synthetic.siege().start, "ends": synthetic.day(synthetic.siege(), 2)}
    facts = synthetic.reports(camps(None, None), count("a", 0, 20, **days), count("b", 0, 20))
    found = score.of(run(facts, [[10, 20], [20, 20], [30, 20], [99, 20]]), facts)
    assert (found.per_place["a"].crps, found.ard_rescaled_observed_dates) == (0, pytest.approx((2 / 3 / 2 + 0.2) / 2))


def test_only_camps_and_refuges_are_scored() -> None:
    facts = camps(None, None)
    home = facts.places[0].id
    counted = counts.of(synthetic.reports(facts, count(home, 0, 5), count("a", 0, 5), count("b", 0, 5)))
    assert counted.ids == ["a", "b"]


def test_a_place_without_a_capacity_has_the_mean_of_the_others_in_the_split_by_capacity() -> None:
    facts = synthetic.reports(
        camps(300.0, 100.0, None), *(count(id, 0, n) for id, n in zip("abc", (3, 1, 2), strict=True))
    )
    assert counts.naive(counts.of(facts))["capacity"] == pytest.approx(0)
    bare = synthetic.reports(camps(None, None), count("a", 0, 3), count("b", 0, 1))
    found = score.of(run(bare, [[3, 1]] * DAYS), bare)
    assert (found.naive["capacity"], found.reasons["capacity"]) == (None, "no place with counts lists a capacity")


def test_the_shares_of_day_30_are_used_before_and_after_it() -> None:
    rows = count("a", 0, 10), count("a", 29, 10), count("a", 30, 30), count("b", 0, 10)
    facts = synthetic.reports(camps(None, None, days=40), *rows)
    daily = counts.of(facts)
    assert counts.naive(daily)["day30"] == pytest.approx((30 * 10 / 20 + 10 * 0) / 40)


CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"
# equal, capacity and day30 as measured by others on the same counts; whole people are counted a little otherwise there.
MEASURED = {
    "mali2012": (1.082, 0.168, 0.382),
    "burundi2015": (0.749, 0.337, 0.342),
    "ssudan2013": (0.742, 0.424, 0.798),
    "tigray2020": (0.715, 0.704, 0.438),
}


@pytest.mark.parametrize("case", MEASURED)
def test_the_naive_splits_of_real_conflicts_are_those_that_others_measured(case: str, tmp_path: Path) -> None:
    if not (CASES / case).is_dir():
        pytest.skip(f"no {CASES / case} on this machine")
    fleein.convert(CASES / case, tmp_path / case)
    found = counts.naive(counts.of(scenario.load(tmp_path / case)))
    assert [found[split] for split in ("equal", "capacity", "day30")] == pytest.approx(MEASURED[case], abs=0.01)


def test_few_members_have_no_interval_and_one_has_its_absolute_error() -> None:
    facts = synthetic.reports(camps(None, None), count("a", 0, 10), count("b", 0, 30))
    found = score.of(run(facts, [[12, 26]] * DAYS, members=1), facts)
    assert (found.crps, found.coverage_80) == (3, None)
    assert found.reasons["coverage_80"] == "1 of at least 10 members, too few for an interval"


@hypothesis.given(
    members=hypothesis.extra.numpy.arrays(float, 7, elements=strategies.floats(-100, 100)),
    number=strategies.floats(-100, 100),
)
def test_crps_is_the_mean_distance_less_half_that_between_members(members: Any, number: float) -> None:
    pairs = np.abs(members[:, None] - members[None]).mean()
    expected = np.abs(members - number).mean() - pairs / 2
    assert score.crps(np.array([number]), members[None])[0] == pytest.approx(expected, abs=1e-9)


def siege(*rows: dict[str, Any]) -> tuple[xr.Dataset, scenario.Scenario]:
    facts = synthetic.reports(synthetic.siege(), *rows)
    return synthetic.dataset(facts), facts


def test_simulated_departures_have_no_split_to_score_and_say_why() -> None:
    found = score.of(*siege({"quantity": "inside", "place": "town", "best": 1.0}))
    why = "departures are simulated, so there is no given total whose split could be compared"
    assert (found.ard, found.ard_rescaled, found.ard_rescaled_observed_dates) == (None, None, None)
    assert dict(found.naive) == dict.fromkeys(counts.SPLITS)
    assert {found.reasons[key] for key in ("ard", "ard_rescaled", "ard_rescaled_observed_dates", "day30")} == {why}


def test_one_camp_with_counts_has_no_split_to_score_and_says_why() -> None:
    facts = synthetic.reports(camps(None, None), count("a", 0, 10))
    found = score.of(run(facts, [[10, 10]] * DAYS), facts)
    assert found.reasons["ard"] == (
        "fewer than two camps or refuges have counts, so there is no given total whose split could be compared"
    )
    assert (found.crps, found.coverage_80, found.observations) == (0, 1, 1)


def test_a_range_is_met_where_the_interval_touches_it_and_costs_the_least_over_its_numbers() -> None:
    dataset, facts = siege({"quantity": "inside", "form": "range", "low": 1.0, "high": 2.0})
    told = observe.observed(dataset, observe.comparable(facts.reports[0], facts)).values
    low, high = np.quantile(told, (0.1, 0.9))
    cases = {
        "far below": (low / 4, low / 2),
        "touching": (low / 4, low),
        "around": (low, high),
        "at least": (high, None),
    }
    for case, (lower, upper) in cases.items():
        form = {"form": "range", "low": lower, "high": upper} if upper else {"form": "at_least", "low": lower}
        found = score.of(*siege({"quantity": "inside", "place": "*", **form}))
        assert found.coverage_80 == (case != "far below"), case
        numbers = np.linspace(lower, upper or 2 * high, 400)
        costs = score.crps(numbers, np.broadcast_to(told, (400, told.size)))
        assert found.crps == pytest.approx(costs.min(), rel=1e-3), case


def test_every_report_that_can_be_laid_beside_the_shipped_siege_is_scored() -> None:
    facts = scenario.load("raqqa-2017")
    found = score.of(synthetic.dataset(facts, members=12), facts)
    comparable = [one for one in (observe.comparable(report, facts) for report in facts.reports) if not one.reason]
    assert found.observations == len(comparable) == sum(one.reports for one in found.per_quantity.values())
    met = sum(one.met for one in found.per_quantity.values())
    assert found.coverage_80 == pytest.approx(met / found.observations)
    assert str(found).startswith(f"The run meets {met} of the {len(comparable)} reports that can be laid beside it.\n")
    assert {name: one.unit for name, one in found.per_quantity.items() if one.unit != "person"} == {
        "price": "SYP",
        "share_to": "1",
    }


def test_prices_and_people_are_not_averaged() -> None:
    rows = {"quantity": "inside", "best": 0.0}, {"quantity": "price", "best": 0.0, "unit": "coin"}
    both, people = score.of(*siege(*rows)), score.of(*siege(rows[0]))
    assert both.crps == people.crps
    assert both.per_quantity["price"].crps > 100
    assert (both.per_quantity["price"].reports, both.observations) == (1, 2)


def test_a_run_without_any_report_to_lay_beside_it_is_refused() -> None:
    facts = synthetic.reports(synthetic.siege(), {"quantity": "inside", "form": "word", "word": "dozens"})
    with pytest.raises(errors.RunError) as caught:
        score.of(synthetic.dataset(facts), facts)
    assert str(caught.value) == (
        f"{facts.path}: found no report that can be laid beside a run, expected at least one; "
        "add counts to evidence.csv, such as people present at a camp in the form exact"
    )


def test_a_what_if_says_that_reports_are_of_what_happened(worked: tuple[xr.Dataset, scenario.Scenario]) -> None:
    dataset, facts = worked
    found = score.of(dataset.assign_attrs(variant="bridge"), facts)
    assert found.notes == ("this run is the what-if 'bridge', and reports are of what happened",)
    assert str(found).endswith("\nnote: this run is the what-if 'bridge', and reports are of what happened")


def test_a_score_is_plain_numbers_for_machines(worked: tuple[xr.Dataset, scenario.Scenario]) -> None:
    told = json.loads(json.dumps(score.of(*worked).to_dict(), allow_nan=False))
    assert set(told) > SCORE_KEYS
    assert list(told["naive"]) == ["equal", "capacity", "day30", "last"]
    assert set(told["per_place"]["a"]) == {"name", "ard", "crps", "coverage_80", "bias", "observations"}


def test_a_score_is_told_in_words_before_numbers(worked: tuple[xr.Dataset, scenario.Scenario]) -> None:
    assert str(score.of(*worked)).splitlines() == [
        "On an average day the run puts 17 of 100 people in another place than where they were counted.",
        "WARNING: without any model, shares of listed capacity put 8 of 100 there: closer than this run.",
        "",
        "Two camps: 2 places, 3 exact counts on 4 days with people, 10 members",
        "",
        "  who splits the people                      wrong of 100  ard_rescaled",
        "  this run                                             17         0.333",
        "    on the dates of counts                             12         0.250",
        "    each place as it is, totals apart (ard)                       0.375",
        "  equal shares                                         17         0.333",
        "  shares of listed capacity                             8         0.167  closer than the run",
        "  shares of day 30                                      –             –",
        "  shares of the last counts                            10         0.208  closer than the run",
        "",
        "  place   counts  part of ard  too many [person]  CRPS [person]  within 80 %",
        "  Camp A       2        0.229                -50             50         50 %",
        "  Camp B       1        0.146                 +0              5        100 %",
        "  all          3        0.375                                35         67 %",
        "",
        "not given: shares of day 30 (nobody was counted on day 30, or the run ends before it)",
    ]


@pytest.mark.parametrize(("people", "verdict"), [((90, 10), "closer"), ((100, 0), "no closer")])
def test_a_run_that_no_split_beats_has_no_warning(people: tuple[int, int], verdict: str) -> None:
    facts = synthetic.reports(camps(None, None), count("a", 0, 90), count("b", 0, 10))
    found = score.of(run(facts, [people] * DAYS), facts)
    assert found.closer() == []
    assert str(found).splitlines()[1] == (
        f"Without any model, shares of the last counts put 10 of 100 there: the run is {verdict}."
    )


def test_names_in_a_notebook_cannot_become_markup(worked: tuple[xr.Dataset, scenario.Scenario]) -> None:
    dataset, facts = worked
    hostile = dataclasses.replace(facts, title="<script>")
    assert "&lt;script&gt;" in score.of(dataset, hostile)._repr_html_()
    assert isinstance(score.of(dataset, hostile), scorecard.Score)
