"""The charts of a report: which quantities at which places, each with the evidence that belongs to it.

In: a released view. Out: `Panel`s with a plotly figure as plain data and the same numbers as a table. The list follows
from the view (what the audience does not see has no chart), from the run (a quantity that is 0 everywhere and has no
evidence is left out) and from the evidence (a place or a starting day that is reported on gets its chart).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from typing import Any

import numpy as np

from maabar import figures, observe, quantities, release, texts

MOST_PLACES = 6
MOST_STARTS = 2
MOST_ZONES = 2
ON_WAYS = ("departures:out", "departures:onward", "departures:back", "guides", "intercepted", "paid")
CAUSES = ("killed", "killed:strike", "killed:mine", "killed:crossing", "killed:execution")


@dataclasses.dataclass(frozen=True)
class Panel:
    """One chart: `figure` as plain data for the page, `rows` (date, low, median, high) for those who cannot see it.

    titles  in the language of the page, and on an English page in Arabic
    """

    key: str
    titles: tuple[str, str]
    unit: str
    figure: dict[str, Any]
    rows: list[tuple[str, str, str, str]]
    summary: str
    reports: int


@dataclasses.dataclass(frozen=True)
class Section:
    """Charts under one heading."""

    key: str
    title: str
    lead: str
    panels: list[Panel]


def chart_of(view: release.View, quantity_name: str, place: str) -> str | None:
    """The place whose chart a report belongs on; None where there is none.

    A quantity kept for the whole run has one chart; so has a quantity of zones where there is only one zone.
    """
    row = quantities.quantity(quantity_name)
    if not row.variable or not view.holds(quantity_name):
        return None
    dims = view.dataset[row.variable].dims
    kind, zone = {one.id: (one.kind, one.zone) for one in view.facts.places}.get(place, ("", place))
    if "zone" in dims:
        if kind and row.name not in ("price", "turned_away"):
            return None
        return "*" if len(view.facts.zones) == 1 else (zone if kind == "home" else place)
    return place if "place" in dims and row.name != "fighters" else "*"


class Builder:
    """Charts of one run, each with the reports of its quantity, place and starting day."""

    def __init__(self, view: release.View, reports: list[observe.Comparable], words: texts.Texts) -> None:
        self.view, self.facts, self.words = view, view.facts, words
        self.names = {place.id: (place.name, place.name_ar) for place in self.facts.places}
        self.names |= {zone.id: (zone.name, zone.name_ar) for zone in self.facts.zones}
        self.reports = [
            (chart_of(view, report.quantity, report.place), report) for report in reports if not report.reason
        ]

    def about(self, name: str, place: str, begins: dt.date | None = None) -> list[observe.Comparable]:
        """The reports that belong on one chart."""
        is_total = quantities.quantity(name).kind == "cumulative"
        first = begins or self.facts.start
        return [
            report
            for where, report in self.reports
            if report.quantity == name and where == place and (not is_total or report.begins == first)
        ]

    def panel(self, name: str, place: str = "*", *, begins: dt.date | None = None) -> Panel | None:
        """One chart, or None where it is not released, or the run says 0 throughout and nobody reported."""
        if not self.view.holds(name):
            return None
        reports = self.about(name, place, begins)
        if not reports and not np.nan_to_num(quantities.series(self.view.dataset, name, place).values).any():
            return None
        fan = figures.fan_of(self.view, name, place, begins=begins, words=self.words)
        figure = figures.draw(fan, reports).to_plotly_json()
        drawn = sum(figures.is_drawn(report, fan) for report in reports)
        return Panel(
            key=f"{name}-{place}-{begins or ''}".replace("*", "all").replace(":", "-").strip("-"),
            titles=self.titles(fan, place),
            unit=fan.unit,
            figure={"data": figure["data"], "layout": figure["layout"]},
            rows=table(fan),
            summary=summary(fan),
            reports=drawn,
        )

    def titles(self, fan: figures.Fan, place: str) -> tuple[str, str]:
        """What a chart is called in the language of the page; on an English page in Arabic too."""
        name, name_ar = self.names.get(place, ("", ""))
        where = self.words.name(name, name_ar)
        title = self.words("figure.at", label=fan.label, place=where) if where else fan.label
        label_ar = fan.quantity.label_ar if self.words.direction == "ltr" else ""
        return title, "، ".join(filter(None, (label_ar, label_ar and name_ar)))

    def panels(self, *wanted: tuple[str, str, dt.date | None]) -> list[Panel]:
        """The charts that have something to say."""
        made = [self.panel(name, place, begins=begins) for name, place, begins in wanted]
        return [panel for panel in made if panel is not None]


def table(fan: figures.Fan) -> list[tuple[str, str, str, str]]:
    """A chart in some forty rows at most: bins of a coarse flow, the first of each month, some days of a short run."""
    days = fan.spread["day"].values.astype("datetime64[D]")
    month_starts = np.flatnonzero(
        np.append(True, days[1:].astype("datetime64[M]") != days[:-1].astype("datetime64[M]"))
    )
    if fan.width == "month" or len(days) <= 14:
        chosen = np.arange(len(days))
    else:
        chosen = month_starts if len(month_starts) > 3 else np.arange(0, len(days), max(1, len(days) // 12))
    if fan.quantity.kind != "flow":
        chosen = np.union1d(chosen, [len(days) - 1])
    low, _, median, _, high = fan.spread.values
    return [
        (
            fan.texts.day(days[day].item()),
            fan.words(float(low[day])),
            fan.words(float(median[day])),
            fan.words(float(high[day])),
        )
        for day in chosen.tolist()
    ]


def summary(fan: figures.Fan) -> str:
    """A chart in one sentence, for those who cannot see it."""
    low, _, median, _, high = fan.spread.values
    if not np.isfinite(median).any():
        return fan.texts("report.peak_none")
    peak = int(np.nanargmax(median))
    day = fan.texts.day(fan.spread["day"].values[peak].astype("datetime64[D]").item())
    amount = fan.texts("figure.amount", number=fan.words(float(median[peak])), unit=fan.unit)
    if fan.members == 1:
        return fan.texts("report.peak_one", amount=amount, day=day)
    spread = observe.between(fan.words(float(low[peak])), fan.words(float(high[peak])), fan.members, fan.texts)
    return fan.texts("report.peak", amount=amount, day=day, spread=spread)


def sections(view: release.View, reports: list[observe.Comparable], words: texts.Texts) -> list[Section]:
    """All charts of the page, in the order in which a planner asks."""
    builder = Builder(view, reports, words)
    found = {
        "siege": _siege(builder) if view.facts.zones else [],
        "displaced": builder.panels(("displaced_total", "*", None), *_starts(builder), ("travelling", "*", None)),
        "arrivals": _places(builder),
        "deaths": builder.panels(*((cause, "*", None) for cause in CAUSES), ("held", "*", None)),
        "ways": builder.panels(*((name, "*", None) for name in ON_WAYS)),
    }
    leads = {key: words(f"report.section_{key}_lead") for key in found}
    leads["siege"] += " " + words("report.trapped")
    return [Section(key, words(f"report.section_{key}"), leads[key], made) for key, made in found.items() if made]


def _siege(builder: Builder) -> list[Panel]:
    return builder.panels(
        *_by_zone(builder, "inside"),
        ("inside", "*", None),
        ("trapped", "*", None),
        *(_by_zone(builder, "price") or [("price", "*", None)]),
        ("turned_away", "*", None),
        ("fighters", "*", None),
    )


def _by_zone(builder: Builder, name: str) -> list[tuple[str, str, dt.date | None]]:
    """Where there are several zones: those that are reported on, the most first; the first zone if none is."""
    if not builder.view.holds(name) or "zone" not in builder.view.dataset[name].dims:
        return []
    zones = [zone.id for zone in builder.facts.zones]
    reported = sorted(zones, key=lambda zone: -len(builder.about(name, zone)))
    chosen = [zone for zone in reported if builder.about(name, zone)][:MOST_ZONES] or zones[:1]
    return [(name, zone, None) for zone in chosen] if len(zones) > 1 else []


def _starts(builder: Builder) -> list[tuple[str, str, dt.date | None]]:
    """The days from which reports count displacement, the most used first."""
    days = Counter(
        report.begins
        for _, report in builder.reports
        if report.quantity == "displaced_total" and report.begins > builder.facts.start
    )
    return [("displaced_total", "*", day) for day, _ in days.most_common(MOST_STARTS)]


def _places(builder: Builder) -> list[Panel]:
    """Arrivals and people present at the places with most arrivals or with evidence; shelter in all."""
    chosen = busiest(builder.view)[:MOST_PLACES]
    settling = [place.id for place in builder.facts.places if place.kind in quantities.SETTLING]
    wanted: list[tuple[str, str, dt.date | None]] = [("arrivals", "*", None), ("unsheltered", "*", None)]
    for place in chosen + [place for place in settling if place not in chosen]:
        if place in chosen or builder.about("arrivals", place):
            wanted.append(("arrivals", place, None))
        if builder.about("present", place):
            wanted.append(("present", place, None))
    return builder.panels(*wanted)


def busiest(view: release.View) -> list[str]:
    """Camps and refuges by their median arrivals over the run, the most first; those without any are left out."""
    dataset = view.dataset
    at = np.flatnonzero(np.isin(dataset["place_kind"].values.astype(str), quantities.SETTLING))
    totals = dataset["arrivals"].isel(place=at).sum("day").median("member").values
    names = dataset["place"].values.astype(str)[at]
    return [str(names[rank]) for rank in np.argsort(-totals, kind="stable") if totals[rank] > 0]
