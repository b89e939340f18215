"""Test that every kind of expression is written on purpose in every format of explain."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from attncli.calculation.algebra.expressions import (
    Cell,
    Difference,
    Expression,
    Function,
    Known,
    Larger,
    Negative,
    Noted,
    Number,
    Power,
    Product,
    Quotient,
    Root,
    Sum,
    Values,
)
from attncli.calculation.algebra.layouts import LAYOUTS, Axis, Role
from attncli.calculation.algebra.requirements import Paper
from attncli.calculation.algebra.vector_expressions import (
    Inner,
    Length,
    Line,
    SquaredDistance,
    Total,
    Whole,
)
from attncli.render.explain.explanation_writers import tree
from attncli.render.explain.spelling import Spelling
from attncli.render.papers.latex_spelling import Latex

# Two matrices on paper: each of two rows and two columns.
PAPER = Paper(
    LAYOUTS["rows"],
    {name: (Axis("n", 2), Axis("d", 2)) for name in "QK"},
    dict.fromkeys("QK", Role.TOKENS),
    formulas={},
)
VALUES = {"Q": np.array([[3.0, -4.0], [5.0, 7.0]]), "K": np.array([[2.0, 11.0], [13.0, 17.0]])}

A, B = Cell("Q", (0, 0)), Cell("Q", (0, 1))
Q_1, K_1 = Line("Q", (0, None), 2), Line("K", (0, None), 2)

# One of each kind: in names, in numbers with no decimals, and its name in JSON.
EXAMPLES: dict[type[Expression], tuple[Expression, str, str, str]] = {
    Cell: (A, "Q[1,1]", "3", "same"),
    Number: (Number(0.5), "0.5", "0.5", "constant"),
    Known: (Known(3.2), "3", "3", "constant"),
    Root: (Root(3), "√3", "√3", "root"),
    Sum: (Sum((A, B)), "Q[1,1] + Q[1,2]", "3 + (-4)", "sum"),
    Difference: (Difference(A, B), "Q[1,1] - Q[1,2]", "3 - (-4)", "difference"),
    Negative: (Negative(A), "-Q[1,1]", "-3", "negative"),
    Product: (Product((A, B)), "Q[1,1] × Q[1,2]", "3 × (-4)", "product"),
    Quotient: (Quotient(A, B), "Q[1,1] / Q[1,2]", "3 / (-4)", "quotient"),
    Power: (Power(A, Number(3)), "Q[1,1]^(3)", "3^(3)", "power"),
    Function: (Function("tanh", A), "tanh(Q[1,1])", "tanh(3)", "tanh"),
    Larger: (Larger((A, B)), "max(Q[1,1], Q[1,2])", "max(3, -4)", "max"),
    Noted: (Noted(Sum((A, B)), ("",)), "Q[1,1] + Q[1,2]", "3 + (-4)", "sum"),
    Total: (Total(Q_1), "Σ Q[1]", "3 + (-4)", "sum"),
    Inner: (Inner(Q_1, K_1), "Q[1]·K[1]", "3 × 2 + (-4) × 11", "sum"),
    Length: (Length(Q_1), "‖Q[1]‖", "√(3² + (-4)²)", "length"),
    SquaredDistance: (
        SquaredDistance(Q_1, K_1), "‖Q[1] - K[1]‖²", "(3 - 2)² + (-4 - 11)²", "sum"
    ),
    Whole: (Whole(Q_1), "Q[1]", "Q[1]", ""),
}  # fmt: skip


def kinds(parent: type[Expression] = Expression) -> Iterator[type[Expression]]:
    """Yield every kind of expression in the program."""
    for kind in parent.__subclasses__():
        if kind.__module__.startswith("attncli."):
            yield kind
            yield from kinds(kind)


def test_every_kind_of_expression_has_an_example() -> None:
    """Every kind of expression has an example of how it is written."""
    missing = sorted(kind.__name__ for kind in set(kinds()) - EXAMPLES.keys())
    assert not missing, f"Say in EXAMPLES how these are written: {', '.join(missing)}."


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_kind_is_written_in_names_and_in_numbers(kind: type[Expression]) -> None:
    example, names, numbers, _ = EXAMPLES[kind]
    assert Spelling(PAPER, 0, full=True).spell(example) == names
    assert Spelling(PAPER, 0, full=True, values=VALUES).spell(example) == numbers
    inside = Spelling(PAPER, 0, full=True).spell(Product((example, A)))
    assert inside in (f"{names} × Q[1,1]", f"({names}) × Q[1,1]")


@pytest.mark.parametrize("kind", EXAMPLES)
def test_latex_knows_every_kind(kind: type[Expression]) -> None:
    """LaTeX has balanced brackets, and commands instead of signs such as × and √."""
    for values in (None, VALUES):
        written = Latex(PAPER, 0, full=True, values=values).spell(EXAMPLES[kind][0])
        assert not set(written) & set("×·√Σ‖²")
        assert written.count("{") == written.count("}")
        assert written.count(r"\left") == written.count(r"\right")


@pytest.mark.parametrize("kind", [kind for kind in EXAMPLES if kind is not Whole])
def test_json_names_the_operation_of_every_kind(kind: type[Expression]) -> None:
    """JSON names each operation with its value; a whole line has no value."""
    example, _, _, operation = EXAMPLES[kind]
    node = tree(example, VALUES, Spelling(PAPER, 0, full=True))
    assert node["operation"] == operation
    assert node["value"] == pytest.approx(example.value(VALUES))
    assert json.loads(json.dumps(node)) == node


# Brackets: an expression read in the usual order is the one that was calculated.


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        (Product((Sum((A, B)), A)), "(3 + (-4)) × 3"),
        (Product((Inner(Q_1, K_1), A)), "(3 × 2 + (-4) × 11) × 3"),
        (Product((Noted(Sum((A, A)), ("",)), A)), "(3 + 3) × 3"),
        (Difference(A, Difference(A, B)), "3 - (3 - (-4))"),
        (Negative(Sum((A, B))), "-(3 + (-4))"),
        (Quotient(A, Product((A, A))), "3 / (3 × 3)"),
        (Quotient(A, Quotient(A, A)), "3 / (3 / 3)"),
        (Quotient(Difference(A, B), Length(Q_1)), "(3 - (-4)) / √(3² + (-4)²)"),
        (Quotient(Quotient(A, A), A), "3 / 3 / 3"),
        (Power(Quotient(A, A), Number(2)), "(3 / 3)²"),
        (Power(B, Number(2)), "(-4)²"),
        (Power(Negative(A), Number(2)), "(-3)²"),
    ],
)  # fmt: skip
def test_looser_expressions_stand_in_brackets(expression: Expression, written: str) -> None:
    assert Spelling(PAPER, 0, full=True, values=VALUES).spell(expression) == written


@pytest.fixture
def unknown() -> Expression:
    """Return an expression of a kind that no format can write."""

    class Modulus(Expression):
        def value(self, values: Values) -> float:
            return 0.0

    return Modulus()


@pytest.mark.parametrize("place", ["alone", "in a product", "in a sum"])
def test_a_kind_without_a_spelling_is_an_error(unknown: Expression, place: str) -> None:
    expression = {
        "alone": unknown,
        "in a product": Product((A, unknown)),
        "in a sum": Sum((A, unknown)),
    }[place]
    told = "there is no spelling for expressions of the kind Modulus"
    for spelling in (Spelling(PAPER, 0, full=True), Latex(PAPER, 0, full=True, values=VALUES)):
        with pytest.raises(NotImplementedError, match=told):
            spelling.spell(expression)
    with pytest.raises(NotImplementedError, match=told):
        tree(expression, VALUES, Spelling(PAPER, 0, full=True))
