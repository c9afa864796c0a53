"""Classifiers as Ultralytics exports them: the same facts in every format.

What the exporter writes was read from its source (``engine/exporter.py`` of versions 8.0.200 and 8.4.190).
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from model_specimens import FIXTURES, unpacked, write_ir, write_onnx

from accubench.models import load_model, model_files
from accubench.models.ultralytics import ultralytics_facts

NAMES = {0: "tench, Tinca", 1: "cat's eye", 2: "snake_case", 3: "grey owl", 4: "last"}
METADATA = {
    "description": "Ultralytics YOLO26n-cls model", "author": "Ultralytics", "version": "8.4.190", "stride": 1,
    "task": "classify", "head": "Classify", "batch": 1, "imgsz": [8, 8], "names": NAMES,
    "args": {"batch": 1, "dynamic": False}, "channels": 3, "end2end": False,
}  # fmt: skip
YAML = "\n".join(
    ["author: Ultralytics", "version: 8.4.190", "task: classify", "imgsz:", "- 8", "- 8", "names:"]
    + [f"  {number}: {json.dumps(name)}" for number, name in NAMES.items()]
    + ["args:", "  batch: 1", "channels: 3"]
)


def onnx(folder: Path) -> None:
    write_onnx(folder, name="yolo26n-cls.onnx", metadata={key: str(value) for key, value in METADATA.items()})


def openvino(folder: Path) -> None:
    info = {
        "model_type": "YOLO", "reverse_input_channels": "True", "pad_value": "114", "scale_values": "255.0",
        "iou_threshold": "0.7", "labels": " ".join(name.replace(" ", "_") for name in NAMES.values()),
    }  # fmt: skip
    write_ir(folder, name="yolo26n-cls.xml", model_info=info)
    (folder / "metadata.yaml").write_text(YAML)


def tflite(folder: Path) -> None:
    shutil.copy(FIXTURES / "tiny_float.tflite", folder / "yolo26n-cls_float32.tflite")
    with zipfile.ZipFile(folder / "yolo26n-cls_float32.tflite", "a") as archive:
        archive.writestr("metadata.json", json.dumps(METADATA, indent=2))


def older_tflite(folder: Path) -> None:
    shutil.copy(FIXTURES / "tiny_float.tflite", folder / "yolo26n-cls_float32.tflite")
    with zipfile.ZipFile(folder / "yolo26n-cls_float32.tflite", "a") as archive:
        archive.writestr("temp_meta.txt", str(METADATA))


def saved_model(folder: Path) -> None:
    unpacked("keras_export")(folder)
    (folder / "metadata.yaml").write_text(YAML)


@pytest.mark.parametrize("write", [onnx, openvino, tflite, older_tflite, saved_model])
def test_names_size_and_recipe_are_read_from_every_format(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path)
    description = load_model(tmp_path).description
    metadata = description.metadata
    assert description.class_names is not None
    assert description.class_names.names == tuple(NAMES.values())
    assert (metadata.color, metadata.mean, metadata.scale) == ("RGB", (0,), (255,))
    assert (metadata.size_hw, metadata.resize_mode) == ((8, 8), "shorter_side")
    assert (metadata.resize_library, metadata.interpolation) == ("pillow", "bilinear")
    assert "Ultralytics' recipe" in metadata.origins["resize_mode"]
    assert description.notes == ()


def test_the_metadata_beside_the_model_is_kept_with_it(tmp_path: Path) -> None:
    openvino(tmp_path)
    assert [file.name for file in model_files(tmp_path)] == ["yolo26n-cls.xml", "yolo26n-cls.bin", "metadata.yaml"]


@pytest.mark.parametrize(
    ("version", "size", "mode", "library"),
    [
        ("8.4.190", [224, 224], "shorter_side", "pillow"),
        ("8.0.233", [224, 224], "shorter_side", "pillow"),
        ("8.0.232", [224, 224], "shorter_side", "opencv"),
        ("8.4.190", [192, 224], "stretch", "pillow"),
        ("", 224, "shorter_side", "pillow"),
        (f"{'9' * 5000}.0.0", 224, "shorter_side", "pillow"),
    ],
)
def test_the_recipe_is_that_of_the_version_that_exported(
    version: str, size: int | list[int], mode: str, library: str
) -> None:
    entries = {"task": "classify", "names": NAMES, "imgsz": size, "version": version}
    metadata = ultralytics_facts(entries, origin="here").metadata
    assert (metadata.resize_mode, metadata.resize_library) == (mode, library)


def test_other_tasks_say_nothing_of_preprocessing() -> None:
    metadata = ultralytics_facts({**METADATA, "task": "detect"}, origin="here").metadata
    assert (metadata.size_hw, metadata.mean, metadata.resize_mode) == ((8, 8), None, None)


@pytest.mark.parametrize("content", ["", "names: &a [x]\nagain: *a", "a: b: c", "- 1", "\xff", "[" * 5000])
def test_a_broken_metadata_yaml_is_noted(tmp_path: Path, content: str) -> None:
    write_ir(tmp_path)
    (tmp_path / "metadata.yaml").write_bytes(content.encode("latin-1"))
    assert load_model(tmp_path).description.notes[0].startswith("metadata.yaml beside the model is ignored: ")


def test_the_metadata_yaml_of_another_program_says_nothing(tmp_path: Path) -> None:
    write_ir(tmp_path)
    (tmp_path / "metadata.yaml").write_text("names: [a, b, c, d, e]\nimgsz: 99\n")
    description = load_model(tmp_path).description
    assert (description.class_names, description.metadata.size_hw, description.notes) == (None, None, ())


@pytest.mark.parametrize("content", ["{", "__import__('os')", "[" * 5000, "[1, 2]"])
@pytest.mark.parametrize("name", ["metadata.json", "temp_meta.txt"])
def test_broken_metadata_in_the_zip_of_a_tflite_file_stops_nothing(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / "model.tflite"
    shutil.copy(FIXTURES / "tiny_float.tflite", path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, content)
    description = load_model(path).description
    assert description.class_names is None
    assert content == "[1, 2]" or name in description.notes[0]
