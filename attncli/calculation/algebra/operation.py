"""The algebra: operations, which a calculation is made of.

An operation is a small frozen record. Its fields of the type `Name` are the matrices that it needs;
it knows what must hold between their shapes (`needs`), the axes of its result, how to apply itself,
its formula, how to spell out one cell, and what it costs. All matrices are in the layout `rows`;
only formulas are written in the user's layout.

Everything else that somebody wants to know of an operation is a question with a safe answer, under
which the calculation goes step by step. A class that changes `apply` answers anew: it does not
inherit the answers of the class that it is made from.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from attncli.calculation.algebra.cost import Cost, cells
from attncli.calculation.algebra.expressions import Expression, Index
from attncli.calculation.algebra.layouts import Array, Axes, Layout
from attncli.calculation.algebra.requirements import Need
from attncli.records import kinds_of, record, replace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from attncli.calculation.algebra.tiles import PairScores, Tile, TileMatrices

Name: TypeAlias = str  # of a matrix
Then: TypeAlias = "Sequence[tuple[Operation, Sequence[Array]]]"

# What depends on how a result is made.
ANSWERS = (
    *("works_by_pair", "works_by_score", "factor", "repeats", "weighted_sum"),
    *("bound", "on_tile", "pair_scores", "counted_from_1"),
)


class Operation(ABC):
    """The work of one named step."""

    # Each number of the result needs one row of the first operand (a query) and one of the last (a
    # key), and all of what stands between.
    works_by_pair: ClassVar[bool] = False
    # Each number of the result needs one score, and of the other operands the number that is
    # broadcast to its place.
    works_by_score: ClassVar[bool] = False
    # It turns scores into weights.
    makes_weights: ClassVar[bool] = False
    # It may put −inf in the place of scores, which is no overflow.
    hides: ClassVar[bool] = False
    # It adds what a sublayer gives to what went into the sublayer, which is its last operand.
    is_residual: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        if "apply" in cls.__dict__:
            answer_anew(cls)

    @cached_property
    def operands(self) -> tuple[str, ...]:
        """The names of the matrices that it needs, in the order in which `apply` takes them."""
        return tuple(name for _, names in _names_in(self) for name in names)

    @property
    def needs(self) -> tuple[Need, ...]:
        """The conditions on the shapes of the operands."""
        return ()

    @abstractmethod
    def axes(self, *operands: Any) -> Axes:
        """The axes of the result, from the axes of the operands."""

    @abstractmethod
    def apply(self, *operands: Any) -> Array:
        """The result, from the operands."""

    @abstractmethod
    def formula(self, layout: Layout) -> str:
        """The right-hand side, as this layout writes it."""

    @abstractmethod
    def cell(self, index: Index, *operands: Any) -> Expression:
        """The arithmetic of one cell of the result, from the operands that `apply` takes."""

    @abstractmethod
    def cost(self, *operands: Any) -> Cost:
        """The arithmetic that the result takes, from the axes of the operands."""

    def doubts(self, *operands: Any) -> Iterator[str]:
        """Warnings about these operands, a sentence each."""
        return iter(())

    # Time and memory.

    def watched(
        self, tell: Callable[[float], None], overflowed: Callable[[str], None], *operands: Any
    ) -> Array:
        """The result, like `apply`.

        A long operation reports its progress, from 0 to 1, to `tell`; one that stands for several
        steps reports to `overflowed` the steps that made infinities or NaN of finite numbers.
        """
        return self.apply(*operands)

    def numbers(self, result: Axes) -> int:
        """How many numbers `apply` makes for a result of these axes: a measure of its time."""
        return cells(result)

    def room(self, result: Axes, *operands: Axes) -> int:
        """An upper bound on the size, in numbers, of the temporaries that `apply` allocates."""
        return 2 * cells(result)

    # Long sequences: see `calculation/long`.

    @property
    def factor(self) -> float | None:
        """The number that it multiplies every number of its operand by; None for other work."""
        return None

    @property
    def repeats(self) -> str | None:
        """The operand that it gives back unchanged; None for other work."""
        return None

    @property
    def weighted_sum(self) -> tuple[str, str] | None:
        """The weights and the values whose product it is; None for other work."""
        return None

    def bound(self, scores: float) -> float:
        """The largest size of a number of the result, if no score is larger than `scores`."""
        return float("inf")

    def on_tile(self, known: TileMatrices) -> Array:
        """The result for some queries and some keys; only where it `works_by_score`."""
        return self.apply(*(known.part(name) for name in self.operands))

    def pair_scores(self, operands: Sequence[Array], then: Then) -> PairScores | None:
        """A quick way to the scores of tiles, prepared once; None where there is none.

        `then` are the operations that make scores of this result, with their further operands.
        """
        return None

    def prepared(self, *operands: Axes) -> int:
        """An upper bound on the size, in numbers, of the copies that `pair_scores` makes."""
        return 4 * sum(map(cells, operands))

    def open_keys(self, block: Tile) -> Sequence[int]:
        """The places from the first to the last key that these queries may attend, in parts.

        There are no parts where they may attend none of the keys.
        """
        return (block.columns.start, block.columns.stop)

    def is_idle(self, tile: Tile) -> bool:
        """True if it changes nothing on a tile."""
        return False

    def hides_all(self, known: TileMatrices) -> bool:
        """True if no query of a tile may attend any of its keys, and −inf stands there."""
        return False

    # Meaning.

    @property
    def stands_for(self) -> tuple[str, ...]:
        """The steps that it calculates together and does not keep."""
        return ()

    def rows_without_keys(self, *operands: Array) -> NDArray[np.bool_] | None:
        """For each row of the result, True if its query may attend nothing; None if unknown."""
        return None

    def counted_from_1(self) -> Operation | None:
        """The same operation if it counts tokens from one place further; None if it counts none."""
        return None


def answer_anew(kind: type[Operation]) -> None:
    """Take back the inherited answers that a class does not give itself."""
    for name in ANSWERS:
        if name not in kind.__dict__:
            setattr(kind, name, Operation.__dict__[name])


def _names_in(operation: Operation) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The fields that hold names of matrices, each with its names."""
    for field, kind in kinds_of(operation).items():
        value = getattr(operation, field)
        if kind == "Name" or (kind == "Name | None" and value):
            yield field, (value,)
        elif kind == "tuple[Name, ...]":
            yield field, value


def rename(operation: Operation, name: Callable[[str], str]) -> Operation:
    """The same operation on matrices of other names."""
    changes: dict[str, object] = {}
    for field, names in _names_in(operation):
        renamed = tuple(map(name, names))
        changes[field] = renamed if kinds_of(operation)[field].startswith("tuple") else renamed[0]
    return replace(operation, **changes)  # type: ignore[type-var]


@record(frozen=True)
class OfOne(Operation):
    """An operation on one matrix; the result has its axes unless it says otherwise."""

    source: Name

    def axes(self, source: Axes) -> Axes:
        return source
