"""Runs the examples of a Markdown page: its files are written, its commands and Python are run."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from typing import Any

from tests.running import ROOT

# A block with its kind; the line above the block may end with the name of a file: `problem.json`:
BLOCK = re.compile(r"(?ms)(?:^[^\n]*`([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```$")
NEEDED = ("jq",)  # programs that an example may use, and that a machine may lack


def comparable(text: str) -> str:
    """Round long numbers to 12 decimals, because the last digit of exp depends on the machine."""
    return re.sub(r"\d+\.\d{13,}", lambda match: f"{float(match[0]):.12f}", text)


def commands(console: str) -> list[tuple[str, str]]:
    """Return each command of a console block with the output below it.

    A command goes on in the next line after a backslash.
    """
    return re.findall(r"(?ms)^\$ (.*?[^\\])\n(.*?)(?=^\$ |\Z)", console)


def can_run(command: str) -> bool:
    """Tell if this machine has the programs that a command needs."""
    return all(shutil.which(name) for name in NEEDED if re.search(rf"\b{name}\b", command))


def run_in_shell(command: str, folder: Path) -> str:
    """Return what a command prints on stdout and stderr, with attncli from this interpreter."""
    program = f"attncli() {{ '{sys.executable}' -m attncli \"$@\"; }}\n"
    # Without this, what readline put into the environment behind Python's back is inherited.
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    run = subprocess.run(
        ["bash", "-c", program + command],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        check=False,
        encoding="utf-8",
    )
    return run.stdout


def rerun(page: str, folder: Path) -> str:
    """Return the page with the outputs that its commands print now, run in order in a folder.

    A block of JSON or CSV below the name of a file is written to that file first. Python is run
    with doctest; the names of one block are known in the next.
    """
    python: dict[str, Any] = {}

    def again(block: re.Match[str]) -> str:
        name, kind, text = block.groups()
        if kind == "console":
            runs = [
                f"$ {command}\n{_output(command, old, folder)}" for command, old in commands(text)
            ]
            return block[0].replace(text, "".join(runs))
        if kind == "python":
            return block[0].replace(text, _run_python(text, python, folder))
        if name:
            (folder / name).write_text(text, encoding="utf-8")
        return block[0]

    return BLOCK.sub(again, page)


def _output(command: str, old: str, folder: Path) -> str:
    """Return what a command prints; the old text if no more than last digits differ."""
    if not can_run(command):
        return old
    printed = run_in_shell(command, folder)
    return old if comparable(printed) == comparable(old) else printed


class _Runner(doctest.DocTestRunner):
    """Runs doctests, and keeps what each example prints where the page says something else."""

    def __init__(self) -> None:
        super().__init__(verbose=False)
        self.printed: dict[int, str] = {}

    def report_failure(
        self, out: object, test: doctest.DocTest, example: doctest.Example, got: str
    ) -> None:
        self.printed[example.lineno] = got

    def report_unexpected_exception(
        self, out: object, test: doctest.DocTest, example: doctest.Example, exc_info: Any
    ) -> None:
        raise exc_info[1]


def _run_python(text: str, names: dict[str, Any], folder: Path) -> str:
    """Return the examples with the outputs that they print now, run with these names."""
    test = doctest.DocTestParser().get_doctest(text, names, "the guide", None, None)
    assert test.examples, f"no line of this Python begins with >>>:\n{text}"
    runner = _Runner()
    with chdir(folder):
        runner.run(test, clear_globs=False)
    names.update(test.globs)
    lines = text.splitlines(keepends=True)
    for example in reversed(test.examples):
        if example.lineno in runner.printed:
            first = example.lineno + example.source.count("\n")
            lines[first : first + example.want.count("\n")] = [runner.printed[example.lineno]]
    return "".join(lines)
