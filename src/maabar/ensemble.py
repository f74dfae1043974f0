"""Members of an ensemble: each with its own parameters and luck, run one by one or in blocks over threads.

Goes in: a compiled world, a seed, which members. Comes out: arrays named as the evidence vocabulary with the member
as first axis. A member's parameters are drawn from their priors (or all are at their defaults), and depend on seed,
member and the parameter's name alone; so does everything else that is random, so that any block of members can be run
anywhere.
"""

import concurrent.futures
import dataclasses
import math
import time
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maabar import bundles, compiled, engine, outlook, painting, parameters, passage, rng, world

Array = NDArray[Any]
WEEK = 7
WHOLE = ("present", "unsheltered", "arrivals", "fighters", "departures", "inside", "trapped", "turned_away", "guides",
         "travelling", "held", "displaced_total", "intercepted", "killed", "fighters_lost")  # fmt: skip


def settings(compiled_world: world.World, values: Mapping[str, float] | None = None) -> dict[str, parameters.Parameter]:
    """Parameters of a scenario under its overrides, the variant's values and `values`, in the order of the table.

    A variant or `values` fixes what it names. Raises KeyError for a name that is not in the
    table, ValueError for a value that is no number.
    """
    found = compiled_world.scenario.parameters()
    for name, value in (compiled_world.overrides | dict(values or {})).items():
        if math.isnan(value):
            raise ValueError(f"parameter {name}: {value} is not a number")
        found[name] = dataclasses.replace(found[name], default=float(value), prior=parameters.Prior("fixed"), drift=0.0)
    return found


def draw_parameters(found: Mapping[str, parameters.Parameter], members: range, seed: int, *, sample: bool) -> Array:
    """Values at the start of the run (m, k), in the order of the table; the defaults unless `sample`."""
    names = list(found)
    values = np.empty((len(members), len(names)))
    values[:] = [found[name].default for name in names]
    if sample:
        uncertain = [k for k, name in enumerate(names) if found[name].prior.family != "fixed"]
        for i, luck in enumerate(parameter_luck(found, members, seed)):
            values[i, uncertain] = [found[names[k]].quantile(u) for k, u in zip(uncertain, luck, strict=True)]
    return values


def parameter_luck(found: Mapping[str, parameters.Parameter], members: range, seed: int) -> Array:
    """Uniform numbers (m, u) behind the parameters whose prior is not fixed, in the order of the table."""
    uncertain = [name for name, parameter in found.items() if parameter.prior.family != "fixed"]
    entities = np.array([zlib.crc32(name.encode()) for name in uncertain], dtype=np.uint64)
    return np.array([rng.uniforms(seed, member, rng.PARAMETER, entities, 1)[0] for member in members])


def observation_luck(count: int, members: range, seed: int) -> Array:
    """Standard normal numbers (m, count) behind biases of sources and registered shares."""
    entities = np.arange(count, dtype=np.uint64)
    return np.array([_keyed_normals(seed, member, rng.OBSERVATION, entities, 1)[0] for member in members])


def anchor_luck(place: str, members: range, seed: int) -> Array:
    """Standard normal numbers (m) behind the errors of the count that members start from at a place."""
    entity = np.array([zlib.crc32(place.encode())], dtype=np.uint64)
    return np.array([_keyed_normals(seed, member, rng.ANCHOR, entity, 1)[0, 0] for member in members])


def report_luck(names: Sequence[str], members: range, seed: int) -> Array:
    """Standard normal numbers (m, names) behind what reports made after a forecast add to the truth, by name."""
    entities = np.array([zlib.crc32(name.encode()) for name in names], dtype=np.uint64)
    return np.array([_keyed_normals(seed, member, rng.REPORT, entities, 1)[0] for member in members])


def _normals(uniforms: Array) -> Array:
    """Standard normal numbers from pairs of uniforms (…, 2), by Box and Muller."""
    normals: Array = np.sqrt(-2.0 * np.log1p(-uniforms[..., 0])) * np.cos(2.0 * math.pi * uniforms[..., 1])
    return normals


def _keyed_normals(seed: int, member: int, purpose: int, entities: Array, steps: int) -> Array:
    """Normal numbers (steps, entities), each a function of seed, member, purpose, entity and step alone."""
    pairs = np.stack([2 * entities, 2 * entities + np.uint64(1)], axis=1).ravel().astype(np.uint64)
    luck = rng.uniforms(seed, member, purpose, pairs, steps)
    return _normals(luck.reshape(steps, len(entities), 2))


def daily(found: Mapping[str, parameters.Parameter], values: Array, days: int, seed: int, member: int) -> Array:
    """Parameters of each day as records (t); those that drift take a step of a log random walk every `drift_days`."""
    names = tuple(found)
    thetas: Array = np.empty(days, dtype=world.theta_dtype(names))
    for name, value in zip(names, values, strict=True):
        thetas[name] = value
    drifting = [name for name in names if found[name].drift > 0.0]
    if drifting:
        every = max(1, round(float(values[names.index("drift_days")])))
        entities = np.array([zlib.crc32(name.encode()) for name in drifting], dtype=np.uint64)
        steps = _keyed_normals(seed, member, rng.DRIFT, entities, days // every + 1)
        steps[0] = 0.0
        for i, name in enumerate(drifting):
            walk = np.exp(np.cumsum(steps[:, i]) * found[name].drift)[np.arange(days) // every]
            thetas[name] = np.clip(thetas[name] * walk, found[name].lower, found[name].upper)
    return thetas


def shocks(luck: Array, days: int, sd: float, weeks: float) -> Array:
    """Weekly factors on the leaving rate (t, z + 1), mean 1: AR(1) on the log scale, from normal numbers (week, z + 1).

    The last column serves homes without a zone.
    """
    memory = math.exp(-1.0 / weeks)
    level = np.empty_like(luck)
    level[0] = luck[0]
    for week in range(1, len(luck)):
        level[week] = memory * level[week - 1] + math.sqrt(1.0 - memory * memory) * luck[week]
    factors: Array = np.exp(sd * level - 0.5 * sd * sd)[np.arange(days) // WEEK]
    return np.ascontiguousarray(factors)


def pulls(luck: Array, days: int, sd: float, drift: float, every: int) -> Array:
    """What places to settle attract beyond what is known of them (t, d) [1], from normal numbers (step, d).

    Normal with deviation sd at the start, then a random walk with steps of deviation `drift` every so many days.
    """
    steps = luck * drift
    steps[0] = luck[0] * sd
    walk: Array = np.cumsum(steps, axis=0)[np.arange(days) // every]
    return walk


@dataclasses.dataclass(frozen=True)
class Inputs:
    """What makes members differ before any single person is drawn: one row for each member.

    values  (m, k)           parameters at the start of the run, in the order of `settings`
    shock   (m, week, z + 1) standard normal numbers behind the weekly factors on the leaving rate
    pull    (m, step, d)     standard normal numbers behind the unknown pull of places to settle; zero: nothing unknown
    """

    values: Array
    shock: Array
    pull: Array


def prior_inputs(
    compiled_world: world.World, found: Mapping[str, parameters.Parameter], members: range, seed: int, *, sample: bool
) -> Inputs:
    """Inputs of members drawn from the priors; unless `sample`, parameters at their defaults and no unknown pulls."""
    weeks, zones = compiled_world.days // WEEK + 1, np.arange(len(compiled_world.zone_ids) + 1, dtype=np.uint64)
    settling = compiled_world.network.settling.astype(np.uint64)
    steps = compiled_world.days // _every(found["drift_days"].default) + 1
    shock = [_keyed_normals(seed, member, rng.SHOCK, zones, weeks) for member in members]
    pull = [_keyed_normals(seed, member, rng.PULL, settling, steps) for member in members] if sample else []
    return Inputs(
        draw_parameters(found, members, seed, sample=sample),
        np.array(shock),
        np.array(pull) if sample else np.zeros((len(members), steps, len(settling))),
    )


def _every(drift_days: float) -> int:
    """Whole days between two steps of what drifts."""
    return max(1, round(drift_days))


def people_at_start(compiled_world: world.World, factor: float) -> Array:
    """People present at dawn of the first day (p, c), whole numbers [person].

    Homes hold residents · population_factor (nobody where departures are given), camps and refuges the people
    of places.csv.
    """
    net = compiled_world.network
    people = net.residents.copy()
    people[net.homes] = 0.0 if compiled_world.given else np.round(net.residents[net.homes] * factor)
    return np.array([painting.largest_remainder(some * compiled_world.shares) for some in people])


def _rooms(compiled_world: world.World, theta: Any, present: Array, travel: Array) -> tuple[Any, ...]:
    """State and working room of one member, in the order `engine.simulate` takes them, from `hours` to `plans`."""
    hours = np.maximum(1, np.rint(travel)).astype(np.int64)
    net = compiled_world.network
    places, cohorts = present.shape
    links, settling, homes, zones = len(net.tail), len(net.settling), len(net.homes), len(compiled_world.zone_ids)
    ring = int(hours.max(initial=1)) + 26
    home_ring = 1 if compiled_world.given else passage.LONGEST_RETURN_HOURS + 26
    people = np.array([present[net.zone == z].sum() for z in range(zones)])
    guides = np.round(theta["guides_per_1000"] * people / 1000.0)
    price = np.full(zones, float(theta["price_start"]))
    most_leads = settling * (places + int(np.sum(net.zone[net.tail] >= 0)))
    back = bundles.Back(
        at_start=present.sum(axis=1),
        due=np.zeros((home_ring, homes, cohorts)),
        due_any=np.zeros(home_ring, dtype=np.int64),
        on_way=np.zeros(homes),
        journey=np.zeros((homes, places)),
        hours=np.zeros((homes, places), dtype=np.int64),
        weight=np.zeros(homes),
    )
    trade = bundles.Market(guides.copy(), guides, price, price.copy(), np.zeros(zones), np.zeros(zones))
    chart = bundles.Chart(
        travel=travel,
        cost=np.zeros(links),
        mine=np.zeros(links),
        drown=np.zeros(links),
        journey=np.zeros((settling, places)),
        no_hours=np.zeros((0, 0), dtype=np.int64),
        heap_cost=np.zeros(links + places + 2),
        heap_node=np.zeros(links + places + 2, dtype=np.int64),
        onto=np.zeros((places, settling), dtype=np.int64),
        lead_first=np.zeros(links + 1, dtype=np.int64),
        lead=np.zeros(most_leads, dtype=np.int64),
        near=np.zeros(most_leads),
        lead_turn=np.zeros(most_leads, dtype=np.int64),
        turn_first=np.zeros(links + 1, dtype=np.int64),
        turn_last=np.zeros(links, dtype=np.int64),
        turn_link=np.zeros(most_leads, dtype=np.int64),
        turn=np.zeros(most_leads),
        stop=np.zeros(links),
        worth=np.zeros(settling),
        reach=np.zeros(links),
        onward=np.zeros(links),
    )
    plans = bundles.Plans(
        ways=np.zeros((4, links)),
        safe_ways=np.zeros(links),
        leaving=np.zeros((4, links, cohorts)),
        going=np.zeros((places, cohorts)),
        going_safe=np.zeros((places, cohorts)),
        caught=np.zeros(cohorts),
    )
    most = int(np.diff(net.first).max(initial=0))
    scratch = bundles.Scratch(
        stream=np.zeros(4, dtype=np.uint64),
        travelling=np.zeros(1),
        tally=np.zeros(3),
        weight=np.zeros(4 * most + 1),
        taken=np.zeros(4 * most + 1),
    )
    return (
        hours, present, np.zeros((places, cohorts)), np.zeros((ring, links, cohorts)), np.zeros(ring, dtype=np.int64),
        scratch, back, trade, _siege(compiled_world), chart, plans,
    )  # fmt: skip


def _siege(compiled_world: world.World) -> bundles.Siege:
    """Fighters before the first day; those at the start are the first number that an event sets."""
    force = compiled_world.forcing
    days, places = force.strikes.shape
    start = np.zeros(places)
    for p in range(places):
        known = force.fighters_set[np.isfinite(force.fighters_set[:, p]) & force.besieged[:, p], p]
        start[p] = known[0] if len(known) else 0.0
    guard = np.zeros((days + 1, places))
    guard[0] = (np.nan_to_num(force.fighters_set[0]) > 0) & force.besieged[0]
    return bundles.Siege(np.zeros(places), start, guard, np.zeros(places))


def _record(compiled_world: world.World) -> bundles.Record:
    """Zeros for one member's record."""
    size = {"place": len(compiled_world.place_ids), "route": len(compiled_world.link_ids),
            "zone": len(compiled_world.zone_ids), "cause": len(world.CAUSES), "fate": len(world.FATES)}  # fmt: skip
    last = {"departures": "route", "killed": "cause", "fighters_lost": "fate"}
    last |= dict.fromkeys(("present", "unsheltered", "arrivals", "fighters"), "place")
    last |= dict.fromkeys(("inside", "trapped", "turned_away", "price", "guides"), "zone")
    days = compiled_world.days
    return bundles.Record(
        **{name: np.zeros((days, size[last[name]]) if name in last else days) for name in bundles.Record._fields}
    )


def run_member(
    compiled_world: world.World, thetas: Array, shock: Array, member: int, seed: int, *, expected: bool,
    anchor: "Anchor | None" = None,
) -> tuple[bundles.Record, bool]:  # fmt: skip
    """One member from first day to last; returns its record and whether people were conserved."""
    net, theta = compiled_world.network, thetas[0]
    speeds = np.array([theta["speed_road"], theta["speed_foot"], theta["speed_boat"]])
    present = people_at_start(compiled_world, float(theta["population_factor"]))
    record = _record(compiled_world)
    key = np.uint64(rng.key(np.uint64(rng.key(np.uint64(0), np.uint64(seed))), np.uint64(member)))
    rooms = _rooms(compiled_world, theta, present, net.km / speeds[net.mode])

    def simulate_days(begin: int, end: int) -> bool:
        force, shares, given = compiled_world.forcing, compiled_world.shares, compiled_world.given
        return bool(
            engine.simulate(net, force, begin, end, thetas, shock, shares, given, key, expected, *rooms, record)
        )

    if anchor is None:
        return record, simulate_days(0, len(thetas))
    conserved = simulate_days(0, anchor.day)
    anchor.apply(present, member)
    return record, simulate_days(anchor.day, len(thetas)) and conserved


@dataclasses.dataclass(frozen=True)
class Anchor:
    """Counts that members start day `day` from: persons at places (m, p), NaN where a place is left as it is.

    The people whom a member has at the places with a count are shared among them as the counts say, to the person and
    cohort by cohort: nobody is created or lost, and a place from which nobody can be spared keeps its cohorts.
    """

    day: int
    counts: Array

    def apply(self, present: Array, member: int) -> None:
        """Share out the people present (p, c) of one member."""
        counts = self.counts[member]
        counted = np.flatnonzero(np.isfinite(counts))
        total = counts[counted].sum()
        if total <= 0.0:
            return
        for cohort in range(present.shape[1]):
            people = present[counted, cohort].sum()
            present[counted, cohort] = painting.largest_remainder(counts[counted] / total * people)


@dataclasses.dataclass(frozen=True)
class Learned:
    """Members that are not drawn from the priors: a posterior, and where its forecast starts.

    inputs   of all members of the ensemble, over all days
    anchor   counts that they start a day from; None: none
    ahead    the world of each member, where it is uncertain how things go on; None: one world for all
    digest   of what they were learned from, so that a run is never resumed with others
    about    what a manifest says of them
    """

    inputs: Inputs
    anchor: Anchor | None = None
    ahead: outlook.Outlook | None = None
    digest: str = ""
    about: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def _run_inputs(
    compiled_world: world.World, found: Mapping[str, parameters.Parameter], inputs: Inputs, row: int, member: int,
    seed: int, *, expected: bool, anchor: Anchor | None,
) -> tuple[bundles.Record, bool]:  # fmt: skip
    """One member by a row of inputs, in its own world."""
    days, force, settling = compiled_world.days, compiled_world.forcing, compiled_world.network.settling
    one = dict(zip(found, inputs.values[row].tolist(), strict=True))
    shock = shocks(inputs.shock[row], days, one["shock_sd"], one["shock_weeks"])
    unknown = pulls(
        inputs.pull[row], days, one["place_pull_sd"], one["place_pull_drift"], _every(found["drift_days"].default)
    )
    attraction = force.attraction.copy()
    attraction[:, settling] += unknown
    its_world = dataclasses.replace(compiled_world, forcing=force._replace(attraction=attraction))
    thetas = daily(found, inputs.values[row], days, seed, member)
    return run_member(its_world, thetas, shock, member, seed, expected=expected, anchor=anchor)


def simulate_block(
    compiled_world: world.World,
    first: int,
    count: int,
    seed: int,
    *,
    expected: bool = False,
    sample_parameters: bool = True,
    parameters: Mapping[str, float] | None = None,
    learned: Learned | None = None,
    only: Collection[str] | None = None,
) -> dict[str, Array]:
    """Members first … first + count − 1: arrays (count, …) by name, with `parameters` (m, k) and `conserved` (m).

    Counts of people are whole numbers (float64 if `expected`), money float64. `parameters` fixes values by name;
    `learned` gives the members of the ensemble instead of draws from the priors; `only` names what is kept (None:
    everything).
    """
    found = settings(compiled_world, parameters)
    members = range(first, first + count)
    if learned is None:
        inputs = prior_inputs(compiled_world, found, members, seed, sample=sample_parameters)
    else:
        inputs = Inputs(*(array[first : first + count] for array in dataclasses.astuple(learned.inputs)))
    anchor, ahead = (None, None) if learned is None else (learned.anchor, learned.ahead)
    out: dict[str, Array] = {}
    conserved = np.zeros(count, dtype=bool)
    for i, member in enumerate(members):
        its_world = compiled_world if ahead is None else ahead.world(compiled_world, member)
        record, conserved[i] = _run_inputs(its_world, found, inputs, i, member, seed, expected=expected, anchor=anchor)
        for name in compiled_world.dims():
            if name != "parameters" and (only is None or name in only):
                array = getattr(record, name)
                kind = compiled_world.count_type if name in WHOLE and not expected else np.dtype(np.float64)
                out.setdefault(name, np.empty((count, *array.shape), dtype=kind))[i] = array
    out["parameters"] = inputs.values
    out["conserved"] = conserved
    return out


def simulate(
    compiled_world: world.World, members: int, seed: int, *, workers: int = 1, **options: Any
) -> dict[str, Array]:
    """All members at once, in memory: for tests, notebooks and calibration. Options as for `simulate_block`."""
    blocks = [(first, min(10, members - first)) for first in range(0, members, 10)]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        parts = list(
            pool.map(lambda block: simulate_block(compiled_world, block[0], block[1], seed, **options), blocks)
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def is_compiled() -> bool:
    """Whether the engine has been compiled on this machine before."""
    return any(compiled.FOLDER.glob("engine.simulate*.nbi")) or any(compiled.FOLDER.glob("*/engine.simulate*.nbi"))


def warm_up(compiled_world: world.World) -> float:
    """Compile or load the engine by running one day of a world; returns the seconds it took."""
    begin = time.perf_counter()
    simulate_block(compiled_world, 0, 1, 0)
    return time.perf_counter() - begin
