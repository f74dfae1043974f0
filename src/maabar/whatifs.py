"""What each variant of a scenario would have changed, computed beside a finished run.

In: the folder of a finished run without a variant, and its scenario. Out: whatifs.nc in that folder, with the
outcomes of the run and of every variant for the same members (at most `MOST_MEMBERS`), so that differences can be
paired. Blocks of members are reduced to outcomes as they come; only these are kept, so that an interruption loses
little and a resumed run goes on with the next block.
"""

import pathlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from maabar import differences, ensemble, errors, results, runs, scenario, storage, workers, world

if TYPE_CHECKING:
    import xarray

MOST_MEMBERS = 100
FILE = "whatifs.nc"
Shared = tuple[world.World, results.Layout, ensemble.Learned | None]
Work = tuple[str, int, int, int, bool]


def evaluate(
    facts: scenario.Scenario,
    folder: pathlib.Path,
    *,
    count: int | None = None,
    cluster: str | None = None,
    on_progress: runs.Progress = runs.silent,
    should_stop: Callable[[], bool] | None = None,
    learned: ensemble.Learned | None = None,
) -> pathlib.Path | None:
    """Write whatifs.nc of a finished run; None if the scenario has no variants or the run is of one.

    count    threads; as many as processors unless given
    learned  the members of the run, where they are those of a posterior

    Finished blocks are kept and used again. Raises RunError where the folder or disk is the problem, Cancelled after
    Ctrl-C.
    """
    about = results.manifest(folder)
    if not facts.variants or about["variant"]:
        return None
    if facts.digest != about["scenario"]["digest"]:
        raise errors.RunError(f"{folder}: the scenario has changed since this run; run it again into another folder")
    if _is_whole(folder, about):
        return folder / FILE
    job = _Job(facts, folder, about, on_progress, learned)
    try:
        with storage.lock(folder):
            job.simulate(count, cluster, should_stop or (lambda: False))
            job.write()
    except OSError as fault:
        raise errors.RunError(f"{storage.explained(fault, folder)}{job.kept()}") from fault
    return folder / FILE


def _is_whole(folder: pathlib.Path, about: dict[str, Any]) -> bool:
    path = folder / FILE
    said = about.get("what_ifs") or {}
    return path.is_file() and storage.checksum(path) == said.get("sha256")


def open_table(folder: pathlib.Path) -> "xarray.Dataset | None":
    """The table of a run's what-ifs: `value` (variant, member, outcome); None if it is missing or damaged."""
    import xarray

    if not _is_whole(folder, results.manifest(folder)):
        return None
    with xarray.open_dataset(folder / FILE, engine="h5netcdf") as table:
        return table.load()


def _outcomes(shared: Shared, work: Work) -> storage.Arrays:
    """The outcomes of one block of members of one variant."""
    compiled, plan, learned = shared
    _, first, count, seed, expected = work
    block = ensemble.simulate_block(compiled, first, count, seed, expected=expected, learned=learned)
    return {"value": differences.outcomes(results.dataset(plan, block, first))["value"].values}


def _key(work: Work) -> str:
    return f"{work[0]}-{work[1]:08d}-{work[1] + work[2] - 1:08d}"


class _Job:
    """What-ifs under way in the folder of their run."""

    def __init__(
        self, facts: scenario.Scenario, folder: pathlib.Path, about: dict[str, Any], on_progress: runs.Progress,
        learned: ensemble.Learned | None,
    ) -> None:  # fmt: skip
        self.facts, self.folder, self.about, self.on_progress, self.learned = facts, folder, about, on_progress, learned
        self.members = min(MOST_MEMBERS, int(about["members"]))
        self.seed, self.expected = int(about["seed"]), about["mode"] == "expected"
        self.store = storage.Store(folder / "blocks-what-ifs")
        self.begun = time.perf_counter()
        self.total = self.members * len(facts.variants)
        self.done = 0

    def kept(self) -> str:
        """What is kept and how to go on, to end a message with."""
        return (
            f"; all members of the run and {self.done} of {self.total} of the what-ifs are finished and kept there; "
            f"resume with: {self.about['command']}"
        )

    def work(self, variant: str) -> list[Work]:
        """The blocks of one variant."""
        return [(variant, *task, self.seed, self.expected) for task in runs.blocks(self.members)]

    def simulate(self, count: int | None, cluster: str | None, should_stop: Callable[[], bool]) -> None:
        """Compute and keep the missing blocks of all variants."""
        with workers.noted_interrupt() as interrupted, workers.pool(workers=count, cluster=cluster) as place:
            for variant in self.facts.variants:
                wanted = self.work(variant.name)
                missing = [work for work in wanted if _key(work) not in self.store]
                self._count(sum(work[2] for work in wanted) - sum(work[2] for work in missing))
                compiled = world.compile(self.facts, variant.name)
                plan = results.layout(compiled, members=self.members, seed=self.seed, expected=self.expected)
                complete = workers.each(
                    place,
                    _outcomes,
                    (compiled, plan, self.learned),
                    missing,
                    self._keep,
                    lambda: interrupted.is_set() or should_stop(),
                )
                if not complete:
                    raise errors.Cancelled(f"{self.folder}: stopped{self.kept()}")

    def _keep(self, work: Work, outcomes: storage.Arrays) -> None:
        self.store.save(_key(work), outcomes)
        self._count(work[2])

    def _count(self, members: int) -> None:
        self.done += members
        self.on_progress("what-ifs", self.done, self.total)

    def write(self) -> None:
        """Put the outcomes of the run and its variants in one table, say so in the manifest, drop the blocks."""
        with results.open_dataset(self.folder) as dataset:
            base = differences.outcomes(dataset.isel(member=slice(0, self.members)))
        tables = {differences.BASELINE: base}
        for variant in self.facts.variants:
            blocks = [self.store.load(_key(work)) for work in self.work(variant.name)]
            values = np.concatenate([block["value"] for block in blocks if block is not None])
            tables[variant.name] = base.copy(data={"value": values})
        path = self.folder / FILE
        storage.write(path, bytes(differences.whatifs(tables).to_netcdf(engine="h5netcdf")))
        self.about["what_ifs"] = {
            "members": self.members,
            "variants": [variant.name for variant in self.facts.variants],
            "seconds": round(time.perf_counter() - self.begun, 3),
            "sha256": storage.checksum(path),
        }
        storage.write_json(self.folder / "manifest.json", self.about)
        self.store.clear()
