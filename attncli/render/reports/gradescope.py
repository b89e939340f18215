"""A report in the format of Gradescope: results.json."""

from __future__ import annotations

from attncli.homework.judging.report import AnswerReport, StepReport
from attncli.render.reports.report_tables import draw_report
from attncli.render.standard_data import to_json
from attncli.render.view import View


def report_gradescope(report: AnswerReport, view: View) -> str:
    """Return one test per step, with points and texts, below the whole report in colour."""
    tests = [
        {
            "name": line.name,
            "score": line.earned,
            "max_score": line.points,
            **_status(line),
            "output": " ".join(filter(None, (line.verdict.words + ".", line.text, line.help))),
            "output_format": "text",
        }
        for line in report.lines
    ]
    colored = View(full=view.full, color="256", is_dark=False)  # its pages are white
    document = {
        "score": report.score,
        "output": draw_report(report, colored),
        "output_format": "ansi",
        "tests": tests,
    }
    return to_json(document)


def _status(line: StepReport) -> dict[str, str]:
    """The status of a test, which Gradescope shows in green or red; nothing for a missing step.

    A step that earns all its points is passed, even if it follows from a wrong one.
    """
    if line.passed is None:
        return {}
    is_passed = line.passed or line.earned == line.points > 0
    return {"status": "passed" if is_passed else "failed"}
