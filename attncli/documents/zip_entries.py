"""The files of a ZIP that attncli writes: equal files make equal ZIPs, on each system."""

from __future__ import annotations

from stat import S_IFREG
from zipfile import ZipInfo

UNIX = 3  # the system that the entry names: its permissions are those of Unix


def file_entry(name: str, is_program: bool = False) -> ZipInfo:
    """Return the entry of a file that all can read, and run if it is a program; of 1980-01-01."""
    entry = ZipInfo(name)
    entry.create_system = UNIX
    entry.external_attr = (S_IFREG | (0o755 if is_program else 0o644)) << 16
    return entry
