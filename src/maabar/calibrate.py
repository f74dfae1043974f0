"""Learning from reports: an ensemble of parameters that the reports leave possible, and how far to trust it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from maabar import errors, smoother

Observed = smoother.Observed
Floats = smoother.Floats


def smooth(simulate, start, observed, *, rng, steps=4, localise=None):
    from scipy import linalg
    z = start.copy(); m, k = z.shape
    value = observed.kind == "value"
    nb = int((~value).sum())
    u = rng.standard_normal((m, nb))
    sign = np.where(observed.kind[~value] == "lower", 1.0, -1.0)
    loc = np.ones(k, bool) if localise is None else localise
    infos = []
    for _ in range(steps):
        y = simulate(z)
        t = smoother.tails(observed, y)
        R = observed.covariance(t.factor)
        lb = np.linalg.cholesky(R[np.ix_(~value, ~value)])
        W = linalg.solve_triangular(lb, R[np.ix_(~value, value)], lower=True) if nb else np.zeros((0, value.sum()))
        noise = R[np.ix_(value, value)] - W.T @ W
        state = np.column_stack([z, u, y[:, ~value]])
        tp = np.append(loc, np.zeros(2 * nb, bool))
        if value.any():
            state, info = smoother.update(state, y[:, value] + u @ W, observed.value[value], noise, inflation=steps, tapered=tp, rng=rng)
            infos.append(info)
        if nb:
            u = state[:, k:k + nb]
            x = state[:, k + nb:] + u @ lb.T
            state = smoother.bounded(state[:, :k + nb], x, observed.value[~value], sign, tapered=tp[:k + nb], rng=rng)
            u = state[:, k:]
        z = state[:, :k]
    y = simulate(z)
    return z, y, smoother.tails(observed, y), infos
