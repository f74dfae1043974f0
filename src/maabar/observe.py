"""What a report in the field would have said about a run, and what a run says in five numbers.

In: the Dataset of a run and the evidence of its scenario. Out: each report as a `Comparable` (period, bounds, series,
or the reason why it is not drawn), what each member would have reported in its place, and the headline numbers in
words. Intervals are 80 % intervals over members: quantiles 0.1 and 0.9; fewer than ten members have none, and the
lowest and highest are given instead. Numbers in words are rounded to two or three digits, and counts of people from 1
to 9 are masked, so that nobody can be picked out.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from maabar import quantities

if TYPE_CHECKING:
    from maabar import evidence, scenario

SMALL = 10  # people; smaller counts are masked
QUANTITIES = quantities.QUANTITIES
series = quantities.series


@dataclass(frozen=True)
class Comparable:
    """A report as it is laid beside a run.

    begins, ends     first and last day of the period it is about; `begins` is also the day a cumulative count
                     starts from
    low, best, high  in the unit that the run records, over the whole period; None where the report sets no bound
    reason           why it is not drawn; '' when it is
    """

    report: evidence.Report
    quantity: str
    place: str
    begins: dt.date
    ends: dt.date
    low: float | None
    best: float | None
    high: float | None
    letter: str
    publisher: str
    reason: str = ""


_NO_NUMBER = {"rank": "an order of places", "trend": "a direction", "word": "a word", "denial": "a denial"}


def comparable(report: evidence.Report, facts: scenario.Scenario) -> Comparable:
    """How a report is drawn on a run of this scenario: period, bounds, series; or the reason why it is not."""
    source = next(source for source in facts.sources if source.id == report.source)
    low, best, high = (None if bound is None else bound * _factor(report) for bound in _bounds(report))
    return Comparable(
        report=report,
        quantity=report.quantity,
        place=report.place,
        begins=report.begins,
        ends=report.ends,
        low=low,
        best=best,
        high=high,
        letter=source.reliability,
        publisher=source.name,
        reason=_not_drawn(report, facts),
    )


def _bounds(report: evidence.Report) -> tuple[float | None, float | None, float | None]:
    """Lower bound, best guess and upper bound that the form of a report sets."""
    low, best, high = report.low, report.best, report.high
    if report.form == "at_least":
        return (best if low is None else low), None, None
    if report.form == "at_most":
        return None, None, (best if high is None else high)
    return (best if low is None else low), best, (best if high is None else high)


def rate_days(report: evidence.Report) -> int:
    """The days over which a report gives a daily rate; 1 for a report that is no rate."""
    return (report.ends - report.begins).days + 1 if report.unit.endswith("/day") else 1


def _factor(report: evidence.Report) -> float:
    """What turns a report's number into the run's unit over its period: days for a rate, 0.01 for a percentage."""
    return 0.01 if report.unit == "percent" else float(rate_days(report))


def _not_drawn(report: evidence.Report, facts: scenario.Scenario) -> str:
    """Why a report cannot be laid beside the run as a number, or ''."""
    row = quantities.quantity(report.quantity)
    correction = next((other.id for other in facts.reports if other.corrects == report.id), "")
    if correction:
        return f"corrected by {correction}"
    if report.form in _NO_NUMBER:
        return f"{_NO_NUMBER[report.form]}, not a number"
    if not row.variable:
        return "not recorded by a run" if row.name in quantities.UNRECORDED else "an input of the scenario"
    if report.ends < facts.start:
        return "before the first day of the run"
    if report.begins > facts.end:
        return "after the last day of the run"
    if row.kind != "stock" and report.begins < facts.start:
        return "counts from before the first day of the run"
    if row.kind != "stock" and report.ends > facts.end:
        return "counts to after the last day of the run"
    return ""


def observed(dataset: xr.Dataset, report: Comparable) -> xr.DataArray:
    """What each member would have reported in place of this report: (member)."""
    row = quantities.quantity(report.quantity)
    period = report.begins, report.ends
    if row.across == "share":
        there = quantities.reduced(series(dataset, "arrivals", report.place), "flow", *period)
        everywhere = quantities.reduced(series(dataset, "arrivals", "*"), "flow", *period)
        return there / everywhere.where(everywhere > 0)
    return quantities.reduced(series(dataset, report.quantity, report.place), row.kind, *period)


def verdict(report: Comparable, low: float, high: float) -> str:
    """Does the run's 80 % interval low..high meet the report? agrees, run is lower or run is higher."""
    if report.low is not None and high < report.low:
        return "run is lower"
    if report.high is not None and low > report.high:
        return "run is higher"
    return "agrees"


def agreement(dataset: xr.Dataset, report: Comparable) -> float | None:
    """Share of members in which a rank or a trend holds; None for other forms and where nothing can be said.

    rank   the quantity of the period falls strictly in the order of the places named
    trend  the least-squares slope over the days of the period has the sign of the report
    """
    row = quantities.quantity(report.quantity)
    days = {
        "begins": max(report.begins, quantities.date_of(dataset, 0)),
        "ends": min(report.ends, quantities.date_of(dataset, -1)),
    }
    if not row.variable or days["begins"] > days["ends"]:
        return None
    if report.report.form == "rank":
        totals = [
            quantities.reduced(series(dataset, row.name, place), row.kind, **days) for place in report.report.places
        ]
        holds = np.all([more > less for more, less in itertools.pairwise(totals)], axis=0)
        return float(holds.mean())
    if report.report.form == "trend" and report.report.best is not None and days["begins"] < days["ends"]:
        first, last = (quantities.day_of(dataset, date) for date in days.values())
        values = series(dataset, row.name, report.place).values[:, first : last + 1]
        slope = values @ (np.arange(last - first + 1) - (last - first) / 2)
        return float((np.sign(slope) == np.sign(report.report.best)).mean())
    return None


@dataclass(frozen=True)
class Headline:
    """One number of the first page: median and 80 % interval over members, and the same in words.

    when      the day or period it is about, '' where the label says it
    text      the median as it is printed; counts of people below 10 are masked
    interval  the interval as it is printed, '' for a single member; a whole phrase for fewer than ten
    """

    key: str
    label: str
    when: str
    median: float
    low: float
    high: float
    unit: str
    text: str
    interval: str
    sentence: str


def rounded(number: float) -> str:
    """A number to two significant digits (three from 100 up), with thousands marks: 22,800; 1.2 million."""
    if not np.isfinite(number):
        return "–"
    if number == 0:
        return "0"
    digits = 3 if abs(number) >= 100 else 2
    kept = round(number, digits - 1 - int(np.floor(np.log10(abs(number)))))
    if abs(kept) >= 1e9:
        return f"{kept / 1e9:.3g} billion"
    return f"{kept / 1e6:.3g} million" if abs(kept) >= 1e6 else f"{kept:,.0f}" if abs(kept) >= 10 else f"{kept:.2g}"


def printed(number: float, unit: str) -> str:
    """A number for readers: rounded; counts of people below 10 are masked, so that nobody can be picked out."""
    if unit == "person" and np.isfinite(number):
        return "0" if number < 0.5 else f"<{SMALL}" if number < SMALL else rounded(number)
    return rounded(number)


Words = Callable[[float, str], str]


def between(low: str, high: str, members: int) -> str:
    """A spread in words: `eight runs in ten between A and B`; of fewer than ten runs the lowest and highest."""
    if members < quantities.FEW:
        return f"between {low} and {high} in {members} runs, too few for an interval"
    return f"eight runs in ten between {low} and {high}"


def masked(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts of people for a chart: whole, with 1 to 9 all drawn at 5."""
    return np.where(counts < 0.5, 0.0, np.where(counts < SMALL, SMALL / 2, np.round(counts)))


def date_words(date: dt.date) -> str:
    """6 Jun 2017."""
    return f"{date.day} {date:%b %Y}"


def headlines(dataset: xr.Dataset, words: Words = printed) -> list[Headline]:
    """Five numbers that any run has, each with its 80 % interval and a sentence.

    words  how a number of a unit is printed

    People still inside at the end (or, once nobody is, the day the last left; without a siege, people at camps and
    refuges), displacement movements, people killed by all causes, arrivals at the busiest camp or refuge, and the
    highest median price of passage (without a market, the most people on the way).
    """
    displaced = series(dataset, "displaced_total").isel(day=-1)
    killed = series(dataset, "killed").sum("day")
    return [
        _inside(dataset, words),
        _headline("displaced", "Displacement movements", displaced, "person", "over the whole run", words),
        _headline("killed", "Civilians killed, all causes", killed, "person", "over the whole run", words),
        _busiest(dataset, words),
        _dearest(dataset, words),
    ]


def _headline(key: str, label: str, values: xr.DataArray, unit: str, when: str, words: Words) -> Headline:
    median, low, high = quantities.interval(values)
    text = words(median, unit) if unit in ("person", "1") else f"{words(median, unit)} {unit}"
    interval, middle = _spread_words(words(low, unit), words(high, unit), values.size)
    sentence = f"{label} {when}: {text} ({middle})."
    return Headline(key, label, when, median, low, high, unit, text, interval, sentence)


def _spread_words(low: str, high: str, members: int) -> tuple[str, str]:
    """The interval of a headline: as it stands alone, and within a sentence."""
    if members == 1:
        return "", "a single run"
    words = between(low, high, members)
    return (words if members < quantities.FEW else f"{low} to {high}"), words


def _inside(dataset: xr.Dataset, words: Words) -> Headline:
    """The first headline: inside at the end, or the day half had left, or people at camps and refuges."""
    when = f"on {date_words(quantities.date_of(dataset, -1))}"
    if not dataset.sizes.get("zone", 0):
        kinds = dataset["place_kind"].values
        settled = (
            dataset["present"].isel(place=np.flatnonzero(np.isin(kinds, quantities.SETTLING)), day=-1).sum("place")
        )
        return _headline("settled", "People in camps and host places", settled, "person", when, words)
    inside = series(dataset, "inside")
    if float(inside.isel(day=-1).median()) >= SMALL:
        return _headline("inside", "People still inside", inside.isel(day=-1), "person", when, words)
    return _half_gone(inside)


def _half_gone(inside: xr.DataArray) -> Headline:
    """The first day from which at most half of those inside on the first day still are, for a siege that empties."""
    many = (inside > 0.5 * inside.isel(day=0)).values
    end = many.shape[1] - 1
    days = np.where(many.any(axis=1), np.minimum(end, end + 1 - many[:, ::-1].argmax(axis=1)), 0)
    ranks = np.quantile(days, quantities.levels(len(days)), method="nearest")
    low, _, median, _, high = (int(day) for day in ranks)
    first, text, last = (date_words(quantities.date_of(inside, day)) for day in (low, median, high))
    interval, middle = _spread_words(first, last, len(days))
    label = "Half of the people under siege were out, or freed, by"
    sentence = f"{label} {text} ({middle})."
    return Headline("half_gone", label, "", median, low, high, "day", text, interval, sentence)


def _busiest(dataset: xr.Dataset, words: Words) -> Headline:
    """Arrivals over the run at the camp or refuge with the most, by the median."""
    kinds = dataset["place_kind"].values
    totals = dataset["arrivals"].isel(place=np.flatnonzero(np.isin(kinds, quantities.SETTLING))).sum("day")
    at = int(totals.median("member").argmax("place"))
    name = str(totals["place_name"].values[at])
    when = "over the whole run, people passing through included"
    return _headline("arrivals", f"Arrivals at {name}", totals.isel(place=at), "person", when, words)


def _dearest(dataset: xr.Dataset, words: Words) -> Headline:
    """The day and zone with the highest median price, or the day with the most people on the way."""
    if dataset.sizes.get("zone", 0) and "price" in dataset:
        by_zone = [series(dataset, "price", str(zone)) for zone in dataset["zone"].values]
        medians = np.stack([prices.fillna(0.0).median("member").values for prices in by_zone])
        zone, day = (int(at) for at in np.unravel_index(int(medians.argmax()), medians.shape))
        names = dataset["zone_name" if "zone_name" in dataset.coords else "zone"].values
        when = f"for one person in {names[zone]}, on {date_words(quantities.date_of(dataset, day))}"
        money = str(dataset.attrs.get("currency", ""))
        return _headline("price", "Highest price of passage", by_zone[zone].isel(day=day), money, when, words)
    travelling = series(dataset, "travelling")
    day = int(travelling.median("member").argmax("day"))
    when = f"on {date_words(quantities.date_of(dataset, day))}"
    return _headline("travelling", "Most people on the way", travelling.isel(day=day), "person", when, words)
