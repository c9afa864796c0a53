"""Models of PyTorch where PyTorch is not installed: what they are is told by content alone."""

from __future__ import annotations

import importlib.util
import json
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from accubench.errors import BrokenModelError, UnknownModelFormatError, UnsupportedModelError
from accubench.models import load_model
from accubench.models.torch_program import checked_program
from accubench.models.torchscript_code import check_code

EXPORT = {"archive_format": "pt2", "models/model.json": "{}"}
SCRIPT = {"data.pkl": "", "constants.pkl": "", "code/__torch__.py": ""}


def write_archive(path: Path, members: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"archive/{name}", text)
    return path


@pytest.mark.parametrize(("members", "title"), [(EXPORT, "torch.export"), (SCRIPT, "TorchScript")])
def test_without_pytorch_its_models_are_told_how_to_get_it(
    tmp_path: Path, members: dict[str, str], title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    path = write_archive(tmp_path / "anything.zip", members)
    with pytest.raises(UnsupportedModelError, match=rf"in {title} format.*pip install 'accubench\[torch\]'"):
        load_model(path)


def test_a_pickle_in_an_archive_is_recognised_without_pytorch(tmp_path: Path) -> None:
    before = set(sys.modules)
    path = write_archive(tmp_path / "weights.pth", {"data.pkl": "", "data/0": "", "version": "3"})
    with pytest.raises(UnknownModelFormatError, match=r"may run code.*torch\.onnx\.export.*torch\.export\.save"):
        load_model(path)
    assert "torch" not in set(sys.modules) - before


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".pt2", ".torchscript"])
def test_an_archive_that_is_cut_off_is_broken(tmp_path: Path, suffix: str) -> None:
    path = write_archive(tmp_path / f"model{suffix}", SCRIPT)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(BrokenModelError, match="model"):
        load_model(path)


def test_a_checkpoint_beside_an_exported_model_does_not_disturb(tmp_path: Path) -> None:
    from model_specimens import write_onnx

    write_onnx(tmp_path)
    write_archive(tmp_path / "last.pt", {"data.pkl": ""})
    assert load_model(tmp_path).description.format == "onnx"


@pytest.mark.parametrize(
    "shape",
    [
        "__import__('os').system('true')", "().__class__", "Symbol('a').free_symbols", "Symbol('__import__(1)')",
        "eval('1')", "lambda: 1", "[x for x in (1,)]", "Integer(9)**9**9", "f'{1}'", "open", "s0(1)", "Symbol(*s0)",
        "9" * 5000, "(" * 3000, "print(s0)", "Max(s0, __builtins__)", "s0 if s1 else s2", "1\n2", "Pow(2, 1e309)",
    ],
)  # fmt: skip
def test_shapes_that_are_no_arithmetic_are_refused(tmp_path: Path, shape: str) -> None:
    content = json.dumps({"sizes": [{"as_expr": {"expr_str": shape}}]}).encode()
    with pytest.raises(UnsupportedModelError, match="a shape"):
        checked_program(tmp_path / "evil.pt2", content)


@pytest.mark.parametrize(
    "shape",
    [
        "s77", "Symbol('s77', positive=True, integer=True)", "Integer(-3)", "2*s0 - 1",
        "Add(FloorDiv(Add(Symbol('s0', positive=True, integer=True), Integer(-3)), Integer(2)), Integer(1))",
    ],
)  # fmt: skip
def test_shapes_as_pytorch_writes_them_pass(tmp_path: Path, shape: str) -> None:
    content = json.dumps({"sizes": [{"as_expr": {"expr_str": shape}}]}).encode()
    assert json.loads(checked_program(tmp_path / "good.pt2", content)) == json.loads(content)


@pytest.mark.parametrize(
    "code",
    [
        "torch.save(x, 'file')", "x.save('file')", "torch . from_file('file')", "getattr(x, 's\\x61ve')('file')",
        "ops.mine.operator(x)", "ops.prim.rpc_sync('a')", "# a comment \r torch.save(x, 'file')",
        "a : __torch__.torch.classes.profiling.Run",
    ],
)  # fmt: skip
def test_code_that_reaches_beyond_tensors_is_refused(tmp_path: Path, code: str) -> None:
    with pytest.raises(UnsupportedModelError, match="more than tensors"):
        check_code(tmp_path / "evil.pt", "code/evil.py", code.encode())


def test_code_that_computes_passes(tmp_path: Path) -> None:
    check_code(
        tmp_path / "good.pt", "code/good.py", b"class A(Module):\n  def forward(self, x):\n    return ops.prim.a(x)\n"
    )


def test_code_that_cannot_be_parsed_is_broken(tmp_path: Path) -> None:
    with pytest.raises(BrokenModelError, match=r"code/bad\.py"):
        check_code(tmp_path / "bad.pt", "code/bad.py", b"def (")
