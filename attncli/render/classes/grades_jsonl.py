"""A gradebook as lines of JSON, which can be written while a class is being graded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isfinite
from typing import Any

from attncli.homework.classes.grade import Grade


def head(_: Sequence[str]) -> str:
    """Return nothing: the lines have no header."""
    return ""


def line(grade: Grade, _: Sequence[str]) -> str:
    """Return a grade as an object on one line."""
    data = {**grade.data(), "steps": steps_data(grade)}
    return encodable(json.dumps(data, ensure_ascii=False, allow_nan=False)) + "\n"


def encodable(text: str) -> str:
    r"""Return JSON with an escape for each byte of a file's name that is not UTF-8.

    >>> print(encodable('"é\udcff"'))
    "é\udcff"
    """
    return text.encode(errors="backslashreplace").decode()


def steps_data(grade: Grade) -> dict[str, Any]:
    """Return the steps of a grade as an object of JSON; infinities and NaN are strings."""
    return {
        name: {
            **step,
            "wrong": {
                place: number if isfinite(number) else str(number)
                for place, number in step["wrong"].items()
            },
        }
        for name, step in grade.data()["steps"].items()
    }
