"""The labels that people write beside a matrix, and the matrices that they name."""

from __future__ import annotations

import re
from functools import lru_cache

from attncli.calculation.names.known_names import known_name, last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.names.step_names import STEPS
from attncli.records import record

LONGEST = 200  # characters: a longer text is not a label

ARROWS = frozenset("→←↑↓↔⇒⇐⇑⇓▶◀▲▼►◄➔➜↦=×*·•⋅@")

_SIZE = re.compile(
    r"[\s,:]*(?:\(\s*\d+\s*[x×*,]\s*\d+\s*\)|\[\s*\d+\s*[x×*]\s*\d+\s*\]|\d+ ?[x×] ?\d+)$"
)
_SLICE = re.compile(r"(.+?)\s*\[\s*(\d{1,6})\s*(?:,\s*(\d{1,6})\s*)?\]")
_HEAD = re.compile(r"(?i)[\s,(]*\bhead\s*#?(\d{1,4})\b[\s):]*")
_NUMBERED = re.compile(r"([A-Z][A-Za-z_^{}()]*?)[_^{( ]*(\d{1,4})[)}]*")
_TRANSPOSED = re.compile(r"(.+?)(?:\^?\s*\{?\\?(?:[Tᵀ⊤]|top)\}?|\.T|['′])")
_SMALL_LABEL = re.compile(r"[a-z]{1,3}[_ ]?\d{1,4}")

# The steps as formulas: without blanks, signs of multiplication, `_`, `^` and braces, in lower
# case, and with `t` for every sign of a transpose.
_PRODUCT, _WEIGHTS = r"\(?(?:qkt|ktq)\)?", r"(?:softmax\(.*\)|[aps]|attention|weights)"
_FORMULAS = {
    "scores": _PRODUCT,
    "scaled": rf"(?:{_PRODUCT}|\(?scores\)?)/.+|scaledscores",
    "output": rf"{_WEIGHTS}v|v{_WEIGHTS}",
    "weights": r"softmax(?:\(.*\)|of[a-z]+)?",
    "Q": r"xwq|wqx",
    "K": r"xwk|wkx",
    "V": r"xwv|wvx",
}
_NO_SIGNS = {ord(sign): "" for sign in " \t\n*·×⋅@_^{}"} | {ord(sign): "t" for sign in "ᵀ⊤'′"}


@record(frozen=True)
class Label:
    """The meaning of a label.

    `index` numbers a head or a slice: (0,) for `Q0`, (2, 1) for `weights[2,1]`, whose `is_slice` is
    True. `is_transposed` is True for the transpose of the matrix, as `K^T` is.
    """

    name: str
    index: tuple[int, ...] = ()
    is_transposed: bool = False
    is_slice: bool = False


@lru_cache(maxsize=4096)
def read_label(text: str) -> Label | None:
    """Return the meaning of a label, or None if it does not name a matrix or a step.

    >>> read_label("K^T")
    Label(name='K', index=(), is_transposed=True, is_slice=False)
    >>> read_label("r = K^T * Q / sqrt(dk)").name, read_label("WK1").index, read_label("grade")
    ('scaled', (1,), None)
    """
    if len(text) > LONGEST:
        return None
    text = _SIZE.sub("", text.strip()).rstrip(":= ").strip()
    if name := _matrix(text):
        return Label(name)
    if parts := _SLICE.fullmatch(text):
        name = _matrix(parts[1])
        index = tuple(int(part) for part in parts.groups()[1:] if part)
        return Label(name, index, is_slice=True) if name else None
    head = _HEAD.search(text)
    if head:
        inner = read_label(f"{text[: head.start()]} {text[head.end() :]}".strip())
        return Label(inner.name, (int(head[1]),), inner.is_transposed) if inner else None
    left, equals, right = text.partition("=")
    if equals:
        return read_label(left) or read_label(right)
    if (numbered := _NUMBERED.fullmatch(text)) and (name := _matrix(numbered[1])):
        return Label(name, (int(numbered[2]),))
    if (transposed := _TRANSPOSED.fullmatch(text)) and (inner := read_label(transposed[1])):
        return Label(inner.name, inner.index, not inner.is_transposed)
    return _of_formula(text)


def is_small_label(text: str) -> bool:
    """Return True if a text labels one row or column, as `x1` and `q2` do, and not a matrix."""
    return bool(_SMALL_LABEL.fullmatch(text.strip())) and read_label(text) is None


def is_arrow(text: str) -> bool:
    """Return True if a text consists of arrows, or of signs between the matrices of a formula."""
    return ARROWS.issuperset(text.replace(" ", ""))


def _matrix(text: str) -> str | None:
    name = known_name(text)
    last = last_of(name or "")
    return name if last in MATRICES or last in STEPS else None


def _of_formula(text: str) -> Label | None:
    formula = text.translate(_NO_SIGNS).casefold().replace(".t", "t")
    for name, pattern in _FORMULAS.items():
        if re.fullmatch(pattern, formula):
            return Label(name)
    return None
