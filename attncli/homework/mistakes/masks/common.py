"""What the mistakes with masks have in common: the chain of scores, and what may be attended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import OfOne, Operation
from attncli.calculation.algebra.plan import Step
from attncli.calculation.masks.mask_operation import HIDES, Mask
from attncli.calculation.masks.mask_rules import Booleans, Rule
from attncli.homework.mistakes.mistake import Scene
from attncli.records import replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

R = TypeVar("R", bound=Rule)


def chain(scene: Scene) -> list[Step]:
    """The steps that lead from the scores to this one, the nearest first."""
    steps = {step.name: step for step in scene.plan.steps}
    found: list[Step] = []
    step = steps.get(scene.step.operation.operands[0])
    while step and isinstance(step.operation, (OfOne, Mask)):
        found.append(step)
        step = steps.get(step.operation.operands[0])
    return found


def behind(scene: Scene, *kinds: type[Operation]) -> Scene | None:
    """The scene at the nearest step before this one whose operation is of such a kind."""
    steps = (step for step in chain(scene) if isinstance(step.operation, kinds))
    return next((replace(scene, step=step) for step in steps), None)


def masking(scene: Scene) -> Mask:
    """The operation of this step, which is a mask."""
    operation = scene.step.operation
    assert isinstance(operation, Mask)
    return operation


def conditions(scene: Scene) -> list[Booleans]:
    """What each rule and each matrix of booleans lets a query attend to."""
    n, m = scene.operands[0].shape[-2:]
    rules = [rule.may_attend(n, m) for rule in masking(scene).rules]
    return [*rules, *(np.asarray(part, np.bool_) for part in whole(scene)[0])]


def numbers(scene: Scene) -> list[Array]:
    """The matrices that are added to the scores."""
    return whole(scene)[1]


def whole(scene: Scene) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """The matrices of a mask that keep, and those that are added, with a column for each key."""
    source, *matrices = scene.operands
    return masking(scene).whole(source, matrices)


def may_attend(scene: Scene) -> Booleans:
    """Every mask combined: true where nothing hides the key, added numbers of `HIDES` included."""
    may = np.ones(scene.operands[0].shape, np.bool_)
    for part in (*conditions(scene), *(added > HIDES for added in numbers(scene))):
        may &= part
    return may


def scored(scene: Scene) -> Array:
    """The scores with the added numbers that do not hide a key: what there is before hiding."""
    scores = scene.operands[0]
    for added in numbers(scene):
        scores = scores + np.where(added > HIDES, added, 0)
    return scores


def filled(scene: Scene, fill: float) -> Array:
    """The scores with another fill where a key is hidden."""
    scores = scored(scene)
    return np.where(may_attend(scene), scores, scores.dtype.type(fill))


def applied(scene: Scene, operation: Mask) -> Array:
    """What another mask makes of the scores."""
    return operation.apply(*(scene[name] for name in operation.operands))


def masked(scene: Scene, keep: Iterable[Booleans], add: Iterable[Array]) -> Array:
    """What these matrices, in place of every mask, make of the scores.

    Raises ValueError where they do not fit the scores.
    """
    scores = scene.operands[0]

    def fitted(matrices: Iterable[NDArray[Any]]) -> list[NDArray[Any]]:
        return [np.broadcast_to(matrix, scores.shape) for matrix in matrices]

    kept, added = fitted(keep), fitted(add)
    names = ("",) * len(kept), ("",) * len(added)
    operation = replace(masking(scene), rules=(), keep=names[0], add=names[1])
    return operation.apply(scores, *kept, *added)


def with_rules(
    scene: Scene, kind: type[R], wrong: Callable[[R, int, int], Booleans | None]
) -> Array | None:
    """The scores masked with each rule of a kind done wrongly: `wrong(rule, n, m)`.

    None where there is no such rule, or none that can be done wrongly.
    """
    n, m = scene.operands[0].shape[-2:]
    parts = conditions(scene)
    found = False
    for position, rule in enumerate(masking(scene).rules):
        part = wrong(rule, n, m) if isinstance(rule, kind) else None
        if part is not None:
            parts[position], found = part, True
    return masked(scene, parts, numbers(scene)) if found else None
