"""Square weights from PyTorch: no shape shows that they are d_out × d_in, so a warning says it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.matrices import matrix, numbers
from tests.running import ROOT, run

Arrays = dict[str, Any]

N, D_MODEL, D_V = 3, 4, 5
WARNING = (
    "Warning: W_q, W_k and W_v come from a PyTorch file, which stores weights as d_out × d_in, but "
    "layout rows reads d_in × d_out; square weights fit both. Use --layout torch, or --layout rows "
    "if the file has d_in × d_out.\n"
)
# The keys of queries, keys and values in models of several libraries.
KEYS = [
    "bert.encoder.layer.0.attention.self.{}.weight",
    "self_attn.{}_proj.weight",
    "{}_proj_weight",
    "{}.weight",
]


def square(key: str) -> Arrays:
    """Square weights under the keys of a model."""
    return {key.format(n): numbers(matrix(n, D_MODEL, D_MODEL)) for n in "qkv"}


def as_npz(path: Path, tensors: Arrays) -> Path:
    np.savez(path.with_suffix(".npz"), **tensors)
    return path.with_suffix(".npz")


def as_safetensors(path: Path, tensors: Arrays) -> Path:
    save_file(tensors, path.with_suffix(".safetensors"))
    return path.with_suffix(".safetensors")


def warned(folder: Path, file: Path, tensors: Arrays, *options: str) -> str:
    """Calculate with the weights of a file, in the order q, k, v; return the warnings."""
    np.save(folder / "X.npy", numbers(matrix("X", N, D_MODEL)))
    weights = [f"W_{n}={file}:{key}" for n, key in zip("qkv", tensors, strict=True)]
    result = run("compute", f"X={folder / 'X.npy'}", *weights, *options)
    assert result.exit_code == 0, result.stderr
    return result.stderr


@pytest.mark.parametrize("save", [as_npz, as_safetensors])
@pytest.mark.parametrize("key", KEYS)
def test_square_weights_of_pytorch_get_one_warning(
    tmp_path: Path, key: str, save: Callable[[Path, Arrays], Path]
) -> None:
    """The warning names the weights, both forms, and the options."""
    tensors = square(key)
    assert warned(tmp_path, save(tmp_path / "model", tensors), tensors) == WARNING


@pytest.mark.parametrize(
    "options",
    [
        ["--layout", "torch"],
        ["--layout", "rows"],
        ["--convention", "torch-mha", "--heads", "1"],
        ["--convention", "torch", "--heads", "1"],
    ],
)
def test_a_chosen_layout_silences_the_warning(tmp_path: Path, options: list[str]) -> None:
    """The user chooses the layout by name, or by a convention that has one."""
    tensors = square(KEYS[0])
    assert warned(tmp_path, as_safetensors(tmp_path / "m", tensors), tensors, *options) == ""


def test_a_convention_without_layout_does_not_silence_the_warning(tmp_path: Path) -> None:
    """Keras leaves the layout at its default, rows."""
    tensors = square(KEYS[0])
    file = as_safetensors(tmp_path / "m", tensors)
    assert warned(tmp_path, file, tensors, "--convention", "keras") == WARNING


def test_weights_that_are_not_square_show_their_layout(tmp_path: Path) -> None:
    """A weight that fits as d_in × d_out is one."""
    tensors = square(KEYS[0])
    tensors[KEYS[0].format("v")] = numbers(matrix("v", D_MODEL, D_V))
    assert warned(tmp_path, as_safetensors(tmp_path / "m", tensors), tensors) == ""


@pytest.mark.parametrize("key", ["W_{}", "attention/{}/kernel", "h.0.attn.c_attn.{}"])
def test_names_of_others_get_no_warning(tmp_path: Path, key: str) -> None:
    """Only a parameter called weight is known to be nn.Linear's."""
    tensors = square(key)
    assert warned(tmp_path, as_safetensors(tmp_path / "m", tensors), tensors) == ""


def test_a_document_states_the_layout(tmp_path: Path) -> None:
    """A document that points to the weights warns, unless it has an entry layout."""
    as_npz(tmp_path / "m", square(KEYS[0]))
    weights = ", ".join(f'"W_{n}": "m.npz:{KEYS[0].format(n)}"' for n in "qkv")
    X = matrix("X", N, D_MODEL)
    file = tmp_path / "p.json"
    file.write_text(f'{{"X": {X}, {weights}}}', encoding="utf-8")
    assert run("compute", str(file)).stderr == WARNING
    file.write_text(f'{{"layout": "rows", "X": {X}, {weights}}}', encoding="utf-8")
    assert run("compute", str(file)).stderr == ""


def test_a_sublayer_is_named(tmp_path: Path) -> None:
    """In layers the warning has the whole names; a norm's weight is a vector, and no reason."""
    state: Arrays = {f"self_attn.{n}_proj_weight": np.eye(D_MODEL) for n in "qkv"}
    state["self_attn.out_proj.weight"] = np.eye(D_MODEL)
    state |= {f"linear{i}.weight": np.eye(D_MODEL) for i in (1, 2)}
    state |= {f"norm{i}.{name}": np.ones(D_MODEL) for i in (1, 2) for name in ("weight", "bias")}
    file = as_npz(tmp_path / "layer", state)
    np.save(tmp_path / "X.npy", numbers(matrix("X", N, D_MODEL)))
    arguments = ["compute", str(file), f"X={tmp_path / 'X.npy'}", "--layer", "encoder"]
    told = run(*arguments).stderr
    assert told.startswith(
        "Warning: self.W_q, self.W_k, self.W_v, self.W_o, ffn.W_1 and 1 more come from a "
    )
    assert told.count("\n") == 1
    assert run(*arguments, "--layout", "torch").stderr == ""


@pytest.mark.parametrize("path", sorted((ROOT / "samples/models").glob("*.json")), ids=str)
def test_samples_are_quiet(path: Path) -> None:
    """GPT-2 stores d_in × d_out, and its sample gives no warning."""
    assert run("compute", str(path)).stderr == ""
