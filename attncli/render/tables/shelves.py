"""Blocks of text side by side, as many as fit on a screen, and the next ones below them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.text import Text

from attncli.records import record

BETWEEN = 4  # characters between two blocks
HEADING = 36  # characters: a heading this long is not broken, even above a narrower matrix


@record(frozen=True)
class Block:
    """One subject: a heading, and the lines below it.

    A heading that is broken continues below its text, `indent` characters from the left.
    """

    heading: Text
    body: Sequence[Text]
    indent: int = 0

    @property
    def width(self) -> int:
        """The smallest width, in characters, that suits the block."""
        body = max((line.cell_len for line in self.body), default=0)
        return max(body, *(line.cell_len for line in self._heading(max(body, HEADING))))

    @property
    def width_of_all(self) -> int:
        """The width of the block if its heading is not broken."""
        return max(self.width, self.heading.cell_len)

    def _heading(self, width: int | None) -> list[Text]:
        return list(wrap_words(self.heading, width, self.indent))

    def lines(self, width: int | None, height: int = 0) -> list[Text]:
        """Return the lines; the heading has at least `height` lines, so that bodies align."""
        heading = self._heading(width)
        return [*heading, *[Text()] * (height - len(heading)), *self.body]

    def height(self, width: int) -> int:
        """Return how many lines the heading has at this width."""
        return len(self._heading(width))


def stacked(blocks: Iterable[Block], screen: int | None) -> Iterator[list[Text]]:
    """Yield the lines of the blocks that stand side by side, then of those below them.

    All blocks are below one another if `screen`, the width in characters, is None.
    """
    shelf: list[Block] = []
    used = 0
    for block in blocks:
        if screen is None:
            yield block.lines(None)
            continue
        if shelf and used + BETWEEN + block.width > screen:
            yield _side_by_side(shelf, screen)
            shelf, used = [], 0
        used += block.width + (BETWEEN if shelf else 0)
        shelf.append(block)
    if shelf and screen is not None:
        yield _side_by_side(shelf, screen)


def _side_by_side(blocks: Sequence[Block], screen: int) -> list[Text]:
    """Return the lines of blocks that fit beside one another.

    Headings get the space that is left, from the first block on.
    """
    widths = [block.width for block in blocks]
    left = screen - sum(widths) - BETWEEN * (len(blocks) - 1)
    for at, block in enumerate(blocks):
        more = block.width_of_all - widths[at]
        if more <= left:
            widths[at] += more
            left -= more
    if len(blocks) == 1:  # a heading that is too long for the screen still gets all of it
        widths = [max(*widths, screen)]
    height = max(block.height(width) for block, width in zip(blocks, widths, strict=True))
    columns = [block.lines(width, height) for block, width in zip(blocks, widths, strict=True)]
    return [_joined(line, widths) for line in zip_longest(*columns)]


def _joined(parts: Sequence[Text | None], widths: Sequence[int]) -> Text:
    line, start = Text(), 0
    for part, width in zip(parts, widths, strict=True):
        if part:
            line.append(" " * (start - line.cell_len))
            line.append_text(part)
        start += width + BETWEEN
    return line


def wrap_words(text: Text, width: int | None, indent: int = 0) -> Iterator[Text]:
    """Yield lines that fit the width, broken between words; lines after the first are indented.

    A shape stays on one line, and so does a word that is wider than the line.
    """
    starts = [0]
    for word in re.finditer(r"\s*\S+(?: × \d+)*\s*", text.plain):
        room = None if width is None else width - (indent if len(starts) > 1 else 0)
        line = text.plain[starts[-1] : word.end()].rstrip()
        if room is not None and cell_len(line) > room and word.start() > starts[-1]:
            starts.append(word.start())
    for at, part in enumerate(text.divide(starts[1:])):
        part.rstrip()
        yield Text(" " * indent).append_text(part) if at else part
