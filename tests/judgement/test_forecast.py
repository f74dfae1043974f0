"""A forecast: only what was known by the origin, the state that counts correct, and the numbers of planners."""

import dataclasses
import datetime as dt
import pathlib
from typing import Any

import numpy as np
import pytest

import maabar
from maabar import ensemble, errors, facts, forecast, keep, likelihood, planner, posterior, ran, scenario, score, world

ORIGIN = dt.date(2030, 5, 15)
MEMBERS = 60


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> facts.Scenario:
    """The scenario that `maabar new` writes."""
    folder = tmp_path_factory.mktemp("forecast") / "town"
    scenario.template(folder)
    return scenario.load(folder)


@pytest.fixture(scope="module")
def learned(town: facts.Scenario) -> posterior.Posterior:
    return posterior.learn(town, until=ORIGIN, members=MEMBERS, seed=2)


@pytest.fixture(scope="module")
def made(town: facts.Scenario, learned: posterior.Posterior) -> "maabar.Run":
    """Twenty days ahead."""
    calibration = ran.Calibration(learned, None)
    return maabar.Scenario(town).forecast(ORIGIN, 20, posterior=calibration)


def test_what_is_reported_or_happens_after_the_origin_changes_no_forecast(
    town: facts.Scenario, made: "maabar.Run"
) -> None:
    """The same forecast from a scenario whose later rows say something else altogether."""

    def later(report: Any) -> Any:
        return dataclasses.replace(report, best=1.0, low=None, high=None) if report.reported_on > ORIGIN else report

    other = dataclasses.replace(
        town,
        reports=tuple(later(report) for report in town.reports),
        events=tuple(event for event in town.events if event.begins <= ORIGIN),
    )
    again = maabar.Scenario(other).forecast(ORIGIN, 20, members=MEMBERS, seed=2)
    for name in ("present", "killed", "price", "arrivals"):
        assert np.array_equal(made.dataset[name].values, again.dataset[name].values, equal_nan=True), name


def test_a_report_before_the_origin_does_change_it(town: facts.Scenario, made: "maabar.Run") -> None:
    first = dataclasses.replace(town.reports[0], best=15000.0)
    other = dataclasses.replace(town, reports=(first, *town.reports[1:]))
    again = maabar.Scenario(other).forecast(ORIGIN, 20, members=MEMBERS, seed=2)
    assert not np.array_equal(made.dataset["present"].values, again.dataset["present"].values)


def test_people_are_conserved_through_the_origin(made: "maabar.Run") -> None:
    assert made.manifest["conserved"]


def test_members_before_the_origin_are_those_of_the_posterior(made: "maabar.Run", learned: posterior.Posterior) -> None:
    world_then = world.compile(posterior.until_day(made.scenario, ORIGIN))
    inputs = posterior.extended(learned, world_then)
    plain = ensemble.simulate(world_then, MEMBERS, 2, learned=ensemble.Learned(inputs))
    days = (ORIGIN - made.scenario.start).days + 1
    assert np.array_equal(made.dataset["present"].values[:, :days], plain["present"])


def test_the_same_forecast_on_one_and_on_two_workers(town: facts.Scenario, learned: posterior.Posterior) -> None:
    calibration = ran.Calibration(learned, None)
    runs = [maabar.Scenario(town).forecast(ORIGIN, 5, posterior=calibration, workers=count) for count in (1, 2)]
    one, two = (run.manifest["results"]["sha256"] for run in runs)
    assert one == two


def test_counts_move_members_to_what_was_counted_and_keep_everybody(learned: posterior.Posterior) -> None:
    """One camp was counted on the last day: members go most of the way there, the rest make room."""
    asked = forecast.request(learned.scenario, ORIGIN, 5)
    report = dataclasses.replace(
        learned.scenario.reports[1], id="new", begins=ORIGIN, ends=ORIGIN, reported_on=ORIGIN, best=9000.0
    )
    told = dataclasses.replace(learned.scenario, reports=(report,))
    counted = posterior.learn(told, until=ORIGIN, members=MEMBERS, seed=2)
    asked = dataclasses.replace(asked, scenario=told)
    inputs = posterior.extended(counted, world.compile(asked.facts))
    anchor = forecast.anchor(asked, counted, inputs, 1, lambda *_: None)
    assert anchor is not None
    assert anchor.day == (ORIGIN - told.start).days + 1
    before = world.compile(posterior.until_day(asked.facts, ORIGIN))
    present = ensemble.simulate(before, MEMBERS, 2, learned=ensemble.Learned(inputs))["present"][:, -1]
    camp, settling = before.place_ids.index("north-camp"), before.network.settling
    assert np.allclose(anchor.counts[:, settling].sum(axis=1), present[:, settling].sum(axis=1), rtol=1e-6)
    was, is_now = np.median(present[:, camp]), np.median(anchor.counts[:, camp])
    assert abs(np.log(is_now / 9000)) < 0.6 * abs(np.log(was / 9000))
    assert not np.isfinite(anchor.counts[:, before.network.homes]).any()


def test_without_a_count_members_start_from_where_they_are(learned: posterior.Posterior) -> None:
    reports = tuple(report for report in learned.scenario.reports if report.quantity != "present")
    told = dataclasses.replace(learned.scenario, reports=reports)
    counted = posterior.learn(told, until=ORIGIN, members=MEMBERS, seed=2)
    asked = forecast.request(told, ORIGIN, 5)
    assert forecast.anchor(asked, counted, counted.inputs, 1, lambda *_: None) is None


def test_what_counts_add_is_given_by_the_most_uncertain() -> None:
    wanted = np.array([[1000.0, 1000.0, 0.0]])
    found = forecast._with_sum(wanted, np.array([0.01, 0.5, 0.5]), np.array([1600.0]))
    assert found.sum() == pytest.approx(1600)
    assert found[0, 0] == pytest.approx(1000, abs=1)
    assert found[0, 2] < 5
    assert (forecast._with_sum(wanted, np.array([0.5, 0.01, 0.5]), np.array([900.0])) >= 0).all()


def test_a_kept_posterior_is_read_as_it_was(learned: posterior.Posterior, tmp_path: pathlib.Path) -> None:
    keep.write(tmp_path / "kept", learned)
    again = keep.read(tmp_path / "kept", learned.scenario)
    assert np.array_equal(again.learned.z, learned.learned.z)
    assert again.digest == learned.digest
    assert again.learned.steps == learned.learned.steps
    assert (again.until, again.seed, again.learned.warnings) == (ORIGIN, 2, learned.learned.warnings)
    assert [row.report for row in again.told.rows] == [row.report for row in learned.told.rows]


def test_a_posterior_of_another_scenario_is_refused(learned: posterior.Posterior, tmp_path: pathlib.Path) -> None:
    keep.write(tmp_path, learned)
    other = dataclasses.replace(learned.scenario, digest="0" * 64)
    with pytest.raises(errors.RunError) as caught:
        keep.read(tmp_path, other)
    assert str(caught.value) == (
        f"{tmp_path / 'posterior.nc'}: learned from town as it was, and {other.path} is another scenario or has "
        "changed since; calibrate again: maabar calibrate town"
    )


@pytest.mark.parametrize("content", [b"", b"not a posterior", None])
def test_a_missing_or_damaged_posterior_is_refused(
    content: bytes | None, learned: posterior.Posterior, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "posterior.nc"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(errors.RunError) as caught:
        keep.read(tmp_path, learned.scenario)
    said = str(caught.value)
    if content is None:
        assert said == f"{path}: no such posterior; give the folder that 'maabar calibrate' has made"
    else:
        assert said.startswith(f"{path}: damaged, or no posterior (")
        assert said.endswith("calibrate again: maabar calibrate town")


def test_a_posterior_that_knows_the_future_is_refused(learned: posterior.Posterior) -> None:
    early = dt.date(2030, 5, 10)
    with pytest.raises(errors.RunError) as caught:
        forecast.members(forecast.request(learned.scenario, early, 5), learned)
    assert str(caught.value) == (
        "--posterior: learned from reports until 2030-05-15, which nobody knew on 2030-05-10; "
        "calibrate with --until 2030-05-10"
    )


@pytest.mark.parametrize(
    ("origin", "days", "message"),
    [
        (dt.date(2030, 3, 1), 5, "--origin: found 2030-03-01, expected a day after 2030-03-01 and up to 2030-06-28; "
         "name the last day that is known"),
        (dt.date(2031, 1, 1), 5, "--origin: found 2031-01-01, expected a day after 2030-03-01 and up to 2030-06-28; "
         "name the last day that is known"),
        (ORIGIN, 0, "--days: found '0', expected a whole number from 1 to 3924"),
        (ORIGIN, 200, "--days: found 200, expected at most 60: further ahead nobody has tested how often intervals "
         "hold; ask for fewer days, or force it with --beyond"),
    ],
)  # fmt: skip
def test_days_that_cannot_be_forecast_are_refused(
    origin: dt.date, days: int, message: str, town: facts.Scenario
) -> None:
    with pytest.raises(errors.RunError) as caught:
        forecast.request(town, origin, days)
    assert str(caught.value) == message


def test_beyond_the_tested_horizon_the_output_says_so(learned: posterior.Posterior) -> None:
    asked = forecast.request(learned.scenario, ORIGIN, 200, beyond=True)
    assert asked.facts.days == (ORIGIN - asked.scenario.start).days + 201
    assert forecast.notes(asked, learned)[0] == (
        "BEYOND THE TESTED HORIZON: intervals were tested to 60 days ahead; after that nobody knows how often they hold"
    )
    assert not any("BEYOND" in note for note in forecast.notes(dataclasses.replace(asked, days=60), learned))


def test_given_events_are_named_in_the_output(learned: posterior.Posterior) -> None:
    asked = forecast.request(learned.scenario, ORIGIN, 5, given=True)
    said = "events after the origin are those of the scenario: a forecast made on that day did not know them"
    assert said in forecast.notes(asked, learned)
    assert len(asked.facts.events) == len(learned.scenario.events)
    assert len(asked.facts.reports) < len(learned.scenario.reports)


def test_planners_get_quantiles_of_every_day_in_order(made: "maabar.Run") -> None:
    told = made.planner()
    assert told.days == tuple(ORIGIN + dt.timedelta(days=day) for day in range(1, 21))
    for one in told.daily:
        assert len(one.p10) == 20
        assert all(low <= middle <= high for low, middle, high in zip(one.p10, one.p50, one.p90, strict=True))
    arrivals = {one.place for one in told.daily if one.quantity == "arrivals"}
    assert arrivals == {"*", "north-camp", "hill-town", "border-city"}
    assert {one.quantity for one in told.daily} >= {"inside", "price", "killed", "killed:mine", "present"}


def test_planners_numbers_are_those_of_the_run(made: "maabar.Run") -> None:
    told = made.planner()
    first = (ORIGIN - made.scenario.start).days + 1
    deaths = made.dataset["killed"].sel(cause="mine").values[:, first:]
    one = next(one for one in told.totals if one.quantity == "killed:mine")
    assert one.p50[0] == pytest.approx(np.median(deaths.sum(axis=1)))
    present = made.dataset["present"].sel(place="north-camp").values[:, first:]
    room = next(room for room in told.rooms if room.place == "north-camp")
    assert room.capacity == 12000
    assert room.within == {
        days: pytest.approx((present[:, :days] > 12000).any(axis=1).mean()) for days in (3, 7, 14, 20)
    }


def test_a_plain_run_has_no_planners_numbers(town: facts.Scenario) -> None:
    run = maabar.Scenario(town).run(members=2)
    with pytest.raises(errors.RunError, match="no forecast, but a run from the first day"):
        run.planner()


def test_a_forecast_is_scored_by_later_reports_only(town: facts.Scenario, made: "maabar.Run") -> None:
    """One later count is scored; those of the origin's day and before are not."""
    later = dataclasses.replace(
        town.reports[1], id="later", begins=dt.date(2030, 5, 20), ends=dt.date(2030, 5, 20),
        reported_on=dt.date(2030, 5, 21), best=5000.0,
    )  # fmt: skip
    told = dataclasses.replace(town, reports=(*town.reports, later))
    found = score.of(made.dataset, told, ORIGIN)
    assert (found.observations, list(found.per_quantity)) == (1, ["present"])
    assert score.of(made.dataset, told).observations > 1
    with pytest.raises(errors.RunError) as caught:
        made.score()
    assert str(caught.value) == (
        f"{town.path}: found no later report of the days after 2030-05-15, expected at least one; score a forecast "
        "that reaches further, or add what has become known to evidence.csv"
    )


def test_the_share_that_a_place_holds_limits_what_the_model_misses(town: facts.Scenario) -> None:
    claim = likelihood.of(town).claims[1]
    assert claim.quantity == "present"
    sd = claim.measure.discrepancy_sd
    assert likelihood.discrepancy(claim, town) == sd
    inflow = tuple(facts.Inflow(town.start + dt.timedelta(days=day), 100, "") for day in range(40))
    given = dataclasses.replace(town, departures="given", inflow=inflow)
    everybody = 100 * min(40, claim.last + 1)
    assert likelihood.discrepancy(claim, given) == pytest.approx(sd * max(0.25, 1 - claim.number / everybody))


def test_the_horizon_table_has_both_ways_of_departing() -> None:
    assert set(forecast.horizons()) == {"simulated", "given"}
    assert all(days > 0 for days in forecast.horizons().values())
    assert planner.WITHIN == (3, 7, 14, 30)
