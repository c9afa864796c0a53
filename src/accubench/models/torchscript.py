"""TorchScript (``.pt``, ``.pth``, ``.torchscript``): a zip archive with code of a small language and its tensors.

PyTorch reads it, with the extra ``torch``, and OpenVINO's PyTorch frontend converts it.
Its pickles are read by PyTorch's C++ code, which knows tensors and TorchScript's own classes only; Python's `pickle`
is not involved.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from accubench.errors import BrokenModelError, ModelError, UnsupportedModelError
from accubench.models.contract import FormatReading
from accubench.models.openvino_reading import convert_torch, short_reason
from accubench.models.torch_archive import clean_archive, read_members, torch_content
from accubench.models.torch_extra_files import extra_facts
from accubench.models.torch_runtime import load_torch, quiet_torch
from accubench.models.torchscript_code import check_code
from accubench.records.model import ModelFormat
from accubench.records.sniff import Sniff

if TYPE_CHECKING:
    import openvino as ov

__all__ = ["FORMAT", "SUFFIXES", "TITLE", "companions", "load", "main_file", "sniff"]

FORMAT: ModelFormat = "torchscript"
TITLE = "TorchScript"
SUFFIXES = (".torchscript", ".pt", ".pth")

_KINDS = {"script", "old script"}
_NOT_NEEDED = (".debug_pkl", "traced_inputs.pkl")
_CHANNELS = (3, 1, 4)


def sniff(path: Path) -> Sniff:
    """Judge by what the archive holds: ``code/`` beside ``constants.pkl`` and ``data.pkl``."""
    content = torch_content(path)
    fits = content is not None and content.kind in _KINDS
    return Sniff(fits=fits, reason="is an archive of TorchScript" if fits else "is no archive of TorchScript")


def main_file(path: Path) -> Path:
    """The file itself."""
    return path


def companions(path: Path) -> tuple[Path, ...]:
    """None: the archive holds everything."""
    _ = path
    return ()


def load(path: Path) -> FormatReading:
    """Read the archive `path`.

    TorchScript does not keep the shape of its input: height and width are left open.

    Raises:
        BrokenModelError: The archive is damaged.
        UnsupportedModelError: PyTorch is not installed; or the code does more than compute with tensors.
    """
    torch = load_torch(path, TITLE)
    content = torch_content(path)
    if content is None:
        raise BrokenModelError(f"{path} is damaged. Fetch or export the file again.")
    if content.kind == "old script":
        raise UnsupportedModelError(
            f"{path} is TorchScript from before PyTorch 1.4. Load it with torch.jit.load and save it again."
        )
    members = read_members(path, content)
    for name, code in members.items():
        if name.startswith("code/") and not name.endswith(_NOT_NEEDED):
            check_code(path, name, code)
    wanted = {name: data for name, data in members.items() if not name.startswith("extra/")}
    archive = clean_archive({name: data for name, data in wanted.items() if not name.endswith(_NOT_NEEDED)})
    try:
        with quiet_torch():
            script = torch.jit.load(archive, map_location="cpu").eval()
    except Exception as error:  # PyTorch raises RuntimeError, and further kinds between versions
        raise BrokenModelError(
            f"{path} cannot be read by PyTorch {torch.__version__}: {short_reason(error)} "
            "It may be damaged, or written by a newer PyTorch: fetch or export the file again."
        ) from error
    return FormatReading(model=_converted(path, script), facts=extra_facts(members), stated_layout="NCHW")


def _converted(path: Path, script: Any) -> ov.Model:
    """The network with open batch, height and width; channels are those that it takes, three where it takes any."""
    problems: list[ModelError] = []
    for channels in _CHANNELS:
        try:
            return convert_torch(path, script, input_shape=(-1, channels, -1, -1), input_type="f32")
        except ModelError as error:
            problems.append(error)
    raise problems[0]
