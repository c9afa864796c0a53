"""From a prototxt and its caffemodel to an OpenVINO model."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accubench.errors import UnsupportedModelError
from accubench.models.caffe import arithmetic, shaping, spatial
from accubench.models.caffe.caffemodel import Blob, read_caffemodel
from accubench.models.caffe.inputs import LARGEST_TENSOR, input_shape
from accubench.models.caffe.network import Layer, Network, read_network
from accubench.models.caffe.resolving import Graph, GraphInput, Node, resolve
from accubench.models.caffe.site import Site
from accubench.models.openvino_reading import short_reason
from accubench.models.openvino_runtime import load_openvino

if TYPE_CHECKING:
    import openvino as ov

__all__ = ["SUPPORTED_LAYERS", "import_caffe"]

_BUILDERS: dict[str, Callable[[Site], list[Any]]] = {
    "AbsVal": arithmetic.absolute,
    "Axpy": arithmetic.axpy,
    "BNLL": arithmetic.bnll,
    "BatchNorm": arithmetic.batch_norm,
    "Bias": arithmetic.bias,
    "Clip": arithmetic.clip,
    "Concat": shaping.concat,
    "Convolution": spatial.convolution,
    "ConvolutionDepthwise": spatial.depthwise_convolution,
    "Crop": shaping.crop,
    "Deconvolution": spatial.deconvolution,
    "DepthwiseConvolution": spatial.depthwise_convolution,
    "Dropout": arithmetic.dropout,
    "ELU": arithmetic.elu,
    "Eltwise": arithmetic.eltwise,
    "Exp": arithmetic.exponential,
    "Flatten": shaping.flatten,
    "InnerProduct": arithmetic.inner_product,
    "LRN": spatial.local_response_normalization,
    "Log": arithmetic.logarithm,
    "PReLU": arithmetic.prelu,
    "Permute": shaping.permute,
    "Pooling": spatial.pooling,
    "Power": arithmetic.power,
    "ReLU": arithmetic.relu,
    "ReLU6": arithmetic.relu6,
    "Reduction": arithmetic.reduction,
    "Reshape": shaping.reshape,
    "Scale": arithmetic.scale,
    "ShuffleChannel": shaping.shuffle_channel,
    "Sigmoid": arithmetic.sigmoid,
    "Slice": shaping.slices,
    "Softmax": arithmetic.softmax,
    "Split": shaping.split,
    "Swish": arithmetic.swish,
    "TanH": arithmetic.tanh,
}
SUPPORTED_LAYERS = tuple(sorted(_BUILDERS))
"""Layer types that compute something and can be imported; data, loss and measuring layers come on top."""


def import_caffe(prototxt: Path, caffemodel: Path) -> ov.Model:
    """Import a Caffe classification network.

    The model's batch is 1 whatever the prototxt says, and can be changed with `Model.reshape`.
    Nodes are called after layers, tensors after tops; inputs of four axes carry the layout NCHW.
    Caffe's networks want their channels in the order BGR, which is the caller's affair.

    Args:
        prototxt: The network: a deploy file, or a file for training and testing, of which the phase TEST is taken.
        caffemodel: The weights, in Caffe's binary form, written by any version of Caffe.

    Returns:
        A float32 model with the unused results of the network as its outputs.

    Raises:
        BrokenModelError: One of the files is damaged, or they do not belong together.
        UnsupportedModelError: The network has a layer, field or form that AccuBench does not import.
    """
    network = read_network(prototxt)
    graph = resolve(network)
    for node in graph.nodes:
        if node.layer.type not in _BUILDERS:
            raise node.layer.unsupported(
                "is of a type that AccuBench does not import. "
                "A network with layers of its own is best converted to ONNX by the framework that knows them"
            )
        node.layer.refuse_unknown_fields()
    return _Building(network, graph, read_caffemodel(caffemodel), str(caffemodel)).model()


class _Building:
    """The OpenVINO graph as far as it stands."""

    def __init__(
        self, network: Network, graph: Graph, weights: dict[str, list[tuple[Blob, ...]]], caffemodel: str
    ) -> None:
        self.openvino = load_openvino()
        self.network = network
        self.graph = graph
        self.weights = weights
        self.caffemodel = caffemodel
        self.values: dict[int, Any] = {}
        self.users: dict[str, Layer] = {}
        self.declared_batch = 1

    def model(self) -> ov.Model:
        parameters = [self._parameter(source) for source in self.graph.inputs]
        for node in self.graph.nodes:
            self._build(node)
        outputs = [self.values[value] for value in self.graph.outputs if value in self.values]
        self._name_tensors()
        try:
            return self.openvino.Model(outputs, parameters, self.network.name or "caffe")
        except RuntimeError as error:
            raise UnsupportedModelError(
                f"{self.network.file}: OpenVINO refuses the network. {short_reason(error)}"
            ) from error

    def _parameter(self, source: GraphInput) -> Any:
        ov = self.openvino
        shape, self.declared_batch = input_shape(
            source, file=self.network.file, channels=self._channels_of_first_weights(source.value)
        )
        parameter = ov.opset13.parameter(list(shape), ov.Type.f32)
        parameter.set_friendly_name(source.name)
        if len(shape) == 4:
            parameter.set_layout(ov.Layout("NCHW"))
        self.values[source.value] = parameter.output(0)
        return parameter

    def _channels_of_first_weights(self, value: int) -> int | None:
        for node in self.graph.nodes:
            blobs = self.weights.get(node.layer.name, [()])[0]
            if node.layer.type == "Convolution" and value in node.inputs and blobs and len(blobs[0].shape) == 4:
                return blobs[0].shape[1]
        return None

    def _build(self, node: Node) -> None:
        layer = node.layer
        missing = [index for index, value in enumerate(node.inputs) if value not in self.values]
        if missing:
            raise layer.unsupported(
                f"reads '{layer.bottoms[missing[0]]}', a second result that AccuBench does not import"
            )
        site = Site(
            layer=layer,
            inputs=tuple(self.values[value] for value in node.inputs),
            operations=self.openvino.opset13,
            find_blobs=functools.partial(self._blobs, layer),
            caffemodel=self.caffemodel,
            declared_batch=self.declared_batch,
        )
        try:
            results = [_output(result) for result in _BUILDERS[layer.type](site)]
        except RuntimeError as error:
            raise layer.unsupported(f"is refused by OpenVINO. {short_reason(error)}") from error
        for value, result in zip(node.outputs, results, strict=False):
            if math.prod(result.get_shape()) > LARGEST_TENSOR:
                raise layer.unsupported(
                    f"has a result of the shape {tuple(result.get_shape())}, too large for a classifier"
                )
            self.values[value] = result
        owner = results[0].get_node()
        if all(value.get_node() is not owner for value in site.inputs):
            owner.set_friendly_name(layer.name)

    def _blobs(self, layer: Layer) -> tuple[Blob, ...] | None:
        """The blobs of a layer that asks for weights; two layers of one name may not both ask."""
        found = self.weights.get(layer.name)
        if found is None:
            return None
        first = self.users.setdefault(layer.name, layer)
        if first is not layer or len(found) > 1:
            raise layer.unsupported(
                f"shares its name with another layer that has weights (line {first.line}), so that it is not clear "
                "whose they are. Give the layers names of their own"
            )
        return found[0]

    def _name_tensors(self) -> None:
        """Give tensors the names of their tops; a tensor that passes layers unchanged has several."""
        for value, name in self.graph.names.items():
            if value in self.values:
                self.values[value].get_tensor().add_names({name})


def _output(result: Any) -> Any:
    """The output of a node that has one, or the output itself."""
    return result.output(0) if hasattr(result, "set_friendly_name") else result
