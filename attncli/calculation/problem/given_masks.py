"""The masks of one problem, read from its choices."""

from __future__ import annotations

from typing import Any

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray, Array, Layout
from attncli.calculation.choices.choices import Choices
from attncli.calculation.conventions import Convention
from attncli.calculation.masks.mask_rules import Padding, Rule, read_rule
from attncli.calculation.problem.input_matrices import is_binary, read_mask
from attncli.errors import ProblemError
from attncli.records import record


@record(frozen=True)
class Masks:
    """The masks of a problem: rules, names of boolean matrices, names of matrices to add.

    `fill` is the score of hidden keys. `fills_up`: a matrix with fewer columns than there are keys
    hides the remaining keys.
    """

    rules: tuple[Rule, ...]
    keep: tuple[str, ...]
    add: tuple[str, ...]
    fill: float
    fills_up: bool = False

    def __bool__(self) -> bool:
        return bool(self.rules or self.keep or self.add)


def read_masks(
    choices: Choices, layout: Layout, dtype: np.dtype[Any], matrices: dict[str, Array]
) -> Masks:
    """Return all masks; put mask matrices into `matrices`, as `mask`, or as `mask[1]`, `mask[2]`, …

    `cache_lens` becomes a mask that hides the keys after each length. Raises ProblemError for a
    value that is not a mask, and for a fill that the dtype cannot hold.
    """
    convention, several = choices.framework, choices.masks
    if not isinstance(several, list | tuple):
        raise ProblemError("masks is not a list.", 'Write ["causal", "padding:3"].', ("masks",))
    written = [choices.mask] if choices.says("mask") else []
    rules: list[Rule] = []
    if choices.cache_lens is not None:
        rules.append(Padding("cache_lens", np.array(choices.cache_lens)))
    kind = choices.mask_kind
    keep: list[str] = []
    add: list[str] = []
    for number, value in enumerate((*written, *several), 1):
        if not isinstance(value, np.ndarray):
            rules.append(read_rule(value))
            continue
        name = f"mask[{number}]" if len(written) + len(several) > 1 else "mask"
        matrix = read_mask(name, value, meaning_of_cells(value, kind, convention), layout, dtype)
        (keep if matrix.dtype.kind == "b" else add).append(name)
        matrices[name] = matrix
    fill = choices.fill
    if rules or keep:
        _check_fill(fill, convention, dtype)
    fills_up = convention.fills_up or choices.cache_lens is not None
    return Masks(tuple(rules), tuple(keep), tuple(add), fill, fills_up)


def meaning_of_cells(mask: AnyArray, kind: str | None, convention: Convention) -> str | None:
    """Return the kind that the user gives, else the convention's; None if the cells decide."""
    return "drop" if kind is None and convention.drops and is_binary(mask) else kind


def _check_fill(fill: float, convention: Convention, dtype: np.dtype[Any]) -> None:
    """Raise ProblemError if the dtype cannot hold the fill of the user or the convention."""
    if not np.isfinite(fill) or abs(fill) <= float(np.finfo(dtype).max):
        return
    by = f" in {convention.name}" if fill == convention.choices.get("fill") else ""
    size = f"too large for {dtype.name} (at most {np.finfo(dtype).max})"
    hint = "Use --fill -inf, or --dtype float64."
    raise ProblemError(f"fill is {fill:g}{by}, {size}.", hint, ("fill", "convention", "dtype"))
