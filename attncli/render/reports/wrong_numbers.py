"""The numbers of wrong cells as text: as many digits as show the difference, points aligned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from statistics import median

from attncli.homework.answers.digits import EXACT
from attncli.homework.judging.report import WrongCell
from attncli.words import decimals_of, differing_decimals

USUAL = 4  # decimals, as in all tables
FEW, MANY = 4, 6  # significant digits of a usual number, and of the largest one at most
SMALLEST, LARGEST = 1e-6, 1e9  # the sizes that are written without an exponent
MOST_DIGITS = 17  # they distinguish any two numbers
YOURS, RIGHT, FROM_YOURS = "yours", "right", "from your numbers"


def number_columns(cells: Sequence[WrongCell]) -> dict[str, list[str]]:
    """Return the columns of numbers by their headings, one text per cell.

    All numbers of a column have the same decimals, and more where a difference needs more.
    `from your numbers` is there only if its text differs from `right` in some cell.
    """
    decimals = _common_decimals(cells)
    base = {
        YOURS: max(_written(cell, decimals) for cell in cells),
        RIGHT: _fewest((cell.right for cell in cells), decimals),
        FROM_YOURS: _fewest((_follows(cell) for cell in cells), decimals),
    }
    rows = [_texts(cell, base, decimals) for cell in cells]
    columns = {heading: [row[heading] for row in rows] for heading in base}
    if columns[FROM_YOURS] == columns[RIGHT]:
        del columns[FROM_YOURS]
    return columns


def aligned(heading: str, texts: Sequence[str]) -> list[str]:
    """Return the texts of a column at one width, with their points below each other."""
    behind = [len(text) - text.find(".") if "." in text else 0 for text in texts]
    room = max(behind)
    padded = [
        text + " " * (room - tail) if text[-1].isdigit() else text
        for text, tail in zip(texts, behind, strict=True)
    ]
    width = max(map(len, (heading, *padded)))
    return [text.rjust(width) for text in padded]


def _common_decimals(cells: Sequence[WrongCell]) -> int:
    """The decimals of a table: few digits of a usual number, more if a difference needs them."""
    sizes = [size for cell in cells if SMALLEST <= (size := _size(cell)) < LARGEST]
    if not sizes:
        return 0
    most = decimals_of(max(sizes), MANY)
    least = min(max(USUAL, decimals_of(median(sizes), FEW)), most)
    needed = (_decimals(cell, least) for cell in cells)
    return max((decimals for decimals in needed if decimals <= most), default=least)


def _texts(cell: WrongCell, base: dict[str, int], decimals: int) -> dict[str, str]:
    """The numbers of one cell by heading."""
    numbers = {YOURS: cell.yours, RIGHT: cell.right, FROM_YOURS: _follows(cell)}
    if not SMALLEST <= _size(cell) < LARGEST:
        digits = _significant(cell)
        return {heading: _text(f"{number:.{digits}g}") for heading, number in numbers.items()}
    needed = _decimals(cell, decimals)
    if needed > decimals:
        base = {**dict.fromkeys(base, needed), YOURS: max(base[YOURS], _written(cell, needed))}
    return {heading: _text(f"{number:z.{base[heading]}f}") for heading, number in numbers.items()}


def _text(number: str) -> str:
    return "NaN" if number == "nan" else number


def _decimals(cell: WrongCell, least: int) -> int:
    """The fewest decimals that tell the number of the answer from the expected ones."""
    return max(differing_decimals(cell.yours, right, least) for right in _expected(cell))


def _significant(cell: WrongCell) -> int:
    """The fewest significant digits that tell the number of the answer from the expected ones."""
    for digits in range(FEW, MOST_DIGITS):
        if f"{cell.yours:.{digits}g}" not in {f"{n:.{digits}g}" for n in _expected(cell)}:
            return digits
    return MOST_DIGITS


def _expected(cell: WrongCell) -> tuple[float, ...]:
    return (cell.right, _follows(cell))


def _follows(cell: WrongCell) -> float:
    return cell.right if cell.from_yours is None else cell.from_yours


def _size(cell: WrongCell) -> float:
    """The largest finite size of the numbers of a cell; 1 if all are 0 or not finite."""
    sizes = [abs(n) for n in (cell.yours, *_expected(cell)) if isfinite(n)]
    return max(sizes, default=0.0) or 1.0


def _written(cell: WrongCell, most: int) -> int:
    """The decimals with which the answer has its number, at most `most`; for arithmetic, enough."""
    written = max(0, cell.decimals) if cell.decimals < EXACT else _fewest([cell.yours], most)
    return min(written, most)


def _fewest(numbers: Iterable[float], most: int) -> int:
    """The fewest decimals that write these numbers in full, but at most `most`."""
    texts = (f"{number:.{most + 3}f}".rstrip("0") for number in numbers if isfinite(number))
    return min(most, max((len(text.partition(".")[2]) for text in texts), default=0))
