from __future__ import annotations

import time
from pathlib import Path

import pytest
from model_specimens import SIDE, write_ir, write_ir_v10, write_onnx

from accubench.errors import BrokenModelError, UnknownModelFormatError, UnsupportedModelError
from accubench.models import load_model
from accubench.models.model_info import model_info_facts
from accubench.models.openvino_runtime import load_openvino


def _entities(depth: int) -> str:
    nested = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, depth))
    return f'<!DOCTYPE net [<!ENTITY l0 "lol">{nested}]>'


@pytest.mark.parametrize("place", ["before the version", "in the text"])
def test_entities_that_multiply_do_no_harm(tmp_path: Path, place: str) -> None:
    path = write_ir_v10(tmp_path)
    body = path.read_text().removeprefix('<?xml version="1.0"?>\n')
    body = body.replace("<layers>", "<layers>&l29;") if place == "in the text" else body
    path.write_text(_entities(30) + body)
    before = time.perf_counter()
    with pytest.raises((UnsupportedModelError, UnknownModelFormatError, BrokenModelError)):
        load_model(path)
    assert time.perf_counter() - before < 1


def test_an_external_entity_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = write_ir_v10(tmp_path)
    body = path.read_text().removeprefix('<?xml version="1.0"?>\n')
    path.write_text('<!DOCTYPE net SYSTEM "file:///etc/passwd">' + body)
    with pytest.raises(UnknownModelFormatError, match="document type"):
        load_model(path)


@pytest.mark.parametrize(("version", "words"), [("7", "Convert the original"), ("12", "Upgrade openvino")])
def test_other_versions_are_refused_with_what_to_do(tmp_path: Path, version: str, words: str) -> None:
    path = write_ir_v10(tmp_path)
    path.write_text(path.read_text().replace('version="10"', f'version="{version}"'))
    with pytest.raises(UnsupportedModelError, match=words):
        load_model(path)


@pytest.mark.parametrize("version", ["", 'version="ten"', 'version="²"', f'version="{"9" * 5000}"'])
def test_an_ir_without_a_version_is_broken(tmp_path: Path, version: str) -> None:
    path = write_ir_v10(tmp_path)
    path.write_text(path.read_text().replace('version="10"', version))
    with pytest.raises(BrokenModelError, match="version"):
        load_model(path)


def test_an_xml_file_of_another_kind_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "annotation.xml"
    path.write_text("<annotation><filename>a.jpg</filename></annotation>")
    with pytest.raises(UnknownModelFormatError, match="root is <annotation>, not <net>"):
        load_model(path)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    path = write_ir(tmp_path)
    path.with_suffix(".bin").unlink()
    with pytest.raises(BrokenModelError, match=r"tiny\.bin is missing"):
        load_model(path)


def test_weights_that_are_too_short_are_broken(tmp_path: Path) -> None:
    path = write_ir(tmp_path)
    weights = path.with_suffix(".bin")
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(BrokenModelError, match=r"tiny\.xml"):
        load_model(path)


def test_model_info_in_the_file_becomes_metadata_with_origins(tmp_path: Path) -> None:
    path = write_ir(
        tmp_path,
        model_info={
            "mean_values": "123.675 116.28 103.53", "scale_values": "58.395 57.12 57.375",
            "reverse_input_channels": "True", "resize_type": "fit_to_window_letterbox", "pad_value": "114",
            "labels": "tench great_white_shark cock hen ostrich", "layout": "NCHW", "model_type": "Classification",
        },
    )  # fmt: skip
    description = load_model(path).description
    metadata = description.metadata
    assert (metadata.mean, metadata.scale) == ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
    assert (metadata.color, metadata.resize_mode, metadata.letterbox_fill) == ("RGB", "letterbox", 114)
    assert metadata.origins["mean"] == "model_info 'mean_values'"
    assert description.class_names is not None
    assert description.class_names.names[1] == "great white shark"


def test_model_info_of_embedded_preprocessing_is_not_done_twice() -> None:
    facts, _ = model_info_facts(
        {"mean_values": "1 2 3", "embedded_processing": "True", "orig_height": "32", "orig_width": "48"}, origin="x"
    )
    assert facts.metadata.mean is None
    assert facts.metadata.size_hw == (32, 48)


@pytest.mark.parametrize(
    ("kind", "mode"), [("standard", "stretch"), ("crop", "shorter_side"), ("fit_to_window_letterbox", "letterbox")]
)
def test_kinds_of_resize_are_translated(kind: str, mode: str) -> None:
    facts, _ = model_info_facts({"resize_type": kind}, origin="model_info")
    assert facts.metadata.resize_mode == mode


@pytest.mark.parametrize("kind", ["fit_to_window", "spiral"])
def test_a_resize_that_cannot_be_said_is_noted(kind: str) -> None:
    facts, _ = model_info_facts({"resize_type": kind}, origin="model_info")
    assert facts.metadata.resize_mode is None
    assert kind in facts.notes[0]


@pytest.mark.parametrize(("layout", "shape"), [("NCHW", (1, 3, 6, 3)), ("NHWC", (1, 3, 6, 3)), ("...C", (1, 3, 6, 3))])
def test_a_stated_layout_settles_an_ambiguous_shape(tmp_path: Path, layout: str, shape: tuple[int, ...]) -> None:
    openvino = load_openvino()
    image = openvino.opset13.parameter(list(shape), openvino.Type.f32, name="image")
    axes = openvino.opset13.constant([1, 2], openvino.Type.i64)
    scores = openvino.opset13.softmax(openvino.opset13.reduce_mean(image, axes), 1)
    model = openvino.Model([scores], [image], "ambiguous")
    openvino.save_model(model, tmp_path / "silent.xml")
    with pytest.raises(UnsupportedModelError, match="both possible"):
        load_model(tmp_path / "silent.xml")
    model.get_parameters()[0].set_layout(openvino.Layout(layout))
    openvino.save_model(model, tmp_path / "stated.xml")
    expected = "NHWC" if layout == "...C" else layout
    assert load_model(tmp_path / "stated.xml").description.input.layout == expected


def test_the_weights_of_a_compressed_ir_count_as_stored(tmp_path: Path) -> None:
    openvino = load_openvino()
    model = openvino.Core().read_model(write_onnx(tmp_path))
    openvino.save_model(model, tmp_path / "half.xml", compress_to_fp16=True)
    description = load_model(tmp_path / "half.xml").description
    assert description.weight_precisions == {"float16": 4 * 3 * 9 + 4 * 5}
    assert description.input.size_hw == (SIDE, SIDE)


def test_a_text_of_megabytes_in_the_file_is_read_at_once(tmp_path: Path) -> None:
    openvino = load_openvino()
    model = openvino.Core().read_model(write_onnx(tmp_path))
    long = "# a comment\n" * 500_000
    model.set_rt_info(long, ["accubench", "accuracy_configuration"])
    openvino.save_model(model, tmp_path / "long.xml")
    started = time.monotonic()
    description = load_model(tmp_path / "long.xml").description
    assert time.monotonic() - started < 5
    assert description.configuration_yaml == long
