"""Weights that have one matrix for each head, and their biases, converted to one form."""

from __future__ import annotations

from collections.abc import Mapping

from attncli.calculation.algebra.layouts import Array, Axes, Shape
from attncli.calculation.problem.allowed_combinations import BIASES, PROJECTIONS
from attncli.errors import ProblemError
from attncli.words import divisors, shape_text


def unify_heads(
    matrices: dict[str, Array], heads: int | None, kv_heads: int | None
) -> tuple[int | None, int | None]:
    """Return the numbers of heads and of kv heads, and convert weights of rank 3 to one form.

    W_q, W_k and W_v keep one matrix per head if there are several heads; W_o, heads × d_v × d_out,
    becomes heads·d_v × d_out. Raises ProblemError if the numbers of heads differ, or if a bias does
    not fit its weight.
    """
    counts = {
        name: matrices[name].shape[0]
        for name in (*PROJECTIONS.values(), "W_o")
        if name in matrices and matrices[name].ndim == 3
    }
    _check_all_or_none(matrices, counts)
    heads = _agreed(counts, ("W_q", "W_o"), "heads", heads)
    kv_heads = _agreed(counts, ("W_k", "W_v"), "kv_heads", kv_heads)
    _check_shared(matrices, heads, kv_heads)
    for name in counts:
        if name == "W_o":
            matrices[name] = matrices[name].reshape(-1, matrices[name].shape[-1])
        elif heads == 1:
            matrices[name] = matrices[name][0]
    for bias, weight in BIASES.items():
        if bias in matrices:
            of_keys = weight in ("W_k", "W_v")
            count = (kv_heads if of_keys else None) or heads or 1
            matrices[bias] = _bias_like(bias, matrices[bias], weight, matrices[weight], count)
    return heads, kv_heads


def drop_axis_of_one_head(matrices: dict[str, Array], known: Mapping[str, Axes]) -> None:
    """Remove the axis of a single head from caches and masks if Q or X has no such axis.

    Libraries write this axis: in ONNX, `K_past` is batch × heads × p × d even for one head.
    `known` has the axes of matrices that are results of other steps.
    """
    ranks = {name: matrix.ndim for name, matrix in matrices.items()}
    ranks |= {name: len(axes) for name, axes in known.items()}
    rank = next(ranks[name] for name in ("X", "Q") if name in ranks)
    for name, matrix in matrices.items():
        is_theirs = name in ("K_past", "V_past") or name.startswith("mask")
        if is_theirs and matrix.ndim == rank + 1 and matrix.shape[-3] == 1:
            matrices[name] = matrix.squeeze(-3)


def check_heads_said(matrices: Mapping[str, Array], heads: int | None) -> None:
    """Raise ProblemError if X is projected and the number of heads is not given.

    W_q of one head has the same shape as W_q of several heads together: with a wrong number of
    heads all results are wrong, and no error shows it.
    """
    if heads is None and "W_q" in matrices and not _with_heads(matrices):
        width = matrices["W_q"].shape[-1]
        message = "heads is not given, and W_q has the same shape for any number of heads."
        hint = f"Give --heads with the number that the module was made with: {divisors(width)}."
        raise ProblemError(message, hint, ("heads",))


def _agreed(
    counts: Mapping[str, int], weights: tuple[str, ...], choice: str, chosen: int | None
) -> int | None:
    """Return the number of heads of these weights and of the choice; None if none gives one.

    Raises ProblemError if the numbers differ.
    """
    every = {name: counts[name] for name in weights if name in counts}
    if chosen:
        every[choice] = chosen
    if len(set(every.values())) > 1:
        said = ", ".join(f"{name}: {count}" for name, count in every.items())
        raise ProblemError(
            f"the numbers of heads differ ({said}).",
            "A weight of rank 3 has one matrix per head.",
            tuple(every),
        )
    return next(iter(every.values()), None)


def _check_shared(matrices: Mapping[str, Array], heads: int | None, kv_heads: int | None) -> None:
    if kv_heads and not heads and kv_heads > 1 and not _with_heads(matrices):
        message = f"kv_heads is {kv_heads}, but heads is missing: the queries then have one head."
        raise ProblemError(
            message, "Give heads, the number of heads of the queries.", ("kv_heads",)
        )
    if heads and kv_heads and heads % kv_heads:
        raise ProblemError(
            f"kv_heads is {kv_heads}, but heads is {heads}: "
            "each key head must serve equally many query heads.",
            f"kv_heads must divide {heads}: {divisors(heads)}.",
            ("kv_heads", "heads"),
        )


def _with_heads(matrices: Mapping[str, Array]) -> str | None:
    """Return the name X or Q if that matrix has an axis of heads."""
    return next((n for n in ("X", "Q") if n in matrices and matrices[n].ndim == 4), None)


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
    axis = _with_heads(matrices)
    if axis and counts:
        name = next(iter(counts))
        raise ProblemError(
            f"{axis} has an axis of heads (rank 4), "
            f"and {name} has a matrix for each head (rank 3).",
            f"Give {name} as one matrix for all heads, or {axis} without the axis of heads.",
            (axis, name),
        )


def _bias_like(bias: str, vector: Array, weight: str, matrix: Array, heads: int) -> Array:
    """Return a bias in the form of its weight: a vector, or one row for each head."""
    width = matrix.shape[-1]
    forms: list[Shape] = [(width,)]
    if matrix.ndim == 3:
        forms = [(heads * width,), (heads, width)]
    elif weight != "W_o" and heads > 1 and width % heads == 0:
        forms.append((heads, width // heads))
    if vector.shape not in forms:
        expected = " or ".join(map(shape_text, dict.fromkeys(forms)))
        raise ProblemError(
            f"{bias} is {shape_text(vector.shape)}, but {weight} needs {expected}.",
            "A bias has one number per output feature of its weight.",
            (bias, weight),
        )
    return vector.reshape(heads, width) if matrix.ndim == 3 else vector.reshape(-1)
