"""The loop that keeps a crew of processes busy, and returns their results in input order."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, Protocol, Self, TypeVar

from attncli.errors import AttncliError

BETWEEN = 2  # seconds after which the crew is looked at while a result is awaited
AHEAD = 4  # tasks per worker that are handed out before their results are needed


class Task(Protocol):
    """Work that can be handed out: as bytes, whole or in parts."""

    def packed(self) -> bytes:
        """Return the work for the function that does it."""

    def parts(self) -> Sequence[Self]:
        """Return the smallest parts of the work; one that is the smallest returns itself."""


AnyTask = TypeVar("AnyTask", bound=Task)


class Crew:
    """The workers of an executor: processes of this machine, or of a cluster.

    `start` starts an executor with `workers` workers. `losses` are the exceptions of a task whose
    worker has ended. `shared` takes data that many tasks need, and returns an argument for them:
    the data, or a name by which each worker has them. `is_lost` returns True if no result will ever
    arrive, because the scheduler of the workers has ended.
    """

    def __init__(
        self,
        start: Callable[[], Executor],
        workers: int,
        *losses: type[Exception],
        shared: Callable[[bytes], Any] = lambda data: data,
        is_lost: Callable[[], bool] = lambda: False,
    ) -> None:
        self.shared, self._is_lost = shared, is_lost
        self._start, self._executor = start, start()
        self.workers = workers
        self.losses: tuple[type[Exception], ...] = (BrokenExecutor, *losses)

    def submit(self, function: Callable[..., bytes], *given: Any) -> Future[bytes]:
        """Return the future result of a task. A broken executor is replaced by a new one."""
        try:
            return self._executor.submit(function, *given)
        except BrokenExecutor:
            self._executor.shutdown(wait=False)
            self._executor = self._start()
            return self._executor.submit(function, *given)

    def end(self) -> None:
        """Let the workers end; tasks that no worker has begun are dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def in_order(
        self, function: Callable[..., bytes], tasks: Iterable[AnyTask], *shared: Any
    ) -> Generator[tuple[AnyTask, bytes | None], None, None]:
        """Yield each task with the result of the function, in the order of the tasks.

        The function gets the packed task, and the data that tasks share: see `shared`.

        At most `AHEAD` tasks per worker are taken from `tasks` before their results are yielded,
        so that memory does not grow with the number of tasks. If a worker ends, the parts of its
        task run one after another, and each is yielded; the result is None for a part that ends
        its worker again.
        """
        left, queue = iter(tasks), deque[tuple[AnyTask, Future[bytes]]]()
        try:
            while True:
                missing = AHEAD * self.workers - len(queue)
                queue.extend(
                    (task, self.submit(function, task.packed(), *shared))
                    for task in islice(left, missing)
                )
                if not queue:
                    return
                task, future = queue.popleft()
                try:
                    result = self._result(future)
                except self.losses:
                    for part in task.parts():
                        yield part, self._alone(function, part, *shared)
                else:
                    yield task, result
        finally:  # the caller may want no further results
            for _, future in queue:
                future.cancel()

    def _result(self, future: Future[bytes]) -> bytes:
        """Return a result when it arrives. Raises CancelledError if none will arrive."""
        while not wait([future], BETWEEN).done:
            if self._is_lost():
                raise CancelledError
        return future.result()

    def _alone(self, function: Callable[..., bytes], task: Task, *shared: Any) -> bytes | None:
        """Return the result of a task; None if it ends its worker.

        Raises AttncliError if a worker ends without a task too.
        """
        try:
            return self._result(self.submit(function, task.packed(), *shared))
        except self.losses:
            self._check_that_workers_start()
            return None

    def _check_that_workers_start(self) -> None:
        try:
            self._result(self.submit(bytes))
        except self.losses:
            message = "a new process ends at once, before it has work."
            hint = "In a script, call attncli.grade below if __name__ == '__main__'."
            raise AttncliError(message, hint) from None


@contextmanager
def local_crew(workers: int) -> Iterator[Crew]:
    """Start processes on this machine; they end with the block, and with this process."""

    def start() -> Executor:
        with _silent_tracker():
            return ProcessPoolExecutor(workers, get_context("spawn"), _prepare)

    crew = Crew(start, workers)
    try:
        yield crew
    finally:
        crew.end()


@contextmanager
def _silent_tracker() -> Iterator[None]:
    """Start no process within the block that warns when a signal has ended this process.

    A process of Python removes the semaphores of the executor then, and would print a warning. It
    takes over the options for warnings of this process, and starts with the first executor.
    """
    option = "ignore:resource_tracker:UserWarning"
    sys.warnoptions.append(option)
    try:
        yield
    finally:
        sys.warnoptions.remove(option)


def _prepare() -> None:
    """Prepare a worker: it uses one processor, and ends as soon as its parent has ended."""
    from signal import SIG_IGN, SIGINT, signal

    from threadpoolctl import threadpool_limits

    signal(SIGINT, SIG_IGN)  # Ctrl-C reaches the parent as well
    threadpool_limits(1)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent: Any = parent_process()
    parent.join()
    os._exit(0)
