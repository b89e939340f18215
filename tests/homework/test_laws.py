"""Test the sentences of laws, and the laws on one step of an answer."""

from __future__ import annotations

from typing import Any

import pytest

from attncli.calculation.algebra.layouts import LAYOUTS
from attncli.calculation.choices.choices import Choices
from attncli.homework.answers.answer import read_without_problem
from attncli.homework.laws.check_laws import check_laws
from attncli.homework.laws.law import LAWS, assumed
from attncli.homework.laws.laws_broken import laws_broken

Entries = dict[str, Any]
SHARES: Entries = {"weights": [["0.50", "0.50"], ["0.37", "0.50"]]}
HEADS: Entries = {"weights": [[["0.50", "0.50"]], [["0.37", "0.50"]]]}


def broken(step: str, entries: Entries, **choices: object) -> list[str]:
    """Return the sentences of laws on one step of an answer."""
    chosen = Choices.read(choices)
    return laws_broken(read_without_problem(entries, LAYOUTS[chosen.layout]), assumed(chosen), step)


def facts(entries: Entries) -> dict[str, str]:
    """Return the sentences on the broken laws by the names of the laws."""
    answer = read_without_problem(entries, LAYOUTS["rows"])
    lines = check_laws(answer, assumed(Choices.read({}))).lines
    return {line.name: line.rationale for line in lines if line.rationale}


SENTENCES: list[tuple[Entries, str, str]] = [
    (SHARES, "weights-sum-to-1", "Row 2 of weights sums to 0.87, not to 1."),
    (
        {"weights": [["1.50", "-0.50"]]},
        "weights-are-shares",
        (
            "At row 1, column 1, weights is 1.5, not between 0 and 1. "
            "At row 1, column 2, weights is -0.5, not between 0 and 1."
        ),
    ),
    (
        {"masked": [["1", "-inf"]], "weights": [["0.90", "0.10"]]},
        "masked-cells-have-no-weight",
        "At row 1, column 2, weights is 0.1, but must be 0: masked is −inf.",
    ),
    (
        {"Q": [[1, 2]], "K": [[3, 4]], "scores": [[12]]},
        "scores-are-products",
        "At row 1, column 1, scores is 12, but the product of its query and its key is 11.",
    ),
    (
        {"scores": [[2, 4], [6, 8]], "scaled": [["1.00", "2.00"], ["3.00", "4.50"]]},
        "scaled-by-one-factor",
        "At row 2, column 2, scaled is 4.5, but scores times 0.5, the factor of other cells, is 4.",
    ),
    (
        {"scaled": [["1.00", "2.00"]], "weights": [["0.27", "0.37"]]},
        "weights-are-the-softmax",
        "At row 1, column 2, weights is 0.37, but the softmax of scaled is 0.7311.",
    ),
    (
        {"weights": [["0.50", "0.50"]], "V": [[1], [2]], "output": [["1.70"]]},
        "output-is-the-weighted-sum",
        "At row 1, column 1, output is 1.7, but the sum of the weighted V is 1.5.",
    ),
    (
        {"V": [[1], [2]], "output": [[2.5]]},
        "output-lies-among-the-values",
        "At row 1, column 1, output is 2.5, but column 1 of V lies between 1 and 2.",
    ),
    (
        {"norm_1.output": [[1, 2]], "ffn.output": [[3, 4]], "norm_2.sum": [[4, 7]]},
        "norm_2.sum-is-the-residual",
        "At row 1, column 2, norm_2.sum is 7, but norm_1.output plus ffn.output is 6.",
    ),
    (
        {"norm_1.sum": [[1, 2], [1, 3]], "norm_1.mean": [["1.5", "2.5"]]},
        "norm_1.mean-is-that-of-the-sum",
        "The mean of row 2 of norm_1.sum is 2, not 2.5.",
    ),
    (
        {"norm_1.sum": [[1, 3]], "norm_1.variance": [[4]]},
        "norm_1.variance-is-that-of-the-sum",
        "The variance of row 1 of norm_1.sum is 1, not 4.",
    ),
    (
        {"norm_1.sum": [[1, 3]], "norm_1.mean_square": [[9]]},
        "norm_1.mean-square-is-that-of-the-sum",
        "The mean square of row 1 of norm_1.sum is 5, not 9.",
    ),
    (
        {
            "norm_1.sum": [[0, 4, 5], [1, 0, 5], [3, 2, 0]],
            "norm_1.mean": [[3], [2], ["5/3"]],
            "norm_1.output": [
                ["-1.4", "0.5", "0.9"],
                ["-0.4", "-0.9", "1.4"],
                ["1.2", "0.3", "1.3"],
            ],
        },
        "norm_1.norm-has-one-gamma-and-beta",
        (
            "At row 1, column 3, norm_1.output is 0.9, but the number that the gamma and beta of "
            "other tokens give is 1.383."
        ),
    ),
    (
        {"ffn.hidden": [[1, -2]], "ffn.activated": [[1, 2]]},
        "ffn.activated-is-the-activation",
        "At row 1, column 2, ffn.activated is 2, but relu of ffn.hidden is 0.",
    ),
    (
        {"logits": [[0, 0]], "output": [["0.50", "0.52"]]},
        "output-is-the-softmax-of-logits",
        "At row 1, column 2, output is 0.52, but the softmax of logits is 0.5.",
    ),
]


@pytest.mark.parametrize(
    ("entries", "name", "fact"), SENTENCES, ids=[law for _, law, _ in SENTENCES]
)
def test_a_broken_law_says_what_was_found(entries: Entries, name: str, fact: str) -> None:
    """The sentence on each broken place has the numbers that contradict each other."""
    assert facts(entries)[name] == fact


def test_every_law_has_a_sentence() -> None:
    """The table of sentences has each law once, in the order of the laws."""
    assert [name.rpartition(".")[2] for _, name, _ in SENTENCES] == list(LAWS)


def test_a_step_breaks_the_laws_on_this_step_alone() -> None:
    """`laws_broken` returns a text for each law on the step, and none on other steps."""
    answer = {**SHARES, "output": [[9], [9]], "V": [[1], [2]]}
    assert broken("weights", answer) == ["Row 2 of weights sums to 0.87, not to 1."]
    assert len(broken("output", answer)) == 2
    assert broken("V", answer) == broken("masked", answer) == []


def test_a_step_of_a_sublayer_has_its_full_name() -> None:
    """The laws on a step of a sublayer compare it with steps of that sublayer."""
    answer = {"self.weights": SHARES["weights"], "cross.weights": [["0.50", "0.50"]]}
    assert broken("self.weights", answer) == ["Row 2 of self.weights sums to 0.87, not to 1."]
    assert broken("cross.weights", answer) == []


def test_a_right_step_breaks_no_law() -> None:
    """Right weights break no law, and neither do those of sigmoid, whose rows have other sums."""
    assert broken("weights", {"weights": [["0.33", "0.33", "0.33"]]}) == []
    assert broken("weights", SHARES, normaliser="sigmoid") == []


def test_places_are_those_on_paper() -> None:
    """In the layout columns, the weights of a query are a column, and a feature of V is a row."""
    columns = {"layout": "columns"}
    turned = {"weights": [["0.50", "0.37"], ["0.50", "0.50"]]}
    assert broken("weights", turned, **columns) == ["Column 2 of weights sums to 0.87, not to 1."]
    answer = {"V": [[1, 2], [5, 6]], "output": [[1, 2], [5, 7]]}
    assert broken("output", answer, **columns) == [
        "At row 2, column 2, output is 7, but row 2 of V lies between 5 and 6."
    ]


@pytest.mark.parametrize(
    ("entries", "place"),
    [
        (HEADS, "In slice 2, row 1"),
        ({**HEADS, "heads": 2}, "In head 2, row 1"),
        ({**HEADS, "concat": [[1, 2]]}, "In head 2, row 1"),
        ({**HEADS, "output": [[[1]], [[1]]]}, "In batch entry 2, row 1"),
        ({"weights": [HEADS["weights"]]}, "In batch entry 1, head 2, row 1"),
    ],
)
def test_leading_axes_are_the_batch_and_the_heads(entries: Entries, place: str) -> None:
    """Three axes begin with heads or batch, as other steps tell; four have both."""
    heads = {"heads": 2} if entries.get("heads") == 2 else {}
    steps = {name: value for name, value in entries.items() if name not in heads}
    assert broken("weights", steps, **heads) == [f"{place} of weights sums to 0.87, not to 1."]


def test_many_broken_places_are_counted() -> None:
    """A text names three places, and counts the others."""
    (text,) = broken("weights", {"weights": [["0.40", "0.40"]] * 5})
    assert text.startswith("Row 1 of weights sums to 0.8, not to 1. Row 2 ")
    assert text.endswith(
        "Row 3 of weights sums to 0.8, not to 1. 2 more places fail in the same way."
    )
