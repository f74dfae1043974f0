"""Reports, one at a time: what each says in numbers, and how far that may be from the truth.

In: a report and its scenario. Out: `Claim`s (a rank of three places makes two), or the reason why a run cannot be laid
beside it. People and money are compared as log(1 + grain + x), shares as logits (`transformed`): there, errors are
roughly normal and alike for small and large numbers.

    exact, about      the number; a round number is known to its last digit that is not zero
    range             the middle, with 80 % of the truth between the bounds
    at_least, at_most a bound, whose own place is uncertain
    word              the median of the word, with the wider of its two sides
    rank              for each two neighbours: the difference of their logarithms is at least 0
    trend             the logarithm of the last third of the period less that of the first: at least, at most, or 0
    denial            by a source without an interest: at most `several`. By a party: at least `several`, with so wide
                      an error that it hardly counts: it would deny if the thing is there, and it might if it is not

A rule (`policy`) is seen in what it does: a ban in people caught leaving. Motives are in no run and are never learned.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import statistics
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maabar import evidence, facts, observe, quantities, reliability, units

Aspect = Literal["level", "hint", "order", "change"]
BOUNDS = {"at_least": "lower", "at_most": "upper"}
ORDERED = ("inside", "present", "unsheltered", "arrivals", "departures", "share_to", "fighters")
PLACED = (*ORDERED, "price", "guides", "turned_away")
CHANGES = {"value": "level", "lower": "rising", "upper": "falling"}
LIMITS = {"value": "", "lower": "at least ", "upper": "at most "}
STILL_AWAY = re.compile(r"\b(?:still|verified as) (?:displaced|away)\b", re.IGNORECASE)
COUNT = re.compile(r"\d{1,3}(?:,\d{3})+|\d{3,}")  # in a note: a number of people, not a day or a share


@dataclass(frozen=True)
class Claim:
    """One number that a report gives, or one comparison that it makes.

    quantity    what a run is asked: a word of `quantities`, with its cause
    places      one place; for an order the two that are compared, more first
    kind        'value', 'lower' (the truth is at least this) or 'upper'
    aspect      level: of the period; hint: the same, only hinted at (a denial, a rule); order: between two places;
                change: between the thirds of the period
    number      in the run's unit over the whole period; 0 for an order or a change
    width       sd of what the form leaves open, on the transformed scale
    rounding    sd of the number itself [unit of the quantity]
    first, last the days of the run that it is about, both included
    """

    report: evidence.Report
    source: evidence.Source
    quantity: str
    places: tuple[str, ...]
    kind: str
    aspect: Aspect
    number: float
    width: float
    rounding: float
    first: int
    last: int

    @property
    def row(self) -> quantities.Quantity:
        """The quantity in the table of what a run records."""
        return quantities.quantity(self.quantity)

    @property
    def measure(self) -> reliability.Measure:
        """How well it can be counted."""
        return reliability.measures()[self.row.name.partition(":")[0]]

    @property
    def letter(self) -> reliability.Letter:
        """What the letter of its source is worth."""
        return reliability.letters()[self.source.reliability]

    @property
    def where(self) -> tuple[str, ...]:
        """The places, or `*` for what a run records for all of them together."""
        return self.places if self.row.name.partition(":")[0] in PLACED else (evidence.EVERYWHERE,)

    @property
    def value(self) -> float:
        """The number on the transformed scale."""
        is_number = self.aspect in ("level", "hint")
        return float(transformed(np.array(self.number), self.row)) if is_number else 0.0

    @property
    def bias_sd(self) -> float:
        """Sd of what the reports of its source on its quantity have in common; 0 where nothing is counted."""
        if self.aspect != "level":
            return 0.0
        return self.letter.interested_bias_sd if self.source.interest else self.letter.bias_sd

    @property
    def sd(self) -> float:
        """Sd of its error without the bias of its source: letter, form, date, scatter and grain together."""
        return math.hypot(self.proportional_sd, self._grain_sd() if self.aspect == "level" else 0.0)

    @property
    def proportional_sd(self) -> float:
        """The same without its grain: what grows with the number, so that it can be told before the number is."""
        parts = [self.letter.own_log_sd, self.width]
        if self.aspect == "level":
            parts += [self._date_sd(), self.measure.scatter_sd]
        return math.hypot(*parts)

    def _date_sd(self) -> float:
        """Sd that comes from days: of a stock, its change over the days that may be meant; of a flow, days too many."""
        days, width = self.last - self.first + 1, self.letter.date_days
        if self.row.across == "share":
            return self.measure.daily_change * width
        if self.row.kind == "stock":
            return self.measure.daily_change * math.sqrt(width**2 + (days**2 - 1) / 12)
        return math.log1p(width / days)

    def _grain_sd(self) -> float:
        """Sd that comes from how finely it was counted and rounded.

        The grain is about the true number, and only the reported one is known: of numbers below the grain nothing is
        known but that, and all have the sd of the grain itself.
        """
        across, grain = self.row.across, self.measure.grain
        near = self.number * (1 - self.number) if across == "share" else 1 + max(self.number, grain)
        margin = reliability.numbers()["share_margin"]
        return math.log1p(math.hypot(grain, self.rounding) / max(near, margin))


def transformed(numbers: NDArray[np.float64], row: quantities.Quantity) -> NDArray[np.float64]:
    """Numbers of a quantity on the scale on which they are compared: log(1 + g + x), for shares log(x / (1 − x)).

    g is the grain of the quantity, finer than which nobody counts: with log(1 + x) the difference between nobody and
    ten people would weigh as much as that between a thousand and ten thousand, and a camp that was counted too high by
    chance would be believed, while one that was counted too low would not.
    """
    if row.across != "share":
        return np.log1p(numbers + _grain(row))
    margin = reliability.numbers()["share_margin"]
    shares = np.clip(numbers, margin, 1 - margin)
    return np.asarray(np.log(shares) - np.log1p(-shares))


def _grain(row: quantities.Quantity) -> float:
    """How finely a quantity can be counted at best, in its unit."""
    return reliability.measures()[row.name.partition(":")[0]].grain


def plain(values: NDArray[np.float64], row: quantities.Quantity) -> NDArray[np.float64]:
    """Numbers in the unit of a quantity, from the scale of `transformed`; none is below 0, no share above 1."""
    if row.across != "share":
        return np.asarray(np.maximum(np.expm1(values) - _grain(row), 0.0))
    return np.asarray(1 / (1 + np.exp(-values)))


def claims(report: evidence.Report, scenario: facts.Scenario) -> list[Claim] | str:
    """What a report says that a run can be laid beside, or the reason why it cannot."""
    as_number = dataclasses.replace(report, form="exact")
    if report.measure == "policy":
        return _rule(report, scenario)
    if reason := observe.comparable(as_number, scenario).reason:
        return reason
    if report.quantity == "displaced_total" and _is_of_verified(report):
        return "counts people verified as still displaced, not movements"
    readers = {"rank": _rank, "trend": _trend, "word": _word, "denial": _denial}
    return readers.get(report.form, _number)(report, scenario)


def _is_of_verified(report: evidence.Report) -> bool:
    """Does the note (or the published unit) say that this very number is of people verified as still displaced?

    A note that speaks of verified people and names another number, such as `only 7,655 verified as still away` beside
    50,000 movements, is about that other number.
    """
    if not STILL_AWAY.search(f"{report.note} {report.extra.get('published_unit', '')}"):
        return False
    own = {value for value in (report.low, report.best, report.high) if value is not None}
    said = {float(found.replace(",", "")) for found in COUNT.findall(report.note)}
    said -= {float(year) for year in range(units.FIRST_YEAR, units.LAST_YEAR + 1)} - own
    return not said or bool(said & own)


def _claim(report: evidence.Report, scenario: facts.Scenario, **filled: object) -> Claim:
    """A claim about the days of a report up to its publication, with the usual entries."""
    days = [(date - scenario.start).days for date in (report.begins, min(report.ends, report.reported_on))]
    usual: dict[str, object] = {
        "report": report,
        "source": next(source for source in scenario.sources if source.id == report.source),
        "quantity": report.quantity,
        "places": report.places,
        "kind": "value",
        "aspect": "level",
        "number": 0.0,
        "width": 0.0,
        "rounding": 0.0,
        "first": max(days[0], 0),
        "last": min(days[1], scenario.days - 1),
    }
    return Claim(**(usual | filled))  # type: ignore[arg-type]


def _number(report: evidence.Report, scenario: facts.Scenario) -> list[Claim]:
    """Exact, about, range and bounds, in the run's unit."""
    told = observe.comparable(report, scenario)
    kind = BOUNDS.get(report.form, "value")
    if report.form == "range" and told.low is not None and told.high is not None:
        return [_claim(report, scenario, **_between(told.low, told.best, told.high, report.quantity))]
    number = {"lower": told.low, "upper": told.high}.get(kind, told.best) or 0.0
    factor = 0.01 if report.unit == "percent" else observe.rate_days(report)
    rounding = 0.0 if report.form == "exact" else last_digit(number / factor) * factor / math.sqrt(12)
    width = reliability.numbers()["about_sd"] if report.form == "about" else 0.0
    return [_claim(report, scenario, kind=kind, number=number, width=width, rounding=rounding)]


def _between(low: float, best: float | None, high: float, quantity: str) -> dict[str, float]:
    """Number and width of a range: its best or its middle, with `range_share` of the truth between its bounds."""
    row = quantities.quantity(quantity)
    lower, upper = (float(transformed(np.array(bound), row)) for bound in (low, high))
    middle = (lower + upper) / 2
    inverse = float(plain(np.array(middle), row))
    return {"number": inverse if best is None else best, "width": (upper - lower) / (2 * quantile())}


@functools.cache
def quantile() -> float:
    """Standard deviations from the middle to either end of a range: 1.28 for one that holds 80 % of the truth."""
    return statistics.NormalDist().inv_cdf((1 + reliability.numbers()["range_share"]) / 2)


def last_digit(number: float) -> float:
    """The unit of the last digit that is not zero, up to 12 digits: 10,000 for 160,000; 1 for 7,655; 0 for 0."""
    if number <= 0 or not math.isfinite(number):
        return 0.0
    digits, _, power = f"{number:.11e}".partition("e")
    places = len(digits.replace(".", "").rstrip("0"))
    return 10.0 ** (int(power) - places + 1)


def _word(report: evidence.Report, scenario: facts.Scenario) -> list[Claim] | str:
    """A word of number: its median, and the wider of its two sides."""
    word = reliability.word(report.word)
    if word is None or word.low is None or word.best is None or word.high is None:
        return f"the word '{report.word}' is not in the table of words"
    row = quantities.quantity(report.quantity)
    if row.unit != "person":
        return "a word says how many people, and this is no number of people"
    low, best, high = (float(transformed(np.array(number), row)) for number in (word.low, word.best, word.high))
    width = max(high - best, best - low) / quantile()
    return [_claim(report, scenario, number=word.best, width=width)]


def _rank(report: evidence.Report, scenario: facts.Scenario) -> list[Claim] | str:
    """One claim for each two neighbours in an order of places."""
    if report.quantity not in ORDERED:
        return "an order of places, which a run does not tell apart here"
    pairs = zip(report.places, report.places[1:], strict=False)
    width = reliability.numbers()["rank_sd"]
    return [_claim(report, scenario, places=pair, kind="lower", aspect="order", width=width) for pair in pairs]


def _trend(report: evidence.Report, scenario: facts.Scenario) -> list[Claim] | str:
    """Up, down or level: the last third of the period against the first."""
    kind = {1.0: "lower", -1.0: "upper"}.get(report.best or 0.0, "value")
    width = reliability.numbers()["trend_sd"]
    claim = _claim(report, scenario, kind=kind, aspect="change", width=width)
    return [claim] if claim.last - claim.first >= 2 else "a trend over fewer than three days of the run"


def _denial(report: evidence.Report, scenario: facts.Scenario) -> list[Claim] | str:
    """By a party: it would deny if there are any, and it might if there are none. By others: there are hardly any."""
    several = reliability.words()["several"]
    if quantities.quantity(report.quantity).unit != "person" or several.low is None or several.high is None:
        return "a denial that is not about a number of people"
    source = next(source for source in scenario.sources if source.id == report.source)
    if source.interest:
        width = reliability.numbers()["denial_sd"]
        return [_claim(report, scenario, kind="lower", aspect="hint", number=several.low, width=width)]
    return [_claim(report, scenario, kind="upper", aspect="hint", number=several.high)]


def _rule(report: evidence.Report, scenario: facts.Scenario) -> list[Claim] | str:
    """A rule that is said or denied to be in force, by the quantity in which it shows."""
    word = reliability.word(report.word) if report.form == "word" else reliability.word("ban")
    if report.form not in ("word", "denial") or word is None or not word.shows:
        return "a rule that shows in nothing a run records"
    seen = dataclasses.replace(report, quantity=word.shows, place=evidence.EVERYWHERE)
    if reason := observe.comparable(dataclasses.replace(seen, form="exact"), scenario).reason:
        return reason
    if report.form == "denial":
        return _denial(seen, scenario)
    several = reliability.words()["several"]
    return [_claim(seen, scenario, kind="lower", aspect="hint", number=several.low)]


def words(claim: Claim, scenario: facts.Scenario) -> str:
    """The claim in words: `People under siege, at most 25,000, city, 31 Jul 2017`."""
    first, last = (observe.date_words(facts.last_day(scenario.start, day + 1)) for day in (claim.first, claim.last))
    when = first if first == last else f"{first} to {last}"
    return f"{claim.row.label}, {_said(claim)}, {when}"


def _spelled(claim: Claim, number: float) -> str:
    """A number of the claim's quantity."""
    return f"{number:.3g}" if claim.row.across == "share" else f"{number:,.0f}"


def _said(claim: Claim) -> str:
    """What is said, and where."""
    where = claim.places[0].replace(evidence.EVERYWHERE, "everywhere")
    if claim.aspect == "order":
        return f"more at {claim.places[0]} than at {claim.places[1]}"
    if claim.aspect == "change":
        return f"{CHANGES[claim.kind]}, {where}"
    said = LIMITS[claim.kind] + _spelled(claim, claim.number)
    low, high = claim.report.low, claim.report.high
    if claim.report.form == "range" and low is not None and high is not None:
        factor = 0.01 if claim.report.unit == "percent" else observe.rate_days(claim.report)
        said = f"{_spelled(claim, low * factor)} to {_spelled(claim, high * factor)}"
    return f"{claim.report.word} ({said}), {where}" if claim.report.word else f"{said}, {where}"
