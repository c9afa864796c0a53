"""Run the command line as a user does: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run_accubench(
    *arguments: object, cwd: Path, stdin: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run ``accubench`` with the arguments in a folder; output is captured as text."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ACCUBENCH_")}
    return subprocess.run(
        [sys.executable, "-m", "accubench", *map(str, arguments)],
        cwd=cwd,
        env={**clean, "COLUMNS": "120", **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
