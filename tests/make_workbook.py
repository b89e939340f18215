"""Write workbooks for tests, and the sample: `python -m tests.make_workbook`.

The writers know only the cells of the tests: numbers, truth values, texts, and XML as it is.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from xml.sax.saxutils import escape, quoteattr

import attncli
from attncli.documents.sheets.references import range_text
from tests.running import SAMPLES


class Xml(str):
    """A cell as it stands in the file; `PLACE` stands for its place in .xlsx."""


Cell: TypeAlias = float | bool | str | Xml
Rows: TypeAlias = Sequence[Sequence[Cell]]

# The formats of cells in the workbooks: 0 is General, 1 a date, 2 a percentage, 3 hours, 4 a
# number with texts.
STYLES = (
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="[h]:mm"/>'
    '<numFmt numFmtId="165" formatCode="&quot;days: &quot;0.00;[Red]\\d0.00"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5">'
    + "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        for number in (0, 16, 10, 164, 165)
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles>"
)
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """Return a ZIP archive of files; it has the same bytes on every day."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def xlsx(
    sheets: Mapping[str, Rows],
    names: Mapping[str, str] | None = None,
    hidden: Sequence[str] = (),
    after: str = "",
    workbook: str = "",
) -> bytes:
    """Return a workbook of Excel; texts are shared strings.

    `names` are defined names with their ranges. `after` is XML after the rows of each sheet, and
    `workbook` after the names.
    """
    return packed(xlsx_files(sheets, names, hidden, after, workbook))


def xlsx_files(
    sheets: Mapping[str, Rows],
    names: Mapping[str, str] | None = None,
    hidden: Sequence[str] = (),
    after: str = "",
    workbook: str = "",
) -> dict[str, str | bytes]:
    """Return the files of which `xlsx` makes a workbook."""
    strings: dict[str, int] = {}
    contents = [
        f"<worksheet {_MAIN}><sheetData>{_xlsx_rows(rows, strings)}</sheetData>{after}</worksheet>"
        for rows in sheets.values()
    ]
    states = ("visible", "hidden")
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="rId{i}"'
        f' state="{states[name in hidden]}"/>'
        for i, name in enumerate(sheets, 1)
    )
    defined = "".join(
        f"<definedName name={quoteattr(name)}>{escape(text)}</definedName>"
        for name, text in (names or {}).items()
    )
    targets = [("worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(sheets) + 1)]
    targets += [("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")]
    texts = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
    return {
        "[Content_Types].xml": _content_types(len(sheets)),
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_RELATION}"><sheets>{listed}</sheets>'
        f"{defined and f'<definedNames>{defined}</definedNames>'}{workbook}</workbook>",
        "xl/_rels/workbook.xml.rels": _relations(targets),
        "xl/styles.xml": f"<styleSheet {_MAIN}>{STYLES}</styleSheet>",
        "xl/sharedStrings.xml": f"<sst {_MAIN}>{texts}</sst>",
        **{f"xl/worksheets/sheet{i}.xml": text for i, text in enumerate(contents, 1)},
    }


def _content_types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {"workbook.xml": "sheet.main", "styles.xml": "styles"}
    parts["sharedStrings.xml"] = "sharedStrings"
    parts |= {f"worksheets/sheet{i}.xml": "worksheet" for i in range(1, sheets + 1)}
    listed = "".join(
        f'<Override PartName="/xl/{part}" ContentType="{kind}.{name}+xml"/>'
        for part, name in parts.items()
    )
    default = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    space = 'xmlns="http://schemas.openxmlformats.org/package/2006/content-types"'
    return f'<Types {space}>{default}relationships+xml"/>{listed}</Types>'


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{i}" Type="{_RELATION}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets, 1)
    )
    return f"<Relationships {_RELATIONS}>{listed}</Relationships>"


def _xlsx_rows(rows: Rows, strings: dict[str, int]) -> str:
    lines = []
    for i, row in enumerate(rows):
        cells = [_xlsx_cell(cell, range_text(i, j), strings) for j, cell in enumerate(row)]
        lines.append(f'<row r="{i + 1}">{"".join(cells)}</row>')
    return "".join(lines)


def _xlsx_cell(cell: Cell, place: str, strings: dict[str, int]) -> str:
    if isinstance(cell, Xml):
        return cell.replace("PLACE", place)
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{cell:d}</v></c>'
    if isinstance(cell, str):
        number = strings.setdefault(cell, len(strings))
        return f'<c r="{place}" t="s"><v>{number}</v></c>' if cell else ""
    return f'<c r="{place}"><v>{cell!r}</v></c>'


_OPEN = "urn:oasis:names:tc:opendocument:xmlns"
_OPEN_NAMES = " ".join(
    [f'xmlns:{name}="{_OPEN}:{name}:1.0"' for name in ("office", "table", "text", "style")]
    + ['xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"']
)


def ods(sheets: Mapping[str, Rows], names: Mapping[str, str] | None = None) -> bytes:
    """Return a workbook of OpenDocument. `names` are named ranges, such as `$Sheet.$A$1:.$B$2`."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>{_ods_rows(rows)}</table:table>"
        for name, rows in sheets.items()
    )
    ranges = "".join(
        f"<table:named-range table:name={quoteattr(name)} table:cell-range-address="
        f"{quoteattr(place)}/>"
        for name, place in (names or {}).items()
    )
    return ods_of(f"{tables}<table:named-expressions>{ranges}</table:named-expressions>")


def ods_of(body: str, styles: str = "") -> bytes:
    """Return a workbook of OpenDocument with this XML in its `office:spreadsheet`."""
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return packed(
        {
            "mimetype": kind,
            "content.xml": f"<office:document-content {_OPEN_NAMES}><office:automatic-styles>"
            f"{styles}</office:automatic-styles><office:body><office:spreadsheet>{body}"
            "</office:spreadsheet></office:body></office:document-content>",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{_OPEN}:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            "</manifest:manifest>",
        }
    )


def _ods_rows(rows: Rows) -> str:
    lines = ["".join(_ods_cell(cell) for cell in row) for row in rows]
    return "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)


def _ods_cell(cell: Cell) -> str:
    if isinstance(cell, Xml):
        return cell
    if cell == "" and isinstance(cell, str):
        return "<table:table-cell/>"
    if isinstance(cell, bool):
        value = f'office:value-type="boolean" office:boolean-value="{str(cell).lower()}"'
        return f"<table:table-cell {value}/>"
    if isinstance(cell, str):
        text = escape(cell)
        kind = 'office:value-type="string"'
        return f"<table:table-cell {kind}><text:p>{text}</text:p></table:table-cell>"
    return f'<table:table-cell office:value-type="float" office:value="{cell!r}"/>'


def lesson() -> dict[str, Rows]:
    """Return the sheets of the sample: the first lesson with all its steps, as a student has it."""
    document: dict[str, list[list[float]]] = {
        "X": [[1, 0, 1, 0], [0, 2, 0, 2], [1, 1, 1, 1]],
        "W_q": [[1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 1]],
        "W_k": [[0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 1, 0]],
        "W_v": [[0, 2, 0], [0, 3, 0], [1, 0, 3], [1, 1, 0]],
    }
    steps = {name: step.tolist() for name, step in attncli.compute(document).items()}
    rows: list[list[Cell]] = [["Self-attention, worked out in a spreadsheet"], []]
    tokens = ("one", "two", "three")
    beside: list[list[tuple[str, list[list[float]], tuple[str, ...]]]] = [
        [("X", document["X"], tokens)],
        [("Wq", document["W_q"], ()), ("Wk", document["W_k"], ()), ("Wv", document["W_v"], ())],
        [("Q = X * Wq", steps["Q"], ()), ("K = X * Wk", steps["K"], ())],
        [("V = X * Wv", steps["V"], ()), ("Q * K^T", steps["scores"], ())],
        [("Q * K^T / sqrt(d_k)", steps["scaled"], ()), ("A = softmax", steps["weights"], ())],
        [("A * V", steps["output"], ())],
    ]
    for blocks in beside:
        height = max(len(matrix) for _, matrix, _ in blocks) + 1
        lines: list[list[Cell]] = [[] for _ in range(height)]
        for label, matrix, labels in blocks:
            cells: list[list[Cell]] = [[label, *[""] * (len(matrix[0]) - 1)]]
            cells += [list(map(float, row)) for row in matrix]
            for i, line in enumerate(lines):
                side = [labels[i - 1] if labels and i else ""]
                line += side + (cells[i] if i < len(cells) else [""] * len(matrix[0]))
        rows += [*lines, []]
    return {"lesson": rows}


if __name__ == "__main__":
    (SAMPLES / "workbooks").mkdir(exist_ok=True)
    (SAMPLES / "workbooks/self_attention.xlsx").write_bytes(xlsx(lesson()))
