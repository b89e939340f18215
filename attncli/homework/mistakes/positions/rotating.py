"""What the mistakes with rotary positions have in common: another turn of a pair of features."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.positions.angles import Angles
from attncli.calculation.positions.places import places
from attncli.calculation.positions.position_operations import Rotate
from attncli.homework.mistakes.mistake import Scene
from attncli.records import replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

Pair = tuple[Array, Array]
# From cos, sin, x₁ and x₂ of every pair to the two that they become.
Turn = Callable[[Any, Any, Array, Array], Pair]


def rotation(scene: Scene) -> Rotate:
    """The operation of this step, which is a rotation."""
    operation = scene.step.operation
    assert isinstance(operation, Rotate)
    return operation


def right_turn(cos: Any, sin: Any, x1: Array, x2: Array) -> Pair:
    """(cos · x₁ − sin · x₂, sin · x₁ + cos · x₂)."""
    return cos * x1 - sin * x2, sin * x1 + cos * x2


def turned(
    scene: Scene,
    turn: Turn = right_turn,
    of: Callable[[NDArray[np.float64]], NDArray[np.float64]] = lambda angles: angles,
    exponent: Callable[[NDArray[np.int_], int], Any] = lambda pair, width: 2 * pair / width,
) -> Array:
    """The rotation with another rule for a pair, for its angle, or for the exponent."""
    operation = rotation(scene)
    (source,) = scene.operands
    width = operation.dims or source.shape[-1]
    powers = operation.angles.base ** exponent(np.arange(width // 2), width)
    angles = of(places(operation.first, source.shape[-2]) / powers)
    first, second = operation.angles.sides(width)
    result = source.copy()
    pair = turn(np.cos(angles), np.sin(angles), source[..., first], source[..., second])
    result[..., first], result[..., second] = pair
    return result


def with_angles(scene: Scene, angles: Angles) -> Array:
    """The rotation by other angles."""
    return replace(rotation(scene), angles=angles).apply(*scene.operands)
