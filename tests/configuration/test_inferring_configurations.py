from pathlib import Path

import pytest
from described_models import UINT8, a_model, steps
from hypothesis import given, settings
from hypothesis import strategies as st

from accubench.configuration import (
    PRESETS,
    infer_configuration,
    parse_configuration,
    preset_configuration,
    read_configuration,
    write_configuration,
)
from accubench.configuration.leaves import leaves
from accubench.errors import ConfigurationError
from accubench.models import load_model
from accubench.preprocessing import Preprocessor
from accubench.records.model import ModelMetadata, Quantization


def origin(resolved, path):
    (found,) = {value for key, value in resolved.origins.items() if key.split(".", 2)[-1] == path or key == path}
    return found


DECODE_RGB = "decode: {color: RGB, exif: ignore}"
DECODE_BGR = "decode: {color: BGR, exif: ignore}"
TORCHVISION = [
    DECODE_RGB,
    "resize: {size: 256, mode: shorter_side, library: pillow, interpolation: bilinear}",
    "crop: {size: 224, rounding: half_even}",
    "normalize: {mean: [123.675, 116.28, 103.53], scale: [58.395, 57.12, 57.375]}",
]
CAFFE = [
    DECODE_BGR,
    "resize: {size: 256, mode: stretch, library: opencv, interpolation: bilinear}",
    "crop: {size: 227, rounding: floor}",
    "normalize: {mean: [104, 117, 123], scale: 1}",
]
SLIM = [
    DECODE_RGB,
    "crop: {fraction: 0.875, rounding: floor}",
    "resize: {size: 224, mode: stretch, library: opencv, interpolation: bilinear}",
]
RAW = [DECODE_RGB, "resize: {size: 224, mode: stretch, library: opencv, interpolation: bilinear}"]
MINUS_ONE_TO_ONE = "normalize: {mean: 127.5, scale: 127.5}"


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        (a_model("onnx"), TORCHVISION),
        (a_model("caffe", (227, 227)), CAFFE),
        (a_model("tflite"), [*SLIM, MINUS_ONE_TO_ONE]),
        (a_model("tflite", dtype="uint8", quantization=UINT8), SLIM),
        (a_model("tflite", dtype="int8", quantization=Quantization(scale=1 / 128, zero_point=0)), SLIM),
        (a_model("openvino"), RAW),
    ],
    ids=["onnx", "caffe", "tflite", "tflite-uint8", "tflite-int8", "openvino"],
)
def test_without_metadata_the_habit_of_the_format_is_taken_and_said(description, expected):
    resolved = infer_configuration(description)

    assert steps(resolved) == expected
    assert resolved.notes[0].startswith("Nothing in the model says how images were prepared for it (order of colours, ")
    assert resolved.notes[0].endswith("Give --config if that is wrong.")


@pytest.mark.parametrize(
    ("metadata", "expected", "path"),
    [
        ({"color": "BGR"},
         [DECODE_BGR, *TORCHVISION[1:3],
          "normalize: {mean: [103.53, 116.28, 123.675], scale: [57.375, 57.12, 58.395]}"], "decode.color"),
        ({"mean": (1.0, 2.0, 3.0)},
         [*TORCHVISION[:3], "normalize: {mean: [1, 2, 3], scale: 1}"], "normalize.mean"),
        ({"scale": (255.0,)}, [*TORCHVISION[:3], "normalize: {mean: 0, scale: 255}"], "normalize.scale"),
        ({"resize_mode": "stretch"},
         [DECODE_RGB, "resize: {size: 224, mode: stretch, library: pillow, interpolation: bilinear}", TORCHVISION[3]],
         "resize.mode"),
        ({"resize_mode": "shorter_side"},
         [DECODE_RGB, "resize: {size: 224, mode: shorter_side, library: pillow, interpolation: bilinear}",
          *TORCHVISION[2:]], "resize.mode"),
        ({"resize_mode": "letterbox", "letterbox_fill": 114},
         [DECODE_RGB, "resize: {size: 224, mode: letterbox, library: pillow, interpolation: bilinear, fill: 114}",
          TORCHVISION[3]], "resize.fill"),
        ({"letterbox_fill": 7},
         [DECODE_RGB, "resize: {size: 224, mode: letterbox, library: pillow, interpolation: bilinear, fill: 7}",
          TORCHVISION[3]], "resize.fill"),
        ({"resize_size": 232},
         [DECODE_RGB, "resize: {size: 232, mode: shorter_side, library: pillow, interpolation: bilinear}",
          *TORCHVISION[2:]], "resize.size"),
        ({"resize_size": (240, 250)},
         [DECODE_RGB, "resize: {size: [240, 250], mode: stretch, library: pillow, interpolation: bilinear}",
          *TORCHVISION[2:]], "resize.size"),
        ({"resize_library": "opencv"},
         [DECODE_RGB, "resize: {size: 256, mode: shorter_side, library: opencv, interpolation: bilinear}",
          "crop: {size: 224, rounding: floor}", TORCHVISION[3]], "resize.library"),
        ({"interpolation": "bicubic"},
         [DECODE_RGB, "resize: {size: 256, mode: shorter_side, library: pillow, interpolation: bicubic}",
          *TORCHVISION[2:]], "resize.interpolation"),
        ({"interpolation": "area"},
         [DECODE_RGB, "resize: {size: 256, mode: shorter_side, library: opencv, interpolation: area}",
          "crop: {size: 224, rounding: floor}", TORCHVISION[3]], "resize.interpolation"),
        ({"crop_fraction": 0.95},
         [DECODE_RGB, "resize: {size: 235, mode: shorter_side, library: pillow, interpolation: bilinear}",
          *TORCHVISION[2:]], None),
        ({"crop_first": True, "crop_fraction": 0.9},
         [DECODE_RGB, "crop: {fraction: 0.9, rounding: floor}",
          "resize: {size: 224, mode: stretch, library: pillow, interpolation: bilinear}", TORCHVISION[3]],
         "crop.fraction"),
        ({"crop_first": True},
         [DECODE_RGB, "crop: {fraction: 0.875, rounding: floor}",
          "resize: {size: 224, mode: stretch, library: pillow, interpolation: bilinear}", TORCHVISION[3]],
         "resize.mode"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_change_of_the_metadata_changes_the_configuration_and_its_origin(metadata, expected, path):
    resolved = infer_configuration(a_model("onnx", **metadata))

    assert steps(resolved) == expected
    assert steps(resolved) != TORCHVISION
    if path is not None:
        assert origin(resolved, path) in {f"metadata '{field}'" for field in metadata}


@pytest.mark.parametrize("model_format", ["onnx", "caffe", "tflite", "openvino"])
def test_complete_metadata_leaves_nothing_to_habit_in_any_format(model_format):
    resolved = infer_configuration(
        a_model(
            model_format,
            color="BGR",
            mean=(1.0, 2.0, 3.0),
            scale=(4.0, 5.0, 6.0),
            resize_mode="shorter_side",
            resize_size=300,
            resize_library="pillow",
            interpolation="lanczos",
            crop_first=False,
        )
    )

    assert steps(resolved) == [
        DECODE_BGR,
        "resize: {size: 300, mode: shorter_side, library: pillow, interpolation: lanczos}",
        "crop: {size: 224, rounding: half_even}",
        "normalize: {mean: [1, 2, 3], scale: [4, 5, 6]}",
    ]
    assert not resolved.notes
    assert not any("habit" in value or "assumed" in value for value in resolved.origins.values())


def test_the_size_in_the_metadata_counts_where_the_model_leaves_it_open():
    resolved = infer_configuration(a_dynamic_model())

    assert steps(resolved)[1:3] == [
        "resize: {size: 219, mode: shorter_side, library: pillow, interpolation: bilinear}",
        "crop: {size: 192, rounding: half_even}",
    ]
    assert origin(resolved, "crop.size") == "config.json"


def a_dynamic_model():
    metadata = ModelMetadata(size_hw=(192, 192), origins={"size_hw": "config.json"})
    return a_model("onnx", (None, None)).model_copy(update={"metadata": metadata})


def test_a_size_known_from_nowhere_is_asked_for():
    with pytest.raises(ConfigurationError, match=r"'data' has no fixed height and width: \[1, 3, None, None\]"):
        infer_configuration(a_model("onnx", (None, None)))


def test_timm_models_follow_their_crop_fraction():
    timm = {"resize_library": "pillow", "interpolation": "bicubic"}

    center = infer_configuration(a_model(resize_mode="shorter_side", crop_fraction=0.9, **timm))
    squash = infer_configuration(a_model(resize_mode="stretch", crop_fraction=0.9, **timm))
    border = infer_configuration(a_model(resize_mode="letterbox", crop_fraction=0.9, letterbox_fill=128, **timm))

    crop = "crop: {size: 224, rounding: half_even}"
    assert steps(center)[1:3] == [
        "resize: {size: 248, mode: shorter_side, library: pillow, interpolation: bicubic}", crop
    ]  # fmt: skip
    assert steps(squash)[1:3] == ["resize: {size: 248, mode: stretch, library: pillow, interpolation: bicubic}", crop]
    assert steps(border)[1:3] == [
        "resize: {size: 248, mode: letterbox, library: pillow, interpolation: bicubic, fill: 128}", crop
    ]  # fmt: skip


def test_a_resize_meant_for_another_input_is_kept_in_proportion_with_a_note():
    description = a_model("onnx", (288, 288), resize_mode="shorter_side", resize_size=256)
    metadata = description.metadata.model_copy(
        update={"size_hw": (224, 224), "origins": {**description.metadata.origins, "size_hw": "config.json"}}
    )
    resolved = infer_configuration(description.model_copy(update={"metadata": metadata}))

    assert "resize: {size: 329," in steps(resolved)[1]
    assert any("speaks of an input of 224 x 224 (config.json)" in note for note in resolved.notes)


def test_a_resize_smaller_than_the_input_is_not_padded_but_noted():
    resolved = infer_configuration(a_model("onnx", (288, 288), resize_mode="stretch", resize_size=(224, 224)))

    assert steps(resolved)[1].startswith("resize: {size: 288, mode: stretch")
    assert any("less than the input of 288 x 288" in note for note in resolved.notes)


@pytest.mark.parametrize("model_format", ["onnx", "caffe", "tflite", "openvino"])
def test_small_inputs_are_stretched_and_not_cropped(model_format):
    resolved = infer_configuration(a_model(model_format, (32, 32)))

    assert not any(step.startswith("crop") for step in steps(resolved))
    assert "size: 32, mode: stretch" in steps(resolved)[1]
    assert "64 pixels or less" in origin(resolved, "resize.mode")
    assert origin(resolved, "resize.size") == "the model's input is 32 x 32"


@pytest.mark.parametrize(
    ("model_format", "normalize"),
    [("onnx", ["normalize: {mean: 0, scale: 255}"]), ("caffe", []), ("tflite", [MINUS_ONE_TO_ONE]), ("openvino", [])],
)
def test_one_channel_means_gray(model_format, normalize):
    resolved = infer_configuration(a_model(model_format, (28, 28), channels=1))

    assert steps(resolved)[0] == "decode: {color: gray, exif: ignore}"
    assert steps(resolved)[2:] == normalize
    assert origin(resolved, "decode.color") == "the model's input has one channel"


def test_three_means_for_one_channel_are_averaged_with_a_note():
    resolved = infer_configuration(a_model(channels=1, color="RGB", mean=(10.0, 20.0, 30.0), scale=(2.0,)))

    assert steps(resolved)[-1] == "normalize: {mean: 20, scale: 2}"
    assert any("averages" in note for note in resolved.notes)
    assert any("one channel: gray" in note for note in resolved.notes)


def test_gray_metadata_of_a_colour_model_is_noted():
    resolved = infer_configuration(a_model(color="gray"))

    assert steps(resolved)[0] == DECODE_RGB
    assert any("3 channels" in note for note in resolved.notes)


def test_what_the_graph_does_is_not_done_twice():
    divides = "The graph divides its input by 255 (Divide 'scale')."
    resolved = infer_configuration(a_model(graph=(divides,), mean=(1.0,)))

    assert steps(resolved) == TORCHVISION[:3]
    assert resolved.notes[1] == f"Nothing is normalised before the model, because its graph does it. {divides}"
    assert len(resolved.notes) == 2


def test_a_graph_that_only_swaps_colours_still_gets_normalised_pixels():
    reverses = "The graph reverses the colour channels of its input (Gather 'swap')."
    resolved = infer_configuration(a_model(graph=(reverses,)))

    assert steps(resolved) == TORCHVISION
    assert resolved.notes[1] == f"{reverses} The configuration prepares the image before that."


def test_a_background_class_shifts_annotations_by_one():
    resolved = infer_configuration(a_model("tflite", background=True))

    assert resolved.configuration.annotations.offset == 1
    assert resolved.origins["annotations.offset"] == "1001 outputs, the first named background"
    assert infer_configuration(a_model("tflite")).configuration.annotations.offset == 0


@pytest.mark.parametrize(
    ("dtype", "quantization", "raw"),
    [
        ("uint8", UINT8, True),
        ("int8", Quantization(scale=1 / 128, zero_point=0), True),
        ("int8", Quantization(scale=0.02, zero_point=-10), False),
        ("uint8", None, True),
    ],
)
def test_integer_inputs_take_pixels_unless_their_quantisation_says_otherwise(dtype, quantization, raw):
    resolved = infer_configuration(
        a_model("tflite", dtype=dtype, quantization=quantization, mean=(127.5,), scale=(127.5,))
    )

    assert steps(resolved) == (SLIM if raw else [*SLIM, MINUS_ONE_TO_ONE])
    assert any("pixels go in as they are" in note for note in resolved.notes) == raw


@pytest.mark.parametrize(
    ("library", "asked", "given"),
    [("opencv", "lanczos", "lanczos4"), ("pillow", "area", "box"), ("opencv", "x", "bilinear")],
)  # fmt: skip
def test_an_interpolation_that_the_library_lacks_becomes_its_counterpart_with_a_note(library, asked, given):
    resolved = infer_configuration(a_model(resize_library=library, interpolation=asked))

    assert f"library: {library}, interpolation: {given}}}" in steps(resolved)[1]
    assert any(asked in note for note in resolved.notes)


def test_metadata_that_gives_no_valid_configuration_is_named():
    with pytest.raises(ConfigurationError, match=r"metadata 'scale'.*must not be 0.*--config"):
        infer_configuration(a_model(scale=(0.0,)))


def test_presets_take_their_sizes_from_the_model_and_ignore_its_metadata():
    ignored = {"color": "BGR", "mean": (1.0,), "resize_mode": "letterbox"}

    assert steps(preset_configuration("torchvision", a_model("caffe", **ignored))) == TORCHVISION
    assert steps(preset_configuration("caffe-imagenet", a_model("onnx", (227, 227), **ignored))) == CAFFE
    assert steps(preset_configuration("tf-slim", a_model(**ignored))) == [*SLIM, MINUS_ONE_TO_ONE]
    assert steps(preset_configuration("raw", a_model(**ignored))) == RAW
    assert not preset_configuration("raw", a_model(**ignored)).notes


@pytest.mark.parametrize(
    ("name", "input_side", "side"),
    [("torchvision", 299, 342), ("torchvision", 384, 439), ("caffe-imagenet", 224, 256), ("caffe-imagenet", 299, 342),
     ("caffe-imagenet", 128, 146)],
)  # fmt: skip
def test_presets_scale_with_the_input(name, input_side, side):
    resolved = preset_configuration(name, a_model("onnx", (input_side, input_side)))

    assert f"resize: {{size: {side}," in steps(resolved)[1]
    assert origin(resolved, "resize.size") == f"the preset {name} for an input of {input_side} x {input_side}"


def test_an_unknown_preset_is_refused_with_the_list():
    with pytest.raises(ConfigurationError, match=r"no preset 'torch-vision'; there are .*Did you mean 'torchvision'"):
        preset_configuration("torch-vision", a_model())


_origins = st.fixed_dictionaries({}, optional={"mean": st.text(max_size=5), "color": st.text(max_size=5)})
_values = st.floats(-1000, 1000)
_channel_values = st.lists(_values, min_size=1, max_size=1).map(tuple) | st.tuples(_values, _values, _values)
_sides = st.integers(1, 600)
_metadata = st.fixed_dictionaries(
    {"origins": _origins},
    optional={
        "color": st.sampled_from(["RGB", "BGR", "gray"]),
        "mean": _channel_values,
        "scale": _channel_values.filter(all),
        "resize_mode": st.sampled_from(["stretch", "shorter_side", "letterbox"]),
        "resize_size": _sides | st.tuples(_sides, _sides),
        "resize_library": st.sampled_from(["opencv", "pillow"]),
        "interpolation": st.sampled_from(["bilinear", "lanczos", "area", "box", "nearest_exact", "linear", ""]),
        "crop_fraction": st.floats(0.1, 1),
        "crop_first": st.booleans(),
        "letterbox_fill": st.integers(0, 255),
    },
)
_models = st.builds(
    lambda model_format, size_hw, channels, dtype, background, metadata: a_model(
        model_format,
        size_hw,
        channels=channels,
        dtype=dtype,
        quantization=None if dtype == "float32" else UINT8,
        background=background,
        **metadata,
    ),
    st.sampled_from(["onnx", "caffe", "tflite", "openvino"]),
    st.tuples(_sides, _sides),
    st.sampled_from([1, 3]),
    st.sampled_from(["float32", "uint8", "int8"]),
    st.booleans(),
    _metadata,
)


@settings(deadline=None, max_examples=200)
@given(_models, st.sampled_from([None, *PRESETS]))
def test_every_model_gets_steps_that_end_in_its_input_and_an_origin_for_every_value(description, preset):
    resolved = preset_configuration(preset, description) if preset else infer_configuration(description)

    assert list(resolved.origins) == [path for path, _ in leaves(resolved.configuration)]
    assert parse_configuration(write_configuration(resolved), name="a.yaml").configuration == resolved.configuration
    shape = Preprocessor(resolved.configuration, description.input).output_shape_hwc
    assert shape == (*description.input.size_hw, description.input.channels)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("model", "example"),
    [
        ("squeezenet1.1/squeezenet_v1.1.prototxt", "tutorial"),
        ("coral/mobilenet_v2_1.0_224_quant.tflite", "mobilenet-v2-quant"),
        ("coral/mobilenet_v1_0.25_128_quant.tflite", "mobilenet-v1-quant"),
    ],
)
def test_real_models_get_the_configuration_of_their_example(real_data, model, example):
    expected = read_configuration(Path(__file__).parents[2] / f"docs/examples/{example}.yaml")

    assert infer_configuration(load_model(real_data / "models" / model).description).configuration == (
        expected.configuration
    )
