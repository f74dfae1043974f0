"""The charts of a report: which quantities at which places, each with the evidence that belongs to it.

In: a run and its scenario. Out: `Panel`s with a plotly figure as plain data and the same numbers as a table. The list
follows from the run (a quantity that is 0 everywhere and has no evidence is left out) and from the evidence (a place or
a starting day that is reported on gets its chart). Nothing about a crossing, a route, a waypoint or a single district
is charted: the page is public.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from maabar import differences, figures, observe, quantities

if TYPE_CHECKING:
    import xarray as xr

    from maabar import scenario

HIDDEN = ("departures", "guides", "intercepted")  # what would help a besieger find those who flee
MOST_PLACES = 6
MOST_STARTS = 2
MOST_ZONES = 2
CAUSES = ("killed", "killed:strike", "killed:mine", "killed:crossing", "killed:execution")


@dataclasses.dataclass(frozen=True)
class Panel:
    """One chart: `figure` as plain data for the page, `rows` (date, low, median, high) for those who cannot see it."""

    key: str
    title: str
    title_ar: str
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


def public_place(facts: scenario.Scenario, quantity_name: str, place: str) -> str | None:
    """The place under which the public page charts a report; None if it does not.

    A quantity kept for the whole run has one chart; so has a quantity of zones where there is only one zone.
    """
    row = quantities.quantity(quantity_name)
    if row.name in HIDDEN or not row.variable:
        return None
    kinds = {one.id: (one.kind, one.zone) for one in facts.places}
    kind, zone = kinds.get(place, ("", place))
    by_zone = row.variable in ("inside", "trapped", "turned_away", "price", "fighters")
    if kind == "waypoint" or (kind == "home" and zone and not (by_zone and row.name in ("price", "turned_away"))):
        return None
    if by_zone:
        return "*" if len(facts.zones) == 1 else (zone if kind == "home" else place)
    return place if row.variable in ("present", "arrivals", "unsheltered") else "*"


class Builder:
    """Charts of one run, each with the reports of its quantity, place and starting day."""

    def __init__(self, dataset: xr.Dataset, facts: scenario.Scenario, reports: list[observe.Comparable]) -> None:
        self.dataset, self.facts = dataset, facts
        self.names = {place.id: (place.name, place.name_ar) for place in facts.places}
        self.names |= {zone.id: (zone.name, zone.name_ar) for zone in facts.zones}
        self.reports = [
            (public_place(facts, report.quantity, report.place), report) for report in reports if not report.reason
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
        """One chart, or None where the run says 0 throughout and nobody reported."""
        reports = self.about(name, place, begins)
        fan = figures.fan_of(self.dataset, name, place, begins=begins)
        if not reports and not np.nan_to_num(fan.spread.values).any():
            return None
        figure = figures.draw(fan, reports).to_plotly_json()
        where, where_ar = self.names.get(place, ("", ""))
        title = fan.quantity.label + (f" since {observe.date_words(begins)}" if begins else "")
        drawn = sum(figures.is_drawn(report, fan) for report in reports)
        return Panel(
            key=f"{name}-{place}-{begins or ''}".replace("*", "all").replace(":", "-").strip("-"),
            title=title + (f", {where}" if where else ""),
            title_ar=fan.quantity.label_ar + (f"، {where_ar}" if where_ar else ""),
            unit=fan.unit,
            figure={"data": figure["data"], "layout": figure["layout"]},
            rows=table(fan),
            summary=summary(fan),
            reports=drawn,
        )

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
            observe.date_words(days[day].item()),
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
        return "Nothing to show on any day."
    peak = int(np.nanargmax(median))
    day = observe.date_words(fan.spread["day"].values[peak].astype("datetime64[D]").item())
    words = f"{fan.words(float(median[peak]))} {fan.unit}"
    spread = observe.between(fan.words(float(low[peak])), fan.words(float(high[peak])), fan.members)
    return f"Highest median: {words} on {day}{f', {spread}' if fan.members > 1 else ''}."


def sections(dataset: xr.Dataset, facts: scenario.Scenario, reports: list[observe.Comparable]) -> list[Section]:
    """All charts of the page, in the order in which a planner asks."""
    builder = Builder(dataset, facts, reports)
    found = [
        Section(
            "siege",
            "Inside the siege",
            f"Who is still inside, who would leave if they could, and what stands between. {differences.TRAPPED}",
            _siege(builder) if facts.zones else [],
        ),
        Section(
            "displaced",
            "Displacement",
            "Movements, not persons: who flees twice is counted twice, as in the field.",
            builder.panels(("displaced_total", "*", None), *_starts(builder), ("travelling", "*", None)),
        ),
        Section(
            "arrivals",
            "Where people arrive",
            "Arrivals include people who pass through. The places with the most arrivals and those reported on.",
            _places(builder),
        ),
        Section(
            "deaths",
            "Civilians killed",
            "By cause, as a rate per 30 days; the model counts what its causes explain and nothing else.",
            builder.panels(*((cause, "*", None) for cause in CAUSES), ("held", "*", None)),
        ),
    ]
    return [section for section in found if section.panels]


def _siege(builder: Builder) -> list[Panel]:
    return builder.panels(
        *_by_zone(builder, "inside"),
        ("inside", "*", None),
        ("trapped", "*", None),
        *(_by_zone(builder, "price") or [("price", "*", None)]),
        ("turned_away", "*", None),
        *_by_zone(builder, "fighters"),
        ("fighters", "*", None),
    )


def _by_zone(builder: Builder, name: str) -> list[tuple[str, str, dt.date | None]]:
    """Where there are several zones: those that are reported on, the most first; the first zone if none is."""
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
    chosen = busiest(builder.dataset)[:MOST_PLACES]
    settling = [place.id for place in builder.facts.places if place.kind in quantities.SETTLING]
    wanted: list[tuple[str, str, dt.date | None]] = [("arrivals", "*", None), ("unsheltered", "*", None)]
    for place in chosen + [place for place in settling if place not in chosen]:
        if place in chosen or builder.about("arrivals", place):
            wanted.append(("arrivals", place, None))
        if builder.about("present", place):
            wanted.append(("present", place, None))
    return builder.panels(*wanted)


def busiest(dataset: xr.Dataset) -> list[str]:
    """Camps and refuges by their median arrivals over the run, the most first; those without any are left out."""
    at = np.flatnonzero(np.isin(dataset["place_kind"].values.astype(str), quantities.SETTLING))
    totals = dataset["arrivals"].isel(place=at).sum("day").median("member").values
    names = dataset["place"].values.astype(str)[at]
    return [str(names[rank]) for rank in np.argsort(-totals, kind="stable") if totals[rank] > 0]
