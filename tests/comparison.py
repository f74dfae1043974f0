"""Do two samples of runs follow one law?

In: two samples of records, name -> (run, day, ...). Out: every way in which they differ, in standard deviations, the
largest first. Four questions are asked:

    mean           of every cell of every day: difference over its standard error
    spread         of every cell: mean squared deviation from the common mean, the same way
    distribution   of every cell: Kolmogorov-Smirnov, as the normal deviate of the same two-sided probability
    together       of every two cells summed over the days: mean product of deviations, the same way

Standard errors are those under one common law (pooled), so that a difference of five has probability 6e-7 where the
normal law holds: over a few thousand cells a false alarm has a chance of about one in a thousand. Cells that depart
from their usual value in fewer than RARE runs of both samples together are left to the sums over days.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Mapping

import numpy as np

RARE = 30
THRESHOLD = 5.0  # standard deviations


@dataclasses.dataclass(frozen=True, order=True)
class Difference:
    """How far two samples are apart in one respect."""

    sigmas: float
    question: str
    cell: str
    first: float
    second: float

    def __str__(self) -> str:
        return f"{self.question} of {self.cell}: {self.first:.5g} against {self.second:.5g}, {self.sigmas:.1f} sigma"


def differences(first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]) -> list[Difference]:
    """All differences between two samples of runs, the largest first."""
    found: list[Difference] = []
    sums: list[tuple[str, np.ndarray, np.ndarray]] = []
    for name in first:
        assert first[name].shape[1:] == second[name].shape[1:], name
        found += _cells(name, _flat(first[name]), _flat(second[name]), first[name].shape[1:])
        total_first, total_second = first[name].sum(axis=1), second[name].sum(axis=1)
        found += _cells(f"sum of {name}", _flat(total_first), _flat(total_second), total_first.shape[1:])
        columns = zip(_flat(total_first).T, _flat(total_second).T, strict=True)
        sums += [(f"{name}[{number}]", x, y) for number, (x, y) in enumerate(columns)]
    return sorted(found + _together(sums), reverse=True)


def verdict(first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray]) -> str:
    """'same law', or the five largest differences beyond the threshold, one per line."""
    beyond = [difference for difference in differences(first, second) if not difference.sigmas <= THRESHOLD]
    return "\n".join(str(difference) for difference in beyond[:5]) or "same law"


def _flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1).astype(float)


def _cells(name: str, x: np.ndarray, y: np.ndarray, shape: tuple[int, ...]) -> list[Difference]:
    found = []
    for number, index in enumerate(np.ndindex(*shape)):
        cell = f"{name}{list(index)}"
        a, b = x[:, number], y[:, number]
        if (a.max() - a.min()) <= 1e-9 * abs(a.max()) and (b.max() - b.min()) <= 1e-9 * abs(b.max()):
            same = math.isclose(a[0], b[0], rel_tol=1e-9, abs_tol=1e-9)
            found.append(Difference(0.0 if same else math.inf, "fixed value", cell, a[0], b[0]))
        elif not _is_rare(np.concatenate([a, b])):
            middle = np.concatenate([a, b]).mean()
            found.append(_difference("mean", cell, a, b))
            found.append(_difference("spread", cell, (a - middle) ** 2, (b - middle) ** 2))
            found.append(_distribution(cell, a, b))
    return found


def _is_rare(values: np.ndarray, least: float = RARE) -> bool:
    return bool((values != np.median(values)).sum() < least)


def _difference(question: str, cell: str, a: np.ndarray, b: np.ndarray) -> Difference:
    error = math.sqrt(np.concatenate([a, b]).var() * (1 / len(a) + 1 / len(b)))
    apart = abs(a.mean() - b.mean())
    sigmas = apart / error if error else (math.inf if apart else 0.0)
    return Difference(sigmas, question, cell, float(a.mean()), float(b.mean()))


def _distribution(cell: str, a: np.ndarray, b: np.ndarray) -> Difference:
    """Kolmogorov-Smirnov: P(D > d) is at most about 2 exp(-2 d² n m / (n + m)); for counts it is smaller."""
    steps = np.unique(np.concatenate([a, b]))
    below_a = np.searchsorted(np.sort(a), steps, side="right") / len(a)
    below_b = np.searchsorted(np.sort(b), steps, side="right") / len(b)
    where = int(np.argmax(np.abs(below_a - below_b)))
    apart = abs(below_a[where] - below_b[where])
    probability = 2 * math.exp(-2 * apart**2 * len(a) * len(b) / (len(a) + len(b)))
    sigmas = -statistics.NormalDist().inv_cdf(max(1e-300, min(1.0, probability) / 2))
    return Difference(sigmas, f"share up to {steps[where]:.5g}", cell, float(below_a[where]), float(below_b[where]))


def _together(sums: list[tuple[str, np.ndarray, np.ndarray]]) -> list[Difference]:
    """Products of deviations of every two sums that vary in at least a tenth of the runs."""
    kept = [(cell, x, y) for cell, x, y in sums if not _is_rare(np.concatenate([x, y]), 0.1 * (len(x) + len(y)))]
    if not kept:
        return []
    x, y = (np.column_stack([entry[k] for entry in kept]) for k in (1, 2))
    middle, scale = np.concatenate([x, y]).mean(axis=0), np.concatenate([x, y]).std(axis=0)
    x, y = (x - middle) / scale, (y - middle) / scale
    found = []
    for i, (cell, _, _) in enumerate(kept):
        for j in range(i):
            a, b = x[:, i] * x[:, j], y[:, i] * y[:, j]
            found.append(_difference("correlation", f"{cell} and {kept[j][0]}", a, b))
    return found
