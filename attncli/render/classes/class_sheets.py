"""The report on a class as tables for people: a row per answer, then what the class got wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from attncli.homework.classes.class_report import ClassReport
from attncli.records import record
from attncli.render.classes.class_texts import (
    NONE,
    AnswerRow,
    ClassTable,
    answer_row,
    class_steps,
    class_tables,
    folder_text,
    shared_folder,
    summary,
)
from attncli.render.console import TextConsole
from attncli.render.heat import OF_SHARES
from attncli.render.tables.elision import left_out_text
from attncli.render.view import View

MOST_ANSWERS = 200  # rows of answers that are shown without --full
WIDE, NARROW = 20, 10  # characters of a column of names or files, which may be broken anywhere
BETWEEN = 2  # characters between two columns
FIRST_WRONG = "first wrong"


@record(frozen=True)
class AnswerColumns:
    """The way in which the rows of answers fit on a screen.

    `heads` are the headings of the steps: their names, their numbers, or none if not even the
    numbers fit. If `is_stacked`, the file stands below the student in one column.
    """

    heads: tuple[str, ...]
    is_stacked: bool

    def width(self, rows: Sequence[AnswerRow], broken: int) -> int:
        """Return the width of the table if names and files are broken after `broken` characters."""
        students = [row.student for row in rows]
        files = [row.file for row in rows]
        folded = [[*students, *files]] if self.is_stacked else [students, files]
        folded.append([row.mistakes for row in rows])
        widths = [min(broken, _widest(texts)) for texts in folded]
        widths.append(_widest(["total", *(row.total for row in rows)]))
        widths.append(_widest([*FIRST_WRONG.split(), *(row.first_wrong for row in rows)]))
        if self.heads:
            steps = self.step_widths(rows)
            widths.append(sum(steps) + len(steps) - 1)
        return sum(widths) + BETWEEN * len(widths)

    def step_widths(self, rows: Sequence[AnswerRow]) -> list[int]:
        """Return the width of the points of each step, in characters."""
        return [
            _widest([head, *(row.points[at] for row in rows)]) for at, head in enumerate(self.heads)
        ]


def draw_class(report: ClassReport, view: View) -> str:
    """Return the report as text: the rows of the answers, then the statistics.

    The summary is the end, which a terminal shows after a long report.
    """
    console = TextConsole(view)
    if report.title:
        console.say(report.title, "bold")
        console.print()
    if report.grades:
        _print_answers(console, report)
        console.print()
    for table in class_tables(report, view.full):
        _print_table(console, table)
        console.print()
    for sentence in summary(report.statistics):
        console.say(sentence, "bold")
    return console.text


def _print_answers(console: TextConsole, report: ClassReport) -> None:
    names = class_steps(report.grades)
    shown = report.grades if console.view.full else report.grades[:MOST_ANSWERS]
    folder = shared_folder(report.grades)
    rows = [answer_row(grade, names, folder) for grade in shown]
    columns = _fitting(names, rows, console.view.width)
    table = _table()
    if columns.is_stacked:
        table.add_column(Text("student\nfile"), overflow="fold")
    else:
        table.add_column("student", overflow="fold")
        table.add_column("file", overflow="fold")
    widths = columns.step_widths(rows)
    if columns.heads:
        table.add_column(Text(_side_by_side(columns.heads, widths)), no_wrap=True)
    table.add_column("total", no_wrap=True, justify="right")
    table.add_column(FIRST_WRONG, min_width=_widest(row.first_wrong for row in rows))
    table.add_column("mistakes", overflow="fold")
    for row in rows:
        who = [Text(row.student), Text(row.file, "dim" if columns.is_stacked else "")]
        cells = [Text("\n").join(text for text in who if text)] if columns.is_stacked else who
        if columns.heads:
            cells.append(_points(row, widths))
        style = "" if row.is_graded else "caution"
        table.add_row(*cells, Text(row.total, style), Text(row.first_wrong), Text(row.mistakes))
    screen = console.view.width
    # Nothing is cut: a table that does not fit is wider than the screen.
    console.print(table, width=screen and max(screen, columns.width(rows, NARROW)))
    if columns.heads and columns.heads != tuple(names):
        numbered = (f"{at} {name}" for at, name in enumerate(names, 1))
        console.say(f"steps: {', '.join(numbered)}", "dim")
    if names and not columns.heads:
        console.say("The points of the steps need a wider screen, or -f csv.", "dim")
    if folder:
        console.say(folder_text(folder), "dim")
    left_out = left_out_text([("answers", len(report.grades), len(rows))])
    if left_out:
        console.say(left_out, "dim")


def _fitting(names: Sequence[str], rows: Sequence[AnswerRow], screen: int | None) -> AnswerColumns:
    """Return the columns that show most of those that fit on a screen of this width."""
    numbers = tuple(str(at) for at in range(1, len(names) + 1))
    ways = [
        AnswerColumns(heads, is_stacked)
        for heads, is_stacked in product((tuple(names), numbers, ()), (False, True))
    ]
    if screen is None:
        return ways[0]
    for broken, way in product((WIDE, NARROW), ways):
        if way.heads and way.width(rows, broken) <= screen:
            return way
    return next((way for way in ways[-2:] if way.width(rows, WIDE) <= screen), ways[-1])


def _points(row: AnswerRow, widths: Sequence[int]) -> Text:
    """Return the points of the steps in one cell; lost points have a colour."""
    line = Text()
    for at, (points, lost, width) in enumerate(zip(row.points, row.lost, widths, strict=True)):
        line.append(" " if at else "")
        line.append(points.rjust(width), "bad" if lost else "")
    return line


def _side_by_side(texts: Iterable[str], widths: Sequence[int]) -> str:
    return " ".join(text.rjust(width) for text, width in zip(texts, widths, strict=True))


def _widest(texts: Iterable[str]) -> int:
    return max(map(cell_len, texts), default=0)


def _print_table(console: TextConsole, drawn: ClassTable) -> None:
    """Print a title and a table; only texts are broken, between words where that is possible."""
    console.say(drawn.title, "bold")
    table = _table()
    for at, heading in enumerate(drawn.headings):
        is_number = at in drawn.numbers
        table.add_column(
            heading,
            justify="right" if is_number else "left",
            min_width=_widest(row[at] for row in drawn.rows) if is_number else None,
            overflow="fold",
        )
    for number, row in enumerate(drawn.rows):
        cells = [Text(text or NONE) for text in row]
        if drawn.shares:
            cells[drawn.headings.index("right")].stylize(_shade(console.view, drawn.shares[number]))
        table.add_row(*cells)
    console.print(table, width=console.view.width)
    for sentence in filter(None, (drawn.note, drawn.left_out)):
        console.say(sentence, "dim")


def _shade(view: View, share: float) -> str:
    return OF_SHARES.style(share, view.is_dark, view.color) if view.color else ""


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0, 0, 1))
