"""Read CSV whose matrices stand anywhere in the file, each with its name above or at its left."""

from __future__ import annotations

from functools import cached_property

from attncli.documents.parsed import NAMELESS, IsValue, Parsed
from attncli.documents.text.cells import number_or_arithmetic, point_for_comma
from attncli.documents.text.csv_lines import Lines, fields
from attncli.errors import DocumentError


class GridOfLines:
    """The cells of lines as a grid, of which the rule of spreadsheets finds the matrices."""

    def __init__(self, lines: Lines, delimiter: str, is_value: IsValue | None) -> None:
        self._lines, self._delimiter, self._is_value = lines, delimiter, is_value

    @cached_property
    def _cells(self) -> list[list[str]]:
        return [fields(i, line, self._delimiter) for i, line in self._lines]

    def has_names_side_by_side(self) -> bool:
        """Return True if a line holds only names of matrices: two or more, with gaps."""
        gap = 2 * self._delimiter
        if not any(gap in line for _, line in self._lines):
            return False
        from attncli.documents.sheets.written_names import read_label

        return any(
            "" in cells and all(map(read_label, filter(None, cells))) for cells in self._beside()
        )

    def _beside(self) -> list[list[str]]:
        """Return the lines that hold a name of a matrix first, and other cells.

        A small letter, such as x or k, is the label of a row there.
        """
        from attncli.documents.sheets.written_names import read_label

        filled = ((cells, [cell for cell in cells if cell]) for cells in self._cells)
        several = ((cells, full[0]) for cells, full in filled if len(full) > 1)
        return [
            cells
            for cells, first in several
            if read_label(first) and not (len(first) == 1 and first.islower())
        ]

    def parts_or_none(self) -> Parsed | None:
        """Return the matrices if names stand beside other cells and no number is left over."""
        if not self._beside():
            return None
        try:
            parts = self.parts()
        except DocumentError:
            return None
        is_whole = NAMELESS not in parts and not any(
            note.startswith("left out") for part in parts.values() for note in part.notes
        )
        return parts if is_whole else None

    def parts(self) -> Parsed:
        """Return the matrices by their labels. Raises DocumentError as `parts_of_grid` does."""
        from attncli.documents.sheets.grid_parts import parts_of_grid
        from attncli.documents.sheets.rectangles import foreign_numbers

        values: list[list[float | bool | str]] = [
            [self._number(i, j) for j in range(len(cells))] for i, cells in enumerate(self._cells)
        ]
        for i, j in foreign_numbers(values):
            message = f"{self._where(i, j, 1, 1)} is {values[i][j]!r}, not a number."
            raise DocumentError(message, "Write numbers as 1.5, -2, 1e-5 or 1/2.")
        return parts_of_grid(values, self._where, self._cells if self._is_value else None)

    def _number(self, row: int, column: int) -> float | str:
        """Return the number in a cell; in an answer any value counts as one; else the text.

        Raises DocumentError for arithmetic that has two meanings.
        """
        cell = self._cells[row][column]
        text = cell if self._delimiter == "," and "," not in cell else point_for_comma(cell)
        try:
            found = number_or_arithmetic(text)
        except ValueError as error:
            if not self._is_value:
                message = f"{self._where(row, column, 1, 1)} is {cell!r}, {error}."
                raise DocumentError(message, "Write numbers as 1.5, -2, 1e-5 or 1/2.") from None
            found = None
        if found is None and cell and self._is_value and self._is_value(text):
            return 0.0  # arithmetic: the text itself is read later
        return cell if found is None else found

    def _where(self, row: int, column: int, rows: int, columns: int) -> str:
        """Return the place of a rectangle in the file: its lines and fields."""
        first, last = self._lines[row][0], self._lines[row + rows - 1][0]
        lines = f"line {first}" if rows == 1 else f"lines {first} to {last}"
        end = column + columns
        return f"{lines}, " + (f"field {end}" if columns == 1 else f"fields {column + 1} to {end}")
