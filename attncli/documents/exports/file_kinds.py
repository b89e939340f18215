"""The kinds of files in an export: answers, texts that may be answers, and files of other kinds."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

FEEDBACK = "attncli-feedback"  # the name of a report for a student, without the suffix


class Rank(IntEnum):
    """The rank of a file among the files of one attempt; the lowest rank is graded."""

    ANSWER = 0  # a file of numbers
    TEXT = 1  # a file that may hold numbers in a text
    TYPED = 2  # a text that was typed into a page of the platform
    HANDED_OUT = 3  # a file that the teacher has handed out, and that may have been filled in
    OTHER = 4  # a file that cannot be an answer


_ANSWERS = frozenset(
    {
        *(".json", ".jsonl", ".csv", ".tsv", ".npz", ".npy", ".safetensors"),
        *(".xlsx", ".xlsm", ".ods"),
    }
)

# The kinds of files that hold no numbers that attncli reads, with their suffixes.
_OTHERS = {
    "a PDF": ".pdf",
    "a document of a word processor": ".doc .docx .odt .rtf .pages",
    "a picture": ".png .jpg .jpeg .gif .heic .heif .webp .bmp .tif .tiff .svg",
    "a presentation": ".ppt .pptx .odp .key",
    "an archive": ".rar .7z .tar .gz .tgz .bz2 .xz .zst",
    "a program": ".py .r .m .jl .java .c .h .cpp .cs .js .ts .go .rs .sh .exe .class .pyc .jar",
    "a recording": ".mp3 .mp4 .m4a .mov .wav .avi .mkv .webm",
    "a web page": ".html .htm .mhtml .url .webloc",
    "a database": ".db .sqlite .accdb .mdb",
}
_KIND_OF = {suffix: kind for kind, suffixes in _OTHERS.items() for suffix in suffixes.split()}


def suffix_of(name: str) -> str:
    """Return the suffix of a file name in small letters, such as `.json`."""
    stem, dot, suffix = name.rpartition(".")
    return f".{suffix}".casefold() if dot and stem and "/" not in suffix else ""


def rank_of(name: str) -> Rank:
    """Return the rank of a file by its name alone."""
    return _rank_of_suffix(suffix_of(name))


@lru_cache
def _rank_of_suffix(suffix: str) -> Rank:
    if suffix in _ANSWERS:
        return Rank.ANSWER
    return Rank.OTHER if refusal_of(f"file{suffix}") else Rank.TEXT


def refusal_of(name: str) -> str:
    """Return the reason for which a file with this name cannot be an answer, or an empty text."""
    suffix = suffix_of(name)
    if suffix in _ANSWERS:
        return ""
    if suffix == ".zip":
        return "it is a ZIP inside a ZIP or a folder, which attncli does not open: unpack it."
    if suffix in _KIND_OF:
        kind = _KIND_OF[suffix]
        return f"it is {kind}: attncli reads answers from JSON, CSV, NPZ, workbooks and texts."
    from attncli.documents.arrays.foreign import FOREIGN

    for foreign in FOREIGN:
        if suffix in foreign.suffixes:
            return str(foreign.refusal(name))
    return ""


def is_noise(name: str) -> bool:
    """Return True for a file or folder that programs leave behind, and for attncli's feedback.

    A hidden file, whose name begins with a dot, is such a file.
    """
    return name.startswith((".", "~$", f"{FEEDBACK}.")) or name in _NOISE


_NOISE = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini", "Icon\r"})
