"""HTML elements. Every text is escaped, unless it is already HTML."""

from __future__ import annotations

from html import escape

VOID = ("img", "input", "meta", "source")  # elements without an end tag


class Html(str):
    """A text that is HTML, and is not escaped again."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | int | bool) -> Html:
    """Return an element with these children; a child that is not `Html` is escaped.

    An attribute loses a `_` at its end, and other `_` become `-`. True writes only its name, and
    False or an empty text leaves it out.

    >>> element("p", "a < b", element("b", "!"), class_="note", hidden=True)
    '<p class="note" hidden>a &lt; b<b>!</b></p>'
    """
    written = "".join(map(_attribute, attributes, attributes.values()))
    end = "" if name in VOID else f"</{name}>"
    return Html(f"<{name}{written}>{join(*children)}{end}")


def join(*children: str) -> Html:
    """Return the children one after the other; a child that is not `Html` is escaped."""
    return Html("".join(one if isinstance(one, Html) else escape(one) for one in children))


def _attribute(name: str, value: str | int | bool) -> str:
    if value is False or value == "":
        return ""
    name = name.removesuffix("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
