"""The bar for what takes long: it shows what it was told last, and goes when the work is done."""

from __future__ import annotations

import time
from contextlib import redirect_stderr
from io import StringIO

import pytest

from attncli.render import progress_bar
from attncli.render.progress_bar import Bar
from tests.running import PATIENCE

SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"


class Screen(StringIO):
    """A terminal that remembers all that was written on it."""

    def isatty(self) -> bool:
        return True

    def wait_for(self, text: str) -> None:
        """Until it has been written; fail after some seconds."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.getvalue():
            assert time.monotonic() < deadline, self.getvalue()
            time.sleep(0.01)


@pytest.fixture(autouse=True)
def a_screen_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """On which bars are shown at once."""
    monkeypatch.setattr(progress_bar, "PATIENCE", 0.01)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


def test_what_was_told_before_it_is_shown() -> None:
    with redirect_stderr(Screen()) as screen, Bar("reading") as bar:
        bar("scores", 0.25)
        screen.wait_for("25%")
    assert "scores" in screen.getvalue()


def test_what_is_told_while_it_is_shown() -> None:
    """Until it is told a share, it shows its own name."""
    with redirect_stderr(Screen()) as screen, Bar("[reading]") as bar:
        screen.wait_for("[reading]")
        bar("weights", 0.75)
        screen.wait_for("75%")
    assert "weights" in screen.getvalue()


def test_the_cursor_comes_back_when_the_work_fails() -> None:
    screen = Screen()

    def fail() -> None:
        with Bar("reading"):
            screen.wait_for(HIDE_CURSOR)
            raise MemoryError

    with redirect_stderr(screen), pytest.raises(MemoryError):
        fail()
    assert screen.getvalue().rindex(SHOW_CURSOR) > screen.getvalue().rindex(HIDE_CURSOR)


def test_what_is_done_soon_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_bar, "PATIENCE", 60)
    with redirect_stderr(Screen()) as screen, Bar("reading") as bar:
        bar("scores", 1.0)
    assert screen.getvalue() == ""
