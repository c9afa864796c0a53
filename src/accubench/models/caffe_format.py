"""Caffe: a .prototxt file with the network and a .caffemodel file with its weights, found for each other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from accubench.errors import ModelNotFoundError, UsageError
from accubench.models.contract import FormatReading, read_head
from accubench.models.protobuf_wire import FIXED32, LENGTH, VARINT, WireError, map_file, wire_fields
from accubench.records.model import ModelFormat
from accubench.records.sniff import Sniff

__all__ = ["FORMAT", "SUFFIXES", "TITLE", "companions", "load", "main_file", "sniff"]

FORMAT: ModelFormat = "caffe"
TITLE = "Caffe"
SUFFIXES = (".prototxt", ".caffemodel")

_COMMENT = re.compile(r"#[^\n]*")
_NETWORK = re.compile(r"(^|[\s}])(layers?|input)\s*[:{]")
_SOLVER = re.compile(r"(^|\s)(base_lr|train_net|lr_policy|max_iter)\s*:")
# Field numbers of Caffe's NetParameter: name, layers (V1), input, input_dim, force_backward, state, debug_info,
# input_shape, layer. Packed and plain numbers both occur for input_dim.
_NETWORK_FIELDS = {1: {LENGTH}, 2: {LENGTH}, 3: {LENGTH}, 4: {VARINT, LENGTH}, 5: {VARINT}, 6: {LENGTH}, 7: {VARINT},
                   8: {LENGTH}, 100: {LENGTH}}  # fmt: skip
_LAYER_FIELDS = {2, 100}
_NAME_PARTS = re.compile(r"[._-]?(deploy|train_?val|train_?test|iter_\d+|test|train)(?=$|[._-])|^(deploy)[._-]")


def sniff(path: Path) -> Sniff:
    """Judge by content: text with layers, or a binary network with layers."""
    head = read_head(path)
    if b"\x00" not in head:
        text = _COMMENT.sub("", head.decode("utf-8", errors="replace"))
        if _SOLVER.search(text) and not re.search(r"(^|[\s}])layers?\s*\{", text):
            return Sniff(fits=False, reason="is a Caffe solver, not a network")
        if _NETWORK.search(text) and re.search(r"layers?\s*\{", text):
            return Sniff(fits=True, reason="is text with Caffe layers")
    return _sniff_weights(path)


def main_file(path: Path) -> Path:
    """The .prototxt file that belongs to `path`, which may be either file of the pair.

    Raises:
        ModelNotFoundError: There is no network beside the weights.
        UsageError: Several networks could be meant.
    """
    if not _is_weights(path):
        return path
    networks = [file for file in _beside(path, ".prototxt") if sniff(file).fits]
    return _partner(path, networks, "network (.prototxt)")


def companions(path: Path) -> tuple[Path, ...]:
    """The .caffemodel file that belongs to the .prototxt file `path`.

    Raises:
        ModelNotFoundError: There are no weights beside the network.
        UsageError: Several files of weights could be meant.
    """
    return (_partner(path, _beside(path, ".caffemodel"), "weights (.caffemodel)"),)


def load(path: Path) -> FormatReading:
    """Read the network in the .prototxt file `path` with the weights beside it.

    Raises:
        BrokenModelError: One of the two files is damaged.
        UnsupportedModelError: A layer is of a type that has no translation.
    """
    from accubench.models.caffe import import_caffe

    (weights,) = companions(path)
    # Caffe's blobs are batch, channels, height, width by definition.
    return FormatReading(model=import_caffe(path, weights), stated_layout="NCHW")


def _is_weights(path: Path) -> bool:
    return path.suffix.lower() == ".caffemodel" or (path.suffix.lower() != ".prototxt" and _sniff_weights(path).fits)


def _sniff_weights(path: Path) -> Sniff:
    seen: set[int] = set()
    try:
        for field in wire_fields(map_file(path)):
            if field.wire_type == FIXED32 or field.wire_type not in _NETWORK_FIELDS.get(field.number, set()):
                return Sniff(fits=False, reason="is neither text with Caffe layers nor a binary Caffe network")
            seen.add(field.number)
    except WireError:
        if not seen:
            return Sniff(fits=False, reason="is neither text with Caffe layers nor a binary Caffe network")
    fits = bool(seen & _LAYER_FIELDS)
    return Sniff(fits=fits, reason="is a binary Caffe network" if fits else "is a Caffe network without layers")


def _beside(path: Path, suffix: str) -> list[Path]:
    return sorted(file for file in path.parent.iterdir() if file.suffix.lower() == suffix and file.is_file())


def _partner(path: Path, candidates: Iterable[Path], what: str) -> Path:
    """The one file that belongs to `path`: same name, else the same name without words such as deploy, else alone."""
    files = list(candidates)
    same_name = [file for file in files if file.stem == path.stem]
    related = [file for file in files if _bare_name(file) == _bare_name(path)]
    deploy = [file for file in files if "deploy" in file.stem.lower()]
    for choice in (same_name, _of_one(related, deploy), files if len(files) == 1 else [], deploy):
        if len(choice) == 1:
            return choice[0]
    if not files:
        raise ModelNotFoundError(
            f"{path} is one half of a Caffe model; there is no {what} beside it. Put both files into one folder."
        )
    names = ", ".join(file.name for file in files)
    raise UsageError(
        f"{path} is one half of a Caffe model, and several files beside it could be its {what}: {names}. "
        "Give the two that belong together the same name, or put them into a folder of their own."
    )


def _of_one(related: list[Path], deploy: list[Path]) -> list[Path]:
    """Of several related files, the one for deployment."""
    return related if len(related) == 1 else [file for file in related if file in deploy]


def _bare_name(path: Path) -> str:
    """A file's name without the words that only say what the network is for.

    >>> _bare_name(Path("bvlc_googlenet_deploy.prototxt")) == _bare_name(Path("bvlc_googlenet_iter_100.caffemodel"))
    True
    """
    return _NAME_PARTS.sub("", path.stem.lower()).strip("._-")
