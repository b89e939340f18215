"""The catalogue: every entry changes a result somewhere, and is recognised by its own numbers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from attncli.calculation.attention import attention
from attncli.calculation.document import Document, Entry
from attncli.calculation.plan import Step, Trace
from attncli.calculation.problem import Problem, read_problem
from attncli.homework.answers import Answered, read_cell
from attncli.homework.catalogue import Mistake, Scene
from attncli.homework.checking import Judge
from attncli.homework.diagnosis import diagnose
from attncli.homework.mistakes import MISTAKES, exponentials, softmax
from attncli.homework.tolerance import Tolerance

RNG = np.random.default_rng(20261121)


def numbers(*shape: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Numbers as exercises have them: a few digits, both signs."""
    return RNG.normal(size=shape).round(1)


def self_attention(n: int, d: int, d_k: int, d_v: int, **choices: Any) -> dict[str, Any]:
    """X and its projections, with choices and further matrices."""
    weights = {"W_q": numbers(d, d_k), "W_k": numbers(d, d_k), "W_v": numbers(d, d_v)}
    return {"X": numbers(n, d), **weights, **choices}


def given(n: int, m: int, d_q: int, d_k: int, **choices: Any) -> dict[str, Any]:
    """Q, K and V, with choices and further matrices."""
    return {"Q": numbers(n, d_q), "K": numbers(m, d_k), "V": numbers(m, 3), **choices}


LARGE = np.array([[90.0, 0, 1], [0, 90, 1], [3, 2, 90]])
SQUARE = {f"W_{letter}": numbers(4, 4) for letter in "qkv"}
BIASES = {"b_q": numbers(4), "b_k": numbers(4), "b_v": numbers(4)}

PROBLEMS: dict[str, dict[str, Any]] = {
    "self": self_attention(3, 4, 3, 3),
    "square": {"X": numbers(4, 4), **SQUARE},
    "biases": {"X": numbers(3, 4), **SQUARE, **BIASES},
    "wide": self_attention(5, 4, 3, 2),
    "scale": self_attention(3, 4, 3, 3, scale=0.3),
    "soft cap": self_attention(4, 4, 3, 3, softcap=0.8, mask="causal"),
    "dot": self_attention(3, 3, 3, 3, score="dot"),
    "memory": {"X": numbers(3, 4), "memory": numbers(5, 4), **SQUARE},
    "columns": {"X": numbers(4, 3), "layout": "columns", **SQUARE},
    "columns, square": {"X": numbers(4, 4), "layout": "columns", **SQUARE},
    "cube": {"Q": numbers(3, 3, 3), "K": numbers(3, 3, 3), "V": numbers(3, 3, 2)},
    "causal": self_attention(4, 4, 3, 3, mask="causal"),
    "lower right": given(3, 5, 2, 2, mask="causal:lower-right"),
    "upper left": given(3, 5, 2, 2, mask="causal"),
    "window": self_attention(6, 4, 3, 3, mask="window:2,1"),
    "padding": self_attention(5, 4, 3, 3, mask="padding:3"),
    "padding and zeros": {
        "X": np.array([[1, -1, 0, 0], [2, 1, 0, 1], [0, 0, 0, 0], [1, 2, 0, 0]]),
        **SQUARE,
        "mask": "padding:3",
    },
    "empty row": self_attention(3, 4, 3, 3, mask=np.array([[1, 1, 0], [0, 0, 0], [1, 0, 1]])),
    "number mask": self_attention(3, 4, 3, 3, mask=numbers(3, 3)),
    "two masks": self_attention(5, 4, 3, 3, masks=["causal", "window:1,-1"]),
    "padding and causal": self_attention(5, 4, 3, 3, masks=["padding:4", "causal"]),
    "batch": {"X": numbers(2, 3, 4), **SQUARE, "mask": {"padding": [3, 2]}},
    "batch of three": {"X": numbers(3, 5, 4), **SQUARE},
    "batch and heads": {
        "X": numbers(3, 3, 4),
        **SQUARE,
        "heads": 2,
        "W_o": numbers(4, 4),
        "mask": {"padding": [3, 2, 1]},
    },
    "heads": {"X": numbers(3, 4), **SQUARE, "heads": 2, "W_o": numbers(4, 4), "b_o": numbers(4)},
    "three heads": {**self_attention(5, 4, 6, 6), "heads": 3, "W_o": numbers(6, 2)},
    "additive": given(
        3, 4, 3, 3, score="additive", W_a=numbers(3, 5), U_a=numbers(3, 5), v_a=numbers(5)
    ),
    "additive, projected": self_attention(3, 4, 3, 3, score="additive", b_q=numbers(3)),
    "general": given(3, 4, 2, 2, score="general", W_a=numbers(2, 2)),
    "shared heads": {
        **given(3, 4, 8, 4, heads=4, kv_heads=2),
        "V": numbers(4, 6),
    },
    "cache": {
        **given(2, 2, 3, 3, mask="causal"),
        "K_past": numbers(3, 3),
        "V_past": numbers(3, 3),
    },
    "cache and window": {
        **given(2, 2, 3, 3, mask="window:2,1"),
        "K_past": numbers(3, 3),
        "V_past": numbers(3, 3),
    },
    "filled cache": given(2, 6, 3, 3, mask="causal", cache_lens=[4]),
    "torch": {
        "X": numbers(3, 4),
        **SQUARE,
        "heads": 2,
        "convention": "torch-mha",
        "W_o": numbers(4, 4),
    },
    "large": {"X": LARGE, "score": "dot"},
    "cosine": given(4, 3, 5, 5, score="cosine"),
    "distance": given(4, 3, 2, 2, score="distance"),
    "concat": given(4, 3, 2, 2, score="concat", W_a=numbers(4, 5), v_a=numbers(5)),
    "temperature": self_attention(4, 4, 3, 3, temperature=2.5, mask="causal"),
    "sink": self_attention(4, 4, 3, 3, normaliser="softmax1", temperature=0.5),
    "sparsemax": self_attention(5, 4, 3, 3, normaliser="sparsemax", mask="window:2,1"),
    "sigmoid": self_attention(4, 4, 3, 3, normaliser="sigmoid"),
}


HEADS = {"W_q": numbers(6, 12), "W_k": numbers(6, 12), "W_v": numbers(6, 12), "heads": 3}
PAST = {"K_past": numbers(2, 4), "V_past": numbers(2, 3)}
PROBLEMS |= {
    "sinusoidal": self_attention(3, 6, 3, 3, position="sinusoidal:base=100"),
    "sinusoidal, odd": self_attention(3, 5, 3, 3, position="sinusoidal"),
    "sinusoidal, halves": self_attention(3, 4, 3, 3, position="sinusoidal:halves"),
    "sinusoidal, memory": {
        **self_attention(3, 6, 3, 3, position="sinusoidal"),
        "memory": numbers(4, 6),
    },
    "sinusoidal, cache": {
        "X": numbers(3, 6),
        **HEADS,
        "position": "sinusoidal",
        "K_past": numbers(3, 2, 4),
        "V_past": numbers(3, 2, 4),
    },
    "learned": self_attention(3, 4, 3, 3, position=numbers(3, 4)),
    "learned, bare": {"X": numbers(3, 4), "position": numbers(3, 4)},
    "rope": given(3, 4, 6, 6, position="rope:base=100"),
    "rope, interleaved": given(3, 4, 6, 6, position="rope:interleaved,dims=4"),
    "rope, heads": {"X": numbers(3, 6), **HEADS, "position": "rope"},
    "rope, cache": {**given(3, 3, 4, 4, position="rope"), **PAST},
    "alibi": {"X": numbers(4, 6), **HEADS, "position": "alibi"},
    "alibi, causal": {"X": numbers(4, 6), **HEADS, "position": "alibi", "mask": "causal"},
    "alibi, cache": {**given(3, 3, 4, 4, position="alibi"), **PAST},
}


@cache
def solved(name: str) -> tuple[Problem, Trace]:
    """A problem and all its steps."""
    entries = {key: Entry(value, name) for key, value in PROBLEMS[name].items()}
    problem = read_problem(Document(entries))
    plan = attention(problem)
    return problem, plan.run(problem.matrices)


def made(mistake: Mistake) -> Iterator[tuple[str, Step, np.ndarray[Any, Any]]]:
    """Where a mistake can be made, and changes something: problem, step and wrong matrix."""
    for name in PROBLEMS:
        problem, trace = solved(name)
        for step in trace.plan.steps:
            with np.errstate(all="ignore"):
                wrong = mistake.make(Scene(problem, trace.plan, step, trace.matrices))
            right = trace.matrices[step.name]
            if wrong is not None and (
                wrong.shape != right.shape or not np.allclose(wrong, right, atol=1e-3)
            ):
                yield name, step, wrong


def as_written(matrix: np.ndarray[Any, Any]) -> Answered:
    """A matrix as a program prints it, with all its digits."""
    cells = [read_cell(repr(float(cell))) for cell in matrix.flat]
    values, decimals = (np.array(part).reshape(matrix.shape) for part in zip(*cells, strict=True))
    return Answered(values, decimals, np.zeros(matrix.shape, dtype=np.bool_))


def test_the_catalogue_is_large() -> None:
    """Every published mistake that concerns scoring, projections, masks, softmax and heads."""
    assert len(MISTAKES) >= 60


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_recognised_by_its_own_numbers(name: str) -> None:
    """It changes the result of some problem, and is then among what explains the change."""
    cases = list(made(MISTAKES[name]))
    assert cases
    assert any(name in named(*case) for case in cases)


def named(problem_name: str, step: Step, wrong: np.ndarray[Any, Any]) -> list[str]:
    """The mistakes that are named where a step alone is handed in, and is wrong."""
    problem, trace = solved(problem_name)
    judge = Judge(problem, trace, {step.name: as_written(wrong)}, Tolerance())
    for before in trace.plan.steps[: trace.plan.steps.index(step)]:
        judge.judge(before)
    diagnosis = diagnose(judge, judge.judge(step))
    return [name for explanation in diagnosis.explanations for name in explanation.names]


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, entry in MISTAKES.items()
        if entry.wrong.__module__ in (softmax.__name__, exponentials.__name__)
        if name != "softmax-twice"  # which divides twice
    ],
)
def test_mistakes_in_softmax_are_made_at_the_temperature(name: str) -> None:
    """Of scores over the temperature, as if they had been divided before."""
    scores, temperature = numbers(3, 3), 2.5
    wrong = []
    for given, choices in ((scores, {"temperature": temperature}), (scores / temperature, {})):
        entries = {"Q": given, "K": np.eye(3), "score": "dot", **choices}
        problem = read_problem(Document({key: Entry(v, name) for key, v in entries.items()}))
        plan = attention(problem)
        trace = plan.run(problem.matrices)
        wrong.append(MISTAKES[name].make(Scene(problem, plan, plan.steps[-1], trace.matrices)))
    hot, divided = wrong
    assert (hot is None) == (divided is None)
    if hot is not None and divided is not None:
        np.testing.assert_allclose(hot, divided, 1e-12)


@pytest.mark.parametrize("name", MISTAKES)
def test_each_diagnosis_says_what_was_done_what_is_right_and_why(name: str) -> None:
    """Three sentences or more, each ended, and a formula."""
    mistake = MISTAKES[name]
    assert mistake.formula
    for paragraph in (mistake.done, mistake.right, mistake.why):
        assert paragraph.endswith(".")


@pytest.mark.parametrize("name", PROBLEMS)
def test_right_answers_are_never_accused(name: str) -> None:
    """With four decimals or all of them, and every mistake tried."""
    problem, trace = solved(name)
    for decimals in (4, 15):
        answer = {
            step.name: as_written(np.round(trace.matrices[step.name], decimals))
            for step in trace.plan.steps
        }
        judge = Judge(problem, trace, answer, Tolerance())
        assert {judge.judge(step).verdict for step in trace.plan.steps} == {0}
