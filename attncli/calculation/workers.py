"""Work over threads: NumPy lets go of Python's lock while it calculates."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from functools import cache
from itertools import count
from threading import Event, Thread
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
    """Do the work on every part, and tell how much of it is done.

    The event that the work is given is set when it is to stop: another part has failed, or the
    user has interrupted. What went wrong is raised when all threads have ended.
    """
    left, done, failures, stop = deque(parts), count(1), list[BaseException](), Event()

    def go_on(tell: Tell | None) -> None:
        try:
            with np.errstate(all="ignore"):  # each thread has its own
                while left and not stop.is_set():
                    work(left.popleft(), stop)
                    share = next(done) / len(parts)
                    if tell:
                        tell(share)
        except IndexError:
            pass
        except BaseException as error:
            failures.append(error)
            stop.set()

    others = [Thread(target=go_on, args=(None,)) for _ in range(min(processors(), len(parts)) - 1)]
    with one_thread_each():
        for thread in others:
            thread.start()
        go_on(tell)
        for thread in others:
            thread.join()
    if failures:
        raise failures[0]
