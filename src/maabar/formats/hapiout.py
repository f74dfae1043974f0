"""Displaced people by second-level district and month, in the columns of the humanitarian API of HDX.

In: a released view. Out: NAME-idps.csv with the columns in which HDX HAPI publishes `idps`
(hdx-hapi.readthedocs.io), and after them the spread of the members. A row is the people present at camps and host
places of a district on the last evening of a month. What HAPI alone gives (its ids, rounds and kinds of assessment) is
empty; `warning` says on every row that the number is simulated. Names and P-codes come from places.csv: where `admin2`
is missing the row is of the first level or of the country, as `admin_level` says. Recorded events and who works where
are inputs of a run and no results, and simulated deaths have no place in a table of recorded ones: those tables of HAPI
are not written.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
import pathlib
from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maabar import quantities, release, scenario
from maabar.formats import csvout, tidy

COLUMNS = {
    "location_code": ("country, ISO 3166-1 alpha-3", "#country+code"),
    "has_hrp": ("given by HAPI; empty", "#meta+has_hrp"),
    "in_gho": ("given by HAPI; empty", "#meta+in_gho"),
    "provider_admin1_name": ("first-level unit as places.csv names it", "#adm1+name+provider"),
    "provider_admin2_name": ("second-level unit as places.csv names it", "#adm2+name+provider"),
    "admin1_code": ("P-code of the first-level unit", "#adm1+code"),
    "admin1_name": ("its name", "#adm1+name"),
    "admin2_code": ("P-code of the second-level unit", "#adm2+code"),
    "admin2_name": ("its name", "#adm2+name"),
    "admin_level": ("0 country, 1 first level, 2 second level", "#meta+admin_level"),
    "reporting_round": ("given by IOM; empty", "#round+code"),
    "assessment_type": ("empty: nobody was assessed", "#assessment+type"),
    "operation": ("the run: maabar, scenario, variant", "#operation+name"),
    "population": ("people present on the last evening, median; empty where masked", "#affected+idps"),
    "reference_period_start": ("first day of the month, or of the run", "#date+start"),
    "reference_period_end": ("last day of the month, or of the run", "#date+end"),
    "dataset_hdx_id": ("given by HDX; empty", "#meta+dataset_hdx_id"),
    "resource_hdx_id": ("given by HDX; empty", "#meta+resource_hdx_id"),
    "warning": ("the marking of the audience, and that the number is simulated", "#meta+warning"),
    "error": ("empty", "#meta+error"),
    "population_low": ("quantile 0.1 of the members, or the lowest; not in HAPI", "#affected+idps+low"),
    "population_high": ("quantile 0.9 of the members, or the highest; not in HAPI", "#affected+idps+high"),
    "masked_below": ("where a number is empty: it is at least 0 and below this; not in HAPI", "#meta+mask"),
}


def write(view: release.View, folder: pathlib.Path, *, hxl: bool = False, command: str = "") -> list[pathlib.Path]:
    """Write the table and its dictionary into a folder; returns the files.

    hxl  a row of HXL hashtags under the header
    """
    import pandas

    name = f"{tidy.stem(view)}-idps"
    tags = {column: tag for column, (_, tag) in COLUMNS.items()} if hxl else None
    content = csvout.encoded(pandas.DataFrame(rows(view), columns=list(COLUMNS)), tags)
    made = [release.publish(view, folder / f"{name}.csv", content, "hapi", command)]
    return [*made, csvout.dictionary(view, folder / f"{name}-dictionary.csv", COLUMNS, "hapi", command)]


def rows(view: release.View) -> list[dict[str, Any]]:
    """The rows: every unit, month by month."""
    units: dict[tuple[str, ...], list[scenario.Place]] = defaultdict(list)
    for place in view.facts.places:
        if place.kind in quantities.SETTLING:
            units[(place.iso3, place.admin1_pcode, place.admin1, place.admin2_pcode, place.admin2)].append(place)
    operation = " ".join(filter(None, ("maabar", view.facts.name, str(view.about.get("variant", "")))))
    found = []
    for (iso3, code1, name1, code2, name2), there in units.items():
        people = sum(view.series("present", place.id) for place in there)
        level = 2 if name2 or code2 else 1 if name1 or code1 else 0
        shared = {
            "location_code": iso3, "provider_admin1_name": name1, "provider_admin2_name": name2, "admin1_code": code1,
            "admin1_name": name1, "admin2_code": code2, "admin2_name": name2, "admin_level": level,
            "operation": operation, "warning": view.marking,
        }  # fmt: skip
        for first, last in months(view):
            numbers = _numbers(view, np.asarray(people)[:, (last - view.facts.start).days])
            period = {"reference_period_start": first.isoformat(), "reference_period_end": last.isoformat()}
            found.append(dict.fromkeys(COLUMNS, "") | shared | period | numbers)
    return found


def _numbers(view: release.View, members: NDArray[np.float64]) -> dict[str, float | None]:
    """Median and spread of people over members, whole."""
    low, _, median, _, high = np.quantile(members, quantities.levels(len(members)))
    told = view.told(np.array([low, median, high]), "person").tolist()
    low, median, high = (float(round(number)) if math.isfinite(number) else None for number in told)
    masked = float(view.least) if None in (low, median, high) else None
    return {"population": median, "population_low": low, "population_high": high, "masked_below": masked}


def months(view: release.View) -> list[tuple[dt.date, dt.date]]:
    """First and last day of each calendar month of the run."""
    found, day = [], view.facts.start
    while day <= view.facts.end:
        last = min(view.facts.end, day.replace(day=calendar.monthrange(day.year, day.month)[1]))
        found.append((day, last))
        day = last + dt.timedelta(days=1)
    return found
