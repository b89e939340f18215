"""Expressions in LaTeX, with the commands of amsmath."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attncli.calculation.algebra.expressions import Expression
from attncli.calculation.algebra.vector_expressions import Slot
from attncli.render.explain.spelling import Spelling
from attncli.render.papers.formulas import read_name
from attncli.render.papers.latex_math import LatexMath, escape_latex, latex_function, latex_number

_NUMBER = re.compile(r"-?(?:[0-9.]+(?:e[+-][0-9]+)?|inf|nan)")
_POWER_OF_TEN = re.compile(r"-?(?:[0-9.]+ \\times )?10\^\{-?[0-9]+\}")


class Latex(Spelling):
    r"""The spelling of expressions in LaTeX: `\frac`, `\sqrt`, `\exp`."""

    times, dot, about = r" \cdot ", r" \cdot ", r"\approx"
    brackets, norm, total = r"\left({}\right)", r"\left\|{}\right\|", r"\sum {}"
    gap = r"\underbrace{{\cdots}}_{{\text{{{} more}}}}"

    def place(self, name: str, slots: Sequence[Slot]) -> str:
        own, leading = self.places(name, slots)
        below = ",".join([*own, *(rf"\mathrm{{{word}}}={at}" for word, at in leading)])
        return f"{self.matrix(name, False)}_{{{below}}}" if below else self.matrix(name, False)

    def signed(self, text: str, leads: bool) -> str:
        return super().signed(latex_number(text) if _NUMBER.fullmatch(text) else text, leads)

    def matrix(self, name: str, is_transposed: bool) -> str:
        variable = read_name(name)
        spelled = LatexMath().variable(variable)
        if variable.below:
            spelled = f"{{{spelled}}}"  # TeX allows no second subscript without braces
        return f"{spelled}^\\top" if is_transposed else spelled

    def quotient(self, numerator: Expression, denominator: Expression, leads: bool) -> str:
        return rf"\frac{{{self.spell(numerator)}}}{{{self.spell(denominator)}}}"

    def root(self, radicand: str) -> str:
        return rf"\sqrt{{{radicand}}}"

    def power(self, base: str, exponent: Expression) -> str:
        if _POWER_OF_TEN.fullmatch(base):
            base = self.brackets.format(base)
        return f"{base}^{{{self.spell(exponent)}}}"

    def function(self, name: str, argument: str) -> str:
        return rf"{latex_function(name)}\left({argument}\right)"

    def words(self, text: str) -> str:
        return rf"\text{{{escape_latex(text)}}}"
