"""Every example and every error of docs/model-formats.md: built, imported, provoked, and compared with the words."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from malformed_models import MALFORMED, hostile_pickle, onnx_with_external, saved_model, written
from model_specimens import FIXTURES, unpacked, write_caffe, write_ir, write_onnx
from onnx import TensorProto, helper

import accubench.errors
from accubench import Workspace
from accubench.configuration.inferring import _HABITS
from accubench.errors import AccuBenchError
from accubench.models.locating import FORMATS
from accubench.records.model import Model
from doc_pages import read, section

PAGE = read("model-formats.md")
LABELS = ("tench", "great owl", "cat", "dog", "ship")
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


def openvino_ir(folder: Path) -> None:
    info = {"reverse_input_channels": "YES", "mean_values": "123.675 116.28 103.53", "resize_type": "standard"}
    labels = " ".join(name.replace(" ", "_") for name in LABELS)
    write_ir(folder, name="model.xml", model_info={**info, "labels": labels})


def tensorflow_savedmodel(folder: Path) -> None:
    unpacked("keras_export")(folder)
    (folder / "labels.txt").write_text("\n".join(LABELS))


def onnx_file(folder: Path) -> None:
    metadata = {"color": "BGR", "mean": "104,117,123", "resize_mode": "shorter_side", "labels": json.dumps(LABELS)}
    write_onnx(folder, name="squeezenet.onnx", external=True, metadata=metadata)


def tensorflow_lite(folder: Path) -> None:
    shutil.copy(FIXTURES / "tiny_uint8.tflite", folder / "mobilenet.tflite")


def caffe(folder: Path) -> None:
    write_caffe(folder, weights="squeezenet.caffemodel")
    (folder / "solver.prototxt").write_text('net: "train_val.prototxt"\nbase_lr: 0.01\n')


def hugging_face(folder: Path) -> None:
    (folder / "onnx").mkdir()
    write_onnx(folder / "onnx", name="model.onnx")
    processor = {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 8}, "resample": 3}
    (folder / "preprocessor_config.json").write_text(json.dumps({**processor, "crop_pct": 0.875, **IMAGENET}))
    (folder / "config.json").write_text(json.dumps({"id2label": dict(enumerate(LABELS))}))
    (folder / "ort_config.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(b"PK\x03\x04")


def timm(folder: Path) -> None:
    write_onnx(folder, name="model.onnx")
    synsets = [f"n{number:08}" for number in range(len(LABELS))]
    config = {
        "architecture": "convnext_nano",
        "label_names": synsets,
        "label_descriptions": dict(zip(synsets, LABELS, strict=True)),
        "pretrained_cfg": {
            "input_size": [3, 8, 8], "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225],
            "interpolation": "bicubic", "crop_pct": 0.95, "crop_mode": "center",
        },
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))


def ultralytics(folder: Path) -> None:
    write_ir(folder, name="yolo26n-cls.xml", model_info={"reverse_input_channels": "True", "scale_values": "255.0"})
    names = "\n".join(f"  {number}: {name}" for number, name in enumerate(LABELS))
    (folder / "metadata.yaml").write_text(f"task: classify\nversion: 8.4.190\nimgsz:\n- 8\n- 8\nnames:\n{names}\n")


EXAMPLES: dict[str, Callable[[Path], None]] = {
    "OpenVINO IR": openvino_ir,
    "TensorFlow SavedModel": tensorflow_savedmodel,
    "ONNX": onnx_file,
    "TensorFlow Lite": tensorflow_lite,
    "Caffe": caffe,
    "Hugging Face": hugging_face,
    "timm": timm,
    "Ultralytics": ultralytics,
}


def malformed(name: str) -> Callable[[Path], Path]:
    return MALFORMED[name][0]


def renamed_graph(folder: Path) -> Path:
    return (saved_model(folder) / "saved_model.pb").rename(folder / "graph.pb")


def without_shard(folder: Path) -> Path:
    (saved_model(folder) / "variables" / "variables.data-00000-of-00001").unlink()
    return folder


def saved_for_training(folder: Path) -> Path:
    path = saved_model(folder) / "saved_model.pb"
    return written(path, path.read_bytes().replace(b"\x05serve", b"\x05train", 1)).parent


def fixture(name: str) -> Callable[[Path], Path]:
    def unpack(folder: Path) -> Path:
        unpacked(name)(folder)
        return folder

    return unpack


def variants(folder: Path) -> Path:
    for name in ("model.onnx", "model_fp16.onnx"):
        write_onnx(folder, name=name)
    return folder


def not_exported(folder: Path) -> Path:
    (folder / "config.json").write_text("{}")
    return folder


def two_weights(folder: Path) -> Path:
    write_caffe(folder, weights="first.caffemodel")
    shutil.copy(folder / "first.caffemodel", folder / "second.caffemodel")
    return folder / "deploy.prototxt"


def no_image(folder: Path) -> Path:
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 7]) for name in ("vector", "scores")]
    graph = helper.make_graph([helper.make_node("Relu", ["vector"], ["scores"])], "vector", ends[:1], ends[1:])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    return written(folder / "vector.onnx", model.SerializeToString())


PROVOKED: dict[tuple[str, str], Callable[[Path], Path]] = {
    ("OpenVINO IR", "is missing beside it"): malformed("ir_without_weights"),
    ("OpenVINO IR", "is damaged or cut off"): malformed("ir_cut_off"),
    ("OpenVINO IR", "Incorrect weights in bin file"): malformed("ir_with_cut_weights"),
    ("OpenVINO IR", "it has a document type declaration"): malformed("ir_billion_laughs"),
    ("OpenVINO IR", "is no OpenVINO IR model: it is an XML file whose root is <annotation>"): malformed(
        "ir_is_other_xml"
    ),
    ("OpenVINO IR", "is an IR of version 99"): malformed("ir_of_the_future"),
    ("TensorFlow SavedModel", "variables/variables.index is missing beside it"): malformed(
        "savedmodel_without_variables"
    ),
    ("TensorFlow SavedModel", "variables/variables.data-00000-of-00001 is missing beside it"): without_shard,
    ("TensorFlow SavedModel", "do not belong together"): malformed("savedmodel_with_foreign_variables"),
    ("TensorFlow SavedModel", "the checksum of the block"): malformed("savedmodel_with_a_damaged_index"),
    ("TensorFlow SavedModel", "calls itself"): malformed("savedmodel_with_endless_functions"),
    ("TensorFlow SavedModel", "does not say what its output"): malformed("savedmodel_with_a_function_without_a_return"),
    ("TensorFlow SavedModel", "Call it saved_model.pb again"): renamed_graph,
    ("TensorFlow SavedModel", "has no signature 'serving_default'"): fixture("other_signature"),
    ("TensorFlow SavedModel", "has no graph for serving"): saved_for_training,
    ("TensorFlow SavedModel", "takes text or encoded images as its input"): fixture("text_input"),
    ("TensorFlow SavedModel", "has 2 inputs"): fixture("two_inputs"),
    ("TensorFlow SavedModel", "ovc"): malformed("frozen_graph"),
    ("ONNX", "is damaged or cut off"): malformed("onnx_cut_off"),
    ("ONNX", "inputs that it needs"): malformed("onnx_without_an_input"),
    ("ONNX", "which is missing beside it"): malformed("onnx_with_missing_weights"),
    ("ONNX", "Model can't be parsed"): malformed("onnx_nested_20000_deep"),
    ("ONNX", "which is not in the model's own folder"): lambda folder: onnx_with_external(folder, "../weights"),
    ("ONNX", "No conversion rule found for operations"): malformed("onnx_with_an_unknown_operation"),
    ("TensorFlow Lite", "is damaged or cut off"): malformed("tflite_cut_off"),
    ("TensorFlow Lite", "has the shape"): malformed("tflite_with_a_negative_size"),
    ("TensorFlow Lite", "does not have the mark TFL3 in bytes 4 to 7"): malformed("tflite_is_text"),
    ("Caffe", "there is no network (.prototxt) beside it"): malformed("caffe_weights_alone"),
    ("Caffe", "is not a whole caffemodel"): malformed("caffe_weights_cut_off"),
    ("Caffe", "Give the two that belong together the same name"): two_weights,
    ("Hugging Face", "Name the file of the one that is meant, such as"): variants,
    ("Hugging Face", "in sub-folders only if they are called onnx or openvino"): not_exported,
    ("Errors", "There is no model file at"): malformed("link_to_nothing"),
    ("Errors", "is empty (0 bytes)"): malformed("onnx_empty"),
    ("Errors", "git lfs pull"): malformed("onnx_lfs_pointer"),
    ("Errors", "is named like a model in ONNX format, but it"): malformed("onnx_html_error_page"),
    ("Errors", "is of no format that AccuBench reads"): malformed("unknown_bytes"),
    ("Errors", "it does not load what may run code"): hostile_pickle,
    ("Errors", "model.export('FOLDER')"): malformed("keras_h5"),
    ("Errors", "holds no model"): malformed("folder_named_like_a_model"),
    ("Errors", "AccuBench feeds images as batch, channels, height, width"): no_image,
    ("Errors", "holds 2 models"): malformed("folder_with_two_models"),
}


def heading(name: str) -> str:
    return f"## {name}" if name == "Errors" else f"### {name}"


def rows(name: str, title: str) -> list[tuple[str, str, str]]:
    """The rows of the section's table that begins with this title."""
    found = re.search(rf"^\| {title} \|.*\n\|[-|]+\n((?:\|.*\n)+)", section(PAGE, heading(name)), re.MULTILINE)
    lines = found[1].splitlines() if found else []
    return [tuple(cell.strip() for cell in line.strip("|").split("|")[:3]) for line in lines]  # type: ignore[misc]


DOCUMENTED = [(name, words, error) for name in (*EXAMPLES, "Errors") for error, words, _ in rows(name, "error")]


def test_the_table_of_formats_has_every_format_with_its_habit() -> None:
    table = re.findall(r"^\| \[([^\]]+)\]\(#[\w-]+\) \|.*\| `([\w-]+)` \|$", PAGE, re.MULTILINE)
    assert table == [(form.TITLE, _HABITS[form.FORMAT][0]) for form in FORMATS if form.TITLE in EXAMPLES]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_built_as_shown_and_gives_what_is_claimed(tmp_path: Path, name: str) -> None:
    (tree,) = re.findall(r"^```text\n(.*?)^```$", section(PAGE, heading(name)), re.DOTALL | re.MULTILINE)
    first, *files = tree.splitlines()
    folder = tmp_path / first
    place = folder if first.endswith("/") else tmp_path
    place.mkdir(exist_ok=True)
    EXAMPLES[name](place)
    built = sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())
    assert built == ([file.strip() for file in files] or [first])

    with Workspace(tmp_path / "workspace") as workspace:
        model = workspace.import_model(folder)
        for what, value, origin in rows(name, "inferred"):
            found, source = fact(model, what)
            assert value == f"`{found}`", what
            assert not origin.startswith("`") or origin == f"`{source}`", what
        assert [note for note in model.description.notes if "metadata normalise" not in note] == []
    assert rows(name, "inferred")


@pytest.mark.parametrize(("name", "words", "error"), DOCUMENTED)
def test_an_error_has_the_documented_class_and_words(tmp_path: Path, name: str, words: str, error: str) -> None:
    path = PROVOKED[name, words](tmp_path)
    with Workspace(tmp_path / "workspace") as workspace, pytest.raises(AccuBenchError) as caught:
        workspace.import_model(path)
    assert type(caught.value) is getattr(accubench.errors, error.strip("`"))
    assert words in str(caught.value)


def test_every_error_that_is_provoked_is_documented() -> None:
    assert [(name, words) for name, words, _ in DOCUMENTED] == list(PROVOKED)


def fact(model: Model, what: str) -> tuple[str, str]:
    """A fact as the page words it, and its origin."""
    description = model.description
    metadata = description.metadata
    facts: dict[str, tuple[Any, str]] = {
        "name": (model.name, ""),
        "layout": (description.input.layout, ""),
        "scores": (description.score_kind, ""),
        "background class": ("yes" if description.background_class else "no", ""),
    }
    if what == "class names":
        assert description.class_names is not None
        return ", ".join(description.class_names.names), description.class_names.origin
    value, origin = facts[what] if what in facts else (getattr(metadata, what), metadata.origins[what])
    return ", ".join(f"{one:g}" for one in value) if isinstance(value, tuple) else str(value), origin
