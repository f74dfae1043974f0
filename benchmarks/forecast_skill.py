"""How good forecasts of Raqqa 2017 would have been: `make bench`, or `python benchmarks/forecast_skill.py`.

Goes in: the shipped scenario. Comes out: the measured blocks of docs/forecast-skill.md and its pictures. Each hindcast
is kept in `--results`, and what was broken off goes on where it was. Pictures need Chromium; without it only the tables
are written. With `--cases DIR`, a folder of Flee instances, open conflicts are measured too: how
flows change, and who is where when departures are given.
"""

import argparse
import csv
import datetime as dt
import re
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

import maabar
from maabar import hindcard, observe, quantities, runs

ROOT = Path(__file__).resolve().parents[1]
PAGE, IMAGES = ROOT / "docs" / "forecast-skill.md", ROOT / "docs" / "images"
LONG = hindcard.LONG_LEAD
SERIES = {"every": 14, "days": 60, "since": "2017-04-18"}
JUNE = {"every": 14, "days": 112, "since": "2017-06-30", "until": "2017-06-30", "beyond": True}
# Name -> what is asked, and whether events after an origin are given; the calibrations of the one before are used.
HINDCASTS = {
    "series-drawn": (SERIES, False),
    "series-given": (SERIES, True),
    "june-drawn": (JUNE, False),
    "june-given": (JUNE, True),
}
PICTURES = {
    "forecast-inside-drawn": ("series-drawn", "fan-inside-city"),
    "forecast-inside-given": ("series-given", "fan-inside-city"),
    "forecast-movements": ("series-drawn", "sums-displaced_total-*"),
    "forecast-coverage": ("series-drawn", "coverage"),
    "forecast-skill": ("series-drawn", "skill"),
    "forecast-pit-inside": ("series-drawn", "pit-inside"),
}
BASELINES = ("last value", "drift", "prior")
GIVEN_BASELINES = ("last value", "last shares", "prior")
GIVEN_DAYS = 400
WEEKS = (1, 4, 8, 12)


def made(results: Path) -> dict[str, hindcard.Hindcast]:
    """All hindcasts, each kept in a folder of its name."""
    scenario, found = maabar.load("raqqa-2017"), {}
    for name, (asked, given) in HINDCASTS.items():
        begun = time.process_time()
        known = results / name.replace("given", "drawn")
        found[name] = scenario.hindcast(
            **asked, given_events=given, out=results / name, posterior=known, on_progress=runs.silent
        )
        print(f"{name}: {len(found[name].origins)} origins, {time.process_time() - begun:.0f} s of processor time")
    return found


def beside(results: list[hindcard.Result], name: str) -> str:
    """How much closer the forecast is than a baseline, over the cases in which that can be made."""
    pairs = [(one.crps, one.beside[name]) for one in results if one.beside.get(name) is not None]
    if not pairs:
        return "–"
    mine, theirs = np.mean(pairs, axis=0)
    skill = 100 * (1 - mine / theirs)
    return f"{skill:+.0f} %" if len(pairs) == len(results) else f"{skill:+.0f} % ({len(pairs)})"


def met(results: list[hindcard.Result]) -> str:
    """How many reports the 80 % interval meets."""
    told = [bool(one.within["80"]) for one in results]
    return f"{sum(told)} of {len(told)}" if told else "–"


def skill_table(found: hindcard.Hindcast) -> str:
    """By quantity, at long leads: reports met, CRPS, and the forecast beside each baseline."""
    lines = [
        f"| {LONG} days ahead and more | numbers and ranges met | bounds met | CRPS | " + " | ".join(BASELINES) + " |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(one.quantity for one in found.results):
        told = [one for one in found.results if one.quantity == name and one.lead >= LONG]
        if not told:
            continue
        bounds = [[one for one in told if one.is_bound is is_bound] for is_bound in (False, True)]
        numbers = [*(met(part) for part in bounds), observe.rounded(float(np.mean([one.crps for one in told])))]
        cells = [quantities.quantity(name).label, *numbers, *(beside(told, other) for other in BASELINES)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def coverage_table(found: dict[str, hindcard.Hindcast]) -> str:
    """Shares of numbers and ranges that intervals meet, by lead, for both series."""
    lines = ["| lead | events | cases | within 50 % | within 80 % | within 95 % |", "|---|---|---|---|---|---|"]
    for first, last in ((1, 7), (8, 14), (15, 30), (31, 60)):
        for name in ("series-drawn", "series-given"):
            told = [one for one in found[name].results if first <= one.lead <= last and not one.is_bound]
            shares = [
                f"{100 * np.mean([bool(one.within[level]) for one in told]):.0f} %" for level in ("50", "80", "95")
            ]
            lines.append(f"| {first}–{last} days | {name[7:]} | {len(told)} | " + " | ".join(shares) + " |")
    return "\n".join(lines)


def june_table(found: hindcard.Hindcast) -> str:
    """Each report of people inside and of movements after June, beside its forecast."""
    lines = ["| report | days | reported | forecast: 10 % / 50 % / 90 % | met |", "|---|---|---|---|---|"]
    for one in found.results:
        if one.quantity in ("inside", "displaced_total"):
            low, middle, high = (one.quantiles[hindcard.LEVELS.index(level)] for level in (0.1, 0.5, 0.9))
            ends = ["" if end is None else observe.rounded(end) for end in (one.low, one.high)]
            told = (
                f"at most {ends[1]}"
                if not ends[0]
                else f"at least {ends[0]}"
                if not ends[1]
                else " to ".join(dict.fromkeys(ends))
            )
            span = " to ".join(dict.fromkeys(observe.date_words(day) for day in (one.first, one.last)))
            spread = " / ".join(observe.rounded(number) for number in (low, middle, high))
            label = quantities.quantity(one.quantity).label.lower()
            lines.append(
                f"| {one.report}, {label} | {span} | {told} | {spread} | {'yes' if one.within['80'] else 'no'} |"
            )
    return "\n".join(lines)


def flow_table(cases: Path) -> str:
    """How flows of open conflicts change: half the variance of differences of log weekly sums, by the weeks between."""
    lines = [
        "| conflict | weeks | "
        + " | ".join(f"{lag} week{'s' * (lag > 1)} apart" for lag in WEEKS)
        + " | lasting part |"
    ]
    lines.append("|---|---|" + "---|" * (len(WEEKS) + 1))
    for folder in sorted(path for path in cases.iterdir() if (path / "source_data").is_dir()):
        logs = np.log(weekly(folder / "source_data"))
        sds = [float(np.std(logs[lag:] - logs[:-lag])) / np.sqrt(2) for lag in WEEKS]
        lasting = np.sqrt(max(0.0, max(sds) ** 2 - sds[0] ** 2))
        cells = [folder.name, str(len(logs)), *(f"{sd:.2f}" for sd in sds), f"{lasting:.2f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def open_table(cases: Path, results: Path) -> str:
    """Who is where in open conflicts, from the first third of the days to the end, at most `GIVEN_DAYS` ahead."""
    lines = [
        "| conflict | capacities | days ahead | counts | within 50 / 80 / 95 % | " + " | ".join(GIVEN_BASELINES) + " |"
    ]
    lines.append("|---|---|---|---|---|" + "---|" * len(GIVEN_BASELINES))
    for capacities in ("listed", "none"):
        for folder in sorted(path for path in cases.iterdir() if (path / "source_data").is_dir()):
            name = f"open-{folder.name}-{capacities}"
            with tempfile.TemporaryDirectory(prefix="maabar-skill-") as scratch:
                scenario, _ = maabar.import_flee(folder, Path(scratch) / name, capacities=capacities)
                first = scenario.start + dt.timedelta(days=scenario.days // 3)
                ahead = min(GIVEN_DAYS, scenario.days - 1 - scenario.days // 3)
                found = scenario.hindcast(
                    scenario.days, ahead, since=first, until=first, out=results / name, on_progress=runs.silent
                )
            shares = [
                f"{100 * np.mean([bool(one.within[level]) for one in found.results]):.0f}"
                for level in ("50", "80", "95")
            ]
            skill = [beside(found.results, other) for other in GIVEN_BASELINES]
            cells = [folder.name, capacities, str(ahead), str(len(found.results)), " / ".join(shares) + " %", *skill]
            lines.append("| " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
    return "\n".join(lines)


def weekly(folder: Path) -> np.ndarray:
    """People newly counted in each week in which there are any, of the total of a Flee instance."""
    layout = [line.split("#")[0].strip().split(",") for line in (folder / "data_layout.csv").read_text().splitlines()]
    name = next(row[1] for row in layout if row[0] == "total")
    with (folder / name).open(newline="") as stream:
        rows = [row for row in csv.reader(stream) if row and not row[0].startswith("#")]
    dates = [dt.date.fromisoformat(row[0][:10]) for row in rows]
    days = [(date - dates[0]).days for date in dates]
    total = np.interp(np.arange(days[-1] + 1), days, [float(row[1]) for row in rows])
    new = np.diff(total[::7])
    return new[new > 0]


def pictures(results: Path) -> None:
    """Each chart of `PICTURES` as a PNG, from the pages of the hindcasts."""
    from playwright import sync_api

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("no Chromium on this machine: the pictures stay as they are")
        return
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1200, "height": 900}, device_scale_factor=1.5)
        for name, (hindcast, chart) in PICTURES.items():
            page.goto((results / hindcast / "hindcast.html").resolve().as_uri())
            page.wait_for_selector("html[data-drawn=yes]", state="attached")
            page.locator(f'figure:has([data-chart="{chart}"])').screenshot(path=IMAGES / f"{name}.png")
        browser.close()


def write(blocks: dict[str, str]) -> None:
    """Put each table between its comments in the page."""
    text = PAGE.read_text(encoding="utf-8")
    for name, block in blocks.items():
        text = re.sub(
            rf"(<!-- measured: {name} -->\n).*?(<!-- end -->)",
            lambda match, block=block: f"{match[1]}{block}\n{match[2]}",
            text,
            flags=re.DOTALL,
        )
    PAGE.write_text(text, encoding="utf-8")


def main() -> None:
    """Measure, write the page, take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "bench" / "forecasts")
    parser.add_argument("--cases", type=Path, help="folder of Flee instances")
    wanted = parser.parse_args()
    found = made(wanted.results)
    blocks = {f"skill {name}": skill_table(one) for name, one in found.items()}
    blocks |= {"coverage": coverage_table(found), "june": june_table(found["june-drawn"])}
    if wanted.cases:
        blocks |= {"flows": flow_table(wanted.cases), "open": open_table(wanted.cases, wanted.results)}
    write(blocks)
    pictures(wanted.results)


if __name__ == "__main__":
    main()
