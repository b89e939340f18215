"""Mistakes in the feed-forward: its weights, its activation and the place of it, and its gate."""

from __future__ import annotations

from collections.abc import Callable
from math import erf, sqrt

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.activations import ACTIVATIONS, Activate, Gate
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


def _of_input(scene: Scene) -> Array | None:
    """The first product, of the input of self-attention; None at other products."""
    if scene.operation(Project).weight not in ("W_1", "W_3") or scene.part is None:
        return None
    attention = next(p for p in scene.whole.problem.parts if p.prefix == f"{scene.layer}self.")
    _, *others = scene.operands
    return scene.apply(scene.whole[attention.name("X")], *others)


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


SUBLAYER: Table = {
    ("ffn-of-input", "activation(x W_1 + b_1), x the input of self-attention", Project): Row(
        _of_input,
        "The feed-forward was given the input of self-attention.",
        "Give it the result of the attention before it, after the residual sum and the norm.",
        "Some later models calculate attention and feed-forward side by side. In the paper, the "
        "feed-forward works on what attention has gathered.",
    ),
    ("ffn-weights-swapped", "x W_2 for x W_1, and W_1 for W_2", Project): Row(
        lambda scene: scene.with_names({"W_1": "W_2", "b_1": "b_2", "W_2": "W_1", "b_2": "b_1"}),
        "W_1 and W_2 were exchanged.",
        "Multiply by W_1 first, which makes the hidden features, then by W_2, which makes "
        "features of the token again.",
        "Only square weights allow this, and then no error warns you.",
    ),
    ("ffn-linear", "hidden", *BENDING): Row(
        lambda scene: _bent(scene, np.copy),
        "The activation between the two products was left out.",
        "Apply it to each hidden number before the second product.",
        "Without an activation between them, two products equal one product with a single weight: "
        "W_2 is then of no use.",
    ),
    ("ffn-activation-last", "activation((x W_1 + b_1) W_2 + b_2)", Project): Row(
        _activated_last,
        "The activation was applied after the second product instead of between the two.",
        "Apply it to the hidden numbers: activation({x W_1} + b_1), and then take the second "
        "product.",
        "Without an activation between them, two products equal one product with a single weight.",
    ),
    ("ffn-activation-twice", "activation(activated W_2 + b_2)", Project): Row(
        lambda scene: scene.find(Activate).apply(scene.right()) if _is_second(scene) else None,
        "The activation was applied to the result as well.",
        "Apply it once, between the two products.",
        "The result must be able to lower the numbers of a token. After an activation, it can "
        "hardly be negative.",
    ),
    ("ffn-bias-after-activation", "activation(x W_1) + b_1", Activate): Row(
        lambda scene: scene.apply(scene.operands[0] - scene["b_1"]) + scene["b_1"],
        "The first bias was added after the activation.",
        "Add it before the activation: activation({x W_1} + b_1).",
        "The bias decides from where on a hidden number counts. Added afterwards, it only shifts "
        "the result.",
    ),
    ("swiglu-gate-swapped", "silu(x W_3) × x W_1", Gate): Row(
        lambda scene: _gated(scene, lambda silu, x, gate: silu(gate) * x),
        "hidden and gate were exchanged: silu was taken of {x W_3}.",
        "Take silu of {x W_1}, and multiply the result by {x W_3}.",
        "Both weights have the same shape, so that no error warns you. Their names differ from "
        "model to model.",
    ),
    ("swiglu-gate-missing", "silu(x W_1)", Gate): Row(
        lambda scene: _gated(scene, lambda silu, x, gate: silu(x)),
        "The gate was left out.",
        "Multiply by the gate, {x W_3}, number by number.",
        "Without the gate, this is a plain feed-forward with silu as its activation.",
    ),
    ("swiglu-gate-added", "silu(x W_1) + x W_3", Gate): Row(
        lambda scene: _gated(scene, lambda silu, x, gate: silu(x) + gate),
        "The gate was added instead of multiplied.",
        "Multiply by the gate, number by number: silu({x W_1}) × {x W_3}.",
        "A gate lets a number through or holds it back. A sum cannot do that.",
    ),
    ("swiglu-silu-of-both", "silu(x W_1 × x W_3)", Gate): Row(
        lambda scene: _gated(scene, lambda silu, x, gate: silu(x * gate)),
        "hidden and gate were multiplied first, and silu was taken of the product.",
        "Take silu of {x W_1} alone, then multiply by {x W_3}.",
        "The gate itself has no activation, so that gradients pass through it unchanged.",
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


ASKED_FOR = "Use the activation of the problem: {kind}."

ACTIVATED: Table = {
    ("relu-instead", "max(0, x)", *BENDING): Row(
        lambda scene: _with_kind(scene, "relu"),
        "ReLU was used.",
        ASKED_FOR,
        "ReLU turns every negative number into 0. GELU and SiLU let small negative numbers "
        "through.",
    ),
    ("gelu-instead", "x (1 + erf(x / √2)) / 2", *BENDING): Row(
        lambda scene: _with_kind(scene, "gelu"),
        "The exact GELU was used.",
        ASKED_FOR,
        "The exact GELU, its approximation by tanh, ReLU and SiLU are four different functions. A "
        "trained model needs its own.",
    ),
    ("gelu-tanh-instead", "x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2", *BENDING): Row(
        lambda scene: _with_kind(scene, "gelu-tanh"),
        "The approximation of GELU by tanh was used.",
        ASKED_FOR,
        "The exact GELU and its approximation differ in the fourth decimal, and many layers add "
        "this up. PyTorch uses the exact GELU by default; GPT-2 was trained with the "
        "approximation.",
    ),
    ("silu-instead", "x / (1 + exp(−x))", Activate): Row(
        lambda scene: _with_kind(scene, "silu"),
        "SiLU, also called swish, was used.",
        ASKED_FOR,
        "SiLU is similar to GELU, but flatter: at 1, SiLU is 0.731 and GELU is 0.841.",
    ),
    ("gelu-by-sigmoid", "x / (1 + exp(−1.702 x))", Activate): Row(
        lambda scene: _for(scene, GELUS, lambda x: x * _sigmoid(1.702 * x)),
        "The approximation of GELU by a sigmoid was used.",
        ASKED_FOR,
        "This is the coarsest of the three forms of GELU, off by up to 0.02.",
    ),
    ("gelu-no-root", "x (1 + erf(x)) / 2", Activate): Row(
        lambda scene: _for(scene, GELU, lambda x: x * (1 + _erf(x)) / 2),
        "erf was taken of x instead of x / √2.",
        "Take erf of x / √2: x (1 + erf(x / √2)) / 2.",
        "Only with √2 is (1 + erf(x / √2)) / 2 the share of the normal distribution below x.",
    ),
    ("gelu-not-halved", "x (1 + erf(x / √2))", Activate): Row(
        lambda scene: 2 * scene.right() if _kind(scene) in GELUS else None,
        "The result was not divided by 2.",
        "Divide by 2: the factor 1 + erf, or 1 + tanh, lies between 0 and 2.",
        "Large numbers must pass unchanged, not doubled.",
    ),
    ("gelu-cdf-alone", "(1 + erf(x / √2)) / 2", Activate): Row(
        lambda scene: _for(scene, GELU, lambda x: (1 + _erf(x / sqrt(2))) / 2),
        "(1 + erf(x / √2)) / 2 was not multiplied by x.",
        "Multiply it by x.",
        "This number says how much of x passes. Alone, it is a soft step from 0 to 1.",
    ),
    ("silu-without-x", "1 / (1 + exp(−x))", *BENDING): Row(
        lambda scene: _for(scene, SILUS, _sigmoid),
        "The sigmoid was not multiplied by x.",
        "Multiply x by its sigmoid: x / (1 + exp(−x)).",
        "The sigmoid says how much of x passes. Alone, it is a soft step from 0 to 1.",
    ),
    ("silu-sign", "x / (1 + exp(x))", *BENDING): Row(
        lambda scene: _for(scene, SILUS, lambda x: x * _sigmoid(-x)),
        "The minus sign in the exponent was lost.",
        "Keep the minus sign: silu is x / (1 + exp(−x)).",
        "Without the minus sign, large numbers are held back, and negative numbers pass.",
    ),
    ("sigmoid-for-activation", "1 / (1 + exp(−x))", Activate): Row(
        lambda scene: _for(scene, (*RELU, *GELUS), _sigmoid),
        "A sigmoid was used.",
        ASKED_FOR,
        "A sigmoid lies between 0 and 1 and hardly changes for large numbers: gradients vanish "
        "there.",
    ),
    ("tanh-for-activation", "tanh(x)", *BENDING): Row(
        lambda scene: _bent(scene, np.tanh),
        "tanh was used.",
        ASKED_FOR,
        "tanh lies between −1 and 1 and hardly changes for large numbers: gradients vanish there.",
    ),
    ("relu-kept-negatives", "min(0, x)", Activate): Row(
        lambda scene: _for(scene, RELU, lambda x: np.minimum(x, 0)),
        "The negative numbers were kept, and the positive ones became 0.",
        "Keep the positive numbers: max(0, x).",
        "The wrong half of the hidden numbers reaches the second product.",
    ),
    ("relu-absolute", "|x|", Activate): Row(
        lambda scene: _for(scene, RELU, np.abs),
        "Negative numbers lost their sign instead of becoming 0.",
        "Set negative numbers to 0: max(0, x).",
        "A hidden number below 0 must not contribute anything.",
    ),
}
enter(ACTIVATED)
