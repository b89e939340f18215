"""A report on an answer as a page: the verdicts, and the answer's matrices with wrong cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from attncli.homework.judging.marked_matrix import MarkedMatrix
from attncli.homework.judging.report import AnswerReport, StepReport
from attncli.homework.judging.verdicts import Verdict
from attncli.records import record, replace
from attncli.render.pages.cell_tables import CellTable
from attncli.render.pages.elements import Html, element, join
from attncli.render.pages.page_controls import draw_controls, draw_panel, sizes_of_axes
from attncli.render.pages.page_matrices import PageMatrix, Place, draw_matrix
from attncli.render.pages.page_shell import write_page
from attncli.render.reports.report_data import (
    LARGEST,
    MISTAKE,
    Paragraph,
    largest_text,
    mistakes_text,
    more_headings,
    paragraphs,
    verdict_text,
)
from attncli.render.reports.wrong_numbers import YOURS, number_texts
from attncli.render.view import View

TITLE = "Report on an answer"
HINT = "Point at a number, or walk to it with the arrow keys, to see the right number beside it."
WRONG, BLANK = "✗", "–"  # behind a wrong number, and in place of a number that is not answered
AGREES = "·"  # among the right numbers, in place of one that the answer has
GOOD, BAD, OPEN = "✓", "✗", "○"


@record(frozen=True)
class AnsweredMatrix(PageMatrix):
    """The matrix of an answer, or the right numbers of its wrong cells beside it.

    `written` are the texts of the numbers by heading and position. The matrix shows those below
    `heading`: `yours` is the answer itself.
    """

    marked: MarkedMatrix | None = None
    written: Mapping[str, Mapping[Place, str]] | None = None
    heading: str = YOURS

    def text(self, at: Place, view: View) -> str:
        assert self.written
        return self.written[self.heading].get(at, BLANK if self.heading == YOURS else AGREES)

    def sign(self, at: Place) -> str:
        return "" if self.heading != YOURS else f" {WRONG if self._is_wrong(at) else ' '}"

    def look(self, at: Place) -> str:
        if not self._is_wrong(at):
            return ""
        return "wrong" if self.heading == YOURS else "right"

    def _is_wrong(self, at: Place) -> bool:
        assert self.marked
        return bool(self.marked.wrong[at] and not self.marked.blank[at])

    def beside(self, view: View) -> list[CellTable]:
        """Return the tables of the answer, each with the tables of the right numbers beside it.

        Only the tables of the answer have names of cells.
        """
        assert self.written
        headings = [replace(self, heading=heading).tables(view) for heading in self.written]
        return [
            replace(
                table,
                caption=": ".join(filter(None, (table.caption, heading))),
                **({} if heading == YOURS else {"before": "", "after": ""}),
            )
            for group in zip(*headings, strict=True)
            for heading, table in zip(self.written, group, strict=True)
        ]

    def lines(self, table: CellTable, cause: str) -> Iterator[tuple[str, str]]:
        """Yield the name of each cell of a table, and the sentences on it with the cause."""
        for row, at_row in zip(table.rows.numbers, table.rows.positions, strict=True):
            for column, at_column in zip(
                table.columns.numbers, table.columns.positions, strict=True
            ):
                name = table.cell_name(row, column)
                yield name, self._line((*table.leading, at_row, at_column), name, cause)

    def _line(self, at: Place, name: str, cause: str) -> str:
        assert self.written
        if at not in self.written[YOURS]:
            return f"{name}: not answered."
        if not self._is_wrong(at):
            return f"{name}: {self.written[YOURS][at]} is not wrong."
        numbers = ", ".join(f"{heading} {texts[at]}" for heading, texts in self.written.items())
        return " ".join(filter(None, (f"{name}: {numbers}.", cause)))


def draw_report_page(report: AnswerReport, view: View) -> str:
    """Return the page of a report: HTML that needs no other file."""
    matrices = {
        line.name: _answered(line.name, line.matrix) for line in report.lines if line.matrix
    }
    tables = {name: matrix.beside(view) for name, matrix in matrices.items()}
    sizes = sizes_of_axes(table for each in tables.values() for table in each)

    def section(paragraph: Paragraph) -> Html:
        """Return the steps with one verdict and one cause: the words, then the matrices."""
        first = paragraph.lines[0]
        drawn = (
            element("section", element("h3", name), draw_matrix(name, matrices[name], each, sizes))
            for line in paragraph.lines
            for name, each in ((line.name, tables.get(line.name, [])),)
            if each
        )
        heading = f"{paragraph.names}: {first.verdict.words}"
        return element(
            "section",
            element("h2", _sign(first), " ", heading),
            element("p", paragraph.text),
            element("p", first.help, class_="help") if first.help else Html(),
            element("div", *drawn, class_="row"),
        )

    cells = {
        name: [text, []]
        for line in report.lines
        if line.name in matrices
        for table in tables[line.name]
        if table.before
        for name, text in matrices[line.name].lines(table, line.cause or line.rationale)
    }
    header = element(
        "header",
        element("h1", report.headline, class_="good" if report.passed else "bad"),
        *([element("p", report.title)] if report.title else []),
        *([element("p", report.marks)] if report.shows_points else []),
        *([draw_controls(sizes)] if tables else []),
    )
    main = element("main", *map(section, paragraphs(report)), _verdicts(report))
    panel = [draw_panel(HINT)] if tables else []
    return write_page(TITLE, {"cells": cells} if tables else None, header, main, *panel)


def _answered(name: str, marked: MarkedMatrix) -> AnsweredMatrix:
    """Return the matrix of an answer, with the texts that tell the wrong numbers from the right."""
    positions = list(np.ndindex(marked.wrong.shape))
    wrong = [at for at in positions if marked.wrong[at] and not marked.blank[at]]
    others = [at for at in positions if not (marked.wrong[at] or marked.blank[at])]
    columns, own = number_texts(list(map(marked.cell, wrong)), list(map(marked.cell, others)))
    written = {heading: dict(zip(wrong, texts, strict=True)) for heading, texts in columns.items()}
    written[YOURS].update(zip(others, own, strict=True))
    return AnsweredMatrix(
        name,
        marked.axes,
        tuple(range(axis.size) for axis in marked.axes),
        marked.yours,
        marked.rows,
        marked.columns,
        marked.slices,
        marked=marked,
        written=written,
    )


def _verdicts(report: AnswerReport) -> Html:
    """Return a table with the verdict on each step, in order."""
    headings = ["step", "verdict", *(["points"] if report.shows_points else [])]
    headings += more_headings(report)
    rows = []
    for line in report.lines:
        texts = {
            "verdict": join(_sign(line), " ", verdict_text(line)),
            "points": line.marks,
            LARGEST: largest_text(line),
            MISTAKE: mistakes_text(line),
        }
        cells = (element("td", texts[heading]) for heading in headings[1:])
        rows.append(element("tr", element("th", line.name, scope="row"), *cells))
    head = element("tr", *(element("th", heading, scope="col") for heading in headings))
    return element(
        "section",
        element("h2", "Verdicts"),
        element("div", element("table", element("thead", head), element("tbody", *rows)),
                class_="scroll"),
        class_="verdicts",
    )  # fmt: skip


def _sign(line: StepReport) -> Html:
    """Return the sign of a verdict, which its word repeats for screen readers."""
    if line.passed is None or line.verdict is Verdict.UNDECIDED:
        return element("span", OPEN, class_="open", aria_hidden="true")
    if line.passed:
        return element("span", GOOD, class_="good", aria_hidden="true")
    follows = line.verdict is Verdict.FOLLOWS
    return element("span", "→" if follows else BAD, class_="open" if follows else "bad",
                   aria_hidden="true")  # fmt: skip
