"""Fixtures for every test, and settings that keep tests the same on every machine."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

from tests.running import ROOT

# A slow machine is not a bug, so no example has a deadline.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# A program that compiles all its files at every start takes three times as long.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell makes its background programs ignore interruptions, and so would the programs that
# these tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# `nohup` makes these tests ignore a closed terminal, but their programs shall not inherit that.
if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)


# Variables that a shell, or readline, may have set for a screen.
SCREEN = ("COLUMNS", "LINES", "COLORTERM", "COLORFGBG", "FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR")


@pytest.fixture(autouse=True)
def _same_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run commands in the root of the repository, without variables of a screen."""
    monkeypatch.chdir(ROOT)
    for name in SCREEN:
        monkeypatch.delenv(name, raising=False)
