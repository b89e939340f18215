"""Write a worksheet as CSV, which `attncli check` reads once its cells are filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from attncli.calculation.names.known_names import known_name
from attncli.calculation.problem.worksheet import Worksheet, WorksheetMatrix, given_text
from attncli.documents.text.csv_writer import FORMULAS, label_cell
from attncli.words import printable


def worksheet_csv(sheet: Worksheet) -> str:
    """Return a worksheet as CSV: a section for each step that is asked, with empty cells.

    The title, the given matrices and the formulas are comments, which no reader takes for an
    answer.
    """
    lines = [_comment(line) for line in sheet.lines("FILE.csv")]
    for matrix in sheet.given():
        lines += ["", _comment(f"{matrix.heading}:")]
        rows = [[given_text(number) for number in row] for row in matrix.numbers]
        lines += [f"# {line}" for line in _rows(matrix, rows, _shown)]
    for part in sheet.asked():
        if isinstance(part, str):
            lines += ["", _comment(part)]
            continue
        lines += ["", _comment(part.heading), part.section]
        rows = [[sheet.answer_text(number) for number in row] for row in part.numbers]
        lines += _rows(part, rows, _label)
    return "".join(f"{line}\n" for line in lines)


def _comment(text: str) -> str:
    """Return a comment, which a spreadsheet saves in one cell if it holds a quote.

    No cell of it begins like a formula.
    """
    divided = r"[,;\t] ?" if '"' in text else r"[,;\t](?=\s*[=+@-])"
    return f"# {re.sub(divided, ' ', printable(text))}"


def _plain(text: str) -> str:
    """Return a label without the signs that could divide a cell, or make a comment of its line.

    Not every spreadsheet quotes them again when it saves the file.
    """
    return re.sub(r'[",;\t#]+', " ", printable(text)).strip()


def _shown(text: str) -> str:
    """Return a label of a given matrix, which is never a formula."""
    text = _plain(text)
    return f"'{text}'" if text.startswith(FORMULAS) else text


def _label(text: str) -> str:
    """Return a label as a cell.

    A label that is the name of a matrix gets single quotes, because alone in its row it would begin
    another matrix; and so does a label that begins with a digit, which could be a number.
    """
    text = _plain(text)
    is_doubtful = known_name(text) or text[:1].isdigit()
    return label_cell(f"'{text}'" if is_doubtful else text)


def _rows(
    matrix: WorksheetMatrix, cells: Sequence[Sequence[str]], label: Callable[[str], str]
) -> Iterator[str]:
    """Yield a line of column labels, then each row with its label before it.

    A row without a label would be a row of empty cells, which is not part of a matrix: it is called
    `row 1`.
    """
    rows, columns = matrix.numbers.shape
    above = matrix.columns or [f"column {at + 1}" for at in range(columns)]
    beside = matrix.rows or [f"row {at + 1}" for at in range(rows)]
    yield ",".join(["", *map(label, above)])
    for name, row in zip(beside, cells, strict=True):
        yield ",".join([label(name), *row])
