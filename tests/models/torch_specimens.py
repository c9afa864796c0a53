"""Tiny classifiers in the formats of PyTorch, made by PyTorch itself, for tests where it is installed."""

from __future__ import annotations

import importlib.util
import json
import pickle
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

HAS_TORCH = importlib.util.find_spec("torch") is not None
NO_TORCH = "PyTorch is not installed here: pip install 'accubench[torch]'"


class WritesMark:
    """What is unpickled of it writes a file: the proof that a pickle was run."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.mark,)


def pickled_mark(mark: Path) -> bytes:
    return pickle.dumps(WritesMark(mark), protocol=2)


def torch_network(classes: int = 5, channels: int = 3) -> Any:
    """A convolution, a normalisation, an average and a softmax, with fixed random weights."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = torch.nn.Conv2d(channels, 4, 3, stride=2)
            self.normalization = torch.nn.BatchNorm2d(4)
            self.linear = torch.nn.Linear(4, classes)

        def forward(self, image):
            active = torch.relu(self.normalization(self.convolution(image)))
            return torch.softmax(self.linear(active.mean((2, 3))), 1)

    torch.manual_seed(7)
    return Network().eval()


def write_torch_export(
    path: Path, *, dynamic: Any = None, batch: int = 1, extra_files: dict[str, str] | None = None, network: Any = None
) -> Path:
    import torch

    network = network or torch_network()
    image = torch.zeros(batch, 3, 8, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(network, (image,), dynamic_shapes=dynamic)
        torch.export.save(program, path, extra_files=extra_files)
    return path


def write_torchscript(
    path: Path, *, scripted: bool = False, extra_files: dict[str, str] | None = None, network: Any = None
) -> Path:
    import torch

    network = network or torch_network()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.jit.script(network) if scripted else torch.jit.trace(network, torch.zeros(1, 3, 8, 8))
        torch.jit.save(made, str(path), _extra_files=extra_files)
    return path


SIZE = {"config.txt": json.dumps({"input_size": [8, 8]})}
ULTRALYTICS = {
    "config.txt": json.dumps(
        {"task": "classify", "imgsz": [8, 8], "batch": 1, "names": {str(index): f"c{index}" for index in range(5)}}
    )
}


def rewrite(path: Path, changes: Mapping[str, bytes | Callable[[bytes], bytes]], **options: Any) -> Path:
    """Write an archive anew with other members; names without the archive's folder, new ones are added."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename.partition("/")[2]: archive.read(info) for info in archive.infolist()}
    for name, change in changes.items():
        members[name] = change(members[name]) if callable(change) else change
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(f"archive/{name}", content)
    return path


def replace_text(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        assert old.encode() in content, f"{old!r} is not in the member"
        return content.replace(old.encode(), new.encode())

    return change
