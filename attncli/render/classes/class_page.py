"""The report on a class as a page for a browser, which needs no script and no other file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from attncli.homework.classes.class_report import ClassReport
from attncli.render.classes.class_texts import (
    NONE,
    TITLE,
    AnswerRow,
    ClassTable,
    answer_table,
    class_tables,
    summary,
)
from attncli.render.heat import OF_SHARES
from attncli.render.pages.elements import Html, element, join
from attncli.render.pages.heat_styles import heat_class
from attncli.render.pages.page_shell import write_page
from attncli.render.view import View


def draw_class_page(report: ClassReport, view: View) -> str:
    """Return the page of a class: the sentences, the tables of statistics, a row per answer."""
    header = element(
        "header",
        element("h1", report.title or TITLE),
        *(element("p", sentence) for sentence in summary(report.statistics)),
    )
    sections = [_section(table) for table in class_tables(report, view.full)]
    if report.grades:
        sections.append(_answers(report))
    return write_page(report.title or TITLE, None, header, element("main", *sections))


def _section(table: ClassTable) -> Html:
    """Return a table of the statistics; the share of right answers is shaded."""
    rows = []
    for number, row in enumerate(table.rows):
        cells = []
        for at, (heading, text) in enumerate(zip(table.headings, row, strict=True)):
            is_shaded = heading == "right" and table.shares
            name = heat_class(OF_SHARES, table.shares[number]) if is_shaded else ""
            write = _kept_together if at in table.numbers else _breakable
            cells.append(element("td", write(text or NONE), class_=name))
        rows.append(join(*cells))
    notes = (element("p", text) for text in (table.note, table.left_out) if text)
    return _titled(table.title, table.headings, rows, *notes)


def _answers(report: ClassReport) -> Html:
    headings, rows, folder = answer_table(report)
    below = [element("p", folder)] if folder else []
    return _titled("Answers", headings, map(_row, rows), *below)


def _row(row: AnswerRow) -> Html:
    points = (
        element("td", text, class_="bad" if lost else "")
        for text, lost in zip(row.points, row.lost, strict=True)
    )
    total = element("td", _kept_together(row.total), class_="" if row.is_graded else "open")
    texts = (element("td", _breakable(text)) for text in (row.student, row.file))
    others = (element("td", text) for text in (row.first_wrong, row.mistakes))
    return join(*texts, *points, total, *others)


def _kept_together(text: str) -> str:
    """Return a text that a browser does not break."""
    return text.replace(" ", "\u00a0")


def _breakable(text: str) -> Html:
    """Return a text that a browser may also break inside the name of a file."""
    return Html(re.sub(r"([_/:])(?=\S)", r"\1<wbr>", join(text)))


def _titled(title: str, headings: Sequence[str], rows: Iterable[Html], *below: Html) -> Html:
    """Return a section with a table, which scrolls on a narrow screen, also by keys."""
    head = element("tr", *(element("th", heading, scope="col") for heading in headings))
    body = (element("tr", row) for row in rows)
    table = element("table", element("thead", head), element("tbody", *body))
    scroll = element("div", table, class_="scroll", tabindex=0, role="region", aria_label=title)
    return element("section", element("h2", title), scroll, *below, class_="verdicts")
