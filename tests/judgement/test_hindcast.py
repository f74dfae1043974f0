"""Hindcasts: what is a case, what needs no model, what is kept, and whether intervals hold on made-up sieges."""

import csv
import dataclasses
import datetime as dt
import io
import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import synthetic
from maabar import (
    baselines,
    ensemble,
    errors,
    evidence,
    facts,
    hindcard,
    hindcast,
    later,
    likelihood,
    naive,
    quantities,
    report,
    storage,
    verify,
    world,
)

Floats = NDArray[np.float64]
FACTS = synthetic.siege()
ORIGIN = synthetic.day(FACTS, 40)


def told(*rows: dict[str, Any]) -> facts.Scenario:
    """The fictional siege with only these reports, by default of people inside, exact, each by its own source of C.

    Besides the fields of a report a row may have `days` of the run, `on`, the day of publication, and `letter`.
    """
    made, sources = [], {}
    for at, row in enumerate(rows):
        row = {"letter": "C", "days": (40, 40)} | row
        first, last = row.pop("days")
        source = row.setdefault("source", f"source-{at}")
        sources[source] = evidence.Source(source, source, "press", row.pop("letter"), row.pop("interest", ""), "")
        filled = {
            "id": f"r{at}", "reported_on": synthetic.day(FACTS, row.pop("on", last)),
            "begins": synthetic.day(FACTS, first), "ends": synthetic.day(FACTS, last), "place": "town",
            "quantity": "inside", "form": "exact", "low": None, "best": None, "high": None, "unit": "person",
            "credibility": 2, "group": "", "note": "",
        }  # fmt: skip
        made.append(evidence.Report(**(filled | row)))
    return dataclasses.replace(FACTS, reports=tuple(made), sources=tuple(sources.values()))


def cases(*rows: dict[str, Any], days: int = 60) -> list[later.Case]:
    made = told(*rows)
    return list(later.after(later.every(made), made.start, ORIGIN, days))


def ids(found: list[later.Case]) -> list[str]:
    return [case.claim.report.id for case in found]


# Cases


def test_a_case_is_about_days_after_the_origin_alone_and_was_published_after_it() -> None:
    rows = (
        {"id": "known", "days": (38, 40)},
        {"id": "late-news", "days": (40, 40), "on": 50},
        {"id": "straddles", "days": (40, 45)},
        {"id": "next-day", "days": (41, 41)},
        {"id": "last-day", "days": (90, 100), "on": 119},
        {"id": "too-far", "days": (101, 101)},
    )
    assert ids(cases(*({"best": 1000.0 + at} | row for at, row in enumerate(rows)))) == ["next-day", "last-day"]


def test_only_what_gives_a_number_is_a_case() -> None:
    forms = (
        {"form": "exact", "best": 100.0},
        {"form": "trend", "best": 1.0, "days": (50, 60)},
        {"form": "rank", "place": "north-camp>hill-town", "quantity": "present"},
        {"form": "denial", "quantity": "held", "place": "*"},
        {"form": "word", "word": "dozens", "quantity": "held", "place": "*"},
    )
    assert ids(cases(*({"days": (50, 50)} | row for row in forms))) == ["r0", "r4"]


def test_bounds_and_ranges_allow_what_they_say_and_words_what_their_table_says() -> None:
    found = cases(
        {"days": (50, 50), "form": "range", "low": 20_000.0, "high": 50_000.0},
        {"days": (50, 50), "form": "at_most", "high": 25_000.0},
        {"days": (50, 50), "form": "at_least", "best": 9_000.0},
        {"days": (50, 50), "form": "about", "best": 30_000.0},
        {"days": (50, 50), "form": "word", "word": "dozens", "quantity": "held", "place": "*"},
    )
    spans = [(case.low, case.high) for case in found]
    assert spans[:4] == [(20_000, 50_000), (-np.inf, 25_000), (9_000, np.inf), (30_000, 30_000)]
    assert spans[4][0] < spans[4][1] < 200
    assert [case.is_bound for case in found] == [False, True, True, False, False]
    assert [case.is_number for case in found] == [False, False, False, True, False]


def test_copies_of_one_number_are_one_case_and_repeats_of_what_was_known_are_none() -> None:
    copies = [
        {"id": name, "group": "un", "form": "about", "best": best, "days": (day, day)}
        for name, best, day in (("first", 100.0, 50), ("copy", 100.0, 52), ("other", 90.0, 53))
    ]
    known = {"id": "known", "group": "old", "best": 70.0, "days": (40, 40)}
    repeat = known | {"id": "repeat", "days": (55, 55)}
    assert ids(cases(*copies, known, repeat)) == ["first", "other"]
    assert ids(cases(*copies, known, repeat | {"group": ""})) == ["first", "other", "repeat"]


def test_counts_since_one_day_are_the_increments_after_the_origin() -> None:
    counts = ((30, 1000.0), (45, 1500.0), (60, 2100.0), (75, 2900.0))
    rows = [
        {
            "quantity": "displaced_total",
            "place": "*",
            "form": "about",
            "best": best,
            "days": (0, last),
            "group": "register",
        }
        for last, best in counts
    ]
    found = cases(*rows)
    assert [(case.claim.first, case.claim.last, case.low) for case in found] == [(46, 60, 600), (61, 75, 800)]
    assert {case.register for case in found} == {"register"}


def series(case: later.Case, members: int = 4000, **values: float) -> dict[later.Key, Floats]:
    """Series in which a quantity is the same on every day and for every member."""
    return {case.key: np.full((members, 100), values.get("level", 1000.0))}


def said(found: list[later.Case], **options: Any) -> Floats:
    known = options.pop("known", later.Voices({}, {}))
    return later.said(found, series(found[0], **options), known, 1)


def test_a_report_is_forecast_with_the_error_of_those_who_report_and_what_the_model_misses() -> None:
    (case,) = cases({"days": (50, 50), "best": 7.0, "letter": "A", "form": "exact"})
    claim = case.claim
    logs = np.log(said([case], level=1e6)[:, 0] / 1e6)
    expected = np.sqrt(claim.proportional_sd**2 + claim.bias_sd**2 + claim.measure.discrepancy_sd**2)
    assert stats.iqr(logs) / 1.349 == pytest.approx(expected, rel=0.05)
    assert (np.abs(logs) > 5 * expected).mean() == pytest.approx(claim.letter.outlier * 0.65, abs=0.006)


def test_what_is_reported_later_does_not_change_what_is_forecast_of_it() -> None:
    few, many = (said(cases({"days": (50, 50), "best": best, "form": "exact"})) for best in (0.0, 1e6))
    assert np.array_equal(few, many)


def test_a_range_is_forecast_without_its_width() -> None:
    wide, narrow = (
        said(cases({"days": (50, 50), "form": "range", "low": low, "high": 50_000.0})) for low in (100.0, 49_000.0)
    )
    assert np.array_equal(wide, narrow)


def test_learned_biases_and_registered_shares_are_the_members_own() -> None:
    rows = [
        {
            "quantity": "displaced_total",
            "place": "*",
            "form": "about",
            "best": best,
            "days": (0, last),
            "group": "register",
        }
        for last, best in ((45, 1500.0), (60, 2100.0))
    ]
    (case,) = cases(*rows)
    growing = {case.key: np.tile(np.arange(100.0) * 1000, (2000, 1))}
    half, whole = (
        later.said([case], growing, later.Voices({}, {"register": np.full(2000, share)}), 1) for share in (0.5, 1.0)
    )
    assert np.median(whole) / np.median(half) == pytest.approx(2, rel=0.01)
    (alone,) = cases({"days": (50, 50), "best": 7.0, "source": "s"})
    known = later.Voices({("s", "inside"): np.full(4000, 0.7)}, {})
    biased = said([alone], known=known)
    assert np.median(biased) == pytest.approx(1000 * np.exp(0.7), rel=0.03)


def seen(residual: float, *rows: dict[str, Any], **options: Any) -> later.Voices:
    """The voices after these reports, all missed by as much by each of three members."""
    told_by_then = likelihood.of(told(*rows))
    nobody = (np.zeros((3, len(told_by_then.sources))), np.zeros((3, len(told_by_then.registers))))
    return later.voices(told_by_then, nobody, np.full((3, len(told_by_then)), residual), **options)


def test_what_the_model_was_seen_to_miss_it_misses_for_a_while() -> None:
    near, far = cases({"days": (41, 41), "best": 20_000.0}, {"days": (100, 100), "best": 20_000.0})
    known = seen(0.3, *({"days": (day, day), "best": 20_000.0, "letter": "A"} for day in (36, 38, 40)))
    sd = near.claim.measure.discrepancy_sd
    (mean, spread), (mean_far, spread_far) = (known.miss(case.claim) for case in (near, far))
    assert 0.05 < mean_far[0] * 4 < mean[0] < 0.3
    assert 0 < spread < spread_far < sd
    assert later.Voices({}, {}).miss(near.claim) == (0.0, sd)


def test_a_miss_seen_once_with_an_error_is_believed_by_halves() -> None:
    (case,) = cases({"days": (60, 60), "best": 20_000.0})
    voices = seen(0.3, {"days": (60, 60), "best": 20_000.0, "letter": "C", "id": "same-day"})
    claim = case.claim
    error = claim.sd**2 + claim.bias_sd**2
    share = claim.measure.discrepancy_sd**2 / (claim.measure.discrepancy_sd**2 + error)
    mean, spread = voices.miss(claim)
    assert mean == pytest.approx(np.full(3, 0.3 * share), rel=0.01)
    assert spread == pytest.approx(claim.measure.discrepancy_sd * np.sqrt(1 - share), rel=0.01)


def test_bounds_and_worthless_reports_show_no_miss() -> None:
    (case,) = cases({"days": (41, 41), "best": 20_000.0})
    bound = seen(0.3, {"days": (40, 40), "form": "at_most", "high": 20_000.0})
    worthless = seen(0.3, {"days": (40, 40), "best": 20_000.0}, worth=np.array([0.2]))
    for known in (bound, worthless):
        assert known.miss(case.claim) == (0.0, case.claim.measure.discrepancy_sd)


def test_where_members_were_moved_to_a_count_a_new_miss_grows_from_it() -> None:
    near, far = cases(
        *({"days": (day, day), "best": 20_000.0, "quantity": "present", "place": "north-camp"} for day in (41, 100))
    )
    known = dataclasses.replace(later.Voices({}, {}), counted={"north-camp": 40})
    sd = near.claim.measure.discrepancy_sd
    assert known.miss(near.claim) == (0.0, pytest.approx(sd * np.sqrt(1 - np.exp(-2 / 30))))
    assert known.miss(far.claim) == (0.0, pytest.approx(sd * np.sqrt(1 - np.exp(-4))))


def test_no_forecast_of_a_report_is_negative_and_no_share_above_one() -> None:
    (case,) = cases({"days": (50, 50), "best": 7.0})
    assert said([case], level=3.0).min() == 0
    (share,) = cases(
        {"days": (50, 60), "best": 0.5, "quantity": "share_to", "place": "north-camp", "unit": "share", "letter": "E"}
    )
    found = {("arrivals", "*"): np.ones((500, 100)), ("arrivals", "north-camp"): np.full((500, 100), 0.9)}
    told_shares = later.said([share], found, later.Voices({}, {}), 1)
    assert 0 <= told_shares.min() < told_shares.max() <= 1


# Beside them, what needs no model


def known_and_asked(*rows: dict[str, Any]) -> tuple[facts.Scenario, Any, list[later.Case]]:
    made = told(*rows)
    claims = likelihood.of(made, until=ORIGIN).claims
    return made, claims, list(later.after(later.every(made), made.start, ORIGIN, 60))


def test_baselines_use_only_what_was_published_by_the_origin() -> None:
    early = [{"best": 1000.0 - 10 * day, "days": (day, day), "id": f"c{day}"} for day in range(0, 40, 4)]
    hidden = {"best": 5e6, "days": (38, 38), "on": 60, "id": "hidden"}
    asked = {"best": 400.0, "days": (60, 60), "id": "asked"}
    found = [naive.at(made, ORIGIN, claims, wanted) for made, claims, wanted in (
        known_and_asked(*early, asked), known_and_asked(*early, asked, hidden))]  # fmt: skip
    for name in (naive.LAST_VALUE, naive.DRIFT):
        assert np.array_equal(*(one[name] for one in found))
    assert np.median(found[0][naive.LAST_VALUE]) == pytest.approx(640, abs=1)
    assert np.median(found[0][naive.DRIFT]) == pytest.approx(400, abs=1)
    assert found[0].keys() == {naive.LAST_VALUE, naive.DRIFT}


def test_sums_are_forecast_at_the_last_rate() -> None:
    rates = [
        {"quantity": "displaced_total", "place": "*", "form": "about", "best": 70.0 * last, "days": (0, last)}
        | {"group": "g", "id": f"c{last}"}
        for last in range(4, 41, 4)
    ]
    asked = [
        rates[0] | {"best": best, "days": (0, last), "id": f"a{last}"} for last, best in ((44, 3500.0), (64, 9000.0))
    ]
    made, claims, wanted = known_and_asked(*rates, *asked)
    assert [case.days for case in wanted] == [4, 20]
    found = np.median(naive.at(made, ORIGIN, claims, wanted)[naive.LAST_VALUE], axis=0)
    assert found == pytest.approx([4 * 70, 20 * 70], rel=1e-6)


def test_a_baseline_that_cannot_be_made_is_not_a_number() -> None:
    made, claims, wanted = known_and_asked(
        {"best": 10.0, "days": (30, 30)},
        {"best": 9.0, "days": (50, 50)},
        {"days": (50, 50), "best": 1.0, "quantity": "held", "place": "*"},
    )
    found = naive.at(made, ORIGIN, claims, wanted)
    assert all(np.isnan(one).all() and one.shape == (baselines.DRAWS, 2) for one in found.values())


def test_given_totals_are_split_as_last_counted() -> None:
    shares = {"north-camp": 0.75, "hill-town": 0.25}
    rows = [
        {"quantity": "present", "place": place, "best": 100.0 * share * day, "days": (day, day), "id": f"{place}-{day}"}
        for place, share in shares.items() for day in (*range(5, 41, 5), 60)
    ]  # fmt: skip
    inflow = tuple(facts.Inflow(synthetic.day(FACTS, day), 100, "") for day in range(FACTS.days))
    made = dataclasses.replace(told(*rows), departures="given", inflow=inflow)
    wanted = later.after(later.every(made), made.start, ORIGIN, 60)
    found = naive.at(made, ORIGIN, likelihood.of(made, until=ORIGIN).claims, wanted)[naive.LAST_SHARES]
    assert np.median(found, axis=0) == pytest.approx([6100 * shares[case.key[1]] for case in wanted])


# The series of origins


def reported(*, seed: int = 5, every: int = 5, days: int = 90) -> facts.Scenario:
    """The siege with reports that one member of its prior gives rise to, each with an error of its own."""
    return made_up(world.compile(dataclasses.replace(FACTS, days=days)), seed, every)


def made_up(compiled: world.World, seed: int, every: int) -> facts.Scenario:
    """Reports of a truth drawn from the prior: people inside, at the camp, arrivals there, by their stated errors."""
    from maabar import results

    arrays = ensemble.simulate(compiled, 1, seed)
    arrays.pop("conserved")
    truth = results.dataset(results.layout(compiled, members=1, seed=seed, expected=False), arrays, 0)
    kinds = (("inside", "town", "C", 1), ("present", "north-camp", "A", 1), ("arrivals", "hill-town", "B", every))
    rng, rows = np.random.default_rng(seed), []
    for quantity, place, letter, span in kinds:
        numbers = quantities.series(truth, quantity, place).values[0]
        ends = np.arange(every, compiled.days, every)
        asked = [
            {"quantity": quantity, "place": place, "letter": letter, "source": f"s-{quantity}", "best": 1.0}
            | {"days": (int(end) - span + 1, int(end)), "id": f"{quantity}-{end}"}
            for end in ends
        ]
        claims = [case.claim for case in later.every(told(*asked))]
        apart = np.abs(np.subtract.outer(ends, ends)) / 30
        miss = np.linalg.cholesky(np.exp(-apart) + 1e-9 * np.eye(len(ends))) @ rng.standard_normal(len(ends))
        bias = claims[0].bias_sd * rng.standard_normal()
        for row, claim, missed in zip(asked, claims, miss, strict=True):
            sum_of = numbers[claim.first : claim.last + 1].sum()
            error = bias + claim.measure.discrepancy_sd * missed + claim.proportional_sd * rng.standard_normal()
            grain = claim.measure.grain * rng.standard_normal()
            rows.append(row | {"best": float(max(0.0, np.expm1(np.log1p(sum_of) + error) + grain))})
    return dataclasses.replace(told(*rows), days=compiled.days)


@pytest.fixture(scope="module")
def siege() -> facts.Scenario:
    return reported(days=60)


def planned(made: facts.Scenario, **options: Any) -> hindcast.Plan:
    return hindcast.plan(made, **({"every": 10, "days": 14, "members": 30, "given": True} | options))


def test_origins_begin_when_enough_is_known_and_end_with_the_last_later_report(siege: facts.Scenario) -> None:
    found = planned(siege)
    assert found.origins == tuple(synthetic.day(FACTS, day) for day in (20, 30, 40, 50))
    assert found.skipped == ((synthetic.day(FACTS, 10), "6 numbers were published by then, fewer than 10"),)
    alone = planned(siege, since=synthetic.day(FACTS, 33), until=synthetic.day(FACTS, 40))
    assert alone.origins == (synthetic.day(FACTS, 33),)
    early = dataclasses.replace(
        siege, reports=tuple(one for one in siege.reports if one.ends < synthetic.day(FACTS, 35))
    )
    assert planned(early).skipped[-1] == (
        synthetic.day(FACTS, 50),
        "no later report is about the 14 days after it alone",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, "--every: found 0, expected days from 1 to 4000, such as 14d"),
        ({"days": 0}, "--days: found '0', expected a whole number from 1 to 4000"),
        (
            {"days": 300},
            "--days: found 300, expected at most 60: further ahead nobody has tested how often intervals hold; ask "
            "for fewer days, or force it with --beyond",
        ),
        (
            {"since": dt.date(2031, 1, 1)},
            "--from: found 2031-01-01, expected a day from 2030-03-02 to 2030-04-28, after the first and before the "
            "last day of template",
        ),
        (
            {"until": FACTS.start},
            "--until: found 2030-03-01, expected a day from 2030-03-02 to 2030-04-28, after the first and before the "
            "last day of template",
        ),
        (
            {"since": dt.date(2030, 4, 2), "until": dt.date(2030, 4, 1)},
            "--until: found 2030-04-01, expected a day from 2030-04-02 on, the first origin",
        ),
        ({"members": 0}, "--members: found '0', expected a whole number from 1 to 10000000"),
    ],
)
def test_impossible_days_are_refused(siege: facts.Scenario, options: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.RunError) as refused:
        planned(siege, **options)
    assert str(refused.value) == message


def test_a_scenario_that_no_forecast_can_be_tested_on_is_refused(siege: facts.Scenario) -> None:
    early = dataclasses.replace(siege, reports=siege.reports[:3])
    with pytest.raises(errors.RunError) as refused:
        planned(early)
    assert str(refused.value) == (
        f"{siege.path}: found no origin from 2030-03-11 to 2030-04-28 to forecast from (3 numbers were published by "
        "then, fewer than 10); expected at least 10 numbers published by one and a later report about the 14 days "
        "after it: add reports, ask for more days, or for other origins with --from and --until"
    )


@pytest.fixture(scope="module")
def made(siege: facts.Scenario, tmp_path_factory: pytest.TempPathFactory) -> tuple[hindcard.Hindcast, Path]:
    folder = tmp_path_factory.mktemp("hindcast") / "whole"
    found = hindcast.run(planned(siege), folder, workers=1)
    found.write(folder)
    return found, folder


def test_every_case_of_every_origin_has_a_forecast_and_baselines(made: tuple[hindcard.Hindcast, Path]) -> None:
    found, _ = made
    assert {one.origin for one in found.results} == set(found.origins)
    assert all(one.first > one.origin and one.lead == (one.last - one.origin).days <= 14 for one in found.results)
    assert all(list(one.quantiles) == sorted(one.quantiles) for one in found.results)
    assert set(found.results[0].beside) == {naive.LAST_VALUE, naive.DRIFT, hindcast.PRIOR}
    assert all(one.beside[hindcast.PRIOR] is not None for one in found.results)
    assert sum(row.cases for row in found.skill.rows if row.lead in ((1, 7), (8, 14))) == len(found.results)
    assert {(one.quantity, one.place) for one in found.fans} == {("inside", "town"), ("present", "north-camp")}


def test_a_stopped_hindcast_goes_on_and_ends_with_the_same_result_on_two_workers(
    siege: facts.Scenario, made: tuple[hindcard.Hindcast, Path], tmp_path: Path
) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    folder, seen = tmp_path / "again", []
    with pytest.raises(errors.Cancelled) as stopped:
        hindcast.run(planned(siege), folder, workers=2, on_progress=stop, command="maabar forecast x --every 10d")
    assert str(stopped.value) == (
        f"{folder}: stopped; 2 of 4 origins are finished and kept there; go on with: maabar forecast x --every 10d"
    )
    before = {path.name: path.stat().st_mtime_ns for path in (folder / "origins").iterdir()}
    found = hindcast.run(planned(siege), folder, workers=2, on_progress=lambda *told: seen.append(told))
    assert found == made[0]
    assert seen == [("hindcast", done, 4) for done in range(5)]
    assert {name: (folder / "origins" / name).stat().st_mtime_ns for name in before} == before


def test_calibrations_of_an_earlier_hindcast_are_used(
    siege: facts.Scenario, made: tuple[hindcard.Hindcast, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maabar.posterior.learn", lambda *_, **__: pytest.fail("calibrated again"))
    found = hindcast.run(planned(siege), tmp_path / "other", calibrations=made[1])
    assert found == made[0]


def test_an_origin_whose_reports_cannot_be_followed_is_left_out_with_the_reason(
    siege: facts.Scenario, made: tuple[hindcard.Hindcast, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn = hindcast.posterior.learn

    def failing(*arguments: Any, **options: Any) -> Any:
        if options["until"] == synthetic.day(FACTS, 30):
            raise errors.ConvergenceError("nothing fits")
        return learn(*arguments, **options)

    monkeypatch.setattr("maabar.posterior.learn", failing)
    asked = planned(siege, until=synthetic.day(FACTS, 30))
    found = hindcast.run(asked, tmp_path)
    assert found.origins == (synthetic.day(FACTS, 20),)
    assert found.skipped[-1] == (synthetic.day(FACTS, 30), "the reports could not be followed: nothing fits")
    alone = [one.quantiles for one in made[0].results if one.origin == synthetic.day(FACTS, 20)]
    assert [one.quantiles for one in found.results] == alone
    with pytest.raises(errors.ConvergenceError) as refused:
        hindcast.run(planned(siege, since=synthetic.day(FACTS, 30), until=synthetic.day(FACTS, 30)), tmp_path / "none")
    assert str(refused.value) == (
        f"{tmp_path / 'none'}: no origin could be forecast from; the reports could not be followed: nothing fits"
    )


def test_a_folder_that_holds_something_else_is_refused(siege: facts.Scenario, made: Any, tmp_path: Path) -> None:
    with pytest.raises(errors.RunError) as refused:
        hindcast.run(planned(siege, days=10), made[1])
    assert str(refused.value) == (
        f"{made[1]}: holds another hindcast (days '14' there, '10' here); choose another folder with --out, or remove "
        "this one"
    )
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(errors.RunError) as refused:
        hindcast.run(planned(siege), tmp_path)
    assert str(refused.value) == (
        f"{tmp_path}: this folder is not empty and holds no hindcast; choose an empty or new one with --out"
    )


def test_a_damaged_origin_is_forecast_again(siege: facts.Scenario, made: Any) -> None:
    block = next((made[1] / "origins").iterdir())
    storage.write(block, block.read_bytes()[:-5])
    assert hindcast.run(planned(siege), made[1]) == made[0]


# What is told


def test_a_hindcast_is_read_as_it_was_written(made: tuple[hindcard.Hindcast, Path]) -> None:
    found, folder = made
    assert hindcard.read(folder) == found
    rows = list(csv.DictReader(io.StringIO((folder / hindcard.CSV).read_text())))
    assert len(rows) == len(found.results)
    first, one = rows[0], found.results[0]
    assert (first["origin"], first["report"], int(first["lead"])) == (str(one.origin), one.report, one.lead)
    assert float(first["p50"]) == pytest.approx(one.quantiles[3], rel=1e-5)
    assert first["within_80"] == str(int(bool(one.within["80"])))
    assert "crps_last_value" in first


def test_it_prints_what_was_done_and_what_was_left_out(made: tuple[hindcard.Hindcast, Path]) -> None:
    text = str(made[0])
    assert text.startswith(
        "Zahrat al-Wadi: a fictional siege: hindcast, 14 days ahead from 4 origins from 21 Mar 2030 to 20 Apr 2030, "
        "30 members, events as they came\n"
    )
    assert "left out: 2030-03-11: too few numbers were published by then, fewer than 10\n" in text
    assert "forecasts of" in text
    assert made[0]._repr_html_().startswith("<pre>")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"format": 1}'])
def test_a_damaged_hindcast_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / hindcard.JSON).write_text(content)
    with pytest.raises(errors.RunError, match=re.escape("; make the hindcast again")):
        hindcard.read(tmp_path)


def test_a_hindcast_of_a_newer_version_is_refused(made: Any, tmp_path: Path) -> None:
    path = tmp_path / hindcard.JSON
    storage.write_json(path, made[0].to_dict() | {"format": 99})
    with pytest.raises(errors.RunError) as refused:
        hindcard.read(path)
    assert str(refused.value) == f"{path}: written by a newer maabar; install that version to read it"


def test_the_page_holds_its_charts_escapes_what_files_say_and_forbids_requests(
    made: tuple[hindcard.Hindcast, Path], siege: facts.Scenario, tmp_path: Path
) -> None:
    hostile = dataclasses.replace(made[0], title="</script><script>alert(1)</script>")
    page = report.write_hindcast(hostile, siege, tmp_path / "hindcast.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "default-src &#39;none&#39;" in page
    assert 'data-chart="fan-inside-town"' in page
    assert 'data-chart="sums-arrivals-hill-town"' in page
    assert 'data-chart="coverage"' in page
    assert page.count('class="chart"') >= 5
    assert "Internal" in page


# Whether intervals hold

TRUTHS, LOWEST, HIGHEST = 10, 0.58, 0.96  # see the test


@pytest.mark.slow
def test_intervals_hold_on_sieges_that_follow_the_model_and_halved_ones_do_not(tmp_path: Path) -> None:
    """Ten truths drawn from the prior, two origins each, and the 80 % interval of every later report.

    Reports of one truth share its luck, so that each origin counts for little more than two: the share of 48
    independent cases lies within 0.58 to 0.96 in 999 of 1,000 series of honest forecasts (binomial, p = 0.8). Members
    drawn to half their distance from the median, 0.48 for a normal law, fall out of it.
    """
    assert stats.binom.ppf([0.0005, 0.9995], 48, 0.8) / 48 == pytest.approx([LOWEST, HIGHEST], abs=0.005)
    compiled = world.compile(dataclasses.replace(FACTS, days=76))
    held, halved = [], []
    for seed in range(101, 101 + TRUTHS):
        truth = made_up(compiled, seed, 6)
        asked = planned(truth, every=15, since=synthetic.day(FACTS, 40), days=20, members=80, seed=seed)
        folder = tmp_path / str(seed)
        held += [one.within["80"] for one in hindcast.run(asked, folder).results]
        store = storage.Store(folder / "origins")
        for origin in asked.origins:
            arrays, tested = store.load(origin.isoformat()), asked.at(origin)
            assert arrays is not None
            low, high = (np.array([getattr(case, end) for case in tested]) for end in ("low", "high"))
            middle = np.median(arrays["forecast"], axis=0)
            narrow = middle + (arrays["forecast"] - middle) / 2
            halved += verify.coverage(narrow, low, high)[1].tolist()
    assert len(held) >= 150
    assert LOWEST <= np.mean(held) <= HIGHEST
    assert np.mean(halved) < LOWEST - 0.03


def test_draws_of_reports_do_not_depend_on_how_many_members_or_cases_there_are() -> None:
    found = cases({"days": (50, 50), "best": 7.0}, {"days": (60, 60), "best": 7.0})
    all_of_them = said(found, members=20)
    assert np.array_equal(said(found, members=10), all_of_them[:10])
    assert np.array_equal(said(found[1:], members=20)[:, 0], all_of_them[:, 1])
    assert len(set(itertools.chain(*all_of_them.tolist()))) == all_of_them.size
