"""Names of constants that are the same whenever the same network is made."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

__all__ = ["number_constants"]

_KINDS = {"Constant", "Convert"}
_NUMBERED = re.compile(r"[A-Z][A-Za-z]*_\d+")


def number_constants(network: Any) -> None:
    """Number constants without a name of their own, and conversions of them, in the order of the graph.

    OpenVINO numbers all nodes of a process in one sequence, so that the same network gets other names when it is made
    again, and its files another hash.

    Args:
        network: An `openvino.Model`; it is changed. Names of operations, by which layers are ignored, stay.
    """
    nodes = network.get_ordered_ops()
    nameless = [
        node
        for node in nodes
        if node.get_type_name() in _KINDS and _NUMBERED.fullmatch(node.get_friendly_name()) is not None
    ]
    taken = {node.get_friendly_name() for node in nodes} - {node.get_friendly_name() for node in nameless}
    names = (name for number in count() if (name := f"Constant_{number}") not in taken)
    for node in nameless:
        node.set_friendly_name(next(names))
