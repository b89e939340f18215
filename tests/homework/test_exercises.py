"""Test exercises: their numbers meet the demands, and their mistakes show."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from attncli.calculation.plans.from_document import read
from attncli.homework.exercises.drawing import Draws
from attncli.homework.exercises.drawn_numbers import VALUES, Dice, drawn
from attncli.homework.exercises.effects import RIGHT, LookAlikes, as_written, effects_of
from attncli.homework.exercises.kinds import KINDS
from attncli.homework.exercises.making import Exercise, make
from attncli.homework.exercises.new_documents import blank_of, document_of, made
from attncli.homework.exercises.orders import Order
from attncli.homework.exercises.worth import Worth, worth_of
from attncli.homework.mistakes.examples import PROBLEMS, NewLayer
from attncli.render.view import View
from attncli.render.worth.worth_tables import draw_worth

Matrix = NDArray[np.float64]
Matrices = dict[str, Matrix]

ATTENTION = [name for name, kind in KINDS.items() if kind.layer is None]


@cache
def ordered(kind: str, seed: int = 0, **options: Any) -> Exercise:
    """Return the exercise of an order without sizes and choices."""
    return make(Order(kind, {}, {}, seed, **options))


def inputs(exercise: Exercise) -> Matrices:
    """Return the matrices of the document."""
    entries = exercise.document.items()
    return {
        name: np.array(value, dtype=float)
        for name, value in entries
        if isinstance(value, list) and "tokens" not in name
    }


def softmax(scores: Matrix) -> Matrix:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: Matrix = powers / powers.sum(axis=-1, keepdims=True)
    return result


def split(matrix: Matrix, heads: int) -> Matrix:
    """Return the columns of a matrix as one matrix for each head."""
    return np.stack(np.split(matrix, heads, axis=-1))


def calculated(exercise: Exercise) -> Matrices:
    """Return the steps of an exercise by NumPy alone, with heads as the first axis."""
    given, document = inputs(exercise), exercise.document
    if "X" in given:
        source = given.get("memory", given["X"])
        given["Q"] = given["X"] @ given["W_q"]
        given["K"], given["V"] = source @ given["W_k"], source @ given["W_v"]
    heads = document.get("heads", 1)
    q, k, v = (split(given[name], heads) for name in "QKV")
    if "K_past" in given:
        k = np.concatenate([given["K_past"][None], k], axis=-2)
        v = np.concatenate([given["V_past"][None], v], axis=-2)
    if document.get("score") == "additive":
        sums = (q @ given["W_a"])[..., :, None, :] + (k @ given["U_a"])[..., None, :, :]
        scores = np.tanh(sums) @ given["v_a"]
    elif document.get("score") == "general":
        scores = q @ given["W_a"] @ np.swapaxes(k, -1, -2)
    else:
        scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    hidden = np.zeros(scores.shape, dtype=bool)
    n, m = scores.shape[-2:]
    if document.get("mask") == "causal":
        hidden[:] = np.triu(np.ones((n, m), dtype=bool), 1 + m - n)
    elif "mask" in document:
        hidden[..., int(document["mask"].partition(":")[2]) :] = True
    masked = np.where(hidden, -np.inf, scores)
    weights = softmax(masked)
    output = np.concatenate(list(weights @ v), axis=-1)
    output = output @ given["W_o"] if "W_o" in given else output
    return {**given, "scores": scores, "masked": masked, "weights": weights, "output": output}


@pytest.mark.parametrize("kind", ATTENTION)
@pytest.mark.parametrize("values", VALUES)
def test_an_exercise_keeps_its_promises(kind: str, values: str) -> None:
    """No weight saturates or vanishes, no row has equal scores, and no product is symmetric."""
    exercise = ordered(kind, values=values)
    steps = calculated(exercise)
    assert exercise.meets_all
    for row, weights in zip(*(part(steps) for part in (open_scores, open_weights)), strict=True):
        assert len(set(np.round(row, 9))) == len(row)
        if len(row) > 1:
            assert weights.max() <= 0.95
            assert np.round(weights.min(), 2) > 0
    scores = steps["scores"]
    if scores.shape[-2] == scores.shape[-1]:
        assert all(np.abs(head - head.T).max() > 1e-6 for head in scores)
    if "W_q" in steps and "memory" not in steps:
        product = steps["W_q"] @ steps["W_k"].T
        assert np.abs(product - product.T).max() > 1e-6
    assert all(np.abs(steps[name]).max() <= 20 for name in "QKV")
    problem, plan = read(document_of(exercise.document))
    output = plan.run(problem.matrices).matrices["output"]
    np.testing.assert_allclose(output, steps["output"], atol=1e-12)


def open_scores(steps: Matrices) -> list[Matrix]:
    """Return the scores of each row that no mask hides."""
    rows = steps["masked"].reshape(-1, steps["masked"].shape[-1])
    return [row[np.isfinite(row)] for row in rows]


def open_weights(steps: Matrices) -> list[Matrix]:
    """Return the weights of each row that no mask hides."""
    masked, weights = (steps[name].reshape(-1, steps[name].shape[-1]) for name in MASKED)
    return [own[np.isfinite(row)] for row, own in zip(masked, weights, strict=True)]


MASKED = ("masked", "weights")


@pytest.mark.parametrize(
    ("values", "unit"), [("integers", 1), ("halves", 2), ("tenths", 10), ("any", 100)]
)
@pytest.mark.parametrize("kind", ["attention", "multihead"])
def test_numbers_are_those_of_their_values(kind: str, values: str, unit: int) -> None:
    """Integers are whole, halves are halves, tenths have one decimal, and others have two."""
    for matrix in inputs(ordered(kind, values=values)).values():
        np.testing.assert_array_equal(np.round(matrix * unit) / unit, matrix)
        assert np.abs(matrix).max() <= 3


@pytest.mark.parametrize("kind", ["attention", "additive", "multihead"])
def test_the_first_draws_that_meet_all_demands_are_taken(kind: str) -> None:
    """The same order makes the same exercise, and another seed another one."""
    exercise = ordered(kind)
    assert exercise.document == make(Order(kind, {}, {}, 0)).document
    assert 1 <= exercise.accepted <= exercise.tried
    assert inputs(exercise).keys() == inputs(ordered(kind, 1)).keys()
    assert exercise.document != {**ordered(kind, 1).document, "note": exercise.document["note"]}


def judged(decimals: int = 2, **document: Any) -> Worth:
    """Return the worth of a document."""
    problem, plan = read(document_of(document))
    return worth_of(problem, plan, decimals)


def rounded(matrix: Matrix) -> list[Any]:
    rows: list[Any] = (np.floor(matrix * 100 + 0.5 + 1e-6)).tolist()
    return rows


def self_attention(x: Matrix, w_q: Matrix, w_k: Matrix, w_v: Matrix) -> dict[str, Matrix]:
    """Return the output of self-attention, and the outputs of a handful of mistakes, by NumPy."""
    q, k, v = x @ w_q, x @ w_k, x @ w_v
    scale = np.sqrt(q.shape[-1])
    scores = q @ k.T
    powers = np.exp(scores / scale)
    return {
        RIGHT: softmax(scores / scale) @ v,
        "wrong-order": softmax(k @ q.T / scale) @ v,
        "no-scale": softmax(scores) @ v,
        "softmax-unscaled": softmax(scores) @ v,
        "divide-by-dk": softmax(scores / scale**2) @ v,
        "q-uses-wk": softmax(k @ k.T / scale) @ v,
        "k-uses-wq": softmax(q @ q.T / scale) @ v,
        "v-uses-wk": softmax(scores / scale) @ k,
        "v-uses-wq": softmax(scores / scale) @ q,
        "softmax-columns": softmax((scores / scale).T).T @ v,
        "softmax-whole-matrix": powers / powers.sum() @ v,
        "exp-not-normalised": powers @ v,
        "softmax-base-2": softmax(scores / scale * np.log(2)) @ v,
        "hardmax": (scores == scores.max(axis=-1, keepdims=True)).astype(float) @ v,
    }


TWO = np.array([[1.0, 0], [0, 1]])
ORACLES: dict[str, tuple[Matrix, Matrix, Matrix, Matrix]] = {
    "W_q W_kᵀ symmetric": (
        *(np.array([[1.0, 2], [0, 1], [1, -1]]), np.array([[1.0, 1], [0, 1]])),
        *(np.array([[2.0, 2], [0, 2]]), np.array([[1.0, 0], [2, 1]])),
    ),
    "identity": (np.array([[1.0, 0], [0, 1], [1, 1]]), TWO, TWO, np.array([[1.0, 2], [0, 1]])),
    "W_k equals W_v": (
        *(np.array([[1.0, 0.5], [0, -1], [1, 1]]), np.array([[0.5, 0], [1, 0.2]])),
        *(np.array([[0.0, 1], [1, 0.3]]), np.array([[0.0, 1], [1, 0.3]])),
    ),
    "no special form": (
        *(np.array([[0.3, -1.1], [1.2, 0.4], [-0.5, 0.9]]), np.array([[0.5, -0.7], [1.1, 0.2]])),
        *(np.array([[-0.4, 0.8], [0.6, 0.9]]), np.array([[0.7, 0.1], [-0.3, 1.2]])),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ORACLES)
def test_groups_are_those_of_the_outputs(name: str) -> None:
    """Mistakes are invisible, or look alike, exactly where NumPy's outputs agree when rounded."""
    x, w_q, w_k, w_v = ORACLES[name]
    outputs = {name: rounded(m) for name, m in self_attention(x, w_q, w_k, w_v).items()}
    matrices = {"X": x, "W_q": w_q, "W_k": w_k, "W_v": w_v}
    worth = judged(**{name: matrix.tolist() for name, matrix in matrices.items()})
    assert outputs.keys() - {RIGHT} <= set(worth.effects.names)
    invisible = {each.name for each in worth.invisible} & outputs.keys()
    assert invisible == {n for n in outputs if n != RIGHT and outputs[n] == outputs[RIGHT]}
    names = (frozenset(outputs.keys() & group.names) for group in worth.look_alikes)
    alike = {group for group in names if len(group) > 1}
    expected = {
        frozenset(other for other in outputs if outputs[other] == outputs[name])
        for name in outputs
        if outputs[name] != outputs[RIGHT]
    }
    assert alike == {group for group in expected if len(group) > 1}


def test_a_symmetric_product_hides_the_wrong_order() -> None:
    """If W_q W_kᵀ is symmetric, K Qᵀ gives the right output, and the worth says so."""
    x, w_q, w_k, w_v = (matrix.tolist() for matrix in ORACLES["W_q W_kᵀ symmetric"])
    worth = judged(X=x, W_q=w_q, W_k=w_k, W_v=w_v)
    assert ("wrong-order", None) in [(each.name, each.step) for each in worth.invisible]
    texts = [flaw.text for flaw in worth.flaws["symmetric"]]
    assert texts == [
        "W_q W_kᵀ is symmetric: so are all scores of X.",
        "the matrix is symmetric: its transpose looks right.",
    ]
    (unseen,) = (each for each in worth.invisible if each.name == "wrong-order")
    assert not worth.is_always_unseen(unseen)
    assert worth.lost > 0


def test_the_step_that_shows_an_invisible_mistake_is_named() -> None:
    """A mistake that changes the scores, and not the output, is shown by the scores."""
    worth = judged(Q=[[1, 0]], K=[[1, 0]], V=[[2, 4]])  # one key: its weight is 1
    shown = {each.name: each.step for each in worth.invisible}
    assert shown["no-scale"] == "scaled"
    assert shown["softmax-columns"] is None


@pytest.mark.parametrize("number", range(len(PROBLEMS)), ids=lambda number: f"problem {number}")
def test_any_calculation_can_be_judged(number: int) -> None:
    """Heads, masks, positions, caches, batches and layers are judged, and drawn as tables."""
    origin = PROBLEMS[number]
    if isinstance(origin, NewLayer):
        document = {**made(origin.order), **origin.choices}
    else:
        document = {name: numbers_of(name, value) for name, value in origin.items()}
    worth = judged(2, **document)
    assert worth.effects.names
    text = draw_worth(worth, View(width=80))
    assert all(each.name in text for each in worth.invisible)
    assert all(len(line) <= 80 for line in text.splitlines())


def numbers_of(name: str, value: Any) -> Any:
    """Return the numbers of a matrix from its shape; everything else as it is."""
    if not isinstance(value, tuple):
        return value
    return drawn(name, value, Dice(name), VALUES["halves"])


SATURATING = {"Q": [[9, 0], [0, 1]], "K": [[9, 0], [0, 9], [0, 9]], "V": [[1, 0], [0, 1], [2, 2]]}


def test_flaws_are_found_in_the_numbers() -> None:
    """Saturation, ties, large numbers and cells without calculation are found, with counts."""
    worth = judged(2, **SATURATING)
    assert {name: [(f.step, f.text) for f in found] for name, found in worth.flaws.items()} == {
        "large": [
            ("scores", "a number has the size 81."),
            ("scaled", "a number has the size 57.2756."),
        ],
        "saturated": [("weights", "a weight is 1: the other keys hardly count.")],
        "vanishing": [
            ("weights", "3 weights without a mask are written as 0 (2 decimals)."),
        ],
        "ties": [("scaled", "2 rows have equal scores, so equal weights.")],
        "symmetric": [],
        "idle": [],
        "equal rows": [],
        "no calculation": [("scores", "5 of 6 cells need no calculation.")],
    }
    assert worth.trivial["scores"] == (5, 6)


def test_written_numbers_are_compared_as_people_round_them() -> None:
    """Numbers that differ in their last bits are rounded to the same side; −0 is 0."""
    near = as_written(np.array([0.125, -0.001, np.inf]), 2)
    assert near == as_written(np.array([0.125 - 1e-12, 0.001, np.inf]), 2)
    assert near != as_written(np.array([0.135, -0.001, np.inf]), 2)
    assert near != as_written(np.array([[0.125, -0.001, np.inf]]), 2)


@pytest.mark.parametrize("kind", [*ATTENTION, "encoder", "decoder"])
def test_mistakes_have_effects_of_their_own(kind: str) -> None:
    """Each mistake but the hidden ones gives an output that no other mistake gives."""
    exercise = ordered(kind)
    problem, plan = read(document_of(exercise.document))
    effects = effects_of(problem, plan, 2)
    assert exercise.worth
    hidden = {each.name for each in exercise.worth.invisible}
    alike = {name for group in exercise.worth.look_alikes for name in group.names}
    outputs = [
        effects.written[name][-1]
        for name in (RIGHT, *effects.names)
        if name not in hidden and name not in alike
    ]
    assert len(outputs) > 10
    assert len(set(outputs)) == len(outputs)


def test_the_classes_of_look_alikes_are_told_apart_by_their_steps() -> None:
    """Classes differ in one of the named steps; within a class no step differs."""
    exercise = ordered("padded")
    problem, plan = read(document_of(exercise.document))
    effects = effects_of(problem, plan, 2)
    assert exercise.worth
    assert any(len(names) > 1 for group in exercise.worth.look_alikes for names in group.classes)
    for group in exercise.worth.look_alikes:
        _check_classes(group, effects.written, plan.names)


def _check_classes(group: LookAlikes, written: Any, steps: tuple[str, ...]) -> None:
    places = [steps.index(step) for step in group.steps]
    shown = set()
    for names in group.classes:
        assert len({written[name] for name in names}) == 1
        shown.add(tuple(written[names[0]][place] for place in places))
    assert len(shown) == len(group.classes)


def test_a_wanted_mistake_changes_the_output() -> None:
    """With --for, the output shows the mistakes, also in layers."""
    rare = ("mask-small-fill",)
    usual = ordered("masked", 7, values="tenths").worth
    assert usual
    assert "mask-small-fill" in {each.name for each in usual.invisible}
    found = make(Order("masked", {}, {}, 7, values="tenths", reveal=rare))
    assert not found.unmet
    assert found.worth
    assert "mask-small-fill" not in {each.name for each in found.worth.invisible}
    layered = make(Order("encoder", {}, {}, 0, reveal=("ln-eps-missing",), decimals=3))
    assert layered.accepted > 1
    assert not layered.unmet


@pytest.mark.parametrize(("kind", "number"), [("encoder", 2), ("decoder", 3)])
def test_a_draw_is_the_document_with_its_numbers(kind: str, number: int) -> None:
    """A draw, which is not read anew, has the steps and the mistakes of its document."""
    blank = blank_of(Order(kind, {}, {}, 0))
    drawn_again = Draws(blank, 2).draw(number)
    problem, plan = read(document_of(blank.filled(number)))
    matrices = plan.run(problem.matrices).matrices
    for name in plan.names:
        np.testing.assert_array_equal(drawn_again.calculation.matrices[name], matrices[name])
    assert drawn_again.effects() == effects_of(problem, plan, 2)
