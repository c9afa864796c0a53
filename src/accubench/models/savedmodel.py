"""TensorFlow SavedModel: a folder with the graph in ``saved_model.pb`` and its weights in ``variables``."""

from __future__ import annotations

import re
from pathlib import Path

from accubench.errors import BrokenModelError
from accubench.models.contract import FormatReading
from accubench.models.openvino_reading import convert_with_frontend
from accubench.models.protobuf_wire import LENGTH, VARINT, WireError, map_file, wire_fields
from accubench.models.savedmodel_graph import check_served_graph, has_variables
from accubench.models.tensor_bundle import check_index
from accubench.records.model import ModelFormat
from accubench.records.sniff import Sniff

__all__ = ["FORMAT", "SUFFIXES", "TITLE", "companions", "load", "main_file", "sniff"]

FORMAT: ModelFormat = "savedmodel"
TITLE = "TensorFlow SavedModel"
SUFFIXES = ("saved_model.pb",)

_VARIABLES = "variables"
_INDEX, _SHARD = "variables.index", re.compile(r"variables\.data-(\d{5})-of-(\d{5})")
# Field numbers of TensorFlow's SavedModel and of the MetaGraphDef inside it.
_VERSION, _META_GRAPH = 1, 2
_META_GRAPH_FIELDS = {1: LENGTH, 2: LENGTH, 3: LENGTH, 4: LENGTH, 5: LENGTH, 6: LENGTH, 7: LENGTH}


def sniff(path: Path) -> Sniff:
    """Judge by the fields of the file: version 1 of the format, then graphs with their signatures."""
    no = Sniff(fits=False, reason="does not have the fields of a SavedModel")
    begun = False
    try:
        for field in wire_fields(map_file(path)):
            if field.number == _VERSION and field.wire_type == VARINT and field.integer == 1:
                begun = True
            elif field.number != _META_GRAPH or field.wire_type != LENGTH or not _is_meta_graph(field.content):
                return no
    except WireError:
        pass  # cut off, which loading tells
    return Sniff(fits=True, reason="has the fields of a SavedModel") if begun else no


def main_file(path: Path) -> Path:
    """The file ``saved_model.pb``, also for a path of the variables."""
    is_variables = path.parent.name == _VARIABLES and (path.name == _INDEX or _SHARD.fullmatch(path.name))
    return path.parent.with_name(SUFFIXES[0]) if is_variables else path


def companions(path: Path) -> tuple[Path, ...]:
    """The files of the variables, the index first; none for a graph without variables.

    Raises:
        BrokenModelError: The graph has variables, and not all of their files are there.
    """
    if path.name != SUFFIXES[0]:
        raise BrokenModelError(
            f"{path} is the graph of a SavedModel under another name. Call it {SUFFIXES[0]} again, in the folder "
            f"that holds its {_VARIABLES}."
        )
    folder = path.with_name(_VARIABLES)
    index = folder / _INDEX
    if not index.is_file():
        if has_variables(path):
            raise _without_variables(path, f"{_VARIABLES}/{_INDEX}")
        return ()
    names = sorted(file.name for file in folder.iterdir())
    counts = {int(found[2]) for name in names if (found := _SHARD.fullmatch(name))}
    count = max(counts, default=1)
    shards = [f"variables.data-{number:05}-of-{count:05}" for number in range(count)]
    for shard in shards:
        if not (folder / shard).is_file():
            raise _without_variables(path, f"{_VARIABLES}/{shard}")
    return (index, *(folder / shard for shard in shards))


def load(path: Path) -> FormatReading:
    """Read the SavedModel whose graph is `path`: the signature ``serving_default`` of the graph tagged ``serve``.

    Raises:
        BrokenModelError: A file is cut off, damaged or missing.
        UnsupportedModelError: There is no such signature, it takes something else than pixels, or the graph holds an
            operation that OpenVINO does not have.
    """
    variables = companions(path)
    check_served_graph(path)
    if variables:
        check_index(variables[0], variables[1:])
    return FormatReading(model=convert_with_frontend("tf", path.parent))


def _is_meta_graph(content: memoryview) -> bool:
    """Whether the fields are those of a MetaGraphDef, as far as they can be read."""
    try:
        return all(_META_GRAPH_FIELDS.get(field.number) == field.wire_type for field in wire_fields(content))
    except WireError:
        return False


def _without_variables(path: Path, missing: str) -> BrokenModelError:
    return BrokenModelError(
        f"{path} has no weights: {missing} is missing beside it. A SavedModel is a folder: copy all of it."
    )
