"""An autograder for Gradescope: a ZIP that checks the answer of each student with attncli."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from attncli.documents.files import read_file
from attncli.documents.zip_entries import file_entry
from attncli.records import record, values_of

if TYPE_CHECKING:
    from attncli.calculation.problem.document import Document
    from attncli.homework.checking import CheckOptions

# The libraries that pip installs for `attncli check`: the dependencies of this package.
REQUIREMENTS = ("click>=8.4", "numpy>=2.0", "rich>=13.9", "threadpoolctl>=3.5")
SCRIPTS = ("setup.sh", "run_autograder")
_HERE = Path(__file__).resolve().parent
_PACKAGE = _HERE.parent
_LEFT_OUT = {"__pycache__", "samples"}


@record(frozen=True)
class Autograder:
    """An autograder: the bytes of its ZIP, and the points of a right answer.

    `least` are the points of an answer that has only the last step, and `most` the points of an
    answer that has every step; `last` is the name of the last step.
    """

    data: bytes
    last: str
    least: float
    most: float


def make_autograder(document: Document, options: CheckOptions) -> Autograder:
    """Return the autograder of a document.

    Raises AttncliError if the document cannot be calculated, or if the options do not fit it.
    """
    from attncli.documents.text.document_json import document_json
    from attncli.face.functions import check, compute

    chosen = values_of(options)
    result = compute(document)
    last = list(result)[-1]
    least, most = (
        check(document, answer, **chosen).made.max_score
        for answer in ({last: result[last]}, dict(result))
    )
    files = {
        "problem.json": document_json(document, result.made.labels),
        "options.txt": "".join(f"{word}\n" for word in _words(options)).encode(),
        "requirements.txt": "".join(f"{name}\n" for name in REQUIREMENTS).encode(),
        **{name: read_file(str(_HERE / "gradescope" / name)) for name in SCRIPTS},
        **dict(_package_files()),
    }
    return Autograder(_packed(files), last, least, most)


def _words(options: CheckOptions) -> Iterator[str]:
    """Yield the options of `attncli check`, as its command line has them."""
    for name, value in values_of(options).items():
        if value is True:
            yield f"--{name}"
        elif value not in (None, False, ""):
            yield f"--{name}={value}"


def _package_files() -> Iterator[tuple[str, bytes]]:
    """Yield the names and the bytes of the files of this package, except the samples."""
    for path in _PACKAGE.rglob("*"):
        if path.is_file() and _LEFT_OUT.isdisjoint(path.relative_to(_PACKAGE).parts):
            yield path.relative_to(_PACKAGE.parent).as_posix(), read_file(str(path))


def _packed(files: dict[str, bytes]) -> bytes:
    """Return a ZIP whose bytes depend on nothing but the files: neither on dates nor on zlib."""
    data = io.BytesIO()
    with ZipFile(data, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(file_entry(name, is_program=name in SCRIPTS), content)
    return data.getvalue()
