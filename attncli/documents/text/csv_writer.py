"""Write matrices as CSV and TSV, with or without labels, and in the long form."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from attncli.documents.parsed import LONG_HEAD
from attncli.documents.text.csv_lines import MISSING, is_numeral
from attncli.words import printable

if TYPE_CHECKING:
    from attncli.calculation.problem.problem import Computation
    from attncli.calculation.problem.shown import ShownMatrix
    from attncli.documents.parsed import AnyArray

# Words that a reader takes for a number, for a truth value, or for arithmetic in an answer.
VALUE_WORDS = {
    *("e", "pi", "π", "inf", "oo", "infinity", "nan", "true", "false"),
    *("sqrt", "exp", "ln", "log", "tanh"),
}

FORMULAS = tuple("=+-@")  # a spreadsheet takes a cell that begins so for a formula


def write_csv(result: Computation, labels: bool) -> bytes:
    """Return a result as CSV: one matrix without its name, several below their names.

    Every digit is kept.
    With `labels`, every matrix has a line of labels above it and a column of labels beside it.
    """
    return _write(result, labels, ",")


def write_tsv(result: Computation, labels: bool) -> bytes:
    """Return a result as CSV, with tabs instead of commas."""
    return _write(result, labels, "\t")


def dump_csv(matrices: Mapping[str, AnyArray]) -> bytes:
    """Return matrices as CSV: one without its name, several below their names.

    Booleans are 0 and 1.
    """
    sections = {
        _section_name(name, index): _block(matrix[index], ",")
        for name, matrix in matrices.items()
        for index in np.ndindex(*matrix.shape[:-2])
    }
    return _joined(sections, is_bare=all(matrix.ndim <= 2 for matrix in matrices.values()))


def _section_name(name: str, index: Sequence[int]) -> str:
    """Return the name of a section, such as `weights[1]` for index (0,)."""
    return f"{name}[{','.join(str(at + 1) for at in index)}]" if index else name


def _write(result: Computation, labels: bool, delimiter: str) -> bytes:
    shown = list(result.shown())
    sections = {
        part.name: _labelled(matrix, part.cells, delimiter)
        if labels
        else _block(part.cells, delimiter)
        for matrix in shown
        for part in matrix.slices()
    }
    return _joined(sections, is_bare=all(matrix.matrix.ndim <= 2 for matrix in shown))


def _joined(sections: Mapping[str, str], is_bare: bool) -> bytes:
    """Return the sections below their names, with empty lines between; one matrix has no name."""
    if len(sections) == 1 and is_bare:
        return "".join(sections.values()).encode()
    return "\n".join(f"{name}\n{block}" for name, block in sections.items()).encode()


def _block(matrix: AnyArray, delimiter: str) -> str:
    numbers = matrix.astype(int) if matrix.dtype.kind == "b" else matrix
    return "".join(f"{_line(row, delimiter)}\n" for row in numbers.tolist())


def _line(row: Iterable[float], delimiter: str) -> str:
    return delimiter.join(map(repr, row))


def _labelled(shown: ShownMatrix, cells: AnyArray, delimiter: str) -> str:
    """Return a matrix with a line of column labels and a column of row labels; the corner is empty.

    Rows and columns without labels are called `row 1` and `column 1`: a line of numbers would be
    read as numbers of the matrix.
    """
    columns = map(label_cell, shown.column_labels or (f"column {name}" for name in shown.columns))
    rows = map(label_cell, shown.row_labels or (f"row {name}" for name in shown.rows))
    lines = [
        f"{label}{delimiter}{_line(row, delimiter)}\n"
        for label, row in zip(rows, cells.tolist(), strict=True)
    ]
    return "".join([delimiter.join(["", *columns]), "\n", *lines])


def label_cell(text: str) -> str:
    """Return a label as a cell that is read back as a label.

    A label that looks like a value gets single quotes, and so does a label that a spreadsheet would
    take for a formula. A label that could end the cell gets double quotes.

    >>> label_cell("love"), label_cell("3"), label_cell("e"), label_cell("a,b"), label_cell("=x")
    ('love', "'3'", "'e'", '"a,b"', "'=x'")
    """
    text = printable(text)
    text = f"'{text}'" if looks_like_a_value(text) or text[:1] in FORMULAS else text
    is_special = text != text.strip() or any(character in text for character in '",;\t#')
    return '"' + text.replace('"', '""') + '"' if is_special else text


def looks_like_a_value(text: str) -> bool:
    """Return True if a label could be read as a number, a truth value, arithmetic or a blank."""
    if text in MISSING or is_numeral(text):
        return True
    words = "".join(c if c.isalpha() else " " for c in text).casefold().split()
    if words:
        return all(word in VALUE_WORDS for word in words)
    return not text.strip() or any(c.isnumeric() or c == "∞" for c in text)


def write_long(result: Computation, labels: bool) -> bytes:
    """Return a result in the long form: a line of names, then one line per number.

    A line has the step, the batch entry, the head, the row and the column, counted from 1, and the
    number. The batch entry and the head are empty for a step without such an axis. With `labels`,
    row and column are labels if the step has labels.
    """
    data = io.BytesIO()
    with io.TextIOWrapper(data, encoding="utf-8", newline="", write_through=True) as text:
        text.write(f"{LONG_HEAD}\n")
        writer = csv.writer(text, lineterminator="\n")
        for shown in result.shown():
            writer.writerows(_long_rows(shown, labels))
        return data.getvalue()


def _long_rows(shown: ShownMatrix, labels: bool) -> Iterator[tuple[object, ...]]:
    rows, columns = shown.rows, shown.columns
    if not labels:
        rows, columns = ([str(at + 1) for at in places] for places in shown.places[-2:])
    for part in shown.slices():
        counted = zip(shown.axes, part.index, strict=False)
        at = {axis.name: place + 1 for axis, place in counted}
        # `hidden` of additive scoring has three axes of its own: its step is named hidden[1].
        others = [place - 1 for name, place in at.items() if name not in ("batch", "heads")]
        step = _section_name(shown.step.name, others)
        leading = step, at.get("batch", ""), at.get("heads", "")
        for row, numbers in zip(rows, part.cells, strict=True):
            for column, number in zip(columns, numbers.tolist(), strict=True):
                yield (*leading, row, column, number)
