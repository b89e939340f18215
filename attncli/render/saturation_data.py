"""What scores and softmax are without √d_k and with it, as data: JSON and CSV, every digit kept."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict
from io import StringIO
from math import isfinite
from typing import Any

from attncli.calculation.saturation import Measured, Row
from attncli.calculation.why_scale import Drawn, Given, Saturation


def saturation_json(found: Saturation) -> str:
    """An object a row, under `rows`, with what it is like under the names of the two scorings."""
    document = {**_source(found.source), "rows": [_row(row) for row in found.rows]}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def saturation_csv(found: Saturation) -> str:
    """A line a row, under a line of names: those of JSON, with a dot where an object is in one."""
    lines = [dict(_flat({**_drawn(found.source), **_row(row)})) for row in found.rows]
    buffer = StringIO()
    writer = csv.DictWriter(buffer, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return buffer.getvalue()
