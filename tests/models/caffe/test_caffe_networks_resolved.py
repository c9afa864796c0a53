"""Files for training and testing, old forms, names and shapes: what of a file becomes the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from caffe_running import import_text, infer
from caffe_writer import seeded, uniform

from accubench.errors import BrokenModelError, UnsupportedModelError
from accubench.models.caffe import import_caffe

WEIGHTS = uniform(seeded(1), -1, 1, (4, 3, 8, 8))
BIAS = uniform(seeded(2), -1, 1, (4,))
IMAGE = uniform(seeded(3), -1, 1, (1, 3, 8, 8))
LOGITS = np.tensordot(IMAGE[0], WEIGHTS, axes=([0, 1, 2], [1, 2, 3])) + BIAS
SCORES = np.exp(LOGITS) / np.exp(LOGITS).sum()
BLOBS: dict[str, list[Any]] = {"fc": [WEIGHTS.reshape(4, -1), BIAS]}
DATA = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 10 dim: 3 dim: 8 dim: 8 } } }\n'
FC = 'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 4 } }\n'
PROB = 'layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }\n'
TRAIN_VAL = """
name: "net"
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN }
        transform_param { mirror: true crop_size: 6 my_fork_crops: 3 } data_param { source: "train" batch_size: 256 } }
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TEST }
        transform_param { crop_size: 8 mean_value: 104 } data_param { source: "val" batch_size: 50 backend: LMDB } }
layer { name: "noise" type: "MyNoise" bottom: "data" top: "data" include { phase: TRAIN } my_param { a: 1 } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
        param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
        inner_product_param { num_output: 4 weight_filler { type: "gaussian" std: 0.01 } } }
layer { name: "drop" type: "Dropout" bottom: "fc" top: "fc" dropout_param { dropout_ratio: 0.5 } }
layer { name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "label" top: "accuracy" include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
"""


def names(model: Any) -> tuple[list[str], list[str]]:
    return [port.get_any_name() for port in model.inputs], [port.get_any_name() for port in model.outputs]


def test_a_deploy_file_gets_batch_1_names_of_tops_and_nodes_called_after_layers(tmp_path: Path) -> None:
    model = import_text(tmp_path, f'name: "net"\n{DATA}{FC}{PROB}', BLOBS)
    assert names(model) == (["data"], ["prob"])
    assert list(model.input().shape) == [1, 3, 8, 8]
    assert model.get_parameters()[0].get_layout().to_string() == "[N,C,H,W]"
    assert {"data", "fc", "fc/weights", "fc/bias", "prob"} <= {node.get_friendly_name() for node in model.get_ops()}
    np.testing.assert_allclose(infer(model, IMAGE)[0], SCORES, rtol=1e-4)


def test_the_batch_can_be_changed_afterwards(tmp_path: Path) -> None:
    model = import_text(tmp_path, DATA + FC + PROB, BLOBS)
    model.reshape([3, 3, 8, 8])
    np.testing.assert_allclose(infer(model, np.repeat(IMAGE, 3, axis=0))[2], SCORES, rtol=1e-4)


def test_a_file_for_training_and_testing_becomes_its_test_phase_with_a_softmax(tmp_path: Path) -> None:
    model = import_text(tmp_path, TRAIN_VAL, BLOBS)
    assert names(model) == (["data"], ["prob"])
    assert list(model.input().shape) == [1, 3, 8, 8]
    np.testing.assert_allclose(infer(model, IMAGE)[0], SCORES, rtol=1e-4)


def test_a_softmax_beside_the_loss_is_not_doubled(tmp_path: Path) -> None:
    assert names(import_text(tmp_path, TRAIN_VAL + PROB, BLOBS)) == (["data"], ["prob"])


def test_helping_losses_of_lower_weight_are_left_out_without_their_weights(tmp_path: Path) -> None:
    helper = FC.replace('"fc"', '"aux"') + (
        'layer { name: "loss1" type: "SoftmaxWithLoss" bottom: "aux" bottom: "label" top: "loss1" loss_weight: 0.3 }\n'
    )
    assert names(import_text(tmp_path, TRAIN_VAL + helper, BLOBS)) == (["data"], ["prob"])


def test_measures_and_unused_parts_are_no_outputs(tmp_path: Path) -> None:
    rest = """
      layer { name: "cut" type: "Slice" bottom: "fc" top: "a" top: "b" slice_param { slice_point: 1 } }
      layer { name: "out" type: "Softmax" bottom: "b" top: "out" }
      layer { name: "hidden" type: "TanH" bottom: "data" top: "hidden" }
      layer { name: "quiet" type: "Silence" bottom: "hidden" }
      layer { name: "loss" type: "HingeLoss" bottom: "out" bottom: "label" top: "loss" }
    """
    model = import_text(tmp_path, 'input: "label" ' + DATA + FC + rest, BLOBS)
    assert names(model) == (["data"], ["out"])


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ('type: "ImageData" image_data_param { source: "x" new_height: 8 new_width: 9 }', [1, 3, 8, 9]),
        ('type: "ImageData" image_data_param { new_height: 8 new_width: 9 is_color: false }', [1, 1, 8, 9]),
        ('type: "MemoryData" memory_data_param { batch_size: 5 channels: 2 height: 6 width: 7 }', [1, 2, 6, 7]),
        ('type: "DummyData" dummy_data_param { shape { dim: 4 dim: 3 dim: 6 dim: 7 } }', [1, 3, 6, 7]),
        ('type: "WindowData" window_data_param { crop_size: 5 fg_threshold: 0.5 }', [1, 3, 5, 5]),
        ('type: "Data" transform_param { crop_size: 5 force_gray: true }', [1, 1, 5, 5]),
        ('type: "AnnotatedData" transform_param { crop_h: 5 crop_w: 4 }', [1, 3, 5, 4]),
    ],
)
def test_data_layers_become_inputs_of_the_size_they_feed(layer: str, shape: list[int], tmp_path: Path) -> None:
    text = f'layer {{ name: "d" top: "data" top: "label" {layer} }}\nlayer {{ type: "ReLU" bottom: "data" top: "out" }}'
    assert list(import_text(tmp_path, text).input().shape) == shape


def test_the_first_weights_say_how_many_channels_a_data_layer_feeds(tmp_path: Path) -> None:
    text = """
      layer { name: "d" type: "Data" top: "data" transform_param { crop_size: 5 } }
      layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 2 kernel_size: 3 } }
    """
    model = import_text(tmp_path, text, {"c": [np.ones((2, 1, 3, 3)), np.zeros(2)]})
    assert list(model.input().shape) == [1, 1, 5, 5]


def test_a_data_layer_without_a_size_asks_for_the_deploy_file(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError, match=r"net\.prototxt:2: layer 'data' \(Data\).*deploy\.prototxt"):
        import_text(tmp_path, "\n" + 'layer { name: "data" type: "Data" top: "data" }\n' + FC, BLOBS)


@pytest.mark.parametrize(
    "declared",
    [
        'input: "data" input_dim: 10 input_dim: 3 input_dim: 8 input_dim: 8\n',
        'input: "data" input_shape { dim: 10 dim: 3 dim: 8 dim: 8 }\n',
        'input: "data" input_dim: [10, 3, 8, 8]\n',
    ],
)
def test_old_styles_of_inputs_are_understood(declared: str, tmp_path: Path) -> None:
    np.testing.assert_allclose(infer(import_text(tmp_path, declared + FC + PROB, BLOBS), IMAGE)[0], SCORES, rtol=1e-4)


V1 = """
name: "old"
input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers { name: "fc" type: INNER_PRODUCT bottom: "data" top: "fc" blobs_lr: 1 blobs_lr: 2 weight_decay: 1
         inner_product_param { num_output: 4 } }
layers { name: "relu" type: RELU bottom: "fc" top: "fc" }
layers { name: "prob" type: SOFTMAX bottom: "fc" top: "prob" }
"""


@pytest.mark.parametrize("old", [False, True])
def test_layers_of_the_old_form_take_weights_of_either_form(*, old: bool, tmp_path: Path) -> None:
    relu = np.maximum(LOGITS, 0)
    scores = infer(import_text(tmp_path, V1, BLOBS, old=old), IMAGE)[0]
    np.testing.assert_allclose(scores, np.exp(relu) / np.exp(relu).sum(), rtol=1e-4)


@pytest.mark.parametrize("numbers", ["packed", "unpacked", "double", "float16"])
def test_weights_are_read_however_they_are_stored(numbers: str, tmp_path: Path) -> None:
    scores = infer(import_text(tmp_path, DATA + FC + PROB, BLOBS, numbers=numbers), IMAGE)[0]
    np.testing.assert_allclose(scores, SCORES, rtol=0, atol=5e-3 if numbers == "float16" else 1e-6)


def test_a_layer_without_weights_may_share_its_name_with_one_that_has_them(tmp_path: Path) -> None:
    relu = 'layer { name: "fc" type: "ReLU" bottom: "fc" top: "fc" }\n'
    scores = infer(import_text(tmp_path, DATA + FC + relu, BLOBS), IMAGE)[0]
    np.testing.assert_allclose(scores, np.maximum(LOGITS, 0), rtol=0, atol=1e-5)


def test_stages_and_levels_decide_about_layers(tmp_path: Path) -> None:
    rest = """
      layer { name: "a" type: "TanH" bottom: "fc" top: "fc" include { stage: "deploy" } }
      layer { name: "b" type: "TanH" bottom: "fc" top: "fc" include { min_level: 1 } exclude: [] }
      layer { name: "c" type: "Sigmoid" bottom: "fc" top: "fc" include { not_stage: "deploy" max_level: 3 } }
      layer { name: "d" type: "TanH" bottom: "fc" top: "fc" exclude { phase: TEST } }
    """
    scores = infer(import_text(tmp_path, DATA + FC + rest, BLOBS), IMAGE)[0]
    np.testing.assert_allclose(scores, 1 / (1 + np.exp(-LOGITS)), rtol=1e-4)


CONVOLUTION = (
    'layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 2 kernel_size: 3 } }'
)


@pytest.mark.parametrize(
    ("text", "blobs", "error", "message"),
    [
        (
            DATA + 'layer { name: "x" type: "Warp" bottom: "data" top: "x" warp_param { a: 1 } }',
            {},
            UnsupportedModelError,
            r"net\.prototxt:2: layer 'x' \(Warp\) is of a type that AccuBench does not import",
        ),
        (
            DATA + FC.replace("num_output: 4", "num_output: 4\n sparsity: 2"),
            BLOBS,
            UnsupportedModelError,
            r"net\.prototxt:2: layer 'fc' \(InnerProduct\) has the field 'sparsity' \(line 3\)",
        ),
        (
            DATA + FC.replace("inner_product_param", "inner_prodct_param"),
            BLOBS,
            UnsupportedModelError,
            r"net\.prototxt:2: layer 'fc' .* has the field 'inner_prodct_param'",
        ),
        (DATA + FC, {"other": [WEIGHTS]}, BrokenModelError, r"layer 'fc' .*has none for a layer of this name"),
        (
            DATA + FC,
            {"fc": [np.ones((4, 100)), BIAS]},
            BrokenModelError,
            r"net\.prototxt:2: layer 'fc' .* needs weights of the shape \(4, 192\), but .*\.caffemodel has \(4, 100\)",
        ),
        (DATA + FC, {"fc": [WEIGHTS]}, BrokenModelError, r"needs 2 blobs of weights .* has 1 \(\(4, 3, 8, 8\)\)"),
        (DATA + CONVOLUTION, {"c": [np.ones((2, 1, 3, 3)), np.ones(2)]}, BrokenModelError, r"\(2, 3, 3, 3\)"),
        (FC, BLOBS, BrokenModelError, r"net\.prototxt:1: layer 'fc' .* reads 'data', which no earlier layer"),
        (DATA + FC + FC, BLOBS, BrokenModelError, r"net\.prototxt:3: .* makes 'fc', which an earlier layer"),
        ('net: "train_val.prototxt"\nbase_lr: 0.1', {}, UnsupportedModelError, r"no field 'net'.*not a solver"),
        (DATA, {}, UnsupportedModelError, r"has no output in the phase TEST"),
        ('name: "empty"', {}, BrokenModelError, r"describes no layers"),
        ('input: "data"\n' + FC, BLOBS, UnsupportedModelError, r"net\.prototxt:1: the input 'data' has no shape"),
        ('input: "data" input_dim: 3\n' + FC, BLOBS, BrokenModelError, r"net\.prototxt:1: 1 input_dim for 1 inputs"),
        ('layers { layer { name: "a" type: "conv" } }', {}, UnsupportedModelError, r"first of Caffe's three formats"),
        (
            DATA + 'layer { name: "n" type: "BatchNorm" bottom: "data" top: "n" '
            "batch_norm_param { use_global_stats: false } }",
            {},
            UnsupportedModelError,
            r"use_global_stats: false",
        ),
        (
            TRAIN_VAL + 'layer { name: "s" type: "ReLU" bottom: "accuracy" top: "s" }',
            BLOBS,
            UnsupportedModelError,
            r"reads 'accuracy' of layer 'accuracy' \(Accuracy\), which inference leaves out",
        ),
        (
            DATA + FC + FC.replace('top: "fc"', 'top: "b"').replace('bottom: "data"', 'bottom: "fc"'),
            BLOBS,
            UnsupportedModelError,
            r"net\.prototxt:3: layer 'fc' .* shares its name with another layer .*\(line 2\)",
        ),
        (
            DATA + 'layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { stride: 2 } }',
            {},
            BrokenModelError,
            r"has the kernel_size 0",
        ),
        (
            DATA
            + 'layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { kernel_size: 1 stride: 2 } }',
            {},
            UnsupportedModelError,
            r"last window outside of its bottom",
        ),
        (
            DATA
            + 'layer { name: "e" type: "Eltwise" bottom: "data" bottom: "data" top: "e" eltwise_param { coeff: 1 } }',
            {},
            BrokenModelError,
            r"1 coefficients for 2 bottoms",
        ),
        (
            DATA + 'layer { name: "r" type: "Reshape" bottom: "data" top: "r" reshape_param { shape { dim: 7 } } }',
            {},
            BrokenModelError,
            r"cannot give \(1, 3, 8, 8\) the shape \(7,\)",
        ),
    ],
)
def test_what_cannot_be_imported_is_refused_with_its_place_and_reason(
    text: str, blobs: dict[str, list[Any]], error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        import_text(tmp_path, text, blobs or {"x": []})


def test_missing_files_are_broken_models(tmp_path: Path) -> None:
    with pytest.raises(BrokenModelError, match=r"none\.prototxt cannot be read"):
        import_caffe(tmp_path / "none.prototxt", tmp_path / "none.caffemodel")
    (tmp_path / "net.prototxt").write_text(DATA + FC)
    with pytest.raises(BrokenModelError, match=r"none\.caffemodel cannot be read"):
        import_caffe(tmp_path / "net.prototxt", tmp_path / "none.caffemodel")
