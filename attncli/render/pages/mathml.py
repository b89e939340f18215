"""Formulas in MathML Core, which browsers show without a library."""

from __future__ import annotations

import re
from itertools import groupby

from attncli.render.pages.elements import Html, element, join
from attncli.render.papers.formulas import (
    FormulaWriter,
    Variable,
    Words,
    read_formula,
    read_name,
)


class MathML(FormulaWriter):
    """Writes the tokens of formulas as elements of MathML."""

    between = element("mspace", width="0.2em")

    def words(self, text: str) -> str:
        return element("mtext", _ends(text))

    def numeral(self, text: str) -> str:
        base, _, exponent = text.partition("e")
        if not exponent:
            return element("mn", text)
        raised = element("mn", str(int(exponent)).replace("-", "−"))
        power = element("msup", element("mn", "10"), raised)
        return power if base == "1" else join(element("mn", base), element("mo", "×"), power)

    def sign(self, text: str) -> str:
        return element("mo", text)

    def call(self, name: str) -> str:
        return element("mi", name)

    def variable(self, variable: Variable) -> str:
        letter = element("mi", variable.scope + variable.letter)
        below = _row(
            *([element("mi", variable.below)] if variable.below else []),
            *(element("mi", index) for index in variable.indices),
        )
        raised = element("mi", "T", mathvariant="normal") if variable.is_transposed else Html()
        if below and raised:
            return element("msubsup", letter, below, raised)
        if below:
            return element("msub", letter, below)
        return element("msup", letter, raised) if raised else letter

    def fenced(self, opening: str, inside: str, closing: str) -> str:
        return _row(element("mo", opening), Html(inside), element("mo", closing))

    def radical(self, inside: str) -> str:
        return element("msqrt", Html(inside))

    def raised(self, base: str, exponent: str) -> str:
        return element("msup", _group(base), _group(exponent))

    def ratio(self, above: str, below: str) -> str:
        return element("mfrac", _group(above), _group(below))


def write_equation(name: str, formula: str) -> Html:
    """Return the equation `name` = `formula`; both are texts as tables for people have them.

    Words between the parts of a formula stand outside `math`: a browser breaks lines only there.
    """
    writer = MathML()
    parts: list[Html] = []
    inside = join(Html(writer.variable(read_name(name))), element("mo", "="))
    for is_words, tokens in groupby(read_formula(formula), lambda one: isinstance(one, Words)):
        if is_words:
            words = "".join(one.text for one in tokens if isinstance(one, Words))
            parts += [_math(inside), join(words)]
            inside = Html()
        else:
            inside = join(inside, Html(writer.formula(tuple(tokens))))
    return join(*parts, _math(inside))


def _math(inside: Html) -> Html:
    return element("math", inside, displaystyle="true") if inside else inside


def _row(*children: str) -> Html:
    """Return children as one; a single child, and none, need no element around them."""
    inside = join(*children)
    return element("mrow", inside) if len(children) > 1 else inside


def _group(written: str) -> Html:
    """Return MathML as one child of its parent, which counts its children."""
    return element("mrow", Html(written))


def _ends(text: str) -> str:
    """Return words with the spaces at their ends kept: a browser leaves out usual ones."""
    return re.sub(r"^ +| +$", lambda spaces: "\u00a0" * len(spaces[0]), text)
