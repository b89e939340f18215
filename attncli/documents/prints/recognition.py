"""Recognise text that holds the print of a matrix, and not JSON or CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DECIMAL = r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+|inf|nan)(?:/\d+)?"
_CELL = rf"(?:{_DECIMAL}|\.\.\.|--|True|False)"
_NAMED = r"(?:[A-Za-z_][^\[\]\n]{0,80}[=:][ \t]*)?"
_OPEN = rf"\[[\[ \t]{{0,40}}{_CELL}"
_CONSTRUCTOR = rb"\b(?:[tT]ensor|[aA]rray|matrix)\(\s*(?:[\[\d.+-]|inf|nan)"
_LATEX = rb"\\begin\{(?:\w*matrix|array)"
_TABLE = rb"[ \t]*\|[^\n]*\|\s*\Z"
_RULE = "─────".encode()
# A line that begins with numbers in brackets, which blanks or semicolons separate. With commas, it
# counts only without a name before it, or if the brackets go on in the next line: `mask = [[1, 0]]`
# is a choice in a CSV file.
_BRACKETS = (
    rf"[ \t]*(?:{_NAMED}{_OPEN}(?:[ \t]+{_CELL}|[ \t]*;|[ \t]*\]?\s*\Z|[^\n]*,\s*\Z)"
    rf"|{_OPEN}[ \t]*,[ \t]*{_CELL})"
).encode()
# Numbers that blanks separate, rows that nothing but a line break separates, or the number `7.`.
_BARE = (
    rf"[\[\s]*(?:{_CELL}(?:\s+{_CELL})+\s*(?:[\];]|\Z)|{_CELL}\s*\][\]\s]*\[|[+-]?\d+\.(?:e[+-]\d+)?\s*\])"
).encode()
_SCALAR = rb"|\bnp\.(?:float|int|uint)\w*\("

_STEP = rb"\n## \d+ `[^`\n]+`[ \r]*\n"  # the heading that attncli gives to a step in Markdown


def is_markdown_document(data: bytes) -> bool:
    """Return True for a Markdown document that attncli wrote, such as a worksheet."""
    return b"\n## " in data and bool(re.search(_STEP, data))


def looks_like_print(data: bytes) -> bool:
    """Return True if a text, which does not begin as JSON, holds a print of a matrix."""
    return (
        _RULE in data
        or (b"(" in data and bool(re.search(_CONSTRUCTOR, data)))
        or (b"\\begin{" in data and bool(re.search(_LATEX, data)))
        or any(re.match(_TABLE, line) for line in _lines_with(b"|", data))
        or any(re.match(_BRACKETS, line) for line in _lines_with(b"[", data))
    )


def _lines_with(mark: bytes, data: bytes) -> Iterator[bytes]:
    """Yield the lines that hold a character; the other lines of a large file cost no time."""
    at = data.find(mark)
    while at >= 0:
        begin, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        yield data[begin : end if end >= 0 else len(data)].removeprefix(b"\xef\xbb\xbf")
        at = data.find(mark, end) if end >= 0 else -1


def begins_as_print(data: bytes) -> bool:
    """Return True if a text that begins with a bracket or a brace, but is not JSON, is a print.

    It holds tensors or arrays, or blanks or semicolons separate its numbers.
    """
    text = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if re.search(_CONSTRUCTOR + _SCALAR, text):
        return True
    if not text.startswith(b"[") or b'"' in text:
        return False
    return b";" in text.partition(b"]")[0] or bool(re.match(_BARE, text))
