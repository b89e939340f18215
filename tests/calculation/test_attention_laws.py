"""Laws that hold for every registered scoring function, mask and layout.

The tests read the registries, so a new entry is tested as soon as it is registered; it needs an
example in the tables below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from attncli.calculation.algebra.layouts import LAYOUTS
from attncli.calculation.masks.mask_rules import MASKS
from attncli.calculation.operations.normalisers import NORMALISERS
from attncli.calculation.plans.attention import attention
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.problem.read_problem import read_problem
from attncli.calculation.scoring.scoring_functions import SCORING
from tests import oracle
from tests.oracle import MayAttend

Matrices = dict[str, NDArray[Any]]

# Sizes that all differ, and are prime, so that no axis can be taken for another.
HEADS, BATCH, N, M, D_MODEL, D_K, D_V, HIDDEN, D_OUT = 2, 3, 5, 7, 11, 13, 17, 19, 23
CLOSE = 1e-12

# The weights of each scoring function, for queries and keys of width D_K.
SCORING_WEIGHTS: dict[str, dict[str, tuple[int, ...]]] = {
    "dot": {},
    "scaled": {},
    "additive": {"W_a": (D_K, HIDDEN), "U_a": (D_K, HIDDEN), "v_a": (HIDDEN,)},
    "general": {"W_a": (D_K, D_K)},
    "concat": {"W_a": (2 * D_K, HIDDEN), "v_a": (HIDDEN,)},
    "cosine": {},
    "distance": {},
}

# The sum of a row of weights for each normaliser; the sigmoid gives each of M keys its own weight.
SUMS: dict[str, tuple[float, float]] = {
    "softmax": (1, 1),
    "softmax1": (0, 1),
    "sparsemax": (1, 1),
    "sigmoid": (0, M),
}

# Each kind of mask, as it is written and as the oracle has it, for n queries and m keys.
MASK_EXAMPLES: dict[str, dict[str, Callable[[int, int], MayAttend]]] = {
    "causal": {
        "causal": lambda n, m: oracle.causal(),
        "causal:lower-right": lambda n, m: oracle.causal(m - n),
    },
    "padding": {
        "padding:3": lambda n, m: oracle.padding(3),
        "padding:0": lambda n, m: oracle.padding(0),
    },
    "window": {
        "window:1,2": lambda n, m: oracle.window(1, 2),
        "window:-1,0": lambda n, m: oracle.window(-1, 0),
    },
}

# An entry without an example fails once, in the test of examples, and not in every law.
every_scoring = pytest.mark.parametrize("score", [s for s in SCORING if s in SCORING_WEIGHTS])
every_normaliser = pytest.mark.parametrize("normaliser", [n for n in NORMALISERS if n in SUMS])
every_layout = pytest.mark.parametrize("layout", LAYOUTS)
every_mask = pytest.mark.parametrize(
    ("kind", "mask"),
    [(kind, mask) for kind in MASKS for mask in MASK_EXAMPLES.get(kind, [])],
)
modest = settings(deadline=None, derandomize=True, max_examples=20)


@pytest.mark.parametrize(
    ("registry", "examples"),
    [
        pytest.param(SCORING, SCORING_WEIGHTS, id="SCORING_WEIGHTS"),
        pytest.param(NORMALISERS, SUMS, id="SUMS"),
        pytest.param(MASKS, MASK_EXAMPLES, id="MASK_EXAMPLES"),
    ],
)
def test_every_entry_has_an_example(
    registry: Mapping[str, object], examples: Mapping[str, object]
) -> None:
    """Each registered entry has an example here, and each example has its entry."""
    left_out = ", ".join(sorted(set(registry) - set(examples)))
    assert not left_out, f"{left_out} has no example in {__name__}: no law is tested for it."
    gone = ", ".join(sorted(set(examples) - set(registry)))
    assert not gone, f"{gone} has an example in {__name__}, but is not registered."


# Problems.


def calculate(entries: Mapping[str, object]) -> Matrices:
    """Return every step, in the user's layout, of a document with these entries."""
    document = Document({name: Entry(value, "the test") for name, value in entries.items()})
    problem = read_problem(document)
    plan = attention(problem)
    return plan.run(problem.matrices).written(plan.names)


def random_matrices(sizes: Mapping[str, tuple[int, ...]], seed: int = 1) -> Matrices:
    """Return a matrix of normally distributed numbers for each name."""
    random = np.random.default_rng(seed)
    return {name: random.standard_normal(size) for name, size in sizes.items()}


def queries_keys_values(score: str, heads: int = 1, leading: tuple[int, ...] = ()) -> Matrices:
    """Return Q, K, V of one head's width, and the weights of the scoring function."""
    sizes = {"Q": (N, heads * D_K), "K": (M, heads * D_K), "V": (M, heads * D_V)}
    sequences = {name: (*leading, *size) for name, size in sizes.items()}
    return random_matrices({**sequences, **SCORING_WEIGHTS[score]})


def whole_problem(score: str, heads: int = HEADS) -> Matrices:
    """Return X, memory, all projections with biases, and the weights of the scoring function."""
    return random_matrices(
        {
            "X": (N, D_MODEL),
            "memory": (M, D_MODEL),
            "W_q": (D_MODEL, heads * D_K),
            "W_k": (D_MODEL, heads * D_K),
            "W_v": (D_MODEL, heads * D_V),
            "W_o": (heads * D_V, D_OUT),
            "b_q": (heads * D_K,),
            "b_k": (heads * D_K,),
            "b_v": (heads * D_V,),
            "b_o": (D_OUT,),
            **SCORING_WEIGHTS[score],
        }
    )


def as_matrix(may_attend: MayAttend, n: int, m: int) -> NDArray[np.bool_]:
    """Return the keys that each query may attend to, as a matrix for one head."""
    return np.array([[may_attend(0, i, j) for j in range(m)] for i in range(n)])


def allowed(kind: str, mask: str) -> NDArray[np.bool_]:
    """Return the matrix of an example for N queries and M keys."""
    return as_matrix(MASK_EXAMPLES[kind][mask](N, M), N, M)


def numbers(*shape: int) -> st.SearchStrategy[NDArray[np.float64]]:
    """Return matrices of small numbers, which keep the scores where exp distinguishes them."""
    return arrays(np.float64, shape, elements=st.floats(-4, 4, width=16))


def assert_same_steps(actual: Matrices, expected: Matrices, tolerance: float = CLOSE) -> None:
    """Assert that two results have the same steps in the same order, with close numbers."""
    assert list(actual) == list(expected)
    for name in expected:
        assert actual[name].shape == expected[name].shape, name
        assert_allclose(actual[name], expected[name], tolerance, tolerance, err_msg=name)


# Weights.


@every_scoring
@modest
@given(queries=numbers(N, D_K), keys=numbers(M, D_K), mask=arrays(np.bool_, (N, M)))
def test_weights_are_shares(
    score: str, queries: NDArray[Any], keys: NDArray[Any], mask: NDArray[Any]
) -> None:
    """Weights lie in [0, 1], are 0 where masked, and a row sums to 1, or to 0 if all is masked."""
    weights = random_matrices(SCORING_WEIGHTS[score])
    shares = calculate({"score": score, "Q": queries, "K": keys, "mask": mask, **weights})[
        "weights"
    ]
    assert (shares >= 0).all()
    assert (shares <= 1).all()
    assert_array_equal(shares[~mask], 0)
    assert_allclose(shares.sum(axis=-1), mask.any(axis=-1), rtol=CLOSE, atol=0)


@every_scoring
@every_mask
def test_a_named_mask_hides_the_keys_of_its_rule(score: str, kind: str, mask: str) -> None:
    """A hidden cell is −inf before softmax and 0 after it; every other cell has a weight."""
    steps = calculate({"score": score, "mask": mask, **queries_keys_values(score)})
    may_attend = allowed(kind, mask)
    assert_array_equal(np.isneginf(steps["masked"]), ~may_attend)
    assert_array_equal(steps["weights"] > 0, may_attend)


@every_scoring
@every_mask
def test_a_named_mask_equals_its_matrix(score: str, kind: str, mask: str) -> None:
    """A mask by name and the boolean matrix of the same rule give the same steps."""
    matrices = {"score": score, "heads": HEADS, **queries_keys_values(score, HEADS)}
    by_matrix = calculate({**matrices, "mask": allowed(kind, mask)})
    assert_same_steps(calculate({**matrices, "mask": mask}), by_matrix, 0)


# Normalisers.


@every_normaliser
@modest
@given(
    queries=numbers(N, D_K),
    keys=numbers(M, D_K),
    mask=arrays(np.bool_, (N, M)),
    temperature=st.floats(0.1, 10),
)
def test_every_normaliser_makes_weights(
    normaliser: str,
    queries: NDArray[Any],
    keys: NDArray[Any],
    mask: NDArray[Any],
    temperature: float,
) -> None:
    """Weights lie in [0, 1], are 0 where masked, and sum to what the normaliser promises, or 0."""
    choices = {"normaliser": normaliser, "temperature": temperature, "mask": mask}
    weights = calculate({"Q": queries, "K": keys, **choices})["weights"]
    assert (weights >= 0).all()
    assert (weights <= 1).all()
    assert_array_equal(weights[~mask], 0)
    sums, (least, most) = weights.sum(axis=-1), SUMS[normaliser]
    assert (sums >= least * mask.any(axis=-1) - CLOSE).all()
    assert (sums <= most * mask.any(axis=-1) + CLOSE).all()


@every_normaliser
@modest
@given(order=st.permutations(range(M)), scores=numbers(N, M))
def test_weights_follow_their_keys(normaliser: str, order: list[int], scores: NDArray[Any]) -> None:
    """Keys in another order have their weights in that order; a larger score has no less weight."""
    choices = {"normaliser": normaliser, "Q": scores, "scale": "none"}
    before = calculate({**choices, "K": np.eye(M)})
    after = calculate({**choices, "K": np.eye(M)[order]})["weights"]
    assert_array_equal(before["scores"], scores)
    assert_allclose(after, before["weights"][:, order], CLOSE, CLOSE)
    ranked = np.take_along_axis(before["weights"], scores.argsort(axis=-1), axis=-1)
    assert (np.diff(ranked, axis=-1) >= -CLOSE).all()


@every_normaliser
@modest
@given(scores=numbers(N, M), temperature=st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_the_temperature_divides_the_scores(
    normaliser: str, scores: NDArray[Any], temperature: float
) -> None:
    """Weights at a temperature are those of the scores divided by it, and 1 changes nothing."""
    choices = {"normaliser": normaliser, "Q": scores, "K": np.eye(M), "scale": "none"}
    divided = calculate({**choices, "Q": scores / temperature})["weights"]
    assert_allclose(calculate({**choices, "temperature": temperature})["weights"], divided, CLOSE)
    plain, at_1 = calculate(choices), calculate({**choices, "temperature": 1})
    assert_array_equal(plain["weights"], at_1["weights"])


# Order.


@every_scoring
@modest
@given(order=st.permutations(range(M)), mask=arrays(np.bool_, (N, M)), fill=st.none() | st.just(-9))
def test_permuting_keys_and_values_changes_nothing(
    score: str, order: list[int], mask: NDArray[Any], fill: float | None
) -> None:
    """Permuting the keys, the values and the mask's columns leaves the output as it is."""
    problem: dict[str, Any] = {"score": score, "mask": mask, **queries_keys_values(score)}
    if fill is not None:
        problem["fill"] = fill
    keys, values = problem["K"][order], problem["V"][order]
    before = calculate(problem)
    after = calculate({**problem, "K": keys, "V": values, "mask": mask[:, order]})
    assert_allclose(after["weights"], before["weights"][:, order], CLOSE, CLOSE)
    assert_allclose(after["output"], before["output"], CLOSE, CLOSE)


@every_scoring
@every_mask
def test_permuting_keys_values_and_mask_changes_nothing(score: str, kind: str, mask: str) -> None:
    """A named mask gives what its matrix gives with keys, values and columns reversed."""
    problem: dict[str, Any] = {"score": score, **queries_keys_values(score)}
    before = calculate({**problem, "mask": mask})
    keys, values, columns = problem["K"][::-1], problem["V"][::-1], allowed(kind, mask)[:, ::-1]
    after = calculate({**problem, "K": keys, "V": values, "mask": columns})
    assert_allclose(after["output"], before["output"], CLOSE, CLOSE)


# Scale.


@modest
@given(queries=numbers(N, D_K), keys=numbers(M, D_K), values=numbers(M, D_V))
def test_scaled_is_dot_over_the_root(
    queries: NDArray[Any], keys: NDArray[Any], values: NDArray[Any]
) -> None:
    """Scaled scoring is dot / √d_k, and the same as dot with that scale."""
    matrices = {"Q": queries, "K": keys, "V": values}
    scaled, dot = (
        calculate({"score": "scaled", **matrices}),
        calculate({"score": "dot", **matrices}),
    )
    assert_array_equal(scaled["scores"], dot["scores"])
    assert_allclose(scaled["scaled"], dot["scores"] / sqrt(D_K), CLOSE, CLOSE)
    by_hand = calculate({"score": "dot", "scale": 1 / sqrt(D_K), **matrices})
    assert_same_steps(by_hand, scaled)


# Heads.


@every_scoring
def test_heads_1_changes_nothing(score: str) -> None:
    """`heads` 1 changes nothing: it adds neither a step nor an axis."""
    problem = {"score": score, "mask": "causal", **whole_problem(score, heads=1)}
    assert_same_steps(calculate({**problem, "heads": 1}), calculate(problem), 0)


@every_scoring
def test_rank_3_weights_of_one_head_equal_rank_2(score: str) -> None:
    """Projections of rank 3 with one head give the same as those of rank 2."""
    whole = whole_problem(score, heads=1)
    of_head = {name: whole[name][None] for name in ("W_q", "W_k", "W_v", "W_o", "b_q")}
    expected = calculate({"score": score, **whole})
    assert_same_steps(calculate({"score": score, **whole, **of_head}), expected, 0)


@every_scoring
@pytest.mark.parametrize("masks", ["one for all", "one per head"])
def test_heads_are_separate_attentions_side_by_side(score: str, masks: str) -> None:
    """Each head is the attention of its part of Q, K, V; the output has the heads side by side."""
    problem = queries_keys_values(score, HEADS)
    size = (HEADS, N, M) if masks == "one per head" else (N, M)
    mask = np.random.default_rng(2).random(size) < 2 / 3
    together = calculate({"score": score, "heads": HEADS, "mask": mask, **problem})
    parts = {name: np.split(problem[name], HEADS, axis=-1) for name in ("Q", "K", "V")}
    alone = [
        calculate(
            {
                "score": score,
                **problem,
                **{name: part[head] for name, part in parts.items()},
                "mask": mask[head] if mask.ndim == 3 else mask,
            }
        )
        for head in range(HEADS)
    ]
    for name in alone[0]:
        expected = [steps[name] for steps in alone]
        if name == "output":
            assert_allclose(together["heads"], np.stack(expected), CLOSE, CLOSE)
            assert_allclose(together["output"], np.concatenate(expected, axis=-1), CLOSE, CLOSE)
        else:
            assert_allclose(together[name], np.stack(expected), CLOSE, CLOSE, err_msg=name)


@every_scoring
def test_wide_weights_are_those_of_heads_side_by_side(score: str) -> None:
    """Projections of rank 3 give the same heads as their matrices side by side, split again."""
    wide = whole_problem(score)
    of_heads = {
        name: np.stack(np.split(wide[name], HEADS, axis=-1))
        for name in ("W_q", "W_k", "W_v", "b_q", "b_k", "b_v")
    }
    of_heads["W_o"] = np.stack(np.split(wide["W_o"], HEADS))
    split = calculate({"score": score, "heads": HEADS, **wide})
    expected = {name: split[name] for name in split if name not in ("Q", "K", "V")}
    assert_same_steps(calculate({"score": score, **wide, **of_heads}), expected)


# Layouts.


def on_paper(matrix: NDArray[Any], is_transposed: bool) -> NDArray[Any]:
    """Return the matrix with its last two axes exchanged, or as it is; a vector stays a vector."""
    return matrix.swapaxes(-1, -2) if is_transposed and matrix.ndim > 1 else matrix


def write_in(layout: str, matrices: Matrices, score: str) -> Matrices:
    """Return inputs as the layout writes them; W_a of general scoring is always d_q × d_k."""
    tokens, weights = oracle.LAYOUTS[layout]
    fixed = ("W_a",) if score == "general" else ()
    return {
        name: matrix
        if name in fixed
        else on_paper(matrix, weights if name.startswith(("W_", "U_")) else tokens)
        for name, matrix in matrices.items()
    }


def read_from(layout: str, steps: Matrices) -> Matrices:
    """Return steps in layout `rows`; `hidden`, n × m × hidden, is the same in every layout."""
    tokens, _ = oracle.LAYOUTS[layout]
    return {name: on_paper(matrix, tokens and name != "hidden") for name, matrix in steps.items()}


@every_scoring
@every_layout
@pytest.mark.parametrize("is_per_head", [False, True], ids=["split", "per head"])
def test_layouts_agree(score: str, layout: str, is_per_head: bool) -> None:
    """The same problem in every layout gives the same steps, written in that layout."""
    matrices = whole_problem(score)
    matrices["mask"] = np.random.default_rng(3).standard_normal((N, M))
    choices: dict[str, object] = {"score": score, "heads": HEADS}
    if is_per_head:
        for name in ("W_q", "W_k", "W_v"):
            matrices[name] = np.stack(np.split(matrices[name], HEADS, axis=-1))
        matrices["W_o"] = np.stack(np.split(matrices["W_o"], HEADS))
    expected = calculate({**choices, **matrices})
    written = calculate({**choices, "layout": layout, **write_in(layout, matrices, score)})
    assert_same_steps(read_from(layout, written), expected)


@every_layout
@every_mask
def test_layouts_agree_on_named_masks(layout: str, kind: str, mask: str) -> None:
    """A named mask hides the same keys from the same queries in every layout."""
    problem = queries_keys_values("scaled", leading=(BATCH,))
    expected = calculate({"mask": mask, **problem})
    written = calculate({"layout": layout, "mask": mask, **write_in(layout, problem, "scaled")})
    assert_same_steps(read_from(layout, written), expected)


# Batches.


@every_scoring
@every_mask
def test_a_batch_is_its_entries_one_by_one(score: str, kind: str, mask: str) -> None:
    """A batch gives for each entry the steps that the entry gives alone."""
    problem = queries_keys_values(score, HEADS, leading=(BATCH,))
    choices = {"score": score, "heads": HEADS, "mask": mask}
    alone = [
        calculate(
            {**choices, **problem, **{name: problem[name][entry] for name in ("Q", "K", "V")}}
        )
        for entry in range(BATCH)
    ]
    expected = {name: np.stack([steps[name] for steps in alone]) for name in alone[0]}
    assert_same_steps(calculate({**choices, **problem}), expected)


@every_scoring
def test_a_projected_batch_is_its_entries_one_by_one(score: str) -> None:
    """The entries of a batch share the weights, and each may have its own mask."""
    shared = whole_problem(score)
    sizes = {"X": (BATCH, N, D_MODEL), "memory": (BATCH, M, D_MODEL)}
    own = {**random_matrices(sizes, 2), **random_matrices({"mask": (BATCH, 1, N, M)}, 3)}
    problem = {"score": score, "heads": HEADS, **shared}
    alone = [
        calculate({**problem, **{name: matrix[entry] for name, matrix in own.items()}})
        for entry in range(BATCH)
    ]
    expected = {name: np.stack([steps[name] for steps in alone]) for name in alone[0]}
    assert_same_steps(calculate({**problem, **own}), expected)


# Numbers.


@every_scoring
@every_mask
def test_float32_is_close_to_float64(score: str, kind: str, mask: str) -> None:
    """Every step is of the chosen dtype, and differs by no more than its precision explains."""
    problem = {"score": score, "mask": mask, **queries_keys_values(score)}
    single = calculate({**problem, "dtype": "float32"})
    assert {step.dtype for step in single.values()} == {np.dtype("float32")}
    assert_same_steps(single, calculate(problem), 1e-4)
