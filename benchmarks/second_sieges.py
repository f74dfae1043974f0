"""A second look at the calibration, on sieges made by other hands: `python benchmarks/second_sieges.py [SIEGES]`.

In: sieges of tests/assaults.py, which share no code with those of tests/sieges.py. Out: docs/calibration-check.md, with
coverage and evenness by quantity and lead, for events of the scenario and for drawn ones, and the same with half of the
spread. Two processes; what is finished is kept in build/second-sieges, so that it goes on where it stopped.
"""

import concurrent.futures
import datetime as dt
import math
import multiprocessing
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import assaults  # noqa: E402
import calibrated  # noqa: E402
from maabar import posterior  # noqa: E402

PAGE, KEPT = ROOT / "docs" / "calibration-check.md", ROOT / "build" / "second-sieges"
FIRST = 101
HEAD = """# A second look at the calibration

[calibration-skill.md](calibration-skill.md) tells how often intervals hold the truth on synthetic sieges. A generator
of truths can share a mistake with the method that it tests, so this page does it again with one that was written apart:
other reports ({reports}, of ten sources, some of them copies), the day of the assault drawn between day {earliest} and
day {latest}, forecasts from day {origin}, a seed of its own for the members of every siege, and the truth once under
the events of the scenario and once under events that the outlook drew with other luck. What the model is said to miss
is in the reports and not in the truth. {count} sieges, {members} members, made by `benchmarks/second_sieges.py` on
{date}. By its own account the calibration was in doubt in {doubts} of them.

Under *7 d*, *14 d* and *30 d* is the share of 90 % intervals at that lead with the truth in them; chance alone moves it
by {sd:.2f} (one standard deviation, {count} sieges). *even* is the probability that an honest forecaster has a
probability integral transform as uneven as this, leads together, sieges as blocks (`verify.flat`). The last two columns
have half of the spread about the median: the negative control.

"""
TABLE = """| {first} | 7 d | 14 d | 30 d | even | halved | even, halved |
|---|---|---|---|---|---|---|
"""
TAIL = """{tests} probabilities of evenness stand in the two tables of forecasts: of so many, the smallest of honest
forecasts is below {smallest:.3f} as often as not.

{verdict}
"""


def made(seed: int) -> calibrated.Result:
    """The result of a siege, from disk if it is there."""
    path = KEPT / f"{seed}.npz"
    if not path.exists():
        calibrated.judged(seed).save(path)
    return calibrated.load(path)


def shares(cases: calibrated.Cases) -> str:
    """`0.91`."""
    return f"{np.nanmean(cases.covered()):.2f}"


def evenness(cases: calibrated.Cases) -> str:
    """`0.34`, or `<0.01`."""
    found = cases.flat()
    return "–" if found is None else "<0.01" if found < 0.01 else f"{found:.2f}"


def table(results: list[calibrated.Result], events: str) -> str:
    """Every quantity, at each lead."""
    rows = [TABLE.format(first=f"events {events}")]
    for name in calibrated.FORECAST:
        held = [shares(calibrated.forecasts(results, events, name, lead)) for lead in calibrated.LEADS]
        every = calibrated.forecasts(results, events, name)
        half = every.halved()
        rows.append(f"| {name} | {' | '.join(held)} | {evenness(every)} | {shares(half)} | {evenness(half)} |\n")
    return "".join(rows) + "\n"


def learned(results: list[calibrated.Result]) -> str:
    """Parameters that were identified, and all."""
    rows = ["| parameters | cases | holds | even | halved | even, halved |\n|---|---|---|---|---|---|\n"]
    named = {"identified: a quarter of the prior variance gone": calibrated.parameters(results)}
    named["all whose prior is not fixed"] = calibrated.all_parameters(results)
    for name, cases in named.items():
        half, count = cases.halved(), f"{len(cases.true):,}"
        told = (name, count, shares(cases), evenness(cases), shares(half), evenness(half))
        rows.append(f"| {' | '.join(told)} |\n")
    return "".join(rows) + "\n"


def verdict(results: list[calibrated.Result]) -> str:
    """Which quantities lie further from nine in ten than chance has it, in words."""
    sd = math.sqrt(0.09 / len(results))
    every = [(events, name, lead) for events in calibrated.EVENTS for name in calibrated.FORECAST
             for lead in calibrated.LEADS]  # fmt: skip
    held = {one: float(np.nanmean(calibrated.forecasts(results, *one).covered())) for one in every}
    off = [f"{name} at {lead} days ({share:.2f}, {events})" for (events, name, lead), share in held.items()
           if abs(share - 0.9) > 3 * sd]  # fmt: skip
    inside = sum(0.85 <= share <= 0.95 for share in held.values())
    said = (
        f"{inside} of {len(held)} shares lie between 0.85 and 0.95, their mean is {np.mean(list(held.values())):.2f}. "
    )
    return said + (
        f"Off by three deviations: {', '.join(off)}." if off else "None is beyond three standard deviations."
    )


def main(count: int) -> None:
    """Measure what is missing, and write the page."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(made, range(FIRST, FIRST + count)))
    tests = 2 * len(calibrated.FORECAST)
    text = HEAD.format(
        reports=len(assaults.REPORTS.strip().splitlines()), earliest=assaults.EARLIEST, latest=assaults.LATEST,
        origin=assaults.ORIGIN, count=count, members=posterior.MEMBERS, date=dt.date.today(),
        doubts=sum(bool(one.doubts) for one in results), sd=math.sqrt(0.09 / count),
    )  # fmt: skip
    text += learned(results) + "".join(table(results, events) for events in calibrated.EVENTS)
    text += TAIL.format(tests=tests, smallest=1 - 0.5 ** (1 / tests), verdict=verdict(results))
    PAGE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 120)
