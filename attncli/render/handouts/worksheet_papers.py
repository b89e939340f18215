"""The blocks of a worksheet, and of its key, as a document to hand out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from attncli.calculation.analyses.cell_names import Selection, paper
from attncli.calculation.problem.worksheet import Worksheet, WorksheetMatrix, given_text
from attncli.render.explain.explanations import Explanations
from attncli.render.papers.paper import (
    Arithmetic,
    Block,
    Grid,
    Headline,
    Prose,
    Span,
    prose,
)
from attncli.render.papers.trace_paper import step_opening
from attncli.render.view import View
from attncli.words import shape_text


def worksheet_paper(sheet: Worksheet, _: View) -> list[Block]:
    """Return the title, what to do, the given matrices, and each step with its grid."""
    return list(_blocks(sheet))


def _blocks(sheet: Worksheet) -> Iterator[Block]:
    yield Headline(sheet.title)
    yield prose(sheet.instruction)
    if command := sheet.check_command("FILE"):
        yield Prose((Span("Check it: "), Span(command, "code")))
    if choices := sheet.choices():
        yield prose(choices)
    yield Headline("Given", 2)
    for matrix in sheet.given():
        caption = ", ".join(filter(None, (shape_text(matrix.numbers.shape), matrix.where)))
        numbers = [[given_text(one) for one in row] for row in matrix.numbers]
        yield _grid(matrix, numbers, caption, is_named=True)
    yield from _steps(sheet)


def _steps(sheet: Worksheet) -> Iterator[Block]:
    """Yield each step, with its grid if it is asked; in a key, with the arithmetic of each cell."""
    result = sheet.result
    problem, plan = result.problem, result.trace.plan
    explained = Explanations(problem, result.trace, paper(problem, plan), (), full=True)
    parts = {name: list(found) for name, found in groupby(sheet.steps(), lambda part: part.name)}
    for shown in result.shown():
        step = shown.step
        yield step_opening(plan, step)
        if not parts[step.name][0].is_asked:
            yield prose("Nothing to calculate.")
            continue
        for part in parts[step.name]:
            texts = [[sheet.answer_text(one) for one in row] for row in part.numbers]
            yield _grid(part, texts, part.where)
        if sheet.is_key:
            is_swapped = step.role in problem.layout.swapped
            cells = Selection(step.name, shown.places, is_swapped)
            yield Arithmetic(explained, tuple((0, cell) for cell in cells))


def _grid(
    matrix: WorksheetMatrix, cells: list[list[str]], caption: str, is_named: bool = False
) -> Grid:
    rows, columns = matrix.numbers.shape
    return Grid(
        matrix.section,
        caption,
        matrix.rows or _counted(rows),
        matrix.columns or _counted(columns),
        tuple(map(tuple, cells)),
        bool(matrix.rows or matrix.columns),
        is_named,
    )


def _counted(size: int) -> tuple[str, ...]:
    return tuple(str(at + 1) for at in range(size))
