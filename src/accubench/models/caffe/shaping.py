"""Layers that move numbers without computing: concatenation, slices, new shapes and orders."""

from __future__ import annotations

import itertools
import math
from typing import Any

from accubench.models.caffe.messages import Concat, Crop, Flatten, Permute, Reshape, ShuffleChannel, Slice
from accubench.models.caffe.site import Site

__all__ = ["concat", "crop", "flatten", "permute", "reshape", "shuffle_channel", "slices", "split"]


def concat(site: Site) -> list[Any]:
    """All bottoms one behind the other along an axis."""
    parameters = site.layer.read("concat_param", Concat)
    axis = _axis_or_old_name(site, parameters.axis, parameters.concat_dim)
    shapes = [site.shape(index) for index in range(len(site.inputs))]
    if len({(len(shape), shape[:axis], shape[axis + 1 :]) for shape in shapes}) > 1:
        raise site.layer.broken(
            f"joins the shapes {', '.join(map(str, shapes))}, which differ in other axes than {axis}"
        )
    return [site.operations.concat(list(site.inputs), axis) if len(shapes) > 1 else site.x]


def slices(site: Site) -> list[Any]:
    """Parts along an axis, cut at the slice points or into equal parts."""
    parameters = site.layer.read("slice_param", Slice)
    axis = _axis_or_old_name(site, parameters.axis, parameters.slice_dim)
    size, parts = site.shape()[axis], len(site.layer.tops)
    points = parameters.slice_point or tuple(size * part // parts for part in range(1, parts) if size % parts == 0)
    edges = (0, *points, size)
    lengths = [end - start for start, end in itertools.pairwise(edges)]
    if len(lengths) != parts or min(lengths) < 1:
        raise site.layer.broken(f"cannot cut {size} of axis {axis} into {parts} tops at {list(points)}")
    if parts == 1:
        return [site.x]
    node = site.operations.variadic_split(site.x, site.integers(axis), site.integers(lengths))
    return [node.output(part) for part in range(parts)]


def split(site: Site) -> list[Any]:
    """The bottom itself, once for each top."""
    return [site.x] * len(site.layer.tops)


def flatten(site: Site) -> list[Any]:
    """One axis in place of several."""
    parameters = site.layer.read("flatten_param", Flatten)
    first, last = site.axis(parameters.axis), site.axis(parameters.end_axis)
    if last < first:
        raise site.layer.broken(f"flattens the axes from {first} to {last}")
    if first == last:
        return [site.x]
    return [site.reshaped(site.x, [0] * first + [-1, *site.shape()[last + 1 :]])]


def reshape(site: Site) -> list[Any]:
    """A new shape for some of the axes, where 0 copies a size and -1 is inferred.

    A first size that repeats the batch size of the prototxt means "the batch", which is 1 here.
    """
    parameters = site.layer.read("reshape_param", Reshape)
    old, sizes = site.shape(), list(parameters.shape.dim)
    first = site.axis(parameters.axis if parameters.axis >= 0 else parameters.axis + 1, rank=len(old) + 1)
    last = len(old) if parameters.num_axes == -1 else first + parameters.num_axes
    if not first <= last <= len(old):
        raise site.layer.broken(f"reshapes {parameters.num_axes} axes from axis {first} on, but its bottom has {old}")
    if first == 0 and sizes and old[0] == 1 and sizes[0] == site.declared_batch:
        sizes[0] = 0
    pattern = [0] * first + sizes + list(old[last:])
    copied = [old[index] if size == 0 and index < len(old) else size for index, size in enumerate(pattern)]
    known = math.prod(size for size in copied if size != -1)
    fits = known > 0 and math.prod(old) % known == 0 if -1 in copied else known == math.prod(old)
    if copied.count(-1) > 1 or min(copied, default=1) < -1 or not fits:
        raise site.layer.broken(f"cannot give {old} the shape {tuple(pattern)}")
    return [site.reshaped(site.x, pattern)]


def permute(site: Site) -> list[Any]:
    """Axes in another order."""
    order = list(site.layer.read("permute_param", Permute).order)
    rank = len(site.shape())
    order += [axis for axis in range(rank) if axis not in order]
    if sorted(order) != list(range(rank)):
        raise site.layer.broken(f"orders the axes of {site.shape()} as {order}")
    return [site.operations.transpose(site.x, site.integers(order))]


def shuffle_channel(site: Site) -> list[Any]:
    """Channels of several groups taken in turn, one of each group."""
    group = site.layer.read("shuffle_channel_param", ShuffleChannel).group
    shape = site.shape()
    if len(shape) < 2 or group < 1 or shape[1] % group:
        raise site.layer.broken(f"cannot divide the channels of {shape} into {group} groups")
    return [site.operations.shuffle_channels(site.x, 1, group) if group > 1 else site.x]


def crop(site: Site) -> list[Any]:
    """The first bottom cut to the size of the second, from one axis on."""
    parameters = site.layer.read("crop_param", Crop)
    site.expect_bottoms(2)
    shape, reference = site.shape(0), site.shape(1)
    first = site.axis(parameters.axis)
    count = len(shape) - first
    if len(reference) != len(shape) or len(parameters.offset) not in {0, 1, count}:
        raise site.layer.broken(f"cannot crop {shape} to {reference} with {len(parameters.offset)} offsets")
    offsets = parameters.offset if len(parameters.offset) == count else (parameters.offset or (0,)) * count
    ends = [offset + size for offset, size in zip(offsets, reference[first:], strict=True)]
    if any(offset < 0 for offset in offsets) or any(end > size for end, size in zip(ends, shape[first:], strict=True)):
        raise site.layer.broken(f"cannot crop {shape} to {reference} from {list(offsets)} on")
    axes = range(first, len(shape))
    return [
        site.operations.slice(
            site.x, site.integers(offsets), site.integers(ends), site.integers([1] * count), site.integers(axes)
        )
    ]


def _axis_or_old_name(site: Site, axis: int | None, old: int | None) -> int:
    return site.axis(axis if axis is not None else 1 if old is None else old)
