"""Read a matrix in brackets: a print of PyTorch, NumPy or Python, or a matrix of MATLAB."""

from __future__ import annotations

import re
from typing import Any

from attncli.documents.parsed import IsValue
from attncli.documents.prints.printed import (
    NUMPY,
    PYTHON,
    SHORT_FLOATS,
    TORCH,
    WRITTEN,
    PrintedMatrix,
    checked_cell,
    flattened,
    with_digits,
)
from attncli.documents.text.cells import DEEPEST
from attncli.documents.text.excerpts import TextError
from attncli.documents.text.json_causes import WHOLE_NUMPY, WHOLE_TORCH
from attncli.errors import DocumentError
from attncli.records import replace

LONG_LINE = 60  # characters of a line that NumPy may break; its lines have 75 by default

# `Array(...)` is a print of JAX, `tf.Tensor(...)` of TensorFlow: both have the digits of NumPy.
CONSTRUCTOR = (
    r"(?:(?:(?:torch|np|numpy|jnp)\.)?(?:tensor|[aA]rray|matrix)|tf\.Tensor)"
    r"\((?=\s*[\[\d.+-]|\s*(?:nan|inf)|\s*\Z)"  # \Z is the end of a line that is searched
)
_OPEN = re.compile(rf"(?:Parameter containing:\s*)?({CONSTRUCTOR})")
_SCALAR = re.compile(r"(?:np|numpy)\.(?:float|int|uint|bool)\w*\(([^()\s]*)\)")
_SUFFIX = re.compile(r"\s*,?\s*(\w+)\s*=\s*(<[^<>]*>|'[^']*'|\"[^\"]*\"|\([^()]*\)|[\w.]+)")
_CELL = re.compile(r"[^\s,;\[\]()]+")
_ELIDED = ("...", "…", "⋯")


def read_brackets(text: str, position: int, is_value: IsValue | None) -> list[PrintedMatrix]:
    """Return the matrix that begins at a position, or the matrices of a tuple.

    Raises TextError, with the place, if the brackets hold anything but a matrix.
    """
    reader = _BracketReader(text, position, is_value)
    if text[position] != "(":
        return [reader.matrix()]
    reader.position += 1
    matrices = []
    while reader.next() != ")":
        if text.startswith("None", reader.position):  # attention without weights returns None
            reader.position += len("None")
        else:
            matrices.append(reader.matrix())
        if reader.next() == ",":
            reader.position += 1
    return [replace(matrix, end=reader.position + 1) for matrix in matrices]


class _BracketReader:
    """Walks through a text from a position on.

    `leaves` and `rows` are the separators of cells and of rows in brackets without a constructor.
    """

    def __init__(self, text: str, position: int, is_value: IsValue | None) -> None:
        self.text = text
        self.position = position
        self.is_value = is_value
        self._start()

    def _start(self) -> None:
        self.dtype = ""
        self.constructor = ""
        self.note = ""
        self.leaves: set[str] = set()
        self.rows: set[str] = set()

    def next(self) -> str:
        """Skip blanks, and return the next character. Raises TextError at the end of the text."""
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1
        if self.position == len(self.text):
            message = "the text ends here, but a bracket is still open."
            hint = "If the print is cut off, copy it again."
            raise self.fault(message, hint, len(self.text.rstrip()))
        return self.text[self.position]

    def fault(self, message: str, hint: str, position: int | None = None) -> TextError:
        """Return an error at a position, by default here."""
        return TextError(self.text, self.position if position is None else position, message, hint)

    def matrix(self) -> PrintedMatrix:
        """Return the matrix that begins here; one number is a vector of one number."""
        self.next()
        self._start()
        begin = self.position
        cells = self._value(0)
        form = self.constructor or self._bare_form(begin)
        written = [cells] if isinstance(cells, str) else cells
        if not self.constructor and form == NUMPY:
            self._refuse_rows_without_brackets(begin, written)
            written = self._with_digits(written, NUMPY)
        notes = (self.note,) if self.note else ()
        return PrintedMatrix(written, form, begin, self.position, self.dtype, notes)

    def _with_digits(self, cells: Any, form: str) -> Any:
        """Return the cells with the zeros that their program left out, and note the first."""
        whole = with_digits(cells, form, self.dtype)
        if self.is_value and form == NUMPY and not self.note and self.dtype not in SHORT_FLOATS:
            pairs = zip(flattened(cells), flattened(whole), strict=True)
            short = next((pair for pair in pairs if pair[0] != pair[1]), None)
            if short:
                self.note = (
                    f"NumPy prints zeros at the end as blanks: {short[0]} is read as {short[1]}."
                )
        return whole

    def _bare_form(self, begin: int) -> str:
        """Return the form of brackets without a constructor, which their separators show."""
        if ";" in self.leaves:
            return WRITTEN
        if {",", " "} <= self.leaves:
            message = "some rows have commas between their numbers, and some blanks."
            raise self.fault(message, "Write all rows alike, with decimal points.", begin)
        return PYTHON if "," in (self.leaves or self.rows) else NUMPY

    def _refuse_rows_without_brackets(self, begin: int, cells: list[Any]) -> None:
        """Refuse a vector that can also be a matrix: several short lines of equal length."""
        lines = self.text[begin : self.position].split("\n")
        is_vector = not any(isinstance(cell, list) for cell in cells)
        alike = len({len(_CELL.findall(line)) for line in lines}) == 1
        if is_vector and len(lines) > 1 and alike and max(map(len, lines)) < LONG_LINE:
            message = f"this can be a vector of {len(cells)} numbers, or {len(lines)} rows."
            raise self.fault(
                message, "Write rows as [[1, 2], [3, 4]], a vector on one line.", begin
            )

    def _value(self, depth: int) -> Any:
        """Return a nested list of cells, or one cell."""
        self.next()
        if depth > DEEPEST:
            raise DocumentError("its lists are nested too deeply.", "A matrix has 2 to 4 axes.")
        constructor = _OPEN.match(self.text, self.position)
        if constructor:
            return self._constructed(constructor, depth)
        scalar = _SCALAR.match(self.text, self.position)
        if scalar:
            self.position = scalar.end()
            return checked_cell(self.text, scalar[1], scalar.start(1), self.is_value)
        if self.text[self.position] in "[(":
            return self._list(depth)
        return self._cell()

    def _constructed(self, constructor: re.Match[str], depth: int) -> Any:
        """Return the cells in `tensor(...)` or `array(...)`, with the digits of this print."""
        outside = self.leaves, self.rows
        self.leaves, self.rows = set(), set()
        self.position = constructor.end()
        cells = self._value(depth + 1)
        self.leaves, self.rows = outside
        suffix = _SUFFIX.match(self.text, self.position)
        while suffix:
            if suffix[1] == "dtype":
                self.dtype = suffix[2].strip("'\"").removeprefix("torch.")
            self.position = suffix.end()
            suffix = _SUFFIX.match(self.text, self.position)
        if self.next() != ")":
            raise self.fault("a closing bracket ) is missing.", "Copy the whole print.")
        self.position += 1
        # `np.array(...)` is a line of Python, not a print: its digits are as written.
        is_print = "." not in constructor[1] or constructor[1].startswith("tf.")
        self.constructor = (TORCH if "tensor" in constructor[1] else NUMPY) if is_print else WRITTEN
        return self._with_digits(cells, self.constructor)

    def _list(self, depth: int) -> Any:
        """Return the parts of a bracket, which commas or blanks separate, and rows semicolons."""
        closing = "]" if self.text[self.position] == "[" else ")"
        self.position += 1
        items: list[Any] = []
        rows: list[list[Any]] = []
        separators: set[str] = set()
        after_comma = True
        while (character := self.next()) != closing:
            if character == ";":
                rows.append(items)
                items, after_comma = [], True
                self.position += 1
            elif character == ",":
                if after_comma:
                    raise self.fault("a number is missing before this comma.", "Write it.")
                separators.add(",")
                after_comma = True
                self.position += 1
            else:
                separators.update(() if after_comma else (" ",))
                items.append(self._value(depth + 1))
                after_comma = False
                self._check_separators(separators, items)
        self.position += 1
        is_leaf = not any(isinstance(item, list) for item in items)
        (self.leaves if is_leaf else self.rows).update(separators)
        if not rows:
            return items
        self.leaves.add(";")
        return [row for row in (*rows, items) if row]

    def _check_separators(self, separators: set[str], items: list[Any]) -> None:
        if len(separators) == 2 and isinstance(items[-1], str):
            message = "here commas and blanks separate the numbers of one row."
            raise self.fault(message, "Separate numbers with blanks or with commas, not with both.")

    def _cell(self) -> str:
        """Return the cell that begins here. Raises TextError for a cell that is not a number."""
        match = _CELL.match(self.text, self.position)
        if not match:
            found = self.text[self.position]
            raise self.fault(f"{found!r} does not belong here.", "Check the brackets.")
        if match[0].startswith(_ELIDED):
            is_torch = "tensor(" in self.text[max(0, self.position - 10_000) : self.position]
            cure = WHOLE_TORCH if is_torch else f"import sys; {WHOLE_NUMPY}"
            message = f"{match[0]} stands for numbers that are left out."
            raise self.fault(message, f"Print the whole matrix: {cure}.")
        self.position = match.end()
        return checked_cell(self.text, match[0], match.start(), self.is_value)
