"""An attention calculator: from inputs and weights to every intermediate matrix.

>>> import attncli
>>> result = attncli.compute({"X": [[1, 0], [0, 1]]}, score="dot", mask="causal")
>>> result["weights"][0].tolist()
[1.0, 0.0]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attncli.errors import AttncliError as AttncliError
    from attncli.errors import AttncliWarning as AttncliWarning
    from attncli.face.functions import check as check
    from attncli.face.functions import compute as compute
    from attncli.face.functions import explain as explain
    from attncli.face.results import CellArithmetic as CellArithmetic
    from attncli.face.results import Report as Report
    from attncli.face.results import Result as Result
    from attncli.grading.grade_class import grade as grade
    from attncli.homework.classes.grade import Grade as Grade

__version__ = "0.1.0"

# The module of each name, loaded when the name is used, so that the program starts fast.
_PLACES = {
    "AttncliError": "errors",
    "AttncliWarning": "errors",
    "check": "face.functions",
    "compute": "face.functions",
    "explain": "face.functions",
    "CellArithmetic": "face.results",
    "Report": "face.results",
    "Result": "face.results",
    "grade": "grading.grade_class",
    "Grade": "homework.classes.grade",
}
__all__ = [
    "AttncliError",
    "AttncliWarning",
    "CellArithmetic",
    "Grade",
    "Report",
    "Result",
    "__version__",
    "check",
    "compute",
    "explain",
    "grade",
]


if not TYPE_CHECKING:  # a type checker reads the imports above

    def __getattr__(name: str) -> object:
        if name not in _PLACES:
            raise AttributeError(f"attncli has no {name}")
        from importlib import import_module

        return getattr(import_module(f"attncli.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
