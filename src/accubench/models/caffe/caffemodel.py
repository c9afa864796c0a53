"""Weights from a `.caffemodel`: blobs by layer name, read with protobuf from a schema built at run time.

Only the messages on the way to the numbers are described, with Caffe's field numbers; everything else in the file (the
network as it was trained, with whatever fields a fork of Caffe added) is passed over as unknown fields.
A blob's numbers are declared as *bytes* although Caffe declares packed floats: both look the same in the file, and
numpy reads the bytes of a million floats at once where protobuf's Python would hand out a million objects.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from numpy.typing import NDArray

from accubench.errors import BrokenModelError, UnsupportedModelError

__all__ = ["MESSAGES", "PACKAGE", "Blob", "message_classes", "read_caffemodel"]

PACKAGE = "accubench.caffe"
MESSAGES: Mapping[str, tuple[tuple[int, str, str], ...]] = {
    "NetParameter": ((1, "name", "bytes"), (2, "layers", "V1LayerParameter*"), (100, "layer", "LayerParameter*")),
    "LayerParameter": ((1, "name", "bytes"), (7, "blobs", "BlobProto*")),
    "V1LayerParameter": ((1, "layer", "V0LayerParameter"), (4, "name", "bytes"), (6, "blobs", "BlobProto*")),
    "V0LayerParameter": ((1, "name", "bytes"), (50, "blobs", "BlobProto*")),
    "BlobProto": (
        (1, "num", "int64"),
        (2, "channels", "int64"),
        (3, "height", "int64"),
        (4, "width", "int64"),
        (5, "data", "bytes*"),
        (7, "shape", "BlobShape"),
        (8, "double_data", "bytes*"),
        (10, "raw_data_type", "int64"),
        (12, "raw_data", "bytes"),
    ),
    "BlobShape": ((1, "dim", "int64*"),),
}
"""Fields by message: number, name and type; a star marks repeated fields."""

_RAW_TYPES = {0: np.dtype("<f8"), 1: np.dtype("<f4"), 2: np.dtype("<f2")}
_LEGACY_SIZES = ("num", "channels", "height", "width")
_FIXED64, _FIXED32 = 1, 5
_FOREIGN = {
    b"\x89HDF": "an HDF5 file; AccuBench reads caffemodels in Caffe's binary protobuf form. Caffe writes it with "
    "`snapshot_format: BINARYPROTO`",
    b"version https://git-lfs": "a Git LFS pointer, not the weights themselves. Fetch them with `git lfs pull`",
    b"<!DOCTYPE": "a web page, not weights. Download the file again, from its direct address",
    b"<html": "a web page, not weights. Download the file again, from its direct address",
}


@dataclass(frozen=True, slots=True)
class Blob:
    """One array of weights; its numbers are read when they are asked for."""

    shape: tuple[int, ...]
    """Sizes by axis as the file gives them; always four in files of the older formats."""
    message: Any

    def values(self) -> NDArray[np.float32]:
        """All numbers, flat, in the order of the file.

        Raises:
            ValueError: Their count is not that of the shape, or they are not stored as Caffe stores them.
        """
        values = _numbers(self.message)
        if values.size != math.prod(self.shape):
            raise ValueError(f"a blob of shape {self.shape} holds {values.size:,} numbers")
        return values


def read_caffemodel(caffemodel: Path) -> dict[str, list[tuple[Blob, ...]]]:
    """Read a caffemodel of any of Caffe's formats.

    Returns:
        By layer name the blobs of each layer of that name; layers without blobs are left out.

    Raises:
        BrokenModelError: The file cannot be read or is no caffemodel.
        UnsupportedModelError: The file is HDF5.
    """
    try:
        content = caffemodel.read_bytes()
    except OSError as error:
        raise BrokenModelError(f"{caffemodel} cannot be read: {error.strerror or error}.") from error
    for magic, description in _FOREIGN.items():
        if content.startswith(magic):
            kind = UnsupportedModelError if magic.startswith(b"\x89") else BrokenModelError
            raise kind(f"{caffemodel} is {description}.")
    try:
        network = message_classes()["NetParameter"].FromString(content)
    except DecodeError as error:
        raise BrokenModelError(
            f"{caffemodel} is not a whole caffemodel: its {len(content):,} bytes cannot be decoded. "
            "Compare its size with the original; a download may have been cut off."
        ) from error
    if not network.layer and not network.layers:
        raise BrokenModelError(f"{caffemodel} holds no layers; it is no caffemodel, or an empty one.")
    found: dict[str, list[tuple[Blob, ...]]] = {}
    for name, blobs in _layers(network):
        if blobs:
            found.setdefault(name, []).append(blobs)
    return found


def _layers(network: Any) -> Iterator[tuple[str, tuple[Blob, ...]]]:
    oldest = (layer.layer if layer.HasField("layer") else layer for layer in network.layers)
    for layer in (*network.layer, *oldest):
        yield layer.name.decode(errors="replace"), tuple(Blob(_shape(blob), blob) for blob in layer.blobs)


def _shape(blob: Any) -> tuple[int, ...]:
    if any(blob.HasField(name) for name in _LEGACY_SIZES):
        return tuple(getattr(blob, name) for name in _LEGACY_SIZES)
    return tuple(blob.shape.dim)


def _numbers(blob: Any) -> NDArray[np.float32]:
    """The numbers of a blob, whichever of its fields holds them."""
    if blob.HasField("raw_data"):
        if blob.raw_data_type not in _RAW_TYPES:
            raise ValueError(f"a blob has raw data of the unknown type {blob.raw_data_type}")
        return _joined([blob.raw_data], _RAW_TYPES[blob.raw_data_type])
    if blob.data:
        return _joined(blob.data, np.dtype("<f4"))
    if blob.double_data:
        return _joined(blob.double_data, np.dtype("<f8"))
    single = _unpacked(blob, 5, _FIXED32, "<u4", "<f4")
    return single if single.size else _unpacked(blob, 8, _FIXED64, "<u8", "<f8")


def _joined(chunks: Sequence[bytes], dtype: np.dtype[Any]) -> NDArray[np.float32]:
    content = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    if len(content) % dtype.itemsize:
        raise ValueError(f"a blob ends inside of a number ({len(content):,} bytes of {dtype.itemsize} each)")
    return np.frombuffer(content, dtype).astype(np.float32, copy=False)


def _unpacked(blob: Any, number: int, wire_type: int, integer: str, real: str) -> NDArray[np.float32]:
    """Numbers that stand one by one, as files of 2013 have them; for protobuf they are unknown fields."""
    bits = [
        field.data for field in UnknownFieldSet(blob) if (field.field_number, field.wire_type) == (number, wire_type)
    ]
    return np.array(bits, integer).view(real).astype(np.float32, copy=False)


@functools.cache
def message_classes() -> dict[str, Any]:
    """The classes of the messages of `MESSAGES`, by name, built once."""
    file = descriptor_pb2.FileDescriptorProto(name="accubench/caffe.proto", package=PACKAGE, syntax="proto2")
    kinds = descriptor_pb2.FieldDescriptorProto
    for message_name, message_fields in MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for number, name, declared in message_fields:
            type_name = declared.rstrip("*")
            field = message.field.add(name=name, number=number)
            field.label = kinds.LABEL_REPEATED if declared.endswith("*") else kinds.LABEL_OPTIONAL
            if type_name in MESSAGES:
                field.type, field.type_name = kinds.TYPE_MESSAGE, f".{PACKAGE}.{type_name}"
            else:
                field.type = kinds.TYPE_BYTES if type_name == "bytes" else kinds.TYPE_INT64
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in MESSAGES}
