"""The report on a class as one object of JSON."""

from __future__ import annotations

from typing import Any

from attncli.homework.classes.class_report import ClassReport, ClassStatistics
from attncli.records import values_of
from attncli.render.classes.grades_jsonl import encodable
from attncli.render.standard_data import to_json
from attncli.render.view import View


def class_json(report: ClassReport, _: View) -> str:
    """Return one object: the title, the statistics, and an object per answer."""
    found = {
        "title": report.title,
        "statistics": statistics_data(report.statistics),
        "grades": [grade.data() for grade in report.grades],
    }
    return encodable(to_json(found))


def statistics_data(statistics: ClassStatistics) -> dict[str, Any]:
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
