"""The cells of one sheet, and of one workbook, as its reader finds them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from attncli.documents.sheets.packed_xml import SMALLER
from attncli.documents.sheets.rectangles import Cell
from attncli.documents.sheets.references import Range, range_text
from attncli.errors import DocumentError
from attncli.records import field, record

MOST_CELLS = 300_000  # with content; larger matrices are for NPZ
MOST_PLACES = 2_000_000  # with the empty cells before them in their rows

_ERROR = re.compile(r"#(?:N/A|[A-Z][A-Z0-9/_]*[!?])|Err:\d{3}")

CALCULATE = "Open the workbook in a spreadsheet, and save it once."


@record(frozen=True)
class Sheet:
    """The rows of a sheet, each up to its last cell, and the cells that cannot be used.

    `faults` has the fault of a cell, and the cure, by its row and column, counted from 0. In
    `rows` such a cell is NaN, so that the matrix that it belongs to stays whole.
    """

    rows: list[list[Cell]] = field(default_factory=list)
    faults: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)


@record(frozen=True)
class SheetName:
    """The name of a sheet. A hidden sheet is only read if its name is given."""

    name: str
    is_hidden: bool = False


@record(frozen=True)
class Book:
    """A workbook: its sheets, the ranges with a defined name, and the function that reads a sheet.

    A range is None if the name stands for a formula, or for a range that was deleted.
    """

    sheets: list[SheetName]
    names: Mapping[str, tuple[str, Range] | None]
    read: Callable[[str], Sheet]


class SheetBuilder:
    """Collects the cells of a sheet in reading order; cells without content are left out."""

    def __init__(self) -> None:
        self.sheet = Sheet()
        self._cells = self._places = 0

    def put(self, row: int, column: int, cell: Cell) -> None:
        """Put a cell at its place. Raises DocumentError if the sheet becomes too large."""
        if isinstance(cell, str) and not cell.strip():
            return
        rows = self.sheet.rows
        if len(rows) <= row:
            self._places += row + 1 - len(rows)
            self._check()
            rows.extend([] for _ in range(row + 1 - len(rows)))
        line = rows[row]
        self._cells += 1
        self._places += max(0, column + 1 - len(line))
        self._check()
        line.extend([""] * (column + 1 - len(line)))
        line[column] = cell
        if isinstance(cell, str) and _ERROR.fullmatch(cell.strip()):
            self.error(row, column, cell.strip())

    def fault(self, row: int, column: int, fact: str, cure: str) -> None:
        """Record that a cell cannot be used."""
        self.put(row, column, float("nan"))
        self.sheet.faults[row, column] = (f"{range_text(row, column)} {fact}.", cure)

    def error(self, row: int, column: int, text: str) -> None:
        """Record a cell with an error of the spreadsheet, such as `#DIV/0!`."""
        self.fault(row, column, f"is the error {text}", "Correct its formula in the spreadsheet.")

    def date(self, row: int, column: int) -> None:
        """Record a cell with a date or a time."""
        fact = "is a date; spreadsheets turn a typed 1/3 into one"
        self.fault(row, column, fact, "Write =1/3, or '1/3 with an apostrophe before it.")

    def not_calculated(self, row: int, column: int) -> None:
        """Record a cell with a formula whose value was never calculated."""
        self.fault(row, column, "holds a formula that was never calculated", CALCULATE)

    def cover(self, area: Range) -> None:
        """Empty the cells of a merged area, except the first."""
        rows = self.sheet.rows
        for row in range(area.row, min(area.row + area.rows, len(rows))):
            line = rows[row]
            first = area.column + (row == area.row)
            last = min(area.column + area.columns, len(line))
            if first < last:
                line[first:last] = [""] * (last - first)

    def _check(self) -> None:
        if self._cells > MOST_CELLS:
            message = f"a sheet has more than {MOST_CELLS} cells."
            raise DocumentError(message, SMALLER)
        if self._places > MOST_PLACES:
            message = f"the cells of a sheet span more than {MOST_PLACES} places."
            raise DocumentError(message, SMALLER)
