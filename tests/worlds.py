"""Tiny worlds for the tests: each one a handful of places in which one row of the table of a day can be seen at work.

`WORLDS` names them; `write(world, folder)` writes one as a scenario folder, so that a test goes through files as a user
does. Times are days from the start. `control` is one parameter changed by a visible amount: the comparison with the
oracle must notice it.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime
import pathlib
from collections.abc import Mapping, Sequence

START = datetime.date(2017, 3, 1)
Row = dict[str, object]
EVIDENCE = "id,reported_on,from,until,place,quantity,form,low,best,high,unit,source,credibility,group,note\n"

# Values of their own, so that a change of the package's defaults leaves the tiny worlds as they are.
PLAIN = {
    "speed_road": 20.0,
    "speed_foot": 3.5,
    "speed_boat": 2.0,
    "population_factor": 1.0,
    "memory_days": 10.0,
    "deaths_per_strike": 1.7,
    "fighting_danger": 0.1,
    "danger_push": 10.0,
    "home_pull": 3.0,
    "siege_push": 0.0,
    "neighbour_pull": -2.0,
    "reconsider": 0.1,
    "frailty": 0.8,
    "evacuation": 0.5,
    "shock_sd": 0.4,
    "shock_weeks": 3.0,
    "reconsider_scatter": 0.3,
    "patience_hours": 24.0,
    "risk_aversion": 4.0,
    "money_aversion": 1.0,
    "savings_spread": 0.8,
    "savings_decay": 0.002,
    "passage_grant": 0.0,
    "pull_camp": 0.0,
    "pull_refuge": -0.5,
    "known_people": 0.15,
    "conflict_push": 2.0,
    "crowding_floor": 0.05,
    "price_start": 30000.0,
    "price_response": 0.05,
    "price_limit": 1.0,
    "price_floor": 5000.0,
    "guides_per_1000": 0.6,
    "passages_per_guide": 4.0,
    "guide_capture": 0.005,
    "guide_entry": 0.01,
    "guide_pool": 3.0,
    "interception": 0.7,
    "guide_exposure": 0.4,
    "guide_mine_share": 0.5,
    "held_share": 0.2,
    "executed_share": 0.003,
    "held_days": 20.0,
    "mine_factor": 1.0,
    "crossing_factor": 1.0,
    "fighter_attrition": 0.01,
    "fighter_withdrawal": 0.01,
    "fighter_surrender": 0.002,
    "surrender_on_fall": 0.05,
    "leave_zone": 0.3,
    "travel_hours": 12.0,
    "unsheltered_push": 1.0,
    "return_rate": 0.1,
    "news_lag": 2.0,
}


@dataclasses.dataclass(frozen=True)
class World:
    """A scenario small enough for one page; if pinned, parameters not given are PLAIN, else the package's."""

    name: str
    days: int
    places: Sequence[Row]
    routes: Sequence[Row]
    events: Sequence[Row] = ()
    cohorts: Sequence[tuple[str, float, float]] = (("all", 1.0, 60000.0),)
    zones: Sequence[str] = ("t",)
    parameters: Mapping[str, float] = dataclasses.field(default_factory=dict)
    control: Mapping[str, float] = dataclasses.field(default_factory=dict)
    inflow: Sequence[tuple[int, int, str]] = ()
    pinned: bool = True


def _place(name: str, kind: str, **columns: object) -> Row:
    return {
        "id": name,
        "name": name,
        "name_ar": "",
        "kind": kind,
        "lat": 35.9,
        "lon": 39.0,
        "source": "made-up",
        **columns,
    }


def home(name: str, population: int, zone: str = "t") -> Row:
    """A place where people live at the start."""
    return _place(name, "home", population=population, zone=zone)


def waypoint(name: str) -> Row:
    """A place people only pass."""
    return _place(name, "waypoint")


def camp(name: str, **columns: object) -> Row:
    """A camp; capacity, shelter_cost, dwell_days and pull as given."""
    return _place(name, "camp", **columns)


def refuge(name: str, **columns: object) -> Row:
    """A host town; capacity, shelter_cost, dwell_days and pull as given."""
    return _place(name, "refuge", **columns)


def route(
    start: str,
    end: str,
    km: float,
    mode: str = "foot",
    *,
    mines: float = 0,
    crossing: float = 0,
    guided: bool = False,
    one_way: bool = False,
) -> Row:
    """A row of routes.csv; mines and crossing in deaths per 1,000."""
    row: Row = {
        "from": start,
        "to": end,
        "km": km,
        "mode": mode,
        "mines_per_1000": mines,
        "crossing_per_1000": crossing,
    }
    return row | {"guided": _yes(guided), "one_way": _yes(one_way), "source": "made-up"}


def event(day: int, kind: str, target: str, value: object, until: int | None = None) -> Row:
    """A row of events.csv from a day on, to another day inclusive or for ever."""
    row: Row = {"from": _date(day), "until": "" if until is None else _date(until), "kind": kind, "target": target}
    return row | {"value": value, "source": "made-up", "note": ""}


def write(world: World, folder: pathlib.Path) -> pathlib.Path:
    """Write a world as a scenario folder; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f'title = "{world.name}"', 'title_ar = ""', 'summary = "a tiny world"', f"start = {START}"]
    lines += [f"days = {world.days}", 'currency = "SYP"', f'departures = "{"given" if world.inflow else "simulated"}"']
    lines += ["", "[besieger]", 'name = "the besieger"', ""]
    for zone in world.zones:
        lines += ["[[zones]]", f'id = "{zone}"', f'name = "{zone}"', 'name_ar = ""', ""]
    for name, share, savings in world.cohorts:
        lines += ["[[cohorts]]", f'name = "{name}"', f"share = {share}", f"savings = {savings}", ""]
    lines += ["[parameters]"]
    values = {**(PLAIN if world.pinned else {}), **world.parameters}
    lines += [f'{name} = {{ default = {value}, prior = "fixed" }}' for name, value in values.items()]
    (folder / "scenario.toml").write_text("\n".join(lines), encoding="utf-8")
    place_columns = "id name name_ar kind zone lat lon population capacity shelter_cost dwell_days pull pcode source"
    _table(folder / "places.csv", place_columns, world.places)
    route_columns = "from to km mode one_way mines_per_1000 crossing_per_1000 guided source"
    _table(folder / "routes.csv", route_columns, world.routes)
    _table(folder / "events.csv", "from until kind target value source note", world.events)
    if world.inflow:
        rows = [{"date": _date(day), "persons": persons, "place": place} for day, persons, place in world.inflow]
        _table(folder / "inflow.csv", "date persons place", rows)
    (folder / "evidence.csv").write_text(EVIDENCE, encoding="utf-8")
    sources = "id,name,kind,reliability,interest,url\nmade-up,Made up for a test,test,F,,\n"
    (folder / "sources.csv").write_text(sources, encoding="utf-8")
    return folder


def _table(file: pathlib.Path, columns: str, rows: Sequence[Row]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns.split(), restval="")
        writer.writeheader()
        writer.writerows(rows)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _date(day: int) -> str:
    return (START + datetime.timedelta(days=day)).isoformat()


BUSY = {"reconsider": 0.4, "home_pull": -1.0, "shock_sd": 0.3, "reconsider_scatter": 0.2}
RICH_AND_POOR = (("poor", 0.5, 15000.0), ("rich", 0.5, 120000.0))

STRIKES = World(
    "strikes and felt danger",
    days=10,
    places=[home("a", 60), home("b", 40), camp("k")],
    routes=[route("a", "k", 20), route("b", "k", 20)],
    events=[
        event(0, "strikes", "t", 6, until=5),
        event(3, "strikes", "a", 4),
        event(2, "fighting", "b", 0.8, until=7),
        event(6, "truce", "t", 0.75, until=8),
    ],
    parameters={**BUSY, "home_pull": 1.0, "danger_push": 0.03, "fighting_danger": 2.0, "memory_days": 3.0},
    control={"deaths_per_strike": 2.2},
)

BESIEGER = World(
    "fighters and the fall of a place",
    days=10,
    places=[home("a", 30), home("b", 20), home("c", 20), refuge("r")],
    routes=[route("a", "r", 30), route("b", "r", 30), route("c", "r", 30)],
    events=[
        event(0, "fighters", "a", 30),
        event(0, "fighters", "b", 20),
        event(0, "fighters", "c", 10),
        event(6, "fighters", "c", 25),
        event(0, "fighting", "t", 0.5),
        event(4, "fighting", "a", 1.0, until=7),
        event(0, "exit_ban", "t", 1.0),
        event(3, "holder", "b", "other"),
    ],
    parameters={
        **BUSY,
        "news_lag": 2.0,
        "fighter_attrition": 0.15,
        "fighter_withdrawal": 0.2,
        "fighter_surrender": 0.1,
        "surrender_on_fall": 0.3,
        "leave_zone": 0.4,
        "held_share": 0.4,
    },
    control={"fighter_withdrawal": 0.3},
)

MARKET = World(
    "guides, price and the share of a crossing",
    days=12,
    places=[home("a", 60), home("b", 40), waypoint("w"), refuge("r")],
    routes=[route("a", "w", 7, guided=True), route("b", "w", 7, guided=True), route("w", "r", 35)],
    events=[
        event(0, "fighters", "a", 20),
        event(0, "fighters", "b", 20),
        event(0, "fighting", "b", 0.5),
        event(0, "exit_ban", "t", 0.9),
        event(4, "crossing", "a>w", 0.4),
        event(8, "route", "b>w", "closed", until=9),
        event(10, "crossing", "t", 0.7),
    ],
    cohorts=RICH_AND_POOR,
    parameters={
        **BUSY,
        "news_lag": 0.0,
        "guides_per_1000": 40.0,
        "passages_per_guide": 1.4,
        "price_response": 0.4,
        "price_limit": 0.8,
        "price_floor": 20000.0,
        "guide_capture": 0.15,
        "guide_entry": 0.6,
        "guide_pool": 2.0,
        "interception": 1.0,
        "guide_exposure": 0.2,
    },
    control={"guide_capture": 0.3},
)

NOISE = World(
    "shared shocks and local noise",
    days=15,
    places=[home("a", 60), home("b", 60), home("c", 60, zone="u"), home("d", 60, zone=""), camp("k")],
    routes=[route("a", "k", 20), route("b", "k", 20), route("c", "k", 20), route("d", "k", 20)],
    events=[event(0, "conflict", "d", 0.5)],
    zones=("t", "u"),
    parameters={"reconsider": 0.08, "home_pull": -5.0, "shock_sd": 0.8, "shock_weeks": 1.5, "reconsider_scatter": 0.6},
    control={"shock_sd": 0.4},
)

CHOICE = World(
    "alone or guided and who can pay",
    days=6,
    places=[
        home("a", 60),
        home("b", 40),
        waypoint("w"),
        camp("k", pull=0.5),
        refuge("r"),
        refuge("q", shelter_cost=9000),
    ],
    routes=[
        route("a", "w", 10, guided=True, mines=30),
        route("a", "k", 150, "road", crossing=20),
        route("b", "w", 4, guided=True, crossing=40),
        route("b", "w", 0.4, "boat", crossing=60),
        route("w", "k", 30, mines=10),
        route("w", "r", 60, "road"),
        route("r", "q", 20, "road"),
    ],
    events=[
        event(0, "fighters", "a", 30),
        event(0, "fighters", "b", 30),
        event(0, "exit_ban", "t", 0.5),
        event(2, "exit_ban", "t", 1.0),
        event(1, "mines", "a>w", 120),
    ],
    cohorts=[("poor", 0.4, 10000.0), ("middling", 0.4, 40000.0), ("rich", 0.2, 200000.0)],
    parameters={
        **BUSY,
        "home_pull": -2.0,
        "guides_per_1000": 50.0,
        "passages_per_guide": 20.0,
        "price_response": 0.0,
        "savings_decay": 0.03,
        "passage_grant": 4000.0,
        "money_aversion": 0.8,
        "news_lag": 2.0,
    },
    control={"money_aversion": 0.4},
)

FATES = World(
    "fates on the way out",
    days=10,
    places=[home("a", 70), home("b", 50), waypoint("w"), camp("k")],
    routes=[
        route("a", "w", 7, guided=True, mines=60, crossing=100),
        route("b", "w", 14, mines=100, crossing=30),
        route("w", "k", 7, mines=150),
    ],
    events=[
        event(0, "fighters", "a", 20),
        event(0, "fighters", "b", 10),
        event(3, "fighters", "b", 15),
        event(0, "exit_ban", "t", 0.7),
        event(6, "exit_ban", "t", 0.3),
        event(5, "mines", "w>k", 20),
        event(7, "holder", "b", "other"),
    ],
    parameters={
        **BUSY,
        "home_pull": -4.0,
        "reconsider": 0.2,
        "risk_aversion": 0.5,
        "guides_per_1000": 50.0,
        "passages_per_guide": 10.0,
        "held_share": 0.4,
        "executed_share": 0.15,
        "held_days": 3.0,
        "mine_factor": 1.5,
        "crossing_factor": 0.8,
    },
    control={"held_share": 0.5},
)

HOURS = World(
    "hours, waypoints and walking on",
    days=8,
    places=[home("a", 80), waypoint("w"), waypoint("v"), refuge("r"), refuge("q"), refuge("s"), camp("k")],
    routes=[
        route("a", "w", 17.5),
        route("a", "v", 1, "boat", crossing=20),
        route("w", "v", 10.5, mines=20),
        route("w", "r", 84),
        route("v", "q", 480, "road"),
        route("v", "k", 7, one_way=True),
        route("r", "q", 3.5),
        route("q", "s", 40, "road"),
    ],
    parameters={**BUSY, "home_pull": -3.0, "travel_hours": 6.0, "patience_hours": 40.0, "pull_refuge": 0.2},
    control={"travel_hours": 3.0},
)

CROWDED = World(
    "capacity, shelter, dwelling and moving on",
    days=12,
    places=[
        home("a", 100),
        camp("k", capacity=20, dwell_days=2),
        camp("l", capacity=30, shelter_cost=30000, pull=-1.5),
        refuge("r", shelter_cost=50000, dwell_days=3, pull=1),
        refuge("q", capacity=10, shelter_cost=20000, dwell_days=4, pull=1),
    ],
    routes=[
        route("a", "k", 14, mines=10),
        route("a", "l", 14),
        route("k", "r", 35, crossing=60),
        route("k", "l", 35),
        route("l", "q", 7),
        route("r", "q", 70),
    ],
    events=[
        event(3, "capacity", "k", 40, until=6),
        event(5, "shelter_cost", "r", 15000),
        event(7, "capacity", "l", ""),
        event(8, "capacity", "q", 0),
    ],
    cohorts=RICH_AND_POOR,
    parameters={**BUSY, "home_pull": -3.0, "unsheltered_push": 2.0, "crowding_floor": 0.1, "savings_decay": 0.04},
    control={"unsheltered_push": 0.5},
)

RETURNS = World(
    "going home",
    days=14,
    places=[home("a", 50), home("b", 40), home("c", 30, zone=""), waypoint("w"), camp("k", dwell_days=5), refuge("r")],
    routes=[
        route("a", "w", 7),
        route("b", "w", 14),
        route("a", "b", 3.5),
        route("w", "k", 7),
        route("c", "k", 87.5),
        route("k", "r", 35, mines=20),
    ],
    events=[
        event(0, "conflict", "c", 0.5, until=3),
        event(5, "holder", "a", "other"),
        event(8, "holder", "b", "other"),
        event(8, "fighting", "b", 0.5, until=9),
        event(10, "place", "c", "closed", until=11),
    ],
    cohorts=RICH_AND_POOR,
    parameters={**BUSY, "return_rate": 0.8, "home_pull": 0.5},
    control={"return_rate": 0.5},
)

TRAPPED = World(
    "trapped and turned away",
    days=8,
    places=[home("a", 60), home("b", 60), refuge("r")],
    routes=[route("a", "r", 14, guided=True, mines=50), route("b", "r", 21, guided=True, mines=20)],
    events=[event(0, "fighters", "a", 20), event(0, "fighters", "b", 20), event(0, "exit_ban", "t", 1.0)],
    cohorts=RICH_AND_POOR,
    parameters={
        **BUSY,
        "home_pull": 0.0,
        "guides_per_1000": 20.0,
        "passages_per_guide": 1.2,
        "price_start": 20000.0,
        "price_response": 0.2,
        "interception": 2.0,
        "guide_exposure": 0.1,
    },
    control={"risk_aversion": 3.0},
)

CORRIDOR = World(
    "a corridor",
    days=9,
    places=[home("a", 70), home("b", 30), waypoint("w"), camp("k")],
    routes=[route("a", "w", 7, guided=True, mines=40), route("w", "b", 7, crossing=30), route("w", "k", 14)],
    events=[
        event(0, "fighters", "t", 50),
        event(0, "exit_ban", "t", 1.0),
        event(2, "corridor", "a>w", 5.5, until=6),
        event(4, "corridor", "a>w", 2.25, until=5),
        event(5, "holder", "b", "other"),
    ],
    cohorts=RICH_AND_POOR,
    parameters={**BUSY, "home_pull": -1.0, "guides_per_1000": 30.0, "passages_per_guide": 1.0},
    control={"patience_hours": 8.0},
)

DISTRICTS = World(
    "the next district",
    days=9,
    places=[home("a", 50), home("b", 40), home("c", 30), home("d", 20, zone="u"), camp("k")],
    routes=[
        route("a", "b", 3.5, mines=30, crossing=20),
        route("b", "c", 42),
        route("a", "c", 7),
        route("c", "d", 7),
        route("b", "k", 14),
        route("d", "k", 14),
    ],
    events=[
        event(0, "fighters", "t", 60),
        event(0, "exit_ban", "t", 1.0),
        event(0, "strikes", "t", 5),
        event(2, "strikes", "b", 8, until=4),
        event(3, "place", "a", "closed", until=6),
        event(5, "holder", "b", "other"),
    ],
    zones=("t", "u"),
    parameters={
        **BUSY,
        "population_factor": 1.2,
        "siege_push": 1.0,
        "neighbour_pull": 0.5,
        "danger_push": 0.02,
        "evacuation": 0.7,
    },
    control={"neighbour_pull": 0.0},
)

GIVEN = World(
    "open mode with a given inflow",
    days=8,
    places=[
        home("a", 300),
        home("b", 100),
        home("c", 100, zone="u"),
        waypoint("w"),
        camp("k", dwell_days=4),
        refuge("r"),
    ],
    routes=[
        route("a", "w", 14),
        route("b", "w", 35, mines=50),
        route("a", "b", 7),
        route("c", "r", 40, "road"),
        route("w", "k", 7),
        route("w", "r", 21),
        route("k", "r", 14),
    ],
    events=[
        event(0, "holder", "t", "other"),
        event(2, "conflict", "a", 0.4),
        event(3, "conflict", "b", 1.0, until=5),
        event(0, "fighters", "c", 10),
        event(0, "exit_ban", "u", 0.5),
    ],
    zones=("t", "u"),
    inflow=[(0, 20, ""), (1, 15, "a"), (2, 30, ""), (3, 5, "c"), (4, 25, ""), (6, 10, "")],
    parameters={"pull_refuge": 0.3, "known_people": 1.0, "held_share": 0.5},
    control={"pull_refuge": 0.0},
)

CLOSED = World(
    "closed places",
    days=10,
    places=[
        home("a", 60),
        home("b", 30, zone=""),
        waypoint("w"),
        camp("k", dwell_days=9),
        camp("l"),
        refuge("r", dwell_days=6),
    ],
    routes=[
        route("a", "w", 7),
        route("b", "k", 7),
        route("w", "k", 14),
        route("k", "l", 14, mines=50),
        route("k", "r", 42),
        route("l", "r", 7),
    ],
    events=[
        event(2, "place", "k", "closed", until=5),
        event(3, "place", "a", "closed"),
        event(4, "place", "b", "closed", until=6),
        event(6, "place", "r", "closed", until=7),
        event(4, "route", "k>l", "closed", until=4),
    ],
    parameters={**BUSY, "home_pull": 1.0, "evacuation": 0.6, "travel_hours": 8.0},
    control={"evacuation": 0.8},
)

KNOWN = World(
    "known people and conflict at the destination",
    days=10,
    places=[home("a", 250), refuge("r"), refuge("q", pull=-0.2), camp("k")],
    routes=[route("a", "r", 14), route("a", "q", 14), route("a", "k", 21)],
    events=[event(0, "conflict", "r", 0.3, until=4), event(6, "conflict", "q", 0.6)],
    parameters={
        **BUSY,
        "reconsider": 0.25,
        "frailty": 0.2,
        "home_pull": -3.0,
        "known_people": 2.0,
        "conflict_push": 3.0,
    },
    control={"known_people": 0.0},
)

WHOLE = World(
    "everything at once",
    days=14,
    places=[
        home("a", 60),
        home("b", 40),
        home("c", 20, zone=""),
        waypoint("w"),
        waypoint("v"),
        camp("k", capacity=40, dwell_days=4),
        refuge("r", shelter_cost=30000, dwell_days=8),
        refuge("q", capacity=30),
    ],
    routes=[
        route("a", "w", 7, guided=True, mines=40),
        route("a", "b", 3.5, mines=10),
        route("b", "v", 1, "boat", guided=True, crossing=50),
        route("c", "w", 20, "road"),
        route("w", "k", 21, mines=20),
        route("v", "r", 120, "road"),
        route("w", "v", 14),
        route("k", "r", 60, "road"),
        route("r", "q", 35),
    ],
    events=[
        event(0, "fighters", "a", 25),
        event(0, "fighters", "b", 15),
        event(0, "exit_ban", "t", 0.9),
        event(1, "strikes", "t", 3, until=9),
        event(3, "fighting", "t", 0.7, until=9),
        event(4, "conflict", "c", 0.5, until=7),
        event(5, "crossing", "b>v", 0.3),
        event(6, "corridor", "a>w", 3.5, until=7),
        event(8, "holder", "b", "other"),
        event(11, "holder", "a", "other"),
    ],
    cohorts=[("poor", 0.55, 15000.0), ("rich", 0.45, 100000.0)],
    parameters={
        **BUSY,
        "news_lag": 3.0,
        "siege_push": 0.5,
        "guides_per_1000": 50.0,
        "passages_per_guide": 1.5,
        "price_response": 0.3,
        "guide_entry": 0.3,
        "guide_capture": 0.05,
        "fighter_attrition": 0.1,
        "fighter_withdrawal": 0.1,
        "neighbour_pull": 0.0,
        "danger_push": 0.03,
        "held_share": 0.3,
        "executed_share": 0.1,
        "held_days": 4.0,
        "return_rate": 0.5,
        "shock_sd": 0.5,
    },
    control={"reconsider": 0.48},
)

WORLDS = (
    *(STRIKES, BESIEGER, MARKET, NOISE, CHOICE, FATES, HOURS, CROWDED),
    *(RETURNS, TRAPPED, CORRIDOR, DISTRICTS, GIVEN, CLOSED, KNOWN, WHOLE),
)
