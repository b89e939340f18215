"""Write a document as JSON, with every digit, so that it needs no other file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from attncli.calculation.problem.document import Document
from attncli.documents.text.json_text import dump_document, json_numbers


def document_json(document: Document, labels: Mapping[str, tuple[str, ...]]) -> bytes:
    """Return a document as an object of JSON.

    Matrices that the document has read from other files are written out. `labels` are the labels
    of the tokens under the names of their choices; they are written if the document has them
    beside a matrix, as a CSV file does.
    """
    entries = document.entries
    beside = any(entry.row_labels or entry.column_labels for entry in entries.values())
    own = {name: entry.value for name, entry in entries.items()}
    return dump_document(_plain({**(labels if beside else {}), **own}))


def _plain(value: Any) -> Any:
    """Return a value of a document as JSON has it; no digit is lost."""
    if isinstance(value, np.ndarray):
        return json_numbers(value if value.dtype.kind in "biuf" else value.astype(np.float64))
    if isinstance(value, Mapping):
        return {name: _plain(entry) for name, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list | tuple) else value
