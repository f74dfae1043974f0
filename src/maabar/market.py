"""The market of passage: guides, the places they offer, the price.

Goes in: yesterday's requests, the guides, the share of guided links still usable, the guard. Comes out: today's
guides, places and price, zone by zone (docs/model.md, step 4), and who gets a place. Price follows unmet demand;
capture lowers and a high price raises the number of guides.
"""

import math

from maabar import compiled, draw, rng


@compiled.function
def _usable_share(net, day, zone):
    """Share of the zone's guided links that can still be used, 0..1."""
    if net.guided_links[zone] <= 0.0:
        return 0.0
    total = 0.0
    for link in range(len(net.tail)):
        tail = net.tail[link]
        if net.guided[link] and net.zone[tail] == zone and day.besieged[tail] and day.link_open[link]:
            total += day.usable[link]
    return total / net.guided_links[zone]


@compiled.function
def is_besieged(net, day, zone):
    """Whether the besieger still holds a home of the zone."""
    for i in range(len(net.homes)):
        if net.zone[net.homes[i]] == zone and day.besieged[net.homes[i]]:
            return True
    return False


@compiled.function
def _guard_of_zone(net, fighters, fighters_start, zone):
    """Fighters of the zone now / at the start."""
    now, start = 0.0, 0.0
    for i in range(len(net.homes)):
        p = net.homes[i]
        if net.zone[p] == zone:
            now += fighters[p]
            start += fighters_start[p]
    return now / start if start > 0.0 else 0.0


@compiled.function
def excess(requests, places, limit):
    """clip(requests/places − 1, ±limit); with no places: the limit if anybody asked, else 0."""
    if places <= 0.0:
        return limit if requests > 0.0 else 0.0
    return min(limit, max(-limit, requests / places - 1.0))


@compiled.function
def step(net, day, theta, key, stream, trade, fighters, fighters_start, expected):
    """Guides, places and price of each zone that is still besieged; places elsewhere are 0."""
    for zone in range(len(trade.price)):
        trade.places[zone] = 0.0
        if not is_besieged(net, day, zone):
            continue
        guides = trade.guides[zone]
        hazard = theta.guide_capture * day.ban[zone] * _guard_of_zone(net, fighters, fighters_start, zone)
        caught = draw.binomial(stream, key, rng.GUIDE_CAUGHT, zone, guides, -math.expm1(-hazard), expected)
        idle = max(0.0, round(theta.guide_pool * trade.guides_start[zone]) - (guides - caught))
        hazard = theta.guide_entry * max(0.0, math.log(trade.price[zone] / theta.price_start))
        new = draw.binomial(stream, key, rng.GUIDE_NEW, zone, idle, -math.expm1(-hazard), expected)
        trade.guides[zone] = guides - caught + new
        offered = trade.guides[zone] * theta.passages_per_guide * _usable_share(net, day, zone)
        trade.places[zone] = draw.whole(stream, key, rng.GUIDE_PLACES, zone, offered, expected)
        if day.t > 0:
            move = theta.price_response * excess(trade.requests[zone], trade.places[zone], theta.price_limit)
            trade.price[zone] = max(theta.price_floor, trade.price[zone] * math.exp(move))


@compiled.function
def admit(net, zone, key, stream, trade, asking, present, expected):
    """Give out the zone's places among those who chose guided passage, in place, in `asking` (l, c).

    Who gets a place is multivariate hypergeometric over links and cohorts: everybody asks at once and the order of
    asking is random. Sets the zone's requests; returns how many were turned away [person].
    """
    asked, places = 0.0, trade.places[zone]
    for link in range(len(net.tail)):
        if net.guided[link] and net.zone[net.tail[link]] == zone:
            asked += asking[link, :].sum()
    trade.requests[zone] = asked
    if asked <= places:
        return 0.0
    left, room = asked, places
    rng.start(stream, key, rng.ADMIT, zone)
    for link in range(len(net.tail)):
        if net.guided[link] and net.zone[net.tail[link]] == zone:
            for c in range(asking.shape[1]):
                wanting = asking[link, c]
                if wanting > 0.0:
                    given = draw.hypergeometric(stream, wanting, left - wanting, room, expected)
                    left -= wanting
                    room -= given
                    asking[link, c] = given
                    present[net.tail[link], c] += wanting - given
    return asked - places
