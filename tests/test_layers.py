"""Layers of a Transformer, through the command line: against the oracle, and told what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from attncli.calculation.activations import ACTIVATIONS
from attncli.calculation.layers import read
from attncli.calculation.layouts import sizes
from attncli.cli import cli
from attncli.documents.reader import Reader
from tests import oracle, oracle_layers
from tests.oracle_layers import Choices
from tests.test_sharing import assert_same, compute, matrix, refused

Entries = dict[str, Any]  # what a JSON document holds

# All sizes are different primes.
HEADS, BATCH, N, M, D_MODEL, D_K, D_V, D_FF, WORDS = 2, 3, 5, 7, 11, 13, 17, 19, 23
KINDS = {"encoder": oracle_layers.encoder, "decoder": oracle_layers.decoder}
KINDS["transformer"] = oracle_layers.transformer


# Documents.


def small(seed: str, *shape: int) -> Any:
    """Random numbers small enough that no softmax is of one key alone."""
    return (0.4 * np.array(matrix(seed, *shape))).tolist()


def attention(seed: str) -> Entries:
    widths = {"q": HEADS * D_K, "k": HEADS * D_K, "v": HEADS * D_V}
    weights = {
        f"W_{letter}": small(seed + letter, D_MODEL, width) for letter, width in widths.items()
    }
    biases = {f"b_{letter}": small(f"{seed}b{letter}", width) for letter, width in widths.items()}
    last = {"W_o": small(seed + "o", HEADS * D_V, D_MODEL), "b_o": small(seed + "bo", D_MODEL)}
    return {**weights, **biases, **last}


def feed_forward(seed: str, gated: bool = False) -> Entries:
    own = {"W_1": small(seed + "1", D_MODEL, D_FF), "b_1": small(seed + "b1", D_FF)}
    own |= {"W_2": small(seed + "2", D_FF, D_MODEL), "b_2": small(seed + "b2", D_MODEL)}
    gate = {"W_3": small(seed + "3", D_MODEL, D_FF), "b_3": small(seed + "b3", D_FF)}
    return {**own, **gate} if gated else own


def norm(seed: str) -> Entries:
    return {"gamma": matrix(seed + "gamma", D_MODEL), "beta": matrix(seed + "beta", D_MODEL)}


def layer(kind: str, seed: str = "", gated: bool = False) -> Entries:
    """The sublayers of an encoder layer or of a decoder layer, every weight its own."""
    names = ("self", "cross", "ffn") if kind == "decoder" else ("self", "ffn")
    document: Entries = {}
    for number, name in enumerate(names, 1):
        own = feed_forward(seed, gated) if name == "ffn" else attention(seed + name)
        document |= {name: own, f"norm_{number}": norm(f"{seed}{number}")}
    return document


def inputs(kind: str, *leading: int) -> Entries:
    X, memory = matrix("X", *leading, N, D_MODEL), matrix("memory", *leading, M, D_MODEL)
    return {"X": X, "memory": memory} if kind == "decoder" else {"X": X}


def stack(kind: str, count: int, seed: str = "", gated: bool = False) -> Entries:
    """So many layers; one stands by itself, without a list."""
    if count == 1:
        return layer(kind, seed, gated)
    return {"layers": [layer(kind, f"{seed}{number}", gated) for number in range(count)]}


def document(kind: str, count: int = 1, gated: bool = False) -> Entries:
    """A document of one kind, with two heads."""
    if kind != "transformer":
        inner = {**inputs(kind), **stack(kind, count, gated=gated)}
    else:
        X, memory = matrix("X", N, D_MODEL), matrix("memory", M, D_MODEL)
        encoder = {"X": memory, **stack("encoder", count, "e", gated)}
        inner = {"encoder": encoder, "decoder": {"X": X, **stack("decoder", count, "d", gated)}}
    return {"layer": kind, "heads": HEADS, **inner}


def assert_oracle(kind: str, given: Entries, **choices: Any) -> None:
    """Every step, by its name and in its order, is that of the oracle."""
    expected = KINDS[kind](given, Choices(**{"heads": HEADS, **choices}))
    assert_same(compute(given), expected)


# Against the oracle.


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["post", "pre"])
@pytest.mark.parametrize("norm_kind", ["layer", "rms"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_step_is_that_of_the_oracle(
    kind: str, where: str, norm_kind: str, activation: str
) -> None:
    """Sums before or after the norms, with or without a mean, and each activation."""
    choices = {"norm": where, "norm_kind": norm_kind, "activation": activation}
    given = document(kind, gated=ACTIVATIONS[activation].gated)
    assert_oracle(kind, {**given, **choices}, **choices)
