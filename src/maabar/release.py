"""The disclosure gate: the one way from a run to anything that leaves the team.

In: a run, its scenario and an audience. Out: a `View`, the only thing that products are made of, and `publish`, the
only way in which they are written. A View can be made by `view` alone; what an audience may not see is not in it. Every
file that is written carries the marking of its audience and is noted in `releases.jsonl` of the run folder before it is
there, one line a file: when, who, audience, product, file, sha256, run, scenario, command. Who is the pseudonym in the
environment variable MAABAR_WHO, or else the name of the account on this machine; it stands in that log and nowhere
else.

The terminal's reader is the analyst: what commands print, with or without --json, is internal and says so in JSON;
`why` answers for an audience too.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import getpass
import hashlib
import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maabar import (
    __version__,
    audience,
    coarsen,
    differences,
    errors,
    observe,
    planner,
    quantities,
    redact,
    storage,
    texts,
)
from maabar import world as worlds

if TYPE_CHECKING:
    import xarray as xr

    from maabar import account, scenario, skillcard

LOG = "releases.jsonl"
WHO = "MAABAR_WHO"
ON_WAYS = ("mines", "crossing", "route", "corridor")  # kinds of events whose effect is a result on ways out
# Outcome of a what-if -> the quantity whose rule it follows; the others are internal.
OUTCOMES = {
    "displaced": "displaced_total", "inside_end": "inside", "trapped_days": "trapped", "turned_away": "turned_away",
    "peak_unsheltered": "unsheltered", "unsheltered_nights": "unsheltered", "arrivals_camps": "arrivals",
    "mean_price": "price", "paid": "paid",
}  # fmt: skip
_GATE = object()


@dataclasses.dataclass(frozen=True)
class Beside:
    """What stands beside a run: what it was learned from, what it forecasts, how well such forecasts did."""

    account: account.Account | None = None
    planner: planner.Planner | None = None
    skill: skillcard.Skill | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class View:
    """A run as an audience may see it.

    dataset   released quantities at released places; every number of a product comes from here
    facts     the scenario in released places; `hidden` reports are left out of it
    what_ifs  outcomes of the run and its variants, or None
    besieged  (t, p) whether a released home counts as inside
    about     seed, members, versions and digests of the run
    notes     what was left out and why: keys of the catalogue of texts, and what stands in their places
    capacity  (t, p) room at released places [person], infinite where none is known
    home      the run folder, where releases are noted
    """

    audience: audience.Audience
    dataset: xr.Dataset
    facts: scenario.Scenario
    about: dict[str, Any]
    what_ifs: xr.Dataset | None
    beside: Beside
    besieged: NDArray[np.bool_]
    capacity: NDArray[np.float64]
    hidden: int
    notes: tuple[tuple[str, dict[str, Any]], ...]
    home: Path
    key: object = dataclasses.field(repr=False)

    def __post_init__(self) -> None:
        """Refuse to exist outside of the gate."""
        if self.key is not _GATE:
            raise TypeError("a View is made by release.view alone")

    @property
    def least(self) -> int:
        """Counts of people below it are masked; 0: none."""
        return self.audience.least

    @property
    def is_internal(self) -> bool:
        """Whether all is shown."""
        return self.audience.name == audience.INTERNAL

    @property
    def is_open(self) -> bool:
        """Whether anybody may have it."""
        return self.audience.name == audience.PUBLIC

    @property
    def marking(self) -> str:
        """What stands on every page and in every file."""
        return self.audience.marking

    def noted(self, language: str = "en") -> list[str]:
        """What was left out and why, in sentences."""
        words = texts.of(language)
        return [
            words(
                key, **{name: words.day(value) if isinstance(value, dt.date) else value for name, value in said.items()}
            )
            for key, said in self.notes
        ]

    def holds(self, quantity_name: str) -> bool:
        """Whether a quantity is released at all."""
        row = quantities.quantity(quantity_name)
        variable = "corridors" if quantity_name.startswith("departures:") and not self.is_internal else row.variable
        return variable in self.dataset and self.audience.grain(row.name) != "none"

    def is_masked(self, number: float, unit: str) -> bool:
        """Whether a number of a unit stands for a count too small to be told."""
        return unit.startswith("person") and math.isfinite(number) and abs(number) < self.least

    def rounded(self, number: float, unit: str) -> float | None:
        """A number as this audience gets it; None where it is masked or unknown."""
        if not math.isfinite(number) or self.is_masked(number, unit):
            return None
        if self.audience.digits is None or number == 0:
            return number
        step = 10.0 ** (math.floor(math.log10(abs(number))) + 1 - self.audience.digits)
        step = max(step, float(self.least)) if unit.startswith("person") else step
        return round(round(number / step) * step, 12)

    def printed(self, number: float, unit: str) -> str:
        """A number for readers: 22,800; <10 where it is masked."""
        if self.is_masked(number, unit):
            return f"<{self.least}"
        found = self.rounded(number, unit)
        return observe.rounded(math.nan if found is None else found)

    def told(self, numbers: NDArray[np.float64], unit: str) -> NDArray[np.float64]:
        """Numbers as this audience gets them, as `rounded` does one by one; NaN where they are masked or unknown."""
        if self.audience.digits is None:
            return numbers
        size = np.abs(numbers)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = 10.0 ** (np.floor(np.log10(size)) + 1 - self.audience.digits)
        step = np.where(np.isfinite(step) & (step > 0), step, 1.0)
        step = np.maximum(step, self.least) if unit.startswith("person") else step
        found = np.round(np.round(numbers / step) * step, 12)
        return np.where(size < self.least, np.nan, found) if unit.startswith("person") else found

    def drawn(self, numbers: NDArray[np.float64], unit: str) -> NDArray[np.float64]:
        """Numbers for a chart; masked ones at the middle of the mask."""
        found = self.told(numbers, unit)
        return np.where(np.isnan(found) & np.isfinite(numbers), self.least / 2, found)

    def series(self, quantity_name: str, place: str) -> NDArray[np.float64]:
        """One released quantity at one place, day by day: (member, day)."""
        found: NDArray[np.float64] = quantities.series(self.dataset, quantity_name, place).values
        return found

    def cells(self) -> list[tuple[str, str]]:
        """Every (quantity, place) that this audience may have, in the order of the quantities.

        A sum over several places, zones or ways stands at `*`; homes that were put together have no number but
        `inside`.
        """
        places = [place.id for place in self.facts.places]
        if self.audience.grain("present") == "admin2":
            places = [place.id for place in self.facts.places if place.kind != "home"]
        routes = self.dataset["route"].values.tolist() if "route" in self.dataset.dims else []
        ids = {"place": places, "zone": [zone.id for zone in self.facts.zones], "route": routes}
        found = []
        for name, row in quantities.QUANTITIES.items():
            if not row.variable or not self.holds(name) or row.across == "share":
                continue
            axis = next((dim for dim in self.dataset[row.variable].dims if dim in ids), None)
            at = [] if axis is None else ids[str(axis)]
            found += [(name, str(place)) for place in at]
            if axis is None or (row.across == "sum" and name != "present" and len(at) > 1):
                found.append((name, "*"))
            parts = quantities.PARTS.get(name, ("", {}))[1]
            found += [(f"{name}:{part}", "*") for part in parts if self.holds(f"{name}:{part}")]
        return found


def view(
    dataset: xr.Dataset,
    facts: scenario.Scenario,
    about: dict[str, Any],
    reader: str | audience.Audience,
    *,
    home: Path,
    what_ifs: xr.Dataset | None = None,
    beside: Beside | None = None,
    today: dt.date | None = None,
) -> View:
    """A run as an audience may see it; the only maker of Views.

    about     the manifest of the run
    home      its folder
    what_ifs  `value` (variant, member, outcome) as `differences.whatifs` makes it
    today     results on ways out are released some days after; None: the day it is

    Raises errors.RunError for an unknown audience.
    """
    reader = audience.named(reader) if isinstance(reader, str) else reader
    day = today or dt.datetime.now(dt.UTC).date()
    there = coarsen.grouping(facts, reader)
    told = redact.redactor(facts, there, reader)
    known = beside or Beside()
    forcing = worlds.compile(facts, str(dataset.attrs.get("variant", "")) or None).forcing
    made: dict[str, Any] = {
        "audience": reader, "about": _record(about, told), "home": home, "key": _GATE,
        "what_ifs": _outcomes(what_ifs, facts, reader, day), "notes": _notes(facts, there, reader, day),
    }  # fmt: skip
    if reader.name == audience.INTERNAL:
        # Single links are many and are read where they are looked at.
        read = dataset.drop_vars("departures", errors="ignore").load()
        if "departures" in dataset:
            read = read.assign_coords(dataset.coords).assign(departures=dataset["departures"])
        return View(
            dataset=read[list(dataset.data_vars)],
            facts=facts,
            hidden=0,
            beside=known,
            besieged=forcing.besieged,
            capacity=forcing.capacity,
            **made,
        )
    released = coarsen.dataset(dataset, there, reader, day)
    readable, hidden = redact.facts(facts, told)
    at = [_position(facts, one) for one in there.groups]
    besieged = np.stack([np.ones(facts.days, bool) if p is None else forcing.besieged[:, p] for p in at], axis=1)
    free = np.array([one.place.kind != "home" or not one.place.zone for one in there.groups])
    capacity = np.stack([np.full(facts.days, np.inf) if p is None else forcing.capacity[:, p] for p in at], axis=1)
    return View(
        dataset=released, facts=readable, hidden=hidden, besieged=besieged & ~free, capacity=capacity,
        beside=_beside(known, released, readable, told, made["about"], capacity), **made,
    )  # fmt: skip


def _position(facts: scenario.Scenario, group: coarsen.Group) -> int | None:
    """Position of the one place of the scenario that a released place is; None for several."""
    return next((at for at, one in enumerate(facts.places) if one.id == group.place.id), None)


def _record(about: dict[str, Any], told: redact.Redactor) -> dict[str, Any]:
    """What a manifest says, without paths, commands, machines and names that the audience does not see."""
    kept = ("variant", "mode", "seed", "members", "version", "started", "finished", "conserved", "results", "forecast")
    found = {name: about[name] for name in kept if about.get(name) is not None}
    said = about.get("scenario")
    found["scenario"] = {key: said[key] for key in ("name", "digest") if key in said} if isinstance(said, dict) else {}
    versions = about.get("versions")
    found["versions"] = {k: v for k, v in versions.items() if k != "machine"} if isinstance(versions, dict) else {}
    if found.get("forecast"):
        notes = [told.without_names(note) for note in found["forecast"].get("notes", ())]
        found["forecast"] = found["forecast"] | {"notes": notes}
    return found


def _notes(
    facts: scenario.Scenario, there: coarsen.Grouping, reader: audience.Audience, today: dt.date
) -> tuple[tuple[str, dict[str, Any]], ...]:
    """What the audience should know of what was left out."""
    found: list[tuple[str, dict[str, Any]]] = []
    last = today - dt.timedelta(days=reader.delay_days)
    if reader.delay_days and last < facts.end:
        days = reader.delay_days
        late = {"days": days, "date": last} if last >= facts.start else {"days": days}
        found.append(("gate.late" if last >= facts.start else "gate.later", late))
    if reader.name != audience.INTERNAL and any(one.place.id == coarsen.ELSEWHERE for one in there.groups):
        found.append(("gate.elsewhere", {}))
    return tuple(found)


def _outcomes(
    table: xr.Dataset | None, facts: scenario.Scenario, reader: audience.Audience, today: dt.date
) -> xr.Dataset | None:
    """The what-ifs that an audience sees: differences in steps, those on ways out late."""
    if table is None or reader.name == audience.INTERNAL or differences.BASELINE not in table["variant"].values:
        return table
    late = facts.end + dt.timedelta(days=reader.delay_days) > today
    ways = {one.name for one in facts.variants if any(event.kind in ON_WAYS for event in one.events)}
    names = [str(name) for name in table["variant"].values if not (late and name in ways)]
    rules = {
        name: OUTCOMES.get(name, "killed" if name.startswith("killed") else "paid") for name in differences.BY_NAME
    }
    kept = [str(name) for name in table["outcome"].values if reader.grain(rules[name]) != "none"]
    chosen = table.sel(variant=names, outcome=kept)
    people = np.array([differences.BY_NAME[name].unit.startswith("person") for name in kept])
    values, base = chosen["value"], chosen["value"].sel(variant=differences.BASELINE, drop=True)
    change = np.round((values - base) / reader.least) * reader.least
    stepped = base.copy(data=coarsen.stepped(base.values, reader.least)) + change
    return chosen.assign(value=stepped.transpose(*values.dims).where(people[None, None, :], values))


def _beside(
    known: Beside, released: xr.Dataset, facts: scenario.Scenario, told: redact.Redactor, about: dict[str, Any],
    capacity: NDArray[np.float64],
) -> Beside:  # fmt: skip
    """What stands beside a run, as an audience sees it."""
    learned, skill = known.account, known.skill
    if learned is not None:
        learned = _learned(learned, facts, told)
    if skill is not None:
        rows = tuple(one for one in skill.rows if told.reader.grain(one.quantity) not in ("none", "corridor"))
        skill = dataclasses.replace(skill, rows=rows)
    forecast = about.get("forecast")
    ahead = planner.of(released, facts, forecast, capacity) if forecast is not None and known.planner else None
    return Beside(learned, ahead, skill)


def _learned(found: account.Account, facts: scenario.Scenario, told: redact.Redactor) -> account.Account:
    """What was learned, without reports, sources and parameters that the audience does not see."""
    sources = {word for one in facts.sources for word in (one.id, one.kind)} | {one.group for one in facts.reports}

    def is_open(one: account.Learned) -> bool:
        grain = told.reader.grain(one.measure) if one.measure else "total"
        return one.source in sources and grain not in ("none", "corridor")

    return dataclasses.replace(
        found,
        warnings=tuple(map(told.without_names, found.warnings)),
        parameters=tuple(one for one in found.parameters if not coarsen.is_private(one.name)),
        biases=tuple(filter(is_open, found.biases)),
        registers=tuple(filter(is_open, found.registers)),
        pulls=tuple(one for one in found.pulls if told.shown(one.quantity, one.place) is not None),
        fits=(), worthless=(), conflicts=(), left_out=(),
    )  # fmt: skip


def publish(made: View, path: Path, content: bytes, product: str, command: str = "") -> Path:
    """Write a product of a View, noted in the release log first; returns its path.

    product  report, csv, xlsx and so on
    command  what was typed, for the log

    Raises errors.RunError if the log or the file cannot be written; a file that is not in the log is never written.
    """
    if not isinstance(made, View):
        raise TypeError("products are made of a View")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _note(made, path, content, product, command)
        storage.write(path, content)
    except OSError as fault:
        raise errors.RunError(storage.explained(fault, path.parent)) from fault
    return path


def _note(made: View, path: Path, content: bytes, product: str, command: str) -> None:
    """Add one line to the release log. One write at the end of the file, so that several at once do not mix."""
    said = made.about.get("scenario", {})
    entry = {
        "when": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "who": _who(),
        "audience": made.audience.name,
        "product": product,
        "file": str(path),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "run": (made.about.get("results") or {}).get("sha256", ""),
        "scenario": said.get("name", ""),
        "digest": said.get("digest", ""),
        "version": __version__,
        "command": command,
    }
    log = made.home / LOG
    line = (json.dumps(entry, ensure_ascii=False) + "\n").encode()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with storage.appending(log) as file:
            file.write(line)
    except OSError as fault:
        raise errors.RunError(
            f"{storage.explained(fault, made.home)}: the release log {LOG} cannot be written there, and nothing is "
            "released without it; copy the run folder to where you may write"
        ) from fault


def _who() -> str:
    """The pseudonym of who releases, or the name of the account."""
    with contextlib.suppress(OSError, KeyError, ImportError):
        return os.environ.get(WHO) or getpass.getuser()
    return "unknown"


def releases(folder: Path) -> list[dict[str, Any]]:
    """The release log of a run folder, oldest first; a damaged line is told as such."""
    try:
        lines = (folder / LOG).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as fault:
        raise errors.RunError(f"{folder / LOG}: cannot be read ({fault}); put back a copy") from fault
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(dict(json.loads(line)))
        except ValueError:
            found.append({"damaged": f"{LOG}:{number}"})
    return found
