"""Positions, which give tokens an order: one entry each in `POSITIONS`."""

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
    """A way to give tokens an order; this one gives them none.

    A scheme adds steps in one of three places, and leaves the others as they are. `needs_x`: it adds
    to X, so that Q and K that are given have nothing to be added to.
    """

    needs_x: ClassVar[bool] = False

    def add_to_embeddings(self, steps: Steps, first: Callable[[], First]) -> None:
        """Add the step `position` if a matrix is added to X, whose first token stands at `first`."""

    def turn(
        self, steps: Steps, queries: str, keys: str, first: First, first_key: First
    ) -> tuple[str, str]:
        """The queries and keys with their places in them; earlier keys of a cache have theirs."""
        return queries, keys

    def add_to_scores(self, steps: Steps, scores: str, first: First) -> tuple[str, ...]:
        """The names of the matrices that are added to the scores."""
        return ()


@record(frozen=True)
class Sinusoidal(Position):
    """Waves of many lengths are added to X."""

    needs_x = True

    angles: Angles

    def add_to_embeddings(self, steps: Steps, first: Callable[[], First]) -> None:
        from attncli.calculation.positions.position_operations import Sinusoids

        steps.add("position", Sinusoids("X", self.angles, first()))


@record(frozen=True)
class Rope(Position):
    """Queries and keys are turned by their places, all their features or the first `dims`.

    Then q · k depends only on how far apart they are.
    """

    angles: Angles
    dims: int | None = None

    def turn(
        self, steps: Steps, queries: str, keys: str, first: First, first_key: First
    ) -> tuple[str, str]:
        from attncli.calculation.positions.position_operations import Rotate

        return (
            steps.add("Q_rotated", Rotate(queries, self.angles, self.dims, first)),
            steps.add("K_rotated", Rotate(keys, self.angles, self.dims, first_key)),
        )


@record(frozen=True)
class Alibi(Position):
    """Scores are lowered with the distance of query and key, by a slope for each head."""

    def add_to_scores(self, steps: Steps, scores: str, first: First) -> tuple[str, ...]:
        from attncli.calculation.positions.position_operations import Distances

        heads = steps.axes(scores)[-3].size if steps.has_heads(scores) else None
        return (steps.add("position", Distances(scores, heads, first)),)


@record(frozen=True)
class PositionKind:
    """A kind of position: how it is written, what it means, the options it takes.

    `make` is given the options as keywords.
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
    "none": PositionKind("none", "nothing tells them apart (default)", Position),
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
    """Whether a text names a kind of position, so that it is no file."""
    return text.strip().casefold().partition(":")[0] in POSITIONS


def read_position(value: object) -> Position:
    """A position from `rope:interleaved,dims=4`; a learned one is an input, and none of these.

    Raises ProblemError where the kind is unknown, or its options are not what it takes.
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
    """The keywords that options mean, separated by commas. Raises ValueError with what is wrong."""
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


# What an option says: the keyword of `make`, and how what stands behind its equals sign is read.
OPTIONS: dict[str, tuple[str, Callable[[str | None], object]]] = {
    "interleaved": ("is_interleaved", _word(True)),
    "halves": ("is_interleaved", _word(False)),
    "base": ("base", _base),
    "dims": ("dims", _dims),
}
