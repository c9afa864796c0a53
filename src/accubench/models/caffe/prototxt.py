"""Protobuf's text format as Caffe's prototxt files use it, read into blocks that remember their lines.

`google.protobuf.text_format` reads the same language but forgets where a value stood and stops at the first field it
does not know, which in prototxts of Caffe's many forks is most often in a layer that is dropped anyway.
Here a file becomes nested blocks first; what is used of them is checked later, with the line at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from accubench.errors import BrokenModelError

__all__ = ["Block", "Entry", "Scalar", "parse_prototxt"]

_TOKEN = re.compile(
    r"""
    (?P<blank>(?:\s|\#[^\n]*)+)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<number>[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?[fF]?|inf(?:inity)?|nan)(?![\w.]))
  | (?P<name>[A-Za-z_]\w*)
  | (?P<mark>[{}<>:;,\[\]])
    """,
    re.VERBOSE,
)
_CLOSING = {"{": "}", "<": ">"}
_DEEPEST = 32
_LONGEST_NUMBER = 64
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as it is written: quoted text without its quotes, a number, or a bare word."""

    kind: Literal["string", "number", "name"]
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One field with its value."""

    name: str
    value: Scalar | Block
    line: int
    """1-based line of the field's name."""


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two braces: fields in the order of the file."""

    line: int
    """1-based line of the field that holds the block."""
    entries: list[Entry] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Entry]:
        """Every entry called `name`."""
        return (entry for entry in self.entries if entry.name == name)

    def __contains__(self, name: str) -> bool:
        return any(entry.name == name for entry in self.entries)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def parse_prototxt(text: str, file: str) -> Block:
    r"""Read `text` into a block of blocks.

    Args:
        text: The content of a prototxt file.
        file: Its name, for messages.

    Raises:
        BrokenModelError: The text does not follow the format; the message starts with file and line.

    >>> block = parse_prototxt('layer { name: "conv1" top: [ "a", "b" ] }', "net.prototxt")
    >>> [(entry.name, entry.value.text) for entry in block.entries[0].value.entries]
    [('name', 'conv1'), ('top', 'a'), ('top', 'b')]
    >>> parse_prototxt("layer {\n  name 5\n}", "net.prototxt")
    Traceback (most recent call last):
    accubench.errors.BrokenModelError: net.prototxt:2: expected ':' or '{' after 'name', found '5'.
    """
    return _Parser(text, file).parse()


class _Parser:
    """One pass over the tokens; open blocks lie on a stack, so that no nesting exhausts Python's."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.tokens = self._tokens(text)
        self.token = next(self.tokens)

    def parse(self) -> Block:
        root = Block(line=1)
        stack: list[tuple[Block, str]] = [(root, "")]
        while True:
            block, closing = stack[-1]
            token = self._next()
            if token.kind == "end":
                if len(stack) > 1:
                    raise self._error(token.line, f"the file ends before the block of line {block.line} is closed")
                return root
            if token.kind == "mark" and token.text == closing:
                stack.pop()
                self._skip_separator()
            elif token.kind == "name":
                opened = self._field(block, token)
                if opened is not None:
                    stack.append(opened)
            else:
                raise self._error(token.line, f"expected the name of a field, found {_shown(token)}")
            if len(stack) > _DEEPEST:
                raise self._error(token.line, f"blocks are nested more than {_DEEPEST} deep")

    def _field(self, block: Block, name: _Token) -> tuple[Block, str] | None:
        """Read what follows a field's name; a block that opens is returned with the mark that closes it."""
        colon = self._accept(":")
        if self.token.text in _CLOSING and self.token.kind == "mark":
            opened = Block(line=name.line)
            block.entries.append(Entry(name.text, opened, name.line))
            return opened, _CLOSING[self._next().text]
        if not colon:
            raise self._error(self.token.line, f"expected ':' or '{{' after '{name.text}', found {_shown(self.token)}")
        if self._accept("["):
            self._list(block, name)
        else:
            block.entries.append(Entry(name.text, self._scalar(name), name.line))
        self._skip_separator()
        return None

    def _list(self, block: Block, name: _Token) -> None:
        while not self._accept("]"):
            block.entries.append(Entry(name.text, self._scalar(name), name.line))
            if not self._accept(",") and self.token.text != "]":
                raise self._error(
                    self.token.line, f"expected ',' or ']' in the list '{name.text}', found {_shown(self.token)}"
                )

    def _scalar(self, name: _Token) -> Scalar:
        token = self._next()
        if token.kind == "string":
            text = _unquoted(token.text)
            while self.token.kind == "string":
                text += _unquoted(self._next().text)
            return Scalar("string", text)
        if token.kind == "number":
            if len(token.text) > _LONGEST_NUMBER:
                raise self._error(token.line, f"the number of '{name.text}' has {len(token.text)} digits")
            return Scalar("number", token.text)
        if token.kind == "name":
            return Scalar("name", token.text)
        raise self._error(token.line, f"expected a value for '{name.text}', found {_shown(token)}")

    def _next(self) -> _Token:
        token = self.token
        if token.kind != "end":
            self.token = next(self.tokens)
        return token

    def _accept(self, mark: str) -> bool:
        accepted = self.token.kind == "mark" and self.token.text == mark
        if accepted:
            self._next()
        return accepted

    def _skip_separator(self) -> None:
        _ = self._accept(",") or self._accept(";")

    def _tokens(self, text: str) -> Iterator[_Token]:
        position, line = 0, 1
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._error(
                    line, f"cannot read what starts with {text[position : position + 12].splitlines()[0]!r}"
                )
            kind = str(match.lastgroup)
            if kind == "blank":
                line += match.group().count("\n")
            else:
                yield _Token(kind, match.group(), line)
            position = match.end()
        yield _Token("end", "", line)

    def _error(self, line: int, message: str) -> BrokenModelError:
        return BrokenModelError(f"{self.file}:{line}: {message}.")


def _shown(token: _Token) -> str:
    return "the end of the file" if token.kind == "end" else f"'{token.text[:40]}'"


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text[1:-1]) if "\\" in text else text[1:-1]


def _unescaped(match: re.Match[str]) -> str:
    octal, hexadecimal, letter = match.groups()
    if octal is not None:
        return chr(int(octal, 8))
    if hexadecimal is not None:
        return chr(int(hexadecimal, 16))
    return _ESCAPES.get(letter, letter)
