"""The text of an answer that was typed into a page of a platform, which keeps it as HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_CELLS = ("td", "th")
_BLOCKS = ("p", "div", "tr", "li", "pre", "table", "h1", "h2", "h3", "h4", "h5", "h6")
_INVISIBLE = ("style", "script", "title")


def typed_text(page: bytes) -> bytes:
    r"""Return the text of an HTML page in UTF-8: a line per paragraph or row, tabs between cells.

    An empty paragraph becomes an empty line, which separates matrices.

    >>> typed_text(b"<p>output:</p><table><tr><td>1</td><td>&minus;2</td></tr></table>")
    b'output:\n1\t\xe2\x88\x922\n'
    """
    reader = _TextReader()
    reader.feed(page.decode("utf-8-sig", errors="replace"))
    reader.close()
    lines = [re.sub(r"[ \xa0]+", " ", line).strip(" ") for line in reader.lines]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip("\n") + "\n").encode()


class _TextReader(HTMLParser):
    """Collects the visible lines of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = [""]
        self._invisible = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, or a cell."""
        if tag in _INVISIBLE:
            self._invisible = tag
        elif tag in _CELLS and self.lines[-1]:
            self.lines[-1] += "\t"
        elif tag == "br" or (tag in _BLOCKS and self.lines[-1]):
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        """End a line; an empty paragraph is an empty line."""
        if tag == self._invisible:
            self._invisible = ""
        elif tag == "p" or (tag in _BLOCKS and self.lines[-1]):
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        """Add text to the line; line breaks between two tags are not text."""
        if not self._invisible and (data.strip() or "\n" not in data):
            first, *others = data.split("\n")
            self.lines[-1] += first
            self.lines += others
