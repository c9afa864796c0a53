"""Checking the code in a TorchScript file: it is a small language of its own, and parts of it run while it is loaded.

TorchScript cannot import or reach the system, but two of its operators touch files (``aten::save``,
``aten::from_file``), and others talk to other processes; registered classes may do anything.
Operators of PyTorch (torch 2.13: `torch._C._jit_get_all_schemas()`) that reach beyond tensors are refused wherever
their names stand, without regard to grammar, so that no difference between two parsers can hide them.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from accubench.errors import BrokenModelError, UnsupportedModelError

__all__ = ["check_code"]

_NAMESPACES = {"aten", "prim", "torchvision"}
_REFUSED = re.compile(
    r"\b(save|_save|load|_load|from_file|load_tensor|rpc_sync|rpc_async|rpc_remote|set_data|profile_ivalue|classes"
    r"|c10d|_c10d_\w+|symm_mem|profiler|inductor|debugprims|static_runtime|_test|_test_\w+)\b",
    re.ASCII,
)
_HIDDEN_NAME = re.compile(r"\bgetattr\s*\([^)]*\\", re.ASCII)
"""An attribute whose name is written with escapes, so that it cannot be searched for."""


def check_code(path: Path, name: str, content: bytes) -> None:
    """See that a member of an archive with TorchScript code calls nothing that reaches beyond its tensors.

    Args:
        path: The model, for messages.
        name: Name of the member, for messages.
        content: Its text.

    Raises:
        BrokenModelError: It is no TorchScript.
        UnsupportedModelError: It calls something that may touch files or other processes.
    """
    text = content.decode("utf-8", errors="replace")
    found = _REFUSED.search(text) or _HIDDEN_NAME.search(text)
    refused = found[0] if found is not None else _foreign_operator(path, name, text)
    if refused is not None:
        raise UnsupportedModelError(
            f"{path} uses {refused!r} in its code ('{name}'), which may touch more than tensors and is never run. "
            "Export the model without it, or to ONNX."
        )


def _foreign_operator(path: Path, name: str, text: str) -> str | None:
    """An operator's namespace that is none of PyTorch's own; None where there is none."""
    try:
        parts = list(ast.walk(ast.parse(text)))
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise BrokenModelError(f"{path} is damaged: its code '{name}' cannot be read. Export it again.") from error
    namespaces = (
        part.attr
        for part in parts
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "ops"
    )
    return next((f"ops.{namespace}" for namespace in namespaces if namespace not in _NAMESPACES), None)
