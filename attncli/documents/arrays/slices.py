"""Read slices as NumPy writes them, `[0:64,:]`; a slice beyond the array is an error."""

from __future__ import annotations

import re

from attncli.calculation.algebra.layouts import Shape
from attncli.errors import DocumentError
from attncli.words import count, shape_text

Index = tuple[int | slice, ...]

_NUMBER = r"\s*(-?[0-9]{1,18})?\s*"
_ENTRY = re.compile(rf"{_NUMBER}(:)?{_NUMBER}")
_STEP = re.compile(rf"{_NUMBER}:{_NUMBER}:{_NUMBER}")


def index_of(text: str, name: str, shape: Shape) -> Index:
    """Return the index that a slice names in an array of this shape.

    `a:b` is a range; a single number drops its axis. The text has one entry per axis, counted from
    0, or from the end if it is negative. `name` names the array in messages. Raises DocumentError
    for an entry outside the array, a missing axis, an empty range, and a step.

    >>> index_of("-2:,3", "W", (5, 7))
    (slice(3, 5, None), 3)
    """
    written = [entry.strip() for entry in text.split(",")]
    entries = [_read(entry, text) for entry in written]
    said = f"{name} is {shape_text(shape) if shape else 'a single number'}, but [{text}]"
    if len(entries) != len(shape):
        whole = ",".join([*written, *":" * len(shape)][: len(shape)])
        cure = f"Each axis needs one: [{whole}]." if shape else "Leave out the slice."
        raise DocumentError(f"{said} has {count(len(entries), 'ranges')}.", cure)
    if all(isinstance(entry, int) for entry in entries):
        cure = "A single number drops its axis; 3:4 keeps it."
        raise DocumentError(f"{said} drops every axis.", cure)
    return tuple(
        _within(size, entries[axis], f"{said} asks for {written[axis]} on axis {axis + 1}")
        for axis, size in enumerate(shape)
    )


def _read(entry: str, text: str) -> int | slice:
    """Return one entry of the slice `text`; the ends of a range may be None or negative."""
    entry = " ".join(entry.split())  # the patterns are slow on many blanks
    match = _ENTRY.fullmatch(entry)
    if match and entry:
        start, colon, stop = match.groups()
        if not colon and not stop:
            return int(start)
        if colon:
            return slice(int(start) if start else None, int(stop) if stop else None)
    what = "has a step, which is not allowed" if _STEP.fullmatch(entry) else "is not a slice"
    raise DocumentError(f"[{text}] {what}.", "Write a range for each axis: [0:64,:], or [3,:,:].")


def _within(size: int, entry: int | slice, asked: str) -> int | slice:
    """Return the entry, counted from the beginning of an axis with `size` numbers.

    Raises DocumentError, whose message begins with `asked`, if the entry is outside or empty.
    """

    def place(number: int, last: int) -> int:
        found = number + size if number < 0 else number
        if not 0 <= found <= last:
            hint = "Slices are counted from 0."
            raise DocumentError(f"{asked}, which has size {size}.", hint)
        return found

    if isinstance(entry, int):
        return place(entry, size - 1)
    start = 0 if entry.start is None else place(entry.start, size)
    stop = size if entry.stop is None else place(entry.stop, size)
    if start >= stop:
        hint = "A range a:b is counted from 0 and ends before b."
        raise DocumentError(f"{asked}, an empty range.", hint)
    return slice(start, stop)
