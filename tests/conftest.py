"""Fixtures that every test has, and what keeps tests the same on every machine."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

from tests.running import ROOT

# A slow machine is no bug: no example has to be done in a fixed time.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# A program that compiles all its files at every start takes three times as long.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell lets what it starts in the background ignore interruptions, and so would the programs
# that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


# What a shell, or readline, may have set for a screen.
SCREEN = ("COLUMNS", "LINES", "FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR")


@pytest.fixture(autouse=True)
def _same_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are typed in the root of the repository, and know of no screen."""
    monkeypatch.chdir(ROOT)
    for name in SCREEN:
        monkeypatch.delenv(name, raising=False)
