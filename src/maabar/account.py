"""The account of a calibration: what was learned, what was not, what fits, and which reports pull against each other.

In: a `posterior.Posterior`. Out: an `Account`, which prints itself; `to_dict` is for machines. Learned is the share of
the prior variance that is gone, 1 − (sd / prior sd)², on the scale on which the prior is a standard normal law.
"""

from __future__ import annotations

import dataclasses
import html
from typing import Any

import numpy as np

from maabar import posterior, quantities

LEVELS = (quantities.LOW, 0.5, quantities.HIGH)
IDENTIFIED = 0.25  # share of the prior variance that must be gone before the evidence is said to tell anything


@dataclasses.dataclass(frozen=True)
class Learned:
    """One parameter: quantiles 0.1, 0.5 and 0.9 before and after, and the share of the variance that is gone."""

    name: str
    unit: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    learned: float
    is_identified: bool


@dataclasses.dataclass(frozen=True)
class Account:
    """What was learned from how many reports."""

    scenario: str
    until: str
    members: int
    seed: int
    reports: int
    ok: bool
    warnings: tuple[str, ...]
    parameters: tuple[Learned, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, texts and lists."""
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        """The account in words and a table."""
        lines = [f"{self.scenario}: {self.reports} numbers from reports until {self.until or 'the last'}"]
        lines += [f"{'note' if self.ok else 'WARNING'}: {warning}" for warning in self.warnings]
        lines += [f"  {one.name}: {one.prior[1]:.3g} -> {one.posterior[1]:.3g}" for one in self.parameters]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The same, for notebooks."""
        return f"<pre>{html.escape(str(self))}</pre>"


def of(learned: posterior.Posterior) -> Account:
    """The account of a posterior."""
    space, found = learned.space, learned.learned
    values = space.inputs(found.z).values
    rows = []
    for column, name in enumerate(space.uncertain):
        parameter = space.found[name]
        gone = 1 - float(found.spread_ratio[column]) ** 2
        before = tuple(float(parameter.quantile(level)) for level in LEVELS)
        after = tuple(float(value) for value in np.quantile(values[:, list(space.found).index(name)], LEVELS))
        rows.append(Learned(name, parameter.unit, before, after, gone, gone >= IDENTIFIED))  # type: ignore[arg-type]
    return Account(
        scenario=learned.scenario.name,
        until=learned.until.isoformat() if learned.until else "",
        members=learned.members,
        seed=learned.seed,
        reports=len(learned.told),
        ok=found.ok,
        warnings=found.warnings,
        parameters=tuple(sorted(rows, key=lambda row: -row.learned)),
    )
