"""Turn cells into numbers, and nested lists of cells into arrays."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from attncli.calculation.problem.input_matrices import place
from attncli.documents.parsed import AnyArray
from attncli.errors import DocumentError
from attncli.words import shape_text

DEEPEST = 8  # the deepest nesting of lists: more than any matrix needs
BOOLEANS = {"true": True, "false": False}


def point_for_comma(text: str) -> str:
    """Return the text with a point for its comma, if it has one comma and no point.

    >>> point_for_comma("1,5"), point_for_comma("1,000,000")
    ('1.5', '1,000,000')
    """
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


# U+2212 and what word processors make of a minus; the sign of infinity, as people write masks.
MINUS = {**dict.fromkeys(map(ord, "−–－"), "-"), ord("∞"): "inf"}


def number(text: str) -> float | None:
    """Return the number that a text writes, or None if it is not a number.

    >>> number("-1.5e3"), number("inf"), number("−2"), number("1_0")
    (-1500.0, inf, -2.0, None)
    """
    try:
        return None if "_" in text else float(text.translate(MINUS))
    except ValueError:
        return None


# A date, and a number in brackets, which is negative in accounts, are not arithmetic in a problem.
_DOUBTFUL = re.compile(r"\s*(?:\d+([-/])\d+\1\d+|\([^()]*\))\s*")
# Arithmetic has a digit: e and pi alone are words, which may be labels.
_ARITHMETIC = re.compile(
    r"(?=.*[\d½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])"
    r"(?:sqrt|exp|ln|log|tanh|pi|[eπ\d\s.+*/^()√%×·⋅÷−²½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞-])+"
)


def number_or_arithmetic(text: str) -> float | None:
    """Return the number in a cell of a problem: 0.5 for `1/2`. None if the cell has no number.

    Raises ValueError for arithmetic that has two meanings, with the cure.

    >>> number_or_arithmetic("-1/2"), number_or_arithmetic("2*sqrt(4)"), number_or_arithmetic("½")
    (-0.5, 4.0, 0.5)
    >>> number_or_arithmetic("e"), number_or_arithmetic("2026-11-28"), number_or_arithmetic("(1)")
    (None, None, None)
    """
    found = number(text)
    if found is not None or not _ARITHMETIC.fullmatch(text) or _DOUBTFUL.fullmatch(text):
        return found
    from attncli.calculation.problem.written_arithmetic import NOT_ARITHMETIC, evaluate

    try:
        return evaluate(text).value
    except ValueError as error:
        if str(error) == NOT_ARITHMETIC:
            return None
        raise


def is_arithmetic(text: str) -> bool:
    """Return True if a text is a number or arithmetic, also of two meanings."""
    try:
        return number_or_arithmetic(text) is not None
    except ValueError:
        return True


def is_counter(labels: Sequence[str]) -> bool:
    """Return True for the labels 0, 1, 2, … and 1, 2, 3, …, and False for none."""
    if not labels or labels[0] not in ("0", "1"):
        return False
    first = int(labels[0])
    return list(labels) == [str(first + place) for place in range(len(labels))]


def array_from(value: list[Any], name: str) -> AnyArray:
    """Return nested lists as an array of float64, or of booleans if every cell is a boolean.

    The strings "-inf", "inf" and "nan" are numbers. Raises DocumentError for ragged rows, with both
    lengths, and for the first cell that is not a number.
    """
    shape = _shape(value, name, ())
    cells: list[Any] = value
    for _ in shape[1:]:
        cells = list(chain.from_iterable(cells))
    kinds = set(map(type, cells))
    if kinds == {bool}:
        return np.array(cells, dtype=np.bool_).reshape(shape)
    if not kinds <= {int, float}:
        indices = np.ndindex(*shape)
        cells = [_number_in(cell, name, index) for cell, index in zip(cells, indices, strict=True)]
    try:
        return np.array(cells, dtype=np.float64).reshape(shape)
    except OverflowError:
        position = next(i for i, cell in enumerate(cells) if abs(cell) > _LARGEST)
        index = tuple(int(i) for i in np.unravel_index(position, shape))
        message = f"{place(name, index)} is too large for a number (at most 1.8e308)."
        raise DocumentError(message, names=(name,)) from None


_LARGEST = int(np.finfo(np.float64).max)


def _shape(value: list[Any], name: str, outer: tuple[int, ...]) -> tuple[int, ...]:
    kinds = set(map(type, value))
    if list not in kinds:
        return (len(value),)
    if len(outer) > DEEPEST:
        message = f"the lists of {name} are nested too deeply."
        raise DocumentError(message, "A matrix has 2 to 4 axes.", (name,))
    if not isinstance(value[0], list):
        i = next(i for i, part in enumerate(value) if isinstance(part, list))
        message = f"{place(name, (*outer, i))} is a list, not a number."
        raise DocumentError(message, "Every cell needs a number.", (name,))
    for i, part in enumerate(value):
        if not isinstance(part, list):
            message = f"{_part(name, outer, i)} is {said(part)}, not a row of numbers."
            raise DocumentError(message, "Every row of a matrix is a list.", (name,))
    shapes = [_shape(part, name, (*outer, i)) for i, part in enumerate(value)]
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            here, first = _part(name, outer, i), _part("", outer, 0)
            message = f"{here} has {_extent(shape)}, but {first} has {_extent(shapes[0])}."
            raise DocumentError(message, "All rows of a matrix have the same length.", (name,))
    return (len(value), *shapes[0])


def _part(name: str, outer: tuple[int, ...], i: int) -> str:
    """Return `X[2], row 1` for a part of a nested list; `row 1` without a name."""
    slices = f"{name}[{','.join(str(j + 1) for j in outer)}]" if outer else name
    return f"{slices}, row {i + 1}" if slices else f"row {i + 1}"


def _extent(shape: tuple[int, ...]) -> str:
    return shape_text(shape) if len(shape) == 1 else f"{shape_text(shape)} numbers"


def said(cell: object) -> str:
    """Return a cell as its document writes it, for a message."""
    if isinstance(cell, str):
        return repr(cell)
    return "empty (null)" if cell is None else json.dumps(cell)


def _number_in(cell: object, name: str, index: tuple[int, ...]) -> float:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return cell
    fact, cure = "not a number", "Every cell needs a number."
    if isinstance(cell, str):
        if _is_non_finite(cell):
            return float(cell)
        try:
            if (found := number_or_arithmetic(cell)) is not None:
                return found
        except ValueError as error:
            fact, cure = str(error), 'Write arithmetic such as "1/2" or "sqrt(2)".'
    message = f"{place(name, index)} is {said(cell)}, {fact}."
    raise DocumentError(message, cure, (name,))


def is_cell_or_row(part: object) -> bool:
    """Return True if a part of a list can belong to a matrix: a number, "-inf", "1/2", a list."""
    if isinstance(part, str):
        return _is_non_finite(part) or is_arithmetic(part)
    return isinstance(part, list | int | float)


def _is_non_finite(text: str) -> bool:
    return text.strip().lstrip("+-").casefold() in ("inf", "nan")
