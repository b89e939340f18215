"""The tail of a plan as one operation: from scores to weights V, without a matrix of either.

    output = Σ over tiles of keys: weights of the tile · V of the tile

Queries against keys are gone through in tiles that fit into a cache, over threads. What comes out
is what the steps give one after the other, up to the order in which numbers are added.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.arithmetic import Expression, Index
from attncli.calculation.costs import Cost, cells
from attncli.calculation.layouts import Array, Axes, Layout
from attncli.calculation.masking import Mask
from attncli.calculation.normalisers import Normalise
from attncli.calculation.operations import (
    DivideByRoot,
    Multiply,
    Operation,
    Same,
    SoftCap,
    WeightedSum,
)
from attncli.calculation.pairings import is_pairing
from attncli.calculation.pairs import TanhSum, WeighHidden
from attncli.calculation.plan import Plan, Step
from attncli.calculation.positioning import Distances
from attncli.calculation.tiled import Tiled, Tiling
from attncli.calculation.workers import Tell, do
from attncli.records import record

SMALL = 2**20  # so many numbers or fewer in a step, and it is not worth the while

OF_ONE_SCORE = (DivideByRoot, Multiply, SoftCap, Mask, Same)  # a score of the result needs one


@record(frozen=True)
class Fused(Operation):
    """The steps from the scores to weights V as one operation on queries, keys and values.

    `steps` are in the order of the plan; the first meets queries with keys, the last is a
    WeightedSum. `tiling` says how large the tiles are.
    """

    steps: tuple[Step, ...]
    tiling: Tiling = Tiling()

    @property
    def operands(self) -> tuple[str, ...]:
        """What the steps need that none of them makes."""
        made = {step.name for step in self.steps}
        names = (name for step in self.steps for name in step.operation.operands)
        return tuple(dict.fromkeys(name for name in names if name not in made))

    def axes(self, *operands: Axes) -> Axes:
        return self.steps[-1].axes

    def apply(self, *operands: Array) -> Array:
        return self.watched(None, *operands)

    def watched(self, tell: Tell | None, *operands: Array) -> Array:
        """The result; `tell` is told which share of it is done."""
        tiled = Tiled(self.steps, dict(zip(self.operands, operands, strict=True)), self.tiling)
        do(tiled.put, tiled.blocks, tell)
        return tiled.result
