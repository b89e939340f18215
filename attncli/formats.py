"""The forms a result can take: one entry each in `FORMATS`. Nothing heavy is loaded for their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from attncli.errors import AttncliError
from attncli.records import record

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.calculation.algebra.plan import Trace
    from attncli.calculation.problem.problem import Problem
    from attncli.render.view import View


@record(frozen=True)
class Result:
    """What was asked for: the steps of these names in a trace, and the problem it belongs to."""

    problem: Problem
    trace: Trace
    names: Sequence[str]


@record(frozen=True)
class Format:
    """A form of a result: the suffix of its files, and how it is written.

    `room` are the bytes that each number it shows takes while it is written, `is_elided` whether
    it shows but a few of many, unless all are asked for.
    """

    suffix: str
    help: str
    write: Callable[[Result, View], bytes]
    room: int
    is_text: bool = True
    is_elided: bool = False

    def room_of(self, full: bool) -> int:
        """The bytes for each number of the result."""
        return 0 if self.is_elided and not full else self.room


def _table(result: Result, view: View) -> bytes:
    from attncli.render.trace_tables import draw

    return draw(result.trace, result.names, result.problem, view).encode()


def _json(result: Result, view: View) -> bytes:
    from attncli.documents.text.json_text import dump_json

    return dump_json(result.trace.written(result.names))


def _csv(result: Result, view: View) -> bytes:
    from attncli.documents.text.csv_text import dump_csv

    return dump_csv(result.trace.written(result.names))


def _npz(result: Result, view: View) -> bytes:
    from attncli.documents.arrays.npz import dump_arrays

    return dump_arrays(result.trace.written(result.names))


FORMATS: dict[str, Format] = {
    "table": Format(".txt", "tables for people", _table, 1400, is_elided=True),
    "json": Format(".json", "one object of matrices", _json, 110),
    "csv": Format(".csv", "one matrix bare, several under their names", _csv, 80),
    "npz": Format(".npz", "arrays by name", _npz, 16, is_text=False),
}


class HasSuffix(Protocol):
    """A form of anything, which files of one suffix are written in."""

    @property
    def suffix(self) -> str:
        """With its dot: `.json`."""


Entry = TypeVar("Entry", bound=HasSuffix)


def choose_format(formats: Mapping[str, Entry], name: str | None, file: Path | None) -> Entry:
    """The format of this name, else that of the file's suffix, else the first.

    Raises AttncliError for a suffix that belongs to no format.
    """
    if name or file is None:
        return formats[name or next(iter(formats))]
    fitting = [e for e in formats.values() if file.name.casefold().endswith(e.suffix)]
    if fitting:
        return max(fitting, key=lambda entry: len(entry.suffix))
    suffixes = ", ".join(f"{entry.suffix} ({name})" for name, entry in formats.items())
    message = f"{file}: the suffix {file.suffix!r} names no format: known are {suffixes}."
    raise AttncliError(message, "Name the format with --format.")
