"""Write pages, and read the data for their script, their tables, and their images."""

from __future__ import annotations

import base64
import gzip
import json
import re
import struct
import zlib
from functools import cache
from html.parser import HTMLParser
from typing import Any

import numpy as np

from tests.running import run


@cache
def page_of(*arguments: str, stdin: str | None = None) -> str:
    """Return the page that a command such as `compute sample:rope` writes, once for all tests."""
    result = run(*arguments, "-f", "html", stdin=stdin)
    assert result.exit_code in (0, 1), result.stderr  # the answer of a report need not be right
    return result.stdout


def data_of(page: str) -> dict[str, Any]:
    """Return the data that the script of a page unpacks."""
    packed = re.search(r'<script type="application/gzip">(.*?)</script>', page)
    assert packed
    data: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    return data


class TableReader(HTMLParser):
    """Reads the tables of a page: for each, its attributes and its rows of texts."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[tuple[dict[str, str | None], list[list[str]]]] = []
        self._is_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append((dict(attrs), []))
        elif tag == "tr":
            self.tables[-1][1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][1][-1].append("")
            self._is_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._is_cell = False

    def handle_data(self, data: str) -> None:
        if self._is_cell:
            self.tables[-1][1][-1][-1] += data


def tables_of(page: str) -> list[tuple[dict[str, str | None], list[list[str]]]]:
    """Return the tables of a page: for each, its attributes and its rows, headings included."""
    reader = TableReader()
    reader.feed(page)
    return reader.tables


def dots_of(page: str) -> Any:
    """Return the numbers of the colours in the first image of a page, which is a PNG image."""
    packed = re.search(r'src="data:image/png;base64,(.*?)"', page)
    assert packed
    image = base64.b64decode(packed[1])
    width, height = struct.unpack(">II", image[16:24])
    start = image.index(b"IDAT")
    size = int.from_bytes(image[start - 4 : start], "big")
    lines = zlib.decompress(image[start + 4 : start + 4 + size])
    return np.frombuffer(lines, np.uint8).reshape(height, width + 1)[:, 1:]
