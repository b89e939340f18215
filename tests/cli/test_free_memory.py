"""Test the amount of free memory, read from files like those of a system."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from attncli.face.memory import UNKNOWN, free_memory

MIB = 2**20
AVAILABLE = 700  # MiB of the machine
Version = tuple[str, str, str]
VERSION_2: Version = ("", "memory.max", "memory.current")
VERSION_1: Version = ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.fsencode(text))


def machine(root: Path, groups: str = "") -> Path:
    """Return a machine with 700 MiB available, whose process belongs to these groups."""
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
    """Make a control group with a limit, its usage, and the part of it for files, all in MiB."""
    folder, most, now = version
    own = root / "sys/fs/cgroup" / folder / name
    write(own / most, "max\n" if limit is None else f"{limit * MIB}\n")
    write(own / now, f"{used * MIB}\n")
    write(own / "memory.stat", f"anon 1\ninactive_file {cached * MIB}\nfile 3\n")


def test_a_machine_without_groups(tmp_path: Path) -> None:
    assert free_memory(machine(tmp_path)) == AVAILABLE * MIB


def test_a_group_leaves_less_than_the_machine(tmp_path: Path) -> None:
    """The free memory is the group's limit less its usage, except for pages of files."""
    root = machine(tmp_path, "0::/user/session\n")
    group(root, "user/session", 300, 200, 50)
    assert free_memory(root) == 150 * MIB


@pytest.mark.parametrize("limit", [None, 5000])
def test_a_group_with_a_larger_limit_changes_nothing(tmp_path: Path, limit: int | None) -> None:
    root = machine(tmp_path, "0::/user\n")
    group(root, "user", limit, 20)
    assert free_memory(root) == AVAILABLE * MIB


def test_a_group_obeys_its_parents(tmp_path: Path) -> None:
    root = machine(tmp_path, "0::/a/b/c\n")
    group(root, "a/b/c", None, 10)
    group(root, "a/b", 500, 10)
    group(root, "a", 110, 60)
    assert free_memory(root) == 50 * MIB


def test_in_a_container_the_own_group_is_the_top(tmp_path: Path) -> None:
    """In a container the path among the machine's groups does not exist; the top group counts."""
    root = machine(tmp_path, "0::/docker/0123\n")
    group(root, "", 130, 30)
    assert free_memory(root) == 100 * MIB


def test_groups_of_version_1(tmp_path: Path) -> None:
    """Of several groups of version 1 the memory group counts, whose path may contain colons."""
    told = "5:cpu,cpuacct:/other\n4:memory:/docker/a:b\n1:name=systemd:/\n"
    root = machine(tmp_path, told)
    group(root, "docker/a:b", 90, 70, version=VERSION_1)
    assert free_memory(root) == 20 * MIB


def test_usage_above_the_limit_leaves_no_memory(tmp_path: Path) -> None:
    root = machine(tmp_path, "0::/\n")
    group(root, "", 100, 130)
    assert free_memory(root) == 0


def test_the_name_of_a_group_may_be_bytes(tmp_path: Path) -> None:
    """The name of a group may contain bytes that are not UTF-8."""
    root = machine(tmp_path, "0::/caf\udce9\n")
    group(root, "caf\udce9", 100, 60)
    assert free_memory(root) == 40 * MIB


def test_a_system_that_reports_only_its_total(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the machine's memory counts as free."""
    told = {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf_names", told, raising=False)
    monkeypatch.setattr(os, "sysconf", told.__getitem__, raising=False)
    assert free_memory(tmp_path) == 1000 * 4096 // 2


def test_a_system_that_reports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert free_memory(tmp_path) == UNKNOWN
