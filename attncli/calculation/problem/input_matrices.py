"""Read one input matrix into the layout `rows`: check its rank and cells, convert its dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray, Array, Booleans, Layout, Role
from attncli.calculation.names.matrix_names import MatrixName
from attncli.errors import ProblemError
from attncli.words import shape_text

MOST_AXES = 4  # batch, heads, n, m


def read_input(
    known: MatrixName, value: object, layout: Layout, role: Role, dtype: np.dtype[Any]
) -> Array:
    """Return the matrix `value`, checked, in the layout `rows` and the given dtype.

    `known` has the name and the axes that the matrix may have. A vector may also be one row or one
    column. Raises ProblemError for a wrong rank or cell.
    """
    name = known.name
    if not isinstance(value, np.ndarray):
        message = f"{name} is {value!r}, not a matrix."
        form = "a list of numbers: [1, 0]" if len(known.axes) == 1 else "rows: [[1, 0], [0, 1]]"
        raise ProblemError(message, f"Write {known.shape} numbers as {form}.", (name,))
    check_size(name, value)
    _check_rank(known, value)
    if value.dtype.kind == "b":
        message = f"{name} holds booleans, but needs numbers."
        raise ProblemError(message, "Only a mask may hold true and false.", (name,))
    check_cells(name, value, dtype)
    matrix = value.astype(dtype, copy=False)
    if len(known.axes) == 1:
        return matrix.reshape(-1) if 1 in matrix.shape else matrix
    return layout.swap(matrix, role)


def read_mask(
    name: str, value: AnyArray, kind: str | None, layout: Layout, dtype: np.dtype[Any]
) -> AnyArray:
    """Return a mask matrix as booleans (True = may attend) or as numbers to add, in `rows`.

    Without `kind`, booleans and 0/1 mean `keep` (1 = may attend), and other numbers `add`; `drop`
    means 1 = may not attend. Raises ProblemError if all cells are 0 and `kind` is None, which is
    ambiguous, and if `kind` and the cells disagree.
    """
    check_size(name, value)
    if value.ndim > MOST_AXES:
        message = (
            f"{name} is {_shape(value)}, of rank {value.ndim}, but scores have 4 axes at most."
        )
        raise ProblemError(message, "Leave out its leading axes.", (name,))
    booleans = value.dtype.kind == "b"
    if not booleans:
        check_cells(name, value, dtype, minus_infinity=True)
    binary = is_binary(value)
    if kind is None and not booleans and not value.any():
        message = (
            f"{name} holds only zeros: they may hide every key, no key, or add 0 to the scores."
        )
        raise ProblemError(message, "Choose --mask-kind keep, drop or add.", (name,))
    kind = kind or ("keep" if binary else "add")
    if booleans if kind == "add" else not binary:
        cells = "booleans" if booleans else "numbers other than 0 and 1"
        message = f"{name} holds {cells}, but mask_kind is {kind}."
        hint = "Use keep or drop." if booleans else "Use add, or a mask of 0 and 1."
        raise ProblemError(message, hint, (name, "mask_kind"))
    matrix = layout.swap(value, Role.TOKENS)
    return matrix.astype(dtype) if kind == "add" else matrix.astype(np.bool_) ^ (kind == "drop")


def is_binary(mask: AnyArray) -> bool:
    """Return True if all cells of the mask are booleans, or 0 and 1."""
    return mask.dtype.kind == "b" or bool(np.isin(mask, (0, 1)).all())


def place(name: str, index: tuple[int, ...]) -> str:
    """Return the place of a cell, counted from 1: `X[2], row 1, column 3`."""
    if len(index) == 1:
        return f"{name}, number {index[0] + 1}"
    *leading, row, column = (i + 1 for i in index)
    part = f"[{','.join(map(str, leading))}]" if leading else ""
    return f"{name}{part}, row {row}, column {column}"


def check_size(name: str, matrix: AnyArray) -> None:
    """Raise ProblemError if the matrix has no cells."""
    if not matrix.size:
        shape = " × ".join(map(str, matrix.shape))
        raise ProblemError(f"{name} is empty ({shape}).", "Give at least one number.", (name,))


def check_cells(
    name: str, matrix: AnyArray, dtype: np.dtype[Any], minus_infinity: bool = False
) -> None:
    """Raise ProblemError for the first cell that is NaN, infinite, or too large for the dtype.

    `minus_infinity` allows −inf, as masks need it.
    """
    if matrix.size > 1 and not any(matrix.strides):  # one number repeated, made of sizes
        matrix = matrix[(slice(1),) * matrix.ndim]
    allowed = np.isfinite(matrix) | (np.isneginf(matrix) & minus_infinity)
    if not allowed.all():
        index = _first(~allowed)
        need = "numbers or -inf" if minus_infinity else "finite numbers"
        message = f"{place(name, index)} is {matrix[index]}, but inputs need {need}."
        hint = "The largest number is 1.8e308; only results and answers may hold infinities."
        raise ProblemError(message, "" if minus_infinity else hint, (name,))
    too_large = np.isfinite(matrix) & (np.abs(matrix) > np.finfo(dtype).max)
    if too_large.any():
        index = _first(too_large)
        message = (
            f"{place(name, index)} is {matrix[index]}, too large for {dtype.name} "
            f"(at most {np.finfo(dtype).max})."
        )
        raise ProblemError(message, "Use --dtype float64.", (name,))


def _first(cells: Booleans) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(cells)[0])


def _check_rank(known: MatrixName, matrix: AnyArray) -> None:
    least = len(known.axes)
    most = least + len(known.leading)
    # A vector may also be one row or one column.
    is_line = least == 1 and matrix.ndim == 2 and 1 in matrix.shape
    if least <= matrix.ndim <= most or is_line:
        return
    shapes = []
    for count in range(len(known.leading) + 1):
        names = (*known.leading[:count], *known.axes)
        shapes.append(f"{' × '.join(names)} (rank {least + count})")
    message = (
        f"{known.name} is {_shape(matrix)}, of rank {matrix.ndim}, but it must be "
        f"{' or '.join(shapes)}."
    )
    hint = "A single row is written [[1, 2, 3]]." if matrix.ndim == 1 else ""
    raise ProblemError(message, hint, (known.name,))


def _shape(matrix: AnyArray) -> str:
    return shape_text(matrix.shape) if matrix.ndim else "a single number"
