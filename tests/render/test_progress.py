"""Test the progress bar: it shows the last report, and disappears when the work is done."""

from __future__ import annotations

import re
import time
from contextlib import redirect_stderr
from io import StringIO

import pytest
from rich.cells import cell_len

from attncli.render import progress_bar
from attncli.render.progress_bar import Bar
from tests.running import PATIENCE

SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"


class Screen(StringIO):
    """A terminal that keeps everything written on it."""

    def isatty(self) -> bool:
        return True

    def wait_for(self, text: str) -> None:
        """Wait until the text has been written, and fail after some seconds."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.getvalue():
            assert time.monotonic() < deadline, self.getvalue()
            time.sleep(0.01)


@pytest.fixture(autouse=True)
def a_screen_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a screen of 80 columns, on which bars appear at once."""
    monkeypatch.setattr(progress_bar, "PATIENCE", 0.01)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


def test_a_report_before_the_bar_appears_is_shown() -> None:
    with redirect_stderr(Screen()) as screen, Bar("reading") as bar:
        bar("scores", 0.25)
        screen.wait_for("25%")
    assert "scores" in screen.getvalue()


def test_a_report_on_a_visible_bar_is_shown() -> None:
    """Until the first report, the bar shows its own name."""
    with redirect_stderr(Screen()) as screen, Bar("[reading]") as bar:
        screen.wait_for("[reading]")
        bar("weights", 0.75)
        screen.wait_for("75%")
    assert "weights" in screen.getvalue()


def test_the_end_of_the_line_stays_free() -> None:
    """The `^C` of a terminal stays on the line of the bar, which can then be erased."""
    with redirect_stderr(Screen()) as screen, Bar("a" * 30) as bar:
        bar("a" * 30, 0.75)
        screen.wait_for("75%")
    lines = re.split(r"[\r\n]", re.sub(r"\x1b\[[^a-zA-Z]*[a-zA-Z]", "", screen.getvalue()))
    assert 60 < max(map(cell_len, lines)) <= 80 - len("^C")


def test_the_cursor_comes_back_when_the_work_fails() -> None:
    screen = Screen()

    def fail() -> None:
        with Bar("reading"):
            screen.wait_for(HIDE_CURSOR)
            raise MemoryError

    with redirect_stderr(screen), pytest.raises(MemoryError):
        fail()
    assert screen.getvalue().rindex(SHOW_CURSOR) > screen.getvalue().rindex(HIDE_CURSOR)


def test_short_work_shows_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_bar, "PATIENCE", 60)
    with redirect_stderr(Screen()) as screen, Bar("reading") as bar:
        bar("scores", 1.0)
    assert screen.getvalue() == ""
