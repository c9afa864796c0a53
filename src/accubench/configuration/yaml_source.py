"""YAML text as plain data, together with the line and column of every key and value.

Only what a configuration needs is read: mappings, lists and plain values of YAML 1.2's core schema.
Anchors, aliases, tags and deep nesting are refused, so that no text can grow beyond its own size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from accubench.errors import ConfigurationError, Finding

__all__ = ["LARGEST_BYTES", "KeyPath", "Place", "Source", "read_source"]

LARGEST_BYTES = 1_000_000
"""A configuration of more bytes is refused unread; one with a map of 20,000 classes has 300,000."""

_DEEPEST = 12
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

KeyPath = tuple[str | int, ...]
"""Keys and list positions from the top to a value, e.g. ``("preprocessing", 1, "resize", "size")``."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the text something stands, counted from 1."""

    line: int
    column: int

    @staticmethod
    def of(mark: yaml.Mark | None) -> Place:
        """The place of a mark of PyYAML, which counts from 0."""
        return Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)


@dataclass(slots=True)
class Source:
    """What a text says, and where it says it."""

    name: str
    """The file as the user named it."""
    data: Any = None
    keys: dict[KeyPath, Place] = field(default_factory=dict[KeyPath, Place])
    """Place of the key (or of the list item) by path."""
    values: dict[KeyPath, Place] = field(default_factory=dict[KeyPath, Place])
    """Place of the value by path."""
    renamed: dict[KeyPath, KeyPath] = field(default_factory=dict[KeyPath, KeyPath])
    """The path in the text by the one that a misspelt key was taken for."""
    findings: list[Finding] = field(default_factory=list[Finding])
    """Duplicate keys and steps that run together: what plain data no longer shows."""

    def place(self, path: KeyPath, *, key: bool = False) -> Place:
        """The place of a key or value, or of the nearest thing around it that the text has."""
        places = self.keys if key else self.values
        for length in range(len(path), 0, -1):
            if path[:length] in self.renamed:
                path = (*self.renamed[path[:length]], *path[length:])
        while path not in places:
            path = path[:-1]
        return places[path]

    def rename(self, path: KeyPath, key: str) -> None:
        """Find everything at and below `path` under another last key from now on."""
        self.renamed[*path[:-1], key] = path

    def finding(self, code: str, message: str, place: Place, remedy: str | None = None) -> Finding:
        """A finding of this file."""
        return Finding(
            code=code, message=message, file=self.name, line=place.line, column=place.column, remedy=remedy or None
        )


def read_source(text: str, *, name: str) -> Source:
    """Read YAML text into plain data with places.

    Args:
        text: The content of the file.
        name: The file as the user named it, for messages.

    Raises:
        ConfigurationError: The text is empty, too large, no YAML, or uses what configurations do without (anchors,
            aliases, tags, several documents, deep nesting).
    """
    source = Source(name)
    if len(text) > LARGEST_BYTES:
        message = f"The file has more than {LARGEST_BYTES:,} characters; expected a few lines of YAML."
        raise _unreadable(source, "too-large", message, Place(1, 1))
    try:
        node = _Loader(text).get_single_node()
    except yaml.reader.ReaderError as error:
        message = f"The character U+{int(error.character):04X} must not stand in YAML."
        raise _unreadable(source, "yaml-syntax", message, _place_of_index(text, error.position)) from error
    except yaml.MarkedYAMLError as error:
        message, remedy = _explained(error)
        place = Place.of(error.problem_mark or error.context_mark)
        raise _unreadable(source, "yaml-syntax", message, place, remedy) from error
    if node is None:
        message = "The file is empty; expected 'preprocessing:' with a list of steps."
        raise _unreadable(source, "empty-file", message, Place(1, 1))
    source.keys[()] = source.values[()] = Place.of(node.start_mark)
    source.data = _converted(source, node, ())
    return source


class _Loader(yaml.SafeLoader):
    """PyYAML's parser, stopped where a text could make more of itself than it is."""

    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event = cast("yaml.NodeEvent", self.peek_event())  # pyright: ignore[reportUnknownMemberType]
        if event.anchor is not None:
            raise yaml.MarkedYAMLError(problem="anchors and aliases are not read", problem_mark=event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise yaml.MarkedYAMLError(problem="tags are not read", problem_mark=event.start_mark)
        if self.depth >= _DEEPEST:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


_EXPLANATIONS: dict[str, tuple[str, str]] = {
    r"found character '\t'": ("A tab stands where YAML expects something else.", "Indent with spaces."),
    "anchors and aliases": ("Anchors (&name) and aliases (*name) are not read here.", "Write the value out."),
    "tags are not read": ("Tags (!name) are not read here.", "Write the plain value; quote text that begins with '!'."),
    "nested too deeply": (f"More than {_DEEPEST} levels of nesting.", "A configuration needs five."),
    "but found another document": ("A second document begins here; expected one.", "Remove the line '---'."),
    "mapping values are not allowed here": (
        "A ':' that YAML does not expect here.",
        "Check the indentation of this line and the one above, and quote text that contains ': '.",
    ),
}


def _explained(error: yaml.MarkedYAMLError) -> tuple[str, str]:
    """What a syntax error means, and what to try."""
    problem = error.problem or error.context or "it cannot be parsed"
    for begin, explanation in _EXPLANATIONS.items():
        if begin in problem:
            return explanation
    context = f" {error.context}" if error.context and error.problem else ""
    return f"Not valid YAML{context}: {problem}.", "Compare with the examples of docs/accuracy-configuration.md."


def _unreadable(source: Source, code: str, message: str, place: Place, remedy: str | None = None) -> ConfigurationError:
    finding = source.finding(code, message, place, remedy)
    return ConfigurationError(f"{source.name} cannot be read as an accuracy configuration.", [finding])


def _place_of_index(text: str, index: int) -> Place:
    before = text[:index]
    return Place(before.count("\n") + 1, index - before.rfind("\n"))


def _converted(source: Source, node: Node, path: KeyPath) -> Any:
    """Plain data for a node; notes the place of everything below it."""
    if isinstance(node, ScalarNode):
        return _scalar(node)
    if isinstance(node, SequenceNode):
        nodes: list[Node] = list(_one_step_each(source, node)) if path == ("preprocessing",) else node.value
        for index, item in enumerate(nodes):
            source.keys[*path, index] = source.values[*path, index] = Place.of(item.start_mark)
        return [_converted(source, item, (*path, index)) for index, item in enumerate(nodes)]
    assert isinstance(node, MappingNode)
    return _mapping(source, node, path)


def _mapping(source: Source, node: MappingNode, path: KeyPath) -> dict[str | int, Any]:
    data: dict[str | int, Any] = {}
    for key_node, value_node in node.value:
        place = Place.of(key_node.start_mark)
        if not isinstance(key_node, ScalarNode):
            message = "A list or mapping stands where a key was expected."
            source.findings.append(source.finding("unknown-key", message, place))
            continue
        key = _key(key_node, path)
        if key in data:
            message = f"'{_cut(key)}' is given twice, first in line {source.keys[*path, key].line}."
            source.findings.append(source.finding("duplicate-key", message, place, "Keep one of them."))
            continue
        source.keys[*path, key] = place
        source.values[*path, key] = Place.of(value_node.start_mark)
        data[key] = _converted(source, value_node, (*path, key))
    return data


def _key(node: ScalarNode, path: KeyPath) -> str | int:
    """Keys are words, except the class ids of ``annotations: {map: …}``."""
    value = _scalar(node) if path == ("annotations", "map") else None
    return value if type(value) is int else str(node.value)


def _one_step_each(source: Source, node: SequenceNode) -> Iterator[Node]:
    """The steps of a list; those that run together in one item are complained of and taken apart."""
    for item in node.value:
        if not isinstance(item, MappingNode) or len(item.value) < 2:
            yield item
            continue
        names = [_cut(key.value) if isinstance(key, ScalarNode) else "?" for key, _ in item.value]
        message = f"A step with {len(names)} keys ({', '.join(names)}); expected one."
        place = Place.of(item.value[1][0].start_mark)
        remedy = "Begin each step with its own '- ', and indent the options of a step further than its name."
        source.findings.append(source.finding("step-keys", message, place, remedy))
        for key, value in item.value:
            yield MappingNode(item.tag, [(key, value)], key.start_mark, item.end_mark)


def _scalar(node: ScalarNode) -> bool | int | float | str | None:
    """The value of a scalar by YAML 1.2's core schema: no surprises with ``yes``, ``1:30`` or ``010``."""
    text = str(node.value)
    if node.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if _NOT_FINITE.fullmatch(text) else text


def _cut(text: object) -> str:
    shown = str(text)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"
