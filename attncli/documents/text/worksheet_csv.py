"""Write a worksheet as CSV, which `attncli check` reads once its cells are filled in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attncli.calculation.names.known_names import known_name
from attncli.calculation.problem.worksheet import Worksheet, WorksheetMatrix, given_text
from attncli.documents.text.csv_writer import label_cell
from attncli.words import printable

if TYPE_CHECKING:
    from attncli.render.view import View


def worksheet_csv(sheet: Worksheet, _: View) -> str:
    """Return a worksheet as CSV: a section for each step, with labels and empty cells.

    The title, the given matrices and the formulas are comments, which no reader takes for an
    answer.
    """
    lines = [sheet.title, *sheet.instructions("FILE.csv"), sheet.choices()]
    comments = [printable(line) for line in lines if line]
    for matrix in sheet.given():
        rows = [[given_text(number) for number in row] for row in matrix.numbers]
        comments += ["", f"{matrix.heading}:", *_rows(matrix, rows)]
    sections = [f"# {line}".rstrip() for line in comments]
    for matrix in sheet.steps():
        rows = [[sheet.answer_text(number) for number in row] for row in matrix.numbers]
        sections += ["", f"# {matrix.heading}", matrix.section, *_rows(matrix, rows)]
    return "".join(f"{line}\n" for line in sections)


def _rows(matrix: WorksheetMatrix, cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a line of column labels, then each row with its label before it."""
    rows, columns = matrix.numbers.shape
    yield ",".join(["", *_labels(matrix.columns, "column", columns)])
    for label, row in zip(_labels(matrix.rows, "row", rows), cells, strict=True):
        yield ",".join([label, *row])


def _labels(labels: Sequence[str], kind: str, size: int) -> list[str]:
    """Return the labels as cells; the label of a row without one is `row 1`.

    A row without a label would be a row of empty cells, which is not part of a matrix. A label that
    is the name of a matrix gets single quotes: alone in its row, it would begin another matrix.
    """
    if not labels:
        return [f"{kind} {at + 1}" for at in range(size)]
    return [label_cell(f"'{label}'" if known_name(label) else label) for label in labels]
