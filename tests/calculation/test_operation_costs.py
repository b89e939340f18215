"""Test the cost of operations: by hand, in the oracle's loops, and by what operations do.

Numbers that count (tests/counted.py) go through the oracle's loops, and through every operation's
own `apply`. The cost must equal how often they are added, multiplied and so on.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Mapping, Sequence
from inspect import isabstract
from typing import Any

import numpy as np
import pytest

import attncli
from attncli.calculation.algebra.layouts import Axes, Axis, sizes
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.operation_cost import COUNTED, Cost
from attncli.calculation.counting.costing import Costing
from attncli.calculation.counting.document_of_sizes import sized
from attncli.calculation.counting.open_scores import opened
from attncli.calculation.long.fused import Fused
from attncli.calculation.masks.mask_operation import Mask
from attncli.calculation.masks.mask_rules import MASKS, Causal, read_rule
from attncli.calculation.operations.activations import ACTIVATIONS, Activate, Gate
from attncli.calculation.operations.norm_operations import Mean, MeanSquare, Standardise, Variance
from attncli.calculation.operations.normalisers import (
    Normalise,
    Sigmoid,
    Softmax,
    Softmax1,
    Sparsemax,
)
from attncli.calculation.operations.pointwise import (
    Add,
    DivideByRoot,
    Multiply,
    Same,
    SoftCap,
    TimesRoot,
)
from attncli.calculation.operations.projections import Project, WeightedSum
from attncli.calculation.operations.split_heads import Average, Concat, SplitHeads
from attncli.calculation.plans.cache import Join
from attncli.calculation.plans.from_document import read
from attncli.calculation.positions.alibi import Distances
from attncli.calculation.positions.angles import Angles
from attncli.calculation.positions.rope import Rotate
from attncli.calculation.positions.sinusoids import AddPositions, Sinusoids
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.scoring.additive import ProjectPart, TanhSum, WeighHidden
from attncli.calculation.scoring.measures import Cosine, Distance
from attncli.calculation.scoring.products import Bilinear, Dot
from attncli.calculation.scoring.scoring_functions import SCORING
from tests import layered, oracle, oracle_layers
from tests.calculation.test_attention_laws import MASK_EXAMPLES
from tests.counted import MATH, counted, counted_array
from tests.matrices import matrix
from tests.oracle_layers import Choices

# All sizes are different primes.
HEADS, KV_HEADS, BATCH, N, M, D_MODEL, D_K, D_V, HIDDEN, PAST = 6, 2, 3, 5, 7, 11, 13, 17, 19, 23

FULL, OTHER = (BATCH, HEADS, N, D_K), (BATCH, HEADS, M, D_K)
SHARED = (BATCH, KV_HEADS, M, D_K)
SCORES = (BATCH, HEADS, N, M)
TURNS, HALVES = Angles(True), Angles(False)

# Every operation, in every form that changes its cost, and the shapes of its operands.
EXAMPLES: list[tuple[Operation, tuple[tuple[int, ...], ...]]] = [
    (Project("X", "W"), ((BATCH, N, D_MODEL), (D_MODEL, D_K))),
    (Project("X", "W", "b"), ((BATCH, N, D_MODEL), (D_MODEL, D_K), (D_K,))),
    (Project("X", "W"), ((BATCH, N, D_MODEL), (HEADS, D_MODEL, D_K))),
    (Project("X", "W", "b"), ((N, D_MODEL), (HEADS, D_MODEL, D_K), (HEADS, D_K))),
    (DivideByRoot("scores", D_K), (SCORES,)),
    (TimesRoot("X", D_MODEL), ((N, D_MODEL),)),
    (Multiply("scores", 0.3), (SCORES,)),
    (SoftCap("scores", 0.7), (SCORES,)),
    (WeightedSum("weights", "V"), (SCORES, (BATCH, HEADS, M, D_V))),
    (WeightedSum("weights", "V"), (SCORES, (BATCH, KV_HEADS, M, D_V))),
    (Same("X"), ((N, D_MODEL),)),
    (SplitHeads("Q", HEADS), ((N, HEADS * D_K),)),
    (Concat("heads"), (FULL,)),
    (Average("weights"), (SCORES,)),
    (Dot("Q", "K"), (FULL, OTHER)),
    (Dot("Q", "K"), (FULL, SHARED)),
    (Bilinear("Q", "W", "K"), (FULL, (D_K, D_V), (BATCH, KV_HEADS, M, D_V))),
    (TanhSum("Q", "K"), (FULL, SHARED)),
    (WeighHidden("hidden", "v"), ((*SCORES, HIDDEN), (HIDDEN,))),
    (WeighHidden("hidden"), ((*SCORES, HIDDEN),)),
    (Cosine("Q", "K"), (FULL, SHARED)),
    (Distance("Q", "K"), (FULL, SHARED)),
    (ProjectPart("K", "W", range(D_MODEL, D_MODEL + D_K)), (OTHER, (D_MODEL + D_K, HIDDEN))),
    (Mask("scores", (Causal(),), (), (), -np.inf), (SCORES,)),
    (Mask("scores", (), ("keep",), ("one", "two"), -9.0), (SCORES, (N, M), (N, M), SCORES)),
    (Softmax("scores"), (SCORES,)),
    (Softmax("scores", 0.5), (SCORES,)),
    (Softmax1("scores"), (SCORES,)),
    (Softmax1("scores", 0.5), (SCORES,)),
    (Sigmoid("scores"), (SCORES,)),
    (Sigmoid("scores", 0.5), (SCORES,)),
    (Join("past", "new"), ((BATCH, PAST, D_K), (BATCH, N, D_K))),
    (AddPositions("X", "position"), ((BATCH, N, D_MODEL), (N, D_MODEL))),
    (Add("X", "sublayer"), ((N, D_MODEL), (N, D_MODEL))),
    (Variance("X", "mean"), ((BATCH, N, D_MODEL), (BATCH, N, 1))),
    (Variance("X", "mean", True), ((BATCH, N, D_MODEL), (BATCH, N, 1))),
    (MeanSquare("X"), ((BATCH, N, D_MODEL),)),
    *((Activate("X", kind), ((N, D_MODEL),)) for kind in ACTIVATIONS if kind != "gelu"),
    (Gate("X", "gate", "swiglu"), ((N, D_MODEL), (N, D_MODEL))),
]

# Operations that counted numbers cannot go through: angles are made of places, not of operands,
# NumPy sorts in its own way, there is no erf of objects, and a norm asks whether its numbers are
# finite. Counted by hand, formula beside.
BY_HAND: list[tuple[Operation, tuple[int, ...], Cost]] = [
    # 6 pairs of 11 features (the last a sine alone): 6 powers, 5 × 6 angles p / power, 5 × 11 waves
    (Sinusoids("X", TURNS), (BATCH, N, D_MODEL), Cost(divisions=30, functions=6 + 55)),
    # the same for 3 batch entries that begin at different places
    (
        Sinusoids("X", TURNS, np.arange(BATCH).reshape(BATCH, 1, 1)),
        (BATCH, N, D_MODEL),
        Cost(divisions=90, functions=6 + 165),
    ),
    # 2 pairs of the first 4 features: 2 powers, 5 × 2 angles, their cos and sin; 3·6·5·2 pairs
    # turned
    (
        Rotate("Q", HALVES, 4),
        FULL,
        Cost(4 * 180, 2 * 180, divisions=10, functions=2 + 20),
    ),
    # 5 × 7 distances, 6 slopes, and their 6 × 35 products
    (Distances("scores", HEADS), SCORES, Cost(210, 35, functions=6)),
    (Distances("scores"), (N, M), Cost(35, 35, functions=1)),
    # of 7 scores: 6 comparisons for the largest, 7 subtractions; sorting 7 · 3; sums 6, less 1: 7;
    # times 1 to 7: 7, compared: 7; τ a division; less τ: 7, compared with 0: 7. 90 rows.
    (
        Sparsemax("scores"),
        SCORES,
        Cost(7, 7 + 6 + 7 + 7, divisions=1, comparisons=6 + 21 + 7 + 7) * 90,
    ),
    # of 11 features of 5 tokens: 10 additions and a division
    (Mean("X"), (N, D_MODEL), Cost(additions=50, divisions=5)),
    # for each of 5 tokens variance + eps and its root; for each of 55 numbers a difference, a
    # quotient, and a product with gamma or a sum with beta
    (
        Standardise("X", "mean", "var", eps=0.1),
        (N, D_MODEL),
        Cost(additions=5 + 55, divisions=55, functions=5),
    ),
    (
        Standardise("X", None, "var", "gamma", eps=0.1),
        (N, D_MODEL),
        Cost(55, 5, divisions=55, functions=5),
    ),
    (
        Standardise("X", "mean", "var", "gamma", "beta", 1e-6, True),
        (N, D_MODEL),
        Cost(55, 5 + 55 + 55, divisions=55, functions=5),
    ),
    # x (1 + erf(x / √2)) / 2
    (Activate("X", "gelu"), (N, D_MODEL), Cost(55, 55, divisions=110, functions=55)),
]


def named(shape: tuple[int, ...]) -> Axes:
    """Return the axes of a matrix of tokens, or of a weight."""
    names = (
        ("batch", "heads", "n", "d", "hidden") if len(shape) > 4 else ("batch", "heads", "n", "d")
    )
    return tuple(map(Axis, names[-len(shape) :], shape))


def labels(examples: Sequence[tuple[Any, ...]]) -> list[str]:
    return [f"{number}-{type(o).__name__}" for number, (o, *_) in enumerate(examples, 1)]


def entries(cost: Cost) -> dict[str, int]:
    """Return the counted entries, without zeros."""
    return {name: int(getattr(cost, name)) for name in COUNTED if getattr(cost, name)}


def tallied(tally: Counter[str]) -> dict[str, int]:
    return {name: tally[name] for name in COUNTED if tally[name]}


# Every operation.


OF_COST = {"cost", "of_row"}  # a kind that lacks nothing else is an operation without a cost


def operations() -> set[type[Operation]]:
    """Return every kind of operation in the package, including those without a cost."""
    for module in pkgutil.walk_packages(attncli.__path__, "attncli."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    def below(kind: type[Any]) -> set[type[Any]]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    ours = {kind for kind in below(Operation) if kind.__module__.startswith("attncli.")}
    ours -= {Fused}  # these run together the steps that are counted here
    return {kind for kind in ours if kind.__abstractmethods__ <= OF_COST}


def test_every_operation_has_a_cost_and_an_example() -> None:
    """Each new operation, normaliser or activation needs a counted cost and an example here."""
    assert not [kind.__name__ for kind in operations() if isabstract(kind)]
    kinds = {type(operation) for operation, *_ in (*EXAMPLES, *BY_HAND)}
    not_counted = sorted(kind.__name__ for kind in operations() - kinds)
    assert not not_counted, (
        f"the cost of {', '.join(not_counted)} is not counted: write operation and shapes in "
        f"EXAMPLES of {__name__}, or in BY_HAND where NumPy works in ways that it does not show."
    )
    assert kinds <= operations()
    bent = {o.kind for o, *_ in (*EXAMPLES, *BY_HAND) if isinstance(o, Activate)}
    assert bent == set(ACTIVATIONS)


@pytest.mark.parametrize("example", EXAMPLES, ids=labels(EXAMPLES))
def test_a_cost_is_what_the_operation_does(
    example: tuple[Operation, tuple[tuple[int, ...], ...]],
) -> None:
    """Numbers that count go through `apply`, and the tally is exactly the `cost`."""
    operation, shapes = example
    random, tally = np.random.default_rng(7), Counter[str]()
    below_zero = isinstance(operation, Activate | Gate)  # for others silu multiplies by a plain 1
    operands = [
        counted_array(-random.random(shape) if below_zero else random.random(shape) + 0.1, tally)
        for shape in shapes
    ]
    if isinstance(operation, Mask):  # masks are plain: they come from the user
        operands[1:] = [random.random(shape) + 0.1 for shape in shapes[1:]]
        operands[1:2] = [operand > 0.5 for operand in operands[1:2]]
    result = (
        operation.weigh(operands[0])
        if isinstance(operation, Normalise)
        else operation.apply(*operands)
    )
    axes = tuple(map(named, shapes))
    assert tallied(tally) == entries(operation.cost(*axes))
    assert result.shape == sizes(operation.axes(*axes))


@pytest.mark.parametrize("example", BY_HAND, ids=labels(BY_HAND))
def test_a_cost_is_what_was_counted_by_hand(
    example: tuple[Operation, tuple[int, ...], Cost],
) -> None:
    """Each cost equals a count by hand, for operations that counted numbers cannot go through."""
    operation, shape, cost = example
    assert operation.cost(named(shape)) == cost


def test_a_multiply_add_of_matrix_products_has_two_flops() -> None:
    """An inner product of width d has 2 d FLOPs; operations but matrix products have none."""
    dot = Dot("Q", "K").cost(named(FULL), named(SHARED))
    assert dot.flops == 2 * BATCH * HEADS * N * M * D_K
    assert dot.operations == BATCH * HEADS * N * M * (2 * D_K - 1)
    assert Softmax("scores").cost(named(SCORES)).flops == 0
    biased = Project("X", "W", "b").cost(named((N, D_MODEL)), named((D_MODEL, D_K)), named((D_K,)))
    assert biased.flops == 2 * N * D_MODEL * D_K
    distances = Distance("Q", "K").cost(named(FULL), named(SHARED))
    assert distances.flops == 0  # a sum of squares, but no product of matrices


# A whole attention, by hand.


def costing(given: Mapping[str, Any], **choices: Any) -> Costing:
    """Return the cost of a document, whose matrices are nested lists."""
    written = {
        **{n: np.array(value) if isinstance(value, list) else value for n, value in given.items()},
        **choices,
    }
    return Costing(*read(Document({name: Entry(v, "the test") for name, v in written.items()})))


def of_sizes(choices: Mapping[str, Any] | None = None, **given: int) -> Costing:
    """Return the cost of a calculation with these sizes."""
    document = Document({name: Entry(value, "the test") for name, value in (choices or {}).items()})
    return Costing(*read(sized(given, document)))


def test_a_tiny_attention_by_hand() -> None:
    """2 queries and 3 keys of width 2, values of width 1: every operation can be written down.

    scores: 6 cells of 2 products and 1 sum. scaled: 6 divisions. weights: in each of 2 rows 2
    comparisons find the largest, 3 subtractions, 3 exponentials, 2 sums, 3 divisions. output: 2
    cells of 3 products and 2 sums.
    """
    found = costing({"Q": [[1, 2], [3, 4]], "K": [[1, 0], [0, 1], [1, 1]], "V": [[1], [2], [3]]})
    assert {step.step.name: entries(step.cost) for step in found.steps} == {
        "scores": {"multiplications": 12, "additions": 6},
        "scaled": {"divisions": 6},
        "weights": {"additions": 10, "divisions": 6, "exponentials": 6, "comparisons": 4},
        "output": {"multiplications": 6, "additions": 4},
    }
    assert found.total == Cost(18, 20, 12, 6, 0, 4, multiply_adds=18)
    assert found.total.flops == 36
    assert [step.bytes for step in found.steps] == [48, 48, 48, 16]
    assert (found.bytes, found.largest.step.name, found.learned) == (160, "scores", 0)


# The oracle's loops.


class Loops:
    """A run of the oracle on counted numbers: its tally, and the surplus over the program's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in (oracle, oracle_layers):
            monkeypatch.setattr(module, "math", MATH)
        self.tally = Counter[str]()

    def given(self, nested: Any) -> Any:
        """Return inputs as numbers that count; choices stay as they are."""
        if isinstance(nested, dict):
            return {name: self.given(part) for name, part in nested.items()}
        if isinstance(nested, list) and nested and isinstance(nested[0], dict):
            return [self.given(part) for part in nested]
        return counted(nested, self.tally) if isinstance(nested, list) else nested

    def softmax(self, rows: int, keys: int) -> None:
        """Note that the oracle adds a row up again for every weight: m − 1 times more than once."""
        self.tally["additions"] -= rows * (keys - 1) * (keys - 1)

    def scaled(self, scores: int) -> None:
        """Note that the oracle multiplies by 1/√d_k, while the program divides by √d_k."""
        self.tally["multiplications"] -= scores
        self.tally["divisions"] += scores


def problem(heads: int = 1, kv_heads: int | None = None) -> dict[str, Any]:
    """Return X, memory, and all projections with biases."""
    kv = kv_heads or heads
    widths = {"q": heads * D_K, "k": kv * D_K, "v": kv * D_V}
    weights = {f"W_{letter}": matrix(letter, D_MODEL, width) for letter, width in widths.items()}
    biases = {f"b_{letter}": matrix(f"b{letter}", width) for letter, width in widths.items()}
    last = {"W_o": matrix("o", heads * D_V, D_MODEL), "b_o": matrix("bo", D_MODEL)}
    sequences = {"X": matrix("X", N, D_MODEL), "memory": matrix("memory", M, D_MODEL)}
    return {**sequences, **weights, **biases, **last}


SCORING_WEIGHTS: dict[str, dict[str, Any]] = {
    "dot": {},
    "scaled": {},
    "additive": {
        "W_a": matrix("W_a", D_K, HIDDEN),
        "U_a": matrix("U_a", D_K, HIDDEN),
        "v_a": matrix("v_a", HIDDEN),
    },
    "distance": {},
}
# The oracle's products below, or `apply` above, count these: the oracle's own loops calculate
# the lengths of a cosine, and the W_a of general and concat, again for every pair.
COUNTED_OTHERWISE = {"cosine", "general", "concat"}


def test_every_scoring_function_is_counted() -> None:
    """Every scoring function is counted, in the oracle's loops or by hand."""
    left_out = set(SCORING) - set(SCORING_WEIGHTS) - COUNTED_OTHERWISE
    assert not left_out, f"the cost of {', '.join(left_out)} scoring is not compared with loops."


@pytest.mark.parametrize("score", SCORING_WEIGHTS)
@pytest.mark.parametrize(("heads", "kv_heads"), [(1, None), (HEADS, None), (HEADS, KV_HEADS)])
@pytest.mark.parametrize("is_masked", [False, True])
def test_a_cost_is_what_the_oracle_does(
    score: str,
    heads: int,
    kv_heads: int | None,
    is_masked: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The costs equal the oracle's tally, and a causal mask changes none of them."""
    loops = Loops(monkeypatch)
    given = {**problem(heads, kv_heads), **SCORING_WEIGHTS[score]}
    masks = [oracle.causal()] if is_masked else []
    oracle.attention(
        loops.given(given),
        score=score,
        heads=heads,
        kv_heads=kv_heads,
        softcap=0.7,
        may_attend=masks,
        added=[lambda h, i, j: 0.5] if is_masked else [],
    )
    choices: dict[str, Any] = {"score": score, "heads": heads, "softcap": 0.7}
    if is_masked:
        choices["masks"] = ["causal", np.full((N, M), 0.5)]
    if kv_heads:
        choices["kv_heads"] = kv_heads
    scores = heads * N * M
    loops.softmax(heads * N, M)
    if score == "scaled":
        loops.scaled(scores)
    if score == "additive" and kv_heads:  # the oracle takes U_a k anew for every head of queries
        again = (heads - kv_heads) * M * HIDDEN
        loops.tally["multiplications"] -= again * D_K
        loops.tally["additions"] -= again * (D_K - 1)
    if score == "distance":  # the oracle halves every square, the program their sum
        loops.tally["divisions"] -= scores * (D_K - 1)
    assert tallied(loops.tally) == entries(costing(given, **choices).total)


def test_additive_scoring_without_v_a_multiplies_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Additive scoring without weights has one sum and one tanh per hidden unit, and their sum."""
    loops = Loops(monkeypatch)
    given = {"Q": matrix("Q", N, D_K), "K": matrix("K", M, D_K)}
    oracle.attention(loops.given(given), score="additive")
    loops.softmax(N, M)
    assert tallied(loops.tally) == entries(costing(given, score="additive").total)


def test_general_scoring_is_two_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """General scoring costs the two products of (Q W_a) Kᵀ, as the oracle's loops count them."""
    loops = Loops(monkeypatch)
    given = {"Q": matrix("Q", N, D_K), "W_a": matrix("W_a", D_K, D_V), "K": matrix("K", M, D_V)}
    queries, weight, keys = (loops.given(value) for value in given.values())
    oracle.softmax(oracle.dot(oracle.product(queries, weight), keys))
    loops.softmax(N, M)
    assert tallied(loops.tally) == entries(costing(given, score="general").total)


def test_concat_costs_what_additive_costs() -> None:
    """Concat costs what additive scoring costs: W_a [q; k] is one product per part of W_a."""
    sizes_given = {"n": N, "m": M, "d_q": D_K, "d_k": D_V, "hidden": HIDDEN}
    additive, concat = (of_sizes({"score": s}, **sizes_given) for s in ("additive", "concat"))
    assert additive.total == concat.total
    assert additive.learned == concat.learned == (D_K + D_V) * HIDDEN + HIDDEN


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
@pytest.mark.parametrize("where", ["post", "pre"])
@pytest.mark.parametrize("norm_kind", ["layer", "rms"])
def test_a_layer_costs_what_the_oracle_does(
    kind: str, where: str, norm_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The costs of two layers and a softmax equal the oracle's tally, norms and sums included."""
    loops = Loops(monkeypatch)
    given = layered.document(kind, 2)
    given["W_out"] = matrix("W_out", layered.D_MODEL, layered.WORDS)
    choices = Choices(heads=layered.HEADS, norm=where, norm_kind=norm_kind)
    getattr(oracle_layers, kind)(loops.given(given), choices)
    n, d = layered.N, layered.D_MODEL
    keys = [n, layered.M] if kind == "decoder" else [n]
    for m in keys * 2:
        loops.softmax(layered.HEADS * n, m)
        loops.scaled(layered.HEADS * n * m)
    loops.softmax(n, layered.WORDS)
    tokens = 2 * (len(keys) + 1) * n  # normalised
    if norm_kind == "layer":  # the oracle takes the mean away twice for every square
        loops.tally["additions"] -= tokens * d
    else:  # and divides Σ x² by d twice
        loops.tally["divisions"] -= tokens
    flat = layered.flat(given)
    found = costing(flat, norm=where, norm_kind=norm_kind)
    assert tallied(loops.tally) == entries(found.total)


# Open scores under masks.


@pytest.mark.parametrize(
    "written", [mask for kind in MASKS for mask in MASK_EXAMPLES.get(kind, [])]
)
@pytest.mark.parametrize(("n", "m"), [(5, 7), (7, 5), (5, 5)])
def test_open_scores_are_those_of_the_mask(written: str, n: int, m: int) -> None:
    """Open scores counted from each query's run of keys equal those in the matrix of the mask."""
    axes = (Axis("batch", 2), Axis("heads", 3), Axis("n", n), Axis("m", m))
    rules = tuple(read_rule(w).fit(axes) for w in (written, "causal"))
    for some in (rules[:1], rules):
        sees = np.ones((n, m), bool)
        for rule in some:
            sees &= rule.may_attend(n, m)
        found = opened(Mask("scores", some, (), (), -np.inf), axes, {})
        assert (found.opened, found.scores) == (6 * sees.sum(), 6 * n * m)


def test_open_scores_of_matrices() -> None:
    """A keep matrix, a matrix that adds −inf and a rule hide scores together; ALiBi hides none."""
    keep = [[1, 1, 0], [1, 0, 1]]
    add = [[0, -np.inf, 0], [0, 0, 2]]
    given = {"Q": matrix("Q", 2, 3), "K": matrix("K", 3, 3)}
    found = costing(given, masks=[np.array(keep), np.array(add), "padding:2"], position="alibi")
    assert [(part.name, part.opened, part.scores) for part in found.opened] == [("masked", 2, 6)]


def test_open_scores_follow_the_lengths_of_a_batch() -> None:
    """Each batch entry has open scores up to its own number of real keys, in each of two heads."""
    given = {"X": matrix("X", 2, 4, 6), "mask": {"padding": [1, 3]}, "heads": 2}
    (part,) = costing(given).opened
    assert (part.opened, part.scores) == (2 * 4 * (1 + 3), 2 * 2 * 4 * 4)


# Mistakes that people make in counting.


def test_both_matrix_products_are_counted() -> None:
    """One-matmul-counted: Q Kᵀ and weights V each take n · m · d multiply-adds."""
    found = of_sizes(n=N, m=M, d_k=D_K)
    assert found.total.flops == 2 * (2 * N * M * D_K)


def test_attention_is_counted_beside_the_linear_layers() -> None:
    """Attention-not-counted: the projections are linear in n; Q Kᵀ and weights V are quadratic."""
    one, two = (of_sizes(n=n, d_model=D_K) for n in (N, 2 * N))
    linear = 2 * 3 * N * D_K**2
    assert one.total.flops == linear + 4 * N**2 * D_K
    assert two.total.flops == 2 * linear + 4 * (2 * N) ** 2 * D_K


def test_the_width_of_a_head_is_free() -> None:
    """Head-dim-assumed: 2 heads of width 7, projected from 10 features, are 14 wide, not 10."""
    found = of_sizes({"heads": 2}, n=N, d_model=10, d_k=7)
    assert found.parameters["W_q"] == (10, 14)
    assert found.parameters["W_o"] == (14, 10)
    assert found.total.flops == 2 * (4 * N * 10 * 14 + 2 * 2 * N**2 * 7)


def test_a_causal_mask_halves_no_cost_but_the_open_share() -> None:
    """Causal-half-missing: dense kernels calculate every score, of which n (n + 1) / 2 are open."""
    dense, causal = (of_sizes(c, n=N, d_k=D_K) for c in ({}, {"mask": "causal"}))
    assert dense.total == causal.total
    (part,) = causal.opened
    assert (part.opened, part.scores, dense.opened) == (N * (N + 1) // 2, N * N, [])


# Sizes of published models.


def test_parameters_of_published_models() -> None:
    """BERT-base has 85,054,464 parameters in its 12 layers; Llama 7B has 6,738,415,616 in all."""
    bert = {"layer": "encoder", "heads": 12}
    sizes_of_bert = {"n": 512, "d_model": 768, "layers": 12}
    document = Document({name: Entry(value, "the test") for name, value in bert.items()})
    found = Costing(*read(sized(sizes_of_bert, document, biases="all")))
    assert found.learned == 85_054_464
    llama = {"layer": "encoder", "heads": 32, "mask": "causal", "norm": "pre"}
    llama |= {"norm_kind": "rms", "activation": "swiglu", "position": "rope"}
    sizes_of_llama = {"n": 2048, "d_model": 4096, "d_ff": 11008, "layers": 32, "words": 32000}
    document = Document({name: Entry(value, "the test") for name, value in llama.items()})
    found = Costing(*read(sized(sizes_of_llama, document, biases="none", final_norm=True)))
    embeddings = 32000 * 4096
    assert found.learned + embeddings == 6_738_415_616


def test_sublayers_add_up_to_the_whole() -> None:
    """Every step and every parameter belongs to one sublayer, also those around the layers."""
    choices = {"layer": "transformer", "heads": 2, "norm": "pre", "position": "sinusoidal"}
    given = {"n": N, "m": M, "d_model": 26, "layers": 3, "words": HIDDEN}
    document = Document({name: Entry(value, "the test") for name, value in choices.items()})
    found = Costing(*read(sized(given, document, "all", final_norm=True)))
    groups = found.groups
    assert sum((group.cost for group in groups), Cost()) == found.total
    assert sum(group.parameters for group in groups) == found.learned
    assert sum(group.bytes for group in groups) == found.bytes
    times = {group.name: group.times for group in groups}
    assert times["decoder.layers.N.cross"] == 3
    assert times["logits"] == 1
    assert "encoder.norm_final" in times


def test_every_scoring_function_names_the_shapes_of_its_weights() -> None:
    """Each scoring function names all its weights with their shapes, and calculates with them."""
    for name, scoring in SCORING.items():
        assert scoring.shapes.keys() == scoring.matrices.keys()
        if scoring.widths_may_differ:
            assert of_sizes({"score": name}, n=N, m=M, d_q=D_K, d_k=D_V).total.flops
        else:
            with pytest.raises(attncli.errors.ProblemError, match="equal columns"):
                of_sizes({"score": name}, n=N, m=M, d_q=D_K, d_k=D_V)
