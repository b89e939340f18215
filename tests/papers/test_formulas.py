"""Test the formulas of operations as tokens: a law over all samples and all registries."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator

import pytest

from attncli.calculation.choices.layer_kinds import LAYERS
from attncli.calculation.problem.problem import Computation
from attncli.documents.samples import sample_names
from attncli.errors import AttncliError
from attncli.face.functions import compute
from attncli.render.papers.formulas import (
    WORDS,
    Fenced,
    Radical,
    Raised,
    Ratio,
    Token,
    Variable,
    Words,
    read_formula,
)
from attncli.render.papers.latex_notation import LatexNotation
from attncli.render.view import View
from tests.registered import EVERY

LETTERS = {"i", "j", "p", "d", "x"}  # of places, of widths, and of the number that is activated


def computations() -> Iterator[tuple[str, Computation]]:
    """Yield the calculation of each sample, and of each entry of each registry in each layout."""
    documents: dict[str, object] = {name: name for name in sample_names() if "answers/" not in name}
    for name, document in EVERY.items():
        for layout in ("rows", "columns", "torch"):
            documents[f"{name}, {layout}"] = {**document, "layout": layout}
    for name, given in documents.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                yield name, compute(given).made  # type: ignore[arg-type]
            except AttncliError:  # a document of rows does not fit into another layout
                assert "," in name or name.startswith("sample:models")


def leaves(tokens: tuple[Token, ...]) -> Iterator[Token]:
    """Yield the tokens that hold no other tokens."""
    for token in tokens:
        match token:
            case Fenced(_, inside) | Radical(inside):
                yield from leaves(inside)
            case Raised(base, exponent):
                yield from leaves((base, *exponent))
            case Ratio(above, below):
                yield from leaves((*above, *below))
            case _:
                yield token


def test_every_formula_is_read() -> None:
    """The names in each formula are those of matrices, and its words are known words."""
    seen: set[str] = set()
    latex = LatexNotation(View())
    for document, result in computations():
        plan = result.trace.plan
        names = {*result.problem.matrices, *result.trace.matrices, *plan.names}
        # The formula in a layer leaves out the name of the sublayer.
        parts = [name.split(".") for name in names]
        names |= {".".join(part[k:]) for part in parts for k in range(len(part))}
        for step in plan.steps:
            formula = plan.formula(step)
            tokens = read_formula(formula)
            for leaf in leaves(tokens):
                match leaf:
                    case Variable():
                        assert leaf.name in names | LETTERS, f"{document}: {formula}"
                    case Words(text):
                        words = re.sub(r"[a-z]+:\S*\d|causal:lower-right", "", text)
                        unknown = set(re.findall(r"[^\s,:]+", words)) - WORDS
                        assert not unknown, f"{document}: {formula}"
            assert latex.formula(tokens).count("{") == latex.formula(tokens).count("}")
            seen.add(formula)
    assert len(seen) > 150
    assert {f"softmax of each {side} of scaled" for side in ("row", "column")} <= seen
    assert set(LAYERS) == {"encoder", "decoder", "transformer"}


# A formula and its LaTeX.
WRITTEN = {
    "Q_h K_hᵀ": r"Q_{h} K_{h}^{\top}",
    "encoder.self.W_q X": r"\mathrm{encoder.self.}W_{q} X",
    "scores / √3": r"\frac{\mathrm{scores}}{\sqrt{3}}",
    "softmax of each row of scaled / 1.5": (
        r"\text{softmax of each row of }\frac{\mathrm{scaled}}{1.5}"
    ),
    "scaled where window:-1,1 and mask, else -1e+09": (
        r"\mathrm{scaled}\text{ where window:-1,1 and }\mathrm{mask}\text{, else }-10^{9}"
    ),
    "Qᵢ · Kⱼ / (‖Qᵢ‖ ‖Kⱼ‖)": (
        r"\frac{Q_{i} \cdot K_{j}}{\left\| Q_{i} \right\| \left\| K_{j} \right\|}"
    ),
    "−½ ‖Qᵢ − Kⱼ‖²": r"-\tfrac{1}{2} \left\| Q_{i} - K_{j} \right\|^{2}",
    "gamma × (X − mean) / √(variance + 1e-05) + beta": (
        r"\mathrm{gamma} \times \frac{X -\text{mean}}{\sqrt{\mathrm{variance} + 10^{-5}}} "
        r"+ \mathrm{beta}"
    ),
    "all sin, then all cos of p / 100^(2i/d), p from 0": (
        r"\text{all sin, then all cos of }\frac{p}{100^{2 i / d}} , p\text{ from }0"
    ),
    "Σ (sum − mean)² / features of each token": (
        r"\sum \left( \text{sum}-\text{mean} \right)^{2} /\text{features of each token}"
    ),
    "gelu of hidden: x (1 + erf(x / √2)) / 2": (
        r"\text{gelu of }\mathrm{hidden}\text{: }\frac{x \left( 1 + \operatorname{erf} \left( "
        r"\frac{x}{\sqrt{2}} \right) \right)}{2}"
    ),
    "v_aᵀ hiddenᵢⱼ": r"v_{a}^{\top} \, \mathrm{hidden}_{i,j}",
    "-slope × |i - j|, slope 2^(-8/2)": (
        r"-\text{slope}\times \left| i - j \right|\text{, slope }2^{-8 / 2}"
    ),
}


@pytest.mark.parametrize(("formula", "latex"), WRITTEN.items(), ids=list(WRITTEN))
def test_a_formula_in_latex(formula: str, latex: str) -> None:
    """Names, roots, fractions, exponents and words each have their commands."""
    assert LatexNotation(View()).formula(read_formula(formula)) == latex


def test_an_unknown_character_is_an_error() -> None:
    """A formula with a sign that no token has cannot be written wrongly: it is an error."""
    with pytest.raises(NotImplementedError, match="no token for '∂'"):
        read_formula("∂ X")
