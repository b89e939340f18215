"""Work over threads: NumPy lets go of Python's lock while it calculates."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from functools import cache
from itertools import count
from threading import Event
from typing import TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

Part = TypeVar("Part")
Tell = Callable[[float], None]  # told which share is done, from 0 to 1


def processors() -> int:
    """How many threads may run at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_thread_each() -> AbstractContextManager[object]:
    """Products of matrices stay in the thread that asks for them: two of ours would wait in turn."""
    limits: AbstractContextManager[object] = _libraries().limit(limits=1, user_api="blas")
    return limits


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()  # looking for them takes a millisecond


def do(work: Callable[[Part, Event], None], parts: Collection[Part], tell: Tell | None) -> None:
    """Do the work on every part, the first first, and tell how much of it is done.

    The event that the work is given is set when it is to stop: another part has failed, or the
    user has interrupted. What went wrong is raised when all threads have ended.
    """
    left, done, stop = deque(parts), count(1), Event()

    def go_on(tell: Tell | None) -> None:
        with np.errstate(all="ignore"):  # each thread has its own
            while (part := _next(left)) is not None and not stop.is_set():
                work(part, stop)
                share = next(done) / len(parts)
                if tell:
                    tell(share)

    def help_along() -> None:
        try:
            go_on(None)
        except BaseException:
            stop.set()
            raise

    # This thread works too: threads that only wait would cost small work a tenth of its time.
    helpers: list[Future[None]] = []
    with one_thread_each():
        try:
            for _ in range(min(processors(), len(parts)) - 1):
                helpers.append(_helpers().submit(help_along))
            go_on(tell)
            wait(helpers)
        except BaseException:
            stop.set()
            wait(helpers)
            raise
    for helper in helpers:
        helper.result()


@cache
def _helpers() -> ThreadPoolExecutor:
    """Threads that stay for the next work: to start one takes a good part of a tile's time."""
    return ThreadPoolExecutor(max(1, processors() - 1))


def _next(left: deque[Part]) -> Part | None:
    try:
        return left.popleft()
    except IndexError:
        return None
