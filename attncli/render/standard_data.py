"""Results as data for other programs: JSON that follows the standard, and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from io import StringIO
from math import isfinite
from typing import Any


def to_json(document: object) -> str:
    """Return an object or a list as JSON; infinities and NaN, which JSON lacks, are strings."""
    standard = _standard(document)
    return json.dumps(standard, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _standard(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, dict):
        return {key: _standard(entry) for key, entry in value.items()}
    return [_standard(entry) for entry in value] if isinstance(value, list | tuple) else value


def to_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Return one line per row, below the names of the first row; a shape is `3 × 4`."""
    buffer = StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    return " × ".join(map(str, value)) if isinstance(value, list | tuple) else value
