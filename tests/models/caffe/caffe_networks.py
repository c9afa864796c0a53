"""The networks of Caffe's era, written from their papers' tables: full topologies with fewer channels and small inputs.

Each function returns a network with weights drawn from a seed: uniform with He's variance, so that signals neither die
nor explode on the way. The last layer's gain is chosen such that logits spread by about 2 over the classes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from caffe_writer import Array, NetworkWriter, seeded

CLASSES = 40


def images(seed: int, count: int, shape: tuple[int, int, int]) -> Array:
    """Smooth coloured fields with a few edges and noise, minus a mean: numbers as a photograph has them."""
    generator = seeded(seed)
    channels, height, width = shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64) / max(height, width)
    batch = np.zeros((count, *shape))
    for image in batch:
        for channel in range(channels):
            frequencies, phases = generator.random((4, 2)) * 12, generator.random(4) * 6
            waves = [np.sin(a * rows + b * columns + p) for (a, b), p in zip(frequencies, phases, strict=True)]
            image[channel] = 128 + 30 * sum(waves) - (104, 117, 123)[channel % 3]
        for _ in range(5):
            top, left, size = (generator.random(3) * (height, width, height / 2)).astype(int)
            image[:, top : top + size, left : left + size] += (generator.random((channels, 1, 1)) - 0.5) * 150
    batch += (generator.random(batch.shape) - 0.5) * 20
    return batch.astype(np.float32)


def googlenet() -> NetworkWriter:
    """GoogLeNet: LRN, nine inception modules, ceiling max pooling, the old input style."""
    net = NetworkWriter(seed=1)
    net.input(10, 3, 96, 96, old_style=True)
    divisor = 8

    def convolution(name: str, outputs: int, kernel: int, more: str = "", bottom: str | None = None) -> str:
        net.convolution(name, max(2, outputs // divisor), kernel, more=more, bottom=bottom)
        return net.relu(name)

    def inception(name: str, sizes: tuple[int, ...]) -> None:
        bottom, (one, reduce3, three, reduce5, five, pooled) = net.last, sizes
        branches = [convolution(f"{name}/1x1", one, 1, bottom=bottom)]
        convolution(f"{name}/3x3_reduce", reduce3, 1, bottom=bottom)
        branches.append(convolution(f"{name}/3x3", three, 3, "pad: 1"))
        convolution(f"{name}/5x5_reduce", reduce5, 1, bottom=bottom)
        branches.append(convolution(f"{name}/5x5", five, 5, "pad: 2"))
        net.layer(
            f"{name}/pool", "Pooling", "pooling_param { pool: MAX kernel_size: 3 stride: 1 pad: 1 }", bottom=bottom
        )
        branches.append(convolution(f"{name}/pool_proj", pooled, 1))
        channels = sum(net.channels[branch] for branch in branches)
        net.layer(f"{name}/output", "Concat", bottom=tuple(branches), channels=channels)

    pool = "pooling_param { pool: MAX kernel_size: 3 stride: 2 }"
    lrn = "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }"
    convolution("conv1/7x7_s2", 64, 7, "pad: 3 stride: 2")
    net.layer("pool1/3x3_s2", "Pooling", pool)
    net.layer("pool1/norm1", "LRN", lrn)
    convolution("conv2/3x3_reduce", 64, 1)
    convolution("conv2/3x3", 192, 3, "pad: 1")
    net.layer("conv2/norm2", "LRN", lrn)
    net.layer("pool2/3x3_s2", "Pooling", pool)
    inception("inception_3a", (64, 96, 128, 16, 32, 32))
    inception("inception_3b", (128, 128, 192, 32, 96, 64))
    net.layer("pool3/3x3_s2", "Pooling", pool)
    inception("inception_4a", (192, 96, 208, 16, 48, 64))
    inception("inception_4b", (160, 112, 224, 24, 64, 64))
    inception("inception_4c", (128, 128, 256, 24, 64, 64))
    inception("inception_4d", (112, 144, 288, 32, 64, 64))
    inception("inception_4e", (256, 160, 320, 32, 128, 128))
    net.layer("pool4/3x3_s2", "Pooling", pool)
    inception("inception_5a", (256, 160, 320, 32, 128, 128))
    inception("inception_5b", (384, 192, 384, 48, 128, 128))
    net.layer("pool5", "Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 1 }")
    net.layer("pool5/drop", "Dropout", "dropout_param { dropout_ratio: 0.4 }", top="pool5")
    net.inner_product("loss3/classifier", CLASSES, net.channels[net.last], gain=1e-3)
    net.layer("prob", "Softmax")
    return net


def resnet50() -> NetworkWriter:
    """ResNet-50: bottlenecks with BatchNorm and Scale in place, sums, a last pooling of 7 x 7 made smaller."""
    net = NetworkWriter(seed=2)
    net.input(1, 3, 64, 64)
    net.convolution("conv1", 8, 7, more="pad: 3 stride: 2", bias=False)
    net.batch_norm("conv1", relu=True)
    net.layer("pool1", "Pooling", "pooling_param { kernel_size: 3 stride: 2 pool: MAX }")

    def unit(name: str, width: int, stride: int, *, project: bool) -> None:
        bottom = shortcut = net.last
        if project:
            net.convolution(f"{name}/branch1", 4 * width, 1, more=f"stride: {stride}", bias=False, bottom=bottom)
            shortcut = net.batch_norm(f"{name}/branch1")
        net.convolution(f"{name}/2a", width, 1, more=f"stride: {stride}", bias=False, bottom=bottom)
        net.batch_norm(f"{name}/2a", relu=True)
        net.convolution(f"{name}/2b", width, 3, more="pad: 1", bias=False)
        net.batch_norm(f"{name}/2b", relu=True)
        net.convolution(f"{name}/2c", 4 * width, 1, bias=False, gain=0.5)
        residual = net.batch_norm(f"{name}/2c")
        net.layer(name, "Eltwise", bottom=(shortcut, residual))
        net.relu(name)

    for stage, (count, width) in enumerate(((3, 8), (4, 12), (6, 16), (3, 24)), start=2):
        for index in range(count):
            unit(f"res{stage}{'abcdef'[index]}", width, 2 if stage > 2 and index == 0 else 1, project=index == 0)
    net.layer("pool5", "Pooling", "pooling_param { kernel_size: 2 stride: 1 pool: AVE }")
    net.inner_product("fc", CLASSES, net.channels[net.last], gain=6e-6)
    net.layer("prob", "Softmax")
    return net


def mobilenet_v2() -> NetworkWriter:
    """MobileNet v2: inverted residuals with a group for each channel, linear bottlenecks, ReLU6 here and there."""
    net = NetworkWriter(seed=3)
    net.input(1, 3, 64, 64)

    def convolution(
        name: str, outputs: int, kernel: int, *, stride: int = 1, group: int = 1, active: bool = True
    ) -> str:
        more = f"stride: {stride} pad: {kernel // 2}"
        net.convolution(name, outputs, kernel, more=more, group=group, bias=False, gain=2.0 if active else 1.0)
        top = net.batch_norm(name)
        return net.layer(f"{name}/relu6", "ReLU6", top=top) if active else top

    convolution("conv1", 8, 3, stride=2)
    settings = ((1, 4, 1, 1), (6, 6, 2, 2), (6, 8, 3, 2), (6, 12, 4, 2), (6, 16, 3, 1), (6, 24, 3, 2), (6, 32, 1, 1))
    for stage, (expansion, outputs, count, first_stride) in enumerate(settings):
        for index in range(count):
            name, bottom = f"block{stage}_{index}", net.last
            stride = first_stride if index == 0 else 1
            inner = net.channels[bottom] * expansion
            if expansion > 1:
                convolution(f"{name}/expand", inner, 1)
            convolution(f"{name}/dwise", inner, 3, stride=stride, group=inner)
            linear = convolution(f"{name}/linear", outputs, 1, active=False)
            if stride == 1 and net.channels[bottom] == outputs:
                net.layer(name, "Eltwise", "eltwise_param { operation: SUM }", bottom=(bottom, linear))
    convolution("conv_last", 64, 1)
    net.layer("pool", "Pooling", "pooling_param { pool: AVE global_pooling: true }")
    net.convolution("fc", CLASSES, 1, gain=1.6)
    net.layer("prob", "Softmax")
    return net


def densenet121() -> NetworkWriter:
    """DenseNet-121: BatchNorm before convolution, everything concatenated, average pooling between blocks."""
    net = NetworkWriter(seed=4)
    net.input(1, 3, 64, 64)
    growth = 4
    net.convolution("conv1", 2 * growth, 7, more="pad: 3 stride: 2", bias=False)
    net.batch_norm("conv1", relu=True)
    net.layer("pool1", "Pooling", "pooling_param { pool: MAX kernel_size: 3 stride: 2 pad: 1 }")
    for block, count in enumerate((6, 12, 24, 16), start=2):
        for index in range(count):
            name, bottom = f"conv{block}_{index + 1}", net.last
            net.batch_norm(f"{name}/x1", in_place=False, relu=True)
            net.convolution(f"{name}/x1", 4 * growth, 1, bias=False)
            net.batch_norm(f"{name}/x2", relu=True)
            net.convolution(f"{name}/x2", growth, 3, more="pad: 1", bias=False)
            channels = net.channels[bottom] + growth
            net.layer(f"concat_{block}_{index + 1}", "Concat", bottom=(bottom, net.last), channels=channels)
        net.batch_norm(f"conv{block}_blk", in_place=False, relu=True)
        if block < 5:
            net.convolution(f"conv{block}_blk", net.channels[net.last] // 2, 1, bias=False)
            net.layer(f"pool{block}", "Pooling", "pooling_param { pool: AVE kernel_size: 2 stride: 2 }")
    net.layer("pool5", "Pooling", "pooling_param { pool: AVE global_pooling: true }")
    net.convolution("fc6", CLASSES, 1, gain=3e-3)
    net.layer("prob", "Softmax")
    return net


def shufflenet() -> NetworkWriter:
    """ShuffleNet v1 with three groups: grouped convolutions, ShuffleChannel, average pooling and Concat at strides."""
    net = NetworkWriter(seed=5)
    net.input(1, 3, 64, 64)
    group = 3
    net.convolution("conv1", 12, 3, more="pad: 1 stride: 2", bias=False)
    net.batch_norm("conv1", relu=True)
    net.layer("pool1", "Pooling", "pooling_param { pool: MAX kernel_size: 3 stride: 2 }")
    for stage, (count, width) in enumerate(((4, 30), (8, 60), (4, 120)), start=2):
        for index in range(count):
            name, bottom, stride = f"resx{stage}_{index}", net.last, 2 if index == 0 else 1
            shortcut = bottom
            if stride == 2:
                parameters = "pooling_param { pool: AVE kernel_size: 3 stride: 2 }"
                shortcut = net.layer(f"{name}/match", "Pooling", parameters, bottom=bottom)
            outputs = width - net.channels[bottom] if stride == 2 else width
            net.convolution(
                f"{name}/1", 12, 1, group=1 if stage == 2 and index == 0 else group, bias=False, bottom=bottom
            )
            net.batch_norm(f"{name}/1", relu=True)
            net.layer(f"{name}/shuffle", "ShuffleChannel", f"shuffle_channel_param {{ group: {group} }}")
            net.convolution(f"{name}/2", 12, 3, more=f"pad: 1 stride: {stride}", group=12, bias=False)
            net.batch_norm(f"{name}/2")
            net.convolution(f"{name}/3", outputs, 1, group=group, bias=False, gain=0.5)
            residual = net.batch_norm(f"{name}/3")
            if stride == 2:
                net.layer(name, "Concat", bottom=(shortcut, residual), channels=width)
            else:
                net.layer(name, "Eltwise", bottom=(shortcut, residual))
            net.relu(name)
    net.layer("pool_ave", "Pooling", "pooling_param { pool: AVE global_pooling: true }")
    net.convolution("fc", CLASSES, 1, gain=6e-6)
    net.layer("prob", "Softmax")
    return net


NETWORKS: dict[str, Callable[[], NetworkWriter]] = {
    "densenet121": densenet121,
    "googlenet": googlenet,
    "mobilenet_v2": mobilenet_v2,
    "resnet50": resnet50,
    "shufflenet": shufflenet,
}
INPUT_SHAPES = {name: (3, 96, 96) if name == "googlenet" else (3, 64, 64) for name in NETWORKS}
