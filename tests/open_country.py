"""A small conflict with given departures, as files: two towns in conflict, a crossroads, three camps, counts."""

import pathlib

DAYS = 40
PLACES = """\
id,name,kind,lat,lon,population,capacity,flee_name
old-town,Old Town,home,10.0,20.0,40000,,Old_Town
new-town,New Town,home,10.2,20.0,20000,,New_Town
cross,Crossroads,waypoint,10.4,20.2,,,Crossroads
lake,Lake Camp,camp,11.0,20.0,200,6000,Lake
hill,"Hill, upper",camp,11.0,20.6,0,3000,
wood,Wood,camp,11.4,20.9,0,,Wood
"""
ROUTES = """\
from,to,km,mode
old-town,cross,60,road
new-town,cross,40,road
cross,lake,90,road
cross,hill,120,road
hill,wood,70,road
"""
EVENTS = """\
from,until,kind,target,value,source,note
2012-01-01,,conflict,old-town,1,monitor,
2012-01-11,,conflict,new-town,0.5,monitor,
"""
SOURCES = """\
id,name,kind,reliability,interest,url
registration,Registration in the camps,agency,B,,
monitor,A monitor,agency,B,,
"""
COUNTS = (
    ("lake", 1, 200), ("lake", 11, 1200), ("lake", 31, 2200),
    ("hill", 1, 0), ("hill", 21, 800), ("hill", 31, 600),
)  # fmt: skip
SETTINGS = """\
title = "An open country"
summary = "Two towns in conflict and three camps, two of them with counts."
start = 2012-01-01
days = 40
currency = "coin"
departures = "given"

[[cohorts]]
name = "everyone"
share = 1.0
savings = 1000
"""


def write(folder: pathlib.Path, *, counts: tuple[tuple[str, int, int], ...] = COUNTS) -> pathlib.Path:
    """The scenario as a folder; counts are of (place, day of January, people)."""
    folder.mkdir(parents=True)
    rows = [
        f"c{at},2012-01-{day:02},2012-01-{day:02},2012-01-{day:02},{place},present,exact,{people},person,registration,2"
        for at, (place, day, people) in enumerate(counts)
    ]
    evidence = "id,reported_on,from,until,place,quantity,form,best,unit,source,credibility"
    inflow = [f"2012-01-{day:02},{0 if day == 1 else 90}" for day in range(1, 32)]
    for name, text in {
        "scenario.toml": SETTINGS,
        "places.csv": PLACES,
        "routes.csv": ROUTES,
        "events.csv": EVENTS,
        "sources.csv": SOURCES,
        "evidence.csv": "\n".join([evidence, *rows]) + "\n",
        "inflow.csv": "\n".join(["date,persons", *inflow]) + "\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
