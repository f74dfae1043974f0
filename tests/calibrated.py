"""Simulation-based calibration of synthetic sieges: how often intervals hold what was true.

In: sieges (`assaults`). Out: for every siege the posterior and forecasts beside the truth, as `Result`; of many
results, coverage and PIT by quantity and lead. Parameters count where they were identified, that is where at least a
quarter of the prior variance is gone.
"""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

import assaults
from maabar import forecast, posterior, quantities, verify, world

Floats = NDArray[np.float64]
LEADS = (7, 14, 30)
LEVEL = 0.9
IDENTIFIED = 0.25  # share of the prior variance that must be gone
FORECAST = {
    "inside": ("inside", "town"),
    "arrivals at the camp": ("arrivals", "north-camp"),
    "present at the camp": ("present", "north-camp"),
    "present at the host town": ("present", "hill-town"),
    "departures": ("departures", "*"),
    "movements": ("displaced_total", "*"),
    "killed": ("killed", "*"),
    "price": ("price", "town"),
    "fighters": ("fighters", "*"),
}
EVENTS = ("given", "drawn")


@dataclasses.dataclass(frozen=True)
class Result:
    """One siege: its truth beside what was learned and forecast.

    z, true_z        (m, k) and (k) parameters, standard normal under the prior;  spread (k) over that of the prior
    ahead, true      (events, quantity, lead, m) and (events, quantity, lead)
    doubts           the posterior was not ok
    """

    z: Floats
    true_z: Floats
    spread: Floats
    ahead: Floats
    true: Floats
    doubts: bool

    def save(self, path: pathlib.Path) -> None:
        """Write it, so that a benchmark can go on where it stopped."""
        part = path.with_suffix(".part.npz")
        np.savez_compressed(part, **dataclasses.asdict(self))
        part.replace(path)


def load(path: pathlib.Path) -> Result:
    """A result that was saved."""
    with np.load(path) as found:
        return Result(**{name: found[name] for name in found.files})


def reached(run: xr.Dataset) -> Floats:
    """(quantity, lead, m) of a run: stocks on the day, all others since the origin."""
    found = np.empty((len(FORECAST), len(LEADS), run.sizes["member"]))
    for row, (name, where) in enumerate(FORECAST.values()):
        values, kind = quantities.series(run, name, where).values, quantities.quantity(name).kind
        for column, lead in enumerate(LEADS):
            at = assaults.ORIGIN + lead
            if kind == "stock":
                found[row, column] = values[:, at]
            elif kind == "flow":
                found[row, column] = values[:, assaults.ORIGIN + 1 : at + 1].sum(axis=1)
            else:
                found[row, column] = values[:, at] - values[:, assaults.ORIGIN]
    return found


def judged(seed: int, members: int = posterior.MEMBERS) -> Result:
    """The result of the siege of a seed. The luck of the members has a seed of its own."""
    siege = assaults.make(seed)
    learned = posterior.learn(siege.facts, until=siege.origin, members=members, seed=seed + 500_000, workers=1)
    ahead = []
    for events in EVENTS:
        asked = forecast.request(siege.facts, siege.origin, assaults.AHEAD, given=events == "given")
        started = forecast.members(asked, learned, workers=1)
        ahead.append(reached(assaults.run(world.compile(asked.facts), started, learned.seed)))
    known = len(learned.space.uncertain)
    return Result(
        z=learned.learned.z[:, :known],
        true_z=siege.z[:known],
        spread=learned.learned.spread_ratio[:known],
        ahead=np.stack(ahead),
        true=np.stack([reached(siege.given)[..., 0], reached(siege.drawn)[..., 0]]),
        doubts=not learned.learned.ok,
    )


@dataclasses.dataclass(frozen=True)
class Cases:
    """Things that were forecast, all of one kind: samples (m, n), what was true (n), the siege of each (n)."""

    samples: Floats
    true: Floats
    siege: NDArray[np.int64]

    def covered(self) -> Floats:
        """(n) 1 where the 90 % interval holds the truth."""
        return verify.coverage(self.samples, self.true, self.true, (LEVEL,))[0]

    def pit(self, seed: int = 1) -> Floats:
        """(n) how high in the forecast the truth lies."""
        return verify.pit(self.samples, self.true, self.true, np.random.default_rng(seed))

    def flat(self, seed: int = 1) -> float | None:
        """The probability of so uneven a PIT of an honest forecaster; sieges are independent."""
        return verify.flat(self.pit(seed), self.siege, np.random.default_rng(seed))

    def halved(self) -> "Cases":
        """The negative control: half the spread about the median."""
        middle = np.nanmedian(self.samples, axis=0)
        return dataclasses.replace(self, samples=middle + (self.samples - middle) / 2)


def parameters(results: Sequence[Result]) -> Cases:
    """The parameters that were identified."""
    chosen = [result.spread**2 <= 1 - IDENTIFIED for result in results]
    return Cases(
        np.concatenate([one.z[:, kept] for one, kept in zip(results, chosen, strict=True)], axis=1),
        np.concatenate([one.true_z[kept] for one, kept in zip(results, chosen, strict=True)]),
        np.repeat(np.arange(len(results)), [int(kept.sum()) for kept in chosen]),
    )


def all_parameters(results: Sequence[Result]) -> Cases:
    """All parameters, whatever was learned of them."""
    count = results[0].z.shape[1]
    return Cases(
        np.concatenate([one.z for one in results], axis=1),
        np.concatenate([one.true_z for one in results]),
        np.repeat(np.arange(len(results)), count),
    )


def forecasts(results: Sequence[Result], events: str, quantity: str | None = None, lead: int | None = None) -> Cases:
    """Forecasts under given or drawn events, of one quantity (None: all), at one lead (None: all)."""
    rows = [list(FORECAST).index(quantity)] if quantity else list(range(len(FORECAST)))
    columns = [LEADS.index(lead)] if lead else list(range(len(LEADS)))
    samples = [one.ahead[EVENTS.index(events)][rows][:, columns].reshape(-1, one.ahead.shape[-1]).T for one in results]
    true = [one.true[EVENTS.index(events)][rows][:, columns].ravel() for one in results]
    return Cases(
        np.concatenate(samples, axis=1),
        np.concatenate(true),
        np.repeat(np.arange(len(results)), [len(some) for some in true]),
    )
