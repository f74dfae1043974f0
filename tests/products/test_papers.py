"""Papers for reviewers: every heading, the run's own numbers, what is unfilled, nothing an audience may not see."""

import datetime as dt
import pathlib
import re

import numpy as np
import pytest
import typer.testing

import maabar
import synthetic
from maabar import cli, errors, observe, papers, release, scenario, skillcard, texts
from maabar.report import tables

FACTS = synthetic.siege()
RUN = synthetic.dataset(FACTS, 40)
TODAY = FACTS.end + dt.timedelta(days=400)


def view(audience: str = "public") -> release.View:
    return synthetic.view(FACTS, RUN, audience, today=TODAY)


def papered(audience: str = "public", **known: str) -> dict[str, str]:
    return {one.name: one.text for one in papers.documents(view(audience), known)}


def headings(text: str) -> list[str]:
    return re.findall(r"^## (.*)$", text, re.MULTILINE)


def test_the_model_card_has_the_sections_of_its_form() -> None:
    assert headings(papered()["model-card"]) == [
        "Model details", "Intended use", "Factors", "Metrics", "Evaluation data", "Training data",
        "Quantitative analyses", "Ethical considerations", "Caveats and recommendations",
    ]  # fmt: skip


def test_the_odd_has_the_seven_elements_and_eleven_concepts() -> None:
    odd = papered()["odd"]
    assert [one[0] for one in headings(odd)] == list("1234567")
    concepts = re.findall(r"^\*\*([A-Z][a-z ]+)\.\*\*", odd, re.MULTILINE)
    assert concepts == [
        "Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing",
        "Interaction", "Stochasticity", "Collectives", "Observation",
    ]  # fmt: skip


def test_numbers_are_those_of_the_run() -> None:
    seen = view("internal")
    found = papered("internal")
    displaced = seen.series("displaced_total", "*")[:, -1]
    assert seen.printed(float(np.median(displaced)), "person") in found["model-card"]
    beside = tables.evidence_beside(seen, [observe.comparable(one, FACTS) for one in FACTS.reports], texts.of("en"))
    assert f"{beside.met} of {beside.compared} with a number" in found["model-card"]
    rows = re.findall(r"^\| [^|]+ \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", found["evaluation-matrix"], re.M)
    sums = np.array([[int(cell) for cell in row] for row in rows]).sum(axis=0)
    assert sums.tolist()[:3] == [len(FACTS.reports), beside.compared, beside.met]
    assert sums[1] == sums[2:].sum()
    for one in tables.parameters(seen, texts.of("en")):
        assert f"| `{one.name}` | {one.value} |" in found["odd"]


def test_what_nobody_filled_in_is_said_and_what_was_is_there() -> None:
    whole = "\n".join(papered().values())
    for field, question in papers.FIELDS.items():
        assert f"**Not filled**: {question}. Write `{field}`" in whole
    filled = "\n".join(papered(**dict.fromkeys(papers.FIELDS, "the desk | of *camps*")).values())
    assert "**Not filled**: " not in filled.replace("**Not filled**: no hindcast", "")
    assert "the desk \\| of \\*camps\\*" in filled


def test_a_hindcast_fills_the_matrix_and_without_one_it_is_said() -> None:
    assert "**Not filled**: no hindcast" in papered()["evaluation-matrix"]
    row = skillcard.Row("inside", "People under siege", "person", (8, 14), 12, 4, 900.0, 1.0, {"80": 0.75}, (1,) * 10,
                        None, {})  # fmt: skip
    beside = release.Beside(skill=skillcard.Skill("town", (row,), {}))
    seen = release.view(RUN, FACTS, synthetic.manifest(FACTS, 40), "public", home=pathlib.Path("x"), beside=beside)
    found = {one.name: one.text for one in papers.documents(seen, {})}["evaluation-matrix"]
    assert "| People under siege | 8 to 14 | 12 | 900 | 75% | none |" in found


def test_the_public_reads_nothing_of_ways_guides_and_prices() -> None:
    raqqa = scenario.load("raqqa-2017")
    seen = synthetic.view(raqqa, synthetic.dataset(raqqa, 12), "public", today=raqqa.end + dt.timedelta(days=400))
    whole = "\n".join(one.text for one in papers.documents(seen, {})).casefold()
    hidden = {one.id for one in raqqa.routes}
    hidden |= {one.name for one in raqqa.places if one.kind == "waypoint" and len(one.name) > 6}
    assert {one for one in hidden if one.casefold() in whole} == set()
    for word in ("guide_capacity", "interception_rate", "price_"):
        assert f"`{word}" not in whole
    for quantity in ("price", "guides", "fighters"):
        assert f"| `{quantity}` | no |" in whole


@pytest.mark.parametrize("audience", ["public", "partner", "internal"])
def test_each_paper_carries_its_marking_and_is_a_closed_page(audience: str) -> None:
    for one in papers.documents(view(audience), {"owner": "<script>alert(1)</script> [x](javascript:1)"}):
        assert view(audience).marking in one.text
        page = papers.page(one)
        assert "default-src 'none'" in page
        assert "<script" not in page
        assert "href=" not in page
        assert page.count("<table>") == len(re.findall(r"^\|---", one.text, re.MULTILINE))


def test_the_command_writes_eight_files_and_notes_them(tmp_path: pathlib.Path) -> None:
    scenario.template(tmp_path / "town")
    made = maabar.load(tmp_path / "town").run(members=12, seed=1, what_ifs=False, out=tmp_path / "run")
    (tmp_path / "papers.toml").write_text('contact = "the desk"\n')
    run = typer.testing.CliRunner().invoke
    done = run(cli.app, ["papers", str(made.path), "--fill", str(tmp_path / "papers.toml")])
    assert done.exit_code == 0, done.stderr
    files = [pathlib.Path(line) for line in done.stdout.splitlines()]
    assert len(files) == 8
    assert {path.suffix for path in files} == {".md", ".html"}
    assert "Contact: the desk" in files[0].read_text()
    assert len([entry for entry in release.releases(made.path) if entry["product"] == "papers"]) == 8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('contcat = "x"\n', "found 'contcat', expected contact, owner, .*; did you mean 'contact'?"),
        ("contact = 3\n", "contact: found 3, expected a text; put it in quotes"),
        ("contact = [", "cannot be read as TOML"),
    ],
)
def test_a_faulty_fill_is_refused(tmp_path: pathlib.Path, text: str, message: str) -> None:
    path = tmp_path / "papers.toml"
    path.write_text(text)
    with pytest.raises(errors.RunError, match=message):
        papers.filled(path)
    with pytest.raises(errors.RunError, match="cannot be read"):
        papers.filled(tmp_path / "none.toml")
