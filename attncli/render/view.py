"""The look of a result that the user wants."""

from __future__ import annotations

from typing import Literal

from attncli.records import record


@record(frozen=True)
class View:
    """The look of a result: tables and text, and the labels of data.

    `precision` is the number of decimals, or None for as many as a person needs. If `full`, nothing
    is elided. `width` is the length of a
    line in characters, or None for lines of any length. `color` is None for no colours. If
    `labels`, CSV, TSV and the long form contain the labels of rows and columns. If `worked`, a
    document contains the arithmetic of each cell of small matrices. If `fragment`, it has no
    preamble, to be part of another document. `math` is the way in which Markdown marks formulas:
    `github` or `dollars`.
    """

    precision: int | None = None
    full: bool = False
    width: int | None = None
    color: Literal["256", "truecolor"] | None = None
    labels: bool = False
    worked: bool = False
    fragment: bool = False
    math: Literal["github", "dollars"] = "github"

    def decimals(self, usual: int) -> int:
        """Return the number of decimals; `usual` unless the user wants another."""
        return usual if self.precision is None else self.precision
