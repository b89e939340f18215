"""Operations, the parts of a calculation.

An operation is a small frozen record. Its fields of the type `Name` are the matrices that it needs;
it knows the conditions on their shapes (`needs`), the axes of its result, how to apply itself, its
formula, the arithmetic of one cell, and its cost. All matrices are in the layout `rows`; only
formulas are written in the user's layout.

All other methods and properties have a safe default: with it, the program calculates step by step.
A class that overrides `apply` does not inherit the attributes named in `ANSWERS`; it gets the
defaults of `Operation`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
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

# The attributes that describe how `apply` calculates, and are wrong for another `apply`.
ANSWERS = (
    *("works_by_pair", "works_by_score", "factor", "repeats", "weighted_sum"),
    *("bound", "on_tile", "pair_scores", "counted_from_1", "is_copy"),
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
    # True if the result says how much each query attends to each key.
    shows_attention: ClassVar[bool] = False
    # True if each row of the result sums to 1, as the weights of softmax do.
    sums_to_1: ClassVar[bool] = False
    # True if the operation may replace scores by −inf, which is not an overflow.
    hides: ClassVar[bool] = False
    # True if each number of the result is a number of an operand: there is nothing to calculate.
    is_copy: ClassVar[bool] = False
    # True if the operation adds the result of a sublayer, the last operand, to its input.
    is_residual: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        if "apply" in cls.__dict__:
            answer_anew(cls)

    @cached_property
    def operands(self) -> tuple[str, ...]:
        """The names of the matrices that `apply` takes, in the order of its arguments."""
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
        """Return the right-hand side of the formula, as `layout` writes it."""

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
        """Return the same result as `apply`, and report the progress.

        A long operation calls `tell` with the share that is done, from 0 to 1. An operation that
        stands for several steps calls `overflowed` with the name of each step that turned finite
        numbers into infinities or NaN.
        """
        return self.apply(*operands)

    def numbers(self, result: Axes) -> int:
        """Return how many numbers `apply` calculates for a result with these axes.

        The progress bar takes the time of a step to be proportional to this number.
        """
        return cells(result)

    def room(self, result: Axes, *operands: Axes) -> int:
        """Return an upper bound on the size of the temporaries of `apply`, in numbers."""
        return 2 * cells(result)

    # Long sequences: see `calculation/long`.

    @property
    def factor(self) -> float | None:
        """The factor, if the result is the operand times one factor; else None."""
        return None

    @property
    def repeats(self) -> str | None:
        """The name of the operand, if the result is that operand unchanged; else None."""
        return None

    @property
    def weighted_sum(self) -> tuple[str, str] | None:
        """The names of weights and values, if the result is their product; else None."""
        return None

    def bound(self, scores: float) -> float:
        """Return a bound on |result|, if all |scores| are at most `scores`; inf if unknown."""
        return float("inf")

    def on_tile(self, known: TileMatrices) -> Array:
        """Return the result for one tile. Only valid if `works_by_score` is true."""
        return self.apply(*(known.part(name) for name in self.operands))

    def pair_scores(self, operands: Sequence[Array], then: Then) -> PairScores | None:
        """Return an object that calculates the scores of tiles quickly; None if there is none.

        It is made once, from the whole operands. `then` holds the later operations that lead to the
        scores, each with its further operands.
        """
        return None

    def prepared(self, *operands: Axes) -> int:
        """Return an upper bound on the size of the copies that `pair_scores` makes, in numbers."""
        return 4 * sum(map(cells, operands))

    def open_keys(self, block: Tile) -> Sequence[int]:
        """Return the borders of the parts of the keys that the queries of the block may attend.

        Borders [0, 64, 100] mean two parts: keys 0 to 63, and 64 to 99. The result is empty if the
        queries may attend to no key.
        """
        return (block.columns.start, block.columns.stop)

    def is_idle(self, tile: Tile) -> bool:
        """Return True if the operation changes no score of this tile."""
        return False

    def hides_all(self, known: TileMatrices) -> bool:
        """Return True if all scores of the tile become −inf."""
        return False

    # The meaning of the result.

    @property
    def stands_for(self) -> tuple[str, ...]:
        """The names of the steps whose results this operation calculates, but does not keep."""
        return ()

    @property
    def works_in(self) -> str | None:
        """The type of numbers in which `apply` works; None if it is the type of the operands."""
        return None

    def hidden_keys(self, *operands: Any) -> NDArray[np.bool_] | None:
        """Return True for each number of the result that a mask hides; None without a mask."""
        return None

    def undefined(self, *operands: Array) -> NDArray[np.bool_] | None:
        """Return, for each row of the result, True if it is 0 / 0; None if no row can be."""
        return None

    def rows_without_keys(self, *operands: Array) -> NDArray[np.bool_] | None:
        """Return, for each row of the result, True if its query may attend to no key.

        Return None if the operation does not know.
        """
        return None

    def unfinished(self) -> Operation | None:
        """Return the operation without its last part, such as a bias; None if it has one part."""
        return None

    def counted_from_1(self) -> Operation | None:
        """Return the operation with positions counted from 1, not 0; None if it has none."""
        return None


def result_if_it_fits(operation: Operation, known: Mapping[str, Array]) -> Array | None:
    """Return the result for the operands of these names.

    Return None if one is missing, or if they do not fit together, as those of an answer may.
    """
    try:
        return operation.apply(*(known[name] for name in operation.operands))
    except (KeyError, ValueError, IndexError):
        return None


def answer_anew(kind: type[Operation]) -> None:
    """Reset the `ANSWERS` that the class `kind` does not define itself to their defaults."""
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
