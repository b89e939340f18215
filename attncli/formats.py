"""The forms of results: one entry per form, in a table for each kind of result.

An entry names the function that writes the form, and imports its module when the form is written:
listing the forms imports neither rich nor NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

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


def _whole(asked: Any, view: View) -> tuple[Any, ...]:
    return asked, view


def _alone(asked: Any, _: View) -> tuple[Any, ...]:
    return (asked,)


def _matrices(asked: Any, _: View) -> tuple[Any, ...]:
    return (asked.matrices,)


# The options of commands that change how a form looks: fields of View.
PRECISION, FULL, COLOR, LABELS = "precision", "full", "color", "labels"
WORKED, FRAGMENT, MATH = "worked", "fragment", "math"
HEAT, COMPACT = "heat", "compact"


@record(frozen=True)
class Format(Generic[Asked_contra]):
    """A form of a result: the suffix of its files, and the function that writes it.

    `uses` are the fields of the view that change the form, such as `precision` and `color`.
    Writing takes `bytes_per_number` bytes of memory for each number of the result. `takes` returns
    the arguments of the function: the result and the view, or what a writer of data needs.
    """

    suffix: str
    help: str
    writer: str  # `room.module:function`
    uses: frozenset[str] = frozenset()
    bytes_per_number: int = 0
    is_text: bool = True
    takes: Callable[[Any, View], tuple[Any, ...]] = _whole

    def load_writer(self) -> Callable[..., Any]:
        """Import the module of the function that writes this form, and return the function."""
        writer: Callable[..., Any] = load(self.writer)
        return writer

    def write(self, asked: Asked_contra, view: View) -> bytes:
        """Return the result in this form, as the bytes of a file."""
        return _as_bytes(self.load_writer()(*self.takes(asked, view)))

    def doubts(self, asked: Asked_contra, view: View) -> Iterable[str]:
        """Return a warning for each loss of this form, such as characters that it cannot show."""
        return ()

    def memory_per_number(self, full: bool) -> int:
        """Return the bytes that writing takes for each number; 0 if large results are shortened."""
        return 0 if FULL in self.uses and not full else self.bytes_per_number


def load(place: str) -> Any:
    """Import a module, and return a function or table of it; `place` is `room.module:name`."""
    module, _, name = place.partition(":")
    return getattr(import_module(f"attncli.{module}"), name)


def _as_bytes(written: str | bytes) -> bytes:
    return written.encode() if isinstance(written, str) else written


@record(frozen=True)
class PaperFormat(Format[Asked_contra]):
    """A document to hand in: its writer returns the blocks of the document.

    `notation` is the name of a form in `render.papers.writing.NOTATIONS`.
    """

    notation: str = ""

    def write(self, asked: Asked_contra, view: View) -> bytes:
        from attncli.render.papers.writing import write_paper

        return _as_bytes(write_paper(self.load_writer()(asked, view), self.notation, view))

    def doubts(self, asked: Asked_contra, view: View) -> Iterable[str]:
        from attncli.render.papers.writing import paper_doubts

        return paper_doubts(self.load_writer()(asked, view), self.notation, view)


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
            *(suffix, text, writer, frozenset(own | {*uses}) - {*leaves_out}, size, name != "pdf"),
            notation=name,
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
        return str(load(self.header)(names)) if self.header else ""

    def line(self, grade: Grade, names: Sequence[str]) -> str:
        """Return the line of a grade, with its end."""
        return str(load(self.writer)(grade, names))

    def write(self, asked: ClassReport, view: View) -> bytes:
        names = [step.name for step in asked.statistics.steps]
        return (self.head(names) + "".join(self.line(one, names) for one in asked.grades)).encode()


def _table(writer: str, *uses: str, text: str = "tables for people", size: int = 0) -> Format[Any]:
    return Format(".txt", text, writer, frozenset(uses), size)


def _data(
    suffix: str, text: str, writer: str, size: int, *uses: str, is_text: bool = True
) -> Format[Any]:
    """Return the form of a writer of data, which takes True to write the labels."""

    def takes(asked: Any, view: View) -> tuple[Any, ...]:
        return asked, view.labels

    return Format(suffix, text, f"documents.{writer}", frozenset(uses), size, is_text, takes)


def _picture(
    writer: str, *uses: str, text: str = "a picture of the tables", size: int = 0
) -> Format[Any]:
    return TerminalFormat(".svg", text, writer, frozenset(uses), size)


def _page(writer: str, text: str, *uses: str, size: int = 0) -> Format[Any]:
    return Format(".html", f"a page for a browser, with {text}", writer, frozenset(uses), size)


FORMATS: dict[str, Format[Computation]] = {
    "table": _table(
        "render.trace_tables:draw_trace", PRECISION, FULL, COLOR, HEAT, COMPACT, size=620
    ),
    "json": _data(
        ".json", "one object with the tokens and the matrices", "text.json_text:write_json", 110
    ),
    "jsonl": _data(
        ".jsonl",
        "one line per step: an object with step, shape and values",
        *("text.json_text:write_jsonl", 110),
    ),
    "csv": _data(
        ".csv",
        "the rows of one matrix, or each of several matrices below its name",
        *("text.csv_writer:write_csv", 80, LABELS),
    ),
    "tsv": _data(
        ".tsv", "as csv, with tabs instead of commas", "text.csv_writer:write_tsv", 80, LABELS
    ),
    "long": _data(
        ".long.csv",
        "one line per number: step,batch,head,row,column,value; attncli does not read it",
        *("text.csv_writer:write_long", 50, LABELS),
    ),
    "npz": _data(".npz", "arrays by name", "arrays.npz:write_npz", 16, is_text=False),
    "npy": _data(
        ".npy", "one array: the only step of the result", "arrays.npz:write_npy", 16, is_text=False
    ),
    **papers("render.papers.trace_paper:trace_paper", PRECISION, FULL, WORKED),
    "svg": _picture("render.trace_tables:draw_trace", PRECISION, FULL, HEAT, COMPACT, size=2650),
    "html": _page(
        "render.pages.calculation_page:draw_page",
        "the arithmetic of each cell",
        *(PRECISION, FULL),
        size=3000,
    ),
}

REPORTS: dict[str, Format[AnswerReport]] = {
    "table": _table("render.reports.report_tables:draw_report", FULL, COLOR),
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
    "svg": _picture("render.reports.report_tables:draw_report", FULL),
    "html": _page(
        "render.pages.report_page:draw_report_page", "the right number of each wrong cell", FULL
    ),
}

GRADES: dict[str, Format[ClassReport]] = {
    "table": _table(
        "render.classes.class_sheets:draw_class",
        *(FULL, COLOR),
        text="tables for people: a row per answer, and what the class got wrong",
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
    "html": _page(
        "render.classes.class_page:draw_class_page", "the share right of each step", FULL
    ),
}

EXPLANATIONS: dict[str, Format[Explanations]] = {
    "text": _table(
        "render.explain.explanation_writers:write_text",
        *(PRECISION, FULL, COLOR),
        text="one line per cell",
    ),
    "json": Format(".json", "a list of objects", "render.explain.explanation_writers:write_json"),
    **papers(
        "render.explain.explanation_paper:explanation_paper", PRECISION, FULL, leaves_out=(HEAT,)
    ),
}

COMPARISONS: dict[str, Format[Sequence[Comparison]]] = {
    "table": _table(
        "render.comparisons:draw_comparisons", PRECISION, COLOR, text="a table for people"
    ),
    "json": Format(".json", "one object per convention", "render.comparisons:comparisons_json"),
    "svg": _picture(
        "render.comparisons:draw_comparisons", PRECISION, text="a picture of the table"
    ),
}

PICTURES: dict[str, Format[Picture]] = {
    "picture": _table("render.pictures:draw_mask", text="a picture for people"),
    "json": Format(
        ".json", "an object with the mask", "documents.text.json_text:dump_json", takes=_matrices
    ),
    "csv": Format(".csv", "rows of 0 and 1", "documents.text.csv_writer:dump_csv", takes=_matrices),
    "svg": _picture("render.pictures:draw_mask", text="the picture as a file"),
}

SATURATIONS: dict[str, Format[Saturation]] = {
    "table": _table(
        "render.saturation.saturation_tables:draw_saturation",
        *(PRECISION, COLOR),
        text="tables and bars for people",
    ),
    "json": Format(
        ".json", "one object per row", "render.saturation.saturation_data:saturation_json"
    ),
    "csv": Format(".csv", "one line per row", "render.saturation.saturation_data:saturation_csv"),
    "svg": _picture("render.saturation.saturation_tables:draw_saturation", PRECISION),
}

COSTS: dict[str, Format[CostReport]] = {
    "table": _table("render.costs.cost_tables:draw_costs", FULL, COLOR),
    "json": Format(
        ".json", "one object, with an object per step", "render.costs.cost_data:costs_json"
    ),
    "csv": Format(".csv", "one line per step", "render.costs.cost_data:costs_csv"),
    "svg": _picture("render.costs.cost_tables:draw_costs", FULL),
}

# `moodle` takes worksheets by the names of their variants; a single one has the name "".
DOCUMENTS: dict[str, Format[Any]] = {
    "json": Format(
        ".json", "one object, with an object per sublayer", "documents.text.json_text:dump_document"
    ),
    "moodle": Format(
        ".xml",
        "a cloze question for Moodle for each step",
        "render.handouts.moodle_quiz:moodle_quiz",
        takes=_alone,
    ),
}

WORTHS: dict[str, Format[Worth]] = {
    "table": _table("render.worth.worth_tables:draw_worth", COLOR),
    "json": Format(
        ".json", "one object, with lists of mistakes", "render.worth.worth_data:worth_json"
    ),
}

MISTAKE_PAGES: dict[str, Format[MistakePages]] = {
    "table": _table("render.reports.mistake_pages:draw_mistakes", text="text for people"),
    "json": Format(".json", "a list of objects", "render.reports.mistake_data:mistakes_json"),
}

WORKSHEETS: dict[str, Format[Worksheet]] = {
    "csv": Format(
        ".csv",
        "a grid for each step, which check reads once it is filled in",
        "documents.handouts.worksheet_csv:worksheet_csv",
        takes=_alone,
    ),
    "xlsx": Format(
        ".xlsx",
        "a workbook, which check reads once it is filled in",
        "documents.handouts.worksheet_xlsx:worksheet_xlsx",
        is_text=False,
        takes=_alone,
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
