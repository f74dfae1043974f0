"""How far a run is from the reports: a score with the naive splits beside it, so that nobody is impressed by little.

In: the Dataset of a run and its scenario. Out: a `Score`. Where departures are given and at least two camps or refuges
have counts, the question is who goes where: s[t, p] is the member mean of the people at place p on the evening of day
t, d[t, p] the counted people, S and D their sums over the places with counts.

    ard                         mean over days of Σ|s − d| / D
    ard_rescaled                mean over days of Σ|s·D/S − d| / D; 0 is perfect, 2 is everybody in the wrong place
    ard_rescaled_observed_dates the same over the days of an exact count
    naive                       ard_rescaled of splits of D that need no model (`counts.naive`)

Days with D = 0 are left out; a day with D > 0 and S = 0 counts 1. Half of ard_rescaled is the share of people in the
wrong place.

    crps         continuous ranked probability score of the members, mean over exact counts [person]; 0 is perfect, and
                 for one member it is the absolute error (Gneiting & Raftery 2007, doi:10.1198/016214506000001437)
    coverage_80  share of exact counts within the members' quantiles 0.1 and 0.9, both included; 0.8 is right

Elsewhere nobody gives a run the total, so that splits of it cannot be compared: then every report that can be laid
beside the run is scored, as `observe` reads it. A report that is a range is met if the 80 % interval touches it, and
its CRPS is the least over all numbers in it: that at the median of the members, moved into the range.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from maabar import counts, errors, observe, quantities, scenario, scorecard

Floats = NDArray[np.float64]
ERRORS = ("ard", "ard_rescaled", "ard_rescaled_observed_dates")


def of(dataset: xr.Dataset, facts: scenario.Scenario, origin: dt.date | None = None) -> scorecard.Score:
    """The score of a run of this scenario; of a forecast, only by what was reported after its origin.

    Raises errors.RunError if the scenario has no report that the run can be laid beside.
    """
    if origin is not None:
        facts = _later(facts, dataset, origin)
    counted = counts.of(facts)
    if facts.departures == "given" and len(counted.places) > 1:
        after = -1 if origin is None else (origin - facts.start).days
        return _of_split(dataset, facts, counted, after)
    why = "departures are simulated" if facts.departures != "given" else "fewer than two camps or refuges have counts"
    return _of_reports(dataset, facts, f"{why}, so there is no given total whose split could be compared", origin)


def _later(facts: scenario.Scenario, dataset: xr.Dataset, origin: dt.date) -> scenario.Scenario:
    """The scenario until the last day of a forecast; where departures are simulated, with later reports only."""
    simulated = facts.departures != "given"
    reports = tuple(one for one in facts.reports if not simulated or min(one.reported_on, one.begins) > origin)
    return dataclasses.replace(facts, days=dataset.sizes["day"], reports=reports)


def crps(numbers: Floats, members: Floats) -> Floats:
    """Continuous ranked probability score of members (n, m) against numbers (n): (n), E|X − y| − E|X − X'|/2.

    Two lines, because the library that has it compiles itself for two seconds on import; the tests compare the two.
    Source: T. Gneiting and A. Raftery (2007).
    """
    count = members.shape[1]
    spread = np.sort(members, axis=1) @ (2.0 * np.arange(1, count + 1) - count - 1.0) / count**2
    return np.asarray(np.abs(members - numbers[:, None]).mean(axis=1) - spread, dtype=np.float64)


def _of_split(dataset: xr.Dataset, facts: scenario.Scenario, counted: counts.Counts, after: int) -> scorecard.Score:
    """The score of how a given total is split among places, on the days after day `after`."""
    splits = counts.naive(counted, after)
    present = dataset["present"].sel(place=counted.ids).transpose("member", "day", "place").values
    mean, counted = present.mean(axis=0), counted.later(after)
    daily = counted.daily
    total = daily.sum(axis=1, keepdims=True)
    off = np.abs(mean - daily) / np.where(total > 0, total, np.nan)
    rescaled = counts.misplaced(mean, daily)
    sampled = _samples(present, counted)
    values: dict[str, Any] = {
        "ard": counts.mean(off.sum(axis=1)),
        "ard_rescaled": counts.mean(rescaled),
        "ard_rescaled_observed_dates": counts.mean(rescaled[counted.dates]),
        "crps": counts.mean(sampled["crps"]),
        "coverage_80": counts.mean(sampled["within"]),
    }
    return scorecard.Score(
        **_about(dataset, facts), **values, days=int(np.isfinite(rescaled).sum()), observations=len(counted.exact),
        naive=splits, per_place=_places(counted, off, sampled), per_quantity={},
        reasons=_reasons(values | splits, observations=len(counted.exact), members=len(present)),
    )  # fmt: skip


def _samples(present: NDArray[Any], counted: counts.Counts) -> dict[str, Floats]:
    """Exact counts against members: `crps`, `within` the 80 % interval (NaN for few members) and `bias`, each (n)."""
    if not counted.exact:
        return dict.fromkeys(("crps", "within", "bias"), np.zeros(0))
    column = {place: p for p, place in enumerate(counted.ids)}
    numbers = np.array([count.people for count in counted.exact])
    told = np.stack(
        [present[:, count.first : count.last + 1, column[count.place]].mean(axis=1) for count in counted.exact]
    )
    low, high = np.quantile(told, (quantities.LOW, quantities.HIGH), axis=1)
    within = ((low <= numbers) & (numbers <= high)).astype(float)
    return {
        "crps": crps(numbers, told),
        "within": within if len(present) >= quantities.FEW else np.full(len(numbers), np.nan),
        "bias": told.mean(axis=1) - numbers,
    }


def _places(counted: counts.Counts, off: Floats, sampled: dict[str, Floats]) -> dict[str, scorecard.PlaceScore]:
    """The score of each place, by id; off: |s − d| / D (t, p)."""
    scores = {}
    for p, place in enumerate(counted.places):
        here = np.array([count.place == place.id for count in counted.exact], dtype=bool)
        ard = counts.mean(off[:, p])
        error, within, bias = (counts.mean(sampled[name][here]) for name in ("crps", "within", "bias"))
        scores[place.id] = scorecard.PlaceScore(place.name, ard, error, within, bias, int(here.sum()))
    return scores


def _of_reports(
    dataset: xr.Dataset, facts: scenario.Scenario, why: str, origin: dt.date | None = None
) -> scorecard.Score:
    """The score of a run against every report that can be laid beside it; `why` no split is scored."""
    reports = [one for one in (observe.comparable(report, facts) for report in facts.reports) if not one.reason]
    if not reports and origin is not None:
        raise errors.RunError(
            f"{facts.path}: found no later report of the days after {origin}, expected at least one; "
            "score a forecast that reaches further, or add what has become known to evidence.csv"
        )
    if not reports:
        raise errors.RunError(
            f"{facts.path}: found no report that can be laid beside a run, expected at least one; "
            "add counts to evidence.csv, such as people present at a camp in the form exact"
        )
    judged = _judged_all(dataset, reports)
    people = [error for one, _, error in judged if quantities.quantity(one.quantity).unit == "person"]
    members = dataset.sizes["member"]
    enough = bool(judged) and members >= quantities.FEW
    values: dict[str, Any] = dict.fromkeys(ERRORS)
    values["crps"] = counts.mean(np.array(people))
    values["coverage_80"] = float(np.mean([met for _, met, _ in judged])) if enough else None
    splits: dict[str, float | None] = dict.fromkeys(counts.SPLITS)
    reasons = _reasons(values | splits, observations=len(judged), members=members)
    names = dict.fromkeys(one.quantity for one, _, _ in judged)
    return scorecard.Score(
        **_about(dataset, facts), **values, days=0, observations=len(judged), naive=splits, per_place={},
        per_quantity={name: _quantity(name, judged, facts.currency) for name in names},
        reasons=reasons | dict.fromkeys((*ERRORS, *counts.SPLITS), why),
    )  # fmt: skip


def _judged_all(dataset: xr.Dataset, reports: list[observe.Comparable]) -> list[tuple[observe.Comparable, bool, float]]:
    """Each report, whether the run meets it, and its CRPS; without those of which no member says anything.

    Every variable is read once, however many reports are about it.
    """
    variables = {quantities.quantity(one.quantity).variable for one in reports}
    variables |= {"inside"} & set(dataset.data_vars) if "price" in variables else set()
    loaded = dataset.assign({name: dataset[name].compute() for name in sorted(variables)})
    judged = []
    for one in reports:
        told = observe.observed(loaded, one)
        members = told.values[np.isfinite(told.values)]
        if members.size:
            median, low, high = quantities.interval(told)
            number = np.clip(median, one.low, one.high)
            met = observe.verdict(one, low, high) == "agrees"
            judged.append((one, met, float(crps(np.array([number]), members[None])[0])))
    return judged


def _quantity(
    name: str, judged: list[tuple[observe.Comparable, bool, float]], currency: str
) -> scorecard.QuantityScore:
    """The reports of one quantity."""
    row = quantities.quantity(name)
    here = [(met, error) for one, met, error in judged if one.quantity == name]
    unit = currency if row.unit == "currency" else row.unit
    mean = float(np.mean([error for _, error in here]))
    return scorecard.QuantityScore(row.label, unit, len(here), sum(met for met, _ in here), mean)


def _about(dataset: xr.Dataset, facts: scenario.Scenario) -> dict[str, Any]:
    """Which run this is, and what to know before believing its score."""
    variant, members = str(dataset.attrs.get("variant", "")), dataset.sizes["member"]
    notes = [f"this run is the what-if '{variant}', and reports are of what happened"] if variant else []
    return {"title": facts.title, "variant": variant, "members": members, "notes": tuple(notes)}


def _reasons(values: Mapping[str, float | None], *, observations: int, members: int) -> dict[str, str]:
    """Why numbers are None, by key."""
    few = f"{members} of at least {quantities.FEW} members, too few for an interval"
    words = {
        "ard_rescaled_observed_dates": "nobody was counted exactly on any day",
        "crps": "no exact count",
        "coverage_80": few if observations else "no exact count",
        "capacity": "no place with counts lists a capacity",
        "day30": f"nobody was counted on day {counts.DAY30}, or the run ends before it",
    }
    return {key: words.get(key, "nobody was counted on any day") for key, value in values.items() if value is None}
