"""Expressions in LaTeX, with the commands of amsmath."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attncli.calculation.algebra.expressions import Expression
from attncli.calculation.algebra.vector_expressions import Slot
from attncli.render.explain.spelling import Spelling


class Latex(Spelling):
    r"""The spelling of expressions in LaTeX: `\frac`, `\sqrt`, `\exp`."""

    times, dot, about = r" \cdot ", r" \cdot ", r"\approx"
    brackets, norm, total = r"\left({}\right)", r"\left\|{}\right\|", r"\sum {}"
    gap = r"\underbrace{{\cdots}}_{{\text{{{} more}}}}"

    def place(self, name: str, slots: Sequence[Slot]) -> str:
        own, leading = self.places(name, slots)
        below = ",".join([*own, *(rf"\mathrm{{{word}}}={at}" for word, at in leading)])
        return f"{self.matrix(name, False)}_{{{below}}}" if below else self.matrix(name, False)

    def constant(self, number: float) -> str:
        return _with_power(super().constant(number))

    def signed(self, text: str, leads: bool) -> str:
        return super().signed(r"-\infty" if text == "-inf" else _with_power(text), leads)

    def matrix(self, name: str, is_transposed: bool) -> str:
        letter, _, below = name.partition("_")
        if len(letter) > 1 or not below:
            spelled = name if len(name) == 1 else rf"\mathrm{{{escape_latex(name)}}}"
        else:
            lower = below if len(below) == 1 else rf"\mathrm{{{escape_latex(below)}}}"
            spelled = f"{{{letter}_{{{lower}}}}}"
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
        command = rf"\{name}" if name in _KNOWN else rf"\operatorname{{{name}}}"
        return rf"{command}\left({argument}\right)"

    def words(self, text: str) -> str:
        return rf"\text{{{escape_latex(text)}}}"


_POWER_OF_TEN = re.compile(r"-?(?:[0-9.]+ \\times )?10\^\{-?[0-9]+\}")


def _with_power(text: str) -> str:
    r"""Return a number with its power of ten in LaTeX: `1.5e+17` is `1.5 \times 10^{17}`."""
    if not re.fullmatch(r"-?[0-9.]+e[+-][0-9]+", text):
        return text
    mantissa, _, exponent = text.partition("e")
    power = f"10^{{{int(exponent)}}}"
    return {"1": power, "-1": f"-{power}"}.get(mantissa, rf"{mantissa} \times {power}")


_KNOWN = ("cos", "exp", "max", "sin", "tanh")  # functions with a command of their own in LaTeX
_SPECIAL = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}


def escape_latex(text: str) -> str:
    """Return the user's text with all special characters of LaTeX escaped."""
    return "".join(_SPECIAL.get(character, character) for character in text)
