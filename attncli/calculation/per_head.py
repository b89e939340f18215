"""Weights written a matrix for each head, and biases, brought to one form."""

from __future__ import annotations

from collections.abc import Mapping

from attncli.calculation.given import BIASES, PROJECTIONS
from attncli.calculation.layouts import Array, Shape, shape_text
from attncli.errors import ProblemError


def unify_heads(matrices: dict[str, Array], heads: int | None) -> int | None:
    """The number of heads; weights of each head and their biases are brought to one form.

    W_q, W_k, W_v keep a matrix for each head unless there is one head; W_o becomes one wide matrix.
    Raises ProblemError where the numbers of heads differ, or a bias does not fit its weight.
    """
    counts = {
        name: matrices[name].shape[0]
        for name in (*PROJECTIONS.values(), "W_o")
        if name in matrices and matrices[name].ndim == 3
    }
    _check_all_or_none(matrices, counts)
    _check_heads_agree(counts, heads)
    count = next(iter(counts.values()), heads)
    for bias, weight in BIASES.items():
        if bias in matrices:
            matrices[bias] = _bias_like(bias, matrices[bias], weight, matrices[weight], count or 1)
    for name in counts:
        if name == "W_o":
            matrices[name] = matrices[name].reshape(-1, matrices[name].shape[-1])
        elif count == 1:
            matrices[name] = matrices[name][0]
    return count


def _check_all_or_none(matrices: Mapping[str, Array], counts: Mapping[str, int]) -> None:
    given = [name for name in PROJECTIONS.values() if name in matrices]
    per_head = [name for name in given if name in counts]
    whole = [name for name in given if name not in counts]
    if per_head and whole:
        raise ProblemError(
            f"{per_head[0]} has a matrix for each head (rank 3), but {whole[0]} is of rank 2.",
            "Give all of W_q, W_k and W_v a matrix for each head, or none.",
            (per_head[0], whole[0]),
        )
    axis = next(
        (name for name in ("X", "Q") if name in matrices and matrices[name].ndim == 4), None
    )
    if axis and counts:
        name = next(iter(counts))
        raise ProblemError(
            f"{axis} has an axis of heads (rank 4), and {name} has a matrix for each head (rank 3).",
            f"Heads that are an axis stay one: give {name} as one matrix for all of them.",
            (axis, name),
        )


def _check_heads_agree(counts: Mapping[str, int], heads: int | None) -> None:
    every = {**counts, **({"heads": heads} if heads else {})}
    if len(set(every.values())) > 1:
        said = ", ".join(f"{name}: {count}" for name, count in every.items())
        raise ProblemError(
            f"the numbers of heads differ ({said}).",
            "A weight of rank 3 needs one matrix for each head.",
            tuple(every),
        )


def _bias_like(bias: str, vector: Array, weight: str, matrix: Array, heads: int) -> Array:
    """A bias in the form of its weight: a vector, or a row for each head."""
    width = matrix.shape[-1]
    forms: list[Shape] = [(width,)]
    if weight != "W_o" and matrix.ndim == 3:
        forms = [(heads * width,), (heads, width)]
    elif weight != "W_o" and heads > 1 and width % heads == 0:
        forms.append((heads, width // heads))
    if vector.shape not in forms:
        expected = " or ".join(map(shape_text, dict.fromkeys(forms)))
        raise ProblemError(
            f"{bias} is {shape_text(vector.shape)}, but {weight} needs {expected}.",
            "A bias has one number for each that its weight gives.",
            (bias, weight),
        )
    per_head = matrix.ndim == 3 and weight != "W_o" and heads > 1
    return vector.reshape(heads, width) if per_head else vector.reshape(-1)
