"""Completion in the shell: the words that begin with the text typed so far."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from click.shell_completion import BashComplete, CompletionItem, add_completion_class


def offers(values: Iterable[str], typed: str) -> list[CompletionItem]:
    """Return the offers of the shell: the values of a choice that begin with the typed text.

    The offer of a kind that needs a value ends with a colon: `padding:` for the mask `padding:N`.
    """
    entries = values if isinstance(values, Mapping) else {}
    words = (_word(value, getattr(entries.get(value), "signature", value)) for value in values)
    return [CompletionItem(word) for word in words if word.startswith(typed)]


def _word(name: str, signature: str) -> str:
    return f"{name}:" if signature.startswith(f"{name}:") else name


class BashWithoutSpace(BashComplete):
    """Completion for bash that adds no space after a colon, so that the value can be typed."""

    name = "bash"
    source_template = BashComplete.source_template.replace(
        "COMPREPLY+=($value)",
        'COMPREPLY+=("$value")\n            [[ $value == *: ]] && compopt -o nospace',
    )


add_completion_class(BashWithoutSpace)

# A shell passes the words of its line. If there are none, click must not miss them.
os.environ.setdefault("COMP_WORDS", "")
os.environ.setdefault("COMP_CWORD", "0")
