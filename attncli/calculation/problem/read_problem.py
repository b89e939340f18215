"""Make a problem of a document, and validate it once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from attncli.calculation.algebra.layouts import LAYOUTS, Array, Axes, Axis, Role, WholeNumbers
from attncli.calculation.choices.choices import CHOICES, Choices
from attncli.calculation.names.known_names import last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.names.step_names import STEPS
from attncli.calculation.operations.normalisers import NORMALISERS
from attncli.calculation.positions.position_schemes import Position
from attncli.calculation.problem.allowed_combinations import check_given
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.problem.given_masks import Masks, read_masks
from attncli.calculation.problem.input_matrices import read_input
from attncli.calculation.problem.labels import read_labels
from attncli.calculation.problem.packed_projections import unpack, unpacked_names
from attncli.calculation.problem.per_head_weights import (
    check_heads_said,
    drop_axis_of_one_head,
    unify_heads,
)
from attncli.calculation.problem.problem import Problem
from attncli.calculation.scoring.scoring_functions import SCORING
from attncli.errors import ProblemError

OF_LAYERS = ("norm", "norm_kind", "eps", "activation")


def read_problem(
    document: Document, owner: str = "attention", known: Mapping[str, Axes] | None = None
) -> Problem:
    """Return the problem that a document describes.

    For a sublayer, `owner` is the kind of sublayer that owns the matrices, and `known` has the axes
    of matrices from other steps. Raises ProblemError for names, choices and matrices that do not
    make a problem. Shapes are compared later, when the plan is made.
    """
    known = known or {}
    for name, entry in document.entries.items():
        _check_not_nested(name)
        check_no_step(name, entry)
    choices = Choices.read({name: entry.value for name, entry in document.entries.items()})
    scoring, layout = SCORING[choices.score], LAYOUTS[choices.layout]
    dtype = np.dtype(choices.dtype)
    given = {name: e for name, e in document.entries.items() if _is_matrix(name, e)}
    for name in given:
        _check_owner(name, owner)
    names = unpacked_names(set(given))
    if owner == "attention":
        check_given(names | known.keys(), scoring.name)
    every = (*given, *names, *known)
    roles = {name: scoring.matrices.get(name, _role(name)) for name in every}
    matrices = {
        name: read_input(MATRICES[name], entry.value, layout, roles[name], dtype)
        for name, entry in given.items()
    }
    perhaps_transposed = _perhaps_transposed(given, matrices, roles, choices)
    unpack(matrices, choices.heads, choices.kv_heads)
    heads, kv_heads = unify_heads(matrices, choices.heads, choices.kv_heads)
    if choices.framework.asks_heads:
        check_heads_said(matrices, heads)
    masks = read_masks(choices, layout, dtype, matrices)
    if heads in (None, 1):
        drop_axis_of_one_head(matrices, known)
    roles.update(dict.fromkeys((*masks.keep, *masks.add), Role.TOKENS))
    axes = {name: _axes(name, matrix.ndim, matrix.shape) for name, matrix in matrices.items()}
    axes.update(known)
    for name in ("K_past", "V_past"):
        if name in axes:
            axes[name] = _past_axes(name, axes)
    _check_temperature(choices)
    return Problem(
        matrices=matrices,
        axes=axes,
        roles=roles,
        choices=choices,
        scoring=scoring,
        normaliser=NORMALISERS[choices.normaliser],
        position=choices.position or Position(),
        layout=layout,
        heads=heads,
        kv_heads=kv_heads,
        cache_lens=_lengths(choices, matrices),
        masks=masks,
        labels=read_labels(document, choices, axes, layout),
        idle=tuple(_idle(document, masks, axes)),
        perhaps_transposed=perhaps_transposed,
    )


def _perhaps_transposed(
    given: Mapping[str, Entry],
    matrices: Mapping[str, Array],
    roles: Mapping[str, Role],
    choices: Choices,
) -> tuple[str, ...]:
    """Return the weights from PyTorch, if all are square and nobody chose the layout.

    Of weights that are not square, the shape shows if they are d_in × d_out or d_out × d_in.
    """
    if choices.says("layout"):
        return ()
    weights = {
        name: matrices[name].shape[-2:]
        for name, entry in given.items()
        if entry.is_torch_weight and roles[name] is Role.WEIGHT and matrices[name].ndim > 1
    }
    return tuple(weights) if all(d_in == d_out for d_in, d_out in weights.values()) else ()


def _role(name: str) -> Role:
    """Return the role of an input; results of other steps are written like tokens."""
    return MATRICES[name].role if name in MATRICES else Role.TOKENS


def _check_owner(name: str, owner: str) -> None:
    theirs = MATRICES[name].owner
    if theirs != owner:
        message = f"{name} belongs to a sublayer ({theirs}), not to {owner}."
        hint = "Write layer: encoder, and the matrix under its sublayer: ffn.W_1, norm_1.gamma."
        raise ProblemError(message, hint, (name,))


def _is_matrix(name: str, entry: Entry) -> bool:
    """Return True if the entry is a matrix; `position` may also be a word, which is a choice."""
    return name not in CHOICES or (name == "position" and isinstance(entry.value, np.ndarray))


def _check_temperature(choices: Choices) -> None:
    """Raise ProblemError for a temperature that its dtype would turn into 0 or infinity."""
    dtype = np.dtype(choices.softmax_dtype or choices.dtype)
    with np.errstate(all="ignore"):
        written = dtype.type(choices.temperature)
    if 0 < written < np.inf:
        return
    size = "small" if written == 0 else "large"
    message = f"temperature is {choices.temperature:g}, too {size} for {dtype.name}."
    option = "--softmax-dtype" if choices.softmax_dtype else "--dtype"
    raise ProblemError(message, f"Use {option} float64.", ("temperature",))


def _idle(document: Document, masks: Masks, axes: Mapping[str, Axes]) -> Iterator[str]:
    """Yield the choices of the document that have no effect in this problem."""
    if "mask_kind" in document.entries and not (masks.keep or masks.add):
        yield "mask_kind"
    if "fill" in document.entries and not (masks.rules or masks.keep):
        yield "fill"
    if "scale_embeddings" in document.entries and "X" not in axes:
        yield "scale_embeddings"
    yield from (name for name in OF_LAYERS if name in document.entries)


def _lengths(choices: Choices, matrices: Mapping[str, Array]) -> WholeNumbers | None:
    """Return the number of filled keys per batch entry, or None if K is not a cache.

    Raises ProblemError if there is a second cache, K_past.
    """
    if choices.cache_lens is None:
        return None
    if "K_past" in matrices:
        message = "cache_lens and K_past are given, but there can be only one cache."
        hint = "Leave out cache_lens (K is the whole cache) or K_past (K is appended to it)."
        raise ProblemError(message, hint, ("cache_lens", "K_past"))
    return np.array(choices.cache_lens)


def _check_not_nested(name: str) -> None:
    scope, dot, last = name.rpartition(".")
    if dot:
        message = f"{name} is in the sublayer {scope}, but the document states no layer."
        hint = f"Write layer: encoder (or decoder), or {last} without {scope}."
        raise ProblemError(message, hint, (name,))


def check_no_step(name: str, entry: Entry) -> None:
    """Raise ProblemError if a result of the calculation is given as an input.

    `heads` may be both: a number is the choice, a matrix is the step.
    """
    last = last_of(name)
    is_result = last in STEPS and last not in MATRICES
    if is_result and (last not in CHOICES or isinstance(entry.value, np.ndarray)):
        raise ProblemError(
            f"{name} is a step of the calculation, not an input.",
            "Leave it out to calculate it; to check it, put it into an answer for attncli check.",
            (name,),
        )


def _past_axes(name: str, axes: dict[str, Axes]) -> Axes:
    """Return the axes of a cache; of rank 3, its first axis is heads if there is no batch."""
    own = axes[name]
    source = next(n for n in ("memory", "X", "K") if n in axes)
    is_split = len(own) == 3 and len(axes[source]) == 2
    return (Axis("heads", own[0].size), *own[1:]) if is_split else own


def _axes(name: str, rank: int, shape: tuple[int, ...]) -> Axes:
    """Return the axes of an input, with names and sizes: batch and heads, then its own axes."""
    known = MATRICES[name.partition("[")[0]]
    names = (*known.leading[: max(0, rank - len(known.axes))], *known.axes)[-rank:]
    return tuple(map(Axis, names, shape))
