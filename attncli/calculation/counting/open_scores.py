"""The number of scores that a mask leaves open, counted from its rules without a whole matrix."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray, Axes, Booleans, Shape, sizes
from attncli.calculation.algebra.operation_cost import cells
from attncli.calculation.algebra.tiles import Tile
from attncli.calculation.masks.mask_operation import Mask, filled_up
from attncli.calculation.masks.seen_keys import Seen, blocks
from attncli.records import record


@record(frozen=True)
class Opened:
    """The number of scores that the mask of the step `name` leaves open, out of all `scores`."""

    name: str
    opened: int
    scores: int

    @property
    def share(self) -> float:
        """The share of open scores, from 0 to 1."""
        return self.opened / self.scores


def opened(mask: Mask, axes: Axes, matrices: Mapping[str, AnyArray]) -> Opened:
    """Count the scores with these axes that a mask leaves open.

    `matrices` are the mask's matrices by name. A mask may also add numbers from other steps, such
    as the distances of ALiBi: they hide no score.
    """
    shape = sizes(axes)
    given = {name: matrices[name] for name in (*mask.keep, *mask.add) if name in matrices}
    count = None if given else _by_runs(mask, shape)
    if count is None:
        count = sum(int(_seen(mask, tile, given).sum()) for tile in blocks(shape))
    return Opened("", count, cells(axes))


def _by_runs(mask: Mask, shape: Shape) -> int | None:
    """Count the open scores if each rule opens one run of keys to a query; else return None."""
    *_, n, m = shape
    i = np.arange(n)[:, None]
    first, end = np.zeros((n, 1), np.int_), np.full((n, 1), m)
    for rule in mask.rules:
        run = rule.run(i, n, m)
        if run is None:
            return None
        first, end = np.maximum(first, run[0]), np.minimum(end, run[1])
    runs = np.clip(end - first, 0, None)
    return int(runs.sum()) * (prod(shape[:-1]) // runs.size)


def _seen(mask: Mask, tile: Tile, given: Mapping[str, AnyArray]) -> Booleans:
    """Return True where a query of a tile may attend to a key."""
    seen = Seen(mask.rules, tile).booleans()
    for name, matrix in given.items():
        part = tile.part(matrix, mask.fills_up)
        opens = part if name in mask.keep else ~np.isneginf(part)
        seen = seen & (filled_up(opens, tile.m, False) if mask.fills_up else opens)
    return seen
