"""Layers that look at a pixel's neighbourhood: convolution, deconvolution, pooling, local response normalisation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accubench.models.caffe.messages import Convolution, Lrn, Pooling
from accubench.models.caffe.site import Site

__all__ = ["convolution", "deconvolution", "depthwise_convolution", "local_response_normalization", "pooling"]

_Pair = tuple[int, int]
_LARGEST_STEP = 2**16
"""Bound on kernels, strides, paddings and dilations; no classifier comes near."""


def convolution(site: Site) -> list[Any]:
    """Convolution, in groups where there are several."""
    parameters = site.layer.read("convolution_param", Convolution)
    return _convolution(site, parameters, parameters.group)


def depthwise_convolution(site: Site) -> list[Any]:
    """Convolution with a group for each channel, as layer types of several forks have it, named or not."""
    return _convolution(site, site.layer.read("convolution_param", Convolution), site.expect_image()[1])


def deconvolution(site: Site) -> list[Any]:
    """Transposed convolution; its weights are (inputs, outputs / groups, height, width)."""
    parameters = site.layer.read("convolution_param", Convolution)
    window = _window(site, parameters)
    channels, group = _channels(site, parameters, parameters.group)
    filters = site.weights(
        weights=(channels, parameters.num_output // group, *window.kernel), **_bias_shape(parameters)
    )
    for size, kernel, stride, pad in zip(site.shape()[2:], window.extent, window.stride, window.pad, strict=True):
        if stride * (size - 1) + kernel - 2 * pad < 1:
            raise site.layer.broken(f"pads {pad} on each side, which leaves nothing of its result")
    if group == 1:
        build, weights = site.operations.convolution_backprop_data, filters[0]
    else:
        build = site.operations.group_convolution_backprop_data
        weights = filters[0].reshape(group, channels // group, *filters[0].shape[1:])
    node = build(site.x, site.constant(weights, "weights"), **window.placement)
    return [_with_bias(site, node, filters)]


def pooling(site: Site) -> list[Any]:
    """Maximum or average of each window.

    Caffe rounds the number of windows up, drops a last window that would begin in the padding behind the image, and
    averages over the part of a window that lies inside of image and padding.
    OpenVINO's own ceiling mode differs in both, so the number of windows is worked out here and the padding behind the
    image is made to fit it.
    """
    parameters = site.layer.read("pooling_param", Pooling)
    site.expect_bottoms(1)
    site.expect_image()
    if parameters.pool == "STOCHASTIC":
        raise site.layer.unsupported("pools stochastically, which AccuBench does not import")
    if parameters.global_pooling:
        reduce = site.operations.reduce_max if parameters.pool == "MAX" else site.operations.reduce_mean
        return [reduce(site.x, site.integers([2, 3]), keep_dims=True)]
    window = _window(site, parameters)
    ceiling = parameters.round_mode == "CEIL" and parameters.ceil_mode
    counts = [_window_count(site, window, direction, ceiling=ceiling) for direction in (0, 1)]
    behind = [
        (count - 1) * stride + kernel - size - pad
        for count, stride, kernel, size, pad in zip(
            counts, window.stride, window.kernel, site.shape()[2:], window.pad, strict=True
        )
    ]
    return [_maximum(site, window, behind) if parameters.pool == "MAX" else _average(site, window, behind)]


def local_response_normalization(site: Site) -> list[Any]:
    """Division by (k + alpha / n * sum of squares) ^ beta, n channels or n x n pixels around each number.

    Within a channel Caffe builds the layer of others, whose constant is 1 whatever `k` says.
    """
    parameters = site.layer.read("lrn_param", Lrn)
    site.expect_image()
    if parameters.local_size % 2 != 1 or not 0 < parameters.local_size < _LARGEST_STEP:
        raise site.layer.broken(f"has the local_size {parameters.local_size}; Caffe takes odd numbers only")
    across = parameters.norm_region == "ACROSS_CHANNELS"
    return [
        site.operations.lrn(
            site.x,
            site.integers([1] if across else [2, 3]),
            alpha=parameters.alpha,
            beta=parameters.beta,
            bias=parameters.k if across else 1.0,
            size=parameters.local_size,
        )
    ]


def _convolution(site: Site, parameters: Convolution, group: int) -> list[Any]:
    window = _window(site, parameters)
    channels, group = _channels(site, parameters, group)
    for size, kernel, pad in zip(site.shape()[2:], window.extent, window.pad, strict=True):
        if size + 2 * pad < kernel:
            raise site.layer.broken(
                f"has a kernel that spans {kernel} pixels, but its padded bottom has {size + 2 * pad}"
            )
    shape = (parameters.num_output, channels // group, *window.kernel)
    filters = site.weights(weights=shape, **_bias_shape(parameters))
    if group == 1:
        build, weights = site.operations.convolution, filters[0]
    else:
        build, weights = site.operations.group_convolution, filters[0].reshape(group, -1, *shape[1:])
    node = build(site.x, site.constant(weights, "weights"), **window.placement)
    return [_with_bias(site, node, filters)]


def _channels(site: Site, parameters: Convolution, group: int) -> _Pair:
    channels = site.expect_image()[1]
    site.expect_bottoms(1)
    if parameters.axis != 1:
        raise site.layer.unsupported(f"has its channels on axis {parameters.axis}; AccuBench imports axis 1")
    if parameters.num_output < 1:
        raise site.layer.broken(f"has num_output {parameters.num_output}; expected a number above 0")
    if group < 1 or channels % group or parameters.num_output % group:
        raise site.layer.broken(
            f"cannot divide {channels} channels and {parameters.num_output} outputs into {group} groups"
        )
    return channels, group


def _bias_shape(parameters: Convolution) -> Mapping[str, tuple[int, ...]]:
    return {"bias": (parameters.num_output,)} if parameters.bias_term else {}


def _with_bias(site: Site, node: Any, filters: list[Any]) -> Any:
    return site.biased(node, filters[1].reshape(1, -1, 1, 1)) if filters[1:] else node


def _window_count(site: Site, window: _Window, direction: int, *, ceiling: bool) -> int:
    size, pad = site.shape()[2 + direction], window.pad[direction]
    kernel, stride = window.kernel[direction], window.stride[direction]
    if pad >= kernel:
        raise site.layer.broken(
            f"pads {pad} pixels for a kernel of {kernel}; Caffe takes less padding than kernel only"
        )
    room = size + 2 * pad - kernel
    if room < 0:
        raise site.layer.broken(f"has a kernel of {kernel} pixels, but its padded bottom has {size + 2 * pad}")
    count = (-(-room // stride) if ceiling else room // stride) + 1
    if any(window.pad) and (count - 1) * stride >= size + pad:
        count -= 1
    if (count - 1) * stride - pad >= size:
        raise site.layer.unsupported(
            f"has a last window outside of its bottom (size {size}, kernel {kernel}, stride {stride}), where Caffe's "
            "result is not defined"
        )
    return count


def _maximum(site: Site, window: _Window, behind: list[int]) -> Any:
    node = site.operations.max_pool(
        site.x,
        strides=list(window.stride),
        dilations=[1, 1],
        pads_begin=list(window.pad),
        pads_end=[max(0, pad) for pad in behind],
        kernel_shape=list(window.kernel),
    )
    return node.output(0)


def _average(site: Site, window: _Window, behind: list[int]) -> Any:
    operations, value = site.operations, site.x
    begin, end, exclude = list(window.pad), [max(0, pad) for pad in behind], False
    if any(pad > own for pad, own in zip(behind, window.pad, strict=True)):
        if any(window.pad):
            around = site.integers([0, 0, *window.pad])
            value = operations.pad(value, around, around, "constant", operations.constant(0.0, dtype="float32"))
        begin, exclude = [0, 0], True
        end = [max(0, pad - own) for pad, own in zip(behind, window.pad, strict=True)]
    return operations.avg_pool(
        value,
        strides=list(window.stride),
        pads_begin=begin,
        pads_end=end,
        kernel_shape=list(window.kernel),
        exclude_pad=exclude,
    )


@dataclass(frozen=True, slots=True)
class _Window:
    """Kernel, stride, padding and dilation, each for height and width."""

    kernel: _Pair
    stride: _Pair
    pad: _Pair
    dilation: _Pair

    @property
    def extent(self) -> _Pair:
        """Pixels from the first to the last tap of the kernel."""
        height, width = ((tap - 1) * step + 1 for tap, step in zip(self.kernel, self.dilation, strict=True))
        return height, width

    @property
    def placement(self) -> dict[str, list[int]]:
        """The same as arguments of OpenVINO's convolutions."""
        return {
            "strides": list(self.stride),
            "pads_begin": list(self.pad),
            "pads_end": list(self.pad),
            "dilations": list(self.dilation),
        }


def _window(site: Site, parameters: Convolution | Pooling) -> _Window:
    named = dataclasses.asdict(parameters)
    return _Window(
        kernel=_pair(site, named, "kernel_size", default=0, lowest=1),
        stride=_pair(site, named, "stride", default=1, lowest=1),
        pad=_pair(site, named, "pad", default=0, lowest=0),
        dilation=_pair(site, named, "dilation", default=1, lowest=1),
    )


def _pair(site: Site, parameters: dict[str, Any], name: str, *, default: int, lowest: int) -> _Pair:
    """Values for height and width of `kernel_size`, `stride`, `pad` or `dilation`; `kernel_h` and the like go first."""
    given = parameters.get(name) or (default,)
    if len(given) > 2:
        raise site.layer.unsupported(f"gives {len(given)} values of {name}; AccuBench imports two directions")
    short = name.removesuffix("_size")
    own = [parameters.get(f"{short}_{direction}") for direction in "hw"]
    height, width = (both if one is None else one for one, both in zip(own, (given[0], given[-1]), strict=True))
    for value in (height, width):
        if not lowest <= value < _LARGEST_STEP:
            raise site.layer.broken(f"has the {name} {value}; expected {lowest} or more, and below {_LARGEST_STEP}")
    return height, width
