"""The Python door: the same verbs as the command line, returning objects that draw themselves in a notebook.

    import maabar
    run = maabar.load("raqqa-2017").run(members=200, seed=1)
    run.headlines()
    run.plot("inside")

In: a folder or the name of a shipped scenario. Out: a `Scenario`, a `Run` that holds a labelled xarray Dataset. No
modelling here.
"""

import pathlib
import shutil
import tempfile
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from maabar import errors, ran, scenario, units

if TYPE_CHECKING:
    import datetime

    from maabar import ask, hindcard
    from maabar.formats import fleein, importing


def load(path_or_name: ran.PathLike) -> "Scenario":
    """The scenario of a folder, or a shipped one by name; raises errors.InputError with every fault of every file."""
    return Scenario(scenario.load(path_or_name))


def run(path_or_name: ran.PathLike, **options: Any) -> "ran.Run":
    """Load a scenario and run it; the options are those of `Scenario.run`."""
    return load(path_or_name).run(**options)


def import_flee(
    folder: ran.PathLike,
    destination: ran.PathLike,
    *,
    source_data: ran.PathLike | None = None,
    capacities: str = "listed",
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


def import_rows(
    source: str,
    file: ran.PathLike,
    destination: ran.PathLike,
    *,
    into: ran.PathLike | None = None,
    append: bool = False,
    within: float = 10.0,
    first: "datetime.date | str | None" = None,
    last: "datetime.date | str | None" = None,
    homes: str = "zone",
    country: str = "",
    place: str = "",
    date: "datetime.date | str | None" = None,
    reported_on: "datetime.date | str | None" = None,
) -> "importing.Notes":
    """Make events and reports of an export of ACLED, UCDP, UNHCR, DTM or IDMC; the notes of what became of its rows.

    source       acled, ucdp, unhcr, dtm or idmc
    destination  a new folder; or, without `into`, the scenario: its folder imported-SOURCE is written
    into         the scenario whose places are meant
    append       also append the rows to the scenario, if it has no fault afterwards
    within       distance within which a point stands for a place [km]
    first, last  days to import; None: those of the scenario
    homes        zone or single: what happens near several homes of a zone is of the zone, or of the nearest home
    country      ISO 3166 code of the country that people flee from and that the scenario covers
    place        id of the place that the whole file is about
    date         of the counts, where the file has no days
    reported_on  when the file was published

    Raises errors.InputError with every fault of the file, errors.RunError for what cannot be done.
    """
    from maabar.formats import importing

    check_source(source)
    wishes = importing.Wishes(
        within=within, first=units.date_of(first, "--from"), last=units.date_of(last, "--until"), homes=homes,
        country=country, place=place, date=units.date_of(date, "--date"),
        reported_on=units.date_of(reported_on, "--reported-on"), append=append,
    )  # fmt: skip
    scenario_path = None if into is None else pathlib.Path(into)
    return importing.convert(source, pathlib.Path(file), pathlib.Path(destination), scenario_path, wishes)


def check_source(name: str) -> None:
    """Raise errors.RunError for a source that nobody here imports."""
    from maabar.formats import importtables

    known = ("flee", *importtables.formats())
    if name not in known:
        cure = errors.suggestion(name, known, "write one of them")
        raise errors.RunError(f"FORMAT: found {errors.quote(name)}, expected {errors.listed(known)}; {cure}")


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
        out: ran.PathLike | None = None,
        variant: str | None = None,
        expected: bool = False,
        what_ifs: bool = False,
        workers: int | None = None,
        cluster: str | None = None,
        posterior: "ran.PathLike | ran.Calibration | None" = None,
        on_progress: ran.Progress | None = None,
        should_stop: Callable[[], bool] | None = None,
        command: str | None = None,
    ) -> "ran.Run":
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
        from maabar import keep, runs, whatifs, world
        from maabar import posterior as posteriors

        learned = None
        if posterior is None:
            members, seed = runs.MEMBERS if members is None else members, runs.SEED if seed is None else seed
        else:
            known = self.calibration(posterior).posterior
            members, seed = runs.of_posterior(known.members, known.seed, members, seed)
            learned = posteriors.members(known, world.compile(self.facts, variant))
        folder = pathlib.Path(tempfile.mkdtemp(prefix="maabar-") if out is None else out)
        made = ran.Run(folder, whole=self.facts)
        if out is None:
            weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
        report_progress = on_progress or runs.silent
        runs.execute(
            self.facts, members=members, seed=seed, out=folder, variant=variant, expected=expected, workers=workers,
            cluster=cluster, on_progress=report_progress, should_stop=should_stop, command=command, learned=learned,
        )  # fmt: skip
        if posterior is not None:
            keep.write(folder / ran.KEPT, known)
        if what_ifs:
            whatifs.evaluate(
                self.facts, folder, count=workers, cluster=cluster, on_progress=report_progress,
                should_stop=should_stop, learned=learned,
            )  # fmt: skip
        return made

    def calibration(self, folder: "ran.PathLike | ran.Calibration") -> ran.Calibration:
        """A calibration of this scenario that was made before; raises errors.RunError if it is of another one."""
        return ran.calibration(self.facts, folder)

    def calibrate(
        self,
        *,
        until: "datetime.date | str | None" = None,
        members: int = 300,
        steps: int = 4,
        seed: int = 1,
        out: ran.PathLike | None = None,
        workers: int | None = None,
        on_progress: ran.Progress | None = None,
    ) -> "ran.Calibration":
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
            self.facts, until=units.date_of(until, "until"), members=members, steps=steps, seed=seed, workers=workers,
            on_progress=on_progress or runs.silent,
        )  # fmt: skip
        made = ran.Calibration(found, None if out is None else pathlib.Path(out))
        if made.path is not None:
            keep.write(made.path, found)
            made.account.write(made.path)
        return made

    def ask(
        self,
        until: "datetime.date | str | None" = None,
        days: int = 30,
        *,
        grade: str = "B",
        posterior: "ran.PathLike | ran.Calibration | None" = None,
        members: int = 300,
        seed: int = 1,
        workers: int | None = None,
        on_progress: ran.Progress | None = None,
    ) -> "ask.Advice":
        """Which next report would narrow the planner's intervals most; prints itself.

        until  the last day that is known (None: the last on which a report was published);  days: ahead, at least 7
        grade  letter of the source that would be asked

        Raises errors.RunError for an unknown grade, and as `forecast` does.
        """
        from maabar import ask

        published = [report.reported_on for report in self.facts.reports if report.reported_on <= self.facts.end]
        known = None if posterior is None else self.calibration(posterior)
        last = None if known is None else known.posterior.until
        day = units.date_of(until, "until") or last or max(published, default=self.facts.end)
        if days < ask.WEEK:
            raise errors.RunError(f"--days: found {days}, expected at least {ask.WEEK}, the days of a sum")
        made = self.forecast(
            day, days, posterior=known, members=members, seed=seed, workers=workers, on_progress=on_progress
        )
        return ask.of(made.dataset.load(), made.scenario, day, grade)

    def forecast(
        self,
        origin: "datetime.date | str | None",
        days: int,
        *,
        posterior: "ran.PathLike | ran.Calibration | None" = None,
        variant: str | None = None,
        given_events: bool | None = None,
        beyond: bool = False,
        members: int = 300,
        seed: int = 1,
        out: ran.PathLike | None = None,
        workers: int | None = None,
        on_progress: ran.Progress | None = None,
        command: str | None = None,
    ) -> "ran.Run":
        """Forecast from the evening of a day, using only what was reported by then; `Run.planner()` has the numbers.

        origin        the last day that is known (None: the last of the scenario);  days: how many days ahead
        posterior     a calibration by the origin, or its folder; None: calibrate first, with `members` and `seed`
        given_events  take the scenario's events after the origin as they are; None: only where departures are given
        beyond        also beyond the days ahead at which coverage was tested

        Raises errors.RunError for impossible days and as `run` and `calibrate` do.
        """
        from maabar import forecast, keep, runs

        day = units.date_of(origin, "origin") or self.facts.end
        assert day is not None
        asked = forecast.request(self.facts, day, days, variant=variant, given=given_events, beyond=beyond)
        runs.check(members=members, seed=seed, workers=workers)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="maabar-") if out is None else out)
        made = ran.Run(folder, whole=self.facts)
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
        keep.write(folder / ran.KEPT, known.posterior)
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
        return ran.table(facts.title, rows)
