"""A description of a mask: the rule that it equals, its orientation, and its open cells."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from attncli.calculation.algebra.layouts import LAYOUTS, AnyArray, Axis, Booleans
from attncli.calculation.masks.mask_operation import HIDES
from attncli.calculation.masks.mask_rules import MASKS, MOST, read_rule
from attncli.calculation.problem.input_matrices import MOST_AXES, read_mask
from attncli.errors import ProblemError
from attncli.records import record
from attncli.words import count, noun, shape_text

MOST_NAMED = 5
BATCH_AND_HEADS = ("batch entry", "head")


@record(frozen=True)
class Pattern:
    """The keys that each query may see; `words` describe the cells or the rule.

    `may_attend` is n × m, or has one or two axes before these, which `leading` names. `drops` is
    true if the cells of a matrix were read as "1 may not be attended to".
    """

    may_attend: Booleans
    words: str
    leading: tuple[str, ...] = ()
    drops: bool = False

    def slices(self) -> Iterator[tuple[str, Pattern]]:
        """Yield each n × m slice with its place, such as `batch entry 2, head 1`.

        The place is an empty text if there is only one slice.
        """
        shape = self.may_attend.shape[:-2]
        for index in np.ndindex(shape):
            named = zip(self.leading, index, shape, strict=True)
            where = ", ".join(f"{word} {at + 1}" for word, at, size in named if size > 1)
            yield where, Pattern(self.may_attend[index], self.words, drops=self.drops)


def pattern_of_rule(value: object, n: int, m: int) -> Pattern:
    """Return the mask that a rule makes of n queries and m keys.

    A list of lengths makes one mask for each batch entry: batch × 1 × n × m, which fits scores with
    and without heads. Raises ProblemError if the rule does not fit.
    """
    if n * m > MOST:
        message = f"the mask has {n} × {m} cells, more than {MOST}."
        raise ProblemError(message, "Draw a smaller one; attncli compute takes the rule by name.")
    rule = read_rule(value)
    entries = rule.entries
    axes = (*(Axis("batch", entry) for entry in entries), Axis("n", n), Axis("m", m))
    opened = np.broadcast_to(rule.fit(axes).may_attend(n, m), (*entries, n, m))
    if not entries:
        return Pattern(opened, rule.words)
    return Pattern(opened[:, None], rule.words, BATCH_AND_HEADS)


def pattern_of_matrix(matrix: AnyArray, name: str, kind: str | None = None) -> Pattern:
    """Return the mask of a matrix, read as `compute` reads it.

    `kind` is the meaning of the cells: `keep` (1 = may attend), `drop` (1 = may not attend) or
    `add` (numbers to add to the scores); None is `keep` for booleans and for 0 and 1, else
    `add`. A single row is a mask for all queries. Raises ProblemError if the matrix has more than 4
    axes, and if its cells are not of the kind.
    """
    if matrix.ndim > MOST_AXES or not matrix.size:
        shape = " × ".join(map(str, matrix.shape))
        message = f"{name} is {shape}, but a mask has at most 4 axes, and at least one cell."
        raise ProblemError(message, "Give n × m, or one or two axes before them: batch, heads.")
    leading = BATCH_AND_HEADS if matrix.ndim == MOST_AXES else ("slice",) * (matrix.ndim - 2)
    opened, words = _read(matrix, name, kind)
    if matrix.ndim < 2:
        return Pattern(opened[None], f"{words}; the row is for all queries", drops=kind == "drop")
    return Pattern(opened, words, leading, drops=kind == "drop")


def _read(matrix: AnyArray, name: str, kind: str | None) -> tuple[Booleans, str]:
    """Return the open cells of a matrix, and a description of its cells."""
    is_boolean = matrix.dtype.kind == "b"
    if kind is None and not is_boolean and not matrix.any():
        return matrix == 1, "all 0, which compute reads only with --mask-kind"
    mask = read_mask(name, matrix, kind, LAYOUTS["rows"], np.dtype(np.float64))
    if mask.dtype.kind != "b":
        return mask > HIDES, "numbers that are added to the scores"
    cells, one = ("booleans", "true") if is_boolean else ("0 and 1", "1")
    return mask.astype(np.bool_), f"{cells}: {one} = may {'not ' * (kind == 'drop')}attend"


def remarks_on(pattern: Pattern) -> list[str]:
    """Return sentences about an n × m mask that help a user understand it."""
    opened = pattern.may_attend
    n, m = opened.shape
    share = f"Open: {opened.sum()} of {count(opened.size, 'cells')} ({opened.mean():.0%})."
    found = [
        f"{shape_text(opened.shape)}: {count(n, 'queries')} down, {count(m, 'keys')} across.",
        f"The cells are {pattern.words}.",
        share,
        *_rules(pattern),
    ]
    empty = np.flatnonzero(~opened.any(axis=1)) + 1
    if empty.size:
        named = ", ".join(map(str, empty[:MOST_NAMED]))
        more = f" and {empty.size - MOST_NAMED} more" if empty.size > MOST_NAMED else ""
        found.append(
            f"No key is open to {noun(empty.size, 'queries')} {named}{more}: the output is 0 there."
        )
    unseen = np.flatnonzero(~opened.any(axis=0)) + 1
    if unseen.size:
        named = ", ".join(map(str, unseen[:MOST_NAMED]))
        found.append(f"No query sees {noun(unseen.size, 'keys')} {named}.")
    return found


def _rules(pattern: Pattern) -> Iterator[str]:
    """Yield the rules that equal the mask; else the rules that it equals transposed or inverted."""
    opened = pattern.may_attend
    names = list(_matching(opened))
    if names:
        yield f"It is {' = '.join(names)}."
    elif not np.triu(opened, 1).any():
        yield "No query sees a later key: the mask hides all that causal hides, and more."
    turned, inverted = next(_matching(opened.T), ""), next(_matching(~opened), "")
    if turned and (not names or turned == "causal") and turned not in names:
        yield f"Transposed, it would be {turned}: are queries and keys swapped?"
    if inverted and not names:
        meaning, kind = ("may attend", "keep") if pattern.drops else ("hidden", "drop")
        yield f"Inverted, it would be {inverted}: if 1 means {meaning}, use --mask-kind {kind}."


def _matching(opened: Booleans) -> Iterator[str]:
    """Yield the rules that hide exactly what this mask hides, the simplest first."""
    n, m = opened.shape
    if opened.all():
        yield "a mask that hides nothing"
        return
    for kind in MASKS.values():
        for rule in kind.likely(opened):
            if (np.broadcast_to(rule.may_attend(n, m), opened.shape) == opened).all():
                yield rule.words
