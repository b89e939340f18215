"""Checks the public node tests of ONNX's Attention: `python -m tests.reference.check_onnx`.

Needs attncli with the extra `reference`; made with onnx 1.23.2. Each test of the package becomes a
document, goes through the command line, and every output is compared as the test runner of ONNX
does it. The same is done again under the convention `onnx`.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import numpy as np
import onnx
from click.testing import CliRunner
from numpy.typing import NDArray
from onnx.backend.test.case.node import collect_testcases

from attncli.cli.program import cli
from tests.reference.frozen import plain
from tests.reference.onnx_documents import attention_document, attention_results

Array = NDArray[Any]


def node_tests() -> list[Any]:
    """The tests of one Attention node; those of its expansion into other operators are the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the inputs of other operators' tests
        return [
            test
            for test in collect_testcases("Attention")
            if [node.op_type for node in test.model.graph.node] == ["Attention"]
        ]


def said_of(test: Any) -> str:
    """What is wrong with our results of a test; nothing where all agree."""
    node = test.model.graph.node[0]
    inputs, outputs = test.data_sets[0]
    document = attention_document(node, inputs)
    expected = attention_results(node, document, outputs)
    # Two units in the last place of bfloat16, as the test runner of ONNX allows.
    rtol = max(test.rtol, 2**-6) if inputs[0].dtype.name == "bfloat16" else test.rtol
    plainly = compare(document, expected, rtol, test.atol)
    by_name = compare({**document, "convention": "onnx"}, expected, rtol, test.atol)
    return plainly or (by_name and f"under the convention: {by_name}")


def compare(document: dict[str, Any], expected: dict[str, Array], rtol: float, atol: float) -> str:
    """What is wrong with our results of a document; nothing where all agree."""
    run = CliRunner().invoke(cli, ["compute", "-", "-f", "json"], input=json.dumps(plain(document)))
    if run.exit_code:
        return run.stderr.strip() or repr(run.exception)
    results = json.loads(run.stdout)
    for name, theirs in expected.items():
        if name not in results:
            return f"no step {name} among {', '.join(results)}"
        ours = np.array(results[name], dtype=np.float64)
        if ours.shape != theirs.shape:
            return f"{name} is {ours.shape}, not {theirs.shape}"
        if not np.allclose(ours, theirs.astype(np.float64), rtol=rtol, atol=atol):
            finite = np.isfinite(ours) & np.isfinite(theirs)
            difference = np.abs(ours[finite] - theirs[finite]).max(initial=0)
            return f"{name} differs by {difference:g}"
    return ""


def main() -> int:
    """Print each failure and how many pass; the exit status is 1 where one fails."""
    tests = node_tests()
    failures = {test.name: said for test in tests if (said := said_of(test))}
    for name, said in failures.items():
        print(f"{name}: {said}")
    passing = f"{len(tests) - len(failures)} of {len(tests)}"
    print(f"{passing} node tests of onnx {onnx.__version__} pass.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
