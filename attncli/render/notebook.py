"""Text in the colours of a terminal, as HTML for a notebook."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.text import Text


def colored_html(text: str) -> str:
    """Return a `<pre>` element with the text; its escape sequences become styles.

    >>> colored_html("a < b")
    '<pre style="line-height: 1.2">a &lt; b\\n</pre>'
    """
    console = Console(file=StringIO(), record=True, width=1_000_000)
    console.print(Text.from_ansi(text), soft_wrap=True)
    template = '<pre style="line-height: 1.2">{code}</pre>'
    return console.export_html(inline_styles=True, code_format=template)
