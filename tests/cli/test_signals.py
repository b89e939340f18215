"""Test that a signal at any moment leaves whole files, a visible cursor and the right status."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from attncli.cli.terminal import waiting
from tests.crashes import BESIDE, crashes
from tests.running import PATIENCE, PROGRAM, ROOT, terminal

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
STATUSES = {"SIGINT": 130, "SIGHUP": 129, "SIGQUIT": 131, "SIGTERM": 143, "SIGXCPU": 152}

# The program gets a signal when it would put its new file in the place of the old one.
AT_THE_END_OF_A_WRITE = """
import os, signal, sys
replace = os.replace
def interrupted(*files):
    os.kill(os.getpid(), signal.{name})
    replace(*files)
os.replace = interrupted
from attncli.__main__ import main
sys.argv = ["attncli", "compute", "[[1]]", "-o", {target!r}]
main()
"""


@pytest.mark.parametrize("name", STATUSES)
def test_a_signal_during_a_write_keeps_the_old_file_alone(name: str, tmp_path: Path) -> None:
    """The old file keeps its content, and no file is left beside it."""
    target = tmp_path / "result.json"
    target.write_text("old")
    script = AT_THE_END_OF_A_WRITE.format(name=name, target=str(target))
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (STATUSES[name], b"", b"")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_a_file_is_whole_or_old(name: str, tmp_path: Path) -> None:
    """A signal at a random moment of a write leaves the old file or the whole new one.

    `python -m tests.crashes` does the same many times.
    """
    found = crashes(3, getattr(signal, name), tmp_path, seed=1)
    assert found.keys() <= {"old", "new", *(["old" + BESIDE] if name == "SIGKILL" else [])}


@pytest.mark.parametrize(
    "names",
    [["SIGINT"], ["SIGTERM"], ["SIGHUP"], ["SIGQUIT"], ["SIGINT", "SIGINT", "SIGINT"]],
    ids=" ".join,
)
def test_the_cursor_comes_back(names: list[str], tmp_path: Path) -> None:
    """A signal while a bar is shown, and further ones after it, leave a screen to type on."""
    tokens = tmp_path / "x.npy"
    np.save(tokens, np.random.default_rng(3).normal(size=(262_147, 3)))  # long on any machine
    given = ("compute", str(tokens), "--only", "output", "-o", str(tmp_path / "result.npz"))
    with terminal(*given, width=80) as screen:
        screen.read_until(b"%")
        for name in names:
            screen.process.send_signal(getattr(signal, name))
        screen.read_until()
        assert screen.process.wait(timeout=PATIENCE) == STATUSES[names[0]]
    assert "Traceback" not in screen.text
    assert "ignored" not in screen.text
    assert screen.text.rindex(SHOW_CURSOR) > screen.text.rindex(HIDE_CURSOR)
    assert [file.name for file in tmp_path.iterdir()] == ["x.npy"]


def test_a_signal_that_the_parent_ignores_stays_ignored(tmp_path: Path) -> None:
    """After `nohup`, a closed terminal does not end the program."""
    script = AT_THE_END_OF_A_WRITE.format(name="SIGHUP", target=str(tmp_path / "result.json"))
    command = ["bash", "-c", 'trap "" HUP; exec "$0" -c "$1"', sys.executable, script]
    subprocess.run(command, check=True, cwd=ROOT)
    assert (tmp_path / "result.json").exists()


# Starting a thread fails, as where the user has too many processes (`ulimit -u`).
WITHOUT_THREADS = """
import _thread, sys, threading
def refuse(*_, **__):
    raise RuntimeError("can't start new thread")
for name in ("_start_new_thread", "_start_joinable_thread"):
    if hasattr(threading, name):
        setattr(threading, name, refuse)
from attncli.__main__ import main
sys.argv = ["attncli", *sys.argv[1:]]
main()
"""


def test_no_thread_is_needed(tmp_path: Path) -> None:
    """If the system starts no thread, a long sequence is calculated by one, without a bar."""
    np.save(tmp_path / "x.npy", np.random.default_rng(3).normal(size=(2003, 3)))
    given = ["compute", str(tmp_path / "x.npy"), "--only", "output", "-f", "csv"]
    usual = subprocess.run([*PROGRAM, *given], capture_output=True, check=True, cwd=ROOT)
    alone = subprocess.run(
        [sys.executable, "-c", WITHOUT_THREADS, *given], capture_output=True, check=False, cwd=ROOT
    )
    assert (alone.returncode, alone.stderr) == (0, b"")
    assert alone.stdout == usual.stdout


def test_no_thread_is_needed_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the system starts no thread, work goes on without a bar."""

    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("attncli.cli.terminal.is_terminal", lambda stream: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("threading.Thread.start", refuse)
    with waiting("reading") as bar:
        assert bar is not None
        bar("reading", 0.5)
