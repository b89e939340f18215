"""A bar for what takes long; rich is loaded when the first second is over."""

from __future__ import annotations

from threading import Timer
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0  # seconds until a bar is shown


class Bar:
    """A bar on standard error, which is gone when the work is done.

    It is called with the name of what is in hand, and the share of all the work that is done; until
    then it only shows that something goes on.
    """

    def __init__(self, name: str, patience: float = PATIENCE) -> None:
        self._name = name
        self._share: float | None = None
        self._shown: tuple[Progress, TaskID] | None = None
        self._timer = Timer(patience, self._show)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._shown:
            self._shown[0].stop()

    def __call__(self, name: str, share: float) -> None:
        self._name, self._share = name, share
        if self._shown:
            progress, task = self._shown
            progress.update(task, description=name, total=1.0, completed=share)

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
        task = progress.add_task(self._name, total=None)
        self._shown = progress, task
        if self._share is not None:
            self(self._name, self._share)
        progress.start()
