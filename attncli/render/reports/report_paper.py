"""A report as a document: Markdown for a page or a comment, LaTeX, Typst and PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attncli.homework.judging.report import AnswerReport, StepReport, WrongCell
from attncli.render.papers.paper import Block, ItemList, Prose, Span, TextTable, prose
from attncli.render.reports.report_data import (
    LARGEST,
    MISTAKE,
    Paragraph,
    largest_text,
    more_headings,
    paragraphs,
    verdict_text,
)
from attncli.render.reports.wrong_numbers import FROM_YOURS, RIGHT, YOURS, number_columns
from attncli.render.view import View


def report_paper(report: AnswerReport, _: View) -> list[Block]:
    """Return a sentence on the whole, a table of verdicts, then the texts on each step."""
    blocks: list[Block] = [prose(report.headline, "bold")]
    if report.title:
        blocks.append(prose(report.title))
    if not report.lines:
        return blocks
    blocks.append(_verdicts(report))
    for paragraph in paragraphs(report):
        blocks += _paragraph(paragraph)
    if report.shows_points:
        blocks.append(prose(report.marks, "bold"))
    return blocks


def _verdicts(report: AnswerReport) -> TextTable:
    points = ["points"] if report.shows_points else []
    headings = (report.subject, "verdict", *points, *more_headings(report))
    numbers = frozenset(at for at, heading in enumerate(headings) if heading == "points")
    return TextTable(headings, tuple(_row(line, headings) for line in report.lines), numbers)


def _row(line: StepReport, headings: Sequence[str]) -> tuple[tuple[Span, ...], ...]:
    """Return the cells of a step in the table of verdicts."""
    mistakes = [Span(name, "code") for name in line.mistakes]
    separated = [part for name in mistakes for part in (Span(", "), name)][1:]
    more = {
        "points": (Span(line.marks),),
        LARGEST: (Span(largest_text(line)),),
        MISTAKE: tuple(separated),
    }
    own = ((Span(line.name, "code"),), (Span(verdict_text(line)),))
    return (*own, *(more[heading] for heading in headings[2:]))


def _paragraph(paragraph: Paragraph) -> Iterator[Block]:
    """Yield the text on steps with one cause, the advice, and the wrong cells."""
    first = paragraph.lines[0]
    heading = Span(f"{paragraph.names}: {first.verdict.words}.", "bold")
    yield Prose((heading, Span(f" {paragraph.text}")))
    if first.help:
        yield prose(first.help)
    items = []
    for line in paragraph.lines:
        name = f"{line.name}, " if len(paragraph.lines) > 1 else ""
        items += _wrong_cells(line.differences, name)
    if items:
        yield ItemList(tuple(items))


def _wrong_cells(cells: Sequence[WrongCell], name: str) -> list[tuple[Span, ...]]:
    """Return a line for each wrong cell; `name` is the step, if there are several."""
    if not cells:
        return []
    columns = number_columns(cells)
    yours, right = columns[YOURS], columns[RIGHT]
    follows = columns.get(FROM_YOURS, right)
    items = []
    for at, cell in enumerate(cells):
        spans = [Span(f"{name}{cell.place}: "), Span(yours[at], "code"), Span(" instead of ")]
        spans.append(Span(right[at], "code"))
        if follows[at] != right[at]:
            spans += [Span("; from your numbers: "), Span(follows[at], "code")]
        items.append(tuple(spans))
    return items
