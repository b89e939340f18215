"""Positional encodings, which give tokens an order: one entry each in `POSITIONS`."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import did_you_mean

if TYPE_CHECKING:
    from attncli.calculation.algebra.plan import Steps
    from attncli.calculation.positions.angles import Angles
    from attncli.calculation.positions.places import First


@record(frozen=True)
class Position:
    """A positional encoding; this base class encodes nothing.

    A subclass overrides one of the three methods, which add steps at different places of a plan.
    `needs_x`: the encoding is added to X, so it needs X and not just Q and K.
    """

    needs_x: ClassVar[bool] = False

    def add_to_embeddings(self, steps: Steps, first: Callable[[], First]) -> None:
        """Add the step `position` to add to X; `first` returns the position of the first token."""

    def turn(
        self, steps: Steps, queries: str, keys: str, first: First, first_key: First
    ) -> tuple[str, str]:
        """Encode positions in queries and keys, and return the new names of both.

        `first` and `first_key` are the positions of the first query and of the first new key; keys
        from a cache are already encoded.
        """
        return queries, keys

    def add_to_scores(self, steps: Steps, scores: str, first: First) -> tuple[str, ...]:
        """Return the names of the matrices to be added to the scores, after adding their steps."""
        return ()


@record(frozen=True)
class Sinusoidal(Position):
    """Sinusoids of many wavelengths are added to X."""

    needs_x = True

    angles: Angles

    def add_to_embeddings(self, steps: Steps, first: Callable[[], First]) -> None:
        from attncli.calculation.positions.sinusoids import Sinusoids

        steps.add("position", Sinusoids("X", self.angles, first()))


@record(frozen=True)
class Rope(Position):
    """Queries and keys are rotated by their positions: all features, or the first `dims`.

    q · k then depends only on the distance between the two.
    """

    angles: Angles
    dims: int | None = None

    def turn(
        self, steps: Steps, queries: str, keys: str, first: First, first_key: First
    ) -> tuple[str, str]:
        from attncli.calculation.positions.rope import Rotate

        return (
            steps.add("Q_rotated", Rotate(queries, self.angles, self.dims, first)),
            steps.add("K_rotated", Rotate(keys, self.angles, self.dims, first_key)),
        )


@record(frozen=True)
class Alibi(Position):
    """Scores are lowered in proportion to the distance of query and key, by a slope per head."""

    def add_to_scores(self, steps: Steps, scores: str, first: First) -> tuple[str, ...]:
        from attncli.calculation.positions.alibi import Distances

        heads = steps.axes(scores)[-3].size if steps.has_heads(scores) else None
        return (steps.add("position", Distances(scores, heads, first)),)


@record(frozen=True)
class PositionKind:
    """A kind of positional encoding: its spelling, its meaning for help, and its options.

    `make` gets the options as keyword arguments.
    """

    signature: str
    help: str
    make: Callable[..., Position]
    options: tuple[str, ...] = ()


def _sinusoidal(is_interleaved: bool = True, **base: float) -> Sinusoidal:
    from attncli.calculation.positions.angles import Angles

    return Sinusoidal(Angles(is_interleaved, **base))


def _rope(is_interleaved: bool = False, dims: int | None = None, **base: float) -> Rope:
    from attncli.calculation.positions.angles import Angles

    return Rope(Angles(is_interleaved, **base), dims)


POSITIONS: dict[str, PositionKind] = {
    "none": PositionKind("none", "the tokens have no order", Position),
    "sinusoidal": PositionKind(
        "sinusoidal, sinusoidal:halves,base=N",
        "X + sin and cos of p / 10000^(2i/d), by turns or in halves; the paper's",
        _sinusoidal,
        ("interleaved", "halves", "base"),
    ),
    "rope": PositionKind(
        "rope, rope:interleaved,dims=N,base=N",
        "Q and K turned by p / 10000^(2i/d): features i and i + d/2, or neighbours; the first N",
        _rope,
        ("halves", "interleaved", "dims", "base"),
    ),
    "alibi": PositionKind(
        "alibi", "scores - slope × distance of query and key, a slope a head", Alibi
    ),
}


def is_position(text: str) -> bool:
    """True if the text names a kind of positional encoding and so is not a file."""
    return text.strip().casefold().partition(":")[0] in POSITIONS


def read_position(value: object) -> Position:
    """Read a positional encoding such as `rope:interleaved,dims=4`.

    A learned encoding is an input matrix: for an array, or for None, return one that encodes
    nothing. Raises ProblemError if the kind is unknown or an option is wrong.
    """
    if value is None or isinstance(value, np.ndarray):
        return Position()
    kind, colon, text = str(value).strip().casefold().partition(":")
    entry = POSITIONS.get(kind.strip()) if isinstance(value, str) else None
    if entry is None:
        raise ProblemError(
            f"{value!r} is no position{did_you_mean(kind, POSITIONS)}: known kinds are "
            f"{', '.join(POSITIONS)}.",
            "A learned one is a matrix: position=FILE, or position in the document.",
            ("position",),
        )
    try:
        return entry.make(**_options(entry, text if colon else None))
    except ValueError as error:
        message = f"the position {value!r} cannot be read: {error}."
        raise ProblemError(message, f"It is written {entry.signature}.", ("position",)) from None


def _options(entry: PositionKind, text: str | None) -> dict[str, object]:
    """Read options separated by commas as keyword arguments. Raises ValueError if one is wrong."""
    found: dict[str, object] = {}
    for part in [] if text is None else text.split(","):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if name not in entry.options:
            guess = did_you_mean(name, entry.options)
            raise ValueError(f"{part.strip()!r} is no option of it{guess}")
        keyword, read = OPTIONS[name]
        if keyword in found:
            raise ValueError(f"{name} says again what another option says")
        found[keyword] = read(number if equals else None)
    return found


def _word(meaning: bool) -> Callable[[str | None], bool]:
    def read(number: str | None) -> bool:
        if number is not None:
            raise ValueError("halves and interleaved take no number")
        return meaning

    return read


def _base(number: str | None) -> float:
    try:
        base = float(number or "nan")
    except ValueError:
        base = float("nan")
    if not (isfinite(base) and base >= 1):
        raise ValueError("base must be a number of at least 1")
    return base


def _dims(number: str | None) -> int:
    dims = int(number) if number and re.fullmatch("[0-9]{1,9}", number) else 0
    if not dims or dims % 2:
        raise ValueError("dims must be an even number of at least 2: features are turned in pairs")
    return dims


# For each option, the keyword argument of `make`, and the function that reads its value.
OPTIONS: dict[str, tuple[str, Callable[[str | None], object]]] = {
    "interleaved": ("is_interleaved", _word(True)),
    "halves": ("is_interleaved", _word(False)),
    "base": ("base", _base),
    "dims": ("dims", _dims),
}
