"""A progress bar for long work; rich is loaded only after the first second."""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Lock, Timer
from types import TracebackType
from typing import TYPE_CHECKING, Self

from attncli.ending import tidied

if TYPE_CHECKING:
    from rich.live import Live
    from rich.progress import Progress, TaskID

STANDARD_ERROR = 2  # its file descriptor
PATIENCE = 1.0  # seconds until a bar is shown
# Columns at the end of the line that stay free, because Ctrl-C writes ^C there. Otherwise ^C would
# begin another line, and erasing this other line would leave the bar on the screen.
FREE = 3
NARROW = 70  # columns of a screen without room for a word behind the time


class Bar:
    """A progress bar on standard error, which disappears when the work is done.

    Call the bar with the name of the current work, and the share of all work that is done, from 0
    to 1. Before the first call it only shows that the program is at work.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._share: float | None = None
        self._shown: tuple[Live, Progress, TaskID] | None = None
        self._is_over = False
        self._lock = Lock()  # one thread reports progress, another shows it
        self._timer = Timer(PATIENCE, self._show)
        self._timer.daemon = True
        self._tidied = tidied(self._leave_the_screen)

    def __enter__(self) -> Self:
        self._tidied.__enter__()
        with suppress(RuntimeError):  # the system starts no further thread, so there is no bar
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._is_over = True
            if self._shown:
                self._shown[0].stop()
        self._timer.cancel()
        self._tidied.__exit__(None, None, None)

    def _leave_the_screen(self) -> None:
        """Erase the line of the bar, and show the cursor, although a signal ends the program."""
        # Another thread may be hiding the cursor at this moment. If the thread that the signal has
        # stopped holds the lock, it never comes, and the bar is not drawn any more.
        self._lock.acquire(timeout=0.1)
        self._is_over = True
        if self._shown:
            os.write(STANDARD_ERROR, b"\r\x1b[2K\x1b[?25h")

    def __call__(self, name: str, share: float) -> None:
        with self._lock:
            self._name, self._share = name, share
            self._update()

    def _update(self) -> None:
        if self._shown and self._share is not None:
            _, progress, task = self._shown
            progress.update(task, description=self._name, total=1.0, completed=self._share)

    def _show(self) -> None:
        from rich.console import Console
        from rich.constrain import Constrain
        from rich.live import Live
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        screen = Console(stderr=True)
        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            *([TextColumn("left")] if screen.width >= NARROW else []),
            console=screen,
        )
        line = Live(
            console=screen,
            transient=True,
            get_renderable=lambda: Constrain(progress, max(1, screen.width - FREE)),
        )
        with self._lock:
            if self._is_over:
                return
            self._shown = line, progress, progress.add_task(self._name, total=None)
            self._update()
            try:
                line.start()
            except RuntimeError:  # the system starts no further thread
                line.stop()
                self._shown = None
