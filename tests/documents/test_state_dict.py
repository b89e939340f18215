"""State dicts of PyTorch's layers, as they are saved: under its names, in every kind of file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from attncli.calculation.names.pytorch_names import ATTENTION, LAYER, STACK
from tests.documents.test_model_files import refused
from tests.matrices import assert_same, matrix, numbers
from tests.running import ROOT, compute, computed

SAMPLE = ROOT / "samples/models/encoder_layer.npz"
CASES: dict[str, dict[str, Any]] = {
    case["name"]: case
    for case in json.loads((ROOT / "tests/reference/layers.json").read_text("utf-8"))["cases"]
}
every_case = pytest.mark.parametrize("name", CASES)

Arrays = dict[str, NDArray[Any]]


def flat(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The entries of a document by their whole names."""
    for name, value in document.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def parted(name: str) -> tuple[Arrays, Arrays, list[str]]:
    """A frozen case as somebody has it: the state dict, the inputs, and options for the rest."""
    state: Arrays = {}
    inputs: Arrays = {}
    options: list[str] = []
    for key, value in flat(CASES[name]["document"]):
        if not isinstance(value, list):
            options += [f"--{key.replace('_', '-')}", str(value)]
        elif key.endswith(("weight", "bias")):
            state[key] = np.array(value)
        else:
            is_mask = isinstance(np.ravel(value)[0], np.bool_)
            inputs[key] = np.array(value, dtype=bool if is_mask else float)
    return state, inputs, options


def saved(folder: Path, inputs: Arrays) -> list[str]:
    """Arguments that name a file each."""
    for name, array in inputs.items():
        np.save(folder / f"{name}.npy", array)
    return [f"{name}={folder / name}.npy" for name in inputs]


def archive(path: Path, arrays: dict[str, Any]) -> Path:
    """An NPZ file, as numpy.savez writes what state_dict() gives."""
    np.savez(path, **arrays)
    return path


@every_case
@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_a_saved_state_dict_gives_what_pytorch_gave(name: str, suffix: str, tmp_path: Path) -> None:
    """The file as it was saved, inputs and masks as files of their own, the choices as options."""
    state, inputs, options = parted(name)
    path = tmp_path / f"layer.{suffix}"
    if suffix == "npz":
        archive(path, {**state})
    else:
        save_file(state, path)
    steps = computed(str(path), *saved(tmp_path, inputs), *options)
    for step, expected in CASES[name]["expected"].items():
        np.testing.assert_allclose(steps[step], expected, rtol=1e-12, atol=1e-12)


# By hand, so that the program's own table has something to agree with.
OURS = {
    "self_attn.in_proj_weight": "self.W_qkv",
    "self_attn.in_proj_bias": "self.b_qkv",
    "self_attn.out_proj.weight": "self.W_o",
    "self_attn.out_proj.bias": "self.b_o",
    "multihead_attn.in_proj_weight": "cross.W_qkv",
    "multihead_attn.in_proj_bias": "cross.b_qkv",
    "multihead_attn.out_proj.weight": "cross.W_o",
    "multihead_attn.out_proj.bias": "cross.b_o",
    "linear1.weight": "ffn.W_1",
    "linear1.bias": "ffn.b_1",
    "linear2.weight": "ffn.W_2",
    "linear2.bias": "ffn.b_2",
    "norm1.weight": "norm_1.gamma",
    "norm1.bias": "norm_1.beta",
    "norm2.weight": "norm_2.gamma",
    "norm2.bias": "norm_2.beta",
    "norm3.weight": "norm_3.gamma",
    "norm3.bias": "norm_3.beta",
    "norm.weight": "norm_final.gamma",
    "norm.bias": "norm_final.beta",
}
HELD = [name for name in CASES if "attention" not in name and "swiglu" not in name]


def in_our_names(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same document, with layers counted from 1."""
    renamed = {}
    for name, value in document.items():
        counted = re.sub(r"(?<=layers\.)\d", lambda match: str(int(match[0]) + 1), name)
        place = re.match(r"((?:en|de)coder\.)?(layers\.\d\.)?", counted)
        start = place.end() if place else 0
        renamed[counted[:start] + OURS.get(counted[start:], counted[start:])] = value
    return renamed


@pytest.mark.parametrize("name", HELD)
def test_each_name_stands_for_one_of_ours(name: str) -> None:
    """Every step is the same, to the last bit and under the same name."""
    document = CASES[name]["document"]
    ours = in_our_names(document)
    assert not [key for key in ours if key.endswith(("weight", "bias"))]
    assert compute(ours) == compute(document)


def test_every_name_of_the_table_is_met() -> None:
    """In some frozen case; but for projections that stand apart, which layers do not have."""
    met = {key for case in CASES.values() for key, _ in flat(case["document"])}
    table = {**ATTENTION, **LAYER, **STACK}
    absent = {key for key in table if not any(name.endswith(key) for name in met)}
    assert absent == {
        f"{attention}.{letter}_proj_weight"
        for attention in ("self_attn", "multihead_attn")
        for letter in "qkv"
    }


def layers_of(name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A stack, and each of its layers apart."""
    rest: dict[str, Any] = {}
    layers: dict[int, dict[str, Any]] = {}
    for key, value in CASES[name]["document"].items():
        match = re.fullmatch(r"layers\.(\d)\.(.+)", key)
        if match:
            layers.setdefault(int(match[1]), {})[match[2]] = value
        else:
            rest[key] = value
    return rest, [layers[number] for number in range(len(layers))]


def test_layers_are_counted_as_their_names_are() -> None:
    """PyTorch's from 0, also nested; ours from 1; the places of a list are places."""
    rest, layers = layers_of("encoder, last norm")
    expected = compute(CASES["encoder, last norm"]["document"])
    nested = {str(number): layer for number, layer in enumerate(layers)}
    assert compute({**rest, "layers": nested}) == expected
    assert compute({**rest, "layers": layers}) == expected
    assert compute({**rest, "layers": [in_our_names(layer) for layer in layers]}) == expected


def test_one_matrix_under_both_names_is_an_error() -> None:
    """The first layer is 0 in PyTorch and 1 here; neither replaces the other in silence."""
    document = CASES["encoder"]["document"]
    first = document["layers.0.linear1.weight"]
    message = refused("-", stdin=json.dumps({**document, "layers.1.ffn.W_1": first}).encode())
    assert message == (
        "standard input: layers.1.ffn.W_1 is given twice: as 'layers.0.linear1.weight' and as "
        "'layers.1.ffn.W_1'. Leave out one of them."
    )


def test_later_entries_win_under_either_name() -> None:
    """A name of PyTorch is a name like others on the command line."""
    _, inputs, options = parted("the sample")
    x = f"X={inputs['X'].tolist()}"
    zeros = np.zeros(3).tolist()
    runs = [
        computed(str(SAMPLE), x, f"{name}={zeros}", *options)
        for name in ("linear1.bias", "ffn.b_1", "ffn.b1")
    ]
    assert runs[0] == runs[1] == runs[2]
    assert runs[0]["output"] != computed(str(SAMPLE), x, *options)["output"]
    parts = [
        f"{ours}={SAMPLE}:{theirs}" for theirs, ours in OURS.items() if theirs in parted_keys()
    ]
    assert computed(x, *parts, *options) == computed(str(SAMPLE), x, *options)


def parted_keys() -> list[str]:
    with np.load(SAMPLE) as sample:
        return list(sample.files)


def test_the_sample_is_the_first_case() -> None:
    """Nobody has to trust a binary file that was put here by hand."""
    state, _, _ = parted("the sample")
    with np.load(SAMPLE) as sample:
        assert sample.files == list(state)
        for name, array in state.items():
            assert (sample[name] == array).all()


def test_an_archive_may_say_the_choices_too(tmp_path: Path) -> None:
    """Then the file alone is the document."""
    state, inputs, options = parted("the sample")
    said = {"layer": "encoder", "convention": "torch", "heads": 2}
    path = archive(tmp_path / "layer.npz", {**state, **inputs, **said})
    assert computed(str(path)) == computed(str(SAMPLE), *saved(tmp_path, inputs), *options)


# What a state dict does not say, and what is not of layers.


def without_heads(name: str) -> dict[str, Any]:
    document = dict(CASES[name]["document"])
    del document["heads"]
    return document


@pytest.mark.parametrize(
    ("name", "where", "divisors"),
    [
        ("attention", "", "1, 2, 3 or 6"),
        ("the sample", "self: ", "1, 2 or 4"),
        ("encoder", "layers.1.self: ", "1, 2, 3 or 6"),
        ("transformer, pre, gelu", "encoder.layers.1.self: ", "1, 2, 3 or 6"),
    ],
)
def test_heads_must_be_said(name: str, where: str, divisors: str) -> None:
    """No shape tells them, and a wrong number gives wrong results that look like right ones."""
    document = without_heads(name)
    assert refused("-", stdin=json.dumps(document).encode()) == (
        f"standard input: {where}heads is not said, and PyTorch's weights do not tell it. "
        f"Give --heads, as the layer was made with: {divisors}."
    )
    one = compute({**document, "heads": 1})
    assert one == compute(
        {**document, "layout": "torch", "mask_kind": "drop"}, "--convention", "paper"
    )


def test_heads_need_not_be_said_where_they_are_seen() -> None:
    """Where nothing is projected, where weights have an axis of heads, and where X has one."""
    same = {"Q": matrix("Q", 3, 5), "K": matrix("K", 7, 5), "V": matrix("V", 7, 2)}
    assert compute({**same, "convention": "torch"}) == compute(same)
    x = {"X": matrix("X", 3, 5), "convention": "torch"}
    weights = {name: matrix(name, 2, 7, 5) for name in ("W_q", "W_k", "W_v")}
    assert numbers(compute({**x, **weights})["weights"]).shape == (2, 3, 3)
    square = {name: matrix(name, 5, 5) for name in ("W_q", "W_k", "W_v")}
    split = {**square, "X": matrix("X", 1, 2, 3, 5), "convention": "torch"}
    assert numbers(compute(split)["weights"]).shape == (1, 2, 3, 3)


def test_weights_of_pytorch_are_not_taken_for_rows() -> None:
    """Without the convention they are seen to be transposed."""
    _, inputs, _ = parted("the sample")
    x = f"X={inputs['X'].tolist()}"
    assert refused(str(SAMPLE), x, "--layer", "encoder", "--heads", "2") == (
        f"{SAMPLE}: self: W_qkv makes 4 numbers of a token, but b_qkv has 12. Check that W_qkv is "
        "not transposed: see --layout, or --convention torch."
    )


def test_a_packed_bias_stands_beside_weights_of_their_own() -> None:
    """As in nn.MultiheadAttention for keys of another width; in other conventions too."""
    weights = {"W_q": matrix("q", 11, 6), "W_k": matrix("k", 11, 6), "W_v": matrix("v", 11, 6)}
    biases = {"b_q": matrix("bq", 6), "b_k": matrix("bk", 6), "b_v": matrix("bv", 6)}
    document = {"X": matrix("X", 5, 11), "heads": 2, **weights}
    packed = compute({**document, "b_qkv": [cell for bias in biases.values() for cell in bias]})
    assert_same(packed, compute({**document, **biases}))


@pytest.mark.parametrize(
    ("other", "prefix", "cure"),
    [
        ("embedding.weight", "", "leave out the others"),
        ("pos_encoder.pe", "", "leave out the others"),
        ("embedding.weight", "body.", "save model.get_submodule('body').state_dict() alone"),
        ("wpe", "blocks.3.", "save model.get_submodule('blocks.3').state_dict() alone"),
        ("fc.bias", "body.layers.3.", "save model.get_submodule('body').state_dict() alone"),
    ],
)
def test_a_whole_model_is_refused_with_what_to_save(
    other: str, prefix: str, cure: str, tmp_path: Path
) -> None:
    """Embeddings, buffers and heads of a model belong to no layer."""
    state, inputs, options = parted("the sample")
    named = {f"{prefix}{name}": array for name, array in state.items()}
    path = archive(tmp_path / "model.npz", {other: np.ones((3, 5)), **named})
    message = refused(str(path), *saved(tmp_path, inputs), *options)
    unknown = f": {other.split('.')[0]} is no sublayer" if "." in other else ""
    assert message == (
        f"{path}: the name {other!r} is unknown{unknown}. Only layers are read of a model: {cure}."
    )


def test_a_learned_key_is_refused(tmp_path: Path) -> None:
    """add_bias_kv; its name is like that of a bias, which it is not."""
    state, inputs, options = parted("attention")
    added = {"bias_k": np.ones((1, 1, 6)), "bias_v": np.ones((1, 1, 6))}
    path = archive(tmp_path / "attention.npz", {**added, **state})
    assert refused(str(path), *saved(tmp_path, inputs), *options) == (
        f"{path}: the name 'bias_k' is unknown. add_bias_kv is not read: it adds a learned key and "
        "value to the others."
    )


@pytest.mark.parametrize("name", ["X", "decoder.X"])
def test_other_archives_keep_their_advice(name: str, tmp_path: Path) -> None:
    """Where nothing is of PyTorch's layers, each matrix can be named."""
    arrays = {name: np.ones((3, 5)), "embedding.weight": np.ones((3, 5))}
    path = archive(tmp_path / "any.npz", arrays)
    assert "Or give it a name: NAME=FILE:embedding.weight." in refused(str(path))


def test_what_layer_it_is_must_be_said() -> None:
    """The file holds a layer, the command says nothing of one."""
    message = refused(str(SAMPLE), "X=[[1, 0, 2, 1]]", "--convention", "torch", "--heads", "2")
    assert message.startswith(f"{SAMPLE}: self.W_qkv stands in a sublayer, self, but ")


# Dotted names on the command line.

TRANSFORMER = "transformer, post, relu"


def test_a_choice_of_one_sublayer_is_said_with_its_name(tmp_path: Path) -> None:
    """No option says what holds in one place alone."""
    state, inputs, options = parted(TRANSFORMER)
    del inputs["encoder.mask"], inputs["decoder.cross.mask"]
    path = archive(tmp_path / "transformer.npz", {**state})
    arguments = [str(path), *saved(tmp_path, inputs), *options]
    entries = {**CASES[TRANSFORMER]["document"]}
    del entries["encoder.mask"]
    said = {
        "decoder.cross.mask": "padding:3,5",
        "decoder.layers.1.mask": "window:1,0",
        "encoder.position": "sinusoidal",
        "encoder.layers.1.activation": "gelu",
    }
    ours = computed(*arguments, *(f"{name}={value}" for name, value in said.items()))
    assert ours == compute({**entries, **said})
    assert ours["output"] != computed(*arguments)["output"]


def test_a_mask_of_a_sublayer_replaces_the_earlier_one_there() -> None:
    """What comes later wins: masks are combined where they stand together, not in turn."""
    document = CASES["decoder layer, pre, relu, padding"]["document"]
    earlier = {**document, "cross": {"masks": ["padding:2"]}}
    later = computed("-", "cross.mask=padding:5", stdin=json.dumps(earlier).encode())
    assert later == compute({**document, "cross": {"mask": "padding:5"}})
    assert later["cross.weights"] != compute(earlier)["cross.weights"]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("encoder.norm=pree", "encoder: norm is 'pree': it must be post or pre"),
        ("encoder.scores=[[1]]", "encoder.scores is a step: attncli calculates it."),
        ("heads=2", "heads is a choice, not a matrix. Write --heads 2."),
        ("mask=causal", "causal is a named mask, not a matrix. Write --mask causal."),
        (
            "out_proj.weights=[[1]]",
            "the name 'out_proj.weights' is unknown: out_proj is no sublayer.",
        ),
    ],
)
def test_what_is_no_entry_is_refused(argument: str, message: str) -> None:
    """With what it would be."""
    document = json.dumps(CASES[TRANSFORMER]["document"]).encode()
    assert message in refused("-", argument, stdin=document)
