"""Every network and every kind of layer gives what OpenCV 4's importer gives (`scripts/caffe_oracle`)."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from caffe_layers import layer_cases, layer_input
from caffe_networks import INPUT_SHAPES, NETWORKS, images
from caffe_running import infer, run

from accubench.models.caffe import import_caffe

EXPECTED = Path(__file__).parent / "expected"
CASES = layer_cases()


def test_the_expected_results_say_which_opencv_made_them() -> None:
    for path in EXPECTED.glob("*.npz"):
        assert str(np.load(path)["opencv_version"]).startswith("4.")


@pytest.mark.parametrize("case", CASES)
def test_each_kind_of_layer_gives_what_the_oracle_gives(case: str, tmp_path: Path) -> None:
    expected = np.load(EXPECTED / "layers.npz")[case]
    assert expected.std() > 0.01
    scores = run(CASES[case], tmp_path, layer_input())
    assert scores.shape == expected.shape
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_each_network_of_caffes_era_gives_what_the_oracle_gives(name: str, tmp_path: Path) -> None:
    expected = np.load(EXPECTED / "networks.npz")[name]
    batch = images(seed=7, count=2, shape=INPUT_SHAPES[name])
    model = import_caffe(*NETWORKS[name]().write(tmp_path))
    scores = np.concatenate([infer(model, image[None]) for image in batch]).reshape(expected.reshape(2, -1).shape)
    expected = expected.reshape(scores.shape)
    assert np.log(expected).std(axis=1).min() > 1, "scores that hardly differ would prove nothing"
    assert np.abs(expected[0] - expected[1]).max() > 0.01, "two images should not score alike"
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(np.log(scores), np.log(expected), rtol=0, atol=1e-3)


@pytest.mark.real_data
def test_squeezenet_gives_what_the_oracle_gives(real_data: Path) -> None:
    folder = real_data / "models" / "squeezenet1.1"
    expected = np.load(EXPECTED / "squeezenet.npz")["prob"]
    model = import_caffe(folder / "squeezenet_v1.1.prototxt", folder / "squeezenet_v1.1.caffemodel")
    scores = np.stack([infer(model, image[None])[0] for image in images(seed=8, count=3, shape=(3, 227, 227))])
    assert expected.max(axis=(1, 2, 3)).min() > 0.05
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)


@pytest.mark.real_data
def test_squeezenet_from_caffe_gives_what_it_gives_from_onnx(real_data: Path) -> None:
    folder = real_data / "models" / "squeezenet1.1"
    from accubench.models.openvino_runtime import load_openvino

    ours = import_caffe(folder / "squeezenet_v1.1.prototxt", folder / "squeezenet_v1.1.caffemodel")
    onnx = load_openvino().Core().read_model(folder / "squeezenet1.1.onnx")
    image = images(seed=9, count=1, shape=(3, 227, 227))
    np.testing.assert_allclose(infer(ours, image).ravel(), infer(onnx, image).ravel(), rtol=0, atol=1e-5)


@pytest.mark.real_data
def test_squeezenet_is_imported_within_half_a_second(real_data: Path) -> None:
    folder = real_data / "models" / "squeezenet1.1"
    files = folder / "squeezenet_v1.1.prototxt", folder / "squeezenet_v1.1.caffemodel"
    import_caffe(*files)  # the first one also loads OpenVINO
    times_s = []
    for _ in range(3):
        start = time.perf_counter()
        import_caffe(*files)
        times_s.append(time.perf_counter() - start)
    assert min(times_s) < 0.5
