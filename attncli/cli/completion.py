"""Completion in the shell: the words that begin with the text typed so far."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from click.shell_completion import BashComplete, add_completion_class


def words(values: Collection[str] | Iterable[str]) -> list[str]:
    """Return the words that the shell offers for these values of a choice.

    The word for a kind that needs a value ends with a colon: `padding:` for the mask `padding:N`.
    """
    entries = values if isinstance(values, Mapping) else {}
    return [_word(value, getattr(entries.get(value), "signature", value)) for value in values]


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
