"""The days of conflict of a Flee instance.

In: conflicts.csv, a row a day and a column a place, or the conflict dates of locations.csv where there is no such
table. Out: the intensity of each place on each day of the run. Flee takes the rows as days 0, 1, 2 and so on whatever
is written in the first column; here what is written counts, and a difference is named.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from maabar import errors, units
from maabar.formats import fleecells, fleeread, quirks


def read(
    folder: Path, places: Sequence[fleeread.Place], start: dt.date, days: int, log: quirks.Log
) -> dict[str, tuple[float, ...]]:
    """The intensity of conflict on each day, of the places that have any."""
    path = fleecells.beside(folder, "conflicts.csv", log)
    written: dict[str, tuple[float, ...]] = {}
    if path is None:
        done = "conflict from the conflict_date of locations.csv on, at full intensity"
        log.note(quirks.whole(folder / "conflicts.csv"), "no such file", done)
    else:
        written = _intensities(path, places, start, days, log)
    found = {}
    for place in places:
        intensity = written.get(place.name, ())
        if place.kind == "conflict" and place.name not in written:
            intensity = _undated(place, days, path is not None, log)
        elif place.kind == "conflict" and not any(intensity):
            log.like(place.row, f"{errors.quote(place.name)}, a conflict zone without a day of conflict in "
                     "conflicts.csv", "read as a town")  # fmt: skip
        if any(intensity):
            found[place.name] = intensity
    return found


def _undated(place: fleeread.Place, days: int, has_table: bool, log: quirks.Log) -> tuple[float, ...]:
    """The conflict of a zone that conflicts.csv does not name: from its conflict_date on, as in Flee.

    Where there is a table, Flee starts no conflict by the date of a zone; one that begins as such remains one.
    """
    since = place.since or 0
    if has_table:
        done = "in conflict throughout, as in Flee" if since == 0 else "without conflict, as in Flee"
        log.note(place.row, f"{errors.quote(place.name)}, a conflict zone without a column in conflicts.csv", done)
        since = 0 if since == 0 else days
    value, written = 1.0, place.attributes.get("conflict_intensity") or "1"
    try:
        value = min(1.0, max(0.0, units.parse_number(written)))
    except errors.Unreadable:
        log.note(place.row, f"a conflict_intensity of {errors.quote(written)}", "read as 1")
    return (0.0,) * min(since, days) + (value,) * max(0, days - since)


def _intensities(
    path: Path, places: Sequence[fleeread.Place], start: dt.date, days: int, log: quirks.Log
) -> dict[str, tuple[float, ...]]:
    """The columns of conflicts.csv that are places, a value for each day of the run."""
    comments: list[quirks.Row] = []
    rows = fleecells.rows(path, log, comments)
    if rows is None:
        return {}
    head = _conflict_head(path, rows, comments, log)
    if head is None:
        return {}
    names = quirks.Names(place.name for place in places)
    columns: dict[int, str] = {}
    for position, cell in enumerate(head.cells[1:], start=1):
        name = names.read(head, cell, log) if cell else None
        if name is not None:
            columns[position] = name
        elif cell:
            close = log.close(cell, names.exact, "")
            log.note(head, f"{errors.quote(cell)}, no place of locations.csv", "left out" + (close and f"; {close}"))
    table = _by_day(rows, start, days, path, log)
    values = _values(rows, columns, len(head.cells), log)
    found: dict[str, tuple[float, ...]] = {}
    for position, name in columns.items():
        line = tuple(values[row].get(position, 0.0) if row >= 0 else 0.0 for row in table)
        if name in found:
            log.note(head, f"two columns of {errors.quote(name)}", "the higher intensity holds")
            line = tuple(map(max, line, found[name]))
        found[name] = line
    return found


def _conflict_head(
    path: Path, rows: list[quirks.Row], comments: Sequence[quirks.Row], log: quirks.Log
) -> quirks.Row | None:
    """The row with the names: the first if it begins with no day, else a comment over the days."""
    if rows and not re.search(r"\d", rows[0][0]) and any(re.search(r"[^\W\d_]", cell) for cell in rows[0].cells[1:]):
        return rows.pop(0)
    first = rows[0].line if rows else None
    over = [row for row in comments if len(row.cells) > 1 and (first is None or (row.line or 0) < first)]
    if not over:
        cure = "write #Day and the names of the places over the columns"
        log.fault(quirks.whole(path), None, "no names of places", "a header", cure)
        return None
    if not rows:
        log.note(quirks.whole(path), "no row", "no conflict on any day")
    return over[-1]


def _values(
    rows: Sequence[quirks.Row], columns: Mapping[int, str], width: int, log: quirks.Log
) -> list[dict[int, float]]:
    """The intensities above 0 of each row, by column."""
    known: dict[str, float] = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "": 0.0}
    values = []
    for row in rows:
        line = {}
        for position in columns:
            cell = row[position]
            if cell not in known:
                value = quirks.number(row, columns[position], cell, log, "an intensity from 0 to 1", comma=True)
                if value is None:
                    continue
                if not 0 <= value <= 1:
                    log.like(row, f"an intensity of {errors.quote(cell)}", "cut to 0 or 1")
                elif "," not in cell:
                    known[cell] = value
                if value > 0:
                    line[position] = min(1.0, value)
            elif known[cell] > 0:
                line[position] = known[cell]
        if len(row.cells) > width:
            log.like(row, f"{len(row.cells)} cells under {width} names", "those beyond are left out")
        elif any(not row[position] for position in columns):
            log.like(row, "a blank or missing intensity", "read as 0")
        values.append(line)
    return values


def _by_day(rows: Sequence[quirks.Row], start: dt.date, days: int, path: Path, log: quirks.Log) -> list[int]:
    """The number of the row that holds on each day, -1 before the first."""
    given = _days(rows, start, path, log)
    of_day: dict[int, int] = {}
    for number, day in enumerate(given):
        if day in of_day:
            log.like(rows[number], f"day {day} again", "the later row holds")
        of_day[day] = number
    last = max(of_day, default=-1)
    if 0 <= last < days - 1:
        log.note(rows[of_day[last]], f"the last row, of day {last}", f"held until day {days - 1}, the end of the run")
    elif last >= days:
        log.note(rows[of_day[last]], f"rows up to day {last}", f"left out after day {days - 1}, the end of the run")
    holds = max((number for day, number in of_day.items() if day <= 0), key=lambda n: given[n], default=-1)
    table = []
    for day in range(days):
        holds = of_day.get(day, holds)
        table.append(holds)
    return table


def _days(rows: Sequence[quirks.Row], start: dt.date, path: Path, log: quirks.Log) -> list[int]:
    """The day of each row; Flee counts rows, and where that differs from what is written the note says so."""
    count = list(range(len(rows)))
    try:
        written = [int(units.parse_number(row[0])) for row in rows]
    except errors.Unreadable:
        quiet = quirks.Log()
        read = quirks.dates([(row, row[0]) for row in rows], "Day", quiet)
        if None in read:
            log.like(rows[0], f"{errors.quote(rows[0][0])} in place of a day", "rows counted from day 0, as in Flee")
            return count
        log.note(rows[0], f"dates such as {errors.quote(rows[0][0])}", "counted in days from the start")
        return [(day - start).days for day in read if day is not None]
    if written == count:
        return count
    if written == [number + 1 for number in count]:
        log.note(rows[0], "days counted from 1", "counted from 0, as in Flee")
        return count
    log.note(quirks.whole(path), "days that are not 0, 1, 2 and so on", "read by their number; gaps hold the last")
    return written
