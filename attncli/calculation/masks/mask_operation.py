"""The operation that masks scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.expressions import Cell, Expression, Index, Noted, Number, Sum
from attncli.calculation.algebra.layouts import Array, Axes, Booleans, Layout
from attncli.calculation.algebra.operation import Name, Operation
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.calculation.algebra.plan import Step
from attncli.calculation.algebra.requirements import Broadcasts, Need
from attncli.calculation.masks.mask_rules import Rule
from attncli.records import record, replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.calculation.algebra.tiles import Tile, TileMatrices
    from attncli.calculation.masks.seen_keys import Seen

HIDES = -1e4  # a score this low hides its key, as −inf does: some programs use −1e9


@record(frozen=True)
class Mask(Operation):
    """Add numbers to the scores, and replace the scores of hidden keys by `fill`.

    A query may attend to a key only if all `rules` and all boolean matrices `keep` let it. The
    matrices `add` are added to the scores. −inf in one of them hides the key too; if nothing else
    hides it, its score stays −inf. `fills_up`: a matrix with fewer columns than there are keys
    hides the remaining keys.
    """

    works_by_score = True
    hides = True

    source: Name
    rules: tuple[Rule, ...]
    keep: tuple[Name, ...]
    add: tuple[Name, ...]
    fill: float
    fills_up: bool = False

    @property
    def needs(self) -> tuple[Need, ...]:
        names = (*self.keep, *self.add)
        return tuple(Broadcasts(name, self.source, self.fills_up) for name in names)

    def axes(self, source: Axes, *matrices: Axes) -> Axes:
        return source

    def room(self, result: Axes, *operands: Axes) -> int:
        """Return the size of the result, and of one temporary for each matrix or rule."""
        return (1 + max(1, len(operands) - 1 + len(self.rules))) * cells(result)

    def apply(self, source: Array, *matrices: NDArray[Any]) -> Array:
        keep, add = self.whole(source, matrices)
        masked = source
        for numbers in add:
            # Look at the mask, not at the sum: an overflowed score plus −inf would be NaN.
            masked = np.where(np.isneginf(numbers), numbers, masked + numbers)
        n, m = source.shape[-2:]
        for may_attend in (*(rule.may_attend(n, m) for rule in self.rules), *keep):
            masked = np.where(may_attend, masked, source.dtype.type(self.fill))
        return masked

    def hidden_keys(self, source: Array, *matrices: NDArray[Any]) -> Booleans:
        """Return True for each key that the mask hides from a query, whatever its score."""
        masked = replace(self, fill=-inf).apply(np.zeros(source.shape), *matrices)
        return np.less_equal(masked, HIDES)

    def whole(
        self, source: Array, matrices: Sequence[NDArray[Any]]
    ) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
        """Return the matrices of `keep` and of `add`, each with a column for every key."""
        keep, add = matrices[: len(self.keep)], matrices[len(self.keep) :]
        if not self.fills_up:
            return list(keep), list(add)
        m = source.shape[-1]
        return [filled_up(k, m, False) for k in keep], [filled_up(a, m, -np.inf) for a in add]

    def on_tile(self, known: TileMatrices) -> Array:
        """Return the masked scores of the tile. The scores of the tile are overwritten."""
        masked = known.part(self.source)
        names = (*self.keep, *self.add)
        if names:
            parts = (known.part(name, self.fills_up) for name in names)
            masked = replace(self, rules=()).apply(masked, *parts)
        self._seen(known.tile).hide(masked, self.fill)
        return masked

    def bound(self, scores: float) -> float:
        """Return the same bound if scores only become −inf; else inf, which means unknown."""
        return inf if self.add or self.fill != -inf else scores

    def open_keys(self, block: Tile) -> Sequence[int]:
        return self._seen(block).parts() if self.fill == -inf else super().open_keys(block)

    def is_idle(self, tile: Tile) -> bool:
        return not (self.keep or self.add) and self._seen(tile).is_all

    def hides_all(self, known: TileMatrices) -> bool:
        """Return True if a given matrix hides the whole tile with −inf."""
        given = [name for name in (*self.keep, *self.add) if name in known.whole]
        parts = (known.part(name, self.fills_up) for name in given)
        return self.fill == -inf and any(
            not (part > (False if name in self.keep else -inf)).any()
            for name, part in zip(given, parts, strict=True)
        )

    def _seen(self, tile: Tile) -> Seen:
        """Return the keys of a tile that its queries may attend to by the rules."""
        from attncli.calculation.masks.seen_keys import Seen

        return Seen(self.rules, tile)

    def formula(self, layout: Layout) -> str:
        total = " + ".join((self.source, *self.add))
        conditions = " and ".join((*(rule.words for rule in self.rules), *self.keep))
        return f"{total} where {conditions}, else {self.fill:g}" if conditions else total

    def cell(self, index: Index, source: Array, *matrices: NDArray[Any]) -> Expression:
        n, m = source.shape[-2:]
        keep, add = self.whole(source, matrices)
        pairs = zip((*self.keep, *self.add), matrices, strict=True)
        reasons = [self._reason(name, matrix, index) for name, matrix in pairs]
        judges: dict[str | Cell, NDArray[Any]] = {
            **{rule.words: rule.may_attend(n, m) for rule in self.rules},
            **dict(zip(reasons[: len(keep)], keep, strict=True)),
        }
        hiding = _by(judges, index, lambda sees: not sees)
        if hiding:
            return _noted(Number(self.fill), hiding, "may not", index)
        numbers = dict(zip(reasons[len(keep) :], add, strict=True))
        added = [cell for cell in numbers if isinstance(cell, Cell)]
        forbidding = _by(numbers, index, np.isneginf)
        score = Cell(self.source, index)
        total: Expression = Sum((score, *added)) if added else score
        if forbidding:  # an overflowed score plus −inf would be NaN: see `apply`
            is_sum = np.isfinite(source[index]) and len(added) == len(numbers)
            total = total if is_sum else Number(-np.inf)
            return _noted(total, forbidding, "may not", index)
        return _noted(total, judges, "may", index) if judges else total

    def _reason(self, name: str, matrix: NDArray[Any], index: Index) -> str | Cell:
        """Return the cell of `matrix` for a score, or the words that it has no such key."""
        if self.fills_up and index[-1] >= matrix.shape[-1]:
            return f"{name} has no such key"
        return Cell(name, _own(matrix.shape, index))

    def cost(self, source: Axes, *matrices: Axes) -> Cost:
        """One addition for each score and added matrix; replacing a score is not arithmetic."""
        return Cost(additions=len(self.add) * cells(source))


def masks_in(steps: Iterable[Step]) -> Iterator[tuple[Step, Mask]]:
    """Yield the steps that mask scores, each with its operation."""
    for step in steps:
        if isinstance(step.operation, Mask):
            yield step, step.operation


def filled_up(mask: NDArray[Any], m: int, hidden: object) -> NDArray[Any]:
    """Return a mask with a column for each of m keys; added columns contain `hidden`.

    ONNX Attention pads a mask like this if its last axis is shorter than the keys.
    """
    missing = m - mask.shape[-1]
    width = [(0, 0)] * (mask.ndim - 1) + [(0, missing)]
    return np.pad(mask, width, constant_values=hidden)  # type: ignore[call-overload, no-any-return]


def _by(
    matrices: Mapping[str | Cell, NDArray[Any]], index: Index, holds: Callable[[Any], Any]
) -> list[str | Cell]:
    """Return the reasons of the matrices whose cell for the score `index` satisfies `holds`."""
    return [by for by, matrix in matrices.items() if holds(matrix[_own(matrix.shape, index)])]


def _noted(result: Expression, judges: Iterable[str | Cell], may: str, index: Index) -> Noted:
    """Return the result with a reason such as `causal, mask[1,2]: query 1 may not see key 2`."""
    listed: list[str | Cell] = []
    for judge in judges:
        listed += [", ", judge] if listed else [judge]
    return Noted(result, (*listed, f": query {index[-2] + 1} {may} see key {index[-1] + 1}"))


def _own(shape: tuple[int, ...], index: Index) -> Index:
    """Return the index of the cell, in a matrix of this shape, that broadcasts to `index`."""
    places = index[len(index) - len(shape) :]
    return tuple(min(at, size - 1) for at, size in zip(places, shape, strict=True))
