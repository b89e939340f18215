"""The arithmetic of cells without tall fractions, so that a long line can be broken at a plus."""

from __future__ import annotations

from collections.abc import Sequence

from attncli.calculation.algebra.expressions import Expression
from attncli.calculation.algebra.vector_expressions import Slot
from attncli.render.explain.spelling import CLOSED, MULTIPLIED, Spelling
from attncli.render.papers.latex_spelling import Latex

BREAK = "\x1f"  # stands where a line may end


class Breakable(Spelling):
    """Marks the places where a line may end, and writes fractions with a slash."""

    slash = " / "

    def sum(self, terms: Sequence[Expression], leads: bool) -> str:
        return super().sum(terms, leads).replace(" + ", f"{BREAK} + ")

    def quotient(self, numerator: Expression, denominator: Expression, leads: bool) -> str:
        above, below = self.part(numerator, MULTIPLIED, leads), self.part(denominator, CLOSED)
        return f"{above}{self.slash}{below}"

    def root(self, radicand: str) -> str:
        return super().root(radicand.replace(BREAK, ""))


class MeasuredSpelling(Spelling):
    """Expressions in text about as wide as on a page: of a fraction, only the longer side."""

    def place(self, name: str, slots: Sequence[Slot]) -> str:
        return super().place(name, slots).replace("[", "").removesuffix("]")

    def quotient(self, numerator: Expression, denominator: Expression, leads: bool) -> str:
        return max(self.spell(numerator), self.spell(denominator), key=len) + " "


class InlineLatex(Breakable, Latex):
    """Expressions in LaTeX in which lines may end inside brackets."""

    brackets = "({})"

    def function(self, name: str, argument: str) -> str:
        return rf"\operatorname{{{name}}}({argument})"


def broken(part: str, most: int) -> list[str]:
    """Return an expression in lines of about `most` characters, if it has places to break."""
    lines = [""]
    for piece in part.split(BREAK):
        if lines[-1] and len(lines[-1]) + len(piece) > most:
            lines.append(piece)
        else:
            lines[-1] += piece
    return lines
