"""Test that a calculator agrees with the arithmetic that explain shows.

The test has a calculator of its own: it reads a chain of equal expressions as text, calculates each
with Python's arithmetic, and compares it with the next as it is written, number by number.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attncli.calculation.algebra.expressions import Cell
from attncli.calculation.analyses.cell_names import paper
from attncli.calculation.choices.choices import CHOICES, NORM_KINDS
from attncli.calculation.operations.activations import ACTIVATIONS
from attncli.calculation.operations.normalisers import NORMALISERS
from attncli.calculation.plans.from_document import read
from attncli.calculation.positions.position_schemes import POSITIONS
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.scoring.scoring_functions import SCORING
from attncli.documents.reader import Reader
from attncli.records import replace
from attncli.render.explain.explanations import Explanations
from attncli.render.explain.spelling import Spelling
from attncli.render.papers.latex_spelling import Latex
from tests.problems import PROBLEMS
from tests.running import ROOT

SAMPLES = sorted((ROOT / "samples").glob("*.*"))
MANY = 150  # cells of a step of a sample that are tested; of a larger step, some are drawn
FEW = 5  # cells of a step of a random problem that are tested

# The calculator.


def exp(x: float) -> float:
    return math.exp(x) if x < 709 else math.inf


FUNCTIONS: dict[str, Callable[..., float]] = {
    "exp": exp,
    "tanh": math.tanh,
    "sin": math.sin,
    "cos": math.cos,
    "erf": math.erf,
    "sqrt": math.sqrt,
    "max": max,
}
OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b if b else math.nan,
    ast.Pow: lambda a, b: a**b,
}
IN_PYTHON = {"×": "*", "²": "**2", "^": "**", "√": "sqrt"}


def parsed(text: str) -> ast.expr:
    """Return the tree of an expression in numbers."""
    text = re.sub(r"√(\d+)", r"√(\1)", text)
    for sign, python in IN_PYTHON.items():
        text = text.replace(sign, python)
    tree = ast.parse(text, mode="eval").body
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.kind = text.encode()[node.col_offset : node.end_col_offset].decode()
    return tree


def calculated(node: ast.expr) -> float:
    """Return the result of a tree."""
    match node:
        case ast.Constant(kind=str(text)):
            return float(text)
        case ast.Name("inf" | "nan" as name):
            return float(name)
        case ast.UnaryOp(ast.USub(), operand):
            return -calculated(operand)
        case ast.BinOp(left, operator, right):
            return OPERATIONS[type(operator)](calculated(left), calculated(right))
        case ast.Call(ast.Name(name), arguments):
            return FUNCTIONS[name](*map(calculated, arguments))
    raise AssertionError(ast.dump(node))


def written(node: ast.expr) -> str | None:
    """Return the text of a number, or None if the tree is arithmetic."""
    match node:
        case ast.Constant(kind=text):
            return text
        case ast.Name("inf" | "nan" as name):
            return name
        case ast.UnaryOp(ast.USub(), operand) if written(operand):
            return f"-{written(operand)}"
    return None


def half_a_unit(text: str) -> float:
    """Return half a unit of the last digit of a number."""
    mantissa, _, power = text.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(power or 0)
    return 0.5 * 10.0**-decimals


Factors = list[tuple[bool, ast.expr]]


def factors(node: ast.expr) -> Factors:
    """Return the factors of a product, each with True if it divides."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        return [*factors(node.left), (isinstance(node.op, ast.Div), node.right)]
    return [(False, node)]


def product(some: Factors) -> float:
    """Return the product of factors."""
    numbers = (
        OPERATIONS[ast.Div](1, calculated(node)) if divides else calculated(node)
        for divides, node in some
    )
    return math.prod(numbers)


class Link(NamedTuple):
    """The way from one member of a chain to the next.

    `is_exact` is True for the sign =. `epsilon` and `smallest` are the relative distance of
    neighbours, and the smallest number, of a short type such as float16.
    """

    is_exact: bool
    epsilon: float = 0.0
    smallest: float = 0.0


def fault(before: ast.expr, after: ast.expr, link: Link) -> str:
    """Return the fault if calculating parts of one tree does not give the next as written.

    The text is empty if there is no fault.
    """
    text = written(after)
    if text is not None:
        return difference(calculated(before), text, link, of_terms=magnitude(before))
    earlier, later = factors(before), factors(after)
    run = len(earlier) - len(later) + 1
    if run == 1 < len(later):
        pairs = list(zip(earlier, later, strict=True))
        assert all(old_divides == divides for (old_divides, _), (divides, _) in pairs)
        return "".join(fault(old, new, link) for (_, old), (_, new) in pairs)
    if len(later) > 1:  # one of the factors is the product of several
        each = [fault_in_run(earlier, later, at, link) for at in range(len(later))]
        return min(each, key=len)
    assert type(before) is type(after)
    parts = zip(*map(ast.iter_child_nodes, (before, after)), strict=True)
    return "".join(fault(old, new, link) for old, new in parts if isinstance(new, ast.expr))


def fault_in_run(earlier: Factors, later: Factors, at: int, link: Link) -> str:
    """Return the fault if factor number `at` is the product of several earlier factors."""
    end = len(earlier) - len(later) + at + 1
    (divides, number), text = later[at], written(later[at][1])
    if divides or text is None:
        return f"{ast.unparse(number)} is not a product"
    others = zip(earlier[:at] + earlier[end:], later[:at] + later[at + 1 :], strict=True)
    return difference(product(earlier[at:end]), text, link) + "".join(
        fault(old, new, link) if old_divides == divides else "other factors"
        for (old_divides, old), (divides, new) in others
    )


def magnitude(node: ast.expr) -> float:
    """Return the size that a result has without cancellation: roundings are relative to it."""
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub(), right):
            return magnitude(left) + magnitude(right)
        case ast.BinOp(left, ast.Mult(), right):
            return magnitude(left) * magnitude(right)
        case ast.BinOp(left, ast.Div(), right):
            return magnitude(left) / (abs(calculated(right)) or 1.0)
        case ast.UnaryOp(_, operand):
            return magnitude(operand)
    return abs(calculated(node))


def difference(result: float, text: str, link: Link, least: int = 0, of_terms: float = 0.0) -> str:
    """Return the fault if a result is not the written number, and not rounded to it.

    A number without a point counts as written with `least` decimals. `of_terms` is the size of the
    result without cancellation.
    """
    number = float(text)
    if result == number or math.isnan(number):
        return ""
    distance = 1e-12 * abs(number) + link.epsilon * max(abs(number), of_terms) + link.smallest
    if not link.is_exact:
        half = half_a_unit(text)
        distance += 1.000001 * (half if re.search(r"[.e]", text) else min(half, 0.5 * 10.0**-least))
    sign = "=" if link.is_exact else "≈"
    return "" if abs(result - number) <= distance else f"{result} is not {sign} {text}. "


def fault_in_chain(chain: list[str], kind: str = "float64") -> str:
    """Return the fault if a member in numbers does not give the next, or not the value.

    `kind` is the type of the calculation. A member with an elided sum cannot be calculated.
    """
    members = [
        (member[0] == "=", parsed(member[2:])) for member in chain if not set("[…") & {*member}
    ]
    limits = np.finfo(kind)
    short = (float(limits.eps), float(limits.smallest_subnormal)) if kind != "float64" else ()
    links = [(old, new, Link(exact, *short)) for (_, old), (exact, new) in pairwise(members)]
    steps = [fault(*link) for link in links]
    value = str(written(members[-1][1]))
    ends = [
        difference(calculated(old), value, Link(False, *short), 4, magnitude(old))
        for _, old in members[:-1]
    ]
    return "".join([*steps, *ends])


def is_noise(chain: list[str]) -> bool:
    """Return True if the value is what the rounding of float64 left of terms that cancel out."""
    terms = [abs(float(text)) for text in re.findall(r"\d[\d.]*(?:e-?\d+)?", " ".join(chain[1:-1]))]
    return 0 < abs(float(chain[-1][2:])) < 1e-14 * max(terms, default=0)


# The cells.


def assert_arithmetic(document: Document, most: int) -> None:
    """Assert the arithmetic of all cells of each step, but of `most` cells at most.

    A chain whose long sums are elided has the same members, but for the terms in the middle.
    """
    problem, plan = read(document)
    kind = problem.choices.dtype
    trace = plan.run(problem.matrices)
    explained = Explanations(problem, trace, paper(problem, plan), [], full=True)
    elided = replace(explained, full=False)
    spelling = Spelling(explained.paper, None, full=True)
    for step in plan.steps:
        for index in some(trace.matrices[step.name].shape, most):
            head, *chain = explained.chain(Cell(step.name, index), spelling)
            assert is_noise(chain) or not fault_in_chain(chain, kind), f"{head} {' '.join(chain)}"
            _, *short = elided.chain(Cell(step.name, index), replace(spelling, full=False))
            assert is_noise(chain) or not fault_in_chain(short, kind), f"{head} {' '.join(short)}"
            for member, whole in zip(short, chain, strict=True):
                assert_elided(member, whole)


def assert_elided(member: str, whole: str) -> None:
    """Assert that a member is a whole one whose sums have lost the terms that it counts."""
    parts = re.split(r"… (\d+) more …", member[1:])
    pattern = "(.+)".join(map(re.escape, parts[::2]))
    found = re.fullmatch(pattern, whole[1:])
    assert found, f"{member} is not {whole}"
    if len(parts) == 3:
        assert found[1].count(" + ") + 1 == int(parts[1]), member


def some(shape: tuple[int, ...], most: int) -> list[tuple[int, ...]]:
    """Return all indices of a matrix, or `most` of them if it is larger."""
    indices = list(np.ndindex(shape))
    drawn = np.random.default_rng(5).permutation(len(indices))[:most]
    return indices if len(indices) <= most else [indices[at] for at in drawn]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_calculator_agrees_on_samples(sample: Path) -> None:
    """Calculating with the numbers of a line of explain gives the next numbers in the line."""
    assert_arithmetic(Reader().document(str(sample)), MANY)


@pytest.mark.parametrize("kind", ["float32", "float16"])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_calculator_agrees_on_short_types(sample: Path, kind: str) -> None:
    """In float32 and float16 a calculator gives the next numbers up to the rounding of the type."""
    document = Reader().document(str(sample))
    assert_arithmetic(document.merged(Document({"dtype": Entry(kind, "--dtype")})), FEW)


KINDS: dict[str, Callable[[Any], Any]] = {
    "integers": lambda drawn: np.rint(3 * drawn),
    "tenths": lambda drawn: drawn.round(1),
    "hundredths": lambda drawn: drawn.round(2),
    "any": lambda drawn: drawn,
    "large": lambda drawn: 40 * drawn,
    "small": lambda drawn: drawn / 300,
}
FIXED = {"mask", "masks", "cache_lens"}  # not drawn: another mask could be another problem


@settings(max_examples=40)
@given(st.sampled_from(sorted(PROBLEMS)), st.sampled_from(sorted(KINDS)), st.integers(0, 10**6))
def test_a_calculator_agrees_on_random_problems(name: str, kind: str, seed: int) -> None:
    """Calculating gives the next numbers for every operation, whatever the inputs are.

    A sum with more than 8 terms is written without its middle unless --full is given. A calculator
    needs all terms: what it cannot calculate is compared with the whole sum.
    """
    random = np.random.default_rng(seed)
    entries: dict[str, object] = {}
    for key, value in PROBLEMS[name].items():
        is_drawn = isinstance(value, np.ndarray) and key not in FIXED
        entries[key] = KINDS[kind](random.standard_normal(np.shape(value))) if is_drawn else value
    assert_arithmetic(Document({key: Entry(entry, name) for key, entry in entries.items()}), FEW)


@pytest.mark.parametrize(
    ("choice", "values"),
    [
        ("score", SCORING),
        ("normaliser", NORMALISERS),
        ("activation", ACTIVATIONS),
        ("norm_kind", NORM_KINDS),
        ("position", POSITIONS),
    ],
)
def test_random_problems_have_every_operation(choice: str, values: dict[str, object]) -> None:
    """Each scoring function, normaliser, activation, norm and position is in a problem."""
    chosen = {
        str(p.get(choice, CHOICES[choice].default)).partition(":")[0] for p in PROBLEMS.values()
    }
    assert chosen >= set(values) - {"learned", "none"}


# Other notations.


def digits(text: str) -> list[str]:
    """Return the numbers in a text of either notation, without their signs."""
    plain = re.sub(r"(?:(?<=\d) \\times |(?<!\d)1?)10\^\{(-?\d+)\}", r"e\1", text)
    plain = re.sub(r"(?<!\d)e(?=-?\d)", "1e", plain).replace("²", " 2")
    return [f"{float(number):g}" for number in re.findall(r"\d[\d.]*(?:e-?\d+)?", plain)]


@pytest.mark.parametrize("name", ["heads", "encoder", "sparsemax", "cosine"])
def test_latex_has_the_signs_and_digits_of_text(name: str) -> None:
    r"""LaTeX has \approx where text has ≈, and the same numbers."""
    entries = {key: Entry(value, name) for key, value in PROBLEMS[name].items()}
    problem, plan = read(Document(entries))
    explained = Explanations(problem, plan.run(problem.matrices), paper(problem, plan), [])
    text, latex = (kind(explained.paper, None, full=False) for kind in (Spelling, Latex))
    for step in plan.steps:
        cell = Cell(step.name, (0,) * len(step.axes))
        chains = explained.chain(cell, text), explained.chain(cell, latex)
        for member, typeset in zip(*(chain[1:] for chain in chains), strict=True):
            sign = typeset.partition(" ")[0]
            assert (member[0], sign) in {("=", "="), ("≈", r"\approx")}
            if "[" not in member:
                assert digits(member) == digits(typeset)
