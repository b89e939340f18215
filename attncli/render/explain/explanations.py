"""Explanations of cells, down to a depth, each as a chain of equal expressions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.expressions import Cell, Expression, Noted
from attncli.calculation.algebra.layouts import Array, Role
from attncli.calculation.algebra.plan import Step, Trace
from attncli.calculation.algebra.requirements import Paper
from attncli.calculation.analyses.cell_names import Selection
from attncli.calculation.problem.problem import Problem
from attncli.calculation.problem.shown import WORDS
from attncli.records import field, record, replace
from attncli.render.explain.chains import cells_of, chain_in_numbers, is_constant
from attncli.render.explain.spelling import Spelling
from attncli.render.numbers import number_text
from attncli.words import count

if TYPE_CHECKING:
    from attncli.homework.answers.answer import Answer

MOST = 24  # the largest number of cells of one selection that are explained without --full


@record(frozen=True)
class Explanations:
    """The selected cells of a trace, to be explained, and the numbers of an answer beside them.

    `depth` is the number of levels of operands below a cell; `full` elides nothing. `own` are the
    matrices of the answer by step; each has the shape of that step in the trace.
    """

    problem: Problem
    trace: Trace
    paper: Paper
    selections: Sequence[Selection]
    depth: int = 0
    full: bool = False
    own: Answer = field(default_factory=dict)

    @cached_property
    def steps(self) -> dict[str, Step]:
        """The steps of the plan by name."""
        return {step.name: step for step in self.trace.plan.steps}

    @cached_property
    def answered(self) -> Trace:
        """The trace with the numbers of the answer in place of the calculated ones, if given."""
        matrices = dict(self.trace.matrices)
        for name, own in self.own.items():
            if name in matrices:
                matrices[name] = np.where(np.isnan(own.values), matrices[name], own.values)
        return Trace(self.trace.plan, matrices)

    def expression(self, cell: Cell, trace: Trace) -> Expression:
        """Return the arithmetic of a cell from the numbers of a trace, as the layout writes it."""
        last: dict[Cell, Expression] = trace.derived.setdefault(Explanations, {})
        if cell not in last:
            last.clear()
            last[cell] = self._expression(cell, trace)
        return last[cell]

    def _expression(self, cell: Cell, trace: Trace) -> Expression:
        operation = self.steps[cell.name].operation
        operands = (trace.matrices[name] for name in operation.operands)
        is_swapped = Role.TOKENS in self.paper.layout.swapped
        roles = self.paper.roles.items()
        swapped = {name for name, role in roles if is_swapped and role is Role.TOKENS}
        with np.errstate(all="ignore"):  # the run of the plan has already warned of overflow
            return operation.cell(cell.index, *operands).turned(swapped)

    def own_number(self, cell: Cell) -> float | None:
        """Return the number of the answer in a cell, or None if the answer leaves it out."""
        own = self.own.get(cell.name)
        number = np.nan if own is None else float(own.values[cell.index])
        return None if np.isnan(number) else number

    def groups(self) -> tuple[list[list[tuple[int, Cell]]], list[str]]:
        """Return each selected cell with its operands, and a text for each kind of cell left out.

        Each cell stands behind its level: 0 for a selected cell, 1 for its operands.
        """
        tops, left_out = self._tops()
        shown = [self._shown(top) for top in tops]
        hidden = sum(agreeing for _, agreeing in shown)
        left_out += [f"{count(hidden, 'operands')} without a disagreement"] if hidden else []
        return [cells for cells, _ in shown], left_out

    def _tops(self) -> tuple[list[Cell], list[str]]:
        """Return the cells to explain, and for each shortened selection the number of cells.

        Cells that contain a disagreement with the answer, or come from one, are first.
        """
        cells: list[Cell] = []
        left_out: list[str] = []
        for selection in self.selections:
            size = len(selection)
            most = size if self.full else min(size, MOST)
            cells += islice(selection, most)
            left_out += [f"{size - most} of {size} cells"] if size > most else []
        if self.own:
            cells.sort(key=lambda top: not any(self.disagrees(cell) for _, cell in self.walk(top)))
        return cells, left_out

    def _shown(self, top: Cell) -> tuple[list[tuple[int, Cell]], int]:
        """Return the cells that `walk` yields, with their levels, and the number of hidden cells.

        With an answer, only the cells that lead back to a disagreement are shown, unless `full`.
        """
        walked = list(self.walk(top))
        if not self.own or self.full:
            return walked, 0
        shown: list[tuple[int, Cell]] = []
        wanted = {0}  # the levels of cells that have a cell below them in `shown`, and of `top`
        for level, cell in reversed(walked):
            if level in wanted or self.disagrees(cell):
                wanted = {each for each in wanted if each < level} | {max(level - 1, 0)}
                shown.append((level, cell))
        return shown[::-1], len(walked) - len(shown)

    def walk(self, cell: Cell) -> Iterator[tuple[int, Cell]]:
        """Yield a cell and the cells that it is calculated from, each once, with its level."""
        seen: set[Cell] = set()

        def down(cell: Cell, level: int) -> Iterator[tuple[int, Cell]]:
            if cell in seen:
                return
            seen.add(cell)
            yield level, cell
            if level < self.depth:
                for operand in self.operands(cell):
                    yield from down(operand, level + 1)

        return down(cell, 0)

    def operands(self, cell: Cell) -> list[Cell]:
        """Return the cells of other steps in a cell's arithmetic, one matrix after another."""
        needed = cells_of(self.expression(cell, self.trace), self.full)
        found = [operand for operand in dict.fromkeys(needed) if operand.name in self.steps]
        names = list(dict.fromkeys(operand.name for operand in found))
        return sorted(found, key=lambda operand: (names.index(operand.name), operand.index))

    def value(self, cell: Cell) -> float:
        """Return the calculated number of a cell."""
        return float(self.trace.matrices[cell.name][cell.index])

    def labels(self, cell: Cell) -> list[str]:
        """Return the labels of a cell's row and column, as far as they have labels."""
        return [label for label, _ in self.numbered_labels(cell)]

    def numbered_labels(self, cell: Cell) -> list[tuple[str, int]]:
        """Return the labels of a cell's row and column, each with its number from 1."""
        step = self.steps[cell.name]
        labels = [
            (self.problem.label(axis, at), at + 1)
            for axis, at in zip(step.axes, cell.index, strict=True)
            if axis.name not in WORDS and self.problem.labels.get(axis.name)
        ]
        return labels[::-1] if step.role in self.paper.layout.swapped else labels

    def chain(self, cell: Cell, spelling: Spelling) -> list[str]:
        """Return the text of the cell, then equal texts, each behind its sign = or ≈.

        They are the arithmetic in names, in numbers, halfway, and the value of the cell.
        """
        expression = self.expression(cell, self.trace)
        head = spelling.cell(cell)
        numbers = self._numbers(expression, spelling, self.trace, self.value(cell))
        if is_constant(expression):
            return [head, *numbers]
        names = f"= {replace(spelling, values=None).spell(expression)}"
        return [head, names, *(numbers[1:] if numbers[0] == names else numbers)]

    def _numbers(
        self, expression: Expression, spelling: Spelling, trace: Trace, value: float
    ) -> list[str]:
        spelling = replace(spelling, values=trace.matrices)
        return chain_in_numbers(expression, value, spelling, trace.derived)

    def note(self, cell: Cell, spelling: Spelling) -> str:
        """Return the note beside the arithmetic of a cell, such as `no key may be attended to`.

        Most cells have no note: the text is then empty.
        """
        expression = self.expression(cell, self.trace)
        if not isinstance(expression, Noted):
            return ""
        said = (
            spelling.cell(part) if isinstance(part, Cell) else spelling.words(part)
            for part in expression.note
        )
        return "".join(said)

    def own_chain(self, cell: Cell, spelling: Spelling) -> list[str]:
        """Return the chain with the answer's numbers; empty if it has none for these cells.

        The texts are the arithmetic in numbers, halfway, and its value, each behind its sign.
        """
        if not self.own:
            return []
        expression = self.expression(cell, self.answered)
        concerned = (cell, *cells_of(expression, full=True))
        if all(self.own_number(each) is None for each in concerned):
            return []
        value = expression.value(self.answered.matrices)
        return self._numbers(expression, spelling, self.answered, value)

    def disagrees(self, cell: Cell) -> bool:
        """Return True if the answer's number does not follow from the answer's own operands.

        It follows if it is within half a unit of its last decimal, and of what the rounding of the
        operands may cause. As in `check`, an operand that is a rounded right number is right.
        """
        number = self.own_number(cell)
        if number is None:
            return False
        expression = self.expression(cell, self.answered)
        distance = float(self.own[cell.name].half_units[cell.index])

        def is_near(given: float, reach: float = 0.0) -> bool:
            allowed = distance + reach + 1e-9 * max(1, abs(given))
            return number == given or abs(number - given) <= allowed

        if is_near(expression.value(self.answered.matrices)):
            return False
        return not is_near(expression.value(self._unrounded), self._reach(expression))

    @cached_property
    def _unrounded(self) -> dict[str, Array]:
        """The numbers of the answer; those that are right when rounded are the right ones."""
        matrices = dict(self.answered.matrices)
        for name, own in self.own.items():
            if name in matrices:
                right = np.abs(own.values - self.trace.matrices[name]) <= own.half_units
                matrices[name] = np.where(right, self.trace.matrices[name], matrices[name])
        return matrices

    def _reach(self, expression: Expression) -> float:
        """Return the sum of the changes that half a unit of each wrong operand makes.

        Whole numbers are not rounded.
        """
        value, reach = expression.value(self._unrounded), 0.0
        for cell in set(cells_of(expression, full=True)):
            own, matrix = self.own.get(cell.name), self._unrounded[cell.name]
            if own is None or own.values[cell.index] != matrix[cell.index]:
                continue
            if own.decimals[cell.index] > 0 and (half := own.half_units[cell.index]):
                moved = matrix.copy()
                moved[cell.index] += half
                known = {**self._unrounded, cell.name: moved}
                change = abs(expression.value(known) - value)
                reach += change if isfinite(change) else 0.0
        return reach

    def remark(self, cell: Cell, precision: int | None) -> str:
        """Return a remark on the answer's number in a cell; empty if the answer has no number."""
        number = self.own_number(cell)
        if number is None:
            return ""
        own = self.own[cell.name]
        place = own.place_at(cell.index)
        text = own.arithmetic_at(cell.index) or number_text(
            number, precision if place is None else max(place, 0)
        )
        return f"{'but' if self.disagrees(cell) else 'and'} the answer has {text}"
