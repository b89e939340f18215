"""Measure two things side by side and show only ratios, because the machine is noisy."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Collection, Sequence
from statistics import median
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table


class Ratio(NamedTuple):
    """The time of attncli divided by the other time, and the limit, None where there is none."""

    what: str
    against: str
    ratio: float
    limit: float | None


def side_by_side(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> float:
    """Return the median ratio of the first time to the second, run in turn on a noisy machine."""
    return median(seconds(ours) / seconds(theirs) for _ in range(rounds))


def seconds(run: Callable[[], object]) -> float:
    """Return how many seconds a run takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def command(*arguments: str, passes: Collection[int] = (0,)) -> Callable[[], object]:
    """Return a function that runs a program with its arguments to the end, and prints nothing.

    The function raises CalledProcessError for an exit status that is not among `passes`.
    """

    def run() -> object:
        done = subprocess.run(arguments, capture_output=True, check=False)
        if done.returncode not in passes:
            done.check_returncode()
        return done

    return run


def show(title: str, ratios: Sequence[Ratio]) -> None:
    """Print one row per measurement."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", show_edge=False)
    for name in ("what", "against", "ratio", "limit"):
        table.add_column(name, justify="right" if name in ("ratio", "limit") else "left")
    for what, against, ratio, limit in ratios:
        style = "" if limit is None or ratio <= limit else "bold red"
        asked = "" if limit is None else f"≤ {limit:.2f}"
        table.add_row(what, against, f"{ratio:.2f}", asked, style=style)
    console = Console(width=110)
    console.print(table)
    console.print()
