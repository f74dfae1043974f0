"""situation.html: the situation report as a page without a script, which prints on two to four sheets of A4.

In: a released view and its `situation.Situation`. Out: the page, written by the gate.
"""

from __future__ import annotations

from pathlib import Path

from maabar import release, situation

TEMPLATES = Path(__file__).parent.parent / "templates"


def write(view: release.View, told: situation.Situation, path: Path, command: str = "") -> Path:
    """Write the page; returns its path. Raises errors.RunError if it cannot be written."""
    return release.publish(view, path, render(told).encode(), "situation", command)


def render(told: situation.Situation) -> str:
    """The page as text; whatever comes from files is escaped."""
    import jinja2
    import markupsafe

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    style = (TEMPLATES / "situation.css").read_text(encoding="utf-8")
    return environment.get_template("situation.html.j2").render(
        told=told, style=markupsafe.Markup(style), map=markupsafe.Markup(told.map)
    )
