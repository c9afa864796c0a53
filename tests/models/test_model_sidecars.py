from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_specimens import CLASSES, write_onnx

from accubench.models import load_model, model_files
from accubench.models.claims import combine_metadata
from accubench.models.class_labels import background_class, fitting_class_names
from accubench.models.huggingface import config_facts, preprocessor_facts
from accubench.records.class_names import ClassNames
from accubench.records.model import ModelMetadata

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


def preprocessor(**content: Any) -> ModelMetadata:
    facts = preprocessor_facts(content, file="preprocessor_config.json")
    assert facts.notes == ()
    return facts.metadata


@given(
    pixel=st.floats(0, 255),
    mean=st.floats(-1, 1),
    deviation=st.floats(0.01, 2),
    factor=st.sampled_from([1 / 255, 1 / 127.5, 1.0]),
    offset=st.booleans(),
    normalizes=st.booleans(),
)
def test_the_normalization_equals_the_processors_own_arithmetic(
    *, pixel: float, mean: float, deviation: float, factor: float, offset: bool, normalizes: bool
) -> None:
    metadata = preprocessor(
        do_rescale=True, rescale_factor=factor, rescale_offset=offset, do_normalize=normalizes,
        image_mean=[mean], image_std=[deviation],
    )  # fmt: skip
    theirs = pixel * factor - (1 if offset else 0)
    theirs = (theirs - mean) / deviation if normalizes else theirs
    assert metadata.mean is not None
    assert metadata.scale is not None
    assert (pixel - metadata.mean[0]) / metadata.scale[0] == pytest.approx(theirs, rel=1e-6, abs=1e-6)


def test_a_processor_that_flips_channels_feeds_bgr() -> None:
    assert preprocessor(do_rescale=True, do_flip_channel_order=True).color == "BGR"


def test_id2label_gives_names_unless_they_are_placeholders() -> None:
    facts = config_facts({"id2label": {"1": "dog", "0": "tench, Tinca tinca"}}, file="config.json")
    assert facts.class_names is not None
    assert facts.class_names.names == ("tench, Tinca tinca", "dog")
    assert config_facts({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}, file="config.json").class_names is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
_KEYS = st.sampled_from([
    "size", "crop_size", "do_resize", "do_center_crop", "resample", "image_mean", "image_std", "rescale_factor",
    "do_rescale", "do_normalize", "crop_pct", "image_processor_type", "pretrained_cfg", "input_size", "mean", "std",
    "interpolation", "crop_mode", "test_input_size", "test_crop_pct", "include_top", "architecture",
    "label_descriptions", "do_center_crop", "id2label", "label_names", "image_size", "rescale_offset",
])  # fmt: skip


@given(st.dictionaries(_KEYS, _JSON, max_size=8))
def test_no_content_of_a_json_file_stops_the_loading(content: dict[str, Any]) -> None:
    for facts in (preprocessor_facts(content, file="a"), config_facts(content, file="b")):
        stated = facts.metadata.model_dump(exclude={"origins"}, exclude_none=True)
        assert stated.keys() == facts.metadata.origins.keys()


def test_files_beside_the_model_are_believed_in_the_documented_order(tmp_path: Path) -> None:
    path = write_onnx(tmp_path, metadata={"labels": json.dumps([f"inside {n}" for n in range(CLASSES)])})
    (tmp_path / "config.json").write_text(json.dumps({"id2label": {str(n): f"config {n}" for n in range(CLASSES)}}))
    (tmp_path / "labels.txt").write_text("\n".join(f"beside {n}" for n in range(CLASSES)))
    assert _first_name(path) == "inside 0"
    (tmp_path / "tiny.labels.txt").write_text("\n".join(f"own {n}" for n in range(CLASSES)))
    assert _first_name(path) == "own 0"
    assert [file.name for file in model_files(path)] == ["tiny.onnx", "tiny.labels.txt", "labels.txt", "config.json"]


def test_labels_beside_the_model_that_do_not_fit_are_noted(tmp_path: Path) -> None:
    path = write_onnx(tmp_path)
    (tmp_path / "labels.txt").write_text("only\ntwo")
    description = load_model(path).description
    assert description.class_names is None
    assert "labels.txt" in description.notes[0]


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000, '{"size": "huge", "image_mean": [1, 2]}'])
def test_a_broken_json_file_beside_the_model_is_noted(tmp_path: Path, content: str) -> None:
    path = write_onnx(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(content)
    description = load_model(path).description
    assert "preprocessor_config.json" in description.notes[0]
    assert description.metadata.mean is None


def test_a_model_in_the_folder_onnx_finds_the_files_of_its_repository(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    path = write_onnx(tmp_path / "onnx")
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(IMAGENET))
    assert model_files(path) == (path, tmp_path / "preprocessor_config.json")
    assert load_model(path).description.metadata.mean is not None


def test_values_that_belong_together_come_from_one_source() -> None:
    first = ModelMetadata(color="BGR", origins={"color": "a"})
    second = ModelMetadata(
        color="RGB", mean=(1,), crop_fraction=0.5, origins={"color": "b", "mean": "b", "crop_fraction": "b"}
    )
    combined = combine_metadata([first, second])
    assert (combined.color, combined.mean, combined.crop_fraction) == ("BGR", None, 0.5)
    assert combined.origins == {"color": "a", "crop_fraction": "b"}


def test_a_background_class_is_put_before_the_thousand_names_of_imagenet() -> None:
    names = ClassNames(names=tuple(f"class {n}" for n in range(1000)), origin="labels.txt")
    fitted, notes = fitting_class_names([names], 1001)
    assert fitted is not None
    assert (fitted.names[:2], notes) == (("background", "class 0"), ())
    assert background_class(1001, fitted)[0]
    assert not background_class(1000, names)[0]


def test_a_background_class_that_the_model_lacks_is_left_away() -> None:
    names = ClassNames(names=("__background__", "cat", "dog"), origin="labels.txt")
    fitted, notes = fitting_class_names([names], 2)
    assert fitted is not None
    assert (fitted.names, notes) == (("cat", "dog"), ())


def _first_name(path: Path) -> str | None:
    names = load_model(path).description.class_names
    return names.name(0) if names is not None else None
