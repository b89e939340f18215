"""Texts, numbers and names in Typst: the user's text stands in quotes, never as markup."""

from __future__ import annotations

import re

from attncli.render.papers.formulas import Variable, read_name

_POWER = re.compile(r"(-?[0-9.]+)e([+-]\d+)")
_SPECIAL = {"½": "1/2", "−½": "-1/2", "π": "pi", "⋮": "dots.v", "…": "dots.c"}


def quoted(text: str) -> str:
    r"""Return a text of Typst, in which only a backslash and a quote have a meaning.

    >>> quoted('#import "x"')
    '"#import \\"x\\""'
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def typst_number(text: str) -> str:
    """Return a number in math: with all its digits, `-inf` with its sign, or a power of ten.

    >>> typst_number("-0.50"), typst_number("-inf"), typst_number("1.5e-05")
    ('"−0.50"', '"−∞"', '"1.5" times 10^("−5")')
    """
    number = text.replace("-", "−").replace("inf", "∞").replace("nan", "NaN")
    power = _POWER.fullmatch(text.replace("−", "-"))
    if power:
        factor = {"1": "", "-1": '"−"'}.get(power[1])
        exponent = f"10^({typst_number(str(int(power[2])))})"
        return f"{typst_number(power[1])} times {exponent}" if factor is None else factor + exponent
    return _SPECIAL.get(number) or quoted(number)


def typst_variable(variable: Variable) -> str:
    """Return the name of a matrix in math: one letter in italics, a longer name upright."""
    letter = _upright(variable.letter)
    below = ",".join(filter(None, (variable.below, *variable.indices)))
    corners = [f"br: {_upright(below)}"] if below else []
    corners += ["tr: top"] if variable.is_transposed else []
    name = f"attach({letter}, {', '.join(corners)})" if corners else letter
    return f"{quoted(variable.scope)}{name}" if variable.scope else name


def typst_name(name: str) -> str:
    """Return the name of a matrix or step in math."""
    return typst_variable(read_name(name))


def _upright(name: str) -> str:
    return quoted(name) if len(name) > 1 or not name.isalpha() else name
