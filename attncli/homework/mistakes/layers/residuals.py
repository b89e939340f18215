"""Mistakes around a sublayer: the residual sum, and the place of the norm."""

from __future__ import annotations

from collections.abc import Callable

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.operations.norm_operations import Standardise
from attncli.calculation.operations.pointwise import Add
from attncli.calculation.operations.projections import Project
from attncli.calculation.problem.problem import Sublayer
from attncli.homework.mistakes.mistake import Row, Scene, Table, enter, layer_of, mistake


def _norm_before(scene: Scene, source: str) -> Sublayer | None:
    """The norm before a sublayer, if this source goes past that sublayer: in a pre-norm layer."""
    for step in scene.whole.plan.steps:
        if isinstance(step.operation, Standardise) and step.operation.source == source:
            return scene.whole.problem.part_of(step.name)
    return None


def _norm_after(scene: Scene) -> Sublayer | None:
    """The norm of the sum with the output of this sublayer: in a post-norm layer."""
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
    """The name of the input of the layer that contains the sublayer."""
    layer = layer_of(add.sublayer)
    return next(a.source for a in scene.whole.operations(Add) if layer_of(a.sublayer) == layer)


def _unnormed(scene: Scene, add: Add) -> str | None:
    """The name of the sum before the norm, if the source is the result of a norm."""
    norm = scene.whole.maker(add.source)
    return norm.source if isinstance(norm, Standardise) else None


def _normed_source(scene: Scene, add: Add) -> str | None:
    """The name of the result of the norm in front of the sublayer, if there is one."""
    norm = _norm_before(scene, add.source)
    return norm.name(norm.plan.steps[-1].name) if norm else None


def _with_source(scene: Scene, find: Callable[[Scene, Add], str | None]) -> Array | None:
    """The sum of the sublayer with another matrix; None if `find` finds none but the right one."""
    add = scene.whole.operation(Add)
    name = find(scene, add)
    if name is None or name == add.source:
        return None
    return scene.whole[name] + scene.whole[add.sublayer]


RESIDUALS: Table = {
    ("no-residual", "Sublayer(x)", Add): Row(
        lambda scene: scene.operands[1].copy(),
        "The residual connection was left out.",
        "Add x to the output of the sublayer: x + Sublayer(x), or x + Sublayer(LN(x)) in a "
        "pre-norm layer.",
        "A sublayer (attention or feed-forward) calculates a change of x. Without the sum, x "
        "itself is lost.",
    ),
    ("residual-wrong-source", "the layer's input + Sublayer(x)", Add): Row(
        lambda scene: _with_source(scene, _input_of_layer),
        "The input of the whole layer was added instead of the input of this sublayer.",
        "Add x as it is after all sublayers before this one.",
        "Each sublayer adds a change to the tokens. The input of the layer does not contain the "
        "changes by the sublayers before this one.",
    ),
    ("residual-unnormed", "the sum before the norm + Sublayer(x)", Add): Row(
        lambda scene: _with_source(scene, _unnormed),
        "The sum before the norm was added instead of the result of the norm.",
        "In a post-norm layer, use the result of the norm twice: as the input of the next "
        "sublayer, and in the next residual sum.",
        "In a pre-norm layer, the sum before the norm is added. A model needs the order that it "
        "was trained with.",
    ),
    ("prenorm-residual-normed", "n + Sublayer(n), n = LN(x)", Add): Row(
        lambda scene: _with_source(scene, _normed_source),
        "The normalised tokens, LN(x), were added to the output of the sublayer.",
        "Add x without the norm: x + Sublayer(LN(x)).",
        "In a pre-norm layer, only the input of a sublayer is normalised. The x in the sum is not "
        "normalised in any layer.",
    ),
}
enter(RESIDUALS)


@mistake("norm-before-add", "x + LN(Sublayer(x))", Standardise)
def norm_before_add(scene: Scene) -> Array | None:
    """The output of the sublayer was normalised, and x was added afterwards.

    Add x first, then normalise the sum: LN(x + Sublayer(x)).

    If x is added after the norm, the sum is not normalised, and the numbers grow from layer to
    layer.
    """
    if scene.part is None or not scene.operations(Add):
        return None
    return scene["X"] + _normed(scene, scene.part, scene["sublayer"])


@mistake("prenorm-for-post", "x + Sublayer(LN(x))", Project, Standardise)
def prenorm_for_post(scene: Scene) -> Array | None:
    """The norm was put before the sublayer (pre norm).

    Put the norm after the residual sum (post norm): LN(x + Sublayer(x)).

    Both orders are in use: post norm in the first Transformer, pre norm in many later models. A
    model needs the order that it was trained with.
    """
    if isinstance(
        scene.step.operation, Standardise
    ):  # the norm of a residual sum, not the final norm
        return scene.left_out() if scene.operations(Add) else None
    norm = _norm_after(scene)
    source, *others = scene.operands
    if norm is None or scene.operation(Project).source != "X":
        return None
    return scene.apply(_normed(scene, norm, source), *others)


@mistake("postnorm-for-pre", "LN(x + Sublayer(x))", Add, Standardise)
def postnorm_for_pre(scene: Scene) -> Array | None:
    """The norm was put after the residual sum (post norm).

    Put the norm before the sublayer (pre norm): x + Sublayer(LN(x)).

    Both orders are in use: post norm in the first Transformer, pre norm in many later models. A
    model needs the order that it was trained with.
    """
    operation = scene.whole.step.operation
    if isinstance(operation, Standardise):
        is_past = any(add.source == operation.source for add in scene.whole.operations(Add))
        return scene.left_out() if is_past else None
    norm = _norm_before(scene, scene.whole.operation(Add).source)
    return None if norm is None else _normed(scene, norm, scene.right())
