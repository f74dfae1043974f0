"""The command line: what it prints where, and with which exit code it ends."""

import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
import typer.testing

from maabar import __version__, cli, ensemble, errors, release, report, results, runs, scenario, storage

RUN = ["--members", "12", "--seed", "3", "--no-what-ifs"]


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The scenario that `maabar new` writes."""
    folder = tmp_path_factory.mktemp("scenarios") / "town"
    scenario.template(folder)
    return folder


@pytest.fixture(scope="session")
def made(town: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A finished run of twelve members."""
    return runs.execute(scenario.load(town), members=12, seed=3, out=tmp_path_factory.mktemp("runs") / "base")


@pytest.fixture
def quick_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report of one line, as the real one is tested elsewhere."""

    def write(view: release.View, path: pathlib.Path, command: str, lang: str) -> pathlib.Path:
        table = view.what_ifs
        path.write_text(f"what-ifs: {None if table is None else table['variant'].values.tolist()}\n")
        return path

    monkeypatch.setattr(report, "write", write, raising=False)


def invoke(*words: object) -> Any:
    return typer.testing.CliRunner().invoke(cli.app, [str(word) for word in words])


def call(*words: object, cwd: pathlib.Path | None = None) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "maabar", *map(str, words)]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_the_version_is_printed() -> None:
    done = call("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"maabar {__version__}\n", "")


def test_help_answers_in_under_seven_tenths_of_a_second() -> None:
    call("--help")
    begun = time.perf_counter()
    done = call("--help")
    assert done.returncode == 0
    assert time.perf_counter() - begun < 0.7


@pytest.mark.parametrize("command", ["new", "check", "run", "compare", "report"])
def test_help_teaches_each_command_by_an_example(command: str) -> None:
    done = invoke(command, "--help")
    assert done.exit_code == 0
    assert "Example" in done.stdout
    assert f"  maabar {command} " in done.stdout
    assert "--json" in done.stdout


def test_a_misspelt_command_is_met_with_the_right_one() -> None:
    done = invoke("rnu")
    assert done.exit_code == 2
    assert "No such command 'rnu'. Did you mean 'run'?" in done.stderr


def test_a_misspelt_option_is_met_with_the_right_one() -> None:
    done = invoke("run", "raqqa-2017", "--membrs", 3)
    assert done.exit_code == 2
    assert "No such option: --membrs" in done.stderr
    assert "--members" in done.stderr


def test_new_writes_a_scenario_that_has_no_faults(tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "my town"
    done = invoke("new", folder)
    assert done.exit_code == 0
    files = ", ".join(sorted(path.name for path in folder.iterdir()))
    assert done.stdout == (
        f"{folder}: wrote {files}\n\n"
        f"Now edit the files (README.md explains each), then:\n"
        f"  maabar check '{folder}'\n  maabar run '{folder}'\n"
    )
    assert invoke("check", folder).exit_code == 0


def test_new_into_a_full_folder_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    done = invoke("new", tmp_path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (f"{tmp_path}: found a folder that is not empty, expected a new one; choose another name\n")


def test_new_answers_machines(tmp_path: pathlib.Path) -> None:
    done = invoke("new", tmp_path / "town", "--json")
    assert json.loads(done.stdout) == {
        "status": "done",
        "folder": str(tmp_path / "town"),
        "files": sorted(path.name for path in (tmp_path / "town").iterdir()),
    }


def test_check_counts_what_it_read(town: pathlib.Path) -> None:
    done = invoke("check", town)
    facts = scenario.load(town)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        f"town: no faults ({len(facts.places)} places, {len(facts.routes)} routes, {len(facts.events)} events, "
        f"{len(facts.reports)} reports, {len(facts.sources)} sources, {len(facts.variants)} variants, "
        f"{facts.days} days)\n"
    )
    assert json.loads(invoke("check", town, "--json").stdout)["places"] == len(facts.places)


@pytest.fixture
def broken(town: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    """The scenario with two faults in its routes."""
    folder = shutil.copytree(town, tmp_path / "broken")
    lines = (folder / "routes.csv").read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    row = lines[-1].split(",")
    row[header.index("km")] = "-3"
    row[header.index("mode")] = "bot"
    (folder / "routes.csv").write_text("\n".join([*lines[:-1], ",".join(row)]) + "\n", encoding="utf-8")
    return folder


def test_check_names_all_faults_on_standard_error(broken: pathlib.Path) -> None:
    with pytest.raises(errors.InputError) as caught:
        scenario.load(broken)
    assert len(caught.value.faults) == 2
    done = invoke("check", broken)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"{caught.value}\n2 faults\n")


def test_check_gives_machines_each_fault_by_its_parts(broken: pathlib.Path) -> None:
    done = invoke("check", broken, "--json")
    said = json.loads(done.stdout)
    assert done.exit_code == said["exit_code"] == 2
    assert said["status"] == "error"
    number = len((broken / "routes.csv").read_text(encoding="utf-8").splitlines())
    assert {fault["column"] for fault in said["faults"]} == {"km", "mode"}
    assert {(fault["file"], fault["line"]) for fault in said["faults"]} == {("broken/routes.csv", number)}
    assert all(set(fault) >= {"found", "expected", "cure", "message"} for fault in said["faults"])


def test_run_with_a_faulty_scenario_writes_nothing(broken: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = invoke("run", broken, "--out", tmp_path / "run")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith("\n2 faults\n")
    assert not (tmp_path / "run").exists()


def test_a_scenario_that_does_not_exist_is_named() -> None:
    done = invoke("run", "raqa-2017")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("raqa-2017: found no such folder, expected the folder of a scenario")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--members", "0"], "--members: found '0', expected a whole number from 1 to 10000000\n"),
        (["--seed", "-1"], "--seed: found '-1', expected a whole number from 0 to 9223372036854775807\n"),
        (["--workers", "0"], "--workers: found '0', expected a whole number from 1 to 4096\n"),
        (["--members", "ten"], "--members: found 'ten', expected a whole number from 1 to 10000000\n"),
        (["--seed", "1.5"], "--seed: found '1.5', expected a whole number from 0 to 9223372036854775807\n"),
        (["--workers", ""], "--workers: found '', expected a whole number from 1 to 4096\n"),
    ],
)
def test_numbers_no_run_can_have_are_refused(words: list[str], message: str, town: pathlib.Path) -> None:
    done = invoke("run", town, *words)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", message)


def test_an_unknown_variant_is_met_with_the_known_ones(town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = invoke("run", town, "--variant", "coridor", "--out", tmp_path / "run")
    assert (done.exit_code, done.stdout) == (2, "")
    known = errors.listed([variant.name for variant in scenario.load(town).variants])
    assert done.stderr == (
        f"--variant: found 'coridor', expected a what-if of town: {known}; did you mean 'corridor'?\n"
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("quick_report")
def test_run_ends_with_five_headlines_and_the_place_of_the_report(town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    from maabar import headlines

    out = tmp_path / "run"
    done = invoke("run", town, *RUN, "--out", out)
    assert done.exit_code == 0, done.stderr
    with results.open_dataset(out) as dataset:
        sentences = [line.sentence for line in headlines.of(dataset)]
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{scenario.load(town).title}: 12 members, seed 3, ")
    assert lines[1:] == [
        "",
        *(f"  {sentence}" for sentence in sentences),
        "",
        f"report: {out / 'report.html'}",
        "these numbers, results.nc and summary.csv are internal (routes and prices in full); "
        "report.html is for the public; see docs/harm.md",
    ]
    assert len(sentences) == 5
    assert (out / "report.html").read_text() == "what-ifs: None\n"


@pytest.mark.usefixtures("quick_report")
def test_run_tells_progress_in_plain_lines_off_a_terminal(town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = invoke("run", town, *RUN, "--out", tmp_path / "run", "--workers", 1)
    told = [line.split(", ")[0] for line in done.stderr.splitlines()]
    assert told == [
        "simulating members",
        "simulating members: 12 of 12",
        "writing results",
        "writing results: 2 of 2",
        "writing the report",
    ]


@pytest.mark.usefixtures("quick_report")
def test_run_answers_machines_with_one_object(town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = invoke("run", town, *RUN, "--out", tmp_path / "run", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert said["status"] == "done"
    assert (said["folder"], said["scenario"], said["members"], said["seed"]) == (str(tmp_path / "run"), "town", 12, 3)
    assert said["conserved"] is True
    assert {"label", "median", "low", "high", "unit", "sentence"} <= set(said["headlines"][0])


@pytest.mark.usefixtures("quick_report")
def test_run_evaluates_every_variant_unless_told_not_to(town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    out = tmp_path / "run"
    done = invoke("run", town, "--members", 12, "--seed", 3, "--out", out)
    assert done.exit_code == 0, done.stderr
    names = [variant.name for variant in scenario.load(town).variants]
    assert results.manifest(out)["what_ifs"]["variants"] == names
    assert (out / "report.html").read_text().startswith("what-ifs: ")
    # What changes a way out is told to the public only later.
    assert "corridor" not in (out / "report.html").read_text()
    assert not list(out.glob("blocks*"))


def test_a_fault_of_maabar_itself_asks_for_a_report(
    town: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("nobody divides")

    monkeypatch.setattr(ensemble, "simulate_block", fail)
    monkeypatch.setattr(sys, "argv", ["maabar", "run", "town"])
    done = invoke("run", town, *RUN, "--out", tmp_path / "run", "--json")
    message = (
        "maabar met a fault of its own (ZeroDivisionError: nobody divides); "
        "to see where, run: maabar --debug run town\n"
        "Please report it with this message to the project's issue tracker.\n"
    )
    assert (done.exit_code, done.stderr) == (1, message)
    assert json.loads(done.stdout)["message"] == message.strip()
    traced = invoke("--debug", "run", town, *RUN, "--out", tmp_path / "traced", "--json")
    assert "in fail\n" in traced.stderr


def test_people_who_vanish_are_a_fault_of_maabar(
    made: pathlib.Path, town: pathlib.Path, tmp_path: pathlib.Path, quick_report: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = ensemble.simulate_block

    def leaky(*words: Any, **named: Any) -> Any:
        block = plain(*words, **named)
        block["conserved"][: int(words[1] == 2)] = False
        return block

    monkeypatch.setattr(ensemble, "simulate_block", leaky)
    done = invoke("run", town, *RUN, "--out", tmp_path / "run")
    assert done.exit_code == 1
    assert "people were not conserved in members [2]" in done.stderr


def test_compare_pairs_members(made: pathlib.Path, town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    name = scenario.load(town).variants[0].name
    other = runs.execute(scenario.load(town), members=12, seed=3, variant=name, out=tmp_path / "other")
    done = invoke("compare", made, other)
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == f"{other} against {made}, 12 paired members"
    assert lines[1].split() == ["base", "change", "80", "%", "interval"]
    assert lines[2].startswith("  Killed, all causes [person]  ")
    said = json.loads(invoke("compare", made, other, "--json").stdout)
    assert said["notes"] == {str(other): ""}
    assert {"outcome", "median", "low80", "high80"} < set(said["differences"][str(other)][0])


def test_compare_needs_two_runs_with_one_seed(made: pathlib.Path, town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = invoke("compare", made)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == ("compare: found one run, expected two or more; name the base first, then the others\n")
    other = runs.execute(scenario.load(town), members=1, seed=4, out=tmp_path / "other")
    done = invoke("compare", made, other)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"{other}: its seed is '4' but that of {made} is '3', so members cannot be paired; run it again with --seed 3\n"
    )


def test_compare_of_a_folder_without_a_run_is_refused(tmp_path: pathlib.Path, made: pathlib.Path) -> None:
    done = invoke("compare", tmp_path, made)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"{tmp_path}: no manifest.json here, so this is not a run; give a folder that 'maabar run' has made\n"
    )


def edited(run: pathlib.Path, to: pathlib.Path, **scenario_keys: str) -> pathlib.Path:
    """A copy of a run whose manifest says other things about its scenario."""
    copy = shutil.copytree(run, to)
    said = results.manifest(copy)
    said["scenario"] |= scenario_keys
    storage.write_json(copy / "manifest.json", said)
    return copy


def test_compare_of_runs_of_different_scenarios_is_refused(made: pathlib.Path, tmp_path: pathlib.Path) -> None:
    other = edited(made, tmp_path / "other", name="village", digest="other")
    done = invoke("compare", made, other)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"{other}: its scenario is 'village' but that of {made} is 'town', so members cannot be paired; "
        "compare runs of one scenario\n"
    )


def test_compare_notes_that_the_scenario_was_edited_in_between(made: pathlib.Path, tmp_path: pathlib.Path) -> None:
    other = edited(made, tmp_path / "other", digest="other")
    done = invoke("compare", made, other)
    note = "the files of town were edited between these runs; the change is of that as well"
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == [f"{other} against {made}, 12 paired members", f"note: {note}"]
    assert json.loads(invoke("compare", made, other, "--json").stdout)["notes"] == {str(other): note}


def test_compare_of_few_members_gives_no_interval(town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    facts = scenario.load(town)
    base, other = (runs.execute(facts, members=3, seed=3, out=tmp_path / name) for name in ("base", "other"))
    lines = invoke("compare", base, other).stdout.splitlines()
    assert lines[0] == f"{other} against {base}, 3 paired members"
    assert re.split(r"\s{2,}", lines[1].strip()) == ["base", "change", "3 pairs, too few for an interval"]
    assert all(line.endswith("  +0") for line in lines[2:])


@pytest.mark.usefixtures("quick_report")
def test_report_is_made_again(made: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = invoke("report", made, "--out", tmp_path / "again", "--audience", "partner", "--lang", "ar")
    sheet, page = tmp_path / "again" / "situation-partner-ar.html", tmp_path / "again" / "report-partner-ar.html"
    assert (done.exit_code, done.stdout) == (0, f"situation report: {sheet}\nreport: {page}\n")
    assert sheet.exists()
    assert page.exists()


@pytest.mark.usefixtures("quick_report")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--lang", "fr"], "--lang: found 'fr', expected en or ar; choose one of these\n"),
        (["--on", "soon"], "--on: found 'soon', expected a date; write year-month-day\n"),
        (["--audience", "all"], "--audience: found 'all', expected public, partner or internal; choose one of these\n"),
    ],
)
def test_a_report_that_cannot_be_made_is_refused(made: pathlib.Path, words: list[str], message: str) -> None:
    done = invoke("report", made, *words)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", message)


def test_report_of_a_run_whose_scenario_has_changed_is_refused(town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    folder = shutil.copytree(town, tmp_path / "town")
    out = runs.execute(scenario.load(folder), members=1, seed=3, out=tmp_path / "run")
    with (folder / "scenario.toml").open("a", encoding="utf-8") as file:
        file.write("\n# a remark\n")
    done = invoke("report", out)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"{out}: the scenario {folder} has changed since this run; run it again into another folder\n"
    )


def test_report_of_a_folder_that_does_not_exist_announces_nothing(tmp_path: pathlib.Path) -> None:
    done = invoke("report", tmp_path / "nowhere")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"{tmp_path / 'nowhere'}: no such run folder; give a folder that 'maabar run' has made\n"


def test_ctrl_c_ends_with_130_and_the_command_it_prints_finishes_the_run(
    town: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    out = tmp_path / "run"
    line = [sys.executable, "-m", "maabar", "run", str(town), "--members", "1000", "--no-what-ifs", "--out", str(out)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        deadline = time.monotonic() + 60
        while not list(out.glob("blocks/*.block")) and time.monotonic() < deadline:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGINT)
        rest = process.stderr.read().splitlines()
        assert (process.wait(60), process.stdout.read()) == (130, "")
    done = results.manifest(out)["members_done"]
    command = f"maabar run {town} --members 1000 --seed 1 --no-what-ifs --out {out}"
    assert rest[-1] == (f"{out}: stopped; {done} of 1000 members are finished and kept there; resume with: {command}")
    assert 0 < done < 1000
    again = runs.execute(scenario.load(town), members=1000, seed=1, out=out)
    assert results.manifest(again)["status"] == "finished"
    assert shlex.split(command)[1:] == ["run", str(town), *line[5:7], "--seed", "1", *line[7:]]


def test_ctrl_c_during_the_report_says_that_the_results_are_there(
    town: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "write", press, raising=False)
    out = tmp_path / "run"
    done = invoke("run", town, *RUN, "--out", out)
    assert (done.exit_code, done.stdout) == (130, "")
    assert done.stderr.splitlines()[-1] == (
        f"{out}: stopped; all results are there; for the report: maabar report {out}"
    )
    assert results.manifest(out)["status"] == "finished"


def test_a_disk_too_full_for_the_report_keeps_the_results(
    town: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = storage.write

    def refuse(path: pathlib.Path, content: bytes) -> None:
        if path.name == "report.html":
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(storage, "write", refuse)
    out = tmp_path / "run"
    done = invoke("run", town, *RUN, "--out", out)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == (
        f"{out}: the disk is full; free some space or choose a folder on another disk with --out; "
        f"all results are there; for the report: maabar report {out}"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--json"], "Missing argument 'SCENARIO'."),
        (["rnu", "--json"], "No such command 'rnu'. Did you mean 'run'?"),
        (["run", "raqqa-2017", "--members", "ten", "--json"], "--members: found 'ten', expected a whole number "
         "from 1 to 10000000"),
    ],
)  # fmt: skip
def test_words_that_cannot_be_used_answer_machines_too(words: list[str], message: str) -> None:
    done = call(*words)
    assert done.returncode == 2
    assert json.loads(done.stdout) == {"status": "error", "exit_code": 2, "message": message, "faults": []}
    assert done.stderr.endswith(f"{message}\n")


def shell(line: str, cwd: pathlib.Path) -> "subprocess.CompletedProcess[str]":
    """A line of bash in which `maabar` is the command; a pipe ends with the last code that is not 0."""
    script = f'set -o pipefail; maabar() {{ {shlex.quote(sys.executable)} -m maabar "$@"; }}; {line}'
    return subprocess.run(["bash", "-c", script], cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    "words", ["check {town} | true", "check {town} --json | head -c 10", "--help | true", "check {town} >&-"]
)
def test_output_that_nobody_reads_is_no_fault(words: str, town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = shell(f"maabar {words.format(town=shlex.quote(str(town)))}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_of_the_progress_who_leaves_early_does_not_stop_the_run(
    town: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    done = shell(f"maabar run {shlex.quote(str(town))} --members 5 --no-what-ifs --out run 2>&1 | head -1", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1
    assert results.manifest(tmp_path / "run")["status"] == "finished"
    assert (tmp_path / "run" / "report.html").is_file()


def test_a_fault_keeps_its_exit_code_when_nobody_reads_it(tmp_path: pathlib.Path) -> None:
    done = shell("maabar check nowhere --json 2>&1 | true", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


FULL = "cannot write to the output: no space left on the device; send it elsewhere"


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", ["check {town}", "check {town} --json", "--help", "--version"])
def test_output_that_the_system_refuses_is_named(words: str, town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = shell(f"maabar {words.format(town=shlex.quote(str(town)))} >/dev/full", tmp_path)
    assert (done.returncode, done.stderr) == (2, f"{FULL}\n")


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_headlines_that_the_system_refuses_leave_the_results(town: pathlib.Path, tmp_path: pathlib.Path) -> None:
    done = shell(f"maabar run {shlex.quote(str(town))} --members 2 --no-what-ifs --out run >/dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"{FULL}; all results are in run"
    assert (tmp_path / "run" / "report.html").is_file()


def test_a_first_run_from_nothing_ends_with_a_report(tmp_path: pathlib.Path) -> None:
    assert call("new", "town", cwd=tmp_path).returncode == 0
    done = call("run", "town", "--members", 5, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()[-2].removeprefix("report: ")
    assert (tmp_path / told).read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
