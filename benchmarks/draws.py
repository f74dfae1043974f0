"""How much of a member is drawing: what one draw costs, and how many a member makes.

Counting inside the compiled day would slow it, so a second run of the same member counts: it runs uncompiled, in a
process of its own, with every sampler wrapped. `python benchmarks/draws.py SCENARIO` prints its counts as JSON.
"""

import collections
import json
import os
import subprocess
import sys
import time

import numba
import numpy as np

from maabar import draw, ensemble, rng, scenario, world

CALLS = 200_000
KINDS = {  # what is counted, and how it is timed: people and probability, or None
    "stream begun": None,
    "bare uniform number": None,
    "Binomial by inversion": (100.0, 0.02),
    "Binomial by rejection": (100_000.0, 0.3),
}


@numba.njit
def _uniforms(stream, calls, n, p):
    total = 0.0
    for _ in range(calls):
        total += rng.uniform(stream)
    return total


@numba.njit
def _begun(stream, calls, n, p):
    total = 0.0
    for at in range(calls):
        rng.start(stream, np.uint64(1), 10, at)
        total += rng.uniform(stream)
    return total


@numba.njit
def _binomials(stream, calls, n, p):
    total = 0.0
    for _ in range(calls):
        total += draw.from_stream(stream, n, p)
    return total


def nanoseconds(function, n=0.0, p=0.0):
    """Processor time of one call inside a compiled loop, the best of five loops [ns]."""
    stream = np.arange(1, 5, dtype=np.uint64)
    function(stream, 1, n, p)
    times = []
    for _ in range(5):
        begun = time.process_time()
        function(stream, CALLS, n, p)
        times.append(time.process_time() - begun)
    return 1e9 * min(times) / CALLS


def costs():
    """Processor time of each kind of draw [ns]."""
    uniform = nanoseconds(_uniforms)
    found = {"stream begun": nanoseconds(_begun) - uniform, "bare uniform number": uniform}
    return found | {kind: nanoseconds(_binomials, *case) for kind, case in KINDS.items() if case}


def counting(module, name, kind, tally, inside):
    """Wrap a sampler so that its calls are tallied, but not the draws that it makes itself."""
    plain = getattr(module, name)

    def counted(*arguments):
        tally[kind] += not inside
        inside.append(kind)
        try:
            return plain(*arguments)
        finally:
            inside.pop()

    setattr(module, name, counted)


def count(name):
    """Calls of each sampler in one member of a scenario; only where nothing is compiled."""
    tally, inside = collections.Counter(), []
    wrapped = ((rng, "start"), (rng, "uniform"), (draw, "_by_inversion"), (draw, "_by_rejection"))
    compiled = world.compile(scenario.load(name))
    for (module, function), kind in zip(wrapped, KINDS, strict=True):
        counting(module, function, kind, tally, inside)
    daily = ensemble.daily  # plain Python reads the parameters of a day as attributes of a record array only
    ensemble.daily = lambda *arguments: daily(*arguments).view(np.recarray)
    with np.errstate(over="ignore"):
        ensemble.simulate_block(compiled, 0, 1, 1, sample_parameters=False)
    return {kind: tally[kind] for kind in KINDS}


def counts(name):
    """The same from a process in which nothing is compiled."""
    words = [sys.executable, __file__, str(name)]
    told = subprocess.run(
        words, check=True, capture_output=True, text=True, env=os.environ | {"NUMBA_DISABLE_JIT": "1"}
    )
    return json.loads(told.stdout)


if __name__ == "__main__":
    print(json.dumps(count(sys.argv[1])))
