"""A forecast from a day on: what was reported by then, the state it leaves possible, and how the war may go on.

In: a scenario, the origin (the last day that is known) and a posterior learned by then. Out: the members to run, as
`ensemble.Learned`, and afterwards the numbers that planners ask for. Nothing that was reported after the origin is
used. What happens after it is drawn (`outlook`), unless departures are given: then who leaves after the origin is given
too, and so is everything else that the scenario says of those days; or unless the caller asks for the scenario's own
events, as a what-if on the course of the war.

Members start from the state that they have on the evening of the origin, corrected by the newest counts of people at
camps and host towns (`anchor`): with x what a member has, on the logarithmic scale, y the count and p what the member
predicts of it,

    x ← x + δ + K·(y + e − p − δ),   K = (v + d²) / (v + d² + s²)

where v is the variance of p over members, d the discrepancy of the model, s the error of the count, which grows with
its age, and δ and e are draws of both. Whom the model misses at a place are people who are there: a place that nobody
counted has δ alone. The people of a member at all these places together stay as many as they were: what counts
add or take is shared among all by the squares of people times uncertainty, so that places nobody counted give most.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maabar import (
    cells,
    ensemble,
    errors,
    facts,
    header,
    likelihood,
    outlook,
    posterior,
    quantities,
    reading,
    reliability,
    runs,
    tables,
    texts,
    world,
)
from maabar import workers as pool_workers

Floats = NDArray[np.float64]
SHARED = 5  # rounds in which the people whom counts add or take are shared out; none is left below 0
GRAIN = 30.0  # persons: an empty place may be given some
GIVEN, DRAWN = "given", "drawn after the origin"
TRUSTED = 0.5  # probability of being worth something below which a count corrects nothing


@dataclasses.dataclass(frozen=True)
class Request:
    """What to forecast: from the evening of `origin`, `days` days ahead.

    given  take the events of the scenario after the origin as they are, instead of drawing them
    """

    scenario: facts.Scenario
    origin: dt.date
    days: int
    variant: str | None
    given: bool

    @property
    def last(self) -> dt.date:
        """The last day that is forecast."""
        return self.origin + dt.timedelta(days=self.days)

    @property
    def at(self) -> int:
        """Position of the origin on the day axis."""
        return (self.origin - self.scenario.start).days

    @property
    def facts(self) -> facts.Scenario:
        """The scenario as known at the origin, until the last day that is forecast."""
        inflow = tuple(one for one in self.scenario.inflow if one.date <= self.last)
        whole = dataclasses.replace(self.scenario, days=self.at + 1 + self.days, inflow=inflow)
        then = outlook.known(whole, self.origin)
        return dataclasses.replace(then, events=whole.events) if self.given else then


@functools.cache
def horizons() -> Mapping[str, int]:
    """The days ahead to which coverage was tested, by how departures come about."""
    columns = (cells.Column("departures", required=True), cells.Column("days", "whole", required=True))
    faults: list[errors.Fault] = []
    path = Path(__file__).parent / "horizon.csv"
    rows = tables.read(path, (*columns, cells.Column("source")), faults, key=("departures",), at_least_one=True)
    if faults:
        raise errors.InputError(faults)
    return {row["departures"]: row["days"] for row in rows}


def check_horizon(scenario: facts.Scenario, days: int, *, beyond: bool) -> None:
    """Raise errors.RunError for more days ahead than those at which coverage was tested, unless `beyond`."""
    tested = horizons()[scenario.departures]
    if days > tested and not beyond:
        raise errors.RunError(
            f"--days: found {days}, expected at most {tested}: further ahead nobody has tested how often intervals "
            "hold; ask for fewer days, or force it with --beyond"
        )


def request(
    scenario: facts.Scenario,
    origin: dt.date,
    days: int,
    *,
    variant: str | None = None,
    given: bool | None = None,
    beyond: bool = False,
) -> Request:
    """A checked request; given None: as departures are.

    Raises errors.RunError for days outside of the scenario, and unless `beyond` for days beyond those at which coverage
    was tested.
    """
    is_given = scenario.departures == "given"
    last = scenario.end if is_given else dt.date.max
    if not scenario.start < origin < (scenario.end if is_given else scenario.end + dt.timedelta(days=1)):
        raise errors.RunError(
            f"--origin: found {origin}, expected a day after {scenario.start} and "
            f"{'before' if is_given else 'up to'} {scenario.end}; name the last day that is known"
        )
    most = min((last - origin).days, header.LONGEST_RUN - (origin - scenario.start).days - 1)
    if isinstance(days, bool) or not isinstance(days, int | np.integer) or not 1 <= days <= most:
        why = f", as departures are given until {scenario.end}" if is_given else ""
        raise errors.RunError(f"--days: found {errors.quote(str(days))}, expected a whole number from 1 to {most}{why}")
    check_horizon(scenario, days, beyond=beyond)
    if variant is not None and scenario.variant(variant) is None:
        world.compile(scenario, variant)
    return Request(scenario, origin, days, variant, is_given if given is None else given)


def of_manifest(scenario: facts.Scenario, about: Mapping[str, Any], variant: str | None = None) -> Request:
    """What was asked for in a forecast, by what its manifest says."""
    origin = dt.date.fromisoformat(about["origin"])
    return Request(scenario, origin, int(about["days"]), variant, about["events"] == GIVEN)


def members(
    asked: Request,
    learned: posterior.Posterior,
    *,
    workers: int | None = None,
    on_progress: runs.Progress = runs.silent,
) -> ensemble.Learned:
    """The members of a forecast, from a posterior of what was reported by the origin.

    Raises errors.RunError if the posterior was learned from later reports.
    """
    if learned.until is None or learned.until > asked.origin:
        known = learned.until or learned.scenario.end
        raise errors.RunError(
            f"--posterior: learned from reports until {known}, which nobody knew on {asked.origin}; "
            f"calibrate with --until {asked.origin}"
        )
    compiled = world.compile(asked.facts, asked.variant)
    inputs = posterior.extended(learned, compiled)
    ahead = None if asked.given else outlook.of(asked.facts, asked.origin, learned.seed, asked.variant)
    about = {
        "origin": asked.origin.isoformat(),
        "days": asked.days,
        "events": GIVEN if asked.given else DRAWN,
        "posterior": learned.digest,
        "until": learned.until.isoformat(),
        "notes": notes(asked, learned),
    }
    return ensemble.Learned(
        inputs, anchor(asked, learned, inputs, workers, on_progress), ahead, learned.digest, {"forecast": about}
    )


def notes(asked: Request, learned: posterior.Posterior) -> list[str]:
    """What a reader of the forecast must know before believing it."""
    found, tested, words = [], horizons()[asked.scenario.departures], texts.of("en")
    if asked.days > tested:
        found.append(words("doubt.horizon", days=tested))
    if not learned.learned.ok:
        found.append(words("doubt.doubt", warning=learned.learned.warnings[0]))
    if asked.given and asked.scenario.departures != "given":
        found.append(words("doubt.given"))
    if asked.variant is not None:
        found.append(words("doubt.variant", name=asked.variant))
    if (asked.origin - learned.until).days > 0 if learned.until else False:
        found.append(words("doubt.until", date=learned.until))
    return found


def anchor(
    asked: Request,
    learned: posterior.Posterior,
    inputs: ensemble.Inputs,
    workers: int | None,
    on_progress: runs.Progress,
) -> ensemble.Anchor | None:
    """Counts that members start from on the day after the origin; None if nobody was counted in the last month."""
    chosen = newest(learned, asked.at)
    if not chosen:
        return None
    before = world.compile(posterior.until_day(asked.facts, asked.origin), asked.variant)
    settling = before.network.settling
    present = _present(before, inputs, learned.seed, workers or pool_workers.processors(), on_progress)
    there = present[:, settling]
    row = quantities.quantity("present")
    wanted, sd = reading.transformed(there, row), np.empty(len(settling))
    for column, p in enumerate(settling):
        place = before.place_ids[p]
        wanted[:, column], sd[column] = _corrected(learned, chosen.get(place), place, wanted[:, column], asked.at)
    counts = np.full(present.shape, np.nan)
    counts[:, settling] = _with_sum(reading.plain(wanted, row), sd, there.sum(axis=1))
    return ensemble.Anchor(asked.at + 1, counts)


def newest(learned: posterior.Posterior, at: int) -> dict[str, int]:
    """The newest count of each camp or host town by day `at`: place -> row of reports."""
    settling = {place.id for place in learned.scenario.places if place.kind in quantities.SETTLING}
    found: dict[str, int] = {}
    for row, claim in enumerate(learned.told.claims):
        fits = claim.quantity == "present" and claim.kind == "value" and claim.aspect == "level"
        if not fits or claim.places[0] not in settling or learned.learned.worth[row] < TRUSTED:
            continue
        before = found.get(claim.places[0])
        if claim.last <= at and (before is None or learned.told.claims[before].last <= claim.last):
            found[claim.places[0]] = row
    return found


def _corrected(
    learned: posterior.Posterior, row: int | None, place: str, present: Floats, at: int
) -> tuple[Floats, float]:
    """Log of people at a place (m), corrected by the count in `row` if there is one, and how uncertain that is (sd)."""
    members, seed = range(len(present)), learned.seed
    missed = ensemble.anchor_luck(f"missed at {place}", members, seed)
    if row is None:
        miss = reliability.measures()["present"].discrepancy_sd
        return present + miss * missed, math.hypot(float(present.std()), miss)
    claim = learned.told.claims[row]
    told, miss = learned.learned.predicted[:, row], likelihood.discrepancy(claim, learned.scenario)
    known = float(told.var()) + miss**2
    error = math.hypot(claim.sd, claim.measure.daily_change * (at - claim.last))
    gain = known / (known + error**2)
    luck = error * ensemble.anchor_luck(place, members, seed)
    found = present + (1 - gain) * miss * missed + gain * (claim.value + luck - told)
    return found, math.sqrt(known * (1 - gain))


def _with_sum(wanted: Floats, sd: Floats, total: Floats) -> Floats:
    """People (m, d) moved to the sums (m): the more uncertain a place and the more people it has, the more it gives."""
    found = wanted
    for _ in range(SHARED):
        give = ((found + GRAIN) * sd) ** 2
        short = total - found.sum(axis=1)
        found = np.maximum(found + give * (short / give.sum(axis=1))[:, None], 0.0)
    return found


def _present(
    compiled: world.World, inputs: ensemble.Inputs, seed: int, threads: int, on_progress: runs.Progress
) -> Floats:
    """People present on the evening of the last day of a world: (m, p)."""
    count, learned = len(inputs.values), ensemble.Learned(inputs)
    on_progress("anchor", 0, count)
    arrays = ensemble.simulate(compiled, count, seed, workers=threads, learned=learned, only=("present",))
    on_progress("anchor", count, count)
    return np.asarray(arrays["present"][:, -1], dtype=np.float64)
