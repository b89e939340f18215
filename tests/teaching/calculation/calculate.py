"""A whole calculation: the operations in their order, any of which may be replaced.

The result holds every named step in its order. Nothing here comes from the package.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import ModuleType

import numpy as np

from tests.teaching.calculation import layer_operations, operations
from tests.teaching.calculation.problem import Matrix, Problem
from tests.teaching.calculation.scene import Habit, Operation, Scene, added, visible

Steps = dict[str, Matrix]


def _functions(module: ModuleType) -> dict[str, Operation]:
    """The functions that a module defines itself."""
    own = {n: f for n, f in vars(module).items() if getattr(f, "__module__", "") == module.__name__}
    return {n: f for n, f in own.items() if not n.startswith("_")}


RIGHT: Mapping[str, Operation] = {**_functions(operations), **_functions(layer_operations)}


def as_it_is(name: str, matrix: Matrix) -> Matrix:
    """Go on with every digit of a step."""
    return matrix


def calculate(
    problem: Problem, replaced: Mapping[str, Operation] | None = None, habit: Habit = as_it_is
) -> Steps:
    """Return the steps of a problem, in order.

    `replaced` are the operations that are done in another way, by name. `habit` is done to every
    step before the calculation goes on with it: rounding, or a slip.
    """
    run = Run(problem, {**RIGHT, **(replaced or {})}, habit)
    with np.errstate(all="ignore"):
        if problem.choices.get("layer"):
            run.layer()
        else:
            run.attention("", run.embedded(), problem.matrices.get("memory"))
    return run.steps


class Run:
    """One run of a calculation."""

    def __init__(self, problem: Problem, operations: Mapping[str, Operation], habit: Habit) -> None:
        self.problem, self.operations, self.habit = problem, operations, habit
        self.steps: Steps = {}
        self.begun: Matrix | None = None

    def keep(self, name: str, matrix: Matrix) -> Matrix:
        """Record a step, and return the numbers with which the calculation goes on."""
        self.steps[name] = self.habit(name, np.asarray(matrix))
        return self.steps[name]

    def scene(self, prefix: str, x: Matrix, **more: Matrix | None) -> Scene:
        """Return the scene of a sublayer."""
        more = {"begun": self.begun, **more}
        return Scene(self.problem, prefix, self.steps, self.operations, x, **more)  # type: ignore[arg-type]

    def embedded(self) -> Matrix:
        """Return X, scaled and with positions where the problem has them."""
        matrices, choices = self.problem.matrices, self.problem.choices
        x = matrices["X"] if "X" in matrices else matrices["Q"]
        at = self.scene("", x)
        if choices.get("scale_embeddings"):
            x = self.keep("X_scaled", self.operations["scale_embeddings"](at, x))
        if choices.get("position") == "sinusoidal":
            position = self.keep("position", self.operations["sinusoids"](at, x))
            x = self.keep("embedded", self.operations["embed"](at, x, position))
        return x

    # Attention

    def attention(self, prefix: str, x: Matrix, memory: Matrix | None) -> Matrix:
        """Add the steps of one attention; return its output."""
        at = self.scene(prefix, x, memory=memory)
        do = {name: partial(operation, at) for name, operation in self.operations.items()}
        Q, K, V = self.sides(at)
        if prefix == "" and at.choice("position") == "rope":
            Q = self.keep("Q_rotated", do["rotate"]("Q", Q))
            K = self.keep("K_rotated", do["rotate"]("K", K))
        if at.past:
            K = self.keep("K_present", do["append"]("K", at.need("K_past"), K))
            V = self.keep("V_present", do["append"]("V", at.need("V_past"), V))
        if at.kv_heads != at.heads:
            K, V = do["share"]("K", K), do["share"]("V", V)
        at.inside.update(Q=Q, K=K, V=V)
        weights = self.weights(at)
        result = do["weigh"](weights, V)
        if at.heads > 1:
            result = self.keep(f"{prefix}heads", result)
            result = do["merge"](result)
            if at.given("W_o") is not None:
                result = self.keep(f"{prefix}concat", result)
        elif at.given("W_o") is not None:
            result = self.keep(f"{prefix}heads", result)
        if at.given("W_o") is not None:
            result = do["project"]("o", result)
        return self.keep(f"{prefix}output", result)

    def sides(self, at: Scene) -> tuple[Matrix, Matrix, Matrix]:
        """Return Q, K and V: given, or projected; split into heads."""
        do, found = self.operations, {}
        for letter in "qkv":
            name = letter.upper()
            given = at.given(name)
            if given is not None:
                found[name] = given
                continue
            matrix = do["source"](at, letter)
            if at.given(f"W_{letter}") is not None:
                matrix = self.keep(at.prefix + name, do["project"](at, letter, matrix))
            found[name] = matrix
        if at.heads > 1:
            for name in "QKV":
                split = do["split"](at, name, found[name])
                found[name] = self.keep(f"{at.prefix}{name}_h", split)
        return found["Q"], found["K"], found["V"]

    def weights(self, at: Scene) -> Matrix:
        """Return the weights of the queries in `at.inside`."""
        do = {name: partial(operation, at) for name, operation in self.operations.items()}
        Q, K, prefix = at.inside["Q"], at.inside["K"], at.prefix
        kind = at.choice("score", "scaled")
        if kind == "additive":
            q = self.keep("q_hidden", do["query_hidden"](Q))
            k = self.keep("k_hidden", do["key_hidden"](K))
            hidden = self.keep("hidden", do["hidden_units"](q, k))
            last = self.keep("scores", do["score_hidden"](hidden))
        else:
            operation = "general_score" if kind == "general" else "score"
            last = self.keep(f"{prefix}scores", do[operation](Q, K))
        if kind == "scaled":
            last = self.keep(f"{prefix}scaled", do["scale"](last))
        if at.choice("softcap"):
            last = self.keep(f"{prefix}capped", do["cap"](last))
        if at.choice("position") == "alibi":
            at.inside["position"] = self.keep("position", do["distances"](last))
        is_masked = visible(at, 1, 1) is not None or added(at) is not None
        if is_masked or "position" in at.inside:
            last = self.keep(f"{prefix}masked", do["mask"](last))
        return self.keep(f"{prefix}weights", do["normalise"](last))

    # Layers

    def layer(self) -> None:
        """Add the steps of an encoder or decoder layer."""
        is_pre = self.problem.choices.get("norm", "post") == "pre"
        x = self.begun = self.embedded()
        memory = self.problem.matrices.get("memory")
        sublayers = ["self", "cross", "ffn"] if memory is not None else ["self", "ffn"]
        for number, name in enumerate(sublayers, 1):
            is_last = number == len(sublayers)
            if is_pre:
                n = self.norm(f"norm_{number}.", x, f"norm_{number}.output")
                sub = self.sublayer(name, n, memory)
                at = self.scene(f"{name}.", x, sub=sub, normed=n)
                total = self.operations["add"](at, x, sub)
                x = self.keep("output" if is_last else f"{name}.sum", total)
            else:
                sub = self.sublayer(name, x, memory)
                prefix = f"norm_{number}."
                at = self.scene(prefix, x, sub=sub)
                total = self.keep(f"{prefix}sum", self.operations["add"](at, x, sub))
                after = "output" if is_last else f"{prefix}output"
                x = self.norm(prefix, total, after, residual=x, sub=sub)

    def sublayer(self, name: str, x: Matrix, memory: Matrix | None) -> Matrix:
        """Add the steps of an attention or a feed-forward; return its output."""
        if name != "ffn":
            return self.attention(f"{name}.", x, memory if name == "cross" else None)
        at, do = self.scene("ffn.", x), self.operations
        hidden = self.keep("ffn.hidden", do["ffn_hidden"](at, x))
        activated = self.keep("ffn.activated", do["activate"](at, hidden))
        return self.keep("ffn.output", do["ffn_output"](at, activated))

    def norm(
        self,
        prefix: str,
        total: Matrix,
        name: str,
        residual: Matrix | None = None,
        sub: Matrix | None = None,
    ) -> Matrix:
        """Add the steps of a norm; `name` is the name of its result."""
        at, do = (
            self.scene(prefix, total if residual is None else residual, sub=sub),
            self.operations,
        )
        if self.problem.choices.get("norm_kind") == "rms":
            square = self.keep(f"{prefix}mean_square", do["mean_square"](at, total))
            return self.keep(name, do["rms_normed"](at, total, square))
        centre = self.keep(f"{prefix}mean", do["mean"](at, total))
        spread = self.keep(f"{prefix}variance", do["variance"](at, total, centre))
        return self.keep(name, do["normed"](at, total, centre, spread))
