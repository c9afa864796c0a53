"""From the layers of a file to the graph of inference: phases, in-place layers, data and loss layers, dead branches.

Caffe's blobs are variables: an in-place layer (top == bottom) gives a name a new content.
Here every content is a *value* with a number of its own, so that who reads what is settled before anything is built.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field

from accubench.errors import BrokenModelError, UnsupportedModelError
from accubench.models.caffe.messages import NetState, NetStateRule
from accubench.models.caffe.network import DeclaredInput, Layer, Network

__all__ = ["DATA_LAYERS", "Graph", "GraphInput", "Node", "resolve"]

DATA_LAYERS = {
    "AnnotatedData": "data_param",
    "Data": "data_param",
    "DummyData": "dummy_data_param",
    "HDF5Data": "hdf5_data_param",
    "ImageData": "image_data_param",
    "Input": "input_param",
    "MemoryData": "memory_data_param",
    "WindowData": "window_data_param",
}
"""Types of layers that feed a network, with the field that holds their parameters."""

_LOSS_ACTIVATIONS = {"SoftmaxWithLoss": "Softmax", "SigmoidCrossEntropyLoss": "Sigmoid"}
"""Losses that compute class scores first; those scores are what inference is after."""
_MEASURES = frozenset({"Accuracy", "HDF5Output", "Silence"})


@dataclass(frozen=True, slots=True)
class GraphInput:
    """A value that comes from outside."""

    value: int
    name: str
    source: DeclaredInput | Layer
    top: int
    """Which of the source's tops it is."""


@dataclass(frozen=True, slots=True)
class Node:
    """A layer with the values it reads and the values it makes, one for each top."""

    layer: Layer
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """What is to be built, in an order in which it can be."""

    inputs: tuple[GraphInput, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]
    """Values that nothing reads: the class scores."""
    names: dict[int, str]
    """Top names of values; a value that an in-place layer replaced has none."""


def resolve(network: Network) -> Graph:
    """Work out what of `network` computes class scores, and from what.

    Layers of the phase TRAIN, measures such as Accuracy, losses, labels and branches that lead only there are left out;
    a SoftmaxWithLoss becomes a Softmax. Of several such losses only those of the highest weight count: the others are
    helpers of training, as in GoogLeNet.

    Raises:
        BrokenModelError: A layer reads a top that no earlier layer makes, or two layers make the same top.
        UnsupportedModelError: Nothing is left that could be class scores.
    """
    walk = _Walk()
    for declared in network.inputs:
        walk.add_input(declared.name, declared, 0)
    for layer in network.layers:
        if _in_test_phase(layer, network.state):
            walk.add(layer)
    walk.add_heads()
    outputs = walk.outputs()
    if not outputs:
        raise UnsupportedModelError(
            f"{network.file} has no output in the phase TEST: the result of every layer is used by another one. "
            "Give the network's deploy.prototxt."
        )
    nodes, needed = _reachable(walk.nodes, outputs)
    return Graph(
        inputs=tuple(entry for entry in walk.inputs if entry.value in needed),
        nodes=nodes,
        outputs=outputs,
        names={value: name for name, value in walk.current.items()},
    )


@dataclass(slots=True)
class _Walk:
    """The layers seen so far and what each top's name stands for at this point."""

    inputs: list[GraphInput] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    heads: list[tuple[Layer, int]] = field(default_factory=list)
    current: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, Layer] = field(default_factory=dict)
    """Tops of layers that are dropped."""
    consumed: set[int] = field(default_factory=set)
    count: int = 0

    def add(self, layer: Layer) -> None:
        if layer.type in DATA_LAYERS and not layer.bottoms:
            for index, top in enumerate(layer.tops):
                self._refuse_second(layer, top)
                self.add_input(top, layer, index)
        elif layer.type in _LOSS_ACTIVATIONS and layer.bottoms:
            value = self._read(layer, layer.bottoms[0])
            self.heads.append((layer, value))
            self.consumed.add(value)
            self.left_out.update(dict.fromkeys(layer.tops, layer))
        elif layer.type in _MEASURES or layer.type.endswith("Loss"):
            self.left_out.update(dict.fromkeys(layer.tops, layer))
            if layer.type == "Silence":
                self.consumed.update(self._read(layer, bottom) for bottom in layer.bottoms)
        else:
            self._add_node(layer)

    def add_input(self, name: str, source: DeclaredInput | Layer, top: int) -> None:
        self.inputs.append(GraphInput(self._new_value(name), name, source, top))

    def add_heads(self) -> None:
        """Turn the losses that matter into the activations they begin with, unless the network has these anyway."""
        highest = max((layer.loss_weight for layer, _ in self.heads), default=0.0)
        for layer, value in self.heads:
            activation = _LOSS_ACTIVATIONS[layer.type]
            exists = any(node.layer.type == activation and node.inputs == (value,) for node in self.nodes)
            if layer.loss_weight == highest and not exists:
                name = next((name for name in (*layer.tops[1:], "prob") if name not in self.current), layer.name)
                scores = dataclasses.replace(layer, type=activation, tops=(name,), bottoms=layer.bottoms[:1])
                self.nodes.append(Node(scores, (value,), (self._new_value(name),)))

    def outputs(self) -> tuple[int, ...]:
        """Values that nothing reads; tops of a layer of which another top is read count as unused."""
        found: list[int] = []
        for node in self.nodes:
            if not self.consumed.intersection(node.outputs):
                found += node.outputs
        return tuple(found)

    def _add_node(self, layer: Layer) -> None:
        values = tuple(self._read(layer, bottom) for bottom in layer.bottoms)
        self.consumed.update(values)
        if not layer.tops or not layer.bottoms:
            raise layer.unsupported(
                f"has {len(layer.bottoms)} bottoms and {len(layer.tops)} tops; AccuBench cannot place it"
            )
        for top in layer.tops:
            if top not in layer.bottoms:
                self._refuse_second(layer, top)
        self.nodes.append(Node(layer, values, tuple(self._new_value(top) for top in layer.tops)))

    def _read(self, layer: Layer, bottom: str) -> int:
        if bottom in self.current:
            return self.current[bottom]
        if (maker := self.left_out.get(bottom)) is not None:
            raise layer.unsupported(
                f"reads '{bottom}' of layer '{maker.name}' ({maker.type}), which inference leaves out"
            )
        raise layer.broken(f"reads '{bottom}', which no earlier layer of the phase TEST makes")

    def _refuse_second(self, layer: Layer, top: str) -> None:
        if top in self.current:
            raise layer.broken(f"makes '{top}', which an earlier layer of the same phase makes already")

    def _new_value(self, name: str) -> int:
        self.count += 1
        self.current[name] = self.count
        return self.count


def _reachable(nodes: Iterable[Node], outputs: Iterable[int]) -> tuple[tuple[Node, ...], set[int]]:
    needed = set(outputs)
    kept: list[Node] = []
    for node in reversed(list(nodes)):
        if needed.intersection(node.outputs):
            needed.update(node.inputs)
            kept.append(node)
    return tuple(reversed(kept)), needed


def _in_test_phase(layer: Layer, state: NetState) -> bool:
    include, exclude = layer.rules("include"), layer.rules("exclude")
    if include and exclude:
        raise BrokenModelError(f"{layer.place} has both 'include' and 'exclude'; Caffe allows one of them.")
    if include:
        return any(_is_met(rule, state) for rule in include)
    return not any(_is_met(rule, state) for rule in exclude)


def _is_met(rule: NetStateRule, state: NetState) -> bool:
    return (
        rule.phase in {None, "TEST"}
        and (rule.min_level is None or state.level >= rule.min_level)
        and (rule.max_level is None or state.level <= rule.max_level)
        and set(rule.stage) <= set(state.stage)
        and not set(rule.not_stage) & set(state.stage)
    )
