"""`attncli new`: an exercise of small numbers, or the worth of an exercise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import click

from attncli.calculation.counting.sizes import SIZES
from attncli.cli.handout_options import Handouts, handout_options
from attncli.cli.help import Command
from attncli.cli.messages import note
from attncli.cli.options import (
    Output,
    choice_option,
    complete,
    complete_document,
    option,
    options,
    refuse_given,
    result_options,
    size_option,
)
from attncli.cli.program import debug_option
from attncli.cli.terminal import waiting
from attncli.cli.values import one_of, whole_number
from attncli.errors import AttncliError, ProblemError
from attncli.formats import DOCUMENTS, WORTHS, load
from attncli.words import in_words, option_name

GIVEN_SIZES = (
    *("n", "m", "d_model", "d_q", "d_k", "d_v", "hidden", "past", "d_ff", "layers", "words"),
)
GIVEN_CHOICES = ("heads", "norm", "activation")
MOST_DECIMALS = 6
FORMS = {**DOCUMENTS, "table": WORTHS["table"]}


class WithKinds(Command):
    """A command whose help ends with the kinds that are registered, and their sizes."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from attncli.homework.exercises.drawn_numbers import VALUES
        from attncli.homework.exercises.kinds import KINDS

        rows = []
        for name, kind in KINDS.items():
            choices = {key: value for key, value in kind.choices.items() if key != "layer"}
            usual = {**kind.sizes, **choices}
            said = ", ".join(f"{key} {value}".replace(" True", "") for key, value in usual.items())
            rows.append((name, f"{kind.help}; {said}"))
        with formatter.section("Kinds"):
            formatter.write_dl(rows)
        with formatter.section("Values"):
            formatter.write_dl([(name, entry.help) for name, entry in VALUES.items()])


def _names(place: str) -> Callable[[], Collection[str]]:
    """Return the function that imports a registry, `module:name`, where its names are needed."""
    return partial(load, f"homework.{place}")


kinds = _names("exercises.kinds:KINDS")


@click.command(cls=WithKinds)
@click.argument("kind", metavar="KIND", required=False, type=one_of(kinds))
@options(*(size_option(name, f"{SIZES[name].help}.") for name in GIVEN_SIZES))
@options(*map(choice_option, GIVEN_CHOICES))
@option("--tokens", metavar="TEXT", help="Words of X, or of Q, between blanks; n is their number.")
@option(
    "--memory-tokens", metavar="TEXT", help="Words of memory, or of K, in the same way; sets m."
)
@option(
    "--values",
    type=one_of(_names("exercises.drawn_numbers:VALUES")),
    metavar="VALUES",
    help="Numbers of the exercise: see below (default: halves for layers, else integers).",
)
@option(
    "--decimals",
    type=whole_number(0, MOST_DECIMALS),
    metavar="N",
    help=f"Decimals of the answers, from 0 to {MOST_DECIMALS} (default: 2).",
)
@option(
    "--for",
    "mistakes",
    metavar="MISTAKE,...",
    multiple=True,
    shell_complete=complete(_names("mistakes.catalogue:MISTAKES")),
    help="Mistakes that must change the output.",
)
@option(
    "--seed",
    type=whole_number(0),
    metavar="N",
    help="Random seed; the same seed gives the same document (default: 0).",
)
@option(
    "--judge",
    metavar="DOCUMENT",
    shell_complete=complete_document(),
    help="Show what an exercise of your own hides.",
)
@option(
    "--from",
    "source",
    metavar="DOCUMENT",
    shell_complete=complete_document(),
    help="Write handouts of an exercise of your own.",
)
@handout_options
@result_options(FORMS)
@debug_option
def new(
    kind: str | None,
    judge: str | None,
    source: str | None,
    handouts: Handouts,
    output: Output[Any],
    **wished: Any,
) -> None:
    """Write an exercise: a document of small numbers, to calculate by hand and to check.

    \b
    Examples:
      attncli new self | attncli compute -
      attncli new masked --tokens "I love you" --values tenths --seed 7
      attncli new attention --decimals 3 --for no-scale,softmax-columns
      attncli new --judge sample:self_attention
      attncli new self -o problem.json --worksheet sheet.csv --key key.csv
      attncli new masked --variants 3 -o class
      attncli new --from sample:two_heads -f moodle -o quiz.xml
      attncli new decoder --n 2 --heads 3 --seed 7 | attncli compute - --only cross.weights
      attncli new encoder --norm pre --activation gelu | attncli compute - -f csv

    To follow an encoder layer from X to output (the sample is the output of attncli new encoder):

    \b
      attncli compute sample:encoder_layer
      attncli explain sample:encoder_layer 'norm_1.output[love,1]' --depth 2
      attncli explain sample:encoder_layer 'output[love,1]' --depth 9
      attncli check sample:encoder_layer sample:answers/encoder_layer/right

    The numbers are drawn until no weight is near 0 or 1, no product is symmetric, no row has equal
    scores, and as many mistakes as possible change the output, each in a way of its own. Notes on
    standard error name the mistakes that the output does not show, or does not tell apart.

    The same options and seed write the same document on every machine; its note names them.

    --judge shows the same of your own document: mistakes that do not change the output, mistakes
    with the same output, equal scores, symmetric products, and cells that need no calculation.
    """
    given = {name: value for name, value in wished.items() if value not in (None, ())}
    if judge is not None:
        _refuse("--judge", kind, {**given, **handouts.given, "from": source})
        _judge(judge, given, output)
    elif source is not None:
        _refuse("--from", kind, given)
        _hand_out(source, given, handouts, output)
    elif kind is not None:
        _write(kind, given, handouts, output)
    else:
        message = f"attncli new needs KIND: {in_words(list(kinds()), 'or')}."
        raise AttncliError(message, "attncli new --help shows examples.")


def _refuse(option: str, kind: str | None, given: Mapping[str, Any]) -> None:
    """Raise AttncliError for whatever has no effect beside the document of an option."""
    why, hint = f"has no effect with {option}", "Leave out one of them."
    if kind is not None:
        raise AttncliError(f"the kind {kind} {why}.", hint)
    others = {name: value for name, value in given.items() if name != "decimals"}
    others["for"] = others.pop("mistakes", None)
    refuse_given(others, why, hint)


def _form(formats: Mapping[str, Any], output: Output[Any], why: str) -> Output[Any]:
    """Return the output with these formats. Raises AttncliError for one of the others."""
    if output.format_name not in (None, *formats):
        message = f"--format {output.format_name} {why}."
        raise AttncliError(message, f"Write --format {in_words(list(formats), 'or')}.")
    return Output(formats, output.format_name, output.file, output.look)


def _write(kind: str, given: Mapping[str, Any], handouts: Handouts, output: Output[Any]) -> None:
    """Write an exercise of this kind, and say on standard error what it hides; or its variants."""
    from attncli.homework.exercises.making import make
    from attncli.homework.exercises.notes import notes
    from attncli.homework.exercises.orders import Order

    order = Order(
        kind,
        {name: value for name, value in given.items() if name in GIVEN_SIZES},
        {name: value for name, value in given.items() if name in GIVEN_CHOICES},
        given.get("seed", 0),
        _words("tokens", given),
        _words("memory_tokens", given),
        given.get("values"),
        given.get("decimals"),
        tuple(_between_commas(given.get("mistakes", ()))),
    )
    output = _form(DOCUMENTS, output, "is for --judge")
    if handouts.is_class:
        handouts.write_class(order, output)
        return
    output.check_format()
    handouts.check()
    with waiting("drawing numbers"):
        exercise = make(order)
    texts = list(notes(exercise))
    for number, text in enumerate(texts, 1):
        note(text, number == len(texts))
    handouts.write(exercise.document, exercise.decimals, output)


def _words(name: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the words of an option. Raises AttncliError if the option is given without a word."""
    words = tuple(given.get(name, "").split())
    if name in given and not words:
        option = option_name(name)
        raise AttncliError(f"{option} has no words.", f'Write {option} "I love you".')
    return words


def _between_commas(texts: Collection[str]) -> list[str]:
    """Return the names in texts with commas, each once."""
    names = (name.strip() for text in texts for name in text.split(","))
    return list(dict.fromkeys(name for name in names if name))


def _hand_out(
    source: str, given: Mapping[str, Any], handouts: Handouts, output: Output[Any]
) -> None:
    """Write a worksheet, a key or a quiz of a document."""
    from attncli.cli.problem_arguments import gather
    from attncli.homework.exercises.orders import DECIMALS

    output = _form(DOCUMENTS, output, "is for --judge")
    handouts.write_from(source, gather([source], {}), given.get("decimals", DECIMALS), output)


def _judge(judged: str, given: Mapping[str, Any], output: Output[Any]) -> None:
    """Write the worth of a document."""
    from attncli.cli.problem_arguments import gather
    from attncli.face.functions import planned
    from attncli.homework.exercises.orders import DECIMALS
    from attncli.homework.exercises.worth import worth_of

    form = _form(WORTHS, output, "has no effect with --judge")
    form.check_format()
    document = gather([judged], {})
    problem, plan = planned(document)
    try:
        with waiting("judging"):
            worth = worth_of(problem, plan, given.get("decimals", DECIMALS))
    except ProblemError as error:
        raise error.at(document.source(error.names)) from None
    form.write(worth)
