"""What the mistakes in layers have in common: the layer around a sublayer, and its norms."""

from __future__ import annotations

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.plan import Step
from attncli.calculation.operations.norm_operations import Standardise
from attncli.calculation.operations.pointwise import Add
from attncli.calculation.problem.problem import Part
from attncli.homework.mistakes.mistake import Scene


def layer_of(name: str) -> str:
    """The layer that a sublayer's step stands in: `layers.2.` for `layers.2.ffn.output`.

    >>> layer_of("layers.2.ffn.output"), layer_of("ffn.output")
    ('layers.2.', '')
    """
    *layer, _, _ = name.rsplit(".", 2)
    return f"{layer[0]}." if layer else ""


def residual_of(scene: Scene) -> Add:
    """The residual sum of this step, by the names of the whole."""
    operation = scene.whole.step.operation
    assert isinstance(operation, Add)
    return operation


def step_that_makes(scene: Scene, name: str) -> Step | None:
    """The step of the whole that a matrix comes from; None for an input."""
    return next((step for step in scene.whole.plan.steps if step.name == name), None)


def sums(scene: Scene) -> list[Add]:
    """Every residual sum of the whole, in order."""
    steps = scene.whole.plan.steps
    return [step.operation for step in steps if isinstance(step.operation, Add)]


def norm_before(scene: Scene, source: str) -> Part | None:
    """The norm whose result a sublayer takes while this, its source, goes past: of a pre norm."""
    for step in scene.whole.plan.steps:
        if isinstance(step.operation, Standardise) and step.operation.source == source:
            return scene.whole.problem.part_of(step.name)
    return None


def norm_after(scene: Scene) -> Part | None:
    """The norm around the sum of what this sublayer gives: of a post norm."""
    if scene.part is None:
        return None
    last = scene.part.name(scene.part.plan.steps[-1].name)
    for step in scene.whole.plan.steps:
        if isinstance(step.operation, Add) and step.operation.sublayer == last:
            return scene.whole.problem.part_of(step.name)
    return None


def layer_input(scene: Scene, sublayer: str) -> str | None:
    """What goes into the layer that this result of a sublayer stands in."""
    layer = layer_of(sublayer)
    return next((add.source for add in sums(scene) if layer_of(add.sublayer) == layer), None)


def normed(scene: Scene, norm: Part, matrix: Array) -> Array:
    """What a norm of the layer makes of another matrix, with its own gamma and beta."""
    known = {name: scene.whole[norm.name(name)] for name in norm.problem.matrices}
    known["X"] = known["sum"] = matrix
    for step in norm.plan.steps:
        if not isinstance(step.operation, Add):
            operands = (known[name] for name in step.operation.operands)
            known[step.name] = step.operation.apply(*operands)
    return known[norm.plan.steps[-1].name]
