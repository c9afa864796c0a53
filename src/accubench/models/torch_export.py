"""PyTorch's `torch.export` (``.pt2``): a zip archive with a graph as JSON and weights as plain bytes.

PyTorch reads it, with the extra ``torch``, and OpenVINO's PyTorch frontend converts it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from accubench.errors import BrokenModelError, UnsupportedModelError
from accubench.models.contract import FormatReading
from accubench.models.openvino_reading import convert_torch, short_reason
from accubench.models.torch_archive import clean_archive, read_member, read_members, torch_content
from accubench.models.torch_extra_files import extra_facts
from accubench.models.torch_program import checked_payload, checked_program
from accubench.models.torch_runtime import load_torch, quiet_torch
from accubench.records.model import ModelFormat
from accubench.records.sniff import Sniff

__all__ = ["FORMAT", "SUFFIXES", "TITLE", "companions", "load", "main_file", "sniff"]

FORMAT: ModelFormat = "torch-export"
TITLE = "torch.export"
SUFFIXES = (".pt2",)

_KINDS = {"export", "old export", "compiled"}
_PROGRAM = "models/model.json"
_SAMPLE_INPUTS = "data/sample_inputs/model.pt"
_PAYLOADS = ("data/weights/model_weights_config.json", "data/constants/model_constants_config.json")
_PICKLED_PAYLOADS = ("data/weights/model.pt", "data/constants/model.pt")
_SAVE_ANEW = "Load it with the PyTorch that wrote it, and export it again with a current one: torch.export.save."


def sniff(path: Path) -> Sniff:
    """Judge by what the archive holds: the mark ``pt2``, or the members of its predecessor."""
    content = torch_content(path)
    fits = content is not None and content.kind in _KINDS
    return Sniff(fits=fits, reason="is an archive of torch.export" if fits else "is no archive of torch.export")


def main_file(path: Path) -> Path:
    """The file itself."""
    return path


def companions(path: Path) -> tuple[Path, ...]:
    """None: the archive holds everything."""
    _ = path
    return ()


def load(path: Path) -> FormatReading:
    """Read the archive `path`.

    Sample inputs, which are a pickle, are left out of what PyTorch sees.

    Raises:
        BrokenModelError: The archive is damaged.
        UnsupportedModelError: PyTorch is not installed; or the archive holds pickles, machine code, or operators that
            are not read.
    """
    torch = load_torch(path, TITLE)
    content = torch_content(path)
    if content is None:
        raise BrokenModelError(f"{path} is damaged. Fetch or export the file again.")
    if content.kind == "old export":
        raise UnsupportedModelError(f"{path} was written by an old PyTorch and holds pickles. {_SAVE_ANEW}")
    if content.kind == "compiled":
        raise UnsupportedModelError(
            f"{path} holds a model that AOTInductor compiled: machine code, which AccuBench never runs. "
            "Export the model itself with torch.export.save."
        )
    members = read_members(path, content)
    archive = clean_archive(dict(_wanted(path, members)))
    try:
        with quiet_torch():
            program = torch.export.load(archive)
    except Exception as error:  # PyTorch raises errors of many kinds, and AssertionError for what it did not expect
        raise BrokenModelError(
            f"{path} cannot be read by PyTorch {torch.__version__}: {short_reason(error)} "
            "It may be damaged, or written by a newer PyTorch: fetch or export the file again."
        ) from error
    network = convert_torch(path, program, input_shape=_input_shape(program))
    return FormatReading(model=network, facts=extra_facts(members), stated_layout="NCHW")


def _input_shape(program: Any) -> tuple[int, ...] | None:
    """Shape of the only input of an `ExportedProgram`, -1 where it is open; None where it has several."""
    names = program.graph_signature.user_inputs
    if len(names) != 1:
        return None
    tensor = next(node.meta.get("val") for node in program.graph.nodes if node.name == names[0])
    return tuple(size if isinstance(size, int) else -1 for size in tensor.shape) if hasattr(tensor, "shape") else None


def _wanted(path: Path, members: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The members that PyTorch needs and that were found harmless."""
    if any(name in members for name in _PICKLED_PAYLOADS):
        raise UnsupportedModelError(f"{path} was written by an old PyTorch and holds pickles. {_SAVE_ANEW}")
    yield _PROGRAM, checked_program(path, read_member(path, members, _PROGRAM))
    yield _SAMPLE_INPUTS, b""
    for name in _PAYLOADS:
        content = read_member(path, members, name)
        for tensor in sorted(checked_payload(path, name, content, members)):
            yield tensor, members[tensor]
        yield name, content
    for name in ("archive_format", "archive_version", "byteorder", ".data/version"):
        yield name, read_member(path, members, name)
