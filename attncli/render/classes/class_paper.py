"""The report on a class as blocks of a document, for Markdown."""

from __future__ import annotations

from attncli.homework.classes.class_report import ClassReport
from attncli.render.classes.class_texts import (
    TITLE,
    AnswerRow,
    answer_table,
    class_tables,
    summary,
)
from attncli.render.papers.paper import Block, Headline, Span, TextTable, prose
from attncli.render.view import View


def class_paper(report: ClassReport, view: View) -> list[Block]:
    """Return the sentences on the class, the tables of its statistics, and a row per answer."""
    blocks: list[Block] = [Headline(report.title or TITLE)]
    blocks += map(prose, summary(report.statistics))
    for table in class_tables(report, view.full):
        rows = tuple(tuple((Span(text),) for text in row) for row in table.rows)
        blocks += [Headline(table.title, 2), TextTable(table.headings, rows, table.numbers)]
        blocks += [prose(text) for text in (table.note, table.left_out) if text]
    if report.grades:
        headings, answers, folder = answer_table(report)
        numbers = frozenset(range(2, len(headings) - 2))  # the points of the steps, and the total
        table_of_answers = TextTable(headings, tuple(map(_row, answers)), numbers)
        blocks += [Headline("Answers", 2), table_of_answers, *([prose(folder)] if folder else [])]
    return blocks


def _row(row: AnswerRow) -> tuple[tuple[Span, ...], ...]:
    points = (
        Span(text, "bold" if lost else "") for text, lost in zip(row.points, row.lost, strict=True)
    )
    spans = (Span(row.student), Span(row.file), *points, Span(row.total))
    return tuple((span,) for span in (*spans, Span(row.first_wrong), Span(row.mistakes)))
