"""Bundles of arrays that the compiled steps hand to one another.

Each is a named tuple, so that a step says `road.present` and not `a[7]`. Handing over an array costs compile time, so
a step takes the bundles it needs and no more. Axes: day t, place p, link l, cohort c, zone z, home h, settling place
d.
"""

from typing import Any, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]


class Day(NamedTuple):
    """The world of one day: rows of the forcing. `…_seen`: as people know it, some days old."""

    t: int
    strikes: Array  # (p)
    fighting: Array  # (p)
    conflict: Array  # (p)
    attraction: Array  # (p) of single places, beside that of their kind [1]
    besieged: Array  # (p)
    was_besieged: Array  # (p) the day before
    ban: Array  # (z)
    ban_seen: Array  # (z)
    is_open: Array  # (p)
    capacity: Array  # (p)
    shelter_cost: Array  # (p)
    fighters_set: Array  # (p)
    link_open: Array  # (l)
    usable: Array  # (l)
    mines: Array  # (l)
    crossing: Array  # (l)
    mines_seen: Array  # (l)
    crossing_seen: Array  # (l)
    corridor: Array  # (l)


class Market(NamedTuple):
    """The market of passage of each zone."""

    guides: Array  # (z)
    guides_start: Array  # (z)
    price: Array  # (z) [currency/person]
    price_start: Array  # (z) [currency/person]
    requests: Array  # (z) of yesterday, until today's are in [person]
    places: Array  # (z) of today [person]


class Chart(NamedTuple):
    """Costs and values of links and journeys, kept while nothing they depend on changes."""

    travel: Array  # (l) exact time along the link [hour]
    cost: Array  # (l)
    mine: Array  # (l) P(killed by a mine) today
    drown: Array  # (l) P(killed at the crossing) today
    journey: Array  # (d, p)
    no_hours: Array  # (0, 0) int64: hours along these journeys are not asked for
    heap_cost: Array
    heap_node: Array
    onto: Array  # (p, d) int64, first link of the journey, -1 where there is none
    lead_first: Array  # (l + 1) int64, a link leads to lead[lead_first[l]:lead_first[l + 1]]
    lead: Array  # int64, rows of settling places
    near: Array  # exp(−journey) to each of them from the end of the link
    lead_turn: Array  # int64, row of the way on to each of them, -1 where the link ends at it
    turn_first: Array  # (l + 1) int64, ways on from the end of a link are turn_link[turn_first[l]:turn_first[l + 1]]
    turn_last: Array  # (l) int64, the last of them with a weight above 0, -1 if there is none
    turn_link: Array  # int64
    turn: Array  # and their weights
    stop: Array  # (l) weight of staying at the end of the link
    worth: Array  # (d)
    reach: Array  # (l)
    onward: Array  # (l)


class Plans(NamedTuple):
    """Who wants to go where today."""

    ways: Array  # (4, l) weights: alone, guided, corridor, next district
    safe_ways: Array  # (l) weight if it were safe and free
    leaving: Array  # (4, l, c) [person]
    going: Array  # (p, c) P(leaving)
    going_safe: Array  # (p, c) P(leaving) if it were safe and free
    caught: Array  # (c) intercepted at one home [person]


class Siege(NamedTuple):
    """Fighters, guard and felt danger."""

    fighters: Array  # (p)
    fighters_start: Array  # (p)
    guard: Array  # (t + 1, p), row 0 the start
    danger: Array  # (p) [strike/day/1000]


class Scratch(NamedTuple):
    """Room for working."""

    stream: Array  # (4) uint64
    travelling: Array  # (1) [person]
    tally: Array  # (3) of today: intercepted, displacement movements, money paid
    weight: Array  # for the weights of one multinomial
    taken: Array  # for its outcome [person]


class Record(NamedTuple):
    """What one member leaves behind, by day t."""

    present: Array  # (t, p)
    unsheltered: Array  # (t, p)
    arrivals: Array  # (t, p)
    fighters: Array  # (t, p)
    departures: Array  # (t, l)
    inside: Array  # (t, z)
    trapped: Array  # (t, z)
    turned_away: Array  # (t, z)
    price: Array  # (t, z)
    guides: Array  # (t, z)
    travelling: Array  # (t)
    held: Array  # (t)
    displaced_total: Array  # (t)
    intercepted: Array  # (t)
    paid: Array  # (t)
    killed: Array  # (t, cause)
    fighters_lost: Array  # (t, fate)


class Road(NamedTuple):
    """What people on the way meet today, and where they are counted; a view, made anew each day."""

    dawn: int  # slot of `due` that holds the first hour of today
    stream: Array  # (4) uint64
    kind: Array  # (p)
    first: Array  # (p + 1)
    out: Array  # (l)
    tail: Array  # (l)
    head: Array  # (l)
    hours: Array  # (l)
    mine: Array  # (l) P(killed by a mine), alone
    drown: Array  # (l) P(killed at the crossing)
    onward: Array  # (l) weights of links for those who choose afresh
    reach: Array  # (l) weight of all that a link leads to
    stop: Array  # (l) of it, staying at its end
    turn: Array  # and of each way on, turn_link[turn_first[l]:turn_first[l + 1]]
    turn_first: Array  # (l + 1)
    turn_last: Array  # (l) the last with a weight above 0, -1 if there is none
    turn_link: Array
    besieged: Array  # (p)
    is_open: Array  # (p)
    present: Array  # (p, c) [person]
    held: Array  # (p, c) [person]
    due: Array  # (hour, l, c) [person]
    due_any: Array  # (hour)
    travelling: Array  # (1) [person]
    departures: Array  # (l) of today [person]
    arrivals: Array  # (p) of today [person]
    killed: Array  # (cause) of today [person]
    tally: Array  # (3) of today: intercepted, displacement movements, money paid
    weight: Array  # room for the weights of one multinomial
    taken: Array  # room for its outcome [person]


class Back(NamedTuple):
    """Going home."""

    at_start: Array  # (p) [person]
    due: Array  # (hour, h, c) [person]
    due_any: Array  # (hour)
    on_way: Array  # (h) [person]
    journey: Array  # (h, p) cheapest journey to each home
    hours: Array  # (h, p) hours along it
    weight: Array  # (h) room for working
