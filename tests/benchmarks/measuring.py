"""Two things measured side by side: the machine is noisy, so only ratios are told."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table


class Ratio(NamedTuple):
    """How long ours takes beside theirs, and how long it may take; None where nothing is asked."""

    what: str
    against: str
    ratio: float
    limit: float | None


def side_by_side(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> float:
    """The median of ours over theirs, measured in turn: what slows the machine slows both."""
    return median(seconds(ours) / seconds(theirs) for _ in range(rounds))


def seconds(run: Callable[[], object]) -> float:
    """How long a run takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def command(*arguments: str) -> Callable[[], object]:
    """A program with its arguments, run to its end in silence."""

    def run() -> object:
        return subprocess.run(arguments, capture_output=True, check=True)

    return run


def show(title: str, ratios: Sequence[Ratio]) -> None:
    """A row a measurement."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", show_edge=False)
    for name in ("what", "against", "ratio", "asked for"):
        table.add_column(name, justify="right" if name in ("ratio", "asked for") else "left")
    for what, against, ratio, limit in ratios:
        style = "" if limit is None or ratio <= limit else "bold red"
        asked = "" if limit is None else f"≤ {limit:.2f}"
        table.add_row(what, against, f"{ratio:.2f}", asked, style=style)
    console = Console(width=110)
    console.print(table)
    console.print()
