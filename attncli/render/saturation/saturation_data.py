"""Scores and their softmax without √d_k and with it, as data: JSON and CSV, every digit kept."""

from __future__ import annotations

import csv
import json
from io import StringIO
from math import isfinite
from typing import Any

from attncli.calculation.analyses.saturation import Measured, Row
from attncli.calculation.analyses.scale_study import Drawn, Given, Saturation
from attncli.records import names_of
from attncli.render.view import View


def saturation_json(found: Saturation, _: View) -> str:
    """Where the numbers come from, and an object a row; infinities and NaN are strings."""
    source = found.source
    said = (
        {"random": {name: getattr(source, name) for name in names_of(source)}}
        if isinstance(source, Drawn)
        else {"document": _given(source)}
    )
    document = {**said, "rows": [_row(row) for row in found.rows]}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def saturation_csv(found: Saturation, _: View) -> str:
    """A line a row under a line of names: those of JSON, `scaled.mean` for nested objects."""
    source = found.source
    drawn = {"keys": source.keys, "seed": source.seed} if isinstance(source, Drawn) else {}
    lines = [{**_flat(_row(row)), **drawn} for row in found.rows]
    buffer = StringIO()
    writer = csv.DictWriter(buffer, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return buffer.getvalue()


def _given(source: Given) -> dict[str, Any]:
    return {
        "title": source.title,
        "batch": source.batch,
        "is_masked": source.is_masked,
        "entries": {
            entries.name: {"mean": _number(entries.mean), "variance": _number(entries.variance)}
            for entries in source.entries
        },
    }


def _row(row: Row) -> dict[str, Any]:
    """The two sides under the names of their scoring functions, the theory's variance in each."""
    return {
        "d_k": row.d_k,
        "attention": row.where,
        "head": row.head,
        "queries": row.queries,
        "left_out": row.left_out,
        "log_m": _number(row.log_m),
        "dot": _side(row.without, row.d_k),
        "scaled": _side(row.scaled, 1),
    }


def _side(measured: Measured, theory: int) -> dict[str, Any]:
    return {
        "mean": _number(measured.mean),
        "variance": _number(measured.variance),
        "theory": theory,
        "largest_weight": _number(measured.largest),
        "entropy": _number(measured.entropy),
        "gradient": _number(measured.gradient),
    }


def _flat(entries: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in entries.items():
        inner = value if isinstance(value, dict) else None
        flat |= {f"{name}.{key}": x for key, x in inner.items()} if inner else {name: value}
    return flat


def _number(number: float) -> float | str:
    """What standard JSON can say."""
    return number if isfinite(number) else str(number)
