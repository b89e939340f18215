"""The files that arguments name: files, folders with all that is in them, patterns and ZIPs."""

from __future__ import annotations

import glob
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from attncli.documents.exports.attempts import natural
from attncli.documents.exports.file_kinds import is_noise, suffix_of
from attncli.documents.exports.zip_members import fault_of, members, repaired_name
from attncli.documents.parsed import SAMPLE
from attncli.documents.samples import sample_path, samples_folder
from attncli.errors import DocumentError, errors_at
from attncli.words import did_you_mean

_LINK = "it is a symbolic link, which attncli does not follow in a folder: name its target."
_DEVICE = "it is neither a file nor a folder, but a pipe or a device."
_REPEATED = "the ZIP holds this name twice: the last of the files is graded"
NAME_THEM = "Name the files, the folder or the ZIP of the answers."
LONGEST_NAME = 1000  # characters of a name in a ZIP, with its folders
_UNSURE = re.compile(r"[\ud800-\udfff]")  # bytes of a file name that are not UTF-8


class FoundFile(NamedTuple):
    """A file, or a member of a ZIP, as it was found; a tuple, because a class may have many.

    `file` is its place in messages. `place` is the absolute path with `/` between folders, and with
    the ZIP as a folder; its first `base` characters are the path of the file on the disk. `message`
    is not empty if the file cannot be read.
    """

    file: str
    place: str
    path: str
    base: int
    member: str = ""
    message: str = ""
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the file, without its folders."""
        return self.place.rpartition("/")[2]

    @property
    def parent(self) -> str:
        """The place of the folder of the file."""
        return self.place.rpartition("/")[0]

    @property
    def written(self) -> str:
        """The place, but with the path as the argument has it: `class.zip/anna/a.csv`."""
        return _slashed(self.path) + self.place[self.base :]


def found_files(arguments: Sequence[str]) -> list[FoundFile]:
    """Return the files of the arguments in their order, each file once.

    The files of a folder and the paths of a pattern are in the order of their names, `2.csv` before
    `10.csv`, and the members of a ZIP in its own order. Raises DocumentError if an argument names
    nothing, or a ZIP or a folder that cannot be read, and if all arguments together hold no file.
    """
    found: dict[tuple[str, str], FoundFile] = {}
    for argument in arguments:
        is_sample = argument.startswith(SAMPLE)
        for path in [_path_of_sample(argument)] if is_sample else _paths(argument):
            for file in _files(path):
                if is_sample:  # the path differs from machine to machine
                    file = file._replace(file=argument + file.file.removeprefix(path))
                # Two names that differ in the form of Unicode alone have one place.
                own = file.place if file.path.isascii() else os.path.abspath(file.path)
                found.setdefault((own, file.member), file)
    if not found:
        what = f"{arguments[0]} holds" if len(arguments) == 1 else "the arguments hold"
        message = f"{what} no file." if arguments else "there is no argument for the answers."
        raise DocumentError(message, NAME_THEM)
    return list(found.values())


def _path_of_sample(argument: str) -> str:
    """Return the path of a sample, or of a folder of samples. Raises DocumentError for others."""
    name = argument.removeprefix(SAMPLE)
    folder = os.path.join(samples_folder(), name)
    with errors_at(argument):
        return folder if os.path.isdir(folder) else sample_path(name)


def _paths(argument: str) -> list[str]:
    """Return the paths of an argument: itself, or those that fit it as a pattern."""
    if os.path.lexists(argument):
        return [argument]
    if glob.has_magic(argument):
        if paths := sorted(glob.glob(argument, recursive=True), key=_by_name):
            return paths
        message = "no file fits this pattern."
        raise DocumentError(message, "Check the folder; ** stands for any folders.").at(argument)
    folder, name = os.path.split(argument)
    try:
        close = did_you_mean(name, os.listdir(folder or "."))
    except OSError:
        close = ""
    message = f"there is no such file or folder{close}."
    raise DocumentError(message, "Check the name and the folder.").at(argument)


def _files(path: str) -> Iterator[FoundFile]:
    """Yield the files of a path: of a folder, of a ZIP, or the file itself."""
    if os.path.isdir(path):
        yield from _in_folder(path)
    elif suffix_of(path) == ".zip":
        yield from _in_zip(path)
    elif not is_noise(os.path.basename(path)) or os.path.basename(path).startswith("."):
        yield _found(path)


def _in_folder(top: str) -> Iterator[FoundFile]:
    """Yield the files of a folder and of the folders in it, without following links."""
    waiting = [(top, True, "")]
    while waiting:
        path, is_folder, message = waiting.pop()
        if not is_folder:
            yield _found(path, message)
            continue
        try:
            with os.scandir(path) as listed:
                entries = [_described(entry) for entry in listed if not is_noise(entry.name)]
        except OSError as error:
            message = f"the folder cannot be read: {error.strerror}."
            if path == top:
                raise DocumentError(message, "Check that you may read it.").at(top) from None
            yield _found(path, message)
        else:
            waiting += sorted(entries, key=lambda entry: _by_name(entry[0]), reverse=True)


def _by_name(path: str) -> tuple[list[tuple[int, str]], str]:
    """Return the key that sorts paths by their names, with the number 2 before 10."""
    return natural(path), path


def _described(entry: os.DirEntry[str]) -> tuple[str, bool, str]:
    """Return the path of an entry, True for a folder, and the reason not to read it, if any."""
    if entry.is_symlink():
        return entry.path, False, _LINK
    is_folder = entry.is_dir()
    return entry.path, is_folder, "" if is_folder or entry.is_file() else _DEVICE


def _found(path: str, message: str = "") -> FoundFile:
    place = place_of_file(path)
    return FoundFile(_shown(path), place, path, len(place), message=message)


def _in_zip(path: str) -> Iterator[FoundFile]:
    """Yield the members of a ZIP that are not noise."""
    place, shown = place_of_file(path), _shown(path)
    listed = members(path)
    times = Counter(info.filename for info in listed)
    for info in listed:
        name = _shown(repaired_name(info))
        parts = [part for part in re.split(r"[/\\]", name) if part not in ("", ".", "..")]
        if not parts or any(map(is_noise, parts)):
            continue
        inside, message = "/".join(parts), fault_of(info)
        if len(inside) > LONGEST_NAME:
            inside, message = inside[-LONGEST_NAME:], "its name is too long for a file."
        notes = (_REPEATED,) if times[info.filename] > 1 else ()
        yield FoundFile(
            f"{shown}:{inside}",
            f"{place}/{inside}",
            path,
            len(place),
            info.filename,
            message,
            notes,
        )


def place_of_file(path: str) -> str:
    """Return the place of a file of the disk: its absolute path, with `/` between folders."""
    return _slashed(os.path.abspath(path))


def _slashed(path: str) -> str:
    return _shown(path).replace(os.sep, "/")


def _shown(text: str) -> str:
    """Return a name in the composed form of Unicode; bytes that are not text become �."""
    return unicodedata.normalize("NFC", text if text.isascii() else _UNSURE.sub("�", text))
