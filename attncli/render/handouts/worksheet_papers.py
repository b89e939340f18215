"""Write a worksheet as a document for people: Markdown, LaTeX, Typst or PDF."""

from __future__ import annotations

from collections.abc import Iterator

from attncli.calculation.problem.worksheet import Worksheet, WorksheetMatrix, given_text
from attncli.render.papers.formulas import read_formula, step_formula
from attncli.render.papers.latex_notation import LatexNotation
from attncli.render.papers.markdown_notation import MarkdownNotation
from attncli.render.papers.paper import Block, Grid, Headline, StepOpening, prose
from attncli.render.papers.typst_notation import TypstNotation
from attncli.render.view import View
from attncli.words import shape_text


def worksheet_markdown(sheet: Worksheet) -> str:
    """Return a worksheet as Markdown, which `attncli check` reads once it is filled in."""
    return MarkdownNotation(View()).write(list(worksheet_paper(sheet, "FILE.md")))


def worksheet_latex(sheet: Worksheet) -> str:
    """Return a worksheet as LaTeX, to print."""
    return LatexNotation(View()).write(list(worksheet_paper(sheet, "FILE")))


def worksheet_typst(sheet: Worksheet) -> str:
    """Return a worksheet as Typst, to print."""
    return TypstNotation(View()).write(list(worksheet_paper(sheet, "FILE")))


def worksheet_paper(sheet: Worksheet, file: str) -> Iterator[Block]:
    """Yield the title, what to do, the given matrices, and each step with its grid.

    `file` is the name of the answer's file in the command that checks it.
    """
    yield Headline(sheet.title)
    for line in filter(None, (*sheet.instructions(file), sheet.choices())):
        yield prose(line)
    yield Headline("Given", 2)
    for matrix in sheet.given():
        named = f"{matrix.section}, {shape_text(matrix.numbers.shape)}"
        yield _grid(matrix, [[given_text(one) for one in row] for row in matrix.numbers], named)
    plan = sheet.result.trace.plan
    steps = {step.name: (number, step) for number, step in enumerate(plan.steps, 1)}
    for matrix in sheet.steps():
        if not any(matrix.index):
            number, step = steps[matrix.name]
            formula = read_formula(step_formula(step, plan.layout))
            yield StepOpening(number, step.name, formula, plan.shape(step))
        texts = [[sheet.answer_text(one) for one in row] for row in matrix.numbers]
        yield _grid(matrix, texts, matrix.where)


def _grid(matrix: WorksheetMatrix, cells: list[list[str]], caption: str) -> Grid:
    rows, columns = matrix.numbers.shape
    return Grid(
        matrix.section,
        caption,
        matrix.rows or _counted(rows),
        matrix.columns or _counted(columns),
        tuple(map(tuple, cells)),
        bool(matrix.rows or matrix.columns),
    )


def _counted(size: int) -> tuple[str, ...]:
    return tuple(str(at + 1) for at in range(size))
