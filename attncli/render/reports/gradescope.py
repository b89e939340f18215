"""A report in the format of Gradescope: results.json."""

from __future__ import annotations

from attncli.homework.judging.report import Report
from attncli.render.reports.report_tables import draw_report
from attncli.render.standard_data import to_json
from attncli.render.view import View


def report_gradescope(report: Report, view: View) -> str:
    """Return one test per step, with points and texts, below the whole report in colour."""
    words = {True: "passed", False: "failed"}
    tests = [
        {
            "name": line.name,
            "score": line.earned,
            "max_score": line.points,
            **({"status": words[line.passed]} if line.passed is not None else {}),
            "output": " ".join(filter(None, (line.verdict.words + ".", line.rationale, line.help))),
            "output_format": "text",
        }
        for line in report.lines
    ]
    colored = View(view.precision, view.full, None, "256")
    document = {
        "score": report.score,
        "output": draw_report(report, colored),
        "output_format": "ansi",
        "tests": tests,
    }
    return to_json(document)
