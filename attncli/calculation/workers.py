"""Work over threads: NumPy lets go of Python's lock while it calculates."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from functools import cache
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
    """Do the work on every part, and tell how much of it is done.

    The event that the work is given is set when it is to stop: another part has failed, or the
    user has interrupted. What went wrong is raised when all threads have ended.
    """
    stop = Event()

    def quietly(part: Part) -> None:
        with np.errstate(all="ignore"):  # each thread has its own
            if not stop.is_set():
                work(part, stop)

    with one_thread_each(), ThreadPoolExecutor(processors()) as pool:
        futures = [pool.submit(quietly, part) for part in parts]
        try:
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                if tell:
                    tell(done / len(futures))
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
