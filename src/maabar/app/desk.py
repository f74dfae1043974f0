"""What lies in the folder that the browser door serves: scenarios, runs, posteriors; written without losing any.

In: names that a browser sent. Out: paths below the folder, and never another: a name is letters, digits, dots, dashes
and underscores, does not begin with a dot, and nothing is followed out of the folder. A file is saved only over the
text that its editor has seen (`digest`), so that two tabs do not undo each other.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import shutil
import threading
from pathlib import Path
from typing import Any

from maabar import errors, scenario, storage

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")
EDITED = (".csv", ".toml", ".md")
LARGEST = 4_000_000  # bytes of a file that is edited
RUNS, POSTERIORS, PRODUCTS = "runs", "posteriors", "products"


class Refused(errors.RunError):
    """A request that is not answered: `status` is that of HTTP."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclasses.dataclass(frozen=True)
class Text:
    """A file as it is: its text, and the digest by which a save knows that nobody else changed it."""

    path: Path
    text: str
    digest: str


class Conflict(Refused):
    """A save over a text that its editor has not seen: what stands there now, and what was to be saved."""

    def __init__(self, now: Text, mine: str) -> None:
        super().__init__(409, f"{now.path.name}: was changed elsewhere since you opened it")
        self.now, self.mine = now, mine


class Desk:
    """The folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.writing = threading.Lock()

    def inside(self, *parts: str) -> Path:
        """A path below the folder. Raises Refused for a name that may lead elsewhere."""
        for part in parts:
            if not NAME.fullmatch(part) or ".." in part:
                raise Refused(404, f"found {errors.quote(part)}, expected a name of letters, digits, dots and dashes")
        path = self.root.joinpath(*parts)
        if not path.resolve().is_relative_to(self.root) or path.is_symlink():
            raise Refused(404, f"{'/'.join(parts)}: leads out of the folder")
        return path

    def scenarios(self) -> list[str]:
        """Folders that hold a scenario.toml."""
        return sorted(
            path.parent.name for path in self.root.glob("*/scenario.toml") if NAME.fullmatch(path.parent.name)
        )

    def scenario(self, name: str) -> Path:
        """The folder of a scenario. Raises Refused."""
        path = self.inside(name)
        if not (path / "scenario.toml").is_file():
            raise Refused(404, f"{name}: there is no such scenario")
        return path

    def files(self, name: str) -> list[str]:
        """Files of a scenario that can be edited, the settings first."""
        folder = self.scenario(name)
        found = [path.name for path in folder.iterdir() if path.suffix in EDITED and NAME.fullmatch(path.name)]
        order = ["scenario.toml", "places.csv", "routes.csv", "events.csv", "evidence.csv", "sources.csv"]
        return sorted(found, key=lambda one: (order.index(one) if one in order else len(order), one))

    def new(self, name: str, like: str = "") -> Path:
        """A new scenario: the commented one, or a copy of one that is shipped or here. Raises Refused."""
        target = self.inside(name)
        if target.exists():
            raise Refused(409, f"{name}: is there already; choose another name")
        if not like:
            scenario.template(target)
            return target
        source = scenario.SHIPPED / like if like in scenario.shipped() else self.scenario(like)
        try:
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))
        except (OSError, shutil.Error) as fault:
            shutil.rmtree(target, ignore_errors=True)
            raise Refused(507, f"{name}: could not be copied ({fault})") from fault
        return target

    def read(self, name: str, file: str) -> Text:
        """A file of a scenario. Raises Refused for one that is not there or is no text."""
        path = self._file(name, file)
        try:
            content = path.read_bytes()
            return Text(path, content.decode("utf-8"), hashlib.sha256(content).hexdigest())
        except FileNotFoundError as fault:
            raise Refused(404, f"{name}/{file}: there is no such file") from fault
        except (OSError, UnicodeDecodeError) as fault:
            raise Refused(415, f"{name}/{file}: cannot be read as UTF-8 text; open it in an editor") from fault

    def save(self, name: str, file: str, text: str, seen: str) -> Text:
        """Write a file over the text with the digest `seen`. Raises Conflict, or Refused if it cannot be written."""
        path = self._file(name, file)
        content = text.encode("utf-8")
        if len(content) > LARGEST:
            raise Refused(413, f"{file}: found {len(content):,} bytes, expected at most {LARGEST:,}")
        with self.writing:
            now = self.read(name, file) if path.exists() else Text(path, "", "")
            if now.digest != seen:
                raise Conflict(now, text)
            try:
                storage.write(path, content)
            except OSError as fault:
                raise Refused(507, f"{storage.explained(fault, path.parent)}; nothing was changed") from fault
        return self.read(name, file)

    def _file(self, name: str, file: str) -> Path:
        self.scenario(name)
        if Path(file).suffix not in EDITED:
            raise Refused(404, f"{file}: found {errors.quote(Path(file).suffix)}, expected {errors.listed(EDITED)}")
        return self.inside(name, file)

    def runs(self) -> list[tuple[str, dict[str, Any]]]:
        """Finished runs and their manifests, the newest first."""
        folders = [
            path.parent for path in (self.root / RUNS).glob("*/manifest.json") if NAME.fullmatch(path.parent.name)
        ]
        found = [(path.name, said) for path in folders if (said := _finished(path)) is not None]
        return sorted(found, key=lambda one: one[1]["finished"], reverse=True)

    def posteriors(self) -> list[str]:
        """Kept calibrations."""
        return sorted(path.parent.name for path in (self.root / POSTERIORS).glob("*/posterior.nc"))

    def run(self, name: str) -> Path:
        """The folder of a run. Raises Refused."""
        path = self.inside(RUNS, name)
        if not (path / "manifest.json").is_file():
            raise Refused(404, f"{name}: there is no such run")
        if _finished(path) is None:
            raise Refused(422, f"{name}: is at work still, was broken off, or is damaged; wait, or start it again")
        return path

    def products(self, name: str) -> list[Path]:
        """Files that were made of a run here."""
        folder = self.run(name) / PRODUCTS
        return sorted(path for path in folder.glob("*") if path.is_file() and NAME.fullmatch(path.name))

    def product(self, name: str, file: str) -> Path:
        """One of them. Raises Refused."""
        path = self.inside(RUNS, name, PRODUCTS, file)
        if not path.is_file():
            raise Refused(404, f"{file}: there is no such file")
        return path


def _finished(folder: Path) -> dict[str, Any] | None:
    """The manifest of a finished run; None where it is at work, broken off or damaged."""
    try:
        said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        is_whole = said["status"] == "finished" and said["finished"][:1].isdigit() and bool(said["scenario"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said if is_whole else None
