"""Models of PyTorch where PyTorch is installed: their scores are PyTorch's own, and nothing in a file is ever run."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_specimens import scores_of
from torch_specimens import (
    HAS_TORCH,
    NO_TORCH,
    ULTRALYTICS,
    pickled_mark,
    replace_text,
    rewrite,
    torch_network,
    write_torch_export,
    write_torchscript,
)

from accubench.errors import BrokenModelError, ModelError, UnknownModelFormatError, UnsupportedModelError, UsageError
from accubench.models import load_model

pytestmark = pytest.mark.skipif(not HAS_TORCH, reason=NO_TORCH)

PROGRAM = "models/model.json"
WEIGHTS = "data/weights/model_weights_config.json"
CONSTANTS = "data/constants/model_constants_config.json"
SAMPLE_INPUTS = "data/sample_inputs/model.pt"


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """A file that appears where a hostile model had its way."""
    return tmp_path / "mark"


def torch_scores(seed: int = 0) -> np.ndarray:
    import torch

    pixels = np.random.default_rng(seed).integers(0, 256, (1, 3, 8, 8)).astype(np.float32)
    with torch.no_grad():
        return torch_network()(torch.from_numpy(pixels)).numpy()


def load_with_torch(path: Path) -> None:
    """Let PyTorch itself read a file, whatever comes of it."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            torch.export.load(str(path))
        except Exception:  # noqa: BLE001 - only what it did on the way is looked at
            return


def dynamic_shapes(kind: str) -> Any:
    import torch

    batch, height, width = torch.export.Dim("batch", min=1, max=64), torch.export.Dim.AUTO, torch.export.Dim.AUTO
    return {"static": None, "batch": ({0: batch},), "all": ({0: torch.export.Dim.AUTO, 2: height, 3: width},)}[kind]


@pytest.mark.parametrize("kind", ["static", "batch", "all"])
def test_scores_of_an_export_are_those_of_torch(tmp_path: Path, kind: str) -> None:
    path = write_torch_export(tmp_path / "tiny.pt2", dynamic=dynamic_shapes(kind), batch=1 if kind == "static" else 2)
    loaded = load_model(path, input_size_hw=(8, 8))
    assert loaded.description.input.shape == (1, 3, 8, 8)
    for seed in range(5):
        np.testing.assert_allclose(scores_of(loaded, seed), torch_scores(seed), atol=1e-6)


@pytest.mark.parametrize("scripted", [False, True])
def test_scores_of_torchscript_are_those_of_torch(tmp_path: Path, scripted: bool) -> None:
    loaded = load_model(write_torchscript(tmp_path / "tiny.pt", scripted=scripted), input_size_hw=(8, 8))
    assert loaded.description.format == "torchscript"
    for seed in range(5):
        np.testing.assert_allclose(scores_of(loaded, seed), torch_scores(seed), atol=1e-6)


def test_a_fixed_size_is_read_from_an_export_and_must_not_be_contradicted(tmp_path: Path) -> None:
    path = write_torch_export(tmp_path / "tiny.pt2")
    assert load_model(path).description.input.size_hw == (8, 8)
    with pytest.raises(UsageError, match="fixed"):
        load_model(path, input_size_hw=(16, 16))


def test_torchscript_leaves_its_size_open_and_knows_its_channels(tmp_path: Path) -> None:
    import torch

    network = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()).eval()
    path = write_torchscript(tmp_path / "grey.pt", scripted=True, network=network)
    assert load_model(path).description.input.shape == (1, 1, None, None)
    assert load_model(write_torchscript(tmp_path / "tiny.pt")).description.input.shape == (1, 3, None, None)


def test_torchscript_whose_scores_need_a_size_says_how_to_give_it(tmp_path: Path) -> None:
    import torch

    network = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.Flatten())
    path = write_torchscript(tmp_path / "flat.pt", network=network.eval())
    with pytest.raises(UnsupportedModelError, match="give the height and width"):
        load_model(path)
    assert load_model(path, input_size_hw=(8, 8)).description.class_count == 72


@pytest.mark.parametrize("write", [write_torch_export, write_torchscript])
def test_the_metadata_of_ultralytics_and_labels_are_read_from_extra_files(tmp_path: Path, write: Any) -> None:
    description = load_model(write(tmp_path / "tiny.pt2", extra_files=ULTRALYTICS)).description
    assert description.class_names is not None
    assert description.class_names.names == ("c0", "c1", "c2", "c3", "c4")
    assert description.metadata.size_hw == (8, 8)
    assert description.metadata.origins["size_hw"] == "config.txt in the model 'imgsz'"
    labels = load_model(write(tmp_path / "labels.pt2", extra_files={"labels.txt": "a\nb\nc\nd\ne\n"})).description
    assert labels.class_names is not None
    assert labels.class_names.origin == "labels.txt in the model"


def test_extra_files_that_make_no_sense_are_noted(tmp_path: Path) -> None:
    path = write_torch_export(tmp_path / "tiny.pt2", extra_files={"config.txt": "[1, 2]"})
    assert load_model(path).description.notes == (
        "The extra file 'config.txt' in the model is ignored: it is no JSON object.",
    )


def evil_expression(mark: Path) -> str:
    return f"__import__('pathlib').Path('{mark}').touch()"


def test_sample_inputs_are_never_unpickled(tmp_path: Path, mark: Path) -> None:
    path = rewrite(write_torch_export(tmp_path / "tiny.pt2"), {SAMPLE_INPUTS: torch_pickle(mark)})
    np.testing.assert_allclose(scores_of(load_model(path)), torch_scores(), atol=1e-6)
    assert not mark.exists()
    load_with_torch(path)
    assert mark.exists(), "PyTorch itself is expected to run it: else this test shows nothing"


def torch_pickle(mark: Path) -> bytes:
    """What `torch.load` reads, with the pickle of a mark in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickled_mark(mark))
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()


def evil_export(path: Path, way: str, mark: Path) -> Path:
    code = evil_expression(mark)
    text, dynamic = json.dumps(code)[1:-1], dynamic_shapes("all")
    as_pickle = replace_text('"use_pickle": false', '"use_pickle": true')
    changes: dict[str, Any] = {
        "pickled weights": {WEIGHTS: as_pickle, "data/weights/weight_0": torch_pickle(mark)},
        "pickled object": {
            CONSTANTS: json.dumps(
                {
                    "config": {
                        "a": {"path_name": "opaque_obj_0", "is_param": False, "use_pickle": True, "tensor_meta": None}
                    }
                }
            ).encode(),
            "data/constants/opaque_obj_0": pickled_mark(mark),
        },
        "weights of old": {"data/weights/model.pt": torch_pickle(mark)},
        "shape": {
            PROGRAM: lambda content: re.sub(rb"Symbol\('s\d+', positive=True, integer=True\)", text.encode(), content)
        },
        "name of an input": {PROGRAM: replace_text('"image"', f'"image={text}"')},
        "target": {PROGRAM: replace_text("torch.ops.aten.relu.default", "torch.os.system")},
        "operator": {PROGRAM: replace_text("torch.ops.aten.relu.default", "torch.ops.aten.from_file.default")},
        "guards": {PROGRAM: lambda content: json.dumps({**json.loads(content), "guards_code": [code]}).encode()},
        "structure": {PROGRAM: replace_text(r"\"context\": \"[]\"", r"\"context\": \"[{\\\"__enum__\\\": true}]\"")},
    }
    return rewrite(write_torch_export(path, dynamic=dynamic, batch=2), changes[way])


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("pickled weights", "pickle"), ("pickled object", "pickle"), ("weights of old", "old PyTorch"),
        ("shape", "a shape"), ("name of an input", "a name"), ("target", "torch.os.system"),
        ("operator", "from_file"), ("structure", "inputs of a kind"),
    ],
)  # fmt: skip
def test_an_export_that_could_run_code_is_refused(tmp_path: Path, mark: Path, way: str, words: str) -> None:
    path = evil_export(tmp_path / "evil.pt2", way, mark)
    with pytest.raises(UnsupportedModelError, match=words):
        load_model(path)
    assert not mark.exists()


@pytest.mark.parametrize("way", ["pickled weights", "pickled object", "weights of old", "shape", "name of an input"])
def test_these_exports_do_run_code_in_pytorch(tmp_path: Path, mark: Path, way: str) -> None:
    load_with_torch(evil_export(tmp_path / "evil.pt2", way, mark))
    assert mark.exists()


def test_guards_of_an_export_are_left_out(tmp_path: Path, mark: Path) -> None:
    assert load_model(evil_export(tmp_path / "evil.pt2", "guards", mark)).description.class_count == 5
    assert not mark.exists()


@pytest.mark.parametrize("line", ["torch.save(image, '{mark}')", "torch.from_file('{mark}', True, 4)",
                                  "getattr(image, 'save')('{mark}')", "ops.c10d.barrier(image)"])  # fmt: skip
def test_torchscript_that_touches_files_is_refused(tmp_path: Path, mark: Path, line: str) -> None:
    path = evil_script(tmp_path / "evil.pt", line.format(mark=mark))
    with pytest.raises(UnsupportedModelError, match="more than tensors"):
        load_model(path)
    assert not mark.exists()


def test_torchscript_of_this_kind_does_write_files_in_pytorch(tmp_path: Path, mark: Path) -> None:
    import torch

    path = evil_script(tmp_path / "evil.pt", f"torch.save(image, '{mark}')")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.load(str(path))(torch.zeros(1, 3, 8, 8))
    assert mark.exists()


def evil_script(path: Path, line: str) -> Path:
    write_torchscript(path)
    with zipfile.ZipFile(path) as archive:
        codes = [name for name in archive.namelist() if name.endswith(".py")]
        (code,) = (name for name in codes if b"torch.softmax" in archive.read(name))
        text = archive.read(code).decode()
    head, colon, body = text.partition("-> Tensor:\n")
    return rewrite(path, {code.partition("/")[2]: f"{head}{colon}    _mark = {line}\n{body}".encode()})


def test_the_pickle_of_torchscript_runs_no_python(tmp_path: Path, mark: Path) -> None:
    path = rewrite(write_torchscript(tmp_path / "evil.pt"), {"data.pkl": pickled_mark(mark)})
    with pytest.raises(BrokenModelError, match="cannot be read by PyTorch"):
        load_model(path)
    assert not mark.exists()


def test_a_pickled_network_is_told_how_to_be_exported_and_never_unpickled(tmp_path: Path, mark: Path) -> None:
    import torch

    torch.save(torch_network().state_dict(), tmp_path / "weights.pth")
    torch.save(torch_network().state_dict(), tmp_path / "old.bin", _use_new_zipfile_serialization=False)
    (tmp_path / "evil.pt").write_bytes(torch_pickle(mark))
    (tmp_path / "raw.pt").write_bytes(pickled_mark(mark))
    for name in ("weights.pth", "old.bin", "evil.pt", "raw.pt"):
        with pytest.raises(UnknownModelFormatError, match=r"torch\.export\.save"):
            load_model(tmp_path / name)
    assert not mark.exists()


@pytest.mark.parametrize("member", [PROGRAM, WEIGHTS, CONSTANTS])
def test_an_export_whose_parts_are_damaged_is_a_model_error(tmp_path: Path, member: str) -> None:
    for content in (b"", b"{}", b"[" * 100_000, b'{"config": {"a": 1}}', b"\xff\xfe"):
        path = rewrite(write_torch_export(tmp_path / "tiny.pt2"), {member: content})
        with pytest.raises(ModelError, match=r"tiny\.pt2"):
            load_model(path)


def test_weights_that_are_missing_or_cut_off_are_broken(tmp_path: Path) -> None:
    for content in (b"", b"\x00" * 8, b"\x00" * 3):
        path = rewrite(write_torch_export(tmp_path / "tiny.pt2"), {"data/weights/weight_0": content})
        with pytest.raises(BrokenModelError, match=r"tiny\.pt2"):
            load_model(path)


def test_an_archive_that_unpacks_to_much_more_is_refused(tmp_path: Path) -> None:
    path = write_torch_export(tmp_path / "tiny.pt2")
    rewrite(path, {"data/weights/weight_0": b"\x00" * 60_000_000}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(BrokenModelError, match="compressed"):
        load_model(path)


def test_members_of_the_same_name_are_refused(tmp_path: Path) -> None:
    path = write_torch_export(tmp_path / "tiny.pt2")
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(archive.namelist()[0], b"")
    with pytest.raises(BrokenModelError, match="same name"):
        load_model(path)


def test_a_compiled_package_is_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "compiled.pt2"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("compiled/archive_format", "pt2")
        archive.writestr("compiled/data/aotinductor/model/model.so", b"\x7fELF")
    with pytest.raises(UnsupportedModelError, match="AOTInductor"):
        load_model(path)
