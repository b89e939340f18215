"""A progress bar for long work; rich is loaded only after the first second."""

from __future__ import annotations

import signal
from threading import Lock, Timer
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0  # seconds until a bar is shown


class Bar:
    """A progress bar on standard error, which disappears when the work is done.

    Call the bar with the name of the current work, and the share of all work that is done, from 0
    to 1. Before the first call it only shows that the program is at work.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._share: float | None = None
        self._shown: tuple[Progress, TaskID] | None = None
        self._lock = Lock()  # one thread reports progress, another shows it
        self._timer = Timer(PATIENCE, self._show)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGTERM, _end)
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        # A second interruption must not stop these lines, which bring the cursor back.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            self._timer.cancel()
            self._timer.join()
            if self._shown:
                self._shown[0].stop()
        finally:
            signal.signal(signal.SIGINT, before)
            signal.signal(signal.SIGTERM, self._before)

    def __call__(self, name: str, share: float) -> None:
        with self._lock:
            self._name, self._share = name, share
            self._update()

    def _update(self) -> None:
        if self._shown and self._share is not None:
            progress, task = self._shown
            progress.update(task, description=self._name, total=1.0, completed=self._share)

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
        )
        progress = Progress(*columns, console=Console(stderr=True), transient=True)
        with self._lock:
            self._shown = progress, progress.add_task(self._name, total=None)
            self._update()
        progress.start()


def _end(number: int, _: object) -> None:
    """Exit with an exception, so that files are closed and the cursor comes back."""
    raise SystemExit(128 + number)
