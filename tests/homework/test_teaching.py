"""Test the measure of tests/teaching, and hold a small share of its answers to its goals."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import attncli
from tests.running import ROOT
from tests.teaching.answers.digits import could_be_right, wrong_steps
from tests.teaching.answers.showing import Writing
from tests.teaching.answers.single_mistakes import KNOWN, NEW, with_mistake
from tests.teaching.answers.slips_and_pairs import one_slip
from tests.teaching.calculation.calculate import calculate
from tests.teaching.case import Case
from tests.teaching.figures import table
from tests.teaching.groups import GROUPS, judge_one, places
from tests.teaching.judging.program import Line, Verdicts, ask
from tests.teaching.judging.teacher import Outcome, judged
from tests.teaching.kinds import KINDS, draw, seeded
from tests.teaching.rounding import Rounder, carried, cut, half_even, half_up, significant

PACKAGE = ROOT / "tests" / "teaching"
ASKS = "program.py"  # the only file of the measure that may import attncli
SHARE = 0.012
# The share of answers in each group that must be judged well; a small share may have one failure.
LEAST = {
    **dict.fromkeys(("one mistake", "two mistakes", "mistake and slip"), 0.8),
    **dict.fromkeys(("in no catalogue", "wrong size", "right", "cut off"), 1.0),
    "rounded half up": 0.995,
}


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    """The outcomes of a small share of every group."""
    return [outcome for outcome in map(judge_one, places(SHARE)) if outcome]


# The measure itself


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_calculation_equals_that_of_attncli(kind: str) -> None:
    """Plain NumPy and attncli give the same steps, in the same order, for every kind."""
    for number in range(3):
        problem = draw(kind, seeded("test", kind, number))
        own, computed = calculate(problem), attncli.compute(problem.document())
        assert list(own) == list(computed)
        for name, matrix in own.items():
            np.testing.assert_allclose(matrix, computed[name], rtol=1e-9, atol=1e-9, strict=True)


def imported(path: Path) -> Iterator[str]:
    """Yield the first part of the name of each module that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def test_one_file_of_the_measure_imports_attncli() -> None:
    """The calculations, the mistakes and the answers are made without attncli."""
    files = {path.name for path in PACKAGE.rglob("*.py") if "attncli" in imported(path)}
    assert files == {ASKS}


def test_the_files_of_the_measure_import_numpy_and_the_standard_library_alone() -> None:
    """Right and wrong numbers come from NumPy and Python."""
    allowed = {*sys.stdlib_module_names, "numpy", "tests"}
    for path in PACKAGE.rglob("*.py"):
        assert set(imported(path)) - allowed <= {"attncli"}, path.name


@pytest.mark.parametrize("group", [group for group in GROUPS if "rounded" not in group])
def test_the_same_seed_draws_the_same_answer(group: str) -> None:
    """A failure that the measure prints can be drawn again."""
    one, other = GROUPS[group][0](5), GROUPS[group][0](5)
    assert one is not None
    assert other is not None
    assert (one.problem, one.answer, one.wrong) == (other.problem, other.answer, other.wrong)


@pytest.mark.parametrize("number", range(0, len(KNOWN), 7))
def test_a_mistake_can_be_drawn_and_changes_a_step(number: int) -> None:
    """Each mistake has a problem in which a step does not follow from the steps before it."""
    case = with_mistake("test", KNOWN[number], number)
    assert case is not None
    assert case.wrong


def test_there_are_many_different_mistakes() -> None:
    """The catalogue is tried with more than 150 of its names."""
    assert len({mistake.names[0] for mistake in KNOWN}) > 150
    assert len(NEW) > 8


@pytest.mark.parametrize(
    ("rounder", "digits", "number", "rounded"),
    [
        (half_up, 1, 1.05, 1.1),  # the binary number is a little larger than 1.05
        (half_up, 2, 1.015, 1.02),  # the binary number is a little smaller than 1.015
        (half_up, 1, -0.25, -0.3),
        (half_up, 4, 0.50004999999983, 0.5001),  # 0.50005 on the 12 digits of a calculator
        (half_even, 1, 0.25, 0.2),
        (cut, 2, 0.619, 0.61),
        (cut, 2, -0.619, -0.61),
        (significant, 2, 123.4, 120.0),
        (half_up, 2, -np.inf, -np.inf),
    ],
)
def test_numbers_are_rounded_as_people_round(
    rounder: Rounder, digits: int, number: float, rounded: float
) -> None:
    """Half up goes by the digits of a calculator, half to even by the binary number."""
    assert rounder(np.array([number]), digits).tolist() == [rounded]


def test_digits_that_rounding_explains_are_known() -> None:
    """Rounding explains a right answer that was rounded too early, but not a missing scale."""
    problem = draw("self", seeded("test", "digits"))
    writing = Writing("output", 3, "at the end", as_text=False)
    early = calculate(problem, None, carried(1))
    unscaled = calculate(problem, {"scale": lambda at, scores: scores})
    assert could_be_right(problem, early, ["output"], writing)
    assert not could_be_right(problem, unscaled, ["output"], writing)
    assert wrong_steps(problem, unscaled, ["weights", "output"], writing) == ("weights",)


# The judgement of a report


def wrong_case() -> Case:
    """Return a case with one mistake, whose first wrong step is `weights`."""
    return Case(
        *("one mistake", 0, "softmax-base-2", {}, {}),
        names=(("softmax-base-2",),),
        wrong=("weights",),
    )


def reported(*lines: tuple[str, str, tuple[str, ...]]) -> Verdicts:
    """Return a report with these steps, verdicts and names."""
    made = tuple(
        Line(name, verdict, verdict in ("right", "rounded"), names, "", ())
        for name, verdict, names in lines
    )
    return Verdicts(all(line.passed for line in made), made)


@pytest.mark.parametrize(
    ("lines", "failures"),
    [
        ([("weights", "wrong", ("softmax-base-2",)), ("output", "follows", ())], ()),
        ([("weights", "not yet", ()), ("output", "wrong", ("softmax-base-2",))], ("blamed again",)),
        ([("weights", "right", ())], ("false pass",)),
        ([("weights", "rounded", ())], ("false pass",)),
        ([("weights", "undecided", ())], ("no name",)),
        ([("weights", "wrong", ("no-scale",))], ("wrong name",)),
        ([("weights", "wrong", ("no-scale", "softmax-base-2"))], ()),
        (
            [("weights", "wrong", ()), ("output", "follows", ("softmax-base-2",))],
            ("only later",),
        ),
        (
            [("scores", "wrong", ()), ("weights", "wrong", ("softmax-base-2",))],
            ("only later", "right step accused"),
        ),
    ],
)
def test_a_report_is_judged_as_a_teacher_would_judge_it(
    lines: list[tuple[str, str, tuple[str, ...]]], failures: tuple[str, ...]
) -> None:
    """A pass, a missing name and a right step that is called wrong are failures."""
    assert judged(wrong_case(), reported(*lines)).failures == failures


def test_an_answer_that_rounding_explains_is_not_a_false_pass() -> None:
    """Digits that rounding alone can give are counted by themselves."""
    case = replace(wrong_case(), can_be_right=lambda: True)
    assert judged(case, reported(("weights", "rounded", ()))).failures == ("not identifiable",)


def test_a_right_answer_must_pass() -> None:
    """A right answer that is called wrong, or undecided, is a false accusation."""
    case = Case("right", 0, "blanks", {}, {})
    assert judged(case, reported(("output", "rounded", ()))).failures == ()
    for verdict in ("wrong", "undecided", "shape"):
        outcome = judged(case, reported(("output", verdict, ())))
        assert outcome.failures == ("false accusation",)


def test_a_slip_must_be_located_in_its_cell() -> None:
    """The cell of a slip must be among the wrong cells of its step."""
    case = one_slip(0)
    assert case is not None
    assert case.slip is not None
    line = Line(case.slip.step, "wrong", False, ("single-cell-slip",), "", (case.slip.index,))
    assert judged(case, Verdicts(False, (line,))).failures == ()
    elsewhere = replace(line, cells=((99, 99),))
    assert "not located" in judged(case, Verdicts(False, (elsewhere,))).failures


def test_a_crash_and_a_refusal_are_findings() -> None:
    """An answer that the program cannot judge is counted, and does not end the measure."""
    assert ask({"Q": [[1]], "K": [[1]]}, {"nonsense": [[1]]}).refused
    assert judged(wrong_case(), Verdicts(False, crashed="ValueError")).failures == ("crash",)


# The program, on a small share of the answers


@pytest.mark.parametrize("group", GROUPS)
def test_no_wrong_answer_passes(group: str, outcomes: list[Outcome]) -> None:
    """No answer passes whose digits only a mistake can give."""
    own = [o for o in outcomes if o.group == group]
    passed = [f"{o.seed}: {o.expected}" for o in own if "false pass" in o.failures]
    assert passed == []


def test_no_answer_crashes_the_program(outcomes: list[Outcome]) -> None:
    """Every answer that is drawn gets a report."""
    found = [o.text for o in outcomes if {"crash", "refused"}.intersection(o.failures)]
    assert found == []


@pytest.mark.parametrize("group", LEAST)
def test_most_answers_of_a_group_are_judged_well(group: str, outcomes: list[Outcome]) -> None:
    """The share of well judged answers does not fall below a bound."""
    own = [o for o in outcomes if o.group == group]
    good = [o for o in own if set(o.failures) <= {"not identifiable"}]
    assert len(good) >= LEAST[group] * len(own)


def test_the_table_begins_with_the_false_passes(outcomes: list[Outcome]) -> None:
    """The first figure is the number of wrong answers that passed; all groups have a row."""
    text = table(outcomes)
    assert text.splitlines()[2].startswith("false passes")
    assert all(group in text for group in GROUPS)
