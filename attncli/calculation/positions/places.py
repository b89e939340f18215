"""Where tokens stand: counted from 0, as in the papers.

The first token stands at 0, or at `first` where earlier ones are cached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from attncli.calculation.algebra.expressions import Index

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The place of the first token: for all, or an array that broadcasts to (…, n, d).
First: TypeAlias = "int | NDArray[np.int_]"


def places(first: First, count: int) -> NDArray[np.int_]:
    """Where so many tokens stand, as a column: (…, count, 1)."""
    return np.asarray(first + np.arange(count)[:, None])


def place(first: First, index: Index) -> int:
    """Where the token of a cell stands."""
    own = index[len(index) - np.ndim(first) :]
    at = tuple(min(i, size - 1) for i, size in zip(own, np.shape(first), strict=True))
    return int(np.asarray(first)[at]) + index[-2]


def first_text(first: First) -> str:
    """The place of the first token, or of the first one of each batch entry: `3`, `2, 5`."""
    return ", ".join(map(str, np.ravel(first).tolist()))
