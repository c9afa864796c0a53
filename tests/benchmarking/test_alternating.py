"""Two models measured in turns: order, warm-up, ratios within rounds."""

import statistics
import time

import numpy as np
import pytest

from accubench.benchmarking.alternating import measure_in_alternation, spread
from accubench.errors import Cancelled


class LoggedClassifier:
    """Writes its name down for every inference, and takes a fixed time for it, in the shape of `Classifier`."""

    shape_hwc = (2, 2, 3)
    streams = optimal_requests = 1
    threads = 1
    execution_precision = "f32"

    def __init__(self, name, log, seconds=0.004, dtype=np.float32):
        self.name, self.log, self.seconds, self.dtype = name, log, seconds, np.dtype(dtype)
        self.images = []

    def scores(self, image):
        self.log.append(self.name)
        self.images.append(image)
        time.sleep(self.seconds)


def measure(optimised, parent, *, hint="throughput", rounds=3, seconds=0.05, **more):
    return measure_in_alternation(
        optimised, parent, hint=hint, rounds=rounds, seconds=seconds, clock=time.perf_counter, seed=0, **more
    )


def blocks(log):
    """The names in the order of their turns."""
    return [name for name, before in zip(log, [None, *log], strict=False) if name != before]


def test_models_are_measured_in_turns_after_a_warm_up_of_each():
    log = []
    turns = []
    measure(LoggedClassifier("B", log), LoggedClassifier("A", log), after_run=lambda: turns.append(log[-1]))

    assert blocks(log) == ["A", "B"] * 4
    assert turns == ["A", "B"] * 3


def test_both_models_are_given_the_same_image():
    log = []
    optimised, parent = LoggedClassifier("B", log), LoggedClassifier("A", log)
    measure(optimised, parent, rounds=1)

    first = parent.images[0]
    assert all(np.array_equal(first, image) for image in [*parent.images, *optimised.images])


def test_a_ratio_above_one_means_faster_for_both_figures():
    log = []
    fast, slow = LoggedClassifier("B", log, 0.005), LoggedClassifier("A", log, 0.02)
    throughput = measure(fast, slow, seconds=0.2)
    latency = measure(fast, slow, hint="latency", seconds=0.2)

    assert throughput.figure == "images_per_second"
    assert latency.figure == "latency_ms"
    assert latency.optimised.low >= 5
    assert latency.parent.low >= 20
    for figure in (throughput, latency):
        assert 2 < figure.ratio.median <= 4.2
        assert len(figure.ratio.rounds) == 3


def test_ratios_are_taken_within_rounds():
    log = []
    figure = measure(LoggedClassifier("B", log), LoggedClassifier("A", log), rounds=4)

    rounds = zip(figure.optimised.rounds, figure.parent.rounds, strict=True)
    assert figure.ratio.rounds == tuple(ours / theirs for ours, theirs in rounds)
    assert figure.ratio.median == statistics.median(figure.ratio.rounds)


def test_the_spread_of_an_even_number_of_rounds_has_the_mean_of_the_middle_two_as_median():
    found = spread([4.0, 1.0, 2.0, 10.0])

    assert (found.median, found.low, found.high, found.rounds) == (3.0, 1.0, 10.0, (4.0, 1.0, 2.0, 10.0))


def test_cancelling_ends_the_measurement_soon():
    log = []
    started = time.perf_counter()
    with pytest.raises(Cancelled):
        measure(
            LoggedClassifier("B", log),
            LoggedClassifier("A", log),
            seconds=60,
            cancelled=lambda: time.perf_counter() - started > 0.8,
        )

    assert time.perf_counter() - started < 30
