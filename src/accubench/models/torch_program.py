"""Checking the program in a `torch.export` file before PyTorch sees it: reading one can run what stands in it.

PyTorch's reader (torch 2.13: `torch/_export/serde/serialize.py`, `torch/fx/graph.py`, `torch/utils/_pytree.py`) was
not made for files of strangers:

- shapes (``expr_str``) go through `sympy.sympify`, which is `eval`;
- names of inputs become the source of a Python function, which is compiled and run;
- targets of nodes are looked up as attributes of `torch`, from where `torch.os.system` is not far;
- descriptions of inputs and outputs (``in_spec``) may name modules to import;
- ``guards_code`` is Python source.

So everything is refused that is not known to be harmless: strings must be plain names, shapes must be made of a few
functions of sympy, targets must be operators of PyTorch that compute; what is not needed is taken out.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accubench.errors import BrokenModelError, UnsupportedModelError

__all__ = ["checked_payload", "checked_program"]

_NAME = re.compile(r"[\w.+-]*", re.ASCII)
_TARGET = re.compile(
    r"torch\.ops\.aten\.(?P<operator>\w+)\.\w+"
    r"|_operator\.(add|sub|mul|truediv|floordiv|mod|pow|neg|getitem|eq|ne|lt|le|gt|ge|and_|or_|not_)"
    r"|torch\.sym_(max|min|float|int|not|ite|sum)"
    r"|math\.(ceil|floor|trunc)",
    re.ASCII,
)
_TOUCHES_FILES = {"from_file", "save", "load", "_load", "_save"}
_SYMPY = {
    "Add", "Mul", "Pow", "Integer", "Rational", "Float", "Symbol", "Max", "Min", "Mod", "Eq", "Ne", "Lt", "Le", "Gt",
    "Ge", "Equality", "Unequality", "StrictLessThan", "LessThan", "StrictGreaterThan", "GreaterThan", "And", "Or",
    "Not", "floor", "ceiling", "FloorDiv", "ModularIndexing", "Where", "PythonMod", "CleanDiv", "CeilToInt",
    "FloorToInt", "CeilDiv", "PowByNatural", "FloatPow", "FloatTrueDiv", "IntTrueDiv", "TruncToInt", "TruncToFloat",
    "RoundToInt", "RoundDecimal", "ToFloat", "Identity",
}  # fmt: skip
_SYMPY_PARTS = (
    ast.Expression, ast.Call, ast.Name, ast.Load, ast.Constant, ast.keyword, ast.BinOp, ast.UnaryOp, ast.Add, ast.Sub,
    ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.USub,
)  # fmt: skip
_SYMBOL = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII)
_LONGEST_SHAPE = 20_000
_LARGEST_NUMBER = 2**63
_CONTAINERS = {"builtins.tuple", "builtins.list", "builtins.dict", "collections.OrderedDict"}
_SPECS = {"in_spec", "out_spec"}
_REFUSED = {"as_custom_obj", "as_operator", "as_graph"}
_NOT_NEEDED: dict[str, Any] = {"metadata": {}, "guards_code": [], "treespec_namedtuple_fields": {}}
_SAVE_AGAIN = "Make the file anew with torch.export.save."


def checked_program(path: Path, content: bytes) -> bytes:
    """The JSON of a program, as it was but for what is not needed, after everything in it was found harmless.

    Args:
        path: The model, for messages.
        content: The JSON.

    Raises:
        BrokenModelError: It is no JSON, or holds what `torch.export` does not write.
        UnsupportedModelError: It uses operators or structures that are not read.
    """
    try:
        return json.dumps(_checked(path, _json_object(path, content))).encode()
    except RecursionError as error:
        raise BrokenModelError(f"{path} is damaged: its program is nested too deeply. {_SAVE_AGAIN}") from error


def checked_payload(path: Path, name: str, content: bytes, members: Mapping[str, bytes]) -> set[str]:
    """Names of the tensors that a list of weights or constants (the member `name`) refers to, none of them a pickle.

    Raises:
        BrokenModelError: The list is damaged, or a tensor is missing or larger than its data.
        UnsupportedModelError: A tensor or object is pickled, which could run code.
    """
    folder = name.rpartition("/")[0]
    entries = _json_object(path, content).get("config")
    if not isinstance(entries, dict):
        raise BrokenModelError(f"{path} is damaged: '{name}' lists no tensors. {_SAVE_AGAIN}")
    try:
        _checked(path, entries)
        return {_tensor_member(path, folder, key, entry, members) for key, entry in entries.items()}
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BrokenModelError(f"{path} is damaged: '{name}' is not understood. {_SAVE_AGAIN}") from error


def _tensor_member(path: Path, folder: str, key: str, entry: Mapping[str, Any], members: Mapping[str, bytes]) -> str:
    file = str(entry["path_name"])
    if entry["use_pickle"] is not False or not file.startswith(("weight_", "tensor_")):
        raise UnsupportedModelError(
            f"{path} keeps '{key}' as a pickle, which can run code and is never loaded. "
            "Export a model of plain tensors, without tensor subclasses and custom objects."
        )
    member = f"{folder}/{file}"
    if member not in members:
        raise BrokenModelError(f"{path} is incomplete: it holds no '{member}'. Fetch or export the file again.")
    # A tensor without data is filled with zeros, whatever size it claims.
    sizes = [size["as_int"] for size in entry["tensor_meta"]["sizes"]]
    if not members[member] and 0 not in sizes:
        raise BrokenModelError(f"{path} is damaged: '{member}' is empty. Fetch or export the file again.")
    return member


def _json_object(path: Path, content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BrokenModelError(f"{path} is damaged: JSON in it cannot be read. Fetch or export it again.") from error
    if not isinstance(value, dict):
        raise BrokenModelError(f"{path} is damaged: JSON in it is no object. Fetch or export it again.")
    return value


def _checked(path: Path, value: Any, key: str = "") -> Any:
    """A copy of a JSON value below `key`, without what is not needed; raises where something could be harmful."""
    if isinstance(value, dict):
        return {name: _checked_entry(path, name, entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_checked(path, entry, key) for entry in value]
    if isinstance(value, str):
        _check_text(path, key, value)
    return value


def _checked_entry(path: Path, name: str, entry: Any) -> Any:
    if name in _REFUSED and entry is not None:
        raise UnsupportedModelError(
            f"{path} holds a subgraph or a custom object ('{name}'), which is not read. "
            "Export the model without control flow, or to ONNX."
        )
    _check_text(path, "", name)
    if name in _NOT_NEEDED:
        return _NOT_NEEDED[name]
    if name == "target":
        _check_target(path, entry)
    return _checked(path, entry, name)


def _check_target(path: Path, target: Any) -> None:
    found = _TARGET.fullmatch(target) if isinstance(target, str) else None
    if found is None or found["operator"] in _TOUCHES_FILES:
        raise UnsupportedModelError(
            f"{path} uses {_shown(target)}, which is no operator of PyTorch that AccuBench reads. "
            "Export the model with standard operators only, or to ONNX."
        )


def _check_text(path: Path, key: str, text: str) -> None:
    if key == "expr_str":
        harmless = _is_shape(text)
    elif key in _SPECS:
        harmless = _is_structure(text)
    else:
        harmless = _NAME.fullmatch(text) is not None
    if not harmless:
        what = {"expr_str": "a shape", "in_spec": "inputs of a kind", "out_spec": "outputs of a kind"}.get(
            key, "a name"
        )
        raise UnsupportedModelError(
            f"{path} holds {what} that AccuBench does not pass on to PyTorch, because reading it could run code: "
            f"{_shown(text)}. Export a model that takes one tensor and returns tensors."
        )


def _is_shape(text: str) -> bool:
    """Whether an expression is made of numbers, symbols and known functions of sympy only."""
    if len(text) > _LONGEST_SHAPE:
        return False
    try:
        parts = list(ast.walk(ast.parse(text, mode="eval")))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return all(_is_shape_part(part) for part in parts)


def _is_shape_part(part: ast.AST) -> bool:
    if isinstance(part, ast.Call):
        return isinstance(part.func, ast.Name) and part.func.id in _SYMPY
    if isinstance(part, ast.Name):
        return part.id in _SYMPY or re.fullmatch(r"[suz]f?\d{1,9}", part.id, re.ASCII) is not None
    if isinstance(part, ast.keyword):
        return isinstance(part.value, ast.Constant) and isinstance(part.value.value, bool)
    if isinstance(part, ast.Constant):
        if isinstance(part.value, str):
            return _SYMBOL.fullmatch(part.value) is not None
        return isinstance(part.value, bool | int | float) and abs(part.value) < _LARGEST_NUMBER
    return isinstance(part, _SYMPY_PARTS)


def _is_structure(text: str) -> bool:
    """Whether a description of inputs or outputs names tuples, lists and dictionaries of tensors only."""
    try:
        value = json.loads(text)
        return isinstance(value, list) and len(value) == 2 and _is_structure_node(value[1])
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False


def _is_structure_node(node: dict[str, Any]) -> bool:
    context, kind = node.get("context"), node.get("type")
    if set(node) - {"type", "context", "children_spec"} or (kind is not None and kind not in _CONTAINERS):
        return False
    keys = [] if context is None else json.loads(context) or []
    if not isinstance(keys, list) or not all(isinstance(key, str) and _NAME.fullmatch(key) for key in keys):
        return False
    return all(_is_structure_node(child) for child in node.get("children_spec", []))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
