"""The end of the program by a signal: the work that must be tidied up first, and the status."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

# Ctrl-C, a closed terminal, Ctrl-\, `kill`, and `ulimit -t`. A signal that a system does not have
# is left out.
SIGNALS = ("SIGINT", "SIGHUP", "SIGQUIT", "SIGTERM", "SIGXCPU")

_untidy: list[Callable[[], object]] = []


def end_on_signals() -> None:
    """Let each of these signals tidy up and end the program at once.

    An exception, such as KeyboardInterrupt, could come between any two lines, also in those that
    tidy up after an earlier one, and Python prints it if it cannot raise it. A signal that the
    parent process ignores, as `nohup` does, stays ignored.
    """
    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _end)


def _end(number: int, _: object) -> None:
    for tidy in reversed(_untidy):
        with suppress(OSError):
            tidy()
    os._exit(128 + number)  # as a shell reports the end by a signal


@contextmanager
def tidied(tidy: Callable[[], object]) -> Iterator[None]:
    """Call `tidy` if a signal ends the program within the block.

    `tidy` may be called at any point of the block, and more than once.
    """
    _untidy.append(tidy)
    try:
        yield
    finally:
        _untidy.remove(tidy)


@contextmanager
def interruptions_left_to_others() -> Iterator[None]:
    """Ignore Ctrl-C within the block, because a program with the same terminal acts on it."""
    # A function, unlike SIG_IGN, is not passed on to the other program.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
