"""Writing a form's values into YAML that a person wrote, so that comments and layout stay where they can."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from accubench.configuration.form_values import NoFormError, form_values, settled, yaml_values
from accubench.configuration.yaml_source import read_source
from accubench.errors import ConfigurationError
from accubench.records.configuration_form import ConfigurationForm, StepForm, WrittenConfiguration

__all__ = ["write_form"]

_SECTIONS = ("outputs", "annotations", "metrics")
_LONGEST_INLINE_MAP = 160
_COMMENT = re.compile(r"(?:^|\s)(#.*)$")


class _CannotPatchError(Exception):
    """The text is written in a way that this module does not change in place."""


def write_form(form: ConfigurationForm, text: str | None = None) -> WrittenConfiguration:
    r"""YAML that says what a form says.

    Args:
        form: The controls, right or wrong: mistakes are written as they stand, for the check to find.
        text: The YAML before; only values that differ are exchanged in it, whole steps are moved with their comments.
            Where that is impossible everything is written anew, and comments that are lost are named.

    >>> form = form_values({"preprocessing": [{"decode": {"color": "BGR"}}]})
    >>> write_form(form, "preprocessing:\n- decode: {color: RGB}  # by habit\n").text
    'preprocessing:\n- decode: {color: BGR}  # by habit\n'
    """
    wanted = settled(form)
    anew = "\n".join(_written(wanted)) + "\n"
    if text is None:
        return WrittenConfiguration(text=anew)
    try:
        patched = _patched(text, wanted)
    except (_CannotPatchError, NoFormError, ConfigurationError, yaml.YAMLError, IndexError):
        patched = anew
    before, after = Counter(_comments(text)), Counter(_comments(patched))
    return WrittenConfiguration(text=patched, lost_comments=tuple((before - after).elements()))


def _patched(text: str, wanted: ConfigurationForm) -> str:
    """The text with what differs changed in place, read again to be sure."""
    present = form_values(read_source(text, name="configuration").data)
    if _said(present) == _said(wanted):
        return text
    text = _with_steps(text, present.steps, wanted.steps)
    present = form_values(read_source(text, name="configuration").data)
    for index, (old, new) in enumerate(zip(present.steps, wanted.steps, strict=True)):
        text = _with_values(text, ("preprocessing", index, new.kind), yaml_values(old), yaml_values(new))
    for name in _SECTIONS:
        old_values, new_values = yaml_values(getattr(present, name)), yaml_values(getattr(wanted, name))
        text = _with_values(text, (name,), old_values, new_values)
    if _said(form_values(read_source(text, name="configuration").data)) != _said(wanted):
        raise _CannotPatchError
    return text


def _said(form: ConfigurationForm) -> list[Any]:
    """What a form says, in whatever words."""
    steps = [(step.kind, yaml_values(step)) for step in form.steps]
    return [steps, *(yaml_values(getattr(form, name)) for name in _SECTIONS)]


# --- writing anew -----------------------------------------------------------------------------------


def _written(form: ConfigurationForm) -> Iterator[str]:
    yield "preprocessing:"
    for step in form.steps:
        yield f"  - {_inline(step.kind, yaml_values(step))}"
    for name in _SECTIONS:
        yield from _section_lines(name, yaml_values(getattr(form, name)))


def _inline(name: str, values: dict[str, str | None]) -> str:
    return f"{name}: {{{', '.join(f'{key}: {value}' for key, value in values.items() if value is not None)}}}"


def _section_lines(name: str, values: dict[str, str | None]) -> list[str]:
    """One line, or a block where a long map makes a line unreadable."""
    class_map = values.get("map")
    if class_map is None or len(class_map) <= _LONGEST_INLINE_MAP or not class_map.startswith("{"):
        return [_inline(name, values)]
    others = [f"  {key}: {value}" for key, value in values.items() if key != "map" and value is not None]
    return [f"{name}:", "  map:", *(f"    {pair}" for pair in class_map[1:-1].split(", ")), *others]


def _comments(text: str) -> list[str]:
    return [match[1] for line in text.splitlines() if (match := _COMMENT.search(line))]


# --- steps ------------------------------------------------------------------------------------------


def _with_steps(text: str, old: tuple[StepForm, ...], new: tuple[StepForm, ...]) -> str:
    """The text with its steps added, removed and in the new order; values of a step are not yet changed."""
    sources = _matched(old, new)
    if sources == list(range(len(old))):
        return text
    node = _node(text, ("preprocessing",))
    if not isinstance(node, SequenceNode) or node.flow_style:
        raise _CannotPatchError
    lines = text.splitlines()
    starts, end = _chunk_starts(lines, node)
    chunks = [lines[begin:stop] for begin, stop in zip(starts, [*starts[1:], end], strict=True)]
    indent = " " * node.start_mark.column
    fresh = [f"{indent}- {_inline(step.kind, yaml_values(step))}" for step in new]
    moved = [line for index, at in enumerate(sources) for line in ([fresh[index]] if at is None else chunks[at])]
    return "\n".join([*lines[: starts[0]], *moved, *lines[end:]]) + "\n"


def _matched(old: tuple[StepForm, ...], new: tuple[StepForm, ...]) -> list[int | None]:
    """For each new step the old one that it was; None for one that is added."""
    free = list(range(len(old)))
    found: list[int | None] = [None] * len(new)
    for whole in (True, False):  # first steps that are the same in every value, then those of the same kind
        for index, step in enumerate(new):
            same = [at for at in free if (old[at] == step if whole else old[at].kind == step.kind)]
            if found[index] is None and same:
                found[index] = same[0]
                free.remove(same[0])
    return found


def _chunk_starts(lines: list[str], node: SequenceNode) -> tuple[list[int], int]:
    """First line of each step with the comments above it, and the line after the last step."""
    first = [item.start_mark.line for item in node.value]
    if len(set(first)) != len(first) or node.start_mark.line == _line_before(lines, first[0], node):
        raise _CannotPatchError
    starts = [_with_comments_above(lines, line, least=0 if index == 0 else first[index - 1] + 1)
              for index, line in enumerate(first)]  # fmt: skip
    starts[0] = first[0]  # comments above the first step may speak of the whole list
    end = node.end_mark.line if node.end_mark.column == 0 else node.end_mark.line + 1
    end = min(end, len(lines))
    while end > first[-1] + 1 and _is_idle(lines[end - 1]):
        end -= 1
    return starts, end


def _line_before(lines: list[str], first: int, node: SequenceNode) -> int:
    """The sequence's line where its first dash does not begin the line, which is not taken apart; else -1."""
    return -1 if lines[first][: node.start_mark.column].strip() == "" else node.start_mark.line


def _with_comments_above(lines: list[str], line: int, *, least: int) -> int:
    while line > least and lines[line - 1].lstrip().startswith("#"):
        line -= 1
    return line


def _is_idle(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


# --- values -----------------------------------------------------------------------------------------


def _with_values(text: str, path: tuple[str | int, ...], old: dict[str, str | None], new: dict[str, str | None]) -> str:
    """The text with the values of one step or section exchanged where they differ."""
    changed = {key: value for key, value in new.items() if old[key] != value}
    if not changed:
        return text
    node = _node(text, path)
    if node is None:
        return text.rstrip("\n") + "\n" + "\n".join(_section_lines(str(path[-1]), new)) + "\n"
    if not isinstance(node, MappingNode):
        raise _CannotPatchError
    if any(value is None for value in changed.values()) or "map" in changed:
        return _exchanged(text, path, node, new)
    for key, value in changed.items():
        text = _with_value(text, path, key, cast("str", value))
    return text


def _exchanged(text: str, path: tuple[str | int, ...], node: MappingNode, values: dict[str, str | None]) -> str:
    """The whole section in other words, behind its name; a comment behind it on the line stays."""
    inline = _inline(str(path[-1]), values).partition(": ")[2]
    if node.flow_style:
        return text[: node.start_mark.index] + inline + text[node.end_mark.index :]
    end = _end(node)
    before = text[: node.start_mark.index].rstrip(" \n")
    if not before.endswith(":"):
        raise _CannotPatchError
    return f"{before} {inline}{text[end:]}"


def _end(node: Node) -> int:
    """Where the last value of a block ends; the block's own mark stands at the next token."""
    while isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        last: Any = node.value[-1]
        node = last[1] if isinstance(node, MappingNode) else last
    return node.end_mark.index


def _with_value(text: str, path: tuple[str | int, ...], key: str, value: str) -> str:
    node = _node(text, path)
    if not isinstance(node, MappingNode):
        raise _CannotPatchError
    for key_node, value_node in cast("list[tuple[Node, Node]]", node.value):
        if isinstance(key_node, ScalarNode) and key_node.value == key:
            if isinstance(value_node, ScalarNode) and value_node.style in {"|", ">"}:
                raise _CannotPatchError
            space = " " if text[value_node.start_mark.index - 1] == ":" else ""
            return text[: value_node.start_mark.index] + space + value + text[_end(value_node) :]
    at = node.start_mark.index
    if node.flow_style and node.value:
        last = _end(node.value[-1][1])
        return f"{text[:last]}, {key}: {value}{text[last:]}"
    if node.flow_style:
        return f"{text[: at + 1]}{key}: {value}{text[at + 1 :]}"
    return text[:at] + f"{key}: {value}\n{' ' * node.start_mark.column}" + text[at:]


def _node(text: str, path: tuple[str | int, ...]) -> Node | None:
    """The node at a path of a text that `read_source` has read, or None where there is none."""
    node = cast("Node | None", yaml.compose(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType]
    for part in path:
        children: list[Any] = node.value if isinstance(node, MappingNode | SequenceNode) else []
        node = children[part] if isinstance(part, int) else _value_of(children, part)
    return node


def _value_of(pairs: list[tuple[Node, Node]], key: str) -> Node | None:
    return next((value for key_node, value in pairs if key_node.value == key), None)
