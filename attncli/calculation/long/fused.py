"""The tail of a plan as one operation: from queries and keys to weights V, without the matrices between.

    output = Σ over tiles of keys: weights of the tile · V of the tile

Queries against keys are gone through in tiles that fit into a cache, over threads. What comes out
is what the steps give one after the other, but for the order in which numbers are added.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.cost import Cost, cells
from attncli.calculation.algebra.expressions import Expression, Index
from attncli.calculation.algebra.layouts import Array, Axes, Layout, sizes
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.plan import Plan, Step
from attncli.calculation.long.blocks import TILING, Tiled, Tiling
from attncli.calculation.long.chain import Chain, chain_to
from attncli.calculation.long.streaming import tiled
from attncli.calculation.long.threads import Tell, do, processors
from attncli.calculation.long.tiles import hidden_rows
from attncli.calculation.operations.weighing import Normalise
from attncli.calculation.scoring.products import Dot
from attncli.records import record, replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

COPIES = 4  # of queries and keys that are not taken as they are: shares, squares, powers
BESIDE = 6  # tiles that a thread has: of the scores as each step leaves them


@record(frozen=True)
class Fused(Operation):
    """A chain of steps as one operation on what its steps need from outside."""

    chain: Chain
    tiling: Tiling = TILING

    @property
    def operands(self) -> tuple[str, ...]:
        made = {step.name for step in self.chain.steps}
        names = (name for step in self.chain.steps for name in step.operation.operands)
        return tuple(dict.fromkeys(name for name in names if name not in made))

    @property
    def names(self) -> tuple[str, ...]:
        """The steps that it stands for."""
        return tuple(step.name for step in self.chain.steps)

    @property
    def weights(self) -> Step:
        """The step that would make the weights."""
        return self.chain.steps[-2]

    @property
    def normalise(self) -> Normalise:
        return self.chain.normalise

    def axes(self, *operands: Axes) -> Axes:
        return self.chain.steps[-1].axes

    def apply(self, *operands: Array) -> Array:
        return self._tiled(operands, None).result

    def numbers(self, result: Axes) -> int:
        return sum(cells(step.axes) for step in self.chain.steps)

    def room(self, result: Axes, *operands: Axes) -> int:
        """What every thread has for its tiles, and copies of queries, keys and values."""
        axes = self.chain.pairs[-1].axes
        pairs, known = cells(axes), dict(zip(self.operands, operands, strict=True))
        first = self.chain.pairs[0].operation
        copied = 0 if isinstance(first, Dot) else sum(cells(known[n]) for n in first.operands)
        values = cells(known[self.chain.sum.values])
        tile = min(self.tiling.scores, max(axes[-1].size, pairs // (2 * processors())))
        threads = min(processors(), -(-pairs // tile))
        return super().room(result) + values + COPIES * copied + threads * BESIDE * tile

    def watched(self, tell: Tell, overflowed: Callable[[str], None], *operands: Array) -> Array:
        work = self._tiled(operands, tell)
        for step in self.chain.steps:
            if step.name in work.overflowed:
                overflowed(step.name)
        return work.result

    def doubts(self, *operands: Array) -> Iterator[str]:
        """Those of the steps that work on what is known here."""
        known = self._known(operands)
        for operation in (step.operation for step in self.chain.steps):
            if known.keys() >= set(operation.operands):
                yield from operation.doubts(*(known[name] for name in operation.operands))

    def _tiled(self, operands: Iterable[Array], tell: Tell | None) -> Tiled:
        work = tiled(self.chain, self._known(operands), self.tiling)
        do(work.put, work.blocks, tell)
        return work

    def hidden_rows(self, *operands: Array) -> NDArray[np.bool_]:
        """Which queries the mask leaves no key, one for each row of the result: (…, n)."""
        axes, mask = self.chain.pairs[-1].axes, self.chain.mask
        if mask is None:
            return np.zeros(sizes(axes)[:-1], np.bool_)
        return hidden_rows(mask, axes, self._known(operands))

    def formula(self, layout: Layout) -> str:
        return self.chain.sum.formula(layout)

    def cell(self, index: Index, *operands: Array) -> Expression:
        """That of the weighted sum: for one cell, all the steps are run."""
        known: dict[str, Any] = dict(self._known(operands))
        for step in self.chain.steps[:-1]:
            known[step.name] = step.operation.apply(*(known[n] for n in step.operation.operands))
        return self.chain.sum.cell(index, *(known[name] for name in self.chain.sum.operands))

    def cost(self, *operands: Axes) -> Cost:
        """That of all its steps."""
        known, total = dict(zip(self.operands, operands, strict=True)), Cost()
        for step in self.chain.steps:
            total += step.operation.cost(*(known[name] for name in step.operation.operands))
            known[step.name] = step.axes
        return total

    def _known(self, operands: Iterable[Array]) -> Mapping[str, NDArray[Any]]:
        return dict(zip(self.operands, operands, strict=True))


def fuse(plan: Plan, names: Collection[str], tiling: Tiling = TILING) -> Plan:
    """The plan that these steps need, with every chain in it as one step that none of them is in.

    Raises ProblemError for a name that is no step.
    """
    needed = plan.needed_for(names)
    steps = [step for step in plan.steps if step.name in needed]
    chains = {step.name: chain for step in steps if (chain := chain_to(step, steps, names))}
    inner = {step.name for chain in chains.values() for step in chain.steps[:-1]}
    fused = (
        replace(step, operation=Fused(chains[step.name], tiling)) if step.name in chains else step
        for step in steps
        if step.name not in inner
    )
    return replace(plan, steps=tuple(fused))
