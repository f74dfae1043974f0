"""A run is a folder: made, resumed after any interruption, and ended with the same bytes.

In: a checked scenario and what to run. Out: a folder with manifest.json, results.nc and summary.csv. Members are
simulated in blocks (see `blocks`), whatever the number of workers; each finished block is kept under blocks/ at once,
and the blocks are put together in the order of members at the end. The same scenario, variant, seed, mode and
version therefore give the same results.nc on 1 or N workers, in one go or in ten. A folder that holds another run
is refused, never overwritten.
"""

import contextlib
import dataclasses
import datetime
import itertools
import pathlib
import platform
import shlex
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from maabar import __version__, ensemble, errors, results, scenario, storage, summary, workers, world

BLOCK = 10  # members of a full block
MEMBERS, SEED = 200, 1  # unless told
STEPS = 10  # blocks that even a small ensemble has, so that its progress can be seen
LARGEST_SEED = 2**63 - 1
LARGEST_RUN = 10_000_000
Progress = Callable[[str, int, int], None]
Task = tuple[int, int]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to run; a folder can be resumed only with an equal plan."""

    facts: scenario.Scenario
    variant: str | None
    members: int
    seed: int
    expected: bool
    learned: ensemble.Learned | None = None

    def command(self, out: pathlib.Path, *extra: str) -> str:
        """The words that run or resume this in a shell."""
        words = ["maabar", "run", _name(self.facts), "--members", str(self.members), "--seed", str(self.seed)]
        words += ["--variant", self.variant] if self.variant else []
        words += ["--expected"] if self.expected else []
        return shlex.join([*words, *extra, "--out", str(out)])

    def identity(self) -> dict[str, Any]:
        """What must be equal for two runs to give the same bytes."""
        learned = {} if self.learned is None else {"posterior": self.learned.digest}
        return learned | {
            "scenario digest": self.facts.digest,
            "variant": self.variant or "",
            "mode": "expected" if self.expected else "random",
            "members": self.members,
            "seed": self.seed,
            "version": __version__,
        }

    def tasks(self) -> list[Task]:
        """(first member, number of members) of every block."""
        return blocks(self.members)


def blocks(members: int) -> list[Task]:
    """(first member, number of members) of every block of an ensemble; depends on nothing else.

    Up to 20 members come in blocks of one or two, more in blocks of `BLOCK`. No member depends on its block.
    """
    size = max(1, -(-members // STEPS)) if members <= 2 * BLOCK else BLOCK
    return [(first, min(size, members - first)) for first in range(0, members, size)]


def _name(facts: scenario.Scenario) -> str:
    """How to name a scenario on the command line: by name if it is shipped, else by its folder."""
    return facts.name if facts.path == scenario.SHIPPED / facts.name else str(facts.path)


def check(*, members: int, seed: int, workers: int | None) -> None:
    """Raise RunError for numbers no run can have."""
    for name, value, lowest, highest in (
        ("members", members, 1, LARGEST_RUN),
        ("seed", seed, 0, LARGEST_SEED),
        ("workers", 1 if workers is None else workers, 1, 4096),
    ):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not lowest <= value <= highest:
            found = errors.quote(str(value))
            raise errors.RunError(f"--{name}: found {found}, expected a whole number from {lowest} to {highest}")


def of_posterior(there: int, its_seed: int, members: int | None, seed: int | None) -> tuple[int, int]:
    """Members and seed of a run of a posterior, all of them unless told; raises RunError for more, or another seed."""
    if members is not None and members > there:
        raise errors.RunError(f"--members: found {members}, expected at most {there}, the members of the posterior")
    if seed is not None and seed != its_seed:
        raise errors.RunError(f"--seed: found {seed}, expected {its_seed}, the seed of the posterior; leave it out")
    return members or there, its_seed


def default_folder(facts: scenario.Scenario) -> pathlib.Path:
    """runs/<scenario>-<time>, with a number behind it if that is taken."""
    stem = f"{facts.name}-{datetime.datetime.now():%Y%m%dT%H%M%S}"
    path, number = pathlib.Path("runs") / stem, 1
    while path.exists():
        number += 1
        path = pathlib.Path("runs") / f"{stem}-{number}"
    return path


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def execute(
    facts: scenario.Scenario,
    *,
    members: int = MEMBERS,
    seed: int = SEED,
    out: str | pathlib.Path | None = None,
    variant: str | None = None,
    expected: bool = False,
    workers: int | None = None,
    cluster: str | None = None,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
    command: str | None = None,
    learned: ensemble.Learned | None = None,
) -> pathlib.Path:
    """Run a scenario into a folder, or finish what was begun there; returns the folder.

    on_progress  called with (stage, done, total); stages: compile, members, results
    should_stop  asked between blocks; True stops the run as Ctrl-C does
    command      what to type to resume; made from the other arguments unless given
    learned      members of a posterior instead of draws from the priors
    Raises InputError for an unknown variant, RunError where the folder or disk is the problem, Cancelled after Ctrl-C.
    In the last two cases every finished block is kept.
    """
    check(members=members, seed=seed, workers=workers)
    plan = Plan(facts, variant, int(members), int(seed), expected, learned)
    compiled = world.compile(facts, variant)
    folder = pathlib.Path(out) if out is not None else default_folder(facts)
    job = _Job(plan, compiled, folder, command or plan.command(folder), on_progress or silent)
    try:
        with _pool(workers, cluster) as place:
            folder.mkdir(parents=True, exist_ok=True)
            with storage.lock(folder):
                job.open()
                if not job.is_finished():
                    job.simulate(place, should_stop or (lambda: False), warm_up=cluster is None)
                    job.assemble()
        return folder
    except OSError as fault:
        raise errors.RunError(f"{storage.explained(fault, folder)}{job.kept()}") from fault
    except KeyboardInterrupt:
        raise errors.Cancelled(f"{folder}: stopped{job.kept()}") from None


def _pool(count: int | None, cluster: str | None) -> contextlib.AbstractContextManager[workers.Pool]:
    """Where to work, found before anything is written."""
    return workers.pool(workers=count, cluster=cluster)


def _simulate(shared: tuple[world.World, ensemble.Learned | None], work: tuple[int, int, int, bool]) -> storage.Arrays:
    """One block of members; runs on a thread or on another machine."""
    compiled, learned = shared
    first, count, seed, expected = work
    return ensemble.simulate_block(compiled, first, count, seed, expected=expected, learned=learned)


class _Job:
    """A run under way in its folder: what is asked, what is done, and the manifest that says so."""

    def __init__(
        self, plan: Plan, compiled: world.World, folder: pathlib.Path, command: str, on_progress: Progress
    ) -> None:
        self.plan, self.compiled, self.folder = plan, compiled, folder
        self.command, self.on_progress = command, on_progress
        self.store = storage.Store(folder / "blocks")
        self.missing: list[Task] = plan.tasks()
        self.timings: dict[str, float] = {}
        self.started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.has_begun = False
        self.broken: list[int] = []

    def done(self) -> int:
        """Members finished and kept."""
        return self.plan.members - sum(count for _, count in self.missing)

    def kept(self) -> str:
        """What is kept and how to go on, to end a message with."""
        if not self.has_begun:
            return ""
        return (
            f"; {self.done()} of {self.plan.members} members are finished and kept there; resume with: {self.command}"
        )

    def open(self) -> None:
        """Check what the folder holds and find the blocks that are missing."""
        inside = {path.name for path in self.folder.iterdir()} - {".lock"}
        if "manifest.json" in inside:
            self._check_same(results.manifest(self.folder))
        elif {name for name in inside if not name.endswith(".part")}:
            raise errors.RunError(
                f"{self.folder}: this folder is not empty and holds no run; choose an empty or new one with --out"
            )
        self.has_begun = True
        self.missing = [task for task in self.plan.tasks() if not self._is_whole(task)]

    def _is_whole(self, task: Task) -> bool:
        block = self.store.load(_key(task))
        return block is not None and all(len(array) == task[1] for array in block.values())

    def _check_same(self, before: dict[str, Any]) -> None:
        """Raise RunError if the folder holds another run than the one asked for."""
        there = before.get("identity", {})
        here = self.plan.identity()
        different = [name for name, value in here.items() if there.get(name) != value]
        if "scenario digest" in different:
            words = "the scenario has changed since, or is another one"
        else:
            words = ", ".join(f"{name} '{there.get(name)}' there, '{here[name]}' here" for name in different)
        if different:
            raise errors.RunError(
                f"{self.folder}: holds another run ({words}); choose another folder with --out, or remove this one"
            )
        self.started = before.get("started", self.started)
        self.timings = dict(before.get("timings", {}))

    def is_finished(self) -> bool:
        """Whether results.nc is already there, whole."""
        if not (self.folder / "manifest.json").exists():
            return False
        before = results.manifest(self.folder)
        path = self.folder / "results.nc"
        return (
            before.get("status") == "finished"
            and path.is_file()
            and (self.folder / "summary.csv").is_file()
            and storage.checksum(path) == before["results"]["sha256"]
        )

    def simulate(self, place: workers.Pool, should_stop: Callable[[], bool], *, warm_up: bool) -> None:
        """Compute and keep the missing blocks."""
        self.say("running")
        if warm_up and self.missing:
            self._warm_up()
        begun = time.perf_counter()
        self.on_progress("members", self.done(), self.plan.members)
        with workers.noted_interrupt() as interrupted:
            work = [(first, number, self.plan.seed, self.plan.expected) for first, number in self.missing]
            complete = workers.each(
                place,
                _simulate,
                (self.compiled, self.plan.learned),
                work,
                self._keep,
                lambda: interrupted.is_set() or should_stop(),
            )
        self.timings["members"] = round(self.timings.get("members", 0.0) + time.perf_counter() - begun, 3)
        if not complete:
            self.say("stopped")
            raise errors.Cancelled(f"{self.folder}: stopped{self.kept()}")

    def _warm_up(self) -> None:
        """Compile the day before the threads need it; say so only where that takes time."""
        if ensemble.is_compiled():
            ensemble.warm_up(self.compiled)
            return
        self.on_progress("compile", 0, 1)
        self.timings["compile"] = round(ensemble.warm_up(self.compiled), 3)
        self.on_progress("compile", 1, 1)

    def _keep(self, work: tuple[int, int, int, bool], arrays: storage.Arrays) -> None:
        task = work[:2]
        self.store.save(_key(task), arrays)
        self.missing.remove(task)
        self.on_progress("members", self.done(), self.plan.members)

    def _blocks(self) -> Iterator[tuple[int, storage.Arrays]]:
        """All members in order, `BLOCK` at a time as the file's chunks are; notes whether each conserved people."""
        total = -(-self.plan.members // BLOCK)
        self.on_progress("results", 0, total)
        for number, tasks in itertools.groupby(self.plan.tasks(), lambda task: task[0] // BLOCK):
            first, block = number * BLOCK, _joined([self._kept_block(task) for task in tasks])
            self.broken += [first + int(k) for k in np.flatnonzero(~block["conserved"].astype(bool))]
            yield first, block
            self.on_progress("results", number + 1, total)

    def _kept_block(self, task: Task) -> storage.Arrays:
        block = self.store.load(_key(task))
        if block is None:
            raise errors.RunError(f"{self.folder}: a finished block was damaged meanwhile{self.kept()}")
        return block

    def assemble(self) -> None:
        """Put the blocks together, write the summary, say so in the manifest, and only then drop the blocks."""
        begun = time.perf_counter()
        self.broken = []
        with workers.noted_interrupt() as interrupted:
            asked = self.plan
            plan = results.layout(self.compiled, members=asked.members, seed=asked.seed, expected=asked.expected)
            path = self.folder / "results.nc"
            results.write(path, plan, self._blocks(), BLOCK)
            summary.write(self.folder / "summary.csv", path, plan)
            self.timings["results"] = round(time.perf_counter() - begun, 3)
            self.say("finished")
            self.store.clear()
        if interrupted.is_set():
            raise errors.Cancelled(f"{self.folder}: stopped after the last member; all results are there")

    def say(self, status: str) -> None:
        """Write the manifest."""
        facts, plan = self.plan.facts, self.plan
        path = self.folder / "results.nc"
        finished = status == "finished"
        storage.write_json(
            self.folder / "manifest.json",
            {
                "format": results.FORMAT,
                "status": status,
                "scenario": {
                    "name": facts.name,
                    "title": facts.title,
                    "path": _name(facts),
                    "digest": facts.digest,
                },
                "variant": plan.variant or "",
                "mode": "expected" if plan.expected else "random",
                "seed": plan.seed,
                "members": plan.members,
                "members_done": self.done(),
                "version": __version__,
                "versions": versions(),
                "command": self.command,
                "started": self.started,
                "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds") if finished else None,
                "timings": self.timings,
                "conserved": (not self.broken) if finished else None,
                "not_conserved": self.broken if finished else [],
                "results": {"sha256": storage.checksum(path), "bytes": path.stat().st_size} if finished else None,
                "identity": plan.identity(),
                **({} if plan.learned is None else plan.learned.about),
            },
        )


def _key(task: Task) -> str:
    """The name of a block: its first and last member."""
    return f"members-{task[0]:08d}-{task[0] + task[1] - 1:08d}"


def _joined(parts: list[storage.Arrays]) -> storage.Arrays:
    """Blocks one after the other along their members."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts[1:] else parts[0]


def versions() -> dict[str, str]:
    """What computed the run."""
    import numba

    return {
        "maabar": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
    }
