"""Small problems, in one of which at least each mistake of the catalogue can be made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from typing import Any

import numpy as np

from attncli.calculation.algebra.plan import Trace
from attncli.calculation.plans.from_document import read
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.problem.problem import Problem

GENERATORS = [np.random.default_rng(20261121)]  # numbers are drawn from the last generator


def numbers(*shape: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return numbers as exercises have them: a few digits, both signs."""
    return GENERATORS[-1].normal(size=shape).round(1)


def self_attention(n: int, d: int, d_k: int, d_v: int, **choices: Any) -> dict[str, Any]:
    """Return X and its projections, with choices and further matrices."""
    weights = {"W_q": numbers(d, d_k), "W_k": numbers(d, d_k), "W_v": numbers(d, d_v)}
    return {"X": numbers(n, d), **weights, **choices}


def given(n: int, m: int, d_q: int, d_k: int, **choices: Any) -> dict[str, Any]:
    """Return Q, K and V, with choices and further matrices."""
    return {"Q": numbers(n, d_q), "K": numbers(m, d_k), "V": numbers(m, 3), **choices}


LARGE = np.array([[90.0, 0, 1], [0, 90, 1], [3, 2, 90]])
SQUARE = {f"W_{letter}": numbers(4, 4) for letter in "qkv"}
BIASES = {"b_q": numbers(4), "b_k": numbers(4), "b_v": numbers(4)}

PROBLEMS: dict[str, dict[str, Any]] = {
    "self": self_attention(3, 4, 3, 3),
    "square": {"X": numbers(4, 4), **SQUARE},
    "biases": {"X": numbers(3, 4), **SQUARE, **BIASES},
    "wide": self_attention(5, 4, 3, 2),
    "scale": self_attention(3, 4, 3, 3, scale=0.3),
    "soft cap": self_attention(4, 4, 3, 3, softcap=0.8, mask="causal"),
    "dot": self_attention(3, 3, 3, 3, score="dot"),
    "memory": {"X": numbers(3, 4), "memory": numbers(5, 4), **SQUARE},
    "columns": {"X": numbers(4, 3), "layout": "columns", **SQUARE},
    "columns, square": {"X": numbers(4, 4), "layout": "columns", **SQUARE},
    "cube": {"Q": numbers(3, 3, 3), "K": numbers(3, 3, 3), "V": numbers(3, 3, 2)},
    "causal": self_attention(4, 4, 3, 3, mask="causal"),
    "lower right": given(3, 5, 2, 2, mask="causal:lower-right"),
    "upper left": given(3, 5, 2, 2, mask="causal"),
    "window": self_attention(6, 4, 3, 3, mask="window:2,1"),
    "padding": self_attention(5, 4, 3, 3, mask="padding:3"),
    "padding and zeros": {
        "X": np.array([[1, -1, 0, 0], [2, 1, 0, 1], [0, 0, 0, 0], [1, 2, 0, 0]]),
        **SQUARE,
        "mask": "padding:3",
    },
    "empty row": self_attention(3, 4, 3, 3, mask=np.array([[1, 1, 0], [0, 0, 0], [1, 0, 1]])),
    "number mask": self_attention(3, 4, 3, 3, mask=numbers(3, 3)),
    "two masks": self_attention(5, 4, 3, 3, masks=["causal", "window:1,-1"]),
    "padding and causal": self_attention(5, 4, 3, 3, masks=["padding:4", "causal"]),
    "batch": {"X": numbers(2, 3, 4), **SQUARE, "mask": {"padding": [3, 2]}},
    "batch of three": {"X": numbers(3, 5, 4), **SQUARE},
    "batch and heads": {
        "X": numbers(3, 3, 4),
        **SQUARE,
        "heads": 2,
        "W_o": numbers(4, 4),
        "mask": {"padding": [3, 2, 1]},
    },
    "heads": {"X": numbers(3, 4), **SQUARE, "heads": 2, "W_o": numbers(4, 4), "b_o": numbers(4)},
    "three heads": {**self_attention(5, 4, 6, 6), "heads": 3, "W_o": numbers(6, 2)},
    "additive": given(
        3, 4, 3, 3, score="additive", W_a=numbers(3, 5), U_a=numbers(3, 5), v_a=numbers(5)
    ),
    "additive, projected": self_attention(3, 4, 3, 3, score="additive", b_q=numbers(3)),
    "general": given(3, 4, 2, 2, score="general", W_a=numbers(2, 2)),
    "shared heads": {
        **given(3, 4, 8, 4, heads=4, kv_heads=2),
        "V": numbers(4, 6),
    },
    "cache": {
        **given(2, 2, 3, 3, mask="causal"),
        "K_past": numbers(3, 3),
        "V_past": numbers(3, 3),
    },
    "cache and window": {
        **given(2, 2, 3, 3, mask="window:2,1"),
        "K_past": numbers(3, 3),
        "V_past": numbers(3, 3),
    },
    "filled cache": given(2, 6, 3, 3, mask="causal", cache_lens=[4]),
    "torch": {
        "X": numbers(3, 4),
        **SQUARE,
        "heads": 2,
        "convention": "torch-mha",
        "W_o": numbers(4, 4),
    },
    "large": {"X": LARGE, "score": "dot"},
    "cosine": given(4, 3, 5, 5, score="cosine"),
    "distance": given(4, 3, 2, 2, score="distance"),
    "concat": given(4, 3, 2, 2, score="concat", W_a=numbers(4, 5), v_a=numbers(5)),
    "temperature": self_attention(4, 4, 3, 3, temperature=2.5, mask="causal"),
    "sink": self_attention(4, 4, 3, 3, normaliser="softmax1", temperature=0.5),
    "sparsemax": self_attention(5, 4, 3, 3, normaliser="sparsemax", mask="window:2,1"),
    "sigmoid": self_attention(4, 4, 3, 3, normaliser="sigmoid"),
}


HEADS = {"W_q": numbers(6, 12), "W_k": numbers(6, 12), "W_v": numbers(6, 12), "heads": 3}
PAST = {"K_past": numbers(2, 4), "V_past": numbers(2, 3)}
PROBLEMS |= {
    "sinusoidal": self_attention(3, 6, 3, 3, position="sinusoidal:base=100"),
    "sinusoidal, odd": self_attention(3, 5, 3, 3, position="sinusoidal"),
    "sinusoidal, halves": self_attention(3, 4, 3, 3, position="sinusoidal:halves"),
    "sinusoidal, memory": {
        **self_attention(3, 6, 3, 3, position="sinusoidal"),
        "memory": numbers(4, 6),
    },
    "sinusoidal, cache": {
        "X": numbers(3, 6),
        **HEADS,
        "position": "sinusoidal",
        "K_past": numbers(3, 2, 4),
        "V_past": numbers(3, 2, 4),
    },
    "learned": self_attention(3, 4, 3, 3, position=numbers(3, 4)),
    "learned, bare": {"X": numbers(3, 4), "position": numbers(3, 4)},
    "rope": given(3, 4, 6, 6, position="rope:base=100"),
    "rope, interleaved": given(3, 4, 6, 6, position="rope:interleaved,dims=4"),
    "rope, heads": {"X": numbers(3, 6), **HEADS, "position": "rope"},
    "rope, cache": {**given(3, 3, 4, 4, position="rope"), **PAST},
    "alibi": {"X": numbers(4, 6), **HEADS, "position": "alibi"},
    "alibi, causal": {"X": numbers(4, 6), **HEADS, "position": "alibi", "mask": "causal"},
    "alibi, cache": {**given(3, 3, 4, 4, position="alibi"), **PAST},
}


# Layers: the names of nested matrices have a dot.


def flat(prefix: str, entries: dict[str, Any]) -> dict[str, Any]:
    """Return entries under the name of their sublayer: `self.W_q`."""
    return {f"{prefix}.{name}": value for name, value in entries.items()}


def attending(d: int) -> dict[str, Any]:
    """Return the weights of an attention sublayer, and biases for queries and output."""
    weights = {f"W_{letter}": numbers(d, d) for letter in "qkvo"}
    return {**weights, "b_q": numbers(d), "b_o": numbers(d)}


def feeding(d: int, hidden: int, **more: Any) -> dict[str, Any]:
    """Return the weights and biases of a feed-forward."""
    first = {"W_1": numbers(d, hidden), "b_1": numbers(hidden)}
    return {**first, "W_2": numbers(hidden, d), "b_2": numbers(d), **more}


def norming(d: int) -> dict[str, Any]:
    """Return the gamma and the beta of a norm."""
    return {"gamma": numbers(d), "beta": numbers(d)}


def layer(d: int, *sublayers: str, hidden: int = 6, **more: Any) -> dict[str, Any]:
    """Return sublayers, each with its norm."""
    found: dict[str, Any] = {}
    for number, name in enumerate(sublayers, 1):
        own = feeding(d, hidden, **more) if name == "ffn" else attending(d)
        found |= flat(name, own) | flat(f"norm_{number}", norming(d))
    return found


def encoder(n: int = 3, d: int = 4, **choices: Any) -> dict[str, Any]:
    """Return one encoder layer of two heads."""
    return {
        "layer": "encoder",
        "heads": 2,
        "X": numbers(n, d),
        **layer(d, "self", "ffn"),
        **choices,
    }


def decoder(n: int = 4, d: int = 4, **choices: Any) -> dict[str, Any]:
    """Return one decoder layer of two heads."""
    own = layer(d, "self", "cross", "ffn")
    inputs = {"X": numbers(n, d), "memory": numbers(3, d)}
    return {"layer": "decoder", "heads": 2, **inputs, **own, **choices}


def stack(side: str, n: int, d: int, *sublayers: str) -> dict[str, Any]:
    """Return two layers of one side of a transformer, from its embeddings to its final norm."""
    found = {"X": numbers(n, d), **flat("norm_final", norming(d))}
    for number in (1, 2):
        found |= flat(f"layers.{number}", layer(d, *sublayers))
    return flat(side, found)


def transformer(**choices: Any) -> dict[str, Any]:
    """Return two layers per side, and probabilities for seven words."""
    sides = stack("encoder", 5, 4, "self", "ffn") | stack("decoder", 3, 4, "self", "cross", "ffn")
    words = {"W_out": numbers(4, 7), "b_out": numbers(7)}
    return {"layer": "transformer", "heads": 2, **sides, **words, **choices}


GATE = flat("ffn", {"W_3": numbers(4, 6), "b_3": numbers(6)})
PROBLEMS |= {
    "encoder": encoder(eps=0.3, scale_embeddings=True, position="sinusoidal"),
    "encoder, square": {**encoder(d=4), **flat("ffn", feeding(4, 4))},
    "encoder, positions": encoder(position="sinusoidal"),
    "encoder, pre": encoder(norm="pre", activation="gelu"),
    "encoder, rms": encoder(norm="pre", norm_kind="rms", activation="swiglu", **GATE),
    "encoder, tanh": encoder(activation="gelu-tanh"),
    "encoder, silu": encoder(activation="silu"),
    "encoder, annotated": encoder(convention="annotated-transformer", layout="rows", eps=0.3),
    "decoder": decoder(),
    "decoder, pre": decoder(norm="pre"),
    "transformer": transformer(position="sinusoidal"),
}


# Without a draw, because one more would change the numbers that later draws get.

PROBLEMS |= {
    "general, square": {
        "Q": np.array([[1, -2, 0.5], [0, 1, 3], [2, 0, -1]]),
        "K": np.array([[0.5, 1, 0], [-1, 2, 2], [3, 0, 1]]),
        "V": np.eye(3),
        "score": "general",
        "W_a": np.array([[1, 2, 0], [0, -1, 1], [2, 0, 1]]),
    },
    "alibi, four heads": {
        "X": PROBLEMS["square"]["X"],
        **SQUARE,
        "heads": 4,
        "position": "alibi",
    },
    **{
        f"memory, {normaliser}": {**PROBLEMS["memory"], "normaliser": normaliser}
        for normaliser in ("softmax1", "sparsemax", "sigmoid")
    },
    **{
        f"temperature, {normaliser}": {**PROBLEMS["temperature"], "normaliser": normaliser}
        for normaliser in ("sparsemax", "sigmoid")
    },
    "batch, weights of each head": {
        "X": PROBLEMS["batch"]["X"],
        "W_q": np.stack([SQUARE["W_q"], SQUARE["W_k"]]),
        "W_k": np.stack([SQUARE["W_k"], SQUARE["W_v"]]),
        "W_v": np.stack([SQUARE["W_v"], SQUARE["W_q"]]),
        "W_o": PROBLEMS["heads"]["W_o"].repeat(2, axis=0),
    },
    "concat, wider keys": {
        **PROBLEMS["concat"],
        "K": PROBLEMS["cosine"]["K"][:, :3],
        "W_a": PROBLEMS["cosine"]["Q"].T,
        "v_a": np.array([1, -2, 0.5, 3]),
    },
    "window up to itself": {**PROBLEMS["window"], "mask": "window:2,0"},
    "sparsemax, unmasked": {**PROBLEMS["self"], "normaliser": "sparsemax"},
    "torch, square": {**PROBLEMS["torch"], "X": PROBLEMS["square"]["X"]},
    "general, shared heads": {
        **PROBLEMS["shared heads"],
        "score": "general",
        "W_a": np.array([[1, 2], [0, -1]]),
    },
}

SEES_LAST_TWO = np.array([[0, 1, 1]])
PROBLEMS |= {
    "packed, shared heads": {
        "X": PROBLEMS["biases"]["X"],
        "W_qkv": np.hstack([*SQUARE.values(), PROBLEMS["heads"]["W_o"]]),
        "b_qkv": np.hstack([*BIASES.values(), PROBLEMS["heads"]["b_o"]]),
        "heads": 4,
        "kv_heads": 2,
    },
    "left padding, sinusoidal": {**PROBLEMS["sinusoidal"], "mask": SEES_LAST_TWO},
    "left padding, batch": {
        **PROBLEMS["batch"],
        "position": "sinusoidal",
        "mask": np.array([[[1, 1, 1]], [[0, 1, 1]]]),
    },
    "left padding, rope": {**PROBLEMS["rope, heads"], "mask": SEES_LAST_TWO},
    "batch and heads, unmasked": {"X": PROBLEMS["batch"]["X"], **SQUARE, "heads": 2},
    "number mask with zeros": {
        **PROBLEMS["self"],
        "mask": np.array([[0, 0.5, -1], [2, 0, 0], [-0.5, 1, 0]]),
    },
    "zero scores": {
        "Q": np.array([[1, 0], [0, 1], [1, -1], [-1, 1]]),
        "K": np.array([[0, 1], [1, 1], [1, 1], [2, 0]]),
        "V": PROBLEMS["distance"]["Q"],
        "mask": "causal",
    },
}

BARE = {"X": PROBLEMS["biases"]["X"], "memory": PROBLEMS["heads"]["X"]}
PROBLEMS |= {
    "memory, bare": BARE,
    "memory, bare, general": {**BARE, "score": "general", "W_a": SQUARE["W_q"]},
    "memory, bare, additive": {**BARE, "score": "additive"},
    "memory, bare, heads": {**BARE, "heads": 2},
    "encoder, batch": {**PROBLEMS["encoder, positions"], "X": PROBLEMS["batch"]["X"]},
    "encoder, rms, batch": {**PROBLEMS["encoder, rms"], "X": PROBLEMS["batch"]["X"]},
}


@cache
def solved(name: str) -> tuple[Problem, Trace]:
    """Return a problem and all its steps."""
    entries = {key: Entry(value, name) for key, value in PROBLEMS[name].items()}
    problem, plan = read(Document(entries))
    return problem, plan.run(problem.matrices)


_AT_THE_END = deepcopy(GENERATORS[-1])


@contextmanager
def drawn_alone() -> Iterator[None]:
    """Draw numbers that do not depend on the draws of other tests in the same run."""
    GENERATORS.append(deepcopy(_AT_THE_END))
    yield
    GENERATORS.pop()
