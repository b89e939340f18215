"""Layers of a Transformer in plain loops over Python floats, beside tests/oracle.py.

A layer is given as nested dicts: {"self": {"W_q": …}, "norm_1": {"gamma": …}, "ffn": {"W_1": …}};
a stack has a list of them under "layers". i counts tokens, c features, all from 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.oracle import (
    Given,
    Matrix,
    MayAttend,
    Steps,
    affine,
    attention,
    causal,
    softmax,
)
from tests.oracle_positions import sinusoids

Masks = Sequence[MayAttend]


@dataclass(frozen=True)
class Choices:
    """The choices of every sublayer; `of_self` and `of_all` are keywords of `oracle.attention`.

    `masks` apply to self-attention, `memory_masks` to attention on memory; in a transformer
    `memory_masks` are the encoder's masks too.
    """

    heads: int = 1
    norm: str = "post"
    norm_kind: str = "layer"
    activation: str = "relu"
    eps: float = 1e-5
    sample_variance: bool = False
    eps_outside: bool = False
    position: str | Matrix = "none"
    scale_embeddings: bool = False
    masks: Masks = ()
    memory_masks: Masks = ()
    of_all: Mapping[str, Any] = field(default_factory=dict)
    of_self: Mapping[str, Any] = field(default_factory=dict)


def encoder(given: Given, choices: Choices) -> Steps:
    """Return the steps of an encoder on X, one layer or a stack; then softmax(… W_out + b_out)."""
    steps: Steps = {}
    result = stack(given, given["X"], None, choices, steps)
    finish(given, result, steps)
    return steps


def decoder(given: Given, choices: Choices) -> Steps:
    """Return the steps of a decoder on X and memory, one layer or a stack."""
    steps: Steps = {}
    result = stack(given, given["X"], given["memory"], choices, steps)
    finish(given, result, steps)
    return steps


def transformer(given: Given, choices: Choices) -> Steps:
    """Return the steps of an encoder, and of a decoder whose memory is the encoder's output."""
    mine: Steps = {}
    of_encoder = Choices(**{**vars(choices), "masks": choices.memory_masks})
    memory = stack(given["encoder"], given["encoder"]["X"], None, of_encoder, mine)
    steps = within("encoder", last_as("output", mine))
    theirs: Steps = {}
    result = stack(given["decoder"], given["decoder"]["X"], memory, choices, theirs)
    if "W_out" in given:
        theirs = last_as("output", theirs)
    steps |= within("decoder", theirs)
    finish(given, result, steps)
    return steps


def stack(given: Given, X: Matrix, memory: Matrix | None, choices: Choices, steps: Steps) -> Matrix:
    """Return embeddings, the layers one after the other, and a norm at the end if it is given."""
    source = embedded(X, choices, steps)
    if "layers" not in given:
        source = layer(given, source, memory, choices, steps)
    for number, of_layer in enumerate(given.get("layers", ()), 1):
        own: Steps = {}
        source = layer(of_layer, source, memory, choices, own)
        steps |= within(f"layers.{number}", last_as("output", own))
    if "norm_final" in given:
        source = norm(given, "norm_final", source, choices, steps)
    return source


def finish(given: Given, result: Matrix, steps: Steps) -> None:
    """logits = X W_out + b_out and their softmax; the last step of all is `output`."""
    if "W_out" in given:
        logits = affine(result, given["W_out"], given.get("b_out"))
        steps |= {"logits": logits, "softmax": softmax(logits)}
    renamed = last_as("output", steps)
    steps.clear()
    steps |= renamed


def embedded(X: Matrix, choices: Choices, steps: Steps) -> Matrix:
    """√d_model X + position (Vaswani et al. 2017, 3.4 and 3.5)."""
    n, d = len(X), len(X[0])
    if choices.scale_embeddings:
        X = steps["X_scaled"] = [[math.sqrt(d) * number for number in row] for row in X]
    if choices.position == "sinusoidal":
        steps["position"] = sinusoids(n, d)
        X = steps["embedded"] = summed(X, steps["position"])
    elif not isinstance(choices.position, str):
        X = steps["embedded"] = summed(X, choices.position)
    return X


# A layer: sublayers, each with a residual sum and a norm.


def layer(
    given: Given, source: Matrix, memory: Matrix | None, choices: Choices, steps: Steps
) -> Matrix:
    """Self-attention, attention on memory where there is one, and a feed-forward.

    post: norm(x + sublayer(x)). pre: x + sublayer(norm(x)).
    """
    names = ("self", "ffn") if memory is None else ("self", "cross", "ffn")
    for number, name in enumerate(names, 1):
        norm_name = f"norm_{number}"
        if choices.norm == "post":
            result = sublayer(given, name, source, memory, choices, steps)
            source = steps[f"{norm_name}.sum"] = summed(source, result)
            source = norm(given, norm_name, source, choices, steps)
        else:
            normed = norm(given, norm_name, source, choices, steps)
            result = sublayer(given, name, normed, memory, choices, steps)
            source = steps[f"{name}.sum"] = summed(source, result)
    return source


def sublayer(
    given: Given, name: str, source: Matrix, memory: Matrix | None, choices: Choices, steps: Steps
) -> Matrix:
    """Return the result of a sublayer, and enter its steps under its name."""
    if name == "ffn":
        own = feed_forward(given[name], source, choices.activation)
    elif name == "cross":
        inputs = {**given[name], "X": source, "memory": memory}
        masks = choices.memory_masks
        own = attention(inputs, heads=choices.heads, may_attend=masks, **choices.of_all)
    else:
        inputs = {**given[name], "X": source}
        masks = choices.masks if memory is None else (causal(), *choices.masks)
        kept = {**choices.of_all, **choices.of_self}
        own = attention(inputs, heads=choices.heads, may_attend=masks, **kept)
    steps |= within(name, own)
    result: Matrix = own["output"]
    return result


def feed_forward(given: Given, X: Matrix, activation: str) -> Steps:
    """activation(X W_1 + b_1) W_2 + b_2; swiglu: (silu(X W_1 + b_1) · (X W_3 + b_3)) W_2 + b_2."""
    steps: Steps = {"hidden": affine(X, given["W_1"], given.get("b_1"))}
    bend = ACTIVATIONS[activation]
    bent = [[bend(number) for number in row] for row in steps["hidden"]]
    if activation == "swiglu":
        gate = steps["gate"] = affine(X, given["W_3"], given.get("b_3"))
        for i in range(len(bent)):
            for c in range(len(bent[0])):
                bent[i][c] *= gate[i][c]
    steps["activated"] = bent
    steps["output"] = affine(bent, given["W_2"], given.get("b_2"))
    return steps


def norm(given: Given, name: str, source: Matrix, choices: Choices, steps: Steps) -> Matrix:
    """gamma (x − mean) / √(variance + eps) + beta of each token (Ba et al. 2016).

    rms: gamma x / √(mean of x² + eps) + beta (Zhang & Sennrich 2019). A sample variance divides by
    one less; eps outside is added to the root.
    """
    parameters = given.get(name, {})
    d = len(source[0])
    means, spreads, result = [], [], []
    for row in source:
        mean = 0.0 if choices.norm_kind == "rms" else sum(row) / d
        squares = sum((number - mean) * (number - mean) for number in row)
        spread = squares / (d - 1 if choices.sample_variance else d)
        if choices.norm_kind == "rms":
            spread = squares / d
        if choices.eps_outside:
            divisor = math.sqrt(spread) + choices.eps
        else:
            divisor = math.sqrt(spread + choices.eps)
        means.append([mean])
        spreads.append([spread])
        result.append([(number - mean) / divisor for number in row])
    gamma, beta = (parameters.get(key) for key in ("gamma", "beta"))
    for row in result:
        for c in range(d):
            row[c] = row[c] * (1 if gamma is None else gamma[c]) + (0 if beta is None else beta[c])
    if choices.norm_kind == "rms":
        steps[f"{name}.mean_square"] = spreads
    else:
        steps |= {f"{name}.mean": means, f"{name}.variance": spreads}
    steps[f"{name}.output"] = result
    return result


# Activations.


def gelu(x: float) -> float:
    """x Φ(x), with the distribution function of N(0, 1) (Hendrycks & Gimpel 2016)."""
    return x * math.erfc(-x / math.sqrt(2)) / 2


def gelu_tanh(x: float) -> float:
    """x σ(2 y) with y = √(2/π) (x + 0.044715 x³): tanh y is 2 σ(2 y) − 1."""
    y = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
    return x / (1 + math.exp(-2 * y))


def silu(x: float) -> float:
    """x σ(x), with σ(x) = (1 + tanh(x / 2)) / 2."""
    return x * (1 + math.tanh(x / 2)) / 2


ACTIVATIONS = {
    "relu": lambda x: x if x > 0 else 0.0,
    "gelu": gelu,
    "gelu-tanh": gelu_tanh,
    "silu": silu,
    "swiglu": silu,
}


# Names and sums.


def within(prefix: str, steps: Steps) -> Steps:
    """Return the same steps under the name of a sublayer or a layer."""
    return {f"{prefix}.{name}": step for name, step in steps.items()}


def last_as(name: str, steps: Steps) -> Steps:
    """Return the same steps, with another name for the last of them."""
    last = list(steps)[-1]
    return {(name if key == last else key): step for key, step in steps.items()}


def summed(left: Matrix, right: Matrix) -> Matrix:
    """Return the sums number by number: the residual connection (He et al. 2016)."""
    return [[left[i][c] + right[i][c] for c in range(len(left[0]))] for i in range(len(left))]
