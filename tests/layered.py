"""Documents of Transformer layers for tests, with random weights and sizes that all differ."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from click.testing import CliRunner, Result

from attncli.cli.program import cli
from tests import oracle
from tests.matrices import matrix

Entries = dict[str, Any]  # the entries of a JSON document

# All sizes are different primes.
HEADS, BATCH, N, M, D_MODEL, D_K, D_V, D_FF, WORDS = 2, 3, 5, 7, 11, 13, 17, 19, 23
KINDS = ("encoder", "decoder", "transformer")


def small(seed: str, *shape: int) -> Any:
    """Return random numbers so small that no softmax gives one key all the weight."""
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
    """Return the sublayers of an encoder or decoder layer, each with its own weights."""
    names = ("self", "cross", "ffn") if kind == "decoder" else ("self", "ffn")
    document: Entries = {}
    for number, name in enumerate(names, 1):
        own = feed_forward(seed, gated) if name == "ffn" else attention(seed + name)
        document |= {name: own, f"norm_{number}": norm(f"{seed}{number}")}
    return document


def inputs(kind: str) -> Entries:
    X, memory = matrix("X", N, D_MODEL), matrix("memory", M, D_MODEL)
    return {"X": X, "memory": memory} if kind == "decoder" else {"X": X}


def stack(kind: str, count: int, seed: str = "", gated: bool = False) -> Entries:
    """Return a stack with this number of layers; one layer stands alone, without a list."""
    if count == 1:
        return layer(kind, seed, gated)
    return {"layers": [layer(kind, f"{seed}{number}", gated) for number in range(count)]}


def document(kind: str, count: int = 1, gated: bool = False) -> Entries:
    """Return a document of one kind, with two heads."""
    if kind != "transformer":
        inner = {**inputs(kind), **stack(kind, count, gated=gated)}
    else:
        X, memory = matrix("X", N, D_MODEL), matrix("memory", M, D_MODEL)
        encoder = {"X": memory, **stack("encoder", count, "e", gated)}
        inner = {"encoder": encoder, "decoder": {"X": X, **stack("decoder", count, "d", gated)}}
    return {"layer": kind, "heads": HEADS, **inner}


def flat(entries: Entries, prefix: str = "") -> Entries:
    """Return entries under dotted names, as CSV and NPZ have them; layers count from 1."""
    found: Entries = {}
    for name, entry in entries.items():
        if isinstance(entry, dict) and name != "mask":
            found |= flat(entry, f"{prefix}{name}.")
        elif name == "layers":
            for number, inner in enumerate(entry, 1):
                found |= flat(inner, f"{prefix}{name}.{number}.")
        else:
            found[prefix + name] = entry
    return found


def sides(given: Entries) -> list[Entries]:
    """Return the encoder and the decoder of a transformer, or the document itself."""
    return [given["encoder"], given["decoder"]] if "encoder" in given else [given]


def on_paper(name: str, entry: Any, layout: str) -> Any:
    """Return an input, or a result, as a layout writes it."""
    is_weight = name.rpartition(".")[2].startswith("W_")
    is_turned = layout == "columns" or (layout == "torch" and is_weight)
    if not is_turned or oracle.rank(entry) < 2:
        return entry
    return np.swapaxes(np.array(entry, dtype=np.float64), -1, -2).tolist()


def run(*arguments: str, given: Entries | None = None) -> Result:
    """Run the program with a document on its standard input."""
    return CliRunner().invoke(cli, arguments, input=None if given is None else json.dumps(given))
