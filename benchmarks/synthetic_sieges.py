"""Simulation-based calibration on synthetic sieges: `python benchmarks/synthetic_sieges.py [SIEGES]`.

In: sieges of tests/sieges.py, each with a truth drawn from the prior and reports in every form. Out: coverage of 90 %
intervals and evenness of the probability integral transform, by quantity and lead, under given and under drawn events,
in docs/calibration-skill.md with a picture; and the same with half of the spread, which must fail. Two processes; a
siege takes some ten seconds of one processor, what is finished is kept in build/bench/sieges, and what was broken off
goes on where it was. Delete that folder to measure anew.
"""

import concurrent.futures
import datetime as dt
import multiprocessing
import pathlib
import shutil
import sys

import numpy as np
import plotly.graph_objects as go
import plotly.subplots

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import coverage_of  # noqa: E402
import sieges  # noqa: E402
from maabar import quantities  # noqa: E402

PAGE = ROOT / "docs" / "calibration-skill.md"
PICTURE = ROOT / "docs" / "images" / "calibration-pit.png"
RESULTS = ROOT / "build" / "bench" / "sieges"
MEMBERS = 300
BINS = 10
HEAD = """# Is the calibration right as often as it says?

{count} synthetic sieges of the town that `maabar new` writes: parameters, weekly shocks, unknown pulls, biases of
sources and registered shares drawn from their priors, and up to {reports} reports each in every form (exact, about,
range, bounds, word, rank, trend, denial), of grades A to F, with copies, gaps, delays, a correction, an interested
party and worthless ones as the likelihood states them. The truth is a member of another seed, and the members of each
siege have a seed of their own, as the luck of one ensemble would else be that of all sieges. Each siege is learned by
day {origin} ({members} members, four steps) and forecast {ahead} days ahead, once with the events of the scenario
(*given*) and once with events drawn after the origin (*drawn*), the truth's own being drawn as well.

A forecast is of what happens, and what the model misses of people at a camp are people who are there: from the origin
on the truth has them too. What it misses of other quantities is in the reports alone.

A 90 % interval should hold the truth in nine cases of ten; with {count} sieges chance alone moves a row by {sd:.3f}
(one standard deviation). *even* is the probability that a probability integral transform as uneven as this comes from
an honest forecast (`verify.flat`, sieges as blocks): a row below {least:.4f} (5 % shared by all {rows} rows) or a line
of all quantities together below 0.05 would be a failure. *halved* has half of the spread: the same test must notice.

Made by `benchmarks/synthetic_sieges.py` on {date}.

{verdict}

![PIT of all quantities by lead and events, and of parameters](images/calibration-pit.png)

| quantity | place | lead | given: 90 % holds | halved | even | drawn: 90 % holds | halved | even |
|---|---|---|---|---|---|---|---|---|
"""


def one(number: int) -> coverage_of.Judged:
    """One siege, learned and forecast, or what was kept of it."""
    path = RESULTS / f"{number}.npz"
    if not path.exists():
        coverage_of.judged(sieges.Sieges().siege(number), members=MEMBERS, seed=number + 1).save(path)
        print(number, flush=True)
    return coverage_of.kept(path)


def told(cases: coverage_of.Cases) -> str:
    """Three cells: coverage, coverage of halved intervals, evenness."""
    even = cases.flat()
    shown = "–" if even is None else "<0.001" if even < 0.001 else f"{even:.3f}" if even < 0.01 else f"{even:.2f}"
    return f"{cases.covered():.2f} | {cases.halved().covered():.2f} | {shown}"


def table(found: list[coverage_of.Judged]) -> list[str]:
    """Forecast quantities at each lead, all together at each lead, then parameters."""
    rows = []
    for what in (*coverage_of.FORECAST, None):
        label, place = (quantities.quantity(what[0]).label, what[1]) if what else ("**all quantities**", "–")
        for lead in coverage_of.LEADS:
            cells = [told(coverage_of.forecasts(found, events, what, lead)) for events in coverage_of.EVENTS]
            rows.append(f"| {label} | {place} | {lead} d | {' | '.join(cells)} |")
    for label, identified in (("**identified parameters**", True), ("all parameters", False)):
        cases = coverage_of.parameters(found, identified=identified)
        rows.append(f"| {label} ({len(cases.true)} cases) | – | – | {told(cases)} | – | – | – |")
    return rows


def verdict(found: list[coverage_of.Judged]) -> str:
    """What the rows come to, in words."""
    kinds = [(events, what, lead) for events in coverage_of.EVENTS for what in coverage_of.FORECAST
             for lead in coverage_of.LEADS]  # fmt: skip
    rows = [coverage_of.forecasts(found, *kind) for kind in kinds] + [coverage_of.parameters(found)]
    covered = np.array([cases.covered() for cases in rows])
    uneven = [sum((cases.flat() or 0.0) < 0.05 / len(rows) for cases in some)
              for some in (rows, [cases.halved() for cases in rows])]  # fmt: skip
    within = int(((covered >= 0.85) & (covered <= 0.95)).sum())
    return (
        f"Of {len(rows)} rows {within} lie between 0.85 and 0.95, all between {covered.min():.2f} and "
        f"{covered.max():.2f}; {uneven[0]} are uneven. With half of the spread {uneven[1]} are uneven, and they hold "
        f"{min(cases.halved().covered() for cases in rows):.2f} to "
        f"{max(cases.halved().covered() for cases in rows):.2f}."
    )


def draw(found: list[coverage_of.Judged]) -> None:
    """Histograms of the probability integral transform."""
    parts = {
        f"{events}, {lead} days": coverage_of.forecasts(found, events, None, lead)
        for events in coverage_of.EVENTS
        for lead in coverage_of.LEADS
    }
    parts |= {"parameters": coverage_of.parameters(found), "parameters, halved": coverage_of.parameters(found).halved()}
    figure = plotly.subplots.make_subplots(2, 4, subplot_titles=list(parts), vertical_spacing=0.18)
    for at, cases in enumerate(parts.values()):
        share = np.histogram(cases.pit(), BINS, (0, 1))[0] / len(cases.true) * BINS
        where = {"row": at // 4 + 1, "col": at % 4 + 1}
        figure.add_trace(go.Bar(x=(np.arange(BINS) + 0.5) / BINS, y=share, marker_color="#4477aa"), **where)
        figure.add_hline(1.0, line_color="#cc3311", line_width=1, **where)
    figure.update_yaxes(range=[0, 2.5])
    figure.update_layout(
        width=1100, height=520, showlegend=False, template="plotly_white", bargap=0.05,
        title="How high among the members the truth lies (1: as often as it should)",
    )  # fmt: skip
    page = PICTURE.with_suffix(".html")
    figure.write_html(page, include_plotlyjs=True)
    _photographed(page)
    page.unlink()


def _photographed(page: pathlib.Path) -> None:
    """The picture of a page, by Chromium; without it the picture stays as it is."""
    from playwright import sync_api

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("no Chromium on this machine: the picture stays as it is")
        return
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": 1120, "height": 540})
        tab.goto(page.as_uri())
        tab.wait_for_timeout(1000)
        tab.screenshot(path=PICTURE)
        browser.close()


def main(count: int) -> None:
    """Measure and write the page."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(one, range(count)))
    rows = 2 * len(coverage_of.FORECAST) * len(coverage_of.LEADS) + 1
    text = HEAD.format(
        count=count, reports=len(sieges.REPORTS), origin=sieges.ORIGIN_DAY, members=MEMBERS, ahead=sieges.AHEAD,
        date=dt.date.today(), sd=np.sqrt(0.09 / count), least=0.05 / rows, rows=rows, verdict=verdict(found),
    )  # fmt: skip
    draw(found)
    PAGE.write_text(text + "\n".join(table(found)) + "\n", encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 120)
