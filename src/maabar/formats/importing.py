"""An export of ACLED, UCDP, UNHCR, DTM or IDMC becomes rows for a scenario.

In: the file, the scenario whose places are meant, and where to write. Out: a folder with events.csv, evidence.csv and
sources.csv ready to be appended, import-notes.csv with what was left out or read differently, and import-rows.csv
with what became of each row; and `Notes` of the same. The scenario itself is changed only if that is asked for
(`append`), and only if it has no fault afterwards. Everything written has been checked together with the scenario.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from maabar import errors, facts, files, scenario
from maabar.formats import (
    acled,
    appending,
    dtm,
    idmc,
    importtables,
    ledger,
    placing,
    quirks,
    sheets,
    ucdp,
    unhcr,
    writing,
)

WITHIN = 10.0  # km: a town and its outskirts; points that two bodies draw of one town differ by a few kilometres
FARTHEST = 500.0
HOMES = ("zone", "single")
MOST_FAULTS = 1000
READERS: dict[str, Callable[[sheets.Table, ledger.Ask, str], ledger.Made]] = {
    "acled": acled.read,
    "ucdp": ucdp.read,
    "unhcr": unhcr.read,
    "dtm": dtm.read,
    "idmc": idmc.read,
}
EVENT_HEAD = ("from", "until", "kind", "target", "value", "source", "note")
REPORT_HEAD = ("id", "reported_on", "from", "until", "place", "quantity", "form", "low", "best", "high", "unit",
               "source", "credibility", "group", "note")  # fmt: skip
SOURCE_HEAD = ("id", "name", "kind", "reliability", "interest", "url")


@dataclass(frozen=True)
class Wishes:
    """The options of an import (docs/imports.md).

    within       distance within which a point stands for a place [km]
    first, last  days to import, both included; None: those of the scenario
    """

    within: float = WITHIN
    first: dt.date | None = None
    last: dt.date | None = None
    homes: str = "zone"
    country: str = ""
    place: str = ""
    date: dt.date | None = None
    reported_on: dt.date | None = None
    append: bool = False


@dataclass(frozen=True)
class Notes:
    """What became of an export.

    title   the layout that was recognised
    folder  that was written
    rows    of the export; `used` became part of an event or a report, the rest was left out
    terms   what its publisher asks of those who use it
    """

    notes: tuple[quirks.Note, ...]
    source: str
    title: str
    folder: str
    scenario: str
    rows: int
    used: int
    events: int
    reports: int
    appended: bool
    terms: str


def convert(source: str, path: Path, out: Path, into: str | Path | None = None, wishes: Wishes | None = None) -> Notes:
    """Write what an export becomes; what became of it.

    source  acled, ucdp, unhcr, dtm or idmc
    out     a new folder; or, where `into` is left out, the scenario itself, which gets a folder imported-SOURCE
    into    the scenario whose places are meant

    Raises errors.InputError with all faults of the file or the scenario, errors.RunError for wishes that cannot be met
    or a folder that cannot be written.
    """
    wishes = wishes or Wishes()
    loaded = _scenario(out, into, wishes)
    target = writing.new_folder(out if into is not None else _beside(out, source))
    ask = _ask(loaded, wishes)
    table = sheets.read(path, source, ask.log)
    if table is None or ask.log.faults:
        raise errors.InputError(_capped(ask.log.faults))
    made = READERS[source](table, ask, table.variant.source_id)
    if ask.log.faults:
        raise errors.InputError(_capped(ask.log.faults))
    _overlaps(made, loaded, ask.log)
    added = {"sources.csv": _sources(table, made), "evidence.csv": made.reports, "events.csv": made.events}
    texts = appending.extended(loaded.path, added)
    _check(loaded.path, texts)
    notes = (*ask.log.notes(), *(entry.note() for entry in made.entries if not entry.became and entry.reason))
    tables = {
        "sources.csv": writing.table(added["sources.csv"], SOURCE_HEAD),
        "evidence.csv": writing.table(made.reports, REPORT_HEAD),
        "events.csv": writing.table(made.events, EVENT_HEAD),
        "import-notes.csv": writing.table([vars(note) for note in notes], ("file", "line", "found", "done")),
        "import-rows.csv": writing.table([entry.row() for entry in made.entries], ledger.ROW_COLUMNS),
    }
    writing.place(tables, target, lambda _: None)
    if wishes.append:
        appending.write(loaded.path, texts)
    return Notes(
        notes=notes, source=table.variant.source_id, title=table.variant.title, folder=str(target),
        scenario=loaded.name, rows=len(made.entries),
        used=sum(bool(entry.became) for entry in made.entries), events=len(made.events),
        reports=len(made.reports), appended=wishes.append, terms=importtables.sources()[table.variant.source_id].terms,
    )  # fmt: skip


def _scenario(out: Path, into: str | Path | None, wishes: Wishes) -> facts.Scenario:
    """The scenario whose places are meant. Raises errors.RunError and errors.InputError."""
    if into is None and not files.exists(out / "scenario.toml"):
        found = "no scenario there" if files.exists(out) else "no such folder"
        raise errors.RunError(
            f"{errors.printable(str(out))}: found {found}, expected a scenario, as its places are needed; "
            "name the scenario with --into, or write its folder in place of OUT"
        )
    if into is not None and wishes.append:
        raise errors.RunError(
            "--append: found --into beside it, expected one of them; write the scenario in place of OUT"
        )
    return scenario.load(out if into is None else into)


def _beside(root: Path, source: str) -> Path:
    """A new folder within the scenario: imported-acled, and a number where there is one already."""
    names = itertools.chain([f"imported-{source}"], (f"imported-{source}-{number}" for number in itertools.count(2)))
    return next(root / name for name in names if not files.exists(root / name))


def _ask(loaded: facts.Scenario, wishes: Wishes) -> ledger.Ask:
    """The wishes laid over the scenario. Raises errors.RunError for one that cannot be met."""
    if not (math.isfinite(wishes.within) and 0 < wishes.within <= FARTHEST):
        raise errors.RunError(
            f"--within: found {wishes.within:g}, expected a distance above 0 and up to {FARTHEST:g} km; "
            "10 is about a town and its outskirts"
        )
    if wishes.homes not in HOMES:
        raise errors.RunError(
            f"--homes: found {errors.quote(wishes.homes)}, expected zone or single; write one of them"
        )
    first, last = max(wishes.first or loaded.start, loaded.start), min(wishes.last or loaded.end, loaded.end)
    if first > last:
        raise errors.RunError(
            f"--from and --until: found {wishes.first or loaded.start} to {wishes.last or loaded.end}, expected days "
            f"within {loaded.start} to {loaded.end}, those of {loaded.name}; leave them out for all of its days"
        )
    place = next((place for place in loaded.places if place.id == wishes.place), None)
    if wishes.place and place is None:
        cure = errors.suggestion(wishes.place, [place.id for place in loaded.places], "write an id of its places.csv")
        raise errors.RunError(f"--place: found {errors.quote(wishes.place)}, expected a place of {loaded.name}; {cure}")
    return ledger.Ask(
        loaded, placing.Atlas(loaded.places, wishes.within), first, last, quirks.Log(), wishes.homes,
        wishes.country.strip(), place, wishes.date, wishes.reported_on,
    )  # fmt: skip


def _capped(faults: Iterable[errors.Fault]) -> list[errors.Fault]:
    """The faults, beyond a thousand counted."""
    every = list(faults)
    if len(every) <= MOST_FAULTS:
        return every
    found = f"{len(every) - MOST_FAULTS} more faults in this file"
    return [*every[:MOST_FAULTS], errors.Fault(every[0].file, None, None, found, "none", "cure those above first")]


def _sources(table: sheets.Table, made: ledger.Made) -> list[dict[str, object]]:
    """The row of sources.csv, if anything was made."""
    source = importtables.sources()[table.variant.source_id]
    return [{name: getattr(source, name) for name in SOURCE_HEAD}] if made.events or made.reports else []


def _overlaps(made: ledger.Made, loaded: facts.Scenario, log: quirks.Log) -> None:
    """Say where the scenario has events of the same kind already, by other sources, at the same places and days."""
    zones = {place.id: place.zone for place in loaded.places}
    days: dict[tuple[str, str], list[dt.date]] = {}
    for row in made.events:
        target = str(row["target"])
        for name in {target, zones.get(target) or target}:
            days.setdefault((str(row["kind"]), name), []).append(dt.date.fromisoformat(str(row["from"])))
    mine = {str(row["source"]) for row in made.events}
    for event in loaded.events:
        names = {event.target, zones.get(event.target) or event.target}
        ends = event.ends or loaded.end
        many = max((days.get((event.kind, name), []) for name in names), key=len)
        same = [day for day in many if event.begins <= day <= ends and event.source not in mine]
        if same:
            where = quirks.Row(f"{loaded.name}/events.csv", event.line)
            done = "the imported row holds on its day, as the later one; strikes of a zone and of its homes add up"
            log.note(where, f"{event.kind} at {event.target}, of which the import has {len(same)} days too", done)


def _check(root: Path, texts: dict[str, str]) -> None:
    """Raise errors.MaabarError if the scenario would have a fault with what was made: that would be maabar's own."""
    try:
        appending.check(root, texts)
    except errors.InputError as fault:
        raise errors.MaabarError(
            f"{root.name}: found rows that do not pass its check, expected none; please report it: {fault.faults[0]}"
        ) from fault
