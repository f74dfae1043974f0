"""A chart as a file: PNG or SVG for a document, HTML to look around in; the same fan as in the report.

In: a released view, a quantity, a place. Out: the bytes of a picture, with the marking of its audience in it. PNG and
SVG are drawn by matplotlib, without a browser, from the `figures.Fan` that the report draws; HTML is its own figure.
"""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import numpy as np

from maabar import errors, figures, observe, quantities, release

FORMS = ("png", "svg", "html")
CURE = "plot: png and svg need matplotlib, which is not installed; install it with: pip install 'maabar[plot]'"
INCHES, HEIGHT = 7.5, 4.0
DPI = 160
MARKERS = {"circle": "o", "square": "s", "diamond": "D", "star": "*", "x": "X", "cross": "P"}


def form_of(path: Path) -> str:
    """The form of a picture by the name of its file. Raises errors.RunError for another one."""
    form = path.suffix.removeprefix(".").lower()
    if form not in FORMS:
        cure = errors.suggestion(form, FORMS, "end the name in one of these")
        raise errors.RunError(
            f"--out: found {errors.quote(path.name)}, expected a name in {errors.listed(FORMS)}; {cure}"
        )
    return form


def reports_of(view: release.View, quantity: str, place: str) -> list[observe.Comparable]:
    """The reports that can stand on a chart: about this quantity and place; cumulative ones from the first day."""
    told = [one for one in view.facts.reports if (one.quantity, one.place) == (quantity, place)]
    found = [observe.comparable(one, view.facts) for one in told]
    is_total = quantities.quantity(quantity).kind == "cumulative"
    return [one for one in found if not is_total or one.begins == view.facts.start]


def content(view: release.View, quantity: str, place: str = "*", form: str = "png") -> bytes:
    """The bytes of a picture.

    Raises errors.InputError for a quantity or place that the run has not, errors.RunError for a quantity that this
    audience does not see, and without matplotlib.
    """
    row = quantities.quantity(quantity)
    if row.variable and not view.holds(quantity):
        raise errors.RunError(
            f"QUANTITY: found {errors.quote(quantity)}, which the audience {view.audience.name} does not see "
            "(docs/harm.md says why); choose another, or another --audience"
        )
    reports = reports_of(view, quantity, place)
    if form == "html":
        figure = figures.fan(view, quantity, place, reports=reports)
        figure.update_layout(height=480)
        if view.is_open:
            figure.add_annotation(text=view.marking, **_CORNER)
        return str(figure.to_html(include_plotlyjs=True, full_html=True)).encode()
    fan = figures.fan_of(view, quantity, place)
    drawn = [one for one in reports if figures.is_drawn(one, fan)]
    name = figures.place_name(view, place)
    title = row.label + (f", {name}" if name else "")
    return _drawn(fan, [figures.point(one, fan) | {"letter": one.letter} for one in drawn], title, form)


_CORNER: dict[str, Any] = {
    "x": 0, "y": 1.17, "xref": "paper", "yref": "paper", "xanchor": "left", "showarrow": False,
    "font": {"size": 10, "color": figures.GREY},
}  # fmt: skip


def _drawn(fan: figures.Fan, points: list[dict[str, Any]], title: str, form: str) -> bytes:
    """A fan and its reports by matplotlib."""
    try:
        import matplotlib
        from matplotlib import dates, figure, ticker
    except ImportError as missing:
        raise errors.RunError(CURE) from missing

    low, low50, median, high50, high = fan.spread.values
    days = fan.spread["day"].values.astype("datetime64[D]").astype(object)
    shape: dict[str, Any] = {"step": "post"} if fan.quantity.kind == "flow" else {}
    if shape:
        days = np.array([*days, fan.ends], dtype=object)
        low, low50, median, high50, high = (np.append(one, one[-1]) for one in (low, low50, median, high50, high))
    with matplotlib.rc_context({"svg.hashsalt": "maabar", "font.size": 9, "svg.fonttype": "path"}):
        page = figure.Figure(figsize=(INCHES, HEIGHT), dpi=DPI, layout="constrained")
        axes: Any = page.subplots()
        if fan.members > 1:
            for below, above, opacity in ((low, high, 0.18), (low50, high50, 0.30)):
                axes.fill_between(days, below, above, color=figures.BLUE, alpha=opacity, linewidth=0, **shape)
        drawstyle = "steps-post" if shape else "default"
        axes.plot(days, median, color=figures.BLUE, linewidth=1.8, drawstyle=drawstyle)
        for point in points:
            _report(axes, point)
        if fan.origin is not None:
            axes.axvline(fan.origin, color=figures.INK, linewidth=0.8, linestyle=":")
            axes.text(fan.origin, 1.0, "known until here ", transform=axes.get_xaxis_transform(), ha="right", va="top",
                      fontsize=7.5, color=figures.GREY)  # fmt: skip
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
        axes.set_ylabel(fan.unit)
        axes.set_xlim(days[0], days[-1])
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(
            ticker.PercentFormatter(1.0) if fan.quantity.unit == "1" else ticker.StrMethodFormatter("{x:,.0f}")
        )
        ticks: Any = dates.ConciseDateFormatter
        axes.xaxis.set_major_formatter(ticks(axes.xaxis.get_major_locator()))
        axes.grid(axis="y", color="#e5e7eb")
        axes.spines[["top", "right"]].set_visible(False)
        page.supxlabel(_foot(fan, points), fontsize=7.5, color=figures.GREY, x=0.01, ha="left")
        made = io.BytesIO()
        about = {"Date": None} if form == "svg" else {"Software": "maabar"}
        page.savefig(made, format=form, metadata=about)
    return made.getvalue()


def _report(axes: Any, point: dict[str, Any]) -> None:
    """A report: its marker by its grade, its range, and the days that it is about."""
    colour, symbol = figures.GRADES[point["letter"]]
    day = dt.datetime.fromisoformat(point["x"])
    if point["period"]:
        first, last = (dt.date.fromisoformat(end) for end in point["period"])
        axes.plot([first, last], [point["y"]] * 2, color=colour, linewidth=1.2)
    spread = [[point["down"]], [point["up"]]]
    axes.errorbar([day], [point["y"]], yerr=spread, color=colour, marker=MARKERS[symbol], markersize=5.5, capsize=2,
                  elinewidth=1.2, markeredgecolor="white", linestyle="none")  # fmt: skip
    if point["arrow"]:
        axes.annotate(point["arrow"], (day, point["y"]), xytext=(0, 6 if point["arrow"] == "↑" else -12),
                      textcoords="offset points", ha="center", color=colour)  # fmt: skip


def _foot(fan: figures.Fan, points: list[dict[str, Any]]) -> str:
    """What the colours are, who may see it, of which run it is."""
    view = fan.view
    letters = sorted({point["letter"] for point in points})
    marks = f"Points: reports, grade {', '.join(letters)}. " if letters else ""
    bands = "Bands: 80 % and 50 % of the runs. " if fan.members >= quantities.FEW else ""
    about = f"{view.facts.name}, {fan.members} runs, seed {view.about.get('seed', '')}"
    return f"{bands}{marks}{about}\n{view.marking}"
