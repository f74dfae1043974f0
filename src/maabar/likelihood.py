"""What reports say about a run: numbers with their errors, and what each member would have made the reports say.

In: a scenario and a day; later a run. Out: a `Likelihood`: `observed` (numbers, bounds, errors and who shares them) and
`predict`, aligned row by row. `reading` says what one report says, `retold` counts nobody twice, `telling` lays a run
beside it, `reliability` holds every number, `density` the probability of it all. The choices made here:

- Only what was published by the day is known. A correction counts from the day on which *it* was published.
- A group shares one error, as large as that of its best report alone, bias included; each report adds a small one of
  its own. Copies can therefore never weigh more than the best of them would alone.
- Outside of groups, what the reports of one source on one quantity have in common is learned (`biases`) if there are
  two of them or if the source takes a side. Its prior is wider for those who do.
- Movements are compared after a share of them was registered (`registered`), one share for each register.
- What the model misses is one slowly changing error for each quantity and place.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maabar import calibrate, density, errors, facts, quantities, reading, reliability, retold, telling

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MOVEMENTS = "displaced_total"
LEAST_MISS = 0.25  # of the discrepancy, where a place holds nearly everybody


@dataclass(frozen=True)
class Row:
    """What one number of a likelihood is about.

    report       id of the report; a rank of three places has two rows
    place        a place, a zone or `*`; of an order the two that are compared, joined by >
    day          middle of the period [days since the first day of the run]
    words        all of it for people
    first, last  days of the run that it is about, both included; a count may be what it adds to an earlier one
    """

    report: str
    quantity: str
    place: str
    form: str
    source: str
    day: float
    words: str
    first: int
    last: int


@dataclass(frozen=True)
class Likelihood:
    """Reports as numbers with errors (n), and what a run would have made them say.

    observed   the numbers, on the transformed scale: log(1 + grain + x) of people and money, logit of shares
    rows       (n) what they are about
    sources    (s) ids of the sources whose bias is learned, each on one of `measures` (s), with prior sd `bias_sd` (s)
    registers  (q) names of the registers of movements whose share is learned
    left_out   (report id, reason) of all other reports, in the order of the evidence
    bias_of, register_of  (n) positions in `sources` and `registers`, −1 for none
    """

    observed: calibrate.Observed
    rows: tuple[Row, ...]
    sources: tuple[str, ...]
    measures: tuple[str, ...]
    bias_sd: Floats
    registers: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    bias_of: Integers
    register_of: Integers
    claims: tuple[reading.Claim, ...]
    start: dt.date

    def __len__(self) -> int:
        """How many numbers."""
        return len(self.rows)

    @property
    def asks(self) -> tuple[telling.Key, ...]:
        """The series of a run that `predict` needs: (quantity, place)."""
        return telling.asks(self.claims)

    def observation(self, normal: Floats) -> tuple[Floats, Floats]:
        """Biases (m, s) and registered shares (m, q) from standard normal numbers (m, s + q), by their priors."""
        first = len(self.sources)
        return normal[:, :first] * self.bias_sd, registered_share(normal[:, first:])

    def predict(
        self, run: xr.Dataset | telling.Series, biases: Floats | None = None, registered: Floats | None = None
    ) -> Floats:
        """What each report would have said of each member, but for its own error: (m, n), on the transformed scale.

        run         the Dataset of a run, or the series (m, t) of `asks`, from the scenario's first day on
        biases      (m, s) on the transformed scale; None: 0
        registered  (m, q) shares between 0 and 1; None: the median of the prior

        Raises errors.RunError if the run starts on another day or ends before the last day that a report is about.
        """
        found = telling.series(run, self.claims, self.start)
        if registered is None:
            registered = np.full((1, len(self.registers)), reliability.numbers()["registered_median"])
        shares = [registered[:, at] if at >= 0 else 1.0 for at in self.register_of]
        told = [telling.told(claim, found, share) for claim, share in zip(self.claims, shares, strict=True)]
        predicted = np.stack(told, axis=1)
        if biases is not None:
            biased = self.bias_of >= 0
            predicted[:, biased] += biases[:, self.bias_of[biased]]
        return predicted

    def log_density(self, predicted: Floats) -> Floats:
        """log p(reports | member): (m), from what `predict` gives (m, n); see `density`."""
        return density.log_density(self.observed, predicted)


def registered_share(normal: Floats) -> Floats:
    """Shares of what happened that a register counts, from standard normal numbers, by their prior."""
    table = reliability.numbers()
    middle = math.log(table["registered_median"] / (1 - table["registered_median"]))
    return np.asarray(1 / (1 + np.exp(-(middle + table["registered_sd"] * normal))))


def of(
    scenario: facts.Scenario, *, until: dt.date | None = None, quantities: Collection[str] | None = None
) -> Likelihood:
    """The likelihood of the reports of a scenario.

    until       only what was published by this day
    quantities  only reports on these; `killed` stands for all causes

    Raises errors.RunError if no report is left, and errors.InputError for an unknown quantity.
    """
    claims, left = _claims(scenario, until, quantities)
    if not claims:
        by = f" published by {until}" if until else ""
        raise errors.RunError(
            f"{scenario.path}: found no report{by} that a run can be laid beside, expected at least one; "
            "add counts to evidence.csv, such as people present at a camp, or learn until a later day"
        )
    kept, retold_left = retold.once(claims)
    reasons = dict([*left, *retold_left])
    order = {report.id: at for at, report in enumerate(scenario.reports)}
    left_out = tuple(sorted(reasons.items(), key=lambda pair: order[pair[0]]))
    return _likelihood(tuple(kept), left_out, scenario)


def _claims(
    scenario: facts.Scenario, until: dt.date | None, wanted: Collection[str] | None
) -> tuple[list[reading.Claim], list[tuple[str, str]]]:
    """What the reports known by a day say, and (report id, reason) of those that say nothing here."""
    for name in wanted or ():
        quantities.quantity(name)
    known = tuple(report for report in scenario.reports if until is None or report.reported_on <= until)
    then = replace(scenario, reports=known)
    claims: list[reading.Claim] = []
    left = [(one.id, f"published after {until}") for one in scenario.reports if until and one.reported_on > until]
    for report in known:
        if wanted is not None and not {report.quantity, report.measure} & set(wanted):
            left.append((report.id, "not among the quantities asked for"))
            continue
        said = reading.claims(report, then)
        if isinstance(said, str):
            left.append((report.id, said))
        else:
            claims += said
    return claims, left


def _likelihood(
    claims: tuple[reading.Claim, ...], left_out: tuple[tuple[str, str], ...], scenario: facts.Scenario
) -> Likelihood:
    """Claims as numbers with their errors."""
    group = _groups(claims)
    sources, bias_of = _biases(claims, group)
    registers = [_register(claim) for claim in claims]
    names = tuple(dict.fromkeys(name for name in registers if name))
    firsts = {bias: claims[int(np.flatnonzero(bias_of == at)[0])] for at, bias in enumerate(sources)}
    return Likelihood(
        observed=_observed(claims, group, bias_of, scenario),
        rows=tuple(_row(claim, scenario) for claim in claims),
        sources=tuple(source for source, _ in sources),
        measures=tuple(measure for _, measure in sources),
        bias_sd=np.array([firsts[bias].bias_sd for bias in sources]),
        registers=names,
        left_out=left_out,
        bias_of=bias_of,
        register_of=np.array([names.index(name) if name else -1 for name in registers], dtype=np.int64),
        claims=claims,
        start=scenario.start,
    )


def _row(claim: reading.Claim, scenario: facts.Scenario) -> Row:
    """What a claim is about."""
    return Row(
        report=claim.report.id,
        quantity=claim.quantity,
        place=">".join(claim.places),
        form=claim.report.form,
        source=claim.source.id,
        day=(claim.first + claim.last) / 2,
        words=reading.words(claim, scenario),
        first=claim.first,
        last=claim.last,
    )


def _numbered(keys: list[object]) -> Integers:
    """Positions of keys among the different ones, −1 for None."""
    found = {key: at for at, key in enumerate(dict.fromkeys(key for key in keys if key is not None))}
    return np.array([found.get(key, -1) for key in keys], dtype=np.int64)


def _groups(claims: tuple[reading.Claim, ...]) -> Integers:
    """(n) number of the group whose error a claim shares, −1 if it stands alone.

    Levels and comparisons of one group do not share an error: they are not on one scale.
    """
    keys = [(claim.report.group, claim.aspect) for claim in claims]
    count = Counter(keys)
    return _numbered([key if key[0] and count[key] > 1 else None for key in keys])


def _biases(claims: tuple[reading.Claim, ...], group: Integers) -> tuple[list[tuple[str, str]], Integers]:
    """Sources and quantities whose bias is learned, and (n) which of them a claim has, −1 for none."""
    keys = [
        (claim.source.id, claim.report.measure) if alone and claim.bias_sd > 0 else None
        for claim, alone in zip(claims, group < 0, strict=True)
    ]
    count = Counter(keys)
    learned = [
        key if key and (count[key] > 1 or claim.source.interest) else None
        for key, claim in zip(keys, claims, strict=True)
    ]
    return list(dict.fromkeys(key for key in learned if key)), _numbered(list(learned))


def _register(claim: reading.Claim) -> str:
    """The register that counted movements: the group of the report, or else the kind of its source; '' for none."""
    if claim.quantity != MOVEMENTS:
        return ""
    return claim.report.group or claim.source.kind or claim.source.id


def _observed(
    claims: tuple[reading.Claim, ...], group: Integers, bias_of: Integers, scenario: facts.Scenario
) -> calibrate.Observed:
    """The numbers and their errors.

    A claim alone has the sd s of `Claim.sd`, with its bias unless that is learned. Of a group g, the shared error has
    the least s of its claims, and claim i has besides it √(s[i]² − s[g]² + copy²) of its own.
    """
    unlearned = np.array([claim.bias_sd for claim in claims]) * (bias_of < 0)
    alone = np.hypot(np.array([claim.sd for claim in claims]), unlearned)
    shared = np.array([alone[group == number].min() if number >= 0 else 0.0 for number in group])
    copied = np.array([claim.letter.copy_log_sd for claim in claims]) * (group >= 0)
    levels = np.array([claim.aspect == "level" for claim in claims])
    blocks: list[object] = [(one.quantity, one.where) if one.aspect == "level" else None for one in claims]
    table = reliability.numbers()
    return calibrate.Observed(
        value=np.array([claim.value for claim in claims]),
        kind=np.array([claim.kind for claim in claims]),
        own_sd=np.sqrt(alone**2 - shared**2 + copied**2),
        group=group,
        group_sd=shared,
        outlier=np.array([claim.letter.outlier for claim in claims]),
        block=_numbered(blocks),
        discrepancy_sd=np.array([discrepancy(claim, scenario) for claim in claims]) * levels,
        day=np.array([(claim.first + claim.last) / 2 for claim in claims]),
        discrepancy_days=table["discrepancy_days"],
        worthless_sd=table["worthless_sd"],
    )


def discrepancy(claim: reading.Claim, scenario: facts.Scenario) -> float:
    """Sd of what the model misses of a claim.

    Where departures are given the total is known, and a miss d of what a place attracts moves the logarithm of the
    people there by d·(1 − s) only, s being its share of all: the place that holds nearly everybody cannot be far off.
    """
    sd = claim.measure.discrepancy_sd
    if claim.quantity != "present" or scenario.departures != "given":
        return sd
    day = scenario.start + dt.timedelta(days=claim.last)
    settled = sum(place.population for place in scenario.places if place.kind in quantities.SETTLING)
    everybody = settled + sum(one.persons for one in scenario.inflow if one.date <= day)
    return sd * max(1 - claim.number / max(everybody, 1), LEAST_MISS)
