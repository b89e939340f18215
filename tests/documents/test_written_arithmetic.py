"""Test cells as people write them by hand: numbers, arithmetic, and texts that are neither."""

from __future__ import annotations

import json
import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attncli.calculation.problem.written_arithmetic import LONGEST, evaluate
from attncli.documents.reader import Reader
from attncli.documents.text.cells import array_from
from attncli.errors import DocumentError
from attncli.homework.answers.digits import EXACT, read_cell

VALUES = [
    ("1/3", 1 / 3),
    ("3/sqrt(2)", 3 / math.sqrt(2)),
    ("e^2/(e^2+1)", math.e**2 / (math.e**2 + 1)),
    ("exp(-1)", math.exp(-1)),
    ("½", 0.5),
    ("-¾", -0.75),
    ("50%", 0.5),
    ("12.5%", 0.125),
    ("2√9", 6.0),
    ("√(1+3)", 2.0),
    ("3²", 9.0),
    ("2·3 × 4 ÷ 6", 4.0),
    ("−1", -1.0),
    ("-2^2", -4.0),
    ("2^-1", 0.5),
    ("tanh(0)", 0.0),
    ("ln(e)", 1.0),
    ("2pi/π", 2.0),
    ("3(1+1)", 6.0),
    ("-∞", -math.inf),
    ("-oo", -math.inf),
    ("1½", 1.5),
    ("-2 ¾", -2.75),
    ("3²(2)", 18.0),
]


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text for text, _ in VALUES])
def test_arithmetic_has_the_value_that_it_writes(text: str, value: float) -> None:
    """Arithmetic has the value that it has on paper, with the signs that people type."""
    assert evaluate(text).value == pytest.approx(value, rel=1e-15)


NO_VALUES = [
    *("", "x", "1/0", "1 2", "(1", "sqrt(-1)", "9^9^9", "2^2000", "exp(1000)", "0x10", "1_000"),
    *("1^1001", "1^(-1001)", "2²0", "3²²", "3²^2", "5²%", "4²9%", "2.5½", "(2)½", "e½", "½½"),
    *("√98%", "6sqrt5%", "4 4%", "½0%", "½56", "0.7711e400-2.036"),
    *("__import__('os')", "e.real", "[1]", "1 if 1 else 2", "lambda: 1", "True", "1//2", "'a'"),
    *("(" * 150 + "1" + ")" * 150, "-" * 100 + "1", "1+" * LONGEST + "1", "exp(1, 2)", "5%3"),
]


@pytest.mark.parametrize("text", NO_VALUES, ids=[text[:20] for text in NO_VALUES])
def test_texts_other_than_arithmetic_are_refused(text: str) -> None:
    """Texts other than arithmetic are refused, with code, endless numbers and deep nesting."""
    with pytest.raises(ValueError):  # noqa: PT011, the messages are tested where users meet them
        evaluate(text)


@pytest.mark.parametrize("text", ["2²0", "3² 2", "3²²", "3²^2", "3²**2", "5²%", "4²9%"])
def test_a_square_ends_its_factor(text: str) -> None:
    """A digit, a power or a percent sign after ² is refused: it is open what belongs together."""
    with pytest.raises(ValueError, match="directly after ²"):
        evaluate(text)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.text("0123456789.+-*/()^√e½% sqrtexp[]'_,=", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Any text is read as a number, or raises ValueError."""
    with suppress(ValueError):
        assert isinstance(evaluate(text).value, float)


@pytest.mark.parametrize(
    ("text", "decimals"),
    [
        ("12", 0),
        ("0.50", 2),
        (".5", 1),
        ("5.", 0),
        ("1e-3", 3),
        ("1.5e2", -1),
        ("33%", 2),
        ("33.3%", 3),
        ("1/3", EXACT),
        ("-inf", EXACT),
    ],
)
def test_decimals_are_read_as_written(text: str, decimals: int) -> None:
    """The last decimal place of a cell is that of its text; arithmetic is exact."""
    assert read_cell(text)[1] == decimals


@pytest.mark.parametrize(
    ("text", "value"), [("1½", 1.5), ("2½", 2.5), ("-1 ½", -1.5), ("1/2½", 0.4), ("2*½", 1.0)]
)
def test_a_fraction_after_a_whole_number_is_added(text: str, value: float) -> None:
    """2½ is two and a half, not two halves."""
    assert evaluate(text).value == value


@pytest.mark.parametrize("text", ["2.5½", "(1)½", "e½", "1/3%", "2^5%", "1½%"])
def test_what_can_be_read_in_two_ways_is_refused(text: str) -> None:
    """A fraction after anything but a whole number, and a percentage in a quotient, are refused."""
    with pytest.raises(ValueError, match=r"fraction|percentage|not arithmetic"):
        evaluate(text)


CURE = 'Write arithmetic such as "1/2" or "sqrt(2)".'
PROBLEM_CELLS = [
    ("1/2", 0.5),
    ("2/3", 2 / 3),
    ("-ln(2)", -math.log(2)),
    ("sqrt(2)", math.sqrt(2)),
    ("3/√2", 3 / math.sqrt(2)),
    ("½", 0.5),
    ("50%", 0.5),
    ("0.25", 0.25),
    ("−2", -2.0),
]


@pytest.mark.parametrize(("cell", "value"), PROBLEM_CELLS)
def test_a_cell_of_a_problem_may_be_arithmetic(cell: str, value: float) -> None:
    """A text in JSON, or in a literal, is float64 of the exact arithmetic."""
    assert array_from([[1, cell]], "X").tolist() == [[1, value]]
    entry = Reader().matrix("X", json.dumps([[cell, 1]])).entries["X"]
    assert np.asarray(entry.value).tolist() == [[value, 1]]


OTHER_CELLS = [
    ("2026-11-28", "X, row 1, column 2 is '2026-11-28', not a number. Every cell needs a number."),
    ("1/2/2026", "X, row 1, column 2 is '1/2/2026', not a number. Every cell needs a number."),
    ("(3)", "X, row 1, column 2 is '(3)', not a number. Every cell needs a number."),
    ("1/0", "X, row 1, column 2 is '1/0', not a number. Every cell needs a number."),
    ("pi", "X, row 1, column 2 is 'pi', not a number. Every cell needs a number."),
    ("9**9**9", "X, row 1, column 2 is '9**9**9', an exponent beyond 1000. " + CURE),
    (
        "1 1/2",
        "X, row 1, column 2 is '1 1/2', two numbers side by side: write a sign between them. "
        + CURE,
    ),
]


@pytest.mark.parametrize(("cell", "message"), OTHER_CELLS)
def test_other_cells_of_a_problem_are_refused(cell: str, message: str) -> None:
    """A date, a number in brackets and arithmetic without a value are refused at their cell."""
    with pytest.raises(DocumentError) as error:
        array_from([[1, cell]], "X")
    assert str(error.value) == message
