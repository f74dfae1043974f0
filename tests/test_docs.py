"""The documents say what the program does: links, commands, code, tables and numbers."""

import csv
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import pages
from maabar import evidence
from maabar.formats import fleesettings, importtables

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The anchors that a reader's browser makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_within_the_project_resolves(page: Path) -> None:
    broken = []
    for target in LINK.findall(text_of(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.slow
def test_the_tutorial_works_as_it_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_of(DOCS / "tutorial.md")
    taken = pages.steps(text)
    assert sum(isinstance(step, pages.Edit) for step in taken) == text.count("```diff")
    assert sum(isinstance(step, pages.Command) and bool(step.shown) for step in taken) >= 6
    assert list(pages.follow(text, tmp_path)) == []
    monkeypatch.chdir(tmp_path)
    run_python(DOCS / "tutorial.md")
    assert (tmp_path / "inside.html").stat().st_size > 10_000


@pytest.mark.slow
def test_the_guide_for_users_of_flee_works_as_it_is_printed(tmp_path: Path) -> None:
    text = text_of(DOCS / "from-flee.md")
    taken = pages.steps(text)
    assert sum(isinstance(step, pages.Edit) for step in taken) == text.count("```diff")
    assert sum(isinstance(step, pages.Command) and bool(step.shown) for step in taken) >= 10
    pages.lay_out(tmp_path)
    assert list(pages.follow(text, tmp_path)) == []


@pytest.mark.slow
def test_the_page_of_imports_works_as_it_is_printed(tmp_path: Path) -> None:
    text = text_of(DOCS / "imports.md")
    taken = pages.steps(text)
    assert sum(isinstance(step, pages.Command) and bool(step.shown) for step in taken) >= 7
    pages.lay_out(tmp_path)
    assert list(pages.follow(text, tmp_path)) == []


def test_every_layout_and_letter_of_an_import_stands_on_its_page() -> None:
    page = text_of(DOCS / "imports.md")
    assert [one.id for one in importtables.sources().values() if f"**{one.reliability}**" not in page] == []
    told = re.sub(r"[^a-z0-9]", "", page.casefold())
    layouts = [one for name in importtables.formats() for one in importtables.variants(name) if not one.refusal]
    needed = {field.headings for one in layouts for field in one.fields if field.must}
    assert len(needed) > 30
    assert [names for names in needed if not any(importtables.folded(name) in told for name in names)] == []
    terms = {one.source_id: importtables.sources()[one.source_id].terms for one in layouts}
    assert len(terms) == 8


@pytest.mark.slow
def test_the_page_from_ten_reports_to_a_forecast_works_as_it_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = text_of(DOCS / "forecast.md")
    taken = pages.steps(text)
    assert sum(isinstance(step, pages.Edit) for step in taken) == text.count("```diff") == 1
    assert sum(isinstance(step, pages.Command) and bool(step.shown) for step in taken) >= 6
    assert list(pages.follow(text, tmp_path)) == []
    monkeypatch.chdir(tmp_path)
    run_python(DOCS / "forecast.md")


def test_every_setting_of_flee_that_is_known_has_a_row_in_the_guide() -> None:
    rows = " ".join(re.findall(r"^\| ([^|]*)\|", text_of(DOCS / "from-flee.md"), re.MULTILINE))
    named = set(re.findall(r"`(\w+)`", rows))
    stems = tuple(re.findall(r"`(\w+)…`", rows))
    assert [name for name in sorted(fleesettings.KNOWN) if name not in named and not name.startswith(stems)] == []


def test_a_line_that_is_not_printed_is_found_missing() -> None:
    shown = ("one … three", "four 1,000")
    assert pages.missing(shown, "zero\none two three\nfour 1,100\n") == []
    assert pages.missing(shown, "four 1,000\none two three\n") == ["four 1,000"]
    assert pages.missing(shown, "one two three\nfour 1,300\n") == ["four 1,000"]


def run_python(page: Path) -> None:
    """Run the python blocks of a page, one after another, in the current folder."""
    names: dict[str, object] = {}
    for code in PYTHON.findall(text_of(page)):
        exec(compile(code, name_of(page), "exec"), names)


@pytest.mark.slow
def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_python(ROOT / "README.md")


def test_python_stands_only_where_a_test_runs_it() -> None:
    assert {name_of(page) for page in PAGES if "```python" in text_of(page)} == {
        "README.md",
        "docs/tutorial.md",
        "docs/forecast.md",
    }


def test_every_command_that_the_documents_name_exists() -> None:
    named = {word for page in PAGES for word in re.findall(r"`maabar ([a-z]+)", text_of(page))}
    assert len(named) >= 4
    for word in sorted(named):
        done = subprocess.run([sys.executable, "-m", "maabar", word, "--help"], capture_output=True, check=False)
        assert done.returncode == 0, f"maabar {word} is named and does not exist"


def test_every_make_target_that_the_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {word for page in PAGES for word in re.findall(r"`make ([a-z]+)", text_of(page))}
    assert named <= targets
    assert {"venv", "demo", "test", "lint", "types", "bench", "clean"} <= targets


def test_the_page_of_parameters_is_up_to_date() -> None:
    page = runpy.run_path(str(DOCS / "make_parameters.py"))["page"]()
    assert text_of(DOCS / "parameters.md") == page, "run: make docs"


def test_every_parameter_enters_the_written_law() -> None:
    with (ROOT / "src" / "maabar" / "parameters.csv").open(encoding="utf-8", newline="") as stream:
        names = [row["name"] for row in csv.DictReader(stream)]
    law = text_of(DOCS / "model.md") + text_of(DOCS / "parameters.md").partition("| parameter | unit |")[0]
    by_mode = {name for name in names if name.startswith("speed_")}
    assert [name for name in names if not re.search(rf"\b{name}\b", law) and name not in by_mode] == []


def test_assumptions_are_numbered_without_a_gap_and_the_code_cites_only_those() -> None:
    numbers = [int(number) for number in re.findall(r"^\| A(\d+) \|", text_of(DOCS / "assumptions.md"), re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    cited = {
        (int(number), file.name)
        for file in (ROOT / "src").rglob("*.py")
        for number in re.findall(r"\bassumptions? A(\d+)\b", text_of(file))
    }
    assert {pair for pair in cited if pair[0] not in numbers} == set()


def test_the_forms_and_quantities_of_evidence_are_all_explained() -> None:
    page = text_of(DOCS / "evidence.md")
    first_cells = " ".join(re.findall(r"^\| ([^|]*)\|", page, re.MULTILINE))
    assert [word for word in (*evidence.FORMS, *evidence.QUANTITY_NAMES) if f"`{word}`" not in first_cells] == []


def test_the_glossary_is_in_alphabetical_order() -> None:
    words = re.findall(r"^\| ([^|]+) \|", text_of(DOCS / "glossary.md"), re.MULTILINE)[2:]
    assert len(words) > 50
    assert words == sorted(words, key=str.casefold)


def test_every_page_is_listed_in_the_index() -> None:
    index = text_of(DOCS / "README.md")
    assert [page.name for page in DOCS.glob("*.md") if page.name != "README.md" and f"({page.name})" not in index] == []


# Written in pieces: this file must not hold what it forbids.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"pypi\." + "org",
            r"pythonhosted\." + "org",
            r"registry\.npmjs\." + "org",
            r"deb\.debian\." + "org",
            r"(?:^|[\s\"'`(=:])/(?:work|opt|root)/",
            r"/tmp/" + "venv",
        ]
    ),
    re.MULTILINE,
)
TEXT = {".py", ".md", ".toml", ".csv", ".cff", ".j2", ".css", ".js", ".json", ".yml", ".yaml", ".txt", ""}


def project_files() -> list[Path]:
    """Every file of the project that is text: kept by git or about to be."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / line for line in listing.stdout.splitlines()]
    return [path for path in paths if path.suffix in TEXT and path.is_file()]


def test_no_file_names_a_package_host_or_a_path_of_one_machine() -> None:
    files = project_files()
    assert len(files) > 20
    found = [
        f"{path.relative_to(ROOT)}: {match[0].strip()}"
        for path in files
        for match in FORBIDDEN.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_the_word_test_can_fail() -> None:
    assert FORBIDDEN.search("see " + "https://pypi." + "org/x")
    assert FORBIDDEN.search("lies at /" + "work/main")
    assert not FORBIDDEN.search("https://example.net/" + "work/main")
