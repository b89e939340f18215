"""The forms a result can take: one entry each in `FORMATS`. Nothing heavy is loaded for their names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attncli.errors import AttncliError

if TYPE_CHECKING:
    from attncli.calculation.plan import Trace
    from attncli.calculation.problem import Problem
    from attncli.render.view import View


@dataclass(frozen=True)
class Result:
    """What was asked for: the steps of these names in a trace, and the problem it belongs to."""

    problem: Problem
    trace: Trace
    names: Sequence[str]


@dataclass(frozen=True)
class Format:
    """A form of a result: the suffix of its files, and how it is written."""

    suffix: str
    help: str
    write: Callable[[Result, View], bytes]
    is_text: bool = True


def _table(result: Result, view: View) -> bytes:
    from attncli.render.tables import draw

    return draw(result.trace, result.names, result.problem, view).encode()


def _json(result: Result, view: View) -> bytes:
    from attncli.documents.json_text import dump_json

    return dump_json(result.trace.written(result.names))


def _csv(result: Result, view: View) -> bytes:
    from attncli.documents.csv_text import dump_csv

    return dump_csv(result.trace.written(result.names))


def _npz(result: Result, view: View) -> bytes:
    from attncli.documents.arrays import dump_arrays

    return dump_arrays(result.trace.written(result.names))


FORMATS: dict[str, Format] = {
    "table": Format(".txt", "tables for people", _table),
    "json": Format(".json", "one object of matrices", _json),
    "csv": Format(".csv", "one matrix bare, several under their names", _csv),
    "npz": Format(".npz", "arrays by name", _npz, is_text=False),
}


def choose_format(name: str | None, file: Path | None) -> Format:
    """The format of this name, else that of the file's suffix, else tables.

    Raises AttncliError for a suffix that belongs to no format.
    """
    if name:
        return FORMATS[name]
    if file is None:
        return FORMATS["table"]
    for entry in FORMATS.values():
        if entry.suffix == file.suffix.casefold():
            return entry
    suffixes = ", ".join(f"{entry.suffix} ({name})" for name, entry in FORMATS.items())
    message = f"{file}: the suffix {file.suffix!r} names no format: known are {suffixes}."
    raise AttncliError(message, "Name the format with --format.")
