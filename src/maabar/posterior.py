"""What the reports leave possible of a scenario: from its priors and evidence to inputs of members.

In: a scenario and its reports published by a day. Out: a `Posterior` of parameters, weekly shocks, unknown pulls of
places, biases of sources and registered shares, which `ensemble` takes as inputs of members. The numbers behind all of
them are standard normal under the prior, so that a posterior of no reports is the prior of any run.
"""

import concurrent.futures
import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maabar import calibrate, ensemble, facts, likelihood, parameters, reading, results, runs, telling, world
from maabar import workers as pool_workers

Array = NDArray[Any]
Progress = Callable[[str, int, int], None]
MEMBERS, STEPS, BLOCK = 300, 4, 25


@dataclasses.dataclass(frozen=True)
class Space:
    """Names of the numbers that are learned, in order: parameters, shocks, pulls, biases, registers.

    uncertain  names of the parameters whose prior is not fixed
    shock      (week, zone + 1) shape of the shocks;  pull  (step, place) of the unknown pulls
    """

    compiled: world.World
    found: Mapping[str, parameters.Parameter]
    uncertain: tuple[str, ...]
    shock: tuple[int, int]
    pull: tuple[int, int]
    observed: int

    @property
    def names(self) -> tuple[str, ...]:
        """A name for every column of z."""
        zones = (*self.compiled.zone_ids, "elsewhere")
        places = [self.compiled.place_ids[p] for p in self.compiled.network.settling]
        shocks = [f"shock:{zone}:{week}" for week in range(self.shock[0]) for zone in zones]
        pulls = [f"pull:{place}:{step}" for step in range(self.pull[0]) for place in places]
        return (*self.uncertain, *shocks, *pulls, *(f"observation:{i}" for i in range(self.observed)))

    @property
    def localised(self) -> Array:
        """(k) the parameters; shocks and pulls are too many to tell chance from what they do."""
        return np.arange(len(self.names)) < len(self.uncertain)

    def split(self, z: Array) -> tuple[Array, Array, Array, Array]:
        """z (m, k) as parameters (m, u), shocks (m, week, zone + 1), pulls (m, step, d) and observation (m, o)."""
        cuts = np.cumsum([len(self.uncertain), self.shock[0] * self.shock[1], self.pull[0] * self.pull[1]])
        values, shock, pull, observation = np.split(z, cuts, axis=1)
        return values, shock.reshape(-1, *self.shock), pull.reshape(-1, *self.pull), observation

    def inputs(self, z: Array) -> ensemble.Inputs:
        """The inputs of members (m, k)."""
        from scipy import special

        normal, shock, pull, _ = self.split(z)
        values = np.empty((len(z), len(self.found)))
        values[:] = [parameter.default for parameter in self.found.values()]
        uniform = np.clip(special.ndtr(normal), 1e-12, 1.0 - 1e-12)
        for column, name in enumerate(self.uncertain):
            quantile = self.found[name].quantile
            values[:, list(self.found).index(name)] = [quantile(u) for u in uniform[:, column]]
        return ensemble.Inputs(values, np.ascontiguousarray(shock), np.ascontiguousarray(pull))


def space(compiled: world.World, told: likelihood.Likelihood) -> Space:
    """The numbers that are learned of a compiled scenario and its reports."""
    found = ensemble.settings(compiled)
    uncertain = tuple(name for name, parameter in found.items() if parameter.prior.family != "fixed")
    drawn = ensemble.prior_inputs(compiled, found, range(1), 0, sample=True)
    observed = len(told.sources) + len(told.registers)
    return Space(compiled, found, uncertain, drawn.shock.shape[1:], drawn.pull.shape[1:], observed)


def prior(of: Space, members: int, seed: int) -> Array:
    """z (m, k) of members as any run draws them: the same luck, so that member j is member j of a run."""
    from scipy import special

    drawn = ensemble.prior_inputs(of.compiled, of.found, range(members), seed, sample=True)
    luck = ensemble.parameter_luck(of.found, range(members), seed)
    observation = ensemble.observation_luck(of.observed, range(members), seed)
    flat = [special.ndtri(luck), drawn.shock.reshape(members, -1), drawn.pull.reshape(members, -1), observation]
    return np.concatenate(flat, axis=1)


def until_day(scenario: facts.Scenario, last: dt.date) -> facts.Scenario:
    """The scenario cut after a day: nothing later is compiled or run."""
    days = min(scenario.days, max(1, (last - scenario.start).days + 1))
    inflow = tuple(one for one in scenario.inflow if (one.date - scenario.start).days < days)
    return dataclasses.replace(scenario, days=days, inflow=inflow)


def learned_days(scenario: facts.Scenario, told: likelihood.Likelihood) -> facts.Scenario:
    """The scenario until the last day that its reports are about."""
    return until_day(scenario, scenario.start + dt.timedelta(days=max(row.last for row in told.rows)))


@dataclasses.dataclass(frozen=True)
class Posterior:
    """Members that the reports leave possible, and how they were learned.

    told     the reports and their errors
    learned  the account of the smoother; member j of its `z` has the luck of member j of a run with `seed`
    until    only what was published by this day was learned from; None: everything
    """

    scenario: facts.Scenario
    space: Space
    told: likelihood.Likelihood
    learned: calibrate.Posterior
    until: dt.date | None
    seed: int

    @property
    def inputs(self) -> ensemble.Inputs:
        """The inputs of the members, over the days that were learned from."""
        return self.space.inputs(self.learned.z)

    @property
    def members(self) -> int:
        """How many members."""
        return len(self.learned.z)

    @property
    def digest(self) -> str:
        """SHA-256 over the members' numbers."""
        return hashlib.sha256(np.ascontiguousarray(self.learned.z).tobytes()).hexdigest()

    @property
    def observation(self) -> tuple[Array, Array]:
        """Biases of sources (m, s) and registered shares (m, q)."""
        return self.told.observation(self.space.split(self.learned.z)[3])


def learn(
    scenario: facts.Scenario,
    *,
    until: dt.date | None = None,
    members: int = MEMBERS,
    steps: int = STEPS,
    seed: int = 1,
    workers: int | None = None,
    on_progress: Progress = runs.silent,
) -> Posterior:
    """The posterior of a scenario from the reports published by a day (None: from all of them).

    Raises errors.RunError without reports, errors.ConvergenceError if the smoother fails.
    """
    import threadpoolctl

    told = likelihood.of(scenario, until=until)
    of = space(world.compile(learned_days(scenario, told)), told)
    threads = workers or pool_workers.processors()

    def simulate(z: Array) -> Array:
        biases, registered = told.observation(of.split(z)[3])
        found = series(of.compiled, told.claims, told.start, ensemble.Learned(of.inputs(z)), seed, threads)
        return told.predict(found, biases, registered)

    on_progress("calibrate", 0, steps + 1)
    # One thread: matrices are small, and sums in another order would give another posterior on another machine.
    with threadpoolctl.threadpool_limits(1, "blas"):
        learned = calibrate.smooth(
            simulate,
            prior(of, members, seed),
            told.observed,
            rng=np.random.default_rng([seed, members]),
            steps=steps,
            localise=of.localised,
            on_progress=lambda done, total: on_progress("calibrate", done, total),
            reports=[row.report for row in told.rows],
            parameters=of.names,
        )
    return Posterior(scenario, of, told, learned, until, seed)


def series(
    compiled: world.World, claims: tuple[reading.Claim, ...], start: dt.date, learned: ensemble.Learned, seed: int,
    threads: int,
) -> dict[tuple[str, str], Array]:  # fmt: skip
    """The series that claims are laid beside, of all members (m, t), simulated in blocks on threads.

    start  first day of the run
    """
    members = len(learned.inputs.values)
    plan = results.layout(compiled, members=members, seed=seed, expected=False)

    def block(first: int) -> dict[tuple[str, str], Array]:
        count = min(BLOCK, members - first)
        arrays = ensemble.simulate_block(compiled, first, count, seed, learned=learned)
        arrays.pop("conserved")
        return telling.series(results.dataset(plan, arrays, first), claims, start)

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(block, range(0, members, BLOCK)))
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def extended(learned: Posterior, whole: world.World) -> ensemble.Inputs:
    """The inputs of the members over all days of a world: what was not learned yet is as the prior has it."""
    inputs, members = learned.inputs, learned.members
    drawn = ensemble.prior_inputs(whole, learned.space.found, range(members), learned.seed, sample=True)
    for later, known in ((drawn.shock, inputs.shock), (drawn.pull, inputs.pull)):
        steps = min(later.shape[1], known.shape[1])
        later[:, :steps] = known[:, :steps]
    return ensemble.Inputs(inputs.values, drawn.shock, drawn.pull)


def members(learned: Posterior, whole: world.World) -> ensemble.Learned:
    """The members of a posterior as those of a run over a whole scenario."""
    about = {"posterior": {"until": learned.until.isoformat() if learned.until else None, "digest": learned.digest}}
    return ensemble.Learned(extended(learned, whole), digest=learned.digest, about=about)
