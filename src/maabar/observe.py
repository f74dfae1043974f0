"""What a report in the field would have said about a run, and how numbers are printed.

In: the Dataset of a run and the evidence of its scenario. Out: each report as a `Comparable` (period, bounds, series,
or the reason why it is not drawn), and what each member would have reported in its place. Intervals are 80 % intervals
over members: quantiles 0.1 and 0.9; fewer than ten members have none, and the lowest and highest are given instead.
Numbers in words are rounded to two or three digits, and counts of people from 1 to 9 are masked, so that nobody can be
picked out.
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

from maabar import quantities, texts

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


_NO_NUMBER = ("rank", "trend", "word", "denial")


def comparable(report: evidence.Report, facts: scenario.Scenario, words: texts.Texts | None = None) -> Comparable:
    """How a report is drawn on a run of this scenario: period, bounds, series; or the reason why it is not.

    words  the language of the reason; None: English
    """
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
        reason=_not_drawn(report, facts, words or texts.of("en")),
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


def _not_drawn(report: evidence.Report, facts: scenario.Scenario, words: texts.Texts) -> str:
    """Why a report cannot be laid beside the run as a number, or ''."""
    row = quantities.quantity(report.quantity)
    correction = next((other.id for other in facts.reports if other.corrects == report.id), "")
    if correction:
        return words("reason.corrected", id=correction)
    if report.form in _NO_NUMBER:
        return words(f"reason.{report.form}")
    if not row.variable:
        return words("reason.unrecorded" if row.name in quantities.UNRECORDED else "reason.input")
    if report.ends < facts.start:
        return words("reason.before")
    if report.begins > facts.end:
        return words("reason.after")
    if row.kind != "stock" and report.begins < facts.start:
        return words("reason.from_before")
    if row.kind != "stock" and report.ends > facts.end:
        return words("reason.to_after")
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


def between(low: str, high: str, members: int, words: texts.Texts | None = None) -> str:
    """A spread in words: `eight runs in ten between A and B`; of fewer than ten runs the lowest and highest."""
    key = "spread.few" if members < quantities.FEW else "spread.eighty"
    return (words or texts.of("en"))(key, low=low, high=high, members=members)


def masked(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts of people for a chart: whole, with 1 to 9 all drawn at 5."""
    return np.where(counts < 0.5, 0.0, np.where(counts < SMALL, SMALL / 2, np.round(counts)))


def date_words(date: dt.date) -> str:
    """6 Jun 2017."""
    return f"{date.day} {date:%b %Y}"
