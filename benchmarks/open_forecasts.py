"""Forecasts of four open conflicts: learned from the first third of the days, scored on the rest.

`python benchmarks/open_forecasts.py [FOLDER]` reads the cases in FOLDER (instances of Flee with counts; default: the
folder `shared/cases` beside the project) and writes docs/open-forecasts.md. The commands are those of a user: import,
forecast, score; one set of defaults for all cases.
"""

import csv
import datetime as dt
import pathlib
import sys
import tempfile
import time

import maabar

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "open-forecasts.md"
SEEDS = (1, 2, 3)
SPLITS = {"equal": "equal", "capacity": "by capacity", "day30": "day 30", "last": "last counts"}
HEAD = """# Forecasts of open conflicts

Each conflict is imported as it is (`maabar import flee`), learned from the counts of the first third of its days, and
forecast to its end: who is where on each day, given how many people leave. `ard_rescaled` is the mean over the forecast
days of Σ|s·D/S − d|/D, s simulated and d counted people at each camp, S and D their sums: 0 is perfect, 2 is everybody
in the wrong camp. One set of defaults for all; {members} members; seeds {seeds}, with the range over them.

The naive splits are those that could be made on the day of the origin: equal shares, shares of the listed capacities,
of day 30, and of the last counts. *Flee* is the error of Flee's development head over **all** days, from the notes of
the cases (`benchmarks/flee_case_notes.csv`): it forecasts nothing, but it is told every closure and conflict in
advance, as these forecasts are. Listed capacities are the camps' highest counts and so tell the answer; the rows with
none are the harder test. *Within 80 %* is told of the members alone; with what the model misses and the errors of
counts, as in [forecast-skill.md](forecast-skill.md), 80 % intervals hold more. Written by
`benchmarks/open_forecasts.py` on {date}.

"""


def notes() -> dict[tuple[str, str], str]:
    """Flee's error by case and capacities."""
    with (ROOT / "benchmarks" / "flee_case_notes.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["release"] == "head"]
    return {(row["case"], row["capacities"]): row["ard_rescaled"] for row in rows}


def measured(folder: pathlib.Path, capacities: str, scratch: pathlib.Path) -> tuple[list["maabar.Run"], float]:
    """The forecasts of one case, one for each seed, and the seconds that the first took."""
    loaded, _ = maabar.import_flee(folder, scratch / f"{folder.name}-{capacities}", capacities=capacities)
    third = loaded.days // 3
    origin = loaded.start + dt.timedelta(days=third)
    begun, runs, seconds = time.perf_counter(), [], 0.0
    for seed in SEEDS:
        runs.append(loaded.forecast(origin, loaded.days - 1 - third, seed=seed, beyond=True))
        seconds = seconds or time.perf_counter() - begun
    return runs, seconds


def span(values: list[float]) -> str:
    """`0.13`, or `0.12–0.14` where seeds differ."""
    low, high = f"{min(values):.3f}", f"{max(values):.3f}"
    return low if low == high else f"{low}–{high}"


def row(case: str, capacities: str, runs: list["maabar.Run"], seconds: float, flee: str) -> list[str]:
    """One line of the table."""
    scores = [run.score() for run in runs]
    own = [score.ard_rescaled or 0.0 for score in scores]
    naive = {name: scores[0].naive[name] for name in SPLITS}
    best = min(error for error in naive.values() if error is not None)
    told = [f"{error:.3f}" if error is not None else "–" for error in naive.values()]
    covered = span([score.coverage_80 or 0.0 for score in scores])
    verdict = "maabar" if max(own) <= best else "naive" if min(own) > best else "either"
    return [case, capacities, span(own), *told, verdict, flee, covered, str(scores[0].observations), f"{seconds:.0f}"]


def main(folder: pathlib.Path) -> None:
    """Measure every case and write the page."""
    head = ["case", "capacities", "maabar", *SPLITS.values(), "closer", "Flee", "within 80 %", "counts", "s"]
    lines, flee = [head, ["---"] * len(head)], notes()
    with tempfile.TemporaryDirectory(prefix="maabar-open-") as scratch:
        for capacities in ("listed", "none"):
            for case in sorted(path for path in folder.iterdir() if path.is_dir()):
                runs, seconds = measured(case, capacities, pathlib.Path(scratch))
                lines.append(row(case.name, capacities, runs, seconds, flee.get((case.name, capacities), "–")))
                print(*lines[-1], flush=True)
    text = HEAD.format(members=300, seeds=f"{SEEDS[0]} to {SEEDS[-1]}", date=dt.date.today())
    PAGE.write_text(text + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "cases")
