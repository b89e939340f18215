"""Files of every format with bytes changed, cut off, moved and put in."""

from __future__ import annotations

import io
import json
import random
import zipfile
import zlib
from functools import cache

import numpy as np

from tests.fuzz.trial import Trial
from tests.running import SAMPLES, succeed

PIECES = (
    *(
        b"\x00",
        b"\xff",
        b"\n",
        b"\r\n",
        b"\t",
        b";",
        b",",
        b'"',
        b"'",
        b"#",
        b"[",
        b"]",
        b"{",
        b"}",
    ),
    *(b"\x1b[31m", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\xff\xfe", b"NaN", b"-Infinity", b"1e999"),
    *(b"null", b"true", b"[" * 5000, b"9" * 5000, b"\\ud800", b":", b"=", b"X[1]", b"X[999999999]"),
    *(b"PK\x03\x04", b"\x93NUMPY", b"'shape': (99999999999,)", b"O", b"...", b"\x80\x02", b" "),
    *(b"weights\n", b"heads = 2\n", b"sep=;\n", b"<f8", b"F32", b"data_offsets", b"W_q", b"0x1"),
)


@cache
def sound_files() -> tuple[tuple[str, bytes], ...]:
    """Return sound files with their suffixes: samples, results, arrays, tensors."""
    files = [(p.suffix, p.read_bytes()) for p in sorted(SAMPLES.rglob("*.*")) if p.is_file()]
    for form in ("csv", "tsv", "npz", "json"):
        for sample in ("self_attention", "two_heads", "padded_batch"):
            written = succeed("compute", f"sample:{sample}", "-f", form).stdout_bytes
            files.append((f".{form}", written))
    for shape in ((3,), (2, 3), (2, 2, 3)):
        numbers = np.arange(np.prod(shape)).reshape(shape)
        for kind in ("<f8", "<f4", "<f2", "<i8", "|b1", ">f8"):
            stream = io.BytesIO()
            np.save(stream, numbers.astype(kind))
            files.append((".npy", stream.getvalue()))
    stream = io.BytesIO()
    np.savez_compressed(stream, X=np.eye(3), W_q=np.eye(3), W_k=np.eye(3), W_v=np.ones((3, 2)))
    files.append((".npz", stream.getvalue()))
    header = {"X": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}
    text = json.dumps(header).encode()
    tensors = len(text).to_bytes(8, "little") + text + np.ones(4, "<f4").tobytes()
    return (*files, (".safetensors", tensors))


def damaged_file(random: random.Random) -> Trial:
    """Return a command that reads a damaged file by its suffix, by its content, or as an answer."""
    suffix, content = random.choice(sound_files())
    for _ in range(random.choice((1, 1, 1, 2, 4, 8))):
        content = _damaged(random, suffix, content)
    if random.random() < 0.1:
        suffix = random.choice((".json", ".csv", ".npy", ".npz", ".safetensors", ".tsv", ".x", ""))
    name = f"file{suffix}"
    arguments = random.choice(
        (
            *(("compute", name, "-f", "json"),) * 3,
            ("compute", f"X={name}", "-f", "json"),
            ("check", "sample:self_attention", name),
            ("check", "sample:self_attention", f"weights={name}"),
            ("check", "--laws", name),
            ("mask", name),
            ("compute", "X=[[1,0],[0,1]]", "--mask", name),
            ("compute", f"X={name}:X[0:1]"),
            ("cost", name),
            ("explain", "sample:self_attention", "weights[1,1]", "--answer", name),
        )
    )
    if random.random() < 0.3:
        return Trial(tuple("-" if word == name else word for word in arguments), content)
    return Trial(arguments, files={name: content})


def _damaged(random: random.Random, suffix: str, content: bytes) -> bytes:
    """Return the content with one change; of an archive, sometimes a change of one member."""
    if suffix == ".npz" and random.random() < 0.6:
        return _with_damaged_member(random, content)
    at, length = random.randint(0, len(content)), random.choice((1, 1, 2, 8, 50))
    if suffix in (".npy", ".safetensors", ".npz") and random.random() < 0.7:
        at = random.randint(0, min(len(content), 140))  # in the header
    match random.randrange(7):
        case 0:
            return content[:at]
        case 1:
            return content[:at] + content[at + length :]
        case 2:
            return content[:at] + random.choice(PIECES) + content[at:]
        case 3:
            return content[:at] + random.choice(PIECES) + content[at + length :]
        case 4:
            return content[:at] + content[max(0, at - length) : at] + content[at:]
        case 5:
            return content[:at] + random.randbytes(length) + content[at + length :]
        case _:
            flipped = bytes(byte ^ (1 << random.randrange(8)) for byte in content[at : at + 1])
            return content[:at] + flipped + content[at + 1 :]


def _with_damaged_member(random: random.Random, content: bytes) -> bytes:
    """Return an archive that is whole, with one member damaged inside."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError):
        return content[:-1]
    if not members:
        return content[:-1]
    name = random.choice(tuple(members))
    members[name] = _damaged(random, ".npy", members[name])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as rewritten:
        for member, data in members.items():
            rewritten.writestr(zipfile.ZipInfo(member or "x"), data)
    return stream.getvalue()
