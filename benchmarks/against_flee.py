"""Flee and maabar on the same input, side by side: `python benchmarks/against_flee.py`.

In: Flee instances (`--cases`, a folder of folders). Flee runs each with all its agents, maabar its ensemble, with the
listed capacities of camps and with none, for several seeds. Out: results in `--results`, and docs/benchmarks.md.
minutes a run, so its results are kept, and what was broken off goes on where it was; maabar is measured anew each time.
(This file is not called flee.py because flee_case.py, its neighbour, imports the package of that name.)
"""

import argparse
import csv
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import page
import run

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CAPACITIES = ("listed", "none")
LIBRARIES = {
    "flee": "from flee import flee, spawning",
    "maabar": "import h5netcdf, jinja2, numba, plotly.graph_objects, typer, xarray",
}


class Told(NamedTuple):
    """What a command printed and cost: processor and wall-clock time [s], largest memory [MB]."""

    text: str
    cpu_seconds: float
    wall_seconds: float
    peak_mb: float


def ask(*words):
    """Run a command that must succeed; its errors go to the terminal."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        child = subprocess.Popen([str(word) for word in words], stdout=out, stderr=err)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begun
        out.seek(0)
        err.seek(0)
        if child.returncode:
            sys.exit(f"{' '.join(map(str, words))} ended with {child.returncode}\n{err.read()}")
        peak = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
        return Told(out.read(), used.ru_utime + used.ru_stime, wall, peak)


def machine():
    """What the times depend on."""
    with open("/proc/cpuinfo", encoding="utf-8") as stream:
        models = [line.partition(":")[2].strip() for line in stream if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": models[0] if models else platform.machine(),
        "processors": os.cpu_count(),
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
    }


def check_machine(results):
    """Results of two machines never meet in one folder."""
    file, here = results / "machine.json", machine()
    if file.exists() and (there := json.loads(file.read_text())) != here:
        sys.exit(f"{results}: measured on another machine ({there}); choose another folder with --results")
    results.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(here))
    return here


def check_flee(python):
    """End here unless this Python can import Flee."""
    if subprocess.run([python, "-c", LIBRARIES["flee"]], capture_output=True).returncode:
        sys.exit(f"{python} cannot import Flee; install it with: pip install 'maabar[bench]', or name a --flee-python")


def instances(folder):
    """The Flee instances in a folder, by name."""
    found = sorted(path.parent for path in folder.glob("*/input_csv"))
    if not found:
        sys.exit(f"{folder}: found no folder with input_csv/; name a folder of Flee instances with --cases")
    return found


def of_flee(wanted, case, capacities):
    """Flee's runs of one case, those that are not there yet being made; [] if none may be made."""
    found = []
    kind = f"-{wanted.settings.stem}" if wanted.settings else ""
    for seed in range(1, wanted.seeds + 1):
        file = wanted.results / f"{case.name}-{capacities}-{seed}{kind}.json"
        if not file.exists() and not wanted.no_flee:
            print(f"Flee: {file.stem}", flush=True)
            words = [HERE / "flee_case.py", case, "--seed", seed, "--capacities", capacities, "--out", file]
            ask(wanted.flee_python, *words, *(["--settings", wanted.settings] if wanted.settings else []))
        if file.exists():
            every = json.loads(file.read_text())
            found.append({key: value for key, value in every.items() if key not in ("present", "observed")})
    return found


def imported(case, capacities, scratch):
    """The instance as a scenario of maabar."""
    folder = scratch / f"{case.name}-{capacities}"
    if not folder.exists():
        ask(run.COMMAND, "import", "flee", case, folder, "--capacities", capacities, "--json")
    return folder


def of_maabar(wanted, case, capacities, scratch):
    """One compiled member, one member from the command line, and for each seed an ensemble and its scores."""
    print(f"maabar: {case.name}-{capacities}", flush=True)
    folder = imported(case, capacities, scratch)
    small = ask(run.COMMAND, "run", folder, "--members", 1, "--no-what-ifs", "--out", scratch / f"{folder.name}-one")
    member = ask(sys.executable, "-c", run.SIMULATE, folder)
    found = {"cpu_seconds": float(member.text), "peak_mb": small.peak_mb, "member_peak_mb": member.peak_mb, "runs": []}
    for seed in range(1, wanted.seeds + 1):
        out = scratch / f"{folder.name}-{seed}"
        told = ask(run.COMMAND, "run", folder, "--seed", seed, "--no-what-ifs", "--out", out, "--json")
        score = json.loads(ask(run.COMMAND, "score", out, "--json").text)
        cost = {"cpu_seconds": told.cpu_seconds, "wall_seconds": told.wall_seconds, "peak_mb": told.peak_mb}
        found["runs"].append(score | cost | {"members": json.loads(told.text)["members"]})
    return found


def noted():
    """Errors of Flee in the notes of the cases: {(case, capacities): {release: ard_rescaled}}."""
    found = {}
    with (HERE / "flee_case_notes.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found.setdefault((row["case"], row["capacities"]), {})[row["release"]] = float(row["ard_rescaled"])
    return found


def measure(wanted):
    """Everything on the page: the machine, the versions, the cases, the scaling."""
    check_flee(wanted.flee_python)
    here, known, rows = check_machine(wanted.results), noted(), []
    pythons = {"flee": wanted.flee_python, "maabar": sys.executable}
    libraries = {name: ask(pythons[name], "-c", code).peak_mb for name, code in LIBRARIES.items()}
    with tempfile.TemporaryDirectory(prefix="maabar-bench-") as name:
        scratch = Path(name)
        cases = instances(wanted.cases)
        for case in cases:
            for capacities in CAPACITIES:
                row = {"case": case.name, "capacities": capacities, "noted": known.get((case.name, capacities), {})}
                row["flee"] = of_flee(wanted, case, capacities)
                rows.append(row | {"maabar": of_maabar(wanted, case, capacities, scratch)})
        print("scaling", flush=True)
        words = [HERE / "scaling.py", "--scenario", imported(cases[0], "listed", scratch), "--out", scratch / "s.json"]
        ask(sys.executable, *words)
        scaling = json.loads((scratch / "s.json").read_text())
    versions = {name: metadata.version(name) for name in ("maabar", "numpy", "numba")}
    about = {"date": str(datetime.date.today()), "python": platform.python_version(), "libraries_mb": libraries}
    return {"machine": here, "versions": versions, "rows": rows, "scaling": scaling} | about


def arguments():
    """What was asked for."""
    parser = argparse.ArgumentParser(description="Flee and maabar on the same input")
    parser.add_argument("--cases", type=Path, default=ROOT.parent / "shared" / "cases", help="Flee instances")
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "bench", help="where results are kept")
    parser.add_argument("--flee-python", default=sys.executable, help="a Python that has Flee")
    parser.add_argument("--settings", type=Path, help="a simsetting.yml for Flee; without it Flee's defaults")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--no-flee", action="store_true", help="use only the results of Flee that are there")
    parser.add_argument("--page", action="store_true", help="measure nothing: write the page from the last measurement")
    return parser.parse_args()


def main():
    """Measure and write the page."""
    wanted = arguments()
    saved = wanted.results / "measured.json"
    if not wanted.page:
        found = measure(wanted)
        saved.write_text(json.dumps(found))
    target = ROOT / "docs" / "benchmarks.md"
    target.write_text(page.render(json.loads(saved.read_text())), encoding="utf-8")
    print(f"wrote {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
