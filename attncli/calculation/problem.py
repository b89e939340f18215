"""A document made into a problem: validated once, frozen, and in the layout `rows`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attncli.calculation.choices import CHOICES, read_choice
from attncli.calculation.document import Document, Entry
from attncli.calculation.given import check_given
from attncli.calculation.inputs import read_input, read_mask
from attncli.calculation.layouts import LAYOUTS, Array, Axes, Axis, Layout, Role
from attncli.calculation.masking import Rule
from attncli.calculation.masks import read_rule
from attncli.calculation.names import MATRICES, STEPS
from attncli.calculation.per_head import unify_heads
from attncli.calculation.scoring import SCORING, Scoring
from attncli.errors import ProblemError, printable


@dataclass(frozen=True)
class Masks:
    """The masks of a problem: rules, names of boolean matrices, names of matrices to add."""

    rules: tuple[Rule, ...]
    keep: tuple[str, ...]
    add: tuple[str, ...]
    fill: float

    def __bool__(self) -> bool:
        return bool(self.rules or self.keep or self.add)


@dataclass(frozen=True)
class Problem:
    """What is to be calculated.

    `matrices` are the inputs in the layout `rows` and in the chosen dtype, `axes` what their axes
    count, `roles` how the layout writes them. `scale` is None where the scoring function decides,
    `softcap` where there is none.
    `labels` are the names of the tokens along an axis (`n`, `m`), `idle` the choices that change
    nothing here.
    """

    matrices: Mapping[str, Array]
    axes: Mapping[str, Axes]
    roles: Mapping[str, Role]
    scoring: Scoring
    heads: int | None
    scale: float | None
    softcap: float | None
    masks: Masks
    layout: Layout
    labels: Mapping[str, tuple[str, ...]]
    title: str
    note: str
    idle: tuple[str, ...]

    def label(self, axis: Axis, position: int) -> str:
        """What stands beside a row or column: its token, or its number from 1."""
        labels = self.labels.get(axis.name)
        return labels[position] if labels else str(position + 1)

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
    scoring = SCORING[choices.get("score", "scaled")]
    layout = LAYOUTS[choices.get("layout", "rows")]
    dtype = np.dtype(choices.get("dtype", "float64"))
    given = {name: e for name, e in document.entries.items() if name not in CHOICES}
    check_given(set(given), scoring.name)
    roles = {name: scoring.matrices.get(name, MATRICES[name].role) for name in given}
    matrices = {
        name: read_input(MATRICES[name], entry.value, layout, roles[name], dtype)
        for name, entry in given.items()
    }
    heads = unify_heads(matrices, choices.get("heads"))
    masks = _read_masks(document, choices, layout, dtype, matrices)
    roles.update(dict.fromkeys((*masks.keep, *masks.add), Role.TOKENS))
    axes = {name: _axes(name, matrix.ndim, matrix.shape) for name, matrix in matrices.items()}
    return Problem(
        matrices=matrices,
        axes=axes,
        roles=roles,
        scoring=scoring,
        heads=heads,
        scale=choices.get("scale"),
        softcap=choices.get("softcap"),
        masks=masks,
        layout=layout,
        labels=_labels(document, choices, axes, layout),
        title=choices.get("title", ""),
        note=choices.get("note", ""),
        idle=tuple(_idle(choices, masks)),
    )


def _idle(choices: Mapping[str, Any], masks: Masks) -> Iterator[str]:
    """The choices that speak of masks where there are none such."""
    if "mask_kind" in choices and not (masks.keep or masks.add):
        yield "mask_kind"
    if "fill" in choices and not (masks.rules or masks.keep):
        yield "fill"


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


def _read_masks(
    document: Document,
    choices: Mapping[str, Any],
    layout: Layout,
    dtype: np.dtype[Any],
    matrices: dict[str, Array],
) -> Masks:
    """All the masks; matrices among them are added to the inputs, as `mask`, or `mask[2]`, …"""
    several = choices.get("masks", [])
    if not isinstance(several, list):
        raise ProblemError("masks is no list.", 'Write ["causal", "padding:3"].', ("masks",))
    written = [choices["mask"]] if "mask" in choices else []
    rules: list[Rule] = []
    keep: list[str] = []
    add: list[str] = []
    for number, value in enumerate((*written, *several), 1):
        if not isinstance(value, np.ndarray):
            rules.append(read_rule(value))
            continue
        name = f"mask[{number}]" if len(written) + len(several) > 1 else "mask"
        matrix = read_mask(name, value, choices.get("mask_kind"), layout, dtype)
        (keep if matrix.dtype.kind == "b" else add).append(name)
        matrices[name] = matrix
    fill = choices.get("fill", -np.inf)
    if np.isfinite(fill) and abs(fill) > float(np.finfo(dtype).max):
        message = f"fill is {fill:g}, too large for {dtype.name} (at most {np.finfo(dtype).max})."
        raise ProblemError(message, "Use --fill -inf, or --dtype float64.", ("fill",))
    return Masks(tuple(rules), tuple(keep), tuple(add), fill)


def _axes(name: str, rank: int, shape: tuple[int, ...]) -> Axes:
    """What the axes of an input count: its own, and before them batch and heads."""
    known = MATRICES[name.partition("[")[0]]
    names = (*known.leading[: max(0, rank - len(known.axes))], *known.axes)[-rank:]
    return tuple(map(Axis, names, shape))


def _labels(
    document: Document, choices: Mapping[str, Any], axes: Mapping[str, Axes], layout: Layout
) -> dict[str, tuple[str, ...]]:
    """The labels of the tokens along `n` and `m`: as chosen, or as they stand in a CSV file."""
    labels: dict[str, tuple[str, ...]] = {}
    for axis, choice, owners in (
        ("n", "tokens", ("X", "Q")),
        ("m", "memory_tokens", ("memory", "K")),
    ):
        owner = next((name for name in owners if name in axes), None)
        if owner is None:
            if choice in choices:
                message = f"{choice} is given, but there is no {' and no '.join(owners)} to label."
                raise ProblemError(message, "The keys of X are labelled by tokens.", (choice,))
            continue
        entry, size = document.entries[owner], axes[owner][-2].size
        across = Role.TOKENS in layout.swapped
        beside = entry.column_labels if across else entry.row_labels
        chosen = choices.get(choice) or (beside and tuple(map(printable, beside)))
        if not chosen:
            continue
        if len(chosen) != size:
            side = layout.side(Role.TOKENS, -2, 2)
            message = f"{choice} has {len(chosen)} labels, but {owner} has {size} {side}."
            raise ProblemError(
                message, "Give one label each, with commas between.", (choice, owner)
            )
        labels[axis] = chosen
    return labels
