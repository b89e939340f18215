"""Text in Markdown."""

from __future__ import annotations

OBEYED = "\\`*_{}[]<>#|$~&"  # the characters that can begin or end markup


def escape_markdown(text: str) -> str:
    r"""Return the text with a backslash before each character that can begin or end markup.

    >>> escape_markdown("<b>W_q</b>")
    '\\<b\\>W\\_q\\</b\\>'
    """
    return "".join(f"\\{c}" if c in OBEYED else c for c in text)
