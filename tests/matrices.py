"""Random matrices for documents, and comparisons of results."""

from __future__ import annotations

from functools import cache
from math import prod
from random import Random
from typing import Any

import numpy as np

Document = dict[str, Any]


def matrix(seed: str, *sizes: int) -> Any:
    """Return nested lists of normally distributed numbers, which the seed determines."""
    nested: Any = drawn(seed, prod(sizes))
    for size in sizes[:0:-1]:
        nested = [list(nested[i : i + size]) for i in range(0, len(nested), size)]
    return list(nested)


@cache
def drawn(seed: str, count: int) -> tuple[float, ...]:
    """Return this many numbers, cached because drawing them takes longer than using them."""
    random = Random(seed)
    return tuple(random.gauss(0, 1) for _ in range(count))


def numbers(cells: Any) -> np.ndarray[Any, Any]:
    """Return nested lists as an array; infinities may be strings."""
    return np.array(cells, dtype=np.float64)


def assert_close(actual: Any, expected: Any, name: str = "") -> None:
    """Assert that two results have the same numbers, except for roundoff."""
    np.testing.assert_allclose(numbers(actual), numbers(expected), 1e-12, 1e-12, err_msg=name)


def assert_same(actual: dict[str, Any], expected: dict[str, Any]) -> None:
    """Assert that two results have the same steps in the same order with close numbers."""
    assert list(actual) == list(expected)
    for name, rows in expected.items():
        assert_close(actual[name], rows, name)
