"""The forms a result can take: one entry each in `FORMATS`. Nothing heavy is loaded for their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from attncli.errors import AttncliError
from attncli.records import record

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.calculation.alternatives import Report as CostReport
    from attncli.calculation.compared import Comparison
    from attncli.calculation.plan import Trace
    from attncli.calculation.problem import Problem
    from attncli.calculation.why_scale import Saturation
    from attncli.homework.report import Report
    from attncli.render.explanations import Explanations
    from attncli.render.pictures import Picture
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


Asked = TypeVar("Asked")


@record(frozen=True)
class Form(Generic[Asked]):
    """A form of whatever else is asked for: the suffix of its files, and how it is written."""

    suffix: str
    help: str
    write: Callable[[Asked, View], str]


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
    "table": Format(".txt", "tables for people", _table, 1400, is_elided=True),
    "json": Format(".json", "one object of matrices", _json, 110),
    "csv": Format(".csv", "one matrix bare, several under their names", _csv, 80),
    "npz": Format(".npz", "arrays by name", _npz, 16, is_text=False),
}


def _report_table(report: Report, view: View) -> str:
    from attncli.render.verdicts import draw_report

    return draw_report(report, view)


def _report_json(report: Report, view: View) -> str:
    from attncli.render.reports import report_json

    return report_json(report)


def _report_gradescope(report: Report, view: View) -> str:
    from attncli.render.reports import report_gradescope

    return report_gradescope(report, view)


def _report_markdown(report: Report, view: View) -> str:
    from attncli.render.reports import report_markdown

    return report_markdown(report)


REPORTS: dict[str, Form[Report]] = {
    "table": Form(".txt", "tables for people", _report_table),
    "json": Form(".json", "a result a step, in the shape of check50", _report_json),
    "gradescope": Form(".gradescope.json", "Gradescope's results.json", _report_gradescope),
    "markdown": Form(".md", "for a page or a comment", _report_markdown),
}


def _explained_text(explained: Explanations, view: View) -> str:
    from attncli.render.arithmetic import text

    return text(explained, view)


def _explained_json(explained: Explanations, view: View) -> str:
    from attncli.render.arithmetic import as_json

    return as_json(explained, view)


def _explained_latex(explained: Explanations, view: View) -> str:
    from attncli.render.arithmetic import latex

    return latex(explained, view)


def _explained_markdown(explained: Explanations, view: View) -> str:
    from attncli.render.arithmetic import markdown

    return markdown(explained, view)


EXPLANATIONS: dict[str, Form[Explanations]] = {
    "text": Form(".txt", "a line a cell", _explained_text),
    "json": Form(".json", "a list of objects", _explained_json),
    "latex": Form(".tex", "align* of amsmath", _explained_latex),
    "markdown": Form(".md", "a nested list", _explained_markdown),
}


def _compared_table(comparisons: Sequence[Comparison], view: View) -> str:
    from attncli.render.comparisons import draw_comparisons

    return draw_comparisons(comparisons, view)


def _compared_json(comparisons: Sequence[Comparison], view: View) -> str:
    from attncli.render.comparisons import comparisons_json

    return comparisons_json(comparisons)


COMPARISONS: dict[str, Form[Sequence[Comparison]]] = {
    "table": Form(".txt", "a table for people", _compared_table),
    "json": Form(".json", "an object a convention", _compared_json),
}


def _picture(picture: Picture, view: View) -> str:
    from attncli.render.pictures import draw_mask

    return draw_mask(picture, view.width)


def _picture_json(picture: Picture, view: View) -> str:
    from attncli.documents.json_text import dump_json

    return dump_json({"mask": picture.pattern.may_attend}).decode()


def _picture_csv(picture: Picture, view: View) -> str:
    from attncli.documents.csv_text import dump_csv

    return dump_csv({"mask": picture.pattern.may_attend.astype(int)}).decode()


PICTURES: dict[str, Form[Picture]] = {
    "picture": Form(".txt", "a picture for people", _picture),
    "json": Form(".json", "an object with the mask", _picture_json),
    "csv": Form(".csv", "0 and 1", _picture_csv),
}


def _saturation_table(found: Saturation, view: View) -> str:
    from attncli.render.saturation import draw_saturation

    return draw_saturation(found, view)


def _saturation_json(found: Saturation, view: View) -> str:
    from attncli.render.saturation_data import saturation_json

    return saturation_json(found)


def _saturation_csv(found: Saturation, view: View) -> str:
    from attncli.render.saturation_data import saturation_csv

    return saturation_csv(found)


SATURATIONS: dict[str, Form[Saturation]] = {
    "table": Form(".txt", "tables and bars for people", _saturation_table),
    "json": Form(".json", "an object a row", _saturation_json),
    "csv": Form(".csv", "a line a row", _saturation_csv),
}


def _costs_table(report: CostReport, view: View) -> str:
    from attncli.render.costs import draw_costs

    return draw_costs(report, view)


def _costs_json(report: CostReport, view: View) -> str:
    from attncli.render.cost_data import costs_json

    return costs_json(report)


def _costs_csv(report: CostReport, view: View) -> str:
    from attncli.render.cost_data import costs_csv

    return costs_csv(report)


COSTS: dict[str, Form[CostReport]] = {
    "table": Form(".txt", "tables for people", _costs_table),
    "json": Form(".json", "one object, with an object a step", _costs_json),
    "csv": Form(".csv", "a line a step", _costs_csv),
}


@record(frozen=True)
class DocumentFormat:
    """A form of a document that is written anew: the suffix of its files, and how it is written."""

    suffix: str
    help: str
    write: Callable[[Mapping[str, object]], bytes]


def _document_json(document: Mapping[str, object]) -> bytes:
    from attncli.documents.json_text import dump_document

    return dump_document(document)


DOCUMENTS: dict[str, DocumentFormat] = {
    "json": DocumentFormat(".json", "one object, sublayers nested", _document_json),
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
