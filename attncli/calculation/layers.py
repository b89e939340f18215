"""A Transformer, layer by layer: each sublayer is a plan, and a layer is their plans in a row.

    encoder layer: self-attention, feed-forward            (Vaswani et al. 2017, 3.1)
    decoder layer: causal self-attention, attention on memory, feed-forward

Around each of them stands a residual sum and a norm. A document nests the matrices of a sublayer
under its name (`self.W_q`, `layers.2.ffn.W_1`, `encoder.X`), and its steps bear the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from attncli.calculation.attention import attention, embedding
from attncli.calculation.choices import read_choice
from attncli.calculation.conventions import CONVENTIONS, PAPER
from attncli.calculation.document import Document, Entry
from attncli.calculation.feed_forward import add_and_norm, feed_forward, output_head
from attncli.calculation.layouts import LAYOUTS, Array, Axes, Axis, Layout, Role
from attncli.calculation.misplaced import check_placed, is_added
from attncli.calculation.nested import Nested
from attncli.calculation.norms import Add
from attncli.calculation.operations import renamed
from attncli.calculation.plan import Plan, Step, Steps
from attncli.calculation.problem import Part, Problem, read_problem
from attncli.errors import ProblemError
from attncli.records import record, replace

Made = TypeVar("Made")

SUBLAYERS = {"encoder": ("self", "ffn"), "decoder": ("self", "cross", "ffn")}
ARTICLES = {"encoder": "an", "decoder": "a", "transformer": "a"}
OF_INPUTS = {"layout", "dtype", "convention", "tokens", "memory_tokens", "title", "note"}


@record(frozen=True)
class Kind:
    """A kind of sublayer: whose matrices it takes, and how its plan is made."""

    owner: str
    plan: Callable[[Problem], Plan]


ATTENTION = Kind("attention", attention)
EMBEDDING = Kind("attention", embedding)
FEED_FORWARD = Kind("feed-forward", feed_forward)
NORM = Kind("norm", add_and_norm)
HEAD = Kind("head", output_head)


class Layers:
    """A plan of layers in the making, sublayer by sublayer."""

    def __init__(self, document: Document) -> None:
        self.top = Nested(document)
        self.is_transformer = self.top.has("encoder") and self.top.has("decoder")
        self.used: set[str] = set()
        self.steps: list[Step] = []
        self.parts: list[Part] = []
        self.matrices: dict[str, Array] = {}
        self.axes: dict[str, Axes] = {}
        self.roles: dict[str, Role] = {}

    def read(self) -> tuple[Problem, Plan]:
        """The whole problem and its plan; the last step is `output`."""
        kind = self.kind()
        base = self.inputs(kind)
        has_head = "W_out" in self.top.matrices()
        last = "" if has_head else "output"
        if kind == "transformer":
            memory = self.side("encoder", self.top.within("encoder"), "encoder.X", None, "")
            source = self.side("decoder", self.top.within("decoder"), "decoder.X", memory, last)
        else:
            memory_name = "memory" if kind == "decoder" else None
            source = self.side(kind, self.top, "X", memory_name, last)
        if has_head:
            self.add(self.top, "", HEAD, {"X": source}, "output")
        sublayers = [part.prefix.removesuffix(".") for part in self.parts]
        check_placed(self.top.document, self.used, kind, sublayers)
        plan = Plan(tuple(self.steps), base.layout)
        problem = replace(
            base,
            matrices=self.matrices,
            axes=self.axes,
            roles=self.roles,
            idle=(),
            parts=tuple(self.parts),
        )
        return problem, plan

    def kind(self) -> str:
        """What the document is of: `encoder`, `decoder` or `transformer`."""
        entry = self.top.document.entries.get("layer")
        if entry:
            return str(read_choice("layer", entry.value))
        if self.is_transformer:
            return "transformer"
        message = "there are layers, but it is not said of which kind."
        raise ProblemError(message, "Write layer: encoder, or decoder.", ("layer",))

    def inputs(self, kind: str) -> Problem:
        """X, and memory where there is one; in a transformer these are `decoder.X`, `encoder.X`."""
        names = {"X": "X"}
        if kind == "decoder":
            names["memory"] = "memory"
        elif kind == "transformer":
            names = {"X": "decoder.X", "memory": "encoder.X"}
        entries = {**self.top.own(), **self.top.choices()}
        given = {name: entry for name, entry in entries.items() if name in OF_INPUTS}
        for local, name in names.items():
            if name not in self.top.document.entries:
                message = f"there is no {name}: {ARTICLES[kind]} {kind} needs it."
                raise ProblemError(message, f"Give {name}, tokens × d_model.", ("layer",))
            given[local] = self.top.document.entries[name]
            self.used.add(name)
        problem = self.told("", lambda: read_problem(Document(given)))
        for local, name in names.items():
            if len(problem.axes[local]) > 3:
                message = f"{name} is of rank {len(problem.axes[local])}."
                raise ProblemError(message, "Layers take n × d_model, or batch × n × d_model.")
            self.matrices[name] = problem.matrices[local]
            self.axes[name], self.roles[name] = problem.axes[local], Role.TOKENS
        return problem

    def side(self, kind: str, place: Nested, source: str, memory: str | None, last: str) -> str:
        """One stack of layers, from its embeddings; its last step bears the name `last`."""
        kind = "decoder" if memory else "encoder"
        source = self.embedded(place, source)
        numbers = place.numbers() if place.has("layers") else []
        layers = [place.within("layers", str(number)) for number in numbers] or [place]
        # A name of its own for what a layer gives, and for the last of all that stands here.
        ends = [f"{layer.prefix}output" if numbers else None for layer in layers]
        whole = last or (f"{place.prefix}output" if place.prefix else None)
        has_norm = place.has("norm_final")
        if not has_norm:
            ends[-1] = whole or ends[-1]
        for layer, end in zip(layers, ends, strict=True):
            source = self.layer(kind, layer, source, memory, end)
        if has_norm:
            source = self.add(place, "norm_final", NORM, {"X": source}, whole)
        return source

    def embedded(self, place: Nested, source: str) -> str:
        """The embeddings, enlarged and with positions added, where that is chosen."""
        extra = self.nearest(place, "position", is_added)
        extra |= self.nearest(place, "scale_embeddings")
        past = next((name for name in self.top.document.entries if _is_past(name, place)), None)
        known = {}
        if past:  # as long as the cache of any of its layers
            size = self.past(past)
            known = dict.fromkeys(("K_past", "V_past"), (Axis("p", size), Axis("d_k", 1)))
        return self.add(place, "", EMBEDDING, {"X": source}, None, extra, known)

    def nearest(
        self, place: Nested, name: str, is_meant: Callable[[Entry], bool] = lambda entry: True
    ) -> dict[str, Entry]:
        """What a document says of positions, or of embeddings: for this side, else for the whole.

        Nothing where what it says is not meant for this use of it.
        """
        for prefix in place.scopes():
            entry = self.top.document.entries.get(prefix + name)
            if entry:
                if not is_meant(entry):
                    return {}
                self.used.add(prefix + name)
                return {name: entry}
        return {}

    def past(self, name: str) -> int:
        """How many tokens a cache holds."""
        value = self.top.document.entries[name].value
        axis = -1 if Role.TOKENS in self.layout(self.top).swapped else -2
        return int(np.shape(value)[axis]) if isinstance(value, np.ndarray) and value.ndim > 1 else 0

    def layer(
        self, kind: str, place: Nested, source: str, memory: str | None, last: str | None
    ) -> str:
        """Each sublayer with its residual sum and its norm, before it or after it."""
        names = SUBLAYERS[kind]
        is_pre = self.choice(place, "norm", "post") == "pre"
        for number, name in enumerate(names, 1):
            end = last if name == names[-1] else None
            norm_name = f"norm_{number}"
            if is_pre:
                normed = self.add(place, norm_name, NORM, {"X": source}, None)
                result = self.sublayer(place, name, normed, memory)
                source = self.residual(place, name, source, result, end)
            else:
                result = self.sublayer(place, name, source, memory)
                source = self.add(place, norm_name, NORM, {"X": source, "sublayer": result}, end)
        return source

    def sublayer(self, place: Nested, name: str, source: str, memory: str | None) -> str:
        """Attention on itself or on memory, or a feed-forward; its last step is its `output`."""
        if name == "ffn":
            return self.add(place, name, FEED_FORWARD, {"X": source}, None)
        found = place.masks(name, least=1 if self.is_transformer else 0)
        self.used.update(found.values())
        masks = {local: self.top.document.entries[key] for local, key in found.items()}
        if name == "cross" and memory:
            return self.add(place, name, ATTENTION, {"X": source, "memory": memory}, None, masks)
        if memory:  # a decoder does not see what it is to predict
            # A cache is of the tokens before, whatever a convention counts in masks.
            has_past = f"{place.prefix}{name}.K_past" in self.top.document.entries
            masks = with_causal(masks, "causal:lower-right" if has_past else "causal")
        inner = place.within(name)
        extra = self.nearest(inner, "position", lambda entry: not is_added(entry))
        return self.add(place, name, ATTENTION, {"X": source}, None, {**extra, **masks})

    def residual(self, place: Nested, name: str, source: str, result: str, last: str | None) -> str:
        """`self.sum` = what went into the sublayer, with its norm, and what came out."""
        steps = Steps(self.layout(place), self.axes, self.roles)
        end = last or f"{place.prefix}{name}.sum"
        self.told(place.prefix + name, lambda: steps.add(end, Add(source, result)))
        self.keep(steps.plan().steps[0])
        return end

    def add(
        self,
        place: Nested,
        name: str,
        kind: Kind,
        sources: Mapping[str, str],
        last: str | None,
        extra: Mapping[str, Entry] | None = None,
        earlier: Mapping[str, Axes] | None = None,
    ) -> str:
        """Add the plan of a sublayer, and give back the name of its last step.

        `sources` are the steps, or inputs, that it works on, by the names that it has for them;
        `last` is another name for its last step; `earlier` are the axes of a cache that it counts.
        """
        inner = place.within(name) if name else place
        where = inner.prefix.removesuffix(".")
        matrices = inner.matrices() if name or kind is HEAD else {}
        if kind is HEAD:
            matrices = {n: e for n, e in matrices.items() if n in ("W_out", "b_out")}
        # What a sublayer works on comes from the step before it.
        matrices = {n: e for n, e in matrices.items() if n not in ("X", "memory")}
        self.used.update(inner.prefix + local for local in matrices)
        document = Document({**matrices, **inner.choices(), **(extra or {})})
        known = {local: self.axes[glob] for local, glob in sources.items()} | dict(earlier or {})
        problem = self.told(where, lambda: read_problem(document, kind.owner, known))
        plan = self.told(where, lambda: kind.plan(problem))
        if not plan.steps:
            return sources["X"]
        names = {**sources, **({plan.steps[-1].name: last} if last else {})}
        part = Part(inner.prefix, problem, plan, names)
        self.parts.append(part)
        for local, matrix in problem.matrices.items():
            self.matrices[part.name(local)] = matrix
            self.axes[part.name(local)] = problem.axes[local]
            self.roles[part.name(local)] = problem.roles[local]
        for step in plan.steps:
            operation = renamed(step.operation, part.name)
            self.keep(Step(part.name(step.name), operation, step.axes))
        return part.name(plan.steps[-1].name)

    def keep(self, step: Step) -> None:
        """The next step of the whole."""
        self.steps.append(step)
        self.axes[step.name], self.roles[step.name] = step.axes, step.role

    def layout(self, place: Nested) -> Layout:
        return LAYOUTS[self.choice(place, "layout", "rows")]

    def choice(self, place: Nested, name: str, default: str) -> str:
        """A choice as it holds here: as the document says, else its convention."""
        choices = place.choices()
        if name in choices:
            return str(read_choice(name, choices[name].value))
        entry = choices.get("convention")
        convention = CONVENTIONS[read_choice("convention", entry.value)] if entry else PAPER
        return str(convention.choices.get(name, default))

    def told(self, where: str, made: Callable[[], Made]) -> Made:
        """What a function makes; an error of it is told with the sublayer where it happened."""
        try:
            return made()
        except ProblemError as error:
            if not where:
                raise
            names = tuple(f"{where}.{name}" for name in error.names)
            raise ProblemError(
                f"{where}: {error.message}", error.hint, (*names, *error.names)
            ) from None


def with_causal(masks: Mapping[str, Entry], causal: str) -> dict[str, Entry]:
    """These masks, and the one that hides what comes later."""
    given = [masks["mask"].value] if "mask" in masks else []
    several = masks["masks"].value if "masks" in masks else []
    every = [*given, *(several if isinstance(several, list) else [several])]
    source = next((entry.source for entry in masks.values()), "")
    is_there = any(isinstance(mask, str) and mask.startswith("causal") for mask in every)
    return {"masks": Entry(every if is_there else [causal, *every], source)}


def _is_past(name: str, place: Nested) -> bool:
    return name.startswith(place.prefix) and name.endswith("self.K_past")
