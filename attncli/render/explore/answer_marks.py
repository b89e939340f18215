"""Marks for the cells of an answer: wrong by itself, or following from an earlier wrong step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray
from attncli.calculation.algebra.plan import Step
from attncli.homework.answers.comparing import compare
from attncli.homework.answers.digits import EXACT
from attncli.homework.answers.tolerance import Tolerance
from attncli.homework.judging.report import AnswerReport, StepReport
from attncli.homework.judging.verdicts import Verdict
from attncli.records import record
from attncli.render.explain.explanations import Explanations
from attncli.render.numbers import number_text

WRONG, FOLLOWS, RIGHT = "✗", "≠", "✓"

Index = tuple[int, ...]  # of a cell, in the layout `rows`, counted from 0


@record(frozen=True)
class JudgedCalculation:
    """A whole calculation; if there is an answer, with its numbers and the report on it."""

    explained: Explanations
    report: AnswerReport | None = None


@record(frozen=True)
class Marks:
    """The sign of a step of an answer, the verdict in words, and the texts of its marked cells."""

    sign: str
    verdict: str
    cells: Mapping[Index, str]


def marks_of(calculated: JudgedCalculation) -> Mapping[str, Marks]:
    """Return the marks of each step that the answer holds, with the verdicts of `attncli check`.

    The wrong cells of a wrong step are those that the report lists. In a step that follows, the
    cells that differ from the right numbers are marked.
    """
    explained, report = calculated.explained, calculated.report
    marks: dict[str, Marks] = {}
    for line in report.lines if report else ():
        step = explained.steps.get(line.name)
        if step is None or line.verdict is Verdict.MISSING:
            continue
        off: list[Index] = []
        sign = RIGHT
        if line.verdict.is_wrong:
            sign, off = WRONG, _wrong(line, step, explained)
        elif line.verdict is Verdict.FOLLOWS:
            sign, off = FOLLOWS, _different(step, explained)
        cells = {index: f"{sign} {_written(explained, line.name, index)}" for index in off}
        marks[line.name] = Marks(sign, line.verdict.words, cells)
    return marks


def _wrong(line: StepReport, step: Step, explained: Explanations) -> list[Index]:
    """Return the cells that a report lists, if the matrix has the right size."""
    layout = explained.paper.layout
    places = (tuple(at - 1 for at in cell.index) for cell in line.differences)
    return [layout.written_order(place, step.role) for place in places]


def _different(step: Step, explained: Explanations) -> list[Index]:
    """Return the cells in which the answer differs from the right numbers."""
    own = explained.own[step.name]
    right: AnyArray = explained.trace.matrices[step.name]
    places = max(matrix.finest_decimal or 0 for matrix in explained.own.values())
    fit = compare(own, [right], Tolerance(places=places))
    return [] if fit is None else [tuple(index) for index in np.argwhere(~fit.agrees).tolist()]


def _written(explained: Explanations, name: str, index: Index) -> str:
    """Return a number of the answer with the decimals that it is written with."""
    own = explained.own[name]
    decimals = int(own.decimals[index])
    precision = None if decimals == EXACT else max(decimals, 0)
    return number_text(float(own.values[index]), precision)
