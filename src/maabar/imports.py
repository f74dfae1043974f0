"""The command import: what other programs and publishers wrote becomes a scenario, or rows for one.

A plain function that `cli` makes a command of.
"""

import dataclasses
import pathlib
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from maabar import errors, guard, options, terminal

MOST_NOTES = 20  # told on a terminal; the rest is counted
NAMES = {"first": "--from", "last": "--until"}


def bring(
    format_: Annotated[
        str, typer.Argument(metavar="FORMAT", help="What it is: flee, acled, ucdp, unhcr, dtm or idmc.")
    ],
    path: Annotated[
        pathlib.Path,
        typer.Argument(metavar="FILE", help="The export (CSV or xlsx); for flee an instance or its input_csv."),
    ],
    out: Annotated[
        pathlib.Path, typer.Argument(metavar="OUT", help="A new folder; for rows without --into, the scenario itself.")
    ],
    into: Annotated[
        pathlib.Path | None, typer.Option(metavar="SCENARIO", help="The scenario whose places the rows are laid on.")
    ] = None,
    append: Annotated[
        bool, typer.Option("--append", help="Append the rows to the scenario OUT, if it has no fault afterwards.")
    ] = False,
    within: Annotated[
        float | None, typer.Option(metavar="KM", help="A point this near stands for a place. [default: 10]")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day. [default: of the scenario]")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Last day. [default: of the scenario]")
    ] = None,
    homes: Annotated[
        str | None,
        typer.Option(
            metavar="[zone|single]", help="Strikes near several homes of a zone are of the zone, or of the nearest."
        ),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option(metavar="ISO3", help="The country people flee from, if the scenario covers all of it."),
    ] = None,
    place: Annotated[
        str | None, typer.Option(metavar="ID", help="The place the file is about, if its rows name none.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day of the counts, if the file has no days.")
    ] = None,
    reported_on: Annotated[
        str | None, typer.Option(metavar="DATE", help="When it was published. [default: by the rule of the source]")
    ] = None,
    source_data: Annotated[
        pathlib.Path | None,
        typer.Option(metavar="DIR", help="flee: folder of the counts. [default: source_data in DIR]"),
    ] = None,
    capacities: Annotated[
        str | None,
        typer.Option(metavar="[listed|none]", help="flee: camps hold what is listed, or any number. [default: listed]"),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Bring in what others wrote: a conflict of Flee, or an export of ACLED, UCDP, UNHCR, DTM or IDMC.

    An export becomes events.csv, evidence.csv and sources.csv in a new folder, laid on the places of a scenario: by
    P-code, else the nearest place within a distance. Rows that are too coarse, too far or of other days are listed
    with their reason in import-notes.csv; import-rows.csv tells what became of each row. Your own tables are not
    touched, unless you say --append: then all of it is appended if the scenario has no fault afterwards, or nothing.
    docs/imports.md says what each source becomes, and on which terms.

    A conflict of Flee becomes a scenario. Listed capacities of camps are often their highest counts: a run that uses
    them knows the answer. Import once with --capacities none to see what a model is worth without.

    \b
    Examples:
      maabar import acled acled-export.csv from-acled --into my-town
      maabar import ucdp GEDEvent_v25_1.csv my-town --append --within 5
      maabar import unhcr camp.csv from-unhcr --into my-town --place north-camp
      maabar import dtm sites.xlsx from-dtm --into my-town --date 2030-04-15
      maabar import idmc gidd.xlsx from-idmc --into my-country --country SYR
      maabar import flee mali2012 mali --capacities none
    """
    from maabar import api

    api.check_source(format_)
    wishes = {
        "into": into, "append": append or None, "within": within, "first": first, "last": last, "homes": homes,
        "country": country, "place": place, "date": date, "reported_on": reported_on,
    }  # fmt: skip
    given = {name: value for name, value in wishes.items() if value is not None}
    if format_ == "flee":
        _refuse(given, "flee", "acled, ucdp, unhcr, dtm and idmc")
        made, notes = api.import_flee(path, out, source_data=source_data, capacities=capacities or "listed")
        _show_flee(out, made, notes, as_json=as_json)
        return
    for_flee = {"source_data": source_data, "capacities": capacities}
    _refuse({name: value for name, value in for_flee.items() if value is not None}, format_, "flee")
    _show_rows(out, api.import_rows(format_, path, out, **given), as_json=as_json)  # type: ignore[arg-type]


def _refuse(given: dict[str, Any], format_: str, of: str) -> None:
    """Raise errors.RunError for an option of another format."""
    for name in given:
        option = NAMES.get(name, f"--{name.replace('_', '-')}")
        raise errors.RunError(f"{option}: found with {format_}, expected with {of} only; leave it out")


def _show_flee(out: pathlib.Path, made: Any, notes: Any, *, as_json: bool) -> None:
    """What became of an instance of Flee."""
    if as_json:
        guard.print_json({"status": "done", "folder": str(out), **dataclasses.asdict(notes)})
        return
    size = f"{notes.places} places ({notes.camps} camps), {notes.routes} routes, {notes.days} days from {made.start}"
    people = f"{notes.people:,} people set out, {notes.at_start:,} are in camps on the first day"
    terminal.say(f"{out}: {size}\n{people}; {notes.counts:,} counts of camps")
    _tell(notes.notes, out)
    run_folder = guard.quoted(f"runs/{out.name}")
    terminal.say(f"\nNow run it and score it:\n  maabar run {guard.quoted(out)} --out {run_folder}")
    terminal.say(f"  maabar score {run_folder}")


def _show_rows(out: pathlib.Path, notes: Any, *, as_json: bool) -> None:
    """What became of an export."""
    if as_json:
        guard.print_json({"status": "done", **dataclasses.asdict(notes)})
        return
    made = f"{_many(notes.events, 'event')} and {_many(notes.reports, 'report')}"
    rows = f"{notes.used:,} of {_many(notes.rows, 'row')}"
    terminal.say(f"{notes.title}: {made}, from {rows}\nwritten to {notes.folder}")
    _tell(notes.notes, pathlib.Path(notes.folder))
    terminal.say(f"\n{notes.terms[0].upper()}{notes.terms[1:]}.")
    if notes.appended:
        terminal.say(f"\nAppended to {notes.scenario}, which has no fault.\n  maabar check {guard.quoted(out)}")
    else:
        terminal.say("\nLook through the rows; then append them to the tables of your scenario, or let --append do it.")


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _tell(notes: Iterable[Any], folder: pathlib.Path) -> None:
    """The notes, those of one kind in one line, and where the rest is."""
    lines = _grouped(notes)
    for line in lines[:MOST_NOTES]:
        terminal.say(f"  {line}")
    if len(lines) > MOST_NOTES:
        terminal.say(f"  and {len(lines) - MOST_NOTES} more in {folder / 'import-notes.csv'}")


def _grouped(notes: Iterable[Any]) -> list[str]:
    """One line for all notes of a file that say the same was done."""
    groups: dict[tuple[str, str], list[Any]] = {}
    for note in notes:
        groups.setdefault((note.file, note.done), []).append(note)
    return [f"{same[0]}{f' (and {len(same) - 1} more like it)' if len(same) > 1 else ''}" for same in groups.values()]
