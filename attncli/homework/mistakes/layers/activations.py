"""Mistakes in the activation: another function than the one that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from math import erf, sqrt

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.activations import ACTIVATIONS
from attncli.homework.mistakes.layers.feed_forward import BENDING, bending
from attncli.homework.mistakes.mistake import Scene, mistake

GELUS = ("gelu", "gelu-tanh")
SILUS = ("silu", "swiglu")


def _instead(scene: Scene, function: Callable[[Array], Array]) -> Array:
    """The hidden numbers after another function, times the gate where there is one."""
    source, *gate = scene.operands
    result = function(source)
    return result * gate[0] if gate else result


def _kind_instead(scene: Scene, kind: str, *same: str) -> Array | None:
    """The same with another activation; None where it is, or equals, the right one."""
    if bending(scene).kind in (kind, *same):
        return None
    return _instead(scene, ACTIVATIONS[kind].apply)


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


@mistake("relu-instead", "max(0, x)", *BENDING)
def relu_instead(scene: Scene) -> Array | None:
    """ReLU was used.

    Use the activation that is asked for.

    ReLU makes every negative number 0; GELU and SiLU bend, and let small negative numbers through.
    """
    return _kind_instead(scene, "relu")


@mistake("gelu-instead", "x (1 + erf(x / √2)) / 2", *BENDING)
def gelu_instead(scene: Scene) -> Array | None:
    """The exact GELU was used.

    Use the activation that is asked for: see activation in the problem.

    GELU in its exact form, its approximation by tanh, ReLU and SiLU are four functions; a trained
    model needs its own.
    """
    return _kind_instead(scene, "gelu")


@mistake("gelu-tanh-instead", "x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2", *BENDING)
def gelu_tanh_instead(scene: Scene) -> Array | None:
    """The approximation of GELU by tanh was used.

    Use the activation that is asked for; the exact GELU is x (1 + erf(x / √2)) / 2.

    The two differ in the fourth decimal, which many layers add up; PyTorch's default is the exact
    one, GPT-2 was trained with the other.
    """
    return _kind_instead(scene, "gelu-tanh")


@mistake("silu-instead", "x / (1 + exp(−x))", *BENDING)
def silu_instead(scene: Scene) -> Array | None:
    """SiLU, also called swish, was used.

    Use the activation that is asked for: see activation in the problem.

    SiLU resembles GELU, but is flatter: at 1 it is 0.731 where GELU is 0.841.
    """
    return _kind_instead(scene, "silu", "swiglu")


@mistake("gelu-by-sigmoid", "x / (1 + exp(−1.702 x))", *BENDING)
def gelu_by_sigmoid(scene: Scene) -> Array | None:
    """The approximation of GELU by a sigmoid was used.

    Use the one that is asked for: by erf (gelu), or by tanh (gelu-tanh).

    This one is the coarsest of the three, off by up to 0.02.
    """
    if bending(scene).kind not in GELUS:
        return None
    return _instead(scene, lambda x: x * _sigmoid(1.702 * x))


@mistake("gelu-no-root", "x (1 + erf(x)) / 2", *BENDING)
def gelu_no_root(scene: Scene) -> Array | None:
    """erf was taken of x itself.

    Take it of x / √2: x (1 + erf(x / √2)) / 2.

    Only with the root is (1 + erf(x / √2)) / 2 the share of normally distributed numbers below x.
    """
    if bending(scene).kind != "gelu":
        return None
    erfs = np.vectorize(erf, otypes=[np.float64])
    return _instead(scene, lambda x: x * (1 + erfs(x)) / 2)


@mistake("gelu-not-halved", "x (1 + erf(x / √2))", *BENDING)
def gelu_not_halved(scene: Scene) -> Array | None:
    """The GELU was not halved.

    Divide by 2: 1 + erf, or 1 + tanh, lies between 0 and 2.

    Large numbers are to pass as they are, not doubled.
    """
    return 2 * scene.right() if bending(scene).kind in GELUS else None


@mistake("gelu-cdf-alone", "(1 + erf(x / √2)) / 2", *BENDING)
def gelu_cdf_alone(scene: Scene) -> Array | None:
    """The share (1 + erf(x / √2)) / 2 was taken, and not multiplied by x.

    Multiply it by x.

    The share says how much of x passes; alone it is a soft step between 0 and 1.
    """
    if bending(scene).kind != "gelu":
        return None
    erfs = np.vectorize(erf, otypes=[np.float64])
    return _instead(scene, lambda x: (1 + erfs(x / sqrt(2))) / 2)


@mistake("silu-without-x", "1 / (1 + exp(−x))", *BENDING)
def silu_without_x(scene: Scene) -> Array | None:
    """The sigmoid was used, and not multiplied by x.

    silu is x times its sigmoid: x / (1 + exp(−x)).

    The sigmoid says how much of x passes; alone it is a soft step between 0 and 1.
    """
    return _instead(scene, _sigmoid) if bending(scene).kind in SILUS else None


@mistake("silu-sign", "x / (1 + exp(x))", *BENDING)
def silu_sign(scene: Scene) -> Array | None:
    """The minus sign in the exponent was lost.

    silu is x / (1 + exp(−x)).

    The other way round, it is the large numbers that are held back.
    """
    if bending(scene).kind not in SILUS:
        return None
    return _instead(scene, lambda x: x * _sigmoid(-x))


@mistake("sigmoid-for-activation", "1 / (1 + exp(−x))", *BENDING)
def sigmoid_for_activation(scene: Scene) -> Array | None:
    """A sigmoid was used.

    Use the activation that is asked for: see activation in the problem.

    A sigmoid lies between 0 and 1 and hardly changes for large numbers: gradients vanish there.
    """
    return None if bending(scene).kind in SILUS else _instead(scene, _sigmoid)


@mistake("tanh-for-activation", "tanh(x)", *BENDING)
def tanh_for_activation(scene: Scene) -> Array | None:
    """tanh was used.

    Use the activation that is asked for: see activation in the problem.

    tanh lies between −1 and 1 and hardly changes for large numbers: gradients vanish there.
    """
    return _instead(scene, np.tanh)


@mistake("relu-kept-negatives", "min(0, x)", *BENDING)
def relu_kept_negatives(scene: Scene) -> Array | None:
    """The negative numbers were kept, and the positive ones became 0.

    Keep the positive ones: max(0, x).

    Exactly the wrong half of the hidden numbers reaches the second product.
    """
    if bending(scene).kind != "relu":
        return None
    return _instead(scene, lambda x: np.minimum(x, 0))


@mistake("relu-absolute", "|x|", *BENDING)
def relu_absolute(scene: Scene) -> Array | None:
    """Negative numbers lost their sign instead of becoming 0.

    Let them become 0: max(0, x).

    A hidden number that is below 0 is to say nothing at all.
    """
    return _instead(scene, np.abs) if bending(scene).kind == "relu" else None
