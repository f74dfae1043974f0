"""Synthetic sieges: a truth drawn from the priors, and reports on it with the errors that the likelihood states.

In: a seed. Out: a scenario with reports, and the run that they are about. The place is the town that `maabar new`
writes; the day of the assault is drawn. The truth is a member of the prior with luck of its own. Reports come in every
form, of every letter, with copies, interested parties, gaps and delays:

    numbers        the truth, what a bias and a register make of it, and the errors of `Observed`: own, shared by a
                   group, the model's discrepancy, and those of worthless reports
    bounds         whether the same is above or below the number of an unrelated member: the reporter had that in mind
    ranks, trends  its sign;  words  the nearest;  denials  unless the number is beyond what is denied
"""

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from maabar import (
    ensemble,
    evidence,
    likelihood,
    outlook,
    posterior,
    quantities,
    reading,
    reliability,
    results,
    scenario,
    world,
)

Floats = NDArray[np.float64]
ORIGIN, AHEAD = 60, 30  # days from the start: the last that is known, and how many are forecast
ASSAULT = 61  # day of the template on which the assault begins
EARLIEST, LATEST = 25, 50  # day on which it begins in a siege
SPREAD = 0.26  # of a range: its ends are so far from its middle, as logarithms
LEVEL = 0.03  # a change of the logarithm that is called none
MOST = 1e7  # persons or money, the largest figure that anybody gives
WORDS = ("several", "dozens", "hundreds", "thousands", "tens of thousands")

SOURCES = """
agency   agency  A -
monitor  monitor B -
press    press   B -
council  witness C -
trader   witness C -
rumour   witness D -
gossip   witness E -
unknown  witness F -
council-abroad party D opposition
besieger party   E besieger
"""

# quantity, place, form, source, group, first and last day that it is about, days until it is published
REPORTS = """
inside town about council - 3 3 2
inside town exact press - 8 8 1
inside town range unknown - 17 17 5
inside town at_least rumour - 24 24 3
inside town at_most gossip - 33 33 2
inside town about council-abroad - 30 30 1
inside town about council-abroad - 52 52 1
inside town exact monitor people 43 43 1
inside town about council people 44 44 1
inside town about rumour people 44 44 3
inside town range gossip - 50 50 2
inside town trend trader - 20 50 2
present north-camp exact agency - 14 14 1
present north-camp exact agency - 30 30 2
present north-camp exact agency - 46 46 1
present north-camp about press camp 54 54 1
present north-camp about unknown camp 55 55 2
present north-camp exact agency - 57 57 6
present hill-town about council - 40 40 2
present hill-town range press - 53 53 3
present border-city denial rumour - 20 20 1
present north-camp>border-city rank press - 47 47 2
arrivals north-camp range press - 20 26 1
arrivals north-camp exact agency gate 44 50 1
arrivals north-camp about press gate 44 50 2
arrivals hill-town word council - 48 54 1
departures town about trader - 28 34 2
departures town at_least gossip - 44 50 4
displaced_total * exact agency - 0 24 5
displaced_total * exact agency - 25 39 5
displaced_total * exact agency - 45 54 3
killed:strike town exact monitor - 15 29 2
killed:strike town at_least monitor strikes 30 44 2
killed:strike town at_most press strikes 30 44 3
killed * about council - 20 50 2
price town range trader - 7 7 1
price town about gossip - 22 22 1
price town exact press - 36 36 4
price town about trader - 56 56 2
price town trend council - 10 39 2
fighters town about besieger - 29 29 1
fighters town about besieger - 50 50 1
fighters town range monitor - 36 36 2
fighters town at_most rumour - 49 49 3
share_to north-camp>hill-town rank council - 30 50 2
share_to north-camp exact monitor - 40 55 2
intercepted * word council - 20 40 3
policy * denial besieger - 32 32 1
policy * word press - 38 38 1
"""
COUNTED = ("arrivals", "departures", "displaced_total", "killed", "killed:strike", "intercepted", "share_to")


@dataclasses.dataclass(frozen=True)
class Siege:
    """A siege that was made up.

    facts       the scenario with its reports; `given` holds the truth under its events
    drawn       the truth under other events after the origin, which nobody knows
    z           (k) numbers of the truth behind the parameters, standard normal under the prior
    seed        of the truth
    """

    facts: scenario.Scenario
    given: xr.Dataset
    drawn: xr.Dataset
    z: Floats
    seed: int

    @property
    def origin(self) -> dt.date:
        """The last day that is known."""
        return day(self.facts, ORIGIN)


def day(facts: scenario.Scenario, number: int) -> dt.date:
    """The date of a day of the siege, counted from 0."""
    return facts.start + dt.timedelta(days=number)


def make(seed: int) -> Siege:
    """The siege of a seed."""
    rng = np.random.default_rng([seed, 2030])
    base = place(rng)
    compiled = world.compile(base)
    found = ensemble.settings(compiled)
    inputs = ensemble.prior_inputs(compiled, found, range(2), seed, sample=True)
    given = run(compiled, ensemble.Learned(inputs), seed)
    reports = tuple(drawn(base, given, rng))
    facts = dataclasses.replace(base, reports=reports)
    ahead = outlook.of(facts, day(facts, ORIGIN), seed)
    other = run(compiled, ensemble.Learned(inputs, ahead=ahead), seed)
    of = posterior.space(compiled, likelihood.of(facts))
    return Siege(facts, given.isel(member=[0]), other.isel(member=[0]), posterior.prior(of, 1, seed)[0], seed)


def place(rng: np.random.Generator) -> scenario.Scenario:
    """The town, with its assault on a day that is drawn, and the sources of its reports."""
    base = scenario.load(scenario.TEMPLATE)
    moved = dt.timedelta(days=int(rng.integers(EARLIEST, LATEST + 1)) - ASSAULT)
    assault = base.start + dt.timedelta(days=ASSAULT)
    events = tuple(
        dataclasses.replace(
            one,
            begins=one.begins + moved if one.begins >= assault else one.begins,
            ends=one.ends + moved if one.ends and one.kind == "strikes" else one.ends,
        )
        for one in base.events
    )
    sources = [line.split() for line in SOURCES.strip().splitlines()]
    made = tuple(
        evidence.Source(name, name, kind, letter, "" if party == "-" else party, "")
        for name, kind, letter, party in sources
    )
    return dataclasses.replace(base, days=ORIGIN + AHEAD + 1, events=events, sources=made, reports=())


def run(compiled: world.World, learned: ensemble.Learned, seed: int) -> xr.Dataset:
    """Members as the Dataset of a run."""
    members = len(learned.inputs.values)
    arrays = ensemble.simulate(compiled, members, seed, learned=learned)
    arrays.pop("conserved")
    return results.dataset(results.layout(compiled, members=members, seed=seed, expected=False), arrays, 0)


def drawn(base: scenario.Scenario, truth: xr.Dataset, rng: np.random.Generator) -> list[evidence.Report]:
    """Reports on member 0 of a run; bounds are about numbers of its member 1.

    The errors depend a little on the numbers, so that reports are written three times: with any number, with the true
    one, and with what was drawn.
    """
    facts = dataclasses.replace(base, reports=tuple(skeletons(base, rng)))
    facts, claims = written(facts, {one.id: math.log(1000.0) for one in facts.reports})
    told = likelihood.of(facts)
    biases, registered = told.observation(rng.standard_normal((2, len(told.sources) + len(told.registers))))
    true, other = told.predict(truth, biases, registered)
    bound = np.isin([claims[row.report].form for row in told.rows], ("at_least", "at_most"))
    facts, _ = written(facts, by_report(facts, told, np.where(bound, other, true)))
    told = likelihood.of(facts)
    said = by_report(facts, told, true + errors(told, rng))
    thresholds, claimed = by_report(facts, told, other), {claim.report.id: claim for claim in told.claims}
    final = []
    for report in facts.reports:
        if report.id in claimed:
            final += concluded(report, claimed[report.id], said[report.id], thresholds[report.id])
        else:
            final.append(saying(report, said[report.id]))
    return final


def by_report(facts: scenario.Scenario, told: likelihood.Likelihood, numbers: Floats) -> dict[str, float]:
    """Numbers (n) by report; a copy that the likelihood leaves out repeats the first of its group."""
    found = {row.report: float(number) for row, number in zip(told.rows, numbers, strict=True)}
    first = {claim.report.group: claim.report.id for claim in reversed(told.claims) if claim.report.group}
    return {one.id: found[one.id if one.id in found else first[one.group]] for one in facts.reports}


def skeletons(base: scenario.Scenario, rng: np.random.Generator) -> list[evidence.Report]:
    """The reports without what they say; each group and lone report is moved by up to three days."""
    moved: dict[str, int] = {}
    found = []
    for number, line in enumerate(REPORTS.strip().splitlines()):
        quantity, where, form, source, group, first, last, delay = line.split()
        group = "" if group == "-" else group
        series = f"{source}{quantity}" if quantity in COUNTED and not group else group or str(number)
        shift = moved.setdefault(series, int(rng.integers(0, 4)))
        begins, ends = (day(base, int(at) + shift) for at in (first, last))
        unit = {"price": "currency", "share_to": "percent"}.get(quantity, "person")
        if form == "range" and quantity == "arrivals":
            unit = "person/day"
        found.append(
            evidence.Report(
                id=f"r{number}", reported_on=ends + dt.timedelta(days=int(delay) + int(rng.integers(0, 3))),
                begins=begins, ends=ends, place=where, quantity=quantity, form=form, low=None, best=None, high=None,
                unit=unit, source=source, credibility=3, group=group, note="",
                word="ban" if quantity == "policy" else "",
            )
        )  # fmt: skip
    return found


def written(
    facts: scenario.Scenario, values: Mapping[str, float]
) -> tuple[scenario.Scenario, dict[str, evidence.Report]]:
    """The scenario with these numbers, on the transformed scale, in its reports."""
    reports = tuple(saying(report, values[report.id]) for report in facts.reports)
    return dataclasses.replace(facts, reports=reports), {report.id: report for report in reports}


def saying(report: evidence.Report, value: float) -> evidence.Report:
    """The report with a number, given on the transformed scale, in its form and unit."""
    if report.form == "word" and report.quantity != "policy":
        return dataclasses.replace(report, word=report.word or "hundreds")
    if report.form == "trend":
        return dataclasses.replace(report, best=1.0 if report.best is None else report.best)
    if report.form in ("rank", "denial", "word"):
        return report
    low, best, high = (inverse(report, value + step) for step in (-SPREAD, 0.0, SPREAD))
    if report.form == "range":
        return dataclasses.replace(report, low=low, high=high)
    if report.form == "exact":
        return dataclasses.replace(report, best=best if report.unit == "percent" else float(round(best)))
    kept = rounded(best)
    return dataclasses.replace(
        report,
        low=kept if report.form == "at_least" else None,
        best=kept if report.form == "about" else None,
        high=kept if report.form == "at_most" else None,
    )


def inverse(report: evidence.Report, value: float) -> float:
    """A number in the unit of the report."""
    number = float(reading.plain(np.array(value), quantities.quantity(report.quantity)))
    if report.unit == "percent":
        return 100.0 * number
    days = (report.ends - report.begins).days + 1 if report.unit.endswith("/day") else 1
    return min(number, MOST) / days


def rounded(number: float) -> float:
    """Two digits are kept."""
    return float(f"{number:.1e}")


def errors(told: likelihood.Likelihood, rng: np.random.Generator) -> Floats:
    """Errors (n) of all numbers, as `Observed` states them."""
    seen = told.observed
    loadings, count = seen.loadings(), len(told)
    carries = loadings > 0
    odds = np.where(carries, seen.outlier[:, None], 0.0).sum(axis=0) / carries.sum(axis=0)
    size = np.array([loadings[carries[:, at], at][0] for at in range(loadings.shape[1])])
    wide = rng.random(len(odds)) < odds
    each = rng.standard_normal(len(odds)) * np.hypot(1.0, wide * seen.worthless_sd / size)
    missed = np.linalg.cholesky(seen.discrepancy() + 1e-12 * np.eye(count)) @ rng.standard_normal(count)
    return np.asarray(loadings @ each + missed)


def concluded(report: evidence.Report, claim: reading.Claim, value: float, threshold: float) -> list[evidence.Report]:
    """What a reporter publishes who thinks of this number (on the transformed scale); nothing is possible."""
    form = report.form
    if form in ("at_least", "at_most"):
        number = report.low if report.low is not None else report.high
        above = value >= threshold
        return [
            dataclasses.replace(
                report, form="at_least" if above else "at_most", low=number if above else None,
                high=None if above else number,
            )
        ]  # fmt: skip
    if form == "rank":
        turned = report.place if value >= 0 else ">".join(reversed(report.places))
        return [dataclasses.replace(report, place=turned)]
    if form == "trend":
        return [dataclasses.replace(report, best=0.0 if abs(value) < LEVEL else math.copysign(1.0, value))]
    if claim.aspect == "hint":
        holds = (value >= claim.value) == (claim.kind == "lower")
        several = reliability.words()["several"].high
        if not holds and claim.kind == "upper":
            return [dataclasses.replace(report, form="at_least", low=several)]
        return [report] if holds else []
    if form == "word":
        return [dataclasses.replace(report, word=word(claim, value))]
    return [saying(report, value)]


def word(claim: reading.Claim, value: float) -> str:
    """A word for a number that already has its error: the nearest."""
    medians = np.array([reliability.words()[name].best or 0.0 for name in WORDS])
    return WORDS[int(np.abs(reading.transformed(medians, claim.row) - value).argmin())]
