"""The surroundings of a calculation: its warnings, its progress bar and its memory limit."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, TypeAlias

from attncli.errors import AttncliWarning
from attncli.face.memory import Memory
from attncli.records import record

if TYPE_CHECKING:
    from attncli.calculation.algebra.plan import Watch
    from attncli.calculation.long.whole_rows import Share

Waiting: TypeAlias = "Callable[[str], AbstractContextManager[Watch | None]]"


def _warn(text: str) -> None:
    """Give a Python warning for the line of the user's code that called the package."""
    level = 1
    while sys._getframe(level).f_code.co_filename.startswith(_PACKAGE):
        level += 1
    warnings.warn(text, AttncliWarning, stacklevel=level + 1)


def _no_bar(_: str) -> AbstractContextManager[None]:
    return nullcontext()


_PACKAGE = __file__.rpartition("face")[0]


@record(frozen=True)
class Surroundings:
    """The services that a calculation gets from the command line, or from Python.

    `warn` shows a warning to the user. `waiting` takes the name of some work, such as `reading`,
    and returns a context that shows its progress. `memory` limits the memory of the calculation.
    `share` calculates the blocks of a long sequence; None leaves them to this machine.
    """

    warn: Callable[[str], None] = _warn
    waiting: Waiting = _no_bar
    memory: Memory = Memory()
    share: Share | None = None


PYTHON = Surroundings()
