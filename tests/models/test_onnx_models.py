from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from model_specimens import SIDE, scores_of, write_onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

from accubench.errors import BrokenModelError, UnsupportedModelError
from accubench.models import load_model, model_files
from accubench.models.onnx_metadata import onnx_facts
from accubench.models.onnx_structure import FEWEST_INPUTS
from accubench.records.model import ModelMetadata


def test_scores_are_those_of_onnx_own_reference(tmp_path: Path) -> None:
    path = write_onnx(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (1, 3, SIDE, SIDE)).astype(np.float32)
    (reference,) = ReferenceEvaluator(str(path)).run(None, {"image": pixels})
    np.testing.assert_allclose(scores_of(load_model(path)), reference, atol=1e-6)


def test_our_own_keys_are_read_with_their_origins(tmp_path: Path) -> None:
    path = write_onnx(
        tmp_path,
        metadata={
            "labels": json.dumps(["a", "b", "c", "d", "e"]), "mean": "[104, 117, 123]", "scale": "1,2,4",
            "color": "BGR", "input_size": "[8, 8]", "resize_mode": '"shorter_side"', "resize_size": "12",
            "resize_library": "pillow", "interpolation": "bicubic", "crop_fraction": "0.875", "crop_first": "true",
            "letterbox_fill": "114",
        },
    )  # fmt: skip
    description = load_model(path).description
    keys = {
        "color", "mean", "scale", "resize_mode", "resize_size", "resize_library", "interpolation", "crop_fraction",
        "crop_first", "letterbox_fill",
    }  # fmt: skip
    assert description.metadata == ModelMetadata(
        color="BGR", mean=(104, 117, 123), scale=(1, 2, 4), size_hw=(8, 8), resize_mode="shorter_side", resize_size=12,
        resize_library="pillow", interpolation="bicubic", crop_fraction=0.875, crop_first=True, letterbox_fill=114,
        origins={**{key: f"onnx metadata '{key}'" for key in keys}, "size_hw": "onnx metadata 'input_size'"},
    )  # fmt: skip
    assert description.class_names is not None
    assert description.class_names.names == ("a", "b", "c", "d", "e")
    assert description.class_names.origin == "onnx metadata 'labels'"
    assert description.notes == ()


def test_the_keys_of_ultralytics_give_names_size_and_recipe() -> None:
    facts = onnx_facts({"names": "{0: 'tench', 1: \"cat's\"}", "imgsz": "[224, 224]", "task": "classify"})
    assert facts.class_names is not None
    assert facts.class_names.names == ("tench", "cat's")
    assert facts.metadata.size_hw == (224, 224)
    assert (facts.metadata.color, facts.metadata.mean, facts.metadata.scale) == ("RGB", (0,), (255,))
    assert facts.metadata.resize_mode == "shorter_side"


def test_the_keys_of_model_api_are_read() -> None:
    facts = onnx_facts({"model_info mean_values": "1 2 3", "model_info labels": "great_owl cat"})
    assert facts.metadata.mean == (1, 2, 3)
    assert facts.class_names is not None
    assert facts.class_names.names == ("great owl", "cat")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("mean", "none"), ("mean", "[1, 2]"), ("mean", "nan"), ("scale", "0"), ("scale", "[1, 0, 1]"), ("color", "YUV"),
        ("input_size", "0"), ("resize_size", "1.5e9"), ("resize_mode", "squeeze"), ("interpolation", "magic"),
        ("crop_fraction", "87.5"), ("letterbox_fill", "300"), ("labels", "{"), ("labels", "[]"),
        ("crop_first", "maybe"),
        ("names", "__import__('os').system('true')"), ("names", "{0: 'a', 2: 'b'}"), ("names", "[" * 5000),
        ("mean", "[" * 100_000), ("input_size", "1e400"),
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_noted_and_ignored(key: str, text: str) -> None:
    facts = onnx_facts({key: text})
    if key != "labels" or text != "{":
        assert facts.metadata == ModelMetadata()
        assert facts.class_names is None
        assert len(facts.notes) == 1
        assert f"'{key}'" in facts.notes[0]


def test_names_are_never_run_as_code(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    assert onnx_facts({"names": f"open({str(mark)!r}, 'w')"}).class_names is None
    assert not mark.exists()


def test_labels_of_another_length_are_ignored_with_a_note(tmp_path: Path) -> None:
    description = load_model(write_onnx(tmp_path, metadata={"labels": '["a", "b"]'})).description
    assert description.class_names is None
    assert "2 classes" in description.notes[0]
    assert "5" in description.notes[0]


def test_external_weights_belong_to_the_model(tmp_path: Path) -> None:
    path = write_onnx(tmp_path, external=True)
    assert [file.name for file in model_files(path)] == ["tiny.onnx", "tiny.onnx.data"]


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "weights/tiny.data"])
def test_external_weights_in_another_folder_are_refused(tmp_path: Path, location: str) -> None:
    path = write_onnx(tmp_path, external=True)
    model = onnx.load(path, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    path.write_bytes(model.SerializeToString())
    with pytest.raises(UnsupportedModelError, match="own folder"):
        load_model(path)


def test_an_operation_of_another_vendor_is_unsupported_and_named(tmp_path: Path) -> None:
    head = [helper.make_node("MyOwnSoftmax", ["logits"], ["scores"], domain="com.example")]
    path = write_onnx(tmp_path, head=head)
    with pytest.raises(UnsupportedModelError, match="MyOwnSoftmax"):
        load_model(path)


def test_a_graph_that_contradicts_itself_is_broken(tmp_path: Path) -> None:
    path = write_onnx(tmp_path, head=[helper.make_node("Softmax", ["nowhere"], ["scores"])])
    with pytest.raises(BrokenModelError, match=r"tiny\.onnx"):
        load_model(path)


def test_a_model_without_a_graph_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(bytes([8, 8]))
    with pytest.raises(BrokenModelError, match="without a graph"):
        load_model(path)


def test_the_fewest_inputs_of_every_operation_are_those_of_onnx() -> None:
    fewest: dict[str, int] = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        if schema.domain == "":
            fewest[schema.name] = min(schema.min_input, fewest.get(schema.name, schema.min_input))
    assert len(fewest) > 190
    assert {name: FEWEST_INPUTS.get(name, 1) for name in fewest} == fewest


def inner_graph(*nodes: onnx.NodeProto) -> onnx.GraphProto:
    return helper.make_graph(nodes, "inner", [], [])


@pytest.mark.parametrize(
    "broken",
    [
        helper.make_node("Conv", ["image"], ["x"], name="late"),
        helper.make_node("Relu", [], ["x"], name="late"),
        helper.make_node("BatchNormalization", ["image"] * 4, ["x"], name="late", domain="ai.onnx"),
        helper.make_node(
            "If",
            ["image"],
            ["x"],
            then_branch=inner_graph(helper.make_node("Add", ["image"], ["x"], name="late")),
            else_branch=inner_graph(),
        ),
    ],
    ids=["weights", "everything", "variance", "within"],
)
def test_an_operation_that_lacks_inputs_is_broken_before_openvino_reads_it(
    tmp_path: Path, broken: onnx.NodeProto
) -> None:
    path = write_onnx(tmp_path)
    model = onnx.load(path)
    model.graph.node.append(broken)
    onnx.save(model, path)
    with pytest.raises(BrokenModelError, match=r"'late' has \d of the \d inputs that it needs"):
        load_model(path)
