"""A report as Markdown, for a page or a comment."""

from __future__ import annotations

from collections.abc import Sequence

from attncli.homework.judging.report import AnswerReport, WrongCell
from attncli.render.markdown import escape_markdown
from attncli.render.reports.report_data import (
    LARGEST,
    MISTAKE,
    largest_text,
    more_headings,
    paragraphs,
    verdict_text,
)
from attncli.render.reports.wrong_numbers import FROM_YOURS, RIGHT, YOURS, number_columns
from attncli.render.view import View


def report_markdown(report: AnswerReport, _: View) -> str:
    """Return a sentence on the whole, a table of verdicts, then the texts on each step."""
    title = ["", escape_markdown(report.title)] if report.title else []
    rows = [f"**{escape_markdown(report.headline)}**", *title, ""]
    if not report.lines:
        return "\n".join(rows)
    points = ["points"] if report.shows_points else []
    headings = [report.subject, "verdict", *points, *more_headings(report)]
    dashes = ["---:" if heading == "points" else "---" for heading in headings]
    rows += [_row(headings), f"|{'|'.join(dashes)}|"]
    for line in report.lines:
        mistakes = ", ".join(f"`{name}`" for name in line.mistakes)
        more = {
            "points": line.marks,
            LARGEST: escape_markdown(largest_text(line)),
            MISTAKE: mistakes,
        }
        rows.append(
            _row([f"`{line.name}`", verdict_text(line), *(more[name] for name in headings[2:])])
        )
    for paragraph in paragraphs(report):
        first = paragraph.lines[0]
        heading = f"**{paragraph.names}: {first.verdict.words}.**"
        rows += ["", f"{heading} {escape_markdown(paragraph.text)}"]
        rows += [escape_markdown(first.help)] if first.help else []
        for line in paragraph.lines:
            name = f"{line.name}, " if len(paragraph.lines) > 1 else ""
            rows += _wrong_cells(line.differences, name)
    rows += ["", f"**{report.marks}**", ""] if report.shows_points else [""]
    return "\n".join(rows)


def _wrong_cells(cells: Sequence[WrongCell], name: str) -> list[str]:
    """A line for each wrong cell, with its numbers; `name` is the step, if there are several."""
    if not cells:
        return []
    columns = number_columns(cells)
    yours, right = columns[YOURS], columns[RIGHT]
    follows = columns.get(FROM_YOURS, right)
    return [
        f"- {escape_markdown(name + cell.place)}: `{yours[at]}` instead of `{right[at]}`"
        + (f"; from your numbers: `{follows[at]}`" if follows[at] != right[at] else "")
        for at, cell in enumerate(cells)
    ]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
