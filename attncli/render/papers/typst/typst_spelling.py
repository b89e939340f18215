"""Expressions in the math of Typst; every name and number is a text in quotes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attncli.calculation.algebra.expressions import Expression
from attncli.calculation.algebra.vector_expressions import Slot
from attncli.render.explain.spelling import Spelling
from attncli.render.papers.inline_spelling import Breakable
from attncli.render.papers.typst.typst_text import quoted, typst_name, typst_number

_NUMBER = re.compile(r"-?(?:[0-9].*|inf|nan)")


class TypstSpelling(Spelling):
    """The spelling of expressions in Typst: `frac(…)`, `sqrt(…)`, `"scores"_"2,1"`."""

    times, dot, about = " dot ", " dot ", "approx"
    brackets, norm, total = "lr(({}))", "norm({})", "sum {}"
    gap = 'underbrace(dots.c, "{} more")'

    def place(self, name: str, slots: Sequence[Slot]) -> str:
        own, leading = self.places(name, slots)
        below = ",".join([*own, *(f"{word}={at}" for word, at in leading)])
        matrix = self.matrix(name, False)
        return f"attach({matrix}, br: {quoted(below)})" if below else matrix

    def signed(self, text: str, leads: bool) -> str:
        written = typst_number(text) if _NUMBER.fullmatch(text) else text
        return written if leads or not text.startswith("-") else self.brackets.format(written)

    def matrix(self, name: str, is_transposed: bool) -> str:
        return f"{typst_name(name)}^top" if is_transposed else typst_name(name)

    def quotient(self, numerator: Expression, denominator: Expression, leads: bool) -> str:
        return f"frac({self.spell(numerator)}, {self.spell(denominator)})"

    def root(self, radicand: str) -> str:
        return f"sqrt({quoted(radicand) if radicand.isdigit() else radicand})"

    def power(self, base: str, exponent: Expression) -> str:
        return f"{base}^({self.spell(exponent)})"

    def function(self, name: str, argument: str) -> str:
        return f"op({quoted(name)})lr(({argument}))"

    def words(self, text: str) -> str:
        return quoted(text)


class InlineTypst(Breakable, TypstSpelling):
    """Expressions in Typst in which lines may end inside brackets."""

    slash, brackets = r" \/ ", r"\({}\)"

    def function(self, name: str, argument: str) -> str:
        return rf"op({quoted(name)})\({argument}\)"
