"""Blocks of queries of a long sequence, calculated by a crew."""

from __future__ import annotations

import pickle
from functools import lru_cache
from threading import Event
from typing import TYPE_CHECKING

from attncli.errors import AttncliError
from attncli.grading.crew import Crew
from attncli.records import record

if TYPE_CHECKING:
    from attncli.calculation.algebra.tiles import Tile
    from attncli.calculation.long.threads import Tell
    from attncli.calculation.long.whole_rows import Blocks


class SharedBlocks:
    """A function that lets a crew calculate the blocks of a chain: see `Share`.

    Queries, keys and values go to each worker once. The numbers are those of this machine, to the
    last digit if the processors are of one kind. `is_used` is True after the first chain.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self.is_used = False

    def __call__(self, blocks: Blocks, tell: Tell | None) -> None:
        self.is_used = True
        every = blocks.blocks
        given = self._crew.shared(pickle.dumps((blocks.chain, dict(blocks.known), blocks.tiling)))
        tasks = map(BlockNumber, range(len(every)))
        for task, result in self._crew.in_order(block_of, tasks, given):
            if result is None:
                message = "a worker of the cluster has ended while it calculated a block."
                raise AttncliError(message, "Give the workers more memory, or more workers.")
            rows, overflowed = pickle.loads(result)
            block = every[task.number]
            blocks.result[block.index][block.rows] = rows
            blocks.overflowed |= overflowed
            if tell:
                tell((task.number + 1) / len(every))


@record(frozen=True)
class BlockNumber:
    """A task: a block by its number in `Blocks.blocks`."""

    number: int

    def packed(self) -> bytes:
        """Return the number as bytes."""
        return b"%d" % self.number

    def parts(self) -> list[BlockNumber]:
        """Return the block itself."""
        return [self]


def block_of(packed: bytes, given: bytes) -> bytes:
    """Return the pickled rows of a block of the chain and the matrices `given`."""
    import numpy as np

    from attncli.calculation.long.threads import one_thread_each

    blocks, every = _blocks(given)
    with one_thread_each(), np.errstate(all="ignore"):
        rows = blocks.block(every[int(packed)], Event())
    return pickle.dumps((rows, blocks.overflowed))


@lru_cache(1)
def _blocks(given: bytes) -> tuple[Blocks, list[Tile]]:
    """Return a chain on its matrices, and the list of all its blocks, which every task needs."""
    from attncli.calculation.long.streaming import blocks_of

    blocks = blocks_of(*pickle.loads(given))
    return blocks, blocks.blocks
