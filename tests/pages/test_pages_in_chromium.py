"""Test pages in a real browser: keys, pointer, addresses, practice, print, and accessibility."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.pages.conftest import MISTAKE, SNAPSHOTS
from tests.pages.embedded import data_of, page_of
from tests.pages.test_page_text import sized
from tests.running import GOLDEN, PATIENCE

Open = Callable[..., Page]

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
CONTRAST = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}
OTHER_RULES = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": False}}}
# Point at each cell of a step, and return what the panel shows, by the name of the cell.
SHOWN_LINES = """() => {
    const shown = {};
    for (const table of document.querySelectorAll("table[data-before]:not([data-given])")) {
        const columns = [...table.querySelectorAll("thead th")].map((one) => one.dataset.column);
        for (const row of table.tBodies[0].rows) {
            [...row.querySelectorAll("td")].forEach((cell, at) => {
                const own = [row.dataset.row, columns[at]].filter(Boolean).join(",");
                const options = { pointerType: "mouse", bubbles: true };
                cell.dispatchEvent(new PointerEvent("pointerover", options));
                const line = document.querySelector("output").textContent;
                shown[table.dataset.before + own + table.dataset.after] = line;
            });
        }
    }
    return shown;
}"""

expect.set_options(timeout=1000 * PATIENCE)


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Yield a function that writes the page of a sample, or of an answer to it, and opens it.

    The test fails if a page asks for another file, breaks its policy, or has an error.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_(
        sample: str,
        address: str = "",
        stdin: str | None = None,
        answer: str | None = None,
        only: Sequence[str] = (),
        **options: Any,
    ) -> Page:
        file = tmp_path / f"{len(contexts)}.html"
        document = f"sample:{sample}" if stdin is None else "-"
        command = ["compute", document] if answer is None else ["check", document, answer]
        command += [part for step in only for part in ("--only", step)]
        file.write_text(page_of(*command, stdin=stdin), encoding="utf-8")
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(1000 * PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requested.append(request.url))
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        requested: list[str] = []
        page.goto(file.as_uri() + address)
        if options.get("java_script_enabled", True):
            expect(page.locator(".panel")).to_be_visible()
        faults.extend(url for url in requested if not url.startswith(file.as_uri()))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not faults


def cell(page: Page, name: str) -> Any:
    """Return the cell with a name such as `weights[2,1,head=1]`."""
    found = re.fullmatch(r"(.+\[)(?:(\d+),)?(\d+)((?:,\w+=\d+)*\])", name)
    assert found, name
    before, row, column, after = found.groups()
    rows = f"tbody tr[data-row='{row}']" if row else "tbody tr"
    table = f"table[data-before='{before}'][data-after='{after}']"
    at = page.locator(f"{table} thead th").evaluate_all(
        "(all, column) => all.findIndex((one) => one.dataset.column === column)", column
    )
    return page.locator(f"{table} {rows} td").nth(at)


def focused(page: Page) -> str:
    """Return the name of the cell that has the focus."""
    name: str = page.evaluate(
        """() => {
            const cell = document.activeElement;
            const table = cell.closest("table");
            const heading = table.querySelectorAll("thead th")[cell.cellIndex - 1];
            const own = [cell.parentElement.dataset.row, heading.dataset.column];
            return table.dataset.before + own.filter(Boolean).join(",") + table.dataset.after;
        }"""
    )
    return name


def lit(page: Page) -> list[str]:
    """Return the texts of the cells that are marked as sources."""
    return [text.strip() for text in page.locator("td.lit").all_text_contents()]


def line_of(page: Page, name: str) -> str:
    line: str = data_of(page.content())["cells"][name][0]
    return line


def shows(page: Page, text: str) -> None:
    """Wait until the panel shows exactly this text."""
    expect(page.locator("output")).to_have_text(text, use_inner_text=False)
    assert page.locator("output").text_content() == text


def address(page: Page) -> str:
    return page.url.partition("#")[2]


def test_keys_walk_through_the_cells(open_page: Open) -> None:
    """Arrow keys, Home, End, Enter and Escape walk; the panel shows the line of `explain`."""
    page = open_page("two_heads")
    cell(page, "weights[1,1,head=1]").focus()
    for keys, name in (
        ("ArrowDown", "weights[2,1,head=1]"),
        ("ArrowRight", "weights[2,2,head=1]"),
        ("ArrowUp", "weights[1,2,head=1]"),
        ("ArrowUp", "weights[1,2,head=1]"),
        ("End", "weights[1,3,head=1]"),
        ("Control+End", "weights[3,3,head=1]"),
        ("Home", "weights[3,1,head=1]"),
        ("Control+Home", "weights[1,1,head=1]"),
        ("ArrowLeft", "weights[1,1,head=1]"),
        ("ArrowDown", "weights[2,1,head=1]"),
        ("Enter", "masked[2,1,head=1]"),
        ("Enter", "scaled[2,1,head=1]"),
        ("Enter", "scores[2,1,head=1]"),
        ("Enter", "Q_h[2,1,head=1]"),
        ("Escape", "scores[2,1,head=1]"),
        ("Escape", "scaled[2,1,head=1]"),
        ("Escape", "masked[2,1,head=1]"),
        ("Escape", "weights[2,1,head=1]"),
        ("Escape", "weights[2,1,head=1]"),
    ):
        page.keyboard.press(keys)
        assert focused(page) == name, keys
        shows(page, line_of(page, name))
        assert address(page) == name
    assert lit(page) == ["3.5355", "2.1213", "-inf"]
    assert page.locator("th.current").all_text_contents() == ["the", "cat"]


def test_a_table_is_one_tab_stop(open_page: Open) -> None:
    """The Tab key leads from one table to the next, and back to the cell that was left."""
    page = open_page("self_attention")
    cell(page, "scores[1,1]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert focused(page) == "scaled[1,1]"
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "scores[2,1]"
    tables = page.locator("table")
    assert page.locator("td[tabindex='0']").count() == tables.count()


def test_the_pointer_shows_and_pins(open_page: Open) -> None:
    """Pointing at a cell shows its line; a click pins it, and a second click unpins it."""
    page = open_page("self_attention")
    cell(page, "output[2,1]").hover()
    shows(page, line_of(page, "output[2,1]"))
    weights = page.locator("table[data-before='weights['] tbody tr").nth(1).locator("td")
    assert lit(page)[-3:] == [text.strip() for text in weights.all_text_contents()]
    cell(page, "scores[2,1]").click()
    assert address(page) == "scores[2,1]&pinned"
    cell(page, "scores[3,3]").hover()
    shows(page, line_of(page, "scores[2,1]"))
    cell(page, "scores[2,1]").click()
    assert address(page) == "scores[2,1]"
    cell(page, "scores[3,3]").hover()
    shows(page, line_of(page, "scores[3,3]"))
    page.locator("h1").hover()
    shows(page, line_of(page, "scores[2,1]"))


def test_buttons_walk_to_each_source(open_page: Open) -> None:
    """Without a keyboard, the buttons below the line walk to the sources, and back."""
    page = open_page("self_attention", "#scores[2,3]")
    buttons = page.locator(".walk button:visible")
    assert buttons.all_text_contents() == ["Q[2,:]", "K[3,:]"]
    buttons.nth(1).click()
    assert focused(page) == "K[3,3]"
    page.get_by_role("button", name="Back").click()
    assert focused(page) == "scores[2,3]"


def test_a_link_opens_its_cell(open_page: Open) -> None:
    """The address holds cell, head, pin and switches; a link to it opens the same state."""
    state = "weights[3,2,head=2]&head=2&pinned&no-heat"
    page = open_page("two_heads", f"#{state}")
    assert focused(page) == "weights[3,2,head=2]"
    shows(page, line_of(page, "weights[3,2,head=2]"))
    assert address(page) == state
    expect(page.get_by_role("combobox")).to_have_value("2")
    expect(page.get_by_label("Heat")).not_to_be_checked()
    expect(page.get_by_role("grid", name="weights, head 1")).to_be_hidden()
    page.evaluate("location.hash = 'weights[1,1,head=1]&head=2'")
    expect(page.get_by_role("combobox")).to_have_value("1")
    assert focused(page) == "weights[1,1,head=1]"
    page.get_by_role("combobox").select_option("all")
    expect(page.get_by_role("grid", name="weights, head 2")).to_be_visible()
    for broken in ("nonsense[1]", "%E0%A4%A", "head=9", "weights[9,9,head=1]"):
        page.evaluate("(broken) => { location.hash = broken; }", broken)
    page.get_by_role("link", name="scores").click()
    expect(page.get_by_role("heading", name="scores")).to_be_in_viewport()


def test_practice_hides_the_numbers(open_page: Open) -> None:
    """Practice hides the numbers of the steps; a click or Space shows one of them."""
    page = open_page("self_attention", "#scores[2,1]&practice")
    one = cell(page, "scores[2,1]")
    shows(page, "scores[2,1] is hidden. Click it, or press Space, to show it.")
    assert one.text_content().strip() == "?"
    assert cell(page, "X[1,1]").text_content().strip() == "1"
    assert "0.0" not in str(page.locator("table[data-before='weights[']").text_content())
    page.keyboard.press("Space")
    assert one.text_content().strip() == "4"
    shows(page, line_of(page, "scores[2,1]"))
    cell(page, "scores[2,2]").click()
    assert cell(page, "scores[2,2]").text_content().strip() == "16"
    page.get_by_label("Practise").uncheck()
    assert page.get_by_text("?", exact=True).count() == 0
    assert address(page) == "scores[2,2]&pinned"


def test_practice_does_not_tell_what_is_masked(open_page: Open) -> None:
    """A hidden cell looks the same whether it is masked or not."""
    page = open_page("two_heads", "#practice", only=["masked"])
    looks = page.locator("td.hidden").evaluate_all(
        """(cells) => [...new Set(cells.map((cell) => {
            const { backgroundImage, backgroundColor, color } = getComputedStyle(cell);
            return [backgroundImage, backgroundColor, color].join();
        }))]"""
    )
    assert len(looks) == 1


def test_the_panel_does_not_cover_the_chosen_cell(open_page: Open) -> None:
    """On a narrow screen, the chosen cell stands above the panel, whose text is long."""
    narrow = {"width": 320, "height": 600}
    page = open_page("two_heads", "#output[2,1]", only=["output"], viewport=narrow)
    box, panel = (page.locator(part).bounding_box() for part in ("td.current", ".panel"))
    assert box
    assert panel
    assert box["y"] + box["height"] <= panel["y"]


def test_every_line_is_shown_in_full(open_page: Open) -> None:
    """The panel shows the line of each cell without a change, also with labels and a batch."""
    for sample in ("cross_attention", "padded_batch"):
        page = open_page(sample)
        lines = {name: line for name, (line, _) in data_of(page.content())["cells"].items()}
        assert page.evaluate(SHOWN_LINES) == lines


def test_the_page_without_scripts(open_page: Open) -> None:
    """Without scripts, all numbers and formulas are there, and no switch that does nothing."""
    page = open_page("two_heads", java_script_enabled=False)
    assert page.locator("table").count() == 6 + 3 + 2 * 8 + 2
    assert all(table.is_visible() for table in page.locator("table").all())
    expect(page.locator(".controls")).to_be_hidden()
    expect(page.locator(".panel")).to_be_hidden()
    assert page.locator("math").first.bounding_box()


def test_print_shows_all_heads_and_no_switches(open_page: Open) -> None:
    """Print shows every head whatever the switch, in the colours of light paper."""
    page = open_page("two_heads", "#weights[1,1,head=1]&head=1", color_scheme="dark")
    second = page.get_by_label("weights, head 2")
    expect(second).to_be_hidden()
    page.emulate_media(media="print")
    expect(second).to_be_visible()
    expect(page.locator(".controls")).to_be_hidden()
    expect(page.locator(".panel")).to_be_hidden()
    background = page.locator("html").evaluate("(one) => getComputedStyle(one).backgroundColor")
    assert background == "rgb(255, 255, 255)"


def assert_accessible(page: Page, options: dict[str, Any]) -> None:
    """Fail if the page breaks a rule of axe-core, or scrolls aside."""
    results = Axe().run(page, options=options)
    assert results.violations_count == 0, results.generate_report()
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(("tokens", "features"), [(12, 16), (30, 4)])
def test_print_cuts_no_table(open_page: Open, tokens: int, features: int) -> None:
    """On paper of 210 mm, no cell stands outside its frame, also if the table is wide."""
    only = ["scaled", "weights"]
    paper = {"width": 718, "height": 1000}
    page = open_page("", stdin=sized(tokens, features), only=only, viewport=paper)
    page.emulate_media(media="print")
    overflow = page.locator(".scroll").evaluate_all(
        "(all) => Math.max(...all.map((one) => one.scrollWidth - one.clientWidth))"
    )
    assert overflow <= 0


@pytest.mark.parametrize(("answer", "only"), [(None, ["Q", "masked", "weights"]), (MISTAKE, [])])
def test_the_contrast_is_high(open_page: Open, answer: str | None, only: list[str]) -> None:
    """Every text has the contrast that axe-core demands, in light and dark."""
    page = open_page("two_heads", "#masked[1,2,head=1]", answer=answer, only=only)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert_accessible(page, CONTRAST)


@pytest.mark.parametrize(
    ("sample", "answer"), [("two_heads", None), ("decoder_layer", None), ("two_heads", MISTAKE)]
)
def test_axe_finds_nothing(open_page: Open, sample: str, answer: str | None) -> None:
    """The other rules of axe-core hold, wide and narrow, and no page scrolls aside."""
    page = open_page(sample, "#masked[1,2,head=1]", answer=answer)
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert_accessible(page, OTHER_RULES)


def test_a_long_sequence_has_few_cells(open_page: Open) -> None:
    """A page of 130 tokens has few elements; its rows and columns keep their numbers.

    A picture shows all weights, unless they are hidden.
    """
    page = open_page("long", "#weights[130,129]", stdin=sized(130, 4), only=["weights"])
    assert page.locator("*").count() < 5000
    shows(page, line_of(page, "weights[130,129]"))
    last = cell(page, "weights[130,129]")
    assert last.get_attribute("aria-colindex") == "130"
    assert last.locator("xpath=..").get_attribute("aria-rowindex") == "131"
    assert page.get_by_role("grid", name="weights").get_attribute("aria-rowcount") == "131"
    cell(page, "weights[10,10]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert focused(page) == "weights[121,121]"
    picture = page.get_by_role("img", name="Heat map")
    assert picture.evaluate("(one) => one.naturalWidth") == 65
    page.get_by_label("Practise").check()
    expect(picture).to_be_hidden()


def test_a_report_is_walked_by_keys(open_page: Open) -> None:
    """In a report, keys walk through the numbers of the answer; Enter leads nowhere.

    The right steps are folded; print, and the address of a cell, unfold them.
    """
    page = open_page("two_heads", answer=MISTAKE)
    cell(page, "masked[1,1,head=1]").focus()
    page.keyboard.press("ArrowRight")
    shows(page, line_of(page, "masked[1,2,head=1]"))
    assert "yours 3.5355, right -inf" in line_of(page, "masked[1,2,head=1]")
    page.keyboard.press("Enter")
    assert focused(page) == "masked[1,2,head=1]"
    weights = page.get_by_label("weights, head 1")
    expect(weights).to_be_hidden()
    page.emulate_media(media="print")
    expect(weights).to_be_visible()
    page.emulate_media(media="screen")
    page.evaluate("location.hash = 'weights[2,1,head=1]'")
    expect(weights).to_be_visible()
    assert focused(page) == "weights[2,1,head=1]"
    page.get_by_role("combobox").select_option("2")
    expect(page.get_by_role("table", name="masked, head 1: right")).to_be_hidden()
    expect(page.get_by_role("table", name="masked, head 2: right")).to_be_visible()


def test_a_screen_reader_finds_everything(open_page: Open) -> None:
    """The roles and names of a page and of a report are those of the golden files."""
    for name, (sample, answer, address) in SNAPSHOTS.items():
        found = open_page(sample, address, answer=answer).locator("body").aria_snapshot()
        golden = (GOLDEN / f"pages/{name}.yml").read_text(encoding="utf-8")
        assert found + "\n" == golden, "python -m tests.pages writes the golden files"
