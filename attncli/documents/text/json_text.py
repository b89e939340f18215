"""Read JSON, an object of matrices and choices with nested sublayers; write matrices as JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from attncli.calculation.names.known_names import known_name, last_of
from attncli.calculation.names.pytorch_names import from_pytorch
from attncli.calculation.problem.document import JsonNumber
from attncli.documents.files import decode
from attncli.documents.parsed import NAMELESS, AnyArray, IsValue, Parsed, Part
from attncli.errors import DocumentError

if TYPE_CHECKING:
    from attncli.calculation.problem.problem import Computation
    from attncli.calculation.problem.shown import ShownMatrix


def parse_json(data: bytes, is_value: IsValue | None = None) -> Parsed:
    """Return the entries of an object; a list alone is one nameless matrix.

    JSON Lines, as -f jsonl writes them, are read too. For an answer, which has `is_value`, numbers
    stay as they are written: they are `JsonNumber`. A print of NumPy, such as `[[1. 0.]]`, begins
    as JSON does, and is read as a print.

    Raises DocumentError, with line and column, if the text is not JSON or an object repeats a key.
    """
    text = decode(data)
    parsers = ("parse_int", "parse_float", "parse_constant") if is_value else ()
    as_written: dict[str, Any] = dict.fromkeys(parsers, JsonNumber)
    if _JSON_LINES.match(text):
        lines = (
            _loaded(line, i, as_written) for i, line in enumerate(text.splitlines(), 1) if line
        )
        return dict(_step_of(line) for line in lines)
    try:
        value = _loaded(text, 1, as_written)
    except DocumentError:
        from attncli.documents.prints.recognition import begins_as_print

        if not begins_as_print(data):
            raise
        from attncli.documents.prints.pasted_text import parse_prints

        return parse_prints(data, is_value)
    if isinstance(value, list):
        return _with_points({NAMELESS: Part(value)}, text, is_value)
    if not isinstance(value, dict):
        message = f"it holds {json.dumps(value)}, but a document is an object of matrices."
        raise DocumentError(message, 'Write {"X": [[1, 0], [0, 1]]}.')
    if "nbformat" in value:
        from attncli.documents.prints.notebook_outputs import is_notebook, parse_notebook

        if is_notebook(value):
            return parse_notebook(value, is_value)
    try:
        return _with_points(dict(flat_entries(value)), text, is_value)
    except RecursionError:
        raise _too_deep() from None


_COMMA_NUMBER = re.compile(r'"\s*[+-]?\d*,\d+\s*"')


def _with_points(entries: dict[str, Part], text: str, is_value: IsValue | None) -> Parsed:
    """Return the entries of an answer with points for the decimal commas of its cells."""
    if not (is_value and _COMMA_NUMBER.search(text)):
        return entries
    from attncli.documents.text.decimal_commas import with_points

    return {name: with_points(name, part) for name, part in entries.items()}


_JSON_LINES = re.compile(r'\s*\{\s*"step"\s*:')


def _step_of(line: Any) -> tuple[str, Part]:
    """Return the name and the matrix that a line of JSON Lines holds."""
    if not isinstance(line, dict) or not {"step", "values"} <= line.keys():
        message = "a line of JSON Lines needs the keys step and values."
        raise DocumentError(message, 'Write {"step": "scores", "values": [[1, 0]]}.')
    return str(line["step"]), Part(line["values"])


def _loaded(text: str, first_line: int, parsers: Mapping[str, Any]) -> Any:
    """Return the value of a JSON text that begins in line `first_line` of its file.

    Raises DocumentError, with line and column, if the text is not JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, **parsers)
    except json.JSONDecodeError as error:
        from attncli.documents.text.json_causes import not_json

        raise not_json(text, error.pos, first_line) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # Python reads no whole number of more than 4300 digits
        raise DocumentError("a number in it is too long.", "Numbers reach to 1.8e308.") from None


def _too_deep() -> DocumentError:
    return DocumentError("its lists are nested too deeply.", "A matrix has 2 to 4 axes.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        times = Counter(key for key, _ in pairs)
        twice = next(key for key in times if times[key] > 1)
        raise DocumentError(
            f"the key {twice!r} appears twice in one object.", "Remove one of them."
        )
    return entries


def flat_entries(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Part]]:
    """Yield all entries by name; an entry of a sublayer is called `cross.W_q`, `layers.1.W_q`.

    An object that describes a mask is one entry.
    """
    for key, entry in value.items():
        if isinstance(entry, Mapping) and last_of(known_name(key) or "") != "mask":
            yield from flat_entries(entry, f"{prefix}{key}.")
        elif key == "layers" and entry == []:
            message = f"{prefix}layers is an empty list."
            raise DocumentError(message, "Give a layer, or leave layers out.")
        elif key == "layers" and isinstance(entry, list) and all(type(e) is dict for e in entry):
            for number, nested in enumerate(entry, 1):
                # The list is numbered from 1; PyTorch's names, which count from 0, are replaced.
                for name, part in flat_entries(nested):
                    yield f"{prefix}{key}.{number}.{from_pytorch(name) or name}", part
        else:
            yield prefix + key, Part(entry)


def write_json(result: Computation, _: bool) -> bytes:
    """Return a result as one object: the labels of its tokens, then its matrices."""
    return dump_json(result.matrices, result.labels)


def dump_json(
    matrices: Mapping[str, AnyArray], labels: Mapping[str, Sequence[str]] | None = None
) -> bytes:
    """Return one object: labels on one line, matrices with one line per row.

    Every digit is kept. Infinities and NaN are strings.
    """
    entries = [
        f"  {json.dumps(name)}: {_text_list(texts)}" for name, texts in (labels or {}).items()
    ]
    entries += [
        f"  {json.dumps(name)}: {_lines(json_numbers(m), '  ')}" for name, m in matrices.items()
    ]
    return ("{\n" + ",\n".join(entries) + "\n}\n").encode()


def _text_list(texts: Sequence[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)


def write_jsonl(result: Computation, _: bool) -> bytes:
    """Return a result as JSON Lines: one object per step, each on its own line.

    An object has the name of the step, its shape, the labels of its rows and columns if there are
    any, and its numbers.
    """
    return "".join(f"{_json_line(shown)}\n" for shown in result.shown()).encode()


def _json_line(shown: ShownMatrix) -> str:
    matrix = shown.matrix
    labels = {"rows": shown.row_labels, "columns": shown.column_labels}
    entries = {
        "step": json.dumps(shown.name),
        "shape": json.dumps(matrix.shape),
        **{side: _text_list(texts) for side, texts in labels.items() if texts},
        "values": json.dumps(json_numbers(matrix), allow_nan=False, separators=(",", ":")),
    }
    return "{" + ", ".join(f'"{name}": {text}' for name, text in entries.items()) + "}"


def dump_document(document: Mapping[str, Any], _: object = None) -> bytes:
    """Return nested objects as text: one line per choice, per vector and per row of a matrix."""
    return f"{_block(document, '')}\n".encode()


def _block(value: Any, indent: str) -> str:
    inner = f"{indent}  "
    if isinstance(value, Mapping):
        lines = [f"{inner}{json.dumps(name)}: {_block(e, inner)}" for name, e in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        lines = [f"{inner}{_block(entry, inner)}" for entry in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    return _lines(value, indent) if isinstance(value, list) else json.dumps(value)


def json_numbers(matrix: AnyArray) -> Any:
    """Return the numbers as nested lists; infinities and NaN, which JSON lacks, become strings."""
    if np.isfinite(matrix).all():
        return matrix.tolist()
    as_objects = matrix.astype(object)
    for index in zip(*np.nonzero(~np.isfinite(matrix)), strict=True):
        as_objects[index] = str(float(matrix[index]))
    return as_objects.tolist()


def _lines(value: Any, indent: str) -> str:
    if not value or not isinstance(value[0], list):
        return json.dumps(value, allow_nan=False)
    rows = ",\n".join(f"{indent}  {_lines(row, indent + '  ')}" for row in value)
    return f"[\n{rows}\n{indent}]"
