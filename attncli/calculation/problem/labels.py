"""The labels of the tokens, such as words."""

from __future__ import annotations

from collections.abc import Mapping

from attncli.calculation.algebra.layouts import Axes, Layout, Role
from attncli.calculation.choices.choices import Choices
from attncli.calculation.problem.document import Document
from attncli.errors import ProblemError
from attncli.words import count, printable


def read_labels(
    document: Document, choices: Choices, axes: Mapping[str, Axes], layout: Layout
) -> dict[str, tuple[str, ...]]:
    """Return the labels of the tokens along the axes `n` and `m`, from choices or a CSV file.

    Earlier keys (`K_past`) have labels too, before the labels of the new keys. Raises ProblemError
    if the number of labels is not the number of tokens, or if there are no tokens to label.
    """
    past = axes["K_past"][-2].size if "K_past" in axes else 0
    labels: dict[str, tuple[str, ...]] = {}
    of_keys = ("memory", "K", *(["X"] if past else []))
    for axis, choice, chosen, owners, earlier in (
        ("n", "tokens", choices.tokens, ("X", "Q"), 0),
        ("m", "memory_tokens", choices.memory_tokens, of_keys, past),
    ):
        owner = next((name for name in owners if name in axes), None)
        if owner is None:
            if choices.says(choice):
                message = f"{choice} is given, but there is no {' and no '.join(owners)} to label."
                hint = "Use tokens, which labels X as queries and as keys."
                raise ProblemError(message, hint, (choice,))
            continue
        if not chosen and not earlier and owner in document.entries:
            entry, across = document.entries[owner], Role.TOKENS in layout.swapped
            beside = entry.column_labels if across else entry.row_labels
            chosen = tuple(map(printable, beside or ()))
        if chosen:
            _check_number(choice, chosen, owner, axes[owner][-2].size, earlier, layout)
            labels[axis] = chosen
    return labels


def _check_number(
    choice: str, labels: tuple[str, ...], owner: str, size: int, earlier: int, layout: Layout
) -> None:
    if len(labels) == earlier + size:
        return
    side = layout.side(Role.TOKENS, -2, 2)
    have = f"K_past and {owner} have" if earlier else f"{owner} has"
    needed = count(earlier + size, side)
    message = f"{choice} has {count(len(labels), 'labels')}, but {have} {needed}."
    hint = f"Give one label per {side[:-1]}, separated by commas."
    raise ProblemError(message, hint, (choice, owner))
