"""The surroundings of a calculation: how it warns, shows that it takes long, and limits memory."""

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

Waiting: TypeAlias = "Callable[[str], AbstractContextManager[Watch | None]]"


def _warn(text: str) -> None:
    """Warn as Python does, at the line of the user's code that called the package."""
    level = 1
    while sys._getframe(level).f_code.co_filename.startswith(_PACKAGE):
        level += 1
    warnings.warn(text, AttncliWarning, stacklevel=level + 1)


def _no_bar(_: str) -> AbstractContextManager[None]:
    return nullcontext()


_PACKAGE = __file__.rpartition("face")[0]


@record(frozen=True)
class Surroundings:
    """The place where a calculation runs.

    `warn` shows a warning to the user. `waiting` returns a context that shows how far work of the
    given name is, such as `reading`. `memory` limits the memory of the calculation.
    """

    warn: Callable[[str], None] = _warn
    waiting: Waiting = _no_bar
    memory: Memory = Memory()


PYTHON = Surroundings()
