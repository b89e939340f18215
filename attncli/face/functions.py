"""The functions of the Python face: from a document to a result, a report or an explanation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from attncli.errors import AttncliError, ProblemError, errors_at
from attncli.face.results import CellArithmetic, Report, Result
from attncli.face.surroundings import PYTHON, Surroundings

if TYPE_CHECKING:
    from attncli.calculation.algebra.plan import Plan, Trace
    from attncli.calculation.analyses.cell_names import Selection
    from attncli.calculation.problem.document import Document
    from attncli.calculation.problem.problem import Problem
    from attncli.calculation.problem.shown import StepPart
    from attncli.documents.reader import Reader, Written
    from attncli.homework.answers.answer import Answer
    from attncli.homework.judging.report import Files

DocumentLike: TypeAlias = "str | PathLike[str] | Mapping[str, Any] | IO[Any] | Document"

LONG = 2**20  # numbers: the scores of 1024 tokens, which nearly fit into a processor's cache


def compute(
    document: DocumentLike | None = None,
    *,
    only: str | Iterable[str] = (),
    surroundings: Surroundings | None = None,
    **choices: object,
) -> Result:
    """Calculate every intermediate matrix of an attention, or of the layers of a Transformer.

    `document` is a path (also `sample:NAME`), a literal, an open file, or a mapping with arrays
    and choices: `{"X": x, "W_q": w_q, "W_k": w_k, "W_v": w_v, "mask": "causal"}`. An array is a
    NumPy array, nested lists, or anything with `__array__`. In layout `rows` X is n × d_model,
    Q is n × d_k, K is m × d_k and V is m × d_v, for n queries and m keys; a batch axis may come
    first, and then an axis of heads. `only` names the steps to return: `"weights"`,
    `["scores", "weights[head=2]"]`; all steps by default. `choices` are the options of the command:
    `score="dot"`, `heads=2`, or matrices: `Q=q`; they win over the document. The commands give
    their own `surroundings`.

    Raises AttncliError if the document, a choice or `only` is wrong. Warns with AttncliWarning.

    >>> result = compute({"Q": [[1, 0]], "K": [[1, 0], [1, 0]], "V": [[2], [4]]}, score="dot")
    >>> {name: matrix.tolist() for name, matrix in result.items()}
    {'scores': [[1.0, 1.0]], 'weights': [[0.5, 0.5]], 'output': [[3.0]]}
    """
    from attncli.calculation.problem.problem import Computation

    problem, plan = planned(read_document(document, choices))
    texts = [only] if isinstance(only, str) else list(only)
    names = list(plan.names)
    parts: list[StepPart] = []
    try:
        if texts:
            from attncli.calculation.analyses.cell_names import parts_of

            names, parts = parts_of(problem, plan, texts)
        needed = [*names, *(part.step for part in parts)]
        trace = run(problem, plan, needed, surroundings or PYTHON)
    except ProblemError as error:
        raise error.at("--only" if surroundings else "only") from None
    return Result(Computation(problem, trace, names, parts))


def check(
    document: DocumentLike,
    answer: DocumentLike | Written,
    *,
    step: str | None = None,
    decimals: int | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    strict: bool = False,
    points: str = "",
    required: str = "",
    surroundings: Surroundings | None = None,
    **choices: object,
) -> Report:
    """Judge each step of an answer, and name the mistake that explains a wrong step.

    `document`, `choices` and `surroundings` work as in `compute`. `answer` is a document with any
    of the steps; `step` names its only matrix if the matrix has no name there. By default the
    digits of a cell as written must be right; with `decimals`, this many decimals must be; with
    `atol` or `rtol`, the cell may differ by this absolute or relative distance. `strict` fails
    steps that are rounded too early. `points` are the points of the steps: `"2"` for each, or
    `"weights=3,output=2"`; by default 1 for each step that the answer holds, for the last step,
    and for the steps `required`: `"scores,weights"`.

    Raises AttncliError if the document, the answer or an option is wrong. Warns with
    AttncliWarning.

    >>> document = {"Q": [[1, 0]], "K": [[1, 0], [0, 1]]}
    >>> report = check(document, {"weights": [[0.73, 0.27]]})
    >>> report.passed, report.steps[-1].mistakes[0]
    (False, 'no-scale')
    """
    from attncli.calculation.names.known_names import canonical
    from attncli.documents.reader import Written
    from attncli.homework.answers.answer import is_value
    from attncli.homework.checking import CheckOptions, check_answer

    options = CheckOptions(decimals, atol, rtol, strict, points, required)
    options.check()
    reader = _reader(surroundings)
    problem = read_document(document, choices, reader)
    if not isinstance(answer, Written):
        answer = reader.written(answer, canonical(step) if step else None, is_value)
    computed = compute(problem, surroundings=surroundings).made
    with (surroundings or PYTHON).waiting("checking"), errors_at(answer.source):
        files = _files(problem, answer)
        report = check_answer(computed, answer.entries, options, files)
        return Report(report.of(answer.student))


def _files(document: Document, answer: Written) -> Files:
    """Return the files of a check for the commands in its advice.

    A problem that is not one file alone has no name there, and neither has an answer that is not a
    file.
    """
    from shlex import quote

    from attncli.documents.files import exists
    from attncli.documents.parsed import SAMPLE
    from attncli.homework.judging.report import Files

    sources = {*document.sources, *(entry.source for entry in document.entries.values())}
    found = {"problem": ", ".join(sources), "answer": answer.source}
    return Files(
        **{
            role: quote(file)
            for role, file in found.items()
            if file.startswith(SAMPLE) or exists(file)
        }
    )


def explain(
    document: DocumentLike,
    cells: str | Iterable[str],
    *,
    depth: int = 0,
    answer: DocumentLike | None = None,
    full: bool = False,
    slices: Mapping[str, str] | None = None,
    surroundings: Surroundings | None = None,
    reader: Reader | None = None,
    **choices: object,
) -> CellArithmetic:
    """Spell out the arithmetic of cells.

    `document`, `choices` and `surroundings` work as in `compute`. `cells` are one or several of
    `"scores[2,1]"`, `"weights[love,:]"`, `"Q_h[2,1,head=1]"`, `"output"`, counted from 1. The cells
    from which a cell is calculated are spelled out below it, `depth` steps back. The numbers of an
    `answer` stand beside the calculated numbers. Large steps are shortened unless `full` is true.
    `slices` gives the head and the batch entry of cells that do not name them: `{"head": "2"}`.
    `reader` reads the answer; the commands give the reader that has read their document.

    Raises AttncliError if the document, a cell or the answer is wrong. Warns with AttncliWarning.

    >>> print(explain({"Q": [[1, 0]], "K": [[1, 2]]}, "scores[1,1]"))
    scores[1,1] = Q[1]·K[1] = 1 × 1 + 0 × 2 = 1
    """
    from attncli.calculation.analyses.cell_names import paper
    from attncli.render.explain.explanations import Explanations

    reader = reader or _reader(surroundings)
    problem, plan = planned(read_document(document, choices, reader))
    around = surroundings or PYTHON
    wanted = [cells] if isinstance(cells, str) else list(cells)
    selections = _selections(problem, plan, wanted, slices or {})
    own = {} if answer is None else _fitting_answer(reader, answer, problem, plan, around)
    # The arithmetic of a cell shows numbers of earlier steps, so these steps are needed as well.
    needed = plan.needed_for(selection.name for selection in selections)
    trace = run(problem, plan, needed.intersection(plan.names), around)
    on_paper = paper(problem, plan)
    return CellArithmetic(Explanations(problem, trace, on_paper, selections, depth, full, own))


def read_document(
    given: DocumentLike | None, choices: Mapping[str, object], reader: Reader | None = None
) -> Document:
    """Return the user's document with these choices, which replace the document's own.

    Raises AttncliError if the document cannot be read.
    """
    from attncli.calculation.problem.document import Document

    reader = reader or _reader(None)
    document = given if isinstance(given, Document) else reader.document(given or {})
    chosen = {name: value for name, value in choices.items() if value is not None}
    return document.merged(reader.document(chosen)) if chosen else document


def _reader(surroundings: Surroundings | None) -> Reader:
    from attncli.documents.files import ReadingLimit
    from attncli.documents.reader import Reader

    around = surroundings or PYTHON
    return Reader(around.warn, limit=ReadingLimit(around.memory.allowed))


def planned(document: Document) -> tuple[Problem, Plan]:
    """Return the problem that a document describes, and its steps.

    Raises AttncliError, which names the file and the place in it, if the document is wrong.
    """
    from attncli.calculation.plans.from_document import read

    try:
        return read(document)
    except ProblemError as error:
        raise error.at(document.source(error.names)) from None


def run(
    problem: Problem,
    plan: Plan,
    names: Iterable[str],
    surroundings: Surroundings,
    under: str = "",
) -> Trace:
    """Return the trace of these steps and of the steps that they need; warn of doubtful results.

    `under` begins each warning, such as `under keras: `. Raises AttncliError if the steps need more
    memory than they may use.
    """
    from attncli.calculation.algebra.operation_cost import cells
    from attncli.calculation.algebra.plan import Trace
    from attncli.calculation.analyses.warnings import remarks

    names, share = list(names), surroundings.share
    if not share and max(cells(step.axes) for step in plan.steps) < LONG:
        trace = plan.run(problem.matrices, names)
    else:
        from attncli.calculation.long.running import run_long

        used = sum(matrix.nbytes for matrix in problem.matrices.values())
        allowed = surroundings.memory.allowance(used)
        bar = surroundings.waiting("calculating")
        trace = run_long(problem, plan, names, allowed, bar, share)
    for remark in remarks(trace, plan, problem):
        surroundings.warn(f"{under}{remark}")
    return Trace(plan, trace.matrices)


def _selections(
    problem: Problem, plan: Plan, cells: Sequence[str], slices: Mapping[str, str]
) -> list[Selection]:
    """Return the named cells. Raises AttncliError if the calculation has no such cells."""
    from attncli.calculation.analyses.cell_names import CellFinder

    if not cells:
        hint = f"Write 'scores[2,1]', or a whole step: {', '.join(plan.names)}."
        raise AttncliError("no cell is named.", hint)
    finder = CellFinder(problem, plan, slices)
    selections = []
    for text in cells:
        with errors_at(text or "''"):
            selections.append(finder.read(text))
    finder.check_chosen(selections)
    return selections


def _fitting_answer(
    reader: Reader, given: DocumentLike, problem: Problem, plan: Plan, surroundings: Surroundings
) -> Answer:
    """Return the matrices of an answer that have the right size; warn of the others.

    Raises AttncliError if the answer cannot be read.
    """
    from attncli.calculation.algebra.layouts import sizes
    from attncli.homework.answers.answer import is_value, read_answer
    from attncli.words import shape_text

    written = reader.written(given, None, is_value)
    with errors_at(written.source):
        answer = read_answer(problem, plan, written.entries)
    fitting = {}
    for step in plan.steps:
        answered = answer.get(step.name)
        if answered is None:
            continue
        if answered.values.shape == sizes(step.axes):
            fitting[step.name] = answered
            continue
        size = shape_text(problem.layout.written_order(answered.values.shape, step.role))
        fact = f"{step.name} is {size}, not {plan.shape(step)}: it is left out."
        surroundings.warn(f"{written.source}: {fact}".removeprefix(": "))
    return fitting
