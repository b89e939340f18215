"""How much memory is free, as the files of a system say that are made here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from attncli.face.memory import UNKNOWN, free_memory

MIB = 2**20
AVAILABLE = 700  # MiB, of the machine
Version = tuple[str, str, str]
VERSION_2: Version = ("", "memory.max", "memory.current")
VERSION_1: Version = ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.fsencode(text))


def machine(root: Path, groups: str = "") -> Path:
    """One with 700 MiB available, and a process that is in these groups."""
    write(root / "proc/meminfo", f"MemTotal: 999 kB\nMemAvailable: {AVAILABLE * 1024} kB\n")
    write(root / "proc/self/cgroup", groups)
    return root


def group(
    root: Path,
    name: str,
    limit: int | None,
    used: int,
    cached: int = 0,
    version: Version = VERSION_2,
) -> None:
    """A group that may have so many MiB, if limited, and has so many, some of them of files."""
    folder, most, now = version
    own = root / "sys/fs/cgroup" / folder / name
    write(own / most, "max\n" if limit is None else f"{limit * MIB}\n")
    write(own / now, f"{used * MIB}\n")
    write(own / "memory.stat", f"anon 1\ninactive_file {cached * MIB}\nfile 3\n")


def test_a_machine_without_groups(tmp_path: Path) -> None:
    assert free_memory(machine(tmp_path)) == AVAILABLE * MIB


def test_a_group_leaves_less_than_the_machine(tmp_path: Path) -> None:
    """Its limit less what it uses; pages of files are given back."""
    root = machine(tmp_path, "0::/user/session\n")
    group(root, "user/session", 300, 200, 50)
    assert free_memory(root) == 150 * MIB


@pytest.mark.parametrize("limit", [None, 5000])
def test_a_group_that_leaves_more_changes_nothing(tmp_path: Path, limit: int | None) -> None:
    root = machine(tmp_path, "0::/user\n")
    group(root, "user", limit, 20)
    assert free_memory(root) == AVAILABLE * MIB


def test_a_group_obeys_those_above_it(tmp_path: Path) -> None:
    root = machine(tmp_path, "0::/a/b/c\n")
    group(root, "a/b/c", None, 10)
    group(root, "a/b", 500, 10)
    group(root, "a", 110, 60)
    assert free_memory(root) == 50 * MIB


def test_in_a_container_the_own_group_is_the_top(tmp_path: Path) -> None:
    """The path among the groups of the machine leads nowhere there."""
    root = machine(tmp_path, "0::/docker/0123\n")
    group(root, "", 130, 30)
    assert free_memory(root) == 100 * MIB


def test_groups_of_version_1(tmp_path: Path) -> None:
    """There are several, of which that of memory counts; colons in a path are its own."""
    told = "5:cpu,cpuacct:/other\n4:memory:/docker/a:b\n1:name=systemd:/\n"
    root = machine(tmp_path, told)
    group(root, "docker/a:b", 90, 70, version=VERSION_1)
    assert free_memory(root) == 20 * MIB


def test_what_is_used_above_the_limit_leaves_nothing(tmp_path: Path) -> None:
    root = machine(tmp_path, "0::/\n")
    group(root, "", 100, 130)
    assert free_memory(root) == 0


def test_a_group_whose_name_is_no_text(tmp_path: Path) -> None:
    """Names are bytes."""
    root = machine(tmp_path, "0::/caf\udce9\n")
    group(root, "caf\udce9", 100, 60)
    assert free_memory(root) == 40 * MIB


def test_a_system_that_tells_only_how_much_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it is taken to be free."""
    told = {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf_names", told, raising=False)
    monkeypatch.setattr(os, "sysconf", told.__getitem__, raising=False)
    assert free_memory(tmp_path) == 1000 * 4096 // 2


def test_a_system_that_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert free_memory(tmp_path) == UNKNOWN
