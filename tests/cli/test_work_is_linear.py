"""Test that the work on an input grows with its size, and not with the square of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from attncli.documents.arrays.slices import index_of
from attncli.errors import DocumentError
from attncli.homework.answers.digits import read_cell
from tests.running import run, succeed

MOST_SECONDS = 2.0  # each takes milliseconds, and took minutes when the work was square


def repeated_key() -> None:
    """Read an object of 50,000 keys with one key twice."""
    keys = [f'"k{number}": 1' for number in range(50_000)]
    result = run("compute", "-", stdin="{" + ",".join([*keys, '"k49999": 2']) + "}")
    assert "the key 'k49999' appears twice" in result.stderr


def long_cell() -> None:
    """Read cells of 200,000 digits that end in another character."""
    for end in ("x", " %x", ".5x", "%"):
        with pytest.raises(ValueError, match="longer than"):
            read_cell("1" * 200_000 + end)


def blanks_in_a_slice() -> None:
    """Read a slice with 20,000 blanks in it."""
    with pytest.raises(DocumentError, match="is not a slice"):
        index_of("1" + " " * 20_000 + "x", "W", (5,))


@pytest.mark.parametrize("read", [repeated_key, long_cell, blanks_in_a_slice])
def test_a_long_input_is_read_at_once(read: Callable[[], None]) -> None:
    """An input on which square work takes minutes is read in a moment of processor time."""
    begin = time.process_time()
    read()
    assert time.process_time() - begin < MOST_SECONDS


def test_explain_writes_each_cell_once() -> None:
    """In JSON, a cell that is already written has its value alone, however deep the tree is."""
    sizes = [
        len(
            succeed(
                *("explain", "samples/transformer.json", "output[1,1]", "--depth", depth),
                *("-f", "json"),
            ).stdout
        )
        for depth in ("6", "9")
    ]
    assert sizes[1] < 20 * sizes[0]
    assert sizes[1] < 2_000_000
    document = '{"X": [[1, 2], [3, 4]]}'
    (entry,) = json.loads(
        succeed("explain", document, "output[1,1]", "--depth", "3", "-f", "json").stdout
    )
    written: list[str] = []

    def collect(part: dict[str, object]) -> None:
        if "formula" in part:
            written.append(str(part["cell"]))
        operands = part.get("operands", [])
        assert isinstance(operands, list)
        for operand in operands:
            collect(operand)

    collect(entry)
    assert len(written) == len(set(written)) > 3
