"""Names of nodes that are the same whenever the same network is made."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

__all__ = ["number_constants"]

_KINDS = {"Constant", "Convert"}
_ENDS = {"Parameter", "Result"}
_NUMBERED = re.compile(r"[A-Z][A-Za-z]*_\d+")


def number_constants(network: Any) -> None:
    """Number constants and operations without a name of their own in the order of the graph.

    OpenVINO numbers all nodes of a process in one sequence, so that the same network gets other names when it is made
    again, and its files another hash.

    Args:
        network: An `openvino.Model`; it is changed. Names that a file gave to operations stay, those of inputs and
            results as well.
    """
    nodes = network.get_ordered_ops()
    nameless = [node for node in nodes if _is_numbered(node.get_type_name(), node.get_friendly_name())]
    taken = {node.get_friendly_name() for node in nodes} - {node.get_friendly_name() for node in nameless}
    numbers = count()
    for node in nameless:
        kind = "Constant" if node.get_type_name() in _KINDS else node.get_type_name()
        node.set_friendly_name(next(name for number in numbers if (name := f"{kind}_{number}") not in taken))


def _is_numbered(kind: str, name: str) -> bool:
    """Whether a name is one of OpenVINO's own, which are made of the kind of a node and a number."""
    if kind in _KINDS:
        return _NUMBERED.fullmatch(name) is not None
    return kind not in _ENDS and re.fullmatch(rf"{kind}_\d+", name) is not None
