"""Hindcasts: forecasts from day after day of the past, each held against what was reported later.

In: a scenario with reports, and how far apart the origins are. Out: a `hindcard.Hindcast`. At each origin the posterior
is learned from what was published by it, the forecast starts from the state that leaves possible, and every report of
later days (`later`) is forecast as it would be reported, beside forecasts that need no model: those of `naive` from the
counts published by then, and

    prior   the members of a run from the first day with draws of the priors, the same luck and the same course of the
            war, and nothing learned

Origins are every so many days from the scenario's first day on, or from the one asked for, as far as later reports go.
One is left out, with the reason, while fewer than FEWEST numbers were published, where no later report is about the
days ahead, and where the reports could not be followed. What happens after an origin is drawn, or, where departures are
given or the caller wants it, taken from the scenario: a conditional hindcast, which tests the people and not the war.

Each origin is kept in the folder when it is finished, with its calibration; a hindcast that was stopped goes on there.
Members and reports have their luck by name, so that the result is the same in one go or several, on 1 or N workers.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maabar import (
    __version__,
    ensemble,
    errors,
    facts,
    forecast,
    header,
    hindcard,
    keep,
    later,
    likelihood,
    naive,
    posterior,
    quantities,
    reading,
    runs,
    skill,
    storage,
    verify,
    world,
)
from maabar import workers as pool_workers

Floats = NDArray[np.float64]
Progress = runs.Progress
FEWEST = 10  # numbers published, below which nothing is forecast
PRIOR = "prior"
PLAN = "plan.json"
_FAN = "fan of "  # before the names of kept arrays
FAN_POINTS = 40  # days of a forecast that are drawn
FAN_CASES = 3  # cases that make a series worth drawing
BASELINES = (naive.LAST_VALUE, naive.DRIFT, naive.LAST_SHARES, PRIOR)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to forecast: `days` days ahead from the evening of each origin.

    given    take the events of the scenario after an origin as they are, instead of drawing them
    cases    all reports that can test a forecast
    skipped  (day, reason) of origins that cannot be
    """

    scenario: facts.Scenario
    every: int
    days: int
    given: bool
    members: int
    seed: int
    cases: tuple[later.Case, ...]
    origins: tuple[dt.date, ...]
    skipped: tuple[tuple[dt.date, str], ...]

    def at(self, origin: dt.date) -> tuple[later.Case, ...]:
        """The cases of one origin."""
        return later.after(self.cases, self.scenario.start, origin, self.days)

    def identity(self) -> dict[str, Any]:
        """What must be equal for two hindcasts to be the same."""
        return {
            "scenario digest": self.scenario.digest,
            "days": self.days,
            "events": forecast.GIVEN if self.given else forecast.DRAWN,
            "members": self.members,
            "seed": self.seed,
            "version": __version__,
        }


def plan(
    scenario: facts.Scenario,
    *,
    every: int,
    days: int,
    since: dt.date | None = None,
    until: dt.date | None = None,
    given: bool | None = None,
    beyond: bool = False,
    members: int = posterior.MEMBERS,
    seed: int = 1,
) -> Plan:
    """A checked plan. since, until: first and last origin; given None: as departures are.

    Raises errors.RunError for impossible days, days beyond those at which coverage was tested (unless `beyond`), no
    report, and origins of which none can be forecast from.
    """
    runs.check(members=members, seed=seed, workers=None)
    if not 1 <= every <= header.LONGEST_RUN:
        raise errors.RunError(f"--every: found {every}, expected days from 1 to {header.LONGEST_RUN}, such as 14d")
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= header.LONGEST_RUN:
        found = errors.quote(str(days))
        raise errors.RunError(f"--days: found {found}, expected a whole number from 1 to {header.LONGEST_RUN}")
    forecast.check_horizon(scenario, days, beyond=beyond)
    first, last = _span(scenario, every, since, until)
    cases = later.every(scenario)
    made, skipped = [], []
    for step in range((last - first).days // every + 1):
        origin = first + dt.timedelta(days=step * every)
        ahead = later.after(cases, scenario.start, origin, days)
        reason = _unready(scenario, origin, days, ahead)
        if reason:
            skipped.append((origin, reason))
        else:
            made.append(origin)
    if not made:
        raise errors.RunError(
            f"{scenario.path}: found no origin from {first} to {last} to forecast from ({skipped[-1][1]}); expected at "
            f"least {FEWEST} numbers published by one and a later report about the {days} days after it: add reports, "
            "ask for more days, or for other origins with --from and --until"
        )
    is_given = scenario.departures == "given" if given is None else given
    return Plan(scenario, every, days, is_given, members, seed, cases, tuple(made), tuple(skipped))


def _span(
    scenario: facts.Scenario, every: int, since: dt.date | None, until: dt.date | None
) -> tuple[dt.date, dt.date]:
    """The first origin and the last day that can be one. Raises errors.RunError."""
    earliest, latest = scenario.start + dt.timedelta(days=1), scenario.end - dt.timedelta(days=1)
    for name, day in (("--from", since), ("--until", until)):
        if day is not None and not earliest <= day <= latest:
            raise errors.RunError(
                f"{name}: found {day}, expected a day from {earliest} to {latest}, after the first and before the last "
                f"day of {scenario.name}"
            )
    if since is not None and until is not None and until < since:
        raise errors.RunError(f"--until: found {until}, expected a day from {since} on, the first origin")
    return since or scenario.start + dt.timedelta(days=every), until or latest


def _unready(scenario: facts.Scenario, origin: dt.date, days: int, ahead: tuple[later.Case, ...]) -> str:
    """Why nothing is forecast from an origin; '' if it can be."""
    if not any(report.reported_on <= origin for report in scenario.reports):
        return "nothing was published by then"
    try:
        known = len(likelihood.of(scenario, until=origin))
    except errors.RunError:
        known = 0
    if known < FEWEST:
        return f"{known} numbers were published by then, fewer than {FEWEST}"
    return "" if ahead else f"no later report is about the {days} days after it alone"


def run(
    asked: Plan,
    folder: pathlib.Path,
    *,
    workers: int | None = None,
    calibrations: pathlib.Path | None = None,
    on_progress: Progress = runs.silent,
    command: str = "",
) -> hindcard.Hindcast:
    """Forecast from each origin, or finish what was begun in the folder.

    calibrations  folder of an earlier hindcast, whose calibrations are used where it has them
    command       what to type to go on, for messages

    Raises errors.RunError if the folder holds something else or cannot be written, errors.Cancelled after Ctrl-C; what
    is finished is kept.
    """
    job = _Job(asked, folder, workers or pool_workers.processors(), calibrations)
    again = f"; go on with: {command}" if command else ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with storage.lock(folder):
            job.open()
            for number, origin in enumerate(asked.origins):
                on_progress("hindcast", number, len(asked.origins))
                job.make(origin)
            on_progress("hindcast", len(asked.origins), len(asked.origins))
            return job.told()
    except OSError as fault:
        raise errors.RunError(storage.explained(fault, folder)) from fault
    except KeyboardInterrupt:
        kept = f"{job.done()} of {len(asked.origins)} origins are finished and kept there"
        raise errors.Cancelled(f"{folder}: stopped; {kept}{again}") from None


class _Job:
    """A hindcast under way in its folder."""

    def __init__(self, asked: Plan, folder: pathlib.Path, threads: int, calibrations: pathlib.Path | None) -> None:
        self.asked, self.folder, self.threads = asked, folder, threads
        self.own = folder / "posteriors"
        self.others = None if calibrations is None else calibrations / "posteriors"
        self.store = storage.Store(folder / "origins")

    def open(self) -> None:
        """Check what the folder holds, and write the plan."""
        path = self.folder / PLAN
        if path.is_file():
            there = hindcard.read_json(path)
            here = self.asked.identity()
            different = [name for name, value in here.items() if there.get(name) != value]
            if different:
                words = ", ".join(f"{name} '{there.get(name)}' there, '{here[name]}' here" for name in different)
                raise errors.RunError(
                    f"{self.folder}: holds another hindcast ({words}); choose another folder with --out, or remove "
                    "this one"
                )
        elif any(one.name != ".lock" for one in self.folder.iterdir()):
            raise errors.RunError(
                f"{self.folder}: this folder is not empty and holds no hindcast; choose an empty or new one with --out"
            )
        storage.write_json(path, self.asked.identity())

    def done(self) -> int:
        """Origins that are finished."""
        return sum(self.kept(origin) is not None for origin in self.asked.origins)

    def kept(self, origin: dt.date) -> storage.Arrays | None:
        """What was made of an origin; None if that is missing, damaged or of other cases."""
        arrays = self.store.load(origin.isoformat())
        return arrays if arrays and int(arrays["cases"]) == later.digest(self.asked.at(origin)) else None

    def make(self, origin: dt.date) -> None:
        """Forecast from an origin, unless that is done."""
        if self.kept(origin) is not None:
            return
        cases = self.asked.at(origin)
        arrays: storage.Arrays = {"cases": np.array(later.digest(cases))}
        try:
            arrays |= _forecast(self.asked, origin, cases, self.learned(origin), self.threads)
        except errors.ConvergenceError as fault:
            arrays["failed"] = np.array(f"the reports could not be followed: {fault}")
        self.store.save(origin.isoformat(), arrays)

    def learned(self, origin: dt.date) -> posterior.Posterior:
        """The calibration of an origin: kept, that of another hindcast, or new."""
        asked = self.asked
        for folder in (self.own, self.others):
            if folder is not None and (folder / origin.isoformat() / keep.FILE).is_file():
                found = keep.read(folder / origin.isoformat(), asked.scenario)
                if (found.until, found.members, found.seed) == (origin, asked.members, asked.seed):
                    return found
        found = posterior.learn(
            asked.scenario, until=origin, members=asked.members, seed=asked.seed, workers=self.threads
        )
        keep.write(self.own / origin.isoformat(), found)
        return found

    def told(self) -> hindcard.Hindcast:
        """All origins together, scored."""
        parts = {origin: self.kept(origin) for origin in self.asked.origins}
        failed = [(origin, str(part["failed"])) for origin, part in parts.items() if part and "failed" in part]
        made = {origin: part for origin, part in parts.items() if part and "failed" not in part}
        if not made:
            raise errors.ConvergenceError(f"{self.folder}: no origin could be forecast from; {failed[0][1]}")
        return _told(self.asked, made, failed)


def _forecast(
    asked: Plan, origin: dt.date, cases: tuple[later.Case, ...], known: posterior.Posterior, threads: int
) -> storage.Arrays:
    """Members of the forecast and of the baselines for each case, and the fans that are drawn."""
    at = (origin - asked.scenario.start).days
    ahead = max(case.claim.last for case in cases) - at
    wanted = forecast.Request(asked.scenario, origin, ahead, None, asked.given)
    compiled, start = world.compile(wanted.facts), asked.scenario.start
    learned = forecast.members(wanted, known, workers=threads)
    claims = tuple(case.claim for case in cases)
    found = posterior.series(compiled, claims, start, learned, asked.seed, threads)
    seen, counted = known.learned, forecast.newest(known, at)
    voices = later.voices(
        known.told, known.observation, known.told.observed.value - seen.predicted,
        {place: known.told.claims[row].last for place, row in counted.items()}, worth=seen.worth,
    )  # fmt: skip
    arrays = {"forecast": later.said(cases, found, voices, asked.seed)}
    arrays |= {_FAN + ":".join(key): fan for key, fan in _fans(asked, claims, found, at + 1).items()}
    for name, members in naive.at(asked.scenario, origin, known.told.claims, cases).items():
        arrays[f"beside:{name}"] = members
    arrays[f"beside:{PRIOR}"] = _prior(asked, compiled, learned, known, cases, threads)
    return arrays


def _prior(
    asked: Plan, compiled: world.World, learned: ensemble.Learned, known: posterior.Posterior,
    cases: tuple[later.Case, ...], threads: int,
) -> Floats:  # fmt: skip
    """What members that have learned nothing make each case say: (m, n)."""
    drawn = ensemble.prior_inputs(compiled, ensemble.settings(compiled), range(asked.members), asked.seed, sample=True)
    unlearned = ensemble.Learned(drawn, ahead=learned.ahead)
    claims = tuple(case.claim for case in cases)
    found = posterior.series(compiled, claims, asked.scenario.start, unlearned, asked.seed, threads)
    normal = known.space.split(posterior.prior(known.space, asked.members, asked.seed))[3]
    return later.said(cases, found, later.voices(known.told, known.told.observation(normal)), asked.seed)


def _fans(
    asked: Plan, claims: tuple[reading.Claim, ...], found: Mapping[later.Key, Floats], first: int
) -> dict[later.Key, Floats]:
    """Days since the origin and quantiles (1 + q, h) of the stocks that are worth drawing."""
    counted = [case.key for case in asked.cases]
    fans = {}
    for key in dict.fromkeys((claim.quantity, claim.places[0]) for claim in claims):
        if counted.count(key) >= FAN_CASES and quantities.quantity(key[0]).kind == "stock":
            ahead = found[key][:, first:]
            chosen = np.arange(0, ahead.shape[1], math.ceil(ahead.shape[1] / FAN_POINTS))
            at = quantities.levels(len(ahead))
            fans[key] = np.vstack([chosen + 1, np.quantile(ahead[:, chosen], at, axis=0)])
    return fans


def _told(asked: Plan, made: Mapping[dt.date, storage.Arrays], failed: list[tuple[dt.date, str]]) -> hindcard.Hindcast:
    """The result: scores of every case, the table of skill, and what is drawn."""
    scenario = asked.scenario
    pairs = [(origin, case) for origin in made for case in asked.at(origin)]
    together = skill.joined([_cases(asked, origin, part) for origin, part in made.items()])
    scores = skill.scored(together, _luck(asked))
    skipped = sorted([*asked.skipped, *failed])
    return hindcard.Hindcast(
        title=f"{scenario.title}: hindcast",
        every=asked.every,
        days=asked.days,
        events=forecast.GIVEN if asked.given else forecast.DRAWN,
        members=asked.members,
        seed=asked.seed,
        currency=scenario.currency,
        origins=tuple(made),
        skipped=tuple(skipped),
        skill=skill.of(together, _luck(asked), currency=scenario.currency),
        results=tuple(_result(asked, *pair, together, scores, at) for at, pair in enumerate(pairs)),
        fans=tuple(
            _fan(origin, name, fan) for origin, part in made.items() for name, fan in part.items() if _FAN in name
        ),
    )


def _fan(origin: dt.date, name: str, fan: Floats) -> hindcard.Fan:
    """A fan as it is kept: the name of its array, days and quantiles."""
    quantity, place = name.removeprefix(_FAN).rsplit(":", 1)
    return hindcard.Fan(origin, quantity, place, *(tuple(row) for row in fan.tolist()))


def _luck(asked: Plan) -> np.random.Generator:
    """Random numbers of the verification, the same however the hindcast was made."""
    return np.random.default_rng([asked.seed, asked.members])


def _cases(asked: Plan, origin: dt.date, part: storage.Arrays) -> skill.Cases:
    """The cases of one origin with what was forecast of them."""
    cases, at = asked.at(origin), (origin - asked.scenario.start).days
    beside = {name: part[f"beside:{name}"] for name in BASELINES if f"beside:{name}" in part}
    return skill.Cases(
        quantity=np.array([case.claim.quantity for case in cases]),
        origin=np.full(len(cases), at),
        lead=np.array([case.claim.last - at for case in cases]),
        low=np.array([case.low for case in cases]),
        high=np.array([case.high for case in cases]),
        forecast=part["forecast"],
        baselines=beside,
    )


def _result(
    asked: Plan, origin: dt.date, case: later.Case, together: skill.Cases, scores: skill.Scored, at: int
) -> hindcard.Result:
    """One case with its scores."""
    start, claim = asked.scenario.start, case.claim
    quantiles = np.quantile(together.forecast[:, at], hindcard.LEVELS)
    return hindcard.Result(
        origin=origin,
        lead=int(together.lead[at]),
        quantity=claim.quantity,
        place=claim.places[0],
        report=claim.report.id,
        form=claim.report.form,
        letter=claim.letter.letter,
        first=start + dt.timedelta(days=claim.first),
        last=start + dt.timedelta(days=claim.last),
        low=None if np.isinf(case.low) else case.low,
        high=None if np.isinf(case.high) else case.high,
        quantiles=tuple(float(value) for value in quantiles),
        crps=float(scores.crps[at]),
        log_score=float(scores.log_score[at]),
        pit=float(scores.pit[at]),
        within={
            f"{100 * level:.0f}": bool(row[at]) if np.isfinite(row[at]) else None
            for level, row in zip(verify.LEVELS, scores.within, strict=True)
        },
        beside={name: float(crps[at]) if np.isfinite(crps[at]) else None for name, crps in scores.baselines.items()},
    )
