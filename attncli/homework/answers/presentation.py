"""Read an answer back from its own layout and its own order of tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from attncli.calculation.algebra.layouts import LAYOUTS, Axes, Layout, WholeNumbers
from attncli.calculation.choices.choices import Choices
from attncli.calculation.problem.problem import Problem
from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import in_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.calculation.algebra.layouts import Scalar

_TOKENS = {"n": "tokens", "m": "memory_tokens"}


@record(frozen=True)
class Presentation:
    """The layout of an answer, and the order of its tokens.

    `orders` maps an axis (`n`, `m`) to the place in the answer of each token of the problem; axes
    whose tokens stand in the order of the problem are left out.
    """

    layout: Layout
    orders: Mapping[str, WholeNumbers]

    def in_order(self, matrix: NDArray[Scalar], axes: Axes) -> NDArray[Scalar]:
        """Return the matrix, which is in the layout `rows`, with the tokens as in the problem.

        A matrix whose size does not fit `axes` stays as it is.
        """
        if matrix.ndim != len(axes):
            return matrix
        for at, axis in enumerate(axes):
            order = self.orders.get(axis.name)
            if order is not None and len(order) == axis.size == matrix.shape[at]:
                matrix = matrix.take(order, axis=at)
        return matrix


def read_presentation(problem: Problem, entries: Mapping[str, object]) -> Presentation:
    """Return the presentation that the choices of an answer tell: layout and tokens.

    Without a layout it is that of the problem; tokens count only if the problem has tokens. Raises
    ProblemError for an unknown layout, and for tokens that are not those of the problem.
    """
    own = {name: entries[name] for name in ("layout", *_TOKENS.values()) if name in entries}
    chosen = Choices.read(own)
    layout = LAYOUTS[chosen.layout] if "layout" in own else problem.layout
    orders = {}
    for axis, name in _TOKENS.items():
        labels = problem.labels.get(axis, ())
        given = chosen.tokens if name == "tokens" else chosen.memory_tokens
        if name in own and labels and given != labels:
            orders[axis] = _order(name, given, labels)
    return Presentation(layout, orders)


def _order(name: str, given: Sequence[str], labels: Sequence[str]) -> WholeNumbers:
    """The place in `given` of each label. Raises ProblemError if they are not the same labels."""
    expected = ", ".join(labels)
    repeated = [label for at, label in enumerate(labels) if label in labels[:at]]
    if sorted(given) != sorted(labels):
        message = f"{name} of the answer are {', '.join(given)}, but the problem has {expected}."
        raise ProblemError(message, f"Write the {name} of the problem, in your order.", (name,))
    if repeated:
        message = f"{name} of the answer have another order than the problem, and repeat "
        message += f"{in_words(sorted(set(repeated)))}: nothing tells the repeated ones apart."
        hint = f"Write the rows in the order of the problem, and leave out {name}: {expected}."
        raise ProblemError(message, hint, (name,))
    return np.array([given.index(label) for label in labels])
