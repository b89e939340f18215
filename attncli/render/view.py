"""How a person wants to see tables."""

from __future__ import annotations

from typing import Literal

from attncli.records import record


@record(frozen=True)
class View:
    """How a person wants to see tables.

    `width` is None where lines may be as long as they need; `full` leaves nothing out; `color` is
    None for no colours, else how many the screen knows.
    """

    precision: int = 4
    full: bool = False
    width: int | None = None
    color: Literal["256", "truecolor"] | None = None
