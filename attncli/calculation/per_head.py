"""Weights written a matrix for each head, and biases, brought to one form."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from attncli.calculation.given import BIASES, PROJECTIONS
from attncli.calculation.layouts import Array, shape_text
from attncli.errors import ProblemError


def unify_heads(matrices: dict[str, Array], heads: int | None) -> int | None:
    """The number of heads; weights of each head and their biases are brought to one form."""
    per_head = {
        name: matrices[name].shape[0]
        for name in PROJECTIONS.values()
        if name in matrices and matrices[name].ndim == 3
    }
    _check_heads_agree(matrices, per_head, heads)
    count = next(iter(per_head.values()), heads)
    for name in per_head:
        if count == 1:
            matrices[name] = matrices[name][0]
    if "W_o" in matrices and matrices["W_o"].ndim == 3:
        matrices["W_o"] = matrices["W_o"].reshape(-1, matrices["W_o"].shape[-1])
    for bias, weight in BIASES.items():
        if bias in matrices:
            matrices[bias] = _bias_like(bias, matrices[bias], weight, matrices[weight])
    return count


def _check_heads_agree(
    matrices: Mapping[str, Array], per_head: Mapping[str, int], heads: int | None
) -> None:
    if not per_head:
        return
    whole = [name for name in PROJECTIONS.values() if name not in per_head]
    if whole:
        name, other = next(iter(per_head)), whole[0]
        raise ProblemError(
            f"{name} has a matrix for each head (rank 3), but {other} is of rank "
            f"{matrices[other].ndim}.",
            "Give all of W_q, W_k and W_v a matrix for each head, or none.",
            (name, other),
        )
    counts = {**per_head, **({"heads": heads} if heads else {})}
    if len(set(counts.values())) > 1:
        said = ", ".join(f"{name}: {count}" for name, count in counts.items())
        raise ProblemError(
            f"the numbers of heads differ ({said}).",
            "W_q, W_k and W_v need one matrix for each head.",
            tuple(counts),
        )


def _bias_like(bias: str, vector: Array, weight: str, matrix: Array) -> Array:
    """A bias in the form of its weight: a vector, or a row for each head."""
    shapes: list[tuple[int, ...]] = [(matrix.shape[-1],)]
    if matrix.ndim == 3:
        shapes = [(matrix.shape[0], matrix.shape[-1]), (matrix.shape[0] * matrix.shape[-1],)]
    fits = vector.shape in shapes or (matrix.ndim == 2 and vector.ndim == 2)
    if vector.size == np.prod(shapes[0]) and fits:
        return vector.reshape(shapes[0])
    raise ProblemError(
        f"{bias} is {shape_text(vector.shape)}, but {weight} gives {shape_text(shapes[0])}: "
        f"{bias} needs one number for each.",
        f"Check {bias}.",
        (bias, weight),
    )
