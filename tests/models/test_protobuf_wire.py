from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import ModelProto

from accubench.models.locating import FORMATS
from accubench.models.protobuf_wire import WireError, map_file, wire_fields


@given(
    version=st.integers(-(2**63), 2**63 - 1),
    producer=st.text(max_size=300),
    entries=st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=5),
)
def test_fields_are_those_that_protobuf_wrote(version: int, producer: str, entries: dict[str, str]) -> None:
    message = ModelProto(model_version=version, producer_name=producer)
    for key, value in entries.items():
        message.metadata_props.add(key=key, value=value)
    fields = list(wire_fields(memoryview(message.SerializeToString())))
    numbers = {field.number: field for field in fields}
    assert numbers[5].integer == version % 2**64
    assert numbers[2].text == producer
    pairs = [{part.number: part.text for part in wire_fields(field.content)} for field in fields if field.number == 14]
    assert {pair.get(1, ""): pair.get(2, "") for pair in pairs} == entries


@given(st.binary(max_size=100))
def test_any_bytes_are_fields_or_a_wire_error(content: bytes) -> None:
    with contextlib.suppress(WireError):
        assert sum(len(field.content) for field in wire_fields(memoryview(content))) <= len(content)


@given(st.binary(max_size=200))
def test_sniffing_never_raises(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "content"
        path.write_bytes(content)
        for form in FORMATS:
            assert form.sniff(path).reason


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x80", "within a number"),
        (b"\xff" * 11, "64 bits"),
        (b"\x0a\x05ab", "5 bytes, but only 2"),
        (b"\x02", "field 0"),
        (b"\x0b", "impossible type 3"),
    ],
)
def test_errors_say_what_is_wrong(content: bytes, words: str) -> None:
    with pytest.raises(WireError, match=words):
        list(wire_fields(memoryview(content)))


def test_an_empty_file_is_an_empty_view(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert len(map_file(tmp_path / "empty")) == 0
