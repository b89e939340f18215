"""What a calculation costs, as data: JSON and CSV, every number whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from io import StringIO
from typing import Any

from attncli.calculation.algebra.cost import COUNTED, Cost
from attncli.calculation.algebra.layouts import sizes
from attncli.calculation.counting.alternatives import (
    LAYER_ALTERNATIVES,
    Place,
    Report,
    Scored,
    scorings,
)
from attncli.calculation.counting.costing import Costing, Doubled
from attncli.render.view import View

COUNTING = {
    "flops": "2 a multiply-add in products of matrices, nothing for the rest",
    "operations": "all, one each",
    "additions": "and subtractions; an inner product of d numbers has d - 1",
    "functions": "tanh, roots, sin, cos, erf, powers; not exp",
    "masks": "what is hidden is counted too",
}


def costs_json(report: Report, _: View) -> str:
    """The total, the steps, and what else is asked for: an object each."""
    costing = report.costing
    document = {
        "title": costing.problem.choices.title,
        "counting": COUNTING,
        "dtype": costing.dtype.name,
        "total": _total(costing),
        **{name: rows for name, rows in _sections(report).items() if rows},
        "inputs": costing.sequences,
        "parameters": costing.parameters,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def costs_csv(report: Report, _: View) -> str:
    """A line a step under a line of names; where more is asked for, each part under its name."""
    asked = {
        name: rows
        for name, rows in _sections(report).items()
        if rows and (name == "steps") == report.is_plain and name not in ("sublayers", "open")
    }
    texts = [_lines(rows) for rows in asked.values()]
    if len(asked) == 1:
        return texts[0]
    return "\n".join(f"{name}\n{text}" for name, text in zip(asked, texts, strict=True))


def _lines(rows: Sequence[dict[str, Any]]) -> str:
    buffer = StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    return " × ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _sections(report: Report) -> dict[str, list[dict[str, Any]]]:
    """The parts of a report by their names, a list of rows each."""
    costing = report.costing
    return {
        "steps": [
            {
                "step": step.step.name,
                "shape": costing.plan.layout.written_shape(sizes(step.step.axes), step.step.role),
                **_cost(step.cost),
                "bytes": step.bytes,
            }
            for step in costing.steps
        ],
        "sublayers": [
            {
                "sublayer": group.name,
                "times": group.times,
                **_cost(group.cost),
                "parameters": group.parameters,
                "bytes": group.bytes,
            }
            for group in costing.groups
        ],
        "open": [
            {"step": part.name, "open": part.opened, "scores": part.scores}
            for part in costing.opened
        ],
        "scorings": [_scored(row) for row in scorings(report.pairs)] if report.pairs else [],
        "layers": _kinds(report.place) if report.place else [],
        "doublings": [_doubled(row) for row in report.doubled],
    }


def _cost(cost: Cost) -> dict[str, int]:
    counted = {name: getattr(cost, name) for name in COUNTED}
    return {**counted, "operations": cost.operations, "flops": cost.flops}


def _total(costing: Costing) -> dict[str, Any]:
    return {
        **_cost(costing.total),
        "bytes": costing.bytes,
        "largest": costing.largest.step.name,
        "largest_bytes": costing.largest.bytes,
        "parameters": costing.learned,
        "parameter_bytes": costing.learned * costing.dtype.itemsize,
    }


def _scored(row: Scored) -> dict[str, Any]:
    """Nothing is counted where a scoring function cannot be used."""
    counted = _cost(row.cost)
    return {
        "score": row.scoring.name,
        **(dict.fromkeys(counted) if row.why_not else counted),
        "parameters": None if row.why_not else row.parameters,
        "largest": None if row.why_not else row.largest.step.name,
        "largest_bytes": None if row.why_not else row.largest.bytes,
        "needs": "any widths" if row.scoring.widths_may_differ else "d_q = d_k",
        "why_not": row.why_not,
    }


def _kinds(at: Place) -> list[dict[str, Any]]:
    return [
        {
            "layer": kind.name,
            "order": kind.order,
            "cost": kind.cost(at),
            "multiplications": kind.multiplications(at),
            "sequential_order": kind.sequential,
            "sequential": kind.steps(at),
            "path_order": kind.path,
            "path": kind.longest(at),
            "n": at.n,
            "d": at.d,
            "kernel": at.kernel,
            "window": at.window,
        }
        for kind in LAYER_ALTERNATIVES
    ]


def _doubled(row: Doubled) -> dict[str, Any]:
    return {
        **row.lengths,
        **_cost(row.cost),
        "largest": row.largest.step.name,
        "largest_bytes": row.largest.bytes,
    }
