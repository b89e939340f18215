"""A right matrix that is presented otherwise: transposed, or with rows in another order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from attncli.homework.answers.answer import AnswerMatrix
from attncli.homework.answers.tolerance import Numbers, near
from attncli.homework.diagnosis.causes import Cause, Said
from attncli.homework.judging.trail import Judgement, Trail
from attncli.words import in_words

MOST_TOKENS = 6  # the most tokens of which every order is tried
FEWEST = 4  # the fewest cells that can tell another order from chance


def presented(trail: Trail, judged: Judgement) -> Cause | None:
    """Return the cause if the matrix is right in another presentation, else None."""
    answered = judged.answered
    if answered is None or (~answered.blank).sum() < FEWEST:
        return None
    for words, advice, name, other in _others(trail, judged, answered):
        if other.values.shape != judged.target.shape:
            continue
        fit = trail.fit(judged.step, other, [judged.target])
        if fit and fit.is_whole:
            return Said(words, name, advice=advice, exact=_undone(judged, name))
    return None


def _undone(judged: Judgement, name: str) -> Numbers:
    """The right matrix, with which the later steps go on."""
    return judged.target


def _others(
    trail: Trail, judged: Judgement, answered: AnswerMatrix
) -> Iterator[tuple[str, str, str, AnswerMatrix]]:
    """The matrix in other presentations: the words, the advice, the name, and the matrix."""
    step, layout = judged.step, trail.problem.layout
    is_swapped = step.role in layout.swapped
    other = "rows" if is_swapped else "columns"
    text = "These are the right numbers, but transposed: rows and columns are exchanged."
    advice = f'If the answer is written in the layout {other}, say so in it: "layout": "{other}".'
    yield text, advice, "transposed-answer", answered.each(lambda m: m.swapaxes(-1, -2))
    names = [axis.name for axis in step.axes]
    side = "columns" if is_swapped else "rows"
    for order in _orders(judged, answered):
        rows = np.array(order)
        numbers = in_words([str(at + 1) for at in order])
        text = (
            f"These are the right numbers in another order: {side} {numbers} of the right matrix."
        )
        advice = "Write the tokens in the order of the problem, or give the answer its own tokens."
        yield text, advice, "other-order", answered.each(lambda m, r=rows: _back(m, r, -2))
        if names[-1] in ("m", "n") and answered.values.shape[-1] == len(order):
            both = answered.each(lambda m, r=rows: _back(_back(m, r, -2), r, -1))
            yield text, advice, "other-order", both
    if "heads" in names:
        axis = names.index("heads")
        size = answered.values.shape[axis] if answered.values.ndim == len(names) else 0
        for order in list(permutations(range(size)))[1:] if 1 < size <= MOST_TOKENS else []:
            heads = in_words([str(at + 1) for at in order])
            text = f"These are the right numbers with the heads in another order: {heads}."
            advice = "Head 1 has the first columns of Q, K and V."
            moved = answered.each(lambda m, o=order: _back(m, np.array(o), axis))
            yield text, advice, "other-order-of-heads", moved


def _back(matrix: Numbers, order: Numbers, axis: int) -> Numbers:
    """The matrix with its lines back in the right order: line i stands at place order[i]."""
    return np.take(matrix, np.argsort(order), axis=axis)


def _orders(judged: Judgement, answered: AnswerMatrix) -> Iterator[tuple[int, ...]]:
    """The orders of rows in which the matrix may stand, without the right one."""
    right, values = judged.target, answered.values
    if values.shape != right.shape:
        return
    n = right.shape[-2]
    by_row = [_place_of(right, row, answered, at) for at, row in enumerate(_rows(values))]
    order = tuple(at for at in by_row if at is not None)
    if sorted(order) == list(range(n)) and list(order) != list(range(n)):
        yield order
    elif right.shape[-1] == n <= MOST_TOKENS:
        yield from list(permutations(range(n)))[1:]


def _rows(matrix: Numbers) -> Iterator[Numbers]:
    return (matrix[..., row, :] for row in range(matrix.shape[-2]))


def _place_of(right: Numbers, row: Numbers, answered: AnswerMatrix, at: int) -> int | None:
    """The place of a row of the answer among the right rows; None if it is none of them."""
    allowed = answered.half_units[..., at, :] + 1e-9
    places = (place for place, other in enumerate(_rows(right)) if near(row, other, allowed).all())
    return next(places, None)
