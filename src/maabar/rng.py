"""Named random streams: which numbers come out depends only on what they are for.

Goes in: seed, member, day, place or link, purpose. Comes out: a fresh xoshiro256++ generator whose state is a hash of
those, and uniform, normal and gamma numbers from it. Nothing is shared between two draws, so a member is the same
whatever the number of members, threads or machines, and two variants of a scenario meet the same luck.
Sources: D. Blackman and S. Vigna (2021), xoshiro256++; G. Steele et al. (2014), SplitMix64; G. Marsaglia and
W. Tsang (2000) for the gamma distribution.
"""

import math

import numpy as np
from numpy.typing import NDArray

from maabar import compiled

# What a draw is for. A number is never used twice and never given a new meaning.
STRIKE, FIGHTER_LOSS, FIGHTER_LEAVE, FIGHTER_MOVE, RELEASE = 1, 2, 3, 4, 5
GUIDE_CAUGHT, GUIDE_NEW, GUIDE_PLACES, NOISE, RECONSIDER = 6, 7, 8, 9, 10
CHOICE, ADMIT, CORRIDOR_PLACES, CORRIDOR, TRAPPED = 11, 12, 13, 14, 15
FATE, INTERCEPT, WALK, ONWARD, SETTLE = 16, 17, 18, 19, 20
SHELTER, RETURN, RETURN_HOME, MOVE = 21, 22, 23, 24
INFLOW, SHOCK, PARAMETER, DRIFT, COHORT = 26, 27, 28, 29, 30
FIGHTER_HOW, PULL, OBSERVATION = 31, 32, 33
PACE, ORDER, STRIKE_LEVEL, ANCHOR, REPORT, CAUGHT = 34, 35, 36, 37, 38, 39
# Branches of a day's key; an hour, place or link is added.
HOUR, MORNING, EVENING = 1 << 50, 1 << 51, 1 << 52

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_U11, _U17, _U19, _U23, _U27, _U30, _U31, _U41, _U45 = (np.uint64(n) for n in (11, 17, 19, 23, 27, 30, 31, 41, 45))
_SHIFT = np.uint64(40)


@compiled.function
def mix(x):
    """SplitMix64's finaliser: a bijection of 64-bit words in which every input bit moves every output bit."""
    z = x + _GOLDEN
    z = (z ^ (z >> _U30)) * _M1
    z = (z ^ (z >> _U27)) * _M2
    return z ^ (z >> _U31)


@compiled.function
def key(parent, number):
    """The key of a branch: a hash of the parent's key and a whole number."""
    return mix(np.uint64(parent) ^ mix(np.uint64(number)))


@compiled.function
def start(stream, parent, purpose, entity):
    """Fill stream (4,) uint64 with the state keyed by parent key, purpose and entity."""
    x = mix(parent ^ mix((np.uint64(purpose) << _SHIFT) ^ np.uint64(entity)))
    for i in range(4):
        x = x + _GOLDEN
        stream[i] = mix(x)


@compiled.function
def uniform(stream):
    """A number in [0, 1) on a grid of 2**-53; advances the stream."""
    s0, s1, s2, s3 = stream[0], stream[1], stream[2], stream[3]
    total = s0 + s3
    out = ((total << _U23) | (total >> _U41)) + s0
    shifted = s1 << _U17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = (s3 << _U45) | (s3 >> _U19)
    stream[0], stream[1], stream[2], stream[3] = s0, s1, s2, s3
    return np.float64(out >> _U11) * (1.0 / 9007199254740992.0)


@compiled.function
def normal(stream):
    """A standard normal number (Box and Muller 1958, the cosine half)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform(stream)))
    return radius * math.cos(2.0 * math.pi * uniform(stream))


@compiled.function
def gamma(stream, shape):
    """A gamma number with the given shape and scale 1 (Marsaglia and Tsang 2000)."""
    boost = 1.0
    if shape < 1.0:
        boost = (1.0 - uniform(stream)) ** (1.0 / shape)
        shape += 1.0
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = normal(stream)
        v = (1.0 + c * x) ** 3
        if v > 0.0 and math.log(1.0 - uniform(stream)) < 0.5 * x * x + d - d * v + d * math.log(v):
            return boost * d * v


@compiled.function
def fill_uniforms(seed, member, purpose, entities, stream, out):
    """Fill out (step, entity) with uniforms, each from a stream of its own; stream (4) uint64 is room for working."""
    parent = key(key(np.uint64(0), seed), member)
    for step in range(out.shape[0]):
        branch = key(parent, step)
        for i in range(out.shape[1]):
            start(stream, branch, purpose, entities[i])
            out[step, i] = uniform(stream)


def uniforms(seed: int, member: int, purpose: int, entities: NDArray[np.uint64], steps: int) -> NDArray[np.float64]:
    """One number in [0, 1) for each step and entity (steps, entities)."""
    out = np.empty((steps, len(entities)))
    fill_uniforms(np.uint64(seed), np.uint64(member), purpose, entities, np.empty(4, np.uint64), out)
    return out
