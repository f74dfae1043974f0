"""What reviewers ask for, filled from a run: model card, evaluation matrix, ODD description, ethical matrix.

In: a released view, and what only people know (`filled`). Out: four documents as Markdown and HTML; their sentences are
the templates in `templates/papers`. What nobody filled in is said to be unfilled; no number is in them that the view
does not hold.

Sources of the forms: M. Mitchell et al. 2019, Model cards for model reporting, doi:10.1145/3287560.3287596; V. Grimm
et al. 2020, The ODD protocol: a second update, doi:10.18564/jasss.4259; B. Mepham 1996, Ethical analysis of food
biotechnologies: an evaluative framework (the ethical matrix).
"""

from __future__ import annotations

import dataclasses
import html
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from maabar import __version__, audience, errors, headlines, observe, quantities, release, texts
from maabar.report import tables

TEMPLATES = Path(__file__).with_name("templates") / "papers"
DOCUMENTS = ("model-card", "evaluation-matrix", "odd", "ethical-matrix")
# What only people know -> the question
FIELDS = {
    "contact": "whom to ask about this run",
    "owner": "who is responsible for the scenario",
    "funding": "who paid for the work",
    "use": "the decision that this run is for",
    "affected": "how people affected were asked, and what they said",
    "review": "who reviewed scenario and run, and when",
    "approval": "which ethics or data protection body approved it",
    "release": "who decides what is released to whom",
    "redress": "where somebody harmed by a number can turn to",
}
NOTE = "**Not filled**: {question}. Write `{field}` into a TOML file and give it with `--fill`."
VERDICTS = ("agrees", "run is higher", "run is lower")
Known = Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Document:
    """A document: the name of its file without ending, and its Markdown."""

    name: str
    text: str


def filled(path: Path | None) -> dict[str, str]:
    """What only people know, from a TOML file of texts. Raises errors.RunError for a key that no document asks for."""
    if path is None:
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise errors.RunError(
            f"--fill: {path} cannot be read as TOML ({fault}); write lines like owner = '…'"
        ) from fault
    for key, value in found.items():
        if key not in FIELDS:
            allowed, cure = errors.listed(list(FIELDS)), errors.suggestion(key, FIELDS, "choose one of these")
            raise errors.RunError(f"--fill: {path}: found {errors.quote(key)}, expected {allowed}; {cure}")
        if not isinstance(value, str):
            raise errors.RunError(f"--fill: {path}: {key}: found {value!r}, expected a text; put it in quotes")
    return found


def write(view: release.View, folder: Path, known: Known, command: str = "") -> list[Path]:
    """Write the documents into a folder, each as Markdown and HTML; returns the files."""
    made = []
    for one in documents(view, known):
        name = f"{one.name}-{view.audience.name}"
        made.append(release.publish(view, folder / f"{name}.md", one.text.encode(), "papers", command))
        made.append(release.publish(view, folder / f"{name}.html", page(one).encode(), "papers", command))
    return made


def documents(view: release.View, known: Known) -> list[Document]:
    """The four documents."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["plain"] = plain
    values = _values(view, known)
    return [Document(name, environment.get_template(f"{name}.md.j2").render(values)) for name in DOCUMENTS]


def page(one: Document) -> str:
    """A document as HTML that asks for nothing; whatever stands in the text as a tag is shown as text."""
    import markdown_it

    body = markdown_it.MarkdownIt("commonmark", {"html": False}).enable("table").render(one.text)
    style = (TEMPLATES / "papers.css").read_text(encoding="utf-8")
    title = html.escape(one.text.splitlines()[0].lstrip("# "))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def plain(text: object) -> str:
    """A text from files within Markdown: its mark-up shown as it is, on one line, and no end of a table's cell."""
    words = " ".join(str(text).split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|~" else letter for letter in words)


def _values(view: release.View, known: Known) -> dict[str, Any]:
    """What the templates are filled with."""
    facts, about, words = view.facts, view.about, texts.of("en")
    beside = tables.evidence_beside(view, [observe.comparable(one, facts) for one in facts.reports], words)
    letters = {one.id: one.reliability for one in facts.sources}
    grades = Counter(letters.get(report.source, "F") for report in facts.reports)
    tally = {letter: (compared, met) for letter, compared, met in beside.tally}
    account, skill = view.beside.account, view.beside.skill
    return {
        "view": view, "facts": facts, "about": about, "beside": beside, "account": account,
        "skill": skill if skill is not None and skill.rows else None,
        "version": about.get("version", __version__),
        "digest": str((about.get("results") or {}).get("sha256", ""))[:16] or "unknown",
        "forecast": about.get("forecast") or None,
        "dates": [observe.date_words(day) for day in (facts.start, facts.end)],
        "identified": 0 if account is None else sum(one.is_identified for one in account.parameters),
        "grades": [(letter, grades[letter], *tally.get(letter, (0, 0))) for letter in sorted(grades)],
        "headlines": headlines.of(view.dataset, view.printed),
        "evaluated": _evaluated(beside.rows),
        "unreported": _unreported(view, {row.about for row in beside.rows}),
        "kinds": sorted(Counter(place.kind for place in facts.places).items()),
        "parameters": tables.parameters(view, words),
        "rules": [(name, row, view.holds(name)) for name, row in audience.rules().items()],
        "asked": {field: _asked(field, known) for field in FIELDS},
    }  # fmt: skip


def _asked(field: str, known: Known) -> str:
    """What a person filled in, or that nobody did."""
    said = known.get(field, "").strip()
    return plain(said) if said else NOTE.format(question=FIELDS[field], field=field)


def _evaluated(rows: list[tables.EvidenceRow]) -> list[tuple[str, int, int, int, int, int]]:
    """For each quantity: reports, those with a number, those that the interval meets, run higher, run lower."""
    found: dict[str, list[tables.EvidenceRow]] = defaultdict(list)
    for row in rows:
        found[row.quantity].append(row)
    told = []
    for name, some in found.items():
        verdicts = Counter(one.verdict for one in some if one.is_compared)
        agrees, higher, lower = (verdicts[one] for one in VERDICTS)
        told.append((name, len(some), verdicts.total(), agrees, higher, lower))
    return told


def _unreported(view: release.View, reported: set[str]) -> list[str]:
    """Quantities that this audience sees, and nobody reported."""
    seen = {name.partition(":")[0] for name, _ in view.cells()}
    return [row.label for name, row in quantities.QUANTITIES.items() if name in seen and name not in reported]
