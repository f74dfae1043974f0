"""What was reported after an origin, and what a forecast made there says of each report: the cases of a hindcast.

In: the evidence of a scenario; members of a forecast. Out: `Case`s, and for each the numbers that the members would
have made it say (m). What is a case, and what is not:

- A report that gives a number, a range, a bound or a word of number, was published after the origin and is about days
  after the origin alone, until the last day that is forecast. Orders, trends, denials and rules have no number.
- Each report is one case at each origin. Counts since one day are the increments that they add (`retold`), so that no
  movement is scored twice; and reports of one group that give one number of one stock are one case, the first: who
  repeats what was known at the origin has not tested the forecast.
- The lead is counted to the last day that the report is about: a sum over days is known on its last.

A forecast is laid beside reports as they are reported. With x what a member has, on the scale of `reading.transformed`,
and after the share that a register counts,

    told = x + bias of the source + what the model misses + own error of the report,   then its grain in people

each a draw that belongs to the member and to the report, source, register or series. Biases and registered shares that
were learned by the origin are the member's own; others are as their priors. What the model misses is the process in
time that learning takes it for (`smoother.Observed`), given what it was seen to miss by the origin: with residuals r
(reports less what the member predicts of them), C their covariance by misses and errors and c that with the miss of the
case,  mean rᵀC⁻¹c, variance d² − cᵀC⁻¹c.  Where members were moved to a count (`forecast.anchor`) that miss is gone,
and a new one grows, d²·(1 − exp(−2·days since/`discrepancy_days`)). A report is worthless, with an error of a
factor of twenty, as often as its letter says. The errors never depend on the number that was reported later. What a
range, a bound or a word leaves open is no error here: the forecast is held against all the numbers that it allows.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import statistics
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from maabar import ensemble, facts, likelihood, observe, reading, reliability, telling

Floats = NDArray[np.float64]
WORTH = 0.5  # probability of being worth something below which a report shows no miss
Key = tuple[str, str]


@dataclasses.dataclass(frozen=True)
class Case:
    """One report that can test a forecast.

    low, high  the numbers that it allows, in the run's unit over its period; infinite where a bound leaves it open
    source     whose bias it has, and on what: (source, measure); None for reports of a group
    register   that counted it, '' for none
    """

    claim: reading.Claim
    low: float
    high: float
    source: Key | None
    register: str

    @property
    def is_number(self) -> bool:
        """A number, not a range or a bound."""
        return self.low == self.high

    @property
    def is_bound(self) -> bool:
        """Open on one side."""
        return not (np.isfinite(self.low) and np.isfinite(self.high))

    @property
    def days(self) -> int:
        """How many days it is about."""
        return self.claim.last - self.claim.first + 1

    @property
    def key(self) -> Key:
        """The series that it is about: (quantity, place)."""
        return self.claim.quantity, self.claim.places[0]


def every(scenario: facts.Scenario) -> tuple[Case, ...]:
    """All reports of a scenario that can test a forecast, in the order of the evidence.

    Raises errors.RunError if no report can be laid beside a run.
    """
    told = likelihood.of(scenario)
    found = []
    for row, claim in enumerate(told.claims):
        if claim.aspect == "level":
            alone, register = told.observed.group[row] < 0, int(told.register_of[row])
            source = (claim.source.id, claim.report.measure) if alone and claim.bias_sd > 0 else None
            name = told.registers[register] if register >= 0 else ""
            found.append(Case(claim, *_bounds(claim, scenario), source, name))
    return tuple(_once(found))


def _bounds(claim: reading.Claim, scenario: facts.Scenario) -> tuple[float, float]:
    """The numbers that a claim allows; an increment of a count is a number, whatever the form of the counts."""
    if claim.kind == "lower":
        return claim.number, np.inf
    if claim.kind == "upper":
        return -np.inf, claim.number
    if claim.report.form == "word" and claim.width > 0:
        word = reliability.word(claim.report.word)
        if word is not None and word.low is not None and word.high is not None:
            return word.low, word.high
    told = observe.comparable(claim.report, scenario)
    if claim.report.form == "range" and claim.width > 0 and told.low is not None and told.high is not None:
        return told.low, told.high
    return claim.number, claim.number


def _once(cases: list[Case]) -> list[Case]:
    """Cases without the copies of one number of a stock in a group: the first published stays."""
    first: dict[object, Case] = {}
    for case in sorted(cases, key=lambda one: (one.claim.report.reported_on, one.claim.report.id)):
        said = case.claim.report
        if said.group and case.claim.row.kind == "stock":
            first.setdefault((said.group, case.claim.quantity, case.claim.where, case.low, case.high), case)
        else:
            first[said.id, case.claim.places] = case
    kept = {id(case) for case in first.values()}
    return [case for case in cases if id(case) in kept]


def after(cases: Sequence[Case], start: dt.date, origin: dt.date, days: int) -> tuple[Case, ...]:
    """Those that test a forecast made on the evening of a day for the next `days` days; start: first day of the run."""
    at = (origin - start).days
    return tuple(
        case
        for case in cases
        if case.claim.report.reported_on > origin and case.claim.first > at and case.claim.last <= at + days
    )


@dataclasses.dataclass(frozen=True)
class Voices:
    """How those speak who report, and what the model was seen to miss, by member.

    biases      (m) by source and measure;  registered: shares (m) by register
    misses      by series (quantity, where): residuals (m, r) of reports, their days (r), and covariance (r, r) without
                the misses themselves
    counted     last day of the count that members were moved to, by place
    """

    biases: Mapping[Key, Floats]
    registered: Mapping[str, Floats]
    misses: Mapping[tuple[str, tuple[str, ...]], tuple[Floats, Floats, Floats]] = dataclasses.field(
        default_factory=dict
    )
    counted: Mapping[str, int] = dataclasses.field(default_factory=dict)

    def miss(self, claim: reading.Claim) -> tuple[Floats | float, float]:
        """What the model misses of a claim, as far as it was seen: mean (m) and standard deviation."""
        sd, fade = claim.measure.discrepancy_sd, reliability.numbers()["discrepancy_days"]
        if claim.quantity == "present" and claim.places[0] in self.counted:
            since = claim.last - self.counted[claim.places[0]]
            return 0.0, sd * float(np.sqrt(-np.expm1(-2 * since / fade)))
        if (claim.quantity, claim.where) not in self.misses:
            return 0.0, sd
        residuals, days, errors = self.misses[claim.quantity, claim.where]
        apart = np.abs(days[:, None] - days) / fade
        shared = sd**2 * np.exp(-np.abs(days - (claim.first + claim.last) / 2) / fade)
        gain = np.linalg.solve(sd**2 * np.exp(-apart) + errors, shared)
        return residuals @ gain, math.sqrt(max(0.0, float(sd**2 - shared @ gain)))


def voices(
    told: likelihood.Likelihood, observation: tuple[Floats, Floats], residuals: Floats | None = None,
    counted: Mapping[str, int] | None = None, *, worth: Floats | None = None,
) -> Voices:  # fmt: skip
    """The voices that were learned, from biases (m, s) and registered shares (m, q).

    residuals  (m, n) reports less what members predict of them; None: nothing was seen to be missed
    counted    last day of the count that members were moved to, by place;  worth: (n) of reports, see `calibrate`
    """
    biases, registered = observation
    return Voices(
        {key: biases[:, at] for at, key in enumerate(zip(told.sources, told.measures, strict=True))},
        {name: registered[:, at] for at, name in enumerate(told.registers)},
        {} if residuals is None else _misses(told, residuals, np.ones(len(told)) if worth is None else worth),
        counted or {},
    )


def _misses(
    told: likelihood.Likelihood, residuals: Floats, worth: Floats
) -> dict[tuple[str, tuple[str, ...]], tuple[Floats, Floats, Floats]]:
    """What was seen to be missed of each series, by the numbers that are worth something."""
    rows: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for row, claim in enumerate(told.claims):
        if claim.aspect == "level" and claim.kind == "value" and worth[row] >= WORTH:
            rows.setdefault((claim.quantity, claim.where), []).append(row)
    errors = told.observed.reported()
    return {
        key: (residuals[:, some], told.observed.day[some], errors[np.ix_(some, some)]) for key, some in rows.items()
    }


def said(cases: Sequence[Case], found: telling.Series, known: Voices, seed: int) -> Floats:
    """What each member makes each case say, as it would be reported: (m, n), in the run's unit.

    found  series (m, t) that the claims ask for
    known  voices that were learned; the others are drawn from their priors
    """
    members = len(next(iter(found.values())))
    names = dict.fromkeys(name for case in cases for name in _names(case).values())
    luck = ensemble.report_luck(tuple(names), range(members), seed)
    by_name = {name: luck[:, at] for at, name in enumerate(names)}
    told = [_said(case, found, known, {part: by_name[name] for part, name in _names(case).items()}) for case in cases]
    return np.stack(told, axis=1) if told else np.zeros((members, 0))


def _names(case: Case) -> dict[str, str]:
    """What each random number of a case belongs to."""
    claim = case.claim
    report = f"{claim.report.id}:{'>'.join(claim.places)}"
    teller = ":".join(case.source) if case.source else f"group {claim.report.group}:{claim.quantity}"
    return {
        "bias": f"bias:{teller}",
        "registered": f"register:{case.register}",
        "miss": f"miss:{claim.quantity}:{'>'.join(claim.where)}",
        "error": f"error:{report}",
        "worth": f"worth:{report}",
        "grain": f"grain:{report}",
    }


def _said(case: Case, found: telling.Series, known: Voices, luck: Mapping[str, Floats]) -> Floats:
    """What each member makes one case say: (m)."""
    claim = case.claim
    share: Floats | float = 1.0
    if case.register:
        share = known.registered.get(case.register, likelihood.registered_share(luck["registered"]))
    bias = known.biases.get(case.source, claim.bias_sd * luck["bias"]) if case.source else claim.bias_sd * luck["bias"]
    open_apart = claim if case.is_number else dataclasses.replace(claim, width=0.0)
    doubt = statistics.NormalDist().inv_cdf(claim.letter.outlier)
    worthless = reliability.numbers()["worthless_sd"] * (luck["worth"] < doubt)
    error = np.hypot(open_apart.proportional_sd, worthless) * luck["error"]
    seen, unseen = known.miss(claim)
    miss = seen + unseen * luck["miss"]
    told = reading.plain(telling.told(claim, found, share) + bias + miss + error, claim.row)
    grain = float(np.hypot(claim.measure.grain, claim.rounding if case.is_number else 0.0))
    return np.asarray(np.clip(told + grain * luck["grain"], 0.0, 1.0 if claim.row.across == "share" else np.inf))


def digest(cases: Sequence[Case]) -> int:
    """A number that tells cases apart, so that kept forecasts are never laid beside others."""
    text = ";".join(f"{_names(case)['error']}:{case.claim.first}:{case.claim.last}:{case.low}" for case in cases)
    return zlib.crc32(text.encode())
