"""Test the matrix of an answer with its wrong cells marked."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest

from attncli.calculation.algebra.layouts import Axis
from attncli.homework.judging.marked_matrix import MarkedMatrix
from attncli.render.console import TextConsole
from attncli.render.reports.marked_tables import print_marked
from attncli.render.view import View


def marked(shape: Sequence[int], wrong: Sequence[tuple[int, ...]]) -> MarkedMatrix:
    """Return a matrix of this shape that is wrong in these cells; no two numbers are equal."""
    right = np.arange(np.prod(shape), dtype=np.float64).reshape(shape) + np.float64(0.25)
    is_wrong = np.zeros(shape, dtype=np.bool_)
    for index in wrong:
        is_wrong[index] = True
    rows, columns = (tuple(str(at + 1) for at in range(size)) for size in shape[-2:])
    names = (*(["heads"] if len(shape) > 2 else []), "n", "m")
    return MarkedMatrix(
        axes=tuple(Axis(*side) for side in zip(names, shape, strict=True)),
        yours=np.where(is_wrong, right + 0.5, right),
        right=right,
        from_yours=right,
        decimals=np.full(shape, 2),
        wrong=is_wrong,
        blank=np.zeros(shape, dtype=np.bool_),
        rows=rows,
        columns=columns,
        slices=tuple(f"head {at + 1}" for at in range(shape[0])) if len(shape) > 2 else ("",),
    )


def drawn(matrix: MarkedMatrix, width: int | None = None, full: bool = False) -> str:
    """Return the text of a matrix on a screen of this width."""
    console = TextConsole(View(width=width, full=full))
    print_marked(console, matrix)
    return console.text


def test_a_wrong_cell_has_a_sign_and_the_right_number_beside_it() -> None:
    """The right matrix shows only the numbers of the wrong cells."""
    lines = drawn(marked((2, 2), [(0, 0)])).splitlines()
    assert [re.sub(" +", " ", line) for line in lines if "─" not in line] == [
        *(" yours 1 2 right 1 2", " 1 0.75 ✗ 1.25 1 0.25 ·", " 2 2.25 3.25 2 · ·"),
    ]


@pytest.mark.parametrize("width", [60, 80, 120, None])
@pytest.mark.parametrize(
    ("shape", "wrong"),
    [
        ((3, 3), [(0, 1), (2, 2)]),
        ((10, 10), [(at, at) for at in range(10)]),
        ((2, 4, 4), [(0, 1, 1), (1, 0, 3)]),
        ((50, 50), [(7, 40), (30, 2), (30, 3)]),
        ((4, 40, 40), [(3, 39, 39)]),
    ],
)
def test_every_wrong_cell_of_a_few_is_shown(
    shape: Sequence[int], wrong: Sequence[tuple[int, ...]], width: int | None
) -> None:
    """Each wrong cell is marked, both its numbers are whole, and lines fit the screen."""
    matrix = marked(shape, wrong)
    text = drawn(matrix, width)
    assert text.count("✗") == len(wrong)
    for index in wrong:
        assert f" {matrix.yours[index]:.2f} ✗" in text
        assert re.search(rf" {matrix.right[index]:.2f}(?!\d)", text)
    assert "more" not in text
    assert width is None or max(map(len, text.splitlines())) <= width


def test_a_large_wrong_matrix_is_short() -> None:
    """Of many wrong cells a few are shown, and the others are counted; --full shows them all."""
    every = [(row, column) for row in range(30) for column in range(30)]
    matrix = marked((30, 30), every)
    text = drawn(matrix, 80)
    assert text.count("✗") == 24
    assert text.endswith(" 876 more cells are wrong (--full shows all)\n")
    assert len(text.splitlines()) <= 22
    assert drawn(matrix, 80, full=True).count("✗") == 900


def test_rows_without_wrong_cells_are_left_out() -> None:
    """Of a large matrix, a table has the rows and columns with wrong cells, and marks the gaps."""
    lines = drawn(marked((40, 40), [(4, 7), (5, 30)])).splitlines()
    rows = [line.split()[0] for line in lines if "─" not in line]
    assert rows == ["yours", "⋮", "5", "6", "⋮"]
    assert lines[0].split()[:6] == ["yours", "…", "8", "…", "31", "…"]


def test_points_are_below_each_other() -> None:
    """The decimal points of a column and its signs are below each other, whatever the decimals."""
    matrix = marked((2, 1), [(0, 0), (1, 0)])
    matrix.yours[1, 0] = matrix.right[1, 0] + 1e-7
    matrix.decimals[1, 0] = 8
    lines = [line for line in drawn(matrix, 60).splitlines() if "✗" in line]
    assert [line.split("✗")[0].split()[1] for line in lines] == ["0.7500", "1.2500001"]
    assert len({line.index(".") for line in lines}) == len({line.index("✗") for line in lines}) == 1
