"""Text in Markdown."""

from __future__ import annotations

OBEYED = "\\`*_{}[]<>#|$~&"  # characters that may begin or end markup


def escape_markdown(text: str) -> str:
    r"""The text, with a backslash before all that Markdown would take for markup.

    >>> escape_markdown("<b>W_q</b>")
    '\\<b\\>W\\_q\\</b\\>'
    """
    return "".join(f"\\{c}" if c in OBEYED else c for c in text)
