"""Mistakes around a sublayer: the residual sum, and on which side of it the norm stands."""

from __future__ import annotations

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.norm_operations import Standardise
from attncli.calculation.operations.pointwise import Add
from attncli.calculation.operations.projections import Project
from attncli.homework.mistakes.layers.common import (
    layer_input,
    norm_after,
    norm_before,
    normed,
    residual_of,
    step_that_makes,
    sums,
)
from attncli.homework.mistakes.mistake import Scene, mistake


def _with_source(scene: Scene, name: str | None) -> Array | None:
    """The sum of the sublayer with another matrix; None where that is the right one, or none."""
    add = residual_of(scene)
    if name is None or name == add.source:
        return None
    return scene.whole[name] + scene.whole[add.sublayer]


@mistake("no-residual", "Sublayer(x)", Add)
def no_residual(scene: Scene) -> Array | None:
    """The residual connection was left out.

    Add what went into the sublayer to what came out of it: x + Sublayer(x).

    The sum lets a token pass through many layers with small changes, and gradients pass back
    through them undiminished.
    """
    return scene.operands[1].copy()


@mistake("residual-wrong-source", "the layer's input + Sublayer(x)", Add)
def residual_wrong_source(scene: Scene) -> Array | None:
    """What went into the whole layer was added, not what went into this sublayer.

    Add what went into the sublayer itself: x + Sublayer(x).

    The result of the sublayers before it is otherwise lost, but for what this one made of it.
    """
    return _with_source(scene, layer_input(scene, residual_of(scene).sublayer))


@mistake("residual-unnormed", "the sum before the norm + Sublayer(x)", Add)
def residual_unnormed(scene: Scene) -> Array | None:
    """What was added had not been through the norm before.

    In a post norm layer the norm's result goes into the next sublayer, and past it as well.

    With the sum itself going past, this is half a pre norm layer: the sublayer sees normalised
    tokens, the residual sum does not.
    """
    step = step_that_makes(scene, residual_of(scene).source)
    is_norm = step is not None and isinstance(step.operation, Standardise)
    return _with_source(scene, step.operation.operands[0] if step and is_norm else None)


@mistake("prenorm-residual-normed", "n + Sublayer(n), n = LN(x)", Add)
def prenorm_residual_normed(scene: Scene) -> Array | None:
    """The normalised tokens were added to the sublayer's result.

    Add x as it is: x + Sublayer(LN(x)).

    What goes past the sublayers of a pre norm layer is never normalised, from the first layer to
    the last; only what goes into them is.
    """
    norm = norm_before(scene, residual_of(scene).source)
    return _with_source(scene, norm.name(norm.plan.steps[-1].name) if norm else None)


@mistake("norm-before-add", "x + LN(Sublayer(x))", Standardise)
def norm_before_add(scene: Scene) -> Array | None:
    """The sublayer's result was normalised, and x added afterwards.

    Add first, then normalise the sum: LN(x + Sublayer(x)).

    Added afterwards, x is never normalised, and the numbers grow from layer to layer.
    """
    if scene.part is None or scene.find(Add) is None:
        return None
    return scene["X"] + normed(scene, scene.part, scene["sublayer"])


@mistake("prenorm-for-post", "x + Sublayer(LN(x))", Project, Standardise)
def prenorm_for_post(scene: Scene) -> Array | None:
    """The norm was put before the sublayer.

    Put it after the residual sum: LN(x + Sublayer(x)).

    Both are in use: the paper normalises afterwards (post norm), many later models before (pre
    norm). A model needs the one that it was trained with.
    """
    if isinstance(scene.step.operation, Standardise):  # of a sum alone: not the final norm
        return scene.operands[0].copy() if scene.find(Add) else None
    norm = norm_after(scene)
    source, *others = scene.operands
    if norm is None or scene.step.operation.operands[0] != "X":
        return None
    return scene.step.operation.apply(normed(scene, norm, source), *others)


@mistake("postnorm-for-pre", "LN(x + Sublayer(x))", Add, Standardise)
def postnorm_for_pre(scene: Scene) -> Array | None:
    """The norm was put after the residual sum.

    Put it before the sublayer: x + Sublayer(LN(x)).

    Both are in use: the paper normalises afterwards (post norm), many later models before (pre
    norm). A model needs the one that it was trained with.
    """
    operation = scene.whole.step.operation
    if isinstance(operation, Standardise):
        is_past = any(add.source == operation.source for add in sums(scene))
        return scene.operands[0].copy() if is_past else None
    norm = norm_before(scene, residual_of(scene).source)
    return None if norm is None else normed(scene, norm, scene.right())
