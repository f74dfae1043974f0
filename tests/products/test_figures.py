"""Charts as plain data: bands, evidence on them, masks, units, nothing of single members."""

import dataclasses
import re
from typing import Any

import numpy as np
import pytest

import synthetic
from maabar import differences, figures, observe

FACTS = synthetic.siege()
RUN = synthetic.dataset(FACTS)
VIEW = synthetic.view(FACTS, RUN)


def traces(figure: Any) -> list[dict[str, Any]]:
    return figure.to_plotly_json()["data"]


def drawn(quantity: str, place: str = "*", **row: Any) -> list[dict[str, Any]]:
    """The traces of a chart with one report on it, after the bands and the median."""
    facts = synthetic.reports(FACTS, {"quantity": quantity, "place": place} | row)
    reports = [observe.comparable(facts.reports[0], facts)]
    return traces(figures.fan(VIEW, quantity, place, reports=reports))[5:]


def test_bands_and_median_are_quantiles_over_members() -> None:
    high, low, _, _, median = traces(figures.fan(VIEW, "inside"))
    inside = RUN["inside"].sum("zone").values
    for trace, quantile in ((high, 0.9), (low, 0.1), (median, 0.5)):
        assert trace["y"] == np.round(np.quantile(inside, quantile, axis=0)).tolist()


def test_no_chart_holds_more_series_than_its_quantiles() -> None:
    many = traces(figures.fan(synthetic.view(FACTS, synthetic.dataset(FACTS, members=50)), "inside"))
    assert len(many) == 5


def test_one_member_is_a_line_without_bands() -> None:
    assert len(traces(figures.fan(synthetic.view(FACTS, RUN.isel(member=[0])), "inside"))) == 1


def test_counts_below_ten_are_drawn_at_five_and_written_as_such() -> None:
    few = RUN.copy()
    few["held"] = few["held"] * 0 + 3
    figure = figures.fan(synthetic.view(FACTS, few, "public"), "held")
    assert set(traces(figure)[0]["y"]) == {5.0}
    assert traces(figure)[4]["hovertext"][0] == "<10 people<br>80 %: <10 to <10"


def short(days: int) -> Any:
    facts = dataclasses.replace(FACTS, days=days)
    return synthetic.view(facts, RUN.isel(day=slice(0, days)))


def test_deaths_are_monthly_rates_and_arrivals_weekly_ones() -> None:
    assert figures.fan_of(VIEW, "killed").unit == "people per 30 days"
    assert figures.fan_of(VIEW, "arrivals", "north-camp").unit == "people a week"
    assert figures.fan_of(short(60), "killed").unit == "people a week"
    assert figures.fan_of(short(20), "killed").unit == "people a day"
    assert figures.fan_of(VIEW, "price").unit == "XTS for one person"


@pytest.mark.parametrize("quantity", ["inside", "killed:mine", "price", "displaced_total", "share_to", "paid"])
def test_every_axis_has_its_unit(quantity: str) -> None:
    layout = figures.fan(VIEW, quantity, "north-camp" if quantity == "share_to" else "*").to_plotly_json()["layout"]
    assert layout["xaxis"]["title"]["text"] == "date"
    assert layout["annotations"][0]["text"] == figures.fan_of(VIEW, quantity).unit != ""


def test_a_range_is_drawn_from_low_to_high_in_the_colour_and_shape_of_its_grade() -> None:
    _, point = drawn("inside", form="range", low=10.0, high=30.0)
    assert point["name"] == "grade B"
    assert (point["marker"]["color"], point["marker"]["symbol"]) == figures.GRADES["B"]
    assert point["y"] == [20]
    assert (point["error_y"]["array"], point["error_y"]["arrayminus"]) == ([10], [10])
    assert point["hovertext"] == ["<b>10–30 people</b><br>A newspaper, grade B2<br>1 Mar 2030"]


def test_a_lower_bound_has_an_arrow_up_and_no_bar() -> None:
    _, point = drawn("inside", form="at_least", best=10.0)
    assert (point["text"], point["error_y"]["array"]) == (["↑"], [0])
    assert point["hovertext"][0].startswith("<b>at least 10 people</b>")


def test_a_period_is_drawn_over_its_days() -> None:
    period, point = drawn("inside", best=10.0, ends=synthetic.day(FACTS, 9))
    assert period["x"] == ["2030-03-01", "2030-03-11", None]
    assert point["x"] == ["2030-03-06T00"]


def test_a_report_about_a_flow_is_brought_to_the_rate_of_the_chart() -> None:
    _, point = drawn("killed", best=60.0, ends=synthetic.day(FACTS, 59))
    assert point["y"] == [30]


def test_a_report_on_one_event_is_not_drawn_as_a_rate() -> None:
    assert drawn("killed", best=60.0) == []


def test_displacement_since_a_day_stands_on_its_last_day_and_on_its_own_scale() -> None:
    begins, ends = synthetic.day(FACTS, 31), synthetic.day(FACTS, 50)
    fan = figures.fan_of(VIEW, "displaced_total", begins=begins)
    total = RUN["displaced_total"].values
    assert fan.spread.values[2, -1] == pytest.approx(np.median(total[:, -1] - total[:, 30]), abs=1)
    facts = synthetic.reports(FACTS, {"quantity": "displaced_total", "best": 9.0, "begins": begins, "ends": ends})
    figure = figures.fan(VIEW, "displaced_total", begins=begins, reports=[observe.comparable(facts.reports[0], facts)])
    assert traces(figure)[6]["x"] == ["2030-04-20T12"]
    assert figure.layout.title.text == "Displacement movements since 1 Apr 2030"


def test_text_from_a_scenario_is_inert_in_a_chart() -> None:
    facts = synthetic.reports(FACTS, {"best": 1.0, "form": "exact"})
    report = observe.comparable(facts.reports[0], facts)
    hostile = observe.Comparable(**{**vars(report), "publisher": "<a href='javascript:x'>y</a>"})
    point = traces(figures.fan(VIEW, "inside", reports=[hostile]))[6]
    assert "&lt;a href='javascript:x'&gt;y&lt;/a&gt;" in point["hovertext"][0]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"form": "exact", "best": 22849.0}, "22,849 people"),
        ({"form": "range", "low": 30000.0, "high": 50000.0}, "30,000–50,000 people"),
        ({"form": "range", "low": 1.0, "best": 2.0, "high": 3.0}, "2 (1–3) people"),
        ({"form": "about", "best": 100000.0}, "about 100,000 people"),
        ({"form": "at_most", "high": 25000.0}, "at most 25,000 people"),
        ({"form": "about", "best": 9.0, "quantity": "displaced_total"}, "about 9 movements"),
        ({"form": "exact", "best": 75000.0, "quantity": "price", "unit": "XTS"}, "75,000 XTS a person"),
        ({"form": "exact", "best": 75000.0, "quantity": "price", "unit": "XTS/person"}, "75,000 XTS a person"),
        ({"form": "exact", "best": 50000.0, "quantity": "shelter_cost", "unit": "XTS"}, "50,000 XTS"),
        ({"form": "at_least", "low": 300.0, "quantity": "mines", "unit": "mine"}, "at least 300 mines"),
        ({"form": "exact", "best": 14.0, "quantity": "share_to", "unit": "percent"}, "14 %"),
        ({"form": "range", "low": 2.0, "high": 3.0, "unit": "person/day", "quantity": "killed:mine"}, "2–3 a day"),
        ({"form": "trend", "best": 1.0}, "rising"),
        ({"form": "word", "word": "dozens"}, "dozens"),
        ({"form": "rank", "place": "north-camp>hill-town"}, "north-camp before hill-town"),
        ({"form": "denial"}, "denied"),
    ],
)
def test_a_value_is_written_as_it_was_reported(row: dict[str, Any], words: str) -> None:
    facts = synthetic.reports(FACTS, row)
    assert figures.value_words(observe.comparable(facts.reports[0], facts)) == words


def change(low: float, median: float, high: float) -> differences.Difference:
    return differences.Difference(
        "killed", "Killed", "person", 20, 0, median, median, low, high, low, high, 1, 0.5, 0.5
    )


@pytest.mark.parametrize(
    ("low", "high", "better", "colour"),
    [
        (-9, -1, "lower", figures.BLUE),
        (1, 9, "lower", figures.VERMILLION),
        (1, 9, "higher", figures.BLUE),
        (-1, 9, "lower", figures.GREY),
        (1, 9, "", figures.GREY),
    ],
)
def test_the_colour_of_a_difference_says_whether_it_helps(low: float, high: float, better: str, colour: str) -> None:
    outcome = differences.Outcome("killed", "Killed", "person", better, lambda dataset: dataset["killed"])
    assert figures.verdict_colour(change(low, (low + high) / 2, high), outcome) == colour


def test_differences_are_written_with_sign_and_interval() -> None:
    assert figures.difference_words(change(-904, -321, 40)) == "−321 people (80 %: −904 to +40)"
    assert figures.difference_words(change(-0.4, 0.2, 1200)) == "0 people (80 %: 0 to +1,200)"


def test_fewer_than_ten_differences_are_written_without_an_interval() -> None:
    few = dataclasses.replace(change(-904, -321, 40), members=9)
    assert figures.difference_words(few) == "−321 people (between −904 and +40 in 9 runs, too few for an interval)"
    assert figures.difference_words(few, with_unit=False) == "−321 (between −904 and +40 in 9 runs)"


def test_a_chart_of_few_members_speaks_of_no_interval() -> None:
    words = traces(figures.fan(synthetic.view(FACTS, RUN.isel(member=slice(0, 9))), "displaced_total"))[4]["hovertext"][
        -1
    ]
    assert re.fullmatch(r"[\d,]+ people<br>between [\d,]+ and [\d,]+ in 9 runs, too few for an interval", words)


def test_person_nights_have_their_own_axis() -> None:
    outcome = differences.BY_NAME["unsheltered_nights"]
    layout = figures.forest([("more room", change(-9, -5, -1))], outcome).to_plotly_json()["layout"]
    assert layout["xaxis"]["title"]["text"] == "difference in person-nights"


def test_a_filled_point_says_that_zero_is_left_out() -> None:
    rows = [("clear", change(-9, -5, -1)), ("unclear", change(-9, -5, 1))]
    points = [trace for trace in traces(figures.forest(rows, differences.OUTCOMES[0])) if trace["mode"] == "markers"]
    assert [point["marker"]["color"] for point in points] == [figures.BLUE, "white"]


def test_a_place_is_named_in_the_title_of_a_notebook_chart() -> None:
    assert figures.fan(VIEW, "arrivals", "north-camp").layout.title.text == "Arrivals, North Camp"
