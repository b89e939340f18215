"""The walk of a reader through the cells of a calculation, without a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from attncli.calculation.algebra.expressions import Cell
from attncli.calculation.algebra.layouts import AnyArray, Axis
from attncli.render.explain.chains import cells_of
from attncli.render.explain.explanation_writers import cell_texts
from attncli.render.explain.explanations import Explanations
from attncli.render.explain.spelling import Spelling
from attncli.render.numbers import number_text
from attncli.render.view import View

Item = TypeVar("Item")


class Walk:
    """The cell where the reader is, and the cells on the way back.

    `explained` holds the whole calculation, and the numbers of an answer. A reader who changes to
    another matrix stays in the same row, column, head and batch entry, as far as it has them.
    """

    def __init__(self, explained: Explanations) -> None:
        self.explained = explained
        self.cell = Cell("", ())
        self._way: list[Cell] = []
        self._is_passing = False
        self._leading: dict[str, int] = {}
        self._choice = 0
        self._place(explained.trace.plan.names[0], 0, 0)

    # The matrix on paper.

    @property
    def inputs(self) -> Sequence[str]:
        """The names of the input matrices."""
        return tuple(self.explained.problem.matrices)

    @property
    def names(self) -> Sequence[str]:
        """The names of the inputs, then of the steps, in the order of the calculation."""
        return (*self.inputs, *self.explained.trace.plan.names)

    @property
    def name(self) -> str:
        """The name of the matrix of the cell."""
        return self.cell.name

    @property
    def leading(self) -> Sequence[tuple[Axis, int]]:
        """The axes before rows and columns (batch, heads, n of `hidden`), each with the place."""
        return list(zip(self.axes, self._index, strict=True))[:-2]

    @property
    def row(self) -> int:
        """The row of the cell, counted from 0; a vector is one row."""
        return self._index[-2] if len(self._index) > 1 else 0

    @property
    def column(self) -> int:
        """The column of the cell, counted from 0."""
        return self._index[-1]

    @property
    def formula(self) -> str:
        """The formula of the step; empty for an input."""
        step = self.explained.steps.get(self.name)
        return self.explained.trace.plan.formula(step) if step else ""

    @property
    def numbers(self) -> AnyArray:
        """The numbers of the matrix on paper, rows × columns, at this head and batch entry."""
        return self.on_paper(self.explained.trace.matrices[self.name])

    def on_paper(self, matrix: AnyArray) -> AnyArray:
        """Return the rows and columns of a matrix that has the shape of the current matrix.

        The layout `columns` writes rows as columns.
        """
        layout, role = self.explained.paper.layout, self.explained.paper.roles[self.name]
        written = layout.swap(matrix, role)
        return written[self._index[:-2]] if written.ndim > 1 else written[None]

    def labels(self, side: int) -> list[str]:
        """Return the label or the number of each row (`side` is -2) or column (-1)."""
        if side == -2 and len(self.axes) == 1:
            return [""]
        axis = self.axes[side]
        return [self.explained.problem.label(axis, at) for at in range(axis.size)]

    @property
    def axes(self) -> Sequence[Axis]:
        """The axes of the matrix in the order of the layout."""
        return self._written(self.explained.paper.axes[self.name])

    def index(self, row: int, column: int) -> tuple[int, ...]:
        """Return the index in the layout `rows` of a cell at this head and batch entry."""
        return self._written((*self._index[:-2], row, column)[-len(self.axes) :])

    @property
    def _index(self) -> tuple[int, ...]:
        return self._written(self.cell.index)

    def _written(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        """Return the items of all axes in the order of the layout; it is its own reverse."""
        paper = self.explained.paper
        return paper.layout.written_order(items, paper.roles[self.name])

    # Moves.

    def move(self, rows: int, columns: int) -> None:
        """Move by this many rows and columns, but not beyond the ends of the matrix."""
        self._is_passing = False
        self._place(self.name, self.row + rows, self.column + columns)

    def turn(self, names: Sequence[str], by: int) -> None:
        """Change to the next (`by` is 1) or previous (-1) place of a leading axis of these names.

        They are heads, batch, or n and m: `hidden` counts its queries by n, in an encoder by m.
        """
        for axis, at in self.leading:
            if axis.name in names:
                self._leading[axis.name] = (at + by) % axis.size
                self._place(self.name, self.row, self.column)

    def go(self, name: str) -> None:
        """Change to another matrix.

        The way back leads to the cell where the reader last stopped: a matrix that the reader
        leaves without a move in it is not on the way back.
        """
        if name != self.name:
            if not self._is_passing:
                self._way.append(self.cell)
            self._is_passing = True
            self._place(name, self.row, self.column)

    def step(self, by: int) -> None:
        """Change to the next (`by` is 1) or previous (-1) matrix."""
        names = self.names
        self.go(names[(names.index(self.name) + by) % len(names)])

    def enter(self) -> None:
        """Walk on to the chosen operand; stay if the arithmetic of the cell has no other cell."""
        if self.operands:
            self._way.append(self.cell)
            self._is_passing = False
            self._stand_on(self.operands[self._choice])

    def back(self) -> None:
        """Walk back; stay if there is no way back."""
        if self._way:
            self._is_passing = False
            self._stand_on(self._way.pop())

    def choose(self, by: int) -> None:
        """Choose the next operand for `enter`."""
        self._choice = (self._choice + by) % max(1, len(self.operands))

    def recalculated(self, explained: Explanations) -> None:
        """Go on in another calculation of the same document, such as with another mask.

        If it lacks the step of the reader, the reader goes to the nearest earlier step that it has.
        """
        earlier = self.names[: self.names.index(self.name) + 1]
        row, column = self.row, self.column
        self.explained = explained
        self._way = [cell for cell in self._way if cell.name in self.names]
        self._place(next(name for name in earlier[::-1] if name in self.names), row, column)

    def _place(self, name: str, row: int, column: int) -> None:
        """Go to a row and column of a matrix, or to its last ones; keep the leading places."""
        self.cell = Cell(name, ())
        *leading, last = self.axes
        wanted = [(last, column)]
        if leading:
            wanted.insert(0, (leading.pop(), row))
        wanted[:0] = [(axis, self._leading.get(axis.name, 0)) for axis in leading]
        index = tuple(max(0, min(at, axis.size - 1)) for axis, at in wanted)
        self._stand_on(Cell(name, self._written(index)))

    def _stand_on(self, cell: Cell) -> None:
        self.cell = cell
        self._choice = 0
        self._leading.update((axis.name, at) for axis, at in self.leading)

    # Arithmetic.

    @property
    def came_from(self) -> Cell | None:
        """The last cell on the way: its operands are highlighted in the current matrix."""
        return self._way[-1] if self._way else None

    @property
    def operands(self) -> Sequence[Cell]:
        """The first operand of the cell in each matrix, in the order of the arithmetic."""
        first: dict[str, Cell] = {}
        for operand in self._cells(self.cell):
            first.setdefault(operand.name, operand)
        return list(first.values())

    @property
    def chosen(self) -> Cell | None:
        """The operand to which `enter` walks."""
        return self.operands[self._choice] if self.operands else None

    def highlighted(self) -> set[tuple[int, int]]:
        """Return rows and columns of the operands of the cell that the reader came from."""
        here = self._index[:-2]
        found = self._cells(self.came_from) if self.came_from else ()
        indices = (self._written(cell.index) for cell in found if cell.name == self.name)
        places = ((0, *index)[-2:] for index in indices if index[:-2] == here)
        return {(row, column) for row, column in places}

    def _cells(self, cell: Cell) -> Iterator[Cell]:
        """Yield the cells in the arithmetic of a cell; an input has none."""
        if cell.name in self.explained.steps:
            expression = self.explained.expression(cell, self.explained.trace)
            yield from cells_of(expression, full=True)

    def text(self, cell: Cell) -> str:
        """Return the name of a cell as `attncli explain` reads it: `scores[2,1,head=1]`."""
        return Spelling(self.explained.paper, 0, full=True).cell(cell)

    def lines(self, width: int | None) -> list[str]:
        """Return the lines that `attncli explain` prints for the cell on a screen of this width.

        `attncli explain` refuses inputs, so the line of an input is its number alone.
        """
        if self.name not in self.explained.steps:
            number = number_text(float(self.explained.trace.matrices[self.name][self.cell.index]))
            return [f"{self.text(self.cell)} = {number}  (an input)"]
        texts = cell_texts(self.explained, self.cell, View(width=width))
        return [line for text in texts for line in text.splitlines()]
