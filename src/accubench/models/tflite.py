"""TensorFlow Lite (LiteRT): one flatbuffer file, with optional metadata inside."""

from __future__ import annotations

from pathlib import Path

from accubench.errors import BrokenModelError
from accubench.models.contract import FormatReading, read_head
from accubench.models.flatbuffer import FlatbufferError, Table, file_mark, root_table
from accubench.models.openvino_reading import convert_with_frontend
from accubench.models.protobuf_wire import map_file
from accubench.models.tflite_metadata import tflite_facts
from accubench.models.tflite_structure import check_structure
from accubench.records.model import ModelFormat, Quantization
from accubench.records.sniff import Sniff

__all__ = ["FORMAT", "SUFFIXES", "TITLE", "companions", "load", "main_file", "sniff"]

FORMAT: ModelFormat = "tflite"
TITLE = "TensorFlow Lite"
SUFFIXES = (".tflite",)

_MARK = b"TFL3"
# Field numbers of the tables in TensorFlow Lite's schema.
_MODEL_SUBGRAPHS = 2
_SUBGRAPH_TENSORS, _SUBGRAPH_INPUTS, _SUBGRAPH_OUTPUTS = 0, 1, 2
_TENSOR_NAME, _TENSOR_QUANTIZATION = 3, 4
_QUANTIZATION_SCALE, _QUANTIZATION_ZERO_POINT = 2, 3


def sniff(path: Path) -> Sniff:
    """Judge by the mark ``TFL3`` in bytes 4 to 7."""
    fits = file_mark(read_head(path, 8)) == _MARK
    return Sniff(fits=fits, reason="has the mark TFL3" if fits else "does not have the mark TFL3 in bytes 4 to 7")


def main_file(path: Path) -> Path:
    """The file itself."""
    return path


def companions(path: Path) -> tuple[Path, ...]:
    """None: a TensorFlow Lite model is one file."""
    _ = path
    return ()


def load(path: Path) -> FormatReading:
    """Read the TensorFlow Lite file `path`.

    Raises:
        BrokenModelError: The file is cut off or damaged.
        UnsupportedModelError: It holds an operation that OpenVINO does not have.
    """
    buffer = map_file(path)
    try:
        model = root_table(buffer)
        check_structure(model)
        quantization = _quantization(model.tables(_MODEL_SUBGRAPHS)[0])
        facts = tflite_facts(model, path)
    except FlatbufferError as error:
        raise BrokenModelError(f"{path} is damaged or cut off: {error}. Fetch or export the file again.") from error
    return FormatReading(model=convert_with_frontend("tflite", path), facts=facts, quantization=quantization)


def _quantization(subgraph: Table) -> dict[str, Quantization]:
    """What the integers of inputs and outputs mean, by tensor name, where one scale holds for the whole tensor."""
    tensors = subgraph.tables(_SUBGRAPH_TENSORS)
    found: dict[str, Quantization] = {}
    for index in subgraph.numbers(_SUBGRAPH_INPUTS, "i") + subgraph.numbers(_SUBGRAPH_OUTPUTS, "i"):
        tensor = tensors[int(index)]
        parameters = tensor.table(_TENSOR_QUANTIZATION)
        if parameters is None:
            continue
        scales = parameters.numbers(_QUANTIZATION_SCALE, "f")
        zero_points = parameters.numbers(_QUANTIZATION_ZERO_POINT, "q") or (0,) * len(scales)
        if len(scales) == 1 and len(zero_points) == 1 and scales[0] > 0:
            found[tensor.text(_TENSOR_NAME)] = Quantization(scale=scales[0], zero_point=int(zero_points[0]))
    return found
