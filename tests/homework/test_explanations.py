"""Test that an answer gets one just explanation: nothing wrong passes, nothing right is accused.

Most answers are reproducers of faults that outside reviewers found, with their numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import attncli
from attncli.homework.judging.report import StepReport

Document = dict[str, Any]

LAYER: Document = {
    "layer": "encoder",
    "norm": "pre",
    "X": [[2, 3], [3, 1]],
    "self": {"W_q": [[2, 2], [2, -1]], "W_k": [[0, 1], [0, 0]], "W_v": [[1, 2], [1, -1]]},
    "ffn": {"W_1": [[1, 2], [-1, 1]], "b_1": [0, 2], "W_2": [[-1, 0], [2, 0]], "b_2": [-1, 2]},
    "norm_1": {"gamma": [1, 1], "beta": [0, 0]},
    "norm_2": {"gamma": [1, 1], "beta": [0, 0]},
}
SMALL: Document = {
    "X": [[1, 0], [0, 1], [1, 1]],
    "W_q": [[1, 2], [0, 1]],
    "W_k": [[1, 0], [1, 1]],
    "W_v": [[11, 25], [37, 42]],
}
FOUR = {
    "Q": [[-0.4, 0.7, 1.1], [0.9, -0.2, 0.3], [0.5, 0.8, -0.6]],
    "K": [[1.2, -0.5, 0.4], [0.3, 0.9, 1.3], [-0.7, 0.2, 0.6]],
    "V": [[1.0, 2.5], [-0.5, 3.0], [4.0, -1.5]],
}


def steps(problem: Document, answer: Document, **options: Any) -> dict[str, StepReport]:
    """Return the reports on the steps of an answer by their names."""
    return {step.name: step for step in attncli.check(problem, answer, **options).steps}


def right(problem: Document) -> dict[str, Any]:
    """Return the right matrices of a problem."""
    return dict(attncli.compute(problem))


# Wrong numbers never pass.


@pytest.mark.parametrize("cell", [10.0, 0.0, 5.5, -4.98])
def test_a_gross_slip_late_in_a_layer_does_not_pass(cell: float) -> None:
    """The slack of rounding does not grow from step to step, until anything follows."""
    output = [[cell, 2.06], [4.0, 5.94]]
    answer = {
        "norm_1.output": [[-1, 1], [1, -1]],
        "self.output": [[0, -2.94], [0, 2.94]],
        "output": output,
    }
    assert not attncli.check(LAYER, answer).passed


@pytest.mark.parametrize("change", ["zeros", "negated", "half more"])
def test_an_output_after_an_unexplained_step_is_judged(change: str) -> None:
    """After weights that nothing explains, an output must still follow from them."""
    problem = "sample:encoder_layer"
    made = dict(attncli.compute(problem))
    weights = np.round(made["self.weights"], 3)
    weights[..., 0, :] += [0.03, -0.02, -0.01]
    changed = {"zeros": 0 * made["output"], "negated": -made["output"]}
    output = changed.get(change, made["output"] + 0.5)
    answer = {"self.weights": weights.tolist(), "output": np.round(output, 3).tolist()}
    found = {step.name: str(step.verdict) for step in attncli.check(problem, answer).steps}
    assert found["self.weights"] == "wrong"
    assert found["output"] in ("wrong", "undecided")


def test_one_reference_explains_a_whole_matrix() -> None:
    """A score that happens to be scaled already, among unscaled ones, is wrong."""
    problem = {
        "Q": [[2, 0, 0, 0]],
        "K": [[1, 0, 0, 0], [2, 1, 0, 0], [0, 1, 1, 0]],
        "V": [[1, 2], [3, 4], [5, 6]],
    }
    answer = {"scores": [[1, 4, 0]], "scaled": [[0.5, 2, 0]], "weights": [[0.16, 0.74, 0.10]]}
    found = steps(problem, answer)
    assert str(found["scores"].verdict) == "wrong"
    assert str(found["scaled"].verdict) == "follows"


@pytest.mark.parametrize("scores", [[[4, 3, 1.5], [1, 5, 1.5]], [[4, 6, 3], [1, 5, 1.5]]])
def test_partly_scaled_scores_are_wrong(scores: list[list[float]]) -> None:
    """Scores are scaled already in all cells, or in none."""
    problem = {"Q": [[1, 2, 0, 1], [0, 1, 1, 1]], "K": [[2, 1, 0, 0], [1, 2, 2, 1], [0, 1, 1, 1]]}
    assert str(steps(problem, {"scores": scores})["scores"].verdict) == "wrong"
    half = (np.array([[4, 6, 3], [1, 5, 3]]) / 2).tolist()
    assert str(steps(problem, {"scores": half})["scores"].verdict) == "right"


def test_numbers_of_json_have_the_places_of_their_matrix() -> None:
    """1.0 and 0.0 beside numbers of four decimals mean 1.0000 and 0.0000."""
    problem = {"Q": [[3.0], [0.5]], "K": [[1.0], [-0.414]], "score": "dot"}
    true = right(problem)["weights"].round(4).tolist()
    assert attncli.check(problem, {"weights": true}).passed
    assert not attncli.check(problem, {"weights": [[1.0, 0.0], true[1]]}).passed


def test_the_nearest_wrong_step_is_blamed() -> None:
    """A sum follows from the wrong norm before it, not from a mistake that right weights end."""
    problem = {**LAYER, "norm": "post"}
    made = right(problem)
    w_1, w_2, b_1, b_2 = (np.array(LAYER["ffn"][n], float) for n in ("W_1", "W_2", "b_1", "b_2"))
    normed = made["norm_1.output"] + [[0.27, -0.31], [0.13, 0.41]]
    matrices = {
        "self.scaled": 1.37 * made["self.scaled"] + [[0, 0.11], [0.22, 0.33]],
        "self.weights": made["self.weights"],
        "norm_1.output": normed,
        "norm_2.sum": normed + np.maximum(normed @ w_1 + b_1, 0) @ w_2 + b_2,
    }
    found = steps(problem, {name: matrix.round(4).tolist() for name, matrix in matrices.items()})
    assert str(found["self.weights"].verdict) == "right"
    assert str(found["norm_2.sum"].verdict) == "follows"
    assert "follow from norm_1.output," in found["norm_2.sum"].rationale


# Right numbers are not accused.


def test_digits_that_were_cut_off_are_rounded() -> None:
    """Cut digits pass, and the words say so."""
    weights = np.floor(right(FOUR)["weights"] * 1000) / 1000
    found = steps(FOUR, {"weights": weights.tolist()})["weights"]
    assert (str(found.verdict), found.passed) == ("rounded", True)
    assert "cut off" in found.rationale


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_print_outs_of_fewer_bits_are_right(dtype: Any) -> None:
    """Numbers that a program prints in float32 or float16 are right, and their type is named."""
    q, k = (np.array(FOUR[name], dtype) for name in ("Q", "K"))
    scores = (q @ k.T / dtype(np.sqrt(3))).astype(dtype)
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = (powers / powers.sum(axis=-1, keepdims=True)).astype(dtype)
    answer = {"weights": [[str(cell) for cell in row] for row in weights]}
    found = steps(FOUR, answer)["weights"]
    assert (str(found.verdict), found.passed) == ("right", True)
    assert found.type == np.dtype(dtype).name or dtype is np.float16


@pytest.mark.parametrize("fill", [-99, -999, -1e4, -1e9])
@pytest.mark.parametrize("is_added", [True, False])
def test_any_number_that_hides_a_key_is_right(fill: float, is_added: bool) -> None:
    """Hidden scores may hold any number that leaves no digit of a weight."""
    problem = {**FOUR, "mask": "causal"}
    made = right(problem)
    hidden = np.isneginf(made["masked"])
    masked = np.where(hidden, made["scaled"] * is_added + fill, made["masked"])
    assert attncli.check(problem, {"masked": masked.round(3).tolist()}).passed


def test_a_query_that_is_scaled_first_is_right() -> None:
    """Q shown divided by √d_k is right if the scores are."""
    made = right(SMALL)
    scaled = made["scaled"].round(4).tolist()
    answer = {"Q": (made["Q"] / np.sqrt(2)).round(4).tolist(), "scores": scaled, "scaled": scaled}
    report = attncli.check(SMALL, answer)
    assert report.passed
    assert "scaling" in report.steps[0].rationale


def test_a_subtracted_maximum_and_percentages_are_right() -> None:
    """Softmax ignores a number subtracted from a row; 96 may stand for 0.96."""
    made = right(FOUR)
    scaled = made["scaled"] - made["scaled"].max(axis=-1, keepdims=True)
    answer = {
        "scaled": scaled.round(4).tolist(),
        "weights": (100 * made["weights"]).round(2).tolist(),
    }
    assert attncli.check(FOUR, answer).passed


def test_weights_that_are_masked_and_normalised_again_are_right() -> None:
    """`masked` that still equals `scaled` passes if the weights are right, and not otherwise."""
    problem = {**FOUR, "mask": "causal"}
    made = right(problem)
    unmasked = made["scaled"].round(4).tolist()
    answer = {"masked": unmasked, "weights": made["weights"].round(4).tolist()}
    report = attncli.check(problem, answer)
    assert report.passed
    assert str(report.steps[0].verdict) == "not yet"
    powers = np.exp(made["scaled"])
    wrong = np.tril(powers / powers.sum(axis=-1, keepdims=True)).round(4).tolist()
    found = steps(problem, {"masked": unmasked, "weights": wrong})
    assert str(found["masked"].verdict) == "not yet"
    assert found["masked"].passed is False
    assert "mask-after-softmax" in found["weights"].mistakes


def test_arithmetic_with_rounded_numbers_has_their_reach() -> None:
    """e^(-0.71) stands for e^(-1/√2), to the digits that are written."""
    problem = {"Q": [[1, 0]], "K": [[0, 1], [-1, 0]]}
    cells = ["1/(1+e^(-0.71))", "e^(-0.71)/(1+e^(-0.71))"]
    assert attncli.check(problem, {"weights": [cells]}).passed
    wrong = ["1/(1+e^(-0.81))", "e^(-0.81)/(1+e^(-0.81))"]
    assert not attncli.check(problem, {"weights": [wrong]}).passed


@pytest.mark.parametrize("places", [1, 2, 3])
def test_half_up_and_half_to_even_on_the_way_are_rounded(places: int) -> None:
    """An output alone passes if every step was rounded, a half in either direction."""
    unit = 10.0**-places

    def half_up(matrix: Any) -> Any:
        return np.copysign(np.floor(np.abs(matrix) / unit + 0.5 + 1e-9) * unit, matrix)

    def half_even(matrix: Any) -> Any:
        return np.round(matrix, places)

    x, w_q, w_k, w_v = (np.array(SMALL[name], float) for name in ("X", "W_q", "W_k", "W_v"))
    for rounded in (half_up, half_even):
        q, k, v = (rounded(x @ w) for w in (w_q, w_k, w_v))
        scores = rounded(rounded(q @ k.T) / np.sqrt(2))
        powers = np.exp(scores)
        weights = rounded(powers / powers.sum(axis=-1, keepdims=True))
        output = [[f"{cell:.{places}f}" for cell in row] for row in rounded(weights @ v)]
        assert attncli.check(SMALL, {"output": output}).passed


def test_a_rounded_root_is_rounded() -> None:
    """√2 as 1.41 is a right method with a rounded constant."""
    scaled = (right(SMALL)["scores"] / 1.41).round(4).tolist()
    found = steps(SMALL, {"scaled": scaled})["scaled"]
    assert str(found.verdict) == "rounded"
    assert "√d_k was rounded to 2 decimals" in found.rationale


# Mistakes are named, with what they did to the rest.


def test_a_mistake_is_named_if_every_step_was_rounded() -> None:
    """Weights of unscaled scores, rounded to 2 decimals and gone on with, are recognised."""
    output = [["44.14", "59.49"], ["37.46", "49.78"], ["44.66", "59.83"]]
    found = steps(SMALL, {"output": output})["output"]
    assert found.mistakes[0] == "no-scale"
    assert "every step was rounded to 2 decimals" in found.rationale


def test_another_divisor_and_another_base_are_solved_for() -> None:
    """A constant that no entry has is found from the cells."""
    made = right(FOUR)
    scaled = (made["scores"] / np.sqrt(3.5)).round(4).tolist()
    found = steps(FOUR, {"scaled": scaled})["scaled"]
    assert "divided by √3.5" in found.rationale
    powers = 3.0 ** made["scaled"]
    weights = (powers / powers.sum(axis=-1, keepdims=True)).round(4).tolist()
    found = steps(FOUR, {"weights": weights})["weights"]
    assert "base 3" in found.rationale


def test_dropout_is_named_with_its_probability() -> None:
    """Zeros among weights that are larger by one factor are dropout."""
    weights = right(FOUR)["weights"] / 0.8
    weights[0, 1] = weights[2, 0] = 0
    found = steps(FOUR, {"weights": weights.round(4).tolist()})["weights"]
    assert found.mistakes == ("dropout-left-on",)
    assert "p = 0.2" in found.rationale


def test_a_written_zero_is_not_a_shifted_point() -> None:
    """A 0 has no digit that could speak for a slip."""
    weights = right(FOUR)["weights"].round(4)
    weights[1, 2] = 0
    found = steps(FOUR, {"weights": weights.tolist()})["weights"]
    assert "decimal point" not in found.rationale


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("row", [[0, 0, 0], [None, None, None]])
def test_a_row_without_weights_is_judged_without_a_warning(row: list[float | None]) -> None:
    """A row of zeros or of blanks leaves no warning of NumPy on standard error."""
    report = attncli.check(FOUR, {"weights": [[0.3, 0.3, 0.4], row, [0.1, 0.2, 0.7]]})
    assert not report.passed


def test_one_wrong_cell_is_a_slip_whatever_its_kind() -> None:
    """One wrong cell among right ones is a slip, and the steps after it follow."""
    made = right(FOUR)
    weights = made["weights"].round(4)
    weights[1, 0] = round(weights[1, 0] + 0.1234, 4)
    output = (weights @ np.array(FOUR["V"])).round(4).tolist()
    found = steps(FOUR, {"weights": weights.tolist(), "output": output})
    assert found["weights"].mistakes == ("single-cell-slip",)
    assert "the later steps go on correctly" in found["weights"].rationale
    assert [cell.index for cell in found["weights"].differences] == [(2, 1)]
    assert str(found["output"].verdict) == "follows"


@pytest.mark.parametrize("order", [[1, 0, 2], [2, 0, 1]])
def test_another_order_of_tokens_is_said(order: list[int]) -> None:
    """An answer in another order passes with its tokens; else the report names the order."""
    labels = ["a", "b", "c"]
    problem = {**FOUR, "tokens": labels}
    output = right(problem)["output"].round(4)[order].tolist()
    tokens = [labels[at] for at in order]
    assert attncli.check(problem, {"output": output, "tokens": tokens}).passed
    found = steps(problem, {"output": output})["output"]
    assert found.passed is False
    assert found.mistakes == ("other-order",)
    assert "another order" in found.rationale


def test_a_transposed_answer_is_one_cause() -> None:
    """A transposed answer is said once; its later steps follow, and its layout makes it right."""
    made = right(SMALL)
    turned = {name: made[name].T.round(4).tolist() for name in ("Q", "K", "scores", "output")}
    found = steps(SMALL, turned)
    assert found["Q"].mistakes == ("transposed-answer",)
    assert [str(found[name].verdict) for name in ("K", "scores", "output")] == ["follows"] * 3
    assert attncli.check(SMALL, {**turned, "layout": "columns"}).passed


def test_rope_and_an_answer_of_odd_width_do_not_crash() -> None:
    """An answer whose rows have an odd length is judged by its shape."""
    problem = {
        "X": [[1, 0], [0, 1], [1, 1]],
        "W_q": [[1, 0, 2, 1], [0, 1, 1, 0]],
        "W_k": [[0, 1, 1, 0], [1, 0, 0, 1]],
        "W_v": [[1, 0], [0, 1]],
        "position": "rope",
    }
    answer = {
        "Q": [[1, 0, 1], [0, 1, 1], [2, 1, 3], [1, 0, 1]],
        "Q_rotated": [[1, 0, 0], [0, 1, 1], [2, 1, 3], [1, 0, 1]],
    }
    assert str(steps(problem, answer)["Q"].verdict) == "shape"


@pytest.mark.parametrize(
    ("first", "expected"),
    [("580.0", "follows"), ("580.2", "follows"), ("581.0", "undecided"), ("640.0", "wrong")],
)
def test_unknown_digits_of_wrong_weights_never_let_other_numbers_pass(
    first: str, expected: str
) -> None:
    """A result that only the unknown digits of a wrong matrix could explain cannot be judged.

    The weights 0.4 and 0.6 are known to 0.05: they leave 580 ± 50, but the digits say 580.0 ± 0.2.
    """
    problem = {"Q": [[1]], "K": [[0], [1]], "V": [[100, 200], [900, 500]], "score": "dot"}
    found = steps(problem, {"weights": [["0.4", "0.6"]], "output": [[first, "380.0"]]})
    assert [str(step.verdict) for step in found.values()] == ["wrong", expected]
    assert found["output"].passed is False


def test_after_a_step_left_for_later_the_numbers_go_on_from_the_step_before() -> None:
    """Weights of rounded scores are right, though `scaled` still equals the scores."""
    scores = right(FOUR)["scores"].round(1)
    powers = np.exp(scores / np.sqrt(3))
    weights = (powers / powers.sum(axis=-1, keepdims=True)).round(3)
    assert not np.allclose(weights, right(FOUR)["weights"], atol=0.002)
    answer = {"scores": scores.tolist(), "scaled": scores.tolist(), "weights": weights.tolist()}
    found = steps(FOUR, answer)
    verdicts = [str(found[name].verdict) for name in answer]
    assert verdicts == ["right", "not yet", "right"]


def test_a_text_of_whole_numbers_beside_decimals_is_rounded() -> None:
    """A text has its own digits: 373 for 373.2 is right to whole numbers, beside any weights."""
    problem = {"Q": [[1, 0], [0, 2]], "K": [[1, 1], [0, 2]], "V": [[110, 431], [907, 254]]}
    weights = right(problem)["weights"].round(3).tolist()
    for output, expected in (("373", "rounded"), ("374", "wrong")):
        answer = {"weights": weights, "output": [[output, "373"], ["751", "289"]]}
        found = steps(problem, answer)["output"]
        assert str(found.verdict) == expected
    assert steps(problem, {"output": [["373", "373"], ["751", "289"]]})["output"].rationale == (
        "It is right, but only to whole numbers."
    )


def test_a_slip_in_a_hidden_step_is_looked_for_in_its_row() -> None:
    """A wrong cell of hidden scores makes a row of the weights wrong; the report names the row."""
    scaled = right(FOUR)["scaled"]
    scaled[2, 0] += 0.43
    powers = np.exp(scaled)
    weights = (powers / powers.sum(axis=-1, keepdims=True)).round(4)
    found = steps(FOUR, {"weights": weights.tolist()})["weights"]
    assert found.fact == "3 of 9 cells wrong."
    assert found.rationale == (
        "Only row 3 is wrong: look for a slip in the matrices before it, such as row 3 of scaled."
    )


def test_the_law_that_unexplained_weights_break_is_named() -> None:
    """The report on a row of unexplained weights names the sum of the row."""
    answer = {"weights": [[0.31, 0.27, 0.42], [0.11, 0.52, 0.24], [0.47, 0.19, 0.34]]}
    found = steps(FOUR, answer)["weights"]
    assert str(found.verdict) == "wrong"
    assert found.rationale == "Row 2 of weights sums to 0.87, not to 1."


# The marking rule.


def test_a_right_output_alone_earns_all_points() -> None:
    """Steps that are not given do not count, unless they are required or the last."""
    output = right(FOUR)["output"].round(4).tolist()
    made = attncli.check(FOUR, {"output": output}).made
    assert (made.score, made.max_score) == (1, 1)
    made = attncli.check(FOUR, {"output": output}, required="scores,weights").made
    assert (made.score, made.max_score) == (1, 3)
    unscaled = right({**FOUR, "score": "dot"})["output"].round(4).tolist()
    made = attncli.check(FOUR, {"output": unscaled}).made
    assert (made.score, made.max_score) == (0, 1)


def test_verdicts_depend_on_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose clock stands still or races gives the same report."""
    import time

    output = (right(FOUR)["output"] * 1.37 + 0.001).round(4).tolist()
    reports = []
    for speed in (0.0, 1e6):
        ticks = iter(range(10**9))
        monkeypatch.setattr(time, "monotonic", lambda s=speed, t=ticks: s * next(t))
        reports.append(str(attncli.check(FOUR, {"output": output})))
    assert reports[0] == reports[1]
