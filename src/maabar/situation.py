"""The situation report: two to four pages in the form that humanitarian readers know, in English or Arabic.

In: a released view, a language, the evening it speaks of. Out: a `Situation`, its blocks as printed text, from which
both the page (`report.sheet`) and the PDF (`formats.pdfout`) are made, so that a number is stated once. The evening is
the origin of a forecast, or else the last day of the run; the days ahead are those after it, at most 14, and where
there are none the last 14 before it. Needs follow the Sphere minimums in `sphere.csv`.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import functools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maabar import errors, observe, planner, quantities, release, sketch, spoken, texts

Floats = NDArray[np.float64]
AHEAD, WEEK = 14, 7
MOST_PLACES, MOST_SOURCES = 5, 12
CAUSES = ("killed", "killed:strike", "killed:mine", "killed:crossing", "killed:execution")
NEEDED = ("shelter", "water", "taps", "toilets", "toilets_first")


@dataclasses.dataclass(frozen=True)
class Card:
    """A key figure: what it is, its middle and its interval."""

    label: str
    median: str
    interval: str


@dataclasses.dataclass(frozen=True)
class Table:
    """Printed rows under a head; the first column holds names, the others numbers."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Section:
    """A chapter: tables, then words. `is_foreign` words are in the language of the scenario."""

    key: str
    title: str
    tables: tuple[Table, ...] = ()
    words: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Situation:
    """A situation report in printed blocks.

    direction  ltr or rtl
    map        an SVG drawing
    """

    language: str
    direction: str
    marking: str
    audience: str
    kind: str
    title: str
    subtitle: tuple[str, ...]
    cards: tuple[Card, ...]
    cards_note: str
    map: str
    map_note: str
    sections: tuple[Section, ...]
    made: str
    page: str
    titles: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain texts and lists."""
        return dataclasses.asdict(self)


def of(view: release.View, language: str = "en", on: dt.date | None = None) -> Situation:
    """The situation report of a view.

    on  the evening it speaks of; None: the origin of a forecast, or the last day of the run

    Raises errors.RunError for an unknown language, or a day that the run has not.
    """
    words = texts.of(language)
    at = _position(view, on)
    last = view.facts.days - 1
    window = (at + 1, min(at + AHEAD, last) + 1) if at < last else (max(0, at - AHEAD + 1), at + 1)
    told = spoken.Told(view, words, at, window)
    facts, about = view.facts, view.about
    title = words.name(facts.title, facts.title_ar)
    sections = (
        _changes(told),
        _arrivals(told),
        _needs(told),
        _risks(told),
        _unknown(told),
        _sources(told),
        *_taken(told),
    )
    return Situation(
        language=language,
        direction=words.direction,
        marking=words(f"audience.{view.audience.name}"),
        audience=view.audience.name,
        kind=words("situation.kind"),
        title=title,
        subtitle=_subtitle(told),
        cards=_cards(told),
        cards_note=words("situation.figures_note", members=view.dataset.sizes["member"], span=_span(told)),
        map=sketch.drawn(told),
        map_note=words("situation.map_note", date=told.date(at)),
        sections=sections,
        made=words(
            "situation.made", scenario=facts.name, members=about.get("members", ""), seed=about.get("seed", ""),
            version=about.get("version", ""), digest=str((about.get("results") or {}).get("sha256", ""))[:16] or "–",
        ),
        page=words("situation.page"),
        titles={key: words(f"situation.{key}") for key in ("figures", "map", "scenario_words")},
    )  # fmt: skip


def _position(view: release.View, on: dt.date | None) -> int:
    said = view.about.get("forecast", {}).get("origin")
    day = on or (dt.date.fromisoformat(said) if said else view.facts.end)
    if not view.facts.start <= day <= view.facts.end:
        raise errors.RunError(
            f"--on: found {day}, expected a day of the run, {view.facts.start} to {view.facts.end}; choose one of these"
        )
    return (day - view.facts.start).days


def _subtitle(told: spoken.Told) -> tuple[str, ...]:
    found = [told.words("situation.on", date=told.date(told.at))]
    said, variant = told.view.about.get("forecast", {}).get("origin"), str(told.view.about.get("variant") or "")
    if said:
        found.append(told.words("situation.known", date=told.words.date(dt.date.fromisoformat(said))))
    if variant:
        found.append(told.words("situation.variant", variant=variant))
    return tuple(found)


def _span(told: spoken.Told) -> str:
    members = told.view.dataset.sizes["member"]
    return told.words("common.range_80" if members >= quantities.FEW else "common.range_few", members=members)


def _cards(told: spoken.Told) -> tuple[Card, ...]:
    """Up to six key figures of the evening."""
    view, words, at = told.view, told.words, told.at
    first, after = told.window
    start = told.date(0)
    asked: list[tuple[str, Floats, str]] = []
    if view.holds("inside") and view.facts.zones:
        asked.append((words("situation.inside"), told.series("inside")[:, at], "person"))
    asked.append((words("situation.settled"), told.settled()[:, at], "person"))
    if view.holds("unsheltered"):
        asked.append((words("situation.unsheltered"), told.settled("unsheltered")[:, at], "person"))
    key = "situation.arrivals_next" if told.is_ahead else "situation.arrived_before"
    asked.append((words(key, days=told.days), told.series("arrivals")[:, first:after].sum(axis=1), "person"))
    if view.holds("killed"):
        asked.append((words("situation.killed", date=start), told.series("killed")[:, : at + 1].sum(axis=1), "person"))
    if view.holds("price"):
        asked.append((f"{words('situation.price')}, {view.facts.currency}", told.series("price")[:, at], "currency"))
    found = []
    for label, members, unit in asked:
        median, low, high = told.three(members, unit)
        found.append(Card(label, median, words("common.range", low=low, high=high)))
    return tuple(found)


def _changes(told: spoken.Told) -> Section:
    """The evening against that a week before, paired by member."""
    words, at, view = told.words, told.at, told.view
    rows: list[tuple[str, ...]] = []
    if at >= 2 * WEEK - 1:
        stocks = [("inside", told.series("inside"))] if view.holds("inside") and view.facts.zones else []
        stocks += [(name, told.settled(name)) for name in ("present", "unsheltered") if view.holds(name)]
        rows += [_change(told, told.label(name), days[:, at - WEEK], days[:, at]) for name, days in stocks]
        for name in ("arrivals", "killed"):
            if view.holds(name):
                days = told.series(name)
                before, now = (days[:, end - WEEK + 1 : end + 1].sum(axis=1) for end in (at - WEEK, at))
                rows.append(_change(told, words("situation.week_of", label=told.label(name)), before, now))
    head = tuple(words(f"situation.changes_{one}") for one in ("head", "then", "now", "change"))
    tables = (Table("", head, tuple(rows)),) if rows else ()
    return Section("changes", words("situation.changes"), tables)


def _change(told: spoken.Told, label: str, before: Floats, now: Floats) -> tuple[str, ...]:
    """A row: then, now, and the middle of the members' differences."""
    change = float(np.median(now - before))
    size = told.number(abs(change))
    key = "common.same" if abs(change) < max(told.view.least, 0.5) else "common.more" if change > 0 else "common.less"
    return label, told.spread(before), told.spread(now), told.words(key, number=size)


def _arrivals(told: spoken.Told) -> Section:
    """Arrivals by day at the busiest places, and where people may be more than the capacity."""
    words, (first, after) = told.words, told.window
    flows = {place: told.series("arrivals", place)[:, first:after] for place in spoken.settling(told.view)}
    busiest = sorted(flows, key=lambda place: -float(np.median(flows[place].sum(axis=1))))
    busiest = [place for place in busiest if np.quantile(flows[place].sum(axis=1), 0.9) >= max(told.view.least, 1)]
    if not busiest:
        return Section("arrivals", words("situation.arrivals"), words=(words("situation.arrivals_none"),))
    shown = busiest[:MOST_PLACES]
    columns = [flows[place] for place in shown] + [told.series("arrivals")[:, first:after]]
    head = (words("situation.day"), *(told.place(place) for place in shown), words("common.everywhere"))
    rows = [
        (told.date(first + day, is_short=True), *(told.spread(column[:, day]) for column in columns))
        for day in range(told.days)
    ]
    rows.append((words("situation.all_days"), *(told.spread(column.sum(axis=1)) for column in columns)))
    key = "situation.arrivals_ahead" if told.is_ahead else "situation.arrivals_past"
    note = words("situation.arrivals_note", span=_span(told))
    if len(busiest) > len(shown):
        note += " " + words("situation.other_places", shown=len(shown), all=len(busiest))
    table = Table(words(key, days=told.days, date=told.date(told.at)), head, tuple(rows), note)
    rooms = _rooms(told)
    none = () if rooms else (words("situation.rooms_none"),)
    return Section("arrivals", words("situation.arrivals"), (table, *rooms), none)


def _rooms(told: spoken.Told) -> tuple[Table, ...]:
    """Places with a capacity, and how probable it is that people are more than it."""
    first = told.at + 1
    if not told.is_ahead:
        return ()
    found = planner.rooms(told.view.dataset, told.view.facts, first, told.view.capacity)
    days = [one for one in planner.WITHIN if found and one in found[0].within]
    if not days:
        return ()
    head = ("place", "capacity", "now")
    rows = tuple(
        (told.place(room.place), told.number(room.capacity), told.number(room.present),
         *(told.words.chance(room.within[one]) for one in days))
        for room in found
    )  # fmt: skip
    titles = (
        *(told.words(f"situation.{one}") for one in head),
        *(told.words("situation.within", days=n) for n in days),
    )
    return (Table(told.words("situation.rooms"), titles, rows),)


@dataclasses.dataclass(frozen=True)
class Minimum:
    """A Sphere minimum: an amount for each person, or one thing for so many people."""

    need: str
    per_person: float | None
    one_for: float | None
    unit: str
    standard: str
    source: str

    def needed(self, people: float) -> float:
        """What so many people need: things rounded up, m³ of water, millions of kcal."""
        if self.one_for:
            return float(np.ceil(people / self.one_for))
        scale = {"l/day": 1e-3, "kcal/day": 1e-6}.get(self.unit, 1.0)
        return people * (self.per_person or 0.0) * scale


@functools.cache
def minimums() -> dict[str, Minimum]:
    """The rows of sphere.csv by need."""
    with Path(__file__).with_name("sphere.csv").open(encoding="utf-8", newline="") as table:
        return {
            row["need"]: Minimum(
                row["need"], float(row["per_person"]) if row["per_person"] else None,
                float(row["one_for"]) if row["one_for"] else None, row["unit"], row["standard"], row["source"],
            )
            for row in csv.DictReader(table)
        }  # fmt: skip


def _needs(told: spoken.Told) -> Section:
    """What people at camps and host places need at least, on the last day of the window (ahead) or on the evening."""
    words, view = told.words, told.view
    day = told.window[1] - 1
    people = {place: told.series("present", place)[:, day] for place in spoken.settling(view)}
    fullest = sorted(people, key=lambda place: -float(np.median(people[place])))[:MOST_PLACES]
    rows = [
        _needed(told, told.place(place), people[place])
        for place in fullest
        if np.median(people[place]) >= max(view.least, 1)
    ]
    title = words("situation.needs")
    if not rows:
        return Section("needs", title, words=(words("situation.needs_none"),))
    rows.append(_needed(told, words("situation.needs_all"), told.settled()[:, day]))
    head = [words("situation.needs_head"), words("situation.needs_people", date=told.date(day, is_short=True))]
    for need in NEEDED:
        unit = words(f"unit.{minimums()[need].unit}")
        head.append(f"{words(f'need.{need}')}, {unit}" if unit else words(f"need.{need}"))
    each = "; ".join(_minimum(told, minimums()[need]) for need in NEEDED)
    note = f"{words('situation.needs_note')} {each}."
    return Section("needs", title, (Table("", tuple(head), tuple(rows), note),))


def _minimum(told: spoken.Told, one: Minimum) -> str:
    """A minimum in words."""
    need = told.words(f"need.{one.need}")
    if one.one_for:
        return told.words("situation.needs_one", need=need, people=told.words.isolated(f"{one.one_for:g}"))
    unit = {"m2": told.words("unit.m2"), "l/day": "l"}.get(one.unit, one.unit)
    amount = told.words.isolated(f"{one.per_person:g} {unit}" if unit else f"{one.per_person:g}")
    return told.words("situation.needs_each", need=need, amount=amount)


def _needed(told: spoken.Told, name: str, people: Floats) -> tuple[str, ...]:
    """People, and each need for the middle and, in brackets, for the high end; from the numbers as they are told."""
    _, _, median, _, high = np.quantile(people, quantities.levels(len(people)))
    ends = [told.view.rounded(float(number), "person") for number in (median, high)]
    cells = [name, told.spread(people)]
    for need in NEEDED:
        first, second = (
            told.words("common.unknown") if end is None
            else told.words.isolated(observe.rounded(minimums()[need].needed(end)))
            for end in ends
        )  # fmt: skip
        cells.append(f"{first} ({second})")
    return tuple(cells)


def _risks(told: spoken.Told) -> Section:
    """Deaths by cause, the held, the trapped and the turned away."""
    words, view, at = told.words, told.view, told.at
    rows, (first, after) = [], told.window
    if view.holds("killed"):
        for cause in CAUSES:
            dead = told.series(cause)
            if np.quantile(dead.sum(axis=1), 0.9) >= 1:
                ahead = (told.spread(dead[:, first:after].sum(axis=1)),) if told.is_ahead else ()
                rows.append((told.label(cause), told.spread(dead[:, : at + 1].sum(axis=1)), *ahead))
    head = [words("situation.risks_head"), words("situation.risks_since", date=told.date(0))]
    head += [words("situation.risks_next", days=told.days)] if told.is_ahead else []
    said = []
    week = slice(max(0, at - WEEK + 1), at + 1)
    for key, name, days in (
        ("risks_held", "held", slice(at, at + 1)),
        ("risks_trapped", "trapped", slice(at, at + 1)),
        ("risks_turned", "turned_away", week),
    ):
        if view.holds(name) and (name != "trapped" or view.facts.zones):
            said.append(words(f"situation.{key}", number=told.spread(told.series(name)[:, days].sum(axis=1))))
    if view.holds("price"):
        price = told.spread(told.series("price")[:, at], "currency")
        said.append(words("situation.risks_price", number=price, currency=view.facts.currency))
    said.append(words("situation.risks_note"))
    tables = (Table("", tuple(head), tuple(rows)),) if rows else ()
    return Section("risks", words("situation.risks"), tables, tuple(said))


def _unknown(told: spoken.Told) -> Section:
    """What the numbers cannot say."""
    words, view = told.words, told.view
    said = [words("situation.unknown_model")]
    account, forecast = view.beside.account, view.about.get("forecast", {})
    if account is None:
        said.append(words("situation.unknown_prior"))
    else:
        untold = sum(not one.is_identified for one in account.parameters)
        until = words.date(dt.date.fromisoformat(account.until)) if account.until[:4].isdigit() else account.until
        said.append(words("situation.unknown_learned", date=until, untold=untold, all=len(account.parameters)))
    if forecast and forecast.get("events") != "given":
        said.append(words("situation.unknown_events", date=words.date(dt.date.fromisoformat(forecast["origin"]))))
    said += [words.doubt(note) for note in (forecast or {}).get("notes", ())]
    said += view.noted(told.words.language)
    if view.hidden:
        said.append(words("situation.unknown_hidden", number=view.hidden))
    skill = view.beside.skill
    if skill is not None and skill.rows:
        known = [(row.cases, row.coverage.get("80")) for row in skill.rows]
        cases = sum(number for number, share in known if share is not None)
        held = sum(number * share for number, share in known if share is not None) / max(cases, 1)
        said.append(words("situation.unknown_tested", share=words.isolated(f"{held:.0%}"), cases=cases))
    else:
        said.append(words("situation.unknown_untested"))
    return Section(
        "unknown",
        words("situation.unknown"),
        words=tuple(said),
        foreign=told.words.name(view.facts.limits, view.facts.limits_ar),
    )


def _sources(told: spoken.Told) -> Section:
    """Who reported, by grade."""
    words, facts = told.words, told.view.facts
    counts = {one.id: sum(report.source == one.id for report in facts.reports) for one in facts.sources}
    ordered = sorted(facts.sources, key=lambda one: (one.reliability, -counts[one.id], one.name))
    chosen = sorted(ordered, key=lambda one: -counts[one.id])[:MOST_SOURCES]
    rows = tuple(
        (one.name, words.isolated(one.reliability), one.interest or words("common.unknown"), str(counts[one.id]))
        for one in ordered if one in chosen
    )  # fmt: skip
    title = words("situation.sources")
    if not rows:
        return Section("sources", title, words=(words("situation.sources_none"),))
    head = tuple(words(f"situation.sources_{one}") for one in ("head", "grade", "interest", "reports"))
    rest = len(ordered) - len(chosen)
    said = (words("situation.sources_rest", number=rest),) if rest else ()
    return Section("sources", title, (Table("", head, rows, words("situation.sources_note")),), said)


def _taken(told: spoken.Told) -> tuple[Section, ...]:
    """What the model takes for granted."""
    said = told.words.listed("assumption.")
    return (Section("assumptions", told.words("situation.assumptions"), words=tuple(said)),)
