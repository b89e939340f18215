"""The positions of tokens, counted from 0 as in the papers.

The first token has position 0. If earlier tokens are cached, it has the position `first`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from attncli.calculation.algebra.expressions import Index

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The position of the first token: one number, or an array that broadcasts to (…, n, d).
First: TypeAlias = "int | NDArray[np.int_]"


def places(first: First, count: int) -> NDArray[np.int_]:
    """Return the positions of `count` tokens, as a column: (…, count, 1)."""
    return np.asarray(first + np.arange(count)[:, None])


def place(first: First, index: Index) -> int:
    """Return the position of the token to which the cell `index` (…, row, column) belongs."""
    own = index[len(index) - np.ndim(first) :]
    at = tuple(min(i, size - 1) for i, size in zip(own, np.shape(first), strict=True))
    return int(np.asarray(first)[at]) + index[-2]


def first_text(first: First) -> str:
    """Return the position of the first token as text, one per batch entry: `3`, `2, 5`."""
    return ", ".join(map(str, np.ravel(first).tolist()))
