"""Positional encodings, which give the tokens an order: one entry each in `POSITIONS`."""

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
    `needs_x`: the encoding is added to X, so a document with Q and K instead of X is refused.
    """

    needs_x: ClassVar[bool] = False

    def add_to_embeddings(self, steps: Steps, first: Callable[[], First]) -> None:
        """Add the step `position`, which is then added to X.

        `first` returns the position of the first token.
        """

    def turn(
        self, steps: Steps, queries: str, keys: str, first: First, first_key: First
    ) -> tuple[str, str]:
        """Add steps that encode positions in queries and keys; return the names of both results.

        `first` and `first_key` are the positions of the first query and of the first new key. Keys
        from a cache are already encoded.
        """
        return queries, keys

    def add_to_scores(self, steps: Steps, scores: str, first: First) -> tuple[str, ...]:
        """Add the steps of matrices that are added to the scores; return their names."""
        return ()


@record(frozen=True)
class Sinusoidal(Position):
    """Sinusoids of many wavelengths are added to X (Vaswani et al. 2017, section 3.5)."""

    needs_x = True

    angles: Angles

    def add_to_embeddings(self, steps: Steps, first: Callable[[], First]) -> None:
        from attncli.calculation.positions.sinusoids import Sinusoids

        steps.add("position", Sinusoids("X", self.angles, first()))


@record(frozen=True)
class Rope(Position):
    """Queries and keys are rotated by their positions (RoFormer, Su et al. 2021).

    q · k then depends only on the distance of the two tokens. `dims` is the number of features that
    are rotated; None means all.
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
    """Scores are lowered by slope × distance of query and key (Press et al. 2022).

    Each head has a slope of its own.
    """

    def add_to_scores(self, steps: Steps, scores: str, first: First) -> tuple[str, ...]:
        from attncli.calculation.positions.alibi import Distances

        heads = steps.axes(scores)[-3].size if steps.has_heads(scores) else None
        return (steps.add("position", Distances(scores, heads, first)),)


@record(frozen=True)
class PositionKind:
    """A kind of positional encoding: its forms, its help text, and the names of its options.

    `make` takes the options as keyword arguments.
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
    "none": PositionKind("none", "no positions", Position),
    "sinusoidal": PositionKind(
        "sinusoidal, sinusoidal:halves,base=N",
        "adds sin and cos of p / 10000^(2i/d) to X, alternating or (halves) all sin before all "
        "cos (Vaswani et al. 2017)",
        _sinusoidal,
        ("interleaved", "halves", "base"),
    ),
    "rope": PositionKind(
        "rope, rope:interleaved,dims=N,base=N",
        "rotates features i and i + d/2 of Q and K by p / 10000^(2i/d); interleaved: features 2i "
        "and 2i + 1; dims=N: only the first N features (RoFormer, Su et al. 2021)",
        _rope,
        ("halves", "interleaved", "dims", "base"),
    ),
    "alibi": PositionKind(
        "alibi",
        "subtracts slope × distance of query and key from the scores; each head has a slope of its "
        "own (Press et al. 2022)",
        Alibi,
    ),
}


def is_position(text: str) -> bool:
    """Return True if the text names a kind of positional encoding, and so is not a file."""
    return text.strip().casefold().partition(":")[0] in POSITIONS


def read_position(value: object) -> Position:
    """Read a positional encoding such as `rope:interleaved,dims=4`.

    Return an encoding that encodes nothing for None, and for an array: a learned encoding is an
    input matrix. Raises ProblemError if the kind is unknown or an option is wrong.
    """
    if value is None or isinstance(value, np.ndarray):
        return Position()
    kind, colon, text = str(value).strip().casefold().partition(":")
    entry = POSITIONS.get(kind.strip()) if isinstance(value, str) else None
    if entry is None:
        raise ProblemError(
            f"{value!r} is not a position{did_you_mean(kind, POSITIONS)}: known kinds are "
            f"{', '.join(POSITIONS)}.",
            "Learned positions are a matrix: position=FILE, or position in the document.",
            ("position",),
        )
    try:
        return entry.make(**_options(kind.strip(), text if colon else None))
    except ValueError as error:
        message = f"the position {value!r} cannot be read: {error}."
        raise ProblemError(message, f"Write it as {entry.signature}.", ("position",)) from None


def _options(kind: str, text: str | None) -> dict[str, object]:
    """Read the options of a kind, with commas between, as keyword arguments.

    Raises ValueError if an option is unknown, repeated or wrong.
    """
    known = POSITIONS[kind].options
    found: dict[str, object] = {}
    for part in [] if text is None else text.split(","):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if name not in known:
            raise ValueError(f"{kind} has no option {part.strip()!r}{did_you_mean(name, known)}")
        keyword, read = OPTIONS[name]
        if keyword in found:
            raise ValueError(f"{name} and an earlier option exclude each other")
        found[keyword] = read(number if equals else None)
    return found


def _word(meaning: bool) -> Callable[[str | None], bool]:
    """Return a reader of an option without a number, which sets a keyword to `meaning`."""

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
        raise ValueError("dims must be an even number of at least 2: features rotate in pairs")
    return dims


# For each option, the keyword argument of `make` that it sets, and the reader of its value.
OPTIONS: dict[str, tuple[str, Callable[[str | None], object]]] = {
    "interleaved": ("is_interleaved", _word(True)),
    "halves": ("is_interleaved", _word(False)),
    "base": ("base", _base),
    "dims": ("dims", _dims),
}
