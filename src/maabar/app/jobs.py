"""Commands that take long, each in a process of its own, whose words are kept in files.

In: the words of a command. Out: a `Job` that can be asked how far it is, stopped, and read again after the browser, or
the door itself, was closed. A stopped run keeps the members that are finished; the same command goes on from there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from maabar import storage

FOLDER = ".maabar"
MOST = 2  # at once
SHARE = re.compile(r"(\d+) of (\d+)")


@dataclasses.dataclass(frozen=True)
class Job:
    """How far a command is.

    state  running, done, failed, stopped, or lost (the door was closed while it ran, and it ended with it)
    share  of its present stage, from 0 to 1; None while that is not known
    line   the last line of its progress;  said: what it printed, or why it failed
    out    folder that it writes, relative to that of the door
    """

    id: str
    words: tuple[str, ...]
    scenario: str
    out: str
    begun: str
    state: str
    share: float | None
    line: str
    said: str

    @property
    def is_running(self) -> bool:
        """Whether it is still at work."""
        return self.state == "running"


class Jobs:
    """The commands of one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / FOLDER / "jobs"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.changing = threading.Lock()

    def start(self, words: list[str], scenario: str, out: str) -> Job | None:
        """Begin `maabar WORDS`; None while as many run as may."""
        with self.changing:
            if sum(process.poll() is None for process in self.running.values()) >= MOST:
                return None
            now = dt.datetime.now(dt.UTC)
            name = now.strftime("%Y%m%dT%H%M%S%f")
            home = self.folder / name
            home.mkdir(parents=True)
            about = {"words": words, "scenario": scenario, "out": out, "begun": now.isoformat(timespec="seconds")}
            storage.write_json(home / "job.json", about)
            with (home / "said.txt").open("wb") as said, (home / "progress.txt").open("wb") as progress:
                process = subprocess.Popen(
                    [sys.executable, "-m", "maabar", *words], cwd=self.root, stdin=subprocess.DEVNULL, stdout=said,
                    stderr=progress, start_new_session=True, env={**os.environ, "NO_COLOR": "1"},
                )  # fmt: skip
            self.running[name] = process
            threading.Thread(target=self._wait, args=(name, process), daemon=True).start()
        return self.job(name)

    def _wait(self, name: str, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        with contextlib.suppress(OSError):
            storage.write(self.folder / name / "code.txt", str(code).encode())

    def job(self, name: str) -> Job | None:
        """A command by its id; None if there is none."""
        home = self.folder / name
        try:
            about: dict[str, Any] = json.loads((home / "job.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        told, printed = (_text(home / file) for file in ("progress.txt", "said.txt"))
        lines = told.splitlines()
        line = lines[-1] if lines else ""
        found = SHARE.search(line)
        share = int(found[1]) / max(int(found[2]), 1) if found else None
        state = self._state(name, home)
        words = tuple(str(word) for word in about["words"])
        said = printed.strip() or ("" if state in ("running", "done") else told.strip())
        return Job(name, words, about["scenario"], about["out"], about["begun"], state, share, line, said)

    def _state(self, name: str, home: Path) -> str:
        process = self.running.get(name)
        code = _text(home / "code.txt").strip() or ("" if process is None else str(process.poll() or ""))
        if process is not None and process.poll() is None:
            return "running"
        if process is not None and process.poll() == 0:
            return "done"
        if not code:
            return "lost"
        if (home / "stopped").exists():
            return "stopped"
        return "done" if code == "0" else "failed"

    def all(self) -> list[Job]:
        """All commands, the newest first."""
        names = sorted((path.name for path in self.folder.glob("*") if path.is_dir()), reverse=True)
        return [job for job in map(self.job, names) if job is not None]

    def stop(self, name: str) -> None:
        """Ask a command to end, as Ctrl-C does."""
        process = self.running.get(name)
        if process is not None and process.poll() is None:
            (self.folder / name / "stopped").touch()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)

    def close(self) -> None:
        """Stop whatever runs and wait for it; what was finished is kept."""
        for name in list(self.running):
            self.stop(name)
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
