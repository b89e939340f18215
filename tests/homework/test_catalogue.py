"""Test that each mistake changes a result somewhere, and is recognised by its own numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest

from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Step
from attncli.calculation.names.known_names import last_of
from attncli.calculation.plans.attention import attention
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.problem.read_problem import read_problem
from attncli.calculation.scoring.measures import Cosine
from attncli.documents.reader import Reader
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.digits import read_cell
from attncli.homework.answers.tolerance import Tolerance
from attncli.homework.diagnosis.explain import find_cause
from attncli.homework.judging.judge import start
from attncli.homework.judging.verdicts import Verdict
from attncli.homework.mistakes.catalogue import MISTAKES
from attncli.homework.mistakes.mistake import ENTRIES, Mistake, Scene, scene_at
from attncli.homework.mistakes.weights import softmax
from tests.problems import PROBLEMS, numbers, solved
from tests.registered import EVERY


def made(mistake: Mistake) -> Iterator[tuple[str, Step, np.ndarray[Any, Any]]]:
    """Yield each problem and step where a mistake changes the matrix, with the wrong matrix."""
    for name in PROBLEMS:
        problem, trace = solved(name)
        for step in trace.plan.steps:
            if not isinstance(step.operation, mistake.replaces):
                continue
            with np.errstate(all="ignore"):
                wrong = mistake.make(scene_at(problem, trace.plan, step, trace.matrices))
            right = trace.matrices[step.name]
            if wrong is not None and (
                wrong.shape != right.shape or not np.allclose(wrong, right, atol=1e-3)
            ):
                yield name, step, wrong


def as_written(matrix: np.ndarray[Any, Any]) -> AnswerMatrix:
    """Return a matrix as a program prints it, with all its digits."""
    cells = [read_cell(repr(float(cell))) for cell in matrix.flat]
    values, decimals, half_units, _ = (
        np.array(part).reshape(matrix.shape) for part in zip(*cells, strict=True)
    )
    return AnswerMatrix(values, decimals, half_units, np.zeros(matrix.shape, dtype=np.bool_))


OF_LAYERS = {
    *("no-embedding-scale", "ln-sample-variance", "ln-eps-outside", "ln-power", "ln-axis"),
    *("no-residual", "residual-wrong-source", "prenorm-residual-normed", "norm-before-add"),
    *("ffn-linear", "ffn-activation-last", "cross-is-self", "cross-mask-wrong"),
}


def test_the_catalogue_is_large() -> None:
    """The catalogue has every published mistake whose numbers follow from a problem."""
    assert len(MISTAKES) >= 300
    assert MISTAKES.keys() >= OF_LAYERS


def test_every_entry_stands_in_the_catalogue() -> None:
    """The catalogue lists every file that enters mistakes, by a function or by a table."""
    assert MISTAKES.keys() == ENTRIES.keys()


def test_a_row_of_a_table_becomes_an_entry() -> None:
    """A row of a table becomes an entry with its formula, three paragraphs and operations."""
    entry = MISTAKES["cosine-no-norms"]
    assert entry.formula == "q · k"
    assert entry.replaces == (Cosine,)
    assert entry.done == "The dot products were not divided by the lengths of query and key."
    assert entry.right == "Divide by both lengths: q · k / (‖q‖ ‖k‖)."
    assert entry.why.startswith("Divided, a score is the cosine of the angle")


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_recognised_by_its_own_numbers(name: str) -> None:
    """Each mistake changes the result of some problem, and is among the names for the change."""
    cases = list(made(MISTAKES[name]))
    assert cases
    assert any(name in named(*case) for case in cases)


def named(problem_name: str, step: Step, wrong: np.ndarray[Any, Any]) -> Sequence[str]:
    """Return the mistakes that are named for a wrong step, handed in alone."""
    problem, trace = solved(problem_name)
    trail = start(problem, trace, {step.name: as_written(wrong)}, Tolerance())
    for earlier in trace.plan.steps[: trace.plan.steps.index(step)]:
        trail.judge(earlier)
    before = trail.copy()
    judged = trail.judge(step)
    with np.errstate(all="ignore"):
        return find_cause(before, trail, judged, []).names if judged.verdict.is_wrong else ()


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, entry in MISTAKES.items()
        if entry.wrong.__module__ == softmax.__name__
        if name != "softmax-twice"  # divides twice
    ],
)
def test_mistakes_in_softmax_are_made_at_the_temperature(name: str) -> None:
    """A mistake in softmax at a temperature gives what it gives for the divided scores."""
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
def test_each_mistake_has_a_formula_and_three_paragraphs(name: str) -> None:
    """Each mistake has a formula, and three paragraphs that end with a full stop."""
    mistake = MISTAKES[name]
    assert mistake.formula
    for paragraph in (mistake.done, mistake.right, mistake.why):
        assert paragraph.endswith(".")


@pytest.mark.parametrize("name", PROBLEMS)
def test_right_answers_are_never_accused(name: str) -> None:
    """Right answers with 4 decimals, or with all of them, are right at every step."""
    problem, trace = solved(name)
    for decimals in (4, 15):
        answer = {
            step.name: as_written(np.round(trace.matrices[step.name], decimals))
            for step in trace.plan.steps
        }
        trail = start(problem, trace, answer, Tolerance())
        assert {trail.judge(step).verdict for step in trace.plan.steps} == {Verdict.RIGHT}


@cache
def operations_made() -> dict[type[Operation], tuple[str, str]]:
    """Return the name of a step, and an example that has it, for each kind of operation."""
    found: dict[type[Operation], tuple[str, str]] = {}
    for example, entries in EVERY.items():
        _, plan = read(Reader().document(json.dumps(entries)))
        for step in plan.steps:
            found.setdefault(type(step.operation), (last_of(step.name), example))
    return found


def test_every_operation_has_a_mistake() -> None:
    """Each operation of a registry is replaced by at least one mistake."""
    for kind, (step, example) in operations_made().items():
        assert any(issubclass(kind, entry.replaces) for entry in MISTAKES.values()), (
            f"no mistake replaces {kind.__name__}, the step {step} of {example}: a wrong answer "
            "there is never explained."
        )


def test_scores_of_every_kind_may_be_scaled_wrongly() -> None:
    """The list SCORING of the mistakes of scale has every operation that makes scores."""
    for kind, (step, example) in operations_made().items():
        assert step != "scores" or issubclass(kind, MISTAKES["scale-unasked"].replaces), (
            f"the mistake scale-unasked does not replace {kind.__name__}, the scores of {example}: "
            "add it to SCORING in mistakes/scores/scale.py."
        )
