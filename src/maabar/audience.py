"""Who a product is for, and what that reader may see: the rules of the disclosure gate as two tables.

In: the name of an audience. Out: its `Audience`. What each audience sees of each quantity is `released.csv`, as the
finest grain that leaves the team:

    none       nothing
    total      one number for the whole scenario
    corridor   classes of ways that name no way, `delay_days` late
    published  zones whose figure publishers have put out already, all other zones as one
    zone       every besieged zone
    admin2     second-level districts (the column admin2 of places.csv); places without one stand together
    place      every home, camp and refuge; never a waypoint
"""

from __future__ import annotations

import csv
import dataclasses
import functools
from pathlib import Path

from maabar import errors, texts

PUBLIC, PARTNER, INTERNAL = "public", "partner", "internal"
GRAINS = ("none", "total", "corridor", "published", "zone", "admin2", "place", "all")
PUBLISHED_REPORTS, PUBLISHED_GRADES = 3, "ABC"  # so many reports of such sources make the figure of a zone a public one


@dataclasses.dataclass(frozen=True)
class Audience:
    """A kind of reader.

    least       counts of people below it are masked, and nothing tells two counts between its multiples apart; 0: none
    digits      significant digits of a released number; None: all
    delay_days  days after which results on ways out are released
    mark        what stands in every file, in a few words, for a cell
    """

    name: str
    least: int
    digits: int | None
    delay_days: int
    mark: str

    @property
    def marking(self) -> str:
        """What stands on every page and in every file, in English."""
        return texts.of("en")(f"audience.{self.name}")

    def grain(self, quantity_name: str) -> str:
        """The finest grain of a quantity that this audience sees, one of `GRAINS`."""
        return "all" if self.name == INTERNAL else rules()[quantity_name.partition(":")[0]][self.name]


AUDIENCES = {
    one.name: one
    for one in (
        Audience(PUBLIC, 10, 3, 30, "public, simulated"),
        Audience(PARTNER, 5, 3, 14, "PARTNER: do not pass on; simulated"),
        Audience(INTERNAL, 0, None, 0, "INTERNAL: never pass on; simulated"),
    )
}


def named(name: str, where: str = "--audience") -> Audience:
    """The audience of this name; `where` it was named. Raises errors.RunError for another word."""
    found = AUDIENCES.get(name)
    if found is None:
        cure = errors.suggestion(name, AUDIENCES, "choose one of these")
        raise errors.RunError(f"{where}: found {errors.quote(name)}, expected {errors.listed(list(AUDIENCES))}; {cure}")
    return found


@functools.cache
def rules() -> dict[str, dict[str, str]]:
    """Quantity -> the row of released.csv: what each audience sees, and who could misuse it."""
    with Path(__file__).with_name("released.csv").open(encoding="utf-8", newline="") as table:
        return {row["quantity"]: row for row in csv.DictReader(table)}
