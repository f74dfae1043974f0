"""Who leaves: steps 5 to 7 of the day at homes and waypoints, and who is trapped.

Goes in: weights of the ways out (choice), what people know, the day's luck. Comes out: people on their way, turned
away, trapped (docs/model.md, steps 5 to 7).
"""

import math

from maabar import choice, compiled, draw, passage, rng, world

_HOME, _WAYPOINT = world.HOME, world.WAYPOINT


@compiled.function
def _chances(net, p, c, stay, factor, plans):
    """Total weight at home p for cohort c; fills P(leaving), as it is and as if it were safe and free."""
    go, safe, near = 0.0, 0.0, 0.0
    for i in range(net.first[p], net.first[p + 1]):
        link = net.out[i]
        go += plans.ways[0, link] + factor * plans.ways[1, link] + plans.ways[2, link]
        safe += plans.safe_ways[link] * (2.0 if plans.ways[1, link] > 0.0 else 1.0) + plans.ways[2, link]
        near += plans.ways[3, link]
    total, total_safe = stay + go + near, stay + safe + near
    plans.going[p, c] = go / total if total > 0.0 else 0.0
    plans.going_safe[p, c] = safe / total_safe if total_safe > 0.0 else 0.0
    return total


@compiled.function
def _noise(theta, key, stream, p, shock):
    """Factor on the leaving rate of one place and day: the zone's weekly shock times a gamma number of mean 1."""
    if theta.reconsider_scatter <= 0.0:
        return shock
    rng.start(stream, key, rng.NOISE, p)
    return shock * rng.gamma(stream, 1.0 / theta.reconsider_scatter) * theta.reconsider_scatter


@compiled.inlined
def _readiness(net, theta, share, p, present):
    """Factor on the leaving rate of a home and cohort, mean of a gamma frailty of variance `frailty` over who is left.

    Vaupel, Manton and Stallard 1979, doi:10.2307/2061224: of whom a share S is left, the mean is S ** variance.
    """
    at_start = net.residents[p] * theta.population_factor * share
    if theta.frailty <= 0.0 or present >= at_start:
        return 1.0
    return (present / at_start) ** theta.frailty


@compiled.function
def _guided_factor(theta, savings, price):
    """What price and means take off the weight of guided passage: exp(−burden) · P(can pay)."""
    burden = theta.money_aversion * max(0.0, price - theta.passage_grant) / savings
    return math.exp(-burden) * choice.can_pay(math.log(savings + theta.passage_grant), price, theta.savings_spread)


@compiled.function
def _pick(net, key, road, p, c, n, stay, factor, plans, expected):
    """n people of a home and cohort choose: one multinomial over staying and each way on each link."""
    first, links = net.first[p], net.first[p + 1] - net.first[p]
    road.weight[0] = stay
    for i in range(links):
        for way in range(4):
            weight = plans.ways[way, net.out[first + i]]
            road.weight[1 + 4 * i + way] = weight * (factor if way == passage.GUIDED else 1.0)
    rng.start(road.stream, key, rng.CHOICE, p * road.present.shape[1] + c)
    draw.multinomial(road.stream, n, road.weight, 1 + 4 * links, road.taken, expected)
    for i in range(links):
        for way in range(4):
            going = road.taken[1 + 4 * i + way]
            plans.leaving[way, net.out[first + i], c] = going
            road.present[p, c] -= going


@compiled.function
def choose(
    net, day, theta, key, road, shock, shares, given, price, guard, savings_left, travel, reach, danger, plans, expected
):
    """Steps 5 and 6: who reconsiders at each home, and what they choose, into plans.leaving (way, l, c).

    price (z), guard (p): as people know them; travel (l): exact time along each link [hour]; shock (z + 1): of today;
    shares (c): of cohorts at the start.
    """
    cohorts = road.present.shape[1]
    for p in net.homes:
        plans.going[p, :] = 0.0
        plans.going_safe[p, :] = 0.0
        for i in range(net.first[p], net.first[p + 1]):
            plans.leaving[:, net.out[i], :] = 0.0
        if road.present[p, :].sum() <= 0.0:
            continue
        zone, besieged = net.zone[p], day.besieged[p]
        stay = choice.fill_home(net, day, theta, p, guard[p], danger, travel, reach, plans.ways, plans.safe_ways)
        rate = math.inf
        if given:
            stay = 0.0
        else:
            rate = theta.reconsider if day.is_open[p] else theta.evacuation
            luck = shock[zone if zone >= 0 else len(shock) - 1]
            rate *= 1.0 if expected else _noise(theta, key, road.stream, p, luck)
        by_choice = day.is_open[p] and not given
        for c in range(cohorts):
            ready = _readiness(net, theta, shares[c], p, road.present[p, c]) if by_choice else 1.0
            factor = _guided_factor(theta, net.savings[c] * savings_left, price[zone]) if besieged else 0.0
            total = _chances(net, p, c, stay, factor, plans)
            entity = p * cohorts + c
            share = -math.expm1(-rate * ready)
            n = draw.binomial(road.stream, key, rng.RECONSIDER, entity, road.present[p, c], share, expected)
            if n > 0.0 and total > 0.0:
                _pick(net, key, road, p, c, n, stay, factor, plans, expected)


@compiled.function
def ration_corridors(net, corridor, key, stream, asking, present, turned_away, expected):
    """Places in corridors, link by link; who finds none is turned away and stays. asking (l, c) [person]."""
    for link in range(len(corridor)):
        tail = net.tail[link]
        if corridor[link] <= 0.0 or net.kind[tail] != _HOME:
            continue
        left = asking[link, :].sum()
        room = draw.whole(stream, key, rng.CORRIDOR_PLACES, link, corridor[link], expected)
        if left <= room:
            continue
        rng.start(stream, key, rng.CORRIDOR, link)
        for c in range(asking.shape[1]):
            wanting = asking[link, c]
            given = draw.hypergeometric(stream, wanting, left - wanting, room, expected)
            left -= wanting
            room -= given
            asking[link, c] = given
            present[tail, c] += wanting - given
            if net.zone[tail] >= 0:
                turned_away[net.zone[tail]] += wanting - given


@compiled.inlined
def _intercept(road, key, link, way, c, n, share, caught, expected):
    """How many of n people who leave a home are intercepted at once; they are added to caught (c) [person]."""
    stopped = draw.binomial(
        road.stream, key, rng.CAUGHT, (link * 4 + way) * road.present.shape[1] + c, n, share, expected
    )
    road.departures[link] += stopped
    road.tally[passage.INTERCEPTED] += stopped
    caught[c] += stopped
    return stopped


@compiled.function
def _share_out(road, theta, key, p, caught, expected):
    """People of home p intercepted today, by cohort and whatever way they took: executed, held, or sent back home."""
    rest = 1.0 - theta.executed_share
    share = min(1.0, theta.held_share / rest) if rest > 0.0 else 0.0
    for c in range(len(caught)):
        n = caught[c]
        if n > 0.0:
            rng.start(road.stream, key, rng.INTERCEPT, p * len(caught) + c)
            executed = draw.part(road.stream, n, theta.executed_share, 1.0, expected)
            held = draw.part(road.stream, n - executed, share, 1.0, expected)
            road.killed[passage.EXECUTION] += executed
            road.held[p, c] += held
            road.present[p, c] += n - executed - held
            caught[c] = 0.0


@compiled.function
def leave_homes(net, day, theta, key, guard, price, plans, road, expected):
    """Step 7 from homes."""
    for p in net.homes:
        for i in range(net.first[p], net.first[p + 1]):
            link = net.out[i]
            for way in range(4):
                share = passage.caught_share(net, day, theta, link, way, guard)
                for c in range(len(plans.caught)):
                    n = plans.leaving[way, link, c]
                    if n > 0.0:
                        if way == passage.GUIDED:
                            road.tally[passage.PAID] += n * price[net.zone[p]]
                        n -= _intercept(road, key, link, way, c, n, share, plans.caught, expected)
                        through = passage.set_out(road, theta, key, link, way, c, n, 0, expected)
                        road.tally[passage.DISPLACED] += through if way != passage.NEXT else 0.0
        _share_out(road, theta, key, p, plans.caught, expected)


@compiled.function
def leave_waypoints(road, theta, key, expected):
    """Step 7 from waypoints and closed camps and refuges: everybody who stayed the night there walks on."""
    for p in range(len(road.kind)):
        if road.kind[p] == _WAYPOINT or (road.kind[p] > _WAYPOINT and not road.is_open[p]):
            branch = rng.key(key, rng.MORNING + p)
            for c in range(road.present.shape[1]):
                n = road.present[p, c]
                if n > 0.0:
                    stuck, _ = passage.onward(road, theta, branch, rng.WALK, p, c, n, 0, expected)
                    road.present[p, c] = stuck


@compiled.function
def count_trapped(net, besieged, key, stream, plans, present, trapped, expected):
    """People still at besieged homes who would be gone if it were safe and affordable."""
    for p in net.homes:
        if besieged[p]:
            for c in range(present.shape[1]):
                going = plans.going[p, c]
                share = (plans.going_safe[p, c] - going) / (1.0 - going) if going < 1.0 else 0.0
                entity = p * present.shape[1] + c
                trapped[net.zone[p]] += draw.binomial(stream, key, rng.TRAPPED, entity, present[p, c], share, expected)
