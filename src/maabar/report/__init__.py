"""report.html: a run for a reader who has two minutes, in one file that asks the network for nothing.

In: a released view of a run (`release.View`). Out: a page for its audience, which carries its marking. The page holds
quantiles and never a member. Everything that comes from files is escaped: by jinja2 in the text,
by `safe.inline` in the data, by `figures.plain` in the charts; a content security policy lets only the page's own
scripts run, by their hashes, and forbids every request.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maabar import differences, figures, observe, quantities, release, texts
from maabar.report import foreseen, hindcasts, maps, panels, safe, tables

if TYPE_CHECKING:
    from maabar import scenario

write_hindcast = hindcasts.write
TEMPLATES = Path(__file__).parent.parent / "templates"
# Drawn in this order where a what-if moves them; all outcomes stand in the table.
DRAWN_OUTCOMES = ("killed", "trapped_days", "unsheltered_nights", "turned_away", "mean_price", "displaced")


def write(view: release.View, path: Path, command: str = "") -> Path:
    """Write the report of a view and return its path.

    command  what was typed, for the release log
    Raises errors.RunError if the file cannot be written.
    """
    return release.publish(view, path, render(view).encode(), "report", command)


def render(view: release.View) -> str:
    """The page as text. Reads each quantity once."""
    import jinja2
    import markupsafe
    import plotly.offline

    facts = view.facts
    reports = [observe.comparable(report, facts) for report in facts.reports]
    sections = panels.sections(view, reports)
    effects, forests = what_ifs(view)
    charts = {panel.key: panel.figure for section in sections for panel in section.panels}
    charts |= {f"what-if-{name}": figure for name, figure in forests.items()}
    intervals = foreseen.chart(view)
    charts |= {} if intervals is None else {"learned": intervals}
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    places = maps.data(view)
    evidence = tables.evidence_beside(view, reports)
    members = view.dataset.sizes["member"]
    scripts = [plotly.offline.get_plotlyjs(), (TEMPLATES / "report.js").read_text(encoding="utf-8")]
    return environment.get_template("report.html.j2").render(
        view=view,
        facts=facts,
        dates=(observe.date_words(facts.start), observe.date_words(facts.end)),
        members=members,
        is_few=members < quantities.FEW,
        span="eight runs in ten" if members >= quantities.FEW else f"all {members} runs",
        headlines=observe.headlines(view.dataset, view.printed),
        hints={"displaced": tables.hint(evidence, "displaced_total")},
        map=places,
        opened=observe.date_words(facts.start + dt.timedelta(days=places["open"])),
        sections=sections,
        grades=[(letter, *figures.GRADES[letter], words) for letter, words in figures.GRADE_WORDS.items()],
        places=tables.places(view),
        ways=tables.ways(view),
        forests=[(f"what-if-{name}", differences.BY_NAME[name]) for name in forests],
        effects=effects,
        ahead=foreseen.ahead(view),
        learned=foreseen.learned(view),
        has_intervals=intervals is not None,
        skill="" if view.beside.skill is None else str(view.beside.skill),
        evidence=evidence,
        sources=tables.sources(view),
        parameters=tables.parameters(view),
        record=tables.record(view),
        assumptions=texts.of("en").listed("assumption."),
        policy=safe.policy(scripts),
        scripts=[markupsafe.Markup(script) for script in scripts],
        style=markupsafe.Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        data=markupsafe.Markup(safe.inline({"charts": charts, "map": places})),
    )


@dataclasses.dataclass(frozen=True)
class Effect:
    """What one variant changes: differences by outcome, and the same in words (label, difference, in how many runs)."""

    variant: scenario.Variant
    changes: dict[str, differences.Difference]
    rows: list[tuple[str, str, str]]

    @property
    def title(self) -> str:
        """The variant's title, or its name where it has none."""
        return self.variant.title or self.variant.name


def what_ifs(view: release.View) -> tuple[list[Effect], dict[str, dict[str, Any]]]:
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
        Effect(variant, changes, [_words(change, facts.currency) for name, change in changes.items() if name in moved])
        for variant, changes in pairs
        if changes
    ]
    forests = {}
    for name in (name for name in DRAWN_OUTCOMES if name in moved):
        rows = [(effect.title, effect.changes[name]) for effect in effects]
        figure = figures.forest(rows, differences.BY_NAME[name], facts.currency).to_plotly_json()
        forests[name] = {"data": figure["data"], "layout": figure["layout"]}
    return effects, forests


def _words(change: differences.Difference, currency: str) -> tuple[str, str, str]:
    """A row of a variant's table."""
    return change.label, figures.difference_words(change, currency), _share_words(change)


def _share_words(change: differences.Difference) -> str:
    """In how many members the outcome fell or rose: `lower in 83 % of runs`."""
    if change.share_lower == change.share_higher == 0:
        return "unchanged"
    falls = change.share_lower >= change.share_higher
    return f"{'lower' if falls else 'higher'} in {max(change.share_lower, change.share_higher):.0%} of runs"
