"""The parameters of the law: one table with unit, default, bounds, prior and source.

In: `parameters.csv` of the package and the overrides of a scenario. Out: `Parameter`s whose order in the table is their
index in arrays. A prior is a family around the default, truncated to the bounds; its quantile function is all the rest
of maabar needs: a draw is the quantile of a uniform number, which lets members and variants share their draws.
A parameter may drift: a Gaussian random walk on its log, one step per `drift_days` (itself a parameter).
"""

from __future__ import annotations

import functools
import math
import re
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from maabar import cells, errors, tables, units

TABLE = Path(__file__).with_name("parameters.csv")
Family = Literal["fixed", "lognormal", "normal", "logitnormal", "uniform"]
FAMILIES: tuple[Family, ...] = ("fixed", "lognormal", "normal", "logitnormal", "uniform")
EXPECTED = (
    "fixed, uniform, or lognormal, normal or logitnormal with a standard deviation, then perhaps '; drift' and one"
)
_PRIOR = re.compile(r"(?P<family>[a-z]+)(?:\s+(?P<sd>\S+))?(?:\s*;\s*drift\s+(?P<drift>\S+))?")
_NORMAL = statistics.NormalDist()


@dataclass(frozen=True)
class Prior:
    """What is believed about a parameter before the evidence.

    family  fixed | lognormal | normal | logitnormal | uniform
    sd      standard deviation on the log, plain or logit scale; 0 for fixed and uniform
    """

    family: Family = "fixed"
    sd: float = 0.0

    def quantile(self, u: float, default: float, lower: float, upper: float) -> float:
        """The value below which the share `u` of the prior lies.

        With the scale's map g (log, identity, logit) and Φ the normal distribution, truncated to lower..upper:
        g⁻¹( g(default) + sd · Φ⁻¹( a + u·(b − a) ) ),  a, b = Φ( (g(bound) − g(default)) / sd ).
        Without truncation the median is the default. u in 0..1; 0 and 1 give the bounds.
        """
        if self.family == "fixed":
            return default
        if self.family == "uniform":
            return lower + u * (upper - lower)
        if self.sd == 0 or lower == upper:
            return min(max(default, lower), upper)
        scale, back = _SCALES[self.family]
        middle = scale(default)
        below = _NORMAL.cdf((scale(lower) - middle) / self.sd)
        share = below + u * (_NORMAL.cdf((scale(upper) - middle) / self.sd) - below)
        if share <= 0 or u <= 0:
            return lower
        if share >= 1 or u >= 1:
            return upper
        return min(max(back(middle + self.sd * _NORMAL.inv_cdf(share)), lower), upper)


def _log(number: float) -> float:
    return math.log(number) if number > 0 else -math.inf


def _logit(share: float) -> float:
    if share <= 0:
        return -math.inf
    return math.log(share / (1 - share)) if share < 1 else math.inf


def _plain(number: float) -> float:
    return number


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


_SCALES: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "lognormal": (_log, math.exp),
    "normal": (_plain, _plain),
    "logitnormal": (_logit, _share),
}


@dataclass(frozen=True)
class Parameter:
    """One number of the law.

    drift  standard deviation of one step of its random walk on the log scale; 0: it does not drift
    """

    name: str
    unit: str
    default: float
    lower: float
    upper: float
    prior: Prior
    source: str
    note: str
    drift: float = 0.0

    def quantile(self, u: float) -> float:
        """The value below which the share `u` of the prior lies."""
        return self.prior.quantile(u, self.default, self.lower, self.upper)


@dataclass(frozen=True)
class Override:
    """What a scenario says about a parameter; None leaves the table's value."""

    default: float | None = None
    lower: float | None = None
    upper: float | None = None
    prior: Prior | None = None
    drift: float | None = None


COLUMNS = (
    cells.Column("name", required=True),
    cells.Column("unit", required=True),
    cells.Column("default", "number", required=True),
    cells.Column("lower", "number", required=True),
    cells.Column("upper", "number", required=True),
    cells.Column("prior", required=True),
    cells.Column("source", required=True),
    cells.Column("note"),
)


def parse_prior(text: str) -> tuple[Prior, float]:
    """A prior and the drift from `lognormal 0.3; drift 0.05`. Raises errors.Unreadable."""
    match = _PRIOR.fullmatch(text.strip().casefold())
    family = next((family for family in FAMILIES if match and family == match["family"]), None)
    if match is None or family is None:
        cure = errors.suggestion(text.split(" ")[0], FAMILIES, "write for example lognormal 0.3")
        raise errors.Unreadable(errors.quote(text), EXPECTED, cure)
    if (match["sd"] is None) != (family in ("fixed", "uniform")):
        cure = f"write only {family}" if match["sd"] else f"write for example {family} 0.3"
        raise errors.Unreadable(errors.quote(text), EXPECTED, cure)
    return Prior(family, _deviation(match["sd"])), _deviation(match["drift"])


def _deviation(text: str | None) -> float:
    """A standard deviation; 0 where there is none."""
    if text is None:
        return 0.0
    column = cells.Column("sd", "number", above=0, upper=10, what="a standard deviation", cure="write for example 0.3")
    return float(cells.number(column, text))


# Read once, at the start of a run: a drift of these would be ignored.
READ_AT_START = frozenset(
    {"speed_road", "speed_foot", "speed_boat", "population_factor", "guides_per_1000", "price_start"}
    | {"shock_sd", "shock_weeks", "drift_days", "place_pull_sd", "place_pull_drift"}
)


def problems(parameter: Parameter) -> list[tuple[str, errors.Unreadable]]:
    """What contradicts itself in a parameter: the field and the fault without its place."""
    found: list[tuple[str, errors.Unreadable]] = []
    if parameter.lower > parameter.upper:
        limit = f"a lower bound up to {units.plain(parameter.upper)}"
        found.append(("lower", errors.Unreadable(f"'{units.plain(parameter.lower)}'", limit, "exchange the bounds")))
    elif not parameter.lower <= parameter.default <= parameter.upper:
        limit = f"a number from {units.plain(parameter.lower)} to {units.plain(parameter.upper)}"
        cure = "write a value within the bounds"
        found.append(("default", errors.Unreadable(f"'{units.plain(parameter.default)}'", limit, cure)))
    elif parameter.prior.family == "lognormal" and parameter.default <= 0:
        cure = "use a normal prior, or a default above 0"
        found.append(("prior", errors.Unreadable("'lognormal' with a default of 0 or less", "a default above 0", cure)))
    elif parameter.prior.family == "logitnormal" and not (0 < parameter.default < 1):
        cure = "use a normal prior, or a default between 0 and 1"
        found.append(("prior", errors.Unreadable("'logitnormal'", "a default between 0 and 1", cure)))
    if parameter.drift > 0 and parameter.name in READ_AT_START:
        cure = "leave out the drift"
        found.append(("prior", errors.Unreadable("a drift", "none, as it is read at the start of a run only", cure)))
    return found


def read(path: Path) -> dict[str, Parameter]:
    """The parameters of a table, in its order. Raises errors.InputError with all its faults."""
    faults: list[errors.Fault] = []
    parameters: dict[str, Parameter] = {}
    for row in tables.read(path, COLUMNS, faults, key=("name",), at_least_one=True):
        if row.faulty:
            continue
        try:
            prior, drift = parse_prior(row["prior"])
        except errors.Unreadable as error:
            faults.append(error.at(row.file, row.line, "prior"))
            continue
        parameter = Parameter(**(row.values | {"prior": prior, "drift": drift}))
        faults.extend(problem.at(row.file, row.line, field) for field, problem in problems(parameter))
        parameters[parameter.name] = parameter
    if faults:
        raise errors.InputError(faults)
    return parameters


@functools.cache
def _shipped() -> tuple[Parameter, ...]:
    return tuple(read(TABLE).values())


def table() -> dict[str, Parameter]:
    """The parameters of the package by name; their order is their index in arrays."""
    return {parameter.name: parameter for parameter in _shipped()}


def overridden(parameter: Parameter, override: Override) -> Parameter:
    """The parameter with what a scenario says about it in place of the table's values."""
    given = {name: value for name, value in vars(override).items() if value is not None}
    return replace(parameter, **given)
