"""Recognise text that holds the print of a matrix, and not JSON or CSV."""

from __future__ import annotations

import re

_DECIMAL = r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+|inf|nan)(?:/\d+)?"
_CELL = rf"(?:{_DECIMAL}|\.\.\.|--|True|False)"
_NAMED = r"(?:[A-Za-z_][^\[\]\n]{0,80}[=:][ \t]*)?"
_OPEN = rf"\[[\[ \t]*{_CELL}"
_CONSTRUCTOR = rb"\b(?:tensor|array|matrix)\(\s*(?:[\[\d.+-]|inf|nan)"
_LATEX = rb"\\begin\{(?:\w*matrix|array)"
_TABLE = rb"(?m)^[ \t]*\|[^\n]*\|[ \t\r]*$"
_RULE = "─────".encode()
# A line that begins with numbers in brackets, which blanks or semicolons separate. With commas, it
# counts only without a name before it, or if the brackets go on in the next line: `mask = [[1, 0]]`
# is a choice in a CSV file.
_BRACKETS = (
    rf"(?m)^[ \t]*{_NAMED}{_OPEN}(?:[ \t]+{_CELL}|[ \t]*;|[ \t]*\]?[ \t\r]*$)".encode(),
    rf"(?m)^[ \t]*{_OPEN}[ \t]*,[ \t]*{_CELL}".encode(),
    rf"(?m)^[ \t]*{_NAMED}{_OPEN}[^\n]*,[ \t\r]*$".encode(),
)
# Numbers that blanks separate, rows that nothing but a line break separates, or the number `7.`.
_BARE = (
    rf"[\[\s]*(?:{_CELL}(?:\s+{_CELL})+\s*(?:[\];]|\Z)|{_CELL}\s*\][\]\s]*\[|[+-]?\d+\.(?:e[+-]\d+)?\s*\])"
).encode()
_SCALAR = rb"|\bnp\.(?:float|int|uint)\w*\("


def looks_like_print(data: bytes) -> bool:
    """Return True if a text, which does not begin as JSON, holds a print of a matrix.

    Each search is made only if the text has the character that it begins with.
    """
    return (
        (b"(" in data and bool(re.search(_CONSTRUCTOR, data)))
        or (b"\\begin{" in data and bool(re.search(_LATEX, data)))
        or _RULE in data
        or (b"|" in data and bool(re.search(_TABLE, data)))
        or (b"[" in data and any(re.search(pattern, data) for pattern in _BRACKETS))
    )


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
