"""Tasks for the tests of a crew: they square whole numbers, and two of the numbers end a process.

An answer of a class can end its process too. Workers load this module, so it imports nothing of
the tests.
"""

from __future__ import annotations

import os
import pickle
import time
from dataclasses import dataclass

from attncli.grading.batches import Batch, grade_batch

POISON, SLOW = 1009, 1013
POISONED = b'{"scores": "poison"}'  # an answer that ends its process
PATIENCE = 0.3  # seconds


@dataclass(frozen=True)
class Numbers:
    """A task: whole numbers to square."""

    numbers: tuple[int, ...]

    def packed(self) -> bytes:
        """Return the numbers as bytes."""
        return pickle.dumps(self.numbers)

    def parts(self) -> list[Numbers]:
        """Return each number alone."""
        return [Numbers((number,)) for number in self.numbers]


def squares(packed: bytes) -> bytes:
    """Return the squares; POISON ends the process, and SLOW takes time."""
    numbers = pickle.loads(packed)
    if POISON in numbers:
        os._exit(1)
    time.sleep(PATIENCE * (SLOW in numbers))
    return pickle.dumps([number**2 for number in numbers])


def grade_or_end(packed: bytes) -> bytes:
    """Grade a batch; an answer that is POISONED ends the process, as a fault of a library does."""
    batch: Batch = pickle.loads(packed)
    if any(answer.data == POISONED for answer in batch.answers):
        os._exit(1)
    return grade_batch(packed)


def process(packed: bytes) -> bytes:
    """Return the number of the process."""
    return b"%d" % os.getpid()
