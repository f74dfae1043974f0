"""Simulation-based calibration on synthetic sieges: `python benchmarks/synthetic_sieges.py [SIEGES]`.

In: sieges of tests/sieges.py, each with a truth drawn from the prior and reports in every form. Out: coverage of 90 %
intervals and evenness of the probability integral transform, by quantity and lead, in docs/calibration-skill.md; and
the same with half of the spread, which must fail. Two processes; each siege takes a few seconds.
"""

import concurrent.futures
import datetime as dt
import pathlib
import sys
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import sieges  # noqa: E402
from maabar import quantities, verify  # noqa: E402

PAGE = ROOT / "docs" / "calibration-skill.md"
MEMBERS, SEED = 300, 1
HEAD = """# Is the calibration right as often as it says?

{count} synthetic sieges of the town that `maabar new` writes: parameters, weekly shocks, unknown pulls, biases of
sources and registered shares drawn from their priors, and {reports} reports each in every form (exact, about, range,
bounds, word, rank, trend, denial), of grades A to F, with copies, gaps, delays, an interested party and worthless ones
as the likelihood states them. The truth is a member of another seed. Each siege is learned by day {origin} ({members}
members, four steps) and forecast {ahead} days ahead, {events}. Made by `benchmarks/synthetic_sieges.py` on {date}:
{seconds:.1f} s a siege.

A 90 % interval should hold the truth in nine cases of ten: with {count} sieges, 0.85 and 0.95 are {sd:.1f} standard
errors of chance away. *even* is the probability that a probability integral transform as uneven as this comes from an
honest forecast (`verify.flat`, sieges as blocks). *halved* has half of the spread: a test must notice.

| quantity | place | lead | 90 % holds | halved | even | even, halved |
|---|---|---|---|---|---|---|
"""

NOTES = """
## What it shows (of 100 sieges, 26 November 2026)

- Coverage lies between 0.84 and 0.94 for all quantities and leads but one, and is 0.90 for what is identified. With
  half of the spread every row fails.
- **People present at the camp, 7 days ahead, 0.77**: a forecast starts from the newest count, because what counts and
  model differ by is taken for what the model misses. In these sieges it is an error of the reports instead, as the
  truth follows the model exactly. In the field it is the other way round.
- **Not even**: arrivals, movements and people present at the host town. In smaller batches of 40 to 60 sieges, before
  the last change of defaults, truths had a mean rank of 0.37 to 0.47 where 0.5 is right, while the prior of 40 of
  them had 0.47 to 0.54. Eight steps, no localisation, values only, no movements, and no counts of people present were
  tried on 40 each and made no clear difference, which so few can hardly show. The cause is not known.
"""


def one(number: int, given: bool) -> sieges.Judged:
    """One siege, learned and forecast."""
    made = sieges.Sieges().siege(number)
    learned, run = sieges.forecast_of(made, members=MEMBERS, seed=SEED, given=given)
    return sieges.judged(made, learned, run)


def line(names: tuple[str, str, str], cases: list[tuple[np.ndarray, float]], blocks: np.ndarray) -> str:
    """One row of the table."""
    rng = np.random.default_rng(1)
    shares = [held / count for held, count in (sieges.covered(cases, narrow=narrow) for narrow in (False, True))]
    even = [verify.flat(sieges.pits(cases, rng, narrow=narrow), blocks, rng) for narrow in (False, True)]
    told = ["–" if p is None else "<0.01" if p < 0.01 else f"{p:.2f}" for p in even]
    return f"| {' | '.join(names)} | {shares[0]:.2f} | {shares[1]:.2f} | {told[0]} | {told[1]} |"


def table(found: list[sieges.Judged]) -> list[str]:
    """Forecast quantities at each lead, then all identified parameters together."""
    rows, blocks = [], np.arange(len(found))
    for quantity, place in sieges.FORECAST:
        label = quantities.quantity(quantity).label
        for lead in sieges.LEADS:
            cases = [told.ahead[quantity, place, lead] for told in found]
            rows.append(line((label, place, f"{lead} d"), cases, blocks))
    cases = [case for told in found for case in told.parameters.values()]
    owner = np.array([at for at, told in enumerate(found) for _ in told.parameters])
    rows.append(line((f"identified parameters ({len(cases)} cases)", "–", "–"), cases, owner))
    return rows


def main(count: int, given: bool) -> None:
    """Measure and write the page."""
    begun, found = time.perf_counter(), []
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        for number, told in enumerate(pool.map(one, range(count), [given] * count)):
            found.append(told)
            print(number, f"{time.perf_counter() - begun:.0f} s", flush=True)
    events = "with the events of the scenario" if given else "with events drawn after the origin"
    text = HEAD.format(
        count=count, reports=len(sieges.REPORTS), origin=sieges.ORIGIN_DAY, members=MEMBERS, ahead=sieges.AHEAD,
        events=events, date=dt.date.today(), seconds=2 * (time.perf_counter() - begun) / count,
        sd=0.05 / np.sqrt(0.09 / count),
    )  # fmt: skip
    PAGE.write_text(text + "\n".join(table(found)) + "\n" + NOTES, encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 120, given=True)
