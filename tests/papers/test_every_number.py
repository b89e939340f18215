"""Test that each form of a result holds every number of every sample."""

from __future__ import annotations

import io
import re
from collections import Counter
from html.parser import HTMLParser

import numpy as np
import pytest

import attncli
from attncli.documents.samples import sample_names
from attncli.formats import FORMATS
from attncli.render.numbers import number_text
from tests.papers.test_documents import text_of_pdf
from tests.running import succeed

NAMES = [name for name in sample_names() if "/" not in name and "workbooks" not in name]
NUMBER = re.compile(r"(?<![\w.])-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf)(?![\w.])")
PRECISION = 3
SLOW = ("html", "pdf")


class TextReader(HTMLParser):
    """Reads the texts of a page or picture, apart from each other."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def text_of(form: str, data: bytes) -> str:
    """Return the text that a reader of a form sees, with plain minus signs."""
    if form == "pdf":
        text = text_of_pdf(data)
    elif form in ("html", "svg"):
        reader = TextReader()
        reader.feed(data.decode())
        text = " ".join(reader.texts)
    else:
        text = data.decode()
    for sign, plain in {"−": "-", "∞": "inf", r"\infty": "inf", "\xa0": " "}.items():
        text = text.replace(sign, plain)
    return text


def numbers_in(form: str, data: bytes) -> Counter[object]:
    """Return the numbers that a form holds: texts where they are rounded, else floats."""
    if form == "npy":
        return Counter(np.load(io.BytesIO(data)).ravel().tolist())
    if form == "npz":
        arrays = np.load(io.BytesIO(data))
        return Counter(number for step in arrays for number in arrays[step].ravel().tolist())
    texts = NUMBER.findall(text_of(form, data))
    return Counter(texts if "precision" in FORMATS[form].uses else map(float, texts))


@pytest.mark.parametrize("form", FORMATS)
def test_every_number_of_every_sample_is_in_the_text(form: str) -> None:
    """Each form has each number as often as the steps, rounded only where the form has decimals."""
    uses = FORMATS[form].uses
    look = ["-p", str(PRECISION), "--full"] if "precision" in uses else []
    for name in NAMES:
        if form in SLOW and "transformer" in name:
            continue  # other samples have the same kinds of steps
        result = attncli.compute(name)
        steps = ["output"] if form == "npy" and "output" in result else [*result]
        only = ["--only", *steps] if form == "npy" else []
        if len(steps) > 1 and form == "npy":
            continue  # this form holds one matrix
        data = succeed("compute", name, "-f", form, *look, *only).stdout_bytes
        numbers = [number for step in steps for number in np.ravel(result[step]).tolist()]
        expected: Counter[object] = Counter(numbers)
        if "precision" in uses:
            texts = (number_text(number, PRECISION) for number in numbers)
            # A power of ten, for a tiny number, has other characters in each notation.
            expected = Counter(text for text in texts if "e" not in text)
        assert not expected - numbers_in(form, data), f"{name} in the form {form}"
