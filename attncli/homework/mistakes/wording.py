"""The words of a diagnosis that depend on the problem: products, sides, axes, masks and numbers.

The texts of the catalogue have such words in braces, as they are in the layout `rows`. `{X W_q}` is
a product, and becomes `W_q X` in the layout `columns`. `{row}` is the side that holds one token,
or the scores of one query. A name such as `{eps}` or `{source}` is a field of the operation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from attncli.calculation.algebra.layouts import LAYOUTS, Factor, Layout, Role
from attncli.calculation.algebra.plan import Plan, Step
from attncli.calculation.masks.mask_rules import Causal, Window
from attncli.calculation.positions.alibi import MOST_SLOPES, Distances
from attncli.calculation.positions.angles import Angles
from attncli.calculation.positions.places import First
from attncli.calculation.problem.given_masks import meaning_of_cells
from attncli.calculation.problem.problem import Problem
from attncli.records import values_of
from attncli.words import in_words

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")

KEEP = "In this mask 1 (true) means that the query may attend to the key: hide the keys at 0."
DROP = "In this mask 1 (true) means that the key is hidden: the query may attend to the keys at 0."
ADD = "This mask is added to the scores: a key at 0 may be attended to, a key at −∞ is hidden."

NEIGHBOURS = "feature 2i with its neighbour 2i + 1"
HALVES = "feature i with feature i + d/2, of the other half"

# The words where no problem is known, as in the list of all mistakes.
GENERAL = {
    "polarity": "Where 1 (true) means that the query may attend to the key, hide the keys at 0; "
    "where 1 means hidden, hide the keys at 1.",
    "fill": "−∞",
    "last key": "i",
    "diagonal": "0",
    "window": "from i − left to i + right",
    "empty": "0",
    "root": "√d_k",
    "scaling": "divide the scores by √d_k",
    "unscaling": "multiplied by √d_k",
    "cap": "c",
    "temperature": "T",
    "normaliser": "softmax1, sparsemax or sigmoid",
    "base": "10000",
    "slopes": "2^(−4), 2^(−8) and 2^(−2) in the case of 3 heads",
    "pair": f"{NEIGHBOURS} if the pairs are interleaved, else {HALVES}",
    "angles": "[θ₁ θ₁ θ₂ θ₂] for neighbours, [θ₁ θ₂ θ₁ θ₂] for halves",
    "kind": "the name in its choice activation",
    "eps": "the number in its choice eps",
    "norm": "gamma (x − mean) / √(variance + eps) + beta",
    "rms norm": "gamma x / √(mean_square + eps)",
    "divisor": "√(variance + eps)",
    "count": "d",
    "source": "X",
    "weight": "W",
    "bias": "b",
}


class Texts(NamedTuple):
    """The diagnosis of a mistake: what was done, the right method, and why it matters."""

    done: str
    right: str
    why: str


def in_general(texts: Texts) -> Texts:
    """Return the texts in the words of the layout `rows`, without a problem."""
    layout = LAYOUTS["rows"]
    return _filled(texts, layout, GENERAL | _sides(layout))


def at_step(texts: Texts, problem: Problem, plan: Plan, name: str) -> Texts:
    """Return the texts in the words of a problem, for a mistake at the step of this name."""
    part = problem.part_of(name)
    problem = part.problem if part else problem
    step = part.steps[name] if part else next((s for s in plan.steps if s.name == name), None)
    words = GENERAL | _sides(problem.layout) | _of_masks(problem)
    if step:  # an answer may have a step that the plan leaves out
        words |= _of_rules(problem, step) | _of_operation(step)
    return _filled(texts, problem.layout, words)


def _filled(texts: Texts, layout: Layout, words: Mapping[str, str]) -> Texts:
    """Put the words in place of the braces; a product of several names is written by the layout."""

    def fill(found: re.Match[str]) -> str:
        if found[1] in words:
            return words[found[1]]
        return layout.product(*(_factor(name, words) for name in found[1].split(" ")))

    return Texts(*(PLACEHOLDER.sub(fill, text) for text in texts))


def _factor(name: str, words: Mapping[str, str]) -> Factor:
    bare = name.removesuffix("ᵀ")
    known = words.get(bare, bare)
    role = Role.WEIGHT if known.startswith("W") else Role.TOKENS
    return Factor(known, role, bare != name)


def _sides(layout: Layout) -> dict[str, str]:
    """The words for the sides and the axes of a matrix that has a row for each token in `rows`."""
    rows, columns = (layout.side(Role.TOKENS, axis, 2) for axis in (-2, -1))
    is_swapped = rows == "columns"
    return {
        "rows": rows,
        "row": rows.removesuffix("s"),
        "columns": columns,
        "column": columns.removesuffix("s"),
        "last axis": "-2" if is_swapped else "-1",
        "token axis": "-1" if is_swapped else "-2",
        "tril": "triu" if is_swapped else "tril",
        "triu": "tril" if is_swapped else "triu",
        "lower": "upper" if is_swapped else "lower",
        "split": "in NumPy, reshape to heads × features × tokens"
        if is_swapped
        else "in NumPy, reshape to tokens × heads × features, then exchange the first two axes",
        "merge": "in NumPy, reshape heads × features × tokens to features × tokens"
        if is_swapped
        else "in NumPy, exchange the axes of heads and tokens, then reshape",
    }


def _of_masks(problem: Problem) -> dict[str, str]:
    """The words for the meaning of 1 in the mask, for its fill, and for the normaliser."""
    masks = problem.masks
    words = {"fill": number_text(masks.fill), "normaliser": problem.choices.normaliser}
    if masks.keep:
        mask, kind = problem.matrices[masks.keep[0]], problem.choices.mask_kind
        is_drop = meaning_of_cells(mask, kind, problem.convention) == "drop"
        words["polarity"] = DROP if is_drop else KEEP
    elif masks.rules:
        names = in_words([rule.words for rule in masks.rules])
        hide = "hides" if len(masks.rules) == 1 else "hide"
        words["polarity"] = f"Hide the keys that {names} {hide}, and no others."
    elif masks.add:
        words["polarity"] = ADD
    return words


def _of_rules(problem: Problem, step: Step) -> dict[str, str]:
    """The words for the keys that query i sees, where a step masks by causal or window."""
    words: dict[str, str] = {}
    for rule in values_of(step.operation).get("rules", ()):
        n, m = (axis.size for axis in step.axes[-2:])
        if isinstance(rule, Causal):
            words |= _of_diagonal(rule.diagonal(n, m), problem.layout)
        elif isinstance(rule, Window):
            words["window"] = _window(rule)
    return words


def _of_diagonal(diagonal: First, layout: Layout) -> dict[str, str]:
    """The words for the last key that query i sees, and for the diagonal of NumPy's tril or triu.

    In a batch of caches that are filled to different lengths, the diagonals differ.
    """
    number = _single(diagonal)
    if number is None:
        return {"last key": "i + length − n", "diagonal": "length − n"}
    is_swapped = Role.TOKENS in layout.swapped
    return {"last key": _moved(number), "diagonal": str(-number if is_swapped else number)}


def _window(rule: Window) -> str:
    """The keys that query i sees: `from i − 2 to i + 1`; a side of −1 has no end."""
    first, own = _single(rule.first), int(rule.counts_itself)
    if first is None:
        return f"of {rule.words}, counted from length − n"
    begin = _moved(first - rule.left + own) if rule.left >= 0 else "the first key"
    end = _moved(first + rule.right - own) if rule.right >= 0 else "the last key"
    return f"from {begin} to {end}"


def _single(first: First) -> int | None:
    """The number, if it is the same in all batch entries."""
    found = np.unique(first)
    return int(found[0]) if found.size == 1 else None


def _moved(number: int) -> str:
    """The position `number` keys after query i: `i + 2`, `i`, `i − 1`."""
    return f"i {'−' if number < 0 else '+'} {abs(number)}" if number else "i"


def _of_operation(step: Step) -> dict[str, str]:
    """The names and the numbers among the fields of an operation, and the words made of them."""
    fields = values_of(step.operation)
    words = {
        name: value if isinstance(value, str) else number_text(value)
        for name, value in fields.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }
    if "d_k" in fields:
        root = f"√d_k = √{fields['d_k']}"
        words |= {"root": root}
        words |= {"scaling": f"divide the scores by {root}", "unscaling": f"multiplied by {root}"}
    elif "scale" in fields:
        scale = words["scale"]
        words |= {"scaling": f"multiply the scores by {scale}", "unscaling": f"divided by {scale}"}
    if "angles" in fields:
        words |= _of_angles(fields["angles"])
    if isinstance(step.operation, Distances):
        slopes = [f"2^(−{8 * at / of:g})" for at, of in step.operation.slopes]
        if len(slopes) > MOST_SLOPES:
            slopes[MOST_SLOPES - 1 : -1] = ["…"]
        words["slopes"] = ", ".join(slopes)
    if "eps_outside" in fields:
        words |= _of_norm(fields)
    if fields.get("is_sample"):
        words["count"] = "(d − 1)"
    return words


def _of_angles(angles: Angles) -> dict[str, str]:
    """The words for the base of the angles, and for the two features of a pair."""
    return {
        "base": number_text(angles.base),
        "pair": NEIGHBOURS if angles.is_interleaved else HALVES,
        "angles": "[θ₁ θ₁ θ₂ θ₂ …]" if angles.is_interleaved else "[θ₁ θ₂ … θ₁ θ₂ …]",
    }


def _of_norm(fields: Mapping[str, Any]) -> dict[str, str]:
    """The formula of a norm with the parameters that it has, and its divisor."""
    variance = fields["variance"]
    divisor = f"(√{variance} + eps)" if fields["eps_outside"] else f"√({variance} + eps)"
    formula = f"{'(x − mean)' if fields['mean'] else 'x'} / {divisor}"
    formula = f"gamma {formula}" if fields["gamma"] else formula
    formula = f"{formula} + beta" if fields["beta"] else formula
    return {"divisor": divisor, "norm": formula} | ({} if fields["mean"] else {"rms norm": formula})


def number_text(number: float) -> str:
    """Return a number in few characters, with a true minus sign.

    >>> number_text(0.3), number_text(float("-inf")), number_text(-1e9)
    ('0.3', '−∞', '−1e9')
    """
    text = f"{number:g}".replace("inf", "∞").replace("nan", "NaN").replace("-", "−")
    return text.replace("e+0", "e").replace("e−0", "e−")
