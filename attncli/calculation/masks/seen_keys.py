"""The keys that queries may attend to by mask rules, without a matrix of the whole mask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.algebra.layouts import Array, Booleans, Shape
from attncli.calculation.algebra.tiles import Tile, TileMatrices, slices
from attncli.calculation.masks.mask_rules import Rule
from attncli.records import record, replace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.calculation.masks.mask_operation import Mask

MANY = 64  # split off a tile that needs no mask when every query sees at least this many keys
AT_ONCE = 2**19  # the number of scores that are examined together


@record(frozen=True)
class KeyRuns:
    """The keys that queries may attend to by all rules that leave no gaps: one run per query.

    `first` and `end`, each a column, are the first key of each run and the key after its last.
    `others` are the rules that may leave gaps.
    """

    first: NDArray[np.int32]
    end: NDArray[np.int32]
    others: tuple[Rule, ...]

    @cached_property
    def by_all(self) -> tuple[int, int]:
        """The run of keys that every query sees: its first key, and the key after its last."""
        return int(self.first.max()), int(self.end.min())

    @staticmethod
    def by(rules: Iterable[Rule], tile: Tile) -> KeyRuns:
        """Return the runs of the queries of a tile."""
        i = tile.queries
        first: NDArray[Any] = np.zeros_like(i)
        end: NDArray[Any] = np.full_like(i, tile.m)
        others = []
        for rule in rules:
            run = rule.run(i, tile.n, tile.m)
            if run is None:
                others.append(rule)
                continue
            own_first, own_end = (tile.own(np.atleast_2d(side)) for side in run)
            first, end = np.maximum(first, own_first), np.minimum(end, own_end)
        return KeyRuns(first.astype(np.int32), end.astype(np.int32), tuple(others))


class Seen:
    """The keys of a tile that its queries may attend to by mask rules."""

    def __init__(self, rules: tuple[Rule, ...], tile: Tile) -> None:
        self.tile = tile
        key = id(rules)  # the same for all tiles of the same queries
        if key not in tile.memo:
            tile.memo[key] = KeyRuns.by(rules, tile)
        runs: KeyRuns = tile.memo[key]
        self.first, self.end, self.others = runs.first, runs.end, runs.others
        self.by_all = runs.by_all

    @property
    def is_all(self) -> bool:
        """True if every query sees all keys of the tile."""
        first, end = self.by_all
        columns = self.tile.columns
        return not self.others and first <= columns.start and columns.stop <= end

    def parts(self) -> Sequence[int]:
        """Return the borders of the parts of the keys: see `Operation.open_keys`.

        The parts cover all keys that at least one query sees. The keys that every query sees are a
        part of their own if there are at least `MANY` of them.
        """
        seeing = self.first < self.end
        if not seeing.any():
            return ()
        start, stop = int(self.first[seeing].min()), int(self.end[seeing].max())
        first, end = self.by_all
        return (start, first, end, stop) if end - first >= MANY else (start, stop)

    def hide(self, scores: Array, fill: float) -> None:
        """Overwrite the scores of the keys that the queries do not see."""
        keys, columns = self.tile.keys, self.tile.columns
        first, end = self.by_all
        if first > columns.start:
            np.copyto(scores, fill, where=keys < self.first)
        if end < columns.stop:
            np.copyto(scores, fill, where=keys >= self.end)
        for sees in self._by_others():
            np.copyto(scores, fill, where=~sees)

    def booleans(self) -> Booleans:
        """Return True for each query and key of the tile if the query sees the key."""
        seen = np.ones((self.tile.height, self.tile.width))
        self.hide(seen, 0)
        return seen.astype(np.bool_)

    def _by_others(self) -> Iterable[Booleans]:
        tile = self.tile
        for rule in self.others:
            yield tile.own(np.atleast_2d(rule.sees(tile.queries, tile.keys, tile.n, tile.m)))


def blocks(shape: Shape, most: int = AT_ONCE) -> Iterable[Tile]:
    """Yield tiles of all keys that cover scores of this shape; each has about `most` scores."""
    *leading, n, m = shape
    for index in np.ndindex(*leading):
        for rows in slices(n, max(1, most // m)):
            yield Tile(index, rows, slice(0, m), n, m)


def rows_without_keys(
    mask: Mask, shape: Shape, known: Mapping[str, NDArray[Any]], most: int = AT_ONCE
) -> NDArray[np.bool_]:
    """Return, for each row of scores of this shape, True if its query sees no key: (…, n).

    `known` holds the mask's matrices by name; an added matrix that is missing in `known` hides no
    key. About `most` scores at most are examined together.
    """
    hidden = np.zeros(shape[:-1], np.bool_)
    mask = replace(mask, add=tuple(name for name in mask.add if name in known))
    if mask.fill != -np.inf and not mask.add:
        return hidden
    have_runs = all(rule.run(np.zeros((1, 1), np.int_), *shape[-2:]) for rule in mask.rules)
    if have_runs and not (mask.keep or mask.add):
        for tile in blocks(shape, prod(shape)):
            seen = Seen(mask.rules, tile)
            hidden[tile.index][tile.rows] = (seen.first >= seen.end)[:, 0]
        return hidden
    for tile in blocks(shape, most):
        matrices = TileMatrices(tile, known)
        matrices.made[mask.source] = np.zeros((tile.height, tile.width))
        hidden[tile.index][tile.rows] = np.isneginf(mask.on_tile(matrices)).all(axis=-1)
    return hidden
