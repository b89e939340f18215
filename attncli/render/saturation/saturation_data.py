"""Scores and their softmax without and with √d_k, as rows, JSON and CSV."""

from __future__ import annotations

from typing import Any

from attncli.calculation.analyses.scale_study import Drawn, Given, Saturation
from attncli.calculation.analyses.softmax_saturation import Measured, SaturationRow
from attncli.records import values_of
from attncli.render.standard_data import to_csv, to_json
from attncli.render.view import View


def saturation_json(found: Saturation, _: View) -> str:
    """Return the source of the numbers and the rows as JSON, one object per row."""
    source = found.source
    said = (
        {"random": values_of(source)} if isinstance(source, Drawn) else {"document": _given(source)}
    )
    return to_json({**said, "rows": [_row(row) for row in found.rows]})


def saturation_csv(found: Saturation, _: View) -> str:
    """Return the rows as CSV, under a line of names: `scaled.mean` is `mean` in JSON's `scaled`."""
    source = found.source
    drawn = {"keys": source.keys, "seed": source.seed} if isinstance(source, Drawn) else {}
    return to_csv([{**flat_row(row), **drawn} for row in found.rows])


def _given(source: Given) -> dict[str, Any]:
    entries = {e.name: {"mean": e.mean, "variance": e.variance} for e in source.entries}
    own = {"title": source.title, "batch": source.batch, "is_masked": source.is_masked}
    return {**own, "entries": entries}


def _row(row: SaturationRow) -> dict[str, Any]:
    """Return a row: both sides, under the names of their scoring functions, dot and scaled."""
    return {
        "d_k": row.d_k,
        "attention": row.where,
        "head": row.head,
        "queries": row.queries,
        "left_out": row.left_out,
        "log_m": row.log_m,
        "dot": _side(row.without, row.d_k),
        "scaled": _side(row.scaled, 1),
    }


def _side(measured: Measured, theory: int) -> dict[str, Any]:
    """Return the measurements of one side; `theory` is the variance that theory expects."""
    return {
        "mean": measured.mean,
        "variance": measured.variance,
        "theory": theory,
        "largest_weight": measured.largest,
        "entropy": measured.entropy,
        "gradient": measured.gradient,
    }


def flat_row(row: SaturationRow) -> dict[str, Any]:
    """Return a row without nested objects: `scaled.mean` is the mean of the scaled scores."""
    entries = _row(row)
    sides = {name: entries.pop(name) for name in ("dot", "scaled")}
    return entries | {f"{side}.{name}": x for side in sides for name, x in sides[side].items()}
