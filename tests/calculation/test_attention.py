"""Compare every step of random problems with the oracle, through the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from random import Random
from typing import Any

import pytest

from attncli.calculation.scoring.scoring_functions import SCORING
from tests import oracle
from tests.matrices import assert_same
from tests.oracle import Added, Given, MayAttend, Steps
from tests.running import compute

# Sizes that all differ, and are prime, so that no axis can be taken for another.
HEADS, BATCH, N, M, D_MODEL, D_K, D_Q, HIDDEN, D_V, D_OUT = 2, 3, 5, 7, 11, 13, 17, 19, 23, 29
WIDTHS_MAY_DIFFER = ("additive", "general", "concat")


# Random numbers.


def boolean(random: Random) -> bool:
    """Return True two times out of three."""
    return random.random() < 2 / 3


def one_or_zero(random: Random) -> int:
    """Return 1 two times out of three, else 0."""
    return int(boolean(random))


def number(random: Random) -> float:
    """Return a number of the normal distribution."""
    return random.gauss(0, 1)


def number_or_infinity(random: Random) -> float | str:
    """Return −inf, as JSON writes it, one time out of three, else a number."""
    return number(random) if boolean(random) else "-inf"


def filled(random: Random, cell: Callable[[Random], object], *sizes: int) -> Any:
    """Return nested lists of these sizes, filled with the results of `cell`."""
    if not sizes:
        return cell(random)
    return [filled(random, cell, *sizes[1:]) for _ in range(sizes[0])]


# Masks.

RULES: dict[str, Callable[[int, int], MayAttend]] = {
    "causal": lambda n, m: oracle.causal(),
    "causal:lower-right": lambda n, m: oracle.causal(m - n),
    "padding:3": lambda n, m: oracle.padding(3),
    "padding:0": lambda n, m: oracle.padding(0),
    '{"padding": 4}': lambda n, m: oracle.padding(4),
    "window:1,2": lambda n, m: oracle.window(1, 2),
    "window:-1,1": lambda n, m: oracle.window(-1, 1),
    '{"window": [0, -1]}': lambda n, m: oracle.window(0, -1),
}


@dataclass(frozen=True)
class Cells:
    """A mask matrix: how to make a cell, the axes, and `mask_kind` where the document gives it."""

    cell: Callable[[Random], object]
    axes: tuple[str, ...] = ("n", "m")
    kind: str = ""

    @property
    def means(self) -> str:
        """Return `keep`, `drop` or `add`; booleans, 1 and 0 mean `keep` by default."""
        return self.kind or ("keep" if self.cell in (boolean, one_or_zero) else "add")


MATRICES = {
    "booleans": Cells(boolean),
    "1 and 0": Cells(one_or_zero),
    "1 and 0 to keep": Cells(one_or_zero, kind="keep"),
    "1 and 0 to drop": Cells(one_or_zero, kind="drop"),
    "1 and 0 to add": Cells(one_or_zero, kind="add"),
    "booleans to drop": Cells(boolean, kind="drop"),
    "numbers": Cells(number),
    "numbers and -inf": Cells(number_or_infinity),
    "one row": Cells(boolean, ("1", "m")),
    "one column": Cells(number, ("n", "1")),
    "a list": Cells(boolean, ("m",)),
    "one per head": Cells(boolean, ("heads", "n", "m")),
    "one an entry": Cells(number, ("batch", "n", "m")),
    "one an entry, for all heads": Cells(boolean, ("batch", "1", "n", "m")),
    "one an entry and head": Cells(number, ("batch", "heads", "n", "m")),
    "one per head, for all entries": Cells(boolean, ("1", "heads", "1", "m")),
}


def cell_at(nested: Any, place: tuple[int, ...]) -> Any:
    """Return the mask's cell for a place in the scores, with axes matched from the right."""
    for position in place[len(place) - oracle.rank(nested) :]:
        nested = nested[position if len(nested) > 1 else 0]
    return nested


# Problems.


@dataclass(frozen=True)
class Case:
    """The parts of a problem besides X, W_q, W_k and W_v. `masks` name `RULES` or `MATRICES`."""

    memory: bool = False
    source: str = "projected"  # or "given" (Q, K, V), "without V", "bare" (X alone)
    biases: bool = False
    heads: int = 1
    is_per_head: bool = False
    output: tuple[str, ...] = ()  # "W_o", "b_o"
    masks: tuple[str, ...] = ()
    choices: Mapping[str, Any] = field(default_factory=dict)
    batches: tuple[bool, ...] = (False, True)

    @property
    def sizes(self) -> dict[str, int]:
        has_other_keys = self.memory or self.source in ("given", "without V")
        sizes = {"batch": BATCH, "heads": self.heads, "n": N, "m": M if has_other_keys else N}
        return {**sizes, "1": 1}


@dataclass(frozen=True)
class Entry:
    """One batch entry for the oracle: its matrices, its masks, and numbers added to its scores."""

    given: Given
    may_attend: list[MayAttend]
    added: list[Added]


def generate(case: Case, score: str, is_batch: bool) -> tuple[dict[str, Any], list[Entry]]:
    """Return the random document of a case, the same in every run, and its batch entries."""
    random = Random(f"{score} {case} {is_batch}")
    weights = {**projections(case, score, random), **scoring_weights(case, score, random)}
    own = [sequences(case, score, random) for _ in range(BATCH if is_batch else 1)]
    masks = {name: write_mask(name, case, random) for name in case.masks}
    document = {"score": score, **case.choices, **weights}
    document |= stacked(own) if is_batch else own[0]
    if case.heads > 1 and not case.is_per_head:
        document["heads"] = case.heads
    if masks:
        document["masks"] = list(masks.values())
    entries = [
        Entry({**weights, **given}, *read_masks(masks, case, (position,) if is_batch else ()))
        for position, given in enumerate(own)
    ]
    return document, entries


def read_masks(
    masks: Mapping[str, Any], case: Case, leading: tuple[int, ...]
) -> tuple[list[MayAttend], list[Added]]:
    """Return the masks of one batch entry, whose number `leading` holds, for the oracle."""
    may_attend: list[MayAttend] = []
    added: list[Added] = []
    for name, written in masks.items():
        if name in RULES:
            may_attend.append(RULES[name](case.sizes["n"], case.sizes["m"]))
        elif MATRICES[name].means == "add":
            added.append(partial(number_at, written, case, leading))
        else:
            kept = MATRICES[name].means == "keep"
            may_attend.append(partial(is_kept, written, kept, case, leading))
    return may_attend, added


def write_mask(name: str, case: Case, random: Random) -> Any:
    """Return the mask as the document writes it."""
    if name in RULES:
        return json.loads(name) if name.startswith("{") else name
    mask = MATRICES[name]
    return filled(random, mask.cell, *(case.sizes[axis] for axis in mask.axes))


def place_in_scores(case: Case, leading: tuple[int, ...], h: int, i: int, j: int) -> Any:
    """Return the place of a cell in the scores, with batch and head where there are such axes."""
    return (*leading, *([h] if case.heads > 1 else []), i, j)


def number_at(cells: Any, case: Case, leading: tuple[int, ...], h: int, i: int, j: int) -> float:
    """Return the number that a mask matrix adds."""
    return float(cell_at(cells, place_in_scores(case, leading, h, i, j)))


def is_kept(
    cells: Any, kept: bool, case: Case, leading: tuple[int, ...], h: int, i: int, j: int
) -> bool:
    """Return True if a mask matrix lets query i attend to key j."""
    return bool(cell_at(cells, place_in_scores(case, leading, h, i, j))) == kept


def widths(case: Case, score: str) -> tuple[int, int]:
    """Return d_q and d_k, which differ only for scoring functions with weights."""
    if case.source == "bare":
        return D_MODEL, D_MODEL
    return (D_Q if score in WIDTHS_MAY_DIFFER else D_K), D_K


def sequences(case: Case, score: str, random: Random) -> dict[str, Any]:
    """Return the matrices that differ from one batch entry to another."""
    d_q, d_k = widths(case, score)
    if case.source in ("given", "without V"):
        given = {"Q": (N, case.heads * d_q), "K": (M, case.heads * d_k)}
        if case.source == "given":
            given["V"] = (M, case.heads * D_V)
    else:
        given = {"X": (N, D_MODEL)}
        if case.memory:
            given["memory"] = (M, D_MODEL)
    return {name: filled(random, number, *sizes) for name, sizes in given.items()}


def projections(case: Case, score: str, random: Random) -> dict[str, Any]:
    """Return weights and biases; with `is_per_head`, a matrix and a row for each head."""
    d_q, d_k = widths(case, score)
    sizes: dict[str, tuple[int, ...]] = {}
    if case.source == "projected":
        for letter, width in (("q", d_q), ("k", d_k), ("v", D_V)):
            if case.is_per_head:
                sizes[f"W_{letter}"] = (case.heads, D_MODEL, width)
                sizes[f"b_{letter}"] = (case.heads, width)
            else:
                sizes[f"W_{letter}"] = (D_MODEL, case.heads * width)
                sizes[f"b_{letter}"] = (case.heads * width,)
    if "W_o" in case.output:
        d_v = D_MODEL if case.source == "bare" else D_V
        sizes["W_o"] = (case.heads, d_v, D_OUT) if case.is_per_head else (case.heads * d_v, D_OUT)
    if "b_o" in case.output:
        sizes["b_o"] = (D_OUT,)
    wanted = {name: size for name, size in sizes.items() if case.biases or name[0] == "W"}
    wanted |= {name: sizes[name] for name in case.output}
    return {name: filled(random, number, *size) for name, size in wanted.items()}


def scoring_weights(case: Case, score: str, random: Random) -> dict[str, Any]:
    """Return the weights of the scoring function, which the heads share."""
    d_q, d_k = widths(case, score)
    sizes: dict[str, dict[str, tuple[int, ...]]] = {
        "additive": {"W_a": (d_q, HIDDEN), "U_a": (d_k, HIDDEN), "v_a": (HIDDEN,)},
        "general": {"W_a": (d_q, d_k)},
        "concat": {"W_a": (d_q + d_k, HIDDEN), "v_a": (HIDDEN,)},
    }
    return {name: filled(random, number, *size) for name, size in sizes.get(score, {}).items()}


# Comparing.


def expect(entries: list[Entry], case: Case, score: str, is_batch: bool) -> Steps:
    """Compare the steps with those of the oracle, one batch entry after the other."""
    factor = case.choices.get("scale")
    steps = [
        oracle.attention(
            entry.given,
            score=score,
            heads=case.heads,
            scale=1.0 if factor == "none" else factor,
            softcap=case.choices.get("softcap"),
            normaliser=case.choices.get("normaliser", "softmax"),
            temperature=case.choices.get("temperature", 1.0),
            may_attend=entry.may_attend,
            added=entry.added,
            fill=float(case.choices.get("fill", "-inf")),
        )
        for entry in entries
    ]
    return stacked(steps) if is_batch else steps[0]


def stacked(entries: list[Steps]) -> Steps:
    """Return the steps of all batch entries, stacked along a batch axis."""
    return {name: [entry[name] for entry in entries] for name in entries[0]}


# The tests.


def of_matrix(name: str) -> Case:
    """Return a problem for a mask of `MATRICES`, with batch and heads where the mask has them."""
    mask = MATRICES[name]
    has_both = len(mask.axes) == 4
    return Case(
        source="given",
        heads=HEADS if has_both or "heads" in mask.axes else 1,
        masks=(name,),
        choices={"mask_kind": mask.kind} if mask.kind else {},
        batches=(True,) if has_both or "batch" in mask.axes else (False, True),
    )


CASES = {
    "plain": Case(),
    "biases": Case(biases=True),
    "X alone": Case(source="bare"),
    "X and memory alone": Case(source="bare", memory=True),
    "memory": Case(memory=True),
    "memory, biases": Case(memory=True, biases=True),
    "Q, K, V given": Case(source="given"),
    "Q, K given": Case(source="without V"),
    "Q, K given, heads, causal": Case(source="without V", heads=HEADS, masks=("causal",)),
    "W_o": Case(memory=True, output=("W_o",)),
    "W_o, b_o": Case(memory=True, output=("W_o", "b_o")),
    "X alone, W_o": Case(source="bare", output=("W_o",)),
    "heads": Case(memory=True, heads=HEADS),
    "heads, biases, W_o, b_o": Case(heads=HEADS, biases=True, output=("W_o", "b_o")),
    "heads, Q, K, V given": Case(source="given", heads=HEADS, output=("W_o",)),
    "per head": Case(memory=True, heads=HEADS, is_per_head=True),
    "per head, biases": Case(heads=HEADS, is_per_head=True, biases=True),
    "per head, W_o, b_o": Case(
        memory=True, heads=HEADS, is_per_head=True, biases=True, output=("W_o", "b_o")
    ),
    "one head of rank 3": Case(is_per_head=True, biases=True, output=("W_o",)),
    "scale": Case(memory=True, choices={"scale": 0.37}),
    "scale none": Case(memory=True, choices={"scale": "none"}),
    "scale 1": Case(memory=True, choices={"scale": 1}),
    "scale, heads": Case(heads=HEADS, choices={"scale": -1.7}, output=("W_o",)),
    **{f"mask {name}": Case(source="given", masks=(name,)) for name in RULES},
    **{f"mask {name}": of_matrix(name) for name in MATRICES},
    "causal on X": Case(masks=("causal",)),
    "masks": Case(memory=True, masks=("causal:lower-right", "booleans", "numbers", "window:1,2")),
    "masks, two to add": Case(memory=True, masks=("numbers", "padding:3", "numbers and -inf")),
    "masks, heads, W_o": Case(
        heads=HEADS, masks=("causal", "one per head", "numbers"), output=("W_o", "b_o")
    ),
    "soft cap": Case(choices={"softcap": 0.9}),
    "soft cap, scale, mask, heads": Case(
        heads=HEADS, masks=("causal",), choices={"softcap": 2.5, "scale": 0.37}, output=("W_o",)
    ),
    "temperature": Case(choices={"temperature": 0.37}),
    **{
        f"{name}, mask, temperature": Case(
            memory=True, masks=("booleans",), choices={"normaliser": name, "temperature": 1.7}
        )
        for name in oracle.NORMALISERS
    },
    **{
        f"{name}, heads, W_o": Case(
            heads=HEADS, masks=("padding:3",), choices={"normaliser": name}, output=("W_o",)
        )
        for name in oracle.NORMALISERS
    },
    **{
        f"{name}, nothing to attend": Case(
            source="given", masks=("padding:0",), choices={"normaliser": name}
        )
        for name in oracle.NORMALISERS
    },
    "mask, scale": Case(masks=("causal",), choices={"scale": 0.37}),
    "fill": Case(memory=True, masks=("causal",), choices={"fill": -1e6}),
    "fill, nothing to attend": Case(memory=True, masks=("padding:0",), choices={"fill": -1e9}),
    "small fill": Case(memory=True, masks=("booleans", "numbers"), choices={"fill": -0.5}),
    "fill -inf": Case(masks=("window:1,2",), choices={"fill": "-inf"}),
}


# An entry without an oracle fails once, in `test_every_entry_has_an_oracle`.
IN_LOOPS = [score for score in SCORING if score in oracle.SCORES]


def scores_of(case: Case, number: int) -> list[str]:
    """Return the scoring functions for a case: all, or one in turn if it is about later steps.

    Masks, normalisers and the other later steps do not depend on where the scores come from.
    """
    if not case.masks and set(case.choices) <= {"scale"}:
        return IN_LOOPS
    others = [score for score in IN_LOOPS if score not in ("scaled", "additive")]
    return ["scaled", "additive", others[number % len(others)]]


@pytest.mark.parametrize(
    ("case", "is_batch", "score"),
    [
        pytest.param(case, is_batch, score, id=f"{name}{', batch' if is_batch else ''}, {score}")
        for number, (name, case) in enumerate(CASES.items())
        for is_batch in case.batches
        for score in scores_of(case, number)
    ],
)
def test_every_step_equals_the_plain_loops(case: Case, is_batch: bool, score: str) -> None:
    """Each step equals the oracle's step of the same name to 1e-12, in the same order."""
    document, entries = generate(case, score, is_batch)
    expected = expect(entries, case, score, is_batch)
    assert_same(compute(document), expected)


ADDITIVE = ("W_a", "U_a", "v_a")


@pytest.mark.parametrize(
    "left_out", [names for count in (1, 2, 3) for names in combinations(ADDITIVE, count)]
)
def test_additive_weights_may_be_left_out(left_out: tuple[str, ...]) -> None:
    """Additive scoring without W_a, U_a or v_a projects nothing and adds up the hidden units."""
    random = Random(str(left_out))
    d_q, d_k = (HIDDEN if name in left_out else size for name, size in (("W_a", D_Q), ("U_a", D_K)))
    sizes = {
        "Q": (N, d_q),
        "K": (M, d_k),
        "V": (M, D_V),
        "W_a": (d_q, HIDDEN),
        "U_a": (d_k, HIDDEN),
        "v_a": (HIDDEN,),
    }
    given = {
        name: filled(random, number, *size) for name, size in sizes.items() if name not in left_out
    }
    expected = oracle.attention(given, score="additive")
    assert_same(compute({"score": "additive", **given}), expected)


@pytest.mark.parametrize("heads", [1, HEADS])
@pytest.mark.parametrize(
    ("lengths", "is_batch"),
    [
        pytest.param([3, 0, M], True, id="one an entry"),
        pytest.param([[1, 2, 3, 5, 7], [7, 5, 3, 2, 1], [0, 1, 0, 2, 7]], True, id="one per query"),
        pytest.param([3], False, id="one without a batch"),
        pytest.param([[1, 2, 3, 5, 7]], False, id="one per query without a batch"),
    ],
)
def test_padding_may_differ_between_batch_entries(
    lengths: list[Any], is_batch: bool, heads: int
) -> None:
    """A list of lengths has one per batch entry, and a table has one per query of each entry."""
    case = Case(memory=True, heads=heads)
    document, entries = generate(case, "scaled", is_batch)
    document["mask"] = {"padding": lengths}
    for entry, own in zip(entries, lengths, strict=True):
        entry.may_attend.append(partial(is_before, own))
    expected = expect(entries, case, "scaled", is_batch)
    assert_same(compute(document), expected)


def is_before(length: int | list[int], h: int, i: int, j: int) -> bool:
    """Return True if key j is among the first `length` keys, or the first `length[i]`."""
    return j < (length[i] if isinstance(length, list) else length)


@pytest.mark.parametrize("score", IN_LOOPS)
def test_heads_that_are_an_axis_stay_one(score: str) -> None:
    """Q, K, V of rank 4 are batch × heads × n × d: no axis is split, no heads are concatenated."""
    case = Case(source="given")
    random = Random(score)
    weights = scoring_weights(case, score, random)
    entries = [[sequences(case, score, random) for _ in range(HEADS)] for _ in range(BATCH)]
    given = {
        name: [[head[name] for head in heads] for heads in entries] for name in ("Q", "K", "V")
    }
    document = {"score": score, "mask": "causal:lower-right", **weights, **given}
    mask = oracle.causal(M - N)

    def expect_head(head: Given) -> Steps:
        return oracle.attention({**weights, **head}, score=score, may_attend=[mask])

    expected = stacked([stacked([expect_head(head) for head in heads]) for heads in entries])
    assert_same(compute(document), expected)


@pytest.mark.parametrize("mask", ["causal", "causal:lower-right", "window:1,-1"])
def test_masks_of_more_queries_than_keys(mask: str) -> None:
    """With more queries than keys, a query that sees no key has weights and output 0."""
    random = Random(mask)
    given = {
        name: filled(random, number, *size)
        for name, size in (("Q", (M, D_K)), ("K", (N, D_K)), ("V", (N, D_V)))
    }
    may_attend = {
        "causal": oracle.causal(),
        "causal:lower-right": oracle.causal(N - M),
        "window:1,-1": oracle.window(1, -1),
    }[mask]
    expected = oracle.attention(given, may_attend=[may_attend])
    assert_same(compute({"mask": mask, **given}), expected)


@pytest.mark.parametrize("score", IN_LOOPS)
def test_a_width_of_one_is_not_scaled(score: str) -> None:
    """With d_k = 1, √d_k changes nothing, so there is no step `scaled`."""
    random = Random(score)
    W_a = (2, 1) if score == "concat" else (1, 1)
    given = {
        name: filled(random, number, *size)
        for name, size in (("Q", (N, 1)), ("K", (M, 1)), ("V", (M, D_V)), ("W_a", W_a))
        if name != "W_a" or score in WIDTHS_MAY_DIFFER
    }
    expected = oracle.attention(given, score=score)
    assert "scaled" not in expected
    assert_same(compute({"score": score, **given}), expected)
