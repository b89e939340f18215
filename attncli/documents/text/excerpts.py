"""Show the place of a fault in a text: its line and column, the line itself, and a caret."""

from __future__ import annotations

import unicodedata

from attncli.errors import DocumentError
from attncli.words import printable

BEFORE, AFTER = 40, 30  # the most characters of a long line that are shown around the place
CUT = "…"


class TextError(DocumentError):
    """A fault at a place in a text; the message shows the line, and a caret under the place."""

    def __init__(
        self, text: str, position: int, message: str, hint: str, first_line: int = 1
    ) -> None:
        """Make the error for the character `position`; `first_line` is the number of line 1."""
        before = text[:position]
        start = before.rfind("\n") + 1
        line = before.count("\n") + first_line
        super().__init__(f"line {line}, column {position - start + 1}: {message}", hint)
        self.excerpt = excerpt(text[start:].partition("\n")[0].rstrip("\r"), position - start)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *self.excerpt])


def excerpt(line: str, column: int) -> tuple[str, str]:
    """Return a line, indented and cut around a column, and the caret under this column from 0.

    >>> excerpt("[1 2]", 3)
    ('  [1 2]', '     ^')
    """
    column = min(column, len(line))
    start, end = max(0, column - BEFORE), column + AFTER
    before = (CUT if start else "") + printable(line[start:column].replace("\t", " "))
    after = printable(line[column:end].replace("\t", " ")) + (CUT if end < len(line) else "")
    return f"  {before}{after}".rstrip(), f"  {' ' * sum(map(_width, before))}^"


def _width(character: str) -> int:
    """Return the number of columns of a character on a terminal: 0, 1 or 2."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
