"""Positions in plain loops over Python floats, beside tests/oracle.py.

p counts tokens from `first`, i pairs of features from 0; d is how many features there are.
"""

from __future__ import annotations

import math

from tests.oracle import Added, Matrix, zeros


def sinusoids(
    n: int, d: int, *, base: float = 10000, halves: bool = False, first: int = 0
) -> Matrix:
    """PE of p and 2i = sin(p / base^(2i/d)), of p and 2i + 1 = cos of the same (Vaswani et al.).

    In halves, sines come first and cosines of the same angles after them.
    """
    result = zeros(n, d)
    for row in range(n):
        column = 0
        for i in range((d + 1) // 2):
            angle = (first + row) / base ** (2 * i / d)
            places = (i, i + d // 2) if halves else (column, column + 1)
            result[row][places[0]] = math.sin(angle)
            if places[1] < d:
                result[row][places[1]] = math.cos(angle)
            column += 2
    return result


def rotated(
    matrix: Matrix,
    *,
    base: float = 10000,
    interleaved: bool = False,
    dims: int | None = None,
    first: int = 0,
) -> Matrix:
    """Turn pair i of the token at p by the angle p / base^(2i/d) (Su et al. 2021).

    As a complex number: (x₁ + i x₂) · e^(i angle). A pair is features 2i and 2i + 1 where they are
    interleaved, else i and i + d/2. Only the first `dims` features are turned.
    """
    result = []
    for row in range(len(matrix)):
        d = len(matrix[row]) if dims is None else dims
        turned = list(matrix[row])
        for i in range(d // 2):
            one, other = (2 * i, 2 * i + 1) if interleaved else (i, i + d // 2)
            angle = (first + row) / base ** (2 * i / d)
            number = complex(matrix[row][one], matrix[row][other])
            number *= complex(math.cos(angle), math.sin(angle))
            turned[one], turned[other] = number.real, number.imag
        result.append(turned)
    return result


# The slopes of the paper and of its authors' program, for some numbers of heads.
SLOPES = {
    1: [1 / 256],
    2: [1 / 16, 1 / 256],
    3: [1 / 16, 1 / 256, 1 / 4],
    4: [1 / 4, 1 / 16, 1 / 64, 1 / 256],
    5: [1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2],
    6: [1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2, 1 / 8],
    8: [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256],
    12: [
        *(1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256),
        *(math.sqrt(1 / 2), math.sqrt(1 / 8), math.sqrt(1 / 32), math.sqrt(1 / 128)),
    ],
}


def distances(heads: int, first: int = 0) -> Added:
    """−slope · |p − j| where p is the place of query i, first + i (Press et al. 2022)."""
    return lambda h, i, j: -SLOPES[heads][h] * abs(first + i - j)


POSITIONS = {"sinusoidal": sinusoids, "rope": rotated, "alibi": distances}
