"""The algebra: what a calculation is made of.

An operation is a small frozen record. It knows which names it needs (`operands`), what must hold
between their shapes (`needs`), the axes of its result, how to apply itself, its formula, how
to spell out one cell, and what it costs. All matrices are in the layout `rows`; only formulas are
written in the user's layout.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

from attncli.calculation.algebra.cost import Cost, cells
from attncli.calculation.algebra.expressions import Expression, Index
from attncli.calculation.algebra.layouts import Array, Axes, Layout
from attncli.calculation.algebra.requirements import Need
from attncli.records import names_of, record, replace


class Operation(ABC):
    """One named step's work."""

    @property
    @abstractmethod
    def operands(self) -> tuple[str, ...]:
        """The names of the matrices it needs, in the order in which `apply` takes them."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """What must hold between the shapes of the operands."""
        return ()

    @abstractmethod
    def axes(self, *operands: Any, **_: Any) -> Axes:
        """The axes of the result, from the axes of the operands."""

    @abstractmethod
    def apply(self, *operands: Any, **_: Any) -> Array:
        """The result itself, from the operands."""

    def watched(
        self, tell: Callable[[float], None], overflowed: Callable[[str], None], *operands: Any
    ) -> Array:
        """The result; what takes long tells which share of it is done, from 0 to 1.

        What stands for several steps says which of them made infinities or NaN of finite numbers.
        """
        return self.apply(*operands)

    def numbers(self, result: Axes) -> int:
        """How many numbers are made on the way to a result of these axes: how long it may take."""
        return cells(result)

    def room(self, result: Axes, *operands: Any) -> int:
        """How many numbers stand beside a result of these axes while it is made, at the most."""
        return 2 * cells(result)

    def doubts(self, *operands: Any) -> Iterator[str]:
        """What the user should look at twice in these operands, a sentence each."""
        return iter(())

    @abstractmethod
    def formula(self, layout: Layout) -> str:
        """The right-hand side, as this layout writes it."""

    @abstractmethod
    def cell(self, index: Index, *operands: Any) -> Expression:
        """The arithmetic of one cell of the result, from the operands that `apply` takes."""

    @abstractmethod
    def cost(self, *operands: Any, **_: Any) -> Cost:
        """How much arithmetic the result takes, from the axes of the operands."""


def renamed(operation: Operation, name: Callable[[str], str]) -> Operation:
    """The same operation on matrices of other names."""
    changes: dict[str, object] = {}
    for field in names_of(operation):
        value = getattr(operation, field)
        if isinstance(value, str) and value in operation.operands:
            changes[field] = name(value)
        elif isinstance(value, tuple) and all(isinstance(part, str) for part in value):
            changes[field] = tuple(map(name, value))
    return replace(operation, **changes)  # type: ignore[type-var]


@record(frozen=True)
class OfOne(Operation):
    """An operation on one matrix; the result has its axes unless it says otherwise."""

    source: str

    @property
    def operands(self) -> tuple[str, ...]:
        return (self.source,)

    def axes(self, source: Axes) -> Axes:
        return source
