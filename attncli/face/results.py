"""The results of the Python face: each can be written in every form that its command writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from attncli.formats import EXPLANATIONS, FORMATS, REPORTS, Format

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from attncli.calculation.algebra.plan import Plan
    from attncli.calculation.problem.problem import Computation
    from attncli.homework.judging.report import AnswerReport, StepReport
    from attncli.render.explain.explanations import Explanations


class Writable:
    """A result that can be written; `print` shows it as text, and a notebook shows it in colours.

    `made` is the result as an object that the commands write.
    """

    forms: ClassVar[Mapping[str, Format[Any]]]
    made: Any

    def __init__(self, made: object) -> None:
        self.made = made

    def write(self, form: str | None = None, *, precision: int | None = None) -> bytes:
        """Return the result in a form of its command, such as `csv`; as text by default.

        `precision` is the number of decimals in texts. Raises AttncliError for an unknown form, and
        for a precision in a form that has every digit.
        """
        from attncli.errors import AttncliError
        from attncli.render.view import View
        from attncli.words import in_words

        if form is not None and form not in self.forms:
            hint = f"Choose {in_words(list(self.forms), 'or')}."
            raise AttncliError(f"there is no form {form!r}.", hint)
        form = form or next(iter(self.forms))
        chosen = self.forms[form]
        if precision is not None and "precision" not in chosen.uses:
            raise AttncliError(f"precision has no effect on {form}.", "Leave it out.")
        return chosen.write(self.made, View(precision))

    def to_json(self) -> str:
        """Return the result as JSON, with every digit."""
        return self.write("json").decode()

    def __str__(self) -> str:
        return self.write().decode().removesuffix("\n")

    def _repr_html_(self) -> str:
        """Return HTML for a notebook: the text in the colours of a terminal."""
        from attncli.render.notebook import colored_html
        from attncli.render.view import View

        first = next(iter(self.forms.values()))
        return colored_html(first.write(self.made, View(color="truecolor", is_dark=False)).decode())


class Result(Writable, Mapping[str, "NDArray[Any]"]):
    """The steps of a calculation: a mapping from their names to their matrices.

    >>> from attncli import compute
    >>> result = compute({"X": [[1, 0], [0, 1]]}, score="dot")
    >>> list(result), result["scores"].shape
    (['scores', 'weights', 'output'], (2, 2))
    """

    forms = FORMATS
    made: Computation

    def __init__(self, made: Computation) -> None:
        super().__init__(made)
        self._matrices = made.matrices

    @property
    def plan(self) -> Plan:
        """The list of the calculation's steps, each with its operation."""
        return self.made.trace.plan

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._matrices[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._matrices)

    def __len__(self) -> int:
        return len(self._matrices)

    def __repr__(self) -> str:
        from attncli.words import shape_text

        shapes = (f"{name}: {shape_text(matrix.shape)}" for name, matrix in self.items())
        return f"Result({', '.join(shapes)})"


class Report(Writable):
    """The judgement of an answer, step by step."""

    forms = REPORTS
    made: AnswerReport

    @property
    def passed(self) -> bool:
        """True if every step of the answer passes."""
        return self.made.passed

    @property
    def steps(self) -> tuple[StepReport, ...]:
        """The steps, each with `name`, `verdict`, `rationale`, `help` and `mistakes`."""
        return self.made.lines

    def __repr__(self) -> str:
        verdicts = (f"{step.name}: {step.verdict.word}" for step in self.steps)
        return f"Report({', '.join(verdicts)})"


class CellArithmetic(Writable):
    """The arithmetic of cells; its text has one line per cell."""

    forms = EXPLANATIONS
    made: Explanations
