"""What needs no model, at each origin of a hindcast: `baselines` on the counts that were published by then.

In: claims known at an origin, and the cases to be forecast. Out: for each baseline members (DRAWS, n), NaN where it
cannot be made. The rules of `baselines` are about levels; here is what they are told:

    stocks and shares    their counts, by the last day they are about; of one day the mean
    flows, cumulative    people a day over the days of each count (of a cumulative one: of each increment), and the
                         forecast is so many a day over the days of the case
    last shares          where departures are given, of people present: the total that is given, split as last counted

Only numbers and ranges (by their middle) are counts; bounds say too little.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maabar import baselines, counts, facts, later, outlook, quantities, reading

Floats = NDArray[np.float64]
Days = NDArray[np.int64]
LAST_VALUE, DRIFT, LAST_SHARES = "last value", "drift", "last shares"


def at(
    scenario: facts.Scenario, origin: dt.date, claims: Sequence[reading.Claim], cases: Sequence[later.Case]
) -> dict[str, Floats]:
    """The baselines of cases (DRAWS, n) by name, from the claims known at an origin."""
    known = _series(claims)
    found = {name: np.full((baselines.DRAWS, len(cases)), np.nan) for name in (LAST_VALUE, DRIFT)}
    for column, case in enumerate(cases):
        mine = known.get(case.key)
        if mine is None:
            continue
        others = [one for key, one in known.items() if key[0] == case.key[0] and key != case.key]
        target, days = np.array([case.claim.last], dtype=np.int64), _per(case.claim)
        highest = 1.0 if case.claim.row.across == "share" else np.inf
        for name, rule in ((LAST_VALUE, baselines.last_value), (DRIFT, baselines.drift)):
            found[name][:, column] = days * rule(mine, target, others=others, highest=highest)[:, 0]
    if scenario.departures == "given":
        found[LAST_SHARES] = _last_shares(scenario, origin, cases)
    return found


def _per(claim: reading.Claim) -> int:
    """The days that a number is a sum over; 1 for a level."""
    is_level = claim.row.kind == "stock" or claim.row.across == "share"
    return 1 if is_level else claim.last - claim.first + 1


def _series(claims: Sequence[reading.Claim]) -> dict[later.Key, baselines.Series]:
    """Counts by (quantity, place), people a day where they are sums."""
    days: dict[later.Key, dict[int, list[float]]] = {}
    for claim in claims:
        if claim.kind == "value" and claim.aspect == "level":
            there = days.setdefault((claim.quantity, claim.places[0]), {})
            there.setdefault(claim.last, []).append(claim.number / _per(claim))
    return {
        key: baselines.Series(np.array(sorted(there)), np.array([np.mean(there[day]) for day in sorted(there)]))
        for key, there in days.items()
    }


def _last_shares(scenario: facts.Scenario, origin: dt.date, cases: Sequence[later.Case]) -> Floats:
    """The given total of people at camps and refuges, split in the shares of the last counts: (DRAWS, n)."""
    found = np.full((baselines.DRAWS, len(cases)), np.nan)
    until = (origin - scenario.start).days
    counted = counts.of(dataclasses.replace(outlook.known(scenario, origin), days=until + 1))
    dates = np.array([day for day in counted.dates if counted.daily[day].sum() > 0], dtype=np.int64)
    columns = [at for at, case in enumerate(cases) if case.claim.quantity == "present" and case.key[1] in counted.ids]
    if not len(dates) or not columns:
        return found
    shares = counted.daily[dates] / counted.daily[dates].sum(axis=1, keepdims=True)
    targets = np.array([cases[at].claim.last for at in columns], dtype=np.int64)
    split = baselines.last_shares(dates, shares, targets, _given_total(scenario)[targets])
    for row, at in enumerate(columns):
        found[:, at] = split[:, row, counted.ids.index(cases[at].key[1])]
    return found


def _given_total(scenario: facts.Scenario) -> Floats:
    """People at camps and refuges at the start and all who are given to have set out, by day: (t)."""
    came = np.zeros(scenario.days)
    for one in scenario.inflow:
        came[(one.date - scenario.start).days] += one.persons
    start = sum(place.population for place in scenario.places if place.kind in quantities.SETTLING)
    return np.asarray(start + np.cumsum(came))
