"""Scenarios: a folder in, one frozen `Scenario` out, or one error that names every fault of every file.

`load` reads the files in a fixed order, checks each row by itself and then all against each other. Nothing is read
twice and nothing is guessed. The dataclasses live in `facts` and are known here by the same names.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from pathlib import Path

from maabar import checks, errors, events, evidence, facts, files, header, network

Place = facts.Place
Route = facts.Route
Event = facts.Event
Zone = facts.Zone
Cohort = facts.Cohort
Variant = facts.Variant
Line = facts.Line
Inflow = facts.Inflow
Scenario = facts.Scenario
matching = facts.matching

REQUIRED = ("scenario.toml", "places.csv", "routes.csv")
OPTIONAL = ("events.csv", "inflow.csv", "sources.csv", "evidence.csv", "lines.csv")
SHIPPED = Path(__file__).with_name("scenarios")
LONGEST_NAME = 255  # letters of a path shown in a message
TEMPLATE = Path(__file__).with_name("template")


def shipped() -> list[str]:
    """The names of the scenarios inside the package."""
    return sorted(path.parent.name for path in SHIPPED.glob("*/scenario.toml"))


def folder(path_or_name: str | os.PathLike[str]) -> Path:
    """The folder of a scenario: a path, the path of its scenario.toml, or the name of a shipped one.

    A folder of the user goes before a shipped name if it holds a scenario.toml. Raises errors.InputError.
    """
    given = os.fspath(path_or_name)
    path = Path(given)
    mode = _mode(given)
    if path.name == "scenario.toml" and stat.S_ISREG(mode):
        return Path(os.path.abspath(path.parent))
    if stat.S_ISDIR(mode) and (given not in shipped() or files.exists(path / "scenario.toml")):
        return Path(os.path.abspath(path))
    if given in shipped():
        return SHIPPED / given
    found = "a file" if stat.S_ISREG(mode) else "no such folder"
    expected = "the folder of a scenario" + (f" or one of {errors.listed(shipped())}" if shipped() else "")
    cure = errors.suggestion(given, shipped(), "check the path, or make a new one with maabar new")
    raise errors.InputError([errors.Fault(given[:LONGEST_NAME] or "''", None, None, found, expected, cure)])


def _mode(given: str) -> int:
    """The mode of what a path leads to; 0 if it leads nowhere (absent, a loop of links, no path at all)."""
    try:
        return os.stat(given).st_mode
    except (OSError, ValueError):
        return 0


def load(path_or_name: str | os.PathLike[str]) -> Scenario:
    """The scenario of a folder or of a shipped name.

    Raises errors.InputError with all faults of all files, in the order of files and lines.
    """
    root = folder(path_or_name)
    faults: list[errors.Fault] = []
    present = _present(root, faults)
    head = header.read(root / "scenario.toml", faults)
    net = network.read(root, faults)
    located = events.read(root / "events.csv", faults) if "events.csv" in present else []
    inflow = network.read_inflow(root / "inflow.csv", faults) if "inflow.csv" in present else []
    rivers = network.read_lines(root / "lines.csv", faults) if "lines.csv" in present else ()
    checks.all_of(head, net, located, inflow, faults, root.name)
    _check_inflow_file(head, "inflow.csv" in present, faults, root.name)
    sources, reports = _evidence(root, present, head, net, faults)
    if faults or head is None or head.start is None or head.days is None:
        raise errors.InputError(_in_order(faults))
    return Scenario(
        path=root, name=root.name, title=head.title, title_ar=head.title_ar, summary=head.summary,
        summary_ar=head.summary_ar, start=head.start, days=head.days, currency=head.currency,
        departures=head.departures, besieger=head.besieger, zones=head.zones, cohorts=head.cohorts,
        places=net.places, routes=net.routes, events=tuple(one.event for one in located),
        inflow=tuple(given for given, _ in inflow), reports=reports, sources=sources, variants=head.variants,
        overrides=head.overrides, rivers=rivers, limits=head.limits, limits_ar=head.limits_ar, digest=digest(root),
    )  # fmt: skip


def _present(root: Path, faults: list[errors.Fault]) -> set[str]:
    """The files of the scenario that are there; a fault for a file that looks like a misspelt one."""
    try:
        there = {entry.name for entry in os.scandir(root)}
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        cure = "give yourself the right to read it"
        faults.append(
            errors.Fault(root.name, None, None, f"a folder that cannot be listed ({reason})", "a folder", cure)
        )
        return set(OPTIONAL)
    names = REQUIRED + OPTIONAL
    strangers = [name for name in there - set(names) if name.casefold().endswith((".csv", ".toml"))]
    for name in names:
        close = errors.nearest(name, strangers, 0.85)
        if name not in there and close is not None:
            file = f"{root.name}/{close}"
            faults.append(errors.Fault(file, None, None, "an unknown file", f"'{name}'", f"rename it to {name}"))
    return there & set(names)


def _check_inflow_file(head: header.Header | None, is_there: bool, faults: list[errors.Fault], name: str) -> None:
    """Given departures need inflow.csv; simulated ones have no use for it."""
    if head is None or is_there == (head.departures == "given"):
        return
    file = f"{name}/inflow.csv"
    if is_there:
        cure = 'delete it, or write departures = "given" in scenario.toml'
        faults.append(errors.Fault(file, None, None, "a file", "none, as departures are simulated", cure))
    else:
        cure = 'add it, or write departures = "simulated" in scenario.toml'
        faults.append(errors.Fault(file, None, None, "no such file", "a table of departures, as they are given", cure))


def _evidence(
    root: Path, present: set[str], head: header.Header | None, net: network.Network, faults: list[errors.Fault]
) -> tuple[tuple[evidence.Source, ...], tuple[evidence.Report, ...]]:
    """Sources and reports; a table of reports needs a table of sources."""
    before = len(faults)
    sources: tuple[evidence.Source, ...] = ()
    if "sources.csv" in present or "evidence.csv" in present:
        sources = evidence.read_sources(root / "sources.csv", faults)
    unread = not sources and len(faults) > before
    if "evidence.csv" not in present:
        return sources, ()
    reports = evidence.read_reports(root / "evidence.csv", faults, head.currency if head else "")
    checks.reports(reports, None if unread else sources, head, net, faults, f"{root.name}/evidence.csv")
    return sources, reports


def _in_order(faults: list[errors.Fault]) -> list[errors.Fault]:
    """Faults by file, in the order of reading, and line."""
    order = {name: number for number, name in enumerate(REQUIRED + OPTIONAL)}
    return sorted(faults, key=lambda fault: (order.get(fault.file.rpartition("/")[2], -1), fault.line or 0))


def digest(root: Path) -> str:
    """sha256 over the names and contents of the files that make up a scenario."""
    summed = hashlib.sha256()
    for name in sorted(REQUIRED + OPTIONAL):
        path = root / name
        if path.is_file():
            content = path.read_bytes()
            summed.update(f"{name} {len(content)}\n".encode())
            summed.update(content)
    return summed.hexdigest()


def template(destination: str | os.PathLike[str]) -> list[Path]:
    """Write a small commented scenario to start from; the files written.

    Raises errors.RunError if the folder holds anything or cannot be written.
    """
    target = Path(destination)
    try:
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise errors.RunError(
                f"{target}: found a folder that is not empty, expected a new one; choose another name"
            )
        written = []
        for source in sorted(TEMPLATE.iterdir()):
            if source.is_file():
                shutil.copyfile(source, target / source.name)
                written.append(target / source.name)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        found = f"{errors.printable(str(target))}: found a folder that cannot be written ({reason})"
        raise errors.RunError(f"{found}, expected one that can; choose another place") from error
    return written
