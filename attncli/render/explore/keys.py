"""The keys of the screen: one entry each, for the screen, its help and the guide."""

from __future__ import annotations

from attncli.records import record


@record(frozen=True)
class Key:
    """A key, or several keys that do the same.

    `keys` are their names in Textual, and `shown` the way a person reads them. `short` stands in
    the footer if `is_in_footer`, and `help` in the list of all keys.
    """

    keys: str
    shown: str
    action: str
    short: str
    help: str
    is_in_footer: bool = True


KEYS = (
    Key("enter", "Enter", "enter", "operand", "Walk on to an operand of the cell."),
    Key("escape,backspace", "Esc", "go_back", "back", "Walk back to the cell before."),
    Key("o", "o", "choose(1)", "other operand", "Choose the operand to which Enter walks.", False),
    Key("tab", "Tab", "step(1)", "step", "Show the next matrix."),
    Key("shift+tab", "Shift+Tab", "step(-1)", "", "Show the matrix before.", False),
    Key("question_mark", "?", "help", "keys", "List all keys."),
    Key("q,ctrl+q", "q", "quit", "quit", "Quit."),
    Key("h", "h", "turn('heads',1)", "head", "Show the next head."),
    Key("H", "H", "turn('heads',-1)", "", "Show the head before.", False),
    Key("b", "b", "turn('batch',1)", "batch", "Show the next batch entry."),
    Key("B", "B", "turn('batch',-1)", "", "Show the batch entry before.", False),
    Key("n", "n", "turn('n,m',1)", "query", "Show the next query of a step with three axes."),
    Key("N", "N", "turn('n,m',-1)", "", "Show the query before.", False),
    Key("m", "m", "mask", "mask", "Calculate with another mask: the document's, none, causal."),
    Key("c", "c", "heat", "colours", "Show or hide the colours of the numbers."),
    Key("d", "d", "dark", "dark", "Change between a dark and a light screen.", False),
    Key("ctrl+up", "Ctrl+↑", "scroll(-1)", "", "Scroll long arithmetic up.", False),
    Key("ctrl+down", "Ctrl+↓", "scroll(1)", "", "Scroll long arithmetic down.", False),
    Key("up", "↑", "move(-1,0)", "", "Move up.", False),
    Key("down", "↓", "move(1,0)", "", "Move down.", False),
    Key("left", "←", "move(0,-1)", "", "Move left.", False),
    Key("right", "→", "move(0,1)", "", "Move right.", False),
    Key("pageup", "PgUp", "page(-1)", "", "Move up by a screen.", False),
    Key("pagedown", "PgDn", "page(1)", "", "Move down by a screen.", False),
    Key("home", "Home", "far(0,-1)", "", "Move to the first column.", False),
    Key("end", "End", "far(0,1)", "", "Move to the last column.", False),
    Key("ctrl+home", "Ctrl+Home", "far(-1,-1)", "", "Move to the first cell.", False),
    Key("ctrl+end", "Ctrl+End", "far(1,1)", "", "Move to the last cell.", False),
)
