"""Evaluate a cell as written by hand: `1/3`, `3/sqrt(2)`, `e^2/(e^2+1)`, `½`, `50%`.

The evaluator walks Python's own syntax tree. It knows only numbers, the four operations, powers,
and a few functions and constants; length, depth and exponents are limited.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

NOT_ARITHMETIC = "not arithmetic"  # the message for a text of another kind
LONGEST = 200
DEEPEST = 30
LARGEST_EXPONENT = 1000.0

CONSTANTS = {
    "e": math.e,
    "pi": math.pi,
    "π": math.pi,
    "inf": math.inf,
    "oo": math.inf,
    "infinity": math.inf,
    "nan": math.nan,
}
FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "ln": math.log,
    "log": math.log,
    "tanh": math.tanh,
}
OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: lambda base, exponent: _power(base, exponent),
}
_FRACTIONS = "½1/2 ⅓1/3 ⅔2/3 ¼1/4 ¾3/4 ⅕1/5 ⅖2/5 ⅗3/5 ⅘4/5 ⅙1/6 ⅚5/6 ⅛1/8 ⅜3/8 ⅝5/8 ⅞7/8"
FRACTIONS = {entry[0]: f"({entry[1:]})" for entry in _FRACTIONS.split()}
SIGNS = {**FRACTIONS, "^": "**", "×": "*", "·": "*", "⋅": "*", "÷": "/", "−": "-", "²": "**(2)"}
_MIXED = re.compile(rf"(?<![\w.)])(\d+)\s*([{''.join(FRACTIONS)}])")  # 1½ is 1 + 1/2
_AFTER_A_NUMBER = re.compile(rf"[\w.)²%]\s*[{''.join(FRACTIONS)}]")
_SIDE_BY_SIDE = re.compile(rf"[{''.join(FRACTIONS)}]\s*[\d.]|\d\s+[\d.]")
_PART_PERCENT = re.compile(r"(?:/|÷|\^|\*\*|√|sqrt)\s*[+-]?[\d.]+\s*%")
_ROOT = re.compile(r"√\s*(\d+(?:\.\d+)?|\w+|(?=\())")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*%")
_ROUNDED = re.compile(
    r"\d*\.(?!0?(?:e|$))(\d+)(?:e([+-]?\d{1,3}))?", re.IGNORECASE
)  # not 2. or 2.0
_ALLOWED = re.compile(r"[\w\s.+\-*/()%√∞]*")
# In 3²4, 3²², 3²^2 and 3²% it is open what belongs together.
_AFTER_A_SQUARE = re.compile(r"²\s*(?:[²^\d.%]|\*\*)")


class Evaluated(NamedTuple):
    """The value of arithmetic, and its reach: the most by which rounded literals may move it."""

    value: float
    reach: float


def evaluate(text: str) -> Evaluated:
    """Return the value of a cell and its reach.

    A literal with decimals, such as 0.71, is known to half a unit of its last place; the reach is
    the sum of the changes that these half units cause, one literal at a time. Whole numbers, also
    written as 2.0, are exact. Raises ValueError if the text is not arithmetic, or has no value.

    >>> evaluate("3/sqrt(2)") == (3 / 2**0.5, 0), evaluate("50%").value, evaluate("2√9").value
    (True, 0.5, 6.0)
    >>> evaluate("2½").value, evaluate("-1½").value, evaluate("1/2½").value
    (2.5, -1.5, 0.4)
    >>> value, reach = evaluate("0.5 * 4")
    >>> value, round(reach, 9)
    (2.0, 0.2)
    """
    if len(text) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    text = _MIXED.sub(r"(\1+\2)", text)
    if _AFTER_A_NUMBER.search(text):
        raise ValueError("a fraction directly after a number: write + or * between them")
    if _SIDE_BY_SIDE.search(text):
        raise ValueError("two numbers side by side: write a sign between them")
    if _AFTER_A_SQUARE.search(text):
        raise ValueError("a number or a power directly after ²: write a sign between them")
    if _PART_PERCENT.search(text):
        raise ValueError("a percentage after /, ^ or √, which has two meanings: write brackets")
    for sign, words in SIGNS.items():
        text = text.replace(sign, words)
    if not _ALLOWED.fullmatch(text) or re.search(r"_|//|\d[xXoObB]", text):
        raise ValueError(NOT_ARITHMETIC)
    text = _PERCENT.sub(r"(\1/100)", text.replace("∞", "inf"))
    text = _ROOT.sub(lambda root: f"sqrt({root[1]})" if root[1] else "sqrt", text)
    text = re.sub(r"(?<=[\d)])\s*(?=sqrt|exp|tanh|pi|π|\()", "*", text).strip()
    try:
        with warnings.catch_warnings(
            action="ignore"
        ):  # Python's warnings about texts such as `1if` do not help the user
            tree = ast.parse(text, mode="eval")
            value = _value(tree.body, 0)
    except (SyntaxError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ValueError(NOT_ARITHMETIC) from error
    return Evaluated(value, _reach(tree.body, value, text.encode()))


def _reach(body: ast.expr, value: float, text: bytes) -> float:
    """The sum of the largest changes of the value, one for each rounded literal in the text."""
    reach = 0.0
    for node in ast.walk(body):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, float):
            continue
        literal, written = node.value, text[node.col_offset : node.end_col_offset]
        match = _ROUNDED.fullmatch(written.decode())
        if not match:
            continue
        half = float(f"5e{int(match[2] or 0) - len(match[1]) - 1}")
        changes = []
        for node.value in (literal - half, literal + half):
            with suppress(ValueError, ArithmeticError):
                changes.append(abs(_value(body, 0) - value))
        node.value = literal
        reach += max(filter(math.isfinite, changes), default=0.0)
    return reach


def _value(node: ast.expr, depth: int) -> float:
    if depth > DEEPEST:
        raise ValueError(f"nested deeper than {DEEPEST}")
    number = node.value if isinstance(node, ast.Constant) else None
    if isinstance(number, int | float) and not isinstance(number, bool):
        if math.isinf(number):
            raise ValueError("too large for a number")
        return float(number)
    if isinstance(node, ast.Name) and node.id.casefold() in CONSTANTS:
        return CONSTANTS[node.id.casefold()]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _value(node.operand, depth + 1)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = _value(node.left, depth + 1), _value(node.right, depth + 1)
        return OPERATORS[type(node.op)](left, right)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in FUNCTIONS
        and len(node.args) == 1
        and not node.keywords
    ):
        return FUNCTIONS[node.func.id](_value(node.args[0], depth + 1))
    raise ValueError(NOT_ARITHMETIC)


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > LARGEST_EXPONENT:
        raise ValueError(f"an exponent beyond {LARGEST_EXPONENT:g}")
    return math.pow(base, exponent)
