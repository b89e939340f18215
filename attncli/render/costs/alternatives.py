"""What else could be done, as tables: scoring functions, kinds of layers, longer sequences."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from attncli.calculation.counting.alternatives import (
    LAYER_ALTERNATIVES,
    Pairs,
    Place,
    Scored,
    scorings,
)
from attncli.calculation.counting.costing import Doubled
from attncli.records import record
from attncli.render.costs.cost_columns import NONE, labels, number, operations
from attncli.render.groups import Group
from attncli.render.numbers import number_text

OF_KINDS = (
    "orders: those of Vaswani et al. 2017, table 1, without their constants",
    "multiplications: Q Kᵀ and weights V, without projections; W x and U h of a recurrence",
    "self-attention costs less than a recurrence where n < d",
)


@record(frozen=True)
class Part:
    """A table with its heading, and what its columns mean."""

    heading: str
    labels: Group
    groups: Sequence[Group]
    meanings: Sequence[str]


def of_scorings(at: Pairs) -> Part:
    """Every scoring function at the sizes of these queries and keys."""
    rows = scorings(at)
    sizes = {"n": at.n, "m": at.m, **{name: at.size(name) for name in ("d_q", "d_k", "hidden")}}
    sizes["heads"] = at.heads
    said = ", ".join(f"{name} = {number(size)}" for name, size in sizes.items())
    heads = ("FLOPs", "all operations", "parameters", "largest result", "needs")
    return Part(
        f"Scores{f' of {at.name}' if at.name else ''}: {said}",
        labels("score", [row.scoring.name for row in rows]),
        [
            *operations([None if row.why_not else row.cost for row in rows], NONE),
            Group("", heads, [_of_scoring(row) for row in rows]),
        ],
        [
            *(f"{row.scoring.name} cannot be used: {row.why_not}" for row in rows if row.why_not),
            "FLOPs: 2 a multiply-add in products of matrices; all operations: one each",
            "largest result: the bytes of the largest matrix on the way to the scores",
        ],
    )


def _of_scoring(row: Scored) -> tuple[str, ...]:
    needs = "any widths" if row.scoring.widths_may_differ else "d_q = d_k"
    if row.why_not:
        return (NONE, NONE, NONE, NONE, needs)
    numbers = (row.cost.flops, row.cost.operations, row.parameters, row.largest.bytes)
    return (*map(number, numbers), needs)


def of_kinds(at: Place) -> Part:
    """Self-attention, and the layers that could stand in its place."""
    n, d = number(at.n), number(at.d)
    both = ("order", "here")
    return Part(
        f"A layer: n = {n}, d = {d}, kernel k = {at.kernel}, window r = {at.window}",
        labels("layer", [kind.name for kind in LAYER_ALTERNATIVES]),
        [
            Group(
                "cost", both, [(kind.order, number(kind.cost(at))) for kind in LAYER_ALTERNATIVES]
            ),
            Group(
                "",
                ("multiplications",),
                [(number(k.multiplications(at)),) for k in LAYER_ALTERNATIVES],
            ),
            Group(
                "sequential",
                both,
                [(k.sequential, number(k.steps(at))) for k in LAYER_ALTERNATIVES],
            ),
            Group(
                "longest path", both, [(k.path, number(k.longest(at))) for k in LAYER_ALTERNATIVES]
            ),
        ],
        OF_KINDS,
    )


def of_doublings(rows: Sequence[Doubled]) -> Part:
    """What it takes as the sequences get longer, and how many times what it took before."""
    names = tuple(rows[0].lengths)
    lengths = [tuple(number(row.lengths[name]) for name in names) for row in rows]
    return Part(
        f"Twice as many tokens each time ({' and '.join(names)})",
        Group("", names, lengths),
        [
            Group("FLOPs", ("", "factor"), _factors([row.cost.flops for row in rows])),
            Group(
                "all operations", ("", "factor"), _factors([row.cost.operations for row in rows])
            ),
            Group(
                "largest result", ("bytes", "factor"), _factors([row.largest.bytes for row in rows])
            ),
        ],
        [
            "FLOPs: 2 a multiply-add in products of matrices; all operations: one each",
            "each factor is of the row before",
        ],
    )


def _factors(numbers: Sequence[int]) -> list[tuple[str, str]]:
    """Each number, and how many times the one before it is."""
    factors = [
        "",
        *(number_text(now / before, 2) if before else NONE for before, now in pairwise(numbers)),
    ]
    return [(number(n), factor) for n, factor in zip(numbers, factors, strict=True)]
