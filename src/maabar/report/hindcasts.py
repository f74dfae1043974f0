"""hindcast.html: how good forecasts were, in one file that asks the network for nothing.

In: a `hindcard.Hindcast` and its scenario. Out: a page for analysts: it names places and ids of reports, and says that
it is internal. Escaped and closed off as the report of a run is.
"""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING

from maabar import errors, figures, hindcard, observe, phrases, storage, texts
from maabar.report import hindcharts, safe

if TYPE_CHECKING:
    from maabar import scenario

TEMPLATES = pathlib.Path(__file__).parent.parent / "templates"


def write(found: hindcard.Hindcast, facts: scenario.Scenario, path: pathlib.Path) -> pathlib.Path:
    """Write the page of a hindcast and return its path. Raises errors.RunError if it cannot be written."""
    try:
        storage.write(path, render(found, facts).encode())
    except OSError as fault:
        raise errors.RunError(storage.explained(fault, path.parent)) from fault
    return path


def render(found: hindcard.Hindcast, facts: scenario.Scenario) -> str:
    """The page as text."""
    import jinja2
    import markupsafe
    import plotly.offline

    names = {place.id: place.name for place in facts.places} | {zone.id: zone.name for zone in facts.zones}
    drawn = hindcharts.charts(found, names)
    scripts = [plotly.offline.get_plotlyjs(), (TEMPLATES / "hindcast.js").read_text(encoding="utf-8")]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    shown = {chart.key: chart.figure.to_plotly_json() for chart in drawn}
    return environment.get_template("hindcast.html.j2").render(
        found=found,
        span=[observe.date_words(day) for day in (found.origins[0], found.origins[-1])],
        words=str(found),
        charts=drawn,
        grades=[
            (letter, figures.GRADES[letter][1], words) for letter, words in phrases.grade_words(texts.of("en")).items()
        ],
        policy=safe.policy(scripts),
        scripts=[markupsafe.Markup(script) for script in scripts],
        style=markupsafe.Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        data=markupsafe.Markup(
            safe.inline({key: {"data": one["data"], "layout": one["layout"]} for key, one in shown.items()})
        ),
    )
