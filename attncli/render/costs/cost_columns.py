"""Columns of counts: numbers with their thousands apart, names at the left."""

from __future__ import annotations

from collections.abc import Sequence

from attncli.calculation.algebra.cost import COUNTED, Cost
from attncli.render.groups import Group

NONE = "–"  # stands where nothing can be counted


def number(whole: int) -> str:
    """1234567 as 1,234,567: no digit is left out."""
    return f"{whole:,}"


def labels(head: str, names: Sequence[str]) -> Group:
    """Names at the left, one below the other."""
    width = max(map(len, (head, *names)))
    return Group("", (head.ljust(width),), [(name.ljust(width),) for name in names])


def operations(costs: Sequence[Cost | None], missing: str) -> list[Group]:
    """A column for each kind of operation that is done at all."""
    names = [name for name in COUNTED if any(getattr(cost, name) for cost in costs if cost)]
    rows = [
        tuple(number(getattr(cost, name)) if cost else missing for name in names) for cost in costs
    ]
    return [Group("", tuple(names), rows)] if names else []
