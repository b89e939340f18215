"""Test the marking rule: which steps count, and which of them earn their points."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

import attncli
from attncli.cli.program import cli
from attncli.homework.judging.report import AnswerReport

Document = dict[str, Any]

PROBLEM: Document = {
    "Q": [[-0.4, 0.7, 1.1], [0.9, -0.2, 0.3], [0.5, 0.8, -0.6]],
    "K": [[1.2, -0.5, 0.4], [0.3, 0.9, 1.3], [-0.7, 0.2, 0.6]],
    "V": [[1.0, 2.5], [-0.5, 3.0], [4.0, -1.5]],
}
CAUSAL: Document = {**PROBLEM, "mask": "causal"}


def written(problem: Document, *names: str) -> Document:
    """Return the right matrices with these names, to 4 decimals."""
    made = attncli.compute(problem)
    return {name: made[name].round(4).tolist() for name in names}


def marked(problem: Document, answer: Document, **options: Any) -> AnswerReport:
    """Return the report on an answer."""
    return attncli.check(problem, answer, **options).made


def unscaled() -> Document:
    """Return weights of scores that were not scaled, and the output that follows from them."""
    return written({**PROBLEM, "score": "dot"}, "weights", "output")


def marks(report: AnswerReport) -> dict[str, tuple[str, bool | None, float]]:
    """Return the verdict on each step, whether it passes, and the points that it earns."""
    return {line.name: (str(line.verdict), line.passed, line.earned) for line in report.lines}


@pytest.mark.parametrize("name", ["scores", "scaled", "weights", "output"])
def test_a_step_counts_if_it_is_given_or_the_last(name: str) -> None:
    """A report lists the given step and the last one, and no step between."""
    report = marked(PROBLEM, written(PROBLEM, name))
    assert [line.name for line in report.lines] == list(dict.fromkeys([name, "output"]))
    assert (report.score, report.max_score) == (1, len(report.lines))
    assert report.passed


def test_a_right_output_alone_earns_all_points() -> None:
    """A step that the answer does not hold costs nothing."""
    report = marked(PROBLEM, written(PROBLEM, "output"))
    assert (report.score, report.max_score) == (1, 1)


def test_a_wrong_output_alone_earns_nothing() -> None:
    """An output of unscaled scores earns 0 of 1."""
    report = marked(PROBLEM, {"output": unscaled()["output"]})
    assert (report.score, report.max_score) == (0, 1)
    assert not report.passed


@pytest.mark.parametrize(
    ("required", "total"), [("scores", 2), ("scores,weights", 3), ("output", 1), ("Scaled", 2)]
)
def test_a_required_step_counts_although_it_is_missing(required: str, total: int) -> None:
    """A required step that is missing earns nothing, and does not fail the answer."""
    report = marked(PROBLEM, written(PROBLEM, "output"), required=required)
    assert (report.score, report.max_score) == (1, total)
    assert report.passed


def test_a_required_step_that_is_given_counts_once() -> None:
    """Naming a given step as required changes nothing."""
    answer = written(PROBLEM, "weights", "output")
    report = marked(PROBLEM, answer, required="weights")
    assert (report.score, report.max_score) == (2, 2)


def test_a_step_that_follows_earns_all_and_does_not_pass() -> None:
    """One mistake costs the points of one step, and fails the answer."""
    report = marked(PROBLEM, unscaled())
    assert marks(report) == {"weights": ("wrong", False, 0), "output": ("follows", False, 1)}


def test_a_rounded_step_earns_all_unless_the_check_is_strict() -> None:
    """Digits that were cut off pass with all points; with strict they fail with none."""
    cut = [[int(1000 * cell) / 1000 for cell in row] for row in unrounded("weights")]
    assert marks(marked(PROBLEM, {"weights": cut}))["weights"] == ("rounded", True, 1)
    strict = marked(PROBLEM, {"weights": cut}, strict=True)
    assert marks(strict)["weights"] == ("rounded", False, 0)
    assert not strict.passed


def test_a_strict_check_passes_right_steps() -> None:
    """Numbers rounded at the end are right, with strict as well."""
    report = marked(PROBLEM, written(PROBLEM, "scores", "weights", "output"), strict=True)
    assert report.passed
    assert report.score == report.max_score


def unrounded(name: str) -> list[list[float]]:
    """Return a right matrix with all its digits."""
    cells: list[list[float]] = attncli.compute(PROBLEM)[name].tolist()
    return cells


def test_a_step_not_done_yet_earns_if_the_later_steps_are_right() -> None:
    """`masked` without its mask earns its point before right weights, and not before wrong ones."""
    unmasked = written(CAUSAL, "scaled")["scaled"]
    answer = {"masked": unmasked, **written(CAUSAL, "weights", "output")}
    report = marked(CAUSAL, answer)
    assert marks(report)["masked"] == ("not yet", True, 1)
    assert report.passed
    weights = written(PROBLEM, "weights")["weights"]
    after_softmax = [
        [cell if column <= row else 0 for column, cell in enumerate(cells)]
        for row, cells in enumerate(weights)
    ]
    report = marked(CAUSAL, {"masked": unmasked, "weights": after_softmax})
    assert marks(report)["masked"] == ("not yet", False, 0)
    assert marks(report)["weights"] == ("wrong", False, 0)


@pytest.mark.parametrize(
    ("points", "score", "total"),
    [
        ("2", 2, 4),
        ("weights=3", 1, 4),
        ("output=3", 3, 4),
        ("0,weights=2,output=3", 3, 5),
        ("weights=3,1", 1, 2),
        ("output=0.5", 0.5, 1.5),
        ("0", 0, 0),
    ],
)
def test_points_are_those_of_the_last_entry_for_a_step(
    points: str, score: float, total: float
) -> None:
    """A number alone is the points of each step; later entries win over earlier ones."""
    report = marked(PROBLEM, unscaled(), points=points)
    assert (report.score, report.max_score) == (score, total)


def test_points_do_not_make_a_missing_step_count() -> None:
    """Points for a step that is neither given nor required are not added."""
    report = marked(PROBLEM, written(PROBLEM, "output"), points="scores=5")
    assert (report.score, report.max_score) == (1, 1)
    report = marked(PROBLEM, written(PROBLEM, "output"), points="scores=5", required="scores")
    assert (report.score, report.max_score) == (1, 6)


def test_steps_that_cannot_be_judged_earn_nothing() -> None:
    """Digits that cannot tell right from wrong give no point, and do not pass."""
    problem = {"Q": [[1]], "K": [[0], [4]], "score": "dot"}
    report = marked(problem, {"weights": [[0, 1]]})
    assert marks(report)["weights"] == ("undecided", False, 0)


def test_a_matrix_of_another_size_earns_nothing() -> None:
    """A matrix with a row too few neither passes nor earns."""
    output = written(PROBLEM, "output")["output"]
    report = marked(PROBLEM, {"output": output[:2]})
    assert marks(report)["output"] == ("shape", False, 0)


def test_gradescope_passes_a_step_that_follows() -> None:
    """Gradescope shows a step with all its points as passed, also if it follows from a mistake."""
    arguments = ["check", json.dumps(PROBLEM), "-", "-f", "gradescope"]
    run = CliRunner().invoke(cli, arguments, input=json.dumps(unscaled()))
    tests = {test["name"]: test for test in json.loads(run.stdout)["tests"]}
    found = {name: (test["score"], test["status"]) for name, test in tests.items()}
    assert found == {"weights": (0, "failed"), "output": (1, "passed")}
    assert run.exit_code == 1
