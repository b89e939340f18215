"""A bar for work that takes long; rich is loaded when the first second is over."""

from __future__ import annotations

from contextlib import ExitStack
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0  # seconds until a bar is shown


class Bar:
    """A bar on standard error, which is gone when the work is done.

    It is called with the name of the step in hand, and the share of all the work that is done.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._shown_from = monotonic() + patience
        self._stack = ExitStack()
        self._bar: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def __call__(self, name: str, share: float) -> None:
        if self._bar is None and monotonic() >= self._shown_from:
            self._bar = self._show()
        if self._bar:
            progress, task = self._bar
            progress.update(task, completed=share, description=name)

    def _show(self) -> tuple[Progress, TaskID]:
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
        self._stack.enter_context(progress)
        return progress, progress.add_task("", total=1.0)
