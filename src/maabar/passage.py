"""On the way: fates when people set out, the hours of travel, arrival, settling and moving on.

Goes in: who set out on which link and how, the day's risks. Comes out: people killed, caught, held, sent back, on the
way, arrived (docs/model.md, steps 7 to 9). People due are kept in a ring of hours, `due` (hour, l, c): nobody is
moved while they travel.
"""

import math

import numpy as np

from maabar import choice, compiled, draw, rng, world

_HOME, _WAYPOINT = world.HOME, world.WAYPOINT
ALONE, GUIDED, CORRIDOR, NEXT = 0, 1, 2, 3
STRIKE, MINE, DROWN, EXECUTION = 0, 1, 2, 3
INTERCEPTED, DISPLACED, PAID = 0, 1, 2
LONGEST_RETURN_HOURS = 336


@compiled.inlined
def set_out(road, theta, key, link, way, c, n, hour, expected):
    """n people of cohort c whom nobody intercepts set out on a link; returns how many get through [person].

    key: unique to who sets out from where; hour: of the day, 24 for tomorrow's first.
    """
    road.departures[link] += n
    mine = 0.0 if way == CORRIDOR else road.mine[link]
    mine *= theta.guide_mine_share if way == GUIDED else 1.0
    drown = 0.0 if way == CORRIDOR else road.drown[link]
    through = n
    if mine > 0.0 or drown > 0.0:
        rng.start(road.stream, key, rng.FATE, (link * 4 + way) * road.present.shape[1] + c)
        by_mine = draw.part(road.stream, through, mine, 1.0, expected)
        through -= by_mine
        drowned = draw.part(road.stream, through, drown, 1.0, expected)
        through -= drowned
        road.killed[MINE] += by_mine
        road.killed[DROWN] += drowned
    if through > 0.0:
        slot = road.dawn + hour + road.hours[link]  # less than two rings
        slot -= road.due.shape[0] if slot >= road.due.shape[0] else 0
        road.due[slot, link, c] += through
        road.due_any[slot] += 1
        road.travelling[0] += through
    return through


@compiled.function
def caught_share(net, day, theta, link, way, guard):
    """P(intercepted) on a link today: 0 unless it leads out of a besieged home by no corridor."""
    p = net.tail[link]
    if way >= CORRIDOR or not day.besieged[p]:
        return 0.0
    exposure = theta.guide_exposure if way == GUIDED else 1.0
    return -math.expm1(-theta.interception * day.ban[net.zone[p]] * guard[p] * exposure)


@compiled.function
def onward(road, theta, key, purpose, v, c, n, hour, expected):
    """n people of cohort c at v choose afresh among the links out of it; returns (stayed, got through).

    All stay where there is no way on.
    """
    first, links, total = road.first[v], road.first[v + 1] - road.first[v], 0.0
    for i in range(links):
        road.weight[i] = road.onward[road.out[first + i]]
        total += road.weight[i]
    if total <= 0.0 or n <= 0.0:
        return n, 0.0
    branch, passed = rng.key(key, purpose), 0.0
    rng.start(road.stream, branch, rng.ONWARD, v * road.present.shape[1] + c)
    draw.multinomial(road.stream, n, road.weight, links, road.taken, expected)
    for i in range(links):
        if road.taken[i] > 0.0:
            passed += set_out(road, theta, branch, road.out[first + i], ALONE, c, road.taken[i], hour, expected)
    return 0.0, passed


@compiled.inlined
def _walk_on(road, theta, key, link, c, n, hour, expected):
    """n people of cohort c who came by a link go on to the places it leads to; returns how many find no way.

    If it leads nowhere any more, they choose afresh. The stream is the one that `arrive` has begun for them.
    """
    first, last = road.turn_first[link], road.turn_last[link]
    if last < 0:
        return onward(road, theta, rng.key(key, link), rng.ONWARD, road.head[link], c, n, hour, expected)[0]
    branch, left, total = rng.key(key, link), n, road.reach[link] - road.stop[link]
    for i in range(first, last + 1):
        some = draw.part(road.stream, left, road.turn[i], total, expected) if i < last else left
        total -= road.turn[i]
        left -= some
        road.taken[i - first] = some
    for i in range(first, last + 1):
        if road.taken[i - first] > 0.0:
            set_out(road, theta, branch, road.turn_link[i], ALONE, c, road.taken[i - first], hour, expected)
    return 0.0


@compiled.inlined
def arrive(road, theta, key, link, c, n, hour, expected):
    """n people of cohort c come to the end of a link: they settle, stay the night, or walk on in the same hour."""
    v = road.head[link]
    kind = road.kind[v]
    road.arrivals[v] += n
    road.travelling[0] -= n
    if road.stop[link] > 0.0 or road.turn_last[link] > road.turn_first[link]:
        rng.start(road.stream, key, rng.ONWARD, link * road.present.shape[1] + c)
    staying = 0.0
    if kind == _HOME:
        staying = n if road.besieged[v] else 0.0
    elif kind == _WAYPOINT or not road.is_open[v]:
        staying = n if hour >= theta.travel_hours else 0.0
    else:
        reach = road.reach[link]
        staying = draw.part(road.stream, n, road.stop[link], reach, expected) if reach > 0.0 else n
    if staying < n:
        staying += _walk_on(road, theta, key, link, c, n - staying, hour, expected)
    road.present[v, c] += staying


@compiled.function
def hours(net, t, road, back, theta, key, expected):
    """The 24 hours of a day: whoever is due arrives."""
    ring, home_ring, cohorts = road.due.shape[0], back.due.shape[0], road.due.shape[2]
    for hour in range(24):
        slot = road.dawn + hour
        slot -= ring if slot >= ring else 0
        branch = rng.key(key, rng.HOUR + hour)
        if road.due_any[slot] > 0:
            for link in range(road.due.shape[1]):
                for c in range(cohorts):
                    n = road.due[slot, link, c]
                    if n > 0.0:
                        road.due[slot, link, c] = 0.0
                        arrive(road, theta, branch, link, c, n, hour, expected)
            road.due_any[slot] = 0
        slot = (24 * t + hour) % home_ring
        if back.due_any[slot] > 0:
            for h in range(len(net.homes)):
                for c in range(cohorts):
                    n = back.due[slot, h, c]
                    if n > 0.0:
                        back.due[slot, h, c] = 0.0
                        road.present[net.homes[h], c] += n
                        back.on_way[h] -= n
                        road.travelling[0] -= n
                        road.arrivals[net.homes[h]] += n
            back.due_any[slot] = 0


@compiled.function
def missing(net, road, back, h):
    """People of a home who are neither there nor on their way back to it [person]."""
    p = net.homes[h]
    return max(0.0, back.at_start[p] - road.present[p, :].sum() - back.on_way[h])


@compiled.function
def is_free(net, day, h):
    """Whether people may go back: not besieged, open, and neither fighting nor conflict there today."""
    p = net.homes[h]
    quiet = day.fighting[p] <= 0.0 and day.conflict[p] <= 0.0
    return quiet and day.is_open[p] and not day.besieged[p]


@compiled.function
def free_share(net, day, road, back):
    """Share of all missing people whose home is free, 0..1."""
    free, total = 0.0, 0.0
    for h in range(len(net.homes)):
        away = missing(net, road, back, h)
        total += away
        if away > 0.0 and is_free(net, day, h):
            free += away
    return free / total if total > 0.0 else 0.0


@compiled.function
def go_home(net, day, road, back, key, p, c, n, expected):
    """n people at p set out for free homes they can reach; returns how many do [person]."""
    total = 0.0
    for h in range(len(net.homes)):
        back.weight[h] = 0.0
        if is_free(net, day, h) and back.journey[h, p] < np.inf:
            back.weight[h] = missing(net, road, back, h) * math.exp(-back.journey[h, p])
            total += back.weight[h]
    if total <= 0.0:
        return 0.0
    left = n
    rng.start(road.stream, key, rng.RETURN_HOME, p * road.present.shape[1] + c)
    for h in range(len(net.homes)):
        going = draw.part(road.stream, left, back.weight[h], total, expected)
        total -= back.weight[h]
        left -= going
        if going > 0.0:
            away = min(LONGEST_RETURN_HOURS, max(1, back.hours[h, p]))
            slot = (24 * day.t + 24 + away) % back.due.shape[0]
            back.due[slot, h, c] += going
            back.due_any[slot] += 1
            back.on_way[h] += going
            road.travelling[0] += going
            road.present[p, c] -= going
    return n - left


@compiled.function
def settle(net, day, road, back, unsheltered, theta, key, savings_left, expected):
    """Shelter, return and moving on at each camp and refuge."""
    cohorts = road.present.shape[1]
    home_share = free_share(net, day, road, back)
    return_chance = -math.expm1(-theta.return_rate * home_share)
    for i in range(len(net.settling)):
        p = net.settling[i]
        people = road.present[p, :].sum()
        if people <= 0.0 or not day.is_open[p]:
            continue
        able = 0.0
        for c in range(cohorts):
            log_savings = math.log(net.savings[c] * savings_left)
            chance = choice.can_pay(log_savings, day.shelter_cost[p], theta.savings_spread)
            entity = p * cohorts + c
            able += draw.binomial(road.stream, key, rng.SHELTER, entity, road.present[p, c], chance, expected)
        without = people - min(able, day.capacity[p])
        unsheltered[p] = without
        leave = 0.0
        if net.dwell[p] > 0.0:
            leave = -math.expm1(-(1.0 + theta.unsheltered_push * without / people) / net.dwell[p])
        for c in range(cohorts):
            entity = p * cohorts + c
            n = draw.binomial(road.stream, key, rng.RETURN, entity, road.present[p, c], return_chance, expected)
            if n > 0.0:
                go_home(net, day, road, back, key, p, c, n, expected)
            moving = draw.binomial(road.stream, key, rng.MOVE, entity, road.present[p, c], leave, expected)
            if moving > 0.0:
                road.present[p, c] -= moving
                branch = rng.key(key, rng.EVENING + p)
                stuck, passed = onward(road, theta, branch, rng.MOVE, p, c, moving, 24, expected)
                road.present[p, c] += stuck
                road.tally[DISPLACED] += passed
