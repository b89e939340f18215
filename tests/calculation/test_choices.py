"""Test that each choice has one default, which its help names and its reader accepts."""

from __future__ import annotations

import pytest

from attncli.calculation.choices.choices import CHOICES, Choices
from attncli.calculation.conventions import CONVENTIONS
from attncli.errors import ProblemError

WITH_NAMES = [name for name, choice in CHOICES.items() if choice.values() and choice.default]


@pytest.mark.parametrize("name", WITH_NAMES)
def test_a_default_is_one_of_the_values(name: str) -> None:
    """The default of a choice of names is one of its values, and stands at the end of the help."""
    choice = CHOICES[name]
    assert choice.default in choice.values()
    assert choice.read(choice.default) == choice.default
    assert choice.help.endswith(f"(default: {choice.default}).")


@pytest.mark.parametrize("name", CHOICES)
def test_an_unchosen_choice_has_its_default(name: str) -> None:
    """A choice that neither the user nor the convention makes has its default."""
    chosen = Choices({})
    assert not chosen.says(name)
    assert getattr(chosen, name) == CHOICES[name].default


def test_numbers_are_shown_as_people_write_them() -> None:
    """Infinity, small and whole numbers are written for people; a default of None is not shown."""
    shown = {name: CHOICES[name].help.partition("default: ")[2] for name in CHOICES}
    assert [shown[name] for name in ("fill", "eps", "temperature", "scale")] == [
        *("-inf).", "1e-5).", "1)."),
        "",
    ]


@pytest.mark.parametrize("framework", CONVENTIONS)
def test_a_convention_sets_choices_that_the_user_leaves_open(framework: str) -> None:
    """A convention sets a choice that the user leaves open; the user's own value wins over it."""
    of_convention = CONVENTIONS[framework].choices
    chosen = Choices.read({"convention": framework, "title": "A title"})
    assert {name: getattr(chosen, name) for name in of_convention} == of_convention
    assert chosen.title == "A title"
    over = Choices.read({"convention": framework, "layout": "columns"})
    assert over.layout == "columns"


def test_values_of_a_convention_can_be_read_as_choices() -> None:
    """Each value that a convention sets can be read as if it stood in a document."""
    for convention in CONVENTIONS.values():
        for name, value in convention.choices.items():
            assert CHOICES[name].read(value) == value


def test_a_value_is_refused_with_the_name_of_its_choice() -> None:
    """The message names the choice, the wrong value and the accepted values."""
    with pytest.raises(ProblemError, match="norm is 'before': it must be post or pre"):
        Choices.read({"norm": "before"})
