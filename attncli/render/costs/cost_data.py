"""The costs of a calculation in rows; and these as JSON and CSV, every number whole."""

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

Row = dict[str, Any]  # what is counted, by name: a whole number, a text, a shape or None

COUNTING = {
    "flops": "2 a multiply-add in products of matrices, nothing for the rest",
    "operations": "all, one each",
    "additions": "and subtractions; an inner product of d numbers has d - 1",
    "functions": "tanh, roots, sin, cos, erf, powers; not exp",
    "masks": "what is hidden is counted too",
}


def costs_json(report: CostReport, _: View) -> str:
    """The total, the steps, and what else is asked for: an object each."""
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
    """A line a step under a line of names; where more is asked for, each part under its name."""
    rows = cost_rows(report)
    names = ("steps",) if report.is_plain else ("scorings", "layers", "doublings")
    texts = {name: to_csv(rows[name]) for name in names if rows[name]}
    if len(texts) == 1:
        return "".join(texts.values())
    return "\n".join(f"{name}\n{text}" for name, text in texts.items())


def cost_rows(report: CostReport) -> dict[str, list[Row]]:
    """The parts of a report by their names: a row a step, a sublayer, a mask, and so on.

    Parts that are not asked for have no rows.
    """
    costing, place = report.costing, report.place
    return {
        "steps": [
            {
                "step": step.step.name,
                "shape": costing.plan.layout.written_shape(sizes(step.step.axes), step.step.role),
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
    """All steps together."""
    return {
        **_counts(costing.total),
        "bytes": costing.bytes,
        **_largest(costing.largest),
        "parameters": costing.learned,
        "parameter_bytes": costing.learned * costing.dtype.itemsize,
    }


def _counts(cost: Cost) -> Row:
    """How often each kind of operation is done, then all of them, then FLOPs."""
    return {name: getattr(cost, name) for name in (*COUNTED, "operations", "flops")}


def _largest(step: StepCost | None) -> Row:
    return {"largest": step and step.step.name, "largest_bytes": step and step.bytes}


def _scoring(row: Scored) -> Row:
    """A scoring function; nothing is counted where it cannot be used."""
    largest = None if row.why_not else row.largest
    counted = {**_counts(row.cost), "parameters": row.parameters, **_largest(largest)}
    return {
        "score": row.scoring.name,
        **(dict.fromkeys(counted) if row.why_not else counted),
        "needs": "any widths" if row.scoring.widths_may_differ else "d_q = d_k",
        "why_not": row.why_not,
    }


def _layer(kind: LayerAlternative, at: LayerSizes) -> Row:
    """A kind of layer: how its cost grows, and what it is at these sizes."""
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
