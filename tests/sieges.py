"""Synthetic sieges: a truth drawn from the prior of the very model that learns, and reports on it in every form.

`siege(k)` gives the scenario that was reported and what was true, in two courses of the war after the origin: the
events of the file, and events drawn by the outlook. The truth is a member of another seed than any that learns, so that
nothing of its luck is known. Errors are drawn as the likelihood says: own, shared by a group, bias of a source,
registered share, discrepancy, worthless with the probability of the letter. Bounds, ranks, trends and denials come
from thresholds that were chosen without the truth, so that the form which is reported is itself the news; a word of
number is drawn from those whose meaning fits. Some reports are never made (gaps), one is corrected.

What the model misses of people at a camp are people who are there: from the origin on the truth goes on with them,
as a forecast does that starts from counts. What it misses of other quantities is in their reports alone.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import pathlib
import tempfile
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from maabar import (
    ensemble,
    evidence,
    facts,
    forecast,
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

Array = np.ndarray[Any, Any]
TRUTHS = 987_654_321  # siege k has the luck of member 0 of this seed + k; nothing learns with those
ORIGIN_DAY, AHEAD = 75, 30
SPREAD = 0.25  # half of a reported range, on the logarithmic scale
GAP = 0.15  # probability that a report is never made
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
    ("displaced_total", "*", "since", "agency", 0, 25, ""),
    ("displaced_total", "*", "since", "agency", 0, 48, ""),
    ("displaced_total", "*", "since", "agency", 0, 70, ""),
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
    """One synthetic siege: the scenario as reported, the day to forecast from, and what was true.

    truth  with the events of the scenario after the origin;  course: with events drawn by the outlook
    """

    scenario: facts.Scenario
    origin: dt.date
    truth: xr.Dataset
    course: xr.Dataset
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


def sketched(town: facts.Scenario, levels: Array, rows: Iterable[int]) -> facts.Scenario:
    """These rows with a placeholder: what the prior expects (levels, one for each row of REPORTS)."""
    made, total = [], 0.0
    for number in rows:
        row, level = REPORTS[number], float(levels[number])
        total += _plain(row[0], level) if row[2] == "since" else 0.0
        made.append(report(town, number, row, **_said(row[0], row[2], level, total)))
    return dataclasses.replace(town, reports=tuple(made))


def _plain(quantity: str, value: float) -> float:
    """A number in its unit, from the transformed scale."""
    return float(reading.plain(np.array(min(value, 18.0)), quantities.quantity(quantity)))


def _scaled(quantity: str, number: float | None) -> float:
    """A number on the transformed scale."""
    return float(reading.transformed(np.array(number or 0.0), quantities.quantity(quantity)))


def _said(quantity: str, form: str, value: float, total: float = 0.0) -> dict[str, Any]:
    """What a report of a form says, from a number on the transformed scale; total: of a count since the first day."""
    if form == "range":
        low, high = (_plain(quantity, value + side) for side in (-SPREAD, SPREAD))
        return {"low": _rounded(low, 3), "high": _rounded(max(high, low + 1.0), 3)}
    if form == "word":
        nearest = min(WORDS, key=lambda word: abs(_meant(quantity, word)[0] - value))
        return {"word": nearest, "unit": "word"}
    if form in ("denial", "rank"):
        return {"unit": "share" if form == "rank" else ""}
    if form == "trend":
        return {"best": 1.0, "unit": "direction"}
    number = _plain(quantity, value)
    if form == "bound":
        return {"best": _rounded(number, 2), "form": "at_least"}
    if form == "exact":
        return {"best": float(round(number))}
    return {"best": _rounded(total if form == "since" else number, 3 if form == "since" else 2), "form": "about"}


def _rounded(number: float, digits: int) -> float:
    """So many significant digits, as people write."""
    return float(f"{number:.{digits}g}")


def _meant(quantity: str, word: str) -> tuple[float, float]:
    """Middle and sd of a word of number, on the transformed scale."""
    row = reliability.words()[word]
    low, best, high = (_scaled(quantity, number) for number in (row.low, row.best, row.high))
    return best, max(high - best, best - low) / reading.quantile()


def word_for(quantity: str, value: float, rng: np.random.Generator) -> str:
    """A word drawn from those that mean such a number, each the more often the better it fits."""
    middle, sd = np.array([_meant(quantity, word) for word in WORDS]).T
    fits = np.exp(-(((value - middle) / sd) ** 2) / 2) / sd * np.gradient(middle)
    return str(rng.choice(WORDS, p=fits / fits.sum()))


def errors_of(told: likelihood.Likelihood, rng: np.random.Generator) -> Array:
    """One draw of all errors (n), as `Observed` states them but for the grain of counting and what a word leaves open.

    What the model misses of people present is not among them: those people are there (`Sieges.real`).
    """
    observed, odds = told.observed, told.observed.outlier
    free = [
        math.hypot(claim._grain_sd() if claim.aspect == "level" else 0.0, claim.width * bool(claim.report.word))
        for claim in told.claims
    ]
    found = np.sqrt(np.maximum(observed.own_sd**2 - np.square(free), 0.0)) * rng.standard_normal(len(odds))
    found += (rng.random(len(odds)) < odds) * observed.worthless_sd * rng.standard_normal(len(odds))
    shared = observed.shared()
    for column in range(shared.shape[1]):
        carried = shared[:, column] > 0
        worthless = observed.worthless_sd * (rng.random() < odds[carried].mean())
        found[carried] += shared[carried, column] * rng.standard_normal() + worthless * rng.standard_normal()
    missed = rng.multivariate_normal(np.zeros(len(odds)), observed.discrepancy() + 1e-12 * np.eye(len(odds)))
    return found + np.where([claim.quantity == "present" for claim in told.claims], 0.0, missed)


def counted(told: likelihood.Likelihood, value: Array, rng: np.random.Generator) -> Array:
    """Numbers (n) on the transformed scale after counting: nobody counts finer than the grain of the quantity."""
    found = value.copy()
    for at, claim in enumerate(told.claims):
        if claim.aspect == "level" and claim.row.across != "share":
            people = _plain(claim.quantity, value[at]) + claim.measure.grain * rng.standard_normal()
            found[at] = _scaled(claim.quantity, max(people, 0.0))
    return found


class Sieges:
    """Sieges by number; the base and what the prior expects are made once."""

    def __init__(self) -> None:
        self.town = base()
        self.origin = self.town.start + dt.timedelta(days=ORIGIN_DAY)
        self.settling = [place.id for place in self.town.places if place.kind in quantities.SETTLING]
        self.levels = self._levels()

    def _levels(self) -> Array:
        """The median over the prior of what each row would say, from members that are no truth."""
        compiled, every = world.compile(self.town), range(len(REPORTS))
        told = likelihood.of(sketched(self.town, np.full(len(REPORTS), np.log1p(1000.0)), every))
        arrays = ensemble.simulate(compiled, 60, seed=TRUTHS - 1)
        predicted = np.median(told.predict(_dataset(compiled, arrays)), axis=0)
        by_report = {row.report: value for row, value in zip(told.rows, predicted, strict=True)}
        return np.array([by_report.get(f"r{number:02}", 0.0) for number in every])

    def truth(self, number: int, real: Array | None = None, *, given: bool = True) -> xr.Dataset:
        """The run that was true; from the origin on with the people (d) who are really there, where that is known."""
        asked = forecast.request(self.town, self.origin, AHEAD, given=given)
        compiled, seed = world.compile(asked.facts), TRUTHS + number
        inputs = ensemble.prior_inputs(compiled, ensemble.settings(compiled), range(1), seed, sample=True)
        counts = np.full((1, len(compiled.place_ids)), np.nan)
        if real is not None:
            counts[0, compiled.network.settling] = real
        drawn = None if given else outlook.of(asked.facts, self.origin, seed)
        learned = ensemble.Learned(inputs, ensemble.Anchor(ORIGIN_DAY + 1, counts), drawn)
        return _dataset(compiled, ensemble.simulate_block(compiled, 0, 1, seed, learned=learned))

    def real(self, run: xr.Dataset, rng: np.random.Generator) -> xr.Dataset:
        """The run with the people who are really at camps and host towns: its own and those whom the model missed."""
        miss, fade = reliability.measures()["present"].discrepancy_sd, reliability.numbers()["discrepancy_days"]
        days, settling = run.sizes["day"], [list(run["place"].values).index(place) for place in self.settling]
        luck, missed = rng.standard_normal((days, len(settling))), np.empty((days, len(settling)))
        missed[0], keep = luck[0], math.exp(-1 / fade)
        for day in range(1, days):
            missed[day] = keep * missed[day - 1] + math.sqrt(1 - keep**2) * luck[day]
        present = run["present"].values.astype(float)
        there = present[0][:, settling]
        row = quantities.quantity("present")
        wanted = reading.plain(reading.transformed(there, row) + miss * missed, row)
        present[0][:, settling] = forecast._with_sum(wanted, np.full(len(settling), miss), there.sum(axis=1))
        return run.assign(present=(run["present"].dims, present))

    def siege(self, number: int) -> Siege:
        """One siege; the same for the same number."""
        rng = np.random.default_rng([TRUTHS, number])
        real = self.real(self.truth(number), rng)
        made = np.flatnonzero(rng.random(len(REPORTS)) >= GAP).tolist()
        told = likelihood.of(sketched(self.town, self.levels, made))
        biases, registered = told.observation(rng.standard_normal((1, len(told.sources) + len(told.registers))))
        value = counted(told, told.predict(real, biases, registered)[0] + errors_of(told, rng), rng)
        reports = self._reports(made, dict(zip([row.report for row in told.rows], value, strict=True)), rng)
        there = real["present"].sel(place=self.settling).values[0, ORIGIN_DAY]
        true = [self.truth(number, there, given=given) for given in (True, False)]
        return Siege(
            dataclasses.replace(self.town, reports=reports), self.origin, *true, parameters=real["parameters"].values[0]
        )

    def _reports(
        self, made: list[int], value: Mapping[str, float], rng: np.random.Generator
    ) -> tuple[evidence.Report, ...]:
        """What was reported, from what was seen; the first count of all was wrong and is corrected."""
        found: list[evidence.Report] = []
        total = 0.0
        for number in made:
            row, seen = REPORTS[number], value.get(f"r{number:02}")
            if seen is not None and row[2] == "since":
                total += _plain(row[0], seen)
            said = self._reported(row, float(self.levels[number]), seen, total, rng)
            if said is not None:
                found.append(report(self.town, number, row, **said))
        right = next((one for one in found if one.form == "about" and one.best), None)
        if right is not None and right.best:
            wrong = dataclasses.replace(right, id="wrong", best=3 * right.best, reported_on=right.ends)
            found = [dataclasses.replace(one, corrects="wrong") if one is right else one for one in found] + [wrong]
        return tuple(found)

    def _reported(
        self, row: tuple[Any, ...], level: float, value: float | None, total: float, rng: np.random.Generator
    ) -> dict[str, Any] | None:
        """What a report says of what was seen; None where a denial would have been a lie too far."""
        quantity, place, form = row[:3]
        if form == "denial":
            least = _scaled("intercepted", reliability.words()["several"].low)
            return _said(quantity, form, level) if value is not None and value >= least else None
        if value is None:
            return _said(quantity, form, level, total)
        if form == "bound":
            said = _said(quantity, form, level)
            return said | {"form": "at_least" if value >= _scaled(quantity, said["best"]) else "at_most"}
        if form == "trend":
            return {"best": 1.0 if value >= 0 else -1.0, "unit": "direction"}
        if form == "rank":
            more, _, less = place.partition(">")
            return {"place": f"{more}>{less}" if value >= 0 else f"{less}>{more}", "unit": "share"}
        if form == "word":
            return {"word": word_for(quantity, value, rng), "unit": "word"}
        return _said(quantity, form, value, total)


def _dataset(compiled: world.World, arrays: dict[str, Array]) -> xr.Dataset:
    """Members as the Dataset of a run."""
    members = len(arrays.pop("conserved"))
    return results.dataset(results.layout(compiled, members=members, seed=0, expected=False), arrays, 0)


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
    return _dataset(compiled, ensemble.simulate(compiled, learned.members, learned.seed, workers=1, learned=ahead))
