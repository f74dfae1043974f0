"""What a member costs: `python benchmarks/scaling.py [--scenario NAME] [--out FILE.json]`.

Five tables: a member against the people in it, against places and routes, members a second by workers, what one draw
costs, and how much of a member is drawing. Times are processor seconds (members a second: wall clock) after everything
has been compiled, the best of a few runs. Scenarios are made up and go through files, as a user's would; departures are
given. People must be conserved in every run, or it ends there.
"""

import argparse
import csv
import datetime
import itertools
import json
import math
import sys
import tempfile
import time
from pathlib import Path

import draws
import numpy as np

from maabar import ensemble, scenario, world

START = datetime.date(2030, 1, 1)
SPACING = 0.4  # between neighbouring places [degree]
KM_PER_DEGREE = 111.0
PEOPLE = tuple(10**power for power in range(4, 9))
SIZES = ((20, 60), (300, 1_500), (1_000, 5_000), (1_000, 10_000))  # places and roads; a road is a route each way
SMALL, MEMBERS, WORKERS, COUNTED_DAYS = SIZES[0], 100, (1, 2), 30


def positions(places, luck):
    """Latitudes and longitudes of places on a crooked grid (p, 2) [degree]."""
    width = math.isqrt(places - 1) + 1
    grid = np.array([divmod(at, width) for at in range(places)], dtype=float)
    return SPACING * (grid + luck.uniform(-0.3, 0.3, grid.shape) - width / 2)


def links(points, routes):
    """Pairs of places that are joined, as {(a, b): km}: each with its nearest predecessor, then the shortest pairs."""
    far = KM_PER_DEGREE * np.linalg.norm(points[:, None] - points[None, :], axis=2)
    pairs = [(int(np.argmin(far[b, :b])), b) for b in range(1, len(points))]
    shortest = np.column_stack(np.unravel_index(np.argsort(far, axis=None, kind="stable"), far.shape))
    nearest = ((int(a), int(b)) for a, b in shortest if a < b)
    found = dict.fromkeys(itertools.chain(pairs, nearest))
    return {pair: round(float(far[pair]), 1) for pair in itertools.islice(found, routes)}


def table(path, *rows):
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


def write(folder, places, routes, people, days):
    """A made-up open conflict: three places in ten are homes in conflict, two are camps, the rest are waypoints."""
    folder.mkdir(parents=True)
    luck = np.random.default_rng(places)
    points = positions(places, luck)
    kinds = ["home" if at % 10 in (0, 3, 6) else "camp" if at % 10 in (5, 9) else "waypoint" for at in range(places)]
    homes = [at for at in range(places) if kinds[at] == "home"]
    settlers = {"home": max(1, people // len(homes)), "camp": 0, "waypoint": 0}
    head = f'title = "Made up"\nsummary = "A benchmark."\nstart = {START}\ndays = {days}\ncurrency = "XTS"\n'
    (folder / "scenario.toml").write_text(head + 'departures = "given"\nlimits = []\n', encoding="utf-8")
    rows = [
        (f"p{at}", f"Place {at}", kinds[at], round(points[at, 0], 4), round(points[at, 1], 4), settlers[kinds[at]])
        for at in range(places)
    ]
    table(folder / "places.csv", ("id", "name", "kind", "lat", "lon", "population"), *rows)
    joined = [(f"p{a}", f"p{b}", km, "road") for (a, b), km in links(points, routes).items()]
    table(folder / "routes.csv", ("from", "to", "km", "mode"), *joined)
    begins = [START + datetime.timedelta(int(luck.integers(days))) if at else START for at in homes]
    fights = [(day, "", "conflict", f"p{at}", 1, "") for day, at in zip(begins, homes, strict=True)]
    table(folder / "events.csv", ("from", "until", "kind", "target", "value", "source"), *fights)
    so_far = [people * day // days for day in range(days + 1)]
    flow = [(START + datetime.timedelta(day), so_far[day + 1] - so_far[day]) for day in range(days)]
    table(folder / "inflow.csv", ("date", "persons"), *flow)
    return folder


def member(compiled, times):
    """Processor seconds of one member with default parameters, and what it recorded; people must be conserved."""
    best = math.inf
    for _ in range(times):
        begun = time.process_time()
        found = ensemble.simulate(compiled, members=1, seed=1, sample_parameters=False)
        best = min(best, time.process_time() - begun)
        if not found["conserved"].all():
            sys.exit(f"{compiled.scenario.name}: people were not conserved")
    return best, found


def cells(found):
    """Pairs of link and day that anybody set out on, and of place and day where anybody was."""
    return int(np.count_nonzero(found["departures"]) + np.count_nonzero(found["present"]))


def measured(scratch, size, people, days, times):
    """One row about one made-up scenario."""
    folder = write(scratch / f"network-{size[0]}-{size[1]}-{people}-{days}", *size, people, days)
    begun = time.process_time()
    compiled = world.compile(scenario.load(folder))
    reading = time.process_time() - begun
    seconds, found = member(compiled, times)
    busy = cells(found)
    row = {"places": size[0], "routes": size[1], "people": people, "days": days, "seconds": seconds}
    return row | {"reading": reading, "cells": busy, "nanoseconds_a_cell": 1e9 * seconds / busy}


def against_people(scratch):
    """One member against the people in it."""
    return [measured(scratch, SMALL, people, 140, 5) for people in PEOPLE]


def against_size(scratch):
    """One member against places and routes, with the most people and 1,000 days."""
    return [measured(scratch, size, PEOPLE[-1], 1_000, 1) for size in SIZES]


def by_workers(name):
    """Members a second of a real scenario, by the number of threads."""
    compiled = world.compile(scenario.load(name))
    rows = []
    for workers in WORKERS:
        begun = time.perf_counter()
        ensemble.simulate(compiled, members=MEMBERS, seed=1, workers=workers)
        rows.append({"workers": workers, "members_a_second": MEMBERS / (time.perf_counter() - begun)})
    return rows


def of_draws(scratch):
    """How long a member takes, and how long its draws alone would take at the cost of the bare generator [s]."""
    cost, rows = draws.costs(), []
    for people in PEOPLE[::2]:
        folder = write(scratch / f"counted-{people}", *SMALL, people, COUNTED_DAYS)
        seconds, _ = member(world.compile(scenario.load(folder)), 5)
        made = draws.counts(folder)
        drawing = sum(made[kind] * cost[kind] for kind in made) / 1e9
        rows.append({"people": people, "seconds": seconds, "drawing": drawing, "share": drawing / seconds} | made)
    return rows


def everything(name, scratch):
    """All tables by name."""
    ensemble.warm_up(world.compile(scenario.load(name)))
    return {
        "people": against_people(scratch),
        "size": against_size(scratch),
        "workers": by_workers(name),
        "cost": [{"draw": kind, "nanoseconds": cost} for kind, cost in draws.costs().items()],
        "draws": of_draws(scratch),
    }


def main():
    """Measure, print, and write a JSON file where asked to."""
    parser = argparse.ArgumentParser(description="what a member costs")
    parser.add_argument("--scenario", default="raqqa-2017", help="a real scenario, for members a second")
    parser.add_argument("--out", type=Path, help="a JSON file to write")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="maabar-scaling-") as scratch:
        found = everything(wanted.scenario, Path(scratch))
    for name, rows in found.items():
        print(name)
        for row in rows:
            print("  " + ", ".join(f"{key} {f'{x:,.4g}' if isinstance(x, float) else x}" for key, x in row.items()))
    if wanted.out:
        wanted.out.write_text(json.dumps(found | {"scenario": Path(wanted.scenario).name}))


if __name__ == "__main__":
    main()
