"""Formulas in LaTeX, as LaTeX documents and Markdown write them."""

from __future__ import annotations

import re

from attncli.render.papers.formulas import FormulaWriter, Token, Variable

_SIGNS = {"−": "-", "×": r"\times", "·": r"\cdot", "Σ": r"\sum", "/": "/", "+": "+", ",": ","}
_CALLS = ("cos", "exp", "max", "sin", "tanh")  # functions with a command of their own
_SPECIAL = {
    "½": r"\tfrac{1}{2}",
    "∞": r"\infty",
    "π": r"\pi",
    "⋮": r"\vdots",
    "…": r"\cdots",
    "–": r"\text{--}",
}
_POWER = re.compile(r"(-?)([0-9.]+)e([+-]\d+)")


_ESCAPED = {
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
    return "".join(_ESCAPED.get(character, character) for character in text)


def latex_number(text: str) -> str:
    r"""Return a number in math: `-inf` as `-\infty`, `1.5e-05` as a power of ten.

    >>> latex_number("-inf"), latex_number("1e-05"), latex_number("-0.50")
    ('-\\infty', '10^{-5}', '-0.50')
    """
    power = _POWER.fullmatch(text.replace("−", "-"))
    if power:
        sign, mantissa, exponent = power.groups()
        factor = "" if mantissa == "1" else rf"{mantissa} \times "
        return f"{sign}{factor}10^{{{int(exponent)}}}"
    number = text.replace("−", "-").replace("inf", "∞").replace("nan", r"\text{NaN}")
    return "".join(_SPECIAL.get(character, character) for character in number)


def latex_function(name: str) -> str:
    """Return the upright name of a function."""
    return rf"\{name}" if name in _CALLS else rf"\operatorname{{{name}}}"


class LatexMath(FormulaWriter):
    """Writes the tokens of formulas with the commands of amsmath."""

    def gap(self, before: Token, after: Token) -> str:
        """Return the text between two tokens, with a space where TeX would join two names."""
        names = [token for token in (before, after) if isinstance(token, Variable)]
        is_long = len(names) == 2 and any(len(name.letter) > 1 for name in names)
        return r" \, " if is_long else super().gap(before, after)

    def words(self, text: str) -> str:
        return rf"\text{{{escape_latex(text)}}}"

    def numeral(self, text: str) -> str:
        return latex_number(text)

    def sign(self, text: str) -> str:
        return _SIGNS[text]

    def call(self, name: str) -> str:
        return latex_function(name)

    def variable(self, variable: Variable) -> str:
        below = ",".join(filter(None, (_upright(variable.below), *variable.indices)))
        if len(variable.letter) > 1:
            name = _upright(variable.scope + variable.letter)
        else:
            name = _upright(variable.scope) + variable.letter
        above = r"^{\top}" if variable.is_transposed else ""
        return name + (f"_{{{below}}}" if below else "") + above

    def fenced(self, opening: str, inside: str, closing: str) -> str:
        bar = {"‖": r"\|"}
        return rf"\left{bar.get(opening, opening)} {inside} \right{bar.get(closing, closing)}"

    def radical(self, inside: str) -> str:
        return rf"\sqrt{{{inside}}}"

    def raised(self, base: str, exponent: str) -> str:
        return f"{base}^{{{exponent}}}"

    def ratio(self, above: str, below: str) -> str:
        return rf"\frac{{{above}}}{{{below}}}"


def _upright(name: str) -> str:
    """Return a name of several letters upright; one letter stays in italics."""
    return rf"\mathrm{{{escape_latex(name)}}}" if len(name) > 1 else name
