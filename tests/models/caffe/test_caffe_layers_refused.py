"""Parameters that Caffe does not take either are refused before OpenVINO sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from caffe_running import import_text

from accubench.errors import BrokenModelError, ModelError, UnsupportedModelError

DATA = 'input: "data" input_shape { dim: 1 dim: 6 dim: 6 dim: 5 }\n'
REFUSED: list[tuple[str, str, type[ModelError], str]] = [
    ("Bias", "bias_param { axis: 7 }", BrokenModelError, r"has the axis 7"),
    ("Bias", "bias_param { num_axes: 4 }", BrokenModelError, r"covers 4 axes from axis 1 on"),
    ("Clip", "clip_param { min: 2 max: 1 }", BrokenModelError, r"at least 2\.0 and at most 1\.0"),
    ("Convolution", "convolution_param { kernel_size: 3 }", BrokenModelError, r"has num_output 0"),
    (
        "Convolution",
        "convolution_param { num_output: 4 kernel_size: 9 }",
        BrokenModelError,
        r"kernel that spans 9 pixels",
    ),
    (
        "Convolution",
        "convolution_param { num_output: 4 kernel_size: 1 group: 4 }",
        BrokenModelError,
        r"cannot divide 6 channels and 4 outputs into 4 groups",
    ),
    (
        "Convolution",
        "convolution_param { num_output: 4 kernel_size: 1 axis: 2 }",
        UnsupportedModelError,
        r"channels on axis 2",
    ),
    (
        "Convolution",
        "convolution_param { num_output: 4 kernel_size: [1, 1, 1] }",
        UnsupportedModelError,
        r"3 values of kernel_size",
    ),
    ("Crop", "", BrokenModelError, r"has 1 bottoms; expected 2"),
    ("Exp", "exp_param { base: 0 }", BrokenModelError, r"has the base 0\.0"),
    ("Flatten", "flatten_param { axis: 3 end_axis: 1 }", BrokenModelError, r"flattens the axes from 3 to 1"),
    ("InnerProduct", "inner_product_param { num_output: 2 axis: 0 }", UnsupportedModelError, r"mixes the images"),
    ("InnerProduct", "", BrokenModelError, r"has num_output 0"),
    ("LRN", "lrn_param { local_size: 4 }", BrokenModelError, r"local_size 4; Caffe takes odd numbers"),
    ("Permute", "permute_param { order: [0, 0] }", BrokenModelError, r"orders the axes"),
    ("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }", UnsupportedModelError, r"pools stochastically"),
    ("Pooling", "pooling_param { kernel_size: 2 pad: 2 }", BrokenModelError, r"pads 2 pixels for a kernel of 2"),
    ("Pooling", "pooling_param { kernel_size: 9 }", BrokenModelError, r"a kernel of 9 pixels"),
    ("Reduction", "", UnsupportedModelError, r"reduces the batch"),
    ("Reshape", "reshape_param { axis: 2 num_axes: 3 }", BrokenModelError, r"reshapes 3 axes from axis 2 on"),
    ("ShuffleChannel", "shuffle_channel_param { group: 4 }", BrokenModelError, r"into 4 groups"),
    ("Slice", "slice_param { slice_point: 3 }", BrokenModelError, r"cannot cut 6 of axis 1 into 1 tops at \[3\]"),
]


@pytest.mark.parametrize(("kind", "parameters", "error", "message"), REFUSED)
def test_impossible_parameters_are_refused(
    kind: str, parameters: str, error: type[ModelError], message: str, *, tmp_path: Path
) -> None:
    text = f'{DATA}layer {{ name: "out" type: "{kind}" bottom: "data" top: "out" {parameters} }}'
    with pytest.raises(error, match=message) as caught:
        import_text(tmp_path, text, {"out": [np.ones(6)]})
    assert f"net.prototxt:2: layer 'out' ({kind})" in str(caught.value)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ('type: "Concat" bottom: "data" bottom: "flat"', r"joins the shapes"),
        ('type: "Scale" bottom: "data" bottom: "flat" scale_param { axis: 0 }', r"cannot spread \(1, 180\)"),
        ('type: "Crop" bottom: "data" bottom: "flat"', r"cannot crop"),
        ('type: "Crop" bottom: "data" bottom: "data" crop_param { offset: 1 }', r"cannot crop .* from \[1, 1\] on"),
        ('type: "Axpy" bottom: "flat" bottom: "data" bottom: "data"', r"cannot multiply"),
    ],
)
def test_bottoms_that_do_not_fit_each_other_are_refused(layer: str, message: str, tmp_path: Path) -> None:
    flat = 'layer { name: "flat" type: "Flatten" bottom: "data" top: "flat" }\n'
    with pytest.raises(BrokenModelError, match=message):
        import_text(tmp_path, f'{DATA}{flat}layer {{ name: "out" top: "out" {layer} }}')


def test_layers_for_images_refuse_flat_bottoms(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError, match=r"works on batch, channels, height and width"):
        import_text(
            tmp_path,
            'input: "a" input_shape { dim: 1 dim: 6 }\nlayer { type: "LRN" bottom: "a" top: "b" }',
        )
