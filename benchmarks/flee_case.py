"""One run of Flee 3.1 on one of its instances: `python benchmarks/flee_case.py CASE --out FILE.json`.

In: a folder with `input_csv/` and `source_data/`, a seed, and whether the listed capacities of camps count. Out: a JSON
file with what the run cost, the people in each camp at the end of each day, the counts as Flee reads them, and the two
errors. The order of a day is that of Flee's own driver, with every person an agent, and Flee's default settings unless
`--settings` names a file. Nothing of maabar is imported: this file runs in any Python that has `flee==3.1`. Corrections
that would stop Flee are left out and named.
"""

import argparse
import contextlib
import csv
import json
import os
import random
import resource
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

import numpy as np

try:
    from flee import InputGeography, flee, spawning
    from flee.datamanager import handle_refugee_data, read_period
except ModuleNotFoundError as missing:
    sys.exit(f"this needs Flee, and {sys.executable} lacks '{missing.name}': pip install 'maabar[bench]'")

CAPACITY = 7  # column of locations.csv: population of a place, capacity of a camp


def peak_mb():
    """Largest resident memory of this process [MB]; maxrss would include the process that started it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


@contextlib.contextmanager
def silence():
    """Whatever Flee prints goes nowhere."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        yield


def locations(table, scratch, capacities):
    """The table of locations as asked for: itself, or a copy in which no camp has a capacity."""
    if capacities == "listed":
        return table
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    for row in rows:
        if len(row) > CAPACITY and not row[0].startswith("#") and "camp" in row[5].lower():
            row[CAPACITY] = "0"
    copy = scratch / "locations.csv"
    with copy.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return copy


def corrected(counts, table):
    """Apply the corrections of the registration counts; the rows on which Flee would stop are returned instead."""
    left_out = []
    with table.open(encoding="utf-8") as stream:
        rows = [row for row in csv.reader(stream) if len(row) > 1]
    for name, date, *_ in rows:
        try:
            counts.correctLevel1Registrations(name=name, date=date)
        except (SystemExit, UnboundLocalError):  # a camp without counts, a date without a count
            left_out.append([name, date])
    return left_out


def read_settings(settings, scratch, conflicts):
    """Flee's settings from a file, or its defaults, with the file of conflicts."""
    chosen = settings.read_text(encoding="utf-8") if settings else ""
    file = scratch / "simsetting.yml"
    file.write_text(f"{chosen}\nconflict_input_file: {json.dumps(str(conflicts))}\n", encoding="utf-8")
    flee.SimulationSettings.ReadFromYML(str(file))


def read(case, scratch, capacities, settings):
    """Flee's ecosystem, its places by name, the geography, the counts, the days, and the corrections left out."""
    inputs = case / "input_csv"
    read_settings(settings, scratch, inputs / "conflicts.csv")
    start, days = read_period.read_conflict_period(str(inputs / "sim_period.csv"))
    geography = InputGeography.InputGeography()
    geography.ReadConflictInputCSV(flee.SimulationSettings.ConflictInputFile)
    geography.ReadLocationsFromCSV(str(locations(inputs / "locations.csv", scratch, capacities)))
    geography.ReadLinksFromCSV(str(inputs / "routes.csv"))
    geography.ReadClosuresFromCSV(str(inputs / "closures.csv"))
    ecosystem, places = geography.StoreInputGeographyInEcosystem(flee.Ecosystem())
    counts = handle_refugee_data.RefugeeTable(
        csvformat="generic",
        data_directory=str(case / "source_data"),
        start_date=start,
        data_layout="data_layout.csv",
        population_scaledown_factor=flee.SimulationSettings.optimisations["PopulationScaleDownFactor"],
    )
    left_out = corrected(counts, inputs / "registration_corrections.csv")
    return ecosystem, places, geography, counts, days, left_out


def simulate(case, scratch, capacities, settings=None, days=None):
    """Every day of the run, the people in each camp and the counts by day, and how many agents there were."""
    ecosystem, places, geography, counts, length, left_out = read(case, scratch, capacities, settings)
    camps = [name for name in counts.header[1:] if name in places]
    for name in ecosystem.get_camp_names():
        if name in camps:
            spawning.add_initial_refugees(ecosystem, counts, places[name])
    present, observed, agent_days = {name: [] for name in camps}, {name: [] for name in camps}, 0
    for day in range(days or length):
        geography.AddNewConflictZones(ecosystem, day)
        spawning.spawn_daily_displaced(ecosystem, day, counts)
        spawning.refresh_spawn_weights(ecosystem)
        ecosystem.enact_border_closures(day)
        ecosystem.evolve()
        agent_days += ecosystem.numAgents()
        for name in camps:
            present[name].append(int(places[name].numAgents))
            observed[name].append(int(counts.get_field(name, day)))
    return {
        "agent_days": agent_days,
        "agents": ecosystem.numAgents(),
        "corrections_left_out": left_out,
        "present": present,
        "observed": observed,
    }


def errors(present, observed):
    """ard and ard_rescaled: mean over days of Σ|s − d|/D and of Σ|s·D/S − d|/D.

    Days on which nobody was counted (D = 0) are left out; rescaled, a day with nobody in the simulated camps counts 1.
    """
    simulated, counted = (
        np.array(list(table.values()), float).reshape(len(table), -1) for table in (present, observed)
    )
    total, reached = counted.sum(axis=0), simulated.sum(axis=0)
    scale = np.divide(total, reached, out=np.zeros_like(total), where=reached > 0)
    some = total > 0
    plain = np.abs(simulated - counted).sum(axis=0)[some] / total[some]
    rescaled = np.abs(simulated * scale - counted).sum(axis=0)[some] / total[some]
    return {"ard": float(plain.mean()), "ard_rescaled": float(rescaled.mean())}


def main():
    """Run Flee once and write what it cost and what it found."""
    parser = argparse.ArgumentParser(description="one run of Flee on one of its instances")
    parser.add_argument("case", type=Path, help="a folder with input_csv/ and source_data/")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--capacities", choices=("listed", "none"), default="listed")
    parser.add_argument("--settings", type=Path, help="a simsetting.yml; without it Flee's defaults")
    parser.add_argument("--days", type=int, help="stop after so many days")
    parser.add_argument("--out", type=Path, required=True)
    wanted = parser.parse_args()
    random.seed(wanted.seed)
    np.random.seed(wanted.seed)  # noqa: NPY002 (Flee draws from the global generators)
    processor, wall = time.process_time(), time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="flee-case-") as scratch, silence():
        found = simulate(wanted.case, Path(scratch), wanted.capacities, wanted.settings, wanted.days)
    cost = {
        "cpu_seconds": time.process_time() - processor,
        "wall_seconds": time.perf_counter() - wall,
        "peak_mb": peak_mb(),
    }
    asked = {"case": wanted.case.resolve().name, "seed": wanted.seed, "capacities": wanted.capacities}
    asked["settings"] = wanted.settings.stem if wanted.settings else "default"
    versions = {"flee": metadata.version("flee"), "numpy": np.__version__, "python": sys.version.split()[0]}
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    partial = wanted.out.with_suffix(".partial")
    partial.write_text(json.dumps(asked | versions | cost | errors(found["present"], found["observed"]) | found))
    partial.replace(wanted.out)


if __name__ == "__main__":
    main()
