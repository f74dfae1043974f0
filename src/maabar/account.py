"""The account of a calibration: what was learned, what was not, what fits, and which reports pull against each other.

In: a `posterior.Posterior`. Out: an `Account`, which prints itself; `to_dict` is for machines, `write` keeps both
beside the posterior. *Learned* is the share of the prior variance that is gone, 1 − (sd / prior sd)², on the scale on
which the prior is a standard normal law; below IDENTIFIED the evidence is said to tell nothing. Reports are laid beside
what the posterior would have made them say, within the error of the report and the discrepancy of the model.
"""

from __future__ import annotations

import dataclasses
import html
import itertools
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maabar import errors, influence, observe, posterior, quantities, reading, reliability, storage

Floats = NDArray[np.float64]
LEVELS = (quantities.LOW, 0.5, quantities.HIGH)
IDENTIFIED = 0.1
APART = 1.5  # standard errors of their difference from which on two reports pull against each other
NEAR = 14  # days within which they are compared
PULLS = 8  # pairs that are told


@dataclasses.dataclass(frozen=True)
class Learned:
    """One unknown: quantiles 0.1, 0.5 and 0.9 before and after, and the share of the variance that is gone.

    source, measure  of a bias: who reports what; of a register: its group or kind of source; else ''
    """

    name: str
    unit: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    learned: float
    is_identified: bool
    source: str = ""
    measure: str = ""


@dataclasses.dataclass(frozen=True)
class Fit:
    """The reports on one quantity: how many numbers, how many of them within 80 % of what the posterior would say.

    off  median of their distance from the posterior, in standard errors with the sign of the report: +1 says more
    """

    quantity: str
    label: str
    numbers: int
    within: int
    off: float


@dataclasses.dataclass(frozen=True)
class Pull:
    """Two reports that contradict each other, in words, and where the posterior lies between them [unit]."""

    more: str
    less: str
    quantity: str
    place: str
    posterior: float
    apart: float


@dataclasses.dataclass(frozen=True)
class Account:
    """What was learned from how many reports.

    effective    importance-weighted members in `directions` informed ones (see `influence`)
    conflicts    reports outside 99 % of what the prior made possible;  worthless: held so
    """

    scenario: str
    until: str
    members: int
    seed: int
    numbers: int
    reports: int
    ok: bool
    warnings: tuple[str, ...]
    parameters: tuple[Learned, ...]
    biases: tuple[Learned, ...]
    registers: tuple[Learned, ...]
    fits: tuple[Fit, ...]
    pulls: tuple[Pull, ...]
    worthless: tuple[str, ...]
    conflicts: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    misfits: tuple[float, ...]
    effective: float
    directions: int

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, texts and lists."""
        return dataclasses.asdict(self)

    def write(self, folder: pathlib.Path) -> None:
        """Keep the account as calibration.json and calibration.txt. Raises errors.RunError if that is refused."""
        try:
            storage.write_json(folder / "calibration.json", self.to_dict())
            storage.write(folder / "calibration.txt", f"{self}\n".encode())
        except OSError as fault:
            raise errors.RunError(storage.explained(fault, folder)) from fault

    def __str__(self) -> str:
        """The account in words and tables."""
        until = f" published by {self.until}" if self.until else ""
        lines = [
            f"{self.scenario}: {self.numbers} numbers from {self.reports} reports{until}, {self.members} members; "
            f"{len(self.left_out)} reports left out"
        ]
        lines += [f"{'note' if self.ok else 'WARNING'}: {warning}" for warning in self.warnings]
        first, last = self.misfits[0] ** 0.5, self.misfits[-1] ** 0.5
        lines += [
            f"fit: the reports were {first:.1f} standard errors from the prior and are {last:.1f} from the posterior",
            f"effective members by exact weights: {self.effective:.0f} of {self.members} in {self.directions} informed "
            "directions; few mean that only the intervals are to be used, not the weights",
        ]
        told = [one for one in self.parameters if one.is_identified]
        rest = [one.name for one in self.parameters if not one.is_identified]
        if told:
            lines += ["", *_aligned(_learned("learned (share of the prior variance that is gone)", told))]
        lines += ["", f"the evidence tells nothing of: {', '.join(rest)}"] if rest else []
        if self.biases or self.registers:
            lines += ["", *_aligned(_learned("sources and registers", [*self.biases, *self.registers]))]
        lines += ["", *_aligned(self._fits())]
        if self.pulls:
            lines += ["", "reports that pull against each other:"]
            lines += [f"  {one.more}\n    against {one.less}; posterior {observe.rounded(one.posterior)}"
                      for one in self.pulls]  # fmt: skip
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The same, for notebooks."""
        return f"<pre>{html.escape(str(self))}</pre>"

    def _fits(self) -> list[tuple[str, ...]]:
        """The table of quantities."""
        table: list[tuple[str, ...]] = [("reports on", "numbers", "within 80 %", "off (standard errors)")]
        table += [(one.label, str(one.numbers), str(one.within), f"{one.off:+.1f}") for one in self.fits]
        return table


def _learned(title: str, rows: Sequence[Learned]) -> list[tuple[str, ...]]:
    """A table of unknowns, prior and posterior."""
    table: list[tuple[str, ...]] = [(title, "prior (80 %)", "posterior (80 %)", "learned")]
    for one in rows:
        before, after = (
            f"{_three(m)} ({_three(low)} to {_three(high)})" for low, m, high in (one.prior, one.posterior)
        )
        unit = "" if one.unit in ("", "1") else f" [{one.unit}]"
        table.append((one.name + unit, before, after, f"{max(one.learned, 0):.0%}"))
    return table


def _three(number: float) -> str:
    """Three digits: 0.0312, 41,200."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def _aligned(table: Sequence[tuple[str, ...]]) -> list[str]:
    """A table as lines, its first column to the left and the others to the right."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return [
        f"  {row[0]:<{widths[0]}}  "
        + "  ".join(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in table
    ]


def of(learned: posterior.Posterior) -> Account:
    """The account of a posterior."""
    told, found = learned.told, learned.learned
    known = influence.informed(told.observed, found.before, found.predicted, told.log_density(found.predicted))
    reports = [row.report for row in told.rows]
    biases, registers = _observation(learned)
    return Account(
        scenario=learned.scenario.name, until=learned.until.isoformat() if learned.until else "",
        members=learned.members, seed=learned.seed, numbers=len(told), reports=len(set(reports)), ok=found.ok,
        warnings=found.warnings, parameters=_parameters(learned), biases=biases, registers=registers,
        fits=_fits(learned), pulls=_pulls(learned),
        worthless=_named(reports, found.worth < 0.5), conflicts=_named(reports, found.prior_data_conflict),
        left_out=told.left_out, misfits=tuple(step.misfit for step in found.steps), effective=known.effective,
        directions=known.directions,
    )  # fmt: skip


def _named(reports: list[str], chosen: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(itertools.compress(reports, chosen)))


def _parameters(learned: posterior.Posterior) -> tuple[Learned, ...]:
    """Every parameter that is not fixed, the most learned first."""
    space, ratio = learned.space, learned.learned.spread_ratio
    values = learned.inputs.values
    rows = []
    for column, name in enumerate(space.uncertain):
        parameter = space.found[name]
        after = np.quantile(values[:, list(space.found).index(name)], LEVELS)
        before = np.array([parameter.quantile(level) for level in LEVELS])
        rows.append(_row(name, parameter.unit, before, after, float(ratio[column])))
    return tuple(sorted(rows, key=lambda row: -row.learned))


def _row(name: str, unit: str, before: Floats, after: Floats, ratio: float) -> Learned:
    gone = 1 - ratio**2
    first, last = ((float(low), float(middle), float(high)) for low, middle, high in (before, after))
    return Learned(name, unit, first, last, gone, gone >= IDENTIFIED)


def _observation(learned: posterior.Posterior) -> tuple[tuple[Learned, ...], tuple[Learned, ...]]:
    """Factors by which sources report, and the shares that registers see."""
    told, ratio = learned.told, learned.learned.spread_ratio[-learned.space.observed :]
    if not learned.space.observed:
        return (), ()
    biases, registered = learned.observation
    normal = np.array([[quantile] * learned.space.observed for quantile in _NORMAL])
    prior_bias, prior_share = told.observation(normal)
    factors = []
    for column, (source, measure) in enumerate(zip(told.sources, told.measures, strict=True)):
        before, after = np.exp(prior_bias[:, column]), np.exp(np.quantile(biases[:, column], LEVELS))
        row = _row(f"{source} on {measure}: factor", "1", before, after, float(ratio[column]))
        factors.append(dataclasses.replace(row, source=source, measure=measure))
    shares = []
    for column, name in enumerate(told.registers):
        after = np.quantile(registered[:, column], LEVELS)
        told_of = float(ratio[len(factors) + column])
        row = _row(f"share registered by {name}", "1", prior_share[:, column], after, told_of)
        shares.append(dataclasses.replace(row, source=name))
    return tuple(factors), tuple(shares)


_NORMAL = (-1.2815515655446004, 0.0, 1.2815515655446004)  # quantiles 0.1, 0.5 and 0.9


def _distance(learned: posterior.Posterior) -> tuple[Floats, Floats]:
    """Of each number: how far it is from the posterior in standard errors, and whether its 80 % holds it (1 or 0)."""
    observed, predicted = learned.told.observed, learned.learned.predicted
    noise = np.diag(observed.covariance())
    off = (observed.value - np.median(predicted, axis=0)) / np.sqrt(noise + predicted.var(axis=0))
    missed = np.select([observed.kind == "lower", observed.kind == "upper"], [off, -off], np.abs(off))
    return off, (missed <= -_NORMAL[0]).astype(float)


def _fits(learned: posterior.Posterior) -> tuple[Fit, ...]:
    """One row for each quantity."""
    off, within = _distance(learned)
    names = np.array([row.quantity for row in learned.told.rows])
    is_value = learned.told.observed.kind == "value"
    found = []
    for name in dict.fromkeys(names.tolist()):
        here = names == name
        values = off[here & is_value]
        middle = float(np.median(values)) if values.size else 0.0
        label = quantities.quantity(name).label
        found.append(Fit(name, label, int(here.sum()), int(within[here].sum()), middle))
    return tuple(found)


def _pulls(learned: posterior.Posterior) -> tuple[Pull, ...]:
    """Pairs of reports on one quantity and place, near in time, that contradict each other most."""
    told, observed = learned.told, learned.told.observed
    sd = np.sqrt(np.diag(observed.reported()))
    low = np.where(observed.kind == "upper", -np.inf, observed.value)
    high = np.where(observed.kind == "lower", np.inf, observed.value)
    found: list[tuple[float, int, int]] = []
    for one, other in itertools.permutations(range(len(told)), 2):
        a, b = told.claims[one], told.claims[other]
        same = (a.quantity, a.places, a.aspect) == (b.quantity, b.places, b.aspect)
        if same and a.aspect == "level" and _is_near(a, b):
            apart = float((low[one] - high[other]) / np.hypot(sd[one], sd[other]))
            found += [(apart, one, other)] if apart >= APART else []
    middle = np.median(learned.learned.predicted, axis=0)
    return tuple(_pull(learned, one, other, apart, float(middle[[one, other]].mean()))
                 for apart, one, other in sorted(found, reverse=True)[:PULLS])  # fmt: skip


def _is_near(a: reading.Claim, b: reading.Claim) -> bool:
    """Are two claims about the same days, or nearly so? Sums must be of the same days."""
    if a.row.kind != "stock":
        return (a.first, a.last) == (b.first, b.last)
    return max(a.first, b.first) - min(a.last, b.last) <= NEAR


def _pull(learned: posterior.Posterior, one: int, other: int, apart: float, middle: float) -> Pull:
    """Two reports in words, with their grades."""
    told = learned.told
    more, less = (
        f"{told.rows[row].words} ({told.claims[row].source.name}, {told.claims[row].source.reliability}, "
        f"{told.rows[row].report}{', held worthless' if learned.learned.worth[row] < 0.5 else ''})"
        for row in (one, other)
    )
    claim = told.claims[one]
    margin = reliability.numbers()["share_margin"]
    number = float(reading.plain(np.array(middle), claim.row))
    return Pull(more, less, claim.quantity, claim.places[0], max(number, margin), apart)
