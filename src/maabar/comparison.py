"""Two runs side by side: whether they can be compared, and the table of what one changed against the other.

In: the manifests of two runs and the differences of their outcomes. Out: a `Comparison`, a list of differences that
shows itself as a table in a terminal and in a notebook. With few pairs it gives no interval.
"""

from __future__ import annotations

import html
import pathlib
from collections.abc import Iterable
from typing import Any

from maabar import differences, errors, phrases, quantities, texts


class Comparison(list[differences.Difference]):
    """What `other` changed against `base`, one difference for each outcome.

    base, other  where the runs are, as shown to the reader
    note         what to know before reading the numbers; '' if there is nothing
    """

    def __init__(
        self, found: Iterable[differences.Difference], base: pathlib.Path, other: pathlib.Path, currency: str, note: str
    ) -> None:
        super().__init__(found)
        self.base, self.other, self.currency, self.note = base, other, currency, note

    @property
    def members(self) -> int:
        """Pairs of members."""
        return self[0].members if self else 0

    def title(self) -> str:
        """Which runs these are, in one line."""
        pairs = "1 paired member" if self.members == 1 else f"{self.members} paired members"
        return f"{self.other} against {self.base}, {pairs}"

    def rows(self, lang: str = "en") -> list[tuple[str, ...]]:
        """The table, its heading first: outcome, base, change, and the interval if there are enough pairs for one."""
        words, few = texts.of(lang), self.members < quantities.FEW
        heading = words("compare.interval")
        if few:
            heading = words("compare.few_one") if self.members == 1 else words("compare.few", pairs=self.members)
        table: list[tuple[str, ...]] = [("", words("compare.base"), words("compare.change"), heading)]
        for one in self:
            unit = self.currency if one.unit == "currency" else one.unit
            unit = unit if lang == "en" else phrases.unit_of(unit, unit, words)
            base, change, low, high = (
                words.isolated(text)
                for text in (f"{one.base:,.0f}", *map(_signed, (one.median, one.low80, one.high80)))
            )
            label = words(f"outcome.{one.outcome}")
            table.append((f"{label} [{unit}]", base, change, "" if few else words.spread(low, high)))
        return table

    def __str__(self) -> str:
        """The table as text; at least two spaces part the columns, whatever the numbers."""
        table = self.rows()
        label, base, change = (max(len(row[column]) for row in table) for column in range(3))
        lines = [f"  {row[0]:<{label}}  {row[1]:>{base}}  {row[2]:>{change}}  {row[3]}".rstrip() for row in table]
        return "\n".join([self.title(), *([f"note: {self.note}"] if self.note else []), *lines])

    def _repr_html_(self) -> str:
        """The table, for notebooks."""
        caption = html.escape(". ".join(filter(None, (self.title(), self.note))))
        heading, *body = self.rows()
        rows = "".join(f"<tr>{_cells(row, 'td')}</tr>" for row in body)
        return f"<table><caption>{caption}</caption><tr>{_cells(heading, 'th')}</tr>{rows}</table>"


def _cells(row: tuple[str, ...], tag: str) -> str:
    """A row of the table in HTML, its numbers aligned to the right."""
    sides = ("left", "right", "right", "left")
    return "".join(
        f"<{tag} style='text-align:{side}'>{html.escape(cell)}</{tag}>" for side, cell in zip(sides, row, strict=True)
    )


def _signed(change: float) -> str:
    """A change with its sign; a change that rounds to nothing is +0."""
    text = f"{change:+,.0f}"
    return "+0" if text == "-0" else text


def note(base: tuple[pathlib.Path, dict[str, Any]], other: tuple[pathlib.Path, dict[str, Any]]) -> str:
    """What to know about two runs, each a path and its manifest, before comparing them.

    Raises errors.RunError if they cannot be paired: member k of both must have the same scenario, luck and mode.
    """
    (before, there), (after, here) = base, other
    for name, was, now, cure in (
        ("scenario", there["scenario"]["name"], here["scenario"]["name"], "compare runs of one scenario"),
        ("seed", there["seed"], here["seed"], f"run it again with --seed {there['seed']}"),
        ("mode", there["mode"], here["mode"], "run it again with the same --expected for both"),
    ):
        if was != now:
            raise errors.RunError(
                f"{after}: its {name} is '{now}' but that of {before} is '{was}', so members cannot be paired; {cure}"
            )
    if there["scenario"]["digest"] == here["scenario"]["digest"]:
        return ""
    return f"the files of {here['scenario']['name']} were edited between these runs; the change is of that as well"
