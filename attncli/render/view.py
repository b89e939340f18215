"""How a person wants to see tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """`width` is None where lines may be as long as they need; `full` leaves nothing out."""

    precision: int = 4
    full: bool = False
    width: int | None = None
    color: bool = False
