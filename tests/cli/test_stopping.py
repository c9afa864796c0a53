"""Ctrl-C and SIGTERM at any stage: the process ends in good order, and the same command continues."""

import os
import pty
import signal
import subprocess
import sys
import time

import pytest

from cli_runner import run_accubench
from small_world import write_dataset

SAID = "Stopped. What was finished is kept: the same command continues from there."
IN_TIME_S = 2 + 3  # the promise is two seconds; a busy machine gets three more


@pytest.fixture(scope="module")
def large_dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("large") / "images", 2000)


def start(*arguments, cwd, **options):
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "accubench", *map(str, arguments)]
    return subprocess.Popen(command, cwd=cwd, env=environment, stderr=subprocess.PIPE, text=True, **options)


def stop_after(process, words, number):
    """Send a signal as soon as the words were printed; returns all that was printed, and the seconds until the end."""
    assert process.stderr is not None
    printed = ""
    for line in process.stderr:
        printed += line
        if words in line:
            break
    begun = time.monotonic()
    process.send_signal(number)
    _, rest = process.communicate(timeout=60)
    return printed + rest, time.monotonic() - begun


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "words", ["Checking the images", "Loading", "images to go", " of 2000", "Computing the report"]
)
def test_a_signal_in_any_stage_ends_the_command_in_time_and_it_can_go_on(
    tmp_path, colour_model, large_dataset, words, number
):
    arguments = ("evaluate", colour_model, large_dataset)

    with start(*arguments, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        printed, seconds = stop_after(process, words, number)

    assert process.returncode == 130, printed
    assert printed.count(SAID) == 1
    assert "Traceback" not in printed
    assert seconds < IN_TIME_S
    if words == "Loading":
        assert run_accubench(*arguments, cwd=tmp_path).returncode == 0


def test_a_benchmark_is_stopped_in_time(tmp_path, colour_model):
    with start("benchmark", colour_model, "--seconds", 30, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        printed, seconds = stop_after(process, "Measuring", signal.SIGINT)

    assert process.returncode == 130
    assert printed.endswith(SAID + "\n")
    assert seconds < IN_TIME_S


STUCK = """
import sys, threading
from accubench.cli.stopping import stoppable
with stoppable():
    try:
        print("stuck", file=sys.stderr, flush=True)
        threading.Event().wait()
    except KeyboardInterrupt:
        print("ignored", file=sys.stderr, flush=True)
    threading.Event().wait()
"""


def test_work_that_does_not_heed_the_signal_is_ended_all_the_same():
    with subprocess.Popen([sys.executable, "-c", STUCK], stderr=subprocess.PIPE, text=True) as process:
        printed, seconds = stop_after(process, "stuck", signal.SIGINT)

    assert process.returncode == 130
    assert printed == f"stuck\nignored\n{SAID}\n"
    assert 1 < seconds < IN_TIME_S


def test_the_progress_bar_leaves_the_terminal_usable(tmp_path, colour_model, large_dataset):
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "accubench", "evaluate", str(colour_model), str(large_dataset)]
    with subprocess.Popen(command, cwd=tmp_path, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        screen = b""
        sent = False
        while True:
            try:
                screen += os.read(controller, 4096)
            except OSError:  # the terminal's other end was closed
                break
            if not sent and b"/2000" in screen:
                process.send_signal(signal.SIGINT)
                sent = True
    os.close(controller)

    text = screen.decode()
    assert process.returncode == 130, text
    assert SAID in text
    assert "Traceback" not in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l"), "the cursor stays hidden"
