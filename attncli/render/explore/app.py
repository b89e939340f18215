"""The app of `attncli explore`: steps at the left, the matrix, and the arithmetic of its cell."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from attncli.ending import tidied
from attncli.errors import AttncliError
from attncli.render.explore.answer_marks import FOLLOWS, RIGHT, WRONG, JudgedCalculation, marks_of
from attncli.render.explore.keys import KEYS
from attncli.render.explore.matrix_view import MatrixView
from attncli.render.explore.number_grid import NumberGrid
from attncli.render.explore.walk import Walk
from attncli.words import shape_text

INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
STANDARD_INPUT, STANDARD_ERROR = 0, 2  # file descriptors: Textual reads and writes there
# The ends of the modes that Textual begins: mouse, focus, paste and keyboard reports; then the
# usual lines and screen, and a cursor.
LEAVE = b"\x1b[?1000l\x1b[?1003l\x1b[?1004l\x1b[?1006l\x1b[?1015l\x1b[?2004l\x1b[?2048l\x1b[<u"
LEAVE += b"\x1b[?7h\x1b[?1049l\x1b[?25h"
AROUND_NAME = 7  # the characters around a name in the list: blanks, sign, scroll bar and line
FAR = 10**9  # more rows and columns than fit into memory
# The actions that have an effect on some cells alone.
CHANGING = (
    ("enter", ()),
    ("go_back", ()),
    *(("turn", (axes,)) for axes in ("heads", "batch", "n,m")),
)
COUNTED = {"heads": "head", "batch": "batch entry", "n": "query", "m": "query"}
COLORS = {WRONG: "$text-error", FOLLOWS: "$text-warning", RIGHT: "$text-success", "": ""}

Calculate = Callable[[str], JudgedCalculation]


def explore(
    first: JudgedCalculation,
    masks: Sequence[str],
    calculate: Calculate,
    remarks: list[str],
    is_dark: bool,
) -> None:
    """Show a calculation until the user quits.

    `first` is the calculation with the first of the `masks`, and `calculate` returns that with
    another. It may add warnings to `remarks`; the screen shows them and empties the list. `is_dark`
    is true for a terminal with a dark background. Raises KeyboardInterrupt if the user presses
    Ctrl-C, and any error that ends the app.
    """
    app = ExploreApp(first, masks, calculate, remarks, is_dark)
    with tidied(_leave_screen()):
        app.run()
    if app.fault:
        raise app.fault
    if app.return_code == INTERRUPTED:
        raise KeyboardInterrupt


def _leave_screen() -> Callable[[], None]:
    """Return the function that leaves the screen if a signal ends the program."""
    try:
        import termios
    except ImportError:  # Windows
        return lambda: None
    before = termios.tcgetattr(STANDARD_INPUT)

    def leave() -> None:
        os.write(STANDARD_ERROR, LEAVE)
        termios.tcsetattr(STANDARD_INPUT, termios.TCSANOW, before)

    return leave


class StepList(OptionList, can_focus=False):
    """The inputs, a line, and the numbered steps; a click chooses one of them."""

    def show_names(
        self, inputs: Sequence[str], steps: Sequence[str], signs: Mapping[str, str]
    ) -> None:
        """List these names, each with the sign of the answer's step.

        The end of a long name is more telling than its beginning: `…r.self.weights`.
        """
        numbers = len(str(len(steps)))
        longest = max(map(len, (*inputs, *steps)))
        room = min(longest, self.app.size.width * 2 // 5 - numbers - AROUND_NAME)
        self.styles.width = numbers + room + AROUND_NAME

        def option(number: str, name: str) -> Option:
            short = name if len(name) <= room else f"…{name[1 - room :]}"
            sign = signs.get(name, "")
            return Option(Content.assemble(f"{number:>{numbers}} {short} ", (sign, COLORS[sign])))

        self.clear_options()
        self.add_options(option("", name) for name in inputs)
        self.add_option(None)
        self.add_options(option(str(number), name) for number, name in enumerate(steps, 1))

    def on_resize(self) -> None:
        """Keep the current matrix in sight."""
        self.scroll_to_highlight()


class KeyList(ModalScreen[None]):
    """The list of all keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", key_display="Esc"),
        Binding("enter,backspace,q,question_mark", "dismiss", show=False),
    ]

    def compose(self) -> ComposeResult:
        keys = Table.grid(padding=(0, 2))
        for key in KEYS:
            keys.add_row(Text(key.shown, "bold", no_wrap=True), key.help)
        with VerticalScroll():
            yield Static(keys)
        yield Footer(show_command_palette=False)


class ExploreApp(App[None]):
    """The screen of one document."""

    TITLE = "attncli explore"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #lead, #operands {
        height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis;
    }
    #lead { text-style: bold; color: $text-muted; }
    StepList {
        height: 100%; padding: 0 1; border: none; border-right: solid $primary;
        background: $background; scrollbar-size-vertical: 1;
        & > .option-list--option-highlighted { text-style: bold; }
    }
    .plain StepList > .option-list--option-highlighted { text-style: reverse; }
    #heading { height: auto; min-height: 2; padding: 0 1; }
    MatrixView { height: 1fr; padding: 0 1; scrollbar-size: 1 1; }
    #arithmetic {
        height: 38%; min-height: 7; max-height: 14; border-top: solid $primary;
        VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    }
    KeyList {
        align: center middle;
        VerticalScroll {
            width: 72; max-width: 100%; height: auto; max-height: 100%;
            padding: 1 2; background: $panel;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", show=False, priority=True)
    ]

    def __init__(
        self,
        first: JudgedCalculation,
        masks: Sequence[str],
        calculate: Calculate,
        remarks: list[str],
        is_dark: bool,
    ) -> None:
        # Without colours, those of the terminal remain; Textual's would be shades of grey.
        super().__init__(ansi_color=True if os.environ.get("NO_COLOR") else None)
        self._masks, self._calculate, self._remarks = masks, calculate, remarks
        self._is_dark = is_dark
        self._shown_heading = Text()
        self._shown_keys: list[bool | None] = []
        self.walk = Walk(first.explained)
        self._take(masks[0], first)

    def _take(self, mask: str, calculated: JudgedCalculation) -> None:
        self.mask = mask
        self._marks = marks_of(calculated)
        report, title = calculated.report, calculated.explained.problem.choices.title
        self._lead = report.headline if report else title
        self._grid: tuple[object, NumberGrid] | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="lead")
        with Horizontal():
            yield StepList()
            with Vertical():
                yield Static(id="heading")
                yield MatrixView()
        with Vertical(id="arithmetic"):
            with VerticalScroll(can_focus=False):
                yield Static(id="lines")
            yield Static(id="operands")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """List the steps, and show the first cell and the remarks."""
        if not self._is_dark:
            self.theme = "textual-light"
        self.set_class(self.no_color, "plain")
        self._begin()

    def on_resize(self) -> None:
        """Fit the names and the arithmetic to the new width."""
        self._list()
        self.call_after_refresh(self._show)

    @property
    def fault(self) -> Exception | None:
        """The error that has ended the app."""
        return self._exception

    def _fatal_error(self) -> None:
        """Leave the screen; `explore` raises the error, and the command has words for it."""
        self._close_messages_no_wait()

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return False for keys without a meaning here, and None for those without an effect."""
        if action == "turn":
            return any(axis.name in str(parameters[0]).split(",") for axis, _ in self.walk.leading)
        if action == "mask":
            return len(self._masks) > 1
        if action == "enter":
            return True if self.walk.operands else None
        if action == "go_back":
            return True if self.walk.came_from else None
        return True

    def action_enter(self) -> None:
        self.walk.enter()
        self._show()

    def action_go_back(self) -> None:
        self.walk.back()
        self._show()

    def action_choose(self, by: int) -> None:
        self.walk.choose(by)
        self._show()

    def action_step(self, by: int) -> None:
        self.walk.step(by)
        self._show()

    def action_turn(self, axes: str, by: int) -> None:
        self.walk.turn(axes.split(","), by)
        self._show()

    def action_move(self, rows: int, columns: int) -> None:
        self.walk.move(rows, columns)
        self._show()

    def action_page(self, pages: int) -> None:
        self.action_move(pages * self.query_one(MatrixView).page, 0)

    def action_scroll(self, lines: int) -> None:
        self.query_one("#arithmetic VerticalScroll").scroll_relative(y=lines, animate=False)

    def action_far(self, rows: int, columns: int) -> None:
        self.action_move(rows * FAR, columns * FAR)

    def action_mask(self) -> None:
        """Calculate with the next mask; keep the mask if that is impossible."""
        name = self._masks[(self._masks.index(self.mask) + 1) % len(self._masks)]
        try:
            calculated = self._calculate(name)
        except AttncliError as error:
            self.notify(f"mask {name}: {error}", severity="error", markup=False)
            return
        self._take(name, calculated)
        self.walk.recalculated(calculated.explained)
        self._begin()
        self._show()

    def action_heat(self) -> None:
        view = self.query_one(MatrixView)
        view.is_heated = not view.is_heated
        view.refresh()

    def action_dark(self) -> None:
        self.theme = "textual-light" if self.current_theme.dark else "textual-dark"
        self.query_one(MatrixView).refresh()

    def action_help(self) -> None:
        self.push_screen(KeyList())

    def action_interrupt(self) -> None:
        self.exit(return_code=INTERRUPTED)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Show the matrix on which the user has clicked."""
        self.walk.go(self.walk.names[event.option_index])
        self._show()

    def on_matrix_view_chosen(self, event: MatrixView.Chosen) -> None:
        """Move to the cell on which the user has clicked."""
        self.action_move(event.row - self.walk.row, event.column - self.walk.column)

    # The screen.

    def _begin(self) -> None:
        """Show the title, or the headline of the report, the list of steps, and the remarks."""
        lead = self.query_one("#lead", Static)
        lead.display = bool(self._lead)
        lead.update(Text(self._lead))
        self._list()
        while self._remarks:
            self.notify(self._remarks.pop(0), severity="warning", markup=False)

    def _list(self) -> None:
        signs = {name: marks.sign for name, marks in self._marks.items()}
        steps = self.walk.explained.trace.plan.names
        self.query_one(StepList).show_names(self.walk.inputs, steps, signs)

    def _show(self) -> None:
        """Show the cell of the walk: its step, its matrix and its arithmetic."""
        walk = self.walk
        self.query_one(StepList).highlighted = walk.names.index(walk.name)
        heading = self._heading()
        if heading != self._shown_heading:
            self._shown_heading = heading
            self.query_one("#heading", Static).update(heading)
        view = self.query_one(MatrixView)
        view.show(self._current_grid(), (walk.row, walk.column), walk.highlighted())
        lines = self.query_one("#lines", Static)
        lines.update(self._arithmetic(lines.size.width))
        self.query_one("#operands", Static).update(self._operands(), layout=False)
        keys = [self.check_action(*action) for action in CHANGING]
        if keys != self._shown_keys:  # a new footer means a new layout of the whole screen
            self._shown_keys = keys
            self.refresh_bindings()

    def _heading(self) -> Text:
        walk = self.walk
        shape = shape_text(tuple(axis.size for axis in walk.axes))
        formula = f" = {walk.formula}" if walk.formula else ""
        places = [f"{COUNTED[axis.name]} {at + 1} of {axis.size}" for axis, at in walk.leading]
        kind = "" if walk.formula else "input"
        marks = self._marks.get(walk.name)
        verdict = f"answer: {marks.verdict}" if marks else ""
        state = filter(None, [shape, kind, *places, f"mask: {self.mask}", verdict])
        return Text.assemble((walk.name, "bold"), formula, "\n", (" · ".join(state), "dim"))

    def _arithmetic(self, width: int) -> Content:
        """Return the lines of `attncli explain`; those of a wrong answer have its colour."""
        lines = self.walk.lines(width)
        marks = self._marks.get(self.walk.name)
        style = COLORS[marks.sign] if marks and self.walk.cell.index in marks.cells else ""
        answer = (at for at, line in enumerate(lines) if line.lstrip().startswith("answer "))
        first = next(answer, len(lines))
        right, own = ("\n".join(part) for part in (lines[:first], lines[first:]))
        return Content.assemble(right, "\n" if own else "", (own, style))

    def _operands(self) -> Text:
        """Return the operands, with a sign before the one to which Enter walks."""
        walk = self.walk
        text = Text("Enter: " if walk.operands else "", "dim")
        for operand in walk.operands:
            sign, style = ("▸", "bold not dim") if operand == walk.chosen else (" ", "")
            text.append(f"{sign}{walk.text(operand)} ", style)
        return text + Text("(o: the next)", "dim") if len(walk.operands) > 1 else text

    def _current_grid(self) -> NumberGrid:
        """Return the matrix of the walk; a new one if the step, head or batch entry is new."""
        walk = self.walk
        here = (walk.name, [at for _, at in walk.leading])
        if self._grid is None or self._grid[0] != here:
            self._grid = here, self._new_grid()
        return self._grid[1]

    def _new_grid(self) -> NumberGrid:
        walk, marks = self.walk, self._marks.get(self.walk.name)
        rows, columns = walk.labels(-2), walk.labels(-1)
        if marks is None:
            return NumberGrid(walk.numbers, rows, columns)
        here = walk.index(0, 0)[:-2]
        own = {index: text for index, text in marks.cells.items() if index[:-2] == here}
        noted = {walk.index(*index[-2:])[-2:]: text for index, text in own.items()}
        return NumberGrid(walk.numbers, rows, columns, noted)
