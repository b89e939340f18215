"""The tail of a plan as one operation, from queries and keys to weights V, in tiles.

  output = Σ over tiles of keys: weights of the tile · V of the tile

Tiles of queries and keys fit into the processor's cache, and threads share the work. The result
equals the result of the separate steps, except for the order in which numbers are added.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.expressions import Expression, Index
from attncli.calculation.algebra.layouts import Array, Axes, Layout, sizes
from attncli.calculation.algebra.operation import Operation
from attncli.calculation.algebra.operation_cost import Cost, cells
from attncli.calculation.algebra.plan import Plan
from attncli.calculation.long.chain import Chain, chain_to
from attncli.calculation.long.streaming import SHARES, blocks_of
from attncli.calculation.long.threads import Tell, processors
from attncli.calculation.long.whole_rows import TILING, Blocks, Share, Tiling, here
from attncli.calculation.masks.mask_operation import masks_in
from attncli.calculation.masks.seen_keys import rows_without_keys
from attncli.records import record, replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

BESIDE = 6  # tiles that a thread holds at once: the scores after each step


@record(frozen=True)
class Fused(Operation):
    """A chain of steps as one operation.

    Its operands are the operands of the steps that are not results of the chain itself. `share`
    calculates its blocks of queries.
    """

    chain: Chain
    tiling: Tiling = TILING
    share: Share = here

    @cached_property
    def operands(self) -> tuple[str, ...]:
        made = {step.name for step in self.chain.steps}
        names = (name for step in self.chain.steps for name in step.operation.operands)
        return tuple(dict.fromkeys(name for name in names if name not in made))

    @property
    def stands_for(self) -> tuple[str, ...]:
        return tuple(step.name for step in self.chain.steps)

    def axes(self, *operands: Axes) -> Axes:
        return self.chain.last.axes

    def apply(self, *operands: Array) -> Array:
        return self._calculated(operands, None).result

    def numbers(self, result: Axes) -> int:
        return sum(cells(step.axes) for step in self.chain.steps)

    def room(self, result: Axes, *operands: Axes) -> int:
        """Count the temporaries: tiles for every thread, and copies of queries, keys and values."""
        axes = self.chain.scores.axes
        pairs, known = cells(axes), dict(zip(self.operands, operands, strict=True))
        first = self.chain.steps[0].operation
        prepared = first.prepared(*(known[name] for name in first.operands))
        shares = min(2 * processors(), SHARES)
        tile = min(self.tiling.scores, max(axes[-1].size, pairs // shares))
        threads = min(processors(), -(-pairs // tile))
        copies = prepared + cells(known[self.chain.values])
        return super().room(result) + copies + threads * BESIDE * tile

    def watched(self, tell: Tell, overflowed: Callable[[str], None], *operands: Array) -> Array:
        blocks = self._calculated(operands, tell)
        if blocks.first_overflowed:
            overflowed(blocks.first_overflowed)
        return blocks.result

    def doubts(self, *operands: Array) -> Iterator[str]:
        """Yield the warnings of the steps whose operands all come from outside the chain."""
        known = self._known(operands)
        for operation in (step.operation for step in self.chain.steps):
            if known.keys() >= set(operation.operands):
                yield from operation.doubts(*(known[name] for name in operation.operands))

    def rows_without_keys(self, *operands: Array) -> NDArray[np.bool_]:
        shape = sizes(self.chain.scores.axes)
        hidden = np.zeros(shape[:-1], np.bool_)
        for _, mask in masks_in(self.chain.steps):
            hidden |= rows_without_keys(mask, shape, self._known(operands))
        return hidden

    def formula(self, layout: Layout) -> str:
        return self.chain.last.operation.formula(layout)

    def cell(self, index: Index, *operands: Array) -> Expression:
        """Return the arithmetic of a cell of the weighted sum; this runs all earlier steps."""
        known: dict[str, Any] = dict(self._known(operands))
        for step in self.chain.steps[:-1]:
            known[step.name] = step.operation.apply(*(known[n] for n in step.operation.operands))
        last = self.chain.last.operation
        return last.cell(index, *(known[name] for name in last.operands))

    def cost(self, *operands: Axes) -> Cost:
        """Return the cost of all steps of the chain."""
        known, total = dict(zip(self.operands, operands, strict=True)), Cost()
        for step in self.chain.steps:
            total += step.operation.cost(*(known[name] for name in step.operation.operands))
            known[step.name] = step.axes
        return total

    def _calculated(self, operands: Iterable[Array], tell: Tell | None) -> Blocks:
        blocks = blocks_of(self.chain, self._known(operands), self.tiling)
        self.share(blocks, tell)
        return blocks

    def _known(self, operands: Iterable[Array]) -> Mapping[str, NDArray[Any]]:
        return dict(zip(self.operands, operands, strict=True))


def fuse(plan: Plan, names: Collection[str], tiling: Tiling = TILING, share: Share = here) -> Plan:
    """Return the plan that the steps `names` need, with every chain of steps as one step.

    None of `names` is inside a chain, so that their results are kept. Raises ProblemError if a name
    is not a step of the plan.
    """
    needed = plan.needed_for(names)
    steps = [step for step in plan.steps if step.name in needed]
    chains = {step.name: chain for step in steps if (chain := chain_to(step, steps, names))}
    inner = {step.name for chain in chains.values() for step in chain.steps[:-1]}
    fused = (
        replace(step, operation=Fused(chains[step.name], tiling, share))
        if step.name in chains
        else step
        for step in steps
        if step.name not in inner
    )
    return replace(plan, steps=tuple(fused))
