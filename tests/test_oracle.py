"""The program against the oracle: every step of random problems, through the command line."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from attncli.calculation.scoring import SCORING
from attncli.cli import cli
from tests import oracle
from tests.oracle import Matrix, Steps

# Sizes that all differ, and are prime, so that no two axes can be taken for each other.
HEADS, BATCH, N, M, D_MODEL, D_K, D_V, HIDDEN, D_OUT, D_Q = 2, 3, 5, 7, 11, 13, 17, 19, 23, 29
TOLERANCE = 1e-12

SCORES = ("dot", "scaled", "additive", "general")


@dataclass(frozen=True)
class Mask:
    """A mask as it is written, and the same for the oracle.

    The functions take batch entry, head, query and key, counted from 0.
    """

    written: object
    may_attend: Callable[[int, int, int, int], bool] | None = None
    added: Callable[[int, int, int, int], float] | None = None


@dataclass(frozen=True)
class Case:
    """What a problem has besides X, W_q, W_k, W_v. `masks` are names in `MASKS`."""

    memory: bool = False
    biases: str = ""  # "vectors" or "of heads"
    is_given: bool = False  # Q, K, V instead of X
    has_values: bool = True
    heads: int = 1
    is_per_head: bool = False
    output: str = ""  # "W_o", "with b_o" or "W_o of heads"
    masks: tuple[str, ...] = ()
    choices: Mapping[str, Any] = field(default_factory=dict)


def number_matrix(random: Random, *sizes: int) -> Any:
    """Nested lists of random numbers."""
    if not sizes:
        return random.gauss(0, 1)
    return [number_matrix(random, *sizes[1:]) for _ in range(sizes[0])]


def boolean_matrix(random: Random, *sizes: int) -> Any:
    """Nested lists of random booleans; two of three are true."""
    if not sizes:
        return random.random() < 2 / 3
    return [boolean_matrix(random, *sizes[1:]) for _ in range(sizes[0])]


def written_keep(random: Random, *sizes: int) -> Any:
    """The same as numbers, 1 and 0."""
    return json.loads(json.dumps(boolean_matrix(random, *sizes)), object_hook=None)


def causal(random: Random, n: int, m: int) -> Mask:
    return Mask("causal", lambda _, *place: oracle.causal()(*place))


def lower_right(random: Random, n: int, m: int) -> Mask:
    return Mask("causal:lower-right", lambda _, *place: oracle.causal(m - n)(*place))


def padding(random: Random, n: int, m: int) -> Mask:
    return Mask("padding:3", lambda _, *place: oracle.padding(3)(*place))


def window(random: Random, n: int, m: int) -> Mask:
    return Mask("window:1,2", lambda _, *place: oracle.window(1, 2)(*place))


def left_window(random: Random, n: int, m: int) -> Mask:
    return Mask({"window": [2, 0]}, lambda _, *place: oracle.window(2, 0)(*place))


def open_window(random: Random, n: int, m: int) -> Mask:
    return Mask("window:-1,1", lambda _, *place: oracle.window(-1, 1)(*place))


def booleans(random: Random, n: int, m: int) -> Mask:
    cells = boolean_matrix(random, n, m)
    return Mask(cells, lambda _, h, i, j: cells[i][j])


def ones_and_zeros(random: Random, n: int, m: int) -> Mask:
    cells = [[int(cell) for cell in row] for row in boolean_matrix(random, n, m)]
    return Mask(cells, lambda _, h, i, j: cells[i][j] == 1)


def dropped(random: Random, n: int, m: int) -> Mask:
    cells = boolean_matrix(random, n, m)
    return Mask(cells, lambda _, h, i, j: not cells[i][j])


def added_ones(random: Random, n: int, m: int) -> Mask:
    cells = [[int(cell) for cell in row] for row in boolean_matrix(random, n, m)]
    return Mask(cells, added=lambda _, h, i, j: cells[i][j])


def numbers(random: Random, n: int, m: int) -> Mask:
    cells = number_matrix(random, n, m)
    return Mask(cells, added=lambda _, h, i, j: cells[i][j])


def infinities(random: Random, n: int, m: int) -> Mask:
    cells = [[number if number > -0.5 else "-inf" for number in row] for row in
             number_matrix(random, n, m)]
    return Mask(cells, added=lambda _, h, i, j: float(cells[i][j]))


def nothing_for_one(random: Random, n: int, m: int) -> Mask:
    cells = [[i != 1 for _ in range(m)] for i in range(n)]
    return Mask(cells, lambda _, h, i, j: cells[i][j])


def one_row(random: Random, n: int, m: int) -> Mask:
    cells = [[j % 3 != 1 for j in range(m)]]
    return Mask(cells, lambda _, h, i, j: cells[0][j])


def one_a_head(random: Random, n: int, m: int) -> Mask:
    cells = boolean_matrix(random, HEADS, n, m)
    return Mask(cells, lambda _, h, i, j: cells[h][i][j])


def one_an_entry(random: Random, n: int, m: int) -> Mask:
    cells = boolean_matrix(random, BATCH, n, m)
    return Mask(cells, lambda entry, h, i, j: cells[entry][i][j])


def one_an_entry_for_all_heads(random: Random, n: int, m: int) -> Mask:
    cells = number_matrix(random, BATCH, 1, n, m)
    return Mask(cells, added=lambda entry, h, i, j: cells[entry][0][i][j])


def length_an_entry(random: Random, n: int, m: int) -> Mask:
    lengths = [3, 0, m]
    return Mask({"padding": lengths}, lambda entry, h, i, j: j < lengths[entry])


def length_a_query(random: Random, n: int, m: int) -> Mask:
    lengths = [[random.randint(1, m) for _ in range(n)] for _ in range(BATCH)]
    return Mask({"padding": lengths}, lambda entry, h, i, j: j < lengths[entry][i])


MASKS: dict[str, Callable[[Random, int, int], Mask]] = {
    "causal": causal,
    "causal:lower-right": lower_right,
    "padding": padding,
    "window": window,
    "window to the left": left_window,
    "open window": open_window,
    "booleans": booleans,
    "1 and 0": ones_and_zeros,
    "dropped": dropped,
    "ones to add": added_ones,
    "numbers": numbers,
    "numbers with -inf": infinities,
    "nothing for one query": nothing_for_one,
    "one row": one_row,
    "one a head": one_a_head,
    "one an entry": one_an_entry,
    "one an entry for all heads": one_an_entry_for_all_heads,
    "a length an entry": length_an_entry,
    "a length a query": length_a_query,
}
