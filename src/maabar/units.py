"""Dates, days and numbers as people write them in tables.

In: text of a cell or an option. Out: `datetime.date`, whole days, floats; or `errors.Unreadable` with the cure.
Dates are ISO 8601 (2017-06-06), because 06/07/2017 means two days in two countries. Numbers use a decimal point and no
thousands mark, because 22,849 means two numbers. Arabic-Indic digits are read: they are not ambiguous.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re

from maabar import errors

FIRST_YEAR, LAST_YEAR = 1900, 2199
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[,'’ \u00a0\u202f٬]\d{3})+(?:\.\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+[,٫]\d+", re.ASCII)
_PERCENT = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*[%٪]", re.ASCII)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(?:-|–|to)\s*(\d+(?:\.\d+)?)", re.ASCII)
_DAYS = re.compile(r"(\d{1,6}) ?(d|day|days|w|week|weeks)?", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_LOOSE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", re.ASCII)


def western(text: str) -> str:
    """The text without surrounding space and with Arabic-Indic digits as 0–9."""
    return text.strip().translate(_DIGITS)


def parse_number(text: str, expected: str = "a number") -> float:
    """A finite number; `expected` is the phrase of the message. Raises errors.Unreadable."""
    plain = western(text)
    if not _NUMBER.fullmatch(plain):
        raise errors.Unreadable(errors.quote(text), expected, _number_cure(plain))
    number = float(plain)
    if not math.isfinite(number):
        raise errors.Unreadable(errors.quote(text), expected, "write a number below 1e308")
    return number


def _number_cure(plain: str) -> str:
    """What to write in place of a text that was meant to be a number."""
    if _THOUSANDS.fullmatch(plain):
        return "write " + re.sub(r"[^\d.+-]", "", plain)
    if _DECIMAL_COMMA.fullmatch(plain):
        return "write " + plain.replace(",", ".").replace("٫", ".")
    if match := _PERCENT.fullmatch(plain):
        return f"write {match[1]} without the sign, or {float(match[1]) / 100:g} where a share is asked for"
    if match := _SPAN.fullmatch(plain):
        return f"write one number here, such as {match[1]}"
    return "write it in digits, with a decimal point if needed"


def parse_date(text: str, expected: str = "a date like 2017-06-06") -> dt.date:
    """An ISO 8601 calendar date between 1900 and 2199. Raises errors.Unreadable."""
    plain = western(text)
    match = _ISO.fullmatch(plain)
    if match is None:
        raise errors.Unreadable(errors.quote(text), expected, _date_cure(plain))
    year, month, day = (int(part) for part in match.groups())
    if cure := _impossible(year, month, day):
        raise errors.Unreadable(errors.quote(text), expected, cure)
    return dt.date(year, month, day)


def _impossible(year: int, month: int, day: int) -> str | None:
    """Why there is no such day, or None when there is."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return f"write a year from {FIRST_YEAR} to {LAST_YEAR}"
    if not 1 <= month <= 12:
        return f"there is no month {month}; write year-month-day"
    last = calendar.monthrange(year, month)[1]
    if not 1 <= day <= last:
        return f"{calendar.month_name[month]} {year} has {last} days"
    return None


def _date_cure(plain: str) -> str:
    """What to write in place of a text that was meant to be a date."""
    if match := _LOOSE.fullmatch(plain):
        return f"write {match[1]}-{int(match[2]):02}-{int(match[3]):02}"
    if match := _DAY_FIRST.fullmatch(plain):
        first, second = int(match[1]), int(match[2])
        readings = [
            f"{match[3]}-{month:02}-{day:02}" for day, month in {(first, second), (second, first)} if month <= 12
        ]
        return "write year-month-day: " + errors.listed(sorted(readings)) if readings else "write year-month-day"
    return "write year-month-day"


def date_of(text: dt.date | str | None, where: str) -> dt.date | None:
    """A date, as it is or from year-month-day; `where` it was named. Raises errors.RunError."""
    if not isinstance(text, str):
        return text
    try:
        return parse_date(text, "a date")
    except errors.Unreadable as fault:
        raise errors.RunError(f"{where}: found {fault.found}, expected {fault.expected}; {fault.cure}") from fault


def parse_span(span: int | str, where: str) -> int:
    """Whole days from 14, `14d`, `14 days` or `2w`; `where` it was named. Raises errors.RunError."""
    match = _DAYS.fullmatch(western(str(span)))
    if isinstance(span, bool) or match is None or int(match[1]) < 1:
        raise errors.RunError(
            f"{where}: found {errors.quote(str(span))}, expected a number of days such as 14, 14d or 2w; write whole "
            "days or weeks"
        )
    return int(match[1]) * (7 if match[2] in ("w", "week", "weeks") else 1)


def plain(number: float) -> str:
    """A number as one would write it in a message: 3, 0.25, 1000000."""
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else f"{number:g}"
