"""Layers and options that OpenCV lacks or reads otherwise, against Caffe's arithmetic written out in numpy."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from caffe_layers import INPUT_SHAPE, layer_input
from caffe_running import import_text, infer
from caffe_writer import Array, NetworkWriter, seeded, uniform
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from accubench.models.caffe import import_caffe

X = layer_input()
PER_CHANNEL = (1, 6, 1, 1)


def result(folder: Path, kind: str, parameters: str = "", blobs: tuple[Array, ...] = (), x: Array = X) -> Array:
    net = NetworkWriter(seed=1)
    net.input(*x.shape)
    net.layer("out", kind, parameters, blobs=blobs)
    return infer(import_caffe(*net.write(folder)), x)


def random_blob(*shape: int) -> Array:
    return uniform(seeded(sum(shape)), -0.5, 0.5, shape)


def lrn_across(size: int, alpha: float, beta: float, k: float) -> Array:
    half = size // 2
    squares = np.pad(X.astype(np.float64) ** 2, ((0, 0), (half, half), (0, 0), (0, 0)))
    return X / (k + alpha / size * sum(squares[:, i : i + X.shape[1]] for i in range(size))) ** beta


def lrn_within(size: int, alpha: float, beta: float) -> Array:
    half = size // 2
    squares = np.pad(X.astype(np.float64) ** 2, ((0, 0), (0, 0), (half, half), (half, half)))
    height, width = X.shape[2:]
    windows = sum(squares[:, :, i : i + height, j : j + width] for i in range(size) for j in range(size))
    return X / (1 + alpha / size**2 * windows) ** beta


ELEMENTWISE: dict[str, tuple[str, str, Callable[[Array], Array]]] = {
    "clip": ("Clip", "clip_param { min: -0.5 max: 1.25 }", lambda x: np.clip(x, -0.5, 1.25)),
    "dropout scaled at test time": (
        "Dropout",
        "dropout_param { dropout_ratio: 0.4 scale_train: false }",
        lambda x: x * 0.6,
    ),
    "exp": ("Exp", "exp_param { scale: 0.5 shift: -1 }", lambda x: np.exp(0.5 * x - 1)),
    "exp to a base": ("Exp", "exp_param { base: 2 scale: 0.5 shift: 1 }", lambda x: 2 ** (0.5 * x + 1)),
    "log": ("Log", "log_param { shift: 3 }", lambda x: np.log(x + 3)),
    "log to a base": ("Log", "log_param { base: 10 scale: 2 shift: 5 }", lambda x: np.log10(2 * x + 5)),
    "power of a fraction": ("Power", "power_param { power: 0.5 shift: 3 }", lambda x: np.sqrt(x + 3)),
    "swish": ("Swish", "swish_param { beta: 1.5 }", lambda x: x / (1 + np.exp(-1.5 * x))),
    "lrn with k": (
        "LRN",
        "lrn_param { local_size: 5 alpha: 0.4 beta: 0.75 k: 2 }",
        lambda _: lrn_across(5, 0.4, 0.75, 2.0),
    ),
    "lrn within a channel ignores k": (
        "LRN",
        "lrn_param { local_size: 3 alpha: 0.4 beta: 0.5 k: 2 norm_region: WITHIN_CHANNEL }",
        lambda _: lrn_within(3, 0.4, 0.5),
    ),
    "reduction by sum": ("Reduction", "reduction_param { axis: 1 }", lambda x: x.sum((1, 2, 3))),
    "reduction by mean": (
        "Reduction",
        "reduction_param { operation: MEAN axis: -2 coeff: 3 }",
        lambda x: 3 * x.mean((2, 3)),
    ),
    "reduction by absolute sum": (
        "Reduction",
        "reduction_param { operation: 2 axis: 2 }",
        lambda x: abs(x).sum((2, 3)),
    ),
    "reduction by squares": ("Reduction", "reduction_param { operation: SUMSQ axis: 2 }", lambda x: (x**2).sum((2, 3))),
    "softmax on the last axis": (
        "Softmax",
        "softmax_param { axis: -1 }",
        lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True),
    ),
}


@pytest.mark.parametrize("case", ELEMENTWISE)
def test_a_layer_computes_what_its_formula_says(case: str, tmp_path: Path) -> None:
    kind, parameters, formula = ELEMENTWISE[case]
    expected = formula(X.astype(np.float64))
    actual = result(tmp_path, kind, parameters)
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("parameters", "shape", "broadcast"),
    [
        ("", (6,), PER_CHANNEL),
        ("bias_param { axis: 2 num_axes: -1 }", (6, 5), (1, 1, 6, 5)),
        ("bias_param { axis: -1 }", (5,), (1, 1, 1, 5)),
        ("bias_param { num_axes: 0 }", (), (1, 1, 1, 1)),
    ],
)
def test_a_bias_covers_the_axes_that_it_names(
    parameters: str, shape: tuple[int, ...], broadcast: tuple[int, ...], tmp_path: Path
) -> None:
    blob = random_blob(*shape)
    np.testing.assert_allclose(
        result(tmp_path, "Bias", parameters, (blob,)), X + blob.reshape(broadcast), rtol=0, atol=1e-6
    )


def test_a_scale_with_bias_covers_several_axes(tmp_path: Path) -> None:
    factor, summand = random_blob(6, 6), random_blob(6, 6) + 1
    actual = result(tmp_path, "Scale", "scale_param { num_axes: 2 bias_term: true }", (factor, summand))
    np.testing.assert_allclose(actual, X * factor[None, :, :, None] + summand[None, :, :, None], rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["Scale", "Bias"])
def test_scale_and_bias_take_their_values_from_a_second_bottom(kind: str, tmp_path: Path) -> None:
    net = NetworkWriter(seed=1)
    net.input(*INPUT_SHAPE)
    net.layer("pooled", "Pooling", "pooling_param { pool: MAX global_pooling: true }")
    net.layer("gate", "Flatten")
    field = f"{kind.lower()}_param {{ axis: 0 {'bias_term: true' if kind == 'Scale' else ''} }}"
    summand = random_blob(1, 6)
    net.layer("out", kind, field, bottom=("data", "gate"), blobs=(summand,) if kind == "Scale" else ())
    gate = X.max((2, 3), keepdims=True)
    expected = X * gate + summand.reshape(PER_CHANNEL) if kind == "Scale" else X + gate
    np.testing.assert_allclose(infer(import_caffe(*net.write(tmp_path)), X), expected, rtol=0, atol=1e-6)


def test_batch_norm_with_a_scale_factor_of_zero_has_statistics_of_zero(tmp_path: Path) -> None:
    blobs = random_blob(6), random_blob(6), np.zeros(1, np.float32)
    np.testing.assert_allclose(result(tmp_path, "BatchNorm", "", blobs), X / math.sqrt(1e-5), rtol=1e-5)


@pytest.mark.parametrize("transpose", [False, True])
def test_an_inner_product_starts_at_its_axis_and_may_be_transposed(*, transpose: bool, tmp_path: Path) -> None:
    weights, bias = random_blob(4, 30), random_blob(4)
    stored = np.ascontiguousarray(weights.T) if transpose else weights
    flag = "true" if transpose else "false"
    parameters = f"inner_product_param {{ num_output: 4 axis: 2 transpose: {flag} }}"
    expected = X.reshape(1, 6, 30) @ weights.T + bias
    np.testing.assert_allclose(result(tmp_path, "InnerProduct", parameters, (stored, bias)), expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["ConvolutionDepthwise", "DepthwiseConvolution"])
def test_the_depthwise_layers_of_forks_are_convolutions_with_a_group_for_each_channel(
    kind: str, tmp_path: Path
) -> None:
    blobs = (random_blob(6, 1, 3, 3),)
    parameters = "convolution_param { num_output: 6 kernel_size: 3 bias_term: false"
    plain = result(tmp_path, "Convolution", f"{parameters} group: 6 }}", blobs)
    np.testing.assert_array_equal(result(tmp_path, kind, f"{parameters} }}", blobs), plain)


def test_a_crop_takes_the_size_of_its_second_bottom(tmp_path: Path) -> None:
    net = NetworkWriter(seed=1)
    net.input(*INPUT_SHAPE)
    net.layer("small", "Pooling", "pooling_param { kernel_size: 3 }")
    net.layer("out", "Crop", "crop_param { axis: 2 offset: 1 offset: 2 }", bottom=("data", "small"))
    np.testing.assert_array_equal(infer(import_caffe(*net.write(tmp_path)), X), X[:, :, 1:5, 2:5])


def test_axpy_multiplies_each_channel_and_adds(tmp_path: Path) -> None:
    net = NetworkWriter(seed=1)
    net.input(*INPUT_SHAPE)
    net.layer("gate", "Pooling", "pooling_param { pool: AVE global_pooling: true }")
    net.layer("y", "TanH", bottom="data")
    net.layer("out", "Axpy", bottom=("gate", "data", "y"))
    expected = X.mean((2, 3), keepdims=True) * X + np.tanh(X)
    np.testing.assert_allclose(infer(import_caffe(*net.write(tmp_path)), X), expected, rtol=0, atol=1e-5)


def test_a_slice_without_points_makes_equal_parts(tmp_path: Path) -> None:
    net = NetworkWriter(seed=1)
    net.input(*INPUT_SHAPE)
    net.layer("parts", "Slice", "slice_param { slice_dim: 1 }", top=("a", "b"))
    net.layer("out", "Concat", bottom=("b", "a"))
    expected = np.concatenate([X[:, 3:], X[:, :3]], axis=1)
    np.testing.assert_array_equal(infer(import_caffe(*net.write(tmp_path)), X), expected)


def test_a_reshape_that_repeats_the_batch_size_of_the_file_keeps_the_batch(tmp_path: Path) -> None:
    text = """
      layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 10 dim: 6 dim: 6 dim: 5 } } }
      layer { name: "out" type: "Reshape" bottom: "data" top: "out" reshape_param { shape { dim: 10 dim: -1 } } }
    """
    assert infer(import_text(tmp_path, text), X).shape == (1, 180)


def caffe_pooling(x: Array, pool: str, kernel: int, stride: int, pad: int, *, ceiling: bool) -> Array | None:
    """Caffe's pooling loop, number by number; None where a window holds nothing."""
    room = [size + 2 * pad - kernel for size in x.shape[2:]]
    counts = [(-(-one // stride) if ceiling else one // stride) + 1 for one in room]
    if pad:
        counts = [n - 1 if (n - 1) * stride >= size + pad else n for n, size in zip(counts, x.shape[2:], strict=True)]
    out = np.zeros((*x.shape[:2], *counts))
    for row, column in np.ndindex(*counts):
        edges, area = [], 1
        for index, size in zip((row, column), x.shape[2:], strict=True):
            start = index * stride - pad
            area *= min(start + kernel, size + pad) - start
            edges.append((max(start, 0), min(start + kernel, size)))
        (top, bottom), (left, right) = edges
        if top >= bottom or left >= right:
            return None
        window = x[:, :, top:bottom, left:right].astype(np.float64)
        out[:, :, row, column] = window.max((2, 3)) if pool == "MAX" else window.sum((2, 3)) / area
    return out


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.tuples(st.integers(1, 11), st.integers(1, 11)),
    pool=st.sampled_from(["MAX", "AVE"]),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    pad=st.integers(0, 3),
    ceiling=st.booleans(),
)
def test_pooling_follows_caffes_loop_for_every_size(
    tmp_path: Path, *, size: tuple[int, int], pool: str, kernel: int, stride: int, pad: int, ceiling: bool
) -> None:
    assume(pad < kernel)
    assume(min(size) + 2 * pad >= kernel)
    x = uniform(seeded(5), -1, 1, (1, 2, *size))
    expected = caffe_pooling(x, pool, kernel, stride, pad, ceiling=ceiling)
    assume(expected is not None)
    mode = "CEIL" if ceiling else "FLOOR"
    parameters = (
        f"pooling_param {{ pool: {pool} kernel_size: {kernel} stride: {stride} pad: {pad} round_mode: {mode} }}"
    )
    actual = result(tmp_path, "Pooling", parameters, x=x)
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-6)
