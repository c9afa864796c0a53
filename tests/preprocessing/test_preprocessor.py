import io
import re
import threading

import cv2
import numpy as np
import pytest
from PIL import Image

from accubench.errors import ConfigurationError, ImageError
from accubench.preprocessing import Preprocessor
from accubench.records.accuracy_configuration import AccuracyConfiguration
from accubench.records.model import Quantization, TensorDescription
from hostile_images import drawn_pixels, encoded, make_hostile_images

JPEG = encoded(drawn_pixels(), "JPEG", quality=95)
RESIZE = {"resize": {"size": 32}}
NORMALIZE = {"normalize": {"mean": [104, 117, 123]}}


def configured(*steps: dict, **decode: str) -> AccuracyConfiguration:
    return AccuracyConfiguration.model_validate({"preprocessing": [{"decode": decode}, *steps]})


def model_input(*shape: int | None, dtype: str = "float32", layout: str | None = "NCHW", **extra) -> TensorDescription:
    return TensorDescription(name="data", shape=shape, dtype=dtype, layout=layout, **extra)


def problems_of(configuration: AccuracyConfiguration, description: TensorDescription) -> list[tuple[str, str]]:
    with pytest.raises(ConfigurationError) as raised:
        Preprocessor(configuration, description)
    return [(finding.code, finding.message) for finding in raised.value.findings]


def test_the_tutorials_steps_are_the_ones_written_by_hand():
    configuration = configured({"resize": {"size": 48}}, {"crop": {"size": 27}}, NORMALIZE, color="BGR")
    preprocessor = Preprocessor(configuration, model_input(1, 3, 27, 27))

    tensor = preprocessor(JPEG)

    image = cv2.imdecode(np.frombuffer(JPEG, np.uint8), cv2.IMREAD_COLOR)
    expected = cv2.resize(image, (48, 48))[10:37, 10:37].astype(np.float32) - np.float32([104, 117, 123])
    np.testing.assert_array_equal(tensor, expected)
    assert tensor.flags.c_contiguous
    assert (preprocessor.output_shape_hwc, preprocessor.output_dtype) == ((27, 27, 3), np.float32)


def test_torchvisions_steps_are_the_ones_written_by_hand():
    resize = {"size": 40, "mode": "shorter_side", "library": "pillow", "interpolation": "bilinear"}
    crop = {"size": 32, "rounding": "half_even"}
    normalize = {"mean": [123.675, 116.28, 103.53], "scale": [58.395, 57.12, 57.375]}
    configuration = configured({"resize": resize}, {"crop": crop}, {"normalize": normalize})

    tensor = Preprocessor(configuration, model_input(None, 3, 32, 32))(JPEG)

    image = Image.open(io.BytesIO(JPEG)).resize((54, 40), Image.Resampling.BILINEAR).crop((11, 4, 43, 36))
    expected = (np.asarray(image, np.float32) - np.float32(normalize["mean"])) / np.float32(normalize["scale"])
    np.testing.assert_array_equal(tensor, expected)


def test_normalising_before_an_opencv_resize_interpolates_real_values():
    preprocessor = Preprocessor(configured({"normalize": {"scale": 255}}, RESIZE), model_input(1, 3, 32, 32))

    image = np.asarray(Image.open(io.BytesIO(JPEG)))
    expected = cv2.resize(image.astype(np.float32) / np.float32(255), (32, 32))
    np.testing.assert_array_equal(preprocessor(JPEG), expected)


def test_a_fraction_is_cropped_before_the_resize():
    preprocessor = Preprocessor(
        configured({"crop": {"fraction": 0.5}}, RESIZE), model_input(1, 32, 32, 3, layout="NHWC")
    )

    image = np.asarray(Image.open(io.BytesIO(JPEG)))
    np.testing.assert_array_equal(preprocessor(JPEG), cv2.resize(image[15:45, 21:62], (32, 32)))


@pytest.mark.parametrize(
    ("dtype", "steps", "expected"),
    [
        ("float32", [RESIZE], "uint8"),
        ("float16", [RESIZE], "uint8"),
        ("uint8", [RESIZE], "uint8"),
        ("int8", [RESIZE], "int8"),
        ("int32", [RESIZE], "int32"),
        ("float32", [RESIZE, NORMALIZE], "float32"),
        ("float16", [RESIZE, NORMALIZE], "float32"),
        ("bfloat16", [NORMALIZE, RESIZE], "float32"),
    ],
)
def test_eight_bits_are_kept_as_long_as_no_step_leaves_them(dtype, steps, expected):
    preprocessor = Preprocessor(configured(*steps), model_input(1, 3, 32, 32, dtype=dtype))

    tensor = preprocessor(JPEG)

    assert tensor.dtype == preprocessor.output_dtype == expected
    assert tensor.shape == preprocessor.output_shape_hwc == (32, 32, 3)


def test_an_int8_input_takes_pixels_minus_128():
    as_uint8 = Preprocessor(configured(RESIZE), model_input(1, 3, 32, 32, dtype="uint8"))(JPEG)
    as_int8 = Preprocessor(configured(RESIZE), model_input(1, 3, 32, 32, dtype="int8"))(JPEG)

    np.testing.assert_array_equal(as_int8, as_uint8.astype(int) - 128)


def test_normalised_values_are_quantised_for_an_integer_input():
    quantization = Quantization(scale=1 / 64, zero_point=3)
    steps = [RESIZE, {"normalize": {"mean": 127.5, "scale": 127.5}}]
    real = Preprocessor(configured(*steps), model_input(1, 3, 32, 32))(JPEG)

    integers = Preprocessor(configured(*steps), model_input(1, 3, 32, 32, dtype="int8", quantization=quantization))(
        JPEG
    )

    np.testing.assert_array_equal(integers, np.clip(np.rint(real * 64 + 3), -128, 127).astype(np.int8))


def test_grey_ends_in_one_channel():
    preprocessor = Preprocessor(configured(RESIZE, color="gray"), model_input(1, 1, 32, 32))

    image = np.asarray(Image.open(io.BytesIO(JPEG)).convert("L"))
    np.testing.assert_array_equal(preprocessor(JPEG)[:, :, 0], cv2.resize(image, (32, 32)))


@pytest.mark.parametrize(
    ("steps", "shape", "code", "message"),
    [
        ([], (1, 3, 32, 32), "size-open", "depends on the image, but the model takes 32 x 32"),
        ([], (1, 3, None, None), "size-open", "any height x any width .* add a resize or a crop"),
        ([{"resize": {"size": 32, "mode": "shorter_side"}}], (1, 3, 32, 32), "size-open", "add a resize or a crop"),
        ([{"crop": {"fraction": 0.5}}], (1, 3, 32, 32), "size-open", "add a resize or a crop"),
        ([RESIZE], (1, 3, 32, 48), "size", "end in 32 x 32 pixels, but the model takes 32 x 48"),
        ([RESIZE], (1, 3, None, 48), "size", "end in 32 x 32 pixels, but the model takes any height x 48"),
        ([RESIZE, {"crop": {"fraction": 0.5}}], (1, 3, 32, 32), "size", "end in 16 x 16"),
        ([RESIZE], (1, 1, 32, 32), "channels", r"preprocessing.0.decode.color: RGB gives 3 channel\(s\).* takes 1"),
        ([RESIZE, {"normalize": {"mean": [1, 2]}}], (1, 3, 32, 32), "channel-count", "preprocessing.2.normalize.mean"),
        (
            [NORMALIZE, {"resize": {"size": 32, "library": "pillow"}}],
            (1, 3, 32, 32),
            "resize-after-normalize",
            "preprocessing.2.resize: Pillow resizes 8-bit pixels only",
        ),
    ],
)
def test_steps_that_cannot_end_in_the_input_are_refused_at_their_place(steps, shape, code, message):
    ((found_code, found_message),) = problems_of(configured(*steps), model_input(*shape))

    assert found_code == code
    assert re.search(message, found_message)


def test_integers_without_a_meaning_take_no_normalised_values():
    ((code, message),) = problems_of(configured(RESIZE, NORMALIZE), model_input(1, 3, 32, 32, dtype="uint8"))

    assert code == "input-not-quantized"
    assert message.startswith("preprocessing.2.normalize: the model takes uint8")


def test_an_input_that_is_no_image_is_refused():
    ((code, message),) = problems_of(configured(RESIZE), model_input(1, 128, layout=None))

    assert code == "input-not-image"
    assert "1 x 128" in message


def test_all_problems_are_found_at_once():
    problems = problems_of(
        configured(RESIZE, {"normalize": {"scale": [1, 2]}}, color="gray"), model_input(1, 3, 48, 48)
    )

    assert [code for code, _ in problems] == ["channel-count", "channels", "size"]


@pytest.mark.parametrize(
    "steps",
    [
        [{"resize": {"size": 64, "mode": "letterbox"}}, {"crop": {"fraction": 0.5}}],
        [RESIZE, {"resize": {"size": 48, "mode": "shorter_side"}}, {"crop": {"size": 32}}],
        [{"crop": {"size": 32}}],
    ],
)
def test_sizes_are_followed_through_all_steps(steps):
    preprocessor = Preprocessor(configured(*steps), model_input(1, 3, None, None))

    assert preprocessor.output_shape_hwc == preprocessor(JPEG).shape == (32, 32, 3)


@pytest.mark.parametrize("color", ["RGB", "BGR", "gray"])
def test_visible_is_the_geometry_in_rgb_without_the_arithmetic(color):
    channels = 1 if color == "gray" else 3
    steps = [RESIZE, {"crop": {"size": 24}}]
    plain = Preprocessor(configured(*steps, color=color), model_input(1, channels, 24, 24))
    normalizing = Preprocessor(
        configured({"normalize": {"mean": 127, "scale": 3}}, *steps, color=color), model_input(1, channels, 24, 24)
    )

    visible = normalizing.visible(JPEG)

    assert visible.shape == (24, 24, 3)
    assert visible.dtype == np.uint8
    assert visible.flags.c_contiguous
    expected = plain(JPEG)
    np.testing.assert_array_equal(
        visible, expected[:, :, ::-1] if color == "BGR" else np.broadcast_to(expected, visible.shape)
    )


def test_a_hostile_folder_gives_tensors_or_reasons(tmp_path):
    preprocessor = Preprocessor(
        configured({"resize": {"size": 40, "mode": "shorter_side"}}, {"crop": {"size": 32}}, NORMALIZE),
        model_input(1, 3, 32, 32),
    )
    outcomes = {}
    expected = make_hostile_images(tmp_path)
    for name in expected:
        try:
            tensor = preprocessor((tmp_path / name).read_bytes())
        except ImageError:
            outcomes[name] = "failed"
        else:
            outcomes[name] = "evaluated" if tensor.shape == (32, 32, 3) else "wrong shape"
    assert outcomes == expected


def test_one_preprocessor_serves_many_threads():
    preprocessor = Preprocessor(configured(RESIZE, NORMALIZE), model_input(1, 3, 32, 32))
    files = [encoded(drawn_pixels(40 + index, 90 - index), "JPEG") for index in range(20)]
    alone = [preprocessor(data) for data in files]
    same: list[bool] = []

    def work() -> None:
        same.extend(np.array_equal(preprocessor(data), tensor) for data, tensor in zip(files, alone, strict=True))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert same == [True] * 160
