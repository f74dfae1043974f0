"""What only shows when the files of a scenario are laid side by side.

In: facts whose own rows are in order. Out: faults of references, days and connections, each at the row that refers.
A row that already has a fault is left alone, and nothing is looked up in a table that could not be read, so that one
mistake is reported once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from maabar import cells, errors, events, evidence, facts, header, network, reach, tables

MOST_SUGGESTIONS = 200  # looking for close names takes milliseconds each; a file with more faults needs another cure


class Places:
    """The names of a scenario, and faults for those that are not among them."""

    def __init__(self, head: header.Header | None, net: network.Network) -> None:
        self.zones = {zone.id: zone for zone in head.zones} if head else {}
        self.has_zones = head is not None and head.zones_known
        # An id with a fault is also known by the way it should be written, so that references to it are left alone.
        self.places = {cells.slug(place.id): place for place in net.places if place.line in net.faulty_places}
        self.places |= {place.id: place for place in net.places if place.id}
        self.routes = {name: route for route in net.routes for name in (route.id, f"{route.start}>{route.end}")}
        self.backward = {f"{route.end}>{route.start}": route for route in net.routes}
        self.net = net
        self.suggestions = MOST_SUGGESTIONS

    def unknown(self, name: str, words: Iterable[str], file: str) -> tuple[str, str]:
        """Finding and cure for a name that is not among the words."""
        self.suggestions -= 1
        if self.suggestions < 0:
            return errors.quote(name), f"add it to {file}, or correct the id"
        return errors.quote(name), errors.suggestion(name, words, f"add it to {file}, or correct the id")


def all_of(
    head: header.Header | None,
    net: network.Network,
    located: Iterable[events.Located],
    inflow: Iterable[tuple[facts.Inflow, tables.Row]],
    faults: list[errors.Fault],
    folder: str,
) -> None:
    """Every check of places, routes, events and inflow; reports have their own (`reports`)."""
    names = Places(head, net)
    before = len(faults)
    _zones(names, head, faults, folder)
    _routes(names, faults, folder)
    if net.places and not net.faulty_places:
        reach.people(net, faults, folder)
    whole = len(faults) == before and not net.faulty_places and not net.faulty_routes
    if whole and net.places and net.routes:
        reach.connections(net, faults, folder, given=head is not None and head.departures == "given")
    for one in [*located, *(head.located if head else ())]:
        _event(names, one, head)
    for given, row in inflow:
        _inflow(names, given, row, head, faults)


def _place_fault(folder: str, place: facts.Place, column: str, found: str, expected: str, cure: str) -> errors.Fault:
    return errors.Fault(f"{folder}/places.csv", place.line, column, found, expected, cure)


def _zones(names: Places, head: header.Header | None, faults: list[errors.Fault], folder: str) -> None:
    """Homes have known zones, zones have homes, and only camps and refuges shelter people."""
    for place in names.net.places:
        if place.line in names.net.faulty_places:
            continue
        for column, found, expected, cure in _misplaced(place):
            faults.append(_place_fault(folder, place, column, found, expected, cure))
        if place.kind == "home" and place.zone and names.has_zones and place.zone not in names.zones:
            found, cure = names.unknown(place.zone, names.zones, "scenario.toml")
            faults.append(_place_fault(folder, place, "zone", found, "a zone of scenario.toml, or a blank cell", cure))
    if head is None or not names.places:
        return
    used = {place.zone for place in names.net.places}
    for zone in names.zones.values():
        if zone.id and zone.id not in used and not names.net.faulty_places:
            head.blame(
                "zones",
                f"{errors.quote(zone.id)} without a home",
                "a home of it in places.csv",
                "add one, or delete the zone",
            )
        if zone.id in names.places:
            head.blame(
                "zones",
                f"{errors.quote(zone.id)}, also the id of a place",
                "an id of its own",
                "rename the zone or the place",
            )


def _misplaced(place: facts.Place) -> list[tuple[str, str, str, str]]:
    """Cells of a place that its kind has no use for."""
    found = []
    kind = f"a blank cell at a {place.kind}"
    if place.kind != "home" and place.zone:
        found.append(("zone", errors.quote(place.zone), kind, "zones are of homes only"))
    if place.kind == "waypoint" and place.population:
        cure = "people at the start are in homes, camps and refuges only"
        found.append(("population", f"'{place.population}'", kind, cure))
    if place.kind in ("home", "waypoint"):
        for column, value in (
            ("capacity", place.capacity),
            ("shelter_cost", place.shelter_cost or None),
            ("dwell_days", place.dwell_days),
        ):
            if value is not None:
                found.append((column, f"'{value:g}'", kind, "only camps and refuges shelter people"))
    return found


def _routes(names: Places, faults: list[errors.Fault], folder: str) -> None:
    """Routes join two known places once, and guides lead out of zones."""
    first: dict[tuple[str, str, str], int] = {}
    for route in names.net.routes:
        if route.line in names.net.faulty_routes:
            continue
        problems = _ends(names, route) or _repeated(route, first)
        start = names.places.get(route.start)
        if not problems and route.guided and start and start.line not in names.net.faulty_places and not start.zone:
            expected = "a blank cell, as the route does not begin at a home of a zone"
            problems = [("guided", "'yes'", expected, "exchange from and to, or leave guided blank")]
        faults.extend(errors.Fault(f"{folder}/routes.csv", route.line, *problem) for problem in problems)


def _ends(names: Places, route: facts.Route) -> list[tuple[str, str, str, str]]:
    """Faults of the two ends of a route."""
    found = []
    for column, name in (("from", route.start), ("to", route.end)):
        if names.places and name not in names.places:
            what, cure = names.unknown(name, names.places, "places.csv")
            found.append((column, what, "a place of places.csv", cure))
    if route.start == route.end and not found:
        found.append(
            ("to", errors.quote(route.end), "another place than in 'from'", "delete the row or correct one end")
        )
    return found


def _repeated(route: facts.Route, first: dict[tuple[str, str, str], int]) -> list[tuple[str, str, str, str]]:
    """A fault if a direction of the route was already given by a row of the same mode."""
    ways = [(route.start, route.end, route.mode)]
    if not route.one_way:
        ways.append((route.end, route.start, route.mode))
    for way in ways:
        if way in first:
            found = f"{errors.quote('>'.join(way[:2]))} by {way[2]} again, first in line {first[way]}"
            return [("to", found, "each direction and mode once", "delete one of the rows, or set one_way on both")]
    first.update(dict.fromkeys(ways, route.line))
    return []


def _outside(date: dt.date, head: header.Header | None) -> str | None:
    """The days of the run in words, if the date is not among them."""
    if head is None or head.start is None or head.days is None:
        return None
    last = facts.last_day(head.start, head.days)
    return None if head.start <= date <= last else f"a date from {head.start} to {last}"


def _event(names: Places, located: events.Located, head: header.Header | None) -> None:
    """The days and the target of an event."""
    event = located.event
    if limit := _outside(event.begins, head):
        early = head is not None and head.start is not None and event.begins < head.start
        cure = (
            f"write {head.start} if it holds at the start"
            if early and head
            else "correct the date, or make the run longer"
        )
        located.blame("from", f"'{event.begins}'", limit, cure)
    problem = _target(names, event)
    if problem:
        located.blame("target", *problem)


def _target(names: Places, event: facts.Event) -> tuple[str, str, str] | None:
    """Found, expected and cure if an event is aimed at what it cannot be aimed at."""
    if not names.places or (not names.net.routes and ">" in event.target) or not names.has_zones:
        return None
    allowed = events.KINDS[event.kind].targets
    expected = f"a {errors.listed(allowed).replace('shelter', 'camp or refuge')}, as the kind is {event.kind}"
    what = _what(names, event.target)
    if not what:
        if event.target in names.backward:
            right = errors.quote(names.backward[event.target].id)
            return errors.quote(event.target), expected, f"write {right}, as in routes.csv"
        found, cure = names.unknown(event.target, _targets(names, allowed), "the scenario")
        return found, expected, cure
    place = names.places.get(event.target)
    if place and (event.target in names.zones or place.line in names.net.faulty_places):
        return None  # the fault of its name or of its row is reported already
    if not what & set(allowed):
        return (
            f"{errors.quote(event.target)}, a {_shown(names, event.target)}",
            expected,
            "correct the target or the kind",
        )
    return _unsuited(names, place, event)


def _unsuited(names: Places, place: facts.Place | None, event: facts.Event) -> tuple[str, str, str] | None:
    """Targets of the right kind on which the event would do nothing."""
    route = names.routes.get(event.target)
    start = names.places.get(route.start) if route else None
    if event.kind == "corridor" and start is not None and start.kind != "home":
        return (
            f"{errors.quote(event.target)}, which starts at a {start.kind}",
            "a route that starts at a home, as the kind is corridor",
            "name the route out of the home; clear the way behind it with mines events",
        )
    if place is None:
        return None
    if event.kind == "strikes" and not place.population:
        return (
            f"{errors.quote(place.id)}, where nobody lives",
            "a home with people, as the kind is strikes",
            "write its population",
        )
    if event.kind == "place" and place.kind == "waypoint":
        return (
            f"{errors.quote(place.id)}, a waypoint",
            "a home, camp or refuge, as the kind is place",
            "close the routes that lead to it",
        )
    if event.kind in ("holder", "fighters") and not place.zone:
        return (
            f"{errors.quote(place.id)}, which is in no zone",
            f"a home of a zone, as the kind is {event.kind}",
            "write its zone",
        )
    return None


def _what(names: Places, target: str) -> set[str]:
    """All that a target may be called: zone, route, place, home, shelter."""
    what = set()
    if target in names.zones:
        what.add("zone")
    if target in names.routes:
        what.add("route")
    if place := names.places.get(target):
        what |= {"place", "shelter" if place.kind in ("camp", "refuge") else place.kind}
    return what


def _shown(names: Places, target: str) -> str:
    place = names.places.get(target)
    return place.kind if place else "zone" if target in names.zones else "route"


def _targets(names: Places, allowed: tuple[str, ...]) -> list[str]:
    """The ids that are allowed as targets."""
    every = [*names.zones, *names.routes, *names.places]
    return [target for target in every if _what(names, target) & set(allowed)]


def _inflow(
    names: Places, given: facts.Inflow, row: tables.Row, head: header.Header | None, faults: list[errors.Fault]
) -> None:
    """The day and the home of given departures."""
    if limit := _outside(given.date, head):
        faults.append(row.fault("date", f"'{given.date}'", limit, "correct the date, or change start and days"))
    if not given.place or not names.places:
        return
    place = names.places.get(given.place)
    if place is None:
        found, cure = names.unknown(given.place, names.places, "places.csv")
        faults.append(row.fault("place", found, "a home of places.csv, or a blank cell", cure))
    elif place.kind != "home" and place.line not in names.net.faulty_places:
        found = f"{errors.quote(place.id)}, a {place.kind}"
        faults.append(row.fault("place", found, "a home of places.csv, or a blank cell", "name where they set out"))


def reports(
    claims: Iterable[evidence.Report],
    sources: Iterable[evidence.Source] | None,
    head: header.Header | None,
    net: network.Network,
    faults: list[errors.Fault],
    file: str,
) -> None:
    """Reports name known places, sources and reports; `sources` is None if they could not be read."""
    claims = tuple(claims)
    names = Places(head, net)
    places = {**names.places, **names.zones}
    known = None if sources is None else {source.id for source in sources}
    ids = {claim.id for claim in claims}
    # A place that is made up lies in the future, and so may its reports.
    today = dt.date.today()
    is_past = head is not None and head.start is not None and head.start <= today
    for claim in claims:

        def blame(column: str, found: str, expected: str, cure: str, line: int = claim.line) -> None:
            faults.append(errors.Fault(file, line, column, found, expected, cure))

        for place in claim.places if names.places and names.has_zones else ():
            if place not in places and (place != evidence.EVERYWHERE or claim.form == "rank"):
                blame(
                    "place",
                    *_with("a place or zone, or * for the whole scenario", names.unknown(place, places, "places.csv")),
                )
        if known is not None and claim.source not in known:
            blame("source", *_with("a source of sources.csv", names.unknown(claim.source, known, "sources.csv")))
        if is_past and claim.reported_on > today:
            limit = f"a date up to today, {today}"
            blame("reported_on", f"'{claim.reported_on}'", limit, "write the day on which it was published")
        if claim.corrects == claim.id:
            blame("corrects", errors.quote(claim.id), "another report", "name the report that was wrong")
        elif claim.corrects and claim.corrects not in ids:
            blame("corrects", *_with("a report of this table", names.unknown(claim.corrects, ids, "this table")))


def _with(expected: str, unknown: tuple[str, str]) -> tuple[str, str, str]:
    """Found, expected and cure of an unknown name."""
    return unknown[0], expected, unknown[1]
