"""Some queries against some keys: what an operation on all scores does to a tile of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.expressions import Index
from attncli.calculation.algebra.layouts import Array, Axes, sizes
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.masks.masking import Mask, Rule
from attncli.calculation.operations.projections import Same
from attncli.calculation.positions.position_operations import Distances
from attncli.records import record, replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANY = 64  # so many keys that all see are worth a tile of their own, which needs no mask


@record(frozen=True)
class Tile:
    """Queries `rows` against keys `columns`, of one batch entry and head."""

    index: Index
    rows: slice
    columns: slice

    @property
    def width(self) -> int:
        return int(self.columns.stop - self.columns.start)

    @property
    def height(self) -> int:
        return int(self.rows.stop - self.rows.start)


def parts(size: int, most: int, first: int = 0) -> Iterator[slice]:
    """From `first` to `size` in slices of at most so many."""
    return (slice(i, min(i + most, size)) for i in range(first, size, most))


def own(matrix: NDArray[Any], index: Index) -> NDArray[Any]:
    """The last two axes of what belongs to this batch entry and head; it may be shared by several."""
    axes = matrix.shape[:-2]
    last = index[len(index) - len(axes) :]
    places = tuple(min(at, size - 1) for at, size in zip(last, axes, strict=True))
    part: NDArray[Any] = matrix[places]
    return part


@record(frozen=True)
class Visible:
    """What all the rules of a mask let each query see together, which is one run of keys.

    `first` and `end` are n × 1 for each batch entry and head, or for all of them.
    """

    first: NDArray[np.int32]
    end: NDArray[np.int32]

    def of(self, index: Index, rows: slice) -> Visible:
        """For these queries."""
        return Visible(own(self.first, index)[rows], own(self.end, index)[rows])

    @cached_property
    def by_all(self) -> tuple[int, int]:
        """The keys that every query sees: the first, and the one after the last."""
        return int(self.first.max()), int(self.end.min())

    def bounds(self) -> list[int]:
        """The first key that any of the queries sees, those that all see if many, the last + 1."""
        seeing = self.first < self.end
        if not seeing.any():
            return []
        start, stop = int(self.first[seeing].min()), int(self.end[seeing].max())
        first, end = self.by_all
        return [start, first, end, stop] if end - first >= MANY else [start, stop]

    def is_all(self, columns: slice) -> bool:
        """Whether every query sees all of these keys."""
        first, end = self.by_all
        return bool(first <= columns.start and columns.stop <= end)

    def hide(self, scores: Array, columns: slice, fill: float) -> None:
        """Overwrite the scores of these keys that the queries do not see."""
        keys = np.arange(columns.start, columns.stop, dtype=np.int32)
        first, end = self.by_all
        if first > columns.start:
            np.copyto(scores, fill, where=keys < self.first)
        if end < columns.stop:
            np.copyto(scores, fill, where=keys >= self.end)


def visible(rules: Iterable[Rule], n: int, m: int) -> Visible:
    """What rules let each query see together: the runs where all of theirs overlap."""
    first, end = np.zeros((n, 1), np.int_), np.full((n, 1), m)
    for rule in rules:
        own_first, own_end = rule.ends(n, m)
        first, end = np.maximum(first, own_first), np.minimum(end, own_end)
    return Visible(first.astype(np.int32), end.astype(np.int32))


def cut(operation: Operation, matrix: NDArray[Any], tile: Tile) -> NDArray[Any]:
    """The part of a matrix that an operation on scores needs for a tile: of a mask, or a weight."""
    if not isinstance(operation, Mask):
        return matrix
    matrix = own(matrix, tile.index) if matrix.ndim > 1 else matrix
    if matrix.ndim > 1 and matrix.shape[-2] > 1:
        matrix = matrix[tile.rows]
    is_shared = matrix.shape[-1] == 1 and not operation.fills_up
    return matrix if is_shared else matrix[..., tile.columns]


def at(operation: Operation, tile: Tile) -> Operation:
    """An operation on all scores as it works on a tile of them; the rules of masks aside."""
    if isinstance(operation, Mask) and operation.rules:
        is_idle = not (operation.keep or operation.add)
        return Same(operation.source) if is_idle else replace(operation, rules=())
    if isinstance(operation, Distances):
        return _distances(operation, tile)
    return operation


def _distances(operation: Distances, tile: Tile) -> Operation:
    """ALiBi's distances from these queries to these keys, with the slope of this head."""
    first = np.asarray(operation.first)
    at_tile = int(own(first, tile.index)[0, 0] if first.ndim > 1 else first)
    slope = operation.slopes[tile.index[-1] if operation.heads else 0]
    at_tile += tile.rows.start - tile.columns.start
    return OfHead(operation.source, None, at_tile, slope)


@record(frozen=True)
class OfHead(Distances):
    """The distances for one of several heads."""

    slope: tuple[int, int] = (1, 1)

    @property
    def slopes(self) -> list[tuple[int, int]]:
        return [self.slope]


def hidden_rows(
    mask: Mask, axes: Axes, known: Mapping[str, NDArray[Any]], most: int = 2**19
) -> NDArray[np.bool_]:
    """Which queries a mask leaves no key, for scores of these axes: (…, n).

    No more than so many scores are looked at at a time; rules alone need none.
    """
    shape, m = sizes(axes)[:-1], axes[-1].size
    hidden = np.zeros(shape, np.bool_)
    sees = visible(mask.rules, shape[-1], m)
    mask = replace(mask, add=tuple(name for name in mask.add if name in known))
    if not mask.add and mask.fill != -np.inf:
        return hidden
    if not (mask.keep or mask.add):
        hidden[...] = (sees.first >= sees.end)[..., 0]
        return hidden
    for index in np.ndindex(shape[:-1]):
        for rows in parts(shape[-1], max(1, most // m)):
            tile = Tile(index, rows, slice(0, m))
            matrices = (cut(mask, known[name], tile) for name in (*mask.keep, *mask.add))
            scores = at(mask, tile).apply(np.zeros((tile.height, m)), *matrices)
            sees.of(index, rows).hide(scores, tile.columns, mask.fill)
            hidden[index][rows] = np.isneginf(scores).all(axis=-1)
    return hidden
