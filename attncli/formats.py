"""The forms that results take: one entry each, in a table for each kind of result.

An entry names the function that writes it, as `room.module:function`, and loads that module when it
is used: the names of all forms are known without rich and without NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from attncli.errors import AttncliError
from attncli.records import record

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.calculation.analyses.comparison import Comparison
    from attncli.calculation.analyses.scale_study import Saturation
    from attncli.calculation.counting.alternatives import Report as CostReport
    from attncli.calculation.problem.problem import Result
    from attncli.homework.judging.report import Report
    from attncli.render.explain.explanations import Explanations
    from attncli.render.pictures import Picture
    from attncli.render.view import View

Asked = TypeVar("Asked")


class HasMatrices(Protocol):
    """A result that is made of matrices."""

    @property
    def matrices(self) -> Mapping[str, Any]:
        """The matrices by name."""


def written_by(path: str) -> Callable[[Any, View], str | bytes]:
    """The function `room.module:function` of this program, which is loaded when it is called."""
    module, _, function = path.partition(":")

    def write(asked: Any, view: View) -> str | bytes:
        written: str | bytes = getattr(import_module(f"attncli.{module}"), function)(asked, view)
        return written

    return write


def matrices_written_by(path: str) -> Callable[[HasMatrices, View], bytes]:
    """The same for a function that takes matrices by name."""

    def write(asked: HasMatrices, view: View) -> bytes:
        module, _, function = path.partition(":")
        written: bytes = getattr(import_module(f"attncli.{module}"), function)(asked.matrices)
        return written

    return write


@record(frozen=True)
class Format(Generic[Asked]):
    """One form of a result, and the suffix of its files.

    `bytes_per_number` is the memory that writing takes for each number of the result; `elides` says
    that large matrices are abbreviated unless the user asks for all of them.
    """

    suffix: str
    help: str
    writer: Callable[[Asked, View], str | bytes]
    bytes_per_number: int = 0
    is_text: bool = True
    elides: bool = False

    def write(self, asked: Asked, view: View) -> bytes:
        """The result in this form, as the bytes of a file."""
        written = self.writer(asked, view)
        return written.encode() if isinstance(written, str) else written

    def memory_per_number(self, full: bool) -> int:
        """Bytes that each number of the result takes while written; few, where it is elided."""
        return 0 if self.elides and not full else self.bytes_per_number


FORMATS: dict[str, Format[Result]] = {
    "table": Format(
        ".txt", "tables for people", written_by("render.trace_tables:draw"), 1400, elides=True
    ),
    "json": Format(
        ".json",
        "one object of matrices",
        matrices_written_by("documents.text.json_text:dump_json"),
        110,
    ),
    "csv": Format(
        ".csv",
        "one matrix bare, several under their names",
        matrices_written_by("documents.text.csv_text:dump_csv"),
        80,
    ),
    "npz": Format(
        ".npz",
        "arrays by name",
        matrices_written_by("documents.arrays.npz:dump_arrays"),
        16,
        is_text=False,
    ),
}

REPORTS: dict[str, Format[Report]] = {
    "table": Format(
        ".txt", "tables for people", written_by("render.reports.report_tables:draw_report")
    ),
    "json": Format(
        ".json",
        "a result a step, in the shape of check50",
        written_by("render.reports.report_data:report_json"),
    ),
    "gradescope": Format(
        ".gradescope.json",
        "Gradescope's results.json",
        written_by("render.reports.gradescope:report_gradescope"),
    ),
    "markdown": Format(
        ".md",
        "for a page or a comment",
        written_by("render.reports.report_data:report_markdown"),
    ),
}

EXPLANATIONS: dict[str, Format[Explanations]] = {
    "text": Format(".txt", "a line a cell", written_by("render.explain.forms_of_explain:text")),
    "json": Format(
        ".json", "a list of objects", written_by("render.explain.forms_of_explain:as_json")
    ),
    "latex": Format(
        ".tex", "align* of amsmath", written_by("render.explain.forms_of_explain:latex")
    ),
    "markdown": Format(
        ".md", "a nested list", written_by("render.explain.forms_of_explain:markdown")
    ),
}

COMPARISONS: dict[str, Format[Sequence[Comparison]]] = {
    "table": Format(
        ".txt", "a table for people", written_by("render.comparisons:draw_comparisons")
    ),
    "json": Format(
        ".json", "an object a convention", written_by("render.comparisons:comparisons_json")
    ),
}

PICTURES: dict[str, Format[Picture]] = {
    "picture": Format(".txt", "a picture for people", written_by("render.pictures:draw_mask")),
    "json": Format(
        ".json",
        "an object with the mask",
        matrices_written_by("documents.text.json_text:dump_json"),
    ),
    "csv": Format(".csv", "0 and 1", matrices_written_by("documents.text.csv_text:dump_csv")),
}

SATURATIONS: dict[str, Format[Saturation]] = {
    "table": Format(
        ".txt",
        "tables and bars for people",
        written_by("render.saturation.saturation_tables:draw_saturation"),
    ),
    "json": Format(
        ".json",
        "an object a row",
        written_by("render.saturation.saturation_data:saturation_json"),
    ),
    "csv": Format(
        ".csv", "a line a row", written_by("render.saturation.saturation_data:saturation_csv")
    ),
}

COSTS: dict[str, Format[CostReport]] = {
    "table": Format(".txt", "tables for people", written_by("render.costs.cost_tables:draw_costs")),
    "json": Format(
        ".json",
        "one object, with an object a step",
        written_by("render.costs.cost_data:costs_json"),
    ),
    "csv": Format(".csv", "a line a step", written_by("render.costs.cost_data:costs_csv")),
}

DOCUMENTS: dict[str, Format[Mapping[str, object]]] = {
    "json": Format(
        ".json",
        "one object, sublayers nested",
        written_by("documents.text.json_text:dump_document"),
    ),
}


def choose_format(
    formats: Mapping[str, Format[Asked]], name: str | None, file: Path | None
) -> Format[Asked]:
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
