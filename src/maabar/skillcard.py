"""What skill is, and how it is told: first whether the forecast beats what needs no model, then in tables.

In: numbers from `skill`. Out: a `Skill`, which prints itself, shows itself in a notebook and is kept as JSON. A
baseline that wins is named first: a planner who reads one line should read that one.
"""

from __future__ import annotations

import dataclasses
import html
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from maabar import errors, observe, storage

FORMAT = 1
UNEVEN = 0.02  # PIT values less likely than this under an honest forecast are remarked on


@dataclasses.dataclass(frozen=True)
class Against:
    """The forecast beside one that needs no model, over the cases in which that can be made.

    crps, baseline  mean CRPS of the forecast and of the baseline, over the same cases
    skill           1 − crps / baseline: above 0 the forecast is better, 1 is perfect; None where the baseline is
    low, high       80 % interval of the skill over origins; None for few origins
    """

    cases: int
    crps: float
    baseline: float
    skill: float | None
    low: float | None
    high: float | None


@dataclasses.dataclass(frozen=True)
class Row:
    """The forecasts of one quantity at leads from `lead[0]` to `lead[1]` days.

    crps       mean, in the unit of the quantity
    log_score  mean of −log density on the transformed scale
    coverage   share of the reports that the 50, 80 and 95 % intervals touch; None for few members
    pit        PIT values in ten bins
    flat       p-value of their evenness (`verify.flat`); None for few origins
    against    by baseline
    """

    quantity: str
    label: str
    unit: str
    lead: tuple[int, int]
    cases: int
    origins: int
    crps: float
    log_score: float
    coverage: Mapping[str, float | None]
    pit: tuple[int, ...]
    flat: float | None
    against: Mapping[str, Against]

    def better(self) -> list[str]:
        """The baselines that are closer to the reports than the forecast, the closest first."""
        closer = {name: one.baseline / one.crps for name, one in self.against.items() if one.baseline < one.crps}
        return sorted(closer, key=closer.__getitem__)


@dataclasses.dataclass(frozen=True)
class Skill:
    """How good forecasts were, by quantity and lead; `to_dict` and `write` are for machines.

    left_out  cases that are in no row, by the reason
    """

    title: str
    rows: tuple[Row, ...]
    left_out: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, texts and lists, with None where a number cannot be given."""
        return {"format": FORMAT, **dataclasses.asdict(self)}

    def write(self, path: pathlib.Path) -> None:
        """Keep it as JSON, in one step."""
        storage.write_json(path, self.to_dict())

    def __str__(self) -> str:
        """Words, then the table of the forecast and the table of its skill."""
        if not self.rows:
            return "\n".join([*self._title(), "No forecast could be scored.", *self._left_out()])
        parts = ["\n".join([*self._title(), *self._words()]), _aligned(self._forecasts())]
        parts += [_aligned(self._skills())] if self._names() else []
        return "\n\n".join(parts + (["\n".join(self._left_out())] if self.left_out else []))

    def _repr_html_(self) -> str:
        """The same, for notebooks."""
        return f"<pre>{html.escape(str(self))}</pre>"

    def _title(self) -> list[str]:
        return [self.title] if self.title else []

    def _names(self) -> list[str]:
        """The baselines, in the order in which they were given."""
        return list(dict.fromkeys(name for row in self.rows for name in row.against))

    def _words(self) -> list[str]:
        """What a reader should know first."""
        rows = [row for row in self.rows if row.against]
        won = sum(not row.better() for row in rows)
        lines = [f"The forecast is closer than everything that needs no model in {won} of {len(rows)} rows."]
        for row in rows:
            if row.better():
                names = errors.listed(row.better()).replace(" or ", " and ")
                verb = "is" if len(row.better()) == 1 else "are"
                lines.append(f"WARNING: {names} {verb} closer for {row.label} {_days(row.lead)} ahead.")
        for row in self.rows:
            if row.flat is not None and row.flat < UNEVEN:
                lines.append(f"WARNING: intervals of {row.label} {_days(row.lead)} ahead {_fault(row)}.")
        return lines if rows else lines[1:] or ["Nothing that needs no model stands beside this forecast."]

    def _forecasts(self) -> list[Sequence[str]]:
        levels = list(self.rows[0].coverage)
        within = [f"within {level} %" for level in levels]
        table: list[Sequence[str]] = [
            ("forecasts of", "lead", "cases", "origins", "CRPS", "log score", *within, "even (p)")
        ]
        for row in self.rows:
            held = [_percent(row.coverage[level]) for level in levels]
            p = "–" if row.flat is None else "<0.01" if row.flat < 0.01 else f"{row.flat:.2f}"
            numbers = observe.rounded(row.crps), f"{row.log_score:.2f}"
            table.append(
                (f"{row.label} [{row.unit}]", _lead(row.lead), str(row.cases), str(row.origins), *numbers, *held, p)
            )
        return table

    def _skills(self) -> list[Sequence[str]]:
        names = self._names()
        table: list[Sequence[str]] = [("closer than (80 % interval)", "lead", *names)]
        for row in self.rows:
            table.append((row.label, _lead(row.lead), *(_closer(row.against.get(name)) for name in names)))
        return table

    def _left_out(self) -> list[str]:
        return [f"left out: {count} ({reason})" for reason, count in self.left_out.items()]


def read(path: pathlib.Path) -> Skill:
    """The skill that `Skill.write` kept. Raises errors.RunError if it is missing, damaged or from a newer version."""
    try:
        found = json.loads(path.read_bytes())
        newer = found["format"] > FORMAT
    except OSError as fault:
        raise errors.RunError(f"{path}: cannot be read ({fault.strerror}); make the forecasts again") from fault
    except (ValueError, KeyError, TypeError):
        raise errors.RunError(f"{path}: damaged, or no table of skill; make the forecasts again") from None
    if newer:
        raise errors.RunError(f"{path}: written by a newer maabar; install that version to read it")
    try:
        return of_dict(found)
    except (KeyError, TypeError, AttributeError):
        raise errors.RunError(f"{path}: damaged, or no table of skill; make the forecasts again") from None


def of_dict(found: Mapping[str, Any]) -> Skill:
    """The skill that `Skill.to_dict` told. Raises KeyError, TypeError or AttributeError if it did not."""
    return Skill(found["title"], tuple(_row(row) for row in found["rows"]), found["left_out"])


def _row(found: dict[str, Any]) -> Row:
    """A row from its JSON."""
    against = {name: Against(**one) for name, one in found["against"].items()}
    lead, pit = ((int(found["lead"][0]), int(found["lead"][1])), tuple(found["pit"]))
    return Row(**(found | {"lead": lead, "pit": pit, "against": against}))


def _fault(row: Row) -> str:
    """What an uneven PIT says of the intervals, by where the values heap."""
    low, high = sum(row.pit[:3]), sum(row.pit[-3:])
    if max(low, high) > 0.5 * row.cases:
        lie, part = ("high", "lowest") if low > high else ("low", "highest")
        return f"lie too {lie}: {_percent(max(low, high) / row.cases)} of the reports are in their {part} three tenths"
    at_ends, in_middle = row.pit[0] + row.pit[-1] > 0.2 * row.cases, sum(row.pit[3:7]) > 0.4 * row.cases
    if at_ends == in_middle:
        return "have the wrong shape" + (": too wide in their middle and too narrow at their ends" if at_ends else "")
    return f"are too {'narrow' if at_ends else 'wide'}"


def _aligned(table: Sequence[Sequence[str]]) -> str:
    """A table as text, its first column to the left and the others to the right."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = []
    for first, *rest in table:
        cells = (f"{cell:>{width}}" for cell, width in zip(rest, widths[1:], strict=True))
        lines.append("  ".join(["", f"{first:<{widths[0]}}", *cells]).rstrip())
    return "\n".join(lines)


def _lead(lead: tuple[int, int]) -> str:
    return f"{lead[0]}–{lead[1]} d"


def _days(lead: tuple[int, int]) -> str:
    return f"{lead[0]} to {lead[1]} days"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f} %"


def _closer(one: Against | None) -> str:
    """A skill in per cent with its sign, and its interval: `+31 % (+12 to +45)`."""
    if one is None or one.skill is None:
        return "–"
    if one.low is None or one.high is None:
        return f"{_signed(one.skill)} %"
    return f"{_signed(one.skill)} % ({_signed(one.low)} to {_signed(one.high)})"


def _signed(share: float) -> str:
    """A share in per cent with its sign; one that rounds to nothing is +0."""
    text = f"{100 * share:+.0f}"
    return "+0" if text == "-0" else text
