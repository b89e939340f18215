"""A document made into a problem: validated once, frozen, and in the layout `rows`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attncli.calculation.choices import CHOICES, read_choice
from attncli.calculation.conventions import CONVENTIONS, Convention
from attncli.calculation.document import Document, Entry
from attncli.calculation.given import check_given
from attncli.calculation.inputs import read_input
from attncli.calculation.labels import read_labels
from attncli.calculation.layouts import LAYOUTS, Array, Axes, Axis, Layout, Role
from attncli.calculation.mask_set import Masks, read_masks
from attncli.calculation.names import MATRICES, STEPS
from attncli.calculation.normalisers import NORMALISERS, Normaliser
from attncli.calculation.packed import unpack, unpacked_names
from attncli.calculation.per_head import unify_heads
from attncli.calculation.scoring import SCORING, Scoring
from attncli.errors import ProblemError


@dataclass(frozen=True)
class Problem:
    """What is to be calculated.

    `matrices` are the inputs in the layout `rows` and in the chosen dtype, `axes` what their axes
    count, `roles` how the layout writes them. `scale` is None where the scoring function decides,
    `softcap` where there is none.
    `kv_heads` is None where keys have as many heads as queries, `cache_lens` where K is no cache.
    `labels` are the names of the tokens along an axis (`n`, `m`), `idle` the choices that change
    nothing here.
    """

    matrices: Mapping[str, Array]
    axes: Mapping[str, Axes]
    roles: Mapping[str, Role]
    scoring: Scoring
    heads: int | None
    kv_heads: int | None
    scale: float | None
    softcap: float | None
    normaliser: Normaliser
    temperature: float
    cache_lens: NDArray[np.int_] | None
    softmax_dtype: str | None
    convention: Convention
    masks: Masks
    layout: Layout
    labels: Mapping[str, tuple[str, ...]]
    title: str
    note: str
    idle: tuple[str, ...]

    def label(self, axis: Axis, position: int) -> str:
        """What stands beside a row or column: its token, or its number from 1."""
        labels = self.labels.get(axis.name, ())
        # With a cache, the new keys alone are fewer than all that are labelled.
        return labels[position] if len(labels) == axis.size else str(position + 1)

    def where(self, axes: Sequence[Axis], index: Sequence[int]) -> str:
        """A place in words: `batch entry 2, head 1, query 3 (love)`."""
        words = []
        for axis, position in zip(axes, index, strict=True):
            token = f" ({self.label(axis, position)})" if axis.name in self.labels else ""
            words.append(f"{_COUNTED[axis.name]} {position + 1}{token}")
        return ", ".join(words)


_COUNTED = {"batch": "batch entry", "heads": "head", "n": "query"}


def read_problem(document: Document) -> Problem:
    """The problem that a document states.

    Raises ProblemError for names, choices and matrices that make no problem. Whether the shapes
    fit each other is seen where they meet, when the plan is made.
    """
    for name, entry in document.entries.items():
        _check_no_step(name, entry)
    choices = {
        name: read_choice(name, entry.value)
        for name, entry in document.entries.items()
        if name in CHOICES
    }
    convention = CONVENTIONS[choices.get("convention", "paper")]
    choices = {**convention.choices, **choices}
    scoring = SCORING[choices.get("score", "scaled")]
    layout = LAYOUTS[choices.get("layout", "rows")]
    dtype = np.dtype(choices.get("dtype", "float64"))
    given = {name: e for name, e in document.entries.items() if name not in CHOICES}
    names = unpacked_names(set(given))
    check_given(names, scoring.name)
    roles = {name: scoring.matrices.get(name, MATRICES[name].role) for name in (*given, *names)}
    matrices = {
        name: read_input(MATRICES[name], entry.value, layout, roles[name], dtype)
        for name, entry in given.items()
    }
    heads, kv_heads = choices.get("heads"), choices.get("kv_heads")
    unpack(matrices, heads, kv_heads)
    heads, kv_heads = unify_heads(matrices, heads, kv_heads)
    masks = read_masks(choices, layout, dtype, matrices)
    roles.update(dict.fromkeys((*masks.keep, *masks.add), Role.TOKENS))
    axes = {name: _axes(name, matrix.ndim, matrix.shape) for name, matrix in matrices.items()}
    for name in ("K_past", "V_past"):
        if name in axes:
            axes[name] = _past_axes(name, axes)
    return Problem(
        matrices=matrices,
        axes=axes,
        roles=roles,
        scoring=scoring,
        heads=heads,
        kv_heads=kv_heads,
        scale=choices.get("scale"),
        softcap=choices.get("softcap"),
        normaliser=NORMALISERS[choices.get("normaliser", "softmax")],
        temperature=_temperature(choices, dtype),
        cache_lens=_lengths(choices, matrices),
        softmax_dtype=choices.get("softmax_dtype"),
        convention=convention,
        masks=masks,
        layout=layout,
        labels=read_labels(document, choices, axes, layout),
        title=choices.get("title", ""),
        note=choices.get("note", ""),
        idle=tuple(_idle(choices, masks)),
    )


def _temperature(choices: Mapping[str, Any], dtype: np.dtype[Any]) -> float:
    """The temperature; one that its dtype would turn into 0 or infinity is an error."""
    temperature: float = choices.get("temperature", 1.0)
    dtype = np.dtype(choices.get("softmax_dtype", dtype))
    with np.errstate(all="ignore"):
        written = dtype.type(temperature)
    if 0 < written < np.inf:
        return temperature
    size = "small" if written == 0 else "large"
    message = f"temperature is {temperature:g}, too {size} for {dtype.name}."
    raise ProblemError(message, "Use --dtype float64.", ("temperature",))


def _idle(choices: Mapping[str, Any], masks: Masks) -> Iterator[str]:
    """The choices that speak of masks where there are none such."""
    if "mask_kind" in choices and not (masks.keep or masks.add):
        yield "mask_kind"
    if "fill" in choices and not (masks.rules or masks.keep):
        yield "fill"


def _lengths(choices: Mapping[str, Any], matrices: Mapping[str, Array]) -> NDArray[np.int_] | None:
    """The filled keys of each batch entry. Raises ProblemError where there are two caches."""
    if "cache_lens" not in choices:
        return None
    if "K_past" in matrices:
        message = "cache_lens and K_past are given: each says what the cached keys are."
        hint = "Leave out cache_lens, which is for a K that is the whole cache, or K_past."
        raise ProblemError(message, hint, ("cache_lens", "K_past"))
    return np.array(choices["cache_lens"])


def _check_no_step(name: str, entry: Entry) -> None:
    """`heads` is a choice as a number and a step as a matrix; the others are one or the other."""
    is_result = name in STEPS and name not in MATRICES
    if is_result and (name not in CHOICES or isinstance(entry.value, np.ndarray)):
        raise ProblemError(
            f"{name} is a step of the calculation, not an input.",
            "Leave it out to have it calculated; to have it checked, put it into an answer for "
            "attncli check.",
            (name,),
        )


def _past_axes(name: str, axes: dict[str, Axes]) -> Axes:
    """Of rank 3, earlier keys have an axis of heads where those of this call have no batch."""
    own = axes[name]
    source = next(n for n in ("memory", "X", "K") if n in axes)
    is_split = len(own) == 3 and len(axes[source]) == 2
    return (Axis("heads", own[0].size), *own[1:]) if is_split else own


def _axes(name: str, rank: int, shape: tuple[int, ...]) -> Axes:
    """What the axes of an input count: its own, and before them batch and heads."""
    known = MATRICES[name.partition("[")[0]]
    names = (*known.leading[: max(0, rank - len(known.axes))], *known.axes)[-rank:]
    return tuple(map(Axis, names, shape))
