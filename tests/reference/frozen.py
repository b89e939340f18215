"""What the scripts that freeze references share: cases, and their form as JSON.

A case is a document for attncli and what a reference calculates for it. Each script writes one
file beside itself; the tests read the files and need no framework.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import Any

Case = dict[str, Any]


def case(
    name: str, document: dict[str, Any], tolerance: float | None = None, **expected: Any
) -> Case:
    """A document and the matrices expected of it; `tolerance` where float64 was not to be had."""
    entry = {"name": name, "document": plain(document), "expected": short(plain(expected))}
    return entry if tolerance is None else {**entry, "tolerance": tolerance}


def plain(value: Any) -> Any:
    """Arrays and tensors as nested lists; what is not finite as the strings of documents."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def short(value: Any) -> Any:
    """Results to 13 digits: the tests ask for 12, and the files stay small."""
    if isinstance(value, dict):
        return {key: short(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [short(entry) for entry in value]
    return float(f"{value:.13g}") if isinstance(value, float) else value


def write(path: Path, versions: dict[str, str], cases: Iterable[Case]) -> None:
    """All cases as one JSON file, a case a line. Raises ValueError where two share a name."""
    entries = list(cases)
    if len({entry["name"] for entry in entries}) < len(entries):
        raise ValueError(f"{path.name}: two cases share a name")
    lines = ",\n".join(
        json.dumps(entry, allow_nan=False, separators=(",", ":")) for entry in entries
    )
    head = json.dumps(versions)
    path.write_text(f'{{"versions": {head}, "cases": [\n{lines}\n]}}\n', encoding="utf-8")
