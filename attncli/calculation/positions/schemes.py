"""How tokens are told where they stand: one entry a kind in `POSITIONS`."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import did_you_mean

if TYPE_CHECKING:
    from attncli.calculation.positions.angles import Angles


@record(frozen=True)
class Sinusoidal:
    """Waves of many lengths are added to X."""

    angles: Angles


@record(frozen=True)
class Rope:
    """Queries and keys are turned, all their features or the first `dims`."""

    angles: Angles
    dims: int | None = None


@record(frozen=True)
class Alibi:
    """Scores are lowered with the distance of query and key."""


Position = Sinusoidal | Rope | Alibi


@record(frozen=True)
class PositionKind:
    """A kind of position: how it is written, what it means, the options it takes.

    `make` is given the options as keywords.
    """

    signature: str
    help: str
    make: Callable[..., Position | None]
    options: tuple[str, ...] = ()


def _sinusoidal(is_interleaved: bool = True, **base: float) -> Sinusoidal:
    from attncli.calculation.positions.angles import Angles

    return Sinusoidal(Angles(is_interleaved, **base))


def _rope(is_interleaved: bool = False, dims: int | None = None, **base: float) -> Rope:
    from attncli.calculation.positions.angles import Angles

    return Rope(Angles(is_interleaved, **base), dims)


POSITIONS: dict[str, PositionKind] = {
    "none": PositionKind("none", "nothing tells them apart (default)", lambda: None),
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


def read_position(value: object) -> Position | None:
    """A position from `rope:interleaved,dims=4`; none for `none`, and for a learned one.

    Raises ProblemError where the kind is unknown, or its options are not what it takes.
    """
    if value is None or isinstance(value, np.ndarray):
        return None
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
