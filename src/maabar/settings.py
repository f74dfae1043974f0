"""A reader of TOML settings that knows the line of every key and reports every fault.

In: a path. Out: a `Section` that is asked for its keys by type; whatever is not asked for is an unknown key. A wrong
value becomes None or the default, and a fault, so that reading goes on.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maabar import cells, errors, files, keylines, units

LARGEST_SETTINGS = 2**20  # byte
WHAT = "settings in TOML"
# A bare date that TOML may refuse: after the = of a key, and neither in quotes nor part of a longer word.
_BARE_DATE = re.compile(r"""([\w-]+)\s*=\s*(\d{4}-\d{1,2}-\d{1,2})(?![\w:.+-])""")


@dataclass
class Section:
    """One table of the settings: its values, its path of keys, and where to put faults."""

    file: str
    values: dict[str, Any]
    path: keylines.Path
    lines: dict[keylines.Path, int]
    faults: list[errors.Fault]
    asked: set[str] = field(default_factory=set)

    def line(self, *key: str | int) -> int | None:
        """The line of a key, or of the section itself."""
        path = self.path + key
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def blame(self, key: str | None, found: str, expected: str, cure: str) -> None:
        """Append a fault of this section; key None means the section as a whole."""
        name = key if key is not None else next((part for part in reversed(self.path) if isinstance(part, str)), None)
        line = self.line(key) if key is not None else self.line()
        self.faults.append(errors.Fault(self.file, line, name, found, expected, cure, "key"))

    def text(self, key: str, *, required: bool = False, default: str = "", cure: str = "add it") -> str:
        """A text; surrounding space is dropped."""
        value = self._take(key, "a text in quotes" if required else "", cure)
        if value is None:
            return default
        if not isinstance(value, str):
            self.blame(key, describe(value), "a text", "put it in quotes")
            return default
        if "\0" in value:
            self.blame(key, "a NUL character", "a text", "delete it")
            return default
        if required and not value.strip():
            self.blame(key, "an empty text", "a text", cure)
        return value.strip()

    def choice(self, column: cells.Column) -> str | None:
        """One of the choices of a column; its default if the key is absent."""
        value = self._take(column.name, column.expected if column.required else "", column.cure)
        result: str | None = self._converted(column, value)
        return result

    def number(self, column: cells.Column) -> Any:
        """A number within the bounds of a column: int for `whole`, else float; its default if the key is absent."""
        value = self._take(column.name, column.expected if column.required else "", column.cure)
        if value is not None and not _is_number(value):
            cure = "write it without quotes" if isinstance(value, str) else column.cure or "write a number"
            self.blame(column.name, describe(value), column.expected, cure)
            return column.default
        return self._converted(column, value)

    def date(self, key: str, *, required: bool = False) -> dt.date | None:
        """A date, as TOML's own or as a text."""
        column = cells.Column(key, "date", required=required)
        value = self._take(key, column.expected if required else "", "write year-month-day without quotes")
        if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
            value = value if value is None else value.isoformat()
        elif not isinstance(value, str):
            cure = (
                f"write {value.date().isoformat()}"
                if isinstance(value, dt.datetime)
                else "write year-month-day without quotes"
            )
            self.blame(key, describe(value), column.expected, cure)
            return None
        result: dt.date | None = self._converted(column, value)
        return result

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self._take(key, "", "")
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) and "\0" not in item for item in value):
            found = describe(value) if not isinstance(value, list) else "a list with something else in it"
            self.blame(key, found, "a list of texts", 'write ["…", "…"]')
            return ()
        return tuple(item.strip() for item in value)

    def section(self, key: str) -> Section | None:
        """A table within this one; None if it is absent or no table."""
        value = self._take(key, "", "")
        if value is not None and not isinstance(value, dict):
            self.blame(key, describe(value), f"a table [{key}]", f"write its keys under [{key}]")
            return None
        return None if value is None else self._below(value, key)

    def sections(self, key: str) -> list[Section]:
        """A list of tables within this one."""
        value = self._take(key, "", "")
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            found = describe(value) if not isinstance(value, list) else "a list with something else in it"
            self.blame(key, found, f"tables [[{key}]]", f"write each under [[{key}]]")
            return []
        return [self._below(item, key, number) for number, item in enumerate(value)]

    def named(self) -> list[tuple[str, Any]]:
        """All keys and values, where the names are free; they count as asked for."""
        self.asked.update(self.values)
        return list(self.values.items())

    def close(self, elsewhere: frozenset[str] = frozenset()) -> None:
        """A fault for every key that nobody asked for; `elsewhere`: keys of the top of the file."""
        for key in self.values:
            if key in self.asked:
                continue
            cure = errors.suggestion(key, sorted(self.asked), "delete it")
            if self.path and key in elsewhere:
                cure = "move it above the first line that begins with ["
            self.blame(key, "an unknown key", errors.listed(sorted(self.asked), 20), cure)

    def _take(self, key: str, wanted: str, cure: str) -> Any:
        """The raw value of a key; a fault if it is absent and wanted."""
        self.asked.add(key)
        if key not in self.values and wanted:
            self.blame(key, "nothing", wanted, cure or "add it")
        return self.values.get(key)

    def _converted(self, column: cells.Column, value: Any) -> Any:
        """The value through the same conversion as a cell of a table."""
        if value is None:
            return column.default
        if not isinstance(value, str) and not _is_number(value):
            self.blame(column.name, describe(value), column.expected, column.cure or "put it in quotes")
            return column.default
        try:
            return cells.convert(column, value if isinstance(value, str) else spelled(value))
        except errors.Unreadable as error:
            self.faults.append(error.at(self.file, self.line(column.name), column.name, "key"))
            return column.default

    def _below(self, values: dict[str, Any], *key: str | int) -> Section:
        return Section(self.file, values, self.path + key, self.lines, self.faults)


def _is_number(value: object) -> bool:
    """Whether TOML holds a number here; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def spelled(number: int | float) -> str:
    """A number of TOML as a cell would hold it; whole numbers beyond 64 bits as their size."""
    return str(number) if isinstance(number, float) or abs(number) < 2**63 else f"{number.bit_length()} bits"


def describe(value: Any) -> str:
    """What was found, in words."""
    if isinstance(value, str):
        return errors.quote(value)
    if isinstance(value, bool):
        return "'true'" if value else "'false'"
    if _is_number(value):
        return f"'{spelled(value)}'"
    names = {dict: "a table", list: "a list", dt.datetime: "a date with a time", dt.date: "a date", dt.time: "a time"}
    return names.get(type(value), "something else")


def read(path: Path, faults: list[errors.Fault]) -> Section | None:
    """The top of a settings file, or None and a fault."""
    text = files.text(path, faults, WHAT, LARGEST_SETTINGS)
    if text is None:
        return None
    text = text.replace("\r\n", "\n")
    file = files.shown(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.append(_syntax(file, text, str(error)))
    except (ValueError, RecursionError) as error:
        found = "values nested too deeply" if isinstance(error, RecursionError) else "a number that is too long"
        faults.append(errors.Fault(file, None, None, found, WHAT, "write it as the template does"))
    else:
        return Section(file, values, (), keylines.lines(text), faults)
    return None


def _syntax(file: str, text: str, message: str) -> errors.Fault:
    """The fault of a text that is not TOML; the parser's message ends with where it stopped."""
    match = re.search(r"\(at line (\d+), column \d+\)$", message)
    line = int(match[1]) if match else text.count("\n") + 1
    reason = message.rpartition(" (at ")[0] or message
    content = (text.split("\n")[line - 1 : line] or [""])[0].strip()
    for key, date in _BARE_DATE.findall(content):
        try:
            units.parse_date(date, "a date that exists")
        except errors.Unreadable as error:
            return error.at(file, line, key, "key")
    found = f"{errors.quote(content) if content else 'the end of the file'} ({errors.printable(reason[:80])})"
    cure = "write key = value, texts in quotes, dates as 2017-06-06, tables as [name]"
    return errors.Fault(file, line, None, found, WHAT, cure)
