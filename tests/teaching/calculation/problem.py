"""A problem as plain matrices and choices, and its document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Matrix: TypeAlias = NDArray[Any]
Document: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """Matrices and choices by name; the names of a sublayer have a dot: `self.W_q`.

    Matrices are in layout `rows`. `kind` is the kind that was drawn, such as `causal`.
    """

    kind: str
    matrices: Mapping[str, Matrix]
    choices: Mapping[str, Any] = field(default_factory=dict)

    def without(self, *names: str) -> Problem:
        """Return the problem without these matrices and choices."""
        matrices = {name: value for name, value in self.matrices.items() if name not in names}
        choices = {name: value for name, value in self.choices.items() if name not in names}
        return replace(self, matrices=matrices, choices=choices)

    def given(self, **changed: Any) -> Problem:
        """Return the problem with other matrices (arrays) and choices (all else)."""
        matrices, choices = dict(self.matrices), dict(self.choices)
        for name, value in changed.items():
            (matrices if isinstance(value, np.ndarray) else choices)[name] = value
        return replace(self, matrices=matrices, choices=choices)

    def document(self) -> Document:
        """Return the document of the problem: lists of numbers, and an object per sublayer."""
        entries = {**self.choices, **{n: numbers(m) for n, m in self.matrices.items()}}
        return nested(entries)


def numbers(matrix: Matrix) -> Any:
    """Return nested lists, with whole numbers as integers and −inf as text."""
    if matrix.ndim:
        return [numbers(part) for part in matrix]
    value = float(matrix)
    if not np.isfinite(value):
        return "-inf" if value < 0 else str(value)
    return int(value) if value == int(value) else value


def nested(entries: Mapping[str, Any]) -> Document:
    """Return the entries with an object for each sublayer: `self.W_q` in `{"self": …}`."""
    document: Document = {}
    for name, value in entries.items():
        *sublayers, last = name.split(".")
        place = document
        for sublayer in sublayers:
            place = place.setdefault(sublayer, {})
        place[last] = value
    return document
