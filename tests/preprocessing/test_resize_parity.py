import cv2
import numpy as np
import pytest
from PIL import Image

from accubench.errors import ImageError
from accubench.preprocessing.geometry import fitted_size_hw, resize, shorter_side_size_hw
from accubench.records.accuracy_configuration import OPENCV_INTERPOLATIONS, PILLOW_INTERPOLATIONS, Resize

OPENCV_FLAGS = {
    "nearest": cv2.INTER_NEAREST,
    "nearest_exact": cv2.INTER_NEAREST_EXACT,
    "bilinear": cv2.INTER_LINEAR,
    "bilinear_exact": cv2.INTER_LINEAR_EXACT,
    "bicubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
    "lanczos4": cv2.INTER_LANCZOS4,
}
PILLOW_FILTERS = {name: Image.Resampling[name.upper()] for name in PILLOW_INTERPOLATIONS}
SMALLEST, LARGEST, DRAWS = 1, 120, 200


def random_cases(seed: int):
    """Pixels and target sizes: smaller, larger, odd, one pixel wide, sides moving in different directions."""
    random = np.random.default_rng(seed)
    for index in range(DRAWS):
        height, width, new_height, new_width = (int(side) for side in random.integers(SMALLEST, LARGEST, 4))
        channels = 1 if index % 3 == 0 else 3
        yield random.integers(0, 256, (height, width, channels), np.uint8), (new_height, new_width)


def by_opencv(pixels: np.ndarray, size_hw: tuple[int, int], interpolation: str) -> np.ndarray:
    resized = cv2.resize(pixels, size_hw[::-1], interpolation=OPENCV_FLAGS[interpolation])
    return resized if resized.ndim == 3 else resized[:, :, None]


def by_pillow(pixels: np.ndarray, size_hw: tuple[int, int], interpolation: str) -> np.ndarray:
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    resized = np.asarray(image.resize(size_hw[::-1], PILLOW_FILTERS[interpolation]))
    return resized if resized.ndim == 3 else resized[:, :, None]


def assert_same(actual: np.ndarray, expected: np.ndarray) -> None:
    assert actual.dtype == expected.dtype
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("interpolation", OPENCV_INTERPOLATIONS)
def test_opencv_resizes_are_bit_equal_to_direct_calls(interpolation):
    for seed, (pixels, size_hw) in enumerate(random_cases(1)):
        rules = Resize(size=size_hw, library="opencv", interpolation=interpolation)
        assert_same(resize(rules)(pixels), by_opencv(pixels, size_hw, interpolation))
        if seed % 4 == 0:
            values = pixels.astype(np.float32) / np.float32(58.4)
            assert_same(resize(rules)(values), by_opencv(values, size_hw, interpolation))


@pytest.mark.parametrize("interpolation", PILLOW_INTERPOLATIONS)
def test_pillow_resizes_are_bit_equal_to_direct_calls(interpolation):
    for pixels, size_hw in random_cases(2):
        rules = Resize(size=size_hw, library="pillow", interpolation=interpolation)
        assert_same(resize(rules)(pixels), by_pillow(pixels, size_hw, interpolation))


LIBRARIES = [("opencv", by_opencv, name) for name in OPENCV_INTERPOLATIONS] + [
    ("pillow", by_pillow, name) for name in PILLOW_INTERPOLATIONS
]


@pytest.mark.parametrize(("library", "direct", "interpolation"), LIBRARIES)
def test_a_resize_to_the_same_size_changes_nothing_as_in_the_library(library, direct, interpolation):
    pixels = next(random_cases(3))[0]
    size_hw = pixels.shape[:2]

    resized = resize(Resize(size=size_hw, library=library, interpolation=interpolation))(pixels)

    assert_same(resized, direct(pixels, size_hw, interpolation))
    assert_same(resized, pixels)


@pytest.mark.parametrize(("library", "direct", "interpolation"), LIBRARIES)
def test_a_resize_after_a_crop_takes_the_view_like_a_copy(library, direct, interpolation):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (50, 60, 3), np.uint8)[5:41, 7:50]

    resized = resize(Resize(size=(20, 70), library=library, interpolation=interpolation))(pixels)

    assert_same(resized, direct(np.ascontiguousarray(pixels), (20, 70), interpolation))


@pytest.mark.parametrize(("library", "direct", "interpolation"), LIBRARIES)
def test_shorter_side_and_letterbox_use_the_same_calls(library, direct, interpolation):
    for pixels in (np.random.default_rng(9).integers(0, 256, (40, 61, 3), np.uint8), np.ones((61, 40, 1), np.uint8)):
        size_hw = shorter_side_size_hw(*pixels.shape[:2], 32)
        options = {"library": library, "interpolation": interpolation}
        shorter = resize(Resize(size=32, mode="shorter_side", **options))(pixels)
        assert_same(shorter, direct(pixels, size_hw, interpolation))

        fitted_hw = fitted_size_hw(*pixels.shape[:2], (32, 32))
        boxed = resize(Resize(size=32, mode="letterbox", fill=114, **options))(pixels)
        inside = tuple(slice((32 - side) // 2, (32 - side) // 2 + side) for side in fitted_hw)
        assert_same(boxed[inside], direct(pixels, fitted_hw, interpolation))
        boxed[inside] = 114
        assert np.all(boxed == 114)
        assert boxed.shape == (32, 32, pixels.shape[2])


@pytest.mark.parametrize(
    ("height", "width", "side", "expected"),
    [
        # Expected values were computed by torchvision's rule: long side = int(side * long / short).
        (375, 500, 256, (256, 341)),
        (500, 375, 256, (341, 256)),
        (333, 500, 224, (224, 336)),
        (256, 300, 256, (256, 300)),
        (100, 100, 7, (7, 7)),
        (3, 1000, 2, (2, 666)),
    ],
)
def test_shorter_side_rounds_the_longer_one_down(height, width, side, expected):
    assert shorter_side_size_hw(height, width, side) == expected


def test_a_shorter_side_that_is_right_already_changes_nothing():
    for long in range(1, 3000, 7):
        assert shorter_side_size_hw(max(1, long // 3), long, max(1, long // 3)) == (max(1, long // 3), long)


@pytest.mark.parametrize(
    ("height", "width", "size_hw", "expected"),
    [
        (375, 500, (224, 224), (168, 224)),
        (500, 375, (224, 320), (224, 168)),
        (1, 1000, (64, 64), (1, 64)),
        (10, 20, (32, 64), (32, 64)),
        (3, 2, (9, 9), (9, 6)),
    ],
)
def test_letterbox_fits_the_image_inside(height, width, size_hw, expected):
    assert fitted_size_hw(height, width, size_hw) == expected


def test_letterbox_never_exceeds_its_box_and_touches_one_side():
    random = np.random.default_rng(4)
    for height, width, box_height, box_width in random.integers(1, 700, (5000, 4)).tolist():
        fitted = fitted_size_hw(height, width, (box_height, box_width))
        assert fitted[0] <= box_height
        assert fitted[1] <= box_width
        assert fitted[0] == box_height or fitted[1] == box_width


def test_an_odd_pixel_of_a_letterbox_goes_below_and_to_the_right():
    boxed = resize(Resize(size=(5, 4), mode="letterbox", interpolation="nearest"))(np.full((2, 4, 1), 9, np.uint8))

    assert boxed[:, 0, 0].tolist() == [0, 9, 9, 0, 0]


def test_a_sliver_that_would_become_enormous_is_a_failed_image():
    rules = Resize(size=256, mode="shorter_side")

    with pytest.raises(ImageError, match="would become 15360000 x 256"):
        resize(rules)(np.zeros((1, 60000, 3), np.uint8))
