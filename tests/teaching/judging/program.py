"""The only place that asks the program: a document and an answer in, verdicts out."""

from __future__ import annotations

import re
import time
import warnings
from dataclasses import dataclass

import attncli
from tests.teaching.calculation.problem import Document


@dataclass(frozen=True)
class Line:
    """The report on one step that the answer holds."""

    name: str
    verdict: str
    passed: bool
    mistakes: tuple[str, ...]
    words: str
    cells: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Verdicts:
    """The report on an answer: its lines, its whole text, and the CPU seconds that it took.

    `refused` is the message of an answer that was not read, and `crashed` the error of a bug.
    """

    passed: bool
    lines: tuple[Line, ...] = ()
    text: str = ""
    seconds: float = 0.0
    refused: str = ""
    crashed: str = ""


def ask(problem: Document, answer: Document) -> Verdicts:
    """Return the verdicts of the program on an answer."""
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            report = attncli.check(problem, answer)
            seconds = time.process_time() - start
            text = re.sub(r"\x1b\[[0-9;]*m", "", str(report))
    except attncli.AttncliError as error:
        return Verdicts(False, refused=str(error))
    except Exception as error:  # noqa: BLE001 — a crash is a finding, and not the end of the measure
        return Verdicts(False, crashed=f"{type(error).__name__}: {error}")
    lines = tuple(
        Line(
            step.name,
            str(step.verdict.word),
            bool(step.passed),
            tuple(step.mistakes),
            f"{step.rationale} {step.help}",
            tuple(tuple(at - 1 for at in cell.index) for cell in step.differences),
        )
        for step in report.steps
        if step.passed is not None
    )
    return Verdicts(report.passed, lines, text, seconds)


def version() -> str:
    """Return the version of the program."""
    return attncli.__version__
