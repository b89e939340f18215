"""The switches of a page and its panel; both are hidden until the script of the page runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attncli.render.pages.cell_tables import CellTable
from attncli.render.pages.elements import Html, element, join

KEYS_OF_CELLS = {
    "arrow keys": "walk to the next cell",
    "Home, End": "go to the first or last cell of the row; with Ctrl, of the table",
    "Tab": "go to the next table",
    "Space": "pin the cell",
}
KEYS_OF_STEPS = {
    **KEYS_OF_CELLS,
    "Space": "pin the cell, or show its number while you practise",
    "Enter": "walk on to a cell that this cell is calculated from",
    "Escape": "go back",
}


def sizes_of_axes(tables: Iterable[CellTable]) -> dict[str, int]:
    """Return the number of heads and of batch entries by their words, `head` and `batch`."""
    sizes: dict[str, int] = {}
    for table in tables:
        for word, place in table.places.items():
            sizes[word] = max(place, sizes.get(word, 0))
    return sizes


def draw_controls(sizes: Mapping[str, int], keys: Mapping[str, str], *boxes: Html) -> Html:
    """Return the switches of the leading axes, other switches, and the list of keys."""
    return element(
        "section",
        *(_select(word, size) for word, size in sizes.items() if size > 1),
        *boxes,
        _keys(keys),
        class_="controls",
        aria_label="View",
        hidden=True,
    )


def draw_panel(hint: str) -> Html:
    """Return the panel in which the text of the chosen cell is written, and first a hint."""
    sources = element("span", data_sources=True)
    back = element("button", "Back", type="button", data_back=True, hidden=True)
    return element(
        "aside",
        element("output", hint, aria_live="polite"),
        element("p", sources, back, class_="walk"),
        class_="panel",
        aria_label="The chosen cell",
        hidden=True,
    )


def draw_checkbox(name: str, text: str, checked: bool = False) -> Html:
    """Return a switch that is on or off."""
    box = element("input", type="checkbox", name=name, checked=checked, autocomplete="off")
    return element("label", box, " ", text)


def _select(word: str, size: int) -> Html:
    name = {"head": "Head", "batch": "Batch entry"}[word]
    options = [element("option", "all", value="all")]
    options += [element("option", str(at), value=at) for at in range(1, size + 1)]
    return element("label", name, " ", element("select", *options, name=word, autocomplete="off"))


def _keys(keys: Mapping[str, str]) -> Html:
    rows = [join(element("dt", key), element("dd", does)) for key, does in keys.items()]
    return element("details", element("summary", "Keys"), element("dl", *rows))
