from __future__ import annotations

import re
import shutil
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_specimens import FIXTURES, unpacked

from accubench.errors import BrokenModelError, ModelError, UnknownModelFormatError, UnsupportedModelError, UsageError
from accubench.models import load_model, model_files
from accubench.models.locating import locate_model
from accubench.models.openvino_runtime import load_openvino
from accubench.models.savedmodel_graph import check_served_graph
from accubench.models.tensor_bundle import check_index, checksum

SAVED = ("keras_export", "keras_saved", "keras_rescaling", "keras_normalization", "module", "several_signatures")


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Path]:
    """Unpacks a SavedModel of the fixtures into a folder of its own."""

    def unpack(name: str) -> Path:
        (tmp_path / name).mkdir()
        unpacked(name)(tmp_path / name)
        return tmp_path / name

    return unpack


@pytest.mark.parametrize("name", SAVED)
def test_scores_of_every_image_are_those_of_tensorflow(make: Callable[[str], Path], name: str) -> None:
    expected = np.load(FIXTURES / "savedmodel_scores.npz")
    loaded = load_model(make(name))
    compiled = load_openvino().Core().compile_model(loaded.model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for image, scores in zip(expected["images"], expected[name], strict=True):
        pixels = image[None].astype(loaded.description.input.dtype)
        found = compiled(pixels)[loaded.description.scores_output][0]
        np.testing.assert_allclose(found, scores, rtol=1e-5, atol=1e-6)


def test_the_names_of_the_signature_are_those_of_the_description(make: Callable[[str], Path]) -> None:
    description = load_model(make("module")).description
    assert (description.input.name, description.scores_output) == ("image", "logits")
    assert (description.input.dtype, description.score_kind) == ("uint8", "logits")
    assert description.weight_precisions == {"float32": 128}


def test_files_are_the_graph_then_the_variables_with_their_folder(make: Callable[[str], Path]) -> None:
    folder = make("keras_export")
    names = ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"]
    for path in (folder, *(folder / name for name in names)):
        assert [str(file.relative_to(folder)) for file in model_files(path)] == names


def test_links_to_the_files_are_followed_as_caches_of_hugging_face_have_them(
    make: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = make("keras_export")
    linked = tmp_path / "linked"
    (linked / "variables").mkdir(parents=True)
    for file in model_files(folder):
        (linked / file.relative_to(folder)).symlink_to(file)
    assert load_model(linked).description == load_model(folder).description


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("two_inputs", r"2 inputs \('mask'.*'image'|2 inputs \('image'.*'mask'"),
        ("two_outputs", "'first'.*'second'"),
        ("text_input", "text or encoded images as its input 'content'"),
        ("other_signature", r"no signature 'serving_default'.*its signatures are: 'predict'"),
    ],
)
def test_a_signature_that_is_no_classifier_of_pixels_is_refused(
    make: Callable[[str], Path], name: str, words: str
) -> None:
    with pytest.raises(UnsupportedModelError, match=words):
        load_model(make(name))


def test_of_two_outputs_the_named_one_is_taken(make: Callable[[str], Path]) -> None:
    folder = make("two_outputs")
    assert load_model(folder, scores_output="second").description.scores_output == "second"
    with pytest.raises(UsageError, match=r"'first'.*'second'"):
        load_model(folder, scores_output="third")


@pytest.mark.parametrize("name", ["variables.index", "variables.data-00000-of-00001"])
def test_missing_variables_are_named(make: Callable[[str], Path], name: str) -> None:
    folder = make("keras_export")
    (folder / "variables" / name).unlink()
    with pytest.raises(BrokenModelError, match=f"variables/{name} is missing"):
        load_model(folder)


@pytest.mark.parametrize("loop", ["variables", "variables/variables.index"])
def test_links_that_lead_to_themselves_are_missing_files(make: Callable[[str], Path], loop: str) -> None:
    folder = make("keras_export")
    place = folder / loop
    if place.is_dir():
        shutil.rmtree(place)
        place.symlink_to(folder)
    else:
        place.unlink()
        place.symlink_to(place.name)
    with pytest.raises(BrokenModelError, match=r"variables/variables\.index is missing"):
        load_model(folder)


@pytest.mark.parametrize("name", ["variables.index", "variables.data-00000-of-00001"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_variables_that_are_cut_off_are_broken(make: Callable[[str], Path], name: str, share: float) -> None:
    file = make("keras_export") / "variables" / name
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with pytest.raises(BrokenModelError, match="keras_export"):
        load_model(file.parents[1])


def test_a_graph_without_variables_needs_no_files_of_them(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(saved_model(node("only", "Const")))
    assert model_files(tmp_path) == (tmp_path / "saved_model.pb",)


def test_the_graph_under_another_name_is_told_its_own(make: Callable[[str], Path]) -> None:
    path = make("keras_export") / "saved_model.pb"
    renamed = path.rename(path.with_name("classifier.pb"))
    with pytest.raises(BrokenModelError, match=r"Call it saved_model\.pb again"):
        load_model(renamed)


def test_a_frozen_graph_is_told_how_to_become_an_ir() -> None:
    path = FIXTURES / "frozen_graph.pb"
    with pytest.raises(UnknownModelFormatError, match=f"ovc {path} --output_model"):
        locate_model(path)


def test_a_graph_that_is_not_for_serving_is_refused(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(saved_model(node("only", "Const"), tag=b"train"))
    with pytest.raises(UnsupportedModelError, match=r"tags of its graphs are train, and 'serve'"):
        load_model(tmp_path)


def test_a_function_that_does_not_say_what_it_returns_is_broken(make: Callable[[str], Path]) -> None:
    path = make("keras_saved") / "saved_model.pb"
    content, name = path.read_bytes(), b"\x08identity"
    places = [found.start() for found in re.finditer(re.escape(name), content)]
    told: list[str] = []
    for place in places:
        path.write_bytes(content[:place] + b"\x08identitz" + content[place + len(name) :])
        try:
            load_model(path)
        except BrokenModelError as error:
            told.append(str(error))
    assert any("does not say what its output 'identit" in error for error in told)


@pytest.mark.parametrize(
    ("functions", "words"),
    [
        ({"a": ["a"]}, "'a' calls itself"),
        ({"a": ["b"], "b": ["c"], "c": ["a"]}, "calls itself"),
        ({"a": ["f0"], **{f"f{n}": [f"f{n + 1}"] * 10 for n in range(20)}, "f20": []}, "more than 1,000,000"),
        ({"a": ["f0"], **{f"f{n}": [f"f{n + 1}"] for n in range(500)}, "f500": []}, "levels deep"),
    ],
)
def test_functions_that_never_end_are_refused_before_openvino_follows_them(
    tmp_path: Path, functions: dict[str, list[str]], words: str
) -> None:
    content = saved_model(node("start", "StatefulPartitionedCall", calls="a"), functions=functions)
    (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(BrokenModelError, match=words):
        load_model(tmp_path)


@given(st.dictionaries(st.integers(0, 1000), st.integers(0, 255), min_size=1, max_size=4))
def test_no_damage_to_the_graph_stops_its_check_with_another_error(
    tmp_path_factory: pytest.TempPathFactory, places: dict[int, int]
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged_saved_model.pb"
    content = bytearray(saved_model(node("start", "PartitionedCall", calls="a"), functions={"a": ["b", "b"], "b": []}))
    for place, byte in places.items():
        content[place % len(content)] = byte
    path.write_bytes(content)
    with suppress(ModelError):
        check_served_graph(path)


@pytest.mark.parametrize("change", [b"\x00", b"\xff", b""])
def test_no_damage_to_the_index_of_variables_is_passed_on(make: Callable[[str], Path], change: bytes) -> None:
    index = make("keras_export") / "variables" / "variables.index"
    content = index.read_bytes()
    padding = range(len(content) - 48, len(content) - 8)  # which the format leaves open
    for place in set(range(len(content))) - set(padding):
        if content[place : place + 1] != change:
            index.write_bytes(content[:place] + change + content[place + 1 :])
            with pytest.raises(BrokenModelError, match=r"variables\.index"):
                check_index(index, [index.with_name("variables.data-00000-of-00001")])


def test_an_index_whose_blocks_overlap_a_million_times_is_refused_at_once(tmp_path: Path) -> None:
    def block(*entries: bytes) -> bytes:
        content = b"".join(entries) + struct.pack("<II", 0, 1)
        return content + b"\x00" + struct.pack("<I", checksum(content + b"\x00"))

    data = block(b"\x00\x01\x00a" * 1000)
    handle = b"\x00" + varint(len(data) - 5)
    meta = block()
    index = block(*(b"\x00\x01" + bytes([len(handle)]) + b"a" + handle for _ in range(50_000)))
    places = [len(data), len(meta) - 5, len(data) + len(meta), len(index) - 5]
    footer = b"".join(varint(number) for number in places).ljust(40, b"\x00") + struct.pack("<Q", 0xDB4775248B80FB57)
    path = tmp_path / "variables.index"
    path.write_bytes(data + meta + index + footer)
    with pytest.raises(BrokenModelError, match="more bytes than the file"):
        check_index(path, [path])


def test_files_of_variables_of_another_model_do_not_fit(make: Callable[[str], Path]) -> None:
    ours, other = make("keras_saved"), make("keras_export")
    name = "variables/variables.data-00000-of-00001"
    shutil.copy(other / name, ours / name)
    with pytest.raises(BrokenModelError, match="do not belong together"):
        load_model(ours)


def saved_model(*nodes: bytes, functions: dict[str, list[str]] | None = None, tag: bytes = b"serve") -> bytes:
    """A SavedModel of these nodes, with functions that do nothing but call others."""
    library = b"".join(
        message(
            1,
            message(1, message(1, name.encode())) + b"".join(message(3, node("n", "Op", calls=one)) for one in called),
        )
        for name, called in (functions or {}).items()
    )
    graph = b"".join(message(1, one) for one in nodes) + message(2, library)
    tensor = message(1, b"image") + message(2, bytes([2 << 3, 1]))
    signature = message(1, b"serving_default") + message(2, message(1, tensor))
    return bytes([1 << 3, 1]) + message(2, message(1, message(4, tag)) + message(2, graph) + message(5, signature))


def node(name: str, operation: str, *, calls: str | None = None) -> bytes:
    attribute = message(1, b"f") + message(2, message(10, message(1, (calls or "").encode())))
    return message(1, name.encode()) + message(2, operation.encode()) + (message(5, attribute) if calls else b"")


def message(number: int, content: bytes) -> bytes:
    """One field of a protobuf message, as the format's documentation describes it."""
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(number: int) -> bytes:
    encoded = b""
    while number > 0x7F:
        encoded, number = encoded + bytes([number & 0x7F | 0x80]), number >> 7
    return encoded + bytes([number])
