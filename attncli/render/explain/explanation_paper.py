"""The arithmetic of cells as a document: Markdown, LaTeX, Typst and PDF."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from attncli.render.explain.explanations import Explanations
from attncli.render.papers.paper import Arithmetic, Block, Headline, prose
from attncli.render.papers.trace_paper import step_opening
from attncli.render.tables.elision import LEFT_OUT
from attncli.render.view import View


def explanation_paper(explained: Explanations, _: View) -> list[Block]:
    """Return the title, then each step with the arithmetic of its cells and of their operands."""
    return list(_blocks(explained))


def _blocks(explained: Explanations) -> Iterator[Block]:
    title = explained.problem.choices.title
    if title:
        yield Headline(title)
    groups, left_out = explained.groups()
    for name, of_step in groupby(groups, lambda group: group[0][1].name):
        yield step_opening(explained.trace.plan, explained.steps[name])
        yield Arithmetic(explained, tuple(each for group in of_step for each in group), True)
    for text in left_out:
        yield prose(LEFT_OUT.format(text), "italic")
