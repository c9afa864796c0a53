"""Damaged and malicious files end in an error of ours, quickly and without large allocations."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from caffe_running import import_text
from caffe_writer import NetworkWriter, caffemodel_bytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accubench.errors import AccuBenchError, BrokenModelError, UnsupportedModelError
from accubench.models.caffe import import_caffe

SETTINGS = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def _small_network() -> NetworkWriter:
    net = NetworkWriter(seed=1)
    net.input(1, 3, 8, 8)
    net.convolution("conv", 4, 3, more="pad: 1 stride: 2")
    net.batch_norm("norm", relu=True)
    net.layer("pool", "Pooling", "pooling_param { pool: AVE kernel_size: 2 stride: 2 }")
    net.layer("parts", "Slice", "slice_param { slice_point: 2 }", top=("a", "b"))
    net.layer("sum", "Eltwise", "eltwise_param { coeff: 1 coeff: -1 }", bottom=("a", "b"), channels=2)
    net.layer("shape", "Reshape", "reshape_param { shape { dim: 0 dim: -1 } }")
    net.inner_product("fc", 3, 8)
    net.layer("prob", "Softmax")
    return net


NETWORK = _small_network()
PROTOTXT = NETWORK.prototxt.encode()
CAFFEMODEL = caffemodel_bytes(NETWORK.blobs)


def imported_or_refused(folder: Path, prototxt: bytes, caffemodel: bytes) -> None:
    (folder / "net.prototxt").write_bytes(prototxt)
    (folder / "net.caffemodel").write_bytes(caffemodel)
    message = ""
    try:
        import_caffe(folder / "net.prototxt", folder / "net.caffemodel")
    except AccuBenchError as error:
        message = str(error)
    assert "\n" not in message, "one paragraph"
    assert len(message) < 1500


def mutated(content: bytes) -> st.SearchStrategy[bytes]:
    """`content` cut off, with bytes replaced, or with parts repeated, removed or overwritten by a number."""
    position = st.integers(0, len(content) - 1)
    pieces = st.sampled_from([b"", b"\0", b"{", b"}", b'"', b"-1", b"0", b"99999999999", b"\xff" * 9, b"1e40", b"nan"])
    length = st.integers(0, 40)
    return st.one_of(
        position.map(lambda end: content[:end]),
        st.tuples(position, length, pieces).map(lambda a: content[: a[0]] + a[2] + content[a[0] + a[1] :]),
        st.tuples(position, position, length).map(
            lambda a: content[: a[0]] + content[a[1] : a[1] + a[2]] + content[a[0] :]
        ),
        st.tuples(position, st.integers(0, 255)).map(lambda a: content[: a[0]] + bytes([a[1]]) + content[a[0] + 1 :]),
    )


def test_the_network_that_is_damaged_below_is_whole(tmp_path: Path) -> None:
    model = import_caffe(*NETWORK.write(tmp_path))

    assert len(model.inputs) == 1
    assert len(model.outputs) >= 1


@SETTINGS
@given(prototxt=mutated(PROTOTXT))
def test_a_damaged_prototxt_is_imported_or_refused(tmp_path: Path, prototxt: bytes) -> None:
    imported_or_refused(tmp_path, prototxt, CAFFEMODEL)


@SETTINGS
@given(caffemodel=st.one_of(mutated(CAFFEMODEL), st.binary(max_size=300)))
def test_a_damaged_caffemodel_is_imported_or_refused(tmp_path: Path, caffemodel: bytes) -> None:
    imported_or_refused(tmp_path, PROTOTXT, caffemodel)


@settings(SETTINGS, max_examples=80)
@given(number=st.sampled_from(["-1", "0", "2", "65535", "70000", "4294967296", "9223372036854775807"]), data=st.data())
def test_absurd_numbers_are_imported_or_refused_without_large_allocations(
    tmp_path: Path, number: str, data: st.DataObject
) -> None:
    words = NETWORK.prototxt.split(" ")
    place = data.draw(st.sampled_from([index for index, word in enumerate(words) if word.strip().isdigit()]))
    text = " ".join([*words[:place], number, *words[place + 1 :]])
    tracemalloc.start()
    try:
        imported_or_refused(tmp_path, text.encode(), CAFFEMODEL)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", BrokenModelError, "holds no layers"),
        (CAFFEMODEL[:-7], BrokenModelError, "is not a whole caffemodel"),
        (b"\x89HDF\r\n\x1a\n", UnsupportedModelError, "is an HDF5 file"),
        (b"version https://git-lfs.github.com/spec/v1\n", BrokenModelError, "is a Git LFS pointer"),
        (b"<!DOCTYPE html><html>", BrokenModelError, "is a web page"),
        (PROTOTXT, BrokenModelError, "caffemodel"),
    ],
)
def test_what_is_no_caffemodel_is_said_to_be_so(
    content: bytes, error: type[Exception], message: str, tmp_path: Path
) -> None:
    (tmp_path / "net.prototxt").write_bytes(PROTOTXT)
    (tmp_path / "net.caffemodel").write_bytes(content)
    with pytest.raises(error, match=message):
        import_caffe(tmp_path / "net.prototxt", tmp_path / "net.caffemodel")


def test_a_blob_whose_numbers_do_not_fill_its_shape_is_broken(tmp_path: Path) -> None:
    content = CAFFEMODEL.replace(b"\x3a\x06\x0a\x04\x04\x03\x03\x03", b"\x3a\x06\x0a\x04\x04\x03\x03\x7f")
    assert content != CAFFEMODEL
    (tmp_path / "net.prototxt").write_bytes(
        PROTOTXT.replace(b"kernel_size: 3 ", b"kernel_h: 3 kernel_w: 127 pad_w: 70 ")
    )
    (tmp_path / "net.caffemodel").write_bytes(content)
    with pytest.raises(BrokenModelError, match=r"layer 'conv' .* damaged weights .* holds 108 numbers"):
        import_caffe(tmp_path / "net.prototxt", tmp_path / "net.caffemodel")


def test_tensors_that_double_again_and_again_are_refused(tmp_path: Path) -> None:
    layers = [
        f'layer {{ name: "c{i}" type: "Concat" bottom: "c{i - 1}" bottom: "c{i - 1}" top: "c{i}" }}'
        for i in range(1, 80)
    ]
    text = 'input: "c0" input_shape { dim: 1 dim: 64 dim: 64 dim: 64 }\n' + "\n".join(layers)
    with pytest.raises(UnsupportedModelError, match="too large for a classifier"):
        import_text(tmp_path, text)


def test_an_enormous_input_is_refused(tmp_path: Path) -> None:
    declared = 'input: "a" input_shape { dim: 1 dim: 3 dim: 99999999 dim: 99999999 }'
    text = declared + '\nlayer { type: "ReLU" bottom: "a" top: "b" }'
    with pytest.raises(UnsupportedModelError, match="more numbers than AccuBench takes for an image"):
        import_text(tmp_path, text)


def test_an_enormous_prototxt_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "net.prototxt").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(BrokenModelError, match="1,099,511,627,776 bytes"):
        import_caffe(tmp_path / "net.prototxt", tmp_path / "net.caffemodel")
