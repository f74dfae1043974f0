"""What a score is, and how it is told: first in words that a planner of camps can use, then in tables.

In: numbers from `score`. Out: a `Score`, which prints itself and shows itself in a notebook. Nothing is computed here
but shares: half of ard_rescaled is the share of people in the wrong place.
"""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Mapping, Sequence
from typing import Any

from maabar import counts, observe

SPLIT_WORDS = {
    "equal": "equal shares",
    "capacity": "shares of listed capacity",
    "day30": f"shares of day {counts.DAY30}",
    "last": "shares of the last counts",
}


@dataclasses.dataclass(frozen=True)
class PlaceScore:
    """One place with counts.

    ard           mean over days of |s − d| / D: what the place adds to the `ard` of the run
    bias          mean over its exact counts of the member mean less the count [person]
    observations  its exact counts
    """

    name: str
    ard: float | None
    crps: float | None
    coverage_80: float | None
    bias: float | None
    observations: int


@dataclasses.dataclass(frozen=True)
class QuantityScore:
    """The reports of one quantity: how many, how many the run meets, and the mean CRPS in the unit of the quantity."""

    label: str
    unit: str
    reports: int
    met: int
    crps: float


@dataclasses.dataclass(frozen=True)
class Score:
    """How far a run is from what was reported; prints itself, and `to_dict` is for machines.

    days          days that ard is averaged over
    observations  exact counts, or else reports, behind crps and coverage_80
    naive         ard_rescaled of each of `counts.SPLITS`
    per_place     places with counts by id; empty where reports of all kinds are scored
    per_quantity  reports by quantity; empty where a split among places is scored
    reasons       why a number is None, by its key
    notes         what to know before believing the numbers
    """

    title: str
    variant: str
    members: int
    days: int
    observations: int
    ard: float | None
    ard_rescaled: float | None
    ard_rescaled_observed_dates: float | None
    crps: float | None
    coverage_80: float | None
    naive: Mapping[str, float | None]
    per_place: Mapping[str, PlaceScore]
    per_quantity: Mapping[str, QuantityScore]
    reasons: Mapping[str, str]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, texts and lists, with None where a number cannot be given."""
        return dataclasses.asdict(self)

    def closer(self) -> list[str]:
        """The naive splits that are closer to the counts than the run, the closest first."""
        own = self.ard_rescaled
        known = {name: error for name, error in self.naive.items() if error is not None}
        return [] if own is None else sorted((name for name in known if known[name] < own), key=known.__getitem__)

    def __str__(self) -> str:
        """The score in words, then in tables."""
        parts = [self._words(), self._title(), *([_aligned(self._splits())] if self.per_place else [])]
        parts += [_aligned(self._places() if self.per_place else self._quantities())]
        reasons: dict[str, list[str]] = {}
        for key, reason in self.reasons.items():
            reasons.setdefault(reason, []).append(SPLIT_WORDS.get(key, key))
        lines = [f"not given: {', '.join(keys)} ({reason})" for reason, keys in reasons.items()]
        lines += [f"note: {note}" for note in self.notes]
        return "\n\n".join(parts + (["\n".join(lines)] if lines else []))

    def _repr_html_(self) -> str:
        """The same, for notebooks."""
        return f"<pre>{html.escape(str(self))}</pre>"

    def _words(self) -> str:
        """What a planner of camps should know first."""
        if not self.per_place:
            met = sum(one.met for one in self.per_quantity.values())
            return f"The run meets {met} of the {self.observations} reports that can be laid beside it."
        if self.ard_rescaled is None:
            return "Nobody was counted on any day of this run, so it cannot be said how wrong it is."
        wrong = "of 100 people in another place than where they were counted"
        lines = [f"On an average day the run puts {_of_100(self.ard_rescaled)} {wrong}."]
        error, name = min((error, name) for name, error in self.naive.items() if error is not None)
        split, number = SPLIT_WORDS[name], _of_100(error)
        if self.closer():
            lines.append(f"WARNING: without any model, {split} put {number} of 100 there: closer than this run.")
        else:
            verdict = "closer" if self.ard_rescaled < error else "no closer"
            lines.append(f"Without any model, {split} put {number} of 100 there: the run is {verdict}.")
        return "\n".join(lines)

    def _title(self) -> str:
        """What was scored."""
        members = "1 member" if self.members == 1 else f"{self.members} members"
        if not self.per_place:
            reports = "1 report" if self.observations == 1 else f"{self.observations} reports"
            kinds = "1 quantity" if len(self.per_quantity) == 1 else f"{len(self.per_quantity)} quantities"
            return f"{self.title}: {reports} of {kinds}, {members}"
        counted = f"{self.observations} exact counts on {self.days} days with people"
        return f"{self.title}: {len(self.per_place)} places, {counted}, {members}"

    def _splits(self) -> list[Sequence[str]]:
        """The table of the run and the naive splits."""
        closer = self.closer()
        rows: list[Sequence[str]] = [("who splits the people", "wrong of 100", "ard_rescaled", "")]
        rows.append(("this run", _of_100(self.ard_rescaled), _three(self.ard_rescaled), ""))
        dates = self.ard_rescaled_observed_dates
        rows.append(("  on the dates of counts", _of_100(dates), _three(dates), ""))
        rows.append(("  each place as it is, totals apart (ard)", "", _three(self.ard), ""))
        for name, error in self.naive.items():
            mark = "closer than the run" if name in closer else ""
            rows.append((SPLIT_WORDS[name], _of_100(error), _three(error), mark))
        return rows

    def _places(self) -> list[Sequence[str]]:
        """The table of places, and their total."""
        rows: list[Sequence[str]] = [
            ("place", "counts", "part of ard", "too many [person]", "CRPS [person]", "within 80 %")
        ]
        for one in self.per_place.values():
            bias = "–" if one.bias is None else f"{one.bias:+,.0f}"
            share = _three(one.ard), bias, _people(one.crps), _percent(one.coverage_80)
            rows.append((one.name, str(one.observations), *share))
        rows.append(
            ("all", str(self.observations), _three(self.ard), "", _people(self.crps), _percent(self.coverage_80))
        )
        return rows

    def _quantities(self) -> list[Sequence[str]]:
        """The table of quantities, and their total."""
        rows: list[Sequence[str]] = [("reports of", "reports", "met", "CRPS", "")]
        for one in self.per_quantity.values():
            rows.append((one.label, str(one.reports), str(one.met), observe.rounded(one.crps), f"[{one.unit}]"))
        met = sum(one.met for one in self.per_quantity.values())
        rows.append(("all", str(self.observations), str(met), _people(self.crps), "[person], reports of people only"))
        return rows


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """A table as text: the first column and a last one of remarks to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    remarks = not rows[0][-1]
    lines = []
    for row in rows:
        numbers = [f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)]
        numbers = [*numbers[:-1], row[-1]] if remarks else numbers
        lines.append("  ".join(["", f"{row[0]:<{widths[0]}}", *numbers]).rstrip())
    return "\n".join(lines)


def _three(number: float | None) -> str:
    return "–" if number is None else f"{number:.3f}"


def _of_100(error: float | None) -> str:
    """Half of ard_rescaled: of 100 people, those in the wrong place."""
    return "–" if error is None else f"{error * 50:.0f}"


def _people(number: float | None) -> str:
    return "–" if number is None else observe.rounded(number)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f} %"
