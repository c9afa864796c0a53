"""Layers that compute without looking at neighbours: activations, scales, sums, normalisation, dense layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from accubench.models.caffe.messages import (
    BatchNorm,
    Broadcast,
    Clip,
    Dropout,
    Eltwise,
    Elu,
    InnerProduct,
    Power,
    PRelu,
    Reduction,
    Relu,
    Softmax,
    Swish,
)
from accubench.models.caffe.site import Site

__all__ = [
    "absolute",
    "axpy",
    "batch_norm",
    "bias",
    "bnll",
    "clip",
    "dropout",
    "eltwise",
    "elu",
    "exponential",
    "inner_product",
    "logarithm",
    "power",
    "prelu",
    "reduction",
    "relu",
    "relu6",
    "scale",
    "sigmoid",
    "softmax",
    "swish",
    "tanh",
]


def absolute(site: Site) -> list[Any]:
    """|x|."""
    return [site.operations.absolute(site.x)]


def axpy(site: Site) -> list[Any]:
    """A * x + y with a factor for each channel: the layer that squeeze-and-excitation networks came with."""
    site.expect_bottoms(3)
    factor = site.shape(0)
    _, channels, _, _ = site.expect_image(1)
    if factor not in {(1, channels), (1, channels, 1, 1)} or site.shape(1) != site.shape(2):
        raise site.layer.broken(f"cannot multiply {site.shape(1)} with {factor} and add {site.shape(2)}")
    product = site.operations.multiply(site.inputs[1], site.reshaped(site.x, [0, 0, 1, 1]))
    return [site.operations.add(product, site.inputs[2])]


def batch_norm(site: Site) -> list[Any]:
    """(x - mean) / sqrt(variance + eps) with stored statistics, folded into one factor and one summand.

    Caffe stores sums and the factor they are to be divided by; a factor of 0 stands for statistics of 0.
    """
    parameters = site.layer.read("batch_norm_param", BatchNorm)
    if parameters.use_global_stats is False:
        raise site.layer.unsupported(
            "has use_global_stats: false, so its result depends on the other images of a batch. "
            "Remove that line to use the stored mean and variance"
        )
    channels = site.expect_channels()
    mean, variance, count = site.weights(mean=(channels,), variance=(channels,), scale_factor=(1,))
    divisor = float(count[0])
    weight = 0.0 if divisor == 0 else 1.0 / divisor
    with np.errstate(all="ignore"):
        factor = 1.0 / np.sqrt(variance.astype(np.float64) * weight + parameters.eps)
        summand = -mean.astype(np.float64) * weight * factor
    broadcast = [1, channels, *[1] * (len(site.shape()) - 2)]
    product = site.operations.multiply(site.x, site.constant(factor.reshape(broadcast), "factor"))
    return [site.operations.add(product, site.constant(summand.reshape(broadcast), "summand"))]


def scale(site: Site) -> list[Any]:
    """A factor, learned or from a second bottom, and a learned summand where `bias_term` asks for it."""
    parameters = site.layer.read("scale_param", Broadcast)
    site.expect_bottoms(1, 2)
    shape, trailing = _covered(site, parameters)
    wanted = {"factor": len(site.inputs) == 1, "bias": parameters.bias_term}
    roles = [role for role, is_wanted in wanted.items() if is_wanted]
    learned = dict(zip(roles, site.weights(**dict.fromkeys(roles, shape)) if roles else [], strict=True))
    broadcast = [*shape, *[1] * trailing]
    if "factor" in learned:
        factor = site.constant(learned["factor"].reshape(broadcast), "factor")
    else:
        factor = site.reshaped(site.inputs[1], [0] * len(shape) + [1] * trailing)
    product = site.operations.multiply(site.x, factor)
    if "bias" not in learned:
        return [product]
    return [site.operations.add(product, site.constant(learned["bias"].reshape(broadcast), "bias"))]


def bias(site: Site) -> list[Any]:
    """A summand, learned or from a second bottom."""
    parameters = site.layer.read("bias_param", Broadcast)
    site.expect_bottoms(1, 2)
    shape, trailing = _covered(site, parameters)
    if len(site.inputs) == 1:
        summand = site.constant(site.weights(bias=shape)[0].reshape(*shape, *[1] * trailing), "bias")
    else:
        summand = site.reshaped(site.inputs[1], [0] * len(shape) + [1] * trailing)
    return [site.operations.add(site.x, summand)]


def _covered(site: Site, parameters: Broadcast) -> tuple[tuple[int, ...], int]:
    """The sizes that a factor or summand has, and how many axes of the first bottom follow them."""
    shape = site.shape()
    first = site.axis(parameters.axis)
    if len(site.inputs) == 2:
        covered = site.shape(1)
        if shape[first : first + len(covered)] != covered:
            raise site.layer.broken(f"cannot spread {covered} over {shape} from axis {first} on")
        return covered, len(shape) - first - len(covered)
    count = len(shape) - first if parameters.num_axes == -1 else parameters.num_axes
    if not 0 <= count <= len(shape) - first:
        raise site.layer.broken(f"covers {count} axes from axis {first} on, but its bottom has the shape {shape}")
    return shape[first : first + count], len(shape) - first - count


def bnll(site: Site) -> list[Any]:
    """log(1 + exp(x))."""
    return [site.operations.softplus(site.x)]


def clip(site: Site) -> list[Any]:
    """Limits on both sides."""
    parameters = site.layer.read("clip_param", Clip)
    if not parameters.min <= parameters.max:
        raise site.layer.broken(f"clips to at least {parameters.min} and at most {parameters.max}")
    return [site.operations.clamp(site.x, parameters.min, parameters.max)]


def dropout(site: Site) -> list[Any]:
    """Nothing at all in inference, but for a fork that scales here what others scale in training."""
    parameters = site.layer.read("dropout_param", Dropout)
    if parameters.scale_train:
        return [site.x]
    return [site.operations.multiply(site.x, site.constant(1.0 - parameters.dropout_ratio, "kept"))]


def eltwise(site: Site) -> list[Any]:
    """Product, weighted sum or maximum of all bottoms."""
    parameters = site.layer.read("eltwise_param", Eltwise)
    shapes = [site.shape(index) for index in range(len(site.inputs))]
    if len(shapes) < 2 or any(shape != shapes[0] for shape in shapes):
        raise site.layer.broken(f"combines bottoms of the shapes {', '.join(map(str, shapes))}; expected equal ones")
    if parameters.coeff and (len(parameters.coeff) != len(shapes) or parameters.operation != "SUM"):
        raise site.layer.broken(
            f"has {len(parameters.coeff)} coefficients for {len(shapes)} bottoms and {parameters.operation}; "
            "Caffe takes one for each bottom of a SUM"
        )
    operations = site.operations
    combine = {"PROD": operations.multiply, "SUM": operations.add, "MAX": operations.maximum}[parameters.operation]
    terms = [
        value if coefficient == 1.0 else operations.multiply(value, site.constant(coefficient, "coefficient"))
        for value, coefficient in zip(site.inputs, parameters.coeff or (1.0,) * len(shapes), strict=True)
    ]
    result = terms[0]
    for term in terms[1:]:
        result = combine(result, term)
    return [result]


def elu(site: Site) -> list[Any]:
    """X above 0, alpha * (exp(x) - 1) below."""
    return [site.operations.elu(site.x, site.layer.read("elu_param", Elu).alpha)]


def exponential(site: Site) -> list[Any]:
    """Base ^ (shift + scale * x); the base is e where it is -1."""
    parameters = site.layer.read("exp_param", Power)
    rate = _natural_logarithm(site, parameters.base)
    return [site.operations.exp(_linear(site, parameters.scale * rate, parameters.shift * rate))]


def logarithm(site: Site) -> list[Any]:
    """The logarithm of shift + scale * x to a base, which is e where it is -1."""
    parameters = site.layer.read("log_param", Power)
    rate = _natural_logarithm(site, parameters.base)
    result = site.operations.log(_linear(site, parameters.scale, parameters.shift))
    return [result if rate == 1.0 else site.operations.multiply(result, site.constant(1.0 / rate, "rate"))]


def _natural_logarithm(site: Site, base: float) -> float:
    if base == -1.0:
        return 1.0
    if not base > 0 or base == 1.0:
        raise site.layer.broken(f"has the base {base}; expected -1 for e, or a number above 0 other than 1")
    return math.log(base)


def power(site: Site) -> list[Any]:
    """(shift + scale * x) ^ power."""
    parameters = site.layer.read("power_param", Power)
    inner = _linear(site, parameters.scale, parameters.shift)
    return [
        inner if parameters.power == 1.0 else site.operations.power(inner, site.constant(parameters.power, "power"))
    ]


def _linear(site: Site, factor: float, summand: float) -> Any:
    value = site.x
    if factor != 1.0:
        value = site.operations.multiply(value, site.constant(factor, "scale"))
    if summand != 0.0:
        value = site.operations.add(value, site.constant(summand, "shift"))
    return value


def relu(site: Site) -> list[Any]:
    """X above 0, and below 0 times `negative_slope`."""
    slope = site.layer.read("relu_param", Relu).negative_slope
    return [site.operations.prelu(site.x, site.constant(slope, "slope")) if slope else site.operations.relu(site.x)]


def relu6(site: Site) -> list[Any]:
    """X limited to 0 and 6."""
    return [site.operations.clamp(site.x, 0.0, 6.0)]


def prelu(site: Site) -> list[Any]:
    """ReLU with learned slopes."""
    shared = site.layer.read("prelu_param", PRelu).channel_shared
    channels = site.expect_channels()
    slopes = site.weights(slope=() if shared else (channels,))[0]
    return [site.operations.prelu(site.x, site.constant(slopes.reshape(-1), "slope"))]


def sigmoid(site: Site) -> list[Any]:
    """1 / (1 + exp(-x))."""
    return [site.operations.sigmoid(site.x)]


def swish(site: Site) -> list[Any]:
    """X * sigmoid(beta * x)."""
    beta = site.layer.read("swish_param", Swish).beta
    return [site.operations.multiply(site.x, site.operations.sigmoid(_linear(site, beta, 0.0)))]


def tanh(site: Site) -> list[Any]:
    """The hyperbolic tangent."""
    return [site.operations.tanh(site.x)]


def softmax(site: Site) -> list[Any]:
    """exp(x) divided by its sum along one axis."""
    return [site.operations.softmax(site.x, site.axis(site.layer.read("softmax_param", Softmax).axis))]


def reduction(site: Site) -> list[Any]:
    """Sum, sum of absolutes, sum of squares or mean over all axes from one on."""
    parameters = site.layer.read("reduction_param", Reduction)
    first = site.axis(parameters.axis)
    if first == 0 or parameters.operation == "NONE":
        raise site.layer.unsupported("reduces the batch to one number, so its result is not that of one image")
    operations, axes = site.operations, site.integers(range(first, len(site.shape())))
    value = {
        "SUM": lambda: operations.reduce_sum(site.x, axes),
        "ASUM": lambda: operations.reduce_l1(site.x, axes),
        "SUMSQ": lambda: operations.reduce_sum(operations.multiply(site.x, site.x), axes),
        "MEAN": lambda: operations.reduce_mean(site.x, axes),
    }[parameters.operation]()
    return [value if parameters.coeff == 1.0 else operations.multiply(value, site.constant(parameters.coeff, "coeff"))]


def inner_product(site: Site) -> list[Any]:
    """A fully connected layer over everything from one axis on."""
    parameters = site.layer.read("inner_product_param", InnerProduct)
    site.expect_bottoms(1)
    shape = site.shape()
    first, outputs = site.axis(parameters.axis), parameters.num_output
    if first == 0:
        raise site.layer.unsupported("mixes the images of a batch (axis 0)")
    if outputs < 1:
        raise site.layer.broken(f"has num_output {outputs}; expected a number above 0")
    inputs = math.prod(shape[first:])
    expected: dict[str, tuple[int, ...]] = {"weights": (inputs, outputs) if parameters.transpose else (outputs, inputs)}
    learned = site.weights(**expected, **({"bias": (outputs,)} if parameters.bias_term else {}))
    flat = site.reshaped(site.x, [0] * first + [-1])
    node = site.operations.matmul(
        flat, site.constant(learned[0], "weights"), transpose_a=False, transpose_b=not parameters.transpose
    )
    return [site.biased(node, learned[1]) if parameters.bias_term else node]
