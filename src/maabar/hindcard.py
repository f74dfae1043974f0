"""What a hindcast found, and how it is told: the table of skill, every case, and the fans to be drawn.

In: numbers from `hindcast`. Out: a `Hindcast`, which prints itself, shows itself in a notebook and is kept as
hindcast.json and, case by case for spreadsheets, as hindcast.csv. Both name places and sources: they are internal.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import html
import io
import itertools
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from maabar import errors, observe, quantities, skillcard, storage

FORMAT = 1
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
LONG_LEAD = 14  # days
JSON, CSV = "hindcast.json", "hindcast.csv"
_APART = ("quantiles", "crps", "log_score", "pit", "within", "beside")  # columns of their own
AGAIN = "make the hindcast again"


@dataclasses.dataclass(frozen=True)
class Result:
    """One report, and what was forecast of it at one origin.

    lead         days from the origin to the last day that it is about
    first, last  days that it is about; a cumulative count is what it adds to an earlier one
    low, high    what was reported, in the unit of the run over those days; None where a bound leaves it open
    quantiles    of the forecast, at `LEVELS`
    within       whether the central interval of so many per cent touches the report; None for few members
    beside       CRPS of the baselines; None where one cannot be made
    """

    origin: dt.date
    lead: int
    quantity: str
    place: str
    report: str
    form: str
    letter: str
    first: dt.date
    last: dt.date
    low: float | None
    high: float | None
    quantiles: tuple[float, ...]
    crps: float
    log_score: float
    pit: float
    within: Mapping[str, bool | None]
    beside: Mapping[str, float | None]

    @property
    def is_bound(self) -> bool:
        """Open on one side."""
        return self.low is None or self.high is None


@dataclasses.dataclass(frozen=True)
class Fan:
    """A series as it was forecast at one origin: days since the origin, and quantiles 10, 25, 50, 75 and 90 %."""

    origin: dt.date
    quantity: str
    place: str
    days: tuple[float, ...]
    p10: tuple[float, ...]
    p25: tuple[float, ...]
    p50: tuple[float, ...]
    p75: tuple[float, ...]
    p90: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class Hindcast:
    """Forecasts from day after day of the past, held against later reports.

    events   given, or drawn after each origin
    origins  forecast from; `skipped`: (day, reason) of the others
    results  every report at every origin;  fans: what is drawn
    """

    title: str
    every: int
    days: int
    events: str
    members: int
    seed: int
    currency: str
    origins: tuple[dt.date, ...]
    skipped: tuple[tuple[dt.date, str], ...]
    skill: skillcard.Skill
    results: tuple[Result, ...]
    fans: tuple[Fan, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, texts and lists."""
        found = {"format": FORMAT, **dataclasses.asdict(self)}
        found["skill"] = self.skill.to_dict()
        plain: dict[str, Any] = json.loads(json.dumps(found, default=str))
        return plain

    def write(self, folder: pathlib.Path) -> None:
        """Keep it in a folder, as hindcast.json and hindcast.csv."""
        storage.write_json(folder / JSON, self.to_dict())
        storage.write(folder / CSV, self.table().encode())

    def table(self) -> str:
        """Every case as a table for spreadsheets."""
        levels = [f"p{100 * level:02.0f}" for level in LEVELS]
        within = list(self.results[0].within) if self.results else []
        names = list(dict.fromkeys(name for result in self.results for name in result.beside))
        plain = [field.name for field in dataclasses.fields(Result) if field.name not in _APART]
        scores = ("crps", "log_score", "pit")
        stream = io.StringIO()
        rows = csv.writer(stream, lineterminator="\r\n")
        heads = [*(f"within_{level}" for level in within), *(f"crps_{name.replace(' ', '_')}" for name in names)]
        rows.writerow([*plain, *levels, *scores, *heads])
        for result in self.results:
            cells = [getattr(result, name) for name in plain] + list(result.quantiles)
            cells += [getattr(result, name) for name in scores]
            cells += [None if told is None else int(told) for told in result.within.values()]
            rows.writerow([_cell(cell) for cell in cells + [result.beside.get(name) for name in names]])
        return stream.getvalue()

    def __str__(self) -> str:
        """What was done, in words, then the tables of skill."""
        return "\n".join([*self._words(), "", str(self.skill)])

    def _repr_html_(self) -> str:
        """The same, for notebooks."""
        return f"<pre>{html.escape(str(self))}</pre>"

    def _words(self) -> list[str]:
        """What was forecast, from when, and what the reports are."""
        first, last = (observe.date_words(day) for day in (self.origins[0], self.origins[-1]))
        span = first if first == last else f"{len(self.origins)} origins from {first} to {last}"
        how = "events as they came" if self.events == "given" else "events drawn after each origin"
        bounds = sum(result.is_bound for result in self.results)
        lines = [
            f"{self.title}, {self.days} days ahead from {span}, {self.members} members, {how}",
            f"{len(self.results)} cases, of which {bounds} are bounds: these say little, and an interval easily meets "
            "them",
            *(f"left out: {words}" for words in self._skipped()),
        ]
        return [*lines, *self._long()]

    def _skipped(self) -> list[str]:
        """Origins left out, those with one reason together."""
        found = []
        for reason, group in itertools.groupby(self.skipped, lambda pair: _alike(pair[1])):
            days = [day for day, _ in group]
            span = f"{days[0]}" if len(days) == 1 else f"{len(days)} origins from {days[0]} to {days[-1]}"
            found.append(f"{span}: {reason}")
        return found

    def _long(self) -> list[str]:
        """Coverage of ranges and numbers of people at long leads, the first question of a planner."""
        lines = []
        for name in dict.fromkeys(result.quantity for result in self.results):
            told = [one for one in self.results if one.quantity == name and one.lead >= LONG_LEAD and not one.is_bound]
            met = [one.within["80"] for one in told if one.within["80"] is not None]
            if met:
                label = quantities.quantity(name).label
                lines.append(
                    f"{label}, {LONG_LEAD} days ahead and more: the 80 % interval meets {sum(map(bool, met))} of "
                    f"{len(met)} numbers and ranges"
                )
        return lines


def _alike(reason: str) -> str:
    """A reason without its number, so that origins left out for one reason stand together."""
    head, _, rest = reason.partition(" ")
    return f"too few {rest}" if head.isdigit() else reason


def _cell(found: object) -> object:
    """A number with six digits, nothing for None."""
    if isinstance(found, float):
        return f"{found:.6g}"
    return "" if found is None else found


def read_json(path: pathlib.Path) -> dict[str, Any]:
    """The object of a JSON file. Raises errors.RunError if it is missing or damaged."""
    try:
        found = json.loads(path.read_bytes())
    except OSError as fault:
        raise errors.RunError(f"{path}: cannot be read ({fault.strerror}); {AGAIN}") from fault
    except ValueError:
        raise errors.RunError(f"{path}: damaged; {AGAIN}") from None
    if not isinstance(found, dict):
        raise errors.RunError(f"{path}: damaged; {AGAIN}")
    return found


def read(path: pathlib.Path) -> Hindcast:
    """The hindcast that `Hindcast.write` kept, by its folder or file.

    Raises errors.RunError if it is missing, damaged or from a newer version.
    """
    path = path / JSON if path.is_dir() else path
    found = read_json(path)
    try:
        if found["format"] > FORMAT:
            raise errors.RunError(f"{path}: written by a newer maabar; install that version to read it")
        told = {name: found[name] for name in ("title", "every", "days", "events", "members", "seed", "currency")}
        return Hindcast(
            **told,
            origins=tuple(dt.date.fromisoformat(day) for day in found["origins"]),
            skipped=tuple((dt.date.fromisoformat(day), reason) for day, reason in found["skipped"]),
            skill=skillcard.of_dict(found["skill"]),
            results=tuple(_dated(Result, one, ("origin", "first", "last")) for one in found["results"]),
            fans=tuple(_dated(Fan, one, ("origin",)) for one in found["fans"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        raise errors.RunError(f"{path}: damaged, or no hindcast; {AGAIN}") from None


def _dated(kind: Any, found: dict[str, Any], dates: tuple[str, ...]) -> Any:
    """A result or a fan from its JSON."""
    days = {name: dt.date.fromisoformat(found[name]) for name in dates}
    lists = {name: tuple(part) for name, part in found.items() if isinstance(part, list)}
    return kind(**(found | lists | days))
