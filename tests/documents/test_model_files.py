"""Test weights by key from NPZ and safetensors files: read exactly, sliced, never unpickled."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from attncli.cli.program import cli
from attncli.documents.arrays.foreign import FOREIGN
from tests.make_model import MODELS, SAMPLE, layer_of_gpt2, tensors, write
from tests.running import computed

TINY = MODELS / "tiny.safetensors"
FUSED = "h.0.attn.c_attn.weight"

Matrix = list[list[float]]

# The format of a number's bytes by type; the bytes of BF16 are the first of an F32.
UNPACK = {"F64": "<d", "F32": "<f", "F16": "<e", "BF16": "<f", "I64": "<q", "U8": "<B"}
BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "U8": 1}


def header_of(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the JSON header of a safetensors file, and the bytes after it."""
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def contents(path: Path) -> dict[str, tuple[str, list[int], bytes]]:
    """Return the type, shape and bytes of each tensor."""
    header, body = header_of(path.read_bytes())
    return {
        key: (entry["dtype"], entry["shape"], body[slice(*entry["data_offsets"])])
        for key, entry in header.items()
        if key != "__metadata__"
    }


def number(cell: bytes, dtype: str) -> float:
    """Return one number from its bytes."""
    padded = b"\0\0" + cell if dtype == "BF16" else cell
    return float(struct.unpack(UNPACK[dtype], padded)[0])


def decoded(path: Path, key: str) -> list[float]:
    """Return the numbers of a tensor row by row, read without any library."""
    dtype, _, cells = contents(path)[key]
    size = BYTES[dtype]
    return [number(cells[i : i + size], dtype) for i in range(0, len(cells), size)]


def rows_of(numbers: list[float], width: int) -> Matrix:
    """Return the rows of a matrix."""
    return [numbers[i : i + width] for i in range(0, len(numbers), width)]


def file_of(path: Path, dtype: str, shape: list[int], cells: bytes) -> Path:
    """Write a safetensors file of one tensor W by hand, and return its path."""
    entry = {"dtype": dtype, "shape": shape, "data_offsets": [0, len(cells)]}
    header = json.dumps({"W": entry}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + cells)
    return path


def refused(*arguments: str, stdin: bytes = b"") -> str:
    """Return the one message that `compute` ends with, without `Error: `.

    After its first line, only lines of the file follow, which are indented.
    """
    run = CliRunner().invoke(cli, ["compute", *arguments], input=stdin)
    assert (run.exit_code, run.stdout) == (2, "")
    assert run.stderr.startswith("Error: ")
    assert all(line.startswith("  ") for line in run.stderr.splitlines()[1:])
    assert "at fault" not in run.stderr
    return run.stderr.removeprefix("Error: ").rstrip()


def matrix(place: str, rows: int) -> Any:
    """Return a matrix as the program reads it: the identity projected by the matrix."""
    identity = json.dumps([[int(i == j) for j in range(rows)] for i in range(rows)])
    weights = [f"{name}={place}" for name in ("W_q", "W_k", "W_v")]
    return computed(f"X={identity}", *weights, "--only", "Q")["Q"]


def test_the_models_equal_those_of_the_script(tmp_path: Path) -> None:
    """The binary model files equal those that the script writes."""
    write(tmp_path)
    written, kept = contents(tmp_path / TINY.name), contents(TINY)
    assert written == kept
    assert kept.keys() == tensors().keys()
    with np.load(tmp_path / "tiny.npz") as written_npz, np.load(MODELS / "tiny.npz") as kept_npz:
        assert written_npz.files == kept_npz.files
        for key in kept_npz.files:
            assert written_npz[key].dtype == kept_npz[key].dtype
            assert written_npz[key].tobytes() == kept_npz[key].tobytes()


@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
@pytest.mark.parametrize(
    ("key", "rows", "columns", "dtype"),
    [
        ("encoder.layer.0.attn.q.weight", 7, 5, "F32"),
        ("encoder.layer.0.attn.k.weight", 7, 5, "F16"),
        ("encoder.layer.0.attn.v.weight", 7, 11, "BF16"),
        (FUSED, 7, 21, "BF16"),
        ("counts:int64/up", 3, 7, "I64"),
        ("counts:uint8/up", 3, 7, "U8"),
    ],
)
def test_a_tensor_is_read_to_the_last_bit(
    suffix: str, key: str, rows: int, columns: int, dtype: str
) -> None:
    """A tensor of each type is read exactly, by keys with dots, colons and slashes."""
    assert contents(TINY)[key][0] == dtype
    expected = rows_of(decoded(TINY, key), columns)
    assert matrix(f"{MODELS}/tiny.{suffix}:{key}", rows) == expected


@pytest.mark.parametrize(("dtype", "exponent"), [("BF16", 0x7F80), ("F16", 0x7C00)])
def test_every_half_precision_number_is_read_exactly(
    dtype: str, exponent: int, tmp_path: Path
) -> None:
    """Every finite number is read exactly: one token attends to itself, and outputs its value."""
    patterns = [bits for bits in range(1 << 16) if bits & exponent != exponent]
    cells = struct.pack(f"<{len(patterns)}H", *patterns)
    path = file_of(tmp_path / "all.safetensors", dtype, [1, len(patterns)], cells)
    expected = [number(struct.pack("<H", bits), dtype) for bits in patterns]
    assert computed("Q=[[1]]", "K=[[1]]", f"V={path}", "--only", "output")["output"] == [expected]


@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
@pytest.mark.parametrize(
    ("slices", "rows", "columns"),
    [
        ("[:,0:5]", range(7), range(5)),
        ("[:,5:10]", range(7), range(5, 10)),
        ("[ : , 10:21 ]", range(7), range(10, 21)),
        ("[:,-11:]", range(7), range(10, 21)),
        ("[2:5,:]", range(2, 5), range(21)),
        ("[-3:-1,:2]", range(4, 6), range(2)),
        ("[6:7,20:]", [6], [20]),
        ("[:,:]", range(7), range(21)),
    ],
)
def test_a_slice_is_cut_out_as_numpy_does(
    suffix: str, slices: str, rows: Any, columns: Any
) -> None:
    """A slice cuts a fused matrix into Q, K and V."""
    whole = rows_of(decoded(TINY, FUSED), 21)
    expected = [[whole[i][j] for j in columns] for i in rows]
    assert matrix(f"{MODELS}/tiny.{suffix}:{FUSED}{slices}", len(expected)) == expected


@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
@pytest.mark.parametrize("layer", [1, -1, 0])
def test_a_number_takes_one_matrix_of_a_stack(suffix: str, layer: int) -> None:
    """`[1,:,:]` is the second layer's weight."""
    stack = rows_of(decoded(TINY, "layers.attn.q.weight"), 5)
    expected = stack[7:] if layer else stack[:7]
    place = f"{MODELS}/tiny.{suffix}:layers.attn.q.weight[{layer},:,:]"
    assert matrix(place, 7) == expected


def test_an_npy_file_is_cut_too(tmp_path: Path) -> None:
    """An NPY file can be sliced without a key, because it holds one matrix."""
    np.save(tmp_path / "w.npy", np.arange(35.0).reshape(7, 5))
    assert matrix(f"{tmp_path}/w.npy[1:3,-2:]", 2) == [[8, 9], [13, 14]]


def test_an_array_saved_without_a_name_is_x(tmp_path: Path) -> None:
    """`numpy.savez(file, array)` names the array arr_0, which is read as X and by this key."""
    np.savez(tmp_path / "x.npz", np.array([[1.0, 2.0], [3.0, 5.0], [8.0, 13.0]]))
    expected = computed("[[1, 2], [3, 5], [8, 13]]")
    for place in ("x.npz", "x.npz:arr_0", "x.npz[:,:]"):
        assert computed(f"{tmp_path}/{place}") == expected
    assert computed(f"{tmp_path}/x.npz:arr_0[:2,:]") == computed("[[1, 2], [3, 5]]")


SLICES = [
    ("[0:9,:]", "X is 3 × 7, but [0:9,:] asks for 0:9 on axis 1, which has size 3."),
    ("[:,-8:]", "X is 3 × 7, but [:,-8:] asks for -8: on axis 2, which has size 7."),
    ("[3,:]", "X is 3 × 7, but [3,:] asks for 3 on axis 1, which has size 3."),
    ("[-4,:]", "X is 3 × 7, but [-4,:] asks for -4 on axis 1, which has size 3."),
    ("[2:2,:]", "X is 3 × 7, but [2:2,:] asks for 2:2 on axis 1, an empty range."),
    ("[:,5:-4]", "X is 3 × 7, but [:,5:-4] asks for 5:-4 on axis 2, an empty range."),
    ("[3:,:]", "X is 3 × 7, but [3:,:] asks for 3: on axis 1, an empty range."),
    ("[0:2]", "X is 3 × 7, but [0:2] has 1 range. Each axis needs one: [0:2,:]."),
    ("[0,:,:]", "X is 3 × 7, but [0,:,:] has 3 ranges. Each axis needs one: [0,:]."),
    ("[1,1]", "X is 3 × 7, but [1,1] drops every axis."),
    ("[::2,:]", "[::2,:] has a step, which is not allowed."),
    ("[0:2:1,:]", "[0:2:1,:] has a step, which is not allowed."),
    ("[]", "[] is not a slice."),
    ("[,:]", "[,:] is not a slice."),
    ("[a:b,:]", "[a:b,:] is not a slice."),
    ("[1 2,:]", "[1 2,:] is not a slice."),
    ("[0:1,...]", "[0:1,...] is not a slice."),
    (f"[0:{10**30},:]", f"[0:{10**30},:] is not a slice."),
]


@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
@pytest.mark.parametrize(("slices", "message"), SLICES, ids=[text for text, _ in SLICES])
def test_a_slice_is_never_clipped(suffix: str, slices: str, message: str) -> None:
    """A slice that NumPy would clip, fill up or make empty is refused with the shape."""
    place = f"{MODELS}/tiny.{suffix}:embeddings.X{slices}"
    expected = message.replace("X is", "embeddings.X is")
    assert refused(f"X={place}").startswith(f"X={place}: {expected}")


def test_an_unknown_key_is_refused_with_the_keys_of_the_file(tmp_path: Path) -> None:
    """The message lists few keys or counts many, and suggests the closest."""
    few = tmp_path / "few.npz"
    arrays: dict[str, Any] = {
        "layer.q": np.eye(3),
        "layer.k": np.eye(3),
        "heads": 2,
        "score": "dot",
    }
    np.savez(few, **arrays)
    keys = "Its keys are layer.q, layer.k, heads, score."
    close = f"Did you mean layer.q or layer.k? {keys}"
    assert refused(f"X={few}:layer.x") == f"X={few}:layer.x: it has no key layer.x. {close}"
    assert refused(f"X={few}:1") == f"X={few}:1: it has no key 1. {keys}"
    assert refused(f"X={few}:score") == f"X={few}:score: score is 'dot', not a matrix. {keys}"
    assert refused(f"X={few}:heads[0]").endswith(
        "heads is a single number, but [0] has 1 range. Leave out the slice."
    )
    many = refused(f"X={TINY}:h.0.attn.weight")
    assert f"it has no key h.0.attn.weight. Did you mean {FUSED} or " in many
    assert "It has 11 keys, such as " in many
    assert refused(f"X={TINY}[0:1,:]").endswith(many[many.index("It has 11 keys") :])


def test_without_a_key_the_only_or_the_named_matrix_is_read(tmp_path: Path) -> None:
    """The only matrix of a file, or the one with the argument's name, is read without a key."""
    numbers: dict[str, Any] = {
        "W_q": np.eye(3),
        "classifier.weight": np.ones((5, 2)),
        "lm_head": np.ones((2, 2)),
    }
    np.savez(tmp_path / "named.npz", **numbers)
    assert matrix(f"{TINY}:{FUSED}[0:2,0:2]", 2)
    X = "X=[[1,2,3],[4,5,6]]"
    weights = [f"W_k={tmp_path}/named.npz:W_q", f"W_v={tmp_path}/named.npz:W_q"]
    assert computed(X, f"W_q={tmp_path}/named.npz", *weights)["Q"] == [[1, 2, 3], [4, 5, 6]]
    none = refused(X, f"W_q={tmp_path}/named.npz", f"W_k={tmp_path}/named.npz")
    assert none.endswith(
        "it holds several matrices, but not W_k. Write FILE:KEY. "
        "Its keys are W_q, classifier.weight, lm_head."
    )
    np.savez(tmp_path / "twice.npz", W_q=np.eye(3), WQ=np.eye(3))
    twice = refused(X, f"W_q={tmp_path}/twice.npz")
    assert twice.endswith("it holds W_q twice: as 'W_q' and as 'WQ'. Leave out one of them.")
    alone = file_of(tmp_path / "alone.safetensors", "U8", [2, 3], bytes(range(6)))
    assert matrix(str(alone), 2) == matrix(f"{alone}[:,:]", 2) == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("from_stdin", [False, True], ids=["file", "standard input"])
@pytest.mark.parametrize("name", ["doc.safetensors", "doc"], ids=["suffix", "content"])
def test_a_whole_document_may_be_a_safetensors_file(
    from_stdin: bool, name: str, tmp_path: Path
) -> None:
    """The tensors of a safetensors file are matrices by their names, or choices without axes."""
    from safetensors.numpy import save_file

    numbers = np.random.default_rng(3)
    matrices: dict[str, Any] = {
        "queries": numbers.normal(size=(3, 6)),
        "K": numbers.normal(size=(5, 6)).astype(np.float16),
        "V": numbers.normal(size=(5, 4)).astype(np.float32),
        "mask": np.tri(3, 5, 2, dtype=np.bool_),
        "heads": np.array(2),
        "scale": np.array(0.25),
    }
    save_file(matrices, tmp_path / name, metadata={"format": "np"})
    data = (tmp_path / name).read_bytes()
    result = computed("-", stdin=data) if from_stdin else computed(str(tmp_path / name))
    as_json = {part: array.tolist() for part, array in matrices.items()}
    assert result == computed(json.dumps(as_json))
    assert np.shape(result["weights"]) == (2, 3, 5)


def test_a_model_is_not_a_document() -> None:
    """An unknown name in a model is refused with the way to name its matrix."""
    message = refused(str(TINY))
    assert message.startswith(f"{TINY}: the name 'counts:int64/up' is unknown.")
    assert message.endswith("Or give it a name: NAME=FILE:counts:int64/up.")


def test_a_document_may_point_to_files_beside_it(tmp_path: Path) -> None:
    """A document may name keys, slices, whole files and literals; labels of CSV become tokens."""
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "tiny.safetensors").write_bytes(TINY.read_bytes())
    (tmp_path / "x.csv").write_text("I,1,2,3,4,5,6,7\nlove,7,6,5,4,3,2,1\n")
    document: dict[str, Any] = {
        "X": "x.csv",
        "W_q": f"inner/tiny.safetensors:{FUSED}[:,0:5]",
        "W_k": "inner/tiny.safetensors:encoder.layer.0.attn.k.weight",
        "W_v": f"inner/tiny.safetensors:{FUSED}[:,10:]",
        "b_v": "inner/tiny.safetensors:encoder.layer.0.attn.v.bias",
        "masks": ["causal", "inner/tiny.safetensors:mask[1:,1:]"],
    }
    (tmp_path / "p.json").write_text(json.dumps(document))
    (tmp_path / "p.csv").write_text(
        "".join(
            f"{name} = {json.dumps(value) if isinstance(value, list) else value}\n"
            for name, value in document.items()
        )
    )
    fused = rows_of(decoded(TINY, FUSED), 21)
    spelled_out = {
        "X": [[1, 2, 3, 4, 5, 6, 7], [7, 6, 5, 4, 3, 2, 1]],
        "W_q": [row[:5] for row in fused],
        "W_k": rows_of(decoded(TINY, "encoder.layer.0.attn.k.weight"), 5),
        "W_v": [row[10:] for row in fused],
        "b_v": decoded(TINY, "encoder.layer.0.attn.v.bias"),
        "mask": "causal",
    }
    expected = computed(json.dumps(spelled_out))
    assert computed(str(tmp_path / "p.json")) == computed(str(tmp_path / "p.csv")) == expected
    table = CliRunner().invoke(cli, ["compute", str(tmp_path / "p.json"), "--only", "weights"])
    assert table.stdout.split("\n")[1].split() == ["I", "love"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("W", "X W: there is no such file. Check the name and the folder"),
        ("", "X: there is no value. Name a file, or write [[1, 0], [0, 1]]."),
        ("p.json", "X p.json: it holds no matrix. Point to a matrix"),
        ("two.json", "X two.json: it holds several matrices (Q, K), but not X."),
        ("[[1, 2", "X [[1, 2: line 1, column 7: the text ends here"),
        ("model.pt:W", "X model.pt:W: it is a PyTorch file"),
    ],
)
def test_a_text_that_names_no_matrix_is_refused(value: str, message: str, tmp_path: Path) -> None:
    """The message names the document, the matrix and the text."""
    (tmp_path / "p.json").write_text(json.dumps({"X": value}))
    (tmp_path / "two.json").write_text('{"Q": [[1]], "K": [[2]]}')
    (tmp_path / "model.pt").write_text("")
    path = tmp_path / "p.json"
    assert refused(str(path)).startswith(f"{path}: {message}")


def test_a_mask_may_have_a_key(tmp_path: Path) -> None:
    """The mask may have a key as an option, as an argument, and in a document."""
    (tmp_path / "p.json").write_text(json.dumps({"mask": f"{TINY}:mask"}))
    X = f"X={TINY}:embeddings.X"
    causal = computed(X, "--mask", "causal")
    for arguments in (
        ["--mask", f"{TINY}:mask"],
        [f"mask={TINY}:mask"],
        [str(tmp_path / "p.json")],
    ):
        assert computed(X, *arguments) == causal
    assert "it has no key masc. Did you mean mask?" in refused(X, "--mask", f"{TINY}:masc")


def test_an_answer_may_have_a_key(tmp_path: Path) -> None:
    """A step of an answer may be one array of a file with several."""
    weights = computed(f"X={TINY}:embeddings.X", "--only", "weights")["weights"]
    runs: dict[str, Any] = {"run.1": np.array(weights), "run.2": np.eye(3)}
    np.savez(tmp_path / "key.npz", **runs)
    problem = f"{TINY}:embeddings.X"
    for key, status in (("run.1", 0), ("run.2", 1)):
        arguments = ["check", problem, f"weights={tmp_path}/key.npz:{key}"]
        assert CliRunner().invoke(cli, arguments).exit_code == status


def test_a_path_that_exists_as_it_stands_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An existing path with a colon or bracket is not split, nor is a drive's colon."""
    monkeypatch.chdir(tmp_path)
    arrays: dict[str, Any] = {"W": np.array([[1, 2]]), "W[0:1,:]": np.array([[7, 8]])}
    np.savez("m.npz", **arrays)
    assert matrix("m.npz:W[0:1,0:2]", 1) == [[1, 2]]
    assert matrix("m.npz:W[0:1,:]", 1) == [[7, 8]]
    Path("m.npz:W").write_text("3,4\n")
    assert matrix("m.npz:W", 1) == [[3, 4]]
    np.savez(r"C:\data.npz", W=np.array([[5.0, 6.0]]))
    assert matrix(r"C:\data.npz", 1) == matrix(r"C:\data.npz:W", 1) == [[5, 6]]
    assert matrix(r"C:\data.npz:W[:,1:]", 1) == [[6]]


def test_only_the_named_numbers_are_read(tmp_path: Path) -> None:
    """A slice of 64 GiB reads its rows alone, and an array is read beside a damaged one."""
    path = tmp_path / "large.safetensors"
    rows = 1 << 24
    entry = {"dtype": "F32", "shape": [rows, 1024], "data_offsets": [0, rows * 4096]}
    header = json.dumps({"W": entry}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    os.truncate(path, 8 + len(header) + rows * 4096)  # takes no space on the disk
    assert matrix(f"{path}:W[-2:,5:8]", 2) == [[0, 0, 0], [0, 0, 0]]

    np.savez(tmp_path / "good.npz", W=np.array([[1.0, 2.0]]), other=np.full((5, 5), 7.0))
    data = (tmp_path / "good.npz").read_bytes().replace(struct.pack("<d", 7), b"damaged!")
    (tmp_path / "half.npz").write_bytes(data)
    assert matrix(f"{tmp_path}/half.npz:W", 1) == [[1, 2]]
    expected = "it is not an NPZ or NPY file of plain arrays, or it is damaged."
    assert expected in refused(f"X={tmp_path}/half.npz:other")


def test_quantised_types_are_refused(tmp_path: Path) -> None:
    """A quantised weight of 8 bits is refused, because its scale is missing."""
    for place in (f"{TINY}:quantised.weight", f"{TINY}:quantised.weight[0:1,:]"):
        message = (
            "quantised.weight is stored as F8_E4M3: its numbers need scale factors, "
            "which it does not hold."
        )
        assert refused(f"X={place}").startswith(f"X={place}: {message}")
    data = file_of(tmp_path / "f8.safetensors", "F8_E5M2", [1, 2], b"ab").read_bytes()
    assert "W is stored as F8_E5M2" in refused("X=-", stdin=data)
    np.savez(tmp_path / "b.npz", W=tensors()[FUSED])
    assert "NumPy's files cannot hold bfloat16" in refused(f"X={tmp_path}/b.npz:W")


def test_without_the_library_its_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the command that installs the packages, and NPZ works without them."""
    for package in ("safetensors", "ml_dtypes"):
        with monkeypatch.context() as context:
            context.setitem(sys.modules, package, None)
            assert refused(f"X={TINY}:embeddings.X") == (
                f"X={TINY}:embeddings.X: it needs the package {package}, which is not installed. "
                "Write pip install safetensors ml_dtypes."
            )
            assert computed(f"X={MODELS}/tiny.npz:embeddings.X")["weights"]


def test_the_library_is_loaded_only_for_its_files() -> None:
    """Calculating a literal does not load safetensors."""
    script = (
        "import sys\nfrom attncli.cli import cli\n"
        "sys.argv = ['attncli', 'compute', '[[1]]', '-f', 'json']\n"
        "try:\n    cli()\nfinally:\n    print('safetensors' in sys.modules, file=sys.stderr)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stderr == "False\n"


@pytest.mark.parametrize("suffix", ["safetensors", "", "npz"])
def test_a_damaged_file_is_refused_in_one_line(suffix: str, tmp_path: Path) -> None:
    """A file that is cut off at any byte is refused in one line."""
    data = (MODELS / f"tiny.{suffix or 'safetensors'}").read_bytes()
    path = tmp_path / f"cut.{suffix}"
    for length in [*range(30), *range(30, len(data), 97), len(data) - 1]:
        path.write_bytes(data[:length])
        refused(f"X={path}:embeddings.X" if suffix else f"X={path}")


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 255))
def test_a_changed_byte_is_not_a_fault_of_the_program(place: int, byte: int) -> None:
    """A changed byte changes a number or is refused, and is never a fault of the program."""
    data = bytearray(TINY.read_bytes())
    data[place] = byte
    run = CliRunner().invoke(cli, ["compute", "X=-", "-f", "json"], input=bytes(data))
    assert run.exit_code in (0, 2)
    assert "at fault" not in run.stderr


class Evil:
    """An object whose pickle makes a folder when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("name", ["model", "model.pkl", "model.npz", "model.safetensors", "-"])
def test_a_pickle_is_never_opened(name: str, protocol: int, tmp_path: Path) -> None:
    """A pickle is refused under any name."""
    data = pickle.dumps(Evil(tmp_path / "owned"), protocol)
    (tmp_path / name).write_bytes(data)
    message = refused(name if name == "-" else str(tmp_path / name), stdin=data)
    assert "it is a pickle: opening a pickle can run any program, so it is never opened." in message
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("name", ["model", "model.zip", "model.npz", "-"])
def test_a_file_of_pytorch_is_known_by_its_content(name: str, tmp_path: Path) -> None:
    """A ZIP archive with a pickle in it is recognised as a file of PyTorch."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Evil(tmp_path / "owned")))
        archive.writestr("archive/data/0", bytes(8))
    (tmp_path / name).write_bytes(buffer.getvalue())
    message = refused(name if name == "-" else str(tmp_path / name), stdin=buffer.getvalue())
    assert "it is a PyTorch file, which is a pickle" in message
    assert not (tmp_path / "owned").exists()


def test_a_converted_file_does_not_replace_the_one_it_comes_from(tmp_path: Path) -> None:
    """The suggested name differs from the pickle's, even if that ends in .npz."""
    (tmp_path / "model.npz").write_bytes(pickle.dumps({"W": 1}))
    message = refused(f"W_q={tmp_path}/model.npz")
    assert f"numpy.savez('{tmp_path}/model_converted.npz', " in message


WORKBOOKS = (".xls", ".xlsb", ".numbers")
SUFFIXES = [suffix for foreign in FOREIGN for suffix in foreign.suffixes if suffix not in WORKBOOKS]


@pytest.mark.parametrize("suffix", WORKBOOKS)
def test_a_workbook_in_another_form_is_named(suffix: str, tmp_path: Path) -> None:
    """A workbook that is not .xlsx or .ods gets the advice to save it as one, or as CSV."""
    path = tmp_path / f"marks{suffix}"
    path.write_bytes(b"PK\x03\x04 and so on")
    message = refused(f"X={path}")
    assert message.startswith(f"X={path}: it is a workbook ")
    assert message.endswith("as .xlsx, or the sheet as CSV UTF-8.")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_of_another_program_says_how_to_convert_it(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message has a line of Python with the file's own name, with a key and without."""
    monkeypatch.chdir(tmp_path)
    name = f"my model{suffix}"
    Path(name).write_bytes(b"anything")
    for place in (name, f"{name}:layer.q.weight", f"{name}:layer.q.weight[0:2,:]"):
        message = refused(f"W_q={place}")
        assert message.startswith(f"W_q={place}: it is a")
        code = re.search(r'python -c "([^"]+)"', message)
        assert code
        compile(code[1], name, "exec")
        assert f"'{name}'" in code[1]
        assert re.search(r"'my model\.(safetensors|npz)'", code[1])


def test_shell_characters_are_not_put_into_a_command(tmp_path: Path) -> None:
    """For a name with shell characters, the suggested command contains another name."""
    path = tmp_path / "$(touch owned)'.pt"
    path.write_bytes(b"")
    assert "torch.load('model.pt', " in refused(str(path))


BEGINNINGS = {
    "MATLAB": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "it is a MATLAB file"),
    "Parquet": (b"PAR1\x15\x04", "it is a Parquet file"),
    "an HTML table": (b"\n<html><table><tr><td>1</td>", "it is an HTML page"),
    "PDF": (b"%PDF-1.7\n", "it is a PDF"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "it is a picture"),
    "gzip": (b"\x1f\x8b\x08\x00", "it is compressed. Unpack it: gunzip"),
    "old PyTorch": (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "it is a PyTorch file"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(9), "it is an HDF5 file"),
    "GGUF": (b"GGUF\x03\0\0\0" + bytes(9), "it is a GGUF file"),
    "pointer": (b"version https://git-lfs.example/spec/v1\n", "it is a pointer of Git LFS"),
}


@pytest.mark.parametrize("kind", BEGINNINGS)
@pytest.mark.parametrize("name", ["model", "model.safetensors", "model.npz"])
def test_other_files_are_known_by_how_they_begin(kind: str, name: str, tmp_path: Path) -> None:
    """A file without a suffix, or with a wrong one, is recognised by its first bytes."""
    data, message = BEGINNINGS[kind]
    (tmp_path / name).write_bytes(data)
    assert message in refused(f"W_q={tmp_path / name}")


def test_a_header_whose_length_looks_like_a_pickle_is_read(tmp_path: Path) -> None:
    """A header of 640 bytes begins with 0x80 0x02, as a pickle does, and is read."""
    entry = {"dtype": "U8", "shape": [1, 2], "data_offsets": [0, 2]}
    header = json.dumps({"W": entry}).encode().ljust(640)
    path = tmp_path / "padded.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes([3, 4]))
    assert path.read_bytes()[:2] == b"\x80\x02"
    assert matrix(f"{path}:W", 1) == [[3, 4]]


def test_the_sample_is_the_layer_it_is_cut_from() -> None:
    """The sample in samples/models gives what its matrices give as literals."""
    layer = {name: tensor.astype(float).tolist() for name, tensor in layer_of_gpt2().items()}
    for name, cells in layer.items():
        assert decoded(SAMPLE, name) == np.ravel(cells).tolist()
    weight, bias = layer["h.0.attn.c_attn.weight"], layer["h.0.attn.c_attn.bias"]
    document = json.loads((SAMPLE.parent / "gpt2.json").read_text(encoding="utf-8"))
    for i, letter in enumerate("qkv"):
        document[f"W_{letter}"] = [row[4 * i : 4 * i + 4] for row in weight]
        document[f"b_{letter}"] = bias[4 * i : 4 * i + 4]
    document |= {"W_o": layer["h.0.attn.c_proj.weight"], "b_o": layer["h.0.attn.c_proj.bias"]}
    assert computed(str(SAMPLE.parent / "gpt2.json")) == computed(json.dumps(document))
