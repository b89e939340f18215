"""The screen: its width, colours and progress bar; and the one place where results are printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Literal, TextIO

import click

from attncli.ending import interruptions_left_to_others
from attncli.errors import AttncliError

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.render.progress_bar import Bar

STANDARD_OUTPUT = 1  # its file descriptor
# The values of TERM of terminals that show 16 colours, or that promise no more.
OF_16_COLORS = ("linux", "xterm", "screen", "tmux", "ansi", "cygwin", "vt100", "vt220", "rxvt")
# Colours of messages and of help by their use. On white, cyan and yellow cannot be read.
ON_DARK = {"error": "bright_red", "heading": "yellow", "name": "cyan"}
ON_LIGHT = {"error": "red", "heading": "magenta", "name": "blue"}
FORCING = ("FORCE_COLOR", "CLICOLOR_FORCE")  # variables that force colours, as --color always does


def deliver(data: bytes, file: Path | None) -> None:
    """Print a result, or write it to a file. Raises AttncliError if that is not possible.

    Raises BrokenPipeError if nobody reads standard output any longer.
    """
    if file is not None:
        from attncli.documents.files import write_file

        write_file(file, data)
        return
    if sys.stdout is None:
        raise AttncliError("standard output is closed.", "Write to a file with -o.")
    try:
        send(data, sys.stdout)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AttncliError(f"the result cannot be written: {error.strerror}.") from None


def send(data: bytes, stream: TextIO) -> None:
    """Write all the bytes to a standard stream. Raises OSError if that is not possible.

    Nothing stays in a buffer, which Python would write, and could fail to write, at its end.
    """
    stream.flush()
    file = getattr(stream.buffer, "raw", stream.buffer)
    left = memoryview(data)
    while left:
        written = file.write(left)
        if written is None:  # a full pipe that does not block
            from select import select

            select([], [file], [])
        else:
            left = left[written:]
    stream.flush()


def lists(groups: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """Return one line per pair of a name and its text, below the headings of the groups.

    A line is broken between words where the screen ends; in a pipe it stays whole.
    """
    width = screen_width() or 1000
    formatter = click.HelpFormatter(width=width)
    for heading, rows in groups.items():
        with formatter.section(heading):
            # On a narrow screen, the text of a long name stands below the name.
            formatter.write_dl(rows, col_max=60 if width > 100 else width // 2)
    return formatter.getvalue().lstrip("\n")


def show_by_pages(text: str) -> None:
    """Print a text, through the user's pager if it has more lines than the terminal."""
    if (
        not is_terminal(sys.stdout)
        or _is_dumb()
        or text.count("\n") < terminal_size(STANDARD_OUTPUT).lines
        or not _has_pager()
    ):
        deliver(text.encode(), None)
    else:
        with interruptions_left_to_others():
            click.echo_via_pager(text.removesuffix("\n"))


def _has_pager() -> bool:
    """Return True if the user can turn pages: PAGER, or `less`, is installed."""
    import shlex
    import shutil

    words = shlex.split(os.environ.get("PAGER", "")) or ["less"]
    return is_terminal(sys.stdin) and shutil.which(words[0]) is not None


def waiting(name: str) -> AbstractContextManager[Bar | None]:
    """Return a progress bar called `name` if standard error is a terminal, else no bar.

    The bar appears after a second.
    """
    if not is_terminal(sys.stderr) or _is_dumb():
        return nullcontext()
    from attncli.render.progress_bar import Bar

    return Bar(name)


def screen_width() -> int | None:
    """Return the width of tables in characters: COLUMNS, or the terminal's width, or None."""
    return columns() if is_terminal(sys.stdout) or _columns_said() else None


def columns() -> int:
    """Return COLUMNS, or the width of the terminal in characters, or 80.

    `shutil.get_terminal_size` returns the same, but importing `shutil`, with four compression
    modules, takes longer than drawing tables.
    """
    return _columns_said() or terminal_size(STANDARD_OUTPUT).columns


def terminal_size(descriptor: int) -> os.terminal_size:
    """Return the size of the terminal behind a file descriptor; 80 × 24 if it is unknown."""
    try:
        size = os.get_terminal_size(descriptor)
    except OSError:  # it is closed, or not a terminal
        return os.terminal_size((80, 24))
    return os.terminal_size((size.columns or 80, size.lines or 24))


def _columns_said() -> int:
    said = os.environ.get("COLUMNS", "")
    return int(said) if said.isdecimal() else 0


def _is_dumb() -> bool:
    """Return True if the terminal shows neither colours nor progress bars."""
    return os.environ.get("TERM") == "dumb"


def is_dark_screen() -> bool:
    """Return False if COLORFGBG, which some terminals set, says that the background is light.

    It ends with the number of the background among the 16 colours: 0 to 6 and 8 are dark.
    """
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return not (background.isdecimal() and int(background) in (7, *range(9, 16)))


def styled(text: str, use: str, is_bold: bool = False) -> str:
    """Return a text in a colour of `ON_DARK` or `ON_LIGHT`, as the screen is."""
    colors = ON_DARK if is_dark_screen() else ON_LIGHT
    return click.style(text, fg=colors[use], bold=is_bold or None)


def colors_for(wish: str, file: Path | None) -> Literal["standard", "256", "truecolor"] | None:
    """Return how many colours to use, or None for no colours.

    `wish` is the value of --color. With `auto`, a result on standard output has colours on a
    terminal that can show them, and in a pipe if FORCE_COLOR or CLICOLOR_FORCE is set; NO_COLOR
    turns both off. COLORTERM tells if the terminal shows all colours. Without it, a terminal shows
    256 colours, except those whose TERM is the name of one with 16.
    """
    if wish == "never" or (wish == "auto" and not (file is None and has_colors(sys.stdout))):
        return None
    if os.environ.get("COLORTERM") in ("truecolor", "24bit"):
        return "truecolor"
    return "standard" if os.environ.get("TERM") in OF_16_COLORS else "256"


def has_colors(stream: TextIO | None) -> bool:
    """Return True for a colour terminal, or if a variable forces them, but not with NO_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0") for name in FORCING):
        return True
    return is_terminal(stream) and not _is_dumb()


def is_terminal(stream: TextIO | None) -> bool:
    """Return True if the stream is a terminal; a closed stream is None."""
    return stream is not None and stream.isatty()
