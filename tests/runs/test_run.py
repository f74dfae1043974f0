"""A run folder: the same bytes whatever happens on the way, and a clear word when something does."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import h5netcdf
import numpy as np
import pytest

from maabar import __version__, ensemble, errors, results, runs, scenario, storage

MEMBERS = 25


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> scenario.Scenario:
    """The scenario that `maabar new` writes."""
    folder = tmp_path_factory.mktemp("scenarios") / "town"
    scenario.template(folder)
    return scenario.load(folder)


@pytest.fixture(scope="session")
def whole(town: scenario.Scenario, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A run of 25 members in one go on one worker."""
    return runs.execute(town, members=MEMBERS, seed=3, out=tmp_path_factory.mktemp("runs") / "whole", workers=1)


def again(town: scenario.Scenario, out: pathlib.Path, **options: Any) -> pathlib.Path:
    return runs.execute(town, **({"members": MEMBERS, "seed": 3, "out": out} | options))


def command(town: scenario.Scenario, out: pathlib.Path, members: int = MEMBERS) -> str:
    return f"maabar run {town.path} --members {members} --seed 3 --out {out}"


def digest(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(folder: pathlib.Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def stop_after(members: int) -> Callable[[str, int, int], None]:
    """Progress that presses Ctrl-C once, when so many members are kept."""
    pressed: list[int] = []

    def watch(stage: str, done: int, total: int) -> None:
        if stage == "members" and done >= members and not pressed:
            pressed.append(done)
            os.kill(os.getpid(), signal.SIGINT)

    return watch


def test_a_finished_run_holds_a_manifest_results_and_a_summary_and_nothing_else(whole: pathlib.Path) -> None:
    assert names(whole) == ["manifest.json", "results.nc", "summary.csv"]


def test_the_manifest_says_what_was_run_and_that_people_were_conserved(
    whole: pathlib.Path, town: scenario.Scenario
) -> None:
    said = json.loads((whole / "manifest.json").read_text(encoding="utf-8"))
    assert said["scenario"] == {"name": "town", "title": town.title, "path": str(town.path), "digest": town.digest}
    assert (said["status"], said["members"], said["members_done"], said["seed"]) == ("finished", MEMBERS, MEMBERS, 3)
    assert (said["conserved"], said["not_conserved"]) == (True, [])
    assert said["results"] == {
        "sha256": digest(whole / "results.nc"),
        "bytes": (whole / "results.nc").stat().st_size,
    }
    assert said["command"] == command(town, whole)
    assert said["versions"]["maabar"] == __version__
    assert {"numpy", "numba", "python", "machine"} < set(said["versions"])


def test_two_workers_write_the_same_bytes_as_one(
    town: scenario.Scenario, whole: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    other = again(town, tmp_path / "two", workers=2)
    assert digest(other / "results.nc") == digest(whole / "results.nc")
    assert digest(other / "summary.csv") == digest(whole / "summary.csv")


@pytest.mark.parametrize("members", [7, 13, 20])
def test_the_size_of_blocks_changes_no_byte(
    members: int, town: scenario.Scenario, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = again(town, tmp_path / "small", members=members)
    assert len(runs.blocks(members)) > len(range(0, members, runs.BLOCK))
    full = [(first, min(runs.BLOCK, members - first)) for first in range(0, members, runs.BLOCK)]
    monkeypatch.setattr(runs, "blocks", lambda _: full)
    large = again(town, tmp_path / "large", members=members)
    assert digest(small / "results.nc") == digest(large / "results.nc")
    assert digest(small / "summary.csv") == digest(large / "summary.csv")


def test_another_seed_writes_other_bytes(town: scenario.Scenario, whole: pathlib.Path, tmp_path: pathlib.Path) -> None:
    other = again(town, tmp_path / "other", seed=4)
    assert digest(other / "results.nc") != digest(whole / "results.nc")


def test_a_member_is_the_same_in_a_smaller_ensemble(
    town: scenario.Scenario, whole: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    few = again(town, tmp_path / "few", members=13)
    with results.open_dataset(few) as small, results.open_dataset(whole) as large:
        assert small.identical(large.isel(member=slice(0, 13)))


def test_the_results_are_labelled_as_promised(whole: pathlib.Path, town: scenario.Scenario) -> None:
    with results.open_dataset(whole) as dataset:
        assert set(dataset.data_vars) == set(results.VARIABLES)
        assert dataset["present"].dims == ("member", "day", "place")
        assert dataset["departures"].dims == ("member", "day", "route")
        assert dataset["killed"].dims == ("member", "day", "cause")
        assert dataset["present"].dtype == np.int32
        assert dataset["price"].dtype == np.float64
        assert dataset["price"].attrs == {
            "long_name": "price of guided passage for one person",
            "units": f"{town.currency}/person",
            "kind": "stock",
        }
        assert dataset["day"].values[0] == np.datetime64(town.start)
        assert dataset["place"].values.tolist() == [place.id for place in town.places]
        assert dataset["place_name_ar"].values.tolist() == [place.name_ar for place in town.places]
        assert dataset["zone_name"].values.tolist() == [zone.name for zone in town.zones]
        assert (dataset["lat"].attrs["units"], dataset["lon"].attrs["units"]) == ("degrees_north", "degrees_east")
        assert dataset.attrs == {
            "title": town.title,
            "scenario": "town",
            "variant": "",
            "seed": 3,
            "currency": town.currency,
            "start": town.start.isoformat(),
            "mode": "random",
            "maabar_version": __version__,
            "maabar_format": 1,
        }


def test_a_block_in_memory_is_labelled_like_the_file(town: scenario.Scenario, whole: pathlib.Path) -> None:
    from maabar import world

    compiled = world.compile(town)
    plan = results.layout(compiled, members=MEMBERS, seed=3, expected=False)
    block = results.dataset(plan, ensemble.simulate_block(compiled, 10, 5, 3), 10)
    with results.open_dataset(whole) as dataset:
        assert block.identical(dataset.isel(member=slice(10, 15)).load())


def test_expected_values_are_recorded_as_fractions(town: scenario.Scenario, tmp_path: pathlib.Path) -> None:
    out = again(town, tmp_path / "expected", members=2, expected=True)
    with results.open_dataset(out) as dataset:
        assert dataset["present"].dtype == np.float64
        assert dataset.attrs["mode"] == "expected"
    assert json.loads((out / "manifest.json").read_text())["mode"] == "expected"


def test_the_summary_gives_quantiles_over_members(whole: pathlib.Path) -> None:
    lines = (whole / "summary.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "quantity,unit,place,day,q10,q25,q50,q75,q90,mean"
    row = next(line for line in lines if line.startswith("displaced_total,")).split(",")
    with results.open_dataset(whole) as dataset:
        first = dataset["displaced_total"].values[:, 0]
    assert row[1:4] == ["person", "*", str(np.datetime64(dataset.attrs["start"]))]
    assert [float(cell) for cell in row[4:9]] == pytest.approx(
        np.quantile(first, [0.1, 0.25, 0.5, 0.75, 0.9]), abs=0.005
    )
    assert float(row[9]) == pytest.approx(first.mean(), abs=0.005)
    quantities = {line.split(",")[0] for line in lines[1:]}
    assert "killed:strike" in quantities
    assert not quantities & {"killed", "departures", "parameters"}


def test_ctrl_c_keeps_finished_members_and_the_run_goes_on_to_the_same_bytes(
    town: scenario.Scenario, whole: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    out = tmp_path / "stopped"
    with pytest.raises(errors.Cancelled) as caught:
        again(town, out, on_progress=stop_after(10), workers=1)
    said = results.manifest(out)
    assert said["status"] == "stopped"
    assert 10 <= said["members_done"] < MEMBERS
    assert str(caught.value) == (
        f"{out}: stopped; {said['members_done']} of {MEMBERS} members are finished and kept there; "
        f"resume with: {command(town, out)}"
    )
    again(town, out)
    assert names(out) == ["manifest.json", "results.nc", "summary.csv"]
    assert digest(out / "results.nc") == digest(whole / "results.nc")


def test_a_second_ctrl_c_ends_at_once_and_still_keeps_finished_members(
    town: scenario.Scenario, tmp_path: pathlib.Path
) -> None:
    def watch(stage: str, done: int, total: int) -> None:
        if stage == "members" and done == 10:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    out = tmp_path / "stopped"
    with pytest.raises(errors.Cancelled) as caught:
        again(town, out, on_progress=watch, workers=1)
    assert str(caught.value) == (
        f"{out}: stopped; 10 of {MEMBERS} members are finished and kept there; resume with: {command(town, out)}"
    )


def test_the_results_of_an_unfinished_run_are_refused_with_the_way_on(
    town: scenario.Scenario, tmp_path: pathlib.Path
) -> None:
    out = tmp_path / "stopped"
    with pytest.raises(errors.Cancelled):
        again(town, out, should_stop=lambda: True)
    with pytest.raises(errors.RunError) as caught:
        results.open_dataset(out)
    assert str(caught.value) == f"{out}: this run is not finished; resume with: {command(town, out)}"


def test_ctrl_c_after_the_run_works_as_before(town: scenario.Scenario, tmp_path: pathlib.Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    again(town, tmp_path / "run", members=1)
    assert signal.getsignal(signal.SIGINT) is before


PRELUDE = """
import os, pathlib, resource, signal, sys
from maabar import errors, runs, scenario
facts, out = scenario.load(sys.argv[1]), pathlib.Path(sys.argv[2])
def go(**options):
    return runs.execute(facts, members=25, seed=3, out=out, **options)
"""


def elsewhere(code: str, *words: object) -> "subprocess.CompletedProcess[str]":
    """Run code after PRELUDE in another process."""
    script = PRELUDE + textwrap.dedent(code)
    line = [sys.executable, "-c", script, *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)


def test_a_run_killed_by_force_resumes_to_the_same_bytes(
    town: scenario.Scenario, whole: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    out = tmp_path / "killed"
    done = elsewhere(
        """
        def watch(stage, done, total):
            if stage == "members" and done >= 10:
                os.kill(os.getpid(), signal.SIGKILL)
        go(on_progress=watch, workers=1)
        """,
        town.path,
        out,
    )
    assert done.returncode == -signal.SIGKILL
    assert results.manifest(out)["status"] == "running"
    assert names(out / "blocks") == ["members-00000000-00000009.block"]
    again(town, out)
    assert digest(out / "results.nc") == digest(whole / "results.nc")
    assert names(out) == ["manifest.json", "results.nc", "summary.csv"]


def test_a_run_killed_while_it_writes_its_results_resumes_to_the_same_bytes(
    town: scenario.Scenario, whole: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    out = tmp_path / "killed"
    done = elsewhere(
        """
        def watch(stage, done, total):
            if stage == "results":
                os.kill(os.getpid(), signal.SIGKILL)
        go(on_progress=watch)
        """,
        town.path,
        out,
    )
    assert done.returncode == -signal.SIGKILL
    assert len(names(out / "blocks")) == 3
    assert not (out / "results.nc").exists()
    again(town, out)
    assert digest(out / "results.nc") == digest(whole / "results.nc")
    assert names(out) == ["manifest.json", "results.nc", "summary.csv"]


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "stranger"])
def test_a_damaged_block_is_noticed_and_computed_again(
    damage: str, town: scenario.Scenario, whole: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    out = tmp_path / "damaged"
    with pytest.raises(errors.Cancelled):
        again(town, out, on_progress=stop_after(10), workers=1)
    block = out / "blocks" / "members-00000000-00000009.block"
    content = bytearray(block.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        content[len(content) // 2] ^= 1
    elif damage == "emptied":
        content = bytearray()
    else:
        content = bytearray(hashlib.sha256(b"no arrays").digest() + b"no arrays")
    block.write_bytes(content)
    again(town, out)
    assert digest(out / "results.nc") == digest(whole / "results.nc")


def test_a_finished_run_is_not_computed_again(
    town: scenario.Scenario, whole: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(whole, tmp_path / "copy")
    monkeypatch.setattr(ensemble, "simulate_block", None)
    again(town, copy)
    assert digest(copy / "manifest.json") == digest(whole / "manifest.json")


def test_damaged_results_are_refused_and_the_same_command_mends_them(
    town: scenario.Scenario, whole: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    copy = shutil.copytree(whole, tmp_path / "copy")
    content = (copy / "results.nc").read_bytes()
    (copy / "results.nc").write_bytes(content[:-1000])
    with pytest.raises(errors.RunError) as caught:
        results.open_dataset(copy)
    assert str(caught.value) == (
        f"{copy / 'results.nc'}: damaged (its checksum is not the one in manifest.json); "
        f"compute it again with: {command(town, whole)}"
    )
    again(town, copy)
    assert (copy / "results.nc").read_bytes() == content


def test_missing_results_are_named(town: scenario.Scenario, whole: pathlib.Path, tmp_path: pathlib.Path) -> None:
    copy = shutil.copytree(whole, tmp_path / "copy")
    (copy / "results.nc").unlink()
    with pytest.raises(errors.RunError) as caught:
        results.open_dataset(copy)
    assert str(caught.value) == f"{copy / 'results.nc'}: missing; compute it again with: {command(town, whole)}"


def refusal(town: scenario.Scenario, out: pathlib.Path, **options: Any) -> str:
    with pytest.raises(errors.RunError) as caught:
        again(town, out, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seed": 4}, "seed '3' there, '4' here"),
        ({"members": 30}, "members '25' there, '30' here"),
        ({"expected": True, "seed": 5}, "mode 'random' there, 'expected' here, seed '3' there, '5' here"),
        ({"variant": "corridor"}, "variant '' there, 'corridor' here"),
    ],
)
def test_a_folder_with_another_run_is_refused(
    options: dict[str, Any], words: str, town: scenario.Scenario, whole: pathlib.Path
) -> None:
    before = digest(whole / "manifest.json")
    assert refusal(town, whole, **options) == (
        f"{whole}: holds another run ({words}); choose another folder with --out, or remove this one"
    )
    assert digest(whole / "manifest.json") == before


def test_a_changed_scenario_is_refused(whole: pathlib.Path, tmp_path: pathlib.Path) -> None:
    scenario.template(tmp_path / "town")
    with (tmp_path / "town" / "scenario.toml").open("a", encoding="utf-8") as file:
        file.write("\n# a remark\n")
    assert refusal(scenario.load(tmp_path / "town"), whole) == (
        f"{whole}: holds another run (the scenario has changed since, or is another one); "
        "choose another folder with --out, or remove this one"
    )


def test_results_of_another_version_are_not_continued(
    town: scenario.Scenario, whole: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    copy = shutil.copytree(whole, tmp_path / "copy")
    said = results.manifest(copy)
    said["identity"]["version"] = "0.0.1"
    storage.write_json(copy / "manifest.json", said)
    assert refusal(town, copy) == (
        f"{copy}: holds another run (version '0.0.1' there, '{__version__}' here); "
        "choose another folder with --out, or remove this one"
    )


def test_a_folder_with_other_files_is_left_alone(town: scenario.Scenario, tmp_path: pathlib.Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    assert refusal(town, tmp_path) == (
        f"{tmp_path}: this folder is not empty and holds no run; choose an empty or new one with --out"
    )
    assert names(tmp_path) == ["letter.txt"]


def test_a_file_in_place_of_the_folder_is_named(town: scenario.Scenario, tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        assert refusal(town, out) == (
            f"{out}: this is a file, or lies below a file, and not a folder; choose another folder with --out"
        )


def test_a_folder_that_cannot_be_written_is_named(
    town: scenario.Scenario, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pathlib.Path, "mkdir", refuse)
    out = tmp_path / "run"
    assert refusal(town, out) == f"{out}: this folder cannot be written to; choose another folder with --out"


def test_a_folder_in_use_by_another_run_is_refused(town: scenario.Scenario, tmp_path: pathlib.Path) -> None:
    with storage.lock(tmp_path):
        assert refusal(town, tmp_path) == (
            f"{tmp_path}: another maabar (process {os.getpid()}) is writing here; "
            "wait until it ends, or choose another folder with --out"
        )


@pytest.mark.parametrize(("limit", "kept"), [(100_000, 0), (340_000, MEMBERS)])
def test_a_full_disk_keeps_finished_members_and_the_run_goes_on_to_the_same_bytes(
    limit: int, kept: int, town: scenario.Scenario, whole: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """No file may pass the limit: blocks of ten members take about 330 kB each, results and summary together less.

    With the lower limit no block fits. With the higher one all blocks fit and a remark makes the results too large.
    """
    out = tmp_path / "full"
    done = elsewhere(
        """
        limit = int(sys.argv[3])
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        from maabar import results
        layout = results.layout
        def long(*words, **options):
            plan = layout(*words, **options)
            plan.attrs["remark"] = "x" * 60000
            plan.attrs.update({f"remark{k}": "x" * 60000 for k in range(6)})
            return plan
        results.layout = long
        try:
            go()
        except errors.RunError as fault:
            print(fault)
        """,
        town.path,
        out,
        limit,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == (
        f"{out}: the disk is full; free some space or choose a folder on another disk with --out; "
        f"{kept} of {MEMBERS} members are finished and kept there; resume with: {command(town, out)}"
    )
    assert not (out / "results.nc").exists()
    assert not list(out.rglob("*.part"))
    again(town, out)
    assert digest(out / "results.nc") == digest(whole / "results.nc")


def test_a_disk_that_fills_up_while_hdf5_writes_leaves_no_file_and_no_crash(
    town: scenario.Scenario, tmp_path: pathlib.Path
) -> None:
    from maabar import world

    compiled = world.compile(town)
    plan = results.layout(compiled, members=10, seed=3, expected=False)
    block = ensemble.simulate_block(compiled, 0, 10, 3)

    class Full:
        """A file on a disk with room for 50 kB."""

        def __init__(self, file: Any) -> None:
            self.file = file

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

        def write(self, content: Any) -> int:
            if self.file.tell() > 50_000:
                raise OSError(28, "No space left on device")
            return int(self.file.write(content))

    with open(tmp_path / "x.nc", "w+b", buffering=0) as file:
        sink = results._Sink(Full(file))
        with h5netcdf.File(sink, "w") as out:
            out.dimensions = dict(plan.sizes)
            for name, variable in results._create(out, plan, 10).items():
                variable[0:10] = block[name]
    assert isinstance(sink.refusal, OSError)
    assert sink.refusal.errno == 28


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"members": 0}, "--members: found '0', expected a whole number from 1 to 10000000"),
        ({"members": 2.5}, "--members: found '2.5', expected a whole number from 1 to 10000000"),
        ({"seed": -1}, "--seed: found '-1', expected a whole number from 0 to 9223372036854775807"),
        ({"seed": 2**63}, f"--seed: found '{2**63}', expected a whole number from 0 to 9223372036854775807"),
        ({"workers": 0}, "--workers: found '0', expected a whole number from 1 to 4096"),
        ({"workers": True}, "--workers: found 'True', expected a whole number from 1 to 4096"),
    ],
)
def test_numbers_no_run_can_have_are_refused(
    options: dict[str, Any], message: str, town: scenario.Scenario, tmp_path: pathlib.Path
) -> None:
    assert refusal(town, tmp_path / "run", **options) == message
    assert names(tmp_path) == []


def test_a_run_without_a_folder_goes_under_runs_and_never_over_another(
    town: scenario.Scenario, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = runs.default_folder(town)
    assert first.parent == pathlib.Path("runs")
    assert first.name.startswith("town-20")
    first.mkdir(parents=True)
    assert runs.default_folder(town) != first


def test_a_missing_folder_a_folder_without_a_run_and_a_damaged_manifest_are_named(tmp_path: pathlib.Path) -> None:
    def message() -> str:
        with pytest.raises(errors.RunError) as caught:
            results.manifest(tmp_path / "run")
        return str(caught.value)

    run = tmp_path / "run"
    assert message() == f"{run}: no such run folder; give a folder that 'maabar run' has made"
    run.mkdir()
    assert message() == f"{run}: no manifest.json here, so this is not a run; give a folder that 'maabar run' has made"
    (run / "manifest.json").write_text("{")
    assert message() == f"{run / 'manifest.json'}: damaged; remove the folder and run again"
    (run / "manifest.json").write_text('{"format": 2, "version": "9.0"}')
    assert message() == (f"{run}: written by maabar 9.0, which is newer than this one; install that version to read it")


def test_people_who_vanish_are_reported_in_the_manifest(
    town: scenario.Scenario, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = ensemble.simulate_block

    def leaky(*words: Any, **options: Any) -> storage.Arrays:
        block = plain(*words, **options)
        block["conserved"][: int(words[1] == 2)] = False
        return block

    monkeypatch.setattr(ensemble, "simulate_block", leaky)
    said = results.manifest(again(town, tmp_path / "leaky", members=12, workers=1))
    assert (said["conserved"], said["not_conserved"]) == (False, [2])


@pytest.mark.parametrize("shape", [(1000, 354, 56), (10, 800, 1500), (4, 10), (1, 1), (200, 3000, 4000)])
def test_a_chunk_never_passes_a_megabyte_unless_one_day_of_one_member_does(shape: tuple[int, ...]) -> None:
    sides = results.chunks(shape, 4, runs.BLOCK)
    assert all(1 <= side <= length for side, length in zip(sides, shape, strict=True))
    assert int(np.prod(sides)) * 4 <= results.CHUNK_BYTES or sides[:2] == (1, 1)


def test_a_cluster_without_dask_says_what_to_install(
    town: scenario.Scenario, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert refusal(town, tmp_path / "run", cluster="tcp://127.0.0.1:1") == (
        "--cluster needs the package 'distributed', which is not installed; "
        "install it with: pip install 'maabar[cluster]'"
    )


def test_a_cluster_writes_the_same_bytes(town: scenario.Scenario, whole: pathlib.Path, tmp_path: pathlib.Path) -> None:
    import distributed

    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ) as cluster:
        out = again(town, tmp_path / "run", cluster=cluster.scheduler_address)
    assert digest(out / "results.nc") == digest(whole / "results.nc")


def test_a_cluster_that_does_not_answer_is_named(town: scenario.Scenario, tmp_path: pathlib.Path) -> None:
    message = refusal(town, tmp_path / "run", cluster="nonsense://here")
    assert message == (
        "--cluster: no dask scheduler answers at 'nonsense://here'; "
        "start one with 'dask scheduler' and give its address, such as tcp://10.0.0.1:8786"
    )
    assert names(tmp_path) == []
