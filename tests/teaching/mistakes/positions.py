"""Mistakes in sinusoidal and rotary positions and in ALiBi."""

from __future__ import annotations

import math

import numpy as np

from tests.teaching.calculation.operations import (
    apart,
    half_angles,
    rotate,
    sinusoids,
    slopes,
    turned,
    waves,
)
from tests.teaching.calculation.problem import Matrix
from tests.teaching.calculation.scene import Operation, Scene
from tests.teaching.mistakes.registry import only, wrong

SINE, ROPE, ALIBI = ("sinusoidal",), ("rotary",), ("alibi",)

# Embeddings

wrong("no-embedding-scale", SINE, scale_embeddings=lambda at, x: x)
wrong("embedding-divided", SINE, scale_embeddings=lambda at, x: x / math.sqrt(x.shape[-1]))
wrong("embedding-times-d", SINE, scale_embeddings=lambda at, x: x * x.shape[-1])
wrong(
    "embedding-scale-last no-embedding-scale",
    SINE,
    scale_embeddings=lambda at, x: x,
    embed=lambda at, x, position: (x + position) * math.sqrt(x.shape[-1]),
)
wrong("position-not-added", SINE, embed=lambda at, x, position: x)

# Sinusoids


def by_exponent(exponent: Operation, base: float = 10000.0, first: int = 0) -> Operation:
    """Return sinusoids whose base has another exponent: a function of feature c, pair i and d."""

    def drawn(at: Scene, x: Matrix) -> Matrix:
        n, d = x.shape[-2:]
        c = np.arange(d)
        return waves(n, 1 / base ** exponent(c, c // 2, d), first)

    return drawn


def by_frequency(frequency: Operation) -> Operation:
    """Return sinusoids of other frequencies: a function of pair i and d."""

    def drawn(at: Scene, x: Matrix) -> Matrix:
        n, d = x.shape[-2:]
        return waves(n, frequency(np.arange(d) // 2, d))

    return drawn


def usual(c: Matrix, i: Matrix, d: int) -> Matrix:
    """2i/d."""
    return 2 * i / d


def sines_first(at: Scene, x: Matrix) -> Matrix:
    """All sines, then all cosines of the same angles."""
    right = sinusoids(at, x)
    return np.concatenate([right[:, 0::2], right[:, 1::2]], axis=-1)


wrong("pe-double-index", SINE, sinusoids=by_exponent(lambda c, i, d: 4 * i / d))
wrong("pe-double-index-own", SINE, sinusoids=by_exponent(lambda c, i, d: 2 * c / d))
wrong("pe-cos-own-exponent", SINE, sinusoids=by_exponent(lambda c, i, d: c / d))
wrong("pe-cos-next-pair", SINE, sinusoids=by_exponent(lambda c, i, d: 2 * (i + c % 2) / d))
wrong("pe-index-not-doubled", SINE, sinusoids=by_exponent(lambda c, i, d: i / d))
wrong("pe-last-exponent-1", SINE, sinusoids=by_exponent(lambda c, i, d: i / (d // 2 - 1)))
wrong("pe-base", SINE, sinusoids=by_exponent(usual, base=1000))
wrong("pe-position-shift", SINE, sinusoids=by_exponent(usual, first=1))
wrong("pe-inverted", SINE, sinusoids=by_frequency(lambda i, d: 10000.0 ** (2 * i / d)))
wrong("pe-power-swapped", SINE, sinusoids=by_frequency(lambda i, d: (2 * i / d) ** (1 / 10000)))
wrong(
    "pe-precedence",
    SINE,
    sinusoids=by_frequency(lambda i, d: np.exp(i * (-math.log(10000.0) / d // 2))),
)
wrong("pe-integer-division", SINE, sinusoids=by_frequency(lambda i, d: np.ones(len(i))))
wrong("pe-halves", SINE, sinusoids=sines_first)
wrong("pe-sin-cos-swapped", SINE, sinusoids=lambda at, x: swapped(sinusoids(at, x)))
wrong("pe-sin-only", SINE, sinusoids=lambda at, x: sine_of_all(x))
wrong("pe-degrees", SINE, sinusoids=lambda at, x: in_degrees(x))


def swapped(position: Matrix) -> Matrix:
    """Return the table with the features of each pair exchanged."""
    n, d = position.shape
    return position.reshape(n, d // 2, 2)[..., ::-1].reshape(n, d)


def angles(x: Matrix) -> Matrix:
    """Return the angle of each token and feature."""
    n, d = x.shape[-2:]
    return np.arange(n)[:, None] / 10000.0 ** (2 * (np.arange(d) // 2) / d)


def sine_of_all(x: Matrix) -> Matrix:
    """Return the sine of each angle."""
    return np.sin(angles(x))


def in_degrees(x: Matrix) -> Matrix:
    """Return sines and cosines of the angles as degrees."""
    angle = np.radians(angles(x))
    return np.where(np.arange(x.shape[-1]) % 2 == 0, np.sin(angle), np.cos(angle))


# RoPE


def pairs(matrix: Matrix) -> Matrix:
    """Return the features 0, 2, 4, … and then 1, 3, 5, …"""
    return np.concatenate([matrix[..., 0::2], matrix[..., 1::2]], axis=-1)


def unpaired(matrix: Matrix) -> Matrix:
    """Return the features of `pairs` in their own order."""
    half = matrix.shape[-1] // 2
    return np.stack([matrix[..., :half], matrix[..., half:]], axis=-1).reshape(matrix.shape)


def turned_by(angle: Operation) -> Operation:
    """Return the rotation by other angles: a function of the matrix."""
    return lambda at, letter, matrix: turned(matrix, angle(matrix))


def one_sided(matrix: Matrix, sign: float) -> Matrix:
    """Return the rotation with the first features cos x₁ + sin x₂."""
    half, angle = matrix.shape[-1] // 2, half_angles(matrix)
    one, two = matrix[..., :half], matrix[..., half:]
    first = one * np.cos(angle) + two * np.sin(angle)
    return np.concatenate([first, sign * one * np.sin(angle) + two * np.cos(angle)], axis=-1)


def mixed(matrix: Matrix) -> Matrix:
    """Return halves turned by the angles of neighbours."""
    half, angle = matrix.shape[-1] // 2, np.repeat(half_angles(matrix), 2, axis=-1)
    turned_once = np.concatenate([-matrix[..., half:], matrix[..., :half]], axis=-1)
    return matrix * np.cos(angle) + turned_once * np.sin(angle)


def by_power(power: float, base: float = 10000.0) -> Operation:
    """Return the angles p / base^(power · i / d)."""

    def drawn(matrix: Matrix) -> Matrix:
        n, d = matrix.shape[-2:]
        return np.arange(n)[:, None] / base ** (power * np.arange(d // 2) / d)[None, :]

    return drawn


wrong("rope-missing", ROPE, rotate=lambda at, letter, matrix: matrix)
wrong("rope-missing", ROPE, "Q alone", rotate=only("Q", rotate, lambda at, x, matrix: matrix))
wrong(
    "rope-pairing",
    ROPE,
    rotate=lambda at, letter, m: unpaired(turned(pairs(m), half_angles(m))),
)
wrong("rope-angles-mixed", ROPE, rotate=lambda at, letter, matrix: mixed(matrix))
wrong("rope-direction", ROPE, rotate=turned_by(lambda matrix: -half_angles(matrix)))
wrong("rope-sign", ROPE, rotate=lambda at, letter, matrix: one_sided(matrix, 1))
wrong("rope-degrees", ROPE, rotate=turned_by(lambda matrix: np.radians(half_angles(matrix))))
wrong("rope-base", ROPE, rotate=turned_by(by_power(2, 1000)))
wrong("rope-index-not-doubled", ROPE, rotate=turned_by(by_power(1)))
wrong("rope-double-index", ROPE, rotate=turned_by(by_power(4)))
wrong(
    "rope-positions-from-1",
    ROPE,
    rotate=only("Q", rotate, turned_by(lambda matrix: half_angles(matrix, 1))),
)
wrong(
    "rope-on-values",
    ROPE,
    weigh=lambda at, weights, V: weights @ rotate(at, "V", V),
)

# ALiBi

wrong("alibi-missing", ALIBI, distances=lambda at, scores: np.zeros(scores.shape))
wrong("alibi-sign", ALIBI, distances=lambda at, s: slopes(at.heads) * np.abs(apart(s)))
wrong(
    "alibi-slope-shift",
    ALIBI,
    distances=lambda at, s: -slopes(at.heads) * 2 ** (8 / at.heads) * np.abs(apart(s)),
)
wrong(
    "alibi-same-slope",
    ALIBI,
    distances=lambda at, s: -np.ones((at.heads, 1, 1)) * slopes(at.heads)[0] * np.abs(apart(s)),
)
wrong(
    "alibi-slopes-reversed",
    ALIBI,
    distances=lambda at, s: -slopes(at.heads)[::-1] * np.abs(apart(s)),
)

# Positions of the published answers that the catalogue did not have at first.

wrong(
    "rope-laid-out rope-read",
    ROPE,
    is_new=True,
    rotate=lambda at, letter, m: turned(pairs(m), half_angles(m)),
)
wrong(
    "rope-one-angle",
    ROPE,
    is_new=True,
    rotate=turned_by(lambda matrix: half_angles(matrix) * 0 + half_angles(matrix)[:, :1]),
)
wrong(
    "pe-precedence pe-precedence-even",
    SINE,
    "even index",
    is_new=True,
    sinusoids=by_frequency(lambda i, d: np.exp(2 * i * (-math.log(10000.0) / d // 2))),
)
