"""Places, routes, inflow and map lines from their tables.

In: the CSV files of a scenario. Out: tuples of `facts`; a row with a fault is kept with neutral values, so that its id
stays known to the checks across files, and its line is listed in `Network.faulty`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from maabar import cells, errors, facts, tables


def _degrees(name: str) -> cells.Column:
    lower, upper, what = (-90, 90, "a latitude") if name == "lat" else (-180, 180, "a longitude")
    cure = "write WGS84 degrees; are lat and lon exchanged?"
    return cells.Column(name, "number", required=True, lower=lower, upper=upper, what=what, cure=cure)


def _deaths(name: str) -> cells.Column:
    cure = "write deaths per 1,000 people on the way"
    return cells.Column(name, "number", lower=0, upper=1000, default=0.0, what="deaths per 1,000", cure=cure)


PLACE_COLUMNS = (
    cells.Column("id", "id", required=True, cure="write a short name such as ain-issa"),
    cells.Column("name", required=True, what="a name"),
    cells.Column("name_ar"),
    cells.Column("kind", "choice", required=True, choices=facts.PLACE_KINDS, cure="say what the place is"),
    cells.Column("zone"),
    _degrees("lat"),
    _degrees("lon"),
    cells.Column(
        "population",
        "whole",
        lower=0,
        upper=1e9,
        default=0,
        what="a number of people",
        cure="write people at the start",
    ),
    cells.Column("capacity", "number", lower=0, what="a capacity in people", cure="leave it blank for no limit"),
    cells.Column("shelter_cost", "number", lower=0, default=0.0, what="a cost", cure="write 0 where shelter is free"),
    cells.Column("dwell_days", "number", above=0, what="a mean stay in days", cure="leave it blank if nobody moves on"),
    cells.Column("pull", "number", lower=-20, upper=20, default=0.0, what="an attraction", cure="write 0 if unsure"),
    cells.Column("pcode"),
    cells.Column("iso3"),
    cells.Column("admin1"),
    cells.Column("admin1_pcode"),
    cells.Column("admin2"),
    cells.Column("admin2_pcode"),
    cells.Column("admin2_ar"),
    cells.Column("source"),
)
ROUTE_COLUMNS = (
    cells.Column("from", required=True, what="the id of a place", cure="write an id of places.csv"),
    cells.Column("to", required=True, what="the id of a place", cure="write an id of places.csv"),
    cells.Column(
        "km",
        "number",
        required=True,
        above=0,
        upper=20_000,
        what="a distance",
        cure="write the road distance in kilometres",
    ),
    cells.Column("mode", "choice", choices=facts.MODES, default="road", cure="say how people move on it"),
    cells.Column("one_way", "flag", default=False),
    _deaths("mines_per_1000"),
    _deaths("crossing_per_1000"),
    cells.Column("guided", "flag", default=False),
    cells.Column("source"),
)
INFLOW_COLUMNS = (
    cells.Column("date", "date", required=True, cure="write the day they set out"),
    cells.Column(
        "persons",
        "whole",
        required=True,
        lower=0,
        upper=1e9,
        what="a number of people",
        cure="write 0 for a day without",
    ),
    cells.Column("place"),
)
LINE_COLUMNS = (
    cells.Column("line", required=True, what="the name of a line", cure="write for example river"),
    cells.Column("name"),
    cells.Column("name_ar"),
    cells.Column("order", "number", required=True, what="the order of a point", cure="count the points from 1"),
    _degrees("lat"),
    _degrees("lon"),
)


@dataclass(frozen=True)
class Network:
    """Places and routes, and the lines of the tables that had faults."""

    places: tuple[facts.Place, ...]
    routes: tuple[facts.Route, ...]
    faulty_places: frozenset[int]
    faulty_routes: frozenset[int]


def read(folder: Path, faults: list[errors.Fault]) -> Network:
    """The places and routes of a scenario; faults within rows are appended."""
    place_rows = tables.read(folder / "places.csv", PLACE_COLUMNS, faults, key=("id",), at_least_one=True)
    route_rows = tables.read(folder / "routes.csv", ROUTE_COLUMNS, faults, at_least_one=True)
    return Network(
        tuple(facts.Place(**row.values, line=row.line, extra=row.extra) for row in place_rows),
        _routes(route_rows),
        frozenset(row.line for row in place_rows if row.faulty),
        frozenset(row.line for row in route_rows if row.faulty),
    )


def _routes(rows: Sequence[tables.Row]) -> tuple[facts.Route, ...]:
    """Routes with their ids: the mode is part of an id where several modes join the same two places."""
    modes = defaultdict(set)
    for row in rows:
        modes[frozenset((row["from"], row["to"]))].add(row["mode"])
    routes = []
    for row in rows:
        values = {name: value for name, value in row.values.items() if name not in ("from", "to")}
        several = len(modes[frozenset((row["from"], row["to"]))]) > 1
        name = f"{row['from']}>{row['to']}" + (f":{row['mode']}" if several else "")
        routes.append(facts.Route(row["from"], row["to"], **values, id=name, line=row.line, extra=row.extra))
    return tuple(routes)


def read_inflow(path: Path, faults: list[errors.Fault]) -> list[tuple[facts.Inflow, tables.Row]]:
    """Given departures with their rows; rows with faults are left out."""
    rows = tables.read(path, INFLOW_COLUMNS, faults, key=("date", "place"), at_least_one=True)
    return [(facts.Inflow(row["date"], row["persons"], row["place"]), row) for row in rows if not row.faulty]


def read_lines(path: Path, faults: list[errors.Fault]) -> tuple[facts.Line, ...]:
    """Lines of the map, their points in order; a line of one point is a fault."""
    points: dict[str, list[tables.Row]] = defaultdict(list)
    for row in tables.read(path, LINE_COLUMNS, faults, key=("line", "order")):
        points[row["line"]].append(row)
    lines = []
    for rows in points.values():
        first = rows[0]
        if len(rows) < 2 and not first.faulty:
            found = f"one point of {errors.quote(first['line'])}"
            faults.append(first.fault("line", found, "two points or more", "add the points it runs through"))
        rows.sort(key=lambda row: float(row["order"]))
        lines.append(facts.Line(first["name"], first["name_ar"], tuple((row["lat"], row["lon"]) for row in rows)))
    return tuple(lines)
