"""A gradebook as CSV, which can be written while a class is being graded."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from io import StringIO

from attncli.homework.classes.grade import Grade
from attncli.render.numbers import constant_text
from attncli.words import printable

FIRST = ("student", "name", "email", "file", "status")
LAST = ("total", "points", "first_wrong", "mistakes", "message", "headline", "variant", "folder",
        "digest", "steps")  # fmt: skip
# A spreadsheet takes a text that begins with one of these for a formula.
FORMULA = re.compile(r"'*[=+\-@]")


def head(names: Sequence[str]) -> str:
    """Return the header of a class with these steps: one column per step, between the others."""
    return _row([*FIRST, *names, *LAST])


def line(grade: Grade, names: Sequence[str]) -> str:
    """Return a grade as one line; the columns of steps hold their points.

    A message is cut after its first line. The last column holds the steps as JSON, with verdicts,
    mistakes and wrong numbers, and those steps too that are not in `names`.
    """
    steps = {step.name: step for step in grade.steps}
    points = [constant_text(steps[name].earned) if name in steps else "" for name in names]
    is_graded = grade.earned is not None
    texts = {
        **{name: guarded(getattr(grade, name)) for name in (*FIRST, *LAST) if name in _TEXTS},
        "status": grade.status.word,
        "message": guarded(grade.message.partition("\n")[0]),
        "total": constant_text(grade.earned) if grade.earned is not None else "",
        "points": constant_text(grade.points) if is_graded else "",
        "mistakes": guarded(", ".join(grade.mistakes)),
        "steps": json.dumps(grade.data()["steps"], ensure_ascii=False, separators=(",", ":")),
    }
    return _row([*map(texts.__getitem__, FIRST), *points, *map(texts.__getitem__, LAST)])


_TEXTS = ("student", "name", "email", "file", "first_wrong", "headline", "variant",
          "folder", "digest")  # fmt: skip


def guarded(text: str) -> str:
    """Return a text for a cell, on one line: with ' before what a spreadsheet would calculate.

    >>> guarded("=1+1"), guarded("'-2"), guarded("'t Hooft")
    ("'=1+1", "''-2", "'t Hooft")
    """
    text = printable(text)
    return f"'{text}" if FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """Return the text of a cell that `guarded` has written."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def _row(cells: Sequence[str]) -> str:
    buffer = StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()
