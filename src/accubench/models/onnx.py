"""ONNX: one protobuf file, sometimes with weights in further files beside it."""

from __future__ import annotations

from pathlib import Path

from accubench.errors import BrokenModelError, UnsupportedModelError
from accubench.models.contract import FormatReading
from accubench.models.onnx_metadata import onnx_facts
from accubench.models.onnx_structure import check_inputs
from accubench.models.openvino_reading import convert_with_frontend
from accubench.models.protobuf_wire import LENGTH, VARINT, WireError, WireField, map_file, wire_fields
from accubench.records.model import ModelFormat
from accubench.records.sniff import Sniff

__all__ = ["FORMAT", "SUFFIXES", "TITLE", "companions", "load", "main_file", "sniff"]

FORMAT: ModelFormat = "onnx"
TITLE = "ONNX"
SUFFIXES = (".onnx",)

# Field numbers of onnx.proto3; ModelProto is the file itself.
_IR_VERSION, _GRAPH, _METADATA = 1, 7, 14
_MODEL_FIELDS = {
    1: VARINT, 2: LENGTH, 3: LENGTH, 4: LENGTH, 5: VARINT, 6: LENGTH, 7: LENGTH, 8: LENGTH, 14: LENGTH, 20: LENGTH,
    25: LENGTH, 26: LENGTH,
}  # fmt: skip
_OLDEST_IR_VERSION = 3
"""Earlier ones, of 2017, had no sets of operators; a TensorFlow SavedModel begins with version 1."""
_GRAPH_NODE, _GRAPH_INITIALIZER = 1, 5
_TENSOR_EXTERNAL_DATA = 13
_KEY, _VALUE = 1, 2


def sniff(path: Path) -> Sniff:
    """Judge by the fields of the file: those of an ONNX ModelProto, of the right types."""
    seen: set[int] = set()
    try:
        for field in wire_fields(map_file(path)):
            if _MODEL_FIELDS.get(field.number) != field.wire_type:
                return Sniff(fits=False, reason="does not have the fields of an ONNX model")
            if field.number == _IR_VERSION and field.integer < _OLDEST_IR_VERSION:
                return Sniff(fits=False, reason=f"begins with version {field.integer}, which no ONNX model has")
            seen.add(field.number)
    except WireError:
        if _IR_VERSION not in seen:
            return Sniff(fits=False, reason="does not have the fields of an ONNX model")
    fits = _GRAPH in seen or _IR_VERSION in seen
    return Sniff(fits=fits, reason="has the fields of an ONNX model" if fits else "has no ONNX version and no graph")


def main_file(path: Path) -> Path:
    """The file itself."""
    return path


def companions(path: Path) -> tuple[Path, ...]:
    """The files that hold weights outside the model, in the order of their names.

    Raises:
        BrokenModelError: The file is damaged, or such a file is missing.
        UnsupportedModelError: Such a file lies in another folder than the model.
    """
    return tuple(_external_file(path, location) for location in sorted(_external_locations(path)))


def load(path: Path) -> FormatReading:
    """Read the ONNX file `path`.

    Raises:
        BrokenModelError: The file is cut off or damaged, or weights beside it are missing.
        UnsupportedModelError: It holds an operation that OpenVINO does not have.
    """
    companions(path)  # missing or far-away weights have better messages here than in OpenVINO
    try:
        check_inputs(map_file(path))
    except WireError as error:
        raise BrokenModelError(f"{path} is damaged or cut off: {error}. Fetch or export the file again.") from error
    return FormatReading(model=convert_with_frontend("onnx", path), facts=onnx_facts(_metadata(path)))


def _metadata(path: Path) -> dict[str, str]:
    entries = (field.content for field in _model_fields(path) if field.number == _METADATA)
    return dict(_key_value(entry) for entry in entries)


def _key_value(entry: memoryview) -> tuple[str, str]:
    """The two texts of a StringStringEntryProto."""
    texts = {field.number: field.text for field in wire_fields(entry)}
    return texts.get(_KEY, ""), texts.get(_VALUE, "")


def _model_fields(path: Path) -> list[WireField]:
    try:
        fields = list(wire_fields(map_file(path)))
    except WireError as error:
        raise BrokenModelError(f"{path} is damaged or cut off: {error}. Fetch or export the file again.") from error
    if not any(field.number == _GRAPH and field.wire_type == LENGTH for field in fields):
        raise BrokenModelError(f"{path} is an ONNX file without a graph. Fetch or export the file again.")
    return fields


def _external_locations(path: Path) -> set[str]:
    """Names of the files that hold weights of the graph, as the model writes them."""
    graph = next(field.content for field in _model_fields(path) if field.number == _GRAPH)
    locations: set[str] = set()
    try:
        for field in wire_fields(graph):
            if field.number == _GRAPH_INITIALIZER and field.wire_type == LENGTH:
                entries = (part for part in wire_fields(field.content) if part.number == _TENSOR_EXTERNAL_DATA)
                locations |= {text for key, text in (_key_value(part.content) for part in entries) if key == "location"}
    except WireError as error:
        raise BrokenModelError(f"{path} is damaged: its graph cannot be read ({error}).") from error
    return locations


def _external_file(path: Path, location: str) -> Path:
    if Path(location).name != location or location in {"", ".."}:
        raise UnsupportedModelError(
            f"{path} keeps weights in '{location}', which is not in the model's own folder. "
            "Save it again with its weights beside it: onnx.save_model(model, path, save_as_external_data=True)."
        )
    file = path.parent / location
    if not file.is_file():
        raise BrokenModelError(
            f"{path} keeps weights in the file '{location}', which is missing beside it. Copy both files."
        )
    return file
