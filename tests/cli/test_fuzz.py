"""Test the fuzz itself: it sees each broken promise, and an input is drawn again by its seed."""

from __future__ import annotations

import pytest

from tests.fuzz.__main__ import GROUPS, drawn
from tests.fuzz.arithmetic_cells import evaluated
from tests.fuzz.trial import Outcome, Trial, attempt, failures, shrunk

COMPUTE = Trial(("compute", "-", "-f", "json"), b'{"X": [[1, 0]]}')

BROKEN = {
    "status 3": Outcome(3, b"", ""),
    "output beside status 2": Outcome(2, b"1", "Error: no.\n"),
    "0 errors with status 2": Outcome(2, b"", ""),
    "2 errors with status 2": Outcome(2, b"", "Error: no.\nError: no.\n"),
    "1 errors with status 0": Outcome(0, b"", "Error: no.\n"),
    "message over 2,000 characters": Outcome(2, b"", f"Error: {'a' * 2000}\n"),
    "a traceback or warning of Python": Outcome(0, b"", "a.py:1: RuntimeWarning: overflow\n"),
    "a raw control character on stdout": Outcome(0, b"a\x1b[31m", ""),
    "a raw control character on stderr": Outcome(0, b"", "Warning: \u202eabc\n"),
    "NaN without a warning": Outcome(0, b'["nan"]', ""),
    "Python's RuntimeWarning at a.py:1": Outcome(0, b"", "", ("RuntimeWarning at a.py:1",)),
    "raised KeyError at a.py:1": Outcome(1, b"", "", raised="KeyError at a.py:1"),
    "more than 2 s of CPU": Outcome(0, b"", "", seconds=2.1),
    "more than 500 MB": Outcome(0, b"", "", megabytes=501),
    "memory ran out": Outcome(2, b"", "Error: there is not enough memory.\n"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_each_broken_promise_is_seen(kind: str) -> None:
    """An outcome that breaks one part of the promise is one failure, of this kind."""
    assert [failure.kind for failure in failures(COMPUTE, BROKEN[kind])] == [kind]


def test_a_kept_promise_is_no_failure() -> None:
    """A result, a refusal and a warning beside NaN keep the promise."""
    assert not failures(COMPUTE, attempt(COMPUTE))
    assert not failures(COMPUTE, attempt(Trial(("compute", "-"), b"{")))
    assert not failures(COMPUTE, Outcome(0, b'["nan"]', "Warning: scores overflows.\n"))


@pytest.mark.parametrize("group", GROUPS)
def test_a_seed_is_an_input(group: str) -> None:
    """The same seed draws the same input, with the same bytes."""
    for seed in range(10):
        trial, again = drawn(group, seed), drawn(group, seed)
        assert trial.arguments == again.arguments
        assert (trial.stdin, trial.files) == (again.stdin, again.files)


def test_a_failing_input_is_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """An input that fails loses the arguments and bytes that do not matter."""
    monkeypatch.setattr("tests.fuzz.trial.LONGEST_MESSAGE", 10)
    trial = Trial(("compute", "-", "-f", "json", "--full"), b'{"X": [[1, 0]], "Y": 1}')
    small = shrunk(trial, "message over 2,000 characters")
    assert small.arguments == ("compute",)
    assert len(small.stdin) < 3


@pytest.mark.parametrize(
    ("text", "value"),
    [("1½", 1.5), ("-2^2", -4), ("2^3^2", 512), ("2√9", 6), ("50%", 0.5), ("3 - -1", 4)],
)
def test_the_evaluator_of_cells(text: str, value: float) -> None:
    """The evaluator that the fuzz compares with knows the precedence of arithmetic."""
    assert evaluated(text) == value
