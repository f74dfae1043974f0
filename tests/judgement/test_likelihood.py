"""What reports say of a run: numbers worked by hand, nobody counted twice, copies and propaganda kept in place."""

import dataclasses
import datetime as dt
import itertools
import math
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
import xarray as xr
from hypothesis import strategies
from numpy.typing import NDArray

import synthetic
from maabar import errors, evidence, likelihood, observe, quantities, reading, reliability, scenario, telling

Floats = NDArray[np.float64]
DOCS = Path(__file__).resolve().parents[2] / "docs"
FACTS = synthetic.siege()
START = FACTS.start
NUMBERS = reliability.numbers()


def scaled(number: Any, quantity: str = "inside") -> Any:
    """The logarithm on which people and money are compared, with the grain of the quantity."""
    return np.log(1 + reliability.measures()[quantity].grain + np.asarray(number))


def told(*rows: dict[str, Any], facts: scenario.Scenario = FACTS) -> scenario.Scenario:
    """The scenario with only these reports: of day 40, on people inside the town, each by its own source of grade C.

    Besides the fields of a report a row may have `day` or `days` of the run, `letter` and `interest` of its source.
    """
    reports, sources = [], {}
    for at, row in enumerate(rows):
        row = {"letter": "C", "interest": "", "kind": "press", "day": 40} | row
        first, last = row.pop("days", (row["day"], row.pop("day")))
        row.pop("day", None)
        source = row.setdefault("source", f"source-{at}")
        sources[source] = evidence.Source(source, source, row.pop("kind"), row.pop("letter"), row.pop("interest"), "")
        filled = {
            "id": f"r{at}", "reported_on": synthetic.day(facts, last), "begins": synthetic.day(facts, first),
            "ends": synthetic.day(facts, last), "place": "town", "quantity": "inside", "form": "exact", "low": None,
            "best": None, "high": None, "unit": "person", "credibility": 2, "group": "", "note": "",
        }  # fmt: skip
        reports.append(evidence.Report(**(filled | row)))
    return dataclasses.replace(facts, reports=tuple(reports), sources=tuple(sources.values()))


def of(*rows: dict[str, Any], **options: Any) -> likelihood.Likelihood:
    return likelihood.of(told(*rows), **options)


def left_out(*rows: dict[str, Any]) -> dict[str, str]:
    """Reasons by report, of these and one that can always be used."""
    return dict(of(*rows, {"id": "usable", "best": 100}).left_out)


def series(found: likelihood.Likelihood, **values: Any) -> telling.Series:
    """The series asked for: (m, t) by name of the quantity, 0 for those not given."""
    members = max((np.shape(value)[0] for value in values.values()), default=1)
    return {
        key: np.broadcast_to(np.asarray(values.get(key[0].replace(":", "_"), 0.0), float), (members, FACTS.days))
        for key in found.asks
    }


# --- the tables


def test_a_better_letter_is_never_less_certain() -> None:
    letters = [reliability.letters()[letter] for letter in "ABCDE"]
    for name in reliability.LETTER_NUMBERS:
        values = [getattr(letter, name) for letter in letters]
        assert values == sorted(values), name
    assert set(reliability.letters()) == set("ABCDEF")
    assert all(letter.bias_sd < letter.interested_bias_sd for letter in reliability.letters().values())


def test_every_quantity_that_a_run_records_has_errors() -> None:
    recorded = {name for name in evidence.QUANTITY_NAMES if quantities.quantity(name).variable}
    assert set(reliability.measures()) == recorded


def test_every_word_of_number_has_its_quantiles_in_order_and_a_long_right_tail() -> None:
    numbers = [word for word in reliability.words().values() if not word.shows]
    assert len(numbers) > 10
    for word in numbers:
        assert word.low is not None
        assert word.best is not None
        assert word.high is not None
        assert 0 < word.low <= word.best < word.high
        assert word.high - word.best > word.best - word.low, word.word


def test_the_docs_print_the_tables_as_they_are() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in DOCS.glob("calibration*.md"))
    for row in (*reliability.letters().values(), *reliability.measures().values(), *reliability.words().values()):
        printed = [f"{value:,g}" if isinstance(value, float) else value for value in vars(row).values()]
        cells = " | ".join("" if value is None else str(value) for value in printed)
        assert f"| {' '.join(cells.split())} |" in " ".join(pages.split()), cells
    for name, value in NUMBERS.items():
        assert f"| `{name}` | {value:g} |" in pages


# --- one report at a time


def test_people_are_compared_on_the_logarithm_with_their_grain_and_shares_on_the_logit() -> None:
    found = of({"best": 969}, {"quantity": "share_to", "place": "north-camp", "best": 20, "unit": "percent"})
    assert found.observed.value == pytest.approx([math.log(1000), math.log(0.2 / 0.8)])
    for row in (quantities.quantity(name) for name in ("inside", "killed:mine", "price", "share_to")):
        assert reading.plain(reading.transformed(np.array([0.25, 0.75]), row), row) == pytest.approx([0.25, 0.75])


def test_a_camp_counted_too_high_by_chance_is_believed_no_more_than_one_counted_too_low() -> None:
    """Of 45 people, 30 too many or too few are counted: both say nearly the same of a member that has 45."""
    high, low = (of({"quantity": "present", "place": "north-camp", "best": best, "letter": "A"}) for best in (75, 15))
    off = [(found.observed.value - scaled(45, "present"))[0] / found.observed.own_sd[0] for found in (high, low)]
    assert 0.5 < off[0] < 1.2
    assert -1.2 < off[1] < -0.5


def test_a_rate_is_compared_with_the_sum_over_its_days() -> None:
    row = {"quantity": "killed:mine", "days": (10, 19), "form": "range", "low": 2, "high": 3, "unit": "person/day"}
    found = of(row)
    assert found.observed.value == pytest.approx((math.log(24) + math.log(34)) / 2)
    assert found.predict(series(found, killed_mine=np.full((1, 120), 2.5))) == pytest.approx(math.log(29))


def test_a_range_holds_eighty_per_cent_of_the_truth() -> None:
    alone, ranged = of({"best": 50_000}), of({"form": "range", "low": 30_000, "high": 83_300})
    assert ranged.observed.value[0] == pytest.approx(scaled(50_000), abs=1e-3)
    width = math.log(83_331 / 30_031) / (2 * 1.2815516)
    assert ranged.observed.own_sd == pytest.approx(np.hypot(alone.observed.own_sd, width), rel=1e-3)


def test_a_wider_range_and_a_worse_letter_say_less() -> None:
    narrow, wide = ({"form": "range", "low": 30_000, "high": high} for high in (40_000, 90_000))
    sds = [of(row | {"letter": letter}).observed.own_sd[0] for row in (narrow, wide) for letter in "ABCDE"]
    assert all(less < more for less, more in itertools.pairwise(sds[:5]))
    assert all(less < more for less, more in zip(sds[:5], sds[5:], strict=True))


@pytest.mark.parametrize(
    ("number", "digit"), [(160_000, 10_000), (100_000, 100_000), (7655, 1), (0.5, 0.1), (25, 1), (0, 0), (169_982, 1)]
)
def test_a_number_is_known_to_its_last_digit_that_is_not_zero(number: float, digit: float) -> None:
    assert reading.last_digit(number) == pytest.approx(digit)


def test_a_round_guess_says_less_than_a_count() -> None:
    exact, guessed, round_ = (
        of({"best": best, "form": form}).observed.own_sd[0]
        for best, form in ((98_765, "exact"), (98_765, "about"), (100_000, "about"))
    )
    assert exact < guessed < round_


@pytest.mark.parametrize(("form", "filled", "kind"), [("at_least", "low", "lower"), ("at_most", "high", "upper")])
def test_bounds_stay_bounds(form: str, filled: str, kind: str) -> None:
    for column in (filled, "best"):
        found = of({"form": form, column: 10_000})
        assert list(found.observed.kind) == [kind]
        assert found.observed.value == pytest.approx([scaled(10_000)])


def test_a_word_of_number_is_wide_and_wider_above() -> None:
    found = of({"form": "word", "word": "Hundreds", "unit": "word", "quantity": "held", "place": "*"})
    word = reliability.words()["hundreds"]
    assert found.observed.value == pytest.approx([scaled(word.best, "held")])
    assert found.observed.own_sd[0] > math.log(word.high / word.best) / 1.2815516 > 1
    assert found.rows[0].words == "People held, Hundreds (500), everywhere, 10 Apr 2030"


def test_an_arabic_word_of_number_is_read() -> None:
    assert reliability.word("مئات") == dataclasses.replace(
        reliability.words()["hundreds"], word="مئات", rationale="hundreds"
    )


def test_a_count_of_nobody_leaves_room_for_a_few_but_not_for_many() -> None:
    found = of({"quantity": "present", "place": "north-camp", "best": 0, "letter": "A"})
    densities = found.log_density(scaled([[0.0], [30.0], [20_000.0]], "present"))
    assert densities[0] - densities[1] < 1
    assert densities[0] - densities[2] > 3


def test_a_report_whose_day_is_uncertain_says_less() -> None:
    day, month = of({"best": 50_000}), of({"best": 50_000, "days": (20, 50)})
    assert day.observed.own_sd[0] < month.observed.own_sd[0]
    flow = {"quantity": "arrivals", "place": "north-camp", "best": 500}
    assert of(flow).observed.own_sd[0] > of(flow | {"days": (20, 50)}).observed.own_sd[0]


def test_a_rank_compares_neighbours() -> None:
    row = {"quantity": "arrivals", "form": "rank", "unit": "", "days": (10, 20)}
    found = of(row | {"place": "north-camp>border-city>hill-town"})
    assert [one.place for one in found.rows] == ["north-camp>border-city", "border-city>hill-town"]
    assert list(found.observed.kind) == ["lower", "lower"]
    values = dict(series(found))
    for place, arrived in (("north-camp", 9.0), ("border-city", 4.0), ("hill-town", 20.0)):
        values["arrivals", place] = np.full((1, FACTS.days), arrived)
    predicted = found.predict(values)
    assert predicted[0] == pytest.approx([math.log(130 / 75), math.log(75 / 251)])
    assert found.rows[0].words == "Arrivals, more at north-camp than at border-city, 11 Mar 2030 to 21 Mar 2030"


@pytest.mark.parametrize(("best", "kind"), [(1.0, "lower"), (0.0, "value"), (-1.0, "upper")])
def test_a_trend_sets_the_last_third_against_the_first(best: float, kind: str) -> None:
    found = of({"quantity": "price", "form": "trend", "best": best, "unit": "direction", "days": (10, 20)})
    assert list(found.observed.kind) == [kind]
    prices = np.zeros((1, FACTS.days))
    prices[:, 10:13], prices[:, 13:18], prices[:, 18:21] = 99, 5000, 399
    assert found.predict({("price", "town"): prices}) == pytest.approx(math.log(4))


def test_a_trend_over_two_days_is_left_out() -> None:
    row = {"quantity": "price", "form": "trend", "best": 1, "unit": "direction", "days": (10, 11)}
    assert left_out(row)["r0"] == "a trend over fewer than three days of the run"


def test_a_price_that_nobody_could_pay_is_the_last_one_known() -> None:
    gaps = np.array([[np.nan, 5, np.nan, np.nan, 7, np.nan], [np.nan] * 6])
    assert telling.filled(gaps).tolist() == [[5, 5, 5, 5, 7, 7], [0] * 6]


def test_a_share_of_no_arrivals_is_a_number() -> None:
    found = of({"quantity": "share_to", "place": "north-camp", "best": 0.3, "unit": "share"})
    assert found.predict(series(found)) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"quantity": "mines", "form": "word", "word": "hundreds", "unit": "word"}, "not recorded by a run"),
        ({"quantity": "controlled_share", "best": 0.5, "unit": "share"}, "an input of the scenario"),
        ({"form": "word", "word": "oodles", "unit": "word"}, "the word 'oodles' is not in the table of words"),
        (
            {"quantity": "price", "form": "word", "word": "hundreds", "unit": "word"},
            "a word says how many people, and this is no number of people",
        ),
        ({"quantity": "price", "form": "denial", "unit": ""}, "a denial that is not about a number of people"),
        (
            {"quantity": "policy", "form": "word", "word": "curfew", "unit": "word"},
            "a rule that shows in nothing a run records",
        ),
        (
            {"quantity": "killed", "form": "rank", "place": "old-town>mill-quarter", "unit": ""},
            "an order of places, which a run does not tell apart here",
        ),
        (
            {"quantity": "displaced_total", "place": "*", "best": 7655, "note": "verified as still displaced in June"},
            "counts people verified as still displaced, not movements",
        ),
        ({"days": (-9, -5), "best": 5}, "before the first day of the run"),
        ({"days": (119, 150), "best": 5, "quantity": "arrivals"}, "counts to after the last day of the run"),
    ],
)
def test_what_cannot_be_laid_beside_a_run_is_left_out_with_its_reason(row: dict[str, Any], reason: str) -> None:
    assert left_out(row)["r0"] == reason


def test_a_note_about_another_verified_number_leaves_the_movements_in() -> None:
    note = "with short flights; only 7,655 verified as still away in June 2030"
    found = of({"quantity": "displaced_total", "place": "*", "best": 50_000, "days": (0, 19), "note": note})
    assert [row.report for row in found.rows] == ["r0"]


# --- what was known when


def test_only_what_was_published_by_the_day_is_known() -> None:
    rows = ({"best": 100, "day": 10}, {"best": 200, "day": 30})
    found = of(*rows, until=synthetic.day(FACTS, 20))
    assert [row.report for row in found.rows] == ["r0"]
    assert found.left_out == (("r1", f"published after {synthetic.day(FACTS, 20)}"),)
    assert len(of(*rows, until=synthetic.day(FACTS, 30))) == 2


def test_a_correction_counts_from_the_day_it_was_published() -> None:
    rows = ({"best": 100, "day": 10}, {"best": 200, "days": (10, 10), "reported_on": synthetic.day(FACTS, 30),
                                       "corrects": "r0"})  # fmt: skip
    before, after = (of(*rows, until=synthetic.day(FACTS, day)) for day in (29, 30))
    assert before.observed.value == pytest.approx([scaled(100)])
    assert after.observed.value == pytest.approx([scaled(200)])
    assert after.left_out == (("r0", "corrected by r1"),)


def test_a_report_knows_nothing_of_days_after_it() -> None:
    row = {"best": 100, "days": (10, 50), "reported_on": synthetic.day(FACTS, 20)}
    assert of(row).rows[0].last == 20


def test_only_the_quantities_asked_for_are_learned_from() -> None:
    rows = ({"best": 100}, {"quantity": "killed:mine", "best": 3}, {"quantity": "killed", "best": 9})
    found = of(*rows, quantities=["killed"])
    assert [row.report for row in found.rows] == ["r1", "r2"]
    assert found.left_out == (("r0", "not among the quantities asked for"),)


def test_no_report_at_all_is_refused() -> None:
    with pytest.raises(errors.RunError) as caught:
        likelihood.of(told({"best": 5, "day": 10}), until=dt.date(2030, 3, 5))
    assert str(caught.value) == (
        f"{FACTS.path}: found no report published by 2030-03-05 that a run can be laid beside, expected at least one; "
        "add counts to evidence.csv, such as people present at a camp, or learn until a later day"
    )


def test_an_unknown_quantity_is_refused() -> None:
    with pytest.raises(
        errors.InputError, match=r"^request: the 'quantity': found 'insde', expected .*; did you mean 'inside'\?$"
    ):
        of({"best": 5}, quantities=["insde"])


# --- counted once


MOVED: dict[str, Any] = {"quantity": "displaced_total", "place": "*", "group": "register", "letter": "A"}


def test_counts_since_one_day_become_increments() -> None:
    found = of(*(MOVED | {"best": best, "days": (10, last)} for best, last in ((1000, 20), (1500, 30), (4500, 50))))
    assert found.observed.value == pytest.approx(scaled([1000, 500, 3000], "displaced_total"))
    assert [(row.first, row.last) for row in found.rows] == [(10, 20), (21, 30), (31, 50)]
    total = np.cumsum(np.arange(120.0))[None]
    predicted = found.predict({("displaced_total", "*"): total}, registered=np.ones((1, 1)))
    sums = [sum(range(10, 21)), sum(range(21, 31)), sum(range(31, 51))]
    assert predicted[0] == pytest.approx(scaled(sums, "displaced_total"))


def test_a_round_level_makes_an_uncertain_increment() -> None:
    sharp, blunt = (
        of(MOVED | {"best": 98_765, "days": (10, 20)}, MOVED | {"best": best, "days": (10, 40), "form": "about"})
        for best in (101_234, 100_000)
    )
    assert blunt.observed.own_sd[1] > sharp.observed.own_sd[1] + 0.5


def test_a_count_that_is_not_higher_than_the_one_before_is_a_revision() -> None:
    found = of(*(MOVED | {"best": best, "days": (10, last)} for best, last in ((1000, 20), (900, 30), (1500, 40))))
    assert found.left_out == (("r1", "adds nothing to the count of r0: a revision"),)
    assert [(row.first, row.last) for row in found.rows] == [(10, 20), (21, 40)]


def test_series_with_different_starts_are_never_joined() -> None:
    since_ten = [MOVED | {"best": 1000 + 10 * last, "days": (10, last)} for last in (20, 30, 40)]
    since_zero = [MOVED | {"best": 9000 + 10 * last, "days": (0, last)} for last in (20, 40)]
    found = of(*since_ten, *since_zero, MOVED | {"best": 50, "days": (2, 9)}, MOVED | {"form": "at_least", "low": 5})
    assert [row.report for row in found.rows] == ["r0", "r1", "r2", "r5"]
    assert dict(found.left_out) == {
        "r3": "counts the same days and people as r0",
        "r4": "counts the same days and people as r0",
        "r6": "counts the same days and people as r2",
    }


def test_other_places_and_other_tellers_are_counted_besides() -> None:
    flow = {"quantity": "arrivals", "best": 300, "days": (10, 20), "source": "one"}
    rows = [
        flow | {"place": "north-camp"},
        flow | {"place": "hill-town"},
        flow | {"place": "north-camp", "source": "b"},
    ]
    assert len(of(*rows)) == 3
    assert len(of(*rows, flow | {"place": "north-camp", "days": (12, 18)})) == 3


@hypothesis.given(
    strategies.lists(
        strategies.tuples(strategies.integers(0, 40), strategies.integers(0, 60), strategies.integers(1, 9999)),
        min_size=1,
        max_size=12,
    )
)
def test_no_two_numbers_of_a_group_tell_one_day_twice(spans: list[tuple[int, int, int]]) -> None:
    rows = [MOVED | {"best": best, "days": (first, first + length)} for first, length, best in spans]
    found = of(*rows)
    overlaps = [min(a.last, b.last) - max(a.first, b.first) + 1 for a, b in itertools.combinations(found.rows, 2)]
    shortest = [min(a.last - a.first, b.last - b.first) + 1 for a, b in itertools.combinations(found.rows, 2)]
    longest = [max(a.last - a.first, b.last - b.first) + 1 for a, b in itertools.combinations(found.rows, 2)]
    assert all(days <= 0.1 * long for days, _, long in zip(overlaps, shortest, longest, strict=True))
    assert len(found.rows) + len(found.left_out) == len(rows)


# --- copies, contradictions, propaganda


def posterior(*rows: dict[str, Any], quantity: str = "inside", middle: float = 30_000, sd: float = 1.0) -> Floats:
    """Median and 80 % interval of a stock or total that is lognormal before these reports."""
    grid = np.linspace(-6 * sd, 6 * sd, 1201)
    people = middle * np.exp(grid)
    log = -0.5 * (grid / sd) ** 2
    if rows:
        found = of(*rows)
        values = {key: np.tile(people[:, None], (1, FACTS.days)) for key in found.asks}
        cumulated = {key: np.cumsum(value, axis=1) for key, value in values.items()}
        log = log + found.log_density(found.predict(cumulated if quantity == "displaced_total" else values))
    weights = np.cumsum(np.exp(log - log.max()))
    return np.interp(np.array([0.1, 0.5, 0.9]), weights / weights[-1], people)


GOOD = [{"best": 30_000, "letter": "B", "day": 38}, {"form": "range", "low": 25_000, "high": 45_000, "letter": "A"}]


@pytest.mark.parametrize("false", [45_000, 100_000, 300_000, 3_000_000, 3_000])
def test_ten_copies_of_a_false_claim_move_the_median_less_than_one_independent_report(false: float) -> None:
    claim = {"best": false, "form": "about"}
    before = posterior(*GOOD)[1]
    one = abs(math.log(posterior(*GOOD, claim)[1] / before))
    ten = abs(math.log(posterior(*GOOD, *[claim | {"group": "echo"}] * 10)[1] / before))
    unrelated = abs(math.log(posterior(*GOOD, *[claim] * 10)[1] / before))
    assert ten < one + 1e-3
    if false == 45_000:
        assert ten < one < unrelated


@hypothesis.given(
    strategies.lists(
        strategies.tuples(strategies.sampled_from("ABCDEF"), strategies.sampled_from(["exact", "about", "range"])),
        min_size=2,
        max_size=8,
    )
)
def test_a_group_never_says_more_than_its_best_report_alone(members: list[tuple[str, str]]) -> None:
    forms: dict[str, dict[str, Any]] = {
        "exact": {"best": 40_000}, "about": {"best": 40_000}, "range": {"low": 30_000, "high": 55_000}
    }  # fmt: skip
    rows = [{"letter": letter, "form": form} | forms[form] for letter, form in members]
    together = of(*(row | {"group": "echo"} for row in rows)).observed
    shared = together.own_sd[:, None] ** 2 * np.eye(len(rows)) + np.outer(together.group_sd, together.group_sd)
    variance = 1 / np.linalg.inv(shared).sum()
    best = min(of(row).observed.own_sd[0] for row in rows)
    assert variance >= best**2 * (1 - 1e-9)


def test_a_report_that_nobody_repeats_does_not_mind_its_group() -> None:
    alone, grouped = of({"best": 5000}), of({"best": 5000, "group": "echo"})
    assert grouped.observed.group.tolist() == [-1]
    assert grouped.observed.own_sd == pytest.approx(alone.observed.own_sd)


def test_one_absurd_figure_of_grade_e_does_not_break_the_fit() -> None:
    before, after = posterior(*GOOD), posterior(*GOOD, {"best": 9_000_000, "letter": "E"})
    assert after == pytest.approx(before, rel=0.05)
    believed = posterior(*GOOD, {"best": 60_000, "letter": "A"})
    assert believed[1] > 1.05 * before[1]


def test_contradictions_are_fused_and_not_averaged() -> None:
    """100,000 beside 30,000 to 50,000 within days: between them, nearer to the better graded."""
    low, middle, high = posterior({"best": 100_000, "letter": "C"}, {"form": "range", "low": 30_000, "high": 50_000,
                                  "letter": "A", "day": 44}, sd=3.0)  # fmt: skip
    assert 38_730 < middle < math.sqrt(38_730 * 100_000)
    assert low < 40_000
    assert high > 60_000


PARTY: dict[str, Any] = {"letter": "E", "interest": "party:besieger", "form": "denial", "unit": ""}


def test_an_interested_denial_moves_its_quantity_slightly_up_if_at_all() -> None:
    before = posterior(middle=2000, sd=2.0)[1]
    after = posterior(PARTY | {"quantity": "present", "place": "north-camp"}, middle=2000, sd=2.0)[1]
    assert before < after < before * 1.4


def test_a_denial_by_one_who_takes_no_side_says_that_there_are_hardly_any() -> None:
    row = PARTY | {"quantity": "present", "place": "north-camp", "interest": "", "letter": "B"}
    assert posterior(row, middle=200, sd=1.5)[1] < 100


@pytest.mark.parametrize("row", [PARTY, {"form": "word", "word": "ban", "unit": "word"}])
def test_a_ban_that_is_said_or_denied_shows_in_people_caught_and_in_nothing_else(row: dict[str, Any]) -> None:
    found = of(row | {"quantity": "policy", "days": (10, 40)})
    assert found.asks == (("intercepted", "*"),)
    caught = np.linspace(0, 50, 6)[:, None] * np.ones(FACTS.days)
    densities = found.log_density(found.predict({("intercepted", "*"): caught}))
    assert (np.diff(densities) > 0).all()


# --- biases and registers


def test_a_bias_is_learned_where_there_is_something_to_learn() -> None:
    twice = [{"best": 5000, "source": "twice", "day": day} for day in (20, 40)]
    found = of(*twice, {"best": 5000}, {"best": 3000, "source": "side", "interest": "party:x"})
    assert (found.sources, found.measures) == (("twice", "side"), ("inside", "inside"))
    letter = reliability.letters()["C"]
    assert found.bias_sd == pytest.approx([letter.bias_sd, letter.interested_bias_sd])
    assert found.bias_of.tolist() == [0, 0, -1, 1]
    assert found.observed.own_sd[2] == pytest.approx(np.hypot(found.observed.own_sd[1], letter.bias_sd))


def test_a_bias_moves_the_reports_of_its_source_on_its_quantity_only() -> None:
    rows = [{"best": 5000, "source": "twice", "day": day} for day in (20, 40)]
    found = of(*rows, {"best": 70, "quantity": "held", "place": "*", "source": "twice"}, {"best": 4000})
    at = series(found, inside=np.full((2, 120), 1000.0), held=np.full((2, 120), 10.0))
    change = found.predict(at, biases=np.array([[0.0], [0.3]])) - found.predict(at)
    assert change == pytest.approx(np.array([[0, 0, 0, 0], [0.3, 0.3, 0, 0]]))


def test_movements_are_compared_after_some_were_registered() -> None:
    found = of(MOVED | {"best": 600, "days": (10, 20)}, MOVED | {"group": "", "kind": "ngo", "best": 9, "days": (0, 9)})
    assert found.registers == ("register", "ngo")
    total = np.full((2, 120), 1000.0).cumsum(axis=1)
    shares = np.array([[0.5, 1.0], [1.0, 0.1]])
    predicted = found.predict({("displaced_total", "*"): total}, registered=shares)
    assert predicted == pytest.approx(scaled([[5500, 10_000], [11_000, 1000]], "displaced_total"))
    middle = found.predict({("displaced_total", "*"): total[:1]})
    assert middle == pytest.approx(scaled([[11_000 * 0.6, 10_000 * 0.6]], "displaced_total"))


def test_observation_parameters_follow_their_priors() -> None:
    found = of(MOVED | {"best": 600}, {"best": 3000, "source": "side", "interest": "party:x"})
    normal = np.random.default_rng(1).standard_normal((40_000, 2))
    biases, shares = found.observation(normal)
    assert biases.std() == pytest.approx(found.bias_sd[0], rel=0.02)
    assert np.median(shares) == pytest.approx(0.6, abs=0.01)
    assert np.log(shares / (1 - shares)).std() == pytest.approx(0.7, rel=0.02)


# --- a run


@pytest.fixture(scope="module")
def raqqa() -> tuple[scenario.Scenario, xr.Dataset]:
    facts = scenario.load("raqqa-2017")
    return facts, synthetic.dataset(facts, members=6)


def test_a_run_says_what_a_report_in_its_place_would_have_said(raqqa: tuple[scenario.Scenario, xr.Dataset]) -> None:
    facts, run = raqqa
    found = likelihood.of(facts)
    predicted = found.predict(run, registered=np.ones((6, len(found.registers))))
    assert predicted.shape == (6, len(found))
    assert np.isfinite(predicted).all()
    compared = 0
    for n, claim in enumerate(found.claims):
        one = observe.comparable(claim.report, facts)
        whole = (claim.report.begins - facts.start).days == claim.first
        if one.reason or claim.aspect != "level" or claim.row.across in ("share", "mean") or not whole:
            continue
        expected = scaled(observe.observed(run, one).values, claim.report.measure)
        assert predicted[:, n] == pytest.approx(expected), claim.report.id
        compared += 1
    assert compared > 90


def test_every_report_of_raqqa_is_used_or_left_out_with_a_reason(raqqa: tuple[scenario.Scenario, xr.Dataset]) -> None:
    facts, _ = raqqa
    found = likelihood.of(facts)
    used = {row.report for row in found.rows}
    reasons = dict(found.left_out)
    assert used | set(reasons) == {report.id for report in facts.reports}
    assert not used & set(reasons)
    assert all(reasons.values())
    assert len(used) > 130


def test_movements_since_april_are_not_joined_with_movements_since_november(
    raqqa: tuple[scenario.Scenario, xr.Dataset],
) -> None:
    facts, _ = raqqa
    found = likelihood.of(facts)
    rows = [
        row
        for row, claim in zip(found.rows, found.claims, strict=True)
        if row.quantity == "displaced_total" and claim.report.group == "cccm"
    ]
    assert len(rows) > 8
    assert all(min(a.last, b.last) - max(a.first, b.first) < 2 for a, b in itertools.combinations(rows, 2))


def test_arrays_give_what_the_dataset_gives(raqqa: tuple[scenario.Scenario, xr.Dataset]) -> None:
    facts, run = raqqa
    found = likelihood.of(facts)
    arrays = {key: quantities.series(run, *key).values for key in found.asks}
    assert np.array_equal(found.predict(run), found.predict(arrays))


def test_a_run_that_is_too_short_is_refused(raqqa: tuple[scenario.Scenario, xr.Dataset]) -> None:
    facts, run = raqqa
    with pytest.raises(errors.RunError) as caught:
        likelihood.of(facts).predict(run.isel(day=slice(0, 200)))
    assert str(caught.value) == (
        "found a run that ends on 2017-05-19, expected one until 2017-10-20, the last day that a report is about; "
        "run it for longer, or learn from fewer reports with until"
    )
    early = likelihood.of(facts, until=dt.date(2017, 5, 19))
    assert early.predict(run.isel(day=slice(0, 200))).shape == (6, len(early))


def test_a_run_that_starts_on_another_day_is_refused(raqqa: tuple[scenario.Scenario, xr.Dataset]) -> None:
    facts, run = raqqa
    with pytest.raises(errors.RunError) as caught:
        likelihood.of(facts).predict(run.isel(day=slice(3, None)))
    assert str(caught.value) == (
        "found a run that starts on 2016-11-04, expected 2016-11-01, the first day of the scenario; "
        "run the scenario that the reports belong to"
    )
