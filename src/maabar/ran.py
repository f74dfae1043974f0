"""A finished run and a calibration, as Python holds them: what they say, and what can be made of them."""

import dataclasses
import functools
import html
import os
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from maabar import errors, scenario, units

if TYPE_CHECKING:
    import datetime

    import pandas
    import plotly.graph_objects
    import xarray

    from maabar import account, comparison, headlines, planner, release, scorecard, why
    from maabar import posterior as posteriors

KEPT = "posterior"  # folder within a run that holds the posterior it was made from
PathLike = str | os.PathLike[str]
Progress = Callable[[str, int, int], None]


def named(name: str, audience: str, lang: str = "en") -> str:
    """How a file for an audience in a language is called: report.html, situation-partner-ar.pdf."""
    stem, _, kind = name.rpartition(".")
    return (
        "-".join([stem, *([audience] if audience != "public" else []), *([lang] if lang != "en" else [])]) + f".{kind}"
    )


def open_run(folder: "PathLike | Run") -> "Run":
    """A run made before; raises errors.RunError if the folder is no finished run of this or an older version."""
    found = folder if isinstance(folder, Run) else Run(folder)
    _ = found.dataset
    return found


def compare(base: "PathLike | Run", other: "PathLike | Run") -> "comparison.Comparison":
    """What `other` changed against `base`, outcome by outcome, paired by member: medians and intervals.

    Returns a list of differences that prints and shows itself as a table. Both runs must share their scenario, seed
    and mode, so that member k has the same luck in both; raises errors.RunError otherwise.
    """
    from maabar import comparison, differences

    before, after = open_run(base), open_run(other)
    note = comparison.note((before.path, before.manifest), (after.path, after.manifest))
    found = differences.paired(before.outcomes, after.outcomes)
    return comparison.Comparison(found, before.path, after.path, before.dataset.attrs["currency"], note)


def calibration(facts: scenario.Scenario, folder: "PathLike | Calibration") -> "Calibration":
    """A calibration of a scenario that was made before; raises errors.RunError if it is of another one."""
    from maabar import keep

    if isinstance(folder, Calibration):
        return folder
    return Calibration(keep.read(pathlib.Path(folder), facts), pathlib.Path(folder))


class Calibration:
    """A posterior, and the folder that it is kept in (None: nowhere)."""

    def __init__(self, posterior: "posteriors.Posterior", path: pathlib.Path | None) -> None:
        """Wrap a posterior."""
        self.posterior, self.path = posterior, path

    @functools.cached_property
    def account(self) -> "account.Account":
        """What was learned, and what was not; prints itself."""
        from maabar import account

        return account.of(self.posterior)

    def _repr_html_(self) -> str:
        """The account, for notebooks."""
        return self.account._repr_html_()


class Run:
    """A finished run in its folder; the dataset is opened when it is first looked at."""

    def __init__(self, path: PathLike, *, whole: scenario.Scenario | None = None) -> None:
        """Point at a run folder; `whole` saves reading its scenario again."""
        self.path = pathlib.Path(path)
        self._whole = whole

    @functools.cached_property
    def manifest(self) -> dict[str, Any]:
        """Scenario, seed, versions, timings, and whether people were conserved."""
        from maabar import results

        return results.manifest(self.path)

    @functools.cached_property
    def dataset(self) -> "xarray.Dataset":
        """All that was recorded, by member, day, place, route, zone and cause; read from disk as it is used."""
        from maabar import results

        return results.open_dataset(self.path)

    @functools.cached_property
    def what_ifs(self) -> "xarray.Dataset | None":
        """Outcomes of the run and of every variant: `value` (variant, member, outcome); None if not computed."""
        from maabar import whatifs

        return whatifs.open_table(self.path)

    @functools.cached_property
    def outcomes(self) -> "xarray.Dataset":
        """One number a member for each outcome: `value` (member, outcome)."""
        from maabar import differences

        return differences.outcomes(self.dataset)

    @functools.cached_property
    def whole(self) -> scenario.Scenario:
        """The scenario folder this run was made from; raises errors.RunError if it is gone or has changed since."""
        if self._whole is not None:
            return self._whole
        said = self.manifest["scenario"]
        try:
            facts = scenario.load(said["path"])
        except errors.InputError as fault:
            raise errors.RunError(
                f"{self.path}: the scenario of this run, {said['path']}, cannot be read any more; "
                f"put it back as it was\n{fault}"
            ) from fault
        if facts.digest != said["digest"]:
            raise errors.RunError(
                f"{self.path}: the scenario {said['path']} has changed since this run; run it again into another folder"
            )
        return facts

    @functools.cached_property
    def scenario(self) -> scenario.Scenario:
        """The facts of this run: the whole scenario, or what was known of it at the origin of a forecast."""
        from maabar import forecast

        about = self.manifest.get("forecast")
        return self.whole if about is None else forecast.of_manifest(self.whole, about).facts

    @functools.cached_property
    def calibration(self) -> "Calibration | None":
        """What the members were learned from; None if they were drawn from the priors."""
        if not {"posterior", "forecast"} & set(self.manifest):
            return None
        return calibration(self.whole, self.path / KEPT)

    def why(
        self, asked: str, *, exact: int = 0, workers: int | None = None, on_progress: Progress | None = None,
        audience: str = "internal", out: PathLike | None = None, command: str | None = None,
    ) -> "why.Why":  # fmt: skip
        """Which reports hold a number up, who disagrees, and how it moves without each source.

        asked  QUANTITY, QUANTITY/PLACE or QUANTITY/PLACE/DATE, such as inside/*/2017-06-30
        exact  learn again without as many sources, those that move it most (half a minute each)
        audience  public and partner: in released numbers and places, from the reports that they may see
        out    a .txt or .json file that is written too, marked and noted in the release log

        Raises errors.InputError or errors.RunError for what is not there, or not for this audience.
        """
        from maabar import reasons, release, runs, why

        known = self.calibration
        if out is not None:
            reasons.form_of(pathlib.Path(out).name)
        if exact and audience != "internal":
            raise errors.RunError(
                "--exact: what is learned again is for the team alone; leave out --exact or --audience"
            )
        if exact and known is None:
            raise errors.RunError(f"--exact: {self.path} was drawn from the priors, so there is nothing to learn again")
        progress, done = on_progress or runs.silent, iter(range(1, exact + 1))
        about = self.manifest.get("forecast")
        origin = None if about is None else units.date_of(about["origin"], "origin")

        def again(source: str) -> Any:
            found = why.number(self._without(source, workers), why.asked(asked, self.dataset, origin))
            progress("why", next(done), exact)
            return found

        if exact:
            progress("why", 0, exact)
        learned, view = None if known is None else known.posterior, None
        if audience != "internal" or out is not None:
            view = self.view(audience)
        if view is None or exact:
            found = why.of(
                self.dataset, self.scenario, asked, learned, origin=origin, exact=exact, again=again if exact else None
            )
        else:
            found = reasons.of(view, asked, learned)
        if out is not None and view is not None:
            content = reasons.content(view, found, reasons.form_of(pathlib.Path(out).name))
            release.publish(view, pathlib.Path(out), content, "why", command or "Run.why")
        return found

    def _without(self, source: str, workers: int | None) -> "xarray.Dataset":
        """This run, learned without the reports of a source; in memory."""
        from maabar import ensemble, forecast, posterior, results, world
        from maabar import workers as pool_workers

        known, about = self.calibration, self.manifest
        if known is None:
            raise errors.RunError(f"{self.path}: drawn from the priors")
        there = known.posterior
        rest = tuple(report for report in self.whole.reports if report.source != source)
        facts = dataclasses.replace(self.whole, reports=rest)
        learned = posterior.learn(facts, until=there.until, members=there.members, seed=there.seed, workers=workers)
        variant = about["variant"] or None
        if "forecast" in about:
            asked = forecast.of_manifest(facts, about["forecast"], variant)
            facts, members = asked.facts, forecast.members(asked, learned, workers=workers)
        else:
            members = posterior.members(learned, world.compile(facts, variant))
        compiled = world.compile(facts, variant)
        count = workers or pool_workers.processors()
        arrays = ensemble.simulate(compiled, about["members"], about["seed"], workers=count, learned=members)
        plan = results.layout(compiled, members=about["members"], seed=about["seed"], expected=False)
        return results.dataset(plan, arrays, 0)

    def planner(self) -> "planner.Planner":
        """The numbers that planners ask of a forecast. Raises errors.RunError if this run is none."""
        from maabar import planner

        about = self.manifest.get("forecast")
        if about is None:
            raise errors.RunError(
                f"{self.path}: no forecast, but a run from the first day; make one with maabar forecast"
            )
        return planner.of(self.dataset, self.scenario, about)

    def headlines(self, lang: str = "en") -> "list[headlines.Headline]":
        """Five numbers with 80 % intervals, each with a sentence; lang: en or ar."""
        from maabar import headlines, phrases, texts

        words = texts.of(lang)
        names = None if lang == "en" else phrases.names(self.scenario, words)
        return headlines.of(self.dataset, words=words, names=names)

    def summary(self) -> "pandas.DataFrame":
        """Quantiles and mean over members for every quantity, place and day, as in summary.csv."""
        import pandas

        path = self.path / "summary.csv"
        try:
            return pandas.read_csv(path, parse_dates=["day"])
        except (OSError, ValueError) as fault:
            raise errors.RunError(f"{path}: missing or damaged; resume with: {self.manifest['command']}") from fault

    def plot(
        self, quantity: str, place: str | None = None, *, audience: str = "internal"
    ) -> "plotly.graph_objects.Figure":
        """A fan chart of one quantity over time, at a place, a zone or everywhere, with the evidence drawn on it.

        It is for the analyst's own eyes and says so; for a chart that leaves the team give its audience. Of a
        cumulative quantity only reports that count from the first day can be drawn. Raises errors.InputError for
        a quantity or place that is not there.
        """
        from maabar import figures, pictures

        where, view = place or "*", self.view(audience)
        return figures.fan(view, quantity, where, reports=pictures.reports_of(view, quantity, where))

    def picture(
        self, quantity: str, place: str | None = None, *, out: PathLike | None = None, audience: str = "public",
        command: str | None = None,
    ) -> pathlib.Path:  # fmt: skip
        """Write the chart of a quantity as PNG, SVG or HTML, by the name of the file; returns its path.

        out  None: QUANTITY.png in the folder `plots` of the run, or QUANTITY-PLACE-AUDIENCE.png

        Raises errors.InputError for a quantity or place that is not there, errors.RunError for one that the audience
        does not see, another form of picture, or without matplotlib.
        """
        from maabar import pictures, release

        where, view = place or "*", self.view(audience)
        parts = [quantity.replace(":", "-"), *([where] if where != "*" else [])]
        path = self.path / "plots" / named(f"{'-'.join(parts)}.png", audience) if out is None else pathlib.Path(out)
        made = pictures.content(view, quantity, where, pictures.form_of(path))
        return release.publish(view, path, made, "plot", command or "Run.picture")

    def papers(
        self, out: PathLike | None = None, *, audience: str = "public", fill: PathLike | None = None,
        hindcast: PathLike | None = None, command: str | None = None,
    ) -> list[pathlib.Path]:  # fmt: skip
        """Write what reviewers ask for: model card, evaluation matrix, ODD, ethical matrix; returns the files.

        out   None: the folder `papers` of the run
        fill  a TOML file with what only people know; `papers.FIELDS` names its keys

        Raises errors.RunError for another audience, or a file that cannot be read or has an unknown key.
        """
        from maabar import papers

        folder = pathlib.Path(out) if out is not None else self.path / "papers"
        known = papers.filled(None if fill is None else pathlib.Path(fill))
        return papers.write(self.view(audience, hindcast), folder, known, command or "Run.papers")

    def view(self, audience: str = "public", hindcast: PathLike | None = None) -> "release.View":
        """This run as an audience (public, partner or internal) may see it: what every product is made of.

        hindcast  folder of a hindcast of the same scenario, whose table of skill stands beside

        Raises errors.RunError for another audience.
        """
        from maabar import hindcard, release

        beside = release.Beside(
            None if self.calibration is None else self.calibration.account,
            self.planner() if "forecast" in self.manifest else None,
            None if hindcast is None else hindcard.read(pathlib.Path(hindcast)).skill,
        )
        return release.view(
            self.dataset, self.scenario, self.manifest, audience, home=self.path, what_ifs=self.what_ifs, beside=beside
        )

    def report(
        self, path: PathLike | None = None, *, audience: str = "public", lang: str = "en",
        hindcast: PathLike | None = None, command: str | None = None,
    ) -> pathlib.Path:  # fmt: skip
        """Write the self-contained report for an audience.

        path      None: report.html in the run folder, named for audience and language (report-partner-ar.html)
        lang      en or ar
        hindcast  folder of a hindcast of the same scenario, whose table of skill the report then shows
        command   what was typed, for the release log
        """
        from maabar import report

        target = self.path / named("report.html", audience, lang) if path is None else pathlib.Path(path)
        return report.write(self.view(audience, hindcast), target, command or "Run.report", lang)

    def situation(
        self, out: PathLike | None = None, *, audience: str = "public", lang: str = "en", pdf: bool = False,
        on: "datetime.date | str | None" = None, hindcast: PathLike | None = None, command: str | None = None,
    ) -> list[pathlib.Path]:  # fmt: skip
        """Write the situation report, two to four pages; returns the files.

        out       folder to write into; None: the run folder
        lang      en or ar
        pdf       situation.pdf beside situation.html
        on        evening it speaks of; None: the origin of a forecast, or the last day of the run
        hindcast, command  as of `report`

        Raises errors.RunError for another audience or language, a day that the run has not, and without typst.
        """
        from maabar import situation
        from maabar.formats import pdfout
        from maabar.report import sheet

        if pdf:
            pdfout.check()
        folder, seen = pathlib.Path(out) if out is not None else self.path, self.view(audience, hindcast)
        told, typed = situation.of(seen, lang, units.date_of(on, "--on")), command or "Run.situation"
        made = [sheet.write(seen, told, folder / named("situation.html", audience, lang), typed)]
        if pdf:
            made.append(pdfout.write(seen, told, folder / named("situation.pdf", audience, lang), typed))
        return made

    def compare(self, other: "PathLike | Run") -> "comparison.Comparison":
        """What another run changed against this one, paired by member."""
        return compare(self, other)

    def score(self) -> "scorecard.Score":
        """How far the run is from what was counted, with naive splits beside it; prints itself as a table.

        A forecast is scored by what was reported after its origin, beside splits that were known by then.

        Raises errors.RunError if the scenario has no report that a run can be laid beside.
        """
        from maabar import score

        about = self.manifest.get("forecast")
        return score.of(self.dataset, self.whole, None if about is None else units.date_of(about["origin"], "origin"))

    def export(
        self, format: str = "csv", out: PathLike | None = None, *, audience: str = "public", hxl: bool = False,
        member: int | None = None, command: str | None = None,
    ) -> list[pathlib.Path]:  # fmt: skip
        """Write the run for others to merge; returns the files, the most important first.

        format    csv, xlsx, geojson, gpkg, hapi, hub, netcdf or flee
        out       folder to write into; None: a folder of that name in the run folder
        audience  public, partner or internal: what is in it, and which marking it carries
        hxl       csv and hapi: a row of HXL hashtags under the header
        member    flee: one member; None: the mean over all
        Raises errors.RunError for an unknown format, audience or member, a missing library, or a full disk.
        """
        from maabar.formats import exports

        exports.check(format, {"hxl": hxl, "member": member})
        folder = pathlib.Path(out) if out is not None else self.path / format
        made = command or "Run.export"
        return exports.write(self.view(audience), format, folder, command=made, hxl=hxl, member=member)

    def __repr__(self) -> str:
        about = self.manifest
        variant = f", variant {about['variant']}" if about["variant"] else ""
        name = about["scenario"]["name"]
        return f"<maabar.Run {name}{variant}: {about['members']} members, seed {about['seed']}, in {self.path}>"

    def _repr_html_(self) -> str:
        """The headline numbers, for notebooks."""
        about = self.manifest
        title = f"{about['scenario']['title']} ({about['members']} members, seed {about['seed']})"
        return table(title, {line.label: f"{line.text} ({line.interval})" for line in self.headlines()})


def table(title: str, rows: dict[str, str]) -> str:
    """A small HTML table with a caption."""
    cells = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in rows.items()
    )
    return f"<table><caption>{html.escape(title)}</caption>{cells}</table>"
