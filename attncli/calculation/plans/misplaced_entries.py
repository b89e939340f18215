"""Errors for entries of a document of layers that no sublayer uses."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from attncli.calculation.choices.choices import CHOICES, Choices
from attncli.calculation.choices.layer_kinds import LayerKind
from attncli.calculation.plans.nested_places import OF_THE_WHOLE
from attncli.calculation.problem.document import MASKS, Document, Entry
from attncli.calculation.problem.read_problem import check_no_step
from attncli.errors import ProblemError
from attncli.words import in_words

MOST = 12  # the largest number of sublayers that a message lists


def check_placed(
    document: Document, used: Collection[str], kind: LayerKind, parts: Sequence[str]
) -> None:
    """Raise ProblemError for an entry that no sublayer uses; `parts` names all sublayers."""
    for name, entry in document.entries.items():
        scope, _, last = name.rpartition(".")
        is_choice = last in CHOICES and last not in (*MASKS, "position")
        if name in used or (is_choice and not (scope and last in OF_THE_WHOLE)):
            continue
        check_no_step(name, entry)
        if is_choice:
            top = "memory_tokens" if name == "encoder.tokens" else last
            message = f"{name} is in {scope}, but {last} holds for the whole document."
            raise ProblemError(message, f"Write {top} at the top.", (name,))
        message = f"{name} belongs to no sublayer here."
        raise ProblemError(message, _cure(name, entry, kind, parts), (name,))


def is_added(position: Entry) -> bool:
    """Return True if the positions are added to X; other kinds work inside self-attention."""
    if isinstance(position.value, np.ndarray):
        return True
    scheme = Choices.position.read(position.value)
    return scheme is not None and scheme.needs_x


def _cure(name: str, entry: Entry, kind: LayerKind, parts: Sequence[str]) -> str:
    """Return a hint with the right place of the entry."""
    scope, _, last = name.rpartition(".")
    if last == "position" and is_added(entry):
        return "These positions are added to X: write position at the top."
    if last == "position":
        return "These positions work in self-attention: write position at the top."
    if last in MASKS:
        attention = [part for part in parts if part.endswith(("self", "cross"))]
        return f"A mask belongs to an attention: write {_listed(attention, f'.{last}', 'or')}."
    if last in ("X", "memory") and scope in parts:
        return f"Leave it out: {scope} takes the result of the step before it."
    if last in ("X", "memory") and kind.is_composed:
        inputs = in_words([f"{stack.prefix}X" for stack in kind.stacks])
        return f"{kind.article.capitalize()} {kind.name} takes {inputs}."
    if name == "memory":
        return "Only a decoder attends to memory: write layer: decoder."
    return f"The sublayers are {_listed(parts, '', 'and')}."


def _listed(names: Sequence[str], behind: str, word: str) -> str:
    """Return a list such as `self.mask or cross.mask`; after MOST names, only their number."""
    some = [f"{name}{behind}" for name in names[:MOST] if name]
    if len(names) > MOST:
        return f"{', '.join(some)} and {len(names) - MOST} more"
    return in_words(some, word)
