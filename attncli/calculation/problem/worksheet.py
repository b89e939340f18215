"""A worksheet: the matrices that a calculation begins with, and its steps, to be filled in."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from shlex import quote

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray, Axis, Role
from attncli.calculation.problem.problem import Computation
from attncli.records import record, replace
from attncli.words import count


@record(frozen=True)
class WorksheetMatrix:
    """A matrix of two axes on a worksheet, as the user's layout writes it.

    `name` is that of its matrix; `index` is its place along the leading axes, counted from 0, and
    `where` is the same in words, such as `head 1`. `formula` is empty for a given matrix. `rows`
    and `columns` are labels, or empty. `numbers` are the given, or the right, numbers.
    `is_asked` is False if there is nothing to calculate.
    """

    name: str
    index: tuple[int, ...]
    where: str
    formula: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    numbers: AnyArray
    is_asked: bool = True

    @property
    def section(self) -> str:
        """The name that CSV gives to this part of the matrix: `weights[1]` for head 1."""
        numbers = ",".join(str(at + 1) for at in self.index)
        return f"{self.name}[{numbers}]" if self.index else self.name

    @property
    def heading(self) -> str:
        """The name, the formula and the place: `scores = Q Kᵀ, head 1`."""
        named = f"{self.name} = {self.formula}" if self.formula else self.name
        return f"{named}, {self.where}" if self.where else named


@record(frozen=True)
class Worksheet:
    """The calculation of a document, as an exercise to fill in.

    A cell is asked with `decimals` decimals. `document` is the name of the document's file for the
    command that checks the answer. If `is_key`, the cells of the steps hold the right
    numbers; else they are empty.
    """

    result: Computation
    decimals: int
    document: str
    is_key: bool = False

    @property
    def title(self) -> str:
        """The title of the document, with the word `Key` if the right numbers are filled in."""
        title = self.result.problem.choices.title or "Attention"
        return f"{title}: key" if self.is_key else title

    @property
    def instruction(self) -> str:
        """The sentence that says what to write, or how many decimals the key has."""
        decimals = count(self.decimals, "decimals")
        if self.is_key:
            return f"The numbers of the steps have {decimals}."
        infinite = any(np.isinf(part.numbers).any() for part in self.steps() if part.is_asked)
        also = ", and -inf for −∞" if infinite else ""
        return f"Write a number with {decimals} into each empty cell{also}."

    def check_command(self, file: str) -> str:
        """Return the command that checks an answer in this file; empty for a key."""
        return "" if self.is_key else f"attncli check {quote(self.document)} {file}"

    def lines(self, file: str) -> list[str]:
        """Return the lines above the matrices of an answer in this file."""
        check = self.check_command(file)
        found = [self.title, self.instruction, check and f"Check it: {check}", self.choices()]
        return list(filter(None, found))

    def choices(self) -> str:
        """Return the choices that change the calculation: `heads 2, mask causal`."""
        given = self.result.problem.choices.given.items()
        return ", ".join(
            f"{name} {value}"
            for name, value in given
            if isinstance(value, str | int | float) and name not in _WORDS
        )

    def given(self) -> Iterator[WorksheetMatrix]:
        """Yield the matrices of the document."""
        problem = self.result.problem
        for name, matrix in problem.matrices.items():
            role, axes = problem.roles.get(name, Role.FIXED), problem.axes.get(name, ())
            written = np.atleast_2d(problem.layout.swap(matrix, role))
            named = problem.layout.written_order(axes, role) if len(axes) == matrix.ndim else ()
            if len(named) == 1:
                named = (Axis("", 1), *named)
            yield from self._parts(name, "", named, written)

    def steps(self) -> Iterator[WorksheetMatrix]:
        """Yield the steps of the calculation, each with its right numbers.

        A worksheet asks for the last step, and for all that is calculated. It does not ask for
        other copies, such as the heads of Q, which its key shows.
        """
        *_, last = self.result.names
        for shown in self.result.shown():
            formula = self.result.trace.plan.formula(shown.step)
            is_copy = shown.step.operation.is_copy and shown.name != last
            for part in self._parts(shown.name, formula, shown.axes, shown.cells):
                yield replace(part, is_asked=self.is_key or not is_copy)

    def asked(self) -> Iterator[WorksheetMatrix | str]:
        """Yield the parts of the steps that are asked; a sentence for each step that is not."""
        for part in self.steps():
            if part.is_asked:
                yield part
            elif not any(part.index):
                yield f"{part.name} = {part.formula}: nothing to calculate."

    def _parts(
        self, name: str, formula: str, axes: tuple[Axis, ...], matrix: AnyArray
    ) -> Iterator[WorksheetMatrix]:
        problem = self.result.problem
        sides = [
            tuple(problem.label(axis, at) for at in range(axis.size))
            if problem.is_labelled(axis)
            else ()
            for axis in axes[-2:]
        ]
        rows, columns = sides or ((), ())
        for index in np.ndindex(matrix.shape[:-2]):
            where = problem.where(axes[:-2], index) if axes else ", ".join(map(str, index))
            yield WorksheetMatrix(name, index, where, formula, rows, columns, matrix[index])

    def answer_text(self, number: float) -> str:
        """Return the text of a cell of a step: the right number in a key, else nothing."""
        return f"{number:z.{self.decimals}f}" if self.is_key else ""


# Choices that label the calculation, and do not change it.
_WORDS = ("title", "note", "layer")


def given_text(number: float) -> str:
    """Return the shortest text of a given number that has all its digits.

    >>> given_text(2.0), given_text(0.5), given_text(1 / 3), given_text(float("-inf"))
    ('2', '0.5', '0.3333333333333333', '-inf')
    """
    number = float(number)
    short = f"{number:.15g}" if isfinite(number) else str(number)
    return short if float(short) == number else repr(number)
