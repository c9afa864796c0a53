import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench.preprocessing.geometry import crop, cropped_size_hw
from accubench.records.accuracy_configuration import Crop

SIDES = st.integers(1, 700)


def numbered(height: int, width: int) -> np.ndarray:
    """Each pixel holds its row and column, from 1, so that padding is recognised."""
    rows, columns = np.mgrid[1 : height + 1, 1 : width + 1]
    return np.stack([rows, columns, np.ones_like(rows)], axis=2).astype(np.int32)


def torchvision_window(side: int, size: int) -> list[int]:
    """Row numbers that torchvision's center_crop keeps of one side, 0 for padding."""
    rows = list(range(1, side + 1))
    if size > side:
        rows = [0] * ((size - side) // 2) + rows + [0] * ((size - side + 1) // 2)
    start = round((len(rows) - size) / 2.0)
    return rows[start : start + size]


@given(SIDES, SIDES)
def test_half_even_crops_as_torchvision_does(side, size):
    cropped = crop(Crop(size=(size, 3), rounding="half_even"))(numbered(side, 3))

    assert cropped[:, 1, 0].tolist() == torchvision_window(side, size)


@given(SIDES, SIDES)
def test_floor_puts_an_odd_pixel_below_and_to_the_right(side, size):
    cropped = crop(Crop(size=(3, size)))(numbered(3, side))

    margin = abs(side - size) // 2
    kept = list(range(1, side + 1))
    expected = kept[margin : margin + size] if side >= size else [0] * margin + kept + [0] * (size - side - margin)
    assert cropped[1, :, 1].tolist() == expected


def test_the_two_roundings_differ_by_a_pixel_where_the_margin_is_odd():
    image = numbered(9, 9)

    assert crop(Crop(size=6))(image)[0, 0].tolist() == [2, 2, 1]
    assert crop(Crop(size=6, rounding="half_even"))(image)[0, 0].tolist() == [3, 3, 1]


def test_an_image_smaller_in_one_side_only_is_padded_there_and_cropped_in_the_other():
    cropped = crop(Crop(size=4))(numbered(3, 8))

    assert cropped[:, 0, 1].tolist() == [3, 3, 3, 0]
    assert cropped[0, :, 1].tolist() == [3, 4, 5, 6]


@given(SIDES, st.floats(0.01, 1))
def test_a_fraction_is_accuracy_checkers_central_fraction(side, fraction):
    size = max(1, int(side * fraction))
    start = (side - size) // 2

    cropped = crop(Crop(fraction=fraction))(numbered(side, 2))

    assert cropped[:, 0, 0].tolist() == list(range(start + 1, start + size + 1))


@given(SIDES, st.floats(0.01, 1))
def test_a_symmetric_fraction_is_tensorflows_central_crop(side, fraction):
    start = int((side - side * fraction) / 2)
    size = side - 2 * start

    cropped = crop(Crop(fraction=fraction, rounding="symmetric"))(numbered(side, 2))

    assert cropped[:, 0, 0].tolist() == list(range(start + 1, start + size + 1))


@pytest.mark.parametrize("rounding", ["floor", "half_even", "symmetric"])
def test_the_smallest_fraction_leaves_a_pixel_and_the_largest_everything(rounding):
    for side in (1, 2, 3, 10, 500):
        assert cropped_size_hw(side, side, Crop(fraction=5e-324, rounding=rounding))[0] in {1, 2}
        assert cropped_size_hw(side, side, Crop(fraction=1.0, rounding=rounding)) == (side, side)


def test_a_crop_of_the_whole_image_is_the_image_itself():
    image = numbered(5, 6)

    assert np.shares_memory(crop(Crop(size=(5, 6)))(image), image)
