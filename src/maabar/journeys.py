"""The cheapest journeys: how far, in the traveller's own terms, every place is from every place to settle.

Goes in: the network, which links are open, the cost of each link. Comes out: journey[d, p], the least sum of costs
from place p to place d, and the hours along it; infinite where there is no way. Journeys pass through no besieged
home. By Dijkstra (1959) from each destination against the links, with a binary heap in arrays.
"""

import numpy as np

from maabar import compiled


@compiled.function
def _push(cost, node, size, new_cost, new_node):
    """Put an entry on the heap; returns the new size."""
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if cost[parent] <= new_cost:
            break
        cost[i], node[i] = cost[parent], node[parent]
        i = parent
    cost[i], node[i] = new_cost, new_node
    return size + 1


@compiled.function
def _pop(cost, node, size):
    """Take the cheapest entry (at 0) off the heap; returns the new size."""
    size -= 1
    last_cost, last_node = cost[size], node[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and cost[child + 1] < cost[child]:
            child += 1
        if cost[child] >= last_cost:
            break
        cost[i], node[i] = cost[child], node[child]
        i = child
    cost[i], node[i] = last_cost, last_node
    return size


@compiled.function
def to_places(net, places, besieged, link_open, cost, hours, journey, journey_hours, heap_cost, heap_node):
    """Fill journey (d, p) [1] and, unless it is empty, journey_hours (d, p) [hour] for each destination in `places`.

    cost, hours (l): of each link; heap_cost, heap_node: room for as many entries as links, plus one.
    """
    wanted = len(journey_hours) > 0
    for d in range(len(places)):
        journey[d, :] = np.inf
        if wanted:
            journey_hours[d, :] = 0
        goal = places[d]
        journey[d, goal] = 0.0
        size = _push(heap_cost, heap_node, 0, 0.0, goal)
        while size > 0:
            so_far, v = heap_cost[0], heap_node[0]
            size = _pop(heap_cost, heap_node, size)
            if so_far > journey[d, v] or (besieged[v] and v != goal):
                continue
            for i in range(net.into_first[v], net.into_first[v + 1]):
                link = net.into[i]
                u = net.tail[link]
                if link_open[link] and so_far + cost[link] < journey[d, u]:
                    journey[d, u] = so_far + cost[link]
                    if wanted:
                        journey_hours[d, u] = journey_hours[d, v] + hours[link]
                    size = _push(heap_cost, heap_node, size, journey[d, u], u)
