"""report.html: a run for a reader who has two minutes, in one file that asks the network for nothing.

In: a released view of a run (`release.View`) and a language. Out: a page for its audience, which carries its marking.
The page holds quantiles and never a member. Everything that comes from files is escaped: by jinja2 in the text, by
`safe.inline` in the data, by `phrases.plain` in the charts; a content security policy lets only the page's own scripts
run, by their hashes, and forbids every request.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maabar import differences, figures, headlines, observe, phrases, quantities, release, texts
from maabar.report import foreseen, hindcasts, maps, panels, safe, tables

if TYPE_CHECKING:
    import markupsafe

write_hindcast = hindcasts.write
TEMPLATES = Path(__file__).parent.parent / "templates"
# Drawn in this order where a what-if moves them; all outcomes stand in the table.
DRAWN_OUTCOMES = ("killed", "trapped_days", "unsheltered_nights", "turned_away", "mean_price", "displaced")


def write(view: release.View, path: Path, command: str = "", lang: str = "en") -> Path:
    """Write the report of a view and return its path.

    command  what was typed, for the release log
    lang     en or ar
    Raises errors.RunError for another language, or if the file cannot be written.
    """
    return release.publish(view, path, render(view, lang).encode(), "report", command)


def render(view: release.View, lang: str = "en") -> str:
    """The page as text. Reads each quantity once."""
    import jinja2
    import markupsafe
    import plotly.offline

    words = texts.of(lang)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    charts, blocks = _blocks(view, words)
    scripts = [plotly.offline.get_plotlyjs(), (TEMPLATES / "report.js").read_text(encoding="utf-8")]
    data = {"charts": charts, "map": blocks["map"], "words": _script_words(view, words), "months": words.months()}
    return environment.get_template("report.html.j2").render(
        **blocks,
        view=view,
        facts=view.facts,
        words=words,
        t=_translated(words),
        policy=safe.policy(scripts),
        scripts=[markupsafe.Markup(script) for script in scripts],
        style=markupsafe.Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        data=markupsafe.Markup(safe.inline(data)),
    )


def _translated(words: texts.Texts) -> Callable[..., markupsafe.Markup]:
    """Texts by key for the template: escaped, while marked-up values (links, bold numbers) stay what they are."""
    import markupsafe

    return lambda key, **values: markupsafe.Markup(markupsafe.escape(words.found[key])).format(**values)


def _script_words(view: release.View, words: texts.Texts) -> dict[str, str]:
    """What the page's script says; it fills in the placeholders itself."""
    keys = ("play", "pause", "more", "people", "besieged", "km", "north", "below")
    found = {key: words.found[f"report.script_{key}"] for key in keys}
    return found | {"below": found["below"].format(number=view.least)}


def _blocks(view: release.View, words: texts.Texts) -> tuple[dict[str, Any], dict[str, Any]]:
    """The charts as plain data, and all that the template prints."""
    facts, members = view.facts, view.dataset.sizes["member"]
    reports = [observe.comparable(report, facts, words) for report in facts.reports]
    sections = panels.sections(view, reports, words)
    effects, forests = what_ifs(view, words)
    charts = {panel.key: panel.figure for section in sections for panel in section.panels}
    charts |= {f"what-if-{name}": figure for name, figure in forests.items()}
    intervals = foreseen.chart(view, words)
    charts |= {} if intervals is None else {"learned": intervals}
    places = maps.data(view, words)
    evidence = tables.evidence_beside(view, reports, words)
    is_few = members < quantities.FEW
    return charts, {
        "title": words.names(facts.title, facts.title_ar),
        "summary": words.name(facts.summary, facts.summary_ar),
        "limits": words.name(facts.limits, facts.limits_ar),
        "dates": (words.day(facts.start), words.day(facts.end)),
        "members": members,
        "is_few": is_few,
        "span": words("report.span_few", members=members) if is_few else words("common.range_80"),
        "headlines": headlines.of(view.dataset, view.printed, words, phrases.names(facts, words)),
        "hints": {"displaced": tables.hint(evidence, "displaced_total", words)},
        "map": places,
        "opened": words.day(facts.start + dt.timedelta(days=places["open"])),
        "sections": sections,
        "grades": [(letter, *figures.GRADES[letter], said) for letter, said in phrases.grade_words(words).items()],
        "places": tables.places(view, words),
        "ways": tables.ways(view, words),
        "forests": [(f"what-if-{name}", name, words(f"outcome.{name}")) for name in forests],
        "effects": effects,
        "ahead": foreseen.ahead(view, words),
        "learned": foreseen.learned(view, words),
        "has_intervals": intervals is not None,
        "skill": "" if view.beside.skill is None else str(view.beside.skill),
        "evidence": evidence,
        "sources": tables.sources(view),
        "parameters": tables.parameters(view, words),
        "record": tables.record(view, words),
        "assumptions": words.listed("assumption."),
    }


@dataclasses.dataclass(frozen=True)
class Effect:
    """What one variant changes: differences by outcome, and the same in words (label, difference, in how many runs)."""

    title: str
    rationale: str
    changes: dict[str, differences.Difference]
    rows: list[tuple[str, str, str]]


def what_ifs(view: release.View, words: texts.Texts) -> tuple[list[Effect], dict[str, dict[str, Any]]]:
    """Every variant with its differences, and forest plots by outcome; outcomes that no variant moves are left out."""
    facts, whatifs = view.facts, view.what_ifs
    if whatifs is None or differences.BASELINE not in whatifs["variant"].values.tolist():
        return [], {}
    base = whatifs.sel(variant=differences.BASELINE)
    known = [variant for variant in facts.variants if variant.name in whatifs["variant"].values.tolist()]
    pairs = [
        (variant, {change.outcome: change for change in differences.paired(base, whatifs.sel(variant=variant.name))})
        for variant in known
    ]
    moved = {
        name
        for _, changes in pairs
        for name, change in changes.items()
        if change.share_lower > 0 or change.share_higher > 0
    }
    effects = [
        Effect(
            words.name(variant.title or variant.name, variant.title_ar),
            words.name(variant.rationale, variant.rationale_ar),
            changes,
            [_row(change, facts.currency, words) for name, change in changes.items() if name in moved],
        )
        for variant, changes in pairs
        if changes
    ]
    forests = {}
    for name in (name for name in DRAWN_OUTCOMES if name in moved):
        rows = [(effect.title, effect.changes[name]) for effect in effects]
        figure = figures.forest(rows, differences.BY_NAME[name], facts.currency, words).to_plotly_json()
        forests[name] = {"data": figure["data"], "layout": figure["layout"]}
    return effects, forests


def _row(change: differences.Difference, currency: str, words: texts.Texts) -> tuple[str, str, str]:
    """A row of a variant's table."""
    label = words(f"outcome.{change.outcome}")
    return label, phrases.difference_words(change, currency, words), _share_words(change, words)


def _share_words(change: differences.Difference, words: texts.Texts) -> str:
    """In how many members the outcome fell or rose: `lower in 83 % of runs`."""
    if change.share_lower == change.share_higher == 0:
        return words("report.whatif_same")
    way = "lower" if change.share_lower >= change.share_higher else "higher"
    return words(f"report.whatif_{way}", share=words.share(max(change.share_lower, change.share_higher)))
