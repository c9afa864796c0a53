"""Writes Caffe models for tests: prototxt as text, caffemodel as bytes, without any library that knows the format.

It shares no code with the importer, so that a wrong field number cannot agree with itself, and needs numpy only, so
that the oracle's environment can run it.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def seeded(seed: int) -> np.random.Generator:
    """Random numbers that no version of numpy changes (only `random` is drawn from it)."""
    return np.random.Generator(np.random.PCG64(seed))


def uniform(generator: np.random.Generator, low: float, high: float, shape: tuple[int, ...]) -> Array:
    return (low + (high - low) * generator.random(shape)).astype(np.float32)


@dataclass
class NetworkWriter:
    """Collects layers with their weights; `channels` remembers what each top has."""

    seed: int
    text: list[str] = field(default_factory=list)
    blobs: dict[str, list[Array]] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)
    last: str = "data"

    def __post_init__(self) -> None:
        self.random = seeded(self.seed)

    @property
    def prototxt(self) -> str:
        return "\n".join(self.text) + "\n"

    def input(self, *shape: int, old_style: bool = False) -> None:
        sizes = " ".join(f"{'input_dim' if old_style else 'dim'}: {size}" for size in shape)
        if old_style:
            self.text.append(f'input: "data"\n{sizes}')
        else:
            parameters = f"input_param {{ shape: {{ {sizes} }} }}"
            self.text.append(f'layer {{\n  name: "data"\n  type: "Input"\n  top: "data"\n  {parameters}\n}}')
        self.channels["data"] = shape[1]

    def layer(
        self,
        name: str,
        kind: str,
        parameters: str = "",
        *,
        bottom: str | tuple[str, ...] | None = None,
        top: str | tuple[str, ...] | None = None,
        blobs: tuple[Array, ...] = (),
        channels: int | None = None,
    ) -> str:
        """Add a layer; without `bottom` it reads the last top, without `top` it makes one called after itself."""
        bottoms = (bottom,) if isinstance(bottom, str) else bottom or (self.last,)
        tops = (top,) if isinstance(top, str) else top or (name,)
        lines = [f'  name: "{name}"', f'  type: "{kind}"']
        lines += [f'  bottom: "{one}"' for one in bottoms] + [f'  top: "{one}"' for one in tops]
        lines += [f"  {parameters}"] if parameters else []
        self.text.append("\n".join(["layer {", *lines, "}"]))
        for one in tops:
            self.channels[one] = self.channels[bottoms[0]] if channels is None else channels
        self.blobs[name] = list(blobs)
        self.last = tops[0]
        return self.last

    def convolution(
        self, name: str, outputs: int, kernel: int, *, more: str = "", group: int = 1, bias: bool = True,
        bottom: str | None = None, gain: float = 2.0,
    ) -> str:  # fmt: skip
        inputs = self.channels[bottom or self.last] // group
        bound = math.sqrt(3 * gain / (inputs * kernel * kernel))
        blobs = [uniform(self.random, -bound, bound, (outputs, inputs, kernel, kernel))]
        blobs += [uniform(self.random, -0.1, 0.1, (outputs,))] if bias else []
        grouped = f" group: {group}" if group > 1 else ""
        biased = "" if bias else " bias_term: false"
        return self.layer(
            name, "Convolution",
            f"convolution_param {{ num_output: {outputs} kernel_size: {kernel}{grouped}{biased} {more} }}",
            bottom=bottom, blobs=tuple(blobs), channels=outputs,
        )  # fmt: skip

    def batch_norm(self, name: str, *, in_place: bool = True, relu: bool = False) -> str:
        """BatchNorm and Scale as Caffe's networks have them, one behind the other, and a ReLU where asked for."""
        bottom = self.last
        channels = self.channels[bottom]
        statistics = (
            uniform(self.random, -0.3, 0.3, (channels,)) * 3,
            uniform(self.random, 0.6, 1.6, (channels,)) * 3,
            np.array([3.0], np.float32),
        )
        top = bottom if in_place else f"{name}/bn"
        self.layer(f"{name}/bn", "BatchNorm", "batch_norm_param { use_global_stats: true }", top=top, blobs=statistics)
        learned = (uniform(self.random, 0.7, 1.3, (channels,)), uniform(self.random, -0.2, 0.2, (channels,)))
        self.layer(f"{name}/scale", "Scale", "scale_param { bias_term: true }", top=top, blobs=learned)
        return self.relu(name) if relu else top

    def relu(self, name: str) -> str:
        return self.layer(f"{name}/relu", "ReLU", top=self.last)

    def inner_product(self, name: str, outputs: int, inputs: int, *, gain: float = 6.0) -> str:
        bound = math.sqrt(3 * gain / inputs)
        blobs = (uniform(self.random, -bound, bound, (outputs, inputs)), uniform(self.random, -1, 1, (outputs,)))
        parameters = f"inner_product_param {{ num_output: {outputs} }}"
        return self.layer(name, "InnerProduct", parameters, blobs=blobs, channels=outputs)

    def write(self, folder: Path, stem: str = "net") -> tuple[Path, Path]:
        """Write both files and return their paths."""
        prototxt, caffemodel = folder / f"{stem}.prototxt", folder / f"{stem}.caffemodel"
        prototxt.write_text(self.prototxt)
        caffemodel.write_bytes(caffemodel_bytes(self.blobs))
        return prototxt, caffemodel


def caffemodel_bytes(blobs: dict[str, list[Array]], *, old: bool = False, numbers: str = "packed") -> bytes:
    """A NetParameter message with a layer for each name.

    Args:
        blobs: Arrays by layer name.
        old: Write `layers` of the old form, whose blobs have four sizes called num, channels, height and width.
        numbers: How numbers are stored: packed, unpacked, double, float16.
    """
    content = _field(1, b"written for a test")
    for name, arrays in blobs.items():
        layer = _field(4 if old else 1, name.encode())
        for array in arrays:
            layer += _field(6 if old else 7, _blob(array, old=old, numbers=numbers))
        content += _field(2 if old else 100, layer)
    return content


def _blob(array: Array, *, old: bool, numbers: str) -> bytes:
    if old:
        sizes = (1,) * (4 - array.ndim) + array.shape
        shape = b"".join(_varint(number << 3) + _varint(size) for number, size in enumerate(sizes, start=1))
    else:
        shape = _field(7, _field(1, b"".join(map(_varint, array.shape))))
    if numbers == "unpacked":
        return shape + b"".join(_varint(5 << 3 | 5) + struct.pack("<f", value) for value in array.ravel().tolist())
    if numbers == "double":
        return shape + _field(8, array.astype("<f8").tobytes())
    if numbers == "float16":
        return shape + _varint(10 << 3) + _varint(2) + _field(12, array.astype("<f2").tobytes())
    return shape + _field(5, array.astype("<f4").tobytes())


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    content = bytearray()
    while value > 0x7F:
        content.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*content, value])
