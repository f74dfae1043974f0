"""Closures and forced redirections of a Flee instance, as spans of days on links and camps.

In: closures.csv, the redirections of routes.csv and the places. Out: for each direction of each link, and for each
camp, the spans of days on which it is closed and the rows that say so. A closure holds from its start until the day
before its end, both counted from day 0; without an end, or with one before its start, it never reopens (in Flee too,
which opens nothing that is not closed yet). Two readings are ours. Flee ignores the second name of a `location` row;
here one that is a place closes the link between the two or, if there is none, the links of the second. And a
redirection closes every other way out of the place that is left, while the way it leads is open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from maabar import errors, units
from maabar.formats import fleecells, fleeread, quirks

KINDS = {
    "country": "country",
    "location": "location",
    "link": "link",
    "links": "link",
    "camp": "camp",
    "idpcamp": "camp",
    "remove_forced_redirection": "remove_forced_redirection",
}
WORDS = frozenset({"closure_type", "name1", "name2", "closure_start", "closure_end", "type", "start", "end"})
Way = tuple[str, str]  # from, to


@dataclass(frozen=True, order=True)
class Span:
    """Days [first, stop) on which something is closed, and the rows that say so."""

    first: int
    stop: int
    why: str


@dataclass(frozen=True)
class Closures:
    """What is closed when: directions of links, and camps, by the names of places."""

    ways: Mapping[Way, tuple[Span, ...]]
    camps: Mapping[str, tuple[Span, ...]]


@dataclass
class _Closer:
    """What the rows of closures.csv are applied to, and the spans so far."""

    instance: fleeread.Instance
    log: quirks.Log
    ways: defaultdict[Way, list[Span]]
    camps: defaultdict[str, list[Span]]
    removed: defaultdict[Way, list[Span]]

    def __post_init__(self) -> None:
        self.places = {place.name: place for place in self.instance.places}
        self.names = quirks.Names(self.places)
        self.countries = quirks.Names(place.country for place in self.instance.places)
        self.links = {frozenset((link.first, link.second)): link for link in self.instance.links}

    def shut(self, pairs: Iterable[frozenset[str]], span: Span) -> int:
        """Close links in both directions; how many there were."""
        count = 0
        for pair in pairs:
            first, second = sorted(pair)
            self.ways[first, second].append(span)
            self.ways[second, first].append(span)
            count += 1
        return count

    def name(self, row: quirks.Row, cell: str, names: quirks.Names, what: str) -> str | None:
        """The place or country that is meant; None and a note if there is none."""
        found = names.read(row, cell, self.log) if cell else None
        if found is None:
            close = self.log.close(cell, names.exact, "") if cell else ""
            shown = errors.quote(cell) if cell else "a blank name"
            self.log.note(row, f"{shown}, no {what} of locations.csv", "not carried" + (close and f"; {close}"))
        return found


def read(folder: Path, instance: fleeread.Instance, log: quirks.Log) -> Closures:
    """The closures of an instance; what cannot be carried is named."""
    closer = _Closer(instance, log, defaultdict(list), defaultdict(list), defaultdict(list))
    path = fleecells.beside(folder, "closures.csv", log)
    if path is None:
        log.note(quirks.whole(folder / "closures.csv"), "no such file", "nothing is closed")
    for row in (fleecells.rows(path, log) if path else None) or ():
        if not fleecells.is_header(row, WORDS):
            _row(row, closer)
    _redirect(closer)
    return Closures(
        {way: merged(spans) for way, spans in closer.ways.items()},
        {name: merged(spans) for name, spans in closer.camps.items()},
    )


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order of days, those that touch or overlap made one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.first <= found[-1].stop:
            last = found.pop()
            why = last.why if span.why in last.why.split("; ") else f"{last.why}; {span.why}"
            span = Span(last.first, max(last.stop, span.stop), why)
        found.append(span)
    return tuple(found)


def _row(row: quirks.Row, closer: _Closer) -> None:
    """Apply one closure."""
    kind = KINDS.get(row[0])
    if kind is None:
        kind = KINDS.get(row[0].casefold().replace(" ", "_"))
        if kind is None:
            close = closer.log.close(row[0], KINDS, "")
            closer.log.note(
                row, f"{errors.quote(row[0])}, no type of closure", "not carried" + (close and f"; {close}")
            )
            return
        closer.log.note(row, errors.quote(row[0]), f"read as {errors.quote(kind)}, which Flee would not")
    row = _shifted(row, kind, closer.log)
    span = _span(row, kind, closer)
    if span is not None:
        _APPLY[kind](row, span, closer)


def _shifted(row: quirks.Row, kind: str, log: quirks.Log) -> quirks.Row:
    """The row with a blank second name where it was left out with its comma."""
    if kind in ("location", "camp") and len(row.cells) == 4 and _is_whole(row[2]) and _is_whole(row[3]):
        log.note(row, "4 cells", "read with a blank second name")
        return quirks.Row(row.file, row.line, (*row.cells[:2], "", *row.cells[2:]))
    return row


def _is_whole(cell: str) -> bool:
    return cell.removeprefix("-").isdigit()


def _span(row: quirks.Row, kind: str, closer: _Closer) -> Span | None:
    """The days of a closure within the run; None and a note or fault if there are none."""
    log, days = closer.log, closer.instance.days
    first, stop = _day(row, 3, "closure_start", 0, closer), _day(row, 4, "closure_end", -1, closer)
    if first is None or stop is None:
        return None
    if first < 0:
        log.note(row, f"a start of {first}", "not carried: in Flee it never begins")
        return None
    if first >= days:
        log.note(row, f"a start on day {first}", f"left out: the run ends on day {days - 1}")
        return None
    if stop == first:
        log.note(row, f"start and end on day {first}", "not carried: in Flee it opens again at once")
        return None
    if 0 <= stop < first and not (stop == 0 and kind == "remove_forced_redirection"):
        log.note(row, f"an end on day {stop}, before the start", "never reopens, as in Flee")
    elif stop < -1:
        log.note(row, f"an end of {stop}", "never reopens, as in Flee")
    stop = days if stop < first else min(stop, days)
    return Span(first, stop, f"{row.file.rpartition('/')[2]}:{row.line}")


def _day(row: quirks.Row, position: int, column: str, blank: int, closer: _Closer) -> int | None:
    """A day counted from the start, from a number or a date."""
    cell = row[position]
    if not cell:
        done = "read as day 0" if blank == 0 else "never reopens"
        closer.log.note(row, f"a blank {column}", done)
        return blank
    try:
        return int(units.parse_number(cell))
    except errors.Unreadable:
        quiet = quirks.Log()
        date = quirks.date(row, cell, column, quiet)
    if date is None:
        closer.log.fault(
            row, column, errors.quote(cell), "a day counted from 0, or -1", "write how many days after the start it is"
        )
        return None
    closer.log.note(row, f"the date {errors.quote(cell)}", "counted in days from the start")
    return max(0, closer.instance.day(date))


def _country(row: quirks.Row, span: Span, closer: _Closer) -> None:
    """Close every link between two countries."""
    names = [closer.name(row, row[position], closer.countries, "country") for position in (1, 2)]
    if None in names:
        return
    both = sorted(name for name in names if name is not None)
    pairs = [pair for pair in closer.links if sorted(closer.places[name].country for name in pair) == both]
    if not closer.shut(pairs, span):
        closer.log.note(row, f"no route between {errors.quote(row[1])} and {errors.quote(row[2])}", "closes nothing")


def _location(row: quirks.Row, span: Span, closer: _Closer) -> None:
    """Close every link of a place, or the one that the second name means."""
    name = closer.name(row, row[1], closer.names, "place")
    if name is None:
        return
    pairs = [pair for pair in closer.links if name in pair]
    other, land = closer.names.find(row[2]), closer.countries.find(row[2])
    if other == name or (land is not None and (other is None or land == closer.places[name].country)):
        other = None
    elif row[2] and other is None:
        closer.log.note(row, f"{errors.quote(row[2])}, no place or country", "ignored, as in Flee: all routes of "
                        f"{errors.quote(name)} are closed")  # fmt: skip
    if other is not None:
        joined = frozenset((name, other)) in closer.links
        pairs = [frozenset((name, other))] if joined else [pair for pair in closer.links if other in pair]
        done = f"closes the route between the two, not all of {errors.quote(name)}"
        if not joined:
            done = f"no route joins the two: closes the routes of {errors.quote(other)}"
        closer.log.note(row, f"{errors.quote(other)}, a place, as the second name", done)
    if not closer.shut(pairs, span):
        closer.log.note(row, f"{errors.quote(name)}, which no route joins", "closes nothing")


def _link(row: quirks.Row, span: Span, closer: _Closer) -> None:
    """Close one link."""
    names = [closer.name(row, row[position], closer.names, "place") for position in (1, 2)]
    pair = frozenset(name for name in names if name is not None)
    if None in names:
        return
    if pair not in closer.links:
        closer.log.note(row, f"no route between {errors.quote(row[1])} and {errors.quote(row[2])}", "closes nothing")
        return
    closer.shut([pair], span)


def _camp(row: quirks.Row, span: Span, closer: _Closer) -> None:
    """Close a camp; the roads through it stay open."""
    name = closer.name(row, row[1], closer.names, "place")
    if name is None:
        return
    if closer.places[name].kind != "camp":
        closer.log.note(row, f"{errors.quote(name)}, no camp but a {closer.places[name].type}", "not carried")
        return
    closer.camps[name].append(span)


def _remove(row: quirks.Row, span: Span, closer: _Closer) -> None:
    """End a forced redirection."""
    names = [closer.name(row, row[position], closer.names, "place") for position in (1, 2)]
    if names[0] is None or names[1] is None:
        return
    if (names[0], names[1]) not in closer.instance.redirects:
        found = f"no redirection from {errors.quote(names[0])} to {errors.quote(names[1])}"
        closer.log.note(row, found, "nothing to remove")
        return
    closer.removed[names[0], names[1]].append(span)


_APPLY = {
    "country": _country,
    "location": _location,
    "link": _link,
    "camp": _camp,
    "remove_forced_redirection": _remove,
}


def _redirect(closer: _Closer) -> None:
    """Close all other ways out of a place from where people are redirected, on the days on which they are."""
    ways_out = defaultdict(list)
    for pair in closer.links:
        for name in pair:
            ways_out[name].append(next(iter(pair - {name})))
    days = closer.instance.days
    targets: defaultdict[str, list[str]] = defaultdict(list)
    for start, end in closer.instance.redirects:
        targets[start].append(end)
    fresh: list[tuple[Way, Span]] = []
    for start, ends in targets.items():
        active = {end: _outside([*closer.removed[start, end], *closer.ways[start, end]], days) for end in ends}
        rows = ", ".join(str(closer.instance.redirects[start, end].line) for end in ends)
        why = f"routes.csv:{rows} redirected"
        some = [any(on) for on in zip(*active.values(), strict=True)]
        shut = {end: spans([off and not on for off, on in zip(some, active[end], strict=True)], why) for end in ends}
        others = spans(some, why)
        fresh += [((start, other), span) for other in ways_out[start] for span in shut.get(other, others)]
    for way, span in fresh:
        closer.ways[way].append(span)


def _outside(closed: Sequence[Span], days: int) -> list[bool]:
    """Whether a day is in none of the spans."""
    outside = [True] * days
    for span in closed:
        outside[span.first : span.stop] = [False] * (span.stop - span.first)
    return outside


def spans(closed: Sequence[bool], why: str) -> list[Span]:
    """The runs of days that are true."""
    found, first = [], None
    for day, shut in enumerate([*closed, False]):
        if shut and first is None:
            first = day
        elif not shut and first is not None:
            found.append(Span(first, day, why))
            first = None
    return found
