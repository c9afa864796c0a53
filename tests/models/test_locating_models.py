from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from model_specimens import write_caffe, write_ir, write_onnx

from accubench.errors import BrokenModelError, ModelNotFoundError, UnknownModelFormatError, UsageError
from accubench.models import load_model, model_files
from accubench.models.caffe_format import sniff as sniff_caffe
from accubench.models.locating import locate_model

EXPORTED_ELSEWHERE = {
    "model.pt": "torch.onnx.export", "model.pth": "torch.onnx.export", "model.h5": "model.export",
    "frozen.pb": "ovc", "model.safetensors": "torch.onnx.export", "model.keras": "model.export",
    "model.pdmodel": "paddle2onnx",
}  # fmt: skip


@pytest.mark.parametrize(("name", "words"), EXPORTED_ELSEWHERE.items())
@pytest.mark.parametrize("by_folder", [False, True])
def test_a_file_of_a_training_library_is_told_how_to_become_onnx(
    tmp_path: Path, name: str, words: str, by_folder: bool
) -> None:
    (tmp_path / name).write_bytes(b"\x80\x02}q\x00.")
    with pytest.raises(UnknownModelFormatError, match=words):
        locate_model(tmp_path if by_folder else tmp_path / name)


def test_a_pickled_network_is_told_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"PK\x03\x04" + b"\x00" * 100)
    with pytest.raises(UnknownModelFormatError, match="PyTorch"):
        locate_model(tmp_path / "weights.bin")


def test_the_error_for_an_unknown_format_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("My model is great.")
    with pytest.raises(UnknownModelFormatError) as caught:
        locate_model(tmp_path / "notes.txt")
    assert all(word in str(caught.value) for word in ("OpenVINO IR", "ONNX", "TensorFlow Lite", "Caffe", ".tflite"))


def test_a_git_lfs_pointer_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(BrokenModelError, match="git lfs pull"):
        locate_model(tmp_path / "a.onnx")


def test_a_folder_with_several_models_lists_them(tmp_path: Path) -> None:
    write_onnx(tmp_path, name="a.onnx")
    write_onnx(tmp_path, name="b.onnx")
    with pytest.raises(UsageError, match=r"2 models: a\.onnx, b\.onnx"):
        locate_model(tmp_path)


@pytest.mark.parametrize("place", ["onnx", "openvino"])
def test_the_folder_of_a_repository_stands_for_the_one_model_in_its_sub_folder(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir()
    (tmp_path / "pytorch_model.bin").write_bytes(b"PK\x03\x04")
    (tmp_path / "config.json").write_text("{}")
    path = write_onnx(tmp_path / place, name="model.onnx")
    assert locate_model(tmp_path).main == path
    assert model_files(tmp_path) == (path, tmp_path / "config.json")


def test_several_variants_in_a_repository_are_listed_with_what_to_type(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    for name in ("model.onnx", "model_fp16.onnx", "model_quantized.onnx"):
        write_onnx(tmp_path / "onnx", name=name)
    with pytest.raises(UsageError) as caught:
        locate_model(tmp_path)
    assert "3 models: onnx/model.onnx, onnx/model_fp16.onnx, onnx/model_quantized.onnx" in str(caught.value)
    assert f"such as {tmp_path}/onnx/model.onnx" in str(caught.value)


def test_the_networks_of_tokenizers_that_optimum_writes_are_no_candidates(tmp_path: Path) -> None:
    path = write_ir(tmp_path, name="openvino_model.xml")
    for part in (".xml", ".bin"):
        shutil.copy(path.with_suffix(part), tmp_path / f"openvino_tokenizer{part}")
    assert locate_model(tmp_path).main == path


def test_a_folder_with_a_broken_model_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"")
    with pytest.raises(BrokenModelError, match="empty"):
        locate_model(tmp_path)


def test_other_xml_files_in_the_folder_of_an_ir_do_not_disturb(tmp_path: Path) -> None:
    path = write_ir(tmp_path)
    (tmp_path / "annotation.xml").write_text("<annotation/>")
    assert locate_model(tmp_path).main == path


def test_the_weights_of_an_ir_stand_for_it(tmp_path: Path) -> None:
    path = write_ir(tmp_path)
    assert locate_model(path.with_suffix(".bin")).main == path


@pytest.mark.parametrize(
    ("network", "weights"),
    [
        ("squeezenet.prototxt", "squeezenet.caffemodel"),
        ("deploy.prototxt", "squeezenet.caffemodel"),
        ("squeezenet_deploy.prototxt", "squeezenet_iter_5000.caffemodel"),
        ("deploy_resnet.prototxt", "resnet.caffemodel"),
        ("net.prototxt", "other.caffemodel"),
    ],
)
def test_a_caffe_pair_is_found_from_either_file(tmp_path: Path, network: str, weights: str) -> None:
    write_caffe(tmp_path, network=network, weights=weights)
    (tmp_path / "solver.prototxt").write_text('net: "train.prototxt"\nbase_lr: 0.01\nmax_iter: 10\n')
    pair = (tmp_path / network, tmp_path / weights)
    assert model_files(pair[0]) == model_files(pair[1]) == model_files(tmp_path) == pair


def test_the_network_for_deployment_is_preferred_to_the_one_for_training(tmp_path: Path) -> None:
    write_caffe(tmp_path, network="deploy.prototxt", weights="net.caffemodel")
    shutil.copy(tmp_path / "deploy.prototxt", tmp_path / "train_val.prototxt")
    assert locate_model(tmp_path / "net.caffemodel").main.name == "deploy.prototxt"


def test_pairs_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_caffe(tmp_path, network=f"{name}_deploy.prototxt", weights=f"{name}.caffemodel")
    assert locate_model(tmp_path / "b.caffemodel").main.name == "b_deploy.prototxt"
    with pytest.raises(UsageError, match="2 models"):
        locate_model(tmp_path)


def test_several_possible_weights_are_listed(tmp_path: Path) -> None:
    write_caffe(tmp_path, weights="first.caffemodel")
    shutil.copy(tmp_path / "first.caffemodel", tmp_path / "second.caffemodel")
    with pytest.raises(UsageError, match=r"first\.caffemodel, second\.caffemodel"):
        load_model(tmp_path / "deploy.prototxt")


def test_a_network_without_weights_and_weights_without_a_network_are_not_found(tmp_path: Path) -> None:
    write_caffe(tmp_path)
    (tmp_path / "tiny.caffemodel").rename(tmp_path / "elsewhere")
    with pytest.raises(ModelNotFoundError, match="weights"):
        load_model(tmp_path / "deploy.prototxt")
    (tmp_path / "elsewhere").rename(tmp_path / "tiny.caffemodel")
    (tmp_path / "deploy.prototxt").unlink()
    with pytest.raises(ModelNotFoundError, match="network"):
        load_model(tmp_path / "tiny.caffemodel")


def test_a_caffe_solver_is_no_network(tmp_path: Path) -> None:
    path = tmp_path / "solver.prototxt"
    path.write_text('net: "train_val.prototxt"\nbase_lr: 0.01\n')
    assert not sniff_caffe(path).fits
    with pytest.raises(UnknownModelFormatError, match="solver"):
        load_model(path)
