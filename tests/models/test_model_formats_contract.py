"""What holds for every format that is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from model_specimens import CLASSES, SIDE, SPECIMENS, Specimen, scores_of
from torch_specimens import HAS_TORCH, NO_TORCH

from accubench.errors import BrokenModelError, ModelError, ModelNotFoundError, UnknownModelFormatError
from accubench.models import kept_name, load_model, model_files
from accubench.models.locating import FORMATS, locate_model


@pytest.fixture(params=SPECIMENS.values(), ids=SPECIMENS.keys())
def specimen(request: pytest.FixtureRequest) -> Specimen:
    return request.param


@pytest.fixture
def folder(specimen: Specimen, tmp_path: Path) -> Path:
    if specimen.needs_torch and not HAS_TORCH:
        pytest.skip(NO_TORCH)
    folder = tmp_path / "model"
    folder.mkdir()
    specimen.make(folder)
    return folder


def test_the_description_says_what_the_model_is(specimen: Specimen, folder: Path) -> None:
    description = load_model(folder / specimen.main).description
    image = description.input
    assert (description.format, image.layout, image.dtype) == (specimen.format, specimen.layout, specimen.dtype)
    assert (image.size_hw, image.channels, image.shape[0]) == ((SIDE, SIDE), 3, 1)
    assert description.class_count == CLASSES
    assert not description.single_output
    assert description.score_kind == "probabilities"
    assert "Softmax" in description.score_kind_reason
    assert description.parameters == sum(description.weight_precisions.values()) > 0
    assert description.preprocessing_in_graph == ()
    assert description.notes == ()


def test_a_description_survives_being_stored_as_json(specimen: Specimen, folder: Path) -> None:
    description = load_model(folder / specimen.main).description
    assert type(description).model_validate_json(description.model_dump_json()) == description


def test_inputs_and_outputs_can_be_asked_for_by_the_names_of_the_description(specimen: Specimen, folder: Path) -> None:
    loaded = load_model(folder / specimen.main)
    assert loaded.model.input(loaded.description.input.name).get_partial_shape().is_static
    for output in loaded.description.outputs:
        assert tuple(loaded.model.output(output.name).get_shape()) == output.shape


def test_scores_are_those_of_one_image_and_add_up_to_one(specimen: Specimen, folder: Path) -> None:
    loaded = load_model(folder / specimen.main)
    scores = scores_of(loaded).astype(np.float64).reshape(-1)
    scale = loaded.description.scores.quantization.scale if loaded.description.scores.quantization else 1
    assert scores.shape == (CLASSES,)
    assert scores.sum() * scale == pytest.approx(1, abs=0.02)


def test_a_copy_of_its_files_in_one_folder_is_the_same_model(specimen: Specimen, folder: Path, tmp_path: Path) -> None:
    (folder / "labels.txt").write_text("\n".join("abcde"))
    (folder / "preprocessor_config.json").write_text('{"image_mean": [0.5], "image_std": [0.5], "do_normalize": true}')
    (folder / "unrelated.csv").write_text("1,2")
    files = model_files(folder / specimen.main)
    assert files[0].name == specimen.main
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in files:
        kept = copy / kept_name(files[0], file)
        kept.parent.mkdir(exist_ok=True)
        shutil.copy(file, kept)
    original, copied = load_model(folder), load_model(copy)
    assert copied.description == original.description == load_model(copy / specimen.main).description
    assert copied.description.class_names is not None
    assert copied.description.metadata.mean is not None
    np.testing.assert_array_equal(scores_of(copied), scores_of(original))


def test_any_file_of_a_model_stands_for_it(specimen: Specimen, folder: Path) -> None:
    files = [file for file in model_files(folder) if not file.name.endswith(".data")]
    assert {locate_model(file).main for file in files} == {folder / specimen.main}


def test_exactly_one_format_recognises_the_file_by_content(specimen: Specimen, folder: Path, tmp_path: Path) -> None:
    nameless = tmp_path / "file-without-an-ending"
    shutil.copy(folder / specimen.main, nameless)
    assert [form.FORMAT for form in FORMATS if form.sniff(nameless).fits] == [specimen.format]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_broken(specimen: Specimen, folder: Path, share: float) -> None:
    damaged = folder / (specimen.damaged or specimen.main)
    content = damaged.read_bytes()
    # The zip of labels at the end of a TensorFlow Lite file is no part of the network.
    end = content.find(b"PK\x03\x04") if specimen.format == "tflite" else -1
    damaged.write_bytes(content[: int((end if end > 0 else len(content)) * share)])
    with pytest.raises(BrokenModelError, match=damaged.name):
        load_model(folder / specimen.main)


@pytest.mark.parametrize("content", [b"", b"\x00" * 300, b"<html>404 Not Found</html>", b"version https://git-lfs."])
def test_other_content_under_the_name_of_a_model_is_a_model_error(
    specimen: Specimen, folder: Path, content: bytes
) -> None:
    main = folder / specimen.main
    main.write_bytes(content)
    with pytest.raises((BrokenModelError, UnknownModelFormatError), match=specimen.main) as caught:
        load_model(main)
    if main.suffix in {".onnx", ".tflite"} or not content:
        assert isinstance(caught.value, BrokenModelError)


def test_a_missing_file_is_not_found(specimen: Specimen, folder: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="nowhere"):
        load_model(folder / ("nowhere" + Path(specimen.main).suffix))


def test_a_missing_companion_is_named(specimen: Specimen, folder: Path) -> None:
    companions = model_files(folder)[1:]
    for companion in companions:
        companion.unlink()
    if companions:
        with pytest.raises(ModelError, match=companions[0].suffix):
            load_model(folder / specimen.main)


def test_a_folder_in_place_of_the_file_holds_no_model(specimen: Specimen, tmp_path: Path) -> None:
    empty = tmp_path / specimen.main
    empty.mkdir()
    with pytest.raises(UnknownModelFormatError, match="no model"):
        load_model(empty)
