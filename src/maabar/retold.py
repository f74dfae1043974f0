"""Counts that tell the same people more than once: each person is counted once.

In: claims. Out: the claims that are left, and why the others were left out. Stocks are left alone: ten copies of one
number share an error, and that is settled where errors are. Flows and cumulative counts of one group (or, outside of
groups, of one source) need more, because a count since April holds within it every earlier count since April, and a
count of May once more:

1. Counts from one first day on are a series. Each becomes the increment over the one before it, with the rounding of
   both; a later count that is not higher is a revision and is left out. Increments, not levels: a cumulative count
   carries every early error to its end.
2. Where several series overlap, the one with the most counts stays (of equals the more certain, then the earlier).
   Counts with other first days stay if their days overlap none that stayed by more than a tenth; this is the rule
   `never join series with different starts`.
3. Bounds stay if no number of the group covers their days.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

from maabar import reading, reliability

LeftOut = tuple[str, str]


def once(claims: list[reading.Claim]) -> tuple[list[reading.Claim], list[LeftOut]]:
    """The claims that tell people once, in the order given, and (report id, reason) of the others."""
    kept: list[reading.Claim] = []
    left: list[LeftOut] = []
    for _, told in itertools.groupby(sorted(claims, key=_key), key=_key):
        many = list(told)
        if many[0].row.kind == "stock" or many[0].aspect != "level":
            kept += many
        else:
            kept += _disjoint(many, left)
    position = {(claim.report.id, claim.places): at for at, claim in enumerate(claims)}
    return sorted(kept, key=lambda claim: position[claim.report.id, claim.places]), left


def _key(claim: reading.Claim) -> tuple[str, str, str, tuple[str, ...]]:
    """What claims must share to be about the same people: teller, quantity, place."""
    teller = f"group {claim.report.group}" if claim.report.group else f"source {claim.source.id}"
    return teller, claim.quantity, claim.aspect, claim.where


def _rank(claim: reading.Claim) -> tuple[float, object, str]:
    """The more certain first, then the earlier report."""
    return claim.sd, claim.report.reported_on, claim.report.id


def _disjoint(claims: list[reading.Claim], left: list[LeftOut]) -> list[reading.Claim]:
    """Claims on one flow, so that no two numbers are about the same days; the rest goes to `left` with its reason."""
    kept: list[reading.Claim] = []
    for told in _series([claim for claim in claims if claim.kind == "value"]):
        clear = [claim for claim in told if not _covered(claim, kept, left)]
        kept += _increments(clear, left)
    bounds = [claim for claim in claims if claim.kind != "value"]
    return kept + [claim for claim in bounds if not _covered(claim, kept, left)]


def _series(values: list[reading.Claim]) -> list[list[reading.Claim]]:
    """Counts since one day together, by their last day; shares alone. Most counts first, then the most certain."""
    since: dict[object, list[reading.Claim]] = {}
    for claim in sorted(values, key=lambda claim: (claim.last, _rank(claim))):
        since.setdefault(claim.report.id if claim.row.across == "share" else claim.first, []).append(claim)
    return sorted(since.values(), key=lambda told: (-len(told), min(_rank(claim) for claim in told)))


def _covered(claim: reading.Claim, kept: list[reading.Claim], left: list[LeftOut]) -> bool:
    """Does a claim tell days that others have told already? Then it is left out."""
    shared = [min(claim.last, one.last) - max(claim.first, one.first) + 1 for one in kept]
    most = reliability.numbers()["overlap_share"] * (claim.last - claim.first + 1)
    if sum(days for days in shared if days > 0) <= most:
        return False
    other = kept[max(range(len(kept)), key=shared.__getitem__)]
    left.append((claim.report.id, f"counts the same days and people as {other.report.id}"))
    return True


def _increments(series: list[reading.Claim], left: list[LeftOut]) -> list[reading.Claim]:
    """Counts since one day, by their last day: the first, and of each other what it adds."""
    if not series:
        return []
    before = series[0]
    made = [before]
    for claim in series[1:]:
        if claim.last == before.last:
            left.append((claim.report.id, f"counts the same days and people as {before.report.id}"))
        elif claim.number <= before.number:
            left.append((claim.report.id, f"adds nothing to the count of {before.report.id}: a revision"))
        else:
            made.append(_added(claim, before))
            before = claim
    return made


def _added(claim: reading.Claim, before: reading.Claim) -> reading.Claim:
    """What a count adds to one before it, since the same day; what their forms leave open is open in people."""
    counted = claim.report.form in ("exact", "about")
    return replace(
        claim,
        number=claim.number - before.number,
        first=before.last + 1,
        rounding=math.hypot(_open(claim), _open(before)),
        width=claim.width if counted else 0.0,
    )


def _open(claim: reading.Claim) -> float:
    """Sd in people that rounding, a range or a word leaves open."""
    return claim.rounding if claim.report.form in ("exact", "about") else claim.width * (1 + claim.number)
