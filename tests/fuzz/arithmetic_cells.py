"""Cells of answers with arithmetic, whose values an evaluator without attncli knows.

Each sound cell must be right as the score that it is; a cell with a change has the value that the
evaluator below gives it, or is refused.
"""

from __future__ import annotations

import json
import math
import random
import re
from typing import NamedTuple

from attncli.homework.answers.digits import read_cell
from tests.fuzz.trial import Outcome, Trial

FRACTIONS = {"½": 1 / 2, "⅓": 1 / 3, "⅔": 2 / 3, "¼": 1 / 4, "¾": 3 / 4, "⅛": 1 / 8, "⅞": 7 / 8}
FUNCTIONS = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "ln": math.log,
    "log": math.log,
    "tanh": math.tanh,
}
CONSTANTS = {"e": math.e, "pi": math.pi, "π": math.pi}
LARGEST_EXPONENT = 1000.0  # a larger one is refused
SIGNS = {"×": "*", "·": "*", "÷": "/", "−": "-"}
MUTATIONS = (
    *("+", "-", "*", "/", "^", "**", "//", "(", ")", ".", ",", "%", "√", "²", "½", "e", "pi", "0"),
    *(
        "7",
        " ",
        "_",
        "sqrt",
        "exp(",
        "ln",
        "=",
        "x",
        "!",
        "\x1b",
        "\u202e",
        "1_0",
        "0x1",
        "j",
        "1e9",
    ),
    *(
        "__import__('os')",
        "lambda:0",
        "[1]",
        "None",
        "if",
        "9**9**9",
        "(" * 40,
        "9" * 400,
        "−",
        "÷",
    ),
)


class Cell(NamedTuple):
    """The text of a cell and its value."""

    text: str
    value: float


def arithmetic_cell(random: random.Random) -> Trial:
    """Return a check of a column of scores that are written as arithmetic, sound or changed."""
    cells = [_sound(random) for _ in range(random.randint(1, 6))]
    is_sound = random.random() < 0.5
    texts = [cell.text for cell in cells]
    if not is_sound:
        texts = [_changed(random, texts[0])]
        cells = cells[:1]

    def judge(outcome: Outcome) -> str:
        return next(filter(None, (_misjudged(text, is_sound) for text in texts)), "") or (
            f"right arithmetic is not right\n{texts}" if is_sound and outcome.status else ""
        )

    problem = {"Q": [[cell.value] for cell in cells], "K": [[1]], "score": "dot"}
    answer = {"scores": [[text] for text in texts]}
    content = json.dumps(answer).encode()
    return Trial(("check", json.dumps(problem), "-"), content, judge=judge)


def _misjudged(text: str, is_sound: bool) -> str:
    """Return the fault in the reading of a cell, or an empty text."""
    true = evaluated(text)
    try:
        read = read_cell(text).value
    except ValueError as error:
        return f"sound arithmetic is refused\n{text!r}: {error}" if is_sound else ""
    if math.isnan(true):
        return ""  # the evaluator leaves this one open
    if math.isinf(true):
        return f"read though it is not arithmetic\n{text!r} is read as {read}"
    is_near = math.isclose(read, true, rel_tol=1e-9, abs_tol=1e-15)
    return "" if is_near else f"arithmetic with another value\n{text!r} is {true}, read as {read}"


def _sound(random: random.Random) -> Cell:
    """Return arithmetic with a finite value of a usual size, as a person writes it."""
    while True:
        text = _expression(random, random.randint(0, 3))
        value = evaluated(text)
        if math.isfinite(value) and (value == 0 or 1e-6 < abs(value) < 1e6) and len(text) < 100:
            return Cell(text, value)


def _expression(random: random.Random, depth: int) -> str:
    if depth == 0:
        return _literal(random)
    left, right = _expression(random, depth - 1), _expression(random, random.randint(0, depth - 1))
    blank = random.choice(("", " "))
    match random.randrange(9):
        case 0 | 1:
            sign = random.choice("+-*/×·÷−")
            return f"({left}){blank}{sign}{blank}({right})"
        case 2:
            return f"{left}{blank}{random.choice('+-−')}{blank}{right}"
        case 3:
            return f"({left})^{random.choice(('2', '3', '-1', '(1/2)', '0.5', '(-2)'))}"
        case 4:
            return f"{random.choice(tuple(FUNCTIONS))}({left})"
        case 5:
            return f"{random.choice(('-', '−', '2', '3'))}√({left})"
        case 6:
            return f"({left})²"
        case 7:
            return f"e^({left})/(e^({left})+e^({right}))"
        case _:
            return f"({left}){blank}/{blank}√{random.randint(2, 9)}"


def _literal(random: random.Random) -> str:
    match random.randrange(8):
        case 0:
            return random.choice(tuple(FRACTIONS))
        case 1:
            return f"{random.randint(1, 99)}%"
        case 2:
            return random.choice(("e", "pi", "π", "√2", "2√3", "2pi", "3(4)", "e^2"))
        case 3:
            return f"{random.randint(1, 9)}/{random.randint(1, 9)}"
        case 4 | 5:
            return f"{random.uniform(0, 9):.{random.randint(0, 4)}f}"
        case 6:
            return random.choice((".5", "5.", "1e-3", "2E2", "1.5e+1", "0", "+3"))
        case _:
            return f"{random.choice(('', '-'))}{random.randint(0, 12)}"


def _changed(random: random.Random, text: str) -> str:
    for _ in range(random.choice((1, 1, 2, 3))):
        at = random.randint(0, len(text))
        text = text[:at] + random.choice(("", *MUTATIONS)) + text[at + random.choice((0, 1, 3)) :]
    return text


class WrongTextError(Exception):
    """A text that is not arithmetic."""


class OpenTextError(Exception):
    """A text that can be read in two ways, or that has no value: refusing is as right."""


def evaluated(text: str) -> float:
    """Return the value of arithmetic; infinity if it is not arithmetic, and NaN if it is open."""
    for sign, usual in SIGNS.items():
        text = text.replace(sign, usual)
    text = text.replace("**", "^").strip()
    if re.search(r"(?i)inf|∞|nan|[^\x00-\x7f½⅓⅔¼¾⅛⅞√²π]", text):
        return math.nan
    try:
        parser = _Parser(text)
        value = parser.sum()
        if parser.rest():
            return math.inf
    except WrongTextError:
        return math.inf
    except (OpenTextError, ArithmeticError, ValueError, RecursionError):
        return math.nan
    return value if math.isfinite(value) else math.nan


class _Parser:
    """A parser by recursive descent: sums of products of powers of atoms."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def rest(self) -> str:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
        return self.text[self.at :]

    def take(self, pattern: str) -> str:
        match = re.match(pattern, self.rest())
        if not match:
            return ""
        self.at += match.end()
        return match[0]

    def sum(self) -> float:
        value = self.product()
        while sign := self.take(r"[+-]"):
            value = value + self.product() if sign == "+" else value - self.product()
        return value

    def product(self) -> float:
        value, is_divided = self.signed(), False
        while True:
            if sign := self.take(r"[*/]"):
                is_divided = sign == "/"
                value = value / self.signed() if is_divided else value * self.signed()
            elif re.match(r"[(√πa-z½⅓⅔¼¾⅛⅞]", self.rest()):
                if is_divided:  # 1/2(3) is 1.5 or 1/6
                    raise OpenTextError
                value *= self.power()
            else:
                return value

    def signed(self) -> float:
        if sign := self.take(r"[+-]"):
            return -self.signed() if sign == "-" else self.signed()
        return self.power()

    def power(self) -> float:
        base = self.postfixed()
        if not self.take(r"\^"):
            return base
        exponent = self.signed()
        if abs(exponent) > LARGEST_EXPONENT:
            raise OpenTextError
        return math.pow(base, exponent)

    def postfixed(self) -> float:
        value = self.atom()
        while sign := self.take(r"[²%]"):
            value = value / 100 if sign == "%" else value**2
        return value

    def atom(self) -> float:
        if number := self.take(r"(?a)(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"):
            if re.match(r"[eE_.\d]|[xXoObB]\d", self.rest()):
                raise OpenTextError if self.rest()[0] in "eE" else WrongTextError
            return float(number) + FRACTIONS.get(self.take("[½⅓⅔¼¾⅛⅞]"), 0.0)
        if fraction := self.take("[½⅓⅔¼¾⅛⅞]"):
            return FRACTIONS[fraction]
        if self.take("√"):
            value = self.atom()
            if self.rest().startswith("%"):  # of the root, or of the number below it
                raise OpenTextError
            return math.sqrt(value)
        if self.take(r"\("):
            value = self.sum()
            if not self.take(r"\)"):
                raise WrongTextError
            return value
        name = self.take(r"(?a)[^\W\d]\w*|π")
        if name in FUNCTIONS:
            if not self.rest().startswith("("):
                raise OpenTextError
            return FUNCTIONS[name](self.atom())
        if name in CONSTANTS and not self.rest().startswith("("):
            return CONSTANTS[name]
        is_open = name.casefold() in CONSTANTS or name.startswith(tuple(FUNCTIONS))
        raise OpenTextError if is_open else WrongTextError
