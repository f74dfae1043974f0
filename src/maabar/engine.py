"""The day, compiled: ten steps in the order of docs/model.md, for one member from the first day to the last.

Goes in: the network and forcing of a world, the member's parameters by day, its weekly shocks, its people at the
start, its key. Comes out: the record, filled in. Random draws and expected values run the same lines. Nothing is
allocated inside a day, and nothing here reads a file or knows a scenario.
"""

import math

import numpy as np

from maabar import besieger, bundles, choice, compiled, draw, journeys, leaving, market, passage, rng


@compiled.function
def _strikes(net, day, theta, key, road, danger, expected):
    """Step 2: people killed by strikes, and felt danger."""
    keep = math.exp(-1.0 / theta.memory_days)
    cohorts = road.present.shape[1]
    for p in range(len(danger)):
        felt = theta.fighting_danger * day.fighting[p]
        if day.strikes[p] > 0.0 and net.residents[p] > 0.0:
            rate = day.strikes[p] / net.residents[p]
            felt += 1000.0 * rate
            chance = -math.expm1(-theta.deaths_per_strike * rate)
            for c in range(cohorts):
                n = road.present[p, c]
                dead = draw.binomial(road.stream, key, rng.STRIKE, p * cohorts + c, n, chance, expected)
                road.present[p, c] -= dead
                road.killed[passage.STRIKE] += dead
        danger[p] = felt if day.t == 0 else danger[p] * keep + (1.0 - keep) * felt


@compiled.function
def _release(net, theta, key, road, expected):
    """Held people come home: some day under siege, at once when it is over."""
    chance, cohorts = -math.expm1(-1.0 / theta.held_days), road.held.shape[1]
    for p in net.homes:
        for c in range(cohorts):
            n = road.held[p, c]
            if n > 0.0:
                share = chance if road.besieged[p] else 1.0
                free = draw.binomial(road.stream, key, rng.RELEASE, p * cohorts + c, n, share, expected)
                road.held[p, c] -= free
                road.present[p, c] += free


@compiled.function
def _refresh(net, day, theta, given, hours, chart, back):
    """Costs, risks, journeys and where links lead, after something they depend on has changed."""
    choice.fill_costs(theta, day.mines_seen, day.crossing_seen, chart.travel, chart.cost)
    for link in range(len(hours)):
        chart.mine[link] = min(1.0, theta.mine_factor * day.mines[link] / 1000.0)
        chart.drown[link] = min(1.0, theta.crossing_factor * day.crossing[link] / 1000.0)
    journeys.to_places(
        net, net.settling, day.besieged, day.link_open, chart.cost, hours,
        chart.journey, chart.no_hours, chart.heap_cost, chart.heap_node,
    )  # fmt: skip
    if not given:
        journeys.to_places(
            net, net.homes, day.besieged, day.link_open, chart.cost, hours,
            back.journey, back.hours, chart.heap_cost, chart.heap_node,
        )  # fmt: skip
    choice.fill_onto(net, day.besieged, day.link_open, chart)
    choice.fill_leads(net, day.besieged, day.link_open, chart)


@compiled.function
def _receive(net, conflict, inflow, inflow_any, key, stream, shares, weight, present, expected):
    """Step 5 with given departures: the day's inflow appears at homes, by residents and conflict."""
    fought, lived = 0.0, 0.0
    for p in net.homes:
        fought += net.residents[p] * conflict[p]
        lived += net.residents[p]
    total = 0.0
    for i in range(len(net.homes)):
        p = net.homes[i]
        weight[i] = net.residents[p] if lived > 0.0 else 1.0
        weight[i] *= conflict[p] if fought > 0.0 else 1.0
        total += weight[i]
    left = inflow_any
    for i in range(len(net.homes)):
        p = net.homes[i]
        rng.start(stream, key, rng.INFLOW, i)
        people = draw.part(stream, left, weight[i], total, expected)
        total -= weight[i]
        left -= people
        people += inflow[p]
        rest = 1.0
        rng.start(stream, key, rng.COHORT, p)
        for c in range(len(shares)):
            some = draw.part(stream, people, shares[c], rest, expected) if c < len(shares) - 1 else people
            rest -= shares[c]
            people -= some
            present[p, c] += some


@compiled.function
def _write(net, t, road, siege, trade, rec):
    """Step 10: stocks at the end of the day."""
    for p in range(len(net.kind)):
        people = road.present[p, :].sum()
        rec.present[t, p] = people
        rec.fighters[t, p] = siege.fighters[p]
        if net.zone[p] >= 0 and road.besieged[p]:
            rec.inside[t, net.zone[p]] += people
    for zone in range(len(trade.price)):
        rec.price[t, zone] = trade.price[zone]
        rec.guides[t, zone] = trade.guides[zone]
    rec.travelling[t] = road.travelling[0]
    rec.held[t] = road.held.sum()
    rec.intercepted[t] = road.tally[passage.INTERCEPTED]
    rec.paid[t] = road.tally[passage.PAID]
    rec.displaced_total[t] = road.tally[passage.DISPLACED] + (rec.displaced_total[t - 1] if t > 0 else 0.0)


@compiled.function
def _is_conserved(everyone, dead, road, expected):
    """Start + inflow = present + travelling + held + killed, and nobody below zero."""
    counted, least = dead + road.travelling[0], 0.0
    for p in range(road.present.shape[0]):
        for c in range(road.present.shape[1]):
            counted += road.present[p, c] + road.held[p, c]
            least = min(least, road.present[p, c], road.held[p, c])
    if expected:
        return abs(counted - everyone) <= 1e-9 * max(1.0, everyone) and least >= -1e-9
    return counted == everyone and least >= 0.0


@compiled.function
def _is_on_the_way(everyone, travelling, due, home_due, expected):
    """Whether those counted as travelling are those who are due somewhere."""
    waiting = due.sum() + home_due.sum()
    return abs(waiting - travelling) <= (1e-9 * max(1.0, everyone) if expected else 0.0)


@compiled.function
def _day(force, t, lag):
    """The rows of day t, and of the day that people know of."""
    seen, row = max(t - lag, 0), force.epoch[t]
    row_seen = force.epoch[seen]
    return bundles.Day(
        t, force.strikes[t], force.fighting[t], force.conflict[t], force.attraction[t], force.besieged[t],
        force.besieged[max(t - 1, 0)], force.ban[t], force.ban[seen], force.is_open[t], force.capacity[t],
        force.shelter_cost[t],
        force.fighters_set[t], force.link_open[row], force.usable[row], force.mines[row], force.crossing[row],
        force.mines[row_seen], force.crossing[row_seen], force.corridor[row],
    )  # fmt: skip


@compiled.function
def _differs(a, b):
    """Whether parameters that journeys depend on have drifted between two days."""
    worth = a.patience_hours != b.patience_hours or a.risk_aversion != b.risk_aversion
    return worth or a.mine_factor != b.mine_factor or a.crossing_factor != b.crossing_factor


@compiled.function
def simulate(
    net, force, begin, end, thetas, shock, shares, given, key, expected, hours, present, held, due, due_any, scratch,
    back, trade, siege, chart, plans, rec,
):  # fmt: skip
    """Run one member from day begin to the day before end; returns whether people were conserved on every one of them.

    thetas (t): parameters of each day, a record array; shock (t, z + 1): factors on the leaving rate; key: of
    the member; hours (l): along each link; present, held (p, c): people at dawn of day begin; the rest is room,
    zero at dawn of day 0, and as the days before left it at a later one.
    """
    everyone, dead, conserved = present.sum() + held.sum() + scratch.travelling[0], 0.0, True
    last_seen, stream, tally = np.int64(-1), scratch.stream, scratch.tally
    for t in range(begin, end):
        theta = thetas[t]
        lag = round(theta.news_lag)
        today = rng.key(key, t)
        savings_left = math.exp(-theta.savings_decay * t)
        day = _day(force, t, lag)
        tally[:] = 0.0
        road = bundles.Road(
            24 * t % due.shape[0], stream, net.kind, net.first, net.out, net.tail, net.head, hours, chart.mine,
            chart.drown, chart.onward, chart.reach, chart.stop, chart.turn, chart.turn_first, chart.turn_last,
            chart.turn_link, day.besieged, day.is_open, present, held, due, due_any, scratch.travelling,
            rec.departures[t], rec.arrivals[t], rec.killed[t], tally, scratch.weight, scratch.taken,
        )  # fmt: skip
        _strikes(net, day, theta, today, road, siege.danger, expected)
        besieger.step(
            net, day, theta, today, stream, siege.fighters, siege.fighters_start, rec.fighters_lost[t], expected
        )
        besieger.fill_guard(day, siege.fighters, siege.fighters_start, siege.guard[t + 1])
        _release(net, theta, today, road, expected)
        market.step(net, day, theta, today, stream, trade, siege.fighters, siege.fighters_start, expected)
        row_seen = force.epoch[max(t - lag, 0)]
        changed = t > 0 and (force.epoch[t] != force.epoch[t - 1] or _differs(theta, thetas[t - 1]))
        if force.network_changed[t] or changed or row_seen != last_seen:
            _refresh(net, day, theta, given, hours, chart, back)
        last_seen = row_seen
        choice.fill_worth(net, day, theta, present, chart.worth)
        choice.fill_reach(net, day.besieged, chart)
        if given:
            _receive(
                net, day.conflict, force.inflow[t], force.inflow_any[t], today, stream, shares, back.weight, present,
                expected,
            )  # fmt: skip
            everyone += force.inflow_any[t] + force.inflow[t].sum()
        price = trade.price if lag == 0 else (rec.price[max(t - lag, 0)] if t > 0 else trade.price_start)
        guard = siege.guard[t + 1] if lag == 0 else siege.guard[max(t - lag, 0) + 1 if t > 0 else 0]
        leaving.choose(
            net, day, theta, today, road, shock[t], shares, given, price, guard, savings_left, chart.travel,
            chart.reach, siege.danger, plans, expected,
        )  # fmt: skip
        for zone in range(len(trade.price)):
            rec.turned_away[t, zone] = market.admit(
                net, zone, today, stream, trade, plans.leaving[1], present, expected
            )
        leaving.ration_corridors(
            net, day.corridor, today, stream, plans.leaving[2], present, rec.turned_away[t], expected
        )
        leaving.leave_homes(net, day, theta, today, siege.guard[t + 1], trade.price, plans, road, expected)
        leaving.leave_waypoints(road, theta, today, expected)
        leaving.count_trapped(net, day.besieged, today, stream, plans, present, rec.trapped[t], expected)
        passage.hours(net, t, road, back, theta, today, expected)
        passage.settle(net, day, road, back, rec.unsheltered[t], theta, today, savings_left, expected)
        _write(net, t, road, siege, trade, rec)
        dead += rec.killed[t].sum()
        conserved = _is_conserved(everyone, dead, road, expected) and conserved
    return conserved and _is_on_the_way(everyone, scratch.travelling[0], due, back.due, expected)
