"""What the mistakes with sinusoids have in common: other frequencies, other functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.positions.angles import Angles
from attncli.calculation.positions.places import places
from attncli.calculation.positions.position_operations import Sinusoids
from attncli.homework.mistakes.mistake import Scene
from attncli.records import replace

BASE = 10000.0

Numbers = NDArray[np.float64]
# What a place is multiplied by in each column, from its pair, its side (cosine: 1), the width and
# the base.
Frequency = Callable[[NDArray[np.int_], NDArray[np.int_], int, float], Any]
Wave = Callable[[Numbers], Numbers]


def sinusoids(scene: Scene) -> Sinusoids:
    """The operation of this step, which makes sinusoids."""
    operation = scene.step.operation
    assert isinstance(operation, Sinusoids)
    return operation


def right_frequency(
    pair: NDArray[np.int_], side: NDArray[np.int_], width: int, base: float
) -> Numbers:
    """1 / base^(2i/d)."""
    return np.asarray(base ** (-2 * pair / width))


def waves(
    scene: Scene,
    frequency: Frequency = right_frequency,
    functions: tuple[Wave, Wave] = (np.sin, np.cos),
) -> Array:
    """The sinusoids with other frequencies, or other functions in their columns."""
    operation = sinusoids(scene)
    (source,) = scene.operands
    n, width = source.shape[-2:]
    pair, side = np.array([operation.angles.pair(column, width) for column in range(width)]).T
    turns = places(operation.first, n) * frequency(pair, side, width, operation.angles.base)
    first, second = functions
    return np.where(side == 1, second(turns), first(turns)).astype(source.dtype)


def with_angles(scene: Scene, angles: Angles) -> Array:
    """The sinusoids of other angles."""
    return replace(sinusoids(scene), angles=angles).apply(*scene.operands)
