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
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from maabar import differences, observe, phrases, quantities, release, texts

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import xarray as xr


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
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Naskh Arabic', 'DejaVu Sans', sans-serif"
WIDTHS = {"day": 1, "week": 7, "month": 30}
MONTHLY = ("killed", "fighters_lost")
DAY_MS = 86_400_000
MOST_POINTS = 500


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
    texts   the language
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
    texts: texts.Texts
    origin: dt.date | None = None

    @property
    def per(self) -> int:
        """Days that a flow is counted for: 1, 7 or 30."""
        return WIDTHS[self.width]

    def words(self, number: float) -> str:
        """A number of this quantity for readers."""
        return self.texts.isolated(self.view.printed(number, self.quantity.unit))

    @property
    def label(self) -> str:
        """What is drawn: `Displacement movements since 1 Apr 2017`."""
        label = self.texts.name(self.quantity.label, self.quantity.label_ar)
        return (
            label if self.begins is None else self.texts("figure.since", label=label, date=self.texts.day(self.begins))
        )


def fan_of(
    view: release.View,
    quantity_name: str,
    place: str = "*",
    *,
    begins: dt.date | None = None,
    words: texts.Texts | None = None,
) -> Fan:
    """The spread of a quantity over members; a cumulative one may be counted from a date. words None: English."""
    words = words or texts.of("en")
    row = quantities.quantity(quantity_name)
    values = quantities.series(view.dataset, quantity_name, place)
    width = bin_of(quantity_name, values.sizes["day"])
    ends = quantities.date_of(values, -1) + dt.timedelta(days=1)
    if row.kind == "flow" and row.across != "share":
        values = quantities.rate(values, quantities.bins(values, width), WIDTHS[width])
    if row.kind == "cumulative" and begins is not None:
        values = quantities.since(values, begins)
    step = 1 if row.kind == "flow" else -(-values.sizes["day"] // MOST_POINTS)
    spread = quantities.spread(values.isel(day=slice(None, None, step)))
    spread = spread.copy(data=view.drawn(spread.values, row.unit))
    currency = str(view.dataset.attrs.get("currency", ""))
    unit = {"person": words("figure.person"), "currency": currency, "1": words("figure.share")}[row.unit]
    if row.kind == "flow" and row.across != "share":
        unit = words(f"figure.per_{width}", unit=unit)
    elif row.name == "price":
        unit = words("figure.each", unit=unit)
    said = str(view.about.get("forecast", {}).get("origin", ""))
    origin = dt.date.fromisoformat(said) if said else None
    return Fan(row, begins, width, unit, spread, ends, view.dataset.sizes["member"], step, view, words, origin)


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
    title = drawn.label + (name and f", {name}")
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
    words = fan.texts
    figure = go.Figure(data=[*_bands(fan), *_evidence(drawn, fan)], layout=layout(fan.unit, title, words))
    figure.update_xaxes(type="date", tickformat="%b\n%Y", tickangle=0, hoverformat="%-d %b %Y", nticks=7)
    date = {"text": words.drawn(words("figure.date")), "font": {"size": 11}}
    figure.update_xaxes(title=date, showgrid=False, range=_dates(fan))
    figure.update_yaxes(tickformat=".0%" if fan.quantity.unit == "1" else ",", gridcolor="#e5e7eb", rangemode="tozero")
    if fan.origin is not None:
        line = {"color": INK, "width": 1, "dash": "dot"}
        known = words.drawn(words("figure.known"))
        note = {"text": known, "font": {"size": 10, "color": GREY}, "textangle": 0}
        figure.add_vline(x=fan.origin.isoformat(), line=line)
        figure.add_annotation(x=fan.origin.isoformat(), y=1, yref="paper", xanchor="right", showarrow=False, **note)
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
    middle = line(
        median, name=fan.texts("report.median"), showlegend=False, hoverinfo="x+text", hovertext=[*words, words[-1]]
    )
    middle["line"] = {"width": 2, "shape": shape, "color": BLUE}
    return [*(bands if fan.members > 1 else []), middle]


def _hover(fan: Fan, row: tuple[float | None, float | None, float | None]) -> str:
    """What the run says on a day: `12,400 people (80 %: 9,100 to 15,800)`."""
    words = fan.texts
    median, low, high = ("–" if number is None else fan.words(number) for number in row)
    amount = words.drawn(words("figure.amount", number=median, unit=phrases.plain(fan.unit)))
    if fan.members == 1:
        return amount
    is_few = fan.members < quantities.FEW
    spread = observe.between(low, high, fan.members, words) if is_few else words("figure.eighty", low=low, high=high)
    return f"{amount}<br>{words.drawn(spread)}"


def _evidence(reports: Sequence[observe.Comparable], fan: Fan) -> list[dict[str, Any]]:
    """One plotly trace for each grade letter that occurs."""
    traces = []
    for letter, (colour, symbol) in GRADES.items():
        points = [point(one, fan) for one in reports if one.letter == letter]
        if not points:
            continue
        traces.append(_periods(points, colour))
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "name": letter,
                "showlegend": False,
                "x": [one["x"] for one in points],
                "y": [one["y"] for one in points],
                "text": [one["arrow"] for one in points],
                "textposition": ["bottom center" if one["arrow"] == "↓" else "top center" for one in points],
                "textfont": {"color": colour, "size": 15},
                "cliponaxis": False,
                "hoverinfo": "text",
                "hovertext": [one["hover"] for one in points],
                "marker": {"color": colour, "symbol": symbol, "size": 9, "line": {"color": "white", "width": 1}},
                "error_y": {
                    "type": "data",
                    "color": colour,
                    "thickness": 1.6,
                    "width": 4,
                    "symmetric": False,
                    "array": [one["up"] for one in points],
                    "arrayminus": [one["down"] for one in points],
                },
            }
        )
    return traces


def _periods(points: list[dict[str, Any]], colour: str) -> dict[str, Any]:
    """The days that reports are about as level lines; plotly has no error bars along dates."""
    long = [one for one in points if one["period"]]
    return {
        "type": "scatter",
        "mode": "lines",
        "showlegend": False,
        "hoverinfo": "skip",
        "x": [end for one in long for end in (*one["period"], None)],
        "y": [y for one in long for y in (one["y"], one["y"], None)],
        "line": {"color": colour, "width": 1.6},
    }


def point(report: observe.Comparable, fan: Fan) -> dict[str, Any]:
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
        "hover": _said(report, fan.texts),
    }


def _said(report: observe.Comparable, words: texts.Texts) -> str:
    """A report in words: its value, who published it, about when, its grade."""
    publisher = report.publisher if len(report.publisher) <= 48 else report.publisher[:47] + "…"
    grade = words.isolated(
        report.letter + ("" if report.report.credibility is None else str(report.report.credibility))
    )
    said = words("figure.graded", publisher=phrases.plain(publisher), grade=grade)
    lines = (
        f"<b>{phrases.plain(words.drawn(phrases.value_words(report, words)))}</b>",
        words.drawn(said),
        words.drawn(phrases.period_words(report, words)),
    )
    return "<br>".join(lines)


def layout(unit: str, title: str, words: texts.Texts | None = None) -> dict[str, Any]:
    """What all figures share: one font, thin lines, no tool bar, the unit above the vertical axis."""
    words = words or texts.of("en")
    caption = {
        "text": phrases.plain(words.drawn(unit)),
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 1,
        "xanchor": "left",
    }
    caption |= {"yanchor": "bottom", "showarrow": False, "font": {"size": 11, "color": GREY}}
    return {
        "template": None,
        "title": {"text": phrases.plain(title), "font": {"size": 15}} if title else None,
        "height": 300,
        "margin": {"l": 8, "r": 10, "t": 56 if title else 20, "b": 8},
        "font": {"family": FONT, "size": 12, "color": INK},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "hovermode": "closest",
        "hoverdistance": 24,
        "hoverlabel": {
            "align": "left" if words.direction == "ltr" else "right",
            "bgcolor": "white",
            "font": {"size": 12, "color": INK},
        },
        "dragmode": False,
        "showlegend": False,
        "annotations": [caption],
        "xaxis": {"automargin": True, "fixedrange": True, "linecolor": "#9ca3af", "ticks": "outside", "ticklen": 4},
        "yaxis": {"automargin": True, "fixedrange": True, "zeroline": True, "zerolinecolor": "#9ca3af"},
    }


def forest(
    rows: Sequence[tuple[str, differences.Difference]],
    outcome: differences.Outcome,
    currency: str = "",
    words: texts.Texts | None = None,
) -> go.Figure:
    """What each variant changes in one outcome: title, median difference, its 80 % (thick) and 95 % (thin) interval.

    rows  (title of the variant, paired difference) from top to bottom. A filled point says that the 80 % interval
          leaves out zero, an open one that it includes zero; blue is better, vermillion worse, grey neither.
    words  the language; None: English
    """
    import plotly.graph_objects as go

    words = words or texts.of("en")
    data: list[dict[str, Any]] = []
    notes = []
    for at, (title, change) in enumerate(rows):
        y = len(rows) - at
        colour = verdict_colour(change, outcome)
        is_clear = change.low80 > 0 or change.high80 < 0
        lines = (title, phrases.difference_words(change, currency, words))
        said = "<br>".join(phrases.plain(words.drawn(line)) for line in lines)
        shared = {"type": "scatter", "hoverinfo": "text", "hovertext": said, "y": [y, y]}
        for ends, width in (((change.low95, change.high95), 1.5), ((change.low80, change.high80), 5)):
            data.append(shared | {"x": list(ends), "mode": "lines", "line": {"color": colour, "width": width}})
        marker = {"size": 11, "color": colour if is_clear else "white", "line": {"color": colour, "width": 2}}
        data.append(shared | {"x": [change.median], "y": [y], "mode": "markers", "marker": marker})
        notes.append(_row_note(title, change, y, currency, words))
    unit = phrases.unit_of(outcome.unit, currency, words)
    whole = words("figure.difference_of", label=words(f"outcome.{outcome.name}"), unit=unit)
    axis = {"text": words.drawn(words("figure.difference", unit=unit)), "font": {"size": 11}}
    changed = {"height": 64 + 58 * len(rows), "annotations": notes, "hovermode": "closest"}
    figure = go.Figure(data=data, layout=layout(whole, "", words) | changed)
    figure.update_yaxes(visible=False, range=[0.5, len(rows) + 0.9])
    figure.update_xaxes(title=axis, tickformat="~s", nticks=6)
    figure.update_xaxes(zeroline=True, zerolinecolor=INK, zerolinewidth=1.5, gridcolor="#e5e7eb")
    figure.update_xaxes(zerolinelayer="below traces")
    return figure


def learned(
    rows: Sequence[tuple[str, tuple[float, float, float], tuple[float, float, float]]],
    words: texts.Texts | None = None,
) -> go.Figure:
    """What was learned: for each unknown its 80 % interval before (grey) and after (blue), as multiples of the middle
    before.

    rows   (name, prior, posterior) from top to bottom, each the quantiles 0.1, 0.5 and 0.9
    words  the language; None: English
    """
    import plotly.graph_objects as go

    words = words or texts.of("en")
    data: list[dict[str, Any]] = []
    for at, (name, prior, posterior) in enumerate(rows):
        scale = prior[1] or 1.0
        ends = (
            words("figure.before", number=phrases.three(prior, words)),
            words("figure.after", number=phrases.three(posterior, words)),
        )
        said = "<br>".join((phrases.plain(name), *(words.drawn(end) for end in ends)))
        for (low, middle, high), colour, lift in ((prior, GREY, 0.15), (posterior, BLUE, -0.15)):
            y = len(rows) - at + lift
            shared = {"type": "scatter", "hoverinfo": "text", "hovertext": said}
            line = {"mode": "lines", "line": {"color": colour, "width": 4}}
            data.append(shared | line | {"x": [low / scale, high / scale], "y": [y, y]})
            point = {"mode": "markers", "marker": {"size": 9, "color": colour}}
            data.append(shared | point | {"x": [middle / scale], "y": [y]})
    height = {"height": 70 + 34 * len(rows)}
    figure = go.Figure(data=data, layout=layout(words("figure.multiples"), "", words) | height)
    ticks = [len(rows) - at for at in range(len(rows))]
    names = [phrases.plain(name) for name, _, _ in rows]
    figure.update_yaxes(tickmode="array", tickvals=ticks, ticktext=names, range=[0.4, len(rows) + 0.6], zeroline=False)
    figure.update_xaxes(gridcolor="#e5e7eb", nticks=6)
    return figure


def verdict_colour(change: differences.Difference, outcome: differences.Outcome) -> str:
    """Blue where fewer people are harmed in at least nine runs of ten, vermillion where more are, grey otherwise."""
    falls, rises = change.high80 < 0, change.low80 > 0
    if not outcome.better or not (falls or rises):
        return GREY
    return BLUE if falls == (outcome.better == "lower") else VERMILLION


def _row_note(title: str, change: differences.Difference, y: int, currency: str, words: texts.Texts) -> dict[str, Any]:
    """The title of a variant and its number, above its interval, at the side where reading begins."""
    short = words.drawn(title if len(title) <= 46 else title[:45] + "…")
    number = words.drawn(phrases.difference_words(change, currency, words, with_unit=False))
    side, x = ("left", 0) if words.direction == "ltr" else ("right", 1)
    note = {
        "text": f"<b>{phrases.plain(short)}</b><br>{phrases.plain(number)}",
        "x": x,
        "xref": "paper",
        "xanchor": side,
    }
    note |= {"y": y + 0.16, "yanchor": "bottom", "align": side, "showarrow": False}
    return note | {"font": {"size": 11.5}, "bgcolor": "rgba(255,255,255,0.9)"}
