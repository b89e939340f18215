"""Test layers of a Transformer against the oracle in plain loops, through the command line."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from attncli.calculation.algebra.layouts import LAYOUTS
from attncli.calculation.operations.activations import ACTIVATIONS
from tests import oracle, oracle_layers
from tests.layered import (
    BATCH,
    D_K,
    D_MODEL,
    D_V,
    HEADS,
    KINDS,
    WORDS,
    Entries,
    M,
    N,
    document,
    flat,
    norm,
    on_paper,
    sides,
    small,
)
from tests.matrices import assert_close, assert_same, matrix
from tests.oracle_layers import Choices
from tests.oracle_positions import distances, rotated, sinusoids
from tests.running import compute

ORACLES = {"encoder": oracle_layers.encoder, "decoder": oracle_layers.decoder}
ORACLES["transformer"] = oracle_layers.transformer


def assert_oracle(kind: str, given: Entries, **choices: Any) -> None:
    """Assert that every step equals the oracle's, in the same order under the same name."""
    expected = ORACLES[kind](given, Choices(**{"heads": HEADS, **choices}))
    assert_same(compute(given), expected)


# Against the oracle.


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["post", "pre"])
@pytest.mark.parametrize("norm_kind", ["layer", "rms"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_step_is_that_of_the_oracle(
    kind: str, where: str, norm_kind: str, activation: str
) -> None:
    """Every step agrees for norms before or after the sums, of both kinds, and every activation."""
    choices = {"norm": where, "norm_kind": norm_kind, "activation": activation}
    given = document(kind, gated=ACTIVATIONS[activation].gated)
    assert_oracle(kind, {**given, **choices}, **choices)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["post", "pre"])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("ends", ["", "norm_final", "W_out", "norm_final W_out b_out"])
def test_stacks_with_a_final_norm_and_softmax(kind: str, where: str, count: int, ends: str) -> None:
    """A list of layers, a norm after the last of them, and a softmax over words agree."""
    given = {**document(kind, count), "norm": where}
    if "norm_final" in ends:
        for side in sides(given):
            side["norm_final"] = norm("final")
    given |= {"W_out": small("W_out", D_MODEL, WORDS)} if "W_out" in ends else {}
    given |= {"b_out": small("b_out", WORDS)} if "b_out" in ends else {}
    assert_oracle(kind, given, norm=where)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [False, True])
def test_embeddings_are_scaled_and_get_positions(kind: str, scale: bool) -> None:
    """Before the first layer, and only there, X becomes √d_model X + position."""
    choices: Entries = {"position": "sinusoidal", "scale_embeddings": scale}
    assert_oracle(kind, {**document(kind, 2), **choices}, **choices)


def test_each_side_has_its_own_learned_positions() -> None:
    """Learned positions are as large as the X of their side, and a side's own position wins."""
    given, learned = document("decoder", 2), small("learned", N, D_MODEL)
    assert_oracle("decoder", {**given, "position": learned}, position=learned)
    given = document("transformer")
    given["decoder"]["position"] = learned
    steps = compute(given)
    assert [name for name in steps if "embedded" in name] == ["decoder.embedded"]
    steps = compute({**given, "position": small("longer", M, D_MODEL)})
    assert_close(steps["decoder.embedded"], oracle_layers.summed(given["decoder"]["X"], learned))
    given["decoder"]["position"] = "sinusoidal"
    steps = compute(given)
    assert_close(steps["decoder.position"], sinusoids(N, D_MODEL))
    assert "encoder.position" not in steps


def test_rope_works_in_self_attention_alone() -> None:
    """Rope turns queries and keys of self-attention in every layer, and none of cross-attention."""
    turned = {"turned": lambda rows: rotated(rows, interleaved=True, dims=6)}
    given = {**document("decoder", 2), "position": "rope:interleaved,dims=6"}
    assert_oracle("decoder", given, of_self=turned)


def test_alibi_works_in_self_attention_alone() -> None:
    """ALiBi adds to the scores of self-attention, and its numbers are a step of each layer."""
    expected = oracle_layers.decoder(
        document("decoder", 2), Choices(HEADS, of_self={"added": [distances(HEADS)]})
    )
    steps = compute({**document("decoder", 2), "position": "alibi"})
    assert [name for name in steps if name not in expected] == [
        "layers.1.self.position",
        "layers.2.self.position",
    ]
    assert_same({name: steps[name] for name in expected}, expected)


OF_ATTENTION: list[Entries] = [
    {"score": "dot"},
    {"scale": 0.25},
    {"softcap": 2.5},
    {"temperature": 3.7},
    {"normaliser": "softmax1"},
    {"fill": -3.5},
]


@pytest.mark.parametrize("choice", OF_ATTENTION, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_choices_of_attention_hold_in_every_layer(kind: str, choice: Entries) -> None:
    """A choice at the top of the document holds for every layer."""
    assert_oracle(kind, {**document(kind, 2), **choice}, of_all=choice)


def test_heads_may_share_keys() -> None:
    """kv_heads at the top of the document holds for self-attention and cross-attention."""
    given = document("decoder")
    for name in ("self", "cross"):
        given[name] |= {"W_k": small("k", D_MODEL, D_K), "b_k": small("bk", D_K)}
        given[name] |= {"W_v": small("v", D_MODEL, D_V), "b_v": small("bv", D_V)}
    assert_oracle("decoder", {**given, "kv_heads": 1}, of_all={"kv_heads": 1})


@pytest.mark.parametrize("norm_kind", ["layer", "rms"])
@pytest.mark.parametrize("convention", ["paper", "keras", "annotated-transformer"])
def test_conventions_know_their_norms(convention: str, norm_kind: str) -> None:
    """Keras adds 1e-3 to the variance; the Annotated Transformer divides by s + 1e-6."""
    theirs: dict[str, Any] = {
        "paper": {},
        "keras": {"eps": 1e-3, "of_all": {"score": "dot", "fill": -1e9}},
        "annotated-transformer": {
            "eps": 1e-6,
            "eps_outside": True,
            "sample_variance": True,
            "norm": "pre",
            "of_all": {"fill": -1e9},
        },
    }
    said = {"convention": convention, "norm_kind": norm_kind, "layout": "rows"}
    choices = {**theirs[convention], "norm_kind": norm_kind}
    assert_oracle("decoder", {**document("decoder", 2), **said}, **choices)
    by_hand = {**document("decoder", 2), **said, "eps": 0.75, "norm": "post"}
    assert_oracle("decoder", by_hand, **{**choices, "eps": 0.75, "norm": "post"})


# Masks.


def by_number(name: str) -> Any:
    """Return a mask of 0 and 1 without an empty row, and the rule that it follows."""
    cells = [[int((3 * i + 2 * j) % 5 < 3 or i == j) for j in range(M)] for i in range(N)]
    wide = {"self": [row[:N] for row in cells], "cross": cells}[name]
    return wide, lambda h, i, j: wide[i][j] == 1


MASKED: list[tuple[str, Entries, Any, Any]] = [
    # kind and entries of the document; the masks of self-attention, and those of cross-attention
    ("encoder", {"mask": {"padding": [3]}}, [oracle.padding(3)], []),
    ("encoder", {"mask": "causal"}, [oracle.causal()], []),
    ("encoder", {"masks": ["causal", "window:2,0"]}, [oracle.causal(), oracle.window(2, 0)], []),
    ("encoder", {"mask": by_number("self")[0]}, [by_number("self")[1]], []),
    ("decoder", {"mask": {"padding": [3]}}, [oracle.padding(3)], []),
    ("decoder", {"mask": "causal"}, [], []),
    ("decoder", {"masks": ["causal", "padding:3"]}, [oracle.padding(3)], []),
    ("decoder", {"mask": by_number("self")[0]}, [by_number("self")[1]], []),
    ("decoder", {"cross.mask": "padding:4"}, [], [oracle.padding(4)]),
    ("decoder", {"cross.mask": by_number("cross")[0]}, [], [by_number("cross")[1]]),
    (
        "decoder",
        {"mask": "padding:3", "cross.masks": ["padding:5", "window:2,3"]},
        [oracle.padding(3)],
        [oracle.padding(5), oracle.window(2, 3)],
    ),
    (
        "transformer",
        {
            "encoder.mask": "padding:5",
            "decoder.mask": "padding:4",
            "decoder.cross.mask": "padding:5",
        },
        [oracle.padding(4)],
        [oracle.padding(5)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "said", "own", "other"), MASKED, ids=[f"{kind} {said}" for kind, said, *_ in MASKED]
)
def test_masks_belong_to_their_attention(kind: str, said: Entries, own: Any, other: Any) -> None:
    """`mask` hides keys of self-attention, beside a decoder's causal mask; `cross.mask`, memory."""
    given = document(kind, 2)
    expected = ORACLES[kind](given, Choices(HEADS, masks=own, memory_masks=other))
    assert_same(compute({**flat(given), **said}), expected)


def test_a_mask_may_be_of_one_layer() -> None:
    """The mask of a layer, or of a sublayer, wins over the mask around it."""
    given = {**flat(document("encoder", 2)), "mask": "causal"}
    everywhere, nowhere = compute(given), compute(flat(document("encoder", 2)))
    for path in ("layers.1", "layers.1.self"):
        steps = compute({**given, f"{path}.mask": "padding:5"})
        assert_close(steps["layers.1.output"], nowhere["layers.1.output"])
        assert "-inf" in steps["layers.2.self.masked"][0][0]
    assert "-inf" in everywhere["layers.1.self.masked"][0][0]


def test_an_option_masks_self_attention() -> None:
    """--mask replaces the document's masks of self-attention, and a decoder stays causal."""
    given = {**document("decoder"), "mask": "window:1,1"}
    expected = oracle_layers.decoder(given, Choices(HEADS, masks=[oracle.padding(2)]))
    assert_same(compute(given, "--mask", "padding:2"), expected)


# Where a choice holds.


OF_A_LAYER: list[Entries] = [
    {"norm": "pre"},
    {"activation": "gelu"},
    {"eps": 0.5},
    {"norm_kind": "rms"},
    {"heads": 1},
    {"score": "dot"},
    {"position": "rope:dims=6"},
]


@pytest.mark.parametrize("choice", OF_A_LAYER, ids=str)
def test_a_layer_may_choose_for_itself(choice: Entries) -> None:
    """A stack equals its layers one after the other, each with its own choices."""
    given = document("encoder", 2)
    first, second = given["layers"]
    steps = compute({**given, "layers": [first, {**second, **choice}]})
    before = compute({"layer": "encoder", "heads": HEADS, "X": given["X"], **first})
    after = {"layer": "encoder", "heads": HEADS, "X": before["output"], **second, **choice}
    assert_same(
        {name.removeprefix("layers.2."): steps[name] for name in list(steps)[len(before) :]},
        compute(after),
    )
    assert_close(steps["layers.1.output"], before["output"])


OF_A_SUBLAYER = [
    ("ffn.activation", "silu", "ffn.activated"),
    ("norm_1.eps", 0.5, "norm_1.output"),
    ("norm_1.norm_kind", "rms", "norm_1.output"),
    ("self.score", "dot", "self.weights"),
    ("self.position", "rope:dims=6", "self.weights"),
]


@pytest.mark.parametrize(("name", "value", "step"), OF_A_SUBLAYER)
def test_a_sublayer_may_choose_for_itself(name: str, value: object, step: str) -> None:
    """A choice of a sublayer holds there alone, and the others keep the choice around it."""
    given = flat(document("encoder"))
    steps = compute({**given, name: value})
    assert steps[step] == compute({**given, name.partition(".")[2]: value})[step]
    assert steps[step] != compute(given)[step]


# The same, written otherwise.


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["post", "pre"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_agree(kind: str, where: str, layout: str) -> None:
    """Layout `columns` transposes tokens and their means, and `torch` the weights alone."""
    given = {**flat(document(kind, 2)), "norm": where, "position": "sinusoidal"}
    given["W_out"] = small("W_out", D_MODEL, WORDS)
    written = {name: on_paper(name, entry, layout) for name, entry in given.items()}
    steps = compute({**written, "layout": layout})
    rows = {name: on_paper("", step, layout) for name, step in steps.items()}
    assert_same(rows if layout == "columns" else steps, compute(given))
    mean = next(step for name, step in steps.items() if name.endswith("norm_1.mean"))
    assert np.shape(mean)[layout != "columns"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_its_entries(kind: str) -> None:
    """Every batch entry has the steps that it has alone, and its own padding length."""
    lengths, alone = [5, 2, 4], []
    for entry in range(BATCH):
        given = {**document(kind, 2), "position": "sinusoidal"}
        for side in sides(given):
            inputs = {"X", "memory"} & side.keys()
            side |= {name: matrix(f"{name}{entry}", *np.shape(side[name])) for name in inputs}
        sides(given)[0]["mask"] = {"padding": [lengths[entry]]}
        alone.append(given)
    batch = deepcopy(alone[0])
    for number, side in enumerate(sides(batch)):
        inputs = {"X", "memory"} & side.keys()
        side |= {name: [sides(given)[number][name] for given in alone] for name in inputs}
    sides(batch)[0]["mask"] = {"padding": lengths}
    steps = compute(batch)
    for entry, given in enumerate(alone):
        own = compute(given)
        assert list(steps) == list(own)
        for name, step in own.items():
            is_shared = name.endswith("position")
            assert_close(steps[name] if is_shared else steps[name][entry], step, name)


def test_float32_stays_float32() -> None:
    """Every step is of the chosen dtype, also after an activation with an exact formula."""
    for activation in ACTIVATIONS:
        given = document("transformer", gated=ACTIVATIONS[activation].gated)
        given |= {"activation": activation, "position": "sinusoidal", "scale_embeddings": True}
        double = compute(given)
        for name, step in compute({**given, "dtype": "float32"}).items():
            numbers = np.array(step, dtype=np.float64)
            np.testing.assert_array_equal(numbers, numbers.astype(np.float32), err_msg=name)
            expected = np.array(double[name], dtype=np.float64)
            np.testing.assert_allclose(numbers, expected, 1e-3, 1e-3, err_msg=name)
