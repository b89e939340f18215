"""Work shared by threads: NumPy releases Python's global lock while it calculates."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, suppress
from functools import cache
from itertools import count
from threading import Event
from typing import TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

Part = TypeVar("Part")
Tell = Callable[[float], None]  # called with the share that is done, from 0 to 1


def processors() -> int:
    """Return the number of threads that may run at the same time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_thread_each() -> AbstractContextManager[object]:
    """Return a context in which each matrix product uses one thread.

    The threads of `do` would otherwise wait for the threads of the matrix products.
    """
    limits: AbstractContextManager[object] = _libraries().limit(limits=1, user_api="blas")
    return limits


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()  # finding the libraries takes a millisecond


def do(work: Callable[[Part, Event], None], parts: Collection[Part], tell: Tell | None) -> None:
    """Call `work` for every part, in order, and report the finished share, 0 to 1, to `tell`.

    `work` gets a part and an event; the event is set when `work` must stop, because another part
    has failed or the user has interrupted. An error is raised after all threads have ended.
    """
    left, done, stop = deque(parts), count(1), Event()

    def go_on(tell: Tell | None) -> None:
        with np.errstate(all="ignore"):  # the setting is separate for each thread
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

    # The calling thread works too: if it only waited, small work would take a tenth longer.
    helpers: list[Future[None]] = []
    with one_thread_each():
        try:
            with suppress(RuntimeError):  # the system starts no further thread
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
    if tell:  # a helper, which reports nothing, may have done the last part
        tell(1.0)


@cache
def _helpers() -> ThreadPoolExecutor:
    """Return threads that are kept: starting one takes long, compared with a tile."""
    return ThreadPoolExecutor(max(1, processors() - 1))


def _next(left: deque[Part]) -> Part | None:
    try:
        return left.popleft()
    except IndexError:
        return None
