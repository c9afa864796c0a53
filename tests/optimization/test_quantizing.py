"""Quantising with NNCF's default method."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import numpy as np
import pytest
from listening import Ear, scores_of

from accubench.errors import ImageError, UnsupportedModelError, UsageError
from accubench.models import load_model
from accubench.models.openvino_runtime import load_openvino
from accubench.optimization import count_quantized_operations, quantize_network
from accubench.optimization.operations import quantized_operations
from accubench.records.progress import never_cancelled
from accubench.records.quantization import QuantizationSettings
from small_world import write_model


def quantized(network, images, ear=None, **settings):
    return quantize_network(
        network, images, settings=QuantizationSettings(**settings), listen=ear or Ear(), cancelled=never_cancelled
    )


def quantizers(network):
    """Lower and upper end of what each activation is quantised to, by the name of the quantiser."""
    return {
        node.get_friendly_name(): (node.input_value(3).get_node().data.min(), node.input_value(4).get_node().data.max())
        for node in network.get_ordered_ops()
        if node.get_type_name() == "FakeQuantize"
    }


def test_weights_become_integers_of_eight_bits(network, images):
    constants = [node for node in quantized(network, images).get_ordered_ops() if node.get_type_name() == "Constant"]
    bits = {name: sum(c.data.size for c in constants if c.data.dtype == name) for name in ("int8", "float32")}

    assert bits["int8"] > 90_000
    assert bits["float32"] < 1000


def test_scores_stay_near_those_of_the_parent(network, images, annotated):
    batches, classes = annotated
    before = scores_of(network, batches)

    after = scores_of(quantized(network, images), batches)

    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.99
    assert abs((before.argmax(1) == classes).mean() - (after.argmax(1) == classes).mean()) < 0.05


def test_the_network_given_stays_as_it_is(network, images, annotated):
    kinds = [(node.get_type_name(), node.get_friendly_name()) for node in network.get_ordered_ops()]
    before = scores_of(network, annotated[0])

    quantized(network, images)

    assert [(node.get_type_name(), node.get_friendly_name()) for node in network.get_ordered_ops()] == kinds
    np.testing.assert_array_equal(scores_of(network, annotated[0]), before)
    assert not network.has_rt_info(["nncf"])


def test_the_same_images_give_the_same_network(network, images, annotated):
    first, second = (scores_of(quantized(network, images), annotated[0]) for _ in range(2))

    np.testing.assert_array_equal(first, second)


def test_mixed_uses_the_whole_range_where_performance_is_symmetric(network, images):
    shifted = [image + 1 for image in images]  # a few negative values, many positive ones

    symmetric = quantizers(quantized(network, shifted))["image/fq_output_0"]
    mixed = quantizers(quantized(network, shifted, preset="mixed"))["image/fq_output_0"]

    assert symmetric[0] == pytest.approx(-symmetric[1] * 128 / 127, rel=1e-3)
    assert mixed[0] > symmetric[0] / 2
    assert mixed[1] == pytest.approx(symmetric[1], rel=0.1)


@pytest.mark.parametrize("layer", ["/9/Conv", "/9/Conv/WithoutBiases"])
def test_an_ignored_layer_computes_in_floating_point(network, images, layer):
    names = quantized_operations(quantized(network, images))
    without = quantized_operations(quantized(network, images, ignored_layers=(layer,)))

    assert "/9/Conv/WithoutBiases" in names
    assert sorted(names) == sorted([*without, "/9/Conv/WithoutBiases"])


def test_an_unknown_layer_is_refused_with_names_near_it(network, images):
    with pytest.raises(UsageError, match=r"no layer '/99/Conv'\. Near names: .*'/9/Conv'"):
        quantized(network, images, ignored_layers=("/3/Conv", "/99/Conv"))


def test_no_images_are_refused(network):
    with pytest.raises(UsageError, match="no images to calibrate on"):
        quantized(network, [])


def test_what_is_quantised_already_is_refused(network, images):
    with pytest.raises(UnsupportedModelError, match="quantised already"):
        quantized(quantized(network, images), images)


def test_images_of_the_wrong_shape_are_an_error_of_ours(network, images):
    with pytest.raises(UnsupportedModelError, match=r"NNCF cannot quantise the model: .*shape"):
        quantized(network, [image[:, :, :-1] for image in images])


def test_each_image_is_asked_for_when_its_turn_comes_and_counted(network, images):
    class Lazy(list):
        def __getitem__(self, index):
            asked.append((index, len(ear.of("calibrating"))))
            return super().__getitem__(index)

    asked: list[tuple[int, int]] = []
    ear = Ear()

    quantized(network, Lazy(images), ear)

    assert asked == [(index, index) for index in range(len(images))]
    assert ear.of("calibrating") == [(done, len(images)) for done in range(1, len(images) + 1)]


def test_biases_of_an_onnx_model_are_corrected_all_of_them(network, images):
    ear = Ear()

    quantized(network, images, ear)

    assert ear.of("correcting biases")[-1] == (6, 6)


def test_an_image_that_fails_ends_it_with_its_own_error(network, images):
    class Broken(list):
        def __getitem__(self, index):
            if index == 7:
                raise ImageError("seven is broken")
            return super().__getitem__(index)

    with pytest.raises(ImageError, match="seven is broken"):
        quantized(network, Broken(images))


def test_a_matrix_product_alone_can_be_quantised(tmp_path):
    model = load_model(write_model(tmp_path / "colours.onnx")).model
    random = np.random.default_rng(0)
    images = [np.repeat(random.random((1, 3, 1, 1), np.float32), 64).reshape(1, 3, 8, 8) for _ in range(10)]
    images = [image / image.max() for image in images]  # one colour is always full, so that no value is clipped

    result = quantized(model, images)

    assert quantized_operations(result) == ("pool", "logits")
    np.testing.assert_allclose(scores_of(result, images), scores_of(model, images), atol=0.2)


def test_operations_with_eight_bit_weights_alone_do_not_count():
    ov = load_openvino()
    image = ov.opset13.parameter([1, 4], np.float32)
    weights = ov.opset13.constant(np.ones((4, 2), np.int8))
    product = ov.opset13.matmul(image, ov.opset13.convert(weights, "f32"), False, False)

    assert count_quantized_operations(ov.Model([product], [image])) == 0


def test_log_lines_of_nncf_go_to_our_logger(network, images, caplog):
    with caplog.at_level(logging.INFO, logger="accubench.optimization"):
        quantized(network, images, ignored_layers=("/9/Conv",))

    assert any("ignored nodes were found by name" in record.getMessage() for record in caplog.records)


QUIET = """
import logging, os, sys
import numpy as np
from pathlib import Path
from accubench.models import load_model
from accubench.optimization import quantize_network
from accubench.records.quantization import QuantizationSettings
model = load_model(Path(sys.argv[1])).model
random = np.random.default_rng(0)
images = [random.random((1, 3, 8, 8), np.float32) for _ in range(5)]
quantize_network(model, images, settings=QuantizationSettings(), listen=lambda *told: None, cancelled=lambda: False)
assert logging.getLoggerClass() is logging.Logger
assert "NNCF_CI" not in os.environ
"""
LOUD = """
import nncf
nncf.quantize(model, nncf.Dataset(images))
"""


def run_python(code, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "PYTEST", "NNCF"))}
    command = [sys.executable, "-W", "default", "-c", code, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


def test_nothing_is_printed_and_nothing_of_the_process_is_changed(colour_model):
    done = run_python(QUIET, colour_model)

    assert (done.stdout, done.stderr) == ("", "")


def test_nncf_stays_what_it_is_for_others_in_the_same_process(colour_model):
    assert "Statistics collection" in run_python(QUIET + LOUD, colour_model).stdout


def test_importing_the_room_loads_neither_nncf_nor_openvino():
    code = "import sys, accubench.optimization\nprint(sorted({'nncf', 'openvino', 'scipy'} & set(sys.modules)))"

    assert run_python(code).stdout == "[]\n"
