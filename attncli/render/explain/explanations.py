"""Explanations of cells, down to a depth, each as a chain of equal expressions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.expressions import (
    Cell,
    Expression,
    Known,
    Noted,
    Number,
    Quotient,
)
from attncli.calculation.algebra.layouts import Role
from attncli.calculation.algebra.plan import Step, Trace
from attncli.calculation.algebra.requirements import Paper
from attncli.calculation.analyses.cell_names import Selection
from attncli.calculation.problem.problem import Problem
from attncli.calculation.problem.shown import WORDS
from attncli.records import field, record, replace
from attncli.render.explain.spelling import Spelling, SumOfTerms, elide
from attncli.render.numbers import number_text

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

    def cells(self, selection: Selection) -> tuple[Iterator[Cell], int]:
        """Return the cells of a selection to explain, and the number of elided cells."""
        count = len(selection)
        most = count if self.full or count <= MOST else MOST
        return islice(selection, most), count - most

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
        needed = _cells(self.expression(cell, self.trace), self.full)
        found = [operand for operand in dict.fromkeys(needed) if operand.name in self.steps]
        names = list(dict.fromkeys(operand.name for operand in found))
        return sorted(found, key=lambda operand: (names.index(operand.name), operand.index))

    def value(self, cell: Cell) -> float:
        """Return the calculated number of a cell."""
        return float(self.trace.matrices[cell.name][cell.index])

    def labels(self, cell: Cell) -> list[str]:
        """Return the labels of a cell's row and column, as far as they have labels."""
        step = self.steps[cell.name]
        labels = [
            self.problem.label(axis, at)
            for axis, at in zip(step.axes, cell.index, strict=True)
            if axis.name not in WORDS and self.problem.labels.get(axis.name)
        ]
        return labels[::-1] if step.role in self.paper.layout.swapped else labels

    def chain(self, cell: Cell, spelling: Spelling) -> list[str]:
        """Return equal texts: the cell, its arithmetic in names, in numbers, halfway, its value."""
        expression = self.expression(cell, self.trace)
        names = replace(spelling, values=None).spell(expression)
        numbers = _numbers(expression, spelling, self.trace, self.value(cell))
        if _is_constant(expression):
            return [spelling.cell(cell), *numbers]
        return _distinct([spelling.cell(cell), names, *numbers])

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
        """Return the chain with the answer's numbers; empty if it has none for these cells."""
        if not self.own:
            return []
        expression = self.expression(cell, self.answered)
        concerned = (cell, *_cells(expression, full=True))
        if all(self.own_number(each) is None for each in concerned):
            return []
        value = expression.value(self.answered.matrices)
        return _numbers(expression, spelling, self.answered, value)

    def remark(self, cell: Cell, precision: int) -> str:
        """Return a remark: does the answer's number in a cell follow from the answer's operands?

        It follows if it is within half a unit of the last decimal in the answer's matrix. The text
        is empty if the answer has no number for the cell.
        """
        number = self.own_number(cell)
        if number is None:
            return ""
        decimals = self.own[cell.name].finest_decimal
        given = self.expression(cell, self.answered).value(self.answered.matrices)
        distance = 0.0 if decimals is None else 0.5 * 10.0**-decimals
        fits = number == given or abs(number - given) <= distance + 1e-9 * max(1, abs(given))
        text = number_text(number, precision if decimals is None else max(decimals, 0))
        return f", {'and' if fits else 'but'} the answer has {text}"


def _cells(expression: Expression, full: bool) -> Iterator[Cell]:
    """Yield the cells in an expression, from left to right."""
    if isinstance(expression, Cell):
        yield expression
    parts: Sequence[Expression] = expression.parts
    if isinstance(expression, SumOfTerms):
        parts, _ = elide(parts, full)
    for part in parts:
        yield from _cells(part, full)


def _is_constant(expression: Expression) -> bool:
    bare = expression.result if isinstance(expression, Noted) else expression
    return isinstance(bare, Number)


def _numbers(expression: Expression, spelling: Spelling, trace: Trace, value: float) -> list[str]:
    """Return equal texts: the arithmetic in the numbers of a trace, halfway, and its value."""
    if _is_constant(expression):
        return [spelling.number(value)]
    numbers = replace(spelling, values=trace.matrices)
    halfway = expression.halfway(trace.matrices)
    spelled = [numbers.spell(expression)]
    if not (
        isinstance(halfway, Quotient) and _reads_as_zero(halfway.denominator, spelling.precision)
    ):
        spelled.append(numbers.spell(halfway))
    return _distinct([*spelled, spelling.number(value)])


def _reads_as_zero(expression: Expression, precision: int) -> bool:
    return isinstance(expression, Known) and not float(number_text(expression.number, precision))


def _distinct(texts: list[str]) -> list[str]:
    """Return the texts without those that repeat the text before."""
    return [text for at, text in enumerate(texts) if not at or text != texts[at - 1]]
