"""Test that NPY and NPZ files with any damage are refused in one message, without a warning."""

from __future__ import annotations

import io
import random
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from attncli.documents.reader import Reader
from attncli.errors import AttncliError
from tests.running import run

HEADER = "{{'descr': {0}, 'fortran_order': False, 'shape': {1}, }}"
DAMAGED = "it is not an NPZ or NPY file of plain arrays, or it is damaged."

# The type and the shape in the header of an NPY file, and the error that NumPy raises for them.
HEADERS = {
    "TypeError": ("'<f8'", "(True, 2)"),
    "TokenError": ("'<f8'", "(2, 3"),
    "bytes as a type": ("[(b'x', '<f8')]", "(2, 3)"),
    "SyntaxError": ("'<f8' '", "(2, 3)"),
    "OverflowError": ("'<f8'", "(99999999999999999999, 2)"),
    "a warning of overflow": ("'<f8'", "(4294967296, 4294967296)"),
    "a negative size": ("'<f8'", "(-2, 3)"),
    "a pickle": ("'O'", "(2, 3)"),
    "no type": ("None", "(2, 3)"),
}


def npy(descr: str, shape: str, data: bytes = bytes(48)) -> bytes:
    """Return an NPY file with this type and shape in its header."""
    header = HEADER.format(descr, shape).encode("latin-1")
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


def npz(member: bytes, name: str = "X.npy", method: int = zipfile.ZIP_STORED) -> bytes:
    """Return an NPZ file with one member."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(name, member)
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("fault", HEADERS)
def test_a_header_with_any_fault_is_refused(fault: str, suffix: str, tmp_path: Path) -> None:
    """The message is the same for every error that NumPy raises for a header."""
    file = tmp_path / f"x{suffix}"
    member = npy(*HEADERS[fault])
    file.write_bytes(member if suffix == ".npy" else npz(member))
    result = run("compute", str(file))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: {file}: {DAMAGED} ")


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_a_file_of_python_2_is_read_without_a_warning(suffix: str, tmp_path: Path) -> None:
    """Python 2 wrote sizes as `2L`, of which NumPy warns."""
    file = tmp_path / f"x{suffix}"
    member = npy("'<f8'", "(2L, 3L)")
    file.write_bytes(member if suffix == ".npy" else npz(member))
    result = run("compute", str(file), "--only", "output", "-f", "csv")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "0.0,0.0,0.0\n0.0,0.0,0.0\n"


# 1 and a signalling NaN, in numbers of 2, 4 and 8 bytes.
SIGNALLING = {
    "f2": (0x3C00, 0x7D01),
    "f4": (0x3F800000, 0x7FA00000),
    "f8": (0x3FF0000000000000, 0x7FF4000000000000),
}


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", SIGNALLING)
@pytest.mark.parametrize("options", [[], ["--dtype", "float16"]], ids=" ".join)
def test_a_signalling_nan_is_named_without_a_warning(
    options: list[str], kind: str, order: str, tmp_path: Path
) -> None:
    """NumPy warns when it converts such a NaN; the cell is named as any other NaN."""
    cells = np.array(SIGNALLING[kind], f"{order}u{kind[1]}").tobytes()
    (tmp_path / "x.npy").write_bytes(npy(f"'{order}{kind}'", "(1, 2)", cells))
    result = run("compute", str(tmp_path / "x.npy"), *options)
    assert result.exit_code == 2
    assert re.fullmatch(r"Error: .*row 1, column 2 is nan.*\n", result.stderr)


def test_characters_that_do_not_exist_are_damage(tmp_path: Path) -> None:
    """A label beyond the last character of Unicode would be a broken text in Python."""
    label = npy("'<U1'", "(1,)", (0x110000).to_bytes(4, "little"))
    (tmp_path / "x.npz").write_bytes(npz(label, "tokens.npy"))
    result = run("compute", str(tmp_path / "x.npz"), "X=[[1]]")
    assert result.exit_code == 2
    assert "tokens holds characters that do not exist: it is damaged." in result.stderr


def test_a_key_with_control_characters_is_spelled_out(tmp_path: Path) -> None:
    """A key cannot clear the screen."""
    file = tmp_path / "x.npz"
    file.write_bytes(npz(npy("'<f8'", "(2, 3)"), "a\x1b[2J\u202eb.npy"))
    for arguments in ([str(file)], [f"X={file}:b"], [f"X={file}:a[0:1"]):
        result = run("compute", *arguments)
        assert result.exit_code == 2
        assert result.stderr.removesuffix("\n").isprintable()


METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@pytest.mark.parametrize("method", METHODS)
def test_damaged_bytes_are_refused(method: int, tmp_path: Path) -> None:
    """A file of which some bytes are changed or lost is read, or refused by a message."""
    changes = random.Random(method)
    file = tmp_path / "x.npz"
    whole = npz(npy("'<f8'", "(2, 3)"), method=method)
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(changes.choice((1, 1, 3))):
            data[changes.randrange(4, len(data))] = changes.randrange(256)
        file.write_bytes(data[: changes.choice((len(data), len(data), len(data) - 9))])
        try:
            Reader().document(str(file))
        except AttncliError:
            continue
        except Exception as error:
            raise AssertionError(bytes(data)) from error
