"""Sums over the last axis, for operations that reduce each row of a matrix to one number."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array


def row_sums(matrix: Array) -> Array:
    """Return the sum of each row, as a column: (…, n, m) → (…, n, 1).

    Numbers of 16 bits are added in float32, and the sums stay in float32, as in PyTorch: in
    float16, the sum of 70,000 ones overflows.
    """
    sums: Array = matrix.sum(axis=-1, keepdims=True, dtype=np.result_type(matrix, np.float32))
    return sums
