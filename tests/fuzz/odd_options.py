"""Every option of every command with odd values, as click lists the options."""

from __future__ import annotations

import random
from functools import cache

import click

from attncli.cli.program import COMMANDS, cli
from tests.fuzz.odd_values import TEXTS
from tests.fuzz.trial import Trial

# The arguments that make each command do its work; a new command needs no entry.
ARGUMENTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "compute": (
        ("sample:self_attention",),
        ("sample:two_heads",),
        ("sample:encoder_layer",),
        ("X=[[1,0],[0,1],[1,1]]",),
        ("Q=[[1,0]]", "K=[[1,0],[0,1]]", "V=[[2],[4]]"),
    ),
    "explain": (("sample:self_attention", "weights[2,1]"), ("sample:two_heads", "output")),
    "check": (
        ("sample:self_attention", "sample:answers/rounded"),
        ("sample:two_heads", "sample:answers/two_heads/right"),
        ("--laws", "sample:answers/rounded"),
    ),
    "compare": (
        ("sample:self_attention", "--convention", "keras"),
        ("sample:self_attention", "--token-by-token"),
    ),
    "mask": (("causal", "4"), ("window:1,1", "3", "5"), ("[[1,0],[1,1]]",)),
    "cost": (("sample:self_attention",), ("--n", "4", "--d-model", "8"), ("sample:transformer",)),
    "why-scale": ((), ("sample:self_attention",)),
    "new": (("encoder",), ("decoder",), ("transformer",)),
    "guide": ((), ("masks",)),
}
FILES = (
    "out.json",
    "out.csv",
    "out.npz",
    "out.txt",
    "out",
    "",
    ".",
    "missing/out.json",
    "a\nb.csv",
)


def odd_options(random: random.Random) -> Trial:
    """Return a command with one to three options that have odd values."""
    name = random.choice(tuple(COMMANDS))
    arguments = [*random.choice(ARGUMENTS.get(name, ((),)))]
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        arguments += _given(random, name)
    if random.random() < 0.1 and arguments:
        arguments[random.randrange(len(arguments))] = _text(random)
    return Trial((name, *arguments), random.choice((b"", b"[[1,0],[0,1]]")))


@cache
def options_of(name: str) -> tuple[click.Option, ...]:
    """Return the options of a command, but for those that end the run before it begins."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    every = (p for p in command.params if isinstance(p, click.Option))
    return tuple(option for option in every if option.name not in ("help", "debug"))


def _given(random: random.Random, name: str) -> list[str]:
    """Return an option with a value: mostly odd, now and then one that the option lists."""
    if not options_of(name):
        return [_text(random)] if random.random() < 0.3 else []
    option = random.choice(options_of(name))
    if option.is_flag:
        return [option.opts[-1]]
    if option.name == "file":
        return [option.opts[-1], random.choice(FILES)]
    values = tuple(getattr(option.type, "values", tuple)())
    is_usual = values and random.random() < 0.5
    return [option.opts[-1], random.choice(values) if is_usual else _text(random)]


def _text(random: random.Random) -> str:
    """Return an odd text, or two of them in one."""
    text = random.choice(TEXTS)
    if random.random() < 0.2:
        text = random.choice((",", "=", ":", "")).join((text, random.choice(TEXTS)))
    # The system hands over no NUL, and hands over other bytes as these surrogates.
    return text.replace("\0", "").replace("\ud800", "\udcff")
