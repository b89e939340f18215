"""How many scores a mask leaves open, without a matrix of them where rules alone say it."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.cost import cells
from attncli.calculation.algebra.layouts import Axes, sizes
from attncli.calculation.masks.masking import Mask, filled_up
from attncli.records import record

if TYPE_CHECKING:
    from numpy.typing import NDArray


@record(frozen=True)
class Opened:
    """Of so many scores, so many may be attended."""

    name: str
    opened: int
    scores: int

    @property
    def share(self) -> float:
        return self.opened / self.scores


def opened(mask: Mask, axes: Axes, matrices: Mapping[str, NDArray[Any]]) -> Opened:
    """What a mask leaves open of scores with these axes; its matrices are among these.

    What other steps add, such as the distances of ALiBi, hides nothing.
    """
    given = any(name in matrices for name in (*mask.keep, *mask.add))
    own = _by_matrices(mask, axes, matrices) if given else _by_rules(mask, axes)
    return Opened("", own, cells(axes))


def _by_rules(mask: Mask, axes: Axes) -> int:
    """Each rule lets a query see one run of keys; what all of them let it see is one run too."""
    n, m = sizes(axes)[-2:]
    first, end = np.zeros((n, 1), np.int_), np.full((n, 1), m)
    for rule in mask.rules:
        own_first, own_end = rule.ends(n, m)
        first, end = np.maximum(first, own_first), np.minimum(end, own_end)
    runs = np.clip(end - first, 0, None)
    return int(runs.sum()) * (prod(sizes(axes)[:-1]) // runs.size)


def _by_matrices(mask: Mask, axes: Axes, matrices: Mapping[str, NDArray[Any]]) -> int:
    n, m = sizes(axes)[-2:]
    sees: NDArray[np.bool_] = np.ones((n, m), np.bool_)
    for rule in mask.rules:
        sees = sees & rule.may_attend(n, m)
    for name in mask.keep:
        sees = sees & (filled_up(matrices[name], m, False) if mask.fills_up else matrices[name])
    for name in (name for name in mask.add if name in matrices):
        added = filled_up(matrices[name], m, -np.inf) if mask.fills_up else matrices[name]
        sees = sees & ~np.isneginf(added)
    return int(sees.sum()) * (cells(axes) // sees.size)
