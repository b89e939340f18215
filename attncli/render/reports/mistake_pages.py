"""The catalogue of mistakes as text: a list of all, or a page with an example for each."""

from __future__ import annotations

import numpy as np
from rich.text import Text

from attncli.homework.mistakes.examples import Example
from attncli.homework.mistakes.pages import MistakePages
from attncli.render.console import TextConsole
from attncli.render.numbers import aligned_rows, number_text
from attncli.render.tables.labelled_tables import labelled_tables
from attncli.render.view import View


def draw_mistakes(mistakes: MistakePages, view: View) -> str:
    """The mistakes as text: each with its formula and its words, and an example on its own page."""
    console = TextConsole(view)
    family = ""
    for page in mistakes.pages:
        if family:
            console.print()
        if page.family != family and mistakes.is_catalogue:
            console.print(Text(page.family, "bold"))
            console.print()
        family = page.family
        entry = page.mistake
        console.print(Text.assemble((entry.name, "name"), f": {entry.formula}"))
        words = [entry.done] if mistakes.is_catalogue else [entry.done, entry.right, entry.why]
        for sentence in words:
            console.say(sentence)
        if page.example:
            console.print()
            _print_example(console, page.example, view)
    return console.text


def _print_example(console: TextConsole, example: Example, view: View) -> None:
    """Print the command that calculates an example, then the right and the wrong matrix."""
    console.print(Text.assemble(("Example: ", "bold"), example.command))
    index = _first_difference(example)
    leading = example.step.axes[: len(index)]
    place = f", {example.problem.where(leading, index)}" if index else ""
    for word, style, matrix in (
        ("right", "good", example.right),
        ("wrong", "bad", example.wrong),
    ):
        console.print()
        console.print(Text.assemble((word, style), f": {example.step.name}{place}"))
        rows, columns = (list(map(str, range(1, size + 1))) for size in matrix.shape[-2:])
        shown = matrix[index] if index else matrix
        texts = aligned_rows([[number_text(float(cell)) for cell in row] for row in shown])
        cells = [[Text(f" {text} ") for text in row] for row in texts]
        for table in labelled_tables("", rows, columns, cells, view.width, "dim"):
            console.print(table)


def _first_difference(example: Example) -> tuple[int, ...]:
    """Return the batch entry and the head of the first difference; nothing if there are none."""
    right, wrong = example.right, example.wrong
    if right.ndim == 2 or right.shape != wrong.shape:
        return (0,) * (min(right.ndim, wrong.ndim) - 2)
    differing = np.argwhere(~np.isclose(right, wrong, equal_nan=True))
    return tuple(map(int, differing[0][:-2]))
