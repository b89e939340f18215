"""The forms of results: one entry per form, in a table for each kind of result.

An entry names the function that writes the form, and imports its module when the form is written:
listing the forms imports neither rich nor NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from attncli.errors import AttncliError
from attncli.records import record
from attncli.words import in_words

if TYPE_CHECKING:
    from pathlib import Path

    from attncli.calculation.analyses.comparison import Comparison
    from attncli.calculation.analyses.scale_study import Saturation
    from attncli.calculation.counting.alternatives import CostReport
    from attncli.calculation.problem.problem import Computation
    from attncli.calculation.problem.worksheet import Worksheet
    from attncli.homework.classes.class_report import ClassReport
    from attncli.homework.classes.grade import Grade
    from attncli.homework.exercises.worth import Worth
    from attncli.homework.judging.report import AnswerReport
    from attncli.homework.mistakes.pages import MistakePages
    from attncli.render.explain.explanations import Explanations
    from attncli.render.pictures import Picture
    from attncli.render.view import View

Asked_contra = TypeVar("Asked_contra", contravariant=True)


class HasMatrices(Protocol):
    """A result that consists of matrices."""

    @property
    def matrices(self) -> Mapping[str, Any]:
        """The matrices by name."""


# The options of commands that change how a form looks: fields of View.
PRECISION, FULL, COLOR, LABELS = "precision", "full", "color", "labels"
WORKED, FRAGMENT, MATH = "worked", "fragment", "math"
HEAT, COMPACT = "heat", "compact"


@record(frozen=True)
class Format(Generic[Asked_contra]):
    """A form of a result: the suffix of its files, and the function that writes it.

    `uses` are the fields of the view that change the form, such as `precision` and `color`.
    Writing takes `bytes_per_number` bytes of memory for each number of the result.
    """

    suffix: str
    help: str
    writer: str  # `room.module:function`
    uses: frozenset[str] = frozenset()
    bytes_per_number: int = 0
    is_text: bool = True

    def load_writer(self) -> Callable[..., str | bytes]:
        """Import the module of the function that writes this form, and return the function."""
        return _load(self.writer)

    def write(self, asked: Asked_contra, view: View) -> bytes:
        """Return the result in this form, as the bytes of a file."""
        return _as_bytes(self.load_writer()(asked, view))

    def doubts(self, asked: Asked_contra, view: View) -> Iterable[str]:
        """Return a warning for each loss of this form, such as characters that it cannot show."""
        return ()

    def memory_per_number(self, full: bool) -> int:
        """Return the bytes that writing takes for each number; 0 if large results are shortened."""
        return 0 if FULL in self.uses and not full else self.bytes_per_number


def _load(place: str) -> Callable[..., Any]:
    """Import a module, and return a function of it; `place` is `room.module:function`."""
    module, _, function = place.partition(":")
    loaded: Callable[..., Any] = getattr(import_module(f"attncli.{module}"), function)
    return loaded


def _as_bytes(written: str | bytes) -> bytes:
    return written.encode() if isinstance(written, str) else written


@record(frozen=True)
class MatrixFormat(Format[HasMatrices]):
    """A form whose writer takes matrices by name, and no view."""

    def write(self, asked: HasMatrices, view: View) -> bytes:
        return _as_bytes(self.load_writer()(asked.matrices))


@record(frozen=True)
class DataFormat(Format[Asked_contra]):
    """A form whose writer takes a result, and True to write the labels of rows and columns."""

    def write(self, asked: Asked_contra, view: View) -> bytes:
        return _as_bytes(self.load_writer()(asked, view.labels))


@record(frozen=True)
class PaperFormat(Format[Asked_contra]):
    """A document to hand in: its writer returns the blocks of the document.

    `notation` is the name of a form in `render.papers.writing.NOTATIONS`.
    """

    notation: str = ""

    def write(self, asked: Asked_contra, view: View) -> bytes:
        from attncli.render.papers.writing import write_paper

        return _as_bytes(write_paper(self._blocks(asked, view), self.notation, view))

    def doubts(self, asked: Asked_contra, view: View) -> Iterable[str]:
        from attncli.render.papers.writing import paper_doubts

        return paper_doubts(self._blocks(asked, view), self.notation, view)

    def _blocks(self, asked: Asked_contra, view: View) -> Any:
        return self.load_writer()(asked, view)


def papers(writer: str, *uses: str, leaves_out: Iterable[str] = ()) -> dict[str, Format[Any]]:
    """Return the forms of a document to hand in; `writer` returns its blocks.

    `uses` are fields of the view that change all four forms; the fields `leaves_out` change none.
    """
    # Suffix, help, the fields of the view that change the form, and the bytes that a number takes:
    # Typst keeps about 55 kB for each cell of a table.
    kinds = {
        "markdown": (".md", "Markdown, for a page or a comment", frozenset({MATH}), 200),
        "latex": (".tex", "a document for pdfLaTeX", frozenset({FRAGMENT, HEAT}), 320),
        "typst": (".typ", "a document for Typst", frozenset({FRAGMENT, HEAT}), 500),
        "pdf": (".pdf", "a document to print; needs the package typst", frozenset({HEAT}), 60_000),
    }
    return {
        name: PaperFormat(
            suffix,
            text,
            writer,
            frozenset(own | {*uses}) - {*leaves_out},
            size,
            name != "pdf",
            name,
        )
        for name, (suffix, text, own, size) in kinds.items()
    }


@record(frozen=True)
class TerminalFormat(Format[Asked_contra]):
    """A picture of a terminal that shows the text of the writer, with colours."""

    def write(self, asked: Asked_contra, view: View) -> bytes:
        from attncli.render.pages.terminal_picture import draw_terminal

        return _as_bytes(draw_terminal(self.load_writer(), asked, view))


@record(frozen=True)
class LinesFormat(Format["ClassReport"]):
    """A gradebook with a line per grade, which can be written while a class is being graded.

    The writer takes a grade and the names of the steps that have columns; `header` is the function
    that takes these names and returns the lines above the first grade; empty if there are none.
    """

    header: str = ""

    def head(self, names: Sequence[str]) -> str:
        """Return the lines above the first grade; empty if there are none."""
        return str(_load(self.header)(names)) if self.header else ""

    def line(self, grade: Grade, names: Sequence[str]) -> str:
        """Return the line of a grade, with its end."""
        return str(_load(self.writer)(grade, names))

    def write(self, asked: ClassReport, view: View) -> bytes:
        names = [step.name for step in asked.statistics.steps]
        return (self.head(names) + "".join(self.line(one, names) for one in asked.grades)).encode()


FORMATS: dict[str, Format[Computation]] = {
    "table": Format(
        ".txt",
        "tables for people",
        "render.trace_tables:draw_trace",
        frozenset({PRECISION, FULL, COLOR, HEAT, COMPACT}),
        620,
    ),
    "json": DataFormat(
        ".json",
        "one object with the tokens and the matrices",
        "documents.text.json_text:write_json",
        bytes_per_number=110,
    ),
    "jsonl": DataFormat(
        ".jsonl",
        "one line per step: an object with step, shape and values",
        "documents.text.json_text:write_jsonl",
        bytes_per_number=110,
    ),
    "csv": DataFormat(
        ".csv",
        "the rows of one matrix, or each of several matrices below its name",
        "documents.text.csv_writer:write_csv",
        frozenset({LABELS}),
        80,
    ),
    "tsv": DataFormat(
        ".tsv",
        "as csv, with tabs instead of commas",
        "documents.text.csv_writer:write_tsv",
        frozenset({LABELS}),
        80,
    ),
    "long": DataFormat(
        ".long.csv",
        "one line per number: step,batch,head,row,column,value; attncli does not read it",
        "documents.text.csv_writer:write_long",
        frozenset({LABELS}),
        50,
    ),
    "npz": DataFormat(
        ".npz",
        "arrays by name",
        "documents.arrays.npz:write_npz",
        bytes_per_number=16,
        is_text=False,
    ),
    "npy": DataFormat(
        ".npy",
        "one array: the only step of the result",
        "documents.arrays.npz:write_npy",
        bytes_per_number=16,
        is_text=False,
    ),
    **papers("render.papers.trace_paper:trace_paper", PRECISION, FULL, WORKED),
    "svg": TerminalFormat(
        ".svg",
        "a picture of the tables",
        "render.trace_tables:draw_trace",
        frozenset({PRECISION, FULL, HEAT, COMPACT}),
        2650,
    ),
    "html": Format(
        ".html",
        "a page for a browser, with the arithmetic of each cell",
        "render.pages.calculation_page:draw_page",
        frozenset({PRECISION, FULL}),
        3000,
    ),
}

REPORTS: dict[str, Format[AnswerReport]] = {
    "table": Format(
        ".txt",
        "tables for people",
        "render.reports.report_tables:draw_report",
        frozenset({FULL, COLOR}),
    ),
    "json": Format(
        ".json",
        "one result per step, with the fields of check50",
        "render.reports.report_data:report_json",
    ),
    "gradescope": Format(
        ".gradescope.json",
        "Gradescope's results.json",
        "render.reports.gradescope:report_gradescope",
        frozenset({FULL}),
    ),
    **papers("render.reports.report_paper:report_paper", FULL, leaves_out=(MATH, HEAT)),
    "svg": TerminalFormat(
        ".svg",
        "a picture of the tables",
        "render.reports.report_tables:draw_report",
        frozenset({FULL}),
    ),
    "html": Format(
        ".html",
        "a page for a browser, with the right number of each wrong cell",
        "render.pages.report_page:draw_report_page",
        frozenset({FULL}),
    ),
}

GRADES: dict[str, Format[ClassReport]] = {
    "table": Format(
        ".txt",
        "tables for people: a row per answer, and what the class got wrong",
        "render.classes.class_sheets:draw_class",
        frozenset({FULL, COLOR}),
    ),
    "csv": LinesFormat(
        ".csv",
        "one line per answer, for a spreadsheet",
        "render.classes.grades_csv:line",
        header="render.classes.grades_csv:head",
    ),
    "json": Format(
        ".json",
        "one object with the statistics and the grades",
        "render.classes.grades_json:class_json",
    ),
    "jsonl": LinesFormat(
        ".jsonl",
        "one object per line: the grade of an answer",
        "render.classes.grades_json:line",
    ),
    "markdown": papers("render.classes.class_paper:class_paper", FULL, leaves_out=(MATH,))[
        "markdown"
    ],
    "html": Format(
        ".html",
        "a page for a browser, with the share right of each step",
        "render.classes.class_page:draw_class_page",
        frozenset({FULL}),
    ),
}

EXPLANATIONS: dict[str, Format[Explanations]] = {
    "text": Format(
        ".txt",
        "one line per cell",
        "render.explain.explanation_writers:write_text",
        frozenset({PRECISION, FULL, COLOR}),
    ),
    "json": Format(
        ".json",
        "a list of objects",
        "render.explain.explanation_writers:write_json",
    ),
    **papers(
        "render.explain.explanation_paper:explanation_paper", PRECISION, FULL, leaves_out=(HEAT,)
    ),
}

COMPARISONS: dict[str, Format[Sequence[Comparison]]] = {
    "table": Format(
        ".txt",
        "a table for people",
        "render.comparisons:draw_comparisons",
        frozenset({PRECISION, COLOR}),
    ),
    "json": Format(".json", "one object per convention", "render.comparisons:comparisons_json"),
    "svg": TerminalFormat(
        ".svg",
        "a picture of the table",
        "render.comparisons:draw_comparisons",
        frozenset({PRECISION}),
    ),
}

PICTURES: dict[str, Format[Picture]] = {
    "picture": Format(".txt", "a picture for people", "render.pictures:draw_mask"),
    "json": MatrixFormat(".json", "an object with the mask", "documents.text.json_text:dump_json"),
    "csv": MatrixFormat(".csv", "rows of 0 and 1", "documents.text.csv_writer:dump_csv"),
    "svg": TerminalFormat(".svg", "the picture as a file", "render.pictures:draw_mask"),
}

SATURATIONS: dict[str, Format[Saturation]] = {
    "table": Format(
        ".txt",
        "tables and bars for people",
        "render.saturation.saturation_tables:draw_saturation",
        frozenset({PRECISION, COLOR}),
    ),
    "json": Format(
        ".json", "one object per row", "render.saturation.saturation_data:saturation_json"
    ),
    "csv": Format(".csv", "one line per row", "render.saturation.saturation_data:saturation_csv"),
    "svg": TerminalFormat(
        ".svg",
        "a picture of the tables",
        "render.saturation.saturation_tables:draw_saturation",
        frozenset({PRECISION}),
    ),
}

COSTS: dict[str, Format[CostReport]] = {
    "table": Format(
        ".txt", "tables for people", "render.costs.cost_tables:draw_costs", frozenset({FULL, COLOR})
    ),
    "json": Format(
        ".json", "one object, with an object per step", "render.costs.cost_data:costs_json"
    ),
    "csv": Format(".csv", "one line per step", "render.costs.cost_data:costs_csv"),
    "svg": TerminalFormat(
        ".svg",
        "a picture of the tables",
        "render.costs.cost_tables:draw_costs",
        frozenset({FULL}),
    ),
}


@record(frozen=True)
class SheetFormat(Format[Any]):
    """A form whose writer takes a worksheet, or several, and no view."""

    def write(self, asked: Any, view: View) -> bytes:
        return _as_bytes(self.load_writer()(asked))


# `moodle` takes worksheets by the names of their variants; a single one has the name "".
DOCUMENTS: dict[str, Format[Any]] = {
    "json": Format(
        ".json", "one object, with an object per sublayer", "documents.text.json_text:dump_document"
    ),
    "moodle": SheetFormat(
        ".xml",
        "a cloze question for Moodle for each step",
        "render.handouts.moodle_quiz:moodle_quiz",
    ),
}

WORTHS: dict[str, Format[Worth]] = {
    "table": Format(
        ".txt", "tables for people", "render.worth.worth_tables:draw_worth", frozenset({COLOR})
    ),
    "json": Format(
        ".json", "one object, with lists of mistakes", "render.worth.worth_data:worth_json"
    ),
}

MISTAKE_PAGES: dict[str, Format[MistakePages]] = {
    "table": Format(".txt", "text for people", "render.reports.mistake_pages:draw_mistakes"),
    "json": Format(".json", "a list of objects", "render.reports.mistake_data:mistakes_json"),
}


WORKSHEETS: dict[str, Format[Worksheet]] = {
    "csv": SheetFormat(
        ".csv",
        "a grid for each step, which check reads once it is filled in",
        "documents.handouts.worksheet_csv:worksheet_csv",
    ),
    "xlsx": SheetFormat(
        ".xlsx",
        "a workbook, which check reads once it is filled in",
        "documents.handouts.worksheet_xlsx:worksheet_xlsx",
        is_text=False,
    ),
    **papers("render.handouts.worksheet_papers:worksheet_paper"),
}


def choose_format(
    formats: Mapping[str, Format[Asked_contra]],
    name: str | None,
    file: Path | None,
    can_name: bool = True,
) -> Format[Asked_contra]:
    """Return the format called `name`, else the format of the file's suffix, else the first.

    `file` is None for standard output. `can_name` is True if the user can give the name. Raises
    AttncliError if no format has the suffix.
    """
    if name or file is None:
        return formats[name or next(iter(formats))]
    fitting = [e for e in formats.values() if file.name.casefold().endswith(e.suffix)]
    if fitting:
        return max(fitting, key=lambda entry: len(entry.suffix))
    fact = f"no format has the suffix {file.suffix!r}" if file.suffix else "the file has no suffix"
    suffixes = in_words([entry.suffix for entry in formats.values()], "or")
    named = f", or name the format: --format {next(iter(formats))}" if can_name else ""
    raise AttncliError(f"{file}: {fact}.", f"Use the suffix {suffixes}{named}.")
