"""Mistakes with heads, values and caches."""

from __future__ import annotations

import numpy as np

from tests.teaching.calculation.operations import merge, project, split
from tests.teaching.calculation.problem import Matrix
from tests.teaching.calculation.scene import Scene
from tests.teaching.mistakes.registry import HEADS, only, wrong


def reshaped(at: Scene, letter: str, matrix: Matrix) -> Matrix:
    """reshape(h, n, d) without a transposition."""
    heads = at.heads if letter == "Q" else at.kv_heads
    *leading, n, width = matrix.shape
    return matrix.reshape(*leading, heads, n, width // heads)


def interleaved(at: Scene, letter: str, matrix: Matrix) -> Matrix:
    """Head i gets the features i, i + h, i + 2h, …"""
    heads = at.heads if letter == "Q" else at.kv_heads
    return np.stack([matrix[..., h::heads] for h in range(heads)], axis=-3)


def merged_by_reshape(at: Scene, heads: Matrix) -> Matrix:
    """reshape(n, hd) without a transposition."""
    *leading, h, n, d = heads.shape
    return heads.reshape(*leading, n, h * d)


def one_each(at: Scene, heads: Matrix) -> Matrix:
    """The first feature of every head, then the second of every head, …"""
    *leading, h, n, d = heads.shape
    return np.moveaxis(heads, -3, -1).reshape(*leading, n, d * h)


def in_parts(at: Scene, letter: str) -> Matrix:
    """Return the input of a side, cut into the parts of the heads."""
    return split(at, letter, at.x) if at.heads > 1 else at.x


wrong("split-by-reshape", (*HEADS, "shared_heads", "encoder"), split=reshaped)
wrong("split-by-reshape", HEADS, "V alone", split=only("V", split, reshaped))
wrong("heads-interleaved", HEADS, split=interleaved)
wrong("merge-by-reshape", (*HEADS, "batched_heads"), merge=merged_by_reshape)
wrong("merge-interleaved", HEADS, merge=one_each)
wrong("heads-reversed-order", HEADS, merge=lambda at, heads: merge(at, heads[..., ::-1, :, :]))
wrong(
    "merge-batch-head-swap",
    ("batched_heads",),
    merge=lambda at, heads: merge(at, heads.swapaxes(0, 1).reshape(heads.shape)),
)
wrong("no-wo", ("heads", "encoder", "decoder"), project=only("o", project, lambda at, x, m: m))
wrong("values-first", ("square",), weigh=lambda at, weights, V: V @ weights)
wrong(
    "weights-transposed",
    ("self", "square", "heads", "causal", "encoder"),
    weigh=lambda at, weights, V: weights.swapaxes(-1, -2) @ V,
)
wrong(
    "context-from-projected-keys context-from-keys v-uses-wk",
    ("self", "heads", "cross", "causal"),
    weigh=lambda at, weights, V: weights @ at.inside["K"],
)
wrong(
    "context-from-inputs v-unprojected",
    ("square", "heads", "rotary"),
    weigh=lambda at, weights, V: weights @ in_parts(at, "V"),
)
wrong(
    "gqa-tiled",
    ("shared_heads",),
    share=lambda at, letter, matrix: np.concatenate([matrix] * (at.heads // at.kv_heads), -3),
)
wrong(
    "gqa-first-head",
    ("shared_heads",),
    share=lambda at, letter, matrix: np.repeat(matrix[:1], at.heads, axis=0),
)
wrong(
    "batch-as-sequence",
    ("batched",),
    score=lambda at, Q, K: np.einsum("bnd,cnd->nbc", Q, K),
    weigh=lambda at, weights, V: np.einsum("nbc,cnd->bnd", weights, V),
)

# Caches

wrong(
    "cache-in-wrong-order",
    ("cached",),
    append=lambda at, letter, past, matrix: np.concatenate([matrix, past], axis=-2),
)

# A mistake of the published answers that the catalogue did not have at first.

wrong(
    "heads-not-split heads-not-split-root",
    ("heads",),
    is_new=True,
    split=only(
        "QKV",
        split,
        lambda at, letter, matrix: (
            split(at, letter, matrix) if letter == "V" else np.stack([matrix] * at.heads, -3)
        ),
    ),
)
