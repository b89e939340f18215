"""Rewrites the tables and the outputs of examples in guide and README: `python -m tests.guide`.

Read the difference before you commit it: it is what readers will see.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.guide.examples import rerun
from tests.guide.tables import rewritten
from tests.running import ROOT

if __name__ == "__main__":
    for path in (ROOT / "README.md", *sorted((ROOT / "attncli/guide").glob("*.md"))):
        if len(sys.argv) > 1 and path.stem not in sys.argv[1:]:
            continue
        old = path.read_text(encoding="utf-8")
        with TemporaryDirectory() as folder:
            new = rerun(rewritten(old), Path(folder))
        if new != old:
            path.write_text(new, encoding="utf-8")
            print(f"{path.relative_to(ROOT)} is rewritten")
