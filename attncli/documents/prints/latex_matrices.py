r"""Read a matrix of LaTeX: `\begin{bmatrix} 1 & \frac{1}{2} \\ 0 & \sqrt{2} \end{bmatrix}`."""

from __future__ import annotations

import re
from typing import Any

from attncli.documents.parsed import IsValue
from attncli.documents.prints.printed import WRITTEN, PrintedMatrix, checked_cell
from attncli.documents.text.excerpts import TextError

LONGEST_CELL = 400  # characters
BEGIN = r"\\begin\{(\w*matrix|array)\*?\}"
_BEGIN = re.compile(BEGIN + r"\s*(?:\[[^\[\]]*\]|\{[lcr|@{} ]*\})*")
_BREAK = re.compile(r"\\\\(?:\[[^\[\]]*\])?|&")
_DROPPED = re.compile(
    r"\\(?:hline|displaystyle|left|right|quad|,|;|:|!|\s)|\\phantom\{[^{}]*\}|[$~]|%[^\n]*"
)
_ELIDED = re.compile(r"\\[cdvl]?dots|\.\.\.|…")
_MIXED = re.compile(r"\d\s*\\[dt]?frac")
_WORDS = {
    r"\\(?:cdot|times|ast)(?![a-zA-Z])": "*",
    r"\\div(?![a-zA-Z])": "/",
    r"\\infty(?![a-zA-Z])": "inf",
    r"\\(pi|exp|ln|log|tanh)(?![a-zA-Z])": r"\1",
    r"\\math(?:rm|bf|it)\s*\{([^{}]*)\}": r"\1",
    r"\\text\w*\s*\{([^{}]*)\}": r"\1",
    r"\\[dt]?frac\s*(\d)\s*(\d)": r"(\1/\2)",
    r"\\sqrt\s*(\d)": r"sqrt(\1)",
    r"\{,\}": ".",
}
_GROUPS = {
    r"\\[dt]?frac\s*\{([\w.]*)\}\s*\{([\w.]*)\}": r"(\1/\2)",
    r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}": r"((\1)/(\2))",
    r"\\sqrt\s*\{([^{}]*)\}": r"sqrt(\1)",
    r"\^\s*\{([^{}]*)\}": r"^(\1)",
}


def read_latex(text: str, position: int, is_value: IsValue | None) -> PrintedMatrix:
    """Return the matrix of the environment that begins at a position.

    Fractions and roots become arithmetic, which an answer may hold. Raises TextError, with the
    place, for a cell that is not a number, and if the environment does not end.
    """
    begin = _BEGIN.match(text, position)
    assert begin
    end = re.compile(rf"\\end\{{{begin[1]}\*?\}}").search(text, begin.end())
    if not end:
        message = rf"\end{{{begin[1]}}} is missing."
        raise TextError(text, position, message, "If the text is cut off, copy it again.")
    rows: list[list[Any]] = [[]]
    start = begin.end()
    while start <= end.start():
        mark = _BREAK.search(text, start, end.start())
        stop = mark.start() if mark else end.start()
        is_after_the_last = not mark and not rows[-1] and not text[start:stop].strip()
        rows[-1].append("" if is_after_the_last else _cell(text, start, stop, is_value))
        start = mark.end() if mark else end.start() + 1
        if mark and mark[0] != "&":
            rows.append([])
    if rows[-1] == [""]:  # \\ after the last row
        rows.pop()
    return PrintedMatrix(rows, WRITTEN, position, end.end())


def _cell(text: str, start: int, stop: int, is_value: IsValue | None) -> str:
    """Return the cell between two positions as a number, or as arithmetic."""
    cell = text[start:stop]
    at = start + len(cell) - len(cell.lstrip())
    if _ELIDED.search(cell):
        raise TextError(text, at, "dots stand for cells that are left out.", "Write every cell.")
    mixed = _MIXED.search(cell)
    if mixed:
        message = f"{mixed[0]}... can be a sum or a product."
        raise TextError(text, start + mixed.start(), message, r"Write 2 + \frac{1}{2}, or 2.5.")
    if len(cell) > LONGEST_CELL:
        raise TextError(text, at, "this cell is too long.", "Check the marks & and \\\\.")
    return checked_cell(text, arithmetic(cell), at, is_value)


def arithmetic(cell: str) -> str:
    r"""Return the formula of a cell as arithmetic on one line.

    >>> arithmetic(r"\frac{1}{3}"), arithmetic(r"-\frac{e^{2}}{\sqrt{2} + 1}"), arithmetic("0{,}5")
    ('1/3', '-((e^(2))/(sqrt(2) + 1))', '0.5')
    """
    cell = _DROPPED.sub("", cell)
    for pattern, text in _WORDS.items():
        cell = re.sub(pattern, text, cell)
    before = ""
    while cell != before:
        before = cell
        for pattern, text in _GROUPS.items():
            cell = re.sub(pattern, text, cell)
    cell = " ".join(cell.split())
    simple = re.fullmatch(r"\((\d+/\d+)\)", cell)
    return simple[1] if simple else cell
