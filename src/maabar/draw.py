"""Counts of people: the three distributions of the law, and their means.

Goes in: how many people, with what probability, and a keyed stream. Comes out: how many of them, as a float64 that
holds a whole number (exact up to 9·10¹⁵); with `expected` the mean instead, from the same call, so that the law is
stated once. Samplers by size of n·p: count Bernoulli draws up to n = 12; inversion with qⁿ while n·min(p, q) < 10
(Devroye 1986); BTRS above (W. Hörmann 1993, "The generation of binomial random variates"). Hypergeometric by
inversion from the mode.
"""

import math

import numpy as np

from maabar import compiled, rng

_STIRLING = np.array(
    [
        math.lgamma(k + 1.0) - (k + 0.5) * math.log(k + 1.0) + (k + 1.0) - 0.5 * math.log(2.0 * math.pi)
        for k in range(10)
    ]
)


@compiled.function
def stirling(k):
    """log k! less its leading terms (k + ½) log(k + 1) − (k + 1) + ½ log 2π, to double precision for k ≥ 0."""
    if k < 10.0:
        return _STIRLING[int(k)]
    inverse = 1.0 / (k + 1.0)
    square = inverse * inverse
    return (1.0 / 12.0 - (1.0 / 360.0 - square / 1260.0) * square) * inverse


@compiled.inlined
def _by_inversion(stream, n, p):
    """Binomial for n·p below 10 and p at most a half: subtract the probabilities of 0, 1, 2 … from one uniform.

    P(0) is at least what its expansion in p gives when it ends on a negative term: most rare draws end there.
    """
    mean, left = n * p, rng.uniform(stream)
    if left <= 1.0 - mean + 0.5 * mean * (mean - p) * (1.0 - (mean - 2.0 * p) / 3.0):
        return 0.0
    ratio = p / (1.0 - p)
    first = math.exp(n * math.log1p(-p))
    while True:
        term, k = first, 0.0
        while left > term:
            left -= term
            k += 1.0
            if k > n:
                break
            term *= (n - k + 1.0) / k * ratio
        if k <= n:
            return k
        left = rng.uniform(stream)


@compiled.function
def _is_below(v, k, n, p, spread):
    """Whether v is at most P(k)/P(mode): step by step where k is near the mode, else by bounds on its logarithm.

    The bounds are those of V. Kachitvichyanukul and B. Schmeiser (1988), "Binomial random variate generation", which
    hold up to half a variance from the mode; between them, and beyond, Stirling's series decides.
    """
    mode, ratio = math.floor((n + 1.0) * p), p / (1.0 - p)
    away, variance = abs(k - mode), spread * spread
    if away <= 15.0:
        term = 1.0
        for i in range(int(min(k, mode)) + 1, int(max(k, mode)) + 1):
            term *= ((n + 1.0) / i - 1.0) * ratio
        return v <= term if k > mode else v * term <= 1.0
    level = math.log(v) if v > 0.0 else -1e300
    if away < 0.5 * variance - 1.0:
        near = -0.5 * away * away / variance
        slack = away / variance * (((away / 3.0 + 0.625) * away + 1.0 / 6.0) / variance + 0.5)
        if level < near - slack or level > near + slack:
            return level < near
    return level <= (
        (mode + 0.5) * math.log((mode + 1.0) / (ratio * (n - mode + 1.0)))
        + (n + 1.0) * math.log((n - mode + 1.0) / (n - k + 1.0))
        + (k + 0.5) * math.log(ratio * (n - k + 1.0) / (k + 1.0))
        + stirling(mode)
        + stirling(n - mode)
        - stirling(k)
        - stirling(n - k)
    )


@compiled.inlined
def _by_rejection(stream, n, p):
    """Binomial for n·p of 10 and more and p at most a half: Hörmann's BTRS."""
    spread = math.sqrt(n * p * (1.0 - p))
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * p
    c = n * p + 0.5
    while True:
        u = rng.uniform(stream) - 0.5
        v = rng.uniform(stream)
        us = 0.5 - abs(u)
        k = math.floor((2.0 * a / us + b) * u + c)
        if us >= 0.07 and v * b <= 0.92 * b - 4.2:
            return k
        if us > 0.0 and 0.0 <= k <= n:
            v *= (2.83 + 5.1 / b) * spread / (a / (us * us) + b)
            if _is_below(v, k, n, p, spread):
                return k


@compiled.function
def from_stream(stream, n, p):
    """Binomial(n, p) from a stream that has been started."""
    if not (n > 0.0 and p > 0.0):
        return 0.0
    if p >= 1.0:
        return n
    small = min(p, 1.0 - p)
    if n <= 12.0:
        k = 0.0
        for _ in range(int(n)):
            k += 1.0 if rng.uniform(stream) < small else 0.0
    elif n * small < 10.0:
        k = _by_inversion(stream, n, small)
    else:
        k = _by_rejection(stream, n, small)
    return k if p <= 0.5 else n - k


@compiled.function
def binomial(stream, parent, purpose, entity, n, p, expected):
    """How many of n people do what each does with probability p [person]; the mean n·p if `expected`."""
    if not (n > 0.0 and p > 0.0):
        return 0.0
    if p >= 1.0:
        return n
    if expected:
        return n * p
    rng.start(stream, parent, purpose, entity)
    return from_stream(stream, n, p)


@compiled.function
def part(stream, n, weight, total, expected):
    """One step of a multinomial: how many of the n left take a choice of this weight out of the total left."""
    if not (n > 0.0 and weight > 0.0):
        return 0.0
    if not weight < total:
        return n
    return n * (weight / total) if expected else from_stream(stream, n, weight / total)


@compiled.function
def multinomial(stream, n, weight, k, taken, expected):
    """Share n people out over the first k choices by weight, from a started stream; fills taken (k) [person].

    Person by person while n ≤ 2k, else by conditional binomials; the same law either way. Weights must not all be 0.
    """
    total = 0.0
    for i in range(k):
        taken[i] = 0.0
        total += weight[i]
    if not expected and n <= 2.0 * k:
        for _ in range(int(n)):
            left, i = rng.uniform(stream) * total, 0
            while i < k - 1 and left >= weight[i]:
                left -= weight[i]
                i += 1
            while weight[i] <= 0.0:
                i -= 1
            taken[i] += 1.0
        return
    left, last = n, k - 1
    while last > 0 and weight[last] <= 0.0:
        last -= 1
    for i in range(last):
        taken[i] = part(stream, left, weight[i], total, expected)
        total -= weight[i]
        left -= taken[i]
    taken[last] = left


@compiled.function
def whole(stream, parent, purpose, entity, x, expected):
    """x as a whole number with mean x: its integer part, plus one with probability equal to its fraction."""
    if expected:
        return x
    base = math.floor(x)
    if x > base:
        rng.start(stream, parent, purpose, entity)
        if rng.uniform(stream) < x - base:
            base += 1.0
    return np.float64(base)


@compiled.function
def _log_choose(n, k):
    """log of n over k."""
    return math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)


@compiled.function
def hypergeometric(stream, good, bad, drawn, expected):
    """How many of `drawn` taken without replacement from good + bad are good [person].

    Inversion in a fixed order of outcomes, from the mode outwards, about one standard deviation of steps.
    """
    if good <= 0.0 or drawn <= 0.0:
        return 0.0
    if bad <= 0.0:
        return min(drawn, good)
    if expected:
        return drawn * good / (good + bad)
    low, high = max(0.0, drawn - bad), min(good, drawn)
    mode = min(high, max(low, math.floor((drawn + 1.0) * (good + 1.0) / (good + bad + 2.0))))
    centre = math.exp(_log_choose(good, mode) + _log_choose(bad, drawn - mode) - _log_choose(good + bad, drawn))
    left = rng.uniform(stream) - centre
    down, up, p_down, p_up = mode, mode, centre, centre
    while left > 0.0 and (down > low or up < high):
        if up < high:
            p_up *= (good - up) * (drawn - up) / ((up + 1.0) * (bad - drawn + up + 1.0))
            up += 1.0
            left -= p_up
            if left <= 0.0:
                return up
        if down > low:
            p_down *= down * (bad - drawn + down) / ((good - down + 1.0) * (drawn - down + 1.0))
            down -= 1.0
            left -= p_down
            if left <= 0.0:
                return down
    return mode
