"""Who feeds a network directly gives it the very values that evaluation's graph makes of a prepared image."""

import numpy as np
import openvino as ov
import pytest
from openvino import opset13

from accubench.errors import UnsupportedModelError
from accubench.inference import NetworkSource, OpenVINOClassifier
from accubench.preprocessing import input_batch
from accubench.records.model import TensorDescription

HEIGHT, WIDTH = 4, 5
SHAPES = {"NCHW": (1, 3, HEIGHT, WIDTH), "NHWC": (1, HEIGHT, WIDTH, 3)}


def described(layout, dtype):
    return TensorDescription(name="image", shape=SHAPES[layout], dtype=dtype, layout=layout)


def prepared(dtype):
    random = np.random.default_rng(7)
    if dtype == "uint8":
        return random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    return (random.random((HEIGHT, WIDTH, 3), np.float32) - 0.5) * 300


def what_the_network_sees(image, layout, dtype):
    """The input of a network that gives its input as its scores, run as evaluation runs it."""

    def load():
        parameter = opset13.parameter(SHAPES[layout], ov.Type(np.dtype(dtype)), name="image")
        parameter.output(0).set_names({"image"})
        scores = opset13.reshape(parameter, np.array([1, -1]), special_zero=False)
        scores.output(0).set_names({"scores"})
        return ov.Model([scores], [parameter], "identity")

    source = NetworkSource(
        load=load,
        identity="identity",
        size_bytes=1,
        layout=layout,
        scores_output="scores",
        shape_hwc=image.shape,
        dtype=image.dtype,
    )
    with OpenVINOClassifier(source) as classifier:
        return classifier.scores(image)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize(
    ("image_dtype", "input_dtype"),
    [("uint8", "float32"), ("float32", "float32"), ("uint8", "uint8"), ("uint8", "float16")],
)
def test_a_batch_holds_what_evaluation_gives_to_the_network(layout, image_dtype, input_dtype):
    image = prepared(image_dtype)
    batch = input_batch(image, described(layout, input_dtype))

    assert batch.shape == SHAPES[layout]
    assert batch.dtype == np.dtype(input_dtype)
    assert batch.flags.c_contiguous
    np.testing.assert_array_equal(batch.reshape(-1), what_the_network_sees(image, layout, input_dtype))


def test_real_values_are_rounded_where_the_network_takes_half_precision():
    image = prepared("float32")
    seen = what_the_network_sees(image, "NCHW", "float16")

    np.testing.assert_allclose(input_batch(image, described("NCHW", "float16")).reshape(-1), seen, rtol=2**-11)


def test_an_input_that_numpy_cannot_hold_is_refused():
    with pytest.raises(UnsupportedModelError, match="bfloat16"):
        input_batch(prepared("uint8"), described("NCHW", "bfloat16"))
