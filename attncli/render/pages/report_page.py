"""A report on an answer as a page: the verdicts, and the answer's matrices with wrong cells."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product

from attncli.homework.judging.marked_matrix import ComparedCell, MarkedMatrix
from attncli.homework.judging.report import AnswerReport, StepReport
from attncli.homework.judging.verdicts import Verdict
from attncli.records import field, record, replace
from attncli.render.numbers import number_text
from attncli.render.pages.cell_tables import CellTable
from attncli.render.pages.elements import Html, element, join
from attncli.render.pages.page_controls import (
    KEYS_OF_CELLS,
    draw_controls,
    draw_panel,
    sizes_of_axes,
)
from attncli.render.pages.page_matrices import PageMatrix, Place, draw_matrix, shown_positions
from attncli.render.pages.page_shell import write_page
from attncli.render.reports.report_data import (
    VERDICT,
    Paragraph,
    headings_of,
    paragraphs,
    texts_of,
)
from attncli.render.reports.wrong_numbers import YOURS, number_texts
from attncli.render.view import View

TITLE = "Report on an answer"
HINT = "Point at a number, or walk to it with the arrow keys, to see the right number beside it."
WRONG, BLANK = "✗", "–"  # behind a wrong number, and in place of a number that is not answered
AGREES = "·"  # among the right numbers, in place of one that the answer has
MOST_DECIMALS = 6  # of a right number that are shown
GOOD, BAD, OPEN, FOLLOWS = "✓", "✗", "○", "→"


@record(frozen=True)
class AnsweredMatrix(PageMatrix):
    """The matrix of an answer, or the right numbers of its wrong cells beside it.

    `written` are the texts of the numbers by heading and position. The matrix shows those below
    `heading`: `yours` is the answer itself. `wrong` are the positions of the wrong cells.
    """

    written: Mapping[str, Mapping[Place, str]] = field(default_factory=dict)
    wrong: Collection[Place] = ()
    heading: str = YOURS

    def text(self, at: Place, view: View) -> str:
        return self.written[self.heading].get(at, BLANK if self.heading == YOURS else AGREES)

    def sign(self, at: Place) -> str:
        if self.heading != YOURS or not self.wrong:
            return ""
        return f" {WRONG if at in self.wrong else ' '}"

    def look(self, at: Place) -> str:
        if at not in self.wrong:
            return ""
        return "wrong" if self.heading == YOURS else "right"

    def beside(self, view: View) -> list[CellTable]:
        """Return the tables of the answer, and beside those with wrong cells the right numbers.

        Only the tables of the answer have names of cells.
        """
        if not self.wrong:
            return self.tables(view)
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

    def lines(self, table: CellTable, step: StepReport) -> Iterator[tuple[str, str]]:
        """Yield the name of each cell of a table, and the sentences on it."""
        for row, column in product(table.rows.positions, table.columns.positions):
            name = table.cell_name(row + 1, column + 1)
            yield name, f"{name}: {self._sentences((*table.leading, row, column), step)}"

    def _sentences(self, at: Place, step: StepReport) -> str:
        """Return the numbers of a cell, and the cause of the verdict on its step."""
        numbers = {heading: texts[at] for heading, texts in self.written.items() if at in texts}
        cause = step.cause or step.rationale
        if len(numbers) > 1:
            both = ", ".join(f"{heading} {number}" for heading, number in numbers.items())
            return f"{both}. {cause}".rstrip()
        if not numbers:
            return "not answered."
        if step.verdict is Verdict.WRONG:
            return f"{numbers[YOURS]} is not wrong."
        return f"{numbers[YOURS]} is right." if not cause else f"{numbers[YOURS]}. {cause}"


def draw_report_page(report: AnswerReport, view: View) -> str:
    """Return the page of a report: HTML that needs no other file."""
    matrices = {
        step.name: _answered(step.name, step.answered, view)
        for step in report.lines
        if step.answered
    }
    tables = {name: matrix.beside(view) for name, matrix in matrices.items()}
    sizes = sizes_of_axes(table for each in tables.values() for table in each)
    cells = {
        name: [text, []]
        for step in report.lines
        for table in tables.get(step.name, ())
        if table.before
        for name, text in matrices[step.name].lines(table, step)
    }

    def draw(step: StepReport, *heading: Html) -> Html:
        """Return the matrix of a step, below a heading."""
        drawn = draw_matrix(step.name, matrices[step.name], tables[step.name], sizes)
        return element("section", *heading, drawn)

    def section(paragraph: Paragraph) -> Html:
        """Return the steps with one verdict and one cause: the words, then the wrong matrices."""
        first, *more = paragraph.lines
        heading = f"{paragraph.names}: {first.verdict.words}"
        drawn = (
            draw(step, *([element("h3", step.name)] if more else []))
            for step in paragraph.lines
            if step.matrix
        )
        return element(
            "section",
            element("h2", _sign(first), " ", heading),
            element("p", paragraph.text),
            element("p", first.help, class_="help") if first.help else Html(),
            element("div", *drawn, class_="row"),
        )

    others = [
        draw(step, element("h3", _sign(step), " ", step.name))
        for step in report.lines
        if step.answered and not step.matrix
    ]
    header = element(
        "header",
        element("h1", report.headline, class_=_look(report)),
        *([element("p", report.title)] if report.title else []),
        *([element("p", report.marks)] if report.shows_points else []),
        *([draw_controls(sizes, KEYS_OF_CELLS)] if tables else []),
    )
    verdicts = [_verdicts(report)] if report.lines else []
    main = element("main", *map(section, paragraphs(report)), *verdicts, _folded(others))
    panel = [draw_panel(HINT)] if tables else []
    return write_page(TITLE, {"cells": cells} if tables else None, header, main, *panel)


def _look(report: AnswerReport) -> str:
    """Return the class of the headline; an answer without verdicts is neither good nor bad."""
    if not report.lines:
        return ""
    return "good" if report.passed else "bad"


def _folded(steps: Sequence[Html]) -> Html:
    """Return the other steps of the answer, which a reader can unfold."""
    if not steps:
        return Html()
    summary = element("summary", element("h2", "Steps without an error of their own"))
    return element("details", summary, element("div", *steps), class_="folded")


def _answered(name: str, marked: MarkedMatrix, view: View) -> AnsweredMatrix:
    """Return the matrix of an answer, with the texts of the numbers that are shown.

    Where a number of the answer is not the right one, the texts tell the two apart. The number that
    follows from the answer's numbers has a text only where the answer has another one.
    """
    has_wrong = bool(marked.wrong.any())
    is_compared = marked.wrong if has_wrong else marked.from_yours != marked.right
    positions = shown_positions(marked.wrong.shape, view.full)
    answered = [at for at in positions if not marked.blank[at]]
    compared = [at for at in answered if is_compared[at]]
    others = [at for at in answered if not is_compared[at]]
    pairs, right = list(map(marked.cell, compared)), list(map(marked.cell, others))
    if not has_wrong:
        pairs = [replace(pair, from_yours=pair.right) for pair in pairs]
    if pairs:
        columns, own = number_texts(pairs, right)
    else:
        columns, own = {YOURS: []}, list(map(_as_written, right))
    written = {
        heading: dict(zip(compared, texts, strict=True)) for heading, texts in columns.items()
    }
    written[YOURS].update(zip(others, own, strict=True))
    return AnsweredMatrix(
        name,
        marked.axes,
        tuple(range(axis.size) for axis in marked.axes),
        marked.yours,
        marked.rows,
        marked.columns,
        marked.slices,
        written=written,
        wrong=set(compared) if has_wrong else (),
    )


def _as_written(cell: ComparedCell) -> str:
    """Return the number of an answer with the decimals that it is written with, unless many."""
    decimals = max(0, cell.decimals)
    return number_text(cell.yours, decimals if decimals <= MOST_DECIMALS else None)


def _verdicts(report: AnswerReport) -> Html:
    """Return a table with the verdict on each step, in order."""
    headings = headings_of(report)
    rows = []
    for line in report.lines:
        texts = texts_of(line)
        texts[VERDICT] = join(_sign(line), "\u00a0", texts[VERDICT])
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
        sign, look = OPEN, ""
    elif line.passed:
        sign, look = GOOD, "good"
    elif line.verdict is Verdict.FOLLOWS:
        sign, look = FOLLOWS, ""
    else:
        sign, look = BAD, "bad"
    return element("span", sign, class_=look, aria_hidden="true")
