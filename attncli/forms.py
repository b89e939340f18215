"""The forms of what commands other than `compute` give: one entry each. Nothing heavy is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from attncli.records import record

if TYPE_CHECKING:
    from attncli.calculation.analyses.comparison import Comparison
    from attncli.calculation.analyses.scale_study import Saturation
    from attncli.calculation.counting.alternatives import Report as CostReport
    from attncli.homework.judging.report import Report
    from attncli.render.explain.explanations import Explanations
    from attncli.render.pictures import Picture
    from attncli.render.view import View

Asked = TypeVar("Asked")


@record(frozen=True)
class Form(Generic[Asked]):
    """A form of whatever else is asked for: the suffix of its files, and how it is written."""

    suffix: str
    help: str
    write: Callable[[Asked, View], str]


def _report_table(report: Report, view: View) -> str:
    from attncli.render.reports.report_tables import draw_report

    return draw_report(report, view)


def _report_json(report: Report, view: View) -> str:
    from attncli.render.reports.report_data import report_json

    return report_json(report)


def _report_gradescope(report: Report, view: View) -> str:
    from attncli.render.reports.report_data import report_gradescope

    return report_gradescope(report, view)


def _report_markdown(report: Report, view: View) -> str:
    from attncli.render.reports.report_data import report_markdown

    return report_markdown(report)


REPORTS: dict[str, Form[Report]] = {
    "table": Form(".txt", "tables for people", _report_table),
    "json": Form(".json", "a result a step, in the shape of check50", _report_json),
    "gradescope": Form(".gradescope.json", "Gradescope's results.json", _report_gradescope),
    "markdown": Form(".md", "for a page or a comment", _report_markdown),
}


def _explained_text(explained: Explanations, view: View) -> str:
    from attncli.render.explain.forms_of_explain import text

    return text(explained, view)


def _explained_json(explained: Explanations, view: View) -> str:
    from attncli.render.explain.forms_of_explain import as_json

    return as_json(explained, view)


def _explained_latex(explained: Explanations, view: View) -> str:
    from attncli.render.explain.forms_of_explain import latex

    return latex(explained, view)


def _explained_markdown(explained: Explanations, view: View) -> str:
    from attncli.render.explain.forms_of_explain import markdown

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
    from attncli.documents.text.json_text import dump_json

    return dump_json({"mask": picture.pattern.may_attend}).decode()


def _picture_csv(picture: Picture, view: View) -> str:
    from attncli.documents.text.csv_text import dump_csv

    return dump_csv({"mask": picture.pattern.may_attend.astype(int)}).decode()


PICTURES: dict[str, Form[Picture]] = {
    "picture": Form(".txt", "a picture for people", _picture),
    "json": Form(".json", "an object with the mask", _picture_json),
    "csv": Form(".csv", "0 and 1", _picture_csv),
}


def _saturation_table(found: Saturation, view: View) -> str:
    from attncli.render.saturation.saturation_tables import draw_saturation

    return draw_saturation(found, view)


def _saturation_json(found: Saturation, view: View) -> str:
    from attncli.render.saturation.saturation_data import saturation_json

    return saturation_json(found)


def _saturation_csv(found: Saturation, view: View) -> str:
    from attncli.render.saturation.saturation_data import saturation_csv

    return saturation_csv(found)


SATURATIONS: dict[str, Form[Saturation]] = {
    "table": Form(".txt", "tables and bars for people", _saturation_table),
    "json": Form(".json", "an object a row", _saturation_json),
    "csv": Form(".csv", "a line a row", _saturation_csv),
}


def _costs_table(report: CostReport, view: View) -> str:
    from attncli.render.costs.cost_tables import draw_costs

    return draw_costs(report, view)


def _costs_json(report: CostReport, view: View) -> str:
    from attncli.render.costs.cost_data import costs_json

    return costs_json(report)


def _costs_csv(report: CostReport, view: View) -> str:
    from attncli.render.costs.cost_data import costs_csv

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
    from attncli.documents.text.json_text import dump_document

    return dump_document(document)


DOCUMENTS: dict[str, DocumentFormat] = {
    "json": DocumentFormat(".json", "one object, sublayers nested", _document_json),
}
