"""CSV files in the dialects of spreadsheets, pandas, R and hands, whose matrices are known.

A file must be read as its matrices, be read with a note on standard error, or be refused.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from attncli.documents.reader import Reader
from attncli.errors import AttncliError
from tests.fuzz.trial import Outcome, Trial

WORDS = ("I", "love", "math", "the cat", "token", "a", "b", "é", "日本", "x1", "q1", "don't")
NAMES = ("X", "W_q", "W_k", "W_v")
THOUSANDS = ("", "", "", "", "", ",", ".", " ", "\u00a0", "'")


@dataclass(frozen=True)
class Dialect:
    """The manner in which a program or a person writes numbers and fields."""

    delimiter: str
    decimal: str
    thousands: str
    quoting: Literal[0, 1, 2]
    line_end: str
    minus: str
    decimals: int


def csv_in_a_dialect(random: random.Random) -> Trial:
    """Return a file with one matrix, or with the matrices of a self-attention below their names."""
    dialect = _dialect(random)
    text, truth = _plain(random, dialect) if random.random() < 0.7 else _sections(random, dialect)
    text = _decorated(random, text, dialect)
    encoding = random.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"))
    has_other_letters = encoding == "latin-1" and max(map(ord, text)) > 255
    content = text.encode("utf-8" if has_other_letters else encoding)
    name = random.choice(("file.csv", "file.csv", "file.csv", "file.tsv", "file.txt", "file"))

    def judge(outcome: Outcome) -> str:
        return misread(outcome, name, content, truth)

    arguments = ("compute", name, "-f", "json", "--only", "output")
    return Trial(arguments, files={name: content}, judge=judge)


def misread(outcome: Outcome, name: str, content: bytes, truth: Mapping[str, Any]) -> str:
    """Return how the matrices of a file differ from the truth, unless a note was printed."""
    if outcome.status != 0 or "Note: " in outcome.stderr:
        return ""
    with _written(name, content):
        try:
            entries = Reader().document(name).entries
        except AttncliError as error:
            return f"the program reads what the reader refuses\n{error}"
    read = {key: np.asarray(e.value).tolist() for key, e in entries.items() if key in NAMES}
    if read.keys() == truth.keys() and all(_equal(read[key], truth[key]) for key in truth):
        return ""
    key = next((k for k in truth if k not in read or not _equal(read[k], truth[k])), "")
    kind = "another size" if key in read and _size(read[key]) != _size(truth[key]) else "other"
    kind = kind if key in read else "other names"
    return f"misread in silence: {kind}\n    read {read}\n    not  {dict(truth)}\n{content!r}"


@contextmanager
def _written(name: str, content: bytes) -> Iterator[None]:
    Path(name).write_bytes(content)
    yield
    Path(name).unlink()


def _size(part: Any) -> tuple[int, ...]:
    return np.shape(np.asarray(part))


def _equal(read: Any, true: Any) -> bool:
    return _size(read) == _size(true) and bool(np.allclose(read, true, rtol=1e-12, atol=1e-300))


def _dialect(random: random.Random) -> Dialect:
    delimiter = random.choice((",", ",", ",", ";", ";", "\t", "\t", " ", "|"))
    decimal = random.choice((".", ".", ",")) if delimiter != "," else "."
    if delimiter == "," and random.random() < 0.15:
        decimal = ","  # a spreadsheet of another locale then quotes each cell
    thousands, decimals = random.choice(THOUSANDS), random.choice((0, 1, 2, 3, 6))
    # Nobody can tell 1,234 for a thousand from 1,234 for one and a quarter.
    is_open = thousands in (decimal, delimiter) or (thousands in (",", ".") and decimals == 0)
    is_open = is_open or (thousands in (" ", "\u00a0") and delimiter == " ")
    return Dialect(
        delimiter,
        decimal,
        "" if is_open else thousands,
        random.choice((csv.QUOTE_MINIMAL,) * 4 + (csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)),
        random.choice(("\n", "\n", "\r\n", "\r")),
        random.choice(("-",) * 6 + ("−",)),
        decimals,
    )


def _number(random: random.Random, dialect: Dialect) -> tuple[str, float]:
    """Return a number as the dialect writes it, and its value."""
    size = random.choice((1, 1, 1, 10, 1000, 5000, 2e6))
    written = f"{random.gauss(0, 1) * size:.{dialect.decimals}f}"
    if random.random() < 0.03:
        written = random.choice(("0", "1", "-1", "1e-05", "2.5E+3", "1e5", ".5", "+1", "5."))
    value = float(written)
    grouped = f"{value:,}".partition(".")[0] if "e" not in written.lower() else ""
    if dialect.thousands and abs(value) >= 1000 and grouped:
        _, point, rest = written.partition(".")
        written = grouped.replace(",", dialect.thousands) + point + rest.replace(".", "")
    whole, point, rest = written.rpartition(".")
    written = f"{whole}{dialect.decimal}{rest}" if point else written
    return written.replace("-", dialect.minus), value


def _width(random: random.Random, dialect: Dialect) -> int:
    """Return a number of columns; one column of 0,5 can also be two columns of whole numbers."""
    is_open = dialect.decimal == "," or dialect.thousands in (" ", ",")
    return random.randint(2 if is_open else 1, 4)


def _rows(
    random: random.Random, dialect: Dialect, n: int, d: int
) -> tuple[list[list[str]], list[list[float]]]:
    cells = [[_number(random, dialect) for _ in range(d)] for _ in range(n)]
    return [[text for text, _ in row] for row in cells], [[v for _, v in row] for row in cells]


def _labelled(random: random.Random, rows: list[list[str]]) -> list[list[str]]:
    """Return rows with labels above them and beside them, as a person or pandas writes them."""
    n, d = len(rows), len(rows[0])
    above: list[str] = []
    match random.randrange(8):
        case 0:
            above = random.sample(WORDS, d)
        case 1 if d > 1 and not {cell for row in rows for cell in row} <= {"0", "1"}:
            above = [str(i) for i in range(d)]  # pandas, without names of columns
        case 2:
            above = [f"{random.choice(('x', 'd', 'col', 'V'))}{i + 1}" for i in range(d)]
    beside: list[str] = []
    match random.randrange(8):
        case 0:
            beside = [random.choice(WORDS) for _ in range(n)]
        case 1 if n > 1:
            beside = [str(i) for i in range(n)]  # pandas, with its index
        case 2 if n > 1 and above:
            beside = [str(i + 1) for i in range(n)]  # R, with its row names
    corner = random.choice(("", "", "token", "Unnamed: 0")) if beside else ""
    if beside:
        rows = [[label, *row] for label, row in zip(beside, rows, strict=True)]
    if above:
        is_r = bool(beside) and random.random() < 0.1  # R leaves the corner out
        rows = [[*([corner] if beside and not is_r else []), *above], *rows]
    return rows


def _plain(random: random.Random, dialect: Dialect) -> tuple[str, dict[str, Any]]:
    rows, values = _rows(random, dialect, random.randint(1, 4), _width(random, dialect))
    return _joined(random, dialect, _labelled(random, rows)), {"X": values}


def _sections(random: random.Random, dialect: Dialect) -> tuple[str, dict[str, Any]]:
    n, d, d_k = random.randint(1, 3), _width(random, dialect), _width(random, dialect)
    parts, truth = [], {}
    for name in NAMES:
        rows, truth[name] = _rows(random, dialect, *((n, d) if name == "X" else (d, d_k)))
        after = random.choice(("", "", "", "", ":", " =", dialect.delimiter * max(0, d - 1)))
        labelled = _labelled(random, rows)
        parts.append(f"{name}{after}\n{_joined(random, dialect, labelled)}")
    choices = random.choice(("", "", "score = dot\n\n", "score,dot\n", "scale = 0.5\n"))
    return choices + random.choice(("\n", "\n", "\n\n", "")).join(parts), truth


def _joined(random: random.Random, dialect: Dialect, rows: list[list[str]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(
        stream, delimiter=dialect.delimiter, quoting=dialect.quoting, lineterminator="\n"
    )
    if dialect.quoting == csv.QUOTE_NONNUMERIC:  # the writer asks the types
        writer.writerows([[_typed(cell) for cell in row] for row in rows])
    else:
        writer.writerows(rows)
    text = stream.getvalue()
    if random.random() < 0.1:
        text = text.replace("\n", f"{dialect.delimiter}\n")
    if random.random() < 0.1 and dialect.delimiter in ",;":
        text = text.replace(dialect.delimiter, f"{dialect.delimiter} ")
    return text


def _typed(cell: str) -> str | float:
    try:
        return cell if repr(float(cell)) != cell else float(cell)
    except ValueError:
        return cell


def _decorated(random: random.Random, text: str, dialect: Dialect) -> str:
    """Return a text with comments, blank lines, a title or `sep=` around it, and its line ends."""
    match random.randrange(14):
        case 0:
            text = f"# written by hand\n{text}"
        case 1:
            text = f"\n\n{text}\n\n"
        case 2:
            text = f"sep={dialect.delimiter}\n{text}"
        case 3:
            lines = text.split("\n")
            lines.insert(random.randrange(len(lines)), "# a comment, with 1,2 in it")
            text = "\n".join(lines)
        case 4:
            text = text.replace("\n", " # note\n", 1)
        case 5:
            text = text.rstrip("\n")
        case 6:
            text = f"My matrix of numbers\n{text}"
    return text.replace("\n", dialect.line_end)
