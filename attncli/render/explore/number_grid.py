"""A matrix as text: the numbers of a column are aligned, and formatted only where they are seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np
from rich.cells import cell_len, set_cell_size

from attncli.calculation.algebra.layouts import AnyArray
from attncli.render.heat import Heat, heat_of
from attncli.render.numbers import number_text

MOST = 10_000  # cells: the widths of a larger matrix are estimated, and grow where they must
LONGEST = 15  # characters of a label; the arithmetic of a cell has the whole label
SAMPLED = 2000  # cells of a larger matrix that are formatted for the estimate

# Digits before the decimal point and after it; other texts, such as -inf and 1e-20, end where the
# numbers end.
_DECIMAL = re.compile(r"(-?[0-9]+)(\.[0-9]+)?")


def short_label(label: str) -> str:
    """Return the label of a row or column without the end of a long one.

    >>> short_label("internationalisation"), short_label("love")
    ('internationali…', 'love')
    """
    return label if cell_len(label) <= LONGEST else f"{set_cell_size(label, LONGEST - 1)}…"


class GridColumn:
    """The widths of a column in characters: they grow, so that no digit is ever cut."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.whole = self.fraction = self.other = self.beside = 0

    @property
    def number_width(self) -> int:
        """The width of the numbers."""
        return max(self.whole + self.fraction, self.other)

    @property
    def width(self) -> int:
        """The width of the label, or of the numbers and the numbers of an answer beside them."""
        return max(cell_len(self.label), self.number_width + self.beside)

    def measure(self, number: str, beside: str = "") -> None:
        """Make the column wide enough for a cell."""
        decimal = _DECIMAL.fullmatch(number)
        if decimal:
            self.whole = max(self.whole, len(decimal[1]))
            self.fraction = max(self.fraction, len(decimal[2] or ""))
        else:
            self.other = max(self.other, len(number))
        self.beside = max(self.beside, cell_len(beside) + 1 if beside else 0)

    def aligned(self, number: str, beside: str) -> tuple[str, str]:
        """Return the texts of a cell, which are together as wide as the column."""
        decimal = _DECIMAL.fullmatch(number)
        if decimal:
            number = decimal[1] + (decimal[2] or "").ljust(self.fraction)
        own = (f" {beside}" if beside else "").ljust(self.beside)
        return number.rjust(self.width - self.beside), own


class NumberGrid:
    """The numbers of a matrix, with labels, and beside a cell the number of an answer.

    `numbers` is rows × columns. `beside` holds the sign and number of an answer by row and column.
    """

    def __init__(
        self,
        numbers: AnyArray,
        rows: Sequence[str],
        columns: Sequence[str],
        beside: Mapping[tuple[int, ...], str] | None = None,
    ) -> None:
        self.numbers = numbers
        self.rows = [short_label(label) for label in rows]
        self.columns = [GridColumn(short_label(label)) for label in columns]
        self.beside = beside or {}
        self.label_width = max(map(cell_len, self.rows)) + 1
        for row, column in self._measured():
            self.columns[column].measure(self._number(row, column))
        for place, text in self.beside.items():
            self.columns[place[-1]].measure("", text)
        if numbers.size > MOST:  # columns that grow one after another would jump
            common = max(column.number_width for column in self.columns)
            for each in self.columns:
                each.other = common

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns."""
        return self.numbers.shape[0], self.numbers.shape[1]

    def cell(self, row: int, column: int) -> tuple[str, str]:
        """Return the number of a cell, and that of the answer beside it.

        They are as wide as their column, which grows if it must.
        """
        number, beside = self._number(row, column), self.beside.get((row, column), "")
        self.columns[column].measure(number, beside)
        return self.columns[column].aligned(number, beside)

    def heat(self) -> Heat:
        """Return the scale of the colours: from the smallest to the largest finite number."""
        finite = self.numbers[np.isfinite(self.numbers)]
        return heat_of([float(finite.min()), float(finite.max())] if finite.size else [])

    def _number(self, row: int, column: int) -> str:
        return number_text(float(self.numbers[row, column]))

    def _measured(self) -> Iterator[tuple[int, int]]:
        """Yield the cells that decide the widths: all, or a sample and the extreme numbers."""
        size = self.numbers.size
        if size <= MOST:
            yield from product(*map(range, self.shape))
            return
        flat = np.nan_to_num(self.numbers, posinf=0, neginf=0).ravel()
        places = [*range(0, size, size // SAMPLED), int(flat.argmin()), int(flat.argmax())]
        yield from (divmod(at, self.shape[1]) for at in places)
