"""The look of a result that the user wants."""

from __future__ import annotations

from typing import Literal

from attncli.records import record


@record(frozen=True)
class View:
    """The look of a result: tables and text, and the labels of data.

    `precision` is the number of decimals, or None for as many as a person needs. If `full`, nothing
    is elided. `width` is the length of a line in characters, or None for lines of any length.
    `color` is the number of colours, where `standard` is 16, or None for no colours; `is_dark` is
    true for a screen with a dark background. `heat` chooses the matrices that are shaded: `weights`
    or `all` where there are colours, `symbols` for weights beside symbols, or `off`. If `compact`,
    a matrix is drawn with one or two characters per cell. If `labels`, CSV, TSV and the long form
    contain the labels of rows and columns. If `worked`, a document contains the arithmetic of each
    cell of small matrices. If `fragment`, it has no preamble, to be part of another document.
    `math` is the way in which Markdown marks formulas: `github` or `dollars`.
    """

    precision: int | None = None
    full: bool = False
    width: int | None = None
    color: Literal["standard", "256", "truecolor"] | None = None
    is_dark: bool = True
    heat: Literal["weights", "all", "symbols", "off"] = "weights"
    compact: bool = False
    labels: bool = False
    worked: bool = False
    fragment: bool = False
    math: Literal["github", "dollars"] = "github"
