"""A scenario as arrays: the network, the world of each day, the cohorts.

Goes in: a checked `scenario.Scenario` and the name of a variant. Comes out: a `World`, arrays that the compiled day
reads and never writes. Events are painted over the days in the order (first day, kind, row), later ones over earlier
ones, and a variant's events over all of the scenario's. A member adds only its parameters and its luck.
"""

import dataclasses
import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maabar import errors, painting, scenario

HOME, WAYPOINT, CAMP, REFUGE = painting.HOME, painting.WAYPOINT, painting.CAMP, painting.REFUGE
MODES = painting.MODES
CAUSES = ("strike", "mine", "crossing", "execution")
FATES = ("killed", "withdrawn", "surrendered")
Array = NDArray[Any]


@dataclasses.dataclass(frozen=True)
class World:
    """A scenario and variant, compiled; `network` and `forcing` go to the engine, the rest names their axes."""

    scenario: scenario.Scenario
    variant: str | None
    network: painting.Network
    forcing: painting.Forcing
    place_ids: tuple[str, ...]
    link_ids: tuple[str, ...]
    zone_ids: tuple[str, ...]
    overrides: dict[str, float]
    shares: Array
    given: bool

    @property
    def days(self) -> int:
        """Length of the run [day]."""
        return int(self.forcing.strikes.shape[0])

    @property
    def everyone(self) -> float:
        """All people there ever are: at the start, and who come in [person]."""
        return float(self.network.residents.sum() + self.forcing.inflow.sum() + self.forcing.inflow_any.sum())

    @property
    def count_type(self) -> np.dtype[Any]:
        """The whole-number type of recorded counts: 64 bits where 32 might not hold every movement of the run."""
        return np.dtype(np.int32 if self.everyone * max(self.days, 100) < 2**31 else np.int64)

    def dims(self) -> dict[str, tuple[str, ...]]:
        """What a run records, and along which axes."""
        place, zone, day = ("member", "day", "place"), ("member", "day", "zone"), ("member", "day")
        found: dict[str, tuple[str, ...]] = dict.fromkeys(("present", "unsheltered", "arrivals", "fighters"), place)
        found["departures"] = ("member", "day", "route")
        if self.zone_ids:
            found |= dict.fromkeys(("inside", "trapped", "turned_away", "price", "guides"), zone)
        found |= dict.fromkeys(("travelling", "held", "displaced_total", "intercepted", "paid"), day)
        found["killed"] = ("member", "day", "cause")
        found["fighters_lost"] = ("member", "day", "fate")
        found["parameters"] = ("member", "parameter")
        return found

    def coords(self) -> dict[str, tuple[str, ...]]:
        """Labels of the axes other than member, day and parameter."""
        return {
            "place": self.place_ids,
            "route": self.link_ids,
            "zone": self.zone_ids,
            "cause": CAUSES,
            "fate": FATES,
        }


def compile(facts: scenario.Scenario, variant: str | None = None) -> World:
    """The arrays of a scenario under a variant (None: as it was).

    Raises errors.InputError if there is no such variant.
    """
    events = sorted(facts.events, key=lambda event: (event.begins, event.kind, event.line))
    overrides: dict[str, float] = {}
    if variant is not None:
        chosen = next((v for v in facts.variants if v.name == variant), None)
        if chosen is None:
            raise errors.InputError([_unknown(facts, variant)])
        events += sorted(chosen.events, key=lambda event: (event.begins, event.kind, event.line))
        overrides = dict(chosen.parameters)
    builder = painting.Painter(facts)
    for event in events:
        builder.paint(event)
    shares = np.array([cohort.share for cohort in facts.cohorts])
    return World(
        scenario=facts,
        variant=variant,
        network=builder.network(),
        forcing=builder.forcing(),
        place_ids=tuple(place.id for place in facts.places),
        link_ids=tuple(builder.link_ids),
        zone_ids=tuple(zone.id for zone in facts.zones),
        overrides=overrides,
        shares=shares,
        given=facts.departures == "given",
    )


def _unknown(facts: scenario.Scenario, variant: str) -> errors.Fault:
    """The fault of a variant that the scenario has not."""
    names = [known.name for known in facts.variants]
    expected = (
        f"a what-if of {facts.name}: {errors.listed(names)}" if names else f"none, as {facts.name} has no what-ifs"
    )
    cure = errors.suggestion(variant, names, "leave it out for the scenario as it was")
    return errors.Fault("--variant", None, None, errors.quote(variant), expected, cure)


@functools.cache
def theta_dtype(names: tuple[str, ...]) -> np.dtype[Any]:
    """One day's parameters as a record the compiled day reads by name."""
    return np.dtype([(name, np.float64) for name in names])
