"""Where to go: what places are worth, what a way out costs, and the weights of staying and of each way.

Goes in: the network, the day's world, people's parameters and what they know. Comes out: weights; the engine draws.
The choice is a multinomial logit whose value of a link is the sum over the places it leads to of their pull less the
cheapest journey (docs/model.md, step 6). Source of the form: D. McFadden (1974); M. Ben-Akiva and S. Lerman (1985)
for values as log-sums. People set out on the cheapest journey to a place and choose
anew, at the end of each link, among the places that it leads to.
"""

import math

import numpy as np

from maabar import compiled, world

_ROOT_HALF = math.sqrt(0.5)
_CAMP = world.CAMP
_EQUAL = 1e-9  # journeys that differ by less are equal


@compiled.function
def can_pay(log_savings, price, spread):
    """Share of a cohort whose savings reach the price: Φ((log savings − log price)/spread), 1 if it is free."""
    if price <= 0.0:
        return 1.0
    return 0.5 * math.erfc(-(log_savings - math.log(price)) / spread * _ROOT_HALF)


@compiled.function
def fill_costs(theta, mines, crossing, travel, cost):
    """Cost of each link (l): hours/patience + risk_aversion · P(killed on it), as people know the risks."""
    for link in range(len(cost)):
        mine = min(1.0, theta.mine_factor * mines[link] / 1000.0)
        drown = min(1.0, theta.crossing_factor * crossing[link] / 1000.0)
        risk = 1.0 - (1.0 - mine) * (1.0 - drown)
        cost[link] = travel[link] / theta.patience_hours + theta.risk_aversion * risk


@compiled.function
def fill_onto(net, besieged, link_open, chart):
    """onto (p, d): the first link of the cheapest journey from each place; of equal ones the first in the table."""
    chart.onto[:] = -1
    for d in range(len(net.settling)):
        for link in range(len(link_open)):
            u, v = net.tail[link], net.head[link]
            if link_open[link] and not besieged[v] and net.settling[d] != u:
                way = chart.cost[link] + chart.journey[d, v]
                if way <= chart.journey[d, u] * (1.0 + _EQUAL) and chart.onto[u, d] < 0:
                    chart.onto[u, d] = link


@compiled.function
def _leads(net, besieged, journey, onto, link, d):
    """Whether a link leads to a settling place: as the first of the cheapest journey, or, out of siege, any nearer."""
    u, v = net.tail[link], net.head[link]
    if net.settling[d] == u:
        return False
    if besieged[u]:
        return journey[d, v] < journey[d, u] * (1.0 - _EQUAL)
    return onto[u, d] == link


@compiled.function
def _turn(chart, begin, end, link):
    """Row of a way on among the ways on from begin to end; a new one at the end if it is not there yet."""
    for i in range(begin, end):
        if chart.turn_link[i] == link:
            return i
    chart.turn_link[end] = link
    return end


@compiled.function
def fill_leads(net, besieged, link_open, chart):
    """Lists, by link: settling places it leads to, exp(−journey) from its end to each, and the ways on from its end."""
    leads, turns = 0, 0
    for link in range(len(link_open)):
        v = net.head[link]
        chart.lead_first[link], chart.turn_first[link] = leads, turns
        if link_open[link]:
            for d in range(len(net.settling)):
                if _leads(net, besieged, chart.journey, chart.onto, link, d):
                    chart.lead[leads] = d
                    chart.near[leads] = math.exp(-chart.journey[d, v])
                    chart.lead_turn[leads] = -1
                    if net.settling[d] != v:
                        row = _turn(chart, chart.turn_first[link], turns, chart.onto[v, d])
                        chart.lead_turn[leads] = row
                        turns = max(turns, row + 1)
                    leads += 1
    chart.lead_first[len(link_open)], chart.turn_first[len(link_open)] = leads, turns


@compiled.function
def fill_worth(net, day, theta, present, worth):
    """worth (d): exp(pull) of each settling place today, 0 where it is closed."""
    for d in range(len(net.settling)):
        p = net.settling[d]
        worth[d] = 0.0
        if not day.is_open[p]:
            continue
        here = present[p, :].sum()
        pull = theta.pull_camp if net.kind[p] == _CAMP else theta.pull_refuge
        pull += day.attraction[p] + theta.known_people * math.log1p(here / 1000.0)
        pull -= theta.conflict_push * day.conflict[p]
        pull -= theta.money_aversion * day.shelter_cost[p] / net.mean_savings
        limit = day.capacity[p]
        if limit < np.inf:
            room = 1.0 - here / limit if limit > 0.0 else 0.0
            pull += math.log(max(theta.crowding_floor, room))
        worth[d] = math.exp(pull)


@compiled.function
def fill_reach(net, besieged, chart):
    """reach (l): worth of all places a link leads to; onward (l): its weight for those who choose afresh on the way.

    stop (l), turn (…): how that worth is shared, at the end of the link, by staying there and by each link on.
    """
    chart.turn[: chart.turn_first[len(chart.reach)]] = 0.0
    for link in range(len(chart.reach)):
        total, here = 0.0, 0.0
        for i in range(chart.lead_first[link], chart.lead_first[link + 1]):
            worth = chart.near[i] * chart.worth[chart.lead[i]]
            total += worth
            if chart.lead_turn[i] < 0:
                here = worth
            else:
                chart.turn[chart.lead_turn[i]] += worth
        chart.reach[link] = total
        chart.stop[link] = here
        chart.turn_last[link] = -1
        for i in range(chart.turn_first[link], chart.turn_first[link + 1]):
            if chart.turn[i] > 0.0:
                chart.turn_last[link] = i
        chart.onward[link] = 0.0 if besieged[net.head[link]] else math.exp(-chart.cost[link]) * total


@compiled.function
def fill_home(net, day, theta, p, guard, danger, travel, reach, ways, safe_ways):
    """Weights of the ways out of home p that are the same for all cohorts, into ways (4, l) and safe_ways (l).

    Rows of `ways`: alone, guided (before price and means), corridor, next district. Returns the weight of staying.
    """
    besieged, zone = day.besieged[p], net.zone[p]
    ban = day.ban_seen[zone] if besieged else 0.0
    for i in range(net.first[p], net.first[p + 1]):
        link = net.out[i]
        ways[:, link] = 0.0
        safe_ways[link] = 0.0
        v = net.head[link]
        if not day.link_open[link]:
            continue
        if day.besieged[v]:
            if besieged and net.zone[v] == zone and day.is_open[v]:
                worth = theta.neighbour_pull - theta.danger_push * danger[v]
                ways[3, link] = math.exp(worth - travel[link] / theta.patience_hours)
            continue
        mine = min(1.0, theta.mine_factor * day.mines_seen[link] / 1000.0)
        drown = min(1.0, theta.crossing_factor * day.crossing_seen[link] / 1000.0)
        hazard = theta.interception * ban * guard
        alive = (1.0 - mine) * (1.0 - drown)
        risk = 1.0 - alive * math.exp(-hazard)
        safe = math.exp(-travel[link] / theta.patience_hours) * reach[link]
        ways[0, link] = math.exp(-theta.risk_aversion * risk) * safe
        safe_ways[link] = safe
        if besieged and net.guided[link]:
            alive = (1.0 - mine * theta.guide_mine_share) * (1.0 - drown)
            risk = 1.0 - alive * math.exp(-hazard * theta.guide_exposure)
            ways[1, link] = math.exp(-theta.risk_aversion * risk) * safe
        if day.corridor[link] > 0.0:
            ways[2, link] = safe
    siege = theta.siege_push if besieged else 0.0
    return math.exp(theta.home_pull - siege - theta.danger_push * danger[p]) if day.is_open[p] else 0.0
