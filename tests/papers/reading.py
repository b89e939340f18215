"""Read documents back: Markdown, LaTeX, Typst and PDF."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator

import numpy as np
import pytest
from markdown_it import MarkdownIt
from numpy.typing import NDArray

Matrices = dict[str, NDArray[np.float64]]


def read_markdown(data: bytes, precision: int) -> Matrices:
    """Return the tables below the headings, as a reader of CommonMark with tables finds them."""
    found: dict[str, list[list[float]]] = {}
    for name, rows in markdown_tables(data.decode()):
        assert all(cell == "-inf" or len(cell.partition(".")[2]) == precision
                   for row in rows[1:] for cell in row[1:])  # fmt: skip
        found[name] = [[float(cell) for cell in row[1:]] for row in rows[1:]]
    return {name: np.array(rows) for name, rows in found.items()}


def markdown_tables(text: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield each table of a text with the last code in front of it, which is its name."""
    name, rows, row = "", [[""]], [""]
    for token in MarkdownIt().enable("table").parse(text):
        if token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            row = []
            rows.append(row)
        elif token.type == "table_close":
            yield name, rows
        elif token.type == "inline":
            children = token.children or []
            codes = [child.content for child in children if child.type == "code_inline"]
            is_formula = token.content.startswith("$")
            if token.level == 1 and codes and not is_formula:
                name = codes[0]
            row.append("".join(child.content for child in children))


def read_latex(data: bytes, precision: int) -> Matrices:
    """Return the arrays below the headings; the blocks of columns of a matrix are put together."""
    text = re.sub(r"\\(?:phantom|cellcolor\[rgb\]|color)\{[^}]*\}", "", data.decode())
    parts = re.split(r"\\subsection\*\{.*?\$\\displaystyle (.*?) =", text)[1:]
    found = {}
    for name, part in zip(parts[::2], parts[1::2], strict=True):
        blocks = re.findall(r"\\begin\{array\}\{.*?\}+\n(.*?)\\end\{array\}", part, re.DOTALL)
        rows = [[line.split("&") for line in re.split(r"\\\\", block)[:-1]] for block in blocks]
        texts = [[cell.strip().replace(r"\infty", "inf") for cells in row for cell in cells]
                 for row in zip(*rows, strict=True)]  # fmt: skip
        assert all(cell == "-inf" or len(cell.partition(".")[2]) == precision
                   for row in texts for cell in row)  # fmt: skip
        found[re.sub(r"\\mathrm\{(.*)\}", r"\1", name)] = np.array(texts, dtype=float)
    return found


def read_typst(data: bytes, precision: int) -> Matrices:
    """Return the matrices below the headings; the blocks of columns are put together."""
    found: dict[str, list[list[list[float]]]] = {}
    text = data.decode().replace("−", "-").replace("∞", "inf")
    for line in re.sub(r"#hide\(.*?\)", "", text).splitlines():
        heading = re.match(r'#heading\(level: 2\).*?\$display\("?(\w+)"? =', line)
        cells = re.findall(r'"(-?(?:[\d.]+|inf))"', re.sub(r'^  "\d+", ', "", line))
        if heading:
            found[heading[1]] = []
        elif "mat(" in line or "#table(" in line:
            found[list(found)[-1]].append([])
        elif cells and found and "table." not in line.replace("table.cell", ""):
            assert all(text == "-inf" or len(text.partition(".")[2]) == precision
                       for text in cells)  # fmt: skip
            found[list(found)[-1]][-1].append([float(text) for text in cells])
    return {name: np.hstack(blocks) for name, blocks in found.items()}


def read_pdf(data: bytes, precision: int) -> Matrices:
    """Return the numbers below the headings, as pdftotext finds them in lines."""
    tool = shutil.which("pdftotext")
    if tool is None:
        assert "CI" not in os.environ, "pdftotext (poppler-utils) is not installed"
        pytest.skip("pdftotext (poppler-utils) is not installed")
    run = subprocess.run([tool, "-layout", "-", "-"], input=data, capture_output=True, check=True)
    found: dict[str, list[list[float]]] = {}
    heights: dict[str, int] = {}
    for line in unicodedata.normalize("NFKC", run.stdout.decode()).splitlines():
        line = line.replace("−", "-").replace("∞", "inf")
        heading = re.match(r"\f?\d+ +(\w+) =.* (\d+) ?× ?\d+", line)
        cells = re.findall(rf"(?<![\d.])-?(?:\d+\.\d{{{precision}}}(?!\d)|inf)", line)
        if heading:
            found[heading[1]] = rows = []
            heights[heading[1]] = int(heading[2])
        elif cells:
            rows.append([float(cell) for cell in cells])
    return {
        name: np.hstack([rows[at : at + height] for at in range(0, len(rows), height)])
        for name, height in heights.items()
        for rows in [found[name]]
    }
