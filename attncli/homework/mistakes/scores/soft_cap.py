"""Mistakes with the soft cap."""

from __future__ import annotations

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.masks.mask_operation import Mask
from attncli.calculation.operations.pointwise import DivideByRoot, Multiply, SoftCap
from attncli.homework.mistakes.mistake import Scene, mistake


@mistake("softcap-missing", "scaled", SoftCap)
def softcap_missing(scene: Scene) -> Array | None:
    """The soft cap was left out.

    Cap the scores: c tanh(s / c).

    Without it large scores stay large, and softmax gives nearly all the weight to one key.
    """
    (scores,) = scene.operands
    return scores.copy()


@mistake("softcap-not-multiplied", "tanh(scaled / c)", SoftCap)
def softcap_not_multiplied(scene: Scene) -> Array | None:
    """The tanh was not multiplied by the cap again.

    Multiply by c after the tanh: c tanh(s / c).

    tanh alone lies between −1 and 1, whatever the cap: small scores shrink by the factor c as well.
    """
    operation = scene.step.operation
    return scene.right() / operation.cap if isinstance(operation, SoftCap) else None


@mistake("softcap-clipped", "scaled cut off at ±c", SoftCap)
def softcap_clipped(scene: Scene) -> Array | None:
    """The scores were cut off at the cap.

    Let tanh bend them: c tanh(s / c).

    A hard limit leaves small scores as they are and makes all large ones equal; the soft cap keeps
    their order.
    """
    operation = scene.step.operation
    (scores,) = scene.operands
    return (
        np.clip(scores, -operation.cap, operation.cap) if isinstance(operation, SoftCap) else None
    )


@mistake("softcap-before-scale", "c tanh(scores / c) × factor", SoftCap)
def softcap_before_scale(scene: Scene) -> Array | None:
    """The soft cap was applied to the scores before they were scaled.

    Scale first, then cap.

    The cap bounds what softmax is given: scaled afterwards, the scores stay far below it.
    """
    cap = scene.step.operation
    scale = next((s.operation for s in scene.plan.steps if s.name == "scaled"), None)
    if not isinstance(cap, SoftCap) or not isinstance(scale, DivideByRoot | Multiply):
        return None
    return scale.apply(cap.apply(scene[scale.source]))


@mistake("softcap-after-mask", "c tanh((scaled + mask) / c)", Mask)
def softcap_after_mask(scene: Scene) -> Array | None:
    """The soft cap was applied after the mask, to the hidden scores too.

    Cap first, then mask.

    tanh of −∞ is −1: what was hidden gets the score −c, and with it some weight.
    """
    cap = next((s.operation for s in scene.plan.steps if isinstance(s.operation, SoftCap)), None)
    operation = scene.step.operation
    if cap is None or not isinstance(operation, Mask):
        return None
    _, *matrices = scene.operands
    uncapped = scene[cap.source]
    return cap.apply(operation.apply(uncapped, *matrices))
