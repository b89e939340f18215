"""The samples that are part of the program: `sample:NAME` is a file in any folder."""

from __future__ import annotations

import json
import os.path
import re
from collections.abc import Iterator

from attncli.documents.parsed import SAMPLE
from attncli.errors import DocumentError
from attncli.words import did_you_mean

# The order in which a name is completed.
SUFFIXES = (".json", ".csv", ".xlsx", ".npz", ".safetensors", ".ipynb")

_PACKAGE = os.path.dirname(os.path.dirname(__file__))


def samples_folder() -> str:
    """Return the folder of the samples: in an installed package, or beside it in a clone."""
    installed = os.path.join(_PACKAGE, "samples")
    return installed if os.path.isdir(installed) else os.path.join(_PACKAGE, "..", "samples")


def sample_files() -> list[str]:
    """Return the path of each sample below `samples_folder`, with `/` on every system."""
    top = samples_folder()
    paths = (os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names)
    relative = (os.path.relpath(path, top).replace(os.sep, "/") for path in paths)
    known = (path for path in relative if path.endswith(SUFFIXES))
    return sorted(known, key=lambda path: (os.path.splitext(path)[0], _rank(path)))


def _rank(path: str) -> int:
    """Return the place of a file's suffix in `SUFFIXES`."""
    return SUFFIXES.index(os.path.splitext(path)[1])


def sample_names() -> list[str]:
    """Return what a user writes for each sample: `sample:self_attention`.

    The suffix is left out, unless a name without it means another sample.
    """
    files = sample_files()
    return [SAMPLE + _shortest(file, files) for file in files]


def _shortest(file: str, files: list[str]) -> str:
    stem = os.path.splitext(file)[0]
    return stem if _found(stem, files) == file else file


def _found(name: str, files: list[str]) -> str | None:
    """Return the file that a name with or without suffix means; None if there is none."""
    return next((name + suffix for suffix in ("", *SUFFIXES) if name + suffix in files), None)


def sample_path(text: str) -> str:
    """Return the path of the sample that a text names, such as `two_heads`.

    A key and slice stay behind the path: `models/gpt2.safetensors:KEY[:,0:4]`. Raises DocumentError
    if there is no such sample.
    """
    name, key = re.fullmatch(r"(?s)([^:\[]*)(.*)", text).groups()  # type: ignore[union-attr]
    files = sample_files()
    file = _found(name, files)
    if file is None:
        known = [name.removeprefix(SAMPLE) for name in sample_names()]
        message = f"there is no such sample{did_you_mean(name, known)}."
        raise DocumentError(message, "List the samples: attncli samples.")
    return os.path.join(samples_folder(), *file.split("/")) + key


def titles() -> Iterator[tuple[str, str]]:
    """Yield each sample as a user writes it, with its title; '' if it has none."""
    for name, file in zip(sample_names(), sample_files(), strict=True):
        yield name, _title(os.path.join(samples_folder(), *file.split("/")))


def _title(path: str) -> str:
    """Return the title of a JSON or CSV document; '' if it has none."""
    if path.endswith(".json"):
        with open(path, encoding="utf-8") as file:
            return str(json.load(file).get("title", ""))
    if path.endswith(".csv"):
        with open(path, encoding="utf-8") as file:
            return next((line[8:].strip() for line in file if line.startswith("title = ")), "")
    return ""
