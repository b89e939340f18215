"""A report as tables for people: the verdicts, then each wrong step with its wrong cells marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from attncli.homework.judging.report import AnswerReport, StepReport
from attncli.render.console import TextConsole
from attncli.render.reports.report_data import (
    LARGEST,
    Paragraph,
    largest_text,
    more_headings,
    paragraphs,
    verdict_text,
)
from attncli.render.reports.wrong_numbers import YOURS, aligned, number_columns
from attncli.render.view import View

STYLES = {
    "right": "green",
    "rounded": "green",
    "follows": "yellow",
    "wrong": "bold red",
    "shape": "bold red",
    "not yet": "yellow",
    "undecided": "bold yellow",
    "missing": "dim",
}
PLACE = 14  # characters that the place of a cell needs at least, with the space around it
GAP = 3  # characters between two columns
MOST_CELLS = 12  # the largest number of wrong cells that is listed without --full


def draw_report(report: AnswerReport, view: View) -> str:
    """Return the report as text, for a screen or a file."""
    console = TextConsole(view)
    if report.title:
        console.print(Text(report.title, "bold"))
        console.print()
    console.say(report.headline, "bold green" if report.passed else "bold red")
    if not report.lines:
        return console.text
    console.print()
    _print_verdicts(console, report)
    for paragraph in paragraphs(report):
        _print_paragraph(console, paragraph, view)
    console.print()
    console.print(Text(report.marks, "bold"))
    return console.text


def _print_verdicts(console: TextConsole, report: AnswerReport) -> None:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1))
    table.add_column("step", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    more = more_headings(report)
    for heading in more:
        table.add_column(heading, no_wrap=heading != "mistake")
    for line in report.lines:
        verdict = Text(verdict_text(line), STYLES[line.verdict.word])
        texts = {LARGEST: largest_text(line), "mistake": ", ".join(line.mistakes)}
        cells = (Text(texts[heading]) for heading in more)
        table.add_row(Text(line.name), verdict, Text(line.marks), *cells)
    console.print(table)


def _width(columns: Mapping[str, Sequence[str]], view: View) -> int | None:
    """Return the width of a table of wrong cells: of the screen, but enough for every digit."""
    if view.width is None:
        return None
    numbers = sum(len(texts[0]) + GAP for texts in columns.values())
    return max(view.width, numbers + PLACE)


def _print_paragraph(console: TextConsole, paragraph: Paragraph, view: View) -> None:
    console.print()
    first = paragraph.lines[0]
    verdict = (first.verdict.words, STYLES[first.verdict.word])
    heading = Text.assemble((paragraph.names, "bold cyan"), ": ", verdict, ". ")
    console.print(heading + Text(paragraph.text), width=view.width)
    if first.help:
        console.say(first.help, "italic")
    for line in paragraph.lines:
        if line.differences:
            if len(paragraph.lines) > 1:
                console.print(Text(line.name, "bold cyan"))
            _print_cells(console, line, view)


def _print_cells(console: TextConsole, line: StepReport, view: View) -> None:
    """Print a table of the wrong cells of a step."""
    shown = line.differences if view.full else line.differences[:MOST_CELLS]
    columns = {name: aligned(name, texts) for name, texts in number_columns(shown).items()}
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1))
    # A place may be broken between words, a number may not.
    table.add_column("wrong cell" if line.passed is False else "cell")
    for name in columns:
        table.add_column(Text(name, justify="right"), no_wrap=True)
    for cell, *numbers in zip(shown, *columns.values(), strict=True):
        styled = zip(columns, numbers, strict=True)
        texts = (Text(number, "red" if name == YOURS else "green") for name, number in styled)
        table.add_row(Text(cell.place), *texts)
    console.print(table, width=_width(columns, view))
    hidden = len(line.differences) - len(shown)
    if hidden:
        console.print(Text(f"and {hidden} more (--full shows them)", "dim"))
