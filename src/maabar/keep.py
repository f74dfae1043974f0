"""A posterior in a folder: kept, and read again by `run` and `forecast`.

In: a `posterior.Posterior`. Out: posterior.nc, the members' numbers and what was learned of each, in the order of the
names it carries. Reports and their errors are not kept: they are read again from the scenario, which must be as it was
(by its digest), so that there is one statement of what a report says.
"""

from __future__ import annotations

import datetime as dt
import json
import pathlib
from typing import TYPE_CHECKING, Any

import numpy as np

from maabar import __version__, calibrate, errors, facts, likelihood, posterior, storage, world

if TYPE_CHECKING:
    import xarray

FORMAT = 1
FILE = "posterior.nc"
AGAIN = "calibrate again: maabar calibrate"
_BY_UNKNOWN = ("spread_ratio", "collapsed")
_BY_REPORT = ("worth", "prior_data_conflict")


def write(folder: pathlib.Path, learned: posterior.Posterior) -> pathlib.Path:
    """Keep a posterior in a folder, in one step; returns the file. Raises errors.RunError if that is refused."""
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        storage.write(path, bytes(_dataset(learned).to_netcdf(engine="h5netcdf")))
    except OSError as fault:
        raise errors.RunError(storage.explained(fault, folder)) from fault
    return path


def _dataset(learned: posterior.Posterior) -> xarray.Dataset:
    """The posterior as labelled arrays."""
    import xarray

    found, scenario = learned.learned, learned.scenario
    names = np.array(learned.space.names, dtype=object)
    variables: dict[str, Any] = {
        "z": (("member", "unknown"), found.z, {"long_name": "unknown numbers on the scale of a standard normal prior"}),
        "predicted": (("member", "report"), found.predicted, {"long_name": "what reports would have said"}),
        "before": (("member", "report"), found.before, {"long_name": "the same of the prior"}),
    }
    variables |= {name: ("unknown", getattr(found, name)) for name in _BY_UNKNOWN}
    variables |= {name: ("report", getattr(found, name)) for name in _BY_REPORT}
    coords = {"unknown": names, "report": np.array([row.report for row in learned.told.rows], dtype=object)}
    attrs = {
        "scenario": scenario.name,
        "digest": scenario.digest,
        "until": learned.until.isoformat() if learned.until else "",
        "seed": learned.seed,
        "ok": int(found.ok),
        "warnings": json.dumps(found.warnings),
        "steps": json.dumps([vars(step) for step in found.steps]),
        "maabar_version": __version__,
        "maabar_format": FORMAT,
    }
    return xarray.Dataset(variables, coords, attrs)


def read(folder: pathlib.Path, scenario: facts.Scenario) -> posterior.Posterior:
    """The posterior that was kept in a folder, of this scenario.

    Raises errors.RunError if it is missing, damaged, from a newer version, or of another scenario.
    """
    import xarray

    path = folder / FILE if folder.is_dir() or not folder.suffix else folder
    if not path.is_file():
        raise errors.RunError(f"{path}: no such posterior; give the folder that 'maabar calibrate' has made")
    try:
        with xarray.open_dataset(path, engine="h5netcdf") as stored:
            found = stored.load()
        version = int(found.attrs["maabar_format"])
    except (OSError, KeyError, ValueError) as fault:
        raise errors.RunError(f"{path}: damaged, or no posterior ({fault}); {AGAIN} {scenario.name}") from fault
    if version > FORMAT:
        raise errors.RunError(f"{path}: written by a newer maabar; install that version to read it")
    if found.attrs["digest"] != scenario.digest:
        raise errors.RunError(
            f"{path}: learned from {found.attrs['scenario']} as it was, and {scenario.path} is another scenario or has "
            f"changed since; {AGAIN} {scenario.name}"
        )
    return _posterior(path, found, scenario)


def _posterior(path: pathlib.Path, found: xarray.Dataset, scenario: facts.Scenario) -> posterior.Posterior:
    """The posterior of a dataset, with the reports read again."""
    until = dt.date.fromisoformat(found.attrs["until"]) if found.attrs["until"] else None
    told = likelihood.of(scenario, until=until)
    of = posterior.space(world.compile(posterior.learned_days(scenario, told)), told)
    same = [row.report for row in told.rows] == found["report"].values.tolist()
    if not same or list(of.names) != found["unknown"].values.tolist():
        raise errors.RunError(
            f"{path}: made by maabar {found.attrs['maabar_version']}, which read reports or parameters in another way; "
            f"{AGAIN} {scenario.name}"
        )
    steps = tuple(
        calibrate.Step(**(step | {"readings": tuple(step["readings"])})) for step in json.loads(found.attrs["steps"])
    )
    learned = calibrate.Posterior(
        z=found["z"].values, predicted=found["predicted"].values, before=found["before"].values, steps=steps,
        weights=None, effective=None,
        ok=bool(found.attrs["ok"]), warnings=tuple(json.loads(found.attrs["warnings"])),
        **{name: found[name].values for name in (*_BY_UNKNOWN, *_BY_REPORT)},
    )  # fmt: skip
    return posterior.Posterior(scenario, of, told, learned, until, int(found.attrs["seed"]))
