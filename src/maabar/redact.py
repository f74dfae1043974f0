"""The facts of a scenario as an audience may read them: places made coarse, reports and texts that name what is hidden
left out.

In: facts, the released places and zones, an audience. Out: facts without events, ways or notes, and how many reports
were left out. A text that names a hidden place is left out whole: a gap that can be seen is better than a rewrite.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from maabar import audience, coarsen, evidence, quantities, scenario

SHORTEST = 4  # letters of a name that is looked for in texts
UNNAMED, WORD = "(withheld)", re.compile(r"[\w.-]+")
WITHHELD = "withheld: names a place that this audience does not see"


@dataclasses.dataclass(frozen=True)
class Redactor:
    """What may be said to an audience.

    hidden  pattern of the names and ids of waypoints, ways and homes that it does not see; None: nothing is hidden
    """

    facts: scenario.Scenario
    there: coarsen.Grouping
    reader: audience.Audience
    hidden: re.Pattern[str] | None

    def is_plain(self, text: str) -> bool:
        """Whether a text names nothing that is hidden."""
        return self.hidden is None or self.hidden.search(text.casefold()) is None

    def without_names(self, text: str) -> str:
        """A remark of the calibration without the reports and parameters that this audience does not see."""
        if self.reader.name == audience.INTERNAL:
            return text
        hidden = {one.id for one in self.facts.reports if _report(one, self) is None}

        def told(word: re.Match[str]) -> str:
            name = word[0].rstrip(".")
            is_parameter = name in self.facts.parameters() and coarsen.is_private(name)
            return UNNAMED + word[0][len(name) :] if name in hidden or is_parameter else word[0]

        return WORD.sub(told, text)

    def shown(self, quantity_name: str, place: str) -> str | None:
        """The released place under which a number about a place may stand beside the run; None if it may not.

        A quantity kept for the whole run stands at `*`, whatever zone a report gives.
        """
        row = quantities.quantity(quantity_name)
        grain = self.reader.grain(row.name)
        if grain in ("none", "corridor"):
            return None
        kind, zone = next(((one.kind, one.zone) for one in self.facts.places if one.id == place), ("", place))
        if grain == "total":
            return "*" if kind not in ("home", "waypoint") and (row.name in _WHOLE or self._is_all(place)) else None
        if grain == "published":
            return None if kind else self.there.place(place)
        if grain == "zone" and kind:
            return zone if row.name != "inside" and zone else self.there.place(place)
        found = self.there.place(place)
        return None if grain == "admin2" and found in {one.zone.id for one in self.there.areas} else found

    def _is_all(self, place: str) -> bool:
        """Whether a zone is the only one."""
        return place == "*" or [zone.id for zone in self.facts.zones] == [place]


# Kept by the run for the whole scenario alone.
_WHOLE = ("killed", "held", "displaced_total", "travelling")


def redactor(facts: scenario.Scenario, there: coarsen.Grouping, reader: audience.Audience) -> Redactor:
    """A redactor for an audience."""
    if reader.name == audience.INTERNAL:
        return Redactor(facts, there, reader, None)
    seen = {one.place.id for one in there.groups}
    open_names = {zone.name.casefold() for zone in facts.zones}
    open_names |= {one.name.casefold() for one in facts.places if one.kind in quantities.SETTLING}
    hidden = [one for one in facts.places if one.kind in ("home", "waypoint") and one.id not in seen]
    words = {word.casefold() for one in hidden for word in (one.id, one.name, one.name_ar) if len(word) >= SHORTEST}
    words = {word for word in words if not any(word in name for name in open_names)}
    words |= {route.id.casefold() for route in facts.routes}
    if not words:
        return Redactor(facts, there, reader, None)
    ordered = sorted(words, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)")
    return Redactor(facts, there, reader, pattern)


def facts(whole: scenario.Scenario, told: Redactor) -> tuple[scenario.Scenario, int]:
    """The facts that an audience may read, and how many reports it may not."""
    reports = tuple(one for one in (_report(report, told) for report in whole.reports) if one is not None)
    used = {one.source for one in reports}
    ids = {one.place.id for one in told.there.groups}
    return dataclasses.replace(
        whole,
        path=Path(whole.name),
        title=whole.title if told.is_plain(whole.title) else whole.name,
        title_ar=whole.title_ar if told.is_plain(whole.title_ar) else "",
        summary=whole.summary if told.is_plain(whole.summary) else "",
        zones=tuple(one.zone for one in told.there.areas),
        places=tuple(one.place for one in told.there.groups),
        routes=tuple(one for one in whole.routes if _is_road(one) and {one.start, one.end} <= ids),
        events=(),
        inflow=(),
        reports=reports,
        sources=tuple(_source(one, told) for one in whole.sources if one.id in used),
        variants=tuple(_variant(number, one, told) for number, one in enumerate(whole.variants, 1)),
        overrides={name: value for name, value in whole.overrides.items() if not coarsen.is_private(name)},
        limits=tuple(one for one in whole.limits if told.is_plain(one)),
    ), len(whole.reports) - len(reports)


def _is_road(route: scenario.Route) -> bool:
    return route.mode == "road" and not route.guided


def _report(report: evidence.Report, told: Redactor) -> evidence.Report | None:
    """A report at its released places, without notes; None if it may not be shown."""
    row = quantities.quantity(report.quantity)
    if row.variable:
        places = [told.shown(report.quantity, place) for place in report.places]
    elif told.reader.grain("departures") == "corridor" and row.name in ("mines", "shelter_cost"):
        places = [None]
    else:
        places = [told.there.place(place) or ("*" if _names_zone(place, told) else None) for place in report.places]
    known = [place for place in places if place is not None]
    if len(known) < len(places) or (row.across == "share" and "*" in known):
        return None
    extra = {name: value for name, value in report.extra.items() if name == "fact_id"}
    return dataclasses.replace(report, place=">".join(known), note="", extra=extra, line=0)


def _names_zone(place: str, told: Redactor) -> bool:
    return place in {zone.id for zone in told.facts.zones}


def _source(source: evidence.Source, told: Redactor) -> evidence.Source:
    """A source whose address names nothing hidden."""
    return source if told.is_plain(source.url) else dataclasses.replace(source, url="")


def _variant(number: int, variant: scenario.Variant, told: Redactor) -> scenario.Variant:
    """A what-if by its texts alone."""
    title = variant.title or variant.name
    rationale = variant.rationale if told.is_plain(variant.rationale) else WITHHELD
    name = title if told.is_plain(title) else f"What-if {number}"
    return dataclasses.replace(variant, title=name, rationale=rationale, events=(), parameters={})
