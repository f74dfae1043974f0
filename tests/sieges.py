"""Synthetic sieges: a truth drawn from the prior of the very model that learns, and reports on it in every form.

`siege(k)` gives the scenario that was reported and the run that was true. The truth is a member of another seed than
any that learns, so that nothing of its luck is known. Errors are drawn as the likelihood says: own, shared by a group,
bias of a source, registered share, discrepancy, worthless with the probability of the letter. Bounds, ranks and trends
come from thresholds that were chosen without the truth, so that the form which is reported is itself the news.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import pathlib
import tempfile
from typing import Any

import numpy as np
import xarray as xr

from maabar import (
    ensemble,
    evidence,
    facts,
    forecast,
    likelihood,
    posterior,
    quantities,
    reliability,
    results,
    scenario,
    verify,
    world,
)

Array = np.ndarray[Any, Any]
TRUTHS = 987_654_321  # seed of the truths; nothing learns with it
ORIGIN_DAY, AHEAD = 75, 30
SPREAD = 0.25  # half of a reported range, on the logarithmic scale
WORDS = ("several", "dozens", "scores", "hundreds", "thousands", "tens of thousands")
# letter, interest and kind of each source
SOURCES = {
    "agency": ("A", "", "agency"),
    "council": ("B", "", "local"),
    "press": ("C", "", "press"),
    "party": ("D", "besieger", "party"),
    "rumour": ("E", "", "press"),
    "unknown": ("F", "", "local"),
    "monitor": ("C", "", "monitor"),
}
# quantity, place, form, source, first day, last day, group
REPORTS = (
    ("inside", "town", "about", "council", 10, 10, ""),
    ("inside", "town", "about", "press", 34, 36, "echo"),
    ("inside", "town", "about", "rumour", 36, 36, "echo"),
    ("inside", "town", "about", "press", 38, 38, "echo"),
    ("inside", "town", "range", "agency", 50, 50, ""),
    ("inside", "town", "bound", "council", 62, 62, ""),
    ("inside", "town", "range", "unknown", 70, 72, ""),
    ("inside", "town", "about", "rumour", 73, 73, ""),
    ("present", "north-camp", "exact", "agency", 20, 20, ""),
    ("present", "north-camp", "exact", "agency", 45, 45, ""),
    ("present", "north-camp", "exact", "agency", 71, 71, ""),
    ("present", "hill-town", "about", "unknown", 40, 44, ""),
    ("present", "hill-town", "bound", "press", 68, 68, ""),
    ("arrivals", "north-camp", "range", "agency", 28, 35, ""),
    ("arrivals", "north-camp", "about", "council", 60, 67, ""),
    ("arrivals", "hill-town", "word", "press", 50, 60, ""),
    ("departures", "town", "about", "council", 15, 30, ""),
    ("departures", "town", "range", "monitor", 55, 69, ""),
    ("displaced_total", "*", "about", "agency", 0, 25, ""),
    ("displaced_total", "*", "about", "agency", 26, 48, ""),
    ("displaced_total", "*", "about", "agency", 49, 70, ""),
    ("killed:strike", "*", "bound", "monitor", 0, 40, ""),
    ("killed:strike", "*", "about", "monitor", 41, 70, "toll"),
    ("killed:strike", "*", "about", "press", 41, 70, "toll"),
    ("killed", "*", "about", "council", 0, 60, ""),
    ("price", "town", "about", "council", 12, 12, ""),
    ("price", "town", "range", "press", 66, 66, ""),
    ("price", "town", "trend", "unknown", 30, 72, ""),
    ("fighters", "town", "about", "party", 5, 5, ""),
    ("fighters", "town", "about", "party", 60, 60, ""),
    ("share_to", "north-camp>hill-town", "rank", "press", 30, 70, ""),
    ("intercepted", "*", "word", "rumour", 20, 60, ""),
    ("intercepted", "*", "denial", "party", 40, 70, ""),
    ("policy", "town", "denial", "party", 60, 60, ""),
)
UNITS = {"price": "XTS", "share_to": "share", "policy": ""}


@dataclasses.dataclass(frozen=True)
class Siege:
    """One synthetic siege: the scenario as reported, the day to forecast from, and what was true."""

    scenario: facts.Scenario
    origin: dt.date
    truth: xr.Dataset
    parameters: Array


def base() -> facts.Scenario:
    """The town of `maabar new`, with its sources, without its reports."""
    with tempfile.TemporaryDirectory(prefix="maabar-siege-") as root:
        folder = pathlib.Path(root) / "town"
        scenario.template(folder)
        town = scenario.load(folder)
    sources = tuple(
        evidence.Source(name, name, kind, letter, interest, "") for name, (letter, interest, kind) in SOURCES.items()
    )
    return dataclasses.replace(town, sources=sources, reports=())


def report(town: facts.Scenario, number: int, row: tuple[Any, ...], **filled: Any) -> evidence.Report:
    """A row of REPORTS with what it says."""
    quantity, place, form, source, first, last, group = row
    days = [town.start + dt.timedelta(days=day) for day in (first, last)]
    unit = UNITS.get(quantity, "person")
    usual: dict[str, Any] = dict.fromkeys(("low", "best", "high"))
    usual |= {"form": form, "unit": unit, "word": "", "place": place} | filled
    return evidence.Report(
        id=f"r{number:02}", reported_on=days[1] + dt.timedelta(days=1 + number % 3), begins=days[0], ends=days[1],
        quantity=quantity, source=source, credibility=3, group=group, note="", **usual,
    )  # fmt: skip


def sketched(town: facts.Scenario, levels: Array) -> facts.Scenario:
    """Every report with a placeholder: what the prior expects (levels, one for each row)."""
    rows = []
    for number, (row, level) in enumerate(zip(REPORTS, levels, strict=True)):
        rows.append(report(town, number, row, **_said(row[2], float(level))))
    return dataclasses.replace(town, reports=tuple(rows))


def _said(form: str, value: float) -> dict[str, Any]:
    """What a report of a form says, from a number on the transformed scale."""
    number = max(float(np.expm1(min(value, 18.0))), 0.0)
    if form == "range":
        low, high = (max(float(np.expm1(value + side)), 0.0) for side in (-SPREAD, SPREAD))
        return {"low": _three(low), "high": _three(max(high, low + 1.0))}
    if form == "word":
        table = reliability.words()
        nearest = min(WORDS, key=lambda word: abs(np.log1p(table[word].best or 0.0) - value))
        return {"word": nearest, "unit": "word"}
    if form in ("denial", "rank"):
        return {"unit": "share" if form == "rank" else ""}
    if form == "trend":
        return {"best": 1.0, "unit": "direction"}
    return {"best": _three(number), "form": "exact" if form == "exact" else "at_least" if form == "bound" else "about"}


def _three(number: float) -> float:
    """Three significant digits, as people write."""
    return float(f"{number:.3g}")


def errors_of(told: likelihood.Likelihood, rng: np.random.Generator) -> Array:
    """One draw of all errors of the reports (n), as `Observed` states them but for the grain of counting."""
    observed = told.observed
    shared = observed.shared()
    odds = observed.outlier
    grain = np.array([claim._grain_sd() if claim.aspect == "level" else 0.0 for claim in told.claims])
    own = np.sqrt(np.maximum(observed.own_sd**2 - grain**2, 0.0)) * rng.standard_normal(len(odds))
    own += (rng.random(len(odds)) < odds) * observed.worthless_sd * rng.standard_normal(len(odds))
    found = own + rng.multivariate_normal(np.zeros(len(odds)), observed.discrepancy() + 1e-12 * np.eye(len(odds)))
    for column in range(shared.shape[1]):
        carried = shared[:, column] > 0
        error = shared[carried, column] * rng.standard_normal()
        if rng.random() < odds[carried].mean():
            error = error + observed.worthless_sd * rng.standard_normal()
        found[carried] += error
    return found


def counted(told: likelihood.Likelihood, value: Array, rng: np.random.Generator) -> Array:
    """Numbers (n) on the transformed scale after counting: nobody counts finer than the grain of the quantity."""
    found = value.copy()
    for at, claim in enumerate(told.claims):
        if claim.aspect == "level" and claim.row.across != "share":
            people = max(float(np.expm1(value[at])) + claim.measure.grain * rng.standard_normal(), 0.0)
            found[at] = np.log1p(people)
    return found


class Sieges:
    """Sieges by number; the base and what the prior expects are made once."""

    def __init__(self) -> None:
        self.town = base()
        self.compiled = world.compile(self.town)
        self.levels = self._levels()

    def _levels(self) -> Array:
        """The median over the prior of what each row would say, from members that are no truth."""
        first = sketched(self.town, np.full(len(REPORTS), np.log1p(1000.0)))
        told = likelihood.of(first)
        arrays = ensemble.simulate(self.compiled, 60, seed=TRUTHS + 1)
        arrays.pop("conserved")
        run = results.dataset(results.layout(self.compiled, members=60, seed=0, expected=False), arrays, 0)
        predicted = np.median(told.predict(run), axis=0)
        by_report = {row.report: value for row, value in zip(told.rows, predicted, strict=True)}
        return np.array([by_report.get(f"r{number:02}", 0.0) for number in range(len(REPORTS))])

    def truth(self, number: int) -> tuple[xr.Dataset, Array]:
        """A member of the seed of truths, and its parameters."""
        block = ensemble.simulate_block(self.compiled, number, 1, TRUTHS)
        block.pop("conserved")
        plan = results.layout(self.compiled, members=1, seed=TRUTHS, expected=False)
        return results.dataset(plan, block, 0), block["parameters"][0]

    def siege(self, number: int) -> Siege:
        """One siege; the same for the same number."""
        rng = np.random.default_rng([TRUTHS, number])
        run, parameters = self.truth(number)
        told = likelihood.of(sketched(self.town, self.levels))
        normal = rng.standard_normal((1, len(told.sources) + len(told.registers)))
        biases, registered = told.observation(normal)
        value = counted(told, told.predict(run, biases, registered)[0] + errors_of(told, rng), rng)
        by_report = {row.report: at for at, row in enumerate(told.rows)}
        rows = []
        for at, row in enumerate(REPORTS):
            found = by_report.get(f"r{at:02}")
            rows.append(self._reported(at, row, float(self.levels[at]), None if found is None else float(value[found])))
        reports = tuple(one for one in rows if one is not None)
        origin = self.town.start + dt.timedelta(days=ORIGIN_DAY)
        return Siege(dataclasses.replace(self.town, reports=reports), origin, run, parameters)

    def _reported(self, at: int, row: tuple[Any, ...], level: float, value: float | None) -> evidence.Report | None:
        """A report of what was seen; None where a rule would have left nothing to say."""
        form = row[2]
        if value is None or form == "denial":
            return report(self.town, at, row, **_said(form, level))
        if form == "bound":
            kind = "at_least" if value >= level else "at_most"
            return report(self.town, at, row, **(_said(form, level) | {"form": kind}))
        if form == "trend":
            return report(self.town, at, row, best=1.0 if value >= 0 else -1.0, unit="direction")
        if form == "rank":
            more, _, less = str(row[1]).partition(">")
            place = f"{more}>{less}" if value >= 0 else f"{less}>{more}"
            return report(self.town, at, row, place=place, unit="share")
        return report(self.town, at, row, **_said(form, value))


def forecast_of(one: Siege, *, members: int, seed: int, given: bool = True) -> tuple[posterior.Posterior, xr.Dataset]:
    """What is learned of a siege by its origin, and the forecast from there."""
    learned = posterior.learn(one.scenario, until=one.origin, members=members, seed=seed, workers=1)
    return learned, forecast_from(one, learned, one.origin, AHEAD, given=given)


def forecast_from(
    one: Siege, learned: posterior.Posterior, origin: dt.date, days: int, *, given: bool = True
) -> xr.Dataset:
    """A forecast from a day, in memory."""
    asked = forecast.request(one.scenario, origin, days, given=given)
    ahead = forecast.members(asked, learned, workers=1)
    compiled = world.compile(asked.facts)
    arrays = ensemble.simulate(compiled, learned.members, learned.seed, workers=1, learned=ahead)
    arrays.pop("conserved")
    plan = results.layout(compiled, members=learned.members, seed=learned.seed, expected=False)
    return results.dataset(plan, arrays, 0)


LEADS = (7, 14, 30)
# What is forecast: stocks on the evening of a lead, flows and counts from the origin until then.
FORECAST = (
    ("inside", "town"),
    ("arrivals", "*"),
    ("arrivals", "north-camp"),
    ("present", "north-camp"),
    ("present", "hill-town"),
    ("departures", "town"),
    ("displaced_total", "*"),
    ("killed", "*"),
    ("killed:mine", "*"),
    ("intercepted", "*"),
    ("price", "town"),
    ("fighters", "town"),
)
IDENTIFIED = 0.1  # share of the prior variance that must be gone


def seen(run: xr.Dataset, quantity: str, place: str, lead: int) -> Array:
    """What a forecast or the truth says of a quantity at a lead: (m)."""
    values = np.nan_to_num(quantities.series(run, quantity, place).values)
    kind, last = quantities.quantity(quantity).kind, ORIGIN_DAY + lead
    if kind == "stock":
        return np.asarray(values[:, last])
    if kind == "cumulative":
        return np.asarray(values[:, last] - values[:, ORIGIN_DAY])
    return np.asarray(values[:, ORIGIN_DAY + 1 : last + 1].sum(axis=1))


@dataclasses.dataclass(frozen=True)
class Judged:
    """What was said of one siege, beside the truth: by name, (members, truth)."""

    ahead: dict[tuple[str, str, int], tuple[Array, float]]
    parameters: dict[str, tuple[Array, float]]


def judged(one: Siege, learned: posterior.Posterior, run: xr.Dataset) -> Judged:
    """The forecast quantities at all leads, and the parameters that the evidence identifies."""
    ahead = {
        (quantity, place, lead): (seen(run, quantity, place, lead), float(seen(one.truth, quantity, place, lead)[0]))
        for quantity, place in FORECAST
        for lead in LEADS
    }
    names, values = list(learned.space.found), learned.inputs.values
    gone = 1 - learned.learned.spread_ratio[: len(learned.space.uncertain)] ** 2
    told = {
        name: (values[:, names.index(name)], float(one.parameters[names.index(name)]))
        for name, share in zip(learned.space.uncertain, gone, strict=True)
        if share >= IDENTIFIED
    }
    return Judged(ahead, told)


def halved(members: Array) -> Array:
    """Half of the spread about the median: the negative control."""
    middle = np.median(members)
    return np.asarray(middle + (members - middle) / 2)


def covered(cases: list[tuple[Array, float]], level: float = 0.9, *, narrow: bool = False) -> tuple[int, int]:
    """How many central intervals hold the truth, of how many."""
    held = 0
    for members, truth in cases:
        low, high = np.quantile(halved(members) if narrow else members, (0.5 - level / 2, 0.5 + level / 2))
        held += int(low <= truth <= high)
    return held, len(cases)


def pits(cases: list[tuple[Array, float]], rng: np.random.Generator, *, narrow: bool = False) -> Array:
    """How high in its forecast each truth lies."""
    samples = np.stack([halved(members) if narrow else members for members, _ in cases], axis=1)
    truths = np.array([truth for _, truth in cases])
    return verify.pit(samples, truths, truths, rng)
