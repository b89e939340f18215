"""Mistakes in the feed-forward: its weights, its activation and the place of it, and its gate."""

from __future__ import annotations

from collections.abc import Callable
from math import erf, sqrt

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.activations import ACTIVATIONS, Activate, Gate
from attncli.calculation.operations.norm_operations import Standardise
from attncli.calculation.operations.projections import Project
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter

BENDING = (Activate, Gate)


def _kind(scene: Scene) -> str:
    """The name of the right activation."""
    operation = scene.step.operation
    assert isinstance(operation, BENDING)
    return operation.kind


def _bent(scene: Scene, function: Callable[[Array], Array]) -> Array:
    """The hidden numbers after another function, times the gate if there is one."""
    source, *gate = scene.operands
    result = function(source)
    return result * gate[0] if gate else result


def _input_of_attention(scene: Scene) -> str:
    """The name of the input of this layer's self-attention. Raises KeyError outside of layers."""
    parts = {part.prefix: part for part in scene.whole.problem.parts}
    return parts[f"{scene.layer}self."].name("X")


def _input_before_norm(scene: Scene) -> str:
    """The name of the layer's input. Raises KeyError if no norm stands before self-attention."""
    norm = scene.whole.maker(_input_of_attention(scene))
    if not isinstance(norm, Standardise) or "norm_1." not in _input_of_attention(scene):
        raise KeyError(norm)
    return norm.source


def _of_another(scene: Scene, name_of: Callable[[Scene], str]) -> Array | None:
    """The first product, of another matrix of the whole calculation; None at other products."""
    if scene.operation(Project).weight not in ("W_1", "W_3"):
        return None
    _, *others = scene.operands
    return scene.apply(scene.whole[name_of(scene)], *others)


def _is_second(scene: Scene) -> bool:
    """True if this is the second product, by W_2."""
    return scene.operation(Project).weight == "W_2"


def _activated_last(scene: Scene) -> Array | None:
    """Both products, with the activation after the second; None at the first product."""
    activation = scene.find(Activate)
    _, *others = scene.operands
    if not _is_second(scene):
        return None
    return activation.apply(scene.apply(scene[activation.source], *others))


def _gated(scene: Scene, wrong: Callable[[Callable[[Array], Array], Array, Array], Array]) -> Array:
    """The hidden numbers with another gate: `wrong` takes the activation, x W_1 and x W_3."""
    source, gate = scene.operands
    return wrong(ACTIVATIONS[_kind(scene)].apply, source, gate)


AFTER_ATTENTION = (
    "Give the feed-forward the result of the attention before it, after the residual sum and the "
    "norm."
)
COLLECTED = (
    "Attention collects information from the other tokens, and the feed-forward works on this "
    "information. Only some later models calculate both from the same input."
)

SUBLAYER: Table = {
    ("ffn-of-input", "activation(x W_1 + b_1), x the input of self-attention", Project): Row(
        lambda scene: _of_another(scene, _input_of_attention),
        "The input of self-attention was given to the feed-forward.",
        AFTER_ATTENTION,
        COLLECTED,
    ),
    ("ffn-of-layer-input", "activation(x W_1 + b_1), x the input of the layer", Project): Row(
        lambda scene: _of_another(scene, _input_before_norm),
        "The input of the layer, before its first norm, was given to the feed-forward.",
        AFTER_ATTENTION,
        COLLECTED,
    ),
    ("ffn-weights-swapped", "x W_2 for x W_1, and W_1 for W_2", Project): Row(
        lambda scene: scene.with_names({"W_1": "W_2", "b_1": "b_2", "W_2": "W_1", "b_2": "b_1"}),
        "W_1 and W_2 were exchanged.",
        "Multiply by W_1 first, and by W_2 second. W_1 makes the hidden numbers, and W_2 makes "
        "the output.",
        "If W_1 and W_2 are square, the wrong order gives no error message.",
    ),
    ("ffn-linear", "hidden", *BENDING): Row(
        lambda scene: _bent(scene, np.copy),
        "The activation was left out.",
        "Apply the activation to each hidden number, before the product with W_2.",
        "Without an activation or a gate, W_1 and W_2 could be replaced by one matrix. The "
        "activation lets the feed-forward calculate more.",
    ),
    ("ffn-activation-last", "activation((x W_1 + b_1) W_2 + b_2)", Project): Row(
        _activated_last,
        "The activation was applied after the second product instead of between the two products.",
        "Apply the activation to the hidden numbers: activation({x W_1} + b_1). Then multiply by "
        "W_2.",
        "Without an activation between the two products, W_1 and W_2 could be replaced by one "
        "matrix.",
    ),
    ("ffn-activation-twice", "activation(activated W_2 + b_2)", Project): Row(
        lambda scene: scene.find(Activate).apply(scene.right()) if _is_second(scene) else None,
        "The activation was applied twice: between the two products, and to the result.",
        "Apply the activation once, between the two products.",
        "The result is added to the token. Only negative results make the numbers of the token "
        "smaller, and the activation removes most of the negative results.",
    ),
    ("ffn-bias-after-activation", "activation(x W_1) + b_1", Activate): Row(
        lambda scene: scene.apply(scene.operands[0] - scene["b_1"]) + scene["b_1"],
        "b_1 was added after the activation.",
        "Add b_1 before the activation: activation({x W_1} + b_1).",
        "Before the activation, b_1 decides which numbers pass the activation. After the "
        "activation, b_1 is only a constant that is added.",
    ),
    ("swiglu-gate-swapped", "silu(x W_3) × x W_1", Gate): Row(
        lambda scene: _gated(scene, lambda silu, x, gate: silu(gate) * x),
        "silu was applied to {x W_3} instead of {x W_1}: hidden and gate were exchanged.",
        "Apply silu to {x W_1}, and multiply the result by {x W_3}.",
        "W_1 and W_3 have the same shape, so the exchange gives no error message. The names "
        "differ from model to model.",
    ),
    ("swiglu-gate-missing", "silu(x W_1)", Gate): Row(
        lambda scene: _gated(scene, lambda silu, x, gate: silu(x)),
        "The gate was left out.",
        "Multiply by the gate, {x W_3}, number by number.",
        "Without the gate, W_3 is not used. The result is a plain feed-forward with silu as its "
        "activation.",
    ),
    ("swiglu-gate-added", "silu(x W_1) + x W_3", Gate): Row(
        lambda scene: _gated(scene, lambda silu, x, gate: silu(x) + gate),
        "The gate was added instead of multiplied.",
        "Multiply by the gate, number by number: silu({x W_1}) × {x W_3}.",
        "A gate of 0 must set a number to 0. A sum cannot do that.",
    ),
    ("swiglu-silu-of-both", "silu(x W_1 × x W_3)", Gate): Row(
        lambda scene: _gated(scene, lambda silu, x, gate: silu(x * gate)),
        "silu was applied to the product of hidden and gate.",
        "Apply silu to {x W_1} alone, and multiply the result by {x W_3}.",
        "In SwiGLU, the result can be any negative number. silu of the product is never below "
        "−0.28.",
    ),
}
enter(SUBLAYER)

# Another function than the right activation.


def _with_kind(scene: Scene, kind: str) -> Array | None:
    """The result with another activation; None if that is the right one."""
    apply = ACTIVATIONS[kind].apply
    return None if apply is ACTIVATIONS[_kind(scene)].apply else _bent(scene, apply)


def _sigmoid(x: Array) -> Array:
    """1 / (1 + exp(−x))."""
    return 1 / (1 + np.exp(-x))


_erf = np.vectorize(erf, otypes=[np.float64])


GELU, RELU = ("gelu",), ("relu",)
GELUS, SILUS = ("gelu", "gelu-tanh"), ("silu", "swiglu")


def _for(scene: Scene, kinds: tuple[str, ...], function: Callable[[Array], Array]) -> Array | None:
    """Another function in place of an activation of these kinds; None for other activations."""
    return _bent(scene, function) if _kind(scene) in kinds else None


RIGHT_ONE = "Use the activation of this problem: {kind}."

ACTIVATED: Table = {
    ("relu-instead", "max(0, x)", *BENDING): Row(
        lambda scene: _with_kind(scene, "relu"),
        "ReLU was used as the activation.",
        RIGHT_ONE,
        "ReLU sets every negative number to 0. GELU and SiLU turn negative numbers into small "
        "negative numbers.",
    ),
    ("gelu-instead", "x (1 + erf(x / √2)) / 2", *BENDING): Row(
        lambda scene: _with_kind(scene, "gelu"),
        "The exact GELU (with erf) was used as the activation.",
        RIGHT_ONE,
        "The exact GELU, GELU with tanh, ReLU and SiLU are four different functions. A model "
        "needs the activation that it was trained with.",
    ),
    ("gelu-tanh-instead", "x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2", *BENDING): Row(
        lambda scene: _with_kind(scene, "gelu-tanh"),
        "GELU with tanh, an approximation, was used as the activation.",
        RIGHT_ONE,
        "GELU with tanh differs from the exact GELU by up to 0.0005, and many layers add up such "
        "differences. PyTorch uses the exact GELU by default. GPT-2 was trained with tanh.",
    ),
    ("silu-instead", "x / (1 + exp(−x))", Activate): Row(
        lambda scene: _with_kind(scene, "silu"),
        "SiLU, also called swish, was used as the activation.",
        RIGHT_ONE,
        "SiLU is similar to GELU, but not equal: SiLU of 1 is 0.731, and GELU of 1 is 0.841.",
    ),
    ("gelu-by-sigmoid", "x / (1 + exp(−1.702 x))", Activate): Row(
        lambda scene: _for(scene, GELUS, lambda x: x * _sigmoid(1.702 * x)),
        "GELU was approximated with a sigmoid.",
        RIGHT_ONE,
        "The approximation with a sigmoid differs from the exact GELU by up to 0.02. GELU with "
        "tanh differs by up to 0.0005.",
    ),
    ("gelu-no-root", "x (1 + erf(x)) / 2", Activate): Row(
        lambda scene: _for(scene, GELU, lambda x: x * (1 + _erf(x)) / 2),
        "erf(x) was calculated instead of erf(x / √2).",
        "Divide x by √2 first: x (1 + erf(x / √2)) / 2.",
        "GELU multiplies x by the probability that a normally distributed number is below x. With "
        "√2, (1 + erf(x / √2)) / 2 is this probability.",
    ),
    ("gelu-not-halved", "x (1 + erf(x / √2))", Activate): Row(
        lambda scene: 2 * scene.right() if _kind(scene) in GELUS else None,
        "The result of GELU was not divided by 2.",
        "Divide by 2, as in the formula of GELU.",
        "For large x, the factor 1 + erf or 1 + tanh is nearly 2. Without the division, large "
        "numbers are doubled, but they must stay unchanged.",
    ),
    ("gelu-cdf-alone", "(1 + erf(x / √2)) / 2", Activate): Row(
        lambda scene: _for(scene, GELU, lambda x: (1 + _erf(x / sqrt(2))) / 2),
        "(1 + erf(x / √2)) / 2 was not multiplied by x.",
        "Multiply by x: x (1 + erf(x / √2)) / 2.",
        "(1 + erf(x / √2)) / 2 is the share of x that passes, a number between 0 and 1. GELU is "
        "this share times x.",
    ),
    ("silu-without-x", "1 / (1 + exp(−x))", *BENDING): Row(
        lambda scene: _for(scene, SILUS, _sigmoid),
        "The sigmoid in SiLU was not multiplied by x.",
        "Multiply x by its sigmoid: x / (1 + exp(−x)).",
        "The sigmoid is the share of x that passes, a number between 0 and 1. silu is this share "
        "times x.",
    ),
    ("silu-sign", "x / (1 + exp(x))", *BENDING): Row(
        lambda scene: _for(scene, SILUS, lambda x: x * _sigmoid(-x)),
        "The minus sign in the exponent was left out: exp(x) instead of exp(−x).",
        "Write the minus sign: silu is x / (1 + exp(−x)).",
        "Without the minus sign, large positive numbers become nearly 0, and negative numbers "
        "pass.",
    ),
    ("sigmoid-for-activation", "1 / (1 + exp(−x))", Activate): Row(
        lambda scene: _for(scene, (*RELU, *GELUS), _sigmoid),
        "A sigmoid was used as the activation.",
        RIGHT_ONE,
        "A sigmoid hardly changes where x is far from 0. The gradient is nearly 0 there, and the "
        "model learns slowly.",
    ),
    ("tanh-for-activation", "tanh(x)", *BENDING): Row(
        lambda scene: _bent(scene, np.tanh),
        "tanh was used as the activation.",
        RIGHT_ONE,
        "tanh hardly changes where x is far from 0. The gradient is nearly 0 there, and the model "
        "learns slowly.",
    ),
    ("relu-kept-negatives", "min(0, x)", Activate): Row(
        lambda scene: _for(scene, RELU, lambda x: np.minimum(x, 0)),
        "ReLU kept the negative numbers, and set the positive numbers to 0.",
        "Keep positive numbers, and set negative numbers to 0: max(0, x).",
        "The product with W_2 gets the numbers that ReLU must remove.",
    ),
    ("relu-absolute", "|x|", Activate): Row(
        lambda scene: _for(scene, RELU, np.abs),
        "ReLU made negative numbers positive (the absolute value was taken) instead of 0.",
        "Set negative numbers to 0: max(0, x).",
        "With ReLU, a negative hidden number adds nothing to the result. Its absolute value adds "
        "something.",
    ),
}
enter(ACTIVATED)
