"""Turn the rectangles of a grid into matrices and choices by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, takewhile
from math import prod
from types import MappingProxyType
from typing import Any, TypeAlias

from attncli.calculation.choices.choices import CHOICES
from attncli.calculation.masks.mask_rules import is_rule
from attncli.calculation.names.known_names import known_name, last_of
from attncli.calculation.names.matrix_names import MATRICES
from attncli.calculation.names.pytorch_names import is_torch_weight
from attncli.calculation.names.step_names import STEPS
from attncli.documents.parsed import NAMELESS, Parsed, Part
from attncli.documents.sheets.counters import without_counters
from attncli.documents.sheets.rectangles import Cell, Grid, Rectangle, rectangles
from attncli.documents.sheets.written_names import LONGEST, Label, read_label
from attncli.errors import DocumentError, ProblemError
from attncli.records import record, replace
from attncli.words import in_words, shape_text, some_in_words

# Returns the text of a place such as `B3:D6`: of a row and a column, counted from 0, and of the
# number of rows and columns that begin there.
WhereOf: TypeAlias = "Callable[[int, int, int, int], str]"

# For a row and a column, counted from 0: a sentence with the fault of the cell, and the cure.
Faults: TypeAlias = "Mapping[tuple[int, int], tuple[str, str]]"

# The name of a choice, the row and the column of its value, and the value.
_Choice: TypeAlias = "tuple[str, int, int, object]"

_MOST_LISTED = 5
_TRIPLES = ("Q", "K", "V"), ("W_q", "W_k", "W_v")
_LABELS = ("tokens", "memory_tokens")  # choices whose value is a list


@record(frozen=True)
class _Found:
    """A rectangle with the meaning of its label, and its place as a text."""

    rectangle: Rectangle
    label: Label
    where: str
    value: list[list[Cell]]


def _note(found: Sequence[_Found], meaning: str) -> str:
    """Return the sentence that says what a rectangle, or one rectangle per head, was taken for."""
    first = found[0]
    names = ", ".join(filter(None, dict.fromkeys(one.rectangle.name for one in found)))
    places = in_words([one.where for one in found])
    heads = (len(found),) if len(found) > 1 else ()
    shape = shape_text((*heads, len(first.value), len(first.value[0])))
    turned = "the transpose of " if first.label.is_transposed else ""
    written = f"{names} ({places})" if names else places
    return f"{written} is read as {turned}{meaning}, {shape}."


@record(frozen=True)
class GridParts:
    """The matrices and choices of a grid by name; `left_out` are the places without a name."""

    parts: Parsed
    left_out: tuple[str, ...] = ()

    def all_named(self) -> Parsed:
        """Return the parts, with a note on the places that are left out.

        Raises DocumentError if numbers are left out, and no matrix has a name.
        """
        if not self.left_out:
            return self.parts
        listed = some_in_words(self.left_out, _MOST_LISTED)
        if not any(last_of(name) not in CHOICES for name in self.parts):
            message = f"none of its matrices has a known name: {listed}."
            raise DocumentError(message, "Write a name such as X, W_q or scores above each matrix.")
        return noted(self.parts, f"left out: {listed}.")


def noted(parts: Parsed, note: str) -> Parsed:
    """Return the parts, with another note on the last of them."""
    last = [*parts][-1]
    return {**parts, last: replace(parts[last], notes=(*parts[last].notes, note))}


def parts_of_grid(grid: Grid, where_of: WhereOf, written: Grid | None = None) -> Parsed:
    """Return the matrices and choices of a grid by name, with notes on the meaning of each label.

    The grid of an answer has its cells as they are written in `written`; `grid` has numbers in
    their place. A rectangle without a label that names a matrix is left out, with a note; the only
    rectangle of a grid then has no name. Several rectangles with one name are heads.

    Raises DocumentError if the grid holds no matrix with a name, if a cell in a matrix is empty or
    a text (in an answer it is blank), and for a name that is given twice.
    """
    return read_grid(grid, where_of, written).all_named()


def read_grid(
    grid: Grid,
    where_of: WhereOf,
    written: Grid | None = None,
    name: str | None = None,
    skips: Callable[[Rectangle], bool] = lambda _: False,
    faults: Faults = MappingProxyType({}),
) -> GridParts:
    """Return the matrices and choices of a grid by name, and the rectangles without a name.

    `name` is the name of the rectangle if the grid has only one. Rectangles that `skips` accepts
    are ignored. `faults` names the fault of a cell, and the cure, by row and column, counted from
    0. Raises DocumentError as `parts_of_grid` does, and for a fault in a matrix.
    """
    single = list(_single_numbers(grid))
    inner = _without(grid, {(row, column) for _, row, column, _ in single})
    found = [without_counters(inner, one) for one in rectangles(inner)]
    choices = dict(_choices(chain(single, _lists(found), _texts(grid)), where_of, faults))
    matrices = [one for one in found if not _is_choice(one) and not skips(one)]
    named: dict[str, list[_Found]] = {}
    unknown: list[str] = []
    large = [one for one in matrices if read_label(one.name) or not _is_single(one)] or matrices
    for one in matrices:
        where = where_of(one.row, one.column, len(one.cells), len(one.cells[0]))
        label = read_label(one.name)
        if name and large == [one]:
            label = Label(name)
        if label is None and large != [one]:
            said = f"the label {one.name!r} does not name a matrix" if one.name else "no label"
            unknown.append(f"{where} ({said})")
            continue
        value = _value(one, where_of, written, faults)
        if label is None:
            choices[NAMELESS] = _nameless(one, where, value)
            continue
        if label.is_transposed:
            value = [list(column) for column in zip(*value, strict=True)]
        named.setdefault(label.name, []).append(_Found(one, label, where, value))
    return GridParts({**choices, **_named_parts(named, written is not None)}, tuple(unknown))


def _value(
    one: Rectangle, where_of: WhereOf, written: Grid | None, faults: Faults
) -> list[list[Cell]]:
    """Return the cells of a matrix. Raises DocumentError for a cell that is not a number."""
    where = where_of(one.row, one.column, len(one.cells), len(one.cells[0]))
    rows = range(one.row, one.row + len(one.cells))
    columns = range(one.column, one.column + len(one.cells[0]))
    for row, column in faults:
        if row in rows and column in columns:
            raise DocumentError(*faults[row, column])
    if written is not None:
        return [[_cell(written, row, column) for column in columns] for row in rows]
    for i, cells in zip(rows, one.cells if one.has_gaps else (), strict=False):
        for j, cell in zip(columns, cells, strict=True):
            if isinstance(cell, str):
                said = repr(cell) if cell else "empty"
                name = f"{one.name} ({where})" if one.name else where
                message = f"{name}: {where_of(i, j, 1, 1)} is {said}, not a number."
                gap = " Leave a gap between a matrix and other cells." if cell else ""
                raise DocumentError(message, f"Every cell needs a number.{gap}")
    return one.cells


def _cell(grid: Grid, row: int, column: int) -> Cell:
    return grid[row][column] if column < len(grid[row]) else ""


def _nameless(one: Rectangle, where: str, value: list[list[Cell]]) -> Part:
    notes: tuple[str, ...] = ()
    if one.name:
        notes = (f"{where} is read as one matrix; {one.name!r} does not name a matrix.",)
    if one.note:
        notes = (*notes, f"{where}: {one.note}")
    return Part(value, one.row_labels, one.column_labels, notes=notes)


def _named_parts(named: dict[str, list[_Found]], is_answer: bool) -> dict[str, Part]:
    """Return one part per name: of one rectangle, of slices with numbers, or of repeated heads."""
    left_out = _left_out_transposes(named)
    heads = _heads(named)
    parts: dict[str, Part] = {}
    for name, found in named.items():
        first = found[0].rectangle
        meaning = _of_heads(name, named, is_answer) if name in heads else name
        value: Any = found[0].value
        if len(found) > 1 or found[0].label.index:
            value = _stacked(name, found)
            if meaning in ("Q", "K", "V") and "W_o" in named:
                value = [value]  # rank 4: one batch entry, with the heads of Q, K and V
        doubts = [f"{one.where}: {one.rectangle.note}" for one in found if one.rectangle.note]
        notes = (_note(found, meaning), *doubts, *left_out.get(name, ()))
        labels = first.row_labels, first.column_labels
        turned = (labels[1], labels[0]) if found[0].label.is_transposed else labels
        parts[meaning] = Part(value, *turned, is_torch_weight(first.name), notes)
    return parts


def _left_out_transposes(named: dict[str, list[_Found]]) -> dict[str, list[str]]:
    """Remove the transposes of matrices that are also given as they are; return a note for each."""
    notes: dict[str, list[str]] = {}
    for name, found in named.items():
        straight = [one for one in found if not one.label.is_transposed]
        if straight and len(straight) < len(found):
            turned = [one for one in found if one.label.is_transposed]
            said = f"left out, because {name} is given as well."
            notes[name] = [f"{one.rectangle.name} ({one.where}) is {said}" for one in turned]
            named[name] = straight
    return notes


def _heads(named: dict[str, list[_Found]]) -> set[str]:
    """Return the names that several rectangles have, one per head.

    Raises DocumentError if they cannot be heads: Q, K and V, or their weights, differ in number.
    """
    several = {name: found for name, found in named.items() if len(found) > 1}
    counts = {len(found) for found in several.values()}
    for name, found in several.items():
        triple = next((names for names in _TRIPLES if name in names), ())
        others = [other for other in triple if other in named and other not in several]
        numbered = all(one.label.index for one in found)
        if (len(counts) > 1 or others or not _has_heads(name)) and not numbered:
            places = in_words([f"at {one.where}" for one in found[:3]])
            message = f"{name} is given {len(found)} times: {places}."
            if others:
                message = f"{message} {others[0]} is given once, at {named[others[0]][0].where}."
            hint = "Heads need as many of Q as of K and V. Rename or remove the others."
            raise DocumentError(message, hint, (name,))
    return set(several)


def _has_heads(name: str) -> bool:
    last = last_of(name)
    one_for_all = ("X", "memory", "W_o", "b_o", "concat", "position", "embedded", "average")
    return last not in one_for_all and (
        last in STEPS or (last in MATRICES and "heads" in MATRICES[last].leading)
    )


def _of_heads(name: str, named: dict[str, list[_Found]], is_answer: bool) -> str:
    """Return the name of a matrix that has one rectangle per head."""
    if any(one.label.is_slice for one in named[name]):
        return name
    is_projected = any(weight in named for weight in _TRIPLES[1]) or (is_answer and "X" in named)
    if name in _TRIPLES[0]:
        return f"{name}_h" if is_projected else name
    given = any(matrix in named for matrix in _TRIPLES[0]) and not is_projected
    return "heads" if name == "output" and not given else name


def _stacked(name: str, found: list[_Found]) -> list[Any]:
    """Return the rectangles of one name as a matrix of rank 3 or 4, in the order of their numbers.

    Raises DocumentError if a number is missing or given twice, or if the sizes differ.
    """
    indices = [one.label.index for one in found]
    if not any(indices):  # heads in reading order
        indices = [(number,) for number in range(1, len(found) + 1)]
    first = 0 if any(0 in index for index in indices) else 1
    sizes = [max(axis) + 1 - first for axis in zip(*indices, strict=False)]
    lengths = {len(index) for index in indices}
    if len(lengths) > 1 or prod(sizes) != len(indices) or len(set(indices)) < len(indices):
        places = in_words([f"{one.rectangle.name} ({one.where})" for one in found])
        message = f"the parts of {name} are not numbered one by one: {places}."
        raise DocumentError(message, f"Number them from {first}, each once.", (name,))
    shapes = [(len(one.value), len(one.value[0])) for one in found]
    for one, shape in zip(found, shapes, strict=True):
        if shape != shapes[0]:
            here = f"{one.rectangle.name} ({one.where}) is {shape_text(shape)}"
            message = f"{here}, but {found[0].where} is {shape_text(shapes[0])}."
            raise DocumentError(message, f"All parts of {name} have one size.", (name,))
    pairs = sorted(
        zip(indices, (one.value for one in found), strict=True), key=lambda pair: pair[0]
    )
    values: list[Any] = [value for _, value in pairs]
    for size in reversed(sizes[1:]):
        values = [values[i : i + size] for i in range(0, len(values), size)]
    return values


def _is_single(one: Rectangle) -> bool:
    return len(one.cells) == len(one.cells[0]) == 1


def _is_choice(one: Rectangle) -> bool:
    """Return True if a rectangle is the value of a choice, such as `cache_lens` | 2 | 3."""
    last = last_of(_choice_name(one.name) or "")
    return last in CHOICES and last not in MATRICES and (_is_single(one) or last not in STEPS)


@lru_cache(maxsize=4096)
def _choice_name(text: str) -> str | None:
    name = known_name(text.strip().rstrip(":= ")) if len(text) <= LONGEST else None
    return name if last_of(name or "") in CHOICES else None


def _choices(
    found: Iterable[_Choice], where_of: WhereOf, faults: Faults
) -> Iterator[tuple[str, Part]]:
    """Yield the choices as parts.

    Raises DocumentError for a choice that is given twice, and for a cell with a fault.
    """
    places: dict[str, str] = {}
    for name, row, column, value in found:
        where = where_of(row, column, 1, 1)
        if (row, column) in faults:
            raise DocumentError(*faults[row, column])
        if name in places:
            message = f"{name} is given twice: at {places[name]} and at {where}."
            raise DocumentError(message, "Remove one of them.", (name,))
        places[name] = where
        yield name, Part(value, notes=(f"{name} is {_said(value)} ({where}).",))


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _single_numbers(grid: Grid) -> Iterator[_Choice]:
    """Yield the choices that are one number at the right of their name: `heads` | 2."""
    for row, cells in enumerate(grid):
        for column, cell in enumerate(cells[1:], 1):
            label = cells[column - 1]
            if isinstance(cell, str) or not isinstance(label, str) or not label:
                continue
            name = _choice_name(label)
            is_alone = column + 1 == len(cells) or isinstance(cells[column + 1], str)
            if name and is_alone and last_of(name) not in MATRICES:
                yield name, row, column, _plain(cell)


def _without(grid: Grid, places: set[tuple[int, int]]) -> Grid:
    """Return the grid with these cells empty."""
    rows = {row for row, _ in places}
    return [
        ["" if (i, j) in places else cell for j, cell in enumerate(row)] if i in rows else row
        for i, row in enumerate(grid)
    ]


def _lists(found: Sequence[Rectangle]) -> Iterator[_Choice]:
    """Yield the choices that are several numbers, and single numbers below their name."""
    for one in found:
        if _is_choice(one):
            values = [_plain(cell) for row in one.cells for cell in row]
            value = values[0] if len(values) == 1 else values
            yield _choice_name(one.name) or "", one.row, one.column, value


def _plain(cell: Cell) -> Cell | int:
    """Return a whole number as an int: the label of a token is 1, not 1.0."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _texts(grid: Grid) -> Iterator[_Choice]:
    """Yield the choices that are texts: at the right of their name, or in its cell after `=`."""
    for row, cells in enumerate(grid):
        for column, cell in enumerate(cells):
            if not isinstance(cell, str) or not cell:
                continue
            left, _, right = cell.partition("=")
            name = _choice_name(left)
            if not name:
                continue
            place = column if right.strip() else column + 1
            value: object = right.strip() or next(iter(cells[place : place + 1]), "")
            if name in _LABELS and not right.strip():
                run = takewhile(lambda one: one != "", cells[place:])
                value = [one if isinstance(one, str) else str(_plain(one)) for one in run]
                is_text = any(isinstance(one, str) for one in cells[place : place + len(value)])
            else:
                is_text = isinstance(value, str) and value != ""
            if is_text and _is_value(last_of(name), value):
                yield name, row, place, value


def _is_value(name: str, value: object) -> bool:
    """Return True if a text beside the name of a choice is its value, not the label of a matrix."""
    if name not in MATRICES and name not in STEPS:
        return True
    if name == "mask":
        return isinstance(value, str) and is_rule(value)
    try:
        CHOICES[name].read(value)
    except ProblemError:
        return False
    return True
