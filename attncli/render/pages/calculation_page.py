"""A calculation as a page: the inputs, and every step with its formula and its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attncli.calculation.names.known_names import last_of
from attncli.calculation.problem.problem import Computation
from attncli.records import record
from attncli.render.pages.cell_lines import lines_of
from attncli.render.pages.cell_tables import CellTable, draw_table
from attncli.render.pages.elements import Html, element
from attncli.render.pages.mathml import write_equation
from attncli.render.pages.page_controls import draw_controls, draw_panel, sizes_of_axes
from attncli.render.pages.page_matrices import PageMatrix, given_matrices, step_matrix
from attncli.render.pages.page_shell import write_page
from attncli.render.papers.formulas import step_formula
from attncli.render.view import View
from attncli.words import count, shape_text

TITLE = "Attention, step by step"


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
    has_heat = any(part.matrix.heat for part in steps)
    header = element(
        "header",
        element("h1", title),
        *([element("p", choices.note)] if choices.note else []),
        *([element("p", _without(without_line), class_="left-out")] if without_line else []),
        draw_controls(sizes, has_heat),
    )
    sections = [_section(result, part, sizes) for part in steps]
    main = element("main", *_inputs(result, given, sizes), *sections)
    return write_page(title, {"cells": lines}, header, _contents(steps), main, draw_panel())


def _without(cells: int) -> str:
    """Return the sentence on the cells whose arithmetic the page leaves out."""
    left_out = count(cells, "cells")
    return f"The arithmetic of {left_out} is too long for a page: attncli explain prints it."


def _given(result: Computation, view: View) -> Iterator[PageSection]:
    """Yield the inputs of the shown steps."""
    for matrix in given_matrices(result):
        shape = shape_text(tuple(matrix.sizes))
        yield PageSection(0, matrix.name, shape, Html(), matrix, _tables(matrix, view))


def _steps(result: Computation, view: View) -> Iterator[PageSection]:
    """Yield the shown steps, and the shown parts of steps."""
    plan = result.trace.plan
    for one in result.shown():
        matrix, shape = step_matrix(result, one), plan.shape(one.step)
        if one.is_part:
            shape = f"{shape_text(one.matrix.shape)} of {shape}"
        equation = write_equation(last_of(one.step.name), step_formula(one.step, plan.layout))
        number = plan.names.index(one.step.name) + 1
        yield PageSection(number, one.name, shape, equation, matrix, _tables(matrix, view))


def _tables(matrix: PageMatrix, view: View) -> list[CellTable]:
    return [matrix.table(at, view) for at in matrix.indices(view.full)]


def _contents(steps: Sequence[PageSection]) -> Html:
    """Return the list of links to the steps."""
    links = [
        element("li", element("a", part.name, href=f"#{part.name}"), value=part.number)
        for part in steps
    ]
    return element("nav", element("ol", *links), aria_label="Steps")


def _inputs(
    result: Computation, given: Sequence[PageSection], sizes: dict[str, int]
) -> Iterator[Html]:
    if given:
        parts = (_section(result, part, sizes) for part in given)
        summary = element("summary", element("h2", "Given", id="given"))
        yield element("details", summary, element("div", *parts), class_="given", open=True)


def _section(result: Computation, part: PageSection, sizes: dict[str, int]) -> Html:
    """Return the heading, the formula and the tables of an input or a step."""
    number = element("span", f"{part.number} ", class_="number") if part.number else Html()
    heading = element(f"h{2 if part.number else 3}", number, part.name, id=part.name)
    shape = element("span", part.shape, class_="shape")
    return element(
        "section",
        heading,
        element("p", part.equation, " ", shape, class_="formula"),
        element(
            "div", *(_figure(result, part, table, sizes) for table in part.tables), class_="row"
        ),
        *([element("p", text, class_="left-out")] if (text := _left_out(part)) else []),
    )


def _figure(
    result: Computation, part: PageSection, table: CellTable, sizes: dict[str, int]
) -> Html:
    """Return a table below the head, batch entry or query that it belongs to.

    The switch of an axis hides a table only if its matrix has the full size along the axis: shared
    heads of keys belong to several heads of queries.
    """
    leading = part.matrix.axes[: len(table.leading)]
    where = result.problem.where(leading, table.leading)
    full = {
        f"data_{word}": place
        for word, place in table.places.items()
        if part.matrix.size_of(word) == sizes[word]
    }
    caption = element("figcaption", where) if where else Html()
    drawn = draw_table(table, ", ".join(filter(None, (part.name, where))))
    return element("figure", caption, element("div", drawn, class_="scroll"), **full)


def _left_out(part: PageSection) -> str:
    """Return the sentence on the elided tables, rows and columns; empty if nothing is elided."""
    table = part.tables[0]
    sides = (
        ("tables", len(part.matrix.indices(full=True)), len(part.tables)),
        ("rows", table.rows.size, len(table.rows.numbers)),
        ("columns", table.columns.size, len(table.columns.numbers)),
    )
    left_out = [f"{size - seen} of {size} {kind}" for kind, size, seen in sides if seen < size]
    return f"left out: {', '.join(left_out)} (--full shows them)" if left_out else ""
