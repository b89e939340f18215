"""Random matrices for documents, and comparisons of the numbers that come out."""

from __future__ import annotations

from functools import cache
from math import prod
from random import Random
from typing import Any

import numpy as np

Document = dict[str, Any]


def matrix(seed: str, *sizes: int) -> Any:
    """Nested lists of normally distributed numbers that the seed decides."""
    nested: Any = drawn(seed, prod(sizes))
    for size in sizes[:0:-1]:
        nested = [list(nested[i : i + size]) for i in range(0, len(nested), size)]
    return list(nested)


@cache
def drawn(seed: str, count: int) -> tuple[float, ...]:
    """So many numbers; drawing them takes longer than all that is done with them."""
    random = Random(seed)
    return tuple(random.gauss(0, 1) for _ in range(count))


def numbers(cells: Any) -> np.ndarray[Any, Any]:
    """Nested lists as an array; infinities may be written as texts."""
    return np.array(cells, dtype=np.float64)


def assert_close(actual: Any, expected: Any, name: str = "") -> None:
    """The same numbers, roundoff aside."""
    np.testing.assert_allclose(numbers(actual), numbers(expected), 1e-12, 1e-12, err_msg=name)


def assert_same(actual: dict[str, Any], expected: dict[str, Any]) -> None:
    """The same steps in the same order with close numbers."""
    assert list(actual) == list(expected)
    for name, rows in expected.items():
        assert_close(actual[name], rows, name)
