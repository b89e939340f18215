"""What may be attended: masks by rule (one entry a kind in `MASKS`) and masks as a matrix."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from attncli.calculation.arithmetic import Cell, Expression, Index, Noted, Number, Sum
from attncli.calculation.layouts import Array, Axes, Layout, shape_text
from attncli.calculation.needs import Broadcasts, Need
from attncli.calculation.operations import Operation
from attncli.errors import ProblemError, did_you_mean

Booleans = NDArray[np.bool_]

_WHOLE = re.compile(r"[+-]?\d+")


class Rule(Protocol):
    """A mask that is told by a rule instead of a matrix."""

    @property
    def words(self) -> str:
        """How the user writes it: `causal`, `window:1,1`."""

    def fit(self, axes: Axes) -> Rule:
        """The rule for scores of these axes. Raises ProblemError where it does not fit them."""

    def may_attend(self, n: int, m: int) -> Booleans:
        """True where query i may attend to key j; broadcasts to (…, n, m)."""


@dataclass(frozen=True)
class Mask(Operation):
    """The scores with added numbers, and `fill` wherever something forbids to attend.

    `rules` and the boolean matrices `keep` are combined with "and"; the matrices `add` add up.
    −inf in an added matrix forbids as well, and stays −inf whatever `fill` says.
    """

    source: str
    rules: tuple[Rule, ...]
    keep: tuple[str, ...]
    add: tuple[str, ...]
    fill: float

    @property
    def operands(self) -> tuple[str, ...]:
        return (self.source, *self.keep, *self.add)

    @property
    def needs(self) -> tuple[Need, ...]:
        return tuple(Broadcasts(name, self.source) for name in (*self.keep, *self.add))

    def axes(self, source: Axes, *matrices: Axes) -> Axes:
        return source

    def apply(self, source: Array, *matrices: NDArray[Any]) -> Array:
        keep, add = matrices[: len(self.keep)], matrices[len(self.keep) :]
        masked = source
        for numbers in add:
            # Decided on the mask, not on the sum: an overflowed score plus −inf would be NaN.
            masked = np.where(np.isneginf(numbers), numbers, masked + numbers)
        n, m = source.shape[-2:]
        for may_attend in (*(rule.may_attend(n, m) for rule in self.rules), *keep):
            masked = np.where(may_attend, masked, source.dtype.type(self.fill))
        return masked

    def formula(self, layout: Layout) -> str:
        total = " + ".join((self.source, *self.add))
        conditions = " and ".join((*(rule.words for rule in self.rules), *self.keep))
        return f"{total} where {conditions}, else {self.fill:g}" if conditions else total

    def cell(self, index: Index, source: Array, *matrices: NDArray[Any]) -> Expression:
        n, m = source.shape[-2:]
        cells = {
            Cell(name, _own(matrix.shape, index)): matrix
            for name, matrix in zip((*self.keep, *self.add), matrices, strict=True)
        }
        judges: dict[str | Cell, NDArray[Any]] = {
            **{rule.words: rule.may_attend(n, m) for rule in self.rules},
            **{cell: matrix for cell, matrix in cells.items() if cell.name in self.keep},
        }
        hiding = [by for by, sees in judges.items() if not sees[_own(sees.shape, index)]]
        if hiding:
            return _noted(Number(self.fill), hiding, "may not", index)
        added = [cell for cell in cells if cell.name in self.add]
        forbidding = [cell for cell in added if np.isneginf(cells[cell][cell.index])]
        score = Cell(self.source, index)
        total: Expression = Sum((score, *added)) if added else score
        if forbidding:  # an overflowed score plus −inf would be NaN: see `apply`
            total = total if np.isfinite(source[index]) else Number(-np.inf)
            return _noted(total, forbidding, "may not", index)
        return _noted(total, judges, "may", index) if judges else total


def _noted(result: Expression, judges: Iterable[str | Cell], may: str, index: Index) -> Noted:
    """With the reason: `causal, mask[1,2]: query 1 may not see key 2`."""
    listed: list[str | Cell] = []
    for judge in judges:
        listed += [", ", judge] if listed else [judge]
    return Noted(result, (*listed, f": query {index[-2] + 1} {may} see key {index[-1] + 1}"))


def _own(shape: tuple[int, ...], index: Index) -> Index:
    """The index of the cell that is broadcast to this one."""
    places = index[len(index) - len(shape) :]
    return tuple(min(at, size - 1) for at, size in zip(places, shape, strict=True))


@dataclass(frozen=True)
class Causal:
    """Query i sees key j ≤ i; lower-right aligns the last query with the last key instead."""

    lower_right: bool = False

    @property
    def words(self) -> str:
        return "causal:lower-right" if self.lower_right else "causal"

    def fit(self, axes: Axes) -> Causal:
        return self

    def may_attend(self, n: int, m: int) -> Booleans:
        return np.tri(n, m, m - n if self.lower_right else 0, dtype=np.bool_)


@dataclass(frozen=True)
class Window:
    """Query i sees the keys from i − left to i + right; −1 is unbounded."""

    left: int
    right: int

    @property
    def words(self) -> str:
        return f"window:{self.left},{self.right}"

    def fit(self, axes: Axes) -> Window:
        return self

    def may_attend(self, n: int, m: int) -> Booleans:
        distance = np.arange(m) - np.arange(n)[:, None]
        after = np.full_like(distance, self.left < 0, dtype=np.bool_) | (distance >= -self.left)
        before = np.full_like(distance, self.right < 0, dtype=np.bool_) | (distance <= self.right)
        return after & before


@dataclass(frozen=True)
class Padding:
    """Only the first N keys are real: one N for all, one a batch entry, or one a query of each."""

    words: str
    lengths: NDArray[np.int_]

    def fit(self, axes: Axes) -> Padding:
        """The lengths with the axes of the scores but the last, to compare with the keys."""
        n, m = axes[-2].size, axes[-1].size
        batch = [axis.size for axis in axes[:-2] if axis.name == "batch"]
        entries = batch or [1]
        if self.lengths.max() > m:
            raise ProblemError(
                f"{self.words} counts {self.lengths.max()} real keys, but there are {m}.",
                f"Give lengths from 0 to {m}.",
                ("mask",),
            )
        if self.lengths.ndim == 0:
            return self
        if self.lengths.shape not in ((*entries,), (*entries, n)):
            raise ProblemError(
                f"{self.words} gives {shape_text(self.lengths.shape, 'lengths')}, but the scores "
                f"have batch entries: {entries[0]}, queries: {n}.",
                f"Give one length, or {entries[0]} (one a batch entry), "
                f"or {entries[0]} × {n} (one a query).",
                ("mask",),
            )
        heads = [1 for axis in axes[:-2] if axis.name == "heads"]
        queries = self.lengths.shape[1:] or (1,)
        return Padding(self.words, self.lengths.reshape(*batch, *heads, *queries))

    def may_attend(self, n: int, m: int) -> Booleans:
        return np.arange(m) < self.lengths[..., None]


@dataclass(frozen=True)
class MaskKind:
    """A kind of mask by rule: how it is written, what it means, how its argument is read.

    `read` takes what stands behind the colon, or in the JSON object, as words and whole numbers;
    it raises ValueError for anything else.
    """

    signature: str
    help: str
    read: Callable[[object], Rule]


def _read_causal(argument: object) -> Causal:
    if argument not in (None, "lower-right"):
        raise ValueError
    return Causal(lower_right=argument == "lower-right")


def _read_window(argument: object) -> Window:
    left, right = _whole_numbers(argument, smallest=-1).reshape(-1)
    return Window(int(left), int(right))


def _read_padding(argument: object) -> Padding:
    lengths = _whole_numbers(argument, smallest=0)
    if lengths.ndim > 2 or not lengths.size:
        raise ValueError
    text = str(lengths.tolist()).replace(" ", "")
    return Padding(f"padding:{text[1:-1] if lengths.ndim == 1 else text}", lengths)


MASKS: dict[str, MaskKind] = {
    "causal": MaskKind(
        "causal, causal:lower-right",
        "query i sees key j ≤ i; lower-right aligns the last query with the last key",
        _read_causal,
    ),
    "padding": MaskKind(
        "padding:N, padding:N,N,…",
        "the first N keys are real; several: one N a batch entry",
        _read_padding,
    ),
    "window": MaskKind(
        "window:LEFT,RIGHT",
        "query i sees the keys from i − LEFT to i + RIGHT; −1 is unbounded",
        _read_window,
    ),
}


def is_rule(text: str) -> bool:
    """Whether a text names a kind of mask, so that it is no file."""
    return text.strip().casefold().partition(":")[0] in MASKS


def read_rule(value: object) -> Rule:
    """A mask by rule from `causal`, `padding:3`, `{"padding": [3, 2]}`.

    Raises ProblemError where the kind is unknown or its argument is not what the kind takes.
    """
    kind, argument = _kind_and_argument(value)
    if kind not in MASKS:
        known = ", ".join(entry.signature for entry in MASKS.values())
        raise ProblemError(
            f"{_said(value)} is no mask{did_you_mean(kind, MASKS)}: known kinds are {known}.",
            "Or give a matrix: a file, or a literal that begins with [.",
            ("mask",),
        )
    try:
        return MASKS[kind].read(argument)
    except ValueError:
        entry = MASKS[kind]
        message = f"the mask {_said(value)} cannot be read: it is written {entry.signature}."
        raise ProblemError(message, f"It means: {entry.help}.", ("mask",)) from None


def _kind_and_argument(value: object) -> tuple[str, object]:
    if isinstance(value, dict) and len(value) == 1:
        kind, argument = next(iter(value.items()))
        return str(kind), argument
    if not isinstance(value, str):
        return "", None
    kind, colon, text = value.strip().casefold().replace("−", "-").partition(":")
    if not colon:
        return kind, None
    words = [part.strip() for part in text.split(",")]
    parts = [int(word) if _WHOLE.fullmatch(word) else word for word in words]
    return kind, parts if len(parts) > 1 else parts[0]


def _said(value: object) -> str:
    return repr(value) if isinstance(value, str) else json.dumps(value, default=str)


def _whole_numbers(value: object, smallest: int) -> NDArray[np.int_]:
    """Nested lists of whole numbers as an array; ValueError for anything else."""
    numbers = np.array(value)
    if numbers.dtype.kind != "i" or (numbers.size and numbers.min() < smallest):
        raise ValueError
    return numbers


MASK_KINDS = {
    "keep": "1 may be attended",
    "drop": "1 may not be attended",
    "add": "the numbers are added to the scores",
}
