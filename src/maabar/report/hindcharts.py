"""Figures of a hindcast: fans beside later reports, sums beside reports, PIT, coverage by lead, skill beside baselines.

In: a `hindcard.Hindcast`. Out: plotly figures in the style of `figures`. A fan shows what members have; reports stand
on it as points with their ranges, open ones with an arrow. Sums over days are drawn as people a day, each report beside
the 80 % interval that was forecast of it. Counts of people from 1 to 9 are masked.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from maabar import figures, hindcard, observe, quantities, skill, verify

if TYPE_CHECKING:
    import plotly.graph_objects as go

TINTS = ("0,114,178", "0,158,115", "204,121,167", "86,180,233")  # of successive origins
BESIDE = {"last value": "#E69F00", "drift": "#009E73", "last shares": "#CC79A7", "prior": "#6b7280"}
LEVEL_COLOURS = {"50": "#56B4E9", "80": "#0072B2", "95": "#10344d"}
ENOUGH = 10  # cases of a quantity that a histogram is drawn of
WORST = -2.0  # skill below which a point is drawn at the edge


@dataclasses.dataclass(frozen=True)
class Chart:
    """A figure with its title and what it says, for a page and for those who see no picture."""

    key: str
    title: str
    caption: str
    figure: go.Figure


def charts(found: hindcard.Hindcast, names: Mapping[str, str]) -> list[Chart]:
    """All figures of a hindcast, those that there are cases for. names: of places and zones, by id."""
    keys = dict.fromkeys((one.quantity, one.place) for one in found.fans)
    drawn = [_fan(found, *key, names) for key in keys]
    summed = {(one.quantity, one.place) for one in found.results if _is_sum(one)}
    for key in sorted(summed):
        if len({one.report for one in found.results if (one.quantity, one.place) == key}) >= 3:
            drawn.append(_sums(found, *key, names))
    drawn += [_coverage(found), _skill(found)] + [_pit(found, row) for row in _whole(found) if row.cases >= ENOUGH]
    return drawn


def _whole(found: hindcard.Hindcast) -> list[Any]:
    """Of each quantity the row over all leads."""
    return list({row.quantity: row for row in found.skill.rows}.values())


def _is_sum(one: hindcard.Result) -> bool:
    row = quantities.quantity(one.quantity)
    return row.kind != "stock" and row.across != "share"


def _figure(unit: str, data: Sequence[dict[str, Any]], **changed: Any) -> go.Figure:
    import plotly.graph_objects as go

    return go.Figure(data=list(data), layout=figures.layout(unit, "") | changed)


def _dates(figure: go.Figure) -> go.Figure:
    figure.update_xaxes(type="date", tickformat="%-d %b\n%Y", hoverformat="%-d %b %Y", nticks=7, showgrid=False)
    figure.update_yaxes(rangemode="tozero", gridcolor="#e5e7eb", tickformat=",")
    return figure


def _unit(found: hindcard.Hindcast, quantity: str) -> str:
    return {"person": "people", "currency": f"{found.currency} for one person", "1": "share"}[
        quantities.quantity(quantity).unit
    ]


def _where(place: str, names: Mapping[str, str]) -> str:
    return "" if place == "*" else f", {names.get(place, place)}"


def _fan(found: hindcard.Hindcast, quantity: str, place: str, names: Mapping[str, str]) -> Chart:
    """The forecasts of one stock from each origin, and the later reports."""
    row = quantities.quantity(quantity)
    data: list[dict[str, Any]] = []
    chosen = [one for one in found.fans if (one.quantity, one.place) == (quantity, place)]
    for at, fan in enumerate(chosen):
        days = [(fan.origin + dt.timedelta(days=int(day))).isoformat() for day in fan.days]
        tint = TINTS[at % len(TINTS)]
        shown = {name: _shown(getattr(fan, name), row.unit) for name in ("p10", "p50", "p90")}
        quiet: dict[str, Any] = {
            "type": "scatter",
            "mode": "lines",
            "x": days,
            "hoverinfo": "skip",
            "line": {"width": 0},
        }
        data += [
            quiet | {"y": shown["p90"]},
            quiet | {"y": shown["p10"], "fill": "tonexty", "fillcolor": f"rgba({tint},0.16)"},
            {
                "type": "scatter", "mode": "lines", "x": days, "y": shown["p50"], "hoverinfo": "text",
                "line": {"width": 2, "color": f"rgb({tint})"},
                "hovertext": [
                    f"forecast of {observe.date_words(fan.origin)}: {observe.printed(middle, row.unit)} "
                    f"({observe.printed(low, row.unit)} to {observe.printed(high, row.unit)})"
                    for low, middle, high in zip(fan.p10, fan.p50, fan.p90, strict=True)
                ],
            },
        ]  # fmt: skip
    reported = {one.report: one for one in found.results if (one.quantity, one.place) == (quantity, place)}
    data += _reports(list(reported.values()), row.unit, 1)
    title = f"{row.label}{_where(place, names)}"
    caption = (
        "Median and 80 % interval as forecast from each origin, and what was reported later. An arrow: at least or "
        "at most."
    )
    figure = _dates(_figure(_unit(found, quantity), data, height=340))
    return Chart(f"fan-{quantity}-{place}", title, caption, figure)


def _shown(values: Sequence[float], unit: str) -> list[float]:
    """Numbers to draw, small counts of people masked."""
    array = np.array(values, dtype=np.float64)
    return [float(value) for value in (observe.masked(array) if unit == "person" else np.round(array, 4))]


def _reports(reported: Sequence[hindcard.Result], unit: str, per: int) -> list[dict[str, Any]]:
    """Later reports as points in the middle of their days, one trace for each letter; per 1: as they are, 0: a day."""
    traces = []
    for letter, (colour, symbol) in figures.GRADES.items():
        points = [_point(one, unit, per) for one in reported if one.letter == letter]
        if points:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers+text",
                    "hoverinfo": "text",
                    "cliponaxis": False,
                    "marker": {"color": colour, "symbol": symbol, "size": 9, "line": {"color": "white", "width": 1}},
                    "text": [point["arrow"] for point in points],
                    "textfont": {"color": colour, "size": 15},
                    "textposition": ["top center" if point["arrow"] == "↑" else "bottom center" for point in points],
                    "error_y": {
                        "type": "data",
                        "color": colour,
                        "thickness": 1.6,
                        "width": 4,
                        "symmetric": False,
                        "array": [point["half"] for point in points],
                        "arrayminus": [point["half"] for point in points],
                    },
                    "x": [point["x"] for point in points],
                    "y": [point["y"] for point in points],
                    "hovertext": [point["hover"] for point in points],
                }
            )
    return traces


def _point(one: hindcard.Result, unit: str, per: int) -> dict[str, Any]:
    """Where a report stands."""
    days = 1 if per else (one.last - one.first).days + 1
    low, high = (None if end is None else end / days for end in (one.low, one.high))
    middle = low if high is None else high if low is None else (low + high) / 2
    half = 0.0 if low is None or high is None else (high - low) / 2
    noon = dt.datetime.combine(one.first, dt.time(12)) + (one.last - one.first) / 2
    return {
        "x": noon.isoformat(timespec="hours"), "y": middle, "half": half,
        "arrow": "↑" if high is None else "↓" if low is None else "",
        "hover": f"<b>{figures.plain(_words(one, unit))}</b><br>{figures.plain(one.report)}, letter {one.letter}<br>"
        f"{observe.date_words(one.first)} to {observe.date_words(one.last)}",
    }  # fmt: skip


def _words(one: hindcard.Result, unit: str) -> str:
    """What was reported: 20,000 to 50,000; at most 25,000."""
    low, high = ("" if end is None else observe.printed(end, unit) for end in (one.low, one.high))
    return (
        f"at least {low}" if not high else f"at most {high}" if not low else low if low == high else f"{low} to {high}"
    )


def _sums(found: hindcard.Hindcast, quantity: str, place: str, names: Mapping[str, str]) -> Chart:
    """Reports of sums over days, people a day, each beside the 80 % interval from every origin."""
    row, data = quantities.quantity(quantity), []
    told = [one for one in found.results if (one.quantity, one.place) == (quantity, place)]
    for at, origin in enumerate(found.origins):
        mine = [one for one in told if one.origin == origin]
        if not mine:
            continue
        points = [_interval(one, at - len(found.origins) / 2) for one in mine]
        tint = TINTS[at % len(TINTS)]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "hoverinfo": "text",
                "cliponaxis": False,
                "marker": {"color": f"rgb({tint})", "size": 5},
                "x": [point["x"] for point in points],
                "y": [point["y"] for point in points],
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "width": 0,
                    "thickness": 2,
                    "color": f"rgba({tint},0.55)",
                    "array": [point["up"] for point in points],
                    "arrayminus": [point["down"] for point in points],
                },
                "hovertext": [f"forecast of {observe.date_words(origin)}: {point['hover']}" for point in points],
            }
        )
    data += _reports(list({one.report: one for one in told}.values()), row.unit, 0)
    caption = "People a day over the days of each report, with the median and 80 % interval forecast from each origin."
    figure = _dates(_figure(f"{_unit(found, quantity)} a day", data, height=340))
    return Chart(f"sums-{quantity}-{place}", f"{row.label}{_where(place, names)}", caption, figure)


def _interval(one: hindcard.Result, shift: float) -> dict[str, Any]:
    """The 80 % interval that was forecast of a report, a day; moved sideways so that origins do not hide each other."""
    days = (one.last - one.first).days + 1
    low, middle, high = (one.quantiles[hindcard.LEVELS.index(level)] / days for level in (0.1, 0.5, 0.9))
    when = dt.datetime.combine(one.first, dt.time(12)) + (one.last - one.first) / 2 + dt.timedelta(days=0.8 * shift)
    words = " / ".join(observe.rounded(number) for number in (low, middle, high))
    return {
        "x": when.isoformat(timespec="hours"),
        "y": middle,
        "up": high - middle,
        "down": middle - low,
        "hover": words,
    }


def _coverage(found: hindcard.Hindcast) -> Chart:
    """How often intervals met numbers and ranges, by lead."""
    data: list[dict[str, Any]] = []
    told = [one for one in found.results if not one.is_bound]
    bands = [band for band in skill.BANDS if any(band[0] <= one.lead <= band[1] for one in told)]
    names = [f"{first}–{last} d" for first, last in bands]
    for level in verify.LEVELS:
        word, shares, hover = f"{100 * level:.0f}", [], []
        for first, last in bands:
            met = [one.within[word] for one in told if first <= one.lead <= last and one.within[word] is not None]
            shares.append(float(np.mean([bool(one) for one in met])) if met else None)
            hover.append(f"{word} % interval: {sum(map(bool, met))} of {len(met)}")
        colour = LEVEL_COLOURS[word]
        data.append({"type": "scatter", "mode": "lines+markers", "x": names, "y": shares, "hovertext": hover,
                     "hoverinfo": "text", "name": f"{word} %", "line": {"color": colour, "width": 2.5}})  # fmt: skip
        data.append({"type": "scatter", "mode": "lines", "x": names, "y": [level] * len(names), "hoverinfo": "skip",
                     "showlegend": False, "line": {"color": colour, "width": 1, "dash": "dot"}})  # fmt: skip
    figure = _figure("share of numbers and ranges met", data, showlegend=True, legend={"orientation": "h", "y": -0.2})
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", gridcolor="#e5e7eb")
    caption = "Dotted: what each interval promises. Bounds are left out: an interval easily meets them."
    return Chart("coverage", "How often intervals hold, by lead", caption, figure)


def _skill(found: hindcard.Hindcast) -> Chart:
    """The skill beside each baseline, by quantity, over all leads."""
    rows = _whole(found)[::-1]
    data = []
    for name, colour in BESIDE.items():
        points = [
            (row, row.against[name]) for row in rows if name in row.against and row.against[name].skill is not None
        ]
        if not points:
            continue
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "hoverinfo": "text",
                "x": [max(WORST, one.skill) for _, one in points],
                "y": [row.label for row, _ in points],
                "marker": {
                    "color": colour,
                    "size": 11,
                    "symbol": ["triangle-left" if one.skill < WORST else "circle" for _, one in points],
                },
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "color": colour,
                    "thickness": 1.5,
                    "width": 0,
                    "array": [
                        0 if one.high is None else max(0.0, one.high - max(WORST, one.skill)) for _, one in points
                    ],
                    "arrayminus": [
                        0 if one.low is None else max(WORST, one.skill) - max(WORST, one.low) for _, one in points
                    ],
                },
                "hovertext": [
                    f"{name}: CRPS {observe.rounded(one.crps)} against {observe.rounded(one.baseline)}, "
                    f"{one.cases} cases"
                    for _, one in points
                ],
            }
        )
    figure = _figure("", data, showlegend=True, legend={"orientation": "h", "y": -0.15}, height=110 + 34 * len(rows))
    figure.update_xaxes(
        range=[WORST - 0.1, 1.05], tickformat="+.0%", gridcolor="#e5e7eb", zeroline=True, zerolinecolor=figures.INK
    )
    caption = (
        "1 − CRPS of the forecast / CRPS of the baseline: right of zero the forecast is closer, left of it the "
        "baseline is. Lines: 80 % interval over origins, where there are enough."
    )
    return Chart("skill", "Beside forecasts that need no model", caption, figure)


def _pit(found: hindcard.Hindcast, row: Any) -> Chart:
    """How high in the forecast the reports of one quantity lay."""
    tenths = [f"{10 * at}–{10 * at + 10} %" for at in range(len(row.pit))]
    data = [
        {"type": "bar", "x": tenths, "y": list(row.pit), "marker": {"color": figures.BLUE}, "hoverinfo": "y"},
        {"type": "scatter", "mode": "lines", "x": tenths, "y": [row.cases / len(row.pit)] * len(row.pit),
         "line": {"color": figures.INK, "dash": "dot", "width": 1}, "hoverinfo": "skip"},
    ]  # fmt: skip
    even = "" if row.flat is None else f" As uneven as this in {row.flat:.2f} of honest forecasts."
    caption = f"{row.cases} cases; flat is honest, heaps at the right say that forecasts were too low.{even}"
    return Chart(
        f"pit-{row.quantity}", f"Where reports lay in the forecast: {row.label}", caption, _figure("reports", data)
    )
