"""A view as it is told: in a language, on an evening, numbers printed as its audience gets them.

In: a released view, a catalogue of texts, an evening and a window of days. Out: printed numbers, spreads, dates, names.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
from numpy.typing import NDArray

from maabar import quantities, release, texts

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Told:
    """A view as it is told: in a language, on an evening, with a window of days.

    at      position of the evening on the day axis
    window  positions of the first and after the last day that the tables of arrivals hold
    """

    view: release.View
    words: texts.Texts
    at: int
    window: tuple[int, int]

    @property
    def is_ahead(self) -> bool:
        """Whether the window lies after the evening."""
        return self.window[0] > self.at

    @property
    def days(self) -> int:
        """Length of the window."""
        return self.window[1] - self.window[0]

    def date(self, at: int, *, is_short: bool = False) -> str:
        """A day of the run, printed."""
        return self.words.date(self.view.facts.start + dt.timedelta(days=at), is_short=is_short)

    def number(self, number: float, unit: str = "person") -> str:
        """A number as the audience gets it, in the language."""
        if self.view.is_masked(number, unit):
            return self.words("common.below", number=self.view.least)
        return self.words.isolated(self.view.printed(number, unit))

    def three(self, members: Floats, unit: str = "person") -> tuple[str, str, str]:
        """Middle, low and high of numbers of members (m), printed."""
        known = members[np.isfinite(members)]
        if not known.size:
            return (self.words("common.unknown"),) * 3
        low, _, median, _, high = np.quantile(known, quantities.levels(len(members)))
        return self.number(median, unit), self.number(low, unit), self.number(high, unit)

    def spread(self, members: Floats, unit: str = "person") -> str:
        """`1,200 (800 to 2,100)`, or one number where all three print alike."""
        median, low, high = self.three(members, unit)
        return median if median == low == high else self.words("common.with_range", median=median, low=low, high=high)

    def series(self, quantity: str, place: str = "*") -> Floats:
        """(member, day)."""
        return self.view.series(quantity, place)

    def settled(self, quantity: str = "present") -> Floats:
        """A stock summed over camps and host places: (member, day)."""
        found = [self.series(quantity, place) for place in settling(self.view)]
        return np.sum(found, axis=0) if found else np.zeros((self.view.dataset.sizes["member"],) * 2)

    def label(self, quantity: str) -> str:
        """What a quantity is called."""
        row = quantities.quantity(quantity)
        return self.words.name(row.label, row.label_ar)

    def place(self, place: str) -> str:
        """What a place is called."""
        one = next(one for one in self.view.facts.places if one.id == place)
        return self.words.name(one.name, one.name_ar)


def settling(view: release.View) -> list[str]:
    """Ids of camps and host places."""
    return [place.id for place in view.facts.places if place.kind in quantities.SETTLING]
