"""Write a folder of files: the whole folder, or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from errno import EDQUOT, ENOSPC
from typing import TYPE_CHECKING

from attncli.ending import tidied
from attncli.errors import DocumentError

if TYPE_CHECKING:
    from pathlib import Path


def check_folder(path: Path) -> None:
    """Raise DocumentError if a folder of this name cannot be written: it exists, with files."""
    if path.is_dir():
        if any(path.iterdir()):
            message = "the folder is not empty."
            raise DocumentError(message, "Name a new folder, or remove this one.").at(str(path))
    elif path.exists() or path.is_symlink():
        message = "it is a file, not a folder."
        raise DocumentError(message, "Name a new folder.").at(str(path))


def write_folder(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files, by names with `/` between folders, into a new folder.

    The files go into a folder beside it, which then gets its name: if an error or a signal ends the
    program before, nothing is left. Raises DocumentError if the folder cannot be written.
    """
    check_folder(path)
    target = os.path.abspath(path)
    beside = os.path.join(os.path.dirname(target), f".attncli-{os.urandom(4).hex()}")

    def remove() -> None:
        shutil.rmtree(beside, ignore_errors=True)

    with tidied(remove):
        try:
            os.mkdir(beside)
            for name, data in files:
                file = os.path.join(beside, *name.split("/"))
                os.makedirs(os.path.dirname(file), exist_ok=True)
                with open(file, "xb") as opened:
                    opened.write(data)
            if os.path.isdir(target):  # Windows renames no folder to one that exists
                os.rmdir(target)
            os.rename(beside, target)
        except OSError as error:
            message = f"it cannot be written: {error.strerror}."
            hint = "Check that the folder around it exists and that you may write to it."
            if error.errno in (ENOSPC, EDQUOT):
                hint = "Free some space, or write to another disk."
            raise DocumentError(message, hint).at(str(path)) from None
        finally:
            remove()
