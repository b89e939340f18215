"""A printed matrix, with the digits that its program left out."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from attncli.calculation.problem.document import JsonNumber
from attncli.documents.parsed import IsValue, Part
from attncli.documents.text.cells import number
from attncli.documents.text.excerpts import TextError
from attncli.records import record

TORCH, NUMPY, PYTHON, WRITTEN = "PyTorch", "NumPy", "Python", "as written"
CERTAIN = 6  # significant digits of a whole number in float32 that are beyond doubt
_FIXED = re.compile(r"[+-]?\d+\.(\d*)")
_WHOLE = re.compile(r"[+-]?\d+\.")
_POWER = re.compile(r"([+-]?\d+\.)(\d*)(e[+-]\d+)")
SHORT_FLOATS: dict[str, type[np.float16 | np.float32]] = {
    "float16": np.float16,
    "bfloat16": np.float16,
    "float32": np.float32,
}
BOOLEANS = {"True": True, "False": False}
MASKED = "--"  # a cell of a masked array of NumPy


@record(frozen=True)
class PrintedMatrix:
    """Nested lists of texts, the form that they are written in, and the type that is printed.

    `position` is where the matrix begins in its text, `end` where it ends. `notes` say how the
    matrix was read.
    """

    cells: list[Any]
    form: str
    position: int
    end: int
    dtype: str = ""
    notes: tuple[str, ...] = ()
    row_labels: tuple[str, ...] | None = None
    column_labels: tuple[str, ...] | None = None

    def part(self, is_value: IsValue | None) -> Part:
        """Return the matrix as a part of a document; the cells of an answer stay texts."""
        return Part(self._value(is_value), self.row_labels, self.column_labels, notes=self.notes)

    def _value(self, is_value: IsValue | None) -> object:
        flat = flattened(self.cells)
        if not _is_regular(self.cells):  # the readers of documents and answers name the row
            return _each(self.cells, str if is_value else _number)
        if flat and all(cell in BOOLEANS for cell in flat):
            return np.array(_each(self.cells, BOOLEANS.__getitem__))
        if not is_value:
            return _each(self.cells, _number)
        kind = SHORT_FLOATS.get(self.dtype)
        if kind and _fits(flat, kind):
            # An array of this type lets an answer count by the digits that the type can have.
            return np.array(_each(self.cells, float)).astype(kind)
        return _each(self.cells, _json_number) if self.form == PYTHON else self.cells


def _number(cell: str) -> float | bool:
    return BOOLEANS[cell] if cell in BOOLEANS else float(cell)


def _json_number(cell: str) -> str:
    return JsonNumber(cell) if number(cell) is not None else cell


def _is_regular(cells: Any) -> bool:
    """Return True if all lists of one depth have one length."""
    level = [cells]
    while isinstance(level[0], list):
        if len({len(part) if isinstance(part, list) else -1 for part in level}) > 1:
            return False
        level = [part for parts in level for part in parts]
        if not level:
            return True
    return not any(isinstance(part, list) for part in level)


def _fits(flat: list[str], kind: type[np.float16 | np.float32]) -> bool:
    """Return True if all cells are numbers, and none is too large for the type."""
    numbers = [number(cell) for cell in flat]
    largest = float(np.finfo(kind).max)
    return all(n is not None and not largest < abs(n) < float("inf") for n in numbers)


def flattened(cells: Any) -> list[str]:
    """Return all cells of nested lists in their order."""
    if not isinstance(cells, list):
        return [cells]
    return [text for part in cells for text in flattened(part)]


def _each(cells: Any, turn: Any) -> Any:
    return [_each(part, turn) for part in cells] if isinstance(cells, list) else turn(cells)


def with_digits(cells: list[Any], form: str, dtype: str) -> list[Any]:
    """Return the cells with the zeros that their program leaves out at the ends of numbers.

    NumPy gives all numbers of an array the decimals of the longest, and prints zeros at the ends as
    blanks. PyTorch prints `1.` only in a tensor whose numbers are all exactly whole.
    """
    flat = flattened(cells)
    numbers = [cell for cell in flat if _FIXED.fullmatch(cell)]
    if form == NUMPY:
        decimals = max((len(cell.partition(".")[2]) for cell in numbers), default=0)
        powers = filter(None, map(_POWER.fullmatch, flat))
        mantissa = max((len(power[2]) for power in powers), default=0)
        return _each(cells, lambda cell: _padded(cell, decimals, mantissa))  # type: ignore[no-any-return]
    is_exact = form == TORCH and numbers and all(map(_WHOLE.fullmatch, numbers))
    if is_exact and not dtype.endswith("float16"):
        return _each(cells, _exact)  # type: ignore[no-any-return]
    return cells


def _padded(cell: str, decimals: int, mantissa: int) -> str:
    if _FIXED.fullmatch(cell):
        return cell + "0" * (decimals - len(cell.partition(".")[2]))
    power = _POWER.fullmatch(cell)
    return f"{power[1]}{power[2].ljust(mantissa, '0')}{power[3]}" if power else cell


def _exact(cell: str) -> str:
    whole = len(cell.strip("+-."))
    return cell + "0" * max(0, CERTAIN - whole) if _WHOLE.fullmatch(cell) else cell


def checked_cell(text: str, cell: str, position: int, is_value: IsValue | None) -> str:
    """Return a cell that is a number, or a value of an answer. Raises TextError for others.

    `position` is the place of the cell in the text.
    """
    cell = cell.replace("−", "-")
    if cell in BOOLEANS or (number(cell) is not None and cell.isascii()):
        return cell
    if is_value and (cell == MASKED or is_value(cell)):
        return "" if cell == MASKED else cell
    message = f"{cell!r} is not a number." if cell else "this cell is empty, not a number."
    hint = "Every cell needs a number."
    if re.fullmatch(r"[-+]?\d+,\d+", cell):
        hint = "Write a decimal point, not a comma."
    elif re.fullmatch(r"[-+*/^().\w√π ]+", cell) and re.search(r"\d", cell):
        hint = "A problem needs numbers such as 0.25; arithmetic may stand in answers."
    raise TextError(text, position, message, hint)
