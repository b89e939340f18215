"""Sort the arguments of `attncli check`: those of the problem, and those of the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attncli.cli.problem_arguments import NAMED, gather, new_reader
from attncli.errors import AttncliError
from attncli.records import record

if TYPE_CHECKING:
    from attncli.calculation.problem.document import Document
    from attncli.documents.reader import Reader, Written

BOTH = "a problem and an answer"
USAGE = "Write attncli check problem.json answer.json, or give matrices as NAME=FILE."


@record(frozen=True)
class Named:
    """An argument `NAME=VALUE`: its name in the spelling of this program, its value, its text."""

    name: str
    value: str
    text: str


@record(frozen=True)
class CheckArguments:
    """The arguments of a check: the files, and the `NAME=VALUE` arguments in three groups.

    `inputs` belong to the problem, `steps` to the answer. Matrices in `either` (Q, K, V, positions)
    are steps if the problem calculates them, else inputs.
    """

    files: list[str]
    inputs: list[Named]
    steps: list[Named]
    either: list[Named]


def read_arguments(arguments: Sequence[str]) -> CheckArguments:
    """Sort the arguments of a check by their names. Raises ProblemError for an unknown name."""
    from attncli.calculation.names.known_names import canonical

    found = CheckArguments([], [], [], [])
    for argument in arguments:
        match = re.fullmatch(NAMED, argument)
        if not match:
            found.files.append(argument)
            continue
        named = Named(canonical(match[1]), match[2], argument)
        if _is_step(named):
            (found.either if _is_input(named) else found.steps).append(named)
        else:
            found.inputs.append(named)
    return found


def _is_step(named: Named) -> bool:
    """Return True if the argument can be a step; `heads=2` and `position=rope` are choices."""
    from attncli.calculation.names.known_names import last_of
    from attncli.calculation.names.step_names import STEPS
    from attncli.calculation.positions.position_schemes import is_position

    last = last_of(named.name)
    if last == "heads":
        return not named.value.isdecimal()
    return last in STEPS and not (last == "position" and is_position(named.value))


def _is_input(named: Named) -> bool:
    """Return True if a problem can contain this matrix; a sublayer always calculates Q, K and V."""
    from attncli.calculation.names.known_names import last_of
    from attncli.calculation.names.matrix_names import MATRICES

    last = last_of(named.name)
    return last in MATRICES and (last == named.name or last not in ("Q", "K", "V"))


def read_problem_and_answer(
    arguments: Sequence[str], choices: dict[str, Any], step: str | None, reader: Reader
) -> tuple[Document, Written]:
    """Return the document of the problem, and the answer as it is written.

    `choices` are the options of the problem by name. `step` names a matrix that has no name in the
    answer's file. Raises AttncliError if the arguments do not make a problem and an answer.
    """
    found = read_arguments(arguments)
    problems, answers = _files(found, step)
    inputs = {named.text for named in found.inputs}
    if not (problems or inputs or found.either):
        needed = "a problem beside the answer" if answers or found.steps else BOTH
        raise AttncliError(f"check needs {needed}.", USAGE)
    first = arguments.index(problems[0]) if problems else None  # both files may be the same
    given = [text for at, text in enumerate(arguments) if at == first or text in inputs]
    document = gather(given, choices, reader)
    steps = list(found.steps)
    for named in found.either:
        if _calculates(document, named.name):
            steps.append(named)
        else:
            document = document.merged(gather([named.text], {}, reader))
    if not answers and not steps:
        raise AttncliError("check needs an answer beside the problem.", USAGE)
    return document, read_written(reader, answers, steps, step)


def _files(found: CheckArguments, step: str | None) -> tuple[list[str], list[str]]:
    """Return the files of the problem and of the answer: two lists, each of one file or none."""
    if len(found.files) > 2:
        message = f"check needs {BOTH}, but there are {len(found.files)} files."
        raise AttncliError(message, USAGE)
    if len(found.files) == 1 and _is_answer(found.files[0], found, step):
        return [], found.files
    return found.files[:1], found.files[1:]


def _is_answer(file: str, found: CheckArguments, step: str | None) -> bool:
    """Return True if the one file of a check is the answer.

    If other arguments are steps, the file is the problem; if they are inputs, it is the answer. If
    they can be both, a file that holds steps is the answer. Standard input, which can be read only
    once, is then the problem.
    """
    if step or not (found.inputs or found.either):
        return bool(found.inputs or found.either)
    if found.steps or not found.either:
        return not found.steps
    return file != "-" and _holds_steps(file)


def _holds_steps(file: str) -> bool:
    """Return True if a file names a step that a problem cannot contain."""
    from attncli.calculation.names.known_names import last_of
    from attncli.calculation.names.matrix_names import MATRICES
    from attncli.calculation.names.step_names import STEPS
    from attncli.homework.answers.answer import is_value

    try:
        entries = new_reader(lambda _: None).written(file, "X", is_value).entries
    except AttncliError:  # as an answer, the file is read again, and its fault is reported
        return True
    return any(last_of(name) in STEPS.keys() - MATRICES.keys() - {"heads"} for name in entries)


def _calculates(document: Document, name: str) -> bool:
    """Return True if a problem calculates this matrix (Q, K, V or positions) from others."""
    entries = document.entries
    if name.endswith("position"):
        scheme = entries.get(name) or entries.get("position")
        return scheme is not None and isinstance(scheme.value, str)
    sources = {"X", "layer", "W_qkv", f"W_{name.lower()}", *(["memory"] if name != "Q" else [])}
    return not sources.isdisjoint(entries)


def read_written(
    reader: Reader, files: Sequence[str], steps: Sequence[Named], step: str | None
) -> Written:
    """Return the answer as it is written in a file, in arguments `STEP=FILE`, or in both.

    A later step of the same name replaces an earlier one. `step` names the matrix that has no name
    in the file. Raises AttncliError if there is no such matrix.
    """
    from attncli.calculation.names.known_names import canonical
    from attncli.documents.reader import Written
    from attncli.homework.answers.answer import is_value

    entries: dict[str, object] = {}
    sources: list[str] = []
    student = ""
    nameless = canonical(step) if step else None
    if step and not files:
        message = f"--step {step} has no effect: STEP=FILE already names the step."
        raise AttncliError(message, "Leave out --step.")
    for file in files:
        written = reader.written(file, nameless, is_value)
        if step and not written.has_nameless:
            source = written.source.removeprefix(f"{nameless}=")
            message = f"--step {step} has no effect: the matrices of {source} have names."
            raise AttncliError(message, "Leave out --step.")
        entries.update(written.entries)
        sources.append(written.source)
        student = written.student
    for named in steps:
        written = reader.written(named.value, named.name, is_value)
        entries[named.name] = _matrix_of(written, named.name)
        sources.append(written.source)
    return Written(", ".join(sources), entries, student=student)


def _matrix_of(written: Written, name: str) -> object:
    """Return the matrix `name`, or the only matrix. Raises AttncliError if there is neither."""
    if name not in written.entries and len(written.entries) != 1:
        held = ", ".join(written.entries) or "nothing"
        raise AttncliError(f"{written.source}: it holds {held}, but not {name}.")
    return written.entries.get(name, next(iter(written.entries.values())))
