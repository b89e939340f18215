"""A report as data and markup: JSON in the shape of check50, and Markdown."""

from __future__ import annotations

from typing import Any

from attncli.homework.judging.report import Report, StepReport
from attncli.records import values_of
from attncli.render.markdown import escape_markdown
from attncli.render.standard_data import to_json
from attncli.render.view import View


def report_json(report: Report, _: View) -> str:
    """Return the results in the order of the plan; `passed` is null if nothing was answered."""
    results = [_result(line) for line in report.lines]
    return to_json({"results": results, "score": report.score, "max_score": report.max_score})


def _result(line: StepReport) -> dict[str, Any]:
    cells = [values_of(difference) for difference in line.differences]
    return {
        "name": line.name,
        "passed": line.passed,
        "data": {
            "verdict": line.verdict.word,
            "cells": cells,
            "first": cells[0] if cells else None,
        },
        "cause": {"rationale": line.rationale, "help": line.help, "mistakes": list(line.mistakes)}
        if line.rationale
        else None,
    }


def report_markdown(report: Report, _: View) -> str:
    """Return a table of verdicts, then the texts on each step."""
    rows = ["| step | verdict | points | mistake |", "|---|---|---:|---|"]
    for line in report.lines:
        mistakes = ", ".join(f"`{name}`" for name in line.mistakes)
        rows.append(f"| `{line.name}` | {line.verdict.word} | {line.marks} | {mistakes} |")
    for line in report.lines:
        if line.rationale:
            rows += [
                "",
                f"**{line.name}: {line.verdict.words}.** {escape_markdown(line.rationale)}",
            ]
            rows += [escape_markdown(line.help)] if line.help else []
            rows += [
                f"- {escape_markdown(cell.place)}: `{cell.yours}` instead of `{cell.expected}`"
                for cell in line.differences
            ]
    rows += ["", f"**{report.marks}**", ""]
    return "\n".join(rows)
