"""Words for readers, one catalogue for each language: `language/en.toml` and `language/ar.toml`.

In: a key such as `situation.changes`, and what stands in its placeholders. Out: the text, numbers as they were printed.
Dates follow the language (Babel): in Arabic with the names of months of the Levant. Numbers are written with the digits
0 to 9 in both, as agencies in Syria do; in Arabic they stand in isolates, so that no bracket or sign around them
turns.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from maabar import errors

LANGUAGES = {"en": "en", "ar": "ar_SY"}
FOLDER = Path(__file__).with_name("language")
ISOLATE, END = "\u2066", "\u2069"  # left to right, whatever stands around
RIGHT = "\u2067"  # right to left, until END
Said = TypeVar("Said", str, tuple[str, ...])
SCALES = ("million", "billion")


class Texts:
    """The catalogue of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.found = flat(tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8")))

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return "rtl" if self.language == "ar" else "ltr"

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key with its placeholders filled. Raises KeyError for a key that no catalogue has."""
        return self.found[key].format(**values)

    def listed(self, start: str) -> list[str]:
        """All texts whose keys start so, in the order of the catalogue."""
        return [text for key, text in self.found.items() if key.startswith(start)]

    def name(self, english: Said, arabic: Said) -> Said:
        """A name or sentences in this language, where there are some in Arabic."""
        return arabic if self.language == "ar" and arabic else english

    def names(self, english: str, arabic: str) -> tuple[str, str]:
        """A name in this language, and what else it is called; '' where it has one name only."""
        return (
            (arabic, english)
            if self.language == "ar" and arabic
            else (english, "" if self.language == "ar" else arabic)
        )

    def doubt(self, said: str) -> str:
        """A remark of a calibration or a forecast in this language; what is none of the catalogue stays as it is.

        They are kept with a run in English, whatever language it is read in.
        """
        for key, pattern in _doubts().items():
            if found := pattern.fullmatch(said):
                told = {name: (self.doubt(value), value) for name, value in found.groupdict().items()}
                return self(
                    key, **{name: self.isolated(it) if it == value else it for name, (it, value) in told.items()}
                )
        return said

    def isolated(self, number: str) -> str:
        """A printed number that keeps its own direction, its words (below, million) in this language."""
        if self.direction == "ltr" or not number:
            return number
        if number.startswith("<"):
            return self("common.below", number=self.isolated(number[1:]))
        figure, _, scale = number.rpartition(" ")
        if scale in SCALES:
            return self(f"common.{scale}", number=self.isolated(figure))
        return f"{ISOLATE}{number}{END}"

    def spread(self, low: str, high: str) -> str:
        """`800 to 2,100`, of printed numbers or dates."""
        return self("common.range", low=low, high=high)

    def share(self, part: float) -> str:
        """12%."""
        return self.isolated(f"{part:.0%}")

    def chance(self, probability: float) -> str:
        """A probability that is never written as certain: below 1 %, 12%, above 99 %."""
        if 0.01 <= probability <= 0.99:
            return self.share(probability)
        return self("common.chance_low" if probability < 0.5 else "common.chance_high")

    def drawn(self, text: str) -> str:
        """A text in a drawing, which runs from left to right, in its own direction."""
        return f"{RIGHT}{text}{END}" if self.direction == "rtl" and text else text

    def date(self, day: dt.date, *, is_short: bool = False) -> str:
        """30 June 2017, 30 حزيران 2017; short: 30 Jun."""
        from babel import dates

        return str(dates.format_date(day, "d MMM" if is_short else "d MMMM y", locale=LANGUAGES[self.language]))

    def day(self, day: dt.date) -> str:
        """6 Jun 2017, 6 حزيران 2017: for charts and tables."""
        from babel import dates

        return str(dates.format_date(day, "d MMM y", locale=LANGUAGES[self.language]))

    def months(self) -> list[str]:
        """The twelve months as `day` writes them."""
        from babel import dates

        names = dates.get_month_names("abbreviated", locale=LANGUAGES[self.language])
        return [str(names[month]) for month in range(1, 13)]


@functools.cache
def of(language: str) -> Texts:
    """The catalogue of a language. Raises errors.RunError for one that there is not."""
    if language not in LANGUAGES:
        cure = errors.suggestion(language, LANGUAGES, "choose one of these")
        raise errors.RunError(
            f"--lang: found {errors.quote(language)}, expected {errors.listed(list(LANGUAGES))}; {cure}"
        )
    return Texts(language)


@functools.cache
def _doubts() -> dict[str, re.Pattern[str]]:
    """Patterns of the English remarks, by key."""
    english = {key: text for key, text in of("en").found.items() if key.startswith("doubt.")}
    return {key: re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(text))) for key, text in english.items()}


def flat(table: dict[str, Any], before: str = "") -> dict[str, str]:
    """Nested tables as `outer.inner` keys."""
    found: dict[str, str] = {}
    for key, value in table.items():
        found |= flat(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}": str(value)}
    return found
