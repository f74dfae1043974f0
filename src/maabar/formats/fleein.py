"""A Flee instance becomes a scenario of maabar.

In: the folder of an instance (`input_csv`, `source_data`). Out: the folder of a scenario, written in one step, and
`Notes` on all that was read differently or not carried; the same notes lie in the folder as import-notes.csv.

The counts become evidence, and the people who set out each day are given by them. Links and camps that are closed for a
time, and the days of conflict, become events.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from maabar import cells, errors, facts, scenario, units
from maabar.formats import fleecounts, fleefacts, fleeread, quirks, writing

CAPACITIES = ("listed", "none")
LEAK = 0.01  # a capacity this near to the highest count is that count
REGISTRATION = "registration"
CURRENCY = "XXX"  # ISO 4217 for none: no money moves in an imported scenario


@dataclass(frozen=True)
class Notes:
    """What became of an instance.

    notes   what was read differently or not carried, by file and line
    people  who set out during the run [person]; `at_start` are in camps on day 0
    counts  of a camp on a day of the run; those of one day in several camps are several
    """

    notes: tuple[quirks.Note, ...]
    name: str
    places: int
    routes: int
    camps: int
    days: int
    people: int
    at_start: int
    counts: int


def convert(folder: Path, destination: Path, *, source_data: Path | None = None, capacities: str = "listed") -> Notes:
    """Write the scenario of a Flee instance; what became of it.

    folder       of the instance, or its input_csv
    source_data  the folder of data_layout.csv, by default the one beside input_csv
    capacities   listed: camps hold what locations.csv says; none: camps hold everybody

    Raises errors.InputError with all faults, and errors.RunError if the destination is not new or cannot be written.
    """
    if capacities not in CAPACITIES:
        raise errors.RunError(f"--capacities: found {errors.quote(capacities)}, expected {errors.listed(CAPACITIES)}")
    target = writing.new_folder(destination)
    log = quirks.Log()
    imported = fleefacts.read(folder, source_data, log)
    if imported is None or log.faults:
        raise errors.InputError(log.faults)
    if capacities == "listed":
        _leak(imported, log)
    tables = write(imported, capacities, log)
    writing.place(tables, target, scenario.load)
    instance = imported.instance
    return Notes(
        notes=log.notes(),
        name=instance.name,
        places=len(imported.kinds),
        routes=len(imported.links),
        camps=sum(kind in fleefacts.SHELTERS for kind in imported.kinds.values()),
        days=instance.days,
        people=sum(fleecounts.inflow(imported.total)),
        at_start=quirks.rounded(float(imported.total[0])),
        counts=sum(0 <= instance.day(day) < instance.days for one in imported.series for day in one.dates),
    )


def _leak(imported: fleefacts.Facts, log: quirks.Log) -> None:
    """Say where the listed capacities are the highest counts: they give part of the answer away."""
    highest = {one.camp: (max(one.raw), max(one.counts)) for one in imported.series}
    camps = [place for place in imported.places if place.kind == "camp" and place.people and place.name in highest]
    leaks = [
        place for place in camps if any(abs(place.people - most) <= LEAK * most for most in highest[place.name] if most)
    ]
    if leaks:
        found = f"the capacity of {len(leaks)} of {len(camps)} camps is their highest count"
        log.note(quirks.Row(leaks[0].row.file, None), found, "kept; --capacities none leaves it out")


def write(imported: fleefacts.Facts, capacities: str, log: quirks.Log) -> dict[str, str]:
    """The files of the scenario, by name."""
    ids = _ids(imported)
    routes, events = _ways(imported, ids)
    tables: dict[str, list[dict[str, object]]] = {
        "places.csv": _places(imported, ids, capacities),
        "routes.csv": routes,
        "events.csv": [*events, *_conflict(imported, ids), *_camps(imported, ids)],
        "inflow.csv": _inflow(imported),
        "evidence.csv": _evidence(imported, ids),
        "sources.csv": [_source_row(imported)],
        "import-notes.csv": [
            {"file": one.file, "line": one.line or "", "found": one.found, "done": one.done} for one in log.notes()
        ],
    }
    heads = {"events.csv": EVENT_HEAD, "import-notes.csv": ("file", "line", "found", "done")}
    written = {name: writing.table(rows, heads.get(name, ())) for name, rows in tables.items()}
    return {"scenario.toml": _toml(imported, capacities), **written}


EVENT_HEAD = ("from", "until", "kind", "target", "value", "source", "note")


def _ids(imported: fleefacts.Facts) -> dict[str, str]:
    """An id for each place: its name in small letters, with a number where that is taken or empty."""
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for place in imported.places:
        stem = cells.slug(place.name) or "place"
        name, number = stem, 1
        while name in taken or (stem == "place" and number == 1):
            number += 1
            name = f"{stem}-{number}"
        taken.add(name)
        ids[place.name] = name
    return ids


def _places(imported: fleefacts.Facts, ids: Mapping[str, str], capacities: str) -> list[dict[str, object]]:
    """Rows of places.csv; the people of a camp are those counted there on day 0."""
    instance = imported.instance
    present = {one.camp: one.daily(instance.start, 1)[0] for one in imported.series}
    rows: list[dict[str, object]] = []
    for place in imported.places:
        kind = imported.kinds[place.name]
        is_limited = kind == "camp" and place.people >= 1 and capacities == "listed"
        people = place.people if kind == "home" else quirks.rounded(present.get(place.name, 0.0))
        attributes = {f"flee_{cells.slug(name).replace('-', '_')}": text for name, text in place.attributes.items()}
        rows.append(
            {
                "id": ids[place.name], "name": place.name, "kind": kind, "lat": f"{place.lat:.10g}",
                "lon": f"{place.lon:.10g}", "population": people or "", "capacity": place.people if is_limited else "",
                "source": f"locations.csv:{place.row.line}", "country": place.country, "region": place.region,
                "flee_name": place.name, "flee_type": place.type, **attributes,
            }
        )  # fmt: skip
    return rows


def _ways(imported: fleefacts.Facts, ids: Mapping[str, str]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Rows of routes.csv, two where the directions differ in when they are closed, and the events that close them."""
    closed = imported.closures.ways
    routes: list[dict[str, object]] = []
    events: list[dict[str, object]] = []
    for link in imported.links:
        ways = [(link.first, link.second), (link.second, link.first)]
        there, back = (closed.get(way, ()) for way in ways)
        is_alike = [(span.first, span.stop) for span in there] == [(span.first, span.stop) for span in back]
        for start, end in ways[: 1 if is_alike else 2]:
            routes.append(
                {
                    "from": ids[start], "to": ids[end], "km": units.plain(link.km), "mode": "road",
                    "one_way": "no" if is_alike else "yes", "source": f"routes.csv:{link.row.line}",
                }
            )  # fmt: skip
            target = f"{ids[start]}>{ids[end]}"
            events += [
                _event(imported, span.first, span.stop, "route", target, "closed", span.why)
                for span in closed.get((start, end), ())
            ]
    return routes, events


def _event(
    imported: fleefacts.Facts, first: int, stop: int, kind: str, target: str, value: str, note: str
) -> dict[str, object]:
    """A row of events.csv for days [first, stop); one that holds to the end has no last day."""
    instance = imported.instance
    until = "" if stop >= instance.days else facts.last_day(instance.start, stop).isoformat()
    begins = instance.start + dt.timedelta(days=first)
    return dict(zip(EVENT_HEAD, (begins.isoformat(), until, kind, target, value, "", note), strict=True))


def _conflict(imported: fleefacts.Facts, ids: Mapping[str, str]) -> list[dict[str, object]]:
    """Rows of events.csv: conflict at each place, one row for each run of days of one intensity."""
    rows = []
    for place in imported.places:
        values = imported.instance.conflict.get(place.name, ())
        changes = [day for day, value in enumerate(values) if day == 0 or value != values[day - 1]]
        for first, stop in itertools.pairwise([*changes, len(values)]):
            if values[first] > 0:
                rows.append(_event(imported, first, stop, "conflict", ids[place.name], f"{values[first]:.10g}", ""))
    return rows


def _camps(imported: fleefacts.Facts, ids: Mapping[str, str]) -> list[dict[str, object]]:
    """Rows of events.csv: camps that are closed for a time."""
    return [
        _event(imported, span.first, span.stop, "place", ids[name], "closed", span.why)
        for name, spans in imported.closures.camps.items()
        if name in ids
        for span in spans
    ]


def _inflow(imported: fleefacts.Facts) -> list[dict[str, object]]:
    """Rows of inflow.csv, one a day."""
    instance = imported.instance
    steps = fleecounts.inflow(imported.total)
    return [{"date": instance.start + dt.timedelta(days=day), "persons": persons} for day, persons in enumerate(steps)]


def _evidence(imported: fleefacts.Facts, ids: Mapping[str, str]) -> list[dict[str, object]]:
    """Rows of evidence.csv: the counts within the run, and where a series runs in or out of it the value there."""
    return [row for one in imported.series for row in _reports(one, ids[one.camp], imported.instance)]


def _reports(series: fleecounts.Series, name: str, instance: fleeread.Instance) -> list[dict[str, object]]:
    """The reports of one camp, in order of days."""
    first, last = instance.start, facts.last_day(instance.start, instance.days)
    found: dict[dt.date, tuple[str, int, str]] = {}
    for day, raw, count in zip(series.dates, series.raw, series.counts, strict=True):
        if first <= day <= last:
            is_same = quirks.rounded(raw) == count
            note = "" if is_same else f"registered {units.plain(raw)}, corrected by {count / raw:.4g}"
            found[day] = ("exact", int(count), note)
    daily = series.daily(first, instance.days)
    if first not in found and series.dates[0] < first:
        found[first] = ("about", quirks.rounded(float(daily[0])), _between(series, first))
    if last not in found and series.dates[-1] > last:
        found[last] = ("about", quirks.rounded(float(daily[-1])), _between(series, last))
    return [
        {
            "id": f"{name}-{day}", "reported_on": day, "from": day, "until": day, "place": name,
            "quantity": "present", "form": form, "best": best, "unit": "person", "source": REGISTRATION,
            "credibility": 2, "note": note,
        }
        for day, (form, best, note) in sorted(found.items())
    ]  # fmt: skip


def _between(series: fleecounts.Series, day: dt.date) -> str:
    """Where a value of a day without a count comes from."""
    before = [date for date in series.dates if date < day]
    after = [date for date in series.dates if date > day]
    if before and after:
        return f"interpolated between {before[-1]} and {after[0]}"
    return f"as on {before[-1] if before else after[0]}, the nearest count"


def _source_row(imported: fleefacts.Facts) -> dict[str, object]:
    """The row of sources.csv."""
    name = f"Registration in the camps (source_data of {errors.printable(imported.instance.name)})"
    return {"id": REGISTRATION, "name": name, "kind": "agency", "reliability": "A", "interest": "", "url": ""}


def _toml(imported: fleefacts.Facts, capacities: str) -> str:
    """scenario.toml."""
    instance = imported.instance
    count = Counter(imported.kinds.values())
    shelters = count["camp"] + count["refuge"]
    summary = (
        f"Imported from the Flee instance {instance.name}: {count['home']} places that people flee from, {shelters} "
        "camps, and as many people setting out each day as the counts of all camps grow by."
    )
    limits = [
        "Departures are given: they are the growth of the counts of the camps, whose sum is therefore known.",
        "Counts are linear between their dates; who was not registered is not counted.",
        "The settings of Flee are not carried.",
    ]
    if capacities == "listed":
        limits.append("Capacities are those listed for Flee, often the highest count of the camp itself.")
    lines = [
        f"title = {_quoted(instance.name)}",
        f"summary = {_quoted(summary)}",
        f"start = {instance.start}",
        f"days = {instance.days}",
        f'currency = "{CURRENCY}"',
        'departures = "given"',
        "limits = [",
        *(f"  {_quoted(limit)}," for limit in limits),
        "]",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(errors.printable(text), ensure_ascii=False)
