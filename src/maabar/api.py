"""The Python door: the same verbs as the command line, returning objects that draw themselves in a notebook.

    import maabar
    run = maabar.load("raqqa-2017").run(members=200, seed=1)
    run.headlines()
    run.plot("inside")

In: a folder or the name of a shipped scenario. Out: a `Scenario`, a `Run` that holds a labelled xarray Dataset. No
modelling here.
"""

import functools
import html
import os
import pathlib
import shutil
import tempfile
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from maabar import errors, scenario, units

if TYPE_CHECKING:
    import datetime

    import pandas
    import plotly.graph_objects
    import xarray

    from maabar import account, comparison, hindcard, observe, planner, scorecard
    from maabar import posterior as posteriors
    from maabar.formats import fleein

PathLike = str | os.PathLike[str]
date_of = units.date_of
Progress = Callable[[str, int, int], None]


def load(path_or_name: PathLike) -> "Scenario":
    """The scenario of a folder, or a shipped one by name; raises errors.InputError with every fault of every file."""
    return Scenario(scenario.load(path_or_name))


def run(path_or_name: PathLike, **options: Any) -> "Run":
    """Load a scenario and run it; the options are those of `Scenario.run`."""
    return load(path_or_name).run(**options)


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


def import_flee(
    folder: PathLike, destination: PathLike, *, source_data: PathLike | None = None, capacities: str = "listed"
) -> "tuple[Scenario, fleein.Notes]":
    """Make a scenario of an instance of Flee, and the notes of what was read differently or could not be carried.

    folder       the instance, or its folder input_csv
    destination  folder of the scenario; it must not exist
    source_data  folder of the counts; None: source_data in the instance
    capacities   listed or none: whether camps hold what is listed or any number

    Raises errors.InputError with every fault of every file, errors.RunError if the destination cannot be written.
    """
    from maabar.formats import fleein

    counts = None if source_data is None else pathlib.Path(source_data)
    notes = fleein.convert(pathlib.Path(folder), pathlib.Path(destination), source_data=counts, capacities=capacities)
    return load(destination), notes


def check_format(name: str, where: str) -> None:
    """Raise errors.RunError for a format that nobody here reads or writes; `where` it was named."""
    if name != "flee":
        cure = errors.suggestion(name, ["flee"], "write flee")
        raise errors.RunError(f"{where}: found {errors.quote(name)}, expected flee; {cure}")


class Scenario:
    """A checked scenario; every field of its facts is an attribute (`places`, `events`, `variants`, …)."""

    def __init__(self, facts: scenario.Scenario) -> None:
        """Wrap facts that have been loaded."""
        self.facts = facts

    def __getattr__(self, name: str) -> Any:
        """A field of the facts."""
        if name.startswith("__") or name == "facts":
            raise AttributeError(name)
        return getattr(self.facts, name)

    @property
    def problems(self) -> tuple[errors.Fault, ...]:
        """The faults of the folder as it is now; empty if there are none."""
        try:
            scenario.load(self.facts.path)
        except errors.InputError as found:
            return found.faults
        return ()

    def run(
        self,
        *,
        members: int | None = None,
        seed: int | None = None,
        out: PathLike | None = None,
        variant: str | None = None,
        expected: bool = False,
        what_ifs: bool = False,
        workers: int | None = None,
        cluster: str | None = None,
        posterior: "PathLike | Calibration | None" = None,
        on_progress: Progress | None = None,
        should_stop: Callable[[], bool] | None = None,
        command: str | None = None,
    ) -> "Run":
        """Simulate an ensemble; the same scenario, seed and version give the same results on any number of workers.

        members     how many; None: 200, or all of the posterior
        seed        of all random numbers; runs with one seed can be compared member by member. None: 1, or the
                    posterior's
        out         folder for the results; what was begun there is finished. None: a temporary one, gone with the Run
        variant     name of a what-if of this scenario; None: as it was
        expected    expected values instead of random draws
        what_ifs    also run every variant, for at most 100 members, and keep the outcomes
        workers     threads; None: as many as processors
        cluster     address of a dask scheduler to use instead of threads
        posterior   a calibration, or its folder: its members, with its seed, instead of draws from the priors
        on_progress called with (stage, done, total)
        command     what to type to resume, for messages

        Raises errors.InputError for an unknown variant, errors.RunError for a full disk or an unwritable folder,
        errors.Cancelled after Ctrl-C; finished members are kept in `out`.
        """
        from maabar import posterior as posteriors
        from maabar import runs, whatifs, world

        learned = None
        if posterior is None:
            members, seed = runs.MEMBERS if members is None else members, runs.SEED if seed is None else seed
        else:
            known = self.calibration(posterior).posterior
            members, seed = runs.of_posterior(known.members, known.seed, members, seed)
            learned = posteriors.members(known, world.compile(self.facts, variant))
        folder = pathlib.Path(tempfile.mkdtemp(prefix="maabar-") if out is None else out)
        made = Run(folder, whole=self.facts)
        if out is None:
            weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
        report_progress = on_progress or runs.silent
        runs.execute(
            self.facts, members=members, seed=seed, out=folder, variant=variant, expected=expected, workers=workers,
            cluster=cluster, on_progress=report_progress, should_stop=should_stop, command=command, learned=learned,
        )  # fmt: skip
        if what_ifs:
            whatifs.evaluate(
                self.facts, folder, count=workers, cluster=cluster, on_progress=report_progress,
                should_stop=should_stop, learned=learned,
            )  # fmt: skip
        return made

    def calibration(self, folder: "PathLike | Calibration") -> "Calibration":
        """A calibration of this scenario that was made before; raises errors.RunError if it is of another one."""
        from maabar import keep

        if isinstance(folder, Calibration):
            return folder
        return Calibration(keep.read(pathlib.Path(folder), self.facts), pathlib.Path(folder))

    def calibrate(
        self,
        *,
        until: "datetime.date | str | None" = None,
        members: int = 300,
        steps: int = 4,
        seed: int = 1,
        out: PathLike | None = None,
        workers: int | None = None,
        on_progress: Progress | None = None,
    ) -> "Calibration":
        """What the reports leave possible of everything that is not known.

        until    learn only from reports published by this day (a date, or year-month-day); None: from all
        members  of the posterior ensemble;  steps: of the smoother
        out      folder to keep it in; None: it is kept nowhere

        The same scenario, seed and version give the same posterior on any number of workers. Raises errors.RunError
        without reports, errors.ConvergenceError if the reports cannot be followed.
        """
        from maabar import keep, posterior, runs

        runs.check(members=members, seed=seed, workers=workers)
        found = posterior.learn(
            self.facts, until=date_of(until, "until"), members=members, steps=steps, seed=seed, workers=workers,
            on_progress=on_progress or runs.silent,
        )  # fmt: skip
        made = Calibration(found, None if out is None else pathlib.Path(out))
        if made.path is not None:
            keep.write(made.path, found)
        return made

    def forecast(
        self,
        origin: "datetime.date | str | None",
        days: int,
        *,
        posterior: "PathLike | Calibration | None" = None,
        variant: str | None = None,
        given_events: bool | None = None,
        beyond: bool = False,
        members: int = 300,
        seed: int = 1,
        out: PathLike | None = None,
        workers: int | None = None,
        on_progress: Progress | None = None,
        command: str | None = None,
    ) -> "Run":
        """Forecast from the evening of a day, using only what was reported by then; `Run.planner()` has the numbers.

        origin        the last day that is known (None: the last of the scenario);  days: how many days ahead
        posterior     a calibration by the origin, or its folder; None: calibrate first, with `members` and `seed`
        given_events  take the scenario's events after the origin as they are; None: only where departures are given
        beyond        also beyond the days ahead at which coverage was tested

        Raises errors.RunError for impossible days and as `run` and `calibrate` do.
        """
        from maabar import forecast, runs

        day = date_of(origin, "origin") or self.facts.end
        assert day is not None
        asked = forecast.request(self.facts, day, days, variant=variant, given=given_events, beyond=beyond)
        runs.check(members=members, seed=seed, workers=workers)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="maabar-") if out is None else out)
        made = Run(folder, whole=self.facts)
        if out is None:
            weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
        if posterior is None:
            known = self.calibrate(until=day, members=members, seed=seed, workers=workers, on_progress=on_progress)
        else:
            known = self.calibration(posterior)
        progress = on_progress or runs.silent
        learned = forecast.members(asked, known.posterior, workers=workers, on_progress=progress)
        runs.execute(
            asked.facts, members=known.posterior.members, seed=known.posterior.seed, out=folder, variant=variant,
            workers=workers, on_progress=progress, command=command, learned=learned,
        )  # fmt: skip
        return made

    def hindcast(self, every: "int | str" = 14, days: int = 30, **options: Any) -> "hindcard.Hindcast":
        """Forecast from one day of the past after another, held against what was reported later.

        every  days between origins (14, 14d, 2w);  days: how many days ahead. Options are those of `hindsight.make`.
        """
        from maabar import hindsight

        return hindsight.make(self.facts, every, days, **options)

    def __repr__(self) -> str:
        facts = self.facts
        return (
            f"<maabar.Scenario {facts.name}: {len(facts.places)} places, {len(facts.routes)} routes, {facts.days} days>"
        )

    def _repr_html_(self) -> str:
        """A table of what the scenario holds, for notebooks."""
        facts = self.facts
        rows = {
            "days": f"{facts.days}, from {facts.start} to {facts.end}",
            "people at the start": f"{sum(place.population for place in facts.places):,}",
            "places": str(len(facts.places)),
            "routes": str(len(facts.routes)),
            "events": str(len(facts.events)),
            "reports": f"{len(facts.reports)} from {len(facts.sources)} sources",
            "what-ifs": ", ".join(variant.name for variant in facts.variants) or "none",
        }
        return _table(facts.title, rows)


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
        return self.whole if about is None else forecast.facts_of(self.whole, about)

    def planner(self) -> "planner.Planner":
        """The numbers that planners ask of a forecast. Raises errors.RunError if this run is none."""
        from maabar import planner

        about = self.manifest.get("forecast")
        if about is None:
            raise errors.RunError(
                f"{self.path}: a run from the first day, not a forecast; make one with maabar forecast"
            )
        return planner.of(self.dataset, self.scenario, about)

    def headlines(self) -> "list[observe.Headline]":
        """Five numbers with 80 % intervals, each with a sentence."""
        from maabar import observe

        return observe.headlines(self.dataset)

    def summary(self) -> "pandas.DataFrame":
        """Quantiles and mean over members for every quantity, place and day, as in summary.csv."""
        import pandas

        path = self.path / "summary.csv"
        try:
            return pandas.read_csv(path, parse_dates=["day"])
        except (OSError, ValueError) as fault:
            raise errors.RunError(f"{path}: missing or damaged; resume with: {self.manifest['command']}") from fault

    def plot(self, quantity: str, place: str | None = None) -> "plotly.graph_objects.Figure":
        """A fan chart of one quantity over time, at a place, a zone or everywhere, with the evidence drawn on it.

        Of a cumulative quantity only reports that count from the first day can be drawn. Raises errors.InputError for
        a quantity or place that is not there.
        """
        from maabar import figures, observe, quantities

        where = place or "*"
        told = [one for one in self.scenario.reports if (one.quantity, one.place) == (quantity, where)]
        reports = [observe.comparable(one, self.scenario) for one in told]
        if quantities.quantity(quantity).kind == "cumulative":
            reports = [one for one in reports if one.begins == self.scenario.start]
        return figures.fan(self.dataset, quantity, where, reports=reports)

    def report(self, path: PathLike | None = None) -> pathlib.Path:
        """Write the self-contained report; report.html in the run folder unless told otherwise."""
        from maabar import report, storage

        target = pathlib.Path(path) if path is not None else self.path / "report.html"
        try:
            report.write(self.dataset, self.scenario, self.manifest, self.what_ifs, target)
        except OSError as fault:
            raise errors.RunError(f"{storage.explained(fault, target.parent)}") from fault
        return target

    def compare(self, other: "PathLike | Run") -> "comparison.Comparison":
        """What another run changed against this one, paired by member."""
        return compare(self, other)

    def score(self) -> "scorecard.Score":
        """How far the run is from what was counted, with naive splits beside it; prints itself as a table.

        Raises errors.RunError if the scenario has no report that a run can be laid beside.
        """
        from maabar import score

        return score.of(self.dataset, self.scenario)

    def export(self, format: str = "flee", out: PathLike | None = None, *, member: int | None = None) -> pathlib.Path:
        """Write the run as another program writes its own: Flee's out.csv; returns the file.

        out     folder to write into; None: a folder of that name in the run folder
        member  one member; None: the mean over all
        Raises errors.RunError for an unknown format or member, a scenario without counts, or a full disk.
        """
        from maabar import storage
        from maabar.formats import fleeout

        check_format(format, "--format")
        folder = pathlib.Path(out) if out is not None else self.path / format
        try:
            return fleeout.write(self.dataset, self.scenario, folder, member=member)
        except OSError as fault:
            raise errors.RunError(storage.explained(fault, folder)) from fault

    def __repr__(self) -> str:
        about = self.manifest
        variant = f", variant {about['variant']}" if about["variant"] else ""
        name = about["scenario"]["name"]
        return f"<maabar.Run {name}{variant}: {about['members']} members, seed {about['seed']}, in {self.path}>"

    def _repr_html_(self) -> str:
        """The headline numbers, for notebooks."""
        about = self.manifest
        title = f"{about['scenario']['title']} ({about['members']} members, seed {about['seed']})"
        return _table(title, {line.label: f"{line.text} ({line.interval})" for line in self.headlines()})


def _table(title: str, rows: dict[str, str]) -> str:
    """A small HTML table with a caption."""
    cells = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in rows.items()
    )
    return f"<table><caption>{html.escape(title)}</caption>{cells}</table>"
