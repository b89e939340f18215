"""A report as data: JSON in the shape of check50; and the texts that all tables share."""

from __future__ import annotations

import re
from math import isnan
from typing import Any, NamedTuple

from attncli.homework.judging.report import AnswerReport, StepReport, WrongCell
from attncli.records import values_of
from attncli.render.standard_data import to_json
from attncli.render.view import View
from attncli.words import in_words, some_in_words

VERDICT, POINTS, LARGEST, MISTAKE = "verdict", "points", "largest difference", "mistake"
MOST_NAMED, FEWEST_NAMED = 6, 3  # steps whose names are all written; the names of more steps


def headings_of(report: AnswerReport) -> tuple[str, ...]:
    """Return the headings of a table of verdicts; `texts_of` has the cells."""
    shown = {
        POINTS: report.shows_points,
        LARGEST: report.by_distance,
        MISTAKE: any(line.mistakes for line in report.lines),
    }
    return (report.subject, VERDICT, *(heading for heading, is_shown in shown.items() if is_shown))


def texts_of(line: StepReport) -> dict[str, str]:
    """Return the cells of a step in a table of verdicts, by their headings."""
    mistakes = ", ".join(line.mistakes)  # those that may explain the step
    verdict = verdict_text(line)
    return {VERDICT: verdict, POINTS: line.marks, LARGEST: _largest(line), MISTAKE: mistakes}


def _largest(line: StepReport) -> str:
    """Return the largest difference of a step and its place: `1.7e-7 at row 2, column 3`.

    It is `NaN at row 2, column 3` for a cell that is not a number.
    """
    if line.largest is None:
        return ""
    if isnan(line.largest.difference):
        return f"NaN at {line.largest.place}"
    short = re.sub("e([+-])0+", r"e\1", f"{line.largest.difference:.2g}")
    return f"{short} at {line.largest.place}" if line.largest.difference else "0"


class Paragraph(NamedTuple):
    """Steps with one verdict and one cause, and the text on all of them."""

    lines: tuple[StepReport, ...]

    @property
    def names(self) -> str:
        """The names of the steps: `Q, K and V`, and the number of the others."""
        names = [line.name for line in self.lines]
        return in_words(names) if len(names) <= MOST_NAMED else some_in_words(names, FEWEST_NAMED)

    @property
    def text(self) -> str:
        """The facts on each step, if they differ, and the sentences on the cause."""
        first, *others = self.lines
        if {line.rationale for line in others} - {first.rationale}:
            names = in_words([line.name for line in others])
            return f"{first.text} The same mistake explains {names}."
        facts = {line.fact for line in self.lines}
        if len(facts) == 1:
            fact = self.lines[0].fact
            if fact and len(self.lines) > 1:
                fact = f"In each step, {fact[0].casefold()}{fact[1:]}"
        else:
            fact = " ".join(f"{line.name}: {line.fact}" for line in self.lines if line.fact)
        return " ".join(filter(None, (fact, self.lines[0].rationale)))


def paragraphs(report: AnswerReport) -> list[Paragraph]:
    """Return the steps that need words, those with one cause together; the first wrong first."""
    groups: dict[object, list[StepReport]] = {}
    lines = sorted(report.lines, key=lambda line: line.name != report.first)
    for line in lines:
        if line.text:
            key = (line.verdict.word, line.kind or (line.rationale, line.help))
            groups.setdefault(key, []).append(line)
    return [Paragraph(tuple(group)) for group in groups.values()]


def verdict_text(line: StepReport) -> str:
    """Return the verdict and the type of a program's numbers: `right (float32)`."""
    return f"{line.verdict.word} ({line.type})" if line.type else line.verdict.word


def report_json(report: AnswerReport, _: View) -> str:
    """Return the results in the order of the plan; `passed` is null if nothing was answered."""
    results = [_result(line, report.by_distance) for line in report.lines]
    scores = {"results": results, "score": report.score, "max_score": report.max_score}
    return to_json({"student": report.student, **scores} if report.student else scores)


def _result(line: StepReport, by_distance: bool) -> dict[str, Any]:
    largest = {
        "largest_difference": line.largest.difference if line.largest else None,
        "largest_difference_at": line.largest.place if line.largest else None,
    }
    cells = [_cell(cell) for cell in line.differences]
    return {
        "name": line.name,
        "passed": line.passed,
        "data": {
            "verdict": line.verdict.word,
            "type": line.type or None,
            "cells": cells,
            "first": cells[0] if cells else None,
            **(largest if by_distance else {}),
        },
        "cause": {"rationale": line.text, "help": line.help, "mistakes": list(line.mistakes)}
        if line.text
        else None,
    }


def _cell(cell: WrongCell) -> dict[str, Any]:
    """A wrong cell as data; `from_yours` is null where it is `right`."""
    return {name: value for name, value in values_of(cell).items() if name != "decimals"}
