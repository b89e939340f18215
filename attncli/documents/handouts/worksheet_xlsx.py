"""Write a worksheet as a workbook, which `attncli check` reads once its cells are filled in."""

from __future__ import annotations

from math import isfinite

from attncli.calculation.names.known_names import known_name
from attncli.calculation.problem.worksheet import Worksheet, WorksheetMatrix, given_text
from attncli.documents.sheets.references import Range
from attncli.documents.sheets.xlsx_writer import Style, WrittenCell, WrittenSheet, workbook_bytes
from attncli.documents.text.csv_writer import looks_like_a_value
from attncli.words import printable

NARROWEST, WIDEST = 9, 40  # characters of a column


def worksheet_xlsx(sheet: Worksheet) -> bytes:
    """Return a worksheet as a workbook with one sheet.

    Each matrix is a range with a defined name, such as `scores` or `weights.1` for head 1, so that
    a matrix is read back even if its cells are empty.
    """
    grid = _Grid(sheet)
    rows = grid.rows
    columns = max(map(len, rows))
    widths = [_width([row[at : at + 1] for row in rows]) for at in range(columns)]
    # In a worksheet, a learner must see the digits that the cell holds: they are judged.
    decimals = sheet.decimals if sheet.is_key else None
    return workbook_bytes(WrittenSheet("Worksheet", rows, widths, grid.names, decimals))


class _Grid:
    """The cells of a worksheet, from top to bottom, and the ranges of its matrices by name."""

    def __init__(self, sheet: Worksheet) -> None:
        self.rows: list[list[WrittenCell | None]] = []
        self.names: dict[str, Range] = {}
        title, *lines = sheet.lines("FILE.xlsx")
        self._line(title, Style.TITLE)
        for line in lines:
            self._line(line, Style.PLAIN)
        for matrix in sheet.given():
            given = [[_given(number) for number in row] for row in matrix.numbers.tolist()]
            self._put(matrix, given)
        for part in sheet.asked():
            if isinstance(part, str):
                self.rows.append([])
                self._line(part, Style.PLAIN)
                continue
            texts = [[sheet.answer_text(number) for number in row] for row in part.numbers]
            self._put(part, [[_answer(text) for text in row] for row in texts])

    def _line(self, text: str, style: Style) -> None:
        self.rows.append([WrittenCell(printable(text), style)])

    def _put(self, matrix: WorksheetMatrix, cells: list[list[WrittenCell]]) -> None:
        """Add a matrix below an empty row: its heading, the labels of its columns, its rows."""
        self.rows.append([])
        self._line(matrix.heading, Style.HEADING)
        self.rows.append([None, *map(_label, matrix.columns)])
        top = len(self.rows)
        labels = map(_label, matrix.rows or [""] * len(cells))
        self.rows += [[label, *row] for label, row in zip(labels, cells, strict=True)]
        name = ".".join([matrix.name, *(str(at + 1) for at in matrix.index)])
        if "[" not in name:  # one of several masks, which cannot be a defined name
            self.names[name] = Range(top, 1, *matrix.numbers.shape)


def _label(text: str) -> WrittenCell:
    """Return a label; single quotes stand around one that would be read as a number or a name."""
    is_doubtful = bool(text) and (looks_like_a_value(text) or known_name(text))
    return WrittenCell(printable(f"'{text}'" if is_doubtful else text), Style.LABEL)


def _given(number: float) -> WrittenCell:
    is_number = isfinite(number)
    return WrittenCell(float(number) if is_number else given_text(number), Style.NUMBER)


def _answer(text: str) -> WrittenCell:
    """Return an empty cell, or a number with the decimals of its text."""
    value = float(text) if text else None
    return WrittenCell(value if value is None or isfinite(value) else text, Style.BLANK)


def _width(cells: list[list[WrittenCell | None]]) -> float:
    """Return the width of a column; titles and headings reach over the columns beside them."""
    over = (Style.TITLE, Style.HEADING, Style.PLAIN)
    texts = [f"{one.value}" for row in cells for one in row if one and one.style not in over]
    return min(WIDEST, max([NARROWEST, *(len(text) + 2 for text in texts)]))
