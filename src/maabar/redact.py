"""The facts of a scenario as an audience may read them: places made coarse, reports and texts that name what is hidden
left out.

In: facts, the released places and zones, an audience. Out: facts without events, ways or notes, and how many reports
were left out. A text that names a hidden place is left out whole: a gap that can be seen is better than a rewrite.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path

from maabar import audience, coarsen, evidence, quantities, scenario, texts

SHORTEST = 4  # letters of a name that is looked for in texts
ARTICLE = "ال"
UNNAMED, WORD = "(withheld)", re.compile(r"[\w.-]+")


@dataclasses.dataclass(frozen=True)
class Redactor:
    """What may be said to an audience.

    hidden  pattern of the names and ids of waypoints, ways and homes that it does not see; None: nothing is hidden
    """

    facts: scenario.Scenario
    there: coarsen.Grouping
    reader: audience.Audience
    hidden: re.Pattern[str] | None

    def is_plain(self, *said: str) -> bool:
        """Whether texts name nothing that is hidden."""
        return self.hidden is None or all(self.hidden.search(text.casefold()) is None for text in said)

    def plain(self, english: str, arabic: str) -> tuple[str, str]:
        """A text in both languages, or nothing if either names what is hidden."""
        return (english, arabic) if self.is_plain(english, arabic) else ("", "")

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
    settled = [one for one in facts.places if one.kind in quantities.SETTLING]
    open_names = {
        name.casefold() for one in (facts.zones, settled) for some in one for name in (some.name, some.name_ar)
    }
    hidden = [one for one in facts.places if one.kind in ("home", "waypoint") and one.id not in seen]
    arabic = {one.name_ar.removeprefix(ARTICLE) for one in hidden}
    latin = {word.casefold() for one in hidden for word in (one.id, one.name)}
    closed = {word for word in latin | arabic if len(word) >= SHORTEST and not any(word in name for name in open_names)}
    words = (closed & latin) | {route.id.casefold() for route in facts.routes}
    if not closed and not words:
        return Redactor(facts, there, reader, None)
    # In Arabic the article and short words are written onto a name, before it and after.
    whole, within = (_any(found) for found in (words, closed & arabic))
    return Redactor(facts, there, reader, re.compile(rf"(?<!\w)(?:{whole})(?!\w)|{within}"))


def _any(words: Iterable[str]) -> str:
    """Pattern of any of these words, the longest first; of no text where there are none."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or r"(?!)"


def facts(whole: scenario.Scenario, told: Redactor) -> tuple[scenario.Scenario, int]:
    """The facts that an audience may read, and how many reports it may not."""
    reports = tuple(one for one in (_report(report, told) for report in whole.reports) if one is not None)
    used = {one.source for one in reports}
    ids = {one.place.id for one in told.there.groups}
    summary, summary_ar = told.plain(whole.summary, whole.summary_ar)
    pairs = zip(whole.limits, whole.limits_ar or [""] * len(whole.limits), strict=True)
    limits = [pair for pair in pairs if told.is_plain(*pair)]
    return dataclasses.replace(
        whole,
        path=Path(whole.name),
        title=whole.title if told.is_plain(whole.title) else whole.name,
        title_ar=whole.title_ar if told.is_plain(whole.title_ar) else "",
        summary=summary,
        summary_ar=summary_ar,
        zones=tuple(one.zone for one in told.there.areas),
        places=tuple(one.place for one in told.there.groups),
        routes=tuple(one for one in whole.routes if _is_road(one) and {one.start, one.end} <= ids),
        events=(),
        inflow=(),
        reports=reports,
        sources=tuple(_source(one, told) for one in whole.sources if one.id in used),
        variants=tuple(_variant(number, one, told) for number, one in enumerate(whole.variants, 1)),
        overrides={name: value for name, value in whole.overrides.items() if not coarsen.is_private(name)},
        limits=tuple(english for english, _ in limits),
        limits_ar=tuple(arabic for _, arabic in limits if whole.limits_ar),
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
    title, title_ar = told.plain(variant.title or variant.name, variant.title_ar)
    rationale, rationale_ar = told.plain(variant.rationale, variant.rationale_ar)
    if not title:
        title, title_ar = (texts.of(one)("gate.what_if", number=number) for one in ("en", "ar"))
    if not rationale:
        rationale, rationale_ar = (texts.of(one)("gate.withheld") for one in ("en", "ar"))
    return dataclasses.replace(
        variant,
        title=title,
        title_ar=title_ar,
        rationale=rationale,
        rationale_ar=rationale_ar,
        events=(),
        parameters={},
    )
