"""Ctrl-C in Python: no thread goes on with a model that is being closed."""

import signal
import subprocess
import sys

CODE = """
import sys, threading
from accubench import Workspace
from accubench.errors import AccuBenchError

def tell(progress):
    print(progress.message, flush=True)

with Workspace(sys.argv[1], progress=tell) as workspace:
    try:
        workspace.benchmark(sys.argv[2], seconds=60)
    except KeyboardInterrupt:
        print("threads", threading.active_count(), flush=True)
    print(workspace.evaluate(sys.argv[2], sys.argv[3]).top1.right, flush=True)
"""


def test_an_interrupted_benchmark_leaves_no_thread_behind(tmp_path, colour_model, colour_dataset):
    command = [sys.executable, "-c", CODE, str(tmp_path / "workspace"), str(colour_model), str(colour_dataset)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "for throughput" in process.stdout.readline()
        try:
            process.wait(2)  # until it measures
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        printed = process.stdout.read().splitlines()

    assert process.returncode == 0
    assert printed[0] == "threads 1"
    assert printed[-1] == "135"
