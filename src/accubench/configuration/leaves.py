"""The single values of a configuration, by path, and how each is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from accubench.records.accuracy_configuration import AccuracyConfiguration, ResizeStep
from accubench.records.base import Record

__all__ = ["decisive_leaves", "leaves", "rendered"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_NOT_PLAIN = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_LARGEST_EXACT = 2**53


def leaves(configuration: AccuracyConfiguration) -> Iterator[tuple[str, Any]]:
    """Every single value with its path, in the order of the YAML form; a list or map counts as one value.

    >>> configuration = AccuracyConfiguration.model_validate({"preprocessing": [{"decode": {}}]})
    >>> dict(leaves(configuration))["preprocessing.0.decode.color"]
    'RGB'
    """
    for index, step in enumerate(configuration.preprocessing):
        yield from _leaves_of(step, f"preprocessing.{index}")
    for section in ("outputs", "annotations", "metrics"):
        yield from _leaves_of(getattr(configuration, section), section)


def _leaves_of(record: Record, path: str) -> Iterator[tuple[str, Any]]:
    for name in type(record).model_fields:
        value = getattr(record, name)
        if isinstance(value, Record):
            yield from _leaves_of(value, f"{path}.{name}")
        else:
            yield f"{path}.{name}", value


def decisive_leaves(configuration: AccuracyConfiguration) -> Iterator[tuple[str, Any]]:
    """The values that have an effect: without what is not set, or set but of no consequence beside the others.

    >>> steps = [{"decode": {}}, {"resize": {"size": 8}}]
    >>> configuration = AccuracyConfiguration.model_validate({"preprocessing": steps})
    >>> [path for path, _ in decisive_leaves(configuration) if "resize" in path]
    ['preprocessing.1.resize.size', 'preprocessing.1.resize.mode', 'preprocessing.1.resize.library', \
'preprocessing.1.resize.interpolation']
    """
    mapped = configuration.annotations.map is not None or configuration.annotations.by == "name"
    idle = {"annotations.by"} if configuration.annotations.by == "id" else set[str]()
    idle |= set[str]() if configuration.annotations.valid_labels else {"annotations.valid_labels"}
    idle |= {"annotations.offset"} if mapped else set()
    for index, step in enumerate(configuration.preprocessing):
        if isinstance(step, ResizeStep) and step.resize.mode != "letterbox" and step.resize.fill == 0:
            idle.add(f"preprocessing.{index}.resize.fill")
    for path, value in leaves(configuration):
        if value is not None and path not in idle:
            yield path, value


def rendered(value: Any) -> str:
    """A value as YAML on one line, as short as it stays exact.

    >>> rendered((123.675, 116.28, 104.0))
    '[123.675, 116.28, 104]'
    >>> rendered({0: 1}), rendered("no"), rendered(1e-7), rendered(True)
    ('{0: 1}', '"no"', '1.0e-07', 'true')
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(rendered(item) for item in value)}]"  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {rendered(item)}' for key, item in value.items())}}}"  # pyright: ignore[reportUnknownVariableType]
    return str(value)


def _number(value: float) -> str:
    """Whole numbers without a point; a mantissa always with one, as YAML 1.1 wants it."""
    if value.is_integer() and abs(value) < _LARGEST_EXACT:
        return "-0.0" if str(value) == "-0.0" else str(int(value))
    text = repr(value)
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def _text(value: str) -> str:
    if _PLAIN.fullmatch(value) and value.lower() not in _NOT_PLAIN:
        return value
    return yaml.safe_dump(value, default_style='"', width=float("inf")).removesuffix("\n")
