"""Outcomes of whole runs, and their differences by common random numbers."""

import numpy as np
import pytest
import xarray as xr

import synthetic
from maabar import differences, errors


def table(values: list[float], members: list[int] | None = None, **attrs: object) -> xr.Dataset:
    """A table with one outcome that varies, the others 0."""
    block = np.zeros((len(values), len(differences.OUTCOMES)))
    block[:, 0] = values
    coords = {"member": members or list(range(len(values))), "outcome": list(differences.BY_NAME)}
    return xr.Dataset({"value": (("member", "outcome"), block)}, coords, attrs)


def test_differences_are_taken_within_members_and_not_between_medians() -> None:
    change = differences.paired(table([1, 100, 10]), table([3, 102, 12]))[0]
    assert (change.outcome, change.members, change.median, change.mean) == ("killed", 3, 2, 2)
    assert (change.low80, change.high80, change.low95, change.high95, change.mean_error) == (2, 2, 2, 2, 0)
    assert (change.base, change.share_lower, change.share_higher) == (10, 0, 1)


def test_members_are_paired_by_their_number_and_only_those_of_both_count() -> None:
    change = differences.paired(table([1, 2, 3], [0, 1, 2]), table([30, 20], [2, 1]))[0]
    assert (change.members, change.mean) == (2, (27 + 18) / 2)


def test_members_missing_from_a_joint_table_are_left_out() -> None:
    joint = differences.whatifs({"baseline": table([1, 2, 3]), "other": table([5, 7])})
    change = differences.paired(joint.sel(variant="baseline"), joint.sel(variant="other"))[0]
    assert (change.members, change.mean) == (2, 4.5)


def test_intervals_are_quantiles_of_the_paired_differences() -> None:
    steps = np.arange(101.0)
    change = differences.paired(table([0.0] * 101), table(steps.tolist()))[0]
    assert (change.low95, change.low80, change.median, change.high80, change.high95) == (2.5, 10, 50, 90, 97.5)
    assert change.mean_error == pytest.approx(steps.std(ddof=1) / np.sqrt(101))


def test_the_interval_of_few_differences_is_their_lowest_and_highest() -> None:
    change = differences.paired(table([0.0] * 9), table(list(range(9))))[0]
    assert (change.low95, change.low80, change.median, change.high80, change.high95) == (0, 0, 4, 8, 8)


def test_a_single_member_gives_a_difference_without_error() -> None:
    change = differences.paired(table([4]), table([1]))[0]
    assert (change.median, change.low80, change.high95, change.mean_error, change.share_lower) == (-3, -3, -3, 0, 1)


def test_runs_without_a_common_member_have_no_difference() -> None:
    assert differences.paired(table([1], [0]), table([1], [5])) == []


def test_runs_of_different_seeds_are_refused() -> None:
    with pytest.raises(errors.RunError) as caught:
        differences.paired(table([1], seed=1), table([1], seed=2))
    assert str(caught.value) == (
        "the runs have the seeds 1 and 2, so their members cannot be paired; run both with the same --seed"
    )


def test_outcomes_of_a_run_are_those_of_its_series() -> None:
    run = synthetic.dataset(synthetic.siege(), members=3)
    found = differences.outcomes(run)["value"]
    assert found.dims == ("member", "outcome")
    assert found.sel(outcome="killed").values.tolist() == run["killed"].sum(("day", "cause")).values.tolist()
    causes = [f"killed_{cause}" for cause in synthetic.CAUSES]
    assert found.sel(outcome=causes).sum("outcome").values.tolist() == found.sel(outcome="killed").values.tolist()
    assert found.sel(outcome="inside_end").values.tolist() == run["inside"].isel(day=-1).sum("zone").values.tolist()
    assert found.sel(outcome="trapped_days").values.tolist() == run["trapped"].sum(("day", "zone")).values.tolist()
    unsheltered = run["unsheltered"].sum("place").max("day").values.tolist()
    assert found.sel(outcome="peak_unsheltered").values.tolist() == unsheltered
    nights = run["unsheltered"].sum(("day", "place")).values.tolist()
    assert found.sel(outcome="unsheltered_nights").values.tolist() == nights
    assert min(nights) > max(unsheltered)
    assert np.isfinite(found.values).all()


def test_outcomes_say_what_they_count_and_in_which_unit() -> None:
    said = {name: (one.label, one.unit, one.better) for name, one in differences.BY_NAME.items()}
    assert said["unsheltered_nights"] == ("Nights without shelter", "person-night", "lower")
    assert said["trapped_days"] == ("Person-days trapped", "person-day", "lower")
    assert said["departures_uncaught"] == ("Departures from home, not caught", "person", "")


def test_outcomes_are_numbers_where_there_is_no_siege() -> None:
    found = differences.outcomes(synthetic.dataset(synthetic.open_network(), members=2))["value"]
    assert np.isfinite(found.values).all()
    assert found.sel(outcome=["mean_price", "inside_end", "turned_away"]).values.tolist() == [[0, 0, 0]] * 2
