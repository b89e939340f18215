"""Heads that share keys and values: query head h uses the kv head ⌊h / group⌋.

Grouped-query attention (Ainslie et al. 2023) has fewer heads of keys and values than of queries,
multi-query attention (Shazeer 2019) one. Each serves `group` query heads that lie side by side, as
in ONNX, PyTorch and Keras.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.layouts import Array, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray


def spread(matrix: Array, shape: Shape) -> Array:
    """Keys or values with a head for each head of the queries, or weights, of this shape.

    Raises ValueError where the heads cannot be shared out, as in answers of wrong shapes.
    """
    if matrix.shape[:-2] == shape[:-2]:
        return matrix
    if min(matrix.ndim, len(shape)) < 3 or shape[-3] % matrix.shape[-3]:
        raise ValueError(f"{matrix.shape} cannot be spread to {shape}")
    return np.repeat(matrix, shape[-3] // matrix.shape[-3], axis=-3)


def shared_place(leading: tuple[int, ...], matrix: NDArray[Any], shape: Shape) -> tuple[int, ...]:
    """The place of the keys or values that belong to this place among the queries."""
    if matrix.shape[:-2] == shape[:-2]:
        return leading
    return (*leading[:-1], leading[-1] * matrix.shape[-3] // shape[-3])
