"""Test answers that reviewers drew or found on public pages: their verdicts, names and words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import attncli
from attncli.homework.judging.report import StepReport

Document = dict[str, Any]
Matrix = Any  # a NumPy array of any numbers

FOUR: Document = {
    "Q": [[-0.4, 0.7, 1.1], [0.9, -0.2, 0.3], [0.5, 0.8, -0.6]],
    "K": [[1.2, -0.5, 0.4], [0.3, 0.9, 1.3], [-0.7, 0.2, 0.6]],
    "V": [[1.0, 2.5], [-0.5, 3.0], [4.0, -1.5]],
}
CAUSAL: Document = {**FOUR, "mask": "causal"}
VALUES = np.array(FOUR["V"])
SQUARE: Document = {
    "X": [[1, 2], [3, -1]],
    "W_q": [[1, 2], [0, 1]],
    "W_k": [[1, 0], [1, 1]],
    "W_v": [[1, 0.5], [0.7, 0.2]],
    "W_o": [[1, 0.3], [0.2, 2]],
}
LOWER = np.tril(np.ones((3, 3), bool))


def steps(problem: Document, answer: Document) -> dict[str, StepReport]:
    """Return the reports on the steps of an answer by their names."""
    return {step.name: step for step in attncli.check(problem, answer).steps}


def right(problem: Document) -> dict[str, Matrix]:
    """Return the right matrices of a problem."""
    return dict(attncli.compute(problem))


def softmax(scores: Matrix) -> Matrix:
    """Return the weights of scores, in plain NumPy."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def cells(matrix: Matrix, places: int = 4) -> list[list[Any]]:
    """Return the rounded cells of a matrix as an answer writes them, infinities as texts."""
    return [
        [round(float(cell), places) if np.isfinite(cell) else str(cell) for cell in row]
        for row in np.asarray(matrix)
    ]


def from_weights(weights: Matrix) -> Document:
    """Return an answer of weights and of the output that follows from them."""
    return {"weights": cells(weights), "output": cells(weights @ VALUES)}


def problem_of_weights(weights: Matrix) -> Document:
    """Return a problem that has these weights."""
    logits = np.log(np.array(weights))
    return {"Q": np.eye(len(logits)).tolist(), "K": logits.T.tolist(), "score": "dot"}


# Digits.

PRINTED = [
    [0.00338474, 0.94786865, 0.048746605],
    [0.55860204, 0.074907826, 0.36649014],
]


@pytest.mark.parametrize("is_text", [True, False])
def test_digits_of_float32_are_right(is_text: bool) -> None:
    """A number with 8 digits may miss the exact one by what float32 can give."""
    printed = [[0.00338474, 0.94786865, 0.048746597], [0.55860204, 0.074907824, 0.36649016]]
    weights = [[str(cell) if is_text else cell for cell in row] for row in printed]
    found = steps(problem_of_weights(PRINTED), {"weights": weights})["weights"]
    assert (str(found.verdict), found.type) == ("right", "float32")


def test_digits_of_float16_are_right() -> None:
    """A number with 4 digits may miss the exact one by what float16 can give."""
    weights = [[0.003393, 0.948, 0.04883], [0.5586, 0.075, 0.3665]]
    found = steps(problem_of_weights(PRINTED), {"weights": weights})["weights"]
    assert (str(found.verdict), found.type) == ("right", "float16")


def test_more_than_float32_can_give_is_wrong() -> None:
    """A difference in the sixth decimal is not one of float32."""
    weights = [["0.00338474", "0.94786965", "0.048745597"], [str(cell) for cell in PRINTED[1]]]
    found = steps(problem_of_weights(PRINTED), {"weights": weights})["weights"]
    assert str(found.verdict) == "wrong"


@pytest.mark.parametrize("places", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["scores", "scaled", "output"])
def test_cut_digits_are_rounded_at_any_place(places: int, name: str) -> None:
    """Digits that were cut off pass, and the report does not speak of rounding on the way."""
    cut = np.trunc(right(FOUR)[name] * 10**places + 1e-9 * np.sign(right(FOUR)[name]))
    written = [[f"{cell / 10**places:.{places}f}" for cell in row] for row in cut]
    found = steps(FOUR, {name: written})[name]
    assert found.passed
    assert "on the way" not in found.rationale


@pytest.mark.parametrize("is_text", [True, False])
def test_each_cell_is_judged_by_its_own_digits(is_text: bool) -> None:
    """Three significant digits of small and large weights are right."""
    weights = [["0.753", "0.183", "0.0634"], ["0.194", "0.800", "0.00567"]]
    written = [[cell if is_text else float(cell) for cell in row] for row in weights]
    true = [[0.75341, 0.18317, 0.06342], [0.19446, 0.79987, 0.005667]]
    found = steps(problem_of_weights(true), {"weights": written})["weights"]
    assert (str(found.verdict), found.rationale) == ("right", "")


@pytest.mark.parametrize("places", [1, 2])
def test_one_step_rounded_on_the_way_is_rounded(places: int) -> None:
    """An output of 4 decimals from `scaled` with fewer passes, and the words name that step."""
    weights = softmax(right(FOUR)["scaled"].round(places))
    found = steps(FOUR, {"output": cells(weights @ VALUES)})["output"]
    assert (str(found.verdict), found.passed) == ("rounded", True)
    assert "scaled was rounded to" in found.rationale


# Wrong numbers do not pass.


@pytest.mark.parametrize("change", ["zeros", "negated", "random", "half more", "a tenth more"])
@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_follows_from_unexplained_weights_by_chance(change: str, seed: int) -> None:
    """After weights that nothing explains, other outputs of a layer neither pass nor earn."""
    drawn = np.random.default_rng(seed)
    made = right("sample:encoder_layer")  # type: ignore[arg-type]
    weights = made["self.weights"] * drawn.uniform(0.9, 1.1, made["self.weights"].shape)
    output = {
        "zeros": 0 * made["output"],
        "negated": -made["output"],
        "random": drawn.normal(size=made["output"].shape),
        "half more": made["output"] + 0.5,
        "a tenth more": made["output"] + 0.1,
    }[change]
    answer = {"self.weights": weights.round(3).tolist(), "output": output.round(3).tolist()}
    found = {step.name: step for step in attncli.check("sample:encoder_layer", answer).steps}
    assert (found["output"].passed, found["output"].earned) == (False, 0)


PARTLY = {"Q": [[1, 2, 0, 1], [0, 1, 1, 1]], "K": [[2, 1, 0, 0], [1, 2, 2, 1], [0, 1, 1, 1]]}


def test_partly_scaled_scores_are_not_excused_by_scaled() -> None:
    """Scores that are scaled in some cells are wrong, whether the next step repeats that or not."""
    scores = [[4, 3, 1.5], [1, 5, 1.5]]
    for scaled in ([[2, 3, 0.75], [0.5, 2.5, 0.75]], [[2, 1.5, 0.75], [0.5, 2.5, 0.75]]):
        assert not steps(PARTLY, {"scores": scores, "scaled": scaled})["scores"].passed


def test_cells_that_are_scaled_twice_are_wrong() -> None:
    """Right scores do not excuse cells of `scaled` that were divided twice."""
    answer = {"scores": [[4, 6, 3], [1, 5, 3]], "scaled": [[2, 1.5, 0.75], [0.5, 2.5, 0.75]]}
    found = steps(PARTLY, answer)
    assert str(found["scores"].verdict) == "right"
    assert str(found["scaled"].verdict) == "wrong"


@pytest.mark.parametrize(
    ("fill", "is_added"),
    [
        (-10, False),
        (-10, True),
        (-5, True),
        pytest.param(
            -5,
            False,
            marks=pytest.mark.xfail(
                strict=True, reason="weights that follow from masked are called a slip"
            ),
        ),
    ],
)
def test_a_number_that_hides_nothing_is_named(fill: float, is_added: bool) -> None:
    """A hidden score of −10 leaves digits in the weights, set or added."""
    scaled = right(CAUSAL)["scaled"]
    masked = np.where(LOWER, scaled, scaled * is_added + fill)
    found = steps(CAUSAL, {"masked": cells(masked), **from_weights(softmax(masked))})
    assert f"−{-fill}" in found["masked"].rationale
    assert found["masked"].mistakes[0] in (
        "mask-small-added" if is_added else "mask-small-fill",
        "fill-does-not-hide",
    )
    assert [str(found[step].verdict) for step in ("weights", "output")] == ["follows"] * 2


# One mistake has one name.


def test_a_mistake_is_named_where_it_was_made_and_not_where_it_shows_first() -> None:
    """`scaled` that equals the scores is not yet scaled if the weights were scaled instead."""
    scores = right(FOUR)["scores"]
    answer = {"scaled": cells(scores), **from_weights(softmax(scores) / np.sqrt(3))}
    found = steps(FOUR, answer)
    assert {name: str(step.verdict) for name, step in found.items()} == {
        "scaled": "not yet",
        "weights": "wrong",
        "output": "follows",
    }
    assert found["weights"].mistakes == ("scale-after-softmax",)


def hides_self(matrix: Matrix) -> Matrix:
    """Return scores without those of a query with itself and later keys."""
    return np.where(np.tril(LOWER, -1), matrix, -1e9)


@pytest.mark.parametrize(
    ("row", "name"),
    [([1 / 3] * 3, "causal-hides-self-mean"), ([np.nan] * 3, "causal-hides-self-nan")],
)
def test_a_causal_mask_that_hides_the_query_itself_is_named(row: list[float], name: str) -> None:
    """The first row, which then has no key, may hold equal weights or NaN."""
    weights = softmax(hides_self(right(CAUSAL)["scaled"]))
    weights[0] = row
    assert steps(CAUSAL, {"weights": cells(weights)})["weights"].mistakes == (name,)


def test_padding_applied_to_queries_is_named() -> None:
    """A padded query without a key has equal weights."""
    problem = {**FOUR, "mask": "padding:2"}
    kept = np.outer([1, 1, 0], [1, 1, 0]) > 0
    answer = from_weights(softmax(np.where(kept, right(problem)["scaled"], -1e9)))
    found = steps(problem, answer)
    assert found["weights"].mistakes == ("padding-on-queries-mean",)
    assert str(found["output"].verdict) == "follows"


@pytest.mark.filterwarnings("ignore:no key may be attended to")
def test_a_hidden_row_of_ones_is_named() -> None:
    """A query without a key that gets the weight 1 for each key is recognised."""
    problem = {**FOUR, "mask": [[0, 0, 0], [1, 1, 0], [1, 1, 1]]}
    weights = right(problem)["weights"].copy()
    weights[0] = 1
    found = steps(problem, {"weights": cells(weights)})["weights"]
    assert found.mistakes == ("empty-row-ones",)


def test_a_mask_that_was_added_as_it_is_written_is_named() -> None:
    """1 for each visible key, added to the scores, hides nothing."""
    weights = softmax(right(CAUSAL)["scaled"] + LOWER)
    found = steps(CAUSAL, {"weights": cells(weights)})["weights"]
    assert found.mistakes == ("mask-added-as-01",)


@pytest.mark.parametrize("base", [2, 3, 7, 10])
def test_any_base_of_softmax_is_named(base: float) -> None:
    """Powers of another base than e are recognised."""
    weights = softmax(right(FOUR)["scaled"] * np.log(base))
    found = steps(FOUR, {"weights": cells(weights)})["weights"]
    assert f"{base}" in found.rationale
    assert str(found.verdict) == "wrong"
    assert found.mistakes


@pytest.mark.parametrize("missing", [0.2, -0.3])
def test_a_wrong_sum_of_exponentials_is_named(missing: float) -> None:
    """The weights of one row that share a wrong sum have one cause, with both sums."""
    powers = np.exp(right(FOUR)["scaled"])
    sums = powers.sum(axis=-1, keepdims=True)
    true = float(sums[0, 0])
    sums[0] -= missing
    found = steps(FOUR, {"weights": cells(powers / sums)})["weights"]
    assert found.mistakes == ("another-sum",)
    assert f"{true:.4g}" in found.rationale
    assert f"{true - missing:.4g}" in found.rationale


@pytest.mark.parametrize("places", [1, 2])
def test_percentages_are_right(places: int) -> None:
    """96 may stand for 0.96, and the report says how the numbers were read."""
    weights = cells(100 * right(FOUR)["weights"], places)
    found = steps(FOUR, {"weights": weights})["weights"]
    assert found.passed
    assert "percent" in found.rationale


@pytest.mark.parametrize("side", ["transposed", "left"])
def test_a_mistake_of_the_three_projections_is_one_mistake(side: str) -> None:
    """Q, K and V with one mistake are named from the output, though W_o was used rightly."""
    x, *weights = (np.array(SQUARE[name], float) for name in ("X", "W_q", "W_k", "W_v"))
    q, k, v = ((x @ w.T) if side == "transposed" else (w @ x) for w in weights)
    output = softmax(q @ k.T / np.sqrt(2)) @ v @ np.array(SQUARE["W_o"])
    name = {"transposed": "weight-transposed", "left": "weight-on-left"}[side]
    assert steps(SQUARE, {"output": cells(output)})["output"].mistakes == (name,)


@pytest.mark.parametrize("kind", ["no scale, transposed mask", "no scale, no mask"])
def test_two_mistakes_are_named_from_the_output(kind: str) -> None:
    """Two mistakes at once are both named."""
    scores = right(FOUR)["scores"]
    is_seen = LOWER.T if "transposed" in kind else np.ones((3, 3), bool)
    output = softmax(np.where(is_seen, scores, -np.inf)) @ VALUES
    found = steps(CAUSAL, {"output": cells(output)})["output"]
    assert "no-scale" in found.mistakes
    other = "causal-transposed" if "transposed" in kind else "causal-missing"
    assert other in found.mistakes


FOUR_TOKENS: Document = {
    "Q": [[1, 0.5], [0.2, 1], [0.7, -0.3], [1, 1]],
    "K": [[0.3, 1], [1, -0.4], [0.6, 0.2], [-0.5, 0.9]],
    "mask": "causal",
}


@pytest.mark.parametrize(
    ("hidden", "fill", "name"),
    [
        (~np.tril(np.ones((4, 4), bool)), np.inf, "mask-plus-inf"),
        (~np.tril(np.ones((4, 4), bool), -1), -np.inf, "causal-hides-self"),
        (~np.triu(np.ones((4, 4), bool)), -np.inf, "causal-transposed"),
    ],
)
def test_a_few_hidden_cells_are_a_pattern(hidden: Matrix, fill: float, name: str) -> None:
    """The cells that are hidden, and those that are not, name a mask."""
    masked = np.where(hidden, fill, right(FOUR_TOKENS)["scaled"])
    assert steps(FOUR_TOKENS, {"masked": cells(masked)})["masked"].mistakes == (name,)


# Slips.


@pytest.mark.parametrize("kind", ["misread digit", "copied cell", "one off"])
def test_a_slip_is_located_whatever_its_kind(kind: str) -> None:
    """One wrong weight is a slip with its place, and the output goes on correctly."""
    weights = right(FOUR)["weights"].round(4)
    row, column = {"misread digit": (0, 1), "copied cell": (1, 0), "one off": (2, 2)}[kind]
    weights[row, column] = {
        "misread digit": weights[row, column] + 0.03,
        "copied cell": weights[0, 0],
        "one off": weights[row, column] + 0.001,
    }[kind]
    found = steps(FOUR, from_weights(weights))
    assert found["weights"].mistakes == ("single-cell-slip",)
    assert f"row {row + 1}, column {column + 1}" in found["weights"].rationale
    assert str(found["output"].verdict) == "follows"


@pytest.mark.parametrize("row", [0, 1, 2])
def test_a_hidden_slip_shows_in_one_row(row: int) -> None:
    """One wrong row of an output points to that row of the weights."""
    weights = right(FOUR)["weights"].copy()
    weights[row] = weights[row][[1, 0, 2]]
    found = steps(FOUR, {"output": cells(weights @ VALUES)})["output"]
    assert found.mistakes == ("slip-in-one-row",)
    assert f"row {row + 1} of weights" in found.rationale


@pytest.mark.parametrize(
    ("row", "name"), [(1, "output"), (2, "output"), (1, "weights"), (2, "weights")]
)
def test_a_row_of_zeros_is_not_a_shifted_point(row: int, name: str) -> None:
    """A row of zeros is said to be one wrong row."""
    matrix = right(FOUR)[name].copy()
    matrix[row] = 0
    found = steps(FOUR, {name: cells(matrix)})[name]
    assert "decimal point" not in found.rationale
    assert f"row {row + 1}" in found.rationale.lower()


def test_a_value_without_its_weight_is_a_slip() -> None:
    """A product that lacks its weight is said to have one of its two factors."""
    made = right(FOUR)
    output = made["output"].copy()
    output[1, 0] += (1 - made["weights"][1, 0]) * VALUES[0, 0]
    found = steps(FOUR, {"output": cells(output)})["output"]
    assert "has only one of its two factors" in found.rationale


def test_blanks_are_carried() -> None:
    """A blank cell does not make the output wrong that was calculated from rounded weights."""
    weights = right(FOUR)["weights"].round(2)
    written: list[list[float | None]] = weights.tolist()
    written[0][0] = None
    assert attncli.check(FOUR, {"weights": written, "output": cells(weights @ VALUES, 2)}).passed
