"""The numbers of wrong cells as text: as many digits as show the difference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from statistics import median

from attncli.homework.answers.digits import EXACT
from attncli.homework.judging.marked_matrix import ComparedCell
from attncli.words import decimals_of, differing_decimals

USUAL = 4  # decimals, as in all tables
FEW, MANY = 4, 6  # significant digits of a usual number, and of the largest one at most
SMALLEST, LARGEST = 1e-6, 1e9  # the sizes that are written without an exponent
MOST_DIGITS = 17  # they distinguish any two numbers
YOURS, RIGHT, FROM_YOURS = "yours", "right", "from your numbers"


def number_texts(
    cells: Sequence[ComparedCell], others: Sequence[ComparedCell]
) -> tuple[dict[str, list[str]], list[str]]:
    """Return the columns of numbers of wrong cells by their headings, and those of right cells.

    All numbers of a column have the same decimals, and more where a difference needs more.
    `from your numbers` is there only if its text differs from `right` in some cell. `others` are
    the right cells; only the answer's own numbers are written for them.
    """
    decimals = _common_decimals(cells)
    base = {
        YOURS: max(_written(cell, decimals) for cell in (*cells, *others)),
        RIGHT: _fewest((cell.right for cell in cells), decimals),
        FROM_YOURS: _fewest((cell.from_yours for cell in cells), decimals),
    }
    rows = [_texts(cell, base, decimals) for cell in cells]
    columns = {heading: [row[heading] for row in rows] for heading in base}
    if columns[FROM_YOURS] == columns[RIGHT]:
        del columns[FROM_YOURS]
    return columns, [_own_text(cell, base[YOURS]) for cell in others]


def _common_decimals(cells: Sequence[ComparedCell]) -> int:
    """The decimals of a table: few digits of a usual number, more if a difference needs them."""
    sizes = [size for cell in cells if SMALLEST <= (size := _size(cell)) < LARGEST]
    if not sizes:
        return 0
    most = decimals_of(max(sizes), MANY)
    least = min(max(USUAL, decimals_of(median(sizes), FEW)), most)
    needed = (_decimals(cell, least) for cell in cells)
    return max((decimals for decimals in needed if decimals <= most), default=least)


def _texts(cell: ComparedCell, base: dict[str, int], decimals: int) -> dict[str, str]:
    """The numbers of one cell by heading."""
    numbers = {YOURS: cell.yours, RIGHT: cell.right, FROM_YOURS: cell.from_yours}
    if not SMALLEST <= _size(cell) < LARGEST:
        digits = _significant(cell)
        return {heading: _text(f"{number:.{digits}g}") for heading, number in numbers.items()}
    needed = _decimals(cell, decimals)
    if needed > decimals:
        base = {**dict.fromkeys(base, needed), YOURS: max(base[YOURS], _written(cell, needed))}
    return {heading: _text(f"{number:z.{base[heading]}f}") for heading, number in numbers.items()}


def _own_text(cell: ComparedCell, decimals: int) -> str:
    """The number of a right cell with these decimals."""
    is_usual = cell.yours == 0 or SMALLEST <= abs(cell.yours) < LARGEST
    return _text(f"{cell.yours:z.{decimals}f}" if is_usual else f"{cell.yours:.{FEW}g}")


def _text(number: str) -> str:
    return "NaN" if number == "nan" else number


def _decimals(cell: ComparedCell, least: int) -> int:
    """The fewest decimals that tell the number of the answer from the expected ones."""
    return max(differing_decimals(cell.yours, right, least) for right in _expected(cell))


def _significant(cell: ComparedCell) -> int:
    """The fewest significant digits that tell the number of the answer from the expected ones."""
    for digits in range(FEW, MOST_DIGITS):
        if f"{cell.yours:.{digits}g}" not in {f"{n:.{digits}g}" for n in _expected(cell)}:
            return digits
    return MOST_DIGITS


def _expected(cell: ComparedCell) -> tuple[float, ...]:
    return (cell.right, cell.from_yours)


def _size(cell: ComparedCell) -> float:
    """The largest finite size of the numbers of a cell; 1 if all are 0 or not finite."""
    sizes = [abs(n) for n in (cell.yours, *_expected(cell)) if isfinite(n)]
    return max(sizes, default=0.0) or 1.0


def _written(cell: ComparedCell, most: int) -> int:
    """The decimals with which the answer has its number, at most `most`; for arithmetic, enough."""
    written = max(0, cell.decimals) if cell.decimals < EXACT else _fewest([cell.yours], most)
    return min(written, most)


def _fewest(numbers: Iterable[float], most: int) -> int:
    """The fewest decimals that write these numbers in full, but at most `most`."""
    texts = (f"{number:.{most + 3}f}".rstrip("0") for number in numbers if isfinite(number))
    return min(most, max((len(text.partition(".")[2]) for text in texts), default=0))
