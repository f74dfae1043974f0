"""How fast maabar is, against what it promises: `make bench`, or `python benchmarks/run.py [NAME ...]`.

Each row is a measurement, the promise and whether it was kept. These are no tests: a busy machine breaks a promise.
"""

import csv
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from maabar import scenario

SCENARIO = "raqqa-2017"
COMMAND = Path(sys.executable).parent / "maabar"
START = """
import sys
from maabar import ensemble, scenario, world
ensemble.simulate(world.compile(scenario.load(sys.argv[1])), members=1, seed=1)
"""
RATIO = """
import sys, time
from maabar import ensemble, scenario, world
worlds = [world.compile(scenario.load(name)) for name in sys.argv[1:]]
times = [[] for _ in worlds]
for round in range(13):
    for found, compiled in zip(times, worlds):
        begun = time.process_time()
        ensemble.simulate(compiled, members=10, seed=1)
        found.append(time.process_time() - begun)
print(min(times[1][1:]) / min(times[0][1:]))
"""


def seconds(*words: str | Path, times: int = 1, **environment: str) -> float:
    """The least wall-clock time of a command that must succeed [s]."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        subprocess.run([str(word) for word in words], check=True, capture_output=True, env=os.environ | environment)
        found.append(time.perf_counter() - begun)
    return min(found)


def import_time(_: Path) -> float:
    """`import maabar`, less an interpreter that does nothing."""
    return seconds(sys.executable, "-c", "import maabar", times=5) - seconds(sys.executable, "-c", "", times=5)


def help_time(_: Path) -> float:
    """`maabar --help`."""
    return seconds(COMMAND, "--help", times=5)


def cold_start(scratch: Path) -> float:
    """One member with nothing compiled."""
    return seconds(sys.executable, "-c", START, SCENARIO, MAABAR_CACHE=str(scratch / "cache"))


def warm_start(_: Path) -> float:
    """From the command to the end of one member, compiled earlier."""
    return seconds(sys.executable, "-c", START, SCENARIO, times=3)


def ensemble_time(scratch: Path) -> float:
    """200 members, results, summary and report, without the what-ifs."""
    return seconds(COMMAND, "run", SCENARIO, "--members", "200", "--no-what-ifs", "--out", scratch / "two-hundred")


def what_if_time(scratch: Path) -> float:
    """The same with all what-ifs."""
    return seconds(COMMAND, "run", SCENARIO, "--members", "200", "--out", scratch / "what-ifs")


def crowd_ratio(scratch: Path) -> float:
    """Processor time of a member with 100 times the people, as a multiple: both in turns, in one process."""
    folder = scratch / "crowd"
    shutil.copytree(scenario.folder(SCENARIO), folder)
    table = folder / "places.csv"
    with table.open(encoding="utf-8-sig", newline="") as stream:
        header, *rows = csv.reader(stream)
    column = header.index("population")
    for row in rows:
        row[column] = str(100 * int(row[column])) if row[column].isdigit() else row[column]
    with table.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    words = [sys.executable, "-c", RATIO, SCENARIO, str(folder)]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def thousand_memory(scratch: Path) -> float:
    """Largest memory of any command so far, the last being 1,000 members [GB]."""
    seconds(COMMAND, "run", SCENARIO, "--members", "1000", "--no-what-ifs", "--out", scratch / "thousand")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6


def report_size(scratch: Path) -> float:
    """The report of 200 members with all what-ifs [MB]."""
    if not (scratch / "what-ifs" / "report.html").exists():
        what_if_time(scratch)
    return (scratch / "what-ifs" / "report.html").stat().st_size / 1e6


BENCHMARKS: dict[str, tuple[Callable[[Path], float], str, float | None]] = {
    "import": (import_time, "s", 0.3),
    "help": (help_time, "s", 0.7),
    "cold": (cold_start, "s", 30.0),
    "warm": (warm_start, "s", 1.5),
    "ensemble": (ensemble_time, "s", 20.0),
    "what-ifs": (what_if_time, "s", None),
    "report": (report_size, "MB", 8.0),
    "crowd": (crowd_ratio, "times", 1.5),
    "memory": (thousand_memory, "GB", 1.0),
}


def main(names: list[str]) -> None:
    """Measure what was asked for, or everything."""
    with tempfile.TemporaryDirectory(prefix="maabar-bench-") as scratch:
        for name in names or BENCHMARKS:
            measure, unit, promise = BENCHMARKS[name]
            value = measure(Path(scratch))
            kept = "" if promise is None else f"promised {promise:g}: {'kept' if value <= promise else 'BROKEN'}"
            title = (measure.__doc__ or name).splitlines()[0]
            print(f"{name:<10}{value:8.2f} {unit:<6}{kept:<24}{title}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
