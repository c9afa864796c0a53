"""Evaluate in a process that can be killed, writing down every image that is decoded.

Run as: python resume_runner.py WORKSPACE MODEL DATASET LOG
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

SECONDS_PER_IMAGE = 0.003
ROW_TAG_BYTES = 8  # every image file ends in its row


def main() -> None:
    workspace, model, dataset, log = sys.argv[1:]
    from accubench import Workspace
    from accubench.preprocessing import preprocessor

    decode = preprocessor.decode
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def counted(data: bytes, rules: object) -> object:
        os.write(descriptor, data[-ROW_TAG_BYTES:] + b"\n")
        time.sleep(SECONDS_PER_IMAGE)
        return decode(data, rules)

    preprocessor.decode = counted
    Workspace(Path(workspace)).evaluate(model, dataset)


if __name__ == "__main__":
    main()
