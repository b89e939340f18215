"""The scores of a tile: operations applied to some of the queries and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation, Then
from attncli.calculation.algebra.operation_cost import cells
from attncli.calculation.algebra.tiles import PairScores, sub_blocks
from attncli.calculation.long.chain import Chain

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Applied(PairScores):
    """Scores from the operations themselves, applied to some queries and keys.

    `operation` makes scores of `operands` (queries first, keys last); `then` are the operations
    after it. `numbers` is the number of intermediate numbers per score.
    """

    def __init__(
        self, operation: Operation, operands: Sequence[Array], then: Then, numbers: int
    ) -> None:
        queries, *self.between, keys = operands
        super().__init__(queries, keys)
        self.operation, self.then, self.numbers = operation, then, numbers

    def meet(self, queries: Array, keys: Array, out: Array) -> None:
        for rows, columns in sub_blocks(out, self.numbers):
            scores = self.operation.apply(queries[rows], *self.between, keys[columns])
            for operation, operands in self.then:
                scores = operation.apply(scores, *operands)
            out[rows, columns] = scores


def scores_of_pairs(chain: Chain, known: Mapping[str, NDArray[Any]]) -> PairScores:
    """Return an object that calculates the first scores of a chain, from the matrices `known`.

    Numbers of 16 bits always use the operations themselves: they have so few digits that any other
    order of calculation would be visible.
    """
    first, *others = (step.operation for step in chain.pairs)
    operands = [known[name] for name in first.operands]
    then = [(o, [known[name] for name in o.operands[1:]]) for o in others]
    quick = first.pair_scores(operands, then) if operands[0].dtype.itemsize >= 4 else None
    numbers = cells(chain.steps[0].axes) // cells(chain.scores.axes)
    return quick or Applied(first, operands, then, numbers)
