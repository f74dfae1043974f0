"""What stands on charts and in tables in words: reports, periods, differences, in the language of the page.

In: reports laid beside a run, paired differences, quantiles; a catalogue of texts. Out: printed text.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING

from maabar import differences, observe, quantities, texts

if TYPE_CHECKING:
    from maabar import evidence, facts

LETTERS = "ABCDEF"


def names(facts: facts.Scenario, words: texts.Texts) -> dict[str, str]:
    """What places and zones are called in this language, by id."""
    places = {place.id: words.name(place.name, place.name_ar) for place in facts.places}
    return places | {zone.id: words.name(zone.name, zone.name_ar) for zone in facts.zones}


def plain(text: str) -> str:
    """Text from a scenario as plotly shows it letter by letter: its mark-up made inert."""
    return html.escape(text, quote=False)


def grade_words(words: texts.Texts) -> dict[str, str]:
    """What each Admiralty letter means."""
    return {letter: words(f"grade.{letter}") for letter in LETTERS}


def value_words(
    report: observe.Comparable, words: texts.Texts | None = None, called: Mapping[str, str] | None = None
) -> str:
    """The value as it was reported, with its unit: 30,000–50,000 people; at least 10,000 people; 800 a day; dozens.

    called  names of places, by id, for a rank
    """
    words, said = words or texts.of("en"), report.report
    if said.form == "trend":
        way = {-1: "falling", 0: "steady", 1: "rising"}.get(int(said.best or 0), "changing")
        return words(f"value.{way}")
    if said.form == "rank":
        known = called or {}
        *others, last = (known.get(place, place) for place in said.places)
        for place in reversed(others):
            last = words("value.before", first=place, second=last)
        return last
    if said.form == "word":
        return words.found.get(f"word.{said.word}", said.word)
    if said.form == "denial":
        return words("value.denied")
    return _number_words(said, words)


def _number_words(said: evidence.Report, words: texts.Texts) -> str:
    """A reported number with its bounds and its unit."""
    numbers = [f"{number:,.10g}" for number in (said.low, said.high) if number is not None]
    best = f"{said.best:,.10g}" if said.best is not None else ""
    spread = "–".join(numbers) if len(numbers) == 2 else ""
    if said.form in ("at_least", "at_most"):
        value = best or numbers[0]
    else:
        value = f"{best} ({spread})" if best and spread else best or spread
    value = with_unit(words.isolated(value), said, words)
    return words(f"value.{said.form}", value=value) if said.form in ("at_least", "at_most", "about") else value


def with_unit(value: str, report: evidence.Report, words: texts.Texts) -> str:
    """A printed number with the unit of a report: `800 people`, `800 a day`, `90,000 SYP a person`."""
    money, _, per = report.unit.partition("/")
    person = "movements" if report.measure == "displaced_total" else "person"
    units = {"person": person, "person/day": "rate", "percent": "percent", "share": "share", "mine": "mine"}
    is_each = per == "person" or report.measure == "price"
    kind = units.get(report.unit, "each" if is_each else "money")
    return words(f"value.{kind}", value=value, money=money)


def period_words(report: observe.Comparable, words: texts.Texts) -> str:
    """30 Jun 2017, or 1 Jun 2017 to 30 Jun 2017."""
    first, last = words.day(report.begins), words.day(report.ends)
    return first if first == last else words.spread(first, last)


def three(quantiles: tuple[float, float, float], words: texts.Texts) -> str:
    """`0.12 (0.08 to 0.2)` of the quantiles 0.1, 0.5 and 0.9."""
    low, middle, high = (words.isolated(f"{number:.3g}") for number in quantiles)
    return words("common.with_range", median=middle, low=low, high=high)


def unit_of(unit: str, currency: str, words: texts.Texts) -> str:
    """The unit of an outcome in words: people, person-days, or the currency."""
    return words.found.get(f"figure.unit_{unit}", currency)


def signed(number: float) -> str:
    """A rounded difference with its sign: +1,200, −320, 0."""
    text = observe.rounded(abs(number) if abs(number) >= 10 else round(abs(number)))
    return text if text == "0" else ("+" if number > 0 else "−") + text


def difference_words(
    change: differences.Difference, currency: str = "", words: texts.Texts | None = None, *, with_unit: bool = True
) -> str:
    """`−320 people (80 %: −900 to +40)`; of fewer than ten members, their lowest and highest."""
    words = words or texts.of("en")
    middle, low, high = (words.isolated(signed(number)) for number in (change.median, change.low80, change.high80))
    if with_unit:
        middle = words("figure.amount", number=middle, unit=unit_of(change.unit, currency, words))
    if change.members == 1:
        return middle
    if change.members >= quantities.FEW:
        return words("figure.interval", middle=middle, low=low, high=high)
    key = "spread.few" if with_unit else "spread.few_short"
    return words("figure.bracket", middle=middle, spread=words(key, low=low, high=high, members=change.members))
