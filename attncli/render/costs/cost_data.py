"""The costs of a calculation as rows, and the rows as JSON and CSV; no number is rounded."""

from __future__ import annotations

from typing import Any

from attncli.calculation.algebra.layouts import sizes
from attncli.calculation.algebra.operation_cost import COUNTED, Cost
from attncli.calculation.counting.alternatives import (
    CostReport,
    LayerAlternative,
    LayerSizes,
    Scored,
    layer_alternatives,
    scorings,
)
from attncli.calculation.counting.costing import Costing, StepCost
from attncli.records import values_of
from attncli.render.standard_data import to_csv, to_json
from attncli.render.view import View

Row = dict[str, Any]  # cells by column name: whole numbers, texts, shapes or None

COUNTING = {
    "flops": "2 per multiply-add in matrix products; other operations count 0",
    "operations": "all operations, 1 each",
    "additions": "additions and subtractions; an inner product of d numbers has d - 1",
    "functions": "tanh, roots, sin, cos, erf, powers; not exp",
    "masks": "hidden scores are counted too",
}


def costs_json(report: CostReport, _: View) -> str:
    """Return the total, the steps and the comparisons of the report as JSON, with all inputs."""
    costing = report.costing
    document = {
        "title": costing.problem.choices.title,
        "counting": COUNTING,
        "dtype": costing.dtype.name,
        "total": total(costing),
        **{name: rows for name, rows in cost_rows(report).items() if rows},
        "inputs": costing.sequences,
        "parameters": costing.parameters,
    }
    return to_json(document)


def costs_csv(report: CostReport, _: View) -> str:
    """Return the steps as CSV, one line per step; or the comparisons, if the report has any.

    Several comparisons are sections, each under its name.
    """
    rows = cost_rows(report)
    names = ("steps",) if report.is_plain else ("scorings", "layers", "doublings")
    texts = {name: to_csv(rows[name]) for name in names if rows[name]}
    if len(texts) == 1:
        return "".join(texts.values())
    return "\n".join(f"{name}\n{text}" for name, text in texts.items())


def cost_rows(report: CostReport) -> dict[str, list[Row]]:
    """Return the parts of a report by name, such as one row per step, sublayer or mask.

    Parts that the report does not have are empty.
    """
    costing, place = report.costing, report.place
    return {
        "steps": [
            {
                "step": step.step.name,
                "shape": costing.plan.layout.written_order(sizes(step.step.axes), step.step.role),
                **_counts(step.cost),
                "bytes": step.bytes,
            }
            for step in costing.steps
        ],
        "sublayers": [
            {
                "sublayer": group.name,
                "times": group.times,
                **_counts(group.cost),
                "parameters": group.parameters,
                "bytes": group.bytes,
            }
            for group in costing.groups
        ],
        "open": [
            {"step": part.name, "open": part.opened, "scores": part.scores}
            for part in costing.opened
        ],
        "scorings": [_scoring(row) for row in scorings(report.pairs)] if report.pairs else [],
        "layers": [_layer(kind, place) for kind in layer_alternatives(place)] if place else [],
        "doublings": [
            {**row.lengths, **_counts(row.cost), **_largest(row.largest)} for row in report.doubled
        ],
    }


def total(costing: Costing) -> Row:
    """Return the cost of all steps together, and the number of parameters."""
    return {
        **_counts(costing.total),
        "bytes": costing.bytes,
        **_largest(costing.largest),
        "parameters": costing.learned,
        "parameter_bytes": costing.learned * costing.dtype.itemsize,
    }


def _counts(cost: Cost) -> Row:
    """Return the number of operations of each kind, of all operations, and of FLOPs."""
    return {name: getattr(cost, name) for name in (*COUNTED, "operations", "flops")}


def _largest(step: StepCost | None) -> Row:
    return {"largest": step and step.step.name, "largest_bytes": step and step.bytes}


def _scoring(row: Scored) -> Row:
    """Return the row of a scoring function; its numbers are None if it cannot be used."""
    largest = None if row.why_not else row.largest
    counted = {**_counts(row.cost), "parameters": row.parameters, **_largest(largest)}
    return {
        "score": row.scoring.name,
        **(dict.fromkeys(counted) if row.why_not else counted),
        "needs": "any widths" if row.scoring.widths_may_differ else "d_q = d_k",
        "why_not": row.why_not,
    }


def _layer(kind: LayerAlternative, at: LayerSizes) -> Row:
    """Return the row of a kind of layer: the orders of growth, and the numbers at these sizes."""
    return {
        "layer": kind.name,
        "order": kind.order,
        "cost": kind.cost,
        "multiplications": kind.multiplications,
        "sequential_order": kind.sequential_order,
        "sequential": kind.sequential,
        "path_order": kind.path_order,
        "path": kind.path,
        **values_of(at),
    }
