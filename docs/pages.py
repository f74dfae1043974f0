"""Commands and edits of a page: read them, follow them as a reader would, and write their output anew.

A ```console block holds commands after `$ ` and what they print; … stands for anything. A comment `<!-- edit FILE -->`
makes the ```diff block under it an edit: its `-` line becomes its `+` lines, and without a `-` line they are added
at the end.
`make docs` runs this file: it follows each of `PAGES` in a new folder that holds the examples, and puts the real output
into the page.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = tuple(ROOT / "docs" / name for name in ("tutorial.md", "from-flee.md", "forecast.md", "imports.md"))
BLOCK = re.compile(r"^(?:<!-- edit (\S+) -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?")
ANYTHING = "…"


@dataclass(frozen=True)
class Command:
    """A command and the lines that the page shows under it."""

    words: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Edit:
    """Lines that replace one line of a file, or are added at its end."""

    file: str
    old: str | None
    new: tuple[str, ...]


def commands(block: str) -> list[Command]:
    """The commands of one console block."""
    found = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        words, *shown = part.rstrip("\n").split("\n")
        found.append(Command(words, tuple(line for line in shown if line.strip())))
    return found


def edit(file: str, block: str) -> Edit:
    """The edit of one diff block."""
    old = [line[1:].lstrip() for line in block.splitlines() if line.startswith("-")]
    new = [line[1:] for line in block.splitlines() if line.startswith("+")]
    return Edit(file, old[0] if old else None, tuple(new))


def steps(text: str) -> list[Command | Edit]:
    """What a reader of a page does, in order."""
    found: list[Command | Edit] = []
    for match in BLOCK.finditer(text):
        if match[2] == "console":
            found += commands(match[3])
        elif match[2] == "diff" and match[1]:
            found.append(edit(match[1], match[3]))
    return found


def apply(change: Edit, folder: Path) -> None:
    """Make an edit; raises ValueError if the line to be replaced is not there once."""
    file = folder / change.file
    lines = file.read_text(encoding="utf-8").splitlines()
    if change.old is None:
        lines += change.new
    else:
        at = [number for number, line in enumerate(lines) if line.strip() == change.old]
        if len(at) != 1:
            raise ValueError(f"{change.file}: the line is there {len(at)} times: {change.old}")
        lines[at[0] : at[0] + 1] = change.new
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def printed(command: Command, folder: Path) -> str:
    """What a command prints when run in `folder`: its output, or its error messages if it has none.

    Raises RuntimeError if the command met a bug: exit codes other than 0 and 2 are never shown on a page.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "120", "NO_COLOR": "1"}
    done = subprocess.run(
        shlex.split(command.words), cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode not in (0, 2):
        raise RuntimeError(f"$ {command.words}\n{done.stdout}{done.stderr}")
    return done.stdout or done.stderr


def close(shown: str, real: str) -> bool:
    """Whether two printed numbers agree within a fifth, or within 30 for small ones."""
    left, right = (float(number.replace(",", "")) for number in (shown, real))
    return abs(left - right) <= max(30.0, 0.2 * max(abs(left), abs(right)))


def matches(shown: str, real: str) -> bool:
    """Whether a line is as the page shows it: the same words, numbers that agree, and anything for …

    Numbers are not compared exactly: other processors may draw other members from the same seed.
    """
    shown, real = " ".join(shown.split()), " ".join(real.split())
    parts = [NUMBER.split(part) for part in shown.split(ANYTHING)]
    gaps = [rf"({NUMBER.pattern})".join(map(re.escape, pieces)) for pieces in parts]
    found = re.fullmatch(".*".join(gaps), real)
    return found is not None and all(map(close, NUMBER.findall(shown), found.groups()))


def missing(shown: tuple[str, ...], output: str) -> list[str]:
    """The shown lines that are not in the output, in their order."""
    rest, absent = output.splitlines(), []
    for line in shown:
        if line.strip() == ANYTHING:
            continue
        at = next((number for number, real in enumerate(rest) if matches(line, real)), None)
        if at is None:
            absent.append(line)
        else:
            rest = rest[at + 1 :]
    return absent


def refreshed(block: str, folder: Path) -> str:
    """A console block with the real output under each command; lines with … are kept where they still hold."""
    parts = []
    for command in commands(block):
        output = printed(command, folder).rstrip("\n")
        kept = [line for line in command.shown if ANYTHING in line]
        if ANYTHING in (line.strip() for line in kept) and not missing(command.shown, output):
            output = "\n".join(command.shown)
        lines = [next((line for line in kept if matches(line, real)), real) for real in output.splitlines()]
        parts.append("\n".join([f"$ {command.words}", *lines]).rstrip() + "\n")
    return "\n".join(parts) if any("\n" in part.rstrip("\n") for part in parts) else "".join(parts)


def rewrite(page: Path, folder: Path) -> None:
    """Follow a page in an empty folder and put what its commands print into it."""

    def real(match: re.Match[str]) -> str:
        if match[2] == "console":
            return f"```console\n{refreshed(match[3], folder)}```"
        if match[2] == "diff" and match[1]:
            apply(edit(match[1], match[3]), folder)
        return match[0]

    page.write_text(BLOCK.sub(real, page.read_text(encoding="utf-8")), encoding="utf-8")


def lay_out(folder: Path) -> None:
    """Put into a folder what a reader of a page has at hand: the examples."""
    shutil.copytree(ROOT / "examples", folder / "examples")


def follow(text: str, folder: Path) -> Iterator[str]:
    """Do everything a page says; yields each command of which a shown line did not come."""
    for step in steps(text):
        if isinstance(step, Edit):
            apply(step, folder)
            continue
        output = printed(step, folder)
        absent = missing(step.shown, output)
        if absent:
            yield "\n".join([f"$ {step.words}", "shown and not printed:", *absent, "printed:", output])


if __name__ == "__main__":
    for page in PAGES:
        with tempfile.TemporaryDirectory() as scratch:
            lay_out(Path(scratch))
            rewrite(page, Path(scratch))
        print(f"wrote {page.relative_to(ROOT)}")
