"""The classifier gives the same scores however its threads are served, and whatever happens to what it keeps."""

import threading

import numpy as np
import pytest

from accubench.errors import InferenceError, UnsupportedModelError
from accubench.inference import NetworkSource, OpenVINOClassifier
from accubench.models import load_model
from accubench.records.execution import Execution
from small_world import write_model


class Kept(dict):
    """Compiled forms in memory, counting how often one was found."""

    found = 0

    def get(self, key):
        form = super().get(key)
        self.found += form is not None
        return form

    def put(self, key, value):
        self[key] = value


@pytest.fixture
def source(tmp_path):
    path = write_model(tmp_path / "colours.onnx")
    loads = []

    def load():
        loads.append(path)
        return load_model(path, input_size_hw=(8, 8)).model

    made = NetworkSource(
        load=load,
        identity="colours",
        size_bytes=path.stat().st_size,
        layout="NCHW",
        scores_output="logits",
        shape_hwc=(8, 8, 3),
        dtype=np.dtype(np.float32),
    )
    return made, loads


def images(n=40):
    return np.random.default_rng(3).random((n, 8, 8, 3), dtype=np.float32)


def scores_of_threads(classifier, threads=4):
    """Scores of all images, inferred by several threads."""
    given, results = images(), {}

    def infer(start):
        for row in range(start, len(given), threads):
            results[row] = classifier.scores(given[row])

    workers = [threading.Thread(target=infer, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return np.stack([results[row] for row in range(len(given))])


@pytest.mark.parametrize("own_networks", [0, 1, 4])
def test_scores_are_the_same_with_shared_and_with_own_networks(source, own_networks):
    with OpenVINOClassifier(source[0], own_networks=own_networks) as classifier:
        scores = scores_of_threads(classifier)

    np.testing.assert_allclose(scores, images().mean(axis=(1, 2)) * 20, rtol=1e-5)
    with OpenVINOClassifier(source[0]) as shared:
        assert scores.tobytes() == scores_of_threads(shared).tobytes()


def test_threads_with_own_networks_never_wait_for_each_other(source):
    with OpenVINOClassifier(source[0], own_networks=2) as own, OpenVINOClassifier(source[0]) as shared:
        assert (own.waiting_threads, shared.waiting_threads) == (0, 1)


def test_a_network_too_large_to_be_copied_is_shared(source, monkeypatch):
    monkeypatch.setattr("accubench.inference.openvino_classifier.LARGEST_FORMS_BYTES", source[0].size_bytes * 3)
    with OpenVINOClassifier(source[0], own_networks=3) as small, OpenVINOClassifier(source[0], own_networks=4) as large:
        assert (small.waiting_threads, large.waiting_threads) == (0, 1)


def test_a_kept_form_saves_reading_the_model_and_gives_the_same_scores(source):
    kept = Kept()
    with OpenVINOClassifier(source[0], own_networks=2, kept=kept) as first:
        expected = scores_of_threads(first)
    with OpenVINOClassifier(source[0], own_networks=2, kept=kept) as second:
        assert scores_of_threads(second).tobytes() == expected.tobytes()
        assert second.execution_precision == first.execution_precision == "f32"

    assert (len(source[1]), len(kept), kept.found) == (1, 1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"execution": Execution(precision="default")},
        {"execution": Execution(integer_kernels=False)},
        {"hint": "latency"},
    ],
)
def test_other_options_have_other_forms(source, change):
    kept = Kept()
    for options in ({}, change):
        with OpenVINOClassifier(source[0], kept=kept, **options):
            pass

    assert len(kept) == 2
    assert kept.found == 0


def test_a_form_that_openvino_refuses_is_made_anew(source):
    kept = Kept()
    with OpenVINOClassifier(source[0], kept=kept) as first:
        expected = scores_of_threads(first)
    (key,) = kept
    kept[key] = b"of another build"

    with OpenVINOClassifier(source[0], kept=kept) as classifier:
        assert scores_of_threads(classifier).tobytes() == expected.tobytes()

    assert kept[key] != b"of another build"


def test_an_output_that_is_not_there_is_named_with_those_that_are(source):
    from dataclasses import replace

    with pytest.raises(UnsupportedModelError, match="no output 'boxes'; it has logits"):
        OpenVINOClassifier(replace(source[0], scores_output="boxes"))


def test_a_size_that_the_model_does_not_take_is_refused(source):
    from dataclasses import replace

    with pytest.raises(UnsupportedModelError, match="one image of 8 x 8 pixels with 5 channels"):
        OpenVINOClassifier(replace(source[0], shape_hwc=(8, 8, 5)))


def test_a_device_that_is_not_there_is_an_inference_error(source):
    with pytest.raises(InferenceError, match="NOSUCH"):
        OpenVINOClassifier(source[0], device="NOSUCH")
