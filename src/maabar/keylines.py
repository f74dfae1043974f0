"""On which line each key of a TOML text stands.

In: a text that `tomllib` has accepted. Out: key paths, such as ('cohorts', 0, 'share'), to lines counted from 1.
The standard parser keeps no lines, and searching the text for a word finds the wrong one as soon as two tables share a
key. As the text is known to be valid, this scanner only has to skip values, not to judge them.
"""

from __future__ import annotations

import bisect
import re

Path = tuple[str | int, ...]

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRINGS = (
    re.compile(r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*"""(?:"{0,2})'),
    re.compile(r"'''(?:[^']|'(?!''))*'''(?:'{0,2})"),
    re.compile(r'"((?:[^"\\\n]|\\.)*)"'),
    re.compile(r"'([^'\n]*)'"),
)
_BARE_VALUE = re.compile(r"[^,\]}#\n]*")


def lines(text: str) -> dict[Path, int]:
    """The line of every key, table and list element; of those that could be found if nesting is absurdly deep."""
    scanner = _Scanner(text)
    try:
        scanner.document()
    except (RecursionError, IndexError, AttributeError):
        return scanner.found
    return scanner.found


class _Scanner:
    """A position in the text and the lines found so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.ends = [match.start() for match in re.finditer("\n", text)]
        self.found: dict[Path, int] = {}
        self.tables: dict[Path, int] = {}

    def document(self) -> None:
        """Table headers and key-value pairs until the end."""
        here: Path = ()
        self.skip_space()
        while self.position < len(self.text):
            if self.text.startswith("[[", self.position):
                here = self.header(2)
            elif self.text[self.position] == "[":
                here = self.header(1)
            else:
                self.pair(here)
            self.skip_space()

    def header(self, brackets: int) -> Path:
        """The path of `[a.b]` or `[[a.b]]`; inside lists of tables the latest one is meant."""
        line = self.line()
        self.position += brackets
        names = self.key()
        self.position += brackets
        here: Path = ()
        for depth, name in enumerate(names):
            here += (name,)
            if brackets == 2 and depth == len(names) - 1:
                self.tables[here] = self.tables.get(here, 0) + 1
                self.found.setdefault(here, line)
            if here in self.tables:
                here += (self.tables[here] - 1,)
        self.found.setdefault(here, line)
        return here

    def pair(self, here: Path) -> None:
        """`key = value`."""
        line = self.line()
        for name in self.key():
            here += (name,)
            self.found.setdefault(here, line)
        self.position += 1  # the equals sign
        self.skip_space()
        self.value(here)

    def key(self) -> list[str]:
        """The parts of a dotted key, and the space around it."""
        parts = []
        while True:
            self.skip_space()
            if match := _BARE_KEY.match(self.text, self.position):
                parts.append(match[0])
                self.position = match.end()
            else:
                parts.append(self.string()[1:-1])
            self.skip_space()
            if not self.text.startswith(".", self.position):
                return parts
            self.position += 1

    def value(self, here: Path) -> None:
        """Skip a value; keys and elements inside are noted."""
        opening = self.text[self.position]
        if opening in "\"'":
            self.string()
        elif opening == "[":
            self.elements(here)
        elif opening == "{":
            self.inline(here)
        else:
            self.position = _BARE_VALUE.match(self.text, self.position).end()  # type: ignore[union-attr]

    def elements(self, here: Path) -> None:
        """Skip a list."""
        self.position += 1
        self.skip_space()
        count = 0
        while self.text[self.position] != "]":
            self.found[(*here, count)] = self.line()
            self.value((*here, count))
            count += 1
            self.skip_comma()
        self.position += 1

    def inline(self, here: Path) -> None:
        """Skip an inline table."""
        self.position += 1
        self.skip_space()
        while self.text[self.position] != "}":
            self.pair(here)
            self.skip_comma()
        self.position += 1

    def string(self) -> str:
        """Skip a string and return it with its quotes."""
        match = next(filter(None, (form.match(self.text, self.position) for form in _STRINGS)))
        self.position = match.end()
        return match[0]

    def skip_space(self) -> None:
        """Skip blanks, line ends and comments."""
        self.position = _SPACE.match(self.text, self.position).end()  # type: ignore[union-attr]

    def skip_comma(self) -> None:
        """Skip a comma and the space around it."""
        self.skip_space()
        if self.text[self.position] == ",":
            self.position += 1
            self.skip_space()

    def line(self) -> int:
        """The line of the position, from 1."""
        return bisect.bisect_left(self.ends, self.position) + 1
