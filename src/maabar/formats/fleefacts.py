"""A whole Flee instance: its folders found, all its files read, and what each place is in maabar.

In: the folder of an instance. Out: `Facts`, or faults in the log. Every place with a day of conflict is a home, every
camp a camp, a town with counts of its own a refuge, and everything else a waypoint. Places from where no camp can be
reached are left out: nobody could be anywhere else on the way.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maabar import errors, files, scenario
from maabar.formats import fleecells, fleeclosures, fleeconflict, fleecounts, fleeread, fleesettings, quirks

INPUT, SOURCE = "input_csv", "source_data"
SHELTERS = ("camp", "refuge")


@dataclass(frozen=True)
class Facts:
    """An instance with its closures and counts, and what its places are here.

    kinds  home, camp, refuge or waypoint, of the places that are kept
    """

    instance: fleeread.Instance
    closures: fleeclosures.Closures
    series: tuple[fleecounts.Series, ...]
    kinds: Mapping[str, str]

    @property
    def places(self) -> list[fleeread.Place]:
        """The places that are kept."""
        return [place for place in self.instance.places if place.name in self.kinds]

    @property
    def links(self) -> list[fleeread.Link]:
        """The links between places that are kept."""
        return [link for link in self.instance.links if link.first in self.kinds and link.second in self.kinds]

    @property
    def total(self) -> NDArray[np.float64]:
        """People in all camps on each day (t)."""
        return fleecounts.total(self.series, self.instance.start, self.instance.days)


def read(folder: Path, source_data: Path | None, log: quirks.Log) -> Facts | None:
    """The facts of an instance; None if faults leave none."""
    given = Path(os.path.abspath(folder))
    inputs = _inputs(given, log)
    if inputs is None:
        return None
    main = inputs.parent if inputs.name == INPUT else inputs
    source = _source(main, source_data, log)
    instance = _instance(inputs, main.name, log)
    closures = fleeclosures.read(inputs, instance, log)
    corrections = fleecells.beside(inputs, fleecounts.CORRECTIONS, log)
    series = fleecounts.read(source, instance, corrections, log) if source is not None else ()
    fleesettings.settings(dict.fromkeys((main, inputs)), log)
    fleesettings.strangers(inputs, main, log)
    if log.faults:
        return None
    return _sorted(instance, closures, series, log)


def _instance(inputs: Path, name: str, log: quirks.Log) -> fleeread.Instance:
    """What input_csv says, but for closures; a neutral period stands in for a faulty one, so that reading goes on."""
    start, days = fleeread.period(inputs, log) or (dt.date(2000, 1, 1), 1)
    places = fleeread.locations(inputs, start, log)
    links, redirects = fleeread.routes(inputs, places, log)
    conflict = fleeconflict.read(inputs, places, start, days, log)
    return fleeread.Instance(name, start, days, places, links, redirects, conflict)


def _inputs(given: Path, log: quirks.Log) -> Path | None:
    """The folder input_csv of an instance; None and a fault if there is none."""
    if (given / INPUT).is_dir():
        return given / INPUT
    if given.is_dir() and (given.name == INPUT or any(files.exists(given / name) for name in fleesettings.READ)):
        return given
    found = "a folder without input_csv" if given.is_dir() else "a file" if given.is_file() else "no such folder"
    cure = "check the path" if not given.is_dir() else "name the folder that holds input_csv, or input_csv itself"
    shown = quirks.Row(str(given)[-scenario.LONGEST_NAME :], None)
    log.fault(shown, None, found, "the folder of a Flee instance", cure)
    return None


def _source(main: Path, source_data: Path | None, log: quirks.Log) -> Path | None:
    """The folder of data_layout.csv; None and a fault if there is none."""
    folder = Path(os.path.abspath(source_data)) if source_data is not None else main / SOURCE
    inner = folder / SOURCE
    if source_data is not None and inner.is_dir() and not files.exists(folder / fleecounts.LAYOUT):
        return inner
    if folder.is_dir():
        return folder
    row = quirks.Row(files.shown(folder), None)
    cure = "name the folder of data_layout.csv with --source-data: the people who set out come from its counts"
    log.fault(row, None, "a file" if folder.is_file() else "no such folder", "the folder of the counts", cure)
    return None


def _sorted(
    instance: fleeread.Instance,
    closures: fleeclosures.Closures,
    series: Sequence[fleecounts.Series],
    log: quirks.Log,
) -> Facts | None:
    """The facts with what every place is; None and faults if nobody could leave or arrive."""
    kinds = _kinds(instance, {one.camp for one in series}, log)
    homes = [one for one in series if kinds[one.camp] == "home"]
    for one in homes:
        log.note(one.row, f"{errors.quote(one.camp)}, a place with conflict", "its counts are left out")
    kept = tuple(one for one in series if kinds[one.camp] != "home")
    joined = _joined(instance, kinds, log)
    people = {place.name: place.people for place in instance.places}
    where = quirks.Row(instance.places[0].row.file, None)
    if not any(kind in SHELTERS for kind in kinds.values()):
        log.fault(where, "location_type", "no camp", "at least one", "give where people arrive the type camp")
    elif not kept:
        cure = "name the counts of a camp in data_layout.csv"
        log.fault(quirks.Row(series[0].row.file, None), None, "no camp with counts", "at least one", cure)
    elif not any(kind == "home" for kind in kinds.values()):
        cure = "write the days of conflict in conflicts.csv"
        log.fault(where, None, "no place with a day of conflict", "at least one, where people flee from", cure)
    elif not any(kind == "home" for kind in joined.values()):
        cure = "add the missing routes in routes.csv"
        log.fault(where, None, "no way from a place with conflict to a camp", "at least one", cure)
    elif not any(people[name] for name, kind in joined.items() if kind == "home"):
        cure = "write how many people live there"
        log.fault(where, "population", "no people at the places with conflict", "a population", cure)
    return None if log.faults else Facts(instance, closures, kept, joined)


def _kinds(instance: fleeread.Instance, counted: set[str], log: quirks.Log) -> dict[str, str]:
    """What each place is here."""
    kinds = {}
    for place in instance.places:
        if place.kind == "camp":
            kinds[place.name] = "camp"
        elif place.name in instance.conflict:
            kinds[place.name] = "home"
        else:
            kinds[place.name] = "refuge" if place.name in counted else "waypoint"
    floods = [place for place in instance.places if place.kind == "flood" and kinds[place.name] == "waypoint"]
    if floods and "home" not in kinds.values():
        for place in floods:
            kinds[place.name] = "home"
            log.like(place.row, f"{errors.quote(place.name)}, a flood zone, and no conflict anywhere",
                     "people set out from there")  # fmt: skip
    for place in instance.places:
        if kinds[place.name] == "refuge":
            log.note(
                place.row, f"{errors.quote(place.name)}, a {place.type or 'place'} with counts", "read as a refuge"
            )
        elif kinds[place.name] == "home" and not place.people:
            log.like(place.row, f"no population at {errors.quote(place.name)}, which has conflict",
                     "nobody sets out from there")  # fmt: skip
    return kinds


def _joined(instance: fleeread.Instance, kinds: Mapping[str, str], log: quirks.Log) -> dict[str, str]:
    """The places from where a camp can be reached, and the camps."""
    near: defaultdict[str, set[str]] = defaultdict(set)
    for link in instance.links:
        near[link.first].add(link.second)
        near[link.second].add(link.first)
    reached = {name for name, kind in kinds.items() if kind in SHELTERS}
    edge = list(reached)
    while edge:
        fresh = near[edge.pop()] - reached
        reached |= fresh
        edge.extend(fresh)
    for place in instance.places:
        name = errors.quote(place.name)
        if place.name not in reached:
            what = "from where no camp can be reached" if near[place.name] else "which no route joins"
            log.note(place.row, f"{name}, {what}", "left out")
        elif not near[place.name]:
            log.note(place.row, f"{name}, which no route joins", "stays, with the people there on day 0")
    return {name: kind for name, kind in kinds.items() if name in reached}
