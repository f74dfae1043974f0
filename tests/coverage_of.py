"""How often forecasts of synthetic sieges hold what was true: judged one by one, then together.

In: sieges (`sieges`), what was learned of them and the forecasts. Out: `Judged`, the members beside the truth, for
quantities at leads of 7, 14 and 30 days under given and under drawn events, and for parameters; of many sieges the
`Cases` of one kind with their coverage and PIT. A parameter counts as identified if a tenth of its prior variance is
gone. The negative control has half of the spread about the median.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

import sieges
from maabar import posterior, quantities, verify

Array = np.ndarray[Any, Any]
FLIPS = 50_000  # so that the test of one row among a hundred can fail
LEVEL = 0.9
LEADS = (7, 14, 30)
EVENTS = ("given", "drawn")
# What is forecast: stocks on the evening of a lead, flows and counts from the origin until then.
FORECAST = (
    ("inside", "town"),
    ("arrivals", "*"),
    ("arrivals", "north-camp"),
    ("arrivals", "hill-town"),
    ("present", "north-camp"),
    ("present", "hill-town"),
    ("present", "border-city"),
    ("departures", "town"),
    ("displaced_total", "*"),
    ("killed", "*"),
    ("killed:strike", "*"),
    ("killed:mine", "*"),
    ("intercepted", "*"),
    ("held", "*"),
    ("turned_away", "town"),
    ("price", "town"),
    ("fighters", "town"),
)
IDENTIFIED = 0.1  # share of the prior variance that must be gone


@dataclasses.dataclass(frozen=True)
class Judged:
    """What was said of one siege, beside the truth.

    ahead, true  (events, quantity, lead, m) and (events, quantity, lead);  values, drawn  (m, u) and (u) parameters
    gone         (u) share of the prior variance of each parameter that was learned away
    """

    ahead: Array
    true: Array
    values: Array
    drawn: Array
    gone: Array

    def save(self, path: pathlib.Path) -> None:
        """Keep it."""
        part = path.with_name(path.name + ".part")
        with part.open("wb") as stream:
            np.savez_compressed(stream, **dataclasses.asdict(self))
        part.replace(path)


def kept(path: pathlib.Path) -> Judged:
    """What was kept."""
    with np.load(path) as found:
        return Judged(**{name: found[name] for name in found.files})


def reached(run: xr.Dataset) -> Array:
    """What a run comes to: (quantity, lead, m)."""
    return np.stack([[_seen(run, quantity, place, lead) for lead in LEADS] for quantity, place in FORECAST])


def _seen(run: xr.Dataset, quantity: str, place: str, lead: int) -> Array:
    """One quantity at a lead: (m)."""
    values = np.nan_to_num(quantities.series(run, quantity, place).values)
    kind, last = quantities.quantity(quantity).kind, sieges.ORIGIN_DAY + lead
    if kind == "stock":
        return np.asarray(values[:, last])
    if kind == "cumulative":
        return np.asarray(values[:, last] - values[:, sieges.ORIGIN_DAY])
    return np.asarray(values[:, sieges.ORIGIN_DAY + 1 : last + 1].sum(axis=1))


def judged(one: sieges.Siege, *, members: int, seed: int, workers: int = 1) -> Judged:
    """One siege, learned by its origin and forecast under given and drawn events."""
    learned = posterior.learn(one.scenario, until=one.origin, members=members, seed=seed, workers=workers)
    ahead = [sieges.forecast_from(one, learned, one.origin, sieges.AHEAD, given=event == "given") for event in EVENTS]
    uncertain = learned.space.uncertain
    at = [list(learned.space.found).index(name) for name in uncertain]
    return Judged(
        np.stack([reached(run) for run in ahead]).astype(np.float32),
        np.stack([reached(run)[..., 0] for run in (one.truth, one.course)]).astype(np.float32),
        learned.inputs.values[:, at],
        one.parameters[at],
        1 - learned.learned.spread_ratio[: len(uncertain)] ** 2,
    )


@dataclasses.dataclass(frozen=True)
class Cases:
    """Things of one kind that were said: members (m, n), what was true (n), and of which siege (n)."""

    members: Array
    true: Array
    siege: Array

    def pit(self) -> Array:
        """(n) how high among its members the truth lies; ties at random."""
        return verify.pit(self.members, self.true, self.true, np.random.default_rng(1))

    def covered(self) -> float:
        """Share of truths within the central 90 % of their members; a tie with an end counts by chance, as in `pit`."""
        return float((np.abs(self.pit() - 0.5) < LEVEL / 2).mean())

    def flat(self) -> float | None:
        """The probability of so uneven a PIT of an honest forecast; sieges are independent of each other."""
        return verify.flat(self.pit(), self.siege, np.random.default_rng(1), FLIPS)

    def halved(self) -> Cases:
        """The negative control: half of the spread about the median."""
        middle = np.median(self.members, axis=0)
        return dataclasses.replace(self, members=middle + (self.members - middle) / 2)


def forecasts(found: Sequence[Judged], events: str, what: tuple[str, str] | None, lead: int | None) -> Cases:
    """Forecasts under given or drawn events of one quantity and place (None: all) at one lead (None: all)."""
    rows = [FORECAST.index(what)] if what else list(range(len(FORECAST)))
    columns = [LEADS.index(lead)] if lead else list(range(len(LEADS)))
    event = EVENTS.index(events)
    members = [one.ahead[event][rows][:, columns].reshape(-1, one.ahead.shape[-1]).T for one in found]
    true = [one.true[event][rows][:, columns].ravel() for one in found]
    return _cases(members, true)


def parameters(found: Sequence[Judged], *, identified: bool = True) -> Cases:
    """The parameters that the evidence identified, or all of them."""
    chosen = [one.gone >= IDENTIFIED if identified else np.ones(len(one.gone), bool) for one in found]
    pairs = list(zip(found, chosen, strict=True))
    return _cases([one.values[:, some] for one, some in pairs], [one.drawn[some] for one, some in pairs])


def _cases(members: list[Array], true: list[Array]) -> Cases:
    """Those of all sieges together."""
    siege = np.repeat(np.arange(len(true)), [len(some) for some in true])
    return Cases(np.concatenate(members, axis=1), np.concatenate(true), siege)
