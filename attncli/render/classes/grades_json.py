"""The report on a class as one object of JSON, and a grade as one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from attncli.homework.classes.class_report import ClassReport, ClassStatistics
from attncli.homework.classes.grade import Grade
from attncli.records import values_of
from attncli.render.standard_data import to_json
from attncli.render.view import View


def class_json(report: ClassReport, _: View) -> str:
    """Return one object: the title, the statistics, and an object per answer."""
    found = {
        "title": report.title,
        "statistics": _statistics(report.statistics),
        "grades": [grade.data() for grade in report.grades],
    }
    return _encodable(to_json(found))


def line(grade: Grade, _: Sequence[str]) -> str:
    """Return a grade as an object on one line."""
    return _encodable(json.dumps(grade.data(), ensure_ascii=False, allow_nan=False)) + "\n"


def _encodable(text: str) -> str:
    r"""Return JSON with an escape for each byte of a file's name that is not UTF-8.

    >>> print(_encodable('"é\udcff"'))
    "é\udcff"
    """
    return text.encode(errors="backslashreplace").decode()


def _statistics(statistics: ClassStatistics) -> dict[str, Any]:
    """Return the statistics as an object of JSON; what is not known is null."""
    own = values_of(statistics)
    totals = statistics.totals
    return {
        **{name: _list(value) for name, value in own.items()},
        "totals": None if totals is None else values_of(totals),
        "steps": [
            {**values_of(step), "share_right": step.share_right} for step in statistics.steps
        ],
    }


def _list(value: Any) -> Any:
    return [values_of(each) for each in value] if isinstance(value, tuple) else value
