"""A calculation as a page: the inputs, and every step with its formula and its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attncli.calculation.names.known_names import last_of
from attncli.calculation.problem.problem import Computation
from attncli.records import record
from attncli.render.pages.cell_lines import lines_of
from attncli.render.pages.cell_tables import CellTable
from attncli.render.pages.elements import Html, element
from attncli.render.pages.mathml import write_equation
from attncli.render.pages.page_controls import (
    KEYS_OF_STEPS,
    draw_checkbox,
    draw_controls,
    draw_panel,
    sizes_of_axes,
)
from attncli.render.pages.page_matrices import (
    PageMatrix,
    draw_matrix,
    given_matrices,
    step_matrix,
)
from attncli.render.pages.page_shell import write_page
from attncli.render.view import View
from attncli.words import count, shape_text

TITLE = "Attention, step by step"
HINT = "Point at a number, or walk to it with the arrow keys, to see where it comes from."


@record(frozen=True)
class PageSection:
    """A section of the page: an input or a step, its formula, and its tables.

    `number` is the place of a step in the plan from 1, and 0 for an input.
    """

    number: int
    name: str
    shape: str
    equation: Html
    matrix: PageMatrix
    tables: Sequence[CellTable]


def draw_page(result: Computation, view: View) -> str:
    """Return the page of a calculation: HTML that needs no other file."""
    given, steps = list(_given(result, view)), list(_steps(result, view))
    tables = [table for part in (*given, *steps) for table in part.tables]
    lines, without_line = lines_of(result, view, tables)
    choices = result.problem.choices
    title = choices.title or TITLE
    sizes = sizes_of_axes(tables)
    header = element(
        "header",
        element("h1", title),
        *([element("p", choices.note)] if choices.note else []),
        *([element("p", _too_long(without_line), class_="left-out")] if without_line else []),
        draw_controls(sizes, KEYS_OF_STEPS, *_boxes(steps)),
    )
    sections = [_section(part, sizes) for part in steps]
    main = element("main", *_inputs(given, sizes), *sections)
    return write_page(title, {"cells": lines}, header, _contents(steps), main, draw_panel(HINT))


def _boxes(steps: Sequence[PageSection]) -> Iterator[Html]:
    """Yield the switches of heat, if a step has it, and of practice."""
    if any(part.matrix.heat for part in steps):
        yield draw_checkbox("heat", "Heat", checked=True)
    yield draw_checkbox("practice", "Practise: hide the numbers")


def _too_long(cells: int) -> str:
    """Return the sentence on the cells whose arithmetic the page leaves out."""
    left_out = count(cells, "cells")
    return f"The arithmetic of {left_out} is too long for a page: attncli explain prints it."


def _given(result: Computation, view: View) -> Iterator[PageSection]:
    """Yield the inputs of the shown steps."""
    for matrix in given_matrices(result):
        shape = shape_text(tuple(matrix.sizes))
        yield PageSection(0, matrix.name, shape, Html(), matrix, matrix.tables(view))


def _steps(result: Computation, view: View) -> Iterator[PageSection]:
    """Yield the shown steps, and the shown parts of steps."""
    plan = result.trace.plan
    for one in result.shown():
        matrix, shape = step_matrix(result, one), one.shape_text(plan)
        equation = write_equation(last_of(one.step.name), plan.formula(one.step))
        number = plan.names.index(one.step.name) + 1
        yield PageSection(number, one.name, shape, equation, matrix, matrix.tables(view))


def _contents(steps: Sequence[PageSection]) -> Html:
    """Return the list of links to the steps."""
    links = [
        element("li", element("a", part.name, href=f"#{part.name}"), value=part.number)
        for part in steps
    ]
    return element("nav", element("ol", *links), aria_label="Steps")


def _inputs(given: Sequence[PageSection], sizes: dict[str, int]) -> Iterator[Html]:
    if given:
        parts = (_section(part, sizes) for part in given)
        summary = element("summary", element("h2", "Given", id="given"))
        yield element("details", summary, element("div", *parts), class_="folded", open=True)


def _section(part: PageSection, sizes: dict[str, int]) -> Html:
    """Return the heading, the formula and the tables of an input or a step."""
    number = element("span", f"{part.number} ", class_="number") if part.number else Html()
    shape = element("span", part.shape, class_="shape")
    return element(
        "section",
        element(f"h{2 if part.number else 3}", number, part.name, id=part.name),
        element("p", part.equation, " ", shape, class_="formula"),
        draw_matrix(part.name, part.matrix, part.tables, sizes),
    )
