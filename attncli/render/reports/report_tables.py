"""A report as tables for people: the verdicts, then each wrong step with its wrong cells marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from rich import box
from rich.table import Table
from rich.text import Text

from attncli.homework.judging.report import AnswerReport, StepReport
from attncli.render.console import TextConsole
from attncli.render.reports.marked_tables import print_marked
from attncli.render.reports.report_data import (
    MISTAKE,
    POINTS,
    Paragraph,
    headings_of,
    paragraphs,
    texts_of,
    verdict_text,
)
from attncli.render.view import View
from attncli.words import count, in_words

STYLES = {
    "right": "good",
    "rounded": "good",
    "follows": "caution",
    "wrong": "bad",
    "shape": "bad",
    "not yet": "caution",
    "undecided": "caution",
    "missing": "dim",
}
MOST_NAMED = 8  # the largest number of steps in a row whose names are all written


def draw_report(report: AnswerReport, view: View) -> str:
    """Return the report as text, for a screen or a file: the result in its first line."""
    console = TextConsole(view)
    console.say(report.headline, "success" if report.passed else "bad")
    if report.title:
        console.say(report.title, "dim")
    if not report.lines:
        return console.text
    console.print()
    if report.shows_points or report.by_distance or report.subject == "law":
        _print_lines(console, report)
    else:
        _print_verdicts(console, report)
    for paragraph in paragraphs(report):
        _print_paragraph(console, paragraph)
    if report.shows_points:
        console.print()
        console.print(Text(report.marks, "bold"))
    return console.text


def _print_lines(console: TextConsole, report: AnswerReport) -> None:
    """Print a table with a row per step or law: its points, and its largest difference."""
    headings = headings_of(report)
    table = _table(headings)
    for line in report.lines:
        texts = texts_of(line)
        cells = (Text(texts[heading]) for heading in headings[2:])
        table.add_row(Text(line.name), _verdict(line), *cells)
    console.print(table, width=console.view.width)


def _print_verdicts(console: TextConsole, report: AnswerReport) -> None:
    """Print a table with a row for each run of steps that have one verdict and one mistake."""
    headings = headings_of(report)
    table = _table(headings)
    for _, group in groupby(report.lines, lambda line: (verdict_text(line), line.mistakes)):
        first, *others = group
        cells = [Text(texts_of(first)[heading]) for heading in headings[2:]]
        names = [first.name, *(line.name for line in others)]
        table.add_row(Text(_run(names)), _verdict(first), *cells)
    console.print(table, width=console.view.width)


def _table(headings: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1))
    for heading in headings:
        # Names may be broken between words, and numbers may not.
        side: Literal["left", "right"] = "right" if heading == POINTS else "left"
        table.add_column(heading, justify=side, no_wrap=heading not in ("step", "law", MISTAKE))
    return table


def _run(names: Sequence[str]) -> str:
    """Return the names of steps in a row; of many steps, the first and the last."""
    if len(names) <= MOST_NAMED:
        return in_words(names)
    return f"{names[0]} to {names[-1]} ({count(len(names), 'steps')})"


def _verdict(line: StepReport) -> Text:
    return Text(verdict_text(line), STYLES[line.verdict.word])


def _print_paragraph(console: TextConsole, paragraph: Paragraph) -> None:
    console.print()
    first = paragraph.lines[0]
    verdict = (first.verdict.words, STYLES[first.verdict.word])
    heading = Text.assemble((paragraph.names, "name"), ": ", verdict, ". ")
    console.print(heading + Text(paragraph.text), width=console.view.width)
    if first.help:
        console.say(first.help, "italic")
    for line in paragraph.lines:
        if line.matrix:
            console.print()
            if len(paragraph.lines) > 1:
                console.print(Text(f" {line.name}", "name"))
            print_marked(console, line.matrix)
