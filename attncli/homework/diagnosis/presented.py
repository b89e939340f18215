"""A right matrix that is presented otherwise: transposed, or with rows in another order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import permutations
from typing import NamedTuple

import numpy as np

from attncli.calculation.algebra.layouts import AnyArray
from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.tolerance import Numbers, near
from attncli.homework.diagnosis.causes import Cause, Said, Turn
from attncli.homework.judging.trail import Judgement, Trail
from attncli.words import in_words

MOST_TOKENS = 6  # the most tokens of which every order is tried
FEWEST = 4  # the fewest cells that can tell another order from chance


class OtherPresentation(NamedTuple):
    """Another presentation: its name, its words, the advice, and the way back."""

    name: str
    text: str
    advice: str
    turn: Turn


def presented(trail: Trail, judged: Judgement) -> Cause | None:
    """Return the cause if the matrix is right in another presentation, else None."""
    answered = judged.answered
    if answered is None or (~answered.blank).sum() < FEWEST:
        return None
    for each in _others(trail, judged, answered):
        turned = each.turn(answered)
        if trail.gives(judged.step, turned, judged.target):
            return Said(
                each.text, each.name, advice=each.advice, exact=judged.target, turn=each.turn
            )
    return None


def _others(trail: Trail, judged: Judgement, answered: AnswerMatrix) -> Iterator[OtherPresentation]:
    """The other presentations of a matrix, the likeliest first."""
    step, layout = judged.step, trail.problem.layout
    sides = ("columns", "rows") if step.role in layout.swapped else ("rows", "columns")
    yield OtherPresentation(
        "transposed-answer",
        "These are the right numbers, but transposed: rows and columns are exchanged.",
        f'If the answer is written in the layout {sides[1]}, say so in it: "layout": "{sides[1]}".',
        lambda matrix: matrix.each(lambda m: m.swapaxes(-1, -2)),
    )
    for order in _orders(judged, answered):
        places = in_words([str(at + 1) for at in order])
        where = f"{sides[0]} {places} of the right matrix"
        text = f"These are the right numbers in another order: {where}."
        advice = "Write the tokens in the order of the problem, or give the answer its own tokens."
        for axes in ((-2,), (-2, -1)):
            turn = partial(_back, order=order, axes=axes)
            yield OtherPresentation("other-order", text, advice, turn)
    names = [axis.name for axis in step.axes]
    if "heads" in names and answered.values.ndim == len(names):
        axis = names.index("heads") - len(names)
        size = answered.values.shape[axis]
        for order in list(permutations(range(size)))[1:] if 1 < size <= MOST_TOKENS else []:
            places = in_words([str(at + 1) for at in order])
            yield OtherPresentation(
                "other-order-of-heads",
                f"These are the right numbers with the heads in another order: {places}.",
                "Head 1 has the first columns of Q, K and V.",
                partial(_back, order=order, axes=(axis,)),
            )


def _back(matrix: AnswerMatrix, order: Sequence[int], axes: Sequence[int]) -> AnswerMatrix:
    """The matrix in the right order, if line i of it is line order[i] of the right one.

    An axis of another size, such as that of the features, stays as it is.
    """
    places = np.argsort(order)

    def turn(array: AnyArray) -> AnyArray:
        for axis in axes:
            if array.ndim >= -axis and array.shape[axis] == len(order):
                array = np.take(array, places, axis=axis)
        return array

    return matrix.each(turn)


def _orders(judged: Judgement, answered: AnswerMatrix) -> Iterator[tuple[int, ...]]:
    """The orders of rows in which the matrix may stand, without the right one."""
    right, values = judged.target, answered.values
    if values.shape != right.shape:
        return
    n = right.shape[-2]
    order = [_place_of(right, row, answered, at) for at, row in enumerate(_rows(values))]
    found = tuple(at for at in order if at is not None)
    if sorted(found) == list(range(n)) and found != tuple(range(n)):
        yield found
    elif right.shape[-1] == n <= MOST_TOKENS:
        yield from list(permutations(range(n)))[1:]


def _rows(matrix: Numbers) -> Iterator[Numbers]:
    return (matrix[..., row, :] for row in range(matrix.shape[-2]))


def _place_of(right: Numbers, row: Numbers, answered: AnswerMatrix, at: int) -> int | None:
    """The place of a row of the answer among the right rows; None if it is none of them."""
    allowed = answered.half_units[..., at, :] + 1e-9
    places = (place for place, other in enumerate(_rows(right)) if near(row, other, allowed).all())
    return next(places, None)
