"""The line of each cell on a page, as `attncli explain` prints it, and the cells it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from math import prod
from typing import Any

from attncli.calculation.algebra.expressions import Cell, Expression
from attncli.calculation.algebra.vector_expressions import (
    Image,
    Inner,
    Length,
    Line,
    Mapped,
    Slot,
    SquaredDistance,
    Total,
    Vector,
    Whole,
)
from attncli.calculation.analyses.cell_names import paper
from attncli.calculation.problem.problem import Computation
from attncli.records import record
from attncli.render.explain.explanation_writers import cell_texts
from attncli.render.explain.explanations import Explanations
from attncli.render.pages.cell_tables import CellTable
from attncli.render.view import View

MOST_NUMBERS = 400_000  # in the arithmetic of all cells: writing it takes a few seconds

Place = tuple[str, tuple[Slot, ...]]  # the name of a matrix, and a place along its leading axes
# A rectangle of a table: its name, the number of the table on the page, the first and the last
# number of its rows, and those of its columns.
Source = list[Any]
Rectangle = tuple[tuple[int, int], tuple[int, int]]  # the first and the last row, and column


@record(frozen=True)
class CellLines:
    """Writes the lines of cells.

    `tables` are all tables of the page, with their numbers, by matrix and leading place.
    """

    explained: Explanations
    view: View
    tables: Mapping[Place, tuple[int, CellTable]]

    def of_table(self, table: CellTable, most: int) -> dict[str, list[Any]]:
        """Return the line and the sources of the cells of a table by the names of the cells.

        The arithmetic of these cells, the first ones of the table, has at most `most` numbers.
        """
        found: dict[str, list[Any]] = {}
        cells = product(table.rows.numbers, table.columns.numbers)
        for row, column in islice(cells, most // self.numbers_per_cell(table)):
            cell = self._cell(table, row, column)
            sources = list(self._sources(self._expression(cell)))
            line = "\n".join(cell_texts(self.explained, cell, View(self.view.precision)))
            found[table.cell_name(row, column)] = [line, sources]
        return found

    def has_operands(self, table: CellTable) -> bool:
        """Return True if the trace holds all matrices that the arithmetic of a table needs."""
        operands = self.explained.steps[table.matrix].operation.operands
        return all(name in self.explained.trace.matrices for name in operands)

    def numbers_per_cell(self, table: CellTable) -> int:
        """Return how many numbers the arithmetic of the last cell has, and at least 1."""
        last = self._cell(table, table.rows.numbers[-1], table.columns.numbers[-1])
        spans = _spans(self._expression(last))
        return max(1, sum(self._size(name, slots) for name, slots in spans))

    def _cell(self, table: CellTable, row: int, column: int) -> Cell:
        """Return the cell of a table with these numbers on paper."""
        own = (column, row) if self._is_swapped(table.matrix) else (row, column)
        return Cell(table.matrix, (*table.leading, own[0] - 1, own[1] - 1))

    def _expression(self, cell: Cell) -> Expression:
        return self.explained.expression(cell, self.explained.trace)

    def _size(self, name: str, slots: tuple[Slot, ...]) -> int:
        """Return the number of cells of a matrix at these places."""
        shape = self.explained.trace.matrices[name].shape
        sides = (_ends(slot, size) for slot, size in zip(slots, shape, strict=True))
        return prod(last - first + 1 for first, last in sides)

    def _is_swapped(self, name: str) -> bool:
        """Return True if the layout writes a matrix transposed."""
        return self.explained.paper.roles[name] in self.explained.paper.layout.swapped

    def _sources(self, expression: Expression) -> Iterator[Source]:
        """Yield the rectangles of tables that an expression takes its numbers from."""
        found: dict[int, tuple[CellTable, list[Rectangle]]] = {}
        for name, slots in _spans(expression):
            *leading, first, second = slots if len(slots) > 1 else (-1, *slots)
            number, table = self.tables.get((name, tuple(leading)), (-1, None))
            if table is not None:
                swaps = self._is_swapped(name) and len(slots) > 1
                rows, columns = (second, first) if swaps else (first, second)
                rectangle = _ends(rows, table.rows.size), _ends(columns, table.columns.size)
                found.setdefault(number, (table, []))[1].append(rectangle)
        for number, (table, rectangles) in found.items():
            for top_bottom, left_right in _outermost(rectangles):
                name = _name(table, top_bottom, left_right)
                yield [name, number, *top_bottom, *left_right]


def lines_of(
    result: Computation, view: View, tables: Sequence[CellTable]
) -> tuple[dict[str, list[Any]], int]:
    """Return the line and the sources of the cells by their names, and the number of other cells.

    Inputs have no lines. If the arithmetic of all tables is too long, each table has lines for its
    first cells only.
    """
    problem, trace = result.problem, result.trace
    explained = Explanations(problem, trace, paper(problem, trace.plan), ())
    by_place: dict[Place, tuple[int, CellTable]] = {
        (table.matrix, table.leading): (at, table) for at, table in enumerate(tables)
    }
    lines = CellLines(explained, view, by_place)
    steps = [table for table in tables if not table.is_given]
    known = [table for table in steps if lines.has_operands(table)]
    needed = [lines.numbers_per_cell(table) * table.size for table in known]
    found: dict[str, list[Any]] = {}
    for table, most in zip(known, _shares(needed, MOST_NUMBERS), strict=True):
        found.update(lines.of_table(table, most))
    return found, sum(table.size for table in steps) - len(found)


def _shares(needed: Sequence[int], most: int) -> list[int]:
    """Return the share of `most` that each table may use, if together they need more.

    What a small table leaves of an equal share is for the larger ones.

    >>> _shares([100, 20, 100], 140)
    [60, 20, 60]
    """
    shares = dict.fromkeys(range(len(needed)), 0)
    left = most
    for at, place in enumerate(sorted(shares, key=needed.__getitem__)):
        shares[place] = min(needed[place], left // (len(needed) - at))
        left -= shares[place]
    return list(shares.values())


def _spans(part: Expression | Vector) -> Iterator[tuple[str, tuple[Slot, ...]]]:
    """Yield the matrices in an expression, each with the places along its axes, left to right."""
    match part:
        case Cell(name, index):
            yield name, index
        case Line(name, slots):
            yield name, slots
        case Inner(left, right) | SquaredDistance(left, right):
            yield from (*_spans(left), *_spans(right))
        case Total(vector) | Whole(vector) | Length(vector):
            yield from _spans(vector)
        case Mapped(_, line, less):
            yield from (*_spans(line), *(_spans(less) if less else ()))
        case Image(line, matrix):
            yield from (*_spans(line), (matrix, (None, None)))
        case _:
            for each in part.parts:
                yield from _spans(each)


def _ends(slot: Slot, size: int) -> tuple[int, int]:
    """Return the first and the last number of a row or column; the slot counts from 0."""
    if slot is None:
        return 1, size
    return (slot + 1, slot + 1) if isinstance(slot, int) else (slot.start + 1, slot.stop)


def _outermost(rectangles: Sequence[Rectangle]) -> Sequence[Rectangle]:
    """Return the rectangles that lie in no other one; as one, if they are cells that fill it."""
    distinct = list(dict.fromkeys(rectangles))
    outer = [one for one in distinct if not any(_is_inside(one, other) for other in distinct)]
    rows, columns = ({sides[axis] for sides in outer} for axis in (0, 1))
    around = ((min(rows)[0], max(rows)[1]), (min(columns)[0], max(columns)[1]))
    area = (around[0][1] - around[0][0] + 1) * (around[1][1] - around[1][0] + 1)
    return [around] if area == len(outer) else outer


def _is_inside(one: Rectangle, other: Rectangle) -> bool:
    """Return True if a rectangle lies in another one, and is not the same."""
    pairs = zip(one, other, strict=True)
    return one != other and all(out[0] <= own[0] and own[1] <= out[1] for own, out in pairs)


def _name(table: CellTable, rows: tuple[int, int], columns: tuple[int, int]) -> str:
    """Return the name of a rectangle: `Q[2,:]`; a part of a row is `2–4`."""
    sides = ((rows, table.rows), (columns, table.columns))
    own = [_places(*ends, side.size) for ends, side in sides if ends[1]]
    return f"{table.before}{','.join(own)}{table.after}"


def _places(first: int, last: int, size: int) -> str:
    if first == last:
        return str(first)
    return ":" if (first, last) == (1, size) else f"{first}–{last}"
