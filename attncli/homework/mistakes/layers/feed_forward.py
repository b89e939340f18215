"""Mistakes in the feed-forward: its weights, where its activation stands, and its gate."""

from __future__ import annotations

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.activations import ACTIVATIONS, Activate, Gate
from attncli.calculation.operations.projections import Project
from attncli.homework.mistakes.layers.common import layer_of
from attncli.homework.mistakes.mistake import Scene, mistake
from attncli.homework.mistakes.values.projections import renamed

BENDING = (Activate, Gate)


def bending(scene: Scene) -> Activate | Gate:
    """The operation of this step, which applies the activation."""
    operation = scene.step.operation
    assert isinstance(operation, BENDING)
    return operation


def _weight(scene: Scene) -> str:
    """The weight of this projection."""
    operation = scene.step.operation
    assert isinstance(operation, Project)
    return operation.weight


@mistake("ffn-of-input", "activation(x W_1 + b_1), x what goes into the layer", Project)
def ffn_of_input(scene: Scene) -> Array | None:
    """The feed-forward was given what goes into self-attention.

    Give it what comes out of the sublayer before it.

    Some later models do calculate both side by side; in the paper the feed-forward works on what
    attention has gathered.
    """
    if _weight(scene) not in ("W_1", "W_3") or scene.part is None:
        return None
    beside = f"{layer_of(scene.full_name('output'))}self."
    attention = next(part for part in scene.whole.problem.parts if part.prefix == beside)
    _, *others = scene.operands
    return scene.step.operation.apply(scene.whole[attention.name("X")], *others)


@mistake("ffn-weights-swapped", "x W_2 for x W_1, and W_1 for W_2", Project)
def ffn_weights_swapped(scene: Scene) -> Array | None:
    """The two weights changed places.

    W_1 widens the token to the hidden features, W_2 brings it back.

    Only where both are square do the shapes allow it, and then nothing warns.
    """
    pairs = {"W_1": "W_2", "b_1": "b_2", "W_2": "W_1", "b_2": "b_1"}
    return renamed(scene, pairs)


@mistake("ffn-linear", "hidden", *BENDING)
def ffn_linear(scene: Scene) -> Array | None:
    """There was no activation between the two products.

    Apply it to each of the hidden numbers before the second product.

    Two products in a row are one product with W_1 W_2: without the activation the feed-forward can
    do nothing that a single weight could not.
    """
    source, *gate = scene.operands
    return source * gate[0] if gate else source.copy()


@mistake("ffn-activation-last", "activation((x W_1 + b_1) W_2 + b_2)", Project)
def ffn_activation_last(scene: Scene) -> Array | None:
    """The activation stood after the second product instead of between the two.

    Apply it to the hidden numbers: activation(x W_1 + b_1) W_2 + b_2.

    Two products without an activation between are one; and a result without negative numbers can
    only add to a token, never take away.
    """
    step = scene.find(Activate)
    if step is None or _weight(scene) != "W_2":
        return None
    (hidden,) = step.operation.operands
    _, *others = scene.operands
    return step.operation.apply(scene.step.operation.apply(scene[hidden], *others))


@mistake("ffn-activation-twice", "activation(activated W_2 + b_2)", Project)
def ffn_activation_twice(scene: Scene) -> Array | None:
    """The activation was applied to the result as well.

    Apply it once, between the two products.

    A result without negative numbers can only add to a token, never take away.
    """
    step = scene.find(Activate)
    return step.operation.apply(scene.right()) if step and _weight(scene) == "W_2" else None


@mistake("ffn-bias-after-activation", "activation(x W_1) + b_1", Activate)
def ffn_bias_after_activation(scene: Scene) -> Array | None:
    """The first bias was added after the activation.

    Add it before: activation(x W_1 + b_1).

    The bias says from where on a hidden number counts; added afterwards it only shifts the result.
    """
    bias = scene["b_1"]
    return scene.step.operation.apply(scene.operands[0] - bias) + bias


@mistake("swiglu-gate-swapped", "silu(x W_3) × x W_1", Gate)
def swiglu_gate_swapped(scene: Scene) -> Array | None:
    """hidden and gate changed places: silu was taken of x W_3.

    Take it of x W_1, and multiply by x W_3.

    Both weights have one shape, so that nothing warns; names differ from model to model.
    """
    source, gate = scene.operands
    return scene.step.operation.apply(gate, source)


@mistake("swiglu-gate-missing", "silu(x W_1)", Gate)
def swiglu_gate_missing(scene: Scene) -> Array | None:
    """The gate was left out.

    Multiply by x W_3, number by number.

    Without it this is a plain feed-forward, with silu as its activation.
    """
    return ACTIVATIONS[bending(scene).kind].apply(scene.operands[0])


@mistake("swiglu-gate-added", "silu(x W_1) + x W_3", Gate)
def swiglu_gate_added(scene: Scene) -> Array | None:
    """The gate was added.

    Multiply by it, number by number: silu(x W_1) × x W_3.

    A gate lets through or holds back, which a sum cannot.
    """
    source, gate = scene.operands
    return ACTIVATIONS[bending(scene).kind].apply(source) + gate


@mistake("swiglu-silu-of-both", "silu(x W_1 × x W_3)", Gate)
def swiglu_silu_of_both(scene: Scene) -> Array | None:
    """hidden and gate were multiplied first, and silu was taken of the product.

    Take silu of x W_1 alone, then multiply by x W_3.

    The gate itself is linear: that is where a gradient passes undiminished.
    """
    source, gate = scene.operands
    return ACTIVATIONS[bending(scene).kind].apply(source * gate)
