"""What may be attended by rule: one entry a kind in `MASKS`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attncli.calculation.layouts import Axes, shape_text
from attncli.calculation.masking import Booleans, Rule
from attncli.errors import ProblemError, did_you_mean

_WHOLE = re.compile(r"[+-]?\d+")


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
