"""Whatever stands where metadata should: it is understood or noted, and a configuration or a sentence comes of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from model_specimens import CLASSES, SIDE, write_onnx

from accubench.configuration import infer_configuration
from accubench.errors import ConfigurationError
from accubench.models import load_model
from accubench.models.claims import combine_metadata
from accubench.models.contract import StatedFacts
from accubench.models.huggingface import config_facts, preprocessor_facts
from accubench.models.model_info import model_info_facts
from accubench.models.onnx_metadata import onnx_facts
from accubench.models.ultralytics import ultralytics_facts
from accubench.records.model import ModelDescription

_NUMBERS = (
    0,
    1,
    -1,
    8,
    224,
    65_536,
    10**30,
    10**400,
    -(10**400),
    0.0,
    0.5,
    1.5,
    -0.5,
    1e-40,
    1e308,
    math.inf,
    math.nan,
)
_TEXTS = ("", "x", "224", "8 8", "nan", "inf", "1e999", "9" * 5000, "None", "[]", "[[1]]", "{0: 'a'}", "²", "\0", "RGB")
_WHOLES = (None, True, False, b"8", *_NUMBERS, *_TEXTS)
_LISTS = ([], [None], [[]], [8], [8, 8], [3, 8, 8], [0, 0, 0], [math.nan] * 3, [10**400], ["a"] * CLASSES, [0.5] * 40)
_MAPPINGS = (
    {}, {"height": 8, "width": 8}, {"height": None, "width": 8}, {"width": "8"}, {"shortest_edge": 8},
    {"shortest_edge": math.inf}, {"shortest_edge": [8]}, {"longest_edge": 8}, {"height": 1.5, "width": 10**400},
    {"0": None}, {math.inf: "a"}, {math.nan: "a"}, {"9" * 5000: "a"}, {-1: "a"}, {"0": {"0": "a"}},
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (*_WHOLES, *_LISTS, *_MAPPINGS)

_Read = Callable[[Mapping[str, Any]], StatedFacts]
SOURCES: dict[str, tuple[_Read, dict[str, Any], str]] = {
    "config.json": (
        lambda content: config_facts(content, file="config.json", input_hw=(SIDE, SIDE)),
        {},
        "image_size id2label label_names label_descriptions architecture pretrained_cfg",
    ),
    "timm": (
        lambda config: config_facts({"architecture": "resnet50", "pretrained_cfg": config}, file="config.json"),
        {},
        "input_size test_input_size crop_pct test_crop_pct crop_mode interpolation mean std",
    ),
    "preprocessor_config.json": (
        lambda content: preprocessor_facts(content, file="preprocessor_config.json"),
        {"image_processor_type": "ViTImageProcessor", "size": {"height": SIDE, "width": SIDE}},
        (
            "size crop_size resample crop_pct do_resize do_center_crop do_rescale do_normalize do_flip_channel_order"
            " image_mean image_std rescale_factor rescale_offset image_processor_type feature_extractor_type"
        ),
    ),
    "ConvNext": (
        lambda content: preprocessor_facts(content, file="preprocessor_config.json"),
        {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": SIDE}},
        "size crop_pct",
    ),
    "onnx": (
        onnx_facts,
        {},
        (
            "mean scale color resize_mode resize_size resize_library interpolation crop_fraction crop_first"
            " crop_rounding letterbox_fill input_size labels"
        ),
    ),
    "model_info": (
        lambda entries: model_info_facts(entries, origin="model_info")[0],
        {"resize_type": "fit_to_window_letterbox"},
        (
            "mean_values scale_values reverse_input_channels resize_type pad_value orig_height orig_width labels"
            " embedded_processing layout"
        ),
    ),
    "ultralytics": (
        lambda entries: ultralytics_facts(entries, origin="metadata.yaml"),
        {"task": "classify", "names": ["a", "b", "c"], "version": "8.4.190"},
        "task names version imgsz",
    ),
}
_OF_TEXTS = {"onnx", "model_info"}
"""Formats whose metadata are texts and nothing else."""


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> ModelDescription:
    """A small model without metadata of its own."""
    return load_model(write_onnx(tmp_path_factory.mktemp("plain"))).description


@pytest.mark.parametrize(
    ("source", "key"), [(source, key) for source, (_, _, keys) in SOURCES.items() for key in keys.split()]
)
def test_an_odd_value_is_understood_or_noted(description: ModelDescription, source: str, key: str) -> None:
    read, others, _ = SOURCES[source]
    for value in ODD_VALUES if source not in _OF_TEXTS else [value for value in ODD_VALUES if isinstance(value, str)]:
        facts = read({**others, key: value})
        stated = facts.metadata.model_dump(exclude={"origins"}, exclude_none=True)
        assert stated.keys() == facts.metadata.origins.keys()
        assert all(len(note) < 400 for note in facts.notes), value
        metadata = combine_metadata([facts.metadata, description.metadata])
        try:
            found = infer_configuration(description.model_copy(update={"metadata": metadata}))
        except ConfigurationError:
            continue  # impossible together, and said so
        assert found.configuration.model_validate_json(found.configuration.model_dump_json()) == found.configuration


def test_odd_files_beside_a_model_leave_it_a_model(tmp_path: Path) -> None:
    path = write_onnx(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text('{"size": 8, "resample": Infinity, "image_mean": [1e999]}')
    (tmp_path / "config.json").write_text('{"image_size": NaN, "id2label": {"0": "a"}}')
    notes = " ".join(load_model(path).description.notes)
    assert "'resample'" in notes
    assert "the normalisation of preprocessor_config.json" in notes
    assert "'image_size'" in notes
