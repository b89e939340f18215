"""Excel workbooks, built of their parts: sound ones with known matrices, odd and hostile ones."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from typing import Any

from tests.fuzz.csv_dialects import WORDS, misread
from tests.fuzz.odd_values import matrix
from tests.fuzz.trial import Outcome, Trial

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
BOOK, SHEET = "xl/workbook.xml", "xl/worksheets/sheet1.xml"
STRINGS, STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
NAMES = ("X", "W_q", "W_k", "W_v")

Parts = dict[str, str]


def workbook(random: random.Random) -> Trial:
    """Return a workbook: a third are sound, a third have odd cells, a third are hostile."""
    cells, truth = _cells(random)
    kind = random.randrange(3)
    if kind == 1:
        cells |= _odd_cells(random, cells)
    parts = _parts(random, cells)
    if kind == 2:
        is_bomb = random.random() < 0.02  # it takes as long as a hundred others
        parts = (_as_a_bomb if is_bomb else random.choice(HOSTILE))(random, parts)
    content = _zipped(parts)
    if kind == 2 and random.random() < 0.2:
        at = random.randrange(len(content))
        content = content[:at] + random.randbytes(random.choice((0, 1, 4))) + content[at + 1 :]

    def judge(outcome: Outcome) -> str:
        return misread(outcome, "book.xlsx", content, truth) if kind == 0 else ""

    arguments: tuple[str, ...] = ("compute", "book.xlsx", "-f", "json", "--only", "output")
    if kind and random.random() < 0.4:
        places = ("book.xlsx:Sheet1!A1:C3", "book.xlsx:Sheet1", "book.xlsx:X", "book.xlsx:!A1:A0")
        odd_place = random.choice((*places, "book.xlsx:Sheet1!A1:XFD1048576", "book.xlsx"))
        arguments = random.choice(
            (
                ("compute", f"X={odd_place}", "-f", "json"),
                ("check", "sample:self_attention", odd_place),
                ("mask", odd_place),
            )
        )
    return Trial(arguments, files={"book.xlsx": content}, judge=judge)


def _cells(random: random.Random) -> tuple[dict[tuple[int, int], str], dict[str, Any]]:
    """Return the cells of one matrix, or of four with names, and the matrices."""
    n, d, d_k = (random.randint(1, 4) for _ in range(3))
    cells: dict[tuple[int, int], str] = {}
    if random.random() < 0.4:
        truth = {"X": matrix(random, n, d)}
        row, column = random.choice(((1, 1), (1, 1), (3, 2)))
        _put(cells, row, column, truth["X"])
        return cells, truth
    truth = {name: matrix(random, *((n, d) if name == "X" else (d, d_k))) for name in NAMES}
    row, column = 1, 1
    is_beside = random.random() < 0.4
    for name, numbers in truth.items():
        cells[row, column] = _text(random, name)
        has_labels = random.random() < 0.2
        if has_labels:  # tokens at the left of X, with the name above the numbers
            del cells[row, column]
            cells[row, column + 1] = _text(random, name)
            for i in range(len(numbers)):
                cells[row + 1 + i, column] = _text(random, random.choice(WORDS))
        _put(cells, row + 1, column + has_labels, numbers)
        if is_beside:
            column += len(numbers[0]) + 1 + has_labels
        else:
            row += len(numbers) + random.choice((2, 2, 3))
    return cells, truth


def _put(cells: dict[tuple[int, int], str], row: int, column: int, numbers: Any) -> None:
    for i, line in enumerate(numbers):
        for j, number in enumerate(line):
            cells[row + i, column + j] = f"<v>{number}</v>"


def _text(random: random.Random, text: str) -> str:
    """Return a cell with a text in place; `!` marks the content of a cell with its type."""
    return f'! t="inlineStr"><is><t>{text}</t></is>'


def _odd_cells(
    random: random.Random, cells: dict[tuple[int, int], str]
) -> dict[tuple[int, int], str]:
    odd = (
        '! t="e"><v>#N/A</v>',
        '! t="e"><v>#DIV/0!</v>',
        "<f>1/3</f>",
        "<f>1/3</f><v></v>",
        '<f t="shared" ref="A1:B2" si="0">A1+1</f><v>2</v>',
        '! s="1"><v>45000</v>',  # a date
        '! s="999"><v>1</v>',
        '! t="b"><v>1</v>',
        '! t="s"><v>0</v>',
        '! t="s"><v>99999999</v>',
        '! t="s"><v>-1</v>',
        '! t="str"><v>1/3</v>',
        "<v>nan</v>",
        "<v>1e999</v>",
        "<v>1_0</v>",
        "<v>0x10</v>",
        f"<v>{'9' * 5000}</v>",
        '! t="inlineStr"><is><t>&#x202E;abc</t></is>',
        f'! t="inlineStr"><is><t>{"a" * 3000}</t></is>',
        '! t="inlineStr"><is></is>',
        '! t="inlineStr"><is><r><t>W</t></r><r><t>_q</t></r></is>',
        '! t="unknown"><v>1</v>',
        "",
    )
    places = list(cells)
    row, column = random.choice(places)
    far = [(60000, 16384), (99999999, 1), (1, 99999), (row, column + 1), (row + 1, column)]
    chosen = [random.choice((*places, *far)) for _ in range(random.choice((1, 1, 2, 5)))]
    return {place: random.choice(odd) for place in chosen}


def _reference(row: int, column: int) -> str:
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row}"


def _parts(random: random.Random, cells: dict[tuple[int, int], str]) -> Parts:
    """Return the parts of a workbook with one sheet."""
    rows: dict[int, str] = {}
    has_references = random.random() < 0.9 or (1, 1) not in cells
    for (row, column), content in sorted(cells.items()):
        place = f' r="{_reference(row, column)}"'
        attributes = content[1:] if content.startswith("!") else f">{content}"
        rows[row] = rows.get(row, "") + f"<c{place}{attributes}</c>"
    lines = "".join(f'<row r="{row}">{content}</row>' for row, content in rows.items())
    dimension = '<dimension ref="A1:D9"/>' if has_references else ""
    relation = f'xmlns:r="{OFFICE}"'
    return {
        "[Content_Types].xml": f'{XML}<Types xmlns="http://schemas.openxmlformats.org/package/'
        f'2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'{XML}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="{BOOK}"/></Relationships>',
        BOOK: f'{XML}<workbook xmlns="{MAIN}" {relation}><sheets><sheet name="Sheet1" sheetId="1" '
        f'r:id="rId1"/></sheets></workbook>',
        RELATIONS: f'{XML}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
        f'Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" '
        f'Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        SHEET: f'{XML}<worksheet xmlns="{MAIN}">{dimension}<sheetData>{lines}</sheetData>'
        "</worksheet>",
        STRINGS: f'{XML}<sst xmlns="{MAIN}" count="1" uniqueCount="1"><si><t>I</t></si></sst>',
        STYLES: f'{XML}<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="14"/></cellXfs></styleSheet>',
    }


def _zipped(parts: Parts) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name)  # without the time, so that a seed gives the same bytes
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode("utf-8", "surrogatepass"))
    return stream.getvalue()


def _without_a_part(random: random.Random, parts: Parts) -> Parts:
    parts.pop(random.choice(tuple(parts)))
    return parts


def _with_entities(random: random.Random, parts: Parts) -> Parts:
    """Put entities into a part that grow to a billion letters, or that name a file."""
    laughs = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(random.choice((2, 9)))
    )
    outside = '<!ENTITY a9 SYSTEM "file:///etc/hostname"><!ENTITY a2 SYSTEM "book.xlsx">'
    declared = f"<!DOCTYPE x [{random.choice((laughs, outside))}]>"
    name = random.choice((SHEET, STRINGS, BOOK))
    body = parts[name].removeprefix(XML).replace("<v>", "<v>&a2;", 1).replace("<t>", "<t>&a9;", 1)
    parts[name] = XML + declared + body
    return parts


def _as_a_bomb(random: random.Random, parts: Parts) -> Parts:
    """Let one part unpack to 80 MB of blanks, or of cells."""
    name = random.choice((SHEET, STRINGS, BOOK, STYLES))
    filling = random.choice(
        (" " * 80_000_000, "<row></row>" * 2_000_000, "<c><v>1</v></c>" * 400_000)
    )
    head, end = parts[name].rsplit("</", 1)
    parts[name] = f"{head}{filling}</{end}"
    return parts


def _with_a_cycle(random: random.Random, parts: Parts) -> Parts:
    """Let a part point to itself, to the folder above, or to nothing."""
    targets = ("workbook.xml", "../xl/workbook.xml", "../../etc/hostname", "/etc/hostname", "", "x")
    other = random.choice(targets)
    name = random.choice((RELATIONS, "_rels/.rels"))
    for target in ("worksheets/sheet1.xml", BOOK, "sharedStrings.xml"):
        if random.random() < 0.6:
            parts[name] = parts[name].replace(f'Target="{target}"', f'Target="{other}"')
    return parts


def _nested(random: random.Random, parts: Parts) -> Parts:
    """Nest elements deeply in a part."""
    depth = random.choice((1000, 100_000))
    name = random.choice((SHEET, STRINGS, BOOK))
    parts[name] = parts[name].replace("</", f"{'<a>' * depth}{'</a>' * depth}</", 1)
    return parts


def _cut(random: random.Random, parts: Parts) -> Parts:
    """Cut a part off, or put other text into it."""
    name = random.choice(tuple(parts))
    at = random.randrange(len(parts[name]))
    other = random.choice(("", "<", "&", "\ud800", "\x00", "rId9", '"', "-1", "9" * 400))
    rest = "" if random.random() < 0.4 else parts[name][at + 1 :]
    parts[name] = parts[name][:at] + other + rest
    return parts


def _swapped(random: random.Random, parts: Parts) -> Parts:
    """Let two parts change places."""
    first, second = random.sample(tuple(parts), 2)
    parts[first], parts[second] = parts[second], parts[first]
    return parts


HOSTILE: tuple[Callable[[random.Random, Parts], Parts], ...] = (
    *(_without_a_part, _with_entities, _with_a_cycle, _nested, _cut, _cut, _cut, _swapped),
    *(_with_entities, _with_a_cycle),
)
