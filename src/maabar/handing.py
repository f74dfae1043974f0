"""The commands that hand a run on: reports, pictures, papers, files for others.

Plain functions that `cli` makes commands of.
"""

import pathlib
import sys
from typing import Annotated, Any

import typer

from maabar import guard, options, terminal


def report(
    folder: options.RunFolder,
    audience: options.Audience = "public",
    lang: options.Language = "en",
    pdf: Annotated[
        bool, typer.Option("--pdf", help="The situation report as PDF too (needs pip install 'maabar[pdf]').")
    ] = False,
    on: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Evening of the situation report. [default: the origin, or the last day]"),
    ] = None,
    out: Annotated[
        pathlib.Path | None, typer.Option(metavar="DIR", help="Folder to write into. [default: the run folder]")
    ] = None,
    hindcast: Annotated[
        pathlib.Path | None,
        typer.Option(metavar="DIR", help="Folder of a hindcast: the report then tells how such forecasts did."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Make the reports of a finished run, for the public or for others.

    \b
    Two files, named for their audience and language (-partner, -internal, -ar):
      report.html     all of it, to look around in
      situation.html  two to four pages in the form of a situation report; with --pdf situation.pdf too

    The public sees totals and districts, partners places, the team itself everything; each page says which it is. Every
    file is noted in releases.jsonl of the run folder.

    \b
    Examples:
      maabar report runs/raqqa-2017-20261122T101500
      maabar report runs/raqqa-2017-20261122T101500 --audience partner --lang ar --pdf --on 2017-06-30
      maabar report runs/forecast --hindcast hindcasts/my-town-every-14d-30d
    """
    from maabar import audience as audiences
    from maabar import ran, texts, units

    audiences.named(audience)
    texts.of(lang)
    evening = units.date_of(on, "--on")
    made = ran.open_run(folder)
    _ = made.scenario
    target = out or made.path
    shared: dict[str, Any] = {"audience": audience, "lang": lang, "hindcast": hindcast, "command": guard.typed()}
    with terminal.progress(sys.stderr, quiet=as_json) as progress:
        progress("report", 0, 2)
        files = made.situation(target, pdf=pdf, on=evening, **shared)
        progress("report", 1, 2)
        page = made.report(target / ran.named("report.html", audience, lang), **shared)
        progress("report", 2, 2)
    if as_json:
        found = {"status": "done", "folder": str(folder), "audience": audience, "language": lang}
        guard.print_json(found | {"report": str(page), "situation": [str(path) for path in files]})
        return
    for path in files:
        terminal.say(f"situation report: {path}")
    terminal.say(f"report: {page}")


def export(
    folder: options.RunFolder,
    format_: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help="csv, xlsx, geojson, gpkg, hapi, hub, netcdf, flee or all."),
    ] = "csv",
    audience: options.Audience = "public",
    out: Annotated[
        pathlib.Path | None,
        typer.Option(metavar="DIR", help="Folder to write into. [default: one named as the format, in the run folder]"),
    ] = None,
    hxl: Annotated[bool, typer.Option("--hxl", help="csv, hapi: a row of HXL hashtags under the header.")] = False,
    member: Annotated[
        int | None,
        typer.Option(parser=guard.whole, metavar="INTEGER", help="flee: one member, from 0. [default: mean of all]"),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Write a run for others to merge. Each file carries the marking of its audience and a dictionary of its columns.

    \b
    The formats:
      csv      one row for each quantity, place and day; opens right in Excel, Arabic too
      xlsx     the same as a workbook
      geojson  a point for each place, for any map
      hapi     displaced people by district and month, in the columns of HDX HAPI
      hub      quantiles by week, in the long table of forecast hubs
      netcdf   quantiles by place and day, by the CF conventions
      gpkg     points of the places and every day, for QGIS (needs pip install 'maabar[gis]')
      flee     Flee's out.csv, for the team alone (--audience internal)
      all      all of these but Flee's

    \b
    The columns of flee's out.csv, people at the end of the day:
      Day, Date                       day of the run, from 0, and its date
      CAMP sim                        simulated people at the camp (mean of the members)
      CAMP data                       counted people, linear between counts
      CAMP error                      |sim/data - 1|, 0 where nobody was counted
      Total error                     sum of |sim - data| over the camps / sum of data
      refugees in camps (UNHCR)       sum of data
      total refugees (simulation)     all who have fled, on the way included
      raw UNHCR refugee count         sum of data again
      refugees in camps (simulation)  sum of sim
      refugee_debt                    how far the sum of data is below its highest so far

    Only camps and refuges with counts are written there, as in Flee; the others are named.

    \b
    Examples:
      maabar export runs/mali --format xlsx
      maabar export runs/mali --format csv --hxl --audience partner --out for-partners
      maabar export runs/mali --format flee --audience internal --member 7 --out member-7
    """
    from maabar import audience as audiences
    from maabar import ran
    from maabar.formats import exports, fleeout

    exports.check(format_, {"hxl": hxl, "member": member})
    audiences.named(audience)
    made = ran.open_run(folder)
    _ = made.scenario
    files = made.export(format_, out, audience=audience, hxl=hxl, member=member, command=guard.typed())
    left_out = fleeout.left_out(made.scenario) if format_ == "flee" else []
    if as_json:
        found = {"status": "done", "folder": str(folder), "format": format_, "audience": audience}
        guard.print_json(found | {"files": [str(path) for path in files], "left_out": left_out})
        return
    for path in files:
        terminal.say(str(path))
    if left_out:
        terminal.say(f"without counts, so not in it: {', '.join(left_out)}")


def plot(
    folder: options.RunFolder,
    asked: Annotated[str, typer.Argument(metavar="QUANTITY[/PLACE]", help="Such as inside or present/north-camp.")],
    audience: options.Audience = "public",
    out: Annotated[
        pathlib.Path | None,
        typer.Option(
            metavar="FILE", help="A name in png, svg or html. [default: a png in the folder plots of the run]"
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Draw one quantity over time as a picture, with its interval and the reports on it.

    PNG and SVG need pip install 'maabar[plot]'; HTML needs nothing more. The picture carries the marking of its
    audience.

    \b
    Examples:
      maabar plot runs/raqqa-2017-20261122T101500 inside
      maabar plot runs/raqqa-2017-20261122T101500 price --audience internal --out price.svg
      maabar plot runs/town arrivals/north-camp --audience partner --out arrivals.html
    """
    from maabar import audience as audiences
    from maabar import ran

    audiences.named(audience)
    made = ran.open_run(folder)
    _ = made.scenario
    quantity, _, place = asked.partition("/")
    path = made.picture(quantity, place or None, out=out, audience=audience, command=guard.typed())
    if as_json:
        guard.print_json({"status": "done", "folder": str(folder), "audience": audience, "picture": str(path)})
        return
    terminal.say(f"picture: {path}")


def papers(
    folder: options.RunFolder,
    audience: options.Audience = "public",
    out: Annotated[
        pathlib.Path | None,
        typer.Option(metavar="DIR", help="Folder to write into. [default: papers in the run folder]"),
    ] = None,
    fill: Annotated[
        pathlib.Path | None, typer.Option(metavar="FILE", help="A TOML file with what only people know.")
    ] = None,
    hindcast: Annotated[
        pathlib.Path | None, typer.Option(metavar="DIR", help="Folder of a hindcast, for the evaluation matrix.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Write what reviewers ask for: model card, evaluation matrix, ODD description, ethical matrix.

    They are filled from the run. What only people know stays open, and is said to be, until a TOML file answers it:
    contact, owner, funding, use, affected, review, approval, release, redress.

    \b
    Examples:
      maabar papers runs/raqqa-2017-20261122T101500
      maabar papers runs/town --fill papers.toml --audience internal --out review
    """
    from maabar import audience as audiences
    from maabar import ran

    audiences.named(audience)
    made = ran.open_run(folder)
    _ = made.scenario
    files = made.papers(out, audience=audience, fill=fill, hindcast=hindcast, command=guard.typed())
    if as_json:
        found = {"status": "done", "folder": str(folder), "audience": audience}
        guard.print_json(found | {"files": [str(path) for path in files]})
        return
    for path in files:
        terminal.say(str(path))


COMMANDS = (report, export, plot, papers)
