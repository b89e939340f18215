"""Test that the prints of PyTorch and NumPy are read back to every digit that they show."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from attncli.documents.parsed import NAMELESS
from attncli.documents.prints.brackets import LONG_LINE
from attncli.documents.sources import parse
from attncli.errors import DocumentError
from attncli.homework.answers.answer import is_value
from tests.running import ROOT, run

FROZEN = json.loads((ROOT / "tests/reference/prints/prints.json").read_text(encoding="utf-8"))[
    "cases"
]
WHOLE = [case for case in FROZEN if case["values"] is not None]
ELIDED = [case for case in FROZEN if case["values"] is None]


def read(text: str, *, as_answer: bool) -> Any:
    """Return the one matrix of a text, as a document or as an answer holds it."""
    parsed = parse("", text.encode(), is_value if as_answer else None)
    return parsed[NAMELESS].value


def numbers(values: Any) -> NDArray[np.float64]:
    """Return nested lists as an array; NaN for None."""
    return np.array(values, dtype=np.float64)


def half_unit(text: str) -> float:
    """Return half a unit of the last place of a number that is written in digits."""
    match = re.fullmatch(r"[+-]?\d+(?:\.(\d*))?(?:e([+-]\d+))?", text)
    assert match, text
    return 0.5 * 10.0 ** (int(match[2] or 0) - len(match[1] or ""))


def assert_close(texts: Any, values: NDArray[np.float64], spacing: float) -> None:
    """Assert that each text is within half a unit of its last place, and the type's spacing."""
    for text, value in zip(np.array(texts).ravel(), values.ravel(), strict=True):
        if not np.isfinite(value):
            assert str(float(text or "nan")) == str(value)
        else:
            distance = half_unit(str(text)) * (1 + 1e-9) + spacing * abs(value)
            assert abs(float(text) - value) <= distance


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case["name"])
def test_a_print_is_read_in_an_answer(case: dict[str, Any]) -> None:
    """Each cell of an answer has the digits of the print, in the shape of the tensor or array."""
    read_value = read(case["text"], as_answer=True)
    expected = numbers(case["values"])
    assert np.shape(read_value) == expected.shape
    if isinstance(read_value, np.ndarray):
        # Up to four decimals of a float16 or bfloat16 are printed, or the shortest text.
        assert np.allclose(read_value.astype(float), expected, rtol=2**-9, atol=5e-5)
    else:
        # NumPy's str does not show that an array has float32 or float16.
        spacing = {"float32 str": 2**-24, "float16 str": 2**-11}.get(case["name"][-11:], 0)
        assert_close(read_value, expected, spacing)


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case["name"])
def test_a_print_is_read_in_a_problem(case: dict[str, Any]) -> None:
    """A print gives a document the numbers that it shows, as booleans or as floats."""
    if case["name"] == "numpy masked str":
        pytest.skip("a problem has no empty cells")
    value = np.array(read(case["text"], as_answer=False))
    assert value.shape == np.shape(case["values"])
    assert (value.dtype == np.bool_) == ("booleans" in case["name"])
    expected = numbers(case["values"])
    assert np.allclose(value, expected, rtol=6e-3, atol=6e-5, equal_nan=True)


@pytest.mark.parametrize("case", ELIDED, ids=lambda case: case["name"])
def test_a_print_that_leaves_numbers_out_is_refused(case: dict[str, Any]) -> None:
    """The message names the option that makes the program print the whole matrix."""
    library = 'torch.set_printoptions(profile="full")'
    if "numpy" in case["name"]:
        library = "np.set_printoptions(threshold=sys.maxsize)"
    for as_answer in (True, False):
        with pytest.raises(DocumentError, match=re.escape(library)):
            read(case["text"], as_answer=as_answer)


DIGITS = {
    "[[0.25791239 0.459     ]\n [7.         2.        ]]": [
        ["0.25791239", "0.45900000"],
        ["7.00000000", "2.00000000"],
    ],
    "array([[0.5, 7. ]])": [["0.5", "7.0"]],
    "[1.25e-05 5.00e-01]": ["1.25e-05", "5.00e-01"],
    "[[ 0.5  -inf   nan]\n [ inf -0.   12.25]]": [
        ["0.50", "-inf", "nan"],
        ["inf", "-0.00", "12.25"],
    ],
    "tensor([[1., 0.], [-20., 3.]])": [["1.00000", "0.00000"], ["-20.0000", "3.00000"]],
    "tensor([[1.0000, 0.5000]])": [["1.0000", "0.5000"]],
    "tensor([[1, 2]])": [["1", "2"]],
    "[[1. 2.]]": [["1.", "2."]],
    "[[0.5 --]]": [["0.5", ""]],
    "[[np.float64(0.5), np.float64(2.0)]]": [["0.5", "2.0"]],
    "[1/2 1/3; 3 4]": [["1/2", "1/3"], ["3", "4"]],
}


@pytest.mark.parametrize("text", DIGITS)
def test_the_digits_of_a_print_are_written_back(text: str) -> None:
    """Zeros that NumPy prints as blanks are digits, and whole numbers of PyTorch are exact."""
    assert read(text, as_answer=True) == DIGITS[text]


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_the_type_of_a_print_is_kept(dtype: str) -> None:
    """An answer with a suffix of float16 or float32 counts by the digits of that type."""
    value = read(f"array([[0.5, 0.3333]], dtype={dtype})", as_answer=True)
    assert value.dtype == np.dtype(dtype)


def is_ambiguous(text: str) -> bool:
    """Tell if a vector stands in several lines, all short and with as many numbers."""
    lines = text.split("\n")
    counts = {len(re.findall(r"[^\s\[\]]+", line)) for line in lines}
    return len(lines) > 1 and len(counts) == 1 and max(map(len, lines)) < LONG_LINE


SCALED = '{"Q": [[6, 0], [0, 6]], "K": [[2, 0], [0, 2]], "scale": 0.57735026918962576}'
ROUNDED = {
    "by hand": ("scaled,\n7.,0.\n0.,6.92820323\n", 0),
    "NumPy": ("scaled\n[[7.         0.        ]\n [0.         6.92820323]]\n", 1),
    "PyTorch": ("scaled = tensor([[7., 0.], [0., 7.]])", 1),
    "PyTorch, four decimals": ("scaled = tensor([[6.9282, 0.0000], [0.0000, 6.9282]])", 0),
}


@pytest.mark.parametrize(("text", "status"), ROUNDED.values(), ids=ROUNDED)
def test_the_digits_of_a_print_decide(text: str, status: int) -> None:
    """For 6.9282, a person may write 7., but no print of NumPy or PyTorch has it."""
    assert run("check", SCALED, "-", stdin=text).exit_code == status


finite = st.floats(-1e6, 1e6, width=32) | st.integers(-9, 9).map(float)


@settings(max_examples=150, deadline=None)
@given(
    arrays(np.float64, array_shapes(min_dims=1, max_dims=4, max_side=5), elements=finite),
    st.integers(1, 12),
    st.integers(20, 120),
    st.booleans(),
    st.sampled_from(["fixed", "unique", "maxprec", "maxprec_equal"]),
    st.sampled_from(["-", "+", " "]),
    st.booleans(),
)
def test_what_numpy_prints_is_read_back(
    array: NDArray[np.float64],
    precision: int,
    width: int,
    suppress: bool,
    mode: Any,
    sign: Any,
    as_repr: bool,
) -> None:
    """An array that NumPy prints with any options is read back to the printed digits, or refused.

    Refused is only a vector in short lines, which can be a matrix whose rows lack brackets.
    """
    assume(array.size > 1 or sign != "+")  # `[+0.5]` is refused as JSON with a plus sign
    with np.printoptions(
        precision=precision, linewidth=width, suppress=suppress, floatmode=mode, sign=sign
    ):
        text = repr(array) if as_repr else str(array)
    if array.ndim == 1 and not as_repr and is_ambiguous(text):
        with pytest.raises(DocumentError, match="this can be a vector"):
            read(text, as_answer=True)
        return
    value = read(text, as_answer=True)
    assert np.shape(value) == array.shape
    assert_close(value, array, 1e-15)
