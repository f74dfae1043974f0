"""An instance of Flee as facts: its places, routes, days of conflict and period.

In: the folder `input_csv` of an instance. Out: an `Instance`; what was read otherwise than written, and what cannot be
read, goes to the log. Where Flee reads a row this reader reads it too; where Flee would read it silently as something
else, the note says so. Closures are read by `fleeclosures`, counts by `fleecounts`.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from maabar import errors, header, units
from maabar.formats import fleecells, quirks

Kind = Literal["camp", "conflict", "flood", "other"]
# A part of the type as Flee looks for it, in its order, and what it is here.
TYPES: tuple[tuple[str, Kind], ...] = (
    ("camp", "camp"),
    ("conflict", "conflict"),
    ("forward", "other"),
    ("marker", "other"),
    ("flood", "flood"),
    ("default", "other"),
    ("town", "other"),
)
TYPE_NAMES = ("camp", "idpcamp", "conflict_zone", "town", "forwarding_hub", "marker", "flood_zone", "default")
LOCATION_WORDS = frozenset(
    {"name", "region", "country", "latitude", "longitude", "lat", "lon", "long", "gps_x", "gps_y", "location_type",
     "conflict_date", "population", "population/capacity", "pop/cap", "capacity"}
)  # fmt: skip
ROUTE_WORDS = frozenset({"name1", "name2", "distance", "distance[km]", "distance [km]", "forced_redirection"})
LOCATION_WIDTH, ROUTE_WIDTH = 8, 4  # cells; those beyond are attributes
LONGEST_ROUTE = 20_000  # km
HOLDS_NO_NAME = "a blank cell"


@dataclass(frozen=True)
class Place:
    """A row of locations.csv.

    type    as written; `kind` is what Flee makes of it
    since   first day of conflict by this row [day]; None: none
    people  who live there, or the capacity of a camp [person]
    """

    name: str
    region: str
    country: str
    lat: float
    lon: float
    type: str
    kind: Kind
    since: int | None
    people: int
    attributes: Mapping[str, str]
    row: quirks.Row


@dataclass(frozen=True)
class Link:
    """A row of routes.csv: a way in both directions [km]."""

    first: str
    second: str
    km: float
    row: quirks.Row


@dataclass(frozen=True)
class Instance:
    """What the folder input_csv says.

    conflict   intensity 0..1 of each day of the run, by place; places without are absent
    redirects  (from, to): whoever leaves `from` goes to `to`
    """

    name: str
    start: dt.date
    days: int
    places: tuple[Place, ...]
    links: tuple[Link, ...]
    redirects: Mapping[tuple[str, str], quirks.Row]
    conflict: Mapping[str, tuple[float, ...]]

    def day(self, date: dt.date) -> int:
        """Days from the start to a date."""
        return (date - self.start).days


def missing(folder: Path, name: str, log: quirks.Log) -> None:
    """A file that must be there and is not; the cure names one that looks like it."""
    there = [entry.name for entry in folder.iterdir() if entry.suffix.casefold() == ".csv"] if folder.is_dir() else []
    close = errors.nearest(name, there, 0.75)
    cure = f"rename {errors.quote(close)} to {name}" if close else "add the file, or check the folder"
    log.fault(quirks.whole(folder / name), None, "no such file", fleecells.WHAT, cure)


def period(folder: Path, log: quirks.Log) -> tuple[dt.date, int] | None:
    """The first day and the number of days of the run; None and faults if they are not there."""
    newer = fleecells.beside(folder, "sim_period.csv", log)
    old = fleecells.beside(folder, "conflict_period.csv", log)
    path = newer or old
    if path is None:
        missing(folder, "sim_period.csv", log)
        return None
    if old is not None:
        done = "not read: sim_period.csv is there" if newer else "read"
        log.note(quirks.whole(old), "the old name of sim_period.csv", done)
    comments: list[quirks.Row] = []
    rows = fleecells.rows(path, log, comments)
    if rows is None:
        return None
    found = _settings(sorted([*comments, *rows], key=lambda row: row.line or 0))
    start, days = (_start(path, found.get("startdate"), log), _length(path, found.get("length"), log))
    return (start, days) if start is not None and days is not None else None


def _settings(rows: Sequence[quirks.Row]) -> dict[str, tuple[quirks.Row, str]]:
    """Row and text of StartDate and Length, whether they stand side by side or one over the other."""
    found: dict[str, tuple[quirks.Row, str]] = {}
    for row, below in itertools.zip_longest(rows, rows[1:]):
        keys = [re.sub("[^a-z]", "", cell.casefold()) for cell in row.cells]
        if below is not None and {"startdate", "length"} <= set(keys):
            return {key: (below, below[keys.index(key)]) for key in ("startdate", "length")}
        if keys:
            found.setdefault(keys[0], (row, row[1]))
    return found


def _start(path: Path, given: tuple[quirks.Row, str] | None, log: quirks.Log) -> dt.date | None:
    row, cell = given or (quirks.whole(path), "")
    if not cell:
        log.fault(row, "StartDate", "nothing", "a date like 2017-06-06", "write StartDate and the first day")
        return None
    return quirks.date(row, cell, "StartDate", log)


def _length(path: Path, given: tuple[quirks.Row, str] | None, log: quirks.Log) -> int | None:
    row, cell = given or (quirks.whole(path), "")
    expected = f"a whole number of days from 1 to {header.LONGEST_RUN}"
    if not cell:
        log.fault(row, "Length", "nothing", expected, "write Length and the number of days")
        return None
    value = quirks.number(row, "Length", cell, log, expected)
    if value is None:
        return None
    if not 1 <= value <= header.LONGEST_RUN or value != int(value):
        log.fault(row, "Length", errors.quote(cell), expected, "write how many days it runs")
        return None
    return int(value)


def locations(folder: Path, start: dt.date, log: quirks.Log) -> tuple[Place, ...]:
    """The places; of rows with one name the last holds, as in Flee."""
    path = fleecells.beside(folder, "locations.csv", log)
    if path is None:
        missing(folder, "locations.csv", log)
        return ()
    comments: list[quirks.Row] = []
    rows = fleecells.rows(path, log, comments)
    if rows is None:
        return ()
    if rows and fleecells.is_header(rows[0], LOCATION_WORDS):
        comments.append(rows.pop(0))
    head = next((row for row in comments if len(row.cells) >= LOCATION_WIDTH), None)
    if not rows:
        log.fault(quirks.whole(path), None, "no place", "a place in each row", "add the places")
    found: dict[str, Place] = {}
    for row in rows:
        place = _place(row, head, start, log)
        if place is None:
            continue
        if place.name in found:
            first = found.pop(place.name)
            same = first.row.cells == place.row.cells
            done = "read once" if same else "this row holds, as in Flee"
            log.note(row, f"{errors.quote(place.name)} again, first in line {first.row.line}", done)
        found[place.name] = place
    _attributes(head, log)
    return tuple(sorted(found.values(), key=lambda place: place.row.line or 0))


def _attributes(head: quirks.Row | None, log: quirks.Log) -> None:
    """Name the columns beyond the eighth."""
    names = [name for name in (head.cells[LOCATION_WIDTH:] if head else ()) if name]
    if head is not None and names:
        log.note(head, "columns " + ", ".join(map(errors.quote, names)), "kept in places.csv")


def _place(row: quirks.Row, head: quirks.Row | None, start: dt.date, log: quirks.Log) -> Place | None:
    """A place, with neutral values where there are faults; None if the row is none."""
    row, written = quirks.joined(row, 7, max(LOCATION_WIDTH, len(head.cells) if head else 0))
    if written:
        log.like(row, errors.quote(written), "read with a mark between thousands")
    if len(row.cells) < 6:
        expected = "name, region, country, latitude, longitude, type"
        log.fault(row, None, f"{len(row.cells)} cells", expected, "complete the row, or delete it")
        return None
    if not row[0]:
        log.fault(row, "name", HOLDS_NO_NAME, "the name of a place", "write its name, or delete the row")
        return None
    lat, lon = _coordinates(row, head, log)
    kind = _kind(row, log)
    since = _since(row, start, log) if kind == "conflict" else None
    people = quirks.people(row, "population", _unsigned(row, kind, log), log)
    names = head.cells[LOCATION_WIDTH:] if head else ()
    attributes = {name: row[LOCATION_WIDTH + place] for place, name in enumerate(names) if name}
    country = row[2] or "unknown"
    return Place(row[0], row[1], country, lat, lon, row[5], kind, since, people or 0, attributes, row)


def _unsigned(row: quirks.Row, kind: Kind, log: quirks.Log) -> str:
    """The cell of the population, '' where it is below 0: a camp without limit, or a mistake."""
    if row[7].startswith("-") and row[7][1:2].isdigit():
        if kind != "camp":
            log.note(row, f"a population of {errors.quote(row[7])}", "read as 0")
        return ""
    return row[7]


def _coordinates(row: quirks.Row, head: quirks.Row | None, log: quirks.Log) -> tuple[float, float]:
    """Latitude and longitude [degree]; (0, 0) and a note where there are none: only maps need them."""
    values = []
    for position, name in ((3, "latitude"), (4, "longitude")):
        if not row[position] or row[position].casefold() in quirks.NOTHING:
            log.like(row, f"no {name}", "read as 0, as in Flee: the map is wrong there")
            values.append(0.0)
        else:
            value = quirks.number(row, name, row[position], log, f"a {name}", comma=True)
            values.append(0.0 if value is None else value)
    lat, lon = values
    exchanged = head is not None and head[3].casefold().startswith("lon") and head[4].casefold().startswith("lat")
    if exchanged or (abs(lat) > 90 and abs(lon) <= 90):
        log.like(row, f"longitude {row[3]} before latitude {row[4]}", "exchanged")
        lat, lon = lon, lat
    if abs(lat) > 90 or abs(lon) > 180:
        log.like(row, f"latitude {row[3]}, longitude {row[4]}", "no place on Earth: the map shows 0, 0")
        return 0.0, 0.0
    return lat, lon


def _kind(row: quirks.Row, log: quirks.Log) -> Kind:
    """What Flee makes of a type: the first part of a word that it knows."""
    written = row[5].casefold()
    for part, kind in TYPES:
        if part in written:
            return kind
    found = errors.quote(row[5]) if row[5] else "a blank type"
    close = errors.nearest(row[5], TYPE_NAMES) if row[5] else None
    done = "read as a town" + (f"; did you mean {errors.quote(close)}?" if close else "")
    log.note(row, f"{found}, no type of Flee", done)
    return "other"


def _since(row: quirks.Row, start: dt.date, log: quirks.Log) -> int:
    """The day from the start on which a conflict zone becomes one; 0 where it is one from before."""
    if not row[6]:
        log.like(row, "no conflict_date at a conflict zone", "read as day 0")
        return 0
    try:
        return max(0, int(units.parse_number(row[6], "a day")))
    except errors.Unreadable:
        day = quirks.date(row, row[6], "conflict_date", log)
    if day is None:
        return 0
    log.like(row, f"the date {errors.quote(row[6])}", "counted in days from the start")
    return max(0, (day - start).days)


def routes(
    folder: Path, places: Sequence[Place], log: quirks.Log
) -> tuple[tuple[Link, ...], dict[tuple[str, str], quirks.Row]]:
    """The links, each once, and the redirections (from, to) with their rows."""
    path = fleecells.beside(folder, "routes.csv", log)
    if path is None:
        missing(folder, "routes.csv", log)
        return (), {}
    comments: list[quirks.Row] = []
    rows = fleecells.rows(path, log, comments)
    if rows and fleecells.is_header(rows[0], ROUTE_WORDS):
        comments.append(rows.pop(0))
    head = next((row for row in comments if len(row.cells) >= 3), None)
    if rows is not None and not rows:
        log.fault(quirks.whole(path), None, "no route", "a route in each row", "add the routes")
    names = quirks.Names(place.name for place in places)
    links: dict[frozenset[str], Link] = {}
    redirects: dict[tuple[str, str], quirks.Row] = {}
    for row in rows or ():
        row, written = quirks.joined(row, 2, max(ROUTE_WIDTH, len(head.cells) if head else 0))
        if written:
            log.like(row, errors.quote(written), "read with a mark between thousands")
        link = _link(row, names, log) if places else None
        if link is not None:
            _add(links, link, log)
            redirects |= _redirect(link, log)
    if head is not None and len(head.cells) > ROUTE_WIDTH:
        extra = ", ".join(errors.quote(name) for name in head.cells[ROUTE_WIDTH:] if name)
        log.note(head, f"columns {extra}", "not carried")
    return tuple(links.values()), redirects


def _link(row: quirks.Row, names: quirks.Names, log: quirks.Log) -> Link | None:
    """A link between two places; None with a fault, or with a note for a way from a place to itself."""
    if len(row.cells) < 3:
        log.fault(row, None, f"{len(row.cells)} cells", "name1, name2, distance", "complete the row, or delete it")
        return None
    ends = []
    for column, cell in (("name1", row[0]), ("name2", row[1])):
        name = names.read(row, cell, log)
        if name is None:
            cure = log.close(cell, names.exact, "add it to locations.csv, or correct the name")
            found = errors.quote(cell) if cell else HOLDS_NO_NAME
            log.fault(row, column, found, "a place of locations.csv", cure)
        ends.append(name)
    expected = f"a distance in km above 0 and up to {LONGEST_ROUTE}"
    km = quirks.number(row, "distance", row[2], log, expected) if row[2] else 0.0
    if km is not None and not 0 < km <= LONGEST_ROUTE:
        found = errors.quote(row[2]) if row[2] else "a blank cell"
        log.fault(row, "distance", found, expected, "write the road distance in kilometres")
        return None
    if ends[0] is None or ends[1] is None or km is None:
        return None
    if ends[0] == ends[1]:
        log.note(row, f"a route from {errors.quote(ends[0])} to itself", "left out")
        return None
    return Link(ends[0], ends[1], km, row)


def _add(links: dict[frozenset[str], Link], link: Link, log: quirks.Log) -> None:
    """Add a link; of two between the same places the shorter holds."""
    key = frozenset((link.first, link.second))
    first = links.setdefault(key, link)
    if first is link:
        return
    found = f"{errors.quote(link.first)} to {errors.quote(link.second)} again, first in line {first.row.line}"
    if link.km == first.km:
        log.note(link.row, found, "read once")
        return
    log.note(link.row, found, f"the shorter holds, {units.plain(min(link.km, first.km))} km")
    if link.km < first.km:
        links[key] = Link(first.first, first.second, link.km, first.row)


def _redirect(link: Link, log: quirks.Log) -> dict[tuple[str, str], quirks.Row]:
    """The forced redirection of a row: 1 leads from name2 to name1, 2 from name1 to name2."""
    cell = link.row[3]
    if cell.casefold() in quirks.NOTHING | {"", "0", "0.0", "false", "no"}:
        return {}
    if cell in ("1", "1.0"):
        return {(link.second, link.first): link.row}
    if cell in ("2", "2.0"):
        return {(link.first, link.second): link.row}
    log.note(link.row, f"a forced_redirection of {errors.quote(cell)}", "not 0, 1 or 2: no redirection")
    return {}
