"""A report as Gradescope reads it: results.json."""

from __future__ import annotations

from attncli.homework.judging.report import Report
from attncli.render.reports.report_tables import draw_report
from attncli.render.standard_data import to_json
from attncli.render.view import View


def report_gradescope(report: Report, view: View) -> str:
    """A test a step, with scores and words; the whole report as coloured output above them."""
    words = {True: "passed", False: "failed"}
    tests = [
        {
            "name": line.name,
            "score": line.earned,
            "max_score": line.points,
            **({"status": words[line.passed]} if line.passed is not None else {}),
            "output": " ".join(filter(None, (line.verdict.word + ".", line.rationale, line.help))),
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
