"""What the words of a report are worth: four small tables, and who they are for.

In: `reliability.csv` (letters), `measures.csv` (quantities), `words.csv` (dozens, hundreds…), `reading.csv` (the rest).
Out: frozen rows by name. Every number that turns a report into a likelihood stands in one of them with its rationale;
docs/calibration.md prints them. All standard deviations (sd) are on the transformed scale: natural logarithm for
people and money, so that 0.1 is ten per cent; logit for shares. They were chosen, not fitted: a fit to one siege would
make the tool sure of the next one for the wrong reason.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from maabar import cells, errors, tables

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Letter:
    """What a letter of reliability is worth.

    own_log_sd          sd of the error of one report
    copy_log_sd         sd that a report which copies another adds to that one's error
    date_days           sd of the day that it is about [day]
    outlier             prior probability that it is worthless
    bias_sd             sd of what all reports of one source on one quantity have in common
    interested_bias_sd  the same for a source that takes a side
    """

    letter: str
    own_log_sd: float
    copy_log_sd: float
    date_days: float
    outlier: float
    bias_sd: float
    interested_bias_sd: float
    rationale: str
    source: str


@dataclass(frozen=True)
class Measure:
    """How well a quantity can be counted, and how well the model has it.

    grain           nobody counts finer than this [unit of the quantity]
    scatter_sd      sd of single reports about the quantity, whoever makes them
    daily_change    change of a stock from one day to the next, for reports whose day is uncertain [1/day]
    discrepancy_sd  sd of what the model misses
    """

    quantity: str
    grain: float
    scatter_sd: float
    daily_change: float
    discrepancy_sd: float
    rationale: str


@dataclass(frozen=True)
class Word:
    """What is meant by a word of number: quantiles low, best (the median) and high; or what a rule shows in.

    shows  the quantity in which a rule named by this word shows; '' for a word of number
    """

    word: str
    low: float | None
    best: float | None
    high: float | None
    shows: str
    rationale: str


def _text(*names: str) -> tuple[cells.Column, ...]:
    return tuple(cells.Column(name) for name in names)


def _numbers(*names: str, required: bool = True) -> tuple[cells.Column, ...]:
    return tuple(cells.Column(name, "number", required=required, lower=0) for name in names)


def _key(name: str) -> tuple[cells.Column, ...]:
    return (cells.Column(name, required=True),)


LETTER_NUMBERS = ("own_log_sd", "copy_log_sd", "date_days", "outlier", "bias_sd", "interested_bias_sd")
MEASURE_NUMBERS = ("grain", "scatter_sd", "daily_change", "discrepancy_sd")
WORD_NUMBERS = ("low", "best", "high")


def _rows(name: str, columns: tuple[cells.Column, ...]) -> list[tables.Row]:
    """The rows of a table of the package. Raises errors.InputError."""
    faults: list[errors.Fault] = []
    rows = tables.read(FOLDER / name, columns, faults, key=(columns[0].name,), at_least_one=True)
    if faults:
        raise errors.InputError(faults)
    return rows


@functools.cache
def letters() -> Mapping[str, Letter]:
    """The letters A to F."""
    columns = _key("letter") + _numbers(*LETTER_NUMBERS) + _text("rationale", "source")
    return {row["letter"]: Letter(**row.values) for row in _rows("reliability.csv", columns)}


@functools.cache
def measures() -> Mapping[str, Measure]:
    """The quantities that a report can be laid beside a run with, without a cause: `killed` for `killed:mine`."""
    columns = _key("quantity") + _numbers(*MEASURE_NUMBERS) + _text("rationale")
    return {row["quantity"]: Measure(**row.values) for row in _rows("measures.csv", columns)}


@functools.cache
def words() -> Mapping[str, Word]:
    """The words, in small letters."""
    columns = _key("word") + _numbers(*WORD_NUMBERS, required=False) + _text("shows", "rationale")
    return {row["word"]: Word(**row.values) for row in _rows("words.csv", columns)}


@functools.cache
def numbers() -> Mapping[str, float]:
    """What else is needed to read a report, by name."""
    columns = (*_key("name"), cells.Column("value", "number", required=True), *_text("unit", "source", "note"))
    return {row["name"]: row["value"] for row in _rows("reading.csv", columns)}


def word(text: str) -> Word | None:
    """The row of a reported word, whatever its case and spaces; None if the table has none."""
    return words().get(" ".join(text.casefold().split()))
