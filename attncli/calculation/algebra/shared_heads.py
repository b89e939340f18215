"""Heads that share keys and values: query head h uses the kv head ⌊h / group⌋.

Grouped-query attention (Ainslie et al. 2023) has fewer heads of keys and values than of queries;
multi-query attention (Shazeer 2019) has one. Each serves `group` query heads that lie side by side,
as in ONNX, PyTorch and Keras.
"""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray, Array, Shape


def spread(matrix: Array, shape: Shape) -> Array:
    """Repeat the heads of keys or values, so that each query head has its own.

    (…, kv_heads, m, d) → (…, heads, m, d). `shape` is the shape of the queries or the weights.
    Raises ValueError if kv_heads does not divide heads, as in an answer with a wrong shape.
    """
    if matrix.shape[:-2] == shape[:-2]:
        return matrix
    if min(matrix.ndim, len(shape)) < 3 or shape[-3] % matrix.shape[-3]:
        raise ValueError(f"{matrix.shape} cannot be spread to {shape}")
    return np.repeat(matrix, shape[-3] // matrix.shape[-3], axis=-3)


def shared_place(leading: tuple[int, ...], matrix: AnyArray, shape: Shape) -> tuple[int, ...]:
    """Return the batch entry and kv head that a batch entry and query head, `leading`, use.

    `matrix` holds keys or values; `shape` is the shape of the queries or the weights.
    """
    if matrix.shape[:-2] == shape[:-2]:
        return leading
    return (*leading[:-1], leading[-1] * matrix.shape[-3] // shape[-3])
