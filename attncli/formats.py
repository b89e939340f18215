"""The forms that results take: one entry each, in a table for each kind of result.

An entry names the function that writes it, and loads its module when it is used: the names of all
forms are known without rich and without NumPy.
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
    from attncli.calculation.counting.alternatives import CostReport
    from attncli.calculation.problem.problem import Result
    from attncli.homework.judging.report import Report
    from attncli.homework.mistakes.pages import MistakePages
    from attncli.render.explain.explanations import Explanations
    from attncli.render.pictures import Picture
    from attncli.render.view import View

Asked_contra = TypeVar("Asked_contra", contravariant=True)


class HasMatrices(Protocol):
    """A result that is made of matrices."""

    @property
    def matrices(self) -> Mapping[str, Any]:
        """The matrices by name."""


@record(frozen=True)
class Format(Generic[Asked_contra]):
    """One form of a result, the suffix of its files, and the function that writes it.

    `bytes_per_number` is the memory that writing takes for each number of the result; `elides` says
    that large matrices are abbreviated unless the user asks for all of them.
    """

    suffix: str
    help: str
    writer: str  # `room.module:function`
    bytes_per_number: int = 0
    is_text: bool = True
    elides: bool = False

    def load_writer(self) -> Callable[..., str | bytes]:
        """The function that writes this form, from its module."""
        module, _, function = self.writer.partition(":")
        writer: Callable[..., str | bytes] = getattr(import_module(f"attncli.{module}"), function)
        return writer

    def write(self, asked: Asked_contra, view: View) -> bytes:
        """The result in this form, as the bytes of a file."""
        written = self.load_writer()(asked, view)
        return written.encode() if isinstance(written, str) else written

    def memory_per_number(self, full: bool) -> int:
        """Bytes that each number takes while it is written; few, where the result is elided."""
        return 0 if self.elides and not full else self.bytes_per_number


@record(frozen=True)
class MatrixFormat(Format[HasMatrices]):
    """A form whose writer takes matrices by name, and no view."""

    def write(self, asked: HasMatrices, view: View) -> bytes:
        written = self.load_writer()(asked.matrices)
        return written.encode() if isinstance(written, str) else written


FORMATS: dict[str, Format[Result]] = {
    "table": Format(
        ".txt", "tables for people", "render.trace_tables:draw_trace", 1400, elides=True
    ),
    "json": MatrixFormat(
        ".json", "one object of matrices", "documents.text.json_text:dump_json", 110
    ),
    "csv": MatrixFormat(
        ".csv", "one matrix bare, several under their names", "documents.text.csv_text:dump_csv", 80
    ),
    "npz": MatrixFormat(
        ".npz", "arrays by name", "documents.arrays.npz:dump_arrays", 16, is_text=False
    ),
}

REPORTS: dict[str, Format[Report]] = {
    "table": Format(".txt", "tables for people", "render.reports.report_tables:draw_report"),
    "json": Format(
        ".json",
        "a result a step, in the shape of check50",
        "render.reports.report_data:report_json",
    ),
    "gradescope": Format(
        ".gradescope.json",
        "Gradescope's results.json",
        "render.reports.gradescope:report_gradescope",
    ),
    "markdown": Format(
        ".md", "for a page or a comment", "render.reports.report_data:report_markdown"
    ),
}

EXPLANATIONS: dict[str, Format[Explanations]] = {
    "text": Format(".txt", "a line a cell", "render.explain.explanation_writers:write_text"),
    "json": Format(".json", "a list of objects", "render.explain.explanation_writers:write_json"),
    "latex": Format(".tex", "align* of amsmath", "render.explain.explanation_writers:write_latex"),
    "markdown": Format(".md", "a nested list", "render.explain.explanation_writers:write_markdown"),
}

COMPARISONS: dict[str, Format[Sequence[Comparison]]] = {
    "table": Format(".txt", "a table for people", "render.comparisons:draw_comparisons"),
    "json": Format(".json", "an object a convention", "render.comparisons:comparisons_json"),
}

PICTURES: dict[str, Format[Picture]] = {
    "picture": Format(".txt", "a picture for people", "render.pictures:draw_mask"),
    "json": MatrixFormat(".json", "an object with the mask", "documents.text.json_text:dump_json"),
    "csv": MatrixFormat(".csv", "0 and 1", "documents.text.csv_text:dump_csv"),
}

SATURATIONS: dict[str, Format[Saturation]] = {
    "table": Format(
        ".txt",
        "tables and bars for people",
        "render.saturation.saturation_tables:draw_saturation",
    ),
    "json": Format(".json", "an object a row", "render.saturation.saturation_data:saturation_json"),
    "csv": Format(".csv", "a line a row", "render.saturation.saturation_data:saturation_csv"),
}

COSTS: dict[str, Format[CostReport]] = {
    "table": Format(".txt", "tables for people", "render.costs.cost_tables:draw_costs"),
    "json": Format(
        ".json", "one object, with an object a step", "render.costs.cost_data:costs_json"
    ),
    "csv": Format(".csv", "a line a step", "render.costs.cost_data:costs_csv"),
}

DOCUMENTS: dict[str, Format[Mapping[str, object]]] = {
    "json": Format(
        ".json", "one object, sublayers nested", "documents.text.json_text:dump_document"
    ),
}

MISTAKE_PAGES: dict[str, Format[MistakePages]] = {
    "table": Format(".txt", "text for people", "render.reports.mistake_pages:draw_mistakes"),
    "json": Format(".json", "a list of objects", "render.reports.mistake_data:mistakes_json"),
}


def choose_format(
    formats: Mapping[str, Format[Asked_contra]], name: str | None, file: Path | None
) -> Format[Asked_contra]:
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
