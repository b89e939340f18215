"""Constants and inner numbers that people round inside a step: √2 as 1.41, e as 2.7.

Each entry replaces an operation, as a mistake does, but the method stays right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import e, log, sqrt

import numpy as np

from attncli.calculation.algebra.layouts import Array
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.operations.norm_operations import Standardise
from attncli.calculation.operations.normalisers import Softmax
from attncli.calculation.operations.pointwise import DivideByRoot
from attncli.homework.diagnosis.habits import half_up
from attncli.homework.mistakes.mistake import Mistake, Scene
from attncli.homework.mistakes.wording import Texts
from attncli.words import count

PLACES = (1, 2, 3, 4)  # the decimals of a constant that was rounded


def _with_rounded_root(scene: Scene, places: int) -> Array | None:
    """The scores divided by √d_k as it is written with some decimals."""
    root = sqrt(scene.operation(DivideByRoot).d_k)
    rounded = float(half_up(np.asarray(root), places))
    return None if rounded == root else scene.operands[0] / rounded


def _with_rounded_base(scene: Scene, places: int) -> Array:
    """Softmax with e as it is written with some decimals."""
    return scene.apply(scene.operands[0] * log(round(e, places)))


def _with_rounded_powers(scene: Scene, places: int) -> Array | None:
    """Softmax with exponentials as they are written with some decimals."""
    softmax = scene.operation(Softmax)
    powers = half_up(np.exp(scene.operands[0] / softmax.temperature), places)
    sums = powers.sum(axis=-1, keepdims=True)
    return None if (sums == 0).any() else powers / sums


def _with_rounded_deviation(scene: Scene, places: int) -> Array | None:
    """The standardised numbers with a standard deviation that is rounded."""
    operation = scene.operation(Standardise)
    variance, eps = scene[operation.variance], operation.eps
    if operation.eps_outside:
        deviation = half_up(np.sqrt(variance) + eps, places) - eps
        variance = deviation**2
    else:
        deviation = half_up(np.sqrt(variance + eps), places)
        variance = deviation**2 - eps
    return None if (deviation == 0).any() else scene.with_matrices(**{operation.variance: variance})


def _entries() -> Iterator[Mistake]:
    kinds: tuple[tuple[str, type[Operation], Callable[[Scene, int], Array | None]], ...] = (
        ("√d_k was rounded to {}", DivideByRoot, _with_rounded_root),
        ("e was rounded to {}", Softmax, _with_rounded_base),
        ("the exponentials were rounded to {}", Softmax, _with_rounded_powers),
        ("the standard deviation was rounded to {}", Standardise, _with_rounded_deviation),
    )
    for words, kind, wrong in kinds:
        for places in PLACES:
            text = words.format(count(places, "decimals"))

            def make(
                scene: Scene,
                wrong: Callable[[Scene, int], Array | None] = wrong,
                places: int = places,
            ) -> Array | None:
                return wrong(scene, places)

            yield Mistake(text, text, (kind,), make, Texts(text, "", ""))


ROUNDINGS: tuple[Mistake, ...] = tuple(_entries())
