"""A Transformer, layer by layer: each sublayer is a plan, and a layer joins their plans.

  encoder layer: self-attention, feed-forward            (Vaswani et al. 2017, 3.1)
  decoder layer: causal self-attention, attention on memory, feed-forward

Each sublayer has a residual sum and a norm. A document nests the matrices of a sublayer under its
name (`self.W_q`, `layers.2.ffn.W_1`, `encoder.X`), and the steps have names of the same form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from attncli.calculation.algebra.layouts import LAYOUTS, Axis, Role
from attncli.calculation.algebra.plan import Plan
from attncli.calculation.choices.choices import Choices
from attncli.calculation.choices.layer_kinds import FFN, LAYERS, LayerKind, Stack
from attncli.calculation.plans.composition import (
    ATTENTION,
    EMBEDDING,
    FEED_FORWARD,
    HEAD,
    NORM,
    Composition,
)
from attncli.calculation.plans.misplaced_entries import check_placed, is_added
from attncli.calculation.plans.nested_places import Nested
from attncli.calculation.problem.document import Document, Entry
from attncli.calculation.problem.problem import Problem
from attncli.calculation.problem.read_problem import read_problem
from attncli.errors import ProblemError

OF_INPUTS = {"layout", "dtype", "convention", "tokens", "memory_tokens", "title", "note"}


class Layers:
    """The reader of a document of layers, which makes their plan sublayer by sublayer."""

    def __init__(self, document: Document) -> None:
        self.top = Nested(document)
        self.whole = Composition(LAYOUTS[self.top.chosen().layout])

    def read(self) -> tuple[Problem, Plan]:
        """Return the whole problem and its plan; the last step is `output`.

        Raises ProblemError if entries are missing, misplaced, or do not fit each other.
        """
        kind = self.kind()
        base = self.inputs(kind)
        has_head = "W_out" in self.top.matrices()
        memory = kind.inputs.get("memory")
        for stack in kind.stacks:
            place = self.top.within(stack.name) if stack.name else self.top
            last = "output" if stack == kind.last and not has_head else ""
            before = memory if stack.attends_memory else None
            memory = source = Side(self, stack, place, before).add(last)
        if has_head:
            self.whole.add(self.top, "", HEAD, {"X": source}, "output")
        sublayers = [part.prefix.removesuffix(".") for part in self.whole.parts]
        check_placed(self.top.document, self.whole.used, kind, sublayers)
        return self.whole.finished(base)

    def kind(self) -> LayerKind:
        """Return the kind of layer: the one that `layer` names, else the one with these stacks.

        Raises ProblemError if neither shows the kind.
        """
        entry = self.top.document.entries.get("layer")
        if entry and (name := Choices.layer.read(entry.value)):
            return LAYERS[name]
        for kind in LAYERS.values():
            if kind.is_composed and all(self.top.has(stack.name) for stack in kind.stacks):
                return kind
        message = "the document has layers, but does not state their kind."
        alone = ", or ".join(name for name, kind in LAYERS.items() if not kind.is_composed)
        raise ProblemError(message, f"Write layer: {alone}.", ("layer",))

    def inputs(self, kind: LayerKind) -> Problem:
        """Return the problem of the inputs alone: X, and memory if there is one."""
        names = kind.inputs
        entries = {**self.top.own(), **self.top.choices()}
        given = {name: entry for name, entry in entries.items() if name in OF_INPUTS}
        for local, name in names.items():
            if name not in self.top.document.entries:
                message = f"there is no {name}: {kind.article} {kind.name} needs it."
                raise ProblemError(message, f"Give {name}, tokens × d_model.", ("layer",))
            given[local] = self.top.document.entries[name]
        problem = read_problem(Document(given))
        for local, name in names.items():
            if len(problem.axes[local]) > 3:
                message = f"{name} is of rank {len(problem.axes[local])}."
                raise ProblemError(message, "Layers take n × d_model, or batch × n × d_model.")
            self.whole.give(name, problem.matrices[local], problem.axes[local])
        return problem


class Side:
    """One stack of layers, such as the encoder; `memory` is the name of the matrix it attends."""

    def __init__(self, layers: Layers, stack: Stack, place: Nested, memory: str | None) -> None:
        self.whole, self.document = layers.whole, layers.top.document
        self.stack, self.place, self.memory = stack, place, memory

    def add(self, last: str) -> str:
        """Add the embeddings and layers of the stack, and return the name of the last step.

        The last step gets the name `last`, if that is not empty.
        """
        place = self.place
        source = self.embedded(place, f"{place.prefix}X")
        numbers = place.numbers() if place.has("layers") else []
        layers = [place.within("layers", str(number)) for number in numbers] or [place]
        # One name for the output of each layer, and one for the output of the whole stack.
        ends = [f"{layer.prefix}output" if numbers else None for layer in layers]
        whole = last or (f"{place.prefix}output" if place.prefix else None)
        has_norm = place.has("norm_final")
        if not has_norm:
            ends[-1] = whole or ends[-1]
        for layer, end in zip(layers, ends, strict=True):
            source = self.layer(layer, source, end)
        if has_norm:
            source = self.whole.add(place, "norm_final", NORM, {"X": source}, whole)
        return source

    def embedded(self, place: Nested, source: str) -> str:
        """Add the steps that scale `source` and add positions, if the document chooses them.

        Return the name of the last of these steps, or `source`.
        """
        extra = self.nearest(place, "position", is_added)
        extra |= self.nearest(place, "scale_embeddings")
        past = next((name for name in self.document.entries if _is_past(name, place)), None)
        known = {}
        if past:  # positions start after the tokens in the cache of a layer
            size = self.past(past)
            known = dict.fromkeys(("K_past", "V_past"), (Axis("p", size), Axis("d_k", 1)))
        return self.whole.add(place, "", EMBEDDING, {"X": source}, None, extra, known)

    def nearest(
        self, place: Nested, name: str, is_meant: Callable[[Entry], bool] = lambda entry: True
    ) -> dict[str, Entry]:
        """Return the entry `name` (position, scale_embeddings) of this stack, else of the document.

        Return an empty dictionary without such an entry, or if `is_meant` is False for it.
        """
        for prefix in place.scopes():
            entry = self.document.entries.get(prefix + name)
            if entry:
                if not is_meant(entry):
                    return {}
                self.whole.used.add(prefix + name)
                return {name: entry}
        return {}

    def past(self, name: str) -> int:
        """Return the number of tokens in the cache `name`."""
        value = self.document.entries[name].value
        axis = -1 if Role.TOKENS in self.whole.layout.swapped else -2
        return int(np.shape(value)[axis]) if isinstance(value, np.ndarray) and value.ndim > 1 else 0

    def layer(self, place: Nested, source: str, last: str | None) -> str:
        """Add each sublayer with its residual sum and its norm, and return the last step's name.

        The norm comes before the sublayer (`norm` is pre) or after the sum (post).
        """
        names = self.stack.sublayers
        is_pre = place.chosen().norm == "pre"
        for number, name in enumerate(names, 1):
            end = last if name == names[-1] else None
            norm_name = f"norm_{number}"
            if is_pre:
                normed = self.whole.add(place, norm_name, NORM, {"X": source}, None)
                result = self.sublayer(place, name, normed)
                source = self.whole.residual(place, name, source, result, end)
            else:
                result = self.sublayer(place, name, source)
                source = self.whole.add(
                    place, norm_name, NORM, {"X": source, "sublayer": result}, end
                )
        return source

    def sublayer(self, place: Nested, name: str, source: str) -> str:
        """Add the sublayer `name`: self, cross or ffn; return the name of its output."""
        if name == FFN:
            return self.whole.add(place, name, FEED_FORWARD, {"X": source}, None)
        found = place.masks(name, least=1 if self.stack.name else 0)
        self.whole.used.update(found.values())
        masks = {local: self.document.entries[key] for local, key in found.items()}
        if name == "cross" and self.memory:
            sources = {"X": source, "memory": self.memory}
            return self.whole.add(place, name, ATTENTION, sources, None, masks)
        if self.stack.is_causal:  # a decoder must not see the tokens that it predicts
            # New tokens may attend to all tokens of the cache, even if the convention's causal mask
            # starts at the first key.
            has_past = f"{place.prefix}{name}.K_past" in self.document.entries
            masks = with_causal(masks, "causal:lower-right" if has_past else "causal")
        inner = place.within(name)
        extra = self.nearest(inner, "position", lambda entry: not is_added(entry))
        return self.whole.add(place, name, ATTENTION, {"X": source}, None, {**extra, **masks})


def with_causal(masks: Mapping[str, Entry], causal: str) -> dict[str, Entry]:
    """Return these masks, with the causal mask added if none of them is causal."""
    given = [masks["mask"].value] if "mask" in masks else []
    several = masks["masks"].value if "masks" in masks else []
    every = [*given, *(several if isinstance(several, list) else [several])]
    source = next((entry.source for entry in masks.values()), "")
    is_there = any(isinstance(mask, str) and mask.startswith("causal") for mask in every)
    return {"masks": Entry(every if is_there else [causal, *every], source)}


def _is_past(name: str, place: Nested) -> bool:
    return name.startswith(place.prefix) and name.endswith("self.K_past")
