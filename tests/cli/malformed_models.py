"""Models that are broken, hostile or no models at all: each a function that writes one and returns what to name."""

from __future__ import annotations

import gzip
import os
import pickle
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
from model_specimens import FIXTURES, unpacked, write_caffe, write_ir, write_ir_v10, write_onnx
from onnx import TensorProto, helper

__all__ = ["MALFORMED", "MARKER"]

MARKER = "a-pickle-was-run"
"""The file that a hostile pickle would make beside itself."""


def cut(path: Path, share: float = 0.5) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def message(number: int, content: bytes) -> bytes:
    """One field of a protobuf message."""
    size, encoded = len(content), b""
    while size > 0x7F:
        encoded, size = encoded + bytes([size & 0x7F | 0x80]), size >> 7
    return bytes([number << 3 | 2]) + encoded + bytes([size]) + content


class Exploit:
    """Unpickled, it would write a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


def onnx_with_external(folder: Path, location: str, **further: int) -> Path:
    path = write_onnx(folder, external=True)
    model = onnx.load_model(path, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
            elif entry.key in further:
                entry.value = str(further[entry.key])
    path.write_bytes(model.SerializeToString())
    return path


def deep_onnx(folder: Path) -> Path:
    """Graphs within attributes of nodes within graphs, 20,000 levels deep."""
    graph = b""
    for _ in range(20_000):
        graph = message(1, message(5, message(6, graph)))
        if len(graph) > 400_000:
            break
    return written(folder / "deep.onnx", bytes([8, 8]) + message(7, graph))


def huge_onnx(folder: Path) -> Path:
    """A weight of a million times a million elements, without any of them."""
    path = write_onnx(folder, name="huge.onnx")
    model = onnx.load_model(path)
    model.graph.initializer[0].dims[:] = [1_000_000, 1_000_000, 3, 3]
    model.graph.initializer[0].raw_data = b""
    return written(path, model.SerializeToString())


def onnx_of(folder: Path, *nodes: onnx.NodeProto, outputs: int = 1) -> Path:
    ends = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 5])] * outputs
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 8, 8])
    graph = helper.make_graph(list(nodes), "odd", [image], ends)
    path = folder / "odd.onnx"
    onnx.save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def ir_with(folder: Path, change: Callable[[str], str]) -> Path:
    path = write_ir_v10(folder)
    path.write_text(change(path.read_text()))
    return path


def ir_that_is_no_unicode(folder: Path) -> Path:
    path = write_ir_v10(folder)
    return written(path, path.read_bytes().replace(b"logits", b"\xff\xfe"))


def xml_bomb(folder: Path) -> Path:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE net [<!ENTITY e0 "lol">{levels}]><net name="&e11;" version="11"/>'
    written(folder / "bomb.bin", b"\0" * 8)
    return written(folder / "bomb.xml", bomb.encode())


def xml_that_reads_files(folder: Path) -> Path:
    written(folder / "reads.bin", b"\0" * 8)
    text = '<?xml version="1.0"?><!DOCTYPE net SYSTEM "file:///etc/passwd"><net name="x" version="11"/>'
    return written(folder / "reads.xml", text.encode())


def saved_model(folder: Path) -> Path:
    unpacked("keras_export")(folder)
    return folder


def linked_in_a_circle(folder: Path) -> Path:
    shutil.rmtree(saved_model(folder) / "variables")
    (folder / "variables").symlink_to(folder)
    return folder


def with_foreign_variables(folder: Path) -> Path:
    other = folder / "other"
    other.mkdir()
    unpacked("keras_saved")(other)
    name = "variables/variables.index"
    shutil.copy(other / name, saved_model(folder) / name)
    return folder


def with_damaged_index(folder: Path) -> Path:
    index = saved_model(folder) / "variables" / "variables.index"
    content = bytearray(index.read_bytes())
    content[5] ^= 0xFF
    written(index, bytes(content))
    return folder


def endless_functions(folder: Path) -> Path:
    called = message(1, b"f") + message(2, message(10, message(1, b"again")))
    node = message(1, b"n") + message(2, b"PartitionedCall") + message(5, called)
    function = message(1, message(1, b"again")) + message(3, node)
    signature = message(5, message(1, b"serving_default") + message(2, b""))
    graph = message(1, node) + message(2, message(1, function))
    content = bytes([8, 1]) + message(2, message(1, message(4, b"serve")) + message(2, graph) + signature)
    written(folder / "saved_model.pb", content)
    return folder


def function_without_a_return(folder: Path) -> Path:
    function = message(1, message(1, b"f") + message(3, message(1, b"identity")))
    signature = message(5, message(1, b"serving_default") + message(2, b""))
    content = bytes([8, 1]) + message(
        2, message(1, message(4, b"serve")) + message(2, message(2, message(1, function))) + signature
    )
    written(folder / "saved_model.pb", content)
    return folder


def hostile_pickle(folder: Path) -> Path:
    return written(folder / "model.pth", pickle.dumps(Exploit(folder / MARKER), protocol=2))


def hostile_torch_zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "model.pt", "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps(Exploit(folder / MARKER), protocol=2))
        archive.writestr("model/version", "3\n")
    return folder / "model.pt"


def torch_zip_named_onnx(folder: Path) -> Path:
    return hostile_torch_zip(folder).rename(folder / "model.onnx")


def tflite_with_far_offsets(folder: Path) -> Path:
    content = bytearray((FIXTURES / "tiny_float.tflite").read_bytes())
    content[:4] = struct.pack("<I", 0x7FFFFFF0)
    return written(folder / "far.tflite", bytes(content))


def onnx_without_an_input(folder: Path) -> Path:
    path = write_onnx(folder)
    model = onnx.load(path)
    del model.graph.node[0].input[1]  # the weights of the convolution
    onnx.save(model, path)
    return path


def tflite_with_a_negative_size(folder: Path) -> Path:
    content = (FIXTURES / "tiny_float.tflite").read_bytes()
    shape = struct.pack("<5i", 4, 4, 3, 3, 3)  # the number of sizes, then those of the convolution's weights
    assert content.count(shape) == 1
    return written(folder / "negative.tflite", content.replace(shape, struct.pack("<5i", 4, 4, 3, 3, -8_454_141)))


def tflite_of_other_numbers(folder: Path) -> Path:
    content = bytearray((FIXTURES / "tiny_float.tflite").read_bytes())
    for place in range(8, 600, 7):
        content[place] ^= 0xFF
    return written(folder / "noise.tflite", bytes(content))


def caffe(folder: Path, *, network: float = 1, weights: float = 1) -> Path:
    write_caffe(folder)
    cut(folder / "deploy.prototxt", network)
    cut(folder / "tiny.caffemodel", weights)
    return folder / "deploy.prototxt"


def caffe_nested_deeply(folder: Path) -> Path:
    write_caffe(folder)
    return written(folder / "deploy.prototxt", b"layer { " * 50_000 + b"}" * 50_000)


def caffe_weights_alone(folder: Path) -> Path:
    caffe(folder).unlink()
    return folder / "tiny.caffemodel"


def linked_to_itself(folder: Path) -> Path:
    (folder / "loop.onnx").symlink_to("loop.onnx")
    return folder / "loop.onnx"


def two_models(folder: Path) -> Path:
    write_onnx(folder, name="first.onnx")
    write_onnx(folder, name="second.onnx")
    return folder


def folder_named_like_a_model(folder: Path) -> Path:
    (folder / "model.onnx").mkdir()
    written(folder / "model.onnx" / "readme.txt", b"nothing")
    return folder / "model.onnx"


def folder_in_place_of_the_graph(folder: Path) -> Path:
    (folder / "saved_model.pb").mkdir()
    return folder


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.onnx")
    return folder / "pipe.onnx"


def without_weights(folder: Path) -> Path:
    path = write_ir(folder)
    path.with_suffix(".bin").unlink()
    return path


def with_cut_weights(folder: Path) -> Path:
    path = write_ir(folder)
    cut(path.with_suffix(".bin"))
    return path


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d7a" * 16 + b"\nsize 98304\n"
HTML = b"<!DOCTYPE html><html><head><title>404 Not Found</title></head><body>Not here</body></html>"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 200

MALFORMED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "onnx_empty": (lambda folder: written(folder / "m.onnx", b""), "empty (0 bytes)"),
    "onnx_cut_off": (lambda folder: cut(write_onnx(folder)), "cut off"),
    "onnx_without_an_input": (onnx_without_an_input, "has 1 of the 2 inputs that it needs"),
    "onnx_lfs_pointer": (lambda folder: written(folder / "m.onnx", LFS), "git lfs pull"),
    "onnx_html_error_page": (lambda folder: written(folder / "m.onnx", HTML), "Fetch or export the file again"),
    "onnx_is_a_png": (lambda folder: written(folder / "m.onnx", PNG), "Fetch or export the file again"),
    "onnx_is_zeros": (lambda folder: written(folder / "m.onnx", b"\0" * 5000), "Fetch or export the file again"),
    "onnx_in_gzip": (
        lambda folder: written(folder / "m.onnx", gzip.compress(write_onnx(folder).read_bytes())),
        "Fetch or export the file again",
    ),
    "onnx_with_a_length_of_terabytes": (
        lambda folder: written(folder / "m.onnx", bytes([8, 8, 7 << 3 | 2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F])),
        "cut off",
    ),
    "onnx_with_an_endless_number": (
        lambda folder: written(folder / "m.onnx", bytes([8, 8, 8]) + b"\xff" * 5000),
        "longer than 64 bits",
    ),
    "onnx_nested_20000_deep": (deep_onnx, "deep.onnx"),
    "onnx_with_a_huge_weight": (huge_onnx, "huge.onnx"),
    "onnx_with_weights_in_a_parent_folder": (
        lambda folder: onnx_with_external(folder, "../../../etc/passwd"),
        "not in the model's own folder",
    ),
    "onnx_with_weights_at_an_absolute_path": (
        lambda folder: onnx_with_external(folder, "/etc/passwd"),
        "not in the model's own folder",
    ),
    "onnx_with_missing_weights": (lambda folder: onnx_with_external(folder, "gone.data"), "missing beside it"),
    "onnx_with_weights_in_dots": (lambda folder: onnx_with_external(folder, ".."), "not in the model's own folder"),
    "onnx_with_weights_beyond_the_file": (
        lambda folder: onnx_with_external(folder, "tiny.onnx.data", offset=1 << 40, length=1 << 40),
        "tiny.onnx",
    ),
    "onnx_with_an_unknown_operation": (
        lambda folder: onnx_of(folder, helper.make_node("NoSuchThing", ["image"], ["scores"])),
        "OpenVINO cannot run",
    ),
    "onnx_that_feeds_itself": (
        lambda folder: onnx_of(
            folder, helper.make_node("Relu", ["scores"], ["a"]), helper.make_node("Relu", ["a"], ["scores"])
        ),
        "odd.onnx",
    ),
    "onnx_without_outputs": (
        lambda folder: onnx_of(folder, helper.make_node("Relu", ["image"], ["a"]), outputs=0),
        "odd.onnx",
    ),
    "ir_without_weights": (without_weights, "missing beside it"),
    "ir_with_cut_weights": (with_cut_weights, "tiny.xml"),
    "ir_cut_off": (lambda folder: cut(write_ir(folder)), "cut off"),
    "ir_lfs_pointer": (lambda folder: written(folder / "m.xml", LFS), "git lfs pull"),
    "ir_is_other_xml": (lambda folder: written(folder / "m.xml", b"<annotation><size/></annotation>"), "<annotation>"),
    "ir_not_utf8": (ir_that_is_no_unicode, "not well-formed"),
    "ir_billion_laughs": (xml_bomb, "document type"),
    "ir_external_entity": (xml_that_reads_files, "document type"),
    "ir_of_the_future": (
        lambda folder: ir_with(folder, lambda text: text.replace('version="10"', 'version="99"')),
        "99",
    ),
    "ir_with_huge_dimensions": (
        lambda folder: ir_with(folder, lambda text: text.replace('shape="192,5"', 'shape="99999999999,99999999"')),
        "old.xml",
    ),
    "ir_with_circular_edges": (
        lambda folder: ir_with(
            folder, lambda text: text.replace('from-layer="0" from-port="0"', 'from-layer="4" from-port="2"')
        ),
        "old.xml",
    ),
    "tflite_empty": (lambda folder: written(folder / "m.tflite", b""), "empty (0 bytes)"),
    "tflite_cut_off": (lambda folder: cut(Path(shutil.copy(FIXTURES / "tiny_float.tflite", folder))), "cut off"),
    "tflite_is_text": (lambda folder: written(folder / "m.tflite", b"hello" * 100), "mark TFL3"),
    "tflite_with_far_offsets": (tflite_with_far_offsets, "far.tflite"),
    "tflite_with_a_negative_size": (tflite_with_a_negative_size, "has the shape [4, 3, 3, -8454141]"),
    "tflite_of_noise": (tflite_of_other_numbers, "noise.tflite"),
    "caffe_network_cut_off": (lambda folder: caffe(folder, network=0.6), "deploy.prototxt"),
    "caffe_weights_cut_off": (lambda folder: caffe(folder, weights=0.6), "tiny.caffemodel"),
    "caffe_weights_empty": (lambda folder: caffe(folder, weights=0), "tiny.caffemodel"),
    "caffe_nested_deeply": (caffe_nested_deeply, "deploy.prototxt"),
    "caffe_weights_alone": (caffe_weights_alone, "no network"),
    "savedmodel_without_variables": (
        lambda folder: (shutil.rmtree(saved_model(folder) / "variables"), folder)[1],
        "variables/variables.index is missing",
    ),
    "savedmodel_linked_in_a_circle": (linked_in_a_circle, "variables/variables.index is missing"),
    "savedmodel_with_foreign_variables": (with_foreign_variables, "do not belong together"),
    "savedmodel_with_a_damaged_index": (with_damaged_index, "checksum"),
    "savedmodel_cut_off": (lambda folder: cut(saved_model(folder) / "saved_model.pb").parent, "cut off"),
    "savedmodel_with_endless_functions": (endless_functions, "calls itself"),
    "savedmodel_with_a_function_without_a_return": (
        function_without_a_return,
        "does not say what its output 'identity' is",
    ),
    "savedmodel_folder_in_place_of_the_graph": (folder_in_place_of_the_graph, "holds no model"),
    "frozen_graph": (lambda folder: Path(shutil.copy(FIXTURES / "frozen_graph.pb", folder)), "ovc"),
    "pickle_that_runs_code": (hostile_pickle, "does not load what may run code"),
    "torch_zip_that_runs_code": (hostile_torch_zip, "model.pt"),
    "torch_zip_named_onnx": (torch_zip_named_onnx, "model.onnx"),
    "keras_h5": (lambda folder: written(folder / "m.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 500), "model.export"),
    "safetensors": (
        lambda folder: written(folder / "m.safetensors", struct.pack("<Q", 2) + b"{}"),
        "torch.onnx.export",
    ),
    "unknown_bytes": (
        lambda folder: written(folder / "model", b"\x01\x02\x03" * 999),
        "no format that AccuBench reads",
    ),
    "link_to_itself": (linked_to_itself, "loop.onnx"),
    "link_to_nothing": (lambda folder: ((folder / "m.onnx").symlink_to("gone"), folder / "m.onnx")[1], "m.onnx"),
    "pipe": (pipe, "pipe.onnx"),
    "folder_named_like_a_model": (folder_named_like_a_model, "holds no model"),
    "folder_with_two_models": (two_models, "first.onnx, second.onnx"),
    "odd_name": (lambda folder: written(folder / "<script>'\n\" é.onnx", HTML), "<script>"),
}
"""By name: the function, and words that the message must hold."""
