"""The Python door: what a notebook user gets back."""

import dataclasses
import gc
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import pytest

import maabar
from maabar import comparison, errors, results, runs, storage, whatifs


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The scenario that `maabar new` writes."""
    from maabar import scenario

    path = tmp_path_factory.mktemp("scenarios") / "town"
    scenario.template(path)
    return path


@pytest.fixture(scope="session")
def town(folder: pathlib.Path) -> "maabar.Scenario":
    return maabar.load(folder)


@pytest.fixture(scope="session")
def made(town: "maabar.Scenario", tmp_path_factory: pytest.TempPathFactory) -> "maabar.Run":
    """A run of twelve members with its what-ifs."""
    return town.run(members=12, seed=3, out=tmp_path_factory.mktemp("runs") / "base", what_ifs=True)


def test_a_scenario_shows_its_facts(town: "maabar.Scenario") -> None:
    assert [place.id for place in town.places] == [place.id for place in town.facts.places]
    assert repr(town) == (
        f"<maabar.Scenario town: {len(town.places)} places, {len(town.routes)} routes, {town.days} days>"
    )
    assert f"<caption>{town.title}</caption>" in town._repr_html_()


def test_a_scenario_has_no_field_that_its_facts_have_not(town: "maabar.Scenario") -> None:
    with pytest.raises(AttributeError, match="memebrs"):
        _ = town.memebrs


def test_problems_are_those_of_the_folder_now(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "town")
    loaded = maabar.load(copy)
    assert loaded.problems == ()
    (copy / "places.csv").unlink()
    assert any(fault.file == "town/places.csv" for fault in loaded.problems)


def test_loading_a_faulty_scenario_raises_every_fault(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.InputError) as caught:
        maabar.load(tmp_path)
    assert {fault.file.rpartition("/")[2] for fault in caught.value.faults} >= {"scenario.toml", "places.csv"}


def test_a_run_holds_a_labelled_dataset(made: "maabar.Run") -> None:
    assert dict(made.dataset.sizes)["member"] == 12
    assert made.manifest["conserved"] is True
    assert repr(made) == f"<maabar.Run town: 12 members, seed 3, in {made.path}>"


def test_a_run_tells_its_headlines_in_a_notebook(made: "maabar.Run") -> None:
    lines = made.headlines()
    assert len(lines) == 5
    shown = made._repr_html_()
    assert all(line.label in shown for line in lines)


def test_the_summary_is_a_table_of_quantiles(made: "maabar.Run") -> None:
    table = made.summary()
    assert list(table.columns) == ["quantity", "unit", "place", "day", "q10", "q25", "q50", "q75", "q90", "mean"]
    assert (table["q10"] <= table["q90"]).all()
    assert table["day"].min().date() == made.scenario.start


def test_a_plot_shows_a_quantity_with_its_evidence(made: "maabar.Run") -> None:
    told = next(report for report in made.scenario.reports if report.quantity == "present")
    with_evidence = made.plot("present", told.place)
    without = made.plot("trapped")
    assert len(with_evidence.data) > len(without.data) > 0


def test_an_unknown_quantity_is_met_with_the_known_ones(made: "maabar.Run") -> None:
    with pytest.raises(errors.InputError) as caught:
        made.plot("arivals")
    assert "did you mean 'arrivals'?" in str(caught.value)


def test_what_ifs_pair_every_variant_with_the_run(made: "maabar.Run") -> None:
    table = made.what_ifs
    assert table is not None
    assert table["variant"].values.tolist() == ["baseline", *(variant.name for variant in made.scenario.variants)]
    assert table.sizes["member"] == 12
    base = made.outcomes["value"]
    assert (table["value"].sel(variant="baseline").values == base.values).all()


def test_what_ifs_are_those_of_a_run_of_the_variant(
    made: "maabar.Run", town: "maabar.Scenario", tmp_path: pathlib.Path
) -> None:
    name = town.variants[0].name
    other = town.run(members=12, seed=3, variant=name, out=tmp_path / "other")
    assert made.what_ifs is not None
    assert (made.what_ifs["value"].sel(variant=name).values == other.outcomes["value"].values).all()
    differences = maabar.compare(made, other.path)
    assert differences == made.compare(other)
    assert [one.members for one in differences] == [12] * len(differences)


def test_runs_with_other_seeds_are_not_paired(
    made: "maabar.Run", town: "maabar.Scenario", tmp_path: pathlib.Path
) -> None:
    other = town.run(members=1, seed=4, out=tmp_path / "other")
    with pytest.raises(errors.RunError) as caught:
        made.compare(other)
    assert str(caught.value) == (
        f"{other.path}: its seed is '4' but that of {made.path} is '3', so members cannot be paired; "
        "run it again with --seed 3"
    )


def test_a_comparison_is_a_list_that_shows_itself_as_a_table(
    made: "maabar.Run", town: "maabar.Scenario", tmp_path: pathlib.Path
) -> None:
    other = town.run(members=12, seed=3, variant=town.variants[0].name, out=tmp_path / "<other>")
    found = maabar.compare(made, other)
    assert str(found).splitlines()[0] == f"{tmp_path}/<other> against {made.path}, 12 paired members"
    shown = found._repr_html_()
    assert f"<caption>{tmp_path}/&lt;other&gt; against {made.path}, 12 paired members</caption>" in shown
    assert shown.count("<tr>") == 1 + len(found)
    assert all(f"{one.label} [" in shown for one in found)


def test_columns_of_a_comparison_never_touch(made: "maabar.Run") -> None:
    wide = dataclasses.replace(
        made.compare(made)[0],
        outcome="paid",
        label="Paid for passage",
        unit="currency",
        base=1e18,
        median=-2e18,
        low80=-0.2,
    )
    here = pathlib.Path("here")
    found = comparison.Comparison([wide], here, here, "SYP", "")
    assert str(found).splitlines()[1:] == [
        "                                               base                      change  80 % interval",
        "  Paid for passage [SYP]  1,000,000,000,000,000,000  -2,000,000,000,000,000,000  +0 to +0",
    ]
    one = comparison.Comparison([dataclasses.replace(wide, members=1)], here, here, "SYP", "a remark")
    assert str(one).splitlines() == [
        "here against here, 1 paired member",
        "note: a remark",
        "                                               base                      change  "
        "1 pair, too few for an interval",
        "  Paid for passage [SYP]  1,000,000,000,000,000,000  -2,000,000,000,000,000,000",
    ]


def test_a_run_without_a_folder_is_gone_with_its_object(town: "maabar.Scenario") -> None:
    run = town.run(members=1)
    path = run.path
    assert (path / "results.nc").is_file()
    run.dataset.close()
    del run
    gc.collect()
    assert not path.exists()


def test_a_run_is_opened_again_from_its_folder(made: "maabar.Run") -> None:
    again = maabar.open_run(made.path)
    assert again.dataset.identical(made.dataset)
    assert again.scenario.digest == made.scenario.digest
    assert maabar.open_run(again) is again


def test_opening_a_folder_without_a_run_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.RunError) as caught:
        maabar.open_run(tmp_path / "none")
    assert str(caught.value) == f"{tmp_path / 'none'}: no such run folder; give a folder that 'maabar run' has made"


def test_a_run_whose_scenario_is_gone_says_so(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "town")
    run = maabar.run(copy, members=1, out=tmp_path / "run")
    shutil.rmtree(copy)
    with pytest.raises(errors.RunError) as caught:
        _ = maabar.open_run(run.path).scenario
    assert str(caught.value).splitlines()[0] == (
        f"{run.path}: the scenario of this run, {copy}, cannot be read any more; put it back as it was"
    )


def test_what_ifs_go_on_after_ctrl_c_to_the_same_bytes(
    made: "maabar.Run", town: "maabar.Scenario", tmp_path: pathlib.Path
) -> None:
    pressed: list[int] = []

    def press_once(stage: str, done: int, total: int) -> None:
        if stage == "what-ifs" and done >= 12 and not pressed:
            pressed.append(done)
            os.kill(os.getpid(), signal.SIGINT)

    out = tmp_path / "run"
    with pytest.raises(errors.Cancelled) as caught:
        town.run(members=12, seed=3, out=out, what_ifs=True, on_progress=press_once)
    done = sum(int(path.stem[-8:]) - int(path.stem[-17:-9]) + 1 for path in (out / "blocks-what-ifs").iterdir())
    assert str(caught.value) == (
        f"{out}: stopped; all members of the run and {done} of {12 * len(town.variants)} of the what-ifs are finished "
        f"and kept there; resume with: maabar run {town.path} --members 12 --seed 3 --out {out}"
    )
    run = town.run(members=12, seed=3, out=out, what_ifs=True)
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", "results.nc", "summary.csv", "whatifs.nc"]
    assert (run.path / "whatifs.nc").read_bytes() == (made.path / "whatifs.nc").read_bytes()


def test_damaged_what_ifs_are_left_out_and_computed_again(
    made: "maabar.Run", town: "maabar.Scenario", tmp_path: pathlib.Path
) -> None:
    copy = shutil.copytree(made.path, tmp_path / "copy")
    content = (copy / "whatifs.nc").read_bytes()
    (copy / "whatifs.nc").write_bytes(content[:-10])
    assert maabar.open_run(copy).what_ifs is None
    assert whatifs.evaluate(town.facts, copy) == copy / "whatifs.nc"
    assert (copy / "whatifs.nc").read_bytes() == content


def test_what_ifs_of_a_variant_are_none(town: "maabar.Scenario", tmp_path: pathlib.Path) -> None:
    run = town.run(members=1, variant=town.variants[0].name, out=tmp_path / "run", what_ifs=True)
    assert run.what_ifs is None


def test_what_ifs_of_another_scenario_are_refused(
    made: "maabar.Run", folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    copy = shutil.copytree(made.path, tmp_path / "copy")
    (copy / "whatifs.nc").unlink()
    said = results.manifest(copy)
    said["scenario"]["digest"] = "other"
    storage.write_json(copy / "manifest.json", said)
    with pytest.raises(errors.RunError) as caught:
        whatifs.evaluate(maabar.load(folder).facts, copy)
    assert str(caught.value) == f"{copy}: the scenario has changed since this run; run it again into another folder"


def test_a_report_that_cannot_be_written_is_named(
    made: "maabar.Run", tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from maabar import storage

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "write", refuse)
    with pytest.raises(errors.RunError) as caught:
        made.report(tmp_path / "report.html")
    assert str(caught.value) == (
        f"{tmp_path}: the disk is full; free some space or choose a folder on another disk with --out"
    )


def test_importing_maabar_takes_under_three_tenths_of_a_second_more_than_python() -> None:
    code = "import time; begun = time.perf_counter(); import maabar; print(time.perf_counter() - begun)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.3


def test_a_public_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'maabar' has no attribute 'laod'"):
        _ = maabar.laod


def test_blocks_do_not_depend_on_how_many_members_there_are() -> None:
    assert runs.blocks(25) == [(0, 10), (10, 10), (20, 5)]
    assert runs.blocks(1000)[:2] == runs.blocks(25)[:2]


def test_a_small_ensemble_comes_in_small_blocks_that_fill_whole_ones() -> None:
    assert runs.blocks(1) == [(0, 1)]
    assert runs.blocks(10) == [(first, 1) for first in range(10)]
    assert runs.blocks(20) == [(first, 2) for first in range(0, 20, 2)]
    assert runs.blocks(11)[-2:] == [(8, 2), (10, 1)]
