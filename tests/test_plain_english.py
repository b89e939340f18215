"""Texts for people keep to plain English: the faults that a reviewer found do not come back."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ROOT

# A fault, and why it is one. The faults are looked for in strings, docstrings, comments and pages.
FAULTS = {
    r"(?<!there )\b(?:is|are|was|be) no\b(?! (?:longer|more|fewer|less|different)\b)": (
        "write 'is not a', or 'has no': 'is no matrix' is not how English says it"
    ),
    r"(?<!-)\bunasked\b": "write 'by default'",
    r"\basked for\b": "name who asks, and what: 'the steps that --only names'",
    r"\b(?:is|are|was|were|be|been|not) told\b": "write 'shown', 'named', 'reported' or 'given'",
    r"(?<![Aa] )\bparts? from\b": "write 'differs from'",
    r"(?i)\b(?:one|two|2|length|section|slope|label|mask|test|result|line|object) a "
    r"(?:slice|batch entry|query|key|head|row|cell|step|line|token|layer|convention|multiply)\b": (
        "write 'per': 'one length per batch entry'"
    ),
    r"\bso many\b": "give the number: 'this many', 'N'",
    r"\bunless (?:it is |they are )?said\b": "write 'by default', with the default",
    r"\b[Oo]urs\b": "name the thing: 'the expected numbers', 'the numbers of attncli'",
    r"\b[Ss]ays? nothing of\b": "write 'does not mention'",
    r"\bwhat is (?:told|said|meant|written|seen|shown|given|right|wrong|hidden|asked|done)\b": (
        "name the thing: 'the hidden keys' rather than 'what is hidden'"
    ),
}

# A docstring is a sentence about the thing that it documents.
BAD_BEGINNINGS = {
    r"What(?:ever)?\b": "begin with a verb or with the noun: 'Return the …', 'The …'",
    r"Whether\b": "write 'True if …', or 'Tell if …'",
    r"Those\b": "name the things",
    r"That\b": "name the thing",
    r"Such\b": "name the thing",
    r"So\b": "name the thing",
}

FILES = sorted(
    path
    for pattern in ("attncli/**/*.py", "tests/**/*.py", "attncli/**/*.md", "*.md", "samples/*.json")
    for path in ROOT.glob(pattern)
    if path.name != Path(__file__).name and "reference" not in path.parts
)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a file with their lines: strings and comments of Python, else all."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from enumerate(source.splitlines(), 1)
        return
    joined: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
        elif token.type in (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1)):
            joined.append((token.start[0], token.string.strip("rf\"'")))
        elif token.type not in (tokenize.NL,) and joined:
            yield joined[0][0], " ".join(" ".join(text.split()) for _, text in joined)
            joined = []


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the docstrings of a Python file with their lines."""
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                text = ast.get_docstring(node)
                if text:
                    yield getattr(node, "lineno", 1), text


def faults(path: Path) -> Iterator[str]:
    """Yield each fault of a file: its line, the words around it, and the reason."""
    for line, text in texts(path):
        for pattern, reason in FAULTS.items():
            for found in re.finditer(pattern, text):
                around = text[max(0, found.start() - 30) : found.end() + 30]
                yield f"{path.relative_to(ROOT)}:{line}: …{around}…: {reason}"
    for line, text in docstrings(path):
        for pattern, reason in BAD_BEGINNINGS.items():
            if re.match(pattern, text):
                yield f"{path.relative_to(ROOT)}:{line}: {text.splitlines()[0]!r}: {reason}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_text_is_plain_english(path: Path) -> None:
    """No text has one of the faults, each of which a reader stumbled over once."""
    assert not list(faults(path))


# A sentence for each fault, as the reviewer met it or a reader might write it.
MET = (
    "foo is no mask",
    "a decoder's self-attention is causal unasked",
    "the steps that are asked for",
    "what is wrong is told with its place",
    "the step at which they part from each other",
    "matrices of rank 3 are a section a slice",
    "it has so many columns",
    "3 unless it is said",
    "theirs beside ours",
    "the document says nothing of it",
    "add what is hidden",
)


def test_each_fault_is_found() -> None:
    """Every pattern finds the sentence that it was made for."""
    for pattern, sentence in zip(FAULTS, MET, strict=True):
        assert re.search(pattern, sentence), pattern
    for pattern in BAD_BEGINNINGS:
        assert re.match(pattern, f"{pattern.split('(')[0].split(chr(92))[0]} it does")
