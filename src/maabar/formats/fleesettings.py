"""What else lies in the folder of a Flee instance: its settings, which are not carried, and files nobody reads.

In: the folders of an instance. Out: notes. Flee ignores a setting or a file whose name is misspelt without a word; here
each is named. The settings are YAML, of which the names suffice: a line is `name: value`, or the name of a group.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from maabar import errors, files
from maabar.formats import fleecells, quirks

SETTING_FILES = ("simsetting.yml", "simsetting.yaml", "simulationsetting.yml", "simulation_settings.yml", "run.yml")
READ = frozenset(
    {"locations.csv", "routes.csv", "closures.csv", "conflicts.csv", "sim_period.csv", "conflict_period.csv",
     "registration_corrections.csv"}
)  # fmt: skip
UNUSED = {
    "flood_level.csv": "floods are not modelled",
    "agents.csv": "people are counted, not listed",
    "location_changes.csv": "places keep their type",
    "simsetting.csv": "settings are maabar's own",
}
# The names Flee reads, groups and settings alike.
KNOWN = frozenset(
    {
        "number_of_steps", "conflict_input_file", "flood_level_input_file", "default_conflict_intensity",
        "log_levels", "spawn_rules", "move_rules", "optimisations", "agent", "link", "camp", "conflict", "init",
        "idp_totals", "granularity", "take_from_population", "insert_day0", "empty_camps_on_day0",
        "conflict_zone_spawning_only", "flood_zone_spawning_only", "camps_are_sinks", "read_from_agents_csv_file",
        "sum_from_camps", "conflict_spawn_decay", "conflict_spawn_decay_interval", "average_social_connectivity",
        "conflict_driven_spawning", "flood_driven_spawning", "flood_driven_spawn_mode", "spawn_mode",
        "flood_spawn_mode", "displaced_per_conflict_day", "displaced_per_flood_day", "max_move_speed",
        "max_walk_speed", "max_crossing_speed", "foreign_weight", "camp_weight", "conflict_weight",
        "use_pop_for_loc_weight", "pop_power_for_loc_weight", "conflict_movechance", "camp_movechance",
        "idpcamp_movechance", "default_movechance", "movechance_pop_base", "movechance_pop_scale_factor",
        "awareness_level", "capacity_scaling", "capacity_buffer", "softening", "weight_softening", "weight_power",
        "distance_power", "pruning_threshold", "fixed_routes", "avoid_short_stints", "start_on_foot",
        "stay_close_to_home", "home_distance_power", "use_v1_rules", "use_economic_pull", "ChildrenAvoidHazards",
        "WomenAvoidHazards", "ElderlyAvoidHazards", "BoysTakeRisk", "MatchCampReligion", "MatchCampEthnicity",
        "MatchTownEthnicity", "MatchConflictEthnicity", "avg_religion_fraction", "two_system_decision_making",
        "flood_rules", "flood_movechances", "flood_loc_weights", "flood_link_weights", "max_flood_level",
        "flood_forecaster", "flood_forecaster_timescale", "flood_forecaster_end_time", "flood_forecaster_weights",
        "flood_awareness_weights", "hasten",
    }
)  # fmt: skip
_LINE = re.compile(r"(\s*)(?:\"([^\"]*)\"|'([^']*)'|([^\s#:'\"-][^#:]*?))\s*:(?:\s|$)(.*)")


def settings(folders: Iterable[Path], log: quirks.Log) -> None:
    """Name the settings of an instance: known ones in one note, unknown ones each with what was probably meant."""
    for path in [folder / name for folder in folders for name in SETTING_FILES]:
        text = quirks.text(path, log, fleecells.WHAT) if path.is_file() else None
        if text is None:
            continue
        known = []
        for number, name, value in _names(text):
            row = quirks.Row(files.shown(path), number)
            if name not in KNOWN:
                close = log.close(name, KNOWN, "")
                log.note(row, f"the setting {errors.quote(name)}, none of Flee's", "Flee ignores it, too"
                         + (close and f"; {close}"))  # fmt: skip
            elif value and not value.startswith("#"):
                known.append(name)
        if known:
            shown = ", ".join(dict.fromkeys(known))
            log.note(quirks.whole(path), f"settings {shown}", "not carried: the law of the model is maabar's own")


def _names(text: str) -> Iterable[tuple[int, str, str]]:
    """Line, name and value of each setting."""
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _LINE.match(line):
            yield number, match[2] or match[3] or match[4], match[5].strip()


def strangers(folder: Path, main: Path, log: quirks.Log) -> None:
    """Name the tables that are not read, with the name that was probably meant."""
    for path in sorted(folder.glob("*")):
        name = path.name.casefold()
        if not path.is_file() or not name.endswith(".csv") or name in READ:
            continue
        if name in UNUSED or name.startswith("demographics_"):
            log.note(quirks.whole(path), "a table of Flee", "not carried: " + _reason(name))
            continue
        close = log.close(path.name, sorted(READ - {"conflict_period.csv"}), "")
        done = "not read" + (f"; {close}" if close and not files.exists(folder / close.split("'")[1]) else "")
        log.note(quirks.whole(path), "no table of Flee", done)
    for name in UNUSED if main != folder else ():
        if (main / name).is_file():
            log.note(quirks.whole(main / name), "a table of Flee", "not carried: " + _reason(name))


def _reason(name: str) -> str:
    return UNUSED.get(name, "people are not told apart by attributes")
