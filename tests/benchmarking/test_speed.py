import threading
import time

import numpy as np
import pytest

from accubench.benchmarking import measure_speed
from accubench.errors import Cancelled


class PacedClassifier:
    """Takes a fixed time for every image, like a device would, in the shape of `Classifier`."""

    shape_hwc = (2, 2, 3)
    dtype = np.dtype(np.float32)
    streams = optimal_requests = 2
    threads = 2
    execution_precision = "f32"

    def __init__(self, seconds=0.01, fails_after=None):
        self.seconds = seconds
        self.fails_after = fails_after
        self.calls = 0

    def scores(self, _image):
        self.calls += 1
        if self.fails_after is not None and self.calls > self.fails_after:
            raise RuntimeError("the device is gone")
        time.sleep(self.seconds)


def measure(classifier, hint="throughput", seconds=0.5, cancelled=lambda: False):
    return measure_speed(
        classifier,
        hint=hint,
        seconds=seconds,
        clock=time.perf_counter,
        random=np.random.default_rng(0),
        cancelled=cancelled,
    )


def test_figures_follow_from_the_time_that_an_image_takes():
    one, two = measure(PacedClassifier(), "latency"), measure(PacedClassifier())

    assert one.latency_median_ms >= 10
    assert (one.requests, two.requests) == (1, 2)
    assert one.throughput_fps <= 100
    assert two.throughput_fps <= 200
    assert one.latency_median_ms <= one.latency_p90_ms <= one.latency_p99_ms
    assert one.throughput_fps == pytest.approx(one.iterations / one.duration_s)


def test_a_model_slower_than_the_time_given_still_gets_a_figure():
    run = measure(PacedClassifier(seconds=0.3), "latency", seconds=0.05)

    assert run.iterations == 1


def test_a_time_that_is_over_before_a_thread_has_started_still_gets_a_figure():
    run = measure(PacedClassifier(), seconds=0)

    assert run.iterations == 2
    assert run.throughput_fps > 0


def test_a_failing_device_ends_the_measurement():
    before = threading.active_count()
    with pytest.raises(RuntimeError, match="the device is gone"):
        measure(PacedClassifier(fails_after=5), seconds=60)

    assert threading.active_count() == before


def test_cancelling_ends_the_measurement_soon():
    started = time.perf_counter()
    with pytest.raises(Cancelled):
        measure(PacedClassifier(), seconds=60, cancelled=lambda: time.perf_counter() - started > 0.2)

    assert time.perf_counter() - started < 30
