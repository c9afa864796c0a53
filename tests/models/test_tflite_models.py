from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_specimens import FIXTURES

from accubench.errors import BrokenModelError, UnsupportedModelError
from accubench.models import load_model, tflite
from accubench.models.flatbuffer import FlatbufferError, Table, root_table
from accubench.models.openvino_runtime import load_openvino
from accubench.models.tflite_metadata import tflite_facts
from accubench.models.tflite_structure import check_structure


@pytest.mark.parametrize("kind", ["float", "uint8"])
def test_scores_are_those_of_tensorflow_lites_own_interpreter(kind: str) -> None:
    loaded = load_model(FIXTURES / f"tiny_{kind}.tflite")
    recorded = np.load(FIXTURES / "tiny_scores.npz")
    compiled = load_openvino().Core().compile_model(loaded.model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    scores = compiled(recorded["image"].astype(loaded.description.input.dtype))[0]
    tolerance = 1e-5 if kind == "float" else 1  # one step of the 8-bit output
    np.testing.assert_allclose(scores.astype(float), recorded[f"{kind}_scores"].astype(float), atol=tolerance)


def test_quantization_and_metadata_are_read() -> None:
    description = load_model(FIXTURES / "tiny_uint8.tflite").description
    assert description.input.quantization is not None
    assert description.scores.quantization is not None
    assert (description.scores.quantization.scale, description.scores.quantization.zero_point) == (1 / 256, 0)
    metadata = description.metadata
    assert (metadata.color, metadata.mean, metadata.scale) == ("RGB", (127.5,), (127.5,))
    assert metadata.origins["mean"] == "TFLite metadata NormalizationOptions"
    assert description.class_names is not None
    assert description.class_names.names == ("background", "red", "green", "blue", "grey")
    assert description.background_class
    assert "'background'" in description.background_reason


def test_a_float_model_has_no_quantization_and_no_metadata() -> None:
    description = load_model(FIXTURES / "tiny_float.tflite").description
    assert description.input.quantization is None
    assert description.metadata.origins == {}
    assert description.class_names is None


def test_a_label_file_that_cannot_be_unpacked_is_noted(tmp_path: Path) -> None:
    content = (FIXTURES / "tiny_uint8.tflite").read_bytes()
    path = tmp_path / "tiny.tflite"
    path.write_bytes(content[: content.index(b"PK\x03\x04")])
    description = load_model(path).description
    assert description.class_names is None
    assert "labels.txt" in description.notes[0]


def test_any_damage_to_the_packed_label_file_is_noted(tmp_path: Path) -> None:
    content = (FIXTURES / "tiny_uint8.tflite").read_bytes()
    path = tmp_path / "tiny.tflite"
    begin = content.index(b"PK\x03\x04")
    told: set[str] = set()
    for position in range(begin, len(content)):
        changed = bytearray(content)
        changed[position] ^= 0xFF
        path.write_bytes(changed)
        facts = tflite_facts(root_table(memoryview(content)), path)
        assert facts.class_names or any("labels.txt" in note and not note.endswith(": .") for note in facts.notes)
        told.update(facts.notes)
    assert len(told) > 5


def test_a_mark_without_a_model_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "a.tflite"
    path.write_bytes(struct.pack("<I", 16) + b"TFL3" + b"\xff" * 100)
    with pytest.raises(BrokenModelError, match=r"a\.tflite"):
        load_model(path)


def test_a_name_that_is_no_text_is_broken(tmp_path: Path) -> None:
    content = (FIXTURES / "tiny_float.tflite").read_bytes()
    path = tmp_path / "named.tflite"
    path.write_bytes(content.replace(b"serving_default_image", b"serving_\xffefault_image"))
    with pytest.raises(BrokenModelError, match=r"named\.tflite"):
        load_model(path)


def weights(model: Table) -> Table:
    return next(tensor for tensor in model.tables(2)[0].tables(0) if tensor.numbers(0, "i") == (4, 3, 3, 3))


def an_element(table: Table, field: int, position: int) -> int:
    """Where an element of four bytes stands in a vector of the table."""
    vector = table._vector(field, 4)
    assert vector is not None
    return vector[0] + 4 * position


def a_field(table: Table, field: int) -> int:
    place = table._place(field)
    assert place is not None
    return place


@pytest.mark.parametrize(
    ("place_in", "number", "words"),
    [
        (lambda model: an_element(weights(model), 0, 3), -8454141, r"shape \[4, 3, 3, -8454141\]"),
        (lambda model: an_element(weights(model), 0, 3), -1, "it needs"),
        (lambda model: an_element(weights(model), 0, 3), 1 << 20, "it needs 150,994,944"),
        (lambda model: an_element(weights(model), 0, 3), 0, "it needs 0"),
        (lambda model: an_element(weights(model), 0, 3), 2, "weights for 2 channels and an image of 3"),
        (lambda model: an_element(model.tables(2)[0].tables(0)[0], 0, 3), 0, "3 channels and an image of 0"),
        (lambda model: a_field(weights(model), 2), 1 << 30, "in buffer 1073741824 of"),
        (lambda model: an_element(model.tables(2)[0], 1, 0), 99, "names tensors"),
        (lambda model: an_element(model.tables(2)[0].tables(3)[0], 1, 0), 1 << 20, "names tensors"),
        (lambda model: an_element(model.tables(2)[0].tables(3)[0], 2, 0), -1, "names tensors"),
        (lambda model: an_element(model.tables(2)[0].tables(3)[0], 2, 0), 0, "filled or read before"),
        (lambda model: an_element(model.tables(2)[0].tables(3)[1], 2, 0), 6, "filled or read before"),
        (lambda model: a_field(model.tables(2)[0].tables(3)[1], 0), 99, "does not list"),
        (lambda model: model.tables(2)[0].tables(3)[0].table(4).position, 1 << 20, "outside the file"),
    ],
)  # fmt: skip
def test_what_openvino_would_take_on_trust_is_looked_at(
    tmp_path: Path, place_in: Callable[[Table], int], number: int, words: str
) -> None:
    content = bytearray((FIXTURES / "tiny_float.tflite").read_bytes())
    place = place_in(root_table(memoryview(bytes(content))))
    content[place : place + 4] = struct.pack("<i", number)
    path = tmp_path / "changed.tflite"
    path.write_bytes(content)
    with pytest.raises(BrokenModelError, match=words):
        load_model(path)


def test_an_operation_that_openvino_lacks_is_unsupported_or_broken(tmp_path: Path) -> None:
    content = (FIXTURES / "tiny_float.tflite").read_bytes()
    model = root_table(memoryview(content))
    code = next(code for code in model.tables(1) if code.number(3, "i") == 25)  # SOFTMAX
    place = code._place(3)
    assert place is not None
    changed = bytearray(content)
    changed[place : place + 4] = struct.pack("<i", 32)  # CUSTOM
    deprecated = code._place(0)
    assert deprecated is not None
    changed[deprecated] = 32
    path = tmp_path / "custom.tflite"
    path.write_bytes(bytes(changed))
    with pytest.raises((UnsupportedModelError, BrokenModelError), match=r"custom\.tflite"):
        load_model(path)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3788), st.integers(0, 255)), min_size=1, max_size=8))
def test_our_reader_survives_any_damage_with_its_own_error_only(changes: list[tuple[int, int]]) -> None:
    content = bytearray((FIXTURES / "tiny_uint8.tflite").read_bytes())
    for position, value in changes:
        content[position] = value
    try:
        model = root_table(memoryview(bytes(content)))
        check_structure(model)
        tflite._quantization(model.tables(2)[0])
        tflite_facts(model, FIXTURES / "tiny_uint8.tflite")
    except FlatbufferError:
        pass


@given(st.binary(max_size=200))
def test_any_bytes_are_a_flatbuffer_or_a_flatbuffer_error(content: bytes) -> None:
    try:
        table = root_table(memoryview(content))
        table.tables(2)
        table.text(0)
        table.numbers(1, "q")
    except FlatbufferError:
        pass
