"""Stopping work at any moment, within two seconds and without anything left behind."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from listening import Ear, scores_of

from accubench.errors import Cancelled
from accubench.optimization import quantize_network, quantize_to_goal
from accubench.optimization.apart import current_apart, run_apart
from accubench.records.progress import never_cancelled
from accubench.records.quantization import AccuracyGoal, QuantizationSettings

LIMIT_S = 2.0
HERE = __name__.partition(".")[0]


def threads_apart():
    return [thread for thread in threading.enumerate() if thread.name == "accubench-apart"]


class Timed:
    """Says to stop from a moment on, and knows when it said so first."""

    def __init__(self, moment):
        self._moment, self.since = moment, None

    def __call__(self):
        if self.since is None and self._moment():
            self.since = time.monotonic()
        return self.since is not None


def assert_stops(run, moment):
    cancelled = Timed(moment)
    with pytest.raises(Cancelled):
        run(cancelled)
    assert cancelled.since is not None
    assert time.monotonic() - cancelled.since < LIMIT_S
    assert threads_apart() == []


def after(seconds):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


@pytest.fixture
def search(network, images):
    """Searches for long: no candidate is ever good, so that all layers are ranked and reverted."""

    def run(cancelled, ear=None, images=images, validate=None):
        outcomes = iter(range(1000, 0, -1))
        quantize_to_goal(
            network,
            images,
            settings=QuantizationSettings(goal=AccuracyGoal(max_drop=0.0)),
            validate=validate or (lambda _: (np.arange(1000) < next(outcomes)).astype(float)),
            listen=ear or Ear(),
            cancelled=cancelled,
        )

    return run


@pytest.mark.parametrize(
    ("stage", "times"),
    [
        ("calibrating", 1),
        ("calibrating", 30),
        ("correcting biases", 1),
        ("correcting biases", 4),
        ("trying candidates", 1),
        ("ranking layers", 3),
        ("trying candidates", 3),
    ],
)
def test_every_stage_can_be_stopped(search, stage, times):
    ear = Ear()

    assert_stops(lambda cancelled: search(cancelled, ear), lambda: len(ear.of(stage)) >= times)

    assert ear.heard[-1][0] == stage


@pytest.mark.parametrize("seconds", [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5])
def test_any_moment_will_do(search, seconds):
    assert_stops(
        lambda cancelled: search(cancelled, images=[np.zeros((1, 3, 64, 64), np.float32)] * 5000), after(seconds)
    )


def test_after_a_stop_the_next_quantisation_gives_what_it_always_gives(network, images, annotated, search):
    def scores():
        settings = QuantizationSettings()
        return scores_of(
            quantize_network(network, images, settings=settings, listen=Ear(), cancelled=never_cancelled), annotated[0]
        )

    before = scores()
    for seconds in (0.1, 0.2, 0.3):
        assert_stops(lambda cancelled: search(cancelled, images=list(images) * 100), after(seconds))

    np.testing.assert_array_equal(scores(), before)


def test_an_interruption_from_outside_ends_the_work_as_well(search):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(interrupted)

    assert threads_apart() == []


def test_stopping_by_the_validation_itself_is_passed_on(search):
    def validate(_):
        raise Cancelled

    with pytest.raises(Cancelled):
        search(never_cancelled, validate=validate)


def calculating(_):
    while True:
        sum(range(1000))


def multiplying(_):
    def product(matrix):
        return matrix @ matrix % 7

    matrix = np.ones((300, 300))
    while True:
        matrix = product(matrix)


def sleeping(_):
    while True:
        time.sleep(0.3)


def swallowing_errors(_):
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.01)


def asking(apart):
    while True:
        apart.ask(lambda: time.sleep(0.05))


@pytest.mark.parametrize("work", [calculating, multiplying, sleeping, swallowing_errors, asking])
def test_work_that_never_calls_back_is_stopped(work):
    assert_stops(lambda cancelled: run_apart(work, library=HERE, listen=Ear(), cancelled=cancelled), after(0.2))


def test_a_call_into_native_code_is_left_behind_and_ends_alone():
    ended = threading.Event()

    def work(_):
        try:
            time.sleep(3)
        finally:
            ended.set()

    cancelled = Timed(after(0.1))
    with pytest.raises(Cancelled):
        run_apart(work, library=HERE, listen=Ear(), cancelled=cancelled)
    assert time.monotonic() - cancelled.since < LIMIT_S
    assert ended.wait(5)
    for thread in threads_apart():
        thread.join(5)
    assert threads_apart() == []


def test_what_is_shielded_runs_to_its_end_and_nothing_after_it():
    done = []

    def work(apart):
        with apart.shielded():
            for part in range(5):
                time.sleep(0.1)
                done.append(part)
        done.append("after")

    with pytest.raises(Cancelled):
        run_apart(work, library=HERE, listen=Ear(), cancelled=after(0.05))

    assert done == [0, 1, 2, 3, 4]


def test_questions_are_answered_in_the_calling_thread():
    caller = threading.get_ident()

    def work(apart):
        assert current_apart() is apart
        return threading.get_ident(), apart.ask(threading.get_ident)

    there, here = run_apart(work, library=HERE, listen=Ear(), cancelled=never_cancelled)

    assert here == caller != there
    assert current_apart() is None


def test_errors_of_the_work_and_of_answers_are_raised_as_they_are():
    def fails(_):
        raise ValueError("by the work")

    def asks(apart):
        apart.ask(lambda: {}["by the answer"])

    with pytest.raises(ValueError, match="by the work"):
        run_apart(fails, library=HERE, listen=Ear(), cancelled=never_cancelled)
    with pytest.raises(KeyError, match="by the answer"):
        run_apart(asks, library=HERE, listen=Ear(), cancelled=never_cancelled)
    assert threads_apart() == []


def test_a_stopped_thread_says_nothing():
    code = """
from accubench.errors import Cancelled
from accubench.optimization.apart import run_apart
def work(apart):
    while True:
        sum(range(1000))
told = iter([False, False])
try:
    run_apart(work, library=__name__, listen=print, cancelled=lambda: next(told, True))
except Cancelled:
    print("stopped")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("stopped\n", "")
