"""The dated counts of a Flee instance: who was in which camp, and how many set out each day.

In: data_layout.csv and the files it names, and registration_corrections.csv. Out: a `Series` for each camp, in whole
people after corrections, and from them the people given to the model day by day. Counts are linear between their dates
and hold before the first and after the last. A correction multiplies every earlier count of its camp by the count at
its date over the count before it: registration had counted people who were no longer there.

People who set out on a day are the increase of the highest sum of all camps so far: a sum that falls is a debt, which
later increases pay first, as in Flee.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maabar import errors
from maabar.formats import fleecells, fleeread, quirks

LAYOUT, CORRECTIONS = "data_layout.csv", "registration_corrections.csv"
TOTAL = "total"
UNCOUNTED = "people may settle there; not scored"


@dataclass(frozen=True)
class Series:
    """The counts of one camp in order of dates.

    raw     as registered, files added up [person]
    counts  after corrections; whole once all are read [person]
    row     the row of data_layout.csv
    """

    camp: str
    dates: tuple[dt.date, ...]
    raw: tuple[float, ...]
    counts: tuple[float, ...]
    row: quirks.Row

    def daily(self, start: dt.date, days: int) -> NDArray[np.float64]:
        """People on each day of the run (t): linear between counts, held before the first and after the last."""
        at = [(date - start).days for date in self.dates]
        daily: NDArray[np.float64] = np.interp(np.arange(days), at, self.counts)
        return daily


def read(folder: Path, instance: fleeread.Instance, corrections: Path | None, log: quirks.Log) -> tuple[Series, ...]:
    """The series of all places of the layout that are among the places, in the order of the layout."""
    path = fleecells.beside(folder, LAYOUT, log, otherwise=lambda name: name.casefold().startswith("data_layout"))
    if path is None:
        fleeread.missing(folder, LAYOUT, log)
        return ()
    rows = fleecells.rows(path, log)
    if rows is not None and not rows:
        log.fault(quirks.whole(path), None, "no row", "a camp and its file in each row", "name the files of counts")
    names = quirks.Names(place.name for place in instance.places)
    found: dict[str, Series] = {}
    strangers = _strangers(folder, rows or ())
    named = set()
    for row in _camps(folder, rows or (), names, log):
        name = _name(row, names, found, log)
        named.add(name)
        series = _series(folder, name, row, strangers, log) if name else None
        if series is not None:
            found[series.camp] = series
    _uncounted(path, [place.name for place in instance.places if place.kind == "camp"], named, log)
    if not found and not log.faults:
        cure = "name a camp of locations.csv and its file in each row"
        log.fault(quirks.whole(path), None, "no camp with counts", "at least one", cure)
    if corrections is not None:
        found = _corrected(corrections, found, names, log)
    return tuple(replace(one, counts=tuple(map(quirks.rounded, one.counts))) for one in found.values())


def _camps(folder: Path, rows: Sequence[quirks.Row], names: quirks.Names, log: quirks.Log) -> Iterable[quirks.Row]:
    """The rows of the layout but that of the total, which is not used: the camps are added up."""
    for number, row in enumerate(rows):
        is_total = row[0].casefold() == TOTAL and row[0] not in names.exact
        if is_total and row[1] and not (folder / row[1]).is_file():
            log.note(row, f"the file {errors.quote(row[1])} of the total, which is not there", "not needed")
        if number == 0 and not is_total:
            log.note(row, f"{errors.quote(row[0])} in the first row, where Flee has the total", "read as any other")
        elif number > 0 and is_total:
            log.note(row, "the total in a later row than the first", "not used, as in the first")
        if not is_total:
            yield row


def _name(row: quirks.Row, names: quirks.Names, found: dict[str, Series], log: quirks.Log) -> str | None:
    """The place of a row of the layout; None and a note if there is none, or if it has counts already."""
    name = names.read(row, row[0], log)
    if name is None:
        close = log.close(row[0], names.exact, "")
        what = f"{errors.quote(row[0])}, no place of locations.csv"
        log.note(row, what, "its counts are left out, of the total too" + (close and f"; {close}"))
    elif name in found:
        log.note(row, f"{errors.quote(name)} again, first in line {found[name].row.line}", "left out")
        return None
    return name


def _uncounted(path: Path, camps: Sequence[str], named: Container[str | None], log: quirks.Log) -> None:
    """Name the camps that the layout does not name."""
    without = [errors.quote(name) for name in camps if name not in named]
    if without:
        log.note(quirks.whole(path), f"no counts of {', '.join(without)}", UNCOUNTED)


def _strangers(folder: Path, rows: Sequence[quirks.Row]) -> list[str]:
    """The files that the layout does not name."""
    named = {cell for row in rows for cell in row.cells[1:]}
    return sorted(path.name for path in folder.iterdir() if path.name not in named | {LAYOUT})


def _series(folder: Path, name: str, row: quirks.Row, strangers: Sequence[str], log: quirks.Log) -> Series | None:
    """The counts of one camp, its files added up; None and a note if there are none."""
    tables = []
    for cell in row.cells[1:]:
        path = _file(folder, cell, row, strangers, log) if cell else None
        if path is not None:
            table = _table(path, log)
            if table:
                tables.append(table)
    if not tables:
        if not any(fault.line == row.line and fault.file == row.file for fault in log.faults):
            log.note(row, f"{errors.quote(name)} without a count", UNCOUNTED)
        return None
    dates = sorted(set().union(*tables))
    at = [date.toordinal() for date in dates]
    total = sum(np.interp(at, [day.toordinal() for day in table], list(table.values())) for table in tables)
    if len(tables) > 1:
        log.note(row, f"{len(tables)} files of {errors.quote(name)}", "added up, each linear between its dates")
    raw = tuple(float(value) for value in np.asarray(total))
    return Series(name, tuple(dates), raw, raw, row)


def _file(folder: Path, cell: str, row: quirks.Row, strangers: Sequence[str], log: quirks.Log) -> Path | None:
    """A file that the layout names; None and a fault if it is not there."""
    path = fleecells.beside(folder, cell, log, otherwise=lambda name: name.casefold() == f"{cell}.csv".casefold())
    if path is None:
        cure = log.close(cell, strangers, "add the file, or delete its name from the row")
        log.fault(row, "file", f"{errors.quote(cell)}, which is not there", f"a file of {folder.name}", cure)
    return path


def _table(path: Path, log: quirks.Log) -> dict[dt.date, float]:
    """The counts of one file in order of dates; of rows with one date the later holds."""
    rows = fleecells.rows(path, log) or []
    if rows and not re.search(r"\d", rows[0][0]) and not re.search(r"\d", rows[0][1]):
        rows = rows[1:]  # a header
    rows = _narrow([row for row in rows if _has_count(row, log)], log)
    days = quirks.dates([(row, row[0]) for row in rows], "date", log)
    found: dict[dt.date, tuple[quirks.Row, float]] = {}
    for row, day in zip(rows, days, strict=True):
        count = _count(row, log)
        if day is None or count is None:
            continue
        if day in found:
            first, earlier = found[day]
            done = "read once" if earlier == count else "the later row holds"
            log.like(row, f"{day} again, first in line {first.line}", done)
        elif found and day < max(found):
            log.like(row, f"{day} after {max(found)}", "sorted by date")
        found[day] = (row, count)
    return {day: found[day][1] for day in sorted(found)}


def _has_count(row: quirks.Row, log: quirks.Log) -> bool:
    """Whether there is a count beside the date; Flee leaves out rows without one."""
    if not row[1] or row[1].casefold() in quirks.NOTHING:
        log.like(row, f"{errors.quote(row[0])} without a count", "left out")
        return False
    return True


def _narrow(rows: Sequence[quirks.Row], log: quirks.Log) -> list[quirks.Row]:
    """Rows of a date and a count. If more cells follow in every row that has any as the rest of a number would, with
    a comma between thousands, they are put together; else the first count holds, as in Flee.
    """
    wide = [row for row in rows if len(row.cells) > 2]
    split = [quirks.joined(row, 1, 2) for row in wide]
    if all(written for _row, written in split):
        for row, written in split:
            log.like(row, errors.quote(written), "read with a mark between thousands")
        joined = {row.line: row for row, _written in split}
        return [joined.get(row.line, row) for row in rows]
    log.like(wide[0], f"{len(wide[0].cells)} cells", "the first count of a row holds, as in Flee")
    return list(rows)


def _count(row: quirks.Row, log: quirks.Log) -> float | None:
    """People on a date; None and a fault if it is no number."""
    value = quirks.number(row, "count", row[1], log, "a number of people")
    if value is None:
        return None
    if value != int(value):
        log.like(row, f"a count of {errors.quote(row[1])}", "rounded to whole people")
    if value < 0:
        log.note(row, f"a count of {errors.quote(row[1])}", "read as 0")
        return 0.0
    if value > 1e9:
        log.fault(row, "count", errors.quote(row[1]), "a number of people up to 1000000000", "check the number")
        return None
    return value


def _corrected(path: Path, found: dict[str, Series], names: quirks.Names, log: quirks.Log) -> dict[str, Series]:
    """The series after the corrections, in the order of their rows."""
    found = dict(found)
    rows = fleecells.rows(path, log) or []
    if rows and rows[0][0] not in names and not re.search(r"\d", rows[0][1]):
        rows = rows[1:]  # a header
    days = quirks.dates([(row, row[1]) for row in rows], "date", log)
    for row, day in zip(rows, days, strict=True):
        name = names.read(row, row[0], log)
        if name is None or name not in found:
            close = log.close(row[0], names.exact, "") if name is None else ""
            what = "no place of locations.csv" if name is None else "without counts"
            log.note(row, f"{errors.quote(row[0])}, {what}", "not carried" + (close and f"; {close}"))
        elif day is not None:
            found[name] = _correct(found[name], day, row, log)
    return found


def _correct(series: Series, day: dt.date, row: quirks.Row, log: quirks.Log) -> Series:
    """The series with its counts before a day brought to the level of that day."""
    camp = errors.quote(series.camp)
    if day not in series.dates:
        log.note(row, f"{day}, no date on which {camp} was counted", "not carried")
        return series
    at = series.dates.index(day)
    if at == 0:
        log.note(row, f"{day}, the first count of {camp}", "nothing to correct before it")
        return series
    if not series.counts[at - 1]:
        log.note(row, f"a count of 0 at {camp} before {day}", "not carried: no factor leads from 0 to another count")
        return series
    factor = series.counts[at] / series.counts[at - 1]
    counts = [count * factor for count in series.counts[:at]]
    return replace(series, counts=(*counts, *series.counts[at:]))


def total(series: Iterable[Series], start: dt.date, days: int) -> NDArray[np.float64]:
    """People in all camps on each day (t)."""
    summed: NDArray[np.float64] = np.sum([one.daily(start, days) for one in series], axis=0)
    return summed


def inflow(total: NDArray[np.float64]) -> list[int]:
    """People who set out on each day: what the highest total so far grows by; nobody on day 0.

    Whole people, whose sum is right to one person on every day.
    """
    highest = np.floor(np.maximum.accumulate(total) + 0.5).astype(int)
    return [0, *(int(step) for step in np.diff(highest))]
