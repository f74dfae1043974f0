"""Figures of a run: how a quantity spreads over time with the evidence on it, and what the what-ifs change.

In: a released view of a run, reports laid beside it (`observe.Comparable`), paired differences. Out: plotly figures
that work in a notebook and, without their titles, in the report. Bands are the middle 80 % (of fewer than ten members:
all) and 50 % of the members, the line is the median. Reports are drawn as points with the range and the period that
they give, one colour and one shape for each grade (Okabe–Ito colours, which colour-blind people can tell apart). Flows
are drawn as steps, as people per week or month, and a report about a period is brought to the same rate. Counts that
the audience does not see are masked. Single members never appear.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from maabar import differences, observe, quantities, release

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr

    from maabar import evidence

BLUE, VERMILLION, GREY, INK = "#0072B2", "#D55E00", "#6b7280", "#1b1f24"
# Admiralty letter -> colour, plotly marker
GRADES = {
    "A": ("#009E73", "circle"),
    "B": ("#E69F00", "square"),
    "C": ("#D55E00", "diamond"),
    "D": ("#CC79A7", "star"),
    "E": ("#000000", "x"),
    "F": ("#6b7280", "cross"),
}
GRADE_WORDS = {
    "A": "completely reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "cannot be judged",
}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Naskh Arabic', 'DejaVu Sans', sans-serif"
WIDTHS = {"day": (1, "a day"), "week": (7, "a week"), "month": (30, "per 30 days")}
UNIT_WORDS = {"person": "people", "person-day": "person-days", "person-night": "person-nights"}
MONTHLY = ("killed", "fighters_lost")
DAY_MS = 86_400_000
MOST_POINTS = 500


def plain(text: str) -> str:
    """Text from a scenario as plotly shows it letter by letter: its mark-up made inert."""
    return html.escape(text, quote=False)


def bin_of(quantity_name: str, days: int) -> str:
    """How wide the bins of a flow are: months for deaths and weeks for the rest, narrower in a short run."""
    if quantities.quantity(quantity_name).kind != "flow" or days < 28:
        return "day"
    return "month" if quantity_name.partition(":")[0] in MONTHLY and days >= 120 else "week"


@dataclasses.dataclass(frozen=True)
class Fan:
    """The spread of one quantity at one place, ready to draw or to print as a table.

    begins  a cumulative count starts on the morning of this day; None: at the start of the run
    width   of the bins of a flow: day, week or month
    unit    of the axis, in words
    spread  (quantile, day); counts of people are masked
    step    days between two points, 1 unless the run is very long
    ends    the day after the last
    view    whose numbers these are
    origin  the last day that a forecast knew; None: no forecast
    """

    quantity: quantities.Quantity
    begins: dt.date | None
    width: str
    unit: str
    spread: xr.DataArray
    ends: dt.date
    members: int
    step: int
    view: release.View
    origin: dt.date | None = None

    @property
    def per(self) -> int:
        """Days that a flow is counted for: 1, 7 or 30."""
        return WIDTHS[self.width][0]

    def words(self, number: float) -> str:
        """A number of this quantity for readers."""
        return self.view.printed(number, self.quantity.unit)


def fan_of(view: release.View, quantity_name: str, place: str = "*", *, begins: dt.date | None = None) -> Fan:
    """The spread of a quantity over members; a cumulative one may be counted from a date."""
    row = quantities.quantity(quantity_name)
    values = quantities.series(view.dataset, quantity_name, place)
    width = bin_of(quantity_name, values.sizes["day"])
    ends = quantities.date_of(values, -1) + dt.timedelta(days=1)
    if row.kind == "flow" and row.across != "share":
        values = quantities.rate(values, quantities.bins(values, width), WIDTHS[width][0])
    if row.kind == "cumulative" and begins is not None:
        values = quantities.since(values, begins)
    step = 1 if row.kind == "flow" else -(-values.sizes["day"] // MOST_POINTS)
    spread = quantities.spread(values.isel(day=slice(None, None, step)))
    spread = spread.copy(data=view.drawn(spread.values, row.unit))
    currency = str(view.dataset.attrs.get("currency", ""))
    unit = {"person": "people", "currency": currency, "1": "share"}[row.unit]
    if row.kind == "flow" and row.across != "share":
        unit = f"{unit} {WIDTHS[width][1]}"
    elif row.name == "price":
        unit = f"{unit} for one person"
    said = str(view.about.get("forecast", {}).get("origin", ""))
    origin = dt.date.fromisoformat(said) if said else None
    return Fan(row, begins, width, unit, spread, ends, view.dataset.sizes["member"], step, view, origin)


def fan(
    view: release.View,
    quantity_name: str,
    place: str = "*",
    *,
    reports: Sequence[observe.Comparable] = (),
    begins: dt.date | None = None,
) -> go.Figure:
    """A fan chart of a quantity at a place, with reports on it and the marking of its audience.

    reports  those about this quantity and place; the ones that cannot be drawn are passed over
    begins   for a cumulative quantity: the day from which it is counted, which the reports must share
    """
    name = place_name(view, place)
    drawn = fan_of(view, quantity_name, place, begins=begins)
    title = drawn.quantity.label + (f" since {observe.date_words(begins)}" if begins else "") + (name and f", {name}")
    figure = draw(drawn, reports, title=title)
    if not view.is_open:
        figure.add_annotation(text=view.marking, x=0, y=1.17, xref="paper", yref="paper", xanchor="left",
                              showarrow=False, font={"size": 10, "color": VERMILLION})  # fmt: skip
    return figure


def place_name(view: release.View, place: str) -> str:
    """The name of a place; the id of a zone; '' for everywhere."""
    dataset = view.dataset
    names = dict(zip(dataset["place"].values.tolist(), dataset["place_name"].values.tolist(), strict=True))
    return "" if place == "*" else str(names.get(place, place))


def draw(fan: Fan, reports: Sequence[observe.Comparable], *, title: str = "") -> go.Figure:
    """A plotly figure of a fan and of the reports beside it."""
    import plotly.graph_objects as go

    drawn = [report for report in reports if is_drawn(report, fan)]
    figure = go.Figure(data=[*_bands(fan), *_evidence(drawn, fan)], layout=layout(fan.unit, title))
    figure.update_xaxes(type="date", tickformat="%b\n%Y", tickangle=0, hoverformat="%-d %b %Y", nticks=7)
    figure.update_xaxes(title={"text": "date", "font": {"size": 11}}, showgrid=False, range=_dates(fan))
    figure.update_yaxes(tickformat=".0%" if fan.quantity.unit == "1" else ",", gridcolor="#e5e7eb", rangemode="tozero")
    if fan.origin is not None:
        line = {"color": INK, "width": 1, "dash": "dot"}
        words = {"text": "known until here", "font": {"size": 10, "color": GREY}, "textangle": 0}
        figure.add_vline(x=fan.origin.isoformat(), line=line)
        figure.add_annotation(x=fan.origin.isoformat(), y=1, yref="paper", xanchor="right", showarrow=False, **words)
    return figure


def is_drawn(report: observe.Comparable, fan: Fan) -> bool:
    """Whether a report has a number that this chart can carry.

    One event (a strike that killed 40) is no rate: a report about a flow must cover half a bin.
    """
    if report.reason or (report.low, report.best, report.high) == (None, None, None):
        return False
    return fan.quantity.kind != "flow" or ((report.ends - report.begins).days + 1) * 2 >= fan.per


def _dates(fan: Fan) -> list[str]:
    """First day and the day after the last, as plotly reads dates."""
    return [str(fan.spread["day"].values[0].astype("datetime64[D]")), fan.ends.isoformat()]


def _bands(fan: Fan) -> list[dict[str, Any]]:
    """The 80 % and 50 % bands and the median line as plotly traces."""
    digits = 4 if fan.quantity.unit == "1" else 0
    low, low50, median, high50, high = (
        [round(number, digits) if math.isfinite(number) else None for number in row]
        for row in fan.spread.values.tolist()
    )
    is_step = fan.quantity.kind == "flow"
    days = [str(day) for day in fan.spread["day"].values.astype("datetime64[D]")]
    where: dict[str, Any] = (
        {"x": [*days, fan.ends.isoformat()]} if is_step else {"x0": days[0], "dx": fan.step * DAY_MS}
    )
    shape = "hv" if is_step else "linear"

    def line(values: list[float | None], **extra: Any) -> dict[str, Any]:
        y = [*values, values[-1]] if is_step else values
        return {"type": "scatter", "mode": "lines", **where, "y": y, "line": {"width": 0, "shape": shape}, **extra}

    quiet = {"hoverinfo": "skip", "showlegend": False}
    bands = [
        line(high, **quiet),
        line(low, **quiet | {"fill": "tonexty", "fillcolor": "rgba(0,114,178,0.18)"}),
        line(high50, **quiet),
        line(low50, **quiet | {"fill": "tonexty", "fillcolor": "rgba(0,114,178,0.30)"}),
    ]
    words = [_hover(fan, row) for row in zip(median, low, high, strict=True)]
    middle = line(median, name="median", showlegend=False, hoverinfo="x+text", hovertext=[*words, words[-1]])
    middle["line"] = {"width": 2, "shape": shape, "color": BLUE}
    return [*(bands if fan.members > 1 else []), middle]


def _hover(fan: Fan, row: tuple[float | None, float | None, float | None]) -> str:
    """What the run says on a day: `12,400 people (80 %: 9,100 to 15,800)`."""
    median, low, high = ("–" if number is None else fan.words(number) for number in row)
    if fan.members == 1:
        return f"{median} {fan.unit}"
    is_few = fan.members < quantities.FEW
    return f"{median} {fan.unit}<br>" + (
        observe.between(low, high, fan.members) if is_few else f"80 %: {low} to {high}"
    )


def _evidence(reports: Sequence[observe.Comparable], fan: Fan) -> list[dict[str, Any]]:
    """One plotly trace for each grade letter that occurs."""
    traces = []
    for letter, (colour, symbol) in GRADES.items():
        points = [_point(report, fan) for report in reports if report.letter == letter]
        if not points:
            continue
        traces.append(_periods(points, colour))
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "name": f"grade {letter}",
                "showlegend": False,
                "x": [point["x"] for point in points],
                "y": [point["y"] for point in points],
                "text": [point["arrow"] for point in points],
                "textposition": ["bottom center" if point["arrow"] == "↓" else "top center" for point in points],
                "textfont": {"color": colour, "size": 15},
                "cliponaxis": False,
                "hoverinfo": "text",
                "hovertext": [point["hover"] for point in points],
                "marker": {"color": colour, "symbol": symbol, "size": 9, "line": {"color": "white", "width": 1}},
                "error_y": {
                    "type": "data",
                    "color": colour,
                    "thickness": 1.6,
                    "width": 4,
                    "symmetric": False,
                    "array": [point["up"] for point in points],
                    "arrayminus": [point["down"] for point in points],
                },
            }
        )
    return traces


def _periods(points: list[dict[str, Any]], colour: str) -> dict[str, Any]:
    """The days that reports are about as level lines; plotly has no error bars along dates."""
    long = [point for point in points if point["period"]]
    return {
        "type": "scatter",
        "mode": "lines",
        "showlegend": False,
        "hoverinfo": "skip",
        "x": [end for point in long for end in (*point["period"], None)],
        "y": [y for point in long for y in (point["y"], point["y"], None)],
        "line": {"color": colour, "width": 1.6},
    }


def _point(report: observe.Comparable, fan: Fan) -> dict[str, Any]:
    """Where a report stands on the chart: its middle day and value, its ranges, and what it says.

    A cumulative count stands on its last day; a stock or a flow in the middle of its period.
    """
    days = (report.ends - report.begins).days + 1
    scale = fan.per / days if fan.quantity.kind == "flow" else 1.0
    low, best, high = (None if bound is None else bound * scale for bound in (report.low, report.best, report.high))
    arrow = "↑" if high is None else "↓" if low is None else ""
    ends = low if high is None else high if low is None else (low + high) / 2
    y = float(best if best is not None else ends or 0.0)
    is_total = fan.quantity.kind == "cumulative"
    noon = dt.datetime.combine(report.ends if is_total else report.begins, dt.time(12))
    middle = noon if is_total else noon + dt.timedelta(days=(days - 1) / 2)
    return {
        "x": middle.isoformat(timespec="hours"),
        "y": y,
        "up": 0.0 if high is None else max(0.0, high - y),
        "down": 0.0 if low is None else max(0.0, y - low),
        "period": () if is_total or days == 1 else (str(report.begins), str(report.ends + dt.timedelta(days=1))),
        "arrow": arrow,
        "hover": _said(report),
    }


def _said(report: observe.Comparable) -> str:
    """A report in words: its value, who published it, about when, its grade."""
    publisher = report.publisher if len(report.publisher) <= 48 else report.publisher[:47] + "…"
    grade = report.letter + ("" if report.report.credibility is None else str(report.report.credibility))
    return f"<b>{plain(value_words(report))}</b><br>{plain(publisher)}, grade {grade}<br>{period_words(report)}"


def value_words(report: observe.Comparable) -> str:
    """The value as it was reported, with its unit: 30,000–50,000 people; at least 10,000 people; 800 a day; dozens."""
    said = report.report
    numbers = [f"{number:,.10g}" for number in (said.low, said.high) if number is not None]
    best = f"{said.best:,.10g}" if said.best is not None else ""
    unit = unit_words(said)
    if said.form == "trend":
        return {-1: "falling", 0: "steady", 1: "rising"}.get(int(said.best or 0), "changing")
    if said.form == "rank":
        return " before ".join(said.places)
    if said.form == "word":
        return said.word
    if said.form == "denial":
        return "denied"
    prefix = {"at_least": "at least ", "at_most": "at most ", "about": "about "}.get(said.form, "")
    if said.form in ("at_least", "at_most"):
        return prefix + (best or numbers[0]) + unit
    spread = "–".join(numbers) if len(numbers) == 2 else ""
    both = f"{best} ({spread})" if best and spread else best or spread
    return prefix + both + unit


def unit_words(report: evidence.Report) -> str:
    """The unit of a report's number, to stand behind it: ` people`, ` a day`, ` SYP a person`."""
    money, _, per = report.unit.partition("/")
    words = {
        "person": " movements" if report.measure == "displaced_total" else " people",
        "person/day": " a day",
        "percent": " %",
        "share": " of all",
        "mine": " mines",
    }
    is_each = per == "person" or report.measure == "price"
    return words.get(report.unit, f" {money} a person" if is_each else f" {money}")


def period_words(report: observe.Comparable) -> str:
    """30 Jun 2017, or 1 Jun 2017 to 30 Jun 2017."""
    first, last = observe.date_words(report.begins), observe.date_words(report.ends)
    return first if first == last else f"{first} to {last}"


def layout(unit: str, title: str) -> dict[str, Any]:
    """What all figures share: one font, thin lines, no tool bar, the unit above the vertical axis."""
    caption = {"text": plain(unit), "xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left"}
    caption |= {"yanchor": "bottom", "showarrow": False, "font": {"size": 11, "color": GREY}}
    return {
        "template": None,
        "title": {"text": plain(title), "font": {"size": 15}} if title else None,
        "height": 300,
        "margin": {"l": 8, "r": 10, "t": 56 if title else 20, "b": 8},
        "font": {"family": FONT, "size": 12, "color": INK},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "hovermode": "closest",
        "hoverdistance": 24,
        "hoverlabel": {"align": "left", "bgcolor": "white", "font": {"size": 12, "color": INK}},
        "dragmode": False,
        "showlegend": False,
        "annotations": [caption],
        "xaxis": {"automargin": True, "fixedrange": True, "linecolor": "#9ca3af", "ticks": "outside", "ticklen": 4},
        "yaxis": {"automargin": True, "fixedrange": True, "zeroline": True, "zerolinecolor": "#9ca3af"},
    }


def forest(
    rows: Sequence[tuple[str, differences.Difference]], outcome: differences.Outcome, currency: str = ""
) -> go.Figure:
    """What each variant changes in one outcome: title, median difference, its 80 % (thick) and 95 % (thin) interval.

    rows  (title of the variant, paired difference) from top to bottom. A filled point says that the 80 % interval
          leaves out zero, an open one that it includes zero; blue is better, vermillion worse, grey neither.
    """
    import plotly.graph_objects as go

    data: list[dict[str, Any]] = []
    notes = []
    for at, (title, change) in enumerate(rows):
        y = len(rows) - at
        colour = verdict_colour(change, outcome)
        is_clear = change.low80 > 0 or change.high80 < 0
        said = f"{plain(title)}<br>{difference_words(change, currency)}"
        shared = {"type": "scatter", "hoverinfo": "text", "hovertext": said, "y": [y, y]}
        for ends, width in (((change.low95, change.high95), 1.5), ((change.low80, change.high80), 5)):
            data.append(shared | {"x": list(ends), "mode": "lines", "line": {"color": colour, "width": width}})
        marker = {"size": 11, "color": colour if is_clear else "white", "line": {"color": colour, "width": 2}}
        data.append(shared | {"x": [change.median], "y": [y], "mode": "markers", "marker": marker})
        notes.append(_row_note(title, change, y, currency))
    unit = UNIT_WORDS.get(outcome.unit, currency)
    changed = {"height": 64 + 58 * len(rows), "annotations": notes, "hovermode": "closest"}
    figure = go.Figure(data=data, layout=layout(f"{outcome.label}: difference in {unit}", "") | changed)
    figure.update_yaxes(visible=False, range=[0.5, len(rows) + 0.9])
    figure.update_xaxes(title={"text": f"difference in {unit}", "font": {"size": 11}}, tickformat="~s", nticks=6)
    figure.update_xaxes(zeroline=True, zerolinecolor=INK, zerolinewidth=1.5, gridcolor="#e5e7eb")
    figure.update_xaxes(zerolinelayer="below traces")
    return figure


def learned(rows: Sequence[tuple[str, tuple[float, float, float], tuple[float, float, float]]]) -> go.Figure:
    """What was learned: for each unknown its 80 % interval before (grey) and after (blue), as multiples of the middle
    before.

    rows  (name, prior, posterior) from top to bottom, each the quantiles 0.1, 0.5 and 0.9
    """
    import plotly.graph_objects as go

    data: list[dict[str, Any]] = []
    for at, (name, prior, posterior) in enumerate(rows):
        scale = prior[1] or 1.0
        said = f"{plain(name)}<br>before {_interval(prior)}<br>after {_interval(posterior)}"
        for (low, middle, high), colour, lift in ((prior, GREY, 0.15), (posterior, BLUE, -0.15)):
            y = len(rows) - at + lift
            shared = {"type": "scatter", "hoverinfo": "text", "hovertext": said}
            line = {"mode": "lines", "line": {"color": colour, "width": 4}}
            data.append(shared | line | {"x": [low / scale, high / scale], "y": [y, y]})
            point = {"mode": "markers", "marker": {"size": 9, "color": colour}}
            data.append(shared | point | {"x": [middle / scale], "y": [y]})
    height = {"height": 70 + 34 * len(rows)}
    figure = go.Figure(data=data, layout=layout("multiples of the middle before", "") | height)
    ticks = [len(rows) - at for at in range(len(rows))]
    names = [plain(name) for name, _, _ in rows]
    figure.update_yaxes(tickmode="array", tickvals=ticks, ticktext=names, range=[0.4, len(rows) + 0.6], zeroline=False)
    figure.update_xaxes(gridcolor="#e5e7eb", nticks=6)
    return figure


def _interval(quantiles: tuple[float, float, float]) -> str:
    low, middle, high = (f"{number:.3g}" for number in quantiles)
    return f"{middle} ({low} to {high})"


def verdict_colour(change: differences.Difference, outcome: differences.Outcome) -> str:
    """Blue where fewer people are harmed in at least nine runs of ten, vermillion where more are, grey otherwise."""
    falls, rises = change.high80 < 0, change.low80 > 0
    if not outcome.better or not (falls or rises):
        return GREY
    return BLUE if falls == (outcome.better == "lower") else VERMILLION


def _row_note(title: str, change: differences.Difference, y: int, currency: str) -> dict[str, Any]:
    """The title of a variant and its number, above its interval."""
    short = title if len(title) <= 46 else title[:45] + "…"
    text = f"<b>{plain(short)}</b><br>{difference_words(change, currency, with_unit=False)}"
    note = {"text": text, "x": 0, "xref": "paper", "xanchor": "left", "y": y + 0.16, "yanchor": "bottom"}
    return note | {"align": "left", "showarrow": False, "font": {"size": 11.5}, "bgcolor": "rgba(255,255,255,0.9)"}


def signed(number: float) -> str:
    """A rounded difference with its sign: +1,200, −320, 0."""
    text = observe.rounded(abs(number) if abs(number) >= 10 else round(abs(number)))
    return text if text == "0" else ("+" if number > 0 else "−") + text


def difference_words(change: differences.Difference, currency: str = "", *, with_unit: bool = True) -> str:
    """`−320 people (80 %: −900 to +40)`; of fewer than ten members, their lowest and highest."""
    middle = signed(change.median) + (f" {UNIT_WORDS.get(change.unit, currency)}" if with_unit else "")
    low, high = signed(change.low80), signed(change.high80)
    if change.members == 1:
        return middle
    if change.members < quantities.FEW:
        words = observe.between(low, high, change.members)
        return f"{middle} ({words if with_unit else words.partition(',')[0]})"
    return f"{middle} (80 %: {low} to {high})"
