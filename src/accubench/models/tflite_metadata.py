"""TFLite Metadata: a second flatbuffer inside a TensorFlow Lite file, and files in a zip at its end.

The tables are described at https://ai.google.dev/edge/litert/models/metadata.
"""

from __future__ import annotations

import ast
import json
import zipfile
from pathlib import Path
from typing import Any, cast

from accubench.models.claims import Claims, combine_metadata
from accubench.models.contract import StatedFacts
from accubench.models.flatbuffer import FlatbufferError, Table, file_mark, root_table
from accubench.models.ultralytics import ultralytics_facts
from accubench.models.zip_damage import ZIP_DAMAGE
from accubench.records.class_names import ClassNames

__all__ = ["tflite_facts"]

_BUFFER_NAME = "TFLITE_METADATA"
_MARK = b"M001"
# Field numbers of the tables in the two schemas.
_MODEL_BUFFERS, _MODEL_METADATA = 4, 6
_ENTRY_NAME, _ENTRY_BUFFER, _BUFFER_DATA = 0, 1, 0
_METADATA_SUBGRAPHS, _SUBGRAPH_INPUTS, _SUBGRAPH_OUTPUTS = 3, 2, 3
_TENSOR_CONTENT, _TENSOR_UNITS, _TENSOR_FILES = 3, 4, 6
_CONTENT_TYPE, _CONTENT_PROPERTIES, _IMAGE_COLOR = 0, 1, 0
_UNIT_TYPE, _UNIT_OPTIONS, _NORMALIZATION_MEAN, _NORMALIZATION_STD = 0, 1, 0, 1
_FILE_NAME, _FILE_TYPE = 0, 2
_IMAGE_PROPERTIES, _NORMALIZATION_OPTIONS = 2, 1
_AXIS_LABELS, _VALUE_LABELS = 2, 3
_COLORS = {1: "RGB", 2: "gray"}
_LARGEST_LABEL_FILE = 4_000_000


def tflite_facts(model: Table, path: Path) -> StatedFacts:
    """Read the metadata of a TensorFlow Lite file.

    Args:
        model: The root table of the file.
        path: The file itself, for the zip at its end.
    """
    claims = Claims()
    names = None
    try:
        tensors = _described_tensors(model)
        if tensors is not None:
            first_input, first_output = tensors
            _image_facts(claims, first_input)
            names = _class_names(claims, first_output, path)
    except FlatbufferError as error:
        claims.ignore("TFLite metadata", str(error))
    own = StatedFacts(metadata=claims.metadata(), class_names=names, notes=tuple(claims.notes))
    packed = _ultralytics_facts(path)
    return StatedFacts(
        metadata=combine_metadata([packed.metadata, own.metadata]),
        class_names=packed.class_names or own.class_names,
        notes=(*packed.notes, *own.notes),
    )


def _described_tensors(model: Table) -> tuple[Table | None, Table | None] | None:
    """What the metadata says of the first input and the first output; None without metadata."""
    buffers = model.tables(_MODEL_BUFFERS)
    for entry in model.tables(_MODEL_METADATA):
        index = int(entry.number(_ENTRY_BUFFER, "I"))
        if entry.text(_ENTRY_NAME) == _BUFFER_NAME and index < len(buffers):
            content = buffers[index].content(_BUFFER_DATA)
            if file_mark(bytes(content[:8])) != _MARK:
                raise FlatbufferError("it does not have the mark M001")
            subgraphs = root_table(content).tables(_METADATA_SUBGRAPHS)
            if not subgraphs:
                return None
            inputs, outputs = subgraphs[0].tables(_SUBGRAPH_INPUTS), subgraphs[0].tables(_SUBGRAPH_OUTPUTS)
            return (inputs[0] if inputs else None, outputs[0] if outputs else None)
    return None


def _image_facts(claims: Claims, tensor: Table | None) -> None:
    if tensor is None:
        return
    content = tensor.table(_TENSOR_CONTENT)
    if content is not None and content.number(_CONTENT_TYPE, "B") == _IMAGE_PROPERTIES:
        properties = content.table(_CONTENT_PROPERTIES)
        color = int(properties.number(_IMAGE_COLOR, "b")) if properties is not None else 0
        if color in _COLORS:
            claims.set("color", _COLORS[color], "TFLite metadata ImageProperties")
    for unit in tensor.tables(_TENSOR_UNITS):
        options = unit.table(_UNIT_OPTIONS)
        if unit.number(_UNIT_TYPE, "B") == _NORMALIZATION_OPTIONS and options is not None:
            mean = options.numbers(_NORMALIZATION_MEAN, "f")
            scale = options.numbers(_NORMALIZATION_STD, "f")
            claims.set("mean", mean or None, "TFLite metadata NormalizationOptions")
            claims.set("scale", scale or None, "TFLite metadata NormalizationOptions")


def _class_names(claims: Claims, tensor: Table | None, path: Path) -> ClassNames | None:
    """The first label file of the output, out of the zip that is appended to the model."""
    for file in tensor.tables(_TENSOR_FILES) if tensor is not None else ():
        if int(file.number(_FILE_TYPE, "b")) in {_AXIS_LABELS, _VALUE_LABELS}:
            name = file.text(_FILE_NAME)
            try:
                lines = _packed_text(path, name).splitlines()
            except (KeyError, *ZIP_DAMAGE) as error:
                claims.ignore(f"the label file '{name}' of the TFLite metadata", str(error) or "it is cut off")
                continue
            names = tuple(line.strip() for line in lines if line.strip())
            if names:
                return ClassNames(names=names, origin=f"TFLite metadata '{name}'")
    return None


def _ultralytics_facts(path: Path) -> StatedFacts:
    """What Ultralytics packed into the zip: JSON, or before version 8.4 the text of a Python dictionary."""
    for name, parse in {"metadata.json": json.loads, "temp_meta.txt": ast.literal_eval}.items():
        try:
            entries = parse(_packed_text(path, name))
        except (OSError, KeyError, zipfile.BadZipFile):
            continue  # no zip, or no such file in it
        except (*ZIP_DAMAGE, SyntaxError, MemoryError, RecursionError) as error:
            return StatedFacts(
                notes=(f"'{name}' in the zip of the model is ignored: {str(error).rstrip('.') or 'it is cut off'}.",)
            )
        if isinstance(entries, dict):
            return ultralytics_facts(cast("dict[str, Any]", entries), origin=name)
    return StatedFacts()


def _packed_text(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as archive, archive.open(name) as file:
        content = file.read(_LARGEST_LABEL_FILE + 1)
    if len(content) > _LARGEST_LABEL_FILE:
        raise ValueError(f"it is larger than {_LARGEST_LABEL_FILE} bytes")
    return content.decode("utf-8-sig")
