"""Test that the program calls one thing by the singular."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from attncli.cli.program import cli

PLURAL_OF_ONE = re.compile(
    r"(?<![\w.,])1 (?:real |random )?(?:rows|columns|keys|queries|cells|heads|labels|numbers|"
    r"points|scores|tokens|decimals|files)\b|\bare 1\b"
)
ANSWER = '{"weights": [[1, 0]]}'
TWO_KEYS = '{"Q": [[1]], "K": [[1], [2]], "score": "dot"}'

SAID: list[tuple[list[str], str, str]] = [
    (["compute", "X=[[1]]", "--heads", "2"], "", "its 1 column cannot be split into 2 heads."),
    (["compute", "X=[[1]]", "--tokens", "a,b"], "", "tokens has 2 labels, but X has 1 row."),
    (
        ["compute", "X=[[1,2],[3,4]]", "--tokens", "a"],
        "",
        "tokens has 1 label, but X has 2 rows.",
    ),
    (
        ["compute", "X=[[1]]", "--mask", "padding:2"],
        "",
        "counts 2 real keys, but there is 1 key.",
    ),
    (
        ["compute", "Q=[[[1]]]", "K=[[[1]],[[2]]]", "--position", "rope:dims=2"],
        "",
        "rotates 2 columns, but there is 1 column.",
    ),
    (
        ["compute", "X=[[1,2]]", "--convention", "torch-mha", "W_qkv=[[1],[2]]", "--heads", "1"],
        "",
        "W_qkv gives 2 numbers per token",
    ),
    (
        ["compute", "X=[[1],[2]]", "W_qkv=[[1]]"],
        "",
        "W_qkv gives 1 number per token, which cannot be cut into 3 equal parts.",
    ),
    (
        ["compute", "Q=[[[[1]]]]", "K=[[[[1]],[[2]]]]"],
        "",
        "1 query head cannot share 2 key heads evenly.",
    ),
    (["mask", "[[1]]"], "", "Open: 1 of 1 cell (100%)."),
    (["mask", "[[1,0]]"], "", "No query sees key 2."),
    (["mask", "[[1,0,0],[1,0,0]]"], "", "No query sees keys 2, 3."),
    (
        ["mask", "causal", "2", "--tokens", "a"],
        "",
        "--tokens gives 1 label, but the mask has 2 rows.",
    ),
    (["check", TWO_KEYS, "-"], ANSWER, "Wrong in weights: 2 of 2 cells."),
    (["check", TWO_KEYS, "scores=[[1,2]]"], "", "Right so far: scores; weights is missing."),
    (["check", TWO_KEYS, "-", "--points", "weights=1,scores=0"], ANSWER, "0 of 1 point\n"),
    (
        ["check", TWO_KEYS, "-", "--points", "weights=1,scores=0", "-f", "markdown"],
        ANSWER,
        "0 of 1 point**",
    ),
    (["cost", "X=[[1]]", "--mask", "causal"], "", "masked leaves 1 of 1 score open (100.0%)"),
    (
        ["cost", "--n", "1", "--d-model", "4", "--compare", "--window", "3"],
        "",
        "--window is 3, but there is 1 token.",
    ),
    (
        ["why-scale", "--d-k", "2", "--queries", "1", "--keys", "1"],
        "",
        "1 random query, each with 1 key",
    ),
]


@pytest.mark.parametrize(("arguments", "stdin", "said"), SAID, ids=[said for _, _, said in SAID])
def test_one_is_followed_by_the_singular(arguments: list[str], stdin: str, said: str) -> None:
    """A message, remark or report names one thing in the singular."""
    run = CliRunner().invoke(cli, arguments, input=stdin)
    assert said in run.output
    assert not PLURAL_OF_ONE.search(run.output)


def test_one_decimal_is_called_by_the_singular() -> None:
    """The report says `1 decimal` where steps were rounded to one."""
    document = '{"Q": [[0.3, 1]], "K": [[1, 0.7], [0.2, 0.9]], "V": [[1], [7]]}'
    # Weights 0.4894, 0.5106 become 0.5 and 0.5.
    run = CliRunner().invoke(cli, ["check", document, "-"], input='{"output": [["4.0000"]]}')
    assert "rounded to 1 decimal on the way" in run.output
