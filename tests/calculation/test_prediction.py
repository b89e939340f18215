"""Test that all tokens at once give what tokens one by one give with a cache."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from attncli.cli.program import cli
from tests.matrices import Document, matrix, numbers
from tests.running import compute

N, M, D, D_FF = 5, 3, 6, 7


def attention_weights(seed: str, heads: int = 2) -> Document:
    """Return the projections of a sublayer, with this number of key heads of width 3."""
    width = heads * 3
    return {
        "W_q": matrix(f"{seed} q", D, D),
        "W_k": matrix(f"{seed} k", D, width),
        "W_v": matrix(f"{seed} v", D, width),
        "W_o": matrix(f"{seed} o", D, D),
    }


def layer(seed: str, *, cross: bool, heads: int = 2) -> Document:
    """Return the sublayers of an encoder's or a decoder's layer."""
    norm = {"gamma": matrix(f"{seed} gamma", D), "beta": matrix(f"{seed} beta", D)}
    sublayers: Document = {"self": attention_weights(seed, heads), "norm_1": norm, "norm_2": norm}
    sublayers["ffn"] = {"W_1": matrix(f"{seed} 1", D, D_FF), "W_2": matrix(f"{seed} 2", D_FF, D)}
    if cross:
        sublayers |= {"cross": attention_weights(f"{seed} cross"), "norm_3": norm}
    return sublayers


DECODER: Document = {
    "layer": "decoder",
    "heads": 2,
    "X": matrix("X", N, D),
    "memory": matrix("memory", M, D),
    **layer("decoder", cross=True),
}
CAUSAL: Document = {
    "X": matrix("X", N, D),
    "mask": "causal",
    **attention_weights("one"),
    "heads": 2,
}
PADDED = [[True, True, True, False, True]] * N
NUMBERS = matrix("numbers", N, N)
NUMBERS[1] = [0.0] * N  # alone, this row would be read as "hide all keys"

DOCUMENTS: dict[str, Document] = {
    "one attention": CAUSAL,
    "without weights": {"X": matrix("X", N, D), "mask": "causal"},
    "Q, K and V": {
        **{name: matrix(name, N, D) for name in "QKV"},
        "mask": "causal",
    },
    "batch": {**CAUSAL, "X": matrix("X", 2, N, D)},
    "shared heads": {**CAUSAL, **attention_weights("few", heads=1), "kv_heads": 1},
    "weights of each head": {
        "X": matrix("X", N, D),
        "mask": "causal",
        **{name: matrix(name, 2, D, 3) for name in ("W_q", "W_k", "W_v")},
    },
    "padding too": {**CAUSAL, "mask": PADDED, "masks": ["causal", "padding:4"]},
    "numbers too": {**CAUSAL, "masks": ["causal", NUMBERS, PADDED], "mask": "window:3,0"},
    "sinusoidal": {**CAUSAL, "position": "sinusoidal", "scale_embeddings": True},
    "learned": {**CAUSAL, "position": matrix("position", N, D)},
    "rope": {**CAUSAL, "position": "rope:interleaved,dims=2", "heads": 1},
    "alibi": {**CAUSAL, "position": "alibi"},
    "additive": {**CAUSAL, "score": "additive"},
    "encoder": {
        "layer": "encoder",
        "heads": 2,
        "mask": "causal",
        "position": "sinusoidal",
        "X": matrix("X", N, D),
        **layer("encoder", cross=False),
    },
    "decoder": DECODER,
    "decoder, before": {**DECODER, "norm": "pre", "norm_kind": "rms", "position": "rope:dims=2"},
    "decoder, masks": {
        **DECODER,
        "mask": [[True] * 4 + [False]] * N,
        "cross": {
            **DECODER["cross"],
            "mask": [[True, False, True]] * (N - 1) + [[False, True, True]],
        },
    },
    "decoder, torch": {
        **DECODER,
        "convention": "torch-mha",
        "layout": "rows",
        "mask": [[False] * 4 + [True]] * N,
    },
    "stack": {
        "layer": "decoder",
        "heads": 2,
        "position": "sinusoidal",
        "X": matrix("X", N, D),
        "memory": matrix("memory", M, D),
        "layers": [layer("first", cross=True), layer("second", cross=True)],
        "W_out": matrix("W_out", D, 4),
    },
    "transformer": {
        "heads": 2,
        "position": "sinusoidal",
        "encoder": {"X": matrix("source", M, D), "mask": "padding:2", **layer("e", cross=False)},
        "decoder": {"X": matrix("target", N, D), **layer("d", cross=True)},
    },
}


def compared(document: Document, *options: str) -> dict[str, Any]:
    """Return what `attncli compare --token-by-token -f json` prints for a document."""
    command = ["compare", "-", "--token-by-token", "-f", "json", *options]
    run = CliRunner().invoke(cli, command, input=json.dumps(document))
    assert run.exit_code == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_prediction_gives_the_numbers_of_training(name: str) -> None:
    """Every step agrees to roundoff, and the steps are all those of compute."""
    found = compared(DOCUMENTS[name])
    (predicted,) = found["compared"]
    assert (found["against"], predicted["name"]) == ("all at once", "token by token")
    assert predicted["differs_at"] is None
    assert max(predicted["differences"].values()) < 1e-12
    assert list(predicted["differences"]) == list(compute(DOCUMENTS[name]))


@pytest.mark.parametrize("layout", ["columns", "torch"])
def test_layouts_are_kept(layout: str) -> None:
    """In layout `columns` tokens stay columns, in caches too."""
    turned = {name: numbers(value).T.tolist() for name, value in CAUSAL.items() if name[0] in "XW"}
    if layout == "torch":
        turned["X"] = CAUSAL["X"]
    (predicted,) = compared({**CAUSAL, **turned, "layout": layout})["compared"]
    assert max(predicted["differences"].values()) < 1e-12


def test_tokens_really_are_fed_one_after_the_other() -> None:
    """A mask that looks ahead gives other numbers, because prediction has no later tokens."""
    ahead = [[0.0] * N for _ in range(N)]
    ahead[3][0] = 5.0
    document = {**CAUSAL, "masks": ["causal", ahead]}
    assert compared({**document, "mask_kind": "add"})["compared"][0]["differs_at"] is None
    both_ways = {**CAUSAL, "mask": "window:-1,1"}
    refused(both_ways, "no attention is causal: the first tokens depend on later tokens.")


@pytest.mark.parametrize("sizes", [(N, 1), (1, N), (1, 1)], ids=str)
@pytest.mark.parametrize("kind", ["keep", "add"])
def test_masks_of_one_column_or_one_row_hold_for_all(sizes: tuple[int, int], kind: str) -> None:
    """Masks of one column or one row are not cut to the tokens so far."""
    cells = numbers(matrix("mask", *sizes))
    mask = (cells > 0 if kind == "keep" else cells).tolist()
    document = {**CAUSAL, "masks": ["causal", mask]}
    (predicted,) = compared(document)["compared"]
    assert predicted["differs_at"] is None


def refused(document: Document, message: str, *options: str) -> None:
    """Assert that a document cannot be fed token by token, and that the message says why."""
    command = ["compare", "-", "--token-by-token", *options]
    run = CliRunner().invoke(cli, command, input=json.dumps(document))
    assert run.exit_code == 2
    assert run.stdout == ""
    assert message in run.stderr


def test_what_cannot_be_predicted_is_refused() -> None:
    """A document without a causal mask, with its own cache, or with two conventions is refused."""
    refused({"X": matrix("X", N, D)}, "Add --mask causal, or use a decoder.")
    past = {"K_past": matrix("p", 2, 6), "V_past": matrix("p", 2, 6)}
    refused({"X": matrix("X", N, D), "mask": "causal", **past}, "the document already has a cache")
    conventions = ["--convention", "paper", "--convention", "onnx"]
    refused(CAUSAL, "--token-by-token compares one convention with itself.", *conventions)
    refused({**CAUSAL, "memory": matrix("m", N, D)}, "no attention is causal")
