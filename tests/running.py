"""Run the program for tests: in this process, as its own process, on a real terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from attncli.cli.program import cli

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
GOLDEN = ROOT / "tests/golden"
PROGRAM = [sys.executable, "-m", "attncli"]

# Seconds after which a run counts as stuck. A loaded machine is slow, and a longer limit costs
# nothing, unless the event never comes.
PATIENCE = 120.0


def run(
    *arguments: str,
    stdin: str | bytes | None = None,
    width: int | None = None,
    colors: str | None = None,
) -> Result:
    """Run a command in this process, as if in a pipe, or on a screen of this width.

    `colors` is the value of COLORTERM, such as truecolor.
    """
    environment = {"COLUMNS": str(width) if width else None, "COLORTERM": colors}
    return CliRunner(env=environment).invoke(cli, arguments, input=stdin)


def succeed(
    *arguments: str,
    stdin: str | bytes | None = None,
    width: int | None = None,
    colors: str | None = None,
) -> Result:
    """Run a command that must end with status 0, on a screen as `run` describes it."""
    result = run(*arguments, stdin=stdin, width=width, colors=colors)
    assert result.exit_code == 0, result.stderr
    return result


def computed(*arguments: str, stdin: str | bytes | None = None) -> dict[str, Any]:
    """Return every step that compute writes as JSON, without the labels of tokens."""
    result = succeed("compute", *arguments, "-f", "json", stdin=stdin)
    written: dict[str, Any] = json.loads(result.stdout)
    return {name: step for name, step in written.items() if not name.endswith("tokens")}


def compute(document: Mapping[str, Any], *options: str) -> dict[str, Any]:
    """Return every step of a document, as JSON has it."""
    return computed("-", *options, stdin=json.dumps(document))


def refused(document: Mapping[str, Any], *options: str) -> str:
    """Return the message of a document that cannot be calculated."""
    result = run("compute", "-", *options, stdin=json.dumps(document))
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


class Screen:
    """A process on a (pseudo) terminal, and its output so far."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int) -> None:
        self.process = process
        self.terminal = terminal
        self.shown = b""

    @property
    def text(self) -> str:
        """Return all the output so far, escape sequences included."""
        return self.shown.decode(errors="replace")

    def type(self, keys: bytes) -> None:
        """Press these keys."""
        os.write(self.terminal, keys)

    def read_until(self, text: bytes | None = None) -> None:
        """Read until this text appears, or until the process closes the terminal."""
        deadline = time.monotonic() + PATIENCE
        while text is None or text not in self.shown:
            assert time.monotonic() < deadline, f"{text!r} never appeared: {self.shown!r}"
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.terminal, 65536)
                except OSError:  # the other end is closed
                    return


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Fail if four times the size takes over ten times the processor's time: a square takes 16."""
    small, large = (min(_seconds(work, n) for _ in range(3)) for n in (size, 4 * size))
    assert large < 10 * small + 0.1, (small, large)


def _seconds(work: Callable[[int], object], size: int) -> float:
    start = time.process_time()
    work(size)
    return time.process_time() - start


@contextmanager
def terminal(*arguments: str, width: int = 60) -> Iterator[Screen]:
    """Yield the program on a real (pseudo) terminal of this width, and end it with the block."""
    parent, child = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
    subprocess.run(["stty", "cols", str(width), "rows", "40"], stdin=child, check=True)
    process = subprocess.Popen(
        [*PROGRAM, *arguments], stdin=child, stdout=child, stderr=child, cwd=ROOT,
        env={**environment, "TERM": "xterm-256color"}, start_new_session=True,
    )  # fmt: skip
    os.close(child)
    try:
        yield Screen(process, parent)
    finally:
        os.close(parent)
        process.kill()
        process.wait()


def on_a_terminal(*arguments: str, typed: bytes = b"", width: int = 60) -> tuple[int, str]:
    """Return status and screen of a run on a real (pseudo) terminal of this width."""
    with terminal(*arguments, width=width) as screen:
        screen.type(typed)
        screen.read_until()
        return screen.process.wait(timeout=PATIENCE), screen.text
