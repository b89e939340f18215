"""Read the matrices that the outputs of a Jupyter notebook show. No code is ever run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from attncli.calculation.names.known_names import known_name, last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.names.step_names import STEPS
from attncli.documents.parsed import IsValue, Parsed, Part
from attncli.documents.prints.pasted_text import FoundMatrix, PrintScan
from attncli.documents.prints.recognition import begins_as_print, looks_like_print
from attncli.errors import AttncliError, DocumentError
from attncli.records import record, replace
from attncli.words import some_in_words

MOST_NAMED = 6  # the largest number of skipped matrices that a note names
_PRINT = re.compile(r"^print\((.*)\)$")
# An expression that shows a matrix as it is, or rounded.
_SHOWN = re.compile(
    r"(?:(?:np|torch)\.round\()?([^\W\d][\w.]*?)(?:, *(?:decimals *= *)?\d+\))?"
    r"(?:\.(?:detach|cpu|numpy|clone|round|tolist|float|double)\((?:decimals *= *)?\d*\)|\.data)*"
)


@record(frozen=True)
class CellOutput:
    """One text that a cell shows, with the names that the code of the cell shows in it."""

    cell: str
    text: str
    names: tuple[str, ...]


def is_notebook(value: Mapping[str, Any]) -> bool:
    """Return True if a JSON object is a notebook."""
    return "nbformat" in value and isinstance(value.get("cells"), list)


def parse_notebook(notebook: Mapping[str, Any], is_value: IsValue | None = None) -> Parsed:
    """Return the matrices in the outputs of a notebook, with notes on where each was found.

    A matrix is called by a label in the output, by `print(NAME)`, or by a NAME on the last line of
    the cell. An answer keeps the steps, and a problem the other matrices; the last output of a name
    counts. Raises DocumentError if there is no such matrix, and if a named one is not whole.
    """
    parts: dict[str, Part] = {}
    cells: dict[str, str] = {}
    skipped: list[str] = []
    for output in _outputs(notebook):
        for name, found in _matrices(output, is_value):
            known = known_name(name) if name else None
            if not known or not _belongs(known, is_value is not None):
                skipped.append(f"{name or 'a matrix without a name'} in {output.cell}")
                continue
            label = "" if name == known else f", where it is called {name}"
            notes = [f"{known} is taken from the output of {output.cell}{label}."]
            if known in parts:
                notes.append(f"{known} is also shown in {cells[known]}; the last output counts.")
            cells[known] = output.cell
            parts[known] = found.part(tuple(notes), is_value)
    if not parts:
        wanted = "steps such as weights" if is_value else "matrices such as X or Q"
        seen = f" It shows {some_in_words(skipped, MOST_NAMED)}." if skipped else ""
        message = f"the outputs of this notebook show no {wanted} by name.{seen}"
        hint = 'Write print("weights =", weights) in a cell, run it, and save the notebook.'
        raise DocumentError(message, hint)
    if skipped:
        first = next(iter(parts))
        note = f"skipped: {some_in_words(skipped, MOST_NAMED)}."
        parts[first] = replace(parts[first], notes=(*parts[first].notes, note))
    return parts


def _belongs(name: str, is_answer: bool) -> bool:
    """Return True if an answer, or a problem, takes a matrix with this name from a notebook."""
    last = last_of(name)
    return last in STEPS if is_answer else last in MATRICES


def _outputs(notebook: Mapping[str, Any]) -> Iterator[CellOutput]:
    """Yield the texts that the code cells show, in their order."""
    for number, cell in enumerate(notebook["cells"], 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        count = cell.get("execution_count")
        called = f"cell [{count}]" if count else f"cell {number}"
        lines = [line for line in _joined(cell.get("source")).splitlines() if line.strip()]
        printed = tuple(_printed_by(lines))
        last = tuple(_names(lines[-1])) if lines else ()
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else ():
            if not isinstance(output, dict):
                continue
            data = output.get("data")
            if output.get("output_type") == "stream" and output.get("name", "stdout") == "stdout":
                yield CellOutput(called, _joined(output.get("text")), printed)
            elif isinstance(data, dict):
                yield CellOutput(called, _joined(data.get("text/plain")), last)


def _joined(text: object) -> str:
    """Return a text that a notebook holds as a string or as a list of lines."""
    if isinstance(text, list):
        return "".join(line for line in text if isinstance(line, str))
    return text if isinstance(text, str) else ""


def _printed_by(lines: list[str]) -> Iterator[str]:
    """Yield what the lines `print(weights, output)` of a cell print, without the texts in quotes.

    Prints in loops, conditions and functions may run any number of times, so none has a name then.
    """
    if any(re.match(r"\s.*\bprint\(|.*:\s*print\(", line) for line in lines):
        return
    for line in lines:
        call = _PRINT.fullmatch(line.split("#")[0].strip().removesuffix(";"))
        if call:
            yield from _names(re.sub(r"f?(?:\"[^\"]*\"|'[^']*')|\b(?:sep|end) *= *", "", call[1]))


def _names(line: str) -> Iterator[str]:
    """Yield the name of each expression of a line; an empty name for other expressions."""
    depth, start = 0, 0
    for at, character in enumerate(f"{line},"):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            expression = line[start:at].strip()
            start = at + 1
            shown = _SHOWN.fullmatch(expression)
            if expression:
                yield shown[1] if shown else ""


def _matrices(
    output: CellOutput, is_value: IsValue | None
) -> Iterator[tuple[str | None, FoundMatrix]]:
    """Yield the matrices of one output, each with its name.

    Matrices without a label have the names in the code, if they are as many.
    """
    data = output.text.encode()
    if not (looks_like_print(data) or begins_as_print(data)):
        return
    scan = PrintScan(output.text, is_value, only_names=True)
    try:
        found = list(scan.matrices())
    except AttncliError as error:
        named = {scan.label_name, *output.names} - {None, ""}
        if any(known_name(name or "") for name in named):
            error.message = f"{output.cell}, {error.message}"
            raise
        return
    labelled = {entry.name for entry in found if known_name(entry.name or "")}
    others = [entry for entry in found if entry.name not in labelled]
    shown = [name for name in output.names if name not in labelled]
    names = iter(shown if len(shown) == len(others) else [""] * len(others))
    for entry in found:
        yield entry.name if entry.name in labelled else next(names) or entry.name, entry
