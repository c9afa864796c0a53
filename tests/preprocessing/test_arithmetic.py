import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench.preprocessing.arithmetic import normalize, quantize, shift_to_int8
from accubench.records.accuracy_configuration import Normalize
from accubench.records.model import Quantization

PIXELS = np.arange(256 * 3, dtype=np.int64).reshape(16, 16, 3).astype(np.uint8)
VALUES = st.floats(-300, 300, width=32)
SCALES = VALUES.filter(lambda scale: abs(scale) > 1e-3)


@given(st.tuples(VALUES, VALUES, VALUES), st.tuples(SCALES, SCALES, SCALES))
def test_normalize_is_numpys_float32_subtraction_and_division(mean, scale):
    normalized = normalize(Normalize(mean=mean, scale=scale))(PIXELS)

    assert normalized.dtype == np.float32
    expected = (PIXELS.astype(np.float32) - np.array(mean, np.float32)) / np.array(scale, np.float32)
    np.testing.assert_array_equal(normalized, expected)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("mean", "scale"), [(0.0, 1.0), (127.5, 127.5), (0.0, 255.0), ((7.0,), 2.0)])
def test_one_number_serves_all_channels(channels, mean, scale):
    normalized = normalize(Normalize(mean=mean, scale=scale))(PIXELS[:, :, :channels])

    expected = (PIXELS[:, :, :channels].astype(np.float32) - np.float32(mean)) / np.float32(scale)
    np.testing.assert_array_equal(normalized, expected)


def test_normalize_takes_views_and_leaves_its_argument_alone():
    values = PIXELS.astype(np.float32)
    before = values.copy()

    normalized = normalize(Normalize(mean=(1, 2, 3), scale=(4, 5, 6)))(values[3:9, 2:12, ::-1])

    np.testing.assert_array_equal(values, before)
    np.testing.assert_array_equal(normalized, (before[3:9, 2:12, ::-1] - np.float32([1, 2, 3])) / np.float32([4, 5, 6]))


def test_multiplying_by_the_inverse_would_not_be_the_same():
    scale = np.float32(58.395)
    values = np.arange(256, dtype=np.float32)

    assert np.any(values / scale != values * (np.float32(1) / scale))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16])
def test_quantize_rounds_halves_to_even_and_cuts_to_the_range(dtype):
    limits = np.iinfo(dtype)
    to_integers = quantize(Quantization(scale=0.5, zero_point=10), np.dtype(dtype))

    integers = to_integers(np.array([[[0.0, 0.25, 0.75, -0.25, 1e6, -1e6]]], np.float32))

    assert integers.dtype == dtype
    assert integers.ravel().tolist() == [10, 10, 12, 10, limits.max, limits.min]


def test_quantizing_what_a_converter_declares_gives_back_the_pixels():
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 256, 1)
    real = normalize(Normalize(mean=128, scale=128))(pixels)

    as_uint8 = quantize(Quantization(scale=1 / 128, zero_point=128), np.dtype(np.uint8))(real)
    as_int8 = quantize(Quantization(scale=1 / 128, zero_point=0), np.dtype(np.int8))(real)

    np.testing.assert_array_equal(as_uint8, pixels)
    np.testing.assert_array_equal(as_int8, shift_to_int8(pixels))
    np.testing.assert_array_equal(as_int8, pixels.astype(np.int16) - 128)
