"""Scores and their softmax without √d_k and with it, in rows; and these as JSON and CSV."""

from __future__ import annotations

from typing import Any

from attncli.calculation.analyses.scale_study import Drawn, Given, Saturation
from attncli.calculation.analyses.softmax_saturation import Measured, SaturationRow
from attncli.records import values_of
from attncli.render.standard_data import to_csv, to_json
from attncli.render.view import View


def saturation_json(found: Saturation, _: View) -> str:
    """Where the numbers come from, and an object a row."""
    source = found.source
    said = (
        {"random": values_of(source)} if isinstance(source, Drawn) else {"document": _given(source)}
    )
    return to_json({**said, "rows": [_row(row) for row in found.rows]})


def saturation_csv(found: Saturation, _: View) -> str:
    """A line a row under a line of names: those of JSON, `scaled.mean` for `mean` in `scaled`."""
    source = found.source
    drawn = {"keys": source.keys, "seed": source.seed} if isinstance(source, Drawn) else {}
    return to_csv([{**flat_row(row), **drawn} for row in found.rows])


def _given(source: Given) -> dict[str, Any]:
    entries = {e.name: {"mean": e.mean, "variance": e.variance} for e in source.entries}
    own = {"title": source.title, "batch": source.batch, "is_masked": source.is_masked}
    return {**own, "entries": entries}


def _row(row: SaturationRow) -> dict[str, Any]:
    """The two sides under the names of their scoring functions, the theory's variance in each."""
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
    return {
        "mean": measured.mean,
        "variance": measured.variance,
        "theory": theory,
        "largest_weight": measured.largest,
        "entropy": measured.entropy,
        "gradient": measured.gradient,
    }


def flat_row(row: SaturationRow) -> dict[str, Any]:
    """A row without objects in it: `scaled.mean` for the mean of the scaled scores."""
    entries = _row(row)
    sides = {name: entries.pop(name) for name in ("dot", "scaled")}
    return entries | {f"{side}.{name}": x for side in sides for name, x in sides[side].items()}
