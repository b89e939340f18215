"""A report as a document: Markdown for a page or a comment, LaTeX, Typst and PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attncli.homework.judging.marked_matrix import MarkedMatrix
from attncli.homework.judging.report import AnswerReport, StepReport
from attncli.render.papers.paper import Block, Grid, ItemList, Prose, Span, TextTable, prose
from attncli.render.reports.report_data import (
    MISTAKE,
    POINTS,
    Paragraph,
    headings_of,
    paragraphs,
    texts_of,
)
from attncli.render.reports.shown_parts import (
    Index,
    ShownPart,
    hidden_text,
    numbers_of,
    shown_parts,
    wrong_cells,
)
from attncli.render.reports.wrong_numbers import FROM_YOURS, RIGHT, YOURS
from attncli.render.tables.elision import COLUMN_GAP, GAP, ROW_GAP, gap_sign, labels_at
from attncli.render.view import View

BLANK = "–"  # a cell without an answer


def report_paper(report: AnswerReport, view: View) -> list[Block]:
    """Return a sentence on the whole, a table of verdicts, then the texts on each step."""
    blocks: list[Block] = [prose(report.headline, "bold")]
    if report.title:
        blocks.append(prose(report.title))
    if not report.lines:
        return blocks
    blocks.append(_verdicts(report))
    for paragraph in paragraphs(report):
        blocks += _paragraph(paragraph, view)
    if report.shows_points:
        blocks.append(prose(report.marks, "bold"))
    return blocks


def _verdicts(report: AnswerReport) -> TextTable:
    headings = headings_of(report)
    numbers = frozenset(at for at, heading in enumerate(headings) if heading == POINTS)
    return TextTable(headings, tuple(_row(line, headings) for line in report.lines), numbers)


def _row(line: StepReport, headings: Sequence[str]) -> tuple[tuple[Span, ...], ...]:
    """Return the cells of a step in the table of verdicts."""
    mistakes = [Span(name, "code") for name in line.mistakes]
    separated = [part for name in mistakes for part in (Span(", "), name)][1:]
    texts = texts_of(line).items()
    cells: dict[str, tuple[Span, ...]] = {heading: (Span(text),) for heading, text in texts}
    cells[MISTAKE] = tuple(separated)
    return ((Span(line.name, "code"),), *(cells[heading] for heading in headings[1:]))


def _paragraph(paragraph: Paragraph, view: View) -> Iterator[Block]:
    """Yield the text on steps with one cause, the advice, and the matrices with wrong cells."""
    first = paragraph.lines[0]
    heading = Span(f"{paragraph.names}: {first.verdict.words}.", "bold")
    yield Prose((heading, Span(f" {paragraph.text}")))
    if first.help:
        yield _advice(first.help)
    for line in paragraph.lines:
        if line.matrix:
            yield from _marked(line, line.matrix, view)


def _advice(text: str) -> Prose:
    """Return the advice on a step; a command at its end is written as code."""
    before, sign, command = text.partition(": attncli ")
    if not sign:
        return prose(text)
    return Prose((Span(f"{before}: "), Span(f"attncli {command}", "code")))


def _marked(line: StepReport, matrix: MarkedMatrix, view: View) -> Iterator[Block]:
    """Yield the numbers of the answer with its wrong cells marked, then the right numbers."""
    parts = shown_parts(matrix, view.full)
    texts = numbers_of(matrix, parts)
    for part in parts:
        yield _grid(line.name, matrix, part, texts[YOURS])
    places = {tuple(at - 1 for at in cell.index): cell.place for cell in line.differences}
    wrong = wrong_cells(matrix, parts)
    yield ItemList(tuple(_instead(places[index], index, texts) for index in wrong))
    hidden = hidden_text(matrix, parts)
    if hidden:
        yield prose(hidden, "italic")


def _grid(name: str, matrix: MarkedMatrix, part: ShownPart, texts: dict[Index, str]) -> Grid:
    """Return the numbers of the answer in one part of its matrix."""

    def text(row: int, column: int) -> str:
        return gap_sign(row, column) or texts.get((*part.index, row, column), BLANK)

    marked = {
        (at_row, at_column)
        for at_row, row in enumerate(part.rows)
        for at_column, column in enumerate(part.columns)
        if GAP not in (row, column) and matrix.wrong[(*part.index, row, column)]
    }
    return Grid(
        name,
        ", ".join(filter(None, ("your numbers", matrix.slices[part.number]))),
        tuple(labels_at(matrix.rows, part.rows, ROW_GAP)),
        tuple(labels_at(matrix.columns, part.columns, COLUMN_GAP)),
        tuple(tuple(text(row, column) for column in part.columns) for row in part.rows),
        has_labels=True,
        is_named=True,
        marked=frozenset(marked),
        row_numbers=tuple(row + 1 for row in part.rows),
        column_numbers=tuple(column + 1 for column in part.columns),
    )


def _instead(place: str, index: Index, texts: dict[str, dict[Index, str]]) -> tuple[Span, ...]:
    """Return a line on a wrong cell: its number, and what should be there instead."""
    yours, right = texts[YOURS][index], texts[RIGHT][index]
    follows = texts.get(FROM_YOURS, texts[RIGHT])[index]
    spans = (Span(f"{place}: "), Span(yours, "code"), Span(" instead of "), Span(right, "code"))
    if follows == right:
        return spans
    return (*spans, Span("; from your numbers: "), Span(follows, "code"))
