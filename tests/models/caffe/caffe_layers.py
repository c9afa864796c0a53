"""One small network for each kind of layer and each of its options that matters, for comparison with an oracle."""

from __future__ import annotations

import numpy as np
from caffe_writer import Array, NetworkWriter, seeded, uniform

INPUT_SHAPE = (1, 6, 6, 5)


def layer_input(seed: int = 11) -> Array:
    """Numbers of both signs, none of them on the edge of an activation."""
    return uniform(seeded(seed), -2.0, 2.0, INPUT_SHAPE)


def layer_cases() -> dict[str, NetworkWriter]:
    """A network by the name of the case; every network reads an input of `INPUT_SHAPE` called data."""
    cases: dict[str, NetworkWriter] = {}
    for name, (kind, parameters) in _PLAIN.items():
        net = cases[name] = _network(name)
        net.layer("out", kind, parameters)
    for name, (kind, parameters, shapes) in _LEARNED.items():
        net = cases[name] = _network(name)
        net.layer("out", kind, parameters, blobs=tuple(_learned(net, shape) for shape in shapes))
    for name, (kind, parameters) in _JOINED.items():
        net = cases[name] = _network(name)
        net.layer("second", "Power", "power_param { scale: -0.5 shift: 0.25 }")
        net.layer("third", "TanH", bottom="data")
        net.layer("out", kind, parameters, bottom=("data", "second", "third"))
    for build in (_batch_norm, _two_bottom_scale, _slices, _in_place, _split):
        name = build.__name__.strip("_")
        build(cases.setdefault(name, _network(name)))
    return cases


_PLAIN = {
    "absval": ("AbsVal", ""),
    "bnll": ("BNLL", ""),
    "dropout": ("Dropout", "dropout_param { dropout_ratio: 0.5 }"),
    "elu": ("ELU", "elu_param { alpha: 0.7 }"),
    "flatten": ("Flatten", ""),
    "flatten_axes": ("Flatten", "flatten_param { axis: 2 end_axis: 3 }"),
    "lrn_across": ("LRN", "lrn_param { local_size: 5 alpha: 0.4 beta: 0.75 }"),
    "lrn_across_3": ("LRN", "lrn_param { local_size: 3 alpha: 0.1 beta: 0.5 }"),
    "lrn_within": ("LRN", "lrn_param { local_size: 3 alpha: 0.4 beta: 0.75 norm_region: WITHIN_CHANNEL }"),
    "permute": ("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }"),
    "pool_ave": ("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 }"),
    "pool_ave_overhang": ("Pooling", "pooling_param { pool: AVE kernel_size: 2 stride: 2 }"),
    "pool_ave_pad": ("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }"),
    "pool_ave_same": ("Pooling", "pooling_param { pool: AVE kernel_size: 3 stride: 1 pad: 1 }"),
    "pool_global_ave": ("Pooling", "pooling_param { pool: AVE global_pooling: true }"),
    "pool_global_max": ("Pooling", "pooling_param { pool: MAX global_pooling: true }"),
    "pool_max": ("Pooling", "pooling_param { kernel_size: 3 stride: 2 }"),
    "pool_max_overhang": ("Pooling", "pooling_param { kernel_size: 2 stride: 2 }"),
    "pool_max_pad": ("Pooling", "pooling_param { kernel_size: 3 stride: 2 pad: 1 }"),
    "pool_max_rectangle": (
        "Pooling",
        "pooling_param { kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 3 pad_h: 1 pad_w: 0 }",
    ),
    "power": ("Power", "power_param { power: 2 scale: 0.5 shift: 3 }"),
    "power_linear": ("Power", "power_param { scale: -2 shift: 1.5 }"),
    "relu": ("ReLU", ""),
    "relu6": ("ReLU6", ""),
    "relu_leaky": ("ReLU", "relu_param { negative_slope: 0.1 }"),
    "reshape": ("Reshape", "reshape_param { shape { dim: 0 dim: 3 dim: 2 dim: -1 } }"),
    "reshape_axes": ("Reshape", "reshape_param { shape { dim: 2 dim: 3 } axis: 1 num_axes: 1 }"),
    "shuffle_channel": ("ShuffleChannel", "shuffle_channel_param { group: 3 }"),
    "sigmoid": ("Sigmoid", ""),
    "softmax": ("Softmax", ""),
    "softmax_axis": ("Softmax", "softmax_param { axis: 2 }"),
    "tanh": ("TanH", ""),
}
_LEARNED = {
    "convolution": ("Convolution", "convolution_param { num_output: 4 kernel_size: 3 }", [(4, 6, 3, 3), (4,)]),
    "convolution_depthwise": (
        "Convolution",
        "convolution_param { num_output: 6 kernel_size: 3 pad: 1 group: 6 bias_term: false }",
        [(6, 1, 3, 3)],
    ),
    "convolution_dilated": (
        "Convolution",
        "convolution_param { num_output: 3 kernel_size: 3 dilation: 2 pad: 2 }",
        [(3, 6, 3, 3), (3,)],
    ),
    "convolution_grouped": (
        "Convolution",
        "convolution_param { num_output: 4 kernel_size: 1 group: 2 stride: 2 }",
        [(4, 3, 1, 1), (4,)],
    ),
    "convolution_rectangle": (
        "Convolution",
        "convolution_param { num_output: 4 kernel_h: 1 kernel_w: 5 stride_h: 2 stride_w: 1 pad_h: 0 pad_w: 2 }",
        [(4, 6, 1, 5), (4,)],
    ),
    "deconvolution": (
        "Deconvolution",
        "convolution_param { num_output: 4 kernel_size: 4 stride: 2 pad: 1 }",
        [(6, 4, 4, 4), (4,)],
    ),
    "deconvolution_grouped": (
        "Deconvolution",
        "convolution_param { num_output: 6 kernel_size: 4 stride: 2 pad: 1 group: 6 bias_term: false }",
        [(6, 1, 4, 4)],
    ),
    "inner_product": ("InnerProduct", "inner_product_param { num_output: 5 }", [(5, 180), (5,)]),
    "inner_product_no_bias": (
        "InnerProduct",
        "inner_product_param { num_output: 5 bias_term: false }",
        [(5, 180)],
    ),
    "prelu": ("PReLU", "", [(6,)]),
    "prelu_shared": ("PReLU", "prelu_param { channel_shared: true }", [(1,)]),
    "scale": ("Scale", "", [(6,)]),
    "scale_bias": ("Scale", "scale_param { bias_term: true }", [(6,), (6,)]),
}
_JOINED = {
    "concat": ("Concat", ""),
    "concat_axis": ("Concat", "concat_param { axis: 2 }"),
    "concat_old_name": ("Concat", "concat_param { concat_dim: 1 }"),
    "eltwise_coefficients": ("Eltwise", "eltwise_param { operation: SUM coeff: 1 coeff: -0.5 coeff: 2 }"),
    "eltwise_maximum": ("Eltwise", "eltwise_param { operation: MAX }"),
    "eltwise_product": ("Eltwise", "eltwise_param { operation: PROD }"),
    "eltwise_sum": ("Eltwise", ""),
}


def _network(name: str) -> NetworkWriter:
    net = NetworkWriter(seed=sum(name.encode()))
    net.input(*INPUT_SHAPE)
    return net


def _learned(net: NetworkWriter, shape: tuple[int, ...]) -> Array:
    return uniform(net.random, -0.5, 0.5, shape)


def _batch_norm(net: NetworkWriter) -> None:
    blobs = (
        uniform(net.random, -1, 1, (6,)),
        uniform(net.random, 0.5, 3, (6,)),
        np.array([4.0], np.float32),
    )
    net.layer("out", "BatchNorm", "batch_norm_param { eps: 0.001 }", blobs=blobs)


def _two_bottom_scale(net: NetworkWriter) -> None:
    net.layer("pooled", "Pooling", "pooling_param { pool: AVE global_pooling: true }")
    net.layer("gate", "Flatten")
    net.layer("out", "Scale", "scale_param { axis: 0 }", bottom=("data", "gate"))


def _slices(net: NetworkWriter) -> None:
    parameters = "slice_param { axis: 1 slice_point: 1 slice_point: 3 }"
    net.layer("parts", "Slice", parameters, top=("a", "b", "c"))
    net.layer("first", "TanH", bottom="a")
    net.layer("out", "Concat", bottom=("c", "first", "b"))


def _in_place(net: NetworkWriter) -> None:
    net.layer("doubled", "Power", "power_param { scale: 2 }")
    net.layer("clipped", "ReLU", top="doubled")
    net.layer("moved", "Power", "power_param { shift: -1 }", top="doubled")
    net.layer("out", "Eltwise", bottom=("data", "doubled"))


def _split(net: NetworkWriter) -> None:
    net.layer("two", "Split", top=("left", "right"))
    net.layer("changed", "Sigmoid", bottom="right", top="right")
    net.layer("out", "Eltwise", "eltwise_param { operation: PROD }", bottom=("left", "right"))
