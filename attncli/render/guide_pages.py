"""A page of the guide for a terminal: Markdown in colours, within the width of the screen."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement, TableElement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from attncli.render.console import TextConsole
from attncli.render.view import View

MOST_COLUMNS = 100  # longer lines are hard to read

STYLES = {
    "markdown.h1": "bold",
    "markdown.h2": "bold magenta",
    "markdown.h3": "bold",
    "markdown.link": "none",
    "markdown.table.border": "dim",
    "markdown.table.header": "bold",
}


def draw_page(markdown: str, view: View) -> str:
    """Return a page of Markdown as a terminal shows it, at most `MOST_COLUMNS` wide."""
    console = TextConsole(view)
    console.push_theme(Theme({**STYLES, "markdown.code": console.get_style("code")}))
    width = min(view.width or MOST_COLUMNS, MOST_COLUMNS)
    # Names of tables, and addresses of other pages, are useful only on a code host.
    shown = re.sub(r"(?m)^<!--.*?-->\n\n?", "", markdown)
    shown = re.sub(r"\[(.+?)\]\([\w-]+\.md\)", r"\1", shown)
    console.print(_Page(shown, hyperlinks=False), width=width)
    return console.text.strip("\n") + "\n"


class _LeftHeading(Heading):
    """A heading at the left margin; without colours it keeps the marks of Markdown."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        marks = f"{'#' * int(self.tag[1:])} " if console.no_color else ""
        yield Text(marks) + self.text


class _PlainCode(CodeBlock):
    """A block of code, indented by two columns; a command is bold, after an empty line.

    A line that is wider than the screen is folded, so that no character is lost.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip()
        if self.lexer_name == "console":
            code = re.sub(r"(?m)(?<=\n)^(?=\$ )", "\n", code)
        shown = Text(code, overflow="fold")
        shown.highlight_regex(r"(?m)^\$ (?:.*\\\n)*.*$", "bold")
        yield Padding(shown, (0, 0, 0, 2))


class _WholeTable(TableElement):
    """A table that breaks a long text into several lines of its cell, and never cuts it."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        assert self.header
        assert self.header.row
        assert self.body
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, border_style="dim")
        for cell in self.header.row.cells:
            table.add_column(cell.content, overflow="fold", header_style="bold")
        for row in self.body.rows:
            table.add_row(*(cell.content for cell in row.cells))
        yield table


class _Page(Markdown):
    """Markdown with the elements above."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _LeftHeading,
        "fence": _PlainCode,
        "table_open": _WholeTable,
    }
