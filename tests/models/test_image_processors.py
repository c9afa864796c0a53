"""What each family of transformers' image processors means, and timm's configurations.

Facts are from the source of transformers 5.24 (``models/<family>/image_processing_<family>.py``) and timm 1.0.31; the
contents are those of published ``preprocessor_config.json`` files, older and newer spellings of them.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from model_specimens import FIXTURES, write_onnx
from PIL import Image

from accubench.configuration import infer_configuration
from accubench.models import load_model
from accubench.models.huggingface import config_facts, preprocessor_facts
from accubench.preprocessing import Preprocessor
from accubench.records.model import ModelMetadata

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
STANDARD = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
SQUARE_224 = {"height": 224, "width": 224}
TIMM = {
    "input_size": [3, 224, 224], "interpolation": "bicubic", "crop_pct": 0.95, "crop_mode": "center",
    "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225],
}  # fmt: skip


class Row(NamedTuple):
    """One configuration and what its processor does with an image."""

    kind: str
    content: dict[str, Any]
    mode: str
    resize_size: int | tuple[int, int] | None
    size_hw: tuple[int, int] | None
    first_scale: float = 0.5 * 255


FAMILIES = [
    # ViT: a square, stretched; an int is a square (get_size_dict's default_to_square is True). Swin, DiNAT, SwiftFormer
    # and MSN use it too.
    Row("ViTImageProcessor", {"size": SQUARE_224, **STANDARD}, "stretch", None, (224, 224)),
    Row("ViTFeatureExtractor", {"size": 224, **STANDARD}, "stretch", None, (224, 224)),
    Row("ViTImageProcessorFast", {"size": {"height": 192, "width": 224}, **STANDARD}, "stretch", None, (192, 224)),
    # DeiT: a square of 256, stretched, then a crop of 224, which is done unless the file says otherwise.
    Row("DeiTImageProcessor", {"size": 256, "crop_size": 224, "do_center_crop": True, **STANDARD}, "stretch",
        (256, 256),
        (224, 224)),
    Row("DeiTImageProcessorFast", {"size": {"height": 256, "width": 256}, **STANDARD}, "stretch", (256, 256),
        (224, 224)),
    # BEiT: as ViT; a crop only where asked for.
    Row("BeitImageProcessor", {"size": SQUARE_224, "crop_size": SQUARE_224, "do_center_crop": False, **STANDARD},
        "stretch", None, (224, 224)),
    Row("BeitFeatureExtractor", {"size": 256, "crop_size": 224, "do_center_crop": True, **STANDARD}, "stretch",
        (256, 256), (224, 224)),
    # ConvNeXT (ResNet, RegNet and CvT use it): below 384 the shorter side becomes size / crop_pct, then a crop.
    Row("ConvNextImageProcessor", {"size": {"shortest_edge": 224}, "crop_pct": 0.875, **STANDARD}, "shorter_side", 256,
        (224, 224)),
    Row("ConvNextFeatureExtractor", {"size": 224, **STANDARD}, "shorter_side", 256, (224, 224)),
    Row("ConvNextImageProcessorFast", {"size": {"shortest_edge": 288}, "crop_pct": 0.95, **STANDARD},
        "shorter_side", 303,
        (288, 288)),
    Row("ConvNextImageProcessor", {"size": {"shortest_edge": 384}, "crop_pct": 0.875, **STANDARD}, "stretch", None,
        (384, 384)),
    # EfficientNet: stretched; with include_top (the default) the result is divided by the deviation again.
    Row("EfficientNetImageProcessor", {"size": SQUARE_224, "include_top": True, **STANDARD}, "stretch", None,
        (224, 224),
        0.25 * 255),
    Row("EfficientNetImageProcessor", {"size": SQUARE_224, **STANDARD}, "stretch", None, (224, 224), 0.25 * 255),
    Row("EfficientNetImageProcessorFast", {"size": SQUARE_224, "include_top": False, **STANDARD}, "stretch", None,
        (224, 224)),
    # MobileNetV1 and V2: the shorter side, also for an int, and a crop.
    Row("MobileNetV1ImageProcessor", {"size": {"shortest_edge": 256}, "crop_size": SQUARE_224, "do_center_crop": True,
        **STANDARD}, "shorter_side", 256, (224, 224)),
    Row("MobileNetV2FeatureExtractor", {"size": 256, "crop_size": 224, "do_center_crop": True, **STANDARD},
        "shorter_side", 256, (224, 224)),
    Row("MobileNetV2ImageProcessor", {"size": 256, **STANDARD}, "shorter_side", 256, (224, 224)),
    Row("MobileNetV2ImageProcessor", {"size": 256, "do_center_crop": False, **STANDARD}, "shorter_side", 256, None),
    # BiT and CLIP (DINOv2, FocalNet, Hiera): the shorter side and a crop.
    Row("BitImageProcessor", {"size": {"shortest_edge": 256}, "crop_size": SQUARE_224, **IMAGENET}, "shorter_side", 256,
        (224, 224), 0.229 * 255),
    Row("CLIPImageProcessor", {"size": 224, "crop_size": 224, "do_center_crop": True, **STANDARD}, "shorter_side", 224,
        (224, 224)),
    # LeViT: the shorter side becomes int(256 / 224 * size).
    Row("LevitImageProcessor", {"size": {"shortest_edge": 224}, "crop_size": SQUARE_224, "do_center_crop": True,
        **IMAGENET}, "shorter_side", 256, (224, 224), 0.229 * 255),
    Row("LevitFeatureExtractor", {"size": 224, "crop_size": 224, "do_center_crop": True, **IMAGENET},
        "shorter_side", 256,
        (224, 224), 0.229 * 255),
    # PoolFormer: the shorter side becomes size / crop_pct, 0.9 by default, also where height and width are given.
    Row("PoolFormerImageProcessor", {"size": {"shortest_edge": 224}, "crop_pct": 0.95, "crop_size": SQUARE_224,
        **IMAGENET}, "shorter_side", 235, (224, 224), 0.229 * 255),
    Row("PoolFormerImageProcessor", {"size": SQUARE_224, **IMAGENET}, "shorter_side", 248, (224, 224), 0.229 * 255),
    # SegFormer and PVT: a square, stretched.
    Row("SegformerImageProcessor", {"size": {"height": 512, "width": 512}, **IMAGENET}, "stretch", None, (512, 512),
        0.229 * 255),
    Row("SegformerFeatureExtractor", {"size": 512, **IMAGENET}, "stretch", None, (512, 512), 0.229 * 255),
    Row("PvtImageProcessor", {"size": SQUARE_224, **IMAGENET}, "stretch", None, (224, 224), 0.229 * 255),
    # SigLIP and DINOv3: height and width, stretched.
    Row("SiglipImageProcessor", {"size": SQUARE_224, **STANDARD}, "stretch", None, (224, 224)),
    Row("DINOv3ViTImageProcessorFast", {"size": SQUARE_224, **IMAGENET}, "stretch", None, (224, 224), 0.229 * 255),
]  # fmt: skip


def preprocessor(**content: Any) -> ModelMetadata:
    facts = preprocessor_facts(content, file="preprocessor_config.json")
    assert facts.notes == ()
    return facts.metadata


@pytest.mark.parametrize("row", FAMILIES, ids=lambda row: f"{row.kind}-{row.content['size']}")
def test_a_processor_means_what_its_source_says(row: Row) -> None:
    key = "feature_extractor_type" if row.kind.endswith("Extractor") else "image_processor_type"
    metadata = preprocessor(**{key: row.kind}, resample=3, **row.content)
    assert (metadata.resize_mode, metadata.resize_size, metadata.size_hw) == (row.mode, row.resize_size, row.size_hw)
    assert metadata.scale is not None
    assert metadata.scale[0] == pytest.approx(row.first_scale)
    assert (metadata.interpolation, metadata.resize_library, metadata.color) == ("bicubic", "pillow", "RGB")
    assert set(metadata.origins) == set(metadata.model_dump(exclude={"origins"}, exclude_none=True))


PROCESSED = np.load(FIXTURES / "image_processors.npz")
CONFIGURATIONS = json.loads((FIXTURES / "image_processors.json").read_text())


@pytest.mark.parametrize("picture", ["wide", "tall"])
@pytest.mark.parametrize("family", CONFIGURATIONS)
def test_the_pixels_that_the_network_gets_are_those_of_the_processor_itself(
    tmp_path: Path, family: str, picture: str
) -> None:
    write_onnx(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(CONFIGURATIONS[family]))
    description = load_model(tmp_path).description
    prepare = Preprocessor(infer_configuration(description).configuration, description.input)
    file = io.BytesIO()
    Image.fromarray(PROCESSED[picture]).save(file, "PNG")
    expected_hwc = PROCESSED[f"{family}_{picture}"].transpose(1, 2, 0)
    np.testing.assert_allclose(prepare(file.getvalue()), expected_hwc, rtol=1e-5, atol=2e-6)


def test_mobilevit_feeds_bgr_of_zero_to_one_and_crops_256() -> None:
    metadata = preprocessor(
        image_processor_type="MobileViTImageProcessor", size={"shortest_edge": 288}, resample=2, do_rescale=True,
        do_flip_channel_order=True,
    )  # fmt: skip
    assert (metadata.color, metadata.mean, metadata.scale) == ("BGR", (0,), (255,))
    assert (metadata.resize_mode, metadata.resize_size, metadata.size_hw) == ("shorter_side", 288, (256, 256))


@pytest.mark.parametrize("kind", ["PerceiverImageProcessor", "TextNetImageProcessor"])
def test_a_geometry_that_no_configuration_can_say_is_noted(kind: str) -> None:
    facts = preprocessor_facts({"image_processor_type": kind, "size": 224, **IMAGENET}, file="p.json")
    assert facts.metadata.resize_mode is None
    assert facts.metadata.mean is not None
    assert "p.json 'size' is not understood" in facts.notes[0]


def test_timms_wrapper_in_transformers_has_timms_recipe() -> None:
    metadata = preprocessor(image_processor_type="TimmWrapperImageProcessor", pretrained_cfg=TIMM)
    assert (metadata.crop_fraction, metadata.interpolation, metadata.size_hw) == (0.95, "bicubic", (224, 224))


def test_a_timm_configuration_gives_all_of_its_recipe() -> None:
    metadata = config_facts({"architecture": "resnet50", "pretrained_cfg": TIMM}, file="config.json").metadata
    assert (metadata.size_hw, metadata.resize_mode) == ((224, 224), "shorter_side")
    assert (metadata.crop_fraction, metadata.crop_first) == (0.95, False)
    assert (metadata.interpolation, metadata.resize_library, metadata.color) == ("bicubic", "pillow", "RGB")
    np.testing.assert_allclose(metadata.mean or (), [123.675, 116.28, 103.53])


def test_a_squashed_timm_network_stretches_before_its_crop() -> None:
    metadata = config_facts({"pretrained_cfg": {**TIMM, "crop_mode": "squash"}}, file="config.json").metadata
    assert (metadata.resize_mode, metadata.crop_fraction) == ("stretch", 0.95)


def test_borders_of_timm_are_noted_and_the_rest_is_taken() -> None:
    facts = config_facts({"pretrained_cfg": {**TIMM, "crop_mode": "border"}}, file="config.json")
    assert "'border' cannot be said" in facts.notes[0]
    assert facts.metadata.resize_mode is None
    assert facts.metadata.scale is not None


def test_what_timm_leaves_away_is_timms_own_default() -> None:
    metadata = config_facts({"pretrained_cfg": {"input_size": [3, 160, 160]}}, file="config.json").metadata
    assert (metadata.crop_fraction, metadata.interpolation) == (0.875, "bicubic")
    assert metadata.origins["crop_fraction"] == "timm's default for 'crop_pct'"


@pytest.mark.parametrize(("input_hw", "share"), [((288, 288), 1.0), ((224, 224), 0.95), (None, 0.95)])
def test_the_crop_of_timms_test_size_holds_for_a_network_of_that_size(
    input_hw: tuple[int, int] | None, share: float
) -> None:
    content = {"pretrained_cfg": {**TIMM, "test_input_size": [3, 288, 288], "test_crop_pct": 1.0}}
    metadata = config_facts(content, file="config.json", input_hw=input_hw).metadata
    assert (metadata.crop_fraction, metadata.size_hw) == (share, input_hw or (224, 224))


def test_timms_labels_are_explained_by_their_descriptions() -> None:
    labels = {
        "label_names": ["n01440764", "n01443537"],
        "label_descriptions": {"n01440764": "tench, Tinca tinca", "n01443537": "goldfish"},
    }
    names = config_facts({"pretrained_cfg": TIMM, **labels}, file="config.json").class_names
    assert names is not None
    assert (names.names, names.synsets) == (("tench, Tinca tinca", "goldfish"), ("n01440764", "n01443537"))
    by_id = config_facts({"label_names": {"1": "dog", "0": "cat"}}, file="config.json").class_names
    assert by_id is not None
    assert (by_id.names, by_id.synsets) == (("cat", "dog"), None)


def test_a_repository_with_an_architecture_only_says_nothing_of_preprocessing() -> None:
    facts = config_facts({"architecture": "resnet50", "num_classes": 10}, file="config.json")
    assert facts.metadata == ModelMetadata()
    assert "'resnet50', but has no 'pretrained_cfg'" in facts.notes[0]
