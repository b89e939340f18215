"""Operations, the parts of a calculation.

An operation is a small frozen record. Its fields of the type `Name` are the matrices that it needs;
it knows what must hold between their shapes (`needs`), the axes of its result, how to apply itself,
its formula, how to spell out one cell, and what it costs. All matrices are in the layout `rows`;
only formulas are written in the user's layout.

All other methods and properties have a safe default, with which the calculation goes step by step.
A class that overrides `apply` gets these defaults again: it does not inherit the overrides of its
base class.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from attncli.calculation.algebra.layouts import Array, Axes, Layout
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.records import kinds_of, record, replace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from attncli.calculation.algebra.expressions import Expression, Index
    from attncli.calculation.algebra.requirements import Need
    from attncli.calculation.algebra.tiles import PairScores, Tile, TileMatrices

Name: TypeAlias = str  # the name of a matrix
Then: TypeAlias = "Sequence[tuple[Operation, Sequence[Array]]]"

# The answers that depend on how `apply` makes a result.
ANSWERS = (
    *("works_by_pair", "works_by_score", "factor", "repeats", "weighted_sum"),
    *("bound", "on_tile", "pair_scores", "counted_from_1"),
)


class Operation(ABC):
    """The work of one named step."""

    # True if each number of the result needs only one row of the first operand (a query), one of
    # the last (a key), and all of the operands between.
    works_by_pair: ClassVar[bool] = False
    # True if each number of the result needs only one score, and from each other operand the number
    # that is broadcast to its place.
    works_by_score: ClassVar[bool] = False
    # True if the operation turns scores into weights.
    makes_weights: ClassVar[bool] = False
    # True if the operation may replace scores by −inf, which is not an overflow.
    hides: ClassVar[bool] = False
    # True if it adds the result of a sublayer, its last operand, to the sublayer's input.
    is_residual: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        if "apply" in cls.__dict__:
            answer_anew(cls)

    @cached_property
    def operands(self) -> tuple[str, ...]:
        """The names of the matrices that it needs, in the order of the arguments of `apply`."""
        return tuple(name for _, names in _names_in(self) for name in names)

    @property
    def needs(self) -> tuple[Need, ...]:
        """The conditions on the shapes of the operands."""
        return ()

    @abstractmethod
    def axes(self, *operands: Any) -> Axes:
        """Return the axes of the result; the arguments are the axes of the operands."""

    @abstractmethod
    def apply(self, *operands: Any) -> Array:
        """Return the result; the arguments are the operands."""

    @abstractmethod
    def formula(self, layout: Layout) -> str:
        """Return the right-hand side of the formula, as this layout writes it."""

    @abstractmethod
    def cell(self, index: Index, *operands: Any) -> Expression:
        """Return the arithmetic of the cell at `index`; the operands are those of `apply`."""

    @abstractmethod
    def cost(self, *operands: Any) -> Cost:
        """Return the cost of the result; the arguments are the axes of the operands."""

    def doubts(self, *operands: Any) -> Iterator[str]:
        """Yield warnings about these operands, one sentence each."""
        return iter(())

    # Time and memory.

    def watched(
        self, tell: Callable[[float], None], overflowed: Callable[[str], None], *operands: Any
    ) -> Array:
        """Return the result, like `apply`, and report on the way.

        A long operation reports its progress, from 0 to 1, to `tell`; an operation that stands for
        several steps reports to `overflowed` the steps that made infinities or NaN of finite
        numbers.
        """
        return self.apply(*operands)

    def numbers(self, result: Axes) -> int:
        """Return how many numbers `apply` calculates for such a result: a measure of its time."""
        return cells(result)

    def room(self, result: Axes, *operands: Axes) -> int:
        """Return an upper bound on the temporaries that `apply` allocates, in numbers."""
        return 2 * cells(result)

    # Long sequences: see `calculation/long`.

    @property
    def factor(self) -> float | None:
        """The number that every number of the operand is multiplied by; None for other work."""
        return None

    @property
    def repeats(self) -> str | None:
        """The name of the operand that is returned unchanged; None for other work."""
        return None

    @property
    def weighted_sum(self) -> tuple[str, str] | None:
        """The names of the weights and the values that it multiplies; None for other work."""
        return None

    def bound(self, scores: float) -> float:
        """Return a bound on the size of the result, if no score is larger than `scores`."""
        return float("inf")

    def on_tile(self, known: TileMatrices) -> Array:
        """Return the result for one tile; only valid if `works_by_score`."""
        return self.apply(*(known.part(name) for name in self.operands))

    def pair_scores(self, operands: Sequence[Array], then: Then) -> PairScores | None:
        """Return a quick way to the scores of tiles, prepared once; None if there is none.

        `then` holds the operations that follow until the scores, each with its further operands.
        """
        return None

    def prepared(self, *operands: Axes) -> int:
        """Return an upper bound on the size, in numbers, of the copies that `pair_scores` makes."""
        return 4 * sum(map(cells, operands))

    def open_keys(self, block: Tile) -> Sequence[int]:
        """Return where parts of the keys begin that the block may attend, and the last end.

        The result is empty if the queries of the block may attend none of the keys.
        """
        return (block.columns.start, block.columns.stop)

    def is_idle(self, tile: Tile) -> bool:
        """True if the operation changes nothing on this tile."""
        return False

    def hides_all(self, known: TileMatrices) -> bool:
        """True if all scores of a tile are −inf: its queries may attend none of its keys."""
        return False

    # The meaning of the result.

    @property
    def stands_for(self) -> tuple[str, ...]:
        """The names of the steps that this operation calculates together and does not keep."""
        return ()

    def rows_without_keys(self, *operands: Array) -> NDArray[np.bool_] | None:
        """For each row of the result, True if its query may attend nothing; None if unknown."""
        return None

    def counted_from_1(self) -> Operation | None:
        """Return the operation with tokens counted from 1, not 0; None if it counts none."""
        return None


def answer_anew(kind: type[Operation]) -> None:
    """Reset to the defaults all `ANSWERS` that the class `kind` does not define itself."""
    for name in ANSWERS:
        if name not in kind.__dict__:
            setattr(kind, name, Operation.__dict__[name])


def _names_in(operation: Operation) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each field that holds names of matrices, together with the names."""
    for field, kind in kinds_of(operation).items():
        value = getattr(operation, field)
        if kind == "Name" or (kind == "Name | None" and value):
            yield field, (value,)
        elif kind == "tuple[Name, ...]":
            yield field, value


def rename(operation: Operation, name: Callable[[str], str]) -> Operation:
    """Return the operation with each matrix name replaced by the result of `name`."""
    changes: dict[str, object] = {}
    for field, names in _names_in(operation):
        renamed = tuple(map(name, names))
        changes[field] = renamed if kinds_of(operation)[field].startswith("tuple") else renamed[0]
    return replace(operation, **changes)  # type: ignore[type-var]


@record(frozen=True)
class OfOne(Operation):
    """An operation on one matrix; the result has the same axes unless a subclass changes them."""

    source: Name

    def axes(self, source: Axes) -> Axes:
        return source
