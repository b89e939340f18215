"""Test PyTorch's state dicts of layers, as they are saved, in every kind of file."""

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
    """Yield the entries of a document by their whole names."""
    for name, value in document.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def parted(name: str) -> tuple[Arrays, Arrays, list[str]]:
    """Return a frozen case as a user has it: the state dict, the inputs, and options."""
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
    """Return one argument with a file per input."""
    for name, array in inputs.items():
        np.save(folder / f"{name}.npy", array)
    return [f"{name}={folder / name}.npy" for name in inputs]


def archive(path: Path, arrays: dict[str, Any]) -> Path:
    """Write an NPZ file of a state dict, as numpy.savez does, and return its path."""
    np.savez(path, **arrays)
    return path


@every_case
@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_a_saved_state_dict_gives_pytorchs_steps(name: str, suffix: str, tmp_path: Path) -> None:
    """A saved state dict, with inputs and masks in files and choices as options, gives the case."""
    state, inputs, options = parted(name)
    path = tmp_path / f"layer.{suffix}"
    if suffix == "npz":
        archive(path, {**state})
    else:
        save_file(state, path)
    steps = computed(str(path), *saved(tmp_path, inputs), *options)
    for step, expected in CASES[name]["expected"].items():
        np.testing.assert_allclose(steps[step], expected, rtol=1e-12, atol=1e-12)


# Written by hand, so that the program's own table is compared with another one.
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
    """Return the document in names of attncli, with layers counted from 1."""
    renamed = {}
    for name, value in document.items():
        counted = re.sub(r"(?<=layers\.)\d", lambda match: str(int(match[0]) + 1), name)
        place = re.match(r"((?:en|de)coder\.)?(layers\.\d\.)?", counted)
        start = place.end() if place else 0
        renamed[counted[:start] + OURS.get(counted[start:], counted[start:])] = value
    return renamed


@pytest.mark.parametrize("name", HELD)
def test_each_name_of_pytorch_has_one_in_attncli(name: str) -> None:
    """PyTorch's names and attncli's names give the same steps to the last bit."""
    document = CASES[name]["document"]
    ours = in_our_names(document)
    assert not [key for key in ours if key.endswith(("weight", "bias"))]
    assert compute(ours) == compute(document)


def test_every_name_of_the_table_is_tested() -> None:
    """Frozen cases use every name of the table, except separate projections in layers."""
    met = {key for case in CASES.values() for key, _ in flat(case["document"])}
    table = {**ATTENTION, **LAYER, **STACK}
    absent = {key for key in table if not any(name.endswith(key) for name in met)}
    assert absent == {
        f"{attention}.{letter}_proj_weight"
        for attention in ("self_attn", "multihead_attn")
        for letter in "qkv"
    }


def layers_of(name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the entries around a stack, and a list of its layers."""
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
    """PyTorch's names count layers from 0, also nested, and attncli's from 1; lists by place."""
    rest, layers = layers_of("encoder, last norm")
    expected = compute(CASES["encoder, last norm"]["document"])
    nested = {str(number): layer for number, layer in enumerate(layers)}
    assert compute({**rest, "layers": nested}) == expected
    assert compute({**rest, "layers": layers}) == expected
    assert compute({**rest, "layers": [in_our_names(layer) for layer in layers]}) == expected


def test_one_matrix_under_both_names_is_an_error() -> None:
    """The first layer under both names, 0 in PyTorch and 1 here, is refused."""
    document = CASES["encoder"]["document"]
    first = document["layers.0.linear1.weight"]
    message = refused("-", stdin=json.dumps({**document, "layers.1.ffn.W_1": first}).encode())
    assert message == (
        "standard input: layers.1.ffn.W_1 is given twice: as 'layers.0.linear1.weight' and as "
        "'layers.1.ffn.W_1'. Leave out one of them."
    )


def test_later_entries_win_under_either_name() -> None:
    """On the command line PyTorch's names replace earlier entries as attncli's names do."""
    _, inputs, options = parted("the sample")
    x = f"X={inputs['X'].tolist()}"
    zeros = np.zeros(3).tolist()
    runs = [
        computed(str(SAMPLE), x, f"{name}={zeros}", *options)
        for name in ("linear1.bias", "ffn.b_1", "ffn.b1")
    ]
    assert runs[0] == runs[1] == runs[2]
    assert runs[0]["output"] != computed(str(SAMPLE), x, *options)["output"]
    parts = [f"{own}={SAMPLE}:{key}" for key, own in OURS.items() if key in parted_keys()]
    assert computed(x, *parts, *options) == computed(str(SAMPLE), x, *options)


def parted_keys() -> list[str]:
    with np.load(SAMPLE) as sample:
        return list(sample.files)


def test_the_sample_is_the_first_case() -> None:
    """The sample file holds exactly the state dict of its frozen case."""
    state, _, _ = parted("the sample")
    with np.load(SAMPLE) as sample:
        assert sample.files == list(state)
        for name, array in state.items():
            assert (sample[name] == array).all()


def test_an_archive_may_hold_the_choices(tmp_path: Path) -> None:
    """An archive with its choices is a whole document."""
    state, inputs, options = parted("the sample")
    said = {"layer": "encoder", "convention": "torch", "heads": 2}
    path = archive(tmp_path / "layer.npz", {**state, **inputs, **said})
    assert computed(str(path)) == computed(str(SAMPLE), *saved(tmp_path, inputs), *options)


# Missing entries of a state dict, and entries of other modules.


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
def test_a_state_dict_needs_heads(name: str, where: str, divisors: str) -> None:
    """A document without `heads` is refused: a wrong number would give wrong results unnoticed."""
    document = without_heads(name)
    assert refused("-", stdin=json.dumps(document).encode()) == (
        f"standard input: {where}heads is not given, and W_q has the same shape for any number of "
        f"heads. Give --heads with the number that the module was made with: {divisors}."
    )
    one = compute({**document, "heads": 1})
    assert one == compute(
        {**document, "layout": "torch", "mask_kind": "drop"}, "--convention", "paper"
    )


def test_heads_are_not_required_where_shapes_show_them() -> None:
    """Heads may be omitted without projections, and where weights or X have an axis of heads."""
    same = {"Q": matrix("Q", 3, 5), "K": matrix("K", 7, 5), "V": matrix("V", 7, 2)}
    assert compute({**same, "convention": "torch"}) == compute(same)
    x = {"X": matrix("X", 3, 5), "convention": "torch"}
    weights = {name: matrix(name, 2, 7, 5) for name in ("W_q", "W_k", "W_v")}
    assert numbers(compute({**x, **weights})["weights"]).shape == (2, 3, 3)
    square = {name: matrix(name, 5, 5) for name in ("W_q", "W_k", "W_v")}
    split = {**square, "X": matrix("X", 1, 2, 3, 5), "convention": "torch"}
    assert numbers(compute(split)["weights"]).shape == (1, 2, 3, 3)


def test_weights_of_pytorch_are_not_taken_for_rows() -> None:
    """Without the convention, the error asks whether the weights are transposed."""
    _, inputs, _ = parted("the sample")
    x = f"X={inputs['X'].tolist()}"
    assert refused(str(SAMPLE), x, "--layer", "encoder", "--heads", "2") == (
        f"{SAMPLE}: self: W_qkv gives 4 numbers per token, but b_qkv has 12. Check that W_qkv is "
        "not transposed: see --layout, or --convention torch."
    )


def test_a_packed_bias_stands_beside_weights_of_their_own() -> None:
    """b_qkv beside W_q, W_k, W_v gives what the three biases give, in any convention."""
    weights = {"W_q": matrix("q", 11, 6), "W_k": matrix("k", 11, 6), "W_v": matrix("v", 11, 6)}
    biases = {"b_q": matrix("bq", 6), "b_k": matrix("bk", 6), "b_v": matrix("bv", 6)}
    document = {"X": matrix("X", 5, 11), "heads": 2, **weights}
    packed = compute({**document, "b_qkv": [cell for bias in biases.values() for cell in bias]})
    assert_same(packed, compute({**document, **biases}))


@pytest.mark.parametrize(
    ("other", "prefix", "cure"),
    [
        ("embedding.weight", "", "leave out other parameters"),
        ("pos_encoder.pe", "", "leave out other parameters"),
        ("embedding.weight", "body.", "save model.get_submodule('body').state_dict() alone"),
        ("wpe", "blocks.3.", "save model.get_submodule('blocks.3').state_dict() alone"),
        ("fc.bias", "body.layers.3.", "save model.get_submodule('body').state_dict() alone"),
    ],
)
def test_a_whole_model_is_refused_with_the_part_to_save(
    other: str, prefix: str, cure: str, tmp_path: Path
) -> None:
    """Embeddings, buffers and heads of a model are refused with the submodule to save."""
    state, inputs, options = parted("the sample")
    named = {f"{prefix}{name}": array for name, array in state.items()}
    path = archive(tmp_path / "model.npz", {other: np.ones((3, 5)), **named})
    message = refused(str(path), *saved(tmp_path, inputs), *options)
    unknown = f": {other.split('.')[0]} is not a sublayer" if "." in other else ""
    assert message == (
        f"{path}: the name {other!r} is unknown{unknown}. "
        f"Only a model's layers can be read: {cure}."
    )


def test_a_learned_key_is_refused(tmp_path: Path) -> None:
    """The key of add_bias_kv is refused, although its name looks like that of a bias."""
    state, inputs, options = parted("attention")
    added = {"bias_k": np.ones((1, 1, 6)), "bias_v": np.ones((1, 1, 6))}
    path = archive(tmp_path / "attention.npz", {**added, **state})
    assert refused(str(path), *saved(tmp_path, inputs), *options) == (
        f"{path}: the name 'bias_k' is unknown. add_bias_kv=True, which adds a learned key "
        "and value, cannot be read."
    )


@pytest.mark.parametrize("name", ["X", "decoder.X"])
def test_other_archives_keep_their_advice(name: str, tmp_path: Path) -> None:
    """Archives without names of PyTorch's layers get the advice to name each matrix."""
    arrays = {name: np.ones((3, 5)), "embedding.weight": np.ones((3, 5))}
    path = archive(tmp_path / "any.npz", arrays)
    assert "Or say what it is: NAME=FILE:embedding.weight." in refused(str(path))


def test_the_kind_of_layer_is_required() -> None:
    """Without --layer, a file of a layer is refused."""
    message = refused(str(SAMPLE), "X=[[1, 0, 2, 1]]", "--convention", "torch", "--heads", "2")
    assert message.startswith(f"{SAMPLE}: self.W_qkv is in the sublayer self, but ")


# Dotted names on the command line.

TRANSFORMER = "transformer, post, relu"


def test_a_choice_of_one_sublayer_has_a_dotted_name(tmp_path: Path) -> None:
    """A choice of one sublayer is an argument with a dotted name, as options hold everywhere."""
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
    """A later mask of a sublayer replaces the earlier ones, and is not combined with them."""
    document = CASES["decoder layer, pre, relu, padding"]["document"]
    earlier = {**document, "cross": {"masks": ["padding:2"]}}
    later = computed("-", "cross.mask=padding:5", stdin=json.dumps(earlier).encode())
    assert later == compute({**document, "cross": {"mask": "padding:5"}})
    assert later["cross.weights"] != compute(earlier)["cross.weights"]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("encoder.norm=pree", "encoder: norm is 'pree': it must be post or pre"),
        ("encoder.scores=[[1]]", "encoder.scores is no matrix. It is a step,"),
        ("heads=2", "heads is no matrix. Write --heads 2."),
        ("mask=causal", "a mask by rule is no matrix. Write --mask causal."),
        (
            "out_proj.weights=[[1]]",
            "the name 'out_proj.weights' is unknown: out_proj is not a sublayer.",
        ),
    ],
)
def test_arguments_that_are_not_entries_are_refused(argument: str, message: str) -> None:
    """The message names what the argument is instead, and how to write it."""
    document = json.dumps(CASES[TRANSFORMER]["document"]).encode()
    assert message in refused("-", argument, stdin=document)
