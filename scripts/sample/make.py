"""Make the sample dataset and model anew: `make sample`, or `python scripts/sample/make.py`.

Prepares a virtual environment of its own (`.venv-sample` in the repository), because PyTorch is no dependency of
AccuBench, and runs `draw.py` and `train.py` in it; about six minutes, and the result replaces what ships.
Set `PIP_EXTRA_INDEX_URL` to PyTorch's own index to get its small build without CUDA.
"""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
ENVIRONMENT = SCRIPTS.parents[1] / ".venv-sample"


def main() -> None:
    """Install what is needed, draw, train."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", SCRIPTS / "requirements.txt"], check=True)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    for script in ("draw.py", "train.py"):
        subprocess.run([python, SCRIPTS / script], check=True, env=environment)


if __name__ == "__main__":
    main()
