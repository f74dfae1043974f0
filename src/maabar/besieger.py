"""The besieger's fighters: killed, withdrawn district by district, surrendered; and the guard that is left.

Goes in: fighters at each place, where there is fighting, who holds what. Comes out: fighters at the end of the day,
what was lost and how, and guard = fighters now / at the start, which the exit ban needs to stop anybody
(docs/model.md, step 3). Fighters are not among the people counted.
"""

import math

from maabar import compiled, draw, rng


@compiled.function
def _withdraw(net, day, theta, key, stream, p, leaving, fighters, start, lost, expected):
    """Move `leaving` fighters out of p: some leave the zone, the rest go to its other besieged homes."""
    zone, weight = net.zone[p], 0.0
    for i in range(len(net.homes)):
        h = net.homes[i]
        if h != p and net.zone[h] == zone and day.besieged[h]:
            weight += start[h]
    away = leaving
    if weight > 0.0:
        away = draw.binomial(stream, key, rng.FIGHTER_LEAVE, p, leaving, theta.leave_zone, expected)
    lost[1] += away
    left = leaving - away
    rng.start(stream, key, rng.FIGHTER_MOVE, p)
    for i in range(len(net.homes)):
        h = net.homes[i]
        if left > 0.0 and h != p and net.zone[h] == zone and day.besieged[h]:
            moved = draw.part(stream, left, start[h], weight, expected)
            weight -= start[h]
            fighters[h] += moved
            left -= moved


@compiled.function
def step(net, day, theta, key, stream, fighters, start, lost, expected):
    """One day of the besieger; lost (3) gathers killed, withdrawn from the zone, surrendered [fighter]."""
    for i in range(len(net.homes)):
        p = net.homes[i]
        if day.besieged[p] and not math.isnan(day.fighters_set[p]):
            fighters[p] = day.fighters_set[p]
    for i in range(len(net.homes)):
        p = net.homes[i]
        here = fighters[p]
        if here <= 0.0:
            continue
        if not day.besieged[p]:
            if day.was_besieged[p]:
                gave_up = draw.binomial(stream, key, rng.FIGHTER_LOSS, p, here, theta.surrender_on_fall, expected)
                lost[2] += gave_up
                fighters[p] = 0.0
                _withdraw(net, day, theta, key, stream, p, here - gave_up, fighters, start, lost, expected)
            continue
        fighting = day.fighting[p]
        killed_hazard = theta.fighter_attrition * fighting
        leave_hazard = theta.fighter_withdrawal * fighting
        total = killed_hazard + leave_hazard + theta.fighter_surrender * fighting
        if total <= 0.0:
            continue
        gone = draw.binomial(stream, key, rng.FIGHTER_LOSS, p, here, -math.expm1(-total), expected)
        rng.start(stream, key, rng.FIGHTER_HOW, p)
        killed = draw.part(stream, gone, killed_hazard, total, expected)
        left = draw.part(stream, gone - killed, leave_hazard, total - killed_hazard, expected)
        lost[0] += killed
        lost[2] += gone - killed - left
        fighters[p] = here - gone
        _withdraw(net, day, theta, key, stream, p, left, fighters, start, lost, expected)


@compiled.function
def fill_guard(day, fighters, start, guard):
    """guard (p): fighters now / at the start, 0 where there were none or the besieger does not hold the place."""
    for p in range(len(guard)):
        guard[p] = fighters[p] / start[p] if start[p] > 0.0 and day.besieged[p] else 0.0
