"""Where to go: what places are worth, what a way out costs, and the weights of staying and of each way.

Goes in: the network, the day's world, people's parameters and what they know. Comes out: weights; the engine draws.
The choice is a multinomial logit whose value of a link is the sum over the places it leads to of their pull less the
cheapest journey (docs/model.md, step 6). Source of the form: D. McFadden (1974); M. Ben-Akiva and S. Lerman (1985)
for values as log-sums. Only links that bring a place strictly nearer lead to it, so nobody walks in circles.
"""

import math

import numpy as np

from maabar import compiled, world

_ROOT_HALF = math.sqrt(0.5)
_CAMP = world.CAMP


@compiled.function
def can_pay(log_savings, price, spread):
    """Share of a cohort whose savings reach the price: Φ((log savings − log price)/spread), 1 if it is free."""
    if price <= 0.0:
        return 1.0
    return 0.5 * math.erfc(-(log_savings - math.log(price)) / spread * _ROOT_HALF)


@compiled.function
def fill_costs(theta, mines, crossing, hours, cost):
    """Cost of each link (l): hours/patience + risk_aversion · P(killed on it), as people know the risks."""
    for link in range(len(cost)):
        mine = min(1.0, theta.mine_factor * mines[link] / 1000.0)
        drown = min(1.0, theta.crossing_factor * crossing[link] / 1000.0)
        risk = 1.0 - (1.0 - mine) * (1.0 - drown)
        cost[link] = hours[link] / theta.patience_hours + theta.risk_aversion * risk


@compiled.function
def fill_leads(net, link_open, journey, leads):
    """leads (l, d): exp(−journey) from the head of a link to each settling place it leads to, else 0."""
    for link in range(leads.shape[0]):
        u, v = net.tail[link], net.head[link]
        for d in range(leads.shape[1]):
            nearer = link_open[link] and journey[d, v] < journey[d, u] and net.settling[d] != u
            leads[link, d] = math.exp(-journey[d, v]) if nearer else 0.0


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
        pull += net.attraction[p] + theta.known_people * math.log1p(here / 1000.0)
        pull -= theta.conflict_push * day.conflict[p]
        pull -= theta.money_aversion * day.shelter_cost[p] / net.mean_savings
        limit = day.capacity[p]
        if limit < np.inf:
            room = 1.0 - here / limit if limit > 0.0 else 0.0
            pull += math.log(max(theta.crowding_floor, room))
        worth[d] = math.exp(pull)


@compiled.function
def fill_reach(head, link_open, besieged, cost, leads, worth, reach, onward):
    """reach (l): worth of all places a link leads to; onward (l): its weight for people on the way."""
    for link in range(len(reach)):
        total = 0.0
        if link_open[link]:
            for d in range(len(worth)):
                total += leads[link, d] * worth[d]
        reach[link] = total
        onward[link] = 0.0 if besieged[head[link]] else math.exp(-cost[link]) * total


@compiled.function
def fill_home(net, day, theta, p, guard, danger, hours, reach, ways, safe_ways):
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
                ways[3, link] = math.exp(worth - hours[link] / theta.patience_hours)
            continue
        mine = min(1.0, theta.mine_factor * day.mines_seen[link] / 1000.0)
        drown = min(1.0, theta.crossing_factor * day.crossing_seen[link] / 1000.0)
        travel = hours[link] / theta.patience_hours
        hazard = theta.interception * ban * guard
        alive = (1.0 - mine) * (1.0 - drown)
        risk = 1.0 - alive * math.exp(-hazard)
        safe = math.exp(-travel) * reach[link]
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
