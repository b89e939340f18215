"""Mistakes around a sublayer: the residual sum, and on which side of it the norm stands."""

from __future__ import annotations

from collections.abc import Callable

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.norm_operations import Standardise
from attncli.calculation.operations.pointwise import Add
from attncli.calculation.operations.projections import Project
from attncli.calculation.problem.problem import Sublayer
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter, layer_of, mistake


def _norm_before(scene: Scene, source: str) -> Sublayer | None:
    """The norm whose result a sublayer takes while this, its source, goes past: of a pre norm."""
    for step in scene.whole.plan.steps:
        if isinstance(step.operation, Standardise) and step.operation.source == source:
            return scene.whole.problem.part_of(step.name)
    return None


def _norm_after(scene: Scene) -> Sublayer | None:
    """The norm around the sum of what this sublayer gives: of a post norm."""
    last = scene.full_name(scene.plan.steps[-1].name)
    for step in scene.whole.plan.steps:
        if isinstance(step.operation, Add) and step.operation.sublayer == last:
            return scene.whole.problem.part_of(step.name)
    return None


def _normed(scene: Scene, norm: Sublayer, matrix: Array) -> Array:
    """Another matrix through a norm of the layer, with the gamma and the beta of that norm."""
    known = {name: scene.whole[norm.name(name)] for name in norm.problem.matrices}
    known["X"] = known["sum"] = matrix
    for step in norm.plan.steps:
        if not isinstance(step.operation, Add):
            operands = (known[name] for name in step.operation.operands)
            known[step.name] = step.operation.apply(*operands)
    return known[norm.plan.steps[-1].name]


def _input_of_layer(scene: Scene, add: Add) -> str:
    """The name of the input of the layer that the sublayer stands in."""
    layer = layer_of(add.sublayer)
    return next(a.source for a in scene.whole.operations(Add) if layer_of(a.sublayer) == layer)


def _unnormed(scene: Scene, add: Add) -> str | None:
    """The name of the sum before the norm, where the source is the result of a norm."""
    norm = scene.whole.maker(add.source)
    return norm.source if isinstance(norm, Standardise) else None


def _normed_source(scene: Scene, add: Add) -> str | None:
    """The name of the result of the norm in front of the sublayer, if there is one."""
    norm = _norm_before(scene, add.source)
    return norm.name(norm.plan.steps[-1].name) if norm else None


def _with_source(scene: Scene, find: Callable[[Scene, Add], str | None]) -> Array | None:
    """The sum of the sublayer with another matrix; None where that is the right one, or none."""
    add = scene.whole.operation(Add)
    name = find(scene, add)
    if name is None or name == add.source:
        return None
    return scene.whole[name] + scene.whole[add.sublayer]


RESIDUALS: Table = {
    ("no-residual", "Sublayer(x)", Add): Row(
        lambda scene: scene.operands[1].copy(),
        "The residual connection was left out.",
        "Add what went into the sublayer to what came out of it: x + Sublayer(x).",
        "The sum lets a token pass through many layers with small changes, and gradients pass back "
        "through them undiminished.",
    ),
    ("residual-wrong-source", "the layer's input + Sublayer(x)", Add): Row(
        lambda scene: _with_source(scene, _input_of_layer),
        "What went into the whole layer was added, not what went into this sublayer.",
        "Add what went into the sublayer itself: x + Sublayer(x).",
        "The result of the sublayers before it is otherwise lost, but for what this one made of "
        "it.",
    ),
    ("residual-unnormed", "the sum before the norm + Sublayer(x)", Add): Row(
        lambda scene: _with_source(scene, _unnormed),
        "What was added had not been through the norm before.",
        "In a post norm layer the norm's result goes into the next sublayer, and past it as well.",
        "With the sum itself going past, this is half a pre norm layer: the sublayer sees "
        "normalised tokens, the residual sum does not.",
    ),
    ("prenorm-residual-normed", "n + Sublayer(n), n = LN(x)", Add): Row(
        lambda scene: _with_source(scene, _normed_source),
        "The normalised tokens were added to the sublayer's result.",
        "Add x as it is: x + Sublayer(LN(x)).",
        "What goes past the sublayers of a pre norm layer is never normalised, from the first "
        "layer to the last; only what goes into them is.",
    ),
}
enter(RESIDUALS)


@mistake("norm-before-add", "x + LN(Sublayer(x))", Standardise)
def norm_before_add(scene: Scene) -> Array | None:
    """The sublayer's result was normalised, and x added afterwards.

    Add first, then normalise the sum: LN(x + Sublayer(x)).

    Added afterwards, x is never normalised, and the numbers grow from layer to layer.
    """
    if scene.part is None or not scene.operations(Add):
        return None
    return scene["X"] + _normed(scene, scene.part, scene["sublayer"])


@mistake("prenorm-for-post", "x + Sublayer(LN(x))", Project, Standardise)
def prenorm_for_post(scene: Scene) -> Array | None:
    """The norm was put before the sublayer.

    Put it after the residual sum: LN(x + Sublayer(x)).

    Both are in use: the paper normalises afterwards (post norm), many later models before (pre
    norm). A model needs the one that it was trained with.
    """
    if isinstance(scene.step.operation, Standardise):  # of a sum alone: not the final norm
        return scene.left_out() if scene.operations(Add) else None
    norm = _norm_after(scene)
    source, *others = scene.operands
    if norm is None or scene.operation(Project).source != "X":
        return None
    return scene.apply(_normed(scene, norm, source), *others)


@mistake("postnorm-for-pre", "LN(x + Sublayer(x))", Add, Standardise)
def postnorm_for_pre(scene: Scene) -> Array | None:
    """The norm was put after the residual sum.

    Put it before the sublayer: x + Sublayer(LN(x)).

    Both are in use: the paper normalises afterwards (post norm), many later models before (pre
    norm). A model needs the one that it was trained with.
    """
    operation = scene.whole.step.operation
    if isinstance(operation, Standardise):
        is_past = any(add.source == operation.source for add in scene.whole.operations(Add))
        return scene.left_out() if is_past else None
    norm = _norm_before(scene, scene.whole.operation(Add).source)
    return None if norm is None else _normed(scene, norm, scene.right())
