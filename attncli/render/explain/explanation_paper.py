"""The arithmetic of cells as a document: Typst and PDF."""

from __future__ import annotations

from attncli.render.explain.explanations import Explanations
from attncli.render.papers.paper import Arithmetic, Block, Headline, prose
from attncli.render.view import View


def explanation_paper(explained: Explanations, _: View) -> list[Block]:
    """Return the title, then the arithmetic of each cell and of the cells that it comes from."""
    title = explained.problem.choices.title
    blocks: list[Block] = [Headline(title)] if title else []
    for selection in explained.selections:
        cells, others = explained.cells(selection)
        below = (cell for top in cells for _, cell in explained.walk(top))
        blocks.append(Arithmetic(explained, tuple(dict.fromkeys(below))))
        if others:
            text = f"left out: {others} of {len(selection)} cells (--full shows them)"
            blocks.append(prose(text, "italic"))
    return blocks
