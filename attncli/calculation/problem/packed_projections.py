"""Packed projections, as libraries store them: `W_qkv` is W_q, W_k, W_v side by side."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.problem.allowed_combinations import PROJECTIONS
from attncli.errors import ProblemError
from attncli.words import count

PACKED = {"W_qkv": "W", "b_qkv": "b"}


def unpacked_names(given: AbstractSet[str]) -> set[str]:
    """Return the given names, with W_q, W_k and W_v for W_qkv, and b_q, b_k and b_v for b_qkv.

    Raises ProblemError if a matrix is given both packed and by itself, and for b_qkv without
    weights.
    """
    names = set(given)
    for packed, letter in PACKED.items():
        if packed not in given:
            continue
        held = [weight.replace("W", letter) for weight in PROJECTIONS.values()]
        besides = next((name for name in held if name in given), None)
        if besides:
            raise ProblemError(
                f"{packed} and {besides} are given, but {packed} already holds {besides}.",
                f"Leave out {packed} or {besides}.",
                (packed, besides),
            )
        if "W_qkv" not in given and not set(PROJECTIONS.values()) <= given:
            message = "b_qkv is given without W_qkv: a bias is added to a projection."
            raise ProblemError(message, "Give W_qkv too, or b_q, b_k and b_v.", ("b_qkv",))
        names = (names - {packed}) | set(held)
    return names


def unpack(matrices: dict[str, Array], heads: int | None, kv_heads: int | None) -> None:
    """Replace W_qkv (and b_qkv) by W_q, W_k, W_v (and b_q, b_k, b_v).

    W_qkv is d_in × (h + 2 g)·d in the layout `rows`: h = `heads` heads of queries, then g =
    `kv_heads` heads of keys, then g heads of values, each d wide; without heads it has three equal
    parts. Raises ProblemError if the width cannot be split in this way, or if the bias has another
    width.
    """
    if PACKED.keys() <= matrices.keys():
        weight, bias = (matrices[packed].shape[-1] for packed in PACKED)
        if weight != bias:
            message = f"W_qkv gives {count(weight, 'numbers')} per token, but b_qkv has {bias}."
            hint = "Check that W_qkv is not transposed: see --layout, or --convention torch."
            raise ProblemError(message, hint, tuple(PACKED))
    for packed, letter in PACKED.items():
        if packed in matrices:
            matrix = matrices.pop(packed)
            parts = _cut(packed, matrix, heads or 1, kv_heads or heads or 1)
            names = (weight.replace("W", letter) for weight in PROJECTIONS.values())
            matrices.update(zip(names, parts, strict=True))


def _cut(packed: str, matrix: Array, heads: int, kv_heads: int) -> list[Array]:
    width, units = matrix.shape[-1], heads + 2 * kv_heads
    if width % units:
        parts = "3 equal parts" if heads == kv_heads else f"{heads} + {kv_heads} + {kv_heads} heads"
        raise ProblemError(
            f"{packed} gives {count(width, 'numbers')} per token, "
            f"which cannot be cut into {parts}.",
            "Its parts are the queries, the keys and the values, in this order; see --layout.",
            (packed, "heads", "kv_heads"),
        )
    each = width // units
    return np.split(matrix, [heads * each, (heads + kv_heads) * each], axis=-1)
