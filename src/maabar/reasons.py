"""Why a number is what it is, for an audience: what `why` answers, as far as the gate lets it.

In: a View of a run, what is asked, and the posterior where there is one. Out: a `why.Why` whose number is the released
one, in the steps of the audience, and which names no report and no source that the audience does not see.
"""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING

from maabar import errors, quantities, redact, release, units, why

if TYPE_CHECKING:
    from maabar import posterior

FORMS = ("txt", "json")


def of(view: release.View, asked: str, learned: posterior.Posterior | None) -> why.Why:
    """The answer for an audience.

    asked    QUANTITY[/PLACE[/DATE]], the place one that this audience sees
    learned  the posterior of the run; None: it was drawn from the priors

    Raises errors.InputError or errors.RunError for what is not there, or not there for this audience.
    """
    _check(view, asked)
    said = view.about.get("forecast")
    origin = None if said is None else units.date_of(said["origin"], "origin")
    warnings = () if view.beside.account is None else view.beside.account.warnings
    warning = warnings[0] if warnings else redact.UNNAMED
    found = why.of(view.dataset, view.facts, asked, learned, origin=origin, warning=warning)
    if view.is_internal:
        return found
    unit, notes = found.unit, list(found.notes)
    if view.hidden:
        notes.append(f"{view.hidden} reports of the scenario are not shown to this audience, nor sources of them alone")
    notes += view.noted()

    def told(number: float) -> float:
        released = view.rounded(number, unit)
        return math.nan if released is None else released

    without = tuple(
        dataclasses.replace(one, median=told(one.median), low=told(one.low), high=told(one.high))
        for one in found.without
    )
    median, low, high = map(told, (found.median, found.low, found.high))
    return dataclasses.replace(
        found, median=median, low=low, high=high, without=without, notes=tuple(notes), least=view.least
    )


def _check(view: release.View, asked: str) -> None:
    """RunError for a quantity or place that this audience does not see."""
    name, place = (*asked.split("/"), "")[:2]
    quantities.quantity(name)
    if not view.holds(name):
        raise errors.RunError(
            f"found {errors.quote(asked)}, and the audience {view.audience.name} does not see {name} "
            "(docs/harm.md says why); choose another quantity, or another --audience"
        )
    seen = dict.fromkeys(at for one, at in view.cells() if one == name)
    if not view.is_internal and (place or "*") not in seen:
        cure = errors.suggestion(place, [one for one in seen if one != "*"], "choose one of these")
        raise errors.RunError(
            f"found {errors.quote(asked)}, and the audience {view.audience.name} sees {name} at "
            f"{errors.listed(list(seen))}; {cure}"
        )


def content(view: release.View, found: why.Why, form: str) -> bytes:
    """The answer as a text or as JSON, marked for its audience."""
    if form == "json":
        told = {"audience": view.audience.name, "marking": view.marking, **found.to_dict()}
        return (json.dumps(told, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()
    return f"{view.marking}\n{found}\n".encode()


def form_of(name: str) -> str:
    """txt or json, by the end of a file's name. Raises errors.RunError for another."""
    form = name.rpartition(".")[2].lower() if "." in name else ""
    if form not in FORMS:
        raise errors.RunError(f"found {errors.quote(name)}, expected a file name that ends in .txt or .json; rename it")
    return form
